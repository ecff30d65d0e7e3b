//! `retry` of whoever calls with an SDK: a profile, and what differs from it.

use super::Context;
use crate::model::plan::Jitter;
use crate::model::retry::{QuotaPlan, RetryPlan, RetryProfile, Wait};
use crate::scenario::file::{RetryTable, RetryWord};
use crate::scenario::leaf::Word;
use crate::scenario::or_table::OrTable;
use crate::scenario::problem::{Code, Path, Problem};
use crate::scenario::resolved::{Origin, quoted, span};
use crate::time::Span;

/// Longest delay that can be asked for.
const DELAY_MAX: Span = Span::from_s(86_400);
/// What retries cost where a profile has no quota of its own: as in "sdk-2026" (KDS-L09).
const COSTS: QuotaPlan = QuotaPlan { tokens: 500, throttled: 5, failed: 14, timed_out: 14 };

/// What the client of the producer or reader at `path` does about refused calls; where nothing is
/// given, it is `default`.
pub(super) fn retry(
    given: Option<OrTable<RetryWord, RetryTable>>,
    default: (RetryProfile, Origin),
    path: &Path,
    cx: &mut Context<'_>,
) -> RetryPlan {
    let shown = |profile: RetryProfile| match profile {
        RetryProfile::None => "false".to_owned(),
        profile => quoted(profile.name()),
    };
    let (usual, origin) = (shown(default.0), default.1);
    match given {
        None => {
            cx.resolved.line("retry", &usual, Some(origin));
            default.0.plan()
        }
        Some(OrTable::Plain(RetryWord(profile))) => {
            cx.resolved.given("retry", &shown(profile), (&usual, origin));
            profile.plan()
        }
        Some(OrTable::Table(table)) => changed(&table, path, cx),
    }
}

/// A profile with what `table` changes of it.
fn changed(table: &RetryTable, path: &Path, cx: &mut Context<'_>) -> RetryPlan {
    let default = (Word(RetryProfile::Sdk2026), Origin::Default);
    let profile =
        cx.resolved.pick("retry.profile", table.profile, default, |v| quoted(v.name())).0.plan();
    // The facts speak of the profile that is the default.
    let current = profile == RetryProfile::Sdk2026.plan();
    let of = |fact| if current { Origin::Fact(fact) } else { Origin::Default };
    let attempts = table.max_attempts.as_ref().map(|count| count.0);
    let default = (u64::from(profile.max_attempts), of("KDS-L06"));
    let attempts = cx.resolved.pick("retry.max_attempts", attempts, default, u64::to_string);
    let wait = profile.throttled;
    let mut delay = |key: &str, given: Option<Span>, default: Span| {
        cx.resolved.pick(key, given, (default, of("KDS-L07")), |v| span(*v))
    };
    let base = delay("retry.backoff", table.backoff.as_ref().map(|leaf| leaf.0), wait.base);
    let max = delay("retry.max_backoff", table.max_backoff.as_ref().map(|leaf| leaf.0), wait.max);
    let default = (Word(wait.jitter), of("KDS-L07"));
    let jitter: Word<Jitter> =
        cx.resolved.pick("retry.jitter", table.jitter, default, |v| quoted(v.name()));
    let tokens = table.quota.map(|quota| quota.0);
    let default = (profile.quota.map(|quota| quota.tokens), of("KDS-L09"));
    let tokens = cx.resolved.pick("retry.quota", tokens, default, |tokens| {
        tokens.map_or_else(|| "false".to_owned(), |tokens| tokens.to_string())
    });
    let quota = tokens.map(|tokens| QuotaPlan { tokens, ..profile.quota.unwrap_or(COSTS) });
    let path = path.key("retry");
    for (field, value) in [("backoff", base), ("max_backoff", max)] {
        if value > DELAY_MAX {
            let message = format!("`{field}` must be at most {DELAY_MAX}");
            cx.problem(Problem::new(Code::OutOfRange, &path.key(field), message));
        }
    }
    if base > max {
        let field = if table.backoff.is_some() { "backoff" } else { "max_backoff" };
        let message = format!("`backoff` is {base}, longer than `max_backoff`, which is {max}");
        cx.problem(Problem::new(Code::BadList, &path.key(field), message));
    }
    let throttled = Wait { base, max, jitter: jitter.0 };
    RetryPlan { max_attempts: attempts as u32, throttled, quota, ..profile }
}
