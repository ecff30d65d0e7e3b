//! `kinesim run`: one scenario from its file to its verdict.

use std::num::NonZeroUsize;
use std::path::Path;

use crate::cli::args::RunArgs;
use crate::cli::clock::Stopwatch;
use crate::cli::failure::{Exit, Failure};
use crate::cli::files::{self, Source};
use crate::cli::pictures;
use crate::cli::progress::{self, Meter};
use crate::cli::repeat::Playing;
use crate::cli::terminal::Terminal;
use crate::cli::values::{ProgressWhen, WarmUp};
use crate::cli::{bug, interrupt};
use crate::experiment::finding;
use crate::experiment::forecast::Effort;
use crate::experiment::objective;
use crate::experiment::outcome::{Ended, Outcome};
use crate::experiment::run::{self, Continue, Options};
use crate::experiment::stats::Confidence;
use crate::experiment::study::{self, Measure, Row, steady};
use crate::report::chart;
use crate::report::directory::{Directory, Replaced};
use crate::report::study::replicates::Replicates;
use crate::report::summary::Summary;
use crate::report::{files as run_files, number, table};
use crate::scenario::{self, Scenario};
use crate::time::{Instant, Span};

/// What a run showed.
struct Shown {
    scenario: Scenario,
    outcome: Outcome,
    summary: Summary,
}

/// Reads, plays, writes, tells.
pub(super) fn run(args: &RunArgs, terminal: Terminal) -> Result<Exit, Failure> {
    let watch = Stopwatch::start();
    args.repeat.check()?;
    let source = files::read_scenario(&args.file)?;
    let name = args.name.clone().unwrap_or_else(|| source.name.clone());
    let directory = Directory::new(&files::parent(args.out.as_deref()), &name, !args.no_clobber)
        .map_err(Failure::directory)?;
    let scenario = load(args, &source, &name, None)?;
    let until = end(args, &scenario)?;
    // Asked before the run spends its time; asked again when it is written.
    directory.examine().map_err(Failure::directory)?;
    let scenario = match args.warm_up {
        Some(WarmUp::Mser5) => {
            let span = settle(args, &scenario, until, terminal)?;
            load(args, &source, &name, Some(span))?
        }
        _ => scenario,
    };
    if args.verbose {
        say_defaults(&scenario, terminal);
    }
    let shown = play(args, scenario, until, terminal);
    let repeated = repeat(args, &shown, until, terminal);
    let files = files_of(args, &shown, repeated.as_ref());
    let replaced = directory.write(&files).map_err(Failure::directory)?;
    if !args.quiet {
        say_written(args, &directory, replaced.as_ref(), &files, terminal);
        say_end(&shown.outcome, &directory, &files, watch, terminal);
    }
    answer(args, &shown, repeated.as_ref(), terminal)?;
    Ok(exit(args, &shown, repeated.as_ref()))
}

/// The other replicates.
struct Repeated {
    measures: Vec<Measure>,
    rows: Vec<Row>,
    asked: Confidence,
    confidence: Confidence,
    with_other_keys: bool,
}

impl Repeated {
    fn of<'s>(&'s self, scenario: &'s Scenario) -> Replicates<'s> {
        Replicates {
            scenario,
            measures: &self.measures,
            rows: &self.rows,
            asked: self.asked,
            confidence: self.confidence,
            with_other_keys: self.with_other_keys,
        }
    }
}

/// Plays the other replicates, where they are asked for and the first came to its end.
fn repeat(
    args: &RunArgs,
    shown: &Shown,
    until: Option<Instant>,
    terminal: Terminal,
) -> Option<Repeated> {
    let is_whole = shown.outcome.ended == Ended::Completed;
    if !args.repeat.is_asked() || !is_whole || interrupt::was_asked() {
        return None;
    }
    let measures = study::measures(&shown.scenario);
    let playing = Playing {
        repeat: &args.repeat,
        threads: args.jobs.map(NonZeroUsize::get),
        until,
        max_events: args.max_events,
        progress: args.progress,
        quiet: args.quiet,
        terminal,
    };
    let first = Row::new(&shown.scenario, &shown.outcome, &measures, 0);
    let all = [(&shown.scenario, measures.as_slice())];
    let mut replicated = playing.replicates(&all, vec![vec![first]]).ok()?;
    Some(Repeated {
        measures,
        rows: replicated.rows.pop()?,
        asked: args.repeat.confidence(),
        confidence: replicated.confidence,
        with_other_keys: args.repeat.with_other_keys(),
    })
}

