//! A stream's load against a capacity that changes.

use crate::experiment::outcome::{Outcome, StreamFlow, StreamOutcome, Writes};
use crate::report::chart::ages::capitalised;
use crate::report::chart::timeline::{
    event_marks, events_in_words, footer, highest, percent_of, span_s,
};
use crate::report::chart::{
    Body, Chart, Dash, Limit, Panel, Quantity, Role, Series, Step, of_each, text,
};
use crate::scenario::Scenario;
use crate::time::{Instant, Span};

/// A chart of each stream whose shards changed, and the names of their files.
pub(super) fn charts(scenario: &Scenario, outcome: &Outcome) -> Vec<(String, Chart)> {
    let changed = (0..outcome.streams.len()).filter(|&index| outcome.streams[index].changes());
    let most = changed.max_by_key(|&index| outcome.streams[index].write.attempts);
    of_each(outcome, "capacity", most, |index| chart(scenario, outcome, index))
}

fn chart(scenario: &Scenario, outcome: &Outcome, index: usize) -> Option<Chart> {
    let stream = outcome.streams.get(index).filter(|stream| stream.changes())?;
    let view = View::new(outcome, stream)?;
    let mut panels = vec![view.load()];
    if stream.write.throttled > 0 {
        panels.push(view.refused());
    }
    let title = view.finding();
    let marks = event_marks(scenario, outcome);
    Some(Chart {
        alt: format!("{title}{}", events_in_words(&marks)),
        title,
        subtitle: "Did capacity come when it was needed?".to_owned(),
        footer: footer(scenario, outcome),
        span_s: span_s(outcome),
        marks,
        body: Body::Panels(panels),
    })
}

/// A stream in the unit that comes nearer to its capacity.
struct View<'o> {
    outcome: &'o Outcome,
    stream: &'o StreamOutcome,
    in_bytes: bool,
}

impl<'o> View<'o> {
    fn new(outcome: &'o Outcome, stream: &'o StreamOutcome) -> Option<Self> {
        if stream.timeline.is_empty() || stream.write.offered_records == 0 {
            return None;
        }
        let (records, bytes) = (stream.write.offered_records, stream.write.offered_bytes);
        let limits = (stream.limit_records_per_s as f64, stream.limit_bytes_per_s as f64);
        let in_bytes =
            percent_of(0.0, bytes as f64, limits) > percent_of(records as f64, 0.0, limits);
        Some(Self { outcome, stream, in_bytes })
    }

    /// A step an interval; `value` is given the flow, when it began and ended (s).
    fn steps(&self, value: impl Fn(&StreamFlow, f64, f64) -> Option<f64>) -> Vec<Step> {
        let starts = self.outcome.timeline.iter().map(|flow| flow.start);
        let ends = starts.clone().skip(1).chain([self.outcome.until]);
        let flows = self.stream.timeline.iter().zip(starts.zip(ends));
        flows
            .filter(|(_, (start, end))| end > start)
            .map(|(flow, (start, end))| {
                let (from_s, to_s) = (start.as_s(), end.as_s());
                Step { from_s, to_s, value: value(flow, from_s, to_s) }
            })
            .collect()
    }

    fn per_s(&self, of: fn(&Writes) -> (u64, u64)) -> Vec<Step> {
        self.steps(|flow, from_s, to_s| {
            let (records, bytes) = of(&flow.write);
            Some((if self.in_bytes { bytes } else { records }) as f64 / (to_s - from_s))
        })
    }

    fn limit(&self) -> f64 {
        if self.in_bytes {
            self.stream.limit_bytes_per_s as f64
        } else {
            self.stream.limit_records_per_s as f64
        }
    }

    /// What all open shards take, from change to change.
    fn capacity(&self) -> Vec<Step> {
        let counts = self.stream.open_counts();
        let ends = counts.iter().skip(1).map(|it| it.0).chain([self.outcome.until]);
        let steps = counts.iter().zip(ends).filter(|((from, _), end)| end > from);
        let step = |((from, open), end): (&(Instant, usize), Instant)| Step {
            from_s: from.as_s(),
            to_s: end.as_s(),
            value: Some(*open as f64 * self.limit()),
        };
        steps.map(step).collect()
    }

