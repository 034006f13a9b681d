//! Compound files ([MS-CFB]): which program's document it is, by its streams, and the files that
//! are embedded in it.

use std::io::Cursor;
use std::path::{Path, PathBuf};

use cfb::CompoundFile;

use super::extraction::{At, Extraction};
use super::{Oddity, Type, Why, charset, doc, msg, xls};

/// An opened compound file.
pub struct Compound<'a> {
    file: CompoundFile<Cursor<&'a [u8]>>,
    /// Paths of all streams.
    pub streams: Vec<PathBuf>,
    size: u64,
}

impl<'a> Compound<'a> {
    pub fn open(bytes: &'a [u8]) -> Result<Self, Why> {
        let file = CompoundFile::open(Cursor::new(bytes)).map_err(|_| Why::Broken)?;
        let streams = file.walk().filter(|e| e.is_stream()).map(|e| e.path().to_path_buf()).collect();
        Ok(Compound { file, streams, size: bytes.len() as u64 })
    }

    /// The content of a stream, if there is one of this path.
    pub fn read(&mut self, x: &mut Extraction, path: &Path) -> Result<Option<Vec<u8>>, Why> {
        if !self.file.is_stream(path) {
            return Ok(None);
        }
        let stream = self.file.open_stream(path).map_err(|_| Why::Broken)?;
        if stream.len() > self.size {
            return Err(Why::Broken);
        }
        x.budget.unpack(stream, self.size).map(Some)
    }

    pub fn has(&self, path: &str) -> bool {
        self.streams.iter().any(|s| s == Path::new(path))
    }
}

/// The last part of a stream's path.
pub fn base(path: &Path) -> String {
    path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default()
}

/// Reads a compound file.
pub fn file(x: &mut Extraction, at: &At, bytes: &[u8]) -> Result<(), Why> {
    let mut compound = Compound::open(bytes)?;
    if compound.has("/EncryptedPackage") || compound.has("/EncryptionInfo") {
        if let Some(part) = x.out.parts.iter_mut().rev().find(|p| p.path == at.path) {
            part.real = Type::EncryptedOffice;
            part.mismatch = part.real.contradicts(part.name.as_deref(), part.declared.as_deref());
        }
        return Err(Why::Encrypted);
    }
    if compound.has("/__properties_version1.0") {
        return msg::file(x, at, &mut compound);
    }
    let mut known = false;
    let mut macros = false;
    for path in compound.streams.clone() {
        x.budget.time()?;
        let base = base(&path);
        macros |= base == "_VBA_PROJECT" || base == "dir" && path.to_string_lossy().contains("VBA");
        let inner = path.components().count() > 2;
        let read: fn(&mut Extraction, &At, &mut Compound<'_>, &Path) -> Result<(), Why> = match base.as_str()
        {
            "Workbook" | "Book" => workbook,
            "WordDocument" => doc::word,
            "PowerPoint Document" => doc::slides,
            "\u{1}Ole10Native" => native,
            "Package" | "CONTENTS" if inner => embedded,
            _ => continue,
        };
        x.note(at, Oddity::EmbeddedObject, usize::from(inner));
        known = true;
        x.guarded(at, |x| read(x, at, &mut compound, &path));
    }
    x.note(at, Oddity::Macros, usize::from(macros));
    if known { Ok(()) } else { Err(Why::Unknown("compound file".into())) }
}

fn workbook(x: &mut Extraction, at: &At, compound: &mut Compound<'_>, path: &Path) -> Result<(), Why> {
    let stream = compound.read(x, path)?.ok_or(Why::Broken)?;
    xls::read(x, at, &stream)
}

/// A file in a stream of its own.
fn embedded(x: &mut Extraction, at: &At, compound: &mut Compound<'_>, path: &Path) -> Result<(), Why> {
    let data = compound.read(x, path)?.ok_or(Why::Broken)?;
    x.file(&at.inner(), Some("embedded object"), None, &data);
    Ok(())
}

/// A file dropped into a document by the shell ([MS-OLEDS] section 2.3.6 and the packager's own
/// form): a label, two paths, and the content.
fn native(x: &mut Extraction, at: &At, compound: &mut Compound<'_>, path: &Path) -> Result<(), Why> {
    let data = compound.read(x, path)?.ok_or(Why::Broken)?;
    let (name, content) =
        packaged(&data).unwrap_or_else(|| ("embedded object".into(), data.get(4..).unwrap_or_default()));
    x.file(&at.inner(), Some(&name), None, content);
    Ok(())
}

fn packaged(data: &[u8]) -> Option<(String, &[u8])> {
    let text = |from: usize| {
        let rest = data.get(from..)?;
        let end = memchr::memchr(0, rest)?;
        Some((&rest[..end], from + end + 1))
    };
    let number = |at: usize| {
        let bytes = data.get(at..at.checked_add(4)?)?;
        Some(u32::from_le_bytes(bytes.try_into().ok()?) as usize)
    };
    let (label, at) = text(6)?;
    let (_, at) = text(at)?;
    // Four bytes of flags, then the temporary path with its length before it.
    let at = at.checked_add(8)?.checked_add(number(at.checked_add(4)?)?)?;
    let size = number(at)?;
    let content = data.get(at + 4..at.checked_add(4)?.checked_add(size)?)?;
    Some((charset::name(label), content))
}
