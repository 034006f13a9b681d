//! Exceptions made on the pages: they act at once, after a restart and for other processes, end when they
//! are ended, and what senders propose is none until an admin accepts it.

use daemon::config::Config;
use store::exceptions::NewException;
use store::{CaseFilter, Store};
use terms::clock::Clock;

use crate::support::client::Client;
use crate::support::fake_hop::FakeHop;
use crate::support::mail::{message, stuffed};
use crate::support::program::{Extra, Installation, LENIENT};
use crate::support::shell;
use crate::support::site::Site;

const ADMIN: &str = "kanri@city.example.jp";
const SENDER: &str = "a@example.com";
/// Who says that it was a false alarm; the sender of these mails is outside, and is told nothing.
const PROPOSER: &str = "soumu@city.example.jp";

async fn open() -> (Installation, FakeHop) {
    let hop = FakeHop::good().await;
    let extra = Extra { pages: true, rules: Some(LENIENT), ..Extra::default() };
    let house = Installation::new(&hop.url(), &extra);
    house.account(ADMIN, "admin").await;
    house.account("kansa@city.example.jp", "auditor").await;
    house.account("kacho@city.example.jp", "approver").await;
    (house, hop)
}

/// What becomes of a mail that the rule would hold.
async fn fate(house: &Installation, n: usize) -> &'static str {
    let mut client = Client::hello(house.address).await;
    let text = message(&format!("excepted-{n}"), "b@example.org", "hold this", "text\r\n");
    let (code, reply) = client.message(stuffed(text.as_bytes())).await;
    assert_eq!(code, 250, "{reply}");
    if reply.contains("Held as case") { "held" } else { "passed" }
}

/// The store, as another process has it.
async fn store(house: &Installation) -> Store {
    let config = Config::load(&house.config()).expect("a configuration");
    let vault = config.store.vault().expect("a key");
    Store::open(&config.store, vault, Clock::system(), "another").await.expect("it opens")
}

fn in_days(days: i64) -> String {
    let day = jiff::Zoned::now().date().checked_add(jiff::Span::new().days(days)).expect("a day");
    day.to_string()
}

