//! Sweeps made up by hand: what is told of them follows by looking.

use expect_test::{expect, expect_file};

use super::*;
use crate::experiment::study::measure::{self, Measure};
use crate::experiment::study::sweep::{Kept, Run};
use crate::experiment::study::uncertain::Point;
use crate::report::summary::Style;
use crate::scenario::{self, Files};

struct NoFiles;

impl Files for NoFiles {
    fn read(&self, _: &str) -> std::io::Result<Vec<u8>> {
        Err(std::io::ErrorKind::NotFound.into())
    }
}

/// Refusals, lag and cost of the function `f`.
fn measures() -> Vec<Measure> {
    let text = "[stream]\nshard_count = 1\n[[producer]]\nrate = \"1/s\"\nrecord_size = \"1 KiB\"\n\
        [[lambda]]\nname = \"f\"\ninvocation_duration = { fixed = \"1 ms\" }\n[slo]\n\
        write.throttled = \"<= 0.1 %\"\nlambda.f.iterator_age.p99 = \"<= 5 s\"\n";
    let scenario = scenario::load("t", "t.toml", text, &[], &NoFiles).expect("sound");
    let wanted = ["write.throttled", "lambda.f.iterator_age.p99", "cost.month"];
    let all = measure::measures(&scenario);
    wanted
        .iter()
        .map(|path| all.iter().find(|it| it.path == *path).expect("usual").clone())
        .collect()
}

fn kept(point: usize, numbers: [f64; 3], met: [bool; 2], limit: Option<Limit>) -> Done {
    let row = Row {
        replicate: 0,
        is_partial: limit.is_some(),
        values: numbers.map(Some).to_vec(),
        met: met.to_vec(),
        lost: (0, 1),
        bill: Vec::new(),
    };
    let run = Run { point, replicate: 0 };
    Done { run, hash: format!("{point}f"), result: Ok(Kept { row, limit }) }
}

