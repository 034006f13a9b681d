//! The program is killed while mail flows, again and again: every message that it acknowledged is at
//! the next hop or held, at most once too often, and no held mail left.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::net::TcpStream;

use super::mails;
use crate::support::client::Client;
use crate::support::fake_hop::{Act, FakeHop, Stage};
use crate::support::mail::{message, stuffed};
use crate::support::program::{Extra, Installation, LENIENT};
use crate::support::shell;

const KILLS: usize = 500;
const SENDERS: usize = 4;
/// The order of delays is the same in every run.
const SEED: u64 = 0x5EC1_5130;

/// Numbers that look like chance (xorshift64).
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

/// What the senders know, as an upstream's queue would.
#[derive(Default)]
struct Queue {
    enough: AtomicBool,
    next: AtomicUsize,
    /// By number: how often its end was sent and no reply came.
    unanswered: Mutex<HashMap<usize, usize>>,
    acknowledged: Mutex<Vec<usize>>,
}

/// What became of one try.
enum Try {
    Acknowledged,
    Later,
    /// The connection ended, before or after the message's end was sent.
    Cut {
        after_end: bool,
    },
}

fn id(n: usize) -> String {
    format!("load-{n}")
}

/// Every third mail is one that is held.
fn is_held(n: usize) -> bool {
    n % 3 == 2
}

fn text(n: usize) -> Vec<u8> {
    let subject = if is_held(n) { "hold this" } else { "go on" };
    stuffed(message(&id(n), "b@example.org", subject, &"text\r\n".repeat(40)).as_bytes())
}

