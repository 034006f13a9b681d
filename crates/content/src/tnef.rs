//! winmail.dat: Outlook's own wrapping of bodies and attachments ([MS-OXTNEF]).

use encoding_rs::{Encoding, UTF_16LE};

use super::extraction::{At, Extraction};
use super::plain::{self, Flow};
use super::{Why, charset, html, rtf, rtf_packed};

/// What is known of the attachment that is being read.
#[derive(Default)]
struct TnefAttachment {
    title: Option<String>,
    long_name: Option<String>,
    media_type: Option<String>,
    data: Option<Vec<u8>>,
}

/// A cursor over bytes; everything it reads may be missing.
struct Bytes<'a> {
    rest: &'a [u8],
}

impl<'a> Bytes<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = (self.rest.get(..count)?, self.rest.get(count..)?);
        self.rest = rest;
        Some(taken)
    }

    fn u16(&mut self) -> Option<u16> {
        Some(u16::from_le_bytes(self.take(2)?.try_into().ok()?))
    }

    fn u32(&mut self) -> Option<u32> {
        Some(u32::from_le_bytes(self.take(4)?.try_into().ok()?))
    }

    /// The next attribute: its id and its data ([MS-OXTNEF] section 2.1.3.1).
    fn attribute(&mut self) -> Option<(u32, &'a [u8])> {
        self.take(1)?;
        let id = self.u32()?;
        let size = self.u32()? as usize;
        let data = self.take(size)?;
        self.take(2)?;
        Some((id, data))
    }
}

const CODE_PAGE: u32 = 0x0006_9007;
const ATTACHMENT_BEGINS: u32 = 0x0006_9002;
const ATTACHMENT_TITLE: u32 = 0x0001_8010;
const ATTACHMENT_PROPERTIES: u32 = 0x0006_9005;

/// The names of the files in a TNEF stream, which its reader sees as attachments; of a broken one those
/// before the break.
pub fn names(bytes: &[u8]) -> Vec<String> {
    let mut stream = Bytes { rest: bytes.get(6..).unwrap_or_default() };
    let mut encoding = encoding_rs::SHIFT_JIS;
    let mut all: Vec<TnefAttachment> = Vec::new();
    while let Some((id, data)) = stream.attribute() {
        match (id, all.last_mut()) {
            (CODE_PAGE, _) => encoding = code_page(data).unwrap_or(encoding),
            (ATTACHMENT_BEGINS, _) => all.push(TnefAttachment::default()),
            (ATTACHMENT_TITLE, Some(last)) => last.title = Some(text(data, encoding)),
            (ATTACHMENT_PROPERTIES, Some(last)) => {
                // What stands before the break of a broken block is taken.
                let _ = properties(data, &mut |p| {
                    if p.id == LONG_NAME {
                        last.property(p, encoding);
                    }
                    Ok(())
                });
            }
            _ => {}
        }
    }
    all.into_iter().filter_map(|a| a.long_name.or(a.title)).filter(|n| !n.is_empty()).collect()
}

fn code_page(data: &[u8]) -> Option<&'static Encoding> {
    data.get(..4).and_then(|d| d.try_into().ok()).map(u32::from_le_bytes).map(charset::code_page)
}

/// Reads a TNEF stream.
pub fn file(x: &mut Extraction, at: &At, bytes: &[u8]) -> Result<(), Why> {
    let mut stream = Bytes { rest: bytes.get(6..).ok_or(Why::Broken)? };
    let mut encoding = encoding_rs::SHIFT_JIS;
    let mut open: Option<TnefAttachment> = None;
    while !stream.rest.is_empty() {
        x.budget.time()?;
        let Some((id, data)) = stream.attribute() else {
            keep(x, at, open.take());
            return Err(Why::Broken);
        };
        match id {
            CODE_PAGE => encoding = code_page(data).unwrap_or(encoding),
            // attSubject, attBody
            0x0001_8004 => x.text(&at.named("header"), super::Kind::Header, text(data, encoding))?,
            0x0002_800c => plain::body(x, &at.named("body"), &text(data, encoding), Flow::default())?,
            ATTACHMENT_BEGINS => {
                keep(x, at, open.replace(TnefAttachment::default()));
            }
            ATTACHMENT_TITLE => open.get_or_insert_default().title = Some(text(data, encoding)),
            0x0006_800f => open.get_or_insert_default().data = Some(data.to_vec()),
            // attMsgProps
            0x0006_9003 => properties(data, &mut |p| message_property(x, at, p, encoding))?,
            ATTACHMENT_PROPERTIES => {
                let one = open.get_or_insert_default();
                properties(data, &mut |p| {
                    one.property(p, encoding);
                    Ok(())
                })?;
            }
            _ => {}
        }
    }
    keep(x, at, open);
    Ok(())
}

