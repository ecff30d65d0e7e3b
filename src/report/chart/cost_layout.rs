//! One stacked bar of amounts, and what its parts are.

use crate::experiment::bill::Item;
use crate::report::chart::canvas::{Anchor, Font, Mark, WIDTH, text_width};
use crate::report::chart::colour::{
    AMBER, AXIS, Colour, FAINT_INK, GRID, INK, Role, WHITE, ink_on,
};
use crate::report::chart::frame::{
    BODY_BOTTOM, BODY_TOP, HALF_HEIGHT, MARGIN, NAME, SMALL, crisp, line, text,
};
use crate::report::chart::{Cost, CostItem, text as number};

/// Height of the bar, and room above it for its sum [px].
const BAR_HEIGHT: f64 = 92.0;
const ABOVE: f64 = 30.0;
/// From the bar to the first row, and from row to row at most [px].
const GAP: f64 = 44.0;
const ROW: f64 = 40.0;
/// Room for the notes below the rows [px].
const NOTES: f64 = 52.0;
/// Side of a patch of colour in front of a row [px].
const PATCH: f64 = 16.0;
/// Where the columns of the rows end: quantity, price, amount, share [px].
const COLUMNS: [f64; 4] = [660.0, 840.0, 1030.0, 1172.0];
const AMOUNT: Font = Font { size: 18.0, bold: true };
/// Text of the rows.
const CELL: Font = Font { size: 16.0, bold: false };

/// Draws the bar, its rows and the notes.
pub(super) fn draw(cost: &Cost, marks: &mut Vec<Mark>) {
    let (left, right) = (MARGIN, f64::from(WIDTH) - MARGIN);
    let top = BODY_TOP + ABOVE;
    let sum = format!("{} a month", cost.total);
    marks.push(text(&sum, (left, top - 10.0), Anchor::Start, NAME, INK));
    let mut begun = 0.0;
    for item in &cost.items {
        let place = |share: f64| left + share.clamp(0.0, 1.0) * (right - left);
        let (from, to) = (place(begun), place(begun + item.share));
        begun += item.share;
        draw_part(item, (from, to, top), marks);
    }
    let rows_top = top + BAR_HEIGHT + GAP;
    let room = (BODY_BOTTOM - NOTES - rows_top) / cost.items.len().max(1) as f64;
    let row = room.min(ROW);
    for (place, item) in cost.items.iter().enumerate() {
        draw_row(item, (left, rows_top + row * place as f64), row, marks);
    }
    for (place, note) in cost.notes.iter().rev().enumerate() {
        let y = BODY_BOTTOM - 8.0 - 22.0 * place as f64;
        marks.push(text(note, (left, y), Anchor::Start, SMALL, FAINT_INK));
    }
}

/// One part of the bar, with its amount where that fits.
fn draw_part(item: &CostItem, (from, to, top): (f64, f64, f64), marks: &mut Vec<Mark>) {
    let fill = colour(item.item);
    marks.push(Mark::Rect { x: from, y: top, width: to - from, height: BAR_HEIGHT, colour: fill });
    // A white edge tells neighbours apart without their colours.
    let edge = (to - 1.0).max(from);
    marks.push(Mark::Rect { x: edge, y: top, width: to - edge, height: BAR_HEIGHT, colour: WHITE });
    let (room, ink) = (to - from - 16.0, ink_on(fill));
    if text_width(&item.amount, AMOUNT) <= room {
        let middle = top + BAR_HEIGHT / 2.0;
        marks.push(text(&item.amount, (from + 9.0, middle + 18.0), Anchor::Start, AMOUNT, ink));
        if text_width(&item.label, SMALL) <= room {
            let place = (from + 9.0, middle - 8.0);
            marks.push(text(&item.label, place, Anchor::Start, SMALL, ink));
        }
    }
}

/// A part in words and numbers.
fn draw_row(item: &CostItem, (left, y): (f64, f64), row: f64, marks: &mut Vec<Mark>) {
    let middle = y + row / 2.0;
    let (side, fill) = (PATCH.min(row - 4.0), colour(item.item));
    let patch = (left, middle - side / 2.0);
    marks.push(Mark::Rect { x: patch.0, y: patch.1, width: side, height: side, colour: fill });
    let base = middle + HALF_HEIGHT;
    marks.push(text(&item.label, (left + PATCH + 10.0, base), Anchor::Start, CELL, INK));
    let share = number::percent(item.share * 100.0);
    let cells = [(&item.quantity, FAINT_INK), (&item.price, FAINT_INK), (&item.amount, INK)];
    for ((cell, ink), end) in cells.into_iter().chain([(&share, FAINT_INK)]).zip(COLUMNS) {
        marks.push(text(cell, (end, base), Anchor::End, CELL, ink));
    }
    let below = crisp(y + row);
    marks.push(line(&[(left, below), (COLUMNS[3], below)], 1.0, GRID));
}

/// Shards are a neutral fact, writing is blue, reading green, keeping amber; of two of a kind the
/// second is lighter. Functions have a colour of their own, and Firehose has.
fn colour(item: Item) -> Colour {
    match item {
        Item::ShardHours | Item::StreamHours => Role::Neutral.colour(),
        Item::PayloadUnits | Item::DataIn => Role::Accepted.colour(),
        Item::DataOut | Item::FanOutShardHours => Role::Read.colour(),
        Item::FanOutData => Role::Read.colour().tinted(0.4),
        Item::LongTermRetrieval => Role::Read.colour().tinted(0.7),
        Item::ExtendedRetention => AMBER,
        Item::LongTermRetention => AMBER.tinted(0.5),
        Item::UnusedIn => AXIS,
        Item::UnusedOut => AXIS.tinted(0.4),
        Item::LambdaDuration => Role::Lambda.colour(),
        Item::LambdaRequests => Role::Lambda.colour().tinted(0.5),
        Item::FirehoseIngest => Role::Firehose.colour(),
        Item::FirehoseConversion => Role::Firehose.colour().tinted(0.4),
        Item::FirehosePartitioning => Role::Firehose.colour().tinted(0.55),
        Item::S3Requests => Role::Firehose.colour().tinted(0.7),
    }
}
