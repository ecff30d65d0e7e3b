//! Rows over time, coloured by value, hatched above the limit, with a bar a row at the right.

use crate::report::chart::canvas::{Anchor, Mark, text_width};
use crate::report::chart::colour::{
    AXIS, Colour, EMPTY, FAINT_INK, INK, Role, WHITE, heat, ink_on,
};
use crate::report::chart::frame::{
    BODY_BOTTOM, BODY_TOP, HALF_HEIGHT, MARGIN, NAME, SMALL, TimeRange, crisp, draw_time_axis,
    line, text,
};
use crate::report::chart::label::shorten;
use crate::report::chart::panels::{MARK_NAMES, dash_line, draw_mark_names};
use crate::report::chart::{Cell, Chart, HeatMap, HeatUnit, text as number};

/// Height of the names above the map [px].
const NAME_HEIGHT: f64 = 26.0;
/// Room below the map for the time axis and the key [px].
const BELOW: f64 = 62.0;
const BAR_WIDTH: f64 = 150.0;
const BAR_GAP: f64 = 26.0;
/// Room for a number beside a bar [px].
const NUMBER_WIDTH: f64 = 62.0;
const WIDEST_LABEL: f64 = 170.0;
/// Least height of a row that shows its own text [px].
const TEXT_ROW: f64 = 17.0;
/// Distance between strokes of a hatch [px].
const HATCH: f64 = 9.0;
const HATCH_STROKE: f64 = 1.0;

/// Where the map is drawn.
struct Grid<'a> {
    map: &'a HeatMap,
    range: TimeRange,
    top: f64,
    row_height: f64,
}

impl Grid<'_> {
    fn row_top(&self, row: usize) -> f64 {
        (self.top + self.row_height * row as f64).round()
    }

    fn column_left(&self, column: usize) -> f64 {
        self.range.place(self.map.column_s * column as f64)
    }

    fn bottom(&self) -> f64 {
        self.row_top(self.map.rows.len())
    }
}

/// Draws the map, its bars, axes, and key.
pub(super) fn draw(chart: &Chart, map: &HeatMap, marks: &mut Vec<Mark>) {
    let widest = map.rows.iter().map(|row| text_width(&row.label, SMALL)).fold(0.0, f64::max);
    let range = TimeRange {
        left: (MARGIN + widest.min(WIDEST_LABEL) + 9.0).round(),
        right: 1200.0 - MARGIN - BAR_WIDTH - BAR_GAP,
        span_s: chart.span_s,
    };
    let names = if chart.marks.is_empty() { 0.0 } else { MARK_NAMES };
    let top = BODY_TOP + names + NAME_HEIGHT;
    let row_height = (BODY_BOTTOM - BELOW - top) / map.rows.len().max(1) as f64;
    let grid = Grid { map, range, top, row_height };
    let bars = range.right + BAR_GAP;
    let name = shorten(&map.title, NAME, range.right - MARGIN);
    marks.push(text(&name, (MARGIN, top - 10.0), Anchor::Start, NAME, INK));
    let name = shorten(&map.bar_title, NAME, BAR_WIDTH);
    marks.push(text(&name, (bars, top - 10.0), Anchor::Start, NAME, INK));
    draw_row_labels(&grid, marks);
    draw_cells(&grid, marks);
    if map.unit == HeatUnit::OfLimit {
        draw_hatch(&grid, Slope::Up, |cell| cell.peak > 100.0 || cell.mean > 100.0, marks);
        draw_hatch(&grid, Slope::Down, |cell| cell.mean > 100.0, marks);
    }
    draw_row_gaps(&grid, marks);
    draw_vertical_marks(chart, &grid, marks);
    draw_bars(&grid, bars, marks);
    draw_time_axis(range, grid.bottom(), marks);
    let x = draw_key(map.unit, range.left, grid.bottom() + 33.0, marks);
    if map.rows.iter().flat_map(|row| &row.cells).any(|cell| cell.closed) {
        let place = (x + 18.0, grid.bottom() + 46.0);
        marks.push(text("blank: not open", place, Anchor::Start, SMALL, FAINT_INK));
    }
}

impl HeatUnit {
    /// The value of the last colour.
    fn full(self) -> f64 {
        match self {
            Self::OfLimit => 100.0,
            Self::PerSecond { most } => most.max(f64::MIN_POSITIVE),
        }
    }

    fn text(self, value: f64) -> String {
        match self {
            Self::OfLimit => number::percent(value),
            Self::PerSecond { .. } => format!("{}/s", number::number(value)),
        }
    }
}

fn draw_row_labels(grid: &Grid<'_>, marks: &mut Vec<Mark>) {
    let stride = (TEXT_ROW / grid.row_height).ceil().max(1.0) as usize;
    for (place, row) in grid.map.rows.iter().enumerate().step_by(stride) {
        let y = f64::midpoint(grid.row_top(place), grid.row_top(place + 1)) + HALF_HEIGHT;
        let label = shorten(&row.label, SMALL, WIDEST_LABEL);
        marks.push(text(&label, (grid.range.left - 8.0, y), Anchor::End, SMALL, FAINT_INK));
    }
}

