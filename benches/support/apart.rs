//! Cases in processes of their own, so that one's memory is its own.

use std::process::Command;

const CASE: &str = "KINESIM_BENCH_CASE";

/// The case that this process is for; the process which a user starts has none.
pub(crate) fn case() -> Option<String> {
    std::env::var(CASE).ok()
}

/// This program once more, for one case, its arguments passed on; started by the program and
/// arguments of `under`, if there are any.
pub(crate) fn again(case: &str, under: &[&str]) -> Command {
    let program = std::env::current_exe().expect("the system knows what it runs");
    let mut command = under.first().map_or_else(|| Command::new(&program), Command::new);
    if !under.is_empty() {
        command.args(&under[1..]).arg(&program);
    }
    command.args(std::env::args().skip(1)).env(CASE, case);
    command
}
