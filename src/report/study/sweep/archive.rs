//! The runs of a sweep that are over, on disk, by point.
//!
//! Of a run its place in a journal is kept, no more: points are read when they are needed, one
//! after the other.

use std::cell::RefCell;
use std::fs::File;
use std::io::{self, BufReader, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use crate::experiment::study::sweep::{Done, Run};
use crate::report::study::sweep::journal::JournalError;
use crate::report::study::sweep::line;

/// What one journal holds, or several together.
#[derive(Debug, Default)]
pub struct Archive {
    journals: Vec<PathBuf>,
    /// In order of the runs, each once.
    places: Vec<Place>,
    /// The journal that was read last: there may be more of them than may be open.
    open: RefCell<Option<(u32, File)>>,
}

/// Where the line of a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    run: Run,
    journal: u32,
    at: u64,
    length: u32,
}

impl Archive {
    /// The runs of these journals, which others may be writing.
    ///
    /// # Errors
    /// Where one is another plan's, or cannot be read.
    pub fn read(journals: &[PathBuf], plan: &str) -> Result<Self, JournalError> {
        let mut archive = Self::default();
        for path in journals {
            archive.take_in(path, plan)?;
        }
        archive.settle();
        Ok(archive)
    }

    /// Takes a journal in; whether every line of it is sound.
    pub(super) fn take_in(&mut self, path: &Path, plan: &str) -> Result<bool, JournalError> {
        let file = File::open(path).map_err(|error| JournalError::Io(path.to_owned(), error))?;
        let journal = self.journals.len() as u32;
        self.journals.push(path.to_owned());
        let is_sound = line::scan(BufReader::new(&file), plan, path, |done, at, line| {
            self.note(done.run, journal, at, line.len());
            Ok(())
        })?;
        *self.open.get_mut() = Some((journal, file));
        Ok(is_sound)
    }

    /// Notes where a run stands. [`Archive::settle`] follows before anything is asked.
    pub(super) fn note(&mut self, run: Run, journal: u32, at: u64, length: usize) {
        // No line is that long: it would be found to be another one.
        let length = u32::try_from(length).unwrap_or(u32::MAX);
        self.places.push(Place { run, journal, at, length });
    }

    /// Puts runs in order, each once: as the first journal has it.
    pub(super) fn settle(&mut self) {
        self.places.sort_unstable();
        self.places.dedup_by_key(|it| it.run);
    }

    /// Forgets the runs that are not among so many of so many points.
    pub fn keep(&mut self, points: usize, replicates: u64) {
        self.places.retain(|it| it.run.point < points && it.run.replicate < replicates);
    }

