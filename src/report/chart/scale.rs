//! Axes: where a value stands, and which values are written beside it.

use crate::report::chart::Quantity;
use crate::report::chart::text;

/// A vertical axis: values to a share of its length, 0 at the bottom.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Axis {
    low: f64,
    high: f64,
    logarithmic: bool,
    /// Values and their text, ascending.
    pub(super) ticks: Vec<(f64, String)>,
}

/// Values written on a logarithmic time axis (s).
const AGES: [f64; 15] = [
    0.001,
    0.01,
    0.1,
    1.0,
    10.0,
    60.0,
    600.0,
    3600.0,
    6.0 * 3600.0,
    86_400.0,
    7.0 * 86_400.0,
    30.0 * 86_400.0,
    365.0 * 86_400.0,
    3650.0 * 86_400.0,
    36_500.0 * 86_400.0,
];
/// Distances between ticks of simulated time (s).
const TIME_STEPS: [f64; 35] = [
    0.001,
    0.002,
    0.005,
    0.01,
    0.02,
    0.05,
    0.1,
    0.2,
    0.5,
    1.0,
    2.0,
    5.0,
    10.0,
    15.0,
    30.0,
    60.0,
    120.0,
    300.0,
    600.0,
    900.0,
    1800.0,
    3600.0,
    7200.0,
    10_800.0,
    21_600.0,
    43_200.0,
    86_400.0,
    172_800.0,
    432_000.0,
    864_000.0,
    1_728_000.0,
    4_320_000.0,
    8_640_000.0,
    31_536_000.0,
    315_360_000.0,
];
/// Room above the largest value, so that a line is not hidden by the frame.
const HEADROOM: f64 = 1.06;
/// More ticks than any axis has room for.
const MOST_TICKS: u32 = 100;
/// Larger values stand at the top: no sum of an axis can overflow.
const LARGEST: f64 = 1e30;

impl Axis {
    /// An axis that holds all `values`, with at most `count` ticks.
    pub(super) fn new(quantity: Quantity, values: impl Iterator<Item = f64>, count: usize) -> Self {
        let values: Vec<_> = values.filter(|v| v.is_finite()).map(|v| v.min(LARGEST)).collect();
        let highest = values.iter().copied().fold(0.0, f64::max);
        if quantity == Quantity::Age {
            return Self::logarithmic(&values, highest, count);
        }
        let highest = if highest > 0.0 { highest } else { 1.0 };
        let unit = match quantity {
            Quantity::BytesPerSecond | Quantity::Bytes => text::byte_unit(highest).0,
            _ => 1.0,
        };
        let mut step = nice_step(highest / unit / count.max(1) as f64) * unit;
        if quantity == Quantity::Count {
            step = step.max(1.0);
        }
        let high = highest * HEADROOM;
        let ticks = (0..MOST_TICKS)
            .map(|n| f64::from(n) * step)
            .take_while(|value| *value <= high)
            .map(|value| (value, tick_text(quantity, value, unit)))
            .collect();
        Self { low: 0.0, high, logarithmic: false, ticks }
    }

    fn logarithmic(values: &[f64], highest: f64, count: usize) -> Self {
        let lowest = values.iter().copied().filter(|v| *v > 0.0).fold(highest, f64::min);
        let first = AGES.iter().rposition(|age| *age <= lowest).unwrap_or(0);
        let last = AGES.iter().position(|age| *age >= highest).unwrap_or(AGES.len() - 1);
        // At least one decade, and no more than a reader can compare.
        let first = first.min(AGES.len() - 2).max(last.saturating_sub(7));
        let last = last.max(first + 1);
        let stride = (last - first + 1).div_ceil(count.max(2)).max(1);
        let ticks = (first..=last)
            .rev()
            .step_by(stride)
            .map(|place| (AGES[place], text::duration(AGES[place])))
            .collect::<Vec<_>>();
        let ticks = ticks.into_iter().rev().collect();
        let high = AGES[last].max(highest);
        Self { low: AGES[first], high, logarithmic: true, ticks }
    }

    /// Whether a value stands on the axis, not at its edge.
    pub(super) fn holds(&self, value: f64) -> bool {
        value <= self.high
    }

    /// Where a value stands, 0 at the bottom to 1 at the top; values outside are cut.
    pub(super) fn place(&self, value: f64) -> f64 {
        let value = if value.is_nan() { self.low } else { value.clamp(self.low, self.high) };
        if self.logarithmic {
            libm::log10(value / self.low) / libm::log10(self.high / self.low)
        } else {
            (value - self.low) / (self.high - self.low)
        }
    }
}

