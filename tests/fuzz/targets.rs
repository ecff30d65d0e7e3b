//! What is fuzzed: whatever bytes a user's file holds, reading it ends in a plan or in messages.
//!
//! Each target takes the way of the command that reads such files, but for opening them. Nothing
//! is played. What a sound file says is told too where that is cheap: what `kinesim check` shows,
//! and the world of the plan.

use std::io::{Error, ErrorKind, Result};

use kinesim::experiment::finding::foresee;
use kinesim::experiment::forecast::Forecast;
use kinesim::experiment::placement::study::{Question, Study};
use kinesim::experiment::placement::{Traffic, Weighed};
use kinesim::model::plan::{KeyNames, Plan, SourcePlan};
use kinesim::model::world::World;
use kinesim::report::check;
use kinesim::report::check::github::{self, Level};
use kinesim::report::placement::Answer;
use kinesim::report::placement::table::TABLES;
use kinesim::report::summary::{FindingPart, Style, command};
use kinesim::scenario::inputs::{
    HashForm, KeySample, RecordColumns, Replay, SampleForm, SeriesName, read_keys, read_points,
    read_records, read_sample, read_shards, read_sizes,
};
use kinesim::scenario::problem::Code;
use kinesim::scenario::{Files, Problems, Remarks, Scenario, load};
use kinesim::units::{Bytes, Rate};

/// The file whose bytes are fuzzed, in targets whose scenario is fixed.
const FUZZED: &str = "fuzzed";
const LABEL: &str = "fuzzed.toml";
/// Overrides stand in a scenario's first lines: `#--set stream.shard_count=2`.
const SET: &str = "#--set ";

/// Files a scenario may name, in memory.
struct Memory<'b> {
    fuzzed: &'b [u8],
}

impl Files for Memory<'_> {
    fn read(&self, path: &str) -> Result<Vec<u8>> {
        let bytes: &[u8] = match path {
            FUZZED => self.fuzzed,
            "bytes.json" => include_bytes!("../configs/data/bytes.json"),
            "cloudwatch.json" => include_bytes!("../configs/data/cloudwatch.json"),
            "counts.csv" => include_bytes!("../configs/data/counts.csv"),
            "dated-records.csv" => include_bytes!("../configs/data/dated-records.csv"),
            "keys.csv" => include_bytes!("../configs/data/keys.csv"),
            "records.csv" => include_bytes!("../configs/data/records.csv"),
            "shards.json" => include_bytes!("../configs/data/shards.json"),
            "sizes.csv" => include_bytes!("../configs/data/sizes.csv"),
            _ => return Err(Error::new(ErrorKind::NotFound, "there is no such file")),
        };
        Ok(bytes.to_vec())
    }
}

/// A scenario's text, its overrides in its first lines. Whether it is sound.
pub(crate) fn scenario(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let options = text.lines().map_while(|line| line.strip_prefix(SET));
    let overrides: Vec<(String, String)> = options
        .filter_map(|option| option.split_once('='))
        .map(|(path, value)| (path.to_owned(), value.to_owned()))
        .collect();
    check(text, &overrides, &[]).is_ok()
}

