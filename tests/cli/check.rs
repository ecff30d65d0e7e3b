//! `kinesim check`: what is said of scenarios that are not played.

use std::io::Write as _;
use std::process::Stdio;

use crate::folder::{CALM, Folder, Ran};

const BAD: &str = "[stream]\nshard_cont = 2\n[[producer]]\nrate = 100\nrecord_size = \"1 KiB\"\n";

#[test]
fn a_sound_file_is_valid_and_nothing_is_played() {
    let folder = Folder::new("check");
    let ran = folder.run("check calm.toml");
    ran.expect(0);
    assert_eq!(ran.out, "calm.toml is valid      (--derived shows the arithmetic)\n");
    assert!(ran.err.is_empty() && !folder.has_output(), "{ran:?}");
    assert_eq!(folder.run("check -q calm.toml").expect(0).out, "");
}

#[test]
fn warnings_show_their_place_and_are_counted_and_may_be_denied() {
    let folder = Folder::new("check-warnings");
    let ran = folder.run("check overloaded.toml");
    ran.expect(0);
    assert!(ran.out.starts_with("warning[K102]: `stream` fills by number"), "{}", ran.out);
    assert!(ran.out.contains("warning[K108]: `stream` is offered 300 %"), "{}", ran.out);
    assert!(ran.out.contains("--> overloaded.toml:4:15\n"), "{}", ran.out);
    assert!(ran.out.contains("= help: kinesim run overloaded.toml --set stream.shard_count="));
    assert!(
        ran.out.ends_with(
            "overloaded.toml is valid: 2 warnings      (--derived shows the arithmetic)\n"
        ),
        "{}",
        ran.out
    );
    folder.run("check overloaded.toml --deny warnings").expect(1);
    folder.run("check calm.toml --deny warnings").expect(0);
    let mended = "check overloaded.toml --deny warnings --set stream.shard_count=8";
    folder.run(mended).expect(0);
    for line in [ran.out.lines(), folder.run("check --derived overloaded.toml").out.lines()] {
        let wide = line.filter(|line| line.chars().count() > 88).collect::<Vec<_>>();
        assert!(wide.is_empty(), "{wide:?}");
    }
}

#[test]
fn all_problems_of_all_files_are_told_at_once() {
    let folder = Folder::new("check-problems");
    folder.write("bad.toml", BAD);
    let ran = folder.run("check bad.toml calm.toml missing.toml overloaded.toml");
    ran.expect(2);
    for part in ["error[E102]", "error[E110]", "2 errors in bad.toml", "cannot read `missing.toml`"]
    {
        assert!(ran.err.contains(part), "{part}: {}", ran.err);
    }
    assert!(ran.out.contains("calm.toml is valid") && ran.out.contains("overloaded.toml is valid"));
    // `run` says the same of it.
    let said = folder.run("run bad.toml").err;
    assert!(ran.err.contains(&said), "{said}");
    folder.run("check calm.toml missing.toml").expect(3);
    folder.run("check").expect(2);
    folder.run("check - -").expect(2);
}

#[test]
fn json_holds_every_file_with_findings_and_figures() {
    let folder = Folder::new("check-json");
    folder.write("bad.toml", BAD);
    for line in [
        "check --json --derived overloaded.toml bad.toml missing.toml",
        "check --format json --derived overloaded.toml bad.toml missing.toml",
    ] {
        let ran = folder.run(line);
        let json = ran.expect(2).json();
        assert_eq!((&json["exit_code"], &json["warnings"]), (&2.into(), &2.into()));
        let files = json["files"].as_array().unwrap();
        let valid: Vec<_> = files.iter().map(|file| file["valid"].as_bool().unwrap()).collect();
        assert_eq!(valid, [true, false, false]);
        let first = &files[0]["findings"][0];
        assert_eq!(
            (&first["code"], &first["path"]),
            (&"K102".into(), &"producer[0].record_size".into())
        );
        assert_eq!((&first["line"], &first["column"]), (&7.into(), &15.into()));
        // 3,000/s of 100 B and a key of 36 B: 3 MiB/s as charged.
        let values = &files[0]["derived"][0]["values"];
        assert_eq!(values["record_bytes"], 136.0);
        assert_eq!(values["charged_record_bytes"], 1024.0);
        assert_eq!(files[0]["derived"][1]["values"]["even_mean_records_per_s"], 3000.0);
        assert_eq!(files[1]["error"]["problems"][0]["code"], "E102");
        assert_eq!(files[2]["error"]["kind"], "file");
        assert!(ran.err.is_empty(), "{}", ran.err);
    }
    let error = folder.run("check --format json --nonsense").expect(2).json();
    assert_eq!(error["error"]["kind"], "command_line");
}

#[test]
fn github_gets_one_command_a_message() {
    let folder = Folder::new("check-github");
    folder.write("bad.toml", BAD);
    let ran = folder.run("check --format github bad.toml overloaded.toml calm.toml missing.toml");
    ran.expect(2);
    let lines: Vec<&str> = ran.out.lines().collect();
    assert_eq!(lines.len(), 5, "{}", ran.out);
    assert!(lines[0].starts_with("::error file=bad.toml,line=2,col=1,title=E102::unknown field"));
    assert!(lines[1].starts_with("::error file=bad.toml,line=4,col=8,title=E110::"));
    assert!(lines[2].starts_with("::warning file=overloaded.toml,line=7,col=15,title=K102 "));
    assert!(lines[3].starts_with("::warning file=overloaded.toml,line=4,col=15,title=K108 "));
    assert!(lines[4].starts_with("::error file=missing.toml,title=kinesim::"));
    assert!(ran.err.is_empty());
}

#[test]
fn stdin_and_overrides_are_checked_too() {
    let folder = Folder::new("check-stdin");
    let line = "check - --set stream.shard_count=1 --set producer.producer.rate=2k/s";
    let mut command = folder.command(line);
    let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = child.spawn().unwrap();
    child.stdin.take().unwrap().write_all(CALM.as_bytes()).unwrap();
    let ran = Ran::from(&child.wait_with_output().unwrap());
    ran.expect(0);
    assert!(ran.out.contains("--> command line:1:26"), "{}", ran.out);
    assert!(ran.out.contains("<stdin> is valid: 1 warning"), "{}", ran.out);
    // The other override is repeated, its own is decided anew.
    let words: Vec<&str> = ran.out.split_whitespace().collect();
    let said = "kinesim run - --set producer.producer.rate=2k/s --set stream.shard_count=";
    assert!(words.join(" ").contains(said), "{}", ran.out);
}
