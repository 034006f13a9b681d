//! The MIME tree (RFC 2046 section 5.1), found in one pass without recursion. Where readers differ,
//! the union of their readings is taken, and the difference is a defect: boundaries that come again
//! after their end, messages that are encoded although they must not be.

use std::ops::Range;
use std::sync::Arc;

use super::boundaries::{Delimiter, Open, Run};
use super::defects::{Defect, Defects, Uninspected, WhyNot};
use super::header::{MimeFields, is_mbox_line, line_at};
use super::limits::Limits;
use super::params;
use super::part::{Encoding, Part, Source};

/// What the walk found.
pub struct Tree<'x> {
    pub parts: Vec<Part<'x>>,
    pub uninspected: Vec<Uninspected>,
}

/// Walks through a message whose header was already cut.
pub fn walk<'x>(
    raw: &'x [u8],
    top: MimeFields,
    body_start: usize,
    limits: &Limits,
    defects: &mut Defects,
) -> Tree<'x> {
    let mut walk = Walk {
        limits,
        defects,
        parts: Vec::with_capacity(4),
        uninspected: Vec::new(),
        encoded: Vec::new(),
        // Encoded messages within encoded messages decode to less each time; twice the message's
        // size is more than any honest one needs.
        budget: raw.len() * 2 + 4096,
        full: false,
    };
    let head = Head { start: 0, body_start, fields: top };
    walk.source(Source::Message(raw), head, None, 0);
    let mut looked_at = 0;
    loop {
        walk.find_message_files(looked_at);
        looked_at = walk.parts.len();
        let Some((index, depth)) = walk.encoded.pop() else {
            break;
        };
        walk.decoded_message(index, depth);
    }
    Tree { parts: walk.parts, uninspected: walk.uninspected }
}

struct Walk<'x, 'l> {
    limits: &'l Limits,
    defects: &'l mut Defects,
    parts: Vec<Part<'x>>,
    uninspected: Vec<Uninspected>,
    /// Attached messages that must be decoded before they can be read, and their depth.
    encoded: Vec<(usize, usize)>,
    budget: usize,
    /// The limit of parts was met.
    full: bool,
}

/// The header of a part, and its MIME fields.
struct Head {
    start: usize,
    body_start: usize,
    fields: MimeFields,
}

/// What a part turned out to be.
enum Shape {
    Leaf,
    Multipart { boundary: Vec<u8>, digest: bool },
    Message,
}

