//! A held mail's way in a real browser: its sender's three presses on a phone and at a desk, with scripts
//! and without; an approver's decision on the review site; an auditor who only looks.

use crate::support::browser::{Browser, WIDTHS};
use crate::support::client::Client;
use crate::support::fake_hop::{FakeHop, Message};
use crate::support::mail::{message, parts, stuffed};
use crate::support::program::{Extra, Installation, Serving};
use crate::support::shell;

/// Holds what goes to two or more outside: the sender's word is enough, but not for a list of cards.
const RULES: &str = r#"
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
when = "message.subject.contains('名簿')"
action = "hold"
approval = "second-person"
incidents = ["2023-116"]
[rule.reason]
ja = "名簿を社外に送ろうとしています。"
en = "A list of persons is about to leave."
"#;

const SENDER: &str = "soumu@city.example.jp";
const APPROVER: &str = "kacho@city.example.jp";
const AUDITOR: &str = "kansa@city.example.jp";
const BODY: &str = "説明会のご案内です。\r\n日時は追ってお知らせします。";

struct House {
    installation: Installation,
    serving: Serving,
    hop: FakeHop,
}

impl House {
    async fn open() -> House {
        let hop = FakeHop::good().await;
        let sections = format!(
            "[hold]\nundo = \"0s\"\n[[approvers]]\nname = \"総務課\"\nsenders = [\"*\"]\napprovers = [\"{APPROVER}\"]\n\
             stand_ins = [\"hosa@city.example.jp\"]\n"
        );
        let extra = Extra { pages: true, rules: Some(RULES), sections, ..Extra::default() };
        let installation = Installation::new(&hop.url(), &extra);
        installation.account(APPROVER, "approver").await;
        installation.account(AUDITOR, "auditor").await;
        let serving = installation.serve().await;
        House { installation, serving, hop }
    }

    /// Sends a mail to three people outside, and gives the link of the notice that its sender gets.
    async fn hold(&self, subject: &str) -> String {
        let to = ["ai@example.com", "bun@example.net", "chie@example.org"];
        let mut client = Client::hello(self.installation.address).await;
        assert_eq!(client.say(&format!("MAIL FROM:<{SENDER}>")).await.0, 250);
        for address in to {
            assert_eq!(client.say(&format!("RCPT TO:<{address}>")).await.0, 250);
        }
        assert_eq!(client.say("DATA").await.0, 354);
        client.send(stuffed(message(subject, &to.join(", "), subject, BODY).as_bytes())).await;
        let (code, reply) = client.reply().await;
        assert!(code == 250 && reply.contains("as case"), "{reply}");
        let case = reply.split("case ").nth(1).and_then(|r| r.get(..9)).expect("a number").to_string();
        let base = format!("http://{}/m/", self.installation.pages);
        shell::until("the notice comes", async || {
            let notices = self.hop.messages();
            let notices = notices.iter().filter(|m| !m.is_mail() && m.rcpts == [SENDER]);
            let mut texts = notices.map(|m| plain(&m.content())).filter(|text| text.contains(&case));
            let text = texts.next()?;
            let links = text.split_whitespace().filter(|word| word.starts_with(&base));
            links.min_by_key(|link| link.len()).map(str::to_string)
        })
        .await
    }

    /// The mails that left, when there are so many.
    async fn left(&self, count: usize) -> Vec<Message> {
        shell::until("it leaves", async || {
            let mails: Vec<Message> = self.hop.messages().into_iter().filter(Message::is_mail).collect();
            (mails.len() >= count).then_some(mails)
        })
        .await
    }
}

/// The text of a notice as its reader sees it.
fn plain(bytes: &[u8]) -> String {
    let message = mail_parser::MessageParser::default().parse(bytes).expect("a message");
    message.body_text(0).unwrap_or_default().into_owned()
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium and chromedriver"]
async fn a_sender_releases_as_bcc_in_three_presses() {
    let house = House::open().await;
    for (n, width) in WIDTHS.into_iter().enumerate() {
        let link = house.hold(&format!("説明会のご案内 {n}")).await;
        // At a desk the scripts are off: nothing needs them.
        let browser = Browser::open(house.installation.pages, width, width < 500).await;
        browser.goto(&link).await;
        browser.is_sound("the sender's page").await;
        browser.picture("sender").await;
        browser.press("a.button[href$='/bcc']").await;
        browser.is_sound("what would leave").await;
        browser.picture("sender-bcc").await;
        browser.fill("input[name=answer]", "３").await;
        browser.press("form.confirm button.main").await;
        browser.is_sound("what was done").await;
        browser.picture("sender-done").await;
        let mail = house.left(n + 1).await.pop().expect("a mail");
        let (header, body) = parts(&mail.content());
        assert!(!header.contains("@example."), "{header}");
        assert_eq!(body, format!("{BODY}\r\n").as_bytes());
        assert_eq!(mail.rcpts.len(), 3);
        // The same link again: it tells, and does nothing.
        browser.goto(&link).await;
        assert!(browser.client.find(fantoccini::Locator::Css("form.confirm")).await.is_err());
        browser.close().await;
    }
    house.serving.stop().await;
    let used = house.installation.audit("person").await;
    assert!(used.iter().filter(|e| e["action"] == "link-used").count() >= 2, "{used:?}");
    let ends = house.installation.audit("case").await;
    assert_eq!(ends.iter().filter(|e| e["actor"] == SENDER).count(), 2, "{ends:?}");
    house.installation.verify_audit().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium and chromedriver"]
async fn an_approver_decides_and_an_auditor_looks() {
    let house = House::open().await;
    for (n, width) in WIDTHS.into_iter().enumerate() {
        house.hold(&format!("名簿の送付 {n}")).await;
        let auditor = Browser::open(house.installation.pages, width, true).await;
        auditor.sign_in(AUDITOR).await;
        auditor.is_sound("held mail").await;
        auditor.picture("cases").await;
        auditor.press("a.subject").await;
        auditor.is_sound("a case, for an auditor").await;
        assert!(auditor.client.find(fantoccini::Locator::Css("button[value=release]")).await.is_err());
        auditor.close().await;

        let browser = Browser::open(house.installation.pages, width, width < 500).await;
        browser.sign_in(APPROVER).await;
        browser.press("a.subject").await;
        browser.is_sound("a case").await;
        browser.picture("case").await;
        browser.press("button[value=individual]").await;
        browser.is_sound("what would leave").await;
        browser.picture("confirm").await;
        browser.fill("textarea[name=reason]", "宛先を確かめました").await;
        answer(&browser).await;
        browser.press("form.decide button.main").await;
        browser.is_sound("what was done").await;
        let mails = house.left(3 * (n + 1)).await;
        assert!(mails.iter().all(|mail| mail.rcpts.len() == 1), "one copy each");
        browser.close().await;
    }
    house.serving.stop().await;
    house.installation.verify_audit().await;
}

/// Answers the page's question: a number, or the organisation that the mail goes to.
async fn answer(browser: &Browser) {
    match browser.client.find(fantoccini::Locator::Css("input[name=answer][inputmode=numeric]")).await {
        Ok(_) => browser.fill("input[name=answer]", "3").await,
        Err(_) => browser.press("input[name=answer][value$='example.com']").await,
    }
}
