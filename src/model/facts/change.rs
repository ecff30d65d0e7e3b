//! The rows of streams that change: resharding, control plane, on-demand mode, autoscalers.

use super::Fact;
use super::Grade::{Assumed, Code, Derived, Documented, Folklore, Measured, Reverse};

/// What is known of how streams change, and of who changes them.
pub(super) const ROWS: &[Fact] = facts! {
    checked "2026-11-20";

    // Resharding and control plane.
    "KDS-S01" Documented "" "" "Developer Guide, resharding (2022)"
        "A split makes two shards of one, a merge one of two neighbours.";
    "KDS-S02" Documented "" "" "API SplitShard; Developer Guide, splitting (2022)"
        "The new starting hash key and all above go to one child, the rest to the other.";
    "KDS-S03" Reverse "" "" "mhart/kinesalite, splitShard.js"
        "It is more than one above the first hash key of the shard, and below the last.";
    "KDS-S04" Documented "" "" "Developer Guide, after resharding (2022)"
        "A closed shard takes nothing more, and can be read until its records expire.";
    "KDS-S05" Documented "" "" "API Shard"
        "A child names its parent, and after a merge the other one too.";
    "KDS-S06" Documented "" "" "Developer Guide, after resharding (2022)"
        "Who wants keys in order finishes with parents before their children.";
    "KDS-S07" Documented "" "" "API StreamStatus"
        "A stream is UPDATING while it changes, and ACTIVE before and after.";
    "KDS-S08" Documented "" "" "API SplitShard; API DeleteStream"
        "A stream that is UPDATING is written to and read as ever.";
    "KDS-S09" Documented "" "" "API MergeShards"
        "Calls that change shards need a stream that is ACTIVE.";
    "KDS-S10" Documented "" "" "API SplitShard; API MergeShards; API UpdateShardCount"
        "They work in provisioned mode only.";
    "KDS-S11" Documented "10" "calls" "API UpdateShardCount"
        "UpdateShardCount calls on a stream in any 24 hours."
        before "2 from 2016 until about 2020";
    "KDS-S12" Documented "0.5 to 2" "times" "API UpdateShardCount"
        "How far one UpdateShardCount may go from the open shards there are.";
    "KDS-S13" Assumed "" "" "chosen here"
        "Half of an odd number of shards is rounded up.";
    "KDS-S14" Documented "10000" "shards" "API UpdateShardCount"
        "The most UpdateShardCount can ask for."
        before "200, then 500, before 2026";
    "KDS-S15" Documented "10" "calls/s" "API UpdateShardCount"
        "UpdateShardCount calls; what is beyond its limits is answered by LimitExceededException.";
    "KDS-S16" Documented "" "" "API ScalingType"
        "UpdateShardCount makes shards of equal width.";
    "KDS-S17" Documented "" "" "API UpdateShardCount"
        "It splits and merges one by one; short-lived shards count against the account's quota.";
    "KDS-S18" Documented "25" "%" "API UpdateShardCount"
        "Targets should be multiples of this part of the shards there are."
        before "double or halve, in older texts (2016)";
    "KDS-S19" Assumed "" "" "chosen here"
        "Only shards across an edge of the new ranges are cut, there; neighbours in a range merge.";
    "KDS-S20" Documented "" "min" "FAQ; API UpdateShardCount"
        "A change takes a few minutes, a large one longer.";
    "KDS-S21" Folklore "30" "s" "notes copied from an older FAQ"
        "What one split or merge takes, one at a time.";
    "KDS-S22" Measured "9 to 30" "s" "apache/druid, pull request 12255"
        "How long after the call a change begins.";
    "KDS-S23" Assumed "10; 30" "s" "chosen here"
        "Until a change begins, and for each split or merge; a quarter of the shards at a time.";
    "KDS-S24" Documented "20000; 1000 or 6000" "shards" "Developer Guide, quotas"
        "Shards of an account in us-east-1, us-west-2 and eu-west-1; elsewhere."
        before "500 in the large Regions and 200 elsewhere, printed in 2020 and 2022; 10 in 2014";
    "KDS-S25" Documented "50" "streams" "Developer Guide, quotas"
        "On-demand streams of an account; of provisioned ones there is no such quota.";
    "KDS-S26" Documented "5" "streams" "API CreateStream"
        "Streams that may be CREATING at once.";
    "KDS-S27" Documented "5" "calls/s" "API reference; Developer Guide, limits (2022)"
        "Calls of an account that create, delete, list, split, merge, tag or register.";
    "KDS-S28" Documented "10; 20; 1; 20" "calls/s" "API reference"
        "DescribeStream, DescribeStreamSummary, DescribeLimits, DescribeStreamConsumer.";
    "KDS-S29" Documented "1000; 1000" "calls/s; shards" "API ListShards"
        "ListShards calls on a stream, and shards of a page."
        before "100 calls/s, before 2026";
    "KDS-S30" Documented "" "" "API ShardFilterType"
        "ListShards can leave out shards by id or by when they took or held records.";
    "KDS-S31" Documented "" "" "API SplitShard"
        "Too many streams that change at once are refused; how many is not said.";
    "KDS-S32" Code "10; 18" "s; times" "botocore, waiters of kinesis"
        "How often an SDK looks whether a stream is there, and how many times.";

    // On-demand mode.
    "KDS-O01" Documented "4; 4000; 8" "MB/s; records/s; MB/s"
        "FAQ; Developer Guide, quotas"
        "What a new on-demand stream takes in, and gives out: that of four shards.";
    "KDS-O02" Documented "2" "times" "Developer Guide, sizing (2022); FAQ"
        "It takes in up to so many times its peak of the last 30 days.";
    "KDS-O03" Documented "15" "min" "FAQ"
        "What grows to more than double within so long may be throttled.";
    "KDS-O04" Documented "500; 15" "KB/s; min" "Developer Guide, sizing (2022); AWS Big Data Blog"
        "A shard that takes in more is halved within so long.";
    "KDS-O05" Documented "50" "%" "DEV Community, A. Andonoska, of an AWS blog"
        "The same as a share of a shard's limits, over one minute.";
    "KDS-O06" Derived "0.25 to 0.5" "MB/s" "KDS-O02, KDS-O04"
        "What a shard takes in once growth has ended.";
    "KDS-O07" Assumed "2 to 15" "min" "chosen here"
        "From the minute that shows a busy shard until its halves are open, evenly spread.";
    "KDS-O08" Documented "1; 1000" "MiB/s; records/s"
        "Developer Guide, hot shards (2022); AWS Big Data Blog, 2025-11-03"
        "A key has one shard and can never take more, however many there are.";
    "KDS-O09" Documented "" "" "Developer Guide, hot shards (2022)"
        "Uneven keys that are not one key are met by splitting again and again.";
    "KDS-O10" Documented "10; 20" "GB/s" "Developer Guide, quotas; AWS Big Data Blog, 2023-08-02"
        "What an on-demand stream grows to in three Regions, in and out; 0.2 and 0.4 elsewhere."
        before "200 and 400 MB/s in 2021; 1 GB/s on request in March 2023";
    "KDS-O11" Documented "2" "times" "FAQ; Developer Guide, sizing (2022)"
        "It gives out at least so many times what it takes in.";
    "KDS-O12" Documented "2" "changes" "Developer Guide, sizing (2022), quotas"
        "Changes of a stream's mode in any 24 hours.";
    "KDS-O13" Documented "" "" "Developer Guide, sizing (2022)"
        "A change of mode keeps the shards; the stream is UPDATING, and traffic goes on.";
    "KDS-O14" Documented "" "" "API UpdateStreamMode; API CreateChannel"
        "A stream with queues stays in on-demand mode.";
    "KDS-O15" Assumed "" "" "chosen here"
        "No shard of an on-demand stream is merged while its peak is less than 30 days old.";
    "KDS-O16" Documented "24" "h" "API UpdateAccountSettings; AWS Big Data Blog, 2025-11-03"
        "On-demand Advantage is a commitment of the account in a Region, for at least so long.";
    "KDS-O17" Documented "25; 25" "MiB/s" "AWS Big Data Blog, 2025-11-03; FAQ"
        "Least that On-demand Advantage bills as written and as read, all streams together.";
    "KDS-O18" Documented "10" "GiB/s"
        "API UpdateStreamWarmThroughput; AWS Big Data Blog, 2025-11-03"
        "Highest warm throughput: capacity that is there at once, for no charge.";
    "KDS-O19" Documented "10" "GiB/s" "AWS Big Data Blog, 2025-11-03"
        "Warm streams grow beyond their warm throughput, up to this.";
    "KDS-O20" Documented "" "" "API UpdateStreamWarmThroughput; Developer Guide, sizing"
        "Asking for the same warm throughput, or for less, gives shards of a burst back.";
    "KDS-O21" Assumed "1" "shards" "chosen here"
        "Shards for each MiB/s of warm throughput.";
    "KDS-O22" Documented "10" "MiB/s" "AWS Big Data Blog, 2025-11-03"
        "From about so much on, or with many consumers or streams, Advantage is said to pay.";

    // Autoscalers.
    "SCL-01" Code "45" "s" "awslabs/amazon-kinesis-scaling-utils, AutoscalingConfiguration.java"
        "How often amazon-kinesis-scaling-utils looks.";
    "SCL-02" Code "60" "s" "awslabs/amazon-kinesis-scaling-utils, StreamMetricManager.java"
        "It takes sums over so long, of the whole stream: a hot shard does not show.";
    "SCL-03" Code "" "" "awslabs/amazon-kinesis-scaling-utils, StreamMetrics.java"
        "It can go by what is put, by what is got, or by both.";
    "SCL-04" Code "1048576; 1000; 2097152; 2000" "bytes/s; records/s; bytes/s; records/s"
        "awslabs/amazon-kinesis-scaling-utils, StreamMetricManager.java"
        "What it takes a shard to be able to, put and got.";
    "SCL-05" Code "75; 5; 15; 25; 15; 60" "%; min; min; %; min; min"
        "awslabs/amazon-kinesis-scaling-utils, README"
        "Its sample: threshold, time and cool-off, up and down.";
    "SCL-06" Code "10" "min" "awslabs/amazon-kinesis-scaling-utils, StreamMonitor.java"
        "For how long it believes what it read of the number of shards.";
    "SCL-07" Code "" "" "awslabs/amazon-kinesis-scaling-utils, StreamScalingUtils.java"
        "Up by less than 100 % that much is added; from 100 % on it is the part to come to.";
    "SCL-08" Code "" "" "awslabs/amazon-kinesis-scaling-utils, StreamScalingUtils.java"
        "Down by up to 100 % that much is taken off; above, it divides.";
    "SCL-09" Code "1" "shards" "awslabs/amazon-kinesis-scaling-utils, StreamScalingUtils.java"
        "By a count as well; never below so many, and within bounds.";
    "SCL-10" Code "" "" "awslabs/amazon-kinesis-scaling-utils, StreamScaler.java"
        "It calls UpdateShardCount, and waits until the stream is ACTIVE.";
    "SCL-11" Code "" "" "awslabs/amazon-kinesis-scaling-utils, StreamScaler.java"
        "Where that is refused for a limit, it splits and merges shards by itself.";
    "SCL-12" Derived "30" "s" "SCL-11, KDS-S21"
        "Each of these steps waits for the one before.";
    "SCL-13" Code "300" "s" "aws-samples/kinesis-auto-scaling, kinesis_scaling_cf.yaml"
        "The sample's datapoints: the larger of bytes and records over what shards can take.";
    "SCL-14" Code "75; 5 of 5" "%; datapoints" "aws-samples/kinesis-auto-scaling"
        "From there on it doubles.";
    "SCL-15" Code "25; 57 of 60" "%; datapoints" "aws-samples/kinesis-auto-scaling, scale.go"
        "Below that it halves, but not one shard.";
    "SCL-16" Code "30" "min" "aws-samples/kinesis-auto-scaling"
        "It can be told to halve nothing while readers are further behind; the template does not.";
    "SCL-17" Code "25; 7.5" "%" "aws-samples/kinesis-auto-scaling, scale.go"
        "Its thresholds where the template sets none.";
    "SCL-18" Code "" "" "aws-samples/kinesis-auto-scaling"
        "After a change its alarms are made anew for the new number of shards.";
    "SCL-19" Documented "" "" "AWS Big Data Blog, note of 2021-12-01"
        "AWS advises on-demand mode instead.";
    "SCL-20" Derived "1 to 5" "min" "SCL-14"
        "How long after its end CloudWatch shows a minute: what comes on top of an alarm's time.";
    "SCL-21" Documented "80" "%" "AWS Big Data Blog, 2016"
        "An alarm at this part of the records limit, to double.";
    "SCL-22" Documented "" "" "AWS Big Data Blog"
        "Application Auto Scaling can be led to UpdateShardCount; thresholds are the user's.";
    "SCL-23" Derived "" "" "API reference"
        "Equal ranges by another formula, off by fewer hash keys than there are shards.";
};
