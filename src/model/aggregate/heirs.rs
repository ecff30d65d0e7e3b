//! What is on its way to a shard that has closed goes to what became of it.

use crate::model::hashing::HashRange;
use crate::model::stream::Stream;
use crate::random;

/// Deals `records` on their way to `shard` to those open shards that own its hash keys now, each
/// with the part that `share` gives its range. `give` is told of each: its index, how many.
pub(super) fn deal(
    stream: &Stream,
    shard: u32,
    records: u32,
    share: &impl Fn(HashRange) -> f64,
    chance: &mut random::Stream,
    give: &mut impl FnMut(u32, u32),
) {
    let lineage = &stream.shards[shard as usize].rest.lineage;
    if records == 0 {
        return;
    }
    let own = stream.shards[shard as usize].rest.range;
    match *lineage.children.as_slice() {
        [] => give(shard, records),
        [only] => deal(stream, only, records, share, chance, give),
        [lower, upper, ..] => {
            let part = |child: u32| {
                let range = stream.shards[child as usize].rest.range;
                share(HashRange { start: range.start.max(own.start), end: range.end.min(own.end) })
            };
            let (first, second) = (part(lower), part(upper));
            let all = first + second;
            let of_first = if all > 0.0 { (first / all).clamp(0.0, 1.0) } else { 0.5 };
            let k = chance.binomial(u64::from(records), of_first) as u32;
            deal(stream, lower, k, share, chance, give);
            deal(stream, upper, records - k, share, chance, give);
        }
    }
}
