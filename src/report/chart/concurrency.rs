//! How many invocations of a function run at a time, how full their batches are, what fails.

use crate::experiment::outcome::{ConsumerOutcome, LambdaFlow, LambdaOutcome, Outcome};
use crate::model::events::{ActionKind, FaultKind};
use crate::model::plan::{LambdaPlan, Plan};
use crate::report::chart::frame::SMALL;
use crate::report::chart::label::shorten;
use crate::report::chart::timeline::{
    footer, highest, span_s, steps, steps_by_place, vertical_marks,
};
use crate::report::chart::{Body, Chart, Dash, Limit, Panel, Quantity, Role, Series, Step, text};
use crate::scenario::Scenario;
use crate::time::{Instant, NS_PER_S};

/// Functions with a chart each, those first that are invoked most.
const SHOWN: usize = 12;
/// A limit so many times as high as everything else would press it flat: it is told instead.
const IN_VIEW: f64 = 3.0;
/// A function that uses this part of its lanes keeps them busy.
const BUSY: f64 = 0.95;
/// A name's part of a title [px].
const WIDEST_NAME: f64 = 160.0;

/// A chart of the only function, or of each of several by its name.
pub(super) fn charts(scenario: &Scenario, outcome: &Outcome) -> Vec<(String, Chart)> {
    let invocations = |place: usize| {
        let lambda = outcome.consumers.get(place).and_then(|it| it.lambda.as_deref());
        lambda.map_or(0, |lambda| lambda.counts.invocations + lambda.counts.throttles)
    };
    let mut places: Vec<usize> =
        (0..outcome.consumers.len()).filter(|&place| invocations(place) > 0).collect();
    places.sort_by_key(|&place| (std::cmp::Reverse(invocations(place)), place));
    places.truncate(SHOWN);
    places.sort_unstable();
    let alone = places.len() == 1;
    let of = |&place: &usize| {
        let name = &outcome.consumers.get(place)?.name;
        let more = if alone { String::new() } else { format!("-{name}") };
        let stem = format!("lambda-concurrency{more}");
        Some((stem, chart(scenario, outcome, place)?))
    };
    places.iter().filter_map(of).collect()
}

/// A function with what is planned and known of it.
struct Function<'a> {
    place: usize,
    consumer: &'a ConsumerOutcome,
    lambda: &'a LambdaOutcome,
    plan: &'a LambdaPlan,
}

fn chart(scenario: &Scenario, outcome: &Outcome, place: usize) -> Option<Chart> {
    let consumer = outcome.consumers.get(place)?;
    let (lambda, reader) = (consumer.lambda.as_deref()?, scenario.plan.readers.get(place)?);
    let of = Function { place, consumer, lambda, plan: reader.lambda()? };
    let title = finding(scenario, outcome, &of);
    let mut panels = vec![running(scenario, outcome, &of), batches(scenario, outcome, &of)];
    panels.extend(troubles(outcome, &of));
    let mean = of.lambda.batch_records.mean().unwrap_or(0.0);
    let alt = format!(
        "{title}. At most {} at a time; a batch has {} of {} records on average",
        text::counted(of.lambda.counts.concurrency_max as usize, "invocation"),
        text::number(mean),
        text::whole(of.plan.batch_size as usize),
    );
    Some(Chart {
        title,
        subtitle: "How many of its lanes does the function use, and how full are its batches?"
            .to_owned(),
        footer: footer(scenario, outcome),
        alt,
        span_s: span_s(outcome),
        marks: vertical_marks(scenario, outcome),
        body: Body::Panels(panels),
    })
}

/// A line over the intervals of a function.
fn line(
    outcome: &Outcome,
    of: &Function<'_>,
    (name, role, dash): (&str, Role, Dash),
    value: impl Fn(&LambdaFlow, f64) -> Option<f64>,
) -> Series {
    let steps = steps_by_place(outcome, |place, seconds| {
        of.lambda.timeline.get(place).and_then(|flow| value(flow, seconds))
    });
    let last = steps.iter().rev().find_map(|step| step.value).unwrap_or(0.0);
    Series { label: format!("{name} {}", text::number(last)), steps, role, dash }
}

