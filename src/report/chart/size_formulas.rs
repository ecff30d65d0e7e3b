//! Rules of thumb by the shards they ask for, below what so many shards refuse.

use crate::report::chart::canvas::{Anchor, Mark, WIDTH, text_width};
use crate::report::chart::colour::{AXIS, FAINT_INK, GRID, INK, Role};
use crate::report::chart::frame::{
    BODY_BOTTOM, BODY_TOP, HALF_HEIGHT, MARGIN, NAME, SMALL, crisp, line, text,
};
use crate::report::chart::label::shorten;
use crate::report::chart::scale::Axis;
use crate::report::chart::size_frontier::mark;
use crate::report::chart::{Quantity, text as number};

/// Rules, and what was played.
#[derive(Clone, Debug, PartialEq)]
pub struct SizeFormulas {
    /// What so many shards refuse: shards, percent, and whether they hold.
    pub played: Vec<(u32, f64, bool)>,
    /// Top to bottom.
    pub rules: Vec<SizeRule>,
    /// The number of shards recommended.
    pub best: Option<u32>,
}

/// One rule.
#[derive(Clone, Debug, PartialEq)]
pub struct SizeRule {
    /// At its left.
    pub label: String,
    /// What it asks for with the mean, and whether that holds.
    pub mean: Option<(u32, bool)>,
    /// The same with the busiest second.
    pub peak: Option<(u32, bool)>,
}

/// Width of the labels, and height of the strip above [px].
const LABELS: f64 = 330.0;
const STRIP: f64 = 150.0;
const GAP: f64 = 34.0;
const HIGHEST_ROW: f64 = 30.0;
const BELOW: f64 = 44.0;

/// Draws both parts on one axis of shards.
pub(super) fn draw(formulas: &SizeFormulas, marks: &mut Vec<Mark>) {
    let (left, right) = (MARGIN + LABELS, f64::from(WIDTH) - MARGIN - 20.0);
    let top = BODY_TOP + 28.0;
    let strip = top + STRIP;
    let rows = strip + GAP;
    let bottom = BODY_BOTTOM - BELOW;
    let of_rules = formulas.rules.iter().flat_map(|it| [it.mean, it.peak]).flatten().map(|it| it.0);
    let most = formulas.played.iter().map(|it| it.0).chain(of_rules).max().unwrap_or(1).max(2);
    let x = |shards: u32| left + f64::from(shards) / f64::from(most) * (right - left);
    draw_strip(formulas, (left, right), (top, strip), &x, marks);
    let row = ((bottom - rows) / formulas.rules.len().max(1) as f64).min(HIGHEST_ROW);
    let end = rows + row * formulas.rules.len() as f64;
    if let Some(best) = formulas.best {
        let at = crisp(x(best));
        let mut y = top;
        while y < end {
            marks.push(line(&[(at, y), (at, (y + 6.0).min(end))], 1.5, INK));
            y += 10.0;
        }
        let label = format!("recommended: {best}");
        let width = text_width(&label, SMALL);
        let anchor = (at + 6.0).min(right + 20.0 - width);
        marks.push(text(&label, (anchor, top - 2.0), Anchor::Start, SMALL, INK));
    }
    let name = "What the rules ask for, mean; with the busiest second behind a line";
    marks.push(text(name, (MARGIN, rows - 8.0), Anchor::Start, NAME, INK));
    for (place, rule) in formulas.rules.iter().enumerate() {
        draw_rule(rule, rows + row * (place as f64 + 0.5), left, &x, marks);
    }
    marks.push(line(&[(left, crisp(end)), (right, crisp(end))], 1.0, AXIS));
    let step = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000];
    let step = step.into_iter().find(|it| most / it <= 16).unwrap_or(10_000);
    for shards in (0..=most).step_by(step as usize) {
        let label = number::whole(shards as usize);
        marks.push(text(&label, (x(shards), end + 18.0), Anchor::Middle, SMALL, FAINT_INK));
    }
    marks.push(text("shards", (left - 12.0, end + 18.0), Anchor::End, SMALL, FAINT_INK));
    draw_key((MARGIN, end + 18.0), marks);
}

fn draw_key((left, y): (f64, f64), marks: &mut Vec<Mark>) {
    mark((left + 6.0, y - HALF_HEIGHT), true, false, marks);
    marks.push(text("holds", (left + 18.0, y), Anchor::Start, SMALL, FAINT_INK));
    mark((left + 84.0, y - HALF_HEIGHT), false, false, marks);
    marks.push(text("does not", (left + 96.0, y), Anchor::Start, SMALL, FAINT_INK));
}

/// What so many shards refuse.
fn draw_strip(
    formulas: &SizeFormulas,
    (left, right): (f64, f64),
    (top, bottom): (f64, f64),
    x: &impl Fn(u32) -> f64,
    marks: &mut Vec<Mark>,
) {
    let name = "Refused, by shards that were played";
    marks.push(text(name, (MARGIN, top - 2.0), Anchor::Start, NAME, INK));
    let values = formulas.played.iter().map(|it| it.1);
    let axis = Axis::new(Quantity::Percent, values, 4);
    let y = |percent: f64| bottom - axis.place(percent) * (bottom - top - 14.0);
    for (value, label) in &axis.ticks {
        let at = crisp(y(*value));
        marks.push(line(&[(left, at), (right, at)], 1.0, GRID));
        let place = (left - 12.0, at + HALF_HEIGHT);
        marks.push(text(label, place, Anchor::End, SMALL, FAINT_INK));
    }
    let points: Vec<(f64, f64)> = formulas.played.iter().map(|it| (x(it.0), y(it.1))).collect();
    if points.len() > 1 {
        marks.push(line(&points, 1.5, Role::Neutral.colour().tinted(0.4)));
    }
    for (&(_, _, holds), point) in formulas.played.iter().zip(points) {
        mark(point, holds, false, marks);
    }
}

fn draw_rule(rule: &SizeRule, y: f64, left: f64, x: &impl Fn(u32) -> f64, marks: &mut Vec<Mark>) {
    let label = shorten(&rule.label, SMALL, LABELS - 16.0);
    let place = (left - 12.0, y + HALF_HEIGHT);
    marks.push(text(&label, place, Anchor::End, SMALL, INK));
    let below = crisp(y);
    marks.push(line(&[(left, below), (x(0).max(left), below)], 1.0, GRID));
    let Some(mean) = rule.mean else {
        marks.push(text(
            "no number of shards",
            (left + 6.0, y + HALF_HEIGHT),
            Anchor::Start,
            SMALL,
            FAINT_INK,
        ));
        return;
    };
    if let Some(peak) = rule.peak.filter(|it| it.0 != mean.0) {
        let ends = [(x(mean.0), below), (x(peak.0), below)];
        marks.push(line(&ends, 1.5, AXIS));
        mark((x(peak.0), below), peak.1, false, marks);
    }
    mark((x(mean.0), below), mean.1, false, marks);
}
