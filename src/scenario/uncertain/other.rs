//! What else an assumed constant might be: AWS does not say, so the range is a choice of ours.

use crate::scenario::Assumed;
use crate::scenario::resolved::quoted;
use crate::scenario::uncertain::spread::Bound;

/// Other values of an assumed constant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Others {
    /// Half of it and twice as much, as TOML.
    Range([String; 2]),
    /// The other words or switches its field takes, as TOML.
    Words(Vec<String>),
    /// None that could be told: why not.
    None(&'static str),
}

/// The words that fields with assumed defaults take.
const WORDS: [(&str, &[&str]); 3] = [
    ("model.write.enforcer", &["token-bucket", "fixed-window", "tank"]),
    ("model.write.rounding", &["kib", "none"]),
    ("jitter", &["full", "equal", "none"]),
];

/// Half an assumed number and twice as much; of a word or a switch the other ones.
#[must_use]
pub fn others(assumed: &Assumed) -> Others {
    let value = assumed.value.as_str();
    let is_field =
        |field: &str| assumed.path == field || assumed.path.ends_with(&format!(".{field}"));
    if let Some((_, words)) = WORDS.iter().find(|(field, _)| is_field(field)) {
        let others = words.iter().map(|word| quoted(word)).filter(|word| word != value);
        return Others::Words(others.collect());
    }
    match value {
        "true" => return Others::Words(vec!["false".to_owned()]),
        "false" => return Others::Words(vec!["true".to_owned()]),
        _ => {}
    }
    if let Ok(whole) = value.parse::<u64>() {
        return match whole {
            0 => Others::None("half of nothing is nothing"),
            1 => Others::Words(vec!["2".to_owned()]),
            _ => Others::Range([(whole / 2).to_string(), whole.saturating_mul(2).to_string()]),
        };
    }
    if let Ok(number) = value.parse::<f64>()
        && number > 0.0
    {
        return Others::Range([format!("{:?}", number / 2.0), format!("{:?}", number * 2.0)]);
    }
    let text = value.trim_matches('"');
    match Bound::quantity(text) {
        Ok(bound) if bound.value > 0.0 => Others::Range([0.5, 2.0].map(|times| bound.times(times))),
        Ok(_) => Others::None("half of nothing is nothing"),
        Err(_) => Others::None("it has no half"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(path: &str, value: &str) -> Others {
        others(&Assumed { fact: "KDS-W30", path: path.to_owned(), value: value.to_owned() })
    }

    #[test]
    fn numbers_are_halved_and_doubled_and_words_exchanged() {
        let range = |low: &str, high: &str| Others::Range([low.to_owned(), high.to_owned()]);
        assert_eq!(of("a.b", "1000"), range("500", "2000"));
        assert_eq!(of("a.b", "\"1 MiB\""), range("\"0.5 MiB\"", "\"2 MiB\""));
        assert_eq!(of("a.b", "\"70 ms\""), range("\"35 ms\"", "\"140 ms\""));
        assert_eq!(of("a.b", "0.25"), range("0.125", "0.5"));
        let words = |words: &[&str]| Others::Words(words.iter().map(|w| (*w).to_owned()).collect());
        assert_eq!(of("a.b", "true"), words(&["false"]));
        assert_eq!(of("model.write.rounding", "\"kib\""), words(&["\"none\""]));
        assert_eq!(of("producer.web.resend.jitter", "\"full\""), words(&["\"equal\"", "\"none\""]));
        assert!(matches!(of("a.b", "\"0 s\""), Others::None(_)));
        assert!(matches!(of("a.b", "\"word\""), Others::None(_)));
    }
}
