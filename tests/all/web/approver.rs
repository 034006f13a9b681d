//! Second eyes, from SMTP to the decision: who is asked and when, what the link opens and to whom, and what
//! leaves.

use crate::support::client;
use crate::support::fake_hop::{FakeHop, Message};
use crate::support::mail::message;
use crate::support::program::{Extra, Installation, LENIENT, Serving};
use crate::support::shell;
use crate::support::site::Site;
use crate::web::sender::with_file;

const ALICE: &str = "alice@example.com";
const BOB: &str = "bob@example.net";
const SENDER: &str = "soumu@city.example.jp";
const KACHO: &str = "kacho@city.example.jp";
const HOSA: &str = "hosa@city.example.jp";
const BUCHO: &str = "bucho@city.example.jp";

/// Somebody is always at work, so that the waits are the clock's.
const ALWAYS: &str = "[business_hours]\ndays = [\"mon\", \"tue\", \"wed\", \"thu\", \"fri\", \"sat\", \"sun\"]\n\
    from = \"00:00\"\nto = \"24:00\"\nnational_holidays = \"none\"\n";
const GROUP: &str = "[[approvers]]\nname = \"総務課\"\nsenders = [\"*\"]\napprovers = [\"kacho@city.example.jp\"]\n\
    stand_ins = [\"hosa@city.example.jp\"]\n";

struct Policy {
    installation: Installation,
    serving: Serving,
    hop: FakeHop,
}

impl Policy {
    /// One whose waits are so.
    async fn open(approval: &str) -> Policy {
        let hop = FakeHop::good().await;
        let escalate = "escalate_to = [\"bucho@city.example.jp\"]";
        let sections = format!("{GROUP}[approval]\n{escalate}\n{approval}\n{ALWAYS}[hold]\nundo = \"0s\"\n");
        let extra = Extra { pages: true, rules: Some(LENIENT), sections, ..Extra::default() };
        let installation = Installation::new(&hop.url(), &extra);
        let serving = installation.serve().await;
        Policy { installation, serving, hop }
    }

    /// Sends a mail that waits for a second person; its case.
    async fn held(&self, from: &str, id: &str) -> String {
        let text = message(id, &format!("{ALICE}, {BOB}"), "hold: the list", "Our list.\r\n");
        client::hold(self.installation.address, from, &[ALICE, BOB], &text).await
    }

    fn notices(&self, to: &str) -> Vec<Message> {
        self.hop.notices(to)
    }

    /// The text of somebody's nth notice, from 0.
    async fn notice(&self, to: &str, nth: usize) -> String {
        shell::until("the notice comes", async || self.notices(to).get(nth).map(Message::text)).await
    }

    /// The path of the page that a notice leads to.
    fn path(&self, notice: &str) -> String {
        let base = format!("http://{}", self.installation.pages);
        let links = notice.lines().filter_map(|line| line.strip_prefix(base.as_str()));
        let page = links.filter(|path| path.starts_with("/m/")).min_by_key(|path| path.len());
        page.unwrap_or_else(|| panic!("no link in\n{notice}")).to_string()
    }

    async fn left(&self) -> Message {
        self.hop.left(1).await.remove(0)
    }

    fn site(&self) -> Site {
        Site::at(self.installation.pages)
    }

    /// What the log says of a kind: action, actor, notes.
    async fn log(&self, kind: &str) -> Vec<(String, String, String)> {
        let word = |e: &serde_json::Value, key: &str| e[key].as_str().unwrap_or_default().to_string();
        let log = self.installation.audit(kind).await;
        log.iter().map(|e| (word(e, "action"), word(e, "actor"), e["notes"].to_string())).collect()
    }

    async fn state(&self, case: &str) -> String {
        let output = self.installation.command(&["hold", "show"], &["--json", case]).await;
        let shown: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
        shown["state"].as_str().expect("a state").to_string()
    }

    async fn close(self) {
        self.serving.stop().await;
        self.installation.verify_audit().await;
    }
}

const WELL: &[(&str, &str)] = &[("answer", "２"), ("reason", "送り先を確認しました")];

