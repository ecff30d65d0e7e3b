//! The summary for a terminal and `summary.txt`: 88 columns at most, words before colours.

use super::layout::{INDENT, Screen, Style, WIDTH};
use super::{ConsumerPart, StreamPart, Summary, alarm, chain, firehose, lambda};
use crate::experiment::objective::{Verdict, holds};
use crate::quantity::rough_count;
use crate::report::explanation::quoted;
use crate::report::number;
use crate::scenario::metric::Unit;

/// Chains that are told of; all are in `summary.json`.
pub(super) const MOST_CHAINS: usize = 8;

/// Where a finding's text begins.
const FINDING_INDENT: usize = 20;

impl Summary {
    /// The summary as text. `file` is the scenario as the user would name it in a command.
    #[must_use]
    pub fn screen(&self, style: Style, file: &str) -> String {
        let mut screen = Screen::new(style);
        self.stopped(&mut screen);
        self.header(&mut screen);
        screen.blank();
        self.verdict(&mut screen);
        self.why(&mut screen);
        screen.blank();
        self.writes(&mut screen);
        for consumer in &self.consumers {
            screen.segments(&label(consumer, style.unicode), &reading(consumer));
        }
        for chain in self.chains.iter().take(MOST_CHAINS) {
            screen.segments("CHAIN", &chain::told(chain));
        }
        for alarm in self.alarms.iter().take(MOST_ALARMS) {
            screen.segments(&quoted(&alarm.name), &alarm::told(alarm));
        }
        if self.alarms.len() > MOST_ALARMS {
            let more = (self.alarms.len() - MOST_ALARMS) as u64;
            let text = format!("and {}", number::counted(more, "more alarm"));
            screen.segments("", &[text]);
        }
        self.costs(&mut screen);
        screen.blank();
        self.commands(&mut screen, file);
        screen.into_text()
    }

    /// Why the run ended early, before anything else is said.
    fn stopped(&self, screen: &mut Screen) {
        if let Some(reason) = self.stop_reason() {
            screen.wrapped("STOPPED  ", INDENT, &reason);
            screen.blank();
        }
    }

    /// Why the run ended early, in a sentence.
    pub(super) fn stop_reason(&self) -> Option<String> {
        let ended = &self.ended;
        let reason = match (ended.how, ended.limit_bytes, ended.limit_events) {
            ("completed", ..) => return None,
            (_, Some(limit), _) => format!(
                "records waiting would have taken more than the {} allowed",
                number::bytes(limit as f64)
            ),
            (.., Some(limit)) => {
                format!("it reached the {} allowed", number::counted(limit, "event"))
            }
            _ => "the run was interrupted".to_owned(),
        };
        let at = number::duration(self.ended.at_s);
        let of = number::duration(self.scenario.duration_s);
        Some(format!("at {at} of {of}: {reason}. What follows covers that part only."))
    }

    fn header(&self, screen: &mut Screen) {
        let name = quoted(&self.scenario.name);
        let indent = (name.chars().count() + 3).max(14);
        let first = format!("{name:<indent$}");
        screen.wrapped(&first, indent, &self.setting());
        screen.wrapped(&" ".repeat(indent), indent, &self.load());
        if let Some(quanta) = self.quanta() {
            screen.wrapped(&" ".repeat(indent), indent, &quanta);
        }
    }

