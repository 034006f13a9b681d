//! Asking, step by step, by a clock that is moved.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::civil::Weekday;
use jiff::tz::TimeZone;

use super::*;
use crate::approval::{Group, Pattern, Standing};
use crate::business::Hours;
use crate::links::{Links, Purpose};
use crate::notice_sender::{NoticeSender, Pages};
use crate::review::{Decision, HeldTransaction, Refusal, Repair, Reviewer, What, decide_as};
use audit::filter::Filter;
use smtp::envelope::{Envelope, Recipient};
use store::people::Role;
use store::{Approval, ItemKind, NewHold, Outgoing, State};
use terms::clock::Clock;

const HANA: &str = "hana@city.example.jp";
const KACHO: &str = "kacho@city.example.jp";
const HOSA: &str = "hosa@city.example.jp";
const BUCHO: &str = "bucho@city.example.jp";
const ADMIN: &str = "root@city.example.jp";
const HOUR: Duration = Duration::from_secs(3_600);

struct TestPlace {
    store: Store,
    clock: Clock,
    desk: CurrentApprovers,
    options: store::Options,
    folder: tempfile::TempDir,
}

fn approvers() -> Approvers {
    let week: Vec<Weekday> = Weekday::Monday.cycle_forward().take(5).collect();
    let zone = TimeZone::get("Asia/Tokyo").unwrap();
    let hours = Hours::new(zone, week, "08:30", "17:15", BTreeSet::new(), true).unwrap();
    Approvers {
        groups: vec![Group {
            name: "all".into(),
            senders: vec![Pattern::parse("*").unwrap()],
            approvers: vec![KACHO.into()],
            stand_ins: vec![HOSA.into()],
        }],
        escalate_to: vec![BUCHO.into()],
        ..Approvers::of_house(vec![ADMIN.into()], hours)
    }
}

async fn place() -> TestPlace {
    let folder = tempfile::tempdir().unwrap();
    let options = store::Options {
        url: format!("sqlite:{}", folder.path().join("s.db").display()),
        key_file: Some(folder.path().join("s.key")),
    };
    // A Wednesday, ten in the morning.
    let clock = Clock::manual("2026-11-25T10:00:00+09:00".parse().unwrap());
    let store = Store::open(&options, options.vault().unwrap(), clock.clone(), "n1").await.unwrap();
    TestPlace { store, clock, desk: CurrentApprovers::new(approvers()), options, folder }
}

impl TestPlace {
    /// The same store, opened by another process.
    async fn restart(self) -> TestPlace {
        self.store.close().await;
        let TestPlace { clock, desk, options, folder, .. } = self;
        let store = Store::open(&options, options.vault().unwrap(), clock.clone(), "n1").await.unwrap();
        TestPlace { store, clock, desk, options, folder }
    }

    async fn hold_of(&self, sender: &str, id: &str, approval: Approval) -> String {
        let mut entry = Entry::new(self.clock.now(), EntryKind::Decision, "hold");
        (entry.sender, entry.message_id) = (Some(sender.into()), Some(id.into()));
        entry.subject = Some("ご案内".into());
        let rcpts = vec![Recipient { address: "a@example.com".into(), params: vec![] }];
        let hold = NewHold {
            entry,
            envelope: Envelope { from: sender.into(), rcpts, ..Envelope::default() },
            received: Vec::new(),
            message: format!("Message-ID: <{id}>\r\n\r\nbody").into_bytes(),
            rewrite: None,
            approval,
            rules: serde_json::json!([]),
            notices: Vec::new(),
            ends_at: self.clock.now() + 24 * 14 * HOUR,
            sending: None,
        };
        self.store.hold(hold).await.unwrap().case
    }

    async fn hold(&self, id: &str) -> String {
        self.hold_of(HANA, id, Approval::SecondPerson).await
    }

    async fn sweep(&self) -> usize {
        let asker = Asker::new(self.store.clone(), self.desk.clone(), Arc::new(|_| Vec::new()));
        asker.sweep().await.unwrap()
    }

    /// The notices that have been made since: who, the subject, and the text.
    async fn notices(&self) -> Vec<(String, String, String)> {
        self.clock.advance(store::notices::SETTLE);
        let pages = Pages { url: "https://guard.example.jp".into(), link: 24 * 14 * HOUR };
        let options = tokio::sync::watch::channel(crate::tests::options_of_city()).1;
        let teller = NoticeSender::new(self.store.clone(), options, Some(pages));
        teller.tell_due().await.unwrap();
        let mut found = Vec::new();
        for item in self.store.take_outgoing(100, HOUR).await.unwrap() {
            if item.kind == ItemKind::Notice {
                let bytes = self.store.outgoing_bytes(&item).await.unwrap();
                let mail = mail_parser::MessageParser::default().parse(&bytes).unwrap();
                let to = item.envelope.rcpts[0].address.clone();
                found.push((to, mail.subject().unwrap().into(), mail.body_text(0).unwrap().into_owned()));
                self.store.settle_outgoing(&item, store::Next::Done, vec![], vec![]).await.unwrap();
            }
        }
        found
    }

