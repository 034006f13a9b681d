//! Taking attachments out of a message: each gives way to a short note in its place, and every other byte
//! stays. The result is read again and proven before it is anybody's to send.

use std::collections::HashSet;
use std::ops::Range;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::super::defects::Defect;
use super::super::part::Source;
use super::super::{Limits, Mail, Part, read, words};
use super::{BODY, RewriteFailed, Rewritten, Why};

/// What stands in the place of a file. It does not name the file: the name may be what must not leave.
const NOTE: &str = "添付ファイルは送信前に取り除かれました。\r\n\
                    An attachment was removed before this message was sent.\r\n";
/// Where two readers divide a message differently, a part taken out for one may be there for the other.
const AMBIGUOUS: &[Defect] = &[
    Defect::DuplicateContentType,
    Defect::DuplicateBoundary,
    Defect::BoundaryAfterClose,
    Defect::BoundaryWithJunk,
    Defect::EncodedMultipart,
    Defect::TooDeep,
    Defect::TooManyParts,
];
/// A shorter name is found by chance.
const SHORTEST_NAME: usize = 5;
/// The fields of a part that may name a file (RFC 2045 section 8, RFC 2183, RFC 2557).
const NAMING: &[&str] = &["content-type", "content-disposition", "content-description", "content-location"];
/// Fields in which people write what they like, file names too.
const FREE: &[&str] = &["subject", "thread-topic", "comments", "keywords", "references", "in-reply-to"];

/// Takes the attachments with these numbers ([`Part::number`]) out. A short note stands in the place of
/// each; all other parts, boundaries and fields stay byte for byte, which is proven.
///
/// # Errors
/// A number that is no attachment's, a file that is the whole message, a message whose signature or
/// encryption it would break, one that two readers take apart differently, or one that still shows what was
/// taken out.
pub fn without_attachments(mail: &Mail<'_>, numbers: &[String]) -> Result<Rewritten, RewriteFailed> {
    if mail.header_cut() {
        return Err(RewriteFailed::HeaderTooLarge);
    }
    if mail.signed() || mail.encrypted() {
        return Err(RewriteFailed::Sealed);
    }
    if mail.defects.iter().any(|d| AMBIGUOUS.contains(d)) {
        return Err(RewriteFailed::Ambiguous);
    }
    let roots = chosen(mail, numbers)?;
    let mut bytes = Vec::with_capacity(mail.raw.len());
    let mut copied = 0;
    for index in &roots {
        let part = &mail.parts[*index];
        bytes.extend_from_slice(mail.raw.get(copied..part.header.start).ok_or(RewriteFailed::Ambiguous)?);
        let (header, body) = note(part);
        bytes.extend_from_slice(&header);
        bytes.extend_from_slice(&body);
        copied = part.body.end;
    }
    bytes.extend_from_slice(mail.raw.get(copied..).ok_or(RewriteFailed::Ambiguous)?);
    prove(mail, &bytes, &roots)?;
    let changed = if roots.is_empty() { Vec::new() } else { vec![BODY.to_string()] };
    Ok(Rewritten { bytes, changed, hiding: Default::default() })
}

/// The parts that go, in the order of the text; those within another that goes are left out.
fn chosen(mail: &Mail<'_>, numbers: &[String]) -> Result<Vec<usize>, RewriteFailed> {
    let listed: HashSet<&str> = mail.attachments().iter().map(|p| p.number.as_str()).collect();
    let mut roots = Vec::new();
    for number in numbers {
        let number = number.trim();
        let mut found = (0..mail.parts.len()).filter(|i| mail.parts[*i].number == number);
        let index = match (found.next(), found.next()) {
            (Some(0), _) => return Err(RewriteFailed::WholeMessage),
            (Some(index), None) if listed.contains(number) => index,
            (Some(_), Some(_)) => return Err(RewriteFailed::Ambiguous),
            _ => return Err(RewriteFailed::NoSuchAttachment(number.to_string())),
        };
        may_go(mail, index)?;
        if !roots.contains(&index) {
            roots.push(index);
        }
    }
    let all = roots.clone();
    roots.retain(|i| !above(mail, *i).any(|p| all.contains(&p)));
    roots.sort_by_key(|i| mail.parts[*i].header.start);
    Ok(roots)
}

/// Whether a note may stand in a part's place.
fn may_go(mail: &Mail<'_>, index: usize) -> Result<(), RewriteFailed> {
    let part = &mail.parts[index];
    if matches!(part.source, Source::Decoded(_)) {
        return Err(RewriteFailed::WithinEncoded(part.number.clone()));
    }
    let sealing =
        |i: usize| matches!(mail.parts[i].media_type.as_str(), "multipart/signed" | "multipart/encrypted");
    if above(mail, index).any(sealing) {
        return Err(RewriteFailed::Sealed);
    }
    // Readers show the last alternative that they can; the note would take the place of the text.
    if part.parent.is_some_and(|p| mail.parts[p].media_type == "multipart/alternative") {
        return Err(RewriteFailed::Alternative(part.number.clone()));
    }
    Ok(())
}

