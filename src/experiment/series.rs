//! The shards of one stream over time.

use crate::experiment::histogram::Histogram;
use crate::experiment::metrics::ms_up;
use crate::experiment::outcome::{ShardFlow, Writes};
use crate::experiment::shard_series::ShardSeries;
use crate::model::observation::{Backlog, Offered, Put, Read, Spell};
use crate::model::plan::StreamPlan;
use crate::time::{Instant, NS_PER_S, Span};

/// What each shard of a stream saw: this second, this row of the series, and in all.
#[derive(Clone, Debug)]
pub struct Series {
    second: Vec<Second>,
    refused: Vec<Refused>,
    row: Vec<ShardFlow>,
    closed: Vec<bool>,
    /// Shards that rows tell of, ascending: those that are open, and closed ones in which something
    /// goes on.
    live: Vec<u32>,
    /// Shards that records may have come to in this second, ascending.
    taking: Vec<u32>,
    /// Whether one of them has closed.
    closes: bool,
    /// Whole run.
    pub totals: Vec<ShardTotals>,
    /// Birth to the answer that tells of storage, of producers that no consumer feeds, after the
    /// warm-up (ns).
    pub write_latency: Histogram,
    /// Finished rows.
    pub rows: ShardSeries,
    intervals_per_row: u64,
    intervals_in_row: u64,
    cells_max: usize,
    /// Length of what is called a second here: of a quantum, where those are longer [s].
    seconds: u64,
    limit_records: u64,
    limit_bytes: u64,
}

/// One shard's totals.
#[derive(Clone, Copy, Debug, Default)]
pub struct ShardTotals {
    /// Its writes.
    pub write: Writes,
    /// Largest share of a limit offered in a second (millionths).
    pub busiest_second_ppm: u32,
    /// Seconds in which more than a limit was offered.
    pub seconds_over: u64,
}

/// What a shard saw this second: one short row, because every put changes one.
#[derive(Clone, Copy, Debug, Default)]
struct Second {
    offered_records: u32,
    attempts: u32,
    offered_bytes: u64,
    attempted_bytes: u64,
}

/// What a shard refused this second; mostly nothing.
#[derive(Clone, Copy, Debug, Default)]
struct Refused {
    records: u32,
    bytes: u64,
}

const NS_PER_MS: u64 = NS_PER_S / 1_000;

/// Cells the series of all streams may have (D16).
const CELLS_MAX: u64 = 1_000_000;

impl Series {
    /// The series of `plan`'s shards in a run until `end`. Rows are as wide as `interval`, or as
    /// many times that as keeps the cells of all streams, which have `shards_in_all`, within a
    /// million; where shards come to be in the run, rows are joined when there are too many.
    #[must_use]
    pub fn new(
        plan: &StreamPlan,
        shards_in_all: u64,
        (interval, second): (Span, Span),
        end: Instant,
    ) -> Self {
        let seconds = second.as_ns() / NS_PER_S;
        let shards = u64::from(plan.shard_count);
        let intervals = end.as_ns().div_ceil(interval.as_ns()).max(1);
        let rows_max = (CELLS_MAX / shards_in_all.max(1)).max(1);
        let intervals_per_row = intervals.div_ceil(rows_max);
        let cells = intervals.div_ceil(intervals_per_row) * shards;
        Self {
            second: vec![Second::default(); shards as usize],
            refused: vec![Refused::default(); shards as usize],
            row: vec![ShardFlow::default(); shards as usize],
            totals: vec![ShardTotals::default(); shards as usize],
            closed: vec![false; shards as usize],
            live: (0..shards as u32).collect(),
            taking: (0..shards as u32).collect(),
            closes: false,
            write_latency: Histogram::new(),
            rows: ShardSeries::with_capacity(
                interval.times(intervals_per_row),
                cells as usize,
                intervals.div_ceil(intervals_per_row) as usize,
            ),
            cells_max: (CELLS_MAX * shards / shards_in_all.max(1)) as usize,
            intervals_per_row,
            intervals_in_row: 0,
            limit_records: plan.write.records_per_s.max(1) * seconds,
            limit_bytes: plan.write.bytes_per_s.max(1) * seconds,
            seconds,
        }
    }

    /// A shard opened: it is the next one.
    #[cold]
    pub fn open(&mut self) {
        self.live.push(self.row.len() as u32);
        self.taking.push(self.row.len() as u32);
        self.second.push(Second::default());
        self.refused.push(Refused::default());
        self.row.push(ShardFlow::default());
        self.totals.push(ShardTotals::default());
        self.closed.push(false);
    }

    /// A shard closed.
    #[cold]
    pub fn close(&mut self, shard: u32) {
        self.closed[shard as usize] = true;
        self.closes = true;
    }

