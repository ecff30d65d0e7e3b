//! Where records come from: when they appear, how big they are, which keys they carry.

mod feed;

use std::sync::Arc;

pub use self::feed::Fed;
use self::feed::Feed;
use crate::model::bursts::Bursts;
use crate::model::cohort::{Cohort, KeyGroup};
use crate::model::keys::Keys;
use crate::model::plan::{
    ArrivalsPlan, KeyDrift, KeyNames, KeyPlan, KeyWeights, ProducerPlan, SizePlan, SourcePlan,
    TraceRow,
};
use crate::model::profile::Profile;
use crate::model::stream::Stream;
use crate::random::{self, Choice, LogNormal};
use crate::time::Instant;

/// A producer's records, in order of birth.
///
/// They are drawn in blocks, one quantity after the other: each draw waits for memory, and many
/// can wait at once.
#[derive(Clone, Debug)]
pub struct Source {
    block: Vec<Arrival>,
    next: usize,
    keys: Keys,
    kind: Kind,
}

/// One record about to be offered.
#[derive(Clone, Copy, Debug)]
pub struct Arrival {
    /// When; [`Instant::NEVER`] when there are no more.
    pub at: Instant,
    /// Its key.
    pub key: KeyGroup,
    /// Data blob and partition key (bytes).
    pub bytes: u32,
    /// The producer's instance that offers it.
    pub instance: u32,
    /// The shard its key belongs to.
    pub shard: u32,
}

#[derive(Clone, Debug)]
enum Kind {
    Synthetic(Box<Synthetic>),
    Trace {
        rows: Arc<Vec<TraceRow>>,
        next: usize,
        instances: u32,
        /// For explicit hash keys, which no trace gives.
        key_chance: Box<random::Stream>,
    },
    /// What a consumer has processed.
    Fed(Box<Feed>),
}

#[derive(Clone, Debug)]
struct Synthetic {
    profile: Profile,
    spacing: Spacing,
    sizes: Sizes,
    /// How far the source has come (records).
    exposure: f64,
    instances: u32,
    arrival_chance: random::Stream,
    key_chance: random::Stream,
    size_chance: random::Stream,
    instance_chance: random::Stream,
}

#[derive(Clone, Debug)]
enum Spacing {
    Poisson,
    /// Instances in the order of their phases (records), and where the next one is.
    Even {
        ring: Vec<(f64, u32)>,
        next: usize,
        round: f64,
    },
    Bursty(Bursts),
}

#[derive(Clone, Debug)]
enum Sizes {
    Constant(u32),
    Uniform { min: u64, span: u64 },
    LogNormal { law: LogNormal, max: f64 },
    Exponential { mean: f64, max: f64 },
    Weighted { values: Vec<u32>, choice: Choice },
}

/// Records drawn at a time.
const BLOCK: usize = 128;

/// Keys of which none is listed.
const NO_TABLE: KeyPlan = KeyPlan {
    names: KeyNames::Random { bytes: 0 },
    weights: KeyWeights::Uniform,
    drift: KeyDrift::None,
    explicit: None,
    placement: 0,
};

impl Source {
    /// The source of `plan` in a run of `seed` and `replicate`, writing to `stream`.
    #[must_use]
    pub fn new(plan: &ProducerPlan, stream: &Stream, seed: u64, replicate: u64) -> Self {
        let chance = |what: &str| {
            random::Stream::named(seed, replicate, &format!("producer/{}/{what}", plan.name))
        };
        let no_table;
        let (keys, kind) = match (&plan.source, &plan.fed) {
            (SourcePlan::Synthetic { keys, .. } | SourcePlan::Trace { keys, .. }, Some(fed)) => {
                let feed = Feed::new(plan, fed, BLOCK, chance);
                no_table = KeyPlan { explicit: keys.explicit.clone(), ..NO_TABLE };
                // Keys that go on as they come need no table.
                let keys = if fed.same_key.is_some() { &no_table } else { keys };
                (keys, Kind::Fed(Box::new(feed)))
            }
            (SourcePlan::Synthetic { rate, arrivals, sizes, keys }, None) => {
                let spacing = Spacing::new(*arrivals, plan.instances, &mut chance("phases"));
                let synthetic = Synthetic {
                    profile: Profile::new(rate),
                    spacing,
                    sizes: Sizes::new(sizes),
                    exposure: 0.0,
                    instances: plan.instances,
                    arrival_chance: chance("arrivals"),
                    key_chance: chance("keys"),
                    size_chance: chance("sizes"),
                    instance_chance: chance("instances"),
                };
                (keys, Kind::Synthetic(Box::new(synthetic)))
            }
            (SourcePlan::Trace { rows, keys }, None) => {
                let kind = Kind::Trace {
                    rows: rows.clone(),
                    next: 0,
                    instances: plan.instances,
                    key_chance: Box::new(chance("keys")),
                };
                (keys, kind)
            }
        };
        let nothing = Arrival {
            at: Instant::NEVER,
            key: KeyGroup::fresh(0),
            bytes: 0,
            instance: 0,
            shard: 0,
        };
        let mut source =
            Self { block: vec![nothing; BLOCK], next: 0, keys: Keys::new(keys, stream), kind };
        source.fill(stream);
        source
    }

