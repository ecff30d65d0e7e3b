//! Telling what a run showed: screen, tables, charts, files.

pub mod chart;
pub mod directory;
mod event;
pub mod explanation;
pub mod files;
mod lateness;
pub mod manifest;
pub mod number;
pub mod summary;
pub mod table;
