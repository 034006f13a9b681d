//! The incident 2023-112: a protection's licence ran out, and nobody who could have renewed it knew.
//! Its owners are warned, once each; once it has run out, the strict rule takes over.

use jiff::{Timestamp, ToSpan as _, tz::TimeZone};

use super::{arrives, mails};
use crate::support::client;
use crate::support::fake_hop::{FakeHop, Message};
use crate::support::mail::{list, message, parts, strangers};
use crate::support::program::{Extra, Installation};
use crate::support::shell;

const OWNERS: [&str; 2] = ["mail-admin@city.example.jp", "support@vendor.example"];

/// The mails about the control that have come.
fn warnings(hop: &FakeHop) -> Vec<Message> {
    let about = |m: &Message| OWNERS.contains(&m.rcpts[0].as_str());
    hop.messages().into_iter().filter(|m| !m.is_mail() && about(m)).collect()
}

fn reached(warnings: &[Message]) -> Vec<String> {
    let mut rcpts: Vec<String> = warnings.iter().flat_map(|m| m.rcpts.clone()).collect();
    rcpts.sort();
    rcpts
}

/// Sends a mail with three outside addresses in To, and gives what left.
async fn three_in_to(house: &Installation, hop: &FakeHop, id: &str) -> Message {
    let rcpts = strangers(3);
    let text = message(id, &list(&rcpts), "ご案内", "本文\r\n");
    let rcpts: Vec<&str> = rcpts.iter().map(String::as_str).collect();
    client::send(house.address, "soumu@city.example.jp", &rcpts, &text).await;
    mails(hop).pop().expect("it left")
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs faketime"]
async fn owners_are_warned_once_and_the_strict_rule_takes_over() {
    let hop = FakeHop::good().await;
    let tokyo = TimeZone::get("Asia/Tokyo").expect("a time zone");
    let last_day = tokyo.to_datetime(Timestamp::now()).date() + 30.days();
    let sections = format!(
        "[[control]]\nname = \"forced-bcc gateway licence\"\nexpires = {last_day}\n\
         warn_days = [60, 30, 14, 7, 3, 1]\nowner = [\"{}\", \"{}\"]\nwhen_expired = \"enforce\"\n",
        OWNERS[0], OWNERS[1]
    );
    let house = Installation::new(&hop.url(), &Extra { sections, ..Extra::default() });

    let serving = house.serve().await;
    for owner in OWNERS {
        arrives("a warning", &hop, |m| m.rcpts == [owner]).await;
    }
    let first = three_in_to(&house, &hop, "expiry-before").await;
    assert!(String::from_utf8_lossy(&first.data).contains("citizen2@"), "it passes unchanged");
    serving.stop().await;
    assert_eq!(reached(&warnings(&hop)), OWNERS);
    for warning in warnings(&hop) {
        assert_eq!(warning.from, "");
        assert!(warning.field("Auto-Submitted").is_some());
    }

    // Started again and again on that day, it does not repeat itself.
    for _ in 0..3 {
        let serving = house.serve().await;
        tokio::time::sleep(std::time::Duration::from_millis(700)).await;
        serving.kill();
    }
    assert_eq!(reached(&warnings(&hop)), OWNERS);
    let status = house.ask(&["watch", "status"], &[]).await;
    assert!(
        status.contains("forced-bcc gateway licence") && status.contains(&last_day.to_string()),
        "{status}"
    );

    // The day after its last.
    let serving = house.serve_at("+31d").await;
    shell::until("the expiry is told", async || (warnings(&hop).len() >= 4).then_some(())).await;
    let after = three_in_to(&house, &hop, "expiry-after").await;
    let (header, body) = parts(&after.content());
    assert!(!header.contains("citizen"), "{header}");
    assert_eq!(body, "本文\r\n".as_bytes());
    assert_eq!(after.rcpts, strangers(3), "the envelope stays");
    serving.stop().await;
    let serving = house.serve_at("+31d").await;
    tokio::time::sleep(std::time::Duration::from_millis(700)).await;
    serving.stop().await;
    let twice = [OWNERS[0], OWNERS[0], OWNERS[1], OWNERS[1]];
    assert_eq!(reached(&warnings(&hop)), twice);

    let decisions = house.audit("decision").await;
    let actions: Vec<&str> = decisions.iter().filter_map(|e| e["action"].as_str()).collect();
    assert_eq!(actions, ["pass", "rewrite"]);
    let cited = decisions[1]["rules"].to_string();
    assert!(cited.contains("exposed-recipients-after-expiry") && cited.contains("2023-112"), "{cited}");
    let told = house.audit("control").await;
    assert!(told.len() >= 2, "{told:?}");
    house.verify_audit().await;
}
