//! What is counted and measured: [`Bytes`], [`Rate`], [`ByteRate`], [`Share`], [`Money`].

mod money;

use std::fmt;
use std::str::FromStr;

pub use self::money::{Discount, Money};
use crate::quantity::{Decimal, QuantityError, prefix_factor, shown, split_number, three_digits};

/// A number of bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bytes(pub u64);

impl Bytes {
    /// `n` KiB (1,024 bytes each).
    #[must_use]
    pub const fn kib(n: u64) -> Self {
        Self(n << 10)
    }

    /// `n` MiB (1,048,576 bytes each).
    #[must_use]
    pub const fn mib(n: u64) -> Self {
        Self(n << 20)
    }
}

/// How often something happens [1/s].
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub struct Rate(pub f64);

/// How many bytes pass [bytes/s].
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub struct ByteRate(pub f64);

/// A part of a whole, 0 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub struct Share(pub f64);

const SIZES: [(&str, u64); 9] = [
    ("B", 1),
    ("kB", 1_000),
    ("KB", 1_000),
    ("KiB", 1 << 10),
    ("MB", 1_000_000),
    ("MiB", 1 << 20),
    ("GB", 1_000_000_000),
    ("GiB", 1 << 30),
    ("TiB", 1 << 40),
];

const SIZE_HELP: &str = "write a number and a unit, such as \"900 B\", \"1.5 KiB\" or \"4 MiB\"";
const RATE_HELP: &str = "write a count and its time, such as \"500/s\", \"12k/s\" or \"480k/min\"";
const BYTE_RATE_HELP: &str = "write a size and its time, such as \"900 KiB/s\" or \"1.5 MiB/s\"";
const SHARE_HELP: &str = "write \"0.1 %\" or 0.001";
const SHARE_TEXT_HELP: &str = "write \"0.1 %\", or 0.001 without quotes";

fn fault(problem: impl Into<String>, help: &str) -> QuantityError {
    QuantityError { problem: problem.into(), help: help.to_owned() }
}

fn size_named(word: &str, help: &str) -> Result<u64, QuantityError> {
    if let Some(&(_, size)) = SIZES.iter().find(|(name, _)| *name == word) {
        return Ok(size);
    }
    Err(match word {
        "" => fault("needs a unit", help),
        _ => fault(
            format!("has an unknown unit {}", shown(word)),
            "units of size are `B`, `KiB`, `MiB`, `GiB` (1,024 each step) and `kB`, `MB`, `GB`",
        ),
    })
}

/// Seconds in the time a rate is per.
fn time_named(word: &str, help: &str) -> Result<u64, QuantityError> {
    match word.trim() {
        "s" => Ok(1),
        "min" => Ok(60),
        "h" => Ok(3_600),
        "d" => Ok(86_400),
        "m" => Err(fault(
            "is per `m`, which could be minutes or months",
            "a rate is per `s`, `min`, `h` or `d`",
        )),
        "" => Err(fault("needs a unit", help)),
        other => Err(fault(
            format!("is per {}, which is not a unit of time here", shown(other)),
            "a rate is per `s`, `min`, `h` or `d`",
        )),
    }
}

impl FromStr for Bytes {
    type Err = QuantityError;

    /// Reads `1.5 KiB`; what is finer than a byte is rounded.
    fn from_str(text: &str) -> Result<Self, QuantityError> {
        let (number, word) = split_number(text.trim(), SIZE_HELP)?;
        let unit = size_named(word, SIZE_HELP).map_err(|error| match word {
            "" => fault(error.problem, &format!("write \"{0} B\" or \"{0} KiB\"", text.trim())),
            _ => error,
        })?;
        let bytes = number.whole(unit).ok_or_else(|| fault("is too large", SIZE_HELP))?;
        if bytes == 0 && !number.is_zero() {
            return Err(fault("is less than a byte", SIZE_HELP));
        }
        Ok(Self(bytes))
    }
}

impl fmt::Display for Bytes {
    /// For people: three significant digits: `1.09 KiB`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, unit) in
            [("TiB", 1_u64 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)]
        {
            if self.0 >= unit {
                return write!(f, "{} {name}", three_digits(self.0, unit));
            }
        }
        write!(f, "{} B", self.0)
    }
}

impl Bytes {
    /// A text that reads back as this very size.
    #[must_use]
    pub fn exact(self) -> String {
        let short = self.to_string();
        if short.parse() == Ok(self) { short } else { format!("{} B", self.0) }
    }
}

/// Splits `12k/s` into its number, what stands before the stroke, and the seconds it is per.
fn split_rate<'t>(text: &'t str, help: &str) -> Result<(Decimal, &'t str, u64), QuantityError> {
    let (number, rest) = split_number(text.trim(), help)?;
    let Some((word, per)) = rest.split_once('/') else {
        let problem = if rest.is_empty() || rest == "k" || rest == "M" {
            "needs a unit".to_owned()
        } else {
            format!("has an unknown unit {}", shown(rest))
        };
        return Err(fault(problem, help));
    };
    Ok((number, word.trim(), time_named(per, help)?))
}

impl FromStr for Rate {
    type Err = QuantityError;

    /// Reads `12k/s` and `480k/min`: k is 1,000 and M is 1,000,000.
    fn from_str(text: &str) -> Result<Self, QuantityError> {
        let (number, word, seconds) =
            split_rate(text, RATE_HELP).map_err(|error| match error.problem.as_str() {
                "needs a unit" => {
                    let number = text.trim().trim_end_matches('/');
                    fault(error.problem, &format!("write \"{number}/s\" or \"{number}/min\""))
                }
                _ => error,
            })?;
        let factor = prefix_factor(word).ok_or_else(|| {
            if SIZES.iter().any(|(name, _)| *name == word) {
                fault("counts records, not bytes", RATE_HELP)
            } else {
                fault(format!("has an unknown unit {}", shown(word)), RATE_HELP)
            }
        })?;
        Ok(Self(number.float(factor) / seconds as f64))
    }
}

