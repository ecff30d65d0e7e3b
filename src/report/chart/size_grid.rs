//! Small multiples: for each rule how far it is from the fewest shards that hold, over a grid of
//! rates, sizes and skews.

use crate::report::chart::canvas::{Anchor, Font, Mark, WIDTH, text_width};
use crate::report::chart::colour::{
    AMBER, AXIS, Colour, FAINT_INK, GRID, INK, Role, WHITE, ink_on,
};
use crate::report::chart::frame::{BODY_BOTTOM, BODY_TOP, MARGIN, SMALL, line, text};
use crate::report::chart::label::shorten;

/// Panels of a grid each.
#[derive(Clone, Debug, PartialEq)]
pub struct SizeGrid {
    /// Left to right in each panel.
    pub columns: Vec<String>,
    /// What columns are.
    pub columns_title: String,
    /// Top to bottom in each block.
    pub rows: Vec<String>,
    /// What rows are.
    pub rows_title: String,
    /// Blocks of rows, top to bottom.
    pub blocks: Vec<String>,
    /// In order of reading.
    pub panels: Vec<SizePanel>,
}

/// One rule.
#[derive(Clone, Debug, PartialEq)]
pub struct SizePanel {
    /// Above it.
    pub title: String,
    /// Block by block, row by row: shards more than needed over those needed; none where there is
    /// no answer.
    pub cells: Vec<Option<f64>>,
}

/// Panels side by side.
const ACROSS: usize = 4;
/// Room for the names of rows and blocks at the left [px].
const LEFT: f64 = 112.0;
const TITLE: f64 = 20.0;
const GAP_X: f64 = 16.0;
const GAP_Y: f64 = 12.0;
const BLOCK_GAP: f64 = 4.0;
const BELOW: f64 = 56.0;
const SIGN: Font = Font { size: 14.0, bold: true };

/// Draws the panels and what their colours mean.
pub(super) fn draw(grid: &SizeGrid, marks: &mut Vec<Mark>) {
    let down = grid.panels.len().div_ceil(ACROSS).max(1);
    let (left, right) = (MARGIN + LEFT, f64::from(WIDTH) - MARGIN);
    let top = BODY_TOP + 6.0;
    let bottom = BODY_BOTTOM - BELOW;
    let width = (right - left - GAP_X * (ACROSS - 1) as f64) / ACROSS as f64;
    let height = (bottom - top - GAP_Y * (down - 1) as f64) / down as f64;
    for (place, panel) in grid.panels.iter().enumerate() {
        let x = left + (place % ACROSS) as f64 * (width + GAP_X);
        let y = top + (place / ACROSS) as f64 * (height + GAP_Y);
        draw_panel(grid, panel, (x, y, width, height), marks);
        if place % ACROSS == 0 {
            name_blocks(grid, (y, height), marks);
        }
    }
    draw_key(grid, bottom, marks);
}

/// Where a cell stands: top of its block and row, and the height of a row [px].
fn row_place(grid: &SizeGrid, (y, height): (f64, f64), block: usize, row: usize) -> (f64, f64) {
    let blocks = grid.blocks.len().max(1);
    let rows = (blocks * grid.rows.len()).max(1);
    let each = (height - TITLE - BLOCK_GAP * (blocks - 1) as f64) / rows as f64;
    let at = y + TITLE + (block * grid.rows.len() + row) as f64 * each + block as f64 * BLOCK_GAP;
    (at, each)
}

fn draw_panel(
    grid: &SizeGrid,
    panel: &SizePanel,
    (x, y, width, height): (f64, f64, f64, f64),
    marks: &mut Vec<Mark>,
) {
    let title = shorten(&panel.title, SIGN, width);
    marks.push(text(&title, (x, y + 13.0), Anchor::Start, SIGN, INK));
    let columns = grid.columns.len().max(1);
    let each = width / columns as f64;
    for (place, cell) in panel.cells.iter().enumerate() {
        let (below, column) = (place / columns, place % columns);
        let (block, row) = (below / grid.rows.len().max(1), below % grid.rows.len().max(1));
        let (at, row_height) = row_place(grid, (y, height), block, row);
        let from = (x + column as f64 * each).round();
        let to = (x + (column + 1) as f64 * each).round() - 1.0;
        let (above, below) = (at.round(), (at + row_height).round() - 1.0);
        let colour = colour(*cell);
        let (width, height) = (to - from, below - above);
        marks.push(Mark::Rect { x: from, y: above, width, height, colour });
        draw_sign(*cell, (f64::midpoint(from, to), f64::midpoint(above, below)), colour, marks);
    }
}

