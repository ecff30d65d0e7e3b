//! Findings: what a user should know about a run, as data. The report layer puts them in words.
//!
//! A finding is stated only where the numbers of the run show it. Codes are stable and never used
//! for anything else.

mod absorbed;

mod blind;
mod blocked;
mod burst;
mod direct;
mod discarded;
mod function;
mod gone;
mod hot;
mod key;
mod lane;
mod large;
mod late;
mod mode;
mod objects;
mod overshoot;
mod parting;
mod place;
mod planned;
mod reads;
mod refused;
mod retries;
mod slow;
mod small;
mod spare;
mod spread;
#[cfg(test)]
mod tests;
mod too_late;
mod unseen;

pub use absorbed::Unabsorbed;
pub use blind::{Blind, Harm};
pub use blocked::{Blocked, BlockedFunction};
pub use burst::Burst;
pub use direct::{Binding, DirectOver};
pub use discarded::{DiscardCause, Discarded};
pub use function::{ConcurrencyShort, Ender, SmallBatches};
pub use hot::{Enough, HotShard, HotShards, MainKey, Split, StreamFull};
pub use key::HotKey;
pub use lane::{Enough as LaneEnough, IdleLanes, KeyBound, LaneBound};
pub use late::{HeldBy, LateReader};
pub use mode::CheaperMode;
pub use objects::{Rounded, SmallObjects};
pub use overshoot::{Overshoot, Pair};
pub use place::place;
pub use planned::foresee;
pub use reads::{ReadBytes, ReadCalls};
pub use refused::{RefusedCalls, RefusedGroup};
pub use retries::Retries;
pub use slow::SlowReader;
pub use small::RecordsBound;
pub use spare::Spare;
pub use spread::{FewKeys, Flat};
pub use too_late::TooLate;
pub use unseen::{Hidden, Unseen};

use crate::experiment::key_map::{KeyMap, Offer};
use crate::experiment::key_shares::drifts;
use crate::experiment::load::StreamLoad;
use crate::experiment::outcome::{LossCause, Outcome, StreamOutcome};
use crate::model::cold::AGE_PARTS;
use crate::model::events::ActionKind;
use crate::model::plan::{IntakePlan, Plan, StreamMode};
use crate::scenario::problem::Path;
use crate::scenario::{Scenario, UncertainInput};

/// One finding.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// How much it matters.
    pub severity: Severity,
    /// The stream or consumer it is about; empty where it is about the whole run.
    pub subject: String,
    /// What was found.
    pub evidence: Evidence,
}

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Records are lost.
    Error,
    /// A limit is exceeded.
    Warning,
    /// Something to bear in mind.
    Note,
}

