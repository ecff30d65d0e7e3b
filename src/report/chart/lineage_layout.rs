//! Bars of shards over time in order of hash key, lines from parents to children, calls on top.

use crate::report::chart::canvas::{Anchor, Mark, text_width};
use crate::report::chart::colour::{Colour, EMPTY, FAINT_INK, INK, Role, WHITE, ink_on};
use crate::report::chart::frame::{
    BODY_BOTTOM, BODY_TOP, HALF_HEIGHT, MARGIN, NAME, SMALL, TimeRange, crisp, draw_time_axis,
    line, text,
};
use crate::report::chart::label::shorten;
use crate::report::chart::panels::{MARK_NAMES, dash_line, draw_mark_names};
use crate::report::chart::{Chart, Lineage, LineageBar, LineageFill, text as number};

/// Height of the names above the bars [px].
const NAME_HEIGHT: f64 = 26.0;
/// Height of the strip of calls [px].
const CALLS: f64 = 15.0;
/// Room below the bars for the time axis and the key [px].
const BELOW: f64 = 62.0;
/// Between a parent's end and its children's beginning, where a line joins them [px].
const JOINT: f64 = 9.0;
/// Least height of a bar that shows its own text [px].
const TEXT_BAR: f64 = 14.0;
/// How much white is in the fill of bars: at most, of one shard and of groups, and at least.
const TINTS: (f64, f64) = (0.75, 0.05);

/// Where bars are drawn.
struct Area {
    range: TimeRange,
    top: f64,
    bottom: f64,
}

impl Area {
    fn y(&self, part: f64) -> f64 {
        self.top + part * (self.bottom - self.top)
    }
}

/// Draws bars, lines, calls, axes, and key.
pub(super) fn draw(chart: &Chart, lineage: &Lineage, marks: &mut Vec<Mark>) {
    let ticks = [0.0, 0.25, 0.5, 0.75, 1.0].map(|part| (part, number::percent(part * 100.0)));
    let widest = ticks.iter().map(|it| text_width(&it.1, SMALL)).fold(0.0, f64::max);
    let range = TimeRange {
        left: (MARGIN + widest + 9.0).round(),
        // The last time of the axis has its middle there.
        right: 1200.0 - MARGIN - 20.0,
        span_s: chart.span_s,
    };
    let names = if chart.marks.is_empty() { 0.0 } else { MARK_NAMES };
    let strip = if lineage.calls.is_empty() { CALLS / 2.0 } else { CALLS };
    let name_at = BODY_TOP + names + NAME_HEIGHT - 10.0;
    let top = BODY_TOP + names + NAME_HEIGHT + strip;
    let area = Area { range, top, bottom: BODY_BOTTOM - BELOW };
    let name = shorten(&lineage.title, NAME, range.right - MARGIN);
    marks.push(text(&name, (MARGIN, name_at), Anchor::Start, NAME, INK));
    let (y, height) = (area.top, area.bottom - area.top);
    let width = range.right - range.left;
    marks.push(Mark::Rect { x: range.left, y, width, height, colour: EMPTY });
    for (part, label) in ticks {
        let place = (range.left - 8.0, area.y(part) + HALF_HEIGHT);
        marks.push(text(&label, place, Anchor::End, SMALL, FAINT_INK));
    }
    for bar in &lineage.bars {
        draw_bar(bar, lineage, &area, marks);
    }
    for &(at_s, from, to) in &lineage.links {
        let x = range.place(at_s);
        let ends = [(x - JOINT / 2.0, area.y(from)), (x + JOINT / 2.0, area.y(to))];
        marks.push(line(&ends, 1.2, FAINT_INK));
    }
    draw_calls(chart, lineage, &area, marks);
    draw_time_axis(range, area.bottom, marks);
    draw_key(lineage, range.left, area.bottom + 33.0, marks);
}

fn fill(bar: &LineageBar, most: Option<usize>) -> Colour {
    match bar.fill {
        LineageFill::Shard { over: false } => Role::Accepted.colour().tinted(TINTS.0),
        LineageFill::Shard { over: true } => Role::Throttled.colour().tinted(0.45),
        LineageFill::Group(0) => WHITE,
        LineageFill::Group(count) => group_colour(count, most.unwrap_or(1)),
    }
}

/// The more shards, the darker: each doubling by the same step.
fn group_colour(count: usize, most: usize) -> Colour {
    let steps = libm::log2(most.max(2) as f64);
    let part = libm::log2(count.max(1) as f64) / steps;
    Role::Accepted.colour().tinted(TINTS.0 + (TINTS.1 - TINTS.0) * part)
}

