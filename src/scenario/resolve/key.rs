//! `producer.partition_key` and `producer.explicit_hash_key`.

use std::sync::Arc;

use super::budget::Good;
use super::{Context, key_drift};
use crate::model::key_weights;
use crate::model::keys::{name_count, name_of};
use crate::model::plan::{ExplicitPlan, KeyDrift, KeyNames, KeyPlan, KeyWeights};
use crate::quantity::shown;
use crate::scenario::file::{Dist, HashKeyTable, KeyTable};
use crate::scenario::inputs::read_keys;
use crate::scenario::leaf::{HashKey, Word};
use crate::scenario::or_table::OrTable;
use crate::scenario::problem::{Code, Path, Problem, with_commas};
use crate::scenario::resolved::{Origin, float, list, quoted};
use crate::time::{Instant, Span};

/// Length of a UUID, which a random key is metered as (D4) (bytes).
pub(super) const RANDOM_KEY_BYTES: u64 = 36;
/// Characters a partition key may have.
pub(super) const KEY_CHARS_MAX: usize = 256;
/// Keys a producer may have.
pub(super) const KEYS_MAX: usize = 10_000_000;

/// Resolves the partition key.
pub(super) fn keys(
    given: Option<OrTable<String, KeyTable>>,
    path: &Path,
    cx: &mut Context<'_>,
) -> Option<KeyPlan> {
    let (mut changes, mut rotate) = (None, None);
    let (names, weights) = match given {
        None => {
            let origin = Some(Origin::Default);
            cx.resolved.line("partition_key.dist", &quoted("random"), origin);
            (KeyNames::Random { bytes: RANDOM_KEY_BYTES }, KeyWeights::Uniform)
        }
        Some(OrTable::Plain(key)) => constant(key, path, cx)?,
        Some(OrTable::Table(mut table)) => {
            (changes, rotate) = (table.changes.take(), table.rotate.take());
            from_table(table, path, cx)?
        }
    };
    let mut plan = KeyPlan { names, weights, drift: KeyDrift::None, explicit: None, placement: 0 };
    cx.spend(Good::Keys, u64::from(name_count(&plan.names)), path)?;
    plan.drift = key_drift::drift(&plan, changes, rotate, path, cx)?;
    Some(plan)
}

fn constant(key: String, path: &Path, cx: &mut Context<'_>) -> Option<(KeyNames, KeyWeights)> {
    cx.resolved.line("partition_key", &quoted(&key), None);
    check_key(&key, path, cx).then(|| (KeyNames::Listed(Arc::new(vec![key])), KeyWeights::Uniform))
}

fn from_table(
    table: KeyTable,
    path: &Path,
    cx: &mut Context<'_>,
) -> Option<(KeyNames, KeyWeights)> {
    let present = [
        ("dist", table.dist.is_some()),
        ("values", table.values.is_some()),
        ("file", table.file.is_some()),
        ("value", table.value.is_some()),
        ("count", table.count.is_some()),
        ("exponent", table.exponent.is_some()),
        ("format", table.format.is_some()),
        ("weights", table.weights.is_some()),
    ];
    let forms: [&[&str]; 3] =
        [&["dist", "value", "count", "exponent", "format"], &["values", "weights"], &["file"]];
    let help = "write `dist`, `values`, or `file`";
    match cx.one_form(path, &present, &forms, help)? {
        0 => from_dist(table, path, cx),
        1 => {
            let Some(values) = table.values else {
                cx.missing(path, "values", "`values = [\"a\", \"b\"]` beside `weights`");
                return None;
            };
            let given: Option<Vec<f64>> = table.weights.map(|w| w.iter().map(|w| w.0).collect());
            let origin = if given.is_some() { None } else { Some(Origin::Default) };
            let weights = cx.weights(path, given, values.len())?;
            cx.resolved.line("partition_key.values", &list(&values, |v| quoted(v)), None);
            cx.resolved.line("partition_key.weights", &list(&weights, |w| float(*w)), origin);
            let values_path = path.key("values");
            for (i, key) in values.iter().enumerate() {
                if !check_key(key, &values_path.index(i), cx) {
                    return None;
                }
            }
            Some(listed(values, weights))
        }
        _ => from_file(&table.file?, &path.key("file"), cx),
    }
}

