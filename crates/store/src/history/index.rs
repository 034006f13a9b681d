//! The memory itself: what the history knows, arranged so that each question is answered by a few
//! look-ups. All times are milliseconds since the Unix epoch.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use super::acquaintances::{Acquaintances, scramble};
use super::hour::{Hour, Recent};
use super::trace::{Event, Trace};
use super::{Past, WINDOW_HOURS};

const HOUR: i64 = 3_600_000;
const WINDOW: i64 = WINDOW_HOURS * HOUR;
/// At most so many mails, and recipients of mails, are remembered.
const MAX_MAILS: usize = 500_000;
const MAX_RECIPIENTS: usize = 4_000_000;
/// For each recipient, the latest notable mails that are compared.
const NOTABLE_PER_RECIPIENT: usize = 16;
/// Lists of this length are compared by overlap, and whoever sent them.
const LONG_LIST: usize = 5;

/// A mail: all transactions of one Message-ID and sender.
#[derive(Debug)]
struct Mail {
    at: i64,
    sender: u64,
    message: u64,
    /// Ascending, distinct.
    recipients: Vec<u64>,
    /// Those that the sender had never written to before this mail.
    first: HashSet<u64>,
    new_client: bool,
    /// When it was last held, rewritten or recalled, and whether it is a recall.
    notable: Option<i64>,
    recall: bool,
    cancelled: Option<i64>,
}

#[derive(Debug, Default)]
pub struct Index {
    pub known: Acquaintances,
    /// In order of arrival; the number of the first is `dropped`.
    mails: VecDeque<Mail>,
    dropped: u64,
    weight: usize,
    by_message: HashMap<(u64, u64), u64>,
    notable: HashMap<u64, VecDeque<u64>>,
    hours: HashMap<u64, Hour>,
    looked_at: HashMap<(u64, u64), (i64, HashSet<u64>)>,
    open: HashMap<(u64, u64), u32>,
    /// Stands in for a missing Message-ID.
    nameless: u64,
    swept: i64,
}

impl Index {
    /// Answers, and notes that the mail is being looked at.
    pub fn look(&mut self, ask: &Trace, written: &[u64]) -> Past {
        self.sweep(ask.at);
        if let Some(hour) = self.hours.get_mut(&ask.sender) {
            hour.forget_before(ask.at - HOUR);
        }
        let key = (ask.sender, ask.message);
        let own = self.by_message.get(&key).and_then(|n| self.mail(*n));
        let first_time = written
            .iter()
            .filter(|r| !self.known.wrote(ask.sender, **r) || own.is_some_and(|m| m.first.contains(*r)))
            .count() as u64;
        let new_client = own.is_some_and(|m| m.new_client) || self.is_new_client(ask.sender, ask.client);
        let (same_recipients_hours, recently_cancelled) = self.same_list(ask);
        let split_recipients = self.split(ask);
        let mut past = Past {
            same_recipients_hours,
            recently_cancelled,
            split_recipients,
            case_open: ask.message != 0 && self.open.contains_key(&key),
            first_time,
            new_client,
            ..Past::default()
        };
        if let Some(hour) = self.hours.get(&ask.sender).filter(|_| ask.sender != 0) {
            hour.count_others(ask.message, &mut past);
        }
        self.note_look(ask);
        past
    }

    /// Takes in what was committed, in the order of commits.
    pub fn apply(&mut self, trace: &Trace) {
        if trace.sender == 0 {
            return;
        }
        self.sweep(trace.at);
        let message = if trace.message == 0 { self.next_nameless() } else { trace.message };
        if !trace.event.is_mail() {
            self.conclude(trace, message);
            return;
        }
        let first: Arc<[u64]> =
            (trace.recipients.iter().copied()).filter(|r| !self.known.wrote(trace.sender, *r)).collect();
        let hour = self.hours.entry(trace.sender).or_default();
        hour.forget_before(trace.at - HOUR);
        let new_client = self.is_new_client(trace.sender, trace.client);
        if trace.event.leaves() {
            self.known.meet(trace);
        }
        self.hours.entry(trace.sender).or_default().add(Recent {
            at: trace.at,
            message,
            recipients: trace.recipients.as_slice().into(),
            first: Arc::clone(&first),
            new_client: new_client.then_some(trace.client),
        });
        let number = self.merge(trace, message, &first, new_client);
        if matches!(trace.event, Event::Held | Event::Rewritten | Event::Recalled) {
            self.note_notable(number, trace);
        }
        self.looked_at.remove(&(trace.sender, trace.message));
    }

