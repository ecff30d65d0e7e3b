//! Encryption of a stream at rest, under a key of KMS.

use crate::model::facts;
use crate::time::Span;

/// How a stream is encrypted at rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EncryptionPlan {
    /// How much longer PutRecord, PutRecords and GetRecords take to answer (KDS-K04).
    pub latency: Span,
    /// Different credentials that its producers and readers call with, 1 or more (KDS-K03).
    pub credentials: u32,
}

impl EncryptionPlan {
    /// Calls that Kinesis makes to KMS in `time` for it, about: each set of credentials has a data
    /// key made or decrypted twelve times in five minutes (KDS-K01, KDS-K02, KDS-K03), evenly, and
    /// a call that has begun counts. Readers are taken to be at the tip: what lies further back was
    /// written under older keys, and reading it takes more calls, of which no number is published.
    #[must_use]
    pub fn kms_calls(&self, time: Span) -> u64 {
        let calls = u128::from(facts::KMS_CALLS) * u128::from(self.credentials);
        let period = u128::from(facts::KMS_CALLS_PERIOD.as_ns());
        (calls * u128::from(time.as_ns())).div_ceil(period) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand: an hour is twelve times five minutes.
    #[test]
    fn calls_grow_with_time_and_credentials() {
        let of = |credentials, s| {
            let plan = EncryptionPlan { latency: Span::ZERO, credentials };
            plan.kms_calls(Span::from_s(s))
        };
        assert_eq!(of(1, 300), 12);
        assert_eq!(of(2, 3_600), 288);
        assert_eq!((of(3, 25), of(3, 26), of(1, 0)), (3, 4, 0));
        assert_eq!(of(1_000_000, 400 * 86_400), 1_382_400_000_000);
    }
}
