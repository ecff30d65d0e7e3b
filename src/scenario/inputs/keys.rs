//! A list of partition keys, with weights where they are not used alike.

use super::InputProblem;
use super::sample::{SampleForm, read_sample};

/// Reads one key a line, or `key,weight`; a header line is optional. Keys that occur more than
/// once add up; the order is that of first appearance.
///
/// # Errors
///
/// Where a key is not one Kinesis takes, a weight is no number from 0 upwards, or all are zero.
pub fn read_keys(bytes: &[u8]) -> Result<Vec<(String, f64)>, InputProblem> {
    match read_sample(bytes, &SampleForm::Keys) {
        Ok(sample) => Ok(sample.iter().map(|key| (key.name.to_owned(), key.weight)).collect()),
        Err(problems) => Err(problems.into_first()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(String, f64)> {
        read_keys(text.as_bytes()).unwrap()
    }

    fn list(keys: &[(&str, f64)]) -> Vec<(String, f64)> {
        keys.iter().map(|&(key, weight)| (key.to_owned(), weight)).collect()
    }

    #[test]
    fn a_wrong_separator_is_seen() {
        for text in ["a;3\nb;4\n", "a\t0.5\n", "key;weight\na;1\n"] {
            let problem = read_keys(text.as_bytes()).unwrap_err();
            assert!(problem.message.starts_with("the row has one field"), "{problem:?}");
        }
        assert_eq!(read("a;b\nc;3\n"), list(&[("a;b", 1.0), ("c;3", 1.0)]));
        assert_eq!(read("a;3,1\n"), list(&[("a;3", 1.0)]));
    }

    #[test]
    fn with_and_without_weights_and_header() {
        let weighted = list(&[("b", 2.5), ("a", 1.0)]);
        assert_eq!(read("b,2\na,1\nb,0.5\n"), weighted);
        assert_eq!(read("key,weight\r\nb,2.5\r\na,1\r\n"), weighted);
        assert_eq!(read("\u{feff}\"b\",\"2.5\"\n\na,1"), weighted);
        let alike = list(&[("b", 2.0), ("a", 1.0)]);
        assert_eq!(read("b\na\nb\n"), alike);
        assert_eq!(read("Partition_Key\nb\na\nb\n"), alike);
    }

    #[test]
    fn keys_are_kept_as_written() {
        let keys = read("\" spaced \",1\n\"with, comma\",2\nключ,3\n");
        assert_eq!(keys, list(&[(" spaced ", 1.0), ("with, comma", 2.0), ("ключ", 3.0)]));
        // 256 characters, 512 bytes.
        assert_eq!(read(&"ж".repeat(256)).len(), 1);
    }

    #[test]
    fn each_fault_has_its_line() {
        for (text, line, message) in [
            ("", None, "the file is empty"),
            ("key,weight\n", Some(1), "the file has a header but no rows"),
            ("a,1\nb\n", Some(2), "the row has 1 field, the header 2"),
            ("a,1,2\n", Some(1), "the row has 3 fields, a list at most two"),
            ("a,1\nb,x\n", Some(2), "the weight `x` is not a number"),
            ("a,1O\n", Some(1), "the weight `1O` is not a number"),
            ("a,nan\n", Some(1), "the weight `nan` is not a number"),
            ("a,1\nb,-1\n", Some(2), "the weight `-1` is negative"),
            ("a,\n", Some(1), "the weight `` is not a number"),
            ("a,0\nb,0\n", None, "all weights are zero"),
            ("a,1e308\nb,1e308\n", None, "the weights add up to more"),
            ("a,1\n\"\",1\n", Some(2), "the partition key is empty"),
        ] {
            let problem = read_keys(text.as_bytes()).unwrap_err();
            assert!(problem.message.starts_with(message), "{text:?} gave {problem:?}");
            assert_eq!(problem.line, line, "{text:?} gave {problem:?}");
        }
    }
}
