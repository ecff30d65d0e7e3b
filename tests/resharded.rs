//! What is told of calls for other shards, autoscalers and on-demand mode, in scenarios whose
//! answer can be counted out.

#[path = "support/play.rs"]
mod play;
#[path = "support/text.rs"]
mod text;

use kinesim::experiment::finding::{Evidence, Finding, Hidden, find, foresee};
use kinesim::experiment::forecast::Forecast;
use kinesim::experiment::objective::judge;
use kinesim::experiment::outcome::{Outcome, Refusal};
use kinesim::report::chart::{Body, Chart, Format, HeatMap, LineageFill, charts, render};
use kinesim::report::summary::{Style, Summary};
use kinesim::report::table;
use kinesim::scenario::Scenario;

use crate::play::play;
use crate::text::scenario;

fn before(text: &str) -> Vec<Evidence> {
    let plan = scenario(text).plan;
    foresee(&plan, &Forecast::new(&plan)).into_iter().map(|finding| finding.evidence).collect()
}

fn played(text: &str) -> (Scenario, Outcome, Vec<Finding>) {
    let scenario = scenario(text);
    let outcome = play(&scenario, None, false);
    let found = find(&scenario, &outcome);
    (scenario, outcome, found)
}

fn after(text: &str) -> Vec<Evidence> {
    played(text).2.into_iter().map(|finding| finding.evidence).collect()
}

fn screen(text: &str) -> String {
    let (scenario, outcome, found) = played(text);
    let verdicts = judge(&scenario, &outcome);
    let summary = Summary::new(&scenario, &outcome, &verdicts, &found);
    summary.screen(Style::FILE, "a.toml")
}

macro_rules! only {
    ($found:expr, $kind:ident) => {{
        let found = $found;
        let it = found.iter().find_map(|evidence| match evidence {
            Evidence::$kind(it) => Some(it.clone()),
            _ => None,
        });
        it.unwrap_or_else(|| panic!("{found:?}"))
    }};
}

fn has(found: &[Evidence], code: &str) -> bool {
    found.iter().any(|evidence| evidence.code() == code)
}

const QUIET: &str = "[[producer]]\nrate = \"400/s\"\nrecord_size = \"300 B\"\n";

/// Each update of four shards to five takes a minute or so; the eleventh of a day is one too many.
#[test]
fn calls_that_will_be_refused_are_known_before_the_run_and_after_it() {
    let mut text = format!(
        "[scenario]\nduration = \"30 h\"\ninterval = \"10 min\"\nresolution = \"1 s\"\n\
         [stream]\nshard_count = 4\n{}",
        QUIET.replace("400/s", "1/s")
    );
    let mut call = |at: &str, target: u32| {
        let call = format!(
            "[[action]]\nat = \"{at}\"\ncall = \"UpdateShardCount\"\n\
             target_shard_count = {target}\n"
        );
        text.push_str(&call);
    };
    for hour in 1..=11 {
        call(&format!("{hour} h"), if hour % 2 == 1 { 5 } else { 4 });
    }
    call("28 h", 9);
    call("29 h", 8);
    call("29 h 20 s", 7);
    for (found, played) in [(before(&text), false), (after(&text), true)] {
        let calls = only!(&found, RefusedCalls);
        assert_eq!((calls.refused(), calls.calls, calls.played), (3, 14, played));
        let told: Vec<_> = calls.groups.iter().map(|it| (it.refusal, it.first.as_s())).collect();
        let expected = [
            (Refusal::TooManyToday, 11.0 * 3_600.0),
            (Refusal::AboveDouble, 28.0 * 3_600.0),
            (Refusal::NotActive, 29.0 * 3_600.0 + 20.0),
        ];
        assert_eq!(told, expected);
        assert!(calls.groups[2].active > Some(calls.groups[2].first));
    }
}

#[test]
fn nothing_is_foreseen_of_a_stream_that_an_autoscaler_changes_too() {
    let text = format!(
        "[scenario]\nduration = \"10 min\"\n[stream]\nshard_count = 4\n{QUIET}\
         [[action]]\nat = \"1 min\"\ncall = \"UpdateShardCount\"\ntarget_shard_count = 20\n"
    );
    assert!(has(&before(&text), "K601"));
    let scaled =
        text + "[autoscaler]\nscale_up = { threshold = \"80 %\", after = \"1 min\", by = 1 }\n";
    assert!(!has(&before(&scaled), "K601"));
}