fn listed(names: Vec<String>, weights: Vec<f64>) -> (KeyNames, KeyWeights) {
    (KeyNames::Listed(Arc::new(names)), KeyWeights::Listed(Arc::new(weights)))
}

fn from_file(file: &str, path: &Path, cx: &mut Context<'_>) -> Option<(KeyNames, KeyWeights)> {
    cx.resolved.line("partition_key.file", &quoted(file), None);
    let keys = cx.read(path, file, read_keys)?;
    let sum: f64 = keys.iter().map(|(_, weight)| weight).sum();
    let (names, weights): (Vec<String>, Vec<f64>) = keys.into_iter().unzip();
    if sum <= 0.0 || !sum.is_finite() {
        let message = format!("{} has no keys with a positive weight", shown(file));
        cx.problem(Problem::new(Code::BadContent, path, message));
        return None;
    }
    check_keys_of_file(&names, file, path, cx).then(|| listed(names, weights))
}

/// Whether all keys a file brought are keys, and not too many.
pub(super) fn check_keys_of_file(
    names: &[String],
    file: &str,
    path: &Path,
    cx: &mut Context<'_>,
) -> bool {
    if names.len() > KEYS_MAX {
        let (most, file) = (with_commas(KEYS_MAX as u64), shown(file));
        let message = format!("{file} has more than {most} keys");
        cx.problem(Problem::new(Code::TooMany, path, message));
        return false;
    }
    let bad = names.iter().find(|key| !(1..=KEY_CHARS_MAX).contains(&key.chars().count()));
    if let Some(key) = bad {
        let message = format!(
            "{} has a key of {} characters: {}",
            shown(file),
            key.chars().count(),
            shown(key)
        );
        let problem = Problem::new(Code::BadContent, path, message);
        cx.problem(problem.help("a partition key has 1 to 256 characters"));
    }
    if names.iter().any(|key| !key.is_ascii()) {
        cx.resolved.assume("KDS-W05");
    }
    bad.is_none()
}

pub(super) fn check_key(key: &str, path: &Path, cx: &mut Context<'_>) -> bool {
    if !key.is_ascii() {
        // Whether such keys are metered in bytes or characters is not published.
        cx.resolved.assume("KDS-W05");
    }
    let characters = key.chars().count();
    let fits = (1..=KEY_CHARS_MAX).contains(&characters);
    if !fits {
        let message = format!("a partition key cannot have {characters} characters");
        let problem = Problem::new(Code::OutOfRange, path, message);
        cx.problem(problem.help("it has 1 to 256 characters"));
    }
    fits
}

fn from_dist(table: KeyTable, path: &Path, cx: &mut Context<'_>) -> Option<(KeyNames, KeyWeights)> {
    let Some(Word(dist)) = table.dist else {
        cx.missing(path, "dist", "`dist = \"uniform\"` or `dist = \"zipf\"`");
        return None;
    };
    let word = Word(dist).name();
    cx.resolved.line("partition_key.dist", &quoted(word), None);
    let allowed: &[&str] = match dist {
        Dist::Random => &[],
        Dist::Constant => &["value"],
        Dist::Uniform => &["count", "format"],
        Dist::Zipf => &["count", "exponent", "format"],
    };
    let mut sound = true;
    for (field, given) in [
        ("value", table.value.is_some()),
        ("count", table.count.is_some()),
        ("exponent", table.exponent.is_some()),
        ("format", table.format.is_some()),
    ] {
        let needed = field != "format" && allowed.contains(&field);
        if given && !allowed.contains(&field) {
            let message = format!("`{field}` means nothing with `dist = \"{word}\"`");
            let problem = Problem::new(Code::Pointless, &path.key(field), message).at_key();
            cx.problem(problem.help("leave it out"));
            sound = false;
        } else if needed && !given {
            let example = match field {
                "value" => "`value = \"key\"`",
                "count" => "`count = 200`",
                _ => "`exponent = 1.0`",
            };
            cx.missing(path, field, example);
            sound = false;
        }
    }
    if !sound {
        return None;
    }
    match dist {
        Dist::Random => Some((KeyNames::Random { bytes: RANDOM_KEY_BYTES }, KeyWeights::Uniform)),
        Dist::Constant => {
            let key = table.value?;
            cx.resolved.line("partition_key.value", &quoted(&key), None);
            check_key(&key, &path.key("value"), cx)
                .then(|| (KeyNames::Listed(Arc::new(vec![key])), KeyWeights::Uniform))
        }
        Dist::Uniform | Dist::Zipf => {
            let count = table.count?.0 as u32;
            cx.resolved.line("partition_key.count", &count.to_string(), None);
            let weights = match table.exponent {
                Some(exponent) => {
                    cx.resolved.line("partition_key.exponent", &float(exponent.0), None);
                    KeyWeights::Zipf { exponent: exponent.0 }
                }
                None => KeyWeights::Uniform,
            };
            numbered(table.format, count, path, cx).map(|names| (names, weights))
        }
    }
}

