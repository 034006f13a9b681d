//! Next hops and clients as other people's servers are: with other extensions, slow, without status
//! codes, of another mind about passwords, or this Sekisho itself.

use std::time::Duration;

use crate::support::client::Client;
use crate::support::fake_hop::{Act, FakeHop, Stage};
use crate::support::gate::{Gate, options};

/// EHLO's reply of a next hop that has lost its extensions.
const POOR: &str = "250-hop.example\r\n250 PIPELINING\r\n";

#[tokio::test]
async fn a_hop_that_cannot_be_asked_makes_clients_wait_and_one_that_was_once_met_does_not() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = nobody.local_addr().unwrap();
    drop(nobody);
    let gate = Gate::before(&format!("smtp://{address}")).await;
    let mut client = Client::connect(gate.address).await;
    client.reply().await;
    assert_eq!(client.say("EHLO client.example").await.0, 421);
    assert!(client.is_closed().await);

    let hop =
        FakeHop::start(|n, stage| if n > 0 && *stage == Stage::Banner { Act::Close } else { Act::Good });
    let gate = Gate::before(&hop.await.url()).await;
    Client::hello(gate.address).await;
    let mut client = Client::connect(gate.address).await;
    client.reply().await;
    let (code, offered) = client.say("EHLO client.example").await;
    assert_eq!(code, 250);
    for extension in ["8BITMIME", "SMTPUTF8", "DSN"] {
        assert!(offered.contains(extension), "{offered}");
    }
}

