//! Rows of dots, each on an axis of its own.

use crate::report::chart::body::{Spread, SpreadRow};
use crate::report::chart::canvas::{Anchor, Font, Mark};
use crate::report::chart::colour::{AXIS, FAINT_INK, INK, Role};
use crate::report::chart::frame::{
    BODY_BOTTOM, BODY_TOP, HALF_HEIGHT, MARGIN, NAME, SMALL, crisp, line, text,
};
use crate::report::chart::label::shorten;
use crate::report::chart::panels::{dash_line, pattern};
use crate::report::chart::{Dash, canvas};

/// Where the axes begin and end [px].
const LEFT: f64 = 420.0;
const RIGHT: f64 = 1_100.0;
/// From row to row at most [px].
const ROW: f64 = 84.0;
/// Side of a dot, and height of the bar of an interval [px].
const DOT: f64 = 5.0;
const BAR: f64 = 14.0;
/// Between two texts of a row [px].
const LINE: f64 = 19.0;
const VALUE: Font = Font { size: 16.0, bold: true };

/// Draws a row a measure.
pub(super) fn draw(spread: &Spread, marks: &mut Vec<Mark>) {
    let room = (BODY_BOTTOM - BODY_TOP) / spread.rows.len().max(1) as f64;
    let height = room.min(ROW);
    for (place, row) in spread.rows.iter().enumerate() {
        draw_row(row, BODY_TOP + height * (place as f64 + 0.5), height, marks);
    }
}

fn draw_row(row: &SpreadRow, middle: f64, height: f64, marks: &mut Vec<Mark>) {
    let (low, high) = row.range;
    let width = high - low;
    // What does not vary stands in the middle.
    let share = |value: f64| if width > 0.0 { (value - low) / width } else { 0.5 };
    let x = |value: f64| LEFT + share(value) * (RIGHT - LEFT);
    let lines = if row.note.is_empty() { 2.0 } else { 3.0 };
    let mut y = middle - LINE * (lines - 1.0) / 2.0 + HALF_HEIGHT;
    let room = LEFT - MARGIN - 30.0;
    let texts = [(&row.label, NAME, INK), (&row.value, VALUE, INK), (&row.note, SMALL, FAINT_INK)];
    for (content, font, ink) in texts {
        let content = shorten(content, font, room);
        marks.push(text(&content, (MARGIN, y), Anchor::Start, font, ink));
        y += LINE;
    }
    let base = crisp(middle);
    marks.push(line(&[(LEFT, base), (RIGHT, base)], 1.0, AXIS));
    if let Some((from, to)) = row.interval {
        let (from, to) = (x(from), x(to));
        let (from, width) = (from - 1.0, (to - from).max(0.0) + 2.0);
        let colour = Role::Accepted.colour().tinted(0.55);
        marks.push(Mark::Rect { x: from, y: middle - BAR / 2.0, width, height: BAR, colour });
    }
    for &value in &row.dots {
        let (x, y) = (x(value) - DOT / 2.0, middle - DOT / 2.0);
        marks.push(Mark::Rect { x, y, width: DOT, height: DOT, colour: INK });
    }
    if let Some(mean) = row.mean {
        let x = crisp(x(mean));
        let ends = [(x, middle - BAR / 2.0), (x, middle + BAR / 2.0)];
        marks.push(line(&ends, 2.5, Role::Accepted.colour()));
    }
    if let Some(bound) = row.bound {
        let (x, half) = (crisp(x(bound)), height * 0.36);
        // Up only: below stand the ends of the axis.
        let ends = [(x, middle - half), (x, middle + BAR / 2.0)];
        for points in dash_line(&ends, pattern(Dash::Short)) {
            marks.push(line(&points, 2.0, Role::Throttled.colour()));
        }
    }
    let below = middle + BAR / 2.0 + 17.0;
    let ends: &[(f64, &String)] = if width > 0.0 {
        &[(LEFT, &row.ends.0), (RIGHT, &row.ends.1)]
    } else {
        &[(f64::midpoint(LEFT, RIGHT), &row.ends.0)]
    };
    for (at, label) in ends {
        let half = canvas::text_width(label, SMALL) / 2.0;
        let at = at.min(1200.0 - MARGIN - half);
        marks.push(text(label, (at, below), Anchor::Middle, SMALL, FAINT_INK));
    }
}
