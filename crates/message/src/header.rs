//! The header, cut into fields (RFC 5322 section 2.2). Fields are found as a lenient reader would
//! find them; where a strict reader would find others, that is a defect.

use std::ops::Range;

use super::Field;
use super::defects::{Defect, Defects};
use super::limits::Limits;

/// A header as it was cut.
pub struct Header<'x> {
    pub fields: Vec<Field<'x>>,
    /// Where the body begins: behind the empty line, or at the end where there is none.
    pub body_start: usize,
    /// A limit was met, so that `fields` is not all of it.
    pub cut: bool,
}

/// One line: where its text ends, and where the next line begins.
#[derive(Clone, Copy)]
pub struct Line {
    pub start: usize,
    pub text_end: usize,
    pub next: usize,
}

/// The line that starts at `start`, ended by LF with or without CR, or by the end.
pub fn line_at(bytes: &[u8], start: usize) -> Option<Line> {
    let rest = bytes.get(start..).filter(|r| !r.is_empty())?;
    let (text_end, next) = match memchr::memchr(b'\n', rest) {
        Some(lf) if lf > 0 && rest[lf - 1] == b'\r' => (start + lf - 1, start + lf + 1),
        Some(lf) => (start + lf, start + lf + 1),
        None => (bytes.len(), bytes.len()),
    };
    Some(Line { start, text_end, next })
}

/// Cuts the header that starts at `start`.
pub fn cut<'x>(bytes: &'x [u8], start: usize, limits: &Limits, defects: &mut Defects) -> Header<'x> {
    let mut header = Header { fields: Vec::with_capacity(24), body_start: bytes.len(), cut: false };
    // The field that is being read: its start, its colon, where its name ends.
    let mut open: Option<(usize, usize, usize)> = None;
    let mut text_end = start;
    let mut next = start;
    while let Some(line) = line_at(bytes, next) {
        if line.text_end == line.start {
            header.body_start = line.next;
            close(bytes, open.take(), text_end, line.start, &mut header);
            return header;
        }
        let first = bytes[line.start];
        if (first == b' ' || first == b'\t') && open.is_some() {
            if is_blank(&bytes[line.start..line.text_end]) {
                defects.note(Defect::BlankContinuation);
            }
        } else {
            close(bytes, open.take(), text_end, line.start, &mut header);
            if over(&mut header, line.start - start, limits, defects) {
                next = line.next;
                continue;
            }
            open = name(bytes, line, line.start == start, defects);
        }
        text_end = line.text_end;
        next = line.next;
    }
    close(bytes, open, text_end, bytes.len(), &mut header);
    header
}

/// Whether a limit is met; then the empty line is all that is still looked for.
fn over(header: &mut Header, read: usize, limits: &Limits, defects: &mut Defects) -> bool {
    if header.fields.len() >= limits.max_header_fields {
        defects.note(Defect::TooManyFields);
        header.cut = true;
    } else if read >= limits.max_header_bytes {
        defects.note(Defect::HeaderTooLarge);
        header.cut = true;
    }
    header.cut
}

/// The beginning of a field: `(start, colon, end of the name)`.
fn name(bytes: &[u8], line: Line, first_line: bool, defects: &mut Defects) -> Option<(usize, usize, usize)> {
    let text = &bytes[line.start..line.text_end];
    if first_line && is_mbox_line(text) {
        defects.note(Defect::MboxLine);
        return None;
    }
    let Some(colon) = memchr::memchr(b':', text) else {
        defects.note(Defect::HeaderWithoutColon);
        return None;
    };
    let name = text[..colon].trim_ascii_end();
    if name.len() < colon {
        defects.note(Defect::SpaceBeforeColon);
    }
    if name.is_empty() || !name.iter().all(|b| (33..=126).contains(b)) {
        defects.note(Defect::FieldName);
    }
    Some((line.start, line.start + colon, line.start + name.len()))
}

fn close<'x>(
    bytes: &'x [u8],
    open: Option<(usize, usize, usize)>,
    text_end: usize,
    end: usize,
    header: &mut Header<'x>,
) {
    if let Some((start, colon, name_end)) = open {
        header.fields.push(Field {
            name: &bytes[start..name_end],
            value: &bytes[colon + 1..text_end.max(colon + 1)],
            range: start..end,
        });
    }
}

/// The line that an mbox puts before each message.
pub fn is_mbox_line(text: &[u8]) -> bool {
    text.starts_with(b"From ") || text.starts_with(b">From ")
}

pub fn is_blank(text: &[u8]) -> bool {
    text.iter().all(|b| matches!(b, b' ' | b'\t' | b'\r' | b'\n'))
}

