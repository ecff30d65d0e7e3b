//! How often intervals hold what is true: a thousand studies of which the truth is known.
//!
//! `UPDATE_EXPECT=1 cargo test --test coverage` writes the table into `docs/coverage.md`.

#![expect(clippy::unwrap_used, reason = "a test reports what is missing by failing")]

use std::fmt::Write as _;

use expect_test::expect_file;
use kinesim::experiment::stats::{self, Confidence, HalfWidth, Sequential};
use kinesim::random::Stream;

const STUDIES: u64 = 1_000;
const SURE: Confidence = Confidence::USUAL;

/// What one run tells: the mean, the share above a bound, the median.
type Told = [f64; 3];

/// A kind of run.
struct Kind {
    name: &'static str,
    run: fn(&mut Stream) -> Told,
    truth: Told,
}

/// The share of values above this one is told.
const BOUND: f64 = 1.0;
/// Values of a run; those of the queue hang together, and take more.
const WAITS: usize = 2_000;
const QUEUE_WAITS: usize = 2_000;
/// Load of the queue.
const LOAD: f64 = 0.7;

fn told(mut values: Vec<f64>) -> Told {
    let n = values.len();
    let mean = values.iter().sum::<f64>() / n as f64;
    let above = values.iter().filter(|it| **it > BOUND).count() as f64 / n as f64;
    let (_, median, _) = values.select_nth_unstable_by(n / 2, f64::total_cmp);
    [mean, above, *median]
}

/// Exponential waits with mean 1, each for itself.
fn independent(chance: &mut Stream) -> Told {
    told((0..WAITS).map(|_| chance.exponential()).collect())
}

/// Waits in a queue with one server, by Lindley's recursion, begun as it is in the long run: nobody
/// waits with probability 1 - load, else exponentially.
fn queue(chance: &mut Stream) -> Told {
    let busy = chance.unit() < LOAD;
    let mut wait = if busy { chance.exponential() / (1.0 - LOAD) } else { 0.0 };
    told(
        (0..QUEUE_WAITS)
            .map(|_| {
                let now = wait;
                wait = (wait + chance.exponential() - chance.exponential() / LOAD).max(0.0);
                now
            })
            .collect(),
    )
}

/// The truth: exponential waits in closed form; of the queue a wait above t has the probability
/// load x e^(-(1 - load) t).
fn kinds() -> [Kind; 2] {
    let free = 1.0 - LOAD;
    [
        Kind {
            name: "waits, each for itself",
            run: independent,
            truth: [1.0, libm::exp(-BOUND), std::f64::consts::LN_2],
        },
        Kind {
            name: "waits in a queue, load 70 %",
            run: queue,
            truth: [LOAD / free, LOAD * libm::exp(-free * BOUND), libm::log(2.0 * LOAD) / free],
        },
    ]
}

/// How often an interval held the truth, and how wide it was in the mean.
struct Row {
    what: String,
    replicates: String,
    held: f64,
    width: f64,
}

fn row(what: &str, replicates: String, found: &[(bool, f64)]) -> Row {
    let n = found.len() as f64;
    Row {
        what: what.to_owned(),
        replicates,
        held: found.iter().filter(|it| it.0).count() as f64 / n,
        width: found.iter().map(|it| it.1).sum::<f64>() / n,
    }
}

