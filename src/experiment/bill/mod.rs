//! What a run costs, and a month like it.
//!
//! `meter` listens to a run and states what it used (`usage`); `pricing` turns usage into amounts.
//! Nothing here is a float: quantities are whole small units, amounts whole pico-dollars. What
//! consumers are billed for stands in lists of the account's (`functions`, `deliveries`), beside
//! the streams'.
//!
//! The run is billed as it was played, from its first moment to its end. The month is 730 hours
//! like the part after the warm-up, with what a stream keeps as it is once the retention has
//! passed.

mod account;
mod deliveries;
mod functions;
mod meter;
mod pricing;
pub(crate) mod sizes;
mod storage;
mod usage;

pub use meter::Meter;
pub use pricing::{Charge, Item, Mode, charges, commitment};
pub use usage::{Usage, Used};

use crate::experiment::outcome::{ChangeKind, Outcome};
use crate::model::plan::StreamMode;
use crate::model::prices::Prices;
use crate::scenario::Scenario;
use crate::units::Money;

/// How stream number `stream` is billed: as in the mode in which the run ends. The hours before a
/// change of mode are billed like those after it.
#[must_use]
pub fn mode(scenario: &Scenario, outcome: &Outcome, stream: usize) -> Mode {
    let plan = &scenario.plan;
    let changed = outcome.changes.iter().rev().find_map(|change| match change.kind {
        ChangeKind::Mode(mode) if change.stream == stream => Some(mode),
        _ => None,
    });
    match changed.or(plan.streams.get(stream).map(|it| it.mode)) {
        Some(StreamMode::OnDemand) if plan.account.commitment => Mode::OnDemandAdvantage,
        Some(StreamMode::OnDemand) => Mode::OnDemandStandard,
        Some(StreamMode::Provisioned) | None => Mode::Provisioned,
    }
}

/// A bill of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Bill {
    /// Its lines, stream by stream, then function by function, then those of Firehose; those of
    /// nothing are left out.
    pub lines: Vec<Line>,
    /// The whole run.
    pub run: Money,
    /// A month like what came after the warm-up; `None` where the run ended within it.
    pub month: Option<Money>,
    /// Of the month, the streams alone.
    pub streams: Option<Money>,
    /// What these cost in a month of the same traffic in each mode, all of them in that mode.
    pub modes: Vec<(Mode, Option<Money>)>,
}

/// One line of a bill.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Line {
    /// The stream; `None` where all of them share it, or where a consumer is billed.
    pub stream: Option<usize>,
    /// The consumer that is billed.
    pub consumer: Option<usize>,
    /// How that stream is billed; `None` of a consumer.
    pub mode: Option<Mode>,
    /// What the run used.
    pub run: Charge,
    /// What a month uses.
    pub month: Option<Charge>,
}

impl Bill {
    /// The bill of a run.
    #[must_use]
    pub fn new(scenario: &Scenario, outcome: &Outcome) -> Self {
        let streams = 0..scenario.plan.streams.len();
        let modes: Vec<Mode> = streams.map(|stream| mode(scenario, outcome, stream)).collect();
        let used: Vec<Used> = outcome.streams.iter().map(|stream| stream.used).collect();
        let lines = lines(&modes, &used, &scenario.prices);
        let month_in = |mode: Mode| {
            let modes = vec![mode; used.len()];
            (mode, month(&self::lines(&modes, &used, &scenario.prices)))
        };
        let streams = month(&lines);
        let mut lines = lines;
        lines.extend(functions::lines(scenario, outcome));
        lines.extend(deliveries::lines(scenario, outcome));
        Self {
            run: lines.iter().map(|line| line.run.amount).sum(),
            month: month(&lines),
            streams,
            modes: Mode::ALL.into_iter().map(month_in).collect(),
            lines: lines.into_iter().filter(Line::is_something).collect(),
        }
    }

    /// A month of one item, of one stream or of all; `None` where the run ended within its warm-up.
    #[must_use]
    pub fn month_of(&self, item: Option<Item>, stream: Option<usize>) -> Option<Money> {
        self.month?;
        let of = self.lines.iter().filter(|line| {
            item.is_none_or(|item| line.run.item == item)
                && stream.is_none_or(|stream| line.stream == Some(stream))
        });
        Some(of.filter_map(|line| line.month).map(|charge| charge.amount).sum())
    }
}

impl Bill {
    /// Whether all streams are billed in this mode.
    #[must_use]
    pub fn is_in(&self, mode: Mode) -> bool {
        self.lines.iter().all(|line| line.mode.is_none_or(|it| it == mode))
    }

    /// Of the month, the streams alone; `None` where only they are billed, or none of them is.
    #[must_use]
    pub fn streams_apart(&self) -> Option<Money> {
        let of_consumers = self.lines.iter().filter(|line| line.consumer.is_some()).count();
        self.streams.filter(|_| of_consumers > 0 && of_consumers < self.lines.len())
    }
}

impl Line {
    fn is_something(&self) -> bool {
        self.run.quantity > 0 || self.month.is_some_and(|charge| charge.quantity > 0)
    }
}

/// The lines of streams that are billed in these modes and used so much.
fn lines(modes: &[Mode], used: &[Used], prices: &Prices) -> Vec<Line> {
    let mut lines = Vec::new();
    for (number, (mode, used)) in modes.iter().zip(used).enumerate() {
        let run = charges(*mode, &used.run, prices);
        let month = used.month.map(|month| charges(*mode, &month, prices));
        lines.extend(joined(Some(number), *mode, run, month));
    }
    let in_advantage = || {
        let pairs = modes.iter().zip(used);
        pairs.filter(|(mode, _)| **mode == Mode::OnDemandAdvantage).map(|(_, used)| used)
    };
    if let Some(first) = in_advantage().next() {
        // The floor holds for the time that passed, however many streams there are.
        let all = in_advantage().fold(Usage::default(), |sum, used| sum.plus(&used.run));
        let run = commitment(&all, first.run.stream_ns, prices);
        let month = first.month.map(|month| {
            let months = in_advantage().filter_map(|used| used.month);
            let all = months.fold(Usage::default(), |sum, used| sum.plus(&used));
            commitment(&all, month.stream_ns, prices)
        });
        lines.extend(joined(None, Mode::OnDemandAdvantage, run, month));
    }
    lines
}

fn joined(
    stream: Option<usize>,
    mode: Mode,
    run: Vec<Charge>,
    month: Option<Vec<Charge>>,
) -> impl Iterator<Item = Line> {
    run.into_iter().enumerate().map(move |(place, run)| {
        let month = month.as_ref().and_then(|month| month.get(place)).copied();
        Line { stream, consumer: None, mode: Some(mode), run, month }
    })
}

/// The sum of a month; `None` where there is none.
fn month(lines: &[Line]) -> Option<Money> {
    lines.iter().map(|line| line.month.map(|charge| charge.amount)).sum()
}
