//! Sekisho among real services: Postfix on both sides, swaks, Python's smtplib, a full disk, a failing
//! one, and a clock that moves on. Run with `cargo test --test all -- --ignored`; they need root and
//! Debian's packages postfix, swaks, python3, strace and faketime, and fail where one is missing.

mod browser;
mod clients;
mod crash;
mod crowd;
mod disk;
mod expiry;
mod exposed;
mod neighbours;
mod next_hop;
// Its sign-in page is looked at with the other way to sign in.
#[cfg(feature = "oidc")]
mod people;
mod presses;
mod split;

use crate::support::fake_hop::{FakeHop, Message};
use crate::support::shell;

/// The mails of people that the last hop took, without the notices of the house.
fn mails(hop: &FakeHop) -> Vec<Message> {
    hop.messages().into_iter().filter(Message::is_mail).collect()
}

/// Waits until the last hop has a message like that.
async fn arrives(what: &str, hop: &FakeHop, is_it: impl Fn(&Message) -> bool) -> Message {
    shell::until(what, async || hop.messages().into_iter().find(&is_it)).await
}

/// Sends a message with swaks, which must succeed.
async fn swaks(server: std::net::SocketAddr, rcpts: &[String], message: &str, options: &[&str]) -> String {
    let (server, rcpts) = (server.to_string(), rcpts.join(","));
    let mut words = vec!["swaks", "--server", &server, "--from", "soumu@city.example.jp", "--to", &rcpts];
    words.extend(["--ehlo", "pc.city.example.jp", "--timeout", "30", "--data", "-"]);
    words.extend(options);
    // It reads lines as this system has them, sends them as SMTP has them, and ends the last itself.
    let text = message.strip_suffix("\r\n").unwrap_or(message).replace("\r\n", "\n");
    let output = shell::run_with(words, text.into_bytes()).await;
    assert!(output.status.success(), "swaks: {}\n{}", output.status, shell::said(&output));
    shell::said(&output)
}
