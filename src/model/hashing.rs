//! Where a key falls: [`HashKey`], [`HashRange`] and the uniform ranges of a new stream.

use std::fmt;

use md5::{Digest, Md5};

/// A point of the hash space, 0 to 2^128 - 1 (KDS-H02).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HashKey(pub u128);

/// The part of the hash space one shard owns, both ends included (KDS-H04).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HashRange {
    /// `StartingHashKey`.
    pub start: u128,
    /// `EndingHashKey`.
    pub end: u128,
}

/// Why a text is no `ExplicitHashKey` (KDS-H03).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HashKeyError {
    /// There is no digit.
    Empty,
    /// Something other than a decimal digit, signs included.
    NotDecimal(char),
    /// A zero stands before other digits.
    LeadingZero,
    /// 2^128 or more.
    TooLarge,
}

impl HashKey {
    /// The hash of a partition key: MD5 of its UTF-8 bytes, read as one big-endian number
    /// (KDS-H02).
    #[must_use]
    pub fn of(partition_key: &str) -> Self {
        Self(u128::from_be_bytes(Md5::digest(partition_key.as_bytes()).into()))
    }

    /// The hash an `ExplicitHashKey` names, in decimal without leading zeros (KDS-H03).
    ///
    /// # Errors
    /// A text that the API's pattern or range refuses.
    pub fn from_decimal(text: &str) -> Result<Self, HashKeyError> {
        if text.is_empty() {
            return Err(HashKeyError::Empty);
        }
        if let Some(other) = text.chars().find(|c| !c.is_ascii_digit()) {
            return Err(HashKeyError::NotDecimal(other));
        }
        if text.len() > 1 && text.starts_with('0') {
            return Err(HashKeyError::LeadingZero);
        }
        text.parse().map(Self).map_err(|_| HashKeyError::TooLarge)
    }
}

impl HashRange {
    /// The whole hash space.
    pub const ALL: Self = Self { start: 0, end: u128::MAX };

    /// Whether `hash` lies in this range.
    #[must_use]
    pub const fn contains(self, hash: u128) -> bool {
        self.start <= hash && hash <= self.end
    }

    /// Where it is cut to be halved (KDS-S02): half of the sum of its ends, rounded down.
    #[must_use]
    pub const fn middle(self) -> u128 {
        self.start + (self.end - self.start) / 2
    }

    /// The `k`-th, from 0, of `of` equal slices; what does not divide is the last one's.
    #[must_use]
    pub const fn slice(self, k: u32, of: u32) -> Self {
        let width = (self.end - self.start) / of as u128;
        let start = self.start + width * k as u128;
        // A range with fewer hash keys than slices has them all in the last.
        let end = if k + 1 == of || width == 0 { self.end } else { start + width - 1 };
        Self { start, end }
    }

    /// What lies below `at`, and the rest, which begins there (KDS-S02). `at` lies in the range and
    /// does not begin it.
    #[must_use]
    pub const fn cut(self, at: u128) -> (Self, Self) {
        (Self { start: self.start, end: at - 1 }, Self { start: at, end: self.end })
    }
}

/// The ranges of a new stream of `shards` shards, in order of shard number (KDS-H05): all are
/// 2^128 / `shards` wide, rounded down, and the last one takes the remainder too. None for zero
/// shards.
#[must_use]
pub fn uniform_ranges(shards: u32) -> Vec<HashRange> {
    if shards <= 1 {
        return vec![HashRange::ALL; shards as usize];
    }
    let (count, last) = (u128::from(shards), u128::from(shards) - 1);
    // 2^128 does not fit; 2^128 - 1 falls one short exactly where `count` divides 2^128.
    let width = u128::MAX / count + u128::from(u128::MAX % count == last);
    (0..count)
        .map(|i| HashRange {
            start: i * width,
            end: if i == last { u128::MAX } else { (i + 1) * width - 1 },
        })
        .collect()
}

/// `ShardId` of the shard that was the `number`-th of its stream, from zero (KDS-H07).
#[must_use]
pub fn shard_id(number: u32) -> String {
    format!("shardId-{number:012}")
}

