//! Strips of lines above one another: grid, lines, limits, and labels at the lines' ends.

use crate::report::chart::canvas::{Anchor, Mark, text_width};
use crate::report::chart::colour::{AXIS, BAND, Colour, FAINT_INK, GRID, INK, WHITE};
use crate::report::chart::frame::{
    BODY_BOTTOM, BODY_TOP, HALF_HEIGHT, MARGIN, NAME, SMALL, STROKE, TimeRange, crisp,
    draw_time_axis, line, text,
};
use crate::report::chart::label::{shorten, spread};
use crate::report::chart::scale::Axis;
use crate::report::chart::{Chart, Dash, Panel, Quantity, Step, VerticalMark};

/// Height of a panel's name [px].
const NAME_HEIGHT: f64 = 31.0;
/// Between panels [px].
const GAP: f64 = 9.0;
/// Room for the time axis [px].
const TIME_AXIS: f64 = 24.0;
/// Between the ends of lines and their labels: a leader and a sample of the dashes [px].
const LEADER: f64 = 12.0;
const SAMPLE: f64 = 26.0;
const LABEL_DISTANCE: f64 = 17.0;
const WIDEST_LABEL: f64 = 260.0;
/// Least distance between ticks [px].
const TICK_DISTANCE: f64 = 22.0;
const MOST_TICKS: usize = 6;
/// How much white is in the fill of every other stacked series.
const TINTS: [f64; 2] = [0.55, 0.8];
/// Room for the names of vertical marks above the first panel [px].
pub(super) const MARK_NAMES: f64 = 18.0;
/// Intervals narrower than this are joined by straight lines instead of steps [px].
const NARROW_STEP: f64 = 6.0;
const TIME_NAME: &str = "simulated time";
const LIMIT_STROKE: f64 = 1.5;

/// Where a panel's lines are drawn.
struct Plot {
    top: f64,
    bottom: f64,
    axis: Axis,
}

impl Plot {
    fn place(&self, value: f64) -> f64 {
        self.bottom - self.axis.place(value) * (self.bottom - self.top)
    }
}

/// Draws all panels of a chart.
pub(super) fn draw(chart: &Chart, panels: &[Panel], marks: &mut Vec<Mark>) {
    let top = BODY_TOP + if chart.marks.is_empty() { 0.0 } else { MARK_NAMES };
    let plots = place_plots(panels, top);
    let range = place_time(chart, panels, &plots);
    for (panel, plot) in panels.iter().zip(&plots) {
        draw_shades(panel, plot, range, marks);
        draw_grid(panel, plot, range, marks);
    }
    draw_vertical_marks(chart, panels, &plots, range, marks);
    for (panel, plot) in panels.iter().zip(&plots) {
        draw_band(panel, plot, range, marks);
        draw_stack(panel, plot, range, marks);
        for limit in &panel.limits {
            draw_steps(&limit.steps, plot, range, &limit_pen(), marks);
        }
        for series in &panel.series {
            draw_steps(&series.steps, plot, range, &pen(series.role.colour(), series.dash), marks);
        }
        draw_labels(panel, plot, range, marks);
    }
    if let Some(last) = plots.last() {
        draw_time_axis(range, last.bottom, marks);
        let place = (range.right + LEADER + SAMPLE + 6.0, last.bottom + 19.0);
        marks.push(text(TIME_NAME, place, Anchor::Start, SMALL, FAINT_INK));
    }
}

/// Shares the body's height among the panels by weight.
fn place_plots(panels: &[Panel], top: f64) -> Vec<Plot> {
    let count = panels.len() as f64;
    let weights: f64 = panels.iter().map(|panel| panel.weight).sum();
    let height = BODY_BOTTOM - top - TIME_AXIS - count * NAME_HEIGHT - (count - 1.0) * GAP;
    let mut y = top;
    let mut plots = Vec::with_capacity(panels.len());
    for panel in panels {
        let top = (y + NAME_HEIGHT).round();
        let bottom = (top + height * panel.weight / weights.max(f64::MIN_POSITIVE)).round();
        let steps = panel.series.iter().map(|series| &series.steps);
        let steps = steps.chain(panel.limits.iter().map(|limit| &limit.steps));
        let values = steps.flatten().filter_map(|step| step.value);
        let count = ((bottom - top) / TICK_DISTANCE) as usize;
        let count = if panel.quantity == Quantity::Age { count } else { count.min(MOST_TICKS) };
        plots.push(Plot { top, bottom, axis: Axis::new(panel.quantity, values, count) });
        y = bottom + GAP;
    }
    plots
}

