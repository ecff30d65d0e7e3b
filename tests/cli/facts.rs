//! `kinesim facts`: what is known, and what a scenario changes.

use crate::folder::{CALM, Folder, Ran};

#[test]
fn facts_are_found_by_id_words_and_what_older_notes_say() {
    let folder = Folder::new("facts");
    let out = |line: &str| folder.run(line).expect(0).out.clone();
    assert!(out("facts kds-w02").contains("1,000 records/s"));
    assert!(out("facts PutRecords").lines().count() > 10);
    assert!(out("facts retention").contains("7 days (168 hours) until November 2020"));
    let long = out("facts KDS-W12 --long");
    assert!(long.contains("older notes: 5 MiB until 2025-10-28"), "{long}");
    assert!(long.contains("https://docs.aws.amazon.com/kinesis/"), "{long}");
    let all = out("facts");
    assert!(all.lines().all(|line| line.chars().count() <= 88));
    assert!(all.len() > out("facts --grade assumed").len());
}

#[test]
fn json_has_the_grade_the_source_and_the_day() {
    let folder = Folder::new("facts-json");
    let json = folder.run("facts --grade observed --json").expect(0).json();
    let facts = json["facts"].as_array().unwrap();
    assert!(facts.len() > 5);
    for fact in facts {
        assert_eq!(fact["grade"], "observed");
        assert_eq!(fact["checked"].as_str().unwrap().len(), 10);
        assert!(!fact["source"].as_str().unwrap().is_empty());
    }
}

#[test]
fn what_matches_nothing_is_2_with_the_nearest_three() {
    let folder = Folder::new("facts-nothing");
    let ran = folder.run("facts retnetion");
    let named = ran.expect(2).err.lines().filter(|line| line.contains("KDS-T")).count();
    assert_eq!(named, 3, "{}", ran.err);
    let ran = folder.run("facts KDS-W01 --grade assumed");
    assert!(ran.expect(2).err.contains("no assumed fact matches `KDS-W01`"), "{}", ran.err);
    let error = folder.run("facts qqqqq --json").expect(2).json();
    assert_eq!(error["error"]["kind"], "command_line");
    for line in [
        "facts --grade good",
        "facts a b",
        "facts --long --overrides calm.toml",
        "facts --overrides",
    ] {
        assert!(folder.run(line).expect(2).err.starts_with("error: "), "{line}");
    }
    folder.run("facts --overrides missing.toml").expect(3);
    folder.write("bad.toml", CALM.replace("shard_count", "shard_cont"));
    folder.run("facts --overrides bad.toml").expect(2);
}

#[test]
fn what_a_scenario_changes_is_told_from_and_to() {
    let folder = Folder::new("facts-overrides");
    let ran = folder.run("facts --overrides calm.toml");
    assert_eq!(ran.expect(0).out, "calm.toml changes no constant that has a fact.\n");
    let changed = CALM.to_owned()
        + "retry = { max_attempts = 5, backoff = \"1 s\" }\n[[reader]]\nname = \"slow\"\n\
           get_records.limit = 500\n[account]\nshard_quota = 100\n[model.write]\n\
           enforcer = \"fixed-window\"\nrounding = \"none\"\n";
    folder.write("changed.toml", &changed);
    let json = folder.run("facts --overrides changed.toml --json").expect(0).json();
    let told: Vec<[&str; 4]> = json["overrides"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| {
            [&it["path"], &it["fact"]["id"], &it["from"], &it["to"]].map(|v| v.as_str().unwrap())
        })
        .collect();
    assert_eq!(
        told,
        [
            ["account.shard_quota", "KDS-S24", "20000", "100"],
            ["producer.producer.retry.max_attempts", "KDS-L06", "3", "5"],
            ["reader.slow.get_records.limit", "KDS-R03", "10000", "500"],
            ["model.write.enforcer", "KDS-W30", "\"token-bucket\"", "\"fixed-window\""],
            ["model.write.rounding", "KDS-W06", "\"kib\"", "\"none\""],
        ],
        "one second between retries is the default: given, but not changed"
    );
    let assumed =
        folder.run("facts --overrides changed.toml --grade assumed").expect(0).out.clone();
    assert!(assumed.contains("KDS-W30") && !assumed.contains("KDS-L06"), "{assumed}");
    folder.write("none.toml", CALM.to_owned() + "retry = false\n");
    let out = folder.run("facts --overrides none.toml").expect(0).out.clone();
    assert!(out.contains("producer.producer.retry: \"sdk-2026\" -> false"), "{out}");
    let mut command = folder.command("facts --overrides -");
    command.stdin(std::process::Stdio::null());
    Ran::from(&command.output().unwrap()).expect(2);
}
