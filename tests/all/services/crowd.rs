//! Nine thousand clients who are connected and say nothing: they cost little, and mail goes on.

use crate::support::client::Client;
use crate::support::fake_hop::FakeHop;
use crate::support::mail::{message, stuffed};
use crate::support::program::{Extra, Installation, LENIENT};

const IDLE: usize = 9_000;
/// What the program may hold then, in kB.
const MOST: u64 = 200 * 1024;

/// What a process holds, in kB.
fn resident(pid: i32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("a process");
    let line = status.lines().find(|l| l.starts_with("VmRSS:")).expect("its memory");
    line.split_whitespace().nth(1).and_then(|n| n.parse().ok()).expect("a number of kB")
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs 10,000 descriptors"]
async fn nine_thousand_idle_connections_cost_little() {
    let limit = rlimit::increase_nofile_limit(IDLE as u64 + 1_000).expect("a limit");
    assert!(limit >= IDLE as u64 + 500, "the system allows {limit} descriptors");
    let hop = FakeHop::good().await;
    let house = Installation::new(&hop.url(), &Extra { rules: Some(LENIENT), ..Extra::default() });
    let serving = house.serve().await;
    let mut idle = Vec::with_capacity(IDLE);
    for n in 0..IDLE {
        let mut client = Client::connect(house.address).await;
        assert_eq!(client.reply().await.0, 220);
        // Every second has said hello, and every tenth has sent a mail before.
        if n % 2 == 0 {
            assert_eq!(client.say("EHLO client.example").await.0, 250);
        }
        if n % 10 == 0 {
            let text = message(&format!("idle-{n}"), "b@example.org", "x", &"text\r\n".repeat(2_000));
            assert_eq!(client.message(stuffed(text.as_bytes())).await.0, 250);
        }
        idle.push(client);
    }
    let mut good = Client::hello(house.address).await;
    let text = message("idle-last", "b@example.org", "x", "text\r\n");
    assert_eq!(good.message(stuffed(text.as_bytes())).await.0, 250);
    // Buffers rest after a second of silence.
    tokio::time::sleep(std::time::Duration::from_secs(3)).await;
    let held = resident(serving.pid());
    println!("{IDLE} idle connections: {} MB", held / 1024);
    assert!(held < MOST, "{held} kB");
    // Every one of them is alive.
    for client in idle.iter_mut().step_by(97) {
        assert_eq!(client.say("NOOP").await.0, 250);
    }
    drop(idle);
    serving.stop().await;
}