/// The sweep of product-surface: five whole points, one that a limit ended, one that failed.
fn told(sort: Option<&Sort>, use_it: impl Fn(&Sweep<'_>)) {
    let points = Points {
        paths: ["stream.shard_count", "lambda.f.batch_size"].map(str::to_owned).to_vec(),
        values: ["16 1000", "8 1000", "14 1000", "14 500", "16 500", "12 1000", "0 500"]
            .iter()
            .map(|it| it.split(' ').map(str::to_owned).collect())
            .collect(),
        left_out: 2,
    };
    let done = vec![
        kept(0, [0.0, 4.0, 504.0], [true, true], None),
        kept(1, [0.077, 3.0, 372.0], [false, true], None),
        kept(2, [0.0, 63.0, 475.0], [true, false], None),
        kept(3, [0.0, 117.0, 477.0], [true, false], None),
        kept(4, [0.0, 40.0, 504.0], [true, false], None),
        kept(5, [0.0, 1.0, 100.0], [true, true], Some(Limit::Events)),
        Done {
            run: Run { point: 6, replicate: 0 },
            hash: String::new(),
            result: Err("E201: `shard_count` must be between 1 and 20,000".to_owned()),
        },
    ];
    let (measures, objectives) = (
        measures(),
        [
            ("write.throttled".to_owned(), "<= 0.1 %".to_owned()),
            ("lambda.f.iterator_age.p99".to_owned(), "<= 5 s".to_owned()),
        ],
    );
    let frame = Frame {
        name: "hot-sweep",
        file: "hot.toml",
        points: &points,
        measures: &measures,
        objectives: &objectives,
        replicates: 1,
        draws: None,
        asked: Confidence::USUAL,
        confidence: Confidence::USUAL,
        with_other_keys: false,
    };
    // The order in which runs ended does not matter.
    let reversed: Vec<Done> = done.iter().rev().cloned().collect();
    let sweep = Sweep::new(frame, done, sort);
    assert_eq!(Sweep::new(frame, reversed, sort).csv(), sweep.csv());
    use_it(&sweep);
}

#[test]
fn points_are_told_by_what_they_miss_and_then_by_cost() {
    told(None, |sweep| {
        expect![[r"
            7 points of hot.toml, one run each, 2 combinations left out by --where
              shard_                          iterator_
               count  batch_size  throttled     age.p99    $/mo  rel.  missed
                  16        1000        0 %         4 s  504.00  1.00  -                 *
                   8        1000     7.70 %         3 s  372.00  0.74  throttled         *
                  14        1000        0 %   1 min 3 s  475.00  0.94  iterator_age.p99  *
                  14         500        0 %  1 min 57 s  477.00  0.95  iterator_age.p99
                  16         500        0 %        40 s  504.00  1.00  iterator_age.p99
                  12        1000        0 %         1 s  100.00  0.20  -                 partial
                   0         500  failed: E201: `shard_count` must be between 1 and 20,000
              * no other point is better on cost, lag and throttling together
              rel.: cost relative to the cheapest point that misses nothing
              1 point failed; sweep.csv says why
              partial: a limit ended 1 early; they are not compared
        "]]
        .assert_eq(&sweep.screen(Style::FILE, "output/hot-sweep"));
    });
}

#[test]
fn the_frontier_has_the_bound_of_its_measure() {
    told(None, |sweep| {
        let charts = crate::report::chart::of_sweep(sweep, 7);
        let frontier = charts.iter().find(|it| it.file_stem == "frontier").expect("two points");
        let crate::report::chart::Body::Frontier(body) = &frontier.chart.body else {
            panic!("a frontier")
        };
        assert_eq!(body.title, "lambda.f.iterator_age.p99");
        assert_eq!(body.bound, Some((5.0, "<= 5 s".to_owned())));
        assert!(frontier.chart.alt.contains("(asked for: <= 5 s)"), "{}", frontier.chart.alt);
    });
}

#[test]
fn tables_hold_every_point() {
    told(None, |sweep| {
        expect_file!["tests/sweep.csv"].assert_eq(&String::from_utf8(sweep.csv()).expect("text"));
        let markdown = sweep.markdown();
        assert_eq!(markdown.lines().filter(|line| line.starts_with("| ")).count(), 9);
        let json: serde_json::Value = serde_json::from_str(&sweep.json()).expect("JSON");
        assert_eq!(json["points"][0]["values"]["stream.shard_count"], "16");
        assert_eq!(json["points"][6]["reason"], "E201: `shard_count` must be between 1 and 20,000");
        assert_eq!(json["left_out"], 2);
    });
}

#[test]
fn draws_are_told_by_chance_and_regret() {
    let points = Points {
        paths: vec!["stream.shard_count".to_owned()],
        values: ["4", "8", "2"].iter().map(|it| vec![(*it).to_owned()]).collect(),
        left_out: 0,
    };
    // Four draws, of which the last makes no scenario: in one both hold, in one the larger, in one
    // none.
    let one = |point, replicate, cost, holds| {
        let mut done = kept(point, [0.0, 1.0, cost], [holds, true], None);
        done.run.replicate = replicate;
        if let Ok(kept) = &mut done.result {
            kept.row.replicate = replicate;
        }
        done
    };
    let none = |point| Done {
        run: Run { point, replicate: 3 },
        hash: String::new(),
        result: Err("E201: too long".to_owned()),
    };
    let mut done = vec![one(0, 0, 40.0, true), one(0, 1, 41.0, false), one(0, 2, 42.0, false)];
    done.extend([one(1, 0, 80.0, true), one(1, 1, 81.0, true), one(1, 2, 82.0, false)]);
    done.extend((0..3).map(|draw| one(2, draw, 20.0, false)));
    done.extend((0..3).map(none));
    let draws = Draws { inputs: Vec::new(), points: vec![Point::default(); 4], values: Vec::new() };
    let measures = measures();
    let objectives = [("write.throttled".to_owned(), "<= 0.1 %".to_owned())];
    let frame = Frame {
        name: "hot-sweep",
        file: "hot.toml",
        points: &points,
        measures: &measures,
        objectives: &objectives,
        replicates: 4,
        draws: Some(&draws),
        asked: Confidence::USUAL,
        confidence: Confidence::USUAL,
        with_other_keys: false,
    };
    let sweep = Sweep::new(frame, done.clone(), None);
    expect![[r"
        3 points of hot.toml, 4 draws of 0 uncertain inputs, means with intervals of 95 %
          shard_             iterator_
           count  throttled    age.p99   $/mo           chance  regret   most  missed
               8        0 %        1 s  81.00  67 % (21 to 94)   20.00  40.00  throttled 1/3
               4        0 %        1 s  41.00   33 % (6 to 79)    0.00   0.00  throttled 2/3
               2        0 %        1 s  20.00    0 % (0 to 56)       -      -  throttled      *
          * no other point is better on cost, lag and throttling together
          chance: draws in which every objective holds, and the interval of 95 %
          regret: $ a month above the cheapest point that holds in the same draw, mean and
            most
          in 1 of 4 draws no point holds
          1 draw left out, whose values make no scenario: E201: too long
    "]]
    .assert_eq(&sweep.screen(Style::FILE, "output/hot-sweep"));
    let first = |column: &str| {
        let sweep = Sweep::new(frame, done.clone(), Some(&Sort::read(column)));
        sweep.ordered().next().map(|row| row.point)
    };
    assert_eq!([first("regret"), first("-regret"), first("chance")], [Some(0), Some(1), Some(2)]);
}

#[test]
fn any_column_sorts_either_way() {
    for (column, first) in
        [("point", 1), ("-point", 7), ("shard_count", 7), ("-cost", 1), ("cost", 6)]
    {
        told(Some(&Sort::read(column)), |sweep| {
            assert_eq!(sweep.ordered().next().map(|row| row.point + 1), Some(first), "{column}");
        });
    }
    let sort = Sort::read("nonsense");
    assert!(sort.check(&["a.b"], &["c.d"], false).expect_err("none").contains(&"b".to_owned()));
}

#[test]
fn a_screen_fits_and_has_colour_in_no_file() {
    told(None, |sweep| {
        let files = files(sweep, Asked { seed: 7 }, Vec::new());
        let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(
            names,
            [
                "summary.txt",
                "sweep.csv",
                "replicates.csv",
                "sweep.json",
                "sweep.md",
                "manifest.json"
            ]
        );
        assert!(files.iter().all(|(_, bytes)| !bytes.contains(&0x1b)));
        let screen = sweep.screen(Style { colour: true, unicode: false }, "output/hot-sweep");
        assert!(screen.lines().all(|line| line.chars().count() <= 88), "{screen}");
    });
}
