//! A grid of cells, coloured by value, with the value and the cost in each.

use crate::report::chart::canvas::{Anchor, Mark, text_width};
use crate::report::chart::colour::{Colour, EMPTY, FAINT_INK, INK, WHITE, heat, ink_on};
use crate::report::chart::frame::{
    BODY_BOTTOM, BODY_TOP, HALF_HEIGHT, MARGIN, NAME, SMALL, line, text,
};
use crate::report::chart::label::shorten;
use crate::report::chart::scale::Axis;
use crate::report::chart::sweep_grid::{GridCell, SweepGrid};

/// Room above for names and values of the columns [px].
const HEAD: f64 = 56.0;
/// Room below for the key [px].
const BELOW: f64 = 30.0;
/// Widest value of a row [px].
const WIDEST: f64 = 170.0;
/// Largest cell [px].
const CELL: (f64, f64) = (260.0, 130.0);
/// Least height of a cell that has room for its cost [px].
const TWO_LINES: f64 = 38.0;
const FRAME: f64 = 4.0;

/// Draws the grid.
pub(super) fn draw(grid: &SweepGrid, marks: &mut Vec<Mark>) {
    let (columns, rows) = (&grid.columns.1, &grid.rows.1);
    let widest = rows.iter().map(|it| text_width(it, SMALL)).fold(0.0, f64::max);
    let named = text_width(&grid.rows.0, NAME).min(WIDEST);
    let left = (MARGIN + widest.min(WIDEST).max(named) + 12.0).round();
    let top = BODY_TOP + HEAD;
    let width = ((1200.0 - MARGIN - left) / columns.len().max(1) as f64).min(CELL.0).floor();
    let height = ((BODY_BOTTOM - BELOW - top) / rows.len().max(1) as f64).min(CELL.1).floor();
    let name = shorten(&grid.columns.0, NAME, 1200.0 - MARGIN - left);
    marks.push(text(&name, (left, BODY_TOP + 18.0), Anchor::Start, NAME, INK));
    let name = shorten(&grid.rows.0, NAME, left - MARGIN - 12.0);
    marks.push(text(&name, (left - 10.0, top - 10.0), Anchor::End, NAME, INK));
    for (place, value) in columns.iter().enumerate() {
        let x = left + width * (place as f64 + 0.5);
        let value = shorten(value, SMALL, width - 6.0);
        marks.push(text(&value, (x, top - 10.0), Anchor::Middle, SMALL, INK));
    }
    let values = grid.cells.iter().flatten().filter_map(|it| it.value);
    let axis = Axis::new(grid.quantity, values, 5);
    for (place, cell) in grid.cells.iter().enumerate() {
        let (row, column) = (place / columns.len(), place % columns.len());
        let at = (left + width * column as f64, top + height * row as f64);
        draw_cell(cell.as_ref(), grid.is_judged, &axis, at, (width, height), marks);
    }
    for (place, value) in rows.iter().enumerate() {
        let y = top + height * (place as f64 + 0.5) + HALF_HEIGHT;
        let value = shorten(value, SMALL, WIDEST);
        marks.push(text(&value, (left - 10.0, y), Anchor::End, SMALL, INK));
    }
    let mut key = format!("In each cell: {}", grid.title);
    if height >= TWO_LINES {
        key += ", and below it the cost of a month";
    }
    if grid.is_judged {
        key += "; framed and bold: meets every objective";
    }
    let y = top + height * rows.len() as f64 + 24.0;
    let key = shorten(&key, SMALL, 1200.0 - MARGIN - left);
    marks.push(text(&key, (left, y), Anchor::Start, SMALL, FAINT_INK));
}

fn draw_cell(
    cell: Option<&GridCell>,
    is_judged: bool,
    axis: &Axis,
    (x, y): (f64, f64),
    (width, height): (f64, f64),
    marks: &mut Vec<Mark>,
) {
    let Some(cell) = cell else {
        fill((x, y), (width, height), EMPTY, marks);
        return;
    };
    let ground = cell.value.map_or(EMPTY, |value| heat(axis.place(value)));
    fill((x, y), (width, height), ground, marks);
    let ink = ink_on(ground);
    let is_framed = is_judged && cell.holds;
    if is_framed {
        let (near, top) = (x + FRAME, y + FRAME);
        let (far, low) = (x + width - FRAME, y + height - FRAME);
        let corners = [(near, top), (far, top), (far, low), (near, low), (near, top)];
        for side in corners.windows(2) {
            marks.push(line(side, 2.5, ink));
        }
    }
    let font = if is_framed { NAME } else { SMALL };
    let middle = (x + width / 2.0, y + height / 2.0 + HALF_HEIGHT);
    let has_cost = height >= TWO_LINES && !cell.cost.is_empty();
    let up = if has_cost { 9.0 } else { 0.0 };
    let value = shorten(&cell.text, font, width - 12.0);
    marks.push(text(&value, (middle.0, middle.1 - up), Anchor::Middle, font, ink));
    if has_cost {
        let cost = shorten(&cell.cost, SMALL, width - 12.0);
        marks.push(text(&cost, (middle.0, middle.1 + up), Anchor::Middle, SMALL, ink));
    }
}

/// A cell with a white gap around it.
fn fill((x, y): (f64, f64), (width, height): (f64, f64), colour: Colour, marks: &mut Vec<Mark>) {
    marks.push(Mark::Rect { x, y, width, height, colour: WHITE });
    let (x, y, width, height) = (x + 1.0, y + 1.0, width - 2.0, height - 2.0);
    marks.push(Mark::Rect { x, y, width, height, colour });
}
