//! A held mail's way in a real browser: its sender's three presses on a phone and at a desk, with scripts
//! and without; an approver's decision on the review site; an auditor who only looks.

use crate::support::browser::{Browser, WIDTHS};
use crate::support::client;
use crate::support::fake_hop::FakeHop;
use crate::support::mail::{message, parts};
use crate::support::program::{Extra, Installation, Serving};
use crate::support::shell;
use crate::web::sender::RULES;

const SENDER: &str = "soumu@city.example.jp";
const APPROVER: &str = "kacho@city.example.jp";
const AUDITOR: &str = "kansa@city.example.jp";
const CARD: &str = "名簿です。\r\nカード番号 4111 1111 1111 1111";
const BODY: &str = "説明会のご案内です。\r\n日時は追ってお知らせします。";

struct Policy {
    installation: Installation,
    serving: Serving,
    hop: FakeHop,
}

impl Policy {
    async fn open() -> Policy {
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
        Policy { installation, serving, hop }
    }

    /// Sends a mail to three people outside, and gives the link of the notice that its sender gets.
    async fn hold(&self, subject: &str, body: &str) -> String {
        let to = ["ai@example.com", "bun@example.net", "chie@example.org"];
        let text = message(subject, &to.join(", "), subject, body);
        let case = client::hold(self.installation.address, SENDER, &to, &text).await;
        let pages = self.installation.pages;
        shell::until("the notice comes", async || {
            let notice = self.hop.notices(SENDER).into_iter().find(|n| n.text().contains(&case))?;
            Some(format!("http://{pages}{}", notice.page(pages)?))
        })
        .await
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium and chromedriver"]
async fn a_sender_releases_as_bcc_in_three_presses() {
    let house = Policy::open().await;
    for (n, width) in WIDTHS.into_iter().enumerate() {
        let link = house.hold(&format!("説明会のご案内 {n}"), BODY).await;
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
        let mail = house.hop.left(n + 1).await.pop().expect("a mail");
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
    let house = Policy::open().await;
    for (n, width) in WIDTHS.into_iter().enumerate() {
        house.hold(&format!("名簿の送付 {n}"), CARD).await;
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
        browser.press("form.confirm button.main").await;
        browser.is_sound("what was done").await;
        let mails = house.hop.left(3 * (n + 1)).await;
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
