//! Points over cost, with intervals, and a line through those that none beats.

use crate::report::chart::canvas::{Anchor, Mark, text_width};
use crate::report::chart::colour::{AXIS, FAINT_INK, GRID, INK, Role};
use crate::report::chart::frame::{
    BODY_BOTTOM, BODY_TOP, HALF_HEIGHT, MARGIN, NAME, SMALL, STROKE, crisp, line, text,
};
use crate::report::chart::frontier::{Frontier, FrontierPoint};
use crate::report::chart::label::{Taken, shorten};
use crate::report::chart::panels::dash_line;
use crate::report::chart::scale::{Axis, nice_step};

/// Room above for the axis's name and the key, and below for ticks [px].
const NAME_HEIGHT: f64 = 40.0;
const BELOW: f64 = 46.0;
/// Room at the right for names [px].
const NAMES: f64 = 190.0;
const TICKS: usize = 7;
/// Half the side of a marker [px].
const HALF: f64 = 5.0;
/// Names of points at most.
const NAMED: usize = 14;
/// Where a name may stand beside its point: sideways by its width too, and down [px].
const BESIDE: f64 = 10.0;
const SHIFTS: [f64; 5] = [-14.0, 14.0, 0.0, -30.0, 30.0];
/// How far above the largest value a bound may lie and still be drawn.
const FARTHEST_BOUND: f64 = 4.0;

/// Draws the chart.
pub(super) fn draw(frontier: &Frontier, marks: &mut Vec<Mark>) {
    let (top, bottom) = (BODY_TOP + NAME_HEIGHT, BODY_BOTTOM - BELOW);
    let name = shorten(&frontier.title, NAME, 560.0);
    marks.push(text(&name, (MARGIN, BODY_TOP + 16.0), Anchor::Start, NAME, INK));
    draw_key(frontier, BODY_TOP + 16.0, marks);
    let axis = axis(frontier);
    let widest = axis.ticks.iter().map(|(_, label)| text_width(label, SMALL)).fold(0.0, f64::max);
    let (left, right) = (MARGIN + widest + 10.0, 1200.0 - MARGIN - NAMES);
    let y = |value: f64| bottom - axis.place(value) * (bottom - top);
    for (value, label) in &axis.ticks {
        let at = crisp(y(*value));
        marks.push(line(&[(left, at), (right, at)], 1.0, GRID));
        let place = (left - 8.0, at + HALF_HEIGHT);
        marks.push(text(label, place, Anchor::End, SMALL, FAINT_INK));
    }
    let (low, high) = cost_range(&frontier.points);
    let x = |cost: f64| left + (cost - low) / (high - low) * (right - left);
    draw_cost_axis((low, high), (left, right, bottom), &x, marks);
    let mut taken = Taken::within((left, 1200.0 - MARGIN), (top - 12.0, bottom));
    let mut best: Vec<&FrontierPoint> =
        frontier.points.iter().filter(|it| it.is_unbeaten).collect();
    best.sort_by(|a, b| a.cost.0.total_cmp(&b.cost.0));
    if let Some((bound, condition)) = &frontier.bound {
        // What lies far above all points is told at the upper edge.
        let at = crisp(y(*bound));
        let words = if axis.holds(*bound) { "" } else { ", above" };
        if words.is_empty() {
            let strokes = dash_line(&[(left, at), (right, at)], &[8.0, 5.0]);
            marks.extend(strokes.iter().map(|it| line(it, 1.5, INK)));
        }
        let label = shorten(&format!("objective: {condition}{words}"), SMALL, NAMES - 8.0);
        let place = (right + 8.0, at + HALF_HEIGHT);
        marks.push(text(&label, place, Anchor::Start, SMALL, INK));
        taken.add_text((right + 8.0, at), text_width(&label, SMALL));
        taken.add_line((left, at), (right, at));
    }
    let path: Vec<(f64, f64)> = best.iter().map(|it| (x(it.cost.0), y(it.value.0))).collect();
    if path.len() > 1 {
        marks.push(line(&path, STROKE, Role::Read.colour()));
    }
    for ends in path.windows(2) {
        taken.add_line(ends[0], ends[1]);
    }
    for point in &frontier.points {
        let at = (x(point.cost.0), y(point.value.0));
        let (from, to) = (y(point.value.0 - point.value.1), y(point.value.0 + point.value.1));
        if from - to > 1.0 {
            marks.push(line(&[(at.0, from), (at.0, to)], 1.5, FAINT_INK));
        }
        let (from, to) = (x(point.cost.0 - point.cost.1), x(point.cost.0 + point.cost.1));
        if to - from > 1.0 {
            marks.push(line(&[(from, at.1), (to, at.1)], 1.5, FAINT_INK));
        }
        draw_marker(point.holds, at, marks);
        taken.add((at.0 - HALF, at.0 + HALF), (at.1 - HALF, at.1 + HALF));
    }
    name_best(&best, &path, &mut taken, marks);
}

