//! The state of one extraction: what was found so far and what is left of the limits. Every file,
//! at whatever depth, comes through [`Extraction::file`].

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::limits::{Budget, Limits};
use super::types::{self, Type};
use super::*;

/// What a text or a link costs in memory beside its own bytes.
const ITEM: usize = 128;

/// Where in the message the reading is.
#[derive(Clone, Debug)]
pub struct At {
    pub path: String,
    pub depth: u32,
}

impl At {
    pub fn top() -> Self {
        At { path: String::new(), depth: 0 }
    }

    /// A named thing in here, on the same level.
    pub fn named(&self, name: &str) -> Self {
        let path = if self.path.is_empty() { name.to_string() } else { format!("{} › {name}", self.path) };
        At { path, depth: self.depth }
    }

    /// The same place, one level further in.
    pub fn inner(&self) -> Self {
        At { path: self.path.clone(), depth: self.depth + 1 }
    }
}

pub struct Extraction {
    pub out: Content,
    pub budget: Budget,
}

impl Extraction {
    pub fn new(limits: &Limits) -> Self {
        Extraction { out: Content::default(), budget: Budget::new(limits) }
    }

    pub fn finish(mut self) -> Content {
        self.out.texts.retain(|t| !t.text.is_empty());
        self.out
    }

    /// Keeps a text, unless it is blank.
    pub fn text(&mut self, at: &At, kind: Kind, text: String) -> Result<(), Why> {
        if text.trim().is_empty() {
            return Ok(());
        }
        self.budget.bytes(text.len() + at.path.len() + ITEM)?;
        self.out.texts.push(Text { path: at.path.clone(), kind, text });
        Ok(())
    }

    /// Keeps a table, unless it is blank. Its cells have been charged while it was built.
    pub fn table(&mut self, at: &At, sheet: &str, hidden: bool, rows: Vec<Vec<Cell>>) {
        if rows.iter().flatten().any(|c| !c.is_empty()) {
            let (path, sheet) = (at.path.clone(), sheet.to_string());
            self.out.tables.push(Table { path, sheet, hidden, rows });
        }
    }

    /// Keeps a table of texts, whose cells were charged as they were made.
    pub fn text_table(&mut self, at: &At, rows: Vec<Vec<String>>) -> Result<(), Why> {
        let bytes = rows.iter().flatten().map(String::len).sum();
        self.budget.bytes(bytes)?;
        let cell = |text: String| {
            let text = text.trim();
            if text.is_empty() { Cell::Empty } else { Cell::Text(text.to_string()) }
        };
        let rows = rows.into_iter().map(|r| r.into_iter().map(cell).collect()).collect();
        self.table(at, "", false, rows);
        Ok(())
    }

    pub fn note(&mut self, at: &At, what: Oddity, count: usize) {
        if count == 0 {
            return;
        }
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        if let Some(known) =
            self.out.notes.iter_mut().rev().take(16).find(|n| n.what == what && n.path == at.path)
        {
            known.count = known.count.saturating_add(count);
            return;
        }
        self.out.notes.push(Note { path: at.path.clone(), what, count });
    }

    pub fn link(&mut self, at: &At, url: &str) -> Result<(), Why> {
        let url = url.trim();
        if url.is_empty() || url.starts_with('#') {
            return Ok(());
        }
        if self.out.links.last().is_some_and(|l| l.url == url && l.path == at.path) {
            return Ok(());
        }
        self.budget.bytes(url.len() + at.path.len() + ITEM)?;
        self.out.links.push(Link { path: at.path.clone(), url: url.to_string() });
        Ok(())
    }

    /// Names something that was not read. One line for each place is enough.
    pub fn uninspected(&mut self, at: &At, why: Why) {
        let same = |u: &Uninspected| u.path == at.path && u.why == why;
        if !self.out.uninspected.iter().rev().take(16).any(same) {
            self.out.uninspected.push(Uninspected { path: at.path.clone(), why });
        }
    }

