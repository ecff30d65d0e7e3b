//! What may be written after `kinesim sweep`.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};

use crate::cli::repeat::{RepeatArgs, replicates};
use crate::cli::values::{
    Charts, ColorWhen, ProgressWhen, parse_charts, parse_events, parse_override, parse_until,
};
use crate::time::Instant;

const SWEEP_BEFORE: &str = "\
Examples:
  kinesim sweep hot.toml --vary stream.shard_count=8..16:2
  kinesim sweep a.toml --vary stream.shard_count=8,16 --vary lambda.f.batch_size=200,500";

const SWEEP_AFTER: &str = "\
Exit codes: 0 some point meets every objective, 1 none does, 2 wrong command line or
scenario, 3 a file cannot be read or written, 4 limits ended all, 130 interrupted.";

const SWEEP_AFTER_LONG: &str = "\
A list is `4,8,16`, or `4..16:2` from end to end in steps; units stand behind each
number: `1k/s..5k/s:1k/s`. Each value is combined with each. A table `[sweep]` of the
scenario gives the same; lists on the command line replace its lists and its condition.

A sweep that is killed goes on where it was when the same command is given again.

Exit codes:
    0  done; some point meets every objective, or none is set
    1  done; no point meets every objective
    2  wrong command line or wrong scenario; nothing was simulated
    3  a file could not be read or written, or a directory is not ours to replace
    4  a limit ended every point early; the files are written
  101  a bug in kinesim; the message says what to send
  130  interrupted by Ctrl-C; the same command goes on from there";

/// Simulates every combination of some values: a row each
#[derive(Debug, Args)]
#[command(
    before_help = SWEEP_BEFORE,
    after_help = SWEEP_AFTER,
    after_long_help = SWEEP_AFTER_LONG,
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true
)]
pub(in crate::cli) struct SweepArgs {
    #[command(subcommand)]
    pub command: Option<Beyond>,

    #[command(flatten)]
    pub what: WhatArgs,

    /// Print the points and stop
    #[arg(long)]
    pub list: bool,

    /// Forget what an interrupted sweep left
    #[arg(long, hide_short_help = true)]
    pub fresh: bool,

    #[command(flatten)]
    pub told: ToldArgs,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Beyond {
    /// Writes a plan that several machines share
    Plan(Box<PlanArgs>),
    /// Plays a slice of a plan
    Run(SliceArgs),
    /// Says how far a plan is
    Status(StatusArgs),
    /// Writes what all slices showed
    Merge(MergeArgs),
}

/// What is played.
#[derive(Debug, Args)]
pub(in crate::cli) struct WhatArgs {
    /// Scenario file (TOML), or `-` for stdin
    #[arg(value_name = "FILE", required = true)]
    pub file: Option<PathBuf>,

    /// Values of a path: 4,8,16 or 4..16:2; repeatable
    #[arg(long, value_name = "PATH=LIST", value_parser = parse_override)]
    pub vary: Vec<(String, String)>,

    /// Values that move together; repeatable
    #[arg(long, value_name = "PATH=LIST", hide_short_help = true, value_parser = parse_override)]
    pub zip: Vec<(String, String)>,

    /// Which combinations: "shard_count * batch_size < 4000"
    ///
    /// Names are paths that are varied, or their last steps. Comparisons, `and`,
    /// `or`, `not`, + - * / and parentheses; a unit stands right behind its number:
    /// 4k/s.
    #[arg(long = "where", value_name = "EXPR", verbatim_doc_comment)]
    pub condition: Option<String>,

    /// Draw N points from between the ends of --vary PATH=LOW..HIGH
    ///
    /// A Latin hypercube: of N equal parts of each range, each has one point. The
    /// seed decides which.
    #[arg(long, value_name = "N", verbatim_doc_comment,
          value_parser = clap::value_parser!(u64).range(1..=100_000))]
    pub lhs: Option<u64>,

    /// Draws of all uncertain inputs, a run of each point each [default: 32]
    ///
    /// Where numbers of the scenario are ranges or distributions; every point is
    /// played with the same draws. In place of --repeat.
    #[arg(long, value_name = "N", hide_short_help = true, verbatim_doc_comment,
          value_parser = replicates())]
    pub draws: Option<u64>,

    /// Override one value of every point, repeatable
    #[arg(long, value_name = "PATH=VALUE", value_parser = parse_override)]
    pub set: Vec<(String, String)>,

    /// Override scenario.seed
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,

    /// Stop every run at this virtual time: "10 min"
    #[arg(long, value_name = "T", hide_short_help = true, value_parser = parse_until)]
    pub until: Option<Instant>,

    /// Stop a run once so many events are played: 500k, 20M
    #[arg(long, value_name = "N", hide_short_help = true, value_parser = parse_events)]
    pub max_events: Option<u64>,

    #[command(flatten)]
    pub repeat: RepeatArgs,
}

