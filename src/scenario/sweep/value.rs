//! Values as conditions see them: numbers of some kind, text, or a truth.

use std::fmt;

use toml::de::DeValue;

use crate::quantity::{read_count, shown};
use crate::time::Span;
use crate::units::{ByteRate, Bytes, Money, Rate, Share};

/// What an expression is worth.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    /// In the smallest common unit of its kind: seconds, bytes, a second.
    Number(f64, Kind),
    Text(String),
    Truth(bool),
}

/// What a number measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Plain,
    Time,
    Bytes,
    Rate,
    ByteRate,
    Money,
}

impl Kind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Plain => "a plain number",
            Self::Time => "a time",
            Self::Bytes => "a size",
            Self::Rate => "a rate",
            Self::ByteRate => "bytes a second",
            Self::Money => "money",
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(_, kind) => f.write_str(kind.name()),
            Self::Text(text) => write!(f, "the text {}", shown(text)),
            Self::Truth(_) => f.write_str("a comparison"),
        }
    }
}

/// A value as `--set` takes it.
pub(super) fn read(text: &str) -> Value {
    let text = unquoted(text);
    let text = text.trim();
    let number = |number: f64, kind| Value::Number(number, kind);
    if let Ok(count) = read_count(text, "") {
        return number(count, Kind::Plain);
    }
    if let Some(Ok(count)) = text.strip_prefix('-').map(|text| read_count(text, "")) {
        return number(-count, Kind::Plain);
    }
    if let Ok(share) = text.parse::<Share>() {
        return number(share.0, Kind::Plain);
    }
    if let Ok(span) = text.parse::<Span>() {
        return number(span.as_s(), Kind::Time);
    }
    if let Ok(bytes) = text.parse::<Bytes>() {
        return number(bytes.0 as f64, Kind::Bytes);
    }
    if let Ok(rate) = text.parse::<Rate>() {
        return number(rate.0, Kind::Rate);
    }
    if let Ok(rate) = text.parse::<ByteRate>() {
        return number(rate.0, Kind::ByteRate);
    }
    if let Ok(money) = text.parse::<Money>() {
        return number(money.0 as f64, Kind::Money);
    }
    match text {
        "true" => Value::Truth(true),
        "false" => Value::Truth(false),
        _ => Value::Text(text.to_owned()),
    }
}

/// The text of a TOML string; anything else as it is.
pub(super) fn unquoted(text: &str) -> String {
    match DeValue::parse(text) {
        Ok(node) => match node.get_ref() {
            DeValue::String(inner) => inner.to_string(),
            _ => text.to_owned(),
        },
        Err(_) => text.to_owned(),
    }
}
