//! The sender's page, from SMTP to the notice, from its link to what the next hop gets: every choice, the
//! way back, and everything that must not open it.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::support::client;
use crate::support::fake_hop::{FakeHop, Message};
use crate::support::mail::message;
use crate::support::program::{Extra, Installation, Serving};
use crate::support::shell;
use crate::support::site::{Answer, Site};

/// Mail to many waits for its sender, what holds a card number for a second person, and some a little.
pub const RULES: &str = r#"
[[rule]]
id = "many-visible"
when = "recipients.visible_external >= 2"
action = "hold"
approval = "sender"
incidents = ["2023-116"]
[rule.reason]
ja = "社外のアドレスが、受け取る方どうしに見えています。"
en = "Outside addresses are visible to every reader."
[[rule]]
id = "four-eyes"
when = "recipients.external >= 1 && personal.card > 0"
action = "hold"
approval = "second-person"
incidents = ["2023-116"]
[rule.reason]
ja = "カード番号が入っています。"
en = "There is a card number in it."
[[rule]]
id = "cooling-off"
when = "message.subject.startsWith('wait')"
action = "delay"
delay = "1h"
approval = "sender"
incidents = ["2023-116"]
[rule.reason]
ja = "少し待ちます。"
en = "It waits a little."
"#;

const ALICE: &str = "alice@example.com";
const BOB: &str = "bob@example.net";
const SENDER: &str = "soumu@city.example.jp";

struct Policy {
    installation: Installation,
    serving: Serving,
    hop: FakeHop,
    site: Site,
}

impl Policy {
    async fn open(undo: &str) -> Policy {
        let hop = FakeHop::good().await;
        let sections = format!("[hold]\nundo = \"{undo}\"\n");
        let extra = Extra { pages: true, rules: Some(RULES), sections, ..Extra::default() };
        let installation = Installation::new(&hop.url(), &extra);
        let serving = installation.serve().await;
        let site = Site::at(installation.pages);
        Policy { installation, serving, hop, site }
    }

    /// Sends a mail; it must be held or delayed.
    async fn send(&self, from: &str, rcpts: &[&str], message: &str) {
        client::hold(self.installation.address, from, rcpts, message).await;
    }

    /// The path of the sender's page, from the text of the notice that tells of a mail.
    async fn link(&self, from: &str, subject: &str) -> String {
        let pages = self.installation.pages;
        shell::until("the notice comes", async || {
            let notice = self.hop.notices(from).into_iter().find(|n| n.text().contains(subject))?;
            notice.page(pages)
        })
        .await
    }

    fn mails(&self) -> Vec<Message> {
        self.hop.mails()
    }

    async fn left(&self, count: usize) -> Vec<Message> {
        self.hop.left(count).await
    }

    /// Answers the page's question and sends its form, with what its hidden fields hold.
    async fn confirm(&mut self, path: &str, page: &Answer, answer: &str, more: &[(&str, &str)]) -> Answer {
        self.site.confirm(path, page, &[&[("answer", answer)], more].concat()).await
    }

    async fn actions(&self, kind: &str) -> Vec<(String, String)> {
        let word = |e: &serde_json::Value, key: &str| e[key].as_str().unwrap_or_default().to_string();
        self.installation.audit(kind).await.iter().map(|e| (word(e, "action"), word(e, "actor"))).collect()
    }

    async fn close(self) {
        self.serving.stop().await;
        self.installation.verify_audit().await;
    }
}

fn exposed(id: &str) -> String {
    message(id, &format!("{ALICE}, {BOB}"), "ご案内", "お知らせです。\r\n")
}

