//! Our own Markdown pages as sections with paragraphs, list items and tables.
//!
//! Text keeps its backticks; other markup is dropped, and so are links within a page that only
//! point at what is found by name: "[fields](#retry)".

use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};

/// A heading and what stands below it, up to the next.
#[derive(Debug, Default)]
pub(super) struct Section {
    /// 1 for the page's title.
    pub level: u8,
    /// The heading.
    pub title: String,
    /// What follows, in order.
    pub blocks: Vec<Block>,
}

/// A part of a section.
#[derive(Debug)]
pub(super) enum Block {
    /// Running text.
    Paragraph(String),
    /// An item of a list.
    Item(String),
    /// A table.
    Table(Table),
}

/// A table, cell by cell.
#[derive(Debug, Default)]
pub(super) struct Table {
    header: Vec<String>,
    /// Its rows below the header.
    pub rows: Vec<Vec<String>>,
}

impl Table {
    /// Whether its first column is called so.
    pub(super) fn begins_with(&self, column: &str) -> bool {
        self.header.first().is_some_and(|name| name == column)
    }

    /// The cell of `row` in the column called `column`; empty where there is none.
    pub(super) fn cell<'r>(&self, row: &'r [String], column: &str) -> &'r str {
        let place = self.header.iter().position(|name| name == column);
        place.and_then(|place| row.get(place)).map_or("", String::as_str)
    }

    /// Each row in a line: the first cell, and what the others say under their headings.
    pub(super) fn lines(&self) -> impl Iterator<Item = String> {
        self.rows.iter().filter_map(|row| {
            let (first, rest) = row.split_first()?;
            let named = self.header.iter().skip(1).zip(rest).filter(|(_, cell)| !cell.is_empty());
            let said: Vec<String> = named.map(|(head, cell)| format!("{head} {cell}")).collect();
            Some(format!("{first}: {}", said.join("; ")))
        })
    }
}

impl Section {
    /// The text of its paragraphs.
    pub(super) fn paragraphs(&self) -> impl Iterator<Item = &str> {
        self.blocks.iter().filter_map(|block| match block {
            Block::Paragraph(text) => Some(text.as_str()),
            _ => None,
        })
    }

    /// The text of its list items.
    pub(super) fn items(&self) -> impl Iterator<Item = &str> {
        self.blocks.iter().filter_map(|block| match block {
            Block::Item(text) => Some(text.as_str()),
            _ => None,
        })
    }

    /// Its tables whose first column is called so.
    pub(super) fn tables(&self, column: &str) -> impl Iterator<Item = &Table> {
        self.blocks.iter().filter_map(move |block| match block {
            Block::Table(table) if table.begins_with(column) => Some(table),
            _ => None,
        })
    }

    /// Its tables whose first column is called otherwise.
    pub(super) fn other_tables(&self, column: &str) -> impl Iterator<Item = &Table> {
        self.blocks.iter().filter_map(move |block| match block {
            Block::Table(table) if !table.begins_with(column) => Some(table),
            _ => None,
        })
    }
}

/// The sections of a page, in order.
pub(super) fn sections(markdown: &str) -> Vec<Section> {
    let mut reader = Reader::default();
    for event in Parser::new_ext(markdown, Options::ENABLE_TABLES) {
        reader.take(event);
    }
    reader.sections
}