fn draw_bar(bar: &LineageBar, lineage: &Lineage, area: &Area, marks: &mut Vec<Mark>) {
    let (mut left, mut right) = (area.range.place(bar.span_s.0), area.range.place(bar.span_s.1));
    let (mut top, mut bottom) = (area.y(bar.keys.0), area.y(bar.keys.1));
    if matches!(bar.fill, LineageFill::Shard { .. }) {
        // A shard that lives for a moment is seen all the same.
        let joint = (JOINT / 2.0).min((right - left) / 4.0);
        left += if bar.span_s.0 > 0.0 { joint } else { 0.0 };
        right -= if bar.span_s.1 < area.range.span_s { joint } else { 0.0 };
        let gap = if bottom - top >= 4.0 { 1.0 } else { 0.0 };
        (top, bottom) = (top + gap / 2.0, bottom - gap / 2.0);
    }
    let (width, height) = ((right - left).max(1.0), (bottom - top).max(0.5));
    let colour = fill(bar, lineage.most);
    marks.push(Mark::Rect { x: left, y: top, width, height, colour });
    if height >= TEXT_BAR && width >= text_width(&bar.label, SMALL) + 8.0 {
        let place = (left + 5.0, f64::midpoint(top, bottom) + HALF_HEIGHT);
        marks.push(text(&bar.label, place, Anchor::Start, SMALL, ink_on(colour)));
    }
}

/// A stroke for each call in the strip, a cross for a refused one; a dashed line where it was made.
fn draw_calls(chart: &Chart, lineage: &Lineage, area: &Area, marks: &mut Vec<Mark>) {
    for &(at_s, refused) in &lineage.calls {
        let (x, y) = (area.range.place(at_s), area.top - CALLS / 2.0 - 1.0);
        if !refused {
            let ends = [(crisp(x), area.top), (crisp(x), area.bottom)];
            marks.push(line(&ends, 2.5, WHITE));
            let dashes = dash_line(&ends, &[6.0, 4.0]);
            marks.extend(dashes.iter().map(|points| line(points, 1.2, INK)));
        }
        draw_call((x, y), refused, marks);
    }
    draw_mark_names(&chart.marks, area.range, marks);
}

fn draw_call((x, y): (f64, f64), refused: bool, marks: &mut Vec<Mark>) {
    if refused {
        let colour = Role::Throttled.colour();
        marks.push(line(&[(x - 4.5, y - 4.5), (x + 4.5, y + 4.5)], 2.5, colour));
        marks.push(line(&[(x - 4.5, y + 4.5), (x + 4.5, y - 4.5)], 2.5, colour));
    } else {
        marks.push(Mark::Rect { x: x - 2.0, y: y - 6.0, width: 4.0, height: 12.0, colour: INK });
    }
}

/// What colours and marks mean.
fn draw_key(lineage: &Lineage, left: f64, top: f64, marks: &mut Vec<Mark>) {
    let baseline = top + 13.0;
    let mut x = left;
    let write = |content: &str, x: &mut f64, marks: &mut Vec<Mark>| {
        marks.push(text(content, (*x, baseline), Anchor::Start, SMALL, FAINT_INK));
        *x += text_width(content, SMALL) + 22.0;
    };
    let swatch = |colour: Colour, x: &mut f64, marks: &mut Vec<Mark>| {
        marks.push(Mark::Rect { x: *x, y: top, width: 28.0, height: 16.0, colour });
        *x += 36.0;
    };
    write("hash keys: 0 to 100 % of all", &mut x, marks);
    if let Some(most) = lineage.most {
        swatch(group_colour(1, most), &mut x, marks);
        write("1 shard", &mut x, marks);
        swatch(group_colour(most, most), &mut x, marks);
        write(&number::counted(most, "shard"), &mut x, marks);
    } else {
        swatch(Role::Accepted.colour().tinted(TINTS.0), &mut x, marks);
        write("a shard", &mut x, marks);
    }
    let over = |bar: &LineageBar| bar.fill == LineageFill::Shard { over: true };
    if lineage.bars.iter().any(over) {
        swatch(Role::Throttled.colour().tinted(0.45), &mut x, marks);
        write("offered more than its limit while open", &mut x, marks);
    }
    for (refused, label) in [(false, "call"), (true, "refused call")] {
        if lineage.calls.iter().any(|it| it.1 == refused) {
            draw_call((x + 5.0, top + 8.0), refused, marks);
            x += 18.0;
            write(label, &mut x, marks);
        }
    }
}
