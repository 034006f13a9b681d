//! Whom a message goes to, and who would see whom: worked out once from the envelope and the header.

use std::collections::BTreeSet;

use super::organization::Organization;
use super::parties::{domain_of, is_personal, key, leads_to, party};
use message::{Mail, Nested, Seen, Slot};
use smtp::envelope::Envelope;

/// Where the envelope came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EnvelopeSource {
    /// The SMTP dialogue, or a caller who named it. A Bcc field would leave as it is.
    Given,
    /// The message's own fields. Its Bcc field is where the recipients stand before submission
    /// takes it away (RFC 5322 section 3.6.3).
    Fields,
}

/// Whom a message goes to. Addresses are in the form that compares: lower case, A-labels.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Audience {
    /// Everybody, in the envelope or in sight.
    pub(super) all: BTreeSet<String>,
    /// The outside addresses of these.
    pub external: BTreeSet<String>,
    /// The outside addresses of the envelope.
    pub envelope_external: BTreeSet<String>,
    /// The outside addresses that every reader sees.
    pub visible: BTreeSet<String>,
    /// The outside addresses in a Bcc field that would leave.
    pub(super) bcc_field: BTreeSet<String>,
    /// The Bcc fields with anything in them that would leave, whomever they name.
    pub(super) bcc_fields: usize,
}

impl Audience {
    /// Works out whom `mail` goes to under `envelope`.
    pub fn of(
        mail: &Mail<'_>,
        envelope: &Envelope,
        source: EnvelopeSource,
        organization: &Organization,
    ) -> Self {
        let is_outside = |key: &String| !organization.is_internal(domain_of(key));
        let end = |key: String| leads_to(key, organization);
        let rcpts: BTreeSet<_> = envelope.rcpts.iter().map(|r| end(key(&r.address))).collect();
        let mut visible: BTreeSet<_> = visible_keys(&mail.addresses).map(end).collect();
        // An envelope that is inside alone is inside mail: nobody outside reads what To says.
        let stays = source == EnvelopeSource::Given && !rcpts.is_empty() && !rcpts.iter().any(is_outside);
        if stays {
            visible.retain(|k| !is_outside(k));
        } else {
            visible.extend(shown_to_all(&mail.addresses, &|k| is_outside(&end(k.to_string()))).map(end));
        }
        let all: BTreeSet<_> = rcpts.iter().chain(&visible).cloned().collect();
        let leaves = source == EnvelopeSource::Given && !stays;
        let bcc_field = match leaves {
            true => hidden_keys(&mail.addresses).map(end).filter(is_outside).collect(),
            false => BTreeSet::new(),
        };
        let blind = mail
            .fields
            .iter()
            .filter(|f| Slot::of(f.name).is_some_and(Slot::is_blind) && !f.value.trim_ascii().is_empty());
        Audience {
            external: all.iter().filter(|k| is_outside(k)).cloned().collect(),
            envelope_external: rcpts.into_iter().filter(is_outside).collect(),
            visible: visible.into_iter().filter(is_outside).collect(),
            bcc_field,
            bcc_fields: if leaves { blind.count() } else { 0 },
            all,
        }
    }

    /// The domains of the outside addresses, each once.
    pub fn outside_domains(&self) -> BTreeSet<&str> {
        self.external.iter().map(|k| domain_of(k)).collect()
    }
}

/// How many parties these addresses are.
pub(super) fn parties<'a>(keys: impl IntoIterator<Item = &'a String>, organization: &Organization) -> usize {
    let parties: BTreeSet<_> = keys.into_iter().map(|k| party(k, organization)).collect();
    parties.len()
}

/// How many of these addresses are at freemail and carrier domains.
pub(super) fn personal<'a>(keys: impl IntoIterator<Item = &'a String>, organization: &Organization) -> usize {
    let at = keys.into_iter().map(|k| domain_of(k));
    at.filter(|domain| is_personal(domain, organization)).count()
}

