//! What changes the number of shards, in words: K601 to K606.

use std::collections::BTreeMap;

use super::{Explanation, Step, flow, quoted, unit_name};
use crate::experiment::finding::{
    Hidden, Overshoot, Pair, RefusedCalls, RefusedGroup, TooLate, Unabsorbed, Unseen,
};
use crate::experiment::outcome::{Asker, Refusal};
use crate::model::facts;
use crate::model::scaler::{Measure, Policy};
use crate::report::change::{call_words, name};
use crate::report::number;
use crate::scenario::Scenario;

/// Groups of refused calls that a text names.
const GROUPS: usize = 3;

pub(super) fn refused(scenario: &Scenario, stream: &str, calls: &RefusedCalls) -> Explanation {
    let total = calls.refused() as u64;
    let mut text = format!(
        "{} of {} on {} {} refused:",
        number::count(total),
        number::counted(calls.calls as u64, "call"),
        quoted(stream),
        match (calls.played, total) {
            (false, _) => "will be",
            (true, 1) => "was",
            (true, _) => "were",
        }
    );
    let shown: Vec<String> = calls.groups.iter().take(GROUPS).map(of_group).collect();
    text += &format!(" {}", shown.join("; "));
    let more: usize = calls.groups.iter().skip(GROUPS).map(|group| group.count).sum();
    if more > 0 {
        text += &format!("; and {} more", number::count(more as u64));
    }
    text.push('.');
    let first = calls.groups.first();
    let by_operator = first.is_some_and(|group| group.by == Asker::Operator);
    if by_operator {
        text += if total == 1 { " Nobody makes it again." } else { " Nobody makes them again." };
    }
    let quota = f64::from(scenario.plan.account.shard_quota);
    let limit = match first.map(|group| (group.refusal, group.open as f64)) {
        Some((Refusal::AboveDouble, open)) => BTreeMap::from([("shards", 2.0 * open)]),
        Some((Refusal::BelowHalf, open)) => BTreeMap::from([("shards", (open / 2.0).ceil())]),
        Some((Refusal::AboveCeiling, _)) => {
            BTreeMap::from([("shards", f64::from(facts::SHARD_COUNT_TARGET_MAX))])
        }
        Some((Refusal::ShardQuota, _)) => BTreeMap::from([("shards", quota)]),
        Some((Refusal::TooManyToday, _)) => {
            BTreeMap::from([("calls_per_day", facts::SHARD_COUNT_UPDATES_A_DAY as f64)])
        }
        Some((Refusal::ModeToday, _)) => {
            BTreeMap::from([("calls_per_day", facts::MODE_CHANGES_A_DAY as f64)])
        }
        _ => BTreeMap::new(),
    };
    let mut measured =
        BTreeMap::from([("refused_calls", total as f64), ("calls", calls.calls as f64)]);
    measured.extend(first.map(|group| ("first_refused_s", group.first.as_s())));
    Explanation {
        title: "refused",
        text,
        cause: first.map_or("", |group| cause(group.refusal)).to_owned(),
        measured,
        limit,
        next: None,
    }
}

/// `UpdateShardCount to 20 shards at 2 min: LimitExceededException, more than double the 8 open`.
fn of_group(group: &RefusedGroup) -> String {
    let by = match group.by {
        Asker::Autoscaler => " by the autoscaler",
        Asker::Operator | Asker::Service => "",
    };
    let when = number::duration(group.first.as_s());
    let calls = match group.count {
        1 => format!("{} at {when}{by}", call_words(&group.call)),
        n => format!(
            "{} {} times{by}, first at {when} ({})",
            name(&group.call),
            number::count(n as u64),
            call_words(&group.call)
        ),
    };
    let reason = match (group.refusal, group.active) {
        (Refusal::AboveDouble, _) => {
            format!("more than double the {} open", number::count(group.open as u64))
        }
        (Refusal::BelowHalf, _) => {
            format!("less than half of the {} open", number::count(group.open as u64))
        }
        (Refusal::NotActive, Some(at)) => {
            format!("the stream is UPDATING until {}", number::duration(at.as_s()))
        }
        (refusal, _) => refusal.reason().to_owned(),
    };
    format!("{calls}: {}, {reason}", group.refusal.error())
}

