use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use super::*;
use facts::Organization;
use smtp::envelope::Recipient;

fn now() -> Timestamp {
    "2026-04-01T00:00:00Z".parse().expect("a time")
}

fn policy() -> Policy {
    static HOUSE: LazyLock<Policy> = LazyLock::new(|| {
        Policy::embedded(Organization::new("みほん市", &["city.example.jp"])).expect("the house loads")
    });
    HOUSE.clone()
}

fn envelope(rcpts: &[&str]) -> Envelope {
    let rcpt = |a: &&str| Recipient { address: a.to_string(), params: Vec::new() };
    Envelope {
        from: "hana@city.example.jp".into(),
        rcpts: rcpts.iter().map(rcpt).collect(),
        ..Envelope::default()
    }
}

const LETTER: &str = "From: 花 <hana@city.example.jp>\r\nTo: Saburo <a@x.example>, b@dept.x.example\r\n\
    Cc: c@city.example.jp\r\nSubject: =?utf-8?B?5ZCN57C/?= 090-1234-5678\r\nDate: Wed, 1 Apr 2026\r\n 09:00:00 +0900\r\n\
    MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n\
    --b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n\
    山田太郎様の電話番号は 090-1234-5678 です。\r\nもう一度: ０９０－１２３４－５６７８\r\n\r\n> 山田太郎様\r\n\
    --b\r\nContent-Type: text/csv; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\
    Content-Disposition: attachment; filename=\"list.csv\"\r\n\r\n\
    氏名,電話\r\n佐藤花子,090-2222-3333\r\n鈴木一郎,090-4444-5555\r\n\
    --b\r\nContent-Type: application/zip; name=\"broken.zip\"\r\n\r\nPK\x03\x04 not one\r\n--b--\r\n";

#[test]
fn a_mail_as_its_recipients_see_it() {
    let policy = policy();
    let seen = preview(
        &policy,
        &envelope(&["a@x.example", "b@dept.x.example", "z@y.example"]),
        LETTER.as_bytes(),
        now(),
    );
    assert_eq!(seen.from[0].display.as_deref(), Some("花"));
    assert_eq!(
        seen.to.iter().map(|p| p.address.as_str()).collect::<Vec<_>>(),
        ["a@x.example", "b@dept.x.example"]
    );
    assert!(seen.cc[0].internal && !seen.to[0].internal);
    assert_eq!((seen.hidden, seen.recipients), (1, 3));
    assert_eq!(seen.date.as_deref(), Some("Wed, 1 Apr 2026 09:00:00 +0900"));
    let outside: Vec<(&str, usize)> =
        seen.outside.iter().map(|o| (o.domain.as_str(), o.addresses.len())).collect();
    assert_eq!(outside, [("x.example", 2), ("y.example", 1)]);
    let subject: String = seen.subject.iter().map(|s| s.text.as_str()).collect();
    assert_eq!(subject, "名簿 090-*********", "{subject}");
    let found = seen.body[0].spans.iter().filter(|s| s.finding.is_some());
    let kinds: Vec<&str> = found.filter_map(|s| s.finding.as_ref()).map(|k| k.kind).collect();
    assert_eq!(kinds, ["person-name", "phone", "phone"], "{:?}", seen.body[0]);
    assert!(seen.body.last().is_some_and(|p| p.quoted));
    let list = &seen.attachments[0];
    assert_eq!(
        (list.number.as_str(), list.name.as_deref(), list.kind.as_str()),
        ("2", Some("list.csv"), "csv")
    );
    let phones = list.findings.iter().find(|f| f.kind.kind == "phone").expect("phones are found");
    assert_eq!((phones.count, phones.samples[0].cell.as_deref()), (2, Some("B2")), "{phones:?}");
    assert_eq!(phones.kind.label.ja, "電話番号");
    let broken = &seen.attachments[1];
    assert_eq!((broken.number.as_str(), broken.uninspected.len()), ("3", 1), "{broken:?}");
    assert!(seen.persons.est >= 3, "{:?}", seen.persons);
    let json = serde_json::to_string(&seen).expect("it serialises");
    for value in ["山田太郎", "1234-5678", "１２３４", "佐藤花子", "2222-3333", "鈴木一郎"] {
        assert!(!json.contains(value), "{value} in {json}");
    }
}

