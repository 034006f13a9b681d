//! Deciding about cases, and being told.

use std::time::Duration;

use super::review::{self, Leaving, Refusal, Repair};
use super::{Options, expire, tell};
use crate::audit::entry::{Entry, Kind};
use crate::audit::filter::Filter;
use crate::clock::Clock;
use crate::notice;
use crate::smtp::envelope::{Envelope, Recipient};
use crate::store::{self, Approval, Case, Decision, ItemKind, NewHold, Outgoing, Rewrite, State, Store};

const SENDER: &str = "hana@city.example.jp";

struct Place {
    store: Store,
    clock: Clock,
    _folder: tempfile::TempDir,
}

async fn place() -> Place {
    let folder = tempfile::tempdir().unwrap();
    let options = store::Options {
        url: format!("sqlite:{}", folder.path().join("s.db").display()),
        key_file: Some(folder.path().join("s.key")),
    };
    let clock = Clock::manual("2026-04-01T00:00:00Z".parse().unwrap());
    let vault = options.vault().unwrap();
    let store = Store::open(&options, vault, clock.clone(), "n1").await.unwrap();
    Place { store, clock, _folder: folder }
}

impl Place {
    fn new_hold(&self, to: &[&str], approval: Approval) -> NewHold {
        let mut entry = Entry::new(self.clock.now(), Kind::Decision, "hold");
        entry.sender = Some(SENDER.into());
        entry.message_id = Some("1@city.example.jp".into());
        entry.subject = Some("ご案内".into());
        let mut told = notice::Telling::new(notice::Kind::Held, vec![SENDER.into()], self.clock.now());
        told.mail = Some(notice::About { sender: SENDER.into(), external: 1, ..notice::About::default() });
        let recipient = |a: &&str| Recipient { address: a.to_string(), params: vec![] };
        NewHold {
            entry,
            envelope: Envelope {
                from: SENDER.into(),
                rcpts: to.iter().map(recipient).collect(),
                ..Envelope::default()
            },
            received: Vec::new(),
            message: format!("To: {}\r\n\r\nbody", to.join(", ")).into_bytes(),
            rewrite: None,
            approval,
            rules: serde_json::json!([{
                "id": "mass-mail", "action": "hold", "mode": "enforce", "incidents": ["2023-116"],
                "evidence": ["recipients.external = 40"], "reason": {"ja": "宛先が多い", "en": "many"},
            }]),
            tellings: vec![tell::telling(&told)],
            ends_at: self.clock.now() + Options::default().expire_after,
            sending: Some(store::Sending {
                sender: SENDER.into(),
                message_id: Some("1@city.example.jp".into()),
                client_ip: None,
                recipients: to.iter().map(|a| a.to_string()).collect(),
                notable: Some(store::Notable::Held),
                at: self.clock.now(),
            }),
        }
    }

    async fn hold(&self, to: &[&str], approval: Approval) -> String {
        self.store.hold(self.new_hold(to, approval)).await.unwrap().case
    }

    async fn case(&self, id: &str) -> Case {
        self.store.case(id).await.unwrap().unwrap()
    }

    async fn log(&self) -> Vec<Entry> {
        let rows = self.store.audit(&Filter::default()).await.unwrap();
        rows.into_iter().map(|r| r.entry).collect()
    }

    /// The notices that were made of what is due.
    async fn notices(&self) -> Vec<String> {
        self.tell().await;
        self.taken().await
    }

    async fn tell(&self) {
        self.clock.advance(store::tellings::SETTLE);
        let options = tokio::sync::watch::Sender::new(notice::Options::default()).subscribe();
        let teller = tell::Teller::new(self.store.clone(), options, None);
        teller.tell_due().await.unwrap();
    }

    /// The notices that are in the outbox; they are taken out.
    async fn taken(&self) -> Vec<String> {
        let mut found = Vec::new();
        for item in self.store.take_outgoing(100, Duration::from_secs(60)).await.unwrap() {
            if item.kind == ItemKind::Notice {
                let bytes = self.store.outgoing_bytes(&item).await.unwrap();
                let mail = mail_parser::MessageParser::default().parse(&bytes).unwrap();
                assert_eq!(item.envelope.from, "");
                found.push(format!("{}\n{}", mail.subject().unwrap(), mail.body_text(0).unwrap()));
                self.store.settle_outgoing(&item, store::Next::Done, vec![], vec![]).await.unwrap();
            }
        }
        found
    }
}

