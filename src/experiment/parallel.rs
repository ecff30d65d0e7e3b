//! Threads: the one place that starts any.

use rayon::prelude::*;

/// `f` of each item, on at most `threads` threads (as many as there are cores where `None`);
/// results in the order of the items, whatever ran first.
pub fn map<T: Sync, R: Send>(
    threads: Option<usize>,
    items: &[T],
    f: impl Fn(&T) -> R + Sync,
) -> Vec<R> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads.unwrap_or(0)).build();
    match pool {
        Ok(pool) => pool.install(|| items.par_iter().map(&f).collect()),
        // No threads to be had: the same results, later.
        Err(_) => items.iter().map(f).collect(),
    }
}
