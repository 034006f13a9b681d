//! Delivery reports (RFC 3464): what the sender of a mail is told when it is late or cannot be
//! delivered. A multipart/report of three parts: words for people, fields for machines, and the header
//! of the mail it is about. Its return path is null, so that it can start no loop.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::fields::{address, ascii, date, encoded, plain, status};
use audit::chain::hex;
use notice::Language;
use smtp::attributes::xtext;
use smtp::envelope::{Envelope, Recipient};
use store::{ItemKind, Outgoing};
use terms::clock::Timestamp;

/// More of the original header is not returned.
const MAX_HEADER: usize = 64 * 1024;
/// More of a report or notice that failed is not returned.
const MAX_RETURNED: usize = 256 * 1024;

/// What a report tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Report {
    /// These recipients will never get it.
    Failed,
    /// These recipients have not got it yet; it is tried until then.
    Delayed { until: Timestamp },
}

/// A recipient that has not got the mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undelivered {
    pub recipient: Recipient,
    /// The next hop's reply, or what else stood in the way.
    pub reply: String,
}

/// The mail that a report is about.
struct About<'a> {
    report: Report,
    envelope: &'a Envelope,
    arrived: Timestamp,
    now: Timestamp,
    header: &'a [u8],
    /// What of it comes back.
    returned: &'a [u8],
}

/// Writes reports.
#[derive(Clone, Debug)]
pub struct Reporter {
    /// The name that Sekisho goes by in EHLO.
    pub hostname: String,
    pub language: Language,
    /// Times for people are told in it.
    pub time_zone: jiff::tz::TimeZone,
    /// Who may be told.
    pub readers: notice::Readers,
}

impl Reporter {
    /// The report to the sender of `envelope`, or to the admins where a failure cannot be reported to that
    /// address: it is null, outside, or a forwarder's. None where nobody asked for it (RFC 3461 section
    /// 4.1) or the list is empty. `original` is the mail.
    pub fn compose(
        &self,
        report: Report,
        envelope: &Envelope,
        arrived: Timestamp,
        now: Timestamp,
        undelivered: &[Undelivered],
        original: &[u8],
    ) -> Option<Outgoing> {
        let wanted: Vec<&Undelivered> =
            undelivered.iter().filter(|u| is_wanted(report, &u.recipient)).collect();
        let to_sender = self.readers.may_take_report(&envelope.from);
        if wanted.is_empty() || !to_sender && report != Report::Failed {
            return None;
        }
        let to = if to_sender { vec![envelope.from.clone()] } else { self.readers.admins() };
        let header = header_of(original);
        let about = About { report, envelope, arrived, now, header, returned: header };
        self.written(&about, &to, &wanted)
    }

    /// The report to the admins that a report or a notice could not be delivered; none where it was for them
    /// alone, so that reports do not breed.
    pub fn to_admins(
        &self,
        envelope: &Envelope,
        arrived: Timestamp,
        now: Timestamp,
        undelivered: &[Undelivered],
        original: &[u8],
    ) -> Option<Outgoing> {
        let mut to = self.readers.admins();
        to.retain(|admin| !envelope.rcpts.iter().any(|r| r.address.eq_ignore_ascii_case(admin)));
        let all: Vec<&Undelivered> = undelivered.iter().collect();
        if all.is_empty() {
            return None;
        }
        // It comes back whole: a report's recipients stand in its body, and nothing of people's mail does.
        let header = header_of(original);
        let returned = original.get(..MAX_RETURNED).unwrap_or(original);
        let about = About { report: Report::Failed, envelope, arrived, now, header, returned };
        self.written(&about, &to, &all)
    }

    fn written(&self, about: &About<'_>, to: &[String], wanted: &[&Undelivered]) -> Option<Outgoing> {
        let &About { report, envelope, arrived, now, header, returned: back } = about;
        let [first, ..] = to else {
            tracing::error!("a mail could not be delivered, and there is nobody to report it to");
            return None;
        };
        let mut random = [0; 16];
        // Without random numbers the time alone makes id and boundary; they are not secrets.
        let _ = getrandom::fill(&mut random);
        let unique = format!("{:x}.{}", now.as_microsecond(), hex(&random));
        let mut mail = self.head(report, first, now, &unique);
        let boundary = boundary(&unique);
        let sender = (*first != envelope.from).then_some(envelope.from.as_str());
        self.words(&mut mail, about, &boundary, wanted, sender);
        self.fields(&mut mail, report, &boundary, envelope, arrived, wanted);
        returned(&mut mail, &boundary, back, back.len() > header.len());
        let utf8 = !to.iter().all(|address| address.is_ascii());
        let rcpt =
            |address: &String| Recipient { address: address.clone(), params: vec!["NOTIFY=NEVER".into()] };
        let envelope = Envelope {
            from_params: if utf8 { vec!["SMTPUTF8".into()] } else { Vec::new() },
            rcpts: to.iter().map(rcpt).collect(),
            ..Envelope::default()
        };
        Some(Outgoing::new(ItemKind::Report, None, envelope, &mail))
    }

