//! Stages one below the other, each a bar from where the one before it ended.

use crate::report::chart::canvas::{Anchor, Font, Mark, WIDTH, text_width};
use crate::report::chart::colour::{AXIS, EMPTY, FAINT_INK, INK, Role};
use crate::report::chart::frame::{
    BODY_BOTTOM, BODY_TOP, HALF_HEIGHT, MARGIN, NAME, SMALL, crisp, line, text,
};
use crate::report::chart::label::shorten;
use crate::report::chart::{Waterfall, WaterfallColumn, text as number};

/// Height of the names above the bars [px].
const NAME_HEIGHT: f64 = 30.0;
/// Room below the bars for the sums [px].
const BELOW: f64 = 34.0;
/// Widest name of a stage, and the gap between columns [px].
const WIDEST_LABEL: f64 = 210.0;
const GAP: f64 = 36.0;
/// Room for a number behind the longest bar [px].
const NUMBER: f64 = 92.0;
const HIGHEST_ROW: f64 = 112.0;
const CELL: Font = Font { size: 15.0, bold: false };

/// Draws all columns beside the names of the stages.
pub(super) fn draw(waterfall: &Waterfall, marks: &mut Vec<Mark>) {
    let widest = waterfall.stages.iter().map(|stage| text_width(&stage.label, CELL));
    let left = MARGIN + widest.fold(0.0, f64::max).min(WIDEST_LABEL) + 14.0;
    let top = BODY_TOP + NAME_HEIGHT;
    let rows = waterfall.stages.len().max(1) as f64;
    let row = ((BODY_BOTTOM - BELOW - top) / rows).min(HIGHEST_ROW);
    for (place, stage) in waterfall.stages.iter().enumerate() {
        let base = top + row * (place as f64 + 0.5) + HALF_HEIGHT;
        let label = shorten(&stage.label, CELL, WIDEST_LABEL);
        marks.push(text(&label, (left - 10.0, base), Anchor::End, CELL, INK));
    }
    let count = waterfall.columns.len().max(1) as f64;
    let width = (f64::from(WIDTH) - MARGIN - left - GAP * (count - 1.0)) / count;
    for (place, column) in waterfall.columns.iter().enumerate() {
        let from = left + (width + GAP) * place as f64;
        draw_column(waterfall, column, (from, width), (top, row), marks);
    }
}

fn draw_column(
    waterfall: &Waterfall,
    column: &WaterfallColumn,
    (left, width): (f64, f64),
    (top, row): (f64, f64),
    marks: &mut Vec<Mark>,
) {
    let most = column.ends_s.iter().copied().fold(0.0, f64::max).max(1e-9);
    let place = |at: f64| left + (at / most).clamp(0.0, 1.0) * (width - NUMBER);
    let bottom = top + row * waterfall.stages.len() as f64;
    let name = shorten(&column.title, NAME, width);
    marks.push(text(&name, (left, top - 12.0), Anchor::Start, NAME, INK));
    let mut before = 0.0_f64;
    for (number_of, (stage, &end)) in waterfall.stages.iter().zip(&column.ends_s).enumerate() {
        let y = top + row * number_of as f64;
        let (gap, height) = ((row * 0.18).round(), (row * 0.64).round());
        let (from, to) = (place(before.min(end)), place(before.max(end)));
        let ground = width - NUMBER;
        marks.push(Mark::Rect { x: left, y: y + gap, width: ground, height, colour: EMPTY });
        let role = if stage.stores { Role::Accepted } else { Role::Read };
        // A stage that others pass than the one before may end earlier: it is drawn faintly.
        let colour = if end < before { role.colour().tinted(0.6) } else { role.colour() };
        let wide = (to - from).max(2.0);
        marks.push(Mark::Rect { x: from, y: y + gap, width: wide, height, colour });
        let (x, base) = (crisp(place(end)), y + row / 2.0 + HALF_HEIGHT);
        if number_of + 1 < waterfall.stages.len() {
            let below = y + row + gap;
            marks.push(line(&[(x, y + gap + height), (x, below)], 1.0, AXIS));
        }
        let sign = if end < before { "−" } else { "+" };
        let added = format!("{sign}{}", number::duration((end - before).abs()));
        marks.push(text(&added, (to.max(from + wide) + 7.0, base), Anchor::Start, CELL, INK));
        before = end;
    }
    marks.push(line(&[(crisp(left), top), (crisp(left), bottom)], 1.0, AXIS));
    let sum = format!("in all {}", number::duration(before));
    marks.push(text(&sum, (place(before), bottom + 22.0), Anchor::Middle, SMALL, FAINT_INK));
}
