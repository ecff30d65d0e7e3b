//! The CSV files of a run and their columns, from the tables themselves.

use super::{Entry, Kind, ends};
use crate::report::table::{Column, TABLES, Table};

/// The files, then all their columns.
pub(super) fn entries() -> Vec<Entry> {
    let files = TABLES.iter().map(of_file);
    let columns = TABLES
        .iter()
        .flat_map(|table| table.columns.iter().map(move |column| of_column(table, column)));
    files.chain(columns).collect()
}

fn of_file(table: &Table) -> Entry {
    let line = |column: &Column| (column.name.to_owned(), column.meaning.to_owned());
    let file = format!("{}.csv", table.name);
    Entry {
        kind: Kind::File,
        name: file.clone(),
        meaning: format!("a row is {}", table.row),
        details: vec![("option".to_owned(), format!("`--csv {}`", table.name))],
        text: Vec::new(),
        members: table.columns.iter().map(line).collect(),
        keys: vec![file, table.name.to_owned()],
    }
}

fn of_column(table: &Table, column: &Column) -> Entry {
    let name = format!("{}.{}", table.name, column.name);
    Entry {
        kind: Kind::Column,
        meaning: column.meaning.to_owned(),
        details: vec![("file".to_owned(), format!("{}.csv", table.name))],
        text: Vec::new(),
        members: Vec::new(),
        keys: ends(&name),
        name,
    }
}
