//! Chances and swings of scenarios whose answer is known beforehand.

#![expect(clippy::unwrap_used, reason = "a test reports what is missing by failing")]

use kinesim::experiment::run::Continue;
use kinesim::experiment::study::uncertain::{
    Limits, Play, Played, Point, Source, draws, play, tornado, unknowns,
};
use kinesim::experiment::study::{Row, measures};
use kinesim::scenario::Files;

struct NoFiles;

impl Files for NoFiles {
    fn read(&self, _: &str) -> std::io::Result<Vec<u8>> {
        Err(std::io::ErrorKind::NotFound.into())
    }
}

/// Records come evenly, so that what is offered is the rate.
const TEXT: &str = "[scenario]\nduration = \"2 s\"\n[stream]\nshard_count = 3\n[[producer]]\n\
    name = \"web\"\nrate = { constant = { uncertain = [\"500/s\", \"1.5k/s\"] }, \
    arrivals = \"even\" }\nrecord_size = { uncertain = [\"100 B\", \"200 B\"] }\n\
    [slo]\nwrite.offered = \"<= 1k/s\"\n";

fn source(text: &str) -> Source<'_> {
    Source { name: "test", label: "test.toml", text, overrides: &[], files: &NoFiles }
}

fn played(threads: usize, text: &str, plays: &[Play]) -> Vec<Played> {
    let source = source(text);
    let centre = source.load(&Point::default()).unwrap();
    let measures = measures(&centre);
    let on_progress = |_| Continue::Yes;
    let all =
        play(Some(threads), &source, &measures, plays, Limits::default(), &on_progress).unwrap();
    all.into_iter().map(Result::unwrap).collect()
}

#[test]
fn half_of_a_range_below_the_bound_is_met_in_half_of_the_draws() {
    let centre = source(TEXT).load(&Point::default()).unwrap();
    let plays = draws(&centre, 20, 1);
    let one = played(1, TEXT, &plays);
    // One draw in each twentieth of 500 to 1,500: ten are below 1,000, whatever chance does.
    assert_eq!(one.iter().filter(|it| it.row.is_met()).count(), 10);
    assert_eq!(one, played(2, TEXT, &plays));
    // Another seed draws other values, and still ten.
    let other = TEXT.replace("[scenario]", "[scenario]\nseed = 2");
    let centre = source(&other).load(&Point::default()).unwrap();
    let other = played(2, &other, &draws(&centre, 20, 1));
    assert_eq!(other.iter().filter(|it| it.row.is_met()).count(), 10);
    assert_ne!(one[0].inputs, other[0].inputs);
}

#[test]
fn each_end_is_played_with_the_others_in_the_middle() {
    let source = source(TEXT);
    let centre = source.load(&Point::default()).unwrap();
    let (unknowns, left_out) = unknowns(&source, &centre).unwrap();
    let paths: Vec<&str> = unknowns.iter().map(|it| it.path.as_str()).collect();
    assert_eq!(paths[..2], ["producer.web.rate.constant", "producer.web.record_size"]);
    let enforcer = unknowns.iter().find(|it| it.path == "model.write.enforcer").unwrap();
    assert_eq!(enforcer.fact, Some("KDS-W30"));
    let tried: Vec<&str> = enforcer.tried.iter().map(|it| it.value.as_str()).collect();
    assert_eq!(tried, ["fixed-window", "tank"]);
    // Nothing assumed is forgotten: it is tried, or it is said why not.
    for id in &centre.assumptions {
        let is_tried = unknowns.iter().any(|it| it.fact == Some(id));
        assert!(is_tried || left_out.iter().any(|it| it.fact == *id), "{id}");
    }
    let play = |point: &Point| Play { point: point.clone(), replicate: 0 };
    let row = |point: &Point| -> Vec<Row> {
        played(2, TEXT, &[play(point)]).into_iter().map(|it| it.row).collect()
    };
    let middle = row(&Point::default());
    let rows: Vec<Vec<Vec<Row>>> = unknowns
        .iter()
        .map(|it| it.tried.iter().map(|tried| row(&tried.point)).collect())
        .collect();
    let bars = tornado(&unknowns, &rows, &middle, 0);
    assert_eq!(bars[0].unknown.path, "producer.web.rate.constant");
    assert_eq!(bars[0].values, [Some(500.0), Some(1_500.0)]);
    assert_eq!((bars[0].swing, bars[0].decides), (Some(1_000.0), true));
    // What is offered hangs on nothing else.
    assert!(bars[1..].iter().all(|it| it.swing == Some(0.0) && !it.decides));
}

#[test]
fn an_end_that_makes_no_scenario_is_an_error_at_its_place() {
    let text = TEXT.replace("shard_count = 3", "shard_count = { uncertain = [0, 4] }");
    let source = source(&text);
    let centre = source.load(&Point::default()).unwrap();
    let problems = unknowns(&source, &centre).unwrap_err().render(false);
    assert!(problems.contains("`shard_count` must be between 1 and 20,000"), "{problems}");
    assert!(problems.contains("the value taken of the uncertain one is 0"), "{problems}");
}
