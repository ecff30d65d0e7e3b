//! Marks at pixel positions become a picture: the one place that calls the drawing library.
//!
//! The library's coordinates are whole numbers. SVG is therefore drawn ten times as large and
//! scaled by its `viewBox`; PNG is drawn at double size and averaged.

use std::fmt::Write as _;
use std::sync::Once;

use plotters::backend::{BitMapBackend, DrawingBackend, SVGBackend};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{
    FontDesc, FontFamily, FontStyle, RGBColor, ShapeStyle, TextStyle, register_font,
};

use crate::report::chart::colour::Colour;
use crate::report::chart::png;

/// Width of a chart [px].
pub(super) const WIDTH: u32 = 1200;
/// Height of a chart [px].
pub(super) const HEIGHT: u32 = 675;

/// One thing to draw; positions in px from the top left corner.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Mark {
    /// A filled rectangle.
    Rect { x: f64, y: f64, width: f64, height: f64, colour: Colour },
    /// A line through points.
    Line { points: Vec<(f64, f64)>, width: f64, colour: Colour },
    /// Text on a baseline.
    Text(Text),
}

/// Text on a baseline.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Text {
    pub(super) x: f64,
    /// The baseline.
    pub(super) y: f64,
    pub(super) anchor: Anchor,
    pub(super) font: Font,
    pub(super) colour: Colour,
    pub(super) content: String,
}

/// Which end of a text stands at its position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// Size and weight of text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Font {
    /// Size of an em [px].
    pub(super) size: f64,
    pub(super) bold: bool,
}

/// Viewers without Inter show the next one; widths are Inter's.
const FAMILY: &str = "Inter, system-ui, sans-serif";
const REGULAR: &[u8] = include_bytes!("../font/Inter-Regular.ttf");
const SEMI_BOLD: &[u8] = include_bytes!("../font/Inter-SemiBold.ttf");
/// Inter's ascent plus descent in ems: what the rasterizer takes as a font's size.
const BITMAP_SIZE_PER_EM: f64 = (1984.0 + 494.0) / 2048.0;
/// The SVG writer divides by this.
const SVG_SIZE_PER_EM: f64 = 1.24;
/// The SVG writer puts text anchored at its top this many ems above the baseline.
const SVG_TOP_TO_BASELINE: f64 = 0.76;
const SVG_SCALE: f64 = 10.0;
const PNG_SCALE: f64 = 2.0;
/// Text is measured at this size and scaled, since measures are whole numbers.
const MEASURED_EM: f64 = 1000.0;

/// Width of a text [px].
pub(super) fn text_width(text: &str, font: Font) -> f64 {
    let size = MEASURED_EM * BITMAP_SIZE_PER_EM;
    let (width, _) = describe(font.bold, size).box_size(text).expect(FONT_IS_EMBEDDED);
    f64::from(width) * font.size / MEASURED_EM
}

