//! Mail that is changed before it leaves, and repairs that are proposed.

use super::*;

#[tokio::test]
async fn a_repair_drops_recipients_and_hides_the_rest() {
    let place = place().await;
    let id = place.hold(&["a@example.com", "wrong@example.com"], Approval::Sender).await;
    place.hold(&["wrong@example.com"], Approval::Sender).await;
    let change = Repair {
        rewrite: Some(Rewrite::Individual),
        drop_recipients: vec![" Wrong@example.com".into()],
        ..Repair::default()
    };
    let prepare = |leaving: &HeldTransaction| {
        assert_eq!(leaving.rewrite, Some(Rewrite::Individual));
        assert_eq!(leaving.dropped, ["Wrong@example.com"]);
        as_it_is(leaving)
    };
    super::repair(&place.store, &id, SENDER, "", &change, &needs_nobody, &prepare).await.unwrap();
    let items = place.store.take_outgoing(10, Duration::from_secs(60)).await.unwrap();
    assert_eq!(items.len(), 1, "the part that was for them alone does not leave");
    assert_eq!(items[0].envelope.rcpts.len(), 1);
    let log = place.log().await;
    let entry = log.last().unwrap();
    assert_eq!(entry.action, "repaired");
    assert!(entry.notes.contains(&"rewrite: individual".to_string()), "{:?}", entry.notes);
}

#[tokio::test]
async fn a_repair_that_makes_no_sense_is_refused() {
    let place = place().await;
    let id = place.hold(&["a@example.com"], Approval::Sender).await;
    let dropping = |address: &str| Repair { drop_recipients: vec![address.into()], ..Repair::default() };
    let (everybody, nobody) = (dropping("a@example.com"), dropping("z@example.com"));
    let all = super::repair(&place.store, &id, SENDER, "", &everybody, &needs_nobody, &as_it_is);
    assert_eq!(all.await.unwrap_err(), Refusal::NothingLeaves);
    let none = super::repair(&place.store, &id, SENDER, "", &nobody, &needs_nobody, &as_it_is);
    assert_eq!(none.await.unwrap_err(), Refusal::NoSuchRecipient("z@example.com".into()));
    let unfit = |_: &HeldTransaction| Err("an address would still show".to_string());
    let unfit = review::release(&place.store, &id, SENDER, "確認済み", &unfit).await;
    assert!(matches!(unfit, Err(Refusal::Unfit(_))));
    let missing = review::show(&place.store, "0000-0000").await;
    assert_eq!(missing.unwrap_err(), Refusal::NotFound("0000-0000".into()));
    assert_eq!(place.case(&id).await.state, State::Held, "it is still held");
}

fn correcting(from: &str, to: &str) -> Repair {
    Repair { corrections: vec![(from.into(), to.into())], ..Repair::default() }
}

#[tokio::test]
async fn a_corrected_recipient_is_the_cases_from_then_on() {
    let place = place().await;
    let id = place.hold(&["old@example.com", "b@example.com"], Approval::Sender).await;
    let refused = |repair: Repair| {
        let (store, id) = (place.store.clone(), id.clone());
        async move { super::repair(&store, &id, SENDER, "", &repair, &needs_nobody, &as_it_is).await.unwrap_err() }
    };
    for (from, to, why) in [
        ("z@example.com", "new@example.com", Refusal::NoSuchRecipient("z@example.com".into())),
        ("old@example.com", "new@example", Refusal::NoAddress("new@example".into())),
        ("old@example.com", "B@example.com", Refusal::AlreadyRecipient("B@example.com".into())),
    ] {
        assert_eq!(refused(correcting(from, to)).await, why);
    }
    let twice = Repair {
        drop_recipients: vec!["OLD@example.com".into()],
        ..correcting("old@example.com", "new@example.com")
    };
    assert_eq!(refused(twice).await, Refusal::NamedTwice("old@example.com".into()));
    let change = correcting(" Old@example.com", "new@example.com ");
    let prepare = |leaving: &HeldTransaction| {
        assert_eq!(leaving.corrections, [("Old@example.com".to_string(), "new@example.com".to_string())]);
        as_it_is(leaving)
    };
    let case = super::repair(&place.store, &id, SENDER, "", &change, &needs_nobody, &prepare).await.unwrap();
    assert_eq!(
        (case.recipients.as_slice(), case.external),
        (&["new@example.com".to_string(), "b@example.com".to_string()][..], 2)
    );
    let look = |to: &str| {
        place.store.history().look(&store::Look {
            sender: SENDER,
            message_id: Some("2@city.example.jp"),
            client_ip: None,
            recipients: &[to.to_string()],
            written: &[to.to_string()],
            now: place.clock.now(),
        })
    };
    assert_eq!(look("new@example.com").first_time, 0, "the right one has been written to");
    assert_eq!(look("old@example.com").first_time, 1, "the wrong one has not");
    let item = place.store.take_outgoing(10, Duration::from_secs(60)).await.unwrap().remove(0);
    let rcpts: Vec<_> = item.envelope.rcpts.iter().map(|r| r.address.as_str()).collect();
    assert_eq!(rcpts, ["new@example.com", "b@example.com"]);
    let log = place.log().await;
    let entry = log.last().unwrap();
    assert_eq!(entry.recipients, ["new@example.com", "b@example.com"]);
    assert!(entry.notes.contains(&"recipient corrected: Old@example.com to new@example.com".to_string()));
}

