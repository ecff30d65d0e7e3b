//! What compiled this.

use std::process::Command;

/// The compiler and its version, as far as the system tells.
pub(crate) fn compiler() -> String {
    let output = Command::new("rustc").arg("--version").output().ok();
    let version = output.and_then(|output| String::from_utf8(output.stdout).ok());
    version.map_or_else(|| "rustc unknown".to_owned(), |version| version.trim().to_owned())
}
