//! Where a run has settled: the warm-up for those who ask about its steady state.

use crate::experiment::outcome::Outcome;
use crate::experiment::stats;
use crate::time::Span;

/// A quantity that had not settled when the run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsettled {
    /// What it is: `age of what waits for fraud`.
    pub what: String,
}

/// How long a run took to settle, by MSER-5 on what its streams refuse and what waits for its
/// consumers, interval by interval: the longest of them, in whole intervals.
///
/// # Errors
/// [`Unsettled`], where something still changed in the second half, or the run has too few
/// intervals to tell.
pub fn warm_up(outcome: &Outcome) -> Result<Span, Unsettled> {
    let mut intervals = 0;
    for (what, values) in series(outcome) {
        let cut = stats::mser_5(&values).ok_or(Unsettled { what })?;
        intervals = intervals.max(cut);
    }
    Ok(outcome.interval.times(intervals as u64))
}

/// What is looked at: a value an interval each. The last interval may be cut short.
fn series(outcome: &Outcome) -> Vec<(String, Vec<f64>)> {
    let mut all = Vec::new();
    for stream in &outcome.streams {
        let refused = stream.timeline.iter().map(|flow| {
            let of = flow.write.attempts.max(1);
            flow.write.throttled as f64 / of as f64
        });
        all.push((format!("what {} refuses", stream.name), refused.collect()));
    }
    for (place, consumer) in outcome.consumers.iter().enumerate() {
        let reads = outcome.timeline.iter().filter_map(|flow| flow.reads.get(place));
        let ages = reads.map(|read| read.backlog_age.as_s()).collect();
        all.push((format!("the age of what waits for {}", consumer.name), ages));
    }
    all
}