#[tokio::test]
async fn a_sender_sends_what_was_mended_where_it_needs_no_second_person_any_more() {
    let place = place().await;
    let id = place.hold(&["a@example.com", "b@example.com"], Approval::SecondPerson).await;
    let change = Repair { drop_attachments: vec!["2".into()], ..Repair::default() };
    let still = |_: &Case, _: &[HeldTransaction]| Approval::SecondPerson;
    let refused = super::repair(&place.store, &id, SENDER, "", &change, &still, &as_it_is).await;
    assert_eq!(refused.unwrap_err(), Refusal::SecondPerson);
    let judge = |case: &Case, leaving: &[HeldTransaction]| {
        assert_eq!((case.id.as_str(), leaving.len()), (id.as_str(), 1));
        assert_eq!(leaving[0].attachments, ["2"]);
        Approval::Sender
    };
    let case = super::repair(&place.store, &id, SENDER, "", &change, &judge, &as_it_is).await.unwrap();
    assert_eq!(case.state, State::Repaired);
    let log = place.log().await;
    assert!(log.last().unwrap().notes.contains(&"attachments taken out: 2".to_string()));
}

#[tokio::test]
async fn an_approver_sends_what_was_proposed() {
    let place = place().await;
    let id = place.hold(&["old@example.com", "b@example.com"], Approval::SecondPerson).await;
    let change = correcting("old@example.com", "new@example.com");
    let nothing = review::propose(&place.store, &id, SENDER, "", &Repair::default(), &as_it_is).await;
    assert_eq!(nothing.unwrap_err(), Refusal::NothingChanged);
    let unfit = |_: &HeldTransaction| Err("it has no attachment 7".to_string());
    let refused = review::propose(&place.store, &id, SENDER, "", &change, &unfit).await;
    assert_eq!(refused.unwrap_err(), Refusal::Unfit("it has no attachment 7".into()));
    let none = review::withdraw(&place.store, &id, SENDER, "").await;
    assert_eq!(none.unwrap_err(), Refusal::NoProposal);
    let case = review::propose(&place.store, &id, SENDER, "打ち間違い", &change, &as_it_is).await.unwrap();
    assert_eq!((case.state, review::proposed(&case)), (State::Held, Some(change.clone())));
    let json = serde_json::to_value(&case).unwrap();
    assert_eq!(json["proposal"]["by"], SENDER);
    assert_eq!(json["proposal"]["reason"], "打ち間違い");
    let own = review::release(&place.store, &id, SENDER, "よい", &as_it_is).await;
    assert_eq!(own.unwrap_err(), Refusal::SecondPerson, "a proposal is not yet a permission");
    let case = review::release(&place.store, &id, "jiro@city.example.jp", "", &as_it_is).await.unwrap();
    assert_eq!(case.state, State::Repaired);
    assert_eq!(case.recipients, ["new@example.com", "b@example.com"]);
    let log = place.log().await;
    let actions: Vec<_> = log.iter().map(|e| e.action.as_str()).collect();
    assert_eq!(actions, ["hold", "proposed", "repaired"]);
    assert!(log[2].notes.contains(&format!("as proposed by {SENDER}")), "{:?}", log[2].notes);
    let late = review::propose(&place.store, &id, SENDER, "", &change, &as_it_is).await;
    assert_eq!(late.unwrap_err(), Refusal::Over(State::Repaired));
}

#[tokio::test]
async fn what_was_proposed_and_cannot_be_read_does_not_leave_unchanged() {
    let place = place().await;
    let id = place.hold(&["a@example.com"], Approval::SecondPerson).await;
    let proposal = store::Proposal {
        by: SENDER.into(),
        reason: None,
        at: place.clock.now(),
        repair: serde_json::json!({"drop_pages": [1]}),
    };
    let entry = Entry::new(place.clock.now(), Kind::Case, "proposed");
    place.store.propose(&id, Some(proposal), entry).await.unwrap();
    let refused = review::release(&place.store, &id, "jiro@city.example.jp", "", &as_it_is).await;
    assert_eq!(refused.unwrap_err(), Refusal::UnreadProposal);
    assert_eq!(place.store.outgoing_count().await.unwrap(), 0);
}

#[tokio::test]
async fn a_proposal_is_taken_back_and_goes_with_the_bytes() {
    let place = place().await;
    let id = place.hold(&["a@example.com", "b@example.com"], Approval::SecondPerson).await;
    let change = Repair { drop_recipients: vec!["b@example.com".into()], ..Repair::default() };
    review::propose(&place.store, &id, SENDER, "", &change, &as_it_is).await.unwrap();
    let case = review::withdraw(&place.store, &id, SENDER, "").await.unwrap();
    assert_eq!((case.state, case.proposal), (State::Held, None));
    review::propose(&place.store, &id, SENDER, "", &change, &as_it_is).await.unwrap();
    review::cancel(&place.store, &id, SENDER, "").await.unwrap();
    assert!(place.case(&id).await.proposal.is_some(), "what was proposed can still be read");
    place.clock.advance(Duration::from_secs(10));
    place.store.purge(Duration::from_secs(1)).await.unwrap();
    let case = place.case(&id).await;
    assert_eq!((case.purged, case.proposal), (true, None));
}
