//! Virtual time: [`Instant`] and [`Span`], whole nanoseconds in a `u64`.
//!
//! A run of 400 days is 3.5e16 ns, far below the 1.8e19 that fit; sums saturate at
//! [`Instant::NEVER`].

use std::fmt;

use crate::quantity::{QuantityError, shown, split_number, three_digits};

/// A moment of virtual time [ns since the run began].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(u64);

/// A length of virtual time (ns).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span(u64);

/// Nanoseconds in a second.
pub const NS_PER_S: u64 = 1_000_000_000;

impl Instant {
    /// The moment a run begins.
    pub const ZERO: Self = Self(0);
    /// The moment an idle actor answers: later than every other.
    pub const NEVER: Self = Self(u64::MAX);

    /// The moment `ns` nanoseconds after the run began.
    #[must_use]
    pub const fn from_ns(ns: u64) -> Self {
        Self(ns)
    }

    /// The moment `s` whole seconds after the run began.
    #[must_use]
    pub const fn from_s(s: u64) -> Self {
        Self(s * NS_PER_S)
    }

    /// Nanoseconds since the run began.
    #[must_use]
    pub const fn as_ns(self) -> u64 {
        self.0
    }

    /// Seconds since the run began, for tables and charts.
    #[must_use]
    pub fn as_s(self) -> f64 {
        self.0 as f64 / 1e9
    }

    /// The time from `earlier` to this moment; zero where `earlier` is later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Span {
        Span(self.0.saturating_sub(earlier.0))
    }
}

impl Span {
    /// No time at all.
    pub const ZERO: Self = Self(0);
    /// The longest span there is.
    pub const MAX: Self = Self(u64::MAX);

    /// `ns` nanoseconds.
    #[must_use]
    pub const fn from_ns(ns: u64) -> Self {
        Self(ns)
    }

    /// `ms` milliseconds.
    #[must_use]
    pub const fn from_ms(ms: u64) -> Self {
        Self(ms * 1_000_000)
    }

    /// `s` seconds.
    #[must_use]
    pub const fn from_s(s: u64) -> Self {
        Self(s * NS_PER_S)
    }

    /// Length in nanoseconds.
    #[must_use]
    pub const fn as_ns(self) -> u64 {
        self.0
    }

    /// Length in seconds, for tables and charts.
    #[must_use]
    pub fn as_s(self) -> f64 {
        self.0 as f64 / 1e9
    }

    /// Whether no time passes.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// This span `n` times over, at most [`Span::MAX`].
    #[must_use]
    pub const fn times(self, n: u64) -> Self {
        Self(self.0.saturating_mul(n))
    }
}

impl std::ops::Add<Span> for Instant {
    type Output = Self;
    fn add(self, span: Span) -> Self {
        Self(self.0.saturating_add(span.0))
    }
}

impl std::ops::Add for Span {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

/// Units of time, longest first (ns).
const UNITS: [(&str, u64); 7] = [
    ("d", 86_400 * NS_PER_S),
    ("h", 3_600 * NS_PER_S),
    ("min", 60 * NS_PER_S),
    ("s", NS_PER_S),
    ("ms", 1_000_000),
    ("us", 1_000),
    ("ns", 1),
];

const ACCEPTED: &str =
    "write a number and a unit, such as \"250 ms\", \"5 s\", \"15 min\", \"2 h 30 min\" or \"7 d\"";

impl std::str::FromStr for Span {
    type Err = QuantityError;