    /// How writing was played, where quanta were asked for, and which streams were not played so.
    pub(super) fn quanta(&self) -> Option<String> {
        let asked = number::duration(self.asked_quantum_s?);
        let several = self.streams.len() > 1;
        let each = |stream: &StreamPart| {
            let because = &stream.record_by_record.as_ref()?.because;
            let name = if several { quoted(&stream.name) + " " } else { String::new() };
            Some(format!("{name}record by record, because {because}"))
        };
        let mut parts: Vec<String> = self.streams.iter().filter_map(each).collect();
        let more = parts.len().saturating_sub(MOST_EXCEPTIONS) as u64;
        parts.truncate(MOST_EXCEPTIONS);
        if more > 0 {
            parts.push(format!("{} record by record", number::counted(more, "more stream")));
        }
        if self.scenario.quantum_s.is_some() {
            parts.insert(
                0,
                match self.scenario.quantum_for_records {
                    Some(records) => format!(
                        "in quanta of {asked}, chosen by auto for about {} records",
                        rough_count(records)
                    ),
                    None => format!("in quanta of {asked}"),
                },
            );
            if self.scenario.quantum_s.is_some_and(|seconds| seconds > 1.0) {
                // D21: K103, the busiest second and its chart are withheld.
                parts[0].push_str(", shorter bursts are not seen");
            }
        }
        (!parts.is_empty()).then(|| parts.join("; "))
    }

    /// What ran: `30 min, seed 7, 8 shards, us-east-1`.
    pub(super) fn setting(&self) -> String {
        let scenario = &self.scenario;
        let length = number::duration(self.ended.at_s);
        let mut parts = vec![
            match &scenario.start {
                Some(start) => format!("{length} from {start}"),
                None => length,
            },
            format!("seed {}", scenario.seed),
        ];
        parts.extend(self.written());
        parts.push(quoted(&scenario.region));
        if scenario.warm_up_s > 0.0 {
            parts.push(format!("first {} not judged", number::duration(scenario.warm_up_s)));
        }
        parts.join(", ")
    }

    /// What was offered: `8,100,000 records offered, 4.50k/s, mean 1.09 KiB, 200 keys`.
    pub(super) fn load(&self) -> String {
        let ledger = &self.write_ledger;
        let records = ledger.offered_records;
        let mut parts = vec![format!("{} offered", number::counted(records, "record"))];
        if records > 0 && self.ended.at_s > 0.0 {
            parts.push(number::rate(records as f64 / self.ended.at_s));
            let mean = ledger.offered_bytes as f64 / records as f64;
            parts.push(format!("mean {}", number::bytes(mean)));
        }
        match (self.scenario.producers, self.scenario.keys) {
            (1, Some(keys)) => parts.push(number::counted(keys, "key")),
            (1, None) if self.streams.iter().all(|stream| stream.direct_put) => {}
            (1, None) => parts.push("a new key for each".to_owned()),
            (producers, _) => parts.push(number::counted(producers, "producer")),
        }
        parts.join(", ")
    }

    fn verdict(&self, screen: &mut Screen) {
        screen.wrapped("VERDICT  ", INDENT, &self.judgement());
        let width = |text: &str| text.chars().count();
        let paths = self.verdicts.iter().map(|v| width(&v.path)).max().unwrap_or(0).min(44);
        let bounds = self.verdicts.iter().map(|v| width(&v.condition)).max().unwrap_or(0).min(16);
        for verdict in &self.verdicts {
            let mark = screen.mark(verdict.met);
            let indent = 2 + mark.chars().count() + 1;
            let line = format!(
                "{:<paths$}   {:<bounds$}   {}",
                verdict.path,
                verdict.condition,
                measured(verdict)
            );
            screen.table_line(&format!("  {mark} "), indent, &line);
        }
    }

    /// The verdict in a line.
    pub(super) fn judgement(&self) -> String {
        let slo = &self.slo;
        let objectives = match slo.objectives {
            0 => return format!("no objectives set; {}", self.refusals()),
            1 => "objective",
            _ => "objectives",
        };
        let so_far = if self.ended.partial { " so far" } else { "" };
        match slo.missed {
            0 => format!("{} of {} {objectives} met{so_far}", slo.met, slo.objectives),
            n => format!("{n} of {} {objectives} missed{so_far}", slo.objectives),
        }
    }

    /// What became of the writes, where nobody asked for anything.
    fn refusals(&self) -> String {
        match (self.write.throttled_share, self.write.lost_records) {
            (None, _) => "nothing was written".to_owned(),
            (Some(0.0), 0) => "no write was refused and none lost".to_owned(),
            (Some(share), lost) => format!(
                "{} of attempts were refused, {} lost",
                number::share(share),
                number::counted(lost, "record")
            ),
        }
    }

