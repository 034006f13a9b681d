//! Putting a mail into a case, inside the transaction: the same mail again is found, a waiting case is
//! joined, or one is opened.

use std::time::Duration;

use sqlx::Row as _;

use super::cases::{self, Approval, Case, Rewrite, State};
use super::error::{Error, Result};
use super::history::WINDOW_HOURS;
use super::holds::{Fingerprint, Held, NewHold};
use super::notices::{self, QueuedNotice};
use super::outbox;
use super::outgoing::SealedOutgoing;
use super::vault::{Vault, random};
use super::writer::Tx;
use audit::entry::Entry;
use terms::clock::Timestamp;

/// Later transactions join a case for this long.
const JOIN: Duration = Duration::from_secs(WINDOW_HOURS as u64 * 3_600);

/// A mail that waits, sealed and ready for its transaction.
pub struct SealedHold {
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
    notices: Vec<QueuedNotice>,
    ends_at: Timestamp,
    /// What leaves at its time, of a delayed mail.
    pub outgoing: Vec<SealedOutgoing>,
}

impl SealedHold {
    /// Seals a mail that is to wait. `sender` is in lower case; `outside` are its outside recipients.
    pub fn prepare(
        vault: &Vault,
        hold: NewHold,
        state: State,
        sender: String,
        outside: Vec<u64>,
    ) -> Result<SealedHold> {
        let digest = Fingerprint::of(&hold.envelope, &hold.message).bytes();
        let id = hold.entry.message_id.as_deref();
        let json =
            serde_json::to_vec(&hold.envelope).map_err(|e| Error::Malformed(format!("an envelope: {e}")))?;
        let size = hold.received.len() + hold.message.len();
        let bytes = match state {
            State::Delayed => None,
            _ => {
                let identity = cases::part_identity(&sender, id, &digest, "bytes");
                Some(vault.seal_pieces(&identity, &[&hold.received, &hold.message])?)
            }
        };
        Ok(SealedHold {
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
            notices: hold.notices,
            ends_at: hold.ends_at,
            outgoing: Vec::new(),
        })
    }

    /// The case it is in, and whether this transaction is new to it.
    pub async fn run(mut self, tx: &mut Tx, now: Timestamp) -> Result<(Held, bool)> {
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
            notices::add(tx, &self.notices, Some(&held.case), now).await?;
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

/// Hashes for a case.
pub fn packed(hashes: &[u64]) -> Vec<u8> {
    hashes.iter().flat_map(|hash| hash.to_le_bytes()).collect()
}

/// Hashes as they stand in a case.
pub fn unpacked(bytes: &[u8]) -> Vec<u64> {
    let (hashes, _) = bytes.as_chunks::<8>();
    hashes.iter().map(|hash| u64::from_le_bytes(*hash)).collect()
}
