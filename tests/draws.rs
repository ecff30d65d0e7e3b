//! Uncertain inputs within `sweep` and `size`, where chance and regret follow by counting.
//!
//! The rate lies anywhere from 1k/s to 4k/s, and n shards hold where they are at most 80 % full:
//! up to 800 records/s a shard. Of 30 draws in 30 equal parts of the range, 2 shards hold in the 6
//! up to 1,600/s, 3 in the 14 up to 2,400/s, 4 in the 22 up to 3,200/s and 5 in all. A shard more
//! is $10.95 a month ($0.015 an hour, 730 hours).

#![expect(clippy::unwrap_used, reason = "a test reports what is missing by failing")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

const SCENARIO: &str = r#"[scenario]
duration = "4 s"
resolution = "100 ms"
[stream]
shard_count = 2
[[producer]]
name = "web"
# what nobody knows
rate = { constant = { uncertain = ["1k/s", "4k/s"] }, arrivals = "even" }
record_size = "100 B"
[slo]
write.utilization = "<= 80 %"
"#;
const SHARD: f64 = 10.95;

struct Desk(PathBuf);

impl Desk {
    fn new(test: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("draws-{test}"));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        fs::write(path.join("a.toml"), SCENARIO).unwrap();
        Self(path)
    }

    fn run(&self, line: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kinesim"));
        command.args(line).current_dir(&self.0).output().unwrap()
    }

    /// A line whose words have no spaces in them.
    fn done(&self, line: &str) -> String {
        let output = self.run(&line.split(' ').collect::<Vec<_>>());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(0), "{line}: {said}");
        String::from_utf8(output.stdout).unwrap()
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.0.join(path)).unwrap()
    }

    fn json(&self, path: &str) -> Value {
        serde_json::from_str(&self.read(path)).unwrap()
    }

    /// The files of a folder, without those below it.
    fn bytes(&self, folder: &str) -> BTreeMap<String, Vec<u8>> {
        let entries = fs::read_dir(self.0.join(folder)).unwrap().map(Result::unwrap);
        let files = entries.filter(|it| it.path().is_file());
        let name = |path: &Path| path.file_name().unwrap().display().to_string();
        files.map(|it| (name(&it.path()), fs::read(it.path()).unwrap())).collect()
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn assert_near(value: &Value, wanted: f64) {
    let value = value.as_f64().unwrap();
    assert!((value - wanted).abs() < 1e-6, "{value}, not {wanted}");
}

#[test]
fn chance_and_regret_of_each_point_follow_by_counting() {
    let desk = Desk::new("sweep");
    let screen = desk
        .done("sweep a.toml --vary stream.shard_count=1..6 --draws 30 --charts none --sort point");
    assert!(screen.contains("30 draws of 1 uncertain input"), "{screen}");
    let sweep = desk.json("output/a-sweep/sweep.json");
    let point = |shards: usize| &sweep["points"][shards - 1]["drawn"];
    for (shards, holds) in [(1, 0), (2, 6), (3, 14), (4, 22), (5, 30), (6, 30)] {
        assert_near(&point(shards)["chance"], f64::from(holds) / 30.0);
        assert_eq!(point(shards)["regret_misses"], 30 - holds, "{shards}");
        assert_eq!(point(shards)["hopeless"], 0);
    }
    assert!(point(1)["regret_usd"].is_null());
    // Wilson's interval of 22 in 30.
    let ends = point(4)["chance_interval"].as_array().unwrap();
    assert!((ends[0].as_f64().unwrap() - 0.5555).abs() < 1e-3, "{ends:?}");
    // In which 2 hold, 3 are one too many; 4 are two too many, and one where 3 hold.
    assert_near(&point(3)["regret_usd"], 6.0 * SHARD / 14.0);
    assert_near(&point(4)["regret_usd"], (2.0 * 6.0 + 8.0) * SHARD / 22.0);
    assert_near(&point(4)["regret_most_usd"], 2.0 * SHARD);
    assert_near(&point(5)["regret_usd"], (3.0 * 6.0 + 2.0 * 8.0 + 8.0) * SHARD / 30.0);
    assert_near(&point(6)["regret_usd"], (42.0 + 30.0) * SHARD / 30.0);
    // The surest first; of those the cheapest.
    let screen = desk.done("sweep a.toml --vary stream.shard_count=1..6 --draws 30 --charts none");
    let counts: Vec<&str> = screen.lines().filter(|it| it.contains(" to ")).collect();
    let counts: Vec<&str> = counts.iter().filter_map(|it| it.split_whitespace().next()).collect();
    assert_eq!(counts, ["5", "6", "4", "3", "2", "1"], "{screen}");
    // Every point has the same draws, and each is one of the thirty parts.
    let draws = desk.read("output/a-sweep/draws.csv");
    let values = draws.lines().skip(1).map(|line| line.split(',').nth(2).unwrap());
    let part = |value: &str| (value.trim_end_matches("k/s").parse::<f64>().unwrap() - 1.0) * 10.0;
    let mut parts: Vec<usize> = values.map(|value| part(value) as usize).collect();
    parts.sort_unstable();
    assert!(parts.into_iter().eq(0..30), "{draws}");
    let manifest = desk.json("output/a-sweep/manifest.json");
    assert_eq!((&manifest["draws"], &manifest["replicates"]), (&30.into(), &30.into()));
}

#[test]
fn slices_and_threads_draw_the_same() {
    let desk = Desk::new("slices");
    let what = "--vary stream.shard_count=2,5 --draws 7";
    desk.done(&format!("sweep a.toml {what} --charts none -j 1"));
    let alone = desk.bytes("output/a-sweep");
    assert!(alone.contains_key("draws.csv"));
    for of in [1, 4] {
        desk.done(&format!("sweep plan a.toml {what} -o plan-{of}"));
        for slice in (1..=of).rev() {
            desk.done(&format!("sweep run plan-{of} --slice {slice}/{of} -j 2"));
        }
        desk.done(&format!("sweep merge plan-{of} --charts none -o merged-{of}"));
        assert_eq!(desk.bytes(&format!("merged-{of}/a-sweep")), alone, "{of} slices");
    }
    // What was played with other draws is no part of these.
    let journal = "output/.a-sweep.kinesim-part";
    fs::copy(desk.0.join("plan-1/runs/slice-00001-of-00001.journal"), desk.0.join(journal))
        .unwrap();
    let other = desk.run(
        &"sweep a.toml --vary stream.shard_count=2,5 --draws 8".split(' ').collect::<Vec<_>>(),
    );
    assert_eq!(other.status.code(), Some(3), "{}", String::from_utf8_lossy(&other.stderr));
    // Half of the journal, as a kill leaves it: the rest is played.
    let text = desk.read(journal);
    fs::write(desk.0.join(journal), &text[..text.len() / 2]).unwrap();
    desk.done(&format!("sweep a.toml {what} --charts none"));
    assert_eq!(desk.bytes("output/a-sweep"), alone);
}

#[test]
fn draws_that_make_no_scenario_are_left_out_and_counted() {
    let desk = Desk::new("left-out");
    let warm_up = "scenario.warm_up={uncertain=[\"1 s\",\"6 s\"]}";
    let line = ["--set", warm_up, "--draws", "10", "--charts", "none"];
    let vary = ["sweep", "a.toml", "--vary", "stream.shard_count=2,5"];
    let output = desk.run(&[&vary[..], &line].concat());
    let screen = String::from_utf8(output.stdout).unwrap();
    assert!(screen.contains("4 draws left out"), "{screen}");
    let sweep = desk.json("output/a-sweep/sweep.json");
    assert_eq!(sweep["points"][0]["drawn"]["left_out"], 4);
    assert_eq!(
        (&sweep["points"][0]["replicates"], &sweep["points"][0]["state"]),
        (&6.into(), &"whole".into())
    );
    assert_eq!(sweep["draws"]["count"], 10);
    let output = desk.run(&[&["size", "a.toml"], &line[..]].concat());
    let screen = String::from_utf8(output.stdout).unwrap();
    assert!(screen.contains("4 draws left out") && screen.contains("6 of 6 draws"), "{screen}");
}

#[test]
fn sizing_finds_what_holds_in_enough_draws_and_what_that_costs() {
    let desk = Desk::new("size");
    let line = |probability| {
        let of = ["size", "a.toml", "--draws", "30", "--no-changes", "--probability", probability];
        [&of[..], &["--charts", "none", "--no-fail"]].concat()
    };
    // 22 of 30 are enough for 70 %.
    let screen = String::from_utf8(desk.run(&line("70 %")).stdout).unwrap();
    assert!(screen.contains("all met in 22 of 30 draws"), "{screen}");
    assert!(screen.contains("misses 8 draws"), "{screen}");
    let size = desk.json("output/a-size/size.json");
    let best = &size["recommended"];
    assert_eq!((&best["shards"], &best["met"]), (&4.into(), &22.into()));
    // Who knew the draw would have taken 2, 3, 4 or 5, whether or not those were played in full.
    assert_near(&best["drawn"]["regret_usd"], (2.0 * 6.0 + 8.0) * SHARD / 22.0);
    assert_near(&best["drawn"]["regret_most_usd"], 2.0 * SHARD);
    assert_eq!(
        (&best["drawn"]["regret_misses"], &best["drawn"]["hopeless"]),
        (&8.into(), &0.into())
    );
    let rule = |fact: &str| {
        let all = size["formulas"].as_array().unwrap();
        all.iter().find(|it| it["fact"] == fact).unwrap()["result"].clone()
    };
    // Half a shard each: five for the middle, 2,500 records a second.
    assert_eq!(rule("KDS-F11")["shards"], 5);
    assert_near(&rule("KDS-F11")["drawn"]["regret_usd"], 42.0 * SHARD / 30.0);
    // Any number of threads plays the same.
    let files = desk.bytes("output/a-size");
    desk.run(&[&line("70 %")[..], &["-j", "1", "-o", "one"]].concat());
    assert_eq!(desk.bytes("one/a-size"), files);
    // The file keeps what is uncertain, and its own study says the same of it.
    let written = desk.read("output/a-size/a.toml");
    let wanted = SCENARIO.replace("shard_count = 2", "shard_count = 4");
    assert_eq!(written, wanted);
    let uncertain = ["uncertain", "output/a-size/a.toml", "--draws", "30", "--repeat", "30"];
    let told = desk.run(&[&uncertain[..], &["--charts", "none", "--no-fail"]].concat());
    let told = String::from_utf8(told.stdout).unwrap();
    assert!(told.contains("22 of 30"), "{told}");
    // All of them take five.
    desk.run(&line("100 %"));
    assert_eq!(desk.json("output/a-size/size.json")["recommended"]["shards"], 5);
}

#[test]
fn sizing_looks_beyond_what_the_middle_would_need() {
    let desk = Desk::new("beyond");
    // Half full: up to 8 shards. For the middle, 1.24k/s, rules ask for 3 at most, and the range
    // would end at 4.
    let line = ["size", "a.toml", "--draws", "8", "--no-changes", "--charts", "none"];
    let rate = "producer.web.rate.constant={uncertain={dist=\"triangular\",low=\"100/s\",\
        mode=\"100/s\",high=\"4k/s\"}}";
    let slo = ["--set", "slo.write.utilization=\"<= 50 %\"", "--probability", "100 %"];
    desk.run(&[&line[..], &["--set", rate], &slo].concat());
    let size = desk.json("output/a-size/size.json");
    let draws = desk.read("output/a-size/draws.csv");
    let rates = draws.lines().skip(1).map(|line| line.split(',').nth(2).unwrap());
    let rate = |text: &str| match text.strip_suffix("k/s") {
        Some(thousands) => thousands.parse::<f64>().unwrap() * 1_000.0,
        None => text.trim_end_matches("/s").parse::<f64>().unwrap(),
    };
    let largest = rates.map(rate).fold(0.0, f64::max);
    assert_eq!(size["recommended"]["shards"], (largest / 500.0).ceil() as u64, "{draws}");
}

#[test]
fn wrong_command_lines_say_what_to_write() {
    let desk = Desk::new("wrong");
    fs::write(
        desk.0.join("known.toml"),
        SCENARIO.replace("{ uncertain = [\"1k/s\", \"4k/s\"] }", "\"1k/s\""),
    )
    .unwrap();
    let ranges = "producer.web.rate={uncertain=[\"1k/s\",\"2k/s\"]}";
    for (line, said) in [
        (
            vec!["sweep", "known.toml", "--vary", "stream.shard_count=1,2", "--draws", "4"],
            "nothing to draw",
        ),
        (vec!["size", "known.toml", "--draws", "4"], "uncertain = ["),
        (vec!["size", "a.toml", "--draws", "0"], "0 is not in"),
        (vec!["size", "a.toml", "--repeat", "4"], "write `--draws N`"),
        (
            vec!["sweep", "a.toml", "--vary", "stream.shard_count=1,2", "--within", "5 %"],
            "write `--draws N`",
        ),
        (
            vec!["sweep", "a.toml", "--vary", "producer.web.rate=1k/s,2k/s", "--draws", "4"],
            "but for what is varied",
        ),
        (vec!["sweep", "known.toml", "--vary", ranges], "a value of it is uncertain"),
        (
            vec!["sweep", "known.toml", "--vary", "stream.shard_count=1,2", "--sort", "chance"],
            "no column `chance`",
        ),
        (vec!["size", "--rate", "5k/s..3k/s"], "do not rise"),
        (vec!["size", "--rate", "3k/s..x"], "--rate"),
        (vec!["size", "--scorecard", "--draws", "4"], "cannot be used with"),
    ] {
        let output = desk.run(&line);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{line:?}: {told}");
        assert!(told.contains(said), "{line:?}: {told}");
    }
    assert!(!desk.0.join("output").exists());
}

#[test]
fn a_table_may_say_how_many_draws_there_are() {
    let desk = Desk::new("table");
    let table = "[sweep]\nrepeat = 5\n[sweep.vary]\nstream.shard_count = [2, 5]\n";
    fs::write(desk.0.join("a.toml"), format!("{SCENARIO}{table}")).unwrap();
    assert!(desk.done("sweep a.toml --list").contains("2 points, 10 runs"));
    assert!(desk.done("sweep a.toml --list --draws 7").contains("2 points, 14 runs"));
    fs::write(desk.0.join("a.toml"), format!("{SCENARIO}{}", table.replace("repeat = 5", "")))
        .unwrap();
    assert!(desk.done("sweep a.toml --list").contains("2 points, 64 runs"));
}

#[test]
fn a_range_of_rates_without_a_file_is_drawn() {
    let desk = Desk::new("options");
    let given = "--rate 1k/s..4k/s --record-size 100B --duration 2s";
    desk.done(&format!("size {given} --draws 6 --no-changes --charts none"));
    let written = desk.read("output/options-size/a.toml");
    assert!(written.contains("rate = { uncertain = [\"1k/s\", \"4k/s\"] }"), "{written}");
    assert_eq!(desk.json("output/options-size/size.json")["draws"]["count"], 6);
}

/// Six shards take all that may come: nothing refuses, whatever it is, but how full they are moves.
#[test]
fn there_is_a_tornado_of_what_moves_and_none_of_what_does_not() {
    let desk = Desk::new("tornado");
    let line = "uncertain a.toml --draws 2 --set stream.shard_count=6 --charts svg --metric";
    let picture = desk.0.join("output/a-uncertain/charts/tornado.svg");
    desk.done(&format!("{line} write.utilization"));
    assert!(picture.exists());
    let screen = desk.done(&format!("{line} write.throttled"));
    assert!(screen.contains("nothing moves") && !picture.exists(), "{screen}");
}