/// Keys made of a number: `tenant-{:04}`.
fn numbered(
    format: Option<String>,
    count: u32,
    path: &Path,
    cx: &mut Context<'_>,
) -> Option<KeyNames> {
    let default = ("key-{}".to_owned(), Origin::Default);
    let format = cx.resolved.pick("partition_key.format", format, default, |v| quoted(v));
    let path = path.key("format");
    let Some((prefix, width, suffix)) = split_format(&format) else {
        let message = format!("{} does not say where the number goes", shown(&format));
        let problem = Problem::new(Code::BadQuantity, &path, message);
        cx.problem(problem.help("write \"key-{}\", or \"key-{:04}\" for at least four digits"));
        return None;
    };
    let names =
        KeyNames::Numbered { count, prefix: prefix.to_owned(), width, suffix: suffix.to_owned() };
    let digits = width.max(count.to_string().len());
    let longest = format!("{prefix}{}{suffix}", "0".repeat(digits));
    check_key(&longest, &path, cx).then_some(names)
}

/// Prefix, least number of digits, and suffix of `tenant-{:04}`.
fn split_format(format: &str) -> Option<(&str, usize, &str)> {
    let (prefix, rest) = format.split_once('{')?;
    let (spec, suffix) = rest.split_once('}')?;
    if prefix.contains('}') || suffix.contains(['{', '}']) {
        return None;
    }
    let width = if spec.is_empty() {
        1
    } else {
        let digits = spec.strip_prefix(":0")?;
        let plain = digits.bytes().all(|b| b.is_ascii_digit());
        let width = digits.parse().ok().filter(|_| plain)?;
        (1..=20).contains(&width).then_some(width)?
    };
    Some((prefix, width, suffix))
}

/// Resolves explicit hash keys.
pub(super) fn explicit(
    given: OrTable<HashKey, HashKeyTable>,
    path: &Path,
    cx: &mut Context<'_>,
) -> Option<ExplicitPlan> {
    let hash = |key: &HashKey| quoted(&key.0.to_string());
    let table = match given {
        OrTable::Plain(key) => {
            cx.resolved.line("explicit_hash_key", &hash(&key), None);
            return Some(ExplicitPlan::Weighted(vec![(key.0, 1.0)]));
        }
        OrTable::Table(table) => table,
    };
    let present = [
        ("dist", table.dist.is_some()),
        ("values", table.values.is_some()),
        ("weights", table.weights.is_some()),
    ];
    let forms: [&[&str]; 2] = [&["dist"], &["values", "weights"]];
    if cx.one_form(path, &present, &forms, "write `dist = \"random\"` or `values`")? == 0 {
        cx.resolved.line("explicit_hash_key.dist", &quoted("random"), None);
        return Some(ExplicitPlan::Random);
    }
    let Some(values) = table.values else {
        cx.missing(path, "values", "`values = [\"0\"]` beside `weights`");
        return None;
    };
    let given: Option<Vec<f64>> =
        table.weights.map(|weights| weights.iter().map(|w| w.0).collect());
    let origin = if given.is_some() { None } else { Some(Origin::Default) };
    let weights = cx.weights(path, given, values.len())?;
    cx.resolved.line("explicit_hash_key.values", &list(&values, hash), None);
    cx.resolved.line("explicit_hash_key.weights", &list(&weights, |w| float(*w)), origin);
    Some(ExplicitPlan::Weighted(values.iter().map(|key| key.0).zip(weights).collect()))
}

