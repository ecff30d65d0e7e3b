//! Labels that share a column: shortened to its width, pushed apart where they would overlap.

use crate::report::chart::canvas::{Font, text_width};

/// A text cut to a width, with `…` where something is missing.
pub(super) fn shorten(text: &str, font: Font, width: f64) -> String {
    if text_width(text, font) <= width {
        return text.to_owned();
    }
    let ends: Vec<_> = text.char_indices().map(|(place, _)| place).collect();
    // The longest beginning that fits; width grows with length.
    let fits = |n: &usize| text_width(&format!("{}…", text[..*n].trim_end()), font) <= width;
    let kept = ends.partition_point(fits);
    let kept = kept.checked_sub(1).map_or(0, |last| ends[last]);
    format!("{}…", text[..kept].trim_end())
}

/// A text in lines of a width, broken between words; at most `lines`, the last one shortened.
pub(super) fn wrap(text: &str, font: Font, width: f64, lines: usize) -> Vec<String> {
    let mut wrapped: Vec<String> = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() && wrapped.len() + 1 < lines {
        if text_width(rest, font) <= width {
            break;
        }
        let breaks = rest.match_indices(' ').map(|(place, _)| place);
        let Some(end) =
            breaks.take_while(|place| text_width(&rest[..*place], font) <= width).last()
        else {
            break;
        };
        wrapped.push(rest[..end].to_owned());
        rest = rest[end..].trim_start();
    }
    if !rest.is_empty() {
        wrapped.push(shorten(rest, font, width));
    }
    wrapped
}

/// Moves places apart until neighbours keep `distance`, inside `top` to `bottom` as far as they
/// fit, in their order from top to bottom.
pub(super) fn spread(places: &mut [f64], distance: f64, top: f64, bottom: f64) {
    let mut order: Vec<_> = (0..places.len()).collect();
    order.sort_by(|a, b| places[*a].total_cmp(&places[*b]).then(a.cmp(b)));
    let mut least = top;
    for &place in &order {
        places[place] = places[place].max(least);
        least = places[place] + distance;
    }
    let mut most = bottom;
    for &place in order.iter().rev() {
        places[place] = places[place].min(most);
        most = places[place] - distance;
    }
}

/// Ground of a picture on which no text may stand, as boxes: left to right, top to bottom.
pub(super) struct Taken {
    width: (f64, f64),
    height: (f64, f64),
    boxes: Vec<[(f64, f64); 2]>,
}

/// Half of what a line of small text takes, and steps in which lines are followed [px].
const HALF_LINE: f64 = 8.0;
const STEP: f64 = 6.0;

impl Taken {
    /// Nothing yet, in a picture from `width.0` to `width.1` and from `height.0` to `height.1`.
    pub(super) fn within(width: (f64, f64), height: (f64, f64)) -> Self {
        Self { width, height, boxes: Vec::new() }
    }

    pub(super) fn add(&mut self, x: (f64, f64), y: (f64, f64)) {
        self.boxes.push([x, y]);
    }

    /// A text that begins at `start.0`, its middle at `start.1`.
    pub(super) fn add_text(&mut self, start: (f64, f64), width: f64) {
        let [x, y] = ground(start, width);
        self.add(x, y);
    }

    pub(super) fn add_line(&mut self, from: (f64, f64), to: (f64, f64)) {
        let (across, down) = (to.0 - from.0, to.1 - from.1);
        let steps = (across.abs().max(down.abs()) / STEP).ceil().max(1.0) as u32;
        for step in 0..=steps {
            let share = f64::from(step) / f64::from(steps);
            let (x, y) = (from.0 + across * share, from.1 + down * share);
            self.add((x, x), (y, y));
        }
    }

    /// Whether a text has room there.
    pub(super) fn has_room(&self, start: (f64, f64), width: f64) -> bool {
        let [x, y] = ground(start, width);
        let is_apart = |a: (f64, f64), b: (f64, f64)| a.1 < b.0 || b.1 < a.0;
        x.0 >= self.width.0
            && x.1 <= self.width.1
            && y.0 >= self.height.0
            && y.1 <= self.height.1
            && self.boxes.iter().all(|it| is_apart(it[0], x) || is_apart(it[1], y))
    }
}

fn ground((x, y): (f64, f64), width: f64) -> [(f64, f64); 2] {
    [(x, x + width), (y - HALF_LINE, y + HALF_LINE)]
}

#[cfg(test)]
mod tests {
    use super::*;

    const FONT: Font = Font { size: 14.0, bold: false };

    #[test]
    fn long_text_ends_in_an_ellipsis_and_fits() {
        let name = "consumer-of-the-orders-of-the-whole-region";
        let short = shorten(name, FONT, 120.0);
        assert!(short.ends_with('…') && text_width(&short, FONT) <= 120.0, "{short}");
        assert!(text_width(&name[..short.chars().count()], FONT) > 90.0, "no shorter than needed");
        assert_eq!(shorten("fraud", FONT, 120.0), "fraud");
        assert_eq!(shorten("zażółć", FONT, 1.0), "…");
    }

    #[test]
    fn a_text_has_room_beside_what_stands_there() {
        let mut taken = Taken::within((0.0, 200.0), (0.0, 100.0));
        taken.add_line((0.0, 90.0), (200.0, 50.0));
        taken.add_text((20.0, 20.0), 60.0);
        assert!(!taken.has_room((70.0, 25.0), 40.0), "over the text");
        assert!(taken.has_room((82.0, 25.0), 40.0), "beside it");
        assert!(!taken.has_room((100.0, 75.0), 40.0), "over the line");
        assert!(!taken.has_room((170.0, 20.0), 40.0), "beyond the edge");
    }

    #[test]
    fn spread_places_keep_their_distance_and_order() {
        let mut places = [50.0, 52.0, 51.0, 98.0, 99.0];
        spread(&mut places, 10.0, 0.0, 100.0);
        assert!(places[0] < places[2] && places[2] < places[1], "{places:?}");
        let mut sorted = places;
        sorted.sort_by(f64::total_cmp);
        assert!(sorted.windows(2).all(|pair| pair[1] - pair[0] >= 10.0), "{places:?}");
        assert!(sorted[0] >= 0.0 && sorted[4] <= 100.0, "{places:?}");
    }
}
