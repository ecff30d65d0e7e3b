//! Scenario files that load, and those that do not, each with its message.

use std::fs;
use std::path::{Path, PathBuf};

use expect_test::expect_file;
use kinesim::model::plan::IntakePlan;
use kinesim::scenario::problem::CODES;
use kinesim::scenario::{Files, Problems, Scenario, load, load_drawn, uncertain};
use proptest::prelude::*;
use toml::de::{DeTable, DeValue};

/// Reads data files from a folder.
struct Folder(PathBuf);

impl Files for Folder {
    fn read(&self, path: &str) -> std::io::Result<Vec<u8>> {
        let file = self.0.join(path);
        // The system's own words differ from one system to the next.
        fs::read(file).map_err(|error| std::io::Error::new(error.kind(), "no such file"))
    }
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/configs").join(name)
}

/// Paths of all scenarios of a folder of `tests/configs`, in order.
fn scenarios(name: &str) -> Vec<PathBuf> {
    scenarios_of(&folder(name))
}

fn scenarios_of(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the folder is in the repository");
    let entries = entries.map(|entry| entry.expect("entries can be listed").path());
    let mut paths: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|e| e == "toml")).collect();
    paths.sort();
    assert!(!paths.is_empty());
    paths
}

fn load_with(text: &str, overrides: &[(&str, &str)]) -> Result<Scenario, Problems> {
    let overrides: Vec<(String, String)> =
        overrides.iter().map(|(path, value)| ((*path).to_owned(), (*value).to_owned())).collect();
    load("test", "test.toml", text, &overrides, &Folder(folder("data")))
}

fn load_text(text: &str) -> Result<Scenario, Problems> {
    load_with(text, &[])
}

#[track_caller]
fn valid(text: &str) -> Scenario {
    load_text(text).unwrap_or_else(|problems| panic!("{}", problems.render(false)))
}

const SMALL: &str = "[stream]\nshard_count = 2\n[[producer]]\nrate = \"1k/s\"\n\
                     record_size = \"1 KiB\"\n[[reader]]\nname = \"fraud\"\n";

#[test]
fn valid_files_load_and_their_resolved_text_means_the_same() {
    for path in scenarios("valid") {
        let scenario = valid(&fs::read_to_string(&path).unwrap());
        expect_file![path.with_extension("resolved")].assert_eq(&scenario.resolved);
        let again = valid(&scenario.resolved);
        assert_eq!(format!("{:?}", again.plan), format!("{:?}", scenario.plan), "{path:?}");
        assert_eq!(again.objectives, scenario.objectives);
        assert_eq!(again.alarms, scenario.alarms);
        assert_eq!(again.interval, scenario.interval);
        assert_eq!(again.description, scenario.description);
        // A resolved text resolves to itself, but that now every value is given.
        assert_eq!(valid(&again.resolved).hash, again.hash, "{path:?}");
        assert_eq!(again.hash.len(), 64);
    }
}

#[test]
fn shipped_scenarios_load_and_their_resolved_text_means_the_same() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    for path in scenarios_of(&root) {
        let load_shipped = |text: &str| {
            load("test", "test.toml", text, &[], &Folder(root.clone()))
                .unwrap_or_else(|problems| panic!("{path:?}\n{}", problems.render(false)))
        };
        let scenario = load_shipped(&fs::read_to_string(&path).unwrap());
        let again = load_shipped(&scenario.resolved);
        assert_eq!(format!("{:?}", again.plan), format!("{:?}", scenario.plan), "{path:?}");
    }
}

