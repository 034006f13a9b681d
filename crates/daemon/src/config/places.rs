//! Where each key of the configuration stands, so that a fault that is found after reading is told with
//! its line and column as well.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use toml::de::{DeTable, DeValue};

use casebook::LoadError;
use casebook::form::position_of;

/// The file, and the line and column of each key in it, by its path: `receive`, `receive.listen`,
/// `control.0.owner`. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Places(Arc<PlacesInner>);

#[derive(Debug, Default)]
struct PlacesInner {
    file: PathBuf,
    text: String,
    keys: BTreeMap<String, usize>,
}

impl Places {
    /// The places of a document.
    pub fn new(file: &Path, text: &str, table: &DeTable<'_>) -> Places {
        let mut keys = BTreeMap::new();
        enter("", table, &mut keys);
        Places(Arc::new(PlacesInner { file: file.to_path_buf(), text: text.to_string(), keys }))
    }

    /// The configuration's file.
    pub fn file(&self) -> &Path {
        &self.0.file
    }

    /// Whether the file has this key.
    pub fn has(&self, key: &str) -> bool {
        self.0.keys.contains_key(key)
    }

    /// A fault at a byte of the file.
    pub fn at(&self, at: Option<usize>, message: impl Into<String>, remedy: impl Into<String>) -> LoadError {
        let position = at.map(|at| position_of(&self.0.text, at));
        LoadError {
            file: self.0.file.clone(),
            line: position.map(|p| p.0),
            column: position.map(|p| p.1),
            message: message.into(),
            remedy: remedy.into(),
        }
    }

    /// A fault of a key, or of the innermost section around it that the file has.
    pub fn of(&self, key: &str, message: impl Into<String>, remedy: impl Into<String>) -> LoadError {
        let mut key = key;
        loop {
            if let Some(at) = self.0.keys.get(key) {
                return self.at(Some(*at), message, remedy);
            }
            match key.rsplit_once('.') {
                Some((outer, _)) => key = outer,
                None => return self.at(None, message, remedy),
            }
        }
    }

    /// A fault of a section in one text: `key … what is wrong; what would be right`. A key of the section
    /// that the text begins with gives the place.
    pub fn of_text(&self, section: &str, text: &str) -> LoadError {
        let (message, remedy) = text.split_once("; ").unwrap_or((text, "config.example.toml shows the form"));
        let rest = message.strip_prefix(&format!("[{section}] ")).unwrap_or(message);
        let rest = rest.strip_prefix(&format!("{section}.")).unwrap_or(rest);
        let end =
            rest.find(|c: char| !(c.is_ascii_lowercase() || matches!(c, '_' | '.'))).unwrap_or(rest.len());
        let word = rest.get(..end).unwrap_or_default().trim_end_matches('.');
        self.of(&format!("{section}.{word}"), message, remedy)
    }
}

fn enter(outer: &str, table: &DeTable<'_>, keys: &mut BTreeMap<String, usize>) {
    for (key, value) in table {
        let path = match outer {
            "" => key.get_ref().to_string(),
            outer => format!("{outer}.{}", key.get_ref()),
        };
        keys.insert(path.clone(), key.span().start);
        match value.get_ref() {
            DeValue::Table(inner) => enter(&path, inner, keys),
            DeValue::Array(items) => {
                for (n, item) in items.iter().enumerate() {
                    let path = format!("{path}.{n}");
                    keys.insert(path.clone(), item.span().start);
                    if let DeValue::Table(inner) = item.get_ref() {
                        enter(&path, inner, keys);
                    }
                }
            }
            _ => {}
        }
    }
}
