//! The daemon: it opens everything in the order of a message and stops in reverse. What goes wrong at
//! the start is said and nothing starts: a broken start never means open.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::audit::entry::{Entry, Kind};
use crate::clock::Clock;
use crate::config::Config;
use crate::guard::{Current, Guard, House};
use crate::next_hop::{NextHop, system_hostname};
use crate::receive;
use crate::store::{self, Decision, Store};

/// A running daemon.
pub struct Daemon {
    /// Where it listens, with the ports that the system chose where the configuration says 0.
    pub listening: Vec<SocketAddr>,
    pub guard: Arc<Guard>,
    clock: Clock,
    doors: Room,
}

/// Tasks that are told to stop together.
struct Room {
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

impl Room {
    fn new() -> Self {
        Room { stop: watch::Sender::new(false), tasks: JoinSet::new() }
    }

    fn open(&mut self, task: impl Future<Output = ()> + Send + 'static) {
        self.tasks.spawn(task);
    }

    /// Tells the tasks to stop at their next safe point, and waits for them.
    async fn close(mut self) {
        self.stop.send_replace(true);
        while self.tasks.join_next().await.is_some() {}
    }
}

impl Daemon {
    /// Opens everything and lets clients in. `path` is the configuration's file, read again on SIGHUP;
    /// none where there is no file.
    pub async fn start(config: Config, house: House, _path: Option<PathBuf>, clock: Clock) -> Result<Daemon, String> {
        // The way out and the store first: what cannot be passed on or recorded is not taken.
        let next_hop = NextHop::new(&config.next_hop).map_err(|e| e.to_string())?;
        let vault = config.store.vault().map_err(|e| e.to_string())?;
        let node = config.receive.hostname.clone().unwrap_or_else(system_hostname);
        let store = Store::open(&config.store, vault, clock.clone(), &node).await.map_err(|e| e.to_string())?;
        let guard = Arc::new(Guard {
            current: Current::new(house),
            store,
            clock: clock.clone(),
            hold_for: std::time::Duration::from_secs(14 * 86_400),
        });
        record(&guard.store, &clock, "started").await.map_err(|e| e.to_string())?;

        let mut doors = Room::new();
        let listeners = receive::listen(&config.receive).map_err(|e| e.to_string())?;
        let listening = listeners.iter().filter_map(|l| l.local_addr().ok()).collect();
        let context = receive::Ctx::new(config.receive, next_hop, guard.clone(), clock.clone());
        let context = Arc::new(context.map_err(|e| e.to_string())?);
        doors.open(receive::serve(listeners, context, doors.stop.subscribe()));
        Ok(Daemon { listening, guard, clock, doors })
    }

    /// Stops in reverse: the doors at their safe points, then what works behind them, then the store.
    pub async fn stop(self) {
        self.doors.close().await;
        if let Err(error) = record(&self.guard.store, &self.clock, "stopped").await {
            tracing::error!(%error, "the stop could not be recorded");
        }
        self.guard.store.close().await;
    }
}

/// Records that the house opened or closed.
async fn record(store: &Store, clock: &Clock, what: &str) -> store::Result<()> {
    let entry = Entry::new(clock.now(), Kind::House, what);
    store.record(Decision { entry, history: None, tellings: Vec::new() }).await
}
