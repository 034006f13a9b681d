//! One mail is one case, however many transactions the upstream makes of it.

use super::{arrives, mails, swaks};
use crate::support::fake_hop::FakeHop;
use crate::support::mail::{list, message, parts, strangers};
use crate::support::postfix::{Postfix, Role};
use crate::support::program::{Extra, Installation};
use crate::support::shell;

const PEOPLE: usize = 421;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs postfix, swaks"]
async fn four_hundred_in_one_transaction_are_one_case() {
    one_case(10_000, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs postfix, swaks"]
async fn four_hundred_in_many_transactions_are_one_case() {
    one_case(50, 9).await;
}

async fn one_case(limit: usize, transactions: u64) {
    let outside = FakeHop::good().await;
    let house = Installation::new(&outside.url(), &Extra::default());
    let serving = house.serve().await;
    let role = Role { recipient_limit: limit, ..Role::relaying_to(house.address) };
    let office = Postfix::start(role).await;
    let rcpts = strangers(PEOPLE);
    let body = "お知らせ\r\n";
    swaks(office.address, &rcpts, &message("split", &list(&rcpts), "お知らせ", body), &[]).await;

    shell::until("all of it has come", async || {
        let cases = house.cases("held").await;
        let people: usize = cases.iter().map(|c| c["recipients"].as_array().map_or(0, Vec::len)).sum();
        (people == PEOPLE).then_some(())
    })
    .await;
    let cases = house.cases("held").await;
    assert_eq!(cases.len(), 1, "{cases:?}");
    assert_eq!(cases[0]["parts"], transactions);
    let case = cases[0]["id"].as_str().expect("a case number");
    assert!(mails(&outside).is_empty(), "held mail left");

    // One decision lets all of it go, each part to its own.
    house.ask(&["hold", "release"], &[case, "--by", "kacho@city.example.jp", "--reason", "可"]).await;
    let left = shell::until("all of it has left", async || {
        let left = mails(&outside);
        (left.len() as u64 == transactions).then_some(left)
    })
    .await;
    let mut reached: Vec<String> = left.iter().flat_map(|m| m.rcpts.clone()).collect();
    let mut wanted = rcpts;
    reached.sort();
    wanted.sort();
    assert_eq!(reached, wanted);
    for mail in &left {
        let (header, text) = parts(&mail.content());
        assert!(!header.contains("citizen"), "{header}");
        assert_eq!(text, body.as_bytes());
    }
    // The sender is told of the hold and of its end, once each, whatever the number of parts.
    arrives("a notice", &outside, |m| !m.is_mail()).await;
    serving.stop().await;
    let serving = house.serve().await;
    tokio::time::sleep(std::time::Duration::from_secs(3)).await;
    let notices: Vec<_> = outside.messages().into_iter().filter(|m| !m.is_mail()).collect();
    assert!(notices.len() <= 2, "{} notices", notices.len());
    assert!(notices.iter().all(|n| n.rcpts == ["soumu@city.example.jp"]));
    serving.stop().await;
    house.verify_audit().await;
}
