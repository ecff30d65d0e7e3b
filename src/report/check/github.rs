//! Workflow commands of GitHub Actions: a line that puts a message beside a line of a file.

use crate::scenario::{Spot, Weight};

/// How much a message matters to GitHub.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// The scenario is wrong.
    Error,
    /// It will not hold.
    Warning,
    /// Something to bear in mind.
    Notice,
}

impl From<Weight> for Level {
    fn from(weight: Weight) -> Self {
        match weight {
            Weight::Warning => Self::Warning,
            Weight::Note => Self::Notice,
        }
    }
}

/// A workflow command with its line feed. `file` is none for what does not come from a file; what
/// lies in an option of the command line names the option in its text.
#[must_use]
pub fn command(level: Level, file: Option<&str>, spot: &Spot, title: &str, text: &str) -> String {
    let level = match level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Notice => "notice",
    };
    let mut properties = Vec::new();
    if let Some(file) = file {
        properties.push(format!("file={}", property(file)));
        properties.extend(spot.line.map(|line| format!("line={line}")));
        properties.extend(spot.column.map(|column| format!("col={column}")));
    }
    properties.push(format!("title={}", property(title)));
    let option = spot.option.as_ref().map(|option| format!(" ({option})")).unwrap_or_default();
    format!("::{level} {}::{}\n", properties.join(","), data(&format!("{text}{option}")))
}

/// Text in which nothing ends a command.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The same for a property, which also ends at a colon or comma.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_text_ends_its_command() {
        let spot = Spot { line: Some(4), column: Some(15), option: None };
        assert_eq!(
            command(Level::Warning, Some("a,b:c.toml"), &spot, "K101: hot", "50 % of it\nfor now"),
            "::warning file=a%2Cb%3Ac.toml,line=4,col=15,title=K101%3A hot::50 %25 of it%0Afor \
             now\n"
        );
    }

    #[test]
    fn what_lies_in_an_option_names_it_and_no_line() {
        let spot = Spot { option: Some("--set a.b=1".to_owned()), ..Spot::default() };
        assert_eq!(
            command(Level::Error, None, &spot, "E109", "no such field"),
            "::error title=E109::no such field (--set a.b=1)\n"
        );
    }
}
