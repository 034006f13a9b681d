//! What is remembered of past mail, so that rules can ask about it: who wrote to whom before, how much
//! in the last hour, which lists were held, rewritten or recalled. It answers from memory, without
//! I/O; what it knows is kept in the same transaction as the decision it follows from.
//!
//! Nothing here can be read back: addresses, their domains and ids are kept as 64-bit keyed hashes. Its memory is
//! bounded in time (72 hours of mail, 400 days of acquaintance) and in size.

mod acquaintances;
mod hour;
mod index;
mod trace;

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use sha2::{Digest, Sha256};

pub(super) use self::acquaintances::first_day;
use self::index::Index;
pub(super) use self::trace::{Event, Trace, decode, encode};
use terms::clock::Timestamp;

/// How long a mail is remembered one by one.
pub const WINDOW_HOURS: i64 = 72;

/// A mail as the history remembers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sending {
    /// The envelope sender or, where it is null, nobody: an empty sender is not remembered.
    pub sender: String,
    /// Without angle brackets.
    pub message_id: Option<String>,
    pub client_ip: Option<IpAddr>,
    /// The outside recipients of the envelope; of a notable mail also those of the header, because its list
    /// may come again.
    pub recipients: Vec<String>,
    /// What was unusual about it.
    pub notable: Option<Notable>,
    pub at: Timestamp,
}

/// What makes a later mail to the same list worth a second look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notable {
    Held,
    Rewritten,
    /// The mail is itself a recall of a mail to that list.
    Recalled,
    /// Its sender stopped it; the store notes this itself when a case is cancelled.
    Cancelled,
}

/// A question about the past, asked for one mail that is being inspected.
#[derive(Clone, Debug)]
pub struct Look<'a> {
    pub sender: &'a str,
    pub message_id: Option<&'a str>,
    pub client_ip: Option<IpAddr>,
    /// The outside recipients, of the envelope and of the header.
    pub recipients: &'a [String],
    /// The outside recipients of the envelope: to them the mail goes.
    pub written: &'a [String],
    pub now: Timestamp,
}

/// The answer. Transactions of the same Message-ID and sender are one mail: neither they nor an
/// attempt that is being repeated count against it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Past {
    /// Whole hours since a mail to this list was held (and not released), rewritten or recalled, if
    /// within 72 hours. The same list: equal lists of two or more from the same sender, or lists of
    /// five or more from anybody of which at least 80 % of the longer is shared. A recall makes even a
    /// single recipient a list.
    pub same_recipients_hours: Option<i64>,
    /// The sender cancelled a mail to this list within 72 hours.
    pub recently_cancelled: bool,
    /// Outside recipients of other transactions of this mail that are not in this one.
    pub split_recipients: u64,
    /// A case of this mail waits for somebody's word.
    pub case_open: bool,
    /// Other mails of this sender in the last hour.
    pub recent_messages: u64,
    /// Distinct outside recipients of those.
    pub recent_recipients: u64,
    /// Those among them that the sender had never written to before.
    pub recent_first_time: u64,
    /// Outside recipients of this mail that the sender had never written to before.
    pub first_time: u64,
    /// The sender is known, but never sent from this client before it began to, without an hour's pause.
    pub new_client: bool,
}

/// The memory, shared by all tasks.
#[derive(Debug)]
pub struct History {
    key: [u8; 32],
    index: Mutex<Index>,
}

impl History {
    /// An empty memory whose hashes are keyed with `key`.
    pub(super) fn new(key: [u8; 32]) -> Self {
        History { key, index: Mutex::new(Index::default()) }
    }

    /// An empty memory of its own for a replay, which is let go of when the replay is over. It answers as
    /// the store's own does; its hashes need no secret because nobody else ever sees them.
    pub fn in_memory() -> Self {
        History::new([0; 32])
    }

    /// Takes in a sending, in the order of decisions. The store does this itself with every commit.
    pub fn remember(&self, sending: &Sending) {
        let trace = self.trace(sending);
        self.index().apply(&trace);
    }

    /// Notes that a case of this mail waits for somebody's word. The store does this itself.
    pub fn open_case(&self, sender: &str, message_id: Option<&str>) {
        if let Some(key) = self.case_key(sender, message_id) {
            self.index().open_case(key);
        }
    }

    /// Answers from memory. It also notes that this mail is being looked at, so that of two
    /// transactions of one mail that come at the same time, the later one sees the earlier.
    pub fn look(&self, look: &Look<'_>) -> Past {
        let ask = Trace {
            at: look.now.as_millisecond(),
            sender: self.sender(look.sender),
            message: look.message_id.map_or(0, |id| self.message(id)),
            client: look.client_ip.map_or(0, |ip| self.client(ip)),
            event: Event::Sent,
            recipients: self.recipients(look.recipients),
            domains: Vec::new(),
        };
        self.index().look(&ask, &self.recipients(look.written))
    }

