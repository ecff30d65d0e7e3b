//! The files of a run, before anything is written.

use crate::experiment::outcome::Outcome;
use crate::report::manifest;
use crate::report::study::replicates::Replicates;
use crate::report::summary::{Style, Summary};
use crate::report::table::{TABLES, Table, lineage};
use crate::report::trace;
use crate::scenario::Scenario;

/// Everything that goes into a run's directory: paths relative to it, and contents. The same run
/// has the same files to the byte: no clock, host, user or absolute path is in them. `file` is the
/// scenario's file, without its folder. Charts are named by their file, such as `overview.svg`; the
/// manifest comes last.
#[must_use]
pub fn files(
    scenario: &Scenario,
    outcome: &Outcome,
    summary: &Summary,
    file: &str,
    repeated: Option<&Replicates<'_>>,
    charts: Vec<(String, Vec<u8>)>,
) -> Vec<(String, Vec<u8>)> {
    let mut files = vec![
        ("summary.txt".to_owned(), summary.screen(Style::FILE, file).into_bytes()),
        ("summary.md".to_owned(), summary.markdown(file).into_bytes()),
        ("summary.json".to_owned(), summary.json_with(repeated).into_bytes()),
        ("findings.json".to_owned(), summary.findings_json().into_bytes()),
        ("scenario.resolved.toml".to_owned(), scenario.resolved.clone().into_bytes()),
    ];
    let told = |table: &&Table| table.name != lineage::TABLE.name || lineage::is_told(outcome);
    for table in TABLES.iter().filter(|table| table.is_written(scenario)).filter(told) {
        files.push((format!("{}.csv", table.name), (table.write)(scenario, outcome)));
    }
    if let Some(repeated) = repeated {
        files.push(("replicates.csv".to_owned(), repeated.replicates_csv()));
        files.push(("intervals.csv".to_owned(), repeated.intervals_csv()));
    }
    files.extend(trace::write(scenario, outcome).map(|bytes| (trace::FILE.to_owned(), bytes)));
    files.extend(charts.into_iter().map(|(name, bytes)| (format!("charts/{name}"), bytes)));
    let manifest = manifest::write(scenario, outcome, &files);
    files.push((manifest::FILE.to_owned(), manifest));
    files
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::{finding, objective, sample};

    #[test]
    fn a_run_has_its_files_and_the_same_run_the_same_bytes() {
        let make = || {
            let (scenario, outcome) = sample::hot_shard();
            let verdicts = objective::judge(&scenario, &outcome);
            let findings = finding::find(&scenario, &outcome);
            let chart = ("overview.svg".to_owned(), b"<svg/>".to_vec());
            let summary = Summary::new(&scenario, &outcome, &verdicts, &findings);
            files(&scenario, &outcome, &summary, "hot-shard.toml", None, vec![chart])
        };
        let first = make();
        let names: Vec<&str> = first.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(
            names,
            [
                "summary.txt",
                "summary.md",
                "summary.json",
                "findings.json",
                "scenario.resolved.toml",
                "timeline.csv",
                "shards.csv",
                "consumers.csv",
                "latency.csv",
                "keys.csv",
                "losses.csv",
                "events.csv",
                "cost.csv",
                "charts/overview.svg",
                "manifest.json",
            ]
        );
        assert_eq!(first, make());
        assert!(first.iter().all(|(_, bytes)| !bytes.contains(&0x1b)), "no colour in files");
    }
}
