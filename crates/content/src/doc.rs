//! The old binary documents: Word 97 ([MS-DOC]) by its piece table, PowerPoint 97 ([MS-PPT]) by
//! its text atoms.

use std::path::Path;

use encoding_rs::{UTF_16LE, WINDOWS_1252};

use super::extraction::{At, Extraction};
use super::ole::Compound;
use super::{Kind, Oddity, Why};

fn u16_at(data: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(data.get(at..at.checked_add(2)?)?.try_into().ok()?))
}

fn u32_at(data: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(data.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

/// Reads the text of a Word document.
pub fn word(x: &mut Extraction, at: &At, compound: &mut Compound<'_>, path: &Path) -> Result<(), Why> {
    let main = compound.read(x, path)?.ok_or(Why::Broken)?;
    if u16_at(&main, 0) != Some(0xa5ec) {
        return Err(Why::Unknown("Word before 97".into()));
    }
    let flags = u16_at(&main, 10).ok_or(Why::Broken)?;
    if flags & 0x0100 != 0 {
        return Err(Why::Encrypted);
    }
    let table = if flags & 0x0200 != 0 { "1Table" } else { "0Table" };
    let table = compound.read(x, &path.with_file_name(table))?.ok_or(Why::Broken)?;
    // fcClx and lcbClx (section 2.5.6).
    let from = u32_at(&main, 0x01a2).ok_or(Why::Broken)? as usize;
    let size = u32_at(&main, 0x01a6).ok_or(Why::Broken)? as usize;
    let clx = table.get(from..from.saturating_add(size)).ok_or(Why::Broken)?;
    let text = pieces(&main, clx).ok_or(Why::Broken)?;
    stories(x, at, &main, &text)
}

/// The characters of a document, put together from its pieces (section 2.4.1).
fn pieces(main: &[u8], mut clx: &[u8]) -> Option<Vec<u16>> {
    while clx.first() == Some(&1) {
        clx = clx.get(3 + usize::from(u16_at(clx, 1)?)..)?;
    }
    if clx.first() != Some(&2) {
        return None;
    }
    let size = u32_at(clx, 1)? as usize;
    let table = clx.get(5..5usize.checked_add(size)?)?;
    let count = table.len().checked_sub(4)? / 12;
    let mut text: Vec<u16> = Vec::new();
    for i in 0..count {
        let (start, end) = (u32_at(table, i * 4)?, u32_at(table, i * 4 + 4)?);
        let length = end.checked_sub(start)? as usize;
        let place = u32_at(table, (count + 1) * 4 + i * 8 + 2)?;
        let offset = (place & 0x3fff_ffff) as usize;
        // Pieces may overlap; their sum may not exceed what the file could hold.
        if text.len() + length > main.len() {
            return None;
        }
        if place & 0x4000_0000 != 0 {
            let bytes = main.get(offset / 2..(offset / 2).checked_add(length)?)?;
            let decoded = WINDOWS_1252.decode_without_bom_handling(bytes).0;
            text.extend(decoded.encode_utf16());
        } else {
            let bytes = main.get(offset..offset.checked_add(length.checked_mul(2)?)?)?;
            text.extend(bytes.chunks_exact(2).map(|p| u16::from_le_bytes([p[0], p[1]])));
        }
    }
    Some(text)
}

/// The characters lie one story after the other; their lengths stand in the header (section
/// 2.5.4).
fn stories(x: &mut Extraction, at: &At, main: &[u8], text: &[u16]) -> Result<(), Why> {
    const STORIES: [(usize, Kind); 7] = [
        (0x4c, Kind::Attachment),
        (0x50, Kind::Note),
        (0x54, Kind::PageHeader),
        (0x5c, Kind::Comment),
        (0x60, Kind::Note),
        (0x64, Kind::Attachment),
        (0x68, Kind::PageHeader),
    ];
    let mut rest = text;
    for (place, kind) in STORIES {
        let length = u32_at(main, place).unwrap_or(0) as usize;
        let (story, after) = rest.split_at(length.min(rest.len()));
        rest = after;
        let shown = readable(story);
        if kind == Kind::Comment {
            x.note(at, Oddity::Comments, usize::from(!shown.trim().is_empty()));
        }
        x.text(at, kind, shown)?;
    }
    x.text(at, Kind::Attachment, readable(rest))
}

/// Word's special characters as a reader sees them: fields show their result, cells and
/// paragraphs end.
fn readable(units: &[u16]) -> String {
    let mut out = String::new();
    let mut in_instruction = 0u32;
    for c in char::decode_utf16(units.iter().copied()) {
        let c = c.unwrap_or('\u{fffd}');
        match c {
            '\u{13}' => in_instruction += 1,
            '\u{14}' | '\u{15}' => in_instruction = in_instruction.saturating_sub(1),
            _ if in_instruction > 0 => {}
            '\u{7}' => out.push('\t'),
            '\r' | '\u{b}' | '\u{c}' => out.push('\n'),
            '\u{1e}' => out.push('-'),
            '\t' | '\n' => out.push(c),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

/// Reads the text of a PowerPoint presentation.
pub fn slides(x: &mut Extraction, at: &At, compound: &mut Compound<'_>, path: &Path) -> Result<(), Why> {
    if let Some(user) = compound.read(x, &path.with_file_name("Current User"))?
        && u32_at(&user, 12) == Some(0xf3d1_c4df)
    {
        return Err(Why::Encrypted);
    }
    let stream = compound.read(x, path)?.ok_or(Why::Broken)?;
    let mut text = String::new();
    let mut rest = &stream[..];
    let mut records = 0u32;
    while rest.len() >= 8 {
        records = records.wrapping_add(1);
        if records.is_multiple_of(8192) {
            x.budget.time()?;
        }
        let version = u16_at(rest, 0).unwrap_or(0) & 0xf;
        let kind = u16_at(rest, 2).unwrap_or(0);
        let size = u32_at(rest, 4).unwrap_or(0) as usize;
        let body = &rest[8..];
        // A container is entered, an atom is read or passed over.
        if version == 0xf {
            rest = body;
            continue;
        }
        let Some(data) = body.get(..size) else { break };
        match kind {
            // TextCharsAtom, CString
            0x0fa0 | 0x0fba => {
                text.push_str(&UTF_16LE.decode_without_bom_handling(data).0);
                text.push('\n');
            }
            // TextBytesAtom: the low bytes of UTF-16.
            0x0fa8 => {
                text.extend(data.iter().map(|b| *b as char));
                text.push('\n');
            }
            _ => {}
        }
        rest = &body[size..];
    }
    x.text(at, Kind::Attachment, text.replace(['\r', '\u{b}'], "\n"))
}
