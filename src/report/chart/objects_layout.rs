//! Sizes of objects as bars, and beside them their number and age over time.

use crate::report::chart::canvas::{Anchor, Mark, text_width};
use crate::report::chart::colour::{AXIS, Colour, FAINT_INK, GRID, INK, Role};
use crate::report::chart::frame::{
    BODY_BOTTOM, BODY_TOP, HALF_HEIGHT, MARGIN, NAME, SMALL, STROKE, TimeRange, crisp,
    draw_time_axis, line, text,
};
use crate::report::chart::objects::CAUSES;
use crate::report::chart::panels::{dash_line, pattern};
use crate::report::chart::scale::Axis;
use crate::report::chart::{Chart, Dash, Objects, Quantity, Step, text as number};

/// Where the bars end and the lines begin [px].
const BARS_RIGHT: f64 = 640.0;
const LINES_LEFT: f64 = 760.0;
/// Room above for a name, and for what the tints mean [px].
const NAME_HEIGHT: f64 = 34.0;
const LEGEND: f64 = 22.0;
/// Room below for the names of classes [px].
const BELOW: f64 = 48.0;
const TICKS: usize = 6;
const DASH_WIDTH: f64 = 1.5;
/// Side of the dot that a short stretch is [px].
const DOT: f64 = 6.0;

/// The fill of each cause: from dark to light, so that grey tells them apart.
fn fills() -> [Colour; CAUSES.len()] {
    let firehose = Role::Firehose.colour();
    let dark = Role::Accepted.colour();
    [dark, firehose, Role::Kcl.colour(), Role::Neutral.colour().tinted(0.6)]
}

/// Draws all three parts.
pub(super) fn draw(chart: &Chart, objects: &Objects, marks: &mut Vec<Mark>) {
    draw_bars(objects, marks);
    let middle = f64::midpoint(BODY_TOP, BODY_BOTTOM);
    let range = TimeRange { left: LINES_LEFT, right: 1200.0 - MARGIN - 16.0, span_s: chart.span_s };
    let upper = (BODY_TOP + NAME_HEIGHT, middle - 24.0);
    let lower = (middle + NAME_HEIGHT, BODY_BOTTOM - 24.0);
    let rate = ("objects an hour", Quantity::Count);
    draw_lines(rate, &objects.per_hour, upper, range, marks);
    let age = ("freshness: age of the oldest record at delivery", Quantity::Age);
    draw_lines(age, &objects.freshness, lower, range, marks);
    draw_time_axis(range, lower.1, marks);
}

fn draw_bars(objects: &Objects, marks: &mut Vec<Mark>) {
    let title = "objects by size before compression";
    marks.push(text(title, (MARGIN, BODY_TOP + 16.0), Anchor::Start, NAME, INK));
    let legend = BODY_TOP + NAME_HEIGHT + 14.0;
    let mut x = MARGIN;
    for ((cause, count), fill) in CAUSES.iter().zip(&objects.counts).zip(fills()) {
        if *count == 0 {
            continue;
        }
        marks.push(Mark::Rect { x, y: legend - 11.0, width: 12.0, height: 12.0, colour: fill });
        let label = format!("{cause} {}", number::number(*count as f64));
        marks.push(text(&label, (x + 17.0, legend), Anchor::Start, SMALL, INK));
        x += 17.0 + text_width(&label, SMALL) + 18.0;
    }
    let top = BODY_TOP + NAME_HEIGHT + LEGEND + 22.0;
    let bottom = BODY_BOTTOM - BELOW;
    let sums = objects.bins.iter().map(|bin| bin.counts.iter().sum::<u64>() as f64);
    let axis = Axis::new(Quantity::Count, sums, TICKS);
    let widest = axis.ticks.iter().map(|(_, label)| text_width(label, SMALL)).fold(0.0, f64::max);
    let left = MARGIN + widest + 10.0;
    let place = |value: f64| bottom - axis.place(value) * (bottom - top);
    for (value, label) in &axis.ticks {
        let y = crisp(place(*value));
        marks.push(line(&[(left, y), (BARS_RIGHT, y)], 1.0, GRID));
        let at = (left - 8.0, y + HALF_HEIGHT);
        marks.push(text(label, at, Anchor::End, SMALL, FAINT_INK));
    }
    let width = (BARS_RIGHT - left) / objects.bins.len().max(1) as f64;
    for (i, bin) in objects.bins.iter().enumerate() {
        let x = left + width * i as f64;
        let mut below = 0.0;
        for (count, fill) in bin.counts.iter().zip(fills()) {
            let (low, high) = (place(below), place(below + *count as f64));
            below += *count as f64;
            let (x, width) = (x + 2.0, (width - 4.0).max(1.0));
            marks.push(Mark::Rect { x, y: high, width, height: low - high, colour: fill });
        }
        if i % 2 == 0 || width > 80.0 {
            let label = number::bytes(bin.from as f64);
            marks.push(text(&label, (x, bottom + 19.0), Anchor::Middle, SMALL, FAINT_INK));
        }
    }
    let y = crisp(bottom);
    marks.push(line(&[(left, y), (BARS_RIGHT, y)], 1.0, AXIS));
    draw_hint(objects, (left, width), (top, bottom), marks);
}

