//! Threads: the one place that starts any.

use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

/// `f` of 0 to `count` - 1, begun in this order, on at most `threads` threads (as many as there are
/// cores where `None`).
pub fn each(threads: Option<usize>, count: usize, f: impl Fn(usize) + Sync) {
    let next = AtomicUsize::new(0);
    let work = || {
        loop {
            let place = next.fetch_add(1, Ordering::Relaxed);
            if place >= count {
                return;
            }
            f(place);
        }
    };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads.unwrap_or(0)).build();
    match pool {
        Ok(pool) => pool.broadcast(|_| work()).into_iter().collect(),
        // No threads to be had: the same, later.
        Err(_) => work(),
    }
}

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
