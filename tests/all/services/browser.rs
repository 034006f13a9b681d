//! The pages in a real browser, on a phone and at a desk: they work, nothing is wrong with them, and
//! the browser complains of nothing.

use crate::support::browser::{Browser, WIDTHS};
use crate::support::fake_hop::FakeHop;
use crate::support::program::{Extra, Installation};

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
