//! K502: more is put to a delivery stream than its limits let in.

use super::{Evidence, Finding, severity};
use crate::experiment::forecast::{Forecast, StreamForecast};
use crate::experiment::outcome::{Outcome, StreamFlow};
use crate::model::facts::{self, DirectPutLimit};
use crate::model::plan::{Api, Plan};
use crate::scenario::Scenario;

/// Part of the attempts that are refused, at least.
const REFUSED_LEAST: f64 = 0.001;
/// More than a limit for a shorter time may fit into a full bucket (s).
const OVER_LEAST_S: f64 = 60.0;

/// K502: Direct PUT is throttled.
#[derive(Clone, Debug, PartialEq)]
pub struct DirectOver {
    /// The limit that is exceeded most.
    pub binding: Binding,
    /// What is put a second at the peak, about.
    pub peak_per_s: f64,
    /// What may be put a second when the run begins.
    pub limit_per_s: f64,
    /// Part of the attempts that were refused; `None` of a plan.
    pub refused_share: Option<f64>,
    /// Bytes a second of a limit that holds the peak; `None` where none that is played does.
    pub enough_bytes_per_s: Option<u64>,
    /// How often the limit was doubled in the run.
    pub doubled: u32,
    /// Where single puts exceed the limit of requests: a producer that makes them.
    pub single: Option<String>,
}

/// Which limit of Direct PUT is exceeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binding {
    /// Bytes a second.
    Bytes,
    /// Records a second.
    Records,
    /// Requests a second.
    Requests,
}

/// What is put a second.
#[derive(Clone, Copy, Debug, Default)]
struct Load {
    bytes: f64,
    records: f64,
    requests: f64,
}

impl Load {
    /// Which limit it fills most, what it is of that, and what the limit is.
    fn binding(&self, base: DirectPutLimit, channels: f64) -> (Binding, f64, f64) {
        let all = [
            (Binding::Bytes, self.bytes, base.bytes as f64 * channels),
            (Binding::Records, self.records, base.records as f64 * channels),
            (Binding::Requests, self.requests, base.requests as f64 * channels),
        ];
        let mut most = all[0];
        for it in all {
            if it.1 / it.2 > most.1 / most.2 {
                most = it;
            }
        }
        most
    }
}

/// K502 of a run.
pub(super) fn find(scenario: &Scenario, outcome: &Outcome, index: usize) -> Option<Finding> {
    let plan = &scenario.plan;
    let (of, stream) = (plan.streams.get(index)?, outcome.streams.get(index)?);
    let write = &stream.write_judged;
    let refused_share = write.throttled as f64 / (write.attempts as f64).max(1.0);
    if of.direct.is_none() || refused_share < REFUSED_LEAST {
        return None;
    }
    let producers = outcome.producers.iter().zip(&plan.producers);
    let producers = producers.filter(|(_, it)| it.stream == index);
    let (calls, records) =
        producers.fold((0, 0), |sum, (it, _)| (sum.0 + it.calls, sum.1 + it.write.attempts));
    let per_record = calls as f64 / (records as f64).max(1.0);
    let load = stream.timeline.iter().map(|flow| load(flow, per_record));
    let peak = load.fold(Load::default(), |most, it| Load {
        bytes: it.bytes.max(most.bytes),
        records: it.records.max(most.records),
        requests: it.requests.max(most.requests),
    });
    let doubled = (stream.shards.len() / stream.open_at_first().max(1)).max(1).ilog2();
    over(plan, index, peak, (Some(refused_share), doubled)).map(|evidence| Finding {
        severity: severity(&evidence),
        subject: of.name.clone(),
        evidence,
    })
}

/// The second of an interval in which most was offered: what is tried again would not be with room.
fn load(flow: &StreamFlow, calls_per_record: f64) -> Load {
    let records = flow.peak_offered_records as f64;
    let each = flow.write.offered_bytes as f64 / (flow.write.offered_records as f64).max(1.0);
    Load { bytes: records * each, records, requests: records * calls_per_record }
}

/// K502 of a plan: for a minute or longer more is put than the limits let in.
pub(super) fn foresee(
    plan: &Plan,
    index: usize,
    forecast: &Forecast,
    stream: &StreamForecast,
) -> Option<Evidence> {
    let mut peak = Load { bytes: stream.peak.bytes, records: stream.peak.records, requests: 0.0 };
    for (producer, it) in plan.producers.iter().zip(&forecast.producers) {
        if producer.stream == index {
            peak.requests += it.mean_per_s / it.records_per_call.max(1.0);
        }
    }
    let evidence = over(plan, index, peak, (None, 0))?;
    let Evidence::DirectOver(it) = &evidence else { return None };
    let lasts = match it.binding {
        // On average over the run.
        Binding::Requests => true,
        _ => stream.seconds_over(peak_load(stream)) >= OVER_LEAST_S.min(forecast.judged_s),
    };
    (it.peak_per_s > it.limit_per_s && lasts).then_some(evidence)
}

/// How full the fullest channel is at the peak.
fn peak_load(stream: &StreamForecast) -> f64 {
    stream.load(&stream.shards[stream.busiest()])
}

fn over(
    plan: &Plan,
    index: usize,
    peak: Load,
    (refused_share, doubled): (Option<f64>, u32),
) -> Option<Evidence> {
    let of = plan.streams.get(index)?;
    let base = of.direct?.base;
    let channels = f64::from(of.shard_count);
    let (binding, peak_per_s, limit_per_s) = peak.binding(base, channels);
    let times = (peak_per_s / limit_per_s * channels).ceil();
    let most = f64::from(facts::DIRECT_PUT_CHANNELS_MAX);
    let is_single = |it: &&crate::model::plan::ProducerPlan| {
        it.stream == index && it.client.api == Api::PutRecord
    };
    let single = plan.producers.iter().find(is_single).map(|it| it.name.clone());
    Some(Evidence::DirectOver(DirectOver {
        binding,
        peak_per_s,
        limit_per_s,
        refused_share,
        enough_bytes_per_s: (times > channels && times <= most)
            .then_some(base.bytes * times as u64),
        doubled,
        single: single.filter(|_| binding == Binding::Requests),
    }))
}
