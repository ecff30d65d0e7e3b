//! `alarms.csv`: every datapoint of every alarm.

use super::{Column, Rows, Table};
use crate::experiment::outcome::Outcome;
use crate::report::alarm::unit_name;
use crate::scenario::Scenario;

/// The table.
pub const TABLE: Table = Table {
    name: "alarms",
    row: "one whole period of one alarm; written only where the scenario has alarms",
    columns: COLUMNS,
    write,
};

/// Its columns.
pub const COLUMNS: &[Column] = &[
    Column { name: "alarm", meaning: "name of the alarm" },
    Column { name: "t_s", meaning: "start of the period [s]" },
    Column { name: "value", meaning: "its datapoint; empty where it is missing (CWA-07)" },
    Column { name: "threshold", meaning: "what it is held against, in the same unit" },
    Column {
        name: "unit",
        meaning: "`bytes`, `count`, `ms`, `share` (a part of one) or `records_per_s`",
    },
    Column {
        name: "evaluated_s",
        meaning: "when it is evaluated: the period's end and the alarm's delay [s]; empty where \
                  that is after the run's end",
    },
    Column {
        name: "state",
        meaning: "`OK`, `ALARM` or `INSUFFICIENT_DATA` from then on; empty as before",
    },
];

/// The table as CSV.
#[must_use]
pub fn write(scenario: &Scenario, outcome: &Outcome) -> Vec<u8> {
    let mut rows = Rows::new(COLUMNS);
    for (alarm, of) in scenario.alarms.iter().zip(&outcome.alarms) {
        let (unit, threshold) = (unit_name(alarm), alarm.rule.threshold.as_f64());
        for (index, point) in of.points.iter().enumerate() {
            rows.text(&alarm.name).float(of.start(index).as_s());
            match point.value {
                Some(value) => rows.float(value.as_f64()),
                None => rows.empty(),
            };
            rows.float(threshold).text(unit);
            match of.evaluated(index) {
                Some(at) => rows.float(at.as_s()).text(point.state.name()),
                None => rows.empty().empty(),
            };
            rows.end();
        }
    }
    rows.into_bytes()
}
