//! `kinesim uncertain`: what hangs on what is not known.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Mutex;

use clap::Args;
use clap::builder::PossibleValuesParser;

use crate::cli::failure::{Exit, Failure};
use crate::cli::files;
use crate::cli::interrupt;
use crate::cli::pictures;
use crate::cli::progress::StudyMeter;
use crate::cli::repeat::{parse_confidence, replicates};
use crate::cli::terminal::Terminal;
use crate::cli::values::{
    Charts, ColorWhen, ProgressWhen, parse_charts, parse_events, parse_override, parse_until,
};
use crate::experiment::run::Continue;
use crate::experiment::stats::Confidence;
use crate::experiment::study::measure::measure_at;
use crate::experiment::study::uncertain::{self, Limits, Play, Played, Point, Source, Unknown};
use crate::experiment::study::{Measure, Pace, Row, Stopped, measures};
use crate::report::chart::{self, NamedChart};
use crate::report::directory::Directory;
use crate::report::manifest::{self, Joined, Study};
use crate::report::number;
use crate::report::study::uncertain::Uncertain;
use crate::report::summary::Style;
use crate::scenario::Scenario;
use crate::time::Instant;

const BEFORE: &str = "\
Examples:
  kinesim uncertain my.toml --set 'producer.web.rate={ uncertain = [\"4k/s\", \"6k/s\"] }'
  kinesim uncertain my.toml --draws 100 --metric records.lost";

const AFTER: &str = "\
Exit codes: 0 every objective held in every draw, 1 one did not, 2 wrong command line or
scenario, 3 a file cannot be read or written, 4 a limit ended runs, 130 interrupted.";

/// Draws what is uncertain: chances, and which unknown matters
///
/// All uncertain inputs are drawn together, which gives the chance of each objective;
/// then each of them, and each constant that AWS does not publish, is tried by itself.
#[derive(Debug, Args)]
#[command(before_help = BEFORE, after_help = AFTER, next_line_help = false,
    verbatim_doc_comment)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub(super) struct UncertainArgs {
    /// Scenario file (TOML), or `-` for stdin
    #[arg(value_name = "FILE")]
    pub file: PathBuf,

    /// Override one value, repeatable; ranges too
    #[arg(long, value_name = "PATH=VALUE", value_parser = parse_override)]
    pub set: Vec<(String, String)>,

    /// Override scenario.seed
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,

    /// Draws of all uncertain inputs together
    #[arg(long, value_name = "N", default_value = "32", value_parser = replicates())]
    pub draws: u64,

    /// What the tornado is about [default: an objective's]
    #[arg(long, value_name = "METRIC")]
    pub metric: Option<String>,

    /// Sets of random numbers: draws take them in turn
    ///
    /// A draw has those of one, in turn; what is tried by itself is played with each
    /// and its mean counts. With 1 all runs have the same random numbers.
    #[arg(long, value_name = "N", default_value = "1", value_parser = replicates(),
        verbatim_doc_comment)]
    pub repeat: u64,

    /// Confidence of intervals [default: "95 %"]
    #[arg(long, hide_short_help = true, value_name = "SHARE", value_parser = parse_confidence)]
    pub confidence: Option<Confidence>,

    /// Stop each run at this virtual time: "10 min"
    #[arg(long, value_name = "T", value_parser = parse_until)]
    pub until: Option<Instant>,

    /// Stop each run once so many events are played: 20M
    #[arg(long, value_name = "N", value_parser = parse_events)]
    pub max_events: Option<u64>,

    /// Parent directory of the study's own [default: output]
    #[arg(short, long, value_name = "DIR")]
    pub out: Option<PathBuf>,

    /// Name of its directory [default: FILE's stem and -uncertain]
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,

    /// Refuse to replace an earlier one
    #[arg(long)]
    pub no_clobber: bool,

    /// Chart formats: svg, png, or none
    #[arg(long, value_name = "LIST", default_value = "svg,png", value_parser = parse_charts)]
    pub charts: Charts,

    /// Print one table: uncertain or tornado
    #[arg(long, value_name = "TABLE", conflicts_with = "json", hide_possible_values = true,
        value_parser = PossibleValuesParser::new(["uncertain", "tornado"]))]
    pub csv: Option<String>,

    /// Print the answer as one JSON object, errors too
    #[arg(long)]
    pub json: bool,

    /// Exit with 0 although an objective is missed
    #[arg(long)]
    pub no_fail: bool,

    /// Print errors only, and what --json or --csv asks for
    #[arg(short, long)]
    pub quiet: bool,

    /// Colours: auto, always, or never
    #[arg(long, value_name = "WHEN", default_value = "auto", hide_possible_values = true)]
    pub color: ColorWhen,

    /// Progress: auto, always, plain, or never
    #[arg(long, value_name = "WHEN", default_value = "auto", hide_possible_values = true)]
    pub progress: ProgressWhen,

    /// Threads [default: one a core]; results never depend on it
    #[arg(short, long, value_name = "N")]
    pub jobs: Option<NonZeroUsize>,
}

