//! The rows of streams as they are, in the order of their ids.

use super::Fact;
use super::Grade::{Assumed, Code, Derived, Documented, Folklore, Reverse};

/// Everything known about writing, reading, hashing, retention, encryption, retries and
/// CloudWatch's metrics, and whatever else a constant or a rule of the model rests on.
pub(super) const ROWS: &[Fact] = facts! {
    checked "2026-11-20";

    // Alarms of CloudWatch.
    "CWA-01" Documented "1" "min" "CloudWatch User Guide, alarms"
        "Metrics of an AWS service come each minute; a period of an alarm is a multiple of it.";
    "CWA-02" Documented "1; 7" "d" "CloudWatch API PutMetricAlarm"
        "How far back an alarm may look: with periods below an hour, and from an hour on.";
    "CWA-03" Documented "" "" "CloudWatch User Guide, alarm evaluation"
        "An alarm is raised while so many of its most recent datapoints breach the threshold.";
    "CWA-04" Documented "" "" "CloudWatch User Guide, missing data"
        "Four treatments of missing data; they are used only where too few datapoints are there.";
    "CWA-05" Assumed "2" "periods" "chosen here"
        "Datapoints are looked for in so many periods more, as in an example of AWS.";
    "CWA-06" Assumed "1" "min" "chosen here"
        "How long after its period a datapoint is evaluated; reports say 1 to 5 minutes.";
    "CWA-07" Assumed "" "" "chosen here"
        "A period in which nothing was put, or no call was made, has no datapoint.";
    "CWA-08" Assumed "" "" "chosen here"
        "Periods begin with the run and are evaluated once each, at their end.";

    // Writes.
    "KDS-W01" Documented "1" "MiB/s" "API CreateStream"
        "A shard takes in this much, sustained; partition keys count.";
    "KDS-W02" Documented "1000" "records/s" "API PutRecord, PutRecords"
        "A shard takes in this many records; the limit hit first throttles.";
    "KDS-W03" Documented "" "" "Developer Guide, working with streams"
        "Limits belong to each shard, in either capacity mode; a stream's capacity is their sum.";
    "KDS-W04" Documented "" "" "FAQ"
        "Metered are the blob before base64 and the partition key, nothing else.";
    "KDS-W05" Assumed "" "" "chosen here"
        "A partition key is metered as its UTF-8 bytes.";
    "KDS-W06" Documented "1" "KiB" "Developer Guide, troubleshooting producers (2022)"
        "Metering rounds up: each record of PutRecord, the sum of a PutRecords call.";
    "KDS-W07" Assumed "1" "KiB" "chosen here"
        "The sum PutRecords rounds up is taken for each shard the call touches.";
    "KDS-W08" Documented "1024 to 10240" "KiB" "API CreateStream, UpdateMaxRecordSize"
        "Largest blob and key together; 1 MiB unless the stream is set to more."
        before "1 MB, fixed, until 2025-10-28; 50 KB until 2015";
    "KDS-W09" Documented "10485760" "bytes" "API PutRecord"
        "The largest blob of any stream; it may be empty."
        before "1,048,576 bytes until 2025-10-28";
    "KDS-W10" Documented "" "" "AWS Big Data Blog, 2025-10-28"
        "Changing the maximum record size keeps the stream UPDATING for seconds.";
    "KDS-W11" Documented "1 to 500" "records" "API PutRecordsRequestEntryList"
        "Records in a PutRecords call.";
    "KDS-W12" Documented "10" "MiB" "API PutRecords"
        "Blobs and keys of a PutRecords call together."
        before "5 MiB until 2025-10-28";
    "KDS-W13" Documented "1000" "calls/s" "Developer Guide, quotas (2022)"
        "PutRecord calls on a shard: the record limit again, as a call holds one record.";
    "KDS-W14" Documented "" "" "Developer Guide, quotas (2022)"
        "PutRecords has no call limit of its own.";
    "KDS-W15" Documented "" "" "API PutRecords"
        "Every record of a call is attempted; a failure stops none of the others.";
    "KDS-W16" Documented "" "" "API PutRecords"
        "A call answers 200 with one result for each record, in the order sent.";
    "KDS-W17" Documented "" "" "API PutRecordsResultEntry"
        "A record fails with ProvisionedThroughputExceededException or InternalFailure.";
    "KDS-W18" Documented "" "" "Developer Guide, producers with the SDK (2022)"
        "The message of a throttled record names shard, stream and account.";
    "KDS-W19" Documented "400" "" "API PutRecord"
        "A throttled PutRecord fails with ProvisionedThroughputExceededException.";
    "KDS-W20" Assumed "200" "" "chosen here"
        "A PutRecords call whose records are all throttled still answers 200.";
    "KDS-W21" Assumed "" "" "chosen here"
        "A call's records are judged in the order sent; a smaller one may pass after a refusal.";
    "KDS-W22" Assumed "" "" "chosen here"
        "A refused record uses up nothing of a limit.";
    "KDS-W23" Documented "" "" "API PutRecord"
        "A put can also fail for a missing stream, a bad argument, rights, keys or the service.";
    "KDS-W24" Assumed "" "" "chosen here"
        "A record or call that is too large is refused as a whole, before metering.";
    "KDS-W25" Documented "10" "MiB" "AWS Big Data Blog, 2025-10-28"
        "A shard is a tank: it may take a large record at once and then pays it back."
        before "no burst was documented until October 2025";
    "KDS-W26" Documented "1 to 2" "%" "AWS Big Data Blog, 2025-10-28; Developer Guide"
        "Large records share the tank with small ones and should stay rare.";
    "KDS-W27" Documented "" "" "Developer Guide, large records"
        "Large records do not raise the sustained limit.";
    "KDS-W28" Code "1000; 10485760" "records; bytes" "awslabs/amazon-kinesis-producer limiter.h"
        "AWS's own producer models a shard as two token buckets of this size."
        before "bytes: 1 MiB until 2025-10-27";
    "KDS-W29" Assumed "" "" "chosen here"
        "Enforcement below one second is not published: the enforcer is a choice.";
    "KDS-W30" Assumed "1000; 1 or 10" "records; MiB" "chosen here"
        "Token buckets by default; 10 MiB deep only where larger records are permitted.";
    "KDS-W31" Documented "10" "MiB/s" "API PutRecord"
        "One page calls this the limit of a shard; read here as the burst.";
    "KDS-W32" Documented "1" "ms" "API GetRecords"
        "The arrival timestamp is set on storing, without a promise of accuracy or order.";
    "KDS-W33" Code "100; 51200; 500; 150; 30000" "ms; B; records; %; ms"
        "awslabs/amazon-kinesis-producer default_config.properties"
        "The KPL's buffering, aggregation, collection, rate limit and time to live.";
    "KDS-W34" Documented "" "" "Developer Guide, KPL retries (2022)"
        "The KPL does not back off; its rate limiter alone holds failed records.";

    // Reads.
    "KDS-R01" Documented "5" "calls/s" "API GetRecords"
        "GetRecords calls on a shard, all pollers together.";
    "KDS-R02" Documented "2" "MiB/s" "API GetRecords"
        "Bytes pollers get out of a shard, all together.";
    "KDS-R03" Documented "10; 10000" "MiB; records" "API GetRecords"
        "The most a call returns.";
    "KDS-R04" Documented "2000" "records/s" "Developer Guide, quotas"
        "A record rate of reading that the call's own limit contradicts; not enforced."
        before "not printed in 2022";
    "KDS-R05" Documented "5" "s" "API GetRecords"
        "After an answer of 10 MiB further calls fail for this long.";
    "KDS-R06" Documented "1" "s" "API GetRecords"
        "Where throughput is short, calls fail for about this long.";
    "KDS-R07" Documented "" "" "API GetRecords"
        "A throttled call returns no data.";
    "KDS-R08" Assumed "2" "MiB/s" "chosen here"
        "The read limit is a bucket that may go into debt: a call passes while it is positive.";
    "KDS-R09" Assumed "5" "calls" "chosen here"
        "Throttled calls do not count; the call limit is a bucket this deep.";
    "KDS-R10" Documented "" "" "API GetRecords"
        "GetRecords never waits for data.";
    "KDS-R11" Documented "5" "calls/s" "API GetShardIterator"
        "GetShardIterator calls on a shard.";
    "KDS-R12" Documented "5" "min" "API GetShardIterator"
        "How long an iterator lives; then GetRecords raises ExpiredIteratorException.";
    "KDS-R13" Documented "5" "types" "API ShardIteratorType"
        "Where a reader can begin: sequence numbers, a moment, the horizon, the tip."
        before "no start at a time until 2016";
    "KDS-R14" Documented "" "" "API GetShardIteratorInput"
        "AT_TIMESTAMP gives the next later record; before the horizon, the horizon.";
    "KDS-R15" Documented "0 or more" "ms" "API GetRecordsOutput"
        "MillisBehindLatest is how far an answer is behind the tip.";
    "KDS-R16" Documented "" "" "API GetRecordsOutput, SubscribeToShardEvent"
        "The end of a closed shard names its children."
        before "children were not named until 2020";
    "KDS-R17" Documented "0" "s" "AWS News Blog; Developer Guide, low latency (2022)"
        "A record is readable as soon as its put is acknowledged."
        before "2 to 4 s until 2015";
    "KDS-R18" Documented "200; 1000" "ms" "Developer Guide, building consumers (2022)"
        "Average delay of one and of five polling consumers.";
    "KDS-R19" Documented "70" "ms" "Developer Guide, building consumers (2022); FAQ"
        "Average delay with enhanced fan-out, however many consumers.";
    "KDS-R20" Derived "100" "ms" "KDS-R01, KDS-R18"
        "Arrivals at any time wait half an interval, n times this with n consumers.";
    "KDS-R21" Documented "1" "s" "Developer Guide, introduction"
        "Delay from put to get is typically less.";
    "KDS-R22" Documented "1" "1/s" "Developer Guide, low latency (2022)"
        "How often an application should poll a shard.";
    "KDS-R23" Code "1500" "ms" "awslabs/amazon-kinesis-client PollingConfig"
        "How long the KCL 3.x waits between two polls of a shard."
        before "1,000 ms in KCL 1.x and 2.x, and in the guide of 2022";
    "KDS-R24" Code "10000; 10; 60; 4" "records; s; s; answers" "awslabs/amazon-kinesis-client"
        "The KCL's records a call, failover, shard sync and prefetch.";
    "KDS-R25" Documented "1" "worker" "Developer Guide, scaling record processors (2022)"
        "A shard is processed by one worker of an application at a time.";
    "KDS-R26" Documented "2" "MiB/s" "API RegisterStreamConsumer; FAQ"
        "Enhanced fan-out: a pipe for each consumer and shard, apart from the pollers'.";
    "KDS-R27" Documented "20; 50" "consumers"
        "API RegisterStreamConsumer; AWS Big Data Blog, 2026-03-09"
        "Enhanced fan-out consumers of a stream; with On-demand Advantage."
        before "5 at launch in 2018";
    "KDS-R28" Documented "" "" "API CreateQueue"
        "Queues of on-demand streams share that quota.";
    "KDS-R29" Documented "5" "min" "API SubscribeToShard"
        "A subscription lives this long, then it is renewed.";
    "KDS-R30" Documented "1" "calls/s" "API SubscribeToShard"
        "SubscribeToShard calls of a consumer on a shard.";
    "KDS-R31" Documented "5" "s" "API SubscribeToShard"
        "A second subscription is refused sooner, and takes over later than this.";
    "KDS-R32" Documented "5; 5" "calls/s; consumers" "API RegisterStreamConsumer"
        "Registrations a second, and consumers in creation at once.";
    "KDS-R33" Assumed "20; 70; 100" "ms" "chosen here"
        "Events: at most a second of the pipe, a pace, a delay, a gap at renewal.";
    "KDS-R34" Documented "1" "1/s" "AWS workshop on serverless"
        "Managed pollers ask once a second, and all the time while behind.";
    "KDS-R35" Documented "2" "times" "Developer Guide, troubleshooting consumers (2022)"
        "A single poller can read twice what is written.";

    // Hashing, ids, order.
    "KDS-H01" Documented "1 to 256" "characters" "API PartitionKey"
        "Length of a partition key.";
    "KDS-H02" Documented "128" "bits" "API PutRecord; mhart/kinesalite"
        "A key's hash is the MD5 of its UTF-8 bytes as a big-endian number.";
    "KDS-H03" Documented "0 or 1 to 39" "digits" "API HashKey; mhart/kinesalite"
        "An explicit hash key, in decimal without leading zeros, replaces the hash.";
    "KDS-H04" Documented "" "" "API HashKeyRange"
        "The open shards tile the hash space; both ends of a range belong to it.";
    "KDS-H05" Reverse "" "" "mhart/kinesalite, etspaceman/kinesis-mock"
        "Ranges are 2^128/n wide, rounded down; the last takes the remainder.";
    "KDS-H06" Derived "" "" "KDS-H05"
        "Rounding each start instead would move it by less than n.";
    "KDS-H07" Documented "12" "digits" "API examples"
        "A shard id is shardId- and a padded counter that never repeats.";
    "KDS-H08" Reverse "" "" "mhart/kinesalite"
        "Children take the next numbers, the lower half first.";
    "KDS-H09" Documented "129" "digits" "API SequenceNumber"
        "Sequence numbers increase within a shard and mean nothing between shards.";
    "KDS-H10" Reverse "186" "bits" "mhart/kinesalite"
        "The layout inside a sequence number.";
    "KDS-H11" Reverse "" "" "mhart/kinesalite"
        "A closed shard ends with a sequence number of its own.";
    "KDS-H12" Documented "" "" "API PutRecord"
        "A shard is read in the order of arrival.";
    "KDS-H13" Documented "" "" "Developer Guide, duplicates (2022)"
        "Delivery is at least once: producers and consumers can both repeat.";
    "KDS-H14" Documented "" "" "API UpdateStreamRecordDistributionStrategy"
        "On-demand streams can spread records evenly whatever their keys."
        before "the key always decided until 2026";
    "KDS-H15" Documented "" "" "Developer Guide, producers with the SDK (2022)"
        "There should be many more keys than shards, none near a shard's limit.";

    // CloudWatch's metrics.
    "KDS-M01" Documented "" "bytes" "Developer Guide, CloudWatch (2022)"
        "IncomingBytes counts what was put successfully.";
    "KDS-M02" Documented "" "records" "Developer Guide, CloudWatch (2022)"
        "IncomingRecords counts records put successfully.";
    "KDS-M03" Documented "" "records" "Developer Guide, CloudWatch (2022)"
        "WriteProvisionedThroughputExceeded counts records refused by throttling.";
    "KDS-M04" Documented "" "" "Developer Guide, CloudWatch (2022)"
        "PutRecord.Bytes, .Latency and .Success are taken for each call.";
    "KDS-M05" Documented "" "" "Developer Guide, CloudWatch (2022)"
        "PutRecords.Bytes and .Latency are taken for each call.";
    "KDS-M06" Documented "" "calls" "Developer Guide, CloudWatch (2022)"
        "PutRecords.Success counts calls with at least one record stored.";
    "KDS-M07" Documented "" "records" "Developer Guide, CloudWatch (2022)"
        "PutRecords counts records sent, stored, failed and throttled apart.";
    "KDS-M08" Documented "" "records" "Developer Guide, CloudWatch (2022)"
        "PutRecords.Records gave way to SuccessfulRecords.";
    "KDS-M09" Documented "" "" "Developer Guide, CloudWatch (2022)"
        "GetRecords.Bytes and .Records count what was retrieved; Outgoing* for each shard.";
    "KDS-M10" Documented "" "ms" "Developer Guide, CloudWatch (2022)"
        "IteratorAgeMilliseconds is the age of the last record of a GetRecords call.";
    "KDS-M11" Documented "" "" "Developer Guide, CloudWatch (2022)"
        "GetRecords.Latency and .Success are taken for each call.";
    "KDS-M12" Documented "" "calls" "Developer Guide, CloudWatch (2022)"
        "ReadProvisionedThroughputExceeded counts GetRecords calls refused.";
    "KDS-M13" Documented "" "calls" "Developer Guide, CloudWatch (2022)"
        "SubscribeToShard.RateExceeded and .Success count subscriptions.";
    "KDS-M14" Documented "" "" "Developer Guide, CloudWatch (2022)"
        "SubscribeToShardEvent metrics are taken for each event pushed.";
    "KDS-M15" Documented "1" "min" "AWS re:Post, throttling"
        "Accepted and throttled together are what was offered; a minute's sum hides peaks.";
    "KDS-M16" Assumed "" "" "chosen here"
        "Only sums are printed: what a SampleCount of throttling counts is not defined.";

    // Rules of thumb for sizing, and what follows from the limits.
    "KDS-F01" Documented "1024; 2048" "KiB/s" "Developer Guide, sizing (2022)"
        "Shards by bytes in and bytes out, records rounded up to 1 KB; no count, no headroom.";
    "KDS-F02" Documented "1000; 2000" "KB/s" "FAQ"
        "The same in decimal kilobytes.";
    "KDS-F03" Documented "" "shards" "Developer Guide, sizing (2026)"
        "The same, rounded up to whole shards.";
    "KDS-F04" Derived "1000" "records/s" "KDS-W02"
        "With records a second over 1,000 as a third term.";
    "KDS-F05" Folklore "1; 2" "MB/s" "public courses"
        "A variant in megabytes.";
    "KDS-F06" Derived "" "" "KDS-R26"
        "Readers with enhanced fan-out do not count for bytes out.";
    "KDS-F07" Derived "5" "calls/s" "KDS-R01"
        "All who poll a shard share its calls, however many shards there are.";
    "KDS-F08" Documented "80" "%" "AWS Big Data Blog, 2016-11"
        "Act when records or bytes reach 80 % of what the shards may take.";
    "KDS-F09" Code "75; 25" "%" "aws-samples/kinesis-auto-scaling"
        "A scaler that doubles at 75 % over five minutes and halves below 25 %.";
    "KDS-F10" Code "75; 25" "%" "awslabs/amazon-kinesis-scaling-utils"
        "A scaler with thresholds and cool-off times of its own.";
    "KDS-F11" Derived "0.5; 500" "MB/s; records/s" "KDS-O04, KDS-O05"
        "Shards an on-demand stream needs: it splits at half of a shard's limit.";
    "KDS-F12" Documented "2" "" "Developer Guide, on-demand mode"
        "An on-demand stream takes twice its peak of 30 days, if growth is slow enough.";
    "KDS-F13" Derived "1; 1000" "MiB/s; records/s" "KDS-W01, KDS-W02"
        "One key has one shard: more than a shard takes needs more than one key.";
    "KDS-F14" Derived "51200" "bytes" "KDS-W33"
        "Aggregated records a second: the bytes over the size of an aggregate.";
    "KDS-F15" Derived "2" "MiB/s" "KDS-R02, KDS-R35"
        "One poller makes up an outage D at write rate w in D w / (2 - w).";
    "KDS-F16" Assumed "" "" "chosen here"
        "The console's and the price calculator's formulas are not published: not imitated.";

    // What other constants rest on.
    "KDS-T01" Documented "24" "h" "API DecreaseStreamRetentionPeriod"
        "Default and shortest retention.";
    "KDS-T02" Documented "8760" "h" "API IncreaseStreamRetentionPeriod"
        "Longest retention."
        before "7 days (168 hours) until November 2020";
    "KDS-T03" Documented "" "min" "API IncreaseStreamRetentionPeriod"
        "A longer retention saves what has not expired yet.";
    "KDS-T04" Documented "0" "s" "Developer Guide, extended retention (2022)"
        "A shorter one makes older records unreadable almost at once.";
    "KDS-T05" Documented "24; 168" "h" "FAQ; AWS pricing page"
        "Retention is included up to the first, extended up to the second, long-term beyond."
        before "no long-term retention until 2020";
    "KDS-T06" Documented "50" "%" "Developer Guide, troubleshooting consumers (2022)"
        "An age above this part of the retention calls for an alarm.";
    "KDS-T07" Documented "" "" "FAQ"
        "Retention changes how many closed shards are kept, not throughput.";
    "KDS-K01" Documented "5" "min" "Developer Guide, costs of encryption (2022); FAQ"
        "How often a data key is made, and KMS called.";
    "KDS-K02" Documented "12" "calls" "Developer Guide, costs of encryption (2022)"
        "KMS calls of an encrypted stream in five minutes, read at the tip.";
    "KDS-K03" Documented "" "" "Developer Guide, costs of encryption (2022)"
        "KMS calls grow with the credentials in use, and away from the tip.";
    "KDS-K04" Documented "100" "us" "Developer Guide, costs of encryption (2022)"
        "Encryption adds less than this to puts and gets.";
    "KDS-K05" Documented "" "" "API PutRecord, GetRecords"
        "What KMS can answer reaches the caller as errors.";
    "KDS-K06" Documented "5; 25" "s; changes" "API StartStreamEncryption"
        "When encryption takes effect, and how often it can be changed in a day.";
    "KDS-K07" Documented "256" "bits" "FAQ"
        "Data and key are encrypted, of records written from then on.";
    "KDS-K08" Assumed "0" "" "chosen here"
        "KMS does not throttle.";
    "KDS-L01" Documented "3" "zones" "FAQ"
        "A put is copied to this many Availability Zones before it is acknowledged.";
    "KDS-L02" Documented "99.9" "%" "FAQ"
        "Monthly uptime promised.";
    "KDS-L03" Assumed "15; 100" "ms" "chosen here"
        "Latency of puts, median and 99th percentile.";
    "KDS-L04" Documented "0" "" "Developer Guide, monitoring (2022)"
        "Internal failures occur and are retried; how often is not published.";
    "KDS-L05" Documented "" "" "API PutRecords"
        "SDKs do not retry the failed entries of an answer.";
    "KDS-L06" Documented "3" "attempts" "AWS Developer Tools Blog, 2026-11; botocore 1.44"
        "Attempts of an SDK in standard mode, the default since 2026-11-10."
        before "5 attempts in botocore and 4 in the Java SDK until November 2026";
    "KDS-L07" Code "1; 0.05; 20" "s" "botocore 1.44 retries/standard.py"
        "SDK delay: random share of a doubling base, throttled or other, up to a longest.";
    "KDS-L08" Code "" "" "botocore 1.44 retries/standard.py"
        "Which codes count as throttling; KMSThrottlingException is not one.";
    "KDS-L09" Code "500; 5; 14; 1" "tokens" "botocore 1.44 quota.py"
        "A client's retry quota: size, cost of a throttled and another retry, gain of a success.";
    "KDS-L10" Code "5; 1" "attempts; s" "botocore data/_retry.json"
        "Legacy mode of botocore: random share of a doubling second, no longest, no quota."
        before "the default until 2026-11-10";
    "KDS-L11" Code "3; 1; 20" "attempts; s; s" "aws/aws-cli PR 10342"
        "Standard mode of botocore before November 2026: one base for all errors.";
    "KDS-L12" Code "4; 500; 100" "attempts; ms; ms" "aws-sdk-java-v2 SdkDefaultRetrySetting"
        "Legacy mode of the SDK for Java 2.x, still its default: throttling is free.";
    "KDS-L13" Documented "11; 25" "attempts; ms" "aws/aws-sdk-cpp issue 3832"
        "The SDK for C++ before November 2026.";
    "KDS-L14" Assumed "" "" "chosen here"
        "Profiles of retries by name.";
    "KDS-X01" Derived "1048576" "bytes" "API CreateStream; awslabs clients"
        "What some pages print as MB is MiB.";
    "KDS-X02" Documented "10; 1" "MiB/s" "API PutRecord; all other pages"
        "Two limits of a shard are printed; the larger one is read as its burst.";
    "KDS-X03" Documented "1024; 1000" "KiB; KB" "Developer Guide, how to size a stream; FAQ"
        "Two sizing formulas of one vendor divide by different numbers.";
    "KDS-X04" Documented "0.2; 10" "GB/s" "FAQ; Developer Guide, quotas"
        "Two ceilings of on-demand streams are printed; the quotas page is the newer.";
    "KDS-X05" Documented "2000; 10000" "records/s; records"
        "Developer Guide, quotas; API GetRecords"
        "A read rate and what one call returns contradict each other; the call's limit holds here.";
    "KDS-X06" Documented "168; 8760" "h"
        "API StreamDescription; API IncreaseStreamRetentionPeriod"
        "Two longest retentions are printed; the longer holds."
        before "168 h until November 2020";
    "KDS-X07" Documented "1 to 2; 2" "%"
        "AWS Big Data Blog, 2025-10-28; Developer Guide, large records"
        "How rare large records should be.";
    "KDS-X08" Documented "" "" "Developer Guide, troubleshooting producers (2022)"
        "The example of PutRecords' rounding has more records than a call may; the rule holds.";
    "KDS-X09" Documented "25" "MiB/s" "AWS Big Data Blog, 2025-11-03; FAQ"
        "The floor of On-demand Advantage is printed in MiB and in MB.";
    "KDS-X10" Code "1000; 1500" "ms"
        "Developer Guide, low latency (2022); awslabs/amazon-kinesis-client PollingConfig"
        "The KCL's time between polls: the guide has that of versions 1 and 2.";
    "KDS-X11" Documented "" "" "Developer Guide, large records; AWS Big Data Blog, 2025-10-28"
        "The burst is called the stream's and each shard's; here each shard has its own.";
    // Retries of SDKs.
    "SDK-01" Documented "2026-11-10" "" "AWS Developer Tools Blog, 2026-11"
        "SDKs took new retry defaults on this day; those for Java 2.x and Kotlin did not yet.";
    "SDK-02" Documented "3" "attempts" "AWS Developer Tools Blog, 2026-11"
        "New defaults: standard mode, the first attempt included.";
    "SDK-03" Documented "50" "ms" "AWS Developer Tools Blog, 2026-11"
        "New defaults: base delay after errors that are no throttling.";
    "SDK-04" Documented "1000" "ms" "AWS Developer Tools Blog, 2026-11"
        "New defaults: base delay after throttling.";
    "SDK-05" Documented "20" "s" "AWS Developer Tools Blog, 2026-11"
        "New defaults: a delay is a random share of a doubling base, which stops at this.";
    "SDK-06" Documented "500; 14; 5; 1" "tokens" "AWS Developer Tools Blog, 2026-11"
        "New defaults: a client's tokens, costs of a retry and a throttled one, gain of a success.";
    "SDK-07" Documented "5" "s" "AWS Developer Tools Blog, 2026-11"
        "New defaults: a server's own delay is honoured, up to this over the computed one.";
    "SDK-08" Derived "" "" "the KPL's and KCL's dependencies"
        "The KPL, the KCL and the agent do not follow the new defaults.";
    "SDK-09" Code "5; 1" "attempts; s" "botocore data/_retry.json, retryhandler.py"
        "Legacy mode of botocore: no longest delay, no quota.";
    "SDK-10" Code "3; 1; 20" "attempts; s; s" "botocore retries/standard.py, quota.py"
        "Standard mode of botocore before November 2026: 500 tokens, 5 a retry.";
    "SDK-11" Documented "4; 500; 100" "attempts; ms; ms" "AWS SDK for Java 2.x Developer Guide"
        "Legacy mode of the SDK for Java 2.x: equal jitter after throttling, which is free.";
    "SDK-12" Code "4" "attempts" "aws/aws-sdk-java PredefinedBackoffStrategies"
        "The SDK for Java 1.x, under the KCL 1.x and the agent: as 2.x in legacy mode.";
    "SDK-13" Documented "3; 1; 20" "attempts; s; s" "AWS SDK for Java 2.x Developer Guide"
        "Standard mode of the SDK for Java 2.x.";
    "SDK-14" Documented "3; 500; 100" "attempts; ms; ms" "AWS Developer Tools Blog, 2026-11"
        "The SDK for JavaScript v3 before November 2026; transient errors cost 10 tokens.";
    "SDK-15" Documented "3; 1; 20" "attempts; s; s" "AWS Developer Tools Blog, 2026-11"
        "The SDK for Go v2 before November 2026.";
    "SDK-16" Documented "11; 25" "attempts; ms" "AWS Developer Tools Blog, 2026-11"
        "The SDK for C++ before November 2026: no jitter, no quota.";
    "SDK-17" Code "" "" "botocore retries/quota.py"
        "A retry needs its tokens, or the error is returned; each client object has its own.";
    "SDK-18" Derived "100" "retries" "500 tokens at 5 each"
        "In a long throttle tokens end after so many retries; then five successes pay for one.";
    "SDK-19" Code "" "" "botocore retries/adaptive.py"
        "Adaptive mode limits a client's own rate from the first throttled answer on.";
    "SDK-20" Code "0.7; 0.4" "" "botocore retries/throttling.py, bucket.py"
        "Adaptive mode: cut of the rate by throttling, and how fast it grows again.";
    "SDK-21" Code "0.5" "s" "botocore retries/adaptive.py"
        "Adaptive mode: over what the rate is measured.";
    "SDK-22" Derived "" "" "its bucket belongs to a client"
        "Adaptive mode slows writes to all shards for one hot shard.";
    "SDK-23" Code "" "" "botocore retries/standard.py"
        "Which codes are throttling.";
    "SDK-24" Documented "" "" "API PutRecords"
        "Failed entries come in an answer that is no error, and no SDK retries them.";
    "SDK-25" Documented "" "" "API PutRecords"
        "PutRecord, and a PutRecords call refused as a whole, are retried by the SDK.";
    "SDK-26" Derived "" "" "SDK-11"
        "A throttled GetRecords call is retried by the SDK, each time one more call.";
    "SDK-27" Assumed "3; 100" "attempts; ms" "chosen here"
        "Applications resend failed PutRecords entries with back-off; the numbers vary.";
    "SDK-28" Folklore "" "" "aws-fluent-plugin-kinesis, issue 42"
        "A plugin backs off with its whole chunk; a hot shard fails part of nearly every batch.";
    "SDK-29" Derived "39" "%" "1 - (1 - p f)^500 at p = 1 %, f = 10 %"
        "How likely a call of 500 entries fails in part.";

    // Prices, us-east-1.
    "KDS-P01" Documented "0.015" "$/shard-hour" "AWS pricing page, 2026-05"
        "An open shard of a provisioned stream.";
    "KDS-P02" Documented "0.014" "$/million units" "AWS pricing page, 2026-05"
        "PUT payload units of a provisioned stream: each record's size in 25 KB, rounded up.";
    "KDS-P03" Assumed "25" "KiB" "chosen here"
        "Size of a payload unit, printed as 25 KB; the key counts.";
    "KDS-P04" Documented "0.020" "$/shard-hour" "AWS pricing page, 2026-05"
        "Retention above 24 hours of a provisioned stream, beside the shard's own price.";
    "KDS-P05" Documented "0.023; 0.021" "$/GB-month; $/GB" "AWS pricing page, 2026-05"
        "What is kept longer than seven days, and what is read when it is older.";
    "KDS-P06" Documented "0.015; 0.013" "$/shard-hour; $/GB" "AWS pricing page, 2026-05; FAQ"
        "Fan-out of a provisioned stream: each consumer on each shard, and what it is pushed.";
    "KDS-P07" Documented "0" "$" "AWS pricing page"
        "Polling a provisioned stream is free.";
    "KDS-P08" Documented "0.040; 0.08; 0.040" "$/stream-hour; $/GB; $/GB"
        "AWS pricing page, 2026-05; AWS Big Data Blog, 2026-03-09"
        "A stream in on-demand standard mode, what is written to it, and what pollers read.";
    "KDS-P09" Documented "0.05" "$/GB" "AWS Big Data Blog, 2026-03-09"
        "What on-demand standard pushes to each consumer with enhanced fan-out.";
    "KDS-P10" Documented "0.10" "$/GB-month" "AWS Big Data Blog, 2026-03-09"
        "What on-demand standard keeps longer than 24 hours, up to seven days.";
    "KDS-P11" Documented "0.032; 0.016; 0.016; 0.023" "$/GB; $/GB; $/GB; $/GB-month"
        "AWS Big Data Blog, 2026-03-09; AWS pricing page, 2026-05"
        "On-demand Advantage: written, polled, pushed, kept longer than 24 hours; no stream-hours.";
    "KDS-P12" Documented "100" "$/day" "AWS Big Data Blog, 2026-03-09"
        "Roughly what On-demand Advantage costs at least.";
    "KDS-P13" Documented "1" "KiB" "AWS pricing page; Trek10, 2023-09-21"
        "On-demand streams round each record written up to this; what is read is not rounded.";
    "KDS-P14" Derived "1073741824" "bytes" "the sums of AWS Big Data Blog, 2026-03-09"
        "A GB in these prices: they fit it within about 1.5 %.";
    "KDS-P15" Documented "" "" "Developer Guide, monitoring and costs (2022)"
        "Metrics of shards, KMS calls and data transfer are billed elsewhere.";
    "KDS-P16" Assumed "0.023; 0.021" "$/GB-month; $/GB" "chosen here"
        "On-demand standard keeps and returns what is older than seven days at the usual prices.";
};
