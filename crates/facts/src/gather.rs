//! Gathers the facts of one message from what was read, said in the dialogue, and known before.

use super::audience::{self, Audience};
use super::content_facts;
use super::known::{Controls, History, RECENT_HOURS};
use super::links::Links;
use super::lookalikes;
use super::organization::Organization;
use super::reading::Reading;
use super::table::*;
use super::{labels, parties};
use message::{Mail, Part, Sealed, Slot};
use smtp::envelope::Envelope;

/// Characters of one text part in which links are looked for.
const MAX_TEXT: usize = 4_000_000;

/// How many names of the files in one winmail.dat are kept.
const MAX_NAMES: usize = 1_000;

/// Gathers the facts that header, envelope and history tell, and a first look at the attachments and
/// links. Nothing here fails: what could not be read is a fact (`message.uninspected`). What
/// [`complete`] adds is still at its default.
pub fn gather(
    mail: &Mail<'_>,
    envelope: &Envelope,
    audience: &Audience,
    organization: &Organization,
    history: &History,
    controls: &Controls,
) -> Facts {
    let (attachments, unreadable) = attachments(mail);
    let mut message = message(mail, unreadable);
    message.is_report = is_report_to_author(mail, envelope, organization);
    let titles = std::iter::once(&message.subject).chain(&attachments.names);
    let mut found = labels::find(titles.map(String::as_str));
    found.extend(labels::in_header(mail));
    let labels = LabelsFacts { found, informants_named: 0, informants: Vec::new() };
    Facts {
        sender: sender(mail, envelope, organization, history),
        recipients: recipients(mail, envelope, audience, organization, history),
        links: links(mail).into_facts(),
        personal: PersonalFacts::default(),
        secrets: SecretsFacts::default(),
        history: past(history),
        controls: watched(controls),
        message,
        attachments,
        labels,
    }
}

/// Adds what only the whole content tells.
pub fn complete(facts: &mut Facts, mail: &Mail<'_>, reading: &Reading) {
    content_facts::deepen(facts, links(mail), reading);
}

