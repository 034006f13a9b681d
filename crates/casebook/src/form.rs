//! Reading a TOML table field by field, so that one pass tells every mistake with its line: what is
//! unknown (with the names that are known), what is missing, what has the wrong type. Incidents,
//! expectations, rules and exceptions are all read by it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};

use super::Bilingual;
use super::load::LoadError;

/// One file that is being read, and what was found wrong in it.
pub struct Sheet<'i> {
    file: PathBuf,
    text: &'i str,
    pub errors: Vec<LoadError>,
}

/// The fields of one table. What is not taken out before [`Fields::finish`] is unknown.
pub struct Fields<'i> {
    /// What the table is: `an incident`, `a step`.
    what: &'static str,
    at: usize,
    entries: Vec<(String, usize, Spanned<DeValue<'i>>)>,
    known: Vec<&'static str>,
}

impl<'i> Sheet<'i> {
    pub fn new(file: &Path, text: &'i str) -> Self {
        Sheet { file: file.to_path_buf(), text, errors: Vec::new() }
    }

    /// The top-level fields; none, with every error of syntax noted, where it is not TOML.
    pub fn top(&mut self, what: &'static str) -> Option<Fields<'i>> {
        let (table, faults) = DeTable::parse_recoverable(self.text);
        for fault in &faults {
            let at = fault.span().map(|s| s.start);
            let message = fault.message().trim().replace('\n', ", ");
            self.error(at, message, "a field is written as TOML: key = \"value\"");
        }
        faults.is_empty().then(|| Fields::new(what, 0, table.into_inner()))
    }

    /// Notes a mistake at a byte of the text.
    pub fn error(&mut self, at: Option<usize>, message: impl Into<String>, remedy: impl Into<String>) {
        let position = at.map(|at| position_of(self.text, at));
        self.errors.push(LoadError {
            file: self.file.clone(),
            line: position.map(|p| p.0),
            column: position.map(|p| p.1),
            message: message.into(),
            remedy: remedy.into(),
        });
    }

    /// The file that is being read.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// Where a text's own line begins, counted from 0, for a text that stands at a byte: one in triple
    /// quotes may begin on the line behind them.
    pub fn first_line_of(&self, at: usize) -> usize {
        let quoted = self.text.get(at..).unwrap_or_default();
        let opened = ["\"\"\"", "'''"].iter().find_map(|q| quoted.strip_prefix(q));
        let breaks = |rest: &str| rest.starts_with('\n') || rest.starts_with("\r\n");
        line_of(self.text, at) - 1 + usize::from(opened.is_some_and(breaks))
    }

    /// Notes a mistake on a line, counted from 0.
    pub fn error_on(&mut self, line: usize, message: impl Into<String>, remedy: impl Into<String>) {
        self.error(None, message, remedy);
        if let Some(last) = self.errors.last_mut() {
            last.line = Some(line + 1);
        }
    }

    /// The line of a byte, counted from 1.
    pub fn line_of(&self, at: usize) -> usize {
        line_of(self.text, at)
    }

    fn mistyped(&mut self, key: &str, value: &Spanned<DeValue<'_>>, wanted: &str) {
        let message = format!("{key} is {}", kind_of(value.get_ref()));
        self.error(Some(value.span().start), message, format!("{key} must be {wanted}"));
    }
}

impl<'i> Fields<'i> {
    fn new(what: &'static str, at: usize, table: DeTable<'i>) -> Self {
        let entries = table
            .into_iter()
            .map(|(key, value)| (key.get_ref().to_string(), key.span().start, value))
            .collect();
        Fields { what, at, entries, known: Vec::new() }
    }

    /// Where the table begins, for errors about it as a whole.
    pub fn at(&self) -> usize {
        self.at
    }

    /// Where a field that is still here stands.
    pub fn at_key(&self, key: &str) -> Option<usize> {
        self.entries.iter().find(|e| e.0 == key).map(|e| e.1)
    }

