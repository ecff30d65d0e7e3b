//! A sample of partition keys: which there are, how often each occurs, where each hashes.

use serde::de::IgnoredAny;

use super::json_lines::read_field;
use super::weighted::read_entries;
use super::{InputProblem, InputProblems, check_key, shown, text};
use crate::model::hashing::HashKey;

/// Most different keys of a sample.
const MAX_KEYS: usize = 10_000_000;

/// Rows gathered before those with the same key are added up: a long file of few keys never
/// takes more memory than this.
const MERGE_FROM: usize = 1 << 20;

/// How a file says what its keys are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SampleForm {
    /// A key a line, or `key,weight`; a header is optional.
    Keys,
    /// A JSON object a line; the key is in the field with this dotted path.
    Json(String),
    /// A hash in place of each key. `None` where the first line decides which form all have.
    Hashes(Option<HashForm>),
}

/// How a hash is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HashForm {
    /// As an `ExplicitHashKey`: a decimal number below 2^128 (KDS-H03).
    Decimal,
    /// 32 hexadecimal digits, as tools print an MD5.
    Hex,
}

/// Different keys in order of first appearance.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct KeySample {
    /// All names, one after the other, and where each ends.
    names: String,
    ends: Vec<usize>,
    hashes: Vec<u128>,
    weights: Vec<f64>,
    rows: u64,
    form: Option<HashForm>,
}

/// One key of a sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SampleKey<'s> {
    /// As written: a key, or its hash where the file has hashes.
    pub name: &'s str,
    /// Where it falls (KDS-H02).
    pub hash: u128,
    /// How often it occurs, or what all its weights add up to.
    pub weight: f64,
}

/// Reads the keys of a file, plain or gzip. Keys that occur more than once add up.
///
/// # Errors
///
/// All lines whose key Kinesis does not take or whose weight is no number from 0 upwards; a file
/// without keys, with more than ten million, or with no weight above zero.
pub fn read_sample(bytes: &[u8], form: &SampleForm) -> Result<KeySample, InputProblems> {
    let text = text::unpack(bytes)?;
    let mut gather = Gather::new(form, MAX_KEYS);
    let mut problems = InputProblems::default();
    match form {
        SampleForm::Keys if is_json(&text) => {
            let problem = InputProblem::of_file("the file looks like JSON lines");
            problems.push(problem.with_help(
                "write a key a line, or `key,weight`; `kinesim keys --field user.id` reads JSON \
                 lines, whose field `user.id` holds the key",
            ));
        }
        SampleForm::Keys => {
            let headings = ["key", "keys", "partition_key", "partitionkey", "partition key"];
            read_entries(&text, &headings, &mut problems, |entry| {
                gather.key(entry.line, entry.value, entry.weight)
            });
        }
        SampleForm::Json(field) => {
            read_field(&text, field, &mut problems, |line, key| gather.key(line, key, 1.0));
        }
        SampleForm::Hashes(_) => {
            let headings = ["hash", "hash_key", "hashkey", "explicit_hash_key", "explicithashkey"];
            read_entries(&text, &headings, &mut problems, |entry| {
                gather.hash(entry.line, entry.value, entry.weight)
            });
        }
    }
    match gather.finish() {
        Ok(sample) if problems.is_empty() => Ok(sample),
        Ok(_) => Err(problems),
        Err(problem) => {
            problems.push(problem);
            Err(problems)
        }
    }
}

impl KeySample {
    /// How many different keys there are; at least one.
    #[must_use]
    pub fn len(&self) -> usize {
        self.weights.len()
    }

