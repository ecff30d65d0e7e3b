//! Values that read themselves: each knows what it accepts and says so in our words.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error, Visitor};

use crate::quantity::{QuantityError, shown};
use crate::scenario::problem::{Code, listed, nearest, with_commas};
use crate::time::Span;
use crate::units::{ByteRate, Bytes, Discount, Money, Rate, Share};

/// What a leaf says of a value it refuses; it travels through serde as text.
pub(super) struct Complaint {
    pub(super) code: Code,
    /// The end of a sentence that begins with the field: "needs a unit".
    pub(super) problem: String,
    pub(super) label: String,
    pub(super) help: String,
}

/// Marks a complaint and separates its parts; [`shown`] lets no user text contain it.
const MARK: char = '\u{1f}';

impl Complaint {
    pub(super) fn new(code: Code, problem: impl Into<String>, help: impl Into<String>) -> Self {
        Self { code, problem: problem.into(), label: String::new(), help: help.into() }
    }

    /// The complaint in serde's message, if it is one.
    pub(super) fn read(message: &str) -> Option<Self> {
        let mut parts = message.strip_prefix(MARK)?.split(MARK);
        let id = parts.next()?;
        let (code, ..) = super::problem::CODES.into_iter().find(|(_, name, _)| *name == id)?;
        let mut next = || parts.next().unwrap_or_default().to_owned();
        Some(Self { code, problem: next(), label: next(), help: next() })
    }
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { code, problem, label, help } = self;
        write!(f, "{MARK}{}{MARK}{problem}{MARK}{label}{MARK}{help}", code.id())
    }
}

/// A kind of quantity written as text with a unit.
pub(super) trait Quantity: Sized + std::str::FromStr<Err = QuantityError> {
    /// "a duration"
    const NAME: &'static str;
    /// What is asked of a bare number.
    const QUESTION: &'static str;
    /// The two likeliest spellings of a bare number.
    fn spellings(number: &str) -> String;
    /// The quantity a bare number is, for those that need no unit.
    fn bare(_number: f64) -> Option<Result<Self, QuantityError>> {
        None
    }
}

impl Quantity for Span {
    const NAME: &'static str = "a duration such as \"5 s\"";
    const QUESTION: &'static str = "seconds or minutes?";
    fn spellings(number: &str) -> String {
        format!("write \"{number} s\" or \"{number} min\"")
    }
}

impl Quantity for Bytes {
    const NAME: &'static str = "a size such as \"900 B\"";
    const QUESTION: &'static str = "bytes or KiB?";
    fn spellings(number: &str) -> String {
        format!("write \"{number} B\" or \"{number} KiB\"")
    }
}

impl Quantity for Rate {
    const NAME: &'static str = "a rate such as \"12k/s\"";
    const QUESTION: &'static str = "per second or per minute?";
    fn spellings(number: &str) -> String {
        let short = number.strip_suffix("000").filter(|short| !short.is_empty());
        let number = short.map_or(number.to_owned(), |short| format!("{short}k"));
        format!("write \"{number}/s\" or \"{number}/min\"")
    }
}

impl Quantity for ByteRate {
    const NAME: &'static str = "bytes a second such as \"1.5 MiB/s\"";
    const QUESTION: &'static str = "KiB/s or MiB/s?";
    fn spellings(number: &str) -> String {
        format!("write \"{number} KiB/s\" or \"{number} MiB/s\"")
    }
}

impl Quantity for Share {
    const NAME: &'static str = "a share such as \"0.1 %\"";
    const QUESTION: &'static str = "";
    fn spellings(_: &str) -> String {
        "write \"0.1 %\" or 0.001".to_owned()
    }
    fn bare(number: f64) -> Option<Result<Self, QuantityError>> {
        Some(Self::checked(number))
    }
}

impl Quantity for Money {
    const NAME: &'static str = "dollars such as \"$0.015\"";
    const QUESTION: &'static str = "dollars?";
    fn spellings(number: &str) -> String {
        format!("write \"${number}\"")
    }
}

impl Quantity for Discount {
    const NAME: &'static str = "a share such as \"8 %\"";
    const QUESTION: &'static str = "";
    fn spellings(_: &str) -> String {
        "write \"8 %\" or 0.08".to_owned()
    }
    fn bare(number: f64) -> Option<Result<Self, QuantityError>> {
        Some(Self::checked(number))
    }
}

/// A number with more digits is not repeated in a message.
const LONG_NUMBER: usize = 20;

/// A quantity in a scenario: text with a unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Leaf<T>(pub(super) T);

