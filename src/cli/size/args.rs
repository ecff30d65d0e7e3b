//! The options of `kinesim size`.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::cli::repeat::{RepeatArgs, replicates};
use crate::cli::values::{
    Charts, ColorWhen, ProgressWhen, parse_charts, parse_events, parse_override, parse_share,
    parse_size, parse_until,
};
use crate::experiment::size::{Knob, Minimise};
use crate::model::facts::RECORD_BYTES_MAX;
use crate::report::study::size::table::TABLES;
use crate::time::{Instant, Span};
use crate::units::{Bytes, Rate};

const BEFORE: &str = "\
Examples:
  kinesim size scenarios/hot-tenants.toml
  kinesim size --rate 4.5k/s --record-size '1.1 KiB' --keys 200";

const AFTER: &str = "\
Exit codes: 0 found, 1 no setting within the range holds, 2 wrong command line or
scenario, 3 a file cannot be read or written, 4 a limit ended it, 130 interrupted.";

/// Finds the cheapest setting that meets [slo]; compares rules of thumb
#[derive(Debug, Args)]
#[command(before_help = BEFORE, after_help = AFTER, next_line_help = false)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub(in crate::cli) struct SizeArgs {
    /// Scenario file (TOML), or `-` for stdin
    #[arg(value_name = "FILE", conflicts_with_all = ["rate", "scorecard"])]
    pub file: Option<PathBuf>,

    /// Without a file: records a second, 4.5k/s or 3k/s..5k/s
    #[arg(long, value_name = "RATE", value_parser = parse_rate, conflicts_with = "scorecard")]
    pub rate: Option<Given<Rate>>,

    /// Data of a record, or its ends [default: "1 KiB"]
    #[arg(long, value_name = "SIZE", value_parser = parse_record_size, requires = "rate")]
    pub record_size: Option<Given<Bytes>>,

    /// Keys, or a file: key,weight [default: each its own]
    #[arg(long, value_name = "N|FILE", requires = "rate")]
    pub keys: Option<String>,

    /// Readers [default: 0]
    #[arg(long, value_name = "N", requires = "rate",
          value_parser = clap::value_parser!(u32).range(0..=20))]
    pub consumers: Option<u32>,

    /// They have enhanced fan-out
    #[arg(long, hide_short_help = true, requires = "consumers")]
    pub fan_out: bool,

    /// What must hold: "write.throttled <= 0.1 %"; repeatable
    ///
    /// The path of a metric and a condition, as in [slo]. It is added to those of a
    /// file. Without any objective, write.throttled <= 0.1 % is asked for.
    #[arg(long, value_name = "OBJECTIVE", value_parser = parse_objective, verbatim_doc_comment)]
    pub slo: Vec<(String, String)>,

    /// Length of each run without a file [default: "10 min"]
    #[arg(long, hide_short_help = true, value_name = "T", requires = "rate",
          value_parser = parse_span)]
    pub duration: Option<Span>,

    /// May change: PATH, PATH=4,8 or PATH=4..16:2; repeatable
    ///
    /// Default: the number of shards, and of each Lambda its parallelization_factor
    /// and batch_size. Where any is given, only those and the number of shards
    /// change.
    #[arg(long, value_name = "PATH[=LIST]", value_parser = parse_knob, verbatim_doc_comment)]
    pub vary: Vec<Knob>,

    /// What is wanted least: cost or shards [default: cost]
    #[arg(long, value_name = "WHAT", hide_possible_values = true)]
    pub minimise: Option<Wanted>,

    /// Rates are so much higher: "25 %"
    #[arg(long, value_name = "SHARE", value_parser = parse_share)]
    pub headroom: Option<f64>,

    /// Part of the replicates that must hold [default: "95 %"]
    #[arg(long, value_name = "SHARE", value_parser = parse_share)]
    pub probability: Option<f64>,

    /// Draws of uncertain inputs, a run each [default: 32]
    ///
    /// Where numbers are ranges or distributions: every setting is played with the
    /// same draws, in place of --repeat.
    #[arg(long, value_name = "N", conflicts_with = "scorecard", value_parser = replicates(),
          verbatim_doc_comment)]
    pub draws: Option<u64>,

    /// The stream to size, where there are several
    #[arg(long, hide_short_help = true, value_name = "NAME", requires = "file")]
    pub stream: Option<String>,

    /// Do not try changes of the producer
    #[arg(long, hide_short_help = true)]
    pub no_changes: bool,

    /// Where each rule errs, over a grid of workloads
    #[arg(long)]
    pub scorecard: bool,

    /// Override one value, repeatable: stream.shard_count=12
    #[arg(long, value_name = "PATH=VALUE", value_parser = parse_override)]
    pub set: Vec<(String, String)>,

    /// Override scenario.seed
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,

    /// Stop each run at this virtual time
    #[arg(long, hide_short_help = true, value_name = "T", value_parser = parse_until)]
    pub until: Option<Instant>,

    /// Stop each run once so many events are played
    #[arg(long, hide_short_help = true, value_name = "N", value_parser = parse_events)]
    pub max_events: Option<u64>,

    #[command(flatten)]
    pub repeat: RepeatArgs,

    /// Parent directory [default: output]
    #[arg(short, long, value_name = "DIR")]
    pub out: Option<PathBuf>,

    /// Name of the study's directory [default: FILE's stem, -size]
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,

    /// Refuse to replace an earlier study
    #[arg(long, hide_short_help = true)]
    pub no_clobber: bool,

    /// Chart formats: svg, png, or none
    #[arg(long, value_name = "LIST", default_value = "svg,png", value_parser = parse_charts)]
    pub charts: Charts,

    /// Print a table: formulas or settings
    #[arg(long, value_name = "TABLE", conflicts_with = "json", hide_possible_values = true,
          value_parser = clap::builder::PossibleValuesParser::new(TABLES))]
    pub csv: Option<String>,

    /// Print one JSON object, errors too
    #[arg(long)]
    pub json: bool,

    /// Exit with 0 although no setting holds
    #[arg(long)]
    pub no_fail: bool,

    /// Print errors only, and what --json or --csv asks for
    #[arg(short, long)]
    pub quiet: bool,

    /// Colours: auto, always, or never
    #[arg(
        long,
        hide_short_help = true,
        value_name = "WHEN",
        default_value = "auto",
        hide_possible_values = true
    )]
    pub color: ColorWhen,

    /// Progress: auto, always, plain, or never
    #[arg(
        long,
        hide_short_help = true,
        value_name = "WHEN",
        default_value = "auto",
        hide_possible_values = true
    )]
    pub progress: ProgressWhen,

    /// Threads [default: one a core]; results never depend on it
    #[arg(short, long, value_name = "N")]
    pub jobs: Option<NonZeroUsize>,
}