/// Length of the longest key (bytes).
pub(super) fn longest(plan: &KeyPlan) -> u64 {
    let named = match &plan.names {
        KeyNames::Random { bytes } => *bytes,
        KeyNames::Numbered { count, prefix, width, suffix } => {
            (prefix.len() + suffix.len() + (*width).max(count.to_string().len())) as u64
        }
        KeyNames::Listed(keys) => longest_of(keys),
    };
    match &plan.drift {
        KeyDrift::Hot { others, .. } => named.max(longest_of(others)),
        KeyDrift::None | KeyDrift::Rotate { .. } => named,
    }
}

fn longest_of(keys: &[String]) -> u64 {
    keys.iter().map(String::len).max().unwrap_or(0) as u64
}

/// Mean length of a record's key (bytes). Where weights change, over time: as at a steady rate.
pub(super) fn mean(plan: &KeyPlan, duration: Span) -> f64 {
    if plan.drift != KeyDrift::None {
        let end = Instant::ZERO + duration;
        let shares = key_weights::average(plan, end, Instant::as_s);
        let of = |(i, share): (usize, f64)| share * name_of(plan, i as u32).len() as f64;
        let listed: f64 = shares.iter().copied().enumerate().map(of).sum();
        let fresh = match plan.names {
            KeyNames::Random { bytes } => bytes as f64 * (1.0 - shares.iter().sum::<f64>()),
            _ => 0.0,
        };
        return listed + fresh;
    }
    let weight = |i: usize| match &plan.weights {
        KeyWeights::Uniform => 1.0,
        KeyWeights::Zipf { exponent } => libm::pow((i + 1) as f64, -exponent),
        KeyWeights::Listed(weights) => weights[i],
    };
    let (mut bytes, mut total) = (0.0, 0.0);
    let mut add = |i: usize, length: usize| {
        bytes += weight(i) * length as f64;
        total += weight(i);
    };
    match &plan.names {
        KeyNames::Random { bytes } => return *bytes as f64,
        KeyNames::Numbered { count, prefix, width, suffix } => {
            for i in 0..*count {
                let digits = (i + 1).ilog10() as usize + 1;
                add(i as usize, prefix.len() + suffix.len() + digits.max(*width));
            }
        }
        KeyNames::Listed(keys) => {
            keys.iter().enumerate().for_each(|(i, key)| add(i, key.len()));
        }
    }
    bytes / total
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_have_one_place_for_the_number() {
        assert_eq!(split_format("key-{}"), Some(("key-", 1, "")));
        assert_eq!(split_format("a{:04}b"), Some(("a", 4, "b")));
        for bad in ["key", "{}{}", "{:4}", "{:0}", "{:00}", "{:021}", "}{", "{", "{:0-1}", "{x}"] {
            assert_eq!(split_format(bad), None, "{bad}");
        }
    }

    #[test]
    fn the_mean_length_weighs_keys_by_use() {
        // Ten keys alike: nine of five letters, one of six.
        let names = KeyNames::Numbered {
            count: 10,
            prefix: "key-".into(),
            width: 1,
            suffix: String::new(),
        };
        let (weights, drift) = (KeyWeights::Uniform, KeyDrift::None);
        let plan = KeyPlan { names, weights, drift, explicit: None, placement: 0 };
        assert!((mean(&plan, Span::from_s(1)) - 5.1).abs() < 1e-12);
        assert_eq!(longest(&plan), 6);
    }
}
