//! Calendar time: moments of the Gregorian calendar, with fixed offsets from UTC.
//!
//! Time zones with rules are left out on purpose: their data changes with every release of it, and
//! with the data the results would.

use std::fmt;

const NS_PER_S: i128 = 1_000_000_000;
const DAY_S: i128 = 86_400;

/// A moment, and the clock it is read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Nanoseconds since 1970-01-01T00:00:00Z.
    pub unix_ns: i128,
    /// How far the clock is ahead of UTC (s).
    pub offset_s: i32,
    /// Whether the text named an offset; without one it is UTC.
    pub zoned: bool,
}

impl Moment {
    /// Reads `2026-11-02T00:04:00Z`, `2026-11-02 00:04:00.5 +01:00`, `2026-11-02` and the like;
    /// UTC where no offset is written. `None` where the text is no date of the years 1 to 9999.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        read_civil(text)
    }

    /// The moment `ns` later, on the same clock.
    #[must_use]
    pub fn after(self, ns: u64) -> Self {
        Self { unix_ns: self.unix_ns + i128::from(ns), ..self }
    }

    /// Nanoseconds since midnight on its clock.
    #[must_use]
    pub fn since_midnight(self) -> u64 {
        self.local_ns().rem_euclid(DAY_S * NS_PER_S) as u64
    }

    /// The day of the week on its clock, Monday is 0.
    #[must_use]
    pub fn weekday(self) -> usize {
        // 1 January 1970 was a Thursday.
        (self.local_ns().div_euclid(DAY_S * NS_PER_S) + 3).rem_euclid(7) as usize
    }

    fn local_ns(self) -> i128 {
        self.unix_ns + i128::from(self.offset_s) * NS_PER_S
    }
}

impl fmt::Display for Moment {
    /// As RFC 3339 writes it: `2026-11-02T00:04:00Z`, with as many decimals as there are.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let local = self.local_ns();
        let (year, month, day) = date_of(local.div_euclid(DAY_S * NS_PER_S));
        let (seconds, ns) = (self.since_midnight() / 1_000_000_000, local.rem_euclid(NS_PER_S));
        let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")?;
        if ns != 0 {
            write!(f, ".{}", format!("{ns:09}").trim_end_matches('0'))?;
        }
        if self.offset_s == 0 {
            return f.write_str("Z");
        }
        let sign = if self.offset_s < 0 { '-' } else { '+' };
        let minutes = self.offset_s.unsigned_abs() / 60;
        write!(f, "{sign}{:02}:{:02}", minutes / 60, minutes % 60)
    }
}

/// Year, month and day of the Gregorian calendar, so many days after 1970-01-01.
fn date_of(days: i128) -> (i128, i128, i128) {
    // The estimate is a few years too late at most, and never too early.
    let mut year = 1970 + if days < 0 { days.div_euclid(366) + 1 } else { days / 365 };
    while year > 1 && days_since_1970(year, 1, 1).is_none_or(|first| first > days) {
        year -= 1;
    }
    let month = (1..=12)
        .rev()
        .find(|month| days_since_1970(year, *month, 1).is_some_and(|first| first <= days));
    let month = month.unwrap_or(1);
    let first = days_since_1970(year, month, 1).unwrap_or(days);
    (year, month, days - first + 1)
}

/// The decimals `digits` of a unit of `unit` ns; what is below a nanosecond is cut off.
pub(crate) fn fraction_of(digits: &str, unit: i128) -> i128 {
    let mut part = 0;
    let mut place = unit;
    for digit in digits.bytes() {
        place /= 10;
        part += i128::from(digit - b'0') * place;
    }
    part
}

/// A calendar date with a time of day, UTC where it names no offset.
fn read_civil(text: &str) -> Option<Moment> {
    let mut rest = Cursor(text.as_bytes());
    let year = rest.number(4, 4)?;
    let separator = if rest.eat(b"-") { b"-" } else { b"/" };
    if separator == b"/" && !rest.eat(b"/") {
        return None;
    }
    let month = rest.number(1, 2)?;
    if !rest.eat(separator) {
        return None;
    }
    let day = rest.number(1, 2)?;
    let midnight = days_since_1970(year, month, day)? * 86_400 * NS_PER_S;
    if rest.0.is_empty() {
        return Some(Moment { unix_ns: midnight, offset_s: 0, zoned: false });
    }
    if !rest.eat(b"Tt ") {
        return None;
    }
    let time = rest.time_of_day()?;
    let zoned = !rest.0.is_empty();
    let offset = rest.offset()?;
    Some(Moment { unix_ns: midnight + time - offset * NS_PER_S, offset_s: offset as i32, zoned })
}