/// How it is told.
#[derive(Clone, Debug, Args)]
pub(in crate::cli) struct ToldArgs {
    /// Parent directory of the sweep's own [default: output]
    #[arg(short, long, value_name = "DIR")]
    pub out: Option<PathBuf>,

    /// Name of its directory [default: FILE's stem-sweep]
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,

    /// Refuse to replace an earlier sweep
    #[arg(long, hide_short_help = true)]
    pub no_clobber: bool,

    /// Chart formats: svg, png, or none
    #[arg(long, value_name = "LIST", default_value = "svg,png", value_parser = parse_charts)]
    pub charts: Charts,

    /// Order of points: a column, or -COL for large values first
    #[arg(long, value_name = "COL", allow_hyphen_values = true)]
    pub sort: Option<String>,

    /// Print all points in this form: csv, json, or md
    #[arg(
        long,
        value_name = "FORM",
        value_parser = PossibleValuesParser::new(["csv", "json", "md"]),
        hide_possible_values = true
    )]
    pub export: Option<String>,

    /// The same as --export json, errors too
    #[arg(long, conflicts_with = "export")]
    pub json: bool,

    /// Exit with 0 although no point meets every objective
    #[arg(long, hide_short_help = true)]
    pub no_fail: bool,

    #[command(flatten)]
    pub talk: TalkArgs,
}

/// What is said on the way.
#[derive(Clone, Debug, Args)]
pub(in crate::cli) struct TalkArgs {
    /// Print errors only, and what --json or --export asks for
    #[arg(short, long)]
    pub quiet: bool,

    /// Colours: auto, always, or never
    #[arg(
        long,
        value_name = "WHEN",
        default_value = "auto",
        hide_possible_values = true,
        hide_short_help = true
    )]
    pub color: ColorWhen,

    /// Progress: auto, always, plain, or never
    #[arg(
        long,
        value_name = "WHEN",
        default_value = "auto",
        hide_possible_values = true,
        hide_short_help = true
    )]
    pub progress: ProgressWhen,

    /// Threads [default: one a core]; results never depend on it
    #[arg(short, long, value_name = "N")]
    pub jobs: Option<NonZeroUsize>,
}

const PLAN_BEFORE: &str = "\
Examples:
  kinesim sweep plan hot.toml --vary stream.shard_count=8..64 --repeat 20 -o plan
  kinesim sweep run plan --slice 1/4";

/// Writes a plan that several machines share
#[derive(Debug, Args)]
#[command(before_help = PLAN_BEFORE)]
pub(in crate::cli) struct PlanArgs {
    #[command(flatten)]
    pub what: WhatArgs,

    /// The plan's directory; it holds all that a machine needs
    #[arg(short, long, value_name = "DIR", required = true)]
    pub out: PathBuf,

    /// Name of the sweep [default: FILE's stem-sweep]
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,

    /// Print errors only
    #[arg(short, long)]
    pub quiet: bool,
}

const SLICE_BEFORE: &str = "\
Examples:
  kinesim sweep run plan --slice 3/8
  kinesim sweep run plan        (in a Slurm or AWS Batch array job)
  kinesim sweep run plan --of 8 (in a Kubernetes Indexed Job)";

/// Plays a slice of a plan
#[derive(Debug, Args)]
#[command(before_help = SLICE_BEFORE)]
pub(in crate::cli) struct SliceArgs {
    /// The plan's directory
    #[arg(value_name = "DIR")]
    pub dir: PathBuf,

    /// Slice K of N, from 1; else what a scheduler says
    ///
    /// Without it, SLURM_ARRAY_TASK_ID, AWS_BATCH_JOB_ARRAY_INDEX or
    /// JOB_COMPLETION_INDEX says which slice this is.
    #[arg(long, value_name = "K/N", conflicts_with = "of", verbatim_doc_comment)]
    pub slice: Option<String>,

    /// Slices there are, where the scheduler does not say
    #[arg(long, value_name = "N")]
    pub of: Option<u64>,

    #[command(flatten)]
    pub talk: TalkArgs,
}

const STATUS_BEFORE: &str = "\
Examples:
  kinesim sweep status plan
  kinesim sweep status plan --json";

/// Says how far a plan is
#[derive(Debug, Args)]
#[command(before_help = STATUS_BEFORE)]
pub(in crate::cli) struct StatusArgs {
    /// The plan's directory
    #[arg(value_name = "DIR")]
    pub dir: PathBuf,

    /// Print one JSON object, errors too
    #[arg(long)]
    pub json: bool,
}

const MERGE_BEFORE: &str = "\
Examples:
  kinesim sweep merge plan
  kinesim sweep merge plan --export md";

/// Writes what all slices showed, as one machine would have
#[derive(Debug, Args)]
#[command(before_help = MERGE_BEFORE)]
pub(in crate::cli) struct MergeArgs {
    /// The plan's directory
    #[arg(value_name = "DIR")]
    pub dir: PathBuf,

    #[command(flatten)]
    pub told: ToldArgs,
}
