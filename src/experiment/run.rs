//! One run: a scenario is played, and its outcome told.

use crate::engine::{self, ActorId, Agenda, Probe};
use crate::experiment::bill::{Meter, Used};
use crate::experiment::fingerprint::Recorder;
use crate::experiment::gather;
use crate::experiment::ledger;
use crate::experiment::metrics::Metrics;
use crate::experiment::outcome::{Ended, Outcome};
use crate::experiment::trace::Tracer;
use crate::model::aggregate;
use crate::model::observation::Observation;
use crate::model::plan::{Between, Plan, ProfilePlan, SourcePlan};
use crate::model::world::World;
use crate::scenario::Scenario;
use crate::time::{Instant, NS_PER_S, Span};

/// How a run is played.
pub struct Options<'a> {
    /// Stops earlier than the scenario's duration.
    pub until: Option<Instant>,
    /// Stops at the first step at whose end so many events are reached: put attempts and wakes.
    pub max_events: Option<u64>,
    /// Same scenario, other random numbers.
    pub replicate: u64,
    /// Whether the replicate's keys fall elsewhere too: as keys of other names would (D24).
    pub with_other_keys: bool,
    /// Whether to take a fingerprint, which costs time.
    pub fingerprint: bool,
    /// Whether to note what each lane does, which costs time and memory.
    pub trace: bool,
    /// Told from time to time how far the run is; may stop it.
    pub on_progress: &'a mut dyn FnMut(Progress) -> Continue,
}

impl<'a> Options<'a> {
    /// The whole run, as its seed has it.
    #[must_use]
    pub fn new(on_progress: &'a mut dyn FnMut(Progress) -> Continue) -> Self {
        Self {
            until: None,
            max_events: None,
            replicate: 0,
            with_other_keys: false,
            fingerprint: false,
            trace: false,
            on_progress,
        }
    }
}

/// How far a run is.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    /// Where virtual time stands.
    pub now: Instant,
    /// Where it will end.
    pub until: Instant,
    /// Wakes served so far.
    pub wakes: u64,
    /// Entries sent so far, retries included.
    pub attempts: u64,
}

/// Whether a run goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Continue {
    /// It goes on.
    Yes,
    /// It ends here.
    Stop,
}

/// Plays `scenario` to its end, or until it is stopped or reaches a limit.
///
/// # Panics
/// When the ledger does not balance: a bug of ours, told with what reproduces it.
#[must_use]
#[expect(clippy::needless_pass_by_value, reason = "options are made for one run")]
pub fn run(scenario: &Scenario, options: Options<'_>) -> Outcome {
    let plan = &scenario.plan;
    let end = Instant::ZERO + plan.duration;
    let end = options.until.map_or(end, |until| until.min(end));
    // Quanta end with the run, so that nothing is offered behind it.
    let ends = Plan { duration: end.since(Instant::ZERO), ..plan.clone() };
    let ends = if options.with_other_keys { ends.placed(options.replicate) } else { ends };
    let (mut world, agenda) = World::new(&ends, options.replicate, scenario.interval);
    scenario.alarms.iter().for_each(|alarm| world.be_looked_at(alarm.period));
    let metrics = Metrics::new(plan, scenario.interval, end);
    let metrics = metrics.watching(&scenario.alarms, plan, end);
    let max_events = options.max_events;
    let mut run = Run { world, agenda, wakes: 0, now: Instant::ZERO, end, max_events };
    let mut probes = (metrics, Meter::new(plan, &scenario.prices));
    let (mut fingerprint, mut trace) = (None, None);
    let ended = if options.fingerprint || options.trace {
        let listeners = (options.fingerprint, options.trace);
        let mut probes = (&mut probes, Listeners::new(listeners));
        let ended = run.play(plan, &mut probes, |probes| &mut probes.0.0, options.on_progress);
        let Listeners { recorder, tracer } = probes.1;
        fingerprint = recorder.map(|it| it.fingerprint(&run.world, &probes.0.0));
        trace = tracer.map(|it| it.finish(run.now));
        ended
    } else {
        run.play(plan, &mut probes, |probes| &mut probes.0, options.on_progress)
    };
    let (metrics, meter) = probes;
    let used = meter.used(plan, &metrics, run.now);
    if let Err(breach) = ledger::check(&run.world, &metrics) {
        panic!(
            "the ledger does not balance: {breach} (scenario {}, seed {}, replicate {}, at {} ns)",
            scenario.hash,
            plan.seed,
            options.replicate,
            run.now.as_ns()
        );
    }
    Outcome { fingerprint, trace, ..run.outcome(scenario, metrics, &used, ended) }
}

