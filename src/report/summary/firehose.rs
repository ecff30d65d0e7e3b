//! Delivery streams in the summary.

use super::FirehosePart;
use crate::report::number;

/// What a delivery stream delivered: objects, their sizes, how old they were; and what it did not.
pub(super) fn delivering(firehose: &FirehosePart) -> Vec<String> {
    let mut parts = match firehose.object_size_p50_bytes {
        None => vec!["no object delivered".to_owned()],
        Some(median) => {
            let per_hour = firehose.objects_per_hour.unwrap_or(0.0);
            let hint = number::bytes(firehose.size_hint_bytes as f64);
            vec![
                format!("{} objects an hour", number::significant(per_hour, 3)),
                format!("median {} of {hint}", number::bytes(median as f64)),
            ]
        }
    };
    if let (Some(p50), Some(p99)) = (firehose.freshness_p50_s, firehose.freshness_p99_s) {
        let (p50, p99) = (number::duration(p50), number::duration(p99));
        parts.push(format!("freshness p50 {p50}, p99 {p99}"));
    }
    if firehose.transform_tries > 0 {
        let tries = number::count(firehose.transform_tries);
        let failed = match firehose.transform_failed_tries {
            0 => "none failed".to_owned(),
            failed => format!("{} failed", number::count(failed)),
        };
        parts.push(format!("{tries} tries to transform a batch, {failed}"));
    }
    if firehose.dropped_records > 0 {
        parts.push(format!("{} dropped", number::count(firehose.dropped_records)));
    }
    if firehose.error_output_records > 0 {
        let records = number::count(firehose.error_output_records);
        parts.push(format!("{records} in the error output"));
    }
    parts
}
