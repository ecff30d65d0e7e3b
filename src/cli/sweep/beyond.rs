//! A sweep beyond one machine: a plan's directory, its slices, and what they show together.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::cli::failure::{Exit, Failure};
use crate::cli::files;
use crate::cli::interrupt;
use crate::cli::sweep::answer::{Shown, tell};
use crate::cli::sweep::args::{MergeArgs, PlanArgs, SliceArgs, StatusArgs};
use crate::cli::sweep::asked::{Asked, Recorder, asked, base, check_sort, load, wrong};
use crate::cli::sweep::directory;
use crate::cli::sweep::play::{Played, Playing, broken};
use crate::cli::sweep::slice::{self, Slice};
use crate::cli::terminal::Terminal;
use crate::experiment::stats::Confidence;
use crate::experiment::study::uncertain::Point;
use crate::report::number;
use crate::report::study::sweep::{Archive, Journal, PLAN_FILE, Plan, Stored};
use crate::scenario::Files;
use crate::time::Instant;

/// Name of the scenario in a plan's directory.
const SCENARIO: &str = "scenario.toml";
/// Where slices note what is over.
const RUNS: &str = "runs";
const JOURNAL: &str = "journal";

/// A plan that was read from its directory.
struct Read {
    dir: PathBuf,
    plan: Plan,
    text: String,
}

/// The files of a plan's directory, under the names that the scenario has for them.
struct Copied<'p> {
    dir: &'p Path,
    files: &'p [Stored],
}

impl Files for Copied<'_> {
    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        let found = self.files.iter().find(|it| it.path == path);
        let stored = found.ok_or(io::ErrorKind::NotFound)?;
        let bytes = fs::read(self.dir.join(&stored.stored))?;
        if files::sha256(&bytes) != stored.sha256 {
            return Err(io::Error::other("it was changed since the plan was made"));
        }
        Ok(bytes)
    }
}

/// Writes a plan's directory.
pub(super) fn plan(args: &PlanArgs, terminal: Terminal) -> Result<Exit, Failure> {
    let Asked { source, mut plan, repeat } = asked(&args.what, args.name.as_deref())?;
    if repeat.within.is_some() {
        return Err(wrong(
            "slices cannot look at one another's results: a plan has no `--within`",
            "write `--repeat N`",
        ));
    }
    let until = plan.until_ns.map(Instant::from_ns);
    base(&plan, &source.text, &source.files, until)?;
    let recorder = Recorder::new(&source.files);
    let faulty = (0..plan.points.len())
        .filter(|&point| load(&plan, point, &Point::default(), &source.text, &recorder).is_err())
        .count();
    let mut list = vec![(SCENARIO.to_owned(), source.text.clone().into_bytes())];
    plan.files.clear();
    for (place, (path, bytes)) in recorder.into_seen().into_iter().enumerate() {
        let name = Path::new(&path).file_name().map(|it| it.to_string_lossy().into_owned());
        let stored = format!("files/{:04}-{}", place + 1, name.unwrap_or_default());
        let sha256 = files::sha256(&bytes);
        plan.files.push(Stored { path, stored: stored.clone(), sha256 });
        list.push((stored, bytes));
    }
    // Last: a directory with a plan is whole.
    list.push((PLAN_FILE.to_owned(), plan.to_file()));
    write_plan(&args.out, &list)?;
    if !args.quiet {
        let points = number::counted(plan.points.len() as u64, "point");
        let runs = number::counted(plan.points.len() as u64 * plan.replicates, "run");
        let dir = args.out.display();
        terminal.say(&format!("{dir}/  {points}, {runs}, hash {}", &plan.key()[..12]));
        if faulty > 0 {
            let faulty = number::counted(faulty as u64, "point");
            terminal.say(&format!("{faulty} cannot be simulated; the merged table will say why"));
        }
        terminal.say(&format!("next: kinesim sweep run {dir} --slice 1/1"));
    }
    Ok(Exit::Done)
}

