//! A cell of an OpenDocument sheet (ISO/IEC 26300 part 3 section 9.1.4): its type, its value and what it shows.

use super::xlsx::iso_date;
use super::{Cell, Format};

/// A cell that is being read.
pub struct OpenCell {
    pub text: String,
    pub kind: String,
    pub value: String,
    pub copies: u32,
}

impl OpenCell {
    /// What the cell holds.
    pub fn cell(&self) -> Cell {
        let shown = self.text.trim();
        let text = || {
            if shown.is_empty() { Cell::Empty } else { Cell::Text(shown.to_string()) }
        };
        match self.kind.as_str() {
            "float" => self.value.parse().map_or_else(|_| text(), |n| number(n, shown)),
            "percentage" | "currency" => {
                self.value.parse().map_or_else(|_| text(), |n| Cell::Number(n, Format::Amount))
            }
            "date" => iso_date(&self.value).unwrap_or_else(text),
            "boolean" => Cell::Bool(self.value == "true"),
            _ if shown.is_empty() && !self.value.is_empty() => Cell::Text(self.value.clone()),
            _ => text(),
        }
    }
}

/// A number, with the zeros and dashes that it is shown with: the file says both.
fn number(value: f64, shown: &str) -> Cell {
    let digits = shown.bytes().all(|b| b.is_ascii_digit());
    if digits && shown.len() > 1 && shown.starts_with('0') {
        return Cell::Number(value, Format::Padded(u8::try_from(shown.len()).unwrap_or(u8::MAX)));
    }
    if shown.contains([',', '.', '¥', '￥', '$', '%']) {
        return Cell::Number(value, Format::Amount);
    }
    let grouped = shown.get(1..).is_some_and(|s| s.contains('-')) || shown.starts_with('(');
    if grouped { Cell::Text(shown.to_string()) } else { Cell::Number(value, Format::General) }
}
