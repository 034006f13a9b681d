//! New rules without a restart: SIGHUP puts good ones in force, and broken ones leave the old.

use crate::support::client::Client;
use crate::support::fake_hop::FakeHop;
use crate::support::mail::{message, stuffed};
use crate::support::program::{Extra, Installation, LENIENT, Serving};
use crate::support::shell;

#[tokio::test(flavor = "multi_thread")]
async fn broken_rules_leave_the_old_in_force() {
    let hop = FakeHop::good().await;
    let house = Installation::new(&hop.url(), &Extra { rules: Some(LENIENT), ..Extra::default() });
    let serving = house.serve().await;
    let mut client = Client::hello(house.address).await;
    let rules = house.path("rules/test.toml");
    assert_eq!(fate(&mut client, 1).await, "held");

    // Broken in one way after another: the old stay, and the log names the line.
    let broken = [
        (LENIENT.replace("startsWith", "beginsWith"), "test.toml:4"),
        (LENIENT.replace("[rule.reason]", "[rule.reason"), "test.toml:8"),
        (String::new(), "no rule"),
    ];
    for (n, (text, says)) in broken.iter().enumerate() {
        std::fs::write(&rules, text).expect("a file");
        hang_up(&serving, REFUSED).await;
        assert!(serving.log().contains(says), "no {says:?} in {}", serving.log());
        assert_eq!(fate(&mut client, 10 + n).await, "held", "after {says}");
    }

    // A broken configuration as well.
    let config = std::fs::read_to_string(house.config()).expect("a file");
    std::fs::write(house.config(), format!("{config}\n[nonsense]\n")).expect("a file");
    std::fs::write(&rules, LENIENT.replace("'hold'", "'keep'")).expect("a file");
    hang_up(&serving, REFUSED).await;
    assert_eq!(fate(&mut client, 20).await, "held");

    std::fs::write(house.config(), config).expect("a file");
    hang_up(&serving, TAKEN).await;
    assert_eq!(fate(&mut client, 30).await, "passed");
    serving.stop().await;
    house.verify_audit().await;
    let entries = house.audit("house").await;
    let told = |what: &str| entries.iter().filter(|e| e["action"] == what).count();
    assert_eq!((told("reload refused"), told("reloaded")), (4, 1), "{entries:?}");
}

const REFUSED: &str = "the old rules stay in force";
const TAKEN: &str = "new rules are in force";

/// SIGHUP, and wait until the log says so once more.
async fn hang_up(serving: &Serving, says: &str) {
    let count = || serving.log().matches(says).count();
    let before = count();
    serving.signal(libc::SIGHUP);
    shell::until(says, async || (count() > before).then_some(())).await;
}

/// What becomes of a mail with "hold" in its subject.
async fn fate(client: &mut Client, n: usize) -> &'static str {
    let text = message(&format!("reload-{n}"), "b@example.org", "hold this", "text\r\n");
    let (code, reply) = client.message(stuffed(text.as_bytes())).await;
    assert_eq!(code, 250, "{reply}");
    if reply.contains("Held as case") { "held" } else { "passed" }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_sees_one_state_while_rules_change() {
    let hop = FakeHop::good().await;
    let house = Installation::new(&hop.url(), &Extra { rules: Some(LENIENT), ..Extra::default() });
    let serving = house.serve().await;
    let mut client = Client::hello(house.address).await;
    client.begin().await;
    client.send(message("reload-a", "b@example.org", "hold this", "text\r\n")).await;
    std::fs::write(house.path("rules/test.toml"), LENIENT.replace("'hold'", "'keep'")).expect("a file");
    hang_up(&serving, TAKEN).await;
    client.send(".\r\n").await;
    let (code, reply) = client.reply().await;
    // Its end came after the reload: the new rules decide of all of it.
    assert_eq!((code, reply.contains("Held")), (250, false), "{reply}");
    shell::until("it arrives", async || hop.messages().iter().any(|m| m.is_mail()).then_some(())).await;
    serving.stop().await;
}
