//! The outbox: taken by one, tried again, done once; bodies shared.

use std::time::Duration;

use super::*;

const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn copies_share_one_body_until_the_last_is_done() {
    let place = Place::new().await;
    let copies: Vec<Outgoing> = (0..10)
        .map(|i| {
            let to = format!("r{i}@example.com");
            outgoing(&[&to], format!("To: {to}\r\n\r\nshared body").as_bytes())
        })
        .collect();
    let decision = Decision { entry: place.entry("rewrite"), history: None, notices: vec![] };
    let same = Fingerprint::of(&envelope("hana@city.example.jp", &[]), b"m");
    assert!(place.store.individual(decision.clone(), same, copies.clone()).await.unwrap());
    assert!(!place.store.individual(decision, same, copies).await.unwrap(), "sent again");
    assert_eq!(place.store.outgoing_count().await.unwrap(), 10);

    let mut connection = place.tamperer().await;
    let bodies = async |connection: &mut ::sqlx::SqliteConnection| {
        let row = sqlx::query("SELECT COUNT(*) FROM bodies").fetch_one(connection).await.unwrap();
        row.try_get::<i64, _>(0).unwrap()
    };
    assert_eq!(bodies(&mut connection).await, 1);
    let items = place.store.take_outgoing(100, MINUTE).await.unwrap();
    for (i, item) in items.iter().enumerate() {
        assert_eq!(bodies(&mut connection).await, 1, "{i}");
        let bytes = place.store.outgoing_bytes(item).await.unwrap();
        let to = &item.envelope.rcpts[0].address;
        assert_eq!(bytes, format!("To: {to}\r\n\r\nshared body").as_bytes());
        assert!(place.store.settle_outgoing(item, Next::Done, vec![], vec![]).await.unwrap());
    }
    assert_eq!(items.len(), 10);
    assert_eq!(bodies(&mut connection).await, 0);
}

#[tokio::test]
async fn an_item_is_taken_by_one_for_a_while() {
    let place = Place::new().await;
    place.store.send(vec![outgoing(&["a@example.com"], b"x\r\n\r\ny")], place.entry("x")).await.unwrap();
    let first = place.store.take_outgoing(10, MINUTE).await.unwrap().remove(0);
    assert_eq!(first.attempts, 1);
    assert!(place.store.take_outgoing(10, MINUTE).await.unwrap().is_empty());
    place.clock.advance(MINUTE);
    let second = place.store.take_outgoing(10, MINUTE).await.unwrap().remove(0);
    assert_eq!(second.attempts, 2);
    let entry = place.entry("delivered");
    let late = place.store.settle_outgoing(&first, Next::Done, vec![entry.clone()], vec![]).await.unwrap();
    assert!(!late, "the first worker was too slow");
    assert!(place.store.settle_outgoing(&second, Next::Done, vec![entry], vec![]).await.unwrap());
    assert_eq!(place.log().await.len(), 2);
}

#[tokio::test]
async fn what_failed_is_tried_again_with_the_rest() {
    let mut place = Place::new().await;
    let mail = outgoing(&["a@example.com", "b@example.com"], b"x\r\n\r\ny");
    place.store.send(vec![mail], place.entry("x")).await.unwrap();
    let item = place.store.take_outgoing(10, MINUTE).await.unwrap().remove(0);
    let next = Next::Again {
        rcpts: vec![recipient("b@example.com")],
        not_before: place.now() + MINUTE,
        warned: true,
    };
    let report = Outgoing { kind: ItemKind::Report, ..outgoing(&["hana@city.example.jp"], b"r\r\n\r\n") };
    place.store.settle_outgoing(&item, next, vec![], vec![report]).await.unwrap();
    let report = place.store.take_outgoing(10, MINUTE).await.unwrap().remove(0);
    assert_eq!(report.kind, ItemKind::Report);
    assert_eq!(place.store.outgoing_bytes(&report).await.unwrap(), b"r\r\n\r\n");
    place.clock.advance(MINUTE);
    place.restart().await;
    let items = place.store.take_outgoing(10, MINUTE).await.unwrap();
    let again = items.iter().find(|i| i.kind == ItemKind::Mail).unwrap();
    assert_eq!(again.envelope.rcpts, [recipient("b@example.com")]);
    assert!(again.warned);
    assert_eq!(again.created_at, item.created_at);
}

#[tokio::test]
async fn what_a_stopped_worker_had_is_given_back() {
    let mut place = Place::new().await;
    place.store.send(vec![outgoing(&["a@example.com"], b"x")], place.entry("x")).await.unwrap();
    assert_eq!(place.store.take_outgoing(10, MINUTE).await.unwrap().len(), 1);
    place.restart().await;
    assert!(place.store.take_outgoing(10, MINUTE).await.unwrap().is_empty());
    place.store.give_back_outgoing().await.unwrap();
    assert_eq!(place.store.take_outgoing(10, MINUTE).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_notice_is_told_once() {
    let place = Place::new().await;
    let queued = |n: u32, once: Option<&str>| QueuedNotice {
        due: None,
        body: serde_json::json!({"kind": "rewritten", "n": n}),
        once: once.map(str::to_string),
    };
    for (n, once) in [(1, Some("k")), (2, Some("k")), (3, None)] {
        let decision =
            Decision { entry: place.entry("rewrite"), history: None, notices: vec![queued(n, once)] };
        place.store.record(decision).await.unwrap();
    }
    assert!(place.store.notices_wait().await.unwrap());
    assert!(place.store.notices_due(10).await.unwrap().is_empty(), "it settles first");
    place.clock.advance(notices::SETTLE);
    let due = place.store.notices_due(10).await.unwrap();
    assert_eq!(due.iter().map(|t| t.body["n"].as_u64().unwrap()).collect::<Vec<_>>(), [1, 3]);
    let report = Outgoing { kind: ItemKind::Notice, ..outgoing(&["hana@city.example.jp"], b"n") };
    for told in [true, false] {
        let entry = Entry::new(place.now(), Kind::Notice, "told");
        assert_eq!(place.store.told(due[0].id, vec![report.clone()], entry).await.unwrap(), told);
    }
    assert_eq!(place.store.outgoing_count().await.unwrap(), 1);
    place.clock.advance(Duration::from_secs(73 * 3_600));
    place.store.purge(Duration::from_secs(86_400)).await.unwrap();
    let again =
        Decision { entry: place.entry("rewrite"), history: None, notices: vec![queued(4, Some("k"))] };
    place.store.record(again).await.unwrap();
    place.clock.advance(notices::SETTLE);
    assert_eq!(place.store.notices_due(10).await.unwrap().len(), 2, "the key is free again");
}
