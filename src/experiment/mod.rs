//! Running scenarios and measuring what happens.

mod ages;
pub mod bill;
pub mod catch_up;
pub mod finding;
pub mod fingerprint;
pub mod forecast;
mod gather;
pub mod histogram;
pub mod key_map;
pub(crate) mod key_shares;
pub mod ledger;
pub mod load;
pub mod metrics;
pub mod objective;
mod open_shards;
pub mod outcome;
pub mod parallel;
pub mod placement;
mod read_load;
pub mod run;
#[cfg(test)]
pub(crate) mod sample;
pub mod series;
pub mod shard_series;
pub mod size;
pub mod stages;
pub mod stats;
pub mod study;
pub mod top_keys;
pub mod trace;
mod watch;
