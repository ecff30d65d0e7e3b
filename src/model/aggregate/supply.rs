//! What a producer offers in a quantum, shard by shard.

use std::sync::Arc;

use crate::model::aggregate::calls::Charge;
use crate::model::aggregate::cells::Cells;
use crate::model::aggregate::crowd::Waited;
use crate::model::facts;
use crate::model::hashing::HashRange;
use crate::model::keys::{hash_of, key_count, name_bytes};
use crate::model::plan::{ArrivalsPlan, KeyPlan, ProducerPlan, SizePlan, SourcePlan, TraceRow};
use crate::model::profile::Profile;
use crate::model::stream::Stream;
use crate::random::{self, Poisson};
use crate::rounding::{nearest, whole};
use crate::time::Instant;
use crate::units::Bytes;

/// What is offered in a quantum, by open shard.
#[derive(Clone, Debug, Default)]
pub(super) struct Lot {
    /// Of each.
    pub(super) each: Vec<Share>,
    /// Records of all shards.
    pub(super) total: f64,
    /// How long they have waited when they are sent.
    pub(super) waited: Waited,
}

/// What of it comes to one shard, in whole numbers.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Share {
    /// Records.
    pub(super) records: f64,
    /// Data and keys (bytes).
    pub(super) bytes: f64,
    /// What they are charged (bytes).
    pub(super) charged: f64,
}

/// Where records come from.
#[derive(Clone, Debug)]
pub(super) enum Supply {
    Drawn(Box<Drawn>),
    Trace(Trace),
}

/// Rows that are played as they stand.
#[derive(Clone, Debug)]
pub(super) struct Trace {
    rows: Arc<Vec<TraceRow>>,
    next: usize,
    /// By number.
    keys: Vec<TraceKey>,
    /// Mean length of a record's key (bytes).
    key_bytes: f64,
}

/// A key of a trace.
#[derive(Clone, Copy, Debug)]
struct TraceKey {
    hash: u128,
    /// Place of its shard among the open ones.
    place: u32,
    /// Its length (bytes).
    bytes: u32,
    /// Rows that have it.
    rows: u32,
}

/// Records drawn from distributions.
#[derive(Clone, Debug)]
pub(super) struct Drawn {
    profile: Profile,
    /// Poisson, or else as many as the rate brings.
    poisson: bool,
    cells: Cells,
    /// Of each open shard: its part of all records, and the mean length of their keys (bytes).
    each: Vec<(f64, f64)>,
    /// What the laws were made for (records).
    exposure: f64,
    laws: Vec<Poisson>,
    /// Of each open shard, what a record weighs and is charged in the mean (bytes), and the filling
    /// of calls that this was made for.
    charges: (f64, Vec<(f64, f64)>),
}

impl Supply {
    /// Of `plan`, and the sizes of its records.
    pub(super) fn new(plan: &ProducerPlan, stream: &Stream) -> (Self, SizePlan) {
        match &plan.source {
            SourcePlan::Synthetic { rate, arrivals, sizes, keys } => {
                let mut drawn = Drawn {
                    profile: Profile::new(rate),
                    poisson: *arrivals == ArrivalsPlan::Poisson,
                    cells: Cells::new(keys),
                    each: Vec::new(),
                    exposure: f64::NAN,
                    laws: Vec::new(),
                    charges: (f64::NAN, Vec::new()),
                };
                drawn.route(stream);
                (Self::Drawn(Box::new(drawn)), sizes.clone())
            }
            SourcePlan::Trace { rows, keys } => {
                let mut keys = trace_keys(keys);
                rows.iter().for_each(|row| keys[row.key as usize].rows += 1);
                let lengths: u64 =
                    keys.iter().map(|it| u64::from(it.bytes) * u64::from(it.rows)).sum();
                let key_bytes = lengths as f64 / (rows.len() as f64).max(1.0);
                let sizes = rows.iter().map(|row| (Bytes(u64::from(row.bytes)), 1.0)).collect();
                let mut trace = Trace { rows: rows.clone(), next: 0, keys, key_bytes };
                trace.route(stream);
                (Self::Trace(trace), SizePlan::Weighted(sizes))
            }
        }
    }

