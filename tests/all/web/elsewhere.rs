//! Signing in with OpenID Connect: whom the provider knows and has verified comes in under their account,
//! and nobody by a token that is bent in any way.

use serde_json::{Value, json};

use crate::support::fake_hop::FakeHop;
use crate::support::openid::{Asked, CLIENT, OpenId, SECRET};
use crate::support::program::{Extra, Installation, Serving};
use crate::support::site::{Answer, Site};

const HANA: &str = "hana@city.example.jp";

async fn open(provider: &OpenId, lines: &str) -> (Installation, Serving) {
    let hop = FakeHop::good().await;
    let house = Installation::new(&hop.url(), &Extra { pages: true, ..Extra::default() });
    std::fs::write(house.path("secret"), format!("{SECRET}\n")).expect("a file");
    let sections = format!(
        "[web.oidc]\nissuer = \"{}\"\nclient_id = \"{CLIENT}\"\nclient_secret_file = \"{}\"\nname = \"市の認証基盤\"\n{lines}\n",
        provider.issuer(),
        house.path("secret").display(),
    );
    house.configure(&hop.url(), &Extra { pages: true, sections, ..Extra::default() });
    house.account(HANA, "approver").await;
    let serving = house.serve().await;
    (house, serving)
}

/// Goes to the provider; what it was asked there.
async fn set_out(site: &mut Site, to: &str) -> Asked {
    let away = site.get(&format!("/login/oidc?to={to}")).await;
    assert_eq!(away.status, 303, "{}", away.body);
    Asked::of(away.header("location").expect("an address"))
}

async fn come_back(site: &mut Site, code: &str, state: &str) -> Answer {
    site.get(&format!("/login/oidc/callback?code={code}&state={state}")).await
}

/// A whole sign-in of somebody, with bent claims.
async fn sign_in(
    house: &Installation,
    provider: &OpenId,
    address: &str,
    change: impl FnOnce(&mut Value),
) -> (Site, Answer) {
    let mut site = Site::at(house.pages);
    let asked = set_out(&mut site, "/exceptions").await;
    let code = provider.grant(&asked, address, change);
    let answer = come_back(&mut site, &code, asked.get("state")).await;
    (site, answer)
}

