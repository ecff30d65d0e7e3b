//! K102: records are so small that their number fills a shard long before their bytes do.

use super::spread::LOAD_LEAST;

/// Bytes fill the shard to at most this part of what records do.
const BYTES_MOST: f64 = 0.5;
/// What the Kinesis Producer Library puts into one record (KDS-F14) (bytes).
const AGGREGATED_BYTES: f64 = 51_200.0;

/// Records are so small that their number fills a shard long before their bytes do.
///
/// Stated where the fullest shard is offered 80 % or more of its records a second, and at most
/// half as much of its bytes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RecordsBound {
    /// What the fullest shard is offered [records/s].
    pub records_per_s: f64,
    /// What it may take [records/s].
    pub limit_per_s: f64,
    /// One over the other.
    pub records_load: f64,
    /// Part of its bytes limit that it is offered.
    pub bytes_load: f64,
    /// Mean record, with its key (bytes).
    pub mean_bytes: f64,
    /// Records of 50 KiB that would carry the same bytes [records/s].
    pub aggregated_per_s: f64,
}

/// K102, where the fullest shard is offered so many records and bytes a second.
pub(super) fn find(
    records_per_s: f64,
    bytes_per_s: f64,
    limits: (u64, u64),
) -> Option<RecordsBound> {
    let (limit_per_s, bytes_limit) = (limits.0 as f64, limits.1 as f64);
    let (records_load, bytes_load) = (records_per_s / limit_per_s, bytes_per_s / bytes_limit);
    let binds = records_load >= LOAD_LEAST && bytes_load <= BYTES_MOST * records_load;
    binds.then(|| RecordsBound {
        records_per_s,
        limit_per_s,
        records_load,
        bytes_load,
        mean_bytes: bytes_per_s / records_per_s,
        aggregated_per_s: bytes_per_s / AGGREGATED_BYTES,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_bind_where_they_are_small_and_many() {
        let limits = (1_000, 1 << 20);
        let found = find(900.0, 900.0 * 256.0, limits).expect("900/s of 256 B");
        assert!((found.records_load - 0.9).abs() < 1e-12);
        // 230,400 of 1,048,576 bytes/s; 4.5 records of 50 KiB.
        assert!((found.bytes_load - 0.219_726_562_5).abs() < 1e-12);
        assert!((found.aggregated_per_s - 4.5).abs() < 1e-12);
        assert_eq!(find(700.0, 700.0 * 256.0, limits), None, "there is room");
        assert_eq!(find(900.0, 900.0 * 600.0, limits), None, "bytes come near");
    }
}
