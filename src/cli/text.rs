//! Text for a terminal: the language that is spoken there, columns that stay aligned with full-width
//! characters, lines that break where Japanese and English may, and colours where somebody looks.

use std::io::{ErrorKind, IsTerminal, Write};

use facts::Language;

/// The columns that a table may take where the terminal does not say.
const WIDTH: usize = 100;

/// What the person at the shell asked for with `--lang`, or else what their environment says; Japanese
/// where it says neither Japanese nor English.
pub fn language(asked: Option<Language>) -> Language {
    asked.unwrap_or_else(|| {
        let set = |name| std::env::var(name).ok().filter(|v| !v.is_empty());
        let locale = set("LC_ALL").or_else(|| set("LC_MESSAGES")).or_else(|| set("LANG"));
        match locale.is_some_and(|l| l.starts_with("en")) {
            true => Language::En,
            false => Language::Ja,
        }
    })
}

/// Reads the value of `--lang`.
pub fn parse_language(text: &str) -> Result<Language, String> {
    match text {
        "ja" => Ok(Language::Ja),
        "en" => Ok(Language::En),
        _ => Err("the languages are ja and en".to_string()),
    }
}

/// Writes to standard output. A reader that has gone away (`| head`) is no error.
pub fn print(text: &str) -> Result<(), String> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(e) if e.kind() != ErrorKind::BrokenPipe => Err(format!("standard output: {e}")),
        _ => Ok(()),
    }
}

/// The terminal's width in columns, within what is readable.
pub fn terminal_width() -> usize {
    let said = std::env::var("COLUMNS").ok().and_then(|c| c.parse().ok());
    said.unwrap_or(WIDTH).clamp(72, 120)
}

/// How many columns a character takes in a terminal (Unicode Standard Annex 11): two for wide and
/// full-width ones, none for combining ones.
fn columns(c: char) -> usize {
    match u32::from(c) {
        0x0300..=0x036f | 0x200b..=0x200f | 0x3099..=0x309a | 0xfe00..=0xfe0f | 0xfeff => 0,
        0x1100..=0x115f
        | 0x2e80..=0x303e
        | 0x3041..=0xa4cf
        | 0xac00..=0xd7a3
        | 0xf900..=0xfaff
        | 0xfe30..=0xfe6f
        | 0xff01..=0xff60
        | 0xffe0..=0xffe6
        | 0x1f300..=0x1f64f
        | 0x1f900..=0x1f9ff
        | 0x20000..=0x3fffd => 2,
        _ => 1,
    }
}

/// How many columns a text takes.
pub fn width(text: &str) -> usize {
    text.chars().map(columns).sum()
}

/// The text, filled up with blanks to `to` columns.
pub fn pad(text: &str, to: usize) -> String {
    let blanks = to.saturating_sub(width(text));
    format!("{text}{}", " ".repeat(blanks))
}

/// A text that came from elsewhere, safe for a terminal: control characters become spaces.
pub fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Breaks a text into lines of at most `to` columns: at blanks, and between full-width characters
/// except before closing marks. A word that is longer than a line is cut, after a hyphen if it has one.
/// Blanks before the text stay.
pub fn wrap(text: &str, to: usize) -> Vec<String> {
    let to = to.max(4);
    let mut lines = Vec::new();
    let mut line = String::new();
    for piece in pieces(text) {
        if width(&line) + width(piece.trim_end()) > to && !line.is_empty() {
            lines.push(std::mem::take(&mut line).trim_end().to_string());
        }
        let piece = if line.is_empty() && !lines.is_empty() { piece.trim_start() } else { piece };
        for c in piece.chars() {
            if width(&line) + columns(c) > to && c != ' ' {
                let rest = line.split_off(hyphen(&line).unwrap_or(line.len()));
                lines.push(std::mem::replace(&mut line, rest));
            }
            line.push(c);
        }
    }
    lines.push(line.trim_end().to_string());
    lines
}

/// Where a word that is too long for its line is best cut: after its last hyphen.
fn hyphen(word: &str) -> Option<usize> {
    word.rfind('-').map(|at| at + 1).filter(|at| *at < word.len())
}

