//! What is known of a number that is not known: its distribution, and its form as text.

use crate::quantity::{shown, split_number};
use crate::random::normal_quantile;
use crate::scenario::resolved::{float, quoted};
use crate::time::Span;

/// Unbounded distributions are cut: so much of them is left out at either end.
const TAIL: f64 = 0.001;
/// The ends that stand for low and high where a distribution has none.
const END: f64 = 0.05;
/// Digits of a value that is drawn.
const DIGITS: usize = 6;
/// Digits of a value in another unit: what floats add beyond them was never written.
const EXACT: usize = 12;
/// Numbers beyond these are not drawn: they could not be written as a quantity.
const LARGEST: f64 = 1e15;
const SMALLEST: f64 = 1e-12;

/// A distribution of a number, and how the number is written.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Spread {
    shape: Shape,
    form: Form,
}

/// A distribution, in the unit of its form.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Shape {
    /// All between two values alike.
    Uniform { low: f64, high: f64 },
    /// Most likely at its mode, falling to zero at both ends.
    Triangular { low: f64, mode: f64, high: f64 },
    /// Around a mean.
    Normal { mean: f64, sd: f64 },
    /// Around a median, above zero: one in ten is below `p10`, one in ten above `p90`.
    LogNormal { p10: f64, p90: f64 },
}

/// How a number is written.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Form {
    /// Without a point.
    Whole,
    /// With a point.
    Number,
    /// In quotes, between a sign and a unit.
    Text { sign: String, unit: String },
}

/// One end of a range as it stands in the file.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Bound {
    pub(super) value: f64,
    pub(super) form: Form,
    /// As written.
    pub(super) text: String,
}

impl Bound {
    /// A bare number.
    pub(super) fn number(value: f64, is_whole: bool, text: &str) -> Result<Self, String> {
        let form = if is_whole { Form::Whole } else { Form::Number };
        in_range(value).map(|value| Self { value, form, text: text.to_owned() })
    }

    /// A number with a unit.
    pub(super) fn quantity(text: &str) -> Result<Self, String> {
        let trimmed = text.trim();
        let (sign, rest) = match trimmed.strip_prefix('$') {
            Some(rest) => ("$", rest.trim_start()),
            None => ("", trimmed),
        };
        let bound = |value: f64, unit: String| {
            let form = Form::Text { sign: sign.to_owned(), unit };
            in_range(value).map(|value| Self { value, form, text: trimmed.to_owned() })
        };
        let (number, unit) = split_number(rest, "").map_err(|error| error.problem)?;
        if unit.contains(|c: char| c.is_ascii_digit()) {
            // `2 h 30 min`, or nothing that could be read.
            let span: Span = trimmed
                .parse()
                .map_err(|_| format!("is no number with a unit: {}", shown(text)))?;
            return bound(span.as_s(), " s".to_owned());
        }
        let gap = if rest.ends_with(&format!(" {unit}")) { " " } else { "" };
        bound(number.float(1), format!("{gap}{unit}"))
    }

    /// So many times this value, as TOML.
    pub(super) fn times(&self, factor: f64) -> String {
        let value = significant(self.value * factor);
        match &self.form {
            Form::Whole => format!("{value:.0}"),
            Form::Number => float(value),
            Form::Text { sign, unit } => quoted(&format!("{sign}{value}{unit}")),
        }
    }

    /// This value in the unit of `first`; `None` where they measure different things.
    pub(super) fn in_unit_of(&self, first: &Self) -> Option<f64> {
        let (Form::Text { sign, unit }, Form::Text { sign: first_sign, unit: first_unit }) =
            (&self.form, &first.form)
        else {
            let is_bare = |form: &Form| !matches!(form, Form::Text { .. });
            return (is_bare(&self.form) && is_bare(&first.form)).then_some(self.value);
        };
        if sign != first_sign {
            return None;
        }
        if unit.trim() == first_unit.trim() {
            return Some(self.value);
        }
        let (kind, factor) = measure(unit.trim())?;
        let (first_kind, first_factor) = measure(first_unit.trim())?;
        (kind == first_kind).then(|| to_digits(self.value * factor / first_factor, EXACT))
    }
}

