//! Starter scenarios: commented files that run as they are and are changed from there.

use crate::scenario::problem::nearest;

/// One starter scenario.
#[derive(Clone, Copy, Debug)]
pub struct Template {
    /// What it is called; its file is `NAME.toml`.
    pub name: &'static str,
    /// Its text.
    pub text: &'static str,
    /// The files it names, which belong beside it: name and content.
    pub beside: &'static [(&'static str, &'static str)],
}

/// A template of `scenarios/templates`.
macro_rules! template {
    ($name:literal, $beside:expr) => {
        Template {
            name: $name,
            text: include_str!(concat!("../../scenarios/templates/", $name, ".toml")),
            beside: $beside,
        }
    };
}

/// Every template there is, the simplest first.
pub const TEMPLATES: &[Template] = &[
    template!("hello", &[]),
    template!("hot-key", &[]),
    template!("pollers", &[]),
    template!("fan-out", &[]),
    template!("outage", &[]),
    template!("lambda", &[]),
    template!("launch-day", &[]),
    template!("reshard", &[]),
    template!("on-demand", &[]),
    template!(
        "trace",
        &[("trace-counts.csv", include_str!("../../scenarios/data/nab_elb_2014-04-22.csv"))]
    ),
];

impl Template {
    /// What it asks, in a line: its first sentences, which its first comment holds.
    #[must_use]
    pub fn question(&self) -> String {
        let comment = self.text.lines().map_while(|line| line.strip_prefix("# "));
        comment.collect::<Vec<_>>().join(" ")
    }
}

/// The template called `name`.
///
/// # Errors
/// The names nearest to it, at most three, where there is none.
pub fn find(name: &str) -> Result<&'static Template, Vec<&'static str>> {
    TEMPLATES
        .iter()
        .find(|template| template.name == name)
        .ok_or_else(|| nearest(name, TEMPLATES.iter().map(|template| template.name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_is_found_by_its_name_or_by_one_near_it() {
        assert_eq!(find("hello").map(|template| template.name), Ok("hello"));
        assert_eq!(find("hot-keys").map(|template| template.name), Err(vec!["hot-key"]));
        assert_eq!(find("nothing").map(|template| template.name), Err(vec![]));
        let question = find("pollers").map(Template::question).unwrap_or_default();
        assert!(question.ends_with("who waits?"), "{question}");
    }

    #[test]
    fn every_template_asks_one_question_in_a_line() {
        for template in TEMPLATES {
            let question = template.question();
            assert!(question.ends_with('?'), "{}: {question}", template.name);
            assert!(question.len() <= 72, "beside its name in 88 columns: {question}");
            assert!(template.text.is_ascii(), "{}", template.name);
            assert!(template.text.lines().all(|line| line.len() <= 120), "{}", template.name);
        }
    }
}
