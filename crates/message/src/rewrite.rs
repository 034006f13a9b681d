//! Surgery on a message: taking addresses out of readers' sight, correcting them, taking attachments out.
//! Every other byte of the message stays as it is, and a proof shows that, by reading the result anew.

mod attachments;
mod correct;
mod elsewhere;
mod fields;
mod prove;

use super::address::Address;
use super::{Field, Mail, Slot};
use elsewhere::Hiding as Hidden;
use fields::{Kept, keep};
use std::collections::HashSet;

pub use attachments::without_attachments;
pub use correct::{Correction, correct};
pub use elsewhere::Hiding;
pub use prove::{Why, prove};

/// Stands among the changed fields where the body was changed; no field has a name with a space
/// (RFC 5322 section 2.2).
pub const BODY: &str = "the body";

/// What stands in To where no address may.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Placeholder {
    /// `undisclosed-recipients:;`, a group without members (RFC 5322 section 3.4).
    UndisclosedRecipients,
    /// The sender's own address.
    Sender(String),
}

/// A rewritten message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rewritten {
    pub bytes: Vec<u8>,
    /// The fields that changed, were removed or added, in lower case, each once; a signature that
    /// covers one of them is broken. [`BODY`] breaks them all.
    pub changed: Vec<String>,
    /// Whose addresses must not be seen in it.
    pub hiding: Hiding,
}

/// Why a message was not rewritten; it must not leave.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RewriteFailed {
    #[error("the header is larger than is read")]
    HeaderTooLarge,
    #[error("no address to put into To")]
    Address,
    #[error("an address that was to be corrected stands where readers take the field apart differently")]
    Unclear,
    #[error("it has no attachment {0}")]
    NoSuchAttachment(String),
    #[error("the file is the whole message; cancel it instead")]
    WholeMessage,
    #[error("it is signed or encrypted: nothing can be taken out without breaking that")]
    Sealed,
    #[error("readers take the message apart differently, so that nothing can be taken out safely")]
    Ambiguous,
    #[error("attachment {0} stands within an attached message that is encoded; take that out whole")]
    WithinEncoded(String),
    #[error("{0} is another form of the text, and no attachment")]
    Alternative(String),
    #[error("an address that is to be hidden also stands in the field {0}")]
    StandsIn(String),
    #[error("the rewritten message does not show what it must: {0}")]
    NotProven(#[from] Why),
}

/// Takes every address out of To, Cc, Resent-To and Resent-Cc for which `internal` says no, and
/// removes Bcc and Resent-Bcc. Fields that only hold inside addresses stay byte for byte; a field
/// that cannot be read cleanly is removed whole. Where no To is left, `placeholder` stands in it. These
/// addresses and those of `also` are taken out of every other field as well: out of Reply-To and its like entry
/// by entry, a transport's notes whole. `reader` is the only outside recipient of this copy, if there is just
/// one. The result is proven.
pub fn to_bcc(
    mail: &Mail<'_>,
    internal: &dyn Fn(&Address) -> bool,
    placeholder: &Placeholder,
    also: &HashSet<String>,
    reader: Option<&str>,
) -> Result<Rewritten, RewriteFailed> {
    let to = match placeholder {
        Placeholder::UndisclosedRecipients => b"undisclosed-recipients:;".to_vec(),
        Placeholder::Sender(sender) => plain_address(sender)?.0,
    };
    let hiding = Hidden::of(mail, internal, also, reader);
    let rewritten = surgery(mail, &to, hiding, &|field, slot| match slot.is_blind() {
        true => Kept::Nothing,
        false => keep(field, internal),
    })?;
    let sender = match placeholder {
        Placeholder::Sender(s) => Address::parse(s).map(|a| a.key()),
        Placeholder::UndisclosedRecipients => None,
    };
    prove(mail.raw, &rewritten.bytes, &|a| internal(a) || Some(a.key()) == sender, &rewritten.hiding)?;
    Ok(rewritten)
}