/// What was found, with the numbers that show it.
#[derive(Clone, Debug, PartialEq)]
pub enum Evidence {
    /// K801: records passed the retention period before a consumer was handed them.
    Expired {
        /// How many.
        records: u64,
        /// Records stored in its stream, before the run and in it.
        stored: u64,
        /// When the first did (s).
        first_s: Option<f64>,
        /// `RetentionPeriodHours` (s).
        retention_s: f64,
    },
    /// K101: some shards are offered more than their limit while others have room.
    HotShards(HotShards),
    /// K108: the stream is offered more than its shards can take, however it is spread.
    StreamFull(StreamFull),
    /// K102: records are so small that their number fills a shard long before their bytes do.
    RecordsBound(RecordsBound),
    /// K103: single seconds exceed a limit that the minute around them does not.
    Burst(Burst),
    /// K109: more records are larger than 1 MiB than AWS advises (KDS-W26).
    LargeRecords {
        /// Their part of all records.
        share: f64,
    },
    /// K104: what is refused is sent again, on top of what is new.
    Retries(Retries),
    /// K105: some shards can never receive a record.
    FewKeys(FewKeys),
    /// K106: more shards do not take load off the busiest one.
    Flat(Flat),
    /// K201: readers ask a shard for more calls than it answers.
    ReadCalls(ReadCalls),
    /// K202: readers ask a shard for more bytes than it gives out.
    ReadBytes(ReadBytes),
    /// K203: shards that are never needed.
    Spare(Spare),
    /// K204: a reader cannot process as fast as records arrive.
    SlowReader(SlowReader),
    /// K301: more comes to a lane of a function than it takes.
    LaneBound(LaneBound),
    /// K302: one key brings more than a lane takes.
    KeyBound(KeyBound),
    /// K303: lanes that are not needed.
    IdleLanes(IdleLanes),
    /// K304: fewer invocations at a time than lanes.
    ConcurrencyShort(ConcurrencyShort),
    /// K305: batches never come near their size.
    SmallBatches(SmallBatches),
    /// K501: the interval closes buffers of Firehose long before their size hint is reached.
    SmallObjects(SmallObjects),
    /// K502: more is put to Firehose than its limits let in.
    DirectOver(DirectOver),
    /// K503: Firehose bills for many times the bytes of records.
    Rounded(Rounded),
    /// K601: calls for other shards were refused.
    RefusedCalls(RefusedCalls),
    /// K602: an autoscaler did not wait for what it asked for.
    Overshoot(Overshoot),
    /// K603: more capacity came after a limit had been reached.
    TooLate(TooLate),
    /// K604: in on-demand mode more came than the shards could take.
    Unabsorbed(Unabsorbed),
    /// K606: an autoscaler did not see what was refused.
    Unseen(Unseen),
    /// K605: an alarm was not raised although something went wrong.
    BlindAlarm(Blind),
    /// K802: a record that a reader could not digest blocked a shard.
    Blocked(Blocked),
    /// K804: a reader was not current again in time after a fault.
    LateReader(LateReader),
    /// K803: a producer gave records up.
    Lost {
        /// How many.
        records: u64,
        /// Their bytes.
        bytes: u64,
        /// Records it offered.
        offered: u64,
        /// Why.
        cause: LossCause,
        /// Attempts it makes in all.
        attempts: u32,
    },
    /// K803: a mapping gave records up.
    Discarded(Discarded),
    /// K701: the same traffic costs less in another mode.
    CheaperMode(CheaperMode),
    /// K902: what waited long in quanta was joined, so that its moments are known less well.
    Joined {
        /// Shards on which it was.
        shards: u64,
        /// Shards there are.
        of: u64,
        /// The longest time over which joined records are spread (s).
        longest_s: f64,
        /// Of the age of what is joined, no moment is off by more than this part.
        age_share: f64,
    },
    /// K903: inputs are uncertain, and the middle of each was taken.
    Uncertain {
        /// Where the first of them stands.
        place: Path,
        /// Each with what is known of it and the value taken.
        inputs: Vec<(String, String, String)>,
    },
    /// K901: the result rests on constants no source settles.
    Assumed {
        /// Ids of the facts.
        ids: Vec<&'static str>,
    },
}

impl Evidence {
    /// The finding's code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::HotShards(_) => "K101",
            Self::RecordsBound(_) => "K102",
            Self::Burst(_) => "K103",
            Self::Retries(_) => "K104",
            Self::FewKeys(_) => "K105",
            Self::Flat(_) => "K106",
            Self::StreamFull(_) => "K108",
            Self::LargeRecords { .. } => "K109",
            Self::ReadCalls(_) => "K201",
            Self::ReadBytes(_) => "K202",
            Self::Spare(_) => "K203",
            Self::SlowReader(_) => "K204",
            Self::LaneBound(_) => "K301",
            Self::KeyBound(_) => "K302",
            Self::IdleLanes(_) => "K303",
            Self::ConcurrencyShort(_) => "K304",
            Self::SmallBatches(_) => "K305",
            Self::SmallObjects(_) => "K501",
            Self::DirectOver(_) => "K502",
            Self::Rounded(_) => "K503",
            Self::RefusedCalls(_) => "K601",
            Self::Overshoot(_) => "K602",
            Self::TooLate(_) => "K603",
            Self::Unabsorbed(_) => "K604",
            Self::Unseen(_) => "K606",
            Self::BlindAlarm(_) => "K605",
            Self::CheaperMode(_) => "K701",
            Self::Expired { .. } => "K801",
            Self::Blocked(_) => "K802",
            Self::Lost { .. } | Self::Discarded(_) => "K803",
            Self::LateReader(_) => "K804",
            Self::Assumed { .. } => "K901",
            Self::Joined { .. } => "K902",
            Self::Uncertain { .. } => "K903",
        }
    }

    /// Whether it says that no number of shards holds what is offered.
    fn no_number_helps(&self) -> bool {
        match self {
            Self::HotShards(hot) => hot.key_alone.is_some() || (hot.placed && hot.enough.is_none()),
            Self::StreamFull(full) => full.key_alone.is_some(),
            _ => false,
        }
    }
}

