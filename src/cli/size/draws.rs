//! Draws of a scenario's uncertain inputs that every setting is played with.

use crate::cli::failure::Failure;
use crate::cli::size::bench::Table;
use crate::experiment::size::reach;
use crate::experiment::size::{Demand, Setting};
use crate::experiment::study::Draws;
use crate::experiment::study::uncertain::{Play, Source};
use crate::scenario::{Problems, Scenario};

/// Draws, and those of them whose values make a scenario.
pub(super) struct Drawn {
    pub draws: Draws,
    /// A play each, in order.
    pub plays: Vec<Play>,
    /// How many are left out, and what is wrong with the first of them.
    pub left_out: (usize, String),
    /// Numbers of shards worth a look.
    pub range: Option<(u32, u32)>,
}

/// `count` draws for the settings of a stream.
pub(super) fn draw(
    bench: &Table<'_>,
    scenario: &Scenario,
    (stream, demand): (usize, &Demand),
    count: u64,
) -> Result<Drawn, Failure> {
    let failed = |problems: Problems| Failure::Scenario(Box::new(problems));
    let source = Source {
        name: &bench.source.name,
        label: &bench.source.label,
        text: &bench.source.text,
        overrides: &bench.given,
        files: &bench.source.files,
    };
    let draws = Draws::new(&source, scenario, count).map_err(failed)?;
    let (mut plays, mut ranges) = (Vec::new(), Vec::new());
    let (mut left_out, mut first) = (0, None);
    for (replicate, point) in draws.points.iter().enumerate() {
        match bench.at(&Setting::default(), point) {
            Ok(scenario) => {
                ranges.push(reach::range_of(&scenario.plan, stream));
                plays.push(Play { point: point.clone(), replicate: replicate as u64 });
            }
            Err(problems) => {
                left_out += 1;
                first = first.or(Some(problems));
            }
        }
    }
    let message = first.as_ref().and_then(|it| it.iter().next()).map(|it| it.message.clone());
    if let (true, Some(problems)) = (plays.is_empty(), first) {
        return Err(failed(problems));
    }
    let range = reach::range_of_draws(&ranges, demand.probability);
    Ok(Drawn { draws, plays, left_out: (left_out, message.unwrap_or_default()), range })
}

/// Values of what the search changes are no draws: the middle stands for what is not tried.
pub(super) fn fixed(scenario: &Scenario, demand: &Demand, shards: &str) -> Vec<(String, String)> {
    let is_changed =
        |path: &str| path == shards || demand.knobs.iter().any(|knob| knob.path == path);
    let changed = scenario.uncertain.iter().filter(|it| is_changed(&it.path));
    changed.map(|it| (it.path.clone(), it.taken.clone())).collect()
}
