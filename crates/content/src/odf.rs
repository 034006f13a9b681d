//! OpenDocument (ISO/IEC 26300): text, spreadsheets and presentations, with what is hidden,
//! tracked or commented in them.

use super::archive;
use super::extraction::{At, Extraction};
use super::grid::Grid;
use super::html_table::{Closed, Tables};
use super::odf_cell::OpenCell;
use super::odf_styles::Styles;
use super::package::Package;
use super::types::{self, Type};
use super::xml::{Element, Node, walk};
use super::{Kind, Oddity, Why};

/// Copies of a repeated cell that are kept; more say nothing new.
const COPIES: u32 = 16;

/// Reads a document.
pub fn file(x: &mut Extraction, at: &At, bytes: &[u8]) -> Result<(), Why> {
    let mut package = Package::open(bytes)?;
    if let Some(manifest) = package.read(x, "META-INF/manifest.xml")?
        && memchr::memmem::find(&manifest, b"encryption-data").is_some()
    {
        return Err(Why::Encrypted);
    }
    for i in 0..package.entries().len() {
        if package.entries()[i].folder || package.is_known(i) {
            continue;
        }
        x.guarded(at, |x| part(x, at, &mut package, i));
    }
    Ok(())
}

fn part(x: &mut Extraction, at: &At, package: &mut Package<'_>, index: usize) -> Result<(), Why> {
    let name = package.entries()[index].name.to_lowercase();
    let base = name.rsplit('/').next().unwrap_or(&name);
    match base {
        "content.xml" => {
            x.note(at, Oddity::EmbeddedObject, usize::from(name.contains('/')));
            let bytes = package.read_at(x, index)?;
            document(x, at, &bytes, Kind::Attachment)
        }
        "styles.xml" => {
            let bytes = package.read_at(x, index)?;
            document(x, at, &bytes, Kind::PageHeader)
        }
        "meta.xml" => {
            let bytes = package.read_at(x, index)?;
            document(x, at, &bytes, Kind::Property)
        }
        "mimetype" | "settings.xml" | "manifest.rdf" | "layout-cache" => Ok(()),
        _ if name.starts_with("basic/") || name.starts_with("scripts/") => {
            x.note(at, Oddity::Macros, 1);
            Ok(())
        }
        _ if name.starts_with("configurations2/") || name.starts_with("objectreplacements/") => Ok(()),
        _ => {
            let head = package.peek(index);
            if !matches!(
                types::sniff(&head, None, None),
                Type::Image | Type::Font | Type::Audio | Type::Video
            ) {
                archive::entry_file(x, at, package, index);
            }
            Ok(())
        }
    }
}

/// A sheet that is being read.
#[derive(Default)]
struct OdfSheet {
    name: String,
    hidden: bool,
    grid: Grid,
    row: u32,
    rows: u32,
    column: u32,
    cell: Option<OpenCell>,
}

#[derive(Default)]
struct OdfReading {
    spreadsheet: bool,
    /// Property files: all text counts.
    any_text: bool,
    sheet: Option<OdfSheet>,
    tables: Tables,
    /// Tables open within a sheet's cell; their cells are text of that cell.
    sub_tables: u32,
    styles: Styles,
    /// Set until the words of an element come that are white on nothing.
    white: bool,
    white_words: usize,
    /// Shapes open, and whether one of them or the page has a colour of its own.
    shapes: Vec<bool>,
    page_filled: bool,
    cell_filled: bool,
    hidden_slides: usize,
    out: String,
    side: String,
    /// The element whose text goes aside, how deep in it the reading is, and what it is.
    aside: Option<(Kind, u32)>,
    sides: Vec<(Kind, String)>,
    hidden_spans: Vec<bool>,
    paragraphs: u32,
    changes: usize,
    comments: usize,
    skipping: u32,
    links: Vec<String>,
}

fn document(x: &mut Extraction, at: &At, bytes: &[u8], kind: Kind) -> Result<(), Why> {
    let mut reading = OdfReading { any_text: kind == Kind::Property, ..OdfReading::default() };
    let mut nodes = 0u32;
    let ended = walk(bytes, |node| {
        nodes = nodes.wrapping_add(1);
        if nodes.is_multiple_of(4096) {
            x.budget.time()?;
        }
        match node {
            Node::Start(e) => reading.start(x, e),
            Node::End(name) => reading.end(x, at, name),
            Node::Text(t) => {
                reading.words(t);
                Ok(())
            }
        }
    });
    reading.finish_sheet(x, at)?;
    while reading.tables.is_open() {
        reading.close_table(x, at)?;
    }
    x.note(at, Oddity::Comments, reading.comments);
    x.note(at, Oddity::TrackedChanges, reading.changes);
    let hidden = reading.sides.iter().filter(|s| s.0 == Kind::Hidden && !s.1.trim().is_empty()).count();
    x.note(at, Oddity::HiddenText, hidden + reading.white_words - reading.hidden_slides.min(hidden));
    x.note(at, Oddity::HiddenSlide, reading.hidden_slides);
    x.text(at, kind, reading.out)?;
    for url in reading.links {
        x.link(at, &url)?;
    }
    for (kind, text) in reading.sides {
        x.text(at, kind, text)?;
    }
    ended
}

