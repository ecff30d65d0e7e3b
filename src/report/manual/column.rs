//! The CSV files of runs and studies and their columns, from the tables themselves.

use super::{Entry, Kind, ends};
use crate::report::study;
use crate::report::table::{Column, TABLES};

/// The files, then all their columns.
pub(super) fn entries() -> Vec<Entry> {
    let of_run = TABLES.iter().map(|table| {
        let option = ("option", format!("`--csv {}`", table.name));
        (table.name, table.row, table.columns, option)
    });
    let of_study = study::TABLES.iter().map(|table| {
        let command = ("command", format!("`kinesim {}`", table.command));
        (table.name, table.row, table.columns, command)
    });
    let all: Vec<_> = of_run.chain(of_study).collect();
    let files = all.iter().map(|(name, row, columns, origin)| of_file(name, row, columns, origin));
    let columns = all.iter().flat_map(|(table, _, columns, origin)| {
        columns.iter().map(move |column| of_column(table, column, origin))
    });
    files.chain(columns).collect()
}

fn of_file(table: &str, row: &str, columns: &[Column], origin: &(&str, String)) -> Entry {
    let line = |column: &Column| (column.name.to_owned(), column.meaning.to_owned());
    let file = format!("{table}.csv");
    Entry {
        kind: Kind::File,
        name: file.clone(),
        meaning: format!("a row is {row}"),
        details: vec![(origin.0.to_owned(), origin.1.clone())],
        text: Vec::new(),
        members: columns.iter().map(line).collect(),
        keys: vec![file, table.to_owned()],
    }
}

fn of_column(table: &str, column: &Column, origin: &(&str, String)) -> Entry {
    let name = format!("{table}.{}", column.name);
    Entry {
        kind: Kind::Column,
        meaning: column.meaning.to_owned(),
        details: vec![
            ("file".to_owned(), format!("{table}.csv")),
            (origin.0.to_owned(), origin.1.clone()),
        ],
        text: Vec::new(),
        members: Vec::new(),
        keys: ends(&name),
        name,
    }
}
