//! Correcting addresses: a wrong one gives way to the right one wherever it stands as a recipient, its
//! display name stays, and every other byte as well. The result is read again and proven.

use super::super::address::extract;
use super::super::{Address, Field, Mail, addresses, words};
use super::fields::{Kept, MAX_ADDRESSES, is_clean};
use super::prove::{cut, rest};
use super::{RewriteFailed, Rewritten, Why, plain_address, surgery};

/// A wrong address and the right one.
pub struct Correction {
    /// The wrong one's key.
    wrong: String,
    /// The right one, as it is written into the header.
    right: String,
    right_key: String,
}

impl Correction {
    /// A correction of one address to another; none where either is not an address that may stand in a
    /// header as it is.
    pub fn new(wrong: &str, right: &str) -> Option<Correction> {
        let wrong = Address::parse(wrong)?.key();
        let (_, right) = plain_address(right).ok()?;
        let right_key = right.key();
        Some(Correction { wrong, right: right.text, right_key })
    }
}

/// Puts the right address in the place of the wrong one in To, Cc, Bcc and their Resent- kin. Fields
/// without the wrong one stay byte for byte. The result is proven: the wrong address stands in none of these
/// fields, and the right one exactly where the wrong one stood.
///
/// # Errors
/// A field with the wrong address that readers take apart differently.
pub fn correct(mail: &Mail<'_>, corrections: &[Correction]) -> Result<Rewritten, RewriteFailed> {
    let unclear = |field: &Field<'_>| has_wrong(field, corrections) && !may_be_corrected(field);
    if super::recipient_fields(mail).any(|(field, _)| unclear(field)) {
        return Err(RewriteFailed::Unclear);
    }
    let rewritten =
        surgery(mail, b"undisclosed-recipients:;", Default::default(), &|field, _| match has_wrong(
            field,
            corrections,
        ) {
            true => Kept::Entries(corrected(field.value, corrections)),
            false => Kept::Whole,
        })?;
    prove(mail.raw, &rewritten.bytes, corrections)?;
    Ok(rewritten)
}

fn has_wrong(field: &Field<'_>, corrections: &[Correction]) -> bool {
    addresses_in(field.value).iter().any(|a| of(a, corrections).is_some())
}

fn may_be_corrected(field: &Field<'_>) -> bool {
    is_clean(field, &addresses::parse(field.value, MAX_ADDRESSES))
}

/// Every address in a field, by the grammar and as text.
fn addresses_in(value: &[u8]) -> Vec<Address> {
    let list = addresses::parse(value, MAX_ADDRESSES);
    let parsed = list.entries.into_iter().flat_map(|e| e.address.into_iter().chain(e.shown));
    let decoded = words::decode(value, value.len());
    parsed.chain(extract(&decoded, false, MAX_ADDRESSES)).collect()
}

fn of<'c>(address: &Address, corrections: &'c [Correction]) -> Option<&'c Correction> {
    let key = address.key();
    corrections.iter().find(|c| c.wrong == key)
}

/// A field's value with each entry corrected, the white space behind the colon apart.
fn corrected(value: &[u8], corrections: &[Correction]) -> Vec<u8> {
    let list = addresses::parse(value, MAX_ADDRESSES);
    let mut out = Vec::with_capacity(value.len() + 64);
    let mut copied = value.len() - value.trim_ascii_start().len();
    for entry in &list.entries {
        let wrong = entry.address.iter().chain(&entry.shown).any(|a| of(a, corrections).is_some());
        // Entries that share a stretch stand only in fields that are not clean.
        if !wrong || entry.range.start < copied {
            continue;
        }
        out.extend_from_slice(&value[copied..entry.range.start]);
        out.extend_from_slice(&entry_corrected(&value[entry.range.clone()], entry, corrections));
        copied = entry.range.end;
    }
    out.extend_from_slice(&value[copied..]);
    out
}

/// One entry corrected as it is written; where it is written in a way that cannot be changed so, the
/// address alone.
fn entry_corrected(text: &[u8], entry: &addresses::Entry, corrections: &[Correction]) -> Vec<u8> {
    let mut changed = text.to_vec();
    for correction in corrections {
        changed = replaced(&changed, correction);
    }
    let plain = match &entry.address {
        Some(address) => of(address, corrections).map_or(address.text.as_str(), |c| c.right.as_str()),
        None => "",
    };
    let wanted = Address::parse(plain).map(|a| a.key());
    let list = addresses::parse(&changed, MAX_ADDRESSES);
    let fits = match list.entries.as_slice() {
        [only] => only.range == (0..changed.len()) && only.address.as_ref().map(|a| a.key()) == wanted,
        _ => false,
    };
    let wrong_left = addresses_in(&changed).iter().any(|a| of(a, corrections).is_some());
    if fits && !wrong_left { changed } else { plain.as_bytes().to_vec() }
}

