//! What is told of an alternative where inputs are drawn: how likely it holds, and its regret.

use std::io::Write;

use serde_json::{Value, json};

use crate::experiment::study::{Draws, Met, Regret};
use crate::report::number;
use crate::report::table::{Column, Rows};

/// Columns that a table of alternatives has more where inputs are drawn.
pub const DRAWN: &[Column] = &[
    Column { name: "chance", meaning: "part of the draws in which every objective held" },
    Column { name: "chance_low", meaning: "lower end of its interval (Wilson)" },
    Column { name: "chance_high", meaning: "upper end of it" },
    Column {
        name: "regret_usd",
        meaning: "a month above the cheapest that holds in the same draw, mean over the draws in \
                  which this one holds; empty where it never does",
    },
    Column { name: "regret_most_usd", meaning: "the most of that in one draw" },
    Column {
        name: "regret_misses",
        meaning: "draws in which it does not hold although another does",
    },
    Column { name: "hopeless", meaning: "draws in which none holds" },
];

/// Columns of `draws.csv`.
pub const DRAWS: &[Column] = &[
    Column {
        name: "draw",
        meaning: "number of the draw, from 0: that of the replicate it is played as",
    },
    Column { name: "path", meaning: "field that is uncertain" },
    Column { name: "value", meaning: "the value drawn, with its unit" },
];

/// `draws.csv`.
#[must_use]
pub fn draws_csv(draws: &Draws) -> Vec<u8> {
    let mut rows = Rows::new(DRAWS);
    for (draw, values) in draws.values.iter().enumerate() {
        for (input, value) in draws.inputs.iter().zip(values) {
            rows.whole(draw as u64).text(&input.path).text(value).end();
        }
    }
    rows.into_bytes()
}

/// In how many of its draws an alternative holds; nothing of one that was not played to the end.
pub(in crate::report) type Chance = (Option<Met>, Option<Regret>);

/// The cells of [`DRAWN`].
pub(in crate::report) fn cells<W: Write>(rows: &mut Rows<W>, (met, regret): Chance) {
    let interval = met.and_then(|it| it.interval);
    let numbers = [
        met.map(|it| share(&it)),
        interval.map(|it| it.0),
        interval.map(|it| it.1),
        regret.and_then(|it| it.extra),
        regret.and_then(|it| it.extra_most),
        regret.map(|it| it.missed as f64),
        regret.map(|it| it.hopeless as f64),
    ];
    for number in numbers {
        match number {
            Some(number) => rows.float(number),
            None => rows.empty(),
        };
    }
}

/// The same for a program.
pub(in crate::report) fn json((met, regret): Chance) -> Value {
    json!({
        "chance": met.map(|it| share(&it)),
        "chance_interval": met.and_then(|it| it.interval),
        "regret_usd": regret.and_then(|it| it.extra),
        "regret_most_usd": regret.and_then(|it| it.extra_most),
        "regret_misses": regret.map(|it| it.missed),
        "hopeless": regret.map(|it| it.hopeless),
    })
}

/// What was drawn, for a program.
pub(in crate::report) fn draws_json(draws: &Draws) -> Value {
    let input = |it: &crate::scenario::UncertainInput| json!({"path": it.path, "known": it.text});
    json!({
        "count": draws.points.len(),
        "inputs": draws.inputs.iter().map(input).collect::<Vec<_>>(),
    })
}

/// The share of draws in which an alternative holds, 0 to 1.
pub(in crate::report) fn share(met: &Met) -> f64 {
    met.hits as f64 / met.of.max(1) as f64
}

/// `84 % (68 to 93)`.
pub(in crate::report) fn chance(met: &Met) -> String {
    let percent = |share: f64| format!("{:.0}", share * 100.0);
    let share = percent(share(met));
    match met.interval {
        Some((low, high)) => format!("{share} % ({} to {})", percent(low), percent(high)),
        None => format!("{share} %"),
    }
}

/// `32 draws of 2 uncertain inputs`.
pub(in crate::report) fn heading(draws: &Draws) -> String {
    let count = number::counted(draws.points.len() as u64, "draw");
    format!("{count} of {}", number::counted(draws.inputs.len() as u64, "uncertain input"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chances_are_whole_percents_with_their_interval() {
        let met = |hits, of, interval| Met { hits, of, interval };
        assert_eq!(chance(&met(22, 30, Some((0.5555, 0.8582)))), "73 % (56 to 86)");
        assert_eq!(chance(&met(0, 0, None)), "0 %");
    }
}
