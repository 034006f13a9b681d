//! The log: what is recorded is found, and whatever is changed by hand is noticed.

use proptest::prelude::*;
use sqlx::Connection;

use super::*;

async fn filled() -> Place {
    let place = Place::new().await;
    for (i, action) in ["pass", "rewrite", "hold", "pass", "reject", "pass"].iter().enumerate() {
        let mut entry = place.entry(action);
        entry.mail = Some(format!("m{i}"));
        entry.recipients = vec![format!("r{i}@example.com")];
        entry.case = (*action == "hold").then(|| "K7F3-22QX".into());
        place.store.record(Decision { entry, history: None, notices: vec![] }).await.unwrap();
        place.clock.advance(std::time::Duration::from_secs(60));
    }
    place
}

#[tokio::test]
async fn entries_are_found_in_order() {
    let place = filled().await;
    let all = place.store.audit(&Filter::default()).await.unwrap();
    assert_eq!(all.iter().map(|r| r.seq).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6]);
    assert_eq!(place.store.head().await.unwrap().hash, all[5].hash);

    let find = async |filter: Filter| {
        let rows = place.store.audit(&filter).await.unwrap();
        rows.into_iter().map(|r| r.seq).collect::<Vec<_>>()
    };
    let some = |s: &str| Some(s.to_string());
    assert_eq!(find(Filter { action: some("pass"), limit: Some(2), ..Filter::default() }).await, [1, 4]);
    let newest = Filter { action: some("pass"), limit: Some(2), newest_first: true, ..Filter::default() };
    assert_eq!(find(newest).await, [6, 4]);
    assert_eq!(find(Filter { after: Some(4), ..Filter::default() }).await, [5, 6]);
    assert_eq!(find(Filter { recipient: some("R3@example.com"), ..Filter::default() }).await, [4]);
    assert_eq!(find(Filter { sender: some("@CITY.example.jp"), ..Filter::default() }).await.len(), 6);
    assert_eq!(find(Filter { case: some("k7f3-22qx"), ..Filter::default() }).await, [3]);
    assert_eq!(find(Filter { message_id: some("<1@city.example.jp>"), ..Filter::default() }).await.len(), 6);
    assert_eq!(
        find(Filter { text: some("ご案内"), kind: Some(Kind::Decision), ..Filter::default() }).await.len(),
        6
    );
    let minute = |m: i64| {
        Some(
            "2026-04-01T00:00:00Z".parse::<Timestamp>().unwrap()
                + std::time::Duration::from_secs(m as u64 * 60),
        )
    };
    assert_eq!(find(Filter { since: minute(2), until: minute(4), ..Filter::default() }).await, [3, 4]);
}

#[tokio::test]
async fn more_than_a_page_is_read_through() {
    let place = Place::new().await;
    for i in 0..2_100 {
        let mut entry = place.entry(if i == 2_050 { "hold" } else { "pass" });
        entry.mail = Some(format!("m{i}"));
        place.store.record_soon(entry).await.unwrap();
    }
    place.store.close().await;
    let place = Place { store: place.another().await, ..place };
    let hold = Filter { action: Some("hold".into()), ..Filter::default() };
    assert_eq!(place.store.audit(&hold).await.unwrap()[0].seq, 2_051);
    assert_eq!(place.store.audit(&Filter::default()).await.unwrap().len(), 2_100);
    assert_eq!(place.store.verify(None).await.unwrap().unwrap().seq, 2_100);
}

#[tokio::test]
async fn the_log_proves_itself_and_a_cut_tail_shows() {
    let place = filled().await;
    let head = place.store.verify(None).await.unwrap().unwrap();
    assert_eq!(head, place.store.head().await.unwrap());
    assert_eq!(verify_file(&place.url(), Some(head)).await.unwrap().unwrap(), head);

    let mut tamperer = place.tamperer().await;
    sqlx::query("DELETE FROM audit WHERE seq > 4").execute(&mut tamperer).await.unwrap();
    assert!(place.store.verify(None).await.unwrap().is_ok());
    assert_eq!(place.store.verify(Some(head)).await.unwrap().unwrap_err().seq, 5);
}

#[tokio::test]
async fn removed_moved_and_added_rows_are_found() {
    let copied = "hash, at, kind, action, case_id, message_id, sender, entry FROM audit WHERE seq";
    let insert_after = format!("INSERT INTO audit SELECT 7, {copied} = 6");
    let insert_before = format!("INSERT INTO audit SELECT 0, {copied} = 1");
    let edits: [(&[&str], i64); 5] = [
        (&["DELETE FROM audit WHERE seq = 3"], 3),
        (&["DELETE FROM audit WHERE seq = 1"], 1),
        (
            &[
                "UPDATE audit SET seq = -2 WHERE seq = 2",
                "UPDATE audit SET seq = 2 WHERE seq = 3",
                "UPDATE audit SET seq = 3 WHERE seq = -2",
            ],
            2,
        ),
        (&[&insert_after], 7),
        (&[&insert_before], 1),
    ];
    for (edit, seq) in edits {
        let place = filled().await;
        let mut tamperer = place.tamperer().await;
        for sql in edit {
            sqlx::query(::sqlx::AssertSqlSafe(*sql)).execute(&mut tamperer).await.unwrap();
        }
        let broken = place.store.verify(None).await.unwrap().unwrap_err();
        assert_eq!(broken.seq, seq, "{edit:?}: {broken}");
    }
}

