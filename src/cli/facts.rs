//! `kinesim facts`: what is known about AWS, how well, and since when.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::cli::failure::{Exit, Failure};
use crate::cli::files;
use crate::cli::terminal::Terminal;
use crate::cli::values::ColorWhen;
use crate::report::facts::{self, Class};
use crate::scenario::{self, Override};

const BEFORE: &str = "\
Examples:
  kinesim facts PutRecords
  kinesim facts --grade assumed
  kinesim facts --overrides scenarios/hot-tenants.toml";

const AFTER: &str = "\
Exit codes: 0 done, 2 wrong command line, wrong scenario, or nothing matches,
3 the scenario cannot be read.";

const AFTER_LONG: &str = "\
Grades:
  documented  AWS says so, or it follows from what AWS says
  observed    AWS's own client code does so, or others found it from outside
  assumed     AWS does not say; a value was chosen, and a scenario can change it

Exit codes:
    0  done
    2  wrong command line, wrong scenario, or no fact matches
    3  the scenario could not be read, or the answer not be printed
  101  a bug in kinesim; the message says what to send";

/// Tells limits and defaults: value, source, date, grade
#[derive(Debug, Args)]
#[command(
    before_help = BEFORE,
    after_help = AFTER,
    after_long_help = AFTER_LONG,
    next_line_help = false
)]
pub(super) struct FactsArgs {
    /// Id or words: KDS-W01, "7 days", PutRecords
    ///
    /// What older notes say is searched too: "5 MiB" finds what replaced it.
    /// All facts without a pattern.
    #[arg(value_name = "PATTERN", verbatim_doc_comment)]
    pattern: Option<String>,

    /// Only this grade: documented, observed, or assumed
    #[arg(long, value_name = "GRADE", hide_possible_values = true)]
    grade: Option<GradeWord>,

    /// What this scenario changes: from, to
    #[arg(long, value_name = "FILE")]
    overrides: Option<PathBuf>,

    /// Also what each grade rests on, and addresses
    #[arg(long, conflicts_with_all = ["json", "overrides"])]
    long: bool,

    /// Print one JSON object, errors too
    #[arg(long)]
    json: bool,

    /// Colours: auto, always, or never
    #[arg(long, value_name = "WHEN", default_value = "auto", hide_possible_values = true)]
    color: ColorWhen,
}

/// The grades as words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "lower")]
enum GradeWord {
    Documented,
    Observed,
    Assumed,
}

/// Finds and tells.
pub(super) fn run(args: &FactsArgs, terminal: Terminal) -> Result<Exit, Failure> {
    let class = args.grade.map(|grade| match grade {
        GradeWord::Documented => Class::Documented,
        GradeWord::Observed => Class::Observed,
        GradeWord::Assumed => Class::Assumed,
    });
    let pattern = args.pattern.as_deref();
    let found = facts::find(pattern, class);
    if found.is_empty() {
        return Err(nothing(pattern.unwrap_or_default(), class));
    }
    if let Some(file) = &args.overrides {
        let source = files::read_scenario(file)?;
        let loaded = scenario::load(&source.name, &source.label, &source.text, &[], &source.files)
            .map_err(|problems| Failure::Scenario(Box::new(problems)))?;
        let is_found = |it: &Override| found.iter().any(|fact| fact.id == it.fact);
        let changes: Vec<Override> = loaded.overrides.into_iter().filter(is_found).collect();
        return tell(
            args.json,
            terminal,
            || facts::overrides_json(&changes, &source.label),
            || facts::overrides_screen(&changes, &source.label, terminal.style),
        );
    }
    tell(
        args.json,
        terminal,
        || facts::json(&found),
        || facts::screen(&found, args.long, terminal.style),
    )
}

fn tell(
    is_json: bool,
    terminal: Terminal,
    json: impl FnOnce() -> String,
    screen: impl FnOnce() -> String,
) -> Result<Exit, Failure> {
    if is_json {
        Terminal::print(json().as_bytes())?;
    } else {
        terminal.print_styled(&screen())?;
    }
    Ok(Exit::Done)
}

/// No fact matches: those of another grade, or the nearest.
fn nothing(pattern: &str, class: Option<Class>) -> Failure {
    let others = facts::find(Some(pattern), None);
    if let (Some(class), false) = (class, others.is_empty()) {
        let mut ids: Vec<String> = others.iter().take(3).map(|it| it.id.to_owned()).collect();
        if others.len() > ids.len() {
            ids.push(format!("{} more", others.len() - ids.len()));
        }
        return Failure::CommandLine {
            message: format!("no {} fact matches `{pattern}`", class.word()),
            help: Some(format!("of another grade: {}", ids.join(", "))),
        };
    }
    let nearest: Vec<String> = facts::nearest(pattern)
        .iter()
        .map(|fact| format!("{}: {}", fact.id, shortened(fact.statement)))
        .collect();
    Failure::CommandLine {
        message: format!("no fact matches `{pattern}`"),
        help: Some(format!("the nearest are\n      {}", nearest.join("\n      "))),
    }
}

/// A statement on one line of the screen.
fn shortened(statement: &str) -> String {
    const MOST: usize = 70;
    if statement.chars().count() <= MOST {
        return statement.to_owned();
    }
    let head: String = statement.chars().take(MOST - 3).collect();
    format!("{}...", head.trim_end())
}
