//! K203: shards that are never needed.

use crate::experiment::key_map::{KeyMap, Offer};
use crate::experiment::load::StreamLoad;
use crate::experiment::outcome::Outcome;
use crate::model::plan::{Plan, StreamMode};

/// Stated where no shard is ever offered more than this part of its limit.
const LOAD_MOST: f64 = 0.2;
/// Fewer shards are suggested where the busiest then has at most this much, by the minute and by
/// the second.
const MINUTE_MOST: f64 = 0.5;
const SECOND_MOST: f64 = 0.8;

/// Shards that are never needed.
///
/// Stated where something is written, nothing is refused, and the busiest shard is offered less
/// than 20 % of its limit in every minute of the run.
#[derive(Clone, Debug, PartialEq)]
pub struct Spare {
    /// Shards of the stream; where their number changes, the fewest.
    pub shards: u32,
    /// The most any shard is offered in a minute, as a part of its limit.
    pub busiest_load: f64,
    /// That shard.
    pub busiest: String,
    /// The most any shard is sent in a second, as a part of its limit.
    pub busiest_second: f64,
    /// The fewest shards that leave half of each minute free, and a fifth of each second, with
    /// these keys and readers.
    pub enough: Option<u32>,
}

/// K203 of the stream with this index.
pub(super) fn find(
    plan: &Plan,
    outcome: &Outcome,
    index: usize,
    load: &StreamLoad,
    placement: Option<&KeyMap>,
) -> Option<Spare> {
    let stream = &plan.streams[index];
    // With the fewest shards there ever were, none was busy: the least that can be said.
    let fewest = load.stream.open_counts().into_iter().map(|it| it.1).min()?;
    let shards = fewest as u32;
    // Nobody but the service decides how many there are in on-demand mode.
    if shards < 2 || stream.mode == StreamMode::OnDemand {
        return None;
    }
    let (mut busiest_load, mut busiest) = (0.0, 0);
    let (mut second, mut fullest_store) = (0.0_f64, 0.0_f64);
    for window in &load.windows {
        for (shard, cell) in load.open_in(window) {
            if load.load(cell) > busiest_load {
                (busiest_load, busiest) = (load.load(cell), shard);
            }
            second = second.max(f64::from(cell.busiest_second_ppm) / 1e6);
            fullest_store = fullest_store.max(cell.accepted_bytes as f64 / cell.seconds);
            if cell.attempts > cell.accepted_records {
                return None;
            }
        }
    }
    if busiest_load <= 0.0 || busiest_load >= LOAD_MOST {
        return None;
    }
    let pollers = plan.readers.iter().filter(|reader| super::reads::is_poller(reader, index));
    let pollers = pollers.count() as f64;
    let fixed = placement.filter(|_| !load.changes());
    let enough = fixed.and_then(|placement| {
        let weigh = |offer: &Offer| {
            (offer.records / stream.write.records_per_s as f64)
                .max(offer.charged / stream.write.bytes_per_s as f64)
        };
        let now = placement.busiest_share_now(weigh);
        let holds = |count: &u32| {
            let grown = placement.busiest_share(*count, weigh) / now.max(f64::MIN_POSITIVE);
            grown * busiest_load <= MINUTE_MOST
                && grown * second <= SECOND_MOST
                && grown * fullest_store * pollers <= stream.read.bytes_per_s as f64
                && super::slow::keeps_up(plan, outcome, index, load, grown)
        };
        (1..shards).step_by((shards / 64).max(1) as usize).find(holds)
    });
    Some(Spare {
        shards,
        busiest_load,
        busiest: load.stream.shards[busiest].id.clone(),
        busiest_second: second,
        enough,
    })
}
