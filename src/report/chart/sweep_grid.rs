//! Where is the cliff: two paths against one another, the value printed in each cell.

use crate::experiment::study::points::Points;
use crate::report::chart::frontier::{footer, quantity};
use crate::report::chart::{Body, Chart, Quantity};
use crate::report::number;
use crate::report::study::sweep::{JournalError, PointRow, State, Sweep};
use crate::report::study::value;
use crate::scenario::metric::Unit;
use crate::scenario::sweep::plain;

/// A grid of two paths.
#[derive(Clone, Debug, PartialEq)]
pub struct SweepGrid {
    /// What is printed, with its path.
    pub title: String,
    /// Its quantity.
    pub quantity: Quantity,
    /// Name and values of the path along the top.
    pub columns: (String, Vec<String>),
    /// Name and values of the path down the side.
    pub rows: (String, Vec<String>),
    /// A cell a row and column, row by row; none where there is no point.
    pub cells: Vec<Option<GridCell>>,
    /// Whether cells are framed that meet every objective.
    pub is_judged: bool,
}

/// One point.
#[derive(Clone, Debug, PartialEq)]
pub struct GridCell {
    /// The value, unit as the quantity; none where it has none.
    pub value: Option<f64>,
    /// The value in words, or why there is none.
    pub text: String,
    /// Its cost.
    pub cost: String,
    /// Whether it meets every objective.
    pub holds: bool,
}

/// Values of a path that fit a grid.
const COLUMNS: usize = 12;
const ROWS: usize = 14;

/// The chart; none unless two paths alone are varied, each combination once.
pub(super) fn chart(
    sweep: &Sweep<'_>,
    measure: usize,
    seed: u64,
) -> Result<Option<Chart>, JournalError> {
    // Few rows: a cell holds one.
    let Some(axes) = axes(sweep.frame.points) else { return Ok(None) };
    let rows = sweep.rows().collect::<Result<Vec<PointRow>, _>>()?;
    Ok(picture(sweep, &rows, axes, measure, seed))
}

/// Place and values of a path.
type Axis<'p> = (usize, Vec<&'p str>);

/// What goes down the side, and what along the top.
fn axes(points: &Points) -> Option<(Axis<'_>, Axis<'_>)> {
    let several = (0..points.paths.len()).filter(|&path| points.distinct(path).len() > 1);
    let several: Vec<usize> = several.collect();
    let &[a, b] = several.as_slice() else { return None };
    let (first, second) = (points.distinct(a), points.distinct(b));
    let (down, along) = if first.len() <= ROWS && second.len() <= COLUMNS {
        ((a, first), (b, second))
    } else {
        ((b, second), (a, first))
    };
    let (width, height) = (along.1.len(), down.1.len());
    if width > COLUMNS || height > ROWS || points.values.len() > width * height {
        return None;
    }
    Some((down, along))
}

fn picture(
    sweep: &Sweep<'_>,
    all: &[PointRow],
    (down, along): (Axis<'_>, Axis<'_>),
    measure: usize,
    seed: u64,
) -> Option<Chart> {
    let points = sweep.frame.points;
    let (width, height) = (along.1.len(), down.1.len());
    let told = &sweep.frame.measures[measure];
    let mut cells: Vec<Option<GridCell>> = vec![None; width * height];
    for row in all {
        let values = &points.values[row.point];
        let x = along.1.iter().position(|it| *it == values[along.0])?;
        let y = down.1.iter().position(|it| *it == values[down.0])?;
        let cell = &mut cells[y * width + x];
        if cell.is_some() {
            return None;
        }
        *cell = Some(cell_of(row, measure, told.unit));
    }
    let holding = cells.iter().flatten().filter(|it| it.holds).count();
    let names = sweep.short_paths();
    let (name_down, name_along) = (names[down.0].clone(), names[along.0].clone());
    let title = match (sweep.frame.objectives.is_empty(), holding) {
        (true, _) => format!("{} by {name_down} and {name_along}", told.path),
        (false, 0) => "No combination meets every objective".to_owned(),
        (false, some) if some == all.len() => "Every combination meets every objective".to_owned(),
        (false, some) => {
            format!("{some} of {} combinations meet every objective", all.len())
        }
    };
    let read = |values: &[&str]| values.iter().map(|it| plain(it)).collect::<Vec<_>>();
    let (rows, columns) = (read(&down.1), read(&along.1));
    let each = cells.iter().enumerate().filter_map(|(place, cell)| {
        let (row, column) = (&rows[place / width], &columns[place % width]);
        Some(format!("{row} / {column}: {}", cell.as_ref()?.text))
    });
    Some(Chart {
        alt: format!(
            "{title}. {} by {name_down} / {name_along}: {}",
            told.path,
            each.collect::<Vec<_>>().join(", ")
        ),
        title,
        subtitle: format!("Where is the cliff? {} and the cost of a month", told.path),
        footer: footer(sweep, seed),
        span_s: 0.0,
        marks: Vec::new(),
        body: Body::SweepGrid(SweepGrid {
            title: told.path.clone(),
            quantity: quantity(told.unit),
            columns: (name_along, columns),
            rows: (name_down, rows),
            cells,
            is_judged: !sweep.frame.objectives.is_empty(),
        }),
    })
}

fn cell_of(row: &PointRow, measure: usize, unit: Unit) -> GridCell {
    let is_whole = row.state == State::Whole;
    let mean = row.told[measure].estimate.map(|it| it.mean).filter(|_| is_whole);
    let text = match (&row.state, mean) {
        (State::Whole, Some(mean)) => value::value(unit, mean),
        (State::Whole, None) => "nothing".to_owned(),
        (state, _) => state.name().to_owned(),
    };
    let cost = row.cost.filter(|_| is_whole);
    let cost = cost.map(number::usd);
    let factor = if unit == Unit::Share { 100.0 } else { 1.0 };
    let value = mean.map(|it| it * factor);
    GridCell { value, text, cost: cost.unwrap_or_default(), holds: row.holds() }
}
