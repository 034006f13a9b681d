//! Hostile inputs, made on purpose out of sound ones: what swells when it is unpacked, lies about its size,
//! nests without end, or has countless members. Blind changes hardly ever make one.

use std::io::{Cursor, Read, Write};

use zip::CompressionMethod;
use zip::write::{SimpleFileOptions, ZipWriter};

use super::dice::Dice;
use super::files;
use super::mutate::{self, NUMBERS};
use super::repack;

/// Out of so many inputs, one is hostile.
pub const SHARE: usize = 8;

/// Makes a hostile input of a sound one, and says of what kind it is.
pub fn hostile(dice: &mut Dice, input: &[u8]) -> (Kind, Vec<u8>) {
    let made = match input {
        [b'P', b'K', 3, 4, ..] => zip(dice, input),
        [0x1f, 0x8b, ..] => Some(gzip(dice, input)),
        [b'%', b'P', b'D', b'F', ..] => pdf(dice, input),
        [0xd0, 0xcf, 0x11, 0xe0, ..] => compound(dice, input),
        [b'7', b'z', 0xbc, 0xaf, ..] | [0x78, 0x9f, 0x3e, 0x22, ..] => None,
        _ => Some(text(dice, input)),
    };
    made.unwrap_or_else(|| (Kind::Lies, lie(dice, input)))
}

/// What makes an input hostile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Small, and large when it is unpacked.
    Swells,
    /// Declares sizes and counts that it has not.
    Lies,
    /// Within itself, many times.
    Nests,
    /// Thousands of small things.
    Crowds,
}

/// How large or how many, by powers of two, the small ones more often.
fn power(dice: &mut Dice, least: u32, most: u32) -> usize {
    let highest = dice.below((most - least + 1) as usize) + 1;
    1 << (least as usize + dice.below(highest))
}

/// One piece of the input over and over, to a size between two powers of two: what is packed may be a bomb.
fn swell(dice: &mut Dice, input: &[u8], least: u32, most: u32) -> Vec<u8> {
    let from = dice.below(input.len() + 1);
    let piece = &input[from..(from + 1 + dice.below(2_000)).min(input.len())];
    let highest = dice.below((most - least + 1) as usize) + 1;
    let size = 1usize << (least as usize + dice.below(highest));
    let mut out = input[..from].to_vec();
    out.extend_from_slice(&piece.repeat(size / piece.len().max(1)));
    out.extend_from_slice(&input[from..]);
    out
}

fn zip(dice: &mut Dice, input: &[u8]) -> Option<(Kind, Vec<u8>)> {
    let mut members = repack::unzip(input)?;
    let at = dice.below(members.len());
    Some(match dice.below(5) {
        0 => {
            let data = swell(dice, &members[at].1, 15, 25);
            members[at].1 = data;
            (Kind::Swells, packed(&members))
        }
        1 => (Kind::Lies, lie_in_directory(dice, input)),
        2 => {
            let name = if dice.once_in(2) { "a.zip" } else { "word/embeddings/a.docx" };
            let mut inner = input.to_vec();
            for _ in 0..power(dice, 1, 7) {
                inner = packed(&[(name.to_string(), inner)]);
            }
            (Kind::Nests, inner)
        }
        3 => {
            let data = members[at].1.iter().copied().take(200).collect::<Vec<u8>>();
            let name = members[at].0.clone();
            let copies = (0..power(dice, 6, 13)).map(|n| (format!("{n}{name}"), data.clone()));
            members.extend(copies);
            (Kind::Crowds, packed(&members))
        }
        _ => {
            let (kind, data) = text(dice, &members[at].1);
            members[at].1 = data;
            (kind, packed(&members))
        }
    })
}

fn packed(members: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(1));
    for (name, data) in members {
        if writer.start_file(name, options).is_ok() {
            writer.write_all(data).expect("a zip in memory");
        }
    }
    writer.finish().expect("a zip in memory").into_inner()
}

/// Lies where they are believed: in the sizes, the counts and the places of the directory at the end.
fn lie_in_directory(dice: &mut Dice, input: &[u8]) -> Vec<u8> {
    let mut out = input.to_vec();
    let entries: Vec<usize> = memchr::memmem::find_iter(input, b"PK\x01\x02").collect();
    let end = memchr::memmem::rfind(input, b"PK\x05\x06");
    // Packed size, size, length of the name, place (APPNOTE section 4.3.12); count and place (4.3.16).
    let fields = entries.iter().flat_map(|e| [e + 20, e + 24, e + 28, e + 42]);
    let fields: Vec<usize> = fields.chain(end.into_iter().flat_map(|e| [e + 8, e + 10, e + 16])).collect();
    for _ in 0..power(dice, 0, 3) {
        let at = fields.get(dice.below(fields.len())).copied().unwrap_or(0);
        let number = NUMBERS[dice.below(NUMBERS.len())] as u32;
        if let Some(place) = out.get_mut(at..at + 4) {
            place.copy_from_slice(&number.to_le_bytes());
        }
    }
    out
}

/// A compound file with a stream that goes on and on.
fn compound(dice: &mut Dice, input: &[u8]) -> Option<(Kind, Vec<u8>)> {
    if dice.once_in(2) {
        return None;
    }
    let mut file = cfb::CompoundFile::open(Cursor::new(input.to_vec())).ok()?;
    let streams: Vec<_> = file.walk().filter(|e| e.is_stream()).map(|e| e.path().to_path_buf()).collect();
    let path = streams.get(dice.below(streams.len()))?;
    let mut data = Vec::new();
    file.open_stream(path).ok()?.take(1 << 20).read_to_end(&mut data).ok()?;
    let data = swell(dice, &data, 12, 22);
    file.create_stream(path).ok()?.write_all(&data).ok()?;
    file.flush().ok()?;
    Some((Kind::Swells, file.into_inner().into_inner()))
}

