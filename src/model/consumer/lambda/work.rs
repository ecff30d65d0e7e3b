//! What a lane does with its batches: it invokes the function, and tries again, splits or gives up
//! what fails.

use super::lane::{Run, State};
use super::poison::first_bad;
use super::window::{NO_EDGE, Next};
use super::{Due, Lambda};
use crate::engine::Probe;
use crate::model::concurrency::Concurrency;
use crate::model::observation::{
    Answer, BatchCause, FailedAttempt, Invoked, Observation, Returned, SkipCause,
};
use crate::model::retry::Wait;
use crate::model::stream::Stream;
use crate::time::Instant;

/// What a lane that was idle does.
enum Step {
    /// It invokes the function with the next part of its batch.
    Invoke,
    /// It closes a tumbling window.
    Close,
    /// It waits for records, or until then.
    Wait(Instant),
}

impl Lambda {
    /// Lets an idle lane go on.
    pub(super) fn advance<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        lane: usize,
        stream: &mut Stream,
        account: &mut Concurrency,
        probe: &mut P,
    ) {
        while self.work[lane].state == State::Idle {
            self.expire(now, lane, stream, probe);
            let shard = self.place(lane).0;
            if !self.rest.works() {
                return self.finish(now, shard, stream);
            }
            let is_open = self.work[lane].window.is_some();
            if self.is_changing(shard as usize) && !is_open {
                // Its records are to go to other lanes first.
                return;
            }
            let step = if self.work[lane].parts.is_empty() {
                self.next_batch(now, lane, stream, probe)
            } else {
                Step::Invoke
            };
            match step {
                Step::Invoke if self.drop_aged(now, lane, probe) => {}
                Step::Invoke | Step::Close => self.invoke(now, lane, account, probe),
                Step::Wait(until) => {
                    let of = &mut self.work[lane];
                    if until != Instant::NEVER && of.looks != until {
                        of.looks = until;
                        self.timers.set(until.max(now), Due::Look(lane as u32));
                    }
                    return self.finish(now, shard, stream);
                }
            }
        }
    }

    /// Puts the next batch in hand, if one is complete (ESM-32).
    fn next_batch<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        lane: usize,
        stream: &Stream,
        probe: &mut P,
    ) -> Step {
        let shard = self.place(lane).0 as usize;
        let mut edge = NO_EDGE;
        let is_open = self.work[lane].window.is_some();
        if is_open && (self.plan.tumbling.is_none() || self.is_changing(shard)) {
            // There are to be none any more.
            return Step::Close;
        }
        if let Some(plan) = &self.plan.tumbling {
            let ended = self.lanes.begun(shard) && self.lanes.ended(shard, stream);
            match self.work[lane].next_in_window(plan, now, ended) {
                Next::Take(end) => edge = end,
                Next::Close => return Step::Close,
                Next::Wait(until) => return Step::Wait(until),
            }
        }
        let of = &self.work[lane];
        if of.records == 0 {
            return Step::Wait(Instant::NEVER);
        }
        let initial = self.initial(shard);
        let formed = of.form(self.plan.batch_size, edge, (&self.plan.payload, &initial));
        if formed.records == 0 {
            // Not even the first has room (ESM-40, ESM-41).
            self.drop_first(now, lane, 1, SkipCause::TooLarge, probe);
            return self.next_batch(now, lane, stream, probe);
        }
        let over = of.opened + self.plan.batching_window;
        let cause = match formed.cause {
            Some(cause) => cause,
            None if now >= over || self.plan.batching_window.is_zero() => BatchCause::Window,
            None => return Step::Wait(over),
        };
        let of = &mut self.work[lane];
        of.parts.begin(formed.records);
        (of.cause, of.tries) = (cause, 0);
        Step::Invoke
    }

    /// Gives up what is too old of the part that is next (ESM-76, ESM-77); whether all of it was.
    fn drop_aged<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        lane: usize,
        probe: &mut P,
    ) -> bool {
        let Some(part) = self.work[lane].parts.next() else { return true };
        let Some(age) = self.plan.record_age else { return false };
        let initial = self.initial(self.place(lane).0 as usize);
        let aged = self.work[lane].aged(u64::from(part), age, now, &initial);
        self.drop_first(now, lane, aged, SkipCause::TooOld, probe);
        aged == u64::from(part)
    }

    /// Invokes the function with the next part of the batch in hand; without one, to close a
    /// tumbling window.
    fn invoke<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        lane: usize,
        account: &mut Concurrency,
        probe: &mut P,
    ) {
        let reader = self.lanes.number;
        let Some(start) = self.function.take(now, &self.condition, account) else {
            probe.observe(now, Observation::InvocationThrottled { reader });
            let of = &mut self.work[lane];
            of.throttled += 1;
            let tries = of.throttled;
            return self.pause(now, lane, self.plan.mapping.throttle, tries);
        };
        let (shard, number) = self.place(lane);
        let initial = self.initial(shard as usize);
        let of = &mut self.work[lane];
        let part = of.parts.next();
        let records = part.unwrap_or(0);
        let place = (shard, lane);
        let range = (of.first, records);
        let bad = first_bad(&mut self.bad, now, place, range, &mut self.places);
        let first = bad.map(|(first, _)| first);
        let partial = self.plan.partial;
        let course = self.function.course(records, (start, first), partial, &self.condition);
        let (bytes, age) = of.hand_over(records, now, &initial);
        let again = of.handed.saturating_sub(of.first).min(u64::from(records)) as u32;
        of.handed = of.handed.max(of.first + u64::from(records));
        of.throttled = 0;
        of.serial = of.serial.wrapping_add(1);
        let is_final = part.is_none();
        let fault = bad.map(|(_, fault)| fault);
        of.state = State::Running(Run { began: now, course, records, is_final, fault });
        let due = Due::Returned { lane: lane as u32, serial: of.serial };
        let cause = match part {
            None => BatchCause::Edge,
            Some(_) if again > 0 => BatchCause::Again,
            Some(_) => of.cause,
        };
        let invoked = Invoked { reader, shard, lane: number, records, bytes, age, cause };
        probe.observe(now, Observation::Invoked(invoked));
        if again > 0 {
            probe.observe(now, Observation::Redelivered { reader, records: again });
        }
        self.timers.set(now + start + course.work, due);
    }

    /// The invocation that runs is over.
    pub(super) fn returned<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        lane: usize,
        stream: &mut Stream,
        account: &mut Concurrency,
        probe: &mut P,
    ) {
        let State::Running(run) = self.work[lane].state else { return };
        self.work[lane].state = State::Idle;
        self.function.give_back(now, false, account);
        let (reader, (shard, number)) = (self.lanes.number, self.place(lane));
        let Run { began, records, .. } = run;
        let (start, answer) = (run.course.start, run.course.answer);
        let over = Returned { reader, shard, lane: number, records, began, start, answer };
        probe.observe(now, Observation::Returned(over));
        match answer {
            Answer::Done if run.is_final => self.work[lane].window = None,
            Answer::Done => self.done(now, lane, records, probe),
            Answer::Partly(done) if done > 0 => {
                self.done(now, lane, done, probe);
                // What is left begins anew, after a pause (ESM-91).
                self.pause(now, lane, self.plan.mapping.retry, 1);
            }
            _ => self.failed(now, lane, &run, probe),
        }
        if self.work[lane].parts.is_empty() {
            self.work[lane].opened = now;
        }
        self.release(now, shard, stream, probe);
        self.advance(now, lane, stream, account, probe);
        if self.is_changing(shard as usize) {
            self.regroup(now, shard, stream, account, probe);
        }
    }

    /// The first `records` of the part that was handed over are done: their checkpoint is set.
    fn done<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        lane: usize,
        records: u32,
        probe: &mut P,
    ) {
        let (reader, shard) = (self.lanes.number, self.place(lane).0 as usize);
        let initial = self.initial(shard);
        let (of, outlet) = (&mut self.work[lane], &mut self.lanes.outlet);
        let first = of.first;
        of.take(u64::from(records), &initial, |held| {
            probe.observe(now, held.delivered(reader, now, &initial));
            held.pass_on(&initial, outlet);
        });
        of.shorten(records);
        of.tries = 0;
        if let (Some(open), Some(plan)) = (&mut of.window, &self.plan.tumbling) {
            open.add(plan, records);
        }
        self.free(now, lane, (first, u64::from(records)), false, probe);
    }

    /// An invocation failed as a whole, or at its first record, which counts alike (ESM-92): it is
    /// split, tried again, or given up. So is the final one of a window (ESM-122).
    fn failed<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        lane: usize,
        run: &Run,
        probe: &mut P,
    ) {
        let (reader, shard) = (self.lanes.number, self.place(lane).0);
        if let Some(fault) = run.fault {
            let (records, began) = (run.records, run.began);
            let attempt = FailedAttempt { reader, shard, fault, records, began };
            probe.observe(now, Observation::ProcessingFailed(attempt));
        }
        let whole = !matches!(run.course.answer, Answer::Partly(_));
        let of = &mut self.work[lane];
        if self.plan.bisect && whole && run.records > 1 {
            // At every error (ESM-86). The first half is the smaller one (ESM-85) and goes first
            // (ESM-84), and both begin anew (ESM-82, ESM-83).
            of.parts.halve();
            of.tries = 0;
            return;
        }
        of.tries += 1;
        let tries = of.tries;
        if self.plan.retries.is_none_or(|most| tries <= most) {
            return self.pause(now, lane, self.plan.mapping.retry, tries);
        }
        of.tries = 0;
        if run.is_final {
            of.window = None;
        } else {
            let cause = SkipCause::RetriesExhausted;
            self.drop_first(now, lane, u64::from(run.records), cause, probe);
        }
    }

    /// Pauses before the next try, the one after `tries` that went wrong.
    pub(super) fn pause(&mut self, now: Instant, lane: usize, wait: Wait, tries: u32) {
        let time = wait.draw(tries, &mut self.pauses);
        let of = &mut self.work[lane];
        of.state = State::Paused;
        of.serial = of.serial.wrapping_add(1);
        let due = Due::Again { lane: lane as u32, serial: of.serial };
        self.timers.set(now + time, due);
    }
}
