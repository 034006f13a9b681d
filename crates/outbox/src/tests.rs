//! The worker against a next hop that does as it is told.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::Options;
use super::report::Reporter;
use super::worker::{Carry, Terms, Worker};
use audit::entry::{Entry, Kind};
use audit::filter::Filter;
use next_hop::Delivery;
use notice::Language;
use smtp::envelope::{Envelope, Recipient};
use smtp::reply::Reply;
use store::{self, ItemKind, Outgoing, Store};
use terms::clock::Clock;

type Carried = (Envelope, Vec<u8>);

/// What was carried, and the answers still to give; after the last, everything is accepted.
#[derive(Clone, Default)]
struct Hop {
    carried: Arc<Mutex<Vec<Carried>>>,
    answers: Arc<Mutex<VecDeque<Vec<u16>>>>,
    slow: Duration,
    /// Mail is put off; reports go through.
    puts_off: bool,
}

impl Hop {
    fn answer(&self, rcpts: &[u16]) {
        self.answers.lock().unwrap().push_back(rcpts.to_vec());
    }

    fn carried(&self) -> Vec<Carried> {
        self.carried.lock().unwrap().clone()
    }
}

impl Carry for Hop {
    async fn deliver(&self, _: ItemKind, envelope: &Envelope, bytes: &[u8]) -> Result<Delivery, String> {
        tokio::time::sleep(self.slow).await;
        let answer = self.answers.lock().unwrap().pop_front();
        if self.puts_off && !envelope.from.is_empty() {
            return Err("cannot connect to the next hop".into());
        }
        let codes = answer.unwrap_or_else(|| vec![250; envelope.rcpts.len()]);
        self.carried.lock().unwrap().push((envelope.clone(), bytes.to_vec()));
        Ok(Delivery {
            mail: Reply::new(250, "2.1.0 ok"),
            rcpts: codes.iter().map(|c| Reply::new(*c, format!("{}.1.1 rcpt", c / 100))).collect(),
            data: codes.contains(&250).then(|| Reply::new(250, "2.0.0 queued")),
        })
    }
}

struct TestPlace {
    store: Store,
    clock: Clock,
    hop: Hop,
    worker: Worker<Hop>,
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
    let hop = Hop::default();
    let worker = worker(&store, &hop);
    TestPlace { store, clock, hop, worker, _folder: folder }
}

pub(crate) fn readers() -> notice::Readers {
    let mut city = facts::Organization::new("みほん市", &["city.example.jp"]);
    city.admins = vec!["joho@city.example.jp".into()];
    notice::Readers::of(&city)
}

fn worker(store: &Store, hop: &Hop) -> Worker<Hop> {
    let reporter = Reporter {
        hostname: "sekisho.example.jp".into(),
        language: Language::Ja,
        time_zone: jiff::tz::TimeZone::UTC,
        readers: readers(),
    };
    let terms = Terms { options: Options::default(), reporter };
    Worker::new(store.clone(), hop.clone(), tokio::sync::watch::channel(terms).1)
}

impl TestPlace {
    pub(crate) async fn send(&self, kind: ItemKind, from: &str, to: &[&str]) {
        let recipient = |a: &&str| Recipient { address: a.to_string(), params: vec![] };
        let envelope = Envelope {
            from: from.into(),
            from_params: vec!["SIZE=10".into(), "BODY=8BITMIME".into()],
            rcpts: to.iter().map(recipient).collect(),
            ..Envelope::default()
        };
        let mail = Outgoing::new(kind, Some("m1".into()), envelope, b"Subject: x\r\n\r\nbody\r\n");
        let entry = Entry::new(self.clock.now(), Kind::Case, "released");
        self.store.send(vec![mail], entry).await.unwrap();
    }

    async fn actions(&self) -> Vec<String> {
        let rows = self.store.audit(&Filter::default()).await.unwrap();
        rows.into_iter().map(|r| r.entry.action).collect()
    }
}

const SENDER: &str = "hana@city.example.jp";

#[tokio::test]
async fn a_mail_is_delivered_once_and_recorded() {
    let place = place().await;
    place.send(ItemKind::Mail, SENDER, &["a@example.com", "b@example.com"]).await;
    place.worker.run_once().await.unwrap();
    place.worker.run_once().await.unwrap();
    let carried = place.hop.carried();
    assert_eq!(carried.len(), 1);
    assert_eq!(carried[0].1, b"Subject: x\r\n\r\nbody\r\n");
    assert_eq!(carried[0].0.from_params, ["BODY=8BITMIME"], "the old size does not go with it");
    assert_eq!(place.actions().await, ["released", "delivered"]);
    assert_eq!(place.store.outgoing_count().await.unwrap(), 0);
}

