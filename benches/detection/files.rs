//! Real files made by hand: workbooks, documents, PDFs, pages and tables of characters, as office
//! programs write them (ECMA-376, ISO 32000-1), so that what is read is what would be sent.

use std::fmt::Write as _;
use std::io::{Cursor, Write as _};

use content::{Cell, Format};
use zip::write::{SimpleFileOptions, ZipWriter};

use crate::charsets::Charset;
use crate::dice::Dice;

/// A stretch of a document.
#[derive(Clone)]
pub enum Block {
    /// Lines of text.
    Text(String),
    /// A table and what it is called.
    Table(String, Vec<Vec<Cell>>),
}

/// A cell as text.
pub fn shown(cell: &Cell) -> String {
    match cell {
        Cell::Text(t) => t.clone(),
        Cell::Number(n, _) => n.to_string(),
        Cell::Date(y, m, d) => format!("{y}/{m}/{d}"),
        _ => String::new(),
    }
}

/// Everything as lines, the cells of tables parted by `separator`.
pub fn text(blocks: &[Block], separator: &str) -> String {
    let mut out = String::new();
    for block in blocks {
        match block {
            Block::Text(text) => out.push_str(text),
            Block::Table(_, rows) => {
                for row in rows.iter().filter(|r| r.len() > 1) {
                    out.push_str(&row.iter().map(shown).collect::<Vec<_>>().join(separator));
                    out.push('\n');
                }
            }
        }
        out.push('\n');
    }
    out
}

/// A table as comma-separated values (RFC 4180), with the line ends of spreadsheets.
pub fn csv(rows: &[Vec<Cell>], separator: char) -> String {
    let width = rows.iter().map(Vec::len).max().unwrap_or(0);
    let quoted = |cell: String| match cell.contains([separator, '"', '\n']) {
        true => format!("\"{}\"", cell.replace('"', "\"\"")),
        false => cell,
    };
    let mut out = String::new();
    for row in rows {
        let cells = (0..width).map(|i| quoted(row.get(i).map(shown).unwrap_or_default()));
        out.push_str(&cells.collect::<Vec<_>>().join(&separator.to_string()));
        out.push_str("\r\n");
    }
    out
}

pub fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default();
    for (name, data) in entries {
        writer.start_file(*name, options).expect("a zip in memory");
        writer.write_all(data).expect("a zip in memory");
    }
    writer.finish().expect("a zip in memory").into_inner()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";
const TYPES: &str = "http://schemas.openxmlformats.org/package/2006/content-types";
const RELATIONS: &str = "http://schemas.openxmlformats.org/package/2006/relationships";
const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const SHEETS: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const WORDS: &str = "http://schemas.openxmlformats.org/wordprocessingml/2006/main";

fn package(main: &str, kind: &str, parts: Vec<(String, String)>) -> Vec<u8> {
    let types = format!(
        "{DECLARATION}<Types xmlns=\"{TYPES}\"><Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>\
         <Default Extension=\"xml\" ContentType=\"application/xml\"/><Override PartName=\"/{main}\" ContentType=\"{kind}\"/></Types>"
    );
    let relations = format!(
        "{DECLARATION}<Relationships xmlns=\"{RELATIONS}\"><Relationship Id=\"rId1\" Type=\"{OFFICE}/officeDocument\" Target=\"{main}\"/></Relationships>"
    );
    let mut entries = vec![("[Content_Types].xml", types), ("_rels/.rels", relations)];
    entries.extend(parts.iter().map(|(n, d)| (n.as_str(), d.clone())));
    let entries: Vec<(&str, &[u8])> = entries.iter().map(|(n, d)| (*n, d.as_bytes())).collect();
    zip(&entries)
}

/// A workbook with one sheet for each table, with shared strings and dates as serial numbers.
pub fn xlsx(sheets: &[(&str, &[Vec<Cell>])]) -> Vec<u8> {
    let mut strings: Vec<String> = Vec::new();
    let mut known = std::collections::HashMap::new();
    let (mut list, mut relations, mut parts) = (String::new(), String::new(), Vec::new());
    for (n, (name, rows)) in sheets.iter().enumerate() {
        let n = n + 1;
        let mut data = String::new();
        for (r, row) in rows.iter().enumerate() {
            let _ = write!(data, "<row r=\"{}\">", r + 1);
            for (c, cell) in row.iter().enumerate() {
                let at = format!("{}{}", char::from(b'A' + (c % 26) as u8), r + 1);
                let _ = match cell {
                    Cell::Text(t) => {
                        let next = strings.len();
                        let index = *known.entry(t.clone()).or_insert(next);
                        if index == next {
                            strings.push(t.clone());
                        }
                        write!(data, "<c r=\"{at}\" t=\"s\"><v>{index}</v></c>")
                    }
                    Cell::Number(v, _) => write!(data, "<c r=\"{at}\"><v>{v}</v></c>"),
                    Cell::Date(y, m, d) => {
                        write!(data, "<c r=\"{at}\" s=\"1\"><v>{}</v></c>", serial(*y, *m, *d))
                    }
                    _ => Ok(()),
                };
            }
            data.push_str("</row>");
        }
        let _ = write!(list, "<sheet name=\"{}\" sheetId=\"{n}\" r:id=\"rId{n}\"/>", escaped(name));
        let _ = write!(
            relations,
            "<Relationship Id=\"rId{n}\" Type=\"{OFFICE}/worksheet\" Target=\"worksheets/sheet{n}.xml\"/>"
        );
        parts.push((
            format!("xl/worksheets/sheet{n}.xml"),
            format!("{DECLARATION}<worksheet xmlns=\"{SHEETS}\"><sheetData>{data}</sheetData></worksheet>"),
        ));
    }
    let shared: String =
        strings.iter().map(|s| format!("<si><t xml:space=\"preserve\">{}</t></si>", escaped(s))).collect();
    parts.push((
        "xl/workbook.xml".into(),
        format!(
            "{DECLARATION}<workbook xmlns=\"{SHEETS}\" xmlns:r=\"{OFFICE}\"><sheets>{list}</sheets></workbook>"
        ),
    ));
    parts.push((
        "xl/_rels/workbook.xml.rels".into(),
        format!(
            "{DECLARATION}<Relationships xmlns=\"{RELATIONS}\">{relations}<Relationship Id=\"s\" Type=\"{OFFICE}/styles\" Target=\"styles.xml\"/>\
             <Relationship Id=\"t\" Type=\"{OFFICE}/sharedStrings\" Target=\"sharedStrings.xml\"/></Relationships>"
        ),
    ));
    parts.push((
        "xl/styles.xml".into(),
        format!(
            "{DECLARATION}<styleSheet xmlns=\"{SHEETS}\"><cellXfs count=\"2\"><xf numFmtId=\"0\"/><xf numFmtId=\"14\" applyNumberFormat=\"1\"/></cellXfs></styleSheet>"
        ),
    ));
    parts.push((
        "xl/sharedStrings.xml".into(),
        format!("{DECLARATION}<sst xmlns=\"{SHEETS}\">{shared}</sst>"),
    ));
    package(
        "xl/workbook.xml",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
        parts,
    )
}

