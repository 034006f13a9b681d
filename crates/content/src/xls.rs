//! xls: a workbook in BIFF 5 or 8 ([MS-XLS]). Read here cell by cell, so that the size a file
//! claims for a sheet costs nothing.

use std::collections::HashMap;

use encoding_rs::{Encoding, UTF_16LE};

use super::extraction::{At, Extraction};
use super::grid::Grid;
use super::number_format::NumberFormat;
use super::xlsb::rk;
use super::xlsx::{Strings, without_codes};
use super::{Cell, Kind, Oddity, Why, charset};

const CONTINUE: u16 = 0x3c;

/// The records of a stream: where each starts, its type and content.
struct Records<'a> {
    stream: &'a [u8],
    at: usize,
}

impl<'a> Iterator for Records<'a> {
    type Item = (u16, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let kind = u16_at(self.stream, self.at)?;
        let size = usize::from(u16_at(self.stream, self.at + 2)?);
        let data = self.stream.get(self.at + 4..self.at + 4 + size)?;
        self.at += 4 + size;
        Some((kind, data))
    }
}

fn u16_at(data: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(data.get(at..at.checked_add(2)?)?.try_into().ok()?))
}

fn u32_at(data: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(data.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

fn f64_at(data: &[u8], at: usize) -> Option<f64> {
    Some(f64::from_le_bytes(data.get(at..at.checked_add(8)?)?.try_into().ok()?))
}

struct Book {
    /// BIFF 8 has UTF-16, earlier ones a code page.
    unicode: bool,
    encoding: &'static Encoding,
    epoch_1904: bool,
    codes: HashMap<u16, NumberFormat>,
    styles: Vec<u16>,
    strings: Strings,
    sheets: Vec<(usize, String, bool)>,
}

/// Reads the workbook stream.
pub fn read(x: &mut Extraction, at: &At, stream: &[u8]) -> Result<(), Why> {
    let book = globals(x, stream)?;
    if book.sheets.is_empty() {
        return Err(Why::Broken);
    }
    for (position, name, hidden) in &book.sheets {
        x.guarded(&at.named(name), |x| sheet(x, at, &book, stream, *position, name, *hidden));
    }
    Ok(())
}

fn globals(x: &mut Extraction, stream: &[u8]) -> Result<Book, Why> {
    let mut book = Book {
        unicode: true,
        encoding: encoding_rs::SHIFT_JIS,
        epoch_1904: false,
        codes: HashMap::new(),
        styles: Vec::new(),
        strings: Strings::default(),
        sheets: Vec::new(),
    };
    let mut records = Records { stream, at: 0 };
    while let Some((kind, data)) = records.next() {
        match kind {
            0x0809 => book.unicode = u16_at(data, 0) != Some(0x0500),
            0x002f => return Err(Why::Encrypted),
            0x0042 => book.encoding = charset::code_page(u32::from(u16_at(data, 0).unwrap_or(932))),
            0x0022 => book.epoch_1904 = u16_at(data, 0) == Some(1),
            0x0085 => {
                let place = u32_at(data, 0).ok_or(Why::Broken)? as usize;
                let hidden = data.get(4).is_some_and(|b| b & 3 != 0);
                let name = book.short_text(data.get(6..).unwrap_or_default()).unwrap_or_default();
                book.sheets.push((place, name, hidden));
            }
            0x041e => {
                let code = if book.unicode {
                    book.text(data.get(2..).unwrap_or_default())
                } else {
                    book.short_text(data.get(2..).unwrap_or_default())
                };
                if let (Some(id), Some(code)) = (u16_at(data, 0), code) {
                    book.codes.insert(id, NumberFormat::parse(&code));
                }
            }
            0x00e0 => book.styles.push(u16_at(data, 2).unwrap_or(0)),
            0x00fc => shared(x, &mut book.strings, data, &mut records)?,
            0x000a => break,
            _ => {}
        }
    }
    Ok(book)
}

impl Book {
    /// A text with one byte of length: of a sheet, or of a format in BIFF 5.
    fn short_text(&self, data: &[u8]) -> Option<String> {
        let count = usize::from(*data.first()?);
        self.characters(data.get(1..)?, count)
    }

    /// A text with two bytes of length.
    fn text(&self, data: &[u8]) -> Option<String> {
        let count = usize::from(u16_at(data, 0)?);
        self.characters(data.get(2..)?, count)
    }

    fn characters(&self, data: &[u8], count: usize) -> Option<String> {
        if !self.unicode {
            let bytes = data.get(..count.min(data.len()))?;
            return Some(self.encoding.decode_without_bom_handling(bytes).0.into_owned());
        }
        let flags = *data.first()?;
        // Formatting runs and phonetic data stand between the flags and the characters.
        let skip = 1 + if flags & 8 != 0 { 2 } else { 0 } + if flags & 4 != 0 { 4 } else { 0 };
        let data = data.get(skip..)?;
        Some(if flags & 1 != 0 {
            let bytes = data.get(..(count * 2).min(data.len()))?;
            UTF_16LE.decode_without_bom_handling(bytes).0.into_owned()
        } else {
            data.iter().take(count).map(|b| *b as char).collect()
        })
    }

    fn number(&self, style: usize, value: f64) -> Cell {
        let id = self.styles.get(style).copied().unwrap_or(0);
        match self.codes.get(&id) {
            Some(format) => format.cell(value, self.epoch_1904),
            None => NumberFormat::built_in(u32::from(id)).cell(value, self.epoch_1904),
        }
    }
}

/// The shared texts (SST, section 2.4.265), which run on over CONTINUE records.
fn shared<'a>(
    x: &mut Extraction,
    strings: &mut Strings,
    first: &'a [u8],
    records: &mut Records<'a>,
) -> Result<(), Why> {
    let mut pieces = vec![first.get(8..).unwrap_or_default()];
    loop {
        let before = records.at;
        match records.next() {
            Some((CONTINUE, data)) => pieces.push(data),
            _ => {
                records.at = before;
                break;
            }
        }
    }
    let count = u32_at(first, 4).unwrap_or(0);
    let mut reader = Pieces { pieces: &pieces, piece: 0, at: 0 };
    for i in 0..count {
        if i.is_multiple_of(8192) {
            x.budget.time()?;
        }
        let Some(text) = reader.text() else { break };
        strings.push(&text);
    }
    Ok(())
}

/// Bytes that are spread over records.
struct Pieces<'p, 'a> {
    pieces: &'p [&'a [u8]],
    piece: usize,
    at: usize,
}

