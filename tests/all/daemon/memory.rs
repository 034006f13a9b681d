//! `[receive] max_memory` covers the copy that a held message needs, and not only what was received.

use crate::support::client::Client;
use crate::support::fake_hop::{FakeHop, Message};
use crate::support::mail::{message, stuffed};
use crate::support::program::{Extra, Installation, LENIENT};

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_put_off_where_there_is_no_memory_for_its_copy() {
    let hop = FakeHop::good().await;
    let extra = Extra { rules: Some(LENIENT), receive: "max_memory = \"3MB\"".into(), ..Extra::default() };
    let house = Installation::new(&hop.url(), &extra);
    let serving = house.serve().await;
    // Received, it takes 1.7 MB at least; its sealed copy of as much does not fit beside it.
    let body = "0123456789abcdef\r\n".repeat(95_000);
    let mut client = Client::hello(house.address).await;
    let large = message("large", "b@example.org", "hold", &body);
    let (code, reply) = client.message(stuffed(large.as_bytes())).await;
    assert!(code == 452 && reply.starts_with("452 4.3.1 "), "{reply}");
    // What passes needs no copy.
    let passing = message("passing", "b@example.org", "as it is", &body);
    assert_eq!(client.message(stuffed(passing.as_bytes())).await.0, 250);
    assert_eq!(hop.messages().iter().filter(|m| Message::is_mail(m)).count(), 1);
    // What was taken is given back.
    let small = message("small", "b@example.org", "hold", "x");
    for _ in 0..3 {
        let (code, reply) = client.message(stuffed(small.as_bytes())).await;
        assert!(code == 250 && reply.contains("Held"), "{reply}");
    }
    serving.stop().await;
    assert!(house.audit("decision").await.iter().all(|entry| entry["action"] != "reject"));
}
