//! The files of a sweep's directory.

use crate::report::manifest::{self, Study};
use crate::report::study::drawn;
use crate::report::study::sweep::Sweep;
use crate::report::summary::Style;

/// What the manifest says beside the results.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    /// The scenario's seed.
    pub seed: u64,
}

/// The files of a sweep's directory in order; charts are named by their file.
#[must_use]
pub fn files(
    sweep: &Sweep<'_>,
    asked: Asked,
    charts: Vec<(String, Vec<u8>)>,
) -> Vec<(String, Vec<u8>)> {
    let mut files = vec![
        ("summary.txt".to_owned(), sweep.screen(Style::FILE, ".").into_bytes()),
        ("sweep.csv".to_owned(), sweep.csv()),
        ("replicates.csv".to_owned(), sweep.replicates_csv()),
        ("sweep.json".to_owned(), sweep.json().into_bytes()),
        ("sweep.md".to_owned(), sweep.markdown().into_bytes()),
    ];
    if let Some(draws) = sweep.frame.draws {
        files.push(("draws.csv".to_owned(), drawn::draws_csv(draws)));
    }
    files.extend(charts.into_iter().map(|(name, bytes)| (format!("charts/{name}"), bytes)));
    let study = Study {
        command: "sweep",
        name: sweep.frame.name.to_owned(),
        // The hashes stand for the texts, of which there may be very many.
        sha256: manifest::Joined::of(sweep.rows().iter().map(|row| &row.hash)),
        seed: asked.seed,
        replicates: sweep.frame.replicates,
        is_partial: sweep.rows().iter().any(|row| row.rows.iter().any(|it| it.is_partial)),
    };
    let manifest = match sweep.frame.draws {
        Some(draws) => manifest::write_drawn(&study, draws.points.len() as u64, &files),
        None => manifest::write_study(&study, &files),
    };
    files.push((manifest::FILE.to_owned(), manifest));
    files
}
