//! What may be written on the command line.

use std::fmt::Write as _;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Args, Parser, Subcommand};

use crate::cli::compare::CompareArgs;
use crate::cli::explain::ExplainArgs;
use crate::cli::facts::FactsArgs;
use crate::cli::keys::KeysArgs;
use crate::cli::new::NewArgs;
use crate::cli::repeat::RepeatArgs;
use crate::cli::shell::{CompletionsArgs, ManArgs};
use crate::cli::size::args::SizeArgs;
use crate::cli::sweep::args::SweepArgs;
use crate::cli::uncertain::UncertainArgs;
use crate::cli::values::{
    Charts, CheckFormat, ColorWhen, Denied, ProgressWhen, WarmUp, parse_charts, parse_events,
    parse_override, parse_size, parse_until, parse_warm_up, shell_word,
};
use crate::report::table::TABLES;
use crate::time::Instant;
use crate::units::Bytes;

/// Simulates an Amazon Kinesis data stream, record by record, in virtual time.
#[derive(Debug, Parser)]
#[command(name = "kinesim", version, arg_required_else_help = false)]
pub(super) struct CommandLine {
    #[command(subcommand)]
    pub command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Simulates a scenario: verdict, reasons, tables, charts
    Run(Box<RunArgs>),
    /// Validates scenarios and says what follows from them; simulates nothing
    Check(CheckArgs),
    /// Compares scenarios: metrics and cost, with the differences' intervals
    Compare(Box<CompareArgs>),
    /// Simulates every combination of some values: a row each
    Sweep(Box<SweepArgs>),
    /// Finds the cheapest setting that meets [slo]; compares rules of thumb
    Size(Box<SizeArgs>),
    /// Draws what is uncertain: chances, and which unknown matters
    Uncertain(Box<UncertainArgs>),
    /// Tells where partition keys land: exact, no simulation
    Keys(Box<KeysArgs>),
    /// Tells limits and defaults: value, source, date, grade
    Facts(FactsArgs),
    /// Writes a commented scenario to begin with
    New(NewArgs),
    /// Says what a field, metric, finding, error, column, unit or limit is
    Explain(ExplainArgs),
    /// Prints a script that completes commands and options
    Completions(CompletionsArgs),
    /// Writes man pages
    Man(ManArgs),
}

const RUN_BEFORE: &str = "\
Examples:
  kinesim run scenarios/hot-tenants.toml
  kinesim run scenarios/hot-tenants.toml --set stream.shard_count=13";

const RUN_AFTER: &str = "\
Exit codes: 0 done, 1 an objective is missed, 2 wrong command line or scenario,
3 a file cannot be read or written, 4 a limit ended it, 130 interrupted.";

const RUN_AFTER_LONG: &str = "\
Exit codes:
    0  done; every objective met, or none set
    1  done; an objective is missed, in one of --repeat replicates perhaps
    2  wrong command line or wrong scenario; nothing was simulated
    3  a file could not be read or written, or a directory is not ours to replace
    4  a limit ended the run early; what is finished is written, marked partial
  101  a bug in kinesim; the message says what to send
  130  interrupted by Ctrl-C; what is finished is written, marked partial

Environment:
  KINESIM_OUT            the parent directory where --out is not given
  NO_COLOR, CLICOLOR, CLICOLOR_FORCE, TERM=dumb
                         as everywhere; --color decides where given
  LC_ALL, LC_CTYPE, LANG
                         plain ASCII where the first one set does not name UTF-8

The answer goes to stdout, everything else to stderr. The same scenario and seed give
the same files, byte by byte, on any machine and with any -j.";

