//! The stretches of a text that tell of the mail itself and not of anybody in it: signatures, and
//! header lines of quoted mails.

use std::ops::Range;
use std::sync::LazyLock;

use super::chars;
use super::word_starts::Heads;

/// What a quoted line begins with.
const MARK: [char; 3] = ['>', ' ', '|'];

/// The colon of a header field stands within so many bytes of the beginning of its line.
const FIELD: usize = 20;

/// A signature has at most so many lines.
const MAX_LINES: usize = 14;

/// None of them is longer, in bytes: a paragraph, eighty wide characters or more, ends it.
const LONGEST: usize = 240;

/// What only a signature has: a company, a department, a fax, a site.
const MARKS: &[&str] = &[
    "株式会社",
    "有限会社",
    "合同会社",
    "(株)",
    "法人",
    "財団",
    "協会",
    "組合",
    "大学",
    "市役所",
    "役場",
    "県庁",
    "区役所",
    "事務所",
    "本社",
    "支店",
    "営業所",
    "部",
    "課",
    "室",
    "FAX",
    "Fax",
    "http://",
    "https://",
    "www.",
    "Inc.",
    "Ltd",
    "LLC",
    "Corp",
    "Department",
    "〒",
];

/// What shows that it is a signature that begins, not a heading or a record.
const CONTACT: &[&str] = &["TEL", "Tel", "電話", "FAX", "Fax", "〒", "@", "http", "Phone"];

/// What no signature has.
const RECORD: &[&str] =
    &["生年月日", "口座", "マイナンバー", "個人番号", "患者", "会員番号", "住民票", "性別", "病名"];

/// The header fields that mail programs write above a quoted mail.
const FIELDS: &[&str] = &[
    "from:",
    "to:",
    "cc:",
    "bcc:",
    "sent:",
    "date:",
    "subject:",
    "reply-to:",
    "差出人:",
    "送信者:",
    "宛先:",
    "送信日時:",
    "件名:",
    "日時:",
    "cc :",
    "to :",
    "from :",
    "送信元:",
];

/// Stretches in which nobody is counted, in order.
pub fn ranges(text: &str) -> Vec<Range<usize>> {
    if !may_begin_somewhere(text) {
        return Vec::new();
    }
    let lines = lines(text);
    let mut found = quoted_headers(&lines);
    let mut signatures = signatures(&lines);
    // Three or more different blocks of one form are a list with rules between, not signatures.
    let quoted = !found.is_empty() || lines.iter().any(|l| l.quoted);
    if !quoted && three_differ(signatures.iter().map(|r| text[r.clone()].trim())) {
        signatures.clear();
    }
    found.extend(signatures);
    found.sort_by_key(|r| r.start);
    found
}

/// Whether three of them differ from one another.
fn three_differ<'a>(mut all: impl Iterator<Item = &'a str>) -> bool {
    let first = all.next();
    let second = all.find(|b| Some(*b) != first);
    all.any(|b| Some(b) != first && Some(b) != second)
}

/// Whether a place lies in one of the stretches.
pub fn covers(ranges: &[Range<usize>], at: usize) -> bool {
    let next = ranges.partition_point(|r| r.start <= at);
    ranges[..next].iter().rev().take(4).any(|r| r.contains(&at))
}

/// Whether some line may be a rule or a header field, by how it begins: one or the other stands where one of the
/// stretches begins. Most lines of prose are neither, so that lines are not looked at one by one for their colons,
/// but colons for the beginnings of lines.
fn may_begin_somewhere(text: &str) -> bool {
    let bytes = text.as_bytes();
    let starts = std::iter::once(0).chain(memchr::memchr_iter(b'\n', bytes).map(|end| end + 1));
    memchr::memchr_iter(b':', bytes).any(|at| ends_field(bytes, at))
        || starts.into_iter().any(|at| !begins_with_letter(&bytes[at..]) && may_be_rule(&text[at..]))
}

