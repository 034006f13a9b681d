//! Messages: the top one and those attached. Bodies are read from their bytes again, because what
//! a label says of them is not always so; everything else is a file.

use std::borrow::Cow;

use mail_parser::{HeaderName, HeaderValue, Message, MessageParser, MessagePart, MimeHeaders, PartType};

use super::alternative::{self, Reading};
use super::extraction::{At, Extraction};
use super::plain::Flow;
use super::transfer::{self, Transfer};
use super::{Kind, Limit, PartInfo, Type, Why, charset, html, multipart_margins, plain};

/// Messages within messages that the parser is given; it is not asked to go deeper.
const NESTED: usize = 500;

/// Reads the whole message that a mail is.
pub fn whole(x: &mut Extraction, at: &At, raw: &[u8]) {
    if let Some(one) = OneText::of(raw) {
        return one.read(x, at);
    }
    match MessageParser::default().parse(raw) {
        Some(parsed) => message(x, at, &parsed),
        // The parser takes anything but nothing; what it refuses is not taken for read.
        None => x.uninspected(&at.named("message"), Why::Broken),
    }
}

/// A message that is one text and nothing else, as most are. Its header alone is given to the parser,
/// which would decode the text once for itself and in vain.
struct OneText<'m> {
    header: Message<'m>,
    body: &'m [u8],
}

impl<'m> OneText<'m> {
    /// None where the message is not surely one text, or its header does not end where it seems to.
    fn of(raw: &'m [u8]) -> Option<Self> {
        let line_ends = memchr::memchr_iter(b'\n', raw).map(|at| at + 1);
        let end = line_ends.map_while(|next| Some((next, raw.get(next..)?))).find_map(|(next, rest)| {
            let blank = [&b"\r\n"[..], b"\n"].into_iter().find(|b| rest.starts_with(b))?;
            Some(next + blank.len())
        })?;
        let header = MessageParser::default().parse(&raw[..end])?;
        let [part] = header.parts.as_slice() else {
            return None;
        };
        let is_text = part.content_type().is_none_or(|c| c.ctype() == "text");
        let is_whole = part.offset_body as usize == end && !part.is_encoding_problem;
        (is_text && is_whole).then(|| OneText { body: &raw[end..], header })
    }

    fn read(&self, x: &mut Extraction, at: &At) {
        x.guarded(at, |x| header(x, &at.named("header"), &self.header, at.depth > 0));
        for part in &self.header.parts {
            let name = file_name(self.header.raw_message(), part);
            read_part(x, at, part, name.as_deref(), || encoding_of(part).decode(self.body));
        }
    }
}

/// Reads a message's header, bodies and attachments.
pub fn message(x: &mut Extraction, at: &At, message: &Message<'_>) {
    x.guarded(at, |x| header(x, &at.named("header"), message, at.depth > 0));
    let mut readings = vec![None; message.parts.len()];
    for (id, part) in message.parts.iter().enumerate() {
        if x.budget.parts_spent() {
            return;
        }
        let (texts, tables) = (x.out.texts.len(), x.out.tables.len());
        let name = file_name(message.raw_message(), part);
        if read_part(x, at, part, name.as_deref(), || bytes_of(message, part)) {
            let texts = texts..x.out.texts.len();
            readings[id] = Some(Reading { texts, tables: tables..x.out.tables.len() });
        }
    }
    alternatives(x, message, &readings);
    multipart_margins::read(x, at, message);
}

/// Compares the readings of each multipart/alternative.
fn alternatives(x: &mut Extraction, message: &Message<'_>, readings: &[Option<Reading>]) {
    for part in &message.parts {
        let PartType::Multipart(children) = &part.body else {
            continue;
        };
        let subtype = part.content_type().and_then(|c| c.subtype()).unwrap_or("");
        if !subtype.eq_ignore_ascii_case("alternative") {
            continue;
        }
        let (mut plain, mut page) = (None, None);
        for child in children.iter().map(|c| *c as usize) {
            match message.parts.get(child).map(|p| &p.body) {
                Some(PartType::Text(_)) => plain = readings.get(child),
                Some(PartType::Html(_)) => page = readings.get(child),
                // The HTML with its pictures is one more level in.
                Some(PartType::Multipart(inner)) => {
                    let html = inner
                        .iter()
                        .map(|c| *c as usize)
                        .find(|c| matches!(message.parts.get(*c).map(|p| &p.body), Some(PartType::Html(_))));
                    page = html.and_then(|c| readings.get(c)).or(page);
                }
                _ => {}
            }
        }
        if let (Some(Some(plain)), Some(Some(page))) = (plain, page) {
            alternative::drop_repetition(&mut x.out, plain, page);
        }
    }
}

