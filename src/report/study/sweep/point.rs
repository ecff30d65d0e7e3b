//! What the runs of one point showed.

use crate::experiment::study::sweep::{Done, Limit};
use crate::experiment::study::{Met, Regret, Row, Told};
use crate::report::manifest::sha256;
use crate::report::study::drawn::Chance;
use crate::report::study::sweep::{COST, Frame};

/// Letters of a SHA-256.
const HASH: usize = 64;

/// What the runs of a point showed.
#[derive(Clone, Debug)]
pub struct PointRow {
    /// Place of the point, from 0.
    pub point: usize,
    /// SHA-256 of its resolved scenario, or of those of all its draws; empty where it has none.
    pub hash: String,
    /// How it ended.
    pub state: State,
    /// The runs that have numbers.
    pub rows: Vec<Row>,
    /// Each measure over all runs.
    pub told: Vec<Told>,
    /// Each objective over all runs.
    pub met: Vec<Met>,
    /// All objectives over all runs.
    pub all_met: Met,
    /// Draws whose values make no scenario, and what is wrong with the first of them.
    pub left_out: (usize, String),
    /// What not knowing the draw costs; none where nothing is drawn.
    pub regret: Option<Regret>,
    /// Objectives that did not hold in each run.
    pub missed: usize,
    /// What a month costs (USD).
    pub cost: Option<f64>,
    /// Whether no other point is as good and better in something: cost, lag, throttling.
    pub is_unbeaten: bool,
    /// Cost relative to the cheapest point that misses nothing.
    pub relative: Option<f64>,
}

/// How the runs of a point ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// All came to their end.
    Whole,
    /// A limit ended some of them.
    Partial(Limit),
    /// Some have no numbers, for this reason.
    Failed(String),
}

impl PointRow {
    /// What these runs show, without what depends on other points.
    pub(super) fn new(point: usize, done: Vec<Done>, frame: &Frame<'_>) -> Self {
        let mut hash = String::new();
        let mut rows = Vec::with_capacity(done.len());
        let (mut limit, mut failure) = (None, None);
        let mut left_out = (0, String::new());
        let count = done.len() as u64;
        for it in done {
            // Of draws there is a scenario each.
            let is_new = hash.is_empty() || frame.draws.is_some();
            if !it.hash.is_empty() && is_new {
                hash.push_str(&it.hash);
            }
            match it.result {
                Ok(kept) => {
                    limit = limit.or(kept.limit);
                    rows.push(kept.row);
                }
                Err(reason) if frame.draws.is_some() && it.hash.is_empty() => {
                    left_out.0 += 1;
                    if left_out.0 == 1 {
                        left_out.1 = reason;
                    }
                }
                Err(reason) => failure = failure.or(Some(reason)),
            }
        }
        if hash.len() > HASH {
            hash = sha256(hash.as_bytes());
        }
        if rows.is_empty() && left_out.0 > 0 {
            failure = failure.or_else(|| Some(left_out.1.clone()));
        }
        if count < frame.replicates && failure.is_none() {
            failure = Some("it was not played to its end".to_owned());
        }
        let state = match (failure, limit) {
            (Some(reason), _) => State::Failed(reason),
            (None, Some(limit)) => State::Partial(limit),
            (None, None) => State::Whole,
        };
        let told: Vec<Told> = (0..frame.measures.len())
            .map(|place| Told::new(&rows, place, frame.confidence))
            .collect();
        let met: Vec<Met> = (0..frame.objectives.len())
            .map(|place| Met::objective(&rows, place, frame.confidence))
            .collect();
        let cost = frame.measures.iter().position(|it| it.path == COST);
        let cost = cost.and_then(|place| told[place].estimate).map(|it| it.mean);
        let missed = met.iter().filter(|it| !it.always()).count();
        Self {
            point,
            hash,
            state,
            all_met: Met::all(&rows, frame.confidence),
            left_out,
            regret: None,
            rows,
            told,
            met,
            missed,
            cost,
            is_unbeaten: false,
            relative: None,
        }
    }

    /// How likely it holds, and what not knowing costs; nothing of a point that failed.
    pub(in crate::report) fn chance(&self) -> Chance {
        let has_numbers = !matches!(self.state, State::Failed(_));
        (Some(self.all_met).filter(|_| has_numbers), self.regret.filter(|_| has_numbers))
    }

    /// Whether every run came to its end and met every objective.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.state == State::Whole && self.missed == 0
    }
}

impl State {
    /// As tables have it.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Whole => "whole",
            Self::Partial(_) => "partial",
            Self::Failed(_) => "failed",
        }
    }

    /// Why it is not whole; empty where it is.
    #[must_use]
    pub fn reason(&self) -> &str {
        match self {
            Self::Whole => "",
            Self::Partial(limit) => limit.name(),
            Self::Failed(reason) => reason,
        }
    }
}
