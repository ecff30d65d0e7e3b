//! Telling what is known: facts that match a pattern, and those a scenario changes.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::model::facts::{FACTS, Fact, Grade, fact};
use crate::report::number;
use crate::report::summary::layout::Screen;
use crate::report::summary::{SCHEMA_VERSION, Style};
use crate::scenario::Override;

/// Widths of id, value, class and day, with the gaps behind them.
const ID: usize = 9;
const VALUE: usize = 22;
const CLASS: usize = 12;
const DAY: usize = 12;
/// Where an id begins, and where its text does.
const MARGIN: usize = 2;
const INDENT: usize = MARGIN + ID;

/// How well a fact is known, in one of three words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// AWS says so, or it follows from what AWS says.
    Documented,
    /// AWS's client code does so, or others found it from outside.
    Observed,
    /// Nobody says, or it is only told.
    Assumed,
}

impl Class {
    /// The class of a grade.
    #[must_use]
    pub const fn of(grade: Grade) -> Self {
        match grade {
            Grade::Documented | Grade::Derived => Self::Documented,
            Grade::Code | Grade::Measured | Grade::Reverse => Self::Observed,
            Grade::Folklore | Grade::Assumed => Self::Assumed,
        }
    }

    /// The class as it is written.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Documented => "documented",
            Self::Observed => "observed",
            Self::Assumed => "assumed",
        }
    }
}

/// What the grade rests on.
const fn evidence(grade: Grade) -> &'static str {
    match grade {
        Grade::Documented => "AWS says so",
        Grade::Code => "AWS's own client code does so",
        Grade::Measured => "somebody measured and published it",
        Grade::Reverse => "found from outside by third parties",
        Grade::Derived => "follows from documented facts",
        Grade::Folklore => "widely told, without a source",
        Grade::Assumed => "AWS does not say; chosen here, and a scenario can change it",
    }
}

/// The facts that match `pattern`, of `class` where one is asked for: by id, by the pattern as it
/// stands, or else by all its words. All facts without a pattern.
#[must_use]
pub fn find(pattern: Option<&str>, class: Option<Class>) -> Vec<&'static Fact> {
    let of_class = |fact: &&Fact| class.is_none_or(|class| Class::of(fact.grade) == class);
    let matching = pattern.map_or_else(|| FACTS.iter().collect(), matching);
    matching.into_iter().filter(of_class).collect()
}

fn matching(pattern: &str) -> Vec<&'static Fact> {
    let pattern = pattern.trim().to_lowercase();
    let facts = || FACTS.iter();
    if let Some(exact) = facts().find(|fact| fact.id.to_lowercase() == pattern) {
        return vec![exact];
    }
    let texts: Vec<String> = facts().map(searched).collect();
    let holding = |held: &dyn Fn(&str) -> bool| -> Vec<&'static Fact> {
        facts().zip(&texts).filter(|(_, text)| held(text)).map(|(fact, _)| fact).collect()
    };
    let whole = holding(&|text| text.contains(&pattern));
    if !whole.is_empty() {
        return whole;
    }
    let words: Vec<&str> = pattern.split_whitespace().collect();
    holding(&|text| words.iter().all(|word| text.contains(word)))
}

/// Everything a pattern may be found in.
fn searched(fact: &Fact) -> String {
    let Fact { id, statement, source, before, .. } = fact;
    format!("{id} {} {} {statement} {source} {before}", value(fact), fact.value).to_lowercase()
}

/// The three facts nearest to a pattern that matches none, nearest first.
#[must_use]
pub fn nearest(pattern: &str) -> Vec<&'static Fact> {
    let pattern = pattern.to_lowercase();
    let likeness = |fact: &Fact| {
        let text = searched(fact);
        let words = text.split(|c: char| !c.is_alphanumeric() && c != '-');
        words
            .filter(|word| !word.is_empty())
            .map(|word| strsim::normalized_damerau_levenshtein(&pattern, word))
            .fold(0.0, f64::max)
    };
    let mut ranked: Vec<(f64, &Fact)> = FACTS.iter().map(|fact| (likeness(fact), fact)).collect();
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0));
    ranked.into_iter().take(3).map(|(_, fact)| fact).collect()
}