/// The subject; of an attached message also who it is from and to, for others may read it.
fn header(x: &mut Extraction, at: &At, message: &Message<'_>, attached: bool) -> Result<(), Why> {
    let mut text = String::new();
    for field in message.parts.first().map_or(&[][..], |p| &p.headers) {
        let wanted = match &field.name {
            HeaderName::Subject => true,
            HeaderName::From | HeaderName::To | HeaderName::Cc | HeaderName::Bcc => attached,
            HeaderName::ReplyTo | HeaderName::Sender | HeaderName::Date => attached,
            _ => false,
        };
        if !wanted {
            continue;
        }
        if attached {
            text.push_str(field.name.as_str());
            text.push_str(": ");
        }
        match &field.value {
            HeaderValue::Text(value) => text.push_str(value),
            HeaderValue::TextList(list) => text.push_str(&list.join(", ")),
            HeaderValue::Address(list) => {
                for one in list.iter() {
                    let (name, address) = (one.name.as_deref(), one.address.as_deref());
                    text.push_str(&format!("{} <{}>, ", name.unwrap_or(""), address.unwrap_or("")));
                }
            }
            HeaderValue::DateTime(date) => text.push_str(&date.to_rfc822()),
            _ => {}
        }
        text.push('\n');
    }
    x.text(at, Kind::Header, text)
}

/// Reads one part, whose decoded bytes `bytes` gives. True where it was a body, of which there may be
/// another reading.
fn read_part<'b>(
    x: &mut Extraction,
    at: &At,
    part: &MessagePart<'_>,
    name: Option<&str>,
    bytes: impl FnOnce() -> Cow<'b, [u8]>,
) -> bool {
    let declared = part.content_type().map(|c| {
        let whole = format!("{}/{}", c.ctype(), c.subtype().unwrap_or("*"));
        whole.to_ascii_lowercase()
    });
    let kind = declared.as_deref().unwrap_or("text/plain");
    if kind == "message/partial" || kind == "message/external-body" {
        x.uninspected(&at.named(name.unwrap_or(kind)), Why::Partial);
        return false;
    }
    match &part.body {
        PartType::Multipart(_) => false,
        PartType::Message(inner) => {
            attached(x, at, part, name, declared.as_deref(), inner);
            false
        }
        _ => {
            let bytes = bytes();
            let attachment = part.content_disposition().is_some_and(|d| d.is_attachment());
            let body = matches!(kind, "text/plain" | "text/html") && !attachment && name.is_none();
            if body {
                body_part(x, at, part, kind, &bytes);
            } else {
                x.file(at, name, declared.as_deref(), &bytes);
            }
            body
        }
    }
}

/// The file name of a part. White space between encoded words is no part of it (RFC 2047 section 6.2), which
/// the parser leaves in where the name goes over several lines.
fn file_name<'p>(raw: &[u8], part: &'p MessagePart<'_>) -> Option<Cow<'p, str>> {
    let name = part.attachment_name()?;
    for header in &part.headers {
        let is_named = matches!(header.name, HeaderName::ContentDisposition | HeaderName::ContentType);
        let value = raw.get(header.offset_start as usize..header.offset_end as usize).unwrap_or_default();
        let Some(joined) = is_named.then(|| without_joints(value)).flatten() else {
            continue;
        };
        let header = [b"Content-Disposition: attachment;", &joined[..], b"\r\n\r\n"].concat();
        let parsed = MessageParser::default().parse_headers(&header[..])?;
        let again = parsed.parts.first().and_then(|p| p.attachment_name()).map(str::to_string);
        if let Some(again) = again {
            return Some(Cow::Owned(again));
        }
    }
    Some(Cow::Borrowed(name))
}

/// The parameter `filename` or `name` with nothing between its encoded words; none where nothing is there.
fn without_joints(value: &[u8]) -> Option<Vec<u8>> {
    let lower = value.to_ascii_lowercase();
    let at = memchr::memmem::find(&lower, b"name=\"=?")?;
    let words = value.get(at + b"name=".len()..)?;
    let end = 1 + memchr::memchr(b'"', words.get(1..)?)?;
    let mut out = b" filename=".to_vec();
    let mut rest = &words[..=end];
    let mut joints = 0;
    while let Some(close) = memchr::memmem::find(rest, b"?=") {
        let (word, after) = rest.split_at(close + 2);
        out.extend_from_slice(word);
        let blank = after.len() - after.trim_ascii_start().len();
        let joint = blank > 0 && after[blank..].starts_with(b"=?");
        joints += usize::from(joint);
        rest = if joint { &after[blank..] } else { after };
    }
    out.extend_from_slice(rest);
    (joints > 0).then_some(out)
}

