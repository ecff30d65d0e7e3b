//! K701 in words.

use std::collections::BTreeMap;

use super::Explanation;
use crate::experiment::bill::Mode;
use crate::experiment::finding::CheaperMode;
use crate::report::number;

pub(super) fn explain(it: &CheaperMode) -> Explanation {
    let less = 1.0 - it.other_month.dollars() / it.month.dollars().max(f64::MIN_POSITIVE);
    let cause = match it.billed {
        Mode::Provisioned => "shards are paid for by the hour, whatever passes through them",
        _ => "traffic is paid for by the GB, however few shards would carry it",
    };
    Explanation {
        title: "cheaper mode",
        text: format!(
            "a month like this run costs {} {}, {} less than the {} billed: {}{}.",
            number::money(it.other_month),
            it.other.name(),
            number::share_to(less, 2),
            number::money(it.month),
            it.billed.name(),
            if it.apart { "; the streams alone, without their consumers" } else { "" }
        ),
        cause: cause.to_owned(),
        measured: BTreeMap::from([
            ("month_usd", it.month.dollars()),
            ("other_month_usd", it.other_month.dollars()),
            ("less_share", less),
        ]),
        limit: BTreeMap::from([("less_share", 0.1)]),
        next: None,
    }
}
