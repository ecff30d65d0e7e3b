//! What `kinesim sweep` varies: the table `[sweep]`, lists of values, conditions on points.
//!
//! A run reads the table to its end, so that nothing misspelt passes, and plays without it.

mod condition;
mod list;
mod value;

use toml::de::DeValue;

pub use condition::{Condition, ConditionError};
pub use list::{List, VALUES_MAX, read as read_list};

use crate::quantity::shown;
use crate::scenario::decode;
use crate::scenario::document::{self, Document, Node};
use crate::scenario::field;
use crate::scenario::file::SweepTable;
use crate::scenario::problem::{Code, Path, Problem, Step, nearest};
use crate::scenario::problems::Problems;

/// A path that is varied, and what it is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Varied {
    /// As `--set` takes it: `stream.shard_count`.
    pub path: String,
    /// What it is given.
    pub list: List,
}

/// What `[sweep]` of a scenario asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Declared {
    /// Replicates of each point.
    pub repeat: Option<u64>,
    /// Points to be drawn.
    pub lhs: Option<u64>,
    /// Which points are played.
    pub condition: Option<String>,
    /// Lists of which each value is combined with each.
    pub vary: Vec<Varied>,
    /// Lists that move together.
    pub zip: Vec<Varied>,
    /// The seed of the scenario, where it is a plain number.
    pub seed: Option<u64>,
}

/// What `[sweep]` of this text asks for; nothing where the text has none, or is no TOML: that is
/// said where it is loaded.
///
/// # Errors
/// All that is wrong with the table.
pub fn declared(label: &str, text: &str) -> Result<Declared, Problems> {
    let Ok(document) = document::parse(text) else { return Ok(Declared::default()) };
    let mut problems = Vec::new();
    let declared = read(&document, text, &mut problems);
    if problems.is_empty() {
        return Ok(declared);
    }
    let list = problems.into_iter().map(|problem| (document.locate(&problem), problem));
    Err(Problems::new(label, vec![text.to_owned()], list.collect()))
}

/// What keeps a path from being varied, for each of `paths`.
#[must_use]
pub fn check_paths(text: &str, paths: &[&str]) -> Vec<Option<(String, Option<String>)>> {
    let Ok(document) = document::parse(text) else { return vec![None; paths.len()] };
    let fault = |path: &&str| {
        let problem = path_fault(&document, path)?;
        Some((problem.message, problem.help))
    };
    paths.iter().map(fault).collect()
}

/// The texts within a value, each of which may name a file.
#[must_use]
pub fn texts(value: &str) -> Vec<String> {
    fn collect(node: &DeValue<'_>, found: &mut Vec<String>) {
        match node {
            DeValue::String(text) => found.push(text.to_string()),
            DeValue::Array(array) => array.iter().for_each(|it| collect(it.get_ref(), found)),
            DeValue::Table(table) => table.values().for_each(|it| collect(it.get_ref(), found)),
            _ => {}
        }
    }
    match DeValue::parse(value) {
        Ok(node) => {
            let mut found = Vec::new();
            collect(node.get_ref(), &mut found);
            found
        }
        Err(_) => vec![value.trim().to_owned()],
    }
}

/// The size of a value in the smallest common unit of its kind; none of words.
#[must_use]
pub fn magnitude(value: &str) -> Option<f64> {
    match value::read(value) {
        value::Value::Number(number, _) => Some(number),
        value::Value::Truth(_) | value::Value::Text(_) => None,
    }
}