    fn why(&self, screen: &mut Screen) {
        for (heading, is_note) in [("WHY", false), ("NOTE", true)] {
            let told = self.findings.iter().filter(|f| (f.severity == "note") == is_note);
            for (place, finding) in told.enumerate() {
                if place == 0 {
                    screen.blank();
                    screen.line(heading);
                }
                let label = format!("  {} {}  ", finding.code, finding.title);
                screen.wrapped(&format!("{label:<FINDING_INDENT$}"), FINDING_INDENT, &finding.text);
            }
        }
    }

    fn writes(&self, screen: &mut Screen) {
        screen.segments("WRITES", &self.flows());
        if self.streams.len() == 1 {
            screen.segments("", &[fullness("stream", &self.streams[0])]);
        } else {
            for stream in self.streams.iter().take(MOST_STREAMS) {
                screen.segments("", &of_stream(stream));
            }
            if self.streams.len() > MOST_STREAMS {
                let more = (self.streams.len() - MOST_STREAMS) as u64;
                let text = format!("and {}", number::counted(more, "more stream"));
                screen.segments("", &[text]);
            }
        }
    }

    /// Offered, accepted, throttled, lost: always all of them; then what was lost otherwise, in the
    /// whole run, and what encryption takes.
    pub(super) fn flows(&self) -> Vec<String> {
        let write = &self.write;
        let rate = |per_s: Option<f64>| per_s.map_or_else(|| "-".to_owned(), number::rate);
        let throttled = write.throttled_share.map_or_else(|| "-".to_owned(), number::share);
        let mut flows = vec![format!("offered {}", rate(write.offered_records_per_s))];
        if write.attempted_records != write.offered_records {
            flows.push(format!("attempts {}", rate(write.attempted_records_per_s)));
        }
        flows.push(format!("accepted {}", rate(write.accepted_records_per_s)));
        flows.push(format!("throttled {throttled}"));
        if let Some(share) = write.failed_share.filter(|share| *share > 0.0) {
            flows.push(format!("failed {}", number::share(share)));
        }
        flows.push(format!("lost {}", number::count(write.lost_records)));
        // Throttling is told beside; what else took records is named.
        let other = self.losses.iter().filter(|loss| loss.cause != "throttled");
        let mut causes: Vec<(&str, u64)> = Vec::new();
        for loss in other {
            match causes.iter_mut().find(|(cause, _)| *cause == loss.cause) {
                Some((_, records)) => *records += loss.records,
                None => causes.push((loss.cause, loss.records)),
            }
        }
        let named = causes.iter().map(|(cause, n)| format!("{cause} {}", number::count(*n)));
        flows.extend(named);
        let kms_calls = self.streams.iter().filter_map(|stream| stream.kms_calls);
        if let Some(calls) = kms_calls.reduce(|sum, calls| sum + calls) {
            flows.push(format!("about {} KMS calls", number::count(calls)));
        }
        flows
    }

    fn commands(&self, screen: &mut Screen, file: &str) {
        let commands: Vec<String> =
            self.next.iter().map(|next| command(file, &next.options)).collect();
        let width = commands.iter().map(|text| text.chars().count()).max().unwrap_or(0);
        let whys = self.next.iter().map(|next| next.why.chars().count()).max().unwrap_or(0);
        for (place, (text, next)) in commands.iter().zip(&self.next).enumerate() {
            let label = if place == 0 { "NEXT" } else { "" };
            if INDENT + width + 3 + whys <= WIDTH {
                screen.table_line(
                    &format!("{label:<INDENT$}"),
                    INDENT,
                    &format!("{text:<width$}   {}", next.why),
                );
            } else {
                screen.command(&format!("{label:<INDENT$}"), INDENT, text);
                screen.wrapped(&" ".repeat(INDENT + 2), INDENT + 2, &next.why);
            }
        }
    }
}

