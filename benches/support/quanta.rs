//! Loads that are played in quanta of a second.

use kinesim::model::plan::{Plan, Resolution};
use kinesim::time::Span;

use crate::text::scenario;

const QUANTUM: Span = Span::from_s(1);

/// 1,000 instances that call PutRecord, and readers that poll.
#[derive(Clone, Copy)]
pub(crate) struct Load {
    pub(crate) seconds: u64,
    pub(crate) shards: u32,
    pub(crate) per_s: u64,
    pub(crate) record_bytes: u32,
    /// How many keys, drawn by Zipf's law with exponent 0.8; none for a new key each record.
    pub(crate) keys: Option<u32>,
    pub(crate) readers: u32,
    /// Each reader's time between two calls on a shard [s].
    pub(crate) poll_s: u32,
}

impl Load {
    pub(crate) fn plan(&self) -> Plan {
        let Self { seconds, shards, per_s, record_bytes, readers, poll_s, .. } = self;
        let keys = self.keys.map_or_else(String::new, |count| {
            format!(r#"partition_key = {{ dist = "zipf", count = {count}, exponent = 0.8 }}"#)
        });
        let mut text = format!(
            r#"
            [scenario]
            duration = "{seconds} s"
            [account]
            shard_quota = 20_000
            [stream]
            shard_count = {shards}
            [model.write]
            rounding = "none"
            [[producer]]
            rate = "{per_s}/s"
            record_size = "{record_bytes} B"
            {keys}
            instances = 1000
            "#,
        );
        let reader = format!("[[reader]]\nget_records = {{ every = \"{poll_s} s\" }}\n");
        text += &reader.repeat(*readers as usize);
        Plan { resolution: Resolution::Quantum(QUANTUM), ..scenario(&text).plan }
    }

    /// What is played, in seconds of single shards.
    pub(crate) fn shard_seconds(&self) -> u64 {
        self.seconds * u64::from(self.shards)
    }
}