/// Simulates a scenario: verdict, reasons, tables, charts
#[derive(Debug, Args)]
#[command(
    before_help = RUN_BEFORE,
    after_help = RUN_AFTER,
    after_long_help = RUN_AFTER_LONG,
    next_line_help = false
)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub(super) struct RunArgs {
    /// Scenario file (TOML), or `-` for stdin
    #[arg(value_name = "FILE")]
    pub file: PathBuf,

    /// Override one value, repeatable: stream.shard_count=12
    ///
    /// The path is a table and a field; the name of a producer or reader comes
    /// between: `--set producer.web.rate=2k/s`. The value is TOML, or bare text.
    #[arg(long, value_name = "PATH=VALUE", value_parser = parse_override, verbatim_doc_comment)]
    pub set: Vec<(String, String)>,

    /// Override scenario.seed
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,

    /// Stop at this virtual time: "10 min"
    #[arg(long, value_name = "T", value_parser = parse_until)]
    pub until: Option<Instant>,

    /// Stop before waiting records take more [default: 8 GiB]
    ///
    /// The same as `--set scenario.memory_limit=SIZE`. The run then ends with exit
    /// code 4, and its files are marked partial.
    #[arg(long, value_name = "SIZE", value_parser = parse_size, verbatim_doc_comment)]
    pub max_memory: Option<Bytes>,

    /// Stop once so many events are played: 500k, 20M
    ///
    /// An event is a record sent, retries included, or a moment at which something
    /// acts. The run is stopped at the end of a step, a 200th of its time or about a
    /// million records, with exit code 4, and its files are marked partial.
    #[arg(long, value_name = "N", value_parser = parse_events, verbatim_doc_comment)]
    pub max_events: Option<u64>,

    /// Judge from here on: a time, or `mser-5`
    ///
    /// The same as `--set scenario.warm_up=TIME`. With `mser-5` the scenario is
    /// played once to see when it settles: for those who ask about a steady state.
    #[arg(
        long,
        hide_short_help = true,
        value_name = "T",
        value_parser = parse_warm_up,
        verbatim_doc_comment
    )]
    pub warm_up: Option<WarmUp>,

    #[command(flatten)]
    pub repeat: RepeatArgs,

    /// Parent directory of the run's own [default: output]
    #[arg(short, long, value_name = "DIR")]
    pub out: Option<PathBuf>,

    /// Name of the run and its directory [default: FILE's stem]
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,

    /// Refuse to replace an earlier run
    #[arg(long)]
    pub no_clobber: bool,

    /// Chart formats: svg, png, or none
    #[arg(long, value_name = "LIST", default_value = "svg,png", value_parser = parse_charts)]
    pub charts: Charts,

    /// Also write trace.json, for Perfetto: each Lambda lane
    ///
    /// In the format of Chrome's traces; <https://ui.perfetto.dev> opens it. A track
    /// a lane, and counters of what was written and what waits.
    #[arg(long, verbatim_doc_comment)]
    pub trace: bool,

    // The help names the tables; a doc comment could not keep up with them.
    #[arg(long, value_name = "TABLE", conflicts_with = "json", value_parser = tables(),
          help = tables_help(), hide_possible_values = true)]
    pub csv: Option<String>,

    /// Print the summary as one JSON object, errors too
    #[arg(long)]
    pub json: bool,

    /// Exit with 0 although an objective is missed
    #[arg(long)]
    pub no_fail: bool,

    /// Print errors only, and what --json or --csv asks for
    #[arg(short, long, conflicts_with = "verbose")]
    pub quiet: bool,

    /// Also list defaults in force and files written
    #[arg(short, long)]
    pub verbose: bool,

    /// Colours: auto, always, or never
    #[arg(long, value_name = "WHEN", default_value = "auto", hide_possible_values = true)]
    pub color: ColorWhen,

    /// Progress: auto, always, plain, or never
    ///
    /// On stderr: `auto` after half a second if that is a terminal, `always` at once
    /// and anywhere, `plain` a line every 10 %.
    #[arg(
        long,
        value_name = "WHEN",
        default_value = "auto",
        hide_possible_values = true,
        verbatim_doc_comment
    )]
    pub progress: ProgressWhen,

    /// Threads [default: one a core]; results never depend on it
    #[arg(short, long, value_name = "N")]
    pub jobs: Option<NonZeroUsize>,
}

impl RunArgs {
    /// The options that decide what is simulated, as they would be written before `others`; a
    /// space follows each. What `others` decide anew is left out.
    pub(super) fn given(&self, others: &str) -> String {
        let mut text = given_set(&self.set, others);
        if let Some(seed) = self.seed.filter(|_| !others.contains("--seed ")) {
            let _ = write!(text, "--seed {seed} ");
        }
        if let Some(until) = self.until {
            let _ = write!(text, "--until {} ", shell_word(&until.to_string()));
        }
        if let Some(warm_up) = self.warm_up {
            let warm_up = match warm_up {
                WarmUp::Fixed(span) => span.exact(),
                WarmUp::Mser5 => "mser-5".to_owned(),
            };
            let _ = write!(text, "--warm-up {} ", shell_word(&warm_up));
        }
        if let Some(size) = self.max_memory {
            let _ = write!(text, "--max-memory {} ", shell_word(&size.exact()));
        }
        if let Some(most) = self.max_events {
            let _ = write!(text, "--max-events {most} ");
        }
        text
    }
}

