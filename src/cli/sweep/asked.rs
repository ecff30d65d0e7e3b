//! From the command line and the scenario's `[sweep]` to a plan.

use std::collections::BTreeMap;
use std::io;
use std::sync::Mutex;

use crate::cli::failure::Failure;
use crate::cli::files::{self, Source};
use crate::cli::repeat::{DRAWS, RepeatArgs};
use crate::cli::sweep::args::WhatArgs;
use crate::experiment::study::points::{self, Points};
use crate::experiment::study::uncertain::{self, Point};
use crate::experiment::study::{self, Draws, Measure};
use crate::report::study::sweep::{Objective, Plan, Sort, Stored};
use crate::scenario::sweep::{self as declared, Condition, Declared, Varied};
use crate::scenario::uncertain::inputs;
use crate::scenario::{self, Files, Scenario};
use crate::time::Instant;

/// A plan with what it is played from.
pub(super) struct Asked {
    pub source: Source,
    pub plan: Plan,
    pub repeat: RepeatArgs,
}

/// What every point has in common, read off the first that can be simulated.
pub(super) struct Base {
    pub measures: Vec<Measure>,
    pub objectives: Vec<Objective>,
    pub seed: u64,
    /// What every point is played with, where inputs are uncertain.
    pub draws: Option<Draws>,
}

/// Runs of a sweep at most.
const RUNS_MAX: u64 = 1_000_000;

/// Reads everything that can be known without simulating.
pub(super) fn asked(what: &WhatArgs, name: Option<&str>) -> Result<Asked, Failure> {
    what.repeat.check()?;
    let Some(path) = &what.file else {
        return Err(wrong("there is no scenario to sweep", "name its file"));
    };
    let source = files::read_scenario(path)?;
    let declared = declared::declared(&source.label, &source.text)
        .map_err(|problems| Failure::Scenario(Box::new(problems)))?;
    let mut faults = Vec::new();
    let points = points_of(what, &source, &declared, &mut faults);
    let Some(points) = points.filter(|_| faults.is_empty()) else {
        return Err(all(&faults));
    };
    let mut set = what.set.clone();
    if let Some(seed) = what.seed {
        set.push(("scenario.seed".to_owned(), seed.to_string()));
    }
    let is_uncertain = is_uncertain(&source, &set, &points)?;
    let usual = declared.repeat.unwrap_or(DRAWS);
    let draws = what.repeat.draws(what.draws, usual, is_uncertain)?;
    let mut repeat = what.repeat.clone();
    if !repeat.is_asked() {
        repeat.repeat = draws.or(declared.repeat);
    }
    let replicates = repeat.floor();
    if points.values.len() as u64 * replicates > RUNS_MAX {
        let (count, most) = (points.values.len(), "1,000,000");
        return Err(wrong(
            &format!("{count} points of {replicates} runs each are more than {most} runs"),
            "take fewer values or fewer repetitions",
        ));
    }
    let name = name.map_or_else(|| format!("{}-sweep", source.name), str::to_owned);
    let file = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
    let mut plan = Plan {
        name,
        label: file.into_owned(),
        text_sha256: files::sha256(source.text.as_bytes()),
        set,
        varied: points.paths,
        points: points.values,
        left_out: points.left_out,
        replicates,
        draws,
        confidence: repeat.confidence().share(),
        other_keys: repeat.with_other_keys(),
        until_ns: what.until.map(Instant::as_ns),
        max_events: what.max_events,
        files: Vec::new(),
    };
    plan.files = named_files(&plan, &source);
    Ok(Asked { source, plan, repeat })
}

/// Whether some input is uncertain at every point. What is varied is not, and may not be.
fn is_uncertain(
    source: &Source,
    set: &[(String, String)],
    points: &Points,
) -> Result<bool, Failure> {
    let drawn = |values: &[(String, String)]| {
        let all = [set, values].concat();
        inputs(&source.label, &source.text, &all).unwrap_or_default()
    };
    for (place, path) in points.paths.iter().enumerate() {
        for value in points.distinct(place).into_iter().filter(|it| it.contains("uncertain")) {
            let varied = (path.clone(), value.to_owned());
            let is_of = |of: &str| {
                of.strip_prefix(path).is_some_and(|it| it.is_empty() || it.starts_with('.'))
            };
            if drawn(&[varied]).iter().any(|it| is_of(&it.path)) {
                return Err(wrong(
                    &format!("`{path}` is varied, and a value of it is uncertain"),
                    "vary it, or write its range in the scenario or with `--set`",
                ));
            }
        }
    }
    Ok(!drawn(&points.sets(0)).is_empty())
}

