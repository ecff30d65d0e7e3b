//! Metrics: every name a user may write in `[slo]` or meet in a table.

mod registry;
mod unit;

pub use self::registry::REGISTRY;
pub use self::unit::{Statistic, Unit};

use crate::model::plan::ConsumerKind;

/// One measurable quantity of a run, with what it is about.
#[derive(Clone, Debug, PartialEq)]
pub enum Metric {
    /// Records offered a second.
    WriteOffered,
    /// Entries sent a second, retries included.
    WriteAttempts,
    /// Records stored a second.
    WriteAccepted,
    /// Refused attempts over attempts (D2).
    WriteThrottled,
    /// Entries that failed within the service over attempts.
    WriteFailed,
    /// Stored over what all shards could have taken, by records or bytes, whichever is larger.
    WriteUtilization,
    /// Birth to the answer that tells of storage, retries included.
    WriteLatency(Statistic),
    /// Records given up.
    RecordsLost,
    /// Calls made to KMS for encrypted streams, about (KDS-K02).
    KmsCalls,
    /// Age of a call's last record at hand-over (D12). The consumer's place in declaration order.
    IteratorAge(usize, Statistic),
    /// Birth to the end of processing.
    ReadLatency(usize, Statistic),
    /// `MillisBehindLatest` of answers and events.
    MillisBehindLatest(usize, Statistic),
    /// Records waiting: `Max` over interval ends, or `End`.
    Backlog(usize, Statistic),
    /// Refused GetRecords calls over all calls.
    ReadThrottled(usize),
    /// Attempts to process a batch that failed.
    FailedAttempts(usize),
    /// Longest time after a fault until the consumer was where it was before.
    CatchUp(usize),
    /// Bytes of a delivery stream's objects, before compression.
    ObjectSize(usize, Statistic),
    /// Its objects an hour.
    Objects(usize),
    /// Age of an object's oldest record at delivery (FH-97).
    Freshness(usize, Statistic),
    /// Tries of a transformation that failed, over all.
    TransformErrors(usize),
    /// Records that a transformation dropped.
    Dropped(usize),
    /// Records in the error output.
    ErrorOutput(usize),
    /// What a function did. The consumer's place in declaration order.
    Function(usize, FunctionMetric),
    /// How often an alarm was raised. Its place in declaration order.
    AlarmFired(usize),
    /// When it was raised first.
    AlarmFirst(usize),
    /// How long it was raised, all together.
    AlarmTime(usize),
    /// What the run costs.
    CostRun,
    /// What a month like the run costs, or one line of its bill.
    CostMonth(Option<CostItem>),
    /// A metric of streams, of one alone. Its place in declaration order.
    OfStream(usize, Box<Metric>),
}

/// What is measured of a function.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum FunctionMetric {
    /// Invocations at a time.
    Concurrency(Statistic),
    /// Invocations begun.
    Invocations,
    /// Invocations that failed over all.
    Errors,
    /// Tries to invoke it that were throttled.
    Throttles,
    /// Records given up.
    Discarded,
    /// From the start of an invocation in its environment to its answer.
    Duration(Statistic),
}

/// What paths may name, in order of declaration.
#[derive(Clone, Copy, Debug, Default)]
pub struct Names<'a> {
    /// The streams.
    pub streams: &'a [String],
    /// All consumers.
    pub readers: &'a [String],
    /// Of which kind each is.
    pub kinds: &'a [ConsumerKind],
    /// The alarms.
    pub alarms: &'a [String],
}

/// One family of metrics in the registry.
#[derive(Clone, Copy, Debug)]
pub struct Family {
    /// How its paths are written; `NAME` is a stream's, reader's or alarm's name and `STAT` a
    /// statistic.
    pub pattern: &'static str,
    /// What it is measured in.
    pub unit: Unit,
    /// What it says, in a line.
    pub meaning: &'static str,
    kind: Kind,
    /// Statistics besides percentiles; empty where a path has none.
    statistics: &'static [&'static str],
    percentiles: bool,
}