/// Reads the scenario; `settled` is the warm-up that a first run showed.
fn load(
    args: &RunArgs,
    source: &Source,
    name: &str,
    settled: Option<Span>,
) -> Result<Scenario, Failure> {
    let mut overrides = args.set.clone();
    let mut set = |path: &str, value: String| overrides.push((path.to_owned(), value));
    if let Some(seed) = args.seed {
        set("scenario.seed", seed.to_string());
    }
    let given = match args.warm_up {
        Some(WarmUp::Fixed(span)) => Some(span),
        _ => settled,
    };
    if let Some(span) = given {
        set("scenario.warm_up", format!("\"{}\"", span.exact()));
    }
    if let Some(most) = args.max_memory {
        set("scenario.memory_limit", most.exact());
    }
    scenario::load(name, &source.label, &source.text, &overrides, &source.files)
        .map_err(|problems| Failure::Scenario(Box::new(problems)))
}

/// Plays the scenario once to see when it has settled.
fn settle(
    args: &RunArgs,
    scenario: &Scenario,
    until: Option<Instant>,
    terminal: Terminal,
) -> Result<Span, Failure> {
    let mut meter = Meter::new(args.progress, args.quiet, terminal);
    let mut on_progress = |progress: run::Progress| {
        meter.show(progress);
        Continue::Yes
    };
    let options = Options { until, max_events: args.max_events, ..Options::new(&mut on_progress) };
    let outcome = run::run(scenario, options);
    meter.clear();
    let settled = steady::warm_up(&outcome).map_err(|unsettled| Failure::CommandLine {
        message: format!("`--warm-up mser-5`: {} does not settle within the run", unsettled.what),
        help: Some("play longer, or judge the whole run: leave out `--warm-up`".into()),
    })?;
    if !args.quiet {
        terminal.say(&format!("settled after {settled} (MSER-5); what comes before is not judged"));
    }
    Ok(settled)
}

/// Where the run ends, if before the scenario does.
fn end(args: &RunArgs, scenario: &Scenario) -> Result<Option<Instant>, Failure> {
    let last = Instant::ZERO + scenario.plan.duration;
    match args.until {
        Some(until) if until > last => Err(Failure::CommandLine {
            message: format!("`--until {until}` is after the scenario's end at {last}"),
            help: Some(format!("to run longer: `--set scenario.duration=\"{until}\"`")),
        }),
        until => Ok(until),
    }
}

/// Plays the scenario until its end, a limit, or Ctrl-C, and judges what happened.
fn play(args: &RunArgs, scenario: Scenario, until: Option<Instant>, terminal: Terminal) -> Shown {
    bug::remember(&scenario);
    interrupt::listen(args.quiet);
    if !args.quiet && args.progress != ProgressWhen::Never {
        let end = until.unwrap_or(Instant::ZERO + scenario.plan.duration);
        progress::announce(&Effort::new(&scenario.plan, end, args.max_events), terminal);
    }
    let mut meter = Meter::new(args.progress, args.quiet, terminal);
    let mut on_progress = |progress: run::Progress| {
        bug::remember_time(progress.now);
        if interrupt::was_asked() {
            return Continue::Stop;
        }
        meter.show(progress);
        Continue::Yes
    };
    let options = Options {
        until,
        max_events: args.max_events,
        replicate: 0,
        with_other_keys: false,
        fingerprint: false,
        trace: args.trace,
        on_progress: &mut on_progress,
    };
    let outcome = run::run(&scenario, options);
    meter.clear();
    let verdicts = objective::judge(&scenario, &outcome);
    let findings = finding::find(&scenario, &outcome);
    let mut summary = Summary::new(&scenario, &outcome, &verdicts, &findings);
    // A suggestion must change the run that was seen, so it repeats what made that run.
    let of_findings = summary.findings.iter_mut().filter_map(|finding| finding.next.as_mut());
    for next in of_findings.chain(&mut summary.next) {
        next.options = args.given(&next.options) + &next.options;
    }
    Shown { scenario, outcome, summary }
}

