//! Telling what a run showed: screen, tables, charts, files.

mod alarm;
mod change;
pub mod chart;
pub mod check;
pub mod directory;
mod event;
pub mod explanation;
pub mod facts;
pub mod files;
pub mod manifest;
pub mod manual;
pub mod number;
pub mod placement;
pub mod study;
pub mod summary;
pub mod table;
pub mod trace;
mod update;
