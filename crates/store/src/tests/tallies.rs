//! What the log counts up to: each entry once, whoever counts, and a damaged entry hides no other.

use std::collections::BTreeMap;
use std::time::Duration;

use super::*;
use crate::ledger::UNREADABLE;
use crate::tallies::What;
use audit::entry::RuleHit;

fn hit(id: &str, mode: &str, incidents: &[&str]) -> RuleHit {
    RuleHit {
        id: id.into(),
        action: "hold".into(),
        mode: mode.into(),
        incidents: incidents.iter().map(|i| i.to_string()).collect(),
        evidence: vec![],
    }
}

async fn record(place: &Place, entry: Entry) {
    place.store.record(Decision { entry, history: None, notices: vec![] }).await.unwrap();
}

/// Three mails within two hours, one of them held and released.
async fn filled() -> Place {
    let place = Place::new().await;
    record(&place, place.entry("pass")).await;
    let mut held = place.entry("hold");
    held.rules = vec![
        hit("a", "enforce", &["2023-116", "2023-391"]),
        hit("b", "enforce", &["2023-116"]),
        hit("c", "monitor", &["2022-minoh"]),
    ];
    record(&place, held.clone()).await;
    place.clock.advance(Duration::from_secs(3_600));
    record(&place, place.entry("pass")).await;
    held.at = place.now();
    held.kind = Kind::Case;
    held.action = "released".into();
    record(&place, held).await;
    place
}

async fn sums(place: &Place, what: What) -> BTreeMap<String, u64> {
    let since = place.now() - Duration::from_secs(7_200);
    place.store.tallied(what, since, place.now()).await.unwrap()
}

fn counts(of: &[(&str, u64)]) -> BTreeMap<String, u64> {
    of.iter().map(|(name, count)| (name.to_string(), *count)).collect()
}

#[tokio::test]
async fn each_entry_counts_once_whoever_counts() {
    let place = filled().await;
    assert!(sums(&place, What::Verdict).await.is_empty(), "nobody has counted yet");
    let other = place.another().await;
    let (one, two) = tokio::join!(place.store.tally(), other.tally());
    assert!(!one.unwrap() && !two.unwrap(), "one stretch is all there is");
    place.store.tally().await.unwrap();
    assert_eq!(sums(&place, What::Verdict).await, counts(&[("hold", 1), ("pass", 2)]));
    assert_eq!(sums(&place, What::Rule).await, counts(&[("a", 1), ("b", 1)]));
    assert_eq!(sums(&place, What::Monitor).await, counts(&[("c", 1)]));
    assert_eq!(sums(&place, What::Incident).await, counts(&[("2023-116", 1), ("2023-391", 1)]));
    assert_eq!(sums(&place, What::End).await, counts(&[("released", 1)]));
    assert_eq!(sums(&place, What::RuleEnd).await, counts(&[("a/released", 1), ("b/released", 1)]));
    record(&place, place.entry("pass")).await;
    other.tally().await.unwrap();
    assert_eq!(sums(&place, What::Verdict).await, counts(&[("hold", 1), ("pass", 3)]));
    let last = place.store.tallies(What::Verdict, place.now(), place.now()).await.unwrap();
    assert_eq!(last.iter().map(|t| t.count).collect::<Vec<_>>(), [2], "of the last hour");
}

#[tokio::test]
async fn a_long_log_is_counted_stretch_by_stretch() {
    let place = Place::new().await;
    for _ in 0..2_345 {
        place.store.record_soon(place.entry("pass")).await.unwrap();
    }
    record(&place, place.entry("hold")).await;
    let mut stretches = 1;
    while place.store.tally().await.unwrap() {
        stretches += 1;
    }
    assert_eq!(stretches, 3);
    assert_eq!(sums(&place, What::Verdict).await, counts(&[("hold", 1), ("pass", 2_345)]));
}

#[tokio::test]
async fn a_damaged_entry_hides_no_other() {
    let place = filled().await;
    let mut tamperer = place.tamperer().await;
    let sql = "UPDATE audit SET entry = 'not JSON' WHERE seq = 2";
    ::sqlx::query(sql).execute(&mut tamperer).await.unwrap();
    let rows = place.store.audit(&Filter::default()).await.unwrap();
    assert_eq!(rows.iter().map(|r| r.seq).collect::<Vec<_>>(), [1, 2, 3, 4]);
    assert_eq!(rows[1].entry.action, UNREADABLE);
    assert_eq!(place.store.written(2).await.unwrap().as_deref(), Some("not JSON"));
    assert_eq!(place.store.written(9).await.unwrap(), None);
    place.store.tally().await.unwrap();
    assert_eq!(sums(&place, What::Verdict).await, counts(&[("pass", 2)]));
    assert_eq!(place.store.verify(None).await.unwrap().unwrap_err().seq, 2);
}

#[tokio::test]
async fn what_became_of_a_mail_is_found() {
    let place = Place::new().await;
    for (kind, action, mail) in [
        (Kind::Decision, "pass", "m1"),
        (Kind::Decision, "pass", "m2"),
        (Kind::Outcome, "accepted", "m2"),
        (Kind::Outcome, "refused", "m1"),
    ] {
        let mut entry = place.entry(action);
        (entry.kind, entry.mail) = (kind, Some(mail.into()));
        record(&place, entry).await;
    }
    let rows = place.store.audit(&Filter::default()).await.unwrap();
    let fates = [place.store.fate(&rows[0]).await.unwrap(), place.store.fate(&rows[1]).await.unwrap()];
    assert_eq!(fates.map(|f| f.map(|f| f.entry.action)), [Some("refused".into()), Some("accepted".into())]);
    assert!(place.store.fate(&rows[3]).await.unwrap().is_none());
    assert_eq!(place.store.last_before(place.now()).await.unwrap(), 0);
    place.clock.advance(Duration::from_secs(1));
    assert_eq!(place.store.last_before(place.now()).await.unwrap(), 4);
}
