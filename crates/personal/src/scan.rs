//! One pass over a normalised text for candidates: digits lead to numbers, `@` to mail addresses,
//! kanji to names and addresses; the words around them (found before) say what they are.

use std::cell::Cell;
use std::ops::Range;

use super::addresses;
use super::candidates::Stops;
use super::chars::{self, is_han_bytes};
use super::context::{people_beside, security_codes, without_overlaps};
use super::dates;
use super::evidence;
use super::input::Day;
use super::kinds::Kind;
use super::mail;
use super::names::{self, Name};
use super::start_chars::{SIGNS, Stop, Told, told_by};
use super::words::{self, Found, Word};

/// From this confidence a candidate counts by itself; below it waits for a person beside it.
pub const COUNTS: u8 = 50;

/// Something that was recognised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    pub kind: Kind,
    /// Bytes of the normalised text.
    pub range: Range<usize>,
    /// The value in one writing: what makes two of them the same.
    pub key: String,
    /// Whether a check digit, range or dictionary has proven it.
    pub validated: bool,
    pub confidence: u8,
    /// A name with both its parts.
    pub full: bool,
}

/// What one text has.
#[derive(Debug, Default)]
pub struct Scan {
    /// In order, not overlapping.
    pub candidates: Vec<Candidate>,
    pub words: Vec<Found>,
}

/// Scans a normalised text.
pub fn scan(text: &str, today: Day) -> Scan {
    let (words, stops) = words::find_with_stops(text);
    let mut reader = Reader {
        text,
        words: &words,
        near: Cell::new(0),
        stops: &stops,
        passed: 0,
        today,
        found: Vec::new(),
        name_end: 0,
    };
    reader.run();
    reader.labelled_names();
    reader.eras();
    let mut candidates = reader.found;
    without_overlaps(&mut candidates);
    security_codes(&mut candidates);
    evidence::add_names(text, &words, &mut candidates);
    people_beside(text, &mut candidates);
    Scan { candidates, words }
}

/// The state of one pass.
pub(super) struct Reader<'a> {
    pub text: &'a str,
    pub words: &'a [Found],
    /// How many words end before what was asked about last.
    near: Cell<usize>,
    stops: &'a Stops,
    /// How many of the stops have been passed.
    passed: usize,
    pub today: Day,
    pub found: Vec<Candidate>,
    /// Where the last name ended, so that its honorific is not read again.
    name_end: usize,
}

/// What a byte leads to.
const DIGIT: u8 = 1;
const AT: u8 = 2;
const WIDE: u8 = 3;
const LEADS: [u8; 256] = {
    let mut table = [0u8; 256];
    let mut b = b'0';
    while b <= b'9' {
        table[b as usize] = DIGIT;
        b += 1;
    }
    table[b'@' as usize] = AT;
    let mut lead = 0xE3;
    while lead <= 0xE9 {
        table[lead] = WIDE;
        lead += 1;
    }
    table
};

/// So many bytes are looked at together.
const CHUNK: usize = 16;

/// How many bytes, in whole chunks, lead to nothing.
fn leading_nowhere(bytes: &[u8]) -> usize {
    let (chunks, _) = bytes.as_chunks::<CHUNK>();
    // As in the table, but without it, so that a chunk is looked at in a few instructions.
    let leads = |b: u8| (b.wrapping_sub(b'0') < 10) | (b == b'@') | (b.wrapping_sub(0xE3) < 7);
    let nowhere = |chunk: &&[u8; CHUNK]| chunk.iter().fold(0, |any, b| any | u8::from(leads(*b))) == 0;
    chunks.iter().take_while(nowhere).count() * CHUNK
}

