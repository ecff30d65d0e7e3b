//! `kinesim keys`: files in, exact placement out.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::process::Stdio;

use crate::folder::{Folder, Ran};

/// Rows of a CSV answer by column.
fn rows(text: &str) -> Vec<BTreeMap<String, String>> {
    csv::Reader::from_reader(text.as_bytes()).deserialize().map(|row| row.unwrap()).collect()
}

fn piped(folder: &Folder, line: &str, text: &[u8]) -> Ran {
    let mut command = folder.command(line);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(text).unwrap();
    Ran::from(&child.wait_with_output().unwrap())
}

/// Four emulators of the API put 255 keys of every kind on 1 to 1,000 shards.
#[test]
fn every_key_lands_where_other_tools_put_it() {
    let folder = Folder::new("oracle");
    let data = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/oracles/");
    let mut names = BTreeMap::new();
    let mut lines = Vec::new();
    for row in rows(&fs::read_to_string(format!("{data}keys.csv")).unwrap()) {
        let name: String = serde_json::from_str(&row["key_json"]).unwrap();
        lines.push(format!("{{\"id\": 1, \"key\": {{\"name\": {}}}}}", row["key_json"]));
        names.insert(row["key_id"].clone(), name);
    }
    folder.write("keys.jsonl", lines.join("\n"));
    let mut placed = BTreeMap::new();
    let line = "keys keys.jsonl --field key.name --csv keys \
                --shards 1,2,3,4,5,7,10,16,33,100,250,1000";
    for row in rows(&folder.run(line).expect(0).out) {
        let shard: u32 = row["ShardId"].strip_prefix("shardId-").unwrap().parse().unwrap();
        placed.insert((row["shard_count"].clone(), row["PartitionKey"].clone()), shard);
    }
    let expected = rows(&fs::read_to_string(format!("{data}placement.csv")).unwrap());
    assert_eq!(expected.len(), 12 * 255);
    for row in expected {
        let key = (row["shard_count"].clone(), names[&row["key_id"]].clone());
        for tool in ["moto", "kinesalite", "kinesis_mock"] {
            assert_eq!(placed[&key].to_string(), row[tool], "{tool}: {row:?}");
        }
    }
}

#[test]
fn one_sample_in_every_form_is_placed_alike() {
    let folder = Folder::new("forms");
    folder.write("plain.txt", "a\nb\na\nc c\na\n");
    folder
        .write("weighted.csv", "\"key\",\"weight\"\r\n\"a\",\"3\"\r\n\"b\",\"1\"\r\n\"c c\",1\r\n");
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(b"a\nb\na\nc c\na\n").unwrap();
    folder.write("packed.gz", packed.finish().unwrap());
    folder.write(
        "lines.json",
        "{\"k\":\"a\"}\n{\"k\":\"b\"}\n{\"k\":\"a\"}\n{\"k\":\"c c\"}\n{\"k\":\"a\"}\n",
    );
    let shards =
        |line: &str| folder.run(&format!("{line} --csv shards --shards 3,8")).expect(0).out.clone();
    let plain = shards("keys plain.txt");
    assert_eq!(rows(&plain).len(), 3 + 8);
    for line in ["keys weighted.csv", "keys packed.gz", "keys lines.json --field k"] {
        assert_eq!(shards(line), plain, "{line}");
    }
    let from_stdin = piped(&folder, "keys - --csv shards --shards 8,3,8", b"a\nb\na\nc c\na\n");
    assert_eq!(from_stdin.expect(0).out, plain, "counts ascend and are asked once");
    // MD5 as md5sum prints it, and as ExplicitHashKey.
    let hex = "0cc175b9c0f1b6a831c399e269772661\n92eb5ffee6ae2fec3ad71c777531578f\n\
               0cc175b9c0f1b6a831c399e269772661\n";
    let decimal = "16955237001963240173058271559858726497\n\
                   195289424170611159128911017612795795343\n\
                   16955237001963240173058271559858726497\n";
    let of = |line: &str, text: &str| piped(&folder, line, text.as_bytes()).expect(0).out.clone();
    let keys = of("keys - --csv shards --shards 8", "a\nb\na\n");
    for form in ["", "=hex", "=first"] {
        assert_eq!(of(&format!("keys - --csv shards --shards 8 --hashed{form}"), hex), keys);
    }
    for form in ["", "=decimal"] {
        assert_eq!(of(&format!("keys - --csv shards --shards 8 --hashed{form}"), decimal), keys);
    }
}

