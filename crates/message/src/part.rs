//! One part of the MIME tree: what it says it is, and its bytes, decoded when they are asked for.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use super::header::line_at;
use super::params::Value;
use super::sealed::{self, Sealed};
use super::{decode, words};

/// The text of a body up to this size is kept once it was decoded.
const KEPT: usize = 64 * 1024;

/// One part of the MIME tree.
#[derive(Clone, Debug)]
pub struct Part<'x> {
    pub(super) source: Source<'x>,
    pub(super) header: Range<usize>,
    pub(super) body: Range<usize>,
    pub(super) encoding: Encoding,
    /// No other part stands in it.
    pub leaf: bool,
    /// It is an attached message, whatever its type says.
    pub(super) message: bool,
    /// The name in Content-Type, where Content-Disposition gave another.
    pub(super) other_name: Option<String>,
    /// Its text, where that is not the bytes themselves and was asked for.
    pub(super) decoded: OnceLock<Box<str>>,
    /// The part that this one stands in (index into [`super::Mail::parts`]); none for the message
    /// itself.
    pub parent: Option<usize>,
    /// Its place among its siblings, under its parent's: `1.2`; empty for the message itself.
    pub number: String,
    /// The declared media type, in lower case: `text/plain`.
    pub media_type: String,
    /// The declared charset.
    pub charset: Option<String>,
    /// The file name, decoded.
    pub file_name: Option<String>,
    /// Content-Disposition said `attachment`.
    pub attachment: bool,
    /// Whether it stands within an attached message.
    pub nested: bool,
}

/// Where a part's bytes are: in the message, or in what was decoded out of it.
#[derive(Clone, Debug)]
pub(super) enum Source<'x> {
    Message(&'x [u8]),
    Decoded(Arc<[u8]>),
}

impl Source<'_> {
    pub(super) fn bytes(&self) -> &[u8] {
        match self {
            Source::Message(b) => b,
            Source::Decoded(b) => b,
        }
    }
}

/// How a body is encoded (RFC 2045 section 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    Identity,
    Base64,
    QuotedPrintable,
    Unknown,
}

impl Encoding {
    /// Reads Content-Transfer-Encoding. Charsets and misspelt names, which mailers write there, leave
    /// the text as it is for every reader.
    pub(super) fn of(value: &[u8]) -> Encoding {
        let word: Vec<u8> = value
            .trim_ascii_start()
            .iter()
            .take(40)
            .take_while(|b| !matches!(b, b';' | b'(' | b' ' | b'\t' | b'\r' | b'\n'))
            .map(u8::to_ascii_lowercase)
            .collect();
        match word.trim_ascii() {
            b"" | b"7bit" | b"8bit" | b"binary" | b"7-bit" | b"8-bit" | b"7bits" | b"8bits" | b"7" | b"8"
            | b"none" | b"utf-8" | b"utf8" | b"us-ascii" | b"ascii" | b"iso-8859-1" | b"iso-2022-jp" => {
                Encoding::Identity
            }
            b"base64" | b"\"base64\"" => Encoding::Base64,
            b"quoted-printable" | b"\"quoted-printable\"" => Encoding::QuotedPrintable,
            _ => Encoding::Unknown,
        }
    }

    pub(super) fn is_identity(self) -> bool {
        matches!(self, Encoding::Identity | Encoding::Unknown)
    }
}

impl<'x> Part<'x> {
    pub(super) fn empty(header: Range<usize>, body_start: usize) -> Self {
        Part {
            source: Source::Message(&[]),
            header,
            body: body_start..body_start,
            encoding: Encoding::Identity,
            leaf: true,
            message: false,
            other_name: None,
            decoded: OnceLock::new(),
            parent: None,
            number: String::new(),
            media_type: "text/plain".into(),
            charset: None,
            file_name: None,
            attachment: false,
            nested: false,
        }
    }

    pub(super) fn take_type(&mut self, value: &Value<'_>) {
        if !value.main.is_empty() {
            self.media_type = value.main.clone();
        }
        self.charset = value.raw("charset").and_then(|c| String::from_utf8(c).ok());
        self.file_name = value.text("name");
    }

