//! `--where`: a condition on the values of a point, such as
//! `shard_count * parallelization_factor <= 64`.

use std::fmt;

use crate::quantity::shown;
use crate::scenario::problem::{listed, nearest};
use crate::scenario::sweep::value::{Kind, Value, read};

/// A condition that can be asked of every point.
#[derive(Clone, Debug)]
pub struct Condition {
    text: String,
    root: Expression,
}

/// What is wrong with a condition, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConditionError {
    /// In characters of the condition, from 1.
    pub column: usize,
    /// What is wrong.
    pub message: String,
}

#[derive(Clone, Debug)]
struct Expression {
    /// First byte in the text.
    at: usize,
    node: Node,
}

#[derive(Clone, Debug)]
enum Node {
    Literal(Value),
    /// Value of the path with this place.
    Varied(usize),
    Not(Box<Expression>),
    Negative(Box<Expression>),
    Two(Operator, Box<Expression>, Box<Expression>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Or,
    And,
    Equal,
    Different,
    AtMost,
    AtLeast,
    Less,
    More,
    Plus,
    Minus,
    Times,
    Over,
}

/// Longer first, so that `<=` is not `<`.
const SYMBOLS: [(&str, Operator); 15] = [
    ("||", Operator::Or),
    ("&&", Operator::And),
    ("==", Operator::Equal),
    ("!=", Operator::Different),
    ("<=", Operator::AtMost),
    (">=", Operator::AtLeast),
    ("<", Operator::Less),
    (">", Operator::More),
    ("+", Operator::Plus),
    ("-", Operator::Minus),
    ("*", Operator::Times),
    ("/", Operator::Over),
    ("or", Operator::Or),
    ("and", Operator::And),
    ("=", Operator::Equal),
];

/// A longer condition is refused (bytes).
const TEXT_MAX: usize = 2_000;
/// Parentheses and signs within one another.
const DEPTH_MAX: usize = 50;

impl Condition {
    /// Reads a condition on the values of `paths`; a name is a whole path or its last step.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn read(text: &str, paths: &[String]) -> Result<Self, ConditionError> {
        if text.len() > TEXT_MAX {
            let message = format!("a condition has at most {TEXT_MAX} bytes");
            return Err(ConditionError { column: 1, message });
        }
        let mut reader = Reader { text, at: 0, paths, depth: 0 };
        let root = reader.or()?;
        reader.skip();
        if reader.at < text.len() {
            return Err(reader.error(
                reader.at,
                format!("expected an operator or the end, found {}", shown(reader.rest())),
            ));
        }
        Ok(Self { text: text.to_owned(), root })
    }

    /// As it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it holds for these values, in the order of the paths.
    ///
    /// # Errors
    /// Where values cannot be compared or reckoned with.
    pub fn holds(&self, values: &[String]) -> Result<bool, ConditionError> {
        let fault = |at, message| error_at(&self.text, at, message);
        match self.root.value(values).map_err(|(at, message)| fault(at, message))? {
            Value::Truth(holds) => Ok(holds),
            _ => Err(fault(
                self.root.at,
                "the condition is no comparison; write one, such as `shard_count <= 8`".to_owned(),
            )),
        }
    }
}

impl fmt::Display for ConditionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at character {}: {}", self.column, self.message)
    }
}

fn error_at(text: &str, at: usize, message: String) -> ConditionError {
    let before = text.get(..at).unwrap_or(text);
    ConditionError { column: before.chars().count() + 1, message }
}

type Fault = (usize, String);

impl Expression {
    fn value(&self, values: &[String]) -> Result<Value, Fault> {
        match &self.node {
            Node::Literal(value) => Ok(value.clone()),
            Node::Varied(place) => Ok(read(values.get(*place).map_or("", String::as_str))),
            Node::Not(inner) => Ok(Value::Truth(!inner.truth(values)?)),
            Node::Negative(inner) => {
                let (number, kind) = inner.number(values)?;
                Ok(Value::Number(-number, kind))
            }
            Node::Two(Operator::Or, a, b) => Ok(Value::Truth(a.truth(values)? | b.truth(values)?)),
            Node::Two(Operator::And, a, b) => Ok(Value::Truth(a.truth(values)? & b.truth(values)?)),
            Node::Two(operator, a, b) if operator.is_comparison() => {
                self.compare(*operator, &a.value(values)?, &b.value(values)?)
            }
            Node::Two(operator, a, b) => {
                let (x, y) = (a.number(values)?, b.number(values)?);
                self.reckon(*operator, x, y)
            }
        }
    }

    fn truth(&self, values: &[String]) -> Result<bool, Fault> {
        match self.value(values)? {
            Value::Truth(truth) => Ok(truth),
            other => Err((self.at, format!("{other} is no comparison"))),
        }
    }

