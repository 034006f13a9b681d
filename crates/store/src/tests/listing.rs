//! Lists of cases and the register of overrides: nothing is left out between two stretches, and a search
//! for something rare ends in time.

use std::time::Duration;

use super::*;
use crate::listing::{Place as At, Wanted};
use crate::overrides::OverrideFilter;

/// Puts ended cases into the file, one a minute, the first of them the oldest.
async fn ended(place: &Place, count: i64) {
    let mut connection = place.tamperer().await;
    let start = place.now().as_millisecond();
    sqlx::query(
        "WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?1) \
         INSERT INTO cases (id, state, sender, subject, recipients, outside, parts, approval, rules, opened_at, \
         ends_at, concluded_at) SELECT printf('%04d-%04d', i / 10000, i % 10000), \
         iif(i % 2, 'released', 'cancelled'), iif(i % 3, 'hana@city.example.jp', 'jiro@city.example.jp'), \
         'subject ' || i, '[\"a@example.com\"]', x'0000000000000000', 1, 'sender', \
         '[{\"id\":\"r\",\"action\":\"hold\",\"mode\":\"enforce\"}]', ?2 + i / 2 * 60000, ?2, ?2 FROM n",
    )
    .bind(count)
    .bind(start)
    .execute(&mut connection)
    .await
    .unwrap();
    sqlite::close(connection).await;
}

/// Reads a list to its end; the numbers of its cases, and in how many stretches.
async fn read(place: &Place, wanted: &Wanted, count: usize, patience: Duration) -> (Vec<String>, usize) {
    let (mut ids, mut stretches, mut after): (Vec<String>, usize, Option<At>) = (Vec::new(), 0, None);
    loop {
        let stretch = place.store.leaf_through(wanted, after, count, patience).await.unwrap();
        stretches += 1;
        assert!(stretch.lines.len() <= count);
        ids.extend(stretch.lines.into_iter().map(|line| line.id));
        after = stretch.next;
        if after.is_none() {
            return (ids, stretches);
        }
    }
}

#[tokio::test]
async fn stretches_leave_nothing_out_and_tell_nothing_twice() {
    let place = Place::new().await;
    ended(&place, 5_000).await;
    let long = Duration::from_secs(60);
    for (wanted, count) in [
        (Wanted::default(), 5_000),
        (Wanted { states: vec![State::Released], ..Wanted::default() }, 2_500),
        (Wanted { states: vec![State::Released, State::Cancelled], ..Wanted::default() }, 5_000),
        (Wanted { sender: Some("Jiro@city.example.jp".into()), ..Wanted::default() }, 1_667),
        (Wanted { sender: Some("@city.example.jp".into()), ..Wanted::default() }, 5_000),
        (
            Wanted {
                sender: Some("jiro@city.example.jp".into()),
                states: vec![State::Released],
                ..Wanted::default()
            },
            833,
        ),
        (Wanted { rule: Some("r".into()), ..Wanted::default() }, 5_000),
        (Wanted { rule: Some("other".into()), ..Wanted::default() }, 0),
        (Wanted { text: Some("SUBJECT 4321".into()), ..Wanted::default() }, 1),
        (Wanted { recipient: Some("A@example.com".into()), ..Wanted::default() }, 5_000),
    ] {
        let (ids, _) = read(&place, &wanted, 700, long).await;
        let mut sorted = ids.clone();
        sorted.sort();
        sorted.dedup();
        assert_eq!((ids.len(), sorted.len()), (count, count), "{wanted:?}");
        let mut newest_first = sorted;
        newest_first.reverse();
        assert_eq!(ids, newest_first, "{wanted:?}");
    }
}

#[tokio::test]
async fn a_search_for_something_rare_says_how_far_it_has_come() {
    let place = Place::new().await;
    ended(&place, 4_500).await;
    let rare = Wanted { text: Some("subject 7".into()), until: None, ..Wanted::default() };
    let rarest = Wanted { text: Some("nobody at all".into()), ..Wanted::default() };
    let first = place.store.leaf_through(&rarest, None, 50, Duration::ZERO).await.unwrap();
    assert!(first.lines.is_empty() && first.next.is_some() && first.searched_to.is_some());
    // A thousand a step: the end comes with the fifth.
    assert_eq!(read(&place, &rarest, 50, Duration::ZERO).await, (Vec::new(), 5));
    let (ids, _) = read(&place, &rare, 50, Duration::ZERO).await;
    assert_eq!(ids.last().map(String::as_str), Some("0000-0007"));
}