/// A value as people read it: text without its quotes.
#[must_use]
pub fn plain(value: &str) -> String {
    value::unquoted(value).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Reads the table, and says all that is wrong with it.
pub(super) fn read(document: &Document<'_>, text: &str, problems: &mut Vec<Problem>) -> Declared {
    let seed = document.get(&Path::of("scenario").key("seed"));
    let seed = seed.and_then(|node| node.get_ref().as_integer()?.to_string().parse().ok());
    let root = Path::of("sweep");
    let Some(node) = document.get(&root) else {
        return Declared { seed, ..Declared::default() };
    };
    let before = problems.len();
    let table: SweepTable = decode::single(node, &root, problems);
    if problems.len() > before {
        return Declared::default();
    }
    let mut lists = |which: &str| {
        let path = root.key(which);
        document
            .get(&path)
            .map_or_else(Vec::new, |node| varied(document, node, &path, text, problems))
    };
    Declared {
        repeat: table.repeat.map(|it| it.0),
        lhs: table.lhs.map(|it| it.0),
        condition: table.condition,
        vary: lists("vary"),
        zip: lists("zip"),
        seed,
    }
}

/// The lists of a table, in the order in which they are written.
fn varied(
    document: &Document<'_>,
    node: &Node<'_>,
    root: &Path,
    text: &str,
    problems: &mut Vec<Problem>,
) -> Vec<Varied> {
    let mut lines = Vec::new();
    flatten(node, root, "", &mut lines);
    lines.sort_by_key(|(.., node)| node.span().start);
    let mut all = Vec::new();
    for (path, name, node) in lines {
        if let Some(fault) = path_fault(document, &name) {
            problems.push(Problem { path: path.clone(), ..fault }.at_key());
            continue;
        }
        match list_of(node, text) {
            Ok(list) => all.push(Varied { path: name, list }),
            Err(reason) => {
                let message = format!("`{name}` cannot be varied so: {reason}");
                let problem = Problem::new(Code::BadList, &path, message);
                problems.push(problem.help("write `[4, 8, 16]` or \"4..16:2\""));
            }
        }
    }
    all
}

type Line<'n, 't> = (Path, String, &'n Node<'t>);

fn flatten<'n, 't>(node: &'n Node<'t>, path: &Path, name: &str, lines: &mut Vec<Line<'n, 't>>) {
    let DeValue::Table(table) = node.get_ref() else {
        return lines.push((path.clone(), name.to_owned(), node));
    };
    for (key, child) in table {
        let key = key.get_ref();
        let name = if name.is_empty() { key.to_string() } else { format!("{name}.{key}") };
        flatten(child, &path.key(key), &name, lines);
    }
}

/// An array of values as they are written, or text as `--vary` takes it.
fn list_of(node: &Node<'_>, text: &str) -> Result<List, String> {
    let written = |node: &Node<'_>| text.get(node.span()).unwrap_or_default().to_owned();
    match node.get_ref() {
        DeValue::Array(array) if array.is_empty() => Err("the list is empty".to_owned()),
        DeValue::Array(array) if array.len() > VALUES_MAX => {
            Err(format!("a list has at most {VALUES_MAX} values"))
        }
        DeValue::Array(array) => {
            let values: Vec<String> = array.iter().map(written).collect();
            list::once(&values)?;
            Ok(List::Values(values))
        }
        DeValue::String(list) => read_list(list),
        _ => Ok(List::Values(vec![written(node)])),
    }
}

/// Why `path` leads to nothing that can be varied.
fn path_fault(document: &Document<'_>, path: &str) -> Option<Problem> {
    let steps = match document.override_path(path) {
        Ok(steps) => steps,
        Err(problem) => return Some(*problem),
    };
    if matches!(steps.0.first(), Some(Step::Key(table)) if table == "slo") {
        return None;
    }
    if matches!(steps.0.first(), Some(Step::Key(table)) if table == "sweep") {
        let message = format!("{} is no value of the scenario", shown(path));
        return Some(Problem::new(Code::BadOverride, &steps, message));
    }
    let name = steps.key_names().join(".");
    let known = field::paths();
    if known.contains(&name) {
        return None;
    }
    let message = format!("{} is no field of a scenario", shown(path));
    let problem = Problem::new(Code::BadOverride, &steps, message);
    let near = nearest(&name, known.iter().map(String::as_str));
    Some(match near.first().and_then(|near| near.rsplit('.').next()) {
        Some(near) => {
            let start = path.rsplit_once('.').map_or("", |(start, _)| start);
            problem.help(format!("did you mean `{start}.{near}`?"))
        }
        None => problem.help("a path is a table and a field, such as `stream.shard_count`"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "[stream]\nshard_count = 2\n[[producer]]\nrate = \"1/s\"\n\
        record_size = \"1 KiB\"\n[[lambda]]\nname = \"f\"\n";

    fn of(sweep: &str) -> Result<Declared, String> {
        declared("t.toml", &format!("{HEAD}{sweep}")).map_err(|it| it.render(false))
    }

    #[test]
    fn the_table_is_read_in_the_order_it_is_written() {
        let read = of("[sweep]\nrepeat = 5\nwhere = \"shard_count > 4\"\n[sweep.vary]\n\
            stream.shard_count = [4, 8]\nproducer.producer.rate = [\"1k/s\", \"2k/s\"]\n\
            lambda.f.batch_size = \"100..300:100\"\n[sweep.zip]\n\
            stream.retention_period = \"24 h\"")
        .expect("sound");
        let lists: Vec<(&str, Vec<String>)> = read
            .vary
            .iter()
            .map(|it| (it.path.as_str(), it.list.values().expect("values")))
            .collect();
        assert_eq!((read.repeat, read.condition.as_deref()), (Some(5), Some("shard_count > 4")));
        assert_eq!(lists[0], ("stream.shard_count", vec!["4".to_owned(), "8".to_owned()]));
        assert_eq!(lists[1].1, ["\"1k/s\"", "\"2k/s\""]);
        assert_eq!(lists[2].1, ["100", "200", "300"]);
        assert_eq!(read.zip.len(), 1);
    }

    #[test]
    fn what_is_misspelt_is_said_with_its_place() {
        for (sweep, part) in [
            ("[sweep]\nrepaet = 5", "did you mean `repeat`?"),
            ("[sweep.vary]\nstream.shard_cuont = [1]", "did you mean `stream.shard_count`?"),
            ("[sweep.vary]\nlambda.g.batch_size = [1]", "no `[[lambda]]` is called `g`"),
            ("[sweep.vary]\nstream.shard_count = []", "the list is empty"),
            ("[sweep.vary]\nstream.shard_count = [4, 4]", "in the list twice"),
            ("[sweep]\nvary = 5", "`vary` must be a table"),
            ("[sweep]\nrepeat = 0", "between 1 and 10,000"),
            ("[sweep.vary]\nsweep.repeat = [1, 2]", "no value of the scenario"),
        ] {
            let error = of(sweep).expect_err(sweep);
            assert!(error.contains(part), "{error}");
            assert!(error.contains("t.toml:"), "{error}");
        }
    }

    #[test]
    fn texts_of_a_value_may_name_files() {
        assert_eq!(texts("{ file = \"a.csv\", n = 4 }"), ["a.csv"]);
        assert_eq!(texts("a.csv"), ["a.csv"]);
        assert!(texts("8").is_empty());
    }
}
