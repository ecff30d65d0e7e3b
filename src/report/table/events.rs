//! `events.csv`: faults, actions, alarms, and when readers were current again.

use super::{Column, Rows, Table};
use crate::experiment::outcome::Outcome;
use crate::report::event::events;
use crate::scenario::Scenario;

/// The table.
pub const TABLE: Table = Table {
    name: "events",
    row: "something that happened at a moment; a scenario without faults, actions and alarms has \
          none",
    columns: COLUMNS,
    write,
};

/// Its columns.
pub const COLUMNS: &[Column] = &[
    Column { name: "t_s", meaning: "when it happened [s]" },
    Column {
        name: "what",
        meaning: "`fault_begins`, `fault_ends`, `current_again`: a reader is where it was \
                  before the fault, `action`, `action_holds`: an action that takes time has \
                  its effect, `registration_refused`, `consumer_active`: of enhanced fan-out \
                  (KDS-R32), `call`: one that changes shards was accepted, `call_refused`, \
                  `shards_change`, `limit_doubled`: of Direct PUT (FH-04), `stream_active`: the \
                  stream is no longer UPDATING, \
                  `mode_changes`, `alarm_fires`, `alarm_ends`, `alarm_state`: an alarm is in \
                  ALARM, no longer, or changed between the other two states",
    },
    Column { name: "target", meaning: "whom it concerns, as in the scenario: `reader.fraud`" },
    Column { name: "details", meaning: "what exactly, in words" },
];

/// The table as CSV.
#[must_use]
pub fn write(scenario: &Scenario, outcome: &Outcome) -> Vec<u8> {
    let mut rows = Rows::new(COLUMNS);
    for event in events(scenario, outcome) {
        rows.float(event.at.as_s()).text(event.what).text(&event.target).text(&event.details).end();
    }
    rows.into_bytes()
}
