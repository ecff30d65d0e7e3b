//! `--repeat`: how many replicates there are, and playing them.

use std::sync::Mutex;

use clap::Args;
use clap::builder::{PossibleValuesParser, RangedU64ValueParser};

use crate::cli::failure::Failure;
use crate::cli::interrupt;
use crate::cli::progress::StudyMeter;
use crate::cli::terminal::Terminal;
use crate::cli::values::{ProgressWhen, parse_share};
use crate::experiment::run::Continue;
use crate::experiment::stats::{Confidence, HalfWidth, Sequential};
use crate::experiment::study::{self, Job, Measure, Pace, Row, Stopped};
use crate::scenario::Scenario;
use crate::time::Instant;

/// Most replicates of one scenario.
pub(super) const REPLICATES_MAX: u64 = 10_000;
/// Draws of uncertain inputs where nobody says how many.
pub(super) const DRAWS: u64 = 32;
/// Replicates at first, where a width is asked for and no number.
const FLOOR: u64 = 10;
/// Replicates at most, where a width is asked for.
const MOST: u64 = 200;

/// How often a scenario is played, and with what.
#[derive(Clone, Debug, Args)]
pub(super) struct RepeatArgs {
    /// Play N times with other random numbers: intervals
    ///
    /// Keys stay the same. Replicate 3 has the same numbers whatever N is, and
    /// whatever is compared with it.
    #[arg(long, value_name = "N", value_parser = replicates(), verbatim_doc_comment)]
    pub repeat: Option<u64>,

    /// Repeat until each interval is within: "5 %"
    ///
    /// Half the width of an objective's interval, as a share of its mean; of every
    /// measure where there are no objectives. Begins with --repeat [10], ends with
    /// --repeat-most. Looking often is paid for with wider intervals.
    #[arg(long, value_name = "SHARE", value_parser = parse_share, verbatim_doc_comment)]
    pub within: Option<f64>,

    /// Most replicates with --within [default: 200]
    #[arg(
        long,
        hide_short_help = true,
        value_name = "N",
        requires = "within",
        value_parser = replicates()
    )]
    pub repeat_most: Option<u64>,

    /// Confidence of intervals [default: "95 %"]
    #[arg(
        long,
        hide_short_help = true,
        value_name = "SHARE",
        value_parser = parse_confidence
    )]
    pub confidence: Option<Confidence>,

    /// Let `keys` fall elsewhere in each replicate
    ///
    /// As keys of other names would, just as long: how much of the result is the
    /// luck of a hash. Replicate 0 has the keys of the file.
    #[arg(
        long,
        hide_short_help = true,
        value_name = "WHAT",
        value_parser = PossibleValuesParser::new(["keys"]),
        hide_possible_values = true,
        verbatim_doc_comment
    )]
    pub resample: Option<String>,
}

impl RepeatArgs {
    /// Whether more than one run is asked for.
    pub(super) fn is_asked(&self) -> bool {
        self.repeat.is_some() || self.within.is_some()
    }

    pub(super) fn confidence(&self) -> Confidence {
        self.confidence.unwrap_or(Confidence::USUAL)
    }

    pub(super) fn with_other_keys(&self) -> bool {
        self.resample.is_some()
    }

    /// Replicates at first: all of them, unless a width is asked for.
    pub(super) fn floor(&self) -> u64 {
        self.repeat.unwrap_or(if self.within.is_some() { FLOOR } else { 1 })
    }

    /// What the parser cannot see.
    pub(super) fn check(&self) -> Result<(), Failure> {
        let most = self.repeat_most.unwrap_or(MOST);
        if self.within.is_some() && self.floor() > most {
            return Err(Failure::CommandLine {
                message: format!("`--repeat {}` is more than `--repeat-most {most}`", self.floor()),
                help: Some("`--repeat` is the least number of replicates with `--within`".into()),
            });
        }
        if self.within.is_some() && self.floor() < 2 {
            return Err(Failure::CommandLine {
                message: "one replicate has no interval".into(),
                help: Some("write `--repeat 10` or leave it out".into()),
            });
        }
        Ok(())
    }