    fn number(&self, values: &[String]) -> Result<(f64, Kind), Fault> {
        match self.value(values)? {
            Value::Number(number, kind) => Ok((number, kind)),
            other => Err((self.at, format!("{other} is not a number to reckon with"))),
        }
    }

    #[expect(clippy::float_cmp, reason = "`==` asks for just that")]
    fn compare(&self, operator: Operator, a: &Value, b: &Value) -> Result<Value, Fault> {
        let is_equality = matches!(operator, Operator::Equal | Operator::Different);
        let truth = match (a, b) {
            (Value::Number(x, kind), Value::Number(y, other)) if kind == other => match operator {
                Operator::Equal => x == y,
                Operator::Different => x != y,
                Operator::AtMost => x <= y,
                Operator::AtLeast => x >= y,
                Operator::Less => x < y,
                _ => x > y,
            },
            (Value::Text(x), Value::Text(y)) if is_equality => {
                (x == y) == (operator == Operator::Equal)
            }
            (Value::Truth(x), Value::Truth(y)) if is_equality => {
                (x == y) == (operator == Operator::Equal)
            }
            _ => return Err((self.at, format!("{a} and {b} cannot be compared so"))),
        };
        Ok(Value::Truth(truth))
    }

    fn reckon(
        &self,
        operator: Operator,
        (x, a): (f64, Kind),
        (y, b): (f64, Kind),
    ) -> Result<Value, Fault> {
        let fault = |what: &str| Err((self.at, format!("{} and {} {what}", a.name(), b.name())));
        let (number, kind) = match operator {
            Operator::Plus if a == b => (x + y, a),
            Operator::Minus if a == b => (x - y, a),
            Operator::Plus | Operator::Minus => return fault("cannot be added or subtracted"),
            Operator::Times if b == Kind::Plain => (x * y, a),
            Operator::Times if a == Kind::Plain => (x * y, b),
            Operator::Over if b == Kind::Plain => (x / y, a),
            Operator::Over if a == b => (x / y, Kind::Plain),
            _ => return fault("cannot be multiplied or divided"),
        };
        if operator == Operator::Over && y == 0.0 {
            return Err((self.at, "this divides by zero".to_owned()));
        }
        Ok(Value::Number(number, kind))
    }
}

impl Operator {
    fn is_comparison(self) -> bool {
        use Operator::{AtLeast, AtMost, Different, Equal, Less, More};
        matches!(self, Equal | Different | AtMost | AtLeast | Less | More)
    }
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    paths: &'t [String],
    depth: usize,
}

type Read = Result<Expression, ConditionError>;

impl<'t> Reader<'t> {
    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn skip(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    fn error(&self, at: usize, message: String) -> ConditionError {
        error_at(self.text, at, message)
    }

    /// The operator that stands here, if it is one of `wanted`.
    fn take(&mut self, wanted: impl Fn(Operator) -> bool) -> Option<Operator> {
        self.skip();
        let rest = self.rest();
        let (symbol, operator) = SYMBOLS.iter().find(|(symbol, _)| {
            let is_word = symbol.starts_with(char::is_alphabetic);
            let after = rest[symbol.len().min(rest.len())..].chars().next();
            rest.starts_with(symbol) && !(is_word && after.is_some_and(is_letter))
        })?;
        if !wanted(*operator) {
            return None;
        }
        self.at += symbol.len();
        Some(*operator)
    }

    fn or(&mut self) -> Read {
        self.chain(Self::and, |it| it == Operator::Or)
    }

    fn and(&mut self) -> Read {
        self.chain(Self::comparison, |it| it == Operator::And)
    }

    fn sum(&mut self) -> Read {
        self.chain(Self::product, |it| matches!(it, Operator::Plus | Operator::Minus))
    }

    fn product(&mut self) -> Read {
        self.chain(Self::single, |it| matches!(it, Operator::Times | Operator::Over))
    }

    fn chain(&mut self, part: fn(&mut Self) -> Read, wanted: fn(Operator) -> bool) -> Read {
        let mut left = part(self)?;
        while let Some(operator) = self.take(wanted) {
            let right = part(self)?;
            let at = left.at;
            let node = Node::Two(operator, Box::new(left), Box::new(right));
            left = Expression { at, node };
        }
        Ok(left)
    }

    fn comparison(&mut self) -> Read {
        let left = self.sum()?;
        let Some(operator) = self.take(Operator::is_comparison) else { return Ok(left) };
        let right = self.sum()?;
        self.skip();
        let second = self.at;
        if self.take(Operator::is_comparison).is_some() {
            let message = "comparisons stand alone; join two with `and`".to_owned();
            return Err(self.error(second, message));
        }
        let at = left.at;
        Ok(Expression { at, node: Node::Two(operator, Box::new(left), Box::new(right)) })
    }

    /// A value, or something in parentheses or behind a sign.
    fn single(&mut self) -> Read {
        self.skip();
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            let message = format!("more than {DEPTH_MAX} parentheses within one another");
            return Err(self.error(self.at, message));
        }
        let (at, rest) = (self.at, self.rest());
        let found = if rest.starts_with('(') {
            self.at += 1;
            let inner = self.or()?;
            self.skip();
            if !self.rest().starts_with(')') {
                return Err(self.error(at, "this parenthesis is never closed".to_owned()));
            }
            self.at += 1;
            Ok(inner)
        } else if rest.starts_with('-') {
            self.at += 1;
            let inner = self.single()?;
            Ok(Expression { at, node: Node::Negative(Box::new(inner)) })
        } else if let Some(length) = negation(rest) {
            self.at += length;
            let inner = self.comparison()?;
            Ok(Expression { at, node: Node::Not(Box::new(inner)) })
        } else {
            self.leaf()
        };
        self.depth -= 1;
        found
    }

