//! The program is killed with mail in its outbox and started again: what it had taken leaves at once, and
//! once. Two of them never serve from one store.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::support::client::Client;
use crate::support::fake_hop::{Act, FakeHop, Stage};
use crate::support::mail::{message, stuffed};
use crate::support::program::{Extra, Installation, LENIENT};
use crate::support::shell;

/// Sooner than any lease or any hour of an item ends.
const SOON: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread")]
async fn released_mail_leaves_at_once_after_a_kill_and_not_twice() {
    const MAILS: usize = 6;
    let open = Arc::new(AtomicBool::new(false));
    let way = open.clone();
    // The next hop hears the recipient and says nothing until the way is open.
    let hop = FakeHop::start(move |_, stage| match stage {
        Stage::Rcpt(to) if to == "b@example.org" && !way.load(Ordering::SeqCst) => Act::Hang,
        _ => Act::Good,
    })
    .await;
    let house = Installation::new("maildir:out", &Extra { rules: Some(LENIENT), ..Extra::default() });
    let serving = house.serve().await;
    let mut client = Client::hello(house.address).await;
    for n in 0..MAILS {
        let text = message(&format!("kill-{n}"), "b@example.org", "hold this", "text\r\n");
        let (code, reply) = client.message(stuffed(text.as_bytes())).await;
        assert_eq!(code, 250, "{reply}");
    }
    serving.stop().await;

    house.configure(&hop.url(), &Extra { rules: Some(LENIENT), ..Extra::default() });
    let serving = house.serve().await;
    for case in house.cases("held").await {
        let case = case["id"].as_str().expect("a case number");
        house.ask(&["hold", "release"], &[case, "--by", "kacho@city.example.jp", "--reason", "可"]).await;
    }
    shell::until("the outbox has begun to deliver all of it", async || {
        let commands = hop.commands();
        let begun = commands.iter().filter(|c| c.starts_with("RCPT TO:<b@example.org>")).count();
        (begun >= MAILS).then_some(())
    })
    .await;
    serving.kill();

    open.store(true, Ordering::SeqCst);
    let serving = house.serve().await;
    let mails = || hop.messages().into_iter().filter(|m| m.is_mail()).collect::<Vec<_>>();
    shell::until_within(SOON, "all of it leaves", async || (mails().len() >= MAILS).then_some(())).await;
    serving.stop().await;
    let mut ids: Vec<_> = mails().iter().map(|m| m.field("Message-ID").expect("an id")).collect();
    ids.sort();
    assert_eq!(ids.len(), MAILS, "one came twice: {ids:?}");
    ids.dedup();
    assert_eq!(ids.len(), MAILS, "one came twice, another did not: {ids:?}");
    let delivered = house.audit("delivery").await;
    assert_eq!(delivered.iter().filter(|e| !e["case"].is_null()).count(), MAILS);
    house.verify_audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_program_does_not_serve_from_the_same_store() {
    let house = Installation::new("maildir:out", &Extra::default());
    let serving = house.serve().await;
    let mut second = house.begin();
    let status = second.ended(shell::PATIENCE).await;
    assert!(!status.success(), "{status}");
    assert!(second.log().contains("another sekisho serves from this store"), "{}", second.log());
    // The shell is no server, and is let in.
    assert!(house.cases("held").await.is_empty());
    serving.kill();
    house.serve().await.stop().await;
}
