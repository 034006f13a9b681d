//! The understanding of one message: bytes → what its readers see → facts → verdict. Pure, but for the
//! look into the past that the caller hands in.

use super::blocking::{is_long, run_blocking};
use super::policy::Policy;
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
    policy: &Policy,
    envelope: &Envelope,
    source: EnvelopeSource,
    bytes: &'x [u8],
    depth: Depth,
    past: impl FnOnce(&Mail<'x>, &Audience) -> History,
    now: Timestamp,
) -> Inspected<'x> {
    let mail = message::read(bytes, &policy.limits);
    let audience = Audience::of(&mail, envelope, source, &policy.organization);
    let history = past(&mail, &audience);
    let controls = (policy.controls)(now);
    let mut facts = facts::gather(&mail, envelope, &audience, &policy.organization, &history, &controls);
    let wanted = depth == Depth::Everything || policy.rules.wait_for_reading(&facts);
    let read =
        || Reading::read_all(&mail, envelope, &audience, &policy.organization, &policy.content_limits, now);
    let reading = wanted.then(|| run_blocking(is_long(&mail), read));
    if let Some(reading) = &reading {
        facts::complete(&mut facts, &mail, reading);
    }
    let reading = reading.filter(|_| depth == Depth::Everything);
    let verdict = policy.rules.evaluate(&facts, now);
    Inspected { mail, audience, facts, reading, verdict }
}
