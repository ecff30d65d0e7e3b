//! Numbers with units as people write them: `1.5 KiB`, `2 h 30 min`, `12k/s`, `0.1 %`.
//!
//! A number is kept as its decimal digits until it meets its unit, so no whole quantity passes
//! through a float.

use std::fmt;

/// Why a text is not the quantity it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuantityError {
    /// What is wrong, as the end of a sentence that begins with the field: "needs a unit".
    pub problem: String,
    /// What may be written instead.
    pub help: String,
}

impl fmt::Display for QuantityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {}", self.problem, self.help)
    }
}

impl std::error::Error for QuantityError {}

/// A decimal number that is not negative, exactly as written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decimal {
    digits: u128,
    scale: u32,
}

/// Digits a number may have: with the largest unit they still fit 128 bits.
const DIGITS_MAX: usize = 24;

impl Decimal {
    /// This number `factor` times over, as the nearest whole number; `None` beyond 64 bits.
    #[must_use]
    pub fn whole(self, factor: u64) -> Option<u64> {
        let product = self.digits.checked_mul(u128::from(factor))?;
        let unit = 10_u128.pow(self.scale);
        u64::try_from((product + unit / 2) / unit).ok()
    }

    /// This number `factor` times over, as the nearest whole number; `None` beyond 127 bits.
    #[must_use]
    pub fn wide(self, factor: u64) -> Option<i128> {
        let product = self.digits.checked_mul(u128::from(factor))?;
        let unit = 10_u128.pow(self.scale);
        i128::try_from((product + unit / 2) / unit).ok()
    }

    /// This number `factor` times over, as the nearest float.
    #[must_use]
    pub fn float(self, factor: u64) -> f64 {
        let digits = self.digits.saturating_mul(u128::from(factor));
        let text = format!("{digits}e-{}", self.scale);
        text.parse().expect("digits and an exponent are a float")
    }

    /// A hundredth of this number.
    #[must_use]
    pub fn percent(self) -> f64 {
        Self { scale: self.scale + 2, ..self }.float(1)
    }

    /// Whether it is zero.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.digits == 0
    }
}

/// Splits `text` into the number it begins with and the rest, without spaces between.
///
/// # Errors
/// Where `text` does not begin with a finite number that is not negative. `help` is what the
/// error then says.
pub fn split_number<'t>(text: &'t str, help: &str) -> Result<(Decimal, &'t str), QuantityError> {
    let fault = |problem: String| QuantityError { problem, help: help.to_owned() };
    if text.is_empty() {
        return Err(fault("is empty".to_owned()));
    }
    if text.starts_with('-') {
        return Err(fault("must not be negative".to_owned()));
    }
    let lower = text.to_ascii_lowercase();
    if lower.starts_with("nan") || lower.starts_with("inf") || lower.starts_with("+inf") {
        return Err(fault("must be a finite number".to_owned()));
    }
    let end =
        text.find(|c: char| !c.is_ascii_digit() && c != '.' && c != '_').unwrap_or(text.len());
    let (number, rest) = text.split_at(end);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let written = |part: &str| part.bytes().any(|b| b.is_ascii_digit());
    if !written(whole) || fraction.contains('.') || (number.contains('.') && !written(fraction)) {
        return Err(fault(format!("does not begin with a number: {}", shown(text))));
    }
    let digits = |part: &str| -> String { part.chars().filter(char::is_ascii_digit).collect() };
    let (whole, fraction) = (digits(whole), digits(fraction));
    let all = format!("{}{}", whole.trim_start_matches('0'), fraction);
    if all.len() > DIGITS_MAX {
        return Err(fault(format!("has more than {DIGITS_MAX} digits")));
    }
    // No digits are left of "0": that is the number zero.
    let value = all.parse().unwrap_or(0);
    Ok((Decimal { digits: value, scale: fraction.len() as u32 }, rest.trim_start()))
}

/// What a prefix of counts multiplies by: k is 1,000 and M is 1,000,000.
#[must_use]
pub fn prefix_factor(prefix: &str) -> Option<u64> {
    match prefix {
        "" => Some(1),
        "k" => Some(1_000),
        "M" => Some(1_000_000),
        _ => None,
    }
}

