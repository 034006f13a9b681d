//! Rich Text Format (1.9.1): its text in any code page, comments, notes, hidden and deleted text,
//! embedded objects.

use std::collections::{BTreeMap, HashMap};

use encoding_rs::Encoding;

use super::extraction::{At, Extraction};
use super::{Kind, Oddity, Why, charset};

/// Groups within groups, beyond which the inner ones share the state of the outer.
const DEEPEST: usize = 1000;

/// What a group's text is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Destination {
    Text(Kind),
    Fonts,
    Instruction,
    /// An embedded object, in hexadecimal digits.
    Object,
    Skipped,
}

#[derive(Clone, Copy)]
struct RtfGroup {
    destination: Destination,
    /// How many fallback characters follow a `\u`.
    fallback: u32,
    hidden: bool,
    deleted: bool,
    font: i32,
    /// Text for readers without HTML, within HTML wrapped in RTF.
    for_rtf_only: bool,
}

struct RtfReading<'a> {
    rest: &'a [u8],
    group: RtfGroup,
    stack: Vec<RtfGroup>,
    too_deep: usize,
    code_page: &'static Encoding,
    fonts: HashMap<i32, &'static Encoding>,
    /// Bytes in a code page, not yet text.
    pending: Vec<u8>,
    high_surrogate: Option<u16>,
    skip: u32,
    out: BTreeMap<Kind, String>,
    instruction: String,
    links: Vec<String>,
    object: Vec<u8>,
    objects: Vec<Vec<u8>>,
    /// The next word names a destination that unknown readers skip.
    starred: bool,
}

/// Reads an RTF file.
pub fn file(x: &mut Extraction, at: &At, bytes: &[u8]) -> Result<(), Why> {
    let mut reading = RtfReading {
        rest: bytes,
        group: RtfGroup {
            destination: Destination::Text(Kind::Attachment),
            fallback: 1,
            hidden: false,
            deleted: false,
            font: 0,
            for_rtf_only: false,
        },
        stack: Vec::new(),
        too_deep: 0,
        code_page: encoding_rs::SHIFT_JIS,
        fonts: HashMap::new(),
        pending: Vec::new(),
        high_surrogate: None,
        skip: 0,
        out: BTreeMap::new(),
        instruction: String::new(),
        links: Vec::new(),
        object: Vec::new(),
        objects: Vec::new(),
        starred: false,
    };
    let mut steps = 0u32;
    let mut ended = Ok(());
    while reading.step() {
        steps = steps.wrapping_add(1);
        if steps.is_multiple_of(16_384) {
            ended = x.budget.time();
            if ended.is_err() {
                break;
            }
        }
    }
    reading.flush();
    keep(x, at, reading)?;
    ended
}

fn keep(x: &mut Extraction, at: &At, reading: RtfReading<'_>) -> Result<(), Why> {
    let filled = |kind| usize::from(reading.out.get(&kind).is_some_and(|t: &String| !t.trim().is_empty()));
    x.note(at, Oddity::HiddenText, filled(Kind::Hidden));
    x.note(at, Oddity::TrackedChanges, filled(Kind::Deleted));
    x.note(at, Oddity::Comments, filled(Kind::Comment));
    for (kind, text) in reading.out {
        x.text(at, kind, text)?;
    }
    for url in reading.links {
        x.link(at, &url)?;
    }
    for object in reading.objects {
        x.note(at, Oddity::EmbeddedObject, 1);
        // Before the object itself stands a header of the first OLE; the content is known by its
        // own signature.
        let found = memchr::memmem::find(&object, b"\xd0\xcf\x11\xe0")
            .or_else(|| memchr::memmem::find(&object, b"PK\x03\x04"));
        let content = found.and_then(|i| object.get(i..)).unwrap_or(&object);
        x.budget.bytes(content.len())?;
        x.file(&at.inner(), Some("embedded object"), None, content);
    }
    Ok(())
}