/// Writes into a directory that is new, empty, or holds this very plan.
fn write_plan(dir: &Path, list: &[(String, Vec<u8>)]) -> Result<(), Failure> {
    let failed = |path: &Path, error: &io::Error| Failure::Write {
        label: path.display().to_string(),
        message: error.to_string(),
    };
    let refuse = |message: &str| Failure::Write {
        label: dir.display().to_string(),
        message: message.to_owned(),
    };
    let own = list.last().map(|(_, bytes)| bytes.as_slice()).unwrap_or_default();
    match fs::read(dir.join(PLAN_FILE)) {
        Ok(there) if there == own => return Ok(()),
        Ok(_) => return Err(refuse("it holds another plan; remove it, or take another directory")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(failed(dir, &error)),
    }
    let names = list.iter().map(|(name, _)| name.split('/').next().unwrap_or(name));
    let names: Vec<&str> = names.collect();
    match fs::read_dir(dir) {
        Ok(entries) => {
            for entry in entries {
                let name = entry.map_err(|error| failed(dir, &error))?.file_name();
                if !names.iter().any(|known| name == *known) {
                    return Err(refuse("it is not empty and holds no plan; take a new directory"));
                }
            }
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(failed(dir, &error)),
    }
    for (name, bytes) in list {
        let path = dir.join(name);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(|error| failed(folder, &error))?;
        }
        let part = path.with_extension("part");
        let written = fs::write(&part, bytes).and_then(|()| fs::rename(&part, &path));
        written.map_err(|error| failed(&path, &error))?;
    }
    Ok(())
}

impl Read {
    fn new(dir: &Path) -> Result<Self, Failure> {
        let read = |name: &str| {
            let path = dir.join(name);
            fs::read(&path).map_err(|error| Failure::Read {
                label: path.display().to_string(),
                message: match error.kind() {
                    io::ErrorKind::NotFound => {
                        "there is no such file; `kinesim sweep plan FILE -o DIR` makes a plan"
                            .into()
                    }
                    _ => error.to_string(),
                },
            })
        };
        let plan = Plan::from_file(&read(PLAN_FILE)?).map_err(|message| Failure::Read {
            label: dir.join(PLAN_FILE).display().to_string(),
            message,
        })?;
        let text = String::from_utf8_lossy(&read(SCENARIO)?).into_owned();
        if files::sha256(text.as_bytes()) != plan.text_sha256 {
            return Err(Failure::Read {
                label: dir.join(SCENARIO).display().to_string(),
                message: "it was changed since the plan was made".to_owned(),
            });
        }
        Ok(Self { dir: dir.to_owned(), plan, text })
    }

    fn files(&self) -> Copied<'_> {
        Copied { dir: &self.dir, files: &self.plan.files }
    }

    /// The journals of all slices, in order of their names.
    fn journals(&self) -> Result<Vec<PathBuf>, Failure> {
        let folder = self.dir.join(RUNS);
        let entries = match fs::read_dir(&folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries,
        };
        let paths = entries.and_then(|entries| {
            entries.map(|entry| entry.map(|it| it.path())).collect::<io::Result<Vec<PathBuf>>>()
        });
        let mut paths = paths.map_err(|error| Failure::Read {
            label: folder.display().to_string(),
            message: error.to_string(),
        })?;
        paths.retain(|path| path.extension().is_some_and(|it| it == JOURNAL));
        paths.sort();
        Ok(paths)
    }

    /// Every run that is over.
    fn over(&self) -> Result<Archive, Failure> {
        let over = Archive::read(&self.journals()?, &self.plan.key());
        let mut over = over.map_err(|it| broken(&it))?;
        over.keep(self.plan.points.len(), self.plan.replicates);
        Ok(over)
    }

    fn runs(&self) -> u64 {
        self.plan.points.len() as u64 * self.plan.replicates
    }
}

/// Plays a slice.
pub(super) fn run(args: &SliceArgs, terminal: Terminal) -> Result<Exit, Failure> {
    let slice = match &args.slice {
        Some(text) => slice::read(text),
        None => slice::from_scheduler(args.of, |name| std::env::var(name).ok()),
    };
    let Slice { place, of } = slice.map_err(|message| wrong(&message, ""))?;
    let read = Read::new(&args.dir)?;
    let plan = &read.plan;
    let files = read.files();
    let until = plan.until_ns.map(Instant::from_ns);
    let (base, _) = base(plan, &read.text, &files, until)?;
    let name = format!("slice-{place:05}-of-{of:05}.{JOURNAL}");
    let path = args.dir.join(RUNS).join(name);
    let mut journal = Journal::open(&path, &plan.key()).map_err(|it| broken(&it))?;
    let missing = read.over()?.missing(plan.slice(place, of));
    interrupt::listen(args.talk.quiet);
    let playing =
        Playing { plan, text: &read.text, files: &files, base: &base, talk: &args.talk, terminal };
    let before = journal.over().count();
    let played = playing.play(&missing, &mut journal)?;
    if !args.talk.quiet {
        let count = number::counted(plan.slice(place, of).count() as u64, "run");
        let fresh = number::count((journal.over().count() - before) as u64);
        terminal.say(&format!("slice {place} of {of}: {count}, {fresh} of them played now"));
    }
    match played {
        Played::Whole => Ok(Exit::Done),
        Played::Interrupted => Ok(Exit::Interrupted),
    }
}