/// What a family measures.
#[derive(Clone, Copy, Debug)]
enum Kind {
    WriteOffered,
    WriteAttempts,
    WriteAccepted,
    WriteThrottled,
    WriteFailed,
    WriteUtilization,
    WriteLatency,
    RecordsLost,
    IteratorAge,
    ReadLatency,
    MillisBehindLatest,
    Backlog,
    ReadThrottled,
    FailedAttempts,
    CatchUp,
    ObjectSize,
    Objects,
    Freshness,
    TransformErrors,
    Dropped,
    ErrorOutput,
    KmsCalls,
    Concurrency,
    Invocations,
    Errors,
    Throttles,
    Discarded,
    Duration,
    AlarmFired,
    AlarmFirst,
    AlarmTime,
    CostRun,
    CostMonth(Option<CostItem>),
}

/// A line of the bill of a provisioned stream, or of its consumers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CostItem {
    /// Open shards.
    ShardHours,
    /// PUT payload units.
    PayloadUnits,
    /// Consumers with enhanced fan-out on open shards.
    FanOutShardHours,
    /// What they are pushed.
    FanOutData,
    /// Retention above 24 h, up to 7 d.
    ExtendedRetention,
    /// Retention above 7 d.
    LongTermRetention,
    /// What is read when it is older than 7 d.
    LongTermRetrieval,
    /// Invocations of functions.
    LambdaRequests,
    /// Memory of functions over the time they ran.
    LambdaDuration,
    /// What Firehose takes in.
    FirehoseIngest,
    /// What of it becomes Parquet or ORC.
    FirehoseConversion,
    /// What it delivers by dynamic partitioning.
    FirehosePartitioning,
    /// Requests to S3 that write objects of Firehose.
    S3Requests,
}

/// Why a path is no metric.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PathError {
    /// No family is written so. The nearest paths, at most three.
    Unknown(Vec<String>),
    /// No consumer of this kind has this name.
    UnknownConsumer(ConsumerKind, String),
    /// No stream has this name.
    UnknownStream(String),
    /// No alarm has this name.
    UnknownAlarm(String),
    /// The family has no such statistic. Those it has.
    UnknownStatistic(String),
}

impl Metric {
    /// Reads a path such as `reader.fraud.iterator_age.p99`.
    ///
    /// # Errors
    /// Where no metric has this path.
    pub fn parse(path: &str, names: Names<'_>) -> Result<Self, PathError> {
        let mut near_miss = None;
        for family in &REGISTRY {
            match family.read(path, names) {
                Some(Ok(metric)) => return Ok(metric),
                Some(Err(error)) => near_miss = Some(error),
                None => {}
            }
        }
        Err(near_miss.unwrap_or_else(|| PathError::Unknown(nearest_paths(path, names))))
    }

    /// What it is measured in.
    #[must_use]
    pub fn unit(&self) -> Unit {
        match self {
            Self::WriteOffered | Self::WriteAttempts | Self::WriteAccepted => {
                Unit::RecordsPerSecond
            }
            Self::WriteThrottled
            | Self::WriteFailed
            | Self::WriteUtilization
            | Self::TransformErrors(_)
            | Self::ReadThrottled(_) => Unit::Share,
            Self::Dropped(_) | Self::ErrorOutput(_) => Unit::Given,
            Self::RecordsLost | Self::Backlog(..) => Unit::Count,
            Self::KmsCalls | Self::FailedAttempts(_) => Unit::Calls,
            Self::Function(_, metric) => metric.unit(),
            Self::AlarmFired(_) | Self::Objects(_) => Unit::Times,
            Self::ObjectSize(..) => Unit::Bytes,
            Self::WriteLatency(_)
            | Self::IteratorAge(..)
            | Self::ReadLatency(..)
            | Self::MillisBehindLatest(..)
            | Self::CatchUp(_)
            | Self::Freshness(..)
            | Self::AlarmFirst(_)
            | Self::AlarmTime(_) => Unit::Time,
            Self::CostRun | Self::CostMonth(_) => Unit::Money,
            Self::OfStream(_, metric) => metric.unit(),
        }
    }
}