impl RtfReading<'_> {
    /// Reads one token; false at the end.
    fn step(&mut self) -> bool {
        let Some((&b, rest)) = self.rest.split_first() else {
            return false;
        };
        match b {
            b'{' => {
                self.flush();
                self.rest = rest;
                if self.stack.len() < DEEPEST {
                    self.stack.push(self.group)
                } else {
                    self.too_deep += 1
                }
                self.starred = false;
            }
            b'}' => {
                self.flush();
                self.rest = rest;
                self.close();
            }
            b'\\' => {
                self.rest = rest;
                self.control();
            }
            b'\r' | b'\n' => self.rest = rest,
            _ => {
                let run = self.rest.iter().position(|b| matches!(b, b'{' | b'}' | b'\\' | b'\r' | b'\n'));
                let (run, rest) = self.rest.split_at(run.unwrap_or(self.rest.len()));
                self.rest = rest;
                self.bytes(run);
            }
        }
        true
    }

    fn close(&mut self) {
        if self.too_deep > 0 {
            self.too_deep -= 1;
            return;
        }
        let closed = self.group.destination;
        if let Some(outer) = self.stack.pop() {
            self.group = outer;
        }
        if closed != self.group.destination {
            match closed {
                Destination::Instruction => self.link(),
                Destination::Object if !self.object.is_empty() => {
                    let digits = std::mem::take(&mut self.object);
                    self.objects.push(from_hex(&digits));
                }
                _ => {}
            }
        }
    }

    fn link(&mut self) {
        let text = std::mem::take(&mut self.instruction);
        if text.trim_start().starts_with("HYPERLINK") {
            let url = text.split('"').nth(1).or_else(|| text.split_whitespace().nth(1));
            self.links.extend(url.map(str::to_string));
        }
    }

    /// Text bytes, in the code page of the font.
    fn bytes(&mut self, run: &[u8]) {
        let skipped = (self.skip as usize).min(run.len());
        self.skip -= skipped as u32;
        self.pending.extend_from_slice(&run[skipped..]);
    }

    fn flush(&mut self) {
        if self.pending.is_empty() {
            return;
        }
        let bytes = std::mem::take(&mut self.pending);
        if self.group.destination == Destination::Object {
            self.object.extend_from_slice(&bytes);
            return;
        }
        let encoding = self.fonts.get(&self.group.font).copied().unwrap_or(self.code_page);
        let text = encoding.decode_without_bom_handling(&bytes).0;
        self.push(&text);
    }

    fn push(&mut self, text: &str) {
        if self.group.for_rtf_only {
            return;
        }
        match self.group.destination {
            Destination::Text(kind) => {
                let kind = if self.group.deleted {
                    Kind::Deleted
                } else if self.group.hidden {
                    Kind::Hidden
                } else {
                    kind
                };
                self.out.entry(kind).or_default().push_str(text);
            }
            Destination::Instruction => self.instruction.push_str(text),
            Destination::Fonts | Destination::Object | Destination::Skipped => {}
        }
    }

    /// A control word or symbol; its backslash has been read.
    fn control(&mut self) {
        let Some((&b, rest)) = self.rest.split_first() else {
            return;
        };
        if b.is_ascii_alphabetic() {
            let end = self.rest.iter().take(32).position(|b| !b.is_ascii_alphabetic());
            let end = end.unwrap_or(self.rest.len().min(32));
            let (word, rest) = self.rest.split_at(end);
            let digits = rest
                .iter()
                .take(11)
                .position(|b| !b.is_ascii_digit() && *b != b'-')
                .unwrap_or(rest.len().min(11));
            let (number, rest) = rest.split_at(digits);
            let number = std::str::from_utf8(number).ok().and_then(|n| n.parse::<i32>().ok());
            self.rest = rest.strip_prefix(b" ").unwrap_or(rest);
            self.word(word, number);
            return;
        }
        self.rest = rest;
        match b {
            b'\'' => {
                let digits = self.rest.get(..2).map(from_hex).filter(|d| d.len() == 1);
                if let Some(byte) = digits {
                    self.rest = &self.rest[2..];
                    self.bytes(&byte);
                }
            }
            b'*' => self.starred = true,
            b'\\' | b'{' | b'}' => self.bytes(&[b]),
            b'~' => self.symbol(" "),
            b'_' => self.symbol("-"),
            b'\r' | b'\n' => self.symbol("\n"),
            _ => {}
        }
    }

    fn symbol(&mut self, text: &str) {
        if self.skip > 0 {
            self.skip -= 1;
            return;
        }
        self.flush();
        self.push(text);
    }

    fn word(&mut self, word: &[u8], number: Option<i32>) {
        let starred = std::mem::take(&mut self.starred);
        match word {
            b"u" => return self.unicode(number.unwrap_or(0)),
            b"bin" => {
                let size = usize::try_from(number.unwrap_or(0)).unwrap_or(0).min(self.rest.len());
                self.rest = &self.rest[size..];
                return;
            }
            b"par" | b"line" | b"sect" | b"page" | b"row" | b"nestrow" => return self.symbol("\n"),
            b"tab" | b"cell" | b"nestcell" => return self.symbol("\t"),
            b"emdash" => return self.symbol("—"),
            b"endash" => return self.symbol("–"),
            b"lquote" | b"rquote" => return self.symbol("'"),
            b"ldblquote" | b"rdblquote" => return self.symbol("\""),
            b"bullet" => return self.symbol("・"),
            _ => {}
        }
        self.flush();
        let on = number != Some(0);
        match word {
            b"ansicpg" => self.code_page = charset::code_page(number.unwrap_or(932).unsigned_abs()),
            b"uc" => self.group.fallback = number.unwrap_or(1).clamp(0, 100).unsigned_abs(),
            b"f" => self.group.font = number.unwrap_or(0),
            b"fcharset" if self.group.destination == Destination::Fonts => {
                if let Some(encoding) = font_charset(number.unwrap_or(0)) {
                    self.fonts.insert(self.group.font, encoding);
                }
            }
            b"v" => self.group.hidden = on,
            b"deleted" => self.group.deleted = on,
            b"plain" => (self.group.hidden, self.group.deleted) = (false, false),
            b"htmlrtf" => self.group.for_rtf_only = on,
            _ => self.destination(word, starred),
        }
    }

    fn destination(&mut self, word: &[u8], starred: bool) {
        let to = match word {
            b"fonttbl" => Destination::Fonts,
            b"fldinst" => Destination::Instruction,
            b"objdata" => Destination::Object,
            b"header" | b"headerl" | b"headerr" | b"headerf" | b"footer" | b"footerl" | b"footerr"
            | b"footerf" => Destination::Text(Kind::PageHeader),
            b"footnote" => Destination::Text(Kind::Note),
            b"annotation" => Destination::Text(Kind::Comment),
            b"title" | b"subject" | b"author" | b"keywords" | b"doccomm" | b"company" | b"manager" => {
                Destination::Text(Kind::Property)
            }
            b"colortbl" | b"stylesheet" | b"pict" | b"themedata" | b"datastore" | b"rsidtbl"
            | b"listtable" | b"generator" | b"htmltag" | b"sn" | b"sp" | b"nonshppict" => {
                Destination::Skipped
            }
            b"shpinst" | b"shppict" | b"atnid" | b"atnauthor" | b"shptxt" => return,
            _ if starred => Destination::Skipped,
            _ => return,
        };
        // Nothing within what is skipped is shown, but an object in it is still a file.
        if self.group.destination != Destination::Skipped || to == Destination::Object {
            self.group.destination = to;
        }
    }

    fn unicode(&mut self, number: i32) {
        self.flush();
        let unit = number as u16;
        self.skip = self.group.fallback;
        let text = match (self.high_surrogate.take(), unit) {
            (None, 0xd800..=0xdbff) => {
                self.high_surrogate = Some(unit);
                return;
            }
            (Some(high), _) => String::from_utf16_lossy(&[high, unit]),
            (None, _) => String::from_utf16_lossy(&[unit]),
        };
        self.push(&text);
    }
}

