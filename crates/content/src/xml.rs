//! XML read as a stream. Entities of a document's own are never expanded, nothing outside is
//! fetched, and a document type is passed over, so there is nothing to blow up.

use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::events::{BytesRef, BytesStart, Event};

use super::extraction::{At, Extraction};
use super::{Kind, Why, charset};

/// What a document consists of, as its reader meets it. Names are local: without prefixes.
pub enum Node<'a> {
    /// An element begins; an empty one is followed by its end.
    Start(&'a Element<'a>),
    End(&'a str),
    Text(&'a str),
}

/// An element and its attributes.
pub struct Element<'a> {
    start: BytesStart<'a>,
}

impl<'a> Element<'a> {
    /// The name without its prefix.
    pub fn name(&self) -> &str {
        local(self.start.name().into_inner())
    }

    /// The value of an attribute, by its name without a prefix.
    pub fn attribute(&self, name: &str) -> Option<Cow<'_, str>> {
        let mut attributes = Attributes { rest: self.start.attributes_raw() };
        attributes.find(|(n, _)| local(n) == name).map(|(_, value)| unescape(value))
    }

    /// All attributes, with their prefixes and as they are written: for where speed counts.
    pub fn attributes(&self) -> impl Iterator<Item = (&str, &str)> {
        Attributes { rest: self.start.attributes_raw() }
    }
}

/// The attributes of a tag: `name="value"` or `name='value'`.
struct Attributes<'a> {
    rest: &'a str,
}

impl<'a> Iterator for Attributes<'a> {
    type Item = (&'a str, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        let (name, after) = self.rest.split_once('=')?;
        let after = after.trim_start();
        let quote = *after.as_bytes().first().filter(|b| matches!(b, b'"' | b'\''))?;
        let inner = after.get(1..)?;
        let end = memchr::memchr(quote, inner.as_bytes())?;
        self.rest = inner.get(end + 1..)?;
        Some((name.trim(), inner.get(..end)?))
    }
}

fn local(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, local)| local)
}

/// Undoes the five predefined entities and character references; others stay as they are.
fn unescape(raw: &str) -> Cow<'_, str> {
    if memchr::memchr(b'&', raw.as_bytes()).is_none() {
        return Cow::Borrowed(raw);
    }
    quick_xml::escape::unescape(raw).unwrap_or(Cow::Borrowed(raw))
}

/// Hands every node of a document to `see`. Fails where the document is not well formed, after
/// all before that place has been seen.
pub fn walk(bytes: &[u8], mut see: impl FnMut(Node<'_>) -> Result<(), Why>) -> Result<(), Why> {
    let text = charset::decode(bytes, declared_encoding(bytes));
    let mut reader = Reader::from_str(&text);
    let config = reader.config_mut();
    config.check_end_names = false;
    config.allow_unmatched_ends = true;
    config.allow_dangling_amp = true;
    loop {
        match reader.read_event().map_err(|_| Why::Broken)? {
            Event::Start(start) => see(Node::Start(&Element { start }))?,
            Event::Empty(start) => {
                let element = Element { start };
                see(Node::Start(&element))?;
                see(Node::End(element.name()))?;
            }
            Event::End(end) => see(Node::End(local(end.name().into_inner())))?,
            Event::Text(t) => see(Node::Text(&t.into_inner()))?,
            Event::CData(t) => see(Node::Text(&t.into_inner()))?,
            Event::GeneralRef(r) => reference(&r, &mut see)?,
            Event::Eof => return Ok(()),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
        }
    }
}

fn reference(r: &BytesRef<'_>, see: &mut impl FnMut(Node<'_>) -> Result<(), Why>) -> Result<(), Why> {
    if let Ok(Some(c)) = r.resolve_char_ref() {
        return see(Node::Text(c.encode_utf8(&mut [0; 4])));
    }
    let name: &str = r;
    match name {
        "lt" => see(Node::Text("<")),
        "gt" => see(Node::Text(">")),
        "amp" => see(Node::Text("&")),
        "quot" => see(Node::Text("\"")),
        "apos" => see(Node::Text("'")),
        _ => Ok(()),
    }
}

/// The encoding of the XML declaration.
fn declared_encoding(bytes: &[u8]) -> Option<&str> {
    let head = &bytes[..bytes.len().min(120)];
    let head = &head[..memchr::memmem::find(head, b"?>")?];
    let from = memchr::memmem::find(head, b"encoding=")? + 10;
    let value = head.get(from..)?;
    let end = value.iter().position(|b| matches!(b, b'"' | b'\''))?;
    std::str::from_utf8(&value[..end]).ok()
}

/// Reads an XML file of no known vocabulary: its text, and the table of an Excel 2003 sheet.
pub fn file(x: &mut Extraction, at: &At, bytes: &[u8]) -> Result<(), Why> {
    let mut text = String::new();
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut in_cell = false;
    let budget = &mut x.budget;
    let mut seen = 0u32;
    let ended = walk(bytes, |node| {
        seen = seen.wrapping_add(1);
        if seen.is_multiple_of(4096) {
            budget.time()?;
        }
        match node {
            Node::Start(e) if e.name() == "Row" => {
                budget.cells(1)?;
                rows.push(Vec::new());
            }
            Node::Start(e) if e.name() == "Cell" => {
                let index = e.attribute("Index").and_then(|i| i.parse::<usize>().ok());
                if let Some(row) = rows.last_mut() {
                    // Index counts from 1 and may leap over blank cells.
                    let blanks = index.map_or(0, |i| i.min(1000).saturating_sub(row.len() + 1));
                    budget.cells(blanks + 1)?;
                    row.resize(row.len() + blanks + 1, String::new());
                    in_cell = true;
                }
            }
            Node::End("Cell") => in_cell = false,
            Node::Text(t) => match rows.last_mut().and_then(|r| r.last_mut()) {
                Some(cell) if in_cell => cell.push_str(t),
                _ => text.push_str(t),
            },
            Node::End(_) if !text.ends_with(['\n', ' ']) => text.push('\n'),
            _ => {}
        }
        Ok(())
    });
    x.text_table(at, rows)?;
    x.text(at, Kind::Attachment, text)?;
    ended
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text_of(xml: &str) -> (String, Result<(), Why>) {
        let mut out = String::new();
        let ended = walk(xml.as_bytes(), |node| {
            match node {
                Node::Start(e) => out.push_str(&format!("<{}>", e.name())),
                Node::End(name) => out.push_str(&format!("</{name}>")),
                Node::Text(t) => out.push_str(t),
            }
            Ok(())
        });
        (out, ended)
    }

    #[test]
    fn names_references_and_broken_ends() {
        let (text, ended) = text_of("<w:a x='1&lt;2'>a&#x5c71;&amp;<b/></w:a>");
        assert_eq!((text.as_str(), ended), ("<a>a山&<b></b></a>", Ok(())));
        let (text, ended) = text_of("<a>kept<b");
        assert_eq!((text.as_str(), ended), ("<a>kept", Err(Why::Broken)));
    }

    #[test]
    fn entities_of_the_document_are_not_expanded() {
        let bomb = "<!DOCTYPE a [<!ENTITY l \"lol\"><!ENTITY m \"&l;&l;&l;\">]><a>&m;&m;</a>";
        assert_eq!(text_of(bomb).0, "<a></a>");
    }
}
