//! A field of each line of a JSON lines file.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::{InputProblem, InputProblems, shown};

/// Fields named in a message.
const MAX_NAMED: usize = 8;
/// How deep fields are looked for to be named in a message.
const MAX_DEPTH: usize = 4;

/// Hands the text at the dotted path `field` of every line to `take`, and notes what is wrong with
/// each. Whole numbers count as the text they are written as; blank lines are passed over.
pub(super) fn read_field(
    text: &str,
    field: &str,
    problems: &mut InputProblems,
    mut take: impl FnMut(u64, &str) -> Result<(), InputProblem>,
) {
    let mut n_lines = 0_u64;
    for (line, text) in (1..).zip(text.lines()).filter(|(_, text)| !text.trim().is_empty()) {
        n_lines += 1;
        let read = match found(text, field) {
            Ok(Found::Key(key)) => take(line, &key),
            Ok(Found::Other(what)) => Err(InputProblem::at(
                line,
                format!("the field {} is {what}, not text or a whole number", shown(field)),
            )),
            Ok(Found::Nothing) => Err(missing(line, text, field)),
            Err(error) => {
                let message = error.to_string();
                let message = message.split(" at line ").next().unwrap_or_default();
                Err(InputProblem::at(line, format!("the line is not JSON: {message}"))
                    .with_help("each line is one JSON object; no list around them, no commas"))
            }
        };
        if let Err(problem) = read {
            problems.push(problem);
        }
    }
    if n_lines == 0 {
        problems.push(InputProblem::of_file("the file is empty"));
    }
}

fn found<'t>(text: &'t str, field: &str) -> Result<Found<'t>, serde_json::Error> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let found = At(field).deserialize(&mut reader)?;
    reader.end()?;
    Ok(found)
}

fn missing(line: u64, text: &str, field: &str) -> InputProblem {
    let mut names = Vec::new();
    if let Ok(value) = serde_json::from_str(text) {
        name_fields(&value, "", 0, &mut names);
    }
    let problem = InputProblem::at(line, format!("there is no field {}", shown(field)));
    if names.is_empty() {
        return problem.with_help("each line is an object with a field of text or a whole number");
    }
    let shown: Vec<String> = names.iter().map(|name| shown(name)).collect();
    problem.with_help(format!("the fields that can be keys are {}", shown.join(", ")))
}

/// The dotted paths of all texts and whole numbers.
fn name_fields(value: &Value, path: &str, depth: usize, names: &mut Vec<String>) {
    match value {
        _ if names.len() == MAX_NAMED || depth > MAX_DEPTH => {}
        Value::Object(fields) => {
            for (name, value) in fields {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                name_fields(value, &path, depth + 1, names);
            }
        }
        Value::String(_) if depth > 0 => names.push(path.to_owned()),
        Value::Number(number) if depth > 0 && !number.is_f64() => names.push(path.to_owned()),
        _ => {}
    }
}

/// What stands at a path.
enum Found<'t> {
    /// Text, or the text of a whole number.
    Key(Cow<'t, str>),
    /// Something that is no key.
    Other(&'static str),
    Nothing,
}

/// The value at the rest of a dotted path; at itself where nothing is left.
struct At<'p>(&'p str);

impl<'t> DeserializeSeed<'t> for At<'_> {
    type Value = Found<'t>;

    fn deserialize<D: Deserializer<'t>>(self, deserializer: D) -> Result<Found<'t>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl At<'_> {
    fn other<'t>(&self, what: &'static str) -> Found<'t> {
        if self.0.is_empty() { Found::Other(what) } else { Found::Nothing }
    }
}

impl<'t> Visitor<'t> for At<'_> {
    type Value = Found<'t>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'t str) -> Result<Found<'t>, E> {
        Ok(if self.0.is_empty() { Found::Key(text.into()) } else { Found::Nothing })
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Found<'t>, E> {
        Ok(if self.0.is_empty() { Found::Key(text.to_owned().into()) } else { Found::Nothing })
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Found<'t>, E> {
        self.visit_str(&number.to_string())
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Found<'t>, E> {
        self.visit_str(&number.to_string())
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Found<'t>, E> {
        Ok(self.other("a number with a fraction or very many digits"))
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Found<'t>, E> {
        Ok(self.other(if value { "true" } else { "false" }))
    }

    fn visit_unit<E: Error>(self) -> Result<Found<'t>, E> {
        Ok(self.other("null"))
    }

    fn visit_seq<A: SeqAccess<'t>>(self, mut list: A) -> Result<Found<'t>, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(self.other("a list"))
    }

    fn visit_map<A: MapAccess<'t>>(self, mut fields: A) -> Result<Found<'t>, A::Error> {
        let mut found = self.other("an object");
        while let Some(rest) = fields.next_key_seed(Rest(self.0))? {
            match rest {
                Some(rest) => found = fields.next_value_seed(At(rest))?,
                None => drop(fields.next_value::<IgnoredAny>()?),
            }
        }
        Ok(found)
    }
}

/// What is left of a path behind a field's name; `None` where the path leads elsewhere. A name may
/// hold dots itself.
struct Rest<'p>(&'p str);

impl<'t, 'p> DeserializeSeed<'t> for Rest<'p> {
    type Value = Option<&'p str>;

    fn deserialize<D: Deserializer<'t>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'p> Visitor<'_> for Rest<'p> {
    type Value = Option<&'p str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a field")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Option<&'p str>, E> {
        let rest = self.0.strip_prefix(name).filter(|_| !self.0.is_empty());
        Ok(rest.and_then(|rest| if rest.is_empty() { Some("") } else { rest.strip_prefix('.') }))
    }
}
