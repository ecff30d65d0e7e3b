//! `[model.write]`: how a shard enforces its write limits.

use super::Context;
use crate::model::facts;
use crate::model::plan::{Enforcer, Rounding, StreamPlan};
use crate::scenario::file::{ApiWord, EnforcerWord, ModelTable, ProducerTable};
use crate::scenario::leaf::Word;
use crate::scenario::problem::{Code, Path, Problem};
use crate::scenario::resolved::{Origin, bytes, quoted};
use crate::units::Bytes;

/// `[model]`, each value with whether it was given.
pub(super) struct Model {
    enforcer: EnforcerWord,
    enforcer_given: bool,
    burst_records: Option<u64>,
    burst_bytes: Option<Bytes>,
    pub(super) rounding: Rounding,
    rounding_given: bool,
    /// Whether sizes are summed over a call before they are rounded.
    rounds_calls: bool,
}

/// Reads `[model]`.
pub(super) fn model(table: ModelTable, producers: &[ProducerTable], cx: &mut Context<'_>) -> Model {
    let table = table.write.unwrap_or_default().0;
    let path = Path::of("model").key("write");
    let model = Model {
        enforcer: table.enforcer.map_or(EnforcerWord::TokenBucket, |word| word.0),
        enforcer_given: table.enforcer.is_some(),
        burst_records: table.burst_records.map(|count| count.0),
        burst_bytes: table.burst_bytes.map(|leaf| leaf.0),
        rounding: table.rounding.map_or(Rounding::Kib, |word| word.0),
        rounding_given: table.rounding.is_some(),
        rounds_calls: producers
            .iter()
            .filter(|producer| producer.target.is_none())
            .any(|producer| producer.api.is_some_and(|api| api.0 == ApiWord::PutRecords)),
    };
    let range = Bytes::kib(1)..=Bytes::mib(1 << 10);
    if model.burst_bytes.is_some_and(|burst| !range.contains(&burst)) {
        let message = "`burst_bytes` must be between 1 KiB and 1 GiB";
        cx.problem(Problem::new(Code::OutOfRange, &path.key("burst_bytes"), message));
    }
    let bucket = model.enforcer == EnforcerWord::TokenBucket;
    for (field, given) in [
        ("burst_records", model.burst_records.is_some()),
        ("burst_bytes", model.burst_bytes.is_some()),
    ] {
        if given && !bucket && cx.sound(&path) {
            let word = Word(model.enforcer).name();
            let message = format!("`{field}` means nothing with `enforcer = \"{word}\"`");
            let problem = Problem::new(Code::Pointless, &path.key(field), message).at_key();
            cx.problem(problem.help("leave it out, or write `enforcer = \"token-bucket\"`"));
        }
    }
    model
}

impl Model {
    /// The enforcer of a stream with records of up to `record_max`: its bucket is as deep as AWS
    /// describes where large records are allowed (KDS-W30).
    pub(super) fn enforcer(&self, record_max: Bytes) -> Enforcer {
        let large = record_max > facts::RECORD_BYTES_DEFAULT;
        let default = if large { facts::WRITE_BURST_BYTES_LARGE } else { facts::WRITE_BURST_BYTES };
        let records = self.burst_records.unwrap_or(facts::WRITE_BURST_RECORDS);
        match self.enforcer {
            EnforcerWord::TokenBucket => {
                Enforcer::TokenBucket { records, bytes: self.burst_bytes.unwrap_or(default).0 }
            }
            EnforcerWord::Tank => {
                Enforcer::TokenBucket { records, bytes: facts::WRITE_BURST_BYTES_LARGE.0 }
            }
            EnforcerWord::FixedWindow => Enforcer::FixedWindow,
        }
    }

    /// Writes `[model]` into the resolved text.
    pub(super) fn write_down(&self, streams: &[StreamPlan], cx: &mut Context<'_>) {
        let given = self.enforcer_given
            || self.rounding_given
            || self.burst_bytes.is_some()
            || self.burst_records.is_some();
        if !given && streams.iter().all(|it| it.direct.is_some()) {
            // They are of shards.
            return cx.resolved.table("[model]");
        }
        // Whatever is chosen, what AWS does below one second is not published.
        cx.resolved.assume("KDS-W29");
        cx.resolved.table("[model]");
        let default = (Word(EnforcerWord::TokenBucket), Origin::Assumed("KDS-W30"));
        let enforcer = self.enforcer_given.then_some(Word(self.enforcer));
        cx.resolved.pick("write.enforcer", enforcer, default, |v| quoted(v.name()));
        if self.enforcer == EnforcerWord::TokenBucket {
            let default = (facts::WRITE_BURST_RECORDS, Origin::Assumed("KDS-W30"));
            cx.resolved.pick("write.burst_records", self.burst_records, default, u64::to_string);
            let is_large = |it: &StreamPlan| it.record_max > facts::RECORD_BYTES_DEFAULT;
            let large = streams.iter().filter(|it| is_large(it)).count();
            let default = match large {
                0 => facts::WRITE_BURST_BYTES,
                _ => facts::WRITE_BURST_BYTES_LARGE,
            };
            if self.burst_bytes.is_none() && large > 0 && large < streams.len() {
                // A line would hold for all streams.
                let text = "write.burst_bytes: 10 MiB for streams with records above 1 MiB, else \
                            1 MiB (assumed, KDS-W30)";
                cx.resolved.comment(text);
            } else {
                let default = (default, Origin::Assumed("KDS-W30"));
                cx.resolved.pick("write.burst_bytes", self.burst_bytes, default, |v| bytes(*v));
            }
        }
        if self.rounds_calls && self.rounding == Rounding::Kib {
            // Given or not: that the sum is taken a shard is an assumption.
            cx.resolved.assume("KDS-W07");
        }
        let fact =
            if self.rounds_calls { Origin::Assumed("KDS-W07") } else { Origin::Fact("KDS-W06") };
        let rounding = self.rounding_given.then_some(Word(self.rounding));
        let default = (Word(Rounding::Kib), fact);
        cx.resolved.pick("write.rounding", rounding, default, |v| quoted(v.name()));
    }
}
