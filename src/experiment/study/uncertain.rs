//! What hangs on what is not known: draws of all uncertain inputs together, and each by itself.

use crate::experiment::run::Continue;
use crate::experiment::study::design::latin_hypercube;
use crate::experiment::study::measure::Measure;
use crate::experiment::study::played::{self, Job, Pace, Stopped};
use crate::experiment::study::row::Row;
use crate::scenario::uncertain::{self, Others};
use crate::scenario::{self, Files, Problems, Scenario, UncertainInput};
use crate::time::Instant;

/// A scenario's text, which is read anew for each point.
#[derive(Clone, Copy)]
pub struct Source<'a> {
    /// Name of the run.
    pub name: &'a str,
    /// What messages call the text.
    pub label: &'a str,
    /// The text.
    pub text: &'a str,
    /// What is laid over it.
    pub overrides: &'a [(String, String)],
    /// The files it names.
    pub files: &'a (dyn Files + Sync),
}

/// Something that is not known.
#[derive(Clone, Debug, PartialEq)]
pub struct Unknown {
    /// Its path, as `--set` takes it.
    pub path: String,
    /// The id of the fact, where it is an assumed constant.
    pub fact: Option<&'static str>,
    /// What is known of it: `4k/s to 6k/s`.
    pub known: String,
    /// What it is where nothing is tried.
    pub centre: String,
    /// Its low and its high end, or the other words it may be.
    pub tried: Vec<Tried>,
}

/// One value of an unknown.
#[derive(Clone, Debug, PartialEq)]
pub struct Tried {
    /// As people write it.
    pub value: String,
    /// The scenario with it.
    pub point: Point,
}

/// An assumed constant that is not tried, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// Id of the fact.
    pub fact: &'static str,
    /// Its field, where it has one.
    pub path: Option<String>,
    /// Why not.
    pub why: String,
}

/// One of the scenarios that may be meant.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Point {
    /// The shares of the uncertain inputs, in their order.
    pub shares: Vec<f64>,
    /// A value of an assumed constant.
    pub set: Option<(String, String)>,
}

/// What is played.
#[derive(Clone, Debug)]
pub struct Play {
    /// Which scenario.
    pub point: Point,
    /// With which random numbers.
    pub replicate: u64,
}

/// How long each run is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Limits {
    /// Stops earlier than the scenario's duration.
    pub until: Option<Instant>,
    /// Stops at so many events.
    pub max_events: Option<u64>,
}

/// A point that was played.
#[derive(Clone, Debug, PartialEq)]
pub struct Played {
    /// The values of the uncertain inputs.
    pub inputs: Vec<String>,
    /// Its resolved text.
    pub resolved: String,
    /// What was measured.
    pub row: Row,
}

impl Source<'_> {
    /// The scenario at a point.
    ///
    /// # Errors
    /// Where its values do not fit together.
    pub fn load(&self, point: &Point) -> Result<Scenario, Problems> {
        let mut overrides = self.overrides.to_vec();
        overrides.extend(point.set.clone());
        let Self { name, label, text, files, .. } = *self;
        scenario::load_drawn(name, label, text, &overrides, files, &point.shares)
    }
}

/// What is not known of a scenario: its uncertain inputs and its assumed constants; and those of
/// the constants that cannot be tried.
///
/// # Errors
/// Where an end of an uncertain input makes no scenario.
pub fn unknowns(
    source: &Source<'_>,
    centre: &Scenario,
) -> Result<(Vec<Unknown>, Vec<LeftOut>), Problems> {
    let mut all = Vec::new();
    for (place, input) in centre.uncertain.iter().enumerate() {
        all.push(of_input(source, centre, place, input)?);
    }
    let mut left_out = Vec::new();
    for id in &centre.assumptions {
        if !centre.assumed.iter().any(|it| it.fact == *id) {
            let why = "no field changes it".to_owned();
            left_out.push(LeftOut { fact: id, path: None, why });
        }
    }
    for assumed in &centre.assumed {
        let mut left = |why: String| {
            let path = Some(assumed.path.clone());
            left_out.push(LeftOut { fact: assumed.fact, path, why });
        };
        let (values, known) = match uncertain::others(assumed) {
            Others::Range(ends) => {
                let known = format!("{} to {}", plain(&ends[0]), plain(&ends[1]));
                (ends.to_vec(), known)
            }
            Others::Words(words) => {
                let others: Vec<&str> = words.iter().map(|word| plain(word)).collect();
                let known = format!("or {}", others.join(", "));
                (words, known)
            }
            Others::None(why) => {
                left(why.to_owned());
                continue;
            }
        };
        let mut tried = Vec::new();
        for value in values {
            let set = Some((assumed.path.clone(), value.clone()));
            let point = Point { shares: Vec::new(), set };
            match source.load(&point) {
                Ok(_) => tried.push(Tried { value: plain(&value).to_owned(), point }),
                Err(problems) => {
                    let first = problems.iter().next().map(|it| it.message.clone());
                    left(format!("{}: {}", plain(&value), first.unwrap_or_default()));
                }
            }
        }
        if !tried.is_empty() {
            let (path, centre) = (assumed.path.clone(), plain(&assumed.value).to_owned());
            all.push(Unknown { path, fact: Some(assumed.fact), known, centre, tried });
        }
    }
    Ok((all, left_out))
}