impl<'a> Reader<'a> {
    fn run(&mut self) {
        let bytes = self.text.as_bytes();
        let mut at = 0;
        // Before here something leads somewhere, so that no chunk is looked at again.
        let mut near = 0;
        while let Some(b) = bytes.get(at) {
            at = match LEADS[usize::from(*b)] {
                DIGIT => self.numbers(at),
                AT => {
                    self.mail(at);
                    at + 1
                }
                WIDE => self.wide(at),
                _ if at < near => at + 1,
                _ => {
                    let next = at + 1 + leading_nowhere(&bytes[at + 1..]);
                    near = next + CHUNK;
                    next
                }
            };
        }
    }

    /// How many words end before `at`. It is asked about places in nearly the order of the text, so that the
    /// search goes on from the last one.
    pub fn words_before(&self, at: usize) -> usize {
        let mut near = self.near.get();
        while near > 0 && self.words[near - 1].end > at {
            near -= 1;
        }
        while self.words.get(near).is_some_and(|w| w.end <= at) {
            near += 1;
        }
        self.near.set(near);
        near
    }

    /// What the nearest label or negative word before `at` says (see [`words::before`]).
    pub fn context(&self, at: usize) -> Option<Found> {
        words::before(self.text, &self.words[..self.words_before(at)], at)
    }

    fn mail(&mut self, at: usize) {
        if let Some(range) = mail::around(self.text, at) {
            let key = self.text[range.clone()].to_ascii_lowercase();
            // user:password@host of a URL is no address.
            let head = chars::behind(self.text, range.start, 120);
            let in_url = head.rfind("://").is_some_and(|i| !head[i..].contains([' ', '\n', '"', '<']));
            let reference = line_of(self.text, range.start).0.as_bytes();
            let message_id = ["message-id:", "references:", "in-reply-to:"].iter().any(|h| {
                reference.get(..h.len()).is_some_and(|head| head.eq_ignore_ascii_case(h.as_bytes()))
            });
            if !in_url && !message_id {
                self.push(Kind::MailAddress, range, key, true, 95);
            }
        }
    }

    /// A stretch of wide characters: its runs of kana and of kanji are where names and addresses begin.
    fn wide(&mut self, from: usize) -> usize {
        let bytes = self.text.as_bytes();
        let mut read = from;
        // Behind a number (3月山田) a stretch begins anew.
        let anew = from.checked_sub(1).is_some_and(|b| bytes[b] >= 0x80);
        let mut first = anew.then(|| SIGNS.first(bytes, from)).flatten();
        loop {
            let stop = first.take().or_else(|| self.stops.from(read, &mut self.passed));
            match stop.unwrap_or(Stop::End(bytes.len())) {
                Stop::Han(within) => {
                    let (_, behind) = bytes[read..within].as_rchunks::<3>();
                    let (ahead, _) = bytes[within..].as_chunks::<3>();
                    let start = within - 3 * behind.iter().rev().take_while(|c| is_han_bytes(**c)).count();
                    let end = within + 3 * ahead.iter().take_while(|c| is_han_bytes(**c)).count();
                    self.han_run(start..end, (end - start) / 3);
                    read = end;
                }
                Stop::Kana(first) => {
                    self.kana(first);
                    read = first + 3;
                }
                Stop::End(end) => return end,
            }
        }
    }

    /// The first kana of a run may begin an address (さいたま市); さ, く and ち behind a kanji may begin an
    /// honorific.
    fn kana(&mut self, at: usize) {
        let bytes = self.text.as_bytes();
        let before = at.checked_sub(3).map(|b| (bytes[b], bytes[b + 1]));
        match before {
            Some((0xE4..=0xE9, _)) => {
                if matches!(bytes[at + 1..at + 3], [0x81, 0x95 | 0x8F | 0xA1]) {
                    self.honorific(at);
                }
            }
            // Behind ヶ.
            Some((0xE3, 0x81..=0x83)) => {}
            _ => self.kana_address(at),
        }
    }

