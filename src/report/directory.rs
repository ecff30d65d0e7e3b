//! A run's directory: written aside and renamed, so that it is whole or not there.
//!
//! For a run `NAME` three names in the parent directory are used: `NAME`, `.NAME.kinesim-new`
//! while it is written, and `.NAME.kinesim-old` while it takes an older run's place. A directory is
//! taken for ours by its manifest alone. At every moment one of `NAME` and `.NAME.kinesim-old`
//! holds a whole run, if there was one; the next run puts right what a crash left behind.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Component, Path, PathBuf};

use crate::report::manifest::{self, Listed, Run, Tally};

/// Where a run goes.
#[derive(Clone, Debug)]
pub struct Directory {
    parent: PathBuf,
    name: String,
    clobber: bool,
}

/// A run's directory while its files are written, one after the other. Nothing is left of one that
/// is dropped before its end.
#[derive(Debug)]
pub struct Writing<'d> {
    directory: &'d Directory,
    new: PathBuf,
    replaced: Option<Replaced>,
    is_over: bool,
}

/// The run that was in the place of a new one. Prints as `seed 7, 8 shards`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replaced(pub Run);

/// Why a directory was not written.
#[derive(Debug)]
#[non_exhaustive]
pub enum DirectoryError {
    /// The run's name cannot name a directory.
    Name(String),
    /// A file's path would leave the run's directory.
    FilePath(String),
    /// There is a run already, and it may not be replaced.
    Exists(PathBuf),
    /// Something is there that no run of this program wrote.
    NotOurs(PathBuf),
    /// The file system refused.
    Io {
        /// What was tried: `write`, `rename`.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// What it said.
        source: io::Error,
    },
}

/// Longest name of a run (bytes): file systems allow 255, the names beside it are longer.
const NAME_MOST: usize = 200;
/// Larger files are no manifest.
const MANIFEST_MOST: u64 = 16 << 20;
/// The manifest while it is written: alone in a directory it is a sign of a crash.
const UNFINISHED: &str = "manifest.json.part";

impl Directory {
    /// The directory `name` in `parent`. With `clobber` an older run there may be replaced.
    ///
    /// # Errors
    /// If `name` is empty, hidden, too long, or holds a character that some file system refuses.
    pub fn new(parent: &Path, name: &str, clobber: bool) -> Result<Self, DirectoryError> {
        let refused = |letter: char| letter.is_control() || "/\\:*?\"<>|".contains(letter);
        let faulty = name.is_empty() || name.len() > NAME_MOST || name.starts_with('.');
        if faulty || name.ends_with(['.', ' ']) || name.contains(refused) {
            return Err(DirectoryError::Name(name.to_owned()));
        }
        Ok(Self { parent: parent.to_owned(), name: name.to_owned(), clobber })
    }

