//! Messages that pretend to end, and bytes that make no sense: nothing of them gets through.

use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use crate::support::client::Client;
use crate::support::fake_hop::FakeHop;
use crate::support::gate::{Gate, options};

/// Every combination of odd line ends around a dot, sent whole and cut at every place: none is
/// accepted, and none of what follows it is heard as a command.
#[tokio::test]
async fn no_fake_ending_is_accepted() {
    let hop = FakeHop::good().await;
    let (mut receive, mut next) = options();
    receive.max_errors = u32::MAX;
    next.url = hop.url();
    let gate = Gate::start(receive, next).await;
    let breaks = ["\n", "\r", "\r\r\n", "\n\r", "\r\0\n", "\0\r\n", "\r\n\n", "\r\n\r", "\n\n"];
    let mut endings = Vec::new();
    for before in breaks.iter().chain(&["\r\n"]) {
        for dot in [".", "..", ".\r"] {
            for after in breaks.iter().chain(&["\r\n"]) {
                let ending = format!("{before}{dot}{after}");
                let odd = breaks.contains(before) || breaks.contains(after) || dot == ".\r";
                if odd && !ending.contains("\r\n.\r\n") {
                    endings.push(ending);
                }
            }
        }
    }
    let mut tried = 0;
    let mut client = Client::hello(gate.address).await;
    for ending in &endings {
        let whole = format!(
            "a: b\r\n\r\ntext{ending}MAIL FROM:<evil@example.com>\r\nRCPT TO:<victim@example.org>\r\nDATA\r\nevil\r\n.\r\n"
        );
        let first = 10;
        for cut in first..=first + ending.len() + 6 {
            client.begin().await;
            client.send(&whole[..cut]).await;
            tokio::task::yield_now().await;
            client.send(&whole[cut..]).await;
            let (code, reply) = client.reply().await;
            assert_eq!(code, 554, "{ending:?} cut at {cut}: {reply}");
            tried += 1;
        }
    }
    assert!(tried >= 2_000, "{tried}");
    assert!(hop.messages().is_empty());
    assert!(!hop.commands().iter().any(|c| c.contains("evil")));
}

/// CR CRLF.CRLF ends a message, since CRLF.CRLF stands in it; but who sent it may not have meant
/// that, so what follows is not heard.
#[tokio::test]
async fn what_follows_an_ambiguous_end_is_not_heard() {
    let hop = FakeHop::good().await;
    let gate = Gate::before(&hop.url()).await;
    let mut client = Client::hello(gate.address).await;
    client.begin().await;
    client.send("text\r\r\n.\r\nMAIL FROM:<evil@example.com>\r\nRCPT TO:<victim@example.org>\r\n").await;
    assert_eq!(client.reply().await.0, 554);
    assert_eq!(client.reply().await.0, 421);
    assert!(client.is_closed().await);
    assert!(hop.messages().is_empty());
    assert!(!hop.commands().iter().any(|c| c.contains("evil")));
}

#[tokio::test]
async fn a_message_with_nul_is_refused_and_the_session_goes_on() {
    let hop = FakeHop::good().await;
    let gate = Gate::before(&hop.url()).await;
    let mut client = Client::hello(gate.address).await;
    assert_eq!(client.message("a: b\r\n\r\nx\0y\r\n.\r\n").await.0, 554);
    assert_eq!(client.say("DATA").await.0, 503, "the transaction is gone here");
    assert_eq!(hop.commands().last().unwrap(), "RSET", "and at the next hop");
    assert_eq!(client.message("a: b\r\n.\r\n").await.0, 250);
}

/// Whatever bytes come, cut however: the session answers in replies or hangs up, the next client is
/// served, and the next hop hears only whole commands.
#[test]
fn random_bytes_harm_nobody() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (hop, gate) = runtime.block_on(async {
        let hop = FakeHop::good().await;
        let gate = Gate::before(&hop.url()).await;
        (hop, gate)
    });
    let words = prop::sample::select(vec![
        "EHLO x\r\n",
        "HELO x\r\n",
        "MAIL FROM:<a@example.com>\r\n",
        "RCPT TO:<b@example.org>\r\n",
        "DATA\r\n",
        "RSET\r\n",
        "NOOP\r\n",
        ".\r\n",
        "\r\n",
        "\n",
        "\r",
        "\0",
        "\u{ff}",
        "BDAT 3\r\n",
        "STARTTLS\r\n",
        "XCLIENT ADDR=1\r\n",
        "MAIL FROM:<",
        ">",
        "QUIT\r",
        "text",
        "..",
        "VRFY a\r\n",
    ]);
    let bytes = prop_oneof![
        prop::collection::vec(words, 0..25).prop_map(|words| words.concat().into_bytes()),
        prop::collection::vec(any::<u8>(), 0..300),
    ];
    let mut runner = TestRunner::new(ProptestConfig {
        cases: 1000,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let outcome = runner.run(&(bytes, 1usize..80), |(bytes, cut)| {
        runtime.block_on(async {
            let mut client = Client::connect(gate.address).await;
            for piece in bytes.chunks(cut) {
                if client.try_send(piece).await.is_err() {
                    break;
                }
            }
            drop(client);
            let mut next = Client::hello(gate.address).await;
            prop_assert_eq!(next.say("NOOP").await.0, 250);
            Ok(())
        })
    });
    outcome.unwrap();
    for heard in hop.reads() {
        assert!(heard.ends_with("\r\n"), "{heard:?}");
    }
    for command in hop.commands() {
        assert!(is_whole(&command), "{command:?}");
    }
}

/// Whether a command is one that the words above can make, with nothing before, after or inside it. A path
/// without `@` is one: it is the next hop's to judge.
fn is_whole(command: &str) -> bool {
    let sender = command.strip_prefix("MAIL FROM:<").and_then(|rest| rest.strip_suffix('>'));
    let known = ["EHLO gate.example", "RCPT TO:<b@example.org>", "DATA", "RSET", "QUIT"];
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '@' | '.');
    sender.map_or_else(|| known.contains(&command), |path| path.chars().all(plain))
}