/// The points, or everything that is wrong.
fn points_of(
    what: &WhatArgs,
    source: &Source,
    declared: &Declared,
    faults: &mut Vec<(String, String)>,
) -> Option<Points> {
    let given = !what.vary.is_empty() || !what.zip.is_empty();
    let (vary, zip) = if given {
        let mut read = |option: &str, list: &[(String, String)]| read_lists(option, list, faults);
        (read("vary", &what.vary), read("zip", &what.zip))
    } else {
        (declared.vary.clone(), declared.zip.clone())
    };
    let before = faults.len();
    check_paths(&source.text, what, &vary, &zip, faults);
    let lhs = what.lhs.or(declared.lhs.filter(|_| !given));
    if vary.is_empty() && zip.is_empty() && faults.is_empty() {
        let help = "write `--vary stream.shard_count=4,8,16`, or a table `[sweep.vary]`";
        faults.push(("nothing is varied".to_owned(), help.to_owned()));
    }
    if lhs.is_some() && !zip.is_empty() {
        let help = "write ranges with `--vary`, or leave `--lhs` out";
        faults.push(("`--lhs` draws each path by itself, without `--zip`".to_owned(), help.into()));
    }
    let paths: Vec<String> = vary.iter().chain(&zip).map(|it| it.path.clone()).collect();
    let text = what.condition.as_ref().or(declared.condition.as_ref().filter(|_| !given));
    let condition = text.map(|text| Condition::read(text, &paths));
    let condition = match condition {
        Some(Err(error)) if faults.len() == before => {
            let text = text.map_or("", String::as_str);
            let mark = format!("{text}\n    {}^", " ".repeat(error.column - 1));
            faults.push((format!("`--where`, {error}\n    {mark}"), String::new()));
            return None;
        }
        other => other.and_then(Result::ok),
    };
    if !faults.is_empty() {
        return None;
    }
    let seed = seed(what, declared);
    let made = match lhs {
        Some(count) => points::latin(&vary, count as usize, seed, condition.as_ref()),
        None => points::grid(&vary, &zip, condition.as_ref()),
    };
    made.map_err(|error| faults.push((error.to_string(), String::new()))).ok()
}

fn read_lists(
    option: &str,
    given: &[(String, String)],
    faults: &mut Vec<(String, String)>,
) -> Vec<Varied> {
    let mut lists = Vec::new();
    for (path, text) in given {
        match declared::read_list(text) {
            Ok(list) => lists.push(Varied { path: path.clone(), list }),
            Err(reason) => {
                let help = "lists are `4,8,16` and `4..16:2`".to_owned();
                faults.push((format!("`--{option} {path}={text}`: {reason}"), help));
            }
        }
    }
    lists
}

/// Paths that lead nowhere, and those that are set as well.
fn check_paths(
    text: &str,
    what: &WhatArgs,
    vary: &[Varied],
    zip: &[Varied],
    faults: &mut Vec<(String, String)>,
) {
    let paths: Vec<&str> = vary.iter().chain(zip).map(|it| it.path.as_str()).collect();
    for (path, fault) in paths.iter().zip(declared::check_paths(text, &paths)) {
        if let Some((message, help)) = fault {
            faults.push((message, help.unwrap_or_default()));
        }
        if what.set.iter().any(|(set, _)| set == path) {
            let help = "leave one of them out".to_owned();
            faults.push((format!("`{path}` is both set and varied"), help));
        }
        if *path == "scenario.seed" && what.seed.is_some() {
            let help = "leave `--seed` out".to_owned();
            faults.push(("`scenario.seed` is varied beside `--seed`".to_owned(), help));
        }
    }
}

/// The seed that points are drawn with: the scenario's.
fn seed(what: &WhatArgs, declared: &Declared) -> u64 {
    let set = what.set.iter().rev().find(|(path, _)| path == "scenario.seed");
    let set = set.and_then(|(_, value)| value.trim().parse().ok());
    what.seed.or(set).or(declared.seed).unwrap_or(1)
}

/// The files that values name, as far as they can be read: what changes in them is another plan.
fn named_files(plan: &Plan, source: &Source) -> Vec<Stored> {
    let values = plan.points.iter().flatten().chain(plan.set.iter().map(|(_, value)| value));
    let names: std::collections::BTreeSet<&String> = values.collect();
    let names = names.into_iter().flat_map(|value| declared::texts(value));
    let stored = |path: String| {
        let bytes = source.files.read(&path).ok()?;
        Some(Stored { path, stored: String::new(), sha256: files::sha256(&bytes) })
    };
    names.filter(|name| name.contains('.')).filter_map(stored).collect()
}

/// Loads points until one can be simulated; the problems of the first where none can.
pub(super) fn base(
    plan: &Plan,
    text: &str,
    files: &(dyn Files + Sync),
    until: Option<Instant>,
) -> Result<(Base, Vec<Stored>), Failure> {
    let recorder = Recorder::new(files);
    let mut first = None;
    for point in 0..plan.points.len() {
        match load(plan, point, &Point::default(), text, &recorder) {
            Ok(scenario) => {
                check_until(&scenario, until)?;
                let set = sets(plan, point);
                let draw = |count| Draws::new(&read(plan, &set, text, files), &scenario, count);
                let failed = |problems| Failure::Scenario(Box::new(problems));
                let draws = plan.draws.map(draw).transpose().map_err(failed)?;
                let base = Base::new(&scenario, draws);
                return Ok((base, recorder.stored()));
            }
            Err(problems) => _ = first.get_or_insert(problems),
        }
    }
    match first {
        Some(problems) => Err(Failure::Scenario(Box::new(problems))),
        None => Err(wrong("the sweep has no points", "vary something")),
    }
}