/// Ticks of an axis of simulated time (s), at most `count` after the zero.
pub(super) fn time_ticks(span_s: f64, count: usize) -> Vec<(f64, String)> {
    let least = span_s / count.max(1) as f64;
    let step = TIME_STEPS.into_iter().find(|step| *step >= least);
    let step = step.unwrap_or_else(|| nice_step(least));
    (0..MOST_TICKS)
        .map(|n| f64::from(n) * step)
        .take_while(|at| *at <= span_s * 1.000_001)
        .map(|at| (at, time_text(at, step)))
        .collect()
}

/// A moment in the unit of the distance between ticks, so that `90 min` follows `60 min`.
fn time_text(at: f64, step: f64) -> String {
    let (size, name) = match step {
        s if s < 1.0 => (0.001, "ms"),
        s if s < 60.0 => (1.0, "s"),
        s if s < 3600.0 => (60.0, "min"),
        s if s < 86_400.0 => (3600.0, "h"),
        _ => (86_400.0, "d"),
    };
    if at == 0.0 { "0".to_owned() } else { format!("{:.0} {name}", at / size) }
}

fn tick_text(quantity: Quantity, value: f64, unit: f64) -> String {
    match quantity {
        Quantity::BytesPerSecond | Quantity::Bytes if value == 0.0 => "0".to_owned(),
        Quantity::BytesPerSecond | Quantity::Bytes => {
            format!("{} {}", text::significant(value / unit), text::byte_unit(unit).1)
        }
        Quantity::Percent => text::percent(value),
        Quantity::Age => text::duration(value),
        Quantity::RecordsPerSecond | Quantity::Count => text::number(value),
    }
}

/// The smallest of 1, 2, 5 times a power of ten that is not below `least`.
pub(super) fn nice_step(least: f64) -> f64 {
    if !(least.is_finite() && least > 0.0) {
        return 1.0;
    }
    let power = libm::pow(10.0, libm::floor(libm::log10(least)));
    [1.0, 2.0, 5.0, 10.0].map(|n| n * power).into_iter().find(|s| *s >= least).unwrap_or(least)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(ticks: &[(f64, String)]) -> Vec<&str> {
        ticks.iter().map(|(_, text)| text.as_str()).collect()
    }

    #[test]
    fn ticks_are_round_and_carry_units() {
        let axis = Axis::new(Quantity::RecordsPerSecond, [4500.0].into_iter(), 5);
        assert_eq!(texts(&axis.ticks), ["0", "1k", "2k", "3k", "4k"]);
        let axis = Axis::new(Quantity::BytesPerSecond, [9.0 * 1_048_576.0].into_iter(), 5);
        assert_eq!(texts(&axis.ticks), ["0", "2 MiB", "4 MiB", "6 MiB", "8 MiB"]);
        let axis = Axis::new(Quantity::Age, [0.2, 436.0].into_iter(), 8);
        assert_eq!(texts(&axis.ticks), ["100 ms", "1 s", "10 s", "1 min", "10 min"]);
        assert_eq!(
            texts(&time_ticks(1800.0, 8)),
            ["0", "5 min", "10 min", "15 min", "20 min", "25 min", "30 min"]
        );
    }

    #[test]
    fn a_decade_of_a_logarithmic_axis_has_one_length() {
        let axis = Axis::new(Quantity::Age, [0.001, 10.0].into_iter(), 8);
        let places = [0.001, 0.01, 0.1, 1.0, 10.0].map(|age| axis.place(age));
        for (place, exact) in places.into_iter().zip([0.0, 0.25, 0.5, 0.75, 1.0]) {
            assert!((place - exact).abs() < 1e-12, "{place} against {exact}");
        }
    }

    #[test]
    fn any_values_give_an_axis() {
        for quantity in [
            Quantity::RecordsPerSecond,
            Quantity::BytesPerSecond,
            Quantity::Bytes,
            Quantity::Percent,
            Quantity::Age,
            Quantity::Count,
        ] {
            for value in [0.0, 1e-9, 1.0, 1e19, f64::MAX, f64::INFINITY, f64::NAN] {
                let axis = Axis::new(quantity, [value].into_iter(), 4);
                assert!(axis.ticks.len() < 12, "{quantity:?} {value}: {:?}", axis.ticks);
                assert!((0.0..=1.0).contains(&axis.place(value)), "{quantity:?} {value}");
            }
        }
    }
}
