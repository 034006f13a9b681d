//! Names that no list knows, by what stands beside them: a telephone of their own, a birth date, an address, a title.
//! Only the lines around such a thing are read, so that a text without one costs nothing.

use std::ops::Range;

use super::chars::{self, is_han, is_kana};
use super::dictionary::DICTIONARY;
use super::foreign_names::{self, honorific_at_end};
use super::headers;
use super::kinds::{Group, Kind};
use super::names;
use super::scan::{COUNTS, Candidate, after_separator};
use super::words::{Found, Word};

/// The confidence of a name by evidence.
const BY_EVIDENCE: u8 = 70;

/// The confidence of a name that counts only where something of the person stands right beside it.
const WAITS: u8 = 30;

/// How many lines above a telephone a block of an address begins at most.
const BLOCK: usize = 5;

/// Adds the names that stand beside what is of one person. `found` is in order and stays so.
pub(super) fn add_names(text: &str, words: &[Found], found: &mut Vec<Candidate>) {
    let mut added: Vec<Candidate> = Vec::new();
    titles(text, words, &mut added);
    let mut done = 0;
    for (at, anchor) in found.iter().enumerate() {
        if !is_anchor(anchor) || anchor.range.start < done {
            continue;
        }
        let line = line_around(text, anchor.range.start);
        done = line.end;
        if named(found, at, &line) || added.iter().rev().take(8).any(|n| line.contains(&n.range.start)) {
            continue;
        }
        let japanese = is_japanese_number(anchor);
        let name = in_line(text, &line, found, at, japanese).or_else(|| above(text, &line, found, japanese));
        added.extend(name.map(|range| candidate(text, range)));
    }
    if added.is_empty() {
        return;
    }
    // What a list has found at the same place stays.
    added.retain(|n| {
        let next = found.partition_point(|c| c.range.end <= n.range.start);
        found.get(next).is_none_or(|c| c.range.start >= n.range.end)
    });
    found.append(&mut added);
    found.sort_by_key(|c| c.range.start);
    found.dedup_by(|b, a| a.kind == Kind::PersonName && b.kind == a.kind && b.range.start < a.range.end);
}

fn candidate(text: &str, range: Range<usize>) -> Candidate {
    Candidate {
        kind: Kind::PersonName,
        key: names::key(&text[range.clone()]),
        range,
        validated: false,
        confidence: BY_EVIDENCE,
        full: true,
    }
}

/// Names behind Mr., Frau and คุณ, and before 씨 and 女士.
fn titles(text: &str, words: &[Found], added: &mut Vec<Candidate>) {
    for word in words {
        let range = match word.word {
            Word::Title => foreign_names::after_title(text, word.start, word.end),
            Word::After => foreign_names::before_honorific(text, word.start),
            Word::NameLabel => foreign_names::after_label(text, word.end),
            Word::Label(Kind::PersonName) => {
                foreign_names::after_label(text, word.end).or_else(|| behind_label(text, word.end))
            }
            _ => None,
        };
        added.extend(range.map(|range| {
            let full = text[range.clone()].contains(' ') || !text[range.clone()].is_ascii();
            // Whom a letter greets, and a surname alone, count only beside something of theirs.
            let greeted = match word.word {
                Word::Title => !full || foreign_names::is_salutation(text, word.start),
                Word::After => {
                    chars::ahead(text, word.end, 4).trim_start_matches(' ').starts_with([',', '\n', ':'])
                }
                _ => false,
            };
            let confidence = if greeted { WAITS } else { BY_EVIDENCE };
            Candidate { full: full && !greeted, confidence, ..candidate(text, range) }
        }));
    }
}

/// What stands between the colon of 氏名 and the end of its line or the next sign, where its letters can be a name.
fn behind_label(text: &str, at: usize) -> Option<Range<usize>> {
    let from = after_separator(text, at)
        .filter(|from| text[at..*from].contains(':') || text[at..*from].contains('】'))?;
    let rest = chars::ahead(text, from, 120);
    let value = rest.trim_start_matches(' ');
    let start = from + rest.len() - value.len();
    let line = value.split(|c| c == '\n' || is_separator(c)).next()?.split("  ").next()?;
    let header = headers::column(line.trim()).is_some();
    asian(text, start..start + line.len(), true).filter(|_| !header)
}