    /// Never, for a sample that was read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.weights.is_empty()
    }

    /// How many rows the file has.
    #[must_use]
    pub const fn rows(&self) -> u64 {
        self.rows
    }

    /// How its hashes are written; `None` for a sample of keys.
    #[must_use]
    pub const fn form(&self) -> Option<HashForm> {
        self.form
    }

    /// The key with this index.
    #[must_use]
    pub fn key(&self, index: usize) -> SampleKey<'_> {
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        SampleKey {
            name: &self.names[start..self.ends[index]],
            hash: self.hashes[index],
            weight: self.weights[index],
        }
    }

    /// All keys in order of first appearance.
    pub fn iter(&self) -> impl Iterator<Item = SampleKey<'_>> {
        (0..self.len()).map(|index| self.key(index))
    }

    fn push(&mut self, name: &str, hash: u128, weight: f64) {
        self.names.push_str(name);
        self.ends.push(self.names.len());
        self.hashes.push(hash);
        self.weights.push(weight);
    }

    /// Adds up the weights of each key at its first appearance and drops its later ones.
    fn merge(&mut self) {
        let mut order: Vec<(u128, u32)> = self.hashes.iter().copied().zip(0..).collect();
        order.sort_unstable();
        let mut is_repeat = Vec::new();
        let mut firsts: Vec<u32> = Vec::new();
        for run in order.chunk_by(|one, other| one.0 == other.0).filter(|run| run.len() > 1) {
            is_repeat.resize(self.len(), false);
            firsts.clear();
            for &(_, place) in run {
                // Different keys may share an MD5; equal hashes are one hash key.
                let is_same = |first: &&u32| {
                    let (one, other) = (self.key(**first as usize), self.key(place as usize));
                    self.form.is_some() || one.name == other.name
                };
                match firsts.iter().find(is_same) {
                    Some(&first) => {
                        self.weights[first as usize] += self.weights[place as usize];
                        is_repeat[place as usize] = true;
                    }
                    None => firsts.push(place),
                }
            }
        }
        if !is_repeat.is_empty() {
            self.retain(|place| !is_repeat[place]);
        }
    }

    fn retain(&mut self, keep: impl Fn(usize) -> bool) {
        let mut kept = Self { rows: self.rows, form: self.form, ..Self::default() };
        for (place, key) in self.iter().enumerate().filter(|(place, _)| keep(*place)) {
            debug_assert!(place >= kept.len());
            kept.push(key.name, key.hash, key.weight);
        }
        *self = kept;
    }
}

/// Rows as they come, added up from time to time.
struct Gather {
    sample: KeySample,
    /// Most different keys.
    most: usize,
    merge_at: usize,
    is_full: bool,
}

impl Gather {
    fn new(form: &SampleForm, most: usize) -> Self {
        let form = if let SampleForm::Hashes(form) = form { *form } else { None };
        let sample = KeySample { form, ..KeySample::default() };
        Self { sample, most, merge_at: MERGE_FROM.min(most + 1), is_full: false }
    }

    fn key(&mut self, line: u64, key: &str, weight: f64) -> Result<(), InputProblem> {
        check_key(key, line)?;
        self.push(key, HashKey::of(key).0, weight);
        Ok(())
    }

    fn hash(&mut self, line: u64, text: &str, weight: f64) -> Result<(), InputProblem> {
        let text = text.trim();
        let looks = if is_hex(text) { HashForm::Hex } else { HashForm::Decimal };
        let form = *self.sample.form.get_or_insert(looks);
        let hash = read_hash(text, form).map_err(|message| {
            InputProblem::at(line, message).with_help(match form {
                HashForm::Decimal => {
                    "a hash is a decimal number from 0 to 2^128 - 1, or 32 hexadecimal digits; all \
                     lines have the form of the first, or that of `--hashed=decimal` or \
                     `--hashed=hex`"
                }
                HashForm::Hex => {
                    "all lines have 32 hexadecimal digits where the first has; `--hashed=decimal` \
                     reads decimal numbers"
                }
            })
        })?;
        self.push(text, hash, weight);
        Ok(())
    }

    fn push(&mut self, name: &str, hash: u128, weight: f64) {
        if self.is_full {
            return;
        }
        self.sample.rows += 1;
        self.sample.push(name, hash, weight);
        if self.sample.len() == self.merge_at {
            self.merge();
            self.merge_at = MERGE_FROM.max(self.sample.len() * 2);
        }
    }

    fn merge(&mut self) {
        self.sample.merge();
        self.is_full = self.sample.len() > self.most;
    }

    fn finish(mut self) -> Result<KeySample, InputProblem> {
        self.merge();
        if self.is_full {
            let message = format!("the list has more than {} keys", self.most);
            return Err(InputProblem::of_file(message)
                .with_help("keep the most frequent keys, or use a distribution"));
        }
        Ok(self.sample)
    }
}

