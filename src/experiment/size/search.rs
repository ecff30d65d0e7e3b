//! The cheapest setting that holds, found by playing.
//!
//! A setting holds where the objectives are met in enough of its replicates. It is played no
//! further once it cannot hold any more, so most settings that fail cost one run.

use std::ops::Range;

use crate::experiment::size::change::{self, Change};
use crate::experiment::size::foresight;
use crate::experiment::size::formula::{self, Formula, Note};
use crate::experiment::size::knob::{self, Knob, Setting};
use crate::experiment::size::reach;
use crate::experiment::size::scan::{Method, Point, Scan, bisect};
use crate::experiment::size::score::{Score, allowed};
use crate::experiment::size::workload::Workload;
use crate::experiment::stats::Confidence;
use crate::experiment::study::{self, Measure, Row};
use crate::scenario::Scenario;
use crate::scenario::metric::{Metric, Unit};
use crate::units::Money;

/// Some replicates of one setting.
#[derive(Clone, Debug)]
pub struct Ask {
    /// What is played.
    pub setting: Setting,
    /// Which replicates.
    pub replicates: Range<u64>,
}

/// Whoever plays settings.
pub trait Bench {
    /// Why it could not.
    type Error;

    /// Plays all of these; rows in the order of the replicates.
    ///
    /// # Errors
    /// Where one is no scenario, or where somebody stopped it.
    fn play(&mut self, asks: &[Ask]) -> Result<Vec<Vec<Row>>, Self::Error>;

    /// Whether the scenario is sound with this setting.
    fn is_sound(&self, setting: &Setting) -> bool;
}

/// Which of the settings that hold is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Minimise {
    /// That whose month costs least.
    Cost,
    /// That with the fewest shards; of those the one whose month costs least.
    Shards,
}

/// What is asked of a setting.
#[derive(Clone, Debug, PartialEq)]
pub struct Demand {
    /// Part of the replicates in which all objectives must hold (0 to 1).
    pub probability: f64,
    /// Replicates of a setting.
    pub replicates: u64,
    /// Which of those that hold is wanted.
    pub minimise: Minimise,
    /// Of intervals.
    pub confidence: Confidence,
    /// Numbers of shards to look at, from and to; chosen from the rules where none are given.
    pub range: Option<(u32, u32)>,
    /// What may change beside the number of shards.
    pub knobs: Vec<Knob>,
    /// Whether changes of the producer are tried.
    pub with_changes: bool,
    /// Whether each replicate is a draw of what is uncertain.
    pub is_drawn: bool,
}

/// What was found.
#[derive(Clone, Debug)]
pub struct Sizing {
    /// The stream that is sized, by its place.
    pub stream: usize,
    /// The path of its number of shards.
    pub path: String,
    /// What the rules were fed with.
    pub workload: Workload,
    /// What they said.
    pub formulas: Vec<Formula>,
    /// Those that yield no count.
    pub notes: Vec<Note>,
    /// Every setting that was played, in the order in which it was first asked for.
    pub scores: Vec<Score>,
    /// The numbers of shards that were gone through.
    pub scan: Scan,
    /// The setting that is wanted, by its place among the scores.
    pub best: Option<usize>,
    /// What the producer could do, each cheaper than that.
    pub changes: Vec<Change>,
    /// Runs that asked what who knew a draw would have chosen.
    pub foreseen: u64,
}

impl Sizing {
    /// The score of the file's own setting with so many shards.
    #[must_use]
    pub fn with_shards(&self, shards: u32) -> Option<&Score> {
        let setting = Setting::default().with(&self.path, shards.to_string());
        self.scores.iter().find(|it| it.setting == setting)
    }
}

/// What the stream that is sized refuses.
pub const THROTTLED: &str = "write.throttled";
/// What is given up for good of what was written to it.
pub const LOST: &str = "records.lost";

/// More shards than this are not looked at.
pub const SHARDS_MAX: u32 = 10_000;
/// Numbers of shards that are gone through one by one at most.
pub const EXHAUSTIVE_MAX: u32 = 128;

