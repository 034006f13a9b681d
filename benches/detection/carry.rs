//! How a sample travels: as the body, or as a file of one of the types, in one of the charsets; and the
//! whole mail around it (RFC 5322, RFC 2045), as mail programs write it.

use base64::Engine;

use crate::charsets::{BODIES, Charset, FILES};
use crate::dice::Dice;
use crate::files::{self, Block};
use crate::pdf::{self, NUMBERINGS, Numbering};

/// Where the text stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carrier {
    Body(Charset),
    HtmlBody(Charset),
    Text(Charset),
    Csv(Charset),
    Html(Charset),
    Xlsx,
    Docx,
    Pdf(Numbering),
    Zip(Charset),
}

impl Carrier {
    /// What the figures call it: the form, and the charset where there is one.
    pub fn names(self) -> (&'static str, &'static str) {
        match self {
            Carrier::Body(c) => ("body, plain", c.name()),
            Carrier::HtmlBody(c) => ("body, HTML", c.name()),
            Carrier::Text(c) => ("text file", c.name()),
            Carrier::Csv(c) => ("CSV", c.name()),
            Carrier::Html(c) => ("HTML file", c.name()),
            Carrier::Xlsx => ("xlsx", ""),
            Carrier::Docx => ("docx", ""),
            Carrier::Pdf(Numbering::Utf16) => ("PDF, UniJIS-UTF16-H", ""),
            Carrier::Pdf(Numbering::ShiftJis) => ("PDF, 90ms-RKSJ-H", ""),
            Carrier::Pdf(Numbering::ToUnicode) => ("PDF, ToUnicode", ""),
            Carrier::Zip(c) => ("zip", c.name()),
        }
    }

    fn charset(self) -> Charset {
        match self {
            Carrier::Body(c)
            | Carrier::HtmlBody(c)
            | Carrier::Text(c)
            | Carrier::Csv(c)
            | Carrier::Html(c)
            | Carrier::Zip(c) => c,
            Carrier::Pdf(Numbering::ShiftJis) => Charset::ShiftJis,
            Carrier::Xlsx | Carrier::Docx | Carrier::Pdf(_) => Charset::Utf8,
        }
    }
}

/// Everything that text travels in.
pub fn for_text() -> Vec<Carrier> {
    let mut all: Vec<Carrier> = BODIES.map(Carrier::Body).to_vec();
    all.extend(BODIES.map(Carrier::HtmlBody));
    all.extend(FILES.map(Carrier::Text));
    all.extend([Carrier::Html(Charset::Utf8), Carrier::Html(Charset::ShiftJis)]);
    all.extend(NUMBERINGS.map(Carrier::Pdf));
    all.extend([Carrier::Docx, Carrier::Docx, Carrier::Zip(Charset::ShiftJis)]);
    all
}

/// Everything that tables travel in.
pub fn for_tables() -> Vec<Carrier> {
    let mut all: Vec<Carrier> = BODIES.map(Carrier::Body).to_vec();
    all.extend(BODIES.map(Carrier::HtmlBody));
    all.extend(FILES.map(Carrier::Csv));
    all.extend([Carrier::Html(Charset::Utf8), Carrier::Html(Charset::ShiftJis)]);
    all.extend(NUMBERINGS.map(Carrier::Pdf));
    all.extend([Carrier::Xlsx; 4]);
    all.extend([Carrier::Docx, Carrier::Docx, Carrier::Zip(Charset::ShiftJis)]);
    all
}

/// The sender of every mail, within the house, and its reader, who is not.
pub const SENDER: &str = "user@city.example.jp";
pub const READER: &str = "reader@example.com";

/// A whole mail; none where the carrier's charset does not have the characters.
pub fn mail(dice: &mut Dice, blocks: &[Block], carrier: Carrier) -> Option<Vec<u8>> {
    let charset = carrier.charset();
    let separator = *[",", "\t", " | "].get(dice.below(3)).unwrap_or(&",");
    let whole = files::text(blocks, separator);
    if !charset.has(&whole) {
        return None;
    }
    if let Carrier::Body(c) = carrier {
        return Some(message(&[body(dice, "plain", c, &whole)]));
    }
    if let Carrier::HtmlBody(c) = carrier {
        let page = files::html(dice, blocks, c);
        return Some(message(&[body(dice, "html", c, &page)]));
    }
    let mut parts = vec![body(dice, "plain", Charset::Iso2022Jp, "資料をお送りします。ご確認ください。\n")];
    parts.extend(attachments(dice, blocks, carrier));
    Some(message(&parts))
}