/// Says how far a plan is.
pub(super) fn status(args: &StatusArgs) -> Result<Exit, Failure> {
    let read = Read::new(&args.dir)?;
    let (over, key) = (read.over()?, read.plan.key());
    let mut failed = 0;
    for point in 0..read.plan.points.len() {
        let runs = over.point(point, read.plan.replicates).map_err(|it| broken(&it))?;
        failed += runs.iter().filter(|it| it.result.is_err()).count();
    }
    let mut slices = Vec::new();
    for path in read.journals()? {
        let own = Archive::read(std::slice::from_ref(&path), &key);
        let count = own.map_err(|it| broken(&it))?.count();
        let name = path.file_stem().map(|it| it.to_string_lossy().into_owned());
        slices.push((name.unwrap_or_default(), count));
    }
    let (count, runs) = (over.count() as u64, read.runs());
    if args.json {
        let each: Vec<_> =
            slices.iter().map(|(name, count)| json!({"journal": name, "runs": count})).collect();
        let status = json!({
            "schema_version": 1,
            "name": read.plan.name,
            "points": read.plan.points.len(),
            "replicates": read.plan.replicates,
            "runs": runs,
            "done": count,
            "failed": failed,
            "journals": each,
        });
        return Terminal::print(format!("{status:#}\n").as_bytes()).map(|()| Exit::Done);
    }
    let points = number::counted(read.plan.points.len() as u64, "point");
    let mut text = format!(
        "{}   {points}, {} of {} are over",
        read.plan.name,
        number::count(count),
        number::counted(runs, "run")
    );
    if failed > 0 {
        let _ = write!(text, ", {} of them failed", number::count(failed as u64));
    }
    text.push('\n');
    for (name, count) in slices {
        let _ = writeln!(text, "  {name}   {}", number::counted(count as u64, "run"));
    }
    if count < runs {
        let _ = writeln!(text, "missing: {}", missing(&read.plan, &over));
    } else {
        let _ = writeln!(text, "next: kinesim sweep merge {}", args.dir.display());
    }
    Terminal::print(text.as_bytes()).map(|()| Exit::Done)
}

/// `12 runs of points 3, 7, 11 and 4 others`.
fn missing(plan: &Plan, over: &Archive) -> String {
    const NAMED: usize = 8;
    let runs = over.missing(plan.runs(plan.replicates));
    let mut points: Vec<usize> = runs.iter().map(|run| run.point + 1).collect();
    points.dedup();
    let named: Vec<String> = points.iter().take(NAMED).map(usize::to_string).collect();
    let others = match points.len().saturating_sub(NAMED) {
        0 => String::new(),
        some => format!(" and {some} others"),
    };
    let noun = if points.len() == 1 { "point" } else { "points" };
    let count = number::counted(runs.len() as u64, "run");
    format!("{count} of {noun} {}{others}", named.join(", "))
}

/// Writes what all slices showed.
pub(super) fn merge(args: &MergeArgs, terminal: Terminal) -> Result<Exit, Failure> {
    let mut read = Read::new(&args.dir)?;
    let over = read.over()?;
    if (over.count() as u64) < read.runs() {
        return Err(Failure::Read {
            label: args.dir.display().to_string(),
            message: format!(
                "the plan is not played to its end: {} missing; `kinesim sweep run {} --slice \
                 1/1` plays what is left",
                missing(&read.plan, &over),
                args.dir.display()
            ),
        });
    }
    if let Some(name) = &args.told.name {
        read.plan.name.clone_from(name);
    }
    let (_, directory) = directory(&args.told, &read.plan.name)?;
    let (base, _) = base(&read.plan, &read.text, &read.files(), None)?;
    check_sort(args.told.sort.as_deref(), &read.plan, &base)?;
    directory.examine().map_err(Failure::directory)?;
    let confidence = Confidence::new(read.plan.confidence).unwrap_or(Confidence::USUAL);
    let (plan, over) = (read.plan, &over);
    let shown = Shown { plan, base: &base, over, asked: confidence, confidence };
    tell(shown, &args.told, &directory, terminal)
}