/// Invocations at a time against lanes and what else limits them.
fn running(scenario: &Scenario, outcome: &Outcome, of: &Function<'_>) -> Panel {
    let most = line(outcome, of, ("max", Role::Lambda, Dash::Solid), |flow, _| {
        Some(f64::from(flow.concurrency_max))
    });
    let mean = line(outcome, of, ("mean", Role::Offered, Dash::Short), |flow, seconds| {
        Some(flow.busy_ns as f64 / NS_PER_S as f64 / seconds)
    });
    let stream = outcome.streams.get(of.consumer.stream);
    let lanes = steps_by_place(outcome, |place, _| {
        let flow = stream?.timeline.get(place)?;
        let at = outcome.timeline.get(place)?.start;
        let factor = scenario.plan.lambda_at(of.place, at)?.factor;
        Some(f64::from(flow.open_shards) * f64::from(factor))
    });
    let last = lanes.iter().rev().find_map(|step| step.value).unwrap_or(0.0);
    let lanes = Limit { label: text::counted(last as usize, "lane"), steps: lanes };
    let top = highest(&lanes.steps).max(highest(&most.steps)).max(1.0);
    let (limit, beyond) = ceiling(&scenario.plan, of, span_s(outcome), top);
    let mut limits = vec![lanes];
    limits.extend(limit);
    Panel {
        title: format!("Invocations at a time{beyond}"),
        weight: 1.6,
        quantity: Quantity::Count,
        series: vec![most, mean],
        limits,
        band: None,
        stacked: false,
        shades: Vec::new(),
    }
}

/// What limits a function beside its lanes: what it has reserved, or what the account leaves to
/// all, and less while a fault squeezes it. Where that is out of view, it is said in words.
fn ceiling(plan: &Plan, of: &Function<'_>, span_s: f64, top: f64) -> (Option<Limit>, String) {
    let limit = |at: Instant| {
        let own = plan.lambda_at(of.place, at).and_then(|it| it.function.reserved);
        match (own, plan.reserved_at(at)) {
            (Some(own), _) => ("reserved", own),
            (None, 0) => ("account", plan.account.concurrent_executions),
            (None, all) => ("unreserved", plan.account.concurrent_executions.saturating_sub(all)),
        }
    };
    let changes = plan.actions.iter().filter_map(|action| match action.kind {
        ActionKind::Reserve { .. } => Some(action.at),
        _ => None,
    });
    let changes: Vec<Instant> = changes.collect();
    let (name, base) = limit(changes.last().copied().unwrap_or(Instant::ZERO));
    let squeezes = plan.faults.iter().filter_map(|fault| match fault.kind {
        FaultKind::Squeeze { reader, most } if reader == of.place => {
            Some((fault.from, fault.until, most))
        }
        _ => None,
    });
    let squeezes: Vec<(Instant, Instant, u32)> = squeezes.collect();
    let is_in_view = |base: u32| f64::from(base) <= top * IN_VIEW;
    let in_view = is_in_view(base);
    let told = text::whole(base as usize);
    if !in_view && squeezes.is_empty() && changes.is_empty() {
        return (None, format!("; its limit, {name} {told}, is out of view"));
    }
    let mut moments: Vec<f64> =
        squeezes.iter().flat_map(|it| [it.0.as_s(), it.1.as_s()]).chain([0.0, span_s]).collect();
    moments.extend(changes.iter().map(|at| at.as_s()));
    moments.retain(|at| *at <= span_s);
    moments.sort_by(f64::total_cmp);
    let step = |pair: &[f64]| {
        let active = squeezes.iter().filter(|it| it.0.as_s() <= pair[0] && pair[0] < it.1.as_s());
        let least = active.map(|it| it.2).min();
        let begun = changes.iter().rev().find(|at| at.as_s() <= pair[0]);
        let base = limit(begun.copied().unwrap_or_default()).1;
        let value = least.map_or(base, |most| most.min(base));
        let shown = is_in_view(base) || least.is_some();
        let value = shown.then_some(f64::from(value));
        Step { from_s: pair[0], to_s: pair[1], value }
    };
    let steps: Vec<Step> = moments.windows(2).filter(|it| it[0] < it[1]).map(step).collect();
    if steps.iter().all(|step| step.value.is_none()) {
        return (None, String::new());
    }
    let least = squeezes.iter().map(|it| it.2).min().unwrap_or(0);
    let label = if in_view || squeezes.is_empty() {
        format!("{name} {told}")
    } else {
        format!("squeezed to {}", text::whole(least as usize))
    };
    (Some(Limit { label, steps }), String::new())
}