    fn leaf(&mut self) -> Read {
        let (at, rest) = (self.at, self.rest());
        let Some(first) = rest.chars().next() else {
            return Err(self.error(at, "expected a value, found the end".to_owned()));
        };
        if matches!(first, '"' | '\'') {
            let Some(end) = rest[1..].find(first) else {
                return Err(self.error(at, "this quote is never closed".to_owned()));
            };
            self.at += end + 2;
            return Ok(Expression { at, node: Node::Literal(read(&rest[1..=end])) });
        }
        if first.is_ascii_digit() {
            let length = quantity_length(rest);
            self.at += length;
            return match read(&rest[..length]) {
                number @ Value::Number(..) => Ok(Expression { at, node: Node::Literal(number) }),
                _ => Err(self.error(
                    at,
                    format!(
                        "{} is no quantity; put units right behind their number: `4k/s`, `64KiB`",
                        shown(&rest[..length])
                    ),
                )),
            };
        }
        self.name(at, rest)
    }

    /// A whole path or the last step of one, the longest that fits.
    fn name(&mut self, at: usize, rest: &str) -> Read {
        let fits = |name: &str| {
            let after = rest.get(name.len()..).and_then(|after| after.chars().next());
            rest.starts_with(name) && !after.is_some_and(|c| is_letter(c) || c == '.')
        };
        let whole = self.paths.iter().enumerate().filter(|(_, path)| fits(path));
        if let Some((place, path)) = whole.max_by_key(|(_, path)| path.len()) {
            self.at += path.len();
            return Ok(Expression { at, node: Node::Varied(place) });
        }
        let steps = || self.paths.iter().enumerate().map(|(place, path)| (place, last_step(path)));
        let found = steps().filter(|(_, step)| fits(step)).max_by_key(|(_, step)| step.len());
        let Some((place, step)) = found else {
            let length = rest.find(|c| !is_letter(c) && c != '.').unwrap_or(rest.len());
            let word = &rest[..length.max(rest.chars().next().map_or(0, char::len_utf8))];
            return Err(self.error(at, self.unknown(word)));
        };
        if steps().filter(|(_, other)| *other == step).count() > 1 {
            let message = format!("{} is the end of several paths; write a whole one", shown(step));
            return Err(self.error(at, message));
        }
        self.at += step.len();
        Ok(Expression { at, node: Node::Varied(place) })
    }

    fn unknown(&self, word: &str) -> String {
        let steps: Vec<&str> = self.paths.iter().map(|path| last_step(path)).collect();
        let near = nearest(last_step(word), steps.iter().copied());
        let known = listed(if near.is_empty() { &steps } else { &near });
        if word.starts_with(is_letter) {
            format!("{} is not varied; the names are {known}", shown(word))
        } else {
            format!("expected a value, found {}", shown(word))
        }
    }
}