    /// Whether its records are counted in a trace, and no rate is given.
    pub(super) fn is_counted(&self) -> bool {
        matches!(self, Self::Trace(_))
    }

    /// Keys belong to other shards than before.
    pub(super) fn route(&mut self, stream: &Stream) {
        match self {
            Self::Drawn(drawn) => drawn.route(stream),
            Self::Trace(trace) => trace.route(stream),
        }
    }

    /// Part of all records whose hash keys lie in this range.
    pub(super) fn share_of(&self, range: HashRange) -> f64 {
        match self {
            Self::Drawn(drawn) => drawn.cells.on(range).share,
            Self::Trace(trace) => {
                let within = trace.keys.iter().filter(|key| range.contains(key.hash));
                within.map(|key| f64::from(key.rows)).sum()
            }
        }
    }

    /// Brings its weights up to date with `now`; returns when they, or its rates, change next.
    pub(super) fn follow(&mut self, now: Instant, stream: &Stream) -> Instant {
        match self {
            Self::Drawn(drawn) => {
                if drawn.cells.changes <= now {
                    drawn.cells.weigh(now);
                    drawn.route(stream);
                }
                drawn.profile.next_step(now).min(drawn.cells.changes)
            }
            Self::Trace(_) => Instant::NEVER,
        }
    }

    /// Fills `lot` with what comes to each shard; returns how much is expected in all. `rounds` if
    /// each row of a trace is rounded up for itself.
    pub(super) fn count(
        &mut self,
        (from, to): (Instant, Instant),
        rounds: bool,
        lot: &mut Lot,
        chance: &mut random::Stream,
    ) -> f64 {
        match self {
            Self::Drawn(drawn) => drawn.count(from, to, lot, chance),
            Self::Trace(trace) => trace.take(to, rounds, lot),
        }
    }

    /// Says what the records of each shard weigh and are charged, with so many `entries` a call.
    pub(super) fn weigh(
        &mut self,
        charge: &mut Charge,
        entries: f64,
        lot: &mut Lot,
        chance: &mut random::Stream,
    ) {
        match self {
            Self::Drawn(drawn) => drawn.weigh(charge, entries, lot, chance),
            Self::Trace(trace) => trace.charge(charge, entries, lot),
        }
    }
}

impl Drawn {
    /// What falls on each shard as the stream routes now.
    fn route(&mut self, stream: &Stream) {
        self.each.clear();
        for &shard in stream.open() {
            let cell = self.cells.on(stream.shards[shard as usize].rest.range);
            let length = if cell.share > 0.0 { cell.key_bytes / cell.share } else { 0.0 };
            self.each.push((cell.share, length));
        }
        (self.exposure, self.charges.0) = (f64::NAN, f64::NAN);
    }

    /// Draws how many records come to each shard; returns how many are expected in all.
    fn count(
        &mut self,
        from: Instant,
        to: Instant,
        lot: &mut Lot,
        chance: &mut random::Stream,
    ) -> f64 {
        let (before, after) = (self.profile.offered_by(from), self.profile.offered_by(to));
        let exposure = after - before;
        if !self.poisson {
            self.deal(after as u64 - before as u64, lot, chance);
            return exposure;
        }
        // The same rate again makes the same sum but for its last bits.
        if (exposure - self.exposure).abs() > 1e-9 * exposure || self.exposure.is_nan() {
            self.exposure = exposure;
            self.laws.clear();
            self.laws.extend(self.each.iter().map(|(share, _)| Poisson::new(exposure * share)));
        }
        if exposure > 0.0 {
            for (share, law) in lot.each.iter_mut().zip(&self.laws) {
                share.records = law.draw(chance);
            }
        } else {
            lot.clear();
        }
        exposure
    }

    /// Deals `total` records to the shards: each has its part of those that are left.
    fn deal(&self, total: u64, lot: &mut Lot, chance: &mut random::Stream) {
        let (mut left, mut share_left) = (total, 1.0);
        for (dealt, (share, _)) in lot.each.iter_mut().zip(&self.each) {
            let part = if share_left > 0.0 { (share / share_left).min(1.0) } else { 1.0 };
            let drawn = chance.binomial(left, part);
            dealt.records = drawn as f64;
            left -= drawn;
            share_left -= share;
        }
        // What rounding of shares has left over belongs to the last shard that has a share.
        if left > 0
            && let Some(last) = self.each.iter().rposition(|(share, _)| *share > 0.0)
        {
            lot.each[last].records += left as f64;
        }
    }

