//! `scenario.resolution`: how finely writing is played, and what `"auto"` makes of it.

use std::ops::RangeInclusive;

use super::Context;
use crate::model::aggregate;
use crate::model::plan::{Plan, Resolution};
use crate::model::profile;
use crate::quantity::rough_count;
use crate::scenario::file::Grain;
use crate::scenario::problem::{Code, Path, Problem};
use crate::scenario::resolved::{Origin, quoted, span};
use crate::scenario::unfit::because;
use crate::time::{Instant, Span};

/// Expected records up to which `"auto"` plays each: some seconds of work.
const EXACT_MAX: u64 = 50_000_000;

/// Quanta that are played (D21).
const QUANTA: RangeInclusive<Span> = Span::from_ms(1)..=MINUTE;
const MINUTE: Span = Span::from_s(60);

/// Lengths of runs and the quantum `"auto"` takes up to each. A shard's limits refill within a
/// second, so short quanta are closer to the truth; what a run costs grows with their number. Up
/// to six hours these make about 200,000 of them. Longer runs get the longest quantum there is.
const CHOICE: [(Span, Span); 2] =
    [(Span::from_s(3_600), Span::from_ms(20)), (Span::from_s(6 * 3_600), Span::from_ms(100))];
const LONG: Span = Span::from_s(1);

/// What the scenario asks for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked {
    grain: Grain,
    /// Where the resolved text can say what became of it.
    place: usize,
}

impl Asked {
    /// Before anything was read.
    pub(super) const NOTHING: Self = Self { grain: Grain::Auto, place: 0 };
}

/// Whether quanta of this length are played: above a second they divide a minute.
pub(super) fn is_played(quantum: Span) -> bool {
    QUANTA.contains(&quantum) && (quantum <= LONG || MINUTE.as_ns().is_multiple_of(quantum.as_ns()))
}

/// Notes what is asked for; [`choose`] answers once the whole plan is known.
pub(super) fn ask(given: Option<Grain>, path: &Path, cx: &mut Context<'_>) {
    let default = (Grain::Auto, Origin::Default);
    let grain = cx.resolved.pick("resolution", given, default, |v| quoted(&v.to_string()));
    cx.resolution = Asked { grain, place: cx.resolved.place() };
    let Grain::Quantum(quantum) = grain else { return };
    let path = path.key("resolution");
    if quantum < *QUANTA.start() {
        let message = "`resolution` must be at least 1 ms";
        let problem = Problem::new(Code::OutOfRange, &path, message);
        cx.problem(problem.help("write \"1 ms\" or more, or \"exact\" for record by record"));
    } else if quantum > *QUANTA.end() {
        let message = "`resolution` must be at most 1 min";
        let problem = Problem::new(Code::OutOfRange, &path, message)
            .note("CloudWatch has a datapoint a minute, and autoscalers look at those");
        cx.problem(problem.help("write \"1 min\" or less, or \"auto\""));
    } else if !is_played(quantum) {
        let message = "a `resolution` above 1 s must divide a minute";
        let problem = Problem::new(Code::OutOfRange, &path, message);
        let help = "write \"2 s\", \"5 s\", \"10 s\", \"30 s\" or \"1 min\"";
        cx.problem(problem.help(help));
    }
}

/// Puts the resolution into the plan and says in the resolved text what `"auto"` chose. The records
/// that are expected, where it chose quanta because of them.
pub(super) fn choose(plan: &mut Plan, cx: &mut Context<'_>) -> Option<u64> {
    let Asked { grain, place } = cx.resolution;
    plan.resolution = match grain {
        Grain::Exact => Resolution::Exact,
        Grain::Quantum(quantum) => Resolution::Quantum(quantum),
        Grain::Auto => {
            let records = profile::offered(plan, Instant::ZERO + plan.duration).round() as u64;
            return auto(records, plan, place, cx);
        }
    };
    None
}

fn auto(records: u64, plan: &mut Plan, place: usize, cx: &mut Context<'_>) -> Option<u64> {
    let about = rough_count(records);
    if records <= EXACT_MAX {
        plan.resolution = Resolution::Exact;
        let text = format!("resolution: about {about} records are played one by one");
        cx.resolved.comment_at(place, &text);
        return None;
    }
    let quantum = quantum_for(plan.duration);
    plan.resolution = Resolution::Quantum(quantum);
    let unfit = |stream| aggregate::quantum(plan, stream).err();
    let unfit = (0..plan.streams.len()).find_map(unfit).filter(|_| !aggregate::has_quanta(plan));
    if let Some(unfit) = unfit {
        let because = because(plan, &unfit);
        let text = format!("resolution: about {about} records are played one by one: {because}");
        plan.resolution = Resolution::Exact;
        cx.resolved.comment_at(place, &text);
        return None;
    }
    let (most, quantum) = (rough_count(EXACT_MAX), span(quantum));
    let text = format!(
        "resolution: about {about} records, more than {most}, are played in quanta of {quantum}"
    );
    cx.resolved.comment_at(place, &text);
    Some(records)
}