/// The outside addresses that the readers of an attached message, a quoted header or an invitation
/// would see.
pub(super) fn shown_inside(nested: &Nested, organization: &Organization) -> BTreeSet<String> {
    let blind = hidden_keys(&nested.addresses);
    let keys = visible_keys(&nested.addresses).chain(blind).map(|k| leads_to(k, organization));
    keys.filter(|k| !organization.is_internal(domain_of(k))).collect()
}

/// The addresses in sight. One that stands in a display name alone is seen as well.
fn visible_keys(seen: &[Seen]) -> impl Iterator<Item = String> {
    let slots = [Slot::To, Slot::Cc, Slot::ResentTo, Slot::ResentCc];
    keys_in(seen, slots)
}

/// The addresses of fields that name no recipients and yet show several outside addresses to every reader: a
/// Reply-To with a list, a transport's notes. One address there is an author's or a place for answers.
fn shown_to_all<'m>(
    seen: &'m [Seen],
    is_outside: &dyn Fn(&str) -> bool,
) -> impl Iterator<Item = String> + use<'m> {
    let mut found: Vec<(Slot, String)> = Vec::new();
    for s in seen.iter().filter(|s| s.slot.is_shown_to_all()) {
        let key = key(&s.address.text);
        if is_outside(&key) && !found.iter().any(|(slot, k)| *slot == s.slot && *k == key) {
            found.push((s.slot, key));
        }
    }
    let several = |slot: Slot, found: &[(Slot, String)]| found.iter().filter(|(s, _)| *s == slot).count() > 1;
    let kept: Vec<String> =
        found.iter().filter(|(slot, _)| several(*slot, &found)).map(|(_, key)| key.clone()).collect();
    kept.into_iter()
}

fn hidden_keys(seen: &[Seen]) -> impl Iterator<Item = String> {
    keys_in(seen, [Slot::Bcc, Slot::ResentBcc])
}

fn keys_in<const N: usize>(seen: &[Seen], slots: [Slot; N]) -> impl Iterator<Item = String> {
    let seen = seen.iter().filter(move |s| slots.contains(&s.slot));
    seen.map(|s| key(&s.address.text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use message::{Limits, read};
    use smtp::envelope::Recipient;

    fn audience(header: &str, rcpts: &[&str], source: EnvelopeSource) -> Audience {
        let raw = format!("{header}\r\n\r\nbody\r\n");
        let mail = read(raw.as_bytes(), &Limits::default());
        let envelope = Envelope {
            rcpts: rcpts.iter().map(|r| Recipient { address: r.to_string(), params: Vec::new() }).collect(),
            ..Envelope::default()
        };
        Audience::of(&mail, &envelope, source, &city())
    }

    fn city() -> Organization {
        Organization::new("みほん市", &["city.example.jp"])
    }

    #[test]
    fn one_mailbox_counts_once_however_it_is_written() {
        let a = audience(
            "To: Taro <TARO@Example.com>, taro@example.com\r\nCc: taro+x@example.com, jiro@tax.CITY.example.jp",
            &["taro@EXAMPLE.com", "hanako@example.net"],
            EnvelopeSource::Given,
        );
        assert_eq!(a.visible.len(), 2);
        assert_eq!(a.external.len(), 3);
        assert_eq!(a.envelope_external.len(), 2);
        assert_eq!(a.all.len(), 4);
    }

    #[test]
    fn a_bcc_field_leaks_only_where_it_would_leave() {
        let header = "To: a@city.example.jp\r\nBcc: b@example.com, c@city.example.jp";
        let given = audience(header, &["b@example.com"], EnvelopeSource::Given);
        assert_eq!(given.bcc_field.len(), 1);
        assert!(given.visible.is_empty());
        let fields = audience(header, &["b@example.com"], EnvelopeSource::Fields);
        assert!(fields.bcc_field.is_empty());
    }

    #[test]
    fn colleagues_are_one_party_and_freemail_users_are_not() {
        let to = "To: a@example.co.jp, b@dept.example.co.jp, a@freemail.example, b@freemail.example";
        let a = audience(to, &[], EnvelopeSource::Given);
        assert_eq!(a.visible.len(), 4);
        assert_eq!(parties(&a.visible, &city()), 3);
        assert_eq!(personal(&a.visible, &city()), 2);
    }
}
