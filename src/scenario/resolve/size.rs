//! `producer.record_size`, and how long keys are.

use super::Context;
use crate::model::plan::{KeyNames, Plan, SizePlan, SourcePlan};
use crate::model::{facts, keys};
use crate::scenario::file::SizeTable;
use crate::scenario::inputs::read_sizes;
use crate::scenario::leaf::Leaf;
use crate::scenario::or_table::OrTable;
use crate::scenario::problem::{Code, Path, Problem};
use crate::scenario::resolved::{Origin, bytes, float, list, quoted};
use crate::units::Bytes;

/// The 99th percentile of the standard normal distribution.
const NORMAL_P99: f64 = 2.326_347_874_040_841;

/// What a record may hold.
#[derive(Clone, Copy)]
pub(super) struct Room {
    /// Largest data and key together (KDS-W08).
    pub(super) largest: Bytes,
    /// Length of the longest key (bytes).
    pub(super) keys: u64,
}

impl Room {
    /// What the longest key leaves.
    fn data(self) -> Bytes {
        Bytes(self.largest.0.saturating_sub(self.keys))
    }
}

/// Resolves sizes; none is larger than `room`.
pub(super) fn sizes(
    given: OrTable<Leaf<Bytes>, SizeTable>,
    room: Room,
    path: &Path,
    cx: &mut Context<'_>,
) -> Option<SizePlan> {
    let table = match given {
        OrTable::Plain(Leaf(size)) => {
            cx.resolved.line("record_size", &bytes(size), None);
            return fits(size, room, path, cx).then_some(SizePlan::Constant(size));
        }
        OrTable::Table(table) => table,
    };
    let present = [
        ("min", table.min.is_some()),
        ("max", table.max.is_some()),
        ("median", table.median.is_some()),
        ("p99", table.p99.is_some()),
        ("mean", table.mean.is_some()),
        ("values", table.values.is_some()),
        ("weights", table.weights.is_some()),
        ("file", table.file.is_some()),
    ];
    let forms: [&[&str]; 5] =
        [&["min", "max"], &["median", "p99"], &["mean"], &["values", "weights"], &["file"]];
    let help = "write `min` with `max`, `median` with `p99`, `mean`, `values`, or `file`";
    match cx.one_form(path, &present, &forms, help)? {
        0 => {
            let min = named("min", table.min, path, cx)?;
            let max = named("max", table.max, path, cx)?;
            let ordered = in_order(("min", min), ("max", max), path, cx);
            let fits = fits(max, room, &path.key("max"), cx);
            (ordered && fits).then_some(SizePlan::Uniform { min, max })
        }
        1 => {
            let median = named("median", table.median, path, cx)?;
            let p99 = named("p99", table.p99, path, cx)?;
            let positive = positive("median", median, path, cx);
            let ordered = in_order(("median", median), ("p99", p99), path, cx);
            let (field, larger) =
                if median > room.data() { ("median", median) } else { ("p99", p99) };
            let fits = fits(larger, room, &path.key(field), cx);
            let plan = SizePlan::LogNormal { median, p99, max: room.data() };
            (positive && ordered && fits).then_some(plan)
        }
        2 => {
            let mean = named("mean", table.mean, path, cx)?;
            let positive = positive("mean", mean, path, cx);
            let fits = fits(mean, room, &path.key("mean"), cx);
            (positive && fits).then_some(SizePlan::Exponential { mean, max: room.data() })
        }
        3 => weighted(table, room, path, cx),
        _ => from_file(&table.file?, room, &path.key("file"), cx),
    }
}

fn named(
    field: &str,
    given: Option<Leaf<Bytes>>,
    path: &Path,
    cx: &mut Context<'_>,
) -> Option<Bytes> {
    let Some(Leaf(size)) = given else {
        cx.missing(path, field, &format!("`{field} = \"4 KiB\"` beside it"));
        return None;
    };
    cx.resolved.line(&format!("record_size.{field}"), &bytes(size), None);
    Some(size)
}

fn weighted(table: SizeTable, room: Room, path: &Path, cx: &mut Context<'_>) -> Option<SizePlan> {
    let Some(values) = table.values else {
        cx.missing(path, "values", "`values = [\"1 KiB\", \"4 KiB\"]` beside `weights`");
        return None;
    };
    let given: Option<Vec<f64>> =
        table.weights.map(|weights| weights.iter().map(|w| w.0).collect());
    let origin = if given.is_some() { None } else { Some(Origin::Default) };
    let weights = cx.weights(path, given, values.len())?;
    cx.resolved.line("record_size.values", &list(&values, |v| bytes(v.0)), None);
    cx.resolved.line("record_size.weights", &list(&weights, |w| float(*w)), origin);
    for (i, Leaf(size)) in values.iter().enumerate() {
        if !fits(*size, room, &path.key("values").index(i), cx) {
            return None;
        }
    }
    Some(SizePlan::Weighted(values.iter().map(|v| v.0).zip(weights).collect()))
}

fn from_file(file: &str, room: Room, path: &Path, cx: &mut Context<'_>) -> Option<SizePlan> {
    cx.resolved.line("record_size.file", &quoted(file), None);
    let sizes = cx.read(path, file, read_sizes)?;
    let sum: f64 = sizes.iter().map(|(_, weight)| weight).sum();
    if sum <= 0.0 || !sum.is_finite() {
        let message = format!("`{file}` has no sizes with a positive count");
        cx.problem(Problem::new(Code::BadContent, path, message));
        return None;
    }
    let largest = sizes.iter().map(|(size, _)| *size).max().unwrap_or_default();
    fits(largest, room, path, cx).then_some(SizePlan::Weighted(sizes))
}

