//! Delivery reports (RFC 3464): what the sender of a mail is told when it is late or cannot be
//! delivered. A multipart/report of three parts: words for people, fields for machines, and the header
//! of the mail it is about. Its return path is null, so that it can start no loop.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;

use crate::audit::chain::hex;
use crate::clock::Timestamp;
use crate::notice::Language;
use crate::smtp::attributes::xtext;
use crate::smtp::envelope::{Envelope, Recipient};
use crate::store::{ItemKind, Outgoing};

/// More of the original header is not returned.
const MAX_HEADER: usize = 64 * 1024;
/// A line of a header field or a status field holds no more than this; RFC 5322 allows 998.
const MAX_TEXT: usize = 700;

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

/// Writes reports.
#[derive(Clone, Debug)]
pub struct Reporter {
    /// The name that Sekisho goes by in EHLO.
    pub hostname: String,
    pub language: Language,
    /// Times for people are told in it.
    pub time_zone: jiff::tz::TimeZone,
}

impl Reporter {
    /// The report to the sender of `envelope`; none where nobody asked for it (RFC 3461 section 4.1),
    /// where the sender is null, or where the list is empty. `original` is the mail.
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
        if envelope.from.is_empty() || wanted.is_empty() {
            return None;
        }
        let mut random = [0; 16];
        // Without random numbers the time alone makes id and boundary; they are not secrets.
        let _ = getrandom::fill(&mut random);
        let unique = format!("{:x}.{}", now.as_microsecond(), hex(&random));
        let header = header_of(original);
        let mut mail = self.head(report, &envelope.from, now, &unique);
        let boundary = boundary(&unique);
        self.words(&mut mail, report, &boundary, arrived, &wanted, header);
        self.fields(&mut mail, report, &boundary, envelope, arrived, &wanted);
        returned(&mut mail, &boundary, header);
        let utf8 = !envelope.from.is_ascii();
        let envelope = Envelope {
            from_params: if utf8 { vec!["SMTPUTF8".into()] } else { Vec::new() },
            rcpts: vec![Recipient { address: envelope.from.clone(), params: vec!["NOTIFY=NEVER".into()] }],
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

    /// The part for people.
    fn words(
        &self,
        mail: &mut Vec<u8>,
        report: Report,
        boundary: &str,
        arrived: Timestamp,
        undelivered: &[&Undelivered],
        header: &[u8],
    ) {
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
            let action = match report {
                Report::Failed => "failed",
                Report::Delayed { .. } => "delayed",
            };
            text.push_str(&format!(
                "Final-Recipient: {}\r\nAction: {action}\r\nStatus: {}\r\n",
                address(&one.recipient.address),
                status(report, &one.reply),
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

/// The header of the mail comes back, not its body: whoever reads the sender's mail box has the rest.
fn returned(mail: &mut Vec<u8>, boundary: &str, header: &[u8]) {
    let kind = if header.is_ascii() {
        "Content-Type: text/rfc822-headers"
    } else {
        // RFC 6533 section 4.3
        "Content-Type: message/global-headers\r\nContent-Transfer-Encoding: 8bit"
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

/// One line without control characters, not too long.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MAX_TEXT).collect()
}

fn ascii(text: &str) -> String {
    plain(text).chars().map(|c| if c.is_ascii() { c } else { '?' }).collect()
}

/// The address in its type; beyond ASCII as RFC 6533 section 3 has it.
fn address(address: &str) -> String {
    if address.is_ascii() {
        return format!("rfc822; {}", plain(address));
    }
    let coded: String = plain(address)
        .chars()
        .take(MAX_TEXT / 10)
        .map(|c| match c {
            '\\' | '+' | '=' => format!("\\x{{{:02X}}}", u32::from(c)),
            c if c.is_ascii() => c.to_string(),
            c => format!("\\x{{{:04X}}}", u32::from(c)),
        })
        .collect();
    format!("utf-8; {coded}")
}

/// The enhanced status code (RFC 3463) of a reply such as `550 5.1.1 no such user`.
fn status(report: Report, reply: &str) -> String {
    let class = match report {
        Report::Failed => '5',
        Report::Delayed { .. } => '4',
    };
    if reply.ends_with("(4.4.7 delivery time expired)") {
        return "4.4.7".into();
    }
    let given = reply.split_whitespace().nth(1).filter(|code| {
        let mut parts = code.split('.');
        let number = |p: &str| (1..=3).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_digit());
        parts.next().is_some_and(|first| first.len() == 1 && first.starts_with(class))
            && parts.next().is_some_and(number)
            && parts.next().is_some_and(number)
            && parts.next().is_none()
    });
    given.map_or_else(|| format!("{class}.0.0"), str::to_string)
}

/// RFC 5322 section 3.3.
fn date(at: Timestamp) -> String {
    jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_string(&at).unwrap_or_default()
}

/// An unstructured field, in encoded words where it is not ASCII (RFC 2047 section 2: at most 75
/// characters each, cut between characters).
fn encoded(text: &str) -> String {
    if text.is_ascii() {
        return text.to_string();
    }
    let mut words: Vec<String> = Vec::new();
    let mut piece = String::new();
    for c in text.chars() {
        // 45 bytes make 60 characters of base64, and the word 72.
        if piece.len() + c.len_utf8() > 45 {
            words.push(std::mem::take(&mut piece));
        }
        piece.push(c);
    }
    words.push(piece);
    let word = |w: &String| format!("=?UTF-8?B?{}?=", BASE64.encode(w));
    words.iter().map(word).collect::<Vec<_>>().join("\r\n ")
}

#[cfg(test)]
mod tests {
    use mail_parser::MimeHeaders;
    use proptest::prelude::*;

    use super::*;

    fn reporter(language: Language) -> Reporter {
        Reporter { hostname: "sekisho.example.jp".into(), language, time_zone: jiff::tz::TimeZone::UTC }
    }

    fn undelivered(address: &str, params: &[&str], reply: &str) -> Undelivered {
        let params = params.iter().map(|p| p.to_string()).collect();
        Undelivered { recipient: Recipient { address: address.into(), params }, reply: reply.into() }
    }

    fn from(address: &str, params: &[&str]) -> Envelope {
        Envelope {
            from: address.into(),
            from_params: params.iter().map(|p| p.to_string()).collect(),
            ..Envelope::default()
        }
    }

    fn write(
        language: Language,
        report: Report,
        envelope: &Envelope,
        list: &[Undelivered],
        original: &[u8],
    ) -> Option<Vec<u8>> {
        let at = |s| Timestamp::from_second(s).unwrap();
        let made = reporter(language).compose(
            report,
            envelope,
            at(1_775_000_000),
            at(1_775_003_600),
            list,
            original,
        )?;
        assert_eq!(made.envelope.from, "", "the return path is null");
        assert_eq!(made.envelope.rcpts[0].address, envelope.from);
        Some([made.head, made.body.to_vec()].concat())
    }

    const ORIGINAL: &[u8] =
        "Subject: =?UTF-8?B?44GU5qGI5YaF?=\r\nFrom: hana@city.example.jp\r\n\r\nthe secret body\r\n"
            .as_bytes();

    #[test]
    fn a_failure_is_told_to_people_and_machines() {
        let envelope = from("hana@city.example.jp", &["ENVID=QQ+2B1"]);
        let list = [
            undelivered("a@example.com", &["ORCPT=rfc822;A+2Bx@example.com"], "550 5.1.1 no user"),
            undelivered("b@example.com", &[], "no connection (4.4.7 delivery time expired)"),
        ];
        for (language, word) in
            [(Language::Ja, "お届けできませんでした"), (Language::En, "could not be delivered")]
        {
            let bytes = write(language, Report::Failed, &envelope, &list, ORIGINAL).unwrap();
            let mail = mail_parser::MessageParser::default().parse(&bytes).unwrap();
            assert!(mail.subject().unwrap().contains(word));
            let kind = mail.content_type().unwrap();
            assert_eq!((kind.ctype(), kind.subtype()), ("multipart", Some("report")));
            assert_eq!(kind.attribute("report-type"), Some("delivery-status"));
            let words = mail.body_text(0).unwrap();
            assert!(words.contains("a@example.com") && words.contains("ご案内"), "{words}");
            let whole = String::from_utf8(bytes.clone()).unwrap();
            for line in [
                "Auto-Submitted: auto-replied",
                "Reporting-MTA: dns; sekisho.example.jp",
                "Original-Envelope-Id: QQ+1",
                "Original-Recipient: rfc822;A+x@example.com",
                "Final-Recipient: rfc822; a@example.com",
                "Action: failed",
                "Status: 5.1.1",
                "Status: 4.4.7",
                "Diagnostic-Code: smtp; 550 5.1.1 no user",
                "From: hana@city.example.jp",
                "Content-Type: text/rfc822-headers",
            ] {
                assert!(whole.contains(&format!("\r\n{line}\r\n")), "{line} in {whole}");
            }
            assert!(!whole.contains("secret body"), "the body does not come back");
            assert_eq!(whole.matches("Diagnostic-Code").count(), 1);
        }
    }

    #[test]
    fn a_delay_says_until_when() {
        let until = Timestamp::from_second(1_775_400_000).unwrap();
        let list = [undelivered("a@example.com", &[], "451 4.3.0 later")];
        let envelope = from("hana@city.example.jp", &[]);
        let bytes = write(Language::En, Report::Delayed { until }, &envelope, &list, ORIGINAL).unwrap();
        let whole = String::from_utf8(bytes).unwrap();
        assert!(whole.contains("\r\nAction: delayed\r\nStatus: 4.3.0\r\n"));
        assert!(whole.contains("\r\nWill-Retry-Until: Sun, 5 Apr 2026"), "{whole}");
    }

    #[test]
    fn who_does_not_want_to_hear_is_not_told() {
        let sender = from("hana@city.example.jp", &[]);
        let until = Timestamp::UNIX_EPOCH;
        let told = |report, notify: &str, from: &Envelope| {
            let list = [undelivered("a@example.com", &[notify], "550 x")];
            write(Language::Ja, report, from, &list, ORIGINAL).is_some()
        };
        assert!(told(Report::Failed, "notify=failure,DELAY", &sender));
        assert!(!told(Report::Failed, "NOTIFY=NEVER", &sender));
        assert!(!told(Report::Failed, "NOTIFY=SUCCESS", &sender));
        assert!(!told(Report::Delayed { until }, "NOTIFY=FAILURE", &sender));
        assert!(told(Report::Delayed { until }, "X=Y", &sender));
        assert!(!told(Report::Failed, "X=Y", &from("", &[])), "never to the null sender");
        assert!(write(Language::Ja, Report::Failed, &sender, &[], ORIGINAL).is_none());
    }

    #[test]
    fn addresses_beyond_ascii_are_written_as_the_standard_has_it() {
        let envelope = from("花@city.example.jp", &["SMTPUTF8"]);
        let list = [undelivered("太@例え.jp", &[], "550 5.1.1 だめ")];
        let whole =
            String::from_utf8(write(Language::Ja, Report::Failed, &envelope, &list, ORIGINAL).unwrap())
                .unwrap();
        assert!(whole.contains("Final-Recipient: utf-8; \\x{592A}@\\x{4F8B}\\x{3048}.jp\r\n"));
        assert!(whole.contains("Diagnostic-Code: smtp; 550 5.1.1 ??\r\n"));
    }

    proptest! {
        /// Whatever stands in addresses, replies and headers, the report is three parts, no field is
        /// added to it, and every line is short enough.
        #[test]
        fn nothing_breaks_out_of_a_report(
            address in "[ -~\r\n\u{3042}]{1,40}", reply in "[0-9]{3} [ -~\r\n\u{3042}]{0,80}",
            envid in "[ -~\r\n]{0,20}", body in proptest::collection::vec(any::<u8>(), 0..300),
        ) {
            let envelope = from(&address, &[&format!("ENVID={envid}")]);
            let list = [undelivered(&address, &[&format!("ORCPT={envid}")], &reply)];
            let bytes = write(Language::Ja, Report::Failed, &envelope, &list, &body).unwrap();
            let head_end = memchr::memmem::find(&bytes, b"\r\n\r\n").unwrap();
            let head = String::from_utf8_lossy(&bytes[..head_end]);
            let names: Vec<&str> = head
                .split("\r\n")
                .filter(|l| !l.starts_with(' '))
                .map(|l| l.split(':').next().unwrap())
                .collect();
            prop_assert_eq!(names, ["From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted",
                "MIME-Version", "Content-Type"]);
            let machine = memchr::memmem::find(&bytes, b"message/delivery-status").unwrap();
            let after = &bytes[machine..];
            let end = memchr::memmem::find(after, b"\r\n--=_sekisho_").unwrap();
            let fields = String::from_utf8_lossy(&after[..end]);
            for line in fields.split("\r\n") {
                prop_assert!(line.len() < 998);
                prop_assert!(!line.contains(['\r', '\n']));
            }
        }
    }
}
