//! Each option changes what it says it changes.

use std::fs;

use crate::folder::{CALM, Folder, OVERLOADED, Ran};

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
    let ran = folder.run("run slow.toml --max-memory 4MiB --set scenario.resolution=exact");
    assert!(ran.expect(4).out.contains("STOPPED"), "{}", ran.out);
    assert!(ran.err.contains("partial"), "{}", ran.err);
    assert_eq!(folder.manifest("slow")["partial"], true);
    let line = "run slow.toml --max-memory 4MiB --set scenario.resolution=exact --json";
    let json = folder.run(&format!("{line} --charts none")).expect(4).json();
    assert_eq!(json["ended"]["how"], "memory_limit");
}

#[test]
fn the_event_limit_is_4_at_the_same_step_each_time() {
    let folder = Folder::new("events");
    let ran = folder.run("run overloaded.toml --max-events 20k -o a --json");
    let json = ran.expect(4).json();
    assert_eq!(json["ended"]["how"], "event_limit");
    assert_eq!(json["ended"]["limit_events"], 20_000);
    assert_eq!(json["ended"]["partial"], true);
    assert!(ran.err.contains("partial"), "{}", ran.err);
    let screen = folder.run("run overloaded.toml --max-events 20_000 -o b --progress plain");
    let said = "it reached the 20,000 events allowed.";
    let text = screen.expect(4).out.replace('\n', " ");
    assert!(text.split_whitespace().collect::<Vec<_>>().join(" ").contains(said), "{text}");
    assert!(folder.files("a") == folder.files("b"), "two runs differ");
    // What is suggested next would end the same way.
    assert!(screen.out.contains("--max-events 20000 "), "{}", screen.out);
    // A limit that is not reached changes nothing.
    folder.run("run overloaded.toml -o c").expect(1);
    folder.run("run overloaded.toml -o d --max-events 1000M").expect(1);
    let tables = |at: &str| {
        let files = folder.files(at).into_iter();
        files.filter(|(name, _)| name.contains(".csv")).collect::<Vec<_>>()
    };
    assert!(tables("c") == tables("d"));
}

#[test]
fn the_resolution_is_set_like_any_field_and_the_screen_names_quanta_only() {
    let folder = Folder::new("resolution");
    let screen = |line: &str| {
        folder.run(&format!("run calm.toml --charts none {line}")).expect(0).out.clone()
    };
    let auto = screen("");
    assert!(!auto.contains("quanta"), "{auto}");
    // What comes next repeats the option.
    let figures = |screen: &str| screen.split("NEXT").next().map(str::to_owned);
    assert_eq!(figures(&screen("--set scenario.resolution=auto")), figures(&auto));
    let resolved =
        || fs::read_to_string(folder.0.join("output/calm/scenario.resolved.toml")).unwrap();
    assert!(resolved().contains("\nresolution = \"auto\" "), "{}", resolved());
    let exact = screen("--set scenario.resolution=exact");
    assert_eq!(figures(&exact), figures(&auto));
    for span in ["100ms", "0.1s", "\"100ms\""] {
        let quanta = screen(&format!("--set scenario.resolution={span}"));
        assert!(quanta.contains("\n              in quanta of 100 ms\n"), "{quanta}");
        assert!(resolved().contains("resolution = \"100 ms\""), "{}", resolved());
    }
    for wrong in ["7s", "0.5ms", "20", "fine", "-5ms", "true"] {
        let ran = folder.run(&format!("run calm.toml --set scenario.resolution={wrong}"));
        assert!(ran.expect(2).err.contains("scenario.resolution"), "{}", ran.err);
    }
}

#[test]
fn a_long_run_is_announced_unless_asked_to_be_quiet() {
    let folder = Folder::new("announced");
    // So much is never played: memory is full of what is to be sent again after the first step.
    let client =
        "api = \"PutRecords\"\nresend = { backoff = \"1 min\", max_backoff = \"1 min\" }\n";
    folder.write("long.toml", CALM.replace("5 s", "1 d").replace("100/s", "10M/s") + client);
    let line = "run long.toml --charts none --max-memory 1MiB --set scenario.resolution=exact";
    let said =
        "about 864 billion records in 1 d: some 20 h; resolution = \"20 ms\" would take some";
    let ran = folder.run(line);
    assert!(ran.err.starts_with(said), "{}", ran.err);
    assert!(!ran.out.contains("would take"), "{}", ran.out);
    for quiet in ["-q", "--progress never"] {
        let ran = folder.run(&format!("{line} {quiet}"));
        assert!(!ran.err.contains("would take"), "{}", ran.err);
    }
    assert!(!folder.run("run calm.toml").err.contains("some"), "a short run is not");
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
