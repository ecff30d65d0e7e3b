//! `producer.partition_key.changes` and `producer.partition_key.rotate`.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Context;
use super::budget::Good;
use super::key::check_key;
use crate::model::key_weights;
use crate::model::keys::{name, name_count};
use crate::model::plan::{HotSpell, KeyDrift, KeyNames, KeyPlan};
use crate::quantity::shown;
use crate::scenario::file::{ChangeTable, RotateTable};
use crate::scenario::or_table::Table;
use crate::scenario::problem::{Code, Path, Problem, with_commas};
use crate::scenario::resolved::{Origin, float, quoted, span};
use crate::time::{Instant, Span};

/// Changes a producer's keys may have.
const CHANGES_MAX: usize = 100;
/// Weights that are kept, or added up, for keys that change: keys times spells or periods.
const WEIGHTS_MAX: u64 = 50_000_000;

/// One element of `changes`.
struct Change {
    from: Instant,
    until: Instant,
    key: u32,
    share: f64,
}

/// Resolves how the weights of `plan` change.
pub(super) fn drift(
    plan: &KeyPlan,
    changes: Option<Vec<Table<ChangeTable>>>,
    rotate: Option<Table<RotateTable>>,
    path: &Path,
    cx: &mut Context<'_>,
) -> Option<KeyDrift> {
    match (changes, rotate) {
        (None, None) => Some(KeyDrift::None),
        (Some(changes), None) => hot(plan, changes, &path.key("changes"), cx),
        (None, Some(Table(table))) => rotation(plan, &table, &path.key("rotate"), cx),
        (Some(_), Some(_)) => {
            let message = "`changes` and `rotate` exclude each other";
            let problem = Problem::new(Code::Contradiction, &path.key("rotate"), message).at_key();
            cx.problem(problem.help("keep one of the two, or write two producers"));
            None
        }
    }
}

fn rotation(
    plan: &KeyPlan,
    table: &RotateTable,
    path: &Path,
    cx: &mut Context<'_>,
) -> Option<KeyDrift> {
    let Some(every) = table.every.map(|leaf| leaf.0) else {
        cx.missing(path, "every", "`every = \"1 h\"`");
        return None;
    };
    cx.resolved.line("partition_key.rotate.every", &span(every), None);
    let by = table.by.as_ref().map(|count| count.0);
    let default = (1, Origin::Default);
    let by = cx.resolved.pick("partition_key.rotate.by", by, default, u64::to_string);
    let count = u64::from(name_count(&plan.names));
    if count < 2 {
        let message = "`rotate` needs two keys or more with weights that could move";
        let problem = Problem::new(Code::Pointless, path, message).at_key();
        cx.problem(problem.help("write `dist = \"zipf\"`, `values`, or `file`"));
        return None;
    }
    if every < Span::from_ms(1) {
        let message = "`every` must be at least 1 ms";
        cx.problem(Problem::new(Code::OutOfRange, &path.key("every"), message));
        return None;
    }
    let periods = cx.duration.as_ns().div_ceil(every.as_ns());
    check_size(count.saturating_mul(periods), &path.key("every"), cx)?;
    Some(KeyDrift::Rotate { every, by: by as u32 })
}

fn check_size(weights: u64, path: &Path, cx: &mut Context<'_>) -> Option<()> {
    if weights <= WEIGHTS_MAX {
        return cx.spend(Good::Weights, weights, path);
    }
    let most = with_commas(WEIGHTS_MAX);
    let message = format!("keys times changes are more than {most}");
    let problem = Problem::new(Code::TooMany, path, message);
    cx.problem(problem.help("let fewer keys change, or the keys change less often"));
    None
}

fn hot(
    plan: &KeyPlan,
    changes: Vec<Table<ChangeTable>>,
    path: &Path,
    cx: &mut Context<'_>,
) -> Option<KeyDrift> {
    if changes.is_empty() || changes.len() > CHANGES_MAX {
        let message = format!("`changes` must have 1 to {CHANGES_MAX} elements");
        cx.problem(Problem::new(Code::TooMany, path, message));
        return None;
    }
    let mut numbers = Numbers::new(plan);
    let mut list = Vec::new();
    let mut written = Vec::new();
    let before = cx.problems.len();
    for (i, Table(table)) in changes.into_iter().enumerate() {
        list.extend(change(table, &mut numbers, &mut written, &path.index(i), cx));
    }
    if cx.problems.len() > before {
        return None;
    }
    cx.resolved.line("partition_key.changes", &format!("[{}]", written.join(", ")), None);
    let spells = spells(&list);
    let keys = u64::from(numbers.count) + numbers.others.len() as u64;
    check_size(keys.saturating_mul(spells.len() as u64), path, cx)?;
    let initial = key_weights::initial(plan);
    for spell in &spells {
        check_spell(spell, &initial, &list, plan, path, cx)?;
    }
    Some(KeyDrift::Hot { others: Arc::new(numbers.others), spells: Arc::new(spells) })
}

