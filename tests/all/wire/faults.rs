//! A next hop that fails, in every way and at every stage: the client always gets the right reply,
//! and the next message is not the worse for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::support::client::Client;
use crate::support::fake_hop::{Act, FakeHop, Stage};
use crate::support::gate::{Gate, options};

/// One row for each stage: where the client hears of it, and the reply where the next hop refuses.
/// What the next hop merely gets wrong is always 451.
#[tokio::test]
async fn every_fault_at_every_stage_gets_the_right_reply() {
    let stages = [
        (Stage::Connect, "EHLO", 421),
        (Stage::Banner, "EHLO", 421),
        (Stage::Ehlo, "EHLO", 421),
        (Stage::Mail, "MAIL", 550),
        (Stage::Rcpt("b@example.org".into()), "RCPT", 550),
        (Stage::Data, "dot", 550),
        (Stage::Body, "dot", 550),
        (Stage::Dot, "dot", 550),
    ];
    let wrong = |stage: &Stage| match stage {
        Stage::Data => "250 2.0.0 Ok\r\n",
        Stage::Connect | Stage::Banner => "250 2.0.0 Ok\r\n",
        _ => "354 Go ahead\r\n",
    };
    let mut tried = 0;
    for (stage, heard_at, refusal) in &stages {
        let faults = [
            (Act::SayAndClose("550 5.7.1 No\r\n"), *refusal),
            (Act::Hang, 451),
            (Act::Say("\u{1f}%garbage\r\n"), 451),
            (Act::Say(wrong(stage)), 451),
            (Act::Close, 451),
            (Act::SayAndClose("421 4.3.2 Going down\r\n"), 451),
        ];
        for (fault, expected) in faults {
            // What the next hop can do is not known yet: EHLO could only say too little.
            let expected = if *heard_at == "EHLO" { 421 } else { expected };
            let what = format!("{fault:?} at {stage:?}");
            let healed = Arc::new(AtomicBool::new(false));
            let (at, heals) = (stage.clone(), healed.clone());
            let hop = FakeHop::start(move |_, now| {
                if *now == at && !heals.load(Ordering::SeqCst) { fault.clone() } else { Act::Good }
            })
            .await;
            let gate = Gate::before(&hop.url()).await;
            let mut client = Client::connect(gate.address).await;
            client.reply().await;
            let (at, code, reply) = transaction(&mut client).await;
            assert_eq!((at, code), (*heard_at, expected), "{what}: {reply}");
            assert!(!reply.contains(&hop.address.port().to_string()), "no inside in {reply}");
            // The next hop recovers: the same client's next message passes.
            healed.store(true, Ordering::SeqCst);
            if at == "EHLO" {
                // The question that hangs ends at its own deadline, and this client's is asked after it.
                tokio::time::sleep(Duration::from_millis(800)).await;
                client = Client::connect(gate.address).await;
                client.reply().await;
            } else {
                client.say("RSET").await;
            }
            assert_eq!(transaction(&mut client).await.1, 250, "after {what}");
            tried += 1;
        }
    }
    assert_eq!(tried, 48);
}

/// Sends one message; the command whose reply was the last one, and that reply.
async fn transaction(client: &mut Client) -> (&'static str, u16, String) {
    for (what, line, good) in [
        ("EHLO", "EHLO client.example", 250),
        ("MAIL", "MAIL FROM:<a@example.com>", 250),
        ("RCPT", "RCPT TO:<b@example.org>", 250),
        ("DATA", "DATA", 354),
    ] {
        let (code, reply) = client.say(line).await;
        if code != good {
            return (what, code, reply);
        }
    }
    client.send("a: b\r\n\r\ntext\r\n.\r\n").await;
    let (code, reply) = client.reply().await;
    ("dot", code, reply)
}

#[tokio::test]
async fn a_next_hop_that_went_down_is_451_at_mail() {
    let hop = FakeHop::start(|n, s| if n > 0 && *s == Stage::Connect { Act::Close } else { Act::Good }).await;
    let (receive, next) = options();
    let gate = Gate::start(receive, next_hop::Options { url: hop.url(), pool_size: 0, ..next }).await;
    let mut client = Client::hello(gate.address).await;
    client.send("MAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.org>\r\nDATA\r\n").await;
    let (code, reply) = client.reply().await;
    assert!(code == 451 && reply.starts_with("451 4.4.2 "), "{reply}");
    assert_eq!(client.reply().await.0, 451);
    assert_eq!(client.reply().await.0, 503);
}

#[tokio::test]
async fn a_lost_reply_to_the_dot_is_451_and_nothing_is_sent_twice() {
    let hop = FakeHop::start(|number, stage| match (number, stage) {
        (1, Stage::Dot) => Act::Close,
        _ => Act::Good,
    })
    .await;
    let (receive, next) = options();
    let gate = Gate::start(receive, next_hop::Options { url: hop.url(), pool_uses: 1, ..next }).await;
    let mut client = Client::hello(gate.address).await;
    assert_eq!(client.message("a: 1\r\n.\r\n").await.0, 250);
    assert_eq!(client.message("a: 2\r\n.\r\n").await.0, 451);
    assert_eq!(hop.connections(), 2, "no second try behind the client's back");
    assert_eq!(client.message("a: 3\r\n.\r\n").await.0, 250);
}