    /// When the next record is born; [`Instant::NEVER`] when there are no more.
    #[inline]
    #[must_use]
    pub fn next_at(&self) -> Instant {
        self.block[self.next].at
    }

    /// The next records up to `until`, which is included, as `stream` routes them now: as many as
    /// are drawn. They stay until [`Source::pass`] is called.
    #[inline]
    pub fn ready<'a>(
        &'a mut self,
        until: Instant,
        stream: &Stream,
    ) -> impl Iterator<Item = &'a Arrival> + Clone + use<'a> {
        self.follow(stream);
        self.block[self.next..].iter().take_while(move |arrival| arrival.at <= until)
    }

    /// Lets the next `count` records go.
    #[inline]
    pub fn pass(&mut self, count: usize, stream: &Stream) {
        self.next += count;
        if self.next == BLOCK {
            self.next = 0;
            self.fill(stream);
        }
    }

    /// Number of the consumer whose work its records are made of; `None` where they have a source
    /// of their own.
    #[must_use]
    pub fn consumer(&self) -> Option<usize> {
        match &self.kind {
            Kind::Fed(feed) => Some(feed.consumer()),
            Kind::Synthetic(_) | Kind::Trace { .. } => None,
        }
    }

    /// What came of its consumer, if one feeds it.
    #[must_use]
    pub fn fed(&self) -> Option<Fed> {
        match &self.kind {
            Kind::Fed(feed) => Some(feed.fed()),
            Kind::Synthetic(_) | Kind::Trace { .. } => None,
        }
    }

    /// What its consumer has processed by `now` is offered now.
    pub fn take_in(&mut self, now: Instant, done: &[Cohort], stream: &Stream) {
        if let Kind::Fed(feed) = &mut self.kind {
            for cohort in done {
                feed.take_in(now, cohort);
            }
        }
        if self.next_at() == Instant::NEVER {
            self.next = 0;
            self.fill(stream);
        }
    }

    /// When the next record was born: as it is offered, or where it was first put.
    #[inline]
    #[must_use]
    pub fn next_born(&self) -> Instant {
        match &self.kind {
            Kind::Fed(feed) => feed.born(self.next),
            Kind::Synthetic(_) | Kind::Trace { .. } => self.next_at(),
        }
    }

    /// The shard a key belongs to now.
    #[inline]
    pub fn shard(&mut self, key: KeyGroup, stream: &Stream) -> u32 {
        self.follow(stream);
        self.keys.shard(key, stream)
    }

    /// Brings the shards of what has been drawn up to date with the stream's routing.
    #[inline]
    fn follow(&mut self, stream: &Stream) {
        if self.keys.follow(stream) {
            self.route(stream);
        }
    }

    fn route(&mut self, stream: &Stream) {
        for arrival in self.block.iter_mut().take_while(|it| it.at != Instant::NEVER) {
            arrival.shard = self.keys.shard(arrival.key, stream);
        }
    }

    /// How far each of its random streams has been used.
    pub fn draws(&self) -> impl Iterator<Item = u128> + '_ {
        let streams = match &self.kind {
            Kind::Synthetic(it) => {
                vec![&it.arrival_chance, &it.key_chance, &it.size_chance, &it.instance_chance]
            }
            // It is there for explicit hash keys alone.
            Kind::Trace { key_chance, .. } if key_chance.position() > 0 => vec![&**key_chance],
            Kind::Trace { .. } => Vec::new(),
            Kind::Fed(feed) => feed.draws(),
        };
        streams.into_iter().map(random::Stream::position)
    }

    fn fill(&mut self, stream: &Stream) {
        match &mut self.kind {
            Kind::Synthetic(synthetic) => synthetic.fill(&mut self.block, &mut self.keys),
            Kind::Trace { rows, next, instances, key_chance } => {
                for arrival in &mut self.block {
                    let Some(row) = rows.get(*next) else {
                        arrival.at = Instant::NEVER;
                        continue;
                    };
                    let (key, key_bytes) = self.keys.named(row.key, key_chance);
                    let instance = (*next % *instances as usize) as u32;
                    let bytes = row.bytes + key_bytes;
                    *arrival = Arrival { at: row.at, key, bytes, instance, shard: 0 };
                    *next += 1;
                }
            }
            Kind::Fed(feed) => feed.fill(&mut self.block, &mut self.keys),
        }
        self.route(stream);
    }
}