    /// Rows tell of a closed shard again.
    #[cold]
    fn revive(&mut self, shard: u32) {
        if let Err(place) = self.live.binary_search(&shard) {
            self.live.insert(place, shard);
        }
    }

    /// Records were offered for the first time.
    #[inline]
    pub fn offered(&mut self, offered: &Offered) {
        let second = &mut self.second[offered.shard as usize];
        second.offered_records += offered.records;
        second.offered_bytes += offered.bytes;
    }

    /// An entry was judged.
    #[inline]
    pub fn put(&mut self, put: &Put) {
        let second = &mut self.second[put.shard as usize];
        second.attempts += put.records;
        second.attempted_bytes += put.bytes;
        if put.admitted < put.records {
            let refused = &mut self.refused[put.shard as usize];
            refused.records += put.records - put.admitted;
            refused.bytes += put.bytes - put.admitted_bytes;
        }
    }

    /// A shard was followed through several quanta: adds them to the row and the totals. Returns
    /// the largest share of a limit that was sent in one (millionths).
    #[inline]
    pub fn spell(&mut self, spell: &Spell) -> u32 {
        let (row, totals) =
            (&mut self.row[spell.shard as usize], &mut self.totals[spell.shard as usize]);
        let ppm = |most: u64, limit: u64| most.saturating_mul(1_000_000) / limit;
        let records = ppm(spell.most.records, self.limit_records);
        let ppm = u32::try_from(records.max(ppm(spell.most.bytes, self.limit_bytes)));
        let ppm = ppm.unwrap_or(u32::MAX);
        let writes = Writes::of(spell.offered, spell.attempted, spell.stored);
        totals.write = totals.write.plus(&writes);
        totals.busiest_second_ppm = totals.busiest_second_ppm.max(ppm);
        totals.seconds_over += u64::from(spell.over) * self.seconds;
        row.busiest_second_ppm = row.busiest_second_ppm.max(ppm);
        row.offered_records += spell.offered.records;
        row.attempts += spell.attempted.records;
        row.accepted_records += spell.stored.records;
        row.offered_bytes += spell.offered.bytes;
        row.attempted_bytes += spell.attempted.bytes;
        row.accepted_bytes += spell.stored.bytes;
        row.read_records += spell.polled.records;
        row.age_ms = row.age_ms.max(ms_up(spell.polled.age_max));
        ppm
    }

    /// A call was answered.
    #[inline]
    pub fn read(&mut self, read: &Read) {
        if read.records > 0 {
            self.note_read(read);
            let row = &mut self.row[read.shard as usize];
            if read.age.as_ns() > u64::from(row.age_ms) * NS_PER_MS {
                row.age_ms = ms_up(read.age);
            }
        }
    }

    #[inline]
    fn note_read(&mut self, read: &Read) {
        self.row[read.shard as usize].read_records += u64::from(read.records);
        if self.closed[read.shard as usize] && read.records > 0 {
            self.revive(read.shard);
        }
    }

    /// An event was handed over: what goes out counts, ages are of polls (KDS-M09, KDS-M10).
    pub fn event(&mut self, event: &Read) {
        self.note_read(event);
    }

    /// A level was sampled: of the slowest consumer, at the end of the row.
    pub fn backlog(&mut self, backlog: &Backlog) {
        let shard = backlog.shard;
        if backlog.records > 0 && self.closed[shard as usize] {
            self.revive(shard);
        }
        // Sampled right after an interval ended: where that ended a row, the row is finished.
        let row = if self.intervals_in_row == 0 && !self.rows.is_empty() {
            let Some(row) = self.rows.last_of(shard) else { return };
            row
        } else {
            &mut self.row[shard as usize]
        };
        let (records, first) = (backlog.records, backlog.reader == 0);
        row.backlog_records = if first { records } else { row.backlog_records.max(records) };
    }

