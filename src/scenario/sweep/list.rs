//! Lists of values: `4,8,16`, `4..16:2`, `1k/s..5k/s:1k/s`, and ranges to draw from.

use crate::quantity::{shown, split_number};

/// What a path is given in turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum List {
    /// These, in order, each as `--set` takes it.
    Values(Vec<String>),
    /// Anything between two ends.
    Between(Between),
}

/// All that lies between two ends, both included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Between {
    /// The lower end [billionths of the unit].
    low: i128,
    /// The upper end [billionths of the unit].
    high: i128,
    /// What follows the number.
    unit: String,
    /// Whether only whole numbers lie between.
    is_whole: bool,
}

/// Most values of one list.
pub const VALUES_MAX: usize = 10_000;
const NANO: i128 = 1_000_000_000;
/// A value drawn has so many digits.
const DIGITS: i128 = 1_000_000;

/// Reads a list; several ranges and values may stand beside one another, with commas between.
///
/// # Errors
/// What is wrong with it, and what to write instead.
pub fn read(text: &str) -> Result<List, String> {
    let items = split(text)?;
    if let [item] = items.as_slice()
        && let Some((low, rest)) = range(item)
        && !rest.contains(':')
    {
        return Ok(List::Between(Between::read(low, rest)?));
    }
    let mut values = Vec::new();
    for item in items {
        match range(item) {
            Some((low, rest)) => steps(low, rest, &mut values)?,
            None => values.push(item.to_owned()),
        }
        if values.len() > VALUES_MAX {
            return Err(format!("a list has at most {VALUES_MAX} values"));
        }
    }
    once(&values)?;
    Ok(List::Values(values))
}

/// Refuses a list that names a value twice.
pub(super) fn once(values: &[String]) -> Result<(), String> {
    let mut sorted: Vec<&String> = values.iter().collect();
    sorted.sort();
    match sorted.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(format!("{} is in the list twice", shown(pair[0]))),
        None => Ok(()),
    }
}

impl List {
    /// The values, one after the other.
    ///
    /// # Errors
    /// Where there are too many between two ends, or no telling which.
    pub fn values(&self) -> Result<Vec<String>, String> {
        match self {
            Self::Values(values) => Ok(values.clone()),
            Self::Between(between) if between.is_whole => {
                let mut values = Vec::new();
                between.walk(NANO, &mut values)?;
                Ok(values)
            }
            Self::Between(between) => {
                let (low, high) = (between.text(between.low), between.text(between.high));
                Err(format!(
                    "a range needs its step, such as `{low}..{high}:STEP`; only `--lhs` draws \
                     from between its ends"
                ))
            }
        }
    }

    /// The value at `part`, from 0 (included) to 1 (excluded), of the list's length.
    #[must_use]
    pub fn at(&self, part: f64) -> String {
        match self {
            Self::Values(values) => {
                let place = (part * values.len() as f64) as usize;
                values.get(place).or(values.last()).cloned().unwrap_or_default()
            }
            Self::Between(between) => between.at(part),
        }
    }
}

impl Between {
    fn read(low: &str, high: &str) -> Result<Self, String> {
        let (low, high) = (end(low)?, end(high)?);
        if low.1 != high.1 {
            return Err(format!(
                "the ends of a range have one unit: {} and {}",
                shown(low.1),
                shown(high.1)
            ));
        }
        if low.0 >= high.0 {
            return Err("a range goes from its lower end to its upper one".to_owned());
        }
        let is_whole = low.1.is_empty() && low.0 % NANO == 0 && high.0 % NANO == 0 && !low.2;
        let is_whole = is_whole && !high.2;
        Ok(Self { low: low.0, high: high.0, unit: low.1.to_owned(), is_whole })
    }

    fn walk(&self, step: i128, values: &mut Vec<String>) -> Result<(), String> {
        if step <= 0 {
            return Err("the step of a range is more than zero".to_owned());
        }
        if (self.high - self.low) / step >= VALUES_MAX as i128 {
            return Err(format!("a list has at most {VALUES_MAX} values; take a wider step"));
        }
        let mut value = self.low;
        while value <= self.high {
            values.push(self.text(value));
            value += step;
        }
        Ok(())
    }

    fn at(&self, part: f64) -> String {
        if self.is_whole {
            let count = (self.high - self.low) / NANO + 1;
            let place = (part * count as f64) as i128;
            return self.text(self.low + place.clamp(0, count - 1) * NANO);
        }
        let width = self.high - self.low;
        let value = self.low + ((part * width as f64) as i128).clamp(0, width);
        // Six digits of what is drawn: enough to tell points apart, and short to read.
        let mut unit = 1;
        while value / unit >= DIGITS {
            unit *= 10;
        }
        self.text(value / unit * unit)
    }

    /// A value with its unit; spaces are kept where the ends had them.
    fn text(&self, value: i128) -> String {
        let (whole, part) = (value / NANO, value % NANO);
        let number = format!("{whole}.{part:09}");
        let number = number.trim_end_matches('0').trim_end_matches('.');
        format!("{number}{}", self.unit)
    }
}

/// One end or step: billionths, the unit with the space before it, whether it has a point.
fn end(text: &str) -> Result<(i128, &str, bool), String> {
    const WRITE: &str = "write numbers with one unit, such as `1k/s..5k/s:1k/s`";
    let text = text.trim();
    let (number, rest) = split_number(text, WRITE)
        .map_err(|error| format!("{} {}; {WRITE}", shown(text), error.problem))?;
    let value = number.wide(NANO as u64).ok_or_else(|| format!("{} is too large", shown(text)))?;
    let from = text.len() - rest.len();
    let gap = text[..from].len() - text[..from].trim_end().len();
    Ok((value, &text[from - gap..], text[..from].contains('.')))
}

