//! How much is let in at once: connections in all and per address, and memory for messages. What
//! was taken is given back when its holder is dropped, on every way out.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::options::Options;
use guard::WorkingMemory;

/// The counters.
#[derive(Debug)]
pub(super) struct Admission {
    max_connections: AtomicUsize,
    max_per_address: AtomicUsize,
    max_memory: AtomicUsize,
    connections: Mutex<Connections>,
    memory: AtomicUsize,
}

#[derive(Debug, Default)]
struct Connections {
    all: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// One connection that was let in.
#[derive(Debug)]
pub(super) struct ConnectionSlot {
    admission: Arc<Admission>,
    ip: IpAddr,
}

/// Memory for one message.
#[derive(Debug)]
pub(super) struct MemoryReservation {
    admission: Arc<Admission>,
    bytes: usize,
}

/// Memory is taken in steps, so that small messages touch the shared counter once.
const STEP: usize = 16 * 1024;

impl Admission {
    pub(super) fn new(options: &Options) -> Self {
        Admission {
            max_connections: options.max_connections.into(),
            max_per_address: options.max_connections_per_address.into(),
            max_memory: options.max_memory.as_usize().into(),
            connections: Mutex::default(),
            memory: AtomicUsize::new(0),
        }
    }

    /// Other limits, from now on. What is taken already stays taken.
    pub(super) fn set_limits(&self, options: &Options) {
        self.max_connections.store(options.max_connections, Ordering::Relaxed);
        self.max_per_address.store(options.max_connections_per_address, Ordering::Relaxed);
        self.max_memory.store(options.max_memory.as_usize(), Ordering::Relaxed);
    }

    /// A seat for a connection from that address, while there is one.
    pub(super) fn seat(self: &Arc<Self>, ip: IpAddr) -> Option<ConnectionSlot> {
        let mut connections = self.connections.lock().unwrap_or_else(PoisonError::into_inner);
        let of_address = connections.by_address.get(&ip).copied().unwrap_or(0);
        let limits = [&self.max_connections, &self.max_per_address].map(|l| l.load(Ordering::Relaxed));
        if connections.all >= limits[0] || of_address >= limits[1] {
            return None;
        }
        connections.all += 1;
        connections.by_address.insert(ip, of_address + 1);
        Some(ConnectionSlot { admission: self.clone(), ip })
    }

    /// A lease of no memory yet.
    pub(super) fn lease(self: &Arc<Self>) -> MemoryReservation {
        MemoryReservation { admission: self.clone(), bytes: 0 }
    }
}

impl WorkingMemory for MemoryReservation {
    fn cover(&mut self, bytes: usize) -> bool {
        if bytes <= self.bytes {
            return true;
        }
        let more = bytes.next_multiple_of(STEP) - self.bytes;
        let memory = &self.admission.memory;
        let taken = memory.fetch_add(more, Ordering::Relaxed) + more;
        if taken > self.admission.max_memory.load(Ordering::Relaxed) {
            memory.fetch_sub(more, Ordering::Relaxed);
            return false;
        }
        self.bytes += more;
        true
    }
}

impl MemoryReservation {
    /// Gives all of it back.
    pub(super) fn release(&mut self) {
        self.admission.memory.fetch_sub(self.bytes, Ordering::Relaxed);
        self.bytes = 0;
    }
}

impl Drop for MemoryReservation {
    fn drop(&mut self) {
        self.release();
    }
}

impl Drop for ConnectionSlot {
    fn drop(&mut self) {
        let mut connections = self.admission.connections.lock().unwrap_or_else(PoisonError::into_inner);
        connections.all = connections.all.saturating_sub(1);
        if let Some(count) = connections.by_address.get_mut(&self.ip) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                connections.by_address.remove(&self.ip);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::options::ByteSize;
    use super::*;

    fn admission() -> Arc<Admission> {
        let options = Options {
            max_connections: 3,
            max_connections_per_address: 2,
            max_memory: ByteSize(4 * STEP as u64),
            ..Options::default()
        };
        Arc::new(Admission::new(&options))
    }

    #[test]
    fn seats_are_counted_in_all_and_per_address() {
        let (admission, a, b) = (admission(), [192, 0, 2, 1].into(), [192, 0, 2, 2].into());
        let first = admission.seat(a);
        let second = admission.seat(a);
        assert!(first.is_some() && second.is_some());
        assert!(admission.seat(a).is_none());
        let third = admission.seat(b);
        assert!(third.is_some() && admission.seat(b).is_none());
        drop(first);
        assert!(admission.seat(a).is_some());
        drop((second, third));
        assert!(admission.connections.lock().unwrap().by_address.is_empty());
    }

    #[test]
    fn memory_is_lent_and_comes_back() {
        let admission = admission();
        let mut one = admission.lease();
        let mut two = admission.lease();
        assert!(one.cover(1) && one.cover(STEP) && one.cover(STEP * 3));
        assert!(!two.cover(STEP + 1));
        assert!(two.cover(STEP));
        drop(one);
        assert!(two.cover(STEP * 4));
        two.release();
        assert_eq!(admission.memory.load(Ordering::Relaxed), 0);
    }
}
