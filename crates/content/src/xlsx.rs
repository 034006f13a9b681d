//! xlsx and xlsm (SpreadsheetML, ECMA-376 part 1 section 18): every sheet, hidden ones too, with
//! typed cells, and the data that pivot tables and links keep of their sources.

use std::collections::HashMap;

use super::cell_styles::{self, Styles};
use super::extraction::{At, Extraction};
use super::grid::{Grid, place};
use super::number_format::NumberFormat;
use super::package::Package;
use super::xml::{Element, Node, walk};
use super::{Cell, Kind, Oddity, Why};

/// What holds for all sheets of a workbook.
#[derive(Default)]
pub struct Book {
    pub strings: Strings,
    /// The format of each cell style, by its index.
    pub formats: Vec<NumberFormat>,
    /// Which of them show nothing.
    pub unseen: Vec<bool>,
    pub epoch_1904: bool,
    pub sheets: Vec<Sheet>,
}

/// A sheet as the workbook lists it.
#[derive(Clone, Debug, PartialEq)]
pub struct Sheet {
    pub name: String,
    /// The part that holds it.
    pub target: String,
    pub hidden: bool,
}

/// Texts that cells refer to by number, in one piece of memory.
#[derive(Default)]
pub struct Strings {
    text: String,
    ends: Vec<usize>,
}

impl Strings {
    pub fn push(&mut self, text: &str) {
        self.text.push_str(text);
        self.ends.push(self.text.len());
    }

    fn append(&mut self, text: &str) {
        self.text.push_str(text);
    }

    fn close(&mut self) {
        self.ends.push(self.text.len());
    }

    pub fn get(&self, index: usize) -> Option<&str> {
        let from = if index == 0 { 0 } else { *self.ends.get(index - 1)? };
        self.text.get(from..*self.ends.get(index)?)
    }
}

/// Reads the sheets of a workbook.
pub fn read(x: &mut Extraction, at: &At, package: &mut Package<'_>) -> Result<(), Why> {
    let mut book = Book::default();
    // Sheets are read even where what they refer to is damaged.
    x.guarded(at, |x| shared(x, package, &mut book));
    let listed = std::mem::take(&mut book.sheets);
    let mut done = Vec::new();
    for sheet in &listed {
        done.push(sheet.target.to_lowercase());
        one(x, at, package, &book, sheet);
    }
    // A sheet that the workbook does not list is there all the same.
    let rest: Vec<Sheet> = package
        .entries()
        .iter()
        .map(|e| e.name.clone())
        .filter(|n| {
            let lower = n.to_lowercase();
            let sheet = ["xl/worksheets/", "xl/macrosheets/", "xl/dialogsheets/"];
            sheet.iter().any(|s| lower.starts_with(s)) && lower.ends_with(".xml") && !done.contains(&lower)
        })
        .map(|target| Sheet { name: target.clone(), target, hidden: true })
        .collect();
    for sheet in &rest {
        one(x, at, package, &book, sheet);
    }
    caches(x, at, package)
}

fn one(x: &mut Extraction, at: &At, package: &mut Package<'_>, book: &Book, sheet: &Sheet) {
    x.guarded(&at.named(&sheet.name), |x| {
        let Some(bytes) = package.read(x, &sheet.target)? else {
            return Err(Why::Broken);
        };
        cells(x, at, &bytes, book, sheet)
    });
}

fn shared(x: &mut Extraction, package: &mut Package<'_>, book: &mut Book) -> Result<(), Why> {
    let targets = match package.read(x, "xl/_rels/workbook.xml.rels")? {
        Some(bytes) => relations(&bytes)?,
        None => HashMap::new(),
    };
    let workbook = package.read(x, "xl/workbook.xml")?;
    if let Some(bytes) = workbook {
        walk(&bytes, |node| {
            match node {
                Node::Start(e) if e.name() == "workbookPr" => book.epoch_1904 = is_true(e, "date1904"),
                Node::Start(e) if e.name() == "sheet" => {
                    let id = e.attribute("id").unwrap_or_default();
                    if let (Some(name), Some(target)) = (e.attribute("name"), targets.get(&*id)) {
                        let state = e.attribute("state").unwrap_or_default();
                        book.sheets.push(Sheet {
                            name: name.into_owned(),
                            target: target.clone(),
                            hidden: matches!(&*state, "hidden" | "veryHidden"),
                        });
                    }
                }
                _ => {}
            }
            Ok(())
        })?;
    }
    if let Some(bytes) = package.read(x, "xl/styles.xml")? {
        Styles { formats: book.formats, unseen: book.unseen } = cell_styles::read(&bytes)?;
    }
    if let Some(bytes) = package.read(x, "xl/sharedStrings.xml")? {
        strings(&bytes, &mut book.strings)?;
    }
    Ok(())
}

