//! The worker of the outbox: it takes what is due, hands it to the next hop, and records what became of
//! each recipient together with the report that follows from it. A crash between the next hop's 250
//! and our record repeats that one delivery; nothing else does.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;

use super::Options;
use super::report::{Report, Reporter, Undelivered};
use super::retry::{Outcome, outcomes, wait};
use audit::entry::{Entry, Kind};
use next_hop::{Delivery, NextHop};
use smtp::envelope::{Envelope, Recipient};
use store::{Item, ItemKind, Next, Store};
use terms::clock::Timestamp;

/// An item is ours for so long; longer than any delivery takes.
const OURS: Duration = Duration::from_secs(3_600);
/// One worker of all processes that share the store is at work.
const LEASE: Duration = Duration::from_secs(120);
/// How often it looks, bell or not: the shell's items do not ring here.
const EVERY: Duration = Duration::from_secs(2);
/// After an error of the store.
const AGAIN: Duration = Duration::from_secs(5);

/// Whatever brings a message to the next hop.
pub trait Carry: Send + Sync + 'static {
    /// Delivers one message of that kind. An error is a connection that failed before the message was sent, in
    /// words for the log and the sender's report.
    fn deliver(
        &self,
        kind: ItemKind,
        envelope: &Envelope,
        bytes: &[u8],
    ) -> impl Future<Output = Result<Delivery, String>> + Send;
}

/// The next hop of people's mail, and another for notices and reports where there is one: a gateway for
/// outgoing mail alone may take neither a null sender nor a recipient of the organisation.
pub struct Ways {
    pub mail: NextHop,
    pub notices: Option<NextHop>,
}

impl Carry for Ways {
    async fn deliver(&self, kind: ItemKind, envelope: &Envelope, bytes: &[u8]) -> Result<Delivery, String> {
        let own = self.notices.as_ref().filter(|_| kind != ItemKind::Mail);
        own.unwrap_or(&self.mail).deliver(envelope, bytes).await.map_err(|error| error.to_string())
    }
}

/// What a delivery goes by.
#[derive(Clone, Debug)]
pub struct Terms {
    pub options: Options,
    pub reporter: Reporter,
}

/// The worker.
pub struct Worker<C> {
    store: Store,
    carry: Arc<C>,
    terms: watch::Receiver<Terms>,
}

impl<C: Carry> Worker<C> {
    /// A worker by whose `terms` of then each delivery goes.
    pub fn new(store: Store, carry: C, terms: watch::Receiver<Terms>) -> Self {
        Worker { store, carry: Arc::new(carry), terms }
    }

    /// Runs until `stop` is ready; then it takes nothing more and waits for what is under way.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let mut stop = std::pin::pin!(stop);
        let mut running = JoinSet::new();
        if let Err(error) = self.store.give_back_outgoing().await {
            tracing::error!(%error, "what an earlier worker had could not be given back");
        }
        loop {
            let pause = match self.start_due(&mut running).await {
                Ok(()) => EVERY,
                Err(error) => {
                    tracing::error!(%error, "the outbox could not be read; trying again");
                    AGAIN
                }
            };
            tokio::select! {
                () = &mut stop => break,
                () = self.store.outbox_rings() => {}
                Some(_) = running.join_next() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
        while running.join_next().await.is_some() {}
        if let Err(error) = self.store.give_up_lease("outbox").await {
            tracing::warn!(%error, "the outbox's lease could not be given up");
        }
    }

    /// Delivers what is due, and waits until that is done. For the end of a demonstration, and tests.
    pub async fn run_once(&self) -> store::Result<()> {
        let mut running = JoinSet::new();
        self.start_due(&mut running).await?;
        while running.join_next().await.is_some() {}
        Ok(())
    }

    async fn start_due(&self, running: &mut JoinSet<()>) -> store::Result<()> {
        let terms = self.terms.borrow().clone();
        let free = terms.options.concurrency.saturating_sub(running.len());
        if free == 0 || !self.is_due().await? || !self.store.lease("outbox", LEASE).await? {
            return Ok(());
        }
        for item in self.store.take_outgoing(free, OURS).await? {
            let errand = DeliveryJob {
                store: self.store.clone(),
                carry: Arc::clone(&self.carry),
                terms: terms.clone(),
            };
            running.spawn(async move { errand.deliver(item).await });
        }
        Ok(())
    }

    async fn is_due(&self) -> store::Result<bool> {
        let now = self.store.clock().now();
        Ok(self.store.next_outgoing().await?.is_some_and(|at| at <= now))
    }
}

/// One delivery.
struct DeliveryJob<C> {
    store: Store,
    carry: Arc<C>,
    terms: Terms,
}

impl<C: Carry> DeliveryJob<C> {
    async fn deliver(&self, item: Item) {
        let (delivered, bytes) = match self.store.outgoing_bytes(&item).await {
            Ok(bytes) => (self.carry.deliver(item.kind, &without_size(&item.envelope), &bytes).await, bytes),
            Err(error) => {
                tracing::error!(mail = item.mail, %error, "a mail of the outbox cannot be opened");
                (Err("the stored mail cannot be opened".into()), Vec::new())
            }
        };
        let Terms { options, reporter } = &self.terms;
        let settled = Settled::of(&item, &delivered, options, self.store.clock().now());
        tracing::info!(
            mail = item.mail,
            attempt = item.attempts,
            delivered = settled.delivered.len(),
            later = settled.later.len(),
            failed = settled.failed.len(),
            "outbox"
        );
        if item.kind != ItemKind::Mail && !settled.failed.is_empty() {
            tracing::error!(
                item = item.kind.name(),
                case = item.case,
                recipients = settled.failed.len(),
                "people could not be told: a message of Sekisho's own cannot be delivered"
            );
        }
        let reports = settled.reports(&item, reporter, &bytes, options);
        let entries = settled.entries(&item);
        let next = settled.next(&item);
        if let Err(error) = self.store.settle_outgoing(&item, next, entries, reports).await {
            // The item stays ours until its hour is over and is then tried again: at most once too often.
            tracing::error!(mail = item.mail, %error, "what became of a delivery could not be recorded");
        }
    }
}

/// The size that the client declared is not that of what leaves (RFC 1870 section 6.1).
fn without_size(envelope: &Envelope) -> Envelope {
    let mut envelope = envelope.clone();
    envelope.from_params.retain(|p| !p.get(..5).is_some_and(|k| k.eq_ignore_ascii_case("SIZE=")));
    envelope
}

/// What became of an item's recipients, sorted.
struct Settled {
    now: Timestamp,
    delivered: Vec<(Recipient, String)>,
    later: Vec<(Recipient, String)>,
    failed: Vec<(Recipient, String)>,
    /// It is late enough for the sender to be told.
    late: bool,
}

impl Settled {
    fn of(item: &Item, delivered: &Result<Delivery, String>, options: &Options, now: Timestamp) -> Self {
        let age = now.duration_since(item.created_at).unsigned_abs();
        let mut settled = Settled {
            now,
            delivered: Vec::new(),
            later: Vec::new(),
            failed: Vec::new(),
            late: !item.warned && age >= options.warn_after,
        };
        let given_up = age >= options.give_up_after;
        let found = outcomes(item.envelope.rcpts.len(), delivered);
        for (recipient, outcome) in item.envelope.rcpts.iter().cloned().zip(found) {
            match outcome {
                Outcome::Delivered(reply) => settled.delivered.push((recipient, reply)),
                Outcome::Failed(reply) => settled.failed.push((recipient, reply)),
                Outcome::Later(reply) if given_up => {
                    // RFC 3463 section 3.5: X.4.7 is delivery time expired.
                    settled.failed.push((recipient, format!("{reply} (4.4.7 delivery time expired)")));
                }
                Outcome::Later(reply) => settled.later.push((recipient, reply)),
            }
        }
        settled
    }

