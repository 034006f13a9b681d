//! The understanding of one message: bytes → what its readers see → facts → verdict. Pure, but for the
//! look into the past that the caller hands in.

use super::aside::{aside, is_long};
use super::current::House;
use facts::{self, Audience, EnvelopeSource, Facts, History, Reading};
use message::{self, Mail};
use rules::verdict::Verdict;
use smtp::envelope::Envelope;
use terms::clock::Timestamp;

/// A message that was inspected.
pub struct Inspected<'x> {
    pub mail: Mail<'x>,
    pub audience: Audience,
    pub facts: Facts,
    /// The whole content, where a person asked for everything. The daemon does not keep it: it may be large,
    /// and the message still has to be handed on.
    pub reading: Option<Reading>,
    pub verdict: Verdict,
}

/// How much of a message is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// The content only where a rule asks for it.
    AsRulesAsk,
    /// Everything, for a person who wants to know.
    Everything,
}

/// Inspects one message.
pub fn inspect<'x>(
    house: &House,
    envelope: &Envelope,
    source: EnvelopeSource,
    bytes: &'x [u8],
    depth: Depth,
    past: impl FnOnce(&Mail<'x>, &Audience) -> History,
    now: Timestamp,
) -> Inspected<'x> {
    let mail = message::read(bytes, &house.limits);
    let audience = Audience::of(&mail, envelope, source, &house.organization);
    let history = past(&mail, &audience);
    let controls = (house.controls)(now);
    let mut facts = facts::gather(&mail, envelope, &audience, &house.organization, &history, &controls);
    let wanted = depth == Depth::Everything || house.rules.wait_for_reading(&facts);
    let read =
        || Reading::read_all(&mail, envelope, &audience, &house.organization, &house.content_limits, now);
    let reading = wanted.then(|| aside(is_long(&mail), read));
    if let Some(reading) = &reading {
        facts::complete(&mut facts, &mail, reading);
    }
    let reading = reading.filter(|_| depth == Depth::Everything);
    let verdict = house.rules.evaluate(&facts, now);
    Inspected { mail, audience, facts, reading, verdict }
}
