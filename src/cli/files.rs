//! Reading what the user names: the scenario, and the files it names in turn.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::cli::failure::Failure;
use crate::scenario::{self, inputs::InputProblem};

/// A larger scenario is not read (bytes).
const TEXT_MAX: u64 = 16 << 20;
/// A larger trace or list is not read (bytes).
const FILE_MAX: u64 = 1 << 30;

pub(super) use crate::report::manifest::sha256;

/// Where runs go: the option, else the environment, else `output`.
pub(super) fn parent(out: Option<&Path>) -> PathBuf {
    let from_environment = || std::env::var_os("KINESIM_OUT").filter(|value| !value.is_empty());
    out.map(Path::to_owned)
        .or_else(|| from_environment().map(PathBuf::from))
        .unwrap_or_else(|| PathBuf::from("output"))
}

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

/// A file of data as it was found.
#[derive(Debug)]
pub(super) struct Input {
    /// What messages call it: the path as it was given.
    pub label: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}

/// Reads the file of data at `path`; `-` is stdin.
pub(super) fn read_input(path: &Path) -> Result<Input, Failure> {
    let Input { label, bytes } = read_bytes(path, FILE_MAX)?;
    if bytes.len() as u64 > FILE_MAX {
        let problem = InputProblem::of_file("the file is larger than 1 GiB")
            .with_help("keep one column, or pack it with gzip");
        return Err(Failure::Input { label, problems: Box::new(problem.into()) });
    }
    Ok(Input { label, bytes })
}

/// Reads what is at `path`; one byte more than `most` shows that there is too much.
fn read_bytes(path: &Path, most: u64) -> Result<Input, Failure> {
    let is_stdin = path == Path::new("-");
    let label = if is_stdin { "<stdin>".to_owned() } else { path.display().to_string() };
    let read = if is_stdin {
        let mut bytes = Vec::new();
        io::stdin().lock().take(most + 1).read_to_end(&mut bytes).map(|_| bytes)
    } else {
        read_at_most(path, most + 1)
    };
    match read {
        Ok(bytes) => Ok(Input { label, bytes }),
        Err(error) => Err(Failure::Read { label, message: reason(&error) }),
    }
}

/// Reads the scenario at `path`; `-` is stdin.
pub(super) fn read_scenario(path: &Path) -> Result<Source, Failure> {
    let is_stdin = path == Path::new("-");
    let Input { label, bytes } = read_bytes(path, TEXT_MAX)?;
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

impl Beside {
    /// Those of this folder.
    pub(super) fn of(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }
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
