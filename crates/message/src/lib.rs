//! The message as its readers see it: the header's fields, every address, the MIME parts, and where
//! two readers could see different mail. [`read`] takes any bytes and never fails; what it could not
//! read, it names.

mod address;
mod addresses;
mod boundaries;
mod decode;
mod defects;
mod dkim;
mod dkim_sign;
mod header;
mod html;
mod lexer;
mod limits;
mod mime;
mod nature;
mod params;
mod part;
mod quoted;
mod read;
mod rewrite;
mod sealed;
mod words;

use std::ops::Range;

pub use address::Address;
use defects::Defects;
pub use defects::{Defect, Uninspected, WhyNot};
pub use dkim::{BadKey, DkimOutcome, Signer, resign_or_drop};
pub use limits::Limits;
pub use part::Part;
pub use quoted::quoted_in;
pub use read::read;
pub use rewrite::{
    Correction, Hiding, Placeholder, RewriteFailed, Rewritten, Why, correct, individual, prove, strip_bcc,
    to_bcc, without_attachments,
};
pub use sealed::Sealed;

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

impl Field<'_> {
    /// The value as people read it: unfolded, encoded words decoded (RFC 2047), at most 10,000 characters.
    pub fn text(&self) -> String {
        const MAX_TEXT: usize = 10_000;
        words::decode(self.value, MAX_TEXT)
    }
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
    /// Another field that readers show, that answers go by, or in which a transport notes recipients.
    Shown,
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

/// The addresses that the readers of an attached message, or of a quoted header, would see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nested {
    /// The part it stands in (index into [`Mail::parts`]).
    pub part: usize,
    pub subject: String,
    pub addresses: Vec<Seen>,
}

/// Subjects are cut to this many characters.
const MAX_SUBJECT: usize = 1_000;

impl Slot {
    /// The slot of a field's name; none for other fields.
    pub fn of(name: &[u8]) -> Option<Slot> {
        const NAMES: &[(&str, Slot)] = &[
            ("to", Slot::To),
            ("cc", Slot::Cc),
            ("bcc", Slot::Bcc),
            ("from", Slot::From),
            ("sender", Slot::Sender),
            ("reply-to", Slot::ReplyTo),
            ("resent-to", Slot::ResentTo),
            ("resent-cc", Slot::ResentCc),
            ("resent-bcc", Slot::ResentBcc),
            ("resent-from", Slot::ResentFrom),
            ("resent-sender", Slot::ResentSender),
            ("mail-followup-to", Slot::Shown),
            ("mail-reply-to", Slot::Shown),
            ("disposition-notification-to", Slot::Shown),
            ("return-receipt-to", Slot::Shown),
            ("x-confirm-reading-to", Slot::Shown),
            ("errors-to", Slot::Shown),
            ("apparently-to", Slot::Shown),
            ("x-apparently-to", Slot::Shown),
            ("x-original-to", Slot::Shown),
            ("x-envelope-to", Slot::Shown),
            ("envelope-to", Slot::Shown),
            ("delivered-to", Slot::Shown),
            ("x-delivered-to", Slot::Shown),
            ("x-forwarded-to", Slot::Shown),
            ("x-rcpt-to", Slot::Shown),
            ("x-receiver", Slot::Shown),
            ("x-to", Slot::Shown),
            ("x-cc", Slot::Shown),
            ("original-recipient", Slot::Shown),
            ("x-original-recipient", Slot::Shown),
        ];
        // The longest has 27 letters.
        if name.len() > 27 {
            return None;
        }
        NAMES.iter().find(|(n, _)| name.eq_ignore_ascii_case(n.as_bytes())).map(|n| n.1)
    }

    /// Whether every recipient sees what stands there.
    pub fn is_visible_recipient(self) -> bool {
        matches!(self, Slot::To | Slot::Cc | Slot::ResentTo | Slot::ResentCc)
    }

    /// Whether several addresses there are seen by every recipient, though the field names no recipients:
    /// one address there is an author's or a place for answers.
    pub fn is_shown_to_all(self) -> bool {
        matches!(self, Slot::From | Slot::ReplyTo | Slot::Shown)
    }

    /// Bcc and Resent-Bcc, which must not leave.
    pub fn is_blind(self) -> bool {
        matches!(self, Slot::Bcc | Slot::ResentBcc)
    }
}

