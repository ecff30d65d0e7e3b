//! Reading what the user names: the scenario, and the files it names in turn.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::cli::failure::Failure;
use crate::scenario;

/// A larger scenario is not read (bytes).
const TEXT_MAX: u64 = 16 << 20;
/// A larger trace or list is not read (bytes).
const FILE_MAX: u64 = 1 << 30;

/// A scenario as it was found.
#[derive(Debug)]
pub(super) struct Source {
    /// What messages call it: the path as it was given.
    pub label: String,
    /// What the run is called unless it is given a name.
    pub name: String,
    /// Its text.
    pub text: String,
    /// Where the files are that it names.
    pub files: Beside,
}

/// Reads the scenario at `path`; `-` is stdin.
pub(super) fn read_scenario(path: &Path) -> Result<Source, Failure> {
    let is_stdin = path == Path::new("-");
    let label = if is_stdin { "<stdin>".to_owned() } else { path.display().to_string() };
    let failed = |error: &io::Error| Failure::Read { label: label.clone(), message: reason(error) };
    let bytes = if is_stdin {
        // One byte more than allowed shows that there is too much.
        let mut bytes = Vec::new();
        let read = io::stdin().lock().take(TEXT_MAX + 1).read_to_end(&mut bytes);
        read.map(|_| bytes).map_err(|error| failed(&error))?
    } else {
        read_at_most(path, TEXT_MAX + 1).map_err(|error| failed(&error))?
    };
    let not_text = |message: String, help| Failure::NotText { label: label.clone(), message, help };
    if bytes.len() as u64 > TEXT_MAX {
        let message = "is larger than 16 MiB, too large for a scenario".to_owned();
        return Err(not_text(message, "put keys, sizes and traces into files of their own"));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let line = 1 + String::from_utf8_lossy(&error.as_bytes()[..at]).matches('\n').count();
        let message = format!("is not UTF-8 text: the first other byte is in line {line}");
        not_text(message, "save the scenario as UTF-8")
    })?;
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let name = if is_stdin { "stdin".to_owned() } else { stem.unwrap_or_default() };
    let folder = path.parent().filter(|_| !is_stdin).unwrap_or(Path::new(""));
    Ok(Source { label, name, text, files: Beside { folder: folder.to_owned() } })
}

/// The files a scenario names, relative to its own folder.
#[derive(Debug)]
pub(super) struct Beside {
    folder: PathBuf,
}

impl scenario::Files for Beside {
    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        let bytes = read_at_most(&self.folder.join(path), FILE_MAX + 1);
        let bytes = bytes.map_err(|error| io::Error::new(error.kind(), reason(&error)))?;
        if bytes.len() as u64 > FILE_MAX {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "it is larger than 1 GiB"));
        }
        Ok(bytes)
    }
}

/// The first `most` bytes of a file; none of a regular file that has more, but just as many.
fn read_at_most(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let file = File::open(path)?;
    let found = file.metadata()?;
    if found.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    let mut bytes = Vec::new();
    file.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Why a file cannot be read, without the number of the system's error.
fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_owned(),
        io::ErrorKind::IsADirectory => "it is a directory".to_owned(),
        io::ErrorKind::PermissionDenied => "permission is denied".to_owned(),
        _ => error.to_string(),
    }
}