/// What is wanted least.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "lower")]
pub(in crate::cli) enum Wanted {
    Cost,
    Shards,
}

impl From<Wanted> for Minimise {
    fn from(wanted: Wanted) -> Self {
        match wanted {
            Wanted::Cost => Self::Cost,
            Wanted::Shards => Self::Shards,
        }
    }
}

/// Values of one list at most.
const VALUES_MAX: usize = 1_000;

/// A quantity, or the ends between which it lies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::cli) enum Given<T> {
    Known(T),
    Between(T, T),
}

impl<T: PartialOrd> Given<T> {
    /// `4k/s`, or `3k/s..5k/s`.
    fn read(text: &str, one: impl Fn(&str) -> Result<T, String>) -> Result<Self, String> {
        let Some((low, high)) = text.split_once("..") else { return one(text).map(Self::Known) };
        let (low, high) = (one(low.trim())?, one(high.trim())?);
        if low < high {
            Ok(Self::Between(low, high))
        } else {
            Err("its ends do not rise; write the smaller one first".to_owned())
        }
    }
}

fn parse_rate(text: &str) -> Result<Given<Rate>, String> {
    Given::read(text, |text| {
        let rate: Rate = text.parse().map_err(|error| format!("it {error}"))?;
        if rate.0 > 0.0 { Ok(rate) } else { Err("it must be more than zero".to_owned()) }
    })
}