/// Reads, draws, tries, writes, tells.
pub(super) fn run(args: &UncertainArgs, terminal: Terminal) -> Result<Exit, Failure> {
    let file = files::read_scenario(&args.file)?;
    let name = args.name.clone().unwrap_or_else(|| format!("{}-uncertain", file.name));
    let directory = Directory::new(&files::parent(args.out.as_deref()), &name, !args.no_clobber)
        .map_err(Failure::directory)?;
    let mut overrides = args.set.clone();
    overrides.extend(args.seed.map(|seed| ("scenario.seed".to_owned(), seed.to_string())));
    let source = Source {
        name: &file.name,
        label: &file.label,
        text: &file.text,
        overrides: &overrides,
        files: &file.files,
    };
    let wrong = |problems| Failure::Scenario(Box::new(problems));
    let centre = source.load(&Point::default()).map_err(wrong)?;
    let (measures, asked) = measured(&centre, args.metric.as_deref())?;
    check_end(&centre, args.until)?;
    let (unknowns, left_out) = uncertain::unknowns(&source, &centre).map_err(wrong)?;
    if unknowns.is_empty() {
        return Err(nothing_unknown());
    }
    directory.examine().map_err(Failure::directory)?;
    interrupt::listen(args.quiet);
    let (plays, drawn) = plays(args, &centre, &unknowns);
    let Ok(played) = play(args, &source, &measures, &plays, terminal) else {
        terminal.say("interrupted; nothing is written");
        return Ok(Exit::Interrupted);
    };
    let mut played = played.into_iter();
    let (draws, faulty): (Vec<_>, Vec<_>) = played.by_ref().take(drawn).partition(Result::is_ok);
    let draws: Vec<Played> = draws.into_iter().filter_map(Result::ok).collect();
    let first = faulty.into_iter().filter_map(Result::err).collect::<Vec<_>>();
    let message = first.first().and_then(|it| it.iter().next()).map(|it| it.message.clone());
    let mut resolved = vec![centre.resolved.clone()];
    resolved.extend(draws.iter().map(|it| it.resolved.clone()));
    // The middle and the ends were loaded before: all of them were played.
    let mut next = || -> Vec<Row> {
        let rows = played.by_ref().take(args.repeat as usize).filter_map(Result::ok);
        rows.map(|it| it.row).collect()
    };
    let middle = next();
    let rows: Vec<Vec<Vec<Row>>> =
        unknowns.iter().map(|it| it.tried.iter().map(|_| next()).collect()).collect();
    let asked =
        asked.unwrap_or_else(|| uncertain::first_moved(&measures, &unknowns, &rows, &middle));
    let told = Uncertain {
        scenario: &centre,
        measures: &measures,
        asked,
        unknowns: &unknowns,
        left_out: &left_out,
        draws: &draws,
        unplayed: (first.len(), message.as_deref()),
        centre: &middle,
        rows: &rows,
        confidence: args.confidence.unwrap_or(Confidence::USUAL),
    };
    let files = files_of(args, &told, &name, resolved);
    directory.write(&files).map_err(Failure::directory)?;
    if !args.quiet {
        terminal.say(&format!("{}/", directory.path().display()));
    }
    answer(args, &told, terminal)?;
    if told.is_partial() {
        terminal.say("a limit ended some of the runs early; their objectives count as missed");
        return Ok(Exit::Budget);
    }
    Ok(if told.is_met() || args.no_fail { Exit::Done } else { Exit::Missed })
}

/// What is measured, and which of it the tornado is to be about.
type Measured = (Vec<Measure>, Option<usize>);

