//! Bars of shards with their keys, and a line over the number of shards.

use crate::report::chart::canvas::{Anchor, Mark, text_width};
use crate::report::chart::colour::{AXIS, Colour, FAINT_INK, GRID, INK, Role, WHITE};
use crate::report::chart::frame::{
    BODY_BOTTOM, BODY_TOP, HALF_HEIGHT, MARGIN, NAME, SMALL, STROKE, crisp, line, text,
};
use crate::report::chart::label::shorten;
use crate::report::chart::scale::Axis;
use crate::report::chart::{Quantity, Skew, SkewBar, text as number};

/// Height of the names above both parts [px].
const NAME_HEIGHT: f64 = 26.0;
/// Room below for ticks and the even share's label [px].
const BELOW: f64 = 44.0;
/// Where the bars end and where the line begins [px].
const BARS_RIGHT: f64 = 700.0;
const LINE_LEFT: f64 = 800.0;
const WIDEST_LABEL: f64 = 110.0;
/// Longest name of a key [px].
const WIDEST_KEY: f64 = 260.0;
/// Room for a number beside a bar [px].
const NUMBER_WIDTH: f64 = 58.0;
const HIGHEST_BAR: f64 = 84.0;
/// Least height of a bar with names in it [px].
const TEXT_BAR: f64 = 16.0;
/// Fills of a shard's keys, darkest first, and of the rest of it.
const KEYS: [Colour; 3] = [Colour(0, 114, 178), Colour(64, 150, 200), Colour(120, 183, 219)];
const REST: Colour = Colour(199, 222, 237);
const DASH: f64 = 6.0;

/// Draws both parts.
pub(super) fn draw(skew: &Skew, marks: &mut Vec<Mark>) {
    let top = BODY_TOP + NAME_HEIGHT;
    let bottom = BODY_BOTTOM - BELOW;
    let name = shorten(&skew.title, NAME, BARS_RIGHT - MARGIN);
    marks.push(text(&name, (MARGIN, top - 10.0), Anchor::Start, NAME, INK));
    let name = shorten(&skew.counts_title, NAME, 1200.0 - MARGIN - LINE_LEFT + 60.0);
    marks.push(text(&name, (LINE_LEFT - 60.0, top - 10.0), Anchor::Start, NAME, INK));
    draw_bars(skew, top, bottom, marks);
    draw_line(skew, top, bottom, marks);
}

fn draw_bars(skew: &Skew, top: f64, bottom: f64, marks: &mut Vec<Mark>) {
    let widest = skew.bars.iter().map(|bar| text_width(&bar.label, SMALL)).fold(0.0, f64::max);
    let left = (MARGIN + widest.min(WIDEST_LABEL) + 9.0).round();
    let full = BARS_RIGHT - NUMBER_WIDTH - left;
    let most = skew.bars.iter().map(|bar| bar.share).fold(skew.even, f64::max).max(1e-9);
    let place = |share: f64| left + (share / most).clamp(0.0, 1.0) * full;
    let row = ((bottom - top) / skew.bars.len().max(1) as f64).min(HIGHEST_BAR + 8.0);
    let end = top + row * skew.bars.len() as f64;
    let place_of = |number_of: usize| {
        let y = (top + row * number_of as f64).round();
        (y, (row - (row * 0.18).clamp(1.0, 8.0)).round())
    };
    for (number_of, bar) in skew.bars.iter().enumerate() {
        let (y, height) = place_of(number_of);
        draw_bar(bar, (left, y, height), &place, marks);
    }
    // The line crosses bars, and no text is crossed by it.
    let even = place(skew.even);
    dashes((even, top - 3.0), (even, end + 4.0), marks);
    for (number_of, bar) in skew.bars.iter().enumerate() {
        let (y, height) = place_of(number_of);
        let middle = y + height / 2.0 + HALF_HEIGHT;
        let label = shorten(&bar.label, SMALL, WIDEST_LABEL);
        marks.push(text(&label, (left - 8.0, middle), Anchor::End, SMALL, FAINT_INK));
        name_keys(bar, (middle, height), &place, marks);
        let share = number::percent(bar.share);
        marks.push(text(&share, (BARS_RIGHT, middle), Anchor::End, SMALL, INK));
    }
    marks.push(line(&[(left, top), (left, end)], 1.0, AXIS));
    let label = format!("even share {}", number::percent(skew.even));
    let half = text_width(&label, SMALL) / 2.0;
    let middle = even.max(left + half).min(BARS_RIGHT - half);
    marks.push(text(&label, (middle, end + 20.0), Anchor::Middle, SMALL, FAINT_INK));
}