fn cause(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::NotActive => "a stream takes one change at a time (KDS-S09)",
        Refusal::NoSuchShard | Refusal::NotOpen => {
            "ids of shards are new after each change (KDS-H07)"
        }
        Refusal::KeyOutside => "a shard is split within its own hash keys (KDS-S03)",
        Refusal::NotAdjacent => "only neighbours merge (KDS-S01)",
        Refusal::AboveDouble | Refusal::BelowHalf => {
            "UpdateShardCount goes to the double or the half at most (KDS-S12): farther in steps"
        }
        Refusal::TooManyToday => "UpdateShardCount is taken ten times in 24 hours (KDS-S11)",
        Refusal::AboveCeiling => "UpdateShardCount makes 10,000 shards at most (KDS-S14)",
        Refusal::ShardQuota => {
            "parents and children count against the account's quota together (KDS-S17, KDS-S24)"
        }
        Refusal::TooFast => "the account makes few such calls in a second (KDS-S15, KDS-S27)",
        Refusal::OnDemand => "in on-demand mode the service alone changes shards (KDS-S10)",
        Refusal::ModeToday => "the mode changes twice in 24 hours at most (KDS-O12)",
        Refusal::NotWarm => "warm throughput takes on-demand Advantage (KDS-O18)",
    }
}

/// The finding in a line.
pub(super) fn headline(name: &str, calls: &RefusedCalls) -> String {
    let first = calls.groups.first();
    let what = first.map_or_else(String::new, |group| {
        format!(": {}, {}", call_words(&group.call), group.refusal.reason())
    });
    let verb = if calls.played { "refused" } else { "will be refused" };
    format!("{} on {name} {verb}{what}", number::counted(calls.refused() as u64, "call"))
}

pub(super) fn overshoot(scenario: &Scenario, stream: &str, it: &Overshoot) -> Explanation {
    let mut text = format!("the autoscaler of {}", quoted(stream));
    let pair = |pair: &Pair| {
        format!(
            "to {} at {}, to {} at {}",
            number::counted(u64::from(pair.target), "shard"),
            number::duration(pair.at_s),
            number::count(u64::from(pair.again_target)),
            number::duration(pair.again_s)
        )
    };
    if let Some(first) = &it.first_early {
        let end = match it.ended_s {
            Some(end) if end <= first.again_s => {
                format!("the reshard ended at {}", number::duration(end))
            }
            Some(end) => format!("the reshard ended only at {}", number::duration(end)),
            None => "the reshard did not end in the run".to_owned(),
        };
        text += &format!(
            " asked again {} before it could see what its last call had done: {}, and {end}.",
            times(it.early),
            pair(first)
        );
    }
    if let Some(first) = &it.first_reversal {
        text += &format!(
            "{} turned round {} within an hour: {}.",
            if it.first_early.is_some() { " It" } else { "" },
            times(it.reversals),
            pair(first)
        );
    }
    let cause = if it.early > 0 {
        "until the reshard has ended, and a whole datapoint after it is shown, the metric is of \
         the shards there were"
    } else {
        "what one threshold adds, the other takes away"
    };
    Explanation {
        title: "overshoot",
        text,
        cause: cause.to_owned(),
        measured: BTreeMap::from([
            ("calls", it.calls as f64),
            ("early_calls", it.early as f64),
            ("reversals", it.reversals as f64),
        ]),
        limit: BTreeMap::from([("datapoint_s", it.datapoint_s)]),
        next: longer_cool_off(scenario, stream, it),
    }
}

fn times(count: usize) -> String {
    match count {
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        n => format!("{} times", number::count(n as u64)),
    }
}

/// A cool-off as long as a reshard and a datapoint after it.
fn longer_cool_off(scenario: &Scenario, stream: &str, it: &Overshoot) -> Option<Step> {
    let (policy, path) = policy_of(scenario, stream)?;
    let Policy::Threshold { .. } = policy else { return None };
    let pair = it.first_early?;
    let lasted = it.ended_s? - pair.at_s + it.datapoint_s;
    let minutes = (lasted / 60.0).ceil().max(1.0) as u64;
    let way = if pair.again_target >= pair.target { "scale_up" } else { "scale_down" };
    Some(Step {
        set: format!("{path}.{way}.cool_off={minutes}min"),
        why: "as long as a reshard and a datapoint after it".to_owned(),
    })
}