/// The parts that a part stands in, from the inside out.
fn above<'m>(mail: &'m Mail<'_>, index: usize) -> impl Iterator<Item = usize> + 'm {
    std::iter::successors(mail.parts[index].parent, |i| mail.parts[*i].parent)
}

/// The header, with its empty line, and the body of what stands in a part's place.
fn note(part: &Part<'_>) -> (Vec<u8>, Vec<u8>) {
    let end = if memchr::memmem::find(part.header(), b"\r\n").is_some() { "\r\n" } else { "\n" };
    let encoded = STANDARD.encode(NOTE);
    // Lines of 76 characters (RFC 2045 section 6.8).
    let body = encoded.as_bytes().chunks(76).collect::<Vec<_>>().join(end.as_bytes());
    let header = format!(
        "Content-Type: text/plain; charset=utf-8{end}Content-Transfer-Encoding: base64{end}\
         Content-Disposition: inline{end}{end}"
    );
    (header.into_bytes(), body)
}

/// Reads the result anew: in the place of each part that went stands the note, all else is what and where
/// it was, and neither the content nor the name of what went is left in another part.
fn prove(mail: &Mail<'_>, bytes: &[u8], roots: &[usize]) -> Result<(), Why> {
    let new = read(bytes, &Limits::default());
    let (mut kept, mut gone) = (Vec::new(), Vec::new());
    for index in 0..mail.parts.len() {
        let within = roots.contains(&index) || above(mail, index).any(|i| roots.contains(&i));
        if within { gone.push(index) } else { kept.push(index) }
    }
    let mut places: Vec<usize> = kept.iter().chain(roots).copied().collect();
    places.sort_unstable();
    if new.parts.len() != places.len() {
        return Err(Why::PartsChanged);
    }
    for (index, now) in places.iter().zip(&new.parts) {
        let was = &mail.parts[*index];
        let same = if roots.contains(index) {
            let (header, body) = note(was);
            now.leaf && now.header() == header && now.raw() == body
        } else {
            now.header() == was.header() && (!was.leaf || now.raw() == was.raw())
        };
        if !same || now.number != was.number {
            return Err(Why::PartsChanged);
        }
    }
    let old_spans: Vec<Range<usize>> = roots.iter().map(|i| span(&mail.parts[*i])).collect();
    let new_spans: Vec<Range<usize>> = places
        .iter()
        .zip(&new.parts)
        .filter(|(index, _)| roots.contains(index))
        .map(|(_, now)| span(now))
        .collect();
    if between(mail.raw, old_spans) != between(bytes, new_spans) {
        return Err(Why::PartsChanged);
    }
    nothing_left(mail, &kept, &gone)
}

fn span(part: &Part<'_>) -> Range<usize> {
    part.header.start..part.body.end
}

/// What stands between spans.
fn between(bytes: &[u8], spans: Vec<Range<usize>>) -> Vec<u8> {
    let mut rest = Vec::with_capacity(bytes.len());
    let mut from = 0;
    for span in spans {
        rest.extend_from_slice(bytes.get(from..span.start).unwrap_or_default());
        from = span.end;
    }
    rest.extend_from_slice(bytes.get(from..).unwrap_or_default());
    rest
}

/// Whether what went is attached a second time, or its name is left in a header.
fn nothing_left(mail: &Mail<'_>, kept: &[usize], gone: &[usize]) -> Result<(), Why> {
    let hash = |i: &usize| -> Option<[u8; 32]> {
        let bytes = mail.parts[*i].bytes();
        (mail.parts[*i].leaf && !bytes.trim_ascii().is_empty()).then(|| Sha256::digest(&bytes).into())
    };
    let contents: HashSet<[u8; 32]> = gone.iter().filter_map(hash).collect();
    let listed: HashSet<&str> = mail.attachments().iter().map(|p| p.number.as_str()).collect();
    let attachment = |i: &&usize| listed.contains(mail.parts[**i].number.as_str());
    if let Some(twin) =
        kept.iter().filter(attachment).find(|i| hash(i).is_some_and(|h| contents.contains(&h)))
    {
        return Err(Why::AttachedTwice(mail.parts[*twin].number.clone()));
    }
    let names: HashSet<&str> = gone
        .iter()
        .flat_map(|i| [&mail.parts[*i].file_name, &mail.parts[*i].other_name])
        .filter_map(|n| n.as_deref())
        .filter(|n| n.chars().count() >= SHORTEST_NAME)
        .collect();
    let shows = |text: String| names.iter().any(|name| text.contains(name));
    let decoded = |bytes: &[u8]| words::decode(bytes, bytes.len());
    let in_parts = kept.iter().filter(|i| **i != 0 && !attachment(i)).any(|i| {
        let mut fields = NAMING.iter().filter_map(|name| mail.parts[*i].field(name));
        fields.any(|value| shows(decoded(value)))
    });
    let in_header = mail
        .fields
        .iter()
        .filter(|f| !FREE.iter().any(|free| f.name.eq_ignore_ascii_case(free.as_bytes())))
        .any(|f| shows(decoded(f.value)));
    if in_parts || in_header { Err(Why::NameLeft) } else { Ok(()) }
}

#[cfg(test)]
mod tests;