fn is_letter(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn last_step(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or(path)
}

/// Length of the `not` or `!` that `rest` begins with.
fn negation(rest: &str) -> Option<usize> {
    if rest.starts_with('!') && !rest.starts_with("!=") {
        return Some(1);
    }
    let after = rest.strip_prefix("not")?;
    (!after.starts_with(is_letter)).then_some(3)
}

/// A number with the unit right behind it: `4`, `1.5k/s`, `64KiB`, `5%`.
fn quantity_length(rest: &str) -> usize {
    let letters = |from: usize| {
        let after = &rest[from..];
        let end = after.find(|c: char| !c.is_alphabetic()).unwrap_or(after.len());
        from + end
    };
    let number = |c: char| !(c.is_ascii_digit() || c == '.' || c == '_');
    let digits = rest.find(number).unwrap_or(rest.len());
    if rest[digits..].starts_with('%') {
        return digits + 1;
    }
    let unit = letters(digits);
    if unit > digits && rest[unit..].starts_with('/') {
        let per = letters(unit + 1);
        let is_time = matches!(&rest[unit + 1..per], "s" | "min" | "h" | "d");
        return if is_time { per } else { unit };
    }
    if unit == digits && rest[digits..].starts_with("/s") && letters(digits + 1) == digits + 2 {
        return digits + 2;
    }
    unit
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths() -> Vec<String> {
        ["stream.shard_count", "lambda.my-fn.batch_size", "producer.web.rate", "stream.stream_mode"]
            .map(str::to_owned)
            .to_vec()
    }

    fn holds(text: &str) -> Result<bool, ConditionError> {
        let values = ["8", "200", "\"2.5k/s\"", "PROVISIONED"].map(str::to_owned);
        Condition::read(text, &paths()).and_then(|it| it.holds(&values))
    }

    #[test]
    fn conditions_hold_as_one_would_reckon_by_hand() {
        for (text, expected) in [
            ("shard_count * batch_size <= 1600", true),
            ("shard_count * batch_size < 1600", false),
            ("shard_count*batch_size+1 == 1601", true),
            ("stream.shard_count = 8 and lambda.my-fn.batch_size = 200", true),
            ("not shard_count > 8", true),
            ("!(shard_count > 8) && batch_size >= 200", true),
            ("shard_count > 8 or batch_size > 100 and rate >= 2k/s", true),
            ("rate / shard_count <= 312.5/s", true),
            ("rate / shard_count < 312.5/s", false),
            ("rate - 500/s == '2k/s'", true),
            ("2 + 3 * 4 == 14 and (2 + 3) * 4 == 20", true),
            ("10 - 4 - 3 == 3 and 24 / 4 / 3 == 2", true),
            ("-shard_count < 0 and 0 - -2 == 2", true),
            ("stream_mode == 'PROVISIONED'", true),
            ("stream_mode != \"ON_DEMAND\" and 5% == 0.05", true),
            ("64KiB == '0.0625 MiB' and 90s == 1.5min", true),
        ] {
            assert_eq!(holds(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn faults_say_where_they_are() {
        for (text, column, part) in [
            ("", 1, "found the end"),
            ("shard_count", 1, "no comparison"),
            ("shard_count <=", 15, "found the end"),
            ("shard_cuont <= 4", 1, "the names are `shard_count`"),
            ("(shard_count <= 4", 1, "never closed"),
            ("shard_count <= 4)", 17, "expected an operator or the end"),
            ("1 < shard_count < 4", 17, "join two with `and`"),
            ("shard_count <= 'x", 16, "quote is never closed"),
            ("shard_count <= rate", 1, "cannot be compared"),
            ("stream_mode < 'B'", 1, "cannot be compared"),
            ("shard_count + rate > 4", 1, "cannot be added"),
            ("rate * rate > 4", 1, "cannot be multiplied"),
            ("stream_mode * 2 > 4", 1, "not a number"),
            ("shard_count / 0 > 4", 1, "divides by zero"),
            ("shard_count <= 4 quux", 18, "expected an operator"),
            ("shard_count <= 4xy", 16, "no quantity"),
            ("shard_count <= $", 16, "expected a value"),
            ("4 and shard_count > 2", 1, "is no comparison"),
        ] {
            let error = holds(text).expect_err(text);
            assert!(error.message.contains(part), "{text}: {error}");
            assert_eq!(error.column, column, "{text}: {error}");
        }
        let deep = format!("{}1{} == 1", "(".repeat(60), ")".repeat(60));
        assert!(holds(&deep).expect_err("too deep").message.contains("more than 50"));
        let most = format!("{}1{} == 1", "(".repeat(49), ")".repeat(49));
        assert_eq!(holds(&most), Ok(true));
        let long = format!("1 == {}", "1+".repeat(1_000) + "1");
        assert!(holds(&long).expect_err("too long").message.contains("2000 bytes"));
        let two = ["lambda.a.batch_size", "lambda.b.batch_size"].map(str::to_owned);
        let error = Condition::read("batch_size > 4", &two).expect_err("which?");
        assert!(error.message.contains("several paths"), "{error}");
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(text in "[a-z0-9 ()<>=!&|+*/.'\"%_-]{0,40}") {
            let _ = holds(&text);
        }
    }
}