/// Removes Bcc and Resent-Bcc alone. The result is proven.
pub fn strip_bcc(mail: &Mail<'_>) -> Result<Rewritten, RewriteFailed> {
    let rewritten =
        surgery(mail, b"undisclosed-recipients:;", Hidden::default(), &|_, slot| match slot.is_blind() {
            true => Kept::Nothing,
            false => Kept::Whole,
        })?;
    prove(mail.raw, &rewritten.bytes, &|_| true, &rewritten.hiding)?;
    Ok(rewritten)
}

/// The copy for one recipient: only their own address stands in To, and no Cc. Their display name
/// is kept where it can be read cleanly. The other outside addresses of the recipient fields and of `also` stand
/// nowhere in its header. The result is proven.
pub fn individual(
    mail: &Mail<'_>,
    recipient: &str,
    internal: &dyn Fn(&Address) -> bool,
    also: &HashSet<String>,
) -> Result<Rewritten, RewriteFailed> {
    let (plain, address) = plain_address(recipient)?;
    let key = address.key();
    let named = recipient_fields(mail).find_map(|(field, slot)| match slot.is_blind() {
        true => None,
        false => fields::entry_of(field, &key),
    });
    let mut hiding = Hidden::of(mail, internal, also, Some(recipient));
    hiding.keys.remove(&key);
    let rewritten = surgery(mail, &named.unwrap_or(plain), hiding, &|_, _| Kept::Nothing)?;
    prove(mail.raw, &rewritten.bytes, &|a| a.key() == key, &rewritten.hiding)?;
    Ok(rewritten)
}

/// An address that may be written into a header as it is.
fn plain_address(text: &str) -> Result<(Vec<u8>, Address), RewriteFailed> {
    let address = Address::parse(text).ok_or(RewriteFailed::Address)?;
    if text.chars().any(|c| c.is_control()) {
        return Err(RewriteFailed::Address);
    }
    Ok((text.trim().as_bytes().to_vec(), address))
}

/// The fields that name recipients, visible and blind.
fn recipient_fields<'m, 'x>(mail: &'m Mail<'x>) -> impl Iterator<Item = (&'m Field<'x>, Slot)> {
    mail.fields.iter().filter_map(|f| {
        let slot = Slot::of(f.name)?;
        (slot.is_visible_recipient() || slot.is_blind()).then_some((f, slot))
    })
}