/// Records in a batch against `BatchSize`.
fn batches(scenario: &Scenario, outcome: &Outcome, of: &Function<'_>) -> Panel {
    let mean = line(outcome, of, ("mean", Role::Lambda, Dash::Solid), |flow, _| {
        (flow.batches > 0).then(|| flow.batch_records as f64 / flow.batches as f64)
    });
    let size = |at| scenario.plan.lambda_at(of.place, at).map(|it| it.batch_size);
    let last = size(outcome.until).unwrap_or(of.plan.batch_size);
    Panel {
        title: "Records in a batch, when it is handed over first".to_owned(),
        weight: 1.0,
        quantity: Quantity::Count,
        series: vec![mean],
        limits: vec![Limit {
            label: format!("batch_size {}", text::whole(last as usize)),
            steps: steps(outcome, |flow, _| size(flow.start).map(f64::from)),
        }],
        band: None,
        stacked: false,
        shades: Vec::new(),
    }
}

/// What failed and what was throttled; none where nothing was.
fn troubles(outcome: &Outcome, of: &Function<'_>) -> Option<Panel> {
    let counts = &of.lambda.counts;
    let mut series = Vec::new();
    if counts.errors > 0 {
        let as_drawn = ("errors", Role::Throttled, Dash::Solid);
        series.push(line(outcome, of, as_drawn, |flow, s| Some(flow.errors as f64 / s)));
    }
    if counts.throttles > 0 {
        let as_drawn = ("throttled", Role::Offered, Dash::Dotted);
        series.push(line(outcome, of, as_drawn, |flow, s| Some(flow.throttles as f64 / s)));
    }
    for line in &mut series {
        line.label.push_str("/s");
    }
    (!series.is_empty()).then(|| Panel {
        title: "Invocations that failed, and tries that were throttled, a second".to_owned(),
        weight: 0.8,
        quantity: Quantity::RecordsPerSecond,
        series,
        limits: Vec::new(),
        band: None,
        stacked: false,
        shades: Vec::new(),
    })
}

fn finding(scenario: &Scenario, outcome: &Outcome, of: &Function<'_>) -> String {
    let name = shorten(&of.consumer.name, SMALL, WIDEST_NAME);
    let from = Instant::ZERO + scenario.plan.warm_up;
    let judged_s = outcome.until.since(from).as_s();
    let (counts, seconds) = if judged_s > 0.0 {
        (&of.lambda.judged, judged_s)
    } else {
        (&of.lambda.counts, span_s(outcome))
    };
    let busy_s = counts.busy_ns as f64 / NS_PER_S as f64;
    let mean = if seconds > 0.0 { busy_s / seconds } else { 0.0 };
    let lanes = text::counted(of.lambda.lanes as usize, "lane");
    let used = match of.lambda.lanes as f64 {
        all if all > 0.0 && mean >= all * BUSY => format!("Function {name} keeps its {lanes} busy"),
        _ => {
            let mean = text::significant(mean);
            format!("Function {name} uses {mean} of {lanes} on average")
        }
    };
    let errors = match counts.errors {
        0 => String::new(),
        errors => {
            let share = errors as f64 / counts.invocations.max(errors) as f64 * 100.0;
            format!("; {} of invocations failed", text::percent(share))
        }
    };
    let throttled = match counts.throttles {
        0 => String::new(),
        throttles => format!("; throttled {} times", text::whole(throttles as usize)),
    };
    format!("{used}{errors}{throttled}")
}
