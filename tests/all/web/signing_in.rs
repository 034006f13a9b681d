//! Signing in: with the right password only, from the site's own form only; and every page keeps to
//! itself.

use crate::support::fake_hop::FakeHop;
use crate::support::program::{Extra, Installation, Serving};
use crate::support::site::Site;

async fn open() -> (Installation, Serving, FakeHop) {
    let hop = FakeHop::good().await;
    let house = Installation::new(&hop.url(), &Extra { pages: true, ..Extra::default() });
    house.account("kansa@city.example.jp", "auditor").await;
    let serving = house.serve().await;
    (house, serving, hop)
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_not_signed_in_is_asked_to_and_comes_back() {
    let (house, serving, _hop) = open().await;
    let mut site = Site::at(house.pages);
    let page = site.get("/login?to=/language/en").await;
    assert_eq!(page.status, 200);
    let form = [("name", "kansa@city.example.jp"), ("password", "wrong horse battery"), ("to", "/x")];
    let wrong = site.post("/login", &form).await;
    assert_eq!(wrong.status, 401);
    assert!(wrong.body.contains("role=\"alert\"") && site.cookies.is_empty(), "{}", wrong.body);
    for (to, lands) in [("/cases?a=b", "/cases?a=b"), ("//evil.example", "/"), ("https://evil.example", "/")]
    {
        let form = [("name", "Kansa@City.example.jp"), ("password", "correct horse battery"), ("to", to)];
        let mut site = Site::at(house.pages);
        let right = site.post("/login", &form).await;
        assert_eq!((right.status, right.header("location")), (303, Some(lands)));
        let cookie = right.header("set-cookie").unwrap_or_default();
        assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
    }
    serving.stop().await;
    let people = house.audit("person").await;
    assert_eq!(people.iter().filter(|e| e["action"] == "signed-in").count(), 3, "{people:?}");
    house.verify_audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn forms_from_elsewhere_are_refused_and_pages_keep_to_themselves() {
    let (house, serving, _hop) = open().await;
    let mut site = Site::at(house.pages);
    let form = "name=kansa%40city.example.jp&password=correct+horse+battery&to=/";
    let kind = "Content-Type: application/x-www-form-urlencoded\r\n".to_string();
    for elsewhere in
        ["Origin: https://evil.example\r\n", "Origin: null\r\n", "Sec-Fetch-Site: cross-site\r\n"]
    {
        let answer = site.ask("POST", "/login", &[kind.clone(), elsewhere.into()], form).await;
        assert_eq!(answer.status, 403, "{elsewhere}");
    }
    assert!(site.cookies.is_empty());
    for path in ["/login", "/nowhere", "/health"] {
        let page = site.get(path).await;
        let policy = page.header("content-security-policy").unwrap_or_default();
        assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{path}: {policy}");
        assert_eq!(page.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(page.header("cache-control"), Some("no-store"), "{path}");
        assert!(!page.body.contains("style=\"") && !page.body.contains("<script>"), "{path}");
    }
    serving.stop().await;
}
