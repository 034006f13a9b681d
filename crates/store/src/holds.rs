//! Opening cases. A held mail is durable, with its audit entry, before anybody hears of it.

use sha2::{Digest, Sha256};

use super::cases::{Approval, Rewrite, State};
use super::error::{Error, Result};
use super::notices::{self, QueuedNotice};
use super::open_case::SealedHold;
use super::outgoing::{self, Outgoing, SealedOutgoing};
use super::writer::Effect;
use super::{Decision, Store, outbox};
use audit::entry::Entry;
use smtp::envelope::Envelope;
use terms::clock::Timestamp;

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
    pub notices: Vec<QueuedNotice>,
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

    /// The 32 bytes that tell it from others.
    pub fn bytes(self) -> [u8; 32] {
        self.0
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
                    let Decision { mut entry, notices, .. } = decision;
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
                    notices::add(tx, &notices, None, now).await?;
                    Ok(true)
                })
            })
            .await?;
        self.ring();
        Ok(taken)
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
        let prepare = move || SealedHold::prepare(&vault, hold, state, sender, outside);
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

    pub(super) async fn seal(&self, outgoing: Vec<Outgoing>) -> Result<Vec<SealedOutgoing>> {
        let vault = self.0.vault.clone();
        let size: usize = outgoing.iter().map(|o| o.head.len() + o.body.len()).sum();
        if size > LARGE {
            tokio::task::spawn_blocking(move || outgoing::seal(&vault, &outgoing))
                .await
                .map_err(|e| Error::Malformed(e.to_string()))?
        } else {
            outgoing::seal(&vault, &outgoing)
        }
    }
}
