//! SIGTERM ends the program at safe points: who waits for the reply to a message gets it, who waits for
//! nothing is told, and nothing is lost.

use std::time::{Duration, Instant};

use crate::support::client::Client;
use crate::support::fake_hop::{Act, FakeHop, Stage};
use crate::support::mail::{message, stuffed};
use crate::support::program::{Extra, Installation, LENIENT};

#[tokio::test(flavor = "multi_thread")]
async fn a_message_whose_end_has_come_gets_its_reply() {
    let slow = |_: usize, stage: &Stage| match stage {
        Stage::Dot => Act::After(Duration::from_millis(1_500)),
        _ => Act::Good,
    };
    let hop = FakeHop::start(slow).await;
    let house = Installation::new(&hop.url(), &Extra { rules: Some(LENIENT), ..Extra::default() });
    let mut serving = house.serve().await;
    let mut idle = Client::hello(house.address).await;
    let mut begun = Client::hello(house.address).await;
    assert_eq!(begun.say("MAIL FROM:<a@city.example.jp>").await.0, 250);
    let mut sending = Client::hello(house.address).await;
    sending.begin().await;
    sending.send(stuffed(message("stop-1", "b@example.org", "x", "text\r\n").as_bytes())).await;

    tokio::time::sleep(Duration::from_millis(300)).await;
    let asked = Instant::now();
    serving.signal(rustix::process::Signal::TERM);

    let (code, reply) = idle.reply().await;
    assert_eq!(code, 421, "{reply}");
    assert!(asked.elapsed() < Duration::from_secs(1), "the idle client was told late");
    let (code, reply) = begun.reply().await;
    assert_eq!(code, 421, "{reply}");
    let (code, reply) = sending.reply().await;
    assert_eq!(code, 250, "{reply}");
    assert!(reply.contains("taken"), "the next hop's own words: {reply}");
    let status = serving.ended(Duration::from_secs(10)).await;
    assert!(status.success(), "{status}: {}", serving.log());
    assert_eq!(hop.messages().len(), 1);

    house.verify_audit().await;
    let outcomes = house.audit("outcome").await;
    assert_eq!(outcomes.len(), 1, "the outcome is recorded before the end: {outcomes:?}");
    let kept = house.audit("house").await;
    let words: Vec<_> = kept.iter().map(|e| e["action"].as_str().unwrap_or_default().to_string()).collect();
    assert_eq!(words, ["started", "next-hop-offers", "stopped"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn held_mail_is_there_after_a_new_start() {
    let hop = FakeHop::good().await;
    let house = Installation::new(&hop.url(), &Extra { rules: Some(LENIENT), ..Extra::default() });
    let serving = house.serve().await;
    let mut client = Client::hello(house.address).await;
    let held = message("stop-2", "b@example.org", "hold this", "text\r\n");
    let (code, reply) = client.message(stuffed(held.as_bytes())).await;
    assert_eq!(code, 250, "{reply}");
    serving.stop().await;

    let serving = house.serve().await;
    let cases = house.cases("held").await;
    let case = cases[0]["id"].as_str().expect("a case number");
    assert!(reply.contains(case), "{reply} does not name {case}");
    let bytes = house.ask(&["hold", "show"], &[case, "--part", "1"]).await;
    assert!(bytes.ends_with(&held), "{bytes}");
    serving.stop().await;
    assert!(!hop.messages().iter().any(|m| m.is_mail()), "held mail left");
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_that_stall_are_told_after_the_grace_and_nothing_acknowledged_is_lost() {
    let slow = |_: usize, stage: &Stage| match stage {
        Stage::Dot => Act::After(Duration::from_millis(1_500)),
        _ => Act::Good,
    };
    let hop = FakeHop::start(slow).await;
    let extra = Extra { receive: "stop_after = \"1s\"".into(), rules: Some(LENIENT), ..Extra::default() };
    let house = Installation::new(&hop.url(), &extra);
    let mut serving = house.serve().await;
    let mut silent = Client::hello(house.address).await;
    silent.begin().await;
    silent.send("Subject: never ends\r\n").await;
    let mut dripping = Client::hello(house.address).await;
    dripping.begin().await;
    let mut held = Client::hello(house.address).await;
    let text = message("stop-3", "b@example.org", "hold this", "text\r\n");
    assert_eq!(held.message(stuffed(text.as_bytes())).await.0, 250);
    let mut sending = Client::hello(house.address).await;
    sending.begin().await;
    sending.send(stuffed(message("stop-4", "b@example.org", "x", "text\r\n").as_bytes())).await;

    tokio::time::sleep(Duration::from_millis(300)).await;
    serving.signal(rustix::process::Signal::TERM);
    let drips = tokio::spawn(async move {
        while dripping.try_send("x").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        dripping.try_reply().await
    });
    let (code, reply) = silent.reply().await;
    assert_eq!(code, 421, "{reply}");
    assert!(silent.is_closed().await);
    let (code, reply) = sending.reply().await;
    assert_eq!(code, 250, "a message whose end has come is waited for beyond the grace: {reply}");
    let status = serving.ended(Duration::from_secs(15)).await;
    assert!(status.success(), "{status}: {}", serving.log());
    let last = drips.await.expect("no panic");
    assert!(last.as_ref().is_none_or(|(code, _)| *code == 421), "{last:?}");

    let subjects: Vec<_> = hop.messages().iter().filter_map(|m| m.field("Subject")).collect();
    assert_eq!(subjects.iter().filter(|s| *s == "x").count(), 1, "{subjects:?}");
    assert!(!subjects.iter().any(|s| s.contains("never")), "{subjects:?}");
    house.verify_audit().await;
    house.serve().await.stop().await;
    assert_eq!(house.cases("held").await.len(), 1);
}
