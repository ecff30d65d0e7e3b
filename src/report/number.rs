//! Numbers as people read them: three significant digits, units always, commas in long counts.
//!
//! Tables and JSON never use these: they carry whole numbers and shortest round-trip floats.

use crate::units::Money;

/// Significant digits of a measured number in text.
const DIGITS: usize = 3;

/// A whole number with thousands commas: `8,100,000`.
#[must_use]
pub fn count(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.char_indices() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A whole number and its noun, which takes an `s` unless there is exactly one: `1 shard`.
#[must_use]
pub fn counted(value: u64, noun: &str) -> String {
    format!("{} {noun}{}", count(value), if value == 1 { "" } else { "s" })
}

/// How often something happens, from events a second: `714/s`, `4.50k/s`.
#[must_use]
pub fn rate(per_s: f64) -> String {
    rate_to(per_s, DIGITS)
}

/// [`rate`] with `digits` significant digits.
#[must_use]
pub fn rate_to(per_s: f64, digits: usize) -> String {
    let (scaled, prefix) = scale(per_s, digits, 1000.0, &["", "k", "M", "G"]);
    format!("{scaled}{prefix}/s")
}

/// A size in bytes: `900 B`, `1.09 KiB`.
#[must_use]
pub fn bytes(value: f64) -> String {
    bytes_to(value, DIGITS)
}

/// The same to so many digits.
#[must_use]
pub fn bytes_to(value: f64, digits: usize) -> String {
    let (scaled, unit) = scale(value, digits, 1024.0, &["B", "KiB", "MiB", "GiB", "TiB", "PiB"]);
    format!("{scaled} {unit}")
}

/// Bytes a second: `1.20 MiB/s`.
#[must_use]
pub fn byte_rate(per_s: f64) -> String {
    format!("{}/s", bytes(per_s))
}

/// A part of a whole (0 to 1) in percent: `7.67 %`. Close to the whole it shows what is missing
/// to its first digit (`99.996 %`), so that nearly all never reads as all.
#[must_use]
pub fn share(value: f64) -> String {
    let gap = 1.0 - value;
    if gap > 0.0 && gap < 0.001 {
        let decimals = significant(gap * 100.0, 1).len().saturating_sub(2).min(9);
        return format!("{:.decimals$} %", value * 100.0);
    }
    share_to(value, DIGITS)
}

/// A part of a whole in percent with `digits` significant digits.
#[must_use]
pub fn share_to(value: f64, digits: usize) -> String {
    format!("{} %", significant(value * 100.0, digits))
}

/// How full something is, in whole percent from 10 % upwards: `55 %`, `120 %`.
#[must_use]
pub fn fullness(value: f64) -> String {
    if value < 0.1 { share_to(value, 2) } else { format!("{:.0} %", value * 100.0) }
}

/// A length of time in at most two units, from seconds: `250 ms`, `43.2 s`, `7 min 11 s`.
#[must_use]
pub fn duration(seconds: f64) -> String {
    duration_to(seconds, DIGITS)
}

/// [`duration`] with `digits` significant digits below a minute.
#[must_use]
pub fn duration_to(seconds: f64, digits: usize) -> String {
    if !seconds.is_finite() {
        return "unlimited".to_owned();
    }
    if seconds <= 0.0 {
        return "0 s".to_owned();
    }
    let rounded = as_printed(seconds, digits);
    if rounded < 60.0 {
        let (scaled, unit) = if rounded >= 1.0 {
            (seconds, "s")
        } else if rounded >= 1e-3 {
            (seconds * 1e3, "ms")
        } else if rounded >= 1e-6 {
            (seconds * 1e6, "µs")
        } else {
            (seconds * 1e9, "ns")
        };
        return format!("{} {unit}", plain(scaled, digits));
    }
    // The larger unit is chosen after rounding to the smaller, so 119.6 s is 2 min.
    let whole_s = seconds.round() as u64;
    if whole_s < 3600 {
        return two_units(whole_s, 60, "min", "s");
    }
    let whole_min = (seconds / 60.0).round() as u64;
    if whole_min < 24 * 60 {
        return two_units(whole_min, 60, "h", "min");
    }
    two_units((seconds / 3600.0).round() as u64, 24, "d", "h")
}

/// `value` to `digits` significant digits, never in scientific notation: `0.0312`, `7.67`, `714`.
#[must_use]
pub fn significant(value: f64, digits: usize) -> String {
    if value == 0.0 || !value.is_finite() {
        return if value == 0.0 { "0".to_owned() } else { "unlimited".to_owned() };
    }
    let decimals = (digits - 1).saturating_add_signed(-exponent(value, digits)).min(15);
    format!("{value:.decimals$}")
}

/// Like [`significant`], without a fraction where the value has none: `5`, but `5.00` for 5.0003.
fn plain(value: f64, digits: usize) -> String {
    if value.fract() == 0.0 { format!("{value:.0}") } else { significant(value, digits) }
}

/// The text of `value` in the largest unit it reaches once rounded, and that unit.
fn scale<'u>(value: f64, digits: usize, step: f64, units: &[&'u str]) -> (String, &'u str) {
    let mut scaled = value;
    let mut unit = 0;
    while as_printed(scaled, digits) >= step && unit + 1 < units.len() {
        scaled /= step;
        unit += 1;
    }
    // Unscaled values are counts or bytes: whole where they are whole.
    let text = if unit == 0 { plain(scaled, digits) } else { significant(scaled, digits) };
    (text, units[unit])
}

