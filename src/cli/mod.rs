//! The command line: arguments in, library calls, answers on stdout, talk on stderr, an exit code.
//!
//! The terminal, the environment and the wall clock are known here and nowhere else.

mod alternative;
mod args;
mod bug;
mod check;
mod clock;
mod compare;
mod explain;
mod facts;
mod failure;
mod files;
mod interrupt;
mod keys;
mod new;
mod pictures;
mod progress;
mod repeat;
mod run;
mod shell;
mod size;
mod sweep;
mod terminal;
mod uncertain;
mod values;

use std::ffi::OsString;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use clap::{ColorChoice, CommandFactory as _, FromArgMatches as _};

use crate::cli::args::{Command, CommandLine};
use crate::cli::failure::{Exit, Failure};
use crate::cli::terminal::Terminal;
use crate::cli::values::ColorWhen;

/// Does what the command line says; the code is the verdict.
#[must_use]
pub fn main() -> ExitCode {
    bug::install_hook();
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let wants_json = wants_json(&arguments);
    let color = asked_color(&arguments);
    let terminal = Terminal::new(color);
    let exit = guarded(|| dispatch(&arguments, color, terminal))
        .unwrap_or_else(|failure| report(&failure, wants_json, terminal));
    ExitCode::from(exit as u8)
}

/// A panic is a broken invariant: it ends the program in good order, with a code of its own.
fn guarded(f: impl FnOnce() -> Result<Exit, Failure>) -> Result<Exit, Failure> {
    catch_unwind(AssertUnwindSafe(f))
        .unwrap_or_else(|payload| Err(Failure::Bug(bug::words(payload.as_ref()).to_owned())))
}

fn dispatch(arguments: &[OsString], color: ColorWhen, terminal: Terminal) -> Result<Exit, Failure> {
    let choice = match color {
        ColorWhen::Auto => ColorChoice::Auto,
        ColorWhen::Always => ColorChoice::Always,
        ColorWhen::Never => ColorChoice::Never,
    };
    let matches = CommandLine::command().color(choice).try_get_matches_from(arguments);
    let parsed = matches.and_then(|matches| CommandLine::from_arg_matches(&matches));
    match parsed {
        Ok(CommandLine { command: Some(Command::Run(args)) }) => run::run(&args, terminal),
        Ok(CommandLine { command: Some(Command::Sweep(args)) }) => sweep::run(&args, terminal),
        Ok(CommandLine { command: Some(Command::Uncertain(args)) }) => {
            uncertain::run(&args, terminal)
        }
        Ok(CommandLine { command: Some(Command::Check(args)) }) => check::check(&args, terminal),
        Ok(CommandLine { command: Some(Command::Compare(args)) }) => compare::run(&args, terminal),
        Ok(CommandLine { command: Some(Command::Size(args)) }) => size::run(&args, terminal),
        Ok(CommandLine { command: Some(Command::Keys(args)) }) => keys::run(&args, terminal),
        Ok(CommandLine { command: Some(Command::Facts(args)) }) => facts::run(&args, terminal),
        Ok(CommandLine { command: Some(Command::New(args)) }) => new::new(&args, terminal),
        Ok(CommandLine { command: Some(Command::Explain(args)) }) => {
            explain::explain(&args, terminal)
        }
        Ok(CommandLine { command: Some(Command::Completions(args)) }) => shell::completions(&args),
        Ok(CommandLine { command: Some(Command::Man(args)) }) => shell::man(&args),
        Ok(CommandLine { command: None }) => {
            Terminal::print(OVERVIEW.as_bytes()).map(|()| Exit::Done)
        }
        Err(error) if error.use_stderr() => Err(Failure::Usage(Box::new(error))),
        // Help and version are answers; a reader that went away has had enough of them.
        Err(error) => {
            terminal.print_styled(&error.render().ansi().to_string()).map(|()| Exit::Done)
        }
    }
}

/// Says what went wrong, in the form that was asked for.
fn report(failure: &Failure, wants_json: bool, terminal: Terminal) -> Exit {
    if wants_json {
        let text = format!("{:#}\n", failure.to_json());
        // Nobody is left to be told that the telling failed.
        let _ = Terminal::print(text.as_bytes());
    } else {
        failure.print(terminal);
    }
    failure.exit()
}

