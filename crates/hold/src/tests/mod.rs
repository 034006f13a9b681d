//! Deciding about cases, and being told: the place where it is tried, and who may decide.

mod mending;
mod notices;

use std::time::Duration;

use super::review::{self, HeldTransaction, Judge, Prepare, Refusal, Repair, What};
use super::{Options, expire, notice_sender};
use audit::entry::{Entry, Kind};
use audit::filter::Filter;
use smtp::envelope::{Envelope, Recipient};
use store::{self, Approval, Case, Decision, ItemKind, NewHold, Outgoing, Rewrite, State, Store};
use terms::clock::Clock;

const SENDER: &str = "hana@city.example.jp";

/// Somebody's word at the shell to let a mail go after it was changed.
async fn repair(
    store: &Store,
    id: &str,
    by: &str,
    reason: &str,
    repair: &Repair,
    judge: Judge<'_>,
    prepare: Prepare<'_>,
) -> Result<Case, Refusal> {
    review::decide(store, review::Decision::at_once(id, by, reason), What::Repair(repair, judge, prepare))
        .await
}

struct TestPlace {
    store: Store,
    clock: Clock,
    _folder: tempfile::TempDir,
}

async fn place() -> TestPlace {
    let folder = tempfile::tempdir().unwrap();
    let options = store::Options {
        url: format!("sqlite:{}", folder.path().join("s.db").display()),
        key_file: Some(folder.path().join("s.key")),
    };
    let clock = Clock::manual("2026-04-01T00:00:00Z".parse().unwrap());
    let vault = options.vault().unwrap();
    let store = Store::open(&options, vault, clock.clone(), "n1").await.unwrap();
    TestPlace { store, clock, _folder: folder }
}

impl TestPlace {
    fn new_hold(&self, to: &[&str], approval: Approval) -> NewHold {
        let mut entry = Entry::new(self.clock.now(), Kind::Decision, "hold");
        entry.sender = Some(SENDER.into());
        entry.message_id = Some("1@city.example.jp".into());
        entry.subject = Some("ご案内".into());
        let mut told = notice::Notice::new(notice::Kind::Held, vec![SENDER.into()], self.clock.now());
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
            notices: vec![notice_sender::notice(&told)],
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
        self.clock.advance(store::notices::SETTLE);
        let options = tokio::sync::watch::Sender::new(options_of_city()).subscribe();
        let teller = notice_sender::NoticeSender::new(self.store.clone(), options, None);
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
fn as_it_is(leaving: &HeldTransaction) -> Result<Vec<Outgoing>, String> {
    let mail = leaving.part.mail.clone();
    Ok(vec![Outgoing::new(ItemKind::Mail, mail, leaving.envelope.clone(), &leaving.bytes)])
}

/// The rules need nobody's word for a mail as it would leave.
fn needs_nobody(_: &Case, _: &[HeldTransaction]) -> Approval {
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
async fn what_joins_after_it_was_shown_does_not_leave_unseen() {
    let place = place().await;
    let id = place.hold(&["a@example.com"], Approval::Sender).await;
    place.hold(&["b@example.com"], Approval::Sender).await;
    let word = |seen| review::Decision { seen, ..review::Decision::at_once(&id, SENDER, "確認済み") };
    for what in [review::What::Release(&as_it_is), review::What::Cancel] {
        let refused = review::decide(&place.store, word(Some(1)), what).await;
        assert_eq!(refused.unwrap_err(), Refusal::Grown);
    }
    assert_eq!(place.case(&id).await.state, State::Held);
    // A part that joins while the mail is made ready is not forgotten either: it is read again, and refused.
    let joining = |leaving: &HeldTransaction| {
        let hold = place.store.hold(place.new_hold(&["c@example.com"], Approval::Sender));
        tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(hold)).unwrap();
        as_it_is(leaving)
    };
    let refused = review::decide(&place.store, word(Some(2)), review::What::Release(&joining)).await;
    assert_eq!(refused.unwrap_err(), Refusal::Grown);
    assert_eq!(place.store.outgoing_count().await.unwrap(), 0);
    let parts = place.case(&id).await.parts;
    review::decide(&place.store, word(Some(parts)), review::What::Release(&as_it_is)).await.unwrap();
    assert_eq!(place.store.outgoing_count().await.unwrap(), u64::from(parts));
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
        let refused = repair(&place.store, &id, by, "", &nothing, &needs_nobody, &as_it_is).await;
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
async fn a_sender_says_why_a_mail_leaves_as_it_is() {
    let place = place().await;
    let id = place.hold(&["a@example.com"], Approval::Sender).await;
    let refused = review::release(&place.store, &id, SENDER, "  ", &as_it_is).await;
    assert_eq!(refused.unwrap_err(), Refusal::NoReason);
    let nothing = Repair::default();
    let refused = repair(&place.store, &id, SENDER, "", &nothing, &needs_nobody, &as_it_is).await;
    assert_eq!(refused.unwrap_err(), Refusal::NoReason);
    review::release(&place.store, &id, "admin", "", &as_it_is).await.unwrap();
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

/// How notices are written in the organisation of these tests.
pub(crate) fn options_of_city() -> notice::Options {
    let city = facts::Organization::new("みほん市", &["city.example.jp"]);
    notice::Options::default().with_readers(notice::Readers::of(&city))
}
