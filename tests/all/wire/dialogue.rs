//! Mail that passes, and what each side hears of it.

use std::time::Duration;

use next_hop::{self, NextHop};
use smtp::envelope::{Envelope, Recipient};

use crate::support::client::Client;
use crate::support::fake_hop::{Act, FakeHop, Stage};
use crate::support::gate::{Gate, options};

#[tokio::test]
async fn a_message_passes_byte_for_byte_after_one_received_line() {
    let hop = FakeHop::good().await;
    let gate = Gate::before(&hop.url()).await;
    let mut client = Client::hello(gate.address).await;
    let long = "x".repeat(20_000);
    let text = format!(
        "Subject: \u{e9}\r\n\r\n..stuffed\r\n\u{65e5}\u{672c} {long}\r\n\ttab \x0b\r\n\r\n...\r\nend.\r\n"
    );
    for message in ["", "\r\n", "a: b\r\n", &text] {
        let (code, reply) = client.message(format!("{message}.\r\n")).await;
        assert_eq!((code, reply.as_str()), (250, "250 2.0.0 Ok: taken\r\n"));
        let taken = hop.messages().pop().unwrap();
        let data = String::from_utf8(taken.data).unwrap();
        let rest = data.strip_prefix("Received: from client.example (unknown [127.0.0.1])\r\n\tby gate.example (Sekisho) with ESMTP id ").unwrap();
        let mut lines = rest.splitn(3, "\r\n");
        assert_eq!(lines.next().unwrap().len(), 13, "an id and a semicolon");
        assert!(lines.next().unwrap().ends_with(" +0000"));
        assert_eq!(lines.next().unwrap(), message);
        assert_eq!((taken.from.as_str(), taken.rcpts), ("a@example.com", vec!["b@example.org".to_string()]));
    }
    assert_eq!(client.say("QUIT").await.0, 221);
    assert!(client.is_closed().await);
    assert_eq!(hop.connections(), 1, "one connection carries them all");
}

#[tokio::test]
async fn a_pipelined_batch_goes_on_as_a_batch_and_replies_come_in_order() {
    let hop = FakeHop::start(|_, stage| match stage {
        Stage::Rcpt(to) if to.starts_with("no") => Act::Say("550 5.1.1 No such user\r\n"),
        Stage::Rcpt(to) if to.starts_with("later") => Act::Say("450 4.2.1 Try later\r\n"),
        _ => Act::Good,
    })
    .await;
    let gate = Gate::before(&hop.url()).await;
    let mut client = Client::hello(gate.address).await;
    client
        .send(
            "MAIL FROM:<a@example.com> SIZE=10 BODY=8BITMIME RET=HDRS\r\nRCPT TO:<no1@example.org>\r\nRCPT TO:<b@example.org> NOTIFY=NEVER\r\n\
             RCPT TO:<bad syntax>\r\nRCPT TO:<later@example.org>\r\nRCPT TO:<\"c d\"@example.org>\r\nDATA\r\n",
        )
        .await;
    let mut codes = Vec::new();
    for _ in 0..7 {
        codes.push(client.reply().await.0);
    }
    assert_eq!(codes, [250, 550, 250, 501, 450, 250, 354]);
    client.send("x: y\r\n.\r\nMAIL FROM:<>\r\nRSET\r\nQUIT\r\n").await;
    for code in [250, 250, 250, 221] {
        assert_eq!(client.reply().await.0, code);
    }
    let message = hop.messages().pop().unwrap();
    assert_eq!(message.rcpts, ["b@example.org", "\"c d\"@example.org"]);
    let reads = hop.reads();
    let batch = "MAIL FROM:<a@example.com> SIZE=10 BODY=8BITMIME RET=HDRS\r\nRCPT TO:<no1@example.org>\r\nRCPT TO:<b@example.org> NOTIFY=NEVER\r\n";
    assert!(reads.contains(&batch.to_string()), "MAIL and RCPTs in one read: {reads:?}");
    assert!(hop.commands().contains(&"MAIL FROM:<>".to_string()), "the null sender passes");
    assert!(hop.commands().contains(&"RSET".to_string()));
}

