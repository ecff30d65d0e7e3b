//! What CloudWatch answers to GetMetricData and GetMetricStatistics, as the AWS CLI writes it.
//!
//! A datapoint is the sum of one period (KDS-M01, KDS-M02). A period in which nothing happened has
//! none: it counts as zero.

use serde::Deserialize;

use super::points::Points;
use super::timestamp::Clock;
use super::{InputProblem, shown};

/// One series of the answer.
struct Series {
    /// The caller's own; empty where GetMetricStatistics answered.
    id: String,
    label: String,
    status: String,
    points: Vec<(i128, f64)>,
}

/// Both answers in JSON: fields of the other are absent.
#[derive(Deserialize)]
struct Answer {
    #[serde(rename = "MetricDataResults")]
    results: Option<Vec<DataResult>>,
    #[serde(rename = "NextToken")]
    next_token: Option<String>,
    #[serde(rename = "Label")]
    label: Option<String>,
    #[serde(rename = "Datapoints")]
    datapoints: Option<Vec<Datapoint>>,
}

#[derive(Deserialize)]
struct DataResult {
    #[serde(rename = "Id", default)]
    id: String,
    #[serde(rename = "Label", default)]
    label: String,
    #[serde(rename = "Timestamps", default)]
    timestamps: Vec<Time>,
    #[serde(rename = "Values", default)]
    values: Vec<f64>,
    #[serde(rename = "StatusCode", default)]
    status: String,
}

#[derive(Deserialize)]
struct Datapoint {
    #[serde(rename = "Timestamp")]
    timestamp: Time,
    #[serde(rename = "Sum")]
    sum: Option<f64>,
}

/// The clients write moments as epoch numbers or in ISO 8601.
#[derive(Deserialize)]
#[serde(untagged)]
enum Time {
    Number(f64),
    Text(String),
}

/// Series named in a message; more are counted only.
const MAX_SHOWN: usize = 12;
/// What to ask CloudWatch for.
const ASK: &str = "ask for it with `aws cloudwatch get-metric-data --output json`, \
    statistic Sum";

/// Reads the series that `wanted` names, added up.
///
/// A name is a series' id, or its label, or its label without the statistic behind it; with a star
/// at its end, all whose id or label begins so.
pub(super) fn read_metric(text: &str, wanted: &[String]) -> Result<Points, InputProblem> {
    let mut series = read_series(text)?;
    let mut chosen: Vec<usize> = Vec::new();
    for name in wanted {
        for place in find(&series, name)? {
            if chosen.contains(&place) {
                let message = format!("{} is named twice", described(&series[place]));
                return Err(InputProblem::of_file(message).with_help("name each series once"));
            }
            chosen.push(place);
        }
    }
    let mut sum = Points::default();
    for place in chosen {
        if !matches!(series[place].status.as_str(), "" | "Complete") {
            let (which, status) = (described(&series[place]), shown(&series[place].status));
            let message = format!("{which} is not complete: its status is {status}");
            return Err(InputProblem::of_file(message).with_help("fetch the data again"));
        }
        let points = Points::sorted(std::mem::take(&mut series[place].points))?;
        sum.add(&points, 1.0);
    }
    if sum.is_empty() {
        let names: Vec<String> = wanted.iter().map(|name| shown(name)).collect();
        let message = format!("{} has no datapoints", names.join(" + "));
        return Err(InputProblem::of_file(message).with_help("ask for a time with traffic"));
    }
    Ok(sum)
}

fn find(series: &[Series], name: &str) -> Result<Vec<usize>, InputProblem> {
    let places = |fits: &dyn Fn(&Series) -> bool| -> Vec<usize> {
        (0..series.len()).filter(|&place| fits(&series[place])).collect()
    };
    if let Some(start) = name.strip_suffix('*') {
        let found = places(&|one| one.id.starts_with(start) || one.label.starts_with(start));
        return if found.is_empty() { Err(none(series, name)) } else { Ok(found) };
    }
    let by_id = places(&|one| one.id == name);
    let by_label = places(&|one| {
        let rest = one.label.strip_prefix(name);
        rest.is_some_and(|rest| rest.is_empty() || rest == " Sum")
    });
    let found = if by_id.is_empty() { by_label } else { by_id };
    match found.len() {
        0 => Err(none(series, name)),
        1 => Ok(found),
        count => {
            let which: Vec<&Series> = found.iter().map(|&place| &series[place]).collect();
            let message = format!("{count} series are called {}: {}", shown(name), list(&which));
            Err(InputProblem::of_file(message).with_help(format!(
                "name one by its id; to add them up, as for shards, write `metric = \"{name}*\"` \
                 or a list of ids"
            )))
        }
    }
}

