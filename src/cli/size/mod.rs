//! `kinesim size`: the cheapest setting that holds, and what rules of thumb would have cost.

pub(super) mod args;
mod bench;
mod card;
mod draws;
mod flags;
mod written;

use std::num::NonZeroUsize;

use crate::cli::clock::Stopwatch;
use crate::cli::failure::{Exit, Failure};
use crate::cli::files::{self, Source};
use crate::cli::interrupt;
use crate::cli::pictures;
use crate::cli::repeat::{Playing, RepeatArgs};
use crate::cli::size::args::SizeArgs;
use crate::cli::size::bench::{Table, Trouble};
use crate::cli::terminal::Terminal;
use crate::experiment::size::search::{self, Demand, EXHAUSTIVE_MAX, SHARDS_MAX};
use crate::experiment::size::{Knob, Minimise, Score, Setting, Sizing, knob};
use crate::model::plan::{SourcePlan, StreamMode};
use crate::report::directory::{Directory, Replaced};
use crate::report::manifest::{self, Joined, Study};
use crate::report::number;
use crate::report::study::drawn;
use crate::report::study::size::{Drawn, Told, charts, table};
use crate::report::summary::Style;
use crate::scenario::{self, Scenario};

/// Replicates of a setting where nobody says how many.
const REPLICATES: u64 = 5;
/// Combinations of what may change beside the number of shards, at most.
const COMBINATIONS_MAX: usize = 200;

/// Reads, plays, finds, writes, tells.
pub(super) fn run(args: &SizeArgs, terminal: Terminal) -> Result<Exit, Failure> {
    if args.scorecard {
        return card::run(args, terminal);
    }
    let watch = Stopwatch::start();
    check_repeat(args)?;
    let source = source(args)?;
    let name = args.name.clone().unwrap_or_else(|| format!("{}-size", source.name));
    let directory = Directory::new(&files::parent(args.out.as_deref()), &name, !args.no_clobber)
        .map_err(Failure::directory)?;
    directory.examine().map_err(Failure::directory)?;
    let repeat = RepeatArgs {
        repeat: Some(args.repeat.repeat.unwrap_or(REPLICATES)),
        ..args.repeat.clone()
    };
    let (given, is_usual) = overrides(args, &source)?;
    let mut bench = Table {
        source: &source,
        name: &name,
        given,
        plays: Vec::new(),
        factor: 1.0 + args.headroom.unwrap_or(0.0),
        playing: Playing {
            repeat: &repeat,
            threads: args.jobs.map(NonZeroUsize::get),
            until: args.until,
            max_events: args.max_events,
            progress: args.progress,
            quiet: args.quiet,
            terminal,
        },
    };
    let middle = bench.scenario(&Setting::default())?;
    check(args, &middle)?;
    let stream = stream(args, &middle)?;
    let mut demand = demand(args, &middle, stream, repeat.floor())?;
    let (scenario, drawn) = draws::drawn(args, &mut bench, (stream, &mut demand), &middle)?;
    interrupt::listen(args.quiet);
    let sizing = match search::size(&mut bench, &scenario, stream, &demand) {
        Ok(sizing) => sizing,
        Err(Trouble::Stopped) => return Ok(Exit::Interrupted),
        Err(Trouble::Failed(failure)) => return Err(failure),
    };
    let written = written::scenarios(&bench, &sizing)?;
    let told = Told {
        scenario: &scenario,
        sizing: &sizing,
        demand: &demand,
        headroom: args.headroom,
        is_usual,
        drawn: drawn.as_ref().map(|(draws, left_out)| Drawn { draws, left_out }),
        file: args.file.as_ref().map(|it| it.display().to_string()),
        directory: directory.path().display().to_string(),
        with_other_keys: args.repeat.with_other_keys(),
    };
    let files = all_files(args, &told, &bench, written)?;
    let replaced = directory.write(&files).map_err(Failure::directory)?;
    if !args.quiet {
        say_end(&sizing, &directory, replaced.as_ref(), watch, terminal);
    }
    answer(args, &told, terminal)?;
    Ok(exit(args, &sizing))
}

/// `output/hot-tenants-size/  51 runs of 35 settings   5.5 s`.
fn say_end(
    sizing: &Sizing,
    directory: &Directory,
    replaced: Option<&Replaced>,
    watch: Stopwatch,
    terminal: Terminal,
) {
    let path = directory.path();
    if let Some(replaced) = replaced {
        terminal.say(&format!("replaced {} (was {replaced})", path.display()));
    }
    let played: u64 = sizing.scores.iter().map(|it| it.rows.len() as u64).sum();
    let played = played + sizing.foreseen;
    terminal.say(&format!(
        "{}/  {} of {}   {}",
        path.display(),
        number::counted(played, "run"),
        number::counted(sizing.scores.len() as u64, "setting"),
        number::duration_to(watch.elapsed().as_secs_f64(), 2),
    ));
}

