//! What people read: charts, tables, summaries.

pub mod chart;