    pub(super) fn take_disposition(&mut self, value: &Value<'_>) {
        self.attachment = value.main == "attachment";
        if let Some(name) = value.text("filename") {
            self.other_name = self.file_name.replace(name).filter(|n| Some(n) != self.file_name.as_ref());
        }
    }

    /// Whether its two names are of different kinds, so that one reader opens what another saves.
    pub(super) fn names_conflict(&self) -> bool {
        let kinds =
            (self.file_name.as_deref().and_then(extension), self.other_name.as_deref().and_then(extension));
        matches!(kinds, (Some(a), Some(b)) if kind_of_name(&a) != kind_of_name(&b))
    }

    /// Its name for people: the file's, or its number.
    pub fn label(&self) -> String {
        match (&self.file_name, self.number.as_str()) {
            (Some(name), _) => name.clone(),
            (None, "") => "body".into(),
            (None, number) => number.into(),
        }
    }

    /// The bytes of its own header.
    pub fn header(&self) -> &[u8] {
        self.source.bytes().get(self.header.clone()).unwrap_or_default()
    }

    /// The body as it stands in the message, encoded.
    pub fn raw(&self) -> &[u8] {
        self.source.bytes().get(self.body.clone()).unwrap_or_default()
    }

    /// The body, decoded from base64 or quoted-printable.
    pub fn bytes(&self) -> Cow<'_, [u8]> {
        self.undone(self.raw())
    }

    /// The body as text, decoded from its charset; of at most `max` characters. HTML stays HTML.
    pub fn text(&self, max: usize) -> Cow<'_, str> {
        let raw = self.raw();
        // No charset needs more than 4 bytes a character, no encoding more than 4 bytes a byte.
        let near = &raw[..raw.len().min(max.saturating_mul(16))];
        if near.len() == raw.len() && raw.len() <= KEPT {
            return cut_to(self.whole_text(), max);
        }
        let mut bytes = self.undone(near);
        if near.len() < raw.len() {
            // Cut at an ASCII blank, so that no character is cut in two.
            let end = bytes.iter().rposition(|b| *b == b'\n' || *b == b' ').unwrap_or(bytes.len());
            bytes = match bytes {
                Cow::Borrowed(all) => Cow::Borrowed(&all[..end]),
                Cow::Owned(mut all) => {
                    all.truncate(end);
                    Cow::Owned(all)
                }
            };
        }
        cut_to(self.in_charset(bytes), max)
    }

    /// All of its text. Several ask for it, and a text that must be decoded is decoded once.
    fn whole_text(&self) -> Cow<'_, str> {
        if let Some(text) = self.decoded.get() {
            return Cow::Borrowed(text);
        }
        match self.in_charset(self.bytes()) {
            Cow::Borrowed(text) => Cow::Borrowed(text),
            Cow::Owned(text) => Cow::Borrowed(self.decoded.get_or_init(|| text.into_boxed_str())),
        }
    }

    /// Bytes of the body, decoded from base64 or quoted-printable.
    fn undone<'b>(&self, raw: &'b [u8]) -> Cow<'b, [u8]> {
        match self.encoding {
            Encoding::Base64 => Cow::Owned(decode::base64(raw)),
            Encoding::QuotedPrintable => Cow::Owned(decode::quoted_printable(raw)),
            Encoding::Identity | Encoding::Unknown => Cow::Borrowed(raw),
        }
    }

    fn in_charset<'b>(&self, bytes: Cow<'b, [u8]>) -> Cow<'b, str> {
        let charset = self.charset.as_deref();
        match bytes {
            Cow::Borrowed(bytes) => words::charset(bytes, charset),
            Cow::Owned(bytes) => Cow::Owned(words::charset(&bytes, charset).into_owned()),
        }
    }

    /// The media type that the content shows (`application/pdf`), whatever was declared; none where
    /// the content is of no known kind.
    pub fn content_type(&self) -> Option<&'static str> {
        sealed::kind(&self.beginning())
    }

    /// Whether the content can be opened without a key, as far as its bytes show.
    pub fn sealed(&self) -> Sealed {
        sealed::look(&self.bytes(), self.file_name.as_deref(), &self.media_type)
    }

    /// The first few hundred bytes, decoded.
    fn beginning(&self) -> Vec<u8> {
        let raw = self.raw();
        let near = &raw[..raw.len().min(4_096)];
        self.undone(near).into_owned()
    }

    /// A field of its own header, unfolded as it stands.
    pub fn field(&self, name: &str) -> Option<&[u8]> {
        let header = self.header();
        let mut next = 0;
        let mut found: Option<Range<usize>> = None;
        while let Some(line) = line_at(header, next) {
            next = line.next;
            let text = &header[line.start..line.text_end];
            match &mut found {
                Some(range) if matches!(text.first(), Some(b' ' | b'\t')) => range.end = line.text_end,
                Some(_) => break,
                None => {
                    let colon = memchr::memchr(b':', text);
                    if let Some(colon) =
                        colon.filter(|c| text[..*c].trim_ascii_end().eq_ignore_ascii_case(name.as_bytes()))
                    {
                        found = Some(line.start + colon + 1..line.text_end);
                    }
                }
            }
        }
        header.get(found?)
    }

    /// A parameter of its Content-Type, decoded.
    pub fn parameter(&self, name: &str) -> Option<String> {
        super::params::parse(self.field("content-type")?).text(name)
    }

    /// It is a message in itself (RFC 2046 section 5.2.1, RFC 6532 section 3.7).
    pub fn is_message(&self) -> bool {
        self.message || matches!(self.media_type.as_str(), "message/rfc822" | "message/global")
    }

    /// A reader shows it as text of the message: a text without a name, or a multipart without parts.
    pub(super) fn is_body_text(&self) -> bool {
        self.leaf
            && !self.attachment
            && (self.media_type.starts_with("text/") || self.media_type.starts_with("multipart/"))
    }

    /// A file of a message, attached as a file of any kind.
    pub(super) fn is_message_file(&self) -> bool {
        let named = [&self.file_name, &self.other_name]
            .into_iter()
            .flatten()
            .any(|n| extension(n).as_deref() == Some("eml"));
        named && {
            let start = self.beginning();
            let line = line_at(&start, 0).map(|l| &start[..l.text_end]);
            line.is_some_and(|l| memchr::memchr(b':', l).is_some() || l.starts_with(b"From "))
        }
    }
}