    /// Whether mail ever went to the domain, which is the part that one registrant holds.
    pub fn knows_domain(&self, domain: &str) -> bool {
        let domain = self.domain(domain);
        self.index().known.knows_domain(domain)
    }

    /// The first of these domains that is often written to: on three days or more, by whomever.
    pub fn familiar(&self, domains: impl IntoIterator<Item = String>) -> Option<String> {
        let hashed = domains.into_iter().map(|domain| (self.domain(&domain), domain)).collect::<Vec<_>>();
        let index = self.index();
        hashed.into_iter().find(|(hash, _)| index.known.is_familiar(*hash)).map(|(_, domain)| domain)
    }

    /// What is kept of a sending: hashes.
    pub(super) fn trace(&self, sending: &Sending) -> Trace {
        Trace {
            at: sending.at.as_millisecond(),
            sender: self.sender(&sending.sender),
            message: sending.message_id.as_deref().map_or(0, |id| self.message(id)),
            client: sending.client_ip.map_or(0, |ip| self.client(ip)),
            event: match sending.notable {
                None => Event::Sent,
                Some(Notable::Held) => Event::Held,
                Some(Notable::Rewritten) => Event::Rewritten,
                Some(Notable::Recalled) => Event::Recalled,
                Some(Notable::Cancelled) => Event::Cancelled,
            },
            recipients: self.recipients(&sending.recipients),
            domains: self.domains(&sending.recipients),
        }
    }

    /// The key of a case: its sender and Message-ID.
    pub(super) fn case_key(&self, sender: &str, message_id: Option<&str>) -> Option<(u64, u64)> {
        message_id.map(|id| (self.sender(sender), self.message(id)))
    }

    /// The hashes of outside recipients, ascending and distinct.
    pub(super) fn recipients(&self, addresses: &[String]) -> Vec<u64> {
        let mut hashes: Vec<u64> = addresses.iter().map(|a| self.address(a)).collect();
        hashes.sort_unstable();
        hashes.dedup();
        hashes.truncate(trace::MAX_RECIPIENTS);
        hashes
    }

    /// The hashes of the domains of outside recipients, ascending and distinct.
    pub(super) fn domains<'a>(&self, addresses: impl IntoIterator<Item = &'a String>) -> Vec<u64> {
        let names: BTreeSet<String> = addresses.into_iter().filter_map(|a| registered(a)).collect();
        let mut hashes: Vec<u64> = names.iter().map(|name| self.domain(name)).collect();
        hashes.sort_unstable();
        hashes.truncate(trace::MAX_RECIPIENTS);
        hashes
    }

    /// The memory itself, for the writer. A panic elsewhere does not close it: every change is whole.
    pub(super) fn index(&self) -> MutexGuard<'_, Index> {
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn address(&self, address: &str) -> u64 {
        let address = address.trim();
        if address.is_empty() { 0 } else { self.hash(b'a', address.to_lowercase().as_bytes()) }
    }

    /// A sender is the mailbox behind tags, VERP, BATV and SRS: else each copy of a mailing that has a return
    /// path of its own would be counted as somebody else's.
    fn sender(&self, path: &str) -> u64 {
        self.address(&smtp::reverse_path::mailbox(path))
    }

    fn domain(&self, domain: &str) -> u64 {
        self.hash(b'd', domain.as_bytes())
    }

    fn message(&self, id: &str) -> u64 {
        self.hash(b'm', audit::filter::bare_id(id).as_bytes())
    }

    fn client(&self, ip: IpAddr) -> u64 {
        self.hash(b'c', ip.to_canonical().to_string().as_bytes())
    }

    /// Keyed, so that who has the database alone cannot try addresses. Never 0, which means absent.
    fn hash(&self, kind: u8, text: &[u8]) -> u64 {
        let mut hasher = Sha256::new();
        hasher.update(self.key);
        hasher.update([kind]);
        hasher.update(text);
        let digest = hasher.finalize();
        let mut first = [0; 8];
        first.copy_from_slice(&digest[..8]);
        u64::from_le_bytes(first).max(1)
    }
}

/// What one registrant holds of the domain of an address, by the public suffix list; none for a literal.
fn registered(address: &str) -> Option<String> {
    let (_, domain) = address.trim().rsplit_once('@')?;
    let domain = domain.to_lowercase();
    (!domain.starts_with('[')).then(|| psl::domain_str(&domain).unwrap_or(&domain).to_string())
}

#[cfg(test)]
mod tests;