    async fn asked(&self) -> Vec<(String, String)> {
        self.sweep().await;
        let notices = self.notices().await;
        notices.into_iter().map(|(to, subject, _)| (to, subject)).collect()
    }

    async fn decide(&self, case: &str, by: &str, opened: Option<Timestamp>) -> Result<Case, Refusal> {
        let approvers = self.desk.get();
        let reviewer = Reviewer { approvers: &approvers, opened };
        let decision = Decision::at_once(case, by, "確認しました");
        decide_as(&self.store, reviewer, decision, What::Release(&as_it_is)).await
    }

    async fn log(&self) -> Vec<Entry> {
        let rows = self.store.audit(&Filter::default()).await.unwrap();
        rows.into_iter().map(|r| r.entry).collect()
    }

    async fn account(&self, name: &str, role: Role, disabled: bool) {
        let now = self.clock.now();
        let account = Account {
            name: name.into(),
            display: name.into(),
            role,
            password: None,
            must_change: false,
            created_at: now,
            disabled_at: disabled.then_some(now),
        };
        let entry = Entry::new(now, EntryKind::Person, "account");
        assert!(self.store.add_account(account, entry).await.unwrap());
    }
}

fn as_it_is(leaving: &HeldTransaction) -> Result<Vec<Outgoing>, String> {
    Ok(vec![Outgoing::new(ItemKind::Mail, None, leaving.envelope.clone(), &leaving.bytes)])
}

fn to(person: &str, subject: &str) -> (String, String) {
    (person.into(), subject.into())
}

#[tokio::test]
async fn approvers_are_asked_reminded_stood_in_for_and_escalated_each_once_over_restarts() {
    let mut place = place().await;
    let case = place.hold("1@city.example.jp").await;
    let named = |what: &str| format!("【関所】{what}（{case}）: 「ご案内」");
    assert_eq!(place.asked().await, [to(KACHO, &named("送信の確認をお願いします"))]);
    place = place.restart().await;
    assert!(place.asked().await.is_empty(), "once");
    let refused = place.decide(&case, HOSA, None).await.unwrap_err();
    assert!(matches!(refused, Refusal::NotTheirs(Denied::NotYet(_))), "{refused}");
    place.clock.advance(2 * HOUR);
    assert_eq!(place.asked().await, [to(KACHO, &named("確認をお待ちしています"))]);
    place.clock.advance(2 * HOUR);
    place = place.restart().await;
    assert_eq!(place.asked().await, [to(HOSA, &named("代理での確認をお願いします"))]);
    // Office hours are over after 8 h 15 min; the rest passes on the next day.
    place.clock.advance(12 * HOUR);
    assert!(place.asked().await.is_empty(), "nobody is asked at night");
    place.clock.advance(8 * HOUR);
    assert_eq!(place.asked().await, [to(BUCHO, &named("確認がまだ済んでいません"))]);
    place.clock.advance(24 * HOUR);
    assert!(place.asked().await.is_empty());
    let done = place.decide(&case, "Hosa@City.example.jp", None).await.unwrap();
    assert_eq!(done.state, State::Released);
    let log = place.log().await;
    let steps: Vec<&str> = log
        .iter()
        .filter(|e| e.actor.as_deref() == Some("sekisho") && e.action != "told")
        .map(|e| e.action.as_str())
        .collect();
    assert_eq!(steps, ["asked", "reminded", "asked-stand-in", "escalated"]);
    let released = log.iter().find(|e| e.action == "released").unwrap();
    assert!(released.notes.contains(&"decided as: stand-in".to_string()), "{:?}", released.notes);
    assert!(place.store.to_ask(10).await.unwrap().is_empty());
}

#[tokio::test]
async fn each_gets_a_link_that_is_theirs_alone_and_says_what_the_sender_proposes() {
    let place = place().await;
    let case = place.hold("1@city.example.jp").await;
    let repair = Repair { rewrite: Some(store::Rewrite::Bcc), ..Repair::default() };
    review::propose(&place.store, &case, HANA, "一斉の案内です", &repair, &as_it_is).await.unwrap();
    place.sweep().await;
    let (who, _, text) = place.notices().await.remove(0);
    assert_eq!(who, KACHO);
    assert!(text.contains("社外の宛先をBccにする（理由: 一斉の案内です）"), "{text}");
    let token = text.split("/m/").nth(1).unwrap().split_whitespace().next().unwrap();
    let links = Links::of(&place.store);
    let link = links.read(token, place.clock.now()).unwrap();
    assert_eq!((link.purpose, link.case.as_str()), (Purpose::Approver, case.as_str()));
    assert!(links.is_for(&link, KACHO) && !links.is_for(&link, HOSA) && !links.is_for(&link, HANA));
}

