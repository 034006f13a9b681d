//! The understanding of one message: bytes → what its readers see → facts → verdict. Pure, but for the
//! look into the past that the caller hands in.

use super::current::House;
use crate::clock::Timestamp;
use crate::facts::{self, Audience, EnvelopeSource, Facts, History};
use crate::message::{self, Mail};
use crate::rules::verdict::Verdict;
use crate::smtp::envelope::Envelope;

/// A message that was inspected.
pub struct Inspected<'x> {
    pub mail: Mail<'x>,
    pub audience: Audience,
    pub facts: Facts,
    pub verdict: Verdict,
}

/// Inspects one message.
pub fn inspect<'x>(
    house: &House,
    envelope: &Envelope,
    source: EnvelopeSource,
    bytes: &'x [u8],
    past: impl FnOnce(&Mail<'x>, &Audience) -> History,
    now: Timestamp,
) -> Inspected<'x> {
    let mail = message::read(bytes, &house.limits);
    let audience = Audience::of(&mail, envelope, source, &house.organization);
    let history = past(&mail, &audience);
    let controls = (house.controls)(now);
    let facts = facts::gather(&mail, envelope, &audience, &house.organization, &history, &controls);
    let verdict = house.rules.evaluate(&facts, now);
    Inspected { mail, audience, facts, verdict }
}
