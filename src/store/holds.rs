//! Opening and ending cases. A held mail is durable, with its audit entry, before anybody hears of it;
//! a case ends exactly once, however many try at the same time.

use std::time::Duration;

use sha2::{Digest, Sha256};
use sqlx::Row as _;

use super::cases::{self, Approval, Case, Rewrite, State};
use super::error::{Error, Result};
use super::history::{Event, Trace, WINDOW_HOURS};
use super::outbox::{self, Outgoing, Sealed};
use super::tellings::{self, Telling};
use super::vault::{Vault, random};
use super::writer::{Effect, Tx};
use super::{Decision, Store};
use crate::audit::entry::Entry;
use crate::clock::Timestamp;
use crate::smtp::envelope::Envelope;

/// Later transactions join a case for this long.
const JOIN: Duration = Duration::from_secs(WINDOW_HOURS as u64 * 3_600);
/// More than this is sealed on a thread of its own, so that other sessions go on.
const LARGE: usize = 256 * 1024;

/// A mail that is to wait.
#[derive(Clone, Debug)]
pub struct NewHold {
    /// What is recorded; its Message-ID and sender name the mail, its case is filled in here.
    pub entry: Entry,
    pub envelope: Envelope,
    /// The Received line(s), which stand before the message but differ each time it is sent.
    pub received: Vec<u8>,
    /// The message as the client sent it.
    pub message: Vec<u8>,
    pub rewrite: Option<Rewrite>,
    pub approval: Approval,
    /// The rules that matched, for whoever decides.
    pub rules: serde_json::Value,
    /// Told once a case, with `case` set to its number.
    pub tellings: Vec<Telling>,
    /// When it expires or, delayed, when it leaves.
    pub ends_at: Timestamp,
    pub sending: Option<super::Sending>,
}

/// What became of a mail that was to wait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The case number.
    pub case: String,
    /// The case was opened by this.
    pub new: bool,
    /// The number of this transaction in the case. A mail that was sent again keeps its number.
    pub part: u32,
}

/// How a case is to end.
#[derive(Clone, Debug)]
pub struct Conclusion {
    pub case: String,
    pub from: State,
    pub to: State,
    /// How many parts the decision was made for; a part that came meanwhile must not be forgotten.
    pub parts: u32,
    pub entry: Entry,
    /// What leaves.
    pub outgoing: Vec<Outgoing>,
    pub tellings: Vec<Telling>,
}

/// Whether it ended so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Concluded {
    Done,
    /// There is no such case.
    Missing,
    /// It is not in the state it was to leave, but in this one.
    Is(State),
    /// It has got another part meanwhile: read it again.
    Grown,
}

/// The same mail in the same envelope has the same fingerprint, however often it is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// Of a message as the client sent it, without the Received line of this time.
    pub fn of(envelope: &Envelope, message: &[u8]) -> Self {
        let mut recipients: Vec<&str> = envelope.rcpts.iter().map(|r| r.address.as_str()).collect();
        recipients.sort_unstable();
        let mut hasher = Sha256::new();
        for address in std::iter::once(envelope.from.as_str()).chain(recipients) {
            hasher.update((address.len() as u64).to_le_bytes());
            hasher.update(address);
        }
        hasher.update(u64::MAX.to_le_bytes());
        hasher.update(message);
        Fingerprint(hasher.finalize().into())
    }
}

impl Store {
    /// Holds a mail. It joins the case of the same Message-ID and sender that waits, or opens one. The
    /// same mail sent again is not held twice.
    pub async fn hold(&self, hold: NewHold) -> Result<Held> {
        self.keep(hold, State::Held, Vec::new()).await
    }

    /// Delays a mail: `outgoing` leaves at `ends_at` unless the case is cancelled before.
    pub async fn delay(&self, hold: NewHold, outgoing: Vec<Outgoing>) -> Result<Held> {
        self.keep(hold, State::Delayed, outgoing).await
    }