impl<'x> Walk<'x, '_> {
    fn source(&mut self, source: Source<'x>, head: Head, parent: Option<usize>, depth: usize) {
        let shared = source.clone();
        let mut run = Run::of(shared.bytes());
        let mut head = head;
        loop {
            let Some(shape) = self.begin(&source, &mut run, &head, parent, depth) else {
                return;
            };
            let mut from = head.body_start;
            match shape {
                Shape::Message => {
                    head = self.head(&run, from);
                    continue;
                }
                Shape::Multipart { boundary, digest } => {
                    let part = self.parts.len() - 1;
                    if run.open.iter().any(|o| o.boundary.as_deref() == Some(&boundary)) {
                        self.defects.note(Defect::DuplicateBoundary);
                    }
                    run.open.push(Open { part, boundary: Some(boundary), digest, children: 0 });
                }
                Shape::Leaf => {}
            }
            // Up to the line before which the next part begins.
            loop {
                let Some(delimiter) = run.delimiter(from, &self.parts, self.defects) else {
                    self.close_above(&mut run, 0, shared.bytes().len());
                    return;
                };
                if !self.reach(&mut run, &delimiter) {
                    head = self.head(&run, delimiter.next);
                    break;
                }
                from = delimiter.next;
            }
        }
    }

    /// Closes what ends at a delimiter; whether the search for the next one goes on.
    fn reach(&mut self, run: &mut Run<'_>, delimiter: &Delimiter) -> bool {
        self.close_above(run, delimiter.level + 1, delimiter.part_end);
        if !delimiter.closing {
            return false;
        }
        if let Some(open) = run.open.pop() {
            self.end(open.part, delimiter.part_end);
            if let Some(boundary) = open.boundary {
                run.closed.insert(boundary, open.part);
            }
        }
        true
    }

    /// Ends the leaf before `end`, and everything that is open from `level` on without having been
    /// closed.
    fn close_above(&mut self, run: &mut Run<'_>, level: usize, end: usize) {
        if let Some(last) = self.parts.last_mut()
            && last.body.end == usize::MAX
        {
            last.body.end = end.max(last.body.start);
        }
        for open in run.open.drain(level.min(run.open.len())..) {
            if open.boundary.is_some() {
                let never_came = open.children == 0;
                self.defects.note(if never_came {
                    Defect::MissingBoundary
                } else {
                    Defect::UnterminatedMultipart
                });
                self.parts[open.part].leaf |= never_came;
            }
            let body = &mut self.parts[open.part].body;
            body.end = end.max(body.start);
        }
    }

    fn end(&mut self, part: usize, end: usize) {
        let body = &mut self.parts[part].body;
        body.end = end.max(body.start);
    }

    /// Notes a new part; none where the limit of parts is met.
    fn begin(
        &mut self,
        source: &Source<'x>,
        run: &mut Run<'_>,
        head: &Head,
        parent: Option<usize>,
        depth: usize,
    ) -> Option<Shape> {
        if self.parts.len() >= self.limits.max_parts {
            self.defects.note(Defect::TooManyParts);
            if !std::mem::replace(&mut self.full, true) {
                self.uninspected.push(Uninspected { part: "rest".into(), why: WhyNot::TooManyParts });
            }
            self.close_above(run, 0, run.bytes.len());
            return None;
        }
        let (parent, number) = match run.open.last_mut() {
            Some(open) => {
                open.children += 1;
                let above = &self.parts[open.part].number;
                (Some(open.part), number(above, open.children))
            }
            None => (parent, parent.map_or(String::new(), |p| number(&self.parts[p].number, 1))),
        };
        let digest = run.open.last().is_some_and(|o| o.digest);
        let nested = parent.is_some_and(|p| self.parts[p].nested || self.parts[p].is_message());
        let (mut part, shape) = self.describe(run.bytes, head, digest);
        part.source = source.clone();
        part.parent = parent;
        part.number = number;
        part.nested = nested;
        let index = self.parts.len();
        let deep = depth + run.open.len() >= self.limits.max_depth;
        let shape = match shape {
            Shape::Leaf => shape,
            _ if deep => {
                self.defects.note(Defect::TooDeep);
                self.note_uninspected(&part, WhyNot::TooDeep);
                Shape::Leaf
            }
            Shape::Message if !part.encoding.is_identity() => {
                self.defects.note(Defect::EncodedMessage);
                self.encoded.push((index, depth + run.open.len() + 1));
                Shape::Leaf
            }
            Shape::Message => {
                run.open.push(Open { part: index, boundary: None, digest: false, children: 0 });
                Shape::Message
            }
            Shape::Multipart { .. } => shape,
        };
        part.leaf = matches!(shape, Shape::Leaf);
        part.body.end = usize::MAX;
        self.parts.push(part);
        Some(shape)
    }

    fn note_uninspected(&mut self, part: &Part<'_>, why: WhyNot) {
        // One line a part is enough, and a hundred lines are enough for anybody.
        if self.uninspected.len() < 100 {
            self.uninspected.push(Uninspected { part: part.label(), why });
        }
    }

    /// What the MIME fields of a part say.
    fn describe(&mut self, bytes: &[u8], head: &Head, digest: bool) -> (Part<'x>, Shape) {
        let fields = &head.fields;
        for (list, defect) in [
            (&fields.content_type, Defect::DuplicateContentType),
            (&fields.encoding, Defect::DuplicateEncoding),
            (&fields.disposition, Defect::DuplicateDisposition),
        ] {
            if list.len() > 1 {
                self.defects.note(defect);
            }
        }
        let mut part = Part::empty(head.start..head.body_start, head.body_start);
        let values: Vec<params::Value<'_>> =
            fields.content_type.iter().map(|r| params::parse(&bytes[r.clone()])).collect();
        // Of several, the one that has parts shows more.
        let value = values.iter().find(|v| v.main.starts_with("multipart/")).or(values.first());
        part.encoding = self.encoding(bytes, fields);
        let mut boundary = None;
        if let Some(value) = value {
            if value.duplicate {
                self.defects.note(Defect::DuplicateParameter);
            }
            part.take_type(value);
            boundary = value.raw("boundary").filter(|b| !b.is_empty());
            if !part.media_type.contains('/') {
                self.defects.note(Defect::ContentType);
                // `Content-Type: text` is as old as MIME; `multipart` alone still has its boundary.
                let multipart = part.media_type == "multipart" && boundary.is_some();
                part.media_type = if multipart { "multipart/mixed".into() } else { "text/plain".into() };
            }
        } else if digest {
            part.media_type = "message/rfc822".into();
        }
        if let Some(range) = fields.disposition.first() {
            let value = params::parse(&bytes[range.clone()]);
            if value.duplicate {
                self.defects.note(Defect::DuplicateParameter);
            }
            part.take_disposition(&value);
        }
        if part.names_conflict() {
            self.defects.note(Defect::ConflictingName);
        }
        let shape = self.shape(&part, boundary);
        (part, shape)
    }

    fn shape(&mut self, part: &Part<'_>, boundary: Option<Vec<u8>>) -> Shape {
        if part.media_type.starts_with("multipart/") {
            if part.encoding == Encoding::Base64 {
                self.defects.note(Defect::EncodedMultipart);
            }
            return match boundary {
                Some(boundary) => {
                    Shape::Multipart { boundary, digest: part.media_type == "multipart/digest" }
                }
                None => {
                    self.defects.note(Defect::MissingBoundary);
                    Shape::Leaf
                }
            };
        }
        if part.is_message() { Shape::Message } else { Shape::Leaf }
    }

    fn encoding(&mut self, bytes: &[u8], fields: &MimeFields) -> Encoding {
        // Of several, one that encodes shows what the others would hide.
        let mut found = Encoding::Identity;
        for range in &fields.encoding {
            match Encoding::of(&bytes[range.clone()]) {
                Encoding::Identity => {}
                Encoding::Unknown => {
                    self.defects.note(Defect::UnknownEncoding);
                    if found == Encoding::Identity {
                        found = Encoding::Unknown;
                    }
                }
                known => found = known,
            }
        }
        found
    }

    /// Reads the header of a part. A dividing line ends it as well as an empty one.
    fn head(&mut self, run: &Run<'_>, start: usize) -> Head {
        let bytes = run.bytes;
        let mut head = Head { start, body_start: bytes.len(), fields: MimeFields::default() };
        let mut open: Option<(Range<usize>, usize)> = None;
        let mut next = start;
        while let Some(line) = line_at(bytes, next) {
            let text = &bytes[line.start..line.text_end];
            let divides = text.starts_with(b"--") && run.level(text).is_some();
            let continues = !divides && matches!(text.first(), Some(b' ' | b'\t'));
            if !continues {
                take(&mut head.fields, bytes, open.take());
            }
            if text.is_empty() || divides {
                head.body_start = if divides { line.start } else { line.next };
                return head;
            }
            match (&mut open, memchr::memchr(b':', text)) {
                (Some((_, end)), _) if continues => *end = line.text_end,
                (_, Some(colon)) if line.start > start || !is_mbox_line(text) => {
                    let name_end = line.start + text[..colon].trim_ascii_end().len();
                    open = Some((line.start..name_end, line.text_end));
                }
                _ if line.start == start && is_mbox_line(text) => self.defects.note(Defect::MboxLine),
                _ => self.defects.note(Defect::HeaderWithoutColon),
            }
            next = line.next;
        }
        take(&mut head.fields, bytes, open);
        head
    }

    /// Message files that are attached under another type; people open them all the same.
    fn find_message_files(&mut self, from: usize) {
        for (i, part) in self.parts.iter().enumerate().skip(from) {
            if part.leaf && !part.is_message() && part.is_message_file() {
                let depth = part.number.bytes().filter(|b| *b == b'.').count() + 2;
                self.encoded.push((i, depth));
            }
        }
    }

    /// Reads an attached message that stands there encoded, or as a file.
    fn decoded_message(&mut self, index: usize, depth: usize) {
        if self.full {
            return;
        }
        let part = &self.parts[index];
        if part.raw().len() > self.budget {
            let label = part.label();
            self.defects.note(Defect::TooDeep);
            self.uninspected.push(Uninspected { part: label, why: WhyNot::TooDeep });
            return;
        }
        self.budget -= part.raw().len();
        let bytes: Arc<[u8]> = Arc::from(part.bytes().into_owned());
        self.parts[index].leaf = false;
        self.parts[index].message = true;
        let source = Source::Decoded(bytes.clone());
        let run = Run::of(&bytes);
        let head = self.head(&run, 0);
        self.source(source, head, Some(index), depth);
    }
}

fn take(fields: &mut MimeFields, bytes: &[u8], open: Option<(Range<usize>, usize)>) {
    if let Some((name, end)) = open {
        let name_end = name.end;
        let value = bytes[name_end..end].iter().position(|b| *b == b':').map_or(end, |c| name_end + c + 1);
        fields.take(&bytes[name], value..end);
    }
}

fn number(above: &str, child: usize) -> String {
    if above.is_empty() { child.to_string() } else { format!("{above}.{child}") }
}