#[tokio::test]
async fn a_next_hop_without_pipelining_hears_one_command_at_a_time() {
    let hop = FakeHop::start_with(|_, _| Act::Good, "", None).await;
    let gate = Gate::before(&hop.url()).await;
    let mut client = Client::hello(gate.address).await;
    client.send("MAIL FROM:<a@example.com> SIZE=10\r\nRCPT TO:<b@example.org>\r\nRCPT TO:<c@example.org>\r\nDATA\r\n").await;
    for code in [250, 250, 250, 354] {
        assert_eq!(client.reply().await.0, code);
    }
    let expected =
        ["MAIL FROM:<a@example.com>\r\n", "RCPT TO:<b@example.org>\r\n", "RCPT TO:<c@example.org>\r\n"];
    assert!(hop.reads().ends_with(&expected.map(String::from)), "and no SIZE: {:?}", hop.reads());
}

#[tokio::test]
async fn many_recipients_pass_in_windows() {
    let hop = FakeHop::start(|_, stage| match stage {
        Stage::Rcpt(to) if to.starts_with("r7") => Act::Say("550 5.1.1 No\r\n"),
        _ => Act::Good,
    })
    .await;
    let gate = Gate::before(&hop.url()).await;
    let mut client = Client::hello(gate.address).await;
    let rcpts: String = (0..1000).map(|i| format!("RCPT TO:<r{i}@example.org>\r\n")).collect();
    client.send(format!("MAIL FROM:<a@example.com>\r\n{rcpts}DATA\r\n")).await;
    assert_eq!(client.reply().await.0, 250);
    for i in 0..1000 {
        let expected = if i.to_string().starts_with('7') { 550 } else { 250 };
        assert_eq!(client.reply().await.0, expected, "{i}");
    }
    assert_eq!(client.reply().await.0, 354);
    client.send("x: y\r\n.\r\n").await;
    assert_eq!(client.reply().await.0, 250);
    assert_eq!(hop.messages()[0].rcpts.len(), 889);
}

#[tokio::test]
async fn only_what_the_next_hop_can_do_is_offered_and_taken() {
    let hop = FakeHop::start_with(|_, _| Act::Good, "PIPELINING\n8BITMIME", None).await;
    let gate = Gate::before(&hop.url()).await;
    let mut client = Client::connect(gate.address).await;
    client.reply().await;
    let (_, reply) = client.say("EHLO client.example").await;
    let mut offered: Vec<&str> = reply.lines().map(|l| &l[4..]).collect();
    offered.sort_unstable();
    assert_eq!(offered, ["8BITMIME", "ENHANCEDSTATUSCODES", "PIPELINING", "SIZE 52428800", "gate.example"]);
    for params in ["SMTPUTF8", "RET=FULL", "ENVID=1", "AUTH=<>", "BODY=BINARYMIME", "FOO=bar"] {
        assert_eq!(client.say(&format!("MAIL FROM:<a@example.com> {params}")).await.0, 555, "{params}");
    }
    assert_eq!(client.say("MAIL FROM:<a@example.com> SIZE=99999999999").await.0, 552);
    assert_eq!(client.say("MAIL FROM:<a@example.com> BODY=8BITMIME").await.0, 250);
    assert_eq!(client.say("RCPT TO:<b@example.org> NOTIFY=NEVER").await.0, 555);
    assert_eq!(client.say("RCPT TO:<b@example.org>").await.0, 250);
    let heard = hop.commands();
    assert_eq!(
        heard,
        ["EHLO gate.example", "MAIL FROM:<a@example.com> BODY=8BITMIME", "RCPT TO:<b@example.org>"]
    );
}

#[tokio::test]
async fn commands_out_of_order_are_told_so_and_never_reach_the_next_hop() {
    let hop = FakeHop::good().await;
    let gate = Gate::before(&hop.url()).await;
    let mut client = Client::connect(gate.address).await;
    client.reply().await;
    for (line, code) in [
        ("MAIL FROM:<a@example.com>", 503),
        ("HELO client.example", 250),
        ("MAIL FROM:<a@example.com> SIZE=1", 555),
        ("RCPT TO:<b@example.org>", 503),
        ("DATA", 503),
        ("NOOP x", 250),
        ("VRFY a", 252),
        ("HELP", 214),
        ("EXPN a", 502),
        ("BDAT 5 LAST", 502),
        ("STARTTLS", 502),
        ("XCLIENT ADDR=192.0.2.1", 550),
        ("XFORWARD ADDR=192.0.2.1", 550),
        ("WHAT", 500),
    ] {
        assert_eq!(client.say(line).await.0, code, "{line}");
    }
    assert!(hop.commands().iter().all(|c| c.starts_with("EHLO")));
    assert_eq!(client.say("MAIL FROM:<a@example.com>").await.0, 250);
    assert_eq!(client.say("MAIL FROM:<x@example.com>").await.0, 503);
    assert_eq!(client.say("DATA").await.0, 554, "no recipient");
    assert_eq!(client.say("EHLO client.example").await.0, 250);
    assert_eq!(client.say("RCPT TO:<b@example.org>").await.0, 503, "EHLO ended the transaction");
    assert_eq!(hop.commands().last().unwrap(), "RSET", "at the next hop too");
}

