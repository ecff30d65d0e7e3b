//! What a plan alone says of a run, before anything is played: rates, sizes, where the keys fall,
//! what readers can take.
//!
//! Means are over the judged time. The peak is the moment at which a stream is offered most.

pub(crate) mod charge;
pub(crate) mod course;
mod effort;
pub(crate) mod lanes;
mod reading;

pub use effort::Effort;
pub use lanes::Lane;
pub use reading::{FunctionForecast, ReaderForecast};
pub(crate) use reading::{capacity, polls, work_s};

use crate::experiment::forecast::charge::Charge;
use crate::experiment::forecast::course::{Course, Piece};
use crate::experiment::key_map::{KeyMap, Offer};
use crate::experiment::key_shares::shares;
use crate::model::facts;
use crate::model::plan::{Api, ArrivalsPlan, Plan, ProducerPlan, SourcePlan, StreamPlan};
use crate::time::{Instant, Span};

/// What a plan alone says of a run.
#[derive(Clone, Debug)]
pub struct Forecast {
    /// Time judged (s).
    pub judged_s: f64,
    /// One entry a producer.
    pub producers: Vec<ProducerForecast>,
    /// One entry a stream.
    pub streams: Vec<StreamForecast>,
    /// One entry a reader.
    pub readers: Vec<ReaderForecast>,
}

/// What one producer will offer.
#[derive(Clone, Debug, PartialEq)]
pub struct ProducerForecast {
    /// Mean rate [records/s].
    pub mean_per_s: f64,
    /// Highest rate [records/s].
    pub peak_per_s: f64,
    /// An average record: its bytes, and what it is charged at least.
    pub record: Offer,
    /// Mean length of its key (bytes).
    pub key_bytes: f64,
    /// Records in a put call on average: one, or those that come while a call lingers.
    pub records_per_call: f64,
    /// What ends a call, where it carries several records.
    pub filled_by: Option<FilledBy>,
}

/// What ends a PutRecords call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FilledBy {
    /// Its first record has waited for `linger`.
    Linger,
    /// It has 500 records (KDS-W11).
    Records,
    /// It has 10 MiB (KDS-W12), or 4 MiB of Firehose (FH-07).
    Bytes,
}

/// What one stream will be offered.
#[derive(Clone, Debug)]
pub struct StreamForecast {
    /// Mean a second.
    pub mean: Offer,
    /// A second at the peak.
    pub peak: Offer,
    /// Where the keys fall, as they are used at the peak; `None` where there are too many.
    pub placement: Option<KeyMap>,
    /// The same as they are used on average, where a function reads the stream.
    pub(crate) placement_mean: Option<KeyMap>,
    /// What each shard is offered a second at the peak: an even share without a placement.
    pub shards: Vec<Offer>,
    /// What each shard is offered a second on average.
    pub shards_mean: Vec<Offer>,
    /// The rates between the moments at which they bend.
    pieces: Vec<Piece>,
    limits: (f64, f64),
}

impl Forecast {
    /// The forecast of a plan.
    #[must_use]
    pub fn new(plan: &Plan) -> Self {
        let course = Course::new(plan);
        let producer = |(number, producer): (usize, &ProducerPlan)| {
            let stream = &plan.streams[producer.stream];
            let rounding = stream.write.rounding;
            let shares = shares(&producer.source, Instant::ZERO + plan.duration);
            let charge = Charge::new(producer, rounding, &shares);
            let mean_per_s = course.mean(number);
            let (records_per_call, filled_by) =
                call(producer, stream, mean_per_s, charge.mean().bytes);
            ProducerForecast {
                mean_per_s,
                peak_per_s: course.peak(number),
                record: charge.mean(),
                key_bytes: charge.key_bytes(),
                records_per_call,
                filled_by,
            }
        };
        let producers: Vec<_> = plan.producers.iter().enumerate().map(producer).collect();
        let streams: Vec<_> = (0..plan.streams.len())
            .map(|index| StreamForecast::new(plan, index, &producers, &course))
            .collect();
        let readers = reading::forecast(plan, &streams);
        Self { judged_s: course.seconds(), producers, streams, readers }
    }
}

/// Records of a burst and the time between two ticks, where a producer's arrivals are bursts.
pub(crate) fn bursts(producer: &ProducerPlan) -> Option<(u32, Span)> {
    match producer.source {
        SourcePlan::Synthetic { arrivals: ArrivalsPlan::Bursty { size, every }, .. } => {
            Some((size, every))
        }
        _ => None,
    }
}