fn check_repeat(args: &SizeArgs) -> Result<(), Failure> {
    args.repeat.check()?;
    if args.repeat.within.is_none() {
        return Ok(());
    }
    Err(Failure::CommandLine {
        message: "`--within` does not fit `size`: all settings have equally many replicates".into(),
        help: Some("write `--repeat N`".into()),
    })
}

/// The file, or what the flags say.
fn source(args: &SizeArgs) -> Result<Source, Failure> {
    match &args.file {
        Some(file) => files::read_scenario(file),
        None if args.rate.is_some() => flags::source(args),
        None => Err(Failure::CommandLine {
            message: "there is nothing to size".into(),
            help: Some("name a scenario's file, or write `--rate 4.5k/s`".into()),
        }),
    }
}

/// What the command line sets, and whether the only objective is the usual one.
fn overrides(args: &SizeArgs, source: &Source) -> Result<(Vec<(String, String)>, bool), Failure> {
    let mut all = args.set.clone();
    if args.file.is_some() {
        all.extend(args.slo.iter().cloned());
    }
    if let Some(seed) = args.seed {
        all.push(("scenario.seed".to_owned(), seed.to_string()));
    }
    let load = |all: &[(String, String)]| {
        scenario::load(&source.name, &source.label, &source.text, all, &source.files)
            .map_err(|problems| Failure::Scenario(Box::new(problems)))
    };
    let scenario = load(&all)?;
    let is_usual = scenario.objectives.is_empty();
    if is_usual {
        let stream = stream(args, &scenario)?;
        let path = knob::metric_path(&scenario.plan, stream, search::THROTTLED);
        all.push((format!("slo.{path}"), bench::USUAL_CONDITION.to_owned()));
    }
    Ok((all, is_usual))
}

/// What cannot be sized.
fn check(args: &SizeArgs, scenario: &Scenario) -> Result<(), Failure> {
    let traced =
        scenario.plan.producers.iter().find(|it| matches!(it.source, SourcePlan::Trace { .. }));
    if let Some(producer) = traced.filter(|_| args.headroom.is_some()) {
        let name = &producer.name;
        return Err(Failure::CommandLine {
            message: format!("`--headroom` cannot raise the rate of `{name}`: it is a trace"),
            help: Some(format!("write `--set producer.{name}.trace.scale=1.25`")),
        });
    }
    let last = crate::time::Instant::ZERO + scenario.plan.duration;
    if let Some(until) = args.until.filter(|until| *until > last) {
        return Err(Failure::CommandLine {
            message: format!("`--until {until}` is after the scenario's end at {last}"),
            help: Some(format!("to run longer: `--set scenario.duration=\"{until}\"`")),
        });
    }
    Ok(())
}

/// The stream that is sized.
fn stream(args: &SizeArgs, scenario: &Scenario) -> Result<usize, Failure> {
    let all = &scenario.plan.streams;
    let can = |index: &usize| {
        let it = &all[*index];
        it.direct.is_none() && it.mode == StreamMode::Provisioned
    };
    let wrong =
        |message: String, help: &str| Failure::CommandLine { message, help: Some(help.to_owned()) };
    let Some(name) = &args.stream else {
        let sizable: Vec<usize> = (0..all.len()).filter(can).collect();
        return match sizable.as_slice() {
            [index] => Ok(*index),
            [] => {
                let help = "on demand the service decides: `--set stream.stream_mode=PROVISIONED`";
                Err(wrong("no stream has a number of shards to size".to_owned(), help))
            }
            [first, ..] => {
                let names: Vec<&str> = sizable.iter().map(|it| all[*it].name.as_str()).collect();
                let message = format!("there are several streams to size: {}", names.join(", "));
                Err(wrong(message, &format!("name one: `--stream {}`", all[*first].name)))
            }
        };
    };
    let found = (0..all.len()).find(|&index| all[index].name == *name);
    match found {
        Some(index) if can(&index) => Ok(index),
        Some(_) => {
            Err(wrong(format!("`{name}` is not provisioned"), "it has no number of shards to size"))
        }
        None => {
            let names: Vec<&str> = all.iter().map(|it| it.name.as_str()).collect();
            let help = match names.as_slice() {
                [one] => format!("the only one is `{one}`"),
                all => format!("the streams are {}", all.join(", ")),
            };
            Err(wrong(format!("no stream is called `{name}`"), &help))
        }
    }
}

