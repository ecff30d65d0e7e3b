//! Time on the processor, so that other programs do not count.

use std::time::Duration;

use crate::support::time;

/// How long `work` keeps this thread busy, and what it gives. Time in which others
/// have the processor does not count, where the system tells; good to a few milliseconds.
pub(crate) fn busy_time<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let before = busy();
    let (taken, result) = time(work);
    let busy = before.zip(busy()).map(|(before, after)| after.saturating_sub(before));
    (busy.unwrap_or(taken), result)
}

/// Time this thread, the process's only one, has had on a processor.
fn busy() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/self/schedstat").ok()?;
    Some(Duration::from_nanos(text.split(' ').next()?.parse().ok()?))
}
