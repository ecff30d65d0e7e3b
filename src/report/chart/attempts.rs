//! Attempts on a batch: bars over a logarithmic axis of time, as high as they have records.

use crate::report::chart::canvas::{Anchor, Mark, text_width};
use crate::report::chart::colour::{AXIS, Colour, FAINT_INK, GRID, INK, WHITE};
use crate::report::chart::frame::{
    BODY_BOTTOM, BODY_TOP, HALF_HEIGHT, MARGIN, NAME, SMALL, crisp, line, text,
};
use crate::report::chart::panels::{MARK_NAMES, dash_line, pattern};
use crate::report::chart::scale::Axis;
use crate::report::chart::{Attempts, Chart, Dash, Quantity, Role, text as words};

const TITLE: &str = "Records in an attempt, each as long as it took";
const TIME_AXIS: f64 = 44.0;
const TIME_NAME: &str = "time since the first attempt, logarithmic";
const NAME_HEIGHT: f64 = 31.0;
/// Column of the key at the right [px].
const KEY: f64 = 200.0;
/// Thickness of a bar, and of the outline of one that did not fail [px].
const BAR: f64 = 12.0;
const OUTLINE: f64 = 2.5;
/// Shortest bar [px].
const LEAST: f64 = 7.0;
const TICK_WIDTH: f64 = 90.0;
/// Least distance between ticks of records [px].
const TICK_DISTANCE: f64 = 26.0;
/// From the plot's ground and top to the lowest and highest bar [px].
const EDGE: f64 = 22.0;

/// Draws the attempts, the moments between them and the key.
pub(super) fn draw(chart: &Chart, attempts: &Attempts, marks: &mut Vec<Mark>) {
    let records = || attempts.bars.iter().map(|bar| bar.records.max(1));
    let (least, most) = (records().min().unwrap_or(1), records().max().unwrap_or(1));
    let ticks = ticks(least, most);
    let widest = ticks.iter().map(|it| text_width(&it.1, SMALL)).fold(0.0, f64::max);
    let (left, right) = ((MARGIN + widest + 9.0).round(), 1200.0 - MARGIN - KEY);
    let top = (BODY_TOP + MARK_NAMES + NAME_HEIGHT).round();
    let bottom = BODY_BOTTOM - TIME_AXIS;
    let ends = attempts.bars.iter().map(|bar| bar.span_s.1);
    let ends = ends.chain([chart.span_s]).filter(|at| *at > 0.0);
    let axis = Axis::new(Quantity::Age, ends, ((right - left) / TICK_WIDTH) as usize);
    // The axis goes on to a round time; nothing is known of what is beyond the last moment.
    let whole = axis.place(chart.span_s).max(f64::MIN_POSITIVE);
    let x = |at: f64| left + (axis.place(at) / whole).min(1.0) * (right - left);
    let y =
        |records: f64| bottom - EDGE - height(records, (least, most)) * (bottom - top - 2.0 * EDGE);

    marks.push(text(TITLE, (MARGIN, top - 14.0), Anchor::Start, NAME, INK));
    draw_records(&ticks, (left, right), &y, marks);
    draw_times(&axis, chart.span_s, (left, right), (top, bottom), &x, marks);
    draw_moments(chart, (left, right), (top, bottom), &x, marks);
    let path: Vec<(f64, f64)> = attempts
        .bars
        .iter()
        .flat_map(|bar| [bar.span_s.0, bar.span_s.1].map(|at| (x(at), y(f64::from(bar.records)))))
        .collect();
    marks.extend(dash_line(&path, &[]).iter().map(|points| line(points, 1.0, AXIS)));
    // Those that failed stand before the others: they are what the picture is about.
    let of = |failed: bool| attempts.bars.iter().filter(move |bar| bar.failed == failed);
    for bar in of(false).chain(of(true)) {
        let (from, to) = (x(bar.span_s.0), x(bar.span_s.1));
        let width = (to - from).max(LEAST);
        let place = (from.min(right - width), y(f64::from(bar.records)));
        draw_bar(place, width, bar.failed, attempts.done, marks);
    }
    draw_key(attempts, right, top, marks);
}

/// A bar whose left end stands at a place: filled if it failed, else an outline.
fn draw_bar((x, y): (f64, f64), width: f64, failed: bool, done: Role, marks: &mut Vec<Mark>) {
    let role = if failed { Role::Throttled } else { done };
    let rect = |inset: f64, colour: Colour| Mark::Rect {
        x: x + inset,
        y: y - BAR / 2.0 + inset,
        width: (width - 2.0 * inset).max(0.0),
        height: BAR - 2.0 * inset,
        colour,
    };
    marks.push(rect(0.0, role.colour()));
    if !failed {
        marks.push(rect(OUTLINE, WHITE));
    }
}