    /// Its path.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        self.parent.join(&self.name)
    }

    /// Whether it may be written, and the run that would be replaced. Touches nothing: a run can
    /// ask before it spends its time.
    ///
    /// # Errors
    /// If there is a run that may not be replaced, or something that is not ours.
    pub fn examine(&self) -> Result<Option<Replaced>, DirectoryError> {
        let aside = self.beside("old");
        let path = if !exists(&self.path())? && exists(&aside)? { aside } else { self.path() };
        if !exists(&path)? {
            return Ok(None);
        }
        let run = run_in(&path).ok_or_else(|| DirectoryError::NotOurs(path.clone()))?;
        if self.clobber { Ok(Some(Replaced(run))) } else { Err(DirectoryError::Exists(path)) }
    }

    /// Writes these files, paths relative to the directory; one of them is the manifest. Says
    /// which run they replace.
    ///
    /// # Errors
    /// As [`Directory::examine`], and if the file system refuses. The older run is then intact.
    pub fn write(&self, files: &[(String, Vec<u8>)]) -> Result<Option<Replaced>, DirectoryError> {
        for (name, _) in files {
            check_path(name)?;
        }
        let own = files.iter().find(|(name, _)| name == manifest::FILE);
        let missing = || DirectoryError::FilePath(manifest::FILE.to_owned());
        let writing = self.begin(&own.ok_or_else(missing)?.1)?;
        for (name, bytes) in files.iter().filter(|(name, _)| name != manifest::FILE) {
            writing.create(name, |mut file| file.write_all(bytes))?;
        }
        writing.put_in_place()
    }

    /// Begins to write files one after the other. Until it is [finished](Writing::finish), an
    /// older run stays where it is. What `manifest` says of the run must hold; of files it may
    /// know nothing yet.
    ///
    /// # Errors
    /// As [`Directory::write`].
    pub fn begin(&self, manifest: &[u8]) -> Result<Writing<'_>, DirectoryError> {
        fs::create_dir_all(&self.parent).map_err(failed("create", &self.parent))?;
        self.clear_leftovers()?;
        let replaced = self.examine()?;
        let new = self.beside("new");
        // From here on what has this name is this attempt's.
        fs::create_dir(&new).map_err(failed("create", &new))?;
        let writing = Writing { directory: self, new, replaced, is_over: false };
        // First of all: it makes the directory ours.
        writing.manifest(manifest)?;
        Ok(writing)
    }

    /// Puts right what a crash left behind.
    fn clear_leftovers(&self) -> Result<(), DirectoryError> {
        let (new, old, path) = (self.beside("new"), self.beside("old"), self.path());
        if exists(&new)? {
            if !is_unfinished(&new)? && run_in(&new).is_none() {
                return Err(DirectoryError::NotOurs(new));
            }
            fs::remove_dir_all(&new).map_err(failed("remove", &new))?;
        }
        if exists(&old)? {
            if run_in(&old).is_none() {
                return Err(DirectoryError::NotOurs(old));
            }
            if exists(&path)? {
                fs::remove_dir_all(&old).map_err(failed("remove", &old))?;
            } else {
                fs::rename(&old, &path).map_err(failed("rename", &old))?;
            }
        }
        Ok(())
    }

    fn beside(&self, role: &str) -> PathBuf {
        self.parent.join(format!(".{}.kinesim-{role}", self.name))
    }
}

impl Writing<'_> {
    /// Writes a file: what `fill` says. What the manifest lists of it.
    ///
    /// # Errors
    /// If its path leaves the directory, or the file system or `fill` refuses.
    pub fn file(
        &self,
        name: &str,
        fill: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<Listed, DirectoryError> {
        check_path(name)?;
        self.create(name, |file| {
            let mut to = BufWriter::new(Tally::new(file));
            fill(&mut to)?;
            Ok(to.into_inner()?.listed(name))
        })
    }

    /// Puts the directory in its place. Says which run it replaces.
    ///
    /// # Errors
    /// As [`Directory::write`].
    pub fn finish(self, manifest: &[u8]) -> Result<Option<Replaced>, DirectoryError> {
        self.manifest(manifest)?;
        self.put_in_place()
    }

    fn manifest(&self, bytes: &[u8]) -> Result<(), DirectoryError> {
        let part = self.new.join(UNFINISHED);
        fs::write(&part, bytes).map_err(failed("write", &part))?;
        fs::rename(&part, self.new.join(manifest::FILE)).map_err(failed("rename", &part))
    }

    fn create<T>(
        &self,
        name: &str,
        fill: impl FnOnce(File) -> io::Result<T>,
    ) -> Result<T, DirectoryError> {
        let path = self.new.join(name);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(failed("create", folder))?;
        }
        File::create(&path).and_then(fill).map_err(failed("write", &path))
    }

    fn put_in_place(mut self) -> Result<Option<Replaced>, DirectoryError> {
        let (path, old) = (self.directory.path(), self.directory.beside("old"));
        let replaced = self.replaced.take();
        if replaced.is_some() {
            fs::rename(&path, &old).map_err(failed("rename", &path))?;
        }
        if let Err(error) = fs::rename(&self.new, &path) {
            if replaced.is_some() {
                // If this fails too, the next run finds the old one aside and restores it.
                let _ = fs::rename(&old, &path);
            }
            return Err(failed("rename", &self.new)(error));
        }
        self.is_over = true;
        if replaced.is_some() {
            // The new run stands; what cannot be removed now is removed by the next.
            let _ = fs::remove_dir_all(&old);
        }
        Ok(replaced)
    }
}

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        if !self.is_over {
            // A second failure would only hide the first.
            let _ = fs::remove_dir_all(&self.new);
        }
    }
}