#[test]
fn every_edit_of_one_byte_is_found() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let place = runtime.block_on(filled());
    let columns = ["seq", "hash", "at", "kind", "action", "case_id", "message_id", "sender", "entry"];
    let config = ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |(
        seq in 1i64..=6, column in 0..columns.len(), at in any::<prop::sample::Index>(), flip in 1u8..=255,
    )| {
        let (changed, found) = runtime.block_on(edit_and_verify(&place, seq, columns[column], &at, flip));
        prop_assert_eq!(changed, found.is_err(), "{} of {}: {:?}", columns[column], seq, found);
        if let Err(broken) = found {
            prop_assert!(broken.seq <= seq);
        }
    });
    assert!(runtime.block_on(place.store.verify(None)).unwrap().is_ok(), "the original is whole");
}

#[test]
fn whatever_is_recorded_can_be_proved_and_read_back() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let place = runtime.block_on(Place::new());
    let config = ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |(texts in proptest::collection::vec(any::<String>(), 5), nul in any::<bool>())| {
        let mut entry = place.entry(&texts[0]);
        entry.sender = Some(if nul { format!("s{}\0x", texts[1]) } else { format!("s{}", texts[1]) });
        entry.message_id = Some(texts[2].clone());
        entry.case = Some(texts[3].clone());
        entry.subject = Some(texts[4].clone());
        let decision = Decision { entry: entry.clone(), history: None, notices: vec![] };
        runtime.block_on(place.store.record(decision)).unwrap();
        let newest = Filter { newest_first: true, limit: Some(1), ..Filter::default() };
        let rows = runtime.block_on(place.store.audit(&newest)).unwrap();
        prop_assert_eq!(&rows[0].entry, &entry);
        let by_sender = Filter { sender: entry.sender.clone(), ..newest };
        prop_assert_eq!(runtime.block_on(place.store.audit(&by_sender)).unwrap().len(), 1);
    });
    assert!(runtime.block_on(place.store.verify(None)).unwrap().is_ok());
}

/// Edits one byte in a copy of the database, and verifies the copy.
async fn edit_and_verify(
    place: &Place,
    seq: i64,
    column: &'static str,
    at: &prop::sample::Index,
    flip: u8,
) -> (bool, std::result::Result<audit::chain::Head, Broken>) {
    let mut tamperer = place.tamperer().await;
    let read = format!("SELECT CAST({column} AS BLOB) FROM audit WHERE seq = ?");
    let row = sqlx::query(::sqlx::AssertSqlSafe(read)).bind(seq).fetch_one(&mut tamperer).await.unwrap();
    let old: Option<Vec<u8>> = row.try_get(0).unwrap();
    let mut new = old.clone().unwrap_or_default();
    match new.len() {
        0 => new.push(flip),
        len => new[at.index(len)] ^= flip,
    }
    let write = match column {
        "seq" | "at" => {
            format!("UPDATE audit SET {column} = CAST(CAST(? AS TEXT) AS INTEGER) + 900 WHERE seq = ?")
        }
        "hash" => format!("UPDATE audit SET {column} = ? WHERE seq = ?"),
        _ => format!("UPDATE audit SET {column} = CAST(? AS TEXT) WHERE seq = ?"),
    };
    let copy = place.folder.path().join("copy.db");
    let _ = std::fs::remove_file(&copy);
    sqlx::query("VACUUM INTO ?").bind(copy.to_str().unwrap()).execute(&mut tamperer).await.unwrap();
    tamperer.close().await.unwrap();
    let mut copied = sqlite::writer(&copy).await.unwrap();
    let done = sqlx::query(::sqlx::AssertSqlSafe(write)).bind(new).bind(seq).execute(&mut copied).await;
    copied.close().await.unwrap();
    let changed = done.is_ok();
    let found = verify_file(&format!("sqlite:{}", copy.display()), None).await.unwrap();
    (changed, found)
}

#[tokio::test]
async fn a_database_of_another_key_is_refused() {
    let place = filled().await;
    place.store.close().await;
    std::fs::remove_file(place.folder.path().join("s.key")).unwrap();
    let missing = open(&place.folder, &place.clock).await.unwrap_err();
    assert!(matches!(missing, Error::KeyFile { .. }), "{missing}");
    let options = Options { url: place.url(), key_file: None };
    let other = Store::open(&options, Vault::with_key([9; 32]), place.clock.clone(), "n1").await;
    assert!(matches!(other, Err(Error::WrongKey)));
}