impl<'de, T: Quantity> Deserialize<'de> for Leaf<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(LeafVisitor(PhantomData))
    }
}

struct LeafVisitor<T>(PhantomData<T>);

impl<T: Quantity> LeafVisitor<T> {
    fn refuse<E: Error>(error: QuantityError) -> E {
        let code =
            if error.problem == "needs a unit" { Code::NeedsUnit } else { Code::BadQuantity };
        E::custom(Complaint::new(code, error.problem, error.help))
    }

    fn bare<E: Error>(number: f64, text: &str) -> Result<Leaf<T>, E> {
        match T::bare(number) {
            Some(result) => result.map(Leaf).map_err(Self::refuse),
            None if !number.is_finite() => Err(Self::refuse(QuantityError {
                problem: "must be a finite number".to_owned(),
                help: T::spellings("5"),
            })),
            None if number < 0.0 => Err(Self::refuse(QuantityError {
                problem: "must not be negative".to_owned(),
                help: T::spellings(text.trim_start_matches('-')),
            })),
            None => {
                // A very long number is more clearly shown by another.
                let text = if text.len() > LONG_NUMBER { "5" } else { text };
                let complaint = Complaint::new(Code::NeedsUnit, "needs a unit", T::spellings(text));
                Err(E::custom(Complaint { label: T::QUESTION.to_owned(), ..complaint }))
            }
        }
    }
}

impl<T: Quantity> Visitor<'_> for LeafVisitor<T> {
    type Value = Leaf<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::NAME)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Leaf<T>, E> {
        text.parse().map(Leaf).map_err(Self::refuse)
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Leaf<T>, E> {
        Self::bare(number as f64, &number.to_string())
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Leaf<T>, E> {
        Self::bare(number as f64, &number.to_string())
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Leaf<T>, E> {
        Self::bare(number, &number.to_string())
    }
}

/// The range of a whole number.
pub(super) trait CountRange {
    const MIN: u64;
    const MAX: u64;
    /// Whose limit it is, for the label.
    const WHY: &'static str;
}

/// A whole number within a range.
#[derive(Debug)]
pub(super) struct Count<R>(pub(super) u64, PhantomData<R>);

impl<'de, R: CountRange> Deserialize<'de> for Count<R> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(CountVisitor(PhantomData))
    }
}

struct CountVisitor<R>(PhantomData<R>);

impl<R: CountRange> CountVisitor<R> {
    fn check<E: Error>(number: Option<u64>) -> Result<Count<R>, E> {
        if let Some(number) = number.filter(|number| (R::MIN..=R::MAX).contains(number)) {
            return Ok(Count(number, PhantomData));
        }
        let (min, max) = (with_commas(R::MIN), with_commas(R::MAX));
        let problem = format!("must be between {min} and {max}");
        let complaint = Complaint::new(Code::OutOfRange, problem, "");
        Err(E::custom(Complaint { label: R::WHY.to_owned(), ..complaint }))
    }
}

impl<R: CountRange> Visitor<'_> for CountVisitor<R> {
    type Value = Count<R>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number")
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Count<R>, E> {
        Self::check(u64::try_from(number).ok())
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Count<R>, E> {
        Self::check(Some(number))
    }

    fn visit_i128<E: Error>(self, _: i128) -> Result<Count<R>, E> {
        Self::check(None)
    }

    fn visit_u128<E: Error>(self, _: u128) -> Result<Count<R>, E> {
        Self::check(None)
    }
}

/// The range of a number.
pub(super) trait FactorRange {
    const MIN: f64;
    const MAX: f64;
}

/// A number within a range.
#[derive(Debug)]
pub(super) struct Factor<R>(pub(super) f64, PhantomData<R>);

impl<'de, R: FactorRange> Deserialize<'de> for Factor<R> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(FactorVisitor(PhantomData))
    }
}

struct FactorVisitor<R>(PhantomData<R>);

impl<R: FactorRange> Visitor<'_> for FactorVisitor<R> {
    type Value = Factor<R>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number")
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Factor<R>, E> {
        if (R::MIN..=R::MAX).contains(&number) {
            return Ok(Factor(number, PhantomData));
        }
        let problem = if !number.is_finite() {
            "must be a finite number".to_owned()
        } else if number > R::MAX {
            format!("must be at most {}", R::MAX)
        } else {
            format!("must be {} or more", R::MIN)
        };
        Err(E::custom(Complaint::new(Code::OutOfRange, problem, "")))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Factor<R>, E> {
        self.visit_f64(number as f64)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Factor<R>, E> {
        self.visit_f64(number as f64)
    }
}

/// A closed set of words.
pub(super) trait Words: Copy + 'static {
    /// The words taken and what each means.
    const TAKEN: &'static [(&'static str, Self)];
    /// Words that will be taken once their feature is built.
    const LATER: &'static [&'static str] = &[];
    /// Words of AWS that a scenario cannot use, and why.
    const MEANINGLESS: &'static [(&'static str, &'static str)] = &[];
}

