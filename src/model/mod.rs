//! The Kinesis pipeline: producers, streams, consumers, and the world they make up.
//!
//! One record's journey, a function each:
//! 1. [`source::Source::ready`] - cohorts appear: how many, how big, which key, when.
//! 2. [`producer::Producer::act`] - it joins a request, which leaves when full or when its time
//!    is up.
//! 3. [`stream::Stream::route`] - the key's hash finds the open shard.
//! 4. [`limit::WriteLimit::admit`] - two buckets let all, some or none of it in.
//! 5. [`shard::Shard::append`] - it stands in the log, visible from now on; or the producer waits
//!    to try again, or gives it up.
//! 6. [`consumer::reader::Reader::act`] - a call takes it over under the read limits, and its
//!    processing ends: it is delivered, and the log may forget it.

pub mod account;
pub mod aggregate;
pub mod alarm;
pub mod bursts;
mod chunk;
pub mod clients;
pub mod cohort;
pub mod cold;
pub mod concurrency;
pub mod consumer;
pub mod control;
mod entries;
pub mod events;
pub mod facts;
pub mod hashing;
pub mod initial;
pub mod key_weights;
pub mod keys;
pub mod limit;
mod link;
pub mod log;
pub mod meter;
pub mod observation;
pub mod on_demand;
pub mod plan;
pub mod prices;
pub mod producer;
pub mod profile;
mod queue;
pub mod record_size;
pub mod registration;
pub mod reshard;
pub mod retry;
pub mod router;
pub mod scaler;
pub mod shard;
pub mod slices;
pub mod source;
pub mod stream;
mod taken;
mod whole;
pub mod world;
