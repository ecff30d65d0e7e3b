//! Which numbers of shards hold: what was looked at, how, and whether more is always better.

/// How the numbers of shards were gone through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Halving a range: more shards are never worse.
    Bisection,
    /// One by one: where keys fall decides.
    Exhaustive,
}

/// One number of shards, all else as in the file.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// How many.
    pub shards: u32,
    /// Whether the objectives of the scan hold.
    pub holds: bool,
    /// Part of the attempts that are refused, mean of the replicates played.
    pub throttled: Option<f64>,
}

/// All numbers of shards that were looked at, ascending.
#[derive(Clone, Debug, PartialEq)]
pub struct Scan {
    /// How.
    pub method: Method,
    /// From and to.
    pub range: (u32, u32),
    /// Whether it asks about writing alone, because what else was asked depends on more.
    pub of_writes: bool,
    /// In order of shards.
    pub points: Vec<Point>,
}

impl Scan {
    /// Those that hold.
    #[must_use]
    pub fn holding(&self) -> Vec<u32> {
        self.points.iter().filter(|it| it.holds).map(|it| it.shards).collect()
    }

    /// Those that do not hold although fewer shards do.
    #[must_use]
    pub fn turns(&self) -> Vec<u32> {
        let first = self.points.iter().find(|it| it.holds).map(|it| it.shards);
        let after = |it: &&Point| first.is_some_and(|first| it.shards > first) && !it.holds;
        self.points.iter().filter(after).map(|it| it.shards).collect()
    }

    /// The number of shards that refuses most, measured against one with fewer shards that refuses
    /// less: (fewer, more). None where more shards never refuse clearly more.
    #[must_use]
    pub fn worst_step(&self) -> Option<((u32, f64), (u32, f64))> {
        let known = self.points.iter().filter_map(|it| Some((it.shards, it.throttled?)));
        let known: Vec<(u32, f64)> = known.collect();
        let mut worst: Option<((u32, f64), (u32, f64))> = None;
        for (place, more) in known.iter().enumerate() {
            let fewer = known[..place].iter().min_by(|a, b| a.1.total_cmp(&b.1));
            let Some(fewer) = fewer else { continue };
            let rise = more.1 - fewer.1;
            let so_far = worst.map_or(CLEAR, |(fewer, more)| more.1 - fewer.1);
            if rise > so_far {
                worst = Some((*fewer, *more));
            }
        }
        worst
    }
}

/// A rise of the share refused that is told at least.
const CLEAR: f64 = 0.001;

/// The least number in `from..=to` that holds, where more are never worse; asked about as few as
/// can be. `None` where the largest does not hold.
///
/// # Errors
/// What `holds` fails with.
pub fn bisect<E>(
    (from, to): (u32, u32),
    guess: u32,
    mut holds: impl FnMut(u32) -> Result<bool, E>,
) -> Result<Option<u32>, E> {
    // All up to `low` do not hold, `high` does.
    let mut low = from.saturating_sub(1);
    let mut at = guess.clamp(from, to);
    let mut high = None;
    let mut step = 1;
    loop {
        if holds(at)? {
            high = Some(at);
            if at <= low + 1 {
                break;
            }
            at = at.saturating_sub(step).max(low + 1);
        } else {
            low = at;
            if at == to || high.is_some() {
                break;
            }
            at = at.saturating_add(step).min(to);
        }
        step = step.saturating_mul(2);
    }
    let Some(mut high) = high else { return Ok(None) };
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if holds(middle)? {
            high = middle;
        } else {
            low = middle;
        }
    }
    Ok(Some(high))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn bisection_finds_what_a_walk_finds(
            from in 1_u32..50,
            width in 0_u32..300,
            guess in 0_u32..400,
            edge in 0_u32..400,
        ) {
            let to = from + width;
            let mut asked = Vec::new();
            let found = bisect((from, to), guess, |n| {
                asked.push(n);
                Ok::<_, ()>(n >= edge)
            });
            prop_assert_eq!(found, Ok((from..=to).find(|n| *n >= edge)));
            prop_assert!(asked.iter().all(|n| (from..=to).contains(n)));
            prop_assert!(asked.len() <= 2 * 9 + 3, "{:?}", asked);
        }
    }

    #[test]
    fn turns_are_those_above_the_first_that_holds() {
        let point = |shards, throttled: f64| Point {
            shards,
            holds: throttled < 0.001,
            throttled: Some(throttled),
        };
        // As measured of the hot tenants.
        let points = vec![point(12, 0.03), point(13, 0.0), point(14, 0.0), point(15, 0.02)];
        let scan = Scan {
            method: Method::Exhaustive,
            range: (12, 16),
            of_writes: false,
            points: [points, vec![point(16, 0.0)]].concat(),
        };
        assert_eq!(scan.holding(), [13, 14, 16]);
        assert_eq!(scan.turns(), [15]);
        assert_eq!(scan.worst_step(), Some(((13, 0.0), (15, 0.02))));
    }
}
