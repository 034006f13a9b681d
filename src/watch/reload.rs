//! New rules without a restart: on SIGHUP the configuration, the rules and the casebook are read again.
//! What is broken is told, and leaves the old in force.

use tokio::signal::unix::{SignalKind, signal};

use crate::audit::entry::{Entry, Kind};
use crate::casebook::LoadError;
use crate::clock::Clock;
use crate::guard::{Current, House};
use crate::store::{Decision, Store};

/// Reads what is to be in force.
pub trait Read: FnMut() -> Result<House, Vec<LoadError>> + Send + 'static {}
impl<F: FnMut() -> Result<House, Vec<LoadError>> + Send + 'static> Read for F {}

/// Puts what `read` gives in force at each SIGHUP, until `stop` is ready.
///
/// # Errors
/// Signals cannot be listened for.
pub fn run(
    current: Current,
    store: Store,
    clock: Clock,
    mut read: impl Read,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<impl Future<Output = ()> + Send + 'static, String> {
    let mut hangup = signal(SignalKind::hangup()).map_err(|e| format!("no signals: {e}"))?;
    Ok(async move {
        let mut stop = std::pin::pin!(stop);
        loop {
            tokio::select! {
                () = &mut stop => return,
                _ = hangup.recv() => {}
            }
            let what = reload(&current, &store, &mut read).await;
            let entry = Entry::new(clock.now(), Kind::House, what);
            if let Err(error) = store.record(Decision { entry, history: None, tellings: Vec::new() }).await {
                tracing::error!(%error, "the reload could not be recorded");
            }
        }
    })
}

/// Takes the new or keeps the old, and says which. The exceptions that the store keeps are read again
/// as well, so that those of another node act here.
async fn reload(current: &Current, store: &Store, read: &mut impl Read) -> &'static str {
    let house = match read() {
        Ok(house) => house,
        Err(errors) => {
            for error in &errors {
                tracing::error!(%error, "not reloaded; the old rules stay in force");
            }
            return "reload refused";
        }
    };
    let rules = house.rules.rules().len();
    match current.renew(store, Some(house)).await {
        Ok(()) => {
            tracing::info!(rules, "new rules are in force");
            "reloaded"
        }
        Err(error) => {
            tracing::error!(%error, "not reloaded; the exceptions could not be read");
            "reload refused"
        }
    }
}