/// A rectangle for each run of one colour.
fn draw_cells(grid: &Grid<'_>, marks: &mut Vec<Mark>) {
    let (left, right) = (grid.range.left, grid.range.right);
    let (y, height) = (grid.top, grid.bottom() - grid.top);
    marks.push(Mark::Rect { x: left, y, width: right - left, height, colour: EMPTY });
    for (place, row) in grid.map.rows.iter().enumerate() {
        let (y, bottom) = (grid.row_top(place), grid.row_top(place + 1));
        let mut column = 0;
        let shade = |cell: &Cell| shade(grid.map.unit, cell);
        for run in row.cells.chunk_by(|a, b| shade(a) == shade(b)) {
            let x = grid.column_left(column);
            column += run.len();
            let width = grid.column_left(column) - x;
            marks.push(Mark::Rect { x, y, width, height: bottom - y, colour: shade(&run[0]) });
        }
    }
}

fn shade(unit: HeatUnit, cell: &Cell) -> Colour {
    if cell.closed {
        return WHITE;
    }
    heat(cell.mean / unit.full())
}

/// Which way the strokes of a hatch run.
#[derive(Clone, Copy, PartialEq)]
enum Slope {
    Up,
    Down,
}

/// Hatches the cells that `over` picks. The strokes lie on one grid for the whole map, so that
/// neighbouring cells look like one area.
fn draw_hatch(grid: &Grid<'_>, slope: Slope, over: fn(&Cell) -> bool, marks: &mut Vec<Mark>) {
    let (left, right, top, bottom) = (grid.range.left, grid.range.right, grid.top, grid.bottom());
    // Runs of picked cells on which one ink shows: left, right, ink; row by row.
    let runs: Vec<Vec<(f64, f64, Colour)>> =
        (0..grid.map.rows.len()).map(|row| runs_of(grid, row, over)).collect();
    if runs.iter().all(Vec::is_empty) {
        return;
    }
    let sign = if slope == Slope::Up { -1.0 } else { 1.0 };
    // On a stroke, x = start + sign * (y - top).
    let reach = bottom - top;
    let (first, last) = match slope {
        Slope::Up => (left, right + reach),
        Slope::Down => (left - reach, right),
    };
    let count = ((last - first) / HATCH) as usize;
    for stroke in 0..=count {
        let start = first + HATCH * stroke as f64;
        let mut open: Option<(f64, f64, Colour)> = None;
        for (row, runs) in runs.iter().enumerate() {
            let (y0, y1) = (grid.row_top(row), grid.row_top(row + 1));
            let mut parts: Vec<_> = runs
                .iter()
                .filter_map(|&(xa, xb, ink)| {
                    let (ya, yb) = (top + (xa - start) * sign, top + (xb - start) * sign);
                    let (from, to) = (ya.min(yb).max(y0), ya.max(yb).min(y1));
                    (to - from > 0.3).then_some((from, to, ink))
                })
                .collect();
            parts.sort_by(|a, b| a.0.total_cmp(&b.0));
            for (from, to, ink) in parts {
                match &mut open {
                    Some((_, end, open_ink)) if *open_ink == ink && from - *end < 0.5 => *end = to,
                    _ => {
                        marks.extend(open.map(|part| hatch_line(part, start, sign, top)));
                        open = Some((from, to, ink));
                    }
                }
            }
        }
        marks.extend(open.map(|part| hatch_line(part, start, sign, top)));
    }
}

fn hatch_line((from, to, ink): (f64, f64, Colour), start: f64, sign: f64, top: f64) -> Mark {
    let x = |y: f64| start + sign * (y - top);
    line(&[(x(from), from), (x(to), to)], HATCH_STROKE, ink)
}

fn runs_of(grid: &Grid<'_>, row: usize, over: fn(&Cell) -> bool) -> Vec<(f64, f64, Colour)> {
    let mut runs = Vec::new();
    let mut column = 0;
    let key = |cell: &Cell| over(cell).then(|| ink_on(shade(grid.map.unit, cell)));
    for run in grid.map.rows[row].cells.chunk_by(|a, b| key(a) == key(b)) {
        let end = column + run.len();
        if let Some(ink) = key(&run[0]) {
            runs.push((grid.column_left(column), grid.column_left(end), ink));
        }
        column = end;
    }
    runs
}

/// White lines between rows that are high enough to spare a pixel.
fn draw_row_gaps(grid: &Grid<'_>, marks: &mut Vec<Mark>) {
    if grid.row_height < 8.0 {
        return;
    }
    for row in 1..grid.map.rows.len() {
        let y = crisp(grid.row_top(row));
        marks.push(line(&[(grid.range.left, y), (grid.range.right, y)], 1.0, WHITE));
    }
}

