//! What is refused, with which code, and that nothing is left behind.

use std::fs;

use crate::folder::{CALM, Folder};

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
        "run calm.toml --max-events 0",
        "run calm.toml --max-events 5x",
        "run calm.toml --max-events 1.5",
        "run calm.toml --max-events -1",
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
