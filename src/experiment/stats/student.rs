//! Quantiles of Student's t.

use std::cell::Cell;

thread_local! {
    /// What was asked last, and the answer: the series of a study are mostly equally long.
    static LAST: Cell<[f64; 3]> = const { Cell::new([f64::NAN; 3]) };
}

/// The value that |t| with `freedom` degrees of freedom exceeds with probability `outside`.
pub(super) fn quantile(freedom: f64, outside: f64) -> f64 {
    let [last_freedom, last_outside, last] = LAST.get();
    let is_same = |a: f64, b: f64| a.to_bits() == b.to_bits();
    if is_same(freedom, last_freedom) && is_same(outside, last_outside) {
        return last;
    }
    let found = search(freedom, outside);
    LAST.set([freedom, outside, found]);
    found
}

fn search(freedom: f64, outside: f64) -> f64 {
    let mut high = 1.0;
    while beyond(freedom, high) > outside && high < 1e300 {
        high *= 2.0;
    }
    let mut low = 0.0;
    // Halving ends where no number lies between.
    loop {
        let middle = f64::midpoint(low, high);
        if middle <= low || middle >= high {
            return high;
        }
        if beyond(freedom, middle) > outside {
            low = middle;
        } else {
            high = middle;
        }
    }
}

/// The probability that |t| exceeds `t`: an incomplete beta function.
fn beyond(freedom: f64, t: f64) -> f64 {
    let whole = freedom + t * t;
    regularised_beta(freedom / whole, t * t / whole, freedom / 2.0, 0.5)
}

/// I_x(a, b), with y = 1 - x given apart, so that neither end loses its digits.
fn regularised_beta(x: f64, y: f64, a: f64, b: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if y <= 0.0 {
        return 1.0;
    }
    let front = libm::exp(
        libm::lgamma(a + b) - libm::lgamma(a) - libm::lgamma(b)
            + a * libm::log(x)
            + b * libm::log(y),
    );
    // The fraction converges fast on this side only; the other is its mirror.
    if x < (a + 1.0) / (a + b + 2.0) {
        front * fraction(x, a, b) / a
    } else {
        1.0 - front * fraction(y, b, a) / b
    }
}

/// The continued fraction of the incomplete beta function, by Lentz's method.
fn fraction(x: f64, a: f64, b: f64) -> f64 {
    const TINY: f64 = 1e-300;
    const STEPS: u32 = 10_000;
    let away = |value: f64| if value.abs() < TINY { TINY } else { value };
    let mut above = 1.0;
    let mut below = 1.0 / away(1.0 - (a + b) * x / (a + 1.0));
    let mut sum = below;
    for step in (1..STEPS).map(f64::from) {
        let twice = a + 2.0 * step;
        let even = step * (b - step) * x / ((twice - 1.0) * twice);
        let odd = -(a + step) * (a + b + step) * x / (twice * (twice + 1.0));
        let mut change = 1.0;
        for term in [even, odd] {
            below = 1.0 / away(1.0 + term * below);
            above = away(1.0 + term / above);
            change = below * above;
            sum *= change;
        }
        if (change - 1.0).abs() < 1e-16 {
            break;
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_that_of_its_own_question() {
        for (freedom, outside) in [(4.0, 0.05), (4.0, 0.05), (5.0, 0.05), (4.0, 0.1), (4.0, 0.05)] {
            let (told, found) = (quantile(freedom, outside), search(freedom, outside));
            assert_eq!(told.to_bits(), found.to_bits(), "{freedom}, {outside}");
        }
    }

    /// As statistical tables print them.
    #[test]
    fn published_quantiles() {
        let cases = [
            (1.0, 0.05, 12.706_204_736),
            (2.0, 0.05, 4.302_652_730),
            (5.0, 0.05, 2.570_581_836),
            (9.0, 0.05, 2.262_157_163),
            (29.0, 0.05, 2.045_229_642),
            (120.0, 0.05, 1.979_930_405),
            (1.0, 0.01, 63.656_741_16),
            (10.0, 0.01, 3.169_272_673),
            (30.0, 0.001, 3.645_958_635),
            (4.0, 0.5, 0.740_697_084),
        ];
        for (freedom, outside, expected) in cases {
            let found = quantile(freedom, outside);
            assert!((found / expected - 1.0).abs() < 2e-9, "{freedom} {outside}: {found}");
        }
    }

    /// With one degree of freedom t is Cauchy's, with two it has a closed form.
    #[test]
    fn closed_forms() {
        for outside in [0.4, 0.1, 0.05, 0.01, 0.001, 0.000_1] {
            let cauchy = libm::tan(std::f64::consts::FRAC_PI_2 * (1.0 - outside));
            assert!((quantile(1.0, outside) / cauchy - 1.0).abs() < 1e-10, "{outside}");
            let share = 1.0 - outside;
            let two = share * (2.0 / (1.0 - share * share)).sqrt();
            assert!((quantile(2.0, outside) / two - 1.0).abs() < 1e-10, "{outside}");
        }
        // Ever more freedom comes to the normal distribution.
        assert!((quantile(1e6, 0.05) - 1.959_963_985).abs() < 1e-5);
    }
}