/// Whether a colon stands where that of a header field does: near the beginning of its line.
fn ends_field(bytes: &[u8], colon: usize) -> bool {
    let near = &bytes[colon.saturating_sub(FIELD)..colon];
    let before = &bytes[..colon - near.len()];
    let marks = before.iter().rev().take_while(|b| MARK.contains(&char::from(**b))).count();
    near.contains(&b'\n') || before[..before.len() - marks].last().is_none_or(|b| *b == b'\n')
}

/// Whether a text begins with a letter or a digit, or with the end of its line, as its first bytes tell.
fn begins_with_letter(text: &[u8]) -> bool {
    match text {
        [] | [b'\n', ..] | [0xE5..=0xE9, ..] => true,
        [first, ..] => first.is_ascii_alphanumeric(),
    }
}

fn may_be_rule(text: &str) -> bool {
    let body = text.trim_start_matches(MARK);
    body.chars().next().is_some_and(|c| !c.is_alphanumeric() && c != '\n')
}

struct SignatureLine<'a> {
    text: &'a str,
    range: Range<usize>,
    quoted: bool,
}

fn lines(text: &str) -> Vec<SignatureLine<'_>> {
    let mut lines = Vec::with_capacity(text.len() / 64 + 1);
    let mut at = 0;
    for raw in chars::lines(text) {
        lines.push(line(raw, at));
        at += raw.len() + 1;
    }
    lines
}

fn line(raw: &str, at: usize) -> SignatureLine<'_> {
    let range = at..at + raw.len();
    match raw.as_bytes() {
        // Most lines have nothing to take off.
        [first, .., last] if is_firm(*first) && last.is_ascii_graphic() => {
            SignatureLine { text: raw, range, quoted: false }
        }
        [first, ..] if is_firm(*first) => SignatureLine { text: raw.trim_end(), range, quoted: false },
        _ => {
            let body = raw.trim_start_matches(MARK);
            SignatureLine { text: body.trim_end(), range, quoted: raw.trim_start().starts_with('>') }
        }
    }
}

/// Whether the first byte of a line is neither of a blank nor of a mark.
fn is_firm(first: u8) -> bool {
    first.is_ascii_alphanumeric() || (0xE4..=0xE9).contains(&first)
}

/// From:, To:, 差出人: … of quoted mails, with the lines that continue them.
fn quoted_headers(lines: &[SignatureLine<'_>]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut in_header = false;
    for line in lines {
        let field = is_field(line.text);
        let continues = in_header
            && !line.text.is_empty()
            && line.text.contains('@')
            && line.text.contains([',', ';', '<']);
        // 宛先: 山田太郎 alone is a label of a list; a field stands with an address or beside another.
        in_header = field || continues;
        if in_header {
            found.push(line.range.clone());
        }
    }
    found
}

fn is_field(line: &str) -> bool {
    let bytes = line.as_bytes();
    // Most lines begin like none of them.
    let like = |c: char| {
        matches!(
            c.to_ascii_lowercase(),
            'b' | 'c' | 'd' | 'f' | 'r' | 's' | 't' | '差' | '送' | '宛' | '件' | '日'
        )
    };
    line.chars().next().is_some_and(like)
        && has_colon(line)
        && FIELDS
            .iter()
            .any(|f| bytes.get(..f.len()).is_some_and(|head| head.eq_ignore_ascii_case(f.as_bytes())))
}

fn has_colon(line: &str) -> bool {
    let bytes = line.as_bytes();
    memchr::memchr(b':', &bytes[..bytes.len().min(FIELD)]).is_some()
}

/// Blocks behind a rule of dashes or the like (or `-- `) that read like a signature.
fn signatures(lines: &[SignatureLine<'_>]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        if !is_rule(lines[at].text) {
            at += 1;
            continue;
        }
        let first = at + 1;
        let mut end = first;
        let mut blank = 0;
        let belongs = |line: &SignatureLine<'_>| line.text.len() <= LONGEST && !is_rule(line.text);
        while end - first < MAX_LINES && lines.get(end).is_some_and(belongs) {
            blank = if lines[end].text.is_empty() { blank + 1 } else { 0 };
            if blank == 2 {
                break;
            }
            end += 1;
        }
        let block = &lines[first..end];
        if reads_like_signature(block) {
            let last = block.last().map_or(lines[at].range.end, |l| l.range.end);
            found.push(lines[at].range.start..last);
        }
        at = end.max(at + 1);
    }
    found
}

