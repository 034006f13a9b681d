//! The lines that divide a multipart body (RFC 2046 section 5.1.1): which boundaries are open, which were
//! closed, and where the next line of one stands.

use std::collections::HashMap;

use super::defects::{Defect, Defects};
use super::header::{is_blank, line_at};
use super::part::Part;

/// A part that others stand in.
pub struct Open {
    pub part: usize,
    /// None for an attached message.
    pub boundary: Option<Vec<u8>>,
    /// Its parts are messages unless they say otherwise (RFC 2046 section 5.1.5).
    pub digest: bool,
    pub children: usize,
}

/// A line that divides parts.
pub struct Delimiter {
    /// Where the part before it ends: the line break belongs to the delimiter.
    pub part_end: usize,
    pub next: usize,
    /// Which of the open parts it divides.
    pub level: usize,
    pub closing: bool,
}

/// One run of bytes that is being walked through.
pub struct Run<'b> {
    pub bytes: &'b [u8],
    pub open: Vec<Open>,
    /// Boundaries that were closed, and the part that they divided.
    pub closed: HashMap<Vec<u8>, usize>,
    dashes: memchr::memmem::Finder<'static>,
}

impl<'b> Run<'b> {
    /// At its beginning, with nothing open.
    pub fn of(bytes: &'b [u8]) -> Self {
        let dashes = memchr::memmem::Finder::new(b"\n--");
        Run { bytes, open: Vec::new(), closed: HashMap::new(), dashes }
    }

    /// The next line that divides, at or behind the line that starts at `from`.
    pub fn delimiter(&mut self, from: usize, parts: &[Part<'_>], defects: &mut Defects) -> Option<Delimiter> {
        if self.open.is_empty() && self.closed.is_empty() {
            return None;
        }
        let mut start = from;
        if !self.bytes.get(from..)?.starts_with(b"--") {
            start = from + self.dashes.find(&self.bytes[from..])? + 1;
        }
        loop {
            let line = line_at(self.bytes, start)?;
            let text = &self.bytes[line.start..line.text_end];
            let found = match self.level(text) {
                Some(found) => Some(found),
                None => self.odd(text, parts, defects),
            };
            if found.is_none() && self.begins_like_one(text) {
                defects.note(Defect::BoundaryWithJunk);
            }
            if let Some((level, closing)) = found {
                let before = &self.bytes[from..line.start];
                let cut = if before.ends_with(b"\r\n") { 2 } else { usize::from(before.ends_with(b"\n")) };
                return Some(Delimiter { part_end: line.start - cut, next: line.next, level, closing });
            }
            // The line break before the next candidate may be this line's own.
            let behind = line.next.saturating_sub(1).max(line.start);
            start = behind + self.dashes.find(&self.bytes[behind..])? + 1;
        }
    }

    /// A line that begins like a boundary, and that some readers would divide at.
    fn odd(&mut self, text: &[u8], parts: &[Part<'_>], defects: &mut Defects) -> Option<(usize, bool)> {
        let (boundary, closing) = self.closed_boundary(text)?;
        if closing {
            // Closed twice over; nothing follows for anybody.
            return None;
        }
        defects.note(Defect::BoundaryAfterClose);
        let part = self.closed.remove(&boundary)?;
        let children = parts.iter().filter(|p| p.parent == Some(part)).count();
        self.open.push(Open { part, boundary: Some(boundary), digest: false, children });
        Some((self.open.len() - 1, false))
    }

    /// Which open boundary a line of dashes is, and whether it closes. The innermost wins.
    pub fn level(&self, text: &[u8]) -> Option<(usize, bool)> {
        let text = text.strip_prefix(b"--")?;
        for (level, open) in self.open.iter().enumerate().rev() {
            if let Some(boundary) = &open.boundary
                && let Some(rest) = text.strip_prefix(&boundary[..])
            {
                if is_blank(rest) {
                    return Some((level, false));
                }
                if let Some(rest) = rest.strip_prefix(b"--")
                    && is_blank(rest)
                {
                    return Some((level, true));
                }
            }
        }
        None
    }

    /// Whether a line of dashes begins with an open boundary, without being one that was closed.
    fn begins_like_one(&self, text: &[u8]) -> bool {
        let text = text.strip_prefix(b"--").unwrap_or(text);
        let like = |o: &Open| o.boundary.as_ref().is_some_and(|b| text.starts_with(b));
        self.open.iter().any(like) && self.closed_boundary(&[b"--", text].concat()).is_none()
    }

    fn closed_boundary(&self, text: &[u8]) -> Option<(Vec<u8>, bool)> {
        let text = text.strip_prefix(b"--")?.trim_ascii_end();
        // RFC 2046 allows 70 characters; hash no more than a generous line of it.
        if self.closed.is_empty() || text.len() > 250 {
            return None;
        }
        if let Some((boundary, _)) = self.closed.get_key_value(text) {
            return Some((boundary.clone(), false));
        }
        let (boundary, _) = self.closed.get_key_value(text.strip_suffix(b"--")?)?;
        Some((boundary.clone(), true))
    }
}
