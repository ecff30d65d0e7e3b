//! Everything a user can meet is known to the manual, and it speaks of nothing else.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::*;
use crate::experiment::outcome::LossCause;
use crate::experiment::sample;
use crate::experiment::{finding, objective};
use crate::model::facts::FACTS;
use crate::model::retry::RetryProfile;
use crate::report::study;
use crate::report::summary::{Style, Summary};
use crate::report::table::losses::cause;
use crate::report::table::{Column, TABLES};
use crate::scenario::metric::REGISTRY;
use crate::scenario::problem::CODES;
use crate::scenario::{Files, field, load};

fn found(topic: &str) -> Vec<Entry> {
    find(topic).unwrap_or_else(|near| panic!("{topic}: unknown, near {near:?}")).entries
}

/// What is found under exactly this name.
fn only(topic: &str, kind: Kind) -> Entry {
    let of_kind: Vec<Entry> = found(topic).into_iter().filter(|e| e.kind == kind).collect();
    assert_eq!(of_kind.len(), 1, "{topic}: {of_kind:#?}");
    of_kind.into_iter().next().expect("there is one")
}

#[test]
fn every_field_is_known_by_path_by_name_and_with_a_producers_name() {
    for path in field::paths() {
        let entry = only(&path, Kind::Field);
        assert_eq!(entry.name, path);
        assert!(!entry.meaning.is_empty(), "{path}");
        let last = path.rsplit('.').next().expect("a path has a last step");
        // `errors` alone lists what may be wrong with a scenario.
        let last = if last == "errors" { "Errors" } else { last };
        assert!(found(last).iter().any(|entry| entry.name == path), "{path} by {last}");
        let (table, below) = path.split_once('.').expect("a table and a field");
        if matches!(table, "producer" | "reader") {
            assert_eq!(only(&format!("{table}.web.{below}"), Kind::Field).name, path);
            assert_eq!(only(&format!("{table}[0].{below}"), Kind::Field).name, path);
        }
    }
}

#[test]
fn no_row_describes_a_field_that_does_not_exist() {
    let paths = field::paths();
    for entry in all().iter().filter(|entry| entry.kind == Kind::Field) {
        assert!(paths.contains(&entry.name), "{}", entry.name);
    }
}

#[test]
fn tables_know_what_they_are_made_of() {
    for table in ["scenario", "account", "stream", "producer", "reader", "slo", "model"] {
        let entry = only(table, Kind::Table);
        assert!(!entry.meaning.is_empty() && !entry.members.is_empty(), "{entry:#?}");
    }
    assert_eq!(only("[[producer]]", Kind::Table).name, "[[producer]]");
    let members = only("get_records", Kind::Field).members;
    assert_eq!(
        members.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(),
        ["every", "jitter", "limit", "order"]
    );
    let formats = only("partition_key.file", Kind::Field).text;
    assert!(formats[0].contains("key,weight"), "{formats:?}");
}

#[test]
fn every_metric_is_known_by_pattern_by_path_and_by_what_it_measures() {
    for family in &REGISTRY {
        let path = family.pattern.replace("NAME", "fraud").replace("STAT", "max");
        assert_eq!(only(family.pattern, Kind::Metric).name, family.pattern);
        assert_eq!(only(&path, Kind::Metric).name, family.pattern);
        let mut words = family.pattern.split('.').filter(|step| !matches!(*step, "NAME" | "STAT"));
        let last = words.next_back().expect("a pattern has words");
        let last = if last == "errors" { "Errors" } else { last };
        assert!(found(last).iter().any(|entry| entry.name == family.pattern), "{last}");
    }
}