/// Refuses paths that leave the directory.
fn check_path(name: &str) -> Result<(), DirectoryError> {
    let inside = |part: Component| matches!(part, Component::Normal(_));
    if name.is_empty() || name.contains('\\') || !Path::new(name).components().all(inside) {
        return Err(DirectoryError::FilePath(name.to_owned()));
    }
    Ok(())
}

/// Whether something has this name, a dangling link included.
fn exists(path: &Path) -> Result<bool, DirectoryError> {
    match fs::symlink_metadata(path) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(failed("read", path)(error)),
    }
}

/// The run whose directory this is; `None` for anything else, links included.
fn run_in(path: &Path) -> Option<Run> {
    let is_directory = fs::symlink_metadata(path).is_ok_and(|found| found.is_dir());
    let file = path.join(manifest::FILE);
    let found = fs::symlink_metadata(&file).ok()?;
    if !is_directory || !found.is_file() || found.len() > MANIFEST_MOST {
        return None;
    }
    manifest::read(&fs::read(file).ok()?)
}

/// Whether a directory holds nothing but, perhaps, a manifest that was being written.
fn is_unfinished(path: &Path) -> Result<bool, DirectoryError> {
    if !fs::symlink_metadata(path).is_ok_and(|found| found.is_dir()) {
        return Ok(false);
    }
    for entry in fs::read_dir(path).map_err(failed("read", path))? {
        if entry.map_err(failed("read", path))?.file_name() != UNFINISHED {
            return Ok(false);
        }
    }
    Ok(true)
}

fn failed(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> DirectoryError {
    let path = path.to_owned();
    move |source| DirectoryError::Io { action, path, source }
}

impl fmt::Display for Replaced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.shards {
            0 => write!(f, "seed {}", self.0.seed),
            shards => {
                let shards = crate::report::number::counted(shards, "shard");
                write!(f, "seed {}, {shards}", self.0.seed)
            }
        }
    }
}

impl fmt::Display for DirectoryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => {
                write!(f, "`{}` cannot be the name of a run's directory", name.escape_debug())
            }
            Self::FilePath(path) => {
                write!(f, "`{}` cannot be a file of a run", path.escape_debug())
            }
            Self::Exists(path) => write!(f, "`{}` exists already", path.display()),
            Self::NotOurs(path) => {
                write!(f, "`{}` was not written by kinesim and is left as it is", path.display())
            }
            Self::Io { action, path, source } => {
                write!(f, "cannot {action} `{}`: {source}", path.display())
            }
        }
    }
}

