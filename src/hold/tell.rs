//! Tells people what the store has kept for them: each telling becomes mail in the outbox, exactly
//! once, together with the entry that says so.

use std::future::Future;
use std::time::Duration;

use tokio::sync::watch;

use crate::audit::entry::{Entry, Kind as EntryKind};
use crate::notice;
use crate::smtp::envelope::{Envelope, Recipient};
use crate::store::{self, DueTelling, ItemKind, Outgoing, Store};

/// How often it looks: tellings wait two seconds, and the shell's are not heard of otherwise.
const EVERY: Duration = Duration::from_secs(1);
/// After an error.
const AGAIN: Duration = Duration::from_secs(10);
const AT_ONCE: usize = 50;

/// A telling as the store takes it.
pub(super) fn telling(telling: &notice::Telling) -> store::Telling {
    // A telling is plain data; there is nothing in it that JSON cannot hold.
    serde_json::to_value(telling).unwrap_or_default().into()
}

/// Runs until `stop` is ready; it stops between two tellings. Each look goes by the options of then.
pub async fn run(store: Store, options: watch::Receiver<notice::Options>, stop: impl Future<Output = ()>) {
    let mut stop = std::pin::pin!(stop);
    loop {
        let now = options.borrow().clone();
        let pause = match tell_due(&store, &now).await {
            Ok(_) => EVERY,
            Err(error) => {
                tracing::error!(%error, "people could not be told; trying again");
                AGAIN
            }
        };
        tokio::select! {
            () = &mut stop => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// Tells what is due; how many tellings.
pub async fn tell_due(store: &Store, options: &notice::Options) -> store::Result<usize> {
    let mut told = 0;
    loop {
        let due = store.tellings_due(AT_ONCE).await?;
        let last = due.len() < AT_ONCE;
        for telling in due {
            told += usize::from(tell(store, options, telling).await?);
        }
        if last {
            return Ok(told);
        }
    }
}

async fn tell(store: &Store, options: &notice::Options, due: DueTelling) -> store::Result<bool> {
    let mut entry = Entry::new(store.clock().now(), EntryKind::Notice, "told");
    entry.case.clone_from(&due.case);
    let outgoing = match read(store, &due).await? {
        Ok(telling) => {
            describe(&telling, &mut entry);
            compose(&telling, options)
        }
        Err(error) => Err(error),
    };
    let outgoing = outgoing.unwrap_or_else(|error| {
        // Trying again would not help, and would keep it from nobody's sight.
        tracing::error!(%error, telling = due.id, "a notice could not be composed");
        entry.action = "not-told".into();
        entry.reason = Some(error);
        Vec::new()
    });
    store.told(due.id, outgoing, entry).await
}

/// Reads a telling; of a case, the number of its recipients as it is now, for parts may have joined.
async fn read(store: &Store, due: &DueTelling) -> store::Result<Result<notice::Telling, String>> {
    let mut telling: notice::Telling = match serde_json::from_value(due.body.clone()) {
        Ok(telling) => telling,
        Err(error) => return Ok(Err(format!("the telling is not understood: {error}"))),
    };
    if let (Some(id), Some(mail)) = (&due.case, &mut telling.mail)
        && let Some(case) = store.case(id).await?
    {
        mail.external = mail.external.max(case.external);
    }
    Ok(Ok(telling))
}

fn describe(telling: &notice::Telling, entry: &mut Entry) {
    if let Some(mail) = &telling.mail {
        entry.message_id.clone_from(&mail.message_id);
        entry.sender = Some(mail.sender.clone());
    }
    entry.recipients.clone_from(&telling.to);
    let kind = serde_json::to_value(telling.kind).unwrap_or_default();
    entry.notes.extend(kind.as_str().map(|kind| format!("notice: {kind}")));
}

/// The mails of a telling. Their return path is null, so that no reply to them starts a loop.
fn compose(telling: &notice::Telling, options: &notice::Options) -> Result<Vec<Outgoing>, String> {
    let composed = notice::compose(telling, options)?;
    let recipient = |address: String| Recipient { address, params: Vec::new() };
    Ok(composed
        .into_iter()
        .map(|mail| {
            let rcpts = mail.to.into_iter().map(recipient).collect();
            let envelope = Envelope { rcpts, ..Envelope::default() };
            Outgoing::new(ItemKind::Notice, None, envelope, &mail.bytes)
        })
        .collect())
}
