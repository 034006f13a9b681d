//! The register of overrides: read by every role, filtered, and taken along as CSV; nothing of it is
//! missing or can start a formula.

use super::cases::{APPROVER, AUDITOR, OTHER, decide, held, open};
use crate::support::shell;
use crate::support::site::Site;

#[tokio::test(flavor = "multi_thread")]
async fn the_register_tells_who_let_what_go_and_what_became_of_it() {
    let (house, serving, hop) = open("0s").await;
    let first = held(&house, "register-1", "second: first").await;
    let second = held(&house, "register-2", "sender: =SUM(1)").await;
    let third = held(&house, "register-3", "second: third").await;
    let mut one = Site::signed_in(house.pages, APPROVER).await;
    let mut two = Site::signed_in(house.pages, OTHER).await;
    one.get(&format!("/cases/{first}")).await;
    assert_eq!(decide(&mut one, &first, "do=release", "=cmd|calc", "2").await.status, 303);
    assert_eq!(decide(&mut two, &second, "do=bcc", "asked them", "2").await.status, 303);
    assert_eq!(decide(&mut two, &third, "do=cancel", "no", "").await.status, 303);
    shell::until("both leave", async || (hop.mails().len() == 2).then_some(())).await;

    let mut site = Site::signed_in(house.pages, AUDITOR).await;
    let delivered = async || {
        let page = Site::signed_in(house.pages, AUDITOR).await.get("/overrides").await;
        (page.body.matches("2 件に届いた").count() == 2).then_some(page)
    };
    let page = shell::until("what became of them is recorded", delivered).await;
    assert!(page.body.contains("短時間の決定"), "opened and decided at once: {}", page.body);
    assert!(!page.body.contains(&third), "what was cancelled is no override");
    for (query, shows, hides) in [
        ("person=kacho", &first, &second),
        ("person=BUCHO", &second, &first),
        ("rule=for-its-sender", &second, &first),
    ] {
        let page = site.get(&format!("/overrides?{query}")).await;
        assert!(page.body.contains(shows.as_str()) && !page.body.contains(hides.as_str()), "{query}");
    }
    for (query, count) in [
        ("incident=2023-116", 2),
        ("incident=2023-11", 0),
        ("rule=for", 0),
        ("since=2000-01-01", 2),
        ("until=2000-01-01", 0),
        ("person=nobody", 0),
    ] {
        let page = site.get(&format!("/overrides?{query}")).await;
        assert_eq!(page.body.matches("data-row").count(), count, "{query}");
    }
    assert_eq!(site.get("/overrides?since=yesterday").await.status, 400);

    let csrf = site.get("/overrides").await.hidden("csrf");
    let alarm = [("csrf", csrf.as_str()), ("why", "a contractor of ours")];
    assert_eq!(site.post(&format!("/cases/{first}/false-alarm"), &alarm).await.status, 403, "an auditor");
    let csrf = one.get("/overrides").await.hidden("csrf");
    let alarm = [("csrf", csrf.as_str()), ("why", "a contractor of ours")];
    assert_eq!(one.post(&format!("/cases/{first}/false-alarm"), &alarm[..1]).await.status, 400);
    assert_eq!(one.post(&format!("/cases/{first}/false-alarm"), &alarm).await.status, 303);
    assert_eq!(site.get("/overrides").await.body.matches("a contractor of ours").count(), 1);

    let csv = site.get("/overrides.csv").await;
    assert_eq!(csv.header("content-type"), Some("text/csv; charset=utf-8"));
    assert!(csv.header("content-disposition").is_some_and(|d| d.starts_with("attachment")));
    let lines: Vec<&str> = csv.body.trim_start_matches('\u{feff}').lines().collect();
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert!(lines[2].contains("\"'=cmd|calc\"") && lines[2].contains(APPROVER), "{}", lines[2]);
    assert!(lines[1].contains("\"repaired\"") && lines[1].contains(&second), "{}", lines[1]);
    assert_eq!(site.get("/overrides.csv?person=kacho").await.body.lines().count(), 2);
    let mut stranger = Site::at(house.pages);
    assert_eq!(stranger.get("/overrides.csv").await.status, 303);
    serving.stop().await;
}
