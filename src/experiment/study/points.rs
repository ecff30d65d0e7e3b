//! The points of a sweep: every combination of some lists, or draws from between their ends.

use std::fmt;

use crate::experiment::study::design::strata;
use crate::scenario::sweep::{Condition, ConditionError, Varied};

/// The points of a sweep.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Points {
    /// What is varied, as `--set` takes it.
    pub paths: Vec<String>,
    /// For each point a value a path.
    pub values: Vec<Vec<String>>,
    /// Combinations that the condition left out.
    pub left_out: u64,
}

/// Why there are no points.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PointsError {
    /// A path is varied twice.
    Twice(String),
    /// Lists that move together have different lengths.
    Uneven(Vec<(String, usize)>),
    /// A list cannot be walked through.
    List(String, String),
    /// More than [`POINTS_MAX`] combinations.
    TooMany,
    /// The condition cannot be asked of this point.
    Condition(ConditionError, Vec<String>),
    /// The condition leaves out every combination.
    NoneLeft(u64),
}

/// Most combinations, before any is left out.
pub const POINTS_MAX: usize = 100_000;

/// Every combination of the values of `vary`, and of `zip`, whose lists move together. The first
/// list moves slowest; `zip` moves fastest.
///
/// # Errors
/// Where lists do not fit together, or nothing is left.
pub fn grid(
    vary: &[Varied],
    zip: &[Varied],
    condition: Option<&Condition>,
) -> Result<Points, PointsError> {
    let paths = paths_of(vary, zip)?;
    let of =
        |it: &Varied| it.list.values().map_err(|reason| PointsError::List(it.path.clone(), reason));
    // An axis is a list of places, each of which sets one path or several.
    let mut axes: Vec<Vec<Vec<String>>> = Vec::new();
    for it in vary {
        axes.push(of(it)?.into_iter().map(|value| vec![value]).collect());
    }
    if !zip.is_empty() {
        let lists: Vec<Vec<String>> = zip.iter().map(of).collect::<Result<_, _>>()?;
        let length = lists[0].len();
        if lists.iter().any(|list| list.len() != length) {
            let lengths = zip.iter().zip(&lists).map(|(it, list)| (it.path.clone(), list.len()));
            return Err(PointsError::Uneven(lengths.collect()));
        }
        let together = |place: usize| lists.iter().map(|list| list[place].clone()).collect();
        axes.push((0..length).map(together).collect());
    }
    let count = axes.iter().try_fold(1_usize, |count, axis| count.checked_mul(axis.len()));
    let count = count.filter(|count| *count <= POINTS_MAX).ok_or(PointsError::TooMany)?;
    let values = (0..count).map(|mut place| {
        let mut point: Vec<&[String]> = Vec::with_capacity(axes.len());
        for axis in axes.iter().rev() {
            point.push(&axis[place % axis.len()]);
            place /= axis.len();
        }
        point.into_iter().rev().flatten().cloned().collect()
    });
    Points { paths, values: values.collect(), left_out: 0 }.that_hold(condition)
}

/// A Latin hypercube: `count` points, of which each of `count` equal parts of each list has one.
/// The same seed draws the same points, and another path's points are its own.
///
/// # Errors
/// As [`grid`].
pub fn latin(
    vary: &[Varied],
    count: usize,
    seed: u64,
    condition: Option<&Condition>,
) -> Result<Points, PointsError> {
    let paths = paths_of(vary, &[])?;
    if count > POINTS_MAX {
        return Err(PointsError::TooMany);
    }
    let mut values: Vec<Vec<String>> = vec![Vec::with_capacity(paths.len()); count];
    for it in vary {
        let parts = strata(seed, &format!("sweep.lhs.{}", it.path), count);
        for (point, part) in values.iter_mut().zip(parts) {
            point.push(it.list.at(part));
        }
    }
    Points { paths, values, left_out: 0 }.that_hold(condition)
}

fn paths_of(vary: &[Varied], zip: &[Varied]) -> Result<Vec<String>, PointsError> {
    let paths: Vec<String> = vary.iter().chain(zip).map(|it| it.path.clone()).collect();
    let again = |place: usize| paths[..place].contains(&paths[place]);
    match (1..paths.len()).find(|place| again(*place)) {
        Some(place) => Err(PointsError::Twice(paths[place].clone())),
        None => Ok(paths),
    }
}

impl Points {
    fn that_hold(mut self, condition: Option<&Condition>) -> Result<Self, PointsError> {
        let Some(condition) = condition else { return Ok(self) };
        let all = self.values.len() as u64;
        let mut kept = Vec::new();
        for point in self.values {
            match condition.holds(&point) {
                Ok(true) => kept.push(point),
                Ok(false) => {}
                Err(error) => return Err(PointsError::Condition(error, point)),
            }
        }
        self.left_out = all - kept.len() as u64;
        self.values = kept;
        if self.values.is_empty() { Err(PointsError::NoneLeft(all)) } else { Ok(self) }
    }

    /// What a point sets, as pairs of `--set`.
    #[must_use]
    pub fn sets(&self, point: usize) -> Vec<(String, String)> {
        let values = self.values.get(point).into_iter().flatten();
        self.paths.iter().cloned().zip(values.cloned()).collect()
    }

