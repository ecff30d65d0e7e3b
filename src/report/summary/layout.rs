//! Lines of a screen: wrapped, never too wide, coloured at the very end.

use anstyle::{AnsiColor, Effects};

/// How a screen may look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Whether marks and headings are coloured. Colour repeats what words say.
    pub colour: bool,
    /// Whether more than ASCII can be shown.
    pub unicode: bool,
}

impl Style {
    /// What files get: no colour, marks in Unicode.
    pub const FILE: Self = Self { colour: false, unicode: true };

    /// Text in a colour or weight, where allowed.
    fn paint(self, style: anstyle::Style, text: &str) -> String {
        if self.colour { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    fn heading(self, text: &str) -> String {
        self.paint(anstyle::Style::new().effects(Effects::BOLD), text)
    }
}

/// Widest line.
pub(in crate::report) const WIDTH: usize = 88;
/// Where text begins beside a label.
pub(in crate::report) const INDENT: usize = 9;
/// Lines as they come, none wider than [`WIDTH`].
pub(in crate::report) struct Screen {
    style: Style,
    lines: Vec<String>,
}

impl Screen {
    pub(in crate::report) fn new(style: Style) -> Self {
        Self { style, lines: Vec::new() }
    }

    pub(in crate::report) fn mark(&self, met: bool) -> &'static str {
        match (met, self.style.unicode) {
            (true, true) => "✓",
            (false, true) => "✗",
            (true, false) => "ok  ",
            (false, false) => "FAIL",
        }
    }

    pub(in crate::report) fn blank(&mut self) {
        self.lines.push(String::new());
    }

    pub(in crate::report) fn line(&mut self, text: &str) {
        self.lines.push(text.to_owned());
    }

    /// Parts that stay whole, three spaces apart, under one another where they do not fit.
    pub(in crate::report) fn segments(&mut self, label: &str, parts: &[String]) {
        let wide = label.chars().count() >= INDENT;
        let mut line = if wide { format!("{label} ") } else { format!("{label:<INDENT$}") };
        let mut begun = false;
        for part in parts {
            let gap = if begun { 3 } else { 0 };
            if begun && line.chars().count() + gap + part.chars().count() > WIDTH {
                self.lines.push(std::mem::replace(&mut line, " ".repeat(INDENT)));
            } else {
                line.push_str(&" ".repeat(gap));
            }
            line.push_str(part);
            begun = true;
        }
        self.cut(&line);
    }

    /// A label and words, broken between words and indented; a word too long is broken inside.
    pub(in crate::report) fn wrapped(&mut self, label: &str, indent: usize, text: &str) {
        let room = WIDTH.saturating_sub(indent).max(1);
        let mut line = label.to_owned();
        let mut used = 0;
        for word in text.split_whitespace() {
            let letters: Vec<char> = word.chars().collect();
            for (place, piece) in letters.chunks(room).enumerate() {
                let gap = usize::from(used > 0 && place == 0);
                if used > 0 && used + gap + piece.len() > room {
                    self.lines.push(std::mem::replace(&mut line, " ".repeat(indent)));
                    used = 0;
                } else if gap == 1 {
                    line.push(' ');
                    used += 1;
                }
                line.extend(piece);
                used += piece.len();
            }
        }
        self.lines.push(line);
    }

    /// A command, broken before its options so that it can be copied as it stands.
    pub(in crate::report) fn command(&mut self, label: &str, indent: usize, text: &str) {
        let (mut label, further) = (label.to_owned(), indent + 4);
        let room = WIDTH.saturating_sub(further + 2);
        let mut line = String::new();
        for part in before_options(text) {
            let width = line.chars().count() + 1 + part.chars().count();
            if width > room && !line.is_empty() {
                self.wrapped(&label, indent, &format!("{line} \\"));
                (line, label) = (String::new(), " ".repeat(further));
            }
            line.push_str(if line.is_empty() { "" } else { " " });
            line.push_str(part);
        }
        self.wrapped(&label, further, &line);
    }

    /// A line with columns, as it is where it fits, in words where it does not.
    pub(in crate::report) fn table_line(&mut self, label: &str, indent: usize, text: &str) {
        if label.chars().count() + text.chars().count() <= WIDTH {
            self.lines.push(format!("{label}{text}"));
        } else {
            self.wrapped(label, indent, text);
        }
    }

    /// A line that no rule keeps short is broken at the edge.
    fn cut(&mut self, line: &str) {
        let letters: Vec<char> = line.chars().collect();
        self.lines.extend(letters.chunks(WIDTH).map(String::from_iter));
    }

    /// The lines with colours, in ASCII where nothing else can be shown.
    pub(in crate::report) fn into_text(self) -> String {
        let mut text = String::new();
        for line in &self.lines {
            let line = line.trim_end();
            let line = if self.style.unicode { line.to_owned() } else { ascii(line) };
            text.push_str(&coloured(self.style, &line));
            text.push('\n');
        }
        text
    }
}

/// The parts of a command: what comes before the first option, and each option with its value.
fn before_options(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut quote) = (0, None);
    for (place, letter) in text.char_indices() {
        match quote {
            Some(open) if open == letter => quote = None,
            None if letter == '\'' || letter == '"' => quote = Some(letter),
            None if text[place..].starts_with(" --") => {
                parts.push(&text[start..place]);
                start = place + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

/// Text without anything but ASCII, as wide as it was.
fn ascii(text: &str) -> String {
    let letter = |c: char| match c {
        'µ' => 'u',
        c if c.is_ascii() => c,
        _ => '?',
    };
    text.chars().map(letter).collect()
}

/// Headings in bold, marks in colour.
fn coloured(style: Style, line: &str) -> String {
    const HEADINGS: [&str; 7] = ["STOPPED", "VERDICT", "WHY", "NOTE", "WRITES", "COST", "NEXT"];
    for heading in HEADINGS {
        if let Some(rest) = line.strip_prefix(heading)
            && (rest.is_empty() || rest.starts_with("  "))
        {
            return style.heading(heading) + rest;
        }
    }
    let marks = [
        ("✓", AnsiColor::Cyan),
        ("ok  ", AnsiColor::Cyan),
        ("✗", AnsiColor::Red),
        ("FAIL", AnsiColor::Red),
    ];
    for (mark, colour) in marks {
        if let Some(rest) = line.strip_prefix("  ").and_then(|line| line.strip_prefix(mark))
            && rest.starts_with(' ')
        {
            return format!("  {}{rest}", style.paint(colour.on_default(), mark));
        }
    }
    line.to_owned()
}