/// Streams named on the screen; the JSON has them all.
const MOST_STREAMS: usize = 6;
/// Alarms named likewise.
const MOST_ALARMS: usize = 10;
/// Likewise, where it is said why some were played record by record.
const MOST_EXCEPTIONS: usize = 3;

/// The command that runs `file` with these options.
#[must_use]
pub fn command(file: &str, options: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:\\".contains(c);
    let file: String = file.escape_debug().collect();
    if file.chars().all(plain) {
        format!("kinesim run {file} {options}")
    } else {
        format!("kinesim run \"{file}\" {options}")
    }
}

/// `stream 55 % full, busiest shard 120 %`: the two belong together.
pub(super) fn fullness(name: &str, stream: &StreamPart) -> String {
    let parts =
        (stream.accepted_share, stream.busiest_shard_offered_share, stream.busiest_second_share);
    match parts {
        (Some(accepted), ..) if stream.direct_put => {
            // Channels are filled evenly, and share their limit.
            let name = if name == "stream" { "Firehose" } else { name };
            format!("{name} {} full", number::fullness(accepted))
        }
        (Some(accepted), Some(busiest), Some(second)) => format!(
            "{name} {} full, busiest shard {}, busiest second {}",
            number::fullness(accepted),
            number::fullness(busiest),
            number::fullness(second)
        ),
        (Some(accepted), Some(busiest), None) => format!(
            "{name} {} full, busiest shard {}",
            number::fullness(accepted),
            number::fullness(busiest)
        ),
        _ => format!("{name}: no whole interval lies after the warm-up"),
    }
}

/// One of several streams: what was written to it, and how full it is.
pub(super) fn of_stream(stream: &StreamPart) -> Vec<String> {
    let name = quoted(&stream.name);
    let Some(write) = &stream.write else { return vec![fullness(&name, stream)] };
    let offered = write.offered_records_per_s.map_or_else(|| "-".to_owned(), number::rate);
    let throttled = write.throttled_share.map_or_else(|| "-".to_owned(), number::share);
    vec![
        format!("{name}: offered {offered}"),
        format!("throttled {throttled}"),
        format!("lost {}", number::count(write.lost_records)),
        fullness("stream", stream),
    ]
}

/// A consumer's name, and a function's sign.
pub(super) fn label(consumer: &ConsumerPart, unicode: bool) -> String {
    let name = quoted(&consumer.name);
    match (consumer.lambda.is_some(), unicode) {
        (false, _) => name,
        (true, true) => format!("{name} λ"),
        (true, false) => format!("{name} lambda"),
    }
}

/// What a consumer did: rate, ages, backlog, refusals, losses.
pub(super) fn reading(consumer: &ConsumerPart) -> Vec<String> {
    let rate = |per_s: Option<f64>| per_s.map_or_else(|| "-".to_owned(), number::rate);
    let mut parts = vec![match &consumer.lambda {
        Some(lambda) => rate(lambda.handed_over_records_per_s),
        None => format!("{} {}", consumer.kind, rate(consumer.read_records_per_s)),
    }];
    parts.push(match (consumer.iterator_age_p50_s, consumer.iterator_age_p99_s) {
        (Some(p50), Some(p99)) => format!(
            "age p50 {}, p99 {}, end {}",
            number::duration(p50),
            number::duration(p99),
            number::duration(consumer.iterator_age_end_s)
        ),
        _ => "nothing read".to_owned(),
    });
    parts.extend(consumer.lambda.iter().flat_map(lambda::told));
    parts.push(format!("{} waiting", number::count(consumer.waiting_records)));
    let calls = consumer.answered_calls + consumer.throttled_calls;
    if consumer.throttled_calls > 0 {
        let share = consumer.throttled_calls as f64 / calls as f64;
        parts.push(format!("{} of calls refused", number::share(share)));
    }
    if consumer.failed_calls > 0 {
        parts.push(format!("{} failed calls", number::count(consumer.failed_calls)));
    }
    if consumer.failed_attempts > 0 {
        parts.push(format!("{} failed attempts", number::count(consumer.failed_attempts)));
    }
    parts.extend(consumer.firehose.as_ref().map(firehose::delivering).into_iter().flatten());
    parts.extend(catching_up(consumer));
    if consumer.redelivered_records > 0 {
        let how = if consumer.lambda.is_some() { "handed over" } else { "read" };
        parts.push(format!("{} {how} again", number::count(consumer.redelivered_records)));
    }
    if consumer.expired_records > 0 {
        parts.push(format!("{} expired", number::count(consumer.expired_records)));
    }
    parts
}