#[test]
fn every_column_is_known_alone_and_with_its_file() {
    let of_run = TABLES.iter().map(|it| (it.name, it.columns));
    let of_studies = study::TABLES.iter().map(|it| (it.name, it.columns));
    let all: Vec<(&str, &[Column])> = of_run.chain(of_studies).collect();
    for (table, columns) in &all {
        let files = found(&format!("{table}.csv"));
        let mut lengths = files.iter().map(|entry| entry.members.len());
        assert!(lengths.any(|length| length == columns.len()), "{table}: {files:#?}");
        for column in *columns {
            let name = format!("{table}.{}", column.name);
            assert!(found(column.name).iter().any(|entry| entry.name == name), "{name}");
            assert!(found(&name).iter().any(|entry| entry.meaning == column.meaning), "{name}");
        }
    }
    let known = |kind: Kind| super::all().iter().filter(|entry| entry.kind == kind).count();
    assert_eq!(known(Kind::File), all.len());
    assert_eq!(known(Kind::Column), all.iter().map(|(_, columns)| columns.len()).sum::<usize>());
}

#[test]
fn tables_of_one_name_are_told_each_with_its_command() {
    for topic in ["replicates.csv", "replicates.metric"] {
        let entries = found(topic);
        let commands: Vec<&str> = entries
            .iter()
            .flat_map(|entry| &entry.details)
            .filter(|(label, _)| label == "command")
            .map(|(_, command)| command.as_str())
            .collect();
        assert_eq!(commands, ["`kinesim run --repeat`", "`kinesim sweep`"], "{topic}");
    }
    assert!(only("sweep.csv", Kind::File).meaning.contains("METRIC_half_width_UNIT"));
    assert!(only("tornado.swing", Kind::Column).meaning.contains("least to its largest"));
}

/// A scenario's folder without files.
struct NoFiles;

impl Files for NoFiles {
    fn read(&self, _path: &str) -> std::io::Result<Vec<u8>> {
        Err(std::io::ErrorKind::NotFound.into())
    }
}

/// What may go wrong, as the message about a word that is no kind of fault lists it.
fn fault_kinds() -> Vec<String> {
    let text = "[[fault]]\nkind = \"?\"\n";
    let problems = load("test", "test.toml", text, &[], &NoFiles).expect_err("no such kind");
    let message = problems.render(false);
    let kinds = message.lines().find(|line| line.contains("this version takes")).expect("a help");
    kinds.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn every_cause_of_loss_and_every_word_of_the_events_is_known() {
    let causes = LossCause::ALL.into_iter().map(cause).chain(["expired"]);
    let events = ["fault_begins", "fault_ends", "current_again", "action", "action_holds"];
    let events = events.into_iter().chain(["registration_refused", "consumer_active"]);
    let faults = fault_kinds();
    assert_eq!(faults.len(), 10);
    let others = causes.chain(events).map(str::to_owned);
    for word in others.chain(faults) {
        assert!(!found(&word).is_empty(), "{word}");
    }
}

/// Links of a page are dropped only where the sentence stands without them.
#[test]
fn no_sentence_lacks_a_word() {
    for entry in all() {
        for text in entry.text.iter().chain([&entry.meaning]) {
            let gaps = [" ,", " ;", " . ", ", or ,", "()", "; ,", "a ,"];
            let gap = gaps.iter().find(|gap| text.contains(**gap));
            assert_eq!(gap, None, "{}: {text}", entry.name);
        }
    }
    let retry = only("producer.retry", Kind::Field).meaning;
    assert!(retry.ends_with("when refused: a profile, a table, or `false`"), "{retry}");
    let resend = only("producer.resend", Kind::Field).meaning;
    assert!(resend.ends_with("refused entries, or `false`"), "{resend}");
}

/// Whatever a field takes is known by the field: the words of AWS and ours.
#[test]
fn every_word_a_field_takes_is_known() {
    let profiles = RetryProfile::ALL.iter().map(|(name, _)| (*name, "producer.retry"));
    let words = [
        ("TRIM_HORIZON", "reader.starting_position"),
        ("LATEST", "reader.starting_position"),
        ("AT_TIMESTAMP", "reader.starting_position"),
        ("AT_SEQUENCE_NUMBER", "[[reader]]"),
        ("zipf", "partition_key.dist"),
        ("rate-change", "action.kind"),
        ("IncreaseStreamRetentionPeriod", "action.call"),
        ("fixed-window", "model.write.enforcer"),
        ("in-turn", "get_records.order"),
        ("upper-bound", "rate.throttled"),
    ];
    for (word, place) in profiles.filter(|(name, _)| *name != "none").chain(words) {
        let told = found(word);
        assert!(told.iter().any(|entry| entry.name.ends_with(place)), "{word}: {told:#?}");
    }
    let later = load("test", "test.toml", "[[fault]]\nkind = \"worker-crash\"\n", &[], &NoFiles);
    assert!(later.expect_err("not built").render(false).contains("not built"));
    assert!(only("worker-crash", Kind::Missing).meaning.contains("faults of leases"));
}

#[test]
fn only_what_can_be_set_has_an_option() {
    let has_option = |path| only(path, Kind::Field).details.iter().any(|it| it.0 == "option");
    assert!(has_option("producer.latency.p99") && has_option("model.write.rounding"));
    // Faults and actions have no names by which an option could tell them apart.
    assert!(!has_option("fault.latency") && !has_option("action.at"));
}

/// Codes of findings and errors that stand in quotes somewhere in the source.
fn codes_of_the_source() -> BTreeSet<String> {
    let mut folders = vec![PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src")];
    let mut codes = BTreeSet::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder of the repository") {
            let path = entry.expect("entries can be listed").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") && !is_this_module(&path) {
                let text = fs::read_to_string(&path).expect("source is text");
                let quoted = text.split('"').map(str::to_owned).filter(|word| is_code(word));
                codes.extend(quoted);
            }
        }
    }
    codes
}

