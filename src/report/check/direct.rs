//! Derived quantities of what is put to Firehose: its limits, and how full they are.

use super::derived::Group;
use crate::experiment::forecast::Forecast;
use crate::model::plan::Plan;
use crate::report::number;

/// What follows of the delivery stream that stream number `index` stands for; `None` of a Kinesis
/// stream.
pub(super) fn put(plan: &Plan, forecast: &Forecast, index: usize) -> Option<Group> {
    let (of, it) = (plan.streams.get(index)?, forecast.streams.get(index)?);
    let base = of.direct?.base;
    let channels = u64::from(of.shard_count);
    let mut group = Group::new("firehose", &of.name);
    group.add(
        ("channels", "channels"),
        (channels as f64, number::count(channels)),
        "each with buffers of its own, filled evenly (FH-42)".to_owned(),
    );
    let limit = (base.bytes * channels) as f64;
    group.add(
        ("peak_bytes_per_s", "bytes put, peak"),
        (it.peak.bytes, number::byte_rate(it.peak.bytes)),
        format!(
            "{} of {} (FH-01, FH-02)",
            number::fullness(it.peak.bytes / limit),
            number::byte_rate(limit)
        ),
    );
    let limit = (base.records * channels) as f64;
    group.add(
        ("peak_records_per_s", "records put, peak"),
        (it.peak.records, number::rate(it.peak.records)),
        format!("{} of {}", number::fullness(it.peak.records / limit), number::rate(limit)),
    );
    let producers = plan.producers.iter().zip(&forecast.producers);
    let calls = producers.filter(|(producer, _)| producer.stream == index);
    let calls: f64 = calls.map(|(_, it)| it.mean_per_s / it.records_per_call.max(1.0)).sum();
    let limit = (base.requests * channels) as f64;
    group.add(
        ("requests_per_s", "requests"),
        (calls, number::rate(calls)),
        format!("{} of {} (FH-03)", number::fullness(calls / limit), number::rate(limit)),
    );
    Some(group)
}