fn demand(
    args: &SizeArgs,
    scenario: &Scenario,
    stream: usize,
    replicates: u64,
) -> Result<Demand, Failure> {
    let path = knob::shards_path(&scenario.plan, stream);
    let is_shards = |it: &&Knob| {
        it.path == path
            || it.path == format!("stream.{}.shard_count", scenario.plan.streams[stream].name)
    };
    let wrong = |message: String, help: &str| {
        Err(Failure::CommandLine { message, help: Some(help.to_owned()) })
    };
    let usual = knob::usual(&scenario.plan, stream);
    let mut knobs = if args.vary.is_empty() { usual.clone() } else { Vec::new() };
    let mut range = None;
    for knob in &args.vary {
        if is_shards(&knob) {
            if knob.values.is_empty() {
                continue;
            }
            let counts: Option<Vec<u32>> = knob.values.iter().map(|it| it.parse().ok()).collect();
            let counts = counts.filter(|all| all.iter().all(|it| (1..=SHARDS_MAX).contains(it)));
            let Some(counts) = counts else {
                let message = format!("`--vary {path}` takes numbers from 1 to {SHARDS_MAX}");
                return wrong(message, "write `4..16`");
            };
            let (least, most) = (counts.iter().min().copied(), counts.iter().max().copied());
            range = least.zip(most);
            continue;
        }
        let known = usual.iter().find(|it| it.path == knob.path);
        match (knob.values.is_empty(), known) {
            (false, _) => knobs.push(knob.clone()),
            (true, Some(known)) => knobs.push(known.clone()),
            (true, None) => {
                let message = format!("`--vary {}` needs the values to try", knob.path);
                return wrong(message, &format!("write `--vary {}=A,B,C`", knob.path));
            }
        }
    }
    let combinations: usize = knobs.iter().map(|it| it.values.len()).product();
    if combinations > COMBINATIONS_MAX {
        let message = format!(
            "there are {} combinations beside the number of shards, at most {COMBINATIONS_MAX}",
            number::count(combinations as u64)
        );
        return wrong(message, "name fewer values, or fewer paths, with `--vary`");
    }
    if range.is_some_and(|(from, to)| to - from >= 64 * EXHAUSTIVE_MAX) {
        return wrong(format!("`--vary {path}` spans too much"), "write a range such as `4..64`");
    }
    let probability = args.probability.unwrap_or(0.95);
    if probability > 1.0 {
        return wrong(
            "`--probability` is more than 100 %".into(),
            "write `--probability \"95 %\"`",
        );
    }
    Ok(Demand {
        probability,
        replicates,
        minimise: args.minimise.map_or(Minimise::Cost, Into::into),
        confidence: args.repeat.confidence(),
        range,
        knobs,
        with_changes: !args.no_changes,
        is_drawn: false,
    })
}

/// Everything that goes into the study's directory.
fn all_files(
    args: &SizeArgs,
    told: &Told<'_>,
    bench: &Table<'_>,
    written: Vec<(String, Vec<u8>)>,
) -> Result<Vec<(String, Vec<u8>)>, Failure> {
    // No place of this machine stands in a file.
    let file = args.file.as_ref().and_then(|it| it.file_name());
    let file = file.map(|it| it.to_string_lossy().into_owned());
    let told = &Told { file, directory: bench.name.to_owned(), ..told.clone() };
    let mut all = vec![
        ("size.txt".to_owned(), told.screen(Style::FILE).into_bytes()),
        ("size.md".to_owned(), told.markdown().into_bytes()),
        ("size.json".to_owned(), told.json().into_bytes()),
        ("formulas.csv".to_owned(), table::formulas(told)),
        ("settings.csv".to_owned(), table::settings(told)),
    ];
    if let Some(drawn) = &told.drawn {
        all.push(("draws.csv".to_owned(), drawn::draws_csv(drawn.draws)));
    }
    all.extend(written);
    let named = if args.charts.0.is_empty() { Vec::new() } else { charts(told) };
    all.extend(pictures::files(&named, &args.charts, args.jobs));
    let mut resolved = Vec::new();
    for score in &told.sizing.scores {
        resolved.push(bench.scenario(&score.setting)?.hash);
    }
    let study = Study {
        command: "size",
        name: bench.name.to_owned(),
        sha256: Joined::of(resolved),
        seed: told.scenario.plan.seed,
        replicates: told.demand.replicates,
        is_partial: told.sizing.scores.iter().any(Score::is_partial),
    };
    let manifest = match &told.drawn {
        Some(it) => manifest::write_drawn(&study, it.draws.points.len() as u64, &all),
        None => manifest::write_study(&study, &all),
    };
    all.push((manifest::FILE.to_owned(), manifest));
    Ok(all)
}

fn answer(args: &SizeArgs, told: &Told<'_>, terminal: Terminal) -> Result<(), Failure> {
    match args.csv.as_deref() {
        Some("formulas") => return Terminal::print(&table::formulas(told)),
        Some(_) => return Terminal::print(&table::settings(told)),
        None => {}
    }
    if args.json {
        return Terminal::print(told.json().as_bytes());
    }
    if args.quiet {
        return Ok(());
    }
    terminal.print_styled(&told.screen(terminal.style))
}

fn exit(args: &SizeArgs, sizing: &Sizing) -> Exit {
    if interrupt::was_asked() {
        Exit::Interrupted
    } else if sizing.scores.iter().any(Score::is_partial) && args.max_events.is_some() {
        Exit::Budget
    } else if sizing.best.is_none() && sizing.changes.is_empty() && !args.no_fail {
        Exit::Missed
    } else {
        Exit::Done
    }
}