/// One size for all records, from the mean of data and key together and the mean of the keys.
pub(super) fn of_mean(
    mean: f64,
    key: f64,
    room: Room,
    path: &Path,
    cx: &mut Context<'_>,
) -> Option<SizePlan> {
    let size = Bytes((mean - key + 0.5).max(0.0) as u64);
    if mean < key {
        let message = format!("the mean record has {mean:.1} B, less than its key's {key:.1} B");
        let problem = Problem::new(Code::BadContent, path, message);
        cx.problem(problem.help("shorten the keys, or leave `bytes` out and write `record_size`"));
        return None;
    }
    let text = format!("record_size: {}, the mean of the bytes less the key", size.exact());
    cx.resolved.comment(&text);
    fits(size, room, path, cx).then_some(SizePlan::Constant(size))
}

/// Whether a record of this size is one a stream takes.
pub(super) fn fits(size: Bytes, room: Room, path: &Path, cx: &mut Context<'_>) -> bool {
    if size <= room.data() {
        return true;
    }
    if room.largest < facts::RECORD_BYTES_DEFAULT {
        let message = format!("a record of {} is larger than Firehose takes", size.exact());
        let problem = Problem::new(Code::RecordTooLarge, path, message);
        let note = format!("it is at most {} (fact FH-08, documented)", room.largest);
        cx.problem(problem.note(note));
        return false;
    }
    let message = format!("a record of {} is larger than the stream takes", size.exact());
    let problem = Problem::new(Code::RecordTooLarge, path, message).note(format!(
        "data and partition key together are at most {} (fact KDS-W08, documented)",
        room.largest
    ));
    let leaves = format!("the longest key leaves {}", room.data().exact());
    cx.problem(problem.help(if room.largest < facts::RECORD_BYTES_MAX {
        format!("{leaves}; the stream's `max_record_size` can be up to 10 MiB")
    } else {
        leaves
    }));
    false
}

fn positive(field: &str, size: Bytes, path: &Path, cx: &mut Context<'_>) -> bool {
    if size.0 == 0 {
        let message = format!("`{field}` must be more than zero");
        cx.problem(Problem::new(Code::OutOfRange, &path.key(field), message));
    }
    size.0 > 0
}

fn in_order(
    (low, small): (&str, Bytes),
    (high, large): (&str, Bytes),
    path: &Path,
    cx: &mut Context<'_>,
) -> bool {
    if small > large {
        let message = format!("`{low}` of {small} is larger than `{high}` of {large}");
        cx.problem(Problem::new(Code::BadList, &path.key(low), message));
    }
    small <= large
}

/// Mean size before the cut at the largest (bytes).
pub(super) fn mean(plan: &SizePlan) -> f64 {
    match plan {
        SizePlan::Constant(size) => size.0 as f64,
        SizePlan::Uniform { min, max } => f64::midpoint(min.0 as f64, max.0 as f64),
        SizePlan::LogNormal { median, p99, .. } => {
            let sigma = libm::log(p99.0 as f64 / median.0 as f64) / NORMAL_P99;
            median.0 as f64 * libm::exp(sigma * sigma / 2.0)
        }
        SizePlan::Exponential { mean, .. } => mean.0 as f64,
        SizePlan::Weighted(values) => {
            let sum: f64 = values.iter().map(|(_, weight)| weight).sum();
            values.iter().map(|(size, weight)| size.0 as f64 * weight / sum).sum()
        }
    }
}

/// Keys of a producer that are looked at for their mean length, about.
const KEYS_LOOKED_AT: u32 = 1_000;

/// How long the keys of a stream's producers are, in the mean (bytes): they are metered with their
/// records, and not delivered.
pub(super) fn mean_key(stream: usize, plan: &Plan) -> u64 {
    let mean = |source: &SourcePlan| {
        let (SourcePlan::Synthetic { keys, .. } | SourcePlan::Trace { keys, .. }) = source;
        if let KeyNames::Random { bytes } = keys.names {
            return bytes;
        }
        let count = keys::key_count(keys);
        let step = count.div_ceil(KEYS_LOOKED_AT).max(1) as usize;
        let some = (0..count).step_by(step).map(|index| keys::name_bytes(keys, index));
        let (sum, n) = some.fold((0, 0), |(sum, n), bytes| (sum + bytes, n + 1));
        sum / u64::max(n, 1)
    };
    let of = plan.producers.iter().filter(|it| it.stream == stream);
    let means: Vec<u64> = of.map(|producer| mean(&producer.source)).collect();
    means.iter().sum::<u64>() / (means.len() as u64).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_agree_with_their_closed_forms() {
        // Log-normal with sigma 1: p99 = median e^2.3263…, mean = median e^0.5.
        let (median, p99) = (Bytes(1_000_000), Bytes(10_240_474));
        let plan = SizePlan::LogNormal { median, p99, max: Bytes::mib(1) };
        assert!((mean(&plan) / 1_648_721.27 - 1.0).abs() < 1e-6);
        let plan = SizePlan::Weighted(vec![(Bytes(100), 3.0), (Bytes(500), 1.0)]);
        assert!((mean(&plan) - 200.0).abs() < 1e-9);
    }
}
