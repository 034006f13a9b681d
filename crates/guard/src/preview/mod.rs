//! A mail as its recipients would see it, for a person who must decide about it: who stands in sight, the
//! text, the attachments. What was found in it is shown masked, so that no value can be read off the page.

mod attachments;
mod body;
mod masks;
mod words;

use std::collections::{BTreeMap, HashSet};

use super::finalize::{self, Mending};
use super::policy::Policy;
use super::reinspect;
use casebook::Bilingual;
use content::Content;
use facts::{self, Audience, EnvelopeSource, Outside, Reading};
use message::{self, Mail, Slot};
use personal::{Found, Kind, Place, Source};
use smtp::envelope::Envelope;
use store::HeldTransaction;
use terms::clock::Timestamp;

pub use attachments::{Attachment, names as attachment_names};
pub use body::{Paragraph, Span};
use masks::Masks;
pub use words::{cell_name, label, line_of};

/// So many samples are shown of one kind in one place.
const SAMPLES: usize = 3;
/// A header field that people read is cut to so many characters.
const MAX_FIELD: usize = 1_000;

/// A mail as its recipients would see it.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Preview {
    pub from: Vec<Party>,
    pub to: Vec<Party>,
    pub cc: Vec<Party>,
    /// How many recipients the others do not see.
    pub hidden: usize,
    pub subject: Vec<Span>,
    /// As the Date field says.
    pub date: Option<String>,
    pub body: Vec<Paragraph>,
    /// The text is longer than is shown.
    pub body_cut: bool,
    pub attachments: Vec<Attachment>,
    pub persons: Persons,
    /// What was found, by kind, in the whole mail.
    pub findings: Vec<Finding>,
    /// The organisations outside that it goes to or that are seen in it.
    pub outside: Vec<Outside>,
    /// How many there are to whom it goes, in the envelope.
    pub recipients: usize,
    /// What of it could not be read, attachments apart.
    pub uninspected: Vec<Bilingual>,
}

/// Somebody in a header field.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Party {
    pub address: String,
    pub display: Option<String>,
    pub internal: bool,
}

/// How many persons' data there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Persons {
    pub min: usize,
    pub est: usize,
    pub max: usize,
}

/// The name of a kind in rules, and for people.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct FindingKind {
    pub kind: &'static str,
    pub label: Bilingual,
}

impl FindingKind {
    fn of(kind: Kind) -> Self {
        FindingKind { kind: kind.name(), label: label(kind) }
    }
}

/// What was found of one kind.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Finding {
    pub kind: FindingKind,
    /// In the whole mail: distinct values. In an attachment: places.
    pub count: usize,
    pub samples: Vec<Sample>,
}

/// One value, masked, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Sample {
    pub masked: String,
    /// The cell, as spreadsheets name it: `名簿!B2`.
    pub cell: Option<String>,
    /// The line of a text, from 1.
    pub line: Option<usize>,
}

/// Reads a mail whole, as it leaves in `envelope`, and shows it.
pub fn preview(policy: &Policy, envelope: &Envelope, bytes: &[u8], now: Timestamp) -> Preview {
    let mail = message::read(bytes, &policy.limits);
    let audience = Audience::of(&mail, envelope, EnvelopeSource::Given, &policy.organization);
    let (reading, places) =
        Reading::read_places(&mail, envelope, &audience, &policy.organization, &policy.content_limits, now);
    let content = &reading.content;
    let masks = Masks::of(content, &places);
    let (body, body_cut) = body::paragraphs(content, &places, &masks);
    let attachments = attachments::list(&mail, content, &places, &masks);
    Preview {
        from: parties(policy, &mail, &[Slot::From]),
        to: parties(policy, &mail, &[Slot::To, Slot::ResentTo]),
        cc: parties(policy, &mail, &[Slot::Cc, Slot::ResentCc]),
        hidden: hidden(&mail, envelope),
        subject: masks.spans(&mail.subject(), &[]),
        date: mail.header("Date").next().map(|f| field(f.value)).filter(|d| !d.is_empty()),
        body,
        body_cut,
        persons: persons(&reading),
        findings: findings(&reading, content, &places, &masks),
        outside: facts::outside(audience.external.iter().map(String::as_str), &policy.organization),
        recipients: envelope.rcpts.len(),
        uninspected: attachments::uninspected(&mail, content, &attachments),
        attachments,
    }
}

/// Shows a held mail as it would leave, with the recipients of all its transactions. Of single copies it is
/// one of an outside recipient; the others are hidden from them.
///
/// # Errors
/// Why the mail is unfit to leave so.
pub fn as_it_leaves(policy: &Policy, leaving: &[HeldTransaction], now: Timestamp) -> Result<Preview, String> {
    let (envelope, part) = reinspect::whole(leaving).into_iter().next().ok_or("nothing would leave")?;
    let rewrite = part.rewrite.map(finalize::demand);
    let left =
        finalize::mended(policy, &envelope, reinspect::sent(&part.bytes), rewrite, &Mending::of(part), now)?;
    // The house's own recipients share the first copy.
    let copy = left.copies.last().ok_or("nothing would leave")?;
    Ok(preview(policy, &envelope, &copy.bytes(), now))
}

