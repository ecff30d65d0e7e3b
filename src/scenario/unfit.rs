//! Why a stream is not played in quanta, in words.

use crate::model::aggregate::{BACKOFF_MAX, LINGER_MAX, RECORDS_MAX, Reason, Unfit};
use crate::model::plan::Plan;
use crate::quantity::rough_count;
use crate::scenario::problem::with_commas;

/// Why a stream of `plan` is played record by record: `producer web sends in bursts`.
#[must_use]
pub fn because(plan: &Plan, unfit: &Unfit) -> String {
    let name = plan.producers.get(unfit.producer).map_or("", |producer| &producer.name);
    match unfit.reason {
        Reason::Bursts => format!("producer {name} sends in bursts"),
        Reason::ExplicitHashKeys => {
            format!("producer {name} sets explicit hash keys beside a trace")
        }
        Reason::InFlight => {
            format!("producer {name} may have as many calls in flight as it is allowed")
        }
        Reason::Buffer => format!("producer {name} has a buffer"),
        Reason::Linger => {
            format!("producer {name} lingers for more than {} quanta", with_commas(LINGER_MAX))
        }
        Reason::Backoff => {
            let most = with_commas(BACKOFF_MAX);
            format!("producer {name} may wait for more than {most} quanta to try again")
        }
        Reason::Crowd => {
            let most = rough_count(RECORDS_MAX as u64);
            format!("producer {name} offers more than {most} records in a quantum")
        }
        Reason::RecordSize => {
            format!("records of producer {name} may be larger than all that a window takes")
        }
        Reason::DirectPut => format!("producer {name} puts to Firehose"),
        Reason::Fed => format!("producer {name} is fed by a consumer"),
        Reason::KeysGoOn => format!("producer {name} hands on the keys of its records"),
        Reason::KeysPart => "a delivery stream parts records by their keys".to_owned(),
    }
}
