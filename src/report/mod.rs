//! Telling what a run showed: screen, tables, charts, files.

pub mod chart;
pub mod check;
pub mod directory;
pub mod explanation;
pub mod files;
pub mod manifest;
pub mod number;
pub mod summary;
pub mod table;
