//! The proof that a rewritten message shows what it may, and is otherwise what it was. It reads both
//! anew and trusts nothing that the surgery knew.

use super::super::address::extract;
use super::super::defects::Defects;
use super::super::header::{self, Header};
use super::super::{Address, Field, Limits, Slot, addresses, words};
use super::elsewhere::Hiding;

/// What a proof did not find.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Why {
    #[error("an address that had to go is visible")]
    Visible,
    #[error("a Bcc field is left")]
    BlindFieldLeft,
    #[error("a part of the header that had to stay is changed")]
    HeaderChanged,
    #[error("the body is changed")]
    BodyChanged,
    #[error("a part that had to stay is changed")]
    PartsChanged,
    #[error("the same file is attached a second time, as {0}; take it out as well")]
    AttachedTwice(String),
    #[error("the name of a file that had to go is left in a header")]
    NameLeft,
    #[error("the header is larger than is read")]
    TooLarge,
}

/// Shows that `rewritten` has no address in To, Cc, Resent-To or Resent-Cc but those for which
/// `allowed` says yes, that it has no Bcc, and that all other bytes of the header and the whole body
/// are those of `original`, but for the fields that `hiding` names; and that no field shows an address that is
/// hidden. DKIM-Signature fields may differ: a rewrite breaks them.
pub fn prove(
    original: &[u8],
    rewritten: &[u8],
    allowed: &dyn Fn(&Address) -> bool,
    hiding: &Hiding,
) -> Result<(), Why> {
    let (old, new) = (cut(original)?, cut(rewritten)?);
    if original.get(old.body_start..) != rewritten.get(new.body_start..) {
        return Err(Why::BodyChanged);
    }
    // Fields that did not change need no second look; whoever held them visible may stay.
    for field in &new.fields {
        match Slot::of(field.name) {
            Some(slot) if slot.is_blind() => return Err(Why::BlindFieldLeft),
            Some(slot) if slot.is_visible_recipient() => shows_only(field, allowed)?,
            _ if !hiding.keys.is_empty() && hiding.is_seen_in(field) => return Err(Why::Visible),
            _ => {}
        }
    }
    if rest(original, &old, &hiding.fields) != rest(rewritten, &new, &hiding.fields) {
        return Err(Why::HeaderChanged);
    }
    Ok(())
}

pub(super) fn cut(raw: &[u8]) -> Result<Header<'_>, Why> {
    // Whatever limits reading had: a proof reads it all.
    let limits = Limits { max_header_fields: usize::MAX, max_header_bytes: usize::MAX, ..Limits::default() };
    let header = header::cut(raw, 0, &limits, &mut Defects::default());
    if header.cut { Err(Why::TooLarge) } else { Ok(header) }
}

/// Read by the grammar, and as text, raw and decoded.
fn shows_only(field: &Field<'_>, allowed: &dyn Fn(&Address) -> bool) -> Result<(), Why> {
    let list = addresses::parse(field.value, usize::MAX);
    let parsed = list.entries.iter().flat_map(|e| e.address.iter().chain(&e.shown));
    let decoded = words::decode(field.value, field.value.len());
    let text = extract(&decoded, false, usize::MAX);
    if parsed.chain(&text).all(allowed) { Ok(()) } else { Err(Why::Visible) }
}

/// The header's bytes without the fields that a rewrite may change.
pub(super) fn rest(raw: &[u8], header: &Header<'_>, changed: &[String]) -> Vec<u8> {
    let mut rest = Vec::with_capacity(header.body_start);
    let mut copied = 0;
    for field in &header.fields {
        let recipients = Slot::of(field.name).is_some_and(|s| s.is_visible_recipient() || s.is_blind());
        let may_change = || changed.iter().any(|name| field.name.eq_ignore_ascii_case(name.as_bytes()));
        if recipients || field.name.eq_ignore_ascii_case(b"dkim-signature") || may_change() {
            rest.extend_from_slice(&raw[copied..field.range.start]);
            copied = field.range.end;
        }
    }
    rest.extend_from_slice(&raw[copied..header.body_start]);
    rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_is_found() {
        let old = b"From: s@city.example.jp\r\nTo: a@x.example, t@city.example.jp\r\nX: y\r\n\r\nbody\r\n";
        let inside = |a: &Address| a.domain() == "city.example.jp";
        let check = |new: &[u8]| prove(old, new, &inside, &Hiding::default());
        assert_eq!(
            check(b"From: s@city.example.jp\r\nTo: t@city.example.jp\r\nX: y\r\n\r\nbody\r\n"),
            Ok(())
        );
        assert_eq!(check(b"DKIM-Signature: v=1\r\nFrom: s@city.example.jp\r\nX: y\r\n\r\nbody\r\n"), Ok(()));
        assert_eq!(check(old), Err(Why::Visible));
        assert_eq!(
            check(b"From: s@city.example.jp\r\nBcc: t@city.example.jp\r\nX: y\r\n\r\nbody\r\n"),
            Err(Why::BlindFieldLeft)
        );
        assert_eq!(check(b"From: s@city.example.jp\r\nX: z\r\n\r\nbody\r\n"), Err(Why::HeaderChanged));
        assert_eq!(check(b"From: s@city.example.jp\r\n\r\nbody\r\n"), Err(Why::HeaderChanged));
        assert_eq!(check(b"From: s@city.example.jp\r\nX: y\r\n\r\nbody\r\n\r\n"), Err(Why::BodyChanged));
        assert_eq!(
            check(
                b"From: s@city.example.jp\r\nTo: \"a@x.example\" <t@city.example.jp>\r\nX: y\r\n\r\nbody\r\n"
            ),
            Err(Why::Visible)
        );
        // a field smuggled in between
        assert_eq!(
            check(b"From: s@city.example.jp\r\nX: y\r\nY: z\r\n\r\nbody\r\n"),
            Err(Why::HeaderChanged)
        );
    }
}
