//! The hash chain. Each entry's hash is SHA-256(hash of the entry before ‖ canonical JSON of this
//! entry); the entry before the first is the node's genesis. An entry cannot be changed, dropped,
//! added or moved without every later hash changing.
//!
//! Canonical JSON is what RFC 8785 makes of an entry, which holds only strings, lists and whole
//! numbers: keys in ascending order, no white space, UTF-8, escapes only where JSON demands them,
//! absent fields left out. Python's `json.dumps(entry, sort_keys=True, separators=(",", ":"),
//! ensure_ascii=False)` gives the same bytes.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::entry::{Entry, Kind, RuleHit};
use terms::clock::Timestamp;

/// One SHA-256.
pub type Hash = [u8; 32];

/// The last entry of a chain: its number and its hash. Written down elsewhere (the daily report), it
/// shows later whether the tail was cut off or written anew. Reads and prints as `SEQ:HASH`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// The first entry is 1; 0 is the genesis.
    pub seq: i64,
    pub hash: Hash,
}

/// The hash that stands before the first entry of `node`.
pub fn genesis(node: &str) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update(b"sekisho audit chain\n");
    hasher.update(node.as_bytes());
    hasher.finalize().into()
}

/// The hash of an entry that follows `previous`.
pub fn link(previous: &Hash, canonical: &[u8]) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update(previous);
    hasher.update(canonical);
    hasher.finalize().into()
}

/// The canonical JSON of an entry: the text that is stored and hashed.
pub fn canonical(entry: &Entry) -> String {
    // No field of an entry can fail to serialise: there is no map with odd keys and no float.
    serde_json::to_string(&Ordered::of(entry)).unwrap_or_default()
}

/// An entry with its keys in ascending order. It is taken apart without `..`, so that a field that is
/// added to [`Entry`] cannot be forgotten here.
#[derive(Serialize)]
struct Ordered<'a> {
    action: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    actor: &'a Option<String>,
    at: &'a Timestamp,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    attachments: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    case: &'a Option<String>,
    kind: Kind,
    #[serde(skip_serializing_if = "Option::is_none")]
    mail: &'a Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message_id: &'a Option<String>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    notes: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: &'a Option<String>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    recipients: &'a [String],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    rules: Vec<OrderedRule<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sender: &'a Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sha256: &'a Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    size: &'a Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: &'a Option<String>,
}

#[derive(Serialize)]
struct OrderedRule<'a> {
    action: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    evidence: &'a [String],
    id: &'a str,
    incidents: &'a [String],
    mode: &'a str,
}

impl<'a> Ordered<'a> {
    fn of(entry: &'a Entry) -> Self {
        let Entry {
            at,
            kind,
            mail,
            case,
            message_id,
            sender,
            recipients,
            subject,
            attachments,
            sha256,
            size,
            action,
            rules,
            actor,
            reason,
            notes,
        } = entry;
        Ordered {
            action,
            actor,
            at,
            attachments,
            case,
            kind: *kind,
            mail,
            message_id,
            notes,
            reason,
            recipients,
            rules: rules.iter().map(OrderedRule::of).collect(),
            sender,
            sha256,
            size,
            subject,
        }
    }
}

impl<'a> OrderedRule<'a> {
    fn of(rule: &'a RuleHit) -> Self {
        let RuleHit { id, action, mode, incidents, evidence } = rule;
        OrderedRule { action, evidence, id, incidents, mode }
    }
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(char::from(DIGITS[usize::from(byte >> 4)]));
        text.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    text
}

/// The bytes of a hexadecimal text of either case; none where it is not one.
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> =
        text.chars().map(|c| c.to_digit(16).and_then(|d| u8::try_from(d).ok())).collect();
    let digits = digits?;
    let (pairs, rest) = digits.as_chunks::<2>();
    rest.is_empty().then(|| pairs.iter().map(|[high, low]| high << 4 | low).collect())
}

impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.seq, hex(&self.hash))
    }
}

impl FromStr for Head {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || format!("{text:?} is not a chain head (SEQ:HASH, the hash 64 hex digits)");
        let (seq, hash) = text.trim().split_once(':').ok_or_else(wrong)?;
        let seq: i64 = seq.parse().map_err(|_| wrong())?;
        let hash: Hash = unhex(hash).and_then(|h| h.try_into().ok()).ok_or_else(wrong)?;
        if seq < 0 {
            return Err(wrong());
        }
        Ok(Head { seq, hash })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sorted(value: serde_json::Value) -> serde_json::Value {
        match value {
            serde_json::Value::Object(map) => {
                let mut pairs: Vec<_> = map.into_iter().map(|(k, v)| (k, sorted(v))).collect();
                pairs.sort_by(|a, b| a.0.cmp(&b.0));
                serde_json::Value::Object(pairs.into_iter().collect())
            }
            serde_json::Value::Array(list) => {
                serde_json::Value::Array(list.into_iter().map(sorted).collect())
            }
            other => other,
        }
    }

    fn entries() -> impl Strategy<Value = Entry> {
        let text = || proptest::option::of(any::<String>());
        let texts = || proptest::collection::vec(any::<String>(), 0..3);
        let rule = (any::<String>(), any::<String>(), texts(), texts()).prop_map(
            |(id, action, incidents, evidence)| RuleHit {
                id,
                action,
                mode: "enforce".into(),
                incidents,
                evidence,
            },
        );
        (
            (0i64..4_000_000_000, any::<String>(), text(), text(), text()),
            (texts(), texts(), texts(), proptest::option::of(any::<u64>())),
            proptest::collection::vec(rule, 0..3),
        )
            .prop_map(|((at, action, mail, case, subject), (to, files, notes, size), rules)| {
                let at = Timestamp::from_second(at).unwrap_or(Timestamp::UNIX_EPOCH);
                let mut entry = Entry::new(at, Kind::Decision, action);
                entry.mail = mail.clone();
                entry.case = case.clone();
                entry.message_id = mail.clone();
                entry.sender = case;
                entry.sha256 = subject.clone();
                entry.actor = mail;
                entry.reason = subject.clone();
                entry.subject = subject;
                entry.recipients = to;
                entry.attachments = files;
                entry.notes = notes;
                entry.size = size;
                entry.rules = rules;
                entry
            })
    }

    proptest! {
        /// The ordered twin says exactly what the entry's own JSON says, with sorted keys, and the
        /// entry comes back from it.
        #[test]
        fn canonical_is_the_entry_with_sorted_keys(entry in entries()) {
            let plain = serde_json::to_value(&entry).unwrap();
            let canonical = canonical(&entry);
            prop_assert_eq!(&canonical, &sorted(plain).to_string());
            prop_assert_eq!(serde_json::from_str::<Entry>(&canonical).unwrap(), entry);
        }

        #[test]
        fn a_head_survives_its_text(seq in 0i64.., hash in any::<[u8; 32]>()) {
            let head = Head { seq, hash };
            prop_assert_eq!(head.to_string().parse::<Head>().unwrap(), head);
        }
    }

    #[test]
    fn what_is_no_head_is_refused() {
        for text in ["", "1", "1:", "1:zz", "-1:00", "x:00", "1:00"] {
            assert!(text.parse::<Head>().is_err(), "{text}");
        }
        assert!(format!("-1:{}", hex(&[0; 32])).parse::<Head>().is_err());
    }

    #[test]
    fn nodes_start_apart() {
        assert_ne!(genesis("a"), genesis("b"));
    }
}
