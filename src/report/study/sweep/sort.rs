//! The order in which points are told.

use std::cmp::Ordering;

use crate::report::study::drawn::share;
use crate::report::study::sweep::{PointRow, State, Sweep, name};
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

/// Places of the points: whole ones first, by what `sort` says, else by objectives missed, or by
/// the chance that all hold, and cost.
pub(super) fn order(sweep: &Sweep<'_>, sort: Option<&Sort>) -> Vec<usize> {
    let paths: Vec<&str> = sweep.frame.points.paths.iter().map(String::as_str).collect();
    let measures: Vec<&str> = sweep.frame.measures.iter().map(|it| it.path.as_str()).collect();
    let wanted = sort.and_then(|sort| Some((key(&sort.column, &paths, &measures)?, sort)));
    let mut order: Vec<usize> = (0..sweep.rows.len()).collect();
    order.sort_by(|&a, &b| {
        let (a, b) = (&sweep.rows[a], &sweep.rows[b]);
        let usual = rank(a).cmp(&rank(b)).then(match sweep.frame.draws {
            None => a.missed.cmp(&b.missed),
            Some(_) => share(&b.all_met).total_cmp(&share(&a.all_met)),
        });
        let usual = usual.then(last_if_none(a.cost, b.cost)).then(a.point.cmp(&b.point));
        match &wanted {
            None => usual,
            Some((key, sort)) => by_key(sweep, key, sort.descending, a, b).then(usual),
        }
    });
    order
}

fn rank(row: &PointRow) -> u8 {
    match row.state {
        State::Whole => 0,
        State::Partial(_) => 1,
        State::Failed(_) => 2,
    }
}

fn by_key(sweep: &Sweep<'_>, key: &Key, down: bool, a: &PointRow, b: &PointRow) -> Ordering {
    let turned = |order: Ordering| if down { order.reverse() } else { order };
    let numbers = |x: Option<f64>, y: Option<f64>| match (x, y) {
        (Some(x), Some(y)) => turned(x.total_cmp(&y)),
        _ => last_if_none(x, y),
    };
    let mean = |row: &PointRow, place: usize| row.told[place].estimate.map(|it| it.mean);
    match key {
        Key::Point => turned(a.point.cmp(&b.point)),
        Key::Missed => turned(a.missed.cmp(&b.missed)),
        Key::Chance => turned(share(&a.all_met).total_cmp(&share(&b.all_met))),
        Key::Regret => {
            let extra = |row: &PointRow| row.regret.and_then(|it| it.extra);
            numbers(extra(a), extra(b))
        }
        Key::Cost => numbers(a.cost, b.cost),
        Key::Measured(place) => numbers(mean(a, *place), mean(b, *place)),
        Key::Varied(place) => {
            let value = |row: &PointRow| sweep.frame.points.values[row.point][*place].as_str();
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