#[tokio::test]
async fn many_at_once_make_one_notice_and_a_stream_of_them_is_gathered() {
    let place = place().await;
    for n in 0..20 {
        place.hold(&format!("{n}@city.example.jp")).await;
    }
    assert_eq!(place.asked().await, [to(KACHO, "【関所】20通のメールが、あなたの確認を待っています")]);
    let mut notices = 0;
    for n in 20..80 {
        place.hold(&format!("{n}@city.example.jp")).await;
        place.clock.advance(Duration::from_secs(20));
        notices += place.asked().await.len();
    }
    assert!((3..=6).contains(&notices), "{notices} notices for 60 mails in 20 minutes");
    place.clock.advance(PAUSE);
    notices += place.asked().await.len();
    assert!(notices <= 7, "{notices}");
    let filter = store::CaseFilter { states: vec![State::Held], ..Default::default() };
    for case in place.store.cases(&filter).await.unwrap() {
        assert!(!place.store.asked(&case.id).await.unwrap().is_empty(), "nobody was asked about {}", case.id);
    }
}

#[tokio::test]
async fn whoever_cannot_is_passed_over_and_the_admins_hear_of_it_once() {
    let place = place().await;
    place.account(KACHO, Role::Approver, true).await;
    let case = place.hold("1@city.example.jp").await;
    let mut told = place.asked().await;
    told.sort();
    assert_eq!(told[0].0, HOSA);
    assert_eq!(told[1], to(ADMIN, &format!("【関所】承認者に確認を頼めません: {KACHO}")));
    let other = place.hold("2@city.example.jp").await;
    assert_eq!(place.asked().await.len(), 1, "the admins have been told");
    let log = place.log().await;
    let unfit: Vec<_> = log.iter().filter(|e| e.action == "approver-unfit").collect();
    assert_eq!(unfit.len(), 2, "the log says it of each");
    assert_eq!(unfit[0].notes, ["why: disabled"]);
    let refused = place.decide(&case, KACHO, None).await.unwrap_err();
    assert_eq!(refused, Refusal::NotTheirs(Denied::Disabled));
    place.decide(&other, HOSA, None).await.unwrap();
}

#[tokio::test]
async fn an_approvers_own_mail_goes_to_the_next_in_line() {
    let place = place().await;
    let case = place.hold_of(KACHO, "1@city.example.jp", Approval::SecondPerson).await;
    let told: Vec<String> = place.asked().await.into_iter().map(|t| t.0).collect();
    assert!(told.contains(&HOSA.to_string()) && !told.contains(&KACHO.to_string()), "{told:?}");
    for by in [KACHO, "KACHO@city.example.jp", "kacho+1@city.example.jp"] {
        assert_eq!(place.decide(&case, by, None).await.unwrap_err(), Refusal::SecondPerson);
    }
    assert_eq!(place.decide(&case, HOSA, None).await.unwrap().state, State::Released);
}

#[tokio::test]
async fn where_nobody_is_named_the_log_says_so_once() {
    let place = place().await;
    place.desk.set(Approvers {
        groups: Vec::new(),
        escalate_to: Vec::new(),
        admins: Vec::new(),
        ..approvers()
    });
    let case = place.hold("1@city.example.jp").await;
    assert!(place.asked().await.is_empty());
    place.clock.advance(HOUR);
    assert!(place.asked().await.is_empty());
    assert_eq!(place.log().await.iter().filter(|e| e.action == "nobody-to-ask").count(), 1);
    place.desk.set(approvers());
    place.clock.advance(RECHECK);
    assert!(place.asked().await.iter().any(|t| t.0 == KACHO), "once somebody is named they are asked");
    assert!(place.store.case(&case).await.unwrap().unwrap().state == State::Held);
}

#[tokio::test]
async fn only_mail_that_waits_for_a_second_person_is_asked_about() {
    let place = place().await;
    place.hold_of(HANA, "1@city.example.jp", Approval::Sender).await;
    let case = place.hold("2@city.example.jp").await;
    review::cancel(&place.store, &case, HANA, "").await.unwrap();
    assert_eq!(place.sweep().await, 0);
}

#[tokio::test]
async fn quick_decisions_are_noted_and_listed() {
    let place = place().await;
    let (quick, slow) = (place.hold("1@city.example.jp").await, place.hold("2@city.example.jp").await);
    let opened = place.clock.now();
    place.clock.advance(Duration::from_secs(3));
    place.decide(&quick, KACHO, Some(opened)).await.unwrap();
    place.clock.advance(Duration::from_secs(40));
    place.decide(&slow, ADMIN, Some(opened)).await.unwrap();
    let listed = place.store.quick_decisions(opened, 10).await.unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(
        (listed[0].case.as_str(), listed[0].person.as_str(), listed[0].seconds),
        (quick.as_str(), KACHO, Some(3))
    );
    let all = place.store.decisions(&slow).await.unwrap();
    assert_eq!(
        (all[0].seconds, all[0].quick, all[0].standing.as_str()),
        (Some(43), false, Standing::Admin.name())
    );
    let log = place.log().await;
    let notes: Vec<_> = log.iter().filter(|e| e.action == "released").map(|e| e.notes.clone()).collect();
    assert_eq!(
        notes,
        [vec!["decided as: approver".to_string(), "decided in 3 s".into()], vec!["decided as: admin".into()]]
    );
}

#[tokio::test]
async fn two_processes_ask_once() {
    let place = place().await;
    place.hold("1@city.example.jp").await;
    let (one, two) = tokio::join!(place.sweep(), place.sweep());
    assert_eq!(one + two, 1);
}