fn gzip(dice: &mut Dice, input: &[u8]) -> (Kind, Vec<u8>) {
    if dice.once_in(2) {
        return (Kind::Swells, files::gzip(&swell(dice, input, 15, 25)));
    }
    let mut inner = input.to_vec();
    for _ in 0..power(dice, 1, 7) {
        inner = files::gzip(&inner);
    }
    (Kind::Nests, inner)
}

/// A stream that swells, or thousands of pages that are one.
fn pdf(dice: &mut Dice, input: &[u8]) -> Option<(Kind, Vec<u8>)> {
    let start = memchr::memmem::find(input, b"stream\n")? + b"stream\n".len();
    match dice.below(3) {
        0 => {
            let operators = b"BT /F1 9 Tf (a) Tj ET q 1 0 0 1 0 0 cm ";
            let data = files::zlib(&operators.repeat(power(dice, 10, 19)));
            let page = format!("<< /Filter /FlateDecode /Length {} >>\nstream\n", data.len());
            let open = memchr::memmem::rfind(&input[..start], b"<<")?;
            let end = start + memchr::memmem::find(&input[start..], b"\nendstream")?;
            Some((Kind::Swells, [&input[..open], page.as_bytes(), &data, &input[end..]].concat()))
        }
        1 => {
            let kids = memchr::memmem::find(input, b"/Kids [")? + b"/Kids [".len();
            let copies = b"3 0 R ".repeat(power(dice, 6, 15));
            Some((Kind::Crowds, [&input[..kids], &copies, &input[kids..]].concat()))
        }
        _ => Some((Kind::Lies, lie(dice, input))),
    }
}

/// Markup, mail and plain text: one piece thousands of times over, or one within the other.
fn text(dice: &mut Dice, input: &[u8]) -> (Kind, Vec<u8>) {
    match dice.below(4) {
        0 => (Kind::Swells, swell(dice, input, 12, 21)),
        1 => (Kind::Lies, lie(dice, input)),
        2 => nested(dice, input),
        _ => {
            let piece = PIECES[dice.below(PIECES.len())].repeat(power(dice, 8, 16));
            let at = dice.below(input.len() + 1);
            (Kind::Crowds, [&input[..at], piece.as_bytes(), &input[at..]].concat())
        }
    }
}

/// Pieces of which a file may have any number.
const PIECES: &[&str] = &[
    "<w:p>",
    "<w:tbl><w:tr><w:tc>",
    "<a:r><a:t>a</a:t></a:r>",
    "<p:sp><p:spPr>",
    "<c r=\"XFD1048576\"><v>1</v></c>",
    "<row r=\"1048576\" hidden=\"1\"/>",
    "<table:table-row table:number-rows-repeated=\"1000000\">",
    "<style:style style:name=\"a\"/>",
    "<td rowspan=\"9999\">",
    "&amp;",
    "<!--",
    "{\\*\\a ",
    "\\u-1?",
    "a,",
    "\"",
    "\t",
    "山田太郎様",
    "4111111111111111 ",
    "東 瞳、",
    "a@example.com,",
    "=?utf-8?B?5bGx?= ",
    "--=b\r\n\r\n",
    "\u{1b}$B",
    "(\\",
];

/// What opens again and again, and is never closed, or only at the end.
const NESTS: &[(&str, &str)] = &[
    ("<div>", "</div>"),
    ("<table><tr><td>", "</td></tr></table>"),
    ("<w:tbl><w:tr><w:tc>", "</w:tc></w:tr></w:tbl>"),
    ("<a>", "</a>"),
    ("<text:span text:style-name=\"w\">", "</text:span>"),
    ("<p:grpSp>", "</p:grpSp>"),
    ("{", "}"),
    ("{\\v ", "}"),
    ("Content-Type: message/rfc822\r\n\r\n", ""),
    ("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n", "\r\n--b--\r\n"),
    (">", ""),
    ("(", ")"),
    ("[", "]"),
    ("<<", ">>"),
];

fn nested(dice: &mut Dice, input: &[u8]) -> (Kind, Vec<u8>) {
    let (open, close) = NESTS[dice.below(NESTS.len())];
    let depth = power(dice, 6, 17);
    let at = dice.below(input.len() + 1);
    let closed = if dice.once_in(2) { close.repeat(depth) } else { String::new() };
    let made = [&input[..at], open.repeat(depth).as_bytes(), &input[at..], closed.as_bytes()].concat();
    (Kind::Nests, made)
}

/// Writes great numbers over what may be sizes and counts, in many places.
fn lie(dice: &mut Dice, input: &[u8]) -> Vec<u8> {
    let mut out = input.to_vec();
    for _ in 0..power(dice, 2, 8) {
        let at = dice.below(out.len().max(1));
        let number = NUMBERS[dice.below(NUMBERS.len())];
        let width = 1 << (1 + dice.below(3));
        if let Some(place) = out.get_mut(at..at + width) {
            place.copy_from_slice(&number.to_le_bytes()[..width]);
        }
    }
    if dice.once_in(2) {
        mutate::digits(dice, &mut out, 0);
    }
    out
}