impl Pieces<'_, '_> {
    fn byte(&mut self) -> Option<u8> {
        loop {
            let piece = self.pieces.get(self.piece)?;
            if let Some(b) = piece.get(self.at) {
                self.at += 1;
                return Some(*b);
            }
            self.piece += 1;
            self.at = 0;
        }
    }

    fn short(&mut self) -> Option<u16> {
        Some(u16::from_le_bytes([self.byte()?, self.byte()?]))
    }

    fn skip(&mut self, mut count: usize) -> Option<()> {
        while count > 0 {
            let left = self.pieces.get(self.piece)?.len() - self.at;
            if left >= count {
                self.at += count;
                return Some(());
            }
            count -= left;
            self.piece += 1;
            self.at = 0;
        }
        Some(())
    }

    fn text(&mut self) -> Option<String> {
        let count = usize::from(self.short()?);
        let mut flags = self.byte()?;
        let runs = if flags & 8 != 0 { usize::from(self.short()?) } else { 0 };
        let phonetic =
            if flags & 4 != 0 { usize::from(self.short()?) | usize::from(self.short()?) << 16 } else { 0 };
        let mut units = Vec::with_capacity(count);
        while units.len() < count {
            // Where the characters go on in the next record, it says anew how wide they are.
            if self.at >= self.pieces.get(self.piece)?.len() {
                self.piece += 1;
                self.at = 0;
                flags = self.byte()?;
                continue;
            }
            units.push(if flags & 1 != 0 { self.short()? } else { u16::from(self.byte()?) });
        }
        self.skip(runs * 4)?;
        self.skip(phonetic)?;
        Some(String::from_utf16_lossy(&units))
    }
}

