//! Reads the tables of a TOML file key by key, so that every fault of a file is told at once, each with
//! its line: a missing key, a value that does not fit, a key that nobody asked for.

use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};

use super::nearest::nearest;
use crate::casebook::LoadError;

/// A file, and what is wrong with it so far.
pub(super) struct File<'s> {
    path: PathBuf,
    text: &'s str,
    errors: Vec<LoadError>,
}

impl<'s> File<'s> {
    pub fn new(path: &Path, text: &'s str) -> Self {
        File {
            path: path.to_path_buf(),
            text,
            errors: Vec::new(),
        }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn into_errors(self) -> Vec<LoadError> {
        self.errors
    }

    /// Notes a fault on a line, counted from 1.
    pub fn fault(&mut self, line: usize, message: impl Into<String>, remedy: impl Into<String>) {
        self.errors.push(LoadError {
            file: self.path.clone(),
            line: Some(line),
            message: message.into(),
            remedy: remedy.into(),
        });
    }

    /// The line of a byte offset, counted from 1.
    fn line_at(&self, offset: usize) -> usize {
        let before = self
            .text
            .as_bytes()
            .get(..offset)
            .unwrap_or(self.text.as_bytes());
        1 + before.iter().filter(|b| **b == b'\n').count()
    }

    fn indent_at(&self, offset: usize) -> usize {
        let value = self.text.get(offset..).unwrap_or_default();
        let opened = ["\"\"\"", "'''"]
            .iter()
            .find_map(|quotes| value.strip_prefix(quotes));
        usize::from(opened.is_some_and(|rest| rest.starts_with('\n') || rest.starts_with("\r\n")))
    }

    /// The tables of a file that has nothing but `[[name]]`.
    pub fn tables(&mut self, name: &'static str) -> Vec<Keys<'s>> {
        let (root, errors) = DeTable::parse_recoverable(self.text);
        if !errors.is_empty() {
            for error in errors {
                let line = self.line_at(error.span().map_or(0, |s| s.start));
                let remedy = "write `key = value` lines below a `[[table]]` line";
                self.fault(
                    line,
                    format!("this is no TOML: {}", error.message()),
                    remedy,
                );
            }
            return Vec::new();
        }
        let mut tables = Vec::new();
        for (key, value) in root.into_inner() {
            let line = self.line_at(key.span().start);
            if key.get_ref() != name {
                let remedy = format!("this file has only `[[{name}]]` tables");
                self.fault(
                    line,
                    format!("unknown table or key `{}`", key.get_ref()),
                    remedy,
                );
                continue;
            }
            let elements = match value.into_inner() {
                DeValue::Array(elements) => elements.into_iter().collect(),
                _ => Vec::new(),
            };
            if elements.is_empty() {
                let remedy = format!("write `[[{name}]]`, in double brackets");
                self.fault(line, format!("`{name}` is not a list of tables"), remedy);
            }
            tables.extend(elements.into_iter().filter_map(|e| self.table(name, e)));
        }
        tables
    }

    fn table(&mut self, name: &'static str, value: Spanned<DeValue<'s>>) -> Option<Keys<'s>> {
        let line = self.line_at(value.span().start);
        match value.into_inner() {
            DeValue::Table(table) => Some(Keys {
                table,
                line,
                name,
                asked: Vec::new(),
            }),
            _ => {
                let remedy = format!("write `[[{name}]]`, in double brackets");
                self.fault(line, format!("`{name}` is not a table"), remedy);
                None
            }
        }
    }
}

/// One table, from which the keys are taken one by one.
pub(super) struct Keys<'s> {
    table: DeTable<'s>,
    name: &'static str,
    /// The line on which the table begins.
    pub line: usize,
    asked: Vec<&'static str>,
}

/// A value and the line on which it begins.
pub(super) struct Located<T> {
    pub value: T,
    pub line: usize,
    /// Lines between that and the first of the value itself: a text in triple quotes may begin on
    /// the line behind them.
    pub indent: usize,
}

impl<'s> Keys<'s> {
    /// The value of a key; none if it is not there, or does not fit, which is noted.
    pub fn optional<T: Deserialize<'s>>(
        &mut self,
        file: &mut File<'s>,
        key: &'static str,
        right: &str,
    ) -> Option<Located<T>> {
        self.asked.push(key);
        let value = self.table.remove(key)?;
        let whole = value.span();
        let line = file.line_at(whole.start);
        match T::deserialize(ValueDeserializer::from(value)) {
            Ok(value) => Some(Located {
                value,
                line,
                indent: file.indent_at(whole.start),
            }),
            Err(error) => {
                let line = file.line_at(start(error.span(), &whole));
                let told = error
                    .message()
                    .lines()
                    .next()
                    .unwrap_or_default()
                    .to_string();
                file.fault(
                    line,
                    format!("`{key}` does not fit: {told}"),
                    format!("write {right}"),
                );
                None
            }
        }
    }

    /// The value of a key that has to be there; none if it is not, or does not fit, which is noted.
    pub fn required<T: Deserialize<'s>>(
        &mut self,
        file: &mut File<'s>,
        key: &'static str,
        right: &str,
    ) -> Option<Located<T>> {
        if !self.table.contains_key(key) {
            self.asked.push(key);
            let message = format!("this {} has no `{key}`", self.name);
            file.fault(self.line, message, format!("write {right}"));
            return None;
        }
        self.optional(file, key, right)
    }

    /// Notes the keys that nobody asked for.
    pub fn finish(self, file: &mut File<'s>) {
        for (key, _) in &self.table {
            let written = key.get_ref();
            let remedy = match nearest(written, self.asked.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("a {} has {}", self.name, self.asked.join(", ")),
            };
            let line = file.line_at(key.span().start);
            file.fault(line, format!("unknown key `{written}`"), remedy);
        }
    }
}

/// An error within a value is told where it is, if it says so.
fn start(inner: Option<Range<usize>>, whole: &Range<usize>) -> usize {
    inner
        .map(|s| s.start)
        .filter(|s| whole.contains(s))
        .unwrap_or(whole.start)
}
