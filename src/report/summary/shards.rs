//! How many shards streams had in a run, and who decided.

use super::Summary;
use crate::experiment::outcome::{Change, ChangeKind, Outcome, StreamMode};
use crate::report::change::mode_name;
use crate::report::number;
use crate::scenario::Scenario;
use crate::time::Instant;

/// Open shards of all streams together, from each moment on at which their number changes.
pub(super) fn open_counts(outcome: &Outcome) -> Vec<(Instant, u64)> {
    let mut moves: Vec<(Instant, i64)> = Vec::new();
    for stream in outcome.streams.iter().filter(|stream| !stream.direct) {
        let mut before = 0;
        for (at, open) in stream.open_counts() {
            moves.push((at, open as i64 - before));
            before = open as i64;
        }
    }
    moves.sort_by_key(|it| it.0);
    let mut open = 0;
    let groups = moves.chunk_by(|a, b| a.0 == b.0);
    groups
        .map(|group| {
            open += group.iter().map(|it| it.1).sum::<i64>();
            (group[0].0, open.unsigned_abs())
        })
        .collect()
}

/// The numbers worth telling: the first, those that none before or after reaches, the last.
pub(super) fn turns(counts: &[(Instant, u64)]) -> Vec<u64> {
    let (Some(first), Some(last)) = (counts.first(), counts.last()) else { return Vec::new() };
    let least = counts.iter().map(|it| it.1).min().unwrap_or(0);
    let most = counts.iter().map(|it| it.1).max().unwrap_or(0);
    let of = |count: u64| counts.iter().position(|it| it.1 == count);
    let mut extremes: Vec<(Option<usize>, u64)> = Vec::new();
    if most > first.1.max(last.1) {
        extremes.push((of(most), most));
    }
    if least < first.1.min(last.1) {
        extremes.push((of(least), least));
    }
    extremes.sort_unstable();
    let mut turns = vec![first.1];
    turns.extend(extremes.into_iter().map(|it| it.1));
    if counts.len() > 1 {
        turns.push(last.1);
    }
    turns.dedup();
    turns
}

/// The mode of a stream at first, unless it is PROVISIONED all the time, and at the end, where it
/// changed.
pub(super) fn modes(
    scenario: &Scenario,
    outcome: &Outcome,
    index: usize,
) -> (Option<&'static str>, Option<&'static str>) {
    let first = scenario.plan.streams.get(index).map(|stream| stream.mode);
    let mode_of = |change: &Change| match change.kind {
        ChangeKind::Mode(mode) if change.stream == index => Some(mode),
        _ => None,
    };
    let last = outcome.changes.iter().rev().find_map(mode_of);
    let told = last.is_some() || first == Some(StreamMode::OnDemand);
    (first.filter(|_| told).map(mode_name), last.map(mode_name))
}

impl Summary {
    /// What is written to: `8 shards`, `2 streams`, `Direct PUT`.
    pub(super) fn written(&self) -> Vec<String> {
        let direct = self.streams.iter().filter(|stream| stream.direct_put).count();
        let streams = self.streams.len() - direct;
        let mut parts = Vec::new();
        if streams > 0 || direct == 0 {
            parts.push(self.shards());
        }
        if streams > 1 {
            parts.push(number::counted(streams as u64, "stream"));
        }
        if direct > 0 {
            parts.push("Direct PUT".to_owned());
        }
        parts
    }

    /// `8 shards`, `4 to 16 shards`, `4 to 16 shards ON_DEMAND`.
    pub(super) fn shards(&self) -> String {
        let turns = &self.scenario.shard_turns;
        let shards = match turns.as_slice() {
            [] | [_] => number::counted(self.scenario.shards, "shard"),
            turns => {
                let turns: Vec<String> = turns.iter().map(|count| number::count(*count)).collect();
                format!("{} shards", turns.join(" to "))
            }
        };
        match self.mode() {
            Some(mode) => format!("{shards} {mode}"),
            None => shards,
        }
    }

    /// In which mode the streams are, if not all PROVISIONED.
    fn mode(&self) -> Option<String> {
        let told = || self.streams.iter().filter_map(|stream| stream.mode);
        if let [only] = self.streams.as_slice() {
            return only.mode.map(|mode| match only.mode_at_end {
                Some(end) if end != mode => format!("{mode} to {end}"),
                _ => mode.to_owned(),
            });
        }
        let on_demand = told().filter(|mode| *mode == mode_name(StreamMode::OnDemand)).count();
        match (on_demand, self.streams.len()) {
            (0, _) => None,
            (some, all) if some == all => Some("ON_DEMAND".to_owned()),
            (some, _) => Some(format!("({} ON_DEMAND)", number::counted(some as u64, "stream"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_told_that_say_what_happened() {
        let told = |counts: &[u64]| {
            let counts: Vec<_> = counts.iter().map(|count| (Instant::ZERO, *count)).collect();
            turns(&counts)
        };
        assert_eq!(told(&[4]), [4]);
        assert_eq!(told(&[4, 5, 6, 8]), [4, 8]);
        assert_eq!(told(&[4, 8, 16, 12, 8]), [4, 16, 8]);
        assert_eq!(told(&[8, 4, 16, 10]), [8, 4, 16, 10]);
        assert_eq!(told(&[4, 5, 4]), [4, 5, 4]);
        assert_eq!(told(&[4, 4]), [4]);
    }
}