fn from_hex(digits: &[u8]) -> Vec<u8> {
    let mut values = digits.iter().filter_map(|b| (*b as char).to_digit(16));
    let mut out = Vec::with_capacity(digits.len() / 2);
    while let (Some(high), Some(low)) = (values.next(), values.next()) {
        out.push((high << 4 | low) as u8);
    }
    out
}

/// The code page of a font's character set; the default one is none of its own.
fn font_charset(number: i32) -> Option<&'static Encoding> {
    let page = match number {
        128 => 932,
        129 => 949,
        134 => 936,
        136 => 950,
        161 => 1253,
        162 => 1254,
        177 => 1255,
        178 => 1256,
        186 => 1257,
        204 => 1251,
        222 => 874,
        238 => 1250,
        _ => return None,
    };
    Some(charset::code_page(page))
}

#[cfg(test)]
mod tests {
    use super::super::{Limits, extract_file};

    fn texts(rtf: &[u8]) -> Vec<(super::Kind, String)> {
        let content = extract_file(Some("a.rtf"), None, rtf, &Limits::default());
        content.texts.into_iter().map(|t| (t.kind, t.text)).collect()
    }

    #[test]
    fn code_pages_unicode_and_fallbacks() {
        let rtf = b"{\\rtf1\\ansi\\ansicpg1252{\\fonttbl{\\f0 A;}{\\f1\\fcharset128 B;}}\\f1 \\'8eR\\'93c\\uc2\\u22826\\'91\\'be\\uc1 \\u-10179?\\u-8704? \\f0 caf\\'e9\\par}";
        assert_eq!(texts(rtf)[0].1.trim_end(), "山田太😀 café");
    }

    #[test]
    fn hidden_deleted_comments_and_links() {
        let rtf = b"{\\rtf1 a{\\v hid}{\\deleted del}{\\*\\annotation note}{\\field{\\*\\fldinst HYPERLINK \"https://example.com/x\"}{\\fldrslt here}}{\\*\\unknown gone}}";
        let content = extract_file(None, None, rtf, &Limits::default());
        let found = |kind| content.texts.iter().find(|t| t.kind == kind).map(|t| t.text.as_str());
        assert_eq!(found(super::Kind::Attachment), Some("ahere"));
        assert_eq!(found(super::Kind::Hidden), Some("hid"));
        assert_eq!(found(super::Kind::Deleted), Some("del"));
        assert_eq!(found(super::Kind::Comment), Some("note"));
        assert_eq!(content.links[0].url, "https://example.com/x");
    }
}
