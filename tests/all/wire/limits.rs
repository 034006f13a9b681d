//! Caps and deadlines: what is too much, too long or too slow is told so, and good mail goes on.

use std::time::Duration;

use receive::{self, ByteSize};

use crate::support::client::Client;
use crate::support::fake_hop::FakeHop;
use crate::support::gate::{Gate, options};

async fn gate(hop: &FakeHop, change: impl FnOnce(&mut receive::Options)) -> Gate {
    let (mut receive, next) = options();
    change(&mut receive);
    Gate::start(receive, next_hop::Options { url: hop.url(), ..next }).await
}

fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

#[tokio::test]
async fn what_is_too_big_is_552_here_and_reset_there() {
    let hop = FakeHop::good().await;
    let gate = gate(&hop, |o| o.max_message_size = ByteSize(10_000)).await;
    let mut client = Client::hello(gate.address).await;
    assert_eq!(client.say("MAIL FROM:<a@example.com> SIZE=10001").await.0, 552);
    assert_eq!(client.say("RCPT TO:<b@example.org>").await.0, 503);
    let line = "0123456789\r\n";
    assert_eq!(client.message(format!("{}.\r\n", line.repeat(100_000))).await.0, 552);
    assert_eq!(client.say("RCPT TO:<b@example.org>").await.0, 503);
    assert_eq!(client.say("DATA").await.0, 503);
    assert_eq!(hop.commands().last().unwrap(), "RSET");
    assert_eq!(client.message(format!("{}.\r\n", line.repeat(800))).await.0, 250);
    assert_eq!(hop.messages().len(), 1);
}

#[tokio::test]
async fn loops_headers_and_lines_have_their_limits() {
    let hop = FakeHop::good().await;
    let gate = gate(&hop, |o| {
        o.max_hops = 3;
        o.max_header_fields = 20;
        o.max_header_size = ByteSize(2_000);
        o.max_line = ByteSize(1_500);
        o.max_recipients = 2;
    })
    .await;
    let mut client = Client::hello(gate.address).await;
    let received = |n| format!("{}\r\n.\r\n", "Received: from x\r\n".repeat(n));
    assert_eq!(client.message(received(3)).await.0, 250);
    let (code, reply) = client.message(received(4)).await;
    assert!(code == 554 && reply.starts_with("554 5.4.6 "), "{reply}");
    assert_eq!(client.message(format!("{}\r\n.\r\n", "a: b\r\n".repeat(21))).await.0, 552);
    assert_eq!(
        client.message(format!("{}\r\n.\r\n", format!("a: {}\r\n", "b".repeat(400)).repeat(6))).await.0,
        552
    );
    assert_eq!(client.message(format!("a: b\r\n\r\n{}\r\n.\r\n", "x".repeat(1_500))).await.0, 250);
    assert_eq!(client.message(format!("a: b\r\n\r\n{}\r\n.\r\n", "x".repeat(1_501))).await.0, 554);
    client.send("MAIL FROM:<a@example.com>\r\n".to_string() + &"RCPT TO:<b@example.org>\r\n".repeat(3)).await;
    for code in [250, 250, 250, 452] {
        assert_eq!(client.reply().await.0, code);
    }
}

#[tokio::test]
async fn command_lines_are_bounded_and_must_end_in_crlf() {
    let hop = FakeHop::good().await;
    let gate = gate(&hop, |o| o.max_errors = 4).await;
    let mut client = Client::hello(gate.address).await;
    client.send("NOOP ".to_string() + &"x".repeat(1 << 20) + "\r\nNOOP\r\n").await;
    assert_eq!(client.reply().await.0, 500);
    assert_eq!(client.reply().await.0, 250);
    client.send("MAIL FROM:<a@example.com>\nRCPT TO:<b@example.org>\r\n").await;
    assert_eq!(client.reply().await.0, 500);
    assert_eq!(client.reply().await.0, 503);
    assert_eq!(client.say("WHAT").await.0, 500);
    assert_eq!(client.say("WHAT").await.0, 500);
    assert_eq!(client.reply().await.0, 421, "too many errors");
    assert!(client.is_closed().await);
}

