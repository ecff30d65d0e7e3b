//! Overrides written into the text they are laid over, which keeps its comments and its order.

use std::ops::Range;

use toml::de::DeValue;

use crate::scenario::document::{self, Document, Node};
use crate::scenario::problem::{Path, Step};
pub(crate) use crate::scenario::resolved::quoted;

/// The text with these overrides written into it, each a path as in `--set` and a value as TOML or
/// as bare text. `None` where one has no place that could be written: a table of its own that would
/// be replaced, a path that leads nowhere.
#[must_use]
pub fn with_overrides(text: &str, overrides: &[(String, String)]) -> Option<String> {
    let mut text = text.to_owned();
    for (target, value) in overrides {
        text = with_override(&text, target, &as_toml(value))?;
    }
    Some(text)
}

fn with_override(text: &str, target: &str, value: &str) -> Option<String> {
    let document = document::parse(text).ok()?;
    let path = document.override_path(target).ok()?;
    if let Some(node) = document.get(&path) {
        let span = node.span();
        let written = text.get(span.clone())?;
        let is_plain = match node.get_ref() {
            DeValue::Table(_) => written.starts_with('{'),
            // Tables of a list that stand on their own have no place as a whole.
            DeValue::Array(_) => written.starts_with('[') && !written.starts_with("[["),
            _ => true,
        };
        return (is_plain && !span.is_empty()).then(|| replaced(text, span, value));
    }
    inserted(text, &document, &path, value)
}

/// The text with a value that it did not have, below the deepest table it has on the way.
fn inserted(text: &str, document: &Document<'_>, path: &Path, value: &str) -> Option<String> {
    let steps = &path.0;
    let known =
        (1..steps.len()).rev().find(|&n| document.get(&Path(steps[..n].to_vec())).is_some());
    let Some(known) = known else {
        let (Step::Key(table), rest) = steps.split_first()? else { return None };
        let gap = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
        return Some(format!("{text}{gap}\n[{}]\n{} = {value}\n", key(table), dotted(rest)?));
    };
    let above = document.get(&Path(steps[..known].to_vec()))?;
    let span = above.span();
    let written = text.get(span.clone())?;
    let rest = dotted(&steps[known..])?;
    match above.get_ref() {
        DeValue::Table(_) if written.starts_with('{') => {
            let inner = written.strip_suffix('}')?;
            let comma = if inner.trim() == "{" { "" } else { "," };
            let inner = inner.trim_end();
            Some(replaced(text, span, &format!("{inner}{comma} {rest} = {value} }}")))
        }
        DeValue::Table(_) if written.starts_with('[') => {
            // Behind what it has, so that what is put there keeps its order.
            let last = last_value(text, above, span.end);
            let end = text[last..].find('\n').map_or(text.len(), |at| last + at);
            Some(replaced(text, end..end, &format!("\n{rest} = {value}")))
        }
        // Made of keys with points at the top of the file: one more may stand before them all.
        DeValue::Table(_) => Some(format!("{} = {value}\n{text}", dotted(steps)?)),
        _ => None,
    }
}

/// Where the last value ends that a table has below its own header.
fn last_value(text: &str, table: &Node<'_>, from: usize) -> usize {
    let DeValue::Table(table) = table.get_ref() else { return from };
    let end = |node: &Node<'_>| {
        let written = text.get(node.span()).unwrap_or_default();
        match node.get_ref() {
            // A header of its own begins another part of the text.
            DeValue::Table(_) if written.starts_with('[') => from,
            DeValue::Table(_) if !written.starts_with('{') => last_value(text, node, from),
            DeValue::Array(_) if written.starts_with("[[") || written.is_empty() => from,
            _ => node.span().end,
        }
    };
    table.iter().map(|(_, node)| end(node)).fold(from, usize::max)
}

fn replaced(text: &str, span: Range<usize>, by: &str) -> String {
    format!("{}{by}{}", &text[..span.start], &text[span.end..])
}

