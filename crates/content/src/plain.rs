//! Plain text: format=flowed undone (RFC 3676), quoted lines and quoted headers told apart from
//! the author's own words.

use std::borrow::Cow;

use super::extraction::{At, Extraction};
use super::{Kind, Why, charset, csv};

/// Changes between one's own words and quoted ones that are followed one by one.
const SEGMENTS: usize = 2000;

/// How the lines of a text were broken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flow {
    /// `format=flowed`.
    pub flowed: bool,
    /// `delsp=yes`: the space that marks a soft break goes as well.
    pub delete_space: bool,
}

/// Reads a text file: a table where its lines are one, else text.
pub fn file(x: &mut Extraction, at: &At, bytes: &[u8]) -> Result<(), Why> {
    x.budget.bytes(0)?;
    let text = charset::decode(bytes, None);
    if csv::looks_like_table(&text) {
        return csv::table(x, at, &text);
    }
    if let Some(inner) = armoured(&text) {
        x.text(at, Kind::Attachment, text.replace(inner, ""))?;
        return Err(Why::Encrypted);
    }
    x.text(at, Kind::Attachment, text.into_owned())
}

/// Reads the text of a message's body.
pub fn body(x: &mut Extraction, at: &At, text: &str, flow: Flow) -> Result<(), Why> {
    let encrypted = armoured(text);
    for (kind, segment) in segments(text, flow) {
        x.text(at, kind, segment)?;
    }
    if encrypted.is_some() { Err(Why::Encrypted) } else { Ok(()) }
}

/// The OpenPGP message within a text (RFC 9580 section 6.2).
fn armoured(text: &str) -> Option<&str> {
    let from = memchr::memmem::find(text.as_bytes(), b"-----BEGIN PGP MESSAGE-----")?;
    let rest = text.get(from..)?;
    Some(rest.split_inclusive("-----END PGP MESSAGE-----").next().unwrap_or(rest))
}

/// Splits a text into the author's own words, quoted text without its marks, and quoted headers,
/// in their order.
pub fn segments(text: &str, flow: Flow) -> Vec<(Kind, String)> {
    let mut parts = Segments { size: text.len(), ..Segments::default() };
    let lines = Lines { rest: text };
    let mut header = HeaderBlock::default();
    // The rest of a paragraph that a soft break left open, and its quote depth.
    let mut open: Option<(usize, String)> = None;
    for line in lines {
        if !flow.flowed && header.lines.is_empty() && is_own_words(line) {
            parts.words(0, line);
            continue;
        }
        let (depth, content) = unquote(line, flow.flowed);
        let content: Cow<'_, str> = match open.take() {
            Some((d, start)) if d == depth => Cow::Owned(start + content),
            Some((d, start)) => {
                parts.line(d, &start, &mut header);
                Cow::Borrowed(content)
            }
            None => Cow::Borrowed(content),
        };
        if flow.flowed && content.ends_with(' ') && content != "-- " {
            let keep = if flow.delete_space { content.len() - 1 } else { content.len() };
            let mut start = content.into_owned();
            start.truncate(keep);
            open = Some((depth, start));
        } else {
            parts.line(depth, &content, &mut header);
        }
    }
    if let Some((depth, start)) = open {
        parts.line(depth, &start, &mut header);
    }
    parts.close_header(&mut header);
    parts.done
}

/// The lines of a text, without their ends (CRLF, LF or CR).
struct Lines<'a> {
    rest: &'a str,
}

impl<'a> Iterator for Lines<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        if self.rest.is_empty() {
            return None;
        }
        let end = memchr::memchr(b'\n', self.rest.as_bytes()).unwrap_or(self.rest.len());
        let line = &self.rest[..end];
        self.rest = self.rest.get(end + 1..).unwrap_or("");
        Some(line.strip_suffix('\r').unwrap_or(line))
    }
}

