//! What every benchmark here shares: time by the wall clock, arguments, the machine.

mod compiler;

use std::time::{Duration, Instant};

/// How long `work` takes, and what it gives.
#[expect(clippy::disallowed_methods, reason = "a benchmark is about the wall clock")]
pub(crate) fn time<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let start = Instant::now();
    let result = work();
    (start.elapsed(), result)
}

/// The arguments that follow `--`: `--quick`, and a number of rounds.
pub(crate) struct Arguments {
    pub(crate) quick: bool,
    pub(crate) rounds: usize,
}

impl Arguments {
    /// Those of this process; `rounds` where no number is given, and at least one.
    pub(crate) fn read(rounds: usize) -> Self {
        let quick = std::env::args().any(|argument| argument == "--quick");
        let given = std::env::args().skip(1).find_map(|argument| argument.parse().ok());
        let rounds = given.unwrap_or(if quick { 1 } else { rounds });
        Self { quick, rounds: rounds.max(1) }
    }
}

/// Processor, cores and compiler, as far as the system tells.
pub(crate) fn machine() -> String {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let field = |name: &str| {
        let line = text.lines().find(|line| line.starts_with(name))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    };
    let model = field("model name").unwrap_or_else(|| std::env::consts::ARCH.to_owned());
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    format!("{model}, {cores} cores, {}", compiler::compiler())
}
