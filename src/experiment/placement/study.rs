//! What is asked of a key sample: some numbers of shards, their neighbours, and what splitting the
//! largest keys would gain.

use super::{Cell, LargeKey, Limits, Placement, SAME, Salt, Traffic, Weighed};

/// Most shards a number of shards can be: a large Region's quota (KDS-S24).
pub const SHARDS_MAX: u32 = crate::model::facts::SHARD_QUOTA_LARGE;

/// What is tried where no number of shards is asked for.
pub const DEFAULT_COUNTS: [u32; 8] = [1, 2, 4, 8, 16, 32, 64, 128];

/// Above so many numbers of shards their neighbours are not tried too.
const WITH_NEIGHBOURS: usize = 3;

/// What is asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// Numbers of shards, ascending and different, each from 1 to [`SHARDS_MAX`]; empty where
    /// none is asked for.
    pub shard_counts: Vec<u32>,
    /// How many shards and keys to name.
    pub top: usize,
    /// Into how many parts to split each of the `top` largest keys.
    pub salt: Option<u32>,
    /// The traffic of all keys.
    pub traffic: Option<Traffic>,
}

/// The answer.
#[derive(Clone, Debug)]
pub struct Study<'s> {
    /// What was asked.
    pub question: Question,
    /// The keys.
    pub keys: Weighed<'s>,
    /// The largest keys, largest first.
    pub largest: Vec<LargeKey>,
    /// Which keys are split.
    pub salt: Option<Salt>,
    /// The placements asked for, or those of [`DEFAULT_COUNTS`].
    pub details: Vec<Detail>,
    /// These and their neighbours, ascending.
    pub trials: Vec<Trial>,
}

/// One placement that was asked for.
#[derive(Clone, Debug)]
pub struct Detail {
    /// The placement.
    pub placement: Placement,
    /// Its busiest shards, busiest first.
    pub busiest: Vec<BusyShard>,
}

/// One of the busiest shards.
#[derive(Clone, Debug, PartialEq)]
pub struct BusyShard {
    /// Its number.
    pub shard: u32,
    /// What falls on it.
    pub cell: Cell,
    /// The largest keys there, largest first.
    pub keys: Vec<LargeKey>,
}

/// One number of shards.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trial {
    /// How many shards.
    pub shard_count: u32,
    /// Whether it was asked for.
    pub is_asked: bool,
    /// With the keys as they are.
    pub plain: Outlook,
    /// With the largest keys split.
    pub salted: Option<Outlook>,
}

/// What a number of shards comes to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outlook {
    /// Part of all records on the busiest shard.
    pub busiest_share: f64,
    /// How many shards' worth of traffic fits before that one is full.
    pub usable: f64,
    /// Shards without a key.
    pub unused: usize,
    /// How near its shards are to their limits, where there is traffic.
    pub limits: Option<Limits>,
}

impl<'s> Study<'s> {
    /// Answers `question` about `keys`.
    #[must_use]
    pub fn new(keys: Weighed<'s>, question: Question) -> Self {
        let salt = question.salt.map(|parts| keys.salt(parts, question.top));
        let asked = match question.shard_counts.as_slice() {
            [] => &DEFAULT_COUNTS[..],
            counts => counts,
        };
        let placements: Vec<Placement> =
            asked.iter().map(|&count| Placement::new(&keys, count)).collect();
        let trials = tried(asked)
            .into_iter()
            .map(|shard_count| {
                let known = asked.binary_search(&shard_count).ok().map(|at| &placements[at]);
                let result = |placement: &Placement| Outlook::new(placement, question.traffic);
                Trial {
                    shard_count,
                    is_asked: known.is_some() && !question.shard_counts.is_empty(),
                    plain: match known {
                        Some(placement) => result(placement),
                        None => result(&Placement::new(&keys, shard_count)),
                    },
                    salted: salt
                        .as_ref()
                        .map(|salt| result(&Placement::salted(&keys, salt, shard_count))),
                }
            })
            .collect();
        let detail = |placement: Placement| {
            let shards = placement.busiest(question.top);
            let largest = keys.largest_on(&placement, &shards);
            let busy = |(shard, keys): (u32, Vec<LargeKey>)| {
                let cell = placement.cells()[shard as usize];
                BusyShard { shard, cell, keys }
            };
            let busiest = shards.into_iter().zip(largest).map(busy).collect();
            Detail { placement, busiest }
        };
        Self {
            largest: keys.largest(question.top),
            salt,
            details: placements.into_iter().map(detail).collect(),
            trials,
            keys,
            question,
        }
    }

