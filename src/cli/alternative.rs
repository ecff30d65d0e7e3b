//! What can be compared: a file, a run's directory, a file with values of its own.

use std::path::Path;

use crate::cli::failure::Failure;
use crate::cli::files::{self, Source};
use crate::cli::values::parse_override;
use crate::scenario::{self, Scenario};

/// What an argument names.
#[derive(Debug)]
pub(super) struct Asked {
    /// What it is called: unlike all others.
    pub name: String,
    /// Its own values.
    pub overrides: Vec<(String, String)>,
    source: Source,
}

/// The scenario a run's directory holds.
const RESOLVED: &str = "scenario.resolved.toml";

/// Reads what `arguments` name.
pub(super) fn read(arguments: &[String]) -> Result<Vec<Asked>, Failure> {
    let mut all: Vec<Asked> = Vec::new();
    for argument in arguments {
        let mut one = read_one(argument)?;
        let taken = |name: &str| all.iter().any(|it| it.name == name);
        if taken(&one.name) {
            let name = &one.name;
            // One of so many is free: there are fewer before it.
            let numbers = 2..=all.len() + 2;
            let free = numbers.map(|n| format!("{name}-{n}")).find(|name| !taken(name));
            one.name = free.expect("some number is free");
        }
        all.push(one);
    }
    Ok(all)
}

impl Asked {
    /// Its scenario with these values.
    pub(super) fn load(&self, overrides: &[(String, String)]) -> Result<Scenario, Failure> {
        let Source { label, text, files, .. } = &self.source;
        scenario::load(&self.name, label, text, overrides, files)
            .map_err(|problems| Failure::Scenario(Box::new(problems)))
    }
}

fn read_one(argument: &str) -> Result<Asked, Failure> {
    let path = Path::new(argument);
    if path.is_dir() {
        return read_directory(path);
    }
    // A file may have the sign in its name.
    let split = argument.match_indices('@').map(|(at, _)| argument.split_at(at));
    let split: Vec<(&str, &str)> = split.filter(|_| !path.exists()).collect();
    let named = split.iter().rev().find(|(file, _)| Path::new(file).exists()).or(split.first());
    let (file, values) = match named {
        Some((file, values)) => (*file, Some(&values[1..])),
        None => (argument, None),
    };
    let overrides = values.map(|it| parts(it).iter().map(|part| read_value(part)).collect());
    let overrides: Vec<(String, String)> = overrides.unwrap_or(Ok(Vec::new()))?;
    let source = files::read_scenario(Path::new(file))?;
    let short = |(path, value): &(String, String)| {
        let last = path.rsplit('.').next().unwrap_or(path);
        let value: String = value.chars().filter(|c| c.is_alphanumeric() || *c == '.').collect();
        format!("{last}-{value}")
    };
    let suffix: Vec<String> = overrides.iter().map(short).collect();
    let name = if suffix.is_empty() {
        source.name.clone()
    } else {
        format!("{}-{}", source.name, suffix.join("-"))
    };
    Ok(Asked { name, overrides, source })
}

fn read_directory(path: &Path) -> Result<Asked, Failure> {
    let file = path.join(RESOLVED);
    if !file.is_file() {
        return Err(Failure::CommandLine {
            message: format!("`{}` is no directory of a run: it has no {RESOLVED}", path.display()),
            help: Some("name a scenario file, or a directory that `kinesim run` wrote".into()),
        });
    }
    let source = files::read_scenario(&file)?;
    let name = path.file_name().map(|it| it.to_string_lossy().into_owned());
    Ok(Asked { name: name.unwrap_or_else(|| "run".to_owned()), overrides: Vec::new(), source })
}

fn read_value(part: &str) -> Result<(String, String), Failure> {
    parse_override(part).map_err(|error| Failure::CommandLine {
        message: format!("`{part}` sets no value: {error}"),
        help: Some("write FILE@PATH=VALUE, and a comma before another path".into()),
    })
}

/// The parts between commas; what stands in brackets, braces or quotes stays whole.
fn parts(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let (mut depth, mut quote) = (0_u32, None);
    for letter in text.chars() {
        match (quote, letter) {
            (Some(open), _) if open == letter => quote = None,
            (None, '"' | '\'') => quote = Some(letter),
            (None, '[' | '{') => depth += 1,
            (None, ']' | '}') => depth = depth.saturating_sub(1),
            (None, ',') if depth == 0 => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(part) = parts.last_mut() {
            part.push(letter);
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commas_in_brackets_and_quotes_are_of_the_value() {
        let found = parts("a.b=1,c.d=[1, 2],e.f={ x = \"1,2\" },g.h='3,4'");
        assert_eq!(found, ["a.b=1", "c.d=[1, 2]", "e.f={ x = \"1,2\" }", "g.h='3,4'"]);
        assert_eq!(parts(""), [""]);
        assert_eq!(parts("a=]]},b=1"), ["a=]]}", "b=1"]);
    }
}
