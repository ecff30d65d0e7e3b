//! Where a field belongs that stands in the wrong table.

use serde::de::value::{Error, MapDeserializer};
use serde::de::{Deserialize, Error as _};

use crate::scenario::file::{
    AccountTable, ActionTable, AdvantagePricesTable, AlarmTable, AutoscalerTable, ErrorsTable,
    FaultTable, FilterTable, FirehosePricesTable, FirehoseTable, GetRecordsTable, HintsTable,
    HistoryTable, InitialTable, InvocationTable, LambdaPricesTable, LambdaTable, LatencyTable,
    ModelFanOutTable, ModelFirehoseTable, ModelLambdaTable, ModelOnDemandTable, ModelReshardTable,
    ModelRetentionTable, ModelTable, ModelWriteTable, OnDemandPricesTable, PartitioningTable,
    PartitionsTable, PricesTable, ProcessingTable, ProducerTable, RateTable, ReaderTable,
    ResendTable, RetryOptionsTable, RetryTable, ScaleTable, ScenarioTable, StateTable, StreamTable,
    TraceTable, TransformTable,
};

/// A table's name and the fields it has.
type Home = (&'static str, fn() -> Vec<String>);

/// Tables whose fields are looked for, the likeliest first.
const HOMES: [Home; 44] = [
    ("[scenario]", fields::<ScenarioTable>),
    ("[stream]", fields::<StreamTable>),
    ("[[producer]]", fields::<ProducerTable>),
    ("[[reader]]", fields::<ReaderTable>),
    ("[[lambda]]", fields::<LambdaTable>),
    ("[[firehose]]", fields::<FirehoseTable>),
    ("[account]", fields::<AccountTable>),
    ("[model]", fields::<ModelTable>),
    ("[model.write]", fields::<ModelWriteTable>),
    ("[reader.get_records]", fields::<GetRecordsTable>),
    ("[reader.processing]", fields::<ProcessingTable>),
    ("[producer.rate]", fields::<RateTable>),
    ("[producer.retry]", fields::<RetryTable>),
    ("[producer.resend]", fields::<ResendTable>),
    ("[producer.latency]", fields::<LatencyTable>),
    ("[producer.trace]", fields::<TraceTable>),
    ("[reader.retry]", fields::<RetryTable>),
    ("[lambda.invocation_duration]", fields::<InvocationTable>),
    ("[lambda.errors]", fields::<ErrorsTable>),
    ("[lambda.filter_criteria]", fields::<FilterTable>),
    ("[lambda.window_state]", fields::<StateTable>),
    ("[firehose.buffering_hints]", fields::<HintsTable>),
    ("[firehose.retry_options]", fields::<RetryOptionsTable>),
    ("[firehose.processing_configuration]", fields::<TransformTable>),
    ("[firehose.dynamic_partitioning]", fields::<PartitioningTable>),
    ("[firehose.dynamic_partitioning.partitions]", fields::<PartitionsTable>),
    ("[stream.initial_backlog]", fields::<InitialTable>),
    ("[model.fan_out]", fields::<ModelFanOutTable>),
    ("[model.retention]", fields::<ModelRetentionTable>),
    ("[model.reshard]", fields::<ModelReshardTable>),
    ("[model.on_demand]", fields::<ModelOnDemandTable>),
    ("[model.lambda]", fields::<ModelLambdaTable>),
    ("[model.firehose]", fields::<ModelFirehoseTable>),
    ("[stream.history]", fields::<HistoryTable>),
    ("[autoscaler]", fields::<AutoscalerTable>),
    ("[autoscaler.scale_up]", fields::<ScaleTable>),
    ("[[fault]]", fields::<FaultTable>),
    ("[[action]]", fields::<ActionTable>),
    ("[[alarm]]", fields::<AlarmTable>),
    ("[prices]", fields::<PricesTable>),
    ("[prices.on_demand]", fields::<OnDemandPricesTable>),
    ("[prices.advantage]", fields::<AdvantagePricesTable>),
    ("[prices.lambda]", fields::<LambdaPricesTable>),
    ("[prices.firehose]", fields::<FirehosePricesTable>),
];

/// The tables that have a field called `field`.
pub(super) fn of(field: &str) -> Vec<&'static str> {
    let has = |(_, fields): &&Home| fields().iter().any(|name| name == field);
    HOMES.iter().filter(has).map(|(table, _)| *table).collect()
}

/// The likeliest path of a field that was named alone, as `--set` takes it.
pub(super) fn path(field: &str) -> Option<String> {
    let home = *of(field).first()?;
    let table = home.trim_matches(['[', ']']);
    let named = if home.starts_with("[[") { ".NAME" } else { "" };
    Some(match table.split_once('.') {
        Some((list @ ("producer" | "reader" | "lambda" | "firehose"), below)) => {
            format!("{list}.NAME.{below}.{field}")
        }
        _ => format!("{table}{named}.{field}"),
    })
}

/// The fields of a table: what serde names when it meets one that is not there.
fn fields<T: for<'de> Deserialize<'de>>() -> Vec<String> {
    let nothing = std::iter::once(("", ()));
    let error = match T::deserialize(MapDeserializer::new(nothing)) {
        Ok(_) => Error::custom(""),
        Err::<T, Error>(error) => error,
    };
    expected(&error.to_string()).map(str::to_owned).collect()
}

/// The names that serde's message about an unknown field lists.
pub(super) fn expected(message: &str) -> impl Iterator<Item = &str> {
    let list = message.rsplit_once(", expected ").map_or("", |(_, list)| list);
    list.split('`').skip(1).step_by(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_knows_its_fields() {
        assert_eq!(of("duration"), ["[scenario]", "[firehose.retry_options]"]);
        assert_eq!(of("limit"), ["[reader.get_records]"]);
        assert_eq!(of("write"), ["[model]"]);
        assert_eq!(of("shard_quota"), ["[account]"]);
        assert_eq!(
            of("name"),
            ["[stream]", "[[producer]]", "[[reader]]", "[[lambda]]", "[[firehose]]", "[[alarm]]"]
        );
        assert_eq!(of("nowhere"), [""; 0]);
        assert_eq!(path("duration").as_deref(), Some("scenario.duration"));
        assert_eq!(path("rate").as_deref(), Some("producer.NAME.rate"));
        assert_eq!(path("limit").as_deref(), Some("reader.NAME.get_records.limit"));
        assert_eq!(path("rounding").as_deref(), Some("model.write.rounding"));
        assert!(HOMES.iter().all(|(_, fields)| !fields().is_empty()));
    }
}
