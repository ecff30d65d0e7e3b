//! Streams in on-demand mode: the shards they begin with, and `[model.on_demand]`.

use super::Context;
use crate::model::events::ActionKind;
use crate::model::facts;
use crate::model::plan::{OnDemandPlan, Plan, StreamMode};
use crate::model::reshard::ReshardCall;
use crate::scenario::file::{HistoryTable, ModelOnDemandTable, StreamTable};
use crate::scenario::problem::{Code, Path, Problem};
use crate::scenario::resolved::{Origin, float, quoted, span};
use crate::time::Span;
use crate::units::ByteRate;

/// Bytes a second of one shard.
const SHARD: f64 = facts::WRITE_BYTES_PER_S as f64;

/// What holds for all streams in on-demand mode.
#[derive(Clone, Copy)]
pub(super) struct OnDemand {
    pub(super) plan: OnDemandPlan,
    /// Whether the account has committed itself (KDS-O16).
    pub(super) commitment: bool,
}

/// `[model.on_demand]`, in this Region.
pub(super) fn model(
    table: &ModelOnDemandTable,
    (region, commitment): (&str, bool),
    cx: &mut Context<'_>,
) -> OnDemand {
    let path = Path::of("model").key("on_demand");
    let delay_min = table.delay_min.map_or(facts::ON_DEMAND_DELAY_MIN, |leaf| leaf.0);
    let delay_max = table.delay_max.map_or(facts::ON_DEMAND_DELAY_MAX, |leaf| leaf.0);
    if delay_min > delay_max || delay_max > Span::from_s(86_400) {
        let message = "`delay_min` must be at most `delay_max`, and that at most 1 d";
        cx.problem(Problem::new(Code::OutOfRange, &path.key("delay_max"), message));
    }
    let bytes = table.split_bytes.map_or(facts::ON_DEMAND_SPLIT_BYTES_PER_S as f64, |it| it.0.0);
    let records =
        table.split_records.map_or(facts::ON_DEMAND_SPLIT_RECORDS_PER_S as f64, |it| it.0.0);
    for (field, value, most) in [
        ("split_bytes", bytes, SHARD),
        ("split_records", records, facts::WRITE_RECORDS_PER_S as f64),
    ] {
        if !(1.0..=most).contains(&value) {
            let message =
                format!("`{field}` must be more than nothing and at most a shard's limit");
            cx.problem(Problem::new(Code::OutOfRange, &path.key(field), message));
        }
    }
    let plan = OnDemandPlan {
        split_bytes_per_s: bytes as u64,
        split_records_per_s: records as u64,
        delay_min,
        delay_max: delay_max.max(delay_min),
        shards_max: facts::on_demand_shards_max(region),
    };
    OnDemand { plan, commitment }
}

/// How many shards a stream in on-demand mode begins with.
pub(super) fn shard_count(
    table: &StreamTable,
    on_demand: &OnDemand,
    path: &Path,
    cx: &mut Context<'_>,
) -> u64 {
    for (field, given) in
        [("shard_count", table.shard_count.is_some()), ("shards_from", table.shards_from.is_some())]
    {
        if given {
            let message = format!("`{field}` has no meaning in on-demand mode");
            let problem = Problem::new(Code::Contradiction, &path.key(field), message).at_key();
            cx.problem(
                problem
                    .note("a new stream in on-demand mode behaves like 4 shards (fact KDS-O01)")
                    .help("leave it out, and say in `history` what was written before"),
            );
        }
    }
    let most = u64::from(on_demand.plan.shards_max);
    let mut count = u64::from(facts::ON_DEMAND_SHARDS);
    if let Some(history) = table.history.as_ref().map(|it| &it.0) {
        count = count.max(of_history(history, on_demand, path, cx));
    }
    if let Some(warm) = table.warm_throughput.map(|leaf| leaf.0) {
        cx.resolved.line("warm_throughput", &quoted(&warm.to_string()), None);
        cx.resolved.assume("KDS-O21");
        check_warm(warm, on_demand, &path.key("warm_throughput"), cx);
        count = count.max((warm.0 / SHARD).ceil() as u64);
    }
    let count = count.min(most);
    cx.resolved.comment(&format!("begins with {count} shards (facts KDS-O01, KDS-O02, KDS-O06)"));
    count
}