    fn head(&self, report: Report, to: &str, now: Timestamp, unique: &str) -> Vec<u8> {
        let host = plain(&self.hostname);
        let subject = match (self.language, report) {
            (Language::Ja, Report::Failed) => "メールをお届けできませんでした",
            (Language::Ja, Report::Delayed { .. }) => "メールのお届けが遅れています",
            (Language::En, Report::Failed) => "Your mail could not be delivered",
            (Language::En, Report::Delayed { .. }) => "Your mail is delayed",
        };
        // RFC 3834 section 5: a report is an automatic reply.
        format!(
            "From: Sekisho <MAILER-DAEMON@{host}>\r\n\
             To: <{to}>\r\n\
             Subject: {subject}\r\n\
             Date: {date}\r\n\
             Message-ID: <{unique}@{host}>\r\n\
             Auto-Submitted: auto-replied\r\n\
             MIME-Version: 1.0\r\n\
             Content-Type: multipart/report; report-type=delivery-status;\r\n \
             boundary=\"{boundary}\"\r\n\r\n",
            to = plain(to),
            subject = encoded(subject),
            date = date(now),
            boundary = boundary(unique),
        )
        .into_bytes()
    }

    /// The part for people. `sender` is the mail's, where somebody else is told.
    fn words(
        &self,
        mail: &mut Vec<u8>,
        about: &About<'_>,
        boundary: &str,
        undelivered: &[&Undelivered],
        sender: Option<&str>,
    ) {
        let &About { report, arrived, header, .. } = about;
        let local =
            |at: Timestamp| at.to_zoned(self.time_zone.clone()).strftime("%Y-%m-%d %H:%M").to_string();
        let mut text = match (self.language, report) {
            (Language::Ja, Report::Failed) => {
                "次の宛先へメールをお届けできませんでした。再送は行いません。\n".to_string()
            }
            (Language::Ja, Report::Delayed { until }) => format!(
                "次の宛先へまだメールをお届けできていません。{}まで自動で再送します。\n\
                 送り直す必要はありません。\n",
                local(until)
            ),
            (Language::En, Report::Failed) => {
                "Your mail could not be delivered to these recipients. It will not be tried \
                 again.\n"
                    .to_string()
            }
            (Language::En, Report::Delayed { until }) => format!(
                "Your mail has not been delivered to these recipients yet. It is tried again until \
                 {}.\nYou need not send it again.\n",
                local(until)
            ),
        };
        for one in undelivered {
            text.push_str(&format!("\n  {}\n    {}\n", plain(&one.recipient.address), plain(&one.reply)));
        }
        let subject = subject_of(header);
        let (named, came) = match self.language {
            Language::Ja => ("件名", "受付"),
            Language::En => ("Subject", "Received"),
        };
        text.push_str(&format!("\n{named}: {}\n{came}: {}\n", plain(&subject), local(arrived)));
        if let Some(sender) = sender {
            let sender = plain(sender);
            text.push_str(&match self.language {
                Language::Ja => format!(
                    "\n差出人: <{sender}>\nこの差出人には知らせることができないため、管理者にお知らせしています。\n"
                ),
                Language::En => format!(
                    "\nSender: <{sender}>\nThis sender cannot be told, so the administrators are.\n"
                ),
            });
        }
        let language = match self.language {
            Language::Ja => "ja",
            Language::En => "en",
        };
        mail.extend_from_slice(
            format!(
                "--{boundary}\r\n\
                 Content-Type: text/plain; charset=utf-8\r\n\
                 Content-Language: {language}\r\n\
                 Content-Transfer-Encoding: base64\r\n\r\n"
            )
            .as_bytes(),
        );
        let coded = BASE64.encode(text.replace('\n', "\r\n"));
        for line in coded.as_bytes().chunks(76) {
            mail.extend_from_slice(line);
            mail.extend_from_slice(b"\r\n");
        }
    }

