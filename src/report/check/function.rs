//! Derived quantities of functions: lanes, what one takes and is brought, invocations.

use super::derived::Group;
use crate::experiment::forecast::FunctionForecast;
use crate::model::plan::{LambdaPlan, Plan, ReaderPlan};
use crate::report::number;

/// What follows of a function.
pub(super) fn derive(
    plan: &Plan,
    of: &ReaderPlan,
    lambda: &LambdaPlan,
    it: &FunctionForecast,
) -> Group {
    let mut group = Group::new("lambda", &of.name);
    let (lane, lanes) = (&it.lane, it.lanes.len());
    let shards = plan.streams.get(of.stream).map_or(0, |stream| stream.shard_count);
    group.add(
        ("lanes", "lanes"),
        (lanes as f64, number::count(lanes as u64)),
        format!(
            "= {} x parallelization_factor {} (ESM-51)",
            number::counted(u64::from(shards), "shard"),
            lambda.factor
        ),
    );
    let capacity = lane.capacity(it.busiest_per_s);
    group.add(
        ("lane_capacity_records_per_s", "a lane takes"),
        (capacity, number::rate(capacity)),
        taken(it, lambda),
    );
    let load = it.busiest_per_s / capacity.max(f64::MIN_POSITIVE);
    group.add(
        ("busiest_lane_records_per_s", "arrives, busiest lane"),
        (it.busiest_per_s, number::rate(it.busiest_per_s)),
        if capacity > 0.0 {
            format!("mean of what is stored: {} of what it takes", number::fullness(load))
        } else {
            "mean of what is stored".to_owned()
        },
    );
    group.add(
        ("invocations_per_s", "invocations, about"),
        (it.invocations_per_s, number::rate(it.invocations_per_s)),
        format!(
            "what gathers in {}, in batches of {} at most",
            number::duration(lane.gather_s),
            number::count(u64::from(lane.batch))
        ),
    );
    group.add(
        ("concurrency_invocations", "at a time, about"),
        (it.concurrency, number::significant(it.concurrency, 3)),
        limit(plan, lambda),
    );
    group
}

fn taken(it: &FunctionForecast, lambda: &LambdaPlan) -> String {
    let lane = &it.lane;
    let records = if lane.times_out() { lane.in_time() } else { lane.batch };
    let batch = format!(
        "= {} / {}",
        number::counted(u64::from(records), "record"),
        number::duration(lane.invocation_s(records))
    );
    match (lane.times_out(), lane.batch < lambda.batch_size) {
        (true, _) => {
            format!("{batch}: more would take longer than {}", number::duration(lane.timeout_s))
        }
        (false, true) => format!("{batch}: an event has no room for more (ESM-36)"),
        (false, false) => batch,
    }
}

/// How many invocations there may be at a time.
fn limit(plan: &Plan, lambda: &LambdaPlan) -> String {
    if let Some(reserved) = lambda.function.reserved {
        return format!("on average, of {} reserved (ESM-59)", number::count(reserved.into()));
    }
    let reserved = plan.readers.iter().filter_map(|it| it.lambda()?.function.reserved);
    let reserved = reserved.fold(0, u32::saturating_add);
    let all = plan.account.concurrent_executions.saturating_sub(reserved);
    format!("on average, of {} that no function has reserved (ESM-58)", number::count(all.into()))
}