/// Finds it for the stream with this index.
///
/// # Errors
/// What the bench fails with.
pub fn size<B: Bench>(
    bench: &mut B,
    scenario: &Scenario,
    stream: usize,
    demand: &Demand,
) -> Result<Sizing, B::Error> {
    let workload = Workload::new(&scenario.plan, stream);
    let formulas = formula::formulas(&workload);
    let path = knob::shards_path(&scenario.plan, stream);
    let mut search = Search::new(bench, scenario, demand, path.clone());
    search.throttled = knob::metric_path(&scenario.plan, stream, THROTTLED);
    let told = reach::told(&workload, &formulas);
    let settings: Vec<Setting> = told.iter().map(|it| search.shards(*it)).collect();
    search.play_all(&settings)?;
    let range = demand.range.unwrap_or_else(|| reach::range(&workload, &formulas));
    let turns = workload.may_turn(range.0, range.1.min(range.0 + EXHAUSTIVE_MAX));
    let method = if turns { Method::Exhaustive } else { Method::Bisection };
    let (scan, best) = search.settle(&Setting::default(), range, method, &workload)?;
    let foreseen = if demand.is_drawn {
        let base = best.map(|place| search.scores[place].setting.clone());
        foresight::weigh(search.bench, &mut search.scores, base.as_ref(), (&path, range.1))?
    } else {
        0
    };
    let changes = if demand.with_changes {
        change::find(&mut search, &workload, (stream, range), best)?
    } else {
        Vec::new()
    };
    let scores = search.scores;
    let notes = formula::notes(&workload);
    Ok(Sizing { stream, path, workload, formulas, notes, scores, scan, best, changes, foreseen })
}

/// All that was played so far.
pub(super) struct Search<'s, B: Bench> {
    bench: &'s mut B,
    pub(super) scenario: &'s Scenario,
    pub(super) demand: &'s Demand,
    path: String,
    /// The path of what the stream refuses.
    throttled: String,
    pub(super) scores: Vec<Score>,
    /// Places of all objectives.
    all: Vec<usize>,
    /// Places of those about writing.
    writes: Vec<usize>,
    /// Whether what may change leaves writing as it is.
    is_apart: bool,
}

impl<'s, B: Bench> Search<'s, B> {
    fn new(bench: &'s mut B, scenario: &'s Scenario, demand: &'s Demand, path: String) -> Self {
        let objectives = scenario.objectives.iter().enumerate();
        let is_fed = scenario.plan.producers.iter().any(|it| it.fed.is_some());
        let of_reader =
            |it: &Knob| it.path.starts_with("lambda.") || it.path.starts_with("reader.");
        Self {
            bench,
            scenario,
            demand,
            path,
            throttled: THROTTLED.to_owned(),
            scores: Vec::new(),
            all: (0..scenario.objectives.len()).collect(),
            writes: objectives.filter(|it| is_write(&it.1.metric)).map(|it| it.0).collect(),
            is_apart: !is_fed && !demand.knobs.is_empty() && demand.knobs.iter().all(of_reader),
        }
    }

    pub(super) fn shards(&self, count: u32) -> Setting {
        Setting::default().with(&self.path, count.to_string())
    }

    pub(super) fn is_sound(&self, setting: &Setting) -> bool {
        self.bench.is_sound(setting)
    }

    fn place(&self, setting: &Setting) -> Option<usize> {
        self.scores.iter().position(|it| it.setting == *setting)
    }

    pub(super) fn holds(&self, place: usize) -> bool {
        let (of, all) = (self.demand, &self.all);
        self.scores[place].holds(all, of.replicates, of.probability)
    }

    /// Plays every replicate of these.
    fn play_all(&mut self, settings: &[Setting]) -> Result<(), B::Error> {
        let of = self.demand.replicates;
        let asks: Vec<Ask> = settings.iter().filter_map(|it| self.ask(it, of)).collect();
        self.play(&asks)
    }

    /// What is left of the first `to` replicates.
    fn ask(&self, setting: &Setting, to: u64) -> Option<Ask> {
        let played = self.place(setting).map_or(0, |at| self.scores[at].rows.len() as u64);
        (played < to).then(|| Ask { setting: setting.clone(), replicates: played..to })
    }

    fn play(&mut self, asks: &[Ask]) -> Result<(), B::Error> {
        if asks.is_empty() {
            return Ok(());
        }
        let rows = self.bench.play(asks)?;
        for (ask, rows) in asks.iter().zip(rows) {
            let place = self.place(&ask.setting).unwrap_or_else(|| {
                let given = ask.setting.get(&self.path).and_then(|it| it.parse().ok());
                let setting = ask.setting.clone();
                let shards = given.unwrap_or(0);
                self.scores.push(Score { setting, shards, rows: Vec::new(), regret: None });
                self.scores.len() - 1
            });
            self.scores[place].rows.extend(rows);
        }
        Ok(())
    }

