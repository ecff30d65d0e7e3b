//! Plays settings of a scenario's file.

use std::cell::RefCell;
use std::io;

use crate::cli::failure::Failure;
use crate::cli::files::Source;
use crate::cli::repeat::Playing;
use crate::experiment::size::search::measures;
use crate::experiment::size::{Ask, Bench, Setting};
use crate::experiment::study::uncertain::{Play, Point};
use crate::experiment::study::{self, Job, Measure, Row};
use crate::model::plan::SourcePlan;
use crate::scenario::{self, Files, Problems, Scenario};

/// What is asked of what the stream refuses where a scenario asks for nothing.
pub(super) const USUAL_CONDITION: &str = "\"<= 0.1 %\"";

/// Why settings were not played.
pub(super) enum Trouble {
    /// Ctrl-C.
    Stopped,
    /// One of them is no scenario.
    Failed(Failure),
}

/// The scenario's file, with what the command line sets laid over it.
pub(super) struct Table<'a> {
    pub source: &'a Source,
    pub name: &'a str,
    pub given: Vec<(String, String)>,
    /// The draws that replicates are, where inputs are uncertain.
    pub plays: Vec<Play>,
    /// How many times as much is offered.
    pub factor: f64,
    pub playing: Playing<'a>,
}

/// Files that a setting brings, before those beside the scenario; it remembers what was read.
pub(super) struct With<'a> {
    own: &'a [(String, std::sync::Arc<str>)],
    beside: &'a dyn Files,
    pub read: RefCell<Vec<(String, Vec<u8>)>>,
}

impl<'a> With<'a> {
    pub(super) fn new(setting: &'a Setting, beside: &'a dyn Files) -> Self {
        Self { own: &setting.files, beside, read: RefCell::new(Vec::new()) }
    }
}

impl Files for With<'_> {
    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        let own = self.own.iter().find(|it| it.0 == path);
        let bytes = match own {
            Some((_, text)) => text.as_bytes().to_vec(),
            None => self.beside.read(path)?,
        };
        let mut read = self.read.borrow_mut();
        if !read.iter().any(|it| it.0 == path) {
            read.push((path.to_owned(), bytes.clone()));
        }
        Ok(bytes)
    }
}

impl Table<'_> {
    /// The scenario with a setting, or what is wrong with it.
    pub(super) fn scenario(&self, setting: &Setting) -> Result<Scenario, Failure> {
        self.with(setting).map_err(|problems| Failure::Scenario(Box::new(problems)))
    }

    /// The scenario with a setting laid over it, its rates raised by the headroom, with the middle
    /// of what is uncertain.
    pub(super) fn with(&self, setting: &Setting) -> Result<Scenario, Problems> {
        self.at(setting, &Point::default())
    }

    /// The same with a draw of what is uncertain.
    pub(super) fn at(&self, setting: &Setting, draw: &Point) -> Result<Scenario, Problems> {
        let files = With::new(setting, &self.source.files);
        let overrides = self.overrides(setting);
        let Source { label, text, name, .. } = self.source;
        let mut scenario =
            scenario::load_drawn(name, label, text, &overrides, &files, &draw.shares)?;
        for producer in &mut scenario.plan.producers {
            if let SourcePlan::Synthetic { rate, .. } = &mut producer.source {
                rate.points.iter_mut().for_each(|point| point.1 *= self.factor);
            }
        }
        Ok(scenario)
    }

    /// All that is laid over the text; of a path the last value.
    pub(super) fn overrides(&self, setting: &Setting) -> Vec<(String, String)> {
        let is_new = |it: &&(String, String)| setting.get(&it.0).is_none();
        self.given.iter().filter(is_new).chain(&setting.values).cloned().collect()
    }
}

impl Table<'_> {
    /// Plays settings with draws, each loaded when its turn comes.
    fn play_drawn(&self, asks: &[Ask]) -> Result<Vec<Row>, Trouble> {
        let of = |ask: &Ask| ask.replicates.start as usize..ask.replicates.end as usize;
        let runs: Vec<(&Setting, &Play)> = asks
            .iter()
            .flat_map(|ask| self.plays[of(ask)].iter().map(|play| (&ask.setting, play)))
            .collect();
        let rows = self.playing.watch(|on_progress| {
            study::each(self.playing.threads, &runs, |(setting, play), board| {
                let scenario = match self.at(setting, &play.point) {
                    Ok(scenario) => scenario,
                    Err(problems) => return Some(Err(problems)),
                };
                let measures = measures(&scenario);
                let job = self.playing.job(&scenario, &measures, play.replicate);
                job.play(board, on_progress).map(Ok)
            })
        });
        let rows = rows.map_err(|_| Trouble::Stopped)?.into_iter();
        rows.collect::<Result<_, _>>()
            .map_err(|problems| Trouble::Failed(Failure::Scenario(Box::new(problems))))
    }

    /// Plays settings that are each one scenario.
    fn play_whole(&self, asks: &[Ask]) -> Result<Vec<Row>, Trouble> {
        let mut loaded: Vec<(Scenario, Vec<Measure>)> = Vec::with_capacity(asks.len());
        for ask in asks {
            let scenario = self.scenario(&ask.setting).map_err(Trouble::Failed)?;
            let measures = measures(&scenario);
            loaded.push((scenario, measures));
        }
        let jobs: Vec<Job<'_>> = loaded
            .iter()
            .zip(asks)
            .flat_map(|((scenario, measures), ask)| {
                let one = |replicate| self.playing.job(scenario, measures, replicate);
                ask.replicates.clone().map(one)
            })
            .collect();
        self.playing.play(&jobs).map_err(|_| Trouble::Stopped)
    }
}

impl Bench for Table<'_> {
    type Error = Trouble;

    fn play(&mut self, asks: &[Ask]) -> Result<Vec<Vec<Row>>, Trouble> {
        let rows =
            if self.plays.is_empty() { self.play_whole(asks)? } else { self.play_drawn(asks)? };
        let mut rows = rows.into_iter();
        let count = |ask: &Ask| (ask.replicates.end - ask.replicates.start) as usize;
        Ok(asks.iter().map(|ask| rows.by_ref().take(count(ask)).collect()).collect())
    }

    fn is_sound(&self, setting: &Setting) -> bool {
        self.with(setting).is_ok()
    }
}
