//! Stdin, stdout, stderr and Ctrl-C.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Command, Stdio};

use crate::folder::{CALM, Folder, Ran};

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

#[cfg(unix)]
#[test]
fn ctrl_c_keeps_what_is_finished_and_is_130() {
    let folder = Folder::new("interrupt");
    folder.write("long.toml", CALM.replace("5 s", "30 d").replace("100/s", "200/s"));
    let mut command = folder.command("run long.toml --progress always --charts svg");
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // The first sign of progress: from then on there is something to keep.
    let mut err = BufReader::new(child.stderr.take().unwrap());
    let mut line = Vec::new();
    err.read_until(b'%', &mut line).unwrap();
    assert!(line.ends_with(b" %"), "{line:?}");
    let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    let mut rest = String::new();
    err.read_to_string(&mut rest).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{rest}");
    assert!(rest.contains("partial"), "{rest}");
    assert!(String::from_utf8(output.stdout).unwrap().contains("interrupted"));
    let manifest = folder.manifest("long");
    assert_eq!(manifest["partial"], true);
    assert!(manifest["at_s"].as_f64().unwrap() < 30.0 * 86_400.0);
}
