//! The program as a user meets it: arguments in, streams, files and exit codes out.

#![expect(clippy::unwrap_used, reason = "a test reports a broken program by failing")]

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// Two shards, five seconds: quick to run, with nothing to complain about.
const CALM: &str = "\
[scenario]
duration = \"5 s\"
[stream]
shard_count = 2
[[producer]]
rate = \"100/s\"
record_size = \"1 KiB\"
";

/// One shard, three times what it takes.
const OVERLOADED: &str = "\
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
struct Folder(PathBuf);

impl Folder {
    fn new(test: &str) -> Self {
        let path = std::env::temp_dir().join(format!("kinesim-cli-{}-{test}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        let folder = Self(path);
        folder.write("calm.toml", CALM);
        folder.write("overloaded.toml", OVERLOADED);
        folder
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        fs::write(self.0.join(name), text).unwrap();
    }

    /// `kinesim` with these arguments, in this folder, in an environment that decides nothing.
    fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kinesim"));
        command.current_dir(&self.0).args(line.split_whitespace()).stdin(Stdio::null());
        for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "KINESIM_OUT", "LC_ALL", "LC_CTYPE"]
        {
            command.env_remove(name);
        }
        command.env("LANG", "C.UTF-8").env("RUST_BACKTRACE", "0");
        command
    }

    fn run(&self, line: &str) -> Ran {
        Ran::from(&self.command(line).output().unwrap())
    }