/// Whether what a finding is about is no function that changes in the run: what it is set to at the
/// beginning says nothing then.
fn is_steady(plan: &Plan, finding: &Finding) -> bool {
    let mut readers = plan.readers.iter();
    let number = readers.position(|reader| reader.name == finding.subject);
    number.is_none_or(|number| !plan.changes_lambda(number))
}

/// Whether the number of a stream's shards is to change in a run: by the service, an autoscaler, or
/// its operators.
#[must_use]
pub fn is_scaled(plan: &Plan, index: usize) -> bool {
    let reshards =
        |kind: &ActionKind| matches!(kind, ActionKind::Reshard { stream, .. } if *stream == index);
    plan.streams.get(index).is_some_and(|stream| stream.mode == StreamMode::OnDemand)
        || plan.scalers.iter().any(|scaler| scaler.stream == index)
        || plan.actions.iter().any(|action| reshards(&action.kind))
}

/// How much what was found matters.
fn severity(evidence: &Evidence) -> Severity {
    match evidence {
        Evidence::Expired { .. } | Evidence::Lost { .. } => Severity::Error,
        Evidence::Discarded(it) if !it.on_failure => Severity::Error,
        Evidence::ConcurrencyShort(it) if !it.binds() => Severity::Note,
        Evidence::FewKeys(few) if few.keys >= few.shards as usize => Severity::Note,
        Evidence::Spare(_)
        | Evidence::IdleLanes(_)
        | Evidence::SmallBatches(_)
        | Evidence::Rounded(_)
        | Evidence::CheaperMode(_)
        | Evidence::Assumed { .. }
        | Evidence::Uncertain { .. }
        | Evidence::Joined { .. } => Severity::Note,
        _ => Severity::Warning,
    }
}

/// All findings of a run: worst first, then by code, then in order of declaration.
#[must_use]
pub fn find(scenario: &Scenario, outcome: &Outcome) -> Vec<Finding> {
    let mut findings = gone::expired(scenario, outcome);
    findings.extend(gone::lost(scenario, outcome));
    findings.extend(discarded::find(scenario, outcome));
    for (index, stream) in outcome.streams.iter().enumerate() {
        if stream.direct {
            // It has no shards, and nobody polls it.
            findings.extend(direct::find(scenario, outcome, index));
            continue;
        }
        findings.extend(large::find(scenario, outcome, index));
        findings.extend(joined(stream));
        let of_calls = of_calls(scenario, outcome, index);
        findings.extend(of_calls.into_iter().map(|evidence| Finding {
            severity: severity(&evidence),
            subject: stream.name.clone(),
            evidence,
        }));
        let Some(load) = StreamLoad::new(scenario, outcome, index) else { continue };
        let of_stream = of_stream(scenario, outcome, index, &load);
        findings.extend(of_stream.into_iter().map(|evidence| Finding {
            severity: severity(&evidence),
            subject: stream.name.clone(),
            evidence,
        }));
        findings.extend(slow::find(scenario, outcome, index, &load));
        let of_functions = function::find(scenario, outcome, index, &load);
        findings.extend(of_functions.into_iter().filter(|it| is_steady(&scenario.plan, it)));
    }
    for (subject, blocked) in blocked::find(scenario, outcome) {
        let evidence = Evidence::Blocked(blocked);
        findings.push(Finding { severity: Severity::Warning, subject, evidence });
    }
    for (subject, blind) in blind::find(scenario, outcome) {
        let evidence = Evidence::BlindAlarm(blind);
        findings.push(Finding { severity: Severity::Warning, subject, evidence });
    }
    for (subject, late) in late::find(scenario, outcome) {
        let evidence = Evidence::LateReader(late);
        findings.push(Finding { severity: Severity::Warning, subject, evidence });
    }
    findings.extend(objects::find(scenario, outcome));
    if let Some(cheaper) = mode::find(scenario, outcome) {
        let (evidence, subject) = (Evidence::CheaperMode(cheaper), String::new());
        findings.push(Finding { severity: Severity::Note, subject, evidence });
    }
    if !scenario.assumptions.is_empty() {
        let evidence = Evidence::Assumed { ids: scenario.assumptions.clone() };
        findings.push(Finding { severity: Severity::Note, subject: String::new(), evidence });
    }
    findings.extend(uncertain(scenario));
    findings.sort_by_key(|finding| (finding.severity, finding.evidence.code()));
    findings
}

