//! The summary as Markdown, for a comment on a pull request.

use std::fmt::Write;

use super::{Summary, alarm, chain, screen};
use crate::report::explanation::quoted;

impl Summary {
    /// The summary as Markdown. `file` is the scenario as the user would name it in a command.
    #[must_use]
    pub fn markdown(&self, file: &str) -> String {
        let mut text = String::new();
        let name = escaped(&quoted(&self.scenario.name));
        line(&mut text, &format!("## {name}: {}", self.judgement()));
        if let Some(reason) = self.stop_reason() {
            line(&mut text, &format!("**Stopped** {reason}"));
        }
        let quanta =
            self.quanta().map(|quanta| format!("  \n{}", escaped(&quanta))).unwrap_or_default();
        line(&mut text, &format!("{}  \n{}{quanta}", self.setting(), self.load()));
        self.objectives(&mut text);
        self.explanations(&mut text);
        self.figures(&mut text);
        text.push_str("### Next\n\n```sh\n");
        for next in &self.next {
            let command = screen::command(file, &next.options);
            writeln!(text, "{command}   # {}", next.why).expect("text grows");
        }
        text.push_str("```\n");
        text
    }

    fn objectives(&self, text: &mut String) {
        if self.verdicts.is_empty() {
            return;
        }
        text.push_str("| | objective | condition | measured |\n|---|---|---|---|\n");
        for verdict in &self.verdicts {
            let mark = if verdict.met { "✓ met" } else { "✗ missed" };
            let path = escaped(&verdict.path);
            let condition = escaped(&verdict.condition);
            let measured = screen::measured(verdict);
            writeln!(text, "| {mark} | {path} | {condition} | {measured} |").expect("text grows");
        }
        text.push('\n');
    }

    fn explanations(&self, text: &mut String) {
        if self.findings.is_empty() {
            return;
        }
        text.push_str("### Why\n\n");
        for finding in &self.findings {
            let told = escaped(&finding.text);
            writeln!(text, "- **{} {}**: {told}", finding.code, finding.title).expect("text grows");
        }
        text.push('\n');
    }

    fn figures(&self, text: &mut String) {
        text.push_str("### Figures\n\n");
        writeln!(text, "- writes: {}", self.flows().join(", ")).expect("text grows");
        let several = self.streams.len() > 1;
        for stream in self.streams.iter().filter(|_| several) {
            let parts = escaped(&screen::of_stream(stream).join(", "));
            writeln!(text, "- {parts}").expect("text grows");
        }
        for stream in self.streams.iter().filter(|_| !several) {
            let name = format!("stream {}:", escaped(&quoted(&stream.name)));
            writeln!(text, "- {}", screen::fullness(&name, stream)).expect("text grows");
        }
        for consumer in &self.consumers {
            let parts = screen::reading(consumer).join(", ");
            let label = escaped(&screen::label(consumer, true));
            writeln!(text, "- {label}: {parts}").expect("text grows");
        }
        for part in self.chains.iter().take(screen::MOST_CHAINS) {
            let parts = escaped(&chain::told(part).join(", "));
            writeln!(text, "- chain: {parts}").expect("text grows");
        }
        for part in &self.alarms {
            let parts = escaped(&alarm::told(part).join(", "));
            writeln!(text, "- {}: {parts}", escaped(&quoted(&part.name))).expect("text grows");
        }
        let costs = self.cost_of_month().into_iter().chain(self.cost_beside());
        let costs = escaped(&costs.collect::<Vec<_>>().join(", "));
        writeln!(text, "- cost: {costs}").expect("text grows");
        text.push('\n');
    }
}

fn line(text: &mut String, line: &str) {
    text.push_str(line);
    text.push_str("\n\n");
}

/// Text in which nothing means anything to Markdown.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\n' | '\r' => escaped.push(' '),
            '\\' | '`' | '*' | '_' | '|' | '<' | '[' | ']' | '#' => {
                escaped.push('\\');
                escaped.push(letter);
            }
            _ => escaped.push(letter),
        }
    }
    escaped
}
