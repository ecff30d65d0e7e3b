//! K701: another way of being billed that costs less for the same traffic.

use crate::experiment::bill::{Bill, Mode, mode};
use crate::experiment::outcome::Outcome;
use crate::scenario::Scenario;
use crate::units::Money;

/// Stated where the other mode costs at most this much of what is billed (percent).
const PERCENT_MOST: i128 = 90;

/// Another way of being billed that costs less for the same traffic.
///
/// Stated where all streams are billed in one way, nothing was refused or lost, so that the other
/// mode would have had to take no more, and a month like the run costs at least 10 % less. What
/// consumers are billed for is left out: it is the same in every mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CheaperMode {
    /// How the streams are billed.
    pub billed: Mode,
    /// What a month like the run costs so.
    pub month: Money,
    /// The mode that costs least.
    pub other: Mode,
    /// What the same traffic costs there.
    pub other_month: Money,
    /// Whether consumers are billed on top.
    pub apart: bool,
}

/// K701 of the run.
pub(super) fn find(scenario: &Scenario, outcome: &Outcome) -> Option<CheaperMode> {
    let streams = scenario.plan.streams.iter().enumerate();
    let streams = streams.filter(|(_, it)| it.direct.is_none()).map(|it| it.0);
    let mut modes = streams.map(|stream| mode(scenario, outcome, stream));
    let billed = modes.next()?;
    let write = &outcome.write_judged;
    if modes.any(|mode| mode != billed) || write.throttled + write.lost_records > 0 {
        return None;
    }
    let bill = Bill::new(scenario, outcome);
    let month = bill.streams.filter(|_| write.accepted_records > 0)?;
    let others = bill.modes.iter().filter(|(mode, _)| *mode != billed);
    let others = others.filter_map(|(mode, month)| Some((*mode, (*month)?)));
    let (other, other_month) = others.min_by_key(|(_, month)| *month)?;
    let cheaper = other_month.0.saturating_mul(100) <= month.0.saturating_mul(PERCENT_MOST);
    let apart = bill.streams_apart().is_some();
    cheaper.then_some(CheaperMode { billed, month, other, other_month, apart })
}
