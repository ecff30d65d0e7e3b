//! The documents are true: links lead somewhere, paths exist, examples load and do what is said.

#![expect(clippy::unwrap_used, reason = "a test reports a broken file by failing")]

use std::collections::BTreeSet;
use std::fs;
use std::io::{Error, ErrorKind};
use std::path::{Path, PathBuf};

use kinesim::experiment::outcome::Outcome;
use kinesim::experiment::run::{Continue, Options, run};
use kinesim::experiment::{finding, objective};
use kinesim::report::placement::table::TABLES;
use kinesim::report::summary::{FindingPart, Style, Summary};
use kinesim::scenario::metric::{Family, REGISTRY};
use kinesim::scenario::{Files, Scenario, load};

/// Folders of the repository a document may name.
const FOLDERS: [&str; 6] = ["src/", "tests/", "docs/", "scenarios/", "benches/", ".ci/"];

#[test]
fn links_lead_somewhere() {
    let mut broken = Vec::new();
    for file in files(Path::new(""), "md") {
        let text = read(&file);
        for (line, target) in links(&text) {
            if target.contains("://") {
                continue;
            }
            let (path, heading) = target.split_once('#').unwrap_or((&target, ""));
            let folder = file.parent().unwrap();
            let aim = if path.is_empty() { file.clone() } else { folder.join(path) };
            let found = root().join(&aim).exists()
                && (heading.is_empty() || headings(&read(&aim)).contains(heading));
            if !found {
                broken.push(format!("{}:{line}: {target}", file.display()));
            }
        }
    }
    report(&broken);
}

#[test]
fn paths_in_documents_exist() {
    let mut broken = Vec::new();
    for file in files(Path::new(""), "md") {
        for (line, code) in inline_code(&read(&file)) {
            let is_path = FOLDERS.iter().any(|folder| code.starts_with(folder));
            // `scenarios/NAME.toml` stands for a file of one's own.
            let is_made_up = code.contains([' ', '*', '…']) || code.contains("NAME");
            if is_path && !is_made_up && !root().join(&code).exists() {
                broken.push(format!("{}:{line}: {code}", file.display()));
            }
        }
    }
    report(&broken);
}

#[test]
fn the_first_two_commands_run_and_test() {
    let readme = read(Path::new("README.md"));
    let commands = blocks(&readme, "sh");
    assert_eq!(commands[0], "cargo run --release -- run scenarios/hot-tenants.toml\n");
    assert_eq!(commands[1], "cargo test --locked\n");
}

#[test]
fn the_first_scenario_is_hello() {
    let hello = read(Path::new("scenarios/hello.toml"));
    let bare: String = hello.split_inclusive('\n').filter(|line| !line.starts_with('#')).collect();
    assert_eq!(bare.lines().count(), 5);
    assert_eq!(blocks(&read(Path::new("README.md")), "toml")[0], bare);
}

#[test]
fn examples_load() {
    let readme = read(Path::new("README.md"));
    let blocks = blocks(&readme, "toml");
    let [hello, slo, own, trace] = blocks.as_slice() else { panic!("four examples") };
    loaded(hello, &[]);
    assert_eq!(loaded(&format!("{hello}{slo}"), &[]).objectives.len(), 2);
    assert_eq!(loaded(own, &[]).plan.readers.len(), 1);
    loaded(&format!("[stream]\nshard_count = 1\n[[producer]]\n{trace}"), &[]);
}

/// What the README says of the first scenario and of the two changes that make it hold.
#[test]
fn one_change_flips_the_verdict() {
    let readme = read(Path::new("README.md"));
    let hello = blocks(&readme, "toml")[0].clone();
    let lost = |overrides: &[(&str, &str)]| {
        let write = played(&loaded(&hello, overrides)).write;
        (write.lost_records as f64 / write.offered_records as f64, write.throttled)
    };
    let (share, _) = lost(&[]);
    assert!((0.29..0.333).contains(&share), "nearly a third: {share}");
    assert!(readme.contains("record_size = \"980 B\"\n"));
    assert_eq!(lost(&[("producer.producer.record_size", "980 B")]), (0.0, 0));
    assert!(readme.contains("--set stream.shard_count=3\n"));
    assert_eq!(lost(&[("stream.shard_count", "3")]), (0.0, 0));
}

/// What the README says about changes to `hot-tenants`.
#[test]
fn three_changes_meet_both_objectives_and_more_shards_do_not() {
    let text = read(Path::new("scenarios/hot-tenants.toml"));
    let met = |overrides: &[(&str, &str)]| {
        let scenario = loaded(&text, overrides);
        let verdicts = objective::judge(&scenario, &played(&scenario));
        [verdicts[0].met, verdicts[1].met]
    };
    let (large, lanes) =
        (("lambda.fraud.batch_size", "1000"), ("lambda.fraud.parallelization_factor", "4"));
    let shards = ("stream.shard_count", "13");
    assert_eq!(met(&[shards, large, lanes]), [true, true]);
    assert_eq!(met(&[shards, lanes]), [true, false]);
    assert!(!met(&[("stream.shard_count", "15"), large, lanes])[0]);
    let readme = read(Path::new("README.md"));
    for (path, value) in [shards, large, lanes] {
        assert!(readme.contains(&format!("--set {path}={value}")), "{path}");
    }
}