fn read_hash(text: &str, form: HashForm) -> Result<u128, String> {
    match form {
        HashForm::Decimal => match HashKey::from_decimal(text) {
            Ok(hash) => Ok(hash.0),
            Err(error) => Err(format!("{} is no hash: {error}", shown(text))),
        },
        HashForm::Hex => is_hex(text)
            .then(|| u128::from_str_radix(text, 16).ok())
            .flatten()
            .ok_or_else(|| format!("{} is not 32 hexadecimal digits", shown(text))),
    }
}

fn is_hex(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Whether the first line is a JSON object.
fn is_json(text: &str) -> bool {
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    first.trim_start().starts_with('{') && serde_json::from_str::<IgnoredAny>(first).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, form: &SampleForm) -> Vec<(String, u128, f64)> {
        let sample = read_sample(text.as_bytes(), form).unwrap();
        sample.iter().map(|key| (key.name.to_owned(), key.hash, key.weight)).collect()
    }

    fn faults(text: &str, form: &SampleForm) -> Vec<(Option<u64>, String)> {
        let problems = read_sample(text.as_bytes(), form).unwrap_err();
        problems.kept().iter().map(|p| (p.line, p.message.clone())).collect()
    }

    fn json(field: &str) -> SampleForm {
        SampleForm::Json(field.to_owned())
    }

    /// MD5 of RFC 1321, appendix A.5.
    const A: u128 = 0x0cc1_75b9_c0f1_b6a8_31c3_99e2_6977_2661;

    #[test]
    fn repeats_count_as_weight_in_order_of_first_appearance() {
        let keys = read("b\na\nb\nb\n", &SampleForm::Keys);
        assert_eq!(
            keys.iter().map(|key| (&*key.0, key.2)).collect::<Vec<_>>(),
            [("b", 3.0), ("a", 1.0)]
        );
        assert_eq!(keys[1].1, A);
        let sample = read_sample(b"b,2\na,1\nb,0.5\n", &SampleForm::Keys).unwrap();
        assert_eq!((sample.len(), sample.rows(), sample.key(0).weight), (2, 3, 2.5));
    }

    #[test]
    fn rows_are_added_up_before_they_are_too_many() {
        let gathered = |most: usize, keys: &[&str]| {
            let mut gather = Gather::new(&SampleForm::Keys, most);
            for key in keys {
                gather.key(1, key, 1.0).unwrap();
            }
            gather.finish().map(|sample| (sample.len(), sample.rows()))
        };
        assert_eq!(gathered(2, &["a", "b", "a", "a", "b", "b"]), Ok((2, 6)));
        let full = gathered(2, &["a", "b", "a", "c", "b", "b"]).unwrap_err();
        assert_eq!(full.message, "the list has more than 2 keys");
    }

    #[test]
    fn every_faulty_line_is_told_and_of_many_the_number() {
        let text = format!("key,weight\na,1\n,1\nb,x\nc,1,2\n{},1\nd,-1\n", "k".repeat(257));
        assert_eq!(
            faults(&text, &SampleForm::Keys),
            [
                (Some(3), "the partition key is empty".to_owned()),
                (Some(4), "the weight `x` is not a number".to_owned()),
                (Some(5), "the row has 3 fields, the header 2".to_owned()),
                (Some(6), "the partition key has 257 characters".to_owned()),
                (Some(7), "the weight `-1` is negative".to_owned()),
            ]
        );
        let many = format!("a,1\n{}", "b,x\n".repeat(1_000));
        let problems = read_sample(many.as_bytes(), &SampleForm::Keys).unwrap_err();
        assert_eq!((problems.kept().len(), problems.count()), (20, 1_000));
    }

    #[test]
    fn hashes_are_decimal_or_hexadecimal_as_the_first_line_is() {
        let hex = "0cc175b9c0f1b6a831c399e269772661\nFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF\n";
        let decimal = "16955237001963240173058271559858726497\n\
                       340282366920938463463374607431768211455\n";
        for (text, form) in [(hex, HashForm::Hex), (decimal, HashForm::Decimal)] {
            for asked in [None, Some(form)] {
                let keys = read(text, &SampleForm::Hashes(asked));
                assert_eq!((keys[0].1, keys[1].1), (A, u128::MAX), "{form:?}");
            }
        }
        let sample = read_sample(b"hash,weight\n7,2\n0,1\n7,3\n", &SampleForm::Hashes(None));
        let sample = sample.unwrap();
        assert_eq!((sample.len(), sample.key(0).weight), (2, 5.0));
        assert_eq!(sample.form(), Some(HashForm::Decimal));
        // 32 digits can be both: the option settles it.
        let both = "10000000000000000000000000000000\n";
        assert_eq!(read(both, &SampleForm::Hashes(None))[0].1, 1 << 124);
        let decimal = SampleForm::Hashes(Some(HashForm::Decimal));
        assert_eq!(read(both, &decimal)[0].1, 10_u128.pow(31));
        // A letter of either case is the same digit.
        let both = "0cc175b9c0f1b6a831c399e269772661\n0CC175B9C0F1B6A831C399E269772661\n";
        assert_eq!(read(both, &SampleForm::Hashes(None)).len(), 1);
    }

    #[test]
    fn what_is_no_hash_is_told_with_what_is_accepted() {
        let form = SampleForm::Hashes(None);
        for (text, message) in [
            ("us-east\n", "`us-east` is no hash: an explicit hash key is a decimal number"),
            ("1\n007\n", "`007` is no hash: an explicit hash key has no leading zeros"),
            ("340282366920938463463374607431768211456\n", "`340282366920938463463374607431768"),
            ("0cc175b9c0f1b6a831c399e269772661\n17\n", "`17` is not 32 hexadecimal digits"),
            ("1\n0cc175b9c0f1b6a831c399e269772661\n", "`0cc175b9c0f1b6a831c399e269772661` is no"),
        ] {
            let found = faults(text, &form);
            assert!(found.len() == 1 && found[0].1.starts_with(message), "{text:?}: {found:?}");
        }
    }

    #[test]
    fn a_field_of_json_lines_is_found_by_its_path() {
        let text = "{\"user\":{\"id\":\"a\",\"n\":[1,{\"id\":2}]},\"x\":null}\n\n\
                    {\"user\":{\"id\":17}}\r\n{\"user.id\":\"\\u0061\"}\n";
        let keys = read(text, &json("user.id"));
        let keys: Vec<_> = keys.iter().map(|key| (&*key.0, key.2)).collect();
        assert_eq!(keys, [("a", 2.0), ("17", 1.0)]);
    }

    #[test]
    fn lines_without_the_field_are_told_one_by_one() {
        let text = "{\"user\":{\"id\":\"a\"}}\n{\"user\":{\"id\":true}}\n{\"user\":7}\nnot json\n\
                    [1]\n{\"user\":{\"id\":1.5}}\n{\"user\":{\"id\":\"\"}}\n{} x\n";
        let found = faults(text, &json("user.id"));
        let told: Vec<_> = found.iter().map(|(line, text)| (line.unwrap(), &**text)).collect();
        assert_eq!(told[0], (2, "the field `user.id` is true, not text or a whole number"));
        assert_eq!(told[1], (3, "there is no field `user.id`"));
        assert_eq!(told[2], (4, "the line is not JSON: expected ident"));
        assert_eq!(told[3], (5, "there is no field `user.id`"));
        assert!(told[4].1.starts_with("the field `user.id` is a number with a fraction"));
        assert_eq!(told[5], (7, "the partition key is empty"));
        assert_eq!(told[6].0, 8);
        let problems = read_sample(b"{\"user\":{\"name\":\"a\",\"n\":1}}", &json("id"));
        let help = problems.unwrap_err().kept()[0].help.clone().unwrap();
        assert_eq!(help, "the fields that can be keys are `user.n`, `user.name`");
        let found = faults("{\"id\": 1}\n{\"id\": 2}\n", &SampleForm::Keys);
        assert_eq!(found, [(None, "the file looks like JSON lines".to_owned())]);
        assert_eq!(read("{a}\n", &SampleForm::Keys)[0].0, "{a}");
    }
}
