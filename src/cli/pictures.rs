//! Drawing charts, several at a time.

use std::num::NonZeroUsize;

use crate::cli::values::Charts;
use crate::experiment::parallel;
use crate::report::chart::{self, NamedChart};

/// Each of `charts` in each of the formats asked for: file names with their contents.
pub(super) fn draw(
    charts: &[NamedChart],
    formats: &Charts,
    jobs: Option<NonZeroUsize>,
) -> Vec<(String, Vec<u8>)> {
    let pictures: Vec<_> =
        charts.iter().flat_map(|chart| formats.0.iter().map(move |&it| (chart, it))).collect();
    // More threads than pictures would only be started and stopped.
    let threads = jobs.map(|jobs| jobs.get().min(pictures.len().max(1)));
    parallel::map(threads, &pictures, |(named, format)| {
        let name = format!("{}.{}", named.file_stem, format.extension());
        (name, chart::render(&named.chart, *format))
    })
}

/// The same as they lie in a study's directory.
pub(super) fn files(
    charts: &[NamedChart],
    formats: &Charts,
    jobs: Option<NonZeroUsize>,
) -> impl Iterator<Item = (String, Vec<u8>)> {
    let drawn = draw(charts, formats, jobs).into_iter();
    drawn.map(|(name, bytes)| (format!("charts/{name}"), bytes))
}