    fn take(&mut self, key: &'static str) -> Option<Spanned<DeValue<'i>>> {
        self.known.push(key);
        let place = self.entries.iter().position(|e| e.0 == key)?;
        Some(self.entries.remove(place).2)
    }

    /// A text; none where the field is absent or, with an error noted, no text or empty.
    pub fn text(&mut self, sheet: &mut Sheet<'i>, key: &'static str) -> Option<(String, usize)> {
        let value = self.take(key)?;
        let at = value.span().start;
        match value.get_ref() {
            DeValue::String(s) if !s.trim().is_empty() => Some((s.to_string(), at)),
            DeValue::String(_) => {
                sheet.error(Some(at), format!("{key} is empty"), "write a text");
                None
            }
            _ => {
                sheet.mistyped(key, &value, "a text in quotes");
                None
            }
        }
    }

    /// A text that must be there.
    pub fn need_text(
        &mut self,
        sheet: &mut Sheet<'i>,
        key: &'static str,
        example: &str,
    ) -> Option<(String, usize)> {
        if self.at_key(key).is_none() {
            self.known.push(key);
            self.missing(sheet, key, example);
            return None;
        }
        self.text(sheet, key)
    }

    /// A value of any type that serde reads; none where the field is absent or, with an error noted,
    /// does not fit. `wanted` says what would: `"bcc" or "individual"`.
    pub fn value<T: Deserialize<'i>>(
        &mut self,
        sheet: &mut Sheet<'i>,
        key: &'static str,
        wanted: &str,
    ) -> Option<(T, usize)> {
        let value = self.take(key)?;
        let at = value.span().start;
        match T::deserialize(ValueDeserializer::from(value)) {
            Ok(value) => Some((value, at)),
            Err(error) => {
                let told = error.message().lines().next().unwrap_or_default();
                let message = format!("{key} does not fit: {told}");
                sheet.error(Some(at), message, format!("{key} must be {wanted}"));
                None
            }
        }
    }

    /// A value that must be there.
    pub fn need_value<T: Deserialize<'i>>(
        &mut self,
        sheet: &mut Sheet<'i>,
        key: &'static str,
        wanted: &str,
    ) -> Option<(T, usize)> {
        if self.at_key(key).is_none() {
            self.known.push(key);
            self.missing(sheet, key, wanted);
            return None;
        }
        self.value(sheet, key, wanted)
    }

    /// A whole number, not negative.
    pub fn number(&mut self, sheet: &mut Sheet<'i>, key: &'static str) -> Option<u64> {
        let value = self.take(key)?;
        let number = match value.get_ref() {
            DeValue::Integer(n) => u64::from_str_radix(n.as_str(), n.radix()).ok(),
            _ => None,
        };
        if number.is_none() {
            sheet.mistyped(key, &value, "a whole number, such as 105");
        }
        number
    }

    /// A yes or no.
    pub fn flag(&mut self, sheet: &mut Sheet<'i>, key: &'static str) -> Option<bool> {
        let value = self.take(key)?;
        let flag = value.get_ref().as_bool();
        if flag.is_none() {
            sheet.mistyped(key, &value, "true or false");
        }
        flag
    }

    /// A list of texts, each with its place.
    pub fn texts(&mut self, sheet: &mut Sheet<'i>, key: &'static str) -> Option<Vec<(String, usize)>> {
        let value = self.take(key)?;
        let Some(list) = value.get_ref().as_array() else {
            sheet.mistyped(key, &value, "a list of texts: [\"…\", \"…\"]");
            return None;
        };
        let mut texts = Vec::new();
        for item in list.iter() {
            match item.get_ref().as_str() {
                Some(s) => texts.push((s.to_string(), item.span().start)),
                None => sheet.mistyped(key, item, "a list of texts: [\"…\", \"…\"]"),
            }
        }
        Some(texts)
    }