/// The parts that carry the blocks as files.
pub fn attachments(dice: &mut Dice, blocks: &[Block], carrier: Carrier) -> Vec<Vec<u8>> {
    let tables: Vec<(&str, &[Vec<content::Cell>])> = blocks
        .iter()
        .filter_map(|b| match b {
            Block::Table(name, rows) => Some((name.as_str(), rows.as_slice())),
            Block::Text(_) => None,
        })
        .collect();
    let whole = files::text(blocks, "\t");
    match carrier {
        Carrier::Xlsx => vec![file("資料.xlsx", &files::xlsx(&tables))],
        Carrier::Docx => vec![file("資料.docx", &files::docx(dice, blocks))],
        Carrier::Pdf(numbering) => vec![file("資料.pdf", &pdf::pdf(dice, blocks, numbering))],
        Carrier::Html(c) => vec![file("資料.html", &c.encode(&files::html(dice, blocks, c)))],
        // A table of one file each, as people export them.
        Carrier::Csv(c) => {
            let mark = if c == Charset::Utf16 { '\t' } else { ',' };
            let one =
                |t: &(&str, &[Vec<_>])| file(&format!("{}.csv", t.0), &c.encode(&files::csv(t.1, mark)));
            tables.iter().map(one).collect()
        }
        Carrier::Zip(c) if tables.is_empty() => {
            vec![file("資料.zip", &files::zip(&[("memo.txt", &c.encode(&whole))]))]
        }
        Carrier::Zip(c) => {
            let inner: Vec<(String, Vec<u8>)> = tables
                .iter()
                .enumerate()
                .map(|(n, t)| (format!("list{n}.csv"), c.encode(&files::csv(t.1, ','))))
                .collect();
            let inner: Vec<(&str, &[u8])> = inner.iter().map(|(n, d)| (n.as_str(), d.as_slice())).collect();
            vec![file("資料.zip", &files::zip(&inner))]
        }
        Carrier::Body(c) | Carrier::HtmlBody(c) | Carrier::Text(c) => {
            vec![file("資料.txt", &c.encode(&whole.replace('\n', "\r\n")))]
        }
    }
}

/// A body in one of the transfer encodings that fit it.
pub fn body(dice: &mut Dice, subtype: &str, charset: Charset, text: &str) -> Vec<u8> {
    let crlf = text.replace("\r\n", "\n").replace('\n', "\r\n");
    let bytes = charset.encode(&crlf);
    let short = bytes.split(|b| *b == b'\n').all(|l| l.len() < 998);
    let (name, encoded) = match (charset, dice.below(3)) {
        (Charset::Iso2022Jp, 0 | 1) if short => ("7bit", bytes),
        (_, 0) => ("quoted-printable", quoted_printable(&bytes)),
        (_, 1) if short => ("8bit", bytes),
        _ => ("base64", base64(&bytes)),
    };
    let head = format!(
        "Content-Type: text/{subtype}; charset={}\r\nContent-Transfer-Encoding: {name}\r\n\r\n",
        charset.name()
    );
    [head.as_bytes(), &encoded].concat()
}

fn file(name: &str, data: &[u8]) -> Vec<u8> {
    let ending = name.rsplit_once('.').map_or("", |n| n.1);
    let kind = match ending {
        "xlsx" => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "docx" => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "pdf" => "application/pdf",
        "html" => "text/html",
        "txt" => "text/plain",
        _ => "application/octet-stream",
    };
    let word = format!("=?UTF-8?B?{}?=", base64::engine::general_purpose::STANDARD.encode(name));
    let head = format!(
        "Content-Type: {kind}; name=\"{word}\"\r\nContent-Disposition: attachment; filename=\"{word}\"\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n"
    );
    [head.as_bytes(), &base64(data)].concat()
}

/// A whole message of these parts, each with its own header.
pub fn message(parts: &[Vec<u8>]) -> Vec<u8> {
    let subject = base64::engine::general_purpose::STANDARD.encode("ご連絡");
    let mut out = format!(
        "From: {SENDER}\r\nTo: {READER}\r\nSubject: =?UTF-8?B?{subject}?=\r\nDate: Wed, 01 Apr 2026 10:00:00 +0900\r\n\
         Message-ID: <m1@city.example.jp>\r\nMIME-Version: 1.0\r\n"
    )
    .into_bytes();
    if let [only] = parts {
        out.extend_from_slice(only);
        return out;
    }
    out.extend(b"Content-Type: multipart/mixed; boundary=\"=_b\"\r\n\r\n");
    for part in parts {
        out.extend(b"--=_b\r\n");
        out.extend_from_slice(part);
        out.extend(b"\r\n");
    }
    out.extend(b"--=_b--\r\n");
    out
}

fn base64(data: &[u8]) -> Vec<u8> {
    let text = base64::engine::general_purpose::STANDARD.encode(data);
    text.as_bytes().chunks(76).flat_map(|l| [l, b"\r\n"].concat()).collect()
}

/// RFC 2045 section 6.7, lines of 76 characters at most.
fn quoted_printable(data: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for line in data.split(|b| *b == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let mut used = 0;
        for b in line {
            let token = match b {
                b'!'..=b'<' | b'>'..=b'~' => vec![*b],
                _ => format!("={b:02X}").into_bytes(),
            };
            if used + token.len() > 75 {
                out.extend(b"=\r\n");
                used = 0;
            }
            used += token.len();
            out.extend(token);
        }
        out.extend(b"\r\n");
    }
    out
}
