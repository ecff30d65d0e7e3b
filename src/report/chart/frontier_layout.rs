//! Points over cost, with intervals, and a line through those that none beats.

use crate::report::chart::canvas::{Anchor, Mark, text_width};
use crate::report::chart::colour::{AXIS, FAINT_INK, GRID, INK, Role};
use crate::report::chart::frame::{
    BODY_BOTTOM, BODY_TOP, HALF_HEIGHT, MARGIN, NAME, SMALL, STROKE, crisp, line, text,
};
use crate::report::chart::frontier::{Frontier, FrontierPoint};
use crate::report::chart::label::{shorten, spread};
use crate::report::chart::scale::{Axis, nice_step};

/// Room above for the axis's name and the key, and below for ticks [px].
const NAME_HEIGHT: f64 = 40.0;
const BELOW: f64 = 46.0;
/// Room at the right for names [px].
const NAMES: f64 = 190.0;
const TICKS: usize = 7;
/// Half the side of a marker [px].
const HALF: f64 = 5.0;
/// Names of points at most, and the least distance between them [px].
const NAMED: usize = 14;
const DISTANCE: f64 = 17.0;

/// Draws the chart.
pub(super) fn draw(frontier: &Frontier, marks: &mut Vec<Mark>) {
    let (top, bottom) = (BODY_TOP + NAME_HEIGHT, BODY_BOTTOM - BELOW);
    let name = shorten(&frontier.title, NAME, 560.0);
    marks.push(text(&name, (MARGIN, BODY_TOP + 16.0), Anchor::Start, NAME, INK));
    draw_key(frontier, BODY_TOP + 16.0, marks);
    let ends = frontier
        .points
        .iter()
        .flat_map(|it| [it.value.0, (it.value.0 - it.value.1).max(0.0), it.value.0 + it.value.1]);
    let axis = Axis::new(frontier.quantity, ends, TICKS);
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
    let mut best: Vec<&FrontierPoint> =
        frontier.points.iter().filter(|it| it.is_unbeaten).collect();
    best.sort_by(|a, b| a.cost.0.total_cmp(&b.cost.0));
    let path: Vec<(f64, f64)> = best.iter().map(|it| (x(it.cost.0), y(it.value.0))).collect();
    if path.len() > 1 {
        marks.push(line(&path, STROKE, Role::Read.colour()));
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
    }
    name_best(&best, &path, (top, bottom), marks);
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

/// The names of the points that none beats, at the right of each, apart from one another.
fn name_best(
    best: &[&FrontierPoint],
    path: &[(f64, f64)],
    (top, bottom): (f64, f64),
    marks: &mut Vec<Mark>,
) {
    let stride = best.len().div_ceil(NAMED).max(1);
    let named: Vec<usize> = (0..best.len()).step_by(stride).collect();
    let mut heights: Vec<f64> = named.iter().map(|&place| path[place].1 - 9.0).collect();
    spread(&mut heights, DISTANCE, top, bottom - 8.0);
    for (&place, height) in named.iter().zip(heights) {
        let (x, y) = path[place];
        let label = shorten(&best[place].label, SMALL, NAMES - 16.0);
        if (height - (y - 9.0)).abs() > 6.0 {
            let end = (x + 11.0, height - HALF_HEIGHT);
            marks.push(line(&[(x + HALF, y), end], 1.0, AXIS));
        }
        marks.push(text(&label, (x + 13.0, height), Anchor::Start, SMALL, INK));
    }
}
