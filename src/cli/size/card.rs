//! `kinesim size --scorecard`.

use std::num::NonZeroUsize;
use std::sync::Mutex;

use crate::cli::clock::Stopwatch;
use crate::cli::failure::{Exit, Failure};
use crate::cli::files;
use crate::cli::interrupt;
use crate::cli::pictures;
use crate::cli::progress::StudyMeter;
use crate::cli::size::args::SizeArgs;
use crate::cli::terminal::Terminal;
use crate::experiment::run::Continue;
use crate::experiment::size::scorecard::{self, Grid};
use crate::experiment::study::Pace;
use crate::report::directory::Directory;
use crate::report::manifest::{self, Joined, Study};
use crate::report::number;
use crate::report::study::size::scorecard::Scorecard;
use crate::report::summary::Style;

/// Plays the grid, writes, tells.
pub(super) fn run(args: &SizeArgs, terminal: Terminal) -> Result<Exit, Failure> {
    let watch = Stopwatch::start();
    let name = args.name.as_deref().unwrap_or("scorecard-size");
    let directory = Directory::new(&files::parent(args.out.as_deref()), name, !args.no_clobber)
        .map_err(Failure::directory)?;
    directory.examine().map_err(Failure::directory)?;
    interrupt::listen(args.quiet);
    let meter = Mutex::new(StudyMeter::new(args.progress, args.quiet, terminal));
    let on_progress = |pace: Pace| {
        if interrupt::was_asked() {
            return Continue::Stop;
        }
        if let Ok(mut meter) = meter.try_lock() {
            meter.show(pace);
        }
        Continue::Yes
    };
    let seed = args.seed.unwrap_or(1);
    let grid = Grid::usual(seed);
    let cases = scorecard::play(args.jobs.map(NonZeroUsize::get), grid, &on_progress);
    if let Ok(mut meter) = meter.lock() {
        meter.clear();
    }
    let Ok(cases) = cases else { return Ok(Exit::Interrupted) };
    let card = Scorecard { cases: &cases, seed, directory: directory.path().display().to_string() };
    let mut all = vec![
        // No place of this machine stands in a file.
        (
            "size.txt".to_owned(),
            Scorecard { directory: name.to_owned(), ..card.clone() }
                .screen(Style::FILE)
                .into_bytes(),
        ),
        ("size.json".to_owned(), card.json().into_bytes()),
        ("scorecard.csv".to_owned(), card.csv()),
    ];
    all.extend(pictures::files(&[card.chart()], &args.charts, args.jobs));
    let text = |it: &scorecard::Case| scorecard::text((it.rate, it.size, it.skew), seed);
    let study = Study {
        command: "size",
        name: name.to_owned(),
        sha256: Joined::of(cases.iter().map(text)),
        seed,
        replicates: 1,
        is_partial: false,
    };
    let manifest = manifest::write_study(&study, &all);
    all.push((manifest::FILE.to_owned(), manifest));
    directory.write(&all).map_err(Failure::directory)?;
    if !args.quiet {
        terminal.say(&format!(
            "{}/  {}",
            directory.path().display(),
            number::duration_to(watch.elapsed().as_secs_f64(), 2)
        ));
    }
    if args.json {
        Terminal::print(card.json().as_bytes())?;
    } else if args.csv.is_some() {
        Terminal::print(&card.csv())?;
    } else if !args.quiet {
        terminal.print_styled(&card.screen(terminal.style))?;
    }
    Ok(Exit::Done)
}
