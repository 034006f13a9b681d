//! The demo's story: every incident that has a message is sent to the relay over real SMTP, and what
//! became of each mail is read from the reply, the next hop and the audit log, never from what was
//! expected.

use std::collections::{BTreeSet, HashSet};
use std::time::{Duration, Instant};

use super::client::Client;
use super::relay::Relay;
use super::sink::{Arrived, Sink};
use crate::cli::inspect::envelope;
use crate::cli::play::{self, Fault, Got, Hit, Play, Played, What};
use casebook::{Casebook, Incident, Sending};
use facts::{Audience, EnvelopeSource, Organization};
use rules::verdict::{Action, Approval, Mode, Rewrite};
use smtp::envelope::Envelope;
use smtp::reply::Reply;
use store::{self, State};
use terms::clock::Timestamp;

/// The incidents of mail that left; they are told first.
const FIRST: [&str; 5] = ["2023-116", "2023-391", "2022-minoh", "2023-112", "2023-117"];

/// Between two incidents so much time passes that one says nothing about the next.
const BETWEEN: Duration = Duration::from_secs((store::history::WINDOW_HOURS as u64 + 1) * 3600);

/// How long a released mail is waited for.
const PATIENCE: Duration = Duration::from_secs(15);

/// The incidents to play, in the order of telling.
pub fn incidents(casebook: &Casebook) -> Vec<&Incident> {
    let first = FIRST.iter().filter_map(|id| casebook.get(id));
    let others = casebook.iter().filter(|i| !FIRST.contains(&i.id.as_str()));
    first.chain(others).filter(|i| i.expectation.is_some()).collect()
}

/// When the story must begin so that it ends at `end`.
pub fn start(incidents: &[&Incident], end: Timestamp) -> Timestamp {
    let waits = incidents.iter().flat_map(|i| i.sendings()).map(|s| s.wait);
    let length = waits.sum::<Duration>() + BETWEEN * u32::try_from(incidents.len()).unwrap_or(u32::MAX);
    end.checked_sub(length).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// What really arrived, counted over the whole story.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub sent: u64,
    /// Arrived byte for byte as they were sent, after the one Received line.
    pub intact: u64,
    /// Arrived with another header and the same body.
    pub rewritten: u64,
    /// Outside addresses that every reader of those would have seen, and those that they do see.
    pub visible_before: usize,
    pub visible_after: usize,
    /// Kept, and nothing arrived.
    pub kept: u64,
    pub cases: BTreeSet<String>,
    /// Refused, and nothing arrived.
    pub refused: u64,
    /// Held at first, released by a person, and arrived rewritten.
    pub released: u64,
    /// None of these.
    pub wrong: u64,
}

/// A held mail, for the one that is released.
struct Held {
    case: String,
    message: Vec<u8>,
    envelope: Envelope,
    organization: Organization,
}

/// A held mail that a second person has released.
pub struct Released {
    pub case: String,
    /// Outside addresses that every reader would have seen, and those that they do see.
    pub visible_before: usize,
    pub visible_after: usize,
    /// What is wrong with what arrived, where something is.
    pub fault: Option<String>,
}

/// The story as it is played.
pub struct Story<'r> {
    relay: &'r Relay,
    sink: &'r Sink,
    client: Client,
    /// The Message-IDs of everything that was sent.
    ids: HashSet<Option<String>>,
    /// The first mail that was held.
    held: Option<Held>,
    tally: Tally,
}

/// What happened to one mail, as the reply and the next hop show it.
enum Fate {
    Intact,
    Rewritten,
    /// The case number.
    Kept(String),
    Refused,
    /// Something that must not be.
    Wrong(String),
}

impl<'r> Story<'r> {
    pub fn new(relay: &'r Relay, sink: &'r Sink) -> Result<Self, String> {
        let client = Client::connect(relay.address).map_err(|e| format!("the relay: {e}"))?;
        Ok(Story { relay, sink, client, ids: HashSet::new(), held: None, tally: Tally::default() })
    }

