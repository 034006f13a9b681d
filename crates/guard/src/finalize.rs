//! The bytes that leave: as they came, or mended by a person's word, with the outside addresses out of
//! sight, proven, and with signatures that hold.

use std::borrow::Cow;
use std::sync::Arc;

use super::policy::{EmptyTo, Policy};
use message::{self, Address, Correction, Hiding, Mail, Placeholder, Rewritten, Seen, Slot};
use rules::verdict::{Action, Approval, Rewrite, Verdict};
use smtp::envelope::{Envelope, Recipient};
use smtp::transaction::Transaction;
use std::collections::HashSet;
use store::{self, ItemKind, Outgoing};
use terms::clock::Timestamp;

/// How it is told that a hidden address stands where a rewrite does not reach; the place follows.
pub const STANDS_ELSEWHERE: &str = "an address that is to be hidden also stands in ";

/// Whether the bytes of a part are text that somebody may read.
fn is_text(media_type: &str) -> bool {
    media_type.starts_with("text/")
        || media_type.starts_with("message/")
        || matches!(media_type, "application/ics" | "application/json" | "application/xml")
}

/// What leaves of one message.
#[derive(Debug)]
pub struct FinalMessage {
    pub copies: Vec<Copy>,
    /// What was done that the audit log should say (`dkim: re-signed …`).
    pub notes: Vec<String>,
}

impl FinalMessage {
    /// For the outbox, below the Received lines of the transaction that it came in.
    pub fn outgoing(self, t: &Transaction) -> Vec<Outgoing> {
        self.copies.into_iter().map(|copy| copy.outgoing(Some(t.id.clone()), &t.received)).collect()
    }
}

/// One message of it.
#[derive(Debug)]
pub struct Copy {
    pub envelope: Envelope,
    /// The header, with the empty line that ends it.
    pub head: Vec<u8>,
    /// The rest; the copies of one message share it.
    pub body: Arc<Vec<u8>>,
}

impl Copy {
    fn new(envelope: Envelope, bytes: Vec<u8>) -> Copy {
        let (head, body) = store::split(bytes);
        Copy { envelope, head, body: Arc::new(body) }
    }

    /// The whole message.
    pub fn bytes(&self) -> Vec<u8> {
        [self.head.as_slice(), &self.body].concat()
    }

    /// For the outbox, with the transaction that it came from. `received` are the Received lines that stand
    /// above the message.
    pub fn outgoing(self, mail: Option<String>, received: &[u8]) -> Outgoing {
        let head = [received, &self.head].concat();
        Outgoing { kind: ItemKind::Mail, mail, envelope: self.envelope, head, body: self.body }
    }
}

/// Makes what leaves of a message, rewritten where `rewrite` asks for it.
///
/// # Errors
/// Why the message could not be rewritten so that nobody sees whom they must not; it must not leave.
pub fn prepare(
    policy: &Policy,
    envelope: &Envelope,
    bytes: &[u8],
    rewrite: Option<Rewrite>,
    now: Timestamp,
) -> Result<FinalMessage, String> {
    mended(policy, envelope, bytes, rewrite, &Mending::default(), now)
}

/// The verdict as it will be carried out: a hold, with the reason, where the message cannot be rewritten so that
/// nobody sees whom they must not.
pub fn carried_out(
    policy: &Policy,
    envelope: &Envelope,
    bytes: &[u8],
    verdict: &Verdict,
    now: Timestamp,
) -> Verdict {
    let mut verdict = verdict.clone();
    if verdict.action == Action::Rewrite
        && let Err(why) = prepare(policy, envelope, bytes, verdict.rewrite, now)
    {
        verdict.action = Action::Hold;
        verdict.approval = Approval::SecondPerson;
        verdict.error = Some(why);
    }
    verdict
}

