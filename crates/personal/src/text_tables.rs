//! Tables inside running text: CSV or tabs pasted into a mail, columns drawn with bars or lined up
//! with spaces.

use std::ops::Range;
use std::sync::LazyLock;

use memchr::memmem::Finder;

use super::chars;
use super::input::{Cell, Table};

/// From so many lines of one form on it is a table.
const LEAST_LINES: usize = 3;

/// A table in a normalised text.
pub struct TextTable {
    pub range: Range<usize>,
    pub table: Table,
    /// Where each cell stands in the text.
    pub places: Vec<Vec<Range<usize>>>,
}

static GAP: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("  "));

/// What parts the cells of a line.
#[derive(Clone, Copy, PartialEq, Eq)]
enum TextTableMark {
    Tab,
    Comma,
    Bar,
    /// Two spaces or more.
    Gap,
}

impl TextTableMark {
    /// Where the first of the bytes stands that may part cells.
    fn next(self, bytes: &[u8]) -> Option<usize> {
        match self {
            TextTableMark::Tab => memchr::memchr(b'\t', bytes),
            TextTableMark::Comma => memchr::memchr2(b',', b'"', bytes),
            TextTableMark::Bar => memchr::memchr(b'|', bytes),
            TextTableMark::Gap => GAP.find(bytes),
        }
    }
}

/// Finds the tables of a text.
pub fn find(text: &str, path: &str) -> Vec<TextTable> {
    let mut found = Vec::new();
    let bytes = text.as_bytes();
    let from = |at: usize, place: Option<usize>| place.map_or(bytes.len(), |ahead| at + ahead);
    let sign_from = |at: usize| from(at, memchr::memchr3(b'\t', b'|', b',', &bytes[at..]));
    let gap_from = |at: usize| from(at, GAP.find(&bytes[at..]));
    // The next mark of either sort: most lines of prose have none and are passed over at once.
    let (mut sign, mut gap) = (sign_from(0), gap_from(0));
    let mut block = Block::default();
    let mut at = 0;
    for raw in chars::lines(text) {
        if block.mark.is_none() {
            sign = if sign < at { sign_from(at) } else { sign };
            gap = if gap < at { gap_from(at) } else { gap };
            if sign.min(gap) == bytes.len() {
                break;
            }
            if sign.min(gap) >= at + raw.len() {
                at += raw.len() + 1;
                continue;
            }
        }
        let line = raw.trim_end_matches('\r');
        let body = line.trim_start_matches(['>', ' ']);
        let start = at + line.len() - body.len();
        at += raw.len() + 1;
        let seen = mark_of(body);
        if seen.is_none() && block.mark.is_none() {
            continue;
        }
        let rule =
            !body.is_empty() && body.bytes().all(|b| matches!(b, b'-' | b'+' | b'|' | b'=' | b' ' | b':'));
        let mark = seen.filter(|_| !rule);
        let goes_on = mark.is_some() && mark == block.mark;
        let cells = mark.map(|m| split(body, start, m)).unwrap_or_default();
        let fits = goes_on
            && cells.len().abs_diff(block.width) <= usize::from(mark != Some(TextTableMark::Comma)) * 2;
        if fits {
            block.width = block.width.max(cells.len());
            block.rows.push(cells);
        } else if !(rule && block.mark.is_some()) {
            block.close(path, text, &mut found);
            if cells.len() >= 2 {
                block = Block { mark, width: cells.len(), rows: vec![cells] };
            }
        }
    }
    block.close(path, text, &mut found);
    found
}

#[derive(Default)]
struct Block {
    mark: Option<TextTableMark>,
    width: usize,
    rows: Vec<Vec<Range<usize>>>,
}

impl Block {
    /// Makes a table of the block if it is long enough, and empties it.
    fn close(&mut self, path: &str, text: &str, found: &mut Vec<TextTable>) {
        let block = std::mem::take(self);
        if block.rows.len() < LEAST_LINES {
            return;
        }
        let cell = |r: &Range<usize>| match text.get(r.clone()) {
            Some(value) if !value.trim().is_empty() => Cell::Text(value.to_string()),
            _ => Cell::Empty,
        };
        let rows = block.rows.iter().map(|row| row.iter().map(cell).collect()).collect();
        let edge = |row: Option<&Vec<Range<usize>>>, last: bool| {
            row.and_then(|r| if last { r.last().map(|c| c.end) } else { r.first().map(|c| c.start) })
        };
        let start = edge(block.rows.first(), false).unwrap_or(0);
        let end = edge(block.rows.last(), true).unwrap_or(start);
        found.push(TextTable {
            range: start..end,
            table: Table { path: path.to_string(), rows, ..Table::default() },
            places: block.rows,
        });
    }
}