    /// Whether the sender is known, but not from this client. A client stays new until the sender has been
    /// silent from it for an hour: the first mail of a flood must not make the rest of it familiar.
    fn is_new_client(&self, sender: u64, client: u64) -> bool {
        self.known.is_new_client(sender, client)
            || self.hours.get(&sender).is_some_and(|hour| hour.was_new(client))
    }

    /// A case of this mail was opened.
    pub fn open_case(&mut self, key: (u64, u64)) {
        *self.open.entry(key).or_default() += 1;
    }

    /// A case of this mail has ended.
    pub fn close_case(&mut self, key: (u64, u64)) {
        if let Some(count) = self.open.get_mut(&key) {
            *count -= 1;
            if *count == 0 {
                self.open.remove(&key);
            }
        }
    }

    /// Puts the cases that wait in the place of those that were known.
    pub fn set_open_cases(&mut self, keys: impl Iterator<Item = (u64, u64)>) {
        self.open.clear();
        for key in keys {
            self.open_case(key);
        }
    }

    fn mail(&self, number: u64) -> Option<&Mail> {
        let at = number.checked_sub(self.dropped)?;
        self.mails.get(usize::try_from(at).ok()?)
    }

    fn mail_mut(&mut self, number: u64) -> Option<&mut Mail> {
        let at = number.checked_sub(self.dropped)?;
        self.mails.get_mut(usize::try_from(at).ok()?)
    }

    fn next_nameless(&mut self) -> u64 {
        self.nameless = self.nameless.wrapping_add(1);
        scramble(self.nameless ^ 0x6e61_6d65_6c65_7373)
    }

    /// Adds a transaction to its mail; the mail's number.
    fn merge(&mut self, trace: &Trace, message: u64, first: &[u64], new_client: bool) -> u64 {
        let key = (trace.sender, message);
        if let Some(number) = self.by_message.get(&key).copied()
            && let Some(mail) = self.mail_mut(number)
        {
            let before = mail.recipients.len();
            mail.recipients.extend_from_slice(&trace.recipients);
            mail.recipients.sort_unstable();
            mail.recipients.dedup();
            mail.first.extend(first);
            mail.new_client |= new_client;
            let grown = mail.recipients.len() - before;
            self.weight += grown;
            return number;
        }
        let number = self.dropped + self.mails.len() as u64;
        self.weight += trace.recipients.len();
        self.mails.push_back(Mail {
            at: trace.at,
            sender: trace.sender,
            message,
            recipients: trace.recipients.clone(),
            first: first.iter().copied().collect(),
            new_client,
            notable: None,
            recall: false,
            cancelled: None,
        });
        self.by_message.insert(key, number);
        number
    }

    fn note_notable(&mut self, number: u64, trace: &Trace) {
        if let Some(mail) = self.mail_mut(number) {
            mail.notable = Some(trace.at);
            mail.recall |= trace.event == Event::Recalled;
        }
        self.list_notable(number, &trace.recipients);
    }

    fn list_notable(&mut self, number: u64, recipients: &[u64]) {
        for recipient in recipients {
            let mails = self.notable.entry(*recipient).or_default();
            if !mails.contains(&number) {
                mails.push_back(number);
            }
            if mails.len() > NOTABLE_PER_RECIPIENT {
                mails.pop_front();
            }
        }
    }

    /// A held or delayed mail has ended.
    fn conclude(&mut self, trace: &Trace, message: u64) {
        if trace.event.leaves() {
            self.known.meet(trace);
        }
        let number = match self.by_message.get(&(trace.sender, message)) {
            Some(number) => *number,
            None => self.merge(trace, message, &[], false),
        };
        let Some(mail) = self.mail_mut(number) else {
            return;
        };
        match trace.event {
            Event::Cancelled => {
                mail.cancelled = Some(trace.at);
                self.list_notable(number, &trace.recipients);
            }
            // Somebody looked at the list and found it right.
            Event::Released => mail.notable = None,
            Event::Reopened => {
                mail.cancelled = None;
                mail.notable = Some(trace.at);
                self.list_notable(number, &trace.recipients);
            }
            _ => {}
        }
    }

