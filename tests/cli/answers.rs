//! What a run tells, and the exit code that says whether it is good news.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::folder::{CALM, Folder, Ran};

#[test]
fn a_run_tells_on_stdout_talks_on_stderr_and_writes_its_directory() {
    let folder = Folder::new("run");
    let ran = folder.run("run calm.toml");
    ran.expect(0);
    assert!(ran.out.starts_with("calm "), "{}", ran.out);
    assert!(ran.out.contains("kinesim run calm.toml"), "{}", ran.out);
    assert!(ran.err.starts_with("output/calm/  8 tables, "), "{}", ran.err);
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
    for table in ["timeline", "shards", "consumers", "latency", "keys", "losses", "events"] {
        let ran = folder.run(&format!("run overloaded.toml --csv {table} --charts none -q"));
        let file = fs::read(folder.0.join(format!("output/overloaded/{table}.csv"))).unwrap();
        assert!(ran.expect(1).out.as_bytes() == file && ran.err.is_empty(), "{table}");
    }
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
fn a_comparison_prints_either_table() {
    let folder = Folder::new("compare");
    for table in ["compare", "compare_cost"] {
        let line = "compare calm.toml calm.toml@stream.shard_count=3 --name a --repeat 2";
        let ran = folder.run(&format!("{line} --charts none --csv {table} -q"));
        let file = fs::read(folder.0.join(format!("output/a/{table}.csv"))).unwrap();
        assert!(ran.expect(0).out.as_bytes() == file && ran.err.is_empty(), "{table}");
    }
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
    assert_eq!(
        commands,
        [
            "run",
            "check",
            "compare",
            "sweep",
            "size",
            "uncertain",
            "keys",
            "facts",
            "new",
            "explain",
            "completions",
            "man",
            "help",
        ],
        "help lists only what exists"
    );
    for line in [
        "run -h",
        "run --help",
        "help run",
        "check -h",
        "check --help",
        "compare --help",
        "sweep --help",
        "size -h",
        "uncertain -h",
        "keys -h",
        "help keys",
        "facts --help",
        "new -h",
        "explain --help",
    ] {
        assert!(folder.run(line).expect(0).out.starts_with("Examples:"), "{line}");
    }
}