/// One of a closed set of words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Word<W>(pub(super) W);

impl<W: Words + PartialEq> Word<W> {
    /// The word as written.
    pub(super) fn name(self) -> &'static str {
        let taken = W::TAKEN.iter().find(|(_, value)| *value == self.0);
        taken.map_or("", |(name, _)| name)
    }
}

impl<'de, W: Words> Deserialize<'de> for Word<W> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(WordVisitor(PhantomData))
    }
}

struct WordVisitor<W>(PhantomData<W>);

impl<W: Words> Visitor<'_> for WordVisitor<W> {
    type Value = Word<W>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = W::TAKEN.iter().map(|(name, _)| *name).collect();
        write!(f, "{}", listed(&names))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Word<W>, E> {
        if let Some((_, value)) = W::TAKEN.iter().find(|(name, _)| *name == text) {
            return Ok(Word(*value));
        }
        let names: Vec<&str> = W::TAKEN.iter().map(|(name, _)| *name).collect();
        let help = format!("this version takes {}", listed(&names));
        if W::LATER.contains(&text) {
            let problem = format!("cannot be {} yet: that is not built", shown(text));
            return Err(E::custom(Complaint::new(Code::NotBuilt, problem, help)));
        }
        if let Some((_, why)) = W::MEANINGLESS.iter().find(|(name, _)| *name == text) {
            let problem = format!("cannot be {}", shown(text));
            return Err(E::custom(Complaint::new(Code::UnknownWord, problem, *why)));
        }
        let same = names.iter().find(|name| name.eq_ignore_ascii_case(text)).copied();
        let near = same.or_else(|| nearest(text, names.iter().copied()).first().copied());
        let complaint = Complaint::new(
            Code::UnknownWord,
            format!("does not know the word {}", shown(text)),
            help,
        );
        let label = near.map(|name| format!("did you mean \"{name}\"?")).unwrap_or_default();
        Err(E::custom(Complaint { label, ..complaint }))
    }
}

/// `ShardId`: "shardId-" and twelve digits, or the number alone (KDS-H07).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ShardId(pub(super) u32);

impl<'de> Deserialize<'de> for ShardId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ShardIdVisitor)
    }
}

struct ShardIdVisitor;

impl ShardIdVisitor {
    const HELP: &str = "write \"shardId-000000000003\", or 3 for short";
}

impl Visitor<'_> for ShardIdVisitor {
    type Value = ShardId;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the id of a shard, such as \"shardId-000000000003\"")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<ShardId, E> {
        let digits = text.strip_prefix("shardId-").filter(|it| it.len() == 12).unwrap_or(text);
        let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
        match digits.parse() {
            Ok(number) if plain => Ok(ShardId(number)),
            _ => {
                let problem = format!("is no id of a shard: {}", shown(text));
                Err(E::custom(Complaint::new(Code::BadQuantity, problem, Self::HELP)))
            }
        }
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<ShardId, E> {
        u32::try_from(number).map(ShardId).map_err(|_| {
            let problem = format!("is no number of a shard: {number}");
            E::custom(Complaint::new(Code::OutOfRange, problem, Self::HELP))
        })
    }
}

/// `ExplicitHashKey`: a decimal number below 2^128 without leading zeros (KDS-H03).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct HashKey(pub(super) u128);

impl<'de> Deserialize<'de> for HashKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(HashKeyVisitor)
    }
}

struct HashKeyVisitor;

impl Visitor<'_> for HashKeyVisitor {
    type Value = HashKey;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string of digits, such as \"0\"")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<HashKey, E> {
        let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let plain = digits && (text == "0" || !text.starts_with('0'));
        match text.parse() {
            Ok(key) if plain => Ok(HashKey(key)),
            _ => Err(E::custom(Complaint::new(
                if plain { Code::OutOfRange } else { Code::BadQuantity },
                format!("is no hash key: {}", shown(text)),
                "write a decimal number from \"0\" to \"340282366920938463463374607431768211455\" \
                 (2^128 - 1) without leading zeros",
            ))),
        }
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<HashKey, E> {
        let help = format!("write \"{number}\": hash keys are larger than TOML's numbers");
        Err(E::custom(Complaint::new(Code::WrongType, "must be written as text", help)))
    }
}
