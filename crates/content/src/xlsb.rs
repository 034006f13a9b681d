//! xlsb: a workbook in binary records ([MS-XLSB]).

use super::extraction::{At, Extraction};
use super::grid::Grid;
use super::number_format::NumberFormat;
use super::package::Package;
use super::xlsx::{Book, Sheet, relations};
use super::{Cell, Kind, Why};

/// The records of a part: type and content (section 2.1.4).
struct Records<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Records<'a> {
    type Item = (u32, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let kind = self.number(2)?;
        let size = self.number(4)? as usize;
        let data = self.rest.get(..size)?;
        self.rest = &self.rest[size..];
        Some((kind, data))
    }
}

impl Records<'_> {
    /// A number in 7-bit pieces; a type keeps its marks, as the specification numbers them so.
    fn number(&mut self, longest: u32) -> Option<u32> {
        let mut value = 0;
        for i in 0..longest {
            let (&b, rest) = self.rest.split_first()?;
            self.rest = rest;
            value |= u32::from(b & 0x7f) << (7 * i);
            if b & 0x80 == 0 {
                break;
            }
        }
        Some(value)
    }
}

fn u16_at(data: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(data.get(at..at + 2)?.try_into().ok()?))
}

fn u32_at(data: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(data.get(at..at + 4)?.try_into().ok()?))
}

fn f64_at(data: &[u8], at: usize) -> Option<f64> {
    Some(f64::from_le_bytes(data.get(at..at + 8)?.try_into().ok()?))
}

/// A text with its length before it, and where it ends.
fn wide(data: &[u8], at: usize) -> Option<(String, usize)> {
    let count = u32_at(data, at)?;
    if count == u32::MAX {
        return Some((String::new(), at + 4));
    }
    let end = (at + 4).checked_add((count as usize).checked_mul(2)?)?;
    let bytes = data.get(at + 4..end)?;
    Some((encoding_rs::UTF_16LE.decode_without_bom_handling(bytes).0.into_owned(), end))
}

/// The number in an RkNumber (section 2.5.123), as xls has it too.
pub fn rk(bits: u32) -> f64 {
    let value = if bits & 2 != 0 {
        f64::from((bits as i32) >> 2)
    } else {
        f64::from_bits(u64::from(bits & !3) << 32)
    };
    if bits & 1 != 0 { value / 100.0 } else { value }
}

/// Reads the sheets of a binary workbook.
pub fn read(x: &mut Extraction, at: &At, package: &mut Package<'_>) -> Result<(), Why> {
    let targets = match package.read(x, "xl/_rels/workbook.bin.rels")? {
        Some(bytes) => relations(&bytes)?,
        None => return Err(Why::Broken),
    };
    let mut book = Book::default();
    let workbook = package.read(x, "xl/workbook.bin")?.ok_or(Why::Broken)?;
    for (kind, data) in (Records { rest: &workbook }) {
        match kind {
            // BrtWbProp, BrtBundleSh
            153 => book.epoch_1904 = data.first().is_some_and(|b| b & 1 != 0),
            156 => book.sheets.extend(sheet(data, &targets)),
            _ => {}
        }
    }
    if let Some(bytes) = package.read(x, "xl/styles.bin")? {
        book.formats = styles(&bytes);
    }
    if let Some(bytes) = package.read(x, "xl/sharedStrings.bin")? {
        // BrtSSTItem
        for (_, data) in (Records { rest: &bytes }).filter(|(kind, _)| *kind == 19) {
            book.strings.push(&wide(data, 1).unwrap_or_default().0);
        }
    }
    for sheet in std::mem::take(&mut book.sheets) {
        x.guarded(&at.named(&sheet.name), |x| {
            let bytes = package.read(x, &sheet.target)?.ok_or(Why::Broken)?;
            cells(x, at, &bytes, &book, &sheet)
        });
    }
    for i in 0..package.entries().len() {
        let name = package.entries()[i].name.to_lowercase();
        if name.starts_with("xl/comments") && name.ends_with(".bin") {
            let bytes = package.read_at(x, i)?;
            comments(x, at, &bytes)?;
        }
    }
    Ok(())
}

