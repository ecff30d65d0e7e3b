//! `stream.encryption`.

use super::Context;
use crate::model::facts;
use crate::model::plan::EncryptionPlan;
use crate::scenario::file::EncryptionTable;
use crate::scenario::or_table::OrTable;
use crate::scenario::problem::{Code, Path, Problem, with_commas};
use crate::scenario::resolved::{Origin, span};
use crate::time::Span;

/// Longest latency that can be asked for.
const LATENCY_MAX: Span = Span::from_s(3_600);

/// Resolves the field of a stream that has `users` producers and readers.
pub(super) fn encryption(
    given: Option<OrTable<bool, EncryptionTable>>,
    users: usize,
    path: &Path,
    cx: &mut Context<'_>,
) -> Option<EncryptionPlan> {
    let table = match given? {
        OrTable::Plain(false) => {
            cx.resolved.line("encryption", "false", None);
            return None;
        }
        OrTable::Plain(true) => EncryptionTable::default(),
        OrTable::Table(table) => table,
    };
    let given = table.latency.map(|leaf| leaf.0);
    // That it is less than this as a rule is all that is published.
    let default = (facts::ENCRYPTION_LATENCY, Origin::Assumed("KDS-K04"));
    let latency = cx.resolved.pick("encryption.latency", given, default, |v| span(*v));
    if latency > LATENCY_MAX {
        let message = format!("`latency` must be at most {LATENCY_MAX}");
        let problem = Problem::new(Code::OutOfRange, &path.key("latency"), message);
        let note = "AWS says less than 100 us as a rule (fact KDS-K04, documented)";
        cx.problem(problem.note(note));
    }
    let given = table.credentials.map(|count| count.0);
    let default = (users.max(1) as u64, Origin::Chosen);
    let credentials =
        cx.resolved.pick("encryption.credentials", given, default, u64::to_string) as u32;
    let plan = EncryptionPlan { latency, credentials };
    let text = format!(
        "about {} calls to KMS in {} while readers are at the tip (facts KDS-K02, KDS-K03)",
        with_commas(plan.kms_calls(facts::KMS_CALLS_PERIOD)),
        facts::KMS_CALLS_PERIOD
    );
    cx.resolved.comment(&text);
    Some(plan)
}
