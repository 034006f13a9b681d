//! The text of a mail as a reader sees it, in paragraphs, masked.

use std::collections::HashMap;
use std::ops::Range;

use super::FindingKind;
use super::masks::{Masks, masked};
use content::{Content, Kind as TextKind, Table};
use personal::{Found, Kind, Place, Source};

/// So many characters of the text are shown.
const MAX_BODY: usize = 20_000;
/// Where the message's own text stands.
const BODY: &str = "body";

/// A paragraph of the text.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Paragraph {
    pub spans: Vec<Span>,
    /// It is quoted from another mail.
    pub quoted: bool,
    /// Its lines are rows, with tabs between the cells.
    pub table: bool,
}

/// A stretch of text.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Span {
    /// Masked where something was found.
    pub text: String,
    pub finding: Option<FindingKind>,
}

/// The paragraphs of the text, and whether there is more of it than is shown. Tables come behind the text
/// that they stand in.
pub fn paragraphs(content: &Content, places: &[Found], masks: &Masks) -> (Vec<Paragraph>, bool) {
    let mut page = BodyPage { paragraphs: Vec::new(), left: MAX_BODY, cut: false };
    let found = ranges(places);
    let shown = |kind| matches!(kind, TextKind::Body | TextKind::Quoted | TextKind::QuotedHeader);
    for (i, text) in content.texts.iter().enumerate().filter(|(_, t)| t.path == BODY && shown(t.kind)) {
        let found = found.get(&i).map(Vec::as_slice).unwrap_or_default();
        for range in blocks(&text.text) {
            let inside: Vec<(Range<usize>, Kind)> =
                found.iter().filter_map(|(r, kind)| Some((within(r, &range)?, *kind))).collect();
            let spans = masks.spans(&text.text[range], &inside);
            page.add(Paragraph { spans, quoted: text.kind != TextKind::Body, table: false });
        }
    }
    for (i, table) in content.tables.iter().enumerate().filter(|(_, t)| t.path == BODY && !t.hidden) {
        page.add(Paragraph { spans: rows(table, i, places, masks), quoted: false, table: true });
    }
    (page.paragraphs, page.cut)
}

/// What was found in each text.
fn ranges(places: &[Found]) -> HashMap<usize, Vec<(Range<usize>, Kind)>> {
    let mut found: HashMap<usize, Vec<(Range<usize>, Kind)>> = HashMap::new();
    for place in places {
        if let (Source::Text(i), Place::Text(range)) = (place.source, &place.place) {
            found.entry(i).or_default().push((range.clone(), place.kind));
        }
    }
    found
}

/// The part of a range that lies in a block, counted from where the block begins.
fn within(range: &Range<usize>, block: &Range<usize>) -> Option<Range<usize>> {
    let (start, end) = (range.start.max(block.start), range.end.min(block.end));
    (start < end).then(|| start - block.start..end - block.start)
}

/// The stretches of a text between blank lines.
fn blocks(text: &str) -> Vec<Range<usize>> {
    let mut blocks: Vec<Range<usize>> = Vec::new();
    let mut open = false;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let end = at + line.trim_end().len();
        match blocks.last_mut() {
            _ if line.trim().is_empty() => open = false,
            Some(block) if open => block.end = end,
            _ => {
                blocks.push(at..end);
                open = true;
            }
        }
        at += line.len();
    }
    blocks
}

/// A table as lines of cells.
fn rows(table: &Table, index: usize, places: &[Found], masks: &Masks) -> Vec<Span> {
    let mut found: HashMap<(usize, usize), Kind> = HashMap::new();
    for place in places.iter().filter(|p| p.source == Source::Table(index)) {
        if let Place::Cell { row, column, .. } = place.place {
            found.entry((row, column)).or_insert(place.kind);
        }
    }
    let mut spans: Vec<Span> = Vec::new();
    for (r, row) in table.rows.iter().enumerate() {
        for (c, cell) in row.iter().enumerate() {
            if c > 0 {
                plain(&mut spans, "\t");
            }
            let mut text = String::new();
            cell.write(&mut text);
            match found.get(&(r, c)) {
                Some(kind) => {
                    spans.push(Span { text: masked(&text, *kind), finding: Some(FindingKind::of(*kind)) });
                }
                None => spans.extend(masks.spans(&text, &[])),
            }
        }
        plain(&mut spans, "\n");
    }
    spans
}

/// Adds text in which nothing was found.
fn plain(spans: &mut Vec<Span>, text: &str) {
    match spans.last_mut() {
        Some(Span { text: last, finding: None }) => last.push_str(text),
        _ => spans.push(Span { text: text.to_string(), finding: None }),
    }
}

/// The page, while it fills.
struct BodyPage {
    paragraphs: Vec<Paragraph>,
    left: usize,
    cut: bool,
}

impl BodyPage {
    /// Adds a paragraph, or as much of it as there is room for.
    fn add(&mut self, mut paragraph: Paragraph) {
        let mut kept = Vec::new();
        for mut span in std::mem::take(&mut paragraph.spans) {
            let length = span.text.chars().count();
            if self.left == 0 {
                self.cut = true;
                break;
            }
            if length > self.left {
                self.cut = true;
                span.text = span.text.chars().take(self.left).collect();
            }
            self.left -= length.min(self.left);
            kept.push(span);
        }
        if !kept.is_empty() {
            self.paragraphs.push(Paragraph { spans: kept, ..paragraph });
        }
    }
}