    /// The part for machines (RFC 3464 section 2).
    fn fields(
        &self,
        mail: &mut Vec<u8>,
        report: Report,
        boundary: &str,
        envelope: &Envelope,
        arrived: Timestamp,
        undelivered: &[&Undelivered],
    ) {
        let mut text = format!(
            "--{boundary}\r\nContent-Type: message/delivery-status\r\n\r\n\
             Reporting-MTA: dns; {}\r\n",
            ascii(&self.hostname)
        );
        if let Some(id) = param(&envelope.from_params, "ENVID").and_then(xtext) {
            text.push_str(&format!("Original-Envelope-Id: {}\r\n", ascii(&id)));
        }
        text.push_str(&format!("Arrival-Date: {}\r\n", date(arrived)));
        for one in undelivered {
            text.push_str("\r\n");
            if let Some(orcpt) = param(&one.recipient.params, "ORCPT").and_then(xtext) {
                text.push_str(&format!("Original-Recipient: {}\r\n", ascii(&orcpt)));
            }
            let (action, class) = match report {
                Report::Failed => ("failed", '5'),
                Report::Delayed { .. } => ("delayed", '4'),
            };
            text.push_str(&format!(
                "Final-Recipient: {}\r\nAction: {action}\r\nStatus: {}\r\n",
                address(&one.recipient.address),
                status(class, &one.reply),
            ));
            if one.reply.starts_with(|c: char| c.is_ascii_digit()) {
                text.push_str(&format!("Diagnostic-Code: smtp; {}\r\n", ascii(&one.reply)));
            }
            if let Report::Delayed { until } = report {
                text.push_str(&format!("Will-Retry-Until: {}\r\n", date(until)));
            }
        }
        mail.extend_from_slice(text.as_bytes());
    }
}

/// Whether the sender wants to hear this of that recipient (RFC 3461 section 4.1).
fn is_wanted(report: Report, recipient: &Recipient) -> bool {
    let Some(notify) = param(&recipient.params, "NOTIFY") else { return true };
    let word = match report {
        Report::Failed => "FAILURE",
        Report::Delayed { .. } => "DELAY",
    };
    notify.split(',').any(|n| n.trim().eq_ignore_ascii_case(word))
}

fn param<'a>(params: &'a [String], keyword: &str) -> Option<&'a str> {
    params.iter().find_map(|param| {
        let (name, value) = param.split_once('=')?;
        name.eq_ignore_ascii_case(keyword).then_some(value)
    })
}

/// The header of the mail, as far as it is returned: whole lines.
fn header_of(original: &[u8]) -> &[u8] {
    let end = memchr::memmem::find(original, b"\r\n\r\n").map_or(original.len(), |at| at + 2);
    let header = &original[..end.min(MAX_HEADER)];
    match memchr::memrchr(b'\n', header) {
        Some(at) => &header[..=at],
        None => &[],
    }
}

/// The header of a person's mail comes back, not its body: whoever reads the sender's mailbox has the rest.
/// A message of Sekisho's own comes back `whole`.
fn returned(mail: &mut Vec<u8>, boundary: &str, header: &[u8], whole: bool) {
    let kind = match (header.is_ascii(), whole) {
        (true, false) => "Content-Type: text/rfc822-headers",
        (true, true) => "Content-Type: message/rfc822",
        // RFC 6533 section 4.3
        (false, false) => "Content-Type: message/global-headers\r\nContent-Transfer-Encoding: 8bit",
        (false, true) => "Content-Type: message/global\r\nContent-Transfer-Encoding: 8bit",
    };
    mail.extend_from_slice(format!("\r\n--{boundary}\r\n{kind}\r\n\r\n").as_bytes());
    mail.extend_from_slice(header);
    mail.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
}

fn boundary(unique: &str) -> String {
    format!("=_sekisho_{unique}")
}

fn subject_of(header: &[u8]) -> String {
    mail_parser::MessageParser::default()
        .parse_headers(header)
        .and_then(|message| message.subject().map(str::to_string))
        .unwrap_or_default()
}

#[cfg(test)]
#[path = "report_tests.rs"]
mod tests;