/// `UPDATE_EXPECT=1` writes the screen anew.
#[test]
fn the_screen_is_what_the_first_command_prints() {
    let file = "scenarios/hot-tenants.toml";
    let scenario = load("hot-tenants", file, &read(Path::new(file)), &[], &Desk).unwrap();
    let outcome = played(&scenario);
    let verdicts = objective::judge(&scenario, &outcome);
    let findings = finding::find(&scenario, &outcome);
    let screen = Summary::new(&scenario, &outcome, &verdicts, &findings).screen(Style::FILE, file);
    let readme = read(Path::new("README.md"));
    let (before, rest) = readme.split_once("<!-- screen:hot-tenants -->\n").unwrap();
    let (shown, after) = rest.split_once("<!-- /screen -->\n").unwrap();
    let block = format!("```\n{screen}```\n");
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        let marks = ("<!-- screen:hot-tenants -->\n", "<!-- /screen -->\n");
        let text = [before, marks.0, &block, marks.1, after].concat();
        fs::write(root().join("README.md"), text).unwrap();
    } else {
        assert_eq!(shown, block, "UPDATE_EXPECT=1 writes it anew");
    }
}

#[test]
fn the_reference_has_every_field_and_metric() {
    let reference = read(Path::new("docs/scenarios.md"));
    let code: Vec<String> = inline_code(&reference).map(|(_, code)| code).collect();
    let words: BTreeSet<&str> = code.iter().flat_map(|code| code.split([' ', ',', '='])).collect();
    let known = |name: &str| words.iter().any(|word| word.rsplit('.').next() == Some(name));
    let mut missing: Vec<String> = Vec::new();
    let everything = read(Path::new("tests/configs/valid/everything.resolved"));
    for line in everything.lines().take_while(|line| *line != "[slo]") {
        let field = line.split(" = ").next().unwrap();
        let name = field.rsplit('.').next().unwrap();
        if line.contains(" = ") && !line.starts_with('#') && !known(name) {
            missing.push(format!("field {field}"));
        }
    }
    report(&missing);
}

/// The table of metrics is what the registry says of itself.
#[test]
fn the_reference_describes_metrics_as_the_registry_does() {
    let reference = read(Path::new("docs/scenarios.md"));
    let (_, table) = reference.split_once("| path | unit | meaning |\n|---|---|---|\n").unwrap();
    let row = |family: &Family| {
        let statistics = family.statistics().map(|there_are| format!("; `STAT`: {there_are}"));
        let (path, unit) = (family.pattern, family.unit.name());
        format!("| `{path}` | {unit} | {}{} |\n", family.meaning, statistics.unwrap_or_default())
    };
    let expected: String = REGISTRY.iter().map(row).collect();
    assert_eq!(table.split_inclusive("\n\n").next().unwrap().trim_end(), expected.trim_end());
}

#[test]
fn the_page_on_keys_has_every_column_of_its_tables() {
    let code: BTreeSet<String> =
        inline_code(&read(Path::new("docs/keys.md"))).map(|(_, code)| code).collect();
    let columns = TABLES.iter().flat_map(|table| table.columns);
    let missing = columns.filter(|column| !code.contains(column.name));
    report(&missing.map(|column| column.name.to_owned()).collect::<Vec<_>>());
}

/// Each finding of the shipped scenarios, and of two that show others, has its section, and each of
/// its figures is explained there.
#[test]
fn findings_are_listed_with_their_figures() {
    let page = read(Path::new("docs/findings.md"));
    let section = |code: &str| {
        let text = page.split(&format!("## {code} ")).nth(1).unwrap_or_default();
        text.split("\n## ").next().unwrap_or_default().to_owned()
    };
    let readers = "[[reader]]\nget_records.every = \"100 ms\"\n".repeat(3);
    let text = |shards: u32, rate: u32, bytes: u32, more: &str| {
        format!(
            "[stream]\nshard_count = {shards}\n[[producer]]\nrate = \"{rate}/s\"\n\
             record_size = \"{bytes} B\"\n{more}"
        )
    };
    let made_up = [
        text(1, 950, 64, &readers),
        text(1, 950, 900, &readers),
        text(9, 50, 64, "partition_key = \"one\"\n"),
    ];
    let shipped = ["hot-tenants", "tickers", "llm-requests"];
    let folder = root().join("scenarios");
    let shipped = shipped.map(|name| {
        let text = read(&Path::new("scenarios").join(format!("{name}.toml")));
        load(name, name, &text, &[], &Beside(folder.clone())).unwrap()
    });
    let mut missing = BTreeSet::new();
    let mut seen = BTreeSet::new();
    for scenario in made_up.iter().map(|text| loaded(text, &[])).chain(shipped) {
        for finding in finding::find(&scenario, &played(&scenario)) {
            let part = FindingPart::new(&scenario, &finding);
            seen.insert(part.code);
            let told = section(part.code);
            for name in part.measured.keys().chain(part.limit.keys()) {
                if !told.contains(&format!("`{name}`")) {
                    missing.insert(format!("{}: {name}", part.code));
                }
            }
        }
    }
    report(&missing.into_iter().collect::<Vec<_>>());
    assert!(seen.len() >= 10, "{seen:?}");
}

