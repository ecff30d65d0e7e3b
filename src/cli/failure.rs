//! Why the program did not do what it was asked, and the code it ends with.

use serde_json::{Value, json};

use crate::cli::terminal::Terminal;
use crate::report::directory::DirectoryError;
use crate::report::number;
use crate::report::summary::SCHEMA_VERSION;
use crate::scenario::Problems;
use crate::scenario::inputs::{InputProblem, InputProblems};

/// The codes the program may end with; 0 and 101 are those of every program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Exit {
    /// Done; every objective is met, or none was set.
    Done = 0,
    /// Done; an objective is missed.
    Missed = 1,
    /// The command line or the scenario is wrong; nothing was simulated.
    Wrong = 2,
    /// A file could not be read or written, or a directory is not ours to replace.
    File = 3,
    /// A limit of memory or events ended the run early.
    Budget = 4,
    /// A bug in this program.
    Bug = 101,
    /// Ctrl-C.
    Interrupted = 130,
}

/// Why the program ends without its answer.
#[derive(Debug)]
pub(super) enum Failure {
    /// What the command line's parser refuses.
    Usage(Box<clap::Error>),
    /// Something to mend on the command line.
    CommandLine { message: String, help: Option<String> },
    /// What is wrong with the scenario.
    Scenario(Box<Problems>),
    /// The scenario's text cannot be one.
    NotText { label: String, message: String, help: &'static str },
    /// What is wrong with a file of data.
    Input { label: String, problems: Box<InputProblems> },
    /// A file that was named could not be read.
    Read { label: String, message: String },
    /// A file that was asked for could not be written.
    Write { label: String, message: String },
    /// The run's directory could not be written.
    Directory { error: DirectoryError, help: Option<&'static str> },
    /// The answer could not be printed.
    Print(String),
    /// A broken invariant; the message is that of [`crate::cli::bug`].
    Bug(String),
}

impl Failure {
    /// What `error` means for the run called `name`.
    pub(super) fn directory(error: DirectoryError) -> Self {
        match error {
            DirectoryError::Name(_) => Self::CommandLine {
                message: error.to_string(),
                help: Some("name the run with `--name NAME`: letters, digits, `-` and `_`".into()),
            },
            DirectoryError::Exists(_) => {
                let help = "leave out `--no-clobber` to replace it, or name the run with `--name`";
                Self::Directory { error, help: Some(help) }
            }
            DirectoryError::NotOurs(_) => {
                let help = "name the run with `--name NAME`, or its parent with `--out DIR`";
                Self::Directory { error, help: Some(help) }
            }
            _ => Self::Directory { error, help: None },
        }
    }

    pub(super) fn exit(&self) -> Exit {
        match self {
            Self::Scenario(problems) if problems.only_unreadable() => Exit::File,
            Self::Usage(_)
            | Self::CommandLine { .. }
            | Self::Scenario(_)
            | Self::Input { .. }
            | Self::NotText { .. } => Exit::Wrong,
            Self::Read { .. } | Self::Write { .. } | Self::Directory { .. } | Self::Print(_) => {
                Exit::File
            }
            Self::Bug(_) => Exit::Bug,
        }
    }

    /// Tells people on stderr.
    pub(super) fn print(&self, terminal: Terminal) {
        match self {
            Self::Scenario(problems) => terminal.say_raw(&problems.render(terminal.err_colour)),
            Self::Usage(error) => terminal.say_raw(&error.render().ansi().to_string()),
            Self::Input { label, problems } => {
                let mut told = None;
                for problem in problems.kept() {
                    let message = format!("{}: {}", place(label, problem), problem.message);
                    // What mends one line after the other is said once.
                    let help = problem.help.as_deref();
                    terminal.error(&message, help.filter(|help| told != Some(*help)));
                    told = help.or(told);
                }
                terminal.say(&closing(label, problems));
            }
            // The hook has told it already, where the stack was still standing.
            Self::Bug(_) => {}
            _ => terminal.error(&self.message(), self.help()),
        }
    }

    /// The same for programs: one object.
    pub(super) fn to_json(&self) -> Value {
        let problems = match self {
            Self::Scenario(problems) => problems.to_json(),
            Self::Input { problems, .. } => problems
                .kept()
                .iter()
                .map(|it| json!({ "line": it.line, "message": it.message, "help": it.help }))
                .collect(),
            _ => Value::Array(Vec::new()),
        };
        json!({
            "schema_version": SCHEMA_VERSION,
            "error": {
                "kind": self.kind(),
                "exit_code": self.exit() as u8,
                "message": self.message(),
                "help": self.help(),
                "problems": problems,
            },
        })
    }

    fn kind(&self) -> &'static str {
        match self {
            Self::Usage(_) | Self::CommandLine { .. } => "command_line",
            Self::Scenario(_) | Self::NotText { .. } => "scenario",
            Self::Input { .. } => "input",
            Self::Read { .. } | Self::Write { .. } | Self::Directory { .. } | Self::Print(_) => {
                "file"
            }
            Self::Bug(_) => "bug",
        }
    }

    fn message(&self) -> String {
        match self {
            Self::Usage(error) => {
                let text = error.render().to_string();
                let said = text.split("\n\nUsage: ").next().unwrap_or_default();
                let said = said.split("\n\nFor more ").next().unwrap_or_default();
                said.trim_start_matches("error: ").trim_end().to_owned()
            }
            Self::CommandLine { message, .. } | Self::Bug(message) => message.clone(),
            Self::Scenario(problems) => {
                let count = problems.iter().count();
                let first = problems.iter().next().map_or("", |problem| problem.message.as_str());
                match count {
                    1 => first.to_owned(),
                    _ => format!("{count} errors; the first: {first}"),
                }
            }
            Self::NotText { label, message, .. } => format!("`{label}` {message}"),
            Self::Input { label, problems } => {
                let first = problems.kept().first();
                let first = first.map_or("", |problem| problem.message.as_str());
                match problems.count() {
                    1 => format!("`{label}`: {first}"),
                    count => format!("`{label}`: {count} errors; the first: {first}"),
                }
            }
            Self::Read { label, message } => format!("cannot read `{label}`: {message}"),
            Self::Write { label, message } => format!("cannot write `{label}`: {message}"),
            Self::Directory { error, .. } => error.to_string(),
            Self::Print(message) => format!("cannot print the answer: {message}"),
        }
    }

    fn help(&self) -> Option<&str> {
        match self {
            Self::CommandLine { help, .. } => help.as_deref(),
            Self::NotText { help, .. } => Some(help),
            Self::Directory { help, .. } => *help,
            _ => None,
        }
    }
}

/// `regions.csv:3`, or the file alone.
fn place(label: &str, problem: &InputProblem) -> String {
    problem.line.map_or_else(|| label.to_owned(), |line| format!("{label}:{line}"))
}

/// `25 errors in regions.csv, of which 20 are shown`.
fn closing(label: &str, problems: &InputProblems) -> String {
    let (shown, count) = (problems.kept().len() as u64, problems.count());
    let more = if count > shown { format!("; the first {shown} are shown") } else { String::new() };
    format!("{} in {label}{more}; nothing was placed", number::counted(count, "error"))
}
