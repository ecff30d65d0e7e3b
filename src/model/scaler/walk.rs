//! How amazon-kinesis-scaling-utils splits and merges shards one by one where UpdateShardCount is
//! refused (SCL-11, SCL-12).

use crate::model::reshard::ReshardCall;
use crate::model::stream::Stream;

/// On the way to so many equal shards.
#[derive(Clone, Copy, Debug)]
pub(super) struct Walk {
    target: u32,
}

/// Widths that differ by less are equal: 10^-9 of all hash keys.
const NEAR: u128 = u128::MAX / 1_000_000_000;

impl Walk {
    pub(super) fn to(target: u32) -> Self {
        Self { target: target.max(1) }
    }

    /// The next call; `None` when all shards are as wide as they are to be.
    pub(super) fn next(self, stream: &Stream) -> Option<ReshardCall> {
        let width = u128::MAX / u128::from(self.target);
        let open = stream.open_ranges();
        let number = |place: usize| stream.shards[open[place].1 as usize].rest.number;
        for (i, (range, _)) in open.iter().enumerate() {
            let own = range.end - range.start;
            if own.abs_diff(width) <= NEAR {
                continue;
            }
            if own > width {
                let at = range.start + width;
                return Some(ReshardCall::Split { shard: number(i), at: Some(at) });
            }
            let (next, _) = *open.get(i + 1)?;
            let together = next.end - range.start;
            if together <= width + NEAR {
                return Some(ReshardCall::Merge { shard: number(i), adjacent: number(i + 1) });
            }
            let at = range.start + width;
            return Some(ReshardCall::Split { shard: number(i + 1), at: Some(at) });
        }
        None
    }
}
