//! Values of measures as people read them.

use crate::experiment::stats::Estimate;
use crate::experiment::study::Told;
use crate::report::number;
use crate::scenario::metric::Unit;

/// A value in its unit: `7.67 %`, `7 min 11 s`, `$363.60`.
#[must_use]
pub fn value(unit: Unit, value: f64) -> String {
    let size = value.abs();
    let text = match unit {
        Unit::RecordsPerSecond => number::rate(size),
        Unit::Share => number::share(size),
        Unit::Count | Unit::Given | Unit::Calls | Unit::Times | Unit::Invocations => count(size),
        Unit::Time => number::duration(size),
        Unit::Money => number::usd(size),
        Unit::Bytes => number::bytes(size),
    };
    // What rounds to nothing has no side.
    let is_nothing = text.starts_with("below") || text.starts_with("0 ") || text == "0";
    if value < 0.0 && !is_nothing { format!("-{text}") } else { text }
}

/// The half-width of an interval, to two digits: `± 0.041 %`.
#[must_use]
pub fn half_width(unit: Unit, value: f64) -> String {
    const DIGITS: usize = 2;
    let text = match unit {
        Unit::RecordsPerSecond => number::rate_to(value, DIGITS),
        Unit::Share => format!("{} %", number::significant(value * 100.0, DIGITS)),
        Unit::Count | Unit::Given | Unit::Calls | Unit::Times | Unit::Invocations => {
            if value >= 100.0 {
                number::count(value.round() as u64)
            } else {
                number::significant(value, DIGITS)
            }
        }
        Unit::Time => number::duration_to(value, DIGITS),
        Unit::Money => number::usd(value),
        Unit::Bytes => number::bytes_to(value, DIGITS),
    };
    format!("± {text}")
}

/// A mean with its half-width: `40 s ± 6 s`; the mean alone where there is no interval.
#[must_use]
pub fn estimate(unit: Unit, estimate: &Estimate) -> String {
    let mean = value(unit, estimate.mean);
    match estimate.half_width {
        Some(half) => format!("{mean} {}", half_width(unit, half)),
        None => mean,
    }
}

/// What replicates tell of a measure, in a few words.
#[must_use]
pub fn told(unit: Unit, told: &Told, replicates: usize) -> String {
    match (&told.estimate, told.missing) {
        (Some(it), _) => estimate(unit, it),
        (None, missing) if missing == replicates => "nothing measured".to_owned(),
        (None, missing) => format!("nothing measured in {missing} of {replicates}"),
    }
}

/// The unit of a measure's values in tables and JSON.
#[must_use]
pub const fn csv_unit(unit: Unit) -> &'static str {
    match unit {
        Unit::RecordsPerSecond => "records/s",
        Unit::Share => "share",
        Unit::Count | Unit::Given => "records",
        Unit::Calls | Unit::Times | Unit::Invocations => "count",
        Unit::Time => "s",
        Unit::Money => "usd",
        Unit::Bytes => "bytes",
    }
}

fn count(value: f64) -> String {
    if value.fract() == 0.0 {
        number::count(value as u64)
    } else if value >= 1_000.0 {
        number::count(value.round() as u64)
    } else {
        number::significant(value, 3)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_keep_their_sign_and_intervals_have_two_digits() {
        assert_eq!(value(Unit::Share, 0.0767), "7.67 %");
        assert_eq!(value(Unit::Money, -12.5), "-$12.50");
        assert_eq!(value(Unit::Time, 431.0), "7 min 11 s");
        assert_eq!(value(Unit::Count, 620_938.4), "620,938");
        assert_eq!(value(Unit::Count, 3.25), "3.25");
        let it = Estimate { count: 5, mean: 40.0, half_width: Some(6.04) };
        assert_eq!(estimate(Unit::Time, &it), "40 s ± 6.0 s");
        let it = Estimate { count: 5, mean: 0.0767, half_width: Some(0.00041) };
        assert_eq!(estimate(Unit::Share, &it), "7.67 % ± 0.041 %");
        let it = Estimate { count: 1, mean: 40.0, half_width: None };
        assert_eq!(estimate(Unit::Time, &it), "40 s");
    }
}
