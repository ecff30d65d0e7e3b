//! A broken invariant: what is said, so that it can be found again.

use std::any::Any;
use std::backtrace::{Backtrace, BacktraceStatus};
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::panic::{self, PanicHookInfo};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::scenario::Scenario;
use crate::time::Instant;

/// What ran when the program broke.
#[derive(Clone, Debug)]
struct Running {
    name: String,
    seed: u64,
    hash: String,
}

static RUNNING: Mutex<Option<Running>> = Mutex::new(None);
static NOW_NS: AtomicU64 = AtomicU64::new(0);
static WAS_TOLD: AtomicBool = AtomicBool::new(false);

/// Replaces Rust's own message by one that says what to send. Of several threads that break, the
/// first is heard.
pub(super) fn install_hook() {
    panic::set_hook(Box::new(|info| {
        if !WAS_TOLD.swap(true, Ordering::SeqCst) {
            let _ = io::stderr().write_all(told(info).as_bytes());
        }
    }));
}

/// Notes what is about to run.
pub(super) fn remember(scenario: &Scenario) {
    let running = Running {
        name: scenario.name.clone(),
        seed: scenario.plan.seed,
        hash: scenario.hash.clone(),
    };
    if let Ok(mut slot) = RUNNING.lock() {
        *slot = Some(running);
    }
}

/// Notes how far the run has come.
pub(super) fn remember_time(now: Instant) {
    NOW_NS.store(now.as_ns(), Ordering::Relaxed);
}

/// The words a panic was raised with.
pub(super) fn words(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<String>().map(String::as_str);
    text.or(payload.downcast_ref::<&str>().copied()).unwrap_or("no message")
}

fn told(info: &PanicHookInfo<'_>) -> String {
    let words = words(info.payload());
    let place = info.location().map(ToString::to_string).unwrap_or_default();
    // A lock that is held just now must not stop the message.
    let running = RUNNING.try_lock().ok().and_then(|slot| slot.clone());
    let mut text = report(words, &place, running.as_ref());
    let backtrace = Backtrace::capture();
    if backtrace.status() == BacktraceStatus::Captured {
        let _ = write!(text, "\n{backtrace}\n");
    }
    text
}

fn report(words: &str, place: &str, running: Option<&Running>) -> String {
    let mut text = String::from(
        "\nkinesim broke one of its own rules. This is a bug; no result of this run counts.\n\n",
    );
    let version = env!("CARGO_PKG_VERSION");
    let _ = write!(text, "  what       {words}\n  where      {place}\n  version    {version}\n");
    if let Some(Running { name, seed, hash }) = running {
        let at = Instant::from_ns(NOW_NS.load(Ordering::Relaxed)).as_s();
        let _ = write!(
            text,
            "  scenario   {}, seed {seed}\n  sha256     {hash}\n  time       after {at} s of \
             virtual time\n",
            name.escape_debug()
        );
    }
    text + "\nPlease report these lines, with the scenario and the files it names.\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_says_version_seed_hash_and_place() {
        let running = Running { name: "hot".to_owned(), seed: 7, hash: "5f5f".to_owned() };
        let text = report("the ledger is off by 1", "src/a.rs:1:2", Some(&running));
        for part in ["off by 1", "src/a.rs:1:2", "seed 7", "5f5f", env!("CARGO_PKG_VERSION")] {
            assert!(text.contains(part), "{part} in {text}");
        }
        assert!(!report("early", "src/a.rs:1:2", None).contains("seed"));
    }

    #[test]
    fn a_panic_is_caught_with_its_words() {
        let payload = panic::catch_unwind(|| panic!("off by {}", 1)).expect_err("it panics");
        assert_eq!(words(payload.as_ref()), "off by 1");
    }
}
