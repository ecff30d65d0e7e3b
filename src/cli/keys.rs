//! `kinesim keys`: where the keys of a sample fall.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Args;
use clap::builder::PossibleValuesParser;

use crate::cli::failure::{Exit, Failure};
use crate::cli::files;
use crate::cli::terminal::Terminal;
use crate::cli::values::{ColorWhen, parse_size, shell_word};
use crate::experiment::placement::study::{Question, SHARDS_MAX, Study};
use crate::experiment::placement::{Traffic, Weighed};
use crate::model::facts::{PARTITION_KEY_CHARS_MAX, RECORD_BYTES_MAX};
use crate::report::placement::{Answer, table};
use crate::scenario::inputs::{HashForm, SampleForm, read_sample};
use crate::units::{Bytes, Rate};

/// Most numbers of shards that can be asked for at once.
const COUNTS_MAX: usize = 100;
/// Most shards and keys that can be named.
const TOP_MAX: u32 = 1_000;
/// Shards and keys named where nothing is asked.
const TOP: u32 = 10;
/// Most parts of one key.
const SALT_MAX: u32 = 1_000;

const BEFORE: &str = "\
Examples:
  kinesim keys scenarios/regions.csv --shards 8
  kinesim keys keys.csv --shards 8,16 --rate 4.5k/s --record-size '1 KiB'";

const AFTER: &str = "\
Exit codes: 0 done, 2 wrong command line or a line that is no key, 3 the file cannot
be read.";

const AFTER_LONG: &str = "\
The file, plain or gzip:
  key a line             repeats count
  key,weight             with or without a header; a key with a comma in quotes
  JSON lines             with --field; repeats count
  hash, or hash,weight   with --hashed

A key has 1 to 256 characters and a weight is 0 or more. At most 10,000,000
different keys and 1 GiB of text are read. Every faulty line is told with its place.

Exit codes:
    0  done
    2  wrong command line, or lines that are no keys
    3  the file could not be read, or the answer not be printed
  101  a bug in kinesim; the message says what to send

The placement is that of AWS: MD5 of the key, uniform ranges. Nothing is simulated:
rates are means, and bursts are not in them.";

/// Tells where partition keys land: exact, no simulation
#[derive(Debug, Args)]
#[command(
    before_help = BEFORE,
    after_help = AFTER,
    after_long_help = AFTER_LONG,
    next_line_help = false
)]
pub(super) struct KeysArgs {
    /// Key sample: a key a line, or key,weight; `-` for stdin
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// Numbers of shards, 1 to 20,000 [default: doubles up to 128]
    ///
    /// For each of them the busiest shards are shown with their keys. Up to three are
    /// compared with their neighbours and doubles.
    #[arg(
        long,
        value_name = "N,N",
        value_delimiter = ',',
        value_parser = clap::value_parser!(u32).range(1..=i64::from(SHARDS_MAX)),
        verbatim_doc_comment
    )]
    shards: Vec<u32>,

    /// Records of all keys together: 4.5k/s
    ///
    /// Shares become records a second, against a shard's limit.
    #[arg(long, value_name = "RATE", value_parser = parse_rate)]
    rate: Option<Rate>,

    /// Blob of a record, without its key: "1 KiB"
    ///
    /// Shares become bytes a second too; the key is added to each record.
    #[arg(long, value_name = "SIZE", value_parser = parse_record_size, requires = "rate")]
    record_size: Option<Bytes>,

    /// Shards and keys to name [default: 10]
    #[arg(
        long,
        value_name = "N",
        value_parser = clap::value_parser!(u32).range(1..=i64::from(TOP_MAX))
    )]
    top: Option<u32>,

    /// Split each of the --top largest keys into N
    ///
    /// Key `a` becomes `a#0`, `a#1` and so on, written in turn. What that gains is
    /// shown for each number of shards.
    #[arg(
        long,
        value_name = "N",
        conflicts_with = "hashed",
        value_parser = clap::value_parser!(u32).range(2..=i64::from(SALT_MAX)),
        verbatim_doc_comment
    )]
    salt: Option<u32>,

    /// Field of JSON lines that holds the key: user.id
    #[arg(long, value_name = "PATH", conflicts_with = "hashed", value_parser = parse_field)]
    field: Option<String>,

    /// The file has hashes: decimal or 32 hex digits
    ///
    /// Decimal numbers are ExplicitHashKeys; hex digits are an MD5 as tools print it.
    /// All lines have one form: that of the first, unless `--hashed=decimal` or
    /// `--hashed=hex` says which.
    #[arg(
        long,
        value_name = "FORM",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "first",
        value_parser = PossibleValuesParser::new(["decimal", "hex", "first"]),
        hide_possible_values = true,
        verbatim_doc_comment
    )]
    hashed: Option<String>,

    /// Print CSV: shards, keys, counts
    #[arg(long, value_name = "TABLE", conflicts_with = "json", value_parser = tables(),
          hide_possible_values = true)]
    csv: Option<String>,

    /// Print one JSON object, errors too
    #[arg(long)]
    json: bool,

    /// Colours: auto, always, or never
    #[arg(long, value_name = "WHEN", default_value = "auto", hide_possible_values = true)]
    color: ColorWhen,
}