    /// Plays one incident.
    pub fn play<'c>(&mut self, incident: &'c Incident) -> Result<Play<'c>, String> {
        self.relay.clock.advance(BETWEEN);
        let mut steps = Vec::new();
        for sending in incident.sendings() {
            self.relay.clock.advance(sending.wait);
            let policy = play::staged(&self.relay.policy, incident, sending.step);
            let organization = policy.organization.clone();
            self.relay.set(policy);
            let (fate, envelope) = self.send(&sending, &organization)?;
            if let Some(expected) = sending.expected {
                let (got, mut faults) = self.got(fate)?;
                faults.extend(play::faults(expected, &got));
                let mail = message::read(&sending.message, &message::Limits::default());
                steps.push(Played {
                    step: sending.step,
                    times: sending.step.times,
                    recipients: envelope.rcpts.len(),
                    subject: mail.subject(),
                    got,
                    faults,
                });
            }
        }
        Ok(Play { incident, steps })
    }

    /// Sends one mail and sees what became of it.
    fn send(
        &mut self,
        sending: &Sending<'_>,
        organization: &Organization,
    ) -> Result<(Fate, Envelope), String> {
        let asked = sending.rcpt.clone().unwrap_or_default();
        let (envelope, _) = envelope(&sending.message, sending.from.as_deref(), &asked);
        let rcpts: Vec<String> = envelope.rcpts.iter().map(|r| r.address.clone()).collect();
        let before = self.sink.count();
        let reply = self
            .client
            .send(sending.step.client, &envelope.from, &rcpts, &sending.message)
            .map_err(|e| format!("the relay: {e}"))?;
        let fate = fate(&reply, &sending.message, &self.arrived(before, &sending.message));
        self.tally.sent += 1;
        self.ids.insert(message_id(&sending.message));
        match &fate {
            Fate::Intact => self.tally.intact += 1,
            Fate::Rewritten => {
                self.tally.rewritten += 1;
                self.tally.visible_before += visible(&sending.message, &envelope, organization);
                for mail in self.arrived(before, &sending.message) {
                    self.tally.visible_after += visible(&mail.bytes, &envelope, organization);
                }
            }
            Fate::Kept(case) => {
                self.held.get_or_insert_with(|| Held {
                    case: case.clone(),
                    message: sending.message.clone(),
                    envelope: envelope.clone(),
                    organization: organization.clone(),
                });
                self.tally.kept += 1;
                self.tally.cases.insert(case.clone());
            }
            Fate::Refused => self.tally.refused += 1,
            Fate::Wrong(_) => self.tally.wrong += 1,
        }
        Ok((fate, envelope))
    }

    /// What arrived of this mail since then. What the house itself writes is not part of the story.
    fn arrived(&self, before: usize, message: &[u8]) -> Vec<Arrived> {
        let own = message_id(message);
        self.sink.after(before).into_iter().filter(|a| message_id(&a.bytes) == own).collect()
    }

    /// Has a second person release the first mail that was held, and sees what arrives of it. None where
    /// nothing was held.
    pub fn release(&mut self) -> Result<Option<Released>, String> {
        let Some(held) = self.held.take() else { return Ok(None) };
        let before = self.sink.count();
        let domain = held.organization.domains.first().map_or("example.jp", String::as_str);
        self.relay.release(&held.case, &format!("kacho@{domain}"), "list checked")?;
        let deadline = Instant::now() + PATIENCE;
        let mut mails = self.arrived(before, &held.message);
        while mails.is_empty() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(10));
            mails = self.arrived(before, &held.message);
        }
        let see = |bytes: &[u8]| visible(bytes, &held.envelope, &held.organization);
        let mut released = Released {
            case: held.case,
            visible_before: see(&held.message),
            visible_after: mails.iter().map(|m| see(&m.bytes)).sum(),
            fault: None,
        };
        released.fault = match mails.as_slice() {
            [] => Some("nothing arrived".to_string()),
            [mail] if without_received(&mail.bytes).map(body) != Some(body(&held.message)) => {
                Some("another body than was sent".to_string())
            }
            [_] if released.visible_after > 0 => Some("addresses are visible".to_string()),
            [_] => None,
            several => Some(format!("{} mails arrived", several.len())),
        };
        self.tally.released += u64::from(released.fault.is_none());
        self.tally.wrong += u64::from(released.fault.is_some());
        Ok(Some(released))
    }

    /// The story's end: what was sent, and what had arrived of it by now. A mail that was held and
    /// arrived later all the same is counted as wrong.
    pub fn end(mut self) -> Tally {
        let all = self.sink.after(0);
        let arrived = all.iter().filter(|a| self.ids.contains(&message_id(&a.bytes))).count() as u64;
        self.tally.wrong += arrived.abs_diff(self.tally.intact + self.tally.rewritten + self.tally.released);
        self.tally
    }

    /// The outcome in the words of the rules, and where the audit log tells it otherwise.
    fn got(&self, fate: Fate) -> Result<(Got, Vec<Fault>), String> {
        let entry = self.relay.last_decision()?.entry;
        let in_force = entry.rules.iter().filter(|r| r.mode == Mode::Enforce.as_str());
        let mut got = Got {
            action: Action::Pass,
            rewrite: None,
            approval: Approval::None,
            rules: in_force.map(|r| Hit { id: r.id.clone(), incidents: r.incidents.clone() }).collect(),
            error: None,
        };
        let mut faults = Vec::new();
        match fate {
            Fate::Intact => {}
            Fate::Rewritten => (got.action, got.rewrite) = (Action::Rewrite, Some(Rewrite::Bcc)),
            Fate::Kept(number) => self.kept(&number, &mut got)?,
            Fate::Refused => got.action = Action::Reject,
            Fate::Wrong(why) => {
                let expected = "a mail that is whole, or none".to_string();
                faults.push(Fault { what: What::Arrived, expected, got: why });
            }
        }
        if faults.is_empty() && entry.action != got.action.as_str() {
            let expected = got.action.as_str().to_string();
            faults.push(Fault { what: What::Audit, expected, got: entry.action });
        }
        Ok((got, faults))
    }

    /// A case that is kept, as the store knows it.
    fn kept(&self, number: &str, got: &mut Got) -> Result<(), String> {
        let case = self.relay.case(number)?.ok_or_else(|| format!("there is no case {number}"))?;
        got.action = if case.state == State::Delayed { Action::Delay } else { Action::Hold };
        got.approval = match case.approval {
            store::Approval::None => Approval::None,
            store::Approval::Sender => Approval::Sender,
            store::Approval::SecondPerson => Approval::SecondPerson,
        };
        got.rewrite = case.rewrite.map(|r| match r {
            store::Rewrite::Bcc => Rewrite::Bcc,
            store::Rewrite::Individual => Rewrite::Individual,
        });
        Ok(())
    }
}