/// The quantum for a run of many records that is so long.
fn quantum_for(duration: Span) -> Span {
    CHOICE.iter().find(|(most, _)| duration <= *most).map_or(LONG, |(_, quantum)| *quantum)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{Files, Scenario, load};

    struct NoFiles;

    impl Files for NoFiles {
        fn read(&self, _: &str) -> std::io::Result<Vec<u8>> {
            Err(std::io::ErrorKind::NotFound.into())
        }
    }

    fn loaded(resolution: &str, duration: &str, rate: &str) -> Scenario {
        let text = format!(
            "[scenario]\nduration = \"{duration}\"\n{resolution}\n[stream]\nshard_count = 1\n\
             [[producer]]\nrate = \"{rate}\"\nrecord_size = \"1 B\"\n"
        );
        load("test", "test.toml", &text, &[], &NoFiles).expect("it is sound")
    }

    #[test]
    fn auto_plays_each_record_up_to_fifty_million() {
        let at_most = loaded("", "1000 s", "50k/s");
        assert_eq!((at_most.plan.resolution, at_most.chosen_for), (Resolution::Exact, None));
        assert!(at_most.resolved.contains("# resolution: about 50 million records are played one"));
        let more = loaded("", "1000 s", "50001/s");
        let chosen = (Resolution::Quantum(Span::from_ms(20)), Some(50_001_000));
        assert_eq!((more.plan.resolution, more.chosen_for), chosen);
    }

    #[test]
    fn the_quantum_follows_from_the_length_of_the_run() {
        let ms = |duration: &str| match loaded("", duration, "1000k/s").plan.resolution {
            Resolution::Exact => 0,
            Resolution::Quantum(quantum) => quantum.as_ns() / 1_000_000,
        };
        let cases = [("50 s", 0), ("1 h", 20), ("1 h 1 s", 100), ("6 h", 100), ("6 h 1 s", 1_000)];
        for (duration, quantum) in cases.into_iter().chain([("10 d", 1_000)]) {
            assert_eq!(ms(duration), quantum, "{duration}");
        }
        let text = loaded("", "1 d", "10k/s").resolved;
        let line = "\n# resolution: about 864 million records, more than 50 million, are played in \
                    quanta of \"1 s\"\n";
        let (before, _) = text.split_once(line).expect(&text);
        assert!(before.ends_with("# default"), "{text}");
        assert!(before.lines().last().is_some_and(|it| it.starts_with("resolution = \"auto\"")));
    }

    #[test]
    fn auto_plays_each_record_where_no_stream_can_be_played_in_quanta() {
        let web = "resolution = \"auto\"";
        let text = |buffer: &str, more: &str| {
            format!(
                "[scenario]\nduration = \"1 d\"\n{web}\n[[stream]]\nname = \"a\"\n\
                 shard_count = 1\n[[stream]]\nname = \"b\"\nshard_count = 1\n[[producer]]\n\
                 rate = \"10k/s\"\nstream = \"a\"\nrecord_size = \"1 B\"\n{buffer}\n{more}"
            )
        };
        let load =
            |text: &str| load("test", "test.toml", text, &[], &NoFiles).expect("it is sound");
        let full = load(&text("buffer = 1000", ""));
        assert_eq!((full.plan.resolution, full.chosen_for), (Resolution::Exact, None));
        let line = "\n# resolution: about 864 million records are played one by one: producer \
                    producer has a buffer\n";
        assert!(full.resolved.contains(line), "{}", full.resolved);
        let other = "[[producer]]\nrate = \"1/s\"\nstream = \"b\"\nrecord_size = \"1 B\"\n";
        let mixed = load(&text("buffer = 1000", other));
        assert_eq!(mixed.plan.resolution, Resolution::Quantum(Span::from_s(1)));
    }

    #[test]
    fn what_is_asked_for_is_done_whatever_the_number() {
        let exact = loaded("resolution = \"exact\"", "1 d", "10k/s");
        assert_eq!((exact.plan.resolution, exact.chosen_for), (Resolution::Exact, None));
        for (text, ms) in [("1 ms", 1), ("300 ms", 300), ("1 s", 1_000)] {
            let asked = loaded(&format!("resolution = \"{text}\""), "1 s", "1/s");
            let quantum = Resolution::Quantum(Span::from_ms(ms));
            assert_eq!((asked.plan.resolution, asked.chosen_for), (quantum, None));
            assert!(!asked.resolved.contains("# resolution:"), "{}", asked.resolved);
        }
    }
}
