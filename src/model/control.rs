//! What happens at moments known beforehand.

use std::collections::VecDeque;

use crate::engine::Probe;
use crate::model::consumer::Consumer;
use crate::model::events::{ActionKind, Condition, FaultPlan};
use crate::model::observation::Observation;
use crate::model::plan::{Plan, ReaderPlan};
use crate::model::stream::Stream;
use crate::time::{Instant, Span};

/// Acts first at its moment, so that everything else of that moment already sees the change.
#[derive(Clone, Debug)]
pub struct Control {
    /// In order of time, then as declared.
    turns: VecDeque<(Instant, Turn)>,
    faults: Vec<FaultPlan>,
}

/// Something that happens at its moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    EndWarmUp,
    /// A fault of this reader begins or ends.
    Reader(usize),
    /// A fault of some producers' calls begins or ends.
    Producers,
    /// A stream keeps its records for another time.
    Retention(usize, Span),
}

impl Control {
    /// The turns of `plan`.
    #[must_use]
    pub fn new(plan: &Plan) -> Self {
        let mut turns = Vec::new();
        if !plan.warm_up.is_zero() {
            turns.push((Instant::ZERO + plan.warm_up, Turn::EndWarmUp));
        }
        for action in &plan.actions {
            if let ActionKind::RetentionPeriod { stream, to, holds_from, .. } = action.kind {
                turns.push((holds_from, Turn::Retention(stream, to)));
            }
        }
        for fault in &plan.faults {
            let hit = |(number, reader): (usize, &ReaderPlan)| {
                let hit = fault.kind.reader() == Some(number);
                (hit || fault.kind.stream() == Some(reader.stream)).then_some(number)
            };
            for reader in plan.readers.iter().enumerate().filter_map(hit) {
                turns.push((fault.from, Turn::Reader(reader)));
                turns.push((fault.until, Turn::Reader(reader)));
            }
            if fault.kind.is_of_puts() {
                turns.push((fault.from, Turn::Producers));
                turns.push((fault.until, Turn::Producers));
            }
        }
        turns.sort_by_key(|turn| turn.0);
        Self { turns: turns.into(), faults: plan.faults.clone() }
    }

    /// When the next turn is due. Nothing that spans time may reach across it.
    #[must_use]
    pub fn next_at(&self) -> Instant {
        self.turns.front().map_or(Instant::NEVER, |turn| turn.0)
    }

    /// Does what is due at `now`; `rouse` is told of consumers that may have to act sooner, and
    /// `upset` of the faults that producers suffer from, where that changes.
    pub fn act<P: Probe<Observation>>(
        &mut self,
        now: Instant,
        streams: &mut [Stream],
        consumers: &mut [Consumer],
        probe: &mut P,
        mut rouse: impl FnMut(usize, Instant),
        upset: impl FnOnce(&[FaultPlan]),
    ) {
        let mut upsets = false;
        while let Some(&(at, turn)) = self.turns.front()
            && at <= now
        {
            self.turns.pop_front();
            match turn {
                Turn::EndWarmUp => probe.observe(now, Observation::WarmedUp),
                Turn::Reader(reader) => {
                    let consumer = &mut consumers[reader];
                    let stream = &mut streams[consumer.stream()];
                    // Of all faults: where one ends as another begins, nothing changes.
                    let condition = Condition::of(reader, consumer.stream(), now, &self.faults);
                    consumer.meet(condition, now, stream, probe);
                    rouse(reader, consumer.next_at());
                }
                Turn::Producers => upsets = true,
                Turn::Retention(stream, to) => streams[stream].set_retention(now, to),
            }
        }
        if upsets {
            upset(&self.faults);
        }
    }
}