fn repeated(e: &Element<'_>, name: &str) -> u32 {
    e.attribute(name).and_then(|n| n.parse().ok()).unwrap_or(1).max(1)
}

impl OdfReading {
    fn start(&mut self, x: &mut Extraction, e: &Element<'_>) -> Result<(), Why> {
        let name = e.name();
        if self.skipping > 0
            || matches!(
                name,
                "ruby-text"
                    | "forms"
                    | "generator"
                    | "creation-date"
                    | "editing-duration"
                    | "editing-cycles"
                    | "print-date"
            )
            || self.any_text && name == "date"
        {
            self.skipping += 1;
            return Ok(());
        }
        if let Some((_, depth)) = &mut self.aside {
            *depth += 1;
        }
        let aside = match name {
            "annotation" => {
                self.comments += 1;
                Some(Kind::Comment)
            }
            "deletion" | "insertion" | "format-change" => {
                self.changes += 1;
                Some(Kind::Deleted)
            }
            "note-body" | "notes" => Some(Kind::Note),
            "hidden-text" | "hidden-paragraph" => Some(Kind::Hidden),
            "page" if self.styles.hides_page(e) => {
                self.hidden_slides += 1;
                Some(Kind::Hidden)
            }
            _ => None,
        };
        if let (Some(kind), None) = (aside, &self.aside) {
            self.aside = Some((kind, 1));
        }
        self.styles.start(e);
        match name {
            "page" => self.page_filled = self.styles.is_filled(e),
            // A drawn shape has a colour unless its style says otherwise; a frame has none.
            "custom-shape" | "rect" | "ellipse" | "polygon" | "path" => self.open_shape(true),
            "frame" => self.open_shape(self.styles.is_filled(e)),
            _ => {}
        }
        if matches!(name, "p" | "h" | "span" | "table-cell") {
            if name == "table-cell" {
                (self.white, self.cell_filled) = (false, self.styles.is_filled(e));
            }
            let bare = !self.page_filled && !self.cell_filled && !self.shapes.contains(&true);
            self.white = bare && (self.styles.is_white(e) || self.white);
        }
        match name {
            "spreadsheet" => self.spreadsheet = true,
            "span" => self.span(e),
            "a" => self.links.extend(e.attribute("href").map(|h| h.into_owned())),
            "tab" => self.push("\t"),
            "line-break" => self.push("\n"),
            "s" => {
                let blanks = repeated(e, "c").min(100) as usize;
                self.push(&" ".repeat(blanks));
            }
            "p" | "h" => self.paragraphs += 1,
            _ if self.spreadsheet => return self.start_in_sheet(e),
            "table" => {
                self.tables.begin();
            }
            "table-row" => {
                x.budget.cells(1)?;
                self.tables.row();
            }
            "table-cell" => {
                x.budget.cells(1)?;
                let spans = |n: &str| repeated(e, n) as usize;
                self.tables.cell(spans("number-columns-spanned"), 1);
            }
            _ => {}
        }
        Ok(())
    }

    fn open_shape(&mut self, filled: bool) {
        if self.shapes.len() < 1000 {
            self.shapes.push(filled);
        }
    }

    fn span(&mut self, e: &Element<'_>) {
        let hidden = self.styles.hides(e);
        if self.hidden_spans.len() < 1000 {
            self.hidden_spans.push(hidden);
        }
        if hidden {
            self.sides.push((Kind::Hidden, String::new()));
        }
    }

