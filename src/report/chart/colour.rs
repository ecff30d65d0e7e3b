//! Colours and what they stand for: Okabe and Ito's palette for lines, cividis for heat maps.

/// Red, green, blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Colour(pub(super) u8, pub(super) u8, pub(super) u8);

impl Colour {
    /// The colour with this part of white, 0 to 1.
    pub(super) fn tinted(self, white: f64) -> Self {
        let mix = |part: u8| (f64::from(part) + (255.0 - f64::from(part)) * white).round() as u8;
        Self(mix(self.0), mix(self.1), mix(self.2))
    }
}

pub(super) const WHITE: Colour = Colour(255, 255, 255);
/// Text of the first rank.
pub(super) const INK: Colour = Colour(26, 26, 26);
/// Text of the second rank: 7 to 1 on white.
pub(super) const FAINT_INK: Colour = Colour(85, 85, 85);
pub(super) const AXIS: Colour = Colour(140, 140, 140);
pub(super) const GRID: Colour = Colour(229, 229, 229);
/// Ground of a heat map where there is nothing.
pub(super) const EMPTY: Colour = Colour(243, 243, 243);
/// Okabe and Ito's yellow, lightened: a fill only.
pub(super) const BAND: Colour = Colour(252, 236, 170);
/// The same at its full strength, likewise a fill only.
pub(super) const AMBER: Colour = Colour(245, 199, 16);

/// What a line is about: its colour is always the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// What applications offer.
    Offered,
    /// What is stored.
    Accepted,
    /// What is refused or lost.
    Throttled,
    /// Readers.
    Read,
    /// Lambda functions.
    Lambda,
    /// Firehose.
    Firehose,
    /// KCL applications.
    Kcl,
    /// A neutral fact, such as a count of shards.
    Neutral,
}

impl Role {
    /// The role of a consumer of this kind, as written in the scenario.
    #[must_use]
    pub fn of_consumer(kind: &str) -> Self {
        match kind {
            "lambda" => Self::Lambda,
            "firehose" => Self::Firehose,
            "kcl" => Self::Kcl,
            _ => Self::Read,
        }
    }

    pub(super) const fn colour(self) -> Colour {
        match self {
            Self::Offered => Colour(0, 0, 0),
            Self::Accepted => Colour(0, 114, 178),
            Self::Throttled => Colour(213, 94, 0),
            Self::Read => Colour(0, 158, 115),
            Self::Lambda => Colour(204, 121, 167),
            Self::Firehose => Colour(86, 180, 233),
            Self::Kcl => Colour(230, 159, 0),
            Self::Neutral => Colour(85, 85, 85),
        }
    }
}

/// Cividis (Nuñez, Anderton, Renslow 2018) at seventeen even distances.
const CIVIDIS: [Colour; 17] = [
    Colour(0, 34, 78),
    Colour(0, 46, 106),
    Colour(26, 56, 111),
    Colour(50, 67, 109),
    Colour(67, 78, 108),
    Colour(83, 90, 109),
    Colour(97, 101, 111),
    Colour(111, 112, 115),
    Colour(125, 124, 120),
    Colour(140, 136, 120),
    Colour(155, 148, 118),
    Colour(171, 160, 114),
    Colour(188, 174, 108),
    Colour(205, 187, 99),
    Colour(222, 201, 88),
    Colour(240, 216, 70),
    Colour(254, 232, 56),
];
/// Colours a heat map tells apart: neighbours of one colour become one rectangle.
const SHADES: f64 = 40.0;

/// The colour of a share of the limit, 0 to 1; what lies outside is cut.
pub(super) fn heat(share: f64) -> Colour {
    let share = if share.is_finite() { share.clamp(0.0, 1.0) } else { 1.0 };
    let place = (share * SHADES).round() / SHADES * (CIVIDIS.len() - 1) as f64;
    let below = (place as usize).min(CIVIDIS.len() - 2);
    let (a, b) = (CIVIDIS[below], CIVIDIS[below + 1]);
    let part = place - below as f64;
    let mix = |a: u8, b: u8| (f64::from(a) + (f64::from(b) - f64::from(a)) * part).round() as u8;
    Colour(mix(a.0, b.0), mix(a.1, b.1), mix(a.2, b.2))
}

/// White or black, whichever shows on this ground.
pub(super) fn ink_on(ground: Colour) -> Colour {
    let light = 299 * u32::from(ground.0) + 587 * u32::from(ground.1) + 114 * u32::from(ground.2);
    if light < 128_000 { WHITE } else { INK }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heat_grows_lighter_with_every_step_so_that_grey_scale_reads() {
        let light = |share: f64| {
            let Colour(r, g, b) = heat(share);
            299 * u32::from(r) + 587 * u32::from(g) + 114 * u32::from(b)
        };
        let steps: Vec<_> = (0..=20).map(|step| light(f64::from(step) / 20.0)).collect();
        assert!(steps.windows(2).all(|pair| pair[0] < pair[1]), "{steps:?}");
    }
}