    /// Takes over a mail that leaves as single copies. False where the same mail was taken over
    /// before: then nothing leaves a second time.
    pub async fn individual(
        &self,
        decision: Decision,
        same: Fingerprint,
        outgoing: Vec<Outgoing>,
    ) -> Result<bool> {
        let now = self.0.clock.now();
        let trace = decision.history.as_ref().map(|sending| self.0.history.trace(sending));
        let sealed = self.seal(outgoing).await?;
        let taken = self
            .write(move |tx| {
                Box::pin(async move {
                    let Decision { mut entry, tellings, .. } = decision;
                    let added = sqlx::query("INSERT OR IGNORE INTO accepted (digest, at) VALUES (?, ?)")
                        .bind(same.0.to_vec())
                        .bind(now.as_millisecond())
                        .execute(&mut tx.connection)
                        .await?;
                    if added.rows_affected() == 0 {
                        entry.notes.push("sent again: nothing leaves twice".into());
                        tx.record(&entry);
                        return Ok(false);
                    }
                    tx.record(&entry);
                    if let Some(trace) = trace {
                        tx.remember(trace);
                    }
                    outbox::add(tx, sealed, None, now, now).await?;
                    tellings::add(tx, &tellings, None, now).await?;
                    Ok(true)
                })
            })
            .await?;
        self.ring();
        Ok(taken)
    }

    /// Ends a case, exactly once: what leaves, who is told and what is recorded come with it or not at
    /// all. The entry's case, Message-ID and sender are filled in here.
    pub async fn conclude(&self, conclusion: Conclusion) -> Result<Concluded> {
        let now = self.0.clock.now();
        let history = std::sync::Arc::clone(&self.0.history);
        let Conclusion { case, from, to, parts, entry, outgoing, tellings } = conclusion;
        let Some(case) = cases::case_number(&case) else {
            return Ok(Concluded::Missing);
        };
        let sealed = self.seal(outgoing).await?;
        let end = End { case, from, to, parts, entry, sealed, tellings, now };
        let done = self.write(move |tx| Box::pin(async move { end.run(tx, &history).await })).await?;
        self.ring();
        Ok(done)
    }

    pub(super) fn ring(&self) {
        self.0.outbox_bell.notify_one();
        self.0.tellings_bell.notify_one();
    }

    async fn keep(&self, hold: NewHold, state: State, outgoing: Vec<Outgoing>) -> Result<Held> {
        let vault = self.0.vault.clone();
        let now = self.0.clock.now();
        let large = hold.message.len() > LARGE;
        let trace = hold.sending.as_ref().map(|sending| self.0.history.trace(sending));
        let sender = hold.entry.sender.as_deref().unwrap_or(&hold.envelope.from).to_lowercase();
        let key = self.0.history.case_key(&sender, hold.entry.message_id.as_deref());
        let outside = trace.as_ref().map(|t| t.recipients.clone()).unwrap_or_default();
        let prepare = move || Keep::prepare(&vault, hold, state, sender, outside);
        let mut keep = if large {
            tokio::task::spawn_blocking(prepare).await.map_err(|e| Error::Malformed(e.to_string()))??
        } else {
            prepare()?
        };
        keep.outgoing = self.seal(outgoing).await?;
        let held = self
            .write(move |tx| {
                Box::pin(async move {
                    let held = keep.run(tx, now).await?;
                    if let Some(trace) = trace.filter(|_| held.1) {
                        tx.remember(trace);
                    }
                    if let Some(key) = key.filter(|_| held.0.new && state == State::Held) {
                        tx.afterwards(Effect::CaseOpened(key));
                    }
                    Ok(held.0)
                })
            })
            .await?;
        self.ring();
        Ok(held)
    }

    pub(super) async fn seal(&self, outgoing: Vec<Outgoing>) -> Result<Vec<Sealed>> {
        let vault = self.0.vault.clone();
        let size: usize = outgoing.iter().map(|o| o.head.len() + o.body.len()).sum();
        if size > LARGE {
            tokio::task::spawn_blocking(move || outbox::seal(&vault, &outgoing))
                .await
                .map_err(|e| Error::Malformed(e.to_string()))?
        } else {
            outbox::seal(&vault, &outgoing)
        }
    }
}