/// Facts as text: value, class, source and day, then what holds, and what held before.
/// `is_long` adds what the grade rests on and where to read it.
#[must_use]
pub fn screen(facts: &[&Fact], is_long: bool, style: Style) -> String {
    let mut screen = Screen::new(style);
    let (id, value, grade, day) = ("id", "value", "grade", "checked");
    screen.line(&format!("  {id:<ID$}{value:<VALUE$}{grade:<CLASS$}{day:<DAY$}source"));
    for fact in facts {
        told(&mut screen, fact);
        if is_long {
            let on = format!("{}: {}", Class::of(fact.grade).word(), evidence(fact.grade));
            screen.wrapped(&" ".repeat(INDENT), INDENT, &on);
            for address in addresses(fact.source) {
                screen.wrapped(&" ".repeat(INDENT), INDENT, &address);
            }
        }
    }
    screen.into_text()
}

fn told(screen: &mut Screen, fact: &Fact) {
    let value = value(fact);
    let fits = value.chars().count() < VALUE;
    let shown = if fits { value.as_str() } else { "" };
    let (class, day) = (Class::of(fact.grade).word(), fact.checked);
    let label = format!("  {:<ID$}{shown:<VALUE$}{class:<CLASS$}{day:<DAY$}", fact.id);
    screen.wrapped(&label, INDENT + VALUE + CLASS + DAY, fact.source);
    if !fits {
        screen.wrapped(&" ".repeat(INDENT), INDENT, &value);
    }
    screen.wrapped(&" ".repeat(INDENT), INDENT, fact.statement);
    if !fact.before.is_empty() {
        screen.wrapped(&" ".repeat(INDENT), INDENT, &format!("older notes: {}", fact.before));
    }
}

/// What a scenario changes, as text: path, fact, and from what to what.
#[must_use]
pub fn overrides_screen(overrides: &[Override], file: &str, style: Style) -> String {
    let mut screen = Screen::new(style);
    if overrides.is_empty() {
        screen.wrapped("", 0, &format!("{file} changes no constant that has a fact."));
        return screen.into_text();
    }
    for change in overrides {
        let label = format!("  {:<ID$}", change.fact);
        let line = format!("{}: {} -> {}", change.path, change.from, change.to);
        screen.wrapped(&label, INDENT, &line);
        let Some(fact) = fact(change.fact) else { continue };
        let line = format!("{}: {}", Class::of(fact.grade).word(), fact.statement);
        screen.wrapped(&" ".repeat(INDENT), INDENT, &line);
    }
    screen.into_text()
}

/// Facts as one JSON object, with a line feed at its end.
#[must_use]
pub fn json(facts: &[&Fact]) -> String {
    let facts: Vec<Value> = facts.iter().map(|fact| fact_json(fact)).collect();
    format!("{:#}\n", json!({ "schema_version": SCHEMA_VERSION, "facts": facts }))
}

/// What a scenario changes, as one JSON object with a line feed at its end.
#[must_use]
pub fn overrides_json(overrides: &[Override], file: &str) -> String {
    let changes: Vec<Value> = overrides
        .iter()
        .map(|change| {
            json!({
                "path": change.path,
                "from": change.from,
                "to": change.to,
                "fact": fact(change.fact).map(fact_json),
            })
        })
        .collect();
    let object = json!({
        "schema_version": SCHEMA_VERSION,
        "file": file,
        "overrides": changes,
    });
    format!("{object:#}\n")
}

fn fact_json(fact: &Fact) -> Value {
    json!({
        "id": fact.id,
        "statement": fact.statement,
        "value": fact.value,
        "unit": fact.unit,
        "grade": Class::of(fact.grade).word(),
        "evidence": evidence(fact.grade),
        "source": fact.source,
        "addresses": addresses(fact.source),
        "checked": fact.checked,
        "before": fact.before,
    })
}

