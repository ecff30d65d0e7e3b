//! What a rule of thumb is fed with: one stream's traffic and readers, from the plan alone.

use crate::experiment::forecast::{Forecast, bursts};
use crate::experiment::key_map::{KeyMap, Offer};
use crate::experiment::key_shares::keys_of;
use crate::model::plan::{ArrivalsPlan, IntakePlan, Plan, ProducerPlan, SourcePlan, TraceRow};
use crate::model::record_size;
use crate::time::{Instant, NS_PER_S};

/// Traffic of a second.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Load {
    /// Records [records/s].
    pub records: f64,
    /// Data blobs [bytes/s].
    pub data: f64,
    /// Data and keys [bytes/s].
    pub bytes: f64,
}

/// What one stream is asked to take and to give.
#[derive(Clone, Debug)]
pub struct Workload {
    /// Its name.
    pub stream: String,
    /// Open shards at the beginning.
    pub shards: u32,
    /// A second on average.
    pub mean: Load,
    /// The busiest second, as far as it can be known before a run.
    pub peak: Load,
    /// What is charged for at least on average, once sizes are rounded up [bytes/s].
    pub charged: f64,
    /// Mean data blob of a record (bytes).
    pub record_bytes: f64,
    /// Readers that share what a shard gives out.
    pub pollers: u32,
    /// Readers with enhanced fan-out.
    pub fan_outs: u32,
    /// GetRecords calls a second on a shard, of all pollers together.
    pub polls_per_s: f64,
    /// Records in a put call on average, of the producer that has fewest.
    pub records_per_call: f64,
    /// The largest key's part of a shard's limit; none where every record has a key of its own, or
    /// where there are too many keys.
    pub largest_key: Option<(String, f64)>,
    /// Where the keys fall, on average.
    pub map: Option<KeyMap>,
    /// Limits of a shard: records and bytes a second.
    pub limits: (f64, f64),
}

impl Load {
    fn and(self, other: Self) -> Self {
        Self {
            records: self.records + other.records,
            data: self.data + other.data,
            bytes: self.bytes + other.bytes,
        }
    }
}

impl Workload {
    /// That of the stream with this index.
    #[must_use]
    pub fn new(plan: &Plan, index: usize) -> Self {
        let forecast = Forecast::new(plan);
        let stream = &plan.streams[index];
        let writers = || {
            let all = plan.producers.iter().zip(&forecast.producers);
            all.filter(|(producer, _)| producer.stream == index)
        };
        let (mut mean, mut peak, mut variance) = (Load::default(), Load::default(), (0.0, 0.0));
        let mut charged = 0.0;
        for (producer, told) in writers() {
            let data = told.record.bytes - told.key_bytes;
            let of = |per_s: f64| Load {
                records: per_s,
                data: per_s * data,
                bytes: per_s * told.record.bytes,
            };
            mean = mean.and(of(told.mean_per_s));
            charged += told.mean_per_s * told.record.charged.max(told.record.bytes);
            peak = peak.and(match &producer.source {
                SourcePlan::Trace { rows, .. } => busiest(rows, told.key_bytes),
                SourcePlan::Synthetic { .. } => of(told.peak_per_s),
            });
            let (records, bytes) = spread(producer, told.peak_per_s, told.key_bytes);
            variance = (variance.0 + records, variance.1 + bytes);
        }
        // The largest of so many normal draws, about.
        let seconds = (plan.duration.as_s() - plan.warm_up.as_s()).max(1.0);
        let deviations = libm::sqrt(2.0 * libm::log(seconds));
        let (records, bytes) = (libm::sqrt(variance.0), libm::sqrt(variance.1));
        let blobs = peak.data / peak.bytes.max(f64::MIN_POSITIVE);
        let peak = peak.and(Load {
            records: deviations * records,
            data: deviations * bytes * blobs,
            bytes: deviations * bytes,
        });
        let readers =
            || plan.readers.iter().zip(&forecast.readers).filter(|it| it.0.stream == index);
        let polls = |(reader, _): &(&_, &_)| is_poller(reader);
        let means: Vec<f64> = forecast.producers.iter().map(|it| it.mean_per_s).collect();
        let map = KeyMap::new(plan, index, &means);
        let limits = (stream.write.records_per_s as f64, stream.write.bytes_per_s as f64);
        let fewest = writers().map(|it| it.1.records_per_call).fold(f64::INFINITY, f64::min);
        Self {
            stream: stream.name.clone(),
            shards: stream.shard_count,
            mean,
            peak,
            charged,
            record_bytes: mean.data / mean.records.max(f64::MIN_POSITIVE),
            pollers: readers().filter(polls).count() as u32,
            fan_outs: readers().filter(|it| !polls(it)).count() as u32,
            polls_per_s: readers().filter(polls).map(|it| it.1.polls_per_s).sum(),
            records_per_call: if fewest.is_finite() { fewest } else { 1.0 },
            largest_key: map.as_ref().and_then(|map| largest_key(plan, map, limits)),
            map: map.filter(|map| !map.is_even()),
            limits,
        }
    }