/// A mail that waits, sealed and ready for its transaction.
struct Keep {
    state: State,
    entry: Entry,
    sender: String,
    digest: [u8; 32],
    envelope: Vec<u8>,
    /// None of a delayed mail, whose bytes stand in the outbox.
    bytes: Option<Vec<u8>>,
    size: usize,
    recipients: Vec<String>,
    outside: Vec<u64>,
    rewrite: Option<Rewrite>,
    approval: Approval,
    rules: serde_json::Value,
    tellings: Vec<Telling>,
    ends_at: Timestamp,
    outgoing: Vec<Sealed>,
}

impl Keep {
    fn prepare(
        vault: &Vault,
        hold: NewHold,
        state: State,
        sender: String,
        outside: Vec<u64>,
    ) -> Result<Keep> {
        let Fingerprint(digest) = Fingerprint::of(&hold.envelope, &hold.message);
        let id = hold.entry.message_id.as_deref();
        let json =
            serde_json::to_vec(&hold.envelope).map_err(|e| Error::Malformed(format!("an envelope: {e}")))?;
        let size = hold.received.len() + hold.message.len();
        let bytes = match state {
            State::Delayed => None,
            _ => {
                let mut bytes = hold.received;
                bytes.extend_from_slice(&hold.message);
                Some(vault.seal(&cases::part_identity(&sender, id, &digest, "bytes"), &bytes)?)
            }
        };
        Ok(Keep {
            state,
            envelope: vault.seal(&cases::part_identity(&sender, id, &digest, "envelope"), &json)?,
            entry: hold.entry,
            sender,
            digest,
            bytes,
            size,
            recipients: hold.envelope.rcpts.into_iter().map(|r| r.address).collect(),
            outside,
            rewrite: hold.rewrite,
            approval: hold.approval,
            rules: hold.rules,
            tellings: hold.tellings,
            ends_at: hold.ends_at,
            outgoing: Vec::new(),
        })
    }

    /// The case it is in, and whether this transaction is new to it.
    async fn run(mut self, tx: &mut Tx, now: Timestamp) -> Result<(Held, bool)> {
        if let Some(again) = self.find_same(tx, now).await? {
            self.entry.notes.push("sent again: kept once".into());
            self.entry.case = Some(again.case.clone());
            tx.record(&self.entry);
            return Ok((again, false));
        }
        let held = match self.find_waiting(tx, now).await? {
            Some(case) => self.join(tx, case).await?,
            None => self.open(tx, now).await?,
        };
        self.add_part(tx, &held, now).await?;
        self.entry.case = Some(held.case.clone());
        tx.record(&self.entry);
        if held.new {
            tellings::add(tx, &self.tellings, Some(&held.case), now).await?;
        }
        Ok((held, true))
    }

    /// The same bytes in the same envelope: the reply to them was lost. Where that mail was stopped or
    /// has expired it is not taken for the same, so that it is not swallowed.
    async fn find_same(&self, tx: &mut Tx, now: Timestamp) -> Result<Option<Held>> {
        let row = sqlx::query(
            "SELECT p.case_id, p.part FROM parts p JOIN cases c ON c.id = p.case_id \
             WHERE p.digest = ? AND c.sender = ? AND p.received_at >= ? \
             AND c.state NOT IN ('cancelled', 'expired') ORDER BY p.received_at DESC LIMIT 1",
        )
        .bind(self.digest.to_vec())
        .bind(&self.sender)
        .bind(join_since(now))
        .fetch_optional(&mut tx.connection)
        .await?;
        row.map(|row| Ok(Held { case: row.try_get(0)?, new: false, part: row.try_get(1)? })).transpose()
    }

    async fn find_waiting(&self, tx: &mut Tx, now: Timestamp) -> Result<Option<Case>> {
        let Some(message_id) = &self.entry.message_id else {
            return Ok(None);
        };
        let row = sqlx::query(
            "SELECT * FROM cases WHERE sender = ? AND message_id = ? AND state = ? \
             AND opened_at >= ? ORDER BY opened_at DESC LIMIT 1",
        )
        .bind(&self.sender)
        .bind(message_id)
        .bind(self.state.name())
        .bind(join_since(now))
        .fetch_optional(&mut tx.connection)
        .await?;
        row.as_ref().map(cases::case_of).transpose()
    }

