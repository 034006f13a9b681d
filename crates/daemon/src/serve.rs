//! The daemon: it opens everything in the order of a message and stops in reverse. What goes wrong at
//! the start is said and nothing starts: a broken start never means open.

mod live;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::civil::Date;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::config::Config;
use ::watch::watcher::{Warned, Watcher};
use ::watch::{proof, reload, tally};
use audit::entry::{Entry, Kind};
use casebook::LoadError;
use guard::{Current, Guard, Policy};
use hold::approval::{Approvers, CurrentApprovers};
use live::Live;
use next_hop::NextHop;
use store::{self, Decision, Store};
use terms::clock::Clock;

/// A running daemon.
pub struct Daemon {
    /// Where it listens, with the ports that the system chose where the configuration says 0.
    pub listening: Vec<SocketAddr>,
    /// Where the pages are, if there are any.
    pub pages: Option<SocketAddr>,
    pub guard: Arc<Guard>,
    clock: Clock,
    doors: TaskGroup,
    workers: TaskGroup,
}

/// Tasks that are told to stop together.
struct TaskGroup {
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

impl TaskGroup {
    fn new() -> Self {
        TaskGroup { stop: watch::Sender::new(false), tasks: JoinSet::new() }
    }

    /// Ready when the tasks is to close.
    fn closing(&self) -> impl Future<Output = ()> + Send + 'static {
        let mut stop = self.stop.subscribe();
        async move {
            let _ = stop.wait_for(|stop| *stop).await;
        }
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
    pub async fn start(
        config: Config,
        policy: Policy,
        path: Option<PathBuf>,
        clock: Clock,
    ) -> Result<Daemon, String> {
        // The way out and the store first: what cannot be passed on or recorded is not taken.
        let next_hop = NextHop::new(&config.next_hop).map_err(|e| e.to_string())?;
        let vault = config.store.vault().map_err(|e| e.to_string())?;
        let name = config.hostname();
        let store = Store::open_to_serve(&config.store, vault, clock.clone(), &name);
        let store = store.await.map_err(|e| e.to_string())?;
        let current = Current::new(policy);
        current.renew(&store).await.map_err(|e| e.to_string())?;
        let guard = Arc::new(Guard { current, store, clock: clock.clone() });
        record(&guard.store, &clock, "started").await.map_err(|e| e.to_string())?;

        let desk = CurrentApprovers::new(approvers(&config, path.as_deref())?);
        let live = Live::new(&config, guard.current.clone(), desk.clone())?;
        let mut workers = work(&config, &live, &guard, next_hop.clone());
        let mut doors = TaskGroup::new();
        let listeners = receive::listen(&config.receive).map_err(|e| e.to_string())?;
        let listening = listeners.iter().filter_map(|l| l.local_addr().ok()).collect();
        let context = receive::Ctx::new(config.receive.clone(), next_hop, guard.clone(), clock.clone());
        let context = Arc::new(context.map_err(|e| e.to_string())?);
        let pages = match &config.web {
            Some(options) => Some(open_pages(options, &config, &guard, &desk, &mut doors)?),
            None => None,
        };
        if let Some(path) = path {
            let context = context.clone();
            let take = move || live.take(&path, &context);
            let (current, store) = (guard.current.clone(), guard.store.clone());
            workers.open(reload::run(current, store, clock.clone(), take, workers.closing())?);
        }
        doors.open(receive::serve(listeners, context, doors.stop.subscribe()));
        Ok(Daemon { listening, pages, guard, clock, doors, workers })
    }

    /// Stops in reverse: the doors at their safe points, then what works behind them, then the store.
    pub async fn stop(self) {
        self.doors.close().await;
        self.workers.close().await;
        if let Err(error) = record(&self.guard.store, &self.clock, "stopped").await {
            tracing::error!(%error, "the stop could not be recorded");
        }
        self.guard.store.close().await;
    }
}

/// Opens the port of the pages; where it is.
fn open_pages(
    options: &web::Options,
    config: &Config,
    guard: &Arc<Guard>,
    desk: &CurrentApprovers,
    doors: &mut TaskGroup,
) -> Result<SocketAddr, String> {
    let listener = web::listen(options)?;
    let at = listener.local_addr().map_err(|e| e.to_string())?;
    let ctx = web::Ctx::new(guard.clone(), options.clone(), config.zone()?, config.hold.undo, desk.clone())?;
    doors.open(web::serve(listener, Arc::new(ctx), doors.closing()));
    Ok(at)
}

/// Starts what works behind the doors: telling people, delivering, ending holds, watching.
fn work(config: &Config, live: &Live, guard: &Guard, next_hop: NextHop) -> TaskGroup {
    let (store, clock) = (guard.store.clone(), guard.clock.clone());
    let mut tasks = TaskGroup::new();
    let pages =
        config.web.as_ref().map(|w| hold::notice_sender::Pages { url: w.public_url.clone(), link: w.link });
    let teller = hold::notice_sender::NoticeSender::new(store.clone(), live.notice.subscribe(), pages);
    tasks.open(teller.who_knows(live.desk.clone()).run(tasks.closing()));
    let current = guard.current.clone();
    let causes = move |case: &store::Case| guard::causes_of(&current.get(), case);
    let asker = hold::approval_requests::Asker::new(store.clone(), live.desk.clone(), Arc::new(causes));
    tasks.open(asker.run(tasks.closing()));
    let outbox = outbox::worker::Worker::new(store.clone(), next_hop, live.outbox.subscribe());
    tasks.open(outbox.run(tasks.closing()));
    tasks.open(hold::expire::run(store.clone(), live.hold.subscribe(), tasks.closing()));
    tasks.open(tally::run(store.clone(), tasks.closing()));
    tasks.open(proof::run(store.clone(), guard.current.clone(), tasks.closing()));
    let watcher = Watcher::new(live.watched.subscribe(), clock, Noted(store));
    tasks.open(watcher.run(tasks.closing()));
    tasks
}

/// Who decides about held mail, from the configuration and the files that it names.
fn approvers(config: &Config, path: Option<&Path>) -> Result<Approvers, String> {
    let path = path.unwrap_or(Path::new("the configuration"));
    let said = |errors: Vec<LoadError>| errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    config.approvers(path).map_err(said)
}

/// The store as the watcher sees it.
struct Noted(Store);

impl Warned for Noted {
    async fn warn_once(
        &self,
        control: &str,
        expires: Date,
        step: i64,
        notice: serde_json::Value,
        entry: Entry,
    ) -> Result<bool, String> {
        let noted = self.0.warn_once(control, &expires.to_string(), step, notice.into(), entry).await;
        noted.map_err(|e| e.to_string())
    }
}

/// Records that the house opened or closed.
async fn record(store: &Store, clock: &Clock, what: &str) -> store::Result<()> {
    let entry = Entry::new(clock.now(), Kind::Service, what);
    store.record(Decision { entry, history: None, notices: Vec::new() }).await
}