/// Sends one message after another, each until it is acknowledged.
async fn send(address: SocketAddr, queue: Arc<Queue>) {
    let mut client = None;
    while !queue.enough.load(Ordering::SeqCst) {
        let n = queue.next.fetch_add(1, Ordering::SeqCst);
        loop {
            match attempt(address, &mut client, n).await {
                Try::Acknowledged => break,
                Try::Later => {}
                Try::Cut { after_end } => {
                    client = None;
                    let mut unanswered = queue.unanswered.lock().expect("no panic");
                    *unanswered.entry(n).or_default() += usize::from(after_end);
                }
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        queue.acknowledged.lock().expect("no panic").push(n);
    }
}

async fn attempt(address: SocketAddr, client: &mut Option<Client>, n: usize) -> Try {
    let cut = Try::Cut { after_end: false };
    if client.is_none() {
        let Ok(stream) = TcpStream::connect(address).await else { return cut };
        let mut fresh = Client::over(stream);
        let Some((220, _)) = fresh.try_reply().await else { return cut };
        if fresh.try_send("EHLO load.city.example.jp\r\n").await.is_err() {
            return cut;
        }
        let Some((250, _)) = fresh.try_reply().await else { return cut };
        *client = Some(fresh);
    }
    let Some(client) = client else { return cut };
    if client
        .try_send("MAIL FROM:<soumu@city.example.jp>\r\nRCPT TO:<b@example.org>\r\nDATA\r\n")
        .await
        .is_err()
    {
        return cut;
    }
    let mut codes = Vec::new();
    for _ in 0..3 {
        let Some((code, _)) = client.try_reply().await else { return cut };
        codes.push(code);
    }
    if codes != [250, 250, 354] {
        return Try::Later;
    }
    // Part of it may have gone; only its whole can have been taken.
    let sent = client.try_send(text(n)).await;
    match client.try_reply().await {
        Some((250, _)) => Try::Acknowledged,
        Some((code, reply)) => {
            assert!((400..500).contains(&code), "{n}: {reply}");
            Try::Later
        }
        None => Try::Cut { after_end: sent.is_ok() },
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes some minutes"]
async fn nothing_acknowledged_is_lost_when_killed_five_hundred_times() {
    let hop = FakeHop::good().await;
    let house = Installation::new(&hop.url(), &Extra { rules: Some(LENIENT), ..Extra::default() });
    let queue = Arc::new(Queue::default());
    let mut chance = Chance(SEED);
    let senders: Vec<_> = (0..SENDERS).map(|_| tokio::spawn(send(house.address, queue.clone()))).collect();
    for _ in 0..KILLS {
        let serving = house.serve().await;
        tokio::time::sleep(Duration::from_micros(chance.below(180_000))).await;
        serving.kill();
    }
    let serving = house.serve().await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    queue.enough.store(true, Ordering::SeqCst);
    for sender in senders {
        tokio::time::timeout(shell::PATIENCE, sender).await.expect("they end").expect("no panic");
    }
    serving.stop().await;
    house.verify_audit().await;

    let acknowledged = queue.acknowledged.lock().expect("no panic").clone();
    let unanswered = queue.unanswered.lock().expect("no panic").clone();
    let cuts: usize = unanswered.values().sum();
    assert!(acknowledged.len() > 3 * KILLS, "only {} mails went", acknowledged.len());
    assert!(cuts > KILLS / 10, "only {cuts} kills met a mail on its way");
    check_passed(&acknowledged, &unanswered, &hop);
    check_held(&acknowledged, &house).await;
}

/// Every mail that passes is at the next hop; once more than its unanswered tries at the most.
fn check_passed(acknowledged: &[usize], unanswered: &HashMap<usize, usize>, hop: &FakeHop) {
    let mut copies: HashMap<String, usize> = HashMap::new();
    for mail in mails(hop) {
        assert!(!mail.field("Subject").is_some_and(|s| s.starts_with("hold")), "a held mail left");
        *copies.entry(mail.field("Message-ID").expect("an id")).or_default() += 1;
    }
    for n in acknowledged.iter().copied().filter(|n| !is_held(*n)) {
        let count = copies.get(&format!("<{}@city.example.jp>", id(n))).copied().unwrap_or(0);
        let tries = 1 + unanswered.get(&n).copied().unwrap_or(0);
        assert!(count >= 1, "{n} was acknowledged and is lost");
        assert!(count <= tries, "{n} arrived {count} times after {tries} tries");
    }
}

/// Every mail that is held has one case with one part, whole.
async fn check_held(acknowledged: &[usize], house: &Installation) {
    let cases = house.cases("held").await;
    let mut found: HashMap<String, usize> = HashMap::new();
    for case in &cases {
        assert_eq!(case["parts"], 1, "{case}");
        *found.entry(case["message_id"].as_str().expect("an id").to_string()).or_default() += 1;
    }
    let held: Vec<usize> = acknowledged.iter().copied().filter(|n| is_held(*n)).collect();
    assert!(held.len() > KILLS / 4, "only {} mails were held", held.len());
    for n in &held {
        assert_eq!(found.get(&format!("{}@city.example.jp", id(*n))), Some(&1), "{n}");
    }
    // They open: the first and the last.
    for case in [&cases[0], &cases[cases.len() - 1]] {
        let number = case["id"].as_str().expect("a case number");
        let bytes = house.ask(&["hold", "show"], &[number, "--part", "1"]).await;
        assert!(bytes.ends_with(&"text\r\n".repeat(40)), "{number}");
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes a minute"]
async fn released_mail_arrives_though_its_delivery_is_killed() {
    const MAILS: usize = 20;
    let slow = |_: usize, stage: &Stage| match stage {
        Stage::Dot => Act::After(Duration::from_millis(40)),
        _ => Act::Good,
    };
    let hop = FakeHop::start(slow).await;
    let house = Installation::new(&hop.url(), &Extra { rules: Some(LENIENT), ..Extra::default() });
    let serving = house.serve().await;
    let mut client = Client::hello(house.address).await;
    for n in 0..MAILS {
        let text = message(&id(n), "b@example.org", "hold this", "text\r\n");
        let (code, reply) = client.message(stuffed(text.as_bytes())).await;
        assert_eq!(code, 250, "{reply}");
    }
    let cases = house.cases("held").await;
    assert_eq!(cases.len(), MAILS);
    serving.stop().await;
    let (mut chance, mut met) = (Chance(SEED), 0);
    for case in &cases {
        let number = case["id"].as_str().expect("a case number");
        let id = format!("<{}>", case["message_id"].as_str().expect("an id"));
        let copies = || mails(&hop).iter().filter(|m| m.field("Message-ID").as_ref() == Some(&id)).count();
        house.ask(&["hold", "release"], &[number, "--by", "kacho@city.example.jp", "--reason", "可"]).await;
        // Killed while it delivers.
        let serving = house.serve().await;
        tokio::time::sleep(Duration::from_micros(chance.below(60_000))).await;
        serving.kill();
        let serving = house.serve().await;
        shell::until("its delivery is recorded", async || {
            house.audit("delivery").await.iter().any(|e| e["case"] == number).then_some(())
        })
        .await;
        serving.stop().await;
        assert!((1..=2).contains(&copies()), "{id} arrived {} times", copies());
        met += copies() - 1;
    }
    assert!(met >= 1, "no kill met a delivery");
    let recorded = house.audit("delivery").await;
    assert_eq!(recorded.iter().filter(|e| !e["case"].is_null()).count(), MAILS);
    house.verify_audit().await;
}
