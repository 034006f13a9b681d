//! What is hidden in To and Cc may stand nowhere else in the header either: not where answers go, not in a
//! transport's notes, not in a thread's topic.

use std::collections::HashSet;

use super::super::address::extract;
use super::super::{Address, Field, Mail, Seen, Slot, addresses, words};
use super::RewriteFailed;
use super::fields::{Kept, MAX_ADDRESSES, keep};

/// Whose addresses must not be seen in what leaves, and what had to be changed for that.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hiding {
    /// The addresses, in the form that compares ([`Address::key`]).
    pub keys: HashSet<String>,
    /// The only outside recipient of this copy, where it has one: a Received field may name whom it is for.
    pub reader: Option<String>,
    /// The fields besides To, Cc and Bcc that were changed or removed, in lower case.
    pub fields: Vec<String>,
}

/// Fields to which answers and receipts go; they keep their other entries.
const ANSWERS: &[&str] = &[
    "reply-to",
    "mail-followup-to",
    "mail-reply-to",
    "disposition-notification-to",
    "return-receipt-to",
    "x-confirm-reading-to",
    "errors-to",
];
/// Fields that are only a transport's or a mail program's; readers lose nothing with them.
const REMOVABLE: &[&str] = &[
    "apparently-to",
    "envelope-to",
    "delivered-to",
    "original-recipient",
    "thread-topic",
    "thread-index",
    "comments",
    "keywords",
    "return-path",
];

impl Hiding {
    /// All outside addresses of the recipient fields of `mail` and of other fields that list several, and `also`.
    pub(super) fn of(
        mail: &Mail<'_>,
        internal: &dyn Fn(&Address) -> bool,
        also: &HashSet<String>,
        reader: Option<&str>,
    ) -> Self {
        let outside = |s: &&Seen| !internal(&s.address);
        let named = mail.addresses.iter().filter(|s| s.slot.is_visible_recipient() || s.slot.is_blind());
        let mut keys: HashSet<String> = named.filter(outside).map(|s| s.address.key()).collect();
        // Several outside addresses in a Reply-To or in a transport's notes are a list as well.
        for slot in [Slot::From, Slot::ReplyTo, Slot::Shown] {
            let there = mail.addresses.iter().filter(|s| s.slot == slot).filter(outside);
            let there: HashSet<String> = there.map(|s| s.address.key()).collect();
            if there.len() > 1 {
                keys.extend(there);
            }
        }
        keys.extend(also.iter().map(|a| a.to_lowercase()));
        Hiding { keys, reader: reader.map(str::to_lowercase), fields: Vec::new() }
    }

    /// Whether the text of a field, raw or decoded, shows one of the addresses.
    pub(super) fn is_seen_in(&self, field: &Field<'_>) -> bool {
        let own_received = field.name.eq_ignore_ascii_case(b"received");
        let hidden = |a: &Address| {
            let key = a.key();
            self.keys.contains(&key) && !(own_received && self.reader.as_deref() == Some(&key))
        };
        let raw = String::from_utf8_lossy(field.value);
        let decoded = words::decode(field.value, field.value.len());
        let shows = |text: &str| extract(text, false, usize::MAX).iter().any(hidden);
        shows(&raw) || decoded != raw && shows(&decoded)
    }

    /// Whether a text shows one of the addresses.
    pub fn is_seen_in_text(&self, text: &str) -> bool {
        !self.keys.is_empty() && extract(text, false, usize::MAX).iter().any(|a| self.keys.contains(&a.key()))
    }

    /// What becomes of a field that names no recipients.
    ///
    /// # Errors
    /// Where it shows a hidden address and readers need it, such as a subject.
    pub(super) fn decide(&self, field: &Field<'_>) -> Result<Kept, RewriteFailed> {
        if self.keys.is_empty() || !self.is_seen_in(field) {
            return Ok(Kept::Whole);
        }
        let name = String::from_utf8_lossy(field.name).to_ascii_lowercase();
        if ANSWERS.contains(&name.as_str()) {
            let kept = keep(field, &|a| !self.keys.contains(&a.key()));
            // An entry may show another address in its name.
            let clean = |value: &[u8]| {
                let list = addresses::parse(value, MAX_ADDRESSES);
                list.entries
                    .iter()
                    .flat_map(|e| e.address.iter().chain(&e.shown))
                    .all(|a| !self.keys.contains(&a.key()))
            };
            return Ok(match kept {
                Kept::Entries(value) if clean(&value) => Kept::Entries(value),
                _ => Kept::Nothing,
            });
        }
        let removable = name.starts_with("x-") || REMOVABLE.contains(&name.as_str());
        if removable || Slot::of(field.name) == Some(Slot::Shown) {
            return Ok(Kept::Nothing);
        }
        Err(RewriteFailed::StandsIn(String::from_utf8_lossy(field.name).into_owned()))
    }
}