    /// The least number of shards tried beyond which no more help (K106), where there is one: the
    /// busiest share of each greater number tried is the same, or larger.
    #[must_use]
    pub fn flat_from(&self) -> Option<&Trial> {
        let shares: Vec<f64> = self.trials.iter().map(|trial| trial.plain.busiest_share).collect();
        let flat = |at: &usize| {
            let rest = &shares[at + 1..];
            !rest.is_empty() && rest.iter().all(|share| *share >= shares[*at] * (1.0 - SAME))
        };
        (0..shares.len()).find(flat).map(|at| &self.trials[at])
    }

    /// Numbers of shards tried one after the other of which the greater has the larger busiest
    /// share (K106), below those of [`Study::flat_from`].
    #[must_use]
    pub fn steps_back(&self) -> Vec<(&Trial, &Trial)> {
        let flat = self.flat_from().map_or(u32::MAX, |trial| trial.shard_count);
        let pairs = self.trials.windows(2).map(|pair| (&pair[0], &pair[1]));
        pairs
            .filter(|(less, more)| {
                let (less_share, more_share) = (less.plain.busiest_share, more.plain.busiest_share);
                more.shard_count <= flat && more_share > less_share * (1.0 + SAME)
            })
            .collect()
    }
}

/// The numbers asked for, and where they are few those around them and their doubles.
fn tried(asked: &[u32]) -> Vec<u32> {
    let mut counts = asked.to_vec();
    if asked.len() <= WITH_NEIGHBOURS {
        for &count in asked {
            counts.extend(count.saturating_sub(2)..=count + 2);
            counts.extend([2, 4, 8].map(|factor| count * factor));
        }
    }
    counts.retain(|count| (1..=SHARDS_MAX).contains(count));
    counts.sort_unstable();
    counts.dedup();
    counts
}

