//! The pages in a real browser, on a phone and at a desk: they work, nothing is wrong with them, and
//! the browser complains of nothing.

use crate::support::browser::{Browser, WIDTHS};
use crate::support::client;
use crate::support::fake_hop::FakeHop;
use crate::support::mail::{list, message};
use crate::support::program::{Extra, Installation};
use crate::support::shell;
use crate::support::site::Site;

/// Every page of the menu that reads and does not act.
const READ: [&str; 10] = [
    "/overview",
    "/log",
    "/log/1",
    "/trace?mail=%40example.com",
    "/casebook",
    "/casebook/2023-116",
    "/rules",
    "/rules/exposed-recipients",
    "/controls",
    "/exceptions",
];

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium and chromedriver"]
async fn every_page_is_sound() {
    let hop = FakeHop::good().await;
    let sections = "[[control]]\nname = \"メール無害化ライセンス\"\nexpires = 2099-03-31\n\
        owner = [\"joho@city.example.jp\"]\nwarn_days = [60, 30]\nwhen_expired = \"enforce\"\n";
    let house =
        Installation::new(&hop.url(), &Extra { pages: true, sections: sections.into(), ..Extra::default() });
    house.account("joho@city.example.jp", "admin").await;
    let serving = house.serve().await;
    for count in [1, 12, 3, 40] {
        let rcpts: Vec<String> = (0..count).map(|n| format!("citizen{n}@f{n}.example.com")).collect();
        let text = message(&format!("b{count}"), &list(&rcpts), "夏祭りのご案内", "本文です。\r\n");
        let rcpts: Vec<&str> = rcpts.iter().map(String::as_str).collect();
        client::send(house.address, "soumu@city.example.jp", &rcpts, &text).await;
    }
    let mut site = Site::signed_in(house.pages, "joho@city.example.jp").await;
    shell::until("the log is counted", async || {
        site.get("/overview").await.body.contains("<svg").then_some(())
    })
    .await;
    for width in WIDTHS {
        let browser = Browser::open(house.pages, width, true).await;
        browser.goto("/login?to=/overview").await;
        browser.fill("input[name=name]", "joho@city.example.jp").await;
        browser.fill("input[name=password]", "correct horse battery").await;
        browser.press("form[action='/login'] button[type=submit]").await;
        for path in READ {
            browser.goto(path).await;
            browser.is_sound(path).await;
            let name: String = path[1..].chars().map(|c| if c.is_alphanumeric() { c } else { '-' }).collect();
            browser.picture(&name).await;
        }
        browser.close().await;
    }
    serving.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium and chromedriver"]
async fn somebody_signs_in_and_out() {
    let hop = FakeHop::good().await;
    let house = Installation::new(&hop.url(), &Extra { pages: true, ..Extra::default() });
    house.account("kansa@city.example.jp", "auditor").await;
    let serving = house.serve().await;
    for width in WIDTHS {
        let browser = Browser::open(house.pages, width, true).await;
        browser.goto("/login").await;
        browser.is_sound("the sign-in page").await;
        browser.picture("login").await;
        browser.sign_in("kansa@city.example.jp").await;
        assert!(browser.text().await.contains("kansa@city.example.jp"), "{}", browser.text().await);
        browser.press("form[action='/logout'] button").await;
        assert!(browser.client.current_url().await.is_ok_and(|url| url.path() == "/login"));
        browser.close().await;
    }
    serving.stop().await;
}