fn is_this_module(path: &Path) -> bool {
    path.components().any(|part| part.as_os_str() == "manual")
}

fn is_code(word: &str) -> bool {
    word.len() == 4
        && word.starts_with(['K', 'E'])
        && word[1..].bytes().all(|byte| byte.is_ascii_digit())
}

#[test]
fn every_code_says_what_where_when_why_and_what_next() {
    let codes = codes_of_the_source();
    assert!(codes.len() > 25, "{codes:?}");
    for code in &codes {
        let kind = if code.starts_with('K') { Kind::Finding } else { Kind::Error };
        let labels: Vec<String> =
            only(code, kind).details.into_iter().map(|(label, _)| label).collect();
        assert_eq!(labels, ["what", "where", "when", "cause", "next"], "{code}");
    }
    let is_code = |entry: &&Entry| matches!(entry.kind, Kind::Finding | Kind::Error);
    for entry in all().iter().filter(is_code) {
        assert!(codes.contains(&entry.keys[0]), "no code in the source: {}", entry.name);
    }
    let figures = only("K803", Kind::Finding).members;
    let figures: Vec<&str> = figures.iter().map(|(name, _)| name.as_str()).collect();
    let of_producers = ["lost_records", "lost_bytes", "lost_share"];
    assert_eq!(figures[..3], of_producers);
    assert_eq!(figures[3..], ["discarded_records", "discarded_share"]);
    for (_, code, meaning) in CODES {
        assert_eq!(only(code, Kind::Error).name, format!("{code} {meaning}"));
    }
}