fn message(mail: &Mail<'_>, unreadable: Vec<String>) -> MessageFacts {
    let unread = mail.uninspected.iter().map(|u| format!("{} ({})", u.part, u.why.as_str()));
    MessageFacts {
        id: mail.message_id().unwrap_or_default(),
        subject: mail.subject(),
        size: count(mail.raw.len()),
        is_recall: mail.is_recall(),
        is_reply: mail.is_reply(),
        is_forward: mail.is_forward(),
        auto_submitted: mail.auto_submitted(),
        is_report: false,
        signed: mail.signed(),
        encrypted: mail.encrypted(),
        defects: mail.defects.iter().map(|d| d.as_str().to_string()).collect(),
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
    let author_outside = is_others_mail(mail, envelope, organization);
    SenderFacts {
        address: envelope.from.clone(),
        header_from: in_from.map(|s| s.address.text.clone()).collect(),
        is_null: envelope.from.is_empty(),
        author_outside,
        internal: organization.is_internal(&domain),
        // The trailing A of RFC 3848's names says that the client authenticated.
        authenticated: client.login.is_some() || client.protocol.ends_with('A'),
        client_ip: client.ip.map(|ip| ip.to_canonical().to_string()).unwrap_or_default(),
        new_client: history.new_client,
        recent_messages: history.recent_messages,
        recent_recipients: history.recent_recipients,
        recent_first_time: history.recent_first_time,
        domain,
    }
}

/// Whether it is somebody else's mail that only passes through: its author is outside, and it bears the marks
/// of a list, a forward or a redirect, or its author's signature. To and Cc are the author's choice then.
fn is_others_mail(mail: &Mail<'_>, envelope: &Envelope, organization: &Organization) -> bool {
    let mut authors = mail.addresses.iter().filter(|s| s.slot == Slot::From && !s.shown_only).peekable();
    if authors.peek().is_none() || authors.any(|s| organization.is_inside(&s.address.text)) {
        return false;
    }
    const MARKS: &[&str] = &[
        "List-Id",
        "List-Post",
        "List-Unsubscribe",
        "Mailing-List",
        "X-ML-Name",
        "X-Forwarded-For",
        "X-Forwarded-To",
        "X-MS-Exchange-ForwardingLoop",
        "X-MS-Exchange-Inbox-Rules-Loop",
        "Resent-From",
        "DKIM-Signature",
        "ARC-Seal",
    ];
    let rewritten = envelope
        .from
        .get(..5)
        .is_some_and(|p| p.eq_ignore_ascii_case("SRS0=") || p.eq_ignore_ascii_case("SRS1="));
    rewritten || MARKS.iter().any(|name| mail.header(name).next().is_some())
}

/// Whether it is a delivery or disposition report (RFC 3464, RFC 8098) or an automatic answer (RFC 3834) with
/// the null sender, to nobody but the author of the mail that it returns or answers.
fn is_report_to_author(mail: &Mail<'_>, envelope: &Envelope, organization: &Organization) -> bool {
    let [only] = envelope.rcpts.as_slice() else { return false };
    if !envelope.from.is_empty() || organization.is_inside(&only.address) {
        return false;
    }
    let is_report = mail.parts.iter().any(|p| {
        matches!(
            p.media_type.as_str(),
            "message/delivery-status" | "message/disposition-notification" | "message/global-delivery-status"
        )
    });
    // The envelope's address and the author's own may differ: a bounce goes to the return path.
    let mut readers: Vec<String> = vec![parties::key(&only.address)];
    let to: Vec<String> =
        mail.addresses.iter().filter(|s| s.slot == Slot::To).map(|s| parties::key(&s.address.text)).collect();
    if let [one] = to.as_slice() {
        readers.push(one.clone());
    }
    let returned = mail.nested();
    let wrote = |n: &message::Nested| {
        n.addresses.iter().any(|s| {
            matches!(s.slot, Slot::From | Slot::Sender | Slot::ReplyTo)
                && readers.contains(&parties::key(&s.address.text))
        })
    };
    match returned.is_empty() {
        // An answer or a report that returns nothing shows nothing of anybody.
        true => is_report || mail.auto_submitted(),
        false => (is_report || mail.auto_submitted()) && returned.iter().all(wrote),
    }
}

fn recipients(
    mail: &Mail<'_>,
    envelope: &Envelope,
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
    // A report of this mail's own return shows its author what the author sent.
    let nested_visible = nested_visible.filter(|_| !is_report_to_author(mail, envelope, organization));
    let invited: std::collections::BTreeSet<_> =
        attendees.iter().flat_map(|n| audience::shown_inside(n, organization)).collect();
    let domains = audience.outside_domains();
    let lookalikes = domains.iter().filter(|d| {
        let learned = history.lookalikes.iter().any(|l| l == **d);
        lookalikes::meant(d, organization).is_some() || learned && !lookalikes::is_right(d, organization)
    });
    let names: Vec<String> = mail
        .addresses
        .iter()
        .filter(|s| s.slot == Slot::From && organization.is_inside(&s.address.text))
        .filter_map(|s| s.address.display.clone())
        .collect();
    let own_private = audience.external.iter().filter(|k| {
        parties::is_personal(parties::domain_of(k), organization)
            && lookalikes::is_own_private(k, &envelope.from, &names)
    });
    RecipientsFacts {
        lookalikes: lookalikes.map(|d| d.to_string()).collect(),
        own_private: count(own_private.count()),
        total: count(audience.all.len()),
        internal: count(audience.all.len() - audience.external.len()),
        external: count(audience.external.len()),
        envelope_external: count(audience.envelope_external.len()),
        visible_external: count(audience.visible.len()),
        visible_parties: count(audience::parties(&audience.visible, organization)),
        visible_personal: count(audience::personal(&audience.visible, organization)),
        bcc_field: count(audience.bcc_field.len()),
        bcc_fields: count(audience.bcc_fields),
        domains: domains.into_iter().map(str::to_string).collect(),
        freemail: count(audience::personal(&audience.external, organization)),
        first_time: history.first_time,
        nested_visible: count(nested_visible.unwrap_or(0)),
        invited_parties: count(audience::parties(&invited, organization)),
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
        // Its reader sees the files in winmail.dat, and not winmail.dat.
        if part.content_type() == Some("application/ms-tnef") || part.media_type == "application/ms-tnef" {
            let inside = content::tnef_names(&part.bytes());
            facts.names.extend(inside.into_iter().take(MAX_NAMES));
        }
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
    part.file_name.clone().unwrap_or_else(|| part.number.clone())
}

fn links(mail: &Mail<'_>) -> Links {
    let mut links = Links::default();
    for part in mail.text_parts() {
        links.read(&part.text(MAX_TEXT));
    }
    links
}

fn past(history: &History) -> HistoryFacts {
    let hours = history.same_recipients_hours.filter(|h| *h >= 0);
    HistoryFacts {
        same_recipients_recently: hours.is_some_and(|h| h <= RECENT_HOURS),
        same_recipients_hours: hours.unwrap_or(-1),
        split_recipients: history.split_recipients,
        case_open: history.case_open,
        recently_cancelled: history.recently_cancelled,
    }
}

fn watched(controls: &Controls) -> ControlsFacts {
    let expired = controls.entries.iter().filter(|c| c.enforce && c.days_left < 0);
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

#[cfg(test)]
mod tests {
    use super::super::audience::EnvelopeSource;
    use super::super::known::ControlState;
    use super::*;
    use message::{Limits, read};
    use smtp::envelope::{Client, Recipient};

    struct Case {
        envelope: Envelope,
        history: History,
        controls: Controls,
    }

    fn case(rcpts: &[&str]) -> Case {
        let rcpt = |address: &&str| Recipient { address: address.to_string(), params: Vec::new() };
        let envelope = Envelope {
            from: "Taro@City.Example.jp".into(),
            rcpts: rcpts.iter().map(rcpt).collect(),
            ..Envelope::default()
        };
        Case { envelope, history: History::default(), controls: Controls::default() }
    }

    impl Case {
        fn facts(&self, text: &str) -> Facts {
            let raw = text.replace('\n', "\r\n");
            let mail = read(raw.as_bytes(), &Limits::default());
            let house = Organization::new("みほん市", &["city.example.jp"]);
            let audience = Audience::of(&mail, &self.envelope, EnvelopeSource::Given, &house);
            gather(&mail, &self.envelope, &audience, &house, &self.history, &self.controls)
        }
    }

    #[test]
    fn recipients_are_counted_by_who_sees_whom() {
        let facts = case(&["a@example.com", "hidden@example.net", "b@city.example.jp"]).facts(
            "From: taro@city.example.jp\nTo: a@example.com, b@example.com, c@freemail.example\n\
             Cc: d@freemail.example, b@city.example.jp\nSubject: x\n\nhello\n",
        );
        let r = &facts.recipients;
        assert_eq!((r.total, r.internal, r.external), (6, 1, 5));
        assert_eq!((r.envelope_external, r.visible_external), (2, 4));
        assert_eq!((r.visible_parties, r.visible_personal, r.freemail), (3, 2, 2));
        assert_eq!(r.domains, ["example.com", "example.net", "freemail.example"]);
        assert_eq!((r.bcc_field, r.nested_visible, r.invited), (0, 0, 0));
        assert_eq!(facts.sender.domain, "city.example.jp");
        assert!(facts.sender.internal && !facts.sender.is_null);
        assert_eq!(facts.sender.header_from, ["taro@city.example.jp"]);
    }

    #[test]
    fn attachments_labels_links_and_what_is_inside_are_seen() {
        let facts = case(&["a@example.com"]).facts(
            "From: taro@city.example.jp\nTo: a@example.com\nSubject: =?UTF-8?B?44CQ56S+5aSW56eY44CR?=\n\
             MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n\
             --b\nContent-Type: text/html; charset=utf-8\n\n\
             <a href=\"https://docs.google.com/forms/d/1/viewanalytics\">x</a> https://1drv.ms/x/1\n\
             --b\nContent-Type: message/rfc822\n\n\
             From: x@example.org\nTo: p@example.org, q@freemail.example\nCc: taro@city.example.jp\n\
             Subject: inner\n\ninner\n\
             --b\nContent-Type: application/pdf; name=\"confidential.pdf\"\n\
             Content-Disposition: attachment\n\nnot a pdf\n--b--\n",
        );
        assert_eq!(facts.labels.found, ["社外秘", "Confidential"]);
        let l = &facts.links;
        assert_eq!((l.count, l.form_results, l.public_shares), (2, 1, 1));
        assert_eq!(l.domains, ["1drv.ms", "docs.google.com"]);
        assert_eq!(facts.recipients.nested_visible, 2);
        assert_eq!(facts.recipients.visible_parties, 1);
        let a = &facts.attachments;
        assert!(a.count >= 1 && a.names.contains(&"confidential.pdf".to_string()), "{a:?}");
        assert_eq!(a.unreadable, 1, "{a:?}");
        let unread = &facts.message.uninspected;
        assert!(unread.iter().any(|u| u.starts_with("confidential.pdf (")), "{unread:?}");
    }

    #[test]
    fn a_look_alike_that_the_history_knows_is_one_unless_it_is_a_provider() {
        let mut case = case(&["a@kensetu.example", "b@ymail.com", "c@gmai.com"]);
        case.history.lookalikes = vec!["kensetu.example".to_string(), "ymail.com".to_string()];
        let facts = case.facts("To: a@kensetu.example\n\nx\n");
        assert_eq!(facts.recipients.lookalikes, ["gmai.com", "kensetu.example"]);
    }

    #[test]
    fn the_files_in_winmail_dat_are_named() {
        use base64::Engine;
        let attribute = |id: u32, data: &[u8]| {
            let size = u32::try_from(data.len()).expect("small").to_le_bytes();
            [&[2u8][..], &id.to_le_bytes(), &size, data, &[0, 0]].concat()
        };
        let stream = [
            b"\x78\x9f\x3e\x22\x01\x00".to_vec(),
            attribute(0x0006_9002, &[0; 14]),
            attribute(0x0001_8010, b"list.xlsx\0"),
            attribute(0x0006_9002, &[0; 14]),
            attribute(0x0001_8010, b"plan.docx\0"),
        ];
        let data = base64::engine::general_purpose::STANDARD.encode(stream.concat());
        let facts = case(&["a@example.com"]).facts(&format!(
            "From: taro@city.example.jp\nTo: a@example.com\nSubject: x\nMIME-Version: 1.0\n\
             Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nx\n\
             --b\nContent-Type: application/ms-tnef; name=\"winmail.dat\"\n\
             Content-Transfer-Encoding: base64\n\n{data}\n--b--\n",
        ));
        assert_eq!(facts.attachments.names, ["winmail.dat", "list.xlsx", "plan.docx"]);
    }

    #[test]
    fn an_invitation_shows_its_attendees() {
        let facts = case(&["a@example.com"]).facts(
            "From: taro@city.example.jp\nTo: a@example.com\nSubject: x\nMIME-Version: 1.0\n\
             Content-Type: text/calendar; charset=utf-8; method=REQUEST\n\n\
             BEGIN:VCALENDAR\nBEGIN:VEVENT\nATTENDEE:mailto:a@example.com\n\
             ATTENDEE;CN=B:mailto:b@example.com\nATTENDEE:mailto:c@freemail.example\n\
             ATTENDEE:mailto:taro@city.example.jp\nEND:VEVENT\nEND:VCALENDAR\n",
        );
        assert_eq!(facts.recipients.invited, 3);
        assert_eq!(facts.recipients.nested_visible, 2);
    }

    #[test]
    fn the_client_and_the_null_sender_are_told() {
        let mut case = case(&["a@example.com"]);
        case.envelope.from = String::new();
        case.envelope.client = Client {
            ip: Some("::ffff:192.0.2.7".parse().unwrap()),
            protocol: "ESMTPSA".into(),
            ..Client::default()
        };
        let facts = case.facts("From: taro@city.example.jp\nTo: a@example.com\n\nx\n");
        assert!(facts.sender.is_null && !facts.sender.internal && facts.sender.authenticated);
        assert_eq!(facts.sender.client_ip, "192.0.2.7");
        case.envelope.client.protocol = "ESMTPS".into();
        let facts = case.facts("To: a@example.com\n\nx\n");
        assert!(!facts.sender.authenticated);
    }

    #[test]
    fn what_went_before_is_told() {
        let mut case = case(&["a@example.com"]);
        case.history =
            History { same_recipients_hours: Some(RECENT_HOURS), split_recipients: 1, ..History::default() };
        let facts = case.facts("To: a@example.com\n\nx\n").history;
        assert!(facts.same_recipients_recently);
        assert_eq!((facts.same_recipients_hours, facts.split_recipients), (72, 1));
        case.history.same_recipients_hours = Some(RECENT_HOURS + 1);
        assert!(!case.facts("To: a@example.com\n\nx\n").history.same_recipients_recently);
        case.history.same_recipients_hours = None;
        assert_eq!(case.facts("To: a@example.com\n\nx\n").history.same_recipients_hours, -1);
    }

    #[test]
    fn a_control_is_expired_from_the_day_behind_its_last() {
        let control = |name: &str, days_left, enforce| ControlState {
            name: name.into(),
            days_left,
            enforce,
            first_warn_day: 60,
        };
        let mut case = case(&[]);
        let none = case.facts("To: a@example.com\n\nx\n").controls;
        assert_eq!((none.expired, none.expiring_days), (0, -1));
        case.controls.entries = vec![
            control("past", -1, true),
            control("past, only told of", -3, false),
            control("last day", 0, true),
            control("soon", 60, true),
            control("later", 61, true),
        ];
        let facts = case.facts("To: a@example.com\n\nx\n").controls;
        assert_eq!((facts.expired, facts.expiring_days), (1, 0));
        assert_eq!(facts.expired_names, ["past"]);
        assert_eq!(facts.expiring_names, ["last day", "soon"]);
    }

    #[test]
    fn defects_are_named_and_the_ones_that_matter_are_told_apart() {
        let facts =
            case(&[]).facts("From: a@city.example.jp\nFrom: b@city.example.jp\nTo: a@example.com\n\nx\n");
        assert!(facts.message.ambiguous);
        assert!(facts.message.defects.contains(&"duplicate-from".to_string()));
        let facts = case(&[]).facts("From: a@city.example.jp\nTo: a@example.com; b@example.com\n\nx\n");
        assert!(!facts.message.ambiguous, "{:?}", facts.message.defects);
        assert_eq!(facts.recipients.visible_external, 2);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_give_facts_that_fit_together(text in "[\\PC\n]{0,300}") {
            let facts = case(&["a@example.com"]).facts(&format!("To: {text}"));
            let r = &facts.recipients;
            proptest::prop_assert!(r.visible_parties <= r.visible_external);
            proptest::prop_assert!(r.visible_personal <= r.visible_external);
            proptest::prop_assert!(r.visible_external <= r.external && r.envelope_external <= r.external);
            proptest::prop_assert_eq!(r.internal + r.external, r.total);
            proptest::prop_assert!(r.domains.len() as i64 <= r.external);
        }
    }
}
