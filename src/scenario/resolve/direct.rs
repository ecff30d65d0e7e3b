//! `delivery_stream_type = "DirectPut"`: what producers put to, and what they can put.

use super::Context;
use super::target::Streams;
use crate::model::facts::{self, DirectPutLimit};
use crate::model::plan::{
    DirectPlan, KeyDrift, KeyNames, KeyPlan, KeyWeights, Plan, StreamPlan, WritePlan,
};
use crate::scenario::file::{FirehoseTable, ModelFirehoseTable, PartitionWord, ProducerTable};
use crate::scenario::problem::{Code, Path, Problem, with_commas};
use crate::scenario::resolved::{Origin, quoted};
use crate::units::{ByteRate, Bytes};

/// Keys of records that have none.
pub(super) const NO_KEYS: KeyPlan = KeyPlan {
    names: KeyNames::Random { bytes: 0 },
    weights: KeyWeights::Uniform,
    drift: KeyDrift::None,
    explicit: None,
    placement: 0,
};

/// Adds a stream for each delivery stream that producers put to, behind all others; returns the
/// largest record that each takes.
pub(super) fn streams(
    tables: &[FirehoseTable],
    streams: &Streams,
    model: &ModelFirehoseTable,
    plan: &mut Plan,
    cx: &mut Context<'_>,
) -> Vec<Bytes> {
    let growth = model.limit_growth.map_or(facts::DIRECT_PUT_GROWTH, |leaf| leaf.0);
    let mut largest = Vec::new();
    for (i, table) in tables.iter().enumerate() {
        let path = Path::of("firehose").index(i);
        if streams.of_firehose(i).is_none() {
            if table.throughput_limit.is_some() && cx.sound(&path) {
                let message = "`throughput_limit` is of Direct PUT, and this reads a stream";
                let at = path.key("throughput_limit");
                let problem = Problem::new(Code::Pointless, &at, message).at_key();
                let note = "with a stream as its source it has no limits (fact FH-24, documented)";
                let help = "leave it out, or write `delivery_stream_type = \"DirectPut\"`";
                cx.problem(problem.note(note).help(help));
            }
            continue;
        }
        check(table, &path, cx);
        let base = facts::direct_put_limit(&plan.account.region);
        let channels = channels(table, base, &path.key("throughput_limit"), cx);
        let direct = DirectPlan { base, growth };
        plan.streams.push(stream(streams.firehose_name(i), channels, direct));
        largest.push(facts::DIRECT_PUT_RECORD_MAX);
    }
    largest
}

/// What only one that reads a stream can have.
fn check(table: &FirehoseTable, path: &Path, cx: &mut Context<'_>) {
    let given = [
        ("stream", table.stream.is_some(), "producers put to it, by their `target`"),
        ("starts", table.starts.is_some(), "what is put before it is there is put to nobody"),
    ];
    for (field, _, note) in given.into_iter().filter(|it| it.1) {
        let message =
            format!("`{field}` means nothing with `delivery_stream_type = \"DirectPut\"`");
        let problem = Problem::new(Code::Pointless, &path.key(field), message).at_key();
        cx.problem(problem.note(note).help("leave it out"));
    }
    let parting = table.dynamic_partitioning.as_ref().and_then(|it| it.0.partitions.as_ref());
    if parting.and_then(|it| it.0.dist).is_some_and(|it| it.0 == PartitionWord::Key) {
        let at = path.key("dynamic_partitioning").key("partitions").key("dist");
        let message = "what is put by Direct PUT has no partition keys to go by";
        let problem = Problem::new(Code::Contradiction, &at, message);
        let help = "write \"uniform\" or \"zipf\": how records are shared by partitions";
        cx.problem(problem.note("its records are data alone").help(help));
    }
}

/// How many channels it begins with: one for each time the Region's limit (FH-42).
fn channels(table: &FirehoseTable, base: DirectPutLimit, path: &Path, cx: &mut Context<'_>) -> u32 {
    let Some(given) = &table.throughput_limit else { return 1 };
    let times = given.0.0 / base.bytes as f64;
    let most = f64::from(facts::DIRECT_PUT_CHANNELS_MAX);
    if times >= 1.0 && times <= most && times.fract() == 0.0 {
        return times as u32;
    }
    // What the Region's limit is may not be known.
    if cx.unknown_table || !cx.sound(&Path::of("account")) {
        return 1;
    }
    let of = |times: f64| ByteRate(base.bytes as f64 * times);
    let (least, largest) = (of(1.0), of(most));
    let message =
        format!("`throughput_limit` must be a whole multiple of {least}, up to {largest}");
    let problem = Problem::new(Code::OutOfRange, path, message);
    let note = "each has a channel with buffers of its own (facts FH-01, FH-02, FH-42)";
    let nearest = of(times.clamp(1.0, most).ceil());
    cx.problem(problem.note(note).help(format!("write \"{nearest}\"")));
    1
}

/// Writes the limit of Direct PUT into the resolved text.
pub(super) fn write_limit(
    table: &FirehoseTable,
    stream: Option<&StreamPlan>,
    cx: &mut Context<'_>,
) {
    let Some(stream) = stream else { return };
    let Some(direct) = stream.direct else { return };
    let channels = u64::from(stream.shard_count);
    let large = direct.base == facts::direct_put_limit("us-east-1");
    let origin = Origin::Fact(if large { "FH-01" } else { "FH-02" });
    let origin = table.throughput_limit.is_none().then_some(origin);
    let limit = ByteRate((direct.base.bytes * channels) as f64);
    cx.resolved.line("throughput_limit", &quoted(&limit.to_string()), origin);
    let (requests, records) = (direct.base.requests * channels, direct.base.records * channels);
    let (requests, records) = (with_commas(requests), with_commas(records));
    cx.resolved.comment(&format!("{requests} requests/s and {records} records/s (fact FH-03)"));
}

/// The stream that stands for what is put: its shards are channels.
fn stream(name: &str, channels: u32, direct: DirectPlan) -> StreamPlan {
    let DirectPutLimit { bytes, records, .. } = direct.base;
    StreamPlan {
        retention: facts::DIRECT_PUT_RETENTION,
        record_max: facts::DIRECT_PUT_RECORD_MAX,
        write: WritePlan::bucket(records, bytes),
        direct: Some(direct),
        ..StreamPlan::provisioned(name, channels)
    }
}

/// A producer that puts to Firehose has no keys: what is given of them is a problem. Whether there
/// is none.
pub(super) fn check_keys(table: &ProducerTable, path: &Path, cx: &mut Context<'_>) -> bool {
    let traced = table.trace.as_ref().is_some_and(|trace| trace.0.key.is_some());
    let given = [
        (path.key("partition_key"), table.partition_key.is_some()),
        (path.key("explicit_hash_key"), table.explicit_hash_key.is_some()),
        (path.key("trace").key("key"), traced),
    ];
    let mut sound = true;
    for (at, _) in given.into_iter().filter(|it| it.1) {
        let message = format!("`{}` means nothing with a `target`", at.field());
        let problem = Problem::new(Code::Pointless, &at, message).at_key();
        let note = "records of Firehose have no keys; its channels are filled evenly";
        cx.problem(problem.note(note).help("leave it out"));
        sound = false;
    }
    sound
}