/// Four shards take 4,000/s. The load is 5,000/s from minute 10 to minute 25, then next to nothing.
fn steep(cool_off: &str) -> String {
    format!(
        "[scenario]\nduration = \"1 h\"\ninterval = \"1 min\"\nresolution = \"1 s\"\n\
         [stream]\nshard_count = 4\n[[producer]]\nrecord_size = \"300 B\"\n\
         rate = {{ shape = \"ramp\", points = [[\"0 s\", \"1k/s\"], [\"10 min\", \"1k/s\"], \
         [\"10 min 1 s\", \"5k/s\"], \
         [\"25 min\", \"5k/s\"], [\"25 min 1 s\", \"100/s\"]] }}\n[autoscaler]\n\
         scale_up = {{ threshold = \"60 %\", after = \"1 min\", by = \"100 %\", \
         cool_off = \"{cool_off}\" }}\n\
         scale_down = {{ threshold = \"25 %\", after = \"5 min\", by = \"50 %\", \
         cool_off = \"1 h\" }}\n"
    )
}

/// The first minute over is the eleventh, which CloudWatch shows at 12 min; a step takes 40 s, and
/// four shards are made eight in four steps, one after the other: until 14 min 10 s.
#[test]
fn shards_that_come_late_and_an_autoscaler_that_does_not_wait_are_told() {
    let found = after(&steep("0 s"));
    let late = only!(&found, TooLate);
    assert_eq!((late.over_from_s, late.asked_s, late.first_open_s), (600.0, 720.0, 760.0));
    assert_eq!((late.open, late.all_open_s), (4, Some(850.0)));
    assert!(late.refused > 100_000, "{late:?}");
    let overshoot = only!(&found, Overshoot);
    let first = overshoot.first_early.expect("it looks every minute");
    assert_eq!((first.at_s, first.target, first.again_s), (720.0, 8, 780.0));
    assert_eq!(overshoot.ended_s, Some(850.0));
    assert!(overshoot.first_reversal.is_some(), "the load ends within the hour: {overshoot:?}");
    let refused = only!(&found, RefusedCalls);
    assert_eq!(refused.groups[0].refusal, Refusal::NotActive);
    // One that waits does not.
    let patient = only!(&after(&steep("10 min")), Overshoot);
    assert_eq!((patient.early, patient.reversals), (0, 1));
}

/// 3,000/s of 1,030 B are 3 MiB/s of 4; charged are 2 KiB each, so that 2,048 fit, at 52 %.
#[test]
fn an_autoscaler_that_counts_bytes_is_blind_to_their_rounding() {
    let text = "[scenario]\nduration = \"20 min\"\ninterval = \"1 min\"\nresolution = \"1 s\"\n\
        [stream]\nshard_count = 4\n[[producer]]\nrate = \"3k/s\"\nrecord_size = \"1030 B\"\n\
        api = \"PutRecord\"\n[autoscaler]\n\
        scale_up = { threshold = \"80 %\", after = \"5 min\", by = \"100 %\" }\n";
    let seen = only!(&after(text), Unseen);
    assert_eq!((seen.blind_s, seen.why, seen.threshold), (1_200.0, Hidden::Rounding, 0.8));
    assert!(seen.highest > 0.5 && seen.highest < 0.55, "{seen:?}");
}