/// What the reply and the arrivals show together.
fn fate(reply: &Reply, sent: &[u8], arrived: &[Arrived]) -> Fate {
    let text = reply.lines.join(" ");
    match (reply.is_positive(), arrived) {
        (true, [_]) if case_number(&text).is_some() => {
            Fate::Wrong(format!("a mail arrived, and the reply was {text}"))
        }
        (true, [mail]) => match without_received(&mail.bytes) {
            Some(bytes) if bytes == sent => Fate::Intact,
            Some(bytes) if body(bytes) == body(sent) => Fate::Rewritten,
            Some(_) => Fate::Wrong("another body than was sent".to_string()),
            None => Fate::Wrong("no Received line".to_string()),
        },
        (true, []) => match case_number(&text) {
            Some(case) => Fate::Kept(case.to_string()),
            None => Fate::Wrong(format!("nothing arrived, and the reply was {} {text}", reply.code)),
        },
        (false, []) if reply.is_transient() => Fate::Wrong(format!("{} {text}", reply.code)),
        (false, []) => Fate::Refused,
        (_, several) => {
            Fate::Wrong(format!("{} mails arrived, and the reply was {}", several.len(), reply.code))
        }
    }
}

/// The case number in the reply to a mail that is kept: `2.0.0 Held as case K7F3-22QX: …`.
fn case_number(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once(" as case ")?;
    rest.split([':', ' ']).next()
}

