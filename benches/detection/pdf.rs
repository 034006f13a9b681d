//! PDFs as Japanese programs write them: a CID font that is not embedded with a predefined encoding, or
//! one with its own glyph numbers and a ToUnicode map (ISO 32000-1 sections 9.7.5 and 9.10.3).

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::Write as _;

use encoding_rs::SHIFT_JIS;

use crate::dice::Dice;
use crate::files::{Block, shown};

/// How the characters of the font are numbered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Numbering {
    /// `UniJIS-UTF16-H`.
    Utf16,
    /// `90ms-RKSJ-H`.
    ShiftJis,
    /// Glyphs in the order of their use, told by a ToUnicode map.
    ToUnicode,
}

pub const NUMBERINGS: [Numbering; 3] = [Numbering::Utf16, Numbering::ShiftJis, Numbering::ToUnicode];

const SIZE: f32 = 9.0;
const LEADING: f32 = 14.0;
const LINES: usize = 52;
/// Full-width characters to the line.
const WIDTH: usize = 60;

/// A document with one page after the other, long lines wrapped as programs wrap them.
pub fn pdf(dice: &mut Dice, blocks: &[Block], numbering: Numbering) -> Vec<u8> {
    let mut lines: Vec<Vec<(f32, String)>> = Vec::new();
    for block in blocks {
        match block {
            Block::Text(text) => {
                for line in text.lines() {
                    lines.extend(wrapped(line).into_iter().map(|l| vec![(40.0, l)]));
                }
            }
            Block::Table(_, rows) => lines.extend(columns(rows)),
        }
        lines.push(Vec::new());
    }
    let mut font = Font { numbering, glyphs: HashMap::new(), order: Vec::new() };
    let pages: Vec<Vec<u8>> = lines.chunks(LINES).map(|page| draw(dice, &mut font, page)).collect();
    assemble(&pages, &font)
}

fn wide(c: char) -> bool {
    !c.is_ascii() && !('\u{ff61}'..='\u{ff9f}').contains(&c)
}

fn length(text: &str) -> f32 {
    text.chars().map(|c| if wide(c) { SIZE } else { SIZE / 2.0 }).sum()
}

fn wrapped(line: &str) -> Vec<String> {
    let mut out = vec![String::new()];
    let mut used = 0;
    for c in line.chars() {
        let width = if wide(c) { 2 } else { 1 };
        if used + width > WIDTH * 2 {
            out.push(String::new());
            used = 0;
        }
        used += width;
        if let Some(last) = out.last_mut() {
            last.push(c);
        }
    }
    out
}

/// The rows with each column where its longest cell lets the next begin.
fn columns(rows: &[Vec<content::Cell>]) -> Vec<Vec<(f32, String)>> {
    let count = rows.iter().map(Vec::len).max().unwrap_or(0);
    let mut starts = vec![40.0];
    for at in 0..count {
        let widest = rows.iter().filter(|r| r.len() > 1).filter_map(|r| r.get(at)).map(|c| length(&shown(c)));
        let widest = widest.fold(0.0, f32::max);
        starts.push(starts[at] + widest + 12.0);
    }
    rows.iter()
        .map(|row| {
            let cells = row.iter().enumerate().map(|(i, c)| (starts[i], shown(c)));
            cells.filter(|c| !c.1.is_empty()).collect()
        })
        .collect()
}

struct Font {
    numbering: Numbering,
    glyphs: HashMap<char, u16>,
    order: Vec<char>,
}

impl Font {
    fn codes(&mut self, text: &str) -> Vec<u8> {
        match self.numbering {
            Numbering::Utf16 => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
            Numbering::ShiftJis => SHIFT_JIS.encode(text).0.into_owned(),
            Numbering::ToUnicode => text.chars().flat_map(|c| self.glyph(c).to_be_bytes()).collect(),
        }
    }

    fn glyph(&mut self, c: char) -> u16 {
        if let Some(known) = self.glyphs.get(&c) {
            return *known;
        }
        self.order.push(c);
        let glyph = self.order.len() as u16;
        self.glyphs.insert(c, glyph);
        glyph
    }

    /// The widths of half-width characters; all others are as wide as the font is high.
    fn widths(&self) -> String {
        match self.numbering {
            Numbering::ToUnicode => {
                let narrow = self.order.iter().enumerate().filter(|(_, c)| !wide(**c));
                let list: String = narrow.map(|(i, _)| format!("{} [500] ", i + 1)).collect();
                format!("/W [{list}]")
            }
            _ => "/W [1 [500] 2 632 500]".to_string(),
        }
    }