    /// Plays these until it is known of each whether the objectives at `gate` hold.
    fn decide(&mut self, settings: &[Setting], gate: &[usize]) -> Result<Vec<bool>, B::Error> {
        let (of, probability) = (self.demand.replicates, self.demand.probability);
        let spare = allowed(of, probability);
        loop {
            let mut asks = Vec::new();
            for setting in settings {
                let score = self.place(setting).map(|at| &self.scores[at]);
                let misses = score.map_or(0, |it| it.misses(gate));
                let played = score.map_or(0, |it| it.rows.len() as u64);
                // As many as could decide it at once, then all that are left.
                let next = if played == 0 { (spare + 1).min(of) } else { of };
                if misses <= spare {
                    asks.extend(self.ask(setting, next));
                }
            }
            if asks.is_empty() {
                break;
            }
            self.play(&asks)?;
        }
        let holds = |setting: &Setting| {
            let place = self.place(setting);
            place.is_some_and(|at| self.scores[at].holds(gate, of, probability))
        };
        Ok(settings.iter().map(holds).collect())
    }

    /// Goes through the numbers of shards with these other values, then through what else may
    /// change where they hold. Yields the best that holds.
    pub(super) fn settle(
        &mut self,
        base: &Setting,
        range: (u32, u32),
        method: Method,
        work: &Workload,
    ) -> Result<(Scan, Option<usize>), B::Error> {
        let gate = if self.is_apart { self.writes.clone() } else { self.all.clone() };
        let scan = self.scan(base, range, method, (&gate, work))?;
        let combinations = knob::combinations(&self.demand.knobs);
        if self.is_apart {
            let best = self.refine(base, &scan.holding(), &combinations)?;
            return Ok((scan, best));
        }
        let mut found = Vec::new();
        for values in &combinations {
            let with = base.clone().with_all(values);
            let all = self.all.clone();
            let scan = self.scan(&with, range, method, (&all, work))?;
            for shards in scan.holding() {
                found.extend(self.place(&with.clone().with(&self.path, shards.to_string())));
            }
        }
        found.retain(|place| self.holds(*place));
        Ok((scan, self.choose(&found)))
    }

    /// Which numbers of shards hold the objectives at `gate`.
    fn scan(
        &mut self,
        base: &Setting,
        (from, to): (u32, u32),
        method: Method,
        (gate, work): (&[usize], &Workload),
    ) -> Result<Scan, B::Error> {
        let path = self.path.clone();
        let setting = |shards: u32| base.clone().with(&path, shards.to_string());
        match method {
            Method::Exhaustive => {
                let last = to.min(from.saturating_add(EXHAUSTIVE_MAX - 1));
                let settings: Vec<Setting> = (from..=last).map(setting).collect();
                self.decide(&settings, gate)?;
            }
            Method::Bisection => {
                let guess = (work.filled() * 1.1).ceil().min(f64::from(SHARDS_MAX)) as u32;
                bisect((from, to), guess, |shards| {
                    Ok(self.decide(&[setting(shards)], gate)? == [true])
                })?;
            }
        }
        let (of, probability) = (self.demand.replicates, self.demand.probability);
        let mut points = Vec::new();
        // Some draws are no measure of others.
        let is_alike = |score: &Score| !self.demand.is_drawn || score.rows.len() as u64 == of;
        let throttled = self.scenario_measure(&self.throttled);
        for score in &self.scores {
            let is_one = score.setting == setting(score.shards);
            if !is_one || !(from..=to).contains(&score.shards) {
                continue;
            }
            let values: Vec<f64> = throttled
                .iter()
                .flat_map(|&at| score.rows.iter().filter_map(move |row| row.values.get(at)))
                .filter_map(|value| *value)
                .collect();
            points.push(Point {
                shards: score.shards,
                holds: score.holds(gate, of, probability),
                throttled: (!values.is_empty() && is_alike(score))
                    .then(|| values.iter().sum::<f64>() / values.len() as f64),
            });
        }
        points.sort_by_key(|it| it.shards);
        let of_writes = gate.len() < self.all.len();
        Ok(Scan { method, range: (from, to), of_writes, points })
    }

