//! The journal of a sweep: a run is noted when it ends, so that a sweep that is killed goes on
//! where it was, and nobody has to keep in memory what is over.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, BufWriter, Seek as _, Write as _};
use std::path::{Path, PathBuf};

use crate::experiment::study::sweep::Done;
use crate::report::study::sweep::archive::Archive;
use crate::report::study::sweep::line;

/// A journal that is written to.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
    over: Archive,
}

/// Why a journal cannot be used.
#[derive(Debug)]
pub enum JournalError {
    /// It belongs to another plan.
    OtherPlan(PathBuf),
    /// It is no journal.
    NotOurs(PathBuf),
    /// A line is not there any more that was found in it before.
    Changed(PathBuf),
    /// The file system refused.
    Io(PathBuf, io::Error),
}

impl Journal {
    /// Opens the journal at `path` of the plan with this hash, or begins it.
    ///
    /// # Errors
    /// Where it is another plan's, or cannot be read or written.
    pub fn open(path: &Path, plan: &str) -> Result<Self, JournalError> {
        let failed = |error| JournalError::Io(path.to_owned(), error);
        let mut over = Archive::default();
        match over.take_in(path, plan) {
            Ok(true) => {}
            Ok(false) => {
                mend(path, plan)?;
                over = Archive::default();
                over.take_in(path, plan)?;
            }
            Err(JournalError::Io(_, error)) if error.kind() == io::ErrorKind::NotFound => {
                if let Some(folder) = path.parent() {
                    fs::create_dir_all(folder).map_err(failed)?;
                }
                fs::write(path, line::head(plan)).map_err(failed)?;
                over = Archive::default();
                over.take_in(path, plan)?;
            }
            Err(error) => return Err(error),
        }
        let file = OpenOptions::new().append(true).open(path).map_err(failed)?;
        Ok(Self { path: path.to_owned(), file, over })
    }

    /// Keeps a run. A whole line is written at once.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn append(&mut self, done: &Done) -> Result<(), JournalError> {
        let line = line::write(done);
        let written = self.file.write_all(line.as_bytes());
        // The end is where this line ends, even if somebody else writes too.
        let end = written.and_then(|()| self.file.stream_position());
        let end = end.map_err(|error| JournalError::Io(self.path.clone(), error))?;
        self.over.note(done.run, 0, end.saturating_sub(line.len() as u64), line.len());
        Ok(())
    }

    /// The runs in it.
    pub fn over(&mut self) -> &Archive {
        self.over.settle();
        &self.over
    }

    /// Removes the journal: its sweep is written.
    pub fn remove(self) {
        let Self { path, file, over } = self;
        drop((file, over));
        // What cannot be removed is found by the next sweep of this name, which says so.
        let _ = fs::remove_file(&path);
    }
}

/// Takes out what is torn, so that the next line begins where a line should.
fn mend(path: &Path, plan: &str) -> Result<(), JournalError> {
    let failed = |error| JournalError::Io(path.to_owned(), error);
    let aside = path.with_extension("kinesim-mend");
    let mut to = BufWriter::new(File::create(&aside).map_err(failed)?);
    to.write_all(line::head(plan).as_bytes()).map_err(failed)?;
    let from = BufReader::new(File::open(path).map_err(failed)?);
    line::scan(from, plan, path, |_, _, line| to.write_all(line))?;
    to.into_inner().map_err(|error| failed(error.into_error()))?;
    fs::rename(&aside, path).map_err(failed)
}

impl fmt::Display for JournalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OtherPlan(path) => write!(f, "`{}` is of another sweep", path.display()),
            Self::NotOurs(path) => write!(f, "`{}` was not written by kinesim", path.display()),
            Self::Changed(path) => {
                write!(f, "`{}` was changed while it was read", path.display())
            }
            Self::Io(path, error) => write!(f, "`{}`: {error}", path.display()),
        }
    }
}

impl std::error::Error for JournalError {}

/// Where runs are read while a file is written.
impl From<JournalError> for io::Error {
    fn from(error: JournalError) -> Self {
        Self::other(error)
    }
}