/// Whether it is of one person, so that a name is to be expected beside it.
fn is_anchor(c: &Candidate) -> bool {
    let private = match c.kind {
        Kind::Phone => !is_japanese_number(c) || c.key.as_bytes().get(2) == Some(&b'0'),
        Kind::BirthDate | Kind::Address => true,
        kind => kind.info().group == Group::Government && kind.is_strong(),
    };
    private && c.confidence >= COUNTS
}

/// Whether it is a number of the Japanese plan or an address in Japan.
fn is_japanese_number(c: &Candidate) -> bool {
    c.kind == Kind::Phone && c.key.starts_with('0') && matches!(c.key.len(), 10 | 11)
}

/// Whether a name has been found on the line of the candidate at `at`.
fn named(found: &[Candidate], at: usize, line: &Range<usize>) -> bool {
    let name = |c: &&Candidate| matches!(c.kind, Kind::PersonName | Kind::NameKana) && c.confidence >= COUNTS;
    let before = found[..at].iter().rev().take_while(|c| c.range.start >= line.start);
    let after = found[at..].iter().take_while(|c| c.range.start < line.end);
    before.chain(after).any(|c| name(&c))
}

/// The longest part of a line that is read around something.
const LONGEST: usize = 600;

/// The line around a place, of a very long one what is near.
fn line_around(text: &str, at: usize) -> Range<usize> {
    let head = chars::behind(text, at, LONGEST);
    let tail = chars::ahead(text, at, LONGEST);
    let start = at - head.len() + head.rfind('\n').map_or(0, |i| i + 1);
    start..at + tail.find('\n').unwrap_or(tail.len())
}

/// The first name in a line that nothing else has taken.
fn in_line(
    text: &str,
    line: &Range<usize>,
    found: &[Candidate],
    at: usize,
    japanese: bool,
) -> Option<Range<usize>> {
    let taken = |range: &Range<usize>| {
        let near = found[at.saturating_sub(8)..].iter().take(16);
        near.into_iter().any(|c| c.range.start < range.end && range.start < c.range.end)
    };
    let whole = text.get(line.clone())?;
    let mut from = line.start;
    for part in whole.split(is_separator) {
        let here = from..from + part.len();
        from = here.end + whole[here.end - line.start..].chars().next().map_or(0, char::len_utf8);
        for piece in pieces(text, here) {
            let piece = before_others(found, at, piece);
            let name = asian(text, piece.clone(), japanese).or_else(|| foreign_names::latin(text, piece));
            if let Some(name) = name.filter(|n| !taken(n)) {
                return Some(name);
            }
        }
    }
    None
}

/// The part of a piece before what else has been found in it, a telephone or an address.
fn before_others(found: &[Candidate], at: usize, piece: Range<usize>) -> Range<usize> {
    let near = found[at.saturating_sub(8)..].iter().take(16).filter(|c| c.kind != Kind::PersonName);
    let first = near.map(|c| c.range.start).find(|start| piece.contains(start));
    piece.start..first.unwrap_or(piece.end)
}

/// A value up to its first honorific, or without the spaces and signs at its end.
fn up_to_honorific(value: &str) -> &str {
    let ends =
        names::HONORIFICS.iter().filter_map(|h| value.find(h).filter(|at| *at > 0).map(|at| at + h.len()));
    let value = ends.min().and_then(|end| value.get(..end)).unwrap_or(value);
    value.trim_end_matches(|c: char| c.is_whitespace() || matches!(c, '+' | '-' | '・' | '〒'))
}

fn is_separator(c: char) -> bool {
    matches!(
        c,
        ',' | '、'
            | ';'
            | '\t'
            | '|'
            | '('
            | ')'
            | ':'
            | '/'
            | '。'
            | '['
            | ']'
            | '【'
            | '】'
            | '「'
            | '」'
            | '<'
            | '>'
            | '"'
            | '='
            | '@'
    )
}

/// The pieces of a part between two or more spaces or dashes, without what a list sets before its lines.
fn pieces(text: &str, part: Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let whole = text.get(part.clone()).unwrap_or("");
    let mut from = part.start;
    whole.split("  ").flat_map(|p| p.split(" - ")).map(move |piece| {
        let start = from + text[from..part.end].find(piece).unwrap_or(0);
        from = start + piece.len();
        let inner = piece.trim_start_matches(|c: char| !c.is_alphabetic());
        let end = start + piece.trim_end_matches(|c: char| !is_name_end(c)).len();
        (start + piece.len() - inner.len()).min(end)..end
    })
}

