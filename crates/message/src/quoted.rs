//! Recipients that stand inside a message: in the headers of quoted originals (`To: …`, `宛先: …`)
//! and in the attendee lines of calendar parts (RFC 5545 section 3.8.4.1).

use std::borrow::Cow;
use std::collections::HashSet;

use super::address::{Address, extract};
use super::words::nfkc;
use super::{Mail, Nested, Seen, Slot, html};

/// What is beyond this many characters of one part is not searched.
const MAX_TEXT: usize = 2_000_000;
const MAX_ADDRESSES: usize = 10_000;
const MAX_BLOCKS: usize = 1_000;
/// A longer beginning of a line is no label.
const MAX_LABEL: usize = 24;

/// The header blocks of quoted originals in the texts.
pub(super) fn quoted(mail: &Mail<'_>) -> Vec<Nested> {
    let mut blocks = Vec::new();
    for (index, part) in mail.parts.iter().enumerate().filter(|(_, p)| p.is_body_text()) {
        // Most texts quote nobody; the sign of an address is quickly looked for.
        let text = part.text(MAX_TEXT);
        let text = if part.media_type == "text/html" { Cow::Owned(html::lines(&text)) } else { text };
        if has_at_sign(&text) {
            Blocks { part: index, open: None, slot: None, found: &mut blocks }.read(&text);
        }
    }
    blocks
}

/// The header blocks in a text that is no part of the message: a mail saved as text, a mailbox, what was read
/// of an attached message.
pub fn quoted_in(text: &str) -> Vec<Nested> {
    let mut blocks = Vec::new();
    if has_at_sign(text) {
        let text = &text[..super::words::end_of(text, MAX_TEXT)];
        Blocks { part: 0, open: None, slot: None, found: &mut blocks }.read(text);
    }
    blocks
}

/// Whether there is an `@`, or the wide one of Japanese input.
fn has_at_sign(text: &str) -> bool {
    let text = text.as_bytes();
    memchr::memchr(b'@', text).is_some() || memchr::memmem::find(text, "＠".as_bytes()).is_some()
}

/// The attendees of calendar parts.
pub(super) fn attendees(mail: &Mail<'_>) -> Vec<Nested> {
    let mut found = Vec::new();
    for (index, part) in mail.parts.iter().enumerate().filter(|(_, p)| p.leaf) {
        let file = part.file_name.as_deref().and_then(super::part::extension);
        if part.media_type != "text/calendar"
            && part.media_type != "application/ics"
            && file.as_deref() != Some("ics")
        {
            continue;
        }
        let text = part.text(MAX_TEXT).replace("\r\n", "\n").replace("\n ", "").replace("\n\t", "");
        let mut nested = Nested { part: index, subject: String::new(), addresses: Vec::new() };
        let mut keys = HashSet::new();
        for line in text.lines() {
            let end = line.find([';', ':']).unwrap_or(line.len());
            match line[..end].to_ascii_uppercase().as_str() {
                "ATTENDEE" => add(&mut nested, Slot::To, value_of(line), &mut keys),
                "SUMMARY" if nested.subject.is_empty() => {
                    nested.subject = line[end..].trim_start_matches([';', ':']).chars().take(1_000).collect();
                }
                _ => {}
            }
        }
        if !nested.addresses.is_empty() {
            found.push(nested);
        }
    }
    found
}

/// What stands behind the colon that ends a content line's parameters; colons within quotes do not
/// (RFC 5545 section 3.1). `CN=a@example.com` names somebody and is no address of the line.
fn value_of(line: &str) -> &str {
    let mut quoted = false;
    let colon = line.find(|c| {
        quoted ^= c == '"';
        c == ':' && !quoted
    });
    colon.map_or("", |at| &line[at + 1..])
}

fn add(nested: &mut Nested, slot: Slot, text: &str, keys: &mut HashSet<String>) {
    let room = MAX_ADDRESSES.saturating_sub(nested.addresses.len());
    let new = extract(text, false, room).into_iter().filter(|a: &Address| keys.insert(a.key()));
    nested.addresses.extend(new.map(|address| Seen { slot, address, shown_only: true }));
}