/// Puts the message together again, each recipient field as `decide` says. Where fields were taken
/// away and neither To nor Cc is left, `To: placeholder` stands in the place of the first.
fn surgery(
    mail: &Mail<'_>,
    placeholder: &[u8],
    mut hiding: Hidden,
    decide: &dyn Fn(&Field<'_>, Slot) -> Kept,
) -> Result<Rewritten, RewriteFailed> {
    if mail.header_cut() {
        return Err(RewriteFailed::HeaderTooLarge);
    }
    let mut decided: Vec<(&Field<'_>, Option<Slot>, Kept)> = Vec::new();
    for field in &mail.fields {
        let slot = Slot::of(field.name).filter(|s| s.is_visible_recipient() || s.is_blind());
        let kept = match slot {
            Some(slot) => decide(field, slot),
            None => hiding.decide(field)?,
        };
        if slot.is_none() && kept != Kept::Whole {
            hiding.fields.push(String::from_utf8_lossy(field.name).to_ascii_lowercase());
        }
        if slot.is_some() || kept != Kept::Whole {
            decided.push((field, slot, kept));
        }
    }
    let left = decided.iter().any(|(_, slot, kept)| *slot == Some(Slot::To) && *kept != Kept::Nothing);
    let mut first_gone = !left;
    let mut bytes = Vec::with_capacity(mail.raw.len() + placeholder.len() + 8);
    let mut changed: Vec<String> = Vec::new();
    let mut copied = 0;
    let mut note = |name: &[u8]| {
        let name = String::from_utf8_lossy(name).to_ascii_lowercase();
        if !changed.contains(&name) {
            changed.push(name);
        }
    };
    for (field, slot, kept) in &decided {
        let line = &mail.raw[field.range.clone()];
        let bare_lf = line.ends_with(b"\n") && !line.ends_with(b"\r\n");
        let line_end: &[u8] = if bare_lf { b"\n" } else { b"\r\n" };
        match kept {
            Kept::Whole => continue,
            Kept::Entries(value) => {
                bytes.extend_from_slice(&mail.raw[copied..field.range.start]);
                bytes.extend_from_slice(field.name);
                bytes.extend_from_slice(b": ");
                bytes.extend_from_slice(value);
                bytes.extend_from_slice(line_end);
            }
            Kept::Nothing => {
                bytes.extend_from_slice(&mail.raw[copied..field.range.start]);
                if slot.is_some() && std::mem::take(&mut first_gone) {
                    bytes.extend_from_slice(b"To: ");
                    bytes.extend_from_slice(placeholder);
                    bytes.extend_from_slice(line_end);
                    note(b"to");
                }
            }
        }
        note(field.name);
        copied = field.range.end;
    }
    bytes.extend_from_slice(&mail.raw[copied..]);
    Ok(Rewritten { bytes, changed, hiding })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Limits, read};
    use proptest::prelude::*;

    fn internal(a: &Address) -> bool {
        a.domain() == "city.example.jp" || a.domain().ends_with(".city.example.jp")
    }

    fn bcc(raw: &str) -> String {
        let mail = read(raw.as_bytes(), &Limits::default());
        let out = to_bcc(&mail, &internal, &Placeholder::UndisclosedRecipients, &HashSet::new(), None);
        String::from_utf8_lossy(&out.unwrap_or_else(|e| panic!("{raw}: {e}")).bytes).into_owned()
    }

    #[test]
    fn outside_addresses_go_and_inside_ones_stay() {
        for (header, expected) in [
            ("To: a@x.example\r\n", "To: undisclosed-recipients:;\r\n"),
            ("To: a@x.example, T <t@city.example.jp>\r\n", "To: T <t@city.example.jp>\r\n"),
            (
                "To: t@city.example.jp,\r\n a@x.example,\r\n \"U, V\"\r\n <u@city.example.jp>\r\n",
                "To: t@city.example.jp,\r\n \"U, V\"\r\n <u@city.example.jp>\r\n",
            ),
            ("To: t@city.example.jp\r\nCc: a@x.example\r\n", "To: t@city.example.jp\r\n"),
            ("Cc: a@x.example\r\nX: y\r\nTO : b@x.example\r\n", "To: undisclosed-recipients:;\r\nX: y\r\n"),
            ("To: a@x.example\r\nTo: t@city.example.jp\r\nTo: b@x.example\r\n", "To: t@city.example.jp\r\n"),
            ("To: t@city.example.jp\r\nBcc: a@x.example\r\n", "To: t@city.example.jp\r\n"),
            ("Bcc: a@x.example\r\n", "To: undisclosed-recipients:;\r\n"),
            (
                "Resent-To: a@x.example\r\nResent-Bcc: b@x.example\r\nTo: t@city.example.jp\r\n",
                "To: t@city.example.jp\r\n",
            ),
            // a name that shows an outside address
            ("To: \"a@x.example\" <t@city.example.jp>, u@city.example.jp\r\n", "To: u@city.example.jp\r\n"),
            // what cannot be read cleanly goes whole
            ("To: <t@city.example.jp>a@x.example, u@city.example.jp\r\n", "To: undisclosed-recipients:;\r\n"),
            ("To: t@city.example.jp; a@x.example\r\n", "To: undisclosed-recipients:;\r\n"),
            ("To: G: t@city.example.jp, a@x.example;\r\n", "To: undisclosed-recipients:;\r\n"),
            ("To: =?utf-8?B?YUB4LmV4YW1wbGU=?=\r\n", "To: undisclosed-recipients:;\r\n"),
            ("To: a＠x.example\r\n", "To: undisclosed-recipients:;\r\n"),
            // nothing to do
            ("To: G: t@city.example.jp;\r\n", "To: G: t@city.example.jp;\r\n"),
            ("To: undisclosed-recipients:;\r\n", "To: undisclosed-recipients:;\r\n"),
            ("X: a@x.example\r\n", "X: a@x.example\r\n"),
            ("To: T\r\n\t<t@city.example.jp>\r\n", "To: T\r\n\t<t@city.example.jp>\r\n"),
        ] {
            let message =
                |h: &str| format!("From: s@city.example.jp\r\n{h}Subject: x\r\n\r\nTo: a@x.example\r\n");
            assert_eq!(bcc(&message(header)), message(expected), "{header}");
        }
    }

    #[test]
    fn edges() {
        assert_eq!(bcc("To: a@x.example"), "To: undisclosed-recipients:;\r\n");
        assert_eq!(bcc("To: a@x.example\n\nbody\n"), "To: undisclosed-recipients:;\n\nbody\n");
        assert_eq!(bcc(""), "");
        let raw = b"To: a@x.example\r\n\r\n";
        let mail = read(raw, &Limits::default());
        let sender = Placeholder::Sender("s@city.example.jp".into());
        let out = to_bcc(&mail, &internal, &sender, &HashSet::new(), None).map(|r| (r.bytes, r.changed));
        assert_eq!(out, Ok((b"To: s@city.example.jp\r\n\r\n".to_vec(), vec!["to".into()])));
        for bad in ["", "a", "a@x\r\nBcc: b@x", "a b@x"] {
            let bad = Placeholder::Sender(bad.into());
            assert_eq!(to_bcc(&mail, &internal, &bad, &HashSet::new(), None), Err(RewriteFailed::Address));
        }
        let many = "X: y\r\n".repeat(3_000) + "To: a@x.example\r\n\r\n";
        let mail = read(many.as_bytes(), &Limits::default());
        assert_eq!(
            to_bcc(&mail, &internal, &Placeholder::UndisclosedRecipients, &HashSet::new(), None),
            Err(RewriteFailed::HeaderTooLarge)
        );
    }

    #[test]
    fn one_copy_each() {
        let raw = b"From: s@city.example.jp\r\nTo: A <a@x.example>, B <b@y.example>\r\nCc: c@z.example\r\nBcc: d@z.example\r\n\r\nhi\r\n";
        let mail = read(raw, &Limits::default());
        let copy = |r: &str| {
            individual(&mail, r, &internal, &HashSet::new())
                .map(|c| String::from_utf8_lossy(&c.bytes).into_owned())
        };
        let message = |to: &str| format!("From: s@city.example.jp\r\nTo: {to}\r\n\r\nhi\r\n");
        assert_eq!(copy("B@y.example"), Ok(message("B <b@y.example>")));
        assert_eq!(copy("d@z.example"), Ok(message("d@z.example")));
        assert_eq!(copy("d@z.example\r\nX: y"), Err(RewriteFailed::Address));
        let stripped = strip_bcc(&mail).map(|r| r.changed);
        assert_eq!(stripped, Ok(vec!["bcc".to_string()]));
    }

    fn address() -> impl Strategy<Value = String> {
        prop_oneof![
            Just("a@x.example".to_string()),
            Just("out@hidden.example".to_string()),
            Just("t@city.example.jp".to_string()),
            Just("u@sub.city.example.jp".to_string()),
        ]
    }

    fn piece() -> impl Strategy<Value = String> {
        prop_oneof![
            4 => address(),
            2 => address().prop_map(|a| format!("<{a}>")),
            1 => address().prop_map(|a| format!("\"{a}\"")),
            1 => address().prop_map(|a| format!("({a})")),
            6 => "[ ,;:<>()\"\\\\a=?@.]{1,3}",
            1 => Just("\r\n ".to_string()),
            1 => Just("=?utf-8?B?b3V0QGhpZGRlbi5leGFtcGxl?=".to_string()),
            1 => Just("out＠hidden.example".to_string()),
            1 => Just("\u{1b}$B".to_string()),
            1 => Just("Group:".to_string()),
        ]
    }

    fn header() -> impl Strategy<Value = String> {
        let name = prop::sample::select(vec![
            "To",
            "Cc",
            "CC ",
            "Bcc",
            "Resent-To",
            "Resent-Cc",
            "Resent-Bcc",
            "X-Other",
            "Subject",
            "From",
        ]);
        let field = (name, prop::collection::vec(piece(), 0..8))
            .prop_map(|(n, v)| format!("{n}: {}\r\n", v.concat()));
        prop_oneof![8 => field, 1 => Just("no colon\r\n".to_string()), 1 => Just(" \r\n".to_string())]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1_000))]

        /// After `to_bcc` no outside address is left in any recipient field, in any reading, no hidden one in any
        /// field at all, and everything else is as it was.
        #[test]
        fn nothing_outside_is_left(headers in prop::collection::vec(header(), 0..8), body in "[\r\na@x.:]{0,40}") {
            let raw = format!("{}\r\n{body}", headers.concat());
            let mail = read(raw.as_bytes(), &Limits::default());
            let out = to_bcc(&mail, &internal, &Placeholder::UndisclosedRecipients, &HashSet::new(), None);
            // Where a subject or an author shows it, nothing leaves.
            if let Err(RewriteFailed::StandsIn(field)) = &out {
                prop_assert!(field == "Subject" || field == "From", "{}", field);
                return Ok(());
            }
            let out = out.map_err(|e| TestCaseError::fail(format!("{raw:?}: {e}")))?;
            let new = read(&out.bytes, &Limits::default());
            prop_assert_eq!(new.body(), mail.body());
            for field in &new.fields {
                let Some(slot) = Slot::of(field.name) else { continue };
                prop_assert!(!slot.is_blind());
                if slot.is_visible_recipient() {
                    let text = String::from_utf8_lossy(field.value).to_lowercase();
                    for secret in ["hidden.example", "x.example", "b3v0qghpzgrlbi5legftcgxl"] {
                        prop_assert!(!text.contains(secret), "{:?} in {:?}", secret, field);
                    }
                }
            }
            for field in &new.fields {
                prop_assert!(!out.hiding.is_seen_in(field), "{:?}", field);
            }
            let others = |m: &Mail<'_>| -> Vec<Vec<u8>> {
                let is_other = |f: &&Field<'_>| {
                    let recipients = Slot::of(f.name).is_some_and(|s| s.is_blind() || s.is_visible_recipient());
                    !recipients && !out.hiding.is_seen_in(f)
                };
                m.fields.iter().filter(is_other).map(|f| m.raw[f.range.clone()].to_vec()).collect()
            };
            prop_assert_eq!(others(&new), others(&mail));
        }

        #[test]
        fn copies_show_one(headers in prop::collection::vec(header(), 0..8)) {
            let raw = format!("{}\r\nbody", headers.concat());
            let mail = read(raw.as_bytes(), &Limits::default());
            let out = match individual(&mail, "me@own.example", &internal, &HashSet::new()) {
                Err(RewriteFailed::StandsIn(_)) => return Ok(()),
                out => out.map_err(|e| TestCaseError::fail(e.to_string()))?,
            };
            let new = read(&out.bytes, &Limits::default());
            for seen in new.addresses.iter().filter(|s| s.slot.is_visible_recipient() || s.slot.is_blind()) {
                prop_assert_eq!(&seen.address.text, "me@own.example");
            }
        }

        #[test]
        fn any_bytes(raw: Vec<u8>) {
            let mail = read(&raw, &Limits::default());
            let _ = to_bcc(&mail, &internal, &Placeholder::UndisclosedRecipients, &HashSet::new(), None);
            prop_assert!(strip_bcc(&mail).is_ok());
        }
    }
}