    /// Reads `250 ms`, `2 h 30 min`: units from long to short, each at most once. What is finer
    /// than a nanosecond is rounded.
    fn from_str(text: &str) -> Result<Self, QuantityError> {
        let fault = |problem: String| QuantityError { problem, help: ACCEPTED.to_owned() };
        let too_long = || fault("is too long a time".to_owned());
        let (mut rest, mut total, mut last) = (text.trim(), 0_u64, u64::MAX);
        loop {
            let (number, tail) = split_number(rest, ACCEPTED)?;
            let end = tail
                .find(|c: char| c.is_whitespace() || c.is_ascii_digit() || c == '-')
                .unwrap_or(tail.len());
            let (word, tail) = tail.split_at(end);
            let unit = unit_named(word).map_err(|error| match (word, last) {
                ("", u64::MAX) if tail.is_empty() => {
                    QuantityError { help: format!("write \"{rest} s\" or \"{rest} min\""), ..error }
                }
                _ => error,
            })?;
            if unit >= last {
                return Err(fault(format!("must go from long units to short: {}", shown(text))));
            }
            let part = number.whole(unit).ok_or_else(too_long)?;
            if part == 0 && !number.is_zero() {
                return Err(fault("is shorter than a nanosecond".to_owned()));
            }
            total = total.checked_add(part).ok_or_else(too_long)?;
            (rest, last) = (tail.trim_start(), unit);
            if rest.is_empty() {
                return Ok(Self(total));
            }
        }
    }
}

fn unit_named(word: &str) -> Result<u64, QuantityError> {
    let plain = if matches!(word, "µs" | "μs") { "us" } else { word };
    if let Some(&(_, unit)) = UNITS.iter().find(|(name, _)| *name == plain) {
        return Ok(unit);
    }
    let problem = match word {
        "" => "needs a unit".to_owned(),
        "m" => "has the unit `m`, which could be minutes or months".to_owned(),
        _ => format!("has an unknown unit {}", shown(word)),
    };
    let help = match word {
        "" => ACCEPTED,
        "m" => "minutes are `min`, milliseconds are `ms`",
        _ => "units of time are `ns`, `us`, `ms`, `s`, `min`, `h` and `d`",
    };
    Err(QuantityError { problem, help: help.to_owned() })
}

impl fmt::Display for Span {
    /// For people: two units at most, or three significant digits: `7 min 11 s`, `280 ms`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_zero() {
            return f.write_str("0 s");
        }
        for (long, short) in [(0, 1), (1, 2), (2, 3)] {
            let ((long, size), (short, step)) = (UNITS[long], UNITS[short]);
            let steps = u128::from(self.0) + u128::from(step / 2);
            let (whole, part) = {
                let steps = (steps / u128::from(step)) as u64;
                (steps / (size / step), steps % (size / step))
            };
            match (whole, part) {
                (0, _) => {}
                (_, 0) => return write!(f, "{whole} {long}"),
                (..) => return write!(f, "{whole} {long} {part} {short}"),
            }
        }
        for (name, unit) in &UNITS[3..] {
            // A value that rounds up to 1,000 of a unit is one of the next.
            if self.0 >= unit - unit / 2000 || *unit == 1 {
                return write!(f, "{} {name}", three_digits(self.0, *unit));
            }
        }
        Ok(())
    }
}

impl Span {
    /// A text that reads back as this very span.
    #[must_use]
    pub fn exact(self) -> String {
        let short = self.to_string();
        if short.parse() == Ok(self) {
            return short;
        }
        let (name, unit) = UNITS
            .iter()
            .find(|(_, unit)| self.0.is_multiple_of(*unit))
            .expect("every span is a whole number of nanoseconds");
        format!("{} {name}", self.0 / unit)
    }
}

impl std::str::FromStr for Instant {
    type Err = QuantityError;

    /// Reads the time since the run began.
    fn from_str(text: &str) -> Result<Self, QuantityError> {
        text.parse().map(|span: Span| Self(span.0))
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Span(self.0).fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_without_float_error() {
        for (text, ns) in [
            ("250 ms", 250_000_000),
            ("0.3 s", 300_000_000),
            ("2 h 30 min", 9_000 * NS_PER_S),
            ("2h30min", 9_000 * NS_PER_S),
            ("7 d", 604_800 * NS_PER_S),
            (" 5s ", 5 * NS_PER_S),
            ("0 s", 0),
            ("1.5 µs", 1_500),
            ("10_000 ns", 10_000),
        ] {
            assert_eq!(text.parse(), Ok(Span::from_ns(ns)), "{text}");
        }
    }

    #[test]
    fn what_is_not_a_span_is_said() {
        for (text, problem) in [
            ("5m", "has the unit `m`, which could be minutes or months"),
            ("300 years", "has an unknown unit `years`"),
            ("10", "needs a unit"),
            ("-1 s", "must not be negative"),
            ("30 min 2 h", "must go from long units to short: `30 min 2 h`"),
            ("1 s 2 s", "must go from long units to short: `1 s 2 s`"),
            ("999999999 d", "is too long a time"),
            ("0.1 ns", "is shorter than a nanosecond"),
            ("5 s -3 ms", "must not be negative"),
        ] {
            let error = text.parse::<Span>().unwrap_err();
            assert_eq!(error.problem, problem, "{text}");
        }
    }

    #[test]
    fn spans_print_in_two_units_at_most() {
        for (ns, text) in [
            (0, "0 s"),
            (280_000_000, "280 ms"),
            (1_250, "1.25 us"),
            (16_940_000_000, "16.9 s"),
            (999_600_000, "1 s"),
            (431 * NS_PER_S, "7 min 11 s"),
            (600 * NS_PER_S, "10 min"),
            (3_599 * NS_PER_S + NS_PER_S / 2, "1 h"),
            (9_000 * NS_PER_S, "2 h 30 min"),
            (400 * 86_400 * NS_PER_S, "400 d"),
            (u64::MAX, "213504 d"),
        ] {
            assert_eq!(Span::from_ns(ns).to_string(), text);
        }
    }

    #[test]
    fn exact_texts_read_back() {
        for ns in [0, 1, 1_234_500_000, 90 * 60 * NS_PER_S, 3_661 * NS_PER_S, u64::MAX, 999_600_000]
        {
            let span = Span::from_ns(ns);
            assert_eq!(span.exact().parse(), Ok(span), "{}", span.exact());
        }
        assert_eq!(Span::from_ns(1_234_500_000).exact(), "1234500 us");
    }
}
