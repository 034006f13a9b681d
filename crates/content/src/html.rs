//! HTML flattened as a reader sees it. Tables of data become tables; hidden text is kept apart;
//! scripts, styles and comments are dropped. One pass, whatever the nesting.

use std::borrow::Cow;
use std::collections::HashMap;

use memchr::{memchr, memmem};

use super::extraction::{At, Extraction};
use super::html_style::{self, Colour, Sheet, Style, indistinct};
use super::html_table::{Closed, Tables};
use super::html_tags::{Attributes, Ends, Tag, decoded, tag_of};
use super::html_text::{collapse, end_line, end_paragraph};
use super::plain::{self, Flow};
use super::{Kind, Oddity, Why, charset};

/// Elements within elements, beyond which the inner ones no longer change how text is read.
const DEEPEST: usize = 512;
/// How far up an end tag looks for its start.
const LOOK_UP: usize = 64;
/// Styles that are remembered.
const STYLES: usize = 1000;
/// Empty cells that spans may make on one page.
pub const PADDING: usize = 200_000;
/// Where a quotation begins and ends; noncharacters, which no text has.
pub const MARKS: [char; 2] = ['\u{fdd0}', '\u{fdd1}'];

/// Reads an HTML file.
pub fn file(x: &mut Extraction, at: &At, bytes: &[u8]) -> Result<(), Why> {
    let text = charset::decode(bytes, meta_charset(bytes));
    read(x, at, &text, Kind::Attachment)
}

/// Reads the HTML body of a message.
pub fn body(x: &mut Extraction, at: &At, bytes: &[u8], label: Option<&str>) -> Result<(), Why> {
    let text = charset::decode(bytes, label.or_else(|| meta_charset(bytes)));
    read(x, at, &text, Kind::Body)
}

/// The charset of a `<meta>` element.
fn meta_charset(bytes: &[u8]) -> Option<&str> {
    let head = &bytes[..bytes.len().min(2048)];
    let from = memmem::find(head, b"charset=")? + 8;
    let value = head.get(from..)?;
    let value = value.strip_prefix(b"\"").or_else(|| value.strip_prefix(b"'")).unwrap_or(value);
    let end = value.iter().position(|b| !b.is_ascii_alphanumeric() && !matches!(b, b'-' | b'_'))?;
    std::str::from_utf8(&value[..end]).ok()
}

fn read(x: &mut Extraction, at: &At, text: &str, kind: Kind) -> Result<(), Why> {
    let mut page = HtmlPage::default();
    let ended = page.read(x, at, text);
    page.close_tables(x, at)?;
    x.note(at, Oddity::HiddenText, page.hidden_runs);
    x.text(at, Kind::Property, std::mem::take(&mut page.title))?;
    x.text(at, Kind::Hidden, std::mem::take(&mut page.hidden))?;
    if kind == Kind::Body {
        quotations(x, at, &page.text)?;
    } else {
        x.text(at, kind, page.text.replace(MARKS, "\n"))?;
    }
    ended
}

/// Splits the text of a body at the marks of quotations.
fn quotations(x: &mut Extraction, at: &At, text: &str) -> Result<(), Why> {
    let mut depth = 0usize;
    for piece in text.split_inclusive(MARKS) {
        let words = piece.trim_end_matches(MARKS);
        if depth > 0 {
            for (kind, segment) in plain::segments(words, Flow::default()) {
                let kind = if kind == Kind::Body { Kind::Quoted } else { kind };
                x.text(at, kind, segment)?;
            }
        } else {
            plain::body(x, at, words, Flow::default())?;
        }
        depth = match piece.chars().next_back() {
            Some(c) if c == MARKS[0] => depth + 1,
            Some(c) if c == MARKS[1] => depth.saturating_sub(1),
            _ => depth,
        };
    }
    Ok(())
}

/// What holds for text within an element.
#[derive(Clone, Copy)]
struct Scope {
    tag: Tag,
    hidden: bool,
    size_zero: bool,
    pre: bool,
    quoted: bool,
    colour: Colour,
    background: Colour,
}

const OUTERMOST: Scope = Scope {
    tag: Tag::Body,
    hidden: false,
    size_zero: false,
    pre: false,
    quoted: false,
    colour: None,
    background: None,
};

impl Scope {
    fn unseen(&self) -> bool {
        self.hidden
            || self.size_zero
            || self.colour.is_some_and(|c| indistinct(c, self.background.unwrap_or(0xff_ffff)))
    }
}

#[derive(Default)]
struct HtmlPage {
    text: String,
    hidden: String,
    hidden_runs: usize,
    title: String,
    scopes: Vec<Scope>,
    tables: Tables,
    sheet: Sheet,
    /// What the styles read so far say.
    styles: HashMap<String, Style>,
    in_title: bool,
    ends: Ends,
}

