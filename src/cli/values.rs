//! Values of options: how they are read, and how one is written again.

use clap::ValueEnum;

use crate::quantity::{prefix_factor, shown, split_number};
use crate::report::chart::Format;
use crate::time::{Instant, Span};
use crate::units::{Bytes, Share};

/// When to colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "lower")]
pub(super) enum ColorWhen {
    Auto,
    Always,
    Never,
}

/// When to show progress.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "lower")]
pub(super) enum ProgressWhen {
    Auto,
    Always,
    Plain,
    Never,
}

/// The form in which `check` answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "lower")]
pub(super) enum CheckFormat {
    Text,
    Json,
    Github,
}

/// What `check` lets nobody pass with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "lower")]
pub(super) enum Denied {
    Warnings,
}

/// The formats every chart is drawn in, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Charts(pub Vec<Format>);

pub(super) fn parse_override(text: &str) -> Result<(String, String), String> {
    let (path, value) = text
        .split_once('=')
        .ok_or("there is no `=`; write a path and a value, such as `stream.shard_count=12`")?;
    Ok((path.trim().to_owned(), value.to_owned()))
}

pub(super) fn parse_until(text: &str) -> Result<Instant, String> {
    let span: Span = text.parse().map_err(|error| format!("it {error}"))?;
    if span.is_zero() {
        return Err("it must be longer than zero; nothing would be simulated".to_owned());
    }
    Ok(Instant::ZERO + span)
}

/// From when on a run is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WarmUp {
    /// From then on.
    Fixed(Span),
    /// From where it has settled.
    Mser5,
}

pub(super) fn parse_warm_up(text: &str) -> Result<WarmUp, String> {
    if text == "mser-5" {
        return Ok(WarmUp::Mser5);
    }
    let span = text.parse().map_err(|error| format!("it {error}, or `mser-5`"))?;
    Ok(WarmUp::Fixed(span))
}

/// A share: `5 %`.
pub(super) fn parse_share(text: &str) -> Result<f64, String> {
    let share: Share = text.parse().map_err(|error| format!("it {error}"))?;
    if share.0 > 0.0 { Ok(share.0) } else { Err("it must be more than zero".to_owned()) }
}

pub(super) fn parse_size(text: &str) -> Result<Bytes, String> {
    text.parse().map_err(|error| format!("it {error}"))
}

/// A count as in rates: `500000`, `500_000`, `500k`, `1.5M`.
pub(super) fn parse_events(text: &str) -> Result<u64, String> {
    const WRITE: &str = "write a whole number, such as `500000`, `500k` or `20M`";
    let fault = |problem: &str| format!("it {problem}; {WRITE}");
    let (number, unit) = split_number(text.trim(), WRITE).map_err(|error| format!("it {error}"))?;
    let Some(factor) = prefix_factor(unit) else {
        return Err(fault(&format!("ends in {}, not in `k` or `M`", shown(unit))));
    };
    match number.whole(factor) {
        None => Err(fault("is too large")),
        Some(_) if number.float(factor).fract() != 0.0 => Err(fault("is not whole")),
        Some(0) => Err("it must be 1 or more; nothing would be simulated".to_owned()),
        Some(events) => Ok(events),
    }
}

pub(super) fn parse_charts(text: &str) -> Result<Charts, String> {
    if text == "none" {
        return Ok(Charts(Vec::new()));
    }
    let mut formats = Vec::new();
    for name in text.split(',') {
        let format = match name.trim() {
            "svg" => Format::Svg,
            "png" => Format::Png,
            "none" => return Err("`none` stands alone".to_owned()),
            _ => return Err("the formats are `svg`, `png` and `none`".to_owned()),
        };
        if formats.contains(&format) {
            return Err(format!("`{}` is named twice", name.trim()));
        }
        formats.push(format);
    }
    Ok(Charts(formats))
}

/// A word as a shell takes it: in quotes where it holds more than plain characters.
pub(super) fn shell_word(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=+,@".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    let safe: String = word.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    format!("'{}'", safe.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_formats_keep_their_order_and_refuse_what_is_none() {
        assert_eq!(parse_charts("png,svg"), Ok(Charts(vec![Format::Png, Format::Svg])));
        assert_eq!(parse_charts("none"), Ok(Charts(Vec::new())));
        for faulty in ["", "jpg", "svg,none", "svg,svg", "svg,"] {
            assert!(parse_charts(faulty).is_err(), "{faulty}");
        }
    }

    #[test]
    fn events_are_counted_in_thousands_and_millions() {
        for (text, events) in [
            ("1", 1),
            ("500_000", 500_000),
            ("500k", 500_000),
            ("1.5M", 1_500_000),
            ("2 M", 2_000_000),
        ] {
            assert_eq!(parse_events(text), Ok(events), "{text}");
        }
        let most = u64::MAX.to_string();
        assert_eq!(parse_events(&most), Ok(u64::MAX));
        let above = format!("{most}0");
        for faulty in
            ["", "0", "0k", "-1", "x", "5 s", "5K", "1.5", "0.0001k", "1e9", "nan", &above]
        {
            assert!(parse_events(faulty).is_err(), "{faulty}");
        }
    }

    #[test]
    fn an_override_ends_its_path_at_the_first_equals_sign() {
        let parts = |a: &str, b: &str| Ok((a.to_owned(), b.to_owned()));
        assert_eq!(parse_override("slo.records.lost=<= 5"), parts("slo.records.lost", "<= 5"));
        assert!(parse_override("stream.shard_count").is_err());
    }
}