fn none(series: &[Series], name: &str) -> InputProblem {
    let all: Vec<&Series> = series.iter().collect();
    let message = format!("there is no series {}; series found: {}", shown(name), list(&all));
    InputProblem::of_file(message).with_help("name one by its id or its label")
}

fn list(series: &[&Series]) -> String {
    let mut found: Vec<String> = series.iter().take(MAX_SHOWN).map(|one| described(one)).collect();
    if series.len() > MAX_SHOWN {
        found.push(format!("and {} more", series.len() - MAX_SHOWN));
    }
    if found.is_empty() { "none".to_owned() } else { found.join(", ") }
}

fn described(series: &Series) -> String {
    match series.id.as_str() {
        "" => shown(&series.label),
        id => format!("{} ({})", shown(id), shown(&series.label).trim_matches('`')),
    }
}

fn read_series(text: &str) -> Result<Vec<Series>, InputProblem> {
    let start = text.trim_ascii_start();
    if start.starts_with('{') {
        return read_json(text);
    }
    if text.lines().any(|line| line.starts_with("DATAPOINTS\t")) {
        return read_text(text);
    }
    if start.starts_with("---") && text.contains("GetMetricStatistics") {
        return read_table(text);
    }
    Err(InputProblem::of_file("the file is not an answer of CloudWatch")
        .with_help("name the column of a CSV file with `column`"))
}

fn read_json(text: &str) -> Result<Vec<Series>, InputProblem> {
    let answer: Answer = serde_json::from_str(text).map_err(|error| {
        let line = u64::try_from(error.line()).ok().filter(|line| *line > 0);
        let message = format!("the JSON cannot be read: {error}");
        InputProblem { line, message, help: Some(ASK.to_owned()) }
    })?;
    if answer.next_token.is_some() {
        return Err(InputProblem::of_file("the file is one page of several: it has a `NextToken`")
            .with_help("fetch all of it: the AWS CLI does so unless told otherwise"));
    }
    if let Some(datapoints) = answer.datapoints {
        let mut clock = Clock::of_column("");
        let mut points = Vec::with_capacity(datapoints.len());
        for point in datapoints {
            let Some(sum) = point.sum else { return Err(no_sum()) };
            points.push((moment(&point.timestamp, &mut clock)?, checked(sum)?));
        }
        let label = answer.label.unwrap_or_default();
        return Ok(vec![Series { id: String::new(), label, status: String::new(), points }]);
    }
    let Some(results) = answer.results else {
        return Err(InputProblem::of_file("the JSON is not an answer of CloudWatch").with_help(ASK));
    };
    let mut series: Vec<Series> = Vec::new();
    for result in results {
        let DataResult { id, label, timestamps, values, status } = result;
        if timestamps.len() != values.len() {
            let (times, id) = (timestamps.len(), shown(&id));
            let message = format!("series {id} has {times} timestamps and {} values", values.len());
            return Err(InputProblem::of_file(message).with_help("fetch the data again"));
        }
        let mut clock = Clock::of_column("");
        let mut points = Vec::with_capacity(values.len());
        for (time, value) in timestamps.iter().zip(values) {
            points.push((moment(time, &mut clock)?, checked(value)?));
        }
        // The pages of one series come one after the other; the last one's status counts.
        match series.iter_mut().find(|one| one.id == id && one.label == label) {
            Some(known) => {
                known.points.extend(points);
                known.status = status;
            }
            None => series.push(Series { id, label, status, points }),
        }
    }
    Ok(series)
}

/// `--output text`: the label, then a line a datapoint with the statistics in alphabetical order,
/// the time and the unit. Which statistics there are is not said: one alone is taken as the sum,
/// five are all.
fn read_text(text: &str) -> Result<Vec<Series>, InputProblem> {
    let mut label = String::new();
    let mut points = Vec::new();
    let mut clock = Clock::of_column("");
    for (line, row) in (1..).zip(text.lines()) {
        let cells: Vec<&str> = row.split('\t').map(str::trim).collect();
        if cells[0] != "DATAPOINTS" {
            cells.last().copied().unwrap_or_default().clone_into(&mut label);
            continue;
        }
        let place = match cells.len() {
            4 => 1,
            8 => 5,
            _ => {
                let message = "the text does not say which of its numbers is the sum";
                return Err(InputProblem::at(line, message)
                    .with_help("ask for `--output json`, or for `--statistics Sum` alone"));
            }
        };
        points.push(row_of(line, cells[place], cells[cells.len() - 2], &mut clock)?);
    }
    Ok(vec![Series { id: String::new(), label, status: String::new(), points }])
}