/// What is wrong with the lines of the whole message.
pub fn check_lines(raw: &[u8], defects: &mut Defects) {
    if memchr::memchr(0, raw).is_some() {
        defects.note(Defect::Nul);
    }
    let mut start = 0;
    let mut crlf = 0usize;
    for lf in memchr::memchr_iter(b'\n', raw) {
        if lf - start > 999 {
            defects.note(Defect::LongLine);
        }
        if lf > start && raw[lf - 1] == b'\r' {
            crlf += 1;
        } else {
            defects.note(Defect::BareLf);
        }
        start = lf + 1;
    }
    if raw.len() - start > 998 {
        defects.note(Defect::LongLine);
    }
    if memchr::memchr_iter(b'\r', raw).count() > crlf {
        defects.note(Defect::BareCr);
    }
}

/// Where the header of a part or of an attached message ends, and its MIME fields.
#[derive(Default)]
pub struct MimeFields {
    pub content_type: Vec<Range<usize>>,
    pub encoding: Vec<Range<usize>>,
    pub disposition: Vec<Range<usize>>,
}

impl MimeFields {
    /// Takes the value at `range` where the name is one of MIME's.
    pub fn take(&mut self, name: &[u8], range: Range<usize>) {
        // Nearly all fields are others: look at the length first.
        let list = match name.len() {
            12 if name.eq_ignore_ascii_case(b"content-type") => &mut self.content_type,
            19 if name.eq_ignore_ascii_case(b"content-disposition") => &mut self.disposition,
            25 if name.eq_ignore_ascii_case(b"content-transfer-encoding") => &mut self.encoding,
            _ => return,
        };
        // The first few show all there is to see; the rest would only cost memory.
        if list.len() < 4 {
            list.push(range);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(raw: &str) -> (Vec<String>, usize, Vec<Defect>) {
        let mut defects = Defects::default();
        let header = cut(raw.as_bytes(), 0, &Limits::default(), &mut defects);
        let names = header
            .fields
            .iter()
            .map(|f| {
                format!("{}={}", String::from_utf8_lossy(f.name), String::from_utf8_lossy(f.value).trim())
            })
            .collect();
        (names, header.body_start, defects.into_vec())
    }

    #[test]
    fn folded_fields_are_one() {
        let (f, body, d) = names("To: a@x.example,\r\n b@x.example\r\nCc: c\r\n\r\nbody");
        assert_eq!(f, ["To=a@x.example,\r\n b@x.example", "Cc=c"]);
        assert_eq!(body, 41);
        assert!(d.is_empty());
    }

    #[test]
    fn ranges_cover_the_header() {
        let raw = b"A: 1\r\n 2\r\nB : 3\r\nC:\r\n\r\n";
        let mut d = Defects::default();
        let h = cut(raw, 0, &Limits::default(), &mut d);
        assert_eq!(h.fields[0].range, 0..10);
        assert_eq!(h.fields[1].range, 10..17);
        assert_eq!(h.fields[1].name, b"B");
        assert_eq!(h.fields[2].range, 17..21);
        assert_eq!(h.fields[2].value, b"");
        assert_eq!(d.into_vec(), [Defect::SpaceBeforeColon]);
    }

    #[test]
    fn oddities_are_told() {
        assert_eq!(names("From x y\r\nA: 1\r\n\r\n").2, [Defect::MboxLine]);
        assert_eq!(
            names("A: 1\r\nno colon\r\nB: 2\r\n\r\n"),
            (vec!["A=1".into(), "B=2".into()], 24, vec![Defect::HeaderWithoutColon])
        );
        assert_eq!(names("A: 1\r\n \r\n 2\r\n\r\n").2, [Defect::BlankContinuation]);
        assert_eq!(names(" A: 1\r\n\r\n").2, [Defect::FieldName]);
        assert_eq!(names("").0.len(), 0);
    }

    #[test]
    fn limits_cut() {
        let raw = "X: y\r\n".repeat(5_000) + "\r\nbody";
        let mut d = Defects::default();
        let h = cut(raw.as_bytes(), 0, &Limits::default(), &mut d);
        assert!(h.cut && h.fields.len() == 2_000);
        assert_eq!(h.body_start, 30_002);
        assert_eq!(d.into_vec(), [Defect::TooManyFields]);
    }

    #[test]
    fn line_ends() {
        let check = |s: &[u8]| {
            let mut d = Defects::default();
            check_lines(s, &mut d);
            d.into_vec()
        };
        assert!(check(b"a\r\nb\r\n").is_empty());
        assert_eq!(check(b"a\nb\r\n"), [Defect::BareLf]);
        assert_eq!(check(b"a\rb\r\n"), [Defect::BareCr]);
        assert_eq!(check(b"a\r\r\n"), [Defect::BareCr]);
        assert_eq!(check(b"\n"), [Defect::BareLf]);
        assert_eq!(check(b"\0\r\n"), [Defect::Nul]);
        assert!(check(&[b'x'; 998]).is_empty());
        assert_eq!(check(&[b'x'; 999]), [Defect::LongLine]);
    }
}