fn text(data: &[u8], encoding: &'static Encoding) -> String {
    let end = memchr::memchr(0, data).unwrap_or(data.len());
    match std::str::from_utf8(&data[..end]) {
        Ok(text) => text.to_string(),
        Err(_) => encoding.decode_without_bom_handling(&data[..end]).0.into_owned(),
    }
}

fn keep(x: &mut Extraction, at: &At, attachment: Option<TnefAttachment>) {
    if let Some(one) = attachment
        && let Some(data) = one.data
    {
        let name = one.long_name.or(one.title);
        x.file(&at.inner(), name.as_deref(), one.media_type.as_deref(), &data);
    }
}

/// A property: its id, its type, one value.
struct Property<'a> {
    id: u16,
    kind: u16,
    value: &'a [u8],
}

impl Property<'_> {
    fn text(&self, encoding: &'static Encoding) -> String {
        match self.kind {
            0x001f => {
                let wide = UTF_16LE.decode_without_bom_handling(self.value).0;
                wide.trim_end_matches('\0').to_string()
            }
            _ => text(self.value, encoding),
        }
    }
}

/// PidTagAttachLongFilename.
const LONG_NAME: u16 = 0x3707;

impl TnefAttachment {
    fn property(&mut self, p: Property<'_>, encoding: &'static Encoding) {
        match p.id {
            LONG_NAME => self.long_name = Some(p.text(encoding)),
            0x370e => self.media_type = Some(p.text(encoding)),
            // An embedded object begins with the identifier of its interface.
            0x3701 if p.kind == 0x000d => self.data = p.value.get(16..).map(<[u8]>::to_vec),
            0x3701 => self.data = Some(p.value.to_vec()),
            _ => {}
        }
    }
}

fn message_property(
    x: &mut Extraction,
    at: &At,
    p: Property<'_>,
    encoding: &'static Encoding,
) -> Result<(), Why> {
    let body = at.named("body");
    match p.id {
        0x1000 => plain::body(x, &body, &p.text(encoding), Flow::default()),
        0x1013 => html::body(x, &body, p.value, None),
        0x1009 => {
            let text = rtf_packed::decompress(p.value, x.budget.limits.file_bytes).ok_or(Why::Broken)?;
            x.budget.bytes(text.len())?;
            rtf::file(x, &body, &text)
        }
        _ => Ok(()),
    }
}

/// Hands out the properties of a block ([MS-OXTNEF] section 2.1.3.4).
fn properties(data: &[u8], see: &mut dyn FnMut(Property<'_>) -> Result<(), Why>) -> Result<(), Why> {
    let mut rest = Bytes { rest: data };
    let count = rest.u32().ok_or(Why::Broken)?;
    for _ in 0..count {
        one_property(&mut rest, see).ok_or(Why::Broken)??;
    }
    Ok(())
}

fn one_property(
    rest: &mut Bytes<'_>,
    see: &mut dyn FnMut(Property<'_>) -> Result<(), Why>,
) -> Option<Result<(), Why>> {
    let kind = rest.u16()?;
    let id = rest.u16()?;
    if id >= 0x8000 {
        // A named property: its set, and a number or a name.
        rest.take(16)?;
        if rest.u32()? == 0 {
            rest.take(4)?;
        } else {
            let size = rest.u32()? as usize;
            rest.take(size.checked_next_multiple_of(4)?)?;
        }
    }
    let many = kind & 0x1000 != 0;
    let single = kind & 0x0fff;
    let fixed = match single {
        0x0002 | 0x0003 | 0x0004 | 0x000a | 0x000b => Some(4),
        0x0005 | 0x0006 | 0x0007 | 0x0014 | 0x0040 => Some(8),
        0x0048 => Some(16),
        _ => None,
    };
    let values = if many || fixed.is_none() { rest.u32()? } else { 1 };
    for _ in 0..values {
        let size = match fixed {
            Some(size) => size,
            None => rest.u32()? as usize,
        };
        let value = rest.take(size)?;
        let padding = size.checked_next_multiple_of(4)? - size;
        rest.take(padding.min(rest.rest.len()))?;
        if let Err(why) = see(Property { id, kind: single, value }) {
            return Some(Err(why));
        }
    }
    Some(Ok(()))
}