/// The form, with one field changed.
fn form<'a>(csrf: &'a str, until: &'a str, field: &str, value: &'a str) -> Vec<(&'static str, &'a str)> {
    let fields = [
        ("csrf", csrf),
        ("rule", "asked-to-hold"),
        ("sender", SENDER),
        ("domains", "example.org"),
        ("reason", "委託先との定例連絡"),
        ("owner", ADMIN),
        ("until", until),
    ];
    fields.map(|(name, was)| (name, if name == field { value } else { was })).to_vec()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exception_acts_at_once_and_after_a_restart_until_it_is_ended() {
    let (house, _hop) = open().await;
    let mut serving = house.serve().await;
    let mut admin = Site::signed_in(house.pages, ADMIN).await;
    let until = in_days(30);
    let csrf = admin.get("/exceptions").await.hidden("csrf");
    assert_eq!(fate(&house, 1).await, "held");

    for (field, value) in [
        ("csrf", ""),
        ("rule", "no-such-rule"),
        ("sender", "a@"),
        ("domains", "nonsense"),
        ("reason", " "),
        ("owner", "somebody"),
        ("until", ""),
        ("until", &in_days(-1)),
        ("until", &in_days(400)),
    ] {
        let answer = admin.post("/exceptions", &form(&csrf, &until, field, value)).await;
        assert_eq!(answer.status, 400, "{field} {value}");
    }
    for name in ["kansa@city.example.jp", "kacho@city.example.jp"] {
        let mut other = Site::signed_in(house.pages, name).await;
        let own = other.get("/account").await.hidden("csrf");
        assert_eq!(other.get("/exceptions").await.status, 200, "{name} reads");
        assert_eq!(other.post("/exceptions", &form(&own, &until, "", "")).await.status, 403, "{name}");
        assert_eq!(other.post("/exceptions/1/end", &[("csrf", &own)]).await.status, 403, "{name}");
    }
    assert_eq!(fate(&house, 2).await, "held");
    assert_eq!(admin.post("/exceptions", &form(&csrf, &until, "", "")).await.status, 303);
    assert_eq!(fate(&house, 3).await, "passed");

    serving.stop().await;
    serving = house.serve().await;
    assert_eq!(fate(&house, 4).await, "passed");
    let mut admin = Site::signed_in(house.pages, ADMIN).await;
    let page = admin.get("/exceptions").await;
    assert!(page.body.contains(">2<small>回"), "it was used twice: {}", page.body);
    let csrf = page.hidden("csrf");
    assert_eq!(admin.post("/exceptions/1/end", &[("csrf", "")]).await.status, 400);
    assert_eq!(admin.post("/exceptions/7/end", &[("csrf", &csrf)]).await.status, 404);
    assert_eq!(fate(&house, 5).await, "passed");
    assert_eq!(admin.post("/exceptions/1/end", &[("csrf", &csrf)]).await.status, 303);
    assert_eq!(fate(&house, 6).await, "held");
    serving.stop().await;

    let entries = house.audit("person").await;
    let added = entries.iter().find(|e| e["action"] == "exception-added").expect("it is recorded");
    assert_eq!(
        (added["actor"].as_str(), added["reason"].as_str()),
        (Some(ADMIN), Some("委託先との定例連絡"))
    );
    assert_eq!(entries.iter().filter(|e| e["action"] == "exception-ended").count(), 1);
    let decisions = house.audit("decision").await;
    let passed = decisions.iter().find(|e| e["message_id"] == "excepted-3@city.example.jp").expect("one");
    let evidence = passed["rules"][0]["evidence"].to_string();
    assert!(evidence.contains("exception: 委託先との定例連絡") && evidence.contains("no. 1"), "{evidence}");
    house.verify_audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exception_of_another_process_acts_after_a_reload() {
    let (house, _hop) = open().await;
    let serving = house.serve().await;
    let other = store(&house).await;
    let new = NewException {
        rule: "asked-to-hold".into(),
        sender: Some(SENDER.into()),
        sender_domain: None,
        recipient_domains: vec![],
        reason: "x".into(),
        owner: ADMIN.into(),
        until: in_days(1).parse().expect("a day"),
    };
    let entry = audit::entry::Entry::new(other.clock().now(), audit::entry::Kind::Person, "exception-added");
    other.add_exception(new, ADMIN, entry).await.expect("it is kept");
    assert_eq!(fate(&house, 1).await, "held");
    serving.signal(rustix::process::Signal::HUP);
    shell::until("it is read again", async || serving.log().contains("new rules are in force").then_some(()))
        .await;
    assert_eq!(fate(&house, 2).await, "passed");
    other.close().await;
    serving.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_false_alarm_proposes_and_its_sender_hears_of_the_outcome() {
    let (house, hop) = open().await;
    let serving = house.serve().await;
    assert_eq!((fate(&house, 1).await, fate(&house, 2).await), ("held", "held"));
    let other = store(&house).await;
    for case in other.cases(&CaseFilter::default()).await.expect("cases") {
        other.propose_exception(&case, PROPOSER, "毎月の定例です <b>").await.expect("it is kept");
    }
    other.close().await;
    assert_eq!(fate(&house, 3).await, "held", "a proposal is no exception");

    let mut approver = Site::signed_in(house.pages, "kacho@city.example.jp").await;
    let page = approver.get("/exceptions").await;
    assert!(page.body.contains("毎月の定例です &#60;b&#62;"), "{}", page.body);
    let own = approver.get("/account").await.hidden("csrf");
    let until = in_days(30);
    for what in ["accept", "decline"] {
        let path = format!("/exceptions/proposals/1/{what}");
        let mut form = form(&own, &until, "", "");
        form.push(("why", "なし"));
        assert_eq!(approver.post(&path, &form).await.status, 403, "{what}");
    }

    // An approver says it from the case, an auditor does not.
    let page = approver.get("/exceptions").await.link("/cases/");
    assert!(approver.get(&page).await.body.contains("/false-alarm\""));
    let case = page.trim_start_matches("/cases/");
    let report = async |site: &mut Site, csrf: &str, why: &str| {
        site.post(&format!("/cases/{case}/false-alarm"), &[("csrf", csrf), ("why", why)]).await.status
    };
    assert_eq!(report(&mut approver, "", "x").await, 400);
    assert_eq!(report(&mut approver, &own, " ").await, 400);
    assert_eq!(report(&mut approver, &own, "承認者から見ても誤検知です").await, 303);
    assert!(approver.get("/exceptions").await.body.contains("承認者から見ても誤検知です"));
    let mut auditor = Site::signed_in(house.pages, "kansa@city.example.jp").await;
    let theirs = auditor.get("/account").await.hidden("csrf");
    assert_eq!(report(&mut auditor, &theirs, "x").await, 403);

    let mut admin = Site::signed_in(house.pages, ADMIN).await;
    let csrf = admin.get("/exceptions").await.hidden("csrf");
    let decline = async |admin: &mut Site, n: i32, why: &str| {
        let path = format!("/exceptions/proposals/{n}/decline");
        admin.post(&path, &[("csrf", csrf.as_str()), ("why", why)]).await.status
    };
    assert_eq!(decline(&mut admin, 1, " ").await, 400, "a refusal says why");
    assert_eq!(decline(&mut admin, 1, "Bccで足ります").await, 303);
    assert_eq!(decline(&mut admin, 1, "again").await, 400);
    assert_eq!(decline(&mut admin, 9, "x").await, 404);
    assert_eq!(fate(&house, 4).await, "held");
    let accept = form(&csrf, &until, "", "");
    assert_eq!(admin.post("/exceptions/proposals/1/accept", &accept).await.status, 400, "decided before");
    assert_eq!(admin.post("/exceptions/proposals/2/accept", &accept).await.status, 303);
    assert_eq!(fate(&house, 5).await, "passed");

    let told = async |says: &str| {
        shell::until(says, async || {
            let sent = hop.messages();
            let texts = sent.iter().map(|m| String::from_utf8_lossy(&m.data).into_owned());
            texts
                .filter_map(|text| {
                    mail_parser::MessageParser::default()
                        .parse(text.as_bytes())
                        .and_then(|m| m.subject().map(str::to_string))
                })
                .any(|s| s.contains(says))
                .then_some(())
        })
        .await;
    };
    told("誤検知のご連絡により例外を設けました").await;
    told("誤検知のご連絡への回答").await;
    serving.stop().await;
    let entries = house.audit("person").await;
    let count = |what: &str| entries.iter().filter(|e| e["action"] == what).count();
    assert_eq!((count("false-alarm"), count("false-alarm-declined"), count("exception-added")), (3, 1, 1));
    house.verify_audit().await;
}