/// A mail with a file behind its text.
pub fn with_file(id: &str, subject: &str) -> String {
    format!(
        "From: {SENDER}\r\nTo: {ALICE}, wrong@example.org, old@example.net\r\nSubject: {subject}\r\n\
         Date: Sun, 22 Nov 2026 09:30:00 +0900\r\nMessage-ID: <{id}@city.example.jp>\r\n\
         MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"b\"\r\n\r\n\
         --b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nHello.\r\n\
         --b\r\nContent-Type: text/csv; charset=utf-8; name=\"list.csv\"\r\n\
         Content-Disposition: attachment; filename=\"list.csv\"\r\n\r\nname,card\r\n\
         Taro,4111 1111 1111 1111\r\n--b--\r\n"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn three_presses_send_it_as_bcc() {
    let mut house = Policy::open("1s").await;
    house.send(SENDER, &[ALICE, BOB], &exposed("three")).await;
    let link = house.link(SENDER, "ご案内").await;
    let page = house.site.get(&link).await;
    assert_eq!(page.status, 200);
    assert!(
        page.body.contains("2023年3月 東京都") && page.body.contains("受け取る方どうしに見えています"),
        "{}",
        page.body
    );
    let choice = page.link(&format!("{link}/bcc"));
    let asked = house.site.get(&choice).await;
    assert!(asked.body.contains("社外の宛先は何人ですか"), "{}", asked.body);
    assert!(house.mails().is_empty(), "looking sends nothing");
    let wrong = house.confirm(&choice, &asked, "3", &[]).await;
    assert_eq!(wrong.status, 422);
    assert!(wrong.body.contains("role=\"alert\""));
    let done = house.confirm(&choice, &asked, "２", &[]).await;
    assert_eq!((done.status, done.header("location")), (303, Some(link.as_str())));
    let mails = house.left(1).await;
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].rcpts, [ALICE, BOB]);
    assert_eq!(mails[0].field("To").as_deref(), Some("undisclosed-recipients:;"));
    let content = String::from_utf8_lossy(&mails[0].content()).into_owned();
    assert!(
        !content.contains("example.com")
            && !content.contains("example.net")
            && content.contains("お知らせです。")
    );
    // A second press is harmless, and shows what became of it.
    let again = house.confirm(&choice, &asked, "2", &[]).await;
    assert_eq!((again.status, again.header("location")), (303, Some(link.as_str())));
    let over = house.site.get(&link).await;
    assert!(
        over.body.contains("直して送信しました") && !over.body.contains("<button class=\"main\""),
        "{}",
        over.body
    );
    shell::until("the outcome is told", async || (house.hop.notices(SENDER).len() == 2).then_some(())).await;
    assert_eq!(house.mails().len(), 1);
    let people = house.actions("person").await;
    assert_eq!(people.iter().filter(|(a, _)| a == "link-opened").count(), 1, "{people:?}");
    assert_eq!(people.iter().filter(|(a, _)| a == "link-used").count(), 3, "{people:?}");
    let cases = house.actions("case").await;
    assert_eq!(cases, [("repaired".to_string(), SENDER.to_string())]);
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_recipient_and_a_file_are_taken_out_and_an_address_is_corrected() {
    let mut house = Policy::open("0s").await;
    house.send(SENDER, &[ALICE, "wrong@example.org", "old@example.net"], &with_file("mend", "data")).await;
    let link = house.link(SENDER, "data").await;
    let page = house.site.get(&link).await;
    assert!(!page.body.contains("4111 1111 1111 1111"), "what was found is masked");
    assert!(page.body.contains("あなた以外の方の確認"), "{}", page.body);
    assert!(!page.body.contains("/as-is"), "a second person's mail cannot be sent as it is");
    let forced =
        house.site.post(&format!("{link}/as-is"), &[("parts", "1"), ("reason", "x"), ("answer", "3")]).await;
    assert_eq!(forced.status, 303);
    let nothing = house.site.post(&format!("{link}/mend"), &[("hide", "")]).await;
    assert_eq!(nothing.status, 422);
    let mend = format!("{link}/mend");
    let form = [
        ("drop", "wrong@example.org"),
        ("wrong", "old@example.net"),
        ("right", "new@example.net"),
        ("without", "2"),
        ("hide", "individual"),
    ];
    let asked = house.site.post(&mend, &form).await;
    assert_eq!(asked.status, 200, "{}", asked.body);
    assert!(
        asked.body.contains("new@example.net") && asked.body.contains("この内容で送る"),
        "{}",
        asked.body
    );
    assert!(house.mails().is_empty());
    let done = house.confirm(&mend, &asked, "2", &[]).await;
    assert_eq!(done.status, 303, "{}", done.body);
    let mails = house.left(2).await;
    let to: BTreeSet<String> = mails.iter().flat_map(|m| m.rcpts.clone()).collect();
    assert_eq!(to, BTreeSet::from([ALICE.to_string(), "new@example.net".to_string()]));
    for mail in &mails {
        let content = String::from_utf8_lossy(&mail.content()).into_owned();
        assert_eq!(mail.field("To").as_ref(), mail.rcpts.first(), "{content}");
        assert!(
            content.contains("Hello.") && !content.contains("4111") && !content.contains("wrong@"),
            "{content}"
        );
    }
    let entries = house.installation.audit("case").await;
    let notes = entries[0]["notes"].to_string();
    for note in ["wrong@example.org", "old@example.net to new@example.net", "attachments taken out: 2"] {
        assert!(notes.contains(note), "{notes}");
    }
    // The outcome names what was changed, and leads to the mail's page, which tells the same.
    let told = shell::until("the outcome is told", async || {
        house.hop.notices(SENDER).into_iter().find(|n| n.text().contains("直して送信しました"))
    })
    .await;
    let text = told.text();
    for line in [
        "外した宛先: wrong@example.org",
        "直した宛先: new@example.net ← old@example.net",
        "外した添付: list.csv",
        "このメールの経過を見る",
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
    let page = told.page(house.installation.pages).expect("a link");
    assert!(house.site.get(&page).await.body.contains("直して送信しました"));
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_needs_a_second_person_even_so_is_proposed() {
    let mut house = Policy::open("0s").await;
    house.send(SENDER, &[ALICE, "wrong@example.org", "old@example.net"], &with_file("propose", "data")).await;
    let link = house.link(SENDER, "data").await;
    let choice = format!("{link}/bcc");
    let asked = house.site.get(&choice).await;
    assert!(asked.body.contains("この内容で確認を依頼する"), "{}", asked.body);
    let done = house.confirm(&choice, &asked, "3", &[("reason", "急ぎです")]).await;
    assert_eq!(done.status, 303, "{}", done.body);
    let page = house.site.get(&link).await;
    assert!(page.body.contains("確認を依頼しています"), "{}", page.body);
    assert!(house.mails().is_empty());
    let case = house.installation.cases("held").await.remove(0);
    assert_eq!(case["proposal"]["by"], SENDER);
    let said = house.site.post(&format!("{link}/false-alarm"), &[("why", "いつもの相手です")]).await;
    assert_eq!(said.status, 303);
    assert!(house.site.get(&link).await.body.contains("とのお知らせを受け取りました"));
    assert!(house.actions("person").await.contains(&("false-alarm".to_string(), SENDER.to_string())));
    house.site.post(&format!("{link}/withdraw"), &[]).await;
    assert!(house.installation.cases("held").await[0]["proposal"].is_null());
    let actions: Vec<String> = house.actions("case").await.into_iter().map(|(a, _)| a).collect();
    assert_eq!(actions, ["proposed", "proposal-withdrawn"]);
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_chosen_can_be_undone_until_it_leaves() {
    let mut house = Policy::open("5m").await;
    house.send(SENDER, &[ALICE, BOB], &exposed("undo")).await;
    let link = house.link(SENDER, "ご案内").await;
    let as_is = format!("{link}/as-is");
    let asked = house.site.get(&as_is).await;
    let speechless = house.confirm(&as_is, &asked, "2", &[("reason", " ")]).await;
    assert_eq!(speechless.status, 422);
    house.confirm(&as_is, &asked, "2", &[("reason", "全員が知り合いです")]).await;
    let going = house.site.get(&link).await;
    assert!(going.body.contains(&format!("action=\"{link}/undo\"")), "{}", going.body);
    assert_eq!(house.site.get(&format!("{link}/undo")).await.status, 303, "to look changes nothing");
    assert_eq!(house.installation.cases("released").await.len(), 1);
    assert_eq!(house.site.post(&format!("{link}/undo"), &[]).await.status, 303);
    assert_eq!(house.installation.cases("held").await.len(), 1);
    let cancel = format!("{link}/cancel");
    let asked = house.site.get(&cancel).await;
    house.confirm(&cancel, &asked, "", &[("reason", "宛先の誤り")]).await;
    assert_eq!(house.installation.cases("cancelled").await.len(), 1);
    house.site.post(&format!("{link}/undo"), &[]).await;
    house.site.post(&format!("{link}/undo"), &[]).await;
    assert_eq!(house.installation.cases("held").await.len(), 1);
    let actions: Vec<String> = house.actions("case").await.into_iter().map(|(a, _)| a).collect();
    assert_eq!(actions, ["released", "reopened", "cancelled", "reopened"]);
    assert!(house.mails().is_empty());
    assert_eq!(house.hop.notices(SENDER).len(), 1, "no outcome is told that was undone");
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delayed_mail_is_stopped_or_sent_at_once() {
    let mut house = Policy::open("0s").await;
    house.send(SENDER, &[ALICE], &message("later", ALICE, "wait a", "text\r\n")).await;
    let link = house.link(SENDER, "wait a").await;
    let page = house.site.get(&link).await;
    assert!(page.body.contains("いまなら止められます") && page.body.contains("text"), "{}", page.body);
    let cancel = format!("{link}/cancel");
    let asked = house.site.get(&cancel).await;
    assert_eq!(house.confirm(&cancel, &asked, "", &[]).await.status, 303);
    assert!(house.site.get(&link).await.body.contains("送信を取りやめました"));
    house.send(SENDER, &[BOB], &message("sooner", BOB, "wait b", "text\r\n")).await;
    let link = house.link(SENDER, "wait b").await;
    let now = format!("{link}/now");
    let asked = house.site.get(&now).await;
    let Some(answer) = asked.body.find("value=\"example.net\"").map(|_| "example.net") else {
        panic!("it asks for the organisation: {}", asked.body)
    };
    assert_eq!(house.confirm(&now, &asked, answer, &[]).await.status, 303);
    let mails = house.left(1).await;
    assert_eq!((mails.len(), mails[0].rcpts.as_slice()), (1, &[BOB.to_string()][..]));
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_sender_s_link_opens_nothing_of_another_s() {
    let mut house = Policy::open("0s").await;
    house.send(SENDER, &[ALICE, BOB], &exposed("mine")).await;
    let own = house.link(SENDER, "ご案内").await;
    let other = "kikaku@city.example.jp";
    house
        .send(other, &["carol@example.com", "dave@example.org"], &{
            message("theirs", "carol@example.com, dave@example.org", "別件", "別の知らせ\r\n")
        })
        .await;
    let theirs = house.link(other, "別件").await;
    assert_ne!(own, theirs);
    let list = house.site.get(&format!("{own}/all")).await;
    assert!(list.body.contains("ご案内") && !list.body.contains("別件"), "{}", list.body);
    for path in ["", "/all", "/bcc", "/cancel", "/as-is"] {
        let page = house.site.get(&format!("{own}{path}")).await;
        assert!(!page.body.contains("carol") && !page.body.contains("別件"), "{path}");
    }
    // A token put together from two.
    let (head, tail) = (&own[3..20], &theirs[20..]);
    assert_eq!(house.site.get(&format!("/m/{head}{tail}")).await.status, 404);
    house.close().await;
}

/// Forged, cut, replayed, looked at with GET and HEAD: nothing of it lets a mail go.
#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_requests_that_must_not_release_release_nothing() {
    let house = Policy::open("0s").await;
    house.send(SENDER, &[ALICE, BOB], &exposed("flood")).await;
    let link = house.link(SENDER, "ご案内").await;
    let pages = house.installation.pages;
    let choices =
        ["", "/bcc", "/individual", "/as-is", "/cancel", "/now", "/undo", "/mend", "/all", "/release"];
    let mut tasks = tokio::task::JoinSet::new();
    for worker in 0..8usize {
        let link = link.clone();
        tasks.spawn(async move {
            let mut site = Site::at(pages);
            let mut answers = std::collections::BTreeMap::<(&str, u16), usize>::new();
            for n in (worker..10_000).step_by(8) {
                let path = choices[n % choices.len()];
                let (what, answer) = match n % 50 {
                    // Few of these read the whole mail.
                    0..=9 if n < 600 => ("get", site.get(&format!("{link}{path}")).await),
                    10..=14 if n < 600 => ("head", site.ask("HEAD", &format!("{link}{path}"), &[], "").await),
                    15..=20 => {
                        let form = [("parts", "1"), ("answer", "77"), ("reason", "x"), ("hide", "bcc")];
                        let tried = if n < 1_500 { "/bcc" } else { "/now" };
                        ("wrong", site.post(&format!("{link}{tried}"), &form).await)
                    }
                    _ => {
                        let mut token = link.as_bytes()[3..].to_vec();
                        let at = n % token.len();
                        token[at] = if token[at] == b'A' { b'B' } else { b'A' };
                        let token = String::from_utf8(token).expect("letters");
                        let form = [("parts", "1"), ("answer", "2"), ("reason", "x")];
                        let path = if path.is_empty() { "/cancel" } else { path };
                        ("forged", site.post(&format!("/m/{token}{path}"), &form).await)
                    }
                };
                *answers.entry((what, answer.status)).or_default() += 1;
            }
            answers
        });
    }
    let mut answers = std::collections::BTreeMap::<(&str, u16), usize>::new();
    while let Some(some) = tasks.join_next().await {
        for (key, count) in some.expect("no panic") {
            *answers.entry(key).or_default() += count;
        }
    }
    assert_eq!(answers.values().sum::<usize>(), 10_000);
    let refused = |status: &u16| matches!(status, 404 | 429);
    assert!(answers.keys().all(|(what, status)| *what != "forged" || refused(status)), "{answers:?}");
    assert!(answers.keys().all(|(_, status)| *status < 500), "{answers:?}");
    assert_eq!(house.installation.cases("held").await.len(), 1, "{answers:?}");
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(house.mails().is_empty());
    house.close().await;
}

/// A link whose time is over says what to do, and does nothing.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs faketime"]
async fn a_link_whose_time_is_over_opens_nothing() {
    let house = Policy::open("0s").await;
    house.send(SENDER, &[ALICE, BOB], &exposed("late")).await;
    let link = house.link(SENDER, "ご案内").await;
    let Policy { installation, serving, hop, mut site } = house;
    serving.stop().await;
    let serving = installation.serve_at("+15d").await;
    for path in ["", "/bcc", "/all"] {
        let gone = site.get(&format!("{link}{path}")).await;
        assert_eq!(gone.status, 410, "{}", gone.body);
        assert!(gone.body.contains("有効期限"), "{}", gone.body);
    }
    let form = [("parts", "1"), ("answer", "2"), ("reason", "x")];
    assert_eq!(site.post(&format!("{link}/bcc"), &form).await.status, 410);
    assert!(!hop.messages().iter().any(Message::is_mail));
    serving.stop().await;
}

/// Whoever is asked for the organisation chooses among those that the house and the sender write to.
#[tokio::test(flavor = "multi_thread")]
async fn the_organisation_is_picked_among_those_that_are_written_to() {
    let mut house = Policy::open("0s").await;
    for n in 0..2 {
        for to in ["a@often.example", "b@sub.steady.example"] {
            let text = message(&format!("often-{n}-{}", to.len()), to, "定例", "いつもの連絡です。\r\n");
            let gate = house.installation.address;
            assert_eq!(client::send(gate, SENDER, &[to], &text).await, None, "it passes");
        }
    }
    house.send(SENDER, &[BOB], &message("asked", BOB, "wait here", "text\r\n")).await;
    let link = house.link(SENDER, "wait here").await;
    let asked = house.site.get(&format!("{link}/now")).await;
    for domain in ["example.net", "often.example", "steady.example"] {
        let choice = format!("name=\"answer\" value=\"{domain}\"");
        assert!(asked.body.contains(&choice), "{domain}: {}", asked.body);
    }
    assert_eq!(asked.body.matches("name=\"answer\"").count(), 4, "{}", asked.body);
    house.close().await;
}
