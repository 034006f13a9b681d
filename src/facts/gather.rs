//! Gathers the facts of one message from what was read, said in the dialogue, and known before.

use super::audience::{self, Audience};
use super::known::{Controls, History, RECENT_HOURS};
use super::links::Links;
use super::organization::Organization;
use super::table::*;
use super::{labels, parties};
use crate::message::{Mail, Part, Sealed, Slot};
use crate::smtp::envelope::Envelope;

/// Characters of one text part in which links are looked for.
const MAX_TEXT: usize = 4_000_000;

/// Gathers the facts of a message. Nothing here fails: what could not be read is a fact
/// (`message.uninspected`).
pub fn gather(
    mail: &Mail<'_>,
    envelope: &Envelope,
    audience: &Audience,
    organization: &Organization,
    history: &History,
    controls: &Controls,
) -> Facts {
    let (attachments, unreadable) = attachments(mail);
    let message = message(mail, unreadable);
    let titles = std::iter::once(&message.subject).chain(&attachments.names);
    let labels = LabelsFacts {
        found: labels::find(titles.map(String::as_str)),
    };
    Facts {
        sender: sender(mail, envelope, organization, history),
        recipients: recipients(mail, audience, organization, history),
        links: links(mail),
        history: past(audience, history),
        controls: watched(controls),
        message,
        attachments,
        labels,
    }
}

fn message(mail: &Mail<'_>, unreadable: Vec<String>) -> MessageFacts {
    let unread = mail
        .uninspected
        .iter()
        .map(|u| format!("{} ({})", u.part, u.why.as_str()));
    MessageFacts {
        id: mail.message_id().unwrap_or_default(),
        subject: mail.subject(),
        size: count(mail.raw.len()),
        is_recall: mail.is_recall(),
        is_reply: mail.is_reply(),
        is_forward: mail.is_forward(),
        auto_submitted: mail.auto_submitted(),
        signed: mail.signed(),
        encrypted: mail.encrypted(),
        defects: mail
            .defects
            .iter()
            .map(|d| d.as_str().to_string())
            .collect(),
        ambiguous: mail.defects.iter().any(|d| d.severe()),
        uninspected: unread.chain(unreadable).collect(),
    }
}

fn sender(
    mail: &Mail<'_>,
    envelope: &Envelope,
    organization: &Organization,
    history: &History,
) -> SenderFacts {
    let from = parties::key(&envelope.from);
    let domain = parties::domain_of(&from).to_string();
    let client = &envelope.client;
    let in_from = mail.addresses.iter().filter(|s| s.slot == Slot::From);
    SenderFacts {
        address: envelope.from.clone(),
        header_from: in_from.map(|s| s.address.text.clone()).collect(),
        is_null: envelope.from.is_empty(),
        internal: organization.is_internal(&domain),
        // The trailing A of RFC 3848's names says that the client authenticated.
        authenticated: client.login.is_some() || client.protocol.ends_with('A'),
        client_ip: client
            .ip
            .map(|ip| ip.to_canonical().to_string())
            .unwrap_or_default(),
        new_client: history.new_client,
        recent_messages: history.recent_messages,
        recent_recipients: history.recent_recipients,
        recent_first_time: history.recent_first_time,
        domain,
    }
}

fn recipients(
    mail: &Mail<'_>,
    audience: &Audience,
    organization: &Organization,
    history: &History,
) -> RecipientsFacts {
    let attendees = mail.attendees();
    let inside = mail.nested().into_iter().chain(mail.quoted());
    let nested_visible = inside
        .chain(attendees.iter().cloned())
        .map(|n| audience::parties(&audience::shown_inside(&n, organization), organization))
        .max();
    let invited: std::collections::BTreeSet<_> = attendees
        .iter()
        .flat_map(|n| audience::shown_inside(n, organization))
        .collect();
    let domains: std::collections::BTreeSet<_> = audience
        .external
        .iter()
        .map(|k| parties::domain_of(k))
        .collect();
    RecipientsFacts {
        total: count(audience.all.len()),
        internal: count(audience.all.len() - audience.external.len()),
        external: count(audience.external.len()),
        envelope_external: count(audience.envelope_external.len()),
        visible_external: count(audience.visible.len()),
        visible_parties: count(audience::parties(&audience.visible, organization)),
        visible_personal: count(audience::personal(&audience.visible, organization)),
        bcc_field: count(audience.bcc_field.len()),
        domains: domains.into_iter().map(str::to_string).collect(),
        freemail: count(audience::personal(&audience.external, organization)),
        first_time: history.first_time,
        nested_visible: count(nested_visible.unwrap_or(0)),
        invited: count(invited.len()),
    }
}

/// The facts of the attachments, and the ones that could not be read: their names and why.
fn attachments(mail: &Mail<'_>) -> (AttachmentsFacts, Vec<String>) {
    let mut facts = AttachmentsFacts::default();
    let mut unreadable = Vec::new();
    for part in mail.attachments() {
        facts.count += 1;
        facts.names.extend(part.file_name.clone());
        let types = [Some(part.media_type.as_str()), part.content_type()];
        for media_type in types.into_iter().flatten() {
            if !facts.types.iter().any(|t| t == media_type) {
                facts.types.push(media_type.to_string());
            }
        }
        match part.sealed() {
            Sealed::No => {}
            Sealed::Encrypted(_) => {
                facts.encrypted += 1;
                facts.encrypted_names.push(name(part));
            }
            Sealed::Unreadable(why) => {
                facts.unreadable += 1;
                unreadable.push(format!("{} ({why})", name(part)));
            }
        }
    }
    (facts, unreadable)
}

/// What to call a part: its file name, or its number in the MIME tree.
fn name(part: &Part<'_>) -> String {
    part.file_name
        .clone()
        .unwrap_or_else(|| part.number.clone())
}

fn links(mail: &Mail<'_>) -> LinksFacts {
    let mut links = Links::default();
    for part in mail.text_parts() {
        links.read(&part.text(MAX_TEXT));
    }
    LinksFacts {
        count: links.count(),
        form_results: links.form_results(),
        public_shares: links.public_shares(),
        domains: links.into_hosts(),
    }
}

fn past(audience: &Audience, history: &History) -> HistoryFacts {
    let elsewhere: std::collections::BTreeSet<_> = history
        .split_recipients
        .iter()
        .map(|a| parties::key(a))
        .collect();
    let hours = history.same_recipients_hours.filter(|h| *h >= 0);
    HistoryFacts {
        same_recipients_recently: hours.is_some_and(|h| h <= RECENT_HOURS),
        same_recipients_hours: hours.unwrap_or(-1),
        split_recipients: count(elsewhere.difference(&audience.external).count()),
        case_open: history.case_open,
        recently_cancelled: history.recently_cancelled,
    }
}

fn watched(controls: &Controls) -> ControlsFacts {
    let expired = controls
        .entries
        .iter()
        .filter(|c| c.enforce && c.days_left < 0);
    let coming = controls.entries.iter().filter(|c| c.days_left >= 0);
    let warned = coming.clone().filter(|c| c.days_left <= c.first_warn_day);
    ControlsFacts {
        expired: count(expired.clone().count()),
        expired_names: expired.map(|c| c.name.clone()).collect(),
        expiring_days: coming.map(|c| c.days_left).min().unwrap_or(-1),
        expiring_names: warned.map(|c| c.name.clone()).collect(),
    }
}

fn count(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}