    fn han_run(&mut self, run: Range<usize>, long: usize) {
        let text = self.text;
        let (kanji, _) = text.as_bytes()[run.clone()].as_chunks::<3>();
        let tells = kanji.iter().any(|k| SIGNS.tells(*k));
        let told = || run.clone().step_by(3).map(|at| (at, chars::at(text, at).and_then(told_by)));
        if tells && long > 2 && told().any(|(_, told)| told == Some(Told::Division)) {
            self.address(run.clone());
        }
        self.name_at(run.start);
        if !tells {
            return;
        }
        for (at, told) in told() {
            match told {
                Some(Told::Honorific) => self.honorific(at),
                // A name after a role: 課長山田太郎.
                Some(Told::Role) if at > run.start && at + 3 < run.end && long > 4 => self.name_at(at + 3),
                _ => {}
            }
        }
    }

    fn address(&mut self, run: Range<usize>) {
        if let Some(address) = addresses::in_run(self.text, run) {
            let context = self.context(address.range.start).map(|w| w.word);
            if context == Some(Word::Enquiry) {
                // Where an event takes place or an office is: nobody's home.
                return;
            }
            let key = addresses::key(&self.text[address.range.clone()]);
            let confidence = if address.with_prefecture { 90 } else { 80 };
            self.push(Kind::Address, address.range, key, true, confidence);
        }
    }

    fn kana_address(&mut self, at: usize) {
        // Only where the kana's run leads to 市 or 町 soon; most do not, as their bytes tell.
        let (run, _) = self.text.as_bytes()[at..].as_chunks::<3>();
        let behind = run.iter().take(9).find(|c| !matches!(c, [0xE3, 0x81..=0x83, _]));
        if !behind.is_some_and(|c| ["市", "町", "野", "串"].iter().any(|w| w.as_bytes() == c)) {
            return;
        }
        let head: usize =
            self.text[at..].chars().take(8).take_while(|c| chars::is_kana(*c)).map(char::len_utf8).sum();
        if chars::at(self.text, at + head).is_some_and(|c| matches!(c, '市' | '町' | '野' | '串')) {
            self.address(at..at + head);
        }
    }

    fn name_at(&mut self, at: usize) {
        if at >= self.name_end
            && let Some(name) = names::side_by_side(self.text, at)
        {
            self.push_name(name);
        }
    }

    fn honorific(&mut self, at: usize) {
        if names::honorific_at(self.text, at).is_none() {
            return;
        }
        let spaced = chars::before(self.text, at) == Some(' ');
        let name_ends = if spaced { at - 1 } else { at };
        if self.name_end >= name_ends && self.name_end > 0 {
            return;
        }
        if let Some(name) = names::before_honorific(self.text, at) {
            self.push_name(name);
        }
    }

    fn push_name(&mut self, name: Name) {
        self.name_end = self.name_end.max(name.range.end);
        let key = names::key(&self.text[name.range.clone()]);
        self.found.push(Candidate {
            kind: Kind::PersonName,
            range: name.range,
            key,
            validated: true,
            confidence: name.confidence,
            full: name.full,
        });
    }

    /// Names behind 氏名, Name and their like.
    fn labelled_names(&mut self) {
        for found in self.words {
            let kind = match found.word {
                Word::Label(k @ (Kind::PersonName | Kind::NameKana)) => k,
                _ => continue,
            };
            let Some(value_at) = after_separator(self.text, found.end) else {
                continue;
            };
            if let Some(name) = names::after_label(self.text, value_at) {
                let value = &self.text[name.range.clone()];
                let kana = value.chars().all(|c| chars::is_kana(c) || c == ' ');
                let kind = if kana && kind == Kind::NameKana { Kind::NameKana } else { Kind::PersonName };
                self.found.push(Candidate {
                    kind,
                    key: names::key(value),
                    range: name.range,
                    validated: true,
                    confidence: 85,
                    full: name.full,
                });
            }
        }
    }

    /// Dates that begin with the name of an era.
    fn eras(&mut self) {
        for found in self.words.iter().filter(|w| w.word == Word::Era) {
            if let Some(date) = dates::parse(self.text, found.start) {
                self.date(found.start, date);
            }
        }
    }