/// The policy of the only autoscaler, if it is this stream's, and its table.
fn policy_of<'s>(scenario: &'s Scenario, stream: &str) -> Option<(&'s Policy, &'static str)> {
    let [only] = scenario.plan.scalers.as_slice() else { return None };
    let name = &scenario.plan.streams.get(only.stream)?.name;
    (name == stream).then_some((&only.policy, "autoscaler"))
}

pub(super) fn too_late(scenario: &Scenario, stream: &str, late: &TooLate) -> Explanation {
    let over_s = late.first_open_s - late.over_from_s;
    let asked = if late.asked_s < late.over_from_s {
        format!("was called at {}", number::duration(late.asked_s))
    } else {
        let after = number::duration(late.asked_s - late.over_from_s);
        format!("was called {after} later")
    };
    let mut text = format!(
        "{} was over a limit for {} before more capacity came: from {} on. {} {asked} with {} \
         open, and the first new ones opened at {}",
        quoted(stream),
        number::duration(over_s),
        number::duration(late.over_from_s),
        call_words(&late.call),
        number::counted(late.open as u64, "shard"),
        number::duration(late.first_open_s)
    );
    if let Some(all) = late.all_open_s.filter(|all| *all > late.first_open_s) {
        text += &format!(", the last at {}", number::duration(all));
    }
    text += &format!(
        ". Until then {} of attempts were refused, {} records.",
        number::share(late.refused_share),
        number::count(late.refused)
    );
    let cause = match late.by {
        Asker::Autoscaler => {
            "an autoscaler waits for its metric, which comes late, and shards change one after the \
             other (KDS-S20, KDS-S22)"
        }
        Asker::Operator | Asker::Service => {
            "shards change one after the other, some time after the call (KDS-S20, KDS-S22)"
        }
    };
    let mut measured = BTreeMap::from([
        ("over_from_s", late.over_from_s),
        ("asked_s", late.asked_s),
        ("first_open_s", late.first_open_s),
        ("late_s", over_s),
        ("refused_attempts", late.refused as f64),
        ("refused_share", late.refused_share),
    ]);
    measured.extend(late.all_open_s.map(|at| ("all_open_s", at)));
    Explanation {
        title: "late shards",
        text,
        cause: cause.to_owned(),
        measured,
        limit: BTreeMap::from([("open_shards", late.open as f64)]),
        next: lower_threshold(scenario, stream).filter(|_| late.by == Asker::Autoscaler),
    }
}

/// Three quarters of the threshold, in steps of five percent.
fn lower_threshold(scenario: &Scenario, stream: &str) -> Option<Step> {
    let (policy, path) = policy_of(scenario, stream)?;
    let (field, now) = match policy {
        Policy::Threshold { up, .. } => ("scale_up.threshold", up.as_ref()?.threshold),
        Policy::TargetTracking { target, .. } => ("target", *target),
        _ => return None,
    };
    let lower = (now as f64 / 10_000.0 * 0.75 / 5.0).round() * 5.0;
    (lower >= 5.0).then(|| Step {
        set: format!("{path}.{field}={lower}%"),
        why: "asks for more before the limit is near".to_owned(),
    })
}

