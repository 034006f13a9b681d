//! What is kept and told of the next hop: what it offered last, so that a start while it is down makes no
//! client think that it can do less; and faults that somebody must mend.

use tokio::sync::watch;

use audit::entry::{Entry, Kind};
use audit::filter::Filter;
use next_hop::{Fault, NextHop};
use smtp::capabilities::Capabilities;
use store::{self, Decision, QueuedNotice, Store};

/// The action of the entry that says what the next hop offers.
const OFFERS: &str = "next-hop-offers";
/// The action of the entry that says that no mail can leave.
const FAULT: &str = "next-hop-fault";

/// Tells the next hop's client what the next hop offered when it was last met.
pub(super) async fn recall(store: &Store, hop: &NextHop) -> store::Result<()> {
    let filter = Filter {
        kind: Some(Kind::Service),
        action: Some(OFFERS.into()),
        limit: Some(1),
        newest_first: true,
        ..Filter::default()
    };
    if let Some(last) = store.audit(&filter).await?.into_iter().next() {
        hop.remember(Capabilities::of_words(last.entry.notes.iter().map(String::as_str)));
    }
    Ok(())
}

/// Records what the next hop offers whenever that changes, and tells the admins of its faults, until `stop`
/// is ready.
pub(super) async fn watch(
    store: Store,
    hop: NextHop,
    notices: watch::Receiver<notice::Options>,
    stop: impl Future<Output = ()>,
) {
    let mut stop = std::pin::pin!(stop);
    let (mut offers, mut faults) = (hop.offers(), hop.faults());
    let mut recorded = hop.capabilities();
    loop {
        let done = tokio::select! {
            () = &mut stop => return,
            Ok(()) = offers.changed() => {
                let now = *offers.borrow_and_update();
                match now.filter(|_| now != recorded) {
                    Some(offered) => {
                        recorded = now;
                        record_offer(&store, offered).await
                    }
                    None => Ok(()),
                }
            }
            Ok(()) = faults.changed() => {
                let fault = *faults.borrow_and_update();
                match fault {
                    Some(fault) => tell(&store, fault, &notices).await,
                    None => Ok(()),
                }
            }
            else => return,
        };
        if let Err(error) = done {
            tracing::error!(%error, "what is known of the next hop could not be recorded");
        }
    }
}

async fn record_offer(store: &Store, offered: Capabilities) -> store::Result<()> {
    let mut entry = Entry::new(store.clock().now(), Kind::Service, OFFERS);
    entry.notes = offered.words();
    store.record_soon(entry).await
}

/// Once in three days while the fault stays: the store keeps the key of a telling so long.
async fn tell(store: &Store, fault: Fault, notices: &watch::Receiver<notice::Options>) -> store::Result<()> {
    let now = store.clock().now();
    let mut entry = Entry::new(now, Kind::Service, FAULT);
    entry.reason = Some(fault.name().into());
    let to = notices.borrow().readers.admins();
    let mut notice = notice::Notice::new(notice::Kind::Fault, to, now);
    notice.reason = Some(fault.name().into());
    // A telling is plain data; there is nothing in it that JSON cannot hold.
    let body = serde_json::to_value(&notice).unwrap_or_default();
    let queued = QueuedNotice { once: Some(format!("fault/{}", fault.name())), ..body.into() };
    let notices = if notice.to.is_empty() { Vec::new() } else { vec![queued] };
    store.record(Decision { entry, history: None, notices }).await
}