/// Low end, and high end with its step, of a range.
fn range(item: &str) -> Option<(&str, &str)> {
    let is_quoted = item.starts_with(['"', '\'', '[', '{']);
    item.split_once("..").filter(|_| !is_quoted)
}

fn steps(low: &str, rest: &str, values: &mut Vec<String>) -> Result<(), String> {
    let (high, step) = rest.split_once(':').map_or((rest, None), |(h, s)| (h, Some(s)));
    let between = Between::read(low, high)?;
    let step = match step {
        None if between.is_whole => NANO,
        None => {
            let text = format!("{}..{}", low.trim(), high.trim());
            return Err(format!("{} needs its step, such as `{text}:STEP`", shown(&text)));
        }
        Some(step) => {
            let (value, unit, _) = end(step)?;
            if unit != between.unit {
                return Err(format!(
                    "the step of a range has the unit of its ends: {}, not {}",
                    shown(&between.unit),
                    shown(unit)
                ));
            }
            value
        }
    };
    between.walk(step, values)
}

/// The parts between commas; those in quotes and brackets do not count.
fn split(text: &str) -> Result<Vec<&str>, String> {
    let (mut items, mut start, mut depth, mut quote) = (Vec::new(), 0, 0_usize, None);
    for (place, letter) in text.char_indices() {
        if let Some(open) = quote {
            quote = Some(open).filter(|open| *open != letter);
            continue;
        }
        match letter {
            '"' | '\'' => quote = Some(letter),
            '[' | '{' | '(' => depth += 1,
            ']' | '}' | ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                items.push(text[start..place].trim());
                start = place + 1;
            }
            _ => {}
        }
    }
    items.push(text[start..].trim());
    match items.iter().position(|item| item.is_empty()) {
        None => Ok(items),
        Some(_) if items.len() == 1 => {
            Err("the list is empty; write values such as `4,8,16` or `4..16:2`".to_owned())
        }
        Some(place) => Err(format!("value {} of the list is empty", place + 1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> Vec<String> {
        read(text).and_then(|list| list.values()).expect(text)
    }

    #[test]
    fn lists_and_ranges_give_every_value_in_order() {
        assert_eq!(values("4,8 , 16"), ["4", "8", "16"]);
        assert_eq!(values("8..16:4"), ["8", "12", "16"]);
        assert_eq!(values("8..15:4"), ["8", "12"]);
        assert_eq!(values("2..4"), ["2", "3", "4"]);
        assert_eq!(values("1k/s..2k/s:0.5k/s"), ["1k/s", "1.5k/s", "2k/s"]);
        assert_eq!(values("64 KiB..128 KiB:64 KiB"), ["64 KiB", "128 KiB"]);
        assert_eq!(values("1..2,8,10..12:2"), ["1", "2", "8", "10", "12"]);
        assert_eq!(values("0.1..0.3:0.1"), ["0.1", "0.2", "0.3"]);
        assert_eq!(
            values(r#"{ file = "a,b" },"x,y",[1, 2]"#),
            [r#"{ file = "a,b" }"#, r#""x,y""#, "[1, 2]"]
        );
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        for (text, part) in [
            ("", "is empty"),
            ("4,,8", "value 2 of the list is empty"),
            ("4,8,4", "`4` is in the list twice"),
            ("4..16:0", "more than zero"),
            ("16..4:2", "lower end"),
            ("1k/s..5k/s:1", "the unit of its ends"),
            ("1k/s..5M/s:1k/s", "one unit"),
            ("a..b:2", "does not begin with a number"),
            ("1..20000:1", "at most 10000 values"),
            ("1.5..2.5,4", "needs its step"),
            ("1..-4:1", "must not be negative"),
            ("1..5:", "is empty"),
        ] {
            let error = read(text).and_then(|list| list.values()).expect_err(text);
            assert!(error.contains(part), "{text}: {error}");
        }
        assert_eq!(values("1..10000").len(), VALUES_MAX);
        assert!(read("0..10000").and_then(|list| list.values()).is_err());
        let error = read("1k/s..5k/s").and_then(|list| list.values()).expect_err("no step");
        assert!(error.contains("`1k/s..5k/s:STEP`"), "{error}");
    }

    #[test]
    fn what_is_drawn_lies_between_the_ends_and_is_whole_where_they_are() {
        let whole = read("4..7").expect("a range");
        let drawn: Vec<String> = [0.0, 0.24, 0.26, 0.51, 0.76, 0.999].map(|u| whole.at(u)).into();
        assert_eq!(drawn, ["4", "4", "5", "6", "7", "7"]);
        let rate = read("1k/s..2k/s").expect("a range");
        assert_eq!([0.0, 0.5, 0.123_456_789].map(|u| rate.at(u)), ["1k/s", "1.5k/s", "1.12345k/s"]);
        let share = read("0.0..1").expect("a range");
        assert_eq!([0.0, 0.25].map(|u| share.at(u)), ["0", "0.25"]);
        let list = read("a,b,c").expect("a list");
        assert_eq!([0.0, 0.34, 0.99].map(|u| list.at(u)), ["a", "b", "c"]);
    }
}