    /// Takes a date as a birth date where a label or 生 says so, or lets it wait for a person.
    pub fn date(&mut self, at: usize, date: dates::Date) {
        if !dates::is_birth(date.day, self.today) {
            return;
        }
        let label = self.context(at).map(|w| w.word);
        let after = self.text.get(date.end..).unwrap_or("");
        let after = after.trim_start_matches([' ', ')', '）']);
        let born = after.starts_with('生') && !after.starts_with("生産") && !after.starts_with("生徒");
        let confidence = match label {
            Some(Word::Label(Kind::BirthDate)) => 95,
            _ if born => 90,
            Some(Word::Negative | Word::Enquiry) => return,
            _ if self.continues(Kind::BirthDate, at) => 80,
            // Of somebody at least three years old, else it is a date of today's business.
            _ if i32::from(self.today.year) - i32::from(date.day.year) >= 3 => 30,
            _ => return,
        };
        let key = format!("{:04}{:02}{:02}", date.day.year, date.day.month, date.day.day);
        self.push(Kind::BirthDate, at..date.end, key, true, confidence);
    }

    /// Whether the last thing found was of this kind and stands so near that its label still holds,
    /// as in a list under one heading.
    pub fn continues(&self, kind: Kind, at: usize) -> bool {
        self.found.iter().rev().take(4).any(|c| {
            c.kind == kind
                && c.confidence >= COUNTS
                && c.range.end <= at
                && at - c.range.end <= 6
                && self.text.get(c.range.end..at).is_some_and(|t| !t.chars().any(char::is_alphabetic))
        })
    }

    pub fn push(&mut self, kind: Kind, range: Range<usize>, key: String, validated: bool, confidence: u8) {
        self.found.push(Candidate { kind, range, key, validated, confidence, full: false });
    }
}

/// Where the value of a label begins: behind a colon, a bracket, a tab or two spaces, or on the next
/// line when the label stands alone.
pub(super) fn after_separator(text: &str, at: usize) -> Option<usize> {
    let rest = text.get(at..)?;
    let trimmed = rest.trim_start_matches([' ', '(', ')', '必', '須', '*', '※']);
    let mut pos = at + rest.len() - trimmed.len();
    match trimmed.chars().next()? {
        c @ (':' | '】' | ']' | '〕' | '>' | '》' | '=' | '\t' | '|' | '→') => {
            pos += c.len_utf8();
            let value = text.get(pos..)?;
            let next = value.trim_start_matches([' ', ':', '\t', '|']);
            pos += value.len() - next.len();
            Some(if next.starts_with('\n') { pos + 1 } else { pos })
        }
        '\r' | '\n' => Some(pos + 1),
        _ => (pos > at + 1 || rest.starts_with(' ')).then_some(pos),
    }
}

/// The line that holds a byte offset (of a very long one, what is near), without quote marks, and
/// where it begins.
pub(super) fn line_of(text: &str, at: usize) -> (&str, usize) {
    const LONGEST: usize = 1_000;
    let head = chars::behind(text, at, LONGEST);
    let tail = chars::ahead(text, at, LONGEST);
    let start = at - head.len() + head.rfind('\n').map_or(0, |i| i + 1);
    let end = at + tail.find('\n').unwrap_or(tail.len());
    let line = text.get(start..end).unwrap_or("");
    (line.trim_start_matches(['>', ' ', '|']), start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_that_lead_nowhere_are_those_of_the_table() {
        for b in 0..=255u8 {
            let nowhere = LEADS[usize::from(b)] == 0;
            for at in 0..16 {
                let mut bytes = [b'x'; 33];
                bytes[16 + at] = b;
                assert_eq!(leading_nowhere(&bytes), if nowhere { 32 } else { 16 }, "{b}");
            }
        }
    }
}
