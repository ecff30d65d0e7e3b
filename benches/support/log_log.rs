//! A picture of times on logarithmic axes: small panels with one scale of time.

use std::fs;

use kinesim::report::chart::png;
use plotters::backend::{BitMapBackend, DrawingBackend};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{
    BLACK, FontDesc, FontFamily, FontStyle, RGBColor, ShapeStyle, TextStyle, register_font,
};

/// All of it, 1200 x 675 px.
pub(crate) struct Picture {
    pub(crate) title: String,
    pub(crate) subtitle: String,
    pub(crate) footer: String,
    /// Five: the sixth place is the legend's.
    pub(crate) panels: Vec<Panel>,
}

/// What grows.
pub(crate) struct Panel {
    pub(crate) name: String,
    /// Below its axis.
    pub(crate) unit: &'static str,
    pub(crate) ticks: Vec<(f64, String)>,
    pub(crate) lines: Vec<Line>,
}

/// Seconds by what grows.
pub(crate) struct Line {
    pub(crate) name: &'static str,
    pub(crate) points: Vec<(f64, f64)>,
}

type Place = (f64, f64);

const WIDTH: f64 = 1200.0;
const HEIGHT: f64 = 675.0;
/// Drawn at twice its size and averaged: the library's slanted strokes are jagged.
const SCALE: u32 = 2;
const FAMILY: &str = "Inter";
const REGULAR: &[u8] = include_bytes!("../../src/report/font/Inter-Regular.ttf");
const SEMI_BOLD: &[u8] = include_bytes!("../../src/report/font/Inter-SemiBold.ttf");
const FAINT: RGBColor = RGBColor(85, 85, 85);
const AXIS: RGBColor = RGBColor(140, 140, 140);
const GRID: RGBColor = RGBColor(229, 229, 229);
/// By line: told apart by lightness and mark too.
const INKS: [RGBColor; 2] = [RGBColor(0, 114, 178), RGBColor(230, 159, 0)];
const MARGIN: f64 = 28.0;
const PANEL: Place = (300.0, 176.0);
const DISTANCE: Place = (385.0, 272.0);
const FIRST: Place = (86.0, 132.0);

impl Picture {
    /// Draws it into a file.
    pub(crate) fn write(&self, path: &str) {
        for (face, bytes) in [(FontStyle::Normal, REGULAR), (FontStyle::Bold, SEMI_BOLD)] {
            assert!(register_font(FAMILY, face, bytes).is_ok(), "the font can be read");
        }
        let size = (WIDTH as u32, HEIGHT as u32);
        let mut pixels = vec![255; (size.0 * size.1 * 3 * SCALE * SCALE) as usize];
        let large = (size.0 * SCALE, size.1 * SCALE);
        self.draw(&mut Canvas { backend: BitMapBackend::with_buffer(&mut pixels, large) });
        let small = png::average(&pixels, large.0 as usize);
        let file = png::encode(size.0, size.1, &small);
        fs::write(path, file).unwrap_or_else(|error| panic!("{path}: {error}"));
    }

    fn draw(&self, canvas: &mut Canvas<'_>) {
        canvas.text(&self.title, (MARGIN, 37.0), HPos::Left, (25.0, true), BLACK);
        canvas.text(&self.subtitle, (MARGIN, 70.0), HPos::Left, (16.0, false), FAINT);
        canvas.text(&self.footer, (MARGIN, 655.0), HPos::Left, (14.0, false), FAINT);
        let lines = || self.panels.iter().flat_map(|panel| &panel.lines);
        let seconds = lines().flat_map(|line| line.points.iter().map(|point| libm::log10(point.1)));
        let decades = seconds.fold((f64::MAX, f64::MIN), |(low, high), log| {
            (low.min(log.floor()), high.max(log.ceil()))
        });
        for (number, panel) in self.panels.iter().enumerate() {
            panel.draw(&Plot::new(number, &panel.ticks, decades), canvas);
        }
        legend(lines().map(|line| line.name), canvas);
    }
}

/// Where a panel is, and the logarithms at its corners.
struct Plot {
    left: f64,
    top: f64,
    x: Place,
    y: Place,
}

impl Plot {
    fn new(number: usize, ticks: &[(f64, String)], y: Place) -> Self {
        let (column, row) = ((number % 3) as f64, (number / 3) as f64);
        let (left, top) = (FIRST.0 + column * DISTANCE.0, FIRST.1 + row * DISTANCE.1);
        let end = |tick: Option<&(f64, String)>| libm::log10(tick.expect("a panel has ticks").0);
        Self { left, top, x: (end(ticks.first()), end(ticks.last())), y }
    }

    fn place(&self, (x, y): Place) -> Place {
        let part = |value: f64, (low, high): Place| (libm::log10(value) - low) / (high - low);
        (self.left + part(x, self.x) * PANEL.0, self.top + (1.0 - part(y, self.y)) * PANEL.1)
    }
}