/// Records in a call on average, and what ends it.
fn call(
    producer: &ProducerPlan,
    stream: &StreamPlan,
    per_s: f64,
    bytes: f64,
) -> (f64, Option<FilledBy>) {
    let Api::PutRecords { linger } = producer.client.api else { return (1.0, None) };
    let each_per_s = per_s / f64::from(producer.instances);
    // A call begins with what comes at a moment and takes what comes to its instance within
    // `linger`: of bursts, those of whole ticks.
    let (at_once, within) = match bursts(producer) {
        Some((size, every)) => {
            let ticks = (linger.as_ns() / every.as_ns().max(1)) as f64;
            (f64::from(size).max(each_per_s * every.as_s()), ticks * every.as_s())
        }
        None => (1.0, linger.as_s()),
    };
    let waited = at_once + each_per_s * within;
    let by_bytes =
        (facts::call_bytes_max(stream.direct.is_some()).0 as f64 / bytes.max(1.0)).floor().max(1.0);
    let by_records = facts::PUT_RECORDS_ENTRIES_MAX as f64;
    if waited <= by_records.min(by_bytes) {
        (waited, Some(FilledBy::Linger))
    } else if by_records <= by_bytes {
        (by_records, Some(FilledBy::Records))
    } else {
        (by_bytes, Some(FilledBy::Bytes))
    }
}

impl StreamForecast {
    fn new(plan: &Plan, index: usize, producers: &[ProducerForecast], course: &Course) -> Self {
        let stream = &plan.streams[index];
        let writes = |number: usize| plan.producers[number].stream == index;
        let weight = |(number, producer): (usize, &ProducerForecast)| {
            if writes(number) { (1.0, producer.record.charged) } else { (0.0, 0.0) }
        };
        let weights: Vec<(f64, f64)> = producers.iter().enumerate().map(weight).collect();
        let sum = |rates: &[f64]| {
            let offers = producers.iter().zip(rates).enumerate().filter(|(n, _)| writes(*n));
            offers.fold(Offer::default(), |sum, (_, (producer, rate))| {
                sum.and(&producer.record.times(*rate))
            })
        };
        let pieces = course.pieces(&weights);
        let limits = limits(stream);
        let load = |(records, bytes): (f64, f64)| (records / limits.0).max(bytes / limits.1);
        let mut peak: Option<(f64, &Piece, bool)> = None;
        for piece in &pieces {
            for (level, at_end) in [(load(piece.first), false), (load(piece.last), true)] {
                if peak.is_none_or(|(most, ..)| level > most) {
                    peak = Some((level, piece, at_end));
                }
            }
        }
        let means: Vec<f64> = producers.iter().map(|producer| producer.mean_per_s).collect();
        let rates = peak.map_or_else(|| means.clone(), |(_, at, end)| course.rates_at(at, end));
        let placement = KeyMap::new(plan, index, &rates);
        let on_average = KeyMap::new(plan, index, &means);
        let has_function =
            plan.readers.iter().any(|it| it.stream == index && it.lambda().is_some());
        Self {
            mean: sum(&means),
            peak: sum(&rates),
            shards: spread(placement.as_ref(), stream, sum(&rates)),
            shards_mean: spread(on_average.as_ref(), stream, sum(&means)),
            placement,
            placement_mean: on_average.filter(|_| has_function),
            pieces,
            limits,
        }
    }

    /// What a shard is offered over what it may take, as far as it is sure to be charged.
    #[must_use]
    pub fn load(&self, offer: &Offer) -> f64 {
        (offer.records / self.limits.0).max(offer.charged / self.limits.1)
    }

    /// Time in which a shard is over its limit that has this load at the peak (s), if its part of
    /// the stream stays what it is then.
    #[must_use]
    pub fn seconds_over(&self, load: f64) -> f64 {
        let level = self.load(&self.peak) / load.max(f64::MIN_POSITIVE);
        self.pieces.iter().map(|piece| piece.seconds_above(level, self.limits)).sum()
    }

    /// The shard that is offered most at the peak.
    #[must_use]
    pub fn busiest(&self) -> usize {
        let load = |shard: &usize| self.load(&self.shards[*shard]);
        // Of equals the first: `max_by` alone would keep the last.
        (0..self.shards.len()).rev().max_by(|a, b| load(a).total_cmp(&load(b))).unwrap_or(0)
    }

    /// Records a second that each shard stores on average, at most: no more than its limits let in.
    #[must_use]
    pub fn stored(&self) -> Vec<f64> {
        self.let_in(&self.shards_mean)
    }

    /// The same at the peak.
    #[must_use]
    pub fn stored_at_peak(&self) -> Vec<f64> {
        self.let_in(&self.shards)
    }

    fn let_in(&self, offers: &[Offer]) -> Vec<f64> {
        let stored = |offer: &Offer| offer.records / self.load(offer).max(1.0);
        offers.iter().map(stored).collect()
    }

    /// Bytes of a mean record, its key among them.
    #[must_use]
    pub fn record_bytes(&self) -> f64 {
        self.mean.bytes / self.mean.records.max(f64::MIN_POSITIVE)
    }
}

fn spread(placement: Option<&KeyMap>, stream: &StreamPlan, total: Offer) -> Vec<Offer> {
    let shards = stream.shard_count;
    let even = || vec![total.times(1.0 / f64::from(shards)); shards as usize];
    placement.map_or_else(even, KeyMap::on_each)
}

fn limits(stream: &StreamPlan) -> (f64, f64) {
    (stream.write.records_per_s as f64, stream.write.bytes_per_s as f64)
}
