//! Money: whole pico-dollars, so that no sum of prices passes through a float (D30).

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, Sub};
use std::str::FromStr;

use super::fault;
use crate::quantity::{QuantityError, shown, split_number};

/// An amount of US dollars, in pico-dollars: 10^12 of them are a dollar.
///
/// It is rounded when it is printed, and once when a price is multiplied with a quantity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Money(pub i128);

/// A part that is taken off prices, in thousand-millionths: 0 to [`Discount::WHOLE`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Discount(u32);

/// Pico-dollars in a dollar, and in a millionth of one.
const PER_DOLLAR: u64 = 1_000_000_000_000;
const PER_MICRO: i128 = 1_000_000;

const MONEY_HELP: &str = "write dollars, such as \"$0.015\" or \"$2500\"";
const DISCOUNT_HELP: &str = "write \"8 %\" or 0.08";

impl Money {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// So many millionths of a dollar.
    #[must_use]
    pub const fn micro(dollars: u64) -> Self {
        Self(dollars as i128 * PER_MICRO)
    }

    /// What `quantity` costs at this price for `per` of it, to the nearest pico-dollar; more than a
    /// number can hold becomes the largest there is.
    #[must_use]
    pub fn of(self, quantity: u128, per: u128) -> Self {
        let (price, per) = (self.0.unsigned_abs(), per.max(1));
        let (whole, rest) = (quantity / per, quantity % per);
        let part = rest.saturating_mul(price).saturating_add(per / 2) / per;
        let sum = whole.saturating_mul(price).saturating_add(part);
        let amount = i128::try_from(sum).unwrap_or(i128::MAX);
        Self(if self.0 < 0 { -amount } else { amount })
    }

    /// The amount less `discount`, to the nearest pico-dollar.
    #[must_use]
    pub fn less(self, discount: Discount) -> Self {
        let kept = u128::from(Discount::WHOLE - discount.0);
        self.of(kept, u128::from(Discount::WHOLE))
    }

    /// The amount in whole millionths of a dollar, rounded half up.
    #[must_use]
    pub const fn micros(self) -> i128 {
        (self.0 + PER_MICRO / 2).div_euclid(PER_MICRO)
    }

    /// The amount in dollars, rounded to a millionth: for comparisons and files. Of two amounts
    /// below four thousand million dollars that differ by a millionth, the larger stays larger.
    #[must_use]
    pub fn dollars(self) -> f64 {
        self.micros() as f64 / 1e6
    }

    /// The amount with this many decimals, at most six, rounded once, without its sign `$`.
    #[must_use]
    pub fn decimal(self, decimals: u32) -> String {
        let step = 10_i128.pow(12 - decimals.min(6));
        let units = (self.0.abs() + step / 2) / step;
        let (per, sign) = (10_i128.pow(decimals), if self.0 < 0 && units > 0 { "-" } else { "" });
        match decimals {
            0 => format!("{sign}{units}"),
            _ => format!("{sign}{}.{:0w$}", units / per, units % per, w = decimals as usize),
        }
    }
}

impl Add for Money {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sub for Money {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl Sum for Money {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Add::add)
    }
}

impl FromStr for Money {
    type Err = QuantityError;

    /// Reads `$0.015`; what is finer than a pico-dollar is rounded.
    fn from_str(text: &str) -> Result<Self, QuantityError> {
        let text = text.trim();
        let Some(amount) = text.strip_prefix('$') else {
            if text.starts_with('-') {
                return Err(fault("must not be negative", MONEY_HELP));
            }
            let (_, word) = split_number(text, MONEY_HELP)?;
            let number = text.strip_suffix(word).unwrap_or(text).trim_end();
            let help = format!("write \"${number}\"");
            return Err(match word {
                "" => fault("needs a unit", &help),
                "$" | "USD" | "usd" => fault("must begin with its `$`", &help),
                _ => fault(format!("has an unknown unit {}", shown(word)), MONEY_HELP),
            });
        };
        let (number, rest) = split_number(amount.trim_start(), MONEY_HELP)?;
        if !rest.is_empty() {
            let problem = format!("has something after its amount: {}", shown(rest));
            return Err(fault(problem, MONEY_HELP));
        }
        let pico = number.wide(PER_DOLLAR).ok_or_else(|| fault("is too large", MONEY_HELP))?;
        if pico == 0 && !number.is_zero() {
            return Err(fault("is less than a pico-dollar", MONEY_HELP));
        }
        Ok(Self(pico))
    }
}

impl fmt::Display for Money {
    /// A text that reads back as this very amount: `$0.015`, `$2500`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let per = i128::from(PER_DOLLAR);
        let (whole, part) = (self.0.abs() / per, self.0.abs() % per);
        let sign = if self.0 < 0 { "-" } else { "" };
        let digits = format!("{part:012}");
        match digits.trim_end_matches('0') {
            "" => write!(f, "{sign}${whole}"),
            // A single digit reads like a misprint: $0.10.
            digits => write!(f, "{sign}${whole}.{digits:0<2}"),
        }
    }
}

impl Discount {
    /// All of a price.
    pub const WHOLE: u32 = 1_000_000_000;

    /// The part that a number from 0 to 1 is.
    ///
    /// # Errors
    /// Where it lies outside, or is not a number.
    pub fn checked(part: f64) -> Result<Self, QuantityError> {
        if (0.0..=1.0).contains(&part) {
            Ok(Self((part * f64::from(Self::WHOLE)).round() as u32))
        } else {
            Err(fault("must be between 0 % and 100 %", DISCOUNT_HELP))
        }
    }

    /// Whether nothing is taken off.
    #[must_use]
    pub const fn is_nothing(self) -> bool {
        self.0 == 0
    }
}

impl FromStr for Discount {
    type Err = QuantityError;

