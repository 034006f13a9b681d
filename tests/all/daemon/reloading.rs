//! A new configuration without a restart: SIGHUP puts a good one in force, with its rules, certificate and
//! sections, and a broken one leaves the old.

use std::net::SocketAddr;
use std::sync::Arc;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio_rustls::TlsConnector;

use crate::support::client::Client;
use crate::support::fake_hop::{FakeHop, Message};
use crate::support::mail::{message, stuffed};
use crate::support::program::{Extra, Installation, LENIENT, Serving};
use crate::support::shell;

#[tokio::test(flavor = "multi_thread")]
async fn broken_rules_leave_the_old_in_force() {
    let hop = FakeHop::good().await;
    let house = Installation::new(&hop.url(), &Extra { rules: Some(LENIENT), ..Extra::default() });
    let serving = house.serve().await;
    let mut client = Client::hello(house.address).await;
    let rules = house.path("rules/test.toml");
    assert_eq!(fate(&mut client, 1).await, "held");

    // Broken in one way after another: the old stay, and the log names the line.
    let broken = [
        (LENIENT.replace("startsWith", "beginsWith"), "test.toml:4"),
        (LENIENT.replace("[rule.reason]", "[rule.reason"), "test.toml:8"),
        (String::new(), "no rule"),
    ];
    for (n, (text, says)) in broken.iter().enumerate() {
        std::fs::write(&rules, text).expect("a file");
        hang_up(&serving, REFUSED).await;
        assert!(serving.log().contains(says), "no {says:?} in {}", serving.log());
        assert_eq!(fate(&mut client, 10 + n).await, "held", "after {says}");
    }

    // A broken configuration as well.
    let config = std::fs::read_to_string(house.config()).expect("a file");
    std::fs::write(house.config(), format!("{config}\n[nonsense]\n")).expect("a file");
    std::fs::write(&rules, LENIENT.replace("'hold'", "'keep'")).expect("a file");
    hang_up(&serving, REFUSED).await;
    assert_eq!(fate(&mut client, 20).await, "held");

    std::fs::write(house.config(), config).expect("a file");
    hang_up(&serving, TAKEN).await;
    assert_eq!(fate(&mut client, 30).await, "passed");
    serving.stop().await;
    house.verify_audit().await;
    let entries = house.audit("house").await;
    let told = |what: &str| entries.iter().filter(|e| e["action"] == what).count();
    assert_eq!((told("reload refused"), told("reloaded")), (4, 1), "{entries:?}");
}

const REFUSED: &str = "the old rules stay in force";
const TAKEN: &str = "new rules are in force";

/// SIGHUP, and wait until the log says so once more.
async fn hang_up(serving: &Serving, says: &str) {
    let count = || serving.log().matches(says).count();
    let before = count();
    serving.signal(rustix::process::Signal::HUP);
    shell::until(says, async || (count() > before).then_some(())).await;
}

/// What becomes of a mail with "hold" in its subject.
async fn fate(client: &mut Client, n: usize) -> &'static str {
    let text = message(&format!("reload-{n}"), "b@example.org", "hold this", "text\r\n");
    let (code, reply) = client.message(stuffed(text.as_bytes())).await;
    assert_eq!(code, 250, "{reply}");
    if reply.contains("Held as case") { "held" } else { "passed" }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_sees_one_state_while_rules_change() {
    let hop = FakeHop::good().await;
    let house = Installation::new(&hop.url(), &Extra { rules: Some(LENIENT), ..Extra::default() });
    let serving = house.serve().await;
    let mut client = Client::hello(house.address).await;
    client.begin().await;
    client.send(message("reload-a", "b@example.org", "hold this", "text\r\n")).await;
    std::fs::write(house.path("rules/test.toml"), LENIENT.replace("'hold'", "'keep'")).expect("a file");
    hang_up(&serving, TAKEN).await;
    client.send(".\r\n").await;
    let (code, reply) = client.reply().await;
    // Its end came after the reload: the new rules decide of all of it.
    assert_eq!((code, reply.contains("Held")), (250, false), "{reply}");
    shell::until("it arrives", async || hop.messages().iter().any(|m| m.is_mail()).then_some(())).await;
    serving.stop().await;
}

/// A certificate for this machine's loopback address, written where the configuration names it.
fn certify(house: &Installation) -> CertificateDer<'static> {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(["127.0.0.1".to_string()]).expect("a certificate");
    std::fs::write(house.path("cert.pem"), cert.pem()).expect("a file");
    std::fs::write(house.path("key.pem"), signing_key.serialize_pem()).expect("a file");
    cert.der().clone()
}