    /// Runs there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.places.len()
    }

    /// Those of `runs` that are not there.
    pub fn missing(&self, runs: impl Iterator<Item = Run>) -> Vec<Run> {
        let is_over = |run: &Run| self.places.binary_search_by_key(run, |it| it.run).is_ok();
        runs.filter(|run| !is_over(run)).collect()
    }

    /// The first replicates of a point, as far as they are there, in order.
    ///
    /// # Errors
    /// Where one cannot be read any more.
    pub fn point(&self, point: usize, replicates: u64) -> Result<Vec<Done>, JournalError> {
        let place = |replicate| self.places.partition_point(|it| it.run < Run { point, replicate });
        self.places[place(0)..place(replicates)].iter().map(|it| self.run(it)).collect()
    }

    fn run(&self, place: &Place) -> Result<Done, JournalError> {
        let path = &self.journals[place.journal as usize];
        let mut line = vec![0; place.length as usize];
        match self.read_at(path, place, &mut line) {
            Err(error) if error.kind() != io::ErrorKind::UnexpectedEof => {
                Err(JournalError::Io(path.clone(), error))
            }
            read => {
                let done = line::read(&line).filter(|it| read.is_ok() && it.run == place.run);
                done.ok_or_else(|| JournalError::Changed(path.clone()))
            }
        }
    }

    fn read_at(&self, path: &Path, place: &Place, line: &mut [u8]) -> io::Result<()> {
        let mut open = self.open.borrow_mut();
        let is_open = open.as_ref().is_some_and(|(journal, _)| *journal == place.journal);
        let file = match open.take().filter(|_| is_open) {
            Some((_, file)) => file,
            None => File::open(path)?,
        };
        let (_, file) = open.insert((place.journal, file));
        file.seek(SeekFrom::Start(place.at))?;
        file.read_exact(line)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::fs;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::report::study::sweep::journal::Journal;
    use crate::report::study::sweep::line::tests::done;

    /// A folder of its own, removed at the end.
    pub(in crate::report::study::sweep) struct Folder(pub PathBuf);

    impl Folder {
        pub(in crate::report::study::sweep) fn new() -> Self {
            static COUNT: AtomicUsize = AtomicUsize::new(0);
            let count = COUNT.fetch_add(1, Ordering::Relaxed);
            let name = format!("kinesim-archive-{}-{count}", std::process::id());
            let path = std::env::temp_dir().join(name);
            fs::create_dir_all(&path).expect("temporary folder");
            Self(path)
        }

        /// These runs, as they ended.
        pub(in crate::report::study::sweep) fn archive(&self, done: &[Done]) -> Archive {
            let path = self.0.join("journal");
            let _ = fs::remove_file(&path);
            let mut journal = Journal::open(&path, "plan").expect("begun");
            for it in done {
                journal.append(it).expect("written");
            }
            Archive::read(&[path], "plan").expect("ours")
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn runs_are_read_by_point_whatever_ended_first_and_wherever_it_stands() {
        let folder = Folder::new();
        let paths: Vec<PathBuf> =
            ["a", "b"].iter().map(|name| folder.0.join("runs").join(name)).collect();
        let mut first = Journal::open(&paths[0], "plan").expect("begun");
        for point in [4, 0, 2] {
            first.append(&done(point, Some(point as f64))).expect("written");
        }
        // The other has one of them too, with another number.
        let mut second = Journal::open(&paths[1], "plan").expect("begun");
        for point in [3, 2, 1] {
            second.append(&done(point, Some(10.0 + point as f64))).expect("written");
        }
        drop(second);
        let all = Archive::read(&paths, "plan").expect("ours");
        assert_eq!((all.count(), first.over().count()), (5, 3));
        for (point, value) in [(0, 0.0), (1, 11.0), (2, 2.0), (3, 13.0), (4, 4.0)] {
            assert_eq!(all.point(point, 4).expect("there"), [done(point, Some(value))]);
            assert_eq!(all.point(point, 3).expect("fewer replicates"), []);
        }
        assert_eq!(first.over().point(4, 4).expect("there"), [done(4, Some(4.0))]);
        assert_eq!(all.point(5, 4).expect("none"), []);
        let wanted = (3..6).map(|point| Run { point, replicate: 3 });
        assert_eq!(all.missing(wanted), [Run { point: 5, replicate: 3 }]);
        // A torn end is mended, and what follows is found.
        let text = fs::read(&paths[0]).expect("there");
        fs::write(&paths[0], &text[..text.len() - 7]).expect("written");
        let mut again = Journal::open(&paths[0], "plan").expect("ours");
        again.append(&done(7, None)).expect("written");
        assert_eq!(again.over().count(), 3);
        assert_eq!(again.over().point(7, 4).expect("there"), [done(7, None)]);
        assert_eq!(Archive::read(&paths[..1], "plan").expect("ours").count(), 3);
    }

    #[test]
    fn a_line_that_is_not_there_any_more_is_an_error() {
        let folder = Folder::new();
        let path = folder.0.join("a");
        let mut journal = Journal::open(&path, "plan").expect("begun");
        journal.append(&done(0, Some(0.5))).expect("written");
        journal.append(&done(1, Some(0.5))).expect("written");
        let text = fs::read_to_string(&path).expect("there");
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        let is_changed = |it: &Archive| matches!(it.point(0, 4), Err(JournalError::Changed(_)));
        assert!(!is_changed(journal.over()));
        for other in [
            text.replacen("\"lost\":[1", "\"lost\":[2", 1),
            lines[0].to_owned(),
            // Sound, but of another run.
            format!("{}{}{}", lines[0], lines[2], lines[1]),
        ] {
            fs::write(&path, other).expect("written");
            assert!(is_changed(journal.over()));
        }
        fs::write(&path, &text).expect("written");
        assert!(!is_changed(journal.over()));
    }
}
