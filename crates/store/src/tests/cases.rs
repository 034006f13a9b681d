//! Cases: opened once, joined, ended exactly once, purged.

use std::time::Duration;

use super::*;

#[tokio::test]
async fn a_held_mail_is_there_after_a_restart() {
    let mut place = Place::new().await;
    let held = place.store.hold(place.hold(&["a@example.com"], b"Subject: x\r\n\r\nbody")).await.unwrap();
    assert!(held.new);
    place.restart().await;
    let case = place.store.case(&held.case.to_lowercase()).await.unwrap().unwrap();
    assert_eq!((case.state, case.parts, case.external), (State::Held, 1, 1));
    assert_eq!((case.rewrite, case.approval), (Some(Rewrite::Bcc), Approval::Sender));
    assert_eq!(case.subject.as_deref(), Some("ご案内"));
    let parts = place.store.parts(&case).await.unwrap();
    assert_eq!(parts[0].envelope.as_ref().unwrap().rcpts, [recipient("a@example.com")]);
    let bytes = place.store.part_bytes(&case, 1).await.unwrap().unwrap();
    assert_eq!(bytes, b"Received: from mail.city.example.jp; now\r\nSubject: x\r\n\r\nbody");
    assert_eq!(place.log().await[0].case, Some(held.case));
    assert!(place.look("1@city.example.jp", &[]).case_open, "memory knows it again");
    assert_eq!(place.store.part_bytes(&case, 2).await.unwrap(), None);
}

#[tokio::test]
async fn nothing_of_a_held_mail_stands_in_the_file() {
    let place = Place::new().await;
    let secret = b"Subject: x\r\n\r\nXYZZY-secret-body XYZZY-secret-body";
    place.store.hold(place.hold(&["a@example.com"], secret)).await.unwrap();
    let delayed = outgoing(&["a@example.com"], secret);
    let mut hold = place.hold(&["hidden-rcpt@example.com"], b"other");
    hold.entry.message_id = Some("2@city.example.jp".into());
    place.store.delay(hold, vec![delayed]).await.unwrap();
    place.store.close().await;
    let file = std::fs::read(place.file()).unwrap();
    assert!(memchr::memmem::find(&file, b"XYZZY").is_none());
    assert!(memchr::memmem::find(&file, b"city.example.jp").is_some(), "the right file was read");
}

#[tokio::test]
async fn transactions_of_one_mail_join_one_case_with_one_telling() {
    let place = Place::new().await;
    let first = place.store.hold(place.hold(&["a@example.com"], b"m")).await.unwrap();
    let mut second = place.hold(&["b@example.com", "a@example.com"], b"m");
    second.approval = Approval::SecondPerson;
    second.rewrite = None;
    second.rules = serde_json::json!([{"id": "mass-mail"}, {"id": "burst"}]);
    let second = place.store.hold(second).await.unwrap();
    assert_eq!(second, Held { case: first.case.clone(), new: false, part: 2 });
    let case = place.store.case(&first.case).await.unwrap().unwrap();
    assert_eq!((case.parts, case.external), (2, 2));
    assert_eq!(case.recipients, ["a@example.com", "b@example.com"]);
    assert_eq!((case.rewrite, case.approval), (Some(Rewrite::Bcc), Approval::SecondPerson));
    assert_eq!(case.rules, serde_json::json!([{"id": "mass-mail"}, {"id": "burst"}]));
    place.clock.advance(Duration::from_secs(3));
    let notices = place.store.notices_due(10).await.unwrap();
    assert_eq!(notices.len(), 1);
    assert_eq!(notices[0].body["case"], first.case);
}

#[tokio::test]
async fn other_mail_opens_other_cases() {
    let place = Place::new().await;
    let first = place.store.hold(place.hold(&["a@example.com"], b"m")).await.unwrap();
    let mut other_id = place.hold(&["a@example.com"], b"n");
    other_id.entry.message_id = Some("2@city.example.jp".into());
    let mut other_sender = place.hold(&["a@example.com"], b"m");
    other_sender.entry.sender = Some("jiro@city.example.jp".into());
    let mut nameless = place.hold(&["a@example.com"], b"o");
    nameless.entry.message_id = None;
    for hold in [other_id, other_sender, nameless] {
        let held = place.store.hold(hold).await.unwrap();
        assert!(held.new);
        assert_ne!(held.case, first.case);
    }
    place.clock.advance(Duration::from_secs(73 * 3_600));
    let late = place.store.hold(place.hold(&["b@example.com"], b"m")).await.unwrap();
    assert!(late.new, "72 hours later");
}

