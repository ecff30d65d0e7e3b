//! Distributions: shares of records over a logarithmic axis of time.

use crate::report::chart::canvas::{Anchor, Mark, text_width};
use crate::report::chart::colour::{AXIS, FAINT_INK, GRID, INK};
use crate::report::chart::frame::{
    BODY_BOTTOM, BODY_TOP, HALF_HEIGHT, MARGIN, NAME, SMALL, STROKE, crisp, line, text,
};
use crate::report::chart::label::shorten;
use crate::report::chart::panels::{dash_line, pattern};
use crate::report::chart::scale::Axis;
use crate::report::chart::{Curve, Quantity};

/// Shares with a line of their own, and their names. What is left of the whole shrinks tenfold from
/// one to the next: so the few late records are seen.
const SHARES: [(f64, &str); 6] = [
    (0.0, "0 %"),
    (0.5, "50 %"),
    (0.9, "90 %"),
    (0.99, "99 %"),
    (0.999, "99.9 %"),
    (0.9999, "99.99 %"),
];
const VERTICAL_TITLE: &str = "Share of records that are done, by time since their birth";
const TIME_AXIS: f64 = 24.0;
const NAME_HEIGHT: f64 = 31.0;
/// Column of labels at the right [px].
const LABELS: f64 = 364.0;
const SAMPLE: f64 = 26.0;
/// Between labels of two curves [px].
const LABEL_DISTANCE: f64 = 44.0;
/// Side of the mark of a quantile [px].
const DOT: f64 = 9.0;
const TICK_WIDTH: f64 = 90.0;

/// Draws the curves, each named at the right.
pub(super) fn draw(curves: &[Curve], marks: &mut Vec<Mark>) {
    let ticks = SHARES.iter().map(|(_, name)| text_width(name, SMALL)).fold(0.0, f64::max);
    let (left, right) = ((MARGIN + ticks + 9.0).round(), 1200.0 - MARGIN - LABELS);
    let (top, bottom) = ((BODY_TOP + NAME_HEIGHT).round(), BODY_BOTTOM - TIME_AXIS);
    let times = curves.iter().flat_map(|curve| &curve.points).map(|point| point.0);
    let count = ((right - left) / TICK_WIDTH) as usize;
    let axis = Axis::new(Quantity::Age, times.filter(|time| *time > 0.0), count);
    let x = |time: f64| left + axis.place(time) * (right - left);
    let y = |share: f64| bottom - height_of(share) * (bottom - top);

    marks.push(text(VERTICAL_TITLE, (MARGIN, top - 14.0), Anchor::Start, NAME, INK));
    for (share, name) in SHARES {
        let at = crisp(y(share));
        marks.push(line(&[(left, at), (right, at)], 1.0, GRID));
        let place = (left - 8.0, at + HALF_HEIGHT);
        marks.push(text(name, place, Anchor::End, SMALL, FAINT_INK));
    }
    let ground = crisp(bottom);
    marks.push(line(&[(left, ground), (right, ground)], 1.0, AXIS));
    for (time, name) in &axis.ticks {
        let at = crisp(x(*time));
        marks.push(line(&[(at, top), (at, bottom)], 1.0, GRID));
        marks.push(line(&[(at, ground), (at, ground + 5.0)], 1.0, AXIS));
        let place = (at, ground + 19.0);
        marks.push(text(name, place, Anchor::Middle, SMALL, FAINT_INK));
    }
    for (place, curve) in curves.iter().enumerate() {
        let colour = curve.role.colour();
        for points in dash_line(&placed(curve, &x, &y), pattern(curve.dash)) {
            marks.push(Mark::Line { points, width: STROKE, colour });
        }
        for &(time, share) in &curve.marked {
            let (x, y) = (x(time) - DOT / 2.0, y(share) - DOT / 2.0);
            marks.push(Mark::Rect { x, y, width: DOT, height: DOT, colour });
        }
        let at = top + 10.0 + place as f64 * LABEL_DISTANCE;
        let start = right + 14.0;
        for points in dash_line(&[(start, at), (start + SAMPLE, at)], pattern(curve.dash)) {
            marks.push(Mark::Line { points, width: STROKE, colour });
        }
        let (x, room) = (start + SAMPLE + 6.0, LABELS - SAMPLE - 20.0);
        let name = shorten(&curve.label, SMALL, room);
        marks.push(text(&name, (x, at + HALF_HEIGHT), Anchor::Start, SMALL, INK));
        let note = shorten(&curve.note, SMALL, room);
        marks.push(text(&note, (x, at + HALF_HEIGHT + 17.0), Anchor::Start, SMALL, FAINT_INK));
    }
}

/// The curve's points on the picture; those that would not be told apart are left out.
fn placed(curve: &Curve, x: &impl Fn(f64) -> f64, y: &impl Fn(f64) -> f64) -> Vec<(f64, f64)> {
    const NEAR: f64 = 0.5;
    let mut placed: Vec<(f64, f64)> = Vec::new();
    for &(time, share) in &curve.points {
        let point = (x(time), y(share));
        let near =
            |last: &(f64, f64)| (point.0 - last.0).abs() < NEAR && (point.1 - last.1).abs() < NEAR;
        if !placed.last().is_some_and(near) {
            placed.push(point);
        }
    }
    placed
}

/// Where a share stands, 0 at the bottom to 1 at the top: by the tenths that are left of the whole.
fn height_of(share: f64) -> f64 {
    let (lowest, _) = SHARES[0];
    let (highest, _) = SHARES[SHARES.len() - 1];
    let share = if share.is_nan() { lowest } else { share.clamp(lowest, highest) };
    libm::log10(1.0 - share) / libm::log10(1.0 - highest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_nine_takes_a_quarter_of_the_height() {
        for (share, height) in [(0.0, 0.0), (0.9, 0.25), (0.99, 0.5), (0.999, 0.75), (1.0, 1.0)] {
            assert!((height_of(share) - height).abs() < 1e-9, "{share}");
        }
    }
}
