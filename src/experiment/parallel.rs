//! Work on several threads, with results in the order of the items.

use rayon::prelude::*;

/// `f` of each item, in the order of the items. At most `threads` threads; one a core without.
pub fn map<T: Sync, R: Send>(
    threads: Option<usize>,
    items: &[T],
    f: impl Fn(&T) -> R + Sync,
) -> Vec<R> {
    let mut pool = rayon::ThreadPoolBuilder::new();
    if let Some(threads) = threads {
        pool = pool.num_threads(threads);
    }
    match pool.build() {
        Ok(pool) => pool.install(|| items.par_iter().map(&f).collect()),
        // Without threads the work is done here.
        Err(_) => items.iter().map(f).collect(),
    }
}