#[tokio::test(flavor = "multi_thread")]
async fn asked_reminded_stood_in_for_escalated_and_released_by_the_stand_in() {
    let waits = "remind_after = \"3s\"\nstand_in_after = \"6s\"\nescalate_after = \"9s\"";
    let house = Policy::open(waits).await;
    let case = house.held(SENDER, "eyes-1").await;
    let own = house.notice(SENDER, 0).await;
    assert!(own.contains(&format!("確認をお願いした方: {KACHO}")), "{own}");
    let asked = house.notice(KACHO, 0).await;
    assert!(asked.starts_with(&format!("【関所】送信の確認をお願いします（{case}）")), "{asked}");
    assert!(asked.contains(SENDER) && asked.contains(ALICE) && asked.contains("2023年3月"), "{asked}");
    assert!(house.notice(KACHO, 1).await.contains("確認をお待ちしています"));
    let stand_in = house.notice(HOSA, 0).await;
    assert!(stand_in.contains("代理での確認") && stand_in.contains(KACHO), "{stand_in}");
    assert!(house.notice(BUCHO, 0).await.contains("確認がまだ済んでいません"));

    let (path, mut site) = (house.path(&stand_in), house.site());
    let page = site.get(&path).await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("Our list.") && page.body.contains(HOSA), "{}", page.body);
    let choice = site.get(&page.link(&format!("{path}/bcc"))).await;
    assert!(choice.body.contains("社外の宛先は何人ですか"), "{}", choice.body);
    let to = format!("{path}/bcc");
    for wrong in [&[("answer", "3"), ("reason", "x")][..], &[("answer", "2"), ("reason", " ")][..]] {
        assert_eq!(site.confirm(&to, &choice, wrong).await.status, 422, "{wrong:?}");
    }
    assert_eq!(house.state(&case).await, "held");
    let done = site.confirm(&to, &choice, WELL).await;
    assert_eq!((done.status, done.header("location")), (303, Some(path.as_str())), "{}", done.body);
    let mail = house.left().await;
    assert_eq!(mail.rcpts, [ALICE, BOB]);
    assert_eq!(mail.field("To").as_deref(), Some("undisclosed-recipients:;"));
    let again = site.confirm(&to, &choice, WELL).await;
    assert_eq!(again.status, 303, "a second press is harmless");
    assert!(site.get(&path).await.body.contains(HOSA), "the page says who decided");
    let late = house.site().get(&house.path(&asked)).await;
    assert!(late.status == 200 && !late.body.contains("Our list."), "for the others it is over");

    let outcome = house.notice(SENDER, 1).await;
    assert!(outcome.contains(HOSA) && outcome.contains("送り先を確認しました"), "{outcome}");
    let steps: Vec<String> =
        house.log("notice").await.into_iter().map(|e| e.0).filter(|a| a != "told").collect();
    assert_eq!(steps, ["asked", "reminded", "asked-stand-in", "escalated"]);
    let decided = house.log("case").await;
    assert_eq!((decided[0].0.as_str(), decided[0].1.as_str()), ("repaired", HOSA));
    assert!(
        decided[0].2.contains("decided as: stand-in") && decided[0].2.contains("decided in "),
        "{decided:?}"
    );
    let used = house.log("person").await;
    assert!(used.iter().any(|e| e.0 == "link-opened" && e.1 == HOSA), "{used:?}");
    assert!(used.iter().any(|e| e.0 == "link-used" && e.1 == HOSA && e.2.contains(" s after it was opened")));
    assert_eq!(house.hop.mails().len(), 1);
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_sender_proposes_is_shown_and_sent_so() {
    let house = Policy::open("quick = \"1m\"").await;
    let case = house.held(SENDER, "eyes-2").await;
    let approver = house.path(&house.notice(KACHO, 0).await);
    let mut boss = house.site();
    let before = boss.get(&format!("{approver}/release")).await;

    let (own, mut site) = (house.path(&house.notice(SENDER, 0).await), house.site());
    let page = site.get(&format!("{own}/individual")).await;
    let done = site.confirm(&format!("{own}/individual"), &page, WELL).await;
    assert_eq!(done.status, 303, "{}", done.body);
    assert_eq!(house.state(&case).await, "held", "it is proposed, and nothing leaves");

    let to = format!("{approver}/release");
    let stale = boss.confirm(&to, &before, WELL).await;
    assert!(stale.status == 422 && stale.body.contains("差出人の案が変わりました"), "{}", stale.body);
    let page = boss.get(&approver).await;
    assert!(page.body.contains("差出人の案どおりに送る") && page.body.contains("送り先を確認しました"));
    let choice = boss.get(&page.link(&to)).await;
    let done = boss.confirm(&to, &choice, &[("answer", "2"), ("reason", "案のとおりで結構です")]).await;
    assert_eq!(done.status, 303, "{}", done.body);
    let mails = shell::until("both leave", async || {
        let mails: Vec<Message> = house.hop.messages().into_iter().filter(Message::is_mail).collect();
        (mails.len() == 2).then_some(mails)
    })
    .await;
    for mail in mails {
        assert_eq!(mail.field("To"), mail.rcpts.first().cloned());
    }
    let log = house.log("case").await;
    assert!(
        log.iter().any(|e| e.0 == "repaired" && e.2.contains(&format!("as proposed by {SENDER}"))),
        "{log:?}"
    );
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_stops_the_mail_and_its_sender_hears_why() {
    let house = Policy::open("").await;
    let case = house.held(SENDER, "eyes-3").await;
    let (path, mut site) = (house.path(&house.notice(KACHO, 0).await), house.site());
    let page = site.get(&format!("{path}/cancel")).await;
    let to = format!("{path}/cancel");
    assert_eq!(site.confirm(&to, &page, &[]).await.status, 422, "a reason is wanted");
    let done = site.confirm(&to, &page, &[("reason", "宛先が古い名簿です")]).await;
    assert_eq!(done.status, 303);
    assert_eq!(house.state(&case).await, "cancelled");
    assert!(house.notice(SENDER, 1).await.contains("宛先が古い名簿です"));
    assert!(!house.hop.messages().iter().any(Message::is_mail));
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_else_decides_by_the_link_least_of_all_the_sender() {
    let house = Policy::open("").await;
    let case = house.held(SENDER, "eyes-4").await;
    let approver = house.path(&house.notice(KACHO, 0).await);
    let own = house.path(&house.notice(SENDER, 0).await);
    let to = format!("{approver}/release");
    let mut boss = house.site();
    let choice = boss.get(&to).await;

    // The sender, to whom the notice was passed on, in the browser that opened their own link.
    let mut sender = house.site();
    assert_eq!(sender.get(&own).await.status, 200);
    assert_eq!(sender.get(&approver).await.status, 400);
    assert_eq!(sender.confirm(&to, &choice, WELL).await.status, 400);
    // Signed in, as the sender or as anybody else.
    house.installation.account(SENDER, "approver").await;
    house.installation.account("other@city.example.jp", "admin").await;
    for who in [SENDER, "other@city.example.jp"] {
        let mut site = Site::signed_in(house.installation.pages, who).await;
        assert_eq!(site.get(&approver).await.status, 400, "{who}");
        assert_eq!(site.confirm(&to, &choice, WELL).await.status, 400, "{who}");
    }
    // The sender's link has no such choice, and a scanner presses nothing.
    assert_eq!(sender.post(&format!("{own}/release"), WELL).await.status, 404);
    for method in ["GET", "HEAD"] {
        for path in ["", "/release", "/bcc", "/individual", "/cancel", "/undo", "/all"] {
            boss.ask(method, &format!("{approver}{path}"), &[], "").await;
        }
    }
    for forged in ["x", &"A".repeat(51), &approver[3..40]] {
        assert_eq!(boss.post(&format!("/m/{forged}/release"), WELL).await.status, 404, "{forged}");
    }
    assert_eq!(house.state(&case).await, "held");
    let refused = house.log("person").await.into_iter().filter(|e| e.0 == "link-refused").count();
    assert_eq!(refused, 6);

    // Their own mail is not even brought before them.
    let theirs = house.held(KACHO, "eyes-5").await;
    let stand_in = house.notice(HOSA, 0).await;
    assert!(stand_in.contains(&theirs), "{stand_in}");
    assert!(house.notices(KACHO).iter().all(|n| !n.content().is_empty()));
    let mut hosa = house.site();
    let path = house.path(&stand_in);
    let page = hosa.get(&format!("{path}/release")).await;
    assert_eq!(hosa.confirm(&format!("{path}/release"), &page, WELL).await.status, 303);
    house.left().await;
    // The one who was asked may, signed in or not.
    assert_eq!(boss.confirm(&to, &choice, WELL).await.status, 303);
    assert_eq!(house.state(&case).await, "released");
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_house_may_ask_for_signing_in() {
    let house = Policy::open("sign_in = true").await;
    let case = house.held(SENDER, "eyes-6").await;
    house.installation.account(KACHO, "approver").await;
    let path = house.path(&house.notice(KACHO, 0).await);
    let asked = house.site().get(&path).await;
    assert!(
        asked.status == 303 && asked.header("location").is_some_and(|to| to.starts_with("/login?to=/m/"))
    );
    let mut site = Site::signed_in(house.installation.pages, KACHO).await;
    let page = site.get(&format!("{path}/release")).await;
    assert_eq!(site.confirm(&format!("{path}/release"), &page, WELL).await.status, 303);
    assert_eq!(house.state(&case).await, "released");
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_are_listed_each_behind_a_link_of_its_own() {
    let house = Policy::open("").await;
    for n in 0..3 {
        house.held(SENDER, &format!("list-{n}")).await;
    }
    let (path, mut site) = (house.path(&house.notice(KACHO, 0).await), house.site());
    let list = site.get(&format!("{path}/all")).await;
    assert_eq!(list.body.matches("href=\"/m/").count(), 3, "{}", list.body);
    let page = site.get(&list.link("/m/")).await;
    assert!(page.status == 200 && page.body.contains("Our list."));
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_person_takes_out_a_recipient_and_a_file_on_top_of_what_was_proposed() {
    let house = Policy::open("").await;
    let (gate, wrong, old) = (house.installation.address, "wrong@example.org", "old@example.net");
    let text = with_file("mend-2", "hold: data");
    let case = client::hold(gate, SENDER, &[ALICE, wrong, old], &text).await;
    let own = house.path(&house.notice(SENDER, 0).await);
    let mut sender = house.site();
    // The sender proposes to leave one of them out; the second person corrects another and takes out the file.
    let mend = format!("{own}/mend");
    let asked = sender.post(&mend, &[("drop", wrong)]).await;
    assert_eq!(sender.confirm(&mend, &asked, &[("answer", "2")]).await.status, 303);
    let path = house.path(&house.notice(KACHO, 0).await);
    let (mend, mut boss) = (format!("{path}/mend"), house.site());
    let page = boss.get(&path).await;
    assert!(page.body.contains("差出人の案に加えて直します"), "{}", page.body);
    let stamp = page.hidden("opened");
    let nothing = boss.post(&mend, &[("opened", &stamp), ("hide", "")]).await;
    assert_eq!(nothing.status, 422, "{}", nothing.body);
    let marks = [("opened", stamp.as_str()), ("wrong", old), ("right", "new@example.net"), ("without", "2")];
    let asked = boss.post(&mend, &marks).await;
    assert_eq!(asked.status, 200, "{}", asked.body);
    for told in ["wrong@example.org には送りません", "new@example.net に直します", "「list.csv」を外します"]
    {
        assert!(asked.body.contains(told), "{told} is not in\n{}", asked.body);
    }
    assert_eq!(boss.confirm(&mend, &asked, &[("answer", "2")]).await.status, 422, "without a reason");
    assert_eq!(house.state(&case).await, "held");
    assert_eq!(boss.confirm(&mend, &asked, WELL).await.status, 303);
    let mail = house.left().await;
    let content = String::from_utf8_lossy(&mail.content()).into_owned();
    assert_eq!(mail.rcpts, [ALICE, "new@example.net"]);
    assert!(!content.contains("4111") && !content.contains(wrong) && !content.contains(old), "{content}");
    let told = shell::until("the sender is told", async || {
        house.notices(SENDER).into_iter().map(|n| n.text()).find(|t| t.contains("直して送信しました"))
    })
    .await;
    for line in ["外した宛先: wrong@example.org", "外した添付: list.csv", "new@example.net ← old@example.net"]
    {
        assert!(told.contains(line), "{line} is not in\n{told}");
    }
    house.close().await;
}
