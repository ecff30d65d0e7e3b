//! Nothing is lost unseen: every record is accounted for at the end of every run (D10).

use crate::experiment::metrics::Metrics;
use crate::experiment::outcome::ReadLedger;
use crate::model::shard::Shard;
use crate::model::source::Fed;
use crate::model::world::World;

/// Checks that what was offered is stored, lost or held, and that what was stored is delivered,
/// waiting, expired, before the start, filtered out or given up. What a consumer delivered has come
/// to each producer that it feeds, and as many records were made of it as are to be. The two sides
/// of every sum are counted in different
/// places: by the probe, and by the world itself.
///
/// # Errors
/// The first sum that does not hold.
pub fn check(world: &World, metrics: &Metrics) -> Result<(), String> {
    let written = metrics.written();
    let held = (0_u32..).zip(&metrics.producers).map(|(number, _)| world.held(number));
    let held = held.fold((0, 0), |sum, part| (sum.0 + part.0, sum.1 + part.1));
    let accounted = written.accepted_records + written.lost_records + held.0;
    equal("records offered and accounted for", written.offered_records, accounted)?;
    let accounted = written.accepted_bytes + written.lost_bytes + held.1;
    equal("bytes offered and accounted for", written.offered_bytes, accounted)?;
    let judged = written.accepted_records + written.throttled + written.failed;
    equal("attempts and their answers", written.attempts, judged)?;
    for (stream, series) in world.streams().iter().zip(&metrics.streams) {
        for (shard, totals) in stream.shards.iter().zip(&series.totals) {
            equal("records stored in a shard", shard.stored(), totals.write.accepted_records)?;
        }
    }
    for (number, consumer) in world.consumers().iter().enumerate() {
        let ledger = ledger(world, metrics, number);
        let accounted = ledger.delivered
            + ledger.waiting
            + ledger.in_hand
            + ledger.expired
            + ledger.before_start
            + ledger.filtered
            + ledger.discarded;
        let what = format!("records of consumer {number} on stream {}", consumer.stream());
        equal(&what, ledger.initial + ledger.stored, accounted)?;
    }
    check_chains(world, metrics)
}

/// Checks that nothing is lost or doubled between consumers and the producers that they feed.
fn check_chains(world: &World, metrics: &Metrics) -> Result<(), String> {
    for (number, counts) in (0_u32..).zip(&metrics.producers) {
        let Some(Fed { consumer, taken, made, ratio }) = world.fed(number) else { continue };
        let delivered = metrics.consumers[consumer].delivered;
        equal(&format!("records that producer {number} is fed"), delivered, taken)?;
        let offered = counts.writes().offered_records;
        equal(&format!("records that producer {number} offers"), made, offered)?;
        let (least, most) = (taken * u64::from(ratio.0), taken * u64::from(ratio.1));
        if made < least || made > most {
            return Err(format!("producer {number} made {made} records of {taken}: by {ratio:?}"));
        }
    }
    Ok(())
}

/// Where every record of a consumer's stream went.
#[must_use]
pub fn ledger(world: &World, metrics: &Metrics, consumer: usize) -> ReadLedger {
    let (reader, counts) = (&world.consumers()[consumer], &metrics.consumers[consumer]);
    let (filtered, discarded) = metrics.apart(consumer);
    let shards: &[Shard] = &world.streams()[reader.stream()].shards;
    ReadLedger {
        initial: shards.iter().map(|shard| shard.rest.initial.records).sum(),
        stored: shards.iter().map(Shard::stored).sum(),
        delivered: counts.delivered,
        waiting: counts.waiting,
        in_hand: reader.in_hand(),
        expired: counts.expired,
        before_start: counts.before_start,
        filtered,
        discarded,
    }
}

fn equal(what: &str, left: u64, right: u64) -> Result<(), String> {
    if left == right { Ok(()) } else { Err(format!("{what}: {left} is not {right}")) }
}