/// The text with each whole occurrence of the wrong address replaced.
fn replaced(text: &[u8], correction: &Correction) -> Vec<u8> {
    let wrong = correction.wrong.as_bytes();
    let local = |b: &u8| b.is_ascii_alphanumeric() || b".!#$%&'*+-/=?^_`{|}~".contains(b) || !b.is_ascii();
    let domain = |b: &u8| b.is_ascii_alphanumeric() || b".-_".contains(b) || !b.is_ascii();
    let mut out = Vec::with_capacity(text.len() + correction.right.len());
    let mut at = 0;
    while at < text.len() {
        let here = text.get(at..at + wrong.len()).is_some_and(|t| t.eq_ignore_ascii_case(wrong));
        let alone = (at == 0 || !local(&text[at - 1])) && !text.get(at + wrong.len()).is_some_and(domain);
        if here && alone {
            out.extend_from_slice(correction.right.as_bytes());
            at += wrong.len();
        } else {
            out.push(text[at]);
            at += 1;
        }
    }
    out
}

/// Shows that the fields name the same recipients in the same order but for the corrections, that no wrong
/// address is left in them, and that everything else is as it was.
fn prove(original: &[u8], rewritten: &[u8], corrections: &[Correction]) -> Result<(), Why> {
    let (old, new) = (cut(original)?, cut(rewritten)?);
    if original.get(old.body_start..) != rewritten.get(new.body_start..) {
        return Err(Why::BodyChanged);
    }
    if rest(original, &old, &[]) != rest(rewritten, &new, &[]) || old.fields.len() != new.fields.len() {
        return Err(Why::HeaderChanged);
    }
    for (was, now) in old.fields.iter().zip(&new.fields) {
        let recipients = super::Slot::of(was.name).is_some_and(|s| s.is_visible_recipient() || s.is_blind());
        if !recipients || was == now {
            continue;
        }
        let keys = |field: &Field<'_>| -> Vec<Option<String>> {
            let list = addresses::parse(field.value, MAX_ADDRESSES);
            list.entries.iter().map(|e| e.address.as_ref().map(|a| a.key())).collect()
        };
        let right = |key: String| {
            let found = corrections.iter().find(|c| c.wrong == key);
            found.map_or(key, |c| c.right_key.clone())
        };
        let mut wanted: Vec<Option<String>> = keys(was).into_iter().map(|k| k.map(right)).collect();
        let mut is = keys(now);
        // An entry of nothing but a shown address goes with it.
        wanted.retain(Option::is_some);
        is.retain(Option::is_some);
        if was.name != now.name || is != wanted {
            return Err(Why::HeaderChanged);
        }
        if has_wrong(now, corrections) {
            return Err(Why::Visible);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Limits, Slot, read};
    use proptest::prelude::*;

    fn fixed(header: &str, pairs: &[(&str, &str)]) -> Result<String, RewriteFailed> {
        let raw =
            format!("From: old@x.example\r\n{header}\r\nSubject: old@x.example\r\n\r\nold@x.example\r\n");
        let mail = read(raw.as_bytes(), &Limits::default());
        let corrections: Vec<Correction> =
            pairs.iter().map(|(a, b)| Correction::new(a, b).expect("addresses")).collect();
        let out = correct(&mail, &corrections)?;
        let text = String::from_utf8_lossy(&out.bytes).into_owned();
        let inner = text.strip_prefix("From: old@x.example\r\n").expect("From stays");
        Ok(inner
            .strip_suffix("\r\nSubject: old@x.example\r\n\r\nold@x.example\r\n")
            .expect("stays")
            .to_string())
    }

    #[test]
    fn the_right_one_stands_where_the_wrong_one_stood() {
        let pair = [("old@x.example", "new@y.example")];
        for (header, expected) in [
            ("To: old@x.example", "To: new@y.example"),
            ("To: OLD@X.example", "To: new@y.example"),
            (
                "To: \"O, L\" <old@x.example>,\r\n b@z.example",
                "To: \"O, L\" <new@y.example>,\r\n b@z.example",
            ),
            (
                "To:  a@z.example, =?utf-8?B?5bGx?= <old@x.example>",
                "To: a@z.example, =?utf-8?B?5bGx?= <new@y.example>",
            ),
            ("Cc: \"old@x.example\" <old@x.example>", "Cc: \"new@y.example\" <new@y.example>"),
            ("To: very.old@x.example, old@x.example.org", "To: very.old@x.example, old@x.example.org"),
            ("To: G: a@z.example, old@x.example;", "To: G: a@z.example, new@y.example;"),
            (
                "Bcc: old@x.example\r\nResent-To: old@x.example",
                "Bcc: new@y.example\r\nResent-To: new@y.example",
            ),
            ("To: \"old\"@x.example", "To: new@y.example"),
            ("To: \"old@x.example\" <b@z.example>", "To: \"new@y.example\" <b@z.example>"),
            ("To: =?utf-8?B?b2xkQHguZXhhbXBsZQ==?= <b@z.example>", "To: b@z.example"),
            ("Reply-To: old@x.example", "Reply-To: old@x.example"),
            ("To: b@z.example", "To: b@z.example"),
        ] {
            assert_eq!(fixed(header, &pair).as_deref(), Ok(expected), "{header}");
        }
        let two = [("old@x.example", "new@y.example"), ("b@z.example", "c@z.example")];
        assert_eq!(
            fixed("To: b@z.example, old@x.example", &two).as_deref(),
            Ok("To: c@z.example, new@y.example")
        );
    }

    #[test]
    fn what_cannot_be_read_cleanly_is_refused() {
        let pair = [("old@x.example", "new@y.example")];
        for header in
            ["To: <a@z.example>old@x.example", "To: old@x.example; b@z.example", "To: old＠x.example"]
        {
            assert_eq!(fixed(header, &pair), Err(RewriteFailed::Unclear), "{header}");
        }
        for bad in ["", "a", "a@x\r\nBcc: b@x", "a b@x", "<a@x>"] {
            assert!(Correction::new("old@x.example", bad).is_none(), "{bad}");
        }
    }

    fn piece() -> impl Strategy<Value = String> {
        prop_oneof![
            4 => prop::sample::select(vec!["old@x.example", "OLD@x.example", "a.old@x.example", "b@z.example"])
                .prop_map(str::to_string),
            2 => Just("<old@x.example>".to_string()),
            1 => Just("\"old@x.example\"".to_string()),
            1 => Just("(old@x.example)".to_string()),
            6 => "[ ,;:<>()\"\\\\a=?@.]{1,3}",
            1 => Just("\r\n ".to_string()),
            1 => Just("=?utf-8?B?b2xkQHguZXhhbXBsZQ==?=".to_string()),
            1 => Just("old＠x.example".to_string()),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1_000))]

        /// Whatever the header: refused, or the wrong address is in no reading of a recipient field.
        #[test]
        fn the_wrong_one_is_gone_or_nothing_is_done(fields in prop::collection::vec(
            (prop::sample::select(vec!["To", "Cc", "Bcc", "Resent-To", "Subject", "From"]),
             prop::collection::vec(piece(), 0..8)), 0..6), body in "[\r\na@x.:]{0,40}")
        {
            let header: String = fields.iter().map(|(n, v)| format!("{n}: {}\r\n", v.concat())).collect();
            let raw = format!("{header}\r\n{body}");
            let mail = read(raw.as_bytes(), &Limits::default());
            let pair = [Correction::new("old@x.example", "new@y.example").expect("addresses")];
            let Ok(out) = correct(&mail, &pair) else { return Ok(()) };
            let new = read(&out.bytes, &Limits::default());
            prop_assert_eq!(new.body(), mail.body());
            let recipients = |m: &Mail<'_>| -> Vec<String> {
                let seen = m.addresses.iter().filter(|s| {
                    !s.shown_only && (s.slot.is_visible_recipient() || s.slot.is_blind())
                });
                seen.map(|s| s.address.key()).collect()
            };
            let wanted: Vec<String> = recipients(&mail).into_iter()
                .map(|k| if k == "old@x.example" { "new@y.example".into() } else { k }).collect();
            prop_assert_eq!(recipients(&new), wanted);
            let others = |m: &Mail<'_>| -> Vec<Vec<u8>> {
                m.fields.iter().filter(|f| Slot::of(f.name).is_none_or(|s| !s.is_blind() && !s.is_visible_recipient()))
                    .map(|f| m.raw[f.range.clone()].to_vec()).collect()
            };
            prop_assert_eq!(others(&new), others(&mail));
        }
    }
}
