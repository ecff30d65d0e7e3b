//! One quantum of a shard that refuses.

use super::{Back, Bytes, Due, Moments, Overload, Sums, Tally};
use crate::model::aggregate::crowd::Waited;
use crate::model::aggregate::judge::turned;
use crate::model::aggregate::pressure::full_of_singles;
use crate::model::aggregate::strain::{Strain, strain};
use crate::model::aggregate::supply::Lot;
use crate::model::consumer::Quanta;
use crate::model::stream::Stream;
use crate::rounding::{nearest, whole};

/// What becomes of attempts in a quantum.
#[derive(Clone, Copy, Debug)]
struct Fate {
    /// Chance of being refused, of those that came in the quantum, and of those that come again
    /// within it.
    due: f64,
    again: f64,
    /// Whether more is sent than gets in: what does is as regular as the limit.
    full: bool,
}

impl Overload {
    /// Plays the quantum in `column` of `quanta`, which begin with number `first`.
    pub(super) fn play(
        &mut self,
        (first, column): (usize, usize),
        (shard, place): (usize, usize),
        lot: &Lot,
        quanta: Quanta,
        stream: &mut Stream,
        tally: &mut Tally,
    ) {
        let (fresh, number) = (lot.each[place], first + column);
        let offered = (f64::from(fresh.records), fresh.bytes as i64 as f64);
        let charged = fresh.charged as i64 as f64;
        self.charge = charged / offered.1;
        let mut due = std::mem::take(&mut self.due.each[number]);
        due[0].add(offered.0, lot.waited);
        let all: f64 = due[..self.attempts].iter().map(|it| it.records).sum();
        let due_bytes = std::mem::take(&mut self.due.bytes[number]);
        let all_bytes = offered.1 + due_bytes;
        let all_charged = charged + due_bytes * self.charge;
        let (limit, shards) = stream.for_quantum();
        let level = &mut shards[shard].write;
        let room = limit.room(level, quanta.start(column), quanta.cell);
        let fate = match strain(room, (all, all_charged), || self.chance.exponential()) {
            Strain::None => Fate { due: 0.0, again: 0.0, full: false },
            Strain::Moments(part) => Fate { due: part, again: 0.0, full: false },
            Strain::Beyond { room, .. } => {
                let sent = self.again.iter().zip(&due[..self.attempts]);
                let sent = sent.map(|(again, due)| (due.records, *again));
                self.full = full_of_singles(room, &sent, self.full);
                Fate { due: self.full, again: self.full, full: true }
            }
        };
        let mut deal = Bytes::of(all, all_bytes);
        let way = ((number, column), (fate, lot.waited));
        let (attempts, stored) = self.judge(way, &due, &mut deal);
        let bytes = nearest(attempts * deal.each);
        let attempted = (attempts, if bytes > stored.1 { bytes } else { stored.1 });
        let sums = &mut self.sums[number];
        sums.offered = (sums.offered.0 + offered.0, sums.offered.1 + offered.1);
        sums.attempted_bytes += attempted.1;
        sums.stored_bytes += stored.1;
        self.moments[column] = if fate.full { 0.0 } else { stored.0 };
        limit.pay(level, quanta.cell, whole(stored.0), whole(stored.1 * self.charge));
        tally.add(offered, attempted, stored, self.plenty.is_passed(attempted));
    }

    /// Goes through the attempts of a quantum, of which the first have waited so long: returns how
    /// many there are, and records and bytes that are stored.
    fn judge(
        &mut self,
        ((number, column), (fate, fresh)): ((usize, usize), (Fate, Waited)),
        due: &[Moments],
        deal: &mut Bytes,
    ) -> (f64, (f64, f64)) {
        let (mut attempted, mut stored) = (0.0, (0.0, 0.0));
        let (mut again, sums) = (Moments::default(), &mut self.sums[number]);
        let rows = self.rows[..self.attempts].iter_mut().rev();
        for (attempt, (rows, due)) in rows.zip(due).enumerate() {
            let all = due.and(&again);
            if all.records <= 0.0 {
                rows.set(column, (0.0, 0.0), 0.0, (0.0, 0.0));
                continue;
            }
            let refused = due.records * fate.due + again.records * fate.again;
            let refused = carried(&mut self.carry, refused, all.records);
            let waited = if attempt == 0 { fresh } else { all.law() };
            let kept = all.records - refused;
            let (bytes, waits) = (deal.next(kept), waited.spread());
            self.phase = turned(self.phase);
            rows.set(column, (kept, bytes), self.phase, waits);
            sums.attempts[attempt] += all.records;
            sums.stored[attempt].add(kept, waits);
            attempted += all.records;
            stored = (stored.0 + kept, stored.1 + bytes);
            again = if refused > 0.0 {
                let left = (attempt, refused, waited);
                self.back.send(left, (number, &mut self.due), sums, deal)
            } else {
                Moments::default()
            };
        }
        (attempted, stored)
    }
}

impl Back {
    /// What was refused at an attempt in quantum number `number` is sent to a later one, or lost:
    /// returns what comes again within this one.
    #[inline]
    fn send(
        &mut self,
        (attempt, refused, waited): (usize, f64, Waited),
        (number, due): (usize, &mut Due),
        sums: &mut Sums,
        deal: &mut Bytes,
    ) -> Moments {
        let mut again = Moments::default();
        let Some(back) = self.after.get(attempt) else {
            sums.lost = (sums.lost.0 + refused, sums.lost.1 + deal.next(refused));
            return again;
        };
        let granted = if self.granted < 1.0 {
            carried(&mut self.carries[0], refused * self.granted, refused)
        } else {
            refused
        };
        let lost = refused - granted;
        (sums.asked, sums.granted) = (sums.asked + refused, sums.granted + granted);
        sums.lost = (sums.lost.0 + lost, sums.lost.1 + deal.next(lost));
        let at_once = carried(&mut self.carries[1], granted * back.same.part, granted);
        again.add(at_once, waited.and(back.same.waited()));
        let (later, mut sent) = (granted - at_once, 0.0);
        for (place, (ahead, up_to, landing)) in (1..).zip(&back.later) {
            let wanted = nearest(later * up_to + self.landing - 0.5);
            let up_to = if place == back.later.len() || wanted > later { later } else { wanted };
            let (ahead, k) = (number + *ahead as usize, up_to - sent);
            if k > 0.0 {
                due.each[ahead][attempt + 1].add(k, waited.and(landing.waited()));
                due.bytes[ahead] += deal.next(k);
                sent += k;
            }
        }
        self.landing = turned(self.landing);
        again
    }
}

/// `x` in whole numbers, at most `all`: what is left over is carried on.
#[inline]
fn carried(carry: &mut f64, x: f64, all: f64) -> f64 {
    let wanted = x + *carry;
    let whole = nearest(wanted);
    let whole = if whole < all { whole } else { all };
    let over = wanted - whole;
    *carry = if over < 1.0 { over } else { 1.0 };
    whole
}
