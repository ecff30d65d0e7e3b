//! What a stream took in and gave out, minute by minute, as CloudWatch counts it (KDS-M01, KDS-M02,
//! KDS-M09, KDS-M10, SCL-02): what autoscalers, and the service in on-demand mode, go by.

use crate::model::shard::Shard;
use crate::time::Span;

/// Counts what is stored and read. A stream has one if somebody goes by it.
#[derive(Clone, Debug, Default)]
pub struct Meter {
    /// Bytes stored, by shard.
    bytes: Vec<u64>,
    /// Records and bytes that were stored at the end of the last minute, by shard.
    before: Vec<(u64, u64)>,
    /// Shards that were open then, as indices.
    open: Vec<u32>,
    read: Given,
}

/// What GetRecords gave out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Given {
    /// Records.
    pub records: u64,
    /// Bytes.
    pub bytes: u64,
    /// Largest iterator age.
    pub age: Span,
}

/// What a stream saw in a minute.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Minute {
    /// Stored in all shards.
    pub all: Taken,
    /// The most records, and the most bytes, that were stored in any one shard.
    pub busiest: Taken,
    /// What GetRecords gave out.
    pub read: Given,
    /// Open shards at its end.
    pub open: u32,
}

/// What was stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// Records.
    pub records: u64,
    /// Bytes.
    pub bytes: u64,
}

impl Meter {
    /// Bytes were stored in a shard.
    #[inline]
    pub fn stored(&mut self, shard: u32, bytes: u64) {
        let shard = shard as usize;
        if shard >= self.bytes.len() {
            self.bytes.resize(shard + 1, 0);
        }
        self.bytes[shard] += bytes;
    }

    /// A GetRecords call was answered.
    pub fn read(&mut self, records: u32, bytes: u64, age: Span) {
        self.read.records += u64::from(records);
        self.read.bytes += bytes;
        self.read.age = self.read.age.max(age);
    }

    /// Ends a minute: what was stored and read since the last. `each` is told of every shard that
    /// was open in it.
    pub fn end_minute(
        &mut self,
        shards: &[Shard],
        open: &[u32],
        mut each: impl FnMut(u32, Taken),
    ) -> Minute {
        let known = self.before.len() as u32;
        self.before.resize(shards.len(), (0, 0));
        self.bytes.resize(shards.len(), 0);
        let read = std::mem::take(&mut self.read);
        let mut minute = Minute { read, open: open.len() as u32, ..Minute::default() };
        let opened = known..shards.len() as u32;
        for shard in self.open.drain(..).chain(opened) {
            let i = shard as usize;
            let now = (shards[i].stored(), self.bytes[i]);
            let before = std::mem::replace(&mut self.before[i], now);
            let taken = Taken { records: now.0 - before.0, bytes: now.1 - before.1 };
            minute.all.records += taken.records;
            minute.all.bytes += taken.bytes;
            minute.busiest.records = minute.busiest.records.max(taken.records);
            minute.busiest.bytes = minute.busiest.bytes.max(taken.bytes);
            each(shard, taken);
        }
        self.open.extend_from_slice(open);
        minute
    }
}