/// The first `max` characters of a text.
fn cut_to(text: Cow<'_, str>, max: usize) -> Cow<'_, str> {
    let end = words::end_of(&text, max);
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(&text[..end]),
        Cow::Owned(mut text) => {
            text.truncate(end);
            Cow::Owned(text)
        }
    }
}

/// The extension of a file name, in lower case.
/// Endings that mean the same type of file.
fn kind_of_name(extension: &str) -> &str {
    const SAME: &[(&str, &[&str])] = &[
        ("jpg", &["jpeg", "jpe", "jfif"]),
        ("htm", &["html"]),
        ("tif", &["tiff"]),
        ("txt", &["text"]),
        ("mpg", &["mpeg"]),
        ("yml", &["yaml"]),
        ("mid", &["midi"]),
        ("ics", &["ical"]),
        ("vcf", &["vcard"]),
        ("pem", &["crt", "cer"]),
    ];
    SAME.iter().find(|(_, others)| others.contains(&extension)).map_or(extension, |(first, _)| first)
}

pub(super) fn extension(name: &str) -> Option<String> {
    let (stem, ext) = name.trim_end().rsplit_once('.')?;
    (!stem.is_empty() && (1..=8).contains(&ext.len()) && ext.bytes().all(|b| b.is_ascii_alphanumeric()))
        .then(|| ext.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use crate::{Limits, read};

    #[test]
    fn a_text_is_the_same_the_first_time_and_later() {
        for (head, body, text) in [
            ("charset=iso-2022-jp", &b"\x1b$B;3ED\x1b(B x"[..], "山田 x"),
            ("charset=utf-8\r\nContent-Transfer-Encoding: base64", b"5bGx55SwIHg=", "山田 x"),
            ("charset=us-ascii", b"plain x", "plain x"),
        ] {
            let raw = [format!("Content-Type: text/plain; {head}\r\n\r\n").as_bytes(), body].concat();
            let mail = read(&raw, &Limits::default());
            let part = &mail.parts[0];
            assert_eq!(part.text(2), text.chars().take(2).collect::<String>());
            assert_eq!((part.text(1_000), part.text(100)), (text.into(), text.into()));
            assert_eq!(part.text(2), text.chars().take(2).collect::<String>());
        }
    }
}