/// Where the size hint lies among the classes.
fn draw_hint(
    objects: &Objects,
    (left, width): (f64, f64),
    (top, bottom): (f64, f64),
    marks: &mut Vec<Mark>,
) {
    let Some(first) = objects.bins.first() else { return };
    let classes = libm::log2(objects.hint.max(1.0) / first.from.max(1) as f64).max(0.0);
    let x = left + width * classes;
    for points in dash_line(&[(x, top - 6.0), (x, bottom)], pattern(Dash::Short)) {
        marks.push(line(&points, DASH_WIDTH, FAINT_INK));
    }
    let label = format!("size hint {}", number::bytes(objects.hint));
    let half = text_width(&label, SMALL) / 2.0;
    let middle = x.min(BARS_RIGHT - half).max(left + half);
    marks.push(text(&label, (middle, bottom + 40.0), Anchor::Middle, SMALL, INK));
}

/// A value over time.
fn draw_lines(
    (name, quantity): (&str, Quantity),
    steps: &[Step],
    (top, bottom): (f64, f64),
    range: TimeRange,
    marks: &mut Vec<Mark>,
) {
    let name_left = range.left - 50.0;
    marks.push(text(name, (name_left, top - 16.0), Anchor::Start, NAME, INK));
    let axis = Axis::new(quantity, steps.iter().filter_map(|step| step.value), TICKS);
    let place = |value: f64| bottom - axis.place(value) * (bottom - top);
    for (value, label) in &axis.ticks {
        let y = crisp(place(*value));
        marks.push(line(&[(range.left, y), (range.right, y)], 1.0, GRID));
        let at = (range.left - 8.0, y + HALF_HEIGHT);
        marks.push(text(label, at, Anchor::End, SMALL, FAINT_INK));
    }
    let y = crisp(bottom);
    marks.push(line(&[(range.left, y), (range.right, y)], 1.0, AXIS));
    for run in steps.split(|step| step.value.is_none()) {
        let ends = |step: &Step| {
            let y = place(step.value.unwrap_or(0.0));
            [(range.place(step.from_s), y), (range.place(step.to_s), y)]
        };
        let points: Vec<(f64, f64)> = run.iter().flat_map(ends).collect();
        if points.len() > 1 {
            marks.push(line(&points, STROKE, Role::Firehose.colour()));
        }
        // A single interval is a dot.
        if let (&[(from, y), ..], &[.., (to, _)]) = (points.as_slice(), points.as_slice())
            && to - from < DOT
        {
            let (x, y) = (f64::midpoint(from, to) - DOT / 2.0, y - DOT / 2.0);
            let colour = Role::Firehose.colour();
            marks.push(Mark::Rect { x, y, width: DOT, height: DOT, colour });
        }
    }
}