/// The pieces between which a line may break; blanks stand at the end of theirs.
fn pieces(text: &str) -> Vec<&str> {
    const CLOSING: &str = "、。，．」』）】〉》・：；！？ーぁぃぅぇぉっゃゅょァィゥェォッャュョ々";
    const OPENING: &str = "「『（【〈《";
    let mut pieces = Vec::new();
    let mut start = 0;
    let mut last: Option<char> = None;
    for (at, c) in text.char_indices() {
        let may_break = match last {
            None => false,
            Some(' ') => c != ' ',
            Some(before) => {
                let wide = columns(c) == 2 || columns(before) == 2;
                wide && c != ' ' && columns(c) > 0 && !CLOSING.contains(c) && !OPENING.contains(before)
            }
        };
        if may_break {
            pieces.extend(text.get(start..at));
            start = at;
        }
        last = Some(c);
    }
    pieces.extend(text.get(start..).filter(|p| !p.is_empty()));
    pieces
}

/// A cell of a table: its text, its columns, and its ink.
pub struct Cell<'a>(pub &'a str, pub usize, pub Option<Ink>);

impl Inks {
    /// One row of a table: every cell is wrapped within its columns. `indent` blanks stand before it, two
    /// between the cells.
    pub fn row(self, indent: usize, cells: &[Cell<'_>]) -> String {
        let wrapped: Vec<Vec<String>> = cells.iter().map(|c| wrap(c.0, c.1)).collect();
        let height = wrapped.iter().map(Vec::len).max().unwrap_or(0);
        let mut out = String::new();
        for n in 0..height {
            let mut line = " ".repeat(indent);
            for (lines, Cell(_, to, ink)) in wrapped.iter().zip(cells) {
                let text = lines.get(n).map_or("", String::as_str);
                match ink.filter(|_| !text.is_empty()) {
                    Some(ink) => line.push_str(&self.paint(ink, text)),
                    None => line.push_str(text),
                }
                line.push_str(&" ".repeat(to.saturating_sub(width(text)) + 2));
            }
            out.push_str(line.trim_end());
            out.push('\n');
        }
        out
    }
}

/// A colour, or a weight, of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ink {
    Good,
    Bad,
    Soft,
    Strong,
}

/// Colours, where the output is a terminal and nobody asked for none (`NO_COLOR`).
#[derive(Clone, Copy, Debug)]
pub struct Inks(bool);

impl Inks {
    /// As standard output wants it.
    pub fn of_stdout() -> Self {
        let refused = std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty());
        Inks(std::io::stdout().is_terminal() && !refused)
    }

    /// The text in this ink. What is wrapped or padded must be so already: the codes take no columns
    /// but are not counted.
    pub fn paint(self, ink: Ink, text: &str) -> String {
        let code = match ink {
            Ink::Good => "32",
            Ink::Bad => "31;1",
            Ink::Soft => "2",
            Ink::Strong => "1",
        };
        match self.0 {
            true => format!("\x1b[{code}m{text}\x1b[0m"),
            false => text.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn full_width_characters_take_two_columns() {
        assert_eq!(width("関所 sekisho"), 12);
        assert_eq!(pad("東京", 6), "東京  ");
        assert_eq!(pad("か\u{3099}", 3), "か\u{3099} ");
        assert_eq!(pad("long", 2), "long");
    }

    #[test]
    fn lines_break_between_words_and_wide_characters_but_not_before_a_full_stop() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("送信取消の操作。", 8), ["送信取消", "の操作。"]);
        assert_eq!(wrap("あいうえ。", 8), ["あいう", "え。"]);
        assert_eq!(wrap("exposed-recipients", 10), ["exposed-", "recipients"]);
        assert_eq!(wrap("exposed-recipients", 8), ["exposed-", "recipien", "ts"]);
        assert_eq!(wrap("a mass-mail", 9), ["a", "mass-mail"]);
        assert_eq!(wrap("   12", 5), ["   12"]);
        assert_eq!(wrap("", 8), [""]);
    }

    #[test]
    fn the_columns_of_a_row_stand_in_line() {
        let cells = [Cell("保留", 6, Some(Ink::Bad)), Cell("宛先欄に並ぶ", 8, None), Cell("x", 1, None)];
        let told = Inks(false).row(1, &cells);
        assert_eq!(told, " 保留    宛先欄に  x\n         並ぶ\n");
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_nothing_too_long(text in "[a-z あ-ん、。「」]{0,60}", to in 4usize..30) {
            let lines = wrap(&text, to);
            let dense = |s: &str| s.replace(' ', "");
            prop_assert_eq!(dense(&lines.concat()), dense(&text));
            for line in lines {
                prop_assert!(width(&line) <= to, "{:?}", line);
            }
        }
    }
}
