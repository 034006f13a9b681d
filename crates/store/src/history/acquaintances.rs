//! Who has written to whom, from which client, and to which domains often: 64-bit marks, each with the day
//! it was last seen.

use std::collections::{HashMap, HashSet};

use super::trace::Trace;

const DAY: i64 = 24 * 3_600_000;
/// An acquaintance is forgotten after so many days without mail.
const DAYS: u16 = 400;
/// An acquaintance is written down anew only after so many days.
const REFRESH_DAYS: u16 = 30;
/// At most so many are remembered, of 16 bytes each; the oldest go first.
const MOST: usize = 4_000_000;

/// A domain is often written to once mail went there on so many days. Each day is a rung, a mark of its own.
const RUNGS: u64 = 3;

/// When two were last in touch, in days since the epoch: as far as memory knows, and as written down.
#[derive(Clone, Copy, Debug)]
struct AcquaintanceMark {
    seen: u16,
    kept: u16,
}

/// All that are known.
#[derive(Debug, Default)]
pub struct Acquaintances(HashMap<u64, AcquaintanceMark>);

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

    /// Whether mail ever went to the domain.
    pub fn knows_domain(&self, domain: u64) -> bool {
        self.rung(domain, |_| true) > 0
    }

    /// Whether mail went to the domain on several days.
    pub fn is_familiar(&self, domain: u64) -> bool {
        self.0.contains_key(&pair(domain, RUNGS))
    }

    /// The highest rung of the domain whose mark counts; 0 if there is none.
    fn rung(&self, domain: u64, counts: impl Fn(&AcquaintanceMark) -> bool) -> u64 {
        let stands = |rung: &u64| self.0.get(&pair(domain, *rung)).is_some_and(&counts);
        (1..=RUNGS).rev().find(stands).unwrap_or(0)
    }

    /// Takes in a mail that has left.
    pub fn meet(&mut self, trace: &Trace) {
        let today = day(trace.at);
        for mark in marks_of(trace) {
            self.see(mark, today);
        }
        for domain in &trace.domains {
            let rung = self.rung(*domain, |_| true);
            let seen = self.0.get(&pair(*domain, rung)).map_or(0, |m| m.seen);
            if let Some(next) = next_rung(rung, seen < today) {
                self.see(pair(*domain, next), today);
            }
        }
    }

    fn see(&mut self, mark: u64, today: u16) {
        let known = self.0.entry(mark).or_insert(AcquaintanceMark { seen: today, kept: 0 });
        known.seen = known.seen.max(today);
    }

    /// Takes in what was written down on `day`.
    pub fn load(&mut self, day: u16, marks: impl Iterator<Item = u64>) {
        for mark in marks {
            if self.0.len() >= MOST && !self.0.contains_key(&mark) {
                return;
            }
            let known = self.0.entry(mark).or_insert(AcquaintanceMark { seen: day, kept: day });
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
                if is_stale(kept, today) {
                    days.entry(today).or_default().insert(mark);
                }
            }
        }
        for (mark, day) in self.unwritten_rungs(traces) {
            days.entry(day).or_default().insert(mark);
        }
        days
    }

    /// The rungs to write down: each day is one more than those that are written.
    fn unwritten_rungs(&self, traces: &[Trace]) -> Vec<(u64, u16)> {
        let mut climbed: HashMap<u64, (u64, u16)> = HashMap::new();
        let mut marks = Vec::new();
        for trace in traces.iter().filter(|t| t.event.leaves() && t.sender != 0) {
            let today = day(trace.at);
            for domain in &trace.domains {
                let (rung, kept) = *climbed.entry(*domain).or_insert_with(|| {
                    let rung = self.rung(*domain, |m| m.kept > 0);
                    (rung, self.0.get(&pair(*domain, rung)).map_or(0, |m| m.kept))
                });
                let later = if rung == RUNGS { is_stale(kept, today) } else { kept < today };
                if let Some(next) = next_rung(rung, later).filter(|_| later) {
                    climbed.insert(*domain, (next, today));
                    marks.push((pair(*domain, next), today));
                }
            }
        }
        marks
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

/// The rung that a mail steps on: the next on a later day, the last one again and again.
fn next_rung(rung: u64, is_later: bool) -> Option<u64> {
    match rung {
        0 => Some(1),
        RUNGS => Some(RUNGS),
        _ => is_later.then_some(rung + 1),
    }
}

/// Whether what was written down on the day `kept` (0: never) is to be written down anew.
fn is_stale(kept: u16, today: u16) -> bool {
    kept == 0 || kept.saturating_add(REFRESH_DAYS) < today
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
