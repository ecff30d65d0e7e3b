//! Moments of the calendar and times of day in a scenario, as text or in TOML's own notation.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};

use crate::calendar::Moment;
use crate::quantity::shown;
use crate::scenario::leaf::Complaint;
use crate::scenario::problem::Code;
use crate::time::Span;

/// `scenario.start`: a moment with an offset from UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Start(pub(super) Moment);

/// Where the playing of a file begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Begin {
    /// At its first row.
    FirstRow,
    /// At a moment.
    At(Moment),
}

/// A time of day, since midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TimeOfDay(pub(super) Span);

/// The edit for a moment that cannot be read.
const WRITE_MOMENT: &str = "write a date, a time and its offset from UTC: \
    \"2026-11-02T00:00:00Z\" or \"2026-11-02T00:00:00+01:00\"";

impl std::str::FromStr for Start {
    type Err = Complaint;

    fn from_str(text: &str) -> Result<Self, Complaint> {
        moment(text, WRITE_MOMENT).map(Self)
    }
}

impl std::str::FromStr for Begin {
    type Err = Complaint;

    fn from_str(text: &str) -> Result<Self, Complaint> {
        if text == "first-row" {
            return Ok(Self::FirstRow);
        }
        let help = format!("write \"first-row\"; or {}", WRITE_MOMENT.trim_start_matches("write "));
        moment(text, &help).map(Self::At)
    }
}

impl std::str::FromStr for TimeOfDay {
    type Err = Complaint;

    fn from_str(text: &str) -> Result<Self, Complaint> {
        let midnight = Moment::read("1970-01-01");
        let moment = Moment::read(&format!("1970-01-01T{text}"));
        match moment.zip(midnight) {
            Some((moment, _)) if !moment.zoned => Ok(Self(Span::from_ns(moment.since_midnight()))),
            _ => Err(Complaint::new(
                Code::BadQuantity,
                format!("is no time of day: {}", shown(text)),
                "write hours and minutes, from \"00:00\" to \"23:59\"",
            )),
        }
    }
}

fn moment(text: &str, help: &str) -> Result<Moment, Complaint> {
    let complaint = |problem: String| Complaint::new(Code::BadQuantity, problem, help);
    let Some(moment) = Moment::read(text) else {
        return Err(complaint(format!("is no moment of the calendar: {}", shown(text))));
    };
    if !moment.zoned {
        return Err(complaint(format!("needs an offset from UTC: {}", shown(text))));
    }
    if moment.unix_ns < 0 {
        return Err(complaint(format!("must not be before 1970: {}", shown(text))));
    }
    Ok(moment)
}

macro_rules! deserialize_as_text {
    ($name:ident, $what:literal) => {
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Text;
                impl<'de> Visitor<'de> for Text {
                    type Value = $name;

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str($what)
                    }

                    fn visit_str<E: Error>(self, text: &str) -> Result<$name, E> {
                        text.parse().map_err(E::custom)
                    }

                    /// A date of TOML's own is a table of one text to serde.
                    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<$name, A::Error> {
                        match map.next_entry::<String, String>()? {
                            Some((key, text)) if key.starts_with("$__toml") => {
                                self.visit_str(&text)
                            }
                            _ => Err(A::Error::invalid_type(serde::de::Unexpected::Map, &self)),
                        }
                    }
                }
                deserializer.deserialize_any(Text)
            }
        }
    };
}

deserialize_as_text!(Start, "a moment such as \"2026-11-02T00:00:00Z\"");
deserialize_as_text!(Begin, "a moment such as \"2026-11-02T00:00:00Z\", or \"first-row\"");
deserialize_as_text!(TimeOfDay, "a time of day such as \"14:00\"");

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_ns() / 1_000_000_000;
        write!(f, "{:02}:{:02}", seconds / 3_600, seconds / 60 % 60)?;
        let ns = self.0.as_ns() % 60_000_000_000;
        if ns == 0 {
            return Ok(());
        }
        write!(f, ":{:02}.{:09}", ns / 1_000_000_000, ns % 1_000_000_000)
    }
}

impl fmt::Display for Begin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FirstRow => f.write_str("first-row"),
            Self::At(moment) => moment.fmt(f),
        }
    }
}
