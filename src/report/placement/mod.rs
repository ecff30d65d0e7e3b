//! Telling where the keys of a sample fall: a screen, CSV tables, JSON.

mod json;
mod note;
mod screen;
pub mod table;

use crate::experiment::placement::study::Study;

/// A study and what its file is called.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'s> {
    /// The file as it was named; `-` for stdin.
    pub file: &'s str,
    /// The command that was given, without numbers of shards and salt.
    pub command: &'s str,
    /// What was found.
    pub study: &'s Study<'s>,
}