async fn is_in(site: &mut Site) -> bool {
    site.get("/account").await.status == 200
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_the_provider_has_verified_comes_in_under_their_account() {
    let provider = OpenId::start().await;
    let (house, serving) = open(&provider, "").await;
    let page = Site::at(house.pages).get("/login?to=/exceptions").await;
    assert!(page.body.contains("市の認証基盤") && page.link("/login/oidc").ends_with("?to=/exceptions"));
    let (mut site, answer) = sign_in(&house, &provider, "Hana@City.example.jp", |_| {}).await;
    assert_eq!((answer.status, answer.header("location")), (303, Some("/exceptions")), "{}", answer.body);
    assert!(is_in(&mut site).await && !site.cookies.contains_key("sekisho-oidc"), "{:?}", site.cookies);
    // The keys are kept, and asked for again when they change (later than a minute, so here not yet).
    assert!(sign_in(&house, &provider, HANA, |_| {}).await.1.status == 303);
    assert_eq!(provider.keys_asked(), 1);
    serving.stop().await;
    let entries = house.audit("person").await;
    assert_eq!(entries.iter().filter(|e| e["action"] == "signed-in" && e["actor"] == HANA).count(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_bent_lets_nobody_in() {
    let provider = OpenId::start().await;
    let (house, serving) = open(&provider, "create = \"auditor\"").await;
    let now = jiff::Timestamp::now().as_second();
    let bent: [(&str, Value); 10] = [
        ("nonce", json!("another")),
        ("nonce", Value::Null),
        ("exp", json!(now - 1)),
        ("iss", json!("https://id.example.com")),
        ("aud", json!("another-client")),
        ("aud", json!([CLIENT, "another-client"])),
        ("email_verified", json!(false)),
        ("email_verified", Value::Null),
        ("email", Value::Null),
        ("email", json!("no address")),
    ];
    for (claim, value) in bent {
        let (mut site, answer) = sign_in(&house, &provider, HANA, |claims| match value.is_null() {
            true => drop(claims.as_object_mut().expect("claims").remove(claim)),
            false => claims[claim] = value.clone(),
        })
        .await;
        assert_eq!(answer.status, 401, "{claim} {value}");
        assert!(!is_in(&mut site).await, "{claim} {value}");
    }
    // Signed by somebody else.
    let mut site = Site::at(house.pages);
    let asked = set_out(&mut site, "/").await;
    let code = provider.grant_forged(&asked, HANA);
    assert_eq!(come_back(&mut site, &code, asked.get("state")).await.status, 401);
    assert!(!is_in(&mut site).await);
    serving.stop().await;
    assert!(house.audit("person").await.iter().all(|e| e["action"] != "signed-in"));
    assert!(!serving_log_names(&house), "the log names nobody");
}

fn serving_log_names(house: &Installation) -> bool {
    std::fs::read_to_string(house.path("log")).expect("a log").contains(HANA)
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_back_must_be_the_browser_that_set_out() {
    let provider = OpenId::start().await;
    let (house, serving) = open(&provider, "").await;
    let mut site = Site::at(house.pages);
    let asked = set_out(&mut site, "/").await;
    let code = provider.grant(&asked, HANA, |_| {});
    // Another state; no cookie; a cookie that was changed; another way's cookie.
    assert_eq!(come_back(&mut site, &code, "another").await.status, 401);
    assert_eq!(come_back(&mut Site::at(house.pages), &code, asked.get("state")).await.status, 401);
    let mut other = Site::at(house.pages);
    set_out(&mut other, "/").await;
    assert_eq!(come_back(&mut other, &code, asked.get("state")).await.status, 401);
    let mut bent = Site::at(house.pages);
    let kept = site.cookies["sekisho-oidc"].clone();
    bent.cookies.insert("sekisho-oidc".into(), format!("x{kept}"));
    assert_eq!(come_back(&mut bent, &code, asked.get("state")).await.status, 401);
    assert_eq!(site.get("/login/oidc/callback?error=access_denied").await.status, 401);
    // The code is still good for the one who set out, and only once.
    assert_eq!(come_back(&mut site, &code, asked.get("state")).await.status, 303);
    site.cookies.insert("sekisho-oidc".into(), kept);
    assert_eq!(come_back(&mut site, &code, asked.get("state")).await.status, 401);
    serving.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_are_made_and_roles_given_only_as_configured() {
    let provider = OpenId::start().await;
    let new = "jiro@city.example.jp";
    let (house, serving) = open(&provider, "").await;
    assert_eq!(sign_in(&house, &provider, new, |_| {}).await.1.status, 401, "nobody is made");
    house.ask(&["user", "disable", HANA], &[]).await;
    assert_eq!(sign_in(&house, &provider, HANA, |_| {}).await.1.status, 401, "disabled is disabled");
    serving.stop().await;

    let lines = "create = \"auditor\"\nrole_claim = \"groups\"\nroles = { \"mail-admins\" = \"admin\", \"desk\" = \"approver\" }";
    let (house, serving) = open(&provider, lines).await;
    let role = async |name: &str| {
        let text = house.ask(&["user", "list"], &["--json"]).await;
        let accounts = text.lines().map(|l| serde_json::from_str::<Value>(l).expect("JSON"));
        accounts.filter(|a| a["name"] == name).map(|a| a["role"].to_string()).next().unwrap_or_default()
    };
    assert_eq!(sign_in(&house, &provider, new, |_| {}).await.1.status, 303);
    assert_eq!(role(new).await, "\"auditor\"");
    let in_groups =
        async |groups: Value| sign_in(&house, &provider, new, |c| c["groups"] = groups).await.1.status;
    assert_eq!(in_groups(json!(["x", "desk"])).await, 303);
    assert_eq!(role(new).await, "\"approver\"");
    assert_eq!(in_groups(json!("mail-admins")).await, 303);
    assert_eq!(role(new).await, "\"admin\"");
    assert_eq!(in_groups(json!([])).await, 303, "the last admin stays one");
    assert_eq!(role(new).await, "\"admin\"");
    assert_eq!(
        sign_in(&house, &provider, HANA, |c| c["groups"] = json!(["mail-admins"])).await.1.status,
        303
    );
    assert_eq!(in_groups(json!([])).await, 303);
    assert_eq!(role(new).await, "\"auditor\"");
    serving.stop().await;

    let lines = "role_claim = \"groups\"\nroles = { \"desk\" = \"approver\" }";
    let (house, serving) = open(&provider, lines).await;
    assert_eq!(sign_in(&house, &provider, HANA, |_| {}).await.1.status, 401, "no group, no way in");
    assert_eq!(sign_in(&house, &provider, HANA, |c| c["groups"] = json!(["desk"])).await.1.status, 303);
    serving.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_is_another_or_away_is_not_believed() {
    let provider = OpenId::start().await;
    provider.pretend_to_be("http://127.0.0.1:1");
    let (house, serving) = open(&provider, "").await;
    let mut site = Site::at(house.pages);
    let answer = site.get("/login/oidc").await;
    assert!(answer.status == 401 && answer.body.contains("role=\"alert\""), "{}", answer.body);
    provider.pretend_to_be(&provider.issuer());
    set_out(&mut site, "/").await;
    // A key that is not known is asked for again, but not within a minute.
    provider.change_key();
    let asked = set_out(&mut site, "/").await;
    let code = provider.grant(&asked, HANA, |_| {});
    assert_eq!(come_back(&mut site, &code, asked.get("state")).await.status, 401);
    assert_eq!(provider.keys_asked(), 1);
    serving.stop().await;
    let serving = house.serve().await;
    assert_eq!(sign_in(&house, &provider, HANA, |_| {}).await.1.status, 303);
    serving.stop().await;
}
