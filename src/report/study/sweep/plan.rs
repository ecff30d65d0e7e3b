//! `plan.json`: a sweep that machines share, complete in itself.

use std::io::{self, Write as _};

use serde::{Deserialize, Serialize};

use crate::experiment::study::points::Points;
use crate::experiment::study::sweep::Run;
use crate::report::manifest::Tally;

/// Name of the plan in its directory.
pub const FILE: &str = "plan.json";
const PROGRAM: &str = "kinesim";
const SCHEMA_VERSION: u32 = 1;

/// All that decides what a sweep plays, and how it is told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// Name of the sweep.
    pub name: String,
    /// What messages call the scenario.
    pub label: String,
    /// SHA-256 of the scenario's text.
    pub text_sha256: String,
    /// Overrides that hold for every point.
    pub set: Vec<(String, String)>,
    /// What is varied.
    pub varied: Vec<String>,
    /// For each point a value a path.
    pub points: Vec<Vec<String>>,
    /// Combinations left out.
    pub left_out: u64,
    /// Runs of each point.
    pub replicates: u64,
    /// Draws of uncertain inputs, a run of each point each; none where nothing is uncertain.
    /// Another number of them draws other values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub draws: Option<u64>,
    /// Of the intervals.
    pub confidence: f64,
    /// Whether keys fall elsewhere in each replicate.
    pub other_keys: bool,
    /// Stops earlier than the scenario (ns).
    pub until_ns: Option<u64>,
    /// Stops at so many events.
    pub max_events: Option<u64>,
    /// The files that points read.
    pub files: Vec<Stored>,
}

/// A [`Plan`] with nothing in the place of what does not decide. It borrows: of points there may be
/// very many.
#[derive(Serialize)]
struct Deciding<'p> {
    name: &'static str,
    label: &'static str,
    text_sha256: &'p str,
    set: &'p [(String, String)],
    varied: &'p [String],
    points: &'p [Vec<String>],
    left_out: u64,
    replicates: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    draws: Option<u64>,
    confidence: f64,
    other_keys: bool,
    until_ns: Option<u64>,
    max_events: Option<u64>,
    files: &'p [Stored],
}

/// A file that points read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stored {
    /// What the scenario calls it.
    pub path: String,
    /// Where it stands in the plan's directory.
    pub stored: String,
    /// SHA-256 of its content.
    pub sha256: String,
}

/// A plan as it stands in its file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanFile {
    schema_version: u32,
    program: String,
    kinesim_version: String,
    /// SHA-256 of what decides the runs.
    pub key: String,
    /// Runs there are.
    pub runs: u64,
    /// The plan.
    pub plan: Plan,
}

impl Plan {
    /// SHA-256 of all that decides what a run yields: with another number of replicates or another
    /// name, runs are the same.
    #[must_use]
    pub fn key(&self) -> String {
        let deciding = Deciding {
            name: "",
            label: "",
            text_sha256: &self.text_sha256,
            set: &self.set,
            varied: &self.varied,
            points: &self.points,
            left_out: 0,
            replicates: 0,
            draws: self.draws,
            confidence: 0.0,
            other_keys: self.other_keys,
            until_ns: self.until_ns,
            max_events: self.max_events,
            files: &self.files,
        };
        let mut tally = Tally::new(io::sink());
        let begun = write!(tally, "{PROGRAM} {} ", env!("CARGO_PKG_VERSION"));
        let written = begun.and_then(|()| Ok(serde_json::to_writer(&mut tally, &deciding)?));
        written.expect("keys are text, and a sink takes everything");
        tally.hex()
    }

    /// The points, which it needs no more once they are played.
    #[must_use]
    pub fn take_points(&mut self) -> Points {
        let values = std::mem::take(&mut self.points);
        Points { paths: self.varied.clone(), values, left_out: self.left_out }
    }

    /// All runs in order, with so many of each point.
    pub fn runs(&self, replicates: u64) -> impl Iterator<Item = Run> + use<> {
        let of = move |point| (0..replicates).map(move |replicate| Run { point, replicate });
        (0..self.points.len()).flat_map(of)
    }

    /// The runs of slice `slice` of `of`, from 1: whole points where there are enough of them, so
    /// that few slices load a point.
    pub fn slice(&self, slice: u64, of: u64) -> impl Iterator<Item = Run> + use<> {
        let by_point = self.points.len() as u64 >= of;
        let belongs = move |(place, run): &(usize, Run)| {
            let place = if by_point { run.point } else { *place };
            place as u64 % of == slice - 1
        };
        self.runs(self.replicates).enumerate().filter(belongs).map(|(_, run)| run)
    }