/// The mark of a line: of several, the one that stands first in [`TextTableMark`].
fn mark_of(line: &str) -> Option<TextTableMark> {
    let bytes = line.as_bytes();
    let mut mark = None;
    for at in memchr::memchr3_iter(b'\t', b'|', b',', bytes) {
        match bytes[at] {
            b'\t' => return Some(TextTableMark::Tab),
            b'|' => mark = Some(TextTableMark::Bar),
            _ => mark = mark.or(Some(TextTableMark::Comma)),
        }
    }
    let gap = |from: usize| line.trim_end().len() >= from + 2;
    mark.or_else(|| GAP.find(bytes).filter(|at| gap(*at)).map(|_| TextTableMark::Gap))
}

/// The cells of a line as ranges of the text; `start` is where the line begins.
fn split(line: &str, start: usize, mark: TextTableMark) -> Vec<Range<usize>> {
    let mut cells = Vec::new();
    let bytes = line.as_bytes();
    let (mut from, mut at, mut quoted) = (0, 0, false);
    while cells.len() < 256 {
        let Some(found) = bytes.get(at..).and_then(|rest| mark.next(rest)) else {
            break;
        };
        at += found;
        let next = match (mark, bytes[at]) {
            (TextTableMark::Comma, b'"') => {
                quoted = !quoted;
                at += 1;
                continue;
            }
            (TextTableMark::Comma, b',') if !quoted => at + 1,
            (TextTableMark::Tab, b'\t') | (TextTableMark::Bar, b'|') => at + 1,
            (TextTableMark::Gap, b' ') if bytes.get(at + 1) == Some(&b' ') => {
                at + bytes[at..].iter().take_while(|b| **b == b' ').count()
            }
            _ => {
                at += 1;
                continue;
            }
        };
        // A bar at the edge of a line draws the frame.
        if !(mark == TextTableMark::Bar && line[..at].trim().is_empty()) {
            cells.push(trimmed(line, from..at, start));
        }
        from = next;
        at = next;
    }
    if !(mark == TextTableMark::Bar && line[from..].trim().is_empty()) {
        cells.push(trimmed(line, from..line.len(), start));
    }
    cells
}

fn trimmed(line: &str, range: Range<usize>, start: usize) -> Range<usize> {
    let raw = line.get(range.clone()).unwrap_or("");
    let head = raw.len() - raw.trim_start_matches([' ', '"', '\t']).len();
    let body = raw[head..].trim_end_matches([' ', '"', '\t']);
    let from = start + range.start + head;
    from..from + body.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(text: &str) -> Vec<Vec<String>> {
        find(text, "body")
            .into_iter()
            .flat_map(|t| t.places)
            .map(|row| row.into_iter().map(|r| text[r].to_string()).collect())
            .collect()
    }

    #[test]
    fn csv_tabs_bars_and_gaps() {
        let want = vec![vec!["氏名", "電話"], vec!["甲野", "1"], vec!["乙山", "2"]];
        for text in [
            "一覧です。\n氏名,電話\n甲野,1\n\"乙山\",2\n以上",
            "氏名\t電話\n甲野\t1\n乙山\t2",
            "| 氏名 | 電話 |\n|---|---|\n| 甲野 | 1 |\n| 乙山 | 2 |",
            "氏名    電話\n甲野    1\n乙山    2",
            "> 氏名  電話\n> 甲野  1\n> 乙山  2\n",
        ] {
            assert_eq!(cells(text), want, "{text}");
        }
    }

    #[test]
    fn prose_is_no_table() {
        assert!(cells("これは文章です。\n続きます。\n終わります。").is_empty());
        assert!(cells("a, b\nno comma\nc, d").is_empty());
    }
}