/// Leaves room at the left for ticks and at the right for labels.
fn place_time(chart: &Chart, panels: &[Panel], plots: &[Plot]) -> TimeRange {
    let widest = |widths: &mut dyn Iterator<Item = f64>| widths.fold(0.0, f64::max);
    let ticks = widest(
        &mut plots.iter().flat_map(|plot| &plot.axis.ticks).map(|(_, t)| text_width(t, SMALL)),
    );
    let labels = widest(&mut panels.iter().flat_map(labels_of).map(|l| text_width(l, SMALL)));
    let labels = labels.max(text_width(TIME_NAME, SMALL)).min(WIDEST_LABEL);
    let right = 1200.0 - MARGIN - labels - LEADER - SAMPLE - 6.0;
    let left = MARGIN + ticks.min(120.0) + 9.0;
    TimeRange { left: left.round(), right: right.round(), span_s: chart.span_s }
}

fn labels_of(panel: &Panel) -> impl Iterator<Item = &str> {
    let series = panel.series.iter().map(|series| series.label.as_str());
    series.chain(panel.limits.iter().map(|limit| limit.label.as_str()))
}

/// The ground of the stretches that stand out.
fn draw_shades(panel: &Panel, plot: &Plot, range: TimeRange, marks: &mut Vec<Mark>) {
    for (from_s, to_s) in &panel.shades {
        let (x, right) = (range.place(*from_s), range.place(*to_s));
        // However short, it is seen.
        let (width, height) = ((right - x).max(1.0), plot.bottom - plot.top);
        marks.push(Mark::Rect { x, y: plot.top, width, height, colour: BAND });
    }
}

fn draw_grid(panel: &Panel, plot: &Plot, range: TimeRange, marks: &mut Vec<Mark>) {
    let name = shorten(&panel.title, NAME, 1200.0 - 2.0 * MARGIN);
    marks.push(text(&name, (MARGIN, plot.top - 14.0), Anchor::Start, NAME, INK));
    for (value, label) in &plot.axis.ticks {
        let y = crisp(plot.place(*value));
        marks.push(line(&[(range.left, y), (range.right, y)], 1.0, GRID));
        let place = (range.left - 8.0, y + HALF_HEIGHT);
        marks.push(text(label, place, Anchor::End, SMALL, FAINT_INK));
    }
    let y = crisp(plot.bottom);
    marks.push(line(&[(range.left, y), (range.right, y)], 1.0, AXIS));
}

/// Upright lines through all panels, named above the first, where there is room.
fn draw_vertical_marks(
    chart: &Chart,
    panels: &[Panel],
    plots: &[Plot],
    range: TimeRange,
    marks: &mut Vec<Mark>,
) {
    let name_end = panels.first().map_or(0.0, |panel| MARGIN + text_width(&panel.title, NAME));
    for moment in &chart.marks {
        let x = range.place(moment.at_s);
        for (place, plot) in plots.iter().enumerate() {
            // The line meets its name, unless the panel's name is in the way.
            let meets = place == 0 && x > name_end + 6.0;
            let top = if meets { BODY_TOP + 17.0 } else { plot.top };
            let dashes = dash_line(&[(x, top), (x, plot.bottom)], pattern(Dash::Short));
            marks.extend(dashes.iter().map(|points| line(points, LIMIT_STROKE, AXIS)));
        }
    }
    draw_mark_names(&chart.marks, range, marks);
}

/// The names of vertical marks, those first that begin something, as far as there is room.
pub(super) fn draw_mark_names(moments: &[VerticalMark], range: TimeRange, marks: &mut Vec<Mark>) {
    let mut taken: Vec<(f64, f64)> = Vec::new();
    let (ending, others): (Vec<_>, Vec<_>) = moments.iter().partition(|moment| moment.ends);
    for moment in others.into_iter().chain(ending) {
        let width = text_width(&moment.label, SMALL);
        let last = range.right.max(MARGIN + width) - width;
        let start = (range.place(moment.at_s) - width / 2.0).clamp(MARGIN, last);
        let end = start + width + 12.0;
        if taken.iter().all(|&(from, to)| end <= from || to <= start) {
            let place = (start, BODY_TOP + 11.0);
            marks.push(text(&moment.label, place, Anchor::Start, SMALL, FAINT_INK));
            taken.push((start, end));
        }
    }
}