    /// What the records of each shard weigh and are charged.
    fn weigh(
        &mut self,
        charge: &mut Charge,
        entries: f64,
        lot: &mut Lot,
        chance: &mut random::Stream,
    ) {
        if (self.charges.0 - entries).abs() > 0.01 * entries || self.charges.0.is_nan() {
            self.charges.0 = entries;
            self.charges.1.clear();
            for &(share, length) in &self.each {
                let size = charge.mean + length;
                let charged = charge.of(length, (entries - 1.0) * share).max(size);
                self.charges.1.push((size, charged));
            }
        }
        let deviation = charge.deviation;
        for (share, &(size, charged)) in lot.each.iter_mut().zip(&self.charges.1) {
            let n = share.records;
            if deviation <= 0.0 || n <= 0.0 {
                (share.bytes, share.charged) = (nearest(n * size), nearest(n * charged));
                continue;
            }
            let drawn = deviation * n.sqrt() * chance.normal();
            let sum = (n * size + drawn).max(n);
            (share.bytes, share.charged) = (nearest(sum), nearest((n * charged + drawn).max(sum)));
        }
    }
}

impl Trace {
    fn route(&mut self, stream: &Stream) {
        for key in &mut self.keys {
            let place = stream.open().binary_search(&stream.route(key.hash));
            key.place = place.unwrap_or_default() as u32;
        }
    }

    /// Takes the rows before `to` off; returns how many there are. `rounds` if each record is
    /// rounded up for itself (KDS-W06).
    fn take(&mut self, to: Instant, rounds: bool, lot: &mut Lot) -> f64 {
        let (first, step) = (self.next, facts::METERING_STEP.0);
        lot.clear();
        while let Some(row) = self.rows.get(self.next)
            && row.at < to
        {
            let key = self.keys[row.key as usize];
            let bytes = u64::from(row.bytes + key.bytes);
            let share = &mut lot.each[key.place as usize];
            let charged = if rounds { bytes.next_multiple_of(step) } else { bytes };
            share.records += 1.0;
            share.bytes += bytes as f64;
            share.charged += charged as f64;
            self.next += 1;
        }
        (self.next - first) as f64
    }

    /// Adds what calls are rounded up by, in the mean of all rows (KDS-W07).
    fn charge(&self, charge: &mut Charge, entries: f64, lot: &mut Lot) {
        for share in &mut lot.each {
            if share.records > 0.0 {
                let n = share.records;
                let others = (entries - 1.0) * n / lot.total.max(1.0);
                let more = charge.of(self.key_bytes, others) - charge.mean - self.key_bytes;
                share.charged += nearest(n * more.max(0.0));
            }
        }
    }
}

/// The keys of a trace that are not routed and not counted yet.
fn trace_keys(plan: &KeyPlan) -> Vec<TraceKey> {
    let key = |number| TraceKey {
        hash: hash_of(plan, number),
        place: 0,
        bytes: name_bytes(plan, number) as u32,
        rows: 0,
    };
    (0..key_count(plan)).map(key).collect()
}

impl Share {
    /// Records, bytes and what is charged.
    #[inline]
    pub(super) fn counts(&self) -> (u32, u64, u64) {
        (whole(self.records) as u32, whole(self.bytes), whole(self.charged))
    }
}

impl Lot {
    pub(super) fn new(shards: usize) -> Self {
        Self { each: vec![Share::default(); shards], total: 0.0, waited: Waited::default() }
    }

    pub(super) fn clear(&mut self) {
        self.each.fill(Share::default());
    }

    /// Bytes of memory it takes.
    pub(super) fn memory(&self) -> u64 {
        (self.each.len() * size_of::<Share>()) as u64
    }

    /// Both together, as they come when a rate rises and calls fill sooner.
    pub(super) fn and(mut self, later: &Self) -> Self {
        for (sum, more) in self.each.iter_mut().zip(&later.each) {
            sum.records += more.records;
            sum.bytes += more.bytes;
            sum.charged += more.charged;
        }
        (self.total, self.waited) = (self.total + later.total, later.waited);
        self
    }
}