/// Who listens beside those who count, where somebody asks for it.
struct Listeners {
    recorder: Option<Recorder>,
    tracer: Option<Tracer>,
}

impl Listeners {
    fn new((fingerprint, trace): (bool, bool)) -> Self {
        Self { recorder: fingerprint.then(Recorder::default), tracer: trace.then(Tracer::default) }
    }
}

impl Probe<Observation> for Listeners {
    fn observe(&mut self, at: Instant, what: Observation) {
        if let Some(recorder) = &mut self.recorder {
            recorder.observe(at, what);
        }
        if let Some(tracer) = &mut self.tracer {
            tracer.observe(at, what);
        }
    }

    fn woken(&mut self, at: Instant, who: ActorId) {
        if let Some(recorder) = &mut self.recorder {
            recorder.woken(at, who);
        }
    }
}

struct Run {
    world: World,
    agenda: Agenda,
    wakes: u64,
    now: Instant,
    end: Instant,
    max_events: Option<u64>,
}

impl Run {
    /// Plays in steps, so that progress is told and limits are watched. Steps depend on the plan
    /// alone: how often anybody looks changes nothing.
    fn play<P: Probe<Observation>>(
        &mut self,
        plan: &Plan,
        probe: &mut P,
        metrics: impl Fn(&mut P) -> &mut Metrics,
        on_progress: &mut dyn FnMut(Progress) -> Continue,
    ) -> Ended {
        let step = step(plan);
        let mut ended = Ended::Completed;
        while self.now < self.end && ended == Ended::Completed {
            self.now = (self.now + step).min(self.end);
            self.wakes += engine::run(&mut self.world, &mut self.agenda, self.now, probe);
            let attempts = metrics(probe).written().attempts;
            let Self { now, end: until, wakes, .. } = *self;
            let answer = on_progress(Progress { now, until, wakes, attempts });
            if self.now == self.end {
                break;
            }
            if self.world.memory() > plan.memory_limit.0 {
                ended = Ended::MemoryLimit { limit: plan.memory_limit };
            } else if let Some(limit) = self.max_events.filter(|most| wakes + attempts >= *most) {
                ended = Ended::EventLimit { limit };
            } else if answer == Continue::Stop {
                ended = Ended::Interrupted;
            }
        }
        metrics(probe).finish(self.now);
        self.world.close(self.now, probe);
        ended
    }

    fn outcome(
        self,
        scenario: &Scenario,
        metrics: Metrics,
        used: &[Used],
        ended: Ended,
    ) -> Outcome {
        let plan = &scenario.plan;
        Outcome {
            ended,
            until: self.now,
            wakes: self.wakes,
            write: metrics.written(),
            write_judged: metrics.written_judged(),
            losses: gather::losses(plan, &metrics),
            producers: gather::producers(&self.world, plan, &metrics, self.now),
            streams: gather::streams(&self.world, plan, (&metrics, used), self.now),
            consumers: gather::consumers(&self.world, plan, &metrics),
            changes: metrics.changes.clone(),
            blocks: metrics.blocks(),
            interval: scenario.interval,
            write_latency: metrics.write_latency(),
            alarms: metrics.watch.outcomes(self.now),
            timeline: metrics.timeline,
            fingerprint: None,
            trace: None,
        }
    }
}

/// Steps of a run at least, and records a step holds at most, about.
const STEPS_MIN: u64 = 200;
const STEP_RECORDS_MAX: f64 = 1e6;

fn step(plan: &Plan) -> Span {
    let end = Instant::ZERO + plan.duration;
    let peak: f64 = plan
        .producers
        .iter()
        .map(|producer| match &producer.source {
            SourcePlan::Synthetic { rate, .. } => peak(rate, end),
            SourcePlan::Trace { rows, .. } => rows.len() as f64 / plan.duration.as_s(),
        })
        .sum();
    let by_records = STEP_RECORDS_MAX / peak.max(1e-9) * NS_PER_S as f64;
    let by_time = plan.duration.as_ns() / STEPS_MIN;
    if aggregate::has_quanta(plan) {
        // No quantum is cut by a step, nor any that may be played in a row.
        let second = aggregate::second(plan);
        let row = second.times(aggregate::IN_A_ROW.as_ns().div_ceil(second.as_ns()));
        return row.times(by_time.div_ceil(row.as_ns()).max(1));
    }
    Span::from_ns(by_time.min(by_records as u64).max(1))
}

