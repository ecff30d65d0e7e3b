//! Producers that replay rows made by hand.

use std::sync::Arc;

use kinesim::model::plan::{
    Api, ClientPlan, KeyDrift, KeyNames, KeyPlan, KeyWeights, ProducerPlan, SourcePlan, TraceRow,
};
use kinesim::model::retry::RetryPlan;

/// A producer that puts `rows` one by one and gives up what is refused.
pub(crate) fn replayed(rows: Vec<TraceRow>, keys: Vec<String>) -> ProducerPlan {
    let keys = KeyPlan {
        names: KeyNames::Listed(Arc::new(keys)),
        weights: KeyWeights::Uniform,
        drift: KeyDrift::None,
        explicit: None,
        placement: 0,
    };
    ProducerPlan {
        name: "producer".to_owned(),
        stream: 0,
        instances: 1,
        source: SourcePlan::Trace { rows: Arc::new(rows), keys },
        fed: None,
        client: ClientPlan::direct(Api::PutRecord, RetryPlan::NONE),
    }
}