/// What of a sheet is no cell.
#[derive(Default)]
struct Around {
    comments: String,
    boxes: usize,
    margins: String,
}

fn sheet(
    x: &mut Extraction,
    at: &At,
    book: &Book,
    stream: &[u8],
    start: usize,
    name: &str,
    hidden: bool,
) -> Result<(), Why> {
    let mut grid = Grid::default();
    let mut around = Around::default();
    let records = Records { stream, at: start };
    let (mut depth, mut formula, mut box_text, mut count) = (0u32, (0, 0), false, 0u32);
    let mut ended = Ok(());
    for (kind, data) in records {
        count = count.wrapping_add(1);
        if count.is_multiple_of(8192) {
            x.budget.time()?;
        }
        match kind {
            0x0809 => depth += 1,
            0x000a => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    break;
                }
            }
            // An embedded chart has records of the same kinds.
            _ if depth > 1 => {}
            0x01b6 => {
                around.boxes += 1;
                box_text = u16_at(data, 10).is_some_and(|n| n > 0);
            }
            CONTINUE if box_text => {
                box_text = false;
                let characters = data.len();
                around.comments.push_str(&book.characters(data, characters).unwrap_or_default());
                around.comments.push('\n');
            }
            0x0014 | 0x0015 => {
                let text = if book.unicode { book.text(data) } else { book.short_text(data) };
                around.margins.push_str(&text.unwrap_or_default());
                around.margins.push('\n');
            }
            0x0208 if u16_at(data, 12).is_some_and(|f| f & 0x20 != 0) => {
                grid.hide_row(u32::from(u16_at(data, 0).unwrap_or(0)));
            }
            0x007d if u16_at(data, 8).is_some_and(|f| f & 1 != 0) => {
                if let (Some(from), Some(to)) = (u16_at(data, 0), u16_at(data, 2)) {
                    grid.hide_columns(u32::from(from), u32::from(to));
                }
            }
            _ => {
                ended = cell(x, &mut grid, book, kind, data, &mut formula);
                if ended.is_err() {
                    break;
                }
            }
        }
    }
    grid.finish(x, at, name, hidden)?;
    x.note(at, Oddity::Comments, around.boxes);
    x.text(at, Kind::Comment, around.comments)?;
    x.text(at, Kind::PageHeader, without_codes(&around.margins))?;
    ended
}