    /// All files below a folder, by path.
    fn files(&self, below: &str) -> BTreeMap<String, Vec<u8>> {
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

    fn has_output(&self) -> bool {
        self.0.join("output").exists()
    }

    fn manifest(&self, run: &str) -> serde_json::Value {
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
struct Ran {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Ran {
    fn from(output: &Output) -> Self {
        Self {
            code: output.status.code(),
            out: String::from_utf8(output.stdout.clone()).unwrap(),
            err: String::from_utf8(output.stderr.clone()).unwrap(),
        }
    }

    #[track_caller]
    fn expect(&self, code: i32) -> &Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        self
    }

    fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap()
    }
}

#[test]
fn a_run_tells_on_stdout_talks_on_stderr_and_writes_its_directory() {
    let folder = Folder::new("run");
    let ran = folder.run("run calm.toml");
    ran.expect(0);
    assert!(ran.out.starts_with("calm "), "{}", ran.out);
    assert!(ran.out.contains("kinesim run calm.toml"), "{}", ran.out);
    assert!(ran.err.starts_with("output/calm/  6 tables, "), "{}", ran.err);
    assert_eq!(ran.err.lines().count(), 1);
    let files = folder.files("output/calm");
    for name in ["summary.txt", "summary.json", "manifest.json", "timeline.csv", "shards.csv"] {
        assert!(files.contains_key(name), "{name}");
    }
    assert!(files.contains_key("charts/overview.svg") && files.contains_key("charts/overview.png"));
    assert!(files.values().all(|bytes| !bytes.starts_with(b"\x1b")));
}

#[test]
fn a_missed_objective_is_1_and_can_be_let_pass() {
    let folder = Folder::new("missed");
    let ran = folder.run("run overloaded.toml --charts none");
    ran.expect(1);
    assert!(ran.out.contains("1 of 1 objective missed"), "{}", ran.out);
    folder.run("run overloaded.toml --charts none --no-fail").expect(0);
    folder.run("run overloaded.toml --charts none --set stream.shard_count=8").expect(0);
}

#[test]
fn a_wrong_command_line_is_2_and_leaves_nothing() {
    let folder = Folder::new("usage");
    for line in [
        "fly",
        "run",
        "run calm.toml --nonsense",
        "run calm.toml other.toml",
        "run calm.toml --csv nothing",
        "run calm.toml --charts jpg",
        "run calm.toml --charts svg,none",
        "run calm.toml -q -v",
        "run calm.toml -j 0",
        "run calm.toml --seed -1",
        "run calm.toml --until 5",
        "run calm.toml --until 0s",
        "run calm.toml --until 6s",
        "run calm.toml --max-memory 8",
        "run calm.toml --set shard_count",
        "run calm.toml --name a/b",
        "run calm.toml --name ..",
        "run calm.toml --color maybe",
        "run calm.toml --progress maybe",
    ] {
        let ran = folder.run(line);
        ran.expect(2);
        assert!(ran.out.is_empty() && ran.err.starts_with("error: "), "{line}: {ran:#?}");
    }
    assert!(!folder.has_output());
}

#[test]
fn a_wrong_scenario_is_2_shows_every_place_and_leaves_nothing() {
    let folder = Folder::new("scenario");
    folder.write("bad.toml", CALM.replace("shard_count", "shard_cont").replace("100/s", "100"));
    let ran = folder.run("run bad.toml");
    ran.expect(2);
    assert!(ran.err.contains("--> bad.toml:4:1"), "{}", ran.err);
    assert!(ran.err.contains("--> bad.toml:6:8"), "{}", ran.err);
    assert!(ran.err.ends_with("2 errors in bad.toml; nothing was simulated\n"), "{}", ran.err);
    let ran = folder.run("run calm.toml --set stream.shard_cont=3");
    assert!(ran.expect(2).err.contains("command line"), "{}", ran.err);
    folder.run("run calm.toml --set stream.shard_count=1000000000000000000").expect(2);
    folder.write("latin.toml", b"# caf\xe9\n");
    assert!(folder.run("run latin.toml").expect(2).err.contains("not UTF-8 text"));
    folder.write("huge.toml", vec![b'#'; 10 << 20]);
    assert!(folder.run("run huge.toml").expect(2).err.contains("too large"));
    folder.write("huger.toml", vec![b'#'; (16 << 20) + 1]);
    assert!(folder.run("run huger.toml").expect(2).err.contains("larger than 16 MiB"));
    assert!(!folder.has_output());
}

#[test]
fn what_cannot_be_read_is_3() {
    let folder = Folder::new("unreadable");
    fs::create_dir(folder.0.join("folder.toml")).unwrap();
    let ran = folder.run("run missing.toml");
    assert_eq!(ran.expect(3).err, "error: cannot read `missing.toml`: there is no such file\n");
    let ran = folder.run("run folder.toml");
    assert_eq!(ran.expect(3).err, "error: cannot read `folder.toml`: it is a directory\n");
    let keys = "partition_key = { file = \"keys.csv\" }\n";
    folder.write("keyed.toml", CALM.to_owned() + keys);
    let ran = folder.run("run keyed.toml");
    assert!(ran.expect(3).err.contains("keys.csv"), "{}", ran.err);
    folder.write("keys.csv", "key,weight\na,nonsense\n");
    folder.run("run keyed.toml").expect(2);
    assert!(!folder.has_output());
}

#[test]
fn files_are_found_beside_the_scenario() {
    let folder = Folder::new("beside");
    fs::create_dir(folder.0.join("inner")).unwrap();
    let keys = "partition_key = { file = \"keys.csv\" }\n";
    folder.write("inner/keyed.toml", CALM.to_owned() + keys);
    folder.write("inner/keys.csv", "key,weight\na,3\nb,1\n");
    let ran = folder.run("run inner/keyed.toml --csv keys --charts none");
    assert!(ran.expect(0).out.contains(",a,"), "{}", ran.out);
}

#[test]
fn a_directory_that_is_not_ours_is_3_and_stays() {
    let folder = Folder::new("foreign");
    fs::create_dir_all(folder.0.join("output/calm")).unwrap();
    folder.write("output/calm/thesis.txt", "ten years");
    let ran = folder.run("run calm.toml");
    assert!(ran.expect(3).err.contains("was not written by kinesim"), "{}", ran.err);
    assert!(ran.err.contains("--name"), "{}", ran.err);
    assert_eq!(folder.files("output").len(), 1);
    folder.write("file", "");
    folder.run("run calm.toml --out file").expect(3);
}

#[test]
fn an_older_run_is_replaced_and_named_unless_that_is_refused() {
    let folder = Folder::new("replace");
    folder.run("run calm.toml --seed 7").expect(0);
    let ran = folder.run("run calm.toml --seed 8");
    let first = ran.expect(0).err.lines().next().unwrap();
    assert_eq!(first, "replaced output/calm (was seed 7, 2 shards)");
    let ran = folder.run("run calm.toml --no-clobber");
    assert!(ran.expect(3).err.contains("exists already"), "{}", ran.err);
    assert!(ran.err.contains("--no-clobber"), "{}", ran.err);
    assert_eq!(folder.manifest("calm")["scenario"]["seed"], 8);
    folder.run("run calm.toml --no-clobber --name other").expect(0);
    assert_eq!(folder.manifest("other")["scenario"]["seed"], 1);
}

#[test]
fn two_runs_are_equal_to_the_byte_on_any_number_of_threads() {
    let folder = Folder::new("equal");
    folder.run("run overloaded.toml -o a").expect(1);
    folder.run("run overloaded.toml -o b").expect(1);
    folder.run("run overloaded.toml -o c -j 1").expect(1);
    folder.run("run overloaded.toml --out d --jobs 8 --progress plain -v").expect(1);
    let first = folder.files("a");
    assert!(first.len() > 12, "{:?}", first.keys());
    for other in ["b", "c", "d"] {
        let other = folder.files(other);
        assert!(first.keys().eq(other.keys()));
        for (name, bytes) in &first {
            assert!(bytes == &other[name], "{name} differs");
        }
    }
}

#[test]
fn the_parent_comes_from_the_option_then_the_environment() {
    let folder = Folder::new("parent");
    let run = |line: &str, value: &str| {
        let output = folder.command(line).env("KINESIM_OUT", value).output().unwrap();
        Ran::from(&output).expect(0).err.clone()
    };
    assert!(run("run calm.toml", "from-env").starts_with("from-env/calm/  "));
    assert!(run("run calm.toml -o option", "from-env").starts_with("option/calm/  "));
    assert!(run("run calm.toml", "").starts_with("output/calm/  "));
}

#[test]
fn charts_are_those_asked_for() {
    let folder = Folder::new("charts");
    let kinds = |line: &str| {
        folder.run(line).expect(0);
        let files = folder.files("output/calm");
        let count = |end: &str| files.keys().filter(|name| name.ends_with(end)).count();
        (count(".svg"), count(".png"))
    };
    assert_eq!(kinds("run calm.toml --charts none"), (0, 0));
    let (svg, png) = kinds("run calm.toml --charts svg");
    assert!(svg >= 2 && png == 0);
    assert_eq!(kinds("run calm.toml --charts png"), (0, svg));
    assert_eq!(kinds("run calm.toml --charts png,svg"), (svg, svg));
}

#[test]
fn json_is_one_object_for_answers_and_for_errors() {
    let folder = Folder::new("json");
    folder.write("bad.toml", CALM.replace("shard_count", "shard_cont"));
    let ran = folder.run("run overloaded.toml --json --charts none");
    let summary = ran.expect(1).json();
    let written = folder.files("output/overloaded")["summary.json"].clone();
    assert_eq!(ran.out.as_bytes(), written, "the same object as in the directory");
    assert_eq!(summary["slo"]["missed"], 1);
    assert_eq!(summary["schema_version"], 1);
    for (line, code, kind) in [
        ("run --json", 2, "command_line"),
        ("run calm.toml --csv shards --json", 2, "command_line"),
        ("run calm.toml --json --until 1h", 2, "command_line"),
        ("run bad.toml --json", 2, "scenario"),
        ("run missing.toml --json", 3, "file"),
    ] {
        let ran = folder.run(line);
        let error = &ran.expect(code).json()["error"];
        assert_eq!((&error["kind"], &error["exit_code"]), (&kind.into(), &code.into()), "{line}");
        let message = error["message"].as_str().unwrap();
        assert!(!message.is_empty() && !message.contains("Usage"), "{message}");
        assert!(ran.err.is_empty(), "{ran:#?}");
    }
    let error = folder.run("run bad.toml --json").json()["error"].clone();
    assert_eq!(error["problems"][0]["line"], 4);
    assert_eq!(error["problems"][0]["code"], "E102");
}

#[test]
fn csv_is_the_table_of_the_directory() {
    let folder = Folder::new("csv");
    for table in ["timeline", "shards", "consumers", "latency", "keys", "losses"] {
        let ran = folder.run(&format!("run overloaded.toml --csv {table} --charts none -q"));
        let file = fs::read(folder.0.join(format!("output/overloaded/{table}.csv"))).unwrap();
        assert!(ran.expect(1).out.as_bytes() == file && ran.err.is_empty(), "{table}");
    }
}

#[test]
fn no_colour_reaches_a_pipe_unless_it_is_asked_for() {
    let folder = Folder::new("colour");
    folder.write("bad.toml", CALM.replace("shard_count", "shard_cont"));
    let run = |line: &str, name: &str, value: &str| {
        let output = folder.command(line).env(name, value).output().unwrap();
        (output.stdout.contains(&0x1b), output.stderr.contains(&0x1b))
    };
    let (run_it, bad) = ("run calm.toml --charts none", "run bad.toml");
    for line in [run_it, bad, "run --help", "run --nonsense", "run missing.toml"] {
        assert_eq!(run(line, "NO_COLOR", ""), (false, false), "{line}");
    }
    assert_eq!(run(run_it, "CLICOLOR_FORCE", "1"), (true, false));
    assert_eq!(run(bad, "CLICOLOR_FORCE", "1"), (false, true));
    assert_eq!(run("run --color always missing.toml", "NO_COLOR", "1"), (false, true));
    assert_eq!(run("run --color always --nonsense", "NO_COLOR", ""), (false, true));
    assert_eq!(run("run bad.toml --color=never", "CLICOLOR_FORCE", "1"), (false, false));
    let json = format!("{run_it} --json --color always");
    assert_eq!(run(&json, "NO_COLOR", ""), (false, false));
}

#[test]
fn marks_are_ascii_where_the_locale_is_not_utf_8() {
    let folder = Folder::new("locale");
    let line = "run overloaded.toml --charts none";
    assert!(folder.run(line).out.contains('✗'));
    let output = folder.command(line).env("LC_ALL", "C").output().unwrap();
    let ran = Ran::from(&output);
    assert!(ran.out.contains("FAIL") && ran.out.is_ascii(), "{}", ran.out);
}

#[test]
fn quiet_prints_errors_only_and_verbose_more() {
    let folder = Folder::new("quiet");
    let ran = folder.run("run calm.toml -q");
    assert_eq!((ran.expect(0).out.as_str(), ran.err.as_str()), ("", ""));
    assert!(folder.run("run missing.toml -q").expect(3).err.starts_with("error"));
    let ran = folder.run("run calm.toml -v");
    assert!(ran.expect(0).err.contains("wrote output/calm/summary.json ("), "{}", ran.err);
    assert!(ran.err.contains("# default") && !ran.err.contains("# given"), "{}", ran.err);
    // The help names this default.
    assert!(ran.err.contains("memory_limit = \"8 GiB\" "), "{}", ran.err);
}

#[test]
fn overrides_are_in_force_and_the_last_one_wins() {
    let folder = Folder::new("set");
    let line = "run calm.toml --charts none --set stream.shard_count=3 --set stream.shard_count=5 \
                --set producer.producer.rate=2k/min --seed 9 --max-memory 1.5GiB --name five";
    folder.run(line).expect(0);
    let manifest = folder.manifest("five");
    assert_eq!(manifest["scenario"]["shards"], 5);
    assert_eq!(manifest["scenario"]["seed"], 9);
    let resolved = fs::read_to_string(folder.0.join("output/five/scenario.resolved.toml")).unwrap();
    assert!(resolved.contains("memory_limit = \"1.5 GiB\""), "{resolved}");
    let largest = format!("run calm.toml --charts none --seed {}", i64::MAX);
    folder.run(&largest).expect(0);
    assert_eq!(folder.manifest("calm")["scenario"]["seed"], i64::MAX);
}

#[test]
fn a_suggestion_repeats_what_made_the_run() {
    let folder = Folder::new("next");
    let line = "run overloaded.toml --set reader.reader.get_records.limit=500 --seed 3 --until 9s";
    let out = folder.run(line).expect(1).out.replace("\\\n ", " ");
    let words: Vec<&str> = out.split_whitespace().collect();
    let given = "kinesim run overloaded.toml --set reader.reader.get_records.limit=500 --seed 3 \
                 --until '9 s' --set stream.shard_count=";
    assert!(words.join(" ").contains(given), "{out}");
    folder.run("run overloaded.toml --name other --seed 4").expect(1);
    let written = fs::read_to_string(folder.0.join("output/other/summary.txt")).unwrap();
    assert!(written.contains("kinesim run overloaded.toml --seed 4 --set"), "{written}");
}

/// Each command of NEXT is given to a shell as it stands.
#[cfg(unix)]
#[test]
fn every_suggestion_runs() {
    let folder = Folder::new("suggestions");
    let program = Path::new(env!("CARGO_BIN_EXE_kinesim"));
    let mut tried = 0;
    for line in [
        "run calm.toml",
        "run overloaded.toml --set scenario.description=it's",
        "run overloaded.toml --set reader.reader.get_records.limit=500",
        "run overloaded.toml --set reader.reader.threads=1 --set stream.shard_count=5 \
         --set reader.reader.processing.per_record=2ms --seed 3",
        "run overloaded.toml --set stream.shard_count=4 --until 15s \
         --set producer.producer.partition_key={values=['a','b'],weights=[9,1]}",
    ] {
        let ran = folder.run(line);
        assert!(matches!(ran.code, Some(0 | 1)), "{ran:#?}");
        let next = ran.out.split("\nNEXT ").nth(1).unwrap_or_default().replace("\\\n", " ");
        for command in next.lines().filter_map(|line| line.trim().strip_prefix("kinesim ")) {
            let command = command.split("   ").next().unwrap();
            let mut shell = Command::new("sh");
            shell.args(["-c", &format!("\"$0\" {command}")]).arg(program);
            let ran = Ran::from(&shell.current_dir(&folder.0).output().unwrap());
            assert!(matches!(ran.code, Some(0 | 1)), "{command}: {ran:#?}");
            tried += 1;
        }
    }
    assert!(tried >= 8, "{tried}");
}

#[test]
fn a_run_can_end_sooner_and_is_not_partial_then() {
    let folder = Folder::new("until");
    folder.run("run overloaded.toml --until 7s --no-fail").expect(0);
    let manifest = folder.manifest("overloaded");
    assert_eq!((&manifest["at_s"], &manifest["partial"]), (&7.0.into(), &false.into()));
}

#[test]
fn the_memory_limit_is_4_and_what_is_there_is_marked_partial() {
    let folder = Folder::new("memory");
    // A reader a hundred times too slow for a day of 1,000 records/s.
    let slow = OVERLOADED
        .replace("20 s", "1 d")
        .replace("3k/s", "1k/s")
        .replace("[[reader]]", "[[reader]]\nprocessing = { per_record = \"100 ms\" }");
    folder.write("slow.toml", slow);
    let ran = folder.run("run slow.toml --max-memory 4MiB");
    assert!(ran.expect(4).out.contains("STOPPED"), "{}", ran.out);
    assert!(ran.err.contains("partial"), "{}", ran.err);
    assert_eq!(folder.manifest("slow")["partial"], true);
    let json = folder.run("run slow.toml --max-memory 4MiB --json --charts none").expect(4).json();
    assert_eq!(json["ended"]["how"], "memory_limit");
}

#[cfg(unix)]
#[test]
fn ctrl_c_keeps_what_is_finished_and_is_130() {
    let folder = Folder::new("interrupt");
    folder.write("long.toml", CALM.replace("5 s", "30 d").replace("100/s", "200/s"));
    let mut command = folder.command("run long.toml --progress plain --charts svg");
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // The first sign of progress: from then on there is something to keep.
    let mut err = std::io::BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    std::io::BufRead::read_line(&mut err, &mut line).unwrap();
    assert!(line.contains(" % "), "{line}");
    let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    let mut rest = String::new();
    std::io::Read::read_to_string(&mut err, &mut rest).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{rest}");
    assert!(rest.contains("partial"), "{rest}");
    assert!(String::from_utf8(output.stdout).unwrap().contains("interrupted"));
    let manifest = folder.manifest("long");
    assert_eq!(manifest["partial"], true);
    assert!(manifest["at_s"].as_f64().unwrap() < 30.0 * 86_400.0);
}

#[test]
fn progress_is_told_when_asked_and_never_in_a_pipe_otherwise() {
    let folder = Folder::new("progress");
    let lines = |line: &str| {
        let ran = folder.run(line);
        ran.expect(0).err.matches("x real time").count()
    };
    assert_eq!(lines("run calm.toml --charts none"), 0);
    assert_eq!(lines("run calm.toml --charts none --progress never"), 0);
    assert!((1..=10).contains(&lines("run calm.toml --charts none --progress plain")));
    assert!(lines("run calm.toml --charts none --progress always") >= 1);
    assert!(folder.run("run calm.toml --progress plain -q").err.contains(" 100 %  5 s of 5 s"));
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let folder = Folder::new("pipe");
    let mut command = folder.command("run overloaded.toml --csv shards --charts none --no-fail");
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(!String::from_utf8_lossy(&output.stderr).contains("error"), "{output:?}");
}

#[test]
fn a_scenario_may_come_from_stdin() {
    let folder = Folder::new("stdin");
    let run = |text: &str| {
        let mut command = folder.command("run - --charts none");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        Ran::from(&child.wait_with_output().unwrap())
    };
    let ran = run(CALM);
    assert!(ran.expect(0).err.starts_with("output/stdin/  "), "{}", ran.err);
    let ran = run("[stream]\nshard_cont = 1\n");
    assert!(ran.expect(2).err.contains("--> <stdin>:2:1"), "{}", ran.err);
}

#[test]
fn help_and_version_are_answers() {
    let folder = Folder::new("help");
    let overview = folder.run("");
    assert!(overview.expect(0).out.contains("I want to"), "{overview:?}");
    let version = folder.run("--version");
    assert_eq!(version.expect(0).out, format!("kinesim {}\n", env!("CARGO_PKG_VERSION")));
    let help = folder.run("--help");
    let is_command = |line: &&str| line.starts_with("  ") && !line.starts_with("   ");
    let commands: Vec<&str> = help
        .expect(0)
        .out
        .lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| !line.is_empty())
        .filter(is_command)
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert_eq!(commands, ["run", "help"], "help lists only what exists");
    for line in ["run -h", "run --help", "help run"] {
        assert!(folder.run(line).expect(0).out.starts_with("Examples:"), "{line}");
    }
}