#[tokio::test]
async fn the_same_mail_sent_again_is_still_one_part() {
    let place = Place::new().await;
    let first = place.store.hold(place.hold(&["a@example.com"], b"m")).await.unwrap();
    let mut again = place.hold(&["a@example.com"], b"m");
    again.received = b"Received: another time\r\n".to_vec();
    let again = place.store.hold(again).await.unwrap();
    assert_eq!(again, Held { new: false, ..first.clone() });
    assert_eq!(place.store.case(&first.case).await.unwrap().unwrap().parts, 1);
    assert_eq!(place.log().await.len(), 2, "the attempt is recorded");

    place.store.conclude(place.conclusion(&first.case, State::Released)).await.unwrap();
    let late = place.store.hold(place.hold(&["a@example.com"], b"m")).await.unwrap();
    assert_eq!(late.case, first.case, "it has left already");
}

#[tokio::test]
async fn a_mail_sent_again_after_it_was_stopped_is_not_swallowed() {
    let place = Place::new().await;
    let first = place.store.hold(place.hold(&["a@example.com"], b"m")).await.unwrap();
    place.store.conclude(place.conclusion(&first.case, State::Cancelled)).await.unwrap();
    let again = place.store.hold(place.hold(&["a@example.com"], b"m")).await.unwrap();
    assert!(again.new);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_parts_of_a_split_mail_at_the_same_time_make_one_case() {
    let place = Place::new().await;
    let mut tasks = tokio::task::JoinSet::new();
    for i in 0..20 {
        let (store, hold) = (place.store.clone(), place.hold(&[&format!("r{i}@example.com")], b"m"));
        tasks.spawn(async move { store.hold(hold).await.unwrap() });
    }
    let held: Vec<Held> = tasks.join_all().await;
    assert_eq!(held.iter().filter(|h| h.new).count(), 1);
    assert!(held.iter().all(|h| h.case == held[0].case));
    let mut parts: Vec<u32> = held.iter().map(|h| h.part).collect();
    parts.sort_unstable();
    assert_eq!(parts, (1..=20).collect::<Vec<_>>());
    assert_eq!(place.store.case(&held[0].case).await.unwrap().unwrap().external, 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_ends_exactly_once_under_races() {
    let place = Place::new().await;
    let held = place.store.hold(place.hold(&["a@example.com"], b"m")).await.unwrap();
    let ends = [State::Released, State::Cancelled, State::Expired, State::Repaired];
    let mut tasks = tokio::task::JoinSet::new();
    let other = place.another().await;
    for i in 0..100 {
        let store = if i % 3 == 0 { other.clone() } else { place.store.clone() };
        let mut conclusion = place.conclusion(&held.case, ends[i % 4]);
        if ends[i % 4] != State::Released && ends[i % 4] != State::Repaired {
            conclusion.outgoing.clear();
        }
        tasks.spawn(async move { store.conclude(conclusion).await.unwrap() });
    }
    let ended = tasks.join_all().await;
    assert_eq!(ended.iter().filter(|e| **e == Concluded::Done).count(), 1);
    let case = place.store.case(&held.case).await.unwrap().unwrap();
    assert!(ended.iter().all(|e| matches!(e, Concluded::Done) || *e == Concluded::Is(case.state)));
    let leaves = matches!(case.state, State::Released | State::Repaired);
    assert_eq!(place.store.outgoing_count().await.unwrap(), u64::from(leaves));
    assert_eq!(place.log().await.len(), 2);
    assert!(place.store.verify(None).await.unwrap().is_ok());
}

#[tokio::test]
async fn a_part_that_came_meanwhile_is_not_forgotten() {
    let place = Place::new().await;
    let held = place.store.hold(place.hold(&["a@example.com"], b"m")).await.unwrap();
    let conclusion = place.conclusion(&held.case, State::Released);
    place.store.hold(place.hold(&["b@example.com"], b"m")).await.unwrap();
    assert_eq!(place.store.conclude(conclusion).await.unwrap(), Concluded::Grown);
    assert_eq!(place.store.outgoing_count().await.unwrap(), 0);
    let missing = place.conclusion("0000-0000", State::Released);
    assert_eq!(place.store.conclude(missing).await.unwrap(), Concluded::Missing);
}

#[tokio::test]
async fn an_ended_case_is_remembered_by_the_history() {
    let mut place = Place::new().await;
    let to = ["a@example.com", "b@example.com"];
    let held = place.store.hold(place.hold(&to, b"m")).await.unwrap();
    assert_eq!(place.look("2", &to).same_recipients_hours, Some(0));
    let mut cancel = place.conclusion(&held.case, State::Cancelled);
    cancel.outgoing.clear();
    place.store.conclude(cancel).await.unwrap();
    let past = place.look("2", &to);
    assert!(past.recently_cancelled && !past.case_open);
    assert_eq!(past.first_time, 2, "it never left");
    place.restart().await;
    assert!(place.look("2", &to).recently_cancelled, "after a restart too");
}

#[tokio::test]
async fn the_domain_of_a_released_mail_is_known_and_a_restart_forgets_no_day() {
    let mut place = Place::new().await;
    let held = place.store.hold(place.hold(&["a@kensetsu.example"], b"m")).await.unwrap();
    assert!(!place.store.history().knows_domain("kensetsu.example"), "it has not left");
    place.store.conclude(place.conclusion(&held.case, State::Released)).await.unwrap();
    assert!(place.store.history().knows_domain("kensetsu.example"));
    let familiar = |place: &Place| place.store.history().familiar(["kensetsu.example".to_string()]).is_some();
    for day in 1..=3 {
        assert!(!familiar(&place) || day == 3, "day {day}");
        place.clock.advance(Duration::from_secs(86_400));
        let sending = place.sending(&["b@mail.kensetsu.example"], None);
        let decision = Decision { entry: place.entry("pass"), history: Some(sending), notices: vec![] };
        place.store.record(decision).await.unwrap();
        place.restart().await;
        assert!(place.store.history().knows_domain("kensetsu.example"), "day {day}");
    }
    assert!(familiar(&place));
    // What is older than the window is folded into marks, and is known from them after the next start.
    place.clock.advance(Duration::from_secs(10 * 86_400));
    place.store.purge(Duration::from_secs(86_400)).await.unwrap();
    place.restart().await;
    assert!(familiar(&place));
    assert!(!place.store.history().knows_domain("kensetu.example"));
}

#[tokio::test]
async fn a_delayed_mail_leaves_at_its_time_unless_it_is_cancelled() {
    let place = Place::new().await;
    let bytes = b"Subject: x\r\n\r\nbody";
    let delay = async |id: &str| {
        let mut hold = place.hold(&["a@example.com"], id.as_bytes());
        hold.entry.message_id = Some(id.into());
        hold.ends_at = place.now() + Duration::from_secs(300);
        place.store.delay(hold, vec![outgoing(&["a@example.com"], bytes)]).await.unwrap().case
    };
    let (leaves, stopped) = (delay("1").await, delay("2").await);
    assert!(!place.look("1", &[]).case_open, "a delayed case holds no later part");
    let again = delay("1").await;
    assert_eq!(again, leaves);
    assert_eq!(place.store.outgoing_count().await.unwrap(), 2, "sent again, kept once");
    let case = place.store.case(&leaves).await.unwrap().unwrap();
    assert_eq!(case.state, State::Delayed);
    assert_eq!(place.store.part_bytes(&case, 1).await.unwrap().unwrap(), bytes);

    let minute = Duration::from_secs(60);
    assert!(place.store.take_outgoing(10, minute).await.unwrap().is_empty());
    let mut cancel = place.conclusion(&stopped, State::Cancelled);
    (cancel.from, cancel.outgoing) = (State::Delayed, vec![]);
    assert_eq!(place.store.conclude(cancel).await.unwrap(), Concluded::Done);
    assert_eq!(place.store.next_outgoing().await.unwrap(), Some(place.now() + minute * 5));

    place.clock.advance(Duration::from_secs(300));
    let taken = place.store.take_outgoing(10, minute).await.unwrap();
    assert_eq!(taken.len(), 1);
    assert_eq!(taken[0].case.as_deref(), Some(leaves.as_str()));
    let mut late = place.conclusion(&leaves, State::Cancelled);
    late.from = State::Delayed;
    assert_eq!(place.store.conclude(late).await.unwrap(), Concluded::Is(State::Left));
    assert_eq!(place.log().await.last().unwrap().action, "left");
}

#[tokio::test]
async fn the_bytes_of_an_ended_case_are_let_go_of_in_time() {
    let place = Place::new().await;
    let month = Duration::from_secs(30 * 86_400);
    let ended = place.store.hold(place.hold(&["a@example.com"], b"m")).await.unwrap();
    let mut release = place.conclusion(&ended.case, State::Expired);
    release.outgoing.clear();
    place.store.conclude(release).await.unwrap();
    place.clock.advance(month);
    let waiting = place.store.hold(place.hold(&["b@example.com"], b"n")).await.unwrap();
    place.store.purge(month).await.unwrap();
    let case = place.store.case(&ended.case).await.unwrap().unwrap();
    assert!(!case.purged, "not a moment early");
    place.clock.advance(Duration::from_secs(1));
    place.store.purge(month).await.unwrap();

    let case = place.store.case(&ended.case).await.unwrap().unwrap();
    assert!(case.purged && case.recipients.is_empty());
    assert_eq!(place.store.part_bytes(&case, 1).await.unwrap(), None);
    assert_eq!(place.store.parts(&case).await.unwrap()[0].envelope, None);
    let case = place.store.case(&waiting.case).await.unwrap().unwrap();
    assert!(place.store.part_bytes(&case, 1).await.unwrap().is_some());
    assert!(place.store.verify(None).await.unwrap().is_ok(), "the log is whole");
}

#[tokio::test]
async fn cases_are_listed_and_expire() {
    let place = Place::new().await;
    let mut ids = Vec::new();
    for i in 0..3 {
        let mut hold = place.hold(&["a@example.com"], format!("m{i}").as_bytes());
        hold.entry.message_id = Some(format!("{i}"));
        ids.push(place.store.hold(hold).await.unwrap().case);
        place.clock.advance(Duration::from_secs(60));
    }
    let listed = async |filter: CaseFilter| {
        let cases = place.store.cases(&filter).await.unwrap();
        cases.into_iter().map(|c| c.id).collect::<Vec<_>>()
    };
    assert_eq!(
        listed(CaseFilter { limit: Some(2), ..CaseFilter::default() }).await,
        [ids[2].clone(), ids[1].clone()]
    );
    let sender = Some("HANA@city.example.jp".to_string());
    assert_eq!(listed(CaseFilter { sender, ..CaseFilter::default() }).await.len(), 3);
    let held = vec![State::Held, State::Delayed];
    assert_eq!(listed(CaseFilter { states: held, ..CaseFilter::default() }).await.len(), 3);
    assert!(listed(CaseFilter { states: vec![State::Released], ..CaseFilter::default() }).await.is_empty());
    let since = Some(place.now() - Duration::from_secs(90));
    assert_eq!(listed(CaseFilter { since, ..CaseFilter::default() }).await.len(), 1);

    assert!(place.store.expired(10).await.unwrap().is_empty());
    place.clock.advance(Duration::from_secs(14 * 86_400 - 90));
    let expired = place.store.expired(10).await.unwrap();
    assert_eq!(expired.into_iter().map(|c| c.id).collect::<Vec<_>>(), ids[..2]);
}

#[tokio::test]
async fn a_part_moved_to_another_case_does_not_open() {
    let place = Place::new().await;
    let mine = place.store.hold(place.hold(&["a@example.com"], b"harmless")).await.unwrap();
    let mut other = place.hold(&["evil@example.com"], b"stolen");
    other.entry.sender = Some("jiro@city.example.jp".into());
    let other = place.store.hold(other).await.unwrap();
    let mut tamperer = place.tamperer().await;
    sqlx::query(
        "UPDATE parts SET digest = o.digest, envelope = o.envelope, bytes = o.bytes \
         FROM (SELECT * FROM parts WHERE case_id = ?) o WHERE parts.case_id = ?",
    )
    .bind(&other.case)
    .bind(&mine.case)
    .execute(&mut tamperer)
    .await
    .unwrap();
    let case = place.store.case(&mine.case).await.unwrap().unwrap();
    assert!(matches!(place.store.part_bytes(&case, 1).await, Err(Error::SealedOutgoing(_))));
    assert!(matches!(place.store.parts(&case).await, Err(Error::SealedOutgoing(_))));
}