/// What a line's label says.
#[derive(Clone, Copy, PartialEq)]
enum Label {
    To,
    Cc,
    /// A quoted header usually begins with it.
    From,
    Subject,
    Other,
}

/// A block that is being read, and the addresses in it.
struct QuotedOpen {
    nested: Nested,
    keys: HashSet<String>,
}

struct Blocks<'m> {
    part: usize,
    open: Option<QuotedOpen>,
    /// The list that the next line may go on with.
    slot: Option<Slot>,
    found: &'m mut Vec<Nested>,
}

impl Blocks<'_> {
    fn read(&mut self, text: &str) {
        for line in text.lines() {
            if self.found.len() >= MAX_BLOCKS {
                return;
            }
            let line = line.trim_matches(|c: char| c.is_whitespace() || ">|＞*".contains(c));
            match label(line) {
                Some((label, rest)) => self.labelled(label, rest),
                None if line.is_empty() => self.slot = None,
                None => match (&mut self.open, self.slot) {
                    (Some(open), Some(slot)) if line.contains(['@', '＠']) => {
                        add(&mut open.nested, slot, line, &mut open.keys);
                    }
                    _ => self.close(),
                },
            }
        }
        self.close();
    }

    fn labelled(&mut self, label: Label, rest: &str) {
        if label == Label::From && self.open.as_ref().is_some_and(|o| !o.nested.addresses.is_empty()) {
            self.close();
        }
        let part = self.part;
        let open = self.open.get_or_insert_with(|| QuotedOpen {
            nested: Nested { part, subject: String::new(), addresses: Vec::new() },
            keys: HashSet::new(),
        });
        self.slot = match label {
            Label::To => Some(Slot::To),
            Label::Cc => Some(Slot::Cc),
            _ => None,
        };
        if let Some(slot) = self.slot {
            add(&mut open.nested, slot, rest, &mut open.keys);
        }
        if label == Label::Subject {
            open.nested.subject = rest.trim().chars().take(1_000).collect();
        }
    }

    fn close(&mut self) {
        self.slot = None;
        if let Some(open) = self.open.take().filter(|o| !o.nested.addresses.is_empty()) {
            self.found.push(open.nested);
        }
    }
}

/// The label at the beginning of a line, and what stands behind its colon.
fn label(line: &str) -> Option<(Label, &str)> {
    let (at, colon) = line.char_indices().take(MAX_LABEL).find(|(_, c)| matches!(c, ':' | '：'))?;
    let rest = &line[at + colon.len_utf8()..];
    let text: String = nfkc(&line[..at])
        .chars()
        .flat_map(char::to_lowercase)
        .filter(|c| !c.is_whitespace() && *c != '*')
        .collect();
    let label = match text.as_str() {
        "to" | "宛先" | "宛て先" | "あて先" | "送信先" | "受信者" | "收件人" | "받는사람" | "an" | "à"
        | "para" => Label::To,
        "cc" | "bcc" | "カーボンコピー" | "写し" | "抄送" | "참조" => Label::Cc,
        "from" | "差出人" | "送信者" | "送信元" | "发件人" | "보낸사람" | "von" | "de" => {
            Label::From
        }
        "subject" | "件名" | "題名" | "主题" | "제목" | "betreff" => Label::Subject,
        "sent" | "date" | "送信日時" | "日時" | "日付" | "受信日時" | "reply-to" | "返信先"
        | "importance" | "重要度" | "優先度" | "attachments" | "添付ファイル" | "添付" | "发送时间"
        | "gesendet" | "datum" => Label::Other,
        // Another field of a mail that was saved as text: Message-ID, MIME-Version, X-Mailer.
        name if name.contains('-') && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') => {
            Label::Other
        }
        "received" => Label::Other,
        _ => return None,
    };
    Some((label, rest.trim_start_matches('*')))
}
