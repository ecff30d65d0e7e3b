//! A placement as one JSON object. Names are stable and end in their units.

use serde_json::{Value, json};

use super::Answer;
use super::note::{Note, notes, of_count};
use crate::experiment::placement::study::{BusyShard, Detail, Outlook, Trial};
use crate::experiment::placement::{LargeKey, Part, salted_name};
use crate::model::hashing::shard_id;
use crate::report::summary::SCHEMA_VERSION;
use crate::scenario::inputs::HashForm;

impl Answer<'_> {
    /// The answer as JSON: one object, indented, with a line feed at its end.
    #[must_use]
    pub fn json(&self) -> String {
        let study = self.study;
        let sample = study.keys.sample();
        let traffic = study.question.traffic.map(|traffic| {
            json!({
                "records_per_s": traffic.rate.0,
                "record_size_bytes": traffic.record_size.map(|size| size.0),
            })
        });
        let salt = study.salt.as_ref().zip(study.largest.first()).map(|(salt, key)| {
            json!({
                "parts": salt.parts,
                "keys": salt.keys(),
                "first_name": salted_name(&key.name, 0),
                "last_name": salted_name(&key.name, salt.parts - 1),
            })
        });
        let busiest = study.details.first().and_then(|detail| {
            let busy = detail.busiest.first()?;
            Some(self.busy(busy, detail.placement.cells().len()))
        });
        let object = json!({
            "schema_version": SCHEMA_VERSION,
            "kinesim_version": env!("CARGO_PKG_VERSION"),
            "sample": {
                "file": self.file,
                "form": match sample.form() {
                    None => "keys",
                    Some(HashForm::Decimal) => "decimal hashes",
                    Some(HashForm::Hex) => "hexadecimal hashes",
                },
                "keys": sample.len(),
                "rows": sample.rows(),
                "weight": study.keys.total(),
            },
            "traffic": traffic,
            "salt": salt,
            "busiest": busiest,
            "largest_keys": study.largest.iter().map(|key| self.key(key)).collect::<Vec<_>>(),
            "placements": study.details.iter().map(|it| self.placement(it)).collect::<Vec<_>>(),
            "counts": study.trials.iter().map(count).collect::<Vec<_>>(),
            "findings": notes(study).iter().filter_map(finding).collect::<Vec<_>>(),
        });
        format!("{object:#}\n")
    }

    fn key(&self, key: &LargeKey) -> Value {
        let mut value = json!({
            "PartitionKey": key.name,
            "hash_key": key.hash.to_string(),
            "share": key.part.share,
            "flow": self.flow(key.part),
        });
        if let Some(traffic) = self.study.question.traffic {
            value["parts_needed"] = key.part.of(traffic).parts_needed().into();
        }
        value
    }

    fn busy(&self, busy: &BusyShard, shard_count: usize) -> Value {
        json!({
            "shard_count": shard_count,
            "ShardId": shard_id(busy.shard),
            "share": busy.cell.part.share,
            "keys": busy.cell.keys,
            "flow": self.flow(busy.cell.part),
            "largest_keys": busy.keys.iter().map(|key| self.key(key)).collect::<Vec<_>>(),
        })
    }

    fn placement(&self, detail: &Detail) -> Value {
        let count = detail.placement.cells().len();
        let shards: Vec<Value> = detail.busiest.iter().map(|busy| self.busy(busy, count)).collect();
        let trial = self.study.trials.iter().find(|trial| trial.shard_count as usize == count);
        let notes: Vec<Note> = trial.map(|trial| of_count(self.study, trial)).unwrap_or_default();
        json!({
            "shard_count": count,
            "even_share": 1.0 / count as f64,
            "usable_shards": detail.placement.usable(),
            "unused_shards": detail.placement.unused(),
            "busiest": shards,
            "findings": notes.iter().filter_map(finding).collect::<Vec<_>>(),
        })
    }

    /// Traffic and the part of a shard's limits it is; `null` where no rate is known.
    fn flow(&self, part: Part) -> Value {
        let flow = self.study.question.traffic.map(|traffic| part.of(traffic));
        flow.map_or(Value::Null, |flow| {
            json!({
                "records_per_s": flow.records_per_s,
                "bytes_per_s": flow.bytes_per_s,
                "load_share": flow.load,
                "put_record_load_share": flow.put_record_load,
            })
        })
    }
}

fn count(trial: &Trial) -> Value {
    let mut value = outlook(&trial.plain);
    value["shard_count"] = trial.shard_count.into();
    value["is_asked"] = trial.is_asked.into();
    value["salted"] = trial.salted.as_ref().map_or(Value::Null, outlook);
    value
}

fn outlook(outlook: &Outlook) -> Value {
    json!({
        "busiest_share": outlook.busiest_share,
        "usable_shards": outlook.usable,
        "unused_shards": outlook.unused,
        "nearest_load_share": outlook.limits.map(|limits| limits.load),
        "over_shards": outlook.limits.map(|limits| limits.over),
        "put_record_nearest_load_share": outlook.limits.map(|limits| limits.put_record_load),
        "put_record_over_shards": outlook.limits.map(|limits| limits.put_record_over),
    })
}

fn finding(note: &Note) -> Option<Value> {
    note.code.map(|code| json!({ "code": code, "text": note.text }))
}
