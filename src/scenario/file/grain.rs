//! `scenario.resolution`: a word, or a time.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, Visitor};

use crate::quantity::shown;
use crate::scenario::leaf::Complaint;
use crate::scenario::problem::{Code, nearest};
use crate::time::Span;

/// How finely writing is played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::scenario) enum Grain {
    /// As the number of records and the length of the run make sensible.
    Auto,
    /// Record by record.
    Exact,
    /// In quanta of so long.
    Quantum(Span),
}

const WORDS: [(&str, Grain); 2] = [("exact", Grain::Exact), ("auto", Grain::Auto)];

/// What is accepted.
const WRITE: &str =
    "write \"exact\", \"auto\", or the length of a quantum from \"1 ms\" to \"1 min\"";

/// A number is repeated with its unit where it is no longer than this.
const SHORT: usize = 3;

impl fmt::Display for Grain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Exact => f.write_str("exact"),
            Self::Quantum(span) => f.write_str(&span.exact()),
        }
    }
}

impl std::str::FromStr for Grain {
    type Err = Complaint;

    fn from_str(text: &str) -> Result<Self, Complaint> {
        if let Some((_, grain)) = WORDS.iter().find(|(word, _)| *word == text) {
            return Ok(*grain);
        }
        if text.trim_start().starts_with(char::is_alphabetic) {
            return Err(unknown(text));
        }
        text.parse().map(Self::Quantum).map_err(|error: crate::quantity::QuantityError| {
            if error.problem == "needs a unit" {
                return without_unit(text.trim());
            }
            Complaint::new(Code::BadQuantity, error.problem, WRITE)
        })
    }
}

fn unknown(text: &str) -> Complaint {
    let same = WORDS.iter().map(|(word, _)| *word).find(|word| word.eq_ignore_ascii_case(text));
    let near = || nearest(text, WORDS.iter().map(|(word, _)| *word)).first().copied();
    let label = same.or_else(near).map(|word| format!("did you mean \"{word}\"?"));
    let problem = format!("does not know the word {}", shown(text));
    let complaint = Complaint::new(Code::UnknownWord, problem, WRITE);
    Complaint { label: label.unwrap_or_default(), ..complaint }
}

fn without_unit(number: &str) -> Complaint {
    let is_short = number.len() <= SHORT && number.bytes().all(|b| b.is_ascii_digit());
    let number = if is_short { number } else { "20" };
    let help = format!("write \"{number} ms\", \"exact\" or \"auto\"");
    let complaint = Complaint::new(Code::NeedsUnit, "needs a unit", help);
    Complaint { label: "milliseconds?".to_owned(), ..complaint }
}

impl<'de> Deserialize<'de> for Grain {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(GrainVisitor)
    }
}

struct GrainVisitor;

impl Visitor<'_> for GrainVisitor {
    type Value = Grain;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"exact\", \"auto\", or a duration such as \"100 ms\"")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Grain, E> {
        text.parse().map_err(E::custom)
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Grain, E> {
        self.visit_f64(number as f64)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Grain, E> {
        self.visit_f64(number as f64)
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Grain, E> {
        if number.is_finite() && number >= 0.0 {
            return Err(E::custom(without_unit(&number.to_string())));
        }
        let problem = if number < 0.0 { "must not be negative" } else { "must be a finite number" };
        Err(E::custom(Complaint::new(Code::BadQuantity, problem, WRITE)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_times_are_read_and_written_again() {
        let ms = |ms| Grain::Quantum(Span::from_ms(ms));
        let cases = [("exact", Grain::Exact), ("auto", Grain::Auto), ("20 ms", ms(20))];
        for (text, grain) in cases.into_iter().chain([("1s", ms(1_000)), ("0.5 s", ms(500))]) {
            assert_eq!(text.parse::<Grain>().ok(), Some(grain), "{text}");
            assert_eq!(grain.to_string().parse::<Grain>().ok(), Some(grain), "{text}");
        }
    }

    #[test]
    fn what_is_neither_says_what_is_accepted() {
        for text in ["", " ", "exacts", "Exact", "20", "20 m", "-5 ms", "20 ms exact", "é", "1e9"]
        {
            let complaint = text.parse::<Grain>().expect_err(text);
            assert!(complaint.help.contains("\"exact\""), "{text}: {}", complaint.help);
        }
        assert_eq!(unknown("Exact").label, "did you mean \"exact\"?");
        assert_eq!(without_unit("50").help, "write \"50 ms\", \"exact\" or \"auto\"");
        assert_eq!(without_unit("1.5e300").help, "write \"20 ms\", \"exact\" or \"auto\"");
    }
}
