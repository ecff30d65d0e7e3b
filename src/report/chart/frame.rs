//! What every chart has: white ground, title, question, footer, time axis.

use crate::report::chart::canvas::{Anchor, Font, HEIGHT, Mark, Text, WIDTH};
use crate::report::chart::colour::{AXIS, Colour, FAINT_INK, INK, WHITE};
use crate::report::chart::label::{shorten, wrap};
use crate::report::chart::{Chart, scale};

/// White border of a chart [px].
pub(super) const MARGIN: f64 = 28.0;
/// Where the body of a chart begins [px].
pub(super) const BODY_TOP: f64 = 98.0;
/// Where it ends: below is the footer [px].
pub(super) const BODY_BOTTOM: f64 = 638.0;
/// Ticks, labels, footer.
pub(super) const SMALL: Font = Font { size: 14.0, bold: false };
/// Names of panels.
pub(super) const NAME: Font = Font { size: 15.0, bold: true };
/// From the middle of a small text to its baseline [px].
pub(super) const HALF_HEIGHT: f64 = 5.0;
/// Thickness of a data line [px].
pub(super) const STROKE: f64 = 2.5;
/// Width of a time tick with its distance [px].
const TIME_TICK: f64 = 90.0;
const SUBTITLE: Font = Font { size: 16.0, bold: false };

/// A stretch of pixels that shows time from zero to the chart's span.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct TimeRange {
    pub(super) left: f64,
    pub(super) right: f64,
    pub(super) span_s: f64,
}

impl TimeRange {
    /// Where a moment stands [px]; moments outside are cut.
    pub(super) fn place(&self, at_s: f64) -> f64 {
        let share = if self.span_s > 0.0 { (at_s / self.span_s).clamp(0.0, 1.0) } else { 0.0 };
        self.left + share * (self.right - self.left)
    }
}

/// Ground, title, subtitle, and footer.
pub(super) fn marks(chart: &Chart) -> Vec<Mark> {
    let (width, height) = (f64::from(WIDTH), f64::from(HEIGHT));
    let inner = width - 2.0 * MARGIN;
    let mut marks = vec![Mark::Rect { x: 0.0, y: 0.0, width, height, colour: WHITE }];
    let large = Font { size: 25.0, bold: true };
    let title = wrap(&chart.title, large, inner, 1);
    if title.first().is_some_and(|line| line.ends_with('…')) {
        // Two smaller lines rather than half a sentence.
        let font = Font { size: 19.0, bold: true };
        for (line, y) in wrap(&chart.title, font, inner, 2).into_iter().zip([32.0, 55.0]) {
            marks.push(text(&line, (MARGIN, y), Anchor::Start, font, INK));
        }
    } else if let Some(line) = title.first() {
        marks.push(text(line, (MARGIN, 45.0), Anchor::Start, large, INK));
    }
    let subtitle = shorten(&chart.subtitle, SUBTITLE, inner);
    marks.push(text(&subtitle, (MARGIN, 76.0), Anchor::Start, SUBTITLE, FAINT_INK));
    let footer = shorten(&chart.footer, SMALL, inner);
    marks.push(text(&footer, (MARGIN, height - 12.0), Anchor::Start, SMALL, FAINT_INK));
    marks
}

/// The axis of simulated time below `y`.
pub(super) fn draw_time_axis(range: TimeRange, y: f64, marks: &mut Vec<Mark>) {
    let count = ((range.right - range.left) / TIME_TICK).max(1.0) as usize;
    let y = crisp(y);
    marks.push(line(&[(range.left, y), (range.right, y)], 1.0, AXIS));
    for (at, label) in scale::time_ticks(range.span_s, count) {
        let x = crisp(range.place(at));
        marks.push(line(&[(x, y), (x, y + 5.0)], 1.0, AXIS));
        marks.push(text(&label, (x, y + 19.0), Anchor::Middle, SMALL, FAINT_INK));
    }
}

/// A text mark.
pub(super) fn text(
    content: &str,
    (x, y): (f64, f64),
    anchor: Anchor,
    font: Font,
    colour: Colour,
) -> Mark {
    Mark::Text(Text { x, y, anchor, font, colour, content: content.to_owned() })
}

/// The nearest place at which a line one pixel wide fills one row or column of pixels.
pub(super) fn crisp(place: f64) -> f64 {
    place.floor() + 0.5
}

/// A line mark.
pub(super) fn line(points: &[(f64, f64)], width: f64, colour: Colour) -> Mark {
    Mark::Line { points: points.to_vec(), width, colour }
}
