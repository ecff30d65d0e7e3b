//! A folder to run the program in.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// Two shards, five seconds: quick to run, with nothing to complain about.
pub(crate) const CALM: &str = "\
[scenario]
duration = \"5 s\"
[stream]
shard_count = 2
[[producer]]
rate = \"100/s\"
record_size = \"1 KiB\"
";

/// One shard, three times what it takes.
pub(crate) const OVERLOADED: &str = "\
[scenario]
duration = \"20 s\"
[stream]
shard_count = 1
[[producer]]
rate = \"3k/s\"
record_size = \"100 B\"
[[reader]]
[slo]
write.throttled = \"<= 1 %\"
";

/// A folder of its own for each test, removed at the end.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new(test: &str) -> Self {
        let path = std::env::temp_dir().join(format!("kinesim-cli-{}-{test}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        let folder = Self(path);
        folder.write("calm.toml", CALM);
        folder.write("overloaded.toml", OVERLOADED);
        folder
    }

    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        fs::write(self.0.join(name), text).unwrap();
    }

    /// `kinesim` with these arguments, in this folder, in an environment that decides nothing.
    pub(crate) fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kinesim"));
        command.current_dir(&self.0).args(line.split_whitespace()).stdin(Stdio::null());
        for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "KINESIM_OUT", "LC_ALL", "LC_CTYPE"]
        {
            command.env_remove(name);
        }
        command.env("LANG", "C.UTF-8").env("RUST_BACKTRACE", "0");
        command
    }

    pub(crate) fn run(&self, line: &str) -> Ran {
        Ran::from(&self.command(line).output().unwrap())
    }

    /// All files below a folder, by path.
    pub(crate) fn files(&self, below: &str) -> BTreeMap<String, Vec<u8>> {
        let mut found = BTreeMap::new();
        let mut open = vec![self.0.join(below)];
        while let Some(path) = open.pop() {
            if path.is_dir() {
                open.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
            } else if path.is_file() {
                let name = path.strip_prefix(self.0.join(below)).unwrap_or(Path::new(""));
                found.insert(name.to_str().unwrap().to_owned(), fs::read(&path).unwrap());
            }
        }
        found
    }

    pub(crate) fn has_output(&self) -> bool {
        self.0.join("output").exists()
    }

    pub(crate) fn manifest(&self, run: &str) -> serde_json::Value {
        let text = fs::read(self.0.join("output").join(run).join("manifest.json")).unwrap();
        serde_json::from_slice(&text).unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// What became of one call.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    pub(crate) fn from(output: &Output) -> Self {
        Self {
            code: output.status.code(),
            out: String::from_utf8(output.stdout.clone()).unwrap(),
            err: String::from_utf8(output.stderr.clone()).unwrap(),
        }
    }

    #[track_caller]
    pub(crate) fn expect(&self, code: i32) -> &Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        self
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap()
    }
}