/// Reads, places, tells.
pub(super) fn run(args: &KeysArgs, terminal: Terminal) -> Result<Exit, Failure> {
    args.check()?;
    let input = files::read_input(&args.file)?;
    let sample = read_sample(&input.bytes, &args.form()).map_err(|problems| Failure::Input {
        label: input.label.clone(),
        problems: Box::new(problems),
    })?;
    // The text is not needed any more, and may be large.
    drop(input.bytes);
    let keys = Weighed::new(&sample, args.record_size);
    let question = args.question();
    if let Some(salt) = question.salt.map(|parts| keys.salt(parts, question.top)) {
        check_length(&salt.longest_name(&keys))?;
    }
    let study = Study::new(keys, question);
    if let Some(table) = args.csv.as_deref().and_then(table::find) {
        return Terminal::print(&(table.write)(&study)).map(|()| Exit::Done);
    }
    let file = args.file.display().to_string();
    let answer = Answer { file: &file, command: &args.command(&file), study: &study };
    if args.json {
        Terminal::print(answer.json().as_bytes())?;
    } else {
        terminal.print_styled(&answer.screen(terminal.style))?;
    }
    Ok(Exit::Done)
}

impl KeysArgs {
    /// What the parser cannot see.
    fn check(&self) -> Result<(), Failure> {
        let wrong = |message: &str, help: &str| {
            Err(Failure::CommandLine { message: message.into(), help: Some(help.into()) })
        };
        if self.shards.len() > COUNTS_MAX {
            let message = format!("`--shards` has {} numbers, at most 100", self.shards.len());
            return wrong(&message, "ask for fewer at once");
        }
        match self.csv.as_deref() {
            Some("shards" | "keys") if self.salt.is_some() => wrong(
                "`--salt` does not change this table",
                "`--csv counts` tells what salting gains",
            ),
            Some(_) if self.top.is_some() && self.salt.is_none() => {
                wrong("`--top` does not change this table: it has everything", "leave out `--top`")
            }
            _ => Ok(()),
        }
    }

    fn form(&self) -> SampleForm {
        match (&self.field, self.hashed.as_deref()) {
            (Some(field), _) => SampleForm::Json(field.clone()),
            (None, Some("decimal")) => SampleForm::Hashes(Some(HashForm::Decimal)),
            (None, Some("hex")) => SampleForm::Hashes(Some(HashForm::Hex)),
            (None, Some(_)) => SampleForm::Hashes(None),
            (None, None) => SampleForm::Keys,
        }
    }

    fn question(&self) -> Question {
        let mut shard_counts = self.shards.clone();
        shard_counts.sort_unstable();
        shard_counts.dedup();
        Question {
            shard_counts,
            top: self.top.unwrap_or(TOP) as usize,
            salt: self.salt,
            traffic: self.rate.map(|rate| Traffic { rate, record_size: self.record_size }),
        }
    }

    /// The command as it would be written again, without `--shards` and `--salt`.
    fn command(&self, file: &str) -> String {
        let mut text = format!("kinesim keys {}", shell_word(file));
        if let Some(field) = &self.field {
            let _ = write!(text, " --field {}", shell_word(field));
        }
        match self.hashed.as_deref() {
            Some("first") => text.push_str(" --hashed"),
            Some(form) => {
                let _ = write!(text, " --hashed={form}");
            }
            None => {}
        }
        if let Some(rate) = self.rate {
            let _ = write!(text, " --rate {rate}");
        }
        if let Some(size) = self.record_size {
            let _ = write!(text, " --record-size {}", shell_word(&size.exact()));
        }
        if let Some(top) = self.top {
            let _ = write!(text, " --top {top}");
        }
        text
    }
}

/// KDS-H01: a longer key would be refused.
fn check_length(name: &str) -> Result<(), Failure> {
    let chars = name.chars().count();
    if chars <= PARTITION_KEY_CHARS_MAX {
        return Ok(());
    }
    Err(Failure::CommandLine {
        message: format!(
            "`--salt` would make a key of {chars} characters; a partition key has at most \
             {PARTITION_KEY_CHARS_MAX}"
        ),
        help: Some("split fewer keys with a smaller `--top`, or into fewer parts".into()),
    })
}

fn tables() -> PossibleValuesParser {
    PossibleValuesParser::new(table::TABLES.iter().map(|table| table.name))
}

fn parse_rate(text: &str) -> Result<Rate, String> {
    let rate: Rate = text.parse().map_err(|error| format!("it {error}"))?;
    if rate.0 > 0.0 { Ok(rate) } else { Err("it must be more than zero".to_owned()) }
}

fn parse_record_size(text: &str) -> Result<Bytes, String> {
    let size = parse_size(text)?;
    if size > RECORD_BYTES_MAX {
        return Err(format!("it is larger than the largest record, {RECORD_BYTES_MAX}"));
    }
    Ok(size)
}

fn parse_field(text: &str) -> Result<String, String> {
    if text.is_empty() {
        return Err("it is empty; write a field such as `user.id`".to_owned());
    }
    Ok(text.to_owned())
}