    async fn open(&self, tx: &mut Tx, now: Timestamp) -> Result<Held> {
        let id = free_number(tx).await?;
        sqlx::query(
            "INSERT INTO cases (id, state, message_id, sender, subject, recipients, outside, parts, \
             rewrite, approval, rules, opened_at, ends_at) VALUES (?,?,?,?,?,?,?,1,?,?,?,?,?)",
        )
        .bind(&id)
        .bind(self.state.name())
        .bind(&self.entry.message_id)
        .bind(&self.sender)
        .bind(&self.entry.subject)
        .bind(serde_json::Value::from(self.recipients.clone()).to_string())
        .bind(packed(&self.outside))
        .bind(self.rewrite.map(Rewrite::name))
        .bind(self.approval.name())
        .bind(self.rules.to_string())
        .bind(now.as_millisecond())
        .bind(self.ends_at.as_millisecond())
        .execute(&mut tx.connection)
        .await?;
        Ok(Held { case: id, new: true, part: 1 })
    }

    /// Adds to a case: its recipients and rules are those of all parts, its demands the strictest.
    async fn join(&mut self, tx: &mut Tx, case: Case) -> Result<Held> {
        let mut recipients = case.recipients;
        for address in &self.recipients {
            if !recipients.contains(address) {
                recipients.push(address.clone());
            }
        }
        let outside = merged_outside(tx, &case.id, &self.outside).await?;
        // The parts of a delayed mail leave together.
        self.ends_at = case.ends_at;
        let part = case.parts.saturating_add(1);
        sqlx::query(
            "UPDATE cases SET recipients = ?, outside = ?, parts = ?, rewrite = ?, approval = ?, \
             rules = ? WHERE id = ?",
        )
        .bind(serde_json::Value::from(recipients).to_string())
        .bind(packed(&outside))
        .bind(part)
        .bind(case.rewrite.max(self.rewrite).map(Rewrite::name))
        .bind(case.approval.max(self.approval).name())
        .bind(merged_rules(case.rules, &self.rules).to_string())
        .bind(&case.id)
        .execute(&mut tx.connection)
        .await?;
        Ok(Held { case: case.id, new: false, part })
    }

    async fn add_part(&mut self, tx: &mut Tx, held: &Held, now: Timestamp) -> Result<()> {
        sqlx::query(
            "INSERT INTO parts (case_id, part, mail, digest, size, received_at, envelope, bytes) \
             VALUES (?,?,?,?,?,?,?,?)",
        )
        .bind(&held.case)
        .bind(held.part)
        .bind(&self.entry.mail)
        .bind(self.digest.to_vec())
        .bind(i64::try_from(self.size).unwrap_or(i64::MAX))
        .bind(now.as_millisecond())
        .bind(std::mem::take(&mut self.envelope))
        .bind(self.bytes.take())
        .execute(&mut tx.connection)
        .await?;
        let place = Some((held.case.as_str(), held.part));
        let outgoing = std::mem::take(&mut self.outgoing);
        outbox::add(tx, outgoing, place, self.ends_at, now).await
    }
}

/// A case on its way to its end.
struct End {
    case: String,
    from: State,
    to: State,
    parts: u32,
    entry: Entry,
    sealed: Vec<Sealed>,
    tellings: Vec<Telling>,
    now: Timestamp,
}

impl End {
    async fn run(mut self, tx: &mut Tx, history: &super::History) -> Result<Concluded> {
        let row = sqlx::query("SELECT * FROM cases WHERE id = ?")
            .bind(&self.case)
            .fetch_optional(&mut tx.connection)
            .await?;
        let Some(row) = row else {
            return Ok(Concluded::Missing);
        };
        let case = cases::case_of(&row)?;
        if case.state != self.from {
            return Ok(Concluded::Is(case.state));
        }
        if case.parts != self.parts {
            return Ok(Concluded::Grown);
        }
        set_state(tx, &self.case, self.to, self.now).await?;
        if self.from == State::Delayed && self.to == State::Cancelled {
            outbox::remove_case(tx, &self.case).await?;
        }
        let outgoing = std::mem::take(&mut self.sealed);
        outbox::add(tx, outgoing, Some((&self.case, 0)), self.now, self.now).await?;
        tellings::add(tx, &self.tellings, Some(&self.case), self.now).await?;
        self.entry.case = Some(case.id.clone());
        self.entry.message_id.clone_from(&case.message_id);
        self.entry.sender.get_or_insert_with(|| case.sender.clone());
        tx.record(&self.entry);
        let key = history.case_key(&case.sender, case.message_id.as_deref());
        if let Some(trace) = self.trace(&row, key, history, &case)? {
            tx.remember(trace);
        }
        if let Some(key) = key.filter(|_| self.from == State::Held) {
            tx.afterwards(Effect::CaseClosed(key));
        }
        Ok(Concluded::Done)
    }