/// That inputs of a scenario are uncertain, where some are.
#[must_use]
pub fn uncertain(scenario: &Scenario) -> Option<Finding> {
    let place = scenario.uncertain.first()?.place.clone();
    let input = |it: &UncertainInput| (it.path.clone(), it.text.clone(), it.value().to_owned());
    let inputs = scenario.uncertain.iter().map(input).collect();
    let evidence = Evidence::Uncertain { place, inputs };
    Some(Finding { severity: Severity::Note, subject: String::new(), evidence })
}

fn joined(stream: &StreamOutcome) -> Option<Finding> {
    let evidence = Evidence::Joined {
        shards: stream.joined_shards,
        of: stream.shards.len() as u64,
        longest_s: stream.joined.longest.as_s(),
        age_share: 1.0 / AGE_PARTS as f64,
    };
    let (severity, subject) = (severity(&evidence), stream.name.clone());
    (stream.joined_shards > 0).then_some(Finding { severity, subject, evidence })
}

/// What is to be said of calls that change shards, whenever they were made.
fn of_calls(scenario: &Scenario, outcome: &Outcome, index: usize) -> Vec<Evidence> {
    let refused = refused::find(outcome, index).map(Evidence::RefusedCalls);
    let overshoot = overshoot::find(&scenario.plan, outcome, index).map(Evidence::Overshoot);
    refused.into_iter().chain(overshoot).collect()
}

/// Whether capacity came as it was needed.
fn of_capacity(
    scenario: &Scenario,
    outcome: &Outcome,
    index: usize,
    load: &StreamLoad,
) -> Vec<Evidence> {
    let late = too_late::find(outcome, index, load).map(Evidence::TooLate);
    let unabsorbed = absorbed::find(scenario, outcome, index, load).map(Evidence::Unabsorbed);
    let unseen = unseen::find(&scenario.plan, index, load).map(Evidence::Unseen);
    late.into_iter().chain(unabsorbed).chain(unseen).collect()
}