fn sheet(data: &[u8], targets: &std::collections::HashMap<String, String>) -> Option<Sheet> {
    let hidden = u32_at(data, 0)? != 0;
    let (id, end) = wide(data, 8)?;
    let (name, _) = wide(data, end)?;
    Some(Sheet { name, target: targets.get(&id)?.clone(), hidden })
}

fn styles(bytes: &[u8]) -> Vec<NumberFormat> {
    let mut codes = std::collections::HashMap::new();
    let mut formats = Vec::new();
    let mut in_cells = false;
    for (kind, data) in (Records { rest: bytes }) {
        match kind {
            // BrtFmt
            44 => {
                if let (Some(id), Some((code, _))) = (u16_at(data, 0), wide(data, 2)) {
                    codes.insert(u32::from(id), NumberFormat::parse(&code));
                }
            }
            // BrtBeginCellXFs, BrtEndCellXFs, BrtXF
            617 => in_cells = true,
            618 => in_cells = false,
            47 if in_cells => {
                let id = u32::from(u16_at(data, 2).unwrap_or(0));
                let format = codes.get(&id).cloned();
                formats.push(format.unwrap_or_else(|| NumberFormat::built_in(id)));
            }
            _ => {}
        }
    }
    formats
}

fn cells(x: &mut Extraction, at: &At, bytes: &[u8], book: &Book, sheet: &Sheet) -> Result<(), Why> {
    let mut grid = Grid::default();
    let mut row = 0;
    let mut ended = Ok(());
    for (i, (kind, data)) in (Records { rest: bytes }).enumerate() {
        if i.is_multiple_of(8192) {
            x.budget.time()?;
        }
        match kind {
            // BrtRowHdr: fDyZero is the bit for a hidden row.
            0 => {
                row = u32_at(data, 0).ok_or(Why::Broken)?;
                if data.get(11).is_some_and(|b| b & 0x10 != 0) {
                    grid.hide_row(row);
                }
            }
            1..=11 => {
                let Some((column, cell)) = cell(kind, data, book) else {
                    continue;
                };
                ended = grid.add(&mut x.budget, row, column, cell);
                if ended.is_err() {
                    break;
                }
            }
            // BrtColInfo
            60 if data.get(16).is_some_and(|b| b & 1 != 0) => {
                if let (Some(from), Some(to)) = (u32_at(data, 0), u32_at(data, 4)) {
                    grid.hide_columns(from, to);
                }
            }
            _ => {}
        }
    }
    grid.finish(x, at, &sheet.name, sheet.hidden)?;
    ended
}

fn cell(kind: u32, data: &[u8], book: &Book) -> Option<(u32, Cell)> {
    let column = u32_at(data, 0)?;
    let style = (u32_at(data, 4)? & 0xff_ffff) as usize;
    let number = |value: f64| match book.formats.get(style) {
        Some(format) => format.cell(value, book.epoch_1904),
        None => NumberFormat::General.cell(value, false),
    };
    let cell = match kind {
        2 => number(rk(u32_at(data, 8)?)),
        4 | 10 => Cell::Bool(*data.get(8)? != 0),
        5 | 9 => number(f64_at(data, 8)?),
        6 | 8 => Cell::Text(wide(data, 8)?.0),
        7 => Cell::Text(book.strings.get(u32_at(data, 8)? as usize)?.to_string()),
        _ => return None,
    };
    Some((column, cell))
}

fn comments(x: &mut Extraction, at: &At, bytes: &[u8]) -> Result<(), Why> {
    let mut text = String::new();
    let mut count = 0;
    // BrtCommentText
    for (_, data) in (Records { rest: bytes }).filter(|(kind, _)| *kind == 637) {
        text.push_str(&wide(data, 1).unwrap_or_default().0);
        text.push('\n');
        count += 1;
    }
    x.note(at, super::Oddity::Comments, count);
    x.text(at, Kind::Comment, text)
}
