//! Clients as they are out there: Python's smtplib and swaks, with what they make of the extensions.

use std::path::Path;

use super::{arrives, mails, swaks};
use crate::support::fake_hop::FakeHop;
use crate::support::mail::{message, parts, unstuffed};
use crate::support::program::{Extra, Installation};
use crate::support::shell;

/// A certificate for localhost that signs itself.
fn certificate(folder: &Path) -> Extra {
    let made = rcgen::generate_simple_self_signed(["localhost".to_string()]).expect("a certificate");
    let (cert, key) = (folder.join("cert.pem"), folder.join("key.pem"));
    std::fs::write(&cert, made.cert.pem()).expect("a file");
    std::fs::write(&key, made.signing_key.serialize_pem()).expect("a file");
    let receive = format!("tls_certificate = \"{}\"\ntls_key = \"{}\"", cert.display(), key.display());
    Extra { receive, ..Extra::default() }
}

const SMTPLIB: &str = r#"
import smtplib, ssl, sys
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
port, cert = int(sys.argv[1]), sys.argv[2]

def mail(n, to):
    m = EmailMessage(policy=SMTPUTF8 if not to.isascii() else SMTP)
    m["From"], m["To"], m["Subject"] = "soumu@city.example.jp", to, "件名 %d" % n
    m["Message-ID"] = "<smtplib-%d@city.example.jp>" % n
    m.set_content("本文\n.\n..点\n", cte="8bit")
    return m

tls = ssl.create_default_context(cafile=cert)
with smtplib.SMTP("localhost", port, timeout=20) as s:
    s.ehlo()
    for name in ("pipelining", "size", "8bitmime", "smtputf8", "starttls", "enhancedstatuscodes"):
        assert s.has_extn(name), (name, s.esmtp_features)
    assert not s.has_extn("chunking")
    assert s.send_message(mail(1, "clear@example.org")) == {}
    # Several messages in one session, one of them begun and left.
    s.mail("x@city.example.jp"); s.rcpt("left@example.org"); s.rset()
    assert s.noop()[0] == 250
    assert s.vrfy("somebody")[0] == 252
    assert s.send_message(mail(2, "again@example.org")) == {}
with smtplib.SMTP("localhost", port, timeout=20) as s:
    s.starttls(context=tls)
    s.ehlo()
    assert not s.has_extn("starttls"), "offered within TLS"
    assert s.send_message(mail(3, "secure@example.org")) == {}
    assert s.send_message(mail(4, "宛先@example.org")) == {}
    # A client that says HELO, and nothing of extensions.
with smtplib.SMTP("localhost", port, timeout=20) as s:
    s.helo("old.example")
    s.sendmail("soumu@city.example.jp", ["old@example.org"], b"Subject: old\r\n\r\nplain\r\n")
"#;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs python3"]
async fn pythons_smtplib() {
    let outside = FakeHop::good().await;
    let folder = tempfile::tempdir().expect("a folder");
    let house = Installation::new(&outside.url(), &certificate(folder.path()));
    let serving = house.serve().await;
    let (port, cert) =
        (house.address.port().to_string(), folder.path().join("cert.pem").display().to_string());
    shell::good(["python3", "-c", SMTPLIB, &port, &cert]).await;

    let got = mails(&outside);
    let rcpts: Vec<&str> = got.iter().flat_map(|m| m.rcpts.iter().map(String::as_str)).collect();
    let wanted = ["clear", "again", "secure", "宛先", "old"].map(|name| format!("{name}@example.org"));
    assert_eq!(rcpts, wanted);
    for mail in &got[..4] {
        assert_eq!(parts(&mail.content()).1, "本文\r\n.\r\n..点\r\n".as_bytes());
    }
    let protocols = ["ESMTP ", "ESMTP ", "ESMTPS ", "UTF8SMTPS ", "SMTP "];
    for (mail, protocol) in got.iter().zip(protocols) {
        let whole = String::from_utf8(unstuffed(&mail.data)).expect("text");
        assert!(whole.contains(&format!("(Sekisho) with {protocol}")), "no {protocol} in {whole}");
    }
    let said = outside.commands().join("\n");
    assert!(said.contains("BODY=8BITMIME") && said.contains("SMTPUTF8"), "{said}");
    serving.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs swaks"]
async fn swaks_pipelined_and_in_tls() {
    let outside = FakeHop::good().await;
    let folder = tempfile::tempdir().expect("a folder");
    let house = Installation::new(&outside.url(), &certificate(folder.path()));
    let serving = house.serve().await;
    let ways: [&[&str]; 4] = [&[], &["--pipeline"], &["--tls"], &["--tls", "--pipeline"]];
    for (n, way) in ways.into_iter().enumerate() {
        let id = format!("swaks-{n}");
        let body = format!("{n}\r\n.\r\n終わり\r\n");
        let rcpts = ["a@example.org".to_string(), "b@example.org".to_string()];
        let said = swaks(house.address, &rcpts, &message(&id, "a@example.org", "x", &body), way).await;
        assert_eq!(said.contains("TLS started"), way.contains(&"--tls"), "{said}");
        let got = arrives(&id, &outside, |m| String::from_utf8_lossy(&m.data).contains(&id)).await;
        assert_eq!(got.rcpts, rcpts);
        assert_eq!(parts(&got.content()).1, body.as_bytes());
    }
    serving.stop().await;
    assert_eq!(mails(&outside).len(), 4);
}