impl Outlook {
    fn new(placement: &Placement, traffic: Option<Traffic>) -> Self {
        Self {
            busiest_share: placement.busiest_share(),
            usable: placement.usable(),
            unused: placement.unused(),
            limits: traffic.map(|traffic| placement.limits(traffic)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::inputs::{KeySample, SampleForm, read_sample};
    use crate::units::{Bytes, Rate};

    fn sample(text: &str) -> KeySample {
        read_sample(text.as_bytes(), &SampleForm::Hashes(None)).unwrap()
    }

    fn question(shard_counts: &[u32]) -> Question {
        Question { shard_counts: shard_counts.to_vec(), top: 10, salt: None, traffic: None }
    }

    /// Hashes at `n` of 240 even steps through the space, with their weights.
    fn at(places: &[(u128, u32)]) -> String {
        let hash = |n: u128| n * (u128::MAX / 240) + 1_000;
        let lines: Vec<String> =
            places.iter().map(|&(n, weight)| format!("{},{weight}", hash(n))).collect();
        lines.join("\n")
    }

    #[test]
    fn neighbours_and_doubles_are_tried_where_few_are_asked() {
        assert_eq!(tried(&[8]), [6, 7, 8, 9, 10, 16, 32, 64]);
        assert_eq!(tried(&[1]), [1, 2, 3, 4, 8]);
        assert_eq!(tried(&[20_000]), [19_998, 19_999, 20_000]);
        assert_eq!(tried(&[1, 2, 4, 8]), [1, 2, 4, 8]);
    }

    /// Four keys at 0, 1/8, 1/2 and 3/4 of the space.
    #[test]
    fn shares_follow_from_where_the_hashes_lie() {
        let sample = sample(&at(&[(0, 50), (30, 30), (120, 15), (180, 5)]));
        let study = Study::new(Weighed::new(&sample, None), question(&[4]));
        let detail = &study.details[0];
        let shown: Vec<_> = detail
            .busiest
            .iter()
            .map(|busy| (busy.shard, (busy.cell.part.share * 100.0).round(), busy.cell.keys))
            .collect();
        assert_eq!(shown, [(0, 80.0, 2), (2, 15.0, 1), (3, 5.0, 1)]);
        assert_eq!(detail.placement.unused(), 1);
        assert!((detail.placement.usable() - 1.25).abs() < 1e-12);
        let keys: Vec<_> = detail.busiest[0].keys.iter().map(|key| key.part.share).collect();
        assert_eq!(keys, [0.5, 0.3]);
        // 8 shards part the two; from there on the first key alone is the busiest shard.
        let flat = study.flat_from().unwrap();
        assert_eq!((flat.shard_count, flat.plain.busiest_share), (8, 0.5));
    }

    /// Two shards part the keys; three put both into the middle, four part them again.
    #[test]
    fn a_step_that_makes_it_worse_is_found() {
        let sample = sample(&at(&[(110, 1), (130, 1)]));
        let study = Study::new(Weighed::new(&sample, None), question(&[2]));
        let shares: Vec<_> =
            study.trials.iter().map(|t| (t.shard_count, t.plain.busiest_share)).collect();
        assert_eq!(shares, [(1, 1.0), (2, 0.5), (3, 1.0), (4, 0.5), (8, 0.5), (16, 0.5)]);
        assert_eq!(study.flat_from().unwrap().shard_count, 2);
        assert_eq!(study.steps_back().len(), 0, "beyond 2 nothing is better anyway");
        let sample = self::sample(&at(&[(100, 1), (118, 1), (130, 1), (210, 1)]));
        let study = Study::new(Weighed::new(&sample, None), question(&[2]));
        let back: Vec<_> =
            study.steps_back().iter().map(|(a, b)| (a.shard_count, b.shard_count)).collect();
        assert_eq!(back, [(2, 3)], "three of four keys lie within the middle third");
        assert_eq!(study.flat_from(), None, "16 shards part the first two");
    }

    #[test]
    fn traffic_is_held_against_both_limits_of_a_shard() {
        // 1,400/s of 700 B on the first of two shards, 600/s on the second.
        let sample = sample(&at(&[(0, 7), (200, 3)]));
        let traffic = Traffic { rate: Rate(2_000.0), record_size: Some(Bytes(700)) };
        let keys = Weighed::new(&sample, traffic.record_size);
        let study = Study::new(keys, Question { traffic: Some(traffic), ..question(&[2]) });
        let flow = study.details[0].busiest[0].cell.part.of(traffic);
        assert!((flow.records_per_s - 1_400.0).abs() < 1e-9);
        assert!((flow.bytes_per_s.unwrap() - 980_000.0).abs() < 1e-6);
        assert!((flow.load - 1.4).abs() < 1e-12, "records bind: 980,000 B are less than 1 MiB");
        assert_eq!(flow.parts_needed(), 2);
        let trial = study.trials.iter().find(|trial| trial.shard_count == 2).unwrap();
        let limits = trial.plain.limits.unwrap();
        assert_eq!((limits.over, limits.put_record_over), (1, 1));
        // 600 B more: 1,400 * 1,300 B are 1.74 MiB, and 2 KiB each with PutRecord 2.73 MiB. The
        // second shard is over only then: 600 * 2 KiB.
        let traffic = Traffic { record_size: Some(Bytes(1_300)), ..traffic };
        let keys = Weighed::new(&sample, traffic.record_size);
        let study = Study::new(keys, Question { traffic: Some(traffic), ..question(&[2]) });
        let flow = study.details[0].busiest[0].cell.part.of(traffic);
        assert!((flow.load - 1_400.0 * 1_300.0 / 1_048_576.0).abs() < 1e-12);
        assert!((flow.put_record_load - 1_400.0 / 512.0).abs() < 1e-12);
        let trial = study.trials.iter().find(|trial| trial.shard_count == 2).unwrap();
        let limits = trial.plain.limits.unwrap();
        assert_eq!((limits.over, limits.put_record_over), (1, 2));
    }
}