fn of_input(
    source: &Source<'_>,
    centre: &Scenario,
    place: usize,
    input: &UncertainInput,
) -> Result<Unknown, Problems> {
    let mut tried = Vec::new();
    for end in [input.ends.0, input.ends.1] {
        let mut shares = vec![uncertain::CENTRE; centre.uncertain.len()];
        shares[place] = end;
        let point = Point { shares, set: None };
        let scenario = source.load(&point)?;
        let value = scenario.uncertain.get(place).map_or("", UncertainInput::value).to_owned();
        tried.push(Tried { value, point });
    }
    Ok(Unknown {
        path: input.path.clone(),
        fact: None,
        known: input.text.clone(),
        centre: input.value().to_owned(),
        tried,
    })
}

/// A value of TOML as people write it.
fn plain(value: &str) -> &str {
    value.trim_matches('"')
}

/// `draws` points of all uncertain inputs together, each with the random numbers of one of
/// `replicates` in turn.
#[must_use]
pub fn draws(centre: &Scenario, draws: usize, replicates: u64) -> Vec<Play> {
    let names: Vec<&str> = centre.uncertain.iter().map(|it| it.path.as_str()).collect();
    let points = latin_hypercube(centre.plan.seed, &names, draws);
    let play = |(draw, shares)| Play {
        point: Point { shares, set: None },
        replicate: draw as u64 % replicates.max(1),
    };
    points.into_iter().enumerate().map(play).collect()
}

/// Plays each on at most `threads` threads; results in their order, and the problems of those
/// whose values make no scenario.
///
/// # Errors
/// [`Stopped`], where `on_progress` said so.
pub fn play(
    threads: Option<usize>,
    source: &Source<'_>,
    measures: &[Measure],
    plays: &[Play],
    limits: Limits,
    on_progress: &(dyn Fn(Pace) -> Continue + Sync),
) -> Result<Vec<Result<Played, Problems>>, Stopped> {
    played::each(threads, plays, |play, board| {
        let scenario = match source.load(&play.point) {
            Ok(scenario) => scenario,
            Err(problems) => return Some(Err(problems)),
        };
        let job = Job {
            scenario: &scenario,
            measures,
            replicate: play.replicate,
            with_other_keys: false,
            until: limits.until,
            max_events: limits.max_events,
        };
        let row = job.play(board, on_progress)?;
        let inputs = scenario.uncertain.iter().map(|it| it.value().to_owned()).collect();
        Some(Ok(Played { inputs, resolved: scenario.resolved, row }))
    })
}

/// What a measure is at each value tried of an unknown.
#[derive(Clone, Debug, PartialEq)]
pub struct Bar<'u> {
    /// What is not known.
    pub unknown: &'u Unknown,
    /// For each value tried, the mean over the replicates; none where some has no value.
    pub values: Vec<Option<f64>>,
    /// For each value tried, whether every objective held in every replicate.
    pub met: Vec<bool>,
    /// From the least to the largest, that of the middle among them; none where one is missing.
    pub swing: Option<f64>,
    /// Whether a value tried would change the verdict of the middle.
    pub decides: bool,
}

