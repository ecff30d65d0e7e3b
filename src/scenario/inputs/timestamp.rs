//! Moments as they are written in data files.

use crate::calendar::{Moment, fraction_of};

/// What [`Clock::read`] accepts, for messages.
pub(super) const ACCEPTED: &str = "times are epoch seconds, `2014-04-10T00:04:00Z`, \
    `2014-04-10 00:04:00` (UTC), or epoch milliseconds and microseconds; \
    name the column …_s, …_ms, …_us or …_ns to fix the unit of a number";

const NS_PER_S: i128 = 1_000_000_000;
/// The end of the year 9999 [s since 1970]: later ones have a wrong unit.
const LAST_S: i128 = 253_402_300_800;

/// Reads the times of one column.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    /// Length of the unit of numbers (ns), once it is known.
    unit: Option<i128>,
}

impl Clock {
    /// A clock for the column called `name`, whose ending may give the unit of numbers.
    pub(super) fn of_column(name: &str) -> Self {
        let name = name.to_lowercase();
        let unit = match name.rsplit('_').next() {
            Some("s" | "sec" | "secs" | "seconds") => Some(NS_PER_S),
            Some("ms" | "millis" | "milliseconds") => Some(1_000_000),
            Some("us" | "micros" | "microseconds") => Some(1_000),
            Some("ns" | "nanos" | "nanoseconds") => Some(1),
            _ => None,
        };
        Self { unit }
    }

    /// The moment `text` names [ns since 1970, UTC].
    ///
    /// Where the column's name gave no unit, the magnitude of the first number does, for all.
    pub(super) fn read(&mut self, text: &str) -> Option<i128> {
        let text = text.trim();
        let moment = match number_parts(text) {
            Some((negative, whole, fraction)) => {
                let unit = *self.unit.get_or_insert_with(|| unit_of_magnitude(whole));
                let part = fraction_of(fraction, unit);
                let size = whole.checked_mul(unit)?.checked_add(part)?;
                if negative { -size } else { size }
            }
            None => Moment::read(text)?.unix_ns,
        };
        (moment.abs() < LAST_S * NS_PER_S).then_some(moment)
    }
}

/// Unit (ns) of an epoch number: each reading of today's date differs by a factor of 1,000.
fn unit_of_magnitude(whole: i128) -> i128 {
    match whole {
        0..100_000_000_000 => NS_PER_S,
        100_000_000_000..100_000_000_000_000 => 1_000_000,
        100_000_000_000_000..100_000_000_000_000_000 => 1_000,
        _ => 1,
    }
}

/// Sign, whole part and decimals of a plain number.
fn number_parts(text: &str) -> Option<(bool, i128, &str)> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !all_digits(whole) || !all_digits(fraction) {
        return None;
    }
    Some((negative, whole.parse().ok()?, fraction))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(text: &str) -> Option<f64> {
        Clock::of_column("timestamp").read(text).map(|ns| ns as f64 / 1e9)
    }

    #[test]
    fn known_dates() {
        // Epoch seconds of well-known moments.
        for (text, epoch) in [
            ("1970-01-01T00:00:00Z", 0.0),
            ("1969-12-31T23:59:59Z", -1.0),
            ("2000-02-29 12:00:00", 951_825_600.0),
            ("2000-03-01", 951_868_800.0),
            ("2001-09-09T01:46:40Z", 1_000_000_000.0),
            ("2009-02-13T23:31:30+00:00", 1_234_567_890.0),
            ("2014-04-10 00:04:00", 1_397_088_240.0),
            ("2014/04/10 00:04", 1_397_088_240.0),
            ("2014-04-10T02:04:00+02:00", 1_397_088_240.0),
            ("2014-04-09T19:34:00-0430", 1_397_088_240.0),
            ("2014-04-10 00:04:00 UTC", 1_397_088_240.0),
            ("2038-01-19T03:14:08.500Z", 2_147_483_648.5),
            ("2017-01-01T00:00:00Z", 1_483_228_800.0),
            ("2016-12-31T23:59:60Z", 1_483_228_800.0),
            ("9999-12-31T23:59:59Z", 253_402_300_799.0),
        ] {
            assert_eq!(seconds(text), Some(epoch), "{text}");
        }
    }

    #[test]
    fn impossible_dates_are_refused() {
        for text in [
            "2001-02-29",
            "1900-02-29",
            "2014-13-01",
            "2014-00-01",
            "2014-04-31",
            "0000-01-01",
            "2014-04-10T24:00:00Z",
            "2014-04-10 00:60",
            "2014-04-10 00:04:00 CET",
            "2014-04/10",
            "10/04/2014",
            "2014-04-10T00",
            "",
            " ",
            "-",
            ".",
            "1e9",
            "NaN",
            "inf",
            "0x10",
            "1.2.3",
            "2014-04-10 00:04:00+1",
            "2014-04-10 00:04:00+25:00",
            "99999999999999999999999999",
        ] {
            assert_eq!(seconds(text), None, "{text:?}");
        }
    }

    #[test]
    fn numbers_take_the_unit_of_their_column_or_their_magnitude() {
        for (column, text, ns) in [
            ("epoch_s", "1.5", 1_500_000_000_i128),
            ("at_ms", "1.5", 1_500_000),
            ("epoch_us", "1700158546680590", 1_700_158_546_680_590_000),
            ("at_ns", "7.9", 7),
            ("time", "1397088240", 1_397_088_240_000_000_000),
            ("time", "1397088240.123456789", 1_397_088_240_123_456_789),
            ("time", "1397088240123", 1_397_088_240_123_000_000),
            ("time", "1397088240123456", 1_397_088_240_123_456_000),
            ("time", "1397088240123456789", 1_397_088_240_123_456_789),
            ("time", "0", 0),
        ] {
            assert_eq!(Clock::of_column(column).read(text), Some(ns), "{column} {text}");
        }
        assert_eq!(Clock::of_column("epoch_s").read("1700158546680590"), None);
    }

    #[test]
    fn the_first_number_fixes_the_unit() {
        let mut clock = Clock::of_column("offset");
        assert_eq!(clock.read("0"), Some(0));
        assert_eq!(clock.read("200000000000"), Some(200_000_000_000 * NS_PER_S));
    }
}