fn parse_record_size(text: &str) -> Result<Given<Bytes>, String> {
    Given::read(text, |text| {
        let size = parse_size(text)?;
        if size > RECORD_BYTES_MAX {
            return Err(format!("it is larger than the largest record, {RECORD_BYTES_MAX}"));
        }
        Ok(size)
    })
}

fn parse_span(text: &str) -> Result<Span, String> {
    let span: Span = text.parse().map_err(|error| format!("it {error}"))?;
    if span.is_zero() { Err("it must be longer than zero".to_owned()) } else { Ok(span) }
}

/// `write.throttled <= 0.1 %` as a path below `slo` and a condition.
fn parse_objective(text: &str) -> Result<(String, String), String> {
    let at = text.find(['<', '>', '=']).filter(|at| !text[..*at].trim().is_empty());
    let at = at.ok_or("write a metric and a condition, such as `write.throttled <= 0.1 %`")?;
    let (path, condition) = text.split_at(at);
    let path = path.trim();
    let path = path.strip_prefix("slo.").unwrap_or(path);
    Ok((format!("slo.{path}"), crate::scenario::edit::quoted(condition.trim())))
}

/// `stream.shard_count=4..16:2`, or a path alone.
fn parse_knob(text: &str) -> Result<Knob, String> {
    let (path, list) = text.split_once('=').map_or((text, None), |(a, b)| (a, Some(b)));
    let path = path.trim().to_owned();
    if path.is_empty() || !path.contains('.') {
        return Err("write a path such as `stream.shard_count`, or a path and values".to_owned());
    }
    let values = list.map_or(Ok(Vec::new()), parse_list)?;
    Ok(Knob { path, values })
}

fn parse_list(list: &str) -> Result<Vec<String>, String> {
    let mut values = Vec::new();
    for part in list.split(',').map(str::trim) {
        if part.is_empty() {
            return Err("a value is empty; write `4,8,16` or `4..16:2`".to_owned());
        }
        let Some((from, rest)) = part.split_once("..") else {
            values.push(part.to_owned());
            continue;
        };
        let (to, step) = rest.split_once(':').unwrap_or((rest, "1"));
        let whole = |text: &str| {
            let number = text.trim().trim_start_matches('=').parse::<u32>();
            number.map_err(|_| format!("`{part}` is no range; write `4..16` or `4..16:2`"))
        };
        let (from, to, step) = (whole(from)?, whole(to)?, whole(step)?);
        if step == 0 || to < from {
            return Err(format!("`{part}` holds no number; write the smaller one first"));
        }
        let count = (to - from) / step + 1;
        if count as usize > VALUES_MAX - values.len().min(VALUES_MAX) {
            return Err(format!("it has more than {VALUES_MAX} values"));
        }
        values.extend((from..=to).step_by(step as usize).map(|it| it.to_string()));
    }
    let mut seen = Vec::new();
    values.retain(|it| {
        !seen.contains(it) && {
            seen.push(it.clone());
            true
        }
    });
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knobs_are_paths_with_lists_and_ranges() {
        let values = |text: &str| parse_knob(text).map(|it| it.values);
        assert_eq!(values("stream.shard_count"), Ok(Vec::new()));
        let range = ["4", "6", "8"].map(str::to_owned).to_vec();
        assert_eq!(values("stream.shard_count=4..8:2"), Ok(range.clone()));
        assert_eq!(values("stream.shard_count=4,6, 8,4"), Ok(range));
        for faulty in ["", "shards", "a.b=", "a.b=4..x", "a.b=8..4", "a.b=1..5:0", "a.b=1..1000000"]
        {
            assert!(parse_knob(faulty).is_err(), "{faulty}");
        }
    }

    #[test]
    fn objectives_are_paths_with_conditions() {
        let wanted = ("slo.write.throttled".to_owned(), "\"<= 0.1 %\"".to_owned());
        assert_eq!(parse_objective("write.throttled <= 0.1 %"), Ok(wanted.clone()));
        assert_eq!(parse_objective("slo.write.throttled<= 0.1 %"), Ok(wanted));
        assert!(parse_objective("write.throttled").is_err());
        assert!(parse_objective("<= 5").is_err());
    }
}
