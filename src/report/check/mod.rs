//! What `kinesim check` says of a scenario that has not been played.

mod derived;
mod direct;
mod function;
pub mod github;
mod reading;

pub use derived::{Group, derive, lines};

use crate::experiment::finding::{Finding, Severity, place};
use crate::report::explanation::{explain, headline};
use crate::report::number;
use crate::report::summary::NextPart;
use crate::scenario::{Remark, Scenario, Weight};

/// Columns of a remark's explanation: beside its frame it fits into 88.
const EXPLANATION: usize = 74;

/// The findings as remarks on the scenario. `command` turns a step into the command that tries it.
#[must_use]
pub fn remarks(
    scenario: &Scenario,
    findings: &[Finding],
    command: impl Fn(&NextPart) -> String,
) -> Vec<Remark> {
    let remark = |finding: &Finding| {
        let told = explain(scenario, finding);
        let note = format!("{}\n{}", told.text, capitalised(&told.cause));
        let lines: Vec<String> = note.lines().map(|line| wrapped(line, EXPLANATION)).collect();
        Remark {
            weight: match finding.severity {
                Severity::Note => Weight::Note,
                Severity::Error | Severity::Warning => Weight::Warning,
            },
            code: finding.evidence.code(),
            path: place(&scenario.plan, finding),
            message: headline(finding),
            note: Some(lines.join("\n")),
            help: told.next.map(|step| {
                let next = NextPart { options: format!("--set {}", step.set), why: step.why };
                format!("{}\n{}", command(&next), next.why)
            }),
        }
    };
    findings.iter().map(remark).collect()
}

/// The last line on a sound scenario: `a.toml is valid: 1 warning, 2 notes`.
#[must_use]
pub fn verdict(label: &str, (warnings, notes): (usize, usize)) -> String {
    let counted = |count: usize, noun| number::counted(count as u64, noun);
    match (warnings, notes) {
        (0, 0) => format!("{label} is valid"),
        (0, notes) => format!("{label} is valid: {}", counted(notes, "note")),
        (warnings, 0) => format!("{label} is valid: {}", counted(warnings, "warning")),
        (warnings, notes) => format!(
            "{label} is valid: {}, {}",
            counted(warnings, "warning"),
            counted(notes, "note")
        ),
    }
}

/// Words in lines of at most `width` columns.
fn wrapped(text: &str, width: usize) -> String {
    // A percent sign stays with its number.
    let text = text.replace(" %", "\u{a0}%");
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text.split([' ', '\n']).filter(|word| !word.is_empty()) {
        let length = word.chars().count();
        if used > 0 && used + 1 + length > width {
            lines.push(String::new());
            used = 0;
        }
        let line = lines.last_mut().expect("there is always a line");
        if used > 0 {
            line.push(' ');
            used += 1;
        }
        line.push_str(word);
        used += length;
    }
    lines.join("\n").replace('\u{a0}', " ")
}

fn capitalised(sentence: &str) -> String {
    let mut letters = sentence.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}