/// Makes what leaves of one transaction of a case, for the outbox.
///
/// # Errors
/// As [`mended`].
pub fn outgoing(
    policy: &Policy,
    leaving: &store::HeldTransaction,
    now: Timestamp,
) -> Result<Vec<Outgoing>, String> {
    let rewrite = leaving.rewrite.map(demand);
    let left = mended(policy, &leaving.envelope, &leaving.bytes, rewrite, &Mending::of(leaving), now)?;
    Ok(left.copies.into_iter().map(|copy| copy.outgoing(leaving.part.mail.clone(), &[])).collect())
}

/// The store's word in the rules' own.
pub(super) fn demand(rewrite: store::Rewrite) -> Rewrite {
    match rewrite {
        store::Rewrite::Bcc => Rewrite::Bcc,
        store::Rewrite::Individual => Rewrite::Individual,
    }
}

/// What a person changed on a mail, beside how its recipients are hidden.
#[derive(Clone, Copy, Debug, Default)]
pub struct Mending<'a> {
    /// These stand in the header no more; the envelope is without them already.
    pub dropped: &'a [String],
    /// The wrong address and the right one; the envelope has the right one already.
    pub corrections: &'a [(String, String)],
    /// The numbers of the attachments that are taken out ([`message::Part::number`]).
    pub attachments: &'a [String],
}

impl<'a> Mending<'a> {
    /// What is changed on a held mail.
    pub fn of(leaving: &'a store::HeldTransaction) -> Self {
        Mending {
            dropped: &leaving.dropped,
            corrections: &leaving.corrections,
            attachments: &leaving.attachments,
        }
    }

    fn is_nothing(&self) -> bool {
        self.dropped.is_empty() && self.corrections.is_empty() && self.attachments.is_empty()
    }
}

/// As [`prepare`], for a message that somebody mended: addresses are corrected, then attachments taken out,
/// then recipients hidden, and what comes of it is signed.
///
/// # Errors
/// As [`prepare`], or why the message could not be mended so.
pub fn mended(
    policy: &Policy,
    envelope: &Envelope,
    bytes: &[u8],
    rewrite: Option<Rewrite>,
    mending: &Mending<'_>,
    now: Timestamp,
) -> Result<FinalMessage, String> {
    if rewrite.is_none() && mending.is_nothing() {
        let copy = Copy::new(envelope.clone(), bytes.to_vec());
        return Ok(FinalMessage { copies: vec![copy], notes: Vec::new() });
    }
    let (fixed, changed) = corrected(policy, bytes, mending)?;
    let mail = message::read(&fixed, &policy.limits);
    let dropped: Vec<String> = mending.dropped.iter().map(|d| d.to_lowercase()).collect();
    let seen = |a: &Address| {
        let hidden = rewrite.is_some() && !policy.organization.is_inside(&a.text);
        !hidden && !dropped.contains(&a.key())
    };
    let surgery = Surgery { policy, mail: &mail, changed: &changed, seen: &seen, now };
    match rewrite {
        None if dropped.is_empty() => {
            let (bytes, notes) = surgery.signed(Rewritten {
                bytes: fixed.to_vec(),
                changed: Vec::new(),
                hiding: Hiding::default(),
            });
            Ok(FinalMessage { copies: vec![Copy::new(envelope.clone(), bytes)], notes })
        }
        Some(Rewrite::Bcc) if dropped.is_empty() && is_only_the_bcc_field(policy, &mail) => {
            surgery.strip(envelope)
        }
        None | Some(Rewrite::Bcc) => surgery.hide(envelope),
        Some(Rewrite::Individual) => surgery.individual(envelope),
    }
}

/// Whether a rewrite to Bcc has nothing to do but to take a Bcc field away: at most one outside address
/// stands in sight, so that no outside recipient would see another there.
pub fn is_only_the_bcc_field(policy: &Policy, mail: &Mail<'_>) -> bool {
    let blind = mail.fields.iter().filter_map(|f| Slot::of(f.name)).any(Slot::is_blind);
    let outside =
        |s: &&Seen| s.slot.is_visible_recipient() && !policy.organization.is_inside(&s.address.text);
    let mut visible: Vec<String> = mail.addresses.iter().filter(outside).map(|s| s.address.key()).collect();
    visible.sort_unstable();
    visible.dedup();
    blind && visible.len() <= 1
}

