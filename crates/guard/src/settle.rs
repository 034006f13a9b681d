//! The way of a message after its last byte, on one screen: understand, decide, record, act. The
//! decision is committed to the audit log before the first byte of the message goes on.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::inspect::{Depth, Inspected, inspect};
use super::{Guard, Policy, finalize, record};
use facts::{Audience, EnvelopeSource};
use message::Mail;
use next_hop::Session;
use rules::verdict::{Action, Rewrite};
use smtp::reply::Reply;
use smtp::transaction::Transaction;
use store::{self, Coming};

/// The memory that messages may take together ([receive] max_memory), as one message asks for it.
pub trait WorkingMemory {
    /// Reserves that many bytes in all for the message; false where there are not so many left.
    fn cover(&mut self, bytes: usize) -> bool;
}

/// The message, and the one copy of it that a rewrite, a seal or a delay needs at a time.
fn working_memory(t: &Transaction) -> usize {
    t.message.capacity() + t.message.len()
}

/// A message that is to wait, without its bytes.
struct Waiting {
    new: store::NewHold,
    /// What leaves at its time, of a delayed message.
    outgoing: Option<Vec<store::Outgoing>>,
    /// The rule that decided.
    rule: String,
}

impl Guard {
    /// Decides of one message and does it. The session has the envelope at the next hop already; the
    /// reply is for the client, and is 250 only when the next hop has the message or the disk does.
    /// `coming` has told the store of this message since its first byte. `memory` covers the message; what
    /// more is needed for a changed or sealed copy of it is asked of it.
    pub async fn settle(
        &self,
        transaction: Transaction,
        coming: Coming,
        memory: &mut (dyn WorkingMemory + Send),
        hop: &mut Session,
    ) -> Reply {
        let policy = self.current.get();
        let t = &transaction;
        let Ok(seen) = catch_unwind(AssertUnwindSafe(|| self.understand(&policy, t))) else {
            // A fault of ours must not open the door: the client keeps the mail.
            tracing::error!(id = %t.id, "the message could not be inspected");
            return Reply::new(451, "4.3.0 Cannot inspect the message now, try again later");
        };
        tracing::info!(
            id = %t.id,
            action = record::name(&seen.verdict.action),
            rules = seen.verdict.matches.len(),
            size = t.message.len(),
            rcpts = t.envelope.rcpts.len(),
            "decided"
        );
        let action = seen.verdict.action;
        if matches!(action, Action::Rewrite | Action::Delay | Action::Hold)
            && !memory.cover(working_memory(t))
        {
            tracing::warn!(id = %t.id, size = t.message.len(), "no memory for a copy; the client will try again");
            hop.reset().await;
            return Reply::new(452, "4.3.1 Too busy for a message of this size, try again later");
        }
        let done = match (action, seen.verdict.rewrite) {
            (Action::Pass, _) => Ok(self.pass(t, &seen, coming, hop).await),
            (Action::Rewrite, Some(Rewrite::Individual)) => self.individual(&policy, t, &seen, hop).await,
            (Action::Rewrite, _) => self.rewrite(&policy, t, &seen, coming, hop).await,
            (Action::Delay | Action::Hold, _) => Err(self.waiting(&policy, t, &seen, None)),
            (Action::Reject, _) => Ok(self.reject(&policy, t, &seen, hop).await),
        };
        match done {
            Ok(reply) => reply,
            Err(waiting) => {
                // From here on nothing borrows the message: its bytes are moved into the store.
                drop(seen);
                self.hold(transaction, waiting, hop).await
            }
        }
    }