/// The text of a header field, in one line.
fn field(value: &[u8]) -> String {
    let text = String::from_utf8_lossy(value);
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").chars().filter(|c| !c.is_control()).take(MAX_FIELD).collect()
}

/// Who stands in some fields. An address that a display name shows is seen as well.
fn parties(policy: &Policy, mail: &Mail<'_>, slots: &[Slot]) -> Vec<Party> {
    let seen = mail.addresses.iter().filter(|s| slots.contains(&s.slot));
    seen.map(|s| Party {
        address: s.address.text.clone(),
        display: s.address.display.clone(),
        internal: policy.organization.is_inside(&s.address.text),
    })
    .collect()
}

/// How many recipients stand in none of the fields that all see.
fn hidden(mail: &Mail<'_>, envelope: &Envelope) -> usize {
    let visible: HashSet<String> =
        mail.addresses.iter().filter(|s| s.slot.is_visible_recipient()).map(|s| s.address.key()).collect();
    let key = |address: &str| message::Address::parse(address).map(|a| a.key());
    let unseen = |address: &str| key(address).is_none_or(|key| !visible.contains(&key));
    envelope.rcpts.iter().filter(|r| unseen(&r.address)).count()
}

fn persons(reading: &Reading) -> Persons {
    let found = &reading.findings;
    Persons { min: found.persons_min, est: found.persons_est, max: found.persons_max }
}

/// What was found in the whole mail, the most frequent kind first.
fn findings(reading: &Reading, content: &Content, places: &[Found], masks: &Masks) -> Vec<Finding> {
    let counts = reading.findings.counts.iter().chain(&reading.findings.secrets);
    let mut found: Vec<Finding> = counts
        .map(|(kind, count)| Finding {
            kind: FindingKind::of(*kind),
            count: *count,
            samples: samples(content, places.iter().filter(|p| p.kind == *kind), masks),
        })
        .collect();
    found.sort_by_key(|f| std::cmp::Reverse(f.count));
    found
}

/// The first few of some places.
fn samples<'f>(content: &Content, places: impl Iterator<Item = &'f Found>, masks: &Masks) -> Vec<Sample> {
    let mut samples: Vec<Sample> = Vec::new();
    for found in places {
        if samples.len() >= SAMPLES {
            break;
        }
        let sample = Sample {
            masked: masks::masked(&raw(content, found), found.kind),
            cell: cell(found).map(|name| masks.hide(&name)),
            line: line(content, found),
        };
        if !samples.iter().any(|known| known.masked == sample.masked) {
            samples.push(sample);
        }
    }
    samples
}

fn cell(found: &Found) -> Option<String> {
    match &found.place {
        Place::Cell { sheet, row, column } => Some(cell_name(sheet, *row, *column)),
        Place::Text(_) => None,
    }
}

fn line(content: &Content, found: &Found) -> Option<usize> {
    match (&found.place, found.source) {
        (Place::Text(range), Source::Text(i)) => Some(line_of(&content.texts.get(i)?.text, range.start)),
        _ => None,
    }
}

/// The value as it stands in the mail.
fn raw(content: &Content, found: &Found) -> String {
    match (&found.place, found.source) {
        (Place::Text(range), Source::Text(i)) => {
            let text = content.texts.get(i).and_then(|t| t.text.get(range.clone()));
            text.unwrap_or_default().to_string()
        }
        (Place::Cell { row, column, .. }, Source::Table(i)) => {
            let mut text = String::new();
            let cell = content.tables.get(i).and_then(|t| t.rows.get(*row)?.get(*column));
            if let Some(cell) = cell {
                cell.write(&mut text);
            }
            text
        }
        _ => String::new(),
    }
}

/// The path of the text or table that something was found in.
fn path<'c>(content: &'c Content, found: &Found) -> &'c str {
    match found.source {
        Source::Text(i) => content.texts.get(i).map_or("", |t| t.path.as_str()),
        Source::Table(i) => content.tables.get(i).map_or("", |t| t.path.as_str()),
    }
}

/// How often each kind is found, in the order of kinds.
fn by_kind<'f>(places: impl Iterator<Item = &'f Found>) -> BTreeMap<Kind, Vec<&'f Found>> {
    let mut kinds: BTreeMap<Kind, Vec<&Found>> = BTreeMap::new();
    for found in places {
        kinds.entry(found.kind).or_default().push(found);
    }
    kinds
}

#[cfg(test)]
mod tests;
