//! A scenario made from options alone.

use std::fmt::Write as _;
use std::path::Path;

use crate::cli::failure::Failure;
use crate::cli::files::{Beside, Source};
use crate::cli::size::args::{Given, SizeArgs};
use crate::scenario::edit::quoted;
use crate::time::Span;
use crate::units::{Bytes, Rate};

/// Keys at most where a number of them is given.
const KEYS_MAX: u32 = 10_000_000;

/// The text that says the same as the options.
pub(super) fn source(args: &SizeArgs) -> Result<Source, Failure> {
    Ok(Source {
        label: "<options>".to_owned(),
        name: "options".to_owned(),
        text: text(args)?,
        files: Beside::of(Path::new("")),
    })
}

fn text(args: &SizeArgs) -> Result<String, Failure> {
    let rate = args.rate.map(|it| number(it, Rate::to_string)).unwrap_or_default();
    let size = args.record_size.unwrap_or(Given::Known(Bytes(1_024)));
    let size = number(size, |it| it.exact());
    let duration = args.duration.unwrap_or(Span::from_s(600));
    let mut text = format!(
        "# Made by `kinesim size` from its options.\n\n[scenario]\nduration = \"{duration}\"\n\n\
         [stream]\nshard_count = 1\n\n[[producer]]\nname = \"web\"\nrate = {rate}\n\
         record_size = {size}\n"
    );
    if let Some(keys) = &args.keys {
        let _ = writeln!(text, "partition_key = {}", self::keys(keys)?);
    }
    text.push_str("api = \"PutRecords\"\nlinger = \"100 ms\"\n");
    for number in 1..=args.consumers.unwrap_or(0) {
        let _ = write!(text, "\n[[reader]]\nname = \"reader-{number}\"\n");
        if args.fan_out {
            text.push_str("enhanced_fan_out = true\n");
        }
    }
    if !args.slo.is_empty() {
        text.push_str("\n[slo]\n");
    }
    for (path, condition) in &args.slo {
        let path = path.strip_prefix("slo.").unwrap_or(path);
        let _ = writeln!(text, "{path} = {condition}");
    }
    Ok(text)
}

/// A quantity as scenarios have it.
fn number<T>(given: Given<T>, text: impl Fn(&T) -> String) -> String {
    match given {
        Given::Known(value) => quoted(&text(&value)),
        Given::Between(low, high) => {
            format!("{{ uncertain = [{}, {}] }}", quoted(&text(&low)), quoted(&text(&high)))
        }
    }
}

/// A number of keys used alike, or a file of them.
fn keys(given: &str) -> Result<String, Failure> {
    match given.parse::<u32>() {
        Ok(count @ 1..=KEYS_MAX) => Ok(format!("{{ dist = \"uniform\", count = {count} }}")),
        Ok(count) => Err(Failure::CommandLine {
            message: format!("`--keys {count}` is out of range"),
            help: Some("1 to 10,000,000 keys, or a file of keys and weights".into()),
        }),
        Err(_) => Ok(format!("{{ file = {} }}", quoted(given))),
    }
}