    fn scenario_measure(&self, path: &str) -> Option<usize> {
        measures(self.scenario).iter().position(|it| it.path == path)
    }

    /// Of these numbers of shards, ascending, each with all combinations: the best that holds. It
    /// ends where the streams alone cost as much as what was found.
    pub(super) fn refine(
        &mut self,
        base: &Setting,
        counts: &[u32],
        combinations: &[Vec<(String, String)>],
    ) -> Result<Option<usize>, B::Error> {
        let mut found: Vec<usize> = Vec::new();
        let all = self.all.clone();
        for &shards in counts {
            let with = base.clone().with(&self.path, shards.to_string());
            if let Some(best) = self.choose(&found) {
                let is_done = self.demand.minimise == Minimise::Shards
                    || self.least(&with, best) >= self.scores[best].dollars();
                if is_done {
                    break;
                }
            }
            let mut settings: Vec<Setting> =
                combinations.iter().map(|it| self.unless_usual(&with, it)).collect();
            // One run of each tells what it costs; then the cheapest first.
            let first: Vec<Ask> = settings.iter().filter_map(|it| self.ask(it, 1)).collect();
            self.play(&first)?;
            let dollars = |search: &Self, it: &Setting| {
                search.place(it).map_or(f64::INFINITY, |at| search.scores[at].first_dollars())
            };
            settings.sort_by(|a, b| dollars(self, a).total_cmp(&dollars(self, b)));
            for setting in settings {
                if self.decide(std::slice::from_ref(&setting), &all)? == [true] {
                    found.extend(self.place(&setting));
                    break;
                }
            }
        }
        Ok(self.choose(&found))
    }

    /// Values that are those of the file are left out.
    fn unless_usual(&self, base: &Setting, values: &[(String, String)]) -> Setting {
        let is_usual = |path: &str, value: &str| {
            let knob = self.demand.knobs.iter().find(|it| it.path == path);
            knob.is_some_and(|it| it.values.first().is_some_and(|first| first == value))
        };
        let mut setting = base.clone();
        for (path, value) in values.iter().filter(|it| self.is_apart && !is_usual(&it.0, &it.1)) {
            setting = setting.with(path, value.as_str());
        }
        setting
    }

    /// What a month costs at least with so many shards: the streams as much more than those of
    /// `best` as in the first run, which both have, and the least that consumers cost in any run.
    fn least(&self, setting: &Setting, best: usize) -> f64 {
        let streams = |row: &Row| {
            let of = row.bill.iter().filter(|line| !change::is_of_consumers(line.item));
            of.map(|line| line.amount.dollars()).sum::<f64>()
        };
        let consumers = |row: &Row| row.month().map_or(0.0, Money::dollars) - streams(row);
        let all = self.scores.iter().flat_map(|it| &it.rows);
        let least = all.map(consumers).fold(f64::INFINITY, f64::min);
        let own = self.place(setting).and_then(|at| self.scores[at].rows.first());
        let best = &self.scores[best].rows;
        let more = own.map_or(0.0, streams) - best.first().map_or(0.0, streams);
        best.iter().map(streams).sum::<f64>() / best.len().max(1) as f64 + more + least
    }

    /// The best of these.
    pub(super) fn choose(&self, places: &[usize]) -> Option<usize> {
        let score = |place: usize| &self.scores[place];
        let by_cost = |a: usize, b: usize| score(a).dollars().total_cmp(&score(b).dollars());
        let by_shards = |a: usize, b: usize| score(a).shards.cmp(&score(b).shards);
        let plainer =
            |a: usize, b: usize| score(a).setting.values.len().cmp(&score(b).setting.values.len());
        places.iter().copied().min_by(|&a, &b| match self.demand.minimise {
            Minimise::Cost => by_cost(a, b).then(by_shards(a, b)).then(plainer(a, b)),
            Minimise::Shards => by_shards(a, b).then(by_cost(a, b)).then(plainer(a, b)),
        })
    }
}

/// Whether an objective is about writing alone.
fn is_write(metric: &Metric) -> bool {
    match metric {
        Metric::OfStream(_, metric) => is_write(metric),
        Metric::WriteOffered
        | Metric::WriteAttempts
        | Metric::WriteAccepted
        | Metric::WriteThrottled
        | Metric::WriteFailed
        | Metric::WriteUtilization
        | Metric::WriteLatency(_)
        | Metric::RecordsLost => true,
        _ => false,
    }
}

