//! `size.json`.

use serde_json::{Value, json};

use crate::experiment::size::change::Kind;
use crate::experiment::size::scan::Point;
use crate::experiment::size::{Method, Minimise, Score};
use crate::experiment::stats::Estimate;
use crate::report::study::drawn;
use crate::report::study::size::{Drawn, Told, cells, words};
use crate::report::summary::SCHEMA_VERSION;

impl Told<'_> {
    /// All that was found, with stable names.
    #[must_use]
    pub fn json(&self) -> String {
        let sizing = self.sizing;
        let formulas: Vec<Value> = sizing
            .formulas
            .iter()
            .map(|it| {
                let score = it.shards.and_then(|shards| sizing.with_shards(shards));
                json!({
                    "fact": it.fact,
                    "name": it.name,
                    "rule": it.rule,
                    "statistic": it.statistic.name(),
                    "value": it.value,
                    "binding": it.binding,
                    "shards": it.shards,
                    "result": score.map(|score| self.score(score)),
                    "note": score.map_or_else(
                        || words::no_answer(self, it),
                        |score| words::why(self, it, score),
                    ),
                })
            })
            .collect();
        let others = sizing.notes.iter();
        let others: Vec<Value> = others
            .map(|it| json!({ "fact": it.fact, "name": it.name, "says": words::says(&it.says) }))
            .collect();
        let changes: Vec<Value> = sizing.changes.iter().map(|it| self.change(it)).collect();
        let mut value = json!({
            "schema_version": SCHEMA_VERSION,
            "study": "size",
            "scenario": self.scenario.name,
            "stream": sizing.workload.stream,
            "seed": self.scenario.plan.seed,
            "replicates": self.demand.replicates,
            "probability": self.demand.probability,
            "confidence": self.demand.confidence.share(),
            "minimise": match self.demand.minimise {
                Minimise::Cost => "cost",
                Minimise::Shards => "shards",
            },
            "headroom": self.headroom,
            "objectives": self.scenario.objectives.iter()
                .map(|it| json!({ "path": it.path, "condition": it.text }))
                .collect::<Vec<_>>(),
            "formulas": formulas,
            "formulas_without_count": others,
            "scan": self.scan(),
            "recommended": self.best().map(|score| self.score(score)),
            "changes": changes,
        });
        if let Some(Drawn { draws, left_out }) = self.drawn {
            value["draws"] = drawn::draws_json(draws);
            value["draws"]["left_out"] = json!(left_out.0);
        }
        format!("{value:#}\n")
    }

    /// The numbers of shards that were gone through.
    fn scan(&self) -> Value {
        let scan = &self.sizing.scan;
        let point = |it: &Point| {
            let Point { shards, holds, throttled } = it;
            json!({ "shards": shards, "holds": holds, "throttled": throttled })
        };
        json!({
            "path": self.sizing.path,
            "method": match scan.method {
                Method::Bisection => "bisection",
                Method::Exhaustive => "exhaustive",
            },
            "from": scan.range.0,
            "to": scan.range.1,
            "of_writes_alone": scan.of_writes,
            "points": scan.points.iter().map(point).collect::<Vec<_>>(),
            "holding": scan.holding(),
            "not_holding_above": scan.turns(),
            "said": words::monotone(self),
        })
    }

    fn change(&self, change: &crate::experiment::size::Change) -> Value {
        let result = self.score(&self.sizing.scores[change.score]);
        match &change.kind {
            Kind::Salt { producer, keys, parts } => json!({
                "kind": "salt", "producer": producer, "keys": keys, "parts": parts,
                "gives_up": "order of these keys between their parts", "result": result,
            }),
            Kind::Batch { producers, linger_ms } => json!({
                "kind": "batch", "producers": producers, "linger_ms": linger_ms,
                "gives_up": "time while a call is filled; order where a part is refused",
                "result": result,
            }),
        }
    }

    fn score(&self, score: &Score) -> Value {
        let estimate = |it: Option<Estimate>| {
            it.map(|it| json!({ "mean": it.mean, "half_width": it.half_width }))
        };
        let confidence = self.demand.confidence;
        let met = score.met(confidence);
        let values: Vec<Value> = score
            .setting
            .values
            .iter()
            .map(|(path, value)| json!({ "path": path, "value": value }))
            .collect();
        let least = self.least_shards().map(|it| i64::from(score.shards) - i64::from(it));
        let worst = cells::worst(self, score);
        let mut told = json!({
            "shards": score.shards,
            "values": values,
            "replicates": score.rows.len(),
            "cost_month_usd": estimate(score.month(confidence)),
            "throttled": estimate(cells::throttled(self, score)),
            "lost": estimate(cells::lost(self, score)),
            "met": met.hits,
            "met_interval": met.interval,
            "holds": self.holds(score),
            "missed": cells::missed(self, score),
            "worst_ratio": Some(worst).filter(|it| it.is_finite()),
            "overspend_usd": self.overspend(score).filter(|it| it.is_finite()),
            "regret_shards": least,
        });
        if self.drawn.is_some() {
            told["drawn"] = drawn::json(self.chance(score));
        }
        told
    }
}
