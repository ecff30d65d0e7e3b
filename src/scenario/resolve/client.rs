//! How a producer sends: `api`, `linger`, `retry` and `resend`.

use super::Context;
use crate::model::facts;
use crate::model::plan::{Api, Backoff, ClientPlan, Jitter};
use crate::scenario::file::{ApiWord, BackoffTable, ProducerTable};
use crate::scenario::leaf::Word;
use crate::scenario::or_table::OrTable;
use crate::scenario::problem::{Code, Path, Problem};
use crate::scenario::resolved::{Origin, quoted, span};
use crate::time::Span;

const LINGER: Span = Span::from_ms(100);
const DELAY_MAX: Span = Span::from_s(86_400);

/// The SDK's retries of a PutRecord (KDS-L06, KDS-L07).
const RETRY: (Backoff, Origin) = (
    Backoff {
        max_attempts: facts::SDK_MAX_ATTEMPTS,
        base: facts::SDK_BACKOFF_THROTTLED,
        max: facts::SDK_BACKOFF_MAX,
        jitter: Jitter::Full,
    },
    Origin::Fact("KDS-L07"),
);

/// A common loop over failed entries of PutRecords (SDK-27).
const RESEND: (Backoff, Origin) = (
    Backoff {
        max_attempts: facts::RESEND_MAX_ATTEMPTS,
        base: facts::RESEND_BACKOFF,
        max: facts::SDK_BACKOFF_MAX,
        jitter: Jitter::Full,
    },
    Origin::Assumed("SDK-27"),
);

/// Resolves the client's fields; the producer's table must be sound.
pub(super) fn client(table: &mut ProducerTable, path: &Path, cx: &mut Context<'_>) -> ClientPlan {
    let default = (Word(ApiWord::PutRecord), Origin::Default);
    let api = cx.resolved.pick("api", table.api, default, |v| quoted(v.name()));
    let linger = table.linger.map(|leaf| leaf.0);
    let (retry, resend) = (table.retry.take(), table.resend.take());
    if api.0 == ApiWord::PutRecord {
        for (field, given) in [("linger", linger.is_some()), ("resend", resend.is_some())] {
            if given {
                let instead = if field == "resend" { ", or call it `retry`" } else { "" };
                pointless(path, field, "PutRecord", instead, "PutRecords", cx);
            }
        }
        let backoff = backoff("retry", retry, RETRY, path, cx);
        return ClientPlan { api: Api::PutRecord, backoff };
    }
    if retry.is_some() {
        pointless(path, "retry", "PutRecords", ", or call it `resend`", "PutRecord", cx);
    }
    let default = (LINGER, Origin::Chosen);
    let linger = cx.resolved.pick("linger", linger, default, |v| span(*v));
    check_delay(linger, &path.key("linger"), cx);
    let backoff = backoff("resend", resend, RESEND, path, cx);
    ClientPlan { api: Api::PutRecords { linger }, backoff }
}

fn pointless(
    path: &Path,
    field: &str,
    api: &str,
    instead: &str,
    other: &str,
    cx: &mut Context<'_>,
) {
    let message = format!("`{field}` means nothing with `api = \"{api}\"`");
    let problem = Problem::new(Code::Pointless, &path.key(field), message).at_key();
    let problem = match field {
        "linger" => problem.note("a PutRecord call carries one record and waits for no other"),
        "resend" => problem.note("the SDK itself retries a refused PutRecord: `retry` says how"),
        _ => problem.note("no SDK retries refused entries of PutRecords (fact KDS-L05)"),
    };
    cx.problem(problem.help(format!("leave it out{instead}, or write `api = \"{other}\"`")));
}

fn backoff(
    field: &str,
    given: Option<OrTable<bool, BackoffTable>>,
    (default, origin): (Backoff, Origin),
    path: &Path,
    cx: &mut Context<'_>,
) -> Option<Backoff> {
    let table = match given {
        Some(OrTable::Plain(false)) => {
            let without = format!("{{ max_attempts = {} }}", default.max_attempts);
            cx.resolved.given(field, "false", (&without, origin_of_attempts(origin)));
            return None;
        }
        Some(OrTable::Table(table)) => table,
        Some(OrTable::Plain(true)) | None => BackoffTable::default(),
    };
    let key = |name: &str| format!("{field}.{name}");
    let attempts = table.max_attempts.map(|count| u64::from(count.0 as u32));
    let fallback = (u64::from(default.max_attempts), origin_of_attempts(origin));
    let attempts = cx.resolved.pick(&key("max_attempts"), attempts, fallback, u64::to_string);
    let base = table.backoff.map(|leaf| leaf.0);
    let base = cx.resolved.pick(&key("backoff"), base, (default.base, origin), |v| span(*v));
    let max = table.max_backoff.map(|leaf| leaf.0);
    let max_given = max.is_some();
    let max = cx.resolved.pick(&key("max_backoff"), max, (default.max, origin), |v| span(*v));
    let jitter =
        cx.resolved.pick(&key("jitter"), table.jitter, (Word(default.jitter), origin), |v| {
            quoted(v.name())
        });
    let path = path.key(field);
    check_delay(base, &path.key("backoff"), cx);
    check_delay(max, &path.key("max_backoff"), cx);
    if base > max {
        let (field, message) = if max_given {
            ("max_backoff", format!("`max_backoff` is shorter than the first backoff of {base}"))
        } else {
            ("backoff", format!("`backoff` is longer than `max_backoff`, which is {max}"))
        };
        cx.problem(Problem::new(Code::BadList, &path.key(field), message));
    }
    Some(Backoff { max_attempts: attempts as u32, base, max, jitter: jitter.0 })
}

/// How many attempts an SDK makes is a fact apart from how long it waits (KDS-L06).
fn origin_of_attempts(origin: Origin) -> Origin {
    match origin {
        Origin::Fact(_) => Origin::Fact("KDS-L06"),
        other => other,
    }
}

fn check_delay(delay: Span, path: &Path, cx: &mut Context<'_>) {
    if delay > DELAY_MAX {
        let message = format!("`{}` must be at most {DELAY_MAX}", path.field());
        cx.problem(Problem::new(Code::OutOfRange, path, message));
    }
}