#[tokio::test]
async fn what_waits_is_listed_and_counted() {
    let place = Place::new().await;
    let first = place.store.hold(place.hold(&["a@example.com"], b"one")).await.unwrap();
    let mut second = place.hold(&["b@example.com", "c@example.com"], b"two");
    second.entry.message_id = Some("2@city.example.jp".into());
    second.approval = Approval::SecondPerson;
    second.rules = serde_json::json!([
        {"id": "watched", "action": "reject", "mode": "monitor"},
        {"id": "mild", "action": "delay", "mode": "enforce"},
        {"id": "grave", "action": "reject", "mode": "enforce"},
    ]);
    let second = place.store.delay(second, Vec::new()).await.unwrap();
    assert_eq!(place.store.count_waiting().await.unwrap(), (1, 1));
    let all = place.store.waiting(&Wanted::default(), 10).await.unwrap();
    assert_eq!(all.len(), 2);
    let line = all.iter().find(|line| line.id == second.case).unwrap();
    assert_eq!((line.state, line.recipients, line.external), (State::Delayed, 2, 2));
    assert_eq!(
        (line.rules.as_slice(), line.refused),
        (["grave".to_string(), "mild".into()].as_slice(), true)
    );
    for (wanted, id) in [
        (Wanted { states: vec![State::Held], ..Wanted::default() }, &first.case),
        (Wanted { approval: Some(Approval::SecondPerson), ..Wanted::default() }, &second.case),
        (Wanted { rule: Some("mild".into()), ..Wanted::default() }, &second.case),
        (Wanted { recipient: Some("c@".into()), ..Wanted::default() }, &second.case),
        (Wanted { text: Some(first.case.to_lowercase()), ..Wanted::default() }, &first.case),
    ] {
        let found = place.store.waiting(&wanted, 10).await.unwrap();
        assert_eq!(found.iter().map(|line| &line.id).collect::<Vec<_>>(), [id], "{wanted:?}");
    }
    assert_eq!(place.store.waiting(&Wanted::default(), 1).await.unwrap().len(), 1);
    let none = Wanted { until: Some(place.now()), ..Wanted::default() };
    assert!(place.store.waiting(&none, 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn the_register_follows_a_decision_until_it_is_undone() {
    let place = Place::new().await;
    let held = place.store.hold(place.hold(&["a@example.com"], b"one")).await.unwrap();
    let entry = |kind: Kind, action: &str| {
        let mut entry = Entry::new(place.now(), kind, action);
        entry.case = Some(held.case.clone());
        entry.actor = Some("kacho@city.example.jp".into());
        entry
    };
    let record = async |entry: Entry| {
        place.store.record(Decision { entry, history: None, notices: Vec::new() }).await.unwrap();
    };
    place.clock.advance(Duration::from_secs(100));
    record(entry(Kind::Person, "case-opened")).await;
    place.clock.advance(Duration::from_secs(7));
    record(entry(Kind::Case, "released")).await;
    record(entry(Kind::Case, "reopened")).await;
    record(entry(Kind::Case, "repaired")).await;
    let mut delivered = entry(Kind::Delivery, "delivered");
    (delivered.recipients, delivered.notes) =
        (vec!["a@example.com".into(), "b@example.com".into()], vec!["mail, attempt 1".into()]);
    record(delivered.clone()).await;
    delivered.notes = vec!["notice, attempt 1".into()];
    record(delivered).await;
    record(entry(Kind::Case, "cancelled")).await;

    let all = OverrideFilter::default();
    let register = place.store.overrides(&all, None, 10, Duration::ZERO).await.unwrap();
    assert_eq!(register.next, None);
    let [repaired, released] = register.overrides.as_slice() else { panic!("{register:?}") };
    assert_eq!((repaired.outcome.delivered, repaired.outcome.undone), (2, false));
    assert_eq!((released.outcome.delivered, released.outcome.undone), (0, true));
    for one in [repaired, released] {
        let after = |at: Option<Timestamp>| one.entry.at.duration_since(at.unwrap()).as_secs();
        assert_eq!((after(one.held_at), after(one.opened_at)), (107, 7));
    }
    let first = place.store.overrides(&all, None, 1, Duration::ZERO).await.unwrap();
    let rest = place.store.overrides(&all, first.next, 1, Duration::ZERO).await.unwrap();
    assert_eq!((first.overrides.len(), rest.overrides.first()), (1, Some(released)));
    for (filter, count) in [
        (OverrideFilter { person: Some("KACHO".into()), ..all.clone() }, 2),
        (OverrideFilter { person: Some("bucho".into()), ..all.clone() }, 0),
        (OverrideFilter { rule: Some("none".into()), ..all.clone() }, 0),
        (OverrideFilter { since: Some(place.now()), ..all.clone() }, 2),
        (OverrideFilter { until: Some(place.now()), ..all }, 0),
    ] {
        let found = place.store.overrides(&filter, None, 10, Duration::ZERO).await.unwrap();
        assert_eq!(found.overrides.len(), count, "{filter:?}");
    }
}
