//! The charts of sizing: made-up ones, their SVG to the byte, and that any is drawn.

use expect_test::{ExpectFile, expect_file};
use kinesim::report::chart::{
    Body, Chart, Format, SizeFormulas, SizeFrontier, SizeGrid, SizePanel, SizePoint, SizeRule,
    render,
};
use proptest::prelude::*;

fn chart(title: &str, body: Body) -> Chart {
    Chart {
        title: title.to_owned(),
        subtitle: "Made up".to_owned(),
        footer: "made up   seed 1".to_owned(),
        alt: format!("{title}. Made up"),
        span_s: 0.0,
        marks: Vec::new(),
        body,
    }
}

fn point(dollars: f64, ratio: f64, label: &str) -> SizePoint {
    let (holds, is_best) = (ratio <= 1.0, label == "best");
    SizePoint { dollars, ratio, holds, label: label.to_owned(), is_best }
}

fn assert_drawn(chart: &Chart, expected: &ExpectFile) {
    let svg = String::from_utf8(render(chart, Format::Svg)).expect("SVG is text");
    assert!(svg.contains(&format!("<desc>{}</desc>", chart.alt)));
    expected.assert_eq(&svg);
    assert!(render(chart, Format::Png).starts_with(b"\x89PNG"));
}

#[test]
fn settings_stand_by_cost_and_by_their_worst_objective() {
    let points = vec![
        point(200.0, 5_000.0, "5"),
        point(310.0, 12.0, "the file: 8 shards"),
        point(402.0, 0.4, "best"),
        point(402.0, 0.004, ""),
        point(520.0, f64::INFINITY, "15"),
    ];
    let chart = chart("13 shards hold", Body::SizeFrontier(SizeFrontier { points }));
    assert_drawn(&chart, &expect_file!["charts/size-frontier.svg"]);
}

#[test]
fn rules_stand_below_what_so_many_shards_refuse() {
    let rule = |label: &str, mean, peak| SizeRule { label: label.to_owned(), mean, peak };
    let formulas = SizeFormulas {
        played: vec![(5, 15.0, false), (9, 7.0, false), (13, 0.0, true), (15, 2.3, false)],
        rules: vec![
            rule("MB in", Some((5, false)), Some((6, false))),
            rule("up to whole KiB", Some((9, false)), Some((9, false))),
            rule("where keys land", Some((13, true)), None),
            rule("no answer", None, None),
        ],
        best: Some(13),
    };
    let chart = chart("1 of 4 rules holds", Body::SizeFormulas(formulas));
    assert_drawn(&chart, &expect_file!["charts/size-formulas.svg"]);
}

#[test]
fn a_panel_a_rule_shows_where_it_errs_with_colour_and_sign() {
    let cells = [None, Some(-0.6), Some(-0.2), Some(0.0), Some(0.4), Some(0.9), Some(3.0), None];
    let panel = |title: &str, shift: usize| SizePanel {
        title: title.to_owned(),
        cells: (0..8).map(|place| cells[(place + shift) % 8]).collect(),
    };
    let grid = SizeGrid {
        columns: vec!["100/s".to_owned(), "1k/s".to_owned()],
        columns_title: "rates".to_owned(),
        rows: vec!["100 B".to_owned(), "1 KiB".to_owned()],
        rows_title: "records of".to_owned(),
        blocks: vec!["own keys".to_owned(), "Zipf".to_owned()],
        panels: (0..5).map(|place| panel(&format!("rule {place}"), place)).collect(),
    };
    let chart = chart("Rule 3 is right most often", Body::SizeGrid(grid));
    assert_drawn(&chart, &expect_file!["charts/size-grid.svg"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn whatever_was_found_is_drawn(
        values in prop::collection::vec((any::<f64>(), any::<f64>(), 0_u32..20_000), 0..12),
    ) {
        let points = values.iter().map(|it| point(it.0, it.1, "x")).collect();
        let frontier = chart("any", Body::SizeFrontier(SizeFrontier { points }));
        let formulas = SizeFormulas {
            played: values.iter().map(|it| (it.2, it.1, it.0 > 0.0)).collect(),
            rules: values.iter().map(|it| SizeRule {
                label: "x".to_owned(), mean: Some((it.2, true)), peak: None,
            }).collect(),
            best: values.first().map(|it| it.2),
        };
        let panel = SizePanel {
            title: "x".to_owned(),
            cells: values.iter().map(|it| Some(it.0)).collect(),
        };
        let grid = SizeGrid {
            columns: Vec::new(),
            columns_title: String::new(),
            rows: Vec::new(),
            rows_title: String::new(),
            blocks: Vec::new(),
            panels: vec![panel],
        };
        let bodies = [Body::SizeFormulas(formulas), Body::SizeGrid(grid)];
        let others = bodies.map(|body| chart("any", body));
        for chart in [&frontier, &others[0], &others[1]] {
            let svg = render(chart, Format::Svg);
            prop_assert!(svg.starts_with(b"<svg"));
        }
    }
}