    /// Reads `8 %`; in text nothing but zero goes without its sign.
    fn from_str(text: &str) -> Result<Self, QuantityError> {
        let (number, word) = split_number(text.trim(), DISCOUNT_HELP)?;
        match word {
            "" if number.is_zero() => Ok(Self(0)),
            "" => Err(fault("needs a unit", "write \"8 %\", or 0.08 without quotes")),
            "%" => {
                let part = number.whole(u64::from(Self::WHOLE) / 100);
                let part = part.and_then(|it| u32::try_from(it).ok());
                let part = part.filter(|part| *part <= Self::WHOLE);
                part.map(Self).ok_or_else(|| fault("must be between 0 % and 100 %", DISCOUNT_HELP))
            }
            _ => Err(fault(format!("has an unknown unit {}", shown(word)), DISCOUNT_HELP)),
        }
    }
}

impl fmt::Display for Discount {
    /// A text that reads back as this very part: `8 %`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let per = Self::WHOLE / 100;
        let digits = format!("{:07}", self.0 % per);
        match digits.trim_end_matches('0') {
            "" => write!(f, "{} %", self.0 / per),
            digits => write!(f, "{}.{digits} %", self.0 / per),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn dollars_are_read_exactly() {
        for (text, pico) in [
            ("$0.015", 15_000_000_000),
            ("$2500", 2_500_000_000_000_000),
            ("$ 1_000.5", 1_000_500_000_000_000),
            ("$0", 0),
            ("$0.000000000001", 1),
            ("$999999999999", 999_999_999_999_000_000_000_000),
        ] {
            assert_eq!(text.parse(), Ok(Money(pico)), "{text}");
        }
    }

    #[test]
    fn what_is_no_amount_is_said() {
        for (text, problem, help) in [
            ("0.015", "needs a unit", "write \"$0.015\""),
            ("0.015 USD", "must begin with its `$`", "write \"$0.015\""),
            ("5$", "must begin with its `$`", "write \"$5\""),
            ("5 EUR", "has an unknown unit `EUR`", MONEY_HELP),
            ("-$5", "must not be negative", MONEY_HELP),
            ("$-5", "must not be negative", MONEY_HELP),
            ("$0.015/h", "has something after its amount: `/h`", MONEY_HELP),
            ("$1,000", "has something after its amount: `,000`", MONEY_HELP),
            ("$", "is empty", MONEY_HELP),
            ("", "is empty", MONEY_HELP),
            ("$x", "does not begin with a number: `x`", MONEY_HELP),
            ("$0.0000000000001", "is less than a pico-dollar", MONEY_HELP),
        ] {
            let error = text.parse::<Money>().unwrap_err();
            assert_eq!((error.problem.as_str(), error.help.as_str()), (problem, help), "{text}");
        }
        assert!("$9999999999999999999999999".parse::<Money>().is_err());
    }

    #[test]
    fn discounts_are_percentages_or_parts() {
        assert_eq!("8 %".parse(), Ok(Discount(80_000_000)));
        assert_eq!("8 %".parse(), Discount::checked(0.08));
        assert_eq!("12.5 %".parse::<Discount>().unwrap().to_string(), "12.5 %");
        assert_eq!("0".parse(), Ok(Discount(0)));
        assert_eq!("8".parse::<Discount>().unwrap_err().problem, "needs a unit");
        assert!("101 %".parse::<Discount>().is_err());
        assert!(Discount::checked(1.5).is_err() && Discount::checked(f64::NAN).is_err());
        let price = Money::micro(1_000_000);
        assert_eq!(price.less("8 %".parse().unwrap()), Money::micro(920_000));
        assert_eq!(price.less(Discount(Discount::WHOLE)), Money::ZERO);
    }

    #[test]
    fn amounts_are_rounded_once() {
        // A third of a cent, thrice.
        let third = Money::micro(10_000).of(1, 3);
        assert_eq!(third, Money(3_333_333_333));
        assert_eq!(third.decimal(6), "0.003333");
        assert_eq!(Money(1_500_000).micros(), 2);
        assert_eq!(Money(1_499_999).micros(), 1);
        assert_eq!(Money::micro(21_900_000).decimal(2), "21.90");
        assert_eq!(Money::micro(21_995_000).decimal(2), "22.00");
        assert_eq!(Money::micro(499_999).decimal(0), "0");
        assert_eq!(Money::micro(20_000).to_string(), "$0.02");
        assert_eq!(Money::micro(100_000).to_string(), "$0.10");
        // Beyond all numbers is the largest of them.
        assert_eq!(Money::micro(u64::MAX).of(u128::MAX, 1), Money(i128::MAX));
    }

    proptest! {
        #[test]
        fn amounts_print_as_they_are_read(pico in 0_i128..10_i128.pow(24)) {
            prop_assert_eq!(Money(pico).to_string().parse(), Ok(Money(pico)));
        }

        #[test]
        fn discounts_print_as_they_are_read(part in 0_u32..=Discount::WHOLE) {
            prop_assert_eq!(Discount(part).to_string().parse(), Ok(Discount(part)));
        }

        /// A price of two quantities is the sum of theirs, but for a pico-dollar of rounding.
        #[test]
        fn prices_are_linear(
            price in 0_u64..1 << 50,
            (a, b) in (0_u128..1 << 70, 0_u128..1 << 70),
            per in 1_u128..1 << 62,
        ) {
            let price = Money(i128::from(price));
            let apart = price.of(a, per) + price.of(b, per);
            prop_assert!((price.of(a + b, per) - apart).0.abs() <= 1);
        }

        #[test]
        fn no_text_is_a_panic(text in "\\PC{0,30}") {
            let _ = text.parse::<Money>();
            let _ = text.parse::<Discount>();
        }
    }
}