/// Names at the left of a row of panels.
fn name_blocks(grid: &SizeGrid, place: (f64, f64), marks: &mut Vec<Mark>) {
    for (number, block) in grid.blocks.iter().enumerate() {
        let (top, each) = row_place(grid, place, number, 0);
        let middle = top + each * grid.rows.len() as f64 / 2.0;
        let name = shorten(block, SMALL, LEFT - 8.0);
        let at = (MARGIN + LEFT - 8.0, middle + 5.0);
        marks.push(text(&name, at, Anchor::End, SMALL, INK));
    }
}

fn draw_key(grid: &SizeGrid, bottom: f64, marks: &mut Vec<Mark>) {
    let axes = format!(
        "Across: {} {} to {}. Down in each block: {} {} to {}.",
        grid.columns_title,
        grid.columns.first().map_or("", String::as_str),
        grid.columns.last().map_or("", String::as_str),
        grid.rows_title,
        grid.rows.first().map_or("", String::as_str),
        grid.rows.last().map_or("", String::as_str),
    );
    marks.push(text(&axes, (MARGIN, bottom + 24.0), Anchor::Start, SMALL, FAINT_INK));
    let mut x = MARGIN;
    let samples = [
        (Some(-0.6), "too few by half or more"),
        (Some(-0.2), "too few"),
        (Some(0.0), "the fewest that hold"),
        (Some(0.2), "up to half more"),
        (Some(0.8), "up to twice"),
        (Some(2.0), "more"),
        (None, "no answer"),
    ];
    for (cell, words) in samples {
        let (y, colour) = (bottom + 36.0, colour(cell));
        marks.push(Mark::Rect { x, y, width: 20.0, height: 16.0, colour });
        draw_sign(cell, (x + 10.0, y + 8.0), colour, marks);
        marks.push(text(words, (x + 26.0, y + 13.0), Anchor::Start, SMALL, FAINT_INK));
        x += 26.0 + text_width(words, SMALL) + 20.0;
    }
}

/// Orange is too few, grey is right, blue too many; no answer is white.
fn colour(cell: Option<f64>) -> Colour {
    match cell {
        None => WHITE,
        Some(it) if it <= -0.5 => Role::Throttled.colour(),
        Some(it) if it < 0.0 => AMBER,
        Some(it) if it < 1e-9 => GRID,
        Some(it) if it <= 0.5 => Role::Accepted.colour().tinted(0.75),
        Some(it) if it <= 1.0 => Role::Accepted.colour().tinted(0.4),
        Some(_) => Role::Accepted.colour(),
    }
}

/// The same without colour: dashes are too few, crosses too many, one to three by how much; a
/// stroke is no answer.
fn draw_sign(cell: Option<f64>, (x, y): (f64, f64), ground: Colour, marks: &mut Vec<Mark>) {
    let Some(error) = cell else {
        marks.push(line(&[(x - 4.0, y + 3.0), (x + 4.0, y - 3.0)], 1.0, AXIS));
        return;
    };
    let count = match error {
        it if it <= -0.5 => 2,
        it if it < 0.0 => 1,
        it if it < 1e-9 => 0,
        it if it <= 0.5 => 1,
        it if it <= 1.0 => 2,
        _ => 3,
    };
    let ink = ink_on(ground);
    for place in 0..count {
        let middle = (x + 8.0 * (f64::from(place) - f64::from(count - 1) / 2.0)).floor() + 0.5;
        let y = y.floor() + 0.5;
        marks.push(line(&[(middle - 2.5, y), (middle + 2.5, y)], 1.0, ink));
        if error > 0.0 {
            marks.push(line(&[(middle, y - 2.5), (middle, y + 2.5)], 1.0, ink));
        }
    }
}
