//! One sender's last hour, counted as it goes, so that a question about it costs little however much
//! was sent.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use super::Past;

/// One transaction of the last hour.
#[derive(Debug)]
pub struct Recent {
    /// Milliseconds since the Unix epoch.
    pub at: i64,
    pub message: u64,
    pub recipients: Arc<[u64]>,
    /// Those that the sender had never written to before.
    pub first: Arc<[u64]>,
    /// The client, where it was a new one for the sender.
    pub new_client: Option<u64>,
}

/// What one sender did in the last hour, counted.
#[derive(Debug, Default)]
pub struct Hour {
    recent: VecDeque<Recent>,
    messages: HashMap<u64, u32>,
    recipients: HashMap<u64, u32>,
    first: HashMap<u64, u32>,
    new_clients: HashMap<u64, u32>,
}

impl Hour {
    /// Counts a transaction in.
    pub fn add(&mut self, recent: Recent) {
        *self.messages.entry(recent.message).or_default() += 1;
        for recipient in recent.recipients.iter() {
            *self.recipients.entry(*recipient).or_default() += 1;
        }
        for recipient in recent.first.iter() {
            *self.first.entry(*recipient).or_default() += 1;
        }
        if let Some(client) = recent.new_client {
            *self.new_clients.entry(client).or_default() += 1;
        }
        self.recent.push_back(recent);
    }

    /// Counts out what is older.
    pub fn forget_before(&mut self, at: i64) {
        while let Some(recent) = self.recent.pop_front_if(|r| r.at < at) {
            take_one(&mut self.messages, recent.message);
            recent.recipients.iter().for_each(|r| take_one(&mut self.recipients, *r));
            recent.first.iter().for_each(|r| take_one(&mut self.first, *r));
            recent.new_client.iter().for_each(|c| take_one(&mut self.new_clients, *c));
        }
    }

    /// Whether the client was a new one for the sender within this hour.
    pub fn was_new(&self, client: u64) -> bool {
        self.new_clients.contains_key(&client)
    }

    pub fn is_empty(&self) -> bool {
        self.recent.is_empty()
    }

    /// The counts without the transactions of `message`.
    pub fn count_others(&self, message: u64, past: &mut Past) {
        past.recent_messages = self.messages.len() as u64;
        past.recent_recipients = self.recipients.len() as u64;
        past.recent_first_time = self.first.len() as u64;
        if message == 0 || !self.messages.contains_key(&message) {
            return;
        }
        past.recent_messages -= 1;
        let mut recipients: HashMap<u64, u32> = HashMap::new();
        let mut first: HashMap<u64, u32> = HashMap::new();
        for recent in self.recent.iter().filter(|r| r.message == message) {
            recent.recipients.iter().for_each(|r| *recipients.entry(*r).or_default() += 1);
            recent.first.iter().for_each(|r| *first.entry(*r).or_default() += 1);
        }
        let only_here = |own: &HashMap<u64, u32>, all: &HashMap<u64, u32>| {
            own.iter().filter(|(r, n)| all.get(r) == Some(n)).count() as u64
        };
        past.recent_recipients -= only_here(&recipients, &self.recipients);
        past.recent_first_time -= only_here(&first, &self.first);
    }
}

fn take_one(counts: &mut HashMap<u64, u32>, key: u64) {
    if let Some(count) = counts.get_mut(&key) {
        *count -= 1;
        if *count == 0 {
            counts.remove(&key);
        }
    }
}