fn leaving(bytes: &[u8], rcpts: &[&str]) -> HeldTransaction {
    HeldTransaction {
        part: store::Part { number: 1, mail: None, size: 0, received_at: now(), envelope: None },
        envelope: envelope(rcpts),
        bytes: bytes.to_vec(),
        rewrite: None,
        dropped: Vec::new(),
        corrections: Vec::new(),
        attachments: Vec::new(),
    }
}

#[test]
fn a_mended_mail_is_shown_as_it_would_leave() {
    let (first, second) = (
        leaving(LETTER.as_bytes(), &["a@x.example"]),
        leaving(LETTER.as_bytes(), &["b@dept.x.example", "c@city.example.jp"]),
    );
    let shown = |change: &dyn Fn(&mut HeldTransaction)| {
        let mut parts = [first.clone(), second.clone()];
        parts.iter_mut().for_each(change);
        as_it_leaves(&policy(), &parts, now())
    };
    let plain = shown(&|_| ()).expect("it leaves");
    assert_eq!((plain.to.len(), plain.recipients, plain.hidden), (2, 3, 0));
    let bcc = shown(&|part| part.rewrite = Some(store::Rewrite::Bcc)).expect("it leaves");
    assert_eq!((bcc.to.len(), bcc.cc.len(), bcc.hidden), (0, 1, 2));
    let each = shown(&|part| part.rewrite = Some(store::Rewrite::Individual)).expect("it leaves");
    assert_eq!((each.to.len(), each.cc.len(), each.hidden), (1, 0, 2));
    assert_eq!(each.outside[0].addresses.len(), 2);
    let without = shown(&|part| part.attachments = vec!["2".into()]).expect("it leaves");
    assert_eq!(without.attachments.iter().map(|a| a.number.as_str()).collect::<Vec<_>>(), ["3"]);
    let unfit = shown(&|part| part.attachments = vec!["7".into()]);
    assert!(unfit.is_err_and(|why| why.contains("no attachment 7")));
    assert!(as_it_leaves(&policy(), &[], now()).is_err());
}

#[test]
fn a_file_is_known_by_its_place_however_its_name_is_read() {
    let name = "filename*0*=UTF-8''%E5%90%8D%E7; filename*1*=%B0%BF.csv";
    let raw = LETTER.replace("filename=\"list.csv\"", name);
    let inner =
        format!("Content-Type: message/rfc822\r\n\r\n{}", raw.replace("--b", "--c").replace("=b", "=c"));
    let outer = LETTER.replace("--b--", &format!("--b\r\n{inner}\r\n--b--"));
    let seen = preview(&policy(), &envelope(&["a@x.example"]), outer.as_bytes(), now());
    let of = |number: &str| seen.attachments.iter().find(|a| a.number == number).expect("it is listed");
    for number in ["2", "4", "4.1.2"] {
        let phones = of(number).findings.iter().find(|f| f.kind.kind == "phone");
        assert!(phones.is_some(), "{number}: {:?}", of(number));
    }
    assert!(of("4.1.2").nested && !of("4").nested);
    assert_eq!(
        (of("4.1.3").uninspected.len(), of("4").uninspected.len(), of("2").uninspected.len()),
        (1, 1, 0)
    );
}

#[test]
fn html_is_shown_as_text_with_its_tables() {
    let html = "From: hana@city.example.jp\r\nTo: a@x.example\r\nContent-Type: text/html; charset=utf-8\r\n\r\n\
        <p>Dear <b>all</b></p><div style=\"display:none\">secret</div>\
        <table><tr><th>氏名</th><th>電話</th></tr><tr><td>佐藤花子</td><td>090-2222-3333</td></tr>\
        <tr><td>鈴木一郎</td><td>090-4444-5555</td></tr></table>";
    let seen = preview(&policy(), &envelope(&["a@x.example"]), html.as_bytes(), now());
    let text: String = seen.body.iter().flat_map(|p| &p.spans).map(|s| s.text.as_str()).collect();
    assert!(text.contains("Dear all") && text.contains("氏名\t電話") && !text.contains("secret"), "{text}");
    assert!(!text.contains("佐藤花子") && !text.contains("2222"), "{text}");
    assert!(seen.body.iter().any(|p| p.table));
}