#[tokio::test]
async fn connections_are_capped_in_all_and_per_address() {
    let hop = FakeHop::good().await;
    for cap in [true, false] {
        let gate = gate(&hop, |o| {
            if cap {
                o.max_connections = 2;
            } else {
                o.max_connections_per_address = 2;
            }
        })
        .await;
        let first = Client::hello(gate.address).await;
        let _second = Client::hello(gate.address).await;
        let mut third = Client::connect(gate.address).await;
        assert_eq!(third.reply().await.0, 421);
        assert!(third.is_closed().await);
        drop(first);
        let mut tries = 0;
        while Client::connect(gate.address).await.reply().await.0 != 220 {
            tries += 1;
            assert!(tries < 100, "a seat that is given up is free again");
            tokio::time::sleep(ms(10)).await;
        }
    }
}

#[tokio::test]
async fn messages_share_a_cap_on_memory() {
    let hop = FakeHop::good().await;
    let gate = gate(&hop, |o| o.max_memory = ByteSize(256 << 10)).await;
    let mut client = Client::hello(gate.address).await;
    let big = "0123456789abcdef\r\n".repeat(40_000);
    let (code, reply) = client.message(format!("{big}.\r\n")).await;
    assert!(code == 452 && reply.starts_with("452 4.3.1 "), "{reply}");
    for _ in 0..20 {
        assert_eq!(client.message("a: b\r\n.\r\n").await.0, 250, "what was taken is given back");
    }
}

#[tokio::test]
async fn slow_clients_meet_their_deadlines() {
    let hop = FakeHop::good().await;
    let gate = gate(&hop, |o| {
        o.command_timeout = ms(400);
        o.data_timeout = ms(400);
        o.message_timeout = ms(1000);
    })
    .await;
    // Silent, or dripping a command: the deadline is the command's, not the byte's.
    let mut silent = Client::hello(gate.address).await;
    let mut dripping = Client::hello(gate.address).await;
    let drip = tokio::spawn(async move {
        for _ in 0..40 {
            if dripping.try_send("N").await.is_err() {
                break;
            }
            tokio::time::sleep(ms(20)).await;
        }
        dripping.reply().await
    });
    assert_eq!(silent.reply().await.0, 421);
    assert!(silent.is_closed().await);
    assert_eq!(drip.await.unwrap().0, 421);

    // In a message: silent, or dripping for too long in all.
    let mut silent = Client::hello(gate.address).await;
    silent.begin().await;
    silent.send("a: b\r\n").await;
    assert_eq!(silent.reply().await.0, 421);
    let mut dripping = Client::hello(gate.address).await;
    dripping.begin().await;
    let start = std::time::Instant::now();
    let drip = tokio::spawn(async move {
        for _ in 0..100 {
            if dripping.try_send("x").await.is_err() {
                break;
            }
            tokio::time::sleep(ms(20)).await;
        }
        dripping.reply().await
    });
    let mut good = Client::hello(gate.address).await;
    assert_eq!(good.message("a: b\r\n.\r\n").await.0, 250, "good mail is served meanwhile");
    assert_eq!(drip.await.unwrap().0, 421);
    assert!(start.elapsed() >= ms(1000));
    assert_eq!(hop.messages().len(), 1);
    assert_eq!(
        hop.commands().iter().filter(|c| *c == "RSET").count(),
        2,
        "both were cleared at the next hop"
    );
}

#[tokio::test]
async fn a_stop_waits_for_the_reply_to_a_message_and_for_nothing_else() {
    let hop = FakeHop::good().await;
    let gate = gate(&hop, |_| ()).await;
    let address = gate.address;
    let mut idle = Client::hello(address).await;
    let mut busy = Client::hello(address).await;
    busy.begin().await;
    busy.send("a: b\r\n").await;
    tokio::time::sleep(ms(50)).await;
    gate.begin_stop();
    assert_eq!(idle.reply().await.0, 421);
    assert!(idle.is_closed().await);
    let mut late = Client::connect(address).await;
    assert_eq!(late.reply().await.0, 421, "nobody new");
    busy.send("\r\ntext\r\n.\r\n").await;
    assert_eq!(busy.reply().await.0, 250, "what was begun is finished");
    assert_eq!(busy.reply().await.0, 421);
    assert!(busy.is_closed().await);
    gate.stopped().await;
    assert_eq!(hop.messages().len(), 1);
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
}