#[test]
fn every_rule_the_code_cites_is_written_down() {
    let index = read(Path::new("docs/decisions/README.md"));
    let mut missing = BTreeSet::new();
    for file in files(Path::new("src"), "rs").into_iter().chain(files(Path::new("tests"), "rs")) {
        let text = read(&file);
        let comments = text.lines().filter_map(|line| Some(line.split_once("//")?.1));
        for word in comments.flat_map(|line| line.split(|c: char| !c.is_ascii_alphanumeric())) {
            let number = word.strip_prefix('D').unwrap_or_default();
            let is_rule = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
            if is_rule && !index.contains(&format!("| {word} |")) {
                missing.insert(format!("{word}, cited in {}", file.display()));
            }
        }
    }
    report(&missing.into_iter().collect::<Vec<_>>());
}

#[test]
fn every_decision_is_in_the_index() {
    let folder = Path::new("docs/decisions");
    let index = read(&folder.join("README.md"));
    for file in files(folder, "md") {
        let name = file.file_name().unwrap().to_str().unwrap();
        assert!(name == "README.md" || index.contains(&format!("({name})")), "{name}");
    }
}

/// The files beside a scenario.
struct Beside(PathBuf);

impl Files for Beside {
    fn read(&self, path: &str) -> Result<Vec<u8>, Error> {
        fs::read(self.0.join(path))
    }
}

/// Stands in for what a user has at hand.
struct Desk;

impl Files for Desk {
    fn read(&self, path: &str) -> Result<Vec<u8>, Error> {
        let text = match path {
            "incoming.csv" => {
                "timestamp,IncomingRecords\n2026-11-02T00:00:00Z,60\n\
                               2026-11-02T00:01:00Z,120\n"
            }
            "keys.csv" => "key,weight\na,2\nb,1\n",
            "records.csv.gz" => "epoch_ms,client,bytes\n1,a,500\n3,b,700\n",
            _ => return Err(ErrorKind::NotFound.into()),
        };
        Ok(text.into())
    }
}

fn loaded(text: &str, overrides: &[(&str, &str)]) -> Scenario {
    let overrides: Vec<(String, String)> =
        overrides.iter().map(|&(path, value)| (path.to_owned(), value.to_owned())).collect();
    load("example", "example.toml", text, &overrides, &Desk)
        .unwrap_or_else(|problems| panic!("{}", problems.render(false)))
}

fn played(scenario: &Scenario) -> Outcome {
    let on_progress = &mut |_| Continue::Yes;
    run(scenario, Options::new(on_progress))
}

/// Targets of links and images outside code, with their lines.
fn links(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (number, line) in prose(text) {
        for part in line.split("](").skip(1) {
            let target = part.split([')', ' ']).next().unwrap_or_default();
            found.push((number, target.to_owned()));
        }
    }
    found
}

/// What stands in single backticks, with its line.
fn inline_code(text: &str) -> impl Iterator<Item = (usize, String)> + '_ {
    prose(text).into_iter().flat_map(|(number, line)| {
        line.split('`').skip(1).step_by(2).map(move |code| (number, code.to_owned()))
    })
}

/// The lines that stand in no fenced block, with their numbers.
fn prose(text: &str) -> Vec<(usize, &str)> {
    let mut is_code = false;
    let mut lines = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        if line.trim_start().starts_with("```") {
            is_code = !is_code;
        } else if !is_code {
            lines.push((number, line));
        }
    }
    lines
}

/// The fenced blocks of a language.
fn blocks(text: &str, language: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut lines = text.split_inclusive('\n');
    while let Some(line) = lines.next() {
        if let Some(name) = line.strip_prefix("```") {
            let block: String =
                lines.by_ref().take_while(|line| !line.starts_with("```")).collect();
            if name.trim() == language {
                found.push(block);
            }
        }
    }
    found
}

/// The names by which links reach the headings of a page.
fn headings(text: &str) -> BTreeSet<String> {
    let titles = prose(text).into_iter().filter(|(_, line)| line.starts_with('#'));
    let slug = |title: &str| -> String {
        let kept = title.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        kept.collect::<String>().to_lowercase().replace(' ', "-")
    };
    titles.map(|(_, line)| slug(line.trim_start_matches('#').trim())).collect()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(file: &Path) -> String {
    fs::read_to_string(root().join(file))
        .unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// What is built, written by runs, and hidden.
const LEFT_OUT: [&str; 2] = ["target", "output"];

/// Files below a folder, as paths from the root, in order.
fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(root().join(folder)).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let path = folder.join(&name);
        if LEFT_OUT.contains(&name.as_str()) || name.starts_with('.') {
            continue;
        }
        if root().join(&path).is_dir() {
            found.extend(files(&path, extension));
        } else if path.extension().is_some_and(|it| it == extension) {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn report(faults: &[String]) {
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}
