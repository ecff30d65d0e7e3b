//! `kinesim new`: a commented scenario to begin with.

use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use crate::cli::failure::{Exit, Failure};
use crate::cli::terminal::Terminal;
use crate::cli::values::{ColorWhen, shell_word};
use crate::quantity::shown;
use crate::report::summary::SCHEMA_VERSION;
use crate::scenario::problem::listed;
use crate::scenario::template::{self, TEMPLATES, Template};
use crate::scenario::unbuilt;

const BEFORE: &str = "\
Examples:
  kinesim new
  kinesim new hot-key my.toml";

const AFTER: &str = "\
Without TEMPLATE: the templates there are. No file is ever replaced.
Exit codes: 0 done, 2 no such template, 3 the file is there or cannot be written.";

/// Writes a commented scenario to begin with
#[derive(Debug, Args)]
#[command(before_help = BEFORE, after_help = AFTER)]
pub(super) struct NewArgs {
    /// What the scenario is about
    #[arg(value_name = "TEMPLATE")]
    pub template: Option<String>,

    /// Where it is written, or `-` for stdout [default: TEMPLATE.toml]
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,

    /// Print one JSON object, errors too
    #[arg(long)]
    pub json: bool,

    /// Colours of errors: auto, always, or never
    #[arg(long, value_name = "WHEN", default_value = "auto", hide_possible_values = true)]
    pub color: ColorWhen,
}

pub(super) fn new(args: &NewArgs, terminal: Terminal) -> Result<Exit, Failure> {
    let Some(name) = &args.template else {
        return Terminal::print(list(args.json).as_bytes()).map(|()| Exit::Done);
    };
    let template = template::find(name).map_err(|near| unknown(name, &near))?;
    let file = args.file.clone().unwrap_or_else(|| format!("{}.toml", template.name).into());
    if file == Path::new("-") {
        Terminal::print(template.text.as_bytes())?;
        for (name, _) in template.beside {
            terminal.say(&format!("it names {name}, which is written only beside a file"));
        }
        return Ok(Exit::Done);
    }
    let written = write_all(template, &file)?;
    let told = if args.json { as_json(&written) } else { as_text(&written) };
    Terminal::print(told.as_bytes()).map(|()| Exit::Done)
}

/// The templates with a line each.
fn list(as_json: bool) -> String {
    if as_json {
        let line =
            |template: &Template| json!({ "name": template.name, "question": template.question() });
        let templates: Vec<_> = TEMPLATES.iter().map(line).collect();
        return format!(
            "{:#}\n",
            json!({ "schema_version": SCHEMA_VERSION, "templates": templates })
        );
    }
    let mut text = "Templates, each a scenario that runs as it is:\n".to_owned();
    let width = TEMPLATES.iter().map(|template| template.name.len()).max().unwrap_or(0);
    for template in TEMPLATES {
        let _ = writeln!(text, "  {:<width$}  {}", template.name, template.question());
    }
    text + "\nkinesim new TEMPLATE writes TEMPLATE.toml; kinesim new TEMPLATE FILE writes FILE\n"
}

fn unknown(name: &str, near: &[&str]) -> Failure {
    let all: Vec<&str> = TEMPLATES.iter().map(|template| template.name).collect();
    let message = match unbuilt::topic(name) {
        Some(what) => {
            format!("there is no template {} yet: this version has no {what}", shown(name))
        }
        None => format!("there is no template {}", shown(name)),
    };
    let help = match near {
        [] => format!("write {}", listed(&all)),
        near => format!("did you mean {}? There are {}", listed(near), all.join(", ")),
    };
    Failure::CommandLine { message, help: Some(help) }
}

/// Writes a template and what belongs beside it: all of it, or nothing where something is in the
/// way. The paths written, the scenario first.
fn write_all(template: &Template, file: &Path) -> Result<Vec<PathBuf>, Failure> {
    let folder = file.parent().unwrap_or(Path::new(""));
    let beside = template.beside.iter().map(|(name, text)| (folder.join(name), *text));
    let files: Vec<(PathBuf, &str)> =
        std::iter::once((file.to_owned(), template.text)).chain(beside).collect();
    if let Some((taken, _)) = files.iter().find(|(path, _)| path.symlink_metadata().is_ok()) {
        return Err(failed(taken, &io::ErrorKind::AlreadyExists.into()));
    }
    for (path, text) in &files {
        write(path, text).map_err(|error| failed(path, &error))?;
    }
    Ok(files.into_iter().map(|(path, _)| path).collect())
}

/// Writes a file that must not be there yet.
fn write(path: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(text.as_bytes())
}

fn failed(path: &Path, error: &io::Error) -> Failure {
    let reason = match error.kind() {
        io::ErrorKind::AlreadyExists => "it is there already, and nothing is replaced".to_owned(),
        io::ErrorKind::NotFound => "its folder is not there".to_owned(),
        io::ErrorKind::PermissionDenied => "permission is denied".to_owned(),
        io::ErrorKind::NotADirectory => "its folder is a file".to_owned(),
        _ => error.to_string(),
    };
    Failure::Write { label: path.display().to_string(), message: reason }
}

/// The command that comes next.
fn next(file: &Path) -> String {
    format!("kinesim run {}", shell_word(&file.display().to_string()))
}

fn as_text(written: &[PathBuf]) -> String {
    let names: Vec<String> = written.iter().map(|path| path.display().to_string()).collect();
    format!("Wrote {}\nNext: {}\n", names.join(" and "), next(&written[0]))
}

fn as_json(written: &[PathBuf]) -> String {
    let names: Vec<String> = written.iter().map(|path| path.display().to_string()).collect();
    let object = json!({
        "schema_version": SCHEMA_VERSION,
        "written": names,
        "next": next(&written[0]),
    });
    format!("{object:#}\n")
}
