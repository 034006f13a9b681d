//! Reports: what they say, to whom, and that nothing breaks out of them.

use mail_parser::MimeHeaders;
use proptest::prelude::*;

use super::*;

fn reporter(language: Language) -> Reporter {
    Reporter {
        hostname: "sekisho.example.jp".into(),
        language,
        time_zone: jiff::tz::TimeZone::UTC,
        readers: crate::tests::readers(),
    }
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
    let made =
        reporter(language).compose(report, envelope, at(1_775_000_000), at(1_775_003_600), list, original)?;
    assert_eq!(made.envelope.from, "", "the return path is null");
    let reader = match envelope.from.ends_with("@city.example.jp") {
        true => envelope.from.as_str(),
        false => "joho@city.example.jp",
    };
    assert_eq!(made.envelope.rcpts[0].address, reader);
    Some([made.head, made.body.to_vec()].concat())
}

const ORIGINAL: &[u8] =
    "Subject: =?UTF-8?B?44GU5qGI5YaF?=\r\nFrom: hana@city.example.jp\r\n\r\nthe secret body\r\n".as_bytes();

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
    for nobody in ["", "alice@other.example", "SRS0=H=T=other.example=alice@city.example.jp"] {
        let to_admins = from(nobody, &[]);
        let list = [undelivered("a@example.com", &[], "550 x")];
        let made = reporter(Language::En)
            .compose(Report::Failed, &to_admins, until, until, &list, ORIGINAL)
            .expect("the admins are told");
        assert_eq!(made.envelope.rcpts[0].address, "joho@city.example.jp", "{nobody}");
        assert!(!told(Report::Delayed { until }, "X=Y", &to_admins), "a delay is the sender's own concern");
    }
    assert!(write(Language::Ja, Report::Failed, &sender, &[], ORIGINAL).is_none());
}

#[test]
fn addresses_beyond_ascii_are_written_as_the_standard_has_it() {
    let envelope = from("花@city.example.jp", &["SMTPUTF8"]);
    let list = [undelivered("太@例え.jp", &[], "550 5.1.1 だめ")];
    let whole =
        String::from_utf8(write(Language::Ja, Report::Failed, &envelope, &list, ORIGINAL).unwrap()).unwrap();
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