impl Spread {
    /// A distribution whose values are written like `bounds`, all in the unit of the first.
    pub(super) fn new(shape: Shape, bounds: &[&Bound]) -> Self {
        let is_whole = bounds.iter().all(|bound| bound.form == Form::Whole);
        let form = match bounds.first().map(|bound| &bound.form) {
            Some(text @ Form::Text { .. }) => text.clone(),
            _ if is_whole => Form::Whole,
            _ => Form::Number,
        };
        Self { shape, form }
    }

    /// The value below which a part `share` of all lie, as TOML.
    pub(super) fn at(&self, share: f64) -> String {
        let value = self.value(share.clamp(0.0, 1.0));
        match &self.form {
            Form::Whole => format!("{value:.0}"),
            Form::Number => float(value),
            Form::Text { sign, unit } => quoted(&format!("{sign}{value}{unit}")),
        }
    }

    /// The shares that stand for its low and its high end.
    pub(super) fn ends(&self) -> (f64, f64) {
        match self.shape {
            Shape::Uniform { .. } | Shape::Triangular { .. } => (0.0, 1.0),
            Shape::Normal { .. } | Shape::LogNormal { .. } => (END, 1.0 - END),
        }
    }

    fn value(&self, share: f64) -> f64 {
        let inner = TAIL + share * (1.0 - 2.0 * TAIL);
        if let (Form::Whole, Shape::Uniform { low, high }) = (&self.form, self.shape) {
            // As many draws for the last number as for the first.
            return (low + libm::floor(share * (high - low + 1.0))).min(high);
        }
        let value = match self.shape {
            Shape::Uniform { low, high } => low + share * (high - low),
            Shape::Triangular { low, mode, high } => triangular(low, mode, high, share),
            Shape::Normal { mean, sd } => mean + sd * normal_quantile(inner),
            Shape::LogNormal { p10, p90 } => {
                let sigma = libm::log(p90 / p10) / (2.0 * normal_quantile(0.9));
                (p10 * p90).sqrt() * libm::exp(sigma * normal_quantile(inner))
            }
        };
        let rounded = match self.form {
            Form::Whole => value.round(),
            Form::Number | Form::Text { .. } => significant(value),
        };
        match self.shape {
            Shape::Uniform { low, high } | Shape::Triangular { low, high, .. } => {
                rounded.clamp(low, high)
            }
            Shape::Normal { .. } | Shape::LogNormal { .. } => rounded,
        }
    }
}

/// The least a normal one may yield.
pub(super) fn normal_least(mean: f64, sd: f64) -> f64 {
    mean + sd * normal_quantile(TAIL)
}

fn triangular(low: f64, mode: f64, high: f64, share: f64) -> f64 {
    let (width, rise) = (high - low, mode - low);
    if share * width < rise {
        low + (share * width * rise).sqrt()
    } else {
        high - ((1.0 - share) * width * (high - mode)).sqrt()
    }
}

fn significant(value: f64) -> f64 {
    to_digits(value, DIGITS)
}

fn to_digits(value: f64, digits: usize) -> f64 {
    format!("{value:.*e}", digits - 1).parse().unwrap_or(value)
}

fn in_range(value: f64) -> Result<f64, String> {
    if !value.is_finite() {
        return Err("must be a finite number".to_owned());
    }
    let size = value.abs();
    if size > LARGEST || (size > 0.0 && size < SMALLEST) {
        return Err("is too large or too small to be drawn".to_owned());
    }
    Ok(value)
}

/// What a unit measures, and how much one is of the smallest.
fn measure(unit: &str) -> Option<(&'static str, f64)> {
    if let Some((of, per)) = unit.split_once('/') {
        let (_, seconds) = time(per)?;
        return match of {
            "" => Some(("rate", 1.0 / seconds)),
            "k" => Some(("rate", 1e3 / seconds)),
            "M" => Some(("rate", 1e6 / seconds)),
            _ => size(of).map(|(_, bytes)| ("bytes a second", bytes / seconds)),
        };
    }
    time(unit).or_else(|| size(unit))
}

fn time(unit: &str) -> Option<(&'static str, f64)> {
    let seconds = match unit {
        "ns" => 1e-9,
        "us" | "µs" => 1e-6,
        "ms" => 1e-3,
        "s" => 1.0,
        "min" => 60.0,
        "h" => 3_600.0,
        "d" => 86_400.0,
        _ => return None,
    };
    Some(("time", seconds))
}