impl std::error::Error for DirectoryError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::sample;

    /// A folder of its own for each test, removed at the end.
    struct Folder(PathBuf);

    impl Folder {
        fn new(test: &str) -> Self {
            let path = std::env::temp_dir().join(format!("kinesim-{}-{test}", std::process::id()));
            fs::create_dir_all(&path).expect("temporary folder");
            Self(path)
        }

        fn run(&self) -> Directory {
            Directory::new(&self.0, "hot", true).expect("a fine name")
        }

        fn entries(&self) -> Vec<String> {
            let entries = fs::read_dir(&self.0).expect("folder");
            let name = |entry: io::Result<fs::DirEntry>| entry.expect("entry").file_name();
            let mut names: Vec<_> =
                entries.map(|entry| name(entry).to_string_lossy().into_owned()).collect();
            names.sort();
            names
        }

        fn text(&self) -> String {
            fs::read_to_string(self.0.join("hot/summary.txt")).expect("summary")
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn files(seed: u64, text: &str) -> Vec<(String, Vec<u8>)> {
        let (mut scenario, outcome) = sample::hot_shard();
        scenario.plan.seed = seed;
        let mut files = vec![
            ("summary.txt".to_owned(), text.as_bytes().to_vec()),
            ("charts/overview.svg".to_owned(), b"<svg/>".to_vec()),
        ];
        let manifest = manifest::write(&scenario, &outcome, &files);
        files.push((manifest::FILE.to_owned(), manifest));
        files
    }

    #[test]
    fn a_run_is_written_and_the_next_replaces_it_and_says_which() {
        let folder = Folder::new("replace");
        assert_eq!(folder.run().write(&files(7, "first")).expect("written"), None);
        assert_eq!(folder.text(), "first");
        assert!(folder.0.join("hot/charts/overview.svg").is_file());
        let replaced =
            folder.run().write(&files(8, "second")).expect("written").expect("was there");
        assert_eq!(replaced.to_string(), "seed 7, 4 shards");
        assert_eq!((folder.text().as_str(), folder.entries()), ("second", vec!["hot".to_owned()]));
    }

    #[test]
    fn no_clobber_and_foreign_directories_are_refused_and_untouched() {
        let folder = Folder::new("refuse");
        folder.run().write(&files(7, "first")).expect("written");
        let kept = Directory::new(&folder.0, "hot", false).expect("a fine name");
        assert!(matches!(kept.examine(), Err(DirectoryError::Exists(_))));
        assert!(matches!(kept.write(&files(8, "second")), Err(DirectoryError::Exists(_))));
        assert_eq!(folder.text(), "first");

        fs::write(folder.0.join("hot/manifest.json"), "{\"name\": \"an app\"}").expect("written");
        assert!(matches!(folder.run().write(&files(8, "second")), Err(DirectoryError::NotOurs(_))));
        assert_eq!((folder.text().as_str(), folder.entries()), ("first", vec!["hot".to_owned()]));

        fs::write(folder.0.join("plain"), "a file").expect("written");
        let file = Directory::new(&folder.0, "plain", true).expect("a fine name");
        assert!(matches!(file.write(&files(8, "second")), Err(DirectoryError::NotOurs(_))));
    }

    #[test]
    fn what_a_crash_while_writing_left_is_cleared() {
        let folder = Folder::new("crash-writing");
        folder.run().write(&files(7, "first")).expect("written");
        let new = folder.0.join(".hot.kinesim-new");
        for holds in [None, Some(UNFINISHED)] {
            fs::create_dir(&new).expect("made");
            if let Some(name) = holds {
                fs::write(new.join(name), "{\"prog").expect("written");
            }
            folder.run().write(&files(8, "second")).expect("written");
            assert_eq!(folder.entries(), ["hot"]);
        }
        // A leftover that may hold somebody's work stops the run instead.
        fs::create_dir(&new).expect("made");
        fs::write(new.join("thesis.txt"), "years").expect("written");
        assert!(matches!(folder.run().write(&files(9, "third")), Err(DirectoryError::NotOurs(_))));
        assert_eq!(folder.text(), "second");
        assert!(new.join("thesis.txt").is_file());
    }

    #[test]
    fn what_a_crash_while_replacing_left_is_put_right() {
        let folder = Folder::new("crash-replacing");
        let (path, old) = (folder.0.join("hot"), folder.0.join(".hot.kinesim-old"));
        folder.run().write(&files(7, "first")).expect("written");
        // Between the two renames: the old run is aside, nothing is in its place.
        fs::rename(&path, &old).expect("renamed");
        let seen = folder.run().examine().expect("ours").expect("the run aside");
        assert_eq!(seen.to_string(), "seed 7, 4 shards");
        let kept = Directory::new(&folder.0, "hot", false).expect("a fine name");
        assert!(kept.write(&files(8, "second")).is_err());
        assert_eq!((folder.text().as_str(), folder.entries()), ("first", vec!["hot".to_owned()]));
        // After the second rename: both are there.
        fs::rename(&path, &old).expect("renamed");
        folder.run().write(&files(8, "second")).expect("written");
        assert_eq!((folder.text().as_str(), folder.entries()), ("second", vec!["hot".to_owned()]));
    }

    #[test]
    fn a_failed_write_leaves_the_old_run_and_nothing_else() {
        let folder = Folder::new("failed");
        folder.run().write(&files(7, "first")).expect("written");
        let mut clash = files(8, "second");
        clash.push(("summary.txt/inside".to_owned(), Vec::new()));
        assert!(matches!(folder.run().write(&clash), Err(DirectoryError::Io { .. })));
        assert_eq!((folder.text().as_str(), folder.entries()), ("first", vec!["hot".to_owned()]));
    }

    #[test]
    fn files_come_one_by_one_and_the_manifest_lists_them() {
        let folder = Folder::new("one-by-one");
        folder.run().write(&files(7, "first")).expect("written");
        let all = files(8, "second");
        let (list, manifest) = (&all[..2], &all[2].1);
        let directory = folder.run();
        let fill = |writing: &Writing<'_>| -> Vec<Listed> {
            let one = |(name, bytes): &(String, Vec<u8>)| {
                writing.file(name, |to| bytes.chunks(2).try_for_each(|it| to.write_all(it)))
            };
            list.iter().map(|it| one(it).expect("written")).collect()
        };
        // One that is given up, or fails, leaves what was there.
        let writing = directory.begin(manifest).expect("begun");
        fill(&writing);
        let torn = writing.file("torn.csv", |_| Err(io::Error::other("its line was changed")));
        assert!(torn.expect_err("torn").to_string().contains("its line was changed"));
        assert!(matches!(writing.file("../x", |_| Ok(())), Err(DirectoryError::FilePath(_))));
        drop(writing);
        assert_eq!((folder.text().as_str(), folder.entries()), ("first", vec!["hot".to_owned()]));
        // Of one that was killed, the next run finds a directory that is ours.
        let writing = directory.begin(manifest).expect("begun");
        fill(&writing);
        std::mem::forget(writing);
        assert_eq!(folder.text(), "first");
        let writing = directory.begin(manifest).expect("ours to remove");
        let listed = fill(&writing);
        let replaced = writing.finish(manifest).expect("written").expect("was there");
        assert_eq!(replaced.to_string(), "seed 7, 4 shards");
        assert_eq!((folder.text().as_str(), folder.entries()), ("second", vec!["hot".to_owned()]));
        let manifest: serde_json::Value = serde_json::from_slice(manifest).expect("JSON");
        assert_eq!(serde_json::to_value(listed).expect("JSON"), manifest["files"]);
    }

    #[test]
    fn names_and_paths_stay_inside() {
        let folder = Folder::new("names");
        let long = "x".repeat(201);
        for name in ["", ".", "..", "a/b", "a\\b", ".hidden", "a\nb", "c:", "a ", long.as_str()] {
            let refused = Directory::new(&folder.0, name, true);
            assert!(matches!(refused, Err(DirectoryError::Name(_))), "{name}");
        }
        for path in ["../x", "/etc/x", "a/../../x", "", "a\\b"] {
            let mut escape = files(7, "first");
            escape.push((path.to_owned(), Vec::new()));
            let refused = folder.run().write(&escape);
            assert!(matches!(refused, Err(DirectoryError::FilePath(_))), "{path}");
        }
        let bare = [("summary.txt".to_owned(), Vec::new())];
        assert!(matches!(folder.run().write(&bare), Err(DirectoryError::FilePath(_))));
        assert_eq!(folder.entries(), [""; 0]);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_never_followed_out_of_the_directory() {
        let folder = Folder::new("link");
        let elsewhere = Directory::new(&folder.0, "elsewhere", true).expect("a fine name");
        elsewhere.write(&files(7, "first")).expect("written");
        std::os::unix::fs::symlink(elsewhere.path(), folder.0.join("hot")).expect("linked");
        assert!(matches!(folder.run().write(&files(8, "second")), Err(DirectoryError::NotOurs(_))));
        assert!(elsewhere.path().join("summary.txt").is_file());
    }
}
