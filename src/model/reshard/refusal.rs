//! Why a call on a stream was refused.

/// Why a call on a stream was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// The stream is not ACTIVE (KDS-S09).
    NotActive,
    /// There is no such shard.
    NoSuchShard,
    /// The shard was split or merged before.
    NotOpen,
    /// `NewStartingHashKey` does not lie within the shard (KDS-S03).
    KeyOutside,
    /// The two shards are not neighbours, or the upper one was named first (KDS-S01).
    NotAdjacent,
    /// More than twice as many shards (KDS-S12).
    AboveDouble,
    /// Less than half as many (KDS-S12, KDS-S13).
    BelowHalf,
    /// Ten calls within 24 h (KDS-S11).
    TooManyToday,
    /// More shards than UpdateShardCount makes (KDS-S14).
    AboveCeiling,
    /// The account's shards in the Region, short-lived ones included (KDS-S17, KDS-S24).
    ShardQuota,
    /// More calls in a second than the account may make (KDS-S15, KDS-S27).
    TooFast,
    /// Only in provisioned mode (KDS-S10).
    OnDemand,
    /// Two changes of mode within 24 h (KDS-O12).
    ModeToday,
    /// Warm throughput needs the account's commitment, and on-demand mode (KDS-O18).
    NotWarm,
}

impl Refusal {
    /// The error's name (KDS-S09, KDS-S15; of a closed shard as real AWS answers).
    #[must_use]
    pub fn error(self) -> &'static str {
        match self {
            Self::NotActive => "ResourceInUseException",
            Self::NoSuchShard => "ResourceNotFoundException",
            Self::NotOpen | Self::KeyOutside | Self::NotAdjacent => "InvalidArgumentException",
            Self::OnDemand | Self::NotWarm => "ValidationException",
            Self::AboveDouble
            | Self::BelowHalf
            | Self::TooManyToday
            | Self::AboveCeiling
            | Self::ShardQuota
            | Self::TooFast
            | Self::ModeToday => "LimitExceededException",
        }
    }

    /// What is wrong, in a few words.
    #[must_use]
    pub fn reason(self) -> &'static str {
        match self {
            Self::NotActive => "the stream is UPDATING",
            Self::NoSuchShard => "there is no such shard",
            Self::NotOpen => "the shard was split or merged before",
            Self::KeyOutside => "the new starting hash key does not lie within the shard",
            Self::NotAdjacent => "the shards are not neighbours, the lower one first",
            Self::AboveDouble => "more than double the open shards",
            Self::BelowHalf => "less than half of the open shards",
            Self::TooManyToday => "ten calls in 24 hours",
            Self::AboveCeiling => "more than 10,000 shards",
            Self::ShardQuota => "more than the account's shard quota, with those on the way",
            Self::TooFast => "more calls in a second than the account may make",
            Self::OnDemand => "the stream is in on-demand mode",
            Self::ModeToday => "two changes of mode in 24 hours",
            Self::NotWarm => "only in on-demand mode, with the account's commitment",
        }
    }
}