/// A message attached as such.
fn attached(
    x: &mut Extraction,
    at: &At,
    part: &MessagePart<'_>,
    file_name: Option<&str>,
    declared: Option<&str>,
    inner: &Message<'_>,
) {
    let name = file_name.or_else(|| inner.subject()).unwrap_or("message");
    let name: String = name.chars().filter(|c| !c.is_control()).take(100).collect();
    let at = at.named(&name).inner();
    if let Err(why) = x.budget.part(at.depth) {
        x.uninspected(&at, why);
        return;
    }
    x.out.parts.push(PartInfo {
        path: at.path.clone(),
        name: file_name.map(str::to_string),
        real: Type::Mail,
        declared: declared.map(str::to_string),
        size: u64::from(part.offset_end.saturating_sub(part.offset_body)),
        mismatch: false,
    });
    message(x, &at, inner);
}

/// The decoded bytes of a part. The parser's own are taken where it had no trouble with them and
/// did not make text of them.
fn bytes_of<'m>(message: &'m Message<'_>, part: &'m MessagePart<'_>) -> Cow<'m, [u8]> {
    if let (PartType::Binary(bytes) | PartType::InlineBinary(bytes), false) =
        (&part.body, part.is_encoding_problem)
    {
        return Cow::Borrowed(bytes);
    }
    let range = part.offset_body as usize..part.offset_end as usize;
    let raw = message.raw_message.get(range).unwrap_or_default();
    encoding_of(part).decode(raw)
}

fn encoding_of(part: &MessagePart<'_>) -> Transfer {
    part.content_transfer_encoding().map_or(Transfer::Identity, Transfer::of)
}

fn body_part(x: &mut Extraction, at: &At, part: &MessagePart<'_>, kind: &str, bytes: &[u8]) {
    let at = at.named("body");
    let content_type = part.content_type();
    let label = content_type.and_then(|c| c.attribute("charset"));
    if let Err(why) = x.budget.part(at.depth) {
        x.uninspected(&at, why);
        return;
    }
    if kind == "text/html" {
        x.guarded(&at, |x| html::body(x, &at, bytes, label));
        return;
    }
    let is = |name: &str, value: &str| {
        let said = content_type.and_then(|c| c.attribute(name));
        said.is_some_and(|s| s.eq_ignore_ascii_case(value))
    };
    let flow = Flow { flowed: is("format", "flowed"), delete_space: is("delsp", "yes") };
    let text = charset::decode(bytes, label);
    let text = without_uuencoded(x, &at, text);
    x.guarded(&at, |x| plain::body(x, &at, &text, flow));
}

/// Takes the files that stand uuencoded in a text out of it, and reads them.
fn without_uuencoded<'t>(x: &mut Extraction, at: &At, text: Cow<'t, str>) -> Cow<'t, str> {
    let Some(mut next) = transfer::uuencoded(&text, 0) else {
        return text;
    };
    let mut rest = String::new();
    let mut done = 0;
    loop {
        rest.push_str(&text[done..next.from]);
        x.file(&at.inner(), Some(&next.name), None, &next.content);
        done = next.to;
        match transfer::uuencoded(&text, done) {
            Some(found) if !x.budget.parts_spent() => next = found,
            _ => break,
        }
    }
    rest.push_str(&text[done..]);
    Cow::Owned(rest)
}

/// Reads a file that is a message.
pub fn file(x: &mut Extraction, at: &At, bytes: &[u8]) -> Result<(), Why> {
    if nested(bytes) > NESTED {
        return Err(Why::OverLimit(Limit::Depth));
    }
    let parsed = MessageParser::default().parse(bytes).ok_or(Why::Broken)?;
    message(x, &at.inner(), &parsed);
    Ok(())
}

/// How many message types the bytes name: the parser's memory of nested messages is as deep.
fn nested(bytes: &[u8]) -> usize {
    let slashes = memchr::memchr_iter(b'/', bytes);
    slashes
        .filter(|i| {
            i.checked_sub(7)
                .and_then(|s| bytes.get(s..*i))
                .is_some_and(|w| w.eq_ignore_ascii_case(b"message"))
        })
        .count()
}

/// Reads a mailbox file (RFC 4155): messages, each after a `From ` line.
pub fn mbox(x: &mut Extraction, at: &At, bytes: &[u8]) -> Result<(), Why> {
    let mut starts: Vec<usize> = memchr::memmem::find_iter(bytes, b"\nFrom ").map(|i| i + 1).collect();
    starts.insert(0, 0);
    starts.push(bytes.len());
    for (i, pair) in starts.windows(2).enumerate() {
        let one = &bytes[pair[0]..pair[1]];
        let after_line = memchr::memchr(b'\n', one).map_or(one.len(), |e| e + 1);
        let name = format!("{}.eml", i + 1);
        x.file(&at.inner(), Some(&name), Some("message/rfc822"), &one[after_line..]);
        if x.budget.parts_spent() {
            break;
        }
    }
    Ok(())
}

