//! Reading all of a message: the text out of everything, and the personal data and secrets in it. It
//! costs more than everything else, so it is done only where a rule asks for what it tells.

use super::audience::{self, Audience};
use super::organization::Organization;
use super::table::Fact;
use content::{self, Content, Limits};
use message::Mail;
use personal::{self, Day, Findings, Found, Own};
use smtp::envelope::Envelope;
use terms::clock::Timestamp;

/// All that stands in a message, and what was found there.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reading {
    pub content: Content,
    pub findings: Findings,
    /// The most outside parties whose addresses one attached, saved or archived mail shows, whatever the file
    /// is called.
    pub shown_inside: usize,
}

impl Reading {
    /// Reads the whole of a message. What cannot be read is named in `content.uninspected`; nothing
    /// here fails.
    pub fn read_all(
        mail: &Mail<'_>,
        envelope: &Envelope,
        audience: &Audience,
        organization: &Organization,
        limits: &Limits,
        now: Timestamp,
    ) -> Reading {
        let content = content::extract(mail.raw, limits);
        let own = own(mail, envelope, audience, organization);
        let findings = personal::find(&content.texts, &content.tables, &own, Day::of(now));
        let shown_inside = shown_inside(&content, organization);
        Reading { content, findings, shown_inside }
    }

    /// As [`Reading::read_all`], with every place at which something was found; each names the text or table
    /// of `content` that it is in.
    pub fn read_places(
        mail: &Mail<'_>,
        envelope: &Envelope,
        audience: &Audience,
        organization: &Organization,
        limits: &Limits,
        now: Timestamp,
    ) -> (Reading, Vec<Found>) {
        let content = content::extract(mail.raw, limits);
        let own = own(mail, envelope, audience, organization);
        let (findings, places) = personal::find_places(&content.texts, &content.tables, &own, Day::of(now));
        let shown_inside = shown_inside(&content, organization);
        (Reading { content, findings, shown_inside }, places)
    }
}

/// Who is no finding: the organisation, and the people whom the mail is from and for.
fn own(mail: &Mail<'_>, envelope: &Envelope, audience: &Audience, organization: &Organization) -> Own {
    let displays = mail.addresses.iter().filter_map(|s| s.address.display.clone());
    let mut names: Vec<String> = displays.collect();
    names.sort_unstable();
    names.dedup();
    let shown = mail.addresses.iter().map(|s| s.address.text.to_lowercase());
    let mut addresses: Vec<String> = shown.chain(audience.all.iter().cloned()).collect();
    addresses.push(envelope.from.to_lowercase());
    // Whoever is invited is a correspondent, as those in To and Cc are.
    let invited = mail.attendees();
    addresses.extend(invited.iter().flat_map(|n| &n.addresses).map(|s| s.address.text.to_lowercase()));
    Own { domains: organization.domains.clone(), names, addresses, phones: organization.phones.clone() }
}

/// The most outside parties that the header of a mail inside shows: of attached messages as they were read, and
/// of mails that were saved as text.
fn shown_inside(content: &Content, organization: &Organization) -> usize {
    let inside = |t: &&content::Text| match t.kind {
        // The message's own header is judged by its fields.
        content::Kind::Header => t.path != "header",
        content::Kind::Attachment => true,
        _ => false,
    };
    let blocks = content.texts.iter().filter(inside).flat_map(|t| message::quoted_in(&t.text));
    blocks
        .map(|n| audience::parties(&audience::shown_inside(&n, organization), organization))
        .max()
        .unwrap_or(0)
}

/// Whether a fact is whole only once everything was read.
pub fn needs_reading(fact: &Fact) -> bool {
    match fact.group {
        "personal" | "secrets" | "labels" | "links" => true,
        "attachments" => !matches!(fact.name, "count" | "names" | "types"),
        "message" => fact.name == "uninspected",
        "recipients" => fact.name == "nested_visible",
        _ => false,
    }
}
