//! RegisterStreamConsumer: when consumers with enhanced fan-out come to be (KDS-R32).

use std::collections::BTreeSet;

use crate::model::facts;
use crate::model::plan::{IntakePlan, Plan};
use crate::time::{Instant, Span};

/// How a consumer came to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Registration {
    /// Its number among the readers.
    pub reader: usize,
    /// When it was asked for first.
    pub asked: Instant,
    /// Calls refused with `LimitExceededException`.
    pub refused: u64,
    /// When the call was made that was answered: it is CREATING from then on.
    pub registered: Instant,
    /// When it is ACTIVE and can be subscribed to.
    pub active: Instant,
}

/// How long one waits after a refusal (assumed).
const PAUSE: Span = Span::from_s(1);

/// The registrations of a run, in order of their calls; none where they take no time, which stands
/// for consumers registered before the run.
///
/// An account makes five calls a second and has five consumers in creation at once, whatever their
/// streams. A refused call counts as none, and is made again a second later. Nothing else that
/// happens in a run touches this, so that it is known before. A call that would come after the
/// run's end stands for all later ones.
#[must_use]
pub fn registrations(plan: &Plan) -> Vec<Registration> {
    let takes = |number: usize| match plan.readers[number].intake {
        IntakePlan::FanOut(fan_out) => fan_out.registration,
        IntakePlan::Poll(_) => Span::ZERO,
    };
    let asks = |number: usize| (plan.readers[number].starts, number);
    let new = (0..plan.readers.len()).filter(|&number| !takes(number).is_zero());
    let mut calls: BTreeSet<(Instant, usize)> = new.map(asks).collect();
    let mut refused = vec![0; plan.readers.len()];
    let mut made: Vec<Registration> = Vec::new();
    while let Some((at, reader)) = calls.pop_first() {
        let creating = made.iter().filter(|it| it.active > at).count();
        let within = made.iter().filter(|it| at.since(it.registered) < Span::from_s(1)).count();
        let full =
            creating >= facts::CONSUMERS_CREATING_MAX || within >= facts::REGISTRATIONS_PER_S;
        if full && at < Instant::ZERO + plan.duration {
            refused[reader] += 1;
            calls.insert((at + PAUSE, reader));
            continue;
        }
        made.push(Registration {
            reader,
            asked: asks(reader).0,
            refused: refused[reader],
            registered: at,
            active: at + takes(reader),
        });
    }
    made
}
