//! Who has written to whom, and from which client: one 64-bit mark each, with the day it was last seen.

use std::collections::{HashMap, HashSet};

use super::trace::Trace;

const DAY: i64 = 24 * 3_600_000;
/// An acquaintance is forgotten after so many days without mail.
const DAYS: u16 = 400;
/// An acquaintance is written down anew only after so many days.
const REFRESH_DAYS: u16 = 30;
/// At most so many are remembered, of 16 bytes each; the oldest go first.
const MOST: usize = 4_000_000;

/// When two were last in touch, in days since the epoch: as far as memory knows, and as written down.
#[derive(Clone, Copy, Debug)]
struct Mark {
    seen: u16,
    kept: u16,
}

/// All that are known.
#[derive(Debug, Default)]
pub struct Acquaintances(HashMap<u64, Mark>);

impl Acquaintances {
    /// Whether the sender ever wrote to the recipient.
    pub fn wrote(&self, sender: u64, recipient: u64) -> bool {
        self.0.contains_key(&pair(sender, recipient))
    }

    /// Whether the sender is known, but never sent from this client.
    pub fn is_new_client(&self, sender: u64, client: u64) -> bool {
        sender != 0
            && client != 0
            && self.0.contains_key(&sender)
            && !self.0.contains_key(&pair(client, sender))
    }

    /// Takes in a mail that has left.
    pub fn meet(&mut self, trace: &Trace) {
        let today = day(trace.at);
        for mark in marks_of(trace) {
            self.0
                .entry(mark)
                .and_modify(|m| m.seen = m.seen.max(today))
                .or_insert(Mark { seen: today, kept: 0 });
        }
    }

    /// Takes in what was written down on `day`.
    pub fn load(&mut self, day: u16, marks: impl Iterator<Item = u64>) {
        for mark in marks {
            if self.0.len() >= MOST && !self.0.contains_key(&mark) {
                return;
            }
            let known = self.0.entry(mark).or_insert(Mark { seen: day, kept: day });
            known.seen = known.seen.max(day);
            known.kept = known.kept.max(day);
        }
    }

    /// Of the acquaintances that these traces made, those that must be written down (again), by day.
    /// Once that is done, [`Acquaintances::load`] tells that they are.
    pub fn unwritten(&self, traces: &[Trace]) -> HashMap<u16, HashSet<u64>> {
        let mut days: HashMap<u16, HashSet<u64>> = HashMap::new();
        for trace in traces.iter().filter(|t| t.event.leaves() && t.sender != 0) {
            let today = day(trace.at);
            for mark in marks_of(trace) {
                let kept = self.0.get(&mark).map_or(0, |m| m.kept);
                if kept == 0 || kept.saturating_add(REFRESH_DAYS) < today {
                    days.entry(today).or_default().insert(mark);
                }
            }
        }
        days
    }

    /// Lets go of the old, and of the oldest where there are too many.
    pub fn forget_old(&mut self, now: i64) {
        let mut first = first_day(now);
        self.0.retain(|_, mark| mark.seen >= first);
        while self.0.len() > MOST && first < day(now) {
            first = first.saturating_add(REFRESH_DAYS);
            self.0.retain(|_, mark| mark.seen >= first);
        }
    }
}

/// The first day whose acquaintances are still remembered.
pub fn first_day(now: i64) -> u16 {
    day(now).saturating_sub(DAYS)
}

/// The marks that a mail leaves: its sender is known, has this client, and these recipients.
fn marks_of(trace: &Trace) -> impl Iterator<Item = u64> + '_ {
    let client = (trace.client != 0).then(|| pair(trace.client, trace.sender));
    let recipients = trace.recipients.iter().map(|r| pair(trace.sender, *r));
    std::iter::once(trace.sender).chain(client).chain(recipients)
}

fn day(at: i64) -> u16 {
    u16::try_from(at.max(0) / DAY).unwrap_or(u16::MAX)
}

/// One hash out of two that are already keyed.
fn pair(a: u64, b: u64) -> u64 {
    scramble(a ^ scramble(b))
}

/// The finaliser of splitmix64: every bit of the input touches every bit of the output.
pub fn scramble(mut x: u64) -> u64 {
    x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}
