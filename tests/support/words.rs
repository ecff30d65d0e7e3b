//! What producers do, in words.

use kinesim::model::observation::Observation;

/// What a producer did; `None` for what others do.
pub(crate) fn of_producer(what: &Observation) -> Option<String> {
    Some(match what {
        Observation::Offered(it) => format!("offered {} B", it.bytes),
        Observation::Called { .. } => "called".to_owned(),
        Observation::Put(it) => {
            let (waited, answer) = (it.waited.as_s() * 1e3, it.answer.as_s() * 1e3);
            format!("put {} of 1, {waited} ms old, answer in {answer} ms", it.admitted)
        }
        Observation::Failed(it) => format!("failed {}", it.records),
        Observation::Lost { records, cause, .. } => format!("lost {records}: {cause:?}"),
        _ => return None,
    })
}