    /// A length of time, as [`terms::duration::parse`] reads it.
    pub fn duration(&mut self, sheet: &mut Sheet<'i>, key: &'static str) -> Option<Duration> {
        let (text, at) = self.text(sheet, key)?;
        match terms::duration::parse(&text) {
            Ok(length) => Some(length),
            Err(why) => {
                sheet.error(Some(at), format!("{key} = \"{text}\" {why}"), terms::duration::FORM);
                None
            }
        }
    }

    /// A text in both languages.
    pub fn bilingual(&mut self, sheet: &mut Sheet<'i>, key: &'static str) -> Option<Bilingual> {
        let value = self.take(key)?;
        let at = value.span().start;
        let DeValue::Table(table) = value.into_inner() else {
            let message = format!("{key} is not given in both languages");
            sheet.error(Some(at), message, format!("{key} = {{ ja = \"…\", en = \"…\" }}"));
            return None;
        };
        let mut fields = Fields::new("a text in both languages", at, table);
        let ja = fields.need_text(sheet, "ja", "\"…\"");
        let en = fields.need_text(sheet, "en", "\"…\"");
        fields.finish(sheet);
        Some(Bilingual { ja: ja?.0, en: en?.0 })
    }

    /// A text in both languages that must be there.
    pub fn need_bilingual(&mut self, sheet: &mut Sheet<'i>, key: &'static str) -> Bilingual {
        if self.at_key(key).is_none() {
            self.known.push(key);
            self.missing(sheet, key, "{ ja = \"…\", en = \"…\" }");
            return Bilingual::default();
        }
        self.bilingual(sheet, key).unwrap_or_default()
    }

    /// A list of tables: `[[step]]`, or inline.
    pub fn tables(
        &mut self,
        sheet: &mut Sheet<'i>,
        key: &'static str,
        what: &'static str,
    ) -> Option<Vec<Fields<'i>>> {
        let value = self.take(key)?;
        let at = value.span().start;
        let DeValue::Array(list) = value.into_inner() else {
            let message = format!("{key} is no list of tables");
            sheet.error(Some(at), message, format!("write each as [[{key}]]"));
            return None;
        };
        let mut tables = Vec::new();
        for item in list {
            let at = item.span().start;
            match item.into_inner() {
                DeValue::Table(table) => tables.push(Fields::new(what, at, table)),
                other => {
                    let message = format!("{key} holds {}", kind_of(&other));
                    sheet.error(Some(at), message, format!("{key} must be a list of tables"));
                }
            }
        }
        Some(tables)
    }

    fn missing(&self, sheet: &mut Sheet<'i>, key: &str, example: &str) {
        let message = format!("{} needs {key}", self.what);
        sheet.error(Some(self.at), message, format!("add {key} = {example}"));
    }

    /// Notes every field that nobody took.
    pub fn finish(self, sheet: &mut Sheet<'i>) {
        for (key, at, _) in &self.entries {
            let near = nearest(key, self.known.iter().copied());
            let remedy = match near {
                Some(near) => format!("did you mean {near}? known: {}", self.known.join(", ")),
                None => format!("known: {}", self.known.join(", ")),
            };
            let message = format!("{} has no field {key}", self.what);
            sheet.error(Some(*at), message, remedy);
        }
    }
}

/// What a value is, in words.
fn kind_of(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(_) => "a text".into(),
        DeValue::Integer(n) => format!("the number {}", n.as_str()),
        DeValue::Float(n) => format!("the number {}", n.as_str()),
        DeValue::Boolean(b) => b.to_string(),
        DeValue::Datetime(_) => "a date".into(),
        DeValue::Array(_) => "a list".into(),
        DeValue::Table(_) => "a table".into(),
    }
}

/// The line of a byte and its column in characters, both counted from 1.
pub fn position_of(text: &str, at: usize) -> (usize, usize) {
    let before = text.as_bytes().get(..at).unwrap_or(text.as_bytes());
    let begin = before.iter().rposition(|b| *b == b'\n').map_or(0, |newline| newline + 1);
    let column = String::from_utf8_lossy(before.get(begin..).unwrap_or_default()).chars().count() + 1;
    (line_of(text, at), column)
}