    fn takers(&self) -> &'static str {
        if self.stream.direct { "its channels" } else { "the open shards" }
    }

    fn amount(&self, value: f64) -> String {
        if self.in_bytes { text::byte_rate(value) } else { format!("{}/s", text::number(value)) }
    }

    fn load(&self) -> Panel {
        let line =
            |label: &str, steps, role, dash| Series { label: label.to_owned(), steps, role, dash };
        let capacity = self.capacity();
        let last = capacity.last().and_then(|step| step.value).unwrap_or(0.0);
        let label = format!("capacity {}", self.amount(last));
        let (unit, quantity) = if self.in_bytes {
            ("Bytes/s", Quantity::BytesPerSecond)
        } else {
            ("Records/s", Quantity::RecordsPerSecond)
        };
        let takers = if self.stream.direct { "its channels" } else { "its open shards" };
        Panel {
            title: format!("{unit} of the stream against what {takers} take"),
            weight: 2.4,
            quantity,
            series: vec![
                line(
                    "accepted",
                    self.per_s(|w| (w.accepted_records, w.accepted_bytes)),
                    Role::Accepted,
                    Dash::Solid,
                ),
                line(
                    "offered",
                    self.per_s(|w| (w.offered_records, w.offered_bytes)),
                    Role::Offered,
                    Dash::Dotted,
                ),
            ],
            limits: vec![Limit { label, steps: capacity }],
            band: None,
            stacked: false,
            shades: Vec::new(),
        }
    }

    fn refused_steps(&self) -> Vec<Step> {
        self.steps(|flow, _, _| {
            let (refused, attempts) = (flow.write.throttled as f64, flow.write.attempts as f64);
            Some(if attempts > 0.0 { refused / attempts * 100.0 } else { 0.0 })
        })
    }

    fn refused(&self) -> Panel {
        Panel {
            title: "Refused attempts, % of all".to_owned(),
            weight: 1.0,
            quantity: Quantity::Percent,
            series: vec![Series {
                label: "throttled".to_owned(),
                steps: self.refused_steps(),
                role: Role::Throttled,
                dash: Dash::Solid,
            }],
            limits: Vec::new(),
            band: None,
            stacked: false,
            shades: Vec::new(),
        }
    }

    /// For how long more was offered than the shards took, or how near it came.
    fn finding(&self) -> String {
        let share = self.steps(|flow, from_s, to_s| {
            let moment = |at: f64| Instant::ZERO + Span::from_ns((at * 1e9) as u64);
            let open = self.stream.mean_open(moment(from_s), moment(to_s));
            let seconds = (to_s - from_s) * open;
            let limits = (
                self.stream.limit_records_per_s as f64 * seconds,
                self.stream.limit_bytes_per_s as f64 * seconds,
            );
            let (records, bytes) = (flow.write.offered_records, flow.write.offered_bytes);
            Some(percent_of(records as f64, bytes as f64, limits))
        });
        let over = share.iter().filter(|step| step.value.is_some_and(|share| share > 100.0));
        let over_s: f64 = over.map(|step| step.to_s - step.from_s).sum();
        let most = text::percent(highest(&share));
        let refused = self.refused_steps();
        let most_refused = highest(&refused);
        let refusals = if most_refused > 0.0 {
            format!("up to {} of attempts throttled", text::percent(most_refused))
        } else {
            "nothing throttled".to_owned()
        };
        let told = if over_s > 0.0 {
            let time = text::duration(over_s);
            format!(
                "for {time} more was offered than {} take, up to {most}; {refusals}",
                self.takers()
            )
        } else {
            let takers = self.takers();
            format!("offered came to {most} of what {takers} take at most; {refusals}")
        };
        capitalised(&told)
    }
}
