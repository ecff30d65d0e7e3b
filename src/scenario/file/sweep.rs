//! `[sweep]`: what `kinesim sweep` varies. A run knows of it and goes without.

use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};

use crate::scenario::file::count_range;
use crate::scenario::leaf::{Count, CountRange};

count_range!(
    /// Replicates of one point.
    Replicates, 1, 10_000, "more would show nothing more"
);
count_range!(
    /// Points that are drawn.
    Drawn, 1, 100_000, "a sweep has at most 100,000 points"
);

/// `[sweep]`: the combinations that `kinesim sweep` plays.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(in crate::scenario) struct SweepTable {
    /// Replicates of each point. Default 1.
    pub(in crate::scenario) repeat: Option<Count<Replicates>>,
    /// Draws so many points between the ends of ranges. Default: every combination is played.
    pub(in crate::scenario) lhs: Option<Count<Drawn>>,
    /// Which combinations are played. Default: all.
    #[serde(rename = "where")]
    pub(in crate::scenario) condition: Option<String>,
    /// Lists of values; each is combined with each.
    pub(in crate::scenario) vary: Option<Paths>,
    /// Lists of values that move together.
    pub(in crate::scenario) zip: Option<Paths>,
}

/// A table of paths of the scenario; what they lead to is read elsewhere.
#[derive(Debug)]
pub(in crate::scenario) struct Paths;

impl<'de> Deserialize<'de> for Paths {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(PathsVisitor)
    }
}

struct PathsVisitor;

impl<'de> Visitor<'de> for PathsVisitor {
    type Value = Paths;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("struct of paths")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Paths, A::Error> {
        while entries.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Paths)
    }
}