    fn start_in_sheet(&mut self, e: &Element<'_>) -> Result<(), Why> {
        let name = e.name();
        if name == "table" {
            if self.sheet.is_some() {
                self.sub_tables += 1;
                return Ok(());
            }
            self.sheet = Some(OdfSheet {
                name: e.attribute("name").unwrap_or_default().into_owned(),
                hidden: self.styles.hides(e),
                ..OdfSheet::default()
            });
            return Ok(());
        }
        let Some(sheet) = self.sheet.as_mut().filter(|_| self.sub_tables == 0) else {
            return Ok(());
        };
        let unseen = e.attribute("visibility").is_some_and(|v| matches!(&*v, "collapse" | "filter"));
        match name {
            "table-column" => {
                let count = repeated(e, "number-columns-repeated");
                if unseen {
                    sheet.grid.hide_columns(sheet.column, sheet.column.saturating_add(count - 1));
                }
                sheet.column = sheet.column.saturating_add(count);
            }
            "table-row" => {
                sheet.column = 0;
                sheet.rows = repeated(e, "number-rows-repeated");
                if unseen {
                    sheet.grid.hide_row(sheet.row);
                }
            }
            "table-cell" | "covered-table-cell" => {
                let value = ["value", "date-value", "boolean-value", "string-value"]
                    .iter()
                    .find_map(|n| e.attribute(n));
                sheet.cell = Some(OpenCell {
                    text: String::new(),
                    kind: e.attribute("value-type").unwrap_or_default().into_owned(),
                    value: value.unwrap_or_default().into_owned(),
                    copies: repeated(e, "number-columns-repeated"),
                });
            }
            _ => {}
        }
        Ok(())
    }

    fn end(&mut self, x: &mut Extraction, at: &At, name: &str) -> Result<(), Why> {
        if self.skipping > 0 {
            self.skipping -= 1;
            return Ok(());
        }
        self.styles.end(name);
        match name {
            "p" | "h" => {
                self.white = false;
                self.push("\n");
            }
            "table-cell" => (self.white, self.cell_filled) = (false, false),
            _ => {}
        }
        match name {
            "custom-shape" | "rect" | "ellipse" | "polygon" | "path" | "frame" => {
                self.shapes.pop();
            }
            "span" => {
                self.hidden_spans.pop();
            }
            "table-cell" | "covered-table-cell" if self.spreadsheet => self.end_cell(x)?,
            "table-row" if self.spreadsheet => {
                if let Some(sheet) = self.sheet.as_mut().filter(|_| self.sub_tables == 0) {
                    sheet.row = sheet.row.saturating_add(sheet.rows);
                }
            }
            "table" if self.sub_tables > 0 => self.sub_tables -= 1,
            "table" if self.spreadsheet => self.finish_sheet(x, at)?,
            "table-cell" => self.tables.end_cell(),
            "table" => self.close_table(x, at)?,
            _ if self.any_text => self.push("\n"),
            _ => {}
        }
        if let Some((kind, depth)) = &mut self.aside {
            *depth -= 1;
            if *depth == 0 {
                let kind = *kind;
                self.aside = None;
                self.sides.push((kind, std::mem::take(&mut self.side)));
            }
        }
        Ok(())
    }

    fn end_cell(&mut self, x: &mut Extraction) -> Result<(), Why> {
        let Some(sheet) = self.sheet.as_mut().filter(|_| self.sub_tables == 0) else {
            return Ok(());
        };
        let Some(open) = sheet.cell.take() else {
            return Ok(());
        };
        let cell = open.cell();
        if !cell.is_empty() {
            for i in 0..open.copies.min(COPIES) {
                let column = sheet.column.saturating_add(i);
                sheet.grid.add(&mut x.budget, sheet.row, column, cell.clone())?;
            }
        }
        sheet.column = sheet.column.saturating_add(open.copies);
        Ok(())
    }

    fn finish_sheet(&mut self, x: &mut Extraction, at: &At) -> Result<(), Why> {
        match self.sheet.take() {
            Some(sheet) => sheet.grid.finish(x, at, &sheet.name, sheet.hidden),
            None => Ok(()),
        }
    }

    fn close_table(&mut self, x: &mut Extraction, at: &At) -> Result<(), Why> {
        match self.tables.end() {
            Some(Closed::Data(rows)) => x.text_table(at, rows)?,
            Some(Closed::Layout(text)) => self.push(&text),
            None => {}
        }
        Ok(())
    }

    fn words(&mut self, text: &str) {
        // Between elements stands only the file's own layout.
        if self.skipping == 0
            && (self.any_text || !text.trim().is_empty() || self.paragraphs > 0 && !text.contains('\n'))
        {
            if self.white && !text.trim().is_empty() {
                (self.white, self.white_words) = (false, self.white_words + 1);
            }
            self.push(text);
        }
    }

    fn push(&mut self, text: &str) {
        if self.aside.is_some() {
            self.side.push_str(text);
        } else if self.hidden_spans.iter().any(|h| *h) {
            if let Some((_, side)) = self.sides.last_mut() {
                side.push_str(text);
            }
        } else if let Some(cell) = self.sheet.as_mut().and_then(|s| s.cell.as_mut()) {
            cell.text.push_str(text);
        } else {
            match self.tables.sink() {
                Some(cell) => cell.push_str(text),
                None => self.out.push_str(text),
            }
        }
    }
}
