//! Draws of a scenario's uncertain inputs that every setting is played with.

use crate::cli::failure::Failure;
use crate::cli::repeat::DRAWS;
use crate::cli::size::args::SizeArgs;
use crate::cli::size::bench::Table;
use crate::experiment::size::{Demand, Setting, knob, reach};
use crate::experiment::study::Draws;
use crate::experiment::study::uncertain::{Play, Source};
use crate::scenario::{Problems, Scenario};

/// Draws; how many of them make no scenario, and what is wrong with the first of those.
pub(super) type Drawn = (Draws, (usize, String));

/// Lets the bench play draws where inputs of the scenario are uncertain, and asks as many
/// replicates. What the search changes is no draw: the middle stands for what it does not try.
/// Yields the scenario with that.
pub(super) fn drawn(
    args: &SizeArgs,
    bench: &mut Table<'_>,
    (stream, demand): (usize, &mut Demand),
    middle: &Scenario,
) -> Result<(Scenario, Option<Drawn>), Failure> {
    let shards = knob::shards_path(&middle.plan, stream);
    let is_changed =
        |path: &str| path == shards || demand.knobs.iter().any(|knob| knob.path == path);
    let changed = middle.uncertain.iter().filter(|it| is_changed(&it.path));
    bench.given.extend(changed.map(|it| (it.path.clone(), it.taken.clone())));
    let scenario = bench.scenario(&Setting::default())?;
    let count = args.repeat.draws(args.draws, DRAWS, !scenario.uncertain.is_empty())?;
    let Some(count) = count else { return Ok((scenario, None)) };
    let drawn = draw(bench, &scenario, (stream, demand), count)?;
    Ok((scenario, Some(drawn)))
}

/// `count` draws: those that make a scenario are played, from the fewest to the most shards that
/// any of them needs.
fn draw(
    bench: &mut Table<'_>,
    scenario: &Scenario,
    (stream, demand): (usize, &mut Demand),
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
    demand.replicates = plays.len() as u64;
    demand.range = demand.range.or(reach::range_of_draws(&ranges, demand.probability));
    demand.is_drawn = true;
    bench.plays = plays;
    Ok((draws, (left_out, message.unwrap_or_default())))
}