/// Enough for twice the peak of the last 30 days (KDS-O02, KDS-F11).
fn of_history(
    history: &HistoryTable,
    on_demand: &OnDemand,
    path: &Path,
    cx: &mut Context<'_>,
) -> u64 {
    let path = path.key("history");
    if history.peak.is_none() && history.peak_records.is_none() && cx.sound(&path) {
        let message = "`history` says nothing";
        let problem = Problem::new(Code::MissingField, &path, message);
        cx.problem(problem.help("write `history = { peak = \"3 MiB/s\" }`"));
    }
    let bytes = history.peak.map_or(0.0, |leaf| leaf.0.0);
    let records = history.peak_records.map_or(0.0, |leaf| leaf.0.0);
    if history.peak.is_some() {
        cx.resolved.line("history.peak", &quoted(&ByteRate(bytes).to_string()), None);
    }
    if history.peak_records.is_some() {
        cx.resolved.line("history.peak_records", &quoted(&format!("{}/s", float(records))), None);
    }
    let plan = &on_demand.plan;
    let by_bytes = bytes / plan.split_bytes_per_s.max(1) as f64;
    let by_records = records / plan.split_records_per_s.max(1) as f64;
    by_bytes.max(by_records).ceil() as u64
}

/// Warm throughput needs the commitment, and has a ceiling (KDS-O18).
pub(super) fn check_warm(warm: ByteRate, on_demand: &OnDemand, path: &Path, cx: &mut Context<'_>) {
    if !on_demand.commitment && cx.sound(&Path::of("account")) && !cx.unknown_table {
        let message = "`warm_throughput` needs the account's commitment";
        let problem = Problem::new(Code::Contradiction, path, message)
            .note("warm throughput belongs to on-demand Advantage (fact KDS-O18, documented)");
        let line = "minimum_throughput_billing_commitment = true";
        cx.problem(problem.help(format!("write `{line}` below `[account]`")));
    }
    let most = facts::WARM_THROUGHPUT_MAX as f64;
    if !(SHARD..=most).contains(&warm.0) {
        let message = "`warm_throughput` must be between 1 MiB/s and 10 GiB/s";
        cx.problem(Problem::new(Code::OutOfRange, path, message));
    }
}

/// Writes `[model.on_demand]` into the resolved text, where it matters.
pub(super) fn write_down(table: &ModelOnDemandTable, plan: &Plan, cx: &mut Context<'_>) {
    let switches = plan.actions.iter().any(|action| {
        matches!(
            action.kind,
            ActionKind::Reshard { call: ReshardCall::UpdateStreamMode { .. }, .. }
        )
    });
    let used = switches || plan.streams.iter().any(|it| it.mode == StreamMode::OnDemand);
    let given = table.delay_min.is_some()
        || table.delay_max.is_some()
        || table.split_bytes.is_some()
        || table.split_records.is_some();
    if !used && !given {
        return;
    }
    cx.resolved.assume("KDS-O07");
    cx.resolved.assume("KDS-O15");
    let default = (facts::ON_DEMAND_DELAY_MIN, Origin::Assumed("KDS-O07"));
    let given = table.delay_min.map(|leaf| leaf.0);
    cx.resolved.pick("on_demand.delay_min", given, default, |v| span(*v));
    let default = (facts::ON_DEMAND_DELAY_MAX, Origin::Fact("KDS-O04"));
    let given = table.delay_max.map(|leaf| leaf.0);
    cx.resolved.pick("on_demand.delay_max", given, default, |v| span(*v));
    let default = (facts::ON_DEMAND_SPLIT_BYTES_PER_S as f64, Origin::Fact("KDS-O04"));
    let given = table.split_bytes.map(|leaf| leaf.0.0);
    cx.resolved
        .pick("on_demand.split_bytes", given, default, |v| quoted(&format!("{} B/s", float(*v))));
    let default = (facts::ON_DEMAND_SPLIT_RECORDS_PER_S as f64, Origin::Fact("KDS-O05"));
    let given = table.split_records.map(|leaf| leaf.0.0);
    cx.resolved
        .pick("on_demand.split_records", given, default, |v| quoted(&format!("{}/s", float(*v))));
}