    /// Reads a file of any type that lies in `parent`.
    pub fn file(&mut self, parent: &At, name: Option<&str>, declared: Option<&str>, bytes: &[u8]) {
        let name = name.map(clean_name).filter(|n| !n.is_empty());
        let shown = name.clone().unwrap_or_else(|| format!("part {}", self.out.parts.len() + 1));
        let at = parent.named(&shown);
        if self.budget.parts_spent() {
            return;
        }
        if let Err(why) = self.budget.part(at.depth) {
            // The count is spent for all that follow: one line says so.
            self.uninspected(&at, why);
            return;
        }
        let declared = declared.map(|d| d.trim().to_ascii_lowercase());
        let real = types::sniff(bytes, name.as_deref(), declared.as_deref());
        let index = self.out.parts.len();
        self.out.parts.push(PartInfo {
            path: at.path.clone(),
            name: name.clone(),
            real,
            mismatch: false,
            declared: declared.clone(),
            size: bytes.len() as u64,
        });
        self.guarded(&at, |x| {
            let real = package::refine(real, bytes);
            if let Some(part) = x.out.parts.get_mut(index) {
                part.real = real;
                part.mismatch = real.contradicts(name.as_deref(), declared.as_deref());
            }
            x.read(&at, real, name.as_deref(), bytes)
        });
    }

    /// Runs a reader; what it fails on, or panics on, is uninspected. The panic is the last
    /// resort, for faults of the crates that parse foreign formats.
    pub fn guarded(&mut self, at: &At, read: impl FnOnce(&mut Self) -> Result<(), Why>) {
        match catch_unwind(AssertUnwindSafe(|| read(self))) {
            Ok(Ok(())) => {}
            Ok(Err(why)) => self.uninspected(at, why),
            Err(_) => self.uninspected(at, Why::Broken),
        }
    }

    fn read(&mut self, at: &At, real: Type, name: Option<&str>, bytes: &[u8]) -> Result<(), Why> {
        let unknown = |what: &str| Err(Why::Unknown(what.to_string()));
        match real {
            Type::Empty => Ok(()),
            Type::Text | Type::Calendar | Type::Vcard => plain::file(self, at, bytes),
            Type::Csv => csv::file(self, at, name, bytes),
            Type::Html => html::file(self, at, bytes),
            Type::Xml => xml::file(self, at, bytes),
            Type::Mail => mail::file(self, at, bytes),
            Type::Mbox => mail::mbox(self, at, bytes),
            Type::Rtf => rtf::file(self, at, bytes),
            Type::Pdf => pdf::file(self, at, bytes),
            Type::Zip => archive::zip(self, at, bytes),
            Type::Xlsx | Type::Xlsb | Type::Docx | Type::Pptx => ooxml::file(self, at, bytes),
            Type::Odf => odf::file(self, at, bytes),
            Type::Gzip => archive::gzip(self, at, name, bytes),
            Type::Tar => tar::file(self, at, bytes),
            Type::SevenZip => archive::sevenzip(self, at, bytes),
            Type::Ole => ole::file(self, at, bytes),
            Type::Tnef => tnef::file(self, at, bytes),
            Type::Image => archive::appended(self, at, bytes),
            Type::Audio | Type::Video | Type::Font => Ok(()),
            Type::EncryptedOffice | Type::Pgp | Type::Smime => Err(Why::Encrypted),
            Type::Signed => mail::signed(self, at, bytes),
            Type::Rar => unknown("RAR archive"),
            Type::Lzh => unknown("LZH archive"),
            Type::Compressed(what) => unknown(what),
            Type::Executable => unknown("program"),
            Type::Database => unknown("database"),
            Type::Binary | Type::Unread => unknown("unrecognised binary data"),
        }
    }
}

/// A file's name as it is shown and stands in paths: without folders that climb, control characters and marks that
/// turn the direction of writing, and not endless.
pub fn clean_name(name: &str) -> String {
    let keep = |c: &char| {
        !c.is_control()
            && !matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    name.chars().filter(keep).take(255).collect::<String>().trim().to_string()
}