fn is_name_end(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '々' | 'ー' | '\u{0E30}'..='\u{0E4F}' | '\u{0900}'..='\u{097F}')
}

/// The line above a block of lines, if it is a name and nothing else.
fn above(text: &str, line: &Range<usize>, found: &[Candidate], japanese: bool) -> Option<Range<usize>> {
    let mut start = line.start;
    let mut numbered = false;
    for _ in 0..BLOCK {
        let end = start.checked_sub(1)?;
        let before = line_around(text, end);
        let line = before.start..end.max(before.start);
        let content = text.get(line.clone())?.trim_matches(|c: char| c.is_whitespace() || c == '>');
        if content.is_empty() {
            return None;
        }
        let at = found.partition_point(|c| c.range.start < line.start);
        if found.get(at).is_some_and(|c| c.range.start < line.end && is_anchor(c) && c.kind == Kind::Phone) {
            return None;
        }
        let from = line.start + text[line.clone()].find(content)?;
        let whole = from..from + content.len();
        let name = asian(text, whole.clone(), japanese)
            .filter(|n| honorific_at_end(&text[n.end..whole.end]))
            .or_else(|| foreign_names::latin(text, whole.clone()).filter(|n| n.len() == whole.len()));
        if let Some(name) = name {
            return (numbered || japanese).then_some(name);
        }
        numbered |= content.chars().any(|c| c.is_ascii_digit());
        start = line.start;
    }
    None
}

/// What such a part ends in is a word of an office or of a thing, no name.
const NO_NAME: &str = "課部局室係社店所院校館会党省庁署話先絡号帯番住址地日者時分他用名欄表期間年月区市町村県府都道駅線場品件物車店長費金額料数量率点級式型税券証書票類学科組班隊団";

/// A name of han, kana, Hangul, Thai or Devanagari letters that a part is, or begins with before an honorific.
fn asian(text: &str, part: Range<usize>, japanese: bool) -> Option<Range<usize>> {
    let value = up_to_honorific(text.get(part.clone())?);
    let bare = names::without_honorific(value);
    let honoured = bare.len() < value.trim_end().len();
    let start = part.start;
    let range = start..start + bare.len();
    let letters: Vec<char> = bare.chars().filter(|c| !matches!(c, ' ' | '・' | '·')).collect();
    let count = letters.len();
    let spaced = bare.split([' ', '・', '·']).filter(|w| !w.is_empty()).count();
    if !(2..=24).contains(&count) || bare.len() > 90 {
        return None;
    }
    if letters.iter().all(|c| is_han(*c)) {
        let whole: String = letters.iter().collect();
        let last = letters.last().copied().unwrap_or(' ');
        let ordinary = DICTIONARY.words.contains(&whole) || DICTIONARY.places.contains(&whole);
        if count > 6 || ordinary || (NO_NAME.contains(last) && !honoured) {
            return None;
        }
        let given = |n: usize| {
            let tail: String = letters[count - n..].iter().collect();
            count > n && (DICTIONARY.given.contains(&tail) || DICTIONARY.is_like_given(&tail))
        };
        let chinese = (2..=3).contains(&count) && foreign_names::is_chinese_surname(letters[0]);
        let fits = honoured && !names::is_role(bare)
            || chinese
            || spaced == 2 && count >= 3
            || (3..=5).contains(&count) && (given(2) || given(1));
        return fits.then_some(range);
    }
    if letters.iter().all(|c| is_han(*c) || is_kana(*c)) {
        let kana = letters.iter().all(|c| is_kana(*c));
        // 田中 さくら, グエン・ヴァン・アン, and what an honorific follows.
        let fits = (2..=5).contains(&spaced) && count >= 4 || honoured && count >= 2 && japanese;
        // 商号 みほん商事株式会社 is a firm.
        let thing = NO_NAME.contains(letters[count - 1]) || bare.contains("会社") || bare.contains("法人");
        let fits = fits && (honoured || !thing);
        let loose = kana || letters.first().is_some_and(|c| is_han(*c));
        return (fits && loose && count <= 20).then_some(range);
    }
    foreign_names::of_other_scripts(bare, honoured).then_some(range)
}