pub(super) fn unabsorbed(stream: &str, it: &Unabsorbed) -> Explanation {
    let mut text = format!(
        "{} in on-demand mode refused {} of attempts in {} between {} and {}. Worst at {}: {} \
         against {} on {}",
        quoted(stream),
        number::share(it.refused_share),
        number::duration(it.over_s),
        number::duration(it.from_s),
        number::duration(it.until_s),
        number::duration(it.worst_s),
        flow(it.offered_per_s, it.by_bytes),
        flow(it.capacity_per_s, it.by_bytes),
        number::counted(it.shards as u64, "shard"),
    );
    match it.before_per_s.filter(|before| *before > 0.0) {
        Some(before) => {
            let factor = number::significant(it.offered_per_s / before, 3);
            text += &format!(", {factor} times the most before, {}.", flow(before, it.by_bytes));
        }
        None => text.push('.'),
    }
    let cause = match &it.key_alone {
        Some(key) => {
            text += &format!(
                " {} alone is offered {} of what a shard may take: the service splits shards, not \
                 keys.",
                quoted(&key.key),
                number::fullness(key.load)
            );
            "one key fits no shard, in either mode (KDS-O08)"
        }
        None if it.offered_per_s <= it.capacity_per_s => {
            "some shards are over their limit while others have room: shards are halved by what \
             they took in, minutes later (KDS-O04, KDS-O08)"
        }
        None => {
            "the service doubles what it took before, and needs minutes to do so (KDS-O04, KDS-O07)"
        }
    };
    let mut measured = BTreeMap::from([
        ("over_s", it.over_s),
        ("first_over_s", it.from_s),
        ("refused_attempts", it.refused as f64),
        ("refused_share", it.refused_share),
        (unit_name(it.by_bytes), it.offered_per_s),
    ]);
    measured.extend(it.before_per_s.map(|before| {
        let name = if it.by_bytes { "before_bytes_per_s" } else { "before_records_per_s" };
        (name, before)
    }));
    measured.extend(it.key_alone.as_ref().map(|key| ("main_key_load_share", key.load)));
    Explanation {
        title: "outgrown",
        text,
        cause: cause.to_owned(),
        measured,
        limit: BTreeMap::from([(unit_name(it.by_bytes), it.capacity_per_s)]),
        next: None,
    }
}

pub(super) fn unseen(scenario: &Scenario, stream: &str, it: &Unseen) -> Explanation {
    let metric =
        if it.by_busiest { "the busiest shard's utilization" } else { "the mean utilization" };
    let (why, cause) = match it.why {
        Hidden::Rounding => (
            "Sizes are rounded up to whole KiB, and the metric counts bytes as they are.",
            "metering rounds sizes up to whole KiB, for each PutRecord or each shard of a \
             PutRecords (KDS-W06, KDS-W07); CloudWatch does not",
        ),
        Hidden::HotShards if it.by_busiest => (
            "Some shards are over their limit.",
            "the metric counts what was stored, which does not exceed the limit",
        ),
        Hidden::HotShards => (
            "Some shards are over their limit while others have room.",
            "a mean of all shards hides a hot one",
        ),
        Hidden::Bursts => (
            "Single seconds are over the limit.",
            "limits hold for each second, and a metric is of a minute (KDS-M15)",
        ),
    };
    let text = format!(
        "for {} of {} the autoscaler of {} did not see that {} of attempts were refused: \
         {metric} came to {} at most, below its {}. {why}",
        number::duration(it.blind_s),
        number::duration(it.judged_s),
        quoted(stream),
        number::share(it.refused_share),
        number::fullness(it.highest),
        number::fullness(it.threshold),
    );
    Explanation {
        title: "unseen",
        text,
        cause: cause.to_owned(),
        measured: BTreeMap::from([
            ("blind_s", it.blind_s),
            ("refused_attempts", it.refused as f64),
            ("refused_share", it.refused_share),
            ("highest_metric_share", it.highest),
        ]),
        limit: BTreeMap::from([("threshold_share", it.threshold)]),
        next: sharper(scenario, stream, it),
    }
}

/// A metric, or a threshold, that shows what is refused.
fn sharper(scenario: &Scenario, stream: &str, it: &Unseen) -> Option<Step> {
    let (policy, path) = policy_of(scenario, stream)?;
    let (Policy::Threshold { measure, .. } | Policy::TargetTracking { measure, .. }) = policy
    else {
        return None;
    };
    if it.why == Hidden::HotShards && *measure == Measure::Mean {
        return Some(Step {
            set: format!("{path}.metric=write.utilization.busiest"),
            why: "goes by the busiest shard".to_owned(),
        });
    }
    let Policy::Threshold { up: Some(_), .. } = policy else { return None };
    let lower = (it.highest * 80.0 / 5.0).floor() * 5.0;
    (lower >= 5.0).then(|| Step {
        set: format!("{path}.scale_up.threshold={lower}%"),
        why: "below what the metric comes to while records are refused".to_owned(),
    })
}