/// The line of a byte, counted from 1.
pub fn line_of(text: &str, at: usize) -> usize {
    let before = text.as_bytes().get(..at).unwrap_or(text.as_bytes());
    before.iter().filter(|b| **b == b'\n').count() + 1
}

/// The name that was probably meant: the nearest by edits, where no more than a third of it differs.
pub fn nearest<'n>(name: &str, among: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    among
        .map(|n| (edits(name, n), n))
        .filter(|(edits, n)| *edits <= (n.chars().count() / 3).max(1))
        .min()
        .map(|found| found.1)
}

/// Levenshtein's distance.
fn edits(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().take(64).enumerate() {
        let mut corner = i;
        let mut left = i + 1;
        for (j, y) in b.iter().enumerate() {
            let above = row.get(j + 1).copied().unwrap_or(usize::MAX - 1);
            let best = (corner + usize::from(x != *y)).min(above + 1).min(left + 1);
            if let Some(cell) = row.get_mut(j) {
                *cell = left;
            }
            corner = above;
            left = best;
        }
        if let Some(last) = row.last_mut() {
            *last = left;
        }
    }
    row.last().copied().unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_are_levenshteins() {
        for (a, b, n) in [
            ("", "", 0),
            ("a", "", 1),
            ("", "abc", 3),
            ("kitten", "sitting", 3),
            ("rewrite", "rewrite", 0),
            ("recipient", "recipients", 1),
        ] {
            assert_eq!(edits(a, b), n, "{a} {b}");
            assert_eq!(edits(b, a), n, "{b} {a}");
        }
    }

    #[test]
    fn the_nearest_name_is_near() {
        let known = ["summary", "lesson", "kind"];
        assert_eq!(nearest("sumary", known.into_iter()), Some("summary"));
        assert_eq!(nearest("kinds", known.into_iter()), Some("kind"));
        assert_eq!(nearest("colour", known.into_iter()), None);
    }

    #[test]
    fn every_mistake_of_a_table_is_told_with_its_line() {
        let text = "people = \"many\"\nrecords = -1\nlessn = { ja = \"a\", en = \"b\" }\n\n[summary]\nja = \"\"\nfr = \"c\"\n";
        let mut sheet = Sheet::new(Path::new("x.toml"), text);
        let mut fields = sheet.top("an incident").unwrap();
        assert_eq!(fields.number(&mut sheet, "people"), None);
        assert_eq!(fields.number(&mut sheet, "records"), None);
        fields.need_bilingual(&mut sheet, "lesson");
        fields.need_bilingual(&mut sheet, "summary");
        fields.finish(&mut sheet);
        let told: Vec<_> = sheet.errors.iter().map(LoadError::to_string).collect();
        assert_eq!(
            told,
            [
                "x.toml:1:10: people is a text; people must be a whole number, such as 105",
                "x.toml:2:11: records is the number -1; records must be a whole number, such as 105",
                "x.toml:1:1: an incident needs lesson; add lesson = { ja = \"…\", en = \"…\" }",
                "x.toml:6:6: ja is empty; write a text",
                "x.toml:5:1: a text in both languages needs en; add en = \"…\"",
                "x.toml:7:1: a text in both languages has no field fr; known: ja, en",
                "x.toml:3:1: an incident has no field lessn; did you mean lesson? known: people, records, lesson, summary",
            ]
        );
    }

    #[test]
    fn what_is_not_toml_is_told_with_its_line() {
        let mut sheet = Sheet::new(Path::new("x.toml"), "a = 1\nb = = 2\n");
        assert!(sheet.top("an incident").is_none());
        assert_eq!(sheet.errors.first().unwrap().line, Some(2));
    }
}