#[tokio::test]
async fn a_message_that_follows_a_refused_data_is_not_taken_for_commands() {
    let hop = FakeHop::good().await;
    let gate = Gate::before(&hop.url()).await;
    let mut client = Client::hello(gate.address).await;
    client.send("DATA\r\nMAIL FROM:<evil@example.com>\r\nRCPT TO:<b@example.org>\r\n.\r\n").await;
    assert_eq!(client.reply().await.0, 503);
    assert_eq!(client.reply().await.0, 421);
    assert!(client.is_closed().await);
    assert!(!hop.commands().iter().any(|c| c.starts_with("MAIL")));
}

#[tokio::test]
async fn xclient_changes_who_the_client_is() {
    let hop = FakeHop::good().await;
    let (mut receive, mut next) = options();
    receive.xclient_peers = toml::Value::from(vec!["127.0.0.1"]).try_into().unwrap();
    receive.xforward_peers = receive.xclient_peers.clone();
    next.url = hop.url();
    let gate = Gate::start(receive, next).await;
    let mut client = Client::connect(gate.address).await;
    client.reply().await;
    let (_, reply) = client.say("EHLO proxy.example").await;
    assert!(
        reply.contains("XCLIENT NAME ADDR PORT PROTO HELO LOGIN") && reply.contains("XFORWARD NAME ADDR")
    );
    assert_eq!(client.say("XCLIENT HELO=a+0D+0ARSET").await.0, 501);
    assert_eq!(client.say("XCLIENT NAME=pc.example ADDR=203.0.113.7 LOGIN=taro HELO=pc").await.0, 220);
    assert_eq!(client.say("MAIL FROM:<a@example.com>").await.0, 503, "EHLO is forgotten");
    assert_eq!(client.say("EHLO proxy.example").await.0, 250);
    assert_eq!(client.say("XFORWARD ADDR=198.51.100.1 IDENT=1").await.0, 250);
    assert_eq!(client.say("MAIL FROM:<a@example.com>").await.0, 250);
    assert_eq!(client.say("XCLIENT ADDR=127.0.0.1").await.0, 503, "not within a transaction");
    assert_eq!(client.say("RSET").await.0, 250);
    assert_eq!(client.message("a: b\r\n.\r\n").await.0, 250);
    let data = String::from_utf8(hop.messages().pop().unwrap().data).unwrap();
    assert!(data.starts_with("Received: from pc (pc.example [203.0.113.7])\r\n"), "{data}");
    // Without a login, an outside client stays outside.
    assert_eq!(client.say("XCLIENT ADDR=203.0.113.7 LOGIN=[UNAVAILABLE]").await.0, 554);
    assert!(client.is_closed().await);
}

#[tokio::test]
async fn strangers_are_turned_away_at_once() {
    let (mut receive, hop) = options();
    receive.trusted_networks = receive::Networks::default();
    let hop = next_hop::Options { url: "smtp://127.0.0.1:1".into(), ..hop };
    let gate = Gate::start(receive, hop).await;
    let mut client = Client::connect(gate.address).await;
    assert_eq!(client.reply().await, (554, "554 5.7.1 Access denied\r\n".into()));
    assert!(client.is_closed().await);
}

#[tokio::test]
async fn a_session_is_lent_back_while_its_client_is_silent() {
    let hop = FakeHop::good().await;
    let (mut receive, mut next) = options();
    receive.rest_after = Duration::from_millis(30);
    next.url = hop.url();
    let gate = Gate::start(receive, next).await;
    let mut clients = Vec::new();
    for _ in 0..4 {
        let mut client = Client::hello(gate.address).await;
        assert_eq!(client.message("a: b\r\n.\r\n").await.0, 250);
        tokio::time::sleep(Duration::from_millis(100)).await;
        clients.push(client);
    }
    assert_eq!(hop.connections(), 1, "four clients, one after the other, need one connection");
    for client in &mut clients {
        assert_eq!(client.message("a: b\r\n.\r\n").await.0, 250, "and each can go on");
    }
    assert_eq!(hop.messages().len(), 8);
}