/// Salting is the same as writing the parts' names, each with its part of the weight.
#[test]
fn salted_keys_are_the_names_that_are_told() {
    let folder = Folder::new("salt");
    folder.write("keys.csv", "big,60\nsmall,30\ntiny,10\n");
    folder.write("split.csv", "big#0,20\nbig#1,20\nbig#2,20\nsmall,30\ntiny,10\n");
    let column = |line: &str, name: &str| -> Vec<String> {
        rows(&folder.run(line).expect(0).out).iter().map(|row| row[name].clone()).collect()
    };
    let salted = "keys keys.csv --csv counts --shards 4,5,6,7,8,9 --salt 3 --top 1";
    let split = "keys split.csv --csv counts --shards 4,5,6,7,8,9";
    assert_eq!(column(salted, "salted_busiest_share"), column(split, "busiest_share"));
    assert_eq!(column(salted, "salted_unused_shards"), column(split, "unused_shards"));
    let screen = folder.run("keys keys.csv --shards 8 --salt 3 --top 1").expect(0).out.clone();
    let words: Vec<&str> = screen.split_whitespace().collect();
    assert!(words.join(" ").contains("big becomes big#0 to big#2"), "{screen}");
}

#[test]
fn a_key_too_large_for_any_shard_is_told_with_the_parts_it_needs() {
    let folder = Folder::new("too-large");
    folder.write("keys.csv", "big,50\nmid,30\nlow,20\n");
    // 2,250/s, 1,350/s and 900/s of 1,027 B: records bind (KDS-F13: 3, 2 and 1 parts).
    let line = "keys keys.csv --shards 16 --rate 4.5k/s --record-size 1KiB";
    let json = folder.run(&format!("{line} --json")).expect(0).json();
    let keys = json["largest_keys"].as_array().unwrap();
    let needed: Vec<_> = keys.iter().map(|key| key["parts_needed"].as_u64().unwrap()).collect();
    assert_eq!(needed, [3, 2, 1]);
    assert_eq!(keys[0]["flow"]["records_per_s"], 2_250.0);
    assert_eq!(keys[0]["flow"]["bytes_per_s"], 2_250.0 * 1_027.0);
    let screen = folder.run(line).expect(0).out.clone();
    let text = screen.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("no number of shards helps. At least 3 keys"), "{screen}");
    // The mean of a limit is not over it: 1,000/s, and 1 MiB/s in records of 1,024 B with the key.
    let line = "keys - --shards 1 --rate 1k/s --csv counts";
    let at_limit = piped(&folder, line, b"a\nb\nc\nd\ne\nf\ng\n");
    assert_eq!(rows(&at_limit.expect(0).out)[0]["over_shards"], "0");
    let line = "keys - --shards 1 --rate 1024/s --record-size 1023B --csv shards";
    let over = piped(&folder, line, b"a\n");
    assert_eq!(rows(&over.expect(0).out)[0]["load_share"], "1.024");
}

#[test]
fn json_says_what_the_screen_says() {
    let folder = Folder::new("keys-json");
    folder.write("regions.csv", "us-east,50\neu-west,30\nap-south,15\nsa-east,5\n");
    let json = folder.run("keys regions.csv --shards 8 --json").expect(0).json();
    assert_eq!(json["schema_version"], 1);
    assert_eq!(json["busiest"]["ShardId"], "shardId-000000000005");
    assert_eq!(json["busiest"]["share"], 0.65);
    assert_eq!(json["placements"][0]["unused_shards"], 5);
    assert_eq!(json["placements"][0]["findings"][0]["code"], "K105");
    assert_eq!(json["findings"].as_array().unwrap().last().unwrap()["code"], "K106");
    for (line, code, kind) in [
        ("keys --json", 2, "command_line"),
        ("keys missing.csv --json", 3, "file"),
        ("keys calm.toml --json --hashed", 2, "input"),
    ] {
        let error = folder.run(line).expect(code).json()["error"].clone();
        assert_eq!(error["kind"], kind, "{line}");
    }
    let error = folder.run("keys calm.toml --json --hashed").json()["error"].clone();
    assert_eq!(error["problems"][0]["line"], 1);
}