    fn understand<'x>(&self, policy: &Policy, t: &'x Transaction) -> Inspected<'x> {
        let now = self.clock.now();
        let past = |mail: &Mail<'x>, audience: &Audience| {
            record::look_back(self.store.history(), mail, audience, &t.envelope, now)
        };
        inspect(policy, &t.envelope, EnvelopeSource::Given, &t.message, Depth::AsRulesAsk, past, now)
    }

    /// The bytes go on as they came, after the one Received line.
    async fn pass(&self, t: &Transaction, seen: &Inspected<'_>, coming: Coming, hop: &mut Session) -> Reply {
        let decision = record::decision(t, seen, self.clock.now());
        self.forward(t, decision, coming, Vec::new(), &[&t.received, &t.message], hop).await
    }

    /// The header is mended and proven; what cannot be proven is held.
    async fn rewrite(
        &self,
        policy: &Policy,
        t: &Transaction,
        seen: &Inspected<'_>,
        coming: Coming,
        hop: &mut Session,
    ) -> Result<Reply, Waiting> {
        let left = finalize::prepare(policy, &t.envelope, &t.message, seen.verdict.rewrite, self.clock.now());
        let (copy, notes) = match left {
            Ok(mut leaving) if leaving.copies.len() == 1 => (leaving.copies.remove(0), leaving.notes),
            Ok(_) => return Err(self.waiting(policy, t, seen, Some("the rewrite made several copies"))),
            Err(why) => return Err(self.waiting(policy, t, seen, Some(&why))),
        };
        let mut decision = record::decision(t, seen, self.clock.now());
        decision.entry.notes.extend(notes);
        let notices = record::notices(policy, t, seen, self.clock.now());
        Ok(self.forward(t, decision, coming, notices, &[&t.received, &copy.head, &copy.body], hop).await)
    }

    /// Commits the decision while the next hop is asked for its 354, then sends the message. Nothing
    /// of the message goes before the commit, and nobody is told that it went before it did.
    async fn forward(
        &self,
        t: &Transaction,
        decision: store::Decision,
        coming: Coming,
        notices: Vec<store::QueuedNotice>,
        parts: &[&[u8]],
        hop: &mut Session,
    ) -> Reply {
        let message_id = decision.entry.message_id.clone();
        let (recorded, begun) = tokio::join!(self.store.record(decision), hop.begin_data());
        drop(coming);
        if let Err(error) = recorded {
            // Within DATA this closes the connection: nothing of the message was sent.
            hop.reset().await;
            return self.not_recorded(&t.id, &error);
        }
        let reply = match begun {
            Ok(()) => hop.send(parts).await,
            Err(reply) => reply,
        };
        let outcome = record::outcome(t, message_id, &reply, self.clock.now());
        let recorded = match reply.is_positive() && !notices.is_empty() {
            true => self.store.record(store::Decision { entry: outcome, history: None, notices }).await,
            false => self.store.record_soon(outcome).await,
        };
        if let Err(error) = recorded {
            tracing::error!(id = %t.id, %error, "the outcome could not be recorded");
        }
        reply
    }

    /// One copy for each outside recipient leaves by way of the outbox.
    async fn individual(
        &self,
        policy: &Policy,
        t: &Transaction,
        seen: &Inspected<'_>,
        hop: &mut Session,
    ) -> Result<Reply, Waiting> {
        let (now, rewrite) = (self.clock.now(), Some(Rewrite::Individual));
        let leaving = match finalize::prepare(policy, &t.envelope, &t.message, rewrite, now) {
            Ok(leaving) => leaving,
            Err(why) => return Err(self.waiting(policy, t, seen, Some(&why))),
        };
        hop.reset().await;
        let mut decision = record::decision(t, seen, self.clock.now());
        decision.entry.notes.extend(leaving.notes.iter().cloned());
        decision.notices = record::notices(policy, t, seen, self.clock.now());
        let count = leaving.copies.len();
        let copies = leaving.outgoing(t);
        let same = store::Fingerprint::of(&t.envelope, &t.message);
        Ok(match self.store.individual(decision, same, copies).await {
            Ok(_) => Reply::new(250, format!("2.0.0 {} accepted: leaves in {count} copies", t.id)),
            Err(error) => self.not_recorded(&t.id, &error),
        })
    }

    /// What is kept of a message that is held or delayed, without its bytes. `why` is why it could not go at
    /// once although the rules let it. A delayed message is kept as it will leave, or held where that fails.
    fn waiting(&self, policy: &Policy, t: &Transaction, seen: &Inspected<'_>, why: Option<&str>) -> Waiting {
        let now = self.clock.now();
        let rule = record::deciding(&seen.verdict).map_or("sekisho", |m| m.id.as_str()).to_string();
        let held = |why: Option<&str>| record::hold(policy, t, seen, why, now, now + policy.hold_for);
        let delay = seen.verdict.delay.filter(|_| seen.verdict.action == Action::Delay && why.is_none());
        let Some(delay) = delay else { return Waiting { new: held(why), outgoing: None, rule } };
        match finalize::prepare(policy, &t.envelope, &t.message, seen.verdict.rewrite, now) {
            Ok(mut leaving) => {
                let mut new = record::hold(policy, t, seen, why, now, now + delay);
                new.entry.notes.append(&mut leaving.notes);
                Waiting { new, outgoing: Some(leaving.outgoing(t)), rule }
            }
            Err(why) => Waiting { new: held(Some(&why)), outgoing: None, rule },
        }
    }

    /// Kept, encrypted and durable, before the 250 that carries the case number. A delayed message
    /// leaves by itself when its time has come.
    async fn hold(&self, transaction: Transaction, waiting: Waiting, hop: &mut Session) -> Reply {
        hop.reset().await;
        let Transaction { id, received, message, .. } = transaction;
        let Waiting { new, outgoing, rule } = waiting;
        let new = store::NewHold { received, message, ..new };
        let (kept, word) = match outgoing {
            Some(outgoing) => (self.store.delay(new, outgoing).await, "Delayed"),
            None => (self.store.hold(new).await, "Held"),
        };
        match kept {
            Ok(held) => {
                tracing::info!(%id, case = %held.case, part = held.part, "kept");
                Reply::new(250, format!("2.0.0 {word} as case {}: {rule} ({id})", held.case))
            }
            Err(error) => self.not_recorded(&id, &error),
        }
    }

    /// Refused, with the rule and the reason.
    async fn reject(
        &self,
        policy: &Policy,
        t: &Transaction,
        seen: &Inspected<'_>,
        hop: &mut Session,
    ) -> Reply {
        hop.reset().await;
        let mut decision = record::decision(t, seen, self.clock.now());
        decision.notices = record::notices(policy, t, seen, self.clock.now());
        if let Err(error) = self.store.record(decision).await {
            return self.not_recorded(&t.id, &error);
        }
        let (rule, reason) = record::deciding(&seen.verdict)
            .map_or(("sekisho", ""), |m| (m.id.as_str(), m.reason.en.as_str()));
        // Replies are ASCII (RFC 5321 section 4.2), and a line of them at most 512 bytes.
        let reason: String = reason.chars().filter(char::is_ascii).take(350).collect();
        Reply::new(550, format!("5.7.1 {rule}: {reason} ({})", t.id))
    }

    /// Nothing leaves unrecorded, and nothing unrecorded is acknowledged.
    fn not_recorded(&self, id: &str, error: &store::Error) -> Reply {
        tracing::error!(%id, %error, "could not be recorded; the client will try again");
        if error.is_full() {
            return Reply::new(452, "4.3.1 Insufficient system storage, try again later");
        }
        Reply::new(451, "4.3.0 Cannot record the decision now, try again later")
    }
}
