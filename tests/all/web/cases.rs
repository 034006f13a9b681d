//! Held mail on the review site: seen by every role, decided by whoever may, once, and only from the
//! site's own form with the question answered.

use crate::support::client;
use crate::support::fake_hop::FakeHop;
use crate::support::mail::message;
use crate::support::program::{Extra, Installation, Serving};
use crate::support::shell;
use crate::support::site::{Answer, Site};

pub const APPROVER: &str = "kacho@city.example.jp";
pub const OTHER: &str = "bucho@city.example.jp";
pub const AUDITOR: &str = "kansa@city.example.jp";
pub const ADMIN: &str = "kanri@city.example.jp";
/// The sender of every mail; has an account as an approver too.
pub const SENDER: &str = "soumu@city.example.jp";

/// Mail is held by the first word of its subject: for its sender, or for a second person.
pub const RULES: &str = r#"
[[rule]]
id = "for-a-second-person"
when = "message.subject.startsWith('second')"
action = "hold"
approval = "second-person"
incidents = ["2023-116"]
[rule.reason]
ja = "もう一人の確認を待っています。"
en = "Waits for a second person."
[[rule]]
id = "for-its-sender"
when = "message.subject.startsWith('sender')"
action = "hold"
approval = "sender"
incidents = ["2023-116"]
[rule.reason]
ja = "送信者の確認を待っています。"
en = "Waits for its sender."
"#;

/// A gate with pages and an account for each role. `undo` is how long a decision can be taken back.
pub async fn open(undo: &str) -> (Installation, Serving, FakeHop) {
    let hop = FakeHop::good().await;
    let sections = format!("[hold]\nundo = \"{undo}\"\n");
    let extra = Extra { pages: true, rules: Some(RULES), sections, ..Extra::default() };
    let house = Installation::new(&hop.url(), &extra);
    for (name, role) in [
        (APPROVER, "approver"),
        (OTHER, "approver"),
        (AUDITOR, "auditor"),
        (ADMIN, "admin"),
        (SENDER, "approver"),
    ] {
        house.account(name, role).await;
    }
    let serving = house.serve().await;
    (house, serving, hop)
}

/// Sends a mail to two organisations outside; its case number.
pub async fn held(house: &Installation, id: &str, subject: &str) -> String {
    let rcpts = ["tanaka@partner.example", "sato@other.example"];
    let mail = message(id, &rcpts.join(", "), subject, "My number is 123456789018.\r\n");
    client::hold(house.address, SENDER, &rcpts, &mail).await
}

/// The state of a case, as the shell tells it.
pub async fn state(house: &Installation, case: &str) -> String {
    let text = house.ask(&["hold", "show"], &[case, "--json"]).await;
    let value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    value["state"].as_str().expect("a state").to_string()
}

