//! Accounts and sessions.

use std::time::Duration;

use super::*;
use crate::people::{Account, Change, Changed, Role};
use crate::sessions::{Ending, NewSession};

const HOUR: Duration = Duration::from_secs(3_600);

fn account(place: &Place, name: &str, role: Role) -> Account {
    Account {
        name: name.into(),
        display: name.into(),
        role,
        password: Some("$argon2id$x".into()),
        must_change: false,
        created_at: place.now(),
        disabled_at: None,
    }
}

async fn begin(place: &Place, name: &str, token: u8) -> bool {
    let new = NewSession {
        token: [token; 32],
        account: name.into(),
        csrf: "word".into(),
        until: place.now() + HOUR * 8,
        origin: "192.0.2.7".into(),
    };
    place.store.begin_session(new, place.entry("signed-in")).await.unwrap()
}

async fn opens(place: &Place, token: u8) -> bool {
    place.store.session([token; 32], HOUR).await.unwrap().is_some()
}

#[tokio::test]
async fn a_session_ends_with_its_time_its_idleness_and_every_change_of_its_account() {
    let place = Place::new().await;
    let (store, entry) = (&place.store, || place.entry("account"));
    for (name, role) in [("a@example.jp", Role::Admin), ("b@example.jp", Role::Approver)] {
        assert!(store.add_account(account(&place, name, role), entry()).await.unwrap());
        assert!(!store.add_account(account(&place, name, role), entry()).await.unwrap(), "only once");
    }
    let changes = [
        Change::Role(Role::Auditor),
        Change::Password { hash: "$argon2id$y".into(), must_change: true },
        Change::Disable,
    ];
    for change in changes {
        assert!(begin(&place, "b@example.jp", 1).await && opens(&place, 1).await);
        assert_eq!(store.change_account("B@example.jp", change, entry()).await.unwrap(), Changed::Done);
        assert!(!opens(&place, 1).await);
    }
    assert!(!begin(&place, "b@example.jp", 1).await, "whoever is disabled begins none");
    assert!(!begin(&place, "c@example.jp", 1).await, "nor does whoever is not there");
    store.change_account("b@example.jp", Change::Enable, entry()).await.unwrap();
    assert!(begin(&place, "b@example.jp", 1).await && opens(&place, 1).await);
    assert!(store.account("b@example.jp").await.unwrap().unwrap().must_change);
    place.clock.advance(HOUR / 2);
    assert!(opens(&place, 1).await, "used now");
    place.clock.advance(HOUR / 2 + HOUR / 4);
    assert!(opens(&place, 1).await, "an hour has not passed since it was used");
    place.clock.advance(HOUR);
    assert!(!opens(&place, 1).await, "idle too long");
}

#[tokio::test]
async fn the_last_admin_stays() {
    let place = Place::new().await;
    let (store, entry) = (&place.store, || place.entry("account"));
    for name in ["a@example.jp", "b@example.jp"] {
        store.add_account(account(&place, name, Role::Admin), entry()).await.unwrap();
    }
    let change =
        async |name: &str, change: Change| store.change_account(name, change, entry()).await.unwrap();
    assert_eq!(change("b@example.jp", Change::Disable).await, Changed::Done);
    assert_eq!(change("a@example.jp", Change::Disable).await, Changed::LastAdmin);
    assert_eq!(change("a@example.jp", Change::Role(Role::Auditor)).await, Changed::LastAdmin);
    assert_eq!(change("x@example.jp", Change::Enable).await, Changed::Missing);
    let kept = store.account("a@example.jp").await.unwrap().unwrap();
    assert_eq!((kept.role, kept.disabled_at), (Role::Admin, None));
    assert_eq!(change("b@example.jp", Change::Enable).await, Changed::Done);
    assert_eq!(change("a@example.jp", Change::Role(Role::Auditor)).await, Changed::Done);
}

#[tokio::test]
async fn sessions_are_ended_one_by_one_and_never_too_many() {
    let place = Place::new().await;
    let entry = || place.entry("session-ended");
    for name in ["a@example.jp", "b@example.jp"] {
        place.store.add_account(account(&place, name, Role::Admin), entry()).await.unwrap();
    }
    begin(&place, "b@example.jp", 200).await;
    for token in 0..30 {
        place.clock.advance(Duration::from_secs(1));
        begin(&place, "a@example.jp", token).await;
    }
    let sessions = async || place.store.sessions_of("a@example.jp", HOUR, Some([29; 32])).await.unwrap();
    let open = sessions().await;
    assert_eq!(open.len(), 20);
    assert!(open[0].1 && open[1..].iter().all(|s| !s.1), "the own one was used last");
    assert_eq!(open[0].0.origin, "192.0.2.7");
    let end = async |which: Ending| place.store.end_sessions("a@example.jp", which, entry()).await.unwrap();
    assert_eq!(end(Ending::One(open[3].0.id.clone())).await, 1);
    assert_eq!(end(Ending::One(open[3].0.id.clone())).await, 0);
    let others = place.store.sessions_of("b@example.jp", HOUR, None).await.unwrap();
    assert_eq!(end(Ending::One(others[0].0.id.clone())).await, 0, "another's stays");
    assert_eq!(end(Ending::Others([29; 32])).await, 18);
    assert_eq!(end(Ending::Own([29; 32])).await, 1);
    assert!(sessions().await.is_empty() && opens(&place, 200).await);
}
