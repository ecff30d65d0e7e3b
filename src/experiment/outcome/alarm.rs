//! What became of the alarms of a run.

use crate::model::alarm::{Ratio, State};
use crate::time::{Instant, Span};

/// One alarm over the whole run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlarmOutcome {
    /// Its name.
    pub name: String,
    /// Length of a period.
    pub period: Span,
    /// From a period's end until its datapoint is evaluated.
    pub delay: Span,
    /// Where the run ended: what is evaluated later is not known.
    pub until: Instant,
    /// Every whole period of the run, from its beginning.
    pub points: Vec<AlarmPoint>,
}

/// What one period came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AlarmPoint {
    /// Its datapoint in the unit of the metric; `None` where it is missing.
    pub value: Option<Ratio>,
    /// The alarm's state once it was evaluated.
    pub state: State,
}

/// A change of an alarm's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AlarmChange {
    /// When.
    pub at: Instant,
    /// The state before.
    pub from: State,
    /// The state since.
    pub to: State,
    /// The datapoint that was evaluated then.
    pub value: Option<Ratio>,
}

impl AlarmOutcome {
    /// When period number `index` begins.
    #[must_use]
    pub fn start(&self, index: usize) -> Instant {
        Instant::ZERO + self.period.times(index as u64)
    }

    /// When its datapoint is evaluated; `None` where that is after the run's end.
    #[must_use]
    pub fn evaluated(&self, index: usize) -> Option<Instant> {
        let at = self.start(index + 1) + self.delay;
        (at <= self.until).then_some(at)
    }

    /// All changes of state within the run, in order of time.
    pub fn changes(&self) -> impl Iterator<Item = AlarmChange> + '_ {
        let states = self.points.iter().map(|point| point.state);
        let before = std::iter::once(State::InsufficientData).chain(states);
        let points = self.points.iter().zip(before).enumerate();
        points.filter_map(|(index, (point, from))| {
            let AlarmPoint { value, state: to } = *point;
            let at = self.evaluated(index).filter(|_| from != to)?;
            Some(AlarmChange { at, from, to, value })
        })
    }

    /// When it is raised, from `from` on.
    pub fn raised(&self, from: Instant) -> impl Iterator<Item = Instant> + '_ {
        let changes = self.changes().filter(move |it| it.to == State::Alarm && it.at >= from);
        changes.map(|it| it.at)
    }

    /// The stretches of the run in which it is raised.
    #[must_use]
    pub fn stretches(&self) -> Vec<(Instant, Instant)> {
        let mut found: Vec<(Instant, Instant)> = Vec::new();
        for change in self.changes() {
            match (change.from, change.to) {
                (_, State::Alarm) => found.push((change.at, self.until)),
                (State::Alarm, _) => {
                    if let Some(last) = found.last_mut() {
                        last.1 = change.at;
                    }
                }
                _ => {}
            }
        }
        found
    }

    /// How long it is raised from `from` on, all together.
    #[must_use]
    pub fn time_in_alarm(&self, from: Instant) -> Span {
        let lasted = |(begins, ends): &(Instant, Instant)| ends.since((*begins).max(from));
        self.stretches().iter().filter(|it| it.1 > from).map(lasted).fold(Span::ZERO, |a, b| a + b)
    }

    /// The state it is in when the run ends.
    #[must_use]
    pub fn state_at_end(&self) -> State {
        self.changes().last().map_or(State::InsufficientData, |change| change.to)
    }
}
