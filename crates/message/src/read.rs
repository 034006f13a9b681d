//! Reading a message whole: lines, header, addresses, MIME parts, and what is wrong in the leaves.

use super::defects::{Defect, Defects, Uninspected, WhyNot};
use super::header::{self, Header, MimeFields};
use super::limits::Limits;
use super::part::{Encoding, Part};
use super::{Field, Mail, Seen, Slot, addresses, decode, mime};

/// Reads a message. Any bytes give a [`Mail`]; it takes time and memory linear in their length.
pub fn read<'x>(raw: &'x [u8], limits: &Limits) -> Mail<'x> {
    let mut defects = Defects::default();
    header::check_lines(raw, &mut defects);
    let header = header::cut(raw, 0, limits, &mut defects);
    let mut uninspected = Vec::new();
    if header.cut {
        uninspected.push(Uninspected { part: "header".into(), why: WhyNot::HeaderTooLarge });
    }
    let (addresses, cut) = addresses_of(&header.fields, limits, &mut defects);
    if cut {
        uninspected.push(Uninspected { part: "header".into(), why: WhyNot::TooManyAddresses });
    }
    repeated(&header.fields, &mut defects);
    let top = mime_fields(raw, &header);
    let mut tree = mime::walk(raw, top, header.body_start, limits, &mut defects);
    uninspected.append(&mut tree.uninspected);
    for part in tree.parts.iter().filter(|p| p.leaf) {
        leaf(part, &mut defects, &mut uninspected);
    }
    Mail {
        raw,
        body_start: header.body_start,
        fields: header.fields,
        parts: tree.parts,
        addresses,
        defects: defects.into_vec(),
        uninspected,
    }
}

/// Every address of a header's address fields, and whether the limit was met.
pub(super) fn addresses_of(
    fields: &[Field<'_>],
    limits: &Limits,
    defects: &mut Defects,
) -> (Vec<Seen>, bool) {
    let mut seen = Vec::new();
    let mut cut = false;
    for field in fields {
        let Some(slot) = Slot::of(field.name) else {
            continue;
        };
        let list = addresses::parse(field.value, limits.max_addresses.saturating_sub(seen.len()));
        cut |= list.cut;
        for entry in list.entries {
            seen.extend(entry.address.map(|address| Seen { slot, address, shown_only: false }));
            seen.extend(entry.shown.into_iter().map(|address| Seen { slot, address, shown_only: true }));
        }
        // A transport's notes need not be address lists; nobody sends by them.
        if slot != Slot::Shown {
            for defect in list.defects.into_vec() {
                defects.note(defect);
            }
        }
    }
    (seen, cut)
}

/// Fields that may stand once (RFC 5322 section 3.6).
fn repeated(fields: &[Field<'_>], defects: &mut Defects) {
    const ONCE: &[(&str, Defect)] = &[
        ("from", Defect::DuplicateFrom),
        ("sender", Defect::DuplicateSender),
        ("to", Defect::DuplicateRecipients),
        ("cc", Defect::DuplicateRecipients),
        ("bcc", Defect::DuplicateRecipients),
        ("reply-to", Defect::DuplicateRecipients),
        ("subject", Defect::DuplicateSubject),
        ("message-id", Defect::DuplicateMessageId),
    ];
    let mut counts = [0usize; ONCE.len()];
    for field in fields {
        // The longest of these names has ten letters; most fields' names are longer.
        if field.name.len() > 10 {
            continue;
        }
        if let Some(i) = ONCE.iter().position(|(n, _)| field.name.eq_ignore_ascii_case(n.as_bytes())) {
            counts[i] += 1;
            if counts[i] == 2 {
                defects.note(ONCE[i].1);
            }
        }
    }
    if counts[0] == 0 {
        defects.note(Defect::MissingFrom);
    }
}

fn mime_fields(raw: &[u8], header: &Header<'_>) -> MimeFields {
    let mut fields = MimeFields::default();
    for field in &header.fields {
        // Values are slices of `raw`.
        let start = field.value.as_ptr() as usize - raw.as_ptr() as usize;
        fields.take(field.name, start..start + field.value.len());
    }
    fields
}

/// What is wrong with a part that has no parts.
fn leaf(part: &Part<'_>, defects: &mut Defects, uninspected: &mut Vec<Uninspected>) {
    let mut not_read = |why| {
        if uninspected.len() < 100 {
            uninspected.push(Uninspected { part: part.label(), why });
        }
    };
    match part.encoding {
        Encoding::Base64 if decode::base64_has_junk(part.raw()) => defects.note(Defect::JunkInBase64),
        Encoding::QuotedPrintable if decode::quoted_printable_has_junk(part.raw()) => {
            defects.note(Defect::JunkInQuotedPrintable);
        }
        Encoding::Unknown => not_read(WhyNot::UnknownEncoding),
        _ => {}
    }
    match part.media_type.as_str() {
        "message/partial" => {
            defects.note(Defect::MessagePartial);
            not_read(WhyNot::Partial);
        }
        "message/external-body" => {
            defects.note(Defect::ExternalBody);
            not_read(WhyNot::ExternalBody);
        }
        "application/ms-tnef" | "application/vnd.ms-tnef" => not_read(WhyNot::Tnef),
        _ => {}
    }
    if part.is_body_text() && part.encoding != Encoding::Base64 && has_uuencoded(part.raw()) {
        defects.note(Defect::Uuencoded);
    }
}

/// `begin 644 name` at the start of a line, and a full line of uuencoded text behind it.
fn has_uuencoded(text: &[u8]) -> bool {
    memchr::memmem::find_iter(text, b"begin ").any(|at| {
        let starts_line = at == 0 || text[at - 1] == b'\n';
        let Some(line) = header::line_at(text, at).filter(|_| starts_line) else {
            return false;
        };
        let mut words = text[at..line.text_end].splitn(3, |b| *b == b' ').skip(1);
        let mode = words
            .next()
            .is_some_and(|m| (3..=4).contains(&m.len()) && m.iter().all(|b| (b'0'..=b'7').contains(b)));
        let named = words.next().is_some_and(|n| !n.trim_ascii().is_empty());
        let body = header::line_at(text, line.next).map(|l| &text[l.start..l.text_end]);
        mode && named && body.is_some_and(is_uuencoded_line)
    })
}

/// The first character says how many bytes a line has; four characters are three bytes.
fn is_uuencoded_line(line: &[u8]) -> bool {
    let Some((first, rest)) = line.split_first() else {
        return false;
    };
    let bytes = usize::from(first.wrapping_sub(32) & 63);
    bytes > 0 && rest.len().abs_diff(bytes.div_ceil(3) * 4) <= 2 && line.iter().all(|b| (32..=96).contains(b))
}
