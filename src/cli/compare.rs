//! `kinesim compare`: scenarios side by side, run by run.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::Args;
use clap::builder::PossibleValuesParser;

use crate::cli::alternative::{self, Asked};
use crate::cli::clock::Stopwatch;
use crate::cli::failure::{Exit, Failure};
use crate::cli::files;
use crate::cli::interrupt;
use crate::cli::pictures;
use crate::cli::repeat::{Playing, RepeatArgs};
use crate::cli::terminal::Terminal;
use crate::cli::values::{
    Charts, ColorWhen, ProgressWhen, parse_charts, parse_events, parse_override, parse_until,
};
use crate::experiment::study::compared::Alternative;
use crate::experiment::study::{self, Measure};
use crate::report::chart;
use crate::report::directory::Directory;
use crate::report::manifest::{self, Joined, Study};
use crate::report::number;
use crate::report::study::compare::{COMPARE, COMPARE_COST, Comparison};
use crate::report::summary::Style;
use crate::scenario::Scenario;
use crate::time::Instant;

const BEFORE: &str = "\
Examples:
  kinesim compare before.toml after.toml
  kinesim compare my.toml my.toml@stream.shard_count=13,lambda.f.batch_size=500";

const AFTER: &str = "\
Exit codes: 0 done, 2 wrong command line or scenario, 3 a file cannot be read or
written, 130 interrupted.";

const AFTER_LONG: &str = "\
The first is the base. Each is played with the same random numbers, replicate by
replicate, so that differences are those of the scenarios: they need far fewer runs
than the values themselves. `better` and `worse` are said where the interval of a
difference lies on one side of zero.

A directory of a run stands for its scenario as it was resolved, and is played again.

Exit codes:
    0  done
    2  wrong command line or wrong scenario; nothing was simulated
    3  a file could not be read or written, or a directory is not ours to replace
  101  a bug in kinesim; the message says what to send
  130  interrupted by Ctrl-C; nothing is written";

/// Compares scenarios: metrics and cost, with the differences' intervals
#[derive(Debug, Args)]
#[command(
    before_help = BEFORE,
    after_help = AFTER,
    after_long_help = AFTER_LONG,
    next_line_help = false
)]
pub(super) struct CompareArgs {
    /// FILE, a run's directory, or FILE@PATH=VALUE,PATH=VALUE
    #[arg(value_name = "SCENARIO", required = true, num_args = 2..)]
    scenarios: Vec<String>,

    /// Override one value of all, repeatable
    #[arg(long, value_name = "PATH=VALUE", value_parser = parse_override)]
    set: Vec<(String, String)>,

    /// Override scenario.seed of all
    #[arg(long, value_name = "N")]
    seed: Option<u64>,

    /// Stop all at this virtual time: "10 min"
    #[arg(long, value_name = "T", value_parser = parse_until)]
    until: Option<Instant>,

    /// Stop each run once so many events are played: 500k, 20M
    #[arg(long, value_name = "N", value_parser = parse_events)]
    max_events: Option<u64>,

    #[command(flatten)]
    repeat: RepeatArgs,

    /// Tell of money alone
    #[arg(long, value_name = "WHAT", value_parser = ["cost"], hide_possible_values = true)]
    only: Option<String>,

    /// Parent directory of the comparison's own [default: output]
    #[arg(short, long, value_name = "DIR")]
    out: Option<PathBuf>,

    /// Name of its directory [default: A-against-B]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,

    /// Refuse to replace an earlier one
    #[arg(long)]
    no_clobber: bool,

    /// Chart formats: svg, png, or none
    #[arg(long, value_name = "LIST", default_value = "svg,png", value_parser = parse_charts)]
    charts: Charts,

    /// Print one table: compare or compare_cost
    #[arg(long, value_name = "TABLE", conflicts_with = "json", hide_possible_values = true,
        value_parser = PossibleValuesParser::new([COMPARE.name, COMPARE_COST.name]))]
    csv: Option<String>,

    /// Print one JSON object, errors too
    #[arg(long)]
    json: bool,

    /// Print errors only, and what --json or --csv asks for
    #[arg(short, long)]
    quiet: bool,

    /// Colours: auto, always, or never
    #[arg(long, value_name = "WHEN", default_value = "auto", hide_possible_values = true)]
    color: ColorWhen,

    /// Progress: auto, always, plain, or never
    #[arg(long, value_name = "WHEN", default_value = "auto", hide_possible_values = true)]
    progress: ProgressWhen,

    /// Threads [default: one a core]; results never depend on it
    #[arg(short, long, value_name = "N")]
    jobs: Option<NonZeroUsize>,
}

/// Replicates where nothing is asked for.
const REPEAT: u64 = 5;