/// The marks as an SVG file with its title and description.
pub(super) fn svg(marks: &[Mark], title: &str, description: &str) -> Vec<u8> {
    let mut drawn = String::new();
    {
        let size = (WIDTH * SVG_SCALE as u32, HEIGHT * SVG_SCALE as u32);
        let mut painter = Painter {
            backend: SVGBackend::with_string(&mut drawn, size),
            scale: SVG_SCALE,
            size_per_em: SVG_SIZE_PER_EM,
            top_to_baseline: SVG_TOP_TO_BASELINE,
            joins_lines: true,
        };
        painter.paint(marks);
    }
    let body = drawn.split_once('\n').map_or("", |(_, body)| body);
    let mut file = String::with_capacity(drawn.len());
    write!(
        file,
        concat!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" width="{w}" height="{h}" "#,
            r#"viewBox="0 0 {w}0 {h}0" role="img">"#,
            "\n<title>{title}</title>\n<desc>{desc}</desc>\n",
        ),
        w = WIDTH,
        h = HEIGHT,
        title = escape(title),
        desc = escape(description),
    )
    .expect("writing to a string cannot fail");
    let body = body
        .replace(r#" opacity="1""#, "")
        .replace(r#" stroke="none""#, "")
        .replace(r#" "/>"#, r#""/>"#)
        .replace(r#"font-weight="bold""#, r#"font-weight="600""#)
        .replace("<rect ", r#"<rect shape-rendering="crispEdges" "#);
    push_with_widths(&mut file, &body, marks);
    file.into_bytes()
}

/// Gives each text the width it has in Inter: a viewer's other font is squeezed, never clipped.
fn push_with_widths(file: &mut String, body: &str, marks: &[Mark]) {
    const ELEMENT: &str = "<text ";
    let texts = marks.iter().filter_map(|mark| match mark {
        Mark::Text(text) => Some(text),
        Mark::Rect { .. } | Mark::Line { .. } => None,
    });
    let mut parts = body.split(ELEMENT);
    file.push_str(parts.next().unwrap_or_default());
    for (part, text) in parts.zip(texts) {
        let width = (text_width(&printable(&text.content), text.font) * SVG_SCALE).round();
        file.push_str(ELEMENT);
        if width > 0.0 {
            write!(file, r#"textLength="{width}" lengthAdjust="spacingAndGlyphs" "#)
                .expect("writing to a string cannot fail");
        }
        file.push_str(part);
    }
}

/// The marks as a PNG file.
pub(super) fn png(marks: &[Mark]) -> Vec<u8> {
    let factor = PNG_SCALE as u32;
    let (width, height) = (WIDTH * factor, HEIGHT * factor);
    let mut pixels = vec![255; (width * height * 3) as usize];
    Painter {
        backend: BitMapBackend::with_buffer(&mut pixels, (width, height)),
        scale: PNG_SCALE,
        size_per_em: BITMAP_SIZE_PER_EM,
        top_to_baseline: BITMAP_SIZE_PER_EM / 2.0,
        joins_lines: false,
    }
    .paint(marks);
    png::encode(WIDTH, HEIGHT, &png::average(&pixels, width as usize))
}

const FONT_IS_EMBEDDED: &str = "the embedded fonts are registered and can be read";

/// A backend and what is particular to it.
struct Painter<B: DrawingBackend> {
    backend: B,
    /// Backend units in a px.
    scale: f64,
    size_per_em: f64,
    top_to_baseline: f64,
    /// Whether upright and level strokes are left to the backend; a bitmap gets rectangles,
    /// which are sharper.
    joins_lines: bool,
}

impl<B: DrawingBackend> Painter<B> {
    fn paint(&mut self, marks: &[Mark]) {
        for mark in marks {
            match mark {
                Mark::Rect { x, y, width, height, colour } => {
                    self.rect((*x, *y), (x + width, y + height), *colour);
                }
                Mark::Line { points, width, colour } => self.line(points, *width, *colour),
                Mark::Text(text) => self.text(text),
            }
        }
        self.backend.present().expect("a picture in memory is always written");
    }

    fn rect(&mut self, from: (f64, f64), to: (f64, f64), colour: Colour) {
        let (from, to) = (self.place(from), self.place(to));
        self.backend
            .draw_rect(from, to, &style(colour, 0), true)
            .expect("drawing in memory cannot fail");
    }

    fn line(&mut self, points: &[(f64, f64)], width: f64, colour: Colour) {
        if self.joins_lines {
            let stroke = (width * self.scale).round() as u32;
            let path: Vec<_> = points.iter().map(|point| self.place(*point)).collect();
            self.backend
                .draw_path(path, &style(colour, stroke))
                .expect("drawing in memory cannot fail");
            return;
        }
        for pair in points.windows(2) {
            self.segment(pair[0], pair[1], width, colour);
        }
        let radius = width * self.scale / 2.0;
        for corner in points.get(1..points.len().saturating_sub(1)).unwrap_or_default() {
            let place = self.place(*corner);
            self.backend
                .draw_circle(place, radius.floor() as u32, &style(colour, 1), true)
                .expect("drawing in memory cannot fail");
        }
    }

    /// One straight stroke; level and upright ones are rectangles with square ends.
    #[expect(clippy::float_cmp, reason = "steps repeat a coordinate exactly")]
    fn segment(&mut self, a: (f64, f64), b: (f64, f64), width: f64, colour: Colour) {
        let half = width / 2.0;
        if a.0 == b.0 || a.1 == b.1 {
            let low = (a.0.min(b.0), a.1.min(b.1));
            let high = (a.0.max(b.0), a.1.max(b.1));
            // An upright stroke is longer by its width: that closes the corners of steps. A level
            // one is not, since it would fill the gaps of dashes.
            let end_x = if a.0 == b.0 { half } else { 0.0 };
            let from = (low.0 - end_x, low.1 - half);
            self.rect(from, (high.0 + end_x, high.1 + half), colour);
        } else {
            let stroke = ((width * self.scale).round() as u32).max(1);
            let (a, b) = (self.place(a), self.place(b));
            self.backend
                .draw_path([a, b], &style(colour, stroke))
                .expect("drawing in memory cannot fail");
        }
    }

    fn text(&mut self, text: &Text) {
        let font = describe(text.font.bold, text.font.size * self.scale * self.size_per_em);
        let h_pos = match text.anchor {
            Anchor::Start => HPos::Left,
            Anchor::Middle => HPos::Center,
            Anchor::End => HPos::Right,
        };
        let colour = RGBColor(text.colour.0, text.colour.1, text.colour.2);
        let style = TextStyle::from(font).color(&colour).pos(Pos::new(h_pos, VPos::Top));
        let top = text.y - self.top_to_baseline * text.font.size;
        let place = self.place((text.x, top));
        self.backend.draw_text(&printable(&text.content), &style, place).expect(FONT_IS_EMBEDDED);
    }

    fn place(&self, (x, y): (f64, f64)) -> (i32, i32) {
        ((x * self.scale).round() as i32, (y * self.scale).round() as i32)
    }
}

fn style(colour: Colour, stroke_width: u32) -> ShapeStyle {
    ShapeStyle { color: RGBColor(colour.0, colour.1, colour.2).into(), filled: true, stroke_width }
}

fn describe(bold: bool, size: f64) -> FontDesc<'static> {
    static REGISTERED: Once = Once::new();
    REGISTERED.call_once(|| {
        let faces = [(FontStyle::Normal, REGULAR), (FontStyle::Bold, SEMI_BOLD)];
        for (face, bytes) in faces {
            // An unreadable font shows at the first measure, by name.
            let _ = register_font(FAMILY, face, bytes);
        }
    });
    let face = if bold { FontStyle::Bold } else { FontStyle::Normal };
    FontDesc::new(FontFamily::Name(FAMILY), size, face)
}

/// XML has no place for control characters, not even escaped.
fn printable(text: &str) -> String {
    let allowed = |c: char| !c.is_control() && c != '\u{FFFE}' && c != '\u{FFFF}';
    text.chars().map(|c| if allowed(c) { c } else { ' ' }).collect()
}

fn escape(text: &str) -> String {
    printable(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