    /// What a shard is offered over what it may take, by records or bytes charged, whichever is
    /// more.
    #[must_use]
    pub fn load_of(&self, offer: &Offer) -> f64 {
        (offer.records / self.limits.0).max(offer.charged.max(offer.bytes) / self.limits.1)
    }

    /// Shards that the stream fills on average, if all are filled alike.
    #[must_use]
    pub fn filled(&self) -> f64 {
        (self.mean.records / self.limits.0).max(self.charged / self.limits.1)
    }

    /// The same in its busiest second.
    #[must_use]
    pub fn filled_at_peak(&self) -> f64 {
        let rounding = self.charged / self.mean.bytes.max(f64::MIN_POSITIVE);
        (self.peak.records / self.limits.0).max(self.peak.bytes * rounding / self.limits.1)
    }

    /// The busiest shard's load with so many equal shards: more than 1 is over its limit on
    /// average. None where the keys are not known one by one.
    #[must_use]
    pub fn busiest_load(&self, shards: u32) -> Option<f64> {
        let offers = self.map.as_ref()?.spread(shards);
        Some(offers.iter().map(|offer| self.load_of(offer)).fold(0.0, f64::max))
    }

    /// Whether more shards can make the busiest one busier, somewhere in this range.
    #[must_use]
    pub fn may_turn(&self, from: u32, to: u32) -> bool {
        let loads = (from..=to).filter_map(|shards| self.busiest_load(shards));
        let loads: Vec<f64> = loads.collect();
        loads.windows(2).any(|pair| pair[1] > pair[0] * (1.0 + SLACK))
    }
}

/// What is less than this part of a load is rounding.
const SLACK: f64 = 1e-9;

fn is_poller(reader: &crate::model::plan::ReaderPlan) -> bool {
    matches!(reader.intake, IntakePlan::Poll(_))
}

/// Variance of a second's records and bytes, data and keys.
fn spread(producer: &ProducerPlan, per_s: f64, key_bytes: f64) -> (f64, f64) {
    let SourcePlan::Synthetic { arrivals, sizes, .. } = &producer.source else { return (0.0, 0.0) };
    let mean = record_size::mean(sizes) + key_bytes;
    let square = record_size::mean_square(sizes)
        + 2.0 * key_bytes * record_size::mean(sizes)
        + key_bytes * key_bytes;
    let of_sizes = (square - mean * mean).max(0.0) * per_s;
    match arrivals {
        ArrivalsPlan::Poisson => (per_s, square * per_s),
        ArrivalsPlan::Even => (0.0, of_sizes),
        ArrivalsPlan::Bursty { .. } => {
            // Whole bursts come at random: a second has a Poisson number of them, about.
            let size = bursts(producer).map_or(1.0, |it| f64::from(it.0));
            (per_s * size, mean * mean * per_s * size + of_sizes)
        }
    }
}

/// The busiest whole second of a trace, by bytes.
fn busiest(rows: &[TraceRow], key_bytes: f64) -> Load {
    let second = |at: Instant| at.as_ns() / NS_PER_S;
    let mut most = Load::default();
    for rows in rows.chunk_by(|a, b| second(a.at) == second(b.at)) {
        let data: f64 = rows.iter().map(|row| f64::from(row.bytes)).sum();
        let records = rows.len() as f64;
        most.records = most.records.max(records);
        most.data = most.data.max(data);
        most.bytes = most.bytes.max(data + records * key_bytes);
    }
    most
}

/// The key whose records come nearest to what a shard takes (KDS-F13).
fn largest_key(plan: &Plan, map: &KeyMap, limits: (f64, f64)) -> Option<(String, f64)> {
    let weigh = |offer: &Offer| (offer.records / limits.0).max(offer.bytes / limits.1);
    let all = crate::model::hashing::HashRange::ALL;
    let largest = map.heaviest(plan, all, weigh)?;
    Some((largest.key, weigh(&largest.offer)))
}

/// Whether a producer's records have keys that come again.
#[must_use]
pub fn has_keys(producer: &ProducerPlan) -> bool {
    use crate::model::plan::KeyNames;
    let keys = keys_of(&producer.source);
    keys.explicit.is_none() && !matches!(keys.names, KeyNames::Random { .. })
}