#[test]
fn assumed_constants_are_set_where_they_say() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let texts = scenarios_of(&root).into_iter().map(|path| (path, root.clone()));
    let valid = scenarios("valid").into_iter().map(|path| (path, folder("data")));
    let mut tried = 0;
    let mut elsewhere = Vec::new();
    for (path, data) in texts.chain(valid) {
        let text = fs::read_to_string(&path).unwrap();
        let files = Folder(data);
        let load_set = |set: &[(String, String)]| load("test", "test.toml", &text, set, &files);
        let scenario = load_set(&[]).expect("sound");
        for assumed in &scenario.assumed {
            assert!(scenario.assumptions.contains(&assumed.fact), "{assumed:?}");
            let set = (assumed.path.clone(), assumed.value.clone());
            match load_set(&[set]) {
                Ok(same) => {
                    let plans = (format!("{:?}", same.plan), format!("{:?}", scenario.plan));
                    assert_eq!(plans.0, plans.1, "{path:?} {assumed:?}");
                    // It is the user's value now.
                    assert!(same.assumed.iter().all(|it| it.path != assumed.path), "{assumed:?}");
                    tried += 1;
                }
                Err(_) => elsewhere.push(assumed.path.clone()),
            }
        }
    }
    elsewhere.sort();
    elsewhere.dedup();
    assert!(tried > 300, "{tried}");
    // `encryption = true` has no table to set a field in, and one of several autoscalers no name.
    assert_eq!(elsewhere, ["autoscaler.metric_delay", "stream.encryption.latency"]);
}

#[test]
fn invalid_files_are_refused_with_all_their_problems() {
    for path in scenarios("shape").into_iter().chain(scenarios("meaning")) {
        let text = fs::read_to_string(&path).unwrap();
        let name = path.file_name().unwrap().to_str().unwrap();
        let problems = load("test", name, &text, &[], &Folder(folder("data"))).expect_err(name);
        expect_file![path.with_extension("stderr")].assert_eq(&problems.render(false));
        assert_eq!(problems.only_unreadable(), name == "unreadable.toml", "{name}");
    }
}

#[test]
fn every_code_has_an_example() {
    let messages: String = ["shape", "meaning"]
        .into_iter()
        .flat_map(scenarios)
        .map(|path| fs::read_to_string(path.with_extension("stderr")).expect("it was written"))
        .chain([fs::read_to_string(folder("overrides.stderr")).expect("it was written")])
        .collect();
    for (_, id, meaning) in CODES {
        // A text that is too large for a scenario is too large for an example.
        assert!(id == "E501" || messages.contains(&format!("[{id}]")), "{id}: {meaning}");
    }
}

#[test]
fn a_scenario_has_no_more_tables_than_can_be_played() {
    let reader = |i: usize| format!("[[reader]]\nname = \"r-{i}\"\n");
    let with = |readers: usize| format!("{SMALL}{}", (1..readers).map(reader).collect::<String>());
    assert_eq!(valid(&with(1_000)).plan.readers.len(), 1_000);
    let problems = load_text(&with(1_001)).unwrap_err();
    let messages: Vec<&str> = problems.iter().map(|problem| problem.message.as_str()).collect();
    assert_eq!(messages, ["1,001 tables `[[reader]]` are too many; at most 1,000 are played"]);
}

/// All keys of a table with their places.
fn keys(table: &DeTable<'_>, found: &mut Vec<(String, usize)>) {
    for (key, value) in table {
        if !key.span().is_empty() {
            found.push((key.get_ref().to_string(), key.span().start));
        }
        keys_below(value.get_ref(), found);
    }
}

fn keys_below(value: &DeValue<'_>, found: &mut Vec<(String, usize)>) {
    match value {
        DeValue::Table(table) => keys(table, found),
        DeValue::Array(array) => {
            array.iter().for_each(|element| keys_below(element.get_ref(), found));
        }
        _ => {}
    }
}

#[test]
fn a_misspelt_key_is_one_error_that_names_the_right_key() {
    for path in scenarios("valid") {
        let text = fs::read_to_string(&path).unwrap();
        let mut found = Vec::new();
        keys(DeTable::parse(&text).unwrap().get_ref(), &mut found);
        assert!(found.len() > 4);
        for (key, start) in found {
            // The first letter twice; a quoted key keeps its quote in front.
            let start = start + usize::from(text[start..].starts_with('"'));
            let wrong = format!("{}{}{}", &text[..start], &text[start..=start], &text[start..]);
            let Err(problems) = load_text(&wrong) else {
                panic!("{path:?}: `{key}` may be misspelt")
            };
            let rendered = problems.render(false);
            assert_eq!(problems.iter().count(), 1, "{path:?} {key}:\n{rendered}");
            assert!(rendered.contains(&key), "{path:?} {key}:\n{rendered}");
            assert!(rendered.contains("did you mean") || rendered.contains("help"), "{rendered}");
        }
    }
}