/// The bars of a measure, the widest first. `rows` has, for each unknown and each of its values, an
/// entry a replicate; `centre` has those of the middle.
#[must_use]
pub fn tornado<'u>(
    unknowns: &'u [Unknown],
    rows: &[Vec<Vec<Row>>],
    centre: &[Row],
    measure: usize,
) -> Vec<Bar<'u>> {
    let middle = mean(centre, measure);
    let is_met = |rows: &[Row]| rows.iter().all(Row::is_met);
    let bar = |(unknown, tried): (&'u Unknown, &Vec<Vec<Row>>)| {
        let values: Vec<Option<f64>> = tried.iter().map(|rows| mean(rows, measure)).collect();
        let met: Vec<bool> = tried.iter().map(|rows| is_met(rows)).collect();
        let all: Option<Vec<f64>> = values.iter().copied().chain([middle]).collect();
        let swing = all.map(|all| {
            let least = all.iter().copied().fold(f64::INFINITY, f64::min);
            all.iter().copied().fold(f64::NEG_INFINITY, f64::max) - least
        });
        let decides = met.iter().any(|&met| met != is_met(centre));
        Bar { unknown, values, met, swing, decides }
    };
    let mut bars: Vec<Bar<'_>> = unknowns.iter().zip(rows).map(bar).collect();
    // Of equals the first stays first.
    bars.sort_by(|a, b| b.swing.unwrap_or(-1.0).total_cmp(&a.swing.unwrap_or(-1.0)));
    bars
}

/// The first measure that an objective is about and something moves; else the first of all.
#[must_use]
pub fn first_moved(
    measures: &[Measure],
    unknowns: &[Unknown],
    rows: &[Vec<Vec<Row>>],
    centre: &[Row],
) -> usize {
    let is_moved = |place: usize| {
        let bars = tornado(unknowns, rows, centre, place);
        bars.first().and_then(|bar| bar.swing).is_some_and(|swing| swing > 0.0)
    };
    let judged = measures.iter().enumerate().filter(|(_, it)| it.is_judged);
    judged.map(|(place, _)| place).find(|&place| is_moved(place)).unwrap_or(0)
}

/// The mean of a measure; none where some row has no value.
#[must_use]
pub fn mean(rows: &[Row], measure: usize) -> Option<f64> {
    let values: Option<Vec<f64>> =
        rows.iter().map(|row| row.values.get(measure).copied().flatten()).collect();
    let values = values.filter(|values| !values.is_empty())?;
    Some(values.iter().sum::<f64>() / values.len() as f64)
}

/// The value below which a part `share` of these lie, between neighbours in proportion.
#[must_use]
pub fn quantile(values: &[f64], share: f64) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len().checked_sub(1)?;
    let place = share.clamp(0.0, 1.0) * last as f64;
    let below = place as usize;
    let (low, high) = (sorted[below], sorted[(below + 1).min(last)]);
    Some(low + (high - low) * (place - below as f64))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(value: f64, met: bool) -> Row {
        let (values, met) = (vec![Some(value)], vec![met]);
        Row { replicate: 0, is_partial: false, values, met, lost: (0, 1), bill: Vec::new() }
    }

    fn unknown(path: &str) -> Unknown {
        Unknown {
            path: path.to_owned(),
            fact: None,
            known: String::new(),
            centre: String::new(),
            tried: Vec::new(),
        }
    }

    #[test]
    fn the_widest_bar_comes_first_and_the_middle_counts() {
        let unknowns = [unknown("narrow"), unknown("wide"), unknown("one-sided")];
        let rows = [
            vec![vec![row(4.0, true)], vec![row(6.0, true)]],
            vec![vec![row(1.0, true)], vec![row(9.0, false)]],
            // Both ends on one side of the middle: 5 to 8, not 7 to 8.
            vec![vec![row(7.0, true)], vec![row(8.0, true)]],
        ];
        let bars = tornado(&unknowns, &rows, &[row(5.0, true)], 0);
        let told: Vec<(&str, Option<f64>, bool)> =
            bars.iter().map(|it| (it.unknown.path.as_str(), it.swing, it.decides)).collect();
        assert_eq!(
            told,
            [
                ("wide", Some(8.0), true),
                ("one-sided", Some(3.0), false),
                ("narrow", Some(2.0), false)
            ]
        );
    }

    #[test]
    fn quantiles_lie_between_neighbours() {
        let values = [3.0, 1.0, 2.0, 4.0, 5.0];
        assert_eq!(quantile(&values, 0.5), Some(3.0));
        assert_eq!(quantile(&values, 0.1), Some(1.4));
        assert_eq!(quantile(&values, 1.0), Some(5.0));
        assert_eq!(quantile(&[], 0.5), None);
        assert_eq!(mean(&[row(1.0, true), row(2.0, true)], 0), Some(1.5));
        assert_eq!(mean(&[], 0), None);
    }
}