impl Panel {
    fn draw(&self, plot: &Plot, canvas: &mut Canvas<'_>) {
        let (left, right, bottom) = (plot.left, plot.left + PANEL.0, plot.top + PANEL.1);
        canvas.text(&self.name, (left, plot.top - 17.0), HPos::Left, (15.0, true), BLACK);
        for decade in plot.y.0 as i32..=plot.y.1 as i32 {
            let seconds = libm::pow(10.0, f64::from(decade));
            let y = plot.place((1.0, seconds)).1;
            canvas.line(&[(left, y), (right, y)], 1.0, GRID);
            canvas.text(
                &format!("{seconds} s"),
                (left - 8.0, y),
                HPos::Right,
                (14.0, false),
                FAINT,
            );
        }
        let mut free_from = 0.0;
        for (value, label) in &self.ticks {
            let x = plot.place((*value, 1.0)).0;
            canvas.line(&[(x, plot.top), (x, bottom)], 1.0, GRID);
            let half = width(label, (14.0, false)) / 2.0;
            if x - half >= free_from {
                canvas.text(label, (x, bottom + 14.0), HPos::Center, (14.0, false), FAINT);
                free_from = x + half + 6.0;
            }
        }
        canvas.line(&[(left, bottom), (right, bottom)], 1.0, AXIS);
        let middle = (f64::midpoint(left, right), bottom + 34.0);
        canvas.text(self.unit, middle, HPos::Center, (14.0, false), FAINT);
        for line in &self.lines {
            // In proportion to the last point, down to where the panel ends.
            let (x, y) = *line.points.last().expect("a line has points");
            let low = libm::pow(10.0, plot.y.0);
            let least = (x * low / y).max(self.ticks[0].0);
            canvas.dashes(plot.place((least, y * least / x)), plot.place((x, y)));
        }
        for (number, line) in self.lines.iter().enumerate() {
            let points: Vec<_> = line.points.iter().map(|point| plot.place(*point)).collect();
            canvas.line(&points, 2.5, INKS[number]);
            for point in points {
                canvas.mark(point, number);
            }
        }
    }
}

/// What the lines are, where a sixth panel would be.
fn legend<'a>(names: impl Iterator<Item = &'a str>, canvas: &mut Canvas<'_>) {
    let (left, mut y) = (FIRST.0 + 2.0 * DISTANCE.0, FIRST.1 + DISTANCE.1);
    let mut names: Vec<_> = names.collect();
    names.sort_unstable_by(|a, b| b.cmp(a));
    names.dedup();
    let after = left + 50.0;
    for (number, name) in names.into_iter().enumerate() {
        canvas.line(&[(left, y), (left + 38.0, y)], 2.5, INKS[number]);
        canvas.mark((left + 19.0, y), number);
        canvas.text(
            &format!("{name}: processor time"),
            (after, y),
            HPos::Left,
            (14.0, false),
            BLACK,
        );
        y += 26.0;
    }
    canvas.dashes((left, y), (left + 38.0, y));
    canvas.text("proportion to the last point", (after, y), HPos::Left, (14.0, false), BLACK);
    let notes = [
        "A line flatter than the dashes, or above them:",
        "twice as much takes less than twice the time.",
        "",
        "Slopes are those of playing at the last three",
        "points: 1 is proportion, 0 is no growth.",
    ];
    for (number, note) in notes.into_iter().enumerate() {
        let place = (left, y + 36.0 + 20.0 * number as f64);
        canvas.text(note, place, HPos::Left, (14.0, false), FAINT);
    }
}

/// Draws at positions in px from the top left corner.
struct Canvas<'a> {
    backend: BitMapBackend<'a>,
}

impl Canvas<'_> {
    fn line(&mut self, points: &[Place], width: f64, ink: RGBColor) {
        let stroke_width = (width * f64::from(SCALE)).round() as u32;
        let style = ShapeStyle { color: ink.into(), filled: true, stroke_width };
        let path: Vec<_> = points.iter().map(|point| place(*point)).collect();
        self.backend.draw_path(path, &style).expect("drawing in memory cannot fail");
    }

    fn dashes(&mut self, from: Place, to: Place) {
        let (x, y) = (to.0 - from.0, to.1 - from.1);
        let strokes = (libm::hypot(x, y) / 9.0).ceil();
        let at = |part: f64| (from.0 + x * part / strokes, from.1 + y * part / strokes);
        for number in 0..strokes as u32 {
            let begin = f64::from(number);
            self.line(&[at(begin), at(begin + 0.6)], 1.5, FAINT);
        }
    }

    /// A round mark for the first line, a square one for the second.
    fn mark(&mut self, middle: Place, number: usize) {
        let style = ShapeStyle { color: INKS[number].into(), filled: true, stroke_width: 1 };
        let (x, y) = middle;
        let drawn = if number == 0 {
            self.backend.draw_circle(place(middle), 5 * SCALE, &style, true)
        } else {
            let corners = (place((x - 5.0, y - 5.0)), place((x + 5.0, y + 5.0)));
            self.backend.draw_rect(corners.0, corners.1, &style, true)
        };
        drawn.expect("drawing in memory cannot fail");
    }

    /// Text whose middle line is at a place; its font is size and whether it is bold.
    fn text(&mut self, text: &str, at: Place, anchor: HPos, font: (f64, bool), ink: RGBColor) {
        let font = describe(font);
        let style = TextStyle::from(font).color(&ink).pos(Pos::new(anchor, VPos::Center));
        self.backend.draw_text(text, &style, place(at)).expect("the font is embedded");
    }
}

fn width(text: &str, font: (f64, bool)) -> f64 {
    let (width, _) = describe(font).box_size(text).expect("the font is embedded");
    f64::from(width) / f64::from(SCALE)
}

fn place((x, y): Place) -> (i32, i32) {
    let scale = f64::from(SCALE);
    ((x * scale).round() as i32, (y * scale).round() as i32)
}

fn describe((size, bold): (f64, bool)) -> FontDesc<'static> {
    // The rasterizer takes a font's ascent plus descent as its size.
    let size = size * f64::from(SCALE) * (1984.0 + 494.0) / 2048.0;
    let face = if bold { FontStyle::Bold } else { FontStyle::Normal };
    FontDesc::new(FontFamily::Name(FAMILY), size, face)
}
