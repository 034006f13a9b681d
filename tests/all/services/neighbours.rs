//! Postfix before and behind, in the ways that docs/operating.md describes: a clean mail arrives as it
//! was written, but for the Received lines of its way.

use super::{arrives, mails, swaks};
use crate::support::fake_hop::FakeHop;
use crate::support::mail::{message, unstuffed, without_received};
use crate::support::postfix::{Postfix, Role};
use crate::support::program::{Extra, Installation};
use crate::support::shell::free_address;

fn clean_mail() -> String {
    let body =
        "担当様\r\n\r\n.点\r\n..\r\n長い行".to_string() + &"あ".repeat(290) + "\r\n  空白 \t\r\n\r\n以上\r\n";
    message("clean", "\"Tanaka, T.\" <tanaka@example.org>", "打合せの件", &body)
        .replace("MIME-Version", "X-Folded: one\r\n two\r\n\tthree\r\nMIME-Version")
}

/// The mail arrived as it was sent, with so many Received lines.
fn unchanged(data: &[u8], hops: usize) {
    let whole = unstuffed(data);
    let (count, rest) = without_received(&whole);
    assert_eq!(String::from_utf8_lossy(rest), clean_mail());
    let header = String::from_utf8_lossy(&whole[..whole.len() - rest.len()]).into_owned();
    assert_eq!(count, hops, "{header}");
    assert_eq!(header.matches("(Sekisho)").count(), 1, "{header}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs postfix, swaks"]
async fn between_two_postfixes() {
    let outside = FakeHop::good().await;
    let gateway = Postfix::start(Role::relaying_to(outside.address)).await;
    let house = Installation::new(&format!("smtp://{}", gateway.address), &Extra::default());
    let serving = house.serve().await;
    let office = Postfix::start(Role::relaying_to(house.address)).await;
    swaks(office.address, &["tanaka@example.org".into()], &clean_mail(), &[]).await;
    let got = arrives("the mail", &outside, |m| m.is_mail()).await;
    assert_eq!(
        (got.from.as_str(), got.rcpts.as_slice()),
        ("soumu@city.example.jp", &["tanaka@example.org".to_string()][..])
    );
    unchanged(&got.data, 3);
    serving.stop().await;
    assert_eq!(mails(&outside).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs postfix, swaks"]
async fn before_the_queue_of_one_postfix() {
    let outside = FakeHop::good().await;
    let back = free_address();
    let extra = Extra { receive: "xforward_peers = [\"127.0.0.0/8\"]".into(), ..Extra::default() };
    let house = Installation::new(&format!("smtp://{back}"), &extra);
    let role = Role { proxy_filter: Some((house.address, back)), ..Role::relaying_to(outside.address) };
    let postfix = Postfix::start(role).await;
    let serving = house.serve().await;
    swaks(postfix.address, &["tanaka@example.org".into()], &clean_mail(), &[]).await;
    let got = arrives("the mail", &outside, |m| m.is_mail()).await;
    unchanged(&got.data, 3);
    serving.stop().await;

    // While it is stopped Postfix takes nothing, because nobody would have inspected it.
    let words = ["swaks", "--server", &postfix.address.to_string(), "--from", "a@city.example.jp"];
    let output = crate::support::shell::run(words.iter().chain(&["--to", "b@example.org"])).await;
    assert!(!output.status.success(), "{}", crate::support::shell::said(&output));
    assert_eq!(mails(&outside).len(), 1);
}