#[tokio::test]
async fn a_hop_that_is_slow_to_greet_is_known_to_the_next_client() {
    let slow = Duration::from_millis(500);
    let hop =
        FakeHop::start(move |_, s| if *s == Stage::Banner { Act::After(slow) } else { Act::Good }).await;
    let (receive, mut hop_options) = options();
    hop_options.url = hop.url();
    hop_options.probe_timeout = Duration::from_millis(100);
    hop_options.greeting_timeout = Duration::from_secs(5);
    let gate = Gate::start(receive, hop_options).await;
    let mut last = 0;
    for _ in 0..40 {
        let mut client = Client::connect(gate.address).await;
        client.reply().await;
        last = client.say("EHLO client.example").await.0;
        if last == 250 {
            break;
        }
        assert_eq!(last, 421);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!((last, hop.connections()), (250, 1), "one question at a time");
}

#[tokio::test]
async fn what_this_session_was_offered_and_the_hop_of_now_cannot_do_is_transient() {
    for mail in ["MAIL FROM:<a@example.com> SMTPUTF8", "MAIL FROM:<a@example.com> BODY=8BITMIME"] {
        let hop = FakeHop::start(|n, stage| match stage {
            Stage::Ehlo if n > 0 => Act::Say(POOR),
            Stage::Mail if n == 0 => Act::Close,
            _ => Act::Good,
        })
        .await;
        let gate = Gate::before(&hop.url()).await;
        let mut client = Client::hello(gate.address).await;
        let (code, reply) = client.say(mail).await;
        assert_eq!(code, 451, "{mail}: {reply}");
        // DSN is left out where it is not offered (RFC 3461 section 5.2.2), and the mail goes.
        assert_eq!(client.say("MAIL FROM:<a@example.com> RET=HDRS").await.0, 250);
        assert_eq!(client.say("RCPT TO:<b@example.org> NOTIFY=NEVER").await.0, 250);
        let commands = hop.commands();
        assert_eq!(commands.last().map(String::as_str), Some("RCPT TO:<b@example.org>"), "{commands:?}");
        // The next session is told what is.
        let mut client = Client::connect(gate.address).await;
        client.reply().await;
        assert!(!client.say("EHLO client.example").await.1.contains("SMTPUTF8"));
        assert_eq!(client.say(mail).await.0, 555);
    }
}

#[tokio::test]
async fn surplus_recipients_are_refused_for_as_long_as_it_takes() {
    let hop = FakeHop::good().await;
    let (mut receive, mut hop_options) = options();
    hop_options.url = hop.url();
    receive.max_recipients = 5;
    let gate = Gate::start(receive, hop_options).await;
    let mut client = Client::hello(gate.address).await;
    for round in 0..3 {
        assert_eq!(client.say("MAIL FROM:<a@example.com>").await.0, 250);
        for n in 0..60 {
            let code = client.say(&format!("RCPT TO:<b{n}@example.org>")).await.0;
            assert_eq!(code, if n < 5 { 250 } else { 452 }, "{round} {n}");
        }
        assert_eq!(client.say("DATA").await.0, 354);
        client.send("a: b\r\n\r\ntext\r\n.\r\n").await;
        assert_eq!(client.reply().await.0, 250);
    }
    assert_eq!(hop.messages().len(), 3);
}

#[tokio::test]
async fn errors_are_forgiven_after_a_good_mail_and_counted_by_kind() {
    let hop = FakeHop::good().await;
    let gate = Gate::before(&hop.url()).await;
    let mut client = Client::hello(gate.address).await;
    for round in 0..4 {
        for _ in 0..15 {
            assert_eq!(client.say("WHAT").await.0, 500, "{round}");
        }
        assert_eq!(client.say("MAIL FROM:<a@example.com>").await.0, 250);
        for n in 0..30 {
            assert_eq!(client.say("RCPT TO:<not an address>").await.0, 501, "{n}");
        }
        assert_eq!(client.say("RCPT TO:<b@example.org>").await.0, 250);
        assert_eq!(client.say("DATA").await.0, 354);
        client.send("a: b\r\n\r\ntext\r\n.\r\n").await;
        assert_eq!(client.reply().await.0, 250);
    }
    for n in 0..=20 {
        assert_eq!(client.say("WHAT").await.0, 500, "{n}");
    }
    assert_eq!(client.reply().await.0, 421);
}

#[tokio::test]
async fn any_2xx_of_the_hop_is_a_yes() {
    let hop = FakeHop::start(|_, stage| match stage {
        Stage::Mail => Act::Say("250 OK\r\n"),
        Stage::Rcpt(to) if to.starts_with('c') => Act::Say("251 will forward\r\n"),
        Stage::Rcpt(to) if to.starts_with('d') => Act::Say("550 \u{540d}\u{524d}\u{2013}no\r\n"),
        Stage::Rcpt(_) => Act::Say("252 cannot verify\r\n"),
        Stage::Dot => Act::Say("252 2.0.0 ok queued\r\n"),
        _ => Act::Good,
    })
    .await;
    let gate = Gate::before(&hop.url()).await;
    let mut client = Client::hello(gate.address).await;
    let said = |line: &str| format!("{line}\r\n");
    assert_eq!(client.say("MAIL FROM:<a@example.com>").await.1, said("250 2.1.0 OK"));
    assert_eq!(client.say("RCPT TO:<b@example.org>").await.1, said("250 2.1.5 cannot verify"));
    assert_eq!(client.say("RCPT TO:<c@example.org>").await.1, said("251 2.1.5 will forward"));
    assert_eq!(client.say("RCPT TO:<d@example.org>").await.1, said("550 5.0.0 ??-no"));
    assert_eq!(client.say("DATA").await.0, 354);
    client.send("a: b\r\n\r\ntext\r\n.\r\n").await;
    assert_eq!(client.reply().await.1, said("250 2.0.0 ok queued"));
}

#[tokio::test]
async fn a_computer_s_name_in_another_code_page_is_taken() {
    let hop = FakeHop::good().await;
    let (mut receive, mut hop_options) = options();
    hop_options.url = hop.url();
    receive.xforward_peers = receive.trusted_networks.clone();
    let gate = Gate::start(receive, hop_options).await;
    let mut client = Client::connect(gate.address).await;
    client.reply().await;
    client.send(b"EHLO \x93\x63\x92\x86PC\r\n").await;
    assert_eq!(client.reply().await.0, 250);
    assert_eq!(client.message("a: b\r\n\r\ntext\r\n.\r\n").await.0, 250);
    assert_eq!(client.say("XFORWARD HELO=+93+63+92+86").await.0, 250);
    let message = hop.messages().remove(0);
    let text = String::from_utf8_lossy(&message.data).into_owned();
    assert!(text.contains("from ?c??PC"), "{text}");
}

#[tokio::test]
async fn a_hop_that_greets_as_this_sekisho_is_no_hop() {
    let hop = FakeHop::start(|_, stage| match stage {
        Stage::Banner => Act::Say("220 gate.example ESMTP Sekisho\r\n"),
        _ => Act::Good,
    })
    .await;
    let gate = Gate::before(&hop.url()).await;
    for _ in 0..3 {
        let mut client = Client::connect(gate.address).await;
        client.reply().await;
        assert_eq!(client.say("EHLO client.example").await.0, 421);
    }
    assert!(!hop.commands().iter().any(|c| c.starts_with("EHLO")), "{:?}", hop.commands());
}

#[tokio::test]
async fn two_doors_that_face_each_other_do_not_run_away() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let second = free.local_addr().unwrap();
    drop(free);
    let first = Gate::before(&format!("smtp://{second}")).await;
    let (mut receive, mut hop_options) = options();
    receive.listen = vec![second];
    receive.hostname = Some("other.example".into());
    hop_options.url = format!("smtp://{}", first.address);
    let _second = Gate::start(receive, hop_options).await;
    let mut client = Client::connect(first.address).await;
    client.reply().await;
    assert_eq!(client.say("EHLO client.example").await.0, 421);
}

#[tokio::test]
async fn a_refused_password_is_not_tried_again_at_every_mail() {
    let hop = FakeHop::start_with(
        |_, stage| match stage {
            Stage::Auth => Act::Say("535 5.7.8 no\r\n"),
            _ => Act::Good,
        },
        "PIPELINING\nAUTH PLAIN",
        None,
    )
    .await;
    let folder = tempfile::tempdir().unwrap();
    let password = folder.path().join("password");
    std::fs::write(&password, "secret\n").unwrap();
    let (receive, mut hop_options) = options();
    hop_options.url = hop.url();
    hop_options.username = Some("sekisho".into());
    hop_options.password_file = Some(password);
    let gate = Gate::start(receive, hop_options).await;
    for _ in 0..5 {
        let mut client = Client::connect(gate.address).await;
        client.reply().await;
        assert_eq!(client.say("EHLO client.example").await.0, 421);
    }
    let tried = hop.commands().iter().filter(|c| c.starts_with("AUTH")).count();
    assert_eq!(tried, 1, "{:?}", hop.commands());
}
