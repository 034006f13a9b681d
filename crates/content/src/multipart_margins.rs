//! What stands around the parts of a multipart, before the first boundary and behind the last (RFC 2046
//! section 5.1.1). Mail programs do not show it, and it leaves with the mail all the same.

use mail_parser::{Message, MimeHeaders, PartType};

use super::extraction::{At, Extraction};
use super::{Kind, charset};

/// What programs write there for readers of long ago.
const CUSTOMARY: [&str; 4] = [
    "this is a multi-part message in mime format",
    "this is a multipart message in mime format",
    "this is a mime-encapsulated message",
    "this is a message with multiple parts in mime format",
];

/// Reads the preamble and the epilogue of every multipart as hidden text.
pub(super) fn read(x: &mut Extraction, at: &At, message: &Message<'_>) {
    for part in &message.parts {
        let PartType::Multipart(children) = &part.body else {
            continue;
        };
        let of = |id: Option<&u32>| id.and_then(|id| message.parts.get(*id as usize));
        let (Some(first), Some(last)) = (of(children.first()), of(children.last())) else {
            continue;
        };
        let boundary = part.content_type().and_then(|c| c.attribute("boundary")).unwrap_or("");
        let before = part.offset_body as usize..first.offset_header as usize;
        let behind = last.offset_end as usize..part.offset_end as usize;
        for (name, range) in [("preamble", before), ("epilogue", behind)] {
            let raw = message.raw_message.get(range).unwrap_or_default();
            if raw.iter().any(u8::is_ascii_alphanumeric) || !raw.is_ascii() {
                outside(x, &at.named(name), raw, boundary);
            }
        }
    }
}

/// Keeps a stretch without its boundary lines, unless it is what programs write.
fn outside(x: &mut Extraction, at: &At, raw: &[u8], boundary: &str) {
    let text = charset::decode(raw, None);
    let is_boundary =
        |line: &str| line.strip_prefix("--").is_some_and(|l| !boundary.is_empty() && l.starts_with(boundary));
    let lines: Vec<&str> = text.lines().filter(|l| !is_boundary(l)).collect();
    let words = lines.join("\n");
    let plain = words.trim().to_lowercase();
    if !CUSTOMARY.iter().any(|c| plain.starts_with(c) && plain.len() <= c.len() + 2) {
        x.guarded(at, |x| x.text(at, Kind::Hidden, words));
    }
}
