//! Ctrl-C: the first asks the run to stop and keep what it has, the second ends the program.

use std::io::{self, Write as _};
use std::process;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::cli::failure::Exit;

static ASKED: AtomicBool = AtomicBool::new(false);

/// From here on Ctrl-C asks. Before, it ends the program at once: there is nothing to keep.
pub(super) fn listen(is_quiet: bool) {
    let heard = move || {
        if ASKED.swap(true, Ordering::SeqCst) {
            process::exit(Exit::Interrupted as i32);
        }
        if !is_quiet {
            let _ = writeln!(io::stderr(), "\nstopping; press Ctrl-C again to stop at once");
        }
    };
    // Where no handler can be set, Ctrl-C goes on ending the program.
    let _ = ctrlc::set_handler(heard);
}

/// Whether Ctrl-C was pressed.
pub(super) fn was_asked() -> bool {
    ASKED.load(Ordering::SeqCst)
}