impl FunctionMetric {
    /// What it is measured in.
    #[must_use]
    pub const fn unit(self) -> Unit {
        match self {
            Self::Concurrency(_) | Self::Invocations => Unit::Invocations,
            Self::Errors => Unit::Share,
            Self::Throttles => Unit::Calls,
            Self::Discarded => Unit::Given,
            Self::Duration(_) => Unit::Time,
        }
    }
}

impl Family {
    /// What may stand for `STAT` in its pattern: `p1 to p99.999, max, mean`. None where it has no
    /// such step.
    #[must_use]
    pub fn statistics(&self) -> Option<String> {
        let has_step = self.pattern.split('.').any(|step| step == "STAT");
        has_step.then(|| self.statistics_there_are())
    }

    /// Whether `path` is one of its metrics, whatever streams and readers there are.
    #[must_use]
    pub fn has(&self, path: &str) -> bool {
        let name = [path.split('.').nth(1).unwrap_or_default().to_owned()];
        let kind = [path.split('.').next().and_then(ConsumerKind::of).unwrap_or_default()];
        let names = Names { streams: &name, readers: &name, kinds: &kind, alarms: &name };
        matches!(self.read(path, names), Some(Ok(_)))
    }

    /// `path` as a metric of this family; `None` where it is of another.
    fn read(&self, path: &str, names: Names<'_>) -> Option<Result<Metric, PathError>> {
        let (mut rest, mut subject, mut statistic) = (path, Ok(0), Ok(Statistic::Max));
        let kind = self.kind_in(path);
        for (i, step) in self.pattern.split('.').enumerate() {
            if i > 0 {
                rest = rest.strip_prefix('.')?;
            }
            match step {
                // A statistic is all that is left: `p99.9` has a point of its own.
                "STAT" => {
                    let named = self.statistic(rest);
                    statistic = named.ok_or_else(|| self.statistics_there_are());
                    rest = "";
                }
                "NAME" => {
                    let list = self.subjects(names);
                    let of_kind =
                        |index: usize| kind.is_none() || names.kinds.get(index) == kind.as_ref();
                    if let Some((index, after)) = named(list, rest).filter(|it| of_kind(it.0)) {
                        (subject, rest) = (Ok(index), after);
                    } else {
                        let end = rest.find('.').unwrap_or(rest.len());
                        subject = Err(rest[..end].to_owned());
                        rest = &rest[end..];
                    }
                }
                _ if i == 0 && kind.is_some() => {
                    rest = &rest[rest.find('.').unwrap_or(rest.len())..];
                }
                _ => rest = rest.strip_prefix(step)?,
            }
        }
        if !rest.is_empty() {
            return None;
        }
        Some(match (subject, statistic) {
            (Err(name), _) if self.is_of_stream() => Err(PathError::UnknownStream(name)),
            (Err(name), _) if self.is_of_alarm() => Err(PathError::UnknownAlarm(name)),
            (Err(name), _) => Err(PathError::UnknownConsumer(kind.unwrap_or_default(), name)),
            (_, Err(there_are)) => Err(PathError::UnknownStatistic(there_are)),
            (Ok(stream), Ok(statistic)) if self.is_of_stream() => {
                Ok(Metric::OfStream(stream, Box::new(self.metric(0, statistic))))
            }
            (Ok(reader), Ok(statistic)) => Ok(self.metric(reader, statistic)),
        })
    }