/// Sends every part on as it is.
fn as_it_is(leaving: &Leaving) -> Result<Vec<Outgoing>, String> {
    let mail = leaving.part.mail.clone();
    Ok(vec![Outgoing::new(ItemKind::Mail, mail, leaving.envelope.clone(), &leaving.bytes)])
}

/// The rules need nobody's word for a mail as it would leave.
fn needs_nobody(_: &Case, _: &[Leaving]) -> Approval {
    Approval::None
}

#[tokio::test]
async fn a_release_sends_records_and_tells() {
    let place = place().await;
    let id = place.hold(&["a@example.com"], Approval::Sender).await;
    let case = review::release(&place.store, &id, SENDER, "確認しました", &as_it_is).await.unwrap();
    assert_eq!(case.state, State::Released);
    let item = place.store.take_outgoing(10, Duration::from_secs(60)).await.unwrap().remove(0);
    assert_eq!(place.store.outgoing_bytes(&item).await.unwrap(), b"To: a@example.com\r\n\r\nbody");
    let log = place.log().await;
    let entry = log.last().unwrap();
    assert_eq!((entry.action.as_str(), entry.kind), ("released", Kind::Case));
    assert_eq!(entry.actor.as_deref(), Some(SENDER));
    assert_eq!(entry.reason.as_deref(), Some("確認しました"));
    assert_eq!(entry.case.as_deref(), Some(id.as_str()));
    assert_eq!(entry.message_id.as_deref(), Some("1@city.example.jp"));
    assert_eq!(entry.rules[0].incidents, ["2023-116"]);
    let notices = place.notices().await;
    assert_eq!(notices.len(), 2, "held, and released");
    assert!(notices.iter().all(|n| n.contains(&id)), "{notices:?}");
}