#[test]
fn overrides_are_laid_over_the_file() {
    let scenario = load_with(
        SMALL,
        &[
            ("stream.shard_count", "5"),
            ("producer.producer.rate", "2k/s"),
            ("producer.producer.partition_key", "{ dist = \"uniform\", count = 10 }"),
            ("reader.fraud.get_records.limit", "100"),
            ("scenario.seed", "9"),
            ("slo.write.throttled", "<= 1 %"),
        ],
    )
    .unwrap_or_else(|problems| panic!("{}", problems.render(false)));
    assert_eq!(scenario.plan.streams[0].shard_count, 5);
    let IntakePlan::Poll(poll) = &scenario.plan.readers[0].intake else { panic!("it polls") };
    assert_eq!((poll.limit, scenario.plan.seed), (100, 9));
    assert_eq!(scenario.objectives[0].path, "write.throttled");
    let written = valid(
        "[scenario]\nseed = 9\n[stream]\nshard_count = 5\n[[producer]]\nrate = \"2k/s\"\n\
         record_size = \"1 KiB\"\npartition_key = { dist = \"uniform\", count = 10 }\n\
         [[reader]]\nname = \"fraud\"\nget_records.limit = 100\n\
         [slo]\nwrite.throttled = \"<= 1 %\"\n",
    );
    assert_eq!(scenario.hash, written.hash, "an override counts as given");
}

#[test]
fn overrides_find_a_stream_by_its_name() {
    let text = fs::read_to_string(folder("valid/streams.toml")).unwrap();
    let counts = |path: &str| {
        let scenario = load_with(&text, &[(path, "7")])
            .unwrap_or_else(|problems| panic!("{}", problems.render(false)));
        scenario.plan.streams.iter().map(|stream| stream.shard_count).collect::<Vec<_>>()
    };
    assert_eq!(counts("stream.orders.v2.shard_count"), [7, 3]);
    assert_eq!(counts("stream.stream-2.shard_count"), [2, 7]);
    let problems = load_with(&text, &[("stream.shard_count", "7")]).unwrap_err().render(false);
    assert!(problems.contains("write `orders.v2` or `stream-2` after `stream.`"), "{problems}");
    // One stream alone need not be named, however it is written.
    let one = SMALL.replace("[stream]", "[[stream]]\nname = \"orders\"");
    for path in ["stream.shard_count", "stream.orders.shard_count"] {
        let scenario = load_with(&one, &[(path, "7")]).unwrap();
        assert_eq!(scenario.plan.streams[0].shard_count, 7, "{path}");
    }
}

/// A scenario with two uncertain inputs, one of them given on the command line.
fn uncertain_pair() -> (String, Vec<(String, String)>) {
    let text = SMALL.replace("\"1 KiB\"", "{ uncertain = [\"1 KiB\", \"3 KiB\"] }");
    let over = ("stream.shard_count", "{ uncertain = [3, 6] }");
    (text, vec![(over.0.to_owned(), over.1.to_owned())])
}

#[test]
fn what_is_uncertain_is_drawn_wherever_it_was_given() {
    let (text, over) = uncertain_pair();
    let inputs = uncertain::inputs("test.toml", &text, &over).expect("sound");
    let paths: Vec<&str> = inputs.iter().map(|it| it.path.as_str()).collect();
    assert_eq!(paths, ["producer.producer.record_size", "stream.shard_count"]);
    let drawn = |shares: &[f64]| {
        let files = Folder(folder("data"));
        let scenario = load_drawn("test", "test.toml", &text, &over, &files, shares);
        let scenario = scenario.unwrap_or_else(|problems| panic!("{}", problems.render(false)));
        let taken: Vec<String> = scenario.uncertain.iter().map(|it| it.value().into()).collect();
        // What a draw is made of gives the same plan where it is written down.
        let plain = [
            ("producer.producer.record_size", taken[0].as_str()),
            ("stream.shard_count", taken[1].as_str()),
        ];
        let plain = load_with(SMALL, &plain).expect("sound");
        assert_eq!(format!("{:?}", plain.plan), format!("{:?}", scenario.plan));
        taken
    };
    assert_eq!(drawn(&[]), ["2 KiB", "5"]);
    assert_eq!(drawn(&[0.0, 1.0]), ["1 KiB", "6"]);
    assert_eq!(drawn(&[1.0]), ["3 KiB", "5"]);
    assert_eq!(drawn(&[0.25, 0.24]), ["1.5 KiB", "3"]);
}