/// Whether `--json` or `--format json` is there, for the case that the rest cannot be parsed.
fn wants_json(arguments: &[OsString]) -> bool {
    let mut before = None;
    options(arguments).any(|argument| {
        let is_form =
            argument == "json" && before.replace(argument).is_some_and(|it| it == "--format");
        before = Some(argument);
        is_form || argument == "--json" || argument == "--format=json"
    })
}

/// What `--color` asks for: needed before clap can tell, for clap's own messages.
fn asked_color(arguments: &[OsString]) -> ColorWhen {
    let mut asked = ColorWhen::Auto;
    let mut options = options(arguments).peekable();
    while let Some(argument) = options.next() {
        let Some(rest) = argument.to_str().and_then(|text| text.strip_prefix("--color")) else {
            continue;
        };
        let value = match rest.strip_prefix('=') {
            Some(value) => Some(value),
            None if rest.is_empty() => options.peek().and_then(|next| next.to_str()),
            None => None,
        };
        asked = match value {
            Some("always") => ColorWhen::Always,
            Some("never") => ColorWhen::Never,
            _ => asked,
        };
    }
    asked
}

/// The arguments up to `--`.
fn options(arguments: &[OsString]) -> impl Iterator<Item = &OsString> {
    arguments.iter().skip(1).take_while(|argument| *argument != "--")
}

/// What the program says when it is asked nothing.
const OVERVIEW: &str = "\
kinesim plays an Amazon Kinesis data stream record by record, in virtual time.

I want to ...
  begin with a scenario that runs     kinesim new hello my.toml
  know whether my stream holds        kinesim run my.toml
  check a scenario without a run      kinesim check my.toml --derived
  try another number of shards        kinesim run my.toml --set stream.shard_count=13
  find the cheapest that holds        kinesim size my.toml
  see what a change does              kinesim compare my.toml changed.toml
  see which shard is hot, and when    kinesim run my.toml --csv shards
  see it in pictures                  kinesim run my.toml --charts png --out pictures
  fail a build that misses its goal   kinesim run my.toml -q
  know where partition keys land      kinesim keys keys.csv --shards 8
  look a limit up                     kinesim facts PutRecords
  know what a word means              kinesim explain K101

A scenario in five lines, to be saved as my.toml:
  [stream]
  shard_count = 2
  [[producer]]
  rate = \"1.5k/s\"
  record_size = \"1 KiB\"
";

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(line: &str) -> Vec<OsString> {
        line.split_whitespace().map(OsString::from).collect()
    }

    #[test]
    fn the_overview_names_only_what_exists_and_fits_a_terminal() {
        let commands: Vec<&str> = OVERVIEW
            .lines()
            .filter_map(|line| line.find(" kinesim ").map(|at| line[at..].trim()))
            .collect();
        assert_eq!(commands.len(), 12);
        for command in commands {
            let parsed = CommandLine::command().try_get_matches_from(arguments(command));
            assert!(parsed.map_or_else(|error| !error.use_stderr(), |_| true), "{command}");
        }
        assert!(OVERVIEW.lines().all(|line| line.len() <= 88));
        assert!(OVERVIEW.lines().count() <= 24);
    }

    #[test]
    fn a_bug_has_a_code_of_its_own() {
        let failure = guarded(|| panic!("the ledger is off by {}", 1)).expect_err("it panics");
        assert_eq!(failure.exit() as u8, 101);
        assert_eq!(failure.to_json()["error"]["message"], "the ledger is off by 1");
    }

    #[test]
    fn what_must_be_known_before_parsing_is_read_from_options_only() {
        let color = |line| asked_color(&arguments(line));
        assert_eq!(color("kinesim run --color never --nonsense"), ColorWhen::Never);
        assert_eq!(color("kinesim run --color=always"), ColorWhen::Always);
        assert_eq!(color("kinesim run --color"), ColorWhen::Auto);
        assert_eq!(color("kinesim run -- --color=always"), ColorWhen::Auto);
        assert!(wants_json(&arguments("kinesim run --json --nonsense")));
        assert!(!wants_json(&arguments("kinesim run -- --json")));
        assert!(wants_json(&arguments("kinesim check --format json")));
        assert!(wants_json(&arguments("kinesim check --format=json a.toml")));
        assert!(!wants_json(&arguments("kinesim check json --format text")));
    }
}
