//! `kinesim check`: scenarios are validated, and what follows from them is told. Nothing is played.

use std::path::Path;

use serde_json::{Value, json};

use crate::cli::args::{CheckArgs, given_set};
use crate::cli::failure::{Exit, Failure};
use crate::cli::files;
use crate::cli::terminal::Terminal;
use crate::cli::values::CheckFormat;
use crate::experiment::finding::{self, foresee};
use crate::experiment::forecast::Forecast;
use crate::report::check::{self, Group, github};
use crate::report::summary::{FindingPart, SCHEMA_VERSION, command};
use crate::scenario::{self, Remarks, Scenario};

/// One file that was checked.
struct Checked {
    label: String,
    /// Whether it came from a file that has a name.
    is_file: bool,
    result: Result<Sound, Failure>,
}

/// A scenario without a fault.
struct Sound {
    remarks: Remarks,
    findings: Vec<FindingPart>,
    derived: Vec<Group>,
}

/// Checks every file and tells all of them.
pub(super) fn check(args: &CheckArgs, terminal: Terminal) -> Result<Exit, Failure> {
    if args.files.iter().filter(|file| *file == Path::new("-")).count() > 1 {
        let message = "`-` is named twice; stdin can be read once".to_owned();
        return Err(Failure::CommandLine { message, help: None });
    }
    let all: Vec<Checked> = args.files.iter().map(|file| one(args, file)).collect();
    let format = if args.json { CheckFormat::Json } else { args.format };
    match format {
        CheckFormat::Text => tell(args, &all, terminal)?,
        CheckFormat::Json => Terminal::print(as_json(args, &all).as_bytes())?,
        CheckFormat::Github => {
            let commands: String = all.iter().map(as_commands).collect();
            Terminal::print(commands.as_bytes())?;
        }
    }
    Ok(exit(args, &all))
}

fn one(args: &CheckArgs, file: &Path) -> Checked {
    let is_file = file != Path::new("-");
    let checked = |label: String, result| Checked { label, is_file, result };
    let source = match files::read_scenario(file) {
        Ok(source) => source,
        Err(failure) => return checked(file.display().to_string(), Err(failure)),
    };
    let scenario =
        scenario::load(&source.name, &source.label, &source.text, &args.set, &source.files);
    let sound = |scenario: Scenario| {
        let forecast = Forecast::new(&scenario.plan);
        let mut findings = foresee(&scenario.plan, &forecast);
        findings.extend(finding::uncertain(&scenario));
        let file = file.display().to_string();
        let remarks = check::remarks(&scenario, &findings, |next| {
            let options = given_set(&args.set, &next.options) + &next.options;
            command(&file, &options)
        });
        Sound {
            remarks: Remarks::new(&source.label, &source.text, &args.set, remarks),
            findings: findings.iter().map(|it| FindingPart::new(&scenario, it)).collect(),
            derived: check::derive(&scenario, &forecast),
        }
    };
    let result = scenario.map(sound).map_err(|problems| Failure::Scenario(Box::new(problems)));
    checked(source.label.clone(), result)
}

/// What is wrong goes to stderr, as `run` says it; the rest is the answer.
fn tell(args: &CheckArgs, all: &[Checked], terminal: Terminal) -> Result<(), Failure> {
    for checked in all {
        let sound = match &checked.result {
            Ok(sound) => sound,
            Err(failure) => {
                failure.print(terminal);
                continue;
            }
        };
        let mut text = sound.remarks.render(terminal.style.colour);
        if args.derived {
            text += &check::lines(&sound.derived);
        }
        let (warnings, notes) = sound.remarks.counts();
        if !args.quiet || warnings > 0 {
            text += &check::verdict(&checked.label, (warnings, notes));
            if !args.derived && !args.quiet {
                text += "      (--derived shows the arithmetic)";
            }
            text.push('\n');
        }
        terminal.print_styled(&text)?;
    }
    Ok(())
}

fn as_json(args: &CheckArgs, all: &[Checked]) -> String {
    let file = |checked: &Checked| match &checked.result {
        Ok(sound) => {
            let places = sound.remarks.iter().map(|(remark, spot)| (remark.path.to_string(), spot));
            let findings: Vec<Value> = sound
                .findings
                .iter()
                .zip(places)
                .map(|(finding, (path, spot))| {
                    let mut value = json!(finding);
                    value["path"] = json!(path);
                    value["line"] = json!(spot.line);
                    value["column"] = json!(spot.column);
                    value["option"] = json!(spot.option);
                    value
                })
                .collect();
            let derived = if args.derived { json!(sound.derived) } else { Value::Null };
            json!({
                "file": checked.label,
                "valid": true,
                "error": null,
                "findings": findings,
                "derived": derived,
            })
        }
        Err(failure) => json!({
            "file": checked.label,
            "valid": false,
            "error": failure.to_json()["error"],
            "findings": [],
            "derived": null,
        }),
    };
    let counts = all.iter().filter_map(|it| it.result.as_ref().ok()).map(|it| it.remarks.counts());
    let (warnings, notes) = counts.fold((0, 0), |sum, it| (sum.0 + it.0, sum.1 + it.1));
    let value = json!({
        "schema_version": SCHEMA_VERSION,
        "exit_code": exit(args, all) as u8,
        "warnings": warnings,
        "notes": notes,
        "files": all.iter().map(file).collect::<Vec<_>>(),
    });
    format!("{value:#}\n")
}

/// One line a message, for GitHub to put beside the line it is about.
fn as_commands(checked: &Checked) -> String {
    let file = checked.is_file.then_some(checked.label.as_str());
    let mut text = String::new();
    match &checked.result {
        Ok(sound) => {
            for ((remark, spot), finding) in sound.remarks.iter().zip(&sound.findings) {
                let title = format!("{} {}", remark.code, remark.message);
                let help = remark.help.as_ref().map(|help| format!("\n{help}"));
                let said = finding.text.clone() + &help.unwrap_or_default();
                text += &github::command(remark.weight.into(), file, &spot, &title, &said);
            }
        }
        Err(Failure::Scenario(problems)) => {
            for (problem, spot) in problems.placed() {
                let parts = [Some(&problem.message), problem.note.as_ref(), problem.help.as_ref()];
                let said: Vec<&str> = parts.into_iter().flatten().map(String::as_str).collect();
                let level = github::Level::Error;
                text += &github::command(level, file, &spot, problem.code.id(), &said.join("\n"));
            }
        }
        Err(failure) => {
            let said =
                failure.to_json()["error"]["message"].as_str().unwrap_or_default().to_owned();
            let spot = scenario::Spot::default();
            text += &github::command(github::Level::Error, file, &spot, "kinesim", &said);
        }
    }
    text
}

/// The gravest answer of all files.
fn exit(args: &CheckArgs, all: &[Checked]) -> Exit {
    let failures = || all.iter().filter_map(|checked| checked.result.as_ref().err());
    let warnings =
        all.iter().filter_map(|it| it.result.as_ref().ok()).map(|it| it.remarks.counts().0);
    if failures().any(|failure| failure.exit() == Exit::Wrong) {
        Exit::Wrong
    } else if let Some(failure) = failures().next() {
        failure.exit()
    } else if !args.deny.is_empty() && warnings.sum::<usize>() > 0 {
        Exit::Missed
    } else {
        Exit::Done
    }
}