#[test]
fn every_faulty_line_is_told_at_once() {
    let folder = Folder::new("faulty");
    folder.write("keys.csv", "key,weight\na,1\nb,many\n,1\nc,-2\n");
    let ran = folder.run("keys keys.csv");
    assert_eq!(
        ran.expect(2).err,
        "error: keys.csv:3: the weight `many` is not a number\n\
         error: keys.csv:4: the partition key is empty\n  \
           = help: a partition key has 1 to 256 characters\n\
         error: keys.csv:5: the weight `-2` is negative\n\
         3 errors in keys.csv; nothing was placed\n"
    );
    folder.write("keys.csv", "key,weight\n".to_owned() + &"a,x\n".repeat(99));
    let ran = folder.run("keys keys.csv");
    assert!(
        ran.expect(2)
            .err
            .ends_with("99 errors in keys.csv; the first 20 are shown; nothing was placed\n")
    );
    folder.write("empty.csv", "");
    assert!(folder.run("keys empty.csv").expect(2).err.contains("the file is empty"));
    folder.write("long.csv", "k".repeat(255));
    let ran = folder.run("keys long.csv --salt 2");
    assert!(ran.expect(2).err.contains("a key of 257 characters"), "{ran:#?}");
}

#[test]
fn a_wrong_command_line_is_2() {
    let folder = Folder::new("keys-usage");
    folder.write("keys.csv", "a\n");
    let many = format!("keys keys.csv --shards {}", vec!["5"; 101].join(","));
    for line in [
        "keys",
        "keys keys.csv --shards 0",
        "keys keys.csv --shards 20001",
        "keys keys.csv --shards 8,x",
        "keys keys.csv --shards ,",
        "keys keys.csv --rate 5",
        "keys keys.csv --rate 0/s",
        "keys keys.csv --record-size 1KiB",
        "keys keys.csv --rate 5/s --record-size 11MiB",
        "keys keys.csv --top 0",
        "keys keys.csv --salt 1",
        "keys keys.csv --salt 2 --hashed",
        "keys keys.csv --field a --hashed",
        "keys keys.csv --hashed=octal",
        "keys keys.csv --csv nothing",
        "keys keys.csv --csv shards --salt 2",
        "keys keys.csv --csv keys --top 3",
        "keys keys.csv keys.csv",
        &many,
    ] {
        let ran = folder.run(line);
        ran.expect(2);
        assert!(ran.out.is_empty() && ran.err.starts_with("error: "), "{line}: {ran:#?}");
    }
    folder.run("keys .").expect(3);
}

#[test]
fn screens_are_narrow_and_plain_and_a_reader_may_go_away() {
    let folder = Folder::new("keys-screen");
    let long = "long-".repeat(51);
    let long = &long[..240];
    let lines: Vec<_> = (0..5_000).map(|i| format!("\"{long}{i}\n\",{}\n", i * i)).collect();
    folder.write("keys.csv", lines.concat());
    for line in [
        "keys keys.csv",
        "keys keys.csv --shards 20000,3,7 --rate 900k/s --record-size 900B --salt 7 --top 30",
        "keys keys.csv --shards 1 --rate 1/d",
    ] {
        let ran = folder.run(line);
        let wide = ran.expect(0).out.lines().find(|line| line.chars().count() > 88);
        assert_eq!(wide, None, "{line}");
        assert!(!ran.out.contains('\u{1b}') && ran.err.is_empty());
        let ascii = folder.command(line).env("LC_ALL", "C").output().unwrap();
        assert!(Ran::from(&ascii).out.is_ascii());
    }
    let mut command = folder.command("keys keys.csv --csv keys --shards 1,2,3,4,5,6,7,8,9");
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr.len()), (Some(0), 0), "{output:?}");
}

/// Each command of NEXT is given to a shell as it stands.
#[cfg(unix)]
#[test]
fn every_suggestion_runs() {
    let folder = Folder::new("keys-next");
    folder.write("it's keys.csv", "us-east,50\neu-west,30\nap-south,15\nsa-east,5\n");
    folder.write("hashes", "5,1\n7,3\n");
    let mut tried = 0;
    for options in
        ["'it'\\''s keys.csv' --rate 4.5k/s --record-size 1KiB --top 3", "hashes --hashed"]
    {
        let shell = |command: &str| {
            let mut shell = std::process::Command::new("sh");
            shell.args(["-c", &format!("\"$0\" {command}")]).arg(env!("CARGO_BIN_EXE_kinesim"));
            Ran::from(&shell.current_dir(&folder.0).output().unwrap())
        };
        let ran = shell(&format!("keys {options}"));
        let next = ran.expect(0).out.split("\nNEXT ").nth(1).unwrap().replace("\\\n", " ");
        for command in next.lines().filter_map(|line| line.trim().strip_prefix("kinesim ")) {
            shell(command).expect(0);
            tried += 1;
        }
    }
    assert_eq!(tried, 3);
}