    /// How many draws there are, each with a replicate of its own; none where nothing is uncertain.
    /// `given` is what `--draws` says, `usual` what holds without it.
    pub(super) fn draws(
        &self,
        given: Option<u64>,
        usual: u64,
        is_uncertain: bool,
    ) -> Result<Option<u64>, Failure> {
        let wrong = |message: &str, help: &str| {
            Err(Failure::CommandLine { message: message.to_owned(), help: Some(help.to_owned()) })
        };
        match (given, is_uncertain) {
            (Some(_), false) => wrong(
                "`--draws` has nothing to draw: no input is uncertain, but for what is varied",
                "write a range for a number, as in `rate = { uncertain = [\"4k/s\", \"6k/s\"] }`; \
                 `--repeat N` plays other random numbers",
            ),
            (_, true) if self.is_asked() => wrong(
                "inputs are uncertain, and each run is a draw of them with its own random numbers",
                "write `--draws N` in place of `--repeat` and `--within`",
            ),
            (_, true) => Ok(Some(given.unwrap_or(usual))),
            (None, false) => Ok(None),
        }
    }

    /// When to stop; `None` where the number of replicates is given.
    fn sequential(&self) -> Option<Sequential> {
        let width = HalfWidth::Relative(self.within?);
        let most = self.repeat_most.unwrap_or(MOST).max(self.floor());
        Some(Sequential::new(self.floor() as usize, most as usize, width, self.confidence()))
    }
}

/// What all runs of a study share.
#[derive(Clone, Copy, Debug)]
pub(super) struct Playing<'a> {
    pub repeat: &'a RepeatArgs,
    pub threads: Option<usize>,
    pub until: Option<Instant>,
    pub max_events: Option<u64>,
    pub progress: ProgressWhen,
    pub quiet: bool,
    pub terminal: Terminal,
}

/// The replicates of some scenarios.
pub(super) struct Replicated {
    /// An entry a scenario: rows in order of the replicate.
    pub rows: Vec<Vec<Row>>,
    /// Of their intervals: more than was asked for where several looks were taken at them.
    pub confidence: Confidence,
}

impl Playing<'_> {
    /// The job of one run.
    pub(super) fn job<'s>(
        &self,
        scenario: &'s Scenario,
        measures: &'s [Measure],
        replicate: u64,
    ) -> Job<'s> {
        Job {
            scenario,
            measures,
            replicate,
            with_other_keys: self.repeat.with_other_keys(),
            until: self.until,
            max_events: self.max_events,
        }
    }

    /// Plays these jobs, with progress, until Ctrl-C.
    pub(super) fn play(&self, jobs: &[Job<'_>]) -> Result<Vec<Row>, Stopped> {
        self.watch(|on_progress| study::play(self.threads, jobs, on_progress))
    }

    /// Plays something with progress, until Ctrl-C.
    pub(super) fn watch<R>(&self, play: impl FnOnce(&(dyn Fn(Pace) -> Continue + Sync)) -> R) -> R {
        let meter = Mutex::new(StudyMeter::new(self.progress, self.quiet, self.terminal));
        let on_progress = |pace: Pace| {
            if interrupt::was_asked() {
                return Continue::Stop;
            }
            // A thread that finds another at the meter has better things to do.
            if let Ok(mut meter) = meter.try_lock() {
                meter.show(pace);
            }
            Continue::Yes
        };
        let played = play(&on_progress);
        if let Ok(mut meter) = meter.lock() {
            meter.clear();
        }
        played
    }

    /// As many replicates of each scenario as are asked for, or as it takes for intervals as narrow
    /// as asked for; an entry a scenario. All have equally many, so that they are paired. `rows`
    /// are the first ones, where they have been played.
    pub(super) fn replicates(
        &self,
        scenarios: &[(&Scenario, &[Measure])],
        mut rows: Vec<Vec<Row>>,
    ) -> Result<Replicated, Stopped> {
        rows.resize(scenarios.len(), Vec::new());
        let played = |rows: &[Vec<Row>]| rows.first().map_or(0, Vec::len) as u64;
        let sequential = self.repeat.sequential();
        let mut look = 0;
        loop {
            let from = played(&rows);
            let to = match &sequential {
                Some(sequential) => sequential.size_at(look) as u64,
                None => self.repeat.floor(),
            };
            let jobs: Vec<Job<'_>> = scenarios
                .iter()
                .flat_map(|&(scenario, measures)| {
                    (from..to).map(move |replicate| self.job(scenario, measures, replicate))
                })
                .collect();
            let mut fresh = self.play(&jobs)?.into_iter();
            for own in &mut rows {
                own.extend(fresh.by_ref().take(to.saturating_sub(from) as usize));
            }
            let Some(sequential) = &sequential else {
                return Ok(Replicated { rows, confidence: self.repeat.confidence() });
            };
            let series: Vec<Vec<f64>> = scenarios
                .iter()
                .zip(&rows)
                .flat_map(|((_, measures), rows)| judged_values(measures, rows))
                .collect();
            let series: Vec<&[f64]> = series.iter().map(Vec::as_slice).collect();
            if sequential.is_enough(look, &series) || sequential.size_at(look + 1) as u64 == to {
                return Ok(Replicated { rows, confidence: sequential.confidence_at(look) });
            }
            look += 1;
        }
    }
}