/// Opens the page on which a case is decided and sends its form.
pub async fn decide(site: &mut Site, case: &str, query: &str, reason: &str, answer: &str) -> Answer {
    let page = site.get(&format!("/cases/{case}/confirm?{query}")).await;
    assert_eq!(page.status, 200, "{}", page.body);
    let more = [("reason", reason), ("answer", answer)];
    site.confirm(&format!("/cases/{case}/decide"), &page, &more).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approver_releases_a_mail_from_its_page_and_the_log_says_who() {
    let (house, serving, hop) = open("0s").await;
    let case = held(&house, "release-1", "second: the list").await;
    let mut site = Site::signed_in(house.pages, APPROVER).await;
    let list = site.get("/cases").await;
    assert!(list.body.contains(&case) && list.body.contains("second: the list"), "{}", list.body);
    let page = site.get(&format!("/cases/{case}")).await;
    assert_eq!(page.status, 200);
    for part in
        ["for-a-second-person", "もう一人の確認を待っています。", "1234********", "tanaka@partner.example"]
    {
        assert!(page.body.contains(part), "{part} is not in\n{}", page.body);
    }
    assert!(!page.body.contains("123456789018"), "what was found is masked");

    for (reason, answer, why) in [("", "2", "no reason"), ("checked", "3", "a wrong answer")] {
        let refused = decide(&mut site, &case, "do=release", reason, answer).await;
        assert_eq!(refused.status, 422, "{why}: {}", refused.body);
        assert!(refused.body.contains("role=\"alert\""), "{why}");
    }
    assert_eq!(state(&house, &case).await, "held");
    let done = decide(&mut site, &case, "do=release", "確認しました", "２").await;
    assert_eq!((done.status, done.header("location")), (303, Some(format!("/cases/{case}?done=1").as_str())));
    hop.left(1).await;
    let after = site.get(&format!("/cases/{case}?done=1")).await;
    assert!(after.body.contains("確認しました") && after.body.contains(APPROVER), "{}", after.body);
    serving.stop().await;
    let log = house.audit("case").await;
    assert_eq!((&log[0]["action"], &log[0]["actor"]), (&"released".into(), &APPROVER.into()), "{log:?}");
    assert_eq!(log[0]["reason"], "確認しました");
    let opened = house.audit("person").await;
    let opened = opened.iter().filter(|e| e["action"] == "case-opened" && e["case"] == case.as_str());
    assert_eq!(opened.count(), 1, "looking again within the hour is not recorded again");
    house.verify_audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_decide_at_once_one_wins_and_the_other_is_told() {
    let (house, serving, hop) = open("0s").await;
    let case = held(&house, "race-1", "second: race").await;
    let (mut one, mut two) =
        (Site::signed_in(house.pages, APPROVER).await, Site::signed_in(house.pages, OTHER).await);
    let (a, b) = tokio::join!(
        decide(&mut one, &case, "do=release", "fine", "2"),
        decide(&mut two, &case, "do=cancel", "not fine", "")
    );
    let mut statuses = [a.status, b.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 409], "{}\n{}", a.body, b.body);
    let (winner, loser) = if a.status == 303 { (APPROVER, b) } else { (OTHER, a) };
    assert!(loser.body.contains(winner) && loser.body.contains("何も変わっていません"), "{}", loser.body);
    // Whoever comes later hears the same.
    let late = one.get(&format!("/cases/{case}/confirm?do=cancel")).await;
    assert_eq!(late.status, 409);
    serving.stop().await;
    assert_eq!(house.audit("case").await.len(), 1);
    assert!(hop.mails().len() <= 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_decide_sees_no_button_and_is_refused() {
    let (house, serving, hop) = open("0s").await;
    let case = held(&house, "roles-1", "second: roles").await;
    let mut admin = Site::signed_in(house.pages, ADMIN).await;
    assert!(admin.get(&format!("/cases/{case}")).await.body.contains("value=\"release\""));
    // An auditor reads; a sender who is an approver too cannot approve their own.
    for name in [AUDITOR, SENDER] {
        let mut site = Site::signed_in(house.pages, name).await;
        let page = site.get(&format!("/cases/{case}")).await;
        assert_eq!(page.status, 200, "{name}");
        assert!(page.body.contains("1234********") && !page.body.contains("value=\"release\""), "{name}");
        let csrf = page.hidden("csrf");
        for act in ["release", "bcc", "individual", "cancel"] {
            let path = format!("/cases/{case}/confirm?do={act}");
            assert_eq!(site.get(&path).await.status, 403, "{name} {act}");
            let form =
                [("csrf", csrf.as_str()), ("do", act), ("parts", "1"), ("reason", "x"), ("answer", "2")];
            let answer = site.post(&format!("/cases/{case}/decide"), &form).await;
            assert_eq!(answer.status, 403, "{name} {act}");
        }
        let undo = site.post(&format!("/cases/{case}/undo"), &[("csrf", csrf.as_str())]).await;
        assert_eq!(undo.status, 403, "{name}");
    }
    assert_eq!(state(&house, &case).await, "held");
    serving.stop().await;
    assert!(hop.mails().is_empty() && house.audit("case").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_sites_own_form_of_this_session_decides() {
    let (house, serving, hop) = open("0s").await;
    let case = held(&house, "forged-1", "second: forged").await;
    let mut site = Site::signed_in(house.pages, APPROVER).await;
    let others = Site::signed_in(house.pages, OTHER).await;
    let theirs = {
        let mut others = others;
        others.get("/cases").await.hidden("csrf")
    };
    let path = format!("/cases/{case}/decide");
    for csrf in ["", "x", theirs.as_str()] {
        let form = [("csrf", csrf), ("do", "release"), ("parts", "1"), ("reason", "x"), ("answer", "2")];
        assert_eq!(site.post(&path, &form).await.status, 400, "{csrf}");
    }
    let csrf = site.get("/cases").await.hidden("csrf");
    let query = format!("csrf={csrf}&do=release&parts=1&reason=x&answer=2");
    for method in ["GET", "HEAD", "PUT", "DELETE"] {
        let answer = site.ask(method, &format!("{path}?{query}"), &[], "").await;
        assert_eq!(answer.status, 405, "{method}");
    }
    let kind = "Content-Type: application/x-www-form-urlencoded\r\n".to_string();
    let elsewhere = [kind, "Origin: https://evil.example\r\n".into()];
    assert_eq!(site.ask("POST", &path, &elsewhere, &query).await.status, 403);
    let mut stranger = Site::at(house.pages);
    let asked = stranger.get(&format!("/cases/{case}")).await;
    assert_eq!(asked.status, 303);
    assert!(asked.header("location").is_some_and(|to| to.starts_with("/login?to=/cases/")));
    let form = [("csrf", csrf.as_str()), ("do", "release"), ("parts", "1"), ("reason", "x"), ("answer", "2")];
    assert_eq!(stranger.post(&path, &form).await.status, 303);
    assert_eq!(state(&house, &case).await, "held");
    serving.stop().await;
    assert!(hop.mails().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_mail_leaves_as_it_was_shown() {
    let (house, serving, hop) = open("0s").await;
    let case = held(&house, "mend-1", "second: mend").await;
    let mut site = Site::signed_in(house.pages, APPROVER).await;
    let query = "do=bcc&drop=sato@other.example&wrong=tanaka@partner.example&right=tanaka@right.example";
    let page = site.get(&format!("/cases/{case}/confirm?{query}")).await;
    assert!(page.body.contains("tanaka@right.example"), "{}", page.body);
    let organisation = page.body.matches("right.example\" required").count();
    assert_eq!(organisation, 1, "one organisation is left, and it is asked for");
    let done = decide(&mut site, &case, query, "wrong address", "right.example").await;
    assert_eq!(done.status, 303, "{}", done.body);
    let mail = hop.left(1).await.remove(0);
    assert_eq!(mail.rcpts, ["tanaka@right.example"]);
    let text = String::from_utf8_lossy(&mail.content()).into_owned();
    for gone in ["sato@other.example", "tanaka@partner.example", "tanaka@right.example"] {
        assert!(!text.contains(gone), "{gone} is in\n{text}");
    }
    let nothing = held(&house, "mend-2", "second: nothing").await;
    assert_eq!(site.get(&format!("/cases/{nothing}/confirm?do=mend")).await.status, 400);
    assert_eq!(site.get(&format!("/cases/{nothing}/confirm?do=everything")).await.status, 404);
    assert_eq!(site.get("/cases/ZZZZ-ZZZZ").await.status, 404);
    serving.stop().await;
    assert_eq!(house.audit("case").await[0]["action"], "repaired");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_can_be_taken_back_until_the_mail_leaves() {
    let (house, serving, hop) = open("10m").await;
    let case = held(&house, "undo-1", "second: undo").await;
    let mut site = Site::signed_in(house.pages, APPROVER).await;
    let done = decide(&mut site, &case, "do=release", "too quick", "2").await;
    assert_eq!(done.status, 303, "{}", done.body);
    let page = site.get(&format!("/cases/{case}?done=1")).await;
    assert!(page.body.contains(&format!("action=\"/cases/{case}/undo\"")), "{}", page.body);
    let csrf = page.hidden("csrf");
    let undone = site.post(&format!("/cases/{case}/undo"), &[("csrf", csrf.as_str())]).await;
    assert_eq!(undone.status, 303, "{}", undone.body);
    assert_eq!(state(&house, &case).await, "held");
    let register = site.get("/overrides").await;
    assert!(register.body.contains("送信前に元に戻した"), "{}", register.body);
    serving.stop().await;
    assert!(hop.mails().is_empty());
    let log = house.audit("case").await;
    let actions: Vec<&str> = log.iter().filter_map(|e| e["action"].as_str()).collect();
    assert_eq!(actions, ["released", "reopened"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_filtered_and_searched() {
    let (house, serving, _hop) = open("0s").await;
    let second = held(&house, "filter-1", "second: garden").await;
    let own = held(&house, "filter-2", "sender: harvest").await;
    let mut site = Site::signed_in(house.pages, AUDITOR).await;
    for (query, shows, hides) in [
        ("q=garden", &second, &own),
        ("q=HARVEST", &own, &second),
        ("rule=for-its-sender", &own, &second),
        ("approval=second-person", &second, &own),
    ] {
        let page = site.get(&format!("/cases?{query}")).await;
        assert!(page.body.contains(shows.as_str()) && !page.body.contains(hides.as_str()), "{query}");
    }
    for (query, count) in [
        ("sender=soumu@city.example.jp", 2),
        ("sender=@city.example.jp", 2),
        ("sender=jiro@city.example.jp", 0),
        ("recipient=PARTNER.example", 2),
        ("recipient=nobody", 0),
        ("age=1h", 0),
        ("state=delayed", 0),
        ("q=%27%20OR%201=1%20--", 0),
        ("sort=ending", 2),
        ("page=2", 0),
    ] {
        let page = site.get(&format!("/cases?{query}")).await;
        assert_eq!(page.body.matches("class=\"subject\"").count(), count, "{query}");
    }
    let typed = second.replace('-', "").to_lowercase();
    let found = site.get(&format!("/cases?q={typed}")).await;
    assert_eq!(found.header("location"), Some(format!("/cases/{second}").as_str()));
    assert_eq!(site.get("/cases?state=gone").await.status, 404);

    let mut approver = Site::signed_in(house.pages, APPROVER).await;
    assert_eq!(decide(&mut approver, &own, "do=cancel", "", "").await.status, 303);
    for state in ["ended", "cancelled"] {
        let page = site.get(&format!("/cases?state={state}&q=harvest")).await;
        assert!(page.body.contains(&own) && !page.body.contains(&second), "{state}");
    }
    assert_eq!(site.get("/cases?state=released").await.body.matches("class=\"subject\"").count(), 0);
    serving.stop().await;
}

/// Opens the page that asks about a burst, and sends its form.
async fn together(site: &mut Site, query: &str, count: &str, reason: &str) -> Answer {
    let page = site.get(&format!("/cases/together/confirm?{query}")).await;
    assert_eq!(page.status, 200, "{}", page.body);
    site.confirm("/cases/together/decide", &page, &[("count", count), ("reason", reason)]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_burst_is_handled_together_but_never_released_where_it_is_severe() {
    let (house, serving, hop) = open("0s").await;
    let (mut severe, mut mild) = (Vec::new(), Vec::new());
    for n in 0..4 {
        severe.push(held(&house, &format!("severe-{n}"), &format!("second: burst {n}")).await);
        mild.push(held(&house, &format!("mild-{n}"), &format!("sender: burst {n}")).await);
    }
    let mut site = Site::signed_in(house.pages, APPROVER).await;
    let list = site.get("/cases").await;
    assert_eq!(list.body.matches("class=\"burst\"").count(), 2, "{}", list.body);
    let all: Vec<String> = list
        .body
        .split("href=\"/cases/together?")
        .skip(1)
        .filter_map(|l| l.split('"').next())
        .map(|l| l.replace("&#38;", "&").replace("&amp;", "&"))
        .collect();
    let (grave, light) = match all[0].contains("for-a-second-person") {
        true => (&all[0], &all[1]),
        false => (&all[1], &all[0]),
    };
    // Nothing severe leaves together, whichever way it is asked for.
    let marked: String = severe.iter().map(|case| format!("&case={case}")).collect();
    for act in ["release", "drain"] {
        let page = site.get(&format!("/cases/together/confirm?{grave}{marked}&do={act}")).await;
        assert!(
            page.body.contains("1通ずつ") && !page.body.contains("name=\"count\""),
            "{act}: {}",
            page.body
        );
        let csrf = site.get("/cases").await.hidden("csrf");
        let decoded = format!("{grave}{marked}").replace("%40", "@");
        let mut form = vec![("csrf", csrf.as_str()), ("do", act), ("count", "4"), ("reason", "x")];
        form.extend(decoded.split('&').filter_map(|pair| pair.split_once('=')));
        assert_eq!(site.post("/cases/together/decide", &form).await.status, 400, "{act}");
    }
    // They are cancelled together, with the number typed and a reason.
    let cancel = format!("{grave}{marked}&do=cancel");
    assert_eq!(together(&mut site, &cancel, "3", "hijacked").await.status, 400);
    assert_eq!(together(&mut site, &cancel, "4", "").await.status, 400);
    let done = together(&mut site, &cancel, "4", "hijacked account").await;
    assert_eq!(done.status, 200, "{}", done.body);
    // Of the others one is cancelled, and what remains is let go of.
    let one = format!("{light}&case={}&do=cancel", mild[0]);
    assert_eq!(together(&mut site, &one, "1", "no").await.status, 200);
    let rest = together(&mut site, &format!("{light}&do=drain"), "3", "sent on purpose").await;
    assert_eq!(rest.status, 200, "{}", rest.body);
    shell::until("they leave", async || (hop.mails().len() == 3).then_some(())).await;

    let mut auditor = Site::signed_in(house.pages, AUDITOR).await;
    assert_eq!(auditor.get(&format!("/cases/together?{light}")).await.status, 200);
    assert_eq!(auditor.get(&format!("/cases/together/confirm?{light}&do=drain")).await.status, 403);
    let csrf = auditor.get("/cases").await.hidden("csrf");
    let form = [("csrf", csrf.as_str()), ("do", "drain"), ("count", "0"), ("reason", "x")];
    assert_eq!(auditor.post("/cases/together/decide", &form).await.status, 403);
    serving.stop().await;
    let log = house.audit("case").await;
    let count = |action: &str, reason: &str| {
        log.iter()
            .filter(|e| e["action"] == action && e["reason"] == reason && e["actor"] == APPROVER)
            .count()
    };
    assert_eq!(
        (
            count("cancelled", "hijacked account"),
            count("cancelled", "no"),
            count("released", "sent on purpose")
        ),
        (4, 1, 3),
        "one entry a case: {log:?}"
    );
    // How soon they were decided is kept of each, as of a single one.
    let quick = log.iter().filter(|e| e["notes"].to_string().contains("decided in "));
    assert_eq!(quick.count(), 8, "{log:?}");
    house.verify_audit().await;
}

/// More mails than are handled at once: the page says how many there are, and shows them in turns.
#[tokio::test(flavor = "multi_thread")]
async fn a_large_burst_is_shown_and_handled_in_turns() {
    const MAILS: usize = 503;
    let (house, serving, _hop) = open("0s").await;
    let mut tasks = tokio::task::JoinSet::new();
    for worker in 0..4 {
        let gate = house.address;
        tasks.spawn(async move {
            for n in (worker..MAILS).step_by(4) {
                let text = message(&format!("storm-{n}"), "a@storm.example", "sender: storm", "text\r\n");
                client::hold(gate, SENDER, &["a@storm.example"], &text).await;
            }
        });
    }
    tasks.join_all().await;
    let mut site = Site::signed_in(house.pages, APPROVER).await;
    let first = site.get("/cases").await.link("/cases/together?").replace("&#38;", "&");
    let boxes = |page: &Answer| page.body.matches("type=\"checkbox\" name=\"case\"").count();
    let page = site.get(&first).await;
    assert!(page.body.contains("全部で 503 通") && page.body.contains("1〜500 通目"), "{}", page.body);
    assert_eq!(boxes(&page), 500);
    let next = further(&page);
    let rest = site.get(&next).await;
    assert_eq!((boxes(&rest), next.contains("skip=500")), (3, true), "{next}");
    // What is let go of is what the page shows, in its turn.
    let query = next.replace("/cases/together?", "");
    let done = together(&mut site, &format!("{query}&do=cancel{}", marks(&rest)), "3", "storm").await;
    assert_eq!(done.status, 200, "{}", done.body);
    let page = site.get(&first).await;
    assert!(!page.body.contains("全部で") && boxes(&page) == 500);
    serving.stop().await;
    assert_eq!(house.audit("case").await.len(), 3);
}

/// Where the page shows the next ones.
fn further(page: &Answer) -> String {
    let links = page.body.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
    let next =
        links.map(|link| link.replace("&amp;", "&").replace("&#38;", "&")).find(|l| l.contains("skip="));
    next.expect("there are more")
}

/// The boxes of a page, as its form sends them.
fn marks(page: &Answer) -> String {
    let boxes = page.body.split("type=\"checkbox\" name=\"case\" value=\"").skip(1);
    boxes.filter_map(|rest| rest.split('"').next()).map(|case| format!("&case={case}")).collect()
}