fn size(unit: &str) -> Option<(&'static str, f64)> {
    let bytes: f64 = match unit {
        "B" => 1.0,
        "kB" | "KB" => 1e3,
        "MB" => 1e6,
        "GB" => 1e9,
        "KiB" => 1_024.0,
        "MiB" => 1_048_576.0,
        "GiB" => 1_073_741_824.0,
        _ => return None,
    };
    Some(("size", bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spread(shape: Shape, texts: &[&str]) -> Spread {
        let bounds: Vec<Bound> =
            texts.iter().map(|text| Bound::quantity(text).expect("a quantity")).collect();
        Spread::new(shape, &bounds.iter().collect::<Vec<_>>())
    }

    #[test]
    fn values_are_written_as_their_bounds_are() {
        let rate = spread(Shape::Uniform { low: 4.0, high: 6.0 }, &["4k/s", "6k/s"]);
        assert_eq!(rate.at(0.5), "\"5k/s\"");
        assert_eq!((rate.at(0.0), rate.at(1.0)), ("\"4k/s\"".into(), "\"6k/s\"".into()));
        let size = spread(Shape::Uniform { low: 1.0, high: 2.0 }, &["1 KiB", "2 KiB"]);
        assert_eq!(size.at(1.0 / 3.0), "\"1.33333 KiB\"");
        let price = spread(Shape::Uniform { low: 0.01, high: 0.02 }, &["$0.01", "$0.02"]);
        assert_eq!(price.at(0.5), "\"$0.015\"");
    }

    #[test]
    fn whole_numbers_stay_whole_and_each_comes_as_often() {
        let bounds = [Bound::number(8.0, true, "8"), Bound::number(11.0, true, "11")];
        let bounds: Vec<Bound> = bounds.into_iter().map(|it| it.expect("a number")).collect();
        let count = Spread::new(
            Shape::Uniform { low: 8.0, high: 11.0 },
            &bounds.iter().collect::<Vec<_>>(),
        );
        let drawn: Vec<String> = (0..8).map(|i| count.at((f64::from(i) + 0.5) / 8.0)).collect();
        assert_eq!(drawn, ["8", "8", "9", "9", "10", "10", "11", "11"]);
        assert_eq!((count.at(0.0), count.at(1.0)), ("8".into(), "11".into()));
    }

    #[test]
    fn quantiles_are_those_of_the_books() {
        // Triangular from 0 to 10 with its mode at 10: F(x) = x^2 / 100.
        assert!((triangular(0.0, 10.0, 10.0, 0.25) - 5.0).abs() < 1e-12);
        // Mode at 0: F(x) = 1 - (10 - x)^2 / 100.
        assert!((triangular(0.0, 0.0, 10.0, 0.75) - 5.0).abs() < 1e-12);
        let normal = spread(Shape::Normal { mean: 50.0, sd: 10.0 }, &["50 ms", "10 ms"]);
        assert_eq!(normal.at(0.5), "\"50 ms\"");
        // The 97.5 % quantile is 1.96 deviations away; the tails cut make it a little less.
        let high = normal.value(0.975);
        assert!((69.4..69.6).contains(&high), "{high}");
        // The middle of a lognormal is the geometric mean of what is as far away on both sides.
        let log = spread(Shape::LogNormal { p10: 10.0, p90: 40.0 }, &["10 ms", "40 ms"]);
        assert_eq!(log.at(0.5), "\"20 ms\"");
        let p90 = log.value((0.9 - TAIL) / (1.0 - 2.0 * TAIL));
        assert!((p90 - 40.0).abs() < 0.001, "{p90}");
    }

    #[test]
    fn units_of_one_kind_are_turned_into_each_other() {
        let value = |a: &str, b: &str| {
            let (a, b) = (Bound::quantity(a).expect(a), Bound::quantity(b).expect(b));
            b.in_unit_of(&a)
        };
        assert_eq!(value("900 B", "1.5 KiB"), Some(1_536.0));
        assert_eq!(value("1k/s", "120k/min"), Some(2.0));
        assert_eq!(value("90 min", "2 h"), Some(120.0));
        assert_eq!(value("1 s", "1 min 30 s"), Some(90.0));
        assert_eq!(value("1 MiB/s", "2048 KiB/s"), Some(2.0));
        assert_eq!(value("4k/s", "6 KiB"), None);
        assert_eq!(value("4k/s", "6 KiB/s"), None);
        assert_eq!(value("$4", "6 %"), None);
        assert_eq!(value("4 furlongs", "6 furlongs"), Some(6.0));
        assert_eq!(value("4 furlongs", "6 miles"), None);
    }
}
