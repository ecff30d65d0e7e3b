//! What is measured in each run of a study.

use crate::experiment::objective;
use crate::model::plan::ReaderPlan;
use crate::scenario::metric::{Metric, Names, Unit};
use crate::scenario::{Comparison, Scenario};

/// A quantity of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Measure {
    /// Its path, as in `[slo]`.
    pub path: String,
    /// What it is.
    pub metric: Metric,
    /// What its values are measured in.
    pub unit: Unit,
    /// Whether a count is told as a share.
    pub as_share: bool,
    /// Which values are better.
    pub better: Better,
    /// Whether an objective is about it.
    pub is_judged: bool,
}

/// Which values of a measure are better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Better {
    /// Small ones.
    Less,
    /// Large ones.
    More,
    /// Neither: it is only said.
    Neither,
}

/// What is measured of `scenario`: what its objectives are about, in their order, and what is asked
/// of every pipeline: refusals, losses, ages, what waits at the end, and the cost of a month.
#[must_use]
pub fn measures(scenario: &Scenario) -> Vec<Measure> {
    let mut all: Vec<Measure> = Vec::new();
    for objective in &scenario.objectives {
        if all.iter().any(|it| it.path == objective.path) {
            continue;
        }
        all.push(Measure {
            path: objective.path.clone(),
            metric: objective.metric.clone(),
            unit: objective::unit_of(objective),
            as_share: objective.bound_is_share,
            better: better(&objective.metric, Some(objective.comparison)),
            is_judged: true,
        });
    }
    for path in usual_paths(scenario) {
        if all.iter().any(|it| it.path == path) {
            continue;
        }
        let Some(metric) = read(scenario, &path) else { continue };
        let (unit, better) = (metric.unit(), better(&metric, None));
        all.push(Measure { path, metric, unit, as_share: false, better, is_judged: false });
    }
    all
}

/// The metric at `path` of `scenario`, as a measure; `None` where it has none.
#[must_use]
pub fn measure_at(scenario: &Scenario, path: &str) -> Option<Measure> {
    let metric = read(scenario, path)?;
    let (unit, better) = (metric.unit(), better(&metric, None));
    let path = path.to_owned();
    Some(Measure { path, metric, unit, as_share: false, better, is_judged: false })
}

fn read(scenario: &Scenario, path: &str) -> Option<Metric> {
    let plan = &scenario.plan;
    let streams: Vec<String> = plan.streams.iter().map(|it| it.name.clone()).collect();
    let readers: Vec<String> = plan.readers.iter().map(|it| it.name.clone()).collect();
    let kinds: Vec<_> = plan.readers.iter().map(ReaderPlan::kind).collect();
    let alarms: Vec<String> = scenario.alarms.iter().map(|it| it.name.clone()).collect();
    let names = Names { streams: &streams, readers: &readers, kinds: &kinds, alarms: &alarms };
    Metric::parse(path, names).ok()
}

fn usual_paths(scenario: &Scenario) -> Vec<String> {
    let mut paths: Vec<String> =
        ["write.throttled", "write.utilization", "records.lost"].map(str::to_owned).to_vec();
    for reader in scenario.plan.readers.iter().filter(|it| !it.is_backup()) {
        let of = |metric: &str| format!("{}.{}.{metric}", reader.kind().name(), reader.name);
        paths.extend(["iterator_age.p99", "latency.p99", "backlog.end"].map(of));
        if reader.lambda().is_some() {
            paths.push(of("discarded"));
        }
        if reader.firehose().is_some() {
            paths.push(of("freshness.p99"));
        }
    }
    paths.push("cost.month".to_owned());
    paths
}

/// Which values are better: as the objective wants them, else as one would.
fn better(metric: &Metric, asked: Option<Comparison>) -> Better {
    match asked {
        Some(Comparison::AtMost | Comparison::Below) => return Better::Less,
        Some(Comparison::AtLeast | Comparison::Above) => return Better::More,
        Some(Comparison::Equal) => return Better::Neither,
        None => {}
    }
    match metric {
        Metric::OfStream(_, metric) => better(metric, None),
        Metric::WriteAccepted => Better::More,
        Metric::WriteOffered
        | Metric::WriteAttempts
        | Metric::WriteUtilization
        | Metric::KmsCalls
        | Metric::ObjectSize(..)
        | Metric::Objects(_)
        | Metric::AlarmFirst(_) => Better::Neither,
        _ => Better::Less,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{self, Files};

    struct NoFiles;

    impl Files for NoFiles {
        fn read(&self, _: &str) -> std::io::Result<Vec<u8>> {
            Err(std::io::ErrorKind::NotFound.into())
        }
    }

    #[test]
    fn objectives_come_first_and_once_and_say_which_way_is_better() {
        let text = r#"
            stream.shard_count = 1
            [[producer]]
            rate = "10/s"
            record_size = "1 KiB"
            [[lambda]]
            name = "f"
            invocation_duration = { fixed = "1 ms" }
            [slo]
            "records.lost" = "<= 0.1 %"
            "write.accepted" = ">= 5/s"
        "#;
        let scenario = scenario::load("t", "t.toml", text, &[], &NoFiles).expect("sound");
        let measures = measures(&scenario);
        let said: Vec<(&str, Better)> =
            measures.iter().map(|it| (it.path.as_str(), it.better)).collect();
        assert_eq!(said[0], ("records.lost", Better::Less));
        assert_eq!(said[1], ("write.accepted", Better::More));
        assert!(measures[0].as_share && measures[0].unit == Unit::Share);
        assert_eq!(said.iter().filter(|it| it.0 == "records.lost").count(), 1);
        let others: Vec<&str> = said[2..].iter().map(|it| it.0).collect();
        assert_eq!(
            others,
            [
                "write.throttled",
                "write.utilization",
                "lambda.f.iterator_age.p99",
                "lambda.f.latency.p99",
                "lambda.f.backlog.end",
                "lambda.f.discarded",
                "cost.month",
            ]
        );
        assert_eq!(
            measure_at(&scenario, "write.offered").map(|it| it.better),
            Some(Better::Neither)
        );
        assert_eq!(measure_at(&scenario, "no.such"), None);
    }
}