/// Whether the first byte of a line shows that it is neither quoted nor a field of a header. Most lines
/// are told so.
fn is_own_words(line: &str) -> bool {
    match line.as_bytes() {
        [] => true,
        [b' ' | b'\t' | b'>' | b'|' | b'*', ..] => false,
        // The fields that are looked for begin with one of these.
        [first, ..] if first.is_ascii() => !b"ftcsdbr".contains(&first.to_ascii_lowercase()),
        // Kana.
        [0xE3, 0x81..=0x83, ..] => true,
        _ => false,
    }
}

/// The quote depth of a line, and the line without its quote marks.
fn unquote(line: &str, flowed: bool) -> (usize, &str) {
    let mut rest = line;
    let mut depth = 0;
    loop {
        // Only mail programs that know format=flowed write the marks without spaces between.
        let candidate = if flowed { rest } else { rest.trim_start_matches([' ', '\t']) };
        let inner = candidate.strip_prefix('>').or_else(|| {
            let wide = candidate.strip_prefix('＞').filter(|_| !flowed);
            wide.or_else(|| candidate.strip_prefix("| ").filter(|_| !flowed))
        });
        match inner {
            Some(inner) => {
                depth += 1;
                rest = inner;
            }
            None => break,
        }
    }
    // One space is stuffing (RFC 3676 section 4.4) or follows the mark.
    if depth > 0 || flowed {
        rest = rest.strip_prefix(' ').unwrap_or(rest);
    }
    (depth, rest)
}

#[derive(Default)]
struct Segments {
    done: Vec<(Kind, String)>,
    /// The size of the whole text. Most are of one segment.
    size: usize,
    /// After a quoted header everything is the quoted message.
    after_header: bool,
}

/// Lines that look like a quoted header, kept until it is known whether they are one.
#[derive(Default)]
struct HeaderBlock {
    lines: Vec<(usize, String)>,
    fields: u32,
    has_address_field: bool,
}

impl Segments {
    fn line(&mut self, depth: usize, line: &str, header: &mut HeaderBlock) {
        if let Some(field) = header_field(line) {
            header.fields += 1;
            header.has_address_field |= field == Field::Address;
            header.lines.push((depth, line.to_string()));
            return;
        }
        if !header.lines.is_empty() {
            if continues(header, line) {
                header.lines.push((depth, line.to_string()));
                return;
            }
            self.close_header(header);
        }
        self.words(depth, line);
    }

    /// A line of words, one's own or quoted.
    fn words(&mut self, depth: usize, line: &str) {
        let quoted = depth > 0 || self.after_header;
        self.push(if quoted { Kind::Quoted } else { Kind::Body }, line);
    }

    /// Three fields, one of them with addresses, are a quoted header; fewer are words.
    fn close_header(&mut self, header: &mut HeaderBlock) {
        let block = std::mem::take(header);
        let is_header = block.fields >= 3 && block.has_address_field;
        for (depth, line) in &block.lines {
            let kind = match (is_header, *depth > 0 || self.after_header) {
                (true, _) => Kind::QuotedHeader,
                (false, true) => Kind::Quoted,
                (false, false) => Kind::Body,
            };
            self.push(kind, line);
        }
        self.after_header |= is_header;
    }

    fn push(&mut self, kind: Kind, line: &str) {
        // Where kinds change without end, the later ones are joined to the last of their kind.
        let reach = if self.done.len() < SEGMENTS { 1 } else { 4 };
        match self.done.iter_mut().rev().take(reach).find(|(k, _)| *k == kind) {
            Some((_, text)) => {
                text.push('\n');
                text.push_str(line);
            }
            _ => {
                let size = if self.done.is_empty() { self.size } else { line.len() };
                let mut text = String::with_capacity(size);
                text.push_str(line);
                self.done.push((kind, text));
            }
        }
    }
}

