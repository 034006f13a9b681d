//! STARTTLS with clients and with the next hop: what is said in clear does not count in TLS, and
//! what must be said in TLS is not said in clear.

use std::path::Path;
use std::sync::Arc;

use next_hop::{self, NextHop};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio::io::AsyncReadExt as _;
use tokio_rustls::{TlsAcceptor, TlsConnector};

use crate::support::client::Client;
use crate::support::fake_hop::{Act, FakeHop, Stage};
use crate::support::gate::{Gate, options};

/// A certificate for 127.0.0.1: as files for one side, and ready to use for the other.
pub(super) struct Certificate {
    folder: tempfile::TempDir,
    der: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
}

impl Certificate {
    pub(super) fn new() -> Self {
        Certificate::named("127.0.0.1")
    }

    fn of(made: CertifiedKey<rcgen::KeyPair>) -> Self {
        let CertifiedKey { cert, signing_key } = made;
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("cert.pem"), cert.pem()).unwrap();
        std::fs::write(folder.path().join("key.pem"), signing_key.serialize_pem()).unwrap();
        let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
        Certificate { folder, der: cert.der().clone(), key }
    }

    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }

    fn acceptor(&self) -> TlsAcceptor {
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![self.der.clone()], self.key.clone_key())
            .unwrap();
        TlsAcceptor::from(Arc::new(config))
    }

    /// For a client that shows `own` where it is asked for a certificate.
    pub(super) fn connector_with(&self, own: &Certificate) -> TlsConnector {
        let mut roots = RootCertStore::empty();
        roots.add(self.der.clone()).unwrap();
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_client_auth_cert(vec![own.der.clone()], own.key.clone_key())
            .unwrap();
        TlsConnector::from(Arc::new(config))
    }

    /// One for a name.
    pub(super) fn named(name: &str) -> Self {
        Certificate::of(generate_simple_self_signed([name.to_string()]).unwrap())
    }

    pub(super) fn connector(&self) -> TlsConnector {
        let mut roots = RootCertStore::empty();
        roots.add(self.der.clone()).unwrap();
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        TlsConnector::from(Arc::new(config))
    }
}

const WITH_STARTTLS: &str = "PIPELINING\nSTARTTLS\n8BITMIME";

async fn gate_with(certificate: &Certificate, hop: &FakeHop) -> Gate {
    let (mut receive, next) = options();
    receive.tls_certificate = Some(certificate.path().join("cert.pem"));
    receive.tls_key = Some(certificate.path().join("key.pem"));
    Gate::start(receive, next_hop::Options { url: hop.url(), ..next }).await
}

#[tokio::test]
async fn a_client_goes_over_to_tls_and_begins_anew() {
    let (certificate, hop) = (Certificate::new(), FakeHop::good().await);
    let gate = gate_with(&certificate, &hop).await;
    let mut client = Client::connect(gate.address).await;
    client.reply().await;
    assert!(client.say("EHLO client.example").await.1.contains("STARTTLS"));
    assert_eq!(client.say("MAIL FROM:<a@example.com>").await.0, 250);
    assert_eq!(client.say("STARTTLS").await.0, 220);
    let name = ServerName::try_from("127.0.0.1").unwrap();
    let stream = certificate.connector().connect(name, client.stream).await.unwrap();
    let mut client = Client::over(stream);
    assert_eq!(client.say("RCPT TO:<b@example.org>").await.0, 503, "the transaction is forgotten");
    assert_eq!(client.say("MAIL FROM:<a@example.com>").await.0, 503, "and so is EHLO");
    assert!(!client.say("EHLO client.example").await.1.contains("STARTTLS"));
    assert_eq!(client.say("STARTTLS").await.0, 502);
    assert_eq!(client.message(format!("{}.\r\n", "a: b\r\n".repeat(5_000))).await.0, 250);
    let data = String::from_utf8(hop.messages().pop().unwrap().data).unwrap();
    assert!(data.contains(" with ESMTPS id "), "{}", &data[..200]);
    assert_eq!(client.say("QUIT").await.0, 221);
    let mut rest = Vec::new();
    // An end without close_notify is an error here, as it is in Exim's log.
    client.stream.read_to_end(&mut rest).await.expect("close_notify");
}

#[tokio::test]
async fn what_a_client_says_before_the_handshake_does_not_count() {
    let (certificate, hop) = (Certificate::new(), FakeHop::good().await);
    let gate = gate_with(&certificate, &hop).await;
    let mut client = Client::hello(gate.address).await;
    client.send("STARTTLS\r\nMAIL FROM:<evil@example.com>\r\n").await;
    assert_eq!(client.reply().await.0, 554);
    assert!(client.is_closed().await);
    assert!(!hop.commands().iter().any(|c| c.starts_with("MAIL")));
}

