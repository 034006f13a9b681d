//! Accounts and exceptions in a real browser, on a phone and at a desk, with scripts and without: whoever
//! was given a first password chooses their own, and an admin makes, ends and answers.

use daemon::config::Config;
use store::{CaseFilter, Store};
use terms::clock::Clock;

use crate::support::browser::{Browser, WIDTHS};
use crate::support::client::Client;
use crate::support::fake_hop::FakeHop;
use crate::support::mail::{message, stuffed};
use crate::support::openid::OpenId;
use crate::support::program::{Extra, Installation, LENIENT};
use crate::support::shell;

const ADMIN: &str = "kanri@city.example.jp";

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium and chromedriver"]
async fn people_manage_their_accounts_and_exceptions() {
    let (hop, provider) = (FakeHop::good().await, OpenId::start().await);
    let sections = format!(
        "[web.oidc]\nissuer = \"{}\"\nclient_id = \"sekisho\"\nname = \"職員認証\"\n",
        provider.issuer()
    );
    let extra = Extra { pages: true, rules: Some(LENIENT), sections, ..Extra::default() };
    let house = Installation::new(&hop.url(), &extra);
    house.account(ADMIN, "admin").await;
    let serving = house.serve().await;
    for (n, width) in WIDTHS.into_iter().enumerate() {
        report_a_false_alarm(&house, n).await;
        let browser = Browser::open(house.pages, width, n == 0).await;
        browser.goto("/login").await;
        look(&browser, "sign-in").await;
        sign_in(&browser, ADMIN).await;
        says(&browser, "アカウントを追加する").await;
        make_an_account(&browser, n).await;
        answer_and_except(&browser).await;
        browser.goto("/account").await;
        look(&browser, "account").await;
        browser.press("form[action='/logout'] button").await;
        choose_a_password(&browser, n).await;
        browser.close().await;
    }
    serving.stop().await;
    let entries = house.audit("person").await;
    let count = |what: &str| entries.iter().filter(|e| e["action"] == what).count();
    assert_eq!(
        (count("false-alarm-declined"), count("exception-added"), count("exception-ended")),
        (2, 2, 2)
    );
}

/// Waits until the page says so: a press returns before the next page is there.
async fn says(browser: &Browser, text: &str) {
    shell::until(text, async || browser.text().await.contains(text).then_some(())).await;
}

async fn look(browser: &Browser, what: &str) {
    browser.is_sound(what).await;
    browser.picture(&format!("people-{what}")).await;
}

/// Signs in, on the way to the accounts.
async fn sign_in(browser: &Browser, name: &str) {
    browser.goto("/login?to=/accounts").await;
    browser.fill("input[name=name]", name).await;
    browser.fill("input[name=password]", "correct horse battery").await;
    browser.press("form[action='/login'] button[type=submit]").await;
}

async fn make_an_account(browser: &Browser, n: usize) {
    browser.goto("/accounts").await;
    browser.fill("input[name=name]", &format!("hana{n}@city.example.jp")).await;
    browser.fill("input[name=display]", "山田 花").await;
    browser.fill("input[name=password]", "correct horse battery").await;
    browser.press("form[action='/accounts'] button").await;
    says(browser, "アカウントを追加しました").await;
    look(browser, "accounts").await;
    browser.press(&format!("a[href='/accounts/hana{n}%40city.example.jp']")).await;
    says(browser, "アカウントを停止する").await;
    look(browser, "account-of").await;
}

async fn answer_and_except(browser: &Browser) {
    browser.goto("/exceptions").await;
    for summary in ["details:nth-of-type(1) summary", "details:nth-of-type(2) summary"] {
        browser.press(&format!("article {summary}")).await;
    }
    look(browser, "proposal").await;
    browser.fill("article textarea[name=why]", "宛先はBccで足ります").await;
    browser.press("form[action$='/decline'] button").await;
    says(browser, "提案を断りました").await;
    let form = "form[action='/exceptions']";
    browser.fill(&format!("{form} input[name=domains]"), "example.org").await;
    browser.fill(&format!("{form} textarea[name=reason]"), "委託先との定例連絡").await;
    browser.press(&format!("{form} button")).await;
    says(browser, "例外を追加しました").await;
    look(browser, "exceptions").await;
    browser.press("form[action$='/end'] button").await;
    says(browser, "例外を終わらせました").await;
    look(browser, "exceptions-ended").await;
}

async fn choose_a_password(browser: &Browser, n: usize) {
    says(browser, "サインイン").await;
    sign_in(browser, &format!("hana{n}@city.example.jp")).await;
    says(browser, "初期パスワード").await;
    look(browser, "first-password").await;
    browser.fill("input[name=current]", "correct horse battery").await;
    browser.fill("input[name=new]", "a better password").await;
    browser.fill("input[name=again]", "a better password").await;
    browser.press("form[action='/account/password'] button").await;
    says(browser, "パスワードを変更しました").await;
}

/// A mail is held, and its sender says that it was a false alarm.
async fn report_a_false_alarm(house: &Installation, n: usize) {
    let mut client = Client::hello(house.address).await;
    let text = message(&format!("people-{n}"), "b@example.org", "hold this", "text\r\n");
    let (_, reply) = client.message(stuffed(text.as_bytes())).await;
    assert!(reply.contains("Held as case"), "{reply}");
    let config = Config::load(&house.config()).expect("a configuration");
    let vault = config.store.vault().expect("a key");
    let store = Store::open(&config.store, vault, Clock::system(), "another").await.expect("it opens");
    let cases = store.cases(&CaseFilter::default()).await.expect("cases");
    let case = cases.first().expect("a case");
    store
        .propose_exception(case, "a@example.com", "毎月、委託先へ送っている定例の名簿です。")
        .await
        .expect("it is kept");
    store.close().await;
}
