//! Telling what a run showed: screen, tables, files.

pub mod number;
pub mod table;