/// How many replicates there are, decided look by look where a width is asked for.
pub(super) struct Replication {
    sequential: Option<Sequential>,
    floor: u64,
    confidence: Confidence,
    look: usize,
}

impl Replication {
    pub(super) fn new(repeat: &RepeatArgs) -> Self {
        let (sequential, floor) = (repeat.sequential(), repeat.floor());
        Self { sequential, floor, confidence: repeat.confidence(), look: 0 }
    }

    /// Replicates of each scenario, by now.
    pub(super) fn size(&self) -> u64 {
        let sequential = self.sequential.as_ref();
        sequential.map_or(self.floor, |it| it.size_at(self.look) as u64)
    }

    /// Whether these are all; the confidence that intervals then have. Else there are more. Of
    /// `all`, rows of one scenario after the other, none is read before it is needed.
    pub(super) fn is_enough<E>(
        &mut self,
        measures: &[Measure],
        all: impl Iterator<Item = Result<Vec<Row>, E>>,
    ) -> Result<Option<Confidence>, E> {
        let Some(sequential) = &self.sequential else { return Ok(Some(self.confidence)) };
        let is_last = sequential.size_at(self.look + 1) == sequential.size_at(self.look);
        for rows in all.filter(|_| !is_last) {
            let series = judged_values(measures, &rows?);
            let series: Vec<&[f64]> = series.iter().map(Vec::as_slice).collect();
            if !sequential.is_enough(self.look, &series) {
                self.look += 1;
                return Ok(None);
            }
        }
        Ok(Some(sequential.confidence_at(self.look)))
    }
}

/// What the objectives are about, or everything where there are none: a series a measure that every
/// replicate has.
fn judged_values(measures: &[Measure], rows: &[Row]) -> Vec<Vec<f64>> {
    let is_any_judged = measures.iter().any(|it| it.is_judged);
    let wanted = measures.iter().enumerate().filter(|(_, it)| it.is_judged || !is_any_judged);
    let values = wanted.filter_map(|(place, _)| {
        rows.iter().map(|row| row.values.get(place).copied().flatten()).collect()
    });
    values.collect()
}

pub(super) fn replicates() -> RangedU64ValueParser {
    RangedU64ValueParser::new().range(1..=REPLICATES_MAX)
}

pub(super) fn parse_confidence(text: &str) -> Result<Confidence, String> {
    let share = parse_share(text)?;
    Confidence::new(share).ok_or_else(|| "it must lie between 50 % and 100 %".to_owned())
}