fn check_until(scenario: &Scenario, until: Option<Instant>) -> Result<(), Failure> {
    let last = Instant::ZERO + scenario.plan.duration;
    match until {
        Some(until) if until > last => Err(wrong(
            &format!("`--until {until}` is after the scenario's end at {last}"),
            &format!("to run longer: `--set scenario.duration=\"{until}\"`"),
        )),
        _ => Ok(()),
    }
}

impl Base {
    fn new(scenario: &Scenario, draws: Option<Draws>) -> Self {
        let objectives = scenario.objectives.iter();
        Self {
            measures: study::measures(scenario),
            objectives: objectives.map(|it| (it.path.clone(), it.text.clone())).collect(),
            seed: scenario.plan.seed,
            draws,
        }
    }
}

/// Loads one point with a draw of what is uncertain.
pub(super) fn load(
    plan: &Plan,
    point: usize,
    draw: &Point,
    text: &str,
    files: &(dyn Files + Sync),
) -> Result<Scenario, scenario::Problems> {
    read(plan, &sets(plan, point), text, files).load(draw)
}

/// All that is laid over the text at a point.
fn sets(plan: &Plan, point: usize) -> Vec<(String, String)> {
    let mut set = plan.set.clone();
    let values = plan.points.get(point).into_iter().flatten();
    set.extend(plan.varied.iter().cloned().zip(values.cloned()));
    set
}

fn read<'a>(
    plan: &'a Plan,
    set: &'a [(String, String)],
    text: &'a str,
    files: &'a (dyn Files + Sync),
) -> uncertain::Source<'a> {
    uncertain::Source { name: &plan.name, label: &plan.label, text, overrides: set, files }
}

/// What is wrong with a point, in one line.
pub(super) fn in_a_line(problems: &scenario::Problems) -> String {
    const SAID: usize = 3;
    let each = problems.iter().map(|it| format!("{}: {}", it.code.id(), it.message));
    let mut said: Vec<String> = each.take(SAID + 1).collect();
    if said.len() > SAID {
        "and more".clone_into(&mut said[SAID]);
    }
    said.join("; ")
}

/// Files as they are, with a note of each that was read.
pub(super) struct Recorder<'f> {
    inner: &'f (dyn Files + Sync),
    seen: Mutex<BTreeMap<String, Vec<u8>>>,
}

impl<'f> Recorder<'f> {
    pub(super) fn new(inner: &'f (dyn Files + Sync)) -> Self {
        Self { inner, seen: Mutex::new(BTreeMap::new()) }
    }

    /// What was read: names and contents.
    pub(super) fn into_seen(self) -> BTreeMap<String, Vec<u8>> {
        self.seen.into_inner().unwrap_or_default()
    }

    fn stored(&self) -> Vec<Stored> {
        let Ok(seen) = self.seen.lock() else { return Vec::new() };
        let each = seen.iter().map(|(path, bytes)| Stored {
            path: path.clone(),
            stored: String::new(),
            sha256: files::sha256(bytes),
        });
        each.collect()
    }
}

impl Files for Recorder<'_> {
    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        let bytes = self.inner.read(path)?;
        if let Ok(mut seen) = self.seen.lock() {
            seen.entry(path.to_owned()).or_insert_with(|| bytes.clone());
        }
        Ok(bytes)
    }
}

/// Refuses a column that is none.
pub(super) fn check_sort(sort: Option<&str>, plan: &Plan, base: &Base) -> Result<(), Failure> {
    let Some(text) = sort else { return Ok(()) };
    let paths: Vec<&str> = plan.varied.iter().map(String::as_str).collect();
    let measures: Vec<&str> = base.measures.iter().map(|it| it.path.as_str()).collect();
    Sort::read(text).check(&paths, &measures, plan.draws.is_some()).map_err(|names| {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let help = format!("the columns are {}", scenario::problem::listed(&names));
        wrong(&format!("there is no column `{text}` to sort by"), &help)
    })
}

pub(super) fn wrong(message: &str, help: &str) -> Failure {
    let help = Some(help.to_owned()).filter(|help| !help.is_empty());
    Failure::CommandLine { message: message.to_owned(), help }
}

/// Everything that is wrong, in one failure.
fn all(faults: &[(String, String)]) -> Failure {
    let [(message, help)] = faults else {
        let line = |(message, help): &(String, String)| match help.as_str() {
            "" => format!("\n  {message}"),
            help => format!("\n  {message}; {help}"),
        };
        let lines: String = faults.iter().map(line).collect();
        return wrong(&format!("{} things are wrong:{lines}", faults.len()), "");
    };
    wrong(message, help)
}