fn change(
    table: ChangeTable,
    numbers: &mut Numbers,
    written: &mut Vec<String>,
    path: &Path,
    cx: &mut Context<'_>,
) -> Option<Change> {
    if table.at.is_none() {
        cx.missing(path, "at", "`at = \"10 min\"`");
    }
    if table.share.is_none() {
        cx.missing(path, "share", "`share = \"30 %\"`, its part of all records");
    }
    let Some(key) = table.key else {
        cx.missing(path, "key", "`key = \"tenant-0001\"`");
        return None;
    };
    let (at, share) = (table.at?.0, table.share?.0.0);
    if !check_key(&key, &path.key("key"), cx) {
        return None;
    }
    let lasts = table.lasts.map(|leaf| leaf.0);
    if lasts == Some(Span::ZERO) {
        let message = "`for` must be more than zero";
        let problem = Problem::new(Code::OutOfRange, &path.key("for"), message);
        cx.problem(problem.help("leave it out for a change that stays"));
        return None;
    }
    if at >= cx.duration && cx.sound(&Path::of("scenario").key("duration")) {
        let message = format!("`at` lies after the run's end at {}", cx.duration);
        let problem = Problem::new(Code::Pointless, &path.key("at"), message);
        cx.problem(problem.help("lengthen `scenario.duration`, or leave the change out"));
        return None;
    }
    let length = lasts.map_or(String::new(), |lasts| format!("for = {}, ", span(lasts)));
    let (at_text, key_text) = (span(at), quoted(&key));
    let share_text = float(share);
    written.push(format!("{{ at = {at_text}, {length}key = {key_text}, share = {share_text} }}"));
    let from = Instant::ZERO + at;
    let until = lasts.map_or(Instant::NEVER, |lasts| from + lasts);
    Some(Change { from, until, key: numbers.of(key), share })
}

/// The numbers of keys: those of the names, and after them those that only changes name.
struct Numbers {
    known: BTreeMap<String, u32>,
    count: u32,
    others: Vec<String>,
}

impl Numbers {
    fn new(plan: &KeyPlan) -> Self {
        let count = name_count(&plan.names);
        let known = (0..count).map(|i| (name(&plan.names, i), i)).collect();
        Self { known, count, others: Vec::new() }
    }

    fn of(&mut self, key: String) -> u32 {
        let next = self.count + self.others.len() as u32;
        let number = *self.known.entry(key.clone()).or_insert(next);
        if number == next {
            self.others.push(key);
        }
        number
    }
}

/// What holds between the moments at which something begins or ends. Of several changes of one
/// key that hold at a time, the one written last.
fn spells(changes: &[Change]) -> Vec<HotSpell> {
    let mut moments: Vec<Instant> =
        changes.iter().flat_map(|change| [change.from, change.until]).collect();
    moments.retain(|moment| *moment != Instant::NEVER);
    moments.sort_unstable();
    moments.dedup();
    let spell = |from: Instant| {
        let mut shares = BTreeMap::new();
        for change in changes.iter().filter(|it| it.from <= from && from < it.until) {
            shares.insert(change.key, change.share);
        }
        HotSpell { from, shares: shares.into_iter().collect() }
    };
    moments.into_iter().map(spell).collect()
}

/// Shares that hold at one time are at most the whole, and what they leave somebody has.
fn check_spell(
    spell: &HotSpell,
    initial: &[f64],
    changes: &[Change],
    plan: &KeyPlan,
    path: &Path,
    cx: &mut Context<'_>,
) -> Option<()> {
    let at = spell.from.since(Instant::ZERO);
    let last = changes.iter().rposition(|it| it.from <= spell.from && spell.from < it.until);
    let path = path.index(last.unwrap_or(0));
    let taken = key_weights::taken(spell);
    // A sum of shares such as 0.7 + 0.2 + 0.1 may exceed 1 in its last digit.
    if taken > 1.0 + 1e-9 {
        let message = format!("at {at} the changed keys have {:.1} % together", taken * 100.0);
        let problem = Problem::new(Code::BadList, &path.key("share"), message);
        cx.problem(problem.help("lower the shares, or end a change with `for`"));
        return None;
    }
    let fresh = matches!(plan.names, KeyNames::Random { .. });
    let hot = |i: &usize| spell.shares.iter().any(|(key, _)| *key as usize == *i);
    let rest: f64 = (0..initial.len()).filter(|i| !hot(i)).map(|i| initial[i]).sum();
    if !fresh && rest <= 0.0 && taken < 1.0 - 1e-9 {
        let key = last.map(|last| changes[last].key);
        let listed = key.filter(|key| *key < name_count(&plan.names));
        let which = listed.map_or("the changed keys".to_owned(), |i| shown(&name(&plan.names, i)));
        let message = format!("at {at} no other key than {which} could take the rest");
        let problem = Problem::new(Code::BadList, &path.key("share"), message);
        cx.problem(problem.help("let the shares make up 100 %, or add keys"));
        return None;
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spells_hold_between_beginnings_and_ends() {
        let at = Instant::from_s;
        let change = |from, until, key, share| Change { from, until, key, share };
        let list = [
            change(at(10), at(30), 5, 0.3),
            change(at(20), Instant::NEVER, 2, 0.1),
            change(at(20), at(25), 5, 0.6),
        ];
        let spell = |s, shares: &[(u32, f64)]| HotSpell { from: at(s), shares: shares.to_vec() };
        assert_eq!(
            spells(&list),
            [
                spell(10, &[(5, 0.3)]),
                spell(20, &[(2, 0.1), (5, 0.6)]),
                spell(25, &[(2, 0.1), (5, 0.3)]),
                spell(30, &[(2, 0.1)]),
            ]
        );
    }
}