/// `--output table`: rows of cells between bars, the first of them names the statistics.
fn read_table(text: &str) -> Result<Vec<Series>, InputProblem> {
    let mut label = String::new();
    let mut columns: Option<(usize, usize, usize)> = None;
    let mut points = Vec::new();
    let mut clock = Clock::of_column("");
    for (line, row) in (1..).zip(text.lines()) {
        if !row.starts_with('|') {
            continue;
        }
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        if let ["Label", name] = cells[..] {
            name.clone_into(&mut label);
        } else if let Some(time) = cells.iter().position(|cell| *cell == "Timestamp") {
            let Some(sum) = cells.iter().position(|cell| *cell == "Sum") else {
                return Err(no_sum());
            };
            columns = Some((sum, time, cells.len()));
        } else if let Some((sum, time, width)) = columns
            && cells.len() == width
        {
            points.push(row_of(line, cells[sum], cells[time], &mut clock)?);
        }
    }
    Ok(vec![Series { id: String::new(), label, status: String::new(), points }])
}

fn row_of(
    line: u64,
    sum: &str,
    time: &str,
    clock: &mut Clock,
) -> Result<(i128, f64), InputProblem> {
    let at = clock.read(time).ok_or_else(|| {
        InputProblem::at(line, format!("{} is not a time", shown(time))).with_help(ASK)
    })?;
    let value = sum.parse::<f64>().ok().filter(|value| value.is_finite() && *value >= 0.0);
    match value {
        Some(value) => Ok((at, value)),
        None => {
            Err(InputProblem::at(line, format!("the sum {} is not a count", shown(sum)))
                .with_help(ASK))
        }
    }
}

fn no_sum() -> InputProblem {
    // Average, minimum and maximum are of single calls (KDS-M01).
    InputProblem::of_file("the datapoints have no `Sum`")
        .with_help("ask for it with `--statistics Sum`: the other statistics are of single calls")
}

fn moment(time: &Time, clock: &mut Clock) -> Result<i128, InputProblem> {
    let text = match time {
        // Every number's shortest text; epoch numbers are far below where it has an exponent.
        Time::Number(number) => number.to_string(),
        Time::Text(text) => text.clone(),
    };
    clock.read(&text).ok_or_else(|| {
        InputProblem::of_file(format!("{} is not a time", shown(&text))).with_help(ASK)
    })
}