    /// The kind of consumer that `path` names, where the family is of consumers and has that kind:
    /// what is said of a reader is said of all.
    fn kind_in(&self, path: &str) -> Option<ConsumerKind> {
        let own = self.pattern.split('.').next().and_then(ConsumerKind::of)?;
        let kind = path.split('.').next().and_then(ConsumerKind::of)?;
        (own == ConsumerKind::Reader || own == kind).then_some(kind)
    }

    fn is_of_stream(&self) -> bool {
        self.pattern.starts_with("stream.")
    }

    fn is_of_alarm(&self) -> bool {
        self.pattern.starts_with("alarm.")
    }

    /// What `NAME` in its pattern may stand for.
    fn subjects<'a>(&self, names: Names<'a>) -> &'a [String] {
        match self.pattern.split('.').next() {
            Some("stream") => names.streams,
            Some("alarm") => names.alarms,
            _ => names.readers,
        }
    }

    fn metric(&self, reader: usize, statistic: Statistic) -> Metric {
        let function = |metric| Metric::Function(reader, metric);
        match self.kind {
            Kind::WriteOffered => Metric::WriteOffered,
            Kind::WriteAttempts => Metric::WriteAttempts,
            Kind::WriteAccepted => Metric::WriteAccepted,
            Kind::WriteThrottled => Metric::WriteThrottled,
            Kind::WriteFailed => Metric::WriteFailed,
            Kind::WriteUtilization => Metric::WriteUtilization,
            Kind::WriteLatency => Metric::WriteLatency(statistic),
            Kind::RecordsLost => Metric::RecordsLost,
            Kind::IteratorAge => Metric::IteratorAge(reader, statistic),
            Kind::ReadLatency => Metric::ReadLatency(reader, statistic),
            Kind::MillisBehindLatest => Metric::MillisBehindLatest(reader, statistic),
            Kind::Backlog => Metric::Backlog(reader, statistic),
            Kind::ReadThrottled => Metric::ReadThrottled(reader),
            Kind::FailedAttempts => Metric::FailedAttempts(reader),
            Kind::CatchUp => Metric::CatchUp(reader),
            Kind::ObjectSize => Metric::ObjectSize(reader, statistic),
            Kind::Objects => Metric::Objects(reader),
            Kind::Freshness => Metric::Freshness(reader, statistic),
            Kind::TransformErrors => Metric::TransformErrors(reader),
            Kind::Dropped => Metric::Dropped(reader),
            Kind::ErrorOutput => Metric::ErrorOutput(reader),
            Kind::KmsCalls => Metric::KmsCalls,
            Kind::Concurrency => function(FunctionMetric::Concurrency(statistic)),
            Kind::Invocations => function(FunctionMetric::Invocations),
            Kind::Errors => function(FunctionMetric::Errors),
            Kind::Throttles => function(FunctionMetric::Throttles),
            Kind::Discarded => function(FunctionMetric::Discarded),
            Kind::Duration => function(FunctionMetric::Duration(statistic)),
            Kind::AlarmFired => Metric::AlarmFired(reader),
            Kind::AlarmFirst => Metric::AlarmFirst(reader),
            Kind::AlarmTime => Metric::AlarmTime(reader),
            Kind::CostRun => Metric::CostRun,
            Kind::CostMonth(item) => Metric::CostMonth(item),
        }
    }

    fn statistic(&self, text: &str) -> Option<Statistic> {
        match text {
            _ if self.statistics.contains(&text) => Some(match text {
                "max" => Statistic::Max,
                "end" => Statistic::End,
                _ => Statistic::Mean,
            }),
            _ if self.percentiles => percentile(text).map(Statistic::Percentile),
            _ => None,
        }
    }

    fn statistics_there_are(&self) -> String {
        let percentiles = if self.percentiles { "p1 to p99.999, " } else { "" };
        format!("{percentiles}{}", self.statistics.join(", "))
    }
}