/// A connection that the next hop closed while nobody used it is replaced, whether the loss shows
/// at MAIL or at RCPT, with 421 or without a word.
#[tokio::test]
async fn a_stale_connection_is_replaced_unseen() {
    type At = fn(&Stage) -> bool;
    let faults: [(At, Act); 4] = [
        (|s| *s == Stage::Mail, Act::Close),
        (|s| *s == Stage::Mail, Act::SayAndClose("421 4.4.2 Timeout\r\n")),
        (|s| matches!(s, Stage::Rcpt(_)), Act::Close),
        (|s| matches!(s, Stage::Rcpt(_)), Act::SayAndClose("421 4.4.2 Timeout\r\n")),
    ];
    for (at, fault) in faults {
        let armed = Arc::new(AtomicBool::new(false));
        let (arms, acts) = (armed.clone(), fault.clone());
        let hop = FakeHop::start(move |number, stage| {
            if number == 0 && at(stage) && arms.load(Ordering::SeqCst) { acts.clone() } else { Act::Good }
        })
        .await;
        let gate = Gate::before(&hop.url()).await;
        let mut client = Client::hello(gate.address).await;
        assert_eq!(client.message("a: 1\r\n.\r\n").await.0, 250);
        armed.store(true, Ordering::SeqCst);
        assert_eq!(client.message("a: 2\r\n.\r\n").await.0, 250, "{fault:?}");
        assert_eq!((hop.connections(), hop.messages().len()), (2, 2));
    }
}

#[tokio::test]
async fn a_fault_after_a_recipient_was_answered_is_told() {
    let hop = FakeHop::start(|_, stage| match stage {
        Stage::Rcpt(to) if to.starts_with("c") => Act::Close,
        _ => Act::Good,
    })
    .await;
    let gate = Gate::before(&hop.url()).await;
    let mut client = Client::hello(gate.address).await;
    client
        .send("MAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.org>\r\nRCPT TO:<c@example.org>\r\nDATA\r\n")
        .await;
    for code in [250, 250, 451, 354] {
        assert_eq!(client.reply().await.0, code);
    }
    client.send("a: b\r\n.\r\n").await;
    assert_eq!(client.reply().await.0, 451, "the transaction was lost with the connection");
    assert!(hop.messages().is_empty());
}

#[tokio::test]
async fn what_the_next_hop_says_is_made_harmless() {
    let hop = FakeHop::start(|_, stage| match stage {
        Stage::Rcpt(_) => Act::Say("550-5.1.1 \u{1b}[31mred\u{7} \r250 2.1.5 Ok\r\n550 5.1.1 end\r\n"),
        _ => Act::Good,
    })
    .await;
    let gate = Gate::before(&hop.url()).await;
    let mut client = Client::hello(gate.address).await;
    client.say("MAIL FROM:<a@example.com>").await;
    let (code, reply) = client.say("RCPT TO:<b@example.org>").await;
    assert_eq!((code, reply.as_str()), (550, "550-5.1.1  [31mred   250 2.1.5 Ok\r\n550 5.1.1 end\r\n"));
    assert_eq!(client.say("NOOP").await.0, 250);
}

/// A next hop that says more than it was asked for has lost its place: every later reply would be
/// taken for that to the next command.
#[tokio::test]
async fn a_next_hop_out_of_step_is_not_followed() {
    let hop = FakeHop::start(|number, stage| match (number, stage) {
        (0, Stage::Mail) => Act::Say("250 2.1.0 Ok\r\n250 2.1.5 Ok too\r\n"),
        (0, Stage::Rcpt(_)) => Act::Say("550 5.1.1 No\r\n"),
        _ => Act::Good,
    })
    .await;
    let gate = Gate::before(&hop.url()).await;
    let mut client = Client::hello(gate.address).await;
    assert_eq!(client.say("MAIL FROM:<a@example.com>").await.0, 250);
    assert_eq!(client.say("RCPT TO:<b@example.org>").await.0, 451);
    assert_eq!(client.say("RSET").await.0, 250);
    assert_eq!(client.message("a: b\r\n.\r\n").await.0, 250);
}

#[tokio::test]
async fn a_refused_message_leaves_nothing_behind() {
    let hop = FakeHop::start(|_, stage| match stage {
        Stage::Data => Act::Say("554 5.5.1 Not you\r\n"),
        _ => Act::Good,
    })
    .await;
    let gate = Gate::before(&hop.url()).await;
    let mut client = Client::hello(gate.address).await;
    let (code, reply) = client.message("a: b\r\n.\r\n").await;
    assert_eq!((code, reply.as_str()), (554, "554 5.5.1 Not you\r\n"));
    assert_eq!(client.say("RCPT TO:<b@example.org>").await.0, 503);
    assert_eq!(client.say("DATA").await.0, 503);
    assert_eq!(hop.commands().last().unwrap(), "RSET");
}

#[tokio::test]
async fn a_next_hop_that_stops_reading_runs_into_a_deadline() {
    let hop = FakeHop::start(|_, stage| match stage {
        Stage::Body => Act::Hang,
        _ => Act::Good,
    })
    .await;
    let gate = Gate::before(&hop.url()).await;
    let mut client = Client::hello(gate.address).await;
    client.begin().await;
    client.send("a: b\r\n\r\n").await;
    let start = std::time::Instant::now();
    let block = "0123456789abcdef\r\n".repeat(1 << 16);
    for _ in 0..16 {
        client.send(&block).await;
    }
    client.send(".\r\n").await;
    assert_eq!(client.reply().await.0, 451);
    assert!(start.elapsed() < Duration::from_secs(8));
}