fn checked(value: f64) -> Result<f64, InputProblem> {
    if value.is_finite() && value >= 0.0 {
        return Ok(value);
    }
    Err(InputProblem::of_file(format!("the value {value} is not a count")).with_help(ASK))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::inputs::{Counts, SeriesName, read_points};
    use crate::time::{Instant, Span};

    macro_rules! sample {
        ($name:literal) => {
            include_bytes!(concat!("../../../tests/data/cloudwatch/", $name))
        };
    }

    fn counts(bytes: &[u8], names: &[&str]) -> Counts {
        points(bytes, names).unwrap().counts(None).unwrap()
    }

    fn points(bytes: &[u8], names: &[&str]) -> Result<Points, InputProblem> {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        read_points(bytes, SeriesName::Metric(&names))
    }

    fn wide(column: &str) -> Counts {
        let file = sample!("wide_iso.csv");
        read_points(file, SeriesName::Column(column)).unwrap().counts(None).unwrap()
    }

    /// Every form holds the same stream, so all minutes agree with the CSV's, gap included.
    #[test]
    fn every_form_of_a_minute_is_the_same() {
        let records = wide("IncomingRecords");
        assert_eq!((records.per, records.skipped_gaps), (Span::from_s(60), 2));
        for file in
            [&sample!("get-metric-data_1min.json")[..], sample!("get-metric-data_1min_iso.json")]
        {
            for name in ["m2", "IncomingRecords", "IncomingRecords Sum"] {
                assert_eq!(counts(file, &[name]), records);
            }
            assert_eq!(counts(file, &["IncomingBytes"]), wide("IncomingBytes"));
            let refused = "WriteProvisionedThroughputExceeded";
            assert_eq!(counts(file, &[refused]), wide(refused));
        }
        let file = sample!("get-metric-statistics_1min_IncomingRecords_iso.json");
        assert_eq!(counts(file, &["IncomingRecords"]), records);
        let file = sample!("get-metric-statistics_1min_IncomingBytes.json");
        assert_eq!(counts(file, &["IncomingBytes"]), wide("IncomingBytes"));
    }

    #[test]
    fn every_form_of_five_minutes_is_the_same() {
        let file = sample!("console_like_5min.csv");
        let column = SeriesName::Column("IncomingRecords");
        let console = read_points(file, column).unwrap().counts(None).unwrap();
        let all = [
            counts(sample!("get-metric-data_5min_ascending.json"), &["inrecs"]),
            counts(
                sample!("get-metric-statistics_5min_IncomingRecords.json"),
                &["IncomingRecords"],
            ),
            counts(sample!("get-metric-statistics_5min_IncomingRecords.txt"), &["IncomingRecords"]),
            counts(
                sample!("get-metric-statistics_5min_IncomingRecords.table.txt"),
                &["IncomingRecords"],
            ),
        ];
        for one in all {
            assert_eq!(one.per, Span::from_s(300));
            assert_eq!(one, console);
        }
        assert_eq!(console.starts[35], Instant::from_s(35 * 300));
    }

    #[test]
    fn shards_are_added_up_only_where_that_is_said() {
        let file = sample!("get-metric-data_per_shard_5min_iso.json");
        let whole = counts(sample!("get-metric-data_5min_ascending.json"), &["inrecs"]);
        let problem = points(file, &["IncomingRecords"]).unwrap_err();
        let ids = "`r0` (IncomingRecords Sum), `r1` (IncomingRecords Sum)";
        assert_eq!(problem.message, format!("2 series are called `IncomingRecords`: {ids}"));
        assert!(problem.help.unwrap().contains("`metric = \"IncomingRecords*\"`"));
        for names in [&["IncomingRecords*"][..], &["r0", "r1"], &["r*"]] {
            let sum = counts(file, names);
            assert_eq!(sum.starts, whole.starts);
            // Each minute was rounded to whole records by shard before five were added up.
            let far = sum.values.iter().zip(&whole.values).any(|(a, b)| (a - b).abs() > 5.0);
            assert!(!far);
        }
        assert_eq!(
            counts(file, &["r0"]).values.iter().sum::<f64>().to_bits(),
            4_839_242_f64.to_bits()
        );
        let problem = points(file, &["r0", "r*"]).unwrap_err();
        assert_eq!(problem.message, "`r0` (IncomingRecords Sum) is named twice");
    }

    #[test]
    fn each_fault_is_told() {
        let data = |inside: &str| format!("{{\"MetricDataResults\": [{inside}]}}");
        let one = |rest: &str| data(&format!("{{\"Id\": \"m1\", \"Label\": \"L\", {rest}}}"));
        let full = "\"Timestamps\": [0, 60], \"Values\": [1, 2]";
        for (text, message) in [
            ("{", "the JSON cannot be read: EOF"),
            ("{}", "the JSON is not an answer of CloudWatch"),
            ("t,v\n1,2\n", "the file is not an answer of CloudWatch"),
            (&data(""), "there is no series `m1`; series found: none"),
            (
                &one("\"Timestamps\": [0], \"Values\": []"),
                "series `m1` has 1 timestamps and 0 values",
            ),
            (&one("\"Timestamps\": [0], \"Values\": [-1]"), "the value -1 is not a count"),
            (&one("\"Timestamps\": [\"noon\"], \"Values\": [1]"), "`noon` is not a time"),
            (&one("\"Timestamps\": [], \"Values\": []"), "`m1` has no datapoints"),
            (
                &one("\"Timestamps\": [7, 7], \"Values\": [1, 1]"),
                "`1970-01-01T00:00:07Z` occurs twice",
            ),
            (
                &one(&format!("{full}, \"StatusCode\": \"InternalError\"")),
                "`m1` (L) is not complete",
            ),
            (
                "{\"MetricDataResults\": [], \"NextToken\": \"x\"}",
                "the file is one page of several",
            ),
            (
                "{\"Label\": \"m1\", \"Datapoints\": [{\"Timestamp\": 0, \"Average\": 2}]}",
                "the datapoints have no `Sum`",
            ),
            ("m1\nDATAPOINTS\t1.0\t2.0\t0\tCount\n", "the text does not say which"),
            ("m1\nDATAPOINTS\tx\t0\tCount\n", "the sum `x` is not a count"),
        ] {
            let problem = points(text.as_bytes(), &["m1"]).unwrap_err();
            assert!(problem.message.starts_with(message), "{text}: {problem:?}");
            assert!(problem.help.is_some(), "{text}");
        }
        // Another statistic of the same metric is not taken for the sum.
        let text = one(full).replace("\"L\"", "\"IncomingRecords Average\"");
        assert!(points(text.as_bytes(), &["IncomingRecords"]).is_err());
    }

    #[test]
    fn pages_of_one_series_are_one() {
        let page = |time: u64, value: u64, status: &str| {
            format!(
                "{{\"Id\": \"a\", \"Label\": \"L\", \"Timestamps\": [{time}], \"Values\": \
                 [{value}], \"StatusCode\": \"{status}\"}}"
            )
        };
        let pages = [page(60, 2, "PartialData"), page(0, 1, "Complete")].join(", ");
        let text = format!("{{\"MetricDataResults\": [{pages}]}}");
        assert_eq!(counts(text.as_bytes(), &["a"]).values, [1.0, 2.0]);
    }
}