impl fmt::Display for HashKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for HashKeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("an explicit hash key needs at least one digit"),
            Self::NotDecimal(other) => {
                write!(f, "an explicit hash key is a decimal number; {other:?} is no digit")
            }
            Self::LeadingZero => f.write_str("an explicit hash key has no leading zeros"),
            Self::TooLarge => write!(f, "an explicit hash key is at most {}", u128::MAX),
        }
    }
}

impl std::error::Error for HashKeyError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn md5_is_read_big_endian() {
        // RFC 1321, appendix A.5.
        assert_eq!(HashKey::of("").0, 0xd41d_8cd9_8f00_b204_e980_0998_ecf8_427e);
        assert_eq!(HashKey::of("a").0, 0x0cc1_75b9_c0f1_b6a8_31c3_99e2_6977_2661);
        assert_eq!(HashKey::of("message digest").0, 0xf96b_697d_7cb7_938d_525a_2f31_aaf1_61d0);
    }

    #[test]
    fn explicit_hash_keys_follow_the_pattern_and_the_range() {
        let max = "340282366920938463463374607431768211455";
        assert_eq!(HashKey::from_decimal("0"), Ok(HashKey(0)));
        assert_eq!(HashKey::from_decimal(max), Ok(HashKey(u128::MAX)));
        assert_eq!(HashKey(u128::MAX).to_string(), max);
        for (text, error) in [
            ("", HashKeyError::Empty),
            ("01", HashKeyError::LeadingZero),
            ("00", HashKeyError::LeadingZero),
            ("-1", HashKeyError::NotDecimal('-')),
            ("+1", HashKeyError::NotDecimal('+')),
            (" 1", HashKeyError::NotDecimal(' ')),
            ("xyz", HashKeyError::NotDecimal('x')),
            ("340282366920938463463374607431768211456", HashKeyError::TooLarge),
            ("999999999999999999999999999999999999999", HashKeyError::TooLarge),
            ("1000000000000000000000000000000000000000", HashKeyError::TooLarge),
        ] {
            assert_eq!(HashKey::from_decimal(text), Err(error), "{text:?}");
        }
    }

    #[test]
    fn uniform_ranges_tile_the_space() {
        for count in (1..=300).chain((977..20_000).step_by(977)).chain([19_999, 20_000]) {
            let ranges = uniform_ranges(count);
            assert_eq!(ranges.len(), count as usize);
            assert_eq!((ranges[0].start, ranges[ranges.len() - 1].end), (0, u128::MAX));
            for pair in ranges.windows(2) {
                assert_eq!(pair[0].end + 1, pair[1].start, "{count} shards");
                assert_eq!(pair[0].end - pair[0].start, ranges[0].end, "{count} shards");
            }
            // The remainder that the last shard absorbs is smaller than the number of shards.
            let last = ranges[ranges.len() - 1];
            assert!(last.end - last.start - ranges[0].end < u128::from(count), "{count} shards");
        }
        assert_eq!(uniform_ranges(0), []);
    }

    #[test]
    fn the_rival_formula_differs_by_less_than_the_shard_count() {
        // KDS-H06: floor(i * 2^128 / n) is another way to cut. For n = 6, 2^128 = 6 w + 4, so its
        // starts are i w + floor(4 i / 6): 0, 0, 1, 2, 2, 3 more than ours.
        let width = 56_713_727_820_156_410_577_229_101_238_628_035_242_u128;
        for (i, (range, surplus)) in uniform_ranges(6).iter().zip([0, 0, 1, 2, 2, 3]).enumerate() {
            let rival = i as u128 * width + surplus;
            assert_eq!(rival - range.start, surplus);
        }
    }

    #[test]
    fn shard_ids_are_padded_to_twelve_digits() {
        assert_eq!(shard_id(0), "shardId-000000000000");
        assert_eq!(shard_id(874), "shardId-000000000874");
        assert_eq!(shard_id(u32::MAX), "shardId-004294967295");
    }
}
