//! Sweeps made up by hand: what is told of them follows by looking.

use expect_test::{expect, expect_file};

use super::*;
use crate::experiment::study::Row;
use crate::experiment::study::measure::{self, Measure};
use crate::experiment::study::sweep::{Done, Kept, Limit, Run};
use crate::experiment::study::uncertain::Point;
use crate::report::directory::Directory;
use crate::report::manifest::sha256;
use crate::report::study::sweep::archive::tests::Folder;
use crate::report::summary::Style;
use crate::scenario::{self, Files};

/// What is written, as text.
fn text(write: impl FnOnce(&mut dyn std::io::Write) -> std::io::Result<()>) -> String {
    let mut bytes = Vec::new();
    write(&mut bytes).expect("memory takes everything");
    String::from_utf8(bytes).expect("text")
}

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

/// One run of each point.
fn frame<'a>(
    points: &'a Points,
    measures: &'a [Measure],
    objectives: &'a [Objective],
) -> Frame<'a> {
    Frame {
        name: "hot-sweep",
        file: "hot.toml",
        points,
        measures,
        objectives,
        replicates: 1,
        draws: None,
        asked: Confidence::USUAL,
        confidence: Confidence::USUAL,
        with_other_keys: false,
    }
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
    let frame = frame(&points, &measures, &objectives);
    // The order in which runs ended does not matter.
    let reversed: Vec<Done> = done.iter().rev().cloned().collect();
    let folder = Folder::new();
    let (done, reversed) = (folder.archive(&done), folder.archive(&reversed));
    let sweep = |over| Sweep::new(frame, over, sort).expect("read");
    assert_eq!(text(|to| sweep(&reversed).csv(to)), text(|to| sweep(&done).csv(to)));
    use_it(&sweep(&done));
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
        .assert_eq(&sweep.screen(Style::FILE, "output/hot-sweep").expect("read"));
    });
}

#[test]
fn the_frontier_has_the_bound_of_its_measure() {
    told(None, |sweep| {
        let charts = crate::report::chart::of_sweep(sweep, 7).expect("read");
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
        expect_file!["tests/sweep.csv"].assert_eq(&text(|to| sweep.csv(to)));
        let markdown = text(|to| sweep.markdown(to));
        assert_eq!(markdown.lines().filter(|line| line.starts_with("| ")).count(), 9);
        let json: serde_json::Value =
            serde_json::from_str(&text(|to| sweep.json(to))).expect("JSON");
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
    let alone = frame(&points, &measures, &objectives);
    let frame = Frame { replicates: 4, draws: Some(&draws), ..alone };
    let folder = Folder::new();
    let over = folder.archive(&done);
    let sweep = Sweep::new(frame, &over, None).expect("read");
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
    .assert_eq(&sweep.screen(Style::FILE, "output/hot-sweep").expect("read"));
    let first = |column: &str| {
        let sweep = Sweep::new(frame, &over, Some(&Sort::read(column))).expect("read");
        sweep.order.first().copied()
    };
    assert_eq!([first("regret"), first("-regret"), first("chance")], [Some(0), Some(1), Some(2)]);
}

#[test]
fn any_column_sorts_either_way() {
    for (column, first) in
        [("point", 1), ("-point", 7), ("shard_count", 7), ("-cost", 1), ("cost", 6)]
    {
        told(Some(&Sort::read(column)), |sweep| {
            assert_eq!(sweep.order.first().map(|point| point + 1), Some(first), "{column}");
        });
    }
    let sort = Sort::read("nonsense");
    assert!(sort.check(&["a.b"], &["c.d"], false).expect_err("none").contains(&"b".to_owned()));
}

#[test]
fn a_screen_fits_and_has_colour_in_no_file() {
    told(None, |sweep| {
        let folder = Folder::new();
        let directory = Directory::new(&folder.0, "hot", true).expect("a fine name");
        let (replaced, files) = write(sweep, Asked { seed: 7 }, &[], &directory).expect("written");
        assert_eq!(replaced, None);
        let names: Vec<&str> = files.iter().map(|it| it.path.as_str()).collect();
        assert_eq!(names, ["summary.txt", "sweep.csv", "replicates.csv", "sweep.json", "sweep.md"]);
        for file in &files {
            let bytes = std::fs::read(directory.path().join(&file.path)).expect("there");
            assert!(!bytes.contains(&0x1b), "{}", file.path);
            assert_eq!(sha256(&bytes), file.sha256);
        }
        let manifest = std::fs::read(directory.path().join("manifest.json")).expect("there");
        let manifest: serde_json::Value = serde_json::from_slice(&manifest).expect("JSON");
        assert_eq!(manifest["files"], serde_json::to_value(&files).expect("JSON"));
        let screen = sweep.screen(Style { colour: true, unicode: false }, "output/hot-sweep");
        let screen = screen.expect("read");
        assert!(screen.lines().all(|line| line.chars().count() <= 88), "{screen}");
    });
}

#[test]
fn a_run_that_cannot_be_read_any_more_leaves_the_old_directory() {
    told(None, |sweep| {
        let folder = Folder::new();
        let directory = Directory::new(&folder.0, "hot", true).expect("a fine name");
        write(sweep, Asked { seed: 7 }, &[], &directory).expect("written");
        let done: Vec<Done> = (0..7).map(|point| kept(point, [0.0; 3], [true; 2], None)).collect();
        let over = folder.archive(&done);
        let torn = Sweep::new(sweep.frame, &over, None).expect("read");
        let journal = folder.0.join("journal");
        let text = std::fs::read(&journal).expect("there");
        std::fs::write(&journal, &text[..text.len() - 7]).expect("written");
        let failed = write(&torn, Asked { seed: 8 }, &[], &directory).expect_err("torn");
        assert!(failed.to_string().contains("was changed while it was read"), "{failed}");
        let seen = directory.examine().expect("ours").expect("there");
        assert_eq!(seen.to_string(), "seed 7");
        assert!(!folder.0.join(".hot.kinesim-new").exists());
        assert!(matches!(torn.row(6), Err(JournalError::Changed(_))));
    });
}