    fn to_unicode(&self) -> String {
        let mut map = String::from(
            "/CIDInit /ProcSet findresource begin 12 dict begin begincmap 1 begincodespacerange <0000> <ffff> endcodespacerange\n",
        );
        for (n, chunk) in self.order.chunks(100).enumerate() {
            let _ = writeln!(map, "{} beginbfchar", chunk.len());
            for (i, c) in chunk.iter().enumerate() {
                let units: String = c.encode_utf16(&mut [0; 2]).iter().map(|u| format!("{u:04x}")).collect();
                let _ = writeln!(map, "<{:04x}> <{units}>", n * 100 + i + 1);
            }
            map.push_str("endbfchar\n");
        }
        map + "endcmap end end"
    }
}

fn draw(dice: &mut Dice, font: &mut Font, lines: &[Vec<(f32, String)>]) -> Vec<u8> {
    let mut out = String::from("BT /F1 9 Tf\n");
    for (n, line) in lines.iter().enumerate() {
        let y = 800.0 - n as f32 * LEADING;
        for (x, text) in line {
            // Some programs move characters a little, for justification.
            let codes = font.codes(text);
            let hex: String = codes.iter().map(|b| format!("{b:02x}")).collect();
            let two_bytes = font.numbering != Numbering::ShiftJis;
            let cut = if two_bytes && codes.len() >= 8 && dice.once_in(3) { codes.len() / 8 * 8 } else { 0 };
            let _ = match cut {
                0 => writeln!(out, "1 0 0 1 {x} {y} Tm <{hex}> Tj"),
                cut => writeln!(out, "1 0 0 1 {x} {y} Tm [<{}> -8 <{}>] TJ", &hex[..cut], &hex[cut..]),
            };
        }
    }
    out.push_str("ET");
    out.into_bytes()
}

fn flate(data: &[u8]) -> Vec<u8> {
    let mut writer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    writer.write_all(data).expect("zlib in memory");
    let packed = writer.finish().expect("zlib in memory");
    let head = format!("<< /Filter /FlateDecode /Length {} >>\nstream\n", packed.len());
    [head.as_bytes(), &packed, b"\nendstream"].concat()
}

fn assemble(pages: &[Vec<u8>], font: &Font) -> Vec<u8> {
    let (encoding, ordering, map) = match font.numbering {
        Numbering::Utf16 => ("UniJIS-UTF16-H", "Japan1", ""),
        Numbering::ShiftJis => ("90ms-RKSJ-H", "Japan1", ""),
        Numbering::ToUnicode => ("Identity-H", "Identity", "/ToUnicode 4 0 R"),
    };
    let kids: String = (0..pages.len()).map(|n| format!("{} 0 R ", 10 + 2 * n)).collect();
    let mut objects: Vec<(usize, Vec<u8>)> = vec![
        (1, b"<< /Type /Catalog /Pages 2 0 R >>".to_vec()),
        (2, format!("<< /Type /Pages /Kids [{kids}] /Count {} >>", pages.len()).into_bytes()),
        (
            3,
            format!(
                "<< /Type /Font /Subtype /Type0 /BaseFont /Ryumin-Light /Encoding /{encoding} {map} /DescendantFonts [ << /Type /Font \
                 /Subtype /CIDFontType2 /BaseFont /Ryumin-Light /CIDSystemInfo << /Registry (Adobe) /Ordering ({ordering}) \
                 /Supplement 2 >> /DW 1000 {} >> ] >>",
                font.widths()
            )
            .into_bytes(),
        ),
        (4, flate(font.to_unicode().as_bytes())),
    ];
    for (n, page) in pages.iter().enumerate() {
        let (at, content) = (10 + 2 * n, 11 + 2 * n);
        objects.push((
            at,
            format!(
                "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 842 842] /Contents {content} 0 R /Resources << /Font << /F1 3 0 R >> >> >>"
            )
            .into_bytes(),
        ));
        objects.push((content, flate(page)));
    }
    let mut out = b"%PDF-1.7\n".to_vec();
    let mut places = Vec::new();
    for (number, body) in &objects {
        places.push((*number, out.len()));
        out.extend(format!("{number} 0 obj\n").bytes());
        out.extend_from_slice(body);
        out.extend(b"\nendobj\n");
    }
    let table = out.len();
    out.extend(b"xref\n0 1\n0000000000 65535 f \n");
    for (number, place) in &places {
        out.extend(format!("{number} 1\n{place:010} 00000 n \n").bytes());
    }
    let size = places.iter().map(|p| p.0).max().unwrap_or(0) + 1;
    out.extend(format!("trailer\n<< /Root 1 0 R /Size {size} >>\nstartxref\n{table}\n%%EOF\n").bytes());
    out
}
