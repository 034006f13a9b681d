//! Office Open XML (ECMA-376): the parts of a docx, pptx or xlsx, and the text that is in them.
//! Sheets are read by `xlsx` and `xlsb`.

use super::archive;
use super::drawing::Drawing;
use super::extraction::{At, Extraction};
use super::html_table::{Closed, Tables};
use super::ooxml_parts::{APPEARANCE, STAMPS, kind_of, number_in};
use super::package::Package;
use super::types::{self, Type};
use super::xml::{Element, Node, walk};
use super::{Kind, Oddity, Why, xlsb, xlsx};

/// Reads a document of any kind.
pub fn file(x: &mut Extraction, at: &At, bytes: &[u8]) -> Result<(), Why> {
    let mut package = Package::open(bytes)?;
    if package.entries().iter().any(|e| e.name.to_lowercase() == "xl/workbook.bin") {
        x.guarded(at, |x| xlsb::read(x, at, &mut package));
    } else if package.entries().iter().any(|e| e.name.to_lowercase().starts_with("xl/")) {
        x.guarded(at, |x| xlsx::read(x, at, &mut package));
    }
    let slide = slide_size(x, &mut package)?;
    let mut order: Vec<(u64, usize)> = Vec::new();
    for (i, entry) in package.entries().iter().enumerate() {
        order.push((number_in(&entry.name), i));
    }
    // Slides and headers in their numbers' order, not in that of the zip.
    order.sort();
    for (_, i) in order {
        x.budget.time()?;
        if !package.entries()[i].folder && !package.is_known(i) {
            x.guarded(at, |x| part(x, at, &mut package, i, slide));
        }
    }
    Ok(())
}

/// The width and height of a presentation's slides, in EMU.
type Size = Option<(i64, i64)>;

fn slide_size(x: &mut Extraction, package: &mut Package<'_>) -> Result<Size, Why> {
    let Some(bytes) = package.read(x, "ppt/presentation.xml")? else {
        return Ok(None);
    };
    let mut size = None;
    // Without it, a shape beside the slide is read like any other.
    let _ = walk(&bytes, |node| {
        if let Node::Start(e) = node
            && e.name() == "sldSz"
        {
            let number = |name: &str| e.attribute(name).and_then(|v| v.parse::<i64>().ok());
            size = number("cx").zip(number("cy")).filter(|(w, h)| *w > 0 && *h > 0);
        }
        Ok(())
    });
    Ok(size)
}

fn part(
    x: &mut Extraction,
    at: &At,
    package: &mut Package<'_>,
    index: usize,
    slide: Size,
) -> Result<(), Why> {
    let name = package.entries()[index].name.clone();
    let lower = name.to_lowercase();
    let (folder, base) = lower.rsplit_once('/').unwrap_or(("", &lower));
    let stem = base.split_once('.').map_or(base, |(s, _)| s);
    let plain_stem = stem.trim_end_matches(|c: char| c.is_ascii_digit());
    let inside = ["word", "xl", "ppt", "_rels", "docprops", "customxml"]
        .iter()
        .any(|root| folder == *root || folder.starts_with(&format!("{root}/")));
    if !inside && lower != "[content_types].xml" {
        archive::entry_file(x, at, package, index);
        return Ok(());
    }
    if base.ends_with(".rels") {
        let bytes = package.read_at(x, index)?;
        return links(x, at, &bytes);
    }
    if plain_stem == "vbaproject" || plain_stem == "xlm" {
        x.note(at, Oddity::Macros, 1);
        return Ok(());
    }
    if folder.ends_with("embeddings") || plain_stem == "afchunk" {
        x.note(at, Oddity::EmbeddedObject, 1);
        archive::entry_file(x, at, package, index);
        return Ok(());
    }
    if !base.ends_with(".xml") {
        return other(x, at, package, index);
    }
    let boring = APPEARANCE.contains(&plain_stem) || APPEARANCE.contains(&base);
    if boring || folder.ends_with("theme") || folder.ends_with("slidelayouts") {
        return Ok(());
    }
    let bytes = package.read_at(x, index)?;
    let kind = kind_of(folder, plain_stem);
    let slide = slide.filter(|_| plain_stem == "slide");
    text(x, at, &bytes, kind, slide)
}

