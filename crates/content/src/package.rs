//! A zip as a set of named entries, and which kind of document it is by them (ECMA-376 part 2,
//! OpenDocument part 2).

use std::collections::HashMap;
use std::io::Cursor;

use zip::{CompressionMethod, ZipArchive};

use super::extraction::Extraction;
use super::types::Type;
use super::{Limit, Why, charset};

/// An opened zip.
pub struct Package<'a> {
    archive: ZipArchive<Cursor<&'a [u8]>>,
    entries: Vec<Entry>,
    /// By name in lower case: part names do not heed case (ECMA-376 part 2 section 6.2.2.3).
    index: HashMap<String, usize>,
}

/// What the directory says of an entry.
#[derive(Clone, Debug)]
pub struct Entry {
    pub name: String,
    pub folder: bool,
    pub encrypted: bool,
    packed: u64,
    method: CompressionMethod,
    known: bool,
}

impl<'a> Package<'a> {
    pub fn open(bytes: &'a [u8]) -> Result<Self, Why> {
        let archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| Why::Broken)?;
        let mut entries = Vec::new();
        let mut index = HashMap::new();
        for i in 0..archive.len() {
            let entry = archive.by_index_data(i).map_err(|_| Why::Broken)?;
            // The flag says UTF-8 and does not always keep its word; Windows writes cp932.
            let name = charset::name(entry.name_raw());
            index.entry(name.to_lowercase()).or_insert(i);
            entries.push(Entry {
                folder: name.ends_with('/'),
                encrypted: entry.encrypted(),
                packed: entry.compressed_size(),
                method: entry.compression(),
                known: false,
                name,
            });
        }
        Ok(Package { archive, entries, index })
    }

    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    fn has(&self, name: &str) -> bool {
        self.index.contains_key(&name.to_lowercase())
    }

    /// The kind of document, by its main part.
    fn kind(&self) -> Type {
        let any = |prefix: &str| self.entries.iter().any(|e| e.name.starts_with(prefix));
        if self.has("[content_types].xml") {
            if self.has("xl/workbook.bin") {
                return Type::Xlsb;
            }
            for (prefix, kind) in [("word/", Type::Docx), ("xl/", Type::Xlsx), ("ppt/", Type::Pptx)] {
                if any(prefix) {
                    return kind;
                }
            }
        }
        if self.has("content.xml") && (self.has("mimetype") || self.has("meta-inf/manifest.xml")) {
            return Type::Odf;
        }
        Type::Zip
    }

    /// Unpacks the entry of this name, if there is one.
    pub fn read(&mut self, x: &mut Extraction, name: &str) -> Result<Option<Vec<u8>>, Why> {
        match self.index.get(&name.to_lowercase()) {
            Some(&i) => self.read_at(x, i).map(Some),
            None => Ok(None),
        }
    }

    /// Unpacks the entry at an index of [`Package::entries`].
    pub fn read_at(&mut self, x: &mut Extraction, index: usize) -> Result<Vec<u8>, Why> {
        let Some(entry) = self.entries.get_mut(index) else {
            return Err(Why::Broken);
        };
        entry.known = true;
        if entry.encrypted {
            return Err(Why::Encrypted);
        }
        if !matches!(entry.method, CompressionMethod::Stored | CompressionMethod::Deflated) {
            return Err(Why::Unknown(format!("zip method {}", entry.method)));
        }
        let packed = entry.packed;
        let file = self.archive.by_index(index).map_err(|_| Why::Broken)?;
        if file.size() > x.budget.limits.file_bytes {
            return Err(Why::OverLimit(Limit::FileBytes));
        }
        x.budget.unpack(file, packed)
    }

    /// The first bytes of an entry, as many as its type shows in.
    pub fn peek(&mut self, index: usize) -> Vec<u8> {
        use std::io::Read;
        let mut head = Vec::new();
        if let Ok(file) = self.archive.by_index(index) {
            // A fault shows when the whole is read; here a shorter head is enough.
            let _ = file.take(512).read_to_end(&mut head);
        }
        head
    }

    /// Whether a reader has taken the entry.
    pub fn is_known(&self, index: usize) -> bool {
        self.entries.get(index).is_some_and(|e| e.known)
    }
}

/// A zip looked into: the kind of document that it is, if it is one.
pub fn refine(real: Type, bytes: &[u8]) -> Type {
    match real {
        Type::Zip => Package::open(bytes).map_or(Type::Zip, |p| p.kind()),
        other => other,
    }
}
