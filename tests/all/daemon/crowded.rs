//! Many clients at the same time, most of them up to no good: good mail goes on, and what ran out comes
//! back.

use rustix::process::{Pid, Resource, Rlimit, prlimit};
use std::time::Duration;

use tokio::task::JoinSet;

use crate::support::client::Client;
use crate::support::fake_hop::{FakeHop, Message};
use crate::support::mail::{message, stuffed};
use crate::support::program::{Extra, Installation, LENIENT};
use crate::support::shell;

/// Lets this process have so many descriptors.
pub fn may_open(files: u64) {
    let limit = rlimit::increase_nofile_limit(files).expect("a limit");
    assert!(limit >= files, "this test needs {files} descriptors; the system allows {limit}");
}

/// A client that promises much, sends little, drips on and never ends.
async fn drip(address: std::net::SocketAddr) -> Client {
    let mut client = Client::hello(address).await;
    assert_eq!(client.say("MAIL FROM:<a@example.com> SIZE=40000000").await.0, 250);
    assert_eq!(client.say("RCPT TO:<b@example.org>").await.0, 250);
    assert_eq!(client.say("DATA").await.0, 354);
    client.send("a: b\r\n").await;
    client
}

#[tokio::test(flavor = "multi_thread")]
async fn good_mail_is_served_beside_a_thousand_slow_clients() {
    const SLOW: usize = 1_000;
    may_open(4_000);
    let hop = FakeHop::good().await;
    let house = Installation::new(&hop.url(), &Extra { rules: Some(LENIENT), ..Extra::default() });
    let serving = house.serve().await;
    let mut coming = JoinSet::new();
    let mut slow = Vec::new();
    for n in 0..SLOW {
        let address = house.address;
        coming.spawn(async move { drip(address).await });
        if n % 20 == 19 {
            while let Some(client) = coming.join_next().await {
                slow.push(client.expect("a slow client is let in"));
            }
        }
    }
    let dripping: Vec<_> = slow
        .into_iter()
        .map(|mut client| {
            tokio::spawn(async move {
                while client.try_send("x").await.is_ok() {
                    tokio::time::sleep(Duration::from_millis(500)).await;
                }
            })
        })
        .collect();
    let mut good = Client::hello(house.address).await;
    for n in 0..20 {
        let text = message(&format!("crowd-{n}"), "b@example.org", "x", &"text\r\n".repeat(5_000));
        let (code, reply) = good.message(stuffed(text.as_bytes())).await;
        assert_eq!(code, 250, "{reply}");
    }
    assert_eq!(hop.messages().len(), 20);
    assert!(dripping.iter().all(|d| !d.is_finished()), "a slow client was sent away");
    // None of them keeps the program from its end, or leaves anything.
    drop(good);
    dripping.iter().for_each(tokio::task::JoinHandle::abort);
    serving.stop().await;
    assert_eq!(hop.messages().len(), 20);
    house.verify_audit().await;
}

/// Allows a process no more descriptors than it has, and `more`.
fn pinch(pid: i32, more: usize) {
    let open = std::fs::read_dir(format!("/proc/{pid}/fd")).expect("its descriptors").count();
    let limit = (open + more) as u64;
    let limit = Rlimit { current: Some(limit), maximum: Some(20_000.min(hard_limit())) };
    prlimit(Pid::from_raw(pid), Resource::Nofile, limit).expect("the limit of a child can be set");
}

fn hard_limit() -> u64 {
    rlimit::Resource::NOFILE.get_hard().expect("a limit")
}

#[tokio::test(flavor = "multi_thread")]
async fn out_of_descriptors_it_goes_on_and_recovers() {
    let hop = FakeHop::good().await;
    let house = Installation::new(&hop.url(), &Extra { rules: Some(LENIENT), ..Extra::default() });
    let serving = house.serve().await;
    let mut early = Client::hello(house.address).await;
    let text =
        |n: usize| stuffed(message(&format!("files-{n}"), "b@example.org", "x", "text\r\n").as_bytes());
    assert_eq!(early.message(text(0)).await.0, 250);

    // Ten more clients than there are descriptors for: who is in is served, the others wait.
    pinch(serving.pid(), 20);
    let mut crowd = Vec::new();
    for _ in 0..30 {
        crowd.push(Client::connect(house.address).await);
    }
    shell::until("the log says it", async || {
        serving.log().contains("accepting connections fails").then_some(())
    })
    .await;
    // A mail that needs a connection of its own may be put off; nobody is lied to.
    let mut taken = 1;
    for n in 1..6 {
        let (code, reply) = early.say("MAIL FROM:<a@example.com>").await;
        assert!(matches!(code, 250 | 451), "{reply}");
        if code == 451 {
            continue;
        }
        assert_eq!(early.say("RCPT TO:<b@example.org>").await.0, 250);
        assert_eq!(early.say("DATA").await.0, 354);
        early.send(text(n)).await;
        let (code, reply) = early.reply().await;
        assert!(matches!(code, 250 | 451 | 452), "{reply}");
        taken += usize::from(code == 250);
    }
    let said = serving.log().matches("accepting connections fails").count();
    assert!(said < 20, "it spins: {said} lines");

    // They go, and the rest of them are let in and served.
    let late = crowd.split_off(25);
    drop(crowd);
    for mut client in late {
        assert_eq!(client.reply().await.0, 220);
        assert_eq!(client.say("EHLO client.example").await.0, 250);
        let (code, reply) = client.message(text(10 + taken)).await;
        assert_eq!(code, 250, "{reply}");
        taken += 1;
    }
    let mails = || hop.messages().into_iter().filter(Message::is_mail).count();
    assert_eq!(mails(), taken);
    serving.stop().await;
    house.verify_audit().await;
}