/// The measures whose values are told of every setting; of several streams also what each refuses
/// and the share of its records that it loses.
#[must_use]
pub fn measures(scenario: &Scenario) -> Vec<Measure> {
    let mut all = study::measures(scenario);
    let streams = scenario.plan.streams.len();
    for stream in (0..streams).filter(|_| streams > 1) {
        let of = |metric| {
            let path = knob::metric_path(&scenario.plan, stream, metric);
            study::measure::measure_at(scenario, &path)
        };
        all.extend(of(THROTTLED));
        let lost = of(LOST).map(|it| Measure { as_share: true, unit: Unit::Share, ..it });
        all.extend(lost);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::bill::Item;
    use crate::experiment::size::knob::usual;
    use crate::experiment::study::BillLine;
    use crate::model::prices::Price;
    use crate::scenario::{NoFiles, load};

    /// Settings whose bills and objectives are made up: $10 a shard, and what the draw adds; a
    /// function that costs $60, and with larger batches $20. It keeps up from 3 shards on, with
    /// larger batches from 4 on. The first draw costs far more than the others.
    struct MadeUp;

    impl Bench for MadeUp {
        type Error = ();

        fn play(&mut self, asks: &[Ask]) -> Result<Vec<Vec<Row>>, ()> {
            let row = |setting: &Setting, replicate: u64| {
                let number = |path: &str| setting.get(path).and_then(|it| it.parse::<u32>().ok());
                let shards = number("stream.shard_count").expect("sized");
                let is_large = number("lambda.f.batch_size").is_some_and(|it| it > 100);
                let needs = if is_large { 4 } else { 3 };
                let draw = if replicate == 0 { 1_000 } else { 0 };
                let line = |item, dollars: u64| BillLine {
                    item,
                    price: Price::ShardHour,
                    quantity: None,
                    amount: Money::micro(dollars * 1_000_000),
                };
                let bill = vec![
                    line(Item::ShardHours, u64::from(shards) * 10 + draw),
                    line(Item::LambdaDuration, if is_large { 20 } else { 60 }),
                ];
                let met = vec![shards >= needs];
                let values = Vec::new();
                Row { replicate, is_partial: false, values, met, lost: (0, 1), bill }
            };
            let of = |ask: &Ask| ask.replicates.clone().map(|it| row(&ask.setting, it)).collect();
            Ok(asks.iter().map(of).collect())
        }

        fn is_sound(&self, _: &Setting) -> bool {
            true
        }
    }

    #[test]
    fn an_expensive_first_draw_does_not_end_the_search() {
        let text = "stream.shard_count = 2\n[[producer]]\nrate = \"1.8k/s\"\n\
            record_size = \"1 KiB\"\n[[lambda]]\nname = \"f\"\n\
            invocation_duration = { fixed = \"1 ms\" }\n[slo]\n\
            lambda.f.iterator_age.p99 = \"<= 1 s\"\n";
        let scenario = load("t", "t.toml", text, &[], &NoFiles).expect("sound");
        let batches = usual(&scenario.plan, 0).into_iter().filter(|it| it.path.ends_with("size"));
        let demand = Demand {
            probability: 1.0,
            replicates: 20,
            minimise: Minimise::Cost,
            confidence: Confidence::USUAL,
            range: Some((1, 6)),
            knobs: batches.collect(),
            with_changes: false,
            is_drawn: true,
        };
        let sizing = size(&mut MadeUp, &scenario, 0, &demand).expect("played");
        let best = &sizing.scores[sizing.best.expect("some hold")];
        // 4 shards and $20 are less than 3 and $60, in every draw.
        assert_eq!((best.shards, best.setting.values.len()), (4, 2));
        assert!((best.dollars() - (60.0 + 1_000.0 / 20.0)).abs() < 1e-9);
        let regret = best.regret.expect("drawn");
        assert_eq!((regret.extra, regret.missed, regret.hopeless), (Some(0.0), 0, 0));
        // Who follows a rule to 3 shards as the file is, pays $30 more.
        let three = sizing.with_shards(3).expect("played").regret;
        assert!(three.is_none_or(|it| it.extra == Some(30.0)), "{three:?}");
    }
}