/// Which of `names` the path `rest` begins with, and what follows. Names of streams may have points
/// in them: the longest that fits is meant.
fn named<'p>(names: &[String], rest: &'p str) -> Option<(usize, &'p str)> {
    let after = |name: &String| {
        let after = rest.strip_prefix(name.as_str())?;
        (after.is_empty() || after.starts_with('.')).then_some(after)
    };
    let fits = names.iter().enumerate().filter_map(|(i, name)| Some((i, after(name)?)));
    fits.min_by_key(|(_, after)| after.len())
}

/// How many of the first steps of `path` some metric begins with.
pub(super) fn known_steps(path: &str) -> usize {
    let matched = |family: &Family| {
        let steps = family.pattern.split('.').zip(path.split('.'));
        let is_kind = |step: &str| ConsumerKind::of(step).is_some();
        let fits = |(known, step): &(&str, &str)| {
            matches!(*known, "NAME" | "STAT")
                || known == step
                || (*known == "reader" && is_kind(step))
        };
        steps.take_while(fits).count()
    };
    REGISTRY.iter().map(matched).max().unwrap_or(0)
}

/// `p50` to 50; from p1 to p99.999 with at most three decimals.
fn percentile(text: &str) -> Option<f64> {
    let digits = text.strip_prefix('p')?;
    let plain = digits.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let decimals = digits.split_once('.').map_or(0, |(_, part)| part.len());
    let percent: f64 = digits.parse().ok()?;
    (plain && decimals <= 3 && (1.0..=99.999).contains(&percent)).then_some(percent)
}