#[test]
fn a_faulty_uncertain_override_shows_the_option() {
    let faulty = [("stream.shard_count", "{ uncertain = [3, \"many\"] }")];
    let problems = load_with(SMALL, &faulty).unwrap_err();
    assert_eq!(problems.iter().count(), 1);
    let problems = problems.render(false);
    let said = "the high end of an uncertain value does not begin with a number: `many`";
    assert!(problems.contains(said), "{problems}");
    assert!(problems.contains("--> command line:1:44"), "{problems}");
    let above = load_with(SMALL, &[("stream.shard_count", "{ uncertain = [0, 40_002] }")]);
    let above = above.unwrap_err().render(false);
    assert!(above.contains("the value taken of the uncertain one is 20001"), "{above}");
}

#[test]
fn a_hundred_inputs_may_be_uncertain() {
    let reader = |i: usize| {
        let range = "{ uncertain = [\"1 ms\", \"2 ms\"] }";
        format!("[[reader]]\nname = \"r-{i}\"\nprocessing.per_record = {range}\n")
    };
    let with = |count: usize| format!("{SMALL}{}", (0..count).map(reader).collect::<String>());
    assert_eq!(valid(&with(100)).uncertain.len(), 100);
    let problems = load_text(&with(101)).unwrap_err();
    let messages: Vec<&str> = problems.iter().map(|it| it.message.as_str()).collect();
    assert_eq!(messages, ["more than 100 values are uncertain"]);
}

proptest! {
    /// Whatever stands behind `uncertain` is a value or an error, and a draw is in its range.
    #[test]
    fn no_range_panics_and_draws_stay_inside(
        dist in 0..4_usize,
        values in proptest::collection::vec(
            prop_oneof![
                any::<i32>().prop_map(|n| n.to_string()),
                (0.0..1e18_f64).prop_map(|x| format!("{x:?}")),
                (0.0..1e9_f64, 0..6_usize).prop_map(|(x, unit)| {
                    format!("\"{x} {}\"", ["ms", "s", "KiB", "k/s", "%", "x"][unit])
                }),
            ],
            3,
        ),
        share in -0.5..1.5_f64,
    ) {
        let range = match dist {
            0 => format!("[{}, {}]", values[0], values[1]),
            1 => format!(
                "{{ dist = \"triangular\", low = {}, mode = {}, high = {} }}",
                values[0], values[1], values[2],
            ),
            2 => format!("{{ dist = \"normal\", mean = {}, sd = {} }}", values[0], values[1]),
            _ => format!("{{ dist = \"lognormal\", p10 = {}, p90 = {} }}", values[0], values[1]),
        };
        let over = [("producer.producer.rate".into(), format!("{{ uncertain = {range} }}"))];
        let files = Folder(folder("data"));
        let _ = load_drawn("test", "test.toml", SMALL, &over, &files, &[share]);
        let _ = uncertain::inputs("test.toml", SMALL, &over);
    }
}

#[test]
fn faulty_overrides_show_the_option() {
    let problems = load_with(
        SMALL,
        &[
            ("stream.shard_count", "0"),
            ("stream.shard_cuont", "4"),
            ("producer.checkout.rate", "2k/s"),
            ("producer.producer", "2k/s"),
            ("reader.fraud.threads.count", "2"),
            ("stream", "2"),
            ("producer.producer.rate", "{ constnt = \"1/s\" }"),
        ],
    )
    .unwrap_err();
    let rendered = problems.render(false);
    expect_file![folder("overrides.stderr")].assert_eq(&rendered);
    let json = problems.to_json();
    assert_eq!(json[0]["code"], "E201");
    assert_eq!(json[0]["option"], "--set stream.shard_count=0");
}

#[test]
fn problems_as_data_carry_line_and_column() {
    let problems =
        load_text("[stream]\nshard_count = 2\n[[producer]]\n  rate = 8000\n").unwrap_err();
    let json = problems.to_json();
    assert_eq!(json[0]["code"], "E110");
    assert_eq!(json[0]["path"], "producer[0].rate");
    assert_eq!((&json[0]["line"], &json[0]["column"]), (&4.into(), &10.into()));
    assert_eq!(json[0]["message"], "`rate` needs a unit");
    assert_eq!(json[0]["help"], "write \"8k/s\" or \"8k/min\"");
}

