//! `retry` of producers and readers, and `resend`.

use std::fmt;

use serde::Deserialize;
use serde::de::value::{I64Deserializer, StrDeserializer};
use serde::de::{Deserializer, Error, Visitor};

use super::count_range;
use crate::model::plan::Jitter;
use crate::model::retry::RetryProfile;
use crate::scenario::leaf::{Count, CountRange, Leaf, Word, Words};
use crate::time::Span;

count_range!(
    /// Attempts at one call.
    Attempts, 1, 1_000, "the first attempt counts"
);
count_range!(
    /// Tokens of a client's retry quota.
    Tokens, 1, 1_000_000, "SDKs have 500 (KDS-L09)"
);

/// `retry`: a profile, and what differs from it.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(in crate::scenario) struct RetryTable {
    /// The SDK's defaults to begin with. Default "sdk-2026".
    pub(in crate::scenario) profile: Option<Word<RetryProfile>>,
    /// Attempts in all, the first included, 1 to 1,000.
    pub(in crate::scenario) max_attempts: Option<Count<Attempts>>,
    /// Delay before the first retry of a throttled call; doubles each time.
    pub(in crate::scenario) backoff: Option<Leaf<Span>>,
    /// Longest delay.
    pub(in crate::scenario) max_backoff: Option<Leaf<Span>>,
    /// "full": the delay is drawn between zero and its value; "equal": between half of it and all;
    /// "none".
    pub(in crate::scenario) jitter: Option<Word<JitterWord>>,
    /// Tokens a client holds for its retries (KDS-L09), or `false`: retries are free.
    pub(in crate::scenario) quota: Option<QuotaWord>,
}

/// `producer.resend`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(in crate::scenario) struct ResendTable {
    /// Attempts in all, the first included, 1 to 1,000. Default 3.
    pub(in crate::scenario) max_attempts: Option<Count<Attempts>>,
    /// Delay before the first retry; it doubles each time. Default "100 ms".
    pub(in crate::scenario) backoff: Option<Leaf<Span>>,
    /// Longest delay. Default "20 s".
    pub(in crate::scenario) max_backoff: Option<Leaf<Span>>,
    /// "full": the delay is drawn between zero and its value (default); "equal": between half of
    /// it and all; "none".
    pub(in crate::scenario) jitter: Option<Word<JitterWord>>,
}

/// `jitter`.
pub(in crate::scenario) type JitterWord = Jitter;

impl Words for Jitter {
    const TAKEN: &'static [(&'static str, Self)] =
        &[("full", Self::Full), ("equal", Self::Equal), ("none", Self::None)];
}

impl Words for RetryProfile {
    const TAKEN: &'static [(&'static str, Self)] = &Self::ALL;
    const LATER: &'static [&'static str] = &["kpl"];
}

/// A profile by its name, or `false` for none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::scenario) struct RetryWord(pub(in crate::scenario) RetryProfile);

impl<'de> Deserialize<'de> for RetryWord {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RetryVisitor)
    }
}

struct RetryVisitor;

impl Visitor<'_> for RetryVisitor {
    type Value = RetryWord;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a profile, a table, or `false`")
    }

    fn visit_bool<E: Error>(self, on: bool) -> Result<RetryWord, E> {
        Ok(RetryWord(if on { RetryProfile::Sdk2026 } else { RetryProfile::None }))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<RetryWord, E> {
        Word::<RetryProfile>::deserialize(StrDeserializer::new(text)).map(|word| RetryWord(word.0))
    }
}

/// A number of tokens, or `false` for no quota.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::scenario) struct QuotaWord(pub(in crate::scenario) Option<u32>);

impl<'de> Deserialize<'de> for QuotaWord {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(QuotaVisitor)
    }
}

struct QuotaVisitor;

impl Visitor<'_> for QuotaVisitor {
    type Value = QuotaWord;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number of tokens, such as 500, or `false`")
    }

    fn visit_bool<E: Error>(self, on: bool) -> Result<QuotaWord, E> {
        if on {
            Err(E::invalid_type(serde::de::Unexpected::Bool(true), &self))
        } else {
            Ok(QuotaWord(None))
        }
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<QuotaWord, E> {
        Count::<Tokens>::deserialize(I64Deserializer::new(number))
            .map(|count| QuotaWord(Some(count.0 as u32)))
    }
}