fn draw_band(panel: &Panel, plot: &Plot, range: TimeRange, marks: &mut Vec<Mark>) {
    let Some((lower, upper)) = panel.band else { return };
    let (Some(lower), Some(upper)) = (panel.series.get(lower), panel.series.get(upper)) else {
        return;
    };
    for (low, high) in lower.steps.iter().zip(&upper.steps) {
        let (Some(low_value), Some(high_value)) = (low.value, high.value) else { continue };
        let (x, right) = (range.place(low.from_s), range.place(low.to_s));
        let (y, bottom) = (plot.place(high_value), plot.place(low_value));
        if bottom > y {
            let (width, height) = (right - x, bottom - y);
            marks.push(Mark::Rect { x, y, width, height, colour: BAND });
        }
    }
}

/// Fills the space below each stacked series down to the one before, in two tints by turns.
fn draw_stack(panel: &Panel, plot: &Plot, range: TimeRange, marks: &mut Vec<Mark>) {
    if !panel.stacked {
        return;
    }
    for (place, series) in panel.series.iter().enumerate() {
        let below = place.checked_sub(1).map(|below| &panel.series[below].steps);
        let tint = series.role.colour().tinted(TINTS[place % TINTS.len()]);
        for (i, step) in series.steps.iter().enumerate() {
            let Some(high) = step.value else { continue };
            let low = below.and_then(|steps| steps.get(i)?.value).unwrap_or(0.0);
            let (x, right) = (range.place(step.from_s), range.place(step.to_s));
            let (y, bottom) = (plot.place(high), plot.place(low));
            if bottom > y {
                let (width, height) = (right - x, bottom - y);
                marks.push(Mark::Rect { x, y, width, height, colour: tint });
            }
        }
    }
}

/// How a line is drawn.
struct Pen {
    colour: Colour,
    width: f64,
    pattern: &'static [f64],
}

fn pen(colour: Colour, dash: Dash) -> Pen {
    Pen { colour, width: STROKE, pattern: pattern(dash) }
}

fn limit_pen() -> Pen {
    Pen { colour: FAINT_INK, width: LIMIT_STROKE, pattern: &[7.0, 4.0] }
}

/// Lengths of strokes and gaps in turn [px].
pub(super) const fn pattern(dash: Dash) -> &'static [f64] {
    match dash {
        Dash::Solid => &[],
        Dash::Long => &[14.0, 5.0],
        Dash::Short => &[6.0, 5.0],
        Dash::Dotted => &[2.5, 4.0],
        Dash::DashDot => &[12.0, 4.0, 2.5, 4.0],
        Dash::DashDotDot => &[14.0, 4.0, 2.5, 4.0, 2.5, 4.0],
    }
}

fn draw_steps(steps: &[Step], plot: &Plot, range: TimeRange, pen: &Pen, marks: &mut Vec<Mark>) {
    for run in steps.split(|step| step.value.is_none()) {
        let mut points: Vec<(f64, f64)> = Vec::with_capacity(2 * run.len());
        let ends = |step: &Step| (range.place(step.from_s), range.place(step.to_s));
        let narrow = run.first().is_some_and(|step| ends(step).1 - ends(step).0 < NARROW_STEP);
        let narrow = narrow && run.len() > 2;
        for (place, step) in run.iter().enumerate() {
            let Some(value) = step.value else { continue };
            let (y, (left, right)) = (plot.place(value), ends(step));
            if !narrow || place == 0 {
                add_point(&mut points, (left, y));
            }
            if narrow {
                add_point(&mut points, (f64::midpoint(left, right), y));
            }
            if !narrow || place + 1 == run.len() {
                add_point(&mut points, (right, y));
            }
        }
        for stroke in dash_line(&points, pen.pattern) {
            marks.push(Mark::Line { points: stroke, width: pen.width, colour: pen.colour });
        }
    }
}

