//! Tables written as text: comma, tab or semicolon separated (RFC 4180), in any charset.

use super::extraction::{At, Extraction};
use super::types::extension;
use super::{Why, charset};

/// Columns beyond this are no table.
const WIDEST: usize = 2000;

/// Reads a file that is named or declared as separated values.
pub fn file(x: &mut Extraction, at: &At, name: Option<&str>, bytes: &[u8]) -> Result<(), Why> {
    let text = charset::decode(bytes, None);
    let tabbed = name.and_then(extension).is_some_and(|e| e != "csv");
    let separator = separator(&text).unwrap_or(if tabbed { '\t' } else { ',' });
    rows_into_table(x, at, &text, separator)
}

/// Whether the lines of a text have the same number of fields, three or more lines of them.
pub fn looks_like_table(text: &str) -> bool {
    separator(text).is_some()
}

/// Reads a text that looks like a table.
pub fn table(x: &mut Extraction, at: &At, text: &str) -> Result<(), Why> {
    rows_into_table(x, at, text, separator(text).unwrap_or(','))
}

/// The separator that gives most of the first lines the same number of fields.
fn separator(text: &str) -> Option<char> {
    let start = text.trim_start_matches('\u{feff}');
    let mut best = None;
    for candidate in [',', '\t', ';'] {
        let counts: Vec<usize> = Rows { rest: start, separator: candidate }
            .take(30)
            .filter(|row| row.len() > 1 || row.first().is_some_and(|f| !f.trim().is_empty()))
            .map(|row| row.len())
            .collect();
        let Some(width) = counts.iter().copied().max().filter(|w| *w >= 2) else {
            continue;
        };
        let same = counts.iter().filter(|c| **c == width).count();
        // Two columns are also what prose with one comma a line looks like.
        let lines = if width == 2 && candidate != '\t' { 5 } else { 3 };
        if counts.len() >= lines && same * 10 >= counts.len() * 8 && best.is_none_or(|(_, w)| width > w) {
            best = Some((candidate, width));
        }
    }
    best.map(|(candidate, _)| candidate)
}

fn rows_into_table(x: &mut Extraction, at: &At, text: &str, separator: char) -> Result<(), Why> {
    let mut rows = Vec::new();
    let start = text.trim_start_matches('\u{feff}');
    for (i, row) in (Rows { rest: start, separator }).enumerate() {
        if i % 1024 == 0 {
            x.budget.time()?;
        }
        x.budget.cells(row.len())?;
        rows.push(row);
    }
    x.text_table(at, rows)
}

struct Rows<'a> {
    rest: &'a str,
    separator: char,
}

impl Iterator for Rows<'_> {
    type Item = Vec<String>;

    fn next(&mut self) -> Option<Vec<String>> {
        if self.rest.is_empty() {
            return None;
        }
        let mut row = Vec::new();
        loop {
            let (field, rest) = self.field();
            if row.len() < WIDEST {
                row.push(field);
            } else if let Some(last) = row.last_mut() {
                // Nothing is dropped: what is beyond the widest table goes into its last field.
                last.push(self.separator);
                last.push_str(&field);
            }
            let mut chars = rest.chars();
            match chars.next() {
                Some(c) if c == self.separator => self.rest = chars.as_str(),
                Some('\r') => {
                    self.rest = chars.as_str().strip_prefix('\n').unwrap_or(chars.as_str());
                    return Some(row);
                }
                Some(_) => {
                    self.rest = chars.as_str();
                    return Some(row);
                }
                None => {
                    self.rest = "";
                    return Some(row);
                }
            }
        }
    }
}

impl<'a> Rows<'a> {
    /// The next field, and what follows it: a separator, a line's end, or nothing.
    fn field(&self) -> (String, &'a str) {
        let ends = |c: char| c == self.separator || c == '\n' || c == '\r';
        let Some(mut rest) = self.rest.strip_prefix('"') else {
            let end = self.rest.find(ends).unwrap_or(self.rest.len());
            return (self.rest[..end].to_string(), &self.rest[end..]);
        };
        let mut field = String::new();
        loop {
            let Some(quote) = memchr::memchr(b'"', rest.as_bytes()) else {
                // The quote is never closed: it was a character, and the line ends the field.
                let end = self.rest.find(ends).unwrap_or(self.rest.len());
                return (self.rest[..end].to_string(), &self.rest[end..]);
            };
            field.push_str(&rest[..quote]);
            rest = &rest[quote + 1..];
            if let Some(after) = rest.strip_prefix('"') {
                field.push('"');
                rest = after;
            } else {
                let end = rest.find(ends).unwrap_or(rest.len());
                field.push_str(&rest[..end]);
                return (field, &rest[end..]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Vec<Vec<String>> {
        Rows { rest: text, separator: ',' }.collect()
    }

    #[test]
    fn quotes_line_ends_and_loose_quotes() {
        assert_eq!(rows("a,\"b\"\"c\r\nd\",e\r\nf"), vec![vec!["a", "b\"c\r\nd", "e"], vec!["f"]]);
        assert_eq!(rows("\"open,b\nc"), vec![vec!["\"open", "b"], vec!["c"]]);
        assert_eq!(rows("a,\n"), vec![vec!["a", ""]]);
    }

    #[test]
    fn tables_are_told_from_prose() {
        assert_eq!(separator("氏名,住所,電話\n山田,東京,03\n佐藤,大阪,06\n"), Some(','));
        assert_eq!(separator("a\tb\n1\t2\n3\t4\n"), Some('\t'));
        assert_eq!(separator("Dear all,\n\nthe list, as promised, is here.\nRegards,\nme\n"), None);
    }
}
