//! Who hears of a mail: a person of the organisation or its admins, whoever the sender is; and nobody
//! outside.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::support::client::{hold, send};
use crate::support::fake_hop::{Act, FakeHop, Message, Stage};
use crate::support::mail::message;
use crate::support::program::{Extra, Installation, LENIENT};
use crate::support::shell;

const ADMIN: &str = "postmaster@city.example.jp";

/// A rule that sends every mail in single copies.
const SINGLE: &str = r#"
[[rule]]
id = "in-single-copies"
when = "recipients.external >= 1"
action = "rewrite"
rewrite = "individual"
incidents = ["2023-116"]
[rule.reason]
ja = "一通ずつの試験です。"
en = "Sent one by one for a test."
"#;

/// Mails that Sekisho itself wrote, once there are that many.
async fn told(hop: &FakeHop, count: usize) -> Vec<Message> {
    shell::until("people are told", async || {
        let told: Vec<Message> = hop.messages().into_iter().filter(|m| !m.is_mail()).collect();
        (told.len() >= count).then_some(told)
    })
    .await
}

fn nobody_outside(messages: &[Message]) {
    for message in messages {
        let inside = message.rcpts.iter().all(|to| to.ends_with("@city.example.jp"));
        let forwarded = message.rcpts.iter().any(|to| to.to_uppercase().starts_with("SRS"));
        assert!(inside && !forwarded, "{:?}", message.rcpts);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_became_of_a_strangers_mail_is_told_to_the_admins_alone() {
    let hop = FakeHop::good().await;
    let house = Installation::new(&hop.url(), &Extra { rules: Some(LENIENT), ..Extra::default() });
    let serving = house.serve().await;
    let text = |n: usize| {
        message(&format!("told-{n}"), "b@example.org", "hold", "x")
            .replace("soumu@city.example.jp", "alice@other.example")
    };
    let senders = [
        "",
        "alice@other.example",
        "SRS0=HHH=TT=other.example=alice@city.example.jp",
        "bounces+SRS=abc=XY=other.example=alice@city.example.jp",
        "news-bounces+u1=v1.example@city.example.jp",
        "noreply@city.example.jp",
    ];
    let mut cases = Vec::new();
    for (n, sender) in senders.iter().enumerate() {
        cases.push(hold(house.address, sender, &["b@example.org"], &text(n)).await);
    }
    // Held: at once to the admins, both as second persons and in the sender's place.
    let first = told(&hop, senders.len()).await;
    nobody_outside(&first);
    for case in house.cases("held").await {
        assert_eq!(case["approval"], "second-person", "{case}");
    }
    for case in &cases {
        let reason = "internal: personnel asked";
        house.ask(&["hold", "cancel", case], &["--reason", reason]).await;
    }
    let before = hop.messages().len();
    let all = told(&hop, before + senders.len()).await;
    nobody_outside(&all);
    assert!(all.iter().all(|m| m.rcpts == [ADMIN]), "{all:?}");
    serving.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_author_inside_is_told_in_the_place_of_a_return_path() {
    let hop = FakeHop::good().await;
    let house = Installation::new(&hop.url(), &Extra { rules: Some(LENIENT), ..Extra::default() });
    let serving = house.serve().await;
    let text = message("author", "b@example.org", "hold", "x");
    hold(house.address, "prvs=1234567890=soumu@city.example.jp", &["b@example.org"], &text).await;
    shell::until("the author is told", async || {
        Some(()).filter(|()| !hop.notices("soumu@city.example.jp").is_empty())
    })
    .await;
    nobody_outside(&told(&hop, 1).await);
    serving.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_reaches_its_reader_by_a_hop_without_dsn() {
    // The hop takes each recipient while the client waits, and refuses the copies of one of them.
    let asked = AtomicUsize::new(0);
    let script = move |_: usize, stage: &Stage| match stage {
        Stage::Rcpt(to) if to == "no@example.org" && asked.fetch_add(1, Ordering::SeqCst) > 0 => {
            Act::Say("550 5.1.1 no such user\r\n")
        }
        _ => Act::Good,
    };
    let hop = FakeHop::start_with(script, "PIPELINING\n8BITMIME", None).await;
    let house = Installation::new(&hop.url(), &Extra { rules: Some(SINGLE), ..Extra::default() });
    let serving = house.serve().await;
    let text = message("dsn", "ok@example.org, no@example.org", "x", "x");
    send(house.address, "soumu@city.example.jp", &["ok@example.org", "no@example.org"], &text).await;
    let report = shell::until("the report comes", async || {
        hop.notices("soumu@city.example.jp")
            .into_iter()
            .find(|m| String::from_utf8_lossy(&m.data).contains("report-type=delivery-status"))
    })
    .await;
    assert!(String::from_utf8_lossy(&report.data).contains("Final-Recipient: rfc822; no@example.org"));
    assert!(!hop.commands().iter().any(|c| c.contains("NOTIFY")), "{:?}", hop.commands());
    serving.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_or_notice_that_cannot_be_delivered_goes_to_the_admins() {
    let asked = AtomicUsize::new(0);
    let hop = FakeHop::start(move |_, stage| match stage {
        Stage::Rcpt(to) if to == "no@example.org" && asked.fetch_add(1, Ordering::SeqCst) > 0 => {
            Act::Say("550 5.1.1 no such user\r\n")
        }
        Stage::Rcpt(to) if to == "soumu@city.example.jp" => Act::Say("550 5.7.1 not from here\r\n"),
        _ => Act::Good,
    })
    .await;
    let house = Installation::new(&hop.url(), &Extra { rules: Some(SINGLE), ..Extra::default() });
    let serving = house.serve().await;
    let text = message("lost", "no@example.org", "x", "x");
    send(house.address, "soumu@city.example.jp", &["no@example.org"], &text).await;
    let reports = shell::until("the admins hear of both", async || {
        Some(hop.notices(ADMIN)).filter(|reports| reports.len() >= 2)
    })
    .await;
    let lost = |m: &Message| String::from_utf8_lossy(&m.data).contains("rfc822; soumu@city.example.jp");
    assert!(reports.iter().all(lost), "{reports:?}");
    assert!(serving.log().contains("ERROR"), "{}", serving.log());
    let entries = house.audit("notice").await;
    assert!(entries.iter().any(|e| e["action"] == "not-told"), "{entries:?}");
    serving.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notice_to_an_address_beyond_ascii_asks_for_smtputf8() {
    let hop = FakeHop::good().await;
    let house = Installation::new(&hop.url(), &Extra { rules: Some(LENIENT), ..Extra::default() });
    let serving = house.serve().await;
    let text = message("utf8", "b@example.org", "hold", "x");
    hold(house.address, "\u{592a}\u{90ce}@city.example.jp", &["b@example.org"], &text).await;
    shell::until("the sender is told", async || {
        Some(()).filter(|()| !hop.notices("\u{592a}\u{90ce}@city.example.jp").is_empty())
    })
    .await;
    assert!(hop.commands().contains(&"MAIL FROM:<> SMTPUTF8".to_string()), "{:?}", hop.commands());
    serving.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn notices_go_their_own_way_where_they_have_one() {
    let (hop, inside) = (FakeHop::good().await, FakeHop::good().await);
    let sections = format!("[notice]\nurl = \"{}\"\n", inside.url());
    let extra = Extra { rules: Some(SINGLE), sections, ..Extra::default() };
    let house = Installation::new(&hop.url(), &extra);
    let serving = house.serve().await;
    let text = message("way", "b@example.org", "x", "x");
    send(house.address, "soumu@city.example.jp", &["b@example.org"], &text).await;
    shell::until("the sender is told", async || {
        Some(()).filter(|()| !inside.notices("soumu@city.example.jp").is_empty())
    })
    .await;
    hop.left(1).await;
    assert!(hop.messages().iter().all(Message::is_mail), "{:?}", hop.messages());
    serving.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_hop_offered_is_known_after_a_restart_while_it_is_down() {
    let hop = FakeHop::start(|n, stage| match stage {
        Stage::Connect if n > 0 => Act::Close,
        _ => Act::Good,
    })
    .await;
    let house = Installation::new(&hop.url(), &Extra { rules: Some(LENIENT), ..Extra::default() });
    let serving = house.serve().await;
    crate::support::client::Client::hello(house.address).await;
    let known = async || {
        let entries = house.audit("house").await;
        entries.iter().any(|e| e["action"] == "next-hop-offers").then_some(())
    };
    shell::until("it is recorded", known).await;
    serving.stop().await;
    let serving = house.serve().await;
    let mut client = crate::support::client::Client::connect(house.address).await;
    client.reply().await;
    let (code, offered) = client.say("EHLO client.example").await;
    assert!(code == 250 && offered.contains("SMTPUTF8") && offered.contains("8BITMIME"), "{offered}");
    assert_eq!(client.say("MAIL FROM:<\u{592a}\u{90ce}@city.example.jp> SMTPUTF8").await.0, 451);
    serving.stop().await;
}
