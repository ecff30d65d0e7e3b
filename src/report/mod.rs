//! Telling what a run showed: screen, tables, files.

pub mod explanation;
pub mod number;
pub mod summary;
pub mod table;