/// The overrides as they would be written before `others`, but for those that these decide anew.
pub(super) fn given_set(set: &[(String, String)], others: &str) -> String {
    let mut text = String::new();
    for (path, value) in set {
        if !others.contains(&format!("--set {path}=")) {
            let _ = write!(text, "--set {} ", shell_word(&format!("{path}={value}")));
        }
    }
    text
}

const CHECK_BEFORE: &str = "\
Examples:
  kinesim check scenarios/hot-tenants.toml --derived
  kinesim check --format github --deny warnings scenarios/*.toml";

const CHECK_AFTER: &str = "\
Exit codes: 0 valid, 1 --deny warnings found some, 2 wrong command line or scenario,
3 a file cannot be read.";

/// Validates scenarios and says what follows from them; simulates nothing
#[derive(Debug, Args)]
#[command(before_help = CHECK_BEFORE, after_help = CHECK_AFTER, next_line_help = false)]
pub(super) struct CheckArgs {
    /// Scenario files (TOML), or `-` for stdin
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,

    /// Override one value, repeatable: stream.shard_count=12
    #[arg(long, value_name = "PATH=VALUE", value_parser = parse_override)]
    pub set: Vec<(String, String)>,

    /// Also print loads and capacities with their arithmetic
    #[arg(long)]
    pub derived: bool,

    /// Form of the answer: text, json, or github
    #[arg(long, value_name = "FORM", default_value = "text", hide_possible_values = true)]
    pub format: CheckFormat,

    /// The same as --format json
    #[arg(long, conflicts_with = "format")]
    pub json: bool,

    /// Exit with 1 where there are warnings
    #[arg(long, value_name = "WHAT", hide_possible_values = true)]
    pub deny: Vec<Denied>,

    /// Print errors and warnings only
    #[arg(short, long)]
    pub quiet: bool,

    /// Colours: auto, always, or never
    #[arg(long, value_name = "WHEN", default_value = "auto", hide_possible_values = true)]
    pub color: ColorWhen,
}

fn tables() -> PossibleValuesParser {
    PossibleValuesParser::new(TABLES.iter().map(|table| table.name))
}

/// The tables there are, in lines of help that fit beside their option.
fn tables_help() -> String {
    /// Columns beside the option.
    const ROOM: usize = 60;
    let mut lines = vec![String::new()];
    for (place, table) in TABLES.iter().enumerate() {
        let comma = if place + 1 < TABLES.len() { "," } else { "" };
        let line = lines.last().map_or(0, String::len);
        if line + 1 + table.name.len() + comma.len() > ROOM {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            let gap = if line.is_empty() { "" } else { " " };
            line.extend([gap, table.name, comma]);
        }
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_definition_is_consistent() {
        CommandLine::command().debug_assert();
    }

    #[test]
    fn help_fits_a_screen_and_begins_with_an_example() {
        for command in CommandLine::command().get_subcommands_mut() {
            let name = command.get_name().to_owned();
            let short = command.render_help().to_string();
            let long = command.render_long_help().to_string();
            assert!(short.lines().count() <= 40, "{short}");
            for help in [short, long] {
                assert!(help.starts_with(&format!("Examples:\n  kinesim {name}")), "{help}");
                let wide = help.lines().find(|line| line.chars().count() > 88);
                assert_eq!(wide, None);
            }
        }
    }

    #[test]
    fn what_made_a_run_can_be_typed_again() {
        let line = [
            "kinesim",
            "run",
            "a.toml",
            "--set",
            "a.b=5",
            "--set",
            "a.c=it's 5 s",
            "--seed",
            "3",
            "--until",
            "5s",
            "--max-memory",
            "2GiB",
            "--max-events",
            "2M",
        ];
        let parsed = CommandLine::try_parse_from(line).expect("all of these exist");
        let Some(Command::Run(args)) = parsed.command else { panic!("it is a run") };
        assert_eq!(
            args.given("--csv shards"),
            r"--set a.b=5 --set 'a.c=it'\''s 5 s' --seed 3 --until '5 s' --max-memory '2 GiB' "
                .to_owned()
                + "--max-events 2000000 "
        );
        assert!(!args.given("--seed 4").contains("--seed"));
        assert!(!args.given("--set a.b=6").contains("a.b"));
    }
}
