//! A metric alarm of CloudWatch: one datapoint a period in, changes of state out.
//!
//! It knows only numbers. What a datapoint measures, and when it can be seen, is for its owner.

use std::cmp::Ordering;
use std::collections::VecDeque;

/// A number as a fraction, so that means and shares are compared exactly: `part / whole`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ratio {
    /// What is divided.
    pub part: u64,
    /// By what; a zero counts as one.
    pub whole: u64,
}

impl Ratio {
    /// A whole number.
    #[must_use]
    pub const fn of(part: u64) -> Self {
        Self { part, whole: 1 }
    }

    /// As a float, for those who read it.
    #[must_use]
    pub fn as_f64(self) -> f64 {
        self.part as f64 / self.whole.max(1) as f64
    }

    /// How it compares with another, without rounding.
    #[must_use]
    pub fn order(self, other: Self) -> Ordering {
        let across = |part: u64, whole: u64| u128::from(part) * u128::from(whole.max(1));
        across(self.part, other.whole).cmp(&across(other.part, self.whole))
    }
}

/// `ComparisonOperator`: how a datapoint that breaches compares with the threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// It is the threshold or more.
    GreaterThanOrEqualToThreshold,
    /// It is more.
    GreaterThanThreshold,
    /// It is less.
    LessThanThreshold,
    /// It is the threshold or less.
    LessThanOrEqualToThreshold,
}

impl Operator {
    /// Every operator in AWS's spelling.
    pub const NAMES: &'static [(&'static str, Self)] = &[
        ("GreaterThanOrEqualToThreshold", Self::GreaterThanOrEqualToThreshold),
        ("GreaterThanThreshold", Self::GreaterThanThreshold),
        ("LessThanThreshold", Self::LessThanThreshold),
        ("LessThanOrEqualToThreshold", Self::LessThanOrEqualToThreshold),
    ];

    /// AWS's spelling.
    #[must_use]
    pub fn name(self) -> &'static str {
        let named = Self::NAMES.iter().find(|(_, operator)| *operator == self);
        named.map_or("", |(name, _)| name)
    }

    /// Whether `value` breaches `threshold`.
    #[must_use]
    pub fn breaches(self, value: Ratio, threshold: Ratio) -> bool {
        let order = value.order(threshold);
        match self {
            Self::GreaterThanOrEqualToThreshold => order.is_ge(),
            Self::GreaterThanThreshold => order.is_gt(),
            Self::LessThanThreshold => order.is_lt(),
            Self::LessThanOrEqualToThreshold => order.is_le(),
        }
    }

    /// Whether large values breach.
    #[must_use]
    pub fn is_upper(self) -> bool {
        matches!(self, Self::GreaterThanOrEqualToThreshold | Self::GreaterThanThreshold)
    }
}

/// `TreatMissingData`: what stands for a period without a datapoint (CWA-04).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MissingData {
    /// Nothing: without any datapoint the state is `INSUFFICIENT_DATA`.
    Missing,
    /// A datapoint that does not breach.
    NotBreaching,
    /// One that breaches.
    Breaching,
    /// Nothing: the state stays what it is.
    Ignore,
}

/// `StateValue`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// Too few datapoints breach.
    Ok,
    /// Enough do.
    Alarm,
    /// Nothing can be said; every alarm begins so.
    InsufficientData,
}

impl State {
    /// AWS's spelling.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Alarm => "ALARM",
            Self::InsufficientData => "INSUFFICIENT_DATA",
        }
    }
}

/// When an alarm is raised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// What datapoints are held against.
    pub threshold: Ratio,
    /// How one that breaches compares with it.
    pub operator: Operator,
    /// `EvaluationPeriods`: so many datapoints are looked at, the most recent there are (CWA-03).
    pub evaluation_periods: u32,
    /// `DatapointsToAlarm`: so many of them must breach, at least one.
    pub datapoints_to_alarm: u32,
    /// Periods in which they are looked for, at least as many as are looked at (CWA-05).
    pub range: u32,
    /// What stands for those that are not there.
    pub missing: MissingData,
}

/// A change of state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// The state before.
    pub from: State,
    /// The state since.
    pub to: State,
}

/// An alarm and the datapoints it remembers. Memory is taken when it is made, never later.
#[derive(Clone, Debug)]
pub struct Alarm {
    rule: Rule,
    state: State,
    /// The datapoints of the last `range` periods, oldest first; `None` where one is missing.
    seen: VecDeque<Option<Ratio>>,
}

impl Alarm {
    /// An alarm whose metric has not been reported before: `INSUFFICIENT_DATA`.
    #[must_use]
    pub fn new(rule: Rule) -> Self {
        let needed = rule.evaluation_periods.max(1);
        let rule = Rule { evaluation_periods: needed, range: rule.range.max(needed), ..rule };
        let range = rule.range as usize;
        let mut seen = VecDeque::with_capacity(range);
        seen.resize(range, None);
        Self { rule, state: State::InsufficientData, seen }
    }

