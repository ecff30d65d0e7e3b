//! The cases: loads that are measured, and how fast they must be.

use kinesim::model::plan::Plan;

use crate::records::{Load, overload, typical, unthrottled, wide};

/// A load, and how fast it is to be played.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) plan: Plan,
    /// The same for the baseline, where there is one.
    pub(crate) load: Option<Load>,
    pub(crate) target: Target,
}

/// What the simulator must reach.
pub(crate) enum Target {
    /// So many times as fast as the baseline.
    TimesBaseline(f64),
    /// So many times as fast as the real thing.
    TimesRealTime(f64),
    /// Nothing: it is only told.
    None,
}

/// Peak resident memory of the overload must stay below this [MiB].
pub(crate) const OVERLOAD_MIB_MAX: f64 = 60.0;

/// Every case, in the order of the table; short ones where `quick`.
pub(crate) fn all(quick: bool) -> [Case; 4] {
    let seconds = |full: u64| if quick { full / 10 } else { full };
    let (overload, unthrottled) = (overload(seconds(60)), unthrottled(seconds(300)));
    [
        Case {
            name: "overload",
            plan: overload.plan(),
            load: Some(overload),
            target: Target::TimesBaseline(2.5),
        },
        Case {
            name: "unthrottled",
            plan: unthrottled.plan(),
            load: Some(unthrottled),
            target: Target::TimesBaseline(2.0),
        },
        Case { name: "typical", plan: typical(seconds(60)), load: None, target: Target::None },
        Case {
            name: "wide",
            plan: wide(seconds(60)),
            load: None,
            target: Target::TimesRealTime(4.0),
        },
    ]
}