/// Adds a point; one in the middle of a level or upright line takes the place of the last.
#[expect(clippy::float_cmp, reason = "equal values are placed at equal heights")]
fn add_point(points: &mut Vec<(f64, f64)>, point: (f64, f64)) {
    if points.last() == Some(&point) {
        return;
    }
    if let [.., a, b] = points.as_slice() {
        let upright = a.0 == b.0 && b.0 == point.0;
        if upright || (a.1 == b.1 && b.1 == point.1) {
            points.pop();
        }
    }
    points.push(point);
}

/// Cuts a line into the strokes of a pattern; no pattern leaves it whole.
pub(super) fn dash_line(points: &[(f64, f64)], pattern: &[f64]) -> Vec<Vec<(f64, f64)>> {
    if points.len() < 2 {
        return Vec::new();
    }
    if pattern.is_empty() {
        return vec![points.to_vec()];
    }
    let mut strokes = Vec::new();
    let mut stroke = vec![points[0]];
    let (mut part, mut left) = (0, pattern[0]);
    for pair in points.windows(2) {
        let (from, to) = (pair[0], pair[1]);
        let length = libm::hypot(to.0 - from.0, to.1 - from.1);
        let mut done = 0.0;
        while length - done > left {
            done += left;
            let share = done / length;
            let at = (from.0 + (to.0 - from.0) * share, from.1 + (to.1 - from.1) * share);
            if part % 2 == 0 {
                stroke.push(at);
                strokes.push(std::mem::take(&mut stroke));
            }
            part = (part + 1) % pattern.len();
            left = pattern[part];
            if part % 2 == 0 {
                stroke = vec![at];
            }
        }
        left -= length - done;
        if part % 2 == 0 {
            stroke.push(to);
        }
    }
    if stroke.len() > 1 {
        strokes.push(stroke);
    }
    strokes
}

/// Labels beside the lines' last values, each with a sample of its line.
fn draw_labels(panel: &Panel, plot: &Plot, range: TimeRange, marks: &mut Vec<Mark>) {
    let series = panel.series.iter().map(|series| {
        (series.label.as_str(), &series.steps, pen(series.role.colour(), series.dash))
    });
    let limits = panel.limits.iter().map(|l| (l.label.as_str(), &l.steps, limit_pen()));
    let labels: Vec<_> = series
        .chain(limits)
        .filter_map(|(label, steps, pen)| {
            let value = steps.iter().rev().find_map(|step| step.value)?;
            Some((label, plot.place(value), pen))
        })
        .collect();
    let (top, bottom) = (plot.top - 8.0, plot.bottom - 4.0);
    let room = ((bottom - top) / LABEL_DISTANCE) as usize + 1;
    let shown = if labels.len() > room { room - 1 } else { labels.len() };
    let mut places: Vec<_> = labels.iter().take(shown).map(|(_, y, _)| *y).collect();
    if shown < labels.len() {
        places.push(bottom);
    }
    spread(&mut places, LABEL_DISTANCE, top, bottom);
    let start = range.right + LEADER;
    for ((label, end, pen), y) in labels.iter().zip(&places).take(shown) {
        marks.push(line(&[(range.right + 1.0, *end), (start, *y)], 1.0, pen.colour));
        for points in dash_line(&[(start, *y), (start + SAMPLE, *y)], pen.pattern) {
            marks.push(Mark::Line { points, width: pen.width, colour: pen.colour });
        }
        draw_label(label, start, *y, marks);
    }
    if let (true, Some(y)) = (shown < labels.len(), places.last()) {
        draw_label(&format!("and {} more", labels.len() - shown), start, *y, marks);
    }
}

fn draw_label(label: &str, start: f64, y: f64, marks: &mut Vec<Mark>) {
    let x = start + SAMPLE + 6.0;
    let label = shorten(label, SMALL, 1200.0 - MARGIN - x + 1.0);
    let width = text_width(&label, SMALL);
    let ground = Mark::Rect { x, y: y - 8.0, width, height: 16.0, colour: WHITE };
    marks.extend([ground, text(&label, (x, y + HALF_HEIGHT), Anchor::Start, SMALL, INK)]);
}
