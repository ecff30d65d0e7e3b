//! What hangs on what is not known: a screen, two tables, JSON.

use serde_json::{Value, json};

use crate::experiment::stats::Confidence;
use crate::experiment::study::uncertain::{Bar, LeftOut, Played, Unknown, mean, quantile, tornado};
use crate::experiment::study::{Measure, Met, Row};
use crate::report::number;
use crate::report::study::value;
use crate::report::summary::layout::Screen;
use crate::report::summary::{SCHEMA_VERSION, Style};
use crate::report::table::{Column, Rows};
use crate::scenario::Scenario;

/// All that was played of a scenario with unknowns.
#[derive(Clone, Copy, Debug)]
pub struct Uncertain<'s> {
    /// With everything in the middle.
    pub scenario: &'s Scenario,
    /// What was measured.
    pub measures: &'s [Measure],
    /// Which of them the tornado is about.
    pub asked: usize,
    /// What is not known.
    pub unknowns: &'s [Unknown],
    /// What of it was not tried.
    pub left_out: &'s [LeftOut],
    /// All uncertain inputs drawn together.
    pub draws: &'s [Played],
    /// Draws whose values make no scenario, and what is wrong with the first.
    pub unplayed: (usize, Option<&'s str>),
    /// The middle, an entry a replicate.
    pub centre: &'s [Row],
    /// For each unknown and each value tried, an entry a replicate.
    pub rows: &'s [Vec<Vec<Row>>],
    /// Of intervals.
    pub confidence: Confidence,
}

/// Columns of `uncertain.csv`.
pub const UNCERTAIN: &[Column] = &[
    Column { name: "draw", meaning: "number of the draw, from 0" },
    Column { name: "replicate", meaning: "the random numbers it was played with" },
    Column { name: "kind", meaning: "input, metric or objective" },
    Column { name: "path", meaning: "path of the field, or of the metric as in `[slo]`" },
    Column {
        name: "value",
        meaning: "the value drawn, with its unit; the one measured; or 1 where the objective held",
    },
    Column {
        name: "unit",
        meaning: "of a metric: s, share, records, records/s, count, bytes or usd",
    },
];

/// Columns of `tornado.csv`.
pub const TORNADO: &[Column] = &[
    Column { name: "metric", meaning: "path of the metric, as in `[slo]`" },
    Column { name: "path", meaning: "field of what is not known; the widest swing comes first" },
    Column { name: "fact", meaning: "id of the fact, where it is an assumed constant" },
    Column { name: "tried", meaning: "its value in this row, all others being in the middle" },
    Column { name: "value", meaning: "the metric then; empty where nothing was measured" },
    Column { name: "centre", meaning: "the metric with everything in the middle" },
    Column {
        name: "swing",
        meaning: "from its least to its largest value over all tried of the field",
    },
    Column { name: "unit", meaning: "s, share, records, records/s, count, bytes or usd" },
    Column { name: "met", meaning: "1 where every objective then held" },
];

/// Bars shown; the tables have all.
const SHOWN: usize = 15;