/// What stands in backticks in a text that keeps them.
pub(super) fn codes(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// What links within a page are called that only point at more.
const POINTERS: [&str; 5] = ["fields", "format", "forms", "more", "what follows"];

#[derive(Default)]
struct Reader {
    sections: Vec<Section>,
    text: String,
    table: Table,
    row: Vec<String>,
    /// Whether what comes is a code block, which is no text of the page.
    is_skipped: bool,
    /// Where the text of a link within the page begins.
    link: Option<usize>,
}

impl Reader {
    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Text(text) if !self.is_skipped => self.text.push_str(&text),
            Event::Code(code) if !self.is_skipped => {
                self.text.push('`');
                self.text.push_str(&code);
                self.text.push('`');
            }
            Event::SoftBreak | Event::HardBreak => self.text.push(' '),
            Event::Start(tag) => self.start(&tag),
            Event::End(end) => self.end(end),
            _ => {}
        }
    }

    fn start(&mut self, tag: &Tag<'_>) {
        match tag {
            Tag::Heading { level, .. } => {
                let level = if *level == HeadingLevel::H1 { 1 } else { *level as u8 };
                self.sections.push(Section { level, ..Section::default() });
                self.text.clear();
            }
            Tag::Link { dest_url, .. } if dest_url.starts_with('#') => {
                self.link = Some(self.text.len());
            }
            Tag::CodeBlock(_) => self.is_skipped = true,
            Tag::Table(_) => self.table = Table::default(),
            Tag::Paragraph | Tag::Item | Tag::TableCell => self.text.clear(),
            _ => {}
        }
    }

    fn end(&mut self, end: TagEnd) {
        match end {
            TagEnd::Heading(_) => {
                let title = self.finished();
                if let Some(section) = self.sections.last_mut() {
                    section.title = title;
                }
            }
            TagEnd::Link => {
                let begins = self.link.take();
                if let Some(at) = begins.filter(|&at| POINTERS.contains(&&self.text[at..])) {
                    self.text.truncate(at);
                }
            }
            TagEnd::CodeBlock => self.is_skipped = false,
            TagEnd::Paragraph => {
                let text = self.finished();
                self.push(Block::Paragraph(text));
            }
            TagEnd::Item => {
                let text = self.finished();
                self.push(Block::Item(text));
            }
            TagEnd::TableCell => {
                let text = self.finished();
                self.row.push(text);
            }
            TagEnd::TableHead => self.table.header = std::mem::take(&mut self.row),
            TagEnd::TableRow => self.table.rows.push(std::mem::take(&mut self.row)),
            TagEnd::Table => {
                let table = std::mem::take(&mut self.table);
                self.push(Block::Table(table));
            }
            _ => {}
        }
    }

    /// The text so far, without the separators links have left at its end.
    fn finished(&mut self) -> String {
        let text = std::mem::take(&mut self.text);
        text.trim().trim_end_matches([';', ',', ' ']).to_owned()
    }

    fn push(&mut self, block: Block) {
        let is_empty =
            matches!(&block, Block::Paragraph(text) | Block::Item(text) if text.is_empty());
        if let Some(section) = self.sections.last_mut().filter(|_| !is_empty) {
            section.blocks.push(block);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_read_as_it_is_shown() {
        let page = "# Title\n\nFirst\nparagraph, [see](other.md).\n\n## `b` and c\n\n- one `1`\n- \
                    **two**\n\n| field | meaning |\n|---|---|\n| `a` | x; [forms](#b) |\n| `b` | \
                    `<= 1` |\n\n```toml\ncode\n```\n\nlast\n";
        let sections = sections(page);
        assert_eq!(sections.len(), 2);
        assert_eq!((sections[0].level, sections[0].title.as_str()), (1, "Title"));
        assert_eq!(sections[0].paragraphs().collect::<Vec<_>>(), ["First paragraph, see."]);
        let second = &sections[1];
        assert_eq!(second.title, "`b` and c");
        assert_eq!(codes(&second.title).collect::<Vec<_>>(), ["b"]);
        assert_eq!(second.items().collect::<Vec<_>>(), ["one `1`", "two"]);
        assert_eq!(second.paragraphs().collect::<Vec<_>>(), ["last"]);
        let table = second.tables("field").next().expect("a table of fields");
        assert_eq!(table.cell(&table.rows[0], "meaning"), "x");
        assert_eq!(table.cell(&table.rows[1], "meaning"), "`<= 1`");
        assert_eq!(table.cell(&table.rows[1], "default"), "");
        assert!(second.tables("meaning").next().is_none());
        let lines: Vec<String> = second.other_tables("meaning").flat_map(Table::lines).collect();
        assert_eq!(lines, ["`a`: meaning x", "`b`: meaning `<= 1`"]);
    }
}
