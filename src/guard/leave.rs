//! The bytes that leave: as they came, or with the outside addresses out of sight, proven, and with
//! signatures that hold.

use super::current::{EmptyTo, House};
use crate::clock::Timestamp;
use crate::message::{self, Address, Mail, Placeholder, Rewritten, Seen, Slot};
use crate::rules::verdict::Rewrite;
use crate::smtp::envelope::{Envelope, Recipient};
use crate::store::{ItemKind, Outgoing};

/// What leaves of one message.
#[derive(Debug)]
pub struct Leaving {
    pub copies: Vec<Copy>,
    /// What was done that the audit log should say (`dkim: re-signed …`).
    pub notes: Vec<String>,
}

/// One message of it.
#[derive(Debug)]
pub struct Copy {
    pub envelope: Envelope,
    pub bytes: Vec<u8>,
}

impl Copy {
    /// For the outbox, with the transaction that it came from.
    pub fn outgoing(self, mail: Option<String>) -> Outgoing {
        Outgoing::new(ItemKind::Mail, mail, self.envelope, &self.bytes)
    }
}

/// Makes what leaves of a message, rewritten where `rewrite` asks for it.
///
/// # Errors
/// Why the message could not be rewritten so that nobody sees whom they must not; it must not leave.
pub fn prepare(
    house: &House,
    envelope: &Envelope,
    bytes: &[u8],
    rewrite: Option<Rewrite>,
    now: Timestamp,
) -> Result<Leaving, String> {
    without(house, envelope, bytes, rewrite, &[], now)
}

/// As [`prepare`], for a message that somebody took recipients from: `dropped` stand in its header no
/// more.
///
/// # Errors
/// As [`prepare`].
pub fn without(
    house: &House,
    envelope: &Envelope,
    bytes: &[u8],
    rewrite: Option<Rewrite>,
    dropped: &[String],
    now: Timestamp,
) -> Result<Leaving, String> {
    if rewrite.is_none() && dropped.is_empty() {
        let copy = Copy { envelope: envelope.clone(), bytes: bytes.to_vec() };
        return Ok(Leaving { copies: vec![copy], notes: Vec::new() });
    }
    let mail = message::read(bytes, &house.limits);
    let dropped: Vec<String> = dropped.iter().map(|d| d.to_lowercase()).collect();
    let seen = |a: &Address| {
        let hidden = rewrite.is_some() && !house.organization.is_internal(a.domain());
        !hidden && !dropped.contains(&a.key())
    };
    match rewrite {
        Some(Rewrite::Bcc) if dropped.is_empty() && is_only_the_bcc_field(house, &mail) => {
            strip(house, envelope, &mail, now)
        }
        None | Some(Rewrite::Bcc) => hide(house, envelope, &mail, &seen, now),
        Some(Rewrite::Individual) => individual(house, envelope, &mail, &seen, now),
    }
}

/// Whether a rewrite to Bcc has nothing to do but to take a Bcc field away: at most one outside address
/// stands in sight, so that no outside recipient would see another there.
pub fn is_only_the_bcc_field(house: &House, mail: &Mail<'_>) -> bool {
    let blind = mail.fields.iter().filter_map(|f| Slot::of(f.name)).any(Slot::is_blind);
    let outside =
        |s: &&Seen| s.slot.is_visible_recipient() && !house.organization.is_internal(s.address.domain());
    let mut visible: Vec<String> = mail.addresses.iter().filter(outside).map(|s| s.address.key()).collect();
    visible.sort_unstable();
    visible.dedup();
    blind && visible.len() <= 1
}

/// One message without its Bcc field, else as it was.
fn strip(house: &House, envelope: &Envelope, mail: &Mail<'_>, now: Timestamp) -> Result<Leaving, String> {
    let rewritten = message::strip_bcc(mail).map_err(|e| e.to_string())?;
    let (bytes, notes) = signed(house, rewritten, now);
    // Once more, on the very bytes that leave.
    message::prove(mail.raw, &bytes, &|_| true).map_err(|why| why.to_string())?;
    Ok(Leaving { copies: vec![Copy { envelope: envelope.clone(), bytes }], notes })
}

/// Whether an address may be seen in the header of what leaves.
type Visible<'a> = &'a dyn Fn(&Address) -> bool;

/// One message, the addresses that must not be seen only in the envelope.
fn hide(
    house: &House,
    envelope: &Envelope,
    mail: &Mail<'_>,
    seen: Visible<'_>,
    now: Timestamp,
) -> Result<Leaving, String> {
    let placeholder = placeholder(house, envelope);
    let rewritten = message::to_bcc(mail, seen, &placeholder).map_err(|e| e.to_string())?;
    let (bytes, notes) = signed(house, rewritten, now);
    // Once more, on the very bytes that leave.
    let sender = match &placeholder {
        Placeholder::Sender(sender) => Some(sender.to_lowercase()),
        Placeholder::UndisclosedRecipients => None,
    };
    let allowed = |a: &Address| seen(a) || Some(a.key()) == sender;
    message::prove(mail.raw, &bytes, &allowed).map_err(|why| why.to_string())?;
    Ok(Leaving { copies: vec![Copy { envelope: envelope.clone(), bytes }], notes })
}

/// One copy for each outside recipient, and one for all of the house's own.
fn individual(
    house: &House,
    envelope: &Envelope,
    mail: &Mail<'_>,
    seen: Visible<'_>,
    now: Timestamp,
) -> Result<Leaving, String> {
    let inner = |r: &Recipient| {
        r.address.rsplit_once('@').is_some_and(|(_, domain)| house.organization.is_internal(domain))
    };
    let (inside, outside): (Vec<_>, Vec<_>) = envelope.rcpts.iter().cloned().partition(inner);
    let mut leaving = Leaving { copies: Vec::new(), notes: Vec::new() };
    if !inside.is_empty() {
        let own = Envelope { rcpts: inside, ..envelope.clone() };
        let copy = hide(house, &own, mail, seen, now)?;
        leaving.copies.extend(copy.copies);
        leaving.notes.extend(copy.notes);
    }
    for rcpt in outside {
        let rewritten = message::individual(mail, &rcpt.address).map_err(|e| e.to_string())?;
        let (bytes, notes) = signed(house, rewritten, now);
        for note in notes {
            if !leaving.notes.contains(&note) {
                leaving.notes.push(note);
            }
        }
        let own = Envelope { rcpts: vec![rcpt], ..envelope.clone() };
        leaving.copies.push(Copy { envelope: own, bytes });
    }
    Ok(leaving)
}

fn placeholder(house: &House, envelope: &Envelope) -> Placeholder {
    match house.rewrite.empty_to {
        EmptyTo::Sender if !envelope.from.is_empty() => Placeholder::Sender(envelope.from.clone()),
        EmptyTo::Sender | EmptyTo::UndisclosedRecipients => Placeholder::UndisclosedRecipients,
    }
}

/// The message with its signatures mended, and what was done to them.
fn signed(house: &House, rewritten: Rewritten, now: Timestamp) -> (Vec<u8>, Vec<String>) {
    let signer = house.signer.as_deref();
    let (bytes, outcome) = message::resign_or_drop(&rewritten.bytes, &rewritten.changed, signer, now);
    (bytes, outcome.notes())
}
