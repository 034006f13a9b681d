//! What the writer promises: durable when it returns, nothing acknowledged that failed, recovery
//! without a restart, and memory that follows the disk.

use std::time::Duration;

use super::*;

fn decision(place: &Place, id: &str, to: &[&str], notable: Option<Notable>) -> Decision {
    let mut entry = place.entry("pass");
    entry.message_id = Some(id.into());
    let mut sending = place.sending(to, notable);
    sending.message_id = Some(id.into());
    Decision { entry, history: Some(sending), notices: vec![] }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_at_once_make_one_chain() {
    let mut place = Place::new().await;
    let mut tasks = tokio::task::JoinSet::new();
    for i in 0..300 {
        let store = place.store.clone();
        let decision = decision(&place, &format!("{i}"), &[&format!("r{i}@example.com")], None);
        tasks.spawn(async move { store.record(decision).await });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap().unwrap();
    }
    assert_eq!(place.store.verify(None).await.unwrap().unwrap().seq, 300);
    assert_eq!(place.look("x", &["r7@example.com"]).recent_messages, 300);
    place.restart().await;
    assert_eq!(place.store.head().await.unwrap().seq, 300);
    let past = place.look("x", &["r7@example.com", "new@example.com"]);
    assert_eq!((past.recent_messages, past.first_time), (300, 1));
}

#[tokio::test]
async fn outcomes_follow_soon_and_are_written_at_the_end() {
    let mut place = Place::new().await;
    place.store.record_soon(place.entry("delivered")).await.unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(place.store.head().await.unwrap().seq, 1);
    place.store.record_soon(place.entry("delivered")).await.unwrap();
    place.restart().await;
    assert_eq!(place.store.head().await.unwrap().seq, 2);
}

#[tokio::test]
async fn a_closed_store_says_so() {
    let place = Place::new().await;
    place.store.close().await;
    let again = place.store.record(decision(&place, "1", &[], None)).await;
    assert!(matches!(again, Err(Error::Closed)), "{again:?}");
}

#[tokio::test]
async fn a_full_disk_is_an_error_and_passes() {
    let place = Place::new().await;
    place.store.record(decision(&place, "1", &["a@example.com"], None)).await.unwrap();
    // The file may not grow by a page; SQLite answers as it does when the disk is full. The limit
    // goes with the connection, and the writer opens a new one.
    place
        .store
        .write(|tx| {
            Box::pin(async move {
                sqlx::query("PRAGMA max_page_count = 1").execute(&mut tx.connection).await?;
                Ok(())
            })
        })
        .await
        .unwrap();
    let mut failed = 0;
    for i in 0..40 {
        let entry = decision(&place, &format!("x{i}"), &["b@example.com"], None).entry;
        let job = place.store.write(move |tx| {
            Box::pin(async move {
                tx.record(&entry);
                Ok(())
            })
        });
        if let Err(error) = job.await {
            assert!(matches!(error, Error::Commit(_)), "{error}");
            failed += 1;
            break;
        }
    }
    assert_eq!(failed, 1, "the full disk was met");
    let seq = place.store.head().await.unwrap().seq;
    place.store.record(decision(&place, "2", &["c@example.com"], None)).await.unwrap();
    assert_eq!(place.store.head().await.unwrap().seq, seq + 1);
    assert_eq!(place.store.verify(None).await.unwrap().unwrap().seq, seq + 1);
}

#[tokio::test]
async fn a_verb_that_fails_changes_nothing_and_recovers() {
    let place = Place::new().await;
    let failed: Result<()> = place
        .store
        .write(|tx| {
            Box::pin(async move {
                tx.record(&Entry::new(Timestamp::UNIX_EPOCH, Kind::Service, "never"));
                sqlx::query("INSERT INTO leases VALUES ('x', 'y', 1)").execute(&mut tx.connection).await?;
                Err(Error::Malformed("test".into()))
            })
        })
        .await;
    assert!(failed.is_err());
    assert!(place.store.lease("x", Duration::from_secs(60)).await.unwrap(), "the lease is free");
    assert!(place.log().await.is_empty());
}

#[tokio::test]
async fn outcomes_survive_a_failed_commit() {
    let place = Place::new().await;
    let store = place.store.clone();
    let fail = store.write(|_| Box::pin(async { Err::<(), _>(Error::Malformed("test".into())) }));
    let (soon, failed) = tokio::join!(place.store.record_soon(place.entry("delivered")), fail);
    soon.unwrap();
    assert!(failed.is_err());
    place.store.record(decision(&place, "2", &[], None)).await.unwrap();
    let actions: Vec<String> = place.log().await.into_iter().map(|e| e.action).collect();
    assert_eq!(actions, ["pass", "delivered"], "they go with the next transaction");
}

#[tokio::test]
async fn two_processes_share_one_chain_and_see_each_other() {
    let place = Place::new().await;
    let shell = place.another().await;
    for i in 0..5 {
        place.store.record(decision(&place, &format!("a{i}"), &["a@example.com"], None)).await.unwrap();
        shell.record(decision(&place, &format!("b{i}"), &["b@example.com"], None)).await.unwrap();
    }
    assert_eq!(place.store.verify(None).await.unwrap().unwrap().seq, 10);
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert_eq!(place.look("x", &["b@example.com"]).recent_messages, 10);

    let held = shell.hold(place.hold(&["c@example.com"], b"x\r\n\r\ny")).await.unwrap();
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert!(place.look("1@city.example.jp", &["c@example.com"]).case_open);
    shell.conclude(place.conclusion(&held.case, State::Cancelled)).await.unwrap();
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert!(!place.look("1@city.example.jp", &["c@example.com"]).case_open);
}

#[tokio::test]
async fn the_log_file_does_not_grow_for_ever() {
    let place = Place::new().await;
    let wal = place.folder.path().join("s.db-wal");
    let mut largest = 0;
    for round in 0..4 {
        for i in 0..520 {
            let id = format!("{round}/{i}");
            place.store.record(decision(&place, &id, &["a@example.com"], None)).await.unwrap();
        }
        tokio::time::sleep(Duration::from_millis(1_300)).await;
        let size = std::fs::metadata(&wal).unwrap().len();
        if round == 0 {
            largest = size;
        }
        assert!(size <= largest * 2, "round {round}: {size} after {largest}");
    }
}

#[tokio::test]
async fn acquaintance_outlives_the_window() {
    let mut place = Place::new().await;
    place.store.record(decision(&place, "1", &["a@example.com"], None)).await.unwrap();
    let held = decision(&place, "2", &["b@example.com"], Some(Notable::Held));
    place.store.record(held).await.unwrap();
    place.clock.advance(Duration::from_secs(73 * 3_600));
    place.store.purge(Duration::from_secs(30 * 86_400)).await.unwrap();
    place.restart().await;
    let past = place.look("3", &["a@example.com", "b@example.com"]);
    assert_eq!((past.first_time, past.recent_messages), (1, 0));
    let mut connection = place.tamperer().await;
    let rows = sqlx::query("SELECT COUNT(*) FROM history").fetch_one(&mut connection).await.unwrap();
    assert_eq!(rows.try_get::<i64, _>(0).unwrap(), 0);
    place.clock.advance(Duration::from_secs(401 * 86_400));
    place.store.purge(Duration::from_secs(30 * 86_400)).await.unwrap();
    place.restart().await;
    assert_eq!(place.look("4", &["a@example.com"]).first_time, 1);
}

#[tokio::test]
async fn a_lease_is_held_by_one() {
    let place = Place::new().await;
    let other = place.another().await;
    let minute = Duration::from_secs(60);
    assert!(place.store.lease("outbox", minute).await.unwrap());
    assert!(place.store.lease("outbox", minute).await.unwrap(), "renewed");
    assert!(!other.lease("outbox", minute).await.unwrap());
    assert!(other.lease("expiry", minute).await.unwrap());
    place.clock.advance(minute);
    assert!(other.lease("outbox", minute).await.unwrap());
    assert!(!place.store.lease("outbox", minute).await.unwrap());
    other.give_up_lease("outbox").await.unwrap();
    assert!(place.store.lease("outbox", minute).await.unwrap());
}

#[tokio::test]
async fn a_control_is_warned_of_once_a_step() {
    let mut place = Place::new().await;
    let warn = async |place: &Place, expires: &str, step| {
        let notice = serde_json::json!({"kind": "control-expiring"}).into();
        let entry = Entry::new(place.now(), Kind::Control, "warned");
        place.store.warn_once("licence", expires, step, notice, entry).await.unwrap()
    };
    assert!(warn(&place, "2027-03-31", 30).await);
    assert!(!warn(&place, "2027-03-31", 30).await);
    place.restart().await;
    assert!(!warn(&place, "2027-03-31", 30).await);
    assert!(warn(&place, "2027-03-31", 14).await);
    assert!(warn(&place, "2028-03-31", 30).await);
    assert_eq!(place.log().await.len(), 3);
    assert_eq!(place.store.warnings("licence").await.unwrap().len(), 3);
    place.clock.advance(Duration::from_secs(5));
    assert_eq!(place.store.notices_due(10).await.unwrap().len(), 3);
}
