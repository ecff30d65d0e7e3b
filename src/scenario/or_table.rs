//! Fields that are a table, or a plain value instead, without losing the place of what is inside.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::{
    BoolDeserializer, F64Deserializer, I64Deserializer, MapAccessDeserializer,
    SeqAccessDeserializer, StrDeserializer,
};
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// A field that is a plain value or a table: `rate = "12k/s"` or `[producer.rate]`.
#[derive(Debug)]
pub(super) enum OrTable<S, T> {
    /// The plain value.
    Plain(S),
    /// The table.
    Table(T),
}

impl<'de, S: Deserialize<'de>, T: Deserialize<'de>> Deserialize<'de> for OrTable<S, T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OrTableVisitor(PhantomData))
    }
}

struct OrTableVisitor<S, T>(PhantomData<(S, T)>);

impl<'de, S: Deserialize<'de>, T: Deserialize<'de>> Visitor<'de> for OrTableVisitor<S, T> {
    type Value = OrTable<S, T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value or a table")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        S::deserialize(StrDeserializer::new(text)).map(OrTable::Plain)
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Self::Value, E> {
        S::deserialize(I64Deserializer::new(number)).map(OrTable::Plain)
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Self::Value, E> {
        S::deserialize(F64Deserializer::new(number)).map(OrTable::Plain)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Self::Value, E> {
        S::deserialize(BoolDeserializer::new(value)).map(OrTable::Plain)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, values: A) -> Result<Self::Value, A::Error> {
        S::deserialize(SeqAccessDeserializer::new(values)).map(OrTable::Plain)
    }

    fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(entries)).map(OrTable::Table)
    }
}

/// A field that is a table and nothing else: by itself serde would also take a list as the fields
/// in their order.
#[derive(Debug, Default)]
pub(super) struct Table<T>(pub(super) T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Table<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TableVisitor(PhantomData))
    }
}

struct TableVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for TableVisitor<T> {
    type Value = Table<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a table")
    }

    fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(entries)).map(Table)
    }
}