fn two_units(value: u64, per: u64, large: &str, small: &str) -> String {
    match (value / per, value % per) {
        (n, 0) => format!("{} {large}", count(n)),
        (n, rest) => format!("{} {large} {rest} {small}", count(n)),
    }
}

fn as_printed(value: f64, digits: usize) -> f64 {
    significant(value, digits).parse().unwrap_or(value)
}

/// The power of ten of the first significant digit, after rounding.
fn exponent(value: f64, digits: usize) -> isize {
    let text = format!("{value:.*e}", digits - 1);
    text.split_once('e').and_then(|(_, power)| power.parse().ok()).unwrap_or(0)
}

/// An amount of dollars in cents, with commas: `$1,234.50`; below a dollar to a hundredth of a
/// cent, and what is less than that as such.
#[must_use]
pub fn money(amount: Money) -> String {
    let small = Money::micro(50);
    match amount.0.abs() {
        0 => "$0.00".to_owned(),
        1.. if amount.0.abs() < small.0 => "below $0.0001".to_owned(),
        pico if pico < Money::micro(1_000_000).0 => money_to(amount, 4),
        _ => money_to(amount, 2),
    }
}

/// [`money`] of so many dollars, which are a mean or a difference; none are less than none.
#[must_use]
pub fn usd(dollars: f64) -> String {
    money(usd_of(dollars))
}

/// So many dollars to a millionth; none are less than none.
#[must_use]
pub fn usd_of(dollars: f64) -> Money {
    Money::micro((dollars.max(0.0) * 1e6).round() as u64)
}

/// An amount of dollars with so many decimals, at most six.
#[must_use]
pub fn money_to(amount: Money, decimals: u32) -> String {
    let text = amount.decimal(decimals);
    let (sign, digits) = text.strip_prefix('-').map_or(("", text.as_str()), |text| ("-", text));
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let point = if part.is_empty() { "" } else { "." };
    let whole = whole.parse().map_or_else(|_| whole.to_owned(), count);
    format!("{sign}${whole}{point}{part}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_take_commas() {
        let cases = [(0, "0"), (999, "999"), (1_000, "1,000"), (8_100_000, "8,100,000")];
        for (value, text) in cases {
            assert_eq!(count(value), text);
        }
        assert_eq!(counted(1, "shard"), "1 shard");
        assert_eq!(counted(0, "shard"), "0 shards");
    }

    #[test]
    fn rates_and_sizes_keep_three_digits_and_carry_over() {
        for (value, text) in
            [(0.0, "0/s"), (714.2, "714/s"), (999.7, "1.00k/s"), (4_500.0, "4.50k/s")]
        {
            assert_eq!(rate(value), text);
        }
        for (value, text) in [
            (900.0, "900 B"),
            (1_116.0, "1.09 KiB"),
            (1_048_576.0, "1.00 MiB"),
            (1_023.9, "1.00 KiB"),
            (1_258_291.2, "1.20 MiB"),
        ] {
            assert_eq!(bytes(value), text);
        }
    }

    #[test]
    fn shares_never_turn_into_all_or_nothing() {
        for (value, text) in [
            (0.0, "0 %"),
            (1.0, "100 %"),
            (0.0767, "7.67 %"),
            (0.000_031_2, "0.00312 %"),
            (0.999_96, "99.996 %"),
            (0.252, "25.2 %"),
        ] {
            assert_eq!(share(value), text);
        }
        assert_eq!(fullness(0.547), "55 %");
        assert_eq!(fullness(1.2), "120 %");
    }

    #[test]
    fn money_has_cents_and_commas() {
        for (micro, text) in [
            (0, "$0.00"),
            (3, "below $0.0001"),
            (5_000, "$0.0050"),
            (999_949, "$0.9999"),
            (1_000_000, "$1.00"),
            (21_900_000, "$21.90"),
            (1_234_567_890_000, "$1,234,567.89"),
        ] {
            assert_eq!(money(Money::micro(micro)), text);
        }
        assert_eq!(money_to(Money::micro(1_234_567), 6), "$1.234567");
    }

    #[test]
    fn durations_have_two_units_and_no_sixty() {
        for (value, text) in [
            (0.0, "0 s"),
            (0.25, "250 ms"),
            (5.0, "5 s"),
            (5.000_3, "5.00 s"),
            (0.000_042, "42 µs"),
            (43.21, "43.2 s"),
            (59.97, "1 min"),
            (431.0, "7 min 11 s"),
            (119.6, "2 min"),
            (3_599.6, "1 h"),
            (9_060.0, "2 h 31 min"),
            (86_399.0, "1 d"),
            (273_600.0, "3 d 4 h"),
        ] {
            assert_eq!(duration(value), text, "{value}");
        }
    }
}