/// The message with its addresses corrected and its attachments taken out, and the fields that this changed;
/// each is proven by itself.
fn corrected<'b>(
    policy: &Policy,
    bytes: &'b [u8],
    mending: &Mending<'_>,
) -> Result<(Cow<'b, [u8]>, Vec<String>), String> {
    let (mut fixed, mut changed) = (Cow::Borrowed(bytes), Vec::new());
    if !mending.corrections.is_empty() {
        let wrong = |pair: &(String, String)| {
            Correction::new(&pair.0, &pair.1).ok_or_else(|| format!("{} is no address", pair.1))
        };
        let corrections = mending.corrections.iter().map(wrong).collect::<Result<Vec<_>, _>>()?;
        let mail = message::read(bytes, &policy.limits);
        let right = message::correct(&mail, &corrections).map_err(|e| e.to_string())?;
        (fixed, changed) = (Cow::Owned(right.bytes), right.changed);
    }
    if !mending.attachments.is_empty() {
        let mail = message::read(&fixed, &policy.limits);
        let without = message::without_attachments(&mail, mending.attachments).map_err(|e| e.to_string())?;
        changed.extend(without.changed);
        fixed = Cow::Owned(without.bytes);
    }
    Ok((fixed, changed))
}

/// Whether an address may be seen in the header of what leaves.
type Visible<'a> = &'a dyn Fn(&Address) -> bool;

/// The last steps, on a message that is otherwise as it will leave.
struct Surgery<'a> {
    policy: &'a Policy,
    mail: &'a Mail<'a>,
    /// What was changed before.
    changed: &'a [String],
    seen: Visible<'a>,
    now: Timestamp,
}