/// Upright lines through all rows, dark on light so that they show on every colour.
fn draw_vertical_marks(chart: &Chart, grid: &Grid<'_>, marks: &mut Vec<Mark>) {
    for moment in &chart.marks {
        let x = grid.range.place(moment.at_s);
        let ends = [(x, grid.top), (x, grid.bottom())];
        marks.push(line(&ends, 3.5, WHITE));
        marks.extend(dash_line(&ends, &[6.0, 4.0]).iter().map(|points| line(points, 1.5, INK)));
    }
    draw_mark_names(&chart.marks, grid.range, marks);
}

/// A bar a row, with its number where there is room, and the limit as a dashed line.
fn draw_bars(grid: &Grid<'_>, left: f64, marks: &mut Vec<Mark>) {
    let totals = grid.map.rows.iter().map(|row| row.total).filter(|total| total.is_finite());
    let unit = grid.map.unit;
    let least = if unit == HeatUnit::OfLimit { 100.0 } else { f64::MIN_POSITIVE };
    let highest = totals.fold(least, f64::max);
    let with_text = grid.row_height >= TEXT_ROW;
    let full = BAR_WIDTH - if with_text { NUMBER_WIDTH } else { 0.0 };
    let length = |total: f64| (total / highest).clamp(0.0, 1.0) * full;
    for (place, row) in grid.map.rows.iter().enumerate() {
        let (top, bottom) = (grid.row_top(place), grid.row_top(place + 1));
        let gap =
            if grid.row_height >= 4.0 { ((bottom - top) * 0.15).clamp(0.5, 12.0) } else { 0.0 };
        let width = length(row.total);
        let is_good = unit == HeatUnit::OfLimit && row.total <= 100.0;
        let colour = if is_good { Role::Accepted.colour() } else { Role::Throttled.colour() };
        let (y, height) = (top + gap, bottom - top - 2.0 * gap);
        marks.push(Mark::Rect { x: left, y, width, height, colour });
        if with_text {
            let y = f64::midpoint(top, bottom) + HALF_HEIGHT;
            let place = (left + BAR_WIDTH, y);
            marks.push(text(&unit.text(row.total), place, Anchor::End, SMALL, INK));
        }
    }
    let (top, bottom) = (grid.top, grid.bottom());
    marks.push(line(&[(left, top), (left, bottom)], 1.0, AXIS));
    if unit != HeatUnit::OfLimit {
        return;
    }
    let limit = left + length(100.0);
    let mut y = top;
    while y < bottom {
        marks.push(line(&[(limit, y), (limit, (y + 6.0).min(bottom))], 1.5, INK));
        y += 10.0;
    }
    // Below its line, but clear of the time axis on its left.
    let half = text_width("100 %", SMALL) / 2.0;
    let middle = limit.max(left + half).min(left + BAR_WIDTH - half);
    marks.push(text("100 %", (middle, bottom + 19.0), Anchor::Middle, SMALL, FAINT_INK));
}

/// What the colours and hatches mean; gives where it ends.
fn draw_key(unit: HeatUnit, left: f64, top: f64, marks: &mut Vec<Mark>) -> f64 {
    let baseline = top + 13.0;
    let mut x = left;
    let write = |content: &str, x: &mut f64, marks: &mut Vec<Mark>| {
        marks.push(text(content, (*x, baseline), Anchor::Start, SMALL, FAINT_INK));
        *x += text_width(content, SMALL) + 8.0;
    };
    write(&format!("mean {}", unit.text(0.0)), &mut x, marks);
    let shades = 20;
    for shade in 0..=shades {
        let colour = heat(f64::from(shade) / f64::from(shades));
        marks.push(Mark::Rect { x, y: top, width: 8.0, height: 16.0, colour });
        x += 8.0;
    }
    x += 8.0;
    if unit != HeatUnit::OfLimit {
        write(&unit.text(unit.full()), &mut x, marks);
        return x;
    }
    write("100 % of the limit", &mut x, marks);
    for (mean, crossed, label) in
        [(0.7, false, "some second above the limit"), (1.0, true, "mean above the limit")]
    {
        x += 18.0;
        draw_sample((x, top), heat(mean), crossed, marks);
        x += 36.0;
        write(label, &mut x, marks);
    }
    x
}

fn draw_sample((x, y): (f64, f64), ground: Colour, crossed: bool, marks: &mut Vec<Mark>) {
    let (width, height) = (28.0, 16.0);
    marks.push(Mark::Rect { x, y, width, height, colour: ground });
    let ink = ink_on(ground);
    let mut start = HATCH;
    while start < width + height {
        let (from, to) = ((start - height).max(0.0), start.min(width));
        let up = [(x + from, y + start - from), (x + to, y + start - to)];
        marks.push(line(&up, HATCH_STROKE, ink));
        if crossed {
            let down = up.map(|(px, py)| (px, 2.0 * y + height - py));
            marks.push(line(&down, HATCH_STROKE, ink));
        }
        start += HATCH;
    }
}