/// On-demand mode begins with four shards; six times as much at once is more than they take.
#[test]
fn growth_that_on_demand_mode_does_not_absorb_is_told_with_its_minutes() {
    let text = "[scenario]\nduration = \"30 min\"\ninterval = \"1 min\"\nresolution = \"1 s\"\n\
        [stream]\nstream_mode = \"ON_DEMAND\"\n[[producer]]\nrecord_size = \"300 B\"\n\
        rate = { shape = \"ramp\", points = [[\"0 s\", \"1k/s\"], [\"10 min\", \"1k/s\"], \
        [\"10 min 1 s\", \"6k/s\"]] }\n";
    let (_, outcome, found) = played(text);
    let found: Vec<Evidence> = found.into_iter().map(|finding| finding.evidence).collect();
    let it = only!(&found, Unabsorbed);
    assert_eq!((it.from_s, it.by_bytes, it.key_alone.clone()), (600.0, false, None));
    assert!((it.offered_per_s / it.before_per_s.expect("ten minutes") / 6.0 - 1.0).abs() < 0.03);
    assert!(it.until_s < 600.0 + 960.0, "doubled within a quarter of an hour: {it:?}");
    // K604 says what K108 would.
    assert!(!has(&found, "K108") && !has(&found, "K203"));
    assert!(outcome.streams[0].changes());
    let screen = screen(text);
    assert!(screen.contains(" shards ON_DEMAND, "), "{screen}");
    assert!(!screen.contains("shard_count"), "{screen}");
}

/// One key is 1,500/s of 2,500, on any shard that has it. Its shard is hot, whatever becomes of it,
/// and the others are not counted when they are closed.
#[test]
fn a_hot_shard_among_shards_that_come_and_go_is_judged_while_it_is_open() {
    let text = "[scenario]\nduration = \"10 min\"\ninterval = \"10 s\"\nresolution = \"1 s\"\n\
        [stream]\nshard_count = 4\n[[producer]]\nrate = \"1k/s\"\nrecord_size = \"100 B\"\n\
        [[producer]]\nname = \"one\"\nrate = \"1500/s\"\nrecord_size = \"100 B\"\n\
        partition_key = \"one-key\"\n[[action]]\nat = \"1 min\"\ncall = \"UpdateShardCount\"\n\
        target_shard_count = 8\n";
    let (_, outcome, found) = played(text);
    let found: Vec<Evidence> = found.into_iter().map(|finding| finding.evidence).collect();
    let hot = only!(&found, HotShards);
    assert_eq!((hot.shards.len(), hot.shard_count, hot.others_count), (1, 8, 7));
    assert!((hot.even_share - 0.125).abs() < 1e-9, "{hot:?}");
    // Of 2,500/s: 1,500 and an eighth of 1,000.
    assert!((hot.shards[0].share - 0.65).abs() < 0.02, "{hot:?}");
    let (least, _) = hot.others.expect("seven");
    assert!(least > 0.1, "an eighth of 1,000/s each: {hot:?}");
    assert_eq!(hot.key_alone.as_ref().map(|key| key.key.as_str()), Some("one-key"));
    let stream = &outcome.streams[0];
    let shard = stream.shards.iter().find(|shard| shard.id == hot.shards[0].id).expect("it is");
    assert!(shard.closed.is_none() && hot.from_s.is_some_and(|from| from >= shard.opened.as_s()));
    let screen = screen(text);
    assert!(screen.contains("4 to 8 shards, us-east-1"), "{screen}");
    assert!(!screen.contains("NaN") && !screen.contains("inf"), "{screen}");
}

/// Four shards become eight between 1 min 40 s and 3 min 10 s; a second call is refused.
fn doubled() -> (Scenario, Outcome, Vec<Finding>) {
    played(
        "[scenario]\nduration = \"6 min\"\ninterval = \"10 s\"\nresolution = \"1 s\"\n\
         [stream]\nshard_count = 4\n[[producer]]\nrate = \"5k/s\"\nrecord_size = \"300 B\"\n\
         [[action]]\nat = \"1 min\"\ncall = \"UpdateShardCount\"\ntarget_shard_count = 8\n\
         [[action]]\nat = \"70 s\"\ncall = \"SplitShard\"\nshard_to_split = 3\n",
    )
}

fn chart_of(scenario: &Scenario, outcome: &Outcome, stem: &str) -> Option<Chart> {
    let named = charts(scenario, outcome).into_iter();
    named.into_iter().find(|named| named.file_stem == stem).map(|named| named.chart)
}

