//! Days of 10,000 shards.

use crate::quanta::Load;

/// Names and loads. *zipf*: a million keys, by whose largest some shards are overloaded; *near*: a
/// new key for each record, at 95 % of the limit.
pub(crate) const DAYS: [(&str, Load); 2] = [
    ("zipf", Load { per_s: 9_000_000, keys: Some(1_000_000), ..DAY }),
    ("near", Load { per_s: 9_500_000, keys: None, ..DAY }),
];

const DAY: Load = Load {
    seconds: 86_400,
    shards: 10_000,
    per_s: 0,
    record_bytes: 500,
    keys: None,
    readers: 1,
    poll_s: 1,
};