#[tokio::test]
async fn each_recipient_has_its_own_fate() {
    let place = place().await;
    place.send(ItemKind::Mail, SENDER, &["ok@example.com", "later@example.com", "no@example.com"]).await;
    place.hop.answer(&[250, 450, 550]);
    place.worker.run_once().await.unwrap();
    assert_eq!(place.actions().await, ["released", "delivered", "deferred", "failed"]);

    place.worker.run_once().await.unwrap();
    let report = &place.hop.carried()[1];
    assert_eq!(report.0.from, "");
    assert_eq!(report.0.rcpts[0].address, SENDER);
    let text = String::from_utf8_lossy(&report.1);
    assert!(text.contains("Final-Recipient: rfc822; no@example.com"));
    assert!(!text.contains("rfc822; later@example.com") && !text.contains("rfc822; ok@example.com"));

    place.clock.advance(Duration::from_secs(60));
    place.worker.run_once().await.unwrap();
    let again = &place.hop.carried()[2].0;
    assert_eq!(again.rcpts.len(), 1);
    assert_eq!(again.rcpts[0].address, "later@example.com");
    assert_eq!(place.store.outgoing_count().await.unwrap(), 0);
}

#[tokio::test]
async fn a_mail_that_stays_undelivered_is_warned_of_once_and_given_up() {
    let mut place = place().await;
    place.hop.puts_off = true;
    let worker = worker(&place.store, &place.hop);
    place.send(ItemKind::Mail, SENDER, &["a@example.com"]).await;
    let start = place.clock.now();
    let mut attempts = 0;
    while let Some(due) = place.store.next_outgoing().await.unwrap() {
        place.clock.set(due.max(place.clock.now()));
        worker.run_once().await.unwrap();
        attempts += 1;
        assert!(attempts < 100, "nothing waits for ever");
    }
    let carried = place.hop.carried();
    let texts: Vec<_> = carried.iter().map(|c| String::from_utf8_lossy(&c.1).into_owned()).collect();
    assert_eq!(texts.len(), 2);
    assert!(texts[0].contains("Action: delayed") && texts[1].contains("Status: 4.4.7"), "{texts:?}");
    assert_eq!(place.actions().await, ["released", "deferred", "delivered", "failed", "delivered"]);
    let hours = place.clock.now().duration_since(start).as_hours();
    assert!((5 * 24..5 * 24 + 4).contains(&hours), "{hours}");
}

#[tokio::test]
async fn a_report_or_notice_that_fails_is_told_to_the_admins_once_and_does_not_breed() {
    for kind in [ItemKind::Report, ItemKind::Notice] {
        let place = place().await;
        place.send(kind, "", &[SENDER]).await;
        place.hop.answer(&[550]);
        place.hop.answer(&[550]);
        place.worker.run_once().await.unwrap();
        assert_eq!(place.store.outgoing_count().await.unwrap(), 1, "for the admins");
        place.worker.run_once().await.unwrap();
        assert_eq!(place.store.outgoing_count().await.unwrap(), 0, "what fails for the admins ends");
        let actions = place.actions().await;
        assert_eq!(actions, ["released", "not-told", "failed", "not-told", "failed"]);
    }
}

#[tokio::test]
async fn two_workers_deliver_once() {
    let place = place().await;
    for i in 0..20 {
        place.send(ItemKind::Mail, SENDER, &[&format!("r{i}@example.com")]).await;
    }
    let other = worker(&place.store, &place.hop);
    for _ in 0..3 {
        let (a, b) = tokio::join!(place.worker.run_once(), other.run_once());
        a.unwrap();
        b.unwrap();
    }
    assert_eq!(place.hop.carried().len(), 20);
}

#[tokio::test]
async fn a_worker_that_is_stopped_ends_what_it_began_and_takes_no_more() {
    let mut place = place().await;
    place.hop.slow = Duration::from_millis(300);
    place.send(ItemKind::Mail, SENDER, &["a@example.com"]).await;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let running = tokio::spawn(worker(&place.store, &place.hop).run(async {
        let _ = stopped.await;
    }));
    tokio::time::sleep(Duration::from_millis(150)).await;
    stop.send(()).unwrap();
    running.await.unwrap();
    assert_eq!(place.hop.carried().len(), 1);
    assert_eq!(place.actions().await, ["released", "delivered"]);
}

#[tokio::test]
async fn the_bell_wakes_the_worker() {
    let place = place().await;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let running = tokio::spawn(worker(&place.store, &place.hop).run(async {
        let _ = stopped.await;
    }));
    tokio::time::sleep(Duration::from_millis(100)).await;
    place.send(ItemKind::Mail, SENDER, &["a@example.com"]).await;
    tokio::time::sleep(Duration::from_millis(700)).await;
    assert_eq!(place.hop.carried().len(), 1);
    stop.send(()).unwrap();
    running.await.unwrap();
}

#[test]
fn the_section_reads_and_is_checked() {
    let read = |text: &str| toml::from_str::<Options>(text);
    assert_eq!(read("").unwrap(), Options::default());
    let options = read("give_up_after = \"2d\"\nwarn_after = \"1h\"\nconcurrency = 3").unwrap();
    assert_eq!(options.give_up_after, Duration::from_secs(172_800));
    assert!(options.check().is_ok());
    assert!(read("concurrency = 0").unwrap().check().is_err());
    assert!(read("give_up_after = \"1h\"").unwrap().check().is_err());
    assert!(read("retries = 3").is_err());
    assert!(read("give_up_after = \"soon\"").is_err());
}

#[path = "invariant_tests.rs"]
mod invariant;