impl fmt::Display for Rate {
    /// The shortest text that reads back as this rate: `12k/s`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = format!("{}/s", self.0);
        let shorter = [("M", 1e6), ("k", 1e3)].into_iter().find_map(|(prefix, size)| {
            let text = format!("{}{prefix}/s", self.0 / size);
            let same = text.parse() == Ok(*self);
            (self.0 >= size && same && text.len() <= plain.len()).then_some(text)
        });
        f.write_str(&shorter.unwrap_or(plain))
    }
}

impl FromStr for ByteRate {
    type Err = QuantityError;

    /// Reads `1.5 MiB/s`.
    fn from_str(text: &str) -> Result<Self, QuantityError> {
        let (number, word, seconds) = split_rate(text, BYTE_RATE_HELP)?;
        Ok(Self(number.float(size_named(word, BYTE_RATE_HELP)?) / seconds as f64))
    }
}

impl fmt::Display for ByteRate {
    /// For people: `1.09 MiB/s`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/s", Bytes(self.0.round() as u64))
    }
}

impl Share {
    /// The share `part` is, where it is one: 0 to 1.
    ///
    /// # Errors
    /// Where `part` lies outside, or is not a number.
    pub fn checked(part: f64) -> Result<Self, QuantityError> {
        if (0.0..=1.0).contains(&part) {
            Ok(Self(part))
        } else {
            Err(fault("must be between 0 % and 100 %", SHARE_HELP))
        }
    }
}

impl FromStr for Share {
    type Err = QuantityError;

    /// Reads `0.1 %`; in text nothing but zero goes without its sign, as `1` may be all or a
    /// hundredth.
    fn from_str(text: &str) -> Result<Self, QuantityError> {
        let (number, word) = split_number(text.trim(), SHARE_HELP)?;
        match word {
            "" if number.is_zero() => Ok(Self(0.0)),
            "" => Err(fault("needs a unit", SHARE_TEXT_HELP)),
            "%" => Self::checked(number.percent()),
            _ => Err(fault(format!("has an unknown unit {}", shown(word)), SHARE_HELP)),
        }
    }
}

impl fmt::Display for Share {
    /// Three significant digits of a percentage: `7.67 %`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percent = self.0 * 100.0;
        let decimals = match percent {
            p if p >= 99.95 => 0,
            p if p >= 9.995 => 1,
            p if p >= 0.0995 => 2,
            _ => 4,
        };
        let text = format!("{percent:.decimals$}");
        let text = if text.contains('.') {
            text.trim_end_matches('0').trim_end_matches('.')
        } else {
            &text
        };
        write!(f, "{text} %")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_exactly() {
        for (text, bytes) in [
            ("1.5 KiB", 1_536),
            ("900 B", 900),
            ("4MiB", 4 << 20),
            ("1 kB", 1_000),
            ("1.1 KiB", 1_126),
            ("0 B", 0),
        ] {
            assert_eq!(text.parse(), Ok(Bytes(bytes)), "{text}");
        }
        for (text, problem) in [
            ("900", "needs a unit"),
            ("1 kb", "has an unknown unit `kb`"),
            ("0.1 B", "is less than a byte"),
            ("99999999 TiB", "is too large"),
        ] {
            assert_eq!(text.parse::<Bytes>().unwrap_err().problem, problem);
        }
    }

    #[test]
    fn rates_are_read_per_second() {
        for (text, rate) in
            [("12k/s", 12_000.0), ("480k/min", 8_000.0), ("1.5k/s", 1_500.0), ("3.6 M/h", 1_000.0)]
        {
            assert_eq!(text.parse(), Ok(Rate(rate)), "{text}");
        }
        assert_eq!("1.5 MiB/s".parse(), Ok(ByteRate(1_572_864.0)));
        for (text, problem) in [
            ("8000", "needs a unit"),
            ("8k", "needs a unit"),
            ("1 MiB/s", "counts records, not bytes"),
            ("8k/m", "is per `m`, which could be minutes or months"),
            ("8 apples/s", "has an unknown unit `apples`"),
            ("-8/s", "must not be negative"),
        ] {
            assert_eq!(text.parse::<Rate>().unwrap_err().problem, problem, "{text}");
        }
    }

    #[test]
    fn printed_rates_read_back() {
        for (rate, text) in [
            (4_500.0, "4.5k/s"),
            (12_000.0, "12k/s"),
            (1_234.0, "1234/s"),
            (5e6, "5M/s"),
            (1.0 / 60.0, "0.016666666666666666/s"),
        ] {
            assert_eq!(Rate(rate).to_string(), text);
            assert_eq!(text.parse(), Ok(Rate(rate)));
        }
    }

    #[test]
    fn shares_are_percentages_or_parts() {
        assert_eq!("0.1 %".parse(), Ok(Share(0.001)));
        assert_eq!("0".parse(), Ok(Share(0.0)));
        assert_eq!("0.001".parse::<Share>().unwrap_err().problem, "needs a unit");
        assert_eq!("7 %".parse(), Ok(Share(0.07)));
        assert!("101 %".parse::<Share>().is_err());
        assert!(Share::checked(f64::NAN).is_err());
        assert_eq!(Share(0.0767).to_string(), "7.67 %");
        assert_eq!(Share(0.001).to_string(), "0.1 %");
        assert_eq!(Share(1.0).to_string(), "100 %");
    }
}