    /// The values of a path, each once, in the order in which they first come.
    #[must_use]
    pub fn distinct(&self, path: usize) -> Vec<&str> {
        let mut seen = std::collections::BTreeSet::new();
        let values = self.values.iter().filter_map(|point| point.get(path));
        values.map(String::as_str).filter(|value| seen.insert(*value)).collect()
    }
}

impl fmt::Display for PointsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Twice(path) => write!(f, "`{path}` is varied twice; join its lists in one"),
            Self::Uneven(lists) => {
                let each = |(path, count): &(String, usize)| format!("`{path}` has {count}");
                let all: Vec<String> = lists.iter().map(each).collect();
                write!(f, "lists of `--zip` move together and are equally long: {}", all.join(", "))
            }
            Self::List(path, reason) => write!(f, "`{path}` cannot be varied so: {reason}"),
            Self::TooMany => write!(
                f,
                "a sweep has at most 100,000 combinations, and these are more; take fewer values, \
                 or draw points with `--lhs 500`"
            ),
            Self::Condition(error, point) => {
                write!(f, "`--where`, {error} (at the values {})", point.join(", "))
            }
            Self::NoneLeft(all) => write!(f, "`--where` leaves out all {all} combinations"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::sweep::read_list;

    fn varied(path: &str, list: &str) -> Varied {
        Varied { path: path.to_owned(), list: read_list(list).expect(list) }
    }

    fn rows(points: &Points) -> Vec<String> {
        points.values.iter().map(|point| point.join(" ")).collect()
    }

    #[test]
    fn a_grid_combines_each_with_each_and_lists_that_move_together_once() {
        let (a, b, c, d) =
            (varied("a", "1,2"), varied("b", "x,y"), varied("c", "7,8"), varied("d", "p,q"));
        let points = grid(&[a.clone(), b.clone()], &[], None).expect("points");
        assert_eq!(rows(&points), ["1 x", "1 y", "2 x", "2 y"]);
        let points = grid(std::slice::from_ref(&a), &[c, d], None).expect("points");
        assert_eq!(points.paths, ["a", "c", "d"]);
        assert_eq!(rows(&points), ["1 7 p", "1 8 q", "2 7 p", "2 8 q"]);
        let condition = Condition::read("a = 2 or b = 'x'", &["a", "b"].map(str::to_owned));
        let points = grid(&[a, b], &[], Some(&condition.expect("sound"))).expect("points");
        assert_eq!(
            (rows(&points), points.left_out),
            (["1 x", "2 x", "2 y"].map(str::to_owned).into(), 1)
        );
        assert_eq!(points.distinct(0), ["1", "2"]);
        assert_eq!(points.sets(2), [("a", "2"), ("b", "y")].map(|(p, v)| (p.into(), v.into())));
    }

    #[test]
    fn what_does_not_fit_together_is_said() {
        let (a, b) = (varied("a", "1,2"), varied("b", "1,2,3"));
        let error = grid(&[], &[a.clone(), b], None).expect_err("uneven").to_string();
        assert!(error.contains("`a` has 2, `b` has 3"), "{error}");
        let twice =
            grid(std::slice::from_ref(&a), std::slice::from_ref(&a), None).expect_err("twice");
        assert_eq!(twice, PointsError::Twice("a".to_owned()));
        let none = Condition::read("a > 9", &["a".to_owned()]).expect("sound");
        assert_eq!(grid(&[a], &[], Some(&none)), Err(PointsError::NoneLeft(2)));
        let (long, ten) = (varied("a", "1..10000"), varied("b", "1..10"));
        let at_limit = grid(&[long.clone(), ten], &[], None).expect("at the limit");
        assert_eq!(at_limit.values.len(), POINTS_MAX);
        let eleven = varied("b", "1..11");
        assert_eq!(grid(&[long, eleven], &[], None), Err(PointsError::TooMany));
    }

    /// What makes it a Latin hypercube: each of n equal parts of each range has one point.
    #[test]
    fn each_part_of_each_range_is_drawn_once() {
        let count = 50;
        let lists = [varied("a", "0.0..1"), varied("b", "1..100"), varied("c", "x,y")];
        let points = latin(&lists, count, 7, None).expect("points");
        for (place, width) in [(0, 1.0 / 50.0), (1, 2.0)] {
            let low = if place == 0 { 0.0 } else { 1.0 };
            let part = |point: &Vec<String>| {
                let value: f64 = point[place].parse().expect("a number");
                ((value - low) / width + 1e-9) as usize
            };
            let mut parts: Vec<usize> = points.values.iter().map(part).collect();
            assert_ne!(parts, (0..count).collect::<Vec<_>>(), "not in order");
            parts.sort_unstable();
            assert_eq!(parts, (0..count).collect::<Vec<_>>());
        }
        assert_eq!(points.values.iter().filter(|point| point[2] == "x").count(), 25);
        assert_eq!(latin(&lists, count, 7, None), Ok(points.clone()));
        assert_ne!(latin(&lists, count, 8, None), Ok(points.clone()));
        // Other paths beside it change nothing.
        let alone = latin(&lists[1..2], count, 7, None).expect("points");
        assert!(alone.values.iter().zip(&points.values).all(|(a, b)| a[0] == b[1]));
    }
}