#[tokio::test]
async fn connections_with_nothing_to_do_are_closed_in_time() {
    let hop = FakeHop::good().await;
    let (mut receive, mut next) = options();
    receive.rest_after = Duration::from_millis(10);
    next.url = hop.url();
    next.pool_idle = Duration::from_millis(100);
    next.pool_size = 2;
    let gate = Gate::start(receive, next).await;
    let mut clients = Vec::new();
    for _ in 0..3 {
        clients.push(Client::hello(gate.address).await);
    }
    for client in &mut clients {
        client.begin().await;
    }
    for client in &mut clients {
        client.send("a: b\r\n.\r\n").await;
        assert_eq!(client.reply().await.0, 250);
    }
    let quits = || hop.commands().iter().filter(|c| *c == "QUIT").count();
    tokio::time::sleep(Duration::from_millis(60)).await;
    assert_eq!((hop.connections(), quits()), (3, 1), "two are kept, the third has no place");
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(quits(), 3, "and nobody needed them");
    assert_eq!(clients[0].message("a: b\r\n.\r\n").await.0, 250);
}

#[tokio::test]
async fn the_outbox_delivers_in_one_go() {
    let hop = FakeHop::start(|_, stage| match stage {
        Stage::Rcpt(to) if to.starts_with("no") => Act::Say("550-5.1.1 No\r\n550 5.1.1 such user\r\n"),
        Stage::Rcpt(to) if to.starts_with("break") => Act::Close,
        _ => Act::Good,
    })
    .await;
    let (_, options) = options();
    let next_hop = NextHop::new(&next_hop::Options { url: hop.url(), ..options }).unwrap();
    let envelope = |rcpts: &[&str]| Envelope {
        from: "a@example.com".into(),
        rcpts: rcpts.iter().map(|r| Recipient { address: r.to_string(), params: vec![] }).collect(),
        ..Envelope::default()
    };
    let done = next_hop
        .deliver(&envelope(&["no@example.org", "b@example.org"]), b"a: b\r\n\r\n.\r\n")
        .await
        .unwrap();
    assert_eq!((done.mail.code, done.data.map(|d| d.code)), (250, Some(250)));
    assert_eq!(done.rcpts[0].lines, ["5.1.1 No", "5.1.1 such user"]);
    assert_eq!(hop.messages()[0].data, b"a: b\r\n\r\n..\r\n");
    let done = next_hop.deliver(&envelope(&["no@example.org"]), b"a: b\r\n").await.unwrap();
    assert_eq!((done.rcpts[0].code, done.data), (550, None));
    let done =
        next_hop.deliver(&envelope(&["b@example.org", "break@example.org"]), b"a: b\r\n").await.unwrap();
    assert_eq!((done.rcpts[1].code, done.data.map(|d| d.code)), (451, Some(451)));
    let done = next_hop.deliver(&envelope(&["b@example.org>\r\nRSET"]), b"a: b\r\n").await.unwrap();
    assert_eq!((done.mail.code, done.data), (553, None));
    let done = next_hop.deliver(&envelope(&["b@example.org"]), b"bare\nlf\r\n").await.unwrap();
    assert_eq!(done.data.map(|d| d.code), Some(554));
    assert_eq!(hop.messages().len(), 1);
}

#[tokio::test]
async fn a_maildir_takes_mail() {
    let folder = tempfile::tempdir().unwrap();
    let gate = Gate::before(&format!("maildir:{}", folder.path().display())).await;
    let mut client = Client::connect(gate.address).await;
    client.reply().await;
    let (_, reply) = client.say("EHLO client.example").await;
    assert!(reply.contains("8BITMIME") && reply.contains("SMTPUTF8"));
    for i in 0..3 {
        assert_eq!(client.message(format!("Subject: {i}\r\n\r\n..\r\n.\r\n")).await.0, 250);
    }
    let mut seen: Vec<String> = std::fs::read_dir(folder.path().join("new"))
        .unwrap()
        .map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap())
        .collect();
    seen.sort_by_key(|text| text.split("Subject: ").nth(1).map(str::to_string));
    assert_eq!(seen.len(), 3);
    assert!(seen[0].starts_with(
        "Return-Path: <a@example.com>\r\nDelivered-To: b@example.org\r\nReceived: from client.example"
    ));
    assert!(seen[2].ends_with("\r\nSubject: 2\r\n\r\n.\r\n"));
}