/// The longest time after a fault until it was current.
fn catching_up(consumer: &ConsumerPart) -> Option<String> {
    let times: Option<Vec<f64>> = consumer.catch_ups.iter().map(|it| it.catch_up_s).collect();
    let after = match consumer.catch_ups.len() {
        0 => return None,
        1 => format!("the {}", consumer.catch_ups[0].fault),
        _ => "faults".to_owned(),
    };
    Some(match times {
        Some(times) => {
            let longest = times.into_iter().fold(0.0, f64::max);
            format!("current {} after {after}", number::duration(longest))
        }
        None => format!("not current again after {after}"),
    })
}

/// The measured value, with as many digits as it takes not to contradict the verdict.
pub(super) fn measured(verdict: &Verdict) -> String {
    let Some(value) = verdict.measured else {
        if verdict.unreached {
            return "not within the run".to_owned();
        }
        return "nothing measured".to_owned();
    };
    let digits = (3..9).find(|&digits| reads_as_judged(verdict, value, digits)).unwrap_or(9);
    let text = match verdict.unit {
        Unit::RecordsPerSecond => number::rate_to(value, digits),
        Unit::Share if digits == 3 => number::share(value),
        Unit::Share => number::share_to(value, digits),
        Unit::Count | Unit::Given | Unit::Calls | Unit::Times | Unit::Invocations => {
            if value.fract() == 0.0 {
                number::count(value as u64)
            } else {
                number::significant(value, digits)
            }
        }
        Unit::Time => number::duration_to(value, digits),
        Unit::Money => dollars(verdict, value),
        Unit::Bytes => size(verdict, value),
    };
    if verdict.growing { format!("{text}, still growing") } else { text }
}

/// A size, with as many digits as it takes.
fn size(verdict: &Verdict, value: f64) -> String {
    let unit = (0..5).map(|power| (1_u64 << (10 * power)) as f64).rfind(|unit| *unit <= value);
    let unit = unit.unwrap_or(1.0);
    let reads = |digits: &usize| {
        let rounded = number::significant(value / unit, *digits).parse().unwrap_or(value);
        holds(verdict.comparison, rounded * unit, verdict.bound) == verdict.met
    };
    number::bytes_to(value, (3..9).find(reads).unwrap_or(9))
}

/// An amount in dollars, with as many decimals as it takes.
fn dollars(verdict: &Verdict, value: f64) -> String {
    let amount = number::usd_of(value);
    let usual = if value < 1.0 { 4 } else { 2 };
    let reads = |decimals: &u32| {
        let rounded = amount.decimal(*decimals).parse().unwrap_or(value);
        holds(verdict.comparison, rounded, verdict.bound) == verdict.met
    };
    match [usual, 4, 6].into_iter().find(reads) {
        Some(decimals) if decimals != usual => number::money_to(amount, decimals),
        _ => number::money(amount),
    }
}

/// Whether the value rounded to so many digits compares with its bound as the exact one does.
fn reads_as_judged(verdict: &Verdict, value: f64, digits: usize) -> bool {
    let rounded = number::significant(value, digits).parse().unwrap_or(value);
    holds(verdict.comparison, rounded, verdict.bound) == verdict.met
}