/// Reads what an S/MIME signature carries within it (RFC 8551 section 3.5.2); a detached one
/// carries nothing.
pub fn signed(x: &mut Extraction, at: &At, bytes: &[u8]) -> Result<(), Why> {
    const DATA: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01";
    let Some(found) = memchr::memmem::find(bytes, DATA) else {
        return Ok(());
    };
    let after = bytes.get(found + DATA.len()..).unwrap_or_default();
    if after.first() != Some(&0xa0) {
        return Ok(());
    }
    let (inner, _) = der(after).ok_or(Why::Broken)?;
    let content = octets(inner).ok_or(Why::Broken)?;
    x.budget.bytes(content.len())?;
    x.file(&at.inner(), Some("signed.eml"), Some("message/rfc822"), &content);
    Ok(())
}

/// The content of the DER or BER element that `bytes` begin with, and what follows it. One of
/// indefinite length takes all there is.
fn der(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let first = *bytes.get(1)?;
    if first == 0x80 {
        return Some((bytes.get(2..)?, &[]));
    }
    let (length, start) = if first < 0x80 {
        (usize::from(first), 2)
    } else {
        let count = usize::from(first & 0x7f);
        let digits = bytes.get(2..2 + count).filter(|d| d.len() <= 4)?;
        (digits.iter().fold(0, |n, b| n << 8 | usize::from(*b)), 2 + count)
    };
    Some((bytes.get(start..start.checked_add(length)?)?, bytes.get(start + length..)?))
}

/// An octet string, in one piece or in several.
fn octets(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let mut rest = bytes;
    if bytes.first() == Some(&0x24) {
        rest = der(bytes)?.0;
    }
    while rest.first() == Some(&0x04) {
        let (piece, after) = der(rest)?;
        out.extend_from_slice(piece);
        rest = after;
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::super::Limits;
    use super::*;
    use proptest::prelude::*;

    /// What the parser makes of the whole, as for messages of several parts.
    fn by_the_parser(raw: &[u8]) -> super::super::Content {
        let mut x = Extraction::new(&Limits::default());
        if let Some(parsed) = MessageParser::default().parse(raw) {
            message(&mut x, &At::top(), &parsed);
        } else {
            x.uninspected(&At::top().named("message"), Why::Broken);
        }
        x.finish()
    }

    #[test]
    fn one_text_is_told_from_what_is_more() {
        let is = |raw: &str| OneText::of(raw.as_bytes()).is_some();
        assert!(is("Subject: x\r\n\r\nbody") && is("A: b\n\n") && is("Content-Type: TEXT/html\r\n\r\n x"));
        assert!(!is("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b--\r\n"));
        assert!(!is("Content-Type: message/rfc822\r\n\r\nSubject: y\r\n\r\nz"));
        assert!(!is("Content-Type: image/png\r\n\r\nz") && !is("Subject: x\r\n") && !is("\r\nbody"));
    }

    proptest! {
        /// The short way reads what the long way reads.
        #[test]
        fn one_text_reads_as_the_whole_does(
            fields in prop::collection::vec(prop::sample::select(vec![
                "Subject: =?UTF-8?B?5bGx?= x", "From: \"a, b\" <a@example.com>", "no colon", "X-Long: a\r\n b",
                "Content-Type: text/plain; charset=shift_jis", "Content-Type: text/html", "Content-Type: text/csv",
                "Content-Type: text/plain; name=a.csv; format=flowed", "Content-Type: multipart/mixed",
                "Content-Type: message/rfc822", "Content-Disposition: attachment; filename=\"b.txt\"",
                "Content-Transfer-Encoding: base64", "Content-Transfer-Encoding: quoted-printable", "Cc: (",
            ]), 0..5),
            body in prop::collection::vec(prop::sample::select(vec![
                "\r\n", " ", "text", "=E5=B1=B1", "=", "5bGx", "--", "> a", "<p>b</p>", "\u{5c71}", ",", "To: x", "\n", "-- ",
            ]), 0..12),
            line_end in prop::sample::select(vec!["\r\n", "\n"]),
        ) {
            let head: String = fields.iter().map(|f| format!("{f}{line_end}")).collect();
            let raw = format!("{head}{line_end}{}", body.concat());
            let mut x = Extraction::new(&Limits::default());
            whole(&mut x, &At::top(), raw.as_bytes());
            prop_assert_eq!(x.finish(), by_the_parser(raw.as_bytes()));
        }
    }
}
