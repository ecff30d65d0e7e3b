//! The shards of a stream as ListShards or DescribeStream lists them (KDS-S05, KDS-S29).

use std::sync::Arc;

use serde::Deserialize;

use super::{InputProblem, shown, text};
use crate::model::hashing::{HashRange, shard_id};
use crate::model::plan::ShardPlan;
use crate::scenario::problem::with_commas;

/// Largest list of shards that is read (bytes).
const LIST_MAX: usize = 64 << 20;
/// Shards that may be listed, closed ones included.
const SHARDS_MAX: usize = 100_000;
/// Open shards a stream may have, as for `shard_count`.
const OPEN_MAX: usize = 20_000;

/// What a list of shards says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShardList {
    /// The open shards, in order of id: one at least. They own every hash key once.
    pub open: Arc<Vec<ShardPlan>>,
    /// Closed shards listed with them.
    pub closed: usize,
}

/// One answer, whole or a page of one.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Page {
    shards: Option<Vec<Listed>>,
    next_token: Option<String>,
    stream_description: Option<Description>,
    stream_description_summary: Option<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Description {
    shards: Vec<Listed>,
    #[serde(default)]
    has_more_shards: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Listed {
    shard_id: String,
    parent_shard_id: Option<String>,
    adjacent_parent_shard_id: Option<String>,
    hash_key_range: KeyRange,
    sequence_number_range: SequenceRange,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct KeyRange {
    starting_hash_key: String,
    ending_hash_key: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SequenceRange {
    /// Only closed shards have one (KDS-H11).
    ending_sequence_number: Option<String>,
}

/// Reads answers of ListShards or DescribeStream; pages of one stand one after the other.
///
/// # Errors
/// Where the file is no such answer, ends before its last page, is too large, or its open shards do
/// not own every hash key once (KDS-H04).
pub fn read_shards(bytes: &[u8]) -> Result<ShardList, InputProblem> {
    if bytes.len() > LIST_MAX {
        return Err(InputProblem::of_file("a list of shards has at most 64 MiB"));
    }
    let text = text::unpack(bytes)?;
    let listed = pages(&text)?;
    let mut shards = listed.iter().map(shard).collect::<Result<Vec<_>, _>>()?;
    shards.sort_by_key(|(shard, _)| shard.number);
    if let Some(pair) = shards.windows(2).find(|pair| pair[0].0.number == pair[1].0.number) {
        let id = shard_id(pair[0].0.number);
        return Err(InputProblem::of_file(format!("{id} is listed twice"))
            .with_help("write the pages of one answer into it, each once"));
    }
    check_parents(&shards)?;
    let closed = shards.iter().filter(|(_, open)| !open).count();
    let open: Vec<ShardPlan> =
        shards.into_iter().filter(|(_, open)| *open).map(|(shard, _)| shard).collect();
    if open.len() > OPEN_MAX {
        let (is, most) = (with_commas(open.len() as u64), with_commas(OPEN_MAX as u64));
        let message = format!("{is} open shards are listed; at most {most} are played");
        return Err(InputProblem::of_file(message));
    }
    check_tiling(&open)?;
    Ok(ShardList { open: Arc::new(open), closed })
}

/// The shards of all pages.
fn pages(text: &str) -> Result<Vec<Listed>, InputProblem> {
    let mut listed: Vec<Listed> = Vec::new();
    let mut more = false;
    for page in serde_json::Deserializer::from_str(text).into_iter::<Page>() {
        let page = page.map_err(|error| {
            let message = format!("this is no list of shards: {error}");
            InputProblem::at(error.line() as u64, message).with_help(HELP)
        })?;
        let shards = match (page.shards, page.stream_description) {
            (Some(shards), _) => {
                more = page.next_token.is_some();
                shards
            }
            (None, Some(description)) => {
                more = description.has_more_shards;
                description.shards
            }
            (None, None) => {
                let what = match page.stream_description_summary {
                    Some(_) => "a summary of a stream lists no shards",
                    None => "there is no list `Shards`",
                };
                return Err(InputProblem::of_file(what).with_help(HELP));
            }
        };
        listed.extend(shards);
        if listed.len() > SHARDS_MAX {
            let most = with_commas(SHARDS_MAX as u64);
            let message = format!("more than {most} shards are listed");
            return Err(InputProblem::of_file(message)
                .with_help("list the open ones: `--shard-filter Type=AT_LATEST`"));
        }
    }
    if more {
        let message = "the last page says that more shards follow";
        return Err(InputProblem::of_file(message)
            .with_help("write all pages of the answer into the file, one after the other"));
    }
    Ok(listed)
}

const HELP: &str = "write what `aws kinesis list-shards --stream-name NAME` prints into the file";

/// A shard, and whether it is open.
fn shard(listed: &Listed) -> Result<(ShardPlan, bool), InputProblem> {
    let parent = |id: &Option<String>| id.as_deref().map(number).transpose();
    let key = |text: &String| {
        // As the API writes it: digits alone.
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse::<u128>().ok().filter(|_| digits).ok_or_else(|| {
            let id = shown(&listed.shard_id);
            InputProblem::of_file(format!("{id} has the hash key {}", shown(text)))
                .with_help("hash keys are whole numbers from 0 to 2^128 - 1")
        })
    };
    let KeyRange { starting_hash_key, ending_hash_key } = &listed.hash_key_range;
    let range = HashRange { start: key(starting_hash_key)?, end: key(ending_hash_key)? };
    if range.end < range.start {
        let id = shown(&listed.shard_id);
        let message = format!("the hash keys of {id} end before they start");
        return Err(InputProblem::of_file(message));
    }
    let shard = ShardPlan {
        number: number(&listed.shard_id)?,
        range,
        parents: [parent(&listed.parent_shard_id)?, parent(&listed.adjacent_parent_shard_id)?],
    };
    Ok((shard, listed.sequence_number_range.ending_sequence_number.is_none()))
}

/// The number in an id (KDS-H07).
fn number(id: &str) -> Result<u32, InputProblem> {
    let digits = id.strip_prefix("shardId-").unwrap_or_default();
    digits.parse().ok().filter(|number| shard_id(*number) == id).ok_or_else(|| {
        InputProblem::of_file(format!("{} is not the id of a shard", shown(id)))
            .with_help("an id is `shardId-` and twelve digits, such as `shardId-000000000007`")
    })
}

/// A child stands where its parents are closed (KDS-S04). Parents past their retention are not
/// listed any more.
fn check_parents(shards: &[(ShardPlan, bool)]) -> Result<(), InputProblem> {
    for (shard, _) in shards {
        for parent in shard.parents.into_iter().flatten() {
            let known = shards.binary_search_by_key(&parent, |(shard, _)| shard.number);
            if known.is_ok_and(|place| shards[place].1) {
                let (child, parent) = (shard_id(shard.number), shard_id(parent));
                let message = format!("{parent} is open, but {child} names it as a parent");
                return Err(InputProblem::of_file(message)
                    .with_help("list the shards anew when no change is under way"));
            }
        }
    }
    Ok(())
}

/// Whether the open shards own every hash key once (KDS-H04).
fn check_tiling(open: &[ShardPlan]) -> Result<(), InputProblem> {
    let mut sorted: Vec<&ShardPlan> = open.iter().collect();
    sorted.sort_by_key(|shard| shard.range.start);
    let Some(first) = sorted.first() else {
        return Err(InputProblem::of_file("no open shard is listed").with_help(HELP));
    };
    let gap = |from: u128, to: u128| {
        let message = format!("no open shard owns the hash keys from {from} to {to}");
        Err(InputProblem::of_file(message)
            .with_help("list all open shards of the stream, when no change is under way"))
    };
    if first.range.start > 0 {
        return gap(0, first.range.start - 1);
    }
    for pair in sorted.windows(2) {
        let (end, start) = (pair[0].range.end, pair[1].range.start);
        if start <= end {
            let ids = (shard_id(pair[0].number), shard_id(pair[1].number));
            let to = end.min(pair[1].range.end);
            let message = format!("{} and {} both own hash keys {start} to {to}", ids.0, ids.1);
            return Err(InputProblem::of_file(message)
                .with_help("list the shards of one stream, when no change is under way"));
        }
        if start - end > 1 {
            return gap(end + 1, start - 1);
        }
    }
    match sorted.last().map_or(u128::MAX, |last| last.range.end) {
        u128::MAX => Ok(()),
        end => gap(end + 1, u128::MAX),
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    const HALF: u128 = 1 << 127;

    fn listed(id: &str, (start, end): (u128, u128), more: &str, closed: bool) -> String {
        let ending = if closed { ", \"EndingSequenceNumber\": \"49\"" } else { "" };
        format!(
            "{{\"ShardId\": \"{id}\", \"HashKeyRange\": {{\"StartingHashKey\": \"{start}\", \
             \"EndingHashKey\": \"{end}\"}}, \"SequenceNumberRange\": \
             {{\"StartingSequenceNumber\": \"48\"{ending}}}{more}}}"
        )
    }

    fn open(number: u32, range: (u128, u128)) -> String {
        listed(&shard_id(number), range, "", false)
    }

    fn answer(shards: &[String]) -> String {
        format!("{{\"Shards\": [{}]}}", shards.join(", "))
    }

    fn fault(shards: &[String]) -> String {
        read_shards(answer(shards).as_bytes()).unwrap_err().message
    }

    /// A stream that was split once in halves, and its upper half once more: the parents are
    /// closed, and what is open is a half and two quarters.
    #[test]
    fn closed_parents_are_told_from_open_children() {
        let child = |number, range, parent| {
            let parent = format!(", \"ParentShardId\": \"{}\"", shard_id(parent));
            listed(&shard_id(number), range, &parent, false)
        };
        let root = listed(&shard_id(0), (0, u128::MAX), "", true);
        let upper = listed(&shard_id(2), (HALF, u128::MAX), "", true);
        let quarter = HALF + HALF / 2;
        let pages = [
            answer(&[root, child(1, (0, HALF - 1), 0)]).replace("]}", "], \"NextToken\": \"t\"}"),
            answer(&[upper, child(4, (quarter, u128::MAX), 2), child(3, (HALF, quarter - 1), 2)]),
        ];
        let list = read_shards(pages.concat().as_bytes()).unwrap();
        let seen: Vec<_> = list.open.iter().map(|it| (it.number, it.parents[0])).collect();
        assert_eq!((seen, list.closed), (vec![(1, Some(0)), (3, Some(2)), (4, Some(2))], 2));
        // The same as DescribeStream answers.
        let described = format!("{{\"StreamDescription\": {}}}", pages[1]);
        assert!(read_shards(described.as_bytes()).unwrap_err().message.contains("from 0 to"));
        let unfinished = read_shards(pages[0].as_bytes()).unwrap_err();
        assert_eq!(unfinished.message, "the last page says that more shards follow");
    }

    #[test]
    fn open_shards_own_every_hash_key_once() {
        let all = u128::MAX;
        let cases: [(&[String], String); 7] = [
            (&[open(0, (1, all))], "no open shard owns the hash keys from 0 to 0".into()),
            (
                &[open(0, (0, HALF - 1))],
                format!("no open shard owns the hash keys from {HALF} to {all}"),
            ),
            (
                &[open(0, (0, 9)), open(1, (12, all))],
                "no open shard owns the hash keys from 10 to 11".into(),
            ),
            (
                &[open(0, (0, HALF)), open(7, (HALF, all))],
                format!(
                    "shardId-000000000000 and shardId-000000000007 both own hash keys {HALF} to \
                     {HALF}"
                ),
            ),
            (
                &[open(3, (0, all)), open(3, (0, all))],
                "shardId-000000000003 is listed twice".into(),
            ),
            (
                &[open(0, (5, 4))],
                "the hash keys of `shardId-000000000000` end before they start".into(),
            ),
            (&[], "no open shard is listed".into()),
        ];
        for (shards, message) in cases {
            assert_eq!(fault(shards), message);
        }
    }

    #[test]
    fn what_is_no_list_of_shards_is_told() {
        let message = |text: &str| read_shards(text.as_bytes()).unwrap_err().message;
        assert_eq!(message("{}"), "there is no list `Shards`");
        assert_eq!(
            message("{\"StreamDescriptionSummary\": {}}"),
            "a summary of a stream lists no shards"
        );
        assert!(message("[1, 2").starts_with("this is no list of shards"));
        let odd = listed("shard-1", (0, u128::MAX), "", false);
        assert_eq!(fault(&[odd]), "`shard-1` is not the id of a shard");
        let open_parent = ", \"ParentShardId\": \"shardId-000000000000\"";
        let child = listed(&shard_id(1), (0, u128::MAX), open_parent, false);
        assert_eq!(
            fault(&[open(0, (0, u128::MAX)), child]),
            "shardId-000000000000 is open, but shardId-000000000001 names it as a parent"
        );
    }

    #[test]
    fn long_lists_are_refused_past_their_limits() {
        let shards = |count: u32| -> Vec<String> {
            let last = u128::from(count) - 1;
            (0..count)
                .map(|i| {
                    let at = u128::from(i);
                    open(i, (at, if at == last { u128::MAX } else { at }))
                })
                .collect()
        };
        let most = read_shards(answer(&shards(20_000)).as_bytes()).unwrap();
        assert_eq!(most.open.len(), 20_000);
        assert_eq!(
            fault(&shards(20_001)),
            "20,001 open shards are listed; at most 20,000 are played"
        );
        let mut closed = String::from("{\"Shards\": [");
        for i in 0..=SHARDS_MAX as u32 {
            let comma = if i == 0 { "" } else { "," };
            write!(closed, "{comma}{}", listed(&shard_id(i), (0, 1), "", true)).unwrap();
        }
        let message = read_shards((closed + "]}").as_bytes()).unwrap_err().message;
        assert_eq!(message, "more than 100,000 shards are listed");
        let large = read_shards(&vec![b' '; LIST_MAX + 1]).unwrap_err().message;
        assert_eq!(large, "a list of shards has at most 64 MiB");
    }
}
