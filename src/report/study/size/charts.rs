//! The charts of a sizing.

use crate::report::chart::NamedChart;
use crate::report::study::size::Told;

/// All of them.
#[must_use]
pub fn charts(_: &Told<'_>) -> Vec<NamedChart> {
    Vec::new()
}