/// Counts over time and records one by one; the first byte says in which form. Whether they can be
/// played.
pub(crate) fn trace(bytes: &[u8]) -> bool {
    let Some((&form, fuzzed)) = bytes.split_first() else { return false };
    let column = |name| read_points(fuzzed, SeriesName::Column(name)).is_ok();
    let metric = |names: &[&str]| {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        read_points(fuzzed, SeriesName::Metric(&names)).is_ok()
    };
    let records = |size| {
        let columns =
            RecordColumns { time: "time", key: Some("client"), size, constant_size: Bytes::kib(1) };
        let replay = Replay { speed: 1.0, scale: 1.0, window: None };
        read_records(fuzzed, &columns, replay, 1).is_ok()
    };
    let form = form % 8;
    let (is_read, source) = match form {
        0 => (column("IncomingRecords"), "column = \"IncomingRecords\""),
        1 => (
            column("IncomingRecords"),
            "column = \"IncomingRecords\", bytes = \"IncomingBytes\", from = \"first-row\", \
             throttled = { share = 0.5, column = \"Refused\" }, peak_to_mean = 1.5, \
             per = \"1 min\"",
        ),
        2 => (
            column("IncomingBytes"),
            "column = \"IncomingBytes\", from = \"first-row\", speed = 1000, scale = 1e-3",
        ),
        3 => (metric(&["IncomingRecords"]), "metric = \"IncomingRecords\", from = \"first-row\""),
        4 => (
            metric(&["IncomingRecords"]),
            "metric = \"IncomingRecords\", bytes = \"IncomingBytes\", \
             throttled = \"upper-bound\", from = \"first-row\", peak_to_mean = 1.8, \
             peak_width = \"2 s\"",
        ),
        5 => (metric(&["s*", "m1"]), "metric = [\"s*\", \"m1\"], unit = \"bytes\""),
        6 => (
            records(Some("bytes")),
            "time = \"time\", key = \"client\", size = \"bytes\", from = \"first-row\"",
        ),
        _ => (records(None), "time = \"time\", key = \"client\", speed = 0.01, scale = 2.5"),
    };
    // A plain rate takes any day; a scenario on the calendar plays a day of its own.
    let start = if form % 2 == 0 { "start = \"2026-11-02T00:00:00Z\"" } else { "" };
    let source = match form {
        0..6 => format!("rate = {{ trace = \"{FUZZED}\", {source} }}"),
        _ => format!("trace = {{ file = \"{FUZZED}\", {source} }}"),
    };
    // Where the file says how large records are, nothing else may.
    let size = if matches!(form, 1 | 4 | 6) { "" } else { "record_size = \"1 KiB\"" };
    let text = format!(
        "[scenario]\nduration = \"1 d\"\n{start}\n[stream]\nshard_count = 2\n[[producer]]\n\
         {source}\n{size}\n"
    );
    check_fixed(is_read, &text, fuzzed)
}

/// Lists of keys, hashes and sizes; the first byte says in which form. Whether they can be used.
pub(crate) fn keys(bytes: &[u8]) -> bool {
    let Some((&form, fuzzed)) = bytes.split_first() else { return false };
    let file = &format!("{{ file = \"{FUZZED}\" }}");
    let form = match form % 8 {
        0 => SampleForm::Keys,
        1 => SampleForm::Json("id".to_owned()),
        2 => SampleForm::Json("user.id".to_owned()),
        3 => SampleForm::Hashes(None),
        4 => SampleForm::Hashes(Some(HashForm::Decimal)),
        5 => SampleForm::Hashes(Some(HashForm::Hex)),
        6 => return check_fixed(read_keys(fuzzed).is_ok(), &small("\"1 KiB\"", file), fuzzed),
        _ => return check_fixed(read_sizes(fuzzed).is_ok(), &small(file, "\"k\""), fuzzed),
    };
    match read_sample(fuzzed, &form) {
        Ok(sample) => {
            if is_told(&[], fuzzed) {
                study(&sample, &form);
            }
            true
        }
        Err(problems) => {
            assert!(problems.count() > 0 && !problems.kept().is_empty(), "refused for nothing");
            false
        }
    }
}

/// A list of shards, as ListShards and DescribeStream answer. Whether a stream can have them.
pub(crate) fn shards(bytes: &[u8]) -> bool {
    let text = format!(
        "[account]\nshard_quota = 20_000\n[stream]\nshards_from = \"{FUZZED}\"\n\
         initial_backlog = {{ age = \"1 s\", rate = \"9/s\", record_size = \"1 KiB\" }}\n\
         [[producer]]\nrate = \"1k/s\"\nrecord_size = \"1 KiB\"\n\
         partition_key = {{ dist = \"zipf\", count = 20, exponent = 1 }}\n\
         [[reader]]\nname = \"r\"\n"
    );
    check_fixed(read_shards(bytes).is_ok(), &text, bytes)
}

/// A scenario of one producer.
fn small(size: &str, key: &str) -> String {
    format!(
        "[stream]\nshard_count = 3\n[[producer]]\nrate = \"1k/s\"\nrecord_size = {size}\n\
         partition_key = {key}\n"
    )
}

/// Checks a scenario that is well written, so that the file it names is what can be wrong.
fn check_fixed(is_read: bool, text: &str, fuzzed: &[u8]) -> bool {
    if !is_read && !is_told(&[], fuzzed) {
        return false;
    }
    let Err(problems) = check(text, &[], fuzzed) else { return true };
    let is_text = |code: Code| code.id() < "E2";
    assert!(!problems.iter().any(|it| is_text(it.code)), "{}", problems.render(false));
    false
}