impl Synthetic {
    fn fill(&mut self, block: &mut [Arrival], keys: &mut Keys) {
        match &mut self.spacing {
            Spacing::Poisson => {
                for arrival in &mut *block {
                    self.exposure += self.arrival_chance.exponential();
                    arrival.at = self.profile.time_of(self.exposure);
                }
                if self.instances > 1 {
                    for arrival in &mut *block {
                        arrival.instance =
                            self.instance_chance.below(u64::from(self.instances)) as u32;
                    }
                }
            }
            Spacing::Even { ring, next, round } => {
                for arrival in &mut *block {
                    let (phase, instance) = ring[*next];
                    arrival.at = self.profile.time_of(*round + phase);
                    arrival.instance = instance;
                    *next += 1;
                    if *next == ring.len() {
                        *next = 0;
                        *round += ring.len() as f64;
                    }
                }
            }
            Spacing::Bursty(bursts) => {
                for arrival in &mut *block {
                    (arrival.at, arrival.instance) = bursts.next(&mut self.profile);
                }
            }
        }
        keys.draw_all(block, &mut self.key_chance);
        self.sizes.add_to(block, &mut self.size_chance);
    }
}

impl Spacing {
    fn new(plan: ArrivalsPlan, instances: u32, chance: &mut random::Stream) -> Self {
        match plan {
            ArrivalsPlan::Poisson => Self::Poisson,
            ArrivalsPlan::Even => {
                // An instance offers every `instances`-th record, at a phase of its own.
                let mut ring: Vec<(f64, u32)> =
                    (0..instances).map(|i| (chance.unit() * f64::from(instances), i)).collect();
                ring.sort_by(|a, b| a.0.total_cmp(&b.0));
                Self::Even { ring, next: 0, round: 0.0 }
            }
            ArrivalsPlan::Bursty { size, every } => {
                Self::Bursty(Bursts::new(size, every, instances, chance))
            }
        }
    }
}

impl Sizes {
    fn new(plan: &SizePlan) -> Self {
        match plan {
            SizePlan::Constant(bytes) => Self::Constant(bytes.0 as u32),
            SizePlan::Uniform { min, max } => Self::Uniform { min: min.0, span: max.0 - min.0 + 1 },
            SizePlan::LogNormal { median, p99, max } => Self::LogNormal {
                law: LogNormal::new(median.0 as f64, p99.0 as f64),
                max: max.0 as f64,
            },
            SizePlan::Exponential { mean, max } => {
                Self::Exponential { mean: mean.0 as f64, max: max.0 as f64 }
            }
            SizePlan::Weighted(values) => {
                let weights: Vec<f64> = values.iter().map(|value| value.1).collect();
                Self::Weighted {
                    values: values.iter().map(|value| value.0.0 as u32).collect(),
                    choice: Choice::new(&weights),
                }
            }
        }
    }

    /// Adds a drawn blob to the bytes of every arrival; what is drawn is rounded to whole bytes.
    fn add_to(&self, block: &mut [Arrival], chance: &mut random::Stream) {
        match self {
            Self::Constant(bytes) => block.iter_mut().for_each(|arrival| arrival.bytes += bytes),
            Self::Uniform { min, span } => {
                for arrival in block {
                    arrival.bytes += (min + chance.below(*span)) as u32;
                }
            }
            Self::LogNormal { law, max } => {
                for arrival in block {
                    arrival.bytes += (law.draw(chance) + 0.5).min(*max) as u32;
                }
            }
            Self::Exponential { mean, max } => {
                for arrival in block {
                    arrival.bytes += (chance.exponential() * mean + 0.5).min(*max) as u32;
                }
            }
            Self::Weighted { values, choice } => {
                for arrival in block {
                    arrival.bytes += values[choice.draw(chance) as usize];
                }
            }
        }
    }
}
