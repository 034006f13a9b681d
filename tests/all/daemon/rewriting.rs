//! A mail whose recipients are hidden: nobody's address is seen, the body is the same, a Bcc field
//! never leaves, and the signature is the organisation's own.

use crate::support::client::Client;
use crate::support::dkim;
use crate::support::fake_hop::{FakeHop, Message};
use crate::support::mail::{list, message, parts, strangers, stuffed};
use crate::support::program::{Extra, Installation};
use crate::support::shell;

const BODY: &str = "拝啓\r\n\r\n.先頭の点\r\n末尾の空白  \r\n\r\n敬具";

/// Sends it to 12 people outside and gives what the next hop took.
async fn through(house: &Installation, hop: &FakeHop, text: &str) -> Message {
    let mut client = Client::hello(house.address).await;
    assert_eq!(client.say("MAIL FROM:<soumu@city.example.jp> BODY=8BITMIME").await.0, 250);
    for address in strangers(12) {
        assert_eq!(client.say(&format!("RCPT TO:<{address}>")).await.0, 250);
    }
    assert_eq!(client.say("DATA").await.0, 354);
    client.send(stuffed(text.as_bytes())).await;
    let (code, reply) = client.reply().await;
    assert_eq!(code, 250, "{reply}");
    hop.messages().into_iter().rfind(Message::is_mail).expect("the next hop took it")
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_sees_the_others_and_the_body_is_the_same() {
    let hop = FakeHop::good().await;
    let house = Installation::new(&hop.url(), &Extra::default());
    let serving = house.serve().await;
    let text = message("rewrite-1", &list(&strangers(12)), "ご案内", BODY);
    let taken = through(&house, &hop, &text).await;
    assert_eq!(taken.rcpts, strangers(12), "the envelope stays");
    let (header, body) = parts(&taken.content());
    assert!(!header.contains("citizen"), "{header}");
    assert_eq!(body, format!("{BODY}\r\n").as_bytes());
    let decisions = house.audit("decision").await;
    assert_eq!(decisions[0]["action"], "rewrite");
    let cited = decisions[0]["rules"].to_string();
    assert!(cited.contains("exposed-recipients") && cited.contains("2023-116"), "{cited}");
    serving.stop().await;
    house.verify_audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bcc_field_never_leaves() {
    let hop = FakeHop::good().await;
    let house = Installation::new(&hop.url(), &Extra::default());
    let serving = house.serve().await;
    let fields = [
        "Bcc: himitsu@example.org",
        "bcc:himitsu@example.org",
        "BCC : himitsu@example.org",
        "Bcc:\r\n himitsu@example.org,\r\n\thimitsu2@example.org",
        "Bcc: a@city.example.jp\r\nX-Between: 1\r\nBcc: himitsu@example.org",
        "Resent-Bcc: himitsu@example.org",
    ];
    for (n, field) in fields.into_iter().enumerate() {
        let text = message(&format!("bcc-{n}"), "b@example.org", &format!("x\r\n{field}"), BODY);
        let mut client = Client::hello(house.address).await;
        let (code, reply) = client.message(stuffed(text.as_bytes())).await;
        assert_eq!(code, 250, "{field}: {reply}");
        let mails = hop.messages().into_iter().filter(Message::is_mail).collect::<Vec<_>>();
        assert_eq!(mails.len(), n + 1, "{field}: {reply}");
        let (header, body) = parts(&mails[n].content());
        assert!(!header.contains("himitsu"), "{field} left: {header}");
        assert_eq!(mails[n].rcpts, ["b@example.org"], "the envelope stays");
        assert_eq!(body, format!("{BODY}\r\n").as_bytes());
    }
    serving.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bcc_field_alone_goes_where_nobody_else_is_in_sight() {
    let hop = FakeHop::good().await;
    let house = Installation::new(&hop.url(), &Extra::default());
    let serving = house.serve().await;
    let one = "\"B\" <b@example.org>";
    let two = "b@example.org, c@example.com";
    let inside = "b@example.org,\r\n kikaku@city.example.jp";
    for (n, (to, stays)) in [(one, true), (inside, true), (two, false)].into_iter().enumerate() {
        let subject = "x\r\nBcc: himitsu@example.org".to_string();
        let text = message(&format!("alone-{n}"), to, &subject, BODY);
        let mut client = Client::hello(house.address).await;
        assert_eq!(client.say("MAIL FROM:<soumu@city.example.jp> BODY=8BITMIME").await.0, 250);
        assert_eq!(client.say("RCPT TO:<b@example.org>").await.0, 250);
        assert_eq!(client.say("DATA").await.0, 354);
        client.send(stuffed(text.as_bytes())).await;
        assert_eq!(client.reply().await.0, 250);
        let mail = hop.messages().into_iter().rfind(Message::is_mail).expect("it left");
        let content = String::from_utf8(mail.content()).expect("text");
        assert!(!content.contains("himitsu") && !content.contains("Bcc:"), "{content}");
        let whole = text.replace("\r\nBcc: himitsu@example.org", "") + "\r\n";
        assert_eq!(content == whole, stays, "{to}: {content}");
        assert!(!content.contains("c@example.com"), "{content}");
    }
    let decisions = house.audit("decision").await;
    assert!(decisions.iter().all(|d| d["action"] == "rewrite"), "{decisions:?}");
    // The sender hears of what was done, and of nothing else.
    let told = shell::until("three notices", async || {
        let notices: Vec<_> = hop.messages().into_iter().filter(|m| !m.is_mail()).collect();
        (notices.len() == 3).then_some(notices)
    })
    .await;
    let subject = |m: &Message| {
        let content = m.content();
        let parsed = mail_parser::MessageParser::default().parse(&content).expect("a notice");
        parsed.subject().unwrap_or_default().to_string()
    };
    let subjects: Vec<String> = told.iter().map(subject).collect();
    let of_the_field = subjects.iter().filter(|s| s.contains("Bcc欄を取り除いて送信しました"));
    assert_eq!(of_the_field.count(), 2, "{subjects:?}");
    serving.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_signature_is_replaced_by_the_organisations_own() {
    let hop = FakeHop::good().await;
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ED25519).expect("a key");
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("dkim.pem");
    std::fs::write(&file, key.serialize_pem()).expect("a file");
    let sections = format!(
        "[dkim]\ndomain = \"city.example.jp\"\nselector = \"s1\"\nkey_file = \"{}\"\n",
        file.display()
    );
    let house = Installation::new(&hop.url(), &Extra { sections, ..Extra::default() });
    let serving = house.serve().await;
    let old = "DKIM-Signature: v=1; a=rsa-sha256; d=city.example.jp; s=old;\r\n h=From:To:Subject; bh=eA==; b=eQ==\r\n";
    let text = format!("{old}{}", message("rewrite-2", &list(&strangers(12)), "x", BODY));
    let taken = through(&house, &hop, &text).await;
    assert!(!String::from_utf8_lossy(&taken.data).contains("s=old"), "the broken signature left");

    let public = key.public_key_raw();
    let content = taken.content();
    assert!(dkim::holds(&content, public), "{}", String::from_utf8_lossy(&content));
    let spoilt = String::from_utf8(content).expect("text").replace("敬具", "不備");
    assert!(!dkim::holds(spoilt.as_bytes(), public), "it covers the body");
    let notes = house.audit("decision").await[0]["notes"].to_string();
    assert!(notes.contains("dkim: re-signed city.example.jp/s1"), "{notes}");
    serving.stop().await;
}
