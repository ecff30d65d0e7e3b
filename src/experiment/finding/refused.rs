//! K601: calls for other shards that were refused, or will be.

use crate::engine::Probe;
use crate::experiment::outcome::{Asker, Change, ChangeKind, Outcome, Refusal, ReshardCall};
use crate::model::account::Account;
use crate::model::concurrency::Concurrency;
use crate::model::control::{Control, Scene};
use crate::model::events::ActionKind;
use crate::model::log::Kept;
use crate::model::observation::Observation;
use crate::model::plan::{Plan, StreamMode};
use crate::model::stream::Stream;
use crate::time::{Instant, Span};

/// K601: calls for other shards were refused, so that nothing came of them.
#[derive(Clone, Debug, PartialEq)]
pub struct RefusedCalls {
    /// Those of one caller and one reason together, in order of the first.
    pub groups: Vec<RefusedGroup>,
    /// Calls of operators and autoscalers in all.
    pub calls: usize,
    /// Whether it was played; else it is what follows from the scenario.
    pub played: bool,
}

/// Calls that were refused for one reason.
#[derive(Clone, Debug, PartialEq)]
pub struct RefusedGroup {
    /// Who made them.
    pub by: Asker,
    /// The first of them.
    pub call: ReshardCall,
    /// Why.
    pub refusal: Refusal,
    /// How many.
    pub count: usize,
    /// When the first was made, and the last.
    pub first: Instant,
    /// See `first`.
    pub last: Instant,
    /// Shards that were open at the first.
    pub open: usize,
    /// When the stream was ACTIVE again after the first, where that was what it waited for.
    pub active: Option<Instant>,
}

impl RefusedCalls {
    /// How many were refused.
    #[must_use]
    pub fn refused(&self) -> usize {
        self.groups.iter().map(|group| group.count).sum()
    }
}

/// The calls on the stream with this index that a run refused.
pub(super) fn find(outcome: &Outcome, index: usize) -> Option<RefusedCalls> {
    let counts = outcome.streams.get(index)?.open_counts();
    group(&outcome.changes, index, &counts, true)
}

/// The calls on the stream with this index that a run will refuse: known where nothing but the
/// scenario's own calls changes its shards.
pub(super) fn foresee(plan: &Plan, index: usize) -> Option<RefusedCalls> {
    let reshards =
        |kind: &ActionKind| matches!(kind, ActionKind::Reshard { stream, .. } if *stream == index);
    if !is_settled(plan, index) || !plan.actions.iter().any(|action| reshards(&action.kind)) {
        return None;
    }
    let (changes, counts) = rehearse(plan, index);
    group(&changes, index, &counts, false)
}

fn group(
    changes: &[Change],
    index: usize,
    counts: &[(Instant, usize)],
    played: bool,
) -> Option<RefusedCalls> {
    let mut found = RefusedCalls { groups: Vec::new(), calls: 0, played };
    let of = || changes.iter().filter(|change| change.stream == index);
    for change in of() {
        let ChangeKind::Asked { by, call, refused } = change.kind else { continue };
        found.calls += 1;
        let Some(refusal) = refused else { continue };
        let alike = |group: &&mut RefusedGroup| {
            let kinds = (std::mem::discriminant(&group.call), std::mem::discriminant(&call));
            group.by == by && group.refusal == refusal && kinds.0 == kinds.1
        };
        if let Some(known) = found.groups.iter_mut().find(alike) {
            (known.count, known.last) = (known.count + 1, change.at);
            continue;
        }
        let later = |it: &&Change| it.at >= change.at && it.kind == ChangeKind::Active;
        let active = of().find(later).map(|it| it.at);
        let before = counts.iter().rev().find(|it| it.0 <= change.at);
        found.groups.push(RefusedGroup {
            by,
            call,
            refusal,
            count: 1,
            first: change.at,
            last: change.at,
            open: before.map_or(0, |it| it.1),
            active: active.filter(|_| refusal == Refusal::NotActive),
        });
    }
    (!found.groups.is_empty()).then_some(found)
}

/// Whether nothing changes the shards of a stream but calls of its operators.
fn is_settled(plan: &Plan, index: usize) -> bool {
    let scaled = plan.scalers.iter().any(|scaler| scaler.stream == index);
    let mode = plan.actions.iter().any(|action| {
        let ActionKind::Reshard { stream, call } = action.kind else { return false };
        stream == index && matches!(call, ReshardCall::UpdateStreamMode { .. })
    });
    let provisioned = plan.streams.get(index).map(|it| it.mode) == Some(StreamMode::Provisioned);
    provisioned && !scaled && !mode
}

/// What becomes of the calls on settled streams, without a record: answers, and open shards of the
/// stream with this index over time.
fn rehearse(plan: &Plan, index: usize) -> (Vec<Change>, Vec<(Instant, usize)>) {
    let mut plan = plan.clone();
    let settled: Vec<bool> = (0..plan.streams.len()).map(|it| is_settled(&plan, it)).collect();
    if settled.iter().any(|settled| !settled) {
        // Nobody knows what the others will take of it.
        plan.account.shard_quota = u32::MAX / 2;
    }
    plan.actions.retain(|action| match action.kind {
        ActionKind::Reshard { stream, .. } => settled.get(stream) == Some(&true),
        _ => false,
    });
    for stream in &mut plan.streams {
        (stream.mode, stream.initial) = (StreamMode::Provisioned, None);
    }
    (plan.warm_up, plan.faults, plan.scalers) = (Span::ZERO, Vec::new(), Vec::new());
    let mut account = Account::new(&plan.account);
    let mut streams: Vec<Stream> = (0..)
        .zip(&plan.streams)
        .map(|(number, stream)| Stream::new(stream, number, (0, Kept::Nothing), &mut account))
        .collect();
    let mut control = Control::new(&plan, account, &mut streams, 0);
    let mut concurrency = Concurrency::new(&plan);
    let end = Instant::ZERO + plan.duration;
    let mut heard = Heard { index, changes: Vec::new(), counts: Vec::new() };
    heard.counts.push((Instant::ZERO, streams.get(index).map_or(0, |it| it.open().len())));
    loop {
        let now = control.next_at();
        if now >= end {
            return (heard.changes, heard.counts);
        }
        let (consumers, concurrency) = (&mut [][..], &mut concurrency);
        let mut scene = Scene { streams: &mut streams, consumers, concurrency };
        control.act(now, &mut scene, &mut heard, |_, _| {}, |_| {});
    }
}

/// Hears what control states of one stream.
struct Heard {
    index: usize,
    changes: Vec<Change>,
    counts: Vec<(Instant, usize)>,
}

impl Probe<Observation> for Heard {
    fn observe(&mut self, now: Instant, observation: Observation) {
        let mut note = |stream: u32, kind: ChangeKind| {
            self.changes.push(Change { at: now, stream: stream as usize, kind });
        };
        match observation {
            Observation::Asked { stream, by, call, refused } => {
                note(stream, ChangeKind::Asked { by, call, refused });
            }
            Observation::Active { stream } => note(stream, ChangeKind::Active),
            Observation::OpenShards { stream, count } if stream as usize == self.index => {
                self.counts.push((now, count as usize));
            }
            _ => {}
        }
    }
}