fn cell(
    x: &mut Extraction,
    grid: &mut Grid,
    book: &Book,
    kind: u16,
    data: &[u8],
    formula: &mut (u32, u32),
) -> Result<(), Why> {
    let (Some(row), Some(column), Some(style)) = (u16_at(data, 0), u16_at(data, 2), u16_at(data, 4)) else {
        // STRING, the text of the formula before it, has no place of its own.
        return Ok(());
    };
    let (row, column, style) = (u32::from(row), u32::from(column), usize::from(style));
    let text = |t: Option<String>| t.map(Cell::Text);
    let found = match kind {
        0x0203 => f64_at(data, 6).map(|v| book.number(style, v)),
        0x027e => u32_at(data, 6).map(|v| book.number(style, rk(v))),
        0x00fd => {
            let index = u32_at(data, 6).unwrap_or(u32::MAX) as usize;
            text(book.strings.get(index).map(str::to_string))
        }
        0x0204 | 0x00d6 => text(data.get(6..).and_then(|d| book.text(d))),
        0x0205 if data.get(7) == Some(&0) => data.get(6).map(|b| Cell::Bool(*b != 0)),
        0x0006 => {
            *formula = (row, column);
            match (u16_at(data, 12), data.get(6)) {
                (Some(0xffff), Some(1)) => data.get(8).map(|b| Cell::Bool(*b != 0)),
                (Some(0xffff), _) => None,
                _ => f64_at(data, 6).map(|v| book.number(style, v)),
            }
        }
        0x0207 => {
            let text = text(book.text(data)).unwrap_or_default();
            return grid.add(&mut x.budget, formula.0, formula.1, text);
        }
        0x00bd => {
            let numbers = data.get(4..).unwrap_or_default().chunks_exact(6);
            for (i, one) in (0u32..).zip(numbers) {
                let style = usize::from(u16_at(one, 0).unwrap_or(0));
                let value = rk(u32_at(one, 2).unwrap_or(0));
                grid.add(&mut x.budget, row, column.saturating_add(i), book.number(style, value))?;
            }
            None
        }
        _ => None,
    };
    match found {
        Some(cell) => grid.add(&mut x.budget, row, column, cell),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Limits;
    use super::*;

    fn record(kind: u16, data: &[u8]) -> Vec<u8> {
        [&kind.to_le_bytes()[..], &(data.len() as u16).to_le_bytes(), data].concat()
    }

    fn utf16(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    }

    /// A workbook with one hidden sheet: a shared text that runs over two records, a number with
    /// leading zeros, and a hidden row.
    fn workbook() -> Vec<u8> {
        let sst = [&1u32.to_le_bytes()[..], &1u32.to_le_bytes(), &4u16.to_le_bytes(), &[1], &utf16("山田")]
            .concat();
        let rest = [&[1][..], &utf16("太郎")].concat();
        let format = [&200u16.to_le_bytes()[..], &4u16.to_le_bytes(), &[0], b"0000"].concat();
        let mut globals = record(0x0809, &[0, 6, 5, 0]);
        globals.extend(record(0x041e, &format));
        globals.extend(record(0x00e0, &[0, 0, 0, 0]));
        globals.extend(record(0x00e0, &[0, 0, 200, 0]));
        globals.extend(record(0x00fc, &sst));
        globals.extend(record(CONTINUE, &rest));
        let name = [&[2u8, 1][..], &utf16("名簿")].concat();
        let place = globals.len() + 4 + 6 + name.len() + 4;
        let sheet = [&(place as u32).to_le_bytes()[..], &[1, 0], &name].concat();
        globals.extend(record(0x0085, &sheet));
        globals.extend(record(0x000a, &[]));
        globals.extend(record(0x0809, &[0, 6, 0x10, 0]));
        globals.extend(record(0x0208, &[1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x20, 0]));
        globals.extend(record(0x00fd, &[0, 0, 0, 0, 0, 0, 0, 0, 0, 0]));
        globals.extend(record(0x027e, &[1, 0, 1, 0, 1, 0, 0x1e, 0, 0, 0]));
        globals.extend(record(0x000a, &[]));
        globals
    }

    #[test]
    fn cells_formats_and_what_is_hidden() {
        let mut x = Extraction::new(&Limits::default());
        read(&mut x, &At::top(), &workbook()).unwrap();
        let table = &x.out.tables[0];
        assert_eq!((table.sheet.as_str(), table.hidden), ("名簿", true));
        assert_eq!(table.rows[0][0], Cell::Text("山田太郎".into()));
        assert_eq!(table.to_text().trim(), "山田太郎\n\t0007");
        let notes: Vec<_> = x.out.notes.iter().map(|n| n.what).collect();
        assert_eq!(notes, [Oddity::HiddenRows, Oddity::HiddenSheet]);
    }

    #[test]
    fn every_cut_and_flip_is_survived() {
        let whole = workbook();
        for i in 0..whole.len() {
            let mut x = Extraction::new(&Limits::default());
            let _ = read(&mut x, &At::top(), &whole[..i]);
            let mut flipped = whole.clone();
            flipped[i] ^= 0xff;
            let _ = read(&mut x, &At::top(), &flipped);
        }
    }
}