/// Days since 1899-12-30, as spreadsheets count them.
fn serial(year: i32, month: u8, day: u8) -> i64 {
    let (y, m) = if month <= 2 { (year - 1, month + 12) } else { (year, month) };
    let (y, m) = (i64::from(y), i64::from(m));
    365 * y + y / 4 - y / 100 + y / 400 + (153 * (m - 3) + 2) / 5 + i64::from(day) - 693_900
}

/// A text document; its runs are cut anywhere, as editing leaves them.
pub fn docx(dice: &mut Dice, blocks: &[Block]) -> Vec<u8> {
    let mut body = String::new();
    for block in blocks {
        match block {
            Block::Text(text) => text.lines().for_each(|l| body.push_str(&paragraph(dice, l))),
            Block::Table(_, rows) => {
                body.push_str("<w:tbl>");
                for row in rows {
                    body.push_str("<w:tr>");
                    for cell in row {
                        let _ = write!(body, "<w:tc>{}</w:tc>", paragraph(dice, &shown(cell)));
                    }
                    body.push_str("</w:tr>");
                }
                body.push_str("</w:tbl>");
            }
        }
    }
    let document =
        format!("{DECLARATION}<w:document xmlns:w=\"{WORDS}\"><w:body>{body}</w:body></w:document>");
    package(
        "word/document.xml",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml",
        vec![("word/document.xml".into(), document)],
    )
}

fn paragraph(dice: &mut Dice, line: &str) -> String {
    let runs = pieces(dice, line).into_iter().map(|piece| {
        format!(
            "<w:r><w:rPr><w:sz w:val=\"21\"/></w:rPr><w:t xml:space=\"preserve\">{}</w:t></w:r>",
            escaped(&piece)
        )
    });
    format!("<w:p>{}</w:p>", runs.collect::<String>())
}

/// A line in one piece, or cut in two or three anywhere.
fn pieces(dice: &mut Dice, line: &str) -> Vec<String> {
    let chars: Vec<char> = line.chars().collect();
    if chars.len() < 4 || !dice.once_in(3) {
        return vec![line.to_string()];
    }
    let (a, b) = (dice.between(1, chars.len() - 1), dice.between(1, chars.len() - 1));
    let (a, b) = (a.min(b), a.max(b));
    [&chars[..a], &chars[a..b], &chars[b..]].iter().map(|p| p.iter().collect::<String>()).collect()
}

/// A page of HTML, some of its text in spans of its own, as mail programs write it.
pub fn html(dice: &mut Dice, blocks: &[Block], charset: Charset) -> String {
    let mut body = String::new();
    let line = |dice: &mut Dice, text: &str| -> String {
        let parts = pieces(dice, text);
        let marked = parts.len() > 1;
        let parts = parts.iter().enumerate().map(|(i, p)| match marked && i == 1 {
            true => format!("<span style=\"font-size:11pt\">{}</span>", escaped(p)),
            false => escaped(p),
        });
        parts.collect::<String>().replace("  ", "&nbsp; ")
    };
    for block in blocks {
        match block {
            Block::Text(text) => {
                let paragraphs = dice.once_in(2);
                for l in text.lines() {
                    let written = line(dice, l);
                    let _ = match (paragraphs, l.is_empty()) {
                        (true, true) => write!(body, "<p>&nbsp;</p>\r\n"),
                        (true, false) => write!(body, "<p class=MsoNormal>{written}</p>\r\n"),
                        (false, _) => write!(body, "{written}<br>\r\n"),
                    };
                }
            }
            Block::Table(_, rows) => {
                body.push_str("<table border=1>");
                for row in rows {
                    body.push_str("<tr>");
                    for cell in row {
                        let _ = write!(body, "<td>{}</td>", line(dice, &shown(cell)));
                    }
                    body.push_str("</tr>\r\n");
                }
                body.push_str("</table>");
            }
        }
    }
    format!(
        "<html><head><meta http-equiv=\"Content-Type\" content=\"text/html; charset={}\"></head><body>{body}</body></html>\r\n",
        charset.name()
    )
}

/// A number as a spreadsheet keeps one.
pub fn number(value: f64) -> Cell {
    Cell::Number(value, Format::General)
}
