//! The message as its readers see it: the header's fields, every address, the MIME parts, and where
//! two readers could see different mail. [`read`] takes any bytes and never fails; what it could not
//! read, it names.

mod address;
mod addresses;
mod decode;
mod defects;
mod header;
mod lexer;
mod limits;
mod params;
mod words;

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

pub use address::Address;
pub use defects::{Defect, Uninspected, WhyNot};
pub use limits::Limits;

/// A message that was read. Nothing in it is copied but what had to be decoded.
#[derive(Clone, Debug)]
pub struct Mail<'x> {
    /// The bytes as they came.
    pub raw: &'x [u8],
    /// The fields of the header, in order.
    pub fields: Vec<Field<'x>>,
    /// Where the body begins in `raw`, behind the empty line.
    pub body_start: usize,
    /// The MIME tree, flat, in the order of the text; the first is the message itself. Parts of
    /// attached messages are in it too ([`Part::nested`]).
    pub parts: Vec<Part<'x>>,
    /// Every address that a common reader would see in the header, field by field.
    pub addresses: Vec<Seen>,
    /// Each once.
    pub defects: Vec<Defect>,
    /// What could not be read.
    pub uninspected: Vec<Uninspected>,
}

/// A header field (RFC 5322 section 2.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field<'x> {
    /// As written, without the colon and white space before it.
    pub name: &'x [u8],
    /// As written: folded, encoded, with the white space behind the colon, without the last CRLF.
    pub value: &'x [u8],
    /// The whole field in the message, its last CRLF included.
    pub range: Range<usize>,
}

/// The address fields (RFC 5322 sections 3.6.2, 3.6.3 and 3.6.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Slot {
    From,
    Sender,
    ReplyTo,
    To,
    Cc,
    Bcc,
    ResentFrom,
    ResentSender,
    ResentTo,
    ResentCc,
    ResentBcc,
}

/// An address where it was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    pub slot: Slot,
    pub address: Address,
    /// It stands only in a display name, a comment or an encoded word: people see it, mail does not
    /// go there.
    pub shown_only: bool,
}

/// One part of the MIME tree.
#[derive(Clone, Debug)]
pub struct Part<'x> {
    source: Source<'x>,
    header: Range<usize>,
    body: Range<usize>,
    /// The part that this one stands in; none for the message itself.
    pub parent: Option<usize>,
    /// Its number as IMAP counts (`1.2`); empty for the message itself.
    pub number: String,
    /// The declared media type, in lower case: `text/plain`.
    pub media_type: String,
    pub charset: Option<String>,
    /// The file name, decoded.
    pub file_name: Option<String>,
    /// Content-Disposition said `attachment`.
    pub attachment: bool,
    /// Whether it stands within an attached message.
    pub nested: bool,
}

/// Where a part's bytes are: in the message, or in what was decoded out of it.
#[derive(Clone, Debug)]
enum Source<'x> {
    Message(&'x [u8]),
    Decoded(Arc<[u8]>),
}

/// The addresses that the readers of an attached message, or of a quoted header, would see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nested {
    /// The part it stands in (index into [`Mail::parts`]).
    pub part: usize,
    pub subject: String,
    pub addresses: Vec<Seen>,
}

/// Reads a message. Any bytes give a [`Mail`]; it takes time and memory linear in their length.
pub fn read<'x>(raw: &'x [u8], _limits: &Limits) -> Mail<'x> {
    Mail {
        raw,
        fields: Vec::new(),
        body_start: raw.len(),
        parts: Vec::new(),
        addresses: Vec::new(),
        defects: Vec::new(),
        uninspected: Vec::new(),
    }
}

impl<'x> Mail<'x> {
    /// The fields of a name, whatever its case.
    pub fn header<'m>(&'m self, name: &'m str) -> impl Iterator<Item = &'m Field<'x>> + 'm {
        self.fields
            .iter()
            .filter(move |f| f.name.eq_ignore_ascii_case(name.as_bytes()))
    }

    /// The subject, decoded and unfolded, of at most 1,000 characters.
    pub fn subject(&self) -> String {
        String::new()
    }

    /// The Message-ID without its angle brackets.
    pub fn message_id(&self) -> Option<String> {
        None
    }

    /// What a reader would list as attachments: everything but multiparts and the body's texts.
    /// Attached messages are listed, and so is what is attached to them.
    pub fn attachments(&self) -> Vec<&Part<'x>> {
        Vec::new()
    }

    /// The texts that a reader would show (`text/*`), attached messages' texts included.
    pub fn text_parts(&self) -> Vec<&Part<'x>> {
        Vec::new()
    }

    /// The headers of attached messages, however deep.
    pub fn nested(&self) -> Vec<Nested> {
        Vec::new()
    }

    /// The header blocks of quoted originals in the texts (`To: …`, `宛先: …`), one entry a block.
    pub fn quoted(&self) -> Vec<Nested> {
        Vec::new()
    }

    /// The ATTENDEE lines of calendar parts (RFC 5545 section 3.8.4.1), one entry a part.
    pub fn attendees(&self) -> Vec<Nested> {
        Vec::new()
    }

    /// It takes back an earlier message.
    pub fn is_recall(&self) -> bool {
        false
    }

    pub fn is_reply(&self) -> bool {
        false
    }

    pub fn is_forward(&self) -> bool {
        false
    }

    /// No person wrote it (RFC 3834).
    pub fn auto_submitted(&self) -> bool {
        false
    }

    /// S/MIME or PGP, as a whole.
    pub fn signed(&self) -> bool {
        false
    }

    /// S/MIME or PGP, as a whole.
    pub fn encrypted(&self) -> bool {
        false
    }
}

impl<'x> Part<'x> {
    /// The body as it stands in the message, encoded.
    pub fn raw(&self) -> &[u8] {
        let bytes: &[u8] = match &self.source {
            Source::Message(b) => b,
            Source::Decoded(b) => b,
        };
        bytes.get(self.body.clone()).unwrap_or_default()
    }

    /// The body, decoded from base64 or quoted-printable.
    pub fn bytes(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(self.raw())
    }

    /// The body as text, decoded from its charset; of at most `max` characters.
    pub fn text(&self, _max: usize) -> String {
        String::new()
    }

    /// The media type that the content shows (`application/pdf`), whatever was declared.
    pub fn content_type(&self) -> Option<&'static str> {
        None
    }

    /// Whether the content is encrypted, as far as its bytes show.
    pub fn sealed(&self) -> Sealed {
        Sealed::No
    }
}

/// Whether a file can be opened without a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sealed {
    No,
    /// The kind: `zip`, `zip-aes`, `office`, `pdf`, `7z`, `rar`, `pgp`, `smime`.
    Encrypted(&'static str),
    /// It says that it is of a kind, and is not, or is cut off.
    Unreadable(&'static str),
}
