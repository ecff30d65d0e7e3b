//! Draws of uncertain inputs that all alternatives of a study share: replicate r of each is played
//! with draw r, so that differences stay paired.

use crate::experiment::study::uncertain::{self, Point, Source};
use crate::scenario::uncertain as inputs;
use crate::scenario::{Problems, Scenario, UncertainInput};

/// Draws of all uncertain inputs together, a Latin hypercube.
#[derive(Clone, Debug, PartialEq)]
pub struct Draws {
    /// What is drawn.
    pub inputs: Vec<UncertainInput>,
    /// A point a draw.
    pub points: Vec<Point>,
    /// For each draw a value an input, as people write them.
    pub values: Vec<Vec<String>>,
}

impl Draws {
    /// So many draws of what is uncertain in `centre`, which is the source with all of it in the
    /// middle.
    ///
    /// # Errors
    /// Where the source cannot be read.
    pub fn new(source: &Source<'_>, centre: &Scenario, count: u64) -> Result<Self, Problems> {
        let plays = uncertain::draws(centre, count as usize, count);
        let points: Vec<Point> = plays.into_iter().map(|it| it.point).collect();
        let shares: Vec<&[f64]> = points.iter().map(|it| it.shares.as_slice()).collect();
        let values = inputs::values(source.label, source.text, source.overrides, &shares)?;
        Ok(Self { inputs: centre.uncertain.clone(), points, values })
    }

    /// The point of a replicate; the middle beyond the last.
    #[must_use]
    pub fn point(&self, replicate: u64) -> Point {
        self.points.get(replicate as usize).cloned().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::NoFiles;

    #[test]
    fn the_values_told_are_those_that_are_played() {
        let text = "[scenario]\nseed = 3\n[stream]\nshard_count = { uncertain = [2, 9] }\n\
            [[producer]]\nname = \"web\"\nrate = { uncertain = [\"1k/s\", \"2k/s\"] }\n\
            record_size = \"1 KiB\"\n";
        let overrides = [("stream.shard_count".to_owned(), "4".to_owned())];
        let source =
            |overrides| Source { name: "t", label: "t.toml", text, overrides, files: &NoFiles };
        let draws = |source: Source<'_>, count| {
            let centre = source.load(&Point::default()).expect("sound");
            Draws::new(&source, &centre, count).expect("sound")
        };
        let all = draws(source(&[]), 8);
        for (point, values) in all.points.iter().zip(&all.values) {
            let played = source(&[]).load(point).expect("sound");
            assert!(played.uncertain.iter().map(UncertainInput::value).eq(values), "{values:?}");
        }
        // What is set is not drawn, and the other keeps its values.
        let fewer = draws(source(&overrides), 8);
        let rates = |draws: &Draws| -> Vec<String> {
            let place = draws.inputs.iter().position(|it| it.path == "producer.web.rate");
            draws.values.iter().map(|it| it[place.expect("drawn")].clone()).collect()
        };
        assert_eq!((fewer.inputs.len(), all.inputs.len()), (1, 2));
        assert_eq!(rates(&fewer), rates(&all));
        assert_eq!(fewer.point(8), Point::default());
    }
}