/// Whether a line that is no field belongs to the header above it: it is folded, or the list of
/// addresses goes on.
fn continues(header: &HeaderBlock, line: &str) -> bool {
    let Some((_, above)) = header.lines.last() else {
        return false;
    };
    let listed = above.trim_end().ends_with([',', ';', '、', '；']);
    let folded = line.starts_with([' ', '\t', '\u{3000}']) && !line.trim().is_empty();
    header.fields > 0 && (listed || folded) && header.lines.len() < 2000
}

#[derive(Clone, Copy, PartialEq)]
enum Field {
    Address,
    Other,
}

/// The field that a line of a quoted header begins with: `From:`, `*To:*`, `宛先：`, …
fn header_field(line: &str) -> Option<Field> {
    let line = line.trim_start_matches([' ', '\t', '*', '\u{3000}']);
    // Quick and usual: the line begins like none of them.
    let first = line.chars().next()?;
    if !matches!(
        first.to_ascii_lowercase(),
        'f' | 't' | 'c' | 's' | 'd' | 'b' | 'r' | '差' | '送' | '宛' | '件' | '日' | '題'
    ) {
        return None;
    }
    let mut end = None;
    for (i, c) in line.char_indices().take(16) {
        if matches!(c, ':' | '：') {
            end = Some(i);
            break;
        }
    }
    let name = line.get(..end?)?.trim_end_matches([' ', '*', '\u{3000}']);
    const ADDRESS: &[&str] =
        &["from", "to", "cc", "bcc", "reply-to", "差出人", "送信者", "送信元", "宛先", "送信先"];
    const OTHER: &[&str] = &["sent", "date", "subject", "送信日時", "日時", "日付", "件名", "題名", "送信日"];
    let is = |known: &[&str]| known.iter().any(|k| name.eq_ignore_ascii_case(k));
    if is(ADDRESS) {
        Some(Field::Address)
    } else if is(OTHER) {
        Some(Field::Other)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str) -> Vec<(Kind, String)> {
        segments(text, Flow::default())
    }

    #[test]
    fn quotes_lose_their_marks_and_keep_their_kind() {
        let got = split("はい。\r\n> 山田です\r\n>> 佐藤です\r\n＞ 全角\r\n以上\r\n");
        let want = vec![
            (Kind::Body, "はい。".to_string()),
            (Kind::Quoted, "山田です\n佐藤です\n全角".to_string()),
            (Kind::Body, "以上".to_string()),
        ];
        assert_eq!(got, want);
    }

    #[test]
    fn flowed_lines_join_within_their_depth() {
        let flow = Flow { flowed: true, delete_space: false };
        let got = segments("one \r\ntwo\r\n> quo \r\n> ted\r\n  stuffed\r\n-- \r\nme", flow);
        let want = vec![
            (Kind::Body, "one two".to_string()),
            (Kind::Quoted, "quo ted".to_string()),
            (Kind::Body, " stuffed\n-- \nme".to_string()),
        ];
        assert_eq!(got, want);
        let flow = Flow { flowed: true, delete_space: true };
        assert_eq!(segments("東京都 \r\n千代田区", flow)[0].1, "東京都千代田区");
    }

    #[test]
    fn quoted_headers_are_recognised_and_the_rest_is_quoted() {
        let text = "転送します。\n\n-----Original Message-----\n差出人: 佐藤 <sato@example.com>\n\
                    送信日時: 2026年1月1日\n宛先: a@example.jp; b@example.jp;\n c@example.jp\n件名: 名簿\n\n本文\n";
        let got = split(text);
        assert_eq!(got[0].0, Kind::Body);
        assert_eq!(got[1].0, Kind::QuotedHeader);
        assert!(got[1].1.contains("c@example.jp"));
        assert_eq!((got[2].0, got[2].1.trim()), (Kind::Quoted, "本文"));
        // Two lines that merely look like fields are words.
        assert_eq!(split("To: you\nDate: today\nhello").len(), 1);
    }
}
