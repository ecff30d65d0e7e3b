//! What one producer did.

use crate::experiment::outcome::Writes;
use crate::model::observation::LossCause;

/// What one producer did.
#[derive(Clone, Copy, Debug, Default)]
pub struct ProducerCounts {
    /// Its records; what was accepted is left out and follows from the rest.
    pub(super) write: Writes,
    pub(super) attempted_bytes: u64,
    /// Its put calls.
    pub calls: u64,
    /// Records given up and their bytes, by cause.
    pub(super) lost: [(u64, u64); LossCause::ALL.len()],
}

impl ProducerCounts {
    /// Its records.
    #[must_use]
    pub fn writes(&self) -> Writes {
        Writes {
            accepted_records: self.write.attempts - self.write.throttled - self.write.failed,
            accepted_bytes: self.attempted_bytes
                - self.write.throttled_bytes
                - self.write.failed_bytes,
            ..self.write
        }
    }

    /// Records given up for `cause`, and their bytes.
    #[must_use]
    pub fn lost(&self, cause: LossCause) -> (u64, u64) {
        self.lost[cause as usize]
    }
}