/// The message after the one Received field that the relay puts before it.
fn without_received(bytes: &[u8]) -> Option<&[u8]> {
    let rest = bytes.strip_prefix(b"Received:")?;
    let mut end = 0;
    for line in rest.split_inclusive(|b| *b == b'\n') {
        if end > 0 && !line.starts_with(b"\t") && !line.starts_with(b" ") {
            break;
        }
        end += line.len();
    }
    rest.get(end..)
}

fn message_id(bytes: &[u8]) -> Option<String> {
    message::read(bytes, &message::Limits::default()).message_id()
}

fn body(bytes: &[u8]) -> &[u8] {
    let end = memchr::memmem::find(bytes, b"\r\n\r\n").unwrap_or(bytes.len());
    bytes.get(end..).unwrap_or_default()
}

/// How many outside addresses every reader of the message sees, or a Bcc field gives away.
fn visible(bytes: &[u8], envelope: &Envelope, organization: &Organization) -> usize {
    let mail = message::read(bytes, &message::Limits::default());
    let audience = Audience::of(&mail, envelope, EnvelopeSource::Given, organization);
    let blind = mail.addresses.iter().filter(|s| s.slot.is_blind());
    let outside = blind.filter(|s| !organization.is_internal(s.address.domain()));
    audience.visible.len() + outside.count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_received_field_alone_is_taken_off() {
        let field = b"Received: from a\r\n\tby b;\r\n\tnow\r\n";
        for message in [&b"Subject: x\r\n\r\ny\r\n"[..], b"Received: older\r\n\r\n", b"\r\nbody\r\n"] {
            assert_eq!(without_received(&[field, message].concat()), Some(message));
        }
        assert_eq!(without_received(b"Subject: x\r\n\r\n"), None);
    }

    #[test]
    fn fate_is_read_from_reply_and_arrivals() {
        let sent = b"Subject: x\r\n\r\nbody\r\n";
        let arrived = |bytes: &[u8]| Arrived { bytes: bytes.to_vec(), ..Arrived::default() };
        let fate = |code, text: &str, mails: &[Arrived]| match fate(&Reply::new(code, text), sent, mails) {
            Fate::Intact => "intact".to_string(),
            Fate::Rewritten => "rewritten".to_string(),
            Fate::Kept(case) => case,
            Fate::Refused => "refused".to_string(),
            Fate::Wrong(_) => "wrong".to_string(),
        };
        let whole = [b"Received: x\r\n", &sent[..]].concat();
        let changed = arrived(b"Received: x\r\nSubject: x\r\nTo: u:;\r\n\r\nbody\r\n");
        assert_eq!(fate(250, "ok", &[arrived(&whole)]), "intact");
        assert_eq!(fate(250, "ok", std::slice::from_ref(&changed)), "rewritten");
        assert_eq!(fate(250, "ok", &[arrived(sent)]), "wrong");
        assert_eq!(fate(250, "ok", &[arrived(b"Received: x\r\nSubject: x\r\n\r\nother\r\n")]), "wrong");
        assert_eq!(fate(250, "2.0.0 Held as case K7F3-22QX: burst (ABC)", &[]), "K7F3-22QX");
        assert_eq!(fate(250, "2.0.0 Held as case K7F3-22QX: burst (ABC)", &[changed]), "wrong");
        assert_eq!(fate(250, "ok", &[]), "wrong");
        assert_eq!(fate(550, "5.7.1 no", &[]), "refused");
        assert_eq!(fate(451, "4.3.0 later", &[]), "wrong");
    }
}