/// Parts of a screen's lines about writes and readers: `busiest shard 76 %` is `busiest shard`.
fn words_of(screen: &str, names: &[&str]) -> BTreeSet<String> {
    let lines = screen.lines().skip_while(|line| !line.starts_with("WRITES"));
    let units: Vec<Entry> = all().into_iter().filter(|entry| entry.kind == Kind::Unit).collect();
    let is_value = |word: &str| {
        word == "-"
            || word.contains(|c: char| c.is_ascii_digit()) && !word.starts_with('p')
            || units.iter().any(|unit| unit.keys.iter().any(|key| key == word))
    };
    let mut found = BTreeSet::new();
    for line in lines.take_while(|line| !line.is_empty()) {
        for part in line.split("  ").flat_map(|part| part.split(", ")) {
            let is_word = |word: &&str| !is_value(word) && !names.contains(word) && *word != "of";
            let phrase: Vec<&str> = part.split_whitespace().filter(is_word).collect();
            if !phrase.is_empty() {
                found.insert(phrase.join(" "));
            }
        }
    }
    found
}

#[test]
fn every_word_of_the_summarys_figures_is_known() {
    let known: Vec<String> = all()
        .into_iter()
        .filter(|entry| entry.kind == Kind::Word)
        .flat_map(|entry| entry.keys)
        .collect();
    let is_known = |word: &str| known.iter().any(|key| key == word);
    let (scenario, mut outcome) = sample::hot_shard();
    let mut seen = BTreeSet::new();
    for round in 0..2 {
        if round == 1 {
            outcome.consumers[0].ledger.expired = 10;
            outcome.consumers[0].throttled_calls = 7;
            outcome.write_judged.attempts += 7;
        }
        let verdicts = objective::judge(&scenario, &outcome);
        let findings = finding::find(&scenario, &outcome);
        let summary = Summary::new(&scenario, &outcome, &verdicts, &findings);
        seen.extend(words_of(&summary.screen(Style::FILE, "a.toml"), &["fraud", "audit"]));
    }
    for phrase in &seen {
        let each = phrase.split(' ').all(is_known);
        assert!(is_known(phrase) || each, "`{phrase}` of the screen is not in docs/summary.md");
    }
    for word in
        ["offered", "attempts", "throttled", "stream full", "busiest second", "calls refused"]
    {
        assert!(seen.contains(word), "{word}: {seen:?}");
    }
}

#[test]
fn every_fact_is_known_and_every_id_named_is_one() {
    for fact in FACTS {
        assert_eq!(only(fact.id, Kind::Fact).meaning, fact.statement);
    }
}

/// What older notes quote, each found by their words and told with its date.
#[test]
fn old_limits_are_known_with_their_date() {
    for (topic, id, date, today) in [
        ("1 MB records", "KDS-W08", "2025", "10 MiB"),
        ("7 days", "KDS-T02", "November 2020", "8,760 h"),
        ("168 h", "KDS-T02", "November 2020", "8,760 h"),
        ("500 shards", "KDS-S24", "2022", "20,000"),
        ("2 UpdateShardCount calls", "KDS-S11", "2020", "10 in any 24 hours"),
        ("5 MiB", "KDS-W12", "2025", "10 MiB"),
        ("200 shards UpdateShardCount", "KDS-S14", "until", "10,000"),
        ("double or halve", "KDS-S18", "older", "25 %"),
        ("100 ListShards", "KDS-S29", "until", "1,000"),
        ("2 to 4 seconds", "KDS-R17", "2015", "at once"),
        ("5 registered consumers", "KDS-R27", "2018", "20"),
        ("200 MB/s", "KDS-O10", "2021", "10 GB/s"),
    ] {
        let told = found(topic);
        let entry = told.iter().find(|e| e.details.first().is_some_and(|(_, text)| text == id));
        let entry = entry.unwrap_or_else(|| panic!("{topic}: {told:#?}"));
        assert_eq!(entry.kind, Kind::Note, "{topic}");
        assert!(entry.details[1].1.contains(date), "{topic}");
        assert!(entry.details[2].1.contains(today), "{topic}");
    }
    let told = screen(&find("retention_period").expect("a field"), Style::FILE);
    assert!(told.contains("Older notes say: 7 days"), "{told}");
    let told = screen(&find("KDS-T02").expect("a fact"), Style::FILE);
    assert_eq!(told.matches("7 days").count(), 1, "{told}");
    for note in all().iter().filter(|entry| entry.kind == Kind::Note) {
        let id = &note.details[0].1;
        assert_eq!(only(id, Kind::Fact).name, *id, "{}", note.name);
    }
    // What no page has is told where the fact is, and found by its words.
    let told = screen(&find("KCL 1.x").expect("a fact"), Style::FILE);
    assert!(told.contains("1,000 ms in KCL 1.x"), "{told}");
}

