//! What AWS meters of a stream, in exact whole numbers.

use crate::time::Span;

/// What a stream used over a time. Whichever mode bills it picks what it needs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// How long the stream was there (ns).
    pub stream_ns: u128,
    /// Open shards over time (shard-ns).
    pub shard_ns: u128,
    /// Of these, while the retention was above 24 h (shard-ns) (KDS-P04).
    pub extended_shard_ns: u128,
    /// PUT payload units of what was stored (KDS-P02).
    pub payload_units: u128,
    /// Bytes stored, each record rounded up to whole KiB (KDS-P13).
    pub metered_bytes: u128,
    /// Bytes that pollers were handed, each time they were. Free where shards are paid for
    /// (KDS-P07).
    pub polled_bytes: u128,
    /// Consumers with enhanced fan-out on open shards over time (shard-ns) (KDS-P06).
    pub fan_out_shard_ns: u128,
    /// Bytes pushed to them.
    pub fan_out_bytes: u128,
    /// What was kept longer than 24 h and at most 7 d, over time (byte-s) (KDS-P10).
    pub extended_byte_s: u128,
    /// What was kept longer than 7 d, over time (byte-s) (KDS-P05).
    pub long_term_byte_s: u128,
    /// Bytes handed over that were older than 7 d (KDS-P05).
    pub long_term_read_bytes: u128,
}

impl Usage {
    /// The sum of two.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        self.with(other, u128::saturating_add)
    }

    /// What `self` has beyond `other`, which is part of it.
    #[must_use]
    pub fn minus(&self, other: &Self) -> Self {
        self.with(other, u128::saturating_sub)
    }

    /// As much for each `to` as this is for each `from`, rounded to whole units.
    #[must_use]
    pub fn scaled(&self, from: Span, to: Span) -> Self {
        let (from, to) = (u128::from(from.as_ns()).max(1), u128::from(to.as_ns()));
        self.with(self, |amount, _| {
            let (whole, rest) = (amount / from, amount % from);
            whole.saturating_mul(to).saturating_add((rest * to + from / 2) / from)
        })
    }

    fn with(&self, other: &Self, f: impl Fn(u128, u128) -> u128) -> Self {
        Self {
            stream_ns: f(self.stream_ns, other.stream_ns),
            shard_ns: f(self.shard_ns, other.shard_ns),
            extended_shard_ns: f(self.extended_shard_ns, other.extended_shard_ns),
            payload_units: f(self.payload_units, other.payload_units),
            metered_bytes: f(self.metered_bytes, other.metered_bytes),
            polled_bytes: f(self.polled_bytes, other.polled_bytes),
            fan_out_shard_ns: f(self.fan_out_shard_ns, other.fan_out_shard_ns),
            fan_out_bytes: f(self.fan_out_bytes, other.fan_out_bytes),
            extended_byte_s: f(self.extended_byte_s, other.extended_byte_s),
            long_term_byte_s: f(self.long_term_byte_s, other.long_term_byte_s),
            long_term_read_bytes: f(self.long_term_read_bytes, other.long_term_read_bytes),
        }
    }
}

/// What one stream used: over the whole run, and in a month like the part of it that is judged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Used {
    /// The whole run.
    pub run: Usage,
    /// 730 h like what came after the warm-up; `None` where the run ended within it.
    pub month: Option<Usage>,
}