#[tokio::test]
async fn starttls_is_used_when_the_next_hop_offers_it() {
    let certificate = Certificate::new();
    let hop = FakeHop::start_with(|_, _| Act::Good, WITH_STARTTLS, Some(certificate.acceptor())).await;
    let gate = Gate::before(&hop.url()).await;
    let mut client = Client::hello(gate.address).await;
    for _ in 0..3 {
        assert_eq!(client.message(format!("a: b\r\n\r\n{}.\r\n", "..a\r\n".repeat(50_000))).await.0, 250);
    }
    assert_eq!(hop.messages()[2].data.len(), hop.messages()[0].data.len());
    assert!(hop.secure().iter().all(|secure| *secure));
    assert_eq!(hop.connections(), 1);
}

/// Offered and broken: the mail goes in clear where TLS was a bonus, and nowhere where it is asked
/// for.
#[tokio::test]
async fn a_failing_starttls_costs_the_mail_only_where_tls_is_required() {
    let hop = FakeHop::start_with(|_, _| Act::Good, WITH_STARTTLS, None).await;
    let gate = Gate::before(&hop.url()).await;
    let mut client = Client::hello(gate.address).await;
    assert_eq!(client.message("a: b\r\n.\r\n").await.0, 250);

    let certificate = Certificate::new();
    let good = FakeHop::start_with(|_, _| Act::Good, WITH_STARTTLS, Some(certificate.acceptor())).await;
    let stripped = FakeHop::start_with(|_, _| Act::Good, "PIPELINING", None).await;
    let refusing = FakeHop::start_with(
        |_, stage| {
            if *stage == Stage::StartTls { Act::Say("454 4.7.0 Not now\r\n") } else { Act::Good }
        },
        WITH_STARTTLS,
        None,
    )
    .await;
    let other =
        FakeHop::start_with(|_, _| Act::Good, WITH_STARTTLS, Some(Certificate::new().acceptor())).await;
    for (hop, expected) in [(&good, 250), (&stripped, 421), (&hop, 421), (&refusing, 421), (&other, 421)] {
        let heard = hop.secure().len();
        let (receive, next) = options();
        let url = format!("smtp+starttls://{}", hop.address);
        let ca_file = Some(certificate.path().join("cert.pem"));
        let gate = Gate::start(receive, next_hop::Options { url, ca_file, ..next }).await;
        let mut client = Client::connect(gate.address).await;
        client.reply().await;
        let (mut code, mut reply) = client.say("EHLO client.example").await;
        if code == 250 {
            (code, reply) = client.say("MAIL FROM:<a@example.com>").await;
        }
        assert_eq!(code, expected, "{reply}");
        assert!(hop.secure()[heard..].iter().all(|secure| *secure), "nothing in clear");
    }
}

#[tokio::test]
async fn what_the_next_hop_says_before_the_handshake_does_not_count() {
    let certificate = Certificate::new();
    let hop = FakeHop::start_with(
        |_, stage| match stage {
            Stage::StartTls => Act::Say("220 2.0.0 Go\r\n250-evil.example\r\n250 AUTH PLAIN\r\n"),
            _ => Act::Good,
        },
        WITH_STARTTLS,
        Some(certificate.acceptor()),
    )
    .await;
    for scheme in ["smtp", "smtp+starttls"] {
        let (receive, next) = options();
        let url = format!("{scheme}://{}", hop.address);
        let ca_file = Some(certificate.path().join("cert.pem"));
        let gate = Gate::start(receive, next_hop::Options { url, ca_file, ..next }).await;
        let mut client = Client::connect(gate.address).await;
        client.reply().await;
        assert_eq!(client.say("EHLO client.example").await.0, 421, "{scheme}");
    }
    assert!(hop.secure().is_empty());
}

#[tokio::test]
async fn auth_is_said_to_the_next_hop() {
    let folder = tempfile::tempdir().unwrap();
    let password_file = Some(folder.path().join("password"));
    std::fs::write(folder.path().join("password"), "secret\n").unwrap();
    let certificate = Certificate::new();
    for (extensions, expected) in [
        ("STARTTLS\nAUTH LOGIN PLAIN", Some("AUTH PLAIN AHRhcm8Ac2VjcmV0")),
        ("AUTH PLAIN", Some("AUTH PLAIN AHRhcm8Ac2VjcmV0")),
        ("AUTH CRAM-MD5", None),
        ("", None),
    ] {
        let hop = FakeHop::start_with(|_, _| Act::Good, extensions, Some(certificate.acceptor())).await;
        let (_, next) = options();
        let options = next_hop::Options {
            url: hop.url(),
            username: Some("taro".into()),
            password_file: password_file.clone(),
            ..next
        };
        let session = NextHop::new(&options).unwrap().session().await;
        assert_eq!(session.is_ok(), expected.is_some(), "{extensions}");
        assert_eq!(
            hop.commands().iter().find(|c| c.starts_with("AUTH")).map(String::as_str),
            expected,
            "{extensions}"
        );
    }
}
