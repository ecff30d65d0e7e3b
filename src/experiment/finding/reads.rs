//! K201 and K202: readers ask a shard for more calls or bytes than it gives out.

use crate::model::plan::{ConsumerKind, IntakePlan, Plan, ReaderPlan};
use crate::time::{NS_PER_S, Span};

/// Readers ask a shard for more GetRecords calls a second than it answers (KDS-F07). That does not
/// depend on the number of shards.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadCalls {
    /// How many readers share a shard.
    pub readers: usize,
    /// Calls they make on a shard [calls/s].
    pub asked_per_s: f64,
    /// Calls a shard answers (KDS-R01) [calls/s].
    pub limit_per_s: f64,
    /// Refused calls over all calls; `None` where nothing was played.
    pub refused_share: Option<f64>,
    /// The reader that asks most often.
    pub most: String,
    /// What it asks [calls/s].
    pub most_per_s: f64,
    /// Readers that ask for more than an even part of what the others leave, and how long each of
    /// them must wait between two calls for all to be answered. How often other consumers call is
    /// nobody's to say (ESM-02).
    pub slower: Vec<(String, Span)>,
}

/// Readers ask a shard for more bytes than it gives out (KDS-R02): each reads all that is stored.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ReadBytes {
    /// How many readers share a shard.
    pub readers: usize,
    /// What they ask of the fullest shard [bytes/s].
    pub demand_per_s: f64,
    /// What a shard gives out [bytes/s].
    pub limit_per_s: f64,
    /// Refused calls over all calls; `None` where nothing was played.
    pub refused_share: Option<f64>,
    /// Shards with which they would have it and a tenth more, were it spread evenly.
    pub shards_needed: u64,
}

/// A shard gives out this much more than what is asked where more shards are suggested.
const HEADROOM: f64 = 1.1;

/// K201. `polls` are the calls of each reader on a shard [calls/s].
pub(super) fn calls(
    plan: &Plan,
    index: usize,
    polls: &[f64],
    refused_share: Option<f64>,
) -> Option<ReadCalls> {
    let limit_per_s = plan.streams[index].read.calls_per_s as f64;
    let asking = || plan.readers.iter().zip(polls).filter(|(reader, _)| is_poller(reader, index));
    let asked_per_s: f64 = asking().map(|(_, polls)| polls).sum();
    // A reader every 200 ms asks exactly as often as it may.
    if asked_per_s <= limit_per_s * (1.0 + 1e-9) {
        return None;
    }
    let more = |most: (_, f64), next: (&ReaderPlan, &f64)| {
        if *next.1 > most.1 { (Some(next.0.name.clone()), *next.1) } else { most }
    };
    let (most, most_per_s) = asking().fold((None, 0.0), more);
    let may_wait = |reader: &ReaderPlan| reader.kind() == ConsumerKind::Reader;
    let fixed: f64 = asking().filter(|(reader, _)| !may_wait(reader)).map(|(_, polls)| polls).sum();
    let asking_less = || asking().filter(|(reader, _)| may_wait(reader) && fixed < limit_per_s);
    let asked = asking_less().map(|(_, polls)| *polls).collect();
    let part = even_part(asked, limit_per_s - fixed);
    // A millionth of a millisecond is rounding.
    let every = Span::from_ns((1e3 / part - 1e-6).ceil() as u64 * NS_PER_S / 1_000);
    let slower = asking_less().filter(|(_, polls)| **polls > part * (1.0 + 1e-9));
    let slower = slower.map(|(reader, _)| (reader.name.clone(), every)).collect();
    Some(ReadCalls {
        readers: asking().count(),
        asked_per_s,
        limit_per_s,
        refused_share,
        most: most?,
        most_per_s,
        slower,
    })
}

/// The most each of those who ask may have, so that all together have `limit`: who asks for less
/// leaves the rest to the others.
fn even_part(mut asked: Vec<f64>, limit: f64) -> f64 {
    asked.sort_by(f64::total_cmp);
    let (mut left, mut part) = (limit, limit);
    for (served, asks) in asked.iter().enumerate() {
        part = left / (asked.len() - served) as f64;
        if *asks > part {
            break;
        }
        left -= asks;
    }
    part
}

/// Whether a reader shares what the shards of this stream answer and give out.
pub(super) fn is_poller(reader: &ReaderPlan, stream: usize) -> bool {
    reader.stream == stream && matches!(reader.intake, IntakePlan::Poll(_))
}

/// K202. `demands` are the bytes each reader asks of the fullest shard [bytes/s].
pub(super) fn bytes(
    plan: &Plan,
    index: usize,
    demands: &[f64],
    refused_share: Option<f64>,
) -> Option<ReadBytes> {
    let stream = &plan.streams[index];
    let limit_per_s = stream.read.bytes_per_s as f64;
    let asking = || plan.readers.iter().zip(demands).filter(|(reader, _)| is_poller(reader, index));
    let demand_per_s: f64 = asking().map(|(_, demand)| demand).sum();
    let shards = f64::from(stream.shard_count) * demand_per_s / limit_per_s * HEADROOM;
    (demand_per_s > limit_per_s).then(|| ReadBytes {
        readers: asking().count(),
        demand_per_s,
        limit_per_s,
        refused_share,
        shards_needed: shards.ceil() as u64,
    })
}