/// Pictures and the like are passed over; what is something else than it seems is a file.
fn other(x: &mut Extraction, at: &At, package: &mut Package<'_>, index: usize) -> Result<(), Why> {
    let head = package.peek(index);
    let name = package.entries()[index].name.to_lowercase();
    let harmless = match types::sniff(&head, None, None) {
        Type::Image | Type::Audio | Type::Video | Type::Font | Type::Empty => true,
        // Printer settings, obfuscated fonts and drawings for old programs have no type.
        Type::Binary | Type::Text | Type::Xml | Type::Html => {
            [".bin", ".odttf", ".fntdata", ".vml", ".wmf", ".emf", ".wdp", ".tmp", ".svg", ".psmdcp"]
                .iter()
                .any(|e| name.ends_with(e))
        }
        _ => false,
    };
    if !harmless {
        archive::entry_file(x, at, package, index);
    }
    Ok(())
}

/// The outside targets of a part's relationships: hyperlinks, templates, linked files.
fn links(x: &mut Extraction, at: &At, bytes: &[u8]) -> Result<(), Why> {
    let mut found = Vec::new();
    let ended = walk(bytes, |node| {
        if let Node::Start(e) = node
            && e.attribute("TargetMode").is_some_and(|m| m.eq_ignore_ascii_case("external"))
            && let Some(target) = e.attribute("Target")
        {
            found.push(target.into_owned());
        }
        Ok(())
    });
    for url in found {
        x.link(at, &url)?;
    }
    ended
}

