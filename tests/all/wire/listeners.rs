//! Listeners with a trust of their own: TLS that is asked for, a client's certificate, a name and
//! password, and a load balancer that says who its client is.

use argon2::Argon2;
use argon2::password_hash::{PasswordHasher as _, SaltString};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use receive::{Auth, ClientCertificate, ListenerOptions, TlsUse};
use rustls::pki_types::ServerName;
use tokio_rustls::client::TlsStream;

use super::tls::Certificate;
use crate::support::client::Client;
use crate::support::fake_hop::FakeHop;
use crate::support::gate::{Gate, options};

const MESSAGE: &str = "a: b\r\n\r\ntext\r\n.\r\n";

fn listener() -> ListenerOptions {
    ListenerOptions {
        listen: "127.0.0.1:0".parse().unwrap(),
        networks: receive::Options::default().trusted_networks,
        tls: TlsUse::Offered,
        client_certificate: None,
        auth: None,
        proxy_protocol: false,
        proxies: Default::default(),
    }
}

async fn gate(certificate: &Certificate, hop: &FakeHop, listener: ListenerOptions) -> Gate {
    let (mut receive, mut next) = options();
    next.url = hop.url();
    receive.tls_certificate = Some(certificate.path().join("cert.pem"));
    receive.tls_key = Some(certificate.path().join("key.pem"));
    receive.listeners = vec![listener];
    Gate::start(receive, next).await
}

type Secure = Client<TlsStream<tokio::net::TcpStream>>;

/// A client in TLS that has said EHLO again; none where the handshake or what follows it fails.
async fn in_tls(gate: &Gate, connector: tokio_rustls::TlsConnector) -> Option<(Secure, String)> {
    let mut client = Client::hello(gate.others[0]).await;
    assert_eq!(client.say("STARTTLS").await.0, 220);
    let name = ServerName::try_from("127.0.0.1").unwrap();
    let stream = connector.connect(name, client.stream).await.ok()?;
    let mut client = Client::over(stream);
    client.try_send("EHLO client.example\r\n").await.ok()?;
    let (code, offered) = client.try_reply().await?;
    (code == 250).then_some((client, offered))
}

#[tokio::test]
async fn where_tls_is_required_no_mail_goes_without_it() {
    let (certificate, hop) = (Certificate::new(), FakeHop::good().await);
    let gate = gate(&certificate, &hop, ListenerOptions { tls: TlsUse::Required, ..listener() }).await;
    let mut client = Client::hello(gate.others[0]).await;
    assert_eq!(client.say("MAIL FROM:<a@example.com>").await.0, 530);
    let (mut client, _) = in_tls(&gate, certificate.connector()).await.expect("TLS");
    assert_eq!(client.message(MESSAGE).await.0, 250);
    // The first listener goes on as it was.
    assert_eq!(Client::hello(gate.address).await.message(MESSAGE).await.0, 250);
}

#[tokio::test]
async fn a_client_s_certificate_must_be_signed_and_for_one_of_the_names() {
    let (certificate, hop) = (Certificate::new(), FakeHop::good().await);
    let (known, stranger) = (Certificate::named("mail.example.com"), Certificate::named("mail.example.com"));
    for (names, own, good) in [
        ("mail.example.com", Some(&known), true),
        ("other.example.com", Some(&known), false),
        ("mail.example.com", Some(&stranger), false),
        ("mail.example.com", None, false),
    ] {
        let wanted =
            ClientCertificate { ca_file: known.path().join("cert.pem"), names: vec![names.to_string()] };
        let options = ListenerOptions { client_certificate: Some(wanted), ..listener() };
        let gate = gate(&certificate, &hop, options).await;
        let connector = own.map_or_else(|| certificate.connector(), |own| certificate.connector_with(own));
        let admitted = match in_tls(&gate, connector).await {
            Some((mut client, _)) => client.message(MESSAGE).await.0 == 250,
            None => false,
        };
        assert_eq!(admitted, good, "{names} {}", own.is_some());
        let mut clear = Client::hello(gate.others[0]).await;
        assert_eq!(clear.say("MAIL FROM:<a@example.com>").await.0, 530);
    }
}

#[tokio::test]
async fn a_name_and_password_are_asked_for_in_tls_alone() {
    let (certificate, hop) = (Certificate::new(), FakeHop::good().await);
    let salt = SaltString::encode_b64(b"a salt for tests").unwrap();
    let hash = Argon2::default().hash_password(b"correct horse", &salt).unwrap();
    let users_file = certificate.path().join("users");
    std::fs::write(&users_file, format!("# senders\nscanner:{hash}\n")).unwrap();
    let gate =
        gate(&certificate, &hop, ListenerOptions { auth: Some(Auth { users_file }), ..listener() }).await;
    let plain = |name: &str, word: &str| STANDARD.encode(format!("\0{name}\0{word}"));

    let mut clear = Client::hello(gate.others[0]).await;
    assert_eq!(clear.say(&format!("AUTH PLAIN {}", plain("scanner", "correct horse"))).await.0, 538);
    assert_eq!(clear.say("MAIL FROM:<a@example.com>").await.0, 530);

    let (mut client, offered) = in_tls(&gate, certificate.connector()).await.expect("TLS");
    assert!(offered.contains("AUTH PLAIN LOGIN"), "{offered}");
    assert_eq!(client.say("MAIL FROM:<a@example.com>").await.0, 530);
    for (name, word) in [("scanner", "wrong"), ("nobody", "correct horse")] {
        assert_eq!(client.say(&format!("AUTH PLAIN {}", plain(name, word))).await.0, 535, "{name}");
    }
    assert_eq!(client.say("AUTH CRAM-MD5").await.0, 504);
    assert_eq!(client.say("AUTH PLAIN").await.0, 334);
    assert_eq!(client.say("*").await.0, 501);
    assert_eq!(client.say("AUTH LOGIN").await.0, 334);
    assert_eq!(client.say(&STANDARD.encode("scanner")).await.0, 334);
    assert_eq!(client.say(&STANDARD.encode("correct horse")).await.0, 235);
    assert_eq!(client.message(MESSAGE).await.0, 250);
    assert_eq!(client.say("AUTH PLAIN").await.0, 503);
}

#[tokio::test]
async fn a_load_balancer_says_who_its_client_is() {
    let (certificate, hop) = (Certificate::new(), FakeHop::good().await);
    let network = |text: &str| receive::Network::try_from(text.to_string()).unwrap();
    let options = ListenerOptions {
        networks: receive::Networks(vec![network("192.0.2.0/24")]),
        proxy_protocol: true,
        proxies: receive::Networks(vec![network("127.0.0.0/8")]),
        ..listener()
    };
    let gate = gate(&certificate, &hop, options).await;
    let connect = async |header: &str| {
        let mut client = Client::connect(gate.others[0]).await;
        client.send(header).await;
        client
    };
    let mut client = connect("PROXY TCP4 192.0.2.7 198.51.100.1 56324 25\r\n").await;
    assert_eq!(client.reply().await.0, 220);
    client.say("EHLO client.example").await;
    assert_eq!(client.message(MESSAGE).await.0, 250);
    let data = String::from_utf8(hop.messages().pop().unwrap().data).unwrap();
    assert!(data.contains("192.0.2.7"), "{data}");
    let mut stranger = connect("PROXY TCP4 203.0.113.7 198.51.100.1 56324 25\r\n").await;
    assert_eq!(stranger.try_reply().await.map(|(code, _)| code), Some(554));
    assert!(connect("EHLO client.example\r\n").await.is_closed().await);
}