/// Whether a client that trusts this certificate alone gets through STARTTLS.
async fn shows(address: SocketAddr, certificate: &CertificateDer<'static>) -> bool {
    let mut roots = RootCertStore::empty();
    roots.add(certificate.clone()).expect("a certificate");
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let mut client = Client::hello(address).await;
    assert_eq!(client.say("STARTTLS").await.0, 220);
    let name = ServerName::try_from("127.0.0.1").expect("a name");
    match TlsConnector::from(Arc::new(config)).connect(name, client.stream).await {
        Ok(stream) => Client::over(stream).say("EHLO client.example").await.0 == 250,
        Err(_) => false,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_certificate_is_shown_and_a_broken_one_is_not_taken() {
    let hop = FakeHop::good().await;
    let house = Installation::new(&hop.url(), &Extra::default());
    let receive = format!(
        "tls_certificate = \"{}\"\ntls_key = \"{}\"",
        house.path("cert.pem").display(),
        house.path("key.pem").display()
    );
    house.configure(&hop.url(), &Extra { receive, ..Extra::default() });
    let first = certify(&house);
    let serving = house.serve().await;
    assert!(shows(house.address, &first).await);

    // The same files, another certificate.
    let second = certify(&house);
    assert!(shows(house.address, &first).await, "files are read when they are asked for");
    hang_up(&serving, TAKEN).await;
    assert!(shows(house.address, &second).await);
    assert!(!shows(house.address, &first).await);

    std::fs::write(house.path("cert.pem"), "no certificate").expect("a file");
    hang_up(&serving, REFUSED).await;
    assert!(serving.log().contains("cert.pem"), "{}", serving.log());
    assert!(shows(house.address, &second).await, "the old one stays");
    // A certificate without its key is as broken.
    certify(&house);
    let key = std::fs::read(house.path("key.pem")).expect("a file");
    let third = certify(&house);
    std::fs::write(house.path("key.pem"), &key).expect("a file");
    hang_up(&serving, REFUSED).await;
    assert!(shows(house.address, &second).await && !shows(house.address, &third).await);
    serving.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sections_change_without_a_restart_or_say_that_they_need_one() {
    let hop = FakeHop::good().await;
    let house = Installation::new(&hop.url(), &Extra { rules: Some(LENIENT), ..Extra::default() });
    let serving = house.serve().await;
    let mut client = Client::hello(house.address).await;
    assert_eq!(fate(&mut client, 1).await, "held");
    let before = house.cases("held").await.remove(0);

    let sections = "[notice]\nfrom = \"門番 <monban@city.example.jp>\"\n\
        [hold]\nexpire_after = \"2h\"\n\
        [[control]]\nname = \"forced-bcc licence\"\nexpires = 2020-01-31\nowner = [\"support@vendor.example\"]\n\
        when_expired = \"enforce\"\n";
    let extra = Extra {
        receive: "max_recipients = 1".into(),
        sections: sections.into(),
        rules: Some(LENIENT),
        ..Extra::default()
    };
    house.configure(&hop.url(), &extra);
    hang_up(&serving, TAKEN).await;
    assert!(!serving.log().contains("restart"), "{}", serving.log());

    // The new control is over already: its owner is told at once, from the new address.
    let told = shell::until("its owner is told", async || {
        let to_vendor = |m: &Message| m.rcpts.iter().any(|r| r == "support@vendor.example");
        hop.messages().into_iter().find(to_vendor)
    })
    .await;
    assert!(told.field("From").is_some_and(|f| f.contains("monban@city.example.jp")), "{told:?}");
    // The next case waits for two hours, and new clients have one recipient each.
    let mut client = Client::hello(house.address).await;
    let text = message("sections-2", "b@example.org", "hold another", "text\r\n");
    assert_eq!(client.message(stuffed(text.as_bytes())).await.0, 250);
    let cases = house.cases("held").await;
    let after = cases.iter().find(|c| c["id"] != before["id"]).expect("a second case");
    let (before, after) = (length(&house, &before).await, length(&house, after).await);
    assert!(after < 3 * 3_600 && before > 24 * 3_600, "{before} {after}");
    assert_eq!(client.say("MAIL FROM:<a@city.example.jp>").await.0, 250);
    assert_eq!(client.say("RCPT TO:<b@example.org>").await.0, 250);
    assert_eq!(client.say("RCPT TO:<c@example.org>").await.0, 452);

    // What cannot change is named.
    let text = std::fs::read_to_string(house.config()).expect("a file");
    let text = text.replace(&house.address.to_string(), "127.0.0.1:1").replace(&hop.url(), "maildir:out");
    std::fs::write(house.config(), text).expect("a file");
    hang_up(&serving, "needs a restart").await;
    let log = serving.log();
    let said = log.lines().find(|l| l.contains("needs a restart")).expect("a line");
    for name in ["[receive] listen", "[next_hop]"] {
        assert!(said.contains(name), "no {name} in {said}");
    }
    assert!(!said.contains("[store]"), "{said}");
    assert_eq!(fate(&mut Client::hello(house.address).await, 3).await, "held", "it listens where it did");
    serving.stop().await;
}

/// How long a case waits, in seconds.
async fn length(house: &Installation, case: &serde_json::Value) -> i64 {
    let shown = house.ask(&["hold", "show"], &[case["id"].as_str().expect("a case number")]).await;
    let time = |key: &str| {
        let line =
            shown.lines().find(|l| l.starts_with(key)).unwrap_or_else(|| panic!("no {key} in {shown}"));
        line[key.len()..].trim().parse::<jiff::Timestamp>().expect("a time").as_second()
    };
    time("expires ") - time("opened ")
}