/// Everything that goes into the run's directory.
fn files_of(args: &RunArgs, shown: &Shown, repeated: Option<&Repeated>) -> Vec<(String, Vec<u8>)> {
    let Shown { scenario, outcome, summary } = shown;
    let repeated = repeated.map(|it| it.of(scenario));
    let mut charts =
        if args.charts.0.is_empty() { Vec::new() } else { chart::charts(scenario, outcome) };
    if !args.charts.0.is_empty() {
        charts.extend(repeated.as_ref().and_then(chart::of_replicates));
    }
    let drawn = pictures::draw(&charts, &args.charts, args.jobs);
    let file = args.file.file_name().unwrap_or(args.file.as_os_str()).to_string_lossy();
    run_files::files(scenario, outcome, summary, &file, repeated.as_ref(), drawn)
}

/// Prints what was asked for: a table, JSON, or the summary.
fn answer(
    args: &RunArgs,
    shown: &Shown,
    repeated: Option<&Repeated>,
    terminal: Terminal,
) -> Result<(), Failure> {
    let repeated = repeated.map(|it| it.of(&shown.scenario));
    let Shown { scenario, outcome, summary } = shown;
    if let Some(table) = args.csv.as_deref().and_then(table::find) {
        return Terminal::print(&(table.write)(scenario, outcome));
    }
    if args.json {
        return Terminal::print(summary.json_with(repeated.as_ref()).as_bytes());
    }
    if args.quiet {
        return Ok(());
    }
    let mut text = summary.screen(terminal.style, &args.file.display().to_string());
    text.extend(repeated.map(|it| it.screen(terminal.style)));
    terminal.print_styled(&text)
}

/// An objective that is missed in one replicate is missed.
fn exit(args: &RunArgs, shown: &Shown, repeated: Option<&Repeated>) -> Exit {
    match shown.outcome.ended {
        Ended::MemoryLimit { .. } | Ended::EventLimit { .. } => Exit::Budget,
        // A run that was over already is kept whole; a loop of runs must still end.
        _ if interrupt::was_asked() => Exit::Interrupted,
        Ended::Interrupted => Exit::Interrupted,
        Ended::Completed => {
            let others = repeated.is_some_and(|it| !it.rows.iter().all(Row::is_met));
            let is_missed = shown.summary.slo.missed > 0 || others;
            if is_missed && !args.no_fail { Exit::Missed } else { Exit::Done }
        }
    }
}

/// The values in force that nobody gave.
fn say_defaults(scenario: &Scenario, terminal: Terminal) {
    terminal.say("defaults in force:");
    let mut header = None;
    for line in scenario.resolved.lines() {
        if line.starts_with('[') {
            header = Some(line);
        } else if line.contains(" # ") && !line.ends_with("# given") {
            if let Some(header) = header.take() {
                terminal.say(&format!("  {header}"));
            }
            terminal.say(&format!("    {line}"));
        }
    }
}

fn say_written(
    args: &RunArgs,
    directory: &Directory,
    replaced: Option<&Replaced>,
    files: &[(String, Vec<u8>)],
    terminal: Terminal,
) {
    let path = directory.path();
    if let Some(replaced) = replaced {
        terminal.say(&format!("replaced {} (was {replaced})", path.display()));
    }
    if args.verbose {
        for (name, bytes) in files {
            let size = number::bytes(bytes.len() as f64);
            terminal.say(&format!("wrote {} ({size})", path.join(name).display()));
        }
    }
}

/// `output/hot-tenants/  6 tables, 8 charts   0.4 s`.
fn say_end(
    outcome: &Outcome,
    directory: &Directory,
    files: &[(String, Vec<u8>)],
    watch: Stopwatch,
    terminal: Terminal,
) {
    let count =
        |is: fn(&Path) -> bool| files.iter().filter(|(name, _)| is(Path::new(name))).count() as u64;
    let tables = count(|name| name.extension().is_some_and(|extension| extension == "csv"));
    let charts = count(|name| name.starts_with("charts"));
    let partial = if outcome.ended == Ended::Completed { "" } else { "   partial" };
    let took = watch.elapsed().as_secs_f64();
    let charts = match charts {
        0 => String::new(),
        _ => format!(", {}", number::counted(charts, "chart")),
    };
    terminal.say(&format!(
        "{}/  {}{charts}{partial}   {}",
        directory.path().display(),
        number::counted(tables, "table"),
        number::duration_to(took, 2),
    ));
}