/// The parts that a workbook's relationships name, by id.
pub fn relations(bytes: &[u8]) -> Result<HashMap<String, String>, Why> {
    let mut found = HashMap::new();
    walk(bytes, |node| {
        if let Node::Start(e) = node
            && let (Some(id), Some(target)) = (e.attribute("Id"), e.attribute("Target"))
        {
            let path = match target.strip_prefix('/') {
                Some(absolute) => absolute.to_string(),
                None => format!("xl/{target}"),
            };
            found.insert(id.into_owned(), path);
        }
        Ok(())
    })?;
    Ok(found)
}

fn is_true(e: &Element<'_>, name: &str) -> bool {
    e.attribute(name).is_some_and(|v| matches!(&*v, "1" | "true"))
}

fn strings(bytes: &[u8], strings: &mut Strings) -> Result<(), Why> {
    let (mut in_text, mut in_reading) = (false, false);
    walk(bytes, |node| {
        match node {
            Node::Start(e) if e.name() == "t" => in_text = true,
            Node::Start(e) if e.name() == "rPh" => in_reading = true,
            Node::End("t") => in_text = false,
            Node::End("rPh") => in_reading = false,
            Node::End("si") => strings.close(),
            Node::Text(t) if in_text && !in_reading => strings.append(t),
            _ => {}
        }
        Ok(())
    })
}

/// The cell that is being read.
#[derive(Default)]
struct XlsxOpen {
    row: u32,
    column: u32,
    kind: CellKind,
    style: usize,
    value: String,
    in_value: bool,
    in_reading: bool,
}

#[derive(Clone, Copy, Default, PartialEq)]
enum CellKind {
    #[default]
    Number,
    Shared,
    Text,
    Bool,
    Date,
}

fn cells(x: &mut Extraction, at: &At, bytes: &[u8], book: &Book, sheet: &Sheet) -> Result<(), Why> {
    let mut grid = Grid::default();
    let mut open = XlsxOpen::default();
    let mut margins = String::new();
    let mut in_margin = false;
    let mut unseen = 0usize;
    let mut nodes = 0u32;
    let budget = &mut x.budget;
    let ended = walk(bytes, |node| {
        nodes = nodes.wrapping_add(1);
        if nodes.is_multiple_of(8192) {
            budget.time()?;
        }
        match node {
            Node::Start(e) => match e.name() {
                "c" => open.begin(e),
                "v" | "t" if !open.in_reading => open.in_value = true,
                "rPh" => open.in_reading = true,
                "row" => open.row(e, &mut grid),
                "col" => column(e, &mut grid),
                "oddHeader" | "oddFooter" | "evenHeader" | "evenFooter" | "firstHeader" | "firstFooter" => {
                    in_margin = true
                }
                _ => {}
            },
            Node::Text(t) if open.in_value => open.value.push_str(t),
            Node::Text(t) if in_margin => margins.push_str(t),
            Node::Text(_) => {}
            Node::End(name) => match name {
                "v" | "t" => open.in_value = false,
                "rPh" => open.in_reading = false,
                "c" => {
                    let cell = open.cell(book);
                    let shows_nothing = book.unseen.get(open.style) == Some(&true);
                    unseen += usize::from(shows_nothing && !cell.is_empty());
                    grid.add(budget, open.row, open.column, cell)?;
                    open.value.clear();
                    open.column = open.column.saturating_add(1);
                }
                "oddHeader" | "oddFooter" | "evenHeader" | "evenFooter" | "firstHeader" | "firstFooter" => {
                    in_margin = false;
                    margins.push('\n');
                }
                _ => {}
            },
        }
        Ok(())
    });
    x.note(at, Oddity::HiddenText, unseen);
    grid.finish(x, at, &sheet.name, sheet.hidden)?;
    x.text(at, Kind::PageHeader, without_codes(&margins))?;
    ended
}

impl XlsxOpen {
    fn row(&mut self, e: &Element<'_>, grid: &mut Grid) {
        let said = e.attribute("r").and_then(|r| r.parse::<u32>().ok());
        self.row = match said.and_then(|r| r.checked_sub(1)) {
            Some(row) => row,
            None => self.row.saturating_add(1),
        };
        self.column = 0;
        let flat = e.attribute("ht").is_some_and(|h| h.parse::<f32>().is_ok_and(|h| h <= 0.0));
        if flat || is_true(e, "hidden") {
            grid.hide_row(self.row);
        }
    }

