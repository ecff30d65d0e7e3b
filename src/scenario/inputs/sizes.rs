//! A histogram of record sizes.

use std::collections::BTreeMap;

use super::weighted::read_entries;
use super::{InputProblem, InputProblems, MAX_RECORD, shown, text};
use crate::units::Bytes;

/// What a size may be followed by, and how many bytes it stands for.
const UNITS: [(&str, f64); 6] =
    [("", 1.0), ("B", 1.0), ("KiB", 1024.0), ("MiB", 1_048_576.0), ("kB", 1e3), ("KB", 1e3)];

/// Reads `size,count` lines, a header being optional; a size is a bare number of bytes or
/// `1.5 KiB`. Sizes that occur more than once add up; the order is ascending.
///
/// # Errors
///
/// Where a size is none or above 10 MiB, a count is no number from 0 upwards, or all are zero.
pub fn read_sizes(bytes: &[u8]) -> Result<Vec<(Bytes, f64)>, InputProblem> {
    let text = text::unpack(bytes)?;
    let mut sizes: BTreeMap<Bytes, f64> = BTreeMap::new();
    let headings = ["size", "sizes", "bytes", "size_bytes"];
    let mut problems = InputProblems::default();
    read_entries(&text, &headings, &mut problems, |entry| {
        let size = read_size(entry.line, entry.value)?;
        *sizes.entry(size).or_default() += entry.weight;
        Ok(())
    });
    if problems.is_empty() { Ok(sizes.into_iter().collect()) } else { Err(problems.into_first()) }
}

fn read_size(line: u64, cell: &str) -> Result<Bytes, InputProblem> {
    let text = cell.trim();
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let unit = UNITS.iter().find(|(name, _)| *name == unit.trim());
    let (Ok(number), Some((_, factor))) = (number.parse::<f64>(), unit) else {
        return Err(InputProblem::at(line, format!("{} is not a size", shown(cell)))
            .with_help("write a number of bytes, such as `1536`, or `1.5 KiB`"));
    };
    let bytes = (number * factor).round();
    if bytes > MAX_RECORD.0 as f64 {
        return Err(InputProblem::at(line, format!("a record of {} exceeds 10 MiB", shown(cell))));
    }
    Ok(Bytes(bytes as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bare_bytes_and_units() {
        let text = "size,count\r\n1.5 KiB,3\r\n900,1\r\n2kB,4\r\n1 MiB,1\r\n1536 B,2\r\n0,5\r\n";
        let sizes = read_sizes(text.as_bytes()).unwrap();
        let expected = [(0, 5.0), (900, 1.0), (1536, 5.0), (2000, 4.0), (1_048_576, 1.0)];
        assert_eq!(sizes, expected.map(|(size, count)| (Bytes(size), count)));
        assert_eq!(read_sizes(b"900,1\n").unwrap(), [(Bytes(900), 1.0)]);
        assert_eq!(read_sizes(b"bytes\n900\n7\n").unwrap(), [(Bytes(7), 1.0), (Bytes(900), 1.0)]);
    }

    #[test]
    fn each_fault_has_its_line() {
        for (text, line, message) in [
            ("900,1\n-1,1\n", Some(2), "`-1` is not a size"),
            ("900,1\nNaN,1\n", Some(2), "`NaN` is not a size"),
            ("900,1\n1.2.3,1\n", Some(2), "`1.2.3` is not a size"),
            ("900,1\n1 parsec,1\n", Some(2), "`1 parsec` is not a size"),
            ("900,1\n10485761,1\n", Some(2), "a record of `10485761` exceeds 10 MiB"),
            ("900,1\n10.1 MiB,1\n", Some(2), "a record of `10.1 MiB` exceeds 10 MiB"),
            ("900,1\n,1\n", Some(2), "`` is not a size"),
            ("900,0\n", None, "all weights are zero"),
        ] {
            let problem = read_sizes(text.as_bytes()).unwrap_err();
            assert!(problem.message.starts_with(message), "{text:?} gave {problem:?}");
            assert_eq!(problem.line, line, "{text:?} gave {problem:?}");
        }
    }
}