impl HtmlPage {
    fn read(&mut self, x: &mut Extraction, at: &At, html: &str) -> Result<(), Why> {
        let mut rest = html;
        let mut tags = 0u32;
        while !rest.is_empty() {
            let open = memchr(b'<', rest.as_bytes()).unwrap_or(rest.len());
            if open > 0 {
                self.words(&rest[..open]);
                rest = &rest[open..];
                continue;
            }
            tags = tags.wrapping_add(1);
            if tags.is_multiple_of(2048) {
                x.budget.time()?;
            }
            rest = self.markup(x, at, rest)?;
        }
        Ok(())
    }

    /// Reads what begins with `<`, and gives back what follows it.
    fn markup<'h>(&mut self, x: &mut Extraction, at: &At, rest: &'h str) -> Result<&'h str, Why> {
        let bytes = rest.as_bytes();
        match bytes.get(1) {
            Some(b'!') if rest.starts_with("<!--") => {
                let Some(end) = memmem::find(&bytes[4..], b"-->") else {
                    // Never closed: readers differ on where it ends, so the rest is kept.
                    self.hidden_runs += 1;
                    self.hidden.push_str(&rest[4..]);
                    return Ok("");
                };
                Ok(&rest[4 + end + 3..])
            }
            Some(b'!' | b'?') => Ok(memchr(b'>', bytes).map_or("", |end| &rest[end + 1..])),
            Some(b'/') => {
                let end = memchr(b'>', bytes).unwrap_or(bytes.len());
                let name = rest[2..end].trim_end_matches(['/', ' ', '\t', '\r', '\n']);
                self.end(x, at, tag_of(name.split([' ', '\t', '\n']).next().unwrap_or("")))?;
                Ok(rest.get(end + 1..).unwrap_or(""))
            }
            Some(b) if b.is_ascii_alphabetic() => {
                let end = self.ends.of_tag(bytes);
                let inner = &rest[1..end];
                let after = rest.get(end + 1..).unwrap_or("");
                let name_end = inner
                    .bytes()
                    .position(|b| !b.is_ascii_alphanumeric() && !matches!(b, b':' | b'-'))
                    .unwrap_or(inner.len());
                let (name, attributes) = inner.split_at(name_end);
                let tag = tag_of(name);
                match tag {
                    Tag::Raw | Tag::StyleSheet => {
                        // Where it is never closed, what follows may be shown, and is read on.
                        let Some((inside, behind)) = self.ends.of_raw(tag, name, after) else {
                            return Ok(after);
                        };
                        if tag == Tag::StyleSheet {
                            self.sheet.add(inside);
                        }
                        Ok(behind)
                    }
                    _ => {
                        self.start(x, at, tag, attributes)?;
                        Ok(after)
                    }
                }
            }
            _ => {
                self.words("<");
                Ok(&rest[1..])
            }
        }
    }

    fn scope(&self) -> Scope {
        self.scopes.last().copied().unwrap_or(OUTERMOST)
    }

    fn start(&mut self, x: &mut Extraction, at: &At, tag: Tag, text: &str) -> Result<(), Why> {
        let mut scope = Scope { tag, quoted: false, ..self.scope() };
        let mut spans = (1, 1);
        let (mut classes, mut id, mut cited) = ("", "", false);
        let mut shown: Option<Cow<'_, str>> = None;
        for (name, value) in (Attributes { rest: text }) {
            let is = |known: &str| name.eq_ignore_ascii_case(known);
            if is("style") {
                self.apply(&mut scope, value);
            } else if is("href") && tag == Tag::Anchor {
                x.link(at, &decoded(value))?;
            } else if is("class") {
                classes = value;
            } else if is("id") {
                id = value;
            } else if is("hidden") {
                scope.hidden = true;
            } else if is("color") && tag == Tag::Font {
                scope.colour = html_style::colour(value).or(scope.colour);
            } else if is("bgcolor") {
                scope.background = html_style::colour(value).or(scope.background);
            } else if is("type") {
                cited |= value.eq_ignore_ascii_case("cite");
                // A form keeps data there that nobody sees.
                scope.hidden |= tag == Tag::Input && value.eq_ignore_ascii_case("hidden");
            } else if is("alt") && tag == Tag::Picture || is("value") && tag == Tag::Input {
                shown = Some(decoded(value));
            } else if is("colspan") {
                spans.0 = value.trim().parse().unwrap_or(1);
            } else if is("rowspan") {
                spans.1 = value.trim().parse().unwrap_or(1);
            }
        }
        scope.hidden |= self.sheet.hides(classes, id);
        let quotes = tag == Tag::Quote && cited || classes.contains("gmail_quote");
        if matches!(tag, Tag::Break | Tag::Picture | Tag::Input | Tag::Void) {
            return self.void(tag, scope, shown);
        }
        self.open(x, tag, spans, scope.unseen())?;
        if quotes && !scope.unseen() {
            scope.quoted = true;
            self.mark(MARKS[0]);
        }
        if scope.unseen() && !self.scope().unseen() {
            self.hidden_runs += 1;
            end_line(&mut self.hidden);
        }
        if self.scopes.len() < DEEPEST {
            self.scopes.push(scope);
        }
        Ok(())
    }

    fn apply(&mut self, scope: &mut Scope, css: &str) {
        // Programs write the same few styles over and over.
        let style = match self.styles.get(css) {
            Some(known) => *known,
            None => {
                let style = html_style::declarations(&decoded(css));
                if self.styles.len() < STYLES && css.len() < 1024 {
                    self.styles.insert(css.to_string(), style);
                }
                style
            }
        };
        scope.hidden |= style.hidden;
        scope.size_zero = style.size_zero.unwrap_or(scope.size_zero);
        scope.colour = style.colour.or(scope.colour);
        scope.background = style.background.or(scope.background);
        scope.pre = style.preformatted.unwrap_or(scope.pre);
    }

    /// An element without content.
    fn void(&mut self, tag: Tag, scope: Scope, shown: Option<Cow<'_, str>>) -> Result<(), Why> {
        if tag == Tag::Break {
            self.sink().push('\n');
        } else if let Some(shown) = shown.filter(|s| !s.trim().is_empty()) {
            let out = if scope.unseen() { &mut self.hidden } else { self.sink() };
            out.push(' ');
            collapse(out, &shown);
            out.push(' ');
        }
        Ok(())
    }

    /// What an element does to the lines and tables around it.
    fn open(&mut self, x: &mut Extraction, tag: Tag, spans: (usize, usize), unseen: bool) -> Result<(), Why> {
        match tag {
            Tag::Block | Tag::Quote | Tag::Pre => end_line(self.sink()),
            Tag::Paragraph => end_paragraph(self.sink()),
            Tag::Item => {
                end_line(self.sink());
                self.sink().push('・');
            }
            Tag::Table => {
                end_line(self.sink());
                self.tables.begin();
            }
            // A row or cell that is hidden is no part of the table that is seen.
            Tag::Row if unseen => self.tables.end_cell(),
            Tag::Row => {
                x.budget.cells(1)?;
                self.tables.row();
            }
            Tag::Cell if !unseen && self.tables.is_open() => {
                x.budget.cells(1)?;
                self.tables.cell(spans.0, spans.1);
            }
            Tag::Title => self.in_title = true,
            _ => {}
        }
        Ok(())
    }

    fn end(&mut self, x: &mut Extraction, at: &At, tag: Tag) -> Result<(), Why> {
        match tag {
            Tag::Break if self.scopes.len() < DEEPEST => self.sink().push('\n'),
            Tag::Block | Tag::Item | Tag::Row | Tag::Pre => end_line(self.sink()),
            Tag::Paragraph | Tag::Quote => end_paragraph(self.sink()),
            Tag::Cell => self.tables.end_cell(),
            Tag::Title => self.in_title = false,
            _ => {}
        }
        let found = self.scopes.iter().rev().take(LOOK_UP).position(|s| s.tag == tag);
        if let Some(up) = found {
            for _ in 0..=up {
                if self.scopes.pop().is_some_and(|s| s.quoted) {
                    self.mark(MARKS[1]);
                }
            }
        }
        if tag == Tag::Table {
            self.close_table(x, at)?;
        }
        Ok(())
    }

    fn close_table(&mut self, x: &mut Extraction, at: &At) -> Result<(), Why> {
        match self.tables.end() {
            Some(Closed::Data(rows)) => {
                x.text_table(at, rows)?;
                end_line(self.sink());
            }
            Some(Closed::Layout(text)) => {
                let sink = self.sink();
                end_line(sink);
                sink.push_str(text.trim_start_matches('\n'));
            }
            None => {}
        }
        Ok(())
    }

    fn close_tables(&mut self, x: &mut Extraction, at: &At) -> Result<(), Why> {
        while self.tables.is_open() {
            self.close_table(x, at)?;
        }
        Ok(())
    }

    fn mark(&mut self, mark: char) {
        let sink = self.sink();
        end_line(sink);
        sink.push(mark);
    }

    /// Where text that is seen goes now: an open cell, or the page.
    fn sink(&mut self) -> &mut String {
        match self.tables.sink() {
            Some(cell) => cell,
            None => &mut self.text,
        }
    }

    /// Text between tags.
    fn words(&mut self, text: &str) {
        let scope = self.scope();
        if scope.tag == Tag::Reading {
            return;
        }
        let text = decoded(text);
        let out = if self.in_title {
            &mut self.title
        } else if scope.unseen() {
            &mut self.hidden
        } else {
            match self.tables.sink() {
                Some(cell) => cell,
                None => &mut self.text,
            }
        };
        if scope.pre { out.push_str(&text) } else { collapse(out, &text) }
    }
}