/// Where one of the words that tell a signature may begin, and of those that tell against one.
static SIGNS: LazyLock<Heads> = LazyLock::new(|| Heads::of(MARKS.iter().chain(CONTACT).copied()));
static AGAINST: LazyLock<Heads> = LazyLock::new(|| Heads::of(RECORD.iter().copied()));

fn reads_like_signature(block: &[SignatureLine<'_>]) -> bool {
    let filled = block.iter().filter(|l| !l.text.is_empty()).count();
    let addresses: usize = block.iter().map(|l| memchr::memchr_iter(b'@', l.text.as_bytes()).count()).sum();
    if !(2..=MAX_LINES).contains(&filled) || addresses > 2 {
        return false;
    }
    let has = |line: &SignatureLine<'_>, head: usize, words: &[&str]| {
        line.text.get(head..).is_some_and(|rest| words.iter().any(|w| rest.starts_with(w)))
    };
    let (mut marks, mut contact) = (false, false);
    for line in block {
        for head in SIGNS.places(line.text) {
            marks = marks || has(line, head, MARKS);
            contact = contact || has(line, head, CONTACT);
            if marks && contact {
                return !block.iter().any(|l| AGAINST.places(l.text).any(|head| has(l, head, RECORD)));
            }
        }
    }
    false
}

/// A line of one sort of sign, at least three wide (or the `--` of RFC 3676 section 4.3).
fn is_rule(line: &str) -> bool {
    if line == "--" {
        return true;
    }
    let (mut count, mut last) = (0, ' ');
    for c in line.chars() {
        // Most of a rule is one sign over and over.
        if c == ' ' || c == last {
            count += usize::from(c != ' ');
            continue;
        }
        last = c;
        // Kanji and kana first: most lines are told by their first character.
        if chars::is_han(c)
            || chars::is_kana(c)
            || c.is_alphanumeric()
            || "。、「」()<>:@・,".contains(c) && c != '・'
        {
            return false;
        }
        count += 1;
    }
    count >= 3
}

#[cfg(test)]
mod tests {
    use super::*;

    fn covered(text: &str, word: &str) -> bool {
        covers(&ranges(text), text.find(word).expect("there"))
    }

    #[test]
    fn signatures_are_left_out() {
        let text = "本文です。\n\n-- \n株式会社みほん 営業部\n山田 太郎\nTEL 03-1234-5678\n";
        assert!(covered(text, "山田") && !covered(text, "本文"));
        let text = "よろしく。\n==========\nみほん市役所 総務課 佐藤花子\n〒100-0001 東京都…\nTEL: 03-1111-2222\n==========\n";
        assert!(covered(text, "佐藤"));
    }

    #[test]
    fn a_paragraph_ends_a_signature() {
        let long = "名簿の件、甲野一郎様と乙山花子様にお伝えください。".repeat(6);
        let text = format!("-- \n株式会社みほん 営業部\n山田 太郎\nTEL 03-1234-5678\n{long}\n");
        assert!(covered(&text, "山田") && !covered(&text, "甲野"));
    }

    #[test]
    fn records_between_rules_are_no_signatures() {
        let record = |n: &str| format!("------\n氏名: {n}\n電話: 090-1234-5678\n病名: 見本\n");
        let text = format!("{}{}{}", record("甲野一郎"), record("乙山花子"), record("丙川次郎"));
        assert!(!covered(&text, "甲野") && !covered(&text, "丙川"));
    }

    #[test]
    fn quoted_headers_are_left_out() {
        let text = "> From: 山田太郎 <taro@example.com>\n> To: a@example.net,\n>  b@example.net, c@example.net\n> 本文 x@example.org\n";
        assert!(covered(text, "taro@") && covered(text, "c@example") && !covered(text, "x@example"));
    }
}
