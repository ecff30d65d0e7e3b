//! One quantum of shards that refuse.

use super::fate::{Fate, Rooms};
use super::lanes::{Bytes, Lanes, Moments, Waits, carried, each, larger, ratio, smaller, sum};
use super::{Back, Group, Later, Overload, Sums};
use crate::model::aggregate::crowd::Waited;
use crate::model::aggregate::golden::turned;
use crate::model::consumer::Quanta;
use crate::model::stream::Stream;
use crate::rounding::{nearest, whole};

impl Overload {
    /// Plays quantum `number`, that in `column` of `quanta`; what is new has `waited` so long.
    #[inline]
    pub(super) fn play(
        &mut self,
        (number, column): (usize, usize),
        (group, waited): (&mut Group<'_>, Waited),
        quanta: Quanta,
        stream: &mut Stream,
    ) {
        let fresh = Waits { mean: waited.mean.into(), variance: waited.variance.into() };
        let shares = &group.shares;
        let offered =
            (each(|lane| shares[lane].records[number]), each(|lane| shares[lane].bytes[number]));
        let charge = ratio(each(|lane| shares[lane].charged[number]), offered.1);
        group.charge = charge;
        self.due.each[number][0].add(offered.0, fresh);
        let due = &self.due.each[number][..self.attempts];
        let all = due.iter().fold(Lanes::ZERO, |sum, it| sum + it.records);
        let bytes = offered.1 + std::mem::take(&mut self.due.bytes[number]);
        let (limit, shards) = stream.for_quantum();
        let start = quanta.start(column);
        let rooms = Rooms::of(group.members.len(), |lane| {
            limit.room(&mut shards[group.members[lane].shard].write, start, quanta.cell)
        });
        let sent = due.iter().zip(&self.again).map(|(due, again)| (due.records, *again));
        let fate = rooms.fate((all, bytes * charge), &sent, &mut self.full, &mut self.chance);
        let mut deal = Bytes::of(all, bytes);
        let (attempts, stored) = self.judge((number, column), (fate, fresh), &mut deal);
        let attempted = (attempts, larger(nearest(attempts * deal.each), stored.1));
        let sums = &mut self.sums[number];
        sums.offered = (sums.offered.0 + sum(offered.0), sums.offered.1 + sum(offered.1));
        sums.attempted_bytes += sum(attempted.1);
        sums.stored_bytes += sum(stored.1);
        let (moments, paid) = ((!fate.full & stored.0).to_array(), (stored.1 * charge).to_array());
        let (kept, sent) = (stored.0.to_array(), [attempted.0, attempted.1].map(Lanes::to_array));
        for (lane, member) in group.members.iter().enumerate() {
            self.moments[lane][column] = moments[lane];
            let level = &mut shards[member.shard].write;
            limit.pay(level, quanta.cell, whole(kept[lane]), whole(paid[lane]));
            let is_over = self.plenty.is_passed((sent[0][lane], sent[1][lane]));
            group.over[lane] += u32::from(is_over);
        }
        group.tally.add(offered, attempted, stored);
    }

    /// Goes through the attempts of a quantum, of which the first have waited so long: returns how
    /// many there are, and records and bytes that are stored.
    #[inline]
    fn judge(
        &mut self,
        (number, column): (usize, usize),
        (fate, fresh): (Fate, Waits),
        deal: &mut Bytes,
    ) -> (Lanes, (Lanes, Lanes)) {
        let (mut attempted, mut stored) = (Lanes::ZERO, (Lanes::ZERO, Lanes::ZERO));
        let (mut again, sums) = (Moments::default(), &mut self.sums[number]);
        let (now, mut later) = self.due.after(number);
        for (attempt, due) in now[..self.attempts].iter_mut().enumerate() {
            let due = std::mem::take(due);
            let all = due.and(&again);
            let refused = due.records * fate.due + again.records * fate.again;
            let refused = carried(&mut self.carry, refused, all.records);
            let waited = if attempt == 0 { fresh } else { all.law() };
            let kept = all.records - refused;
            let bytes = deal.next(kept);
            let place = self.attempts - 1 - attempt;
            let (records, bytes_each) = (kept.to_array(), bytes.to_array());
            let (shortest, longest) = waited.spread();
            let (shortest, longest) = (shortest.to_array(), longest.to_array());
            for (lane, rows) in self.rows.iter_mut().enumerate() {
                rows[place].come(column, (records[lane], bytes_each[lane]));
                rows[place].wait(column, (shortest[lane], longest[lane]));
            }
            sums.attempts[attempt] += sum(all.records);
            sums.stored[attempt].add(kept, waited);
            attempted += all.records;
            stored = (stored.0 + kept, stored.1 + bytes);
            again = self.back.send((attempt, refused, waited), &mut later, sums, deal);
        }
        (attempted, stored)
    }
}

impl Back {
    /// What was refused at an attempt is sent to a later one, or lost: returns what comes again
    /// within the quantum.
    #[inline]
    fn send(
        &mut self,
        (attempt, refused, waited): (usize, Lanes, Waits),
        later: &mut Later<'_>,
        sums: &mut Sums,
        deal: &mut Bytes,
    ) -> Moments {
        let mut again = Moments::default();
        let Some(back) = self.after.get(attempt) else {
            sums.lose(refused, deal.next(refused));
            return again;
        };
        let granted = if self.granted < 1.0 {
            carried(&mut self.carries[0], refused * self.granted, refused)
        } else {
            refused
        };
        let lost = refused - granted;
        (sums.asked, sums.granted) = (sums.asked + sum(refused), sums.granted + sum(granted));
        sums.lose(lost, deal.next(lost));
        let same = &back.same;
        let at_once = carried(&mut self.carries[1], granted * same.part, granted);
        again.add(at_once, waited.and(same.mean, same.variance));
        let (all, mut sent) = (granted - at_once, Lanes::ZERO);
        for (place, (ahead, up_to, landing)) in (1..).zip(&back.later) {
            let wanted = nearest(all * *up_to + (self.landing - 0.5));
            let up_to = if place == back.later.len() { all } else { smaller(wanted, all) };
            let (ahead, k) = (*ahead as usize - 1, up_to - sent);
            let due = &mut later.each[ahead][attempt + 1];
            due.add(k, waited.and(landing.mean, landing.variance));
            later.bytes[ahead] += deal.next(k);
            sent = up_to;
        }
        self.landing = Lanes::new(self.landing.to_array().map(turned));
        again
    }
}