impl<'s> Uncertain<'s> {
    /// The bars of the measure asked for.
    #[must_use]
    pub fn bars(&self) -> Vec<Bar<'s>> {
        tornado(self.unknowns, self.rows, self.centre, self.asked)
    }

    /// The measure asked for.
    #[must_use]
    pub fn measure(&self) -> &'s Measure {
        &self.measures[self.asked]
    }

    /// Whether every objective held in every draw, and in the middle.
    #[must_use]
    pub fn is_met(&self) -> bool {
        self.centre.iter().all(Row::is_met) && self.draws.iter().all(|it| it.row.is_met())
    }

    /// Whether a limit ended some run early.
    #[must_use]
    pub fn is_partial(&self) -> bool {
        let tried = self.rows.iter().flatten().flatten().chain(self.centre);
        tried.chain(self.draws.iter().map(|it| &it.row)).any(|row| row.is_partial)
    }

    fn drawn_rows(&self) -> Vec<Row> {
        self.draws.iter().map(|it| it.row.clone()).collect()
    }

    /// The answer on a terminal.
    #[must_use]
    pub fn screen(&self, style: Style) -> String {
        let mut screen = Screen::new(style);
        let inputs = self.scenario.uncertain.len() as u64;
        let assumed = self.unknowns.len() as u64 - inputs;
        let mut head = vec![
            self.scenario.name.clone(),
            number::counted(inputs, "uncertain input"),
            format!("{} tried", number::counted(assumed, "assumed constant")),
        ];
        if !self.draws.is_empty() {
            head.push(number::counted(self.draws.len() as u64, "draw"));
        }
        screen.wrapped("", 0, &head.join(", "));
        if !self.draws.is_empty() {
            self.tell_chance(&mut screen);
            self.tell_spread(&mut screen);
        }
        self.tell_tornado(&mut screen);
        screen.into_text()
    }

    /// How often each objective held.
    fn tell_chance(&self, screen: &mut Screen) {
        let rows = self.drawn_rows();
        if let (count @ 1.., first) = self.unplayed {
            let first = first.unwrap_or_default();
            let text = format!("{count} draws make no scenario and are left out: {first}");
            screen.wrapped("  ", 2, &text);
        }
        let objectives = &self.scenario.objectives;
        if objectives.is_empty() {
            return;
        }
        screen.blank();
        screen.line("CHANCE");
        let mut lines: Vec<(String, Met)> = objectives
            .iter()
            .enumerate()
            .map(|(place, it)| {
                let met = Met::objective(&rows, place, self.confidence);
                (format!("{} {}", it.path, it.text), met)
            })
            .collect();
        if objectives.len() > 1 {
            lines.push(("all of them".to_owned(), Met::all(&rows, self.confidence)));
        }
        let width = lines.iter().map(|it| it.0.chars().count()).max().unwrap_or(0).min(50);
        for (name, met) in &lines {
            let share = number::share(met.hits as f64 / (met.of as f64).max(1.0));
            let interval = met.interval.map_or_else(String::new, |(low, high)| {
                format!("   ({} to {})", number::share(low), number::share(high))
            });
            let counts = format!("{} of {}", met.hits, met.of);
            screen.table_line(
                "  ",
                4,
                &format!("{name:<width$}   {counts:<8}   {share}{interval}"),
            );
        }
    }

    /// What the measures are over all draws.
    fn tell_spread(&self, screen: &mut Screen) {
        let told = |measure: &Measure, values: &[f64]| {
            [0.1, 0.5, 0.9].map(|share| {
                quantile(values, share).map_or("-".to_owned(), |it| value::value(measure.unit, it))
            })
        };
        let lines: Vec<(&str, [String; 3])> = self
            .measures
            .iter()
            .enumerate()
            .map(|(place, measure)| (measure.path.as_str(), told(measure, &self.values(place))))
            .collect();
        let width = lines.iter().map(|it| it.0.chars().count()).max().unwrap_or(0).min(40);
        screen.blank();
        let head = ["10 % below", "half below", "90 % below"];
        screen.line(&format!(
            "{:<width$}  {:>13}  {:>13}  {:>13}",
            "SPREAD",
            head[0],
            head[1],
            head[2],
            width = width + 2
        ));
        for (path, [low, half, high]) in &lines {
            let text = format!("{path:<width$}  {low:>13}  {half:>13}  {high:>13}");
            screen.table_line("  ", 4, &text);
        }
    }

    fn values(&self, measure: usize) -> Vec<f64> {
        self.draws.iter().filter_map(|it| it.row.values.get(measure).copied().flatten()).collect()
    }

    /// Each unknown by itself.
    fn tell_tornado(&self, screen: &mut Screen) {
        let measure = self.measure();
        let middle = mean(self.centre, self.asked);
        let show = |it: Option<f64>| it.map_or("-".to_owned(), |it| value::value(measure.unit, it));
        screen.blank();
        let text = format!(
            "{} is {} with everything in the middle, and with one thing else:",
            measure.path,
            show(middle)
        );
        screen.wrapped("TORNADO  ", 9, &text);
        let bars = self.bars();
        let moved: Vec<&Bar<'_>> = bars.iter().filter(|it| it.swing != Some(0.0)).collect();
        let shown = || moved.iter().take(SHOWN);
        let width = shown().map(|it| name(it.unknown).chars().count()).max().unwrap_or(0).min(44);
        for bar in shown() {
            let unknown = bar.unknown;
            let name = name(unknown);
            let tried: Vec<String> = unknown
                .tried
                .iter()
                .zip(&bar.values)
                .map(|(tried, value)| format!("{} at {}", show(*value), tried.value))
                .collect();
            let mark = if bar.decides { "* " } else { "  " };
            screen.table_line(mark, 6, &format!("{name:<width$}  {}", tried.join(", ")));
        }
        if let more @ 1.. = moved.len().saturating_sub(SHOWN) {
            screen.wrapped("  ", 2, &format!("{more} more in tornado.csv"));
        }
        let still: Vec<String> =
            bars.iter().filter(|it| it.swing == Some(0.0)).map(|it| name(it.unknown)).collect();
        if !still.is_empty() {
            screen.wrapped("  ", 4, &format!("nothing moves with {}", still.join(", ")));
        }
        if bars.iter().any(|it| it.decides) {
            let verdict = if self.centre.iter().all(Row::is_met) { "missed" } else { "met" };
            let text =
                format!("* alone it turns the verdict: some value has the objectives {verdict}");
            screen.wrapped("  ", 4, &text);
        } else if !self.scenario.objectives.is_empty() {
            screen.wrapped("  ", 4, "none of them alone turns the verdict");
        }
        if !self.left_out.is_empty() {
            let left: Vec<String> = self.left_out.iter().map(left_out).collect();
            screen.wrapped("  ", 4, &format!("not tried: {}", left.join("; ")));
        }
    }

    /// `uncertain.csv`.
    #[must_use]
    pub fn uncertain_csv(&self) -> Vec<u8> {
        let mut rows = Rows::new(UNCERTAIN);
        for (draw, played) in (0_u64..).zip(self.draws) {
            let replicate = played.row.replicate;
            for (input, value) in self.scenario.uncertain.iter().zip(&played.inputs) {
                rows.whole(draw).whole(replicate).text("input").text(&input.path);
                rows.text(value).empty().end();
            }
            for (measure, value) in self.measures.iter().zip(&played.row.values) {
                rows.whole(draw).whole(replicate).text("metric").text(&measure.path);
                match value {
                    Some(value) => rows.float(*value),
                    None => rows.empty(),
                };
                rows.text(value::csv_unit(measure.unit)).end();
            }
            for (objective, met) in self.scenario.objectives.iter().zip(&played.row.met) {
                rows.whole(draw).whole(replicate).text("objective");
                rows.text(&format!("{} {}", objective.path, objective.text));
                rows.whole(u64::from(*met)).empty().end();
            }
        }
        rows.into_bytes()
    }

    /// `tornado.csv`.
    #[must_use]
    pub fn tornado_csv(&self) -> Vec<u8> {
        let mut rows = Rows::new(TORNADO);
        for (place, measure) in self.measures.iter().enumerate() {
            let middle = mean(self.centre, place);
            for bar in tornado(self.unknowns, self.rows, self.centre, place) {
                let tried = bar.unknown.tried.iter().zip(&bar.values).zip(&bar.met);
                for ((tried, value), met) in tried {
                    rows.text(&measure.path).text(&bar.unknown.path);
                    rows.text(bar.unknown.fact.unwrap_or("")).text(&tried.value);
                    for number in [*value, middle, bar.swing] {
                        match number {
                            Some(number) => rows.float(number),
                            None => rows.empty(),
                        };
                    }
                    rows.text(value::csv_unit(measure.unit)).whole(u64::from(*met)).end();
                }
            }
        }
        rows.into_bytes()
    }

    /// What a program reads.
    #[must_use]
    pub fn json(&self) -> String {
        let rows = self.drawn_rows();
        let objectives: Vec<Value> = self
            .scenario
            .objectives
            .iter()
            .enumerate()
            .map(|(place, it)| {
                let met = Met::objective(&rows, place, self.confidence);
                json!({
                    "metric": it.path, "condition": it.text, "met": met.hits, "draws": met.of,
                    "interval": met.interval,
                })
            })
            .collect();
        let metrics: Vec<Value> = self
            .measures
            .iter()
            .enumerate()
            .map(|(place, measure)| {
                let values = self.values(place);
                let bars = tornado(self.unknowns, self.rows, self.centre, place);
                json!({
                    "metric": measure.path,
                    "unit": value::csv_unit(measure.unit),
                    "p10": quantile(&values, 0.1),
                    "p50": quantile(&values, 0.5),
                    "p90": quantile(&values, 0.9),
                    "centre": mean(self.centre, place),
                    "tornado": bars.iter().map(bar_json).collect::<Vec<_>>(),
                })
            })
            .collect();
        let all = Met::all(&rows, self.confidence);
        let left: Vec<Value> = self
            .left_out
            .iter()
            .map(|it| json!({ "fact": it.fact, "path": it.path, "why": it.why }))
            .collect();
        let value = json!({
            "schema_version": SCHEMA_VERSION,
            "scenario": self.scenario.name,
            "draws": self.draws.len(),
            "draws_left_out": self.unplayed.0,
            "replicates": self.centre.len(),
            "confidence": self.confidence.share(),
            "inputs": self.scenario.uncertain.iter()
                .map(|it| json!({ "path": it.path, "known": it.text, "centre": it.value() }))
                .collect::<Vec<_>>(),
            "met_in_the_middle": self.centre.iter().all(Row::is_met),
            "all_objectives_met": { "met": all.hits, "draws": all.of, "interval": all.interval },
            "objectives": objectives,
            "metrics": metrics,
            "not_tried": left,
        });
        format!("{value:#}\n")
    }
}

fn bar_json(bar: &Bar<'_>) -> Value {
    let tried: Vec<Value> = bar
        .unknown
        .tried
        .iter()
        .zip(&bar.values)
        .zip(&bar.met)
        .map(|((tried, value), met)| json!({ "tried": tried.value, "value": value, "met": met }))
        .collect();
    json!({
        "path": bar.unknown.path,
        "fact": bar.unknown.fact,
        "known": bar.unknown.known,
        "centre": bar.unknown.centre,
        "swing": bar.swing,
        "decides": bar.decides,
        "values": tried,
    })
}

/// `model.write.enforcer (KDS-W30)`.
pub(in crate::report) fn name(unknown: &Unknown) -> String {
    match unknown.fact {
        Some(fact) => format!("{} ({fact})", unknown.path),
        None => unknown.path.clone(),
    }
}

fn left_out(it: &LeftOut) -> String {
    let path = it.path.as_ref().map_or_else(String::new, |path| format!(" {path}"));
    format!("{}{path} ({})", it.fact, it.why)
}