#[tokio::test]
async fn every_part_of_a_case_leaves_with_it() {
    let place = place().await;
    let id = place.hold(&["a@example.com"], Approval::Sender).await;
    assert_eq!(place.hold(&["b@example.com"], Approval::Sender).await, id);
    review::release(&place.store, &id, "admin", "", &as_it_is).await.unwrap();
    assert_eq!(place.store.outgoing_count().await.unwrap(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_releases_at_the_same_time_are_one() {
    let place = place().await;
    let id = place.hold(&["a@example.com"], Approval::Sender).await;
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..100 {
        let (store, id) = (place.store.clone(), id.clone());
        tasks.spawn(async move { review::release(&store, &id, SENDER, "確認済み", &as_it_is).await });
    }
    let ended = tasks.join_all().await;
    assert_eq!(ended.iter().filter(|e| e.is_ok()).count(), 1);
    let over = |e: &Result<Case, Refusal>| matches!(e, Ok(_) | Err(Refusal::Over(State::Released)));
    assert!(ended.iter().all(over));
    assert_eq!(place.store.outgoing_count().await.unwrap(), 1);
    let released = place.log().await.into_iter().filter(|e| e.action == "released").count();
    assert_eq!(released, 1);
}

#[tokio::test]
async fn a_second_person_is_another_person() {
    let place = place().await;
    let id = place.hold(&["a@example.com"], Approval::SecondPerson).await;
    for by in [SENDER, "HANA@City.Example.JP", " hana@city.example.jp ", "花 <Hana@city.example.jp>"] {
        let refused = review::release(&place.store, &id, by, "", &as_it_is).await;
        assert_eq!(refused.unwrap_err(), Refusal::SecondPerson, "{by}");
        let nothing = Repair::default();
        let refused = review::repair(&place.store, &id, by, "", &nothing, &needs_nobody, &as_it_is).await;
        assert_eq!(refused.unwrap_err(), Refusal::SecondPerson, "{by}");
    }
    let nameless = review::release(&place.store, &id, " ", "", &as_it_is).await;
    assert_eq!(nameless.unwrap_err(), Refusal::Nameless);
    assert_eq!(place.store.outgoing_count().await.unwrap(), 0);
    review::release(&place.store, &id, "jiro@city.example.jp", "", &as_it_is).await.unwrap();
}

#[tokio::test]
async fn a_sender_may_always_cancel() {
    let place = place().await;
    let id = place.hold(&["a@example.com"], Approval::SecondPerson).await;
    let case = review::cancel(&place.store, &id, SENDER, "宛先を間違えた").await.unwrap();
    assert_eq!(case.state, State::Cancelled);
    assert_eq!(place.store.outgoing_count().await.unwrap(), 0);
    let late = review::release(&place.store, &id, "jiro@city.example.jp", "", &as_it_is).await;
    assert_eq!(late.unwrap_err(), Refusal::Over(State::Cancelled));
    let again = review::cancel(&place.store, &id, SENDER, "").await;
    assert_eq!(again.unwrap_err(), Refusal::Over(State::Cancelled));
}

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
    let prepare = |leaving: &Leaving| {
        assert_eq!(leaving.rewrite, Some(Rewrite::Individual));
        assert_eq!(leaving.dropped, ["Wrong@example.com"]);
        as_it_is(leaving)
    };
    review::repair(&place.store, &id, SENDER, "", &change, &needs_nobody, &prepare).await.unwrap();
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
    let all = review::repair(&place.store, &id, SENDER, "", &everybody, &needs_nobody, &as_it_is);
    assert_eq!(all.await.unwrap_err(), Refusal::NothingLeaves);
    let none = review::repair(&place.store, &id, SENDER, "", &nobody, &needs_nobody, &as_it_is);
    assert_eq!(none.await.unwrap_err(), Refusal::NoSuchRecipient("z@example.com".into()));
    let unfit = |_: &Leaving| Err("an address would still show".to_string());
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
        async move {
            review::repair(&store, &id, SENDER, "", &repair, &needs_nobody, &as_it_is).await.unwrap_err()
        }
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
    let prepare = |leaving: &Leaving| {
        assert_eq!(leaving.corrections, [("Old@example.com".to_string(), "new@example.com".to_string())]);
        as_it_is(leaving)
    };
    let case = review::repair(&place.store, &id, SENDER, "", &change, &needs_nobody, &prepare).await.unwrap();
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
    let still = |_: &Case, _: &[Leaving]| Approval::SecondPerson;
    let refused = review::repair(&place.store, &id, SENDER, "", &change, &still, &as_it_is).await;
    assert_eq!(refused.unwrap_err(), Refusal::SecondPerson);
    let judge = |case: &Case, leaving: &[Leaving]| {
        assert_eq!((case.id.as_str(), leaving.len()), (id.as_str(), 1));
        assert_eq!(leaving[0].attachments, ["2"]);
        Approval::Sender
    };
    let case = review::repair(&place.store, &id, SENDER, "", &change, &judge, &as_it_is).await.unwrap();
    assert_eq!(case.state, State::Repaired);
    let log = place.log().await;
    assert!(log.last().unwrap().notes.contains(&"attachments taken out: 2".to_string()));
}

#[tokio::test]
async fn a_sender_says_why_a_mail_leaves_as_it_is() {
    let place = place().await;
    let id = place.hold(&["a@example.com"], Approval::Sender).await;
    let refused = review::release(&place.store, &id, SENDER, "  ", &as_it_is).await;
    assert_eq!(refused.unwrap_err(), Refusal::NoReason);
    let nothing = Repair::default();
    let refused = review::repair(&place.store, &id, SENDER, "", &nothing, &needs_nobody, &as_it_is).await;
    assert_eq!(refused.unwrap_err(), Refusal::NoReason);
    review::release(&place.store, &id, "admin", "", &as_it_is).await.unwrap();
}

#[tokio::test]
async fn an_approver_sends_what_was_proposed() {
    let place = place().await;
    let id = place.hold(&["old@example.com", "b@example.com"], Approval::SecondPerson).await;
    let change = correcting("old@example.com", "new@example.com");
    let nothing = review::propose(&place.store, &id, SENDER, "", &Repair::default(), &as_it_is).await;
    assert_eq!(nothing.unwrap_err(), Refusal::NothingChanged);
    let unfit = |_: &Leaving| Err("it has no attachment 7".to_string());
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

#[tokio::test]
async fn a_delayed_mail_can_only_be_cancelled() {
    let place = place().await;
    let mut hold = place.new_hold(&["a@example.com"], Approval::None);
    hold.ends_at = place.clock.now() + Duration::from_secs(300);
    let mail = Outgoing::new(ItemKind::Mail, None, hold.envelope.clone(), &hold.message.clone());
    let id = place.store.delay(hold, vec![mail]).await.unwrap().case;
    let early = review::release(&place.store, &id, SENDER, "", &as_it_is).await;
    assert_eq!(early.unwrap_err(), Refusal::OnlyDelayed);
    review::cancel(&place.store, &id, SENDER, "").await.unwrap();
    assert_eq!(place.store.outgoing_count().await.unwrap(), 0);
}

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
    let due = place.store.tellings_due(10).await.unwrap();
    assert!(due.is_empty(), "it settles first");
    let notices = place.notices().await;
    assert_eq!(notices.len(), 1);
    assert!(notices[0].contains('3'), "three recipients: {}", notices[0]);
}

#[tokio::test]
async fn a_sender_s_notice_has_links_and_a_digest_lists_what_still_waits() {
    let place = place().await;
    let pages = tell::Pages { url: "https://s.example.jp/".into(), link: Duration::from_secs(3_600) };
    let teller = tell::Teller::new(
        place.store.clone(),
        tokio::sync::watch::Sender::new(notice::Options::default()).subscribe(),
        Some(pages),
    );
    let hold = async |number: u32, tellings: Vec<store::Telling>| {
        let mut hold = place.new_hold(&["a@example.com"], Approval::Sender);
        hold.entry.message_id = Some(format!("{number}@city.example.jp"));
        hold.message = format!("To: a@example.com\r\n\r\n{number}").into_bytes();
        if number > 1 {
            hold.tellings = tellings;
        }
        place.store.hold(hold).await.unwrap().case
    };
    let mut digest = notice::Telling::new(notice::Kind::Digest, vec![SENDER.into()], place.clock.now());
    digest.mail = Some(notice::About { sender: SENDER.into(), ..notice::About::default() });
    let at_the_end = store::Telling {
        due: Some(place.clock.now() + Duration::from_secs(600)),
        once: Some("digest".into()),
        ..tell::telling(&digest)
    };
    let first = hold(1, Vec::new()).await;
    let second = hold(2, vec![at_the_end.clone()]).await;
    let third = hold(3, vec![at_the_end]).await;
    place.clock.advance(store::tellings::SETTLE);
    assert_eq!(teller.tell_due().await.unwrap(), 1);
    let held = place.taken().await;
    assert!(held[0].contains("https://s.example.jp/m/") && held[0].contains("ほかにも2通"), "{held:?}");
    let links = super::links::Links::of(&place.store);
    let token =
        |text: &str| text.split("/m/").nth(1).map(|t| t.chars().take(51).collect::<String>()).unwrap();
    let link = links.read(&token(&held[0]), place.clock.now()).unwrap();
    assert_eq!((link.case.as_str(), link.purpose), (first.as_str(), super::links::Purpose::Sender));
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
        tellings: vec![serde_json::json!({"kind": "gossip"}).into()],
    };
    place.store.record(decision).await.unwrap();
    assert!(place.notices().await.is_empty());
    let log = place.log().await;
    assert_eq!(log.last().unwrap().action, "not-told");
    assert!(!place.store.tellings_wait().await.unwrap());
}

#[tokio::test]
async fn the_null_sender_is_not_written_to() {
    let place = place().await;
    let mut hold = place.new_hold(&["a@example.com"], Approval::None);
    (hold.entry.sender, hold.envelope.from) = (None, String::new());
    hold.tellings.clear();
    let id = place.store.hold(hold).await.unwrap().case;
    review::cancel(&place.store, &id, "admin", "").await.unwrap();
    assert!(!place.store.tellings_wait().await.unwrap());
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