impl Surgery<'_> {
    /// One message, the addresses that must not be seen only in the envelope.
    fn hide(&self, envelope: &Envelope) -> Result<FinalMessage, String> {
        let placeholder = placeholder(self.policy, envelope);
        let outside = self.outside(envelope);
        let reader = Some(&outside).filter(|o| o.len() == 1).and_then(|o| o.iter().next().cloned());
        // To one reader alone nobody else's address in the envelope is hidden.
        let also = if reader.is_some() { HashSet::new() } else { outside };
        let rewritten = message::to_bcc(self.mail, self.seen, &placeholder, &also, reader.as_deref())
            .map_err(|e| e.to_string())?;
        self.prove_body(&rewritten.hiding)?;
        let hiding = rewritten.hiding.clone();
        let (bytes, notes) = self.signed(rewritten);
        // Once more, on the very bytes that leave.
        let sender = match &placeholder {
            Placeholder::Sender(sender) => Some(sender.to_lowercase()),
            Placeholder::UndisclosedRecipients => None,
        };
        let allowed = |a: &Address| (self.seen)(a) || Some(a.key()) == sender;
        message::prove(self.mail.raw, &bytes, &allowed, &hiding).map_err(|why| why.to_string())?;
        Ok(FinalMessage { copies: vec![Copy::new(envelope.clone(), bytes)], notes })
    }

    /// One message without its Bcc field, else as it was.
    fn strip(&self, envelope: &Envelope) -> Result<FinalMessage, String> {
        let rewritten = message::strip_bcc(self.mail).map_err(|e| e.to_string())?;
        let (bytes, notes) = self.signed(rewritten);
        // Once more, on the very bytes that leave.
        message::prove(self.mail.raw, &bytes, &|_| true, &Hiding::default())
            .map_err(|why| why.to_string())?;
        Ok(FinalMessage { copies: vec![Copy::new(envelope.clone(), bytes)], notes })
    }

    /// One copy for each outside recipient, and one for all of the house's own.
    fn individual(&self, envelope: &Envelope) -> Result<FinalMessage, String> {
        let inner = |r: &Recipient| self.policy.organization.is_inside(&r.address);
        let (inside, outside): (Vec<_>, Vec<_>) = envelope.rcpts.iter().cloned().partition(inner);
        let all = self.outside(envelope);
        let mut leaving = FinalMessage { copies: Vec::new(), notes: Vec::new() };
        if !inside.is_empty() {
            let own = Envelope { rcpts: inside, ..envelope.clone() };
            let copy = self.hide(&own)?;
            leaving.copies.extend(copy.copies);
            leaving.notes.extend(copy.notes);
        }
        for rcpt in outside {
            let rewritten =
                message::individual(self.mail, &rcpt.address, self.seen, &all).map_err(|e| e.to_string())?;
            self.prove_body(&rewritten.hiding)?;
            let (bytes, notes) = self.signed(rewritten);
            for note in notes {
                if !leaving.notes.contains(&note) {
                    leaving.notes.push(note);
                }
            }
            let own = Envelope { rcpts: vec![rcpt], ..envelope.clone() };
            let mut copy = Copy::new(own, bytes);
            // Only headers differ: the bodies take memory once.
            if let Some(last) = leaving.copies.last().filter(|last| last.body == copy.body) {
                copy.body = Arc::clone(&last.body);
            }
            leaving.copies.push(copy);
        }
        Ok(leaving)
    }

    /// The outside recipients of the envelope, in the form that compares.
    fn outside(&self, envelope: &Envelope) -> HashSet<String> {
        let rcpts = envelope.rcpts.iter().map(|r| &r.address);
        rcpts.filter(|a| !self.policy.organization.is_inside(a)).map(|a| a.to_lowercase()).collect()
    }

    /// Shows that no hidden address stands in anything that was read of the body: the headers of its parts,
    /// its texts, tables and links, and those of its files.
    fn prove_body(&self, hiding: &Hiding) -> Result<(), String> {
        if hiding.keys.is_empty() {
            return Ok(());
        }
        let stands = |place: &str| Err(format!("{STANDS_ELSEWHERE}{place}"));
        for part in &self.mail.parts {
            let header = String::from_utf8_lossy(part.header());
            let text =
                || part.leaf && is_text(&part.media_type) && hiding.is_seen_in_text(&part.text(usize::MAX));
            // The first part's header is the message's own, which is mended and proven by itself.
            if part.parent.is_some() && hiding.is_seen_in_text(&header) || text() {
                return stands(&part.label());
            }
        }
        let content = content::extract(self.mail.raw, &self.policy.content_limits);
        let subject = |t: &&content::Text| t.kind != content::Kind::Header || t.path != "header";
        if let Some(text) = content.texts.iter().filter(subject).find(|t| hiding.is_seen_in_text(&t.text)) {
            return stands(&text.path);
        }
        if let Some(table) = content.tables.iter().find(|t| hiding.is_seen_in_text(&t.to_text())) {
            return stands(&table.path);
        }
        match content.links.iter().find(|l| hiding.is_seen_in_text(&l.url)) {
            Some(link) => stands(&link.path),
            None => Ok(()),
        }
    }

    /// The message with its signatures mended, and what was done to them.
    fn signed(&self, mut rewritten: Rewritten) -> (Vec<u8>, Vec<String>) {
        rewritten.changed.extend_from_slice(self.changed);
        let signer = self.policy.signer.as_deref();
        let (bytes, outcome) = message::resign_or_drop(rewritten.bytes, &rewritten.changed, signer, self.now);
        (bytes, outcome.notes())
    }
}

fn placeholder(policy: &Policy, envelope: &Envelope) -> Placeholder {
    match policy.rewrite.empty_to {
        EmptyTo::Sender if !envelope.from.is_empty() => Placeholder::Sender(envelope.from.clone()),
        EmptyTo::Sender | EmptyTo::UndisclosedRecipients => Placeholder::UndisclosedRecipients,
    }
}