    /// `plan.json`.
    #[must_use]
    pub fn to_file(&self) -> Vec<u8> {
        let file = PlanFile {
            schema_version: SCHEMA_VERSION,
            program: PROGRAM.to_owned(),
            kinesim_version: env!("CARGO_PKG_VERSION").to_owned(),
            key: self.key(),
            runs: self.points.len() as u64 * self.replicates,
            plan: self.clone(),
        };
        let mut text = serde_json::to_vec_pretty(&file).expect("keys are text");
        text.push(b'\n');
        text
    }

    /// The plan in a `plan.json`.
    ///
    /// # Errors
    /// Why it is none that this version can play.
    pub fn from_file(bytes: &[u8]) -> Result<Self, String> {
        let file: PlanFile = serde_json::from_slice(bytes)
            .map_err(|error| format!("it is no plan of kinesim: {error}"))?;
        if file.program != PROGRAM || file.schema_version != SCHEMA_VERSION {
            return Err("it is no plan of this version of kinesim".to_owned());
        }
        let own = env!("CARGO_PKG_VERSION");
        if file.kinesim_version != own {
            return Err(format!(
                "it was made by kinesim {}, and this is {own}; results of both must not mix",
                file.kinesim_version
            ));
        }
        let is_drawn_whole = file.plan.draws.is_none_or(|draws| draws == file.plan.replicates);
        if file.plan.key() != file.key || !is_drawn_whole {
            return Err("it was changed since it was made; make it anew".to_owned());
        }
        let width = file.plan.varied.len();
        if file.plan.points.iter().any(|point| point.len() != width) {
            return Err("a point has not a value for each path".to_owned());
        }
        Ok(file.plan)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::manifest::sha256;

    fn plan(points: usize, replicates: u64) -> Plan {
        Plan {
            name: "a-sweep".to_owned(),
            label: "a.toml".to_owned(),
            text_sha256: "5f".to_owned(),
            set: vec![("a.b".to_owned(), "1".to_owned())],
            varied: vec!["a.c".to_owned()],
            points: (0..points).map(|it| vec![it.to_string()]).collect(),
            left_out: 0,
            replicates,
            draws: None,
            confidence: 0.95,
            other_keys: false,
            until_ns: None,
            max_events: None,
            files: Vec::new(),
        }
    }

    #[test]
    fn slices_are_disjoint_and_together_whole() {
        for (points, replicates, of) in [(7, 3, 4), (2, 5, 4), (1, 1, 3), (12, 1, 1)] {
            let plan = plan(points, replicates);
            let mut all: Vec<Run> = (1..=of).flat_map(|slice| plan.slice(slice, of)).collect();
            all.sort();
            assert!(plan.runs(replicates).eq(all), "{points} x {replicates} in {of}");
            let sizes: Vec<usize> = (1..=of).map(|it| plan.slice(it, of).count()).collect();
            let (least, most) = (sizes.iter().min(), sizes.iter().max());
            let step = if points as u64 >= of { replicates as usize } else { 1 };
            assert!(most.expect("some") - least.expect("some") <= step, "{sizes:?}");
        }
    }

    #[test]
    fn a_plan_comes_back_and_one_that_was_changed_does_not() {
        let plan = plan(3, 2);
        let bytes = plan.to_file();
        assert_eq!(Plan::from_file(&bytes), Ok(plan.clone()));
        let text = String::from_utf8(bytes).expect("text");
        let changed = text.replace("\"a.b\"", "\"a.d\"");
        assert!(Plan::from_file(changed.as_bytes()).expect_err("changed").contains("anew"));
        let drawn = Plan { draws: Some(3), ..plan.clone() };
        assert!(Plan::from_file(&drawn.to_file()).expect_err("two runs").contains("anew"));
        let older = text.replace("\"kinesim_version\": \"", "\"kinesim_version\": \"0.0.");
        assert!(Plan::from_file(older.as_bytes()).expect_err("older").contains("must not mix"));
        assert!(Plan::from_file(b"{}").is_err());
        // More replicates and another name leave the runs as they are.
        let more = Plan { replicates: 9, name: "b".to_owned(), ..plan.clone() };
        assert_eq!(more.key(), plan.key());
        // The key is that of the plan as it is written.
        let drawn = Plan { draws: Some(2), until_ns: Some(3), ..plan.clone() };
        for plan in [plan.clone(), drawn] {
            let (name, label) = (String::new(), String::new());
            let (replicates, confidence) = (0, 0.0);
            let blank = Plan { name, label, replicates, confidence, ..plan.clone() };
            let text = serde_json::to_string(&blank).expect("text");
            let text = format!("kinesim {} {text}", env!("CARGO_PKG_VERSION"));
            assert_eq!(plan.key(), sha256(text.as_bytes()));
        }
        // Other draws are other runs.
        let drawn = |draws| Plan { draws: Some(draws), ..plan.clone() }.key();
        assert!(drawn(8) != drawn(9) && drawn(8) != plan.key());
    }
}