    /// Ends the second: adds it to the row and the totals. Returns its writes, and the shard that
    /// was offered the largest share of a limit, with that share (millionths).
    pub fn fold_second(&mut self) -> (Writes, u32, u32) {
        let (mut sum, mut busiest, mut most) = (Writes::default(), 0, 0);
        let (limit_records, limit_bytes) = (self.limit_records, self.limit_bytes);
        for &number in &self.taking {
            let shard = number as usize;
            let second = &mut self.second[shard];
            if second.attempts == 0 && second.offered_records == 0 {
                continue;
            }
            let (refused, row) = (&mut self.refused[shard], &mut self.row[shard]);
            let totals = &mut self.totals[shard];
            let writes = second.writes(refused);
            sum = sum.plus(&writes);
            totals.write = totals.write.plus(&writes);
            // Most seconds are no busier than any before: that is found without a division.
            let records = u64::from(second.attempts) * 1_000_000;
            let bytes = second.attempted_bytes.saturating_mul(1_000_000);
            let seen = u64::from(row.busiest_second_ppm.min(most).min(1_000_000)) + 1;
            if records >= seen * limit_records || bytes >= seen.saturating_mul(limit_bytes) {
                let ppm = (records / limit_records).max(bytes / limit_bytes);
                let ppm = u32::try_from(ppm).unwrap_or(u32::MAX);
                if ppm > most {
                    (busiest, most) = (number, ppm);
                }
                totals.busiest_second_ppm = totals.busiest_second_ppm.max(ppm);
                totals.seconds_over += if ppm > 1_000_000 { self.seconds } else { 0 };
                row.busiest_second_ppm = row.busiest_second_ppm.max(ppm);
            }
            row.offered_records += u64::from(second.offered_records);
            row.attempts += u64::from(second.attempts);
            row.accepted_records += writes.accepted_records;
            row.offered_bytes += second.offered_bytes;
            row.attempted_bytes += second.attempted_bytes;
            row.accepted_bytes += writes.accepted_bytes;
            (*second, *refused) = (Second::default(), Refused::default());
        }
        if std::mem::take(&mut self.closes) {
            self.taking.retain(|&shard| !self.closed[shard as usize]);
        }
        (sum, busiest, most)
    }

    /// Ends an interval, and the row where it is its last.
    pub fn end_interval(&mut self) {
        self.intervals_in_row += 1;
        if self.intervals_in_row == self.intervals_per_row {
            self.finish();
        }
    }

    /// Ends the row, full or not.
    pub fn finish(&mut self) {
        if self.intervals_in_row > 0 {
            self.intervals_in_row = 0;
            let (rows, row, closed) = (&mut self.rows, &mut self.row, &self.closed);
            // One in which nothing happened in this row, and nothing waited at its beginning.
            let is_over = |shard: u32, rows: &mut ShardSeries| {
                let nothing = ShardFlow::default();
                let waited = rows.last_of(shard).is_some_and(|last| *last != nothing);
                closed[shard as usize] && row[shard as usize] == nothing && !waited
            };
            self.live.retain(|&shard| !is_over(shard, rows));
            rows.push(&self.live, row);
            for &shard in &self.live {
                row[shard as usize] = ShardFlow::default();
            }
            while rows.flows.len() + self.live.len() > self.cells_max && rows.len() > 1 {
                if rows.len() % 2 == 1 {
                    break;
                }
                rows.coarsen();
                self.intervals_per_row *= 2;
            }
        }
    }
}

impl Second {
    fn writes(&self, refused: &Refused) -> Writes {
        Writes {
            offered_records: u64::from(self.offered_records),
            offered_bytes: self.offered_bytes,
            attempts: u64::from(self.attempts),
            accepted_records: u64::from(self.attempts - refused.records),
            accepted_bytes: self.attempted_bytes - refused.bytes,
            throttled: u64::from(refused.records),
            throttled_bytes: refused.bytes,
            failed: 0,
            failed_bytes: 0,
            lost_records: 0,
            lost_bytes: 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::sample;

    /// 20 million records of 1 MiB in a second: 2 * 10^13 bytes, whose millionths pass 64 bits.
    #[test]
    fn an_absurd_second_is_still_counted() {
        let plan = &sample::hot_shard().0.plan.streams[0];
        let mut series =
            Series::new(plan, 4, (Span::from_s(1), Span::from_s(1)), Instant::from_s(1));
        let (records, bytes) = (20_000_000, 20_000_000 << 20);
        let (admitted, admitted_bytes, waited) = (1, 1 << 20, Span::ZERO);
        let put = Put {
            producer: 0,
            stream: 0,
            shard: 2,
            records,
            admitted,
            bytes,
            admitted_bytes,
            waited,
            waited_last: waited,
            answer: Span::ZERO,
        };
        series.put(&put);
        assert_eq!(series.fold_second().1, 2);
        assert_eq!(series.totals[2].busiest_second_ppm, u32::MAX);
        assert_eq!(series.totals[2].seconds_over, 1);
    }

    /// Three thousand million records an interval, twice in a row of two intervals.
    #[test]
    fn a_row_holds_more_than_32_bits_of_records() {
        let plan = &sample::hot_shard().0.plan.streams[0];
        let mut series =
            Series::new(plan, 4, (Span::from_s(60), Span::from_s(1)), Instant::from_s(60));
        let records = 3_000_000_000;
        for _ in 0..2 {
            let bytes = u64::from(records);
            series.offered(&Offered { producer: 0, stream: 0, shard: 0, records, bytes });
            series.fold_second();
        }
        series.end_interval();
        assert_eq!(series.rows.flows[0].offered_records, 6_000_000_000);
    }
}