    fn next(&self, item: &Item) -> Next {
        if self.later.is_empty() {
            return Next::Done;
        }
        Next::Again {
            rcpts: self.later.iter().map(|(recipient, _)| recipient.clone()).collect(),
            not_before: self.now.checked_add(wait(item.attempts)).unwrap_or(Timestamp::MAX),
            warned: item.warned || self.late,
        }
    }

    /// What is recorded. Of several attempts that must be repeated, the first is enough.
    fn entries(&self, item: &Item) -> Vec<Entry> {
        let mut entries = Vec::new();
        let first = item.attempts == 1;
        for (action, recipients, wanted) in [
            ("delivered", &self.delivered, true),
            ("deferred", &self.later, first),
            ("failed", &self.failed, true),
        ] {
            let Some((_, reply)) = recipients.first().filter(|_| wanted) else { continue };
            let mut entry = Entry::new(self.now, Kind::Delivery, action);
            entry.mail.clone_from(&item.mail);
            entry.case.clone_from(&item.case);
            entry.sender = Some(item.envelope.from.clone());
            entry.recipients = recipients.iter().map(|(r, _)| r.address.clone()).collect();
            entry.reason = Some(reply.clone());
            entry.notes.push(format!("{}, attempt {}", item.kind.name(), item.attempts));
            if action == "failed" && item.kind != ItemKind::Mail {
                // The log says of a notice that it was told when it went to the outbox; this says otherwise.
                let mut not_told = entry.clone();
                (not_told.kind, not_told.action) = (Kind::Notice, "not-told".into());
                entries.push(not_told);
            }
            entries.push(entry);
        }
        entries
    }

    /// What the sender is told; of a report or a notice that failed, the admins are.
    fn reports(
        &self,
        item: &Item,
        reporter: &Reporter,
        bytes: &[u8],
        options: &Options,
    ) -> Vec<store::Outgoing> {
        let until = item.created_at.checked_add(options.give_up_after).unwrap_or(Timestamp::MAX);
        let undelivered = |list: &[(Recipient, String)]| {
            let one = |(recipient, reply): &(Recipient, String)| Undelivered {
                recipient: recipient.clone(),
                reply: reply.clone(),
            };
            list.iter().map(one).collect::<Vec<_>>()
        };
        if item.kind != ItemKind::Mail {
            let failed = undelivered(&self.failed);
            let told = reporter.to_admins(&item.envelope, item.created_at, self.now, &failed, bytes);
            return told.into_iter().collect();
        }
        let mut reports = vec![(Report::Failed, undelivered(&self.failed))];
        if self.late {
            reports.push((Report::Delayed { until }, undelivered(&self.later)));
        }
        reports
            .into_iter()
            .filter_map(|(report, list)| {
                reporter.compose(report, &item.envelope, item.created_at, self.now, &list, bytes)
            })
            .collect()
    }
}