#[test]
fn monstrous_texts_are_answered() {
    let deep = format!("a = {}", "[".repeat(500_000));
    let dotted = format!("{} = 1", vec!["a"; 400_000].join("."));
    let fields: Vec<String> = (0..40_000).map(|i| format!("field{i} = {i}\n")).collect();
    let tables: Vec<String> = (0..40_000).map(|i| format!("[table{i}]\n")).collect();
    let producers = "[[producer]]\nrate = 5\nrecord_size = 5\n".repeat(20_000);
    let syntax = "= = =\n".repeat(100_000);
    let large = "#".repeat(10 << 20);
    let long = format!("[stream]\nshard_count = 0 # {}\n", "x".repeat(1_000_000));
    for (text, most) in [
        (deep, 100),
        (dotted, 100),
        (format!("[stream]\n{}", fields.concat()), 100),
        (tables.concat(), 100),
        (producers, 100),
        (syntax, 100),
        (large, 1),
        (long, 3),
    ] {
        let problems = load_text(&text).unwrap_err();
        let rendered = problems.render(false);
        assert!(problems.iter().count() <= most, "{rendered}");
        assert!(rendered.len() < 60_000, "{}", rendered.len());
        assert!(rendered.ends_with("in test.toml; nothing was simulated\n"));
    }
}

#[test]
fn a_coloured_frame_says_the_same() {
    let problems = load_text("[stream]\nshard_count = 0\n").unwrap_err();
    let coloured = problems.render(true);
    assert!(coloured.contains('\u{1b}'));
    assert!(!problems.render(false).contains('\u{1b}'));
}

/// Lines that look like a scenario's, so that texts get past the parser.
fn line() -> impl Strategy<Value = String> {
    let field = prop::sample::select(vec![
        "[stream]",
        "[[producer]]",
        "[[reader]]",
        "[slo]",
        "[model.write]",
        "[scenario]",
        "[account]",
        "[prices]",
        "[producer.rate]",
        "[producer.partition_key]",
        "shard_count =",
        "rate =",
        "record_size =",
        "partition_key =",
        "dist =",
        "points =",
        "duration =",
        "name =",
        "format =",
        "explicit_hash_key =",
        "write.throttled =",
        "values =",
        "weights =",
        "count =",
        "trace =",
        "retry =",
        "enforcer =",
        "warm_up =",
        "interval =",
        "region =",
        "discount =",
        "shard_hour =",
        "cost.month =",
    ]);
    let value = prop::sample::select(vec![
        "",
        "0",
        "-1",
        "1e308",
        "nan",
        "\"\"",
        "\"5 s\"",
        "\"1k/s\"",
        "\"1 KiB\"",
        "\"<= 5 s\"",
        "\"$0.015\"",
        "\"<= $5\"",
        "[]",
        "[1, 2]",
        "[[\"0 s\", \"1/s\"]]",
        "{}",
        "{ file = \"keys.csv\" }",
        "true",
        "\"zipf\"",
        "99999999999999999999",
        "{ dist = \"zipf\", count = 3, exponent = 1 }",
        "\"\u{1f}E100\u{1f}\"",
        "\"ü\u{301}\"",
        "\"a`b, expected `c\"",
        "0x10",
        "1979-05-27",
    ]);
    (field, value).prop_map(|(field, value)| format!("{field} {value}\n"))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_text_never_panics(text in "\\PC{0,80}") {
        let _ = load_text(&text).map_err(|problems| problems.render(false));
    }

    #[test]
    fn arbitrary_lines_never_panic(lines in prop::collection::vec(line(), 0..20)) {
        let result = load_text(&lines.concat());
        let _ = result.map_err(|problems| (problems.render(false), problems.to_json()));
    }

    #[test]
    fn arbitrary_overrides_never_panic(path in "[a-z.\\[\\]0-9 ]{0,20}", value in "\\PC{0,20}") {
        let _ = load_with(SMALL, &[(&path, &value)]).map_err(|problems| problems.render(false));
    }
}