/// One bar: its largest keys from the left, then the rest.
fn draw_bar(
    bar: &SkewBar,
    (left, y, height): (f64, f64, f64),
    place: &impl Fn(f64) -> f64,
    marks: &mut Vec<Mark>,
) {
    let right = place(bar.share);
    marks.push(Mark::Rect { x: left, y, width: right - left, height, colour: REST });
    let mut begun = 0.0;
    for ((_, share), colour) in bar.keys.iter().zip(KEYS) {
        let (x, end) = (place(begun), place((begun + share).min(bar.share)));
        begun += share;
        marks.push(Mark::Rect { x, y, width: end - x, height, colour });
        marks.push(Mark::Rect { x: end - 0.75, y, width: 1.5, height, colour: WHITE });
    }
}

/// The names of the largest keys, where they fit; each on a ground of its own colour, so that the
/// line does not cross it.
fn name_keys(
    bar: &SkewBar,
    (middle, height): (f64, f64),
    place: &impl Fn(f64) -> f64,
    marks: &mut Vec<Mark>,
) {
    let mut begun = 0.0;
    for ((key, share), colour) in bar.keys.iter().zip(KEYS) {
        let (x, end) = (place(begun), place((begun + share).min(bar.share)));
        begun += share;
        let name = shorten(&printable(key), SMALL, WIDEST_KEY);
        let width = text_width(&name, SMALL);
        if height < TEXT_BAR || width + 10.0 > end - x {
            continue;
        }
        let ground = (x + 3.0, middle - 12.0);
        let (x, y) = ground;
        marks.push(Mark::Rect { x, y, width: width + 4.0, height: 15.0, colour });
        let ink = if colour == KEYS[0] { WHITE } else { INK };
        marks.push(text(&name, (x + 2.0, middle), Anchor::Start, SMALL, ink));
    }
}

/// The busiest shard's part by the number of shards, beside an even share.
fn draw_line(skew: &Skew, top: f64, bottom: f64, marks: &mut Vec<Mark>) {
    let (left, right) = (LINE_LEFT, 1200.0 - MARGIN - 12.0);
    let count = skew.busiest.len().max(2) as f64;
    let values = skew.busiest.iter().copied().chain([0.0]);
    let axis = Axis::new(Quantity::Percent, values, 6);
    let x = |shards: f64| left + (shards - 1.0) / (count - 1.0) * (right - left);
    let y = |share: f64| bottom - axis.place(share) * (bottom - top);
    for (value, label) in &axis.ticks {
        let at = crisp(y(*value));
        marks.push(line(&[(left, at), (right, at)], 1.0, GRID));
        let place = (left - 8.0, at + HALF_HEIGHT);
        marks.push(text(label, place, Anchor::End, SMALL, FAINT_INK));
    }
    marks.push(line(&[(left, crisp(bottom)), (right, crisp(bottom))], 1.0, AXIS));
    let step = if count > 100.0 { 32 } else { 8 };
    for shards in std::iter::once(1).chain((step..=skew.busiest.len()).step_by(step)) {
        let at = (x(shards as f64), bottom + 19.0);
        marks.push(text(&shards.to_string(), at, Anchor::Middle, SMALL, FAINT_INK));
    }
    let even: Vec<(f64, f64)> =
        (1..=skew.busiest.len()).map(|n| (x(n as f64), y(100.0 / n as f64))).collect();
    marks.push(line(&even, 1.5, FAINT_INK));
    let points: Vec<(f64, f64)> =
        skew.busiest.iter().zip(1..).map(|(share, n)| (x(f64::from(n)), y(*share))).collect();
    marks.push(line(&points, STROKE, Role::Accepted.colour()));
    if skew.shards as usize <= skew.busiest.len() {
        let share = skew.now;
        let now = x(f64::from(skew.shards));
        dashes((now, y(share)), (now, bottom), marks);
        let label = format!(
            "{} now: {}",
            number::counted(skew.shards as usize, "shard"),
            number::percent(share)
        );
        let width = text_width(&label, SMALL);
        let start = (now + 8.0).min(right - width);
        let at = (start, (y(share) - 22.0).max(top + 12.0));
        marks.push(text(&label, at, Anchor::Start, SMALL, INK));
        let (px, py) = (now, y(share));
        let colour = Role::Throttled.colour();
        marks.push(Mark::Rect { x: px - 4.0, y: py - 4.0, width: 8.0, height: 8.0, colour });
    }
}

/// A dashed line, level or upright.
fn dashes(from: (f64, f64), to: (f64, f64), marks: &mut Vec<Mark>) {
    let mut y = from.1;
    while y < to.1 {
        marks.push(line(&[(from.0, y), (to.0, (y + DASH).min(to.1))], 1.5, INK));
        y += DASH + 4.0;
    }
}

/// A key's name without what no line can show.
fn printable(key: &str) -> String {
    key.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}