#[test]
fn a_long_text_is_cut_and_it_says_so() {
    let line = "あいうえお\r\n".repeat(10_000);
    let mail = format!("From: a@x.example\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{line}");
    let seen = preview(&policy(), &envelope(&["a@x.example"]), mail.as_bytes(), now());
    let shown: usize = seen.body.iter().flat_map(|p| &p.spans).map(|s| s.text.chars().count()).sum();
    assert!(seen.body_cut && shown == 20_000, "{shown}");
    let short = preview(&policy(), &envelope(&["a@x.example"]), b"From: a@x.example\r\n\r\nhi\r\n", now());
    assert!(!short.body_cut);
}

/// No value that was found stands on the page, but for what its header shows to everybody.
#[test]
fn of_every_real_mail_nothing_found_is_shown() {
    let (policy, root) = (policy(), Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../..")));
    let mut values = 0;
    for folder in ["rules/casebook", "tests/clean"] {
        for file in mails(&root.join(folder)) {
            let bytes = std::fs::read(&file).expect("a mail reads");
            let mail = message::read(&bytes, &policy.limits);
            let to: Vec<String> = mail
                .addresses
                .iter()
                .filter(|s| s.slot.is_visible_recipient() || s.slot.is_blind())
                .map(|s| s.address.text.clone())
                .collect();
            let envelope = envelope(&to.iter().map(String::as_str).collect::<Vec<_>>());
            let seen = preview(&policy, &envelope, &bytes, now());
            assert!(!seen.from.is_empty() || mail.header("From").next().is_none(), "{}", file.display());
            let page = texts(&serde_json::to_value(&seen).expect("it serialises"));
            let header = header_of(&seen);
            for value in values_of(&policy, &mail, &envelope) {
                values += 1;
                assert!(
                    header.contains(&value) || !page.contains(&value),
                    "{}: {value} is shown",
                    file.display()
                );
            }
        }
    }
    assert!(values > 1_000, "only {values} values were found");
}

/// The values long enough not to be there by chance.
fn values_of(policy: &Policy, mail: &Mail<'_>, envelope: &Envelope) -> Vec<String> {
    let audience = Audience::of(mail, envelope, EnvelopeSource::Given, &policy.organization);
    let (reading, places) =
        Reading::read_places(mail, envelope, &audience, &policy.organization, &policy.content_limits, now());
    let long = |v: &String| v.chars().count() >= if v.is_ascii() { 4 } else { 2 };
    let value = |found| raw(&reading.content, found).trim().to_string();
    places.iter().map(value).filter(long).filter(|v| !v.contains('\n')).collect()
}

/// All strings of the page.
fn texts(json: &serde_json::Value) -> String {
    match json {
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Array(list) => list.iter().map(texts).collect::<Vec<_>>().join("\n"),
        serde_json::Value::Object(map) => {
            let shown = map.iter().filter(|(key, _)| !matches!(key.as_str(), "kind" | "label"));
            shown.map(|(_, value)| texts(value)).collect::<Vec<_>>().join("\n")
        }
        _ => String::new(),
    }
}

fn header_of(seen: &Preview) -> String {
    let header = (&seen.from, &seen.to, &seen.cc, &seen.outside, &seen.date);
    texts(&serde_json::to_value(header).expect("it serialises"))
}

fn mails(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder reads").flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(mails(&path));
        } else if path.extension().is_some_and(|e| e == "eml") {
            found.push(path);
        }
    }
    found
}

proptest::proptest! {
    #[test]
    fn any_bytes_are_shown(raw: Vec<u8>) {
        let _ = preview(&policy(), &envelope(&["a@x.example"]), &raw, now());
    }
}