/// Value and unit: `1 MiB/s`, `100 ms; 51,200 B`, or `-`.
fn value(fact: &Fact) -> String {
    let values: Vec<&str> = fact.value.split("; ").collect();
    let units: Vec<&str> = fact.unit.split("; ").collect();
    let mut text = String::new();
    for (place, value) in values.iter().enumerate() {
        // One unit for all stands behind the last.
        let unit = match units.as_slice() {
            [unit] if place + 1 == values.len() => unit,
            [_] => "",
            units => units.get(place).copied().unwrap_or_default(),
        };
        let gap = if place == 0 { "" } else { "; " };
        let _ = write!(text, "{gap}{}", format!("{} {unit}", with_commas(value)).trim());
    }
    if text.is_empty() { "-".to_owned() } else { text }
}

/// Long whole numbers of a text with commas.
fn with_commas(text: &str) -> String {
    let word = |word: &str| match word.parse::<u64>() {
        Ok(number) => number::count(number),
        Err(_) => word.to_owned(),
    };
    text.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

/// Where to read a source; none for what was chosen here.
fn addresses(source: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for part in source.split("; ").flat_map(|part| part.split(", ")) {
        let page = PAGES.iter().find(|(name, _)| part.starts_with(name));
        let address = match (page, part.split(' ').next().filter(|name| name.contains('/'))) {
            (Some((_, address)), _) => (*address).to_owned(),
            (None, Some(repository)) => format!("{CODE}{repository}"),
            (None, None) => continue,
        };
        if !found.contains(&address) {
            found.push(address);
        }
    }
    found
}

/// Where to read the sources whose names begin so; those of Kinesis go without its name.
const PAGES: [(&str, &str); 30] = [
    ("API", "https://docs.aws.amazon.com/kinesis/latest/APIReference/"),
    ("Developer Guide", "https://docs.aws.amazon.com/streams/latest/dev/"),
    ("FAQ", "https://aws.amazon.com/kinesis/data-streams/faqs/"),
    ("AWS pricing page", "https://aws.amazon.com/kinesis/data-streams/pricing/"),
    ("CloudWatch API", "https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/"),
    ("CloudWatch User Guide", "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/"),
    (
        "CloudFormation User Guide",
        "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/",
    ),
    (
        "DynamoDB Developer Guide",
        "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/",
    ),
    ("DynamoDB pricing page", "https://aws.amazon.com/dynamodb/pricing/"),
    ("EventBridge User Guide", "https://docs.aws.amazon.com/eventbridge/latest/userguide/"),
    ("Firehose API", "https://docs.aws.amazon.com/firehose/latest/APIReference/"),
    ("Firehose Developer Guide", "https://docs.aws.amazon.com/firehose/latest/dev/"),
    ("Firehose pricing page", "https://aws.amazon.com/firehose/pricing/"),
    ("Lambda API", "https://docs.aws.amazon.com/lambda/latest/api/"),
    ("Lambda Developer Guide", "https://docs.aws.amazon.com/lambda/latest/dg/"),
    ("Lambda pricing page", "https://aws.amazon.com/lambda/pricing/"),
    ("S3 User Guide", "https://docs.aws.amazon.com/AmazonS3/latest/userguide/"),
    ("S3 pricing page", "https://aws.amazon.com/s3/pricing/"),
    (
        "SQS Developer Guide",
        "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/",
    ),
    ("AWS Big Data Blog", "https://aws.amazon.com/blogs/big-data/"),
    ("AWS Compute Blog", "https://aws.amazon.com/blogs/compute/"),
    ("AWS Developer Tools Blog", "https://aws.amazon.com/blogs/developer/"),
    ("AWS News Blog", "https://aws.amazon.com/blogs/aws/"),
    ("AWS SDK for Java 2.x", "https://docs.aws.amazon.com/sdk-for-java/latest/developer-guide/"),
    ("AWS workshop", "https://catalog.workshops.aws/"),
    ("AWS re:Post", "https://repost.aws/"),
    ("DEV Community", "https://dev.to/"),
    ("botocore", "https://github.com/boto/botocore"),
    ("aws-sdk-java-v2", "https://github.com/aws/aws-sdk-java-v2"),
    ("recorded by LocalStack's tests", "https://github.com/localstack/localstack"),
];
const CODE: &str = "https://github.com/";

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(facts: &[&Fact]) -> Vec<&'static str> {
        facts.iter().map(|fact| fact.id).collect()
    }

    #[test]
    fn a_pattern_is_an_id_a_phrase_or_words() {
        assert_eq!(ids(&find(Some("kds-w01"), None)), ["KDS-W01"]);
        assert_eq!(find(Some("KDS-X"), None).len(), 11);
        assert_eq!(ids(&find(Some("7 days"), None)), ["KDS-T02"]);
        assert_eq!(ids(&find(Some("5 MiB until"), None)), ["KDS-W12"]);
        assert_eq!(ids(&find(Some("calls 24 hours any"), None)), ["KDS-S11"]);
        assert_eq!(find(None, None).len(), FACTS.len());
        assert_eq!(ids(&find(Some("xyzzy"), None)), [""; 0]);
    }

    /// What notes from earlier years have, with the fact that replaced it and its time.
    #[test]
    fn what_older_notes_say_is_known_with_its_time() {
        for (pattern, id, time) in [
            ("1 MB, fixed", "KDS-W08", "2025-10-28"),
            ("50 KB", "KDS-W08", "2015"),
            ("5 MiB until", "KDS-W12", "2025-10-28"),
            ("7 days", "KDS-T02", "November 2020"),
            ("168 hours", "KDS-T02", "November 2020"),
            ("500 in the large", "KDS-S24", "2022"),
            ("2 from 2016", "KDS-S11", "2020"),
            ("5 attempts", "KDS-L06", "November 2026"),
            ("5 at launch", "KDS-R27", "2018"),
        ] {
            let found = find(Some(pattern), None);
            let fact = found.iter().find(|fact| fact.id == id).unwrap_or_else(|| panic!("{id}"));
            assert!(fact.before.contains(time), "{pattern}: {}", fact.before);
        }
    }

    #[test]
    fn three_classes_cover_all_facts() {
        let counts = [Class::Documented, Class::Observed, Class::Assumed]
            .map(|class| find(None, Some(class)).len());
        assert_eq!(counts.iter().sum::<usize>(), FACTS.len());
        assert!(counts.iter().all(|count| *count > 5), "{counts:?}");
        assert!(find(None, Some(Class::Assumed)).iter().any(|fact| fact.id == "KDS-W30"));
    }

    #[test]
    fn the_nearest_are_those_that_hold_a_word_like_it() {
        assert!(ids(&nearest("KDS-W9")).iter().all(|id| id.starts_with("KDS-W")));
        assert!(nearest("retnetion").iter().all(|it| searched(it).contains("retention")));
    }

    #[test]
    fn values_have_their_units_and_commas() {
        let of = |id: &str| value(fact(id).expect(id));
        assert_eq!(of("KDS-W01"), "1 MiB/s");
        assert_eq!(of("KDS-W03"), "-");
        assert_eq!(of("KDS-W09"), "10,485,760 bytes");
        assert_eq!(of("KDS-W08"), "1,024 to 10,240 KiB");
        assert_eq!(of("KDS-R03"), "10 MiB; 10,000 records");
        assert_eq!(of("KDS-S24"), "20,000; 1,000 or 6,000 shards");
    }

    #[test]
    fn every_fact_fits_the_screen_and_all_but_choices_have_an_address() {
        let style = Style { colour: false, unicode: true };
        for fact in FACTS {
            let text = screen(&[fact], true, style);
            assert!(text.lines().all(|line| line.chars().count() <= 88), "{text}");
            // What is widely told has no source.
            let is_own = matches!(fact.grade, Grade::Assumed | Grade::Derived | Grade::Folklore);
            assert!(is_own || !addresses(fact.source).is_empty(), "{}: {}", fact.id, fact.source);
        }
    }
}