/// Days from 1970-01-01 to a date of the Gregorian calendar, years 1 to 9999.
fn days_since_1970(year: i128, month: i128, day: i128) -> Option<i128> {
    const LENGTHS: [i128; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    /// From 0001-01-01 to 1970-01-01.
    const DAYS_BEFORE_1970: i128 = 719_162;
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = |month: i128| LENGTHS[month as usize - 1] + i128::from(leap && month == 2);
    if year < 1 || !(1..=12).contains(&month) || !(1..=length(month)).contains(&day) {
        return None;
    }
    let before = year - 1;
    let years = 365 * before + before / 4 - before / 100 + before / 400;
    let months: i128 = (1..month).map(length).sum();
    Some(years + months + day - 1 - DAYS_BEFORE_1970)
}

/// What is left of a text that is being read.
struct Cursor<'a>(&'a [u8]);

impl Cursor<'_> {
    fn eat(&mut self, any_of: &[u8]) -> bool {
        match self.0.split_first() {
            Some((first, rest)) if any_of.contains(first) => {
                self.0 = rest;
                true
            }
            _ => false,
        }
    }

    /// A number of `min` to `max` digits.
    fn number(&mut self, min: usize, max: usize) -> Option<i128> {
        let digits = self.0.iter().take(max).take_while(|byte| byte.is_ascii_digit()).count();
        if digits < min {
            return None;
        }
        let (number, rest) = self.0.split_at(digits);
        self.0 = rest;
        Some(number.iter().fold(0, |sum, digit| sum * 10 + i128::from(digit - b'0')))
    }

    /// Hours and minutes, and seconds where they are written (ns). A leap second is the next one.
    fn time_of_day(&mut self) -> Option<i128> {
        let hour = self.number(1, 2)?;
        if !self.eat(b":") {
            return None;
        }
        let minute = self.number(2, 2)?;
        let (mut second, mut part) = (0, 0);
        if self.eat(b":") {
            second = self.number(2, 2)?;
            if self.eat(b".,") {
                let digits = self.0.iter().take_while(|byte| byte.is_ascii_digit()).count();
                let (decimals, rest) = self.0.split_at(digits);
                part = fraction_of(std::str::from_utf8(decimals).ok()?, NS_PER_S);
                self.0 = rest;
            }
        }
        if hour > 23 || minute > 59 || second > 60 {
            return None;
        }
        Some((hour * 3600 + minute * 60 + second) * NS_PER_S + part)
    }

    /// The rest of the text as an offset from UTC (s).
    fn offset(&mut self) -> Option<i128> {
        self.eat(b" ");
        if matches!(self.0, b"" | b"Z" | b"z" | b"UTC" | b"GMT") {
            return Some(0);
        }
        let east = self.eat(b"+");
        if !east && !self.eat(b"-") {
            return None;
        }
        let hours = self.number(2, 2)?;
        self.eat(b":");
        let minutes = if self.0.is_empty() { 0 } else { self.number(2, 2)? };
        if !self.0.is_empty() || hours > 23 || minutes > 59 {
            return None;
        }
        let offset = hours * 3600 + minutes * 60;
        Some(if east { offset } else { -offset })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(text: &str) -> Moment {
        Moment::read(text).expect("a date")
    }

    #[test]
    fn known_days_of_the_week() {
        // Monday is 0: the first day of 1970, of the moon, of this century, and a leap day.
        for (text, weekday) in [
            ("1970-01-01", 3),
            ("1969-07-20", 6),
            ("2000-01-01", 5),
            ("2024-02-29", 3),
            ("2026-11-02T00:00:00Z", 0),
        ] {
            assert_eq!(moment(text).weekday(), weekday, "{text}");
        }
        // The same moment is Sunday evening in New York.
        assert_eq!(moment("2026-11-01T19:30:00-05:00").weekday(), 6);
        assert_eq!(moment("2026-11-02T00:30:00Z").weekday(), 0);
    }

    #[test]
    fn what_is_written_reads_back() {
        for text in [
            "2026-11-02T00:00:00Z",
            "1999-12-31T23:59:59.5Z",
            "2024-02-29T12:00:00+05:30",
            "2023-03-01T00:00:00-09:30",
            "0001-01-01T00:00:00Z",
            "9999-12-31T23:59:59.000000001Z",
        ] {
            assert_eq!(moment(text).to_string(), text);
        }
        assert_eq!(moment("2026-11-02 06:00 +0100").to_string(), "2026-11-02T06:00:00+01:00");
        assert_eq!(moment("2026-11-02 06:00").to_string(), "2026-11-02T06:00:00Z");
    }

    #[test]
    fn a_clock_counts_from_its_own_midnight() {
        let start = moment("2026-11-02T22:00:00-05:00");
        assert_eq!(start.since_midnight(), 22 * 3_600_000_000_000);
        let later = start.after(3 * 3_600_000_000_000);
        assert_eq!(later.to_string(), "2026-11-03T01:00:00-05:00");
        assert_eq!(later.weekday(), 1);
    }
}
