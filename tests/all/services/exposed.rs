//! The casebook's commonest incident, through a real Postfix on both sides: everybody in To. The
//! recipients get the mail, and none sees another.

use super::{arrives, mails, swaks};
use crate::support::fake_hop::FakeHop;
use crate::support::mail::{list, message, parts, strangers};
use crate::support::postfix::{Postfix, Role};
use crate::support::program::{Extra, Installation};
use crate::support::shell;

const BODY: &str =
    "各位\r\n\r\n説明会のご案内です。\r\n.\r\n..と、点で始まる行\r\n行末の空白  \r\n\r\n総務課\r\n";

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs postfix, swaks"]
async fn twelve_addresses_in_to_are_hidden_at_once() {
    let outside = FakeHop::good().await;
    let gateway = Postfix::start(Role::relaying_to(outside.address)).await;
    let house = Installation::new(&format!("smtp://{}", gateway.address), &Extra::default());
    let serving = house.serve().await;
    let office = Postfix::start(Role::relaying_to(house.address)).await;

    let rcpts = strangers(12);
    swaks(office.address, &rcpts, &message("twelve", &list(&rcpts), "ご案内", BODY), &[]).await;
    let got = arrives("the mail to twelve", &outside, |m| m.is_mail()).await;
    no_other_address(&got.content());
    assert_eq!(sorted(got.rcpts), sorted(rcpts));
    // Its sender hears of it.
    let notice = arrives("the notice", &outside, |m| !m.is_mail()).await;
    assert_eq!(notice.rcpts, ["soumu@city.example.jp"]);
    assert!(notice.field("Auto-Submitted").is_some_and(|v| v.starts_with("auto-")));

    let line = house.ask(&["audit", "list"], &["--kind", "decision"]).await;
    assert!(line.contains("rewrite") && line.contains("2023-116"), "{line}");
    assert_eq!(mails(&outside).len(), 1);
    serving.stop().await;
    house.verify_audit().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs postfix, swaks"]
async fn a_hundred_and_five_wait_for_a_second_person_and_leave_hidden() {
    let outside = FakeHop::good().await;
    let gateway = Postfix::start(Role::relaying_to(outside.address)).await;
    let house = Installation::new(&format!("smtp://{}", gateway.address), &Extra::default());
    let serving = house.serve().await;
    let office = Postfix::start(Role::relaying_to(house.address)).await;

    let rcpts = strangers(105);
    swaks(office.address, &rcpts, &message("hundred", &list(&rcpts), "ご案内", BODY), &[]).await;
    let cases = shell::until("a case", async || {
        let cases = house.cases("held").await;
        (!cases.is_empty()).then_some(cases)
    })
    .await;
    assert_eq!(cases.len(), 1, "{cases:?}");
    let case = cases[0]["id"].as_str().expect("a case number");
    assert_eq!((&cases[0]["external"], &cases[0]["parts"]), (&105.into(), &1.into()));
    let notice = arrives("the notice", &outside, |m| !m.is_mail()).await;
    assert_eq!(notice.rcpts, ["soumu@city.example.jp"]);
    assert!(mails(&outside).is_empty(), "held mail left");

    // The sender's own word is not enough.
    let own = house.command(&["hold", "release"], &[case, "--by", "soumu@city.example.jp"]).await;
    assert_eq!(own.status.code(), Some(1), "{}", shell::said(&own));
    assert!(mails(&outside).is_empty(), "held mail left");

    let by = "kacho@city.example.jp";
    house.ask(&["hold", "release"], &[case, "--by", by, "--reason", "宛先を確認した"]).await;
    let got = arrives("the released mail", &outside, |m| m.is_mail()).await;
    no_other_address(&got.content());
    assert_eq!(sorted(got.rcpts), sorted(rcpts));
    // Pressed twice, it leaves once.
    let again = house.command(&["hold", "release"], &[case, "--by", by]).await;
    assert_eq!(again.status.code(), Some(1), "{}", shell::said(&again));

    let log = house.ask(&["audit", "list"], &["--case", case]).await;
    assert!(log.contains("2023-116"), "{log}");
    assert!(log.contains("released") && log.contains(by) && log.contains("宛先を確認した"), "{log}");
    shell::until("the delivery is recorded", async || {
        (house.audit("delivery").await.iter().any(|e| e["case"] == case)).then_some(())
    })
    .await;
    assert_eq!(mails(&outside).len(), 1);
    serving.stop().await;
    house.verify_audit().await;
}

fn no_other_address(content: &[u8]) {
    let (header, body) = parts(content);
    assert!(!header.contains("citizen"), "{header}");
    assert!(!header.to_ascii_lowercase().contains("\r\nbcc"), "{header}");
    assert!(header.contains("Message-ID: <") && header.contains("ご案内"), "{header}");
    assert_eq!(String::from_utf8_lossy(&body), BODY);
}

fn sorted(mut addresses: Vec<String>) -> Vec<String> {
    addresses.sort();
    addresses
}
