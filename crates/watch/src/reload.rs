//! A new configuration without a restart: on SIGHUP the configuration, the rules, the casebook and the
//! certificate are read again. What is broken is told, and leaves the old in force.

use tokio::signal::unix::{SignalKind, signal};

use audit::entry::{Entry, Kind};
use casebook::LoadError;
use guard::Current;
use store::{Decision, Store};
use terms::clock::Clock;

/// What a reload put in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// How many rules.
    pub rules: usize,
    /// Sections and keys that were changed and that only a restart puts in force.
    pub restart: Vec<&'static str>,
}

/// Reads everything and puts it in force; or, where anything of it is broken, nothing.
pub trait Take: FnMut() -> Result<Taken, Vec<LoadError>> + Send + 'static {}
impl<F: FnMut() -> Result<Taken, Vec<LoadError>> + Send + 'static> Take for F {}

/// Has `take` do its work at each SIGHUP, until `stop` is ready. The exceptions that the store keeps are
/// read again as well, so that those of another process act here.
///
/// # Errors
/// Signals cannot be listened for.
pub fn run(
    current: Current,
    store: Store,
    clock: Clock,
    mut take: impl Take,
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
            if let Err(error) = current.renew(&store).await {
                tracing::error!(%error, "the exceptions could not be read again");
            }
            let entry = Entry::new(clock.now(), Kind::Service, reload(&mut take));
            if let Err(error) = store.record(Decision { entry, history: None, notices: Vec::new() }).await {
                tracing::error!(%error, "the reload could not be recorded");
            }
        }
    })
}

/// Takes the new or keeps the old, and says which.
fn reload(take: &mut impl Take) -> &'static str {
    match take() {
        Ok(taken) => {
            tracing::info!(rules = taken.rules, "new rules are in force");
            if !taken.restart.is_empty() {
                let sections = taken.restart.join(", ");
                tracing::warn!(%sections, "changed, but not in force: that needs a restart");
            }
            "reloaded"
        }
        Err(errors) => {
            for error in &errors {
                tracing::error!(%error, "not reloaded; the old rules stay in force");
            }
            "reload refused"
        }
    }
}
