//! The files of a sweep's directory.

use std::io::{self, Write};

use crate::report::directory::{Directory, DirectoryError, Replaced};
use crate::report::manifest::{self, Listed, Study};
use crate::report::study::drawn;
use crate::report::study::sweep::Sweep;
use crate::report::summary::Style;

/// What the manifest says beside the results.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    /// The scenario's seed.
    pub seed: u64,
}

/// Writes a sweep's directory, one file after the other; charts are named by their file. Says which
/// run it replaces, and what the manifest lists.
///
/// # Errors
/// As [`Directory::write`], and where a run cannot be read any more.
pub fn write(
    sweep: &Sweep<'_>,
    asked: Asked,
    charts: &[(String, Vec<u8>)],
    directory: &Directory,
) -> Result<(Option<Replaced>, Vec<Listed>), DirectoryError> {
    let study = Study {
        command: "sweep",
        name: sweep.frame.name.to_owned(),
        // The hashes stand for the texts, of which there may be very many.
        sha256: sweep.together.sha256.clone(),
        seed: asked.seed,
        replicates: sweep.frame.replicates,
        is_partial: sweep.together.is_partial,
    };
    let draws = sweep.frame.draws.map(|it| it.points.len() as u64);
    let manifest = |files: &[Listed]| manifest::write_listed(&study, draws, files);
    let writing = directory.begin(&manifest(&[]))?;
    let summary = |to: &mut dyn Write| -> io::Result<()> {
        to.write_all(sweep.screen(Style::FILE, ".")?.as_bytes())
    };
    let mut files = vec![
        writing.file("summary.txt", summary)?,
        writing.file("sweep.csv", |to| sweep.csv(to))?,
        writing.file("replicates.csv", |to| sweep.replicates_csv(to))?,
        writing.file("sweep.json", |to| sweep.json(to))?,
        writing.file("sweep.md", |to| sweep.markdown(to))?,
    ];
    if let Some(draws) = sweep.frame.draws {
        files.push(writing.file("draws.csv", |to| to.write_all(&drawn::draws_csv(draws)))?);
    }
    for (name, bytes) in charts {
        files.push(writing.file(&format!("charts/{name}"), |to| to.write_all(bytes))?);
    }
    Ok((writing.finish(&manifest(&files))?, files))
}
