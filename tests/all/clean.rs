//! Ordinary mail is not held. Every message of `tests/clean/` goes to outside people and must pass the
//! default rules with no rule in force matching.

use std::path::Path;

use facts::{EnvelopeSource, History, Organization};
use guard::{self, Depth, Policy};
use rules::verdict::{Action, Verdict};
use smtp::envelope::{Envelope, Recipient};
use terms::clock::Clock;

/// What the rules in the program say of a message, and how many outside people it goes to.
fn judge(house: &Policy, text: &str) -> (Verdict, i64) {
    let bytes = text.replace('\n', "\r\n").into_bytes();
    let read = message::read(&bytes, &Default::default());
    let of = |slots: &[message::Slot]| -> Vec<String> {
        let seen = read.addresses.iter().filter(|s| slots.contains(&s.slot));
        seen.map(|s| s.address.text.clone()).collect()
    };
    use message::Slot::{Bcc, Cc, From, To};
    let recipient = |address| Recipient { address, params: Vec::new() };
    let envelope = Envelope {
        from: of(&[From]).remove(0),
        rcpts: of(&[To, Cc, Bcc]).into_iter().map(recipient).collect(),
        ..Envelope::default()
    };
    let past = |_: &message::Mail<'_>, _: &facts::Audience| History::default();
    let now = Clock::system().now();
    let seen = guard::inspect(house, &envelope, EnvelopeSource::Fields, &bytes, Depth::AsRulesAsk, past, now);
    (seen.verdict, seen.facts.recipients.external)
}

fn house() -> Policy {
    let city = Organization::new("みほん市", &["city.example.jp"]);
    Policy::embedded(city).expect("the rules in the program load")
}

fn mails() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clean");
    let mut found: Vec<_> = std::fs::read_dir(folder)
        .expect("the folder is there")
        .map(|entry| {
            let path = entry.expect("an entry").path();
            let text = std::fs::read_to_string(&path).expect("a message in UTF-8 or ASCII");
            (path.file_name().expect("a name").to_string_lossy().into_owned(), text)
        })
        .collect();
    found.sort();
    found
}

#[test]
fn ordinary_mail_passes() {
    let house = house();
    let mails = mails();
    assert!(mails.len() >= 60, "{}", mails.len());
    let mut faults = Vec::new();
    for (name, text) in &mails {
        let (verdict, external) = judge(&house, text);
        assert!(external >= 1, "{name} goes to nobody outside, so it shows nothing");
        if verdict.action != Action::Pass || !verdict.matches.is_empty() {
            let rules: Vec<_> = verdict.matches.iter().map(|m| (&m.id, &m.evidence)).collect();
            faults.push(format!("{name}: {:?} {rules:?}", verdict.action));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// The same mails are not passed for want of looking.
#[test]
fn a_card_number_in_ordinary_mail_holds_it() {
    let house = house();
    let text = "From: a@city.example.jp\nTo: b@example.com\nSubject: x\nMIME-Version: 1.0\n\
                Content-Type: text/plain; charset=utf-8\n\nご請求先のカード番号は 4111 1111 1111 1111 です。\n";
    let (verdict, _) = judge(&house, text);
    assert_eq!(verdict.action, Action::Hold);
    assert!(verdict.matches.iter().any(|m| m.id == "financial-identifiers"));
    let inside = text.replace("b@example.com", "b@city.example.jp");
    assert_eq!(judge(&house, &inside).0.action, Action::Pass);
}
