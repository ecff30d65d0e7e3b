//! Bars to both sides of the middle, the widest on top.

use crate::report::chart::canvas::{Anchor, Font, Mark, WIDTH, text_width};
use crate::report::chart::colour::{AXIS, FAINT_INK, GRID, INK, Role, WHITE};
use crate::report::chart::frame::{
    BODY_BOTTOM, BODY_TOP, HALF_HEIGHT, MARGIN, NAME, SMALL, crisp, line, text,
};
use crate::report::chart::label::shorten;
use crate::report::chart::{Tornado, TornadoBar};

/// Room above the bars for the names of the upright lines, and below for the axis [px].
const ABOVE: f64 = 46.0;
const BELOW: f64 = 30.0;
/// Widest name of an unknown [px].
const LABEL: f64 = 370.0;
/// Room beside the outermost bars for their values [px].
const BESIDE: f64 = 84.0;
const HIGHEST_ROW: f64 = 64.0;
/// Strokes and gaps of a limit [px].
const STROKE: f64 = 7.0;
const GAP: f64 = 5.0;
const VALUE: Font = Font { size: 14.0, bold: false };

/// Draws the axis, the bars, the middle and the bound.
pub(super) fn draw(tornado: &Tornado, marks: &mut Vec<Mark>) {
    let (Some(first), Some(last)) = (tornado.ticks.first(), tornado.ticks.last()) else { return };
    let (left, right) = (MARGIN + LABEL + BESIDE, f64::from(WIDTH) - MARGIN - BESIDE);
    let place = |value: f64| {
        left + ((value - first.0) / (last.0 - first.0)).clamp(0.0, 1.0) * (right - left)
    };
    let (top, bottom) = (BODY_TOP + ABOVE, BODY_BOTTOM - BELOW);
    // A tick whose text would touch the one before has none.
    let mut free = f64::NEG_INFINITY;
    for (at, label) in &tornado.ticks {
        let x = crisp(place(*at));
        marks.push(line(&[(x, top), (x, bottom)], 1.0, GRID));
        let half = text_width(label, SMALL) / 2.0;
        if x - half > free {
            marks.push(text(label, (x, bottom + 20.0), Anchor::Middle, SMALL, FAINT_INK));
            free = x + half + 12.0;
        }
    }
    marks.push(line(&[(left, crisp(bottom)), (right, crisp(bottom))], 1.0, AXIS));
    if let Some((bound, label)) = &tornado.bound {
        let x = crisp(place(*bound));
        let mut y = top - 24.0;
        while y < bottom {
            marks.push(line(&[(x, y), (x, (y + STROKE).min(bottom))], 1.5, INK));
            y += STROKE + GAP;
        }
        draw_name(&format!("objective: {label}"), x, (left, right), top - 30.0, marks);
    }
    let centre = place(tornado.centre);
    let row = ((bottom - top) / tornado.bars.len().max(1) as f64).min(HIGHEST_ROW);
    for (number, bar) in tornado.bars.iter().enumerate() {
        draw_bar(bar, (centre, top + row * number as f64, row), place, marks);
    }
    let x = crisp(centre);
    marks.push(line(&[(x, top - 6.0), (x, bottom)], 2.0, INK));
    let label = format!("in the middle: {}", tornado.centre_label);
    draw_name(&label, x, (left, right), top - 12.0, marks);
}

/// The name of an upright line, kept inside the picture.
fn draw_name(name: &str, x: f64, (left, right): (f64, f64), y: f64, marks: &mut Vec<Mark>) {
    let is_left = x < f64::midpoint(left, right);
    let (anchor, x) = if is_left { (Anchor::Start, x + 5.0) } else { (Anchor::End, x - 5.0) };
    marks.push(text(name, (x, y), anchor, SMALL, INK));
}

fn draw_bar(
    bar: &TornadoBar,
    (centre, y, row): (f64, f64, f64),
    place: impl Fn(f64) -> f64,
    marks: &mut Vec<Mark>,
) {
    let middle = y + row / 2.0;
    let height = (row * 0.5).min(26.0);
    let mark = if bar.decides { "* " } else { "" };
    let label = shorten(&format!("{mark}{}", bar.label), NAME, LABEL);
    let two_lines = row >= 36.0;
    let first = if two_lines { middle - 3.0 } else { middle + HALF_HEIGHT };
    marks.push(text(&label, (MARGIN, first), Anchor::Start, NAME, INK));
    if two_lines {
        let known = shorten(&bar.known, SMALL, LABEL);
        marks.push(text(&known, (MARGIN, middle + 15.0), Anchor::Start, SMALL, FAINT_INK));
    }
    let fill = if bar.is_assumed { Role::Kcl.colour() } else { Role::Accepted.colour() };
    let places: Vec<f64> = bar.points.iter().map(|point| place(point.0)).collect();
    let low = places.iter().copied().fold(centre, f64::min);
    let high = places.iter().copied().fold(centre, f64::max);
    let (top, width) = (middle - height / 2.0, (high - low).max(1.5));
    marks.push(Mark::Rect { x: low, y: top, width, height, colour: fill });
    // What the unknown is at either end, outside the bar; several at one place are one text.
    let mut ends: [Vec<&str>; 2] = [Vec::new(), Vec::new()];
    for ((_, value), at) in bar.points.iter().zip(&places) {
        ends[usize::from(*at > f64::midpoint(low, high))].push(value);
    }
    let sides = [(low - 6.0, Anchor::End), (high + 6.0, Anchor::Start)];
    for (values, (x, anchor)) in ends.iter().zip(sides) {
        let values = shorten(&values.join(", "), VALUE, BESIDE);
        if !values.is_empty() {
            // A limit behind it would cross it out.
            let width = text_width(&values, VALUE);
            let x = if anchor == Anchor::End { x - width } else { x };
            let (y, height) = (middle - 9.0, 18.0);
            marks.push(Mark::Rect { x: x - 2.0, y, width: width + 4.0, height, colour: WHITE });
            let anchor = Anchor::Start;
            marks.push(text(&values, (x, middle + HALF_HEIGHT), anchor, VALUE, INK));
        }
    }
}