fn of_stream(
    scenario: &Scenario,
    outcome: &Outcome,
    index: usize,
    load: &StreamLoad,
) -> Vec<Evidence> {
    let plan = &scenario.plan;
    let hot = hot::find(scenario, outcome, index, load);
    let hot_shards = hot.as_ref().map_or(&[][..], |(_, shards)| shards);
    let burst = burst::find(load, hot_shards).map(|(mut burst, worst)| {
        let keys = key::keys_on(scenario, outcome, index, &[worst]);
        burst.key_alone = burst::key_alone(load, worst, burst.busiest_second, keys);
        burst.large_records = large::may_be(plan, index);
        burst.no_number = hot.as_ref().is_some_and(|(evidence, _)| evidence.no_number_helps());
        Evidence::Burst(burst)
    });
    let mut found = of_capacity(scenario, outcome, index, load);
    // K604 says all that K108 does, and more.
    let told = |it: &Evidence| matches!(it, Evidence::Unabsorbed(_));
    let is_told = found.iter().any(told) && plan.streams[index].mode == StreamMode::OnDemand;
    let hot = hot.map(|(evidence, _)| evidence);
    found.extend(hot.filter(|it| !is_told || !matches!(it, Evidence::StreamFull(_))));
    found.extend(burst);
    let (fullest, records, bytes) = fullest(load);
    let limits = (load.stream.limit_records_per_s, load.stream.limit_bytes_per_s);
    found.extend(small::find(records, bytes, limits).map(Evidence::RecordsBound));
    found.extend(retries::find(load).map(Evidence::Retries));
    let offered: Vec<f64> =
        outcome.producers.iter().map(|it| it.write.offered_records as f64).collect();
    // Where keys change, their mean is true of no time.
    let is_steady = !drifts(plan, index);
    // These speak of a number of shards that stays.
    let is_fixed = !load.changes();
    let placement = if is_steady { KeyMap::new(plan, index, &offered) } else { None };
    if let Some(placement) = placement.as_ref().filter(|_| is_fixed) {
        let shards = plan.streams[index].shard_count;
        let weigh =
            |offer: &Offer| (offer.records / limits.0 as f64).max(offer.bytes / limits.1 as f64);
        found.extend(spread::few_keys(placement, shards).map(Evidence::FewKeys));
        found.extend(spread::flat(placement, plan, index, fullest, weigh).map(Evidence::Flat));
    }
    let spare = spare::find(plan, outcome, index, load, placement.as_ref());
    found.extend(spare.map(Evidence::Spare));
    found.extend(of_reads(scenario, outcome, index, load));
    found
}

/// The most any shard is offered in a minute: as a part of its limit, and records and bytes [/s].
fn fullest(load: &StreamLoad) -> (f64, f64, f64) {
    let mut most = (0.0, 0.0, 0.0);
    for window in &load.windows {
        for (_, cell) in load.open_in(window) {
            if load.load(cell) > most.0 {
                let (records, bytes) = (cell.offered_records as f64, cell.offered_bytes as f64);
                most = (load.load(cell), records / cell.seconds, bytes / cell.seconds);
            }
        }
    }
    most
}

/// What readers were refused, and whether they ask for too many calls or too many bytes.
fn of_reads(
    scenario: &Scenario,
    outcome: &Outcome,
    index: usize,
    load: &StreamLoad,
) -> Vec<Evidence> {
    /// Below this share of refused calls nothing is said.
    const REFUSED_LEAST: f64 = 0.001;
    let plan = &scenario.plan;
    let readers = outcome.consumers.iter().filter(|consumer| consumer.stream == index);
    let (answered, refused) =
        readers.fold((0, 0), |sum, reader| (sum.0 + reader.calls, sum.1 + reader.throttled_calls));
    let share = refused as f64 / ((answered + refused) as f64).max(1.0);
    if share < REFUSED_LEAST {
        return Vec::new();
    }
    let stored = |shard: usize| {
        let cell = load.total(shard);
        (cell.accepted_records as f64 / cell.seconds, cell.accepted_bytes as f64 / cell.seconds)
    };
    let judged = (0..load.shards()).filter(|&shard| load.total(shard).seconds > 0.0);
    let stored: Vec<(f64, f64)> = judged.map(stored).collect();
    let idlest = stored.iter().map(|it| it.0).fold(f64::INFINITY, f64::min);
    let shards = load.mean_open().round() as u32;
    let readers = || plan.readers.iter();
    let polls: Vec<f64> = readers()
        .map(|reader| crate::experiment::forecast::polls(reader, shards, idlest))
        .collect();
    let demand = |reader: &crate::model::plan::ReaderPlan| {
        if matches!(reader.intake, IntakePlan::FanOut(_)) {
            return 0.0;
        }
        let capacity = crate::experiment::forecast::capacity(reader);
        let taken = |(records, bytes): &(f64, f64)| bytes * (capacity / records.max(1e-9)).min(1.0);
        stored.iter().map(taken).fold(0.0, f64::max)
    };
    let demands: Vec<f64> = readers().map(demand).collect();
    let calls = reads::calls(plan, index, &polls, Some(share)).map(Evidence::ReadCalls);
    let bytes = reads::bytes(plan, index, &demands, Some(share)).map(Evidence::ReadBytes);
    calls.into_iter().chain(bytes).collect()
}
