//! The order in which points are told.

use std::cmp::Ordering;

use crate::report::study::sweep::{JournalError, PointRow, Sweep, name};
use crate::scenario::sweep::{magnitude, plain};

/// A column to sort by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sort {
    /// Its name.
    pub column: String,
    /// Whether large values come first.
    pub descending: bool,
}

enum Key {
    Point,
    Missed,
    Chance,
    Regret,
    Cost,
    Varied(usize),
    Measured(usize),
}

impl Sort {
    /// `COL`, or `-COL` for large values first.
    #[must_use]
    pub fn read(text: &str) -> Self {
        match text.strip_prefix('-') {
            Some(column) => Self { column: column.to_owned(), descending: true },
            None => Self { column: text.to_owned(), descending: false },
        }
    }

    /// Whether there is such a column among these.
    ///
    /// # Errors
    /// The names there are.
    pub fn check(
        &self,
        paths: &[&str],
        measures: &[&str],
        is_drawn: bool,
    ) -> Result<(), Vec<String>> {
        let drawn: &[&str] = if is_drawn { &["chance", "regret"] } else { &[] };
        match key(&self.column, paths, measures) {
            Some(Key::Chance | Key::Regret) if !is_drawn => {}
            Some(_) => return Ok(()),
            None => {}
        }
        let all: Vec<&str> = paths.iter().chain(measures).copied().collect();
        let fixed = ["point", "missed", "cost"].iter().chain(drawn).map(|it| (*it).to_owned());
        Err(fixed.chain(name::short(&all)).collect())
    }
}

fn key(column: &str, paths: &[&str], measures: &[&str]) -> Option<Key> {
    match column {
        "point" => return Some(Key::Point),
        "missed" => return Some(Key::Missed),
        "chance" => return Some(Key::Chance),
        "regret" => return Some(Key::Regret),
        "cost" | "$/mo" => return Some(Key::Cost),
        _ => {}
    }
    let all: Vec<&str> = paths.iter().chain(measures).copied().collect();
    let short = name::short(&all);
    let place = all
        .iter()
        .position(|path| *path == column)
        .or_else(|| short.iter().position(|name| name == column))?;
    Some(match place.checked_sub(paths.len()) {
        None => Key::Varied(place),
        Some(place) => Key::Measured(place),
    })
}

/// The points: whole ones first, by what `sort` says, else by objectives missed, or by the chance
/// that all hold, and cost.
pub(super) fn order(sweep: &Sweep<'_>, sort: Option<&Sort>) -> Result<Vec<usize>, JournalError> {
    let paths: Vec<&str> = sweep.frame.points.paths.iter().map(String::as_str).collect();
    let measures: Vec<&str> = sweep.frame.measures.iter().map(|it| it.path.as_str()).collect();
    let wanted = sort.and_then(|sort| Some((key(&sort.column, &paths, &measures)?, sort)));
    let numbers = match &wanted {
        Some((key, _)) => numbers(sweep, key)?,
        None => Vec::new(),
    };
    let mut order: Vec<usize> = (0..sweep.count()).collect();
    order.sort_unstable_by(|&a, &b| {
        let (x, y) = (&sweep.briefs[a], &sweep.briefs[b]);
        let usual = x.ending.cmp(&y.ending).then(match sweep.frame.draws {
            None => x.missed.cmp(&y.missed),
            Some(_) => y.chance.total_cmp(&x.chance),
        });
        let usual = usual.then(last_if_none(x.cost, y.cost)).then(a.cmp(&b));
        match &wanted {
            None => usual,
            Some((key, sort)) => by_key(sweep, key, &numbers, sort.descending, a, b).then(usual),
        }
    });
    Ok(order)
}

/// The numbers of a key that nothing else in memory tells, a number a point.
fn numbers(sweep: &Sweep<'_>, key: &Key) -> Result<Vec<Option<f64>>, JournalError> {
    let number = |row: PointRow| match key {
        Key::Measured(place) => row.told[*place].estimate.map(|it| it.mean),
        _ => row.regret.and_then(|it| it.extra),
    };
    match key {
        Key::Measured(_) | Key::Regret => sweep.rows().map(|row| row.map(number)).collect(),
        _ => Ok(Vec::new()),
    }
}

fn by_key(
    sweep: &Sweep<'_>,
    key: &Key,
    numbers: &[Option<f64>],
    down: bool,
    a: usize,
    b: usize,
) -> Ordering {
    let turned = |order: Ordering| if down { order.reverse() } else { order };
    let compared = |x: Option<f64>, y: Option<f64>| match (x, y) {
        (Some(x), Some(y)) => turned(x.total_cmp(&y)),
        _ => last_if_none(x, y),
    };
    let (x, y) = (&sweep.briefs[a], &sweep.briefs[b]);
    match key {
        Key::Point => turned(a.cmp(&b)),
        Key::Missed => turned(x.missed.cmp(&y.missed)),
        Key::Chance => turned(x.chance.total_cmp(&y.chance)),
        Key::Cost => compared(x.cost, y.cost),
        Key::Measured(_) | Key::Regret => compared(numbers[a], numbers[b]),
        Key::Varied(place) => {
            let value = |point: usize| sweep.frame.points.values[point][*place].as_str();
            match (magnitude(value(a)), magnitude(value(b))) {
                (Some(x), Some(y)) => turned(x.total_cmp(&y)),
                _ => turned(plain(value(a)).cmp(&plain(value(b)))),
            }
        }
    }
}

fn last_if_none(a: Option<f64>, b: Option<f64>) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) => a.total_cmp(&b),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => Ordering::Equal,
    }
}