#[test]
fn what_is_not_built_says_so() {
    for (topic, what) in [("consumer_arn", "ARN"), ("failover_time", "KCL")] {
        let entry = only(topic, Kind::Missing);
        assert!(entry.meaning.contains(what), "{topic}: {}", entry.meaning);
    }
}

#[test]
fn names_are_the_same_in_either_spelling() {
    for name in ["shard_count", "ShardCount", "shard count", "stream.shard_count"] {
        assert_eq!(only(name, Kind::Field).name, "stream.shard_count");
    }
    assert_eq!(only("StreamModeDetails.StreamMode", Kind::Field).name, "stream.stream_mode");
    assert_eq!(only("producer.web.rate.points[1]", Kind::Field).name, "producer.rate.points");
    assert_eq!(only("k101", Kind::Finding).name, "K101 hot shards");
    assert_eq!(only("hot shards", Kind::Finding).name, "K101 hot shards");
    assert_eq!(only("MiB", Kind::Unit).name, "size");
    assert!(only("%", Kind::Unit).name.starts_with("share"));
}

#[test]
fn kinds_can_be_listed_and_their_examples_are_of_their_kind() {
    for (kind, example) in Kind::LISTED {
        assert!(found(example).iter().any(|entry| entry.kind == kind), "{example}");
        let list = find(&format!("{}s", kind.name())).expect("a list");
        assert!(list.is_list && list.entries.len() > 1, "{}", kind.name());
        assert!(list.entries.iter().all(|entry| entry.kind == kind));
    }
    let limits = find("limits").expect("a list").entries;
    assert!(limits.iter().any(|entry| entry.name == "KDS-W02"));
    assert!(limits.iter().all(|entry| entry.details[0].1.contains(|c: char| c.is_ascii_digit())));
    assert!(find("fields").is_ok_and(|answer| answer.entries.len() == field::paths().len()));
}

#[test]
fn an_unknown_topic_has_three_neighbours() {
    assert_eq!(find("shard_cuont").map(|_| ()).unwrap_err()[0], "shard_count");
    assert_eq!(find("iterater_age").map(|_| ()).unwrap_err()[0], "iterator_age");
    for topic in ["K999", "qqqqqqqqqqqqqqqqqqqqqq", "[", "\u{0}", "."] {
        let near = find(topic).map(|_| ()).unwrap_err();
        assert_eq!(near.len(), 3, "{topic}: {near:?}");
    }
}

#[test]
fn every_answer_fits_a_terminal_and_is_data() {
    let topics = all().into_iter().map(|entry| entry.keys[0].clone());
    let lists = Kind::LISTED.iter().map(|(kind, _)| format!("{}s", kind.name()));
    let lists = lists.chain(["limits".to_owned()]);
    for topic in topics.chain(lists) {
        let answer = find(&topic).expect("every key is found");
        for style in [Style::FILE, Style { colour: false, unicode: false }] {
            let text = screen(&answer, style);
            let wide = text.lines().find(|line| line.chars().count() > 88);
            assert_eq!(wide, None, "{topic}");
            assert!(style.unicode || text.is_ascii(), "{topic}: {text}");
        }
        let data = json(&answer);
        assert_eq!(data["entries"].as_array().map(Vec::len), Some(answer.entries.len()));
    }
    let overview = overview(Style::FILE);
    assert!(overview.lines().all(|line| line.chars().count() <= 88));
}