/// Highest rate before `end` [records/s].
fn peak(rate: &ProfilePlan, end: Instant) -> f64 {
    let within = rate.points.iter().filter(|point| point.0 < end).map(|point| point.1);
    let across = rate.points.windows(2).find(|pair| pair[0].0 < end && pair[1].0 >= end);
    let at_end = across.filter(|_| rate.between == Between::Ramps).map_or(0.0, |pair| {
        let ((from, first), (to, last)) = (pair[0], pair[1]);
        first + (last - first) * (end.since(from).as_s() / to.since(from).as_s())
    });
    within.fold(at_end, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{self, Files};

    /// One file, whatever it is called.
    struct OneFile(&'static str);

    impl Files for OneFile {
        fn read(&self, _: &str) -> std::io::Result<Vec<u8>> {
            Ok(self.0.as_bytes().to_vec())
        }
    }

    fn loaded(text: &str, file: &'static str) -> Scenario {
        scenario::load("test", "test.toml", text, &[], &OneFile(file)).expect("it is sound")
    }

    fn played(text: &str, file: &'static str) -> Outcome {
        let on_progress = &mut |_: Progress| Continue::Yes;
        let options = Options::new(on_progress);
        run(&loaded(text, file), options)
    }

    const TWO_TRACES: &str = r#"
        scenario.duration = "10 s"
        stream.shard_count = 2
        [[producer]]
        trace = { file = "t.csv", time = "t", key = "k", size = "n" }
        [[producer]]
        trace = { file = "t.csv", time = "t", key = "k", size = "n" }
    "#;

    #[test]
    fn two_traces_that_begin_at_once_take_turns() {
        let outcome = played(TWO_TRACES, "t,k,n\n0,a,1\n0,b,1\n3,c,1\n");
        assert_eq!((outcome.write.offered_records, outcome.write.accepted_records), (6, 6));
    }

    #[test]
    fn explicit_hash_keys_move_the_records_of_a_trace() {
        let text = r#"
            scenario.duration = "10 s"
            model.write.rounding = "none"
            stream.shard_count = 2
            [[producer]]
            trace = { file = "t.csv", time = "t", key = "k", size = "n" }
            explicit_hash_key = "0"
        "#;
        let file = "t,k,n\n0,a,1\n0,bcd,1\n3,c,1\n";
        let outcome = played(text, file);
        let shards = &outcome.streams[0].shards;
        assert_eq!((shards[0].write.accepted_records, shards[1].write.accepted_records), (3, 0));
        // KDS-W04: the partition key is charged, the explicit one is not.
        assert_eq!(shards[0].write.accepted_bytes, 3 + 5);
        let random = played(&text.replace("\"0\"", "{ dist = \"random\" }"), file);
        assert_eq!((random.write.accepted_records, random.write.accepted_bytes), (3, 8));
    }

    /// One thread is busy for 3 s with the first record; every shard's turn comes while it is.
    /// Afterwards there is nothing to do, and all four are asked once a second.
    #[test]
    fn shards_that_waited_for_a_thread_are_all_asked_when_it_is_free() {
        let text = r#"
            scenario.duration = "60 s"
            stream.shard_count = 4
            [[producer]]
            trace = { file = "t.csv", time = "t", key = "k", size = "n" }
            [[reader]]
            threads = 1
            processing = { per_record = "3 s" }
        "#;
        let outcome = played(text, "t,k,n\n0,a,1\n");
        let reader = &outcome.consumers[0];
        assert_eq!(reader.ledger.delivered, 1);
        assert!(reader.calls >= 4 * 55, "{} calls", reader.calls);
    }

    #[test]
    fn a_rate_beyond_the_end_does_not_shorten_the_steps() {
        let text = |shape: &str| {
            format!(
                "scenario.duration = \"200 s\"\nscenario.resolution = \"exact\"\n\
                 stream.shard_count = 1\n[[producer]]\n\
                 record_size = \"1 B\"\nrate = {{ shape = \"{shape}\", points = \
                 [[\"0 s\", \"1/s\"], [\"2000 s\", \"1000M/s\"]] }}\n"
            )
        };
        assert_eq!(step(&loaded(&text("steps"), "").plan), Span::from_s(1));
        // A tenth of the way up the ramp: 100 M/s, so a million records in 10 ms.
        assert_eq!(step(&loaded(&text("ramp"), "").plan).as_s().to_string(), "0.009999999");
    }
}
