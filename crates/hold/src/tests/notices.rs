//! What ends by itself, and who hears of it.

use super::*;

#[tokio::test]
async fn what_nobody_decides_about_expires_and_its_sender_is_told() {
    let place = place().await;
    let id = place.hold(&["a@example.com"], Approval::Sender).await;
    place.notices().await;
    place.clock.advance(Options::default().expire_after - Duration::from_secs(10));
    assert_eq!(expire::sweep(&place.store).await.unwrap(), 0);
    place.clock.advance(Duration::from_secs(10));
    assert_eq!(expire::sweep(&place.store).await.unwrap(), 1);
    assert_eq!(expire::sweep(&place.store).await.unwrap(), 0);
    assert_eq!(place.case(&id).await.state, State::Expired);
    let notices = place.notices().await;
    assert_eq!(notices.len(), 1);
    assert!(notices[0].contains(&id));
    let log = place.log().await;
    assert!(log.iter().any(|e| e.action == "expired" && e.actor.as_deref() == Some("sekisho")));
    assert_eq!(place.store.outgoing_count().await.unwrap(), 0, "the mail does not leave");
}

#[tokio::test]
async fn the_timer_runs_and_stops() {
    let place = place().await;
    let id = place.hold(&["a@example.com"], Approval::Sender).await;
    place.clock.advance(Options::default().expire_after);
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let running = tokio::spawn(expire::run(
        place.store.clone(),
        tokio::sync::watch::channel(Options::default()).1,
        async {
            let _ = stopped.await;
        },
    ));
    tokio::time::sleep(Duration::from_millis(500)).await;
    stop.send(()).unwrap();
    running.await.unwrap();
    assert_eq!(place.case(&id).await.state, State::Expired);
}

#[tokio::test]
async fn a_notice_knows_of_parts_that_joined_and_is_one() {
    let place = place().await;
    place.hold(&["a@example.com"], Approval::Sender).await;
    place.hold(&["b@example.com", "c@example.com"], Approval::Sender).await;
    let due = place.store.notices_due(10).await.unwrap();
    assert!(due.is_empty(), "it settles first");
    let notices = place.notices().await;
    assert_eq!(notices.len(), 1);
    assert!(notices[0].contains('3'), "three recipients: {}", notices[0]);
}

#[tokio::test]
async fn a_sender_s_notice_has_links_and_a_digest_lists_what_still_waits() {
    let place = place().await;
    let pages =
        notice_sender::Pages { url: "https://s.example.jp/".into(), link: Duration::from_secs(3_600) };
    let teller = notice_sender::NoticeSender::new(
        place.store.clone(),
        tokio::sync::watch::Sender::new(options_of_city()).subscribe(),
        Some(pages),
    );
    let hold = async |number: u32, notices: Vec<store::QueuedNotice>| {
        let mut hold = place.new_hold(&["a@example.com"], Approval::Sender);
        hold.entry.message_id = Some(format!("{number}@city.example.jp"));
        hold.message = format!("To: a@example.com\r\n\r\n{number}").into_bytes();
        if number > 1 {
            hold.notices = notices;
        }
        place.store.hold(hold).await.unwrap().case
    };
    let mut digest = notice::Notice::new(notice::Kind::Digest, vec![SENDER.into()], place.clock.now());
    digest.mail = Some(notice::About { sender: SENDER.into(), ..notice::About::default() });
    let at_the_end = store::QueuedNotice {
        due: Some(place.clock.now() + Duration::from_secs(600)),
        once: Some("digest".into()),
        ..notice_sender::notice(&digest)
    };
    let first = hold(1, Vec::new()).await;
    let second = hold(2, vec![at_the_end.clone()]).await;
    let third = hold(3, vec![at_the_end]).await;
    place.clock.advance(store::notices::SETTLE);
    assert_eq!(teller.tell_due().await.unwrap(), 1);
    let held = place.taken().await;
    assert!(held[0].contains("https://s.example.jp/m/") && held[0].contains("ほかにも2通"), "{held:?}");
    let links = super::super::links::Links::of(&place.store);
    let token =
        |text: &str| text.split("/m/").nth(1).map(|t| t.chars().take(51).collect::<String>()).unwrap();
    let link = links.read(&token(&held[0]), place.clock.now()).unwrap();
    assert_eq!((link.case.as_str(), link.purpose), (first.as_str(), super::super::links::Purpose::Sender));
    assert!(links.is_for(&link, SENDER) && link.until == place.clock.now() + Duration::from_secs(3_600));

    review::cancel(&place.store, &second, SENDER, "").await.unwrap();
    place.clock.advance(Duration::from_secs(600));
    assert_eq!(teller.tell_due().await.unwrap(), 2, "the outcome, and one digest");
    let told = place.taken().await;
    let digest = told.iter().find(|n| n.contains("/all")).unwrap();
    assert!(digest.contains(&first) && digest.contains(&third) && !digest.contains(&second), "{digest}");
    assert!(digest.contains("2通"), "{digest}");
}

#[tokio::test]
async fn what_cannot_be_told_is_recorded_and_not_tried_for_ever() {
    let place = place().await;
    let decision = Decision {
        entry: Entry::new(place.clock.now(), Kind::Decision, "rewrite"),
        history: None,
        notices: vec![serde_json::json!({"kind": "gossip"}).into()],
    };
    place.store.record(decision).await.unwrap();
    assert!(place.notices().await.is_empty());
    let log = place.log().await;
    assert_eq!(log.last().unwrap().action, "not-told");
    assert!(!place.store.notices_wait().await.unwrap());
}

#[tokio::test]
async fn what_became_of_a_mail_of_the_null_sender_is_told_to_the_admins() {
    let place = place().await;
    let mut hold = place.new_hold(&["a@example.com"], Approval::None);
    (hold.entry.sender, hold.envelope.from) = (None, String::new());
    hold.notices.clear();
    let id = place.store.hold(hold).await.unwrap().case;
    review::cancel(&place.store, &id, "admin", "").await.unwrap();
    let notices = place.notices().await;
    assert_eq!(notices.len(), 1);
    assert!(notices[0].contains("代わりに管理者へ"), "{}", notices[0]);
}

#[test]
fn the_section_reads_and_is_checked() {
    let read = |text: &str| toml::from_str::<Options>(text);
    assert_eq!(read("").unwrap(), Options::default());
    let options = read("expire_after = \"7d\"\nkeep_concluded = \"2w\"").unwrap();
    assert_eq!(options.expire_after, Duration::from_secs(7 * 86_400));
    assert!(options.check().is_ok());
    assert!(read("expire_after = \"5m\"").unwrap().check().is_err());
    assert!(read("expires = \"7d\"").is_err());
}
