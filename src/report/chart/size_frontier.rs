//! What settings cost against how near they come to missing what is asked.

use crate::report::chart::canvas::{Anchor, Mark, WIDTH, text_width};
use crate::report::chart::colour::{AXIS, Colour, FAINT_INK, GRID, INK, Role, WHITE};
use crate::report::chart::frame::{
    BODY_BOTTOM, BODY_TOP, HALF_HEIGHT, MARGIN, NAME, SMALL, crisp, line, text,
};
use crate::report::chart::scale::Axis;
use crate::report::chart::{Quantity, text as number};

/// Settings by cost and by their worst objective.
#[derive(Clone, Debug, PartialEq)]
pub struct SizeFrontier {
    /// In any order.
    pub points: Vec<SizePoint>,
}

/// One setting.
#[derive(Clone, Debug, PartialEq)]
pub struct SizePoint {
    /// Dollars of a month.
    pub dollars: f64,
    /// The worst objective's value over its bound; above 1 is missed.
    pub ratio: f64,
    /// Whether it holds.
    pub holds: bool,
    /// Beside it; empty where it is not worth a name.
    pub label: String,
    /// Whether it is the one recommended.
    pub is_best: bool,
}

/// Room at the left and below for ticks [px].
const LEFT: f64 = 84.0;
const BELOW: f64 = 52.0;
/// Ratios shown: what lies beyond stands at the edge.
const LOW: f64 = 0.01;
const HIGH: f64 = 1_000.0;
/// Half the side of a mark [px].
const HALF: f64 = 5.0;

/// Draws it.
pub(super) fn draw(frontier: &SizeFrontier, marks: &mut Vec<Mark>) {
    let (left, right) = (MARGIN + LEFT, f64::from(WIDTH) - MARGIN - 90.0);
    let (top, bottom) = (BODY_TOP + 30.0, BODY_BOTTOM - BELOW);
    let name = "Worst objective over its bound; above 1 it is missed";
    marks.push(text(name, (MARGIN, BODY_TOP + 14.0), Anchor::Start, NAME, INK));
    let costs = || frontier.points.iter().map(|it| it.dollars).filter(|it| it.is_finite());
    let axis = Axis::new(Quantity::Count, costs(), 8);
    let x = |dollars: f64| left + axis.place(dollars) * (right - left);
    let y = |ratio: f64| bottom - height(ratio) * (bottom - top);
    for power in [0.01, 0.1, 1.0, 10.0, 100.0, 1_000.0] {
        let at = crisp(y(power));
        marks.push(line(&[(left, at), (right, at)], 1.0, GRID));
        let label = number::number(power);
        let place = (left - 9.0, at + HALF_HEIGHT);
        marks.push(text(&label, place, Anchor::End, SMALL, FAINT_INK));
    }
    for (value, label) in &axis.ticks {
        let at = crisp(x(*value));
        marks.push(line(&[(at, bottom), (at, bottom + 5.0)], 1.0, AXIS));
        let label = format!("${label}");
        marks.push(text(&label, (at, bottom + 19.0), Anchor::Middle, SMALL, FAINT_INK));
    }
    marks.push(line(&[(left, crisp(bottom)), (right, crisp(bottom))], 1.0, AXIS));
    let place = (right, bottom + 40.0);
    marks.push(text("cost of a month", place, Anchor::End, SMALL, FAINT_INK));
    let bound = crisp(y(1.0));
    let mut at = left;
    while at < right {
        marks.push(line(&[(at, bound), ((at + 8.0).min(right), bound)], 1.5, INK));
        at += 13.0;
    }
    marks.push(text("bound", (right + 8.0, bound + HALF_HEIGHT), Anchor::Start, SMALL, INK));
    draw_key((left, bottom + 40.0), marks);
    // No name crosses a mark.
    let room = |it: &SizePoint| {
        let (x, y) = (x(it.dollars), y(it.ratio));
        (x - HALF - 1.0, x + HALF + 1.0, y)
    };
    let known = frontier.points.iter().filter(|it| it.dollars.is_finite());
    let mut taken: Vec<(f64, f64, f64)> = known.map(room).collect();
    // Those with names last, so that none is covered.
    let mut points: Vec<&SizePoint> = frontier.points.iter().collect();
    points.sort_by_key(|it| (it.is_best, !it.label.is_empty()));
    for point in points.iter().filter(|it| it.dollars.is_finite()) {
        mark((x(point.dollars), y(point.ratio)), point.holds, point.is_best, marks);
    }
    for point in points.iter().rev().filter(|it| it.dollars.is_finite() && !it.label.is_empty()) {
        name_point(point, (x(point.dollars), y(point.ratio)), right, &mut taken, marks);
    }
}

/// Where a ratio stands, 0 at the bottom to 1 at the top.
fn height(ratio: f64) -> f64 {
    let ratio = if ratio.is_nan() { HIGH } else { ratio.clamp(LOW, HIGH) };
    libm::log10(ratio / LOW) / libm::log10(HIGH / LOW)
}

/// What the marks mean.
fn draw_key((left, y): (f64, f64), marks: &mut Vec<Mark>) {
    mark((left + 6.0, y - HALF_HEIGHT), true, false, marks);
    marks.push(text("holds", (left + 20.0, y), Anchor::Start, SMALL, FAINT_INK));
    mark((left + 84.0, y - HALF_HEIGHT), false, false, marks);
    marks.push(text("does not", (left + 98.0, y), Anchor::Start, SMALL, FAINT_INK));
}

/// A filled square holds, a cross does not; the best has a ring.
pub(super) fn mark((x, y): (f64, f64), holds: bool, is_best: bool, marks: &mut Vec<Mark>) {
    let square = |half: f64, colour: Colour| Mark::Rect {
        x: x - half,
        y: y - half,
        width: 2.0 * half,
        height: 2.0 * half,
        colour,
    };
    if is_best {
        marks.push(square(HALF + 5.0, INK));
        marks.push(square(HALF + 3.0, WHITE));
    }
    if holds {
        marks.push(square(HALF, Role::Accepted.colour()));
    } else {
        let colour = Role::Throttled.colour();
        marks.push(line(&[(x - HALF, y - HALF), (x + HALF, y + HALF)], 2.5, colour));
        marks.push(line(&[(x - HALF, y + HALF), (x + HALF, y - HALF)], 2.5, colour));
    }
}

/// A name at the right of its point, or at its left; none where others stand.
fn name_point(
    point: &SizePoint,
    (x, y): (f64, f64),
    right: f64,
    taken: &mut Vec<(f64, f64, f64)>,
    marks: &mut Vec<Mark>,
) {
    let width = text_width(&point.label, SMALL);
    let gap = if point.is_best { 15.0 } else { 10.0 };
    let at_right = (x + gap, x + gap + width);
    let at_left = (x - gap - width, x - gap);
    let starts = [at_right, at_left];
    let is_free = |&(from, to): &(f64, f64), y: f64, taken: &[(f64, f64, f64)]| {
        to <= right + 85.0
            && from >= MARGIN + LEFT
            && taken.iter().all(|it| to < it.0 || from > it.1 || (it.2 - y).abs() > 13.0)
    };
    for shift in [0.0, -17.0, 17.0] {
        for place in starts {
            if is_free(&place, y + shift, taken) {
                let at = (place.0, y + shift + HALF_HEIGHT);
                marks.push(text(&point.label, at, Anchor::Start, SMALL, INK));
                taken.push((place.0, place.1, y + shift));
                return;
            }
        }
    }
}
