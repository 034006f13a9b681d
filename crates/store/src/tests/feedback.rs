//! Exceptions and the proposals that become them.

use super::*;
use crate::exceptions::NewException;
use crate::feedback::{Answer, Proposed, Stand};

fn exception() -> NewException {
    NewException {
        rule: "mass-mail".into(),
        sender: Some("hana@city.example.jp".into()),
        sender_domain: None,
        recipient_domains: vec!["example.com".into()],
        reason: "委託先との定例連絡".into(),
        owner: "kanri@city.example.jp".into(),
        until: "2026-09-30".parse().unwrap(),
    }
}

#[tokio::test]
async fn exceptions_are_kept_and_end_once() {
    let mut place = Place::new().await;
    let made = place.entry("exception-added");
    let id = place.store.add_exception(exception(), "kanri@city.example.jp", made).await.unwrap();
    place.restart().await;
    let kept = place.store.exceptions_until("2026-09-30".parse().unwrap()).await.unwrap();
    assert_eq!((kept.len(), &kept[0].what, &kept[0].ended), (1, &exception(), &None));
    assert!(place.store.exceptions_until("2026-10-01".parse().unwrap()).await.unwrap().is_empty());
    let end = async || {
        let entry = place.entry("exception-ended");
        place.store.end_exception(id, "kanri@city.example.jp", entry).await.unwrap()
    };
    assert!(end().await);
    assert!(!end().await, "a second time changes nothing");
    assert!(place.store.exception(id).await.unwrap().unwrap().ended.is_some());
    assert_eq!(place.store.exception(id + 1).await.unwrap(), None);
    let log = place.log().await;
    assert_eq!(log.iter().filter(|e| e.action == "exception-ended").count(), 1);
}

#[tokio::test]
async fn a_false_alarm_is_said_once_and_decided_once() {
    let place = Place::new().await;
    let held = place.store.hold(place.hold(&["a@example.com", "b@City.Example.jp"], b"x")).await.unwrap();
    let case = place.store.case(&held.case).await.unwrap().unwrap();
    let (store, by) = (&place.store, "Hana@city.example.jp");
    assert_eq!(store.propose_exception(&case, by, " 委託先です ").await.unwrap(), Proposed::Taken);
    assert_eq!(store.propose_exception(&case, by, "again").await.unwrap(), Proposed::Before);
    let open = store.open_false_alarms(10).await.unwrap();
    assert_eq!(open.len(), 1);
    let proposal = &open[0];
    assert_eq!((proposal.why.as_str(), proposal.stand), ("委託先です", Stand::Open));
    assert_eq!(proposal.rules, ["mass-mail"]);
    assert_eq!(proposal.recipient_domains, ["city.example.jp", "example.com"]);
    assert!(store.exceptions_until(exception().until).await.unwrap().is_empty(), "it makes no exception");

    let answer = async |answer: Answer| {
        let told = serde_json::json!({"kind": "exception-made"}).into();
        let entry = place.entry("exception-added");
        store
            .answer_false_alarm(proposal.id, answer, "kanri@city.example.jp", entry, Some(told))
            .await
            .unwrap()
    };
    assert!(answer(Answer::Accept(exception())).await);
    assert!(!answer(Answer::Decline("too late".into())).await);
    assert_eq!(store.exceptions_until(exception().until).await.unwrap().len(), 1);
    let decided = store.false_alarm_of(&case.id, by).await.unwrap().unwrap();
    assert_eq!((decided.stand, decided.answer), (Stand::Accepted, None));
    assert!(store.open_false_alarms(10).await.unwrap().is_empty());
    place.clock.advance(std::time::Duration::from_secs(5));
    let told = store.notices_due(10).await.unwrap();
    assert_eq!(told.iter().filter(|t| t.body["kind"] == "exception-made").count(), 1);
    assert_eq!(place.log().await.iter().filter(|e| e.action == "false-alarm").count(), 1);
}

#[tokio::test]
async fn uses_of_exceptions_are_found_by_their_index() {
    let place = Place::new().await;
    let mut used = place.entry("pass");
    used.rules = vec![audit::entry::RuleHit {
        id: "mass-mail".into(),
        action: "hold".into(),
        mode: "monitor".into(),
        incidents: vec![],
        evidence: vec!["exception: 定例 (kanri@city.example.jp, until 2026-09-30)".into()],
    }];
    for entry in [place.entry("pass"), used.clone()] {
        let decision = Decision { entry, history: None, notices: vec![] };
        place.store.record(decision).await.unwrap();
    }
    let found = place.store.excepted_since(place.now(), 0).await.unwrap();
    assert_eq!(found, [(2, used)]);
    let later = place.now() + std::time::Duration::from_secs(1);
    assert!(place.store.excepted_since(later, 0).await.unwrap().is_empty());
    assert!(place.store.excepted_since(place.now(), 2).await.unwrap().is_empty());
    let mut connection = place.tamperer().await;
    let sql = "EXPLAIN QUERY PLAN SELECT entry FROM audit \
               WHERE instr(entry, '\"exception: ') > 0 AND at >= 0 AND +seq > 0 ORDER BY at";
    let plan = ::sqlx::query(sql).fetch_all(&mut connection).await.unwrap();
    let step: &str = plan[0].try_get("detail").unwrap();
    assert!(step.contains("audit_excepted"), "{step}");
}