/// A number of things: `500`, `10k`, `1.5M`.
///
/// # Errors
/// Where `text` is no number, or something other than a prefix follows it. `help` is what the error
/// then says.
pub fn read_count(text: &str, help: &str) -> Result<f64, QuantityError> {
    let (number, rest) = split_number(text.trim(), help)?;
    let factor = prefix_factor(rest).ok_or_else(|| QuantityError {
        problem: format!("has an unknown unit {}", shown(rest)),
        help: help.to_owned(),
    })?;
    Ok(number.float(factor))
}

/// A user's text for a message: in backticks, one line, at most 40 characters.
#[must_use]
pub fn shown(text: &str) -> String {
    let mut short: String =
        text.chars().take(40).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().nth(40).is_some() {
        short.push('…');
    }
    format!("`{short}`")
}

/// `value / unit` with three significant digits and no zeros at the end; a value of 1,000 or more
/// keeps all its whole digits.
#[must_use]
pub fn three_digits(value: u64, unit: u64) -> String {
    let (value, unit) = (u128::from(value), u128::from(unit));
    let decimals = match value / unit {
        0..10 => 2,
        10..100 => 1,
        _ => 0,
    };
    let power = 10_u128.pow(decimals);
    let scaled = (value * power + unit / 2) / unit;
    if decimals == 0 {
        return scaled.to_string();
    }
    let text = format!("{}.{:0w$}", scaled / power, scaled % power, w = decimals as usize);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A count in words, to three digits: `812`, `31.4 thousand`, `864 million`.
#[must_use]
pub fn rough_count(count: u64) -> String {
    // From here on, what is rounded to three digits reaches the next word.
    match count {
        0..10_000 => count.to_string(),
        10_000..999_500 => format!("{} thousand", three_digits(count, 1_000)),
        999_500..999_500_000 => format!("{} million", three_digits(count, 1_000_000)),
        _ => format!("{} billion", three_digits(count, 1_000_000_000)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_every_digit() {
        let (number, rest) = split_number("1_000.50 KiB", "").unwrap();
        assert_eq!((number.whole(1024), rest), (Some(1_024_512), "KiB"));
        assert_eq!(split_number("0.3", "").unwrap().0.whole(1_000_000_000), Some(300_000_000));
        assert!(split_number("0", "").unwrap().0.is_zero());
        assert!((split_number("0.1", "").unwrap().0.percent() - 0.001).abs() < f64::EPSILON);
    }

    #[test]
    fn counts_have_prefixes() {
        assert_eq!(read_count(" 500 ", ""), Ok(500.0));
        assert_eq!(read_count("10k", ""), Ok(10_000.0));
        assert_eq!(read_count("1.5 M", ""), Ok(1_500_000.0));
        let error = read_count("10 K", "write so").unwrap_err();
        assert_eq!(error.problem, "has an unknown unit `K`");
        assert_eq!(error.help, "write so");
    }

    #[test]
    fn what_is_not_a_number_is_said() {
        for (text, problem) in [
            ("", "is empty"),
            ("-1", "must not be negative"),
            ("NaN s", "must be a finite number"),
            ("inf", "must be a finite number"),
            ("s", "does not begin with a number: `s`"),
            ("1.", "does not begin with a number: `1.`"),
            ("1.2.3", "does not begin with a number: `1.2.3`"),
            ("._", "does not begin with a number: `._`"),
        ] {
            assert_eq!(split_number(text, "").unwrap_err().problem, problem, "{text:?}");
        }
        assert!(split_number(&"9".repeat(25), "").is_err());
    }

    #[test]
    fn three_digits_are_rounded() {
        for (value, unit, text) in
            [(1_536, 1_024, "1.5"), (1_116, 1_024, "1.09"), (999_600, 1_000, "1000"), (5, 1, "5")]
        {
            assert_eq!(three_digits(value, unit), text);
        }
    }

    #[test]
    fn rough_counts_have_three_digits_and_a_word() {
        for (count, text) in [
            (9_999, "9999"),
            (72_000, "72 thousand"),
            (999_499, "999 thousand"),
            (999_500, "1 million"),
            (50_000_000, "50 million"),
            (999_499_999, "999 million"),
            (1_234_000_000, "1.23 billion"),
        ] {
            assert_eq!(rough_count(count), text);
        }
    }
}