/// From the least to the largest value, and to the bound unless that would leave no room for them.
fn axis(frontier: &Frontier) -> Axis {
    let ends = || {
        let each = |it: &FrontierPoint| {
            let (value, half) = it.value;
            [value, (value - half).max(0.0), value + half]
        };
        frontier.points.iter().flat_map(each)
    };
    let most = ends().fold(0.0, f64::max);
    let bound = frontier.bound.as_ref().map(|it| it.0).filter(|it| *it <= most * FARTHEST_BOUND);
    Axis::new(frontier.quantity, ends().chain(bound), TICKS)
}

/// Costs from a little below the least to a little above the largest.
fn cost_range(points: &[FrontierPoint]) -> (f64, f64) {
    let low = points.iter().map(|it| it.cost.0 - it.cost.1).fold(f64::MAX, f64::min);
    let high = points.iter().map(|it| it.cost.0 + it.cost.1).fold(0.0, f64::max);
    let room = ((high - low) * 0.06).max(high * 0.01).max(0.01);
    ((low - room).max(0.0), high + room)
}

fn draw_cost_axis(
    (low, high): (f64, f64),
    (left, right, bottom): (f64, f64, f64),
    x: &impl Fn(f64) -> f64,
    marks: &mut Vec<Mark>,
) {
    let base = crisp(bottom);
    marks.push(line(&[(left, base), (right, base)], 1.0, AXIS));
    let step = nice_step((high - low) / TICKS as f64);
    let first = (low / step).ceil() as i64;
    for tick in first..first + 2 * TICKS as i64 {
        let cost = tick as f64 * step;
        if cost > high {
            break;
        }
        let at = crisp(x(cost));
        marks.push(line(&[(at, base), (at, base + 5.0)], 1.0, AXIS));
        let decimals = if step < 1.0 { 2 } else { 0 };
        let label = format!("${cost:.decimals$}");
        marks.push(text(&label, (at, base + 20.0), Anchor::Middle, SMALL, FAINT_INK));
    }
    let name = "cost of a month";
    marks.push(text(name, (right, base + 38.0), Anchor::End, SMALL, INK));
}

/// A square holds; a cross misses something.
fn draw_marker(holds: bool, (x, y): (f64, f64), marks: &mut Vec<Mark>) {
    if holds {
        let colour = Role::Accepted.colour();
        let side = 2.0 * HALF;
        marks.push(Mark::Rect { x: x - HALF, y: y - HALF, width: side, height: side, colour });
        return;
    }
    let colour = Role::Throttled.colour();
    for slope in [1.0, -1.0] {
        let ends = [(x - HALF, y - slope * HALF), (x + HALF, y + slope * HALF)];
        marks.push(line(&ends, STROKE, colour));
    }
}

/// What the markers mean, where there are both.
fn draw_key(frontier: &Frontier, y: f64, marks: &mut Vec<Mark>) {
    let mut x = 640.0;
    for (holds, words) in [(true, "meets every objective"), (false, "misses some")] {
        if !frontier.points.iter().any(|it| it.holds == holds) {
            continue;
        }
        draw_marker(holds, (x, y - HALF_HEIGHT), marks);
        marks.push(text(words, (x + 13.0, y), Anchor::Start, SMALL, INK));
        x += 13.0 + text_width(words, SMALL) + 28.0;
    }
    marks.push(line(
        &[(x, y - HALF_HEIGHT), (x + 24.0, y - HALF_HEIGHT)],
        STROKE,
        Role::Read.colour(),
    ));
    marks.push(text("none beats", (x + 32.0, y), Anchor::Start, SMALL, INK));
}

/// The names of the points that none beats, each beside its point where nothing else stands.
fn name_best(
    best: &[&FrontierPoint],
    path: &[(f64, f64)],
    taken: &mut Taken,
    marks: &mut Vec<Mark>,
) {
    let stride = best.len().div_ceil(NAMED).max(1);
    for (point, &(x, y)) in best.iter().zip(path).step_by(stride) {
        let label = shorten(&point.label, SMALL, NAMES - 16.0);
        let width = text_width(&label, SMALL);
        let sides = [x + BESIDE, x - BESIDE - width];
        let places = SHIFTS.iter().flat_map(|shift| sides.map(|start| (start, y + shift)));
        let Some((start, middle)) = places.into_iter().find(|it| taken.has_room(*it, width)) else {
            continue;
        };
        taken.add_text((start, middle), width);
        let place = (start, middle + HALF_HEIGHT);
        marks.push(text(&label, place, Anchor::Start, SMALL, INK));
    }
}
