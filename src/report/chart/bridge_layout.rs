//! A sum, what is added and taken away, and the sum that comes of it.

use crate::report::chart::body::{Bridge, BridgeBar};
use crate::report::chart::canvas::{Anchor, Font, Mark, WIDTH, text_width};
use crate::report::chart::colour::{AXIS, GRID, INK, Role};
use crate::report::chart::frame::{BODY_BOTTOM, BODY_TOP, HALF_HEIGHT, MARGIN, crisp, line, text};
use crate::report::chart::label::shorten;

/// Widest label, and room behind a bar for its amount [px].
const LABEL: f64 = 260.0;
const AMOUNT: f64 = 150.0;
/// Highest row [px].
const ROW: f64 = 56.0;
const CELL: Font = Font { size: 16.0, bold: false };
const SUM: Font = Font { size: 16.0, bold: true };

/// Draws the bars from above.
pub(super) fn draw(bridge: &Bridge, marks: &mut Vec<Mark>) {
    let most = bridge.bars.iter().map(|bar| bar.from.max(bar.to)).fold(0.0, f64::max).max(1e-12);
    let widest = bridge.bars.iter().map(|bar| text_width(&bar.label, SUM)).fold(0.0, f64::max);
    let left = MARGIN + widest.min(LABEL) + 16.0;
    let right = f64::from(WIDTH) - MARGIN - AMOUNT;
    let row = ((BODY_BOTTOM - BODY_TOP) / bridge.bars.len().max(1) as f64).min(ROW);
    let x = |amount: f64| left + (amount / most).clamp(0.0, 1.0) * (right - left);
    let bottom = BODY_TOP + row * bridge.bars.len() as f64;
    let axis = crisp(left);
    marks.push(line(&[(axis, BODY_TOP), (axis, bottom)], 1.0, AXIS));
    for (place, bar) in bridge.bars.iter().enumerate() {
        let top = BODY_TOP + row * place as f64;
        draw_bar(bar, (left, top, row), (x(bar.from), x(bar.to)), marks);
        // A thin line leads to the next one.
        if place + 1 < bridge.bars.len() {
            let at = crisp(x(bar.to));
            let ends = [(at, top + row * 0.82), (at, top + row * 1.18)];
            marks.push(line(&ends, 1.0, GRID));
        }
    }
}

fn draw_bar(
    bar: &BridgeBar,
    (left, top, row): (f64, f64, f64),
    (from, to): (f64, f64),
    marks: &mut Vec<Mark>,
) {
    let (font, colour) = match (bar.is_sum, bar.to < bar.from) {
        (true, _) => (SUM, Role::Neutral.colour()),
        (false, true) => (CELL, Role::Read.colour()),
        (false, false) => (CELL, Role::Throttled.colour()),
    };
    let base = top + row / 2.0 + HALF_HEIGHT;
    let label = shorten(&bar.label, font, LABEL);
    marks.push(text(&label, (left - 12.0, base), Anchor::End, font, INK));
    let (low, high) = (from.min(to), from.max(to));
    let (y, height) = (top + row * 0.18, row * 0.64);
    let width = (high - low).max(2.0);
    marks.push(Mark::Rect { x: low, y, width, height, colour });
    marks.push(text(&bar.amount, (low + width + 8.0, base), Anchor::Start, font, INK));
}
