//! Calls that change shards, and `[model.reshard]`.

use super::Context;
use super::event::required;
use super::on_demand::{OnDemand, check_warm};
use crate::model::events::{ActionKind, ActionPlan};
use crate::model::facts;
use crate::model::hashing::shard_id;
use crate::model::plan::{Plan, ReshardPlan};
use crate::model::reshard::ReshardCall;
use crate::scenario::file::{ActionTable, CallWord, ModelReshardTable};
use crate::scenario::leaf::ShardId;
use crate::scenario::problem::{Code, Path, Problem};
use crate::scenario::resolved::{Origin, quoted, span};
use crate::time::Span;

/// Longest time any part of a change may take.
const TIME_MAX: Span = Span::from_s(3_600);

/// What an action's call asks for; `None` where it is another call, or faulty.
pub(super) fn call(
    table: &ActionTable,
    word: CallWord,
    on_demand: &OnDemand,
    path: &Path,
    cx: &mut Context<'_>,
) -> Option<ReshardCall> {
    let shard = |given: Option<ShardId>, field: &str, cx: &mut Context<'_>| {
        let example = format!("`{field} = \"{}\"`", shard_id(0));
        let ShardId(number) = required(given, field, &example, path, cx)?;
        cx.resolved.line(field, &quoted(&shard_id(number)), None);
        Some(number)
    };
    match word {
        CallWord::SplitShard => {
            let shard = shard(table.shard_to_split, "shard_to_split", cx);
            let at = table.new_starting_hash_key.map(|key| key.0);
            if let Some(at) = at {
                cx.resolved.line("new_starting_hash_key", &quoted(&at.to_string()), None);
            }
            Some(ReshardCall::Split { shard: shard?, at })
        }
        CallWord::MergeShards => {
            let lower = shard(table.shard_to_merge, "shard_to_merge", cx);
            let upper = shard(table.adjacent_shard_to_merge, "adjacent_shard_to_merge", cx);
            Some(ReshardCall::Merge { shard: lower?, adjacent: upper? })
        }
        CallWord::UpdateShardCount => {
            let (field, example) = ("target_shard_count", "`target_shard_count = 8`");
            let target = required(table.target_shard_count.as_ref(), field, example, path, cx)?.0;
            cx.resolved.line(field, &target.to_string(), None);
            Some(ReshardCall::UpdateShardCount { target: target as u32 })
        }
        CallWord::UpdateStreamMode => {
            let (field, example) = ("stream_mode", "`stream_mode = \"ON_DEMAND\"`");
            let mode = required(table.stream_mode, field, example, path, cx)?;
            cx.resolved.line(field, &quoted(mode.name()), None);
            Some(ReshardCall::UpdateStreamMode { mode: mode.0.plan() })
        }
        CallWord::UpdateStreamWarmThroughput => {
            let (field, example) = ("warm_throughput", "`warm_throughput = \"50 MiB/s\"`");
            let warm = required(table.warm_throughput.map(|it| it.0), field, example, path, cx)?;
            cx.resolved.line(field, &quoted(&warm.to_string()), None);
            check_warm(warm, on_demand, &path.key(field), cx);
            cx.resolved.assume("KDS-O21");
            let mib_per_s = (warm.0 / facts::WRITE_BYTES_PER_S as f64).ceil() as u32;
            Some(ReshardCall::UpdateStreamWarmThroughput { mib_per_s })
        }
        _ => None,
    }
}

/// `[model.reshard]`.
pub(super) fn plan(table: &ModelReshardTable, cx: &mut Context<'_>) -> ReshardPlan {
    let path = Path::of("model").key("reshard");
    let start_delay = table.start_delay.map_or(facts::RESHARD_START_DELAY, |leaf| leaf.0);
    if start_delay > TIME_MAX {
        let message = format!("`start_delay` must be at most {TIME_MAX}");
        cx.problem(Problem::new(Code::OutOfRange, &path.key("start_delay"), message));
    }
    let per_operation = table.per_split.map_or(facts::RESHARD_OPERATION, |leaf| leaf.0);
    if !(Span::from_s(1)..=TIME_MAX).contains(&per_operation) {
        let message = format!("`per_split` must be between 1 s and {TIME_MAX}");
        cx.problem(Problem::new(Code::OutOfRange, &path.key("per_split"), message));
    }
    let parallel = table.parallel.as_ref().map(|count| count.0 as u32);
    ReshardPlan { start_delay, per_operation, parallel }
}

/// Writes `[model.reshard]` into the resolved text, where it matters.
pub(super) fn write_down(table: &ModelReshardTable, plan: &Plan, cx: &mut Context<'_>) {
    let reshards = |action: &ActionPlan| matches!(action.kind, ActionKind::Reshard { .. });
    let given =
        table.start_delay.is_some() || table.per_split.is_some() || table.parallel.is_some();
    if !given && !plan.actions.iter().any(reshards) && plan.scalers.is_empty() {
        return;
    }
    cx.resolved.assume("KDS-S23");
    let assumed = Origin::Assumed("KDS-S23");
    let (delay, step) = (facts::RESHARD_START_DELAY, facts::RESHARD_OPERATION);
    let given = table.start_delay.map(|leaf| leaf.0);
    cx.resolved.pick("reshard.start_delay", given, (delay, assumed), |v| span(*v));
    let given = table.per_split.map(|leaf| leaf.0);
    cx.resolved.pick("reshard.per_split", given, (step, assumed), |v| span(*v));
    match &table.parallel {
        Some(count) => cx.resolved.line("reshard.parallel", &count.0.to_string(), None),
        None => cx.resolved.comment(
            "reshard.parallel: a quarter of the open shards, at least 1 (assumed, KDS-S23)",
        ),
    }
}
