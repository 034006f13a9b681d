//! Taking the end of a case back.

use std::time::Duration;

use super::*;
use crate::holds::NewHold;

const UNDO: Duration = Duration::from_secs(30);
const TAKE: Duration = Duration::from_secs(60);

fn undoable(place: &Place, case: &str, to: State) -> Conclusion {
    Conclusion { undo: UNDO, ..place.conclusion(case, to) }
}

fn delayed(place: &Place) -> NewHold {
    NewHold {
        ends_at: place.now() + Duration::from_secs(300),
        ..place.hold(&["a@example.com"], b"x\r\n\r\nmail")
    }
}

async fn reopen(place: &Place, case: &str) -> Reopened {
    place.store.reopen(case, Entry::new(place.now(), Kind::Case, "reopened")).await.unwrap()
}

async fn bodies(place: &Place) -> i64 {
    let mut tamperer = place.tamperer().await;
    let row = ::sqlx::query("SELECT COUNT(*) FROM bodies").fetch_one(&mut tamperer).await.unwrap();
    row.try_get(0).unwrap()
}

#[tokio::test]
async fn what_was_released_waits_again_and_nothing_leaves_or_is_told() {
    let mut place = Place::new().await;
    let case = place.store.hold(place.hold(&["a@example.com"], b"mail")).await.unwrap().case;
    place.clock.advance(notices::SETTLE);
    let told = place.store.notices_due(10).await.unwrap();
    let end = Conclusion {
        recipients: Some(vec!["b@example.com".into()]),
        ..undoable(&place, &case, State::Repaired)
    };
    assert_eq!(place.store.conclude(end).await.unwrap(), Concluded::Done);
    assert!(place.store.take_outgoing(10, TAKE).await.unwrap().is_empty(), "it leaves later");
    place.clock.advance(UNDO - Duration::from_secs(1));
    place.restart().await;
    assert_eq!(reopen(&place, &case).await, Reopened::Done);
    let again = place.store.case(&case).await.unwrap().unwrap();
    assert_eq!((again.state, again.recipients.as_slice()), (State::Held, &["a@example.com".to_string()][..]));
    assert_eq!((again.concluded_at, again.undo_until), (None, None));
    assert_eq!(reopen(&place, &case).await, Reopened::Waits(State::Held));
    place.clock.advance(Duration::from_secs(3_600));
    assert!(place.store.take_outgoing(10, TAKE).await.unwrap().is_empty());
    assert_eq!(place.store.notices_due(10).await.unwrap(), told, "the outcome is not told");
    assert_eq!(bodies(&place).await, 0);
    assert!(place.look("1@city.example.jp", &["b@example.com"]).case_open);
    let log: Vec<String> = place.log().await.into_iter().map(|e| e.action).collect();
    assert_eq!(log[log.len() - 2..], ["repaired", "reopened"]);
    let last = place.conclusion(&case, State::Released);
    assert_eq!(place.store.conclude(last).await.unwrap(), Concluded::Done, "it can be decided anew");
}

#[tokio::test]
async fn once_its_time_is_over_or_it_has_left_nothing_is_undone() {
    let place = Place::new().await;
    let case = place.store.hold(place.hold(&["a@example.com"], b"mail")).await.unwrap().case;
    place.store.conclude(undoable(&place, &case, State::Released)).await.unwrap();
    place.clock.advance(UNDO);
    assert_eq!(reopen(&place, &case).await, Reopened::TooLate(State::Released));
    assert_eq!(place.store.take_outgoing(10, TAKE).await.unwrap().len(), 1);
    assert_eq!(reopen(&place, &case).await, Reopened::TooLate(State::Released));
    assert_eq!(reopen(&place, "0000-0000").await, Reopened::Missing);

    let at_once = place.store.hold(place.hold(&["b@example.com"], b"other")).await.unwrap().case;
    place.store.conclude(place.conclusion(&at_once, State::Cancelled)).await.unwrap();
    assert_eq!(reopen(&place, &at_once).await, Reopened::TooLate(State::Cancelled));
}

