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