fn of_values(all: &mut Vec<Row>) {
    for kind in kinds() {
        // A study has 30 runs; the shorter one is its first ten.
        let study = |number: u64| -> Vec<Told> {
            let run = |replicate| (kind.run)(&mut Stream::named(number, replicate, kind.name));
            (0..30).map(run).collect()
        };
        let studies: Vec<Vec<Told>> = (0..STUDIES).map(study).collect();
        for (place, what) in ["mean", "share", "median"].into_iter().enumerate() {
            for count in [10, 30] {
                let found = studies.iter().map(|runs| {
                    let values: Vec<f64> = runs[..count].iter().map(|it| it[place]).collect();
                    let it = stats::mean(&values, SURE).unwrap();
                    let (low, high) = (it.low().unwrap(), it.high().unwrap());
                    let truth = kind.truth[place];
                    ((low..=high).contains(&truth), (high - low) / truth)
                });
                let found: Vec<(bool, f64)> = found.collect();
                all.push(row(&format!("{what} of {}", kind.name), count.to_string(), &found));
            }
        }
        if all.len() > 6 {
            // Means of waits in a queue are lop-sided: their median has no closed form.
            continue;
        }
        let found = studies.iter().map(|runs| {
            let values: Vec<f64> = runs.iter().map(|it| it[0]).collect();
            let (low, _, high) = stats::quantile(&values, 0.5, SURE).unwrap();
            // Means of so many values lie evenly around the truth, nearly.
            ((low..=high).contains(&kind.truth[0]), (high - low) / kind.truth[0])
        });
        let found: Vec<(bool, f64)> = found.collect();
        let what = format!("median run, of means of {}, by order", kind.name);
        all.push(row(&what, "30".to_owned(), &found));
    }
}

fn of_shares(all: &mut Vec<Row>) {
    for part in [0.5, 0.8, 0.95] {
        for count in [10, 30] {
            let found = (0..STUDIES).map(|number| {
                let mut chance = Stream::named(number, count, "met");
                let hits = (0..count).filter(|_| chance.unit() < part).count() as u64;
                let (low, high) = stats::share(hits, count, SURE).unwrap();
                ((low..=high).contains(&part), high - low)
            });
            let found: Vec<(bool, f64)> = found.collect();
            let what = format!("runs that meet an objective, {} %", part * 100.0);
            all.push(row(&what, count.to_string(), &found));
        }
    }
}

fn of_looks(all: &mut Vec<Row>) {
    let looks = Sequential::new(5, 200, HalfWidth::Relative(0.01), SURE);
    let (mut found, mut sum) = (Vec::new(), 0);
    for number in 0..STUDIES {
        let mut values: Vec<f64> = Vec::new();
        let mut look = 0;
        loop {
            while values.len() < looks.size_at(look) {
                let replicate = values.len() as u64;
                values.push(independent(&mut Stream::named(number, replicate, "looks"))[0]);
            }
            if looks.is_enough(look, &[&values]) || looks.size_at(look + 1) == values.len() {
                break;
            }
            look += 1;
        }
        let it = stats::mean(&values, looks.confidence_at(look)).unwrap();
        let (low, high) = (it.low().unwrap(), it.high().unwrap());
        found.push(((low..=high).contains(&1.0), high - low));
        sum += values.len() as u64;
    }
    let count = format!("{} in the mean", sum / STUDIES);
    all.push(row("mean, until within 1 %, looking often", count, &found));
}

#[test]
fn intervals_hold_what_is_true_as_often_as_they_say() {
    let mut all = Vec::new();
    of_values(&mut all);
    of_shares(&mut all);
    of_looks(&mut all);
    let mut text = "\
# Coverage

How often an interval of 95 % holds what is true, in 1,000 studies of which the truth is known,
and how wide it is in the mean. A run tells the mean of its waits, the share of them above 1, and
their median; a study has 10 or 30 runs. Widths are shares of the true value, those of shares of
runs are as they are. Of the last row the number of runs is the study's own.
[Statistics](statistics.md) says what the intervals are.
`UPDATE_EXPECT=1 cargo test --test coverage` makes this table.

Shares of ten runs jump by a tenth, so that Wilson's interval cannot hold exactly as often as it
says: of 95 % it holds 91.4 % whatever is done, the chance that nine or ten runs are met.

| interval of | runs | holds the truth | width |
|---|---:|---:|---:|
"
    .to_owned();
    for row in &all {
        let Row { what, replicates, held, width } = row;
        let (share, wide) = (held * 100.0, width * 100.0);
        writeln!(text, "| {what} | {replicates} | {share:.1} % | {wide:.1} % |").unwrap();
        // 0.95^10 + 10 x 0.95^9 x 0.05 = 0.914: what a share of ten runs can come to.
        let least = if what.contains("objective") { 0.90 } else { 0.93 };
        assert!(*held >= least, "{what}, {replicates}: {held}");
    }
    expect_file!["../docs/coverage.md"].assert_eq(&text);
}