#[tokio::test]
async fn a_delayed_mail_that_was_stopped_is_delayed_again() {
    let place = Place::new().await;
    let mail = outgoing(&["a@example.com"], b"Subject: x\r\n\r\nbody\r\n");
    let case = place.store.delay(delayed(&place), vec![mail]).await.unwrap().case;
    let stop =
        Conclusion { from: State::Delayed, outgoing: vec![], ..undoable(&place, &case, State::Cancelled) };
    place.store.conclude(stop.clone()).await.unwrap();
    place.clock.advance(Duration::from_secs(10));
    assert_eq!(place.store.outgoing_count().await.unwrap(), 0);
    assert_eq!(reopen(&place, &case).await, Reopened::Done);
    assert_eq!(place.store.case(&case).await.unwrap().unwrap().state, State::Delayed);
    place.clock.advance(Duration::from_secs(290));
    let items = place.store.take_outgoing(10, TAKE).await.unwrap();
    assert_eq!(items.len(), 1);
    assert!(place.store.outgoing_bytes(&items[0]).await.unwrap().ends_with(b"body\r\n"));
    assert_eq!(place.store.case(&case).await.unwrap().unwrap().state, State::Left);

    let next = NewHold { envelope: envelope("hana@city.example.jp", &["c@example.com"]), ..delayed(&place) };
    let mail = outgoing(&["c@example.com"], b"Subject: y\r\n\r\nother\r\n");
    let case = place.store.delay(next, vec![mail]).await.unwrap().case;
    place.store.conclude(Conclusion { case: case.clone(), ..stop }).await.unwrap();
    place.store.settle_outgoing(&items[0], Next::Done, vec![], vec![]).await.unwrap();
    assert_eq!(bodies(&place).await, 1, "the one that is shelved");
    place.clock.advance(UNDO);
    place.store.purge(Duration::from_secs(86_400)).await.unwrap();
    assert_eq!(bodies(&place).await, 0, "let go of");
    assert_eq!(reopen(&place, &case).await, Reopened::TooLate(State::Cancelled));
}

#[tokio::test]
async fn a_delayed_mail_that_was_hastened_leaves_after_the_time_to_undo() {
    let place = Place::new().await;
    let mail = outgoing(&["a@example.com"], b"Subject: x\r\n\r\nbody\r\n");
    let case = place.store.delay(delayed(&place), vec![mail]).await.unwrap().case;
    let now =
        Conclusion { from: State::Delayed, outgoing: vec![], ..undoable(&place, &case, State::Released) };
    place.store.conclude(now.clone()).await.unwrap();
    assert_eq!(reopen(&place, &case).await, Reopened::Done);
    place.clock.advance(UNDO);
    assert!(place.store.take_outgoing(10, TAKE).await.unwrap().is_empty(), "it waits for its time again");
    place.store.conclude(now).await.unwrap();
    place.clock.advance(UNDO);
    assert_eq!(place.store.take_outgoing(10, TAKE).await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_an_undoing_and_the_worker_one_is_first() {
    let place = Place::new().await;
    for n in 0..40 {
        let to = format!("a{n}@example.com");
        let hold = place.hold(&[&to], format!("mail {n}").as_bytes());
        let mut hold = hold;
        hold.entry.message_id = Some(format!("{n}@city.example.jp"));
        let case = place.store.hold(hold).await.unwrap().case;
        place.store.conclude(undoable(&place, &case, State::Released)).await.unwrap();
        place.clock.advance(UNDO - Duration::from_millis(1));
        let (store, clock) = (place.store.clone(), place.clock.clone());
        let taking = tokio::spawn(async move {
            clock.advance(Duration::from_millis(1));
            store.take_outgoing(10, TAKE).await.unwrap()
        });
        let undone = reopen(&place, &case).await;
        let taken = taking.await.unwrap();
        assert_eq!(undone == Reopened::Done, taken.is_empty(), "{undone:?}");
        for item in taken {
            place.store.settle_outgoing(&item, Next::Done, vec![], vec![]).await.unwrap();
        }
    }
}