/// Steps as a key of TOML; `None` where one of them is a place in a list.
fn dotted(steps: &[Step]) -> Option<String> {
    let keys: Option<Vec<String>> = steps
        .iter()
        .map(|step| match step {
            Step::Key(name) => Some(key(name)),
            Step::Index(_) => None,
        })
        .collect();
    Some(keys?.join("."))
}

fn key(name: &str) -> String {
    let is_bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if !name.is_empty() && name.chars().all(is_bare) { name.to_owned() } else { quoted(name) }
}

/// The value as TOML: as it is where it is TOML, else as text in quotes.
fn as_toml(value: &str) -> String {
    if DeValue::parse(value).is_ok() { value.trim().to_owned() } else { quoted(value.trim()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{self, NoFiles};

    const TEXT: &str = "# Eight shards.\n[stream]\nshard_count = 8   # CreateStream\n\n\
        [[producer]]\nname = \"web\"\nrate = \"1k/s\"\nrecord_size = { median = \"1 KiB\", \
        p99 = \"4 KiB\" }\n\n[[lambda]]   # reads\nname = \"f\"\n\
        invocation_duration = { fixed = \"40 ms\" }\n";

    /// The text with overrides resolves to what the text and the overrides do.
    fn same(text: &str, overrides: &[(&str, &str)]) -> String {
        let overrides: Vec<(String, String)> =
            overrides.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        let edited = with_overrides(text, &overrides).expect("it has a place");
        let resolved = |text: &str, overrides: &[(String, String)]| {
            let scenario = scenario::load("t", "t.toml", text, overrides, &NoFiles);
            scenario.unwrap_or_else(|problems| panic!("{}", problems.render(false))).resolved
        };
        assert_eq!(resolved(&edited, &[]), resolved(text, &overrides), "{edited}");
        edited
    }

    #[test]
    fn a_value_is_replaced_in_its_place_and_its_comment_stays() {
        let edited = same(TEXT, &[("stream.shard_count", "13")]);
        assert_eq!(edited, TEXT.replace("= 8 ", "= 13 "));
        let edited = same(TEXT, &[("producer.web.rate", "2k/s")]);
        assert_eq!(edited, TEXT.replace("\"1k/s\"", "\"2k/s\""));
        let edited = same(TEXT, &[("producer.web.record_size.p99", "8 KiB")]);
        assert_eq!(edited, TEXT.replace("4 KiB", "8 KiB"));
    }

    #[test]
    fn a_value_that_is_not_there_is_put_into_its_table() {
        let edited = same(TEXT, &[("lambda.f.batch_size", "500"), ("scenario.seed", "3")]);
        assert!(edited.contains("\"40 ms\" }\nbatch_size = 500\n"), "{edited}");
        assert!(edited.ends_with("\n[scenario]\nseed = 3\n"), "{edited}");
        same(TEXT, &[("producer.web.partition_key", "{ dist = \"uniform\", count = 3 }")]);
        same(TEXT, &[("slo.write.throttled", "<= 0.1 %"), ("slo.records.lost", "<= 5")]);
        same(TEXT, &[("model.write.rounding", "none")]);
    }

    #[test]
    fn keys_with_points_and_inline_tables_are_tables_too() {
        let text = "stream = { shard_count = 2 }\nproducer = [{ rate = \"1/s\", \
            record_size = \"1 B\" }]\n";
        let edited = same(text, &[("stream.retention_period", "48 h")]);
        assert!(edited.contains("{ shard_count = 2, retention_period = \"48 h\" }"), "{edited}");
        let text = "stream.shard_count = 2\n[[producer]]\nrate = \"1/s\"\nrecord_size = \"1 B\"\n";
        same(text, &[("stream.retention_period", "48 h"), ("stream.shard_count", "3")]);
        same(text, &[("producer.producer.api", "PutRecords")]);
    }

    #[test]
    fn what_has_no_place_is_refused() {
        let set = |target: &str| with_overrides(TEXT, &[(target.to_owned(), "1".to_owned())]);
        assert_eq!(set("stream"), None);
        assert_eq!(set("producer.other.rate"), None);
        assert_eq!(set("producer.web.rate.first"), None);
        assert_eq!(with_overrides("[stream", &[("a.b".into(), "1".into())]), None);
    }
}