    /// What the history is to know of this end.
    fn trace(
        &self,
        row: &sqlx::sqlite::SqliteRow,
        key: Option<(u64, u64)>,
        history: &super::History,
        case: &Case,
    ) -> Result<Option<Trace>> {
        let event = match self.to {
            State::Released => Event::Released,
            State::Repaired => Event::Repaired,
            State::Cancelled => Event::Cancelled,
            _ => return Ok(None),
        };
        let outside: &[u8] = row.try_get("outside")?;
        Ok(Some(Trace {
            at: self.now.as_millisecond(),
            sender: history.case_key(&case.sender, Some("")).map_or(0, |key| key.0),
            message: key.map_or(0, |key| key.1),
            client: 0,
            event,
            recipients: unpacked(outside),
        }))
    }
}

pub(super) async fn set_state(tx: &mut Tx, case: &str, to: State, now: Timestamp) -> Result<()> {
    sqlx::query("UPDATE cases SET state = ?, concluded_at = ? WHERE id = ?")
        .bind(to.name())
        .bind(now.as_millisecond())
        .bind(case)
        .execute(&mut tx.connection)
        .await?;
    Ok(())
}

async fn merged_outside(tx: &mut Tx, case: &str, more: &[u64]) -> Result<Vec<u64>> {
    let row = sqlx::query("SELECT outside FROM cases WHERE id = ?")
        .bind(case)
        .fetch_one(&mut tx.connection)
        .await?;
    let mut outside = unpacked(row.try_get(0)?);
    outside.extend_from_slice(more);
    outside.sort_unstable();
    outside.dedup();
    Ok(outside)
}

/// Lists are joined, each rule once; anything else is kept as the first part gave it.
fn merged_rules(mut rules: serde_json::Value, more: &serde_json::Value) -> serde_json::Value {
    if let (Some(rules), Some(more)) = (rules.as_array_mut(), more.as_array()) {
        for rule in more {
            let same = |known: &serde_json::Value| match (known.get("id"), rule.get("id")) {
                (Some(a), Some(b)) => a == b,
                _ => known == rule,
            };
            if !rules.iter().any(same) {
                rules.push(rule.clone());
            }
        }
    }
    rules
}

/// A case number that is not in use: eight characters of Crockford's base32, `K7F3-22QX`.
async fn free_number(tx: &mut Tx) -> Result<String> {
    const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    loop {
        let mut id = String::with_capacity(9);
        for (i, byte) in random::<8>()?.into_iter().enumerate() {
            if i == 4 {
                id.push('-');
            }
            id.push(char::from(DIGITS[usize::from(byte % 32)]));
        }
        let taken = sqlx::query("SELECT 1 FROM cases WHERE id = ?")
            .bind(&id)
            .fetch_optional(&mut tx.connection)
            .await?;
        if taken.is_none() {
            return Ok(id);
        }
    }
}

fn join_since(now: Timestamp) -> i64 {
    now.as_millisecond().saturating_sub(JOIN.as_millis() as i64)
}

fn packed(hashes: &[u64]) -> Vec<u8> {
    hashes.iter().flat_map(|hash| hash.to_le_bytes()).collect()
}

fn unpacked(bytes: &[u8]) -> Vec<u64> {
    let (hashes, _) = bytes.as_chunks::<8>();
    hashes.iter().map(|hash| u64::from_le_bytes(*hash)).collect()
}