/// What `kinesim check` does with a text, in all its formats.
fn check(
    text: &str,
    overrides: &[(String, String)],
    fuzzed: &[u8],
) -> std::result::Result<(), Problems> {
    let files = Memory { fuzzed };
    let scenario = match load("fuzzed", LABEL, text, overrides, &files) {
        Ok(scenario) => scenario,
        Err(problems) => {
            if is_told(text.as_bytes(), fuzzed) {
                tell_problems(&problems);
            }
            return Err(problems);
        }
    };
    if is_cheap(&scenario.plan) {
        tell(&scenario, text, overrides);
        let _ = World::new(&scenario.plan, 0, scenario.interval);
        let again = load("again", LABEL, &scenario.resolved, &[], &files)
            .unwrap_or_else(|problems| panic!("{}", problems.render(false)));
        let (one, other) = (format!("{:?}", scenario.plan), format!("{:?}", again.plan));
        assert_eq!(one, other, "the resolved text means something else");
    }
    Ok(())
}

/// Whether messages are made for a text or file, which takes longer than finding what is wrong: for
/// one in four.
const fn is_told(text: &[u8], fuzzed: &[u8]) -> bool {
    (text.len() + fuzzed.len()).is_multiple_of(4)
}

fn tell_problems(problems: &Problems) {
    let _ = (problems.render(false), problems.to_json());
    for (problem, spot) in problems.placed() {
        let _ = github::command(Level::Error, Some(LABEL), &spot, "E", &problem.message);
    }
}

fn tell(scenario: &Scenario, text: &str, overrides: &[(String, String)]) {
    let forecast = Forecast::new(&scenario.plan);
    let findings = foresee(&scenario.plan, &forecast);
    let remarks = check::remarks(scenario, &findings, |next| command(LABEL, &next.options));
    let remarks = Remarks::new(LABEL, text, overrides, remarks);
    let _ = (remarks.render(true), remarks.counts());
    for ((remark, spot), finding) in remarks.iter().zip(&findings) {
        let told = FindingPart::new(scenario, finding);
        let _ = github::command(remark.weight.into(), None, &spot, &remark.message, &told.text);
    }
    let _ = check::lines(&check::derive(scenario, &forecast));
}

/// Whether telling of a plan takes little: a plan may well be large, and is then not told here.
fn is_cheap(plan: &Plan) -> bool {
    const MOST: u64 = 2_000;
    let producer = |source: &SourcePlan| match source {
        SourcePlan::Synthetic { rate, keys, .. } => {
            let names = match &keys.names {
                KeyNames::Random { .. } => 1,
                KeyNames::Numbered { count, .. } => u64::from(*count),
                KeyNames::Listed(names) => names.len() as u64,
            };
            names + rate.points.len() as u64
        }
        SourcePlan::Trace { rows, .. } => rows.len() as u64,
    };
    let streams = plan.streams.iter().map(|stream| {
        u64::from(stream.shard_count) + stream.initial.map_or(0, |initial| initial.records)
    });
    let producers = plan
        .producers
        .iter()
        .map(|it| u64::from(it.instances).saturating_add(producer(&it.source)));
    streams.chain(producers).fold(0, u64::saturating_add) <= MOST
}

/// What `kinesim keys` does with a sample, in all its formats.
fn study(sample: &KeySample, form: &SampleForm) {
    const KEY_CHARS_MAX: usize = 256;
    let record_size = Some(Bytes::kib(1));
    let keys = Weighed::new(sample, record_size);
    let top = 5;
    // What is split would be longer than a key may be, or a hash that nobody knows the key of.
    let salt = Some(4).filter(|&parts| {
        let longest = || keys.salt(parts, top).longest_name(&keys).chars().count();
        !matches!(form, SampleForm::Hashes(_)) && longest() <= KEY_CHARS_MAX
    });
    let traffic = Some(Traffic { rate: Rate(3_000.0), record_size });
    let question = Question { shard_counts: vec![1, 2, 3, 9], top, salt, traffic };
    let study = Study::new(keys, question);
    for table in TABLES {
        let _ = (table.write)(&study);
    }
    let answer = Answer { file: FUZZED, command: "kinesim keys fuzzed", study: &study };
    let _ = (answer.screen(Style::FILE), answer.json());
}