/// What is measured; the metric asked for among it.
fn measured(centre: &Scenario, metric: Option<&str>) -> Result<Measured, Failure> {
    let mut all = measures(centre);
    let Some(path) = metric else { return Ok((all, None)) };
    if let Some(place) = all.iter().position(|it| it.path == path) {
        return Ok((all, Some(place)));
    }
    let measure = measure_at(centre, path).ok_or_else(|| {
        let paths: Vec<&str> = all.iter().map(|it| it.path.as_str()).collect();
        Failure::CommandLine {
            message: format!("`--metric {path}` is no metric of this scenario"),
            help: Some(format!("{}; or any other that `[slo]` takes", paths.join(", "))),
        }
    })?;
    all.push(measure);
    let last = all.len() - 1;
    Ok((all, Some(last)))
}

fn check_end(centre: &Scenario, until: Option<Instant>) -> Result<(), Failure> {
    let last = Instant::ZERO + centre.plan.duration;
    match until {
        Some(until) if until > last => Err(Failure::CommandLine {
            message: format!("`--until {until}` is after the scenario's end at {last}"),
            help: Some(format!("to run longer: `--set scenario.duration=\"{until}\"`")),
        }),
        _ => Ok(()),
    }
}

fn nothing_unknown() -> Failure {
    Failure::CommandLine {
        message: "nothing is uncertain in this scenario, and it rests on no assumed constant"
            .into(),
        help: Some(
            "write a range for a number: `rate = { uncertain = [\"4k/s\", \"6k/s\"] }`".into(),
        ),
    }
}

/// The draws, how many they are, then the middle and each value tried with all random numbers.
fn plays(args: &UncertainArgs, centre: &Scenario, unknowns: &[Unknown]) -> (Vec<Play>, usize) {
    let mut plays = if centre.uncertain.is_empty() {
        Vec::new()
    } else {
        uncertain::draws(centre, args.draws as usize, args.repeat)
    };
    let drawn = plays.len();
    let tried = unknowns.iter().flat_map(|it| it.tried.iter().map(|tried| tried.point.clone()));
    for point in std::iter::once(Point::default()).chain(tried) {
        plays.extend((0..args.repeat).map(|replicate| Play { point: point.clone(), replicate }));
    }
    (plays, drawn)
}

fn play(
    args: &UncertainArgs,
    source: &Source<'_>,
    measures: &[Measure],
    plays: &[Play],
    terminal: Terminal,
) -> Result<Vec<Result<Played, crate::scenario::Problems>>, Stopped> {
    let meter = Mutex::new(StudyMeter::new(args.progress, args.quiet, terminal));
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
    let limits = Limits { until: args.until, max_events: args.max_events };
    let threads = args.jobs.map(NonZeroUsize::get);
    let played = uncertain::play(threads, source, measures, plays, limits, &on_progress);
    if let Ok(mut meter) = meter.lock() {
        meter.clear();
    }
    played
}

fn files_of(
    args: &UncertainArgs,
    told: &Uncertain<'_>,
    name: &str,
    resolved: Vec<String>,
) -> Vec<(String, Vec<u8>)> {
    let mut files = vec![
        ("summary.txt".to_owned(), told.screen(Style::FILE).into_bytes()),
        ("uncertain.json".to_owned(), told.json().into_bytes()),
        ("uncertain.csv".to_owned(), told.uncertain_csv()),
        ("tornado.csv".to_owned(), told.tornado_csv()),
        ("scenario.resolved.toml".to_owned(), told.scenario.resolved.clone().into_bytes()),
    ];
    let tornado =
        chart::tornado(told).map(|chart| NamedChart { file_stem: "tornado".to_owned(), chart });
    files.extend(pictures::files(tornado.as_slice(), &args.charts, args.jobs));
    let study = Study {
        command: "uncertain",
        name: name.to_owned(),
        sha256: Joined::of(resolved),
        seed: told.scenario.plan.seed,
        replicates: args.repeat,
        is_partial: told.is_partial(),
    };
    files.push((manifest::FILE.to_owned(), manifest::write_study(&study, &files)));
    files
}

fn answer(args: &UncertainArgs, told: &Uncertain<'_>, terminal: Terminal) -> Result<(), Failure> {
    match args.csv.as_deref() {
        Some("uncertain") => return Terminal::print(&told.uncertain_csv()),
        Some(_) => return Terminal::print(&told.tornado_csv()),
        None => {}
    }
    if args.json {
        return Terminal::print(told.json().as_bytes());
    }
    if args.quiet {
        return Ok(());
    }
    terminal.print_styled(&told.screen(terminal.style))?;
    let said = number::counted(told.unknowns.len() as u64, "unknown");
    terminal.say(&format!("{said} tried, each by itself; the rest in tornado.csv"));
    Ok(())
}