/// Reads the text of WordprocessingML, PresentationML or DrawingML.
fn text(x: &mut Extraction, at: &At, bytes: &[u8], kind: Kind, slide: Size) -> Result<(), Why> {
    let mut reading = OoxmlReading { any_text: kind == Kind::Property, ..OoxmlReading::default() };
    reading.drawing.slide = slide;
    let mut nodes = 0u32;
    let mut ended = walk(bytes, |node| {
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
    while reading.tables.is_open() && ended.is_ok() {
        ended = reading.close_table(x, at);
    }
    let kind = if reading.hidden_slide { Kind::Hidden } else { kind };
    x.note(at, Oddity::HiddenSlide, usize::from(reading.hidden_slide));
    x.note(at, Oddity::TrackedChanges, reading.changes);
    x.note(at, Oddity::Comments, reading.comments);
    x.note(at, Oddity::HiddenText, reading.hidden_runs);
    for url in &reading.links {
        x.link(at, url)?;
    }
    x.text(at, kind, reading.out)?;
    x.text(at, Kind::Deleted, reading.deleted)?;
    x.text(at, Kind::Hidden, reading.hidden)?;
    ended
}

/// Whether a colour is white (ECMA-376 part 1 section 17.18.38).
fn is_white(color: impl AsRef<str>) -> bool {
    color.as_ref().eq_ignore_ascii_case("ffffff")
}

/// Which words the text of an element is.
#[derive(Clone, Copy, PartialEq)]
enum Words {
    CaseDetail,
    Deleted,
    /// A field's instruction, such as HYPERLINK.
    Instruction,
}

#[derive(Default)]
struct OoxmlReading {
    out: String,
    deleted: String,
    hidden: String,
    instruction: String,
    links: Vec<String>,
    tables: Tables,
    /// Set while within an element whose text is words.
    words: Option<Words>,
    /// Every element's text counts, as in properties.
    any_text: bool,
    /// Elements open within one whose content is told elsewhere or not at all.
    skipping: u32,
    in_properties: u32,
    moved_away: u32,
    run_hidden: bool,
    in_run: bool,
    run_white: bool,
    run_tiny: bool,
    drawing: Drawing,
    /// Whether the run, the paragraph, the cell has a colour behind it.
    shaded: [bool; 3],
    hidden_slide: bool,
    changes: usize,
    comments: usize,
    hidden_runs: usize,
}

impl OoxmlReading {
    fn start(&mut self, x: &mut Extraction, e: &Element<'_>) -> Result<(), Why> {
        let name = e.name();
        // The fallback repeats what the choice before it says; `rt` is the reading of a ruby text.
        let stamp = self.any_text && STAMPS.contains(&name);
        if self.skipping > 0 || stamp || matches!(name, "Fallback" | "rt" | "rPh") {
            self.skipping += 1;
            return Ok(());
        }
        self.drawing.start(e);
        match name {
            "t" | "text" => self.words = Some(Words::CaseDetail),
            "delText" => self.words = Some(Words::Deleted),
            "instrText" => self.words = Some(Words::Instruction),
            "pPr" => self.in_properties += 1,
            "tab" if self.in_properties == 0 => self.sink().push('\t'),
            "br" | "cr" => self.sink().push('\n'),
            "noBreakHyphen" => self.sink().push('-'),
            "ins" | "del" | "moveTo" => self.changes += 1,
            "moveFrom" => {
                self.changes += 1;
                self.moved_away += 1;
            }
            "vanish" if self.in_properties == 0 => {
                self.run_hidden = e.attribute("val").is_none_or(|v| !matches!(&*v, "0" | "false"));
                self.hidden_runs += usize::from(self.run_hidden);
            }
            "r" => self.in_run = true,
            "color" if self.in_properties == 0 => self.run_white = e.attribute("val").is_some_and(is_white),
            // In half points.
            "sz" if self.in_run && self.in_properties == 0 => {
                let size = e.attribute("val").and_then(|v| v.parse::<u32>().ok());
                self.run_tiny = size.is_some_and(|s| s <= 2);
            }
            "shd" => {
                let scope = match (self.in_properties > 0, self.in_run) {
                    (true, _) => 1,
                    (false, true) => 0,
                    (false, false) => 2,
                };
                let fill = e.attribute("fill").is_some_and(|f| &*f != "auto" && !is_white(f));
                self.shaded[scope] |= fill;
            }
            "comment" | "cm" | "threadedComment" => self.comments += 1,
            "sld" => self.hidden_slide = e.attribute("show").is_some_and(|v| matches!(&*v, "0" | "false")),
            "tbl" => {
                self.tables.begin();
            }
            "tr" => {
                x.budget.cells(1)?;
                self.tables.row();
            }
            "tc" => {
                x.budget.cells(1)?;
                self.tables.cell(1, 1);
            }
            "gridSpan" => {
                let span = e.attribute("val").and_then(|v| v.parse().ok()).unwrap_or(1);
                self.tables.widen(span);
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
        self.drawing.end(name);
        match name {
            "t" | "text" | "delText" => self.words = None,
            "instrText" => {
                self.words = None;
                self.instruction();
            }
            "pPr" => self.in_properties = self.in_properties.saturating_sub(1),
            "moveFrom" => self.moved_away = self.moved_away.saturating_sub(1),
            "r" => {
                (self.run_hidden, self.run_white, self.in_run) = (false, false, false);
                self.run_tiny = false;
                self.shaded[0] = false;
            }
            "p" | "comment" | "cm" => {
                self.shaded[1] = false;
                self.sink().push('\n');
                for side in [&mut self.deleted, &mut self.hidden] {
                    if !side.is_empty() && !side.ends_with('\n') {
                        side.push('\n');
                    }
                }
            }
            "tc" => {
                self.shaded[2] = false;
                self.tables.end_cell();
            }
            "tbl" => self.close_table(x, at)?,
            _ if self.any_text && !self.out.ends_with('\n') => self.out.push('\n'),
            _ => {}
        }
        Ok(())
    }

    fn words(&mut self, text: &str) {
        if self.skipping > 0 {
            return;
        }
        match self.words {
            Some(Words::Instruction) => self.instruction.push_str(text),
            Some(Words::Deleted) => self.deleted.push_str(text),
            Some(Words::CaseDetail) if self.moved_away > 0 => self.deleted.push_str(text),
            Some(Words::CaseDetail) if self.run_hidden => self.hidden.push_str(text),
            Some(Words::CaseDetail) if self.drawing.is_hidden() => {
                self.hidden_runs += usize::from(!text.trim().is_empty());
                self.hidden.push_str(text);
            }
            Some(Words::CaseDetail) => {
                // White on nothing is there for those who know; it is read like any other words.
                let white = self.run_white && self.shaded == [false; 3];
                let unseen = white || self.run_tiny || self.drawing.is_unseen();
                self.hidden_runs += usize::from(unseen && !text.trim().is_empty());
                self.sink().push_str(text);
            }
            None if self.any_text => self.out.push_str(text.trim()),
            None => {}
        }
    }

    /// `HYPERLINK "https://…"`.
    fn instruction(&mut self) {
        let text = std::mem::take(&mut self.instruction);
        let mut quoted = text.split('"').skip(1).step_by(2);
        if text.trim_start().starts_with("HYPERLINK")
            && let Some(url) = quoted.next()
        {
            self.links.push(url.to_string());
        }
    }

    fn close_table(&mut self, x: &mut Extraction, at: &At) -> Result<(), Why> {
        match self.tables.end() {
            Some(Closed::Data(rows)) => x.text_table(at, rows)?,
            Some(Closed::Layout(text)) => self.sink().push_str(&text),
            None => {}
        }
        Ok(())
    }

    fn sink(&mut self) -> &mut String {
        match self.tables.sink() {
            Some(cell) => cell,
            None => &mut self.out,
        }
    }
}
