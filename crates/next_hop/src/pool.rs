//! Connections with nothing to do, kept for the next message: a new one costs three round trips
//! and more in TLS.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::time::{Instant, sleep_until};

use super::Shared;
use super::connection::Connection;

/// The idle connections, the one used last at the back.
#[derive(Default)]
pub(super) struct Pool(Mutex<Idle>);

#[derive(Default)]
struct Idle {
    connections: VecDeque<Connection>,
    /// Whether a task waits to close those that have been idle for too long.
    reaping: bool,
}

impl Pool {
    /// The freshest idle connection that still seems alive.
    pub(super) fn take(&self, shared: &Shared) -> Option<Connection> {
        let mut idle = self.lock();
        let oldest = Instant::now().checked_sub(shared.options.pool_idle);
        while let Some(mut connection) = idle.connections.pop_back() {
            if oldest.is_none_or(|oldest| connection.idle_since > oldest) && connection.wire.is_quiet() {
                return Some(connection);
            }
        }
        None
    }

    /// Puts a connection aside, or closes it where it has served long enough or there are plenty.
    pub(super) fn put(&self, shared: &Arc<Shared>, mut connection: Connection) {
        let mut idle = self.lock();
        if connection.uses >= shared.options.pool_uses || idle.connections.len() >= shared.options.pool_size {
            connection.quit();
            return;
        }
        connection.wire.shrink();
        connection.idle_since = Instant::now();
        idle.connections.push_back(connection);
        if !idle.reaping
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            idle.reaping = true;
            runtime.spawn(reap(Arc::downgrade(shared)));
        }
    }

    /// Closes what has been idle for too long; when the next one will have been, or none where
    /// nothing is left to wait for.
    fn expire(&self, shared: &Shared) -> Option<Instant> {
        let mut idle = self.lock();
        loop {
            let Some(first) = idle.connections.front() else {
                idle.reaping = false;
                return None;
            };
            let due = first.idle_since + shared.options.pool_idle;
            if due > Instant::now() {
                return Some(due);
            }
            if let Some(old) = idle.connections.pop_front() {
                old.quit();
            }
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Idle> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn reap(shared: Weak<Shared>) {
    loop {
        // The task must not keep alive what it waits for.
        let due = match shared.upgrade() {
            Some(shared) => shared.pool.expire(&shared),
            None => None,
        };
        match due {
            Some(due) => sleep_until(due).await,
            None => return,
        }
    }
}