    /// Hours since this list was notable in another mail, and whether its sender cancelled one.
    fn same_list(&self, ask: &Trace) -> (Option<i64>, bool) {
        let mut shared: HashMap<u64, usize> = HashMap::new();
        for mails in ask.recipients.iter().filter_map(|r| self.notable.get(r)) {
            for number in mails {
                *shared.entry(*number).or_default() += 1;
            }
        }
        let mut latest: Option<i64> = None;
        let mut cancelled = false;
        for (number, shared) in shared {
            let Some(mail) = self.mail(number) else {
                continue;
            };
            let own = mail.sender == ask.sender;
            let theirs = mail.recipients.len();
            let equal = shared == theirs && shared == ask.recipients.len();
            let long = theirs >= LONG_LIST && ask.recipients.len() >= LONG_LIST;
            let overlap = long && shared * 5 >= theirs.max(ask.recipients.len()) * 4;
            let within = |at: &i64| ask.at - at <= WINDOW;
            cancelled |= own && (equal || overlap) && mail.cancelled.as_ref().is_some_and(within);
            let short = equal && own && (theirs > 1 || mail.recall);
            let other = ask.message == 0 || mail.message != ask.message || !own;
            if other && (overlap || short) {
                latest = latest.max(mail.notable.filter(|at| within(at)));
            }
        }
        (latest.map(|at| (ask.at - at).max(0) / HOUR), cancelled)
    }

    fn split(&self, ask: &Trace) -> u64 {
        if ask.message == 0 || ask.sender == 0 {
            return 0;
        }
        let key = (ask.sender, ask.message);
        let here = |r: &&u64| ask.recipients.binary_search(r).is_ok();
        let mut others: HashSet<u64> = HashSet::new();
        if let Some(mail) = self.by_message.get(&key).and_then(|n| self.mail(*n)) {
            others.extend(mail.recipients.iter().filter(|r| !here(r)));
        }
        if let Some((_, looked)) = self.looked_at.get(&key) {
            others.extend(looked.iter().filter(|r| !here(r)));
        }
        others.len() as u64
    }

    fn note_look(&mut self, ask: &Trace) {
        if ask.message == 0 || ask.sender == 0 || self.looked_at.len() >= 100_000 {
            return;
        }
        let (at, looked) = self.looked_at.entry((ask.sender, ask.message)).or_default();
        *at = ask.at;
        looked.extend(&ask.recipients);
    }

    /// Lets go of what is too old or too much. Cheap: old mail stands in front, and the rest is
    /// walked once in ten minutes.
    fn sweep(&mut self, now: i64) {
        while let Some(front) = self.mails.front()
            && (now - front.at > WINDOW || self.mails.len() > MAX_MAILS || self.weight > MAX_RECIPIENTS)
        {
            self.drop_front();
        }
        if now - self.swept < HOUR / 6 {
            return;
        }
        self.swept = now;
        self.looked_at.retain(|_, (at, _)| now - *at < HOUR / 6);
        self.hours.retain(|_, hour| {
            hour.forget_before(now - HOUR);
            !hour.is_empty()
        });
        self.known.forget_old(now);
    }

    fn drop_front(&mut self) {
        let Some(mail) = self.mails.pop_front() else {
            return;
        };
        let number = self.dropped;
        self.dropped += 1;
        self.weight = self.weight.saturating_sub(mail.recipients.len());
        let key = (mail.sender, mail.message);
        if self.by_message.get(&key) == Some(&number) {
            self.by_message.remove(&key);
        }
        for recipient in &mail.recipients {
            if let Some(mails) = self.notable.get_mut(recipient) {
                mails.retain(|n| *n != number);
                if mails.is_empty() {
                    self.notable.remove(recipient);
                }
            }
        }
    }
}