#[test]
fn the_lineage_of_shards_is_drawn_with_its_calls() {
    let (scenario, outcome, _) = doubled();
    let chart = chart_of(&scenario, &outcome, "reshard-lineage").expect("shards changed");
    let title = "4 shards became 8: 2 calls, 1 of them refused; it took 2 min 10 s";
    assert_eq!(chart.title, title);
    let Body::Lineage(lineage) = &chart.body else { panic!("a lineage") };
    assert_eq!((lineage.bars.len(), lineage.links.len()), (12, 8));
    assert_eq!(lineage.calls, [(60.0, false), (70.0, true)]);
    let first = &lineage.bars[0];
    assert_eq!((first.span_s, first.label.as_str()), ((0.0, 100.0), "0"));
    assert_eq!(first.fill, LineageFill::Shard { over: true }, "1,250 of 1,000/s");
    assert_eq!(lineage.bars[4].span_s, (100.0, 360.0));
    // The first is a quarter of the keys, its first child the lower half of them.
    assert!((first.keys.1 - 0.25).abs() < 1e-12);
    assert!((lineage.bars[4].keys.1 - 0.125).abs() < 1e-12);
    assert_eq!(lineage.links[0], (100.0, 0.125, 0.0625));
    for format in [Format::Svg, Format::Png] {
        assert!(render(&chart, format).len() > 3_000);
    }
}

#[test]
fn capacity_is_a_step_line_that_follows_the_shards() {
    let (scenario, outcome, _) = doubled();
    let chart = chart_of(&scenario, &outcome, "capacity").expect("shards changed");
    let Body::Panels(panels) = &chart.body else { panic!("panels") };
    let steps = panels[0].limits[0].steps.iter();
    let told: Vec<_> = steps.map(|step| (step.from_s, step.value.unwrap_or(0.0))).collect();
    let expected = [(0.0, 4e3), (100.0, 5e3), (130.0, 6e3), (160.0, 7e3), (190.0, 8e3)];
    assert_eq!(told, expected);
    assert!(chart.title.contains("more was offered than the open shards take"), "{}", chart.title);
}

#[test]
fn heat_maps_are_blank_where_a_shard_is_not_open() {
    let (scenario, outcome, _) = doubled();
    for stem in ["shard-heatmap", "throttled-heatmap"] {
        let chart = chart_of(&scenario, &outcome, stem).expect("written, and refused");
        let Body::HeatMap(HeatMap { rows, .. }) = &chart.body else { panic!("a heat map") };
        let closed = |row: usize, at: usize| rows[row].cells[at].closed;
        // Cells of 10 s: shard 0 until 100 s, shard 4 from then on.
        assert!(!closed(0, 9) && closed(0, 10) && closed(4, 9) && !closed(4, 10), "{stem}");
        assert!(rows.iter().flat_map(|row| &row.cells).all(|cell| cell.mean.is_finite()));
    }
}

#[test]
fn nothing_of_all_that_is_written_where_no_shard_changes() {
    let text = format!("[scenario]\nduration = \"1 min\"\n[stream]\nshard_count = 4\n{QUIET}");
    let (scenario, outcome, _) = played(&text);
    for stem in ["reshard-lineage", "capacity"] {
        assert!(chart_of(&scenario, &outcome, stem).is_none(), "{stem}");
    }
    assert!(!table::lineage::is_told(&outcome));
}

/// Sixty shards become a hundred and twenty: more than can be told apart.
#[test]
fn many_shards_are_counted_by_slices_of_their_keys() {
    let (scenario, outcome, _) = played(
        "[scenario]\nduration = \"5 min\"\ninterval = \"10 s\"\nresolution = \"1 s\"\n\
         [stream]\nshard_count = 64\n[[producer]]\nrate = \"1k/s\"\nrecord_size = \"300 B\"\n\
         [[action]]\nat = \"1 min\"\ncall = \"UpdateShardCount\"\ntarget_shard_count = 128\n",
    );
    let chart = chart_of(&scenario, &outcome, "reshard-lineage").expect("shards changed");
    let Body::Lineage(lineage) = &chart.body else { panic!("a lineage") };
    assert_eq!(lineage.most, Some(2));
    // A slice is a shard at first, and two later.
    let fills: Vec<_> = lineage.bars.iter().take(2).map(|bar| bar.fill).collect();
    assert_eq!(fills, [LineageFill::Group(1), LineageFill::Group(2)]);
    assert_eq!(lineage.bars.len(), 128);
    assert!(lineage.links.is_empty());
}
