//! `kinesim explain`: a field, metric, finding, error, column, unit or limit in plain words.

use clap::Args;
use serde_json::json;

use crate::cli::failure::{Exit, Failure};
use crate::cli::terminal::Terminal;
use crate::cli::values::ColorWhen;
use crate::quantity::shown;
use crate::report::manual;
use crate::report::summary::SCHEMA_VERSION;
use crate::scenario::problem::listed;

const BEFORE: &str = "\
Examples:
  kinesim explain K101
  kinesim explain retention_period
  kinesim explain metrics";

const AFTER: &str = "\
Without TOPIC: what can be asked.
Exit codes: 0 done, 2 nothing is known about TOPIC.";

/// Says what a field, metric, finding, error, column, unit or limit is
#[derive(Debug, Args)]
#[command(before_help = BEFORE, after_help = AFTER)]
pub(super) struct ExplainArgs {
    /// A name, code or path; several words are one topic
    #[arg(value_name = "TOPIC")]
    pub topic: Vec<String>,

    /// Print one JSON object, errors too
    #[arg(long)]
    pub json: bool,

    /// Colours of errors: auto, always, or never
    #[arg(long, value_name = "WHEN", default_value = "auto", hide_possible_values = true)]
    pub color: ColorWhen,
}

pub(super) fn explain(args: &ExplainArgs, terminal: Terminal) -> Result<Exit, Failure> {
    let topic = args.topic.join(" ");
    let topic = topic.trim();
    let text = match (topic.is_empty(), args.json) {
        (true, false) => manual::overview(terminal.style),
        (true, true) => {
            let kinds = manual::Kind::LISTED.map(|(kind, example)| {
                json!({ "kind": kind.name(), "is": kind.about(), "example": example })
            });
            format!("{:#}\n", json!({ "schema_version": SCHEMA_VERSION, "kinds": kinds }))
        }
        (false, as_json) => {
            let answer = manual::find(topic).map_err(|near| unknown(topic, &near))?;
            if as_json {
                format!("{:#}\n", manual::json(&answer))
            } else {
                manual::screen(&answer, terminal.style)
            }
        }
    };
    Terminal::print(text.as_bytes()).map(|()| Exit::Done)
}

fn unknown(topic: &str, near: &[String]) -> Failure {
    let near: Vec<&str> = near.iter().map(String::as_str).collect();
    Failure::CommandLine {
        message: format!("nothing is known about {}", shown(topic)),
        help: Some(format!(
            "the nearest are {}; `kinesim explain` lists what can be asked",
            listed(&near)
        )),
    }
}
