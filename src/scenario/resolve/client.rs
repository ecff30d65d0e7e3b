//! How a producer sends: `api`, `linger`, `retry` and `resend`.

use super::Context;
use crate::model::facts;
use crate::model::plan::{Api, BufferPlan, ClientPlan, Jitter, LatencyPlan};
use crate::model::retry::{RetryPlan, RetryProfile, Wait};
use crate::scenario::file::{ApiWord, BufferWord, LatencyTable, ProducerTable, ResendTable};
use crate::scenario::leaf::{Leaf, Word};
use crate::scenario::or_table::OrTable;
use crate::scenario::problem::{Code, Path, Problem};
use crate::scenario::resolved::{Origin, bytes, float, quoted, span};
use crate::time::Span;

const LINGER: Span = Span::from_ms(100);
const DELAY_MAX: Span = Span::from_s(86_400);
/// Longest latency that can be asked for.
const LATENCY_MAX: Span = Span::from_s(3_600);

/// A common loop over failed entries of PutRecords (SDK-27).
const RESEND: Wait =
    Wait { base: facts::RESEND_BACKOFF, max: facts::SDK_BACKOFF_MAX, jitter: Jitter::Full };

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
        let default = (RetryProfile::Sdk2026, Origin::Fact("KDS-L06"));
        let retry = super::retry::retry(retry, default, path, cx);
        return linked(ClientPlan::direct(Api::PutRecord, retry), table, path, cx);
    }
    if retry.is_some() {
        pointless(path, "retry", "PutRecords", ", or call it `resend`", "PutRecord", cx);
    }
    let default = (LINGER, Origin::Chosen);
    let linger = cx.resolved.pick("linger", linger, default, |v| span(*v));
    check_delay(linger, &path.key("linger"), cx);
    let retry = resending(resend, path, cx);
    linked(ClientPlan::direct(Api::PutRecords { linger }, retry), table, path, cx)
}

/// What lies between the client and the stream: `latency`, `max_in_flight`, `buffer` and
/// `internal_failure`.
fn linked(
    client: ClientPlan,
    table: &mut ProducerTable,
    path: &Path,
    cx: &mut Context<'_>,
) -> ClientPlan {
    let latency = latency(table.latency.take(), &path.key("latency"), cx);
    let max_in_flight = table.max_in_flight.as_ref().map(|count| count.0 as u32);
    if let Some(count) = max_in_flight {
        cx.resolved.line("max_in_flight", &count.to_string(), None);
    }
    let buffer = match table.buffer {
        None => BufferPlan::Unlimited,
        Some(BufferWord::Records(count)) => BufferPlan::Records(count),
        Some(BufferWord::Bytes(size)) => BufferPlan::Bytes(size),
    };
    match buffer {
        BufferPlan::Unlimited => {}
        BufferPlan::Records(count) => cx.resolved.line("buffer", &count.to_string(), None),
        BufferPlan::Bytes(size) => cx.resolved.line("buffer", &bytes(size), None),
    }
    let failure = table.internal_failure.map(|leaf| leaf.0.0);
    let default = (0.0, Origin::Fact("KDS-L04"));
    let internal_failure = cx.resolved.pick("internal_failure", failure, default, |v| float(*v));
    ClientPlan { latency, max_in_flight, buffer, internal_failure, ..client }
}

fn latency(
    given: Option<OrTable<Leaf<Span>, LatencyTable>>,
    path: &Path,
    cx: &mut Context<'_>,
) -> LatencyPlan {
    // AWS publishes neither values nor a shape (KDS-L03).
    let assumed = Origin::Assumed("KDS-L03");
    let table = match given {
        Some(OrTable::Table(table)) => table,
        plain => {
            let plain = plain.and_then(|plain| match plain {
                OrTable::Plain(leaf) => Some(leaf.0),
                OrTable::Table(_) => None,
            });
            let span = cx.resolved.pick("latency", plain, (Span::ZERO, assumed), |v| span(*v));
            check_latency(span, path, cx);
            return LatencyPlan::Constant(span);
        }
    };
    cx.resolved.assume("KDS-L03");
    for (field, value) in [("median", table.median), ("p99", table.p99)] {
        match value {
            Some(Leaf(value)) => {
                cx.resolved.line(&format!("latency.{field}"), &span(value), None);
                check_latency(value, &path.key(field), cx);
            }
            None => cx.missing(path, field, "`latency = { median = \"15 ms\", p99 = \"100 ms\" }`"),
        }
    }
    let (Some(Leaf(median)), Some(Leaf(p99))) = (table.median, table.p99) else {
        return LatencyPlan::Constant(Span::ZERO);
    };
    if median.is_zero() {
        let message = "`median` must be more than zero".to_owned();
        cx.problem(Problem::new(Code::OutOfRange, &path.key("median"), message));
    } else if p99 < median {
        let message = format!("`p99` is {p99}, less than `median`, which is {median}");
        cx.problem(Problem::new(Code::BadList, &path.key("p99"), message));
    }
    LatencyPlan::LogNormal { median, p99 }
}

fn check_latency(latency: Span, path: &Path, cx: &mut Context<'_>) {
    if latency > LATENCY_MAX {
        let message = format!("`{}` must be at most {LATENCY_MAX}", path.field());
        cx.problem(Problem::new(Code::OutOfRange, path, message));
    }
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

/// The application's loop over failed entries, which no SDK retries (SDK-24): it tells no errors
/// apart and has no tokens.
fn resending(
    given: Option<OrTable<bool, ResendTable>>,
    path: &Path,
    cx: &mut Context<'_>,
) -> RetryPlan {
    let table = match given {
        Some(OrTable::Plain(false)) => {
            let without = format!("{{ max_attempts = {} }}", facts::RESEND_MAX_ATTEMPTS);
            let assumed = Origin::Assumed("SDK-27");
            cx.resolved.given("resend", "false", (&without, assumed));
            return RetryPlan::NONE;
        }
        Some(OrTable::Table(table)) => table,
        Some(OrTable::Plain(true)) | None => ResendTable::default(),
    };
    let assumed = Origin::Assumed("SDK-27");
    let attempts = table.max_attempts.map(|count| count.0);
    let default = (u64::from(facts::RESEND_MAX_ATTEMPTS), assumed);
    let attempts = cx.resolved.pick("resend.max_attempts", attempts, default, u64::to_string);
    let (base, max) = (table.backoff.map(|leaf| leaf.0), table.max_backoff.map(|leaf| leaf.0));
    let max_given = max.is_some();
    let base = cx.resolved.pick("resend.backoff", base, (RESEND.base, assumed), |v| span(*v));
    let max = cx.resolved.pick("resend.max_backoff", max, (RESEND.max, assumed), |v| span(*v));
    let default = (Word(RESEND.jitter), assumed);
    let jitter = cx.resolved.pick("resend.jitter", table.jitter, default, |v| quoted(v.name())).0;
    let path = path.key("resend");
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
    let wait = Wait { base, max, jitter };
    RetryPlan { max_attempts: attempts as u32, throttled: wait, failed: wait, quota: None }
}

fn check_delay(delay: Span, path: &Path, cx: &mut Context<'_>) {
    if delay > DELAY_MAX {
        let message = format!("`{}` must be at most {DELAY_MAX}", path.field());
        cx.problem(Problem::new(Code::OutOfRange, path, message));
    }
}