/// Paths there are, nearest to `path` first.
fn nearest_paths(path: &str, names: Names<'_>) -> Vec<String> {
    let written = path.rsplit('.').next().unwrap_or_default();
    let mut ranked: Vec<(usize, String)> = Vec::new();
    for family in &REGISTRY {
        let statistic = match family.statistic(written) {
            Some(_) => written,
            None if family.percentiles => "p99",
            None => family.statistics.first().copied().unwrap_or_default(),
        };
        let pattern = family.pattern.replace("STAT", statistic);
        let named = pattern.contains("NAME");
        let list = family.subjects(names);
        // Of one stream alone nobody asks for it by name.
        let list = if family.is_of_stream() && list.len() < 2 { &[] } else { list };
        let own = family.pattern.split('.').next().and_then(ConsumerKind::of);
        let paths: Vec<String> = if let Some(own) = own {
            let all = list.iter().zip(names.kinds).take(20);
            let all = all.filter(|it| own == ConsumerKind::Reader || own == *it.1);
            let below = pattern.split_once('.').map_or("", |(_, below)| below);
            all.map(|(name, kind)| format!("{}.{}", kind.name(), below.replace("NAME", name)))
                .collect()
        } else if named {
            list.iter().take(20).map(|name| pattern.replace("NAME", name)).collect()
        } else {
            vec![pattern]
        };
        for path_there in paths {
            ranked.push((strsim::damerau_levenshtein(path, &path_there), path_there));
        }
    }
    ranked.sort();
    ranked.into_iter().take(3).map(|(_, path)| path).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_reads_as_its_own_unit() {
        let list = ["fraud".to_owned()];
        for family in &REGISTRY {
            let kind = family.pattern.split('.').next().and_then(ConsumerKind::of);
            let kinds = [kind.unwrap_or_default()];
            let names = Names { streams: &list, readers: &list, kinds: &kinds, alarms: &list };
            for statistic in ["p99", "max"] {
                let path = family.pattern.replace("NAME", "fraud").replace("STAT", statistic);
                if statistic == "max" || family.percentiles {
                    let metric = Metric::parse(&path, names).expect(&path);
                    assert_eq!(metric.unit(), family.unit, "{path}");
                }
            }
        }
    }

    #[test]
    fn a_family_knows_its_paths_whatever_the_reader_is_called() {
        let families = |path: &str| REGISTRY.iter().filter(|family| family.has(path)).count();
        assert_eq!(families("reader.anybody.iterator_age.p99.9"), 1);
        assert_eq!(families("write.latency.max"), 1);
        assert_eq!(families("reader.anybody.iterator_age.p0"), 0);
        assert_eq!(families("write.latency"), 0);
        assert_eq!(REGISTRY[0].statistics(), None);
        assert_eq!(REGISTRY[6].statistics().as_deref(), Some("p1 to p99.999, max, mean"));
    }

    #[test]
    fn what_is_said_of_functions_is_said_of_no_reader() {
        let readers = ["a".to_owned(), "b".to_owned()];
        let kinds = [ConsumerKind::Reader, ConsumerKind::Lambda];
        let names = Names { readers: &readers, kinds: &kinds, ..Names::default() };
        let parse = |path: &str| Metric::parse(path, names);
        let mean = FunctionMetric::Concurrency(Statistic::Mean);
        assert_eq!(parse("lambda.b.concurrency.mean"), Ok(Metric::Function(1, mean)));
        let discarded = Metric::Function(1, FunctionMetric::Discarded);
        assert_eq!(parse("lambda.b.discarded"), Ok(discarded));
        assert_eq!(
            parse("lambda.b.concurrency.p99"),
            Err(PathError::UnknownStatistic("max, mean".to_owned()))
        );
        assert_eq!(
            parse("lambda.a.invocations"),
            Err(PathError::UnknownConsumer(ConsumerKind::Lambda, "a".to_owned()))
        );
        let Err(PathError::Unknown(near)) = parse("reader.a.invocations") else {
            panic!("no reader is invoked");
        };
        assert_eq!(near[0], "lambda.b.invocations");
    }

    #[test]
    fn percentiles_go_from_one_to_five_nines() {
        let readers = ["a".to_owned(), "b".to_owned()];
        let parse = |path: &str| {
            Metric::parse(
                path,
                Names {
                    readers: &readers,
                    kinds: &[ConsumerKind::Reader, ConsumerKind::Lambda],
                    ..Names::default()
                },
            )
        };
        assert_eq!(
            parse("lambda.b.iterator_age.p99.9"),
            Ok(Metric::IteratorAge(1, Statistic::Percentile(99.9)))
        );
        assert_eq!(
            parse("write.latency.p99.999"),
            Ok(Metric::WriteLatency(Statistic::Percentile(99.999)))
        );
        for bad in ["p0", "p100", "p99.9999", "p-5", "p1e1", "end", "", "p"] {
            assert_eq!(
                parse(&format!("write.latency.{bad}")),
                Err(PathError::UnknownStatistic("p1 to p99.999, max, mean".to_owned())),
                "{bad}"
            );
        }
    }

    #[test]
    fn a_misspelt_path_finds_its_neighbours() {
        let Err(PathError::Unknown(near)) = Metric::parse("write.throtled", Names::default())
        else {
            panic!("no metric is written so");
        };
        assert_eq!(near[0], "write.throttled");
        assert_eq!(near.len(), 3);
        assert_eq!(
            Metric::parse("reader.x.backlog.max", Names::default()),
            Err(PathError::UnknownConsumer(ConsumerKind::Reader, "x".to_owned()))
        );
    }

    #[test]
    fn names_of_streams_may_have_points() {
        let streams = ["orders".to_owned(), "orders.v2".to_owned()];
        let names = Names { streams: &streams, ..Names::default() };
        let parse = |path: &str| Metric::parse(path, names);
        let of = |stream| Ok(Metric::OfStream(stream, Box::new(Metric::WriteThrottled)));
        assert_eq!(parse("stream.orders.write.throttled"), of(0));
        assert_eq!(parse("stream.orders.v2.write.throttled"), of(1));
        assert_eq!(parse("write.throttled"), Ok(Metric::WriteThrottled));
        assert_eq!(
            parse("stream.clicks.write.throttled"),
            Err(PathError::UnknownStream("clicks".to_owned()))
        );
    }
}