    /// The state it is in.
    #[must_use]
    pub fn state(&self) -> State {
        self.state
    }

    /// Its rule.
    #[must_use]
    pub fn rule(&self) -> &Rule {
        &self.rule
    }

    /// Puts another threshold in force, as PutMetricAlarm does: the datapoints stay, the state is
    /// `INSUFFICIENT_DATA` until the next evaluation (SCL-18).
    pub fn set_threshold(&mut self, threshold: Ratio) {
        self.rule.threshold = threshold;
        self.state = State::InsufficientData;
    }

    /// Takes the datapoint of one more period, or learns that there is none, and evaluates.
    /// Answers the change of state, where there is one.
    pub fn next(&mut self, datapoint: Option<Ratio>) -> Option<Change> {
        self.seen.pop_front();
        self.seen.push_back(datapoint);
        let (from, to) = (self.state, self.evaluate());
        self.state = to;
        (from != to).then_some(Change { from, to })
    }

    /// The state that the datapoints in range make (CWA-03, CWA-04).
    fn evaluate(&self) -> State {
        let Rule { threshold, operator, evaluation_periods, datapoints_to_alarm, missing, .. } =
            self.rule;
        let needed = datapoints_to_alarm.max(1);
        // Datapoints that are there, the most recent first, those that breach, and the age in
        // periods of the oldest one that does.
        let (mut found, mut breaching, mut oldest) = (0, 0, 0);
        for (age, datapoint) in (1_u32..).zip(self.seen.iter().rev()) {
            let Some(value) = *datapoint else { continue };
            found += 1;
            if operator.breaches(value, threshold) {
                breaching += 1;
                oldest = age;
            }
            if found == evaluation_periods {
                break;
            }
        }
        let judged = |breaching: u32| if breaching >= needed { State::Alarm } else { State::Ok };
        let (lacking, only_breaches) = (evaluation_periods - found, found == breaching);
        match missing {
            _ if lacking == 0 => judged(breaching),
            MissingData::NotBreaching => judged(breaching),
            MissingData::Breaching => judged(breaching + lacking),
            _ if breaching >= needed => State::Alarm,
            // A datapoint that does not breach decides, however many are missing.
            _ if !only_breaches => State::Ok,
            MissingData::Ignore => self.state,
            // Whatever those that are missing may have been: it has gone on for long enough.
            MissingData::Missing if found > 0 && oldest >= needed => State::Alarm,
            MissingData::Missing => State::InsufficientData,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TREATMENTS: [MissingData; 4] = [
        MissingData::Missing,
        MissingData::Ignore,
        MissingData::Breaching,
        MissingData::NotBreaching,
    ];

    fn rule(needed: u32, of: u32, range: u32, missing: MissingData) -> Rule {
        Rule {
            threshold: Ratio::of(3),
            operator: Operator::GreaterThanThreshold,
            evaluation_periods: of,
            datapoints_to_alarm: needed,
            range,
            missing,
        }
    }

    /// `X` breaches, `0` does not, `-` is missing.
    fn datapoint(letter: char) -> Option<Ratio> {
        match letter {
            'X' => Some(Ratio::of(4)),
            '0' => Some(Ratio::of(3)),
            _ => None,
        }
    }

    /// What five datapoints make of an alarm that was in `state` before.
    fn evaluated(letters: &str, needed: u32, missing: MissingData, state: State) -> State {
        let mut alarm = Alarm::new(rule(needed, 3, 5, missing));
        let letters: Vec<char> = letters.chars().filter(|c| *c != ' ').collect();
        let (last, before) = letters.split_last().expect("five datapoints");
        for letter in before {
            alarm.next(datapoint(*letter));
        }
        alarm.state = state;
        alarm.next(datapoint(*last));
        alarm.state()
    }

    /// The worked examples of the CloudWatch User Guide, "Configuring how CloudWatch alarms treat
    /// missing data": five datapoints, the most recent last, then the state with missing,
    /// ignore, breaching and notBreaching; `=` keeps the state.
    const EXAMPLES: [(u32, &str, &str); 13] = [
        (3, "0 - X - X", "O O O O"),
        (3, "0 - - - -", "O O O O"),
        (3, "- - - - -", "I = A O"),
        (3, "0 X X - X", "A A A A"),
        (3, "- - X - -", "A = A O"),
        // Two rows of the guide of 2019.
        (3, "- - - - X", "I = A O"),
        (3, "X - - - -", "A = A O"),
        // Two of three.
        (2, "0 - X - X", "A A A A"),
        (2, "0 0 X 0 X", "A A A A"),
        (2, "0 - X - -", "O O A O"),
        (2, "- - - - 0", "O O A O"),
        (2, "- - - X -", "A = A O"),
        // Again of 2019.
        (2, "- - - - X", "I = A O"),
    ];

    #[test]
    fn the_documented_examples_come_out_as_documented() {
        for (needed, letters, expected) in EXAMPLES {
            let expected = expected.chars().filter(|c| *c != ' ');
            for (missing, letter) in TREATMENTS.into_iter().zip(expected) {
                for state in [State::Ok, State::Alarm, State::InsufficientData] {
                    let wanted = match letter {
                        'O' => State::Ok,
                        'A' => State::Alarm,
                        'I' => State::InsufficientData,
                        _ => state,
                    };
                    let found = evaluated(letters, needed, missing, state);
                    assert_eq!(found, wanted, "{needed} of 3, {letters}, {missing:?}, {state:?}");
                }
            }
        }
    }

    /// The User Guide's figure: three of three above 3. Raised by the third of periods three to
    /// five, over in period six; the one of period nine alone raises nothing.
    #[test]
    fn three_in_a_row_raise_it_and_one_lower_ends_it() {
        let mut alarm = Alarm::new(rule(3, 3, 5, MissingData::Missing));
        let values = [2, 3, 4, 5, 4, 3, 2, 3, 4, 2];
        let changes: Vec<_> = (1..)
            .zip(values)
            .filter_map(|(period, value)| Some((period, alarm.next(Some(Ratio::of(value)))?.to)))
            .collect();
        assert_eq!(changes, [(1, State::Ok), (5, State::Alarm), (6, State::Ok)]);
    }

    /// SCL-14 and SCL-15: five of five periods of 5 min are 25 min; 57 of 60 are 285 min.
    #[test]
    fn a_published_scaler_waits_as_long_as_it_says() {
        let up = Rule {
            threshold: Ratio { part: 3, whole: 4 },
            operator: Operator::GreaterThanOrEqualToThreshold,
            ..rule(5, 5, 7, MissingData::Ignore)
        };
        let down = Rule {
            threshold: Ratio { part: 1, whole: 4 },
            operator: Operator::LessThanThreshold,
            ..rule(57, 60, 62, MissingData::Ignore)
        };
        let periods = |rule: Rule, value: Ratio| {
            let mut alarm = Alarm::new(rule);
            (1..=100).find(|_| alarm.next(Some(value)).is_some_and(|it| it.to == State::Alarm))
        };
        let full = Ratio { part: 225_000_000, whole: 300_000_000 };
        assert_eq!(periods(up, full), Some(5));
        assert_eq!(periods(up, Ratio { part: 224_999_999, ..full }), None);
        // Three datapoints may be missing or too high.
        assert_eq!(periods(down, Ratio { part: 249, whole: 1_000 }), Some(57));
        assert_eq!(periods(down, Ratio { part: 250, whole: 1_000 }), None);
    }

    #[test]
    fn the_four_operators_differ_at_the_threshold() {
        use Operator::{
            GreaterThanOrEqualToThreshold as Ge, GreaterThanThreshold as Gt,
            LessThanOrEqualToThreshold as Le, LessThanThreshold as Lt,
        };
        // A third of a number that no float divides by three.
        let threshold = Ratio { part: u64::MAX, whole: 3 };
        let below = Ratio { part: u64::MAX / 3 - 1, whole: 1 };
        let same = Ratio { part: u64::MAX / 3, whole: 1 };
        let above = Ratio { part: u64::MAX, whole: 2 };
        for (operator, expected) in [
            (Ge, [false, true, true]),
            (Gt, [false, false, true]),
            (Le, [true, true, false]),
            (Lt, [true, false, false]),
        ] {
            let found = [below, same, above].map(|value| operator.breaches(value, threshold));
            assert_eq!(found, expected, "{operator:?}");
        }
        assert_eq!(Ratio { part: 5, whole: 0 }.order(Ratio::of(5)), Ordering::Equal);
    }

    #[test]
    fn another_threshold_is_held_against_the_same_datapoints() {
        let mut alarm = Alarm::new(rule(3, 3, 5, MissingData::Missing));
        for _ in 0..3 {
            alarm.next(Some(Ratio::of(3)));
        }
        assert_eq!(alarm.state(), State::Ok);
        alarm.set_threshold(Ratio::of(2));
        assert_eq!(
            (alarm.state(), alarm.rule().threshold),
            (State::InsufficientData, Ratio::of(2))
        );
        let change = Change { from: State::InsufficientData, to: State::Alarm };
        assert_eq!(alarm.next(Some(Ratio::of(3))), Some(change));
    }

    #[test]
    fn a_rule_of_nothing_is_one_of_one() {
        let mut alarm = Alarm::new(rule(0, 0, 0, MissingData::NotBreaching));
        assert_eq!(alarm.next(datapoint('0')).map(|it| it.to), Some(State::Ok));
        assert_eq!(alarm.next(datapoint('X')).map(|it| it.to), Some(State::Alarm));
        assert_eq!(alarm.next(None).map(|it| it.to), Some(State::Ok));
    }
}