impl<'x> Mail<'x> {
    /// The fields of a name, whatever its case.
    pub fn header<'m>(&'m self, name: &'m str) -> impl Iterator<Item = &'m Field<'x>> + 'm {
        self.fields.iter().filter(move |f| f.name.eq_ignore_ascii_case(name.as_bytes()))
    }

    /// The body as it stands, behind the empty line.
    pub fn body(&self) -> &'x [u8] {
        self.raw.get(self.body_start..).unwrap_or_default()
    }

    /// Whether the header is larger than the limits, so that `fields` is not all of it.
    pub fn header_cut(&self) -> bool {
        self.defects.iter().any(|d| matches!(d, Defect::TooManyFields | Defect::HeaderTooLarge))
    }

    /// The subject, decoded and unfolded, of at most 1,000 characters; of several, the first.
    pub fn subject(&self) -> String {
        self.header("Subject").next().map_or(String::new(), |f| words::decode(f.value, MAX_SUBJECT))
    }

    /// The Message-ID without its angle brackets.
    pub fn message_id(&self) -> Option<String> {
        let value = words::decode(self.header("Message-ID").next()?.value, MAX_SUBJECT);
        let inner = value.split_once('<').map_or(value.as_str(), |(_, v)| v);
        let inner = inner.split('>').next().unwrap_or(inner).trim();
        Some(inner.to_string()).filter(|i| !i.is_empty())
    }

    /// What a reader would list as attachments: everything but multiparts and the body's texts.
    /// Attached messages are listed, and so is what is attached to them.
    pub fn attachments(&self) -> Vec<&Part<'x>> {
        let listed = |p: &&Part<'x>| p.is_message() || p.leaf && (!p.is_body_text() || p.file_name.is_some());
        self.parts.iter().filter(listed).collect()
    }

    /// The texts that a reader would show, attached messages' texts included; a multipart without
    /// parts is shown as text.
    pub fn text_parts(&self) -> Vec<&Part<'x>> {
        self.parts.iter().filter(|p| p.is_body_text()).collect()
    }

    /// The headers of attached messages, however deep.
    pub fn nested(&self) -> Vec<Nested> {
        let mut found = Vec::new();
        for (index, part) in self.parts.iter().enumerate() {
            // An attached message's own header belongs to the part that stands in it.
            let of_message = part.parent.filter(|p| self.parts[*p].is_message());
            let (at, header) = match of_message {
                Some(message) => (message, part.header()),
                None if part.leaf && part.media_type == "text/rfc822-headers" => (index, part.raw()),
                None => continue,
            };
            let (limits, mut ignored) = (Limits::default(), Defects::default());
            let cut = header::cut(header, 0, &limits, &mut ignored);
            let subject = cut.fields.iter().find(|f| f.name.eq_ignore_ascii_case(b"subject"));
            found.push(Nested {
                part: at,
                subject: subject.map_or(String::new(), |f| words::decode(f.value, MAX_SUBJECT)),
                addresses: read::addresses_of(&cut.fields, &limits, &mut ignored).0,
            });
        }
        found
    }

    /// The header blocks of quoted originals in the texts (`To: …`, `宛先: …`), one entry a block.
    pub fn quoted(&self) -> Vec<Nested> {
        quoted::quoted(self)
    }

    /// The ATTENDEE lines of calendar parts (RFC 5545 section 3.8.4.1), one entry a part.
    pub fn attendees(&self) -> Vec<Nested> {
        quoted::attendees(self)
    }

    /// It takes back an earlier message: Outlook's recall, or a groupware's notice of one.
    pub fn is_recall(&self) -> bool {
        nature::is_recall(self)
    }

    /// It answers an earlier message.
    pub fn is_reply(&self) -> bool {
        nature::is_reply(self)
    }

    /// It passes on an earlier message.
    pub fn is_forward(&self) -> bool {
        nature::is_forward(self)
    }

    /// No person wrote it (RFC 3834).
    pub fn auto_submitted(&self) -> bool {
        nature::auto_submitted(self)
    }

    /// S/MIME or PGP signed, as a whole.
    pub fn signed(&self) -> bool {
        nature::signed(self)
    }

    /// S/MIME or PGP encrypted, as a whole.
    pub fn encrypted(&self) -> bool {
        nature::encrypted(self)
    }
}