/// Reads, plays, writes, tells.
pub(super) fn run(args: &CompareArgs, terminal: Terminal) -> Result<Exit, Failure> {
    let watch = Stopwatch::start();
    args.repeat.check()?;
    let asked = alternative::read(&args.scenarios)?;
    let name = args.name.clone().unwrap_or_else(|| default_name(&asked));
    let parent = files::parent(args.out.as_deref());
    let directory = Directory::new(&parent, &name, !args.no_clobber).map_err(Failure::directory)?;
    let scenarios = load(args, &asked, terminal)?;
    directory.examine().map_err(Failure::directory)?;
    interrupt::listen(args.quiet);
    let mut repeat = args.repeat.clone();
    repeat.repeat = repeat.repeat.or(repeat.within.is_none().then_some(REPEAT));
    let playing = Playing {
        repeat: &repeat,
        threads: args.jobs.map(NonZeroUsize::get),
        until: args.until,
        max_events: args.max_events,
        progress: args.progress,
        quiet: args.quiet,
        terminal,
    };
    let measures: Vec<Vec<Measure>> = scenarios.iter().map(study::measures).collect();
    let all: Vec<(&Scenario, &[Measure])> =
        scenarios.iter().zip(measures.iter().map(Vec::as_slice)).collect();
    let Ok(replicated) = playing.replicates(&all, Vec::new()) else {
        terminal.say("interrupted: nothing is written");
        return Ok(Exit::Interrupted);
    };
    let alternatives: Vec<Alternative<'_>> = all
        .iter()
        .zip(&replicated.rows)
        .map(|(&(scenario, measures), rows)| Alternative { scenario, measures, rows })
        .collect();
    let comparison = Comparison {
        alternatives: &alternatives,
        asked: repeat.confidence(),
        confidence: replicated.confidence,
        only_cost: args.only.is_some(),
    };
    let files = files_of(args, &comparison, &name);
    directory.write(&files).map_err(Failure::directory)?;
    if !args.quiet {
        let charts = files.iter().filter(|(name, _)| name.starts_with("charts")).count() as u64;
        terminal.say(&format!(
            "{}/  {}   {}",
            directory.path().display(),
            number::counted(charts, "chart"),
            number::duration_to(watch.elapsed().as_secs_f64(), 2)
        ));
    }
    if args.json {
        Terminal::print(format!("{:#}\n", comparison.json()).as_bytes())?;
    } else if let Some(table) = args.csv.as_deref() {
        let is_metrics = table == COMPARE.name;
        Terminal::print(&if is_metrics { comparison.csv() } else { comparison.cost_csv() })?;
    } else if !args.quiet {
        terminal.print_styled(&comparison.screen(terminal.style))?;
    }
    Ok(Exit::Done)
}

fn default_name(asked: &[Asked]) -> String {
    let names: Vec<&str> = asked.iter().map(|it| it.name.as_str()).collect();
    let name = names.join("-against-");
    // A directory's name is not as long as a command line.
    name.chars().take(100).collect()
}

/// Reads all scenarios: what is wrong with one does not hide what is wrong with another.
fn load(args: &CompareArgs, asked: &[Asked], terminal: Terminal) -> Result<Vec<Scenario>, Failure> {
    let mut scenarios = Vec::new();
    let mut failures = Vec::new();
    for it in asked {
        match load_one(args, it) {
            Ok(scenario) => scenarios.push(scenario),
            Err(failure) => failures.push(failure),
        }
    }
    let Some(last) = failures.pop() else { return Ok(scenarios) };
    // JSON has room for one.
    if !args.json {
        for failure in &failures {
            failure.print(terminal);
        }
    }
    Err(last)
}

fn load_one(args: &CompareArgs, asked: &Asked) -> Result<Scenario, Failure> {
    let mut overrides = asked.overrides.clone();
    overrides.extend(args.set.iter().cloned());
    overrides.extend(args.seed.map(|seed| ("scenario.seed".to_owned(), seed.to_string())));
    let scenario = asked.load(&overrides)?;
    let end = Instant::ZERO + scenario.plan.duration;
    match args.until.filter(|until| *until > end) {
        None => Ok(scenario),
        Some(until) => Err(Failure::CommandLine {
            message: format!("`--until {until}` is after the end of {} at {end}", asked.name),
            help: Some("leave it out, or set a longer `scenario.duration`".into()),
        }),
    }
}

fn files_of(args: &CompareArgs, comparison: &Comparison<'_>, name: &str) -> Vec<(String, Vec<u8>)> {
    let mut files = vec![
        ("compare.txt".to_owned(), comparison.screen(Style::FILE).into_bytes()),
        ("compare.md".to_owned(), comparison.markdown().into_bytes()),
        ("compare.json".to_owned(), format!("{:#}\n", comparison.json()).into_bytes()),
        ("compare.csv".to_owned(), comparison.csv()),
        ("compare_cost.csv".to_owned(), comparison.cost_csv()),
    ];
    for (place, alternative) in comparison.alternatives.iter().enumerate() {
        let resolved = alternative.scenario.resolved.clone().into_bytes();
        files.push((format!("scenario-{place}.resolved.toml"), resolved));
    }
    if !args.charts.0.is_empty() {
        let charts = chart::of_comparison(comparison);
        files.extend(pictures::files(&charts, &args.charts, args.jobs));
    }
    let base = comparison.alternatives[0];
    let study = Study {
        command: "compare",
        name: name.to_owned(),
        sha256: Joined::of(comparison.alternatives.iter().map(|it| &it.scenario.resolved)),
        seed: base.scenario.plan.seed,
        replicates: base.rows.len() as u64,
        is_partial: comparison.alternatives.iter().flat_map(|it| it.rows).any(|it| it.is_partial),
    };
    let manifest = manifest::write_study(&study, &files);
    files.push((manifest::FILE.to_owned(), manifest));
    files
}