    fn begin(&mut self, e: &Element<'_>) {
        self.style = 0;
        self.kind = CellKind::Number;
        for (name, value) in e.attributes() {
            match name {
                "r" => {
                    if let Some((row, column)) = place(value) {
                        (self.row, self.column) = (row, column);
                    }
                }
                "s" => self.style = value.parse().unwrap_or(0),
                "t" => {
                    self.kind = match value {
                        "s" => CellKind::Shared,
                        "str" | "inlineStr" | "e" => CellKind::Text,
                        "b" => CellKind::Bool,
                        "d" => CellKind::Date,
                        _ => CellKind::Number,
                    }
                }
                _ => {}
            }
        }
    }

    fn cell(&self, book: &Book) -> Cell {
        let value = self.value.trim();
        if value.is_empty() {
            return Cell::Empty;
        }
        let text = || Cell::Text(self.value.clone());
        match self.kind {
            CellKind::Shared => {
                let found = value.parse().ok().and_then(|i| book.strings.get(i));
                found.map_or(Cell::Empty, |t| Cell::Text(t.to_string()))
            }
            CellKind::Text => text(),
            CellKind::Bool => Cell::Bool(value != "0"),
            CellKind::Date => iso_date(value).unwrap_or_else(text),
            CellKind::Number => match value.parse::<f64>() {
                Ok(n) => match book.formats.get(self.style) {
                    Some(format) => format.cell(n, book.epoch_1904),
                    None => NumberFormat::General.cell(n, false),
                },
                Err(_) => text(),
            },
        }
    }
}

/// `2026-04-01`, with a time or without.
pub fn iso_date(text: &str) -> Option<Cell> {
    let day = text.get(..10)?;
    let mut parts = day.splitn(3, '-');
    let (y, m, d) = (parts.next()?, parts.next()?, parts.next()?);
    Some(Cell::Date(y.parse().ok()?, m.parse().ok()?, d.parse().ok()?))
}

fn column(e: &Element<'_>, grid: &mut Grid) {
    let number = |name: &str| e.attribute(name).and_then(|v| v.parse::<u32>().ok());
    let narrow = e.attribute("width").is_some_and(|w| w.parse::<f32>().is_ok_and(|w| w <= 0.1));
    if (is_true(e, "hidden") || narrow)
        && let (Some(min), Some(max)) = (number("min"), number("max"))
    {
        grid.hide_columns(min.saturating_sub(1), max.saturating_sub(1));
    }
}

/// A page header without its codes (`&L`, `&"font,style"`, `&12`; ECMA-376 section 18.3.1.46).
pub fn without_codes(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '&' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('"') => while chars.next().is_some_and(|c| c != '"') {},
            Some('&') => out.push('&'),
            Some(c) if c.is_ascii_digit() => while chars.next_if(char::is_ascii_digit).is_some() {},
            Some('K') => {
                for _ in 0..6 {
                    chars.next_if(char::is_ascii_hexdigit);
                }
            }
            Some('L' | 'C' | 'R') => out.push(' '),
            _ => {}
        }
    }
    out
}

/// What pivot tables and links keep of their sources: data that is on no sheet.
fn caches(x: &mut Extraction, at: &At, package: &mut Package<'_>) -> Result<(), Why> {
    for i in 0..package.entries().len() {
        let name = package.entries()[i].name.to_lowercase();
        let pivot = name.starts_with("xl/pivotcache/") && name.ends_with(".xml");
        let outside = name.starts_with("xl/externallinks/externallink");
        if !(pivot || outside) || !name.ends_with(".xml") {
            continue;
        }
        let bytes = package.read_at(x, i)?;
        let mut rows: Vec<Vec<String>> = vec![Vec::new()];
        let budget = &mut x.budget;
        let mut in_value = false;
        let ended = walk(&bytes, |node| {
            match node {
                Node::Start(e) if matches!(e.name(), "r" | "row" | "cacheField") => {
                    budget.cells(1)?;
                    rows.push(Vec::new());
                }
                Node::Start(e) if matches!(e.name(), "s" | "n" | "d") => {
                    if let (Some(v), Some(row)) = (e.attribute("v"), rows.last_mut()) {
                        budget.cells(1)?;
                        row.push(v.into_owned());
                    }
                }
                Node::Start(e) if e.name() == "v" => in_value = true,
                Node::End("v") => in_value = false,
                Node::Text(t) if in_value => {
                    if let Some(row) = rows.last_mut() {
                        budget.cells(1)?;
                        row.push(t.to_string());
                    }
                }
                _ => {}
            }
            Ok(())
        });
        rows.retain(|r| !r.is_empty());
        x.note(at, Oddity::CachedData, usize::from(!rows.is_empty()));
        let inner = at.named(if pivot { "pivot cache" } else { "linked workbook" });
        x.text_table(&inner, rows)?;
        ended?;
    }
    Ok(())
}