fn draw_records(
    ticks: &[(f64, String)],
    (left, right): (f64, f64),
    y: &impl Fn(f64) -> f64,
    marks: &mut Vec<Mark>,
) {
    let mut last = f64::INFINITY;
    for (records, name) in ticks {
        let at = crisp(y(*records));
        if last - at < TICK_DISTANCE {
            continue;
        }
        last = at;
        marks.push(line(&[(left, at), (right, at)], 1.0, GRID));
        let place = (left - 8.0, at + HALF_HEIGHT);
        marks.push(text(name, place, Anchor::End, SMALL, FAINT_INK));
    }
}

fn draw_times(
    axis: &Axis,
    until: f64,
    (left, right): (f64, f64),
    (top, bottom): (f64, f64),
    x: &impl Fn(f64) -> f64,
    marks: &mut Vec<Mark>,
) {
    let ground = crisp(bottom);
    marks.push(line(&[(left, ground), (right, ground)], 1.0, AXIS));
    for (time, name) in axis.ticks.iter().filter(|tick| tick.0 <= until) {
        let at = crisp(x(*time));
        marks.push(line(&[(at, top), (at, bottom)], 1.0, GRID));
        marks.push(line(&[(at, ground), (at, ground + 5.0)], 1.0, AXIS));
        let place = (at, ground + 19.0);
        marks.push(text(name, place, Anchor::Middle, SMALL, FAINT_INK));
    }
    let place = (f64::midpoint(left, right), ground + 39.0);
    marks.push(text(TIME_NAME, place, Anchor::Middle, SMALL, FAINT_INK));
}

/// Upright lines with their names above them, as far as there is room.
fn draw_moments(
    chart: &Chart,
    (left, right): (f64, f64),
    (top, bottom): (f64, f64),
    x: &impl Fn(f64) -> f64,
    marks: &mut Vec<Mark>,
) {
    let mut taken: Vec<(f64, f64)> = Vec::new();
    let (ending, others): (Vec<_>, Vec<_>) = chart.marks.iter().partition(|mark| mark.ends);
    for moment in others.into_iter().chain(ending) {
        let at = x(moment.at_s);
        let dashes = dash_line(&[(at, top - 8.0), (at, bottom)], pattern(Dash::Short));
        marks.extend(dashes.iter().map(|points| line(points, 1.5, AXIS)));
        let width = text_width(&moment.label, SMALL);
        let start = (at - width / 2.0).clamp(left, right.max(left + width) - width);
        let end = start + width + 12.0;
        if taken.iter().all(|&(from, to)| end <= from || to <= start) {
            let place = (start, top - 14.0);
            marks.push(text(&moment.label, place, Anchor::Start, SMALL, FAINT_INK));
            taken.push((start, end));
        }
    }
}

/// What the two kinds of bars mean, and how many there are of each.
fn draw_key(attempts: &Attempts, right: f64, top: f64, marks: &mut Vec<Mark>) {
    let count = |failed: bool| attempts.bars.iter().filter(|bar| bar.failed == failed).count();
    let mut y = top + 10.0;
    for (failed, name) in [(true, "failed"), (false, "done")] {
        if count(failed) == 0 {
            continue;
        }
        let x = right + 18.0;
        draw_bar((x, y), 30.0, failed, attempts.done, marks);
        let told = format!("{} {name}", words::whole(count(failed)));
        marks.push(text(&told, (x + 38.0, y + HALF_HEIGHT), Anchor::Start, SMALL, INK));
        y += 26.0;
    }
}

/// How high so many records stand, 0 to 1: a halving is the same step everywhere. Where all
/// attempts have as many, in the middle.
fn height(records: f64, (least, most): (u32, u32)) -> f64 {
    if least >= most {
        return 0.5;
    }
    let place = |records: f64| libm::log2(records.max(1.0));
    let (low, high) = (place(f64::from(least)), place(f64::from(most)));
    (place(records) - low) / (high - low)
}

/// The largest number of records and its halves down to the smallest, ascending, as they are split.
fn ticks(least: u32, most: u32) -> Vec<(f64, String)> {
    let mut ticks = vec![most];
    let mut part = most;
    while part > 1 && part - part / 2 >= least {
        // The larger half.
        part = part - part / 2;
        ticks.push(part);
    }
    ticks.reverse();
    ticks.iter().map(|&part| (f64::from(part), words::whole(part as usize))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_are_equally_high_steps_and_the_whole_is_on_top() {
        assert!((height(200.0, (1, 200)) - 1.0).abs() < 1e-12);
        assert!(height(1.0, (1, 200)).abs() < 1e-12);
        assert!((height(9.0, (9, 9)) - 0.5).abs() < 1e-12);
        let steps = [(200.0, 100.0), (100.0, 50.0), (2.0, 1.0)];
        let steps = steps.map(|(a, b)| height(a, (1, 200)) - height(b, (1, 200)));
        assert!(steps.iter().all(|step| (step - steps[0]).abs() < 1e-12), "{steps:?}");
        let names: Vec<String> = ticks(1, 200).into_iter().map(|tick| tick.1).collect();
        assert_eq!(names, ["1", "2", "4", "7", "13", "25", "50", "100", "200"]);
        assert_eq!([ticks(1, 1).len(), ticks(60, 200).len()], [1, 2]);
    }
}
