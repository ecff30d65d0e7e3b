//! What a call to Lambda changes, in words.

use crate::model::events::BILLION;
use crate::model::plan::MappingChange;
use crate::report::number;
use crate::time::Span;

/// The settings of an UpdateEventSourceMapping call, as a scenario writes them.
fn settings(change: &MappingChange) -> Vec<String> {
    let time = |time: Span| number::duration(time.as_s());
    let age = |age: Option<Span>| age.map_or_else(|| "-1".to_owned(), time);
    let count = |n: u32| number::count(u64::from(n));
    let responses = |partial: bool| if partial { "ReportBatchItemFailures" } else { "none" };
    let on_off = |on: bool| if on { "on" } else { "off" }.to_owned();
    let all = [
        ("batch_size", change.batch_size.map(count)),
        ("maximum_batching_window", change.batching_window.map(time)),
        ("parallelization_factor", change.factor.map(count)),
        (
            "maximum_retry_attempts",
            change.retries.map(|it| it.map_or_else(|| "-1".to_owned(), count)),
        ),
        ("maximum_record_age", change.record_age.map(age)),
        ("bisect_batch_on_function_error", change.bisect.map(on_off)),
        ("function_response_types", change.partial.map(|it| responses(it).to_owned())),
        ("on_failure", change.on_failure.map(on_off)),
        (
            "tumbling_window",
            change.tumbling.map(|it| time(it.map_or(Span::ZERO, |window| window.length))),
        ),
        (
            "filter_criteria.matches",
            change.passes.map(|part| number::share(part as f64 / BILLION as f64)),
        ),
    ];
    let enabled = change.enabled.map(|on| if on { "enabled" } else { "disabled" }.to_owned());
    let said = all.into_iter().filter_map(|(name, value)| Some(format!("{name} {}", value?)));
    enabled.into_iter().chain(said).collect()
}

/// What UpdateEventSourceMapping changes, in a sentence.
pub(super) fn words(change: &MappingChange) -> String {
    format!("UpdateEventSourceMapping: {}", settings(change).join(", "))
}

/// The same in a few words, for a chart.
pub(super) fn short(change: &MappingChange) -> String {
    match settings(change).as_slice() {
        [one] => one.clone(),
        all => format!("{} settings", all.len()),
    }
}

/// What a function comes to have reserved, in a sentence and in a few words.
pub(super) fn reserved(to: Option<u32>) -> (String, String) {
    let Some(to) = to.map(|to| number::count(u64::from(to))) else {
        return ("DeleteFunctionConcurrency".to_owned(), "none reserved".to_owned());
    };
    (format!("PutFunctionConcurrency to {to}"), format!("{to} reserved"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_told_as_it_is_written() {
        let one = MappingChange { batch_size: Some(1_000), ..MappingChange::default() };
        assert_eq!(words(&one), "UpdateEventSourceMapping: batch_size 1,000");
        assert_eq!(short(&one), "batch_size 1,000");
        let two = MappingChange {
            enabled: Some(false),
            retries: Some(None),
            record_age: Some(Some(Span::from_s(60))),
            ..MappingChange::default()
        };
        let told = "UpdateEventSourceMapping: disabled, maximum_retry_attempts -1, \
                    maximum_record_age 1 min";
        assert_eq!((words(&two).as_str(), short(&two).as_str()), (told, "3 settings"));
    }
}
