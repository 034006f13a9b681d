//! Accounts: who may manage them, what ends sessions, and how often a password may be tried.

use crate::support::fake_hop::FakeHop;
use crate::support::program::{Extra, Installation, Serving};
use crate::support::shell;
use crate::support::site::Site;

const ADMIN: &str = "kanri@city.example.jp";
const AUDITOR: &str = "kansa@city.example.jp";
const RIGHT: &str = "correct horse battery";

async fn open(extra: Extra) -> (Installation, Serving) {
    let hop = FakeHop::good().await;
    let house = Installation::new(&hop.url(), &Extra { pages: true, ..extra });
    house.account(ADMIN, "admin").await;
    house.account(AUDITOR, "auditor").await;
    let serving = house.serve().await;
    (house, serving)
}

async fn status_of_sign_in(house: &Installation, name: &str, password: &str, headers: &[String]) -> u16 {
    let mut site = Site::at(house.pages);
    let form = format!("name={}&password={}&to=/", name.replace('@', "%40"), password.replace(' ', "+"));
    let kind = "Content-Type: application/x-www-form-urlencoded\r\n".to_string();
    let answer = site.ask("POST", "/login", &[headers, &[kind]].concat(), &form).await;
    if answer.status == 429 {
        let wait: u64 = answer.header("retry-after").expect("it says when").parse().expect("seconds");
        assert!((1..=60).contains(&wait), "{wait}");
    }
    answer.status
}

/// How many wrong passwords are looked at before one is not, for the names that `name` gives.
async fn tries(house: &Installation, headers: &[String], name: impl Fn(usize) -> String) -> usize {
    for n in 0..100 {
        match status_of_sign_in(house, &name(n), "wrong horse battery", headers).await {
            401 => {}
            status => {
                assert_eq!(status, 429);
                return n;
            }
        }
    }
    panic!("a hundred tries were looked at");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_tried_only_so_often() {
    let (house, serving) = open(Extra::default()).await;
    // A name that nobody has gets the same answers. One more a minute is allowed, and this may take one.
    for name in [AUDITOR, "nobody@city.example.jp"] {
        let count = tries(&house, &[], |_| name.to_string()).await;
        assert!((10..15).contains(&count), "{name} {count}");
    }
    assert_eq!(status_of_sign_in(&house, ADMIN, RIGHT, &[]).await, 303, "others are not kept out");
    // Nobody's word on whom it speaks for is taken where no proxy is trusted.
    let said = ["X-Forwarded-For: 192.0.2.1\r\n".to_string()];
    let count = tries(&house, &said, |n| format!("n{n}@city.example.jp")).await;
    assert!((10..30).contains(&count), "{count}");
    serving.stop().await;
    let failed: Vec<_> =
        house.audit("person").await.into_iter().filter(|e| e["action"] == "sign-in-failed").collect();
    assert!((10..15).contains(&failed.len()), "those of the account that exists: {failed:?}");
    assert_eq!(failed[0]["notes"][0], "from: 127.0.0.1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_of_the_house_says_who_tries() {
    let sections =
        "[web]\nlisten = \"LISTEN\"\npublic_url = \"http://LISTEN\"\ntrusted_proxies = [\"127.0.0.0/8\"]\n";
    let hop = FakeHop::good().await;
    let house = Installation::new(&hop.url(), &Extra::default());
    let sections = sections.replace("LISTEN", &house.pages.to_string());
    house.configure(&hop.url(), &Extra { sections, ..Extra::default() });
    house.account(ADMIN, "admin").await;
    let serving = house.serve().await;
    let from = |ip: &str| vec![format!("X-Forwarded-For: 10.9.9.9, {ip}\r\n")];
    let count = tries(&house, &from("192.0.2.1"), |n| format!("n{n}@city.example.jp")).await;
    assert!((30..60).contains(&count), "{count}");
    assert_eq!(status_of_sign_in(&house, ADMIN, RIGHT, &from("192.0.2.2")).await, 303);
    serving.stop().await;
    let entries = house.audit("person").await;
    let signed_in = entries.iter().find(|e| e["action"] == "signed-in").expect("it is recorded");
    assert_eq!(signed_in["notes"][0], "from: 192.0.2.2");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_makes_accounts_and_others_do_not() {
    let (house, serving) = open(Extra::default()).await;
    let mut admin = Site::signed_in(house.pages, ADMIN).await;
    let mut auditor = Site::signed_in(house.pages, AUDITOR).await;
    let csrf = admin.get("/accounts").await.hidden("csrf");
    let new =
        [("name", "Hana@city.example.jp"), ("display", "山田 花"), ("role", "approver"), ("password", RIGHT)];
    let with =
        |csrf: &str| [&[("csrf", csrf.to_string())][..], &new.map(|(n, v)| (n, v.to_string()))].concat();
    let post = async |site: &mut Site, path: &str, form: &[(&str, String)]| {
        let form: Vec<(&str, &str)> = form.iter().map(|(n, v)| (*n, v.as_str())).collect();
        site.post(path, &form).await
    };

    // An auditor neither sees nor adds, and nobody does without the form's own word.
    let own = auditor.get("/account").await.hidden("csrf");
    assert_eq!(auditor.get("/accounts").await.status, 403);
    assert_eq!(auditor.get(&format!("/accounts/{ADMIN}")).await.status, 403);
    assert_eq!(post(&mut auditor, "/accounts", &with(&own)).await.status, 403);
    assert_eq!(post(&mut admin, "/accounts", &with("")).await.status, 400);
    assert_eq!(post(&mut admin, "/accounts", &with(&csrf)).await.status, 303);
    assert_eq!(post(&mut admin, "/accounts", &with(&csrf)).await.status, 400, "it exists");
    assert!(admin.get("/accounts").await.body.contains("山田 花"));

    // The first password opens nothing but the page that changes it.
    let mut hana = Site::signed_in(house.pages, "hana@city.example.jp").await;
    for path in ["/exceptions", "/accounts", "/cases", "/log"] {
        let away = hana.get(path).await;
        if away.status != 404 {
            assert_eq!((away.status, away.header("location")), (303, Some("/account")), "{path}");
        }
    }
    let page = hana.get("/account").await;
    assert_eq!(page.status, 200);
    let token = page.hidden("csrf");
    let change = |current: &str, new: &str, again: &str| {
        [("csrf", token.as_str()), ("current", current), ("new", new), ("again", again)]
            .map(|(n, v)| (n, v.to_string()))
    };
    for (current, new, again) in [
        ("wrong horse battery", "a better password", "a better password"),
        (RIGHT, "a better password", "another password"),
        (RIGHT, "short", "short"),
        (RIGHT, RIGHT, RIGHT),
    ] {
        assert_eq!(
            post(&mut hana, "/account/password", &change(current, new, again)).await.status,
            400,
            "{new}"
        );
    }
    let mut elsewhere = Site::signed_in(house.pages, "hana@city.example.jp").await;
    let done =
        post(&mut hana, "/account/password", &change(RIGHT, "a better password", "a better password")).await;
    assert_eq!((done.status, done.header("location")), (303, Some("/account?done=password")));
    assert_eq!(hana.get("/exceptions").await.status, 200);
    assert_eq!(
        elsewhere.get("/account").await.header("location"),
        Some("/login?to=/account"),
        "that one ended"
    );
    assert_eq!(status_of_sign_in(&house, "hana@city.example.jp", RIGHT, &[]).await, 401);

    // What an admin changes ends the person's sessions; their own rights they do not change.
    let of = "/accounts/hana%40city.example.jp";
    let act = async |site: &mut Site, path: &str, csrf: &str, what: &str, role: &str| {
        site.post(path, &[("csrf", csrf), ("what", what), ("role", role)]).await.status
    };
    assert_eq!(act(&mut admin, of, &csrf, "role", "auditor").await, 303);
    assert_eq!(hana.get("/account").await.status, 303);
    assert_eq!(act(&mut admin, of, &csrf, "disable", "auditor").await, 303);
    assert_eq!(status_of_sign_in(&house, "hana@city.example.jp", "a better password", &[]).await, 401);
    assert_eq!(act(&mut admin, of, &csrf, "enable", "auditor").await, 303);
    assert_eq!(status_of_sign_in(&house, "hana@city.example.jp", "a better password", &[]).await, 303);
    for what in ["role", "disable"] {
        assert_eq!(act(&mut admin, "/accounts/kanri%40city.example.jp", &csrf, what, "auditor").await, 400);
    }
    assert_eq!(act(&mut admin, "/accounts/nobody%40city.example.jp", &csrf, "disable", "auditor").await, 404);
    assert_eq!(act(&mut auditor, of, &own, "disable", "auditor").await, 403);
    serving.stop().await;
    let entries = house.audit("person").await;
    let by = |what: &str| {
        let found: Vec<_> = entries.iter().filter(|e| e["action"] == what).collect();
        found.iter().map(|e| e["actor"].as_str().unwrap_or_default().to_string()).collect::<Vec<_>>()
    };
    assert_eq!(by("account-password"), ["hana@city.example.jp"]);
    assert_eq!(
        (by("account-role"), by("account-disabled"), by("account-enabled")),
        (vec![ADMIN.to_string()], vec![ADMIN.to_string()], vec![ADMIN.to_string()])
    );
    house.verify_audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_sees_and_ends_their_own_sessions() {
    let (house, serving) = open(Extra::default()).await;
    let mut here = Site::signed_in(house.pages, AUDITOR).await;
    let mut there = Site::signed_in(house.pages, AUDITOR).await;
    let mut third = Site::signed_in(house.pages, AUDITOR).await;
    let mut admin = Site::signed_in(house.pages, ADMIN).await;
    let page = here.get("/account").await;
    assert_eq!(page.body.matches("127.0.0.1</span>").count(), 3, "signing in elsewhere ends nothing");
    let (csrf, id) = (page.hidden("csrf"), page.hidden("id"));
    assert_eq!(here.post("/account/sessions", &[("id", &id)]).await.status, 400, "without the form's word");
    // Another's session cannot be ended by its id.
    let others = admin.get("/account").await.hidden("csrf");
    admin.post("/account/sessions", &[("csrf", &others), ("id", &id)]).await;
    assert_eq!((there.get("/account").await.status, third.get("/account").await.status), (200, 200));
    here.post("/account/sessions", &[("csrf", &csrf), ("id", &id)]).await;
    let left = [there.get("/account").await.status, third.get("/account").await.status];
    assert_eq!(left.iter().filter(|s| **s == 200).count(), 1, "{left:?}");
    here.post("/account/sessions", &[("csrf", &csrf)]).await;
    assert_eq!((there.get("/account").await.status, third.get("/account").await.status), (303, 303));
    assert_eq!((here.get("/account").await.status, admin.get("/account").await.status), (200, 200));
    serving.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_shell_manages_accounts_and_says_what_is_wrong() {
    let hop = FakeHop::good().await;
    let house = Installation::new(&hop.url(), &Extra { pages: true, ..Extra::default() });
    house.account(ADMIN, "admin").await;
    house.account(AUDITOR, "auditor").await;
    let serving = house.serve().await;
    let mut auditor = Site::signed_in(house.pages, AUDITOR).await;
    let said = house.ask(&["user", "list"], &[]).await;
    assert!(said.contains("admin     kanri@city.example.jp  password, since "), "{said}");
    house.ask(&["user", "role", AUDITOR, "approver"], &[]).await;
    assert_eq!(auditor.get("/account").await.status, 303, "the sessions ended");
    house.ask(&["user", "disable", AUDITOR], &[]).await;
    assert_eq!(status_of_sign_in(&house, AUDITOR, RIGHT, &[]).await, 401);
    house.ask(&["user", "enable", AUDITOR], &[]).await;
    assert_eq!(status_of_sign_in(&house, AUDITOR, RIGHT, &[]).await, 303);
    let json = house.ask(&["user", "list"], &["--json"]).await;
    let lines: Vec<serde_json::Value> =
        json.lines().map(|l| serde_json::from_str(l).expect("JSON")).collect();
    assert_eq!((lines.len(), &lines[1]["role"]), (2, &"approver".into()));
    assert!(lines.iter().all(|l| l.get("password").is_none()), "{json}");
    for (words, why) in [
        (&["user", "disable", ADMIN][..], "the last admin"),
        (&["user", "role", ADMIN, "auditor"], "the last admin"),
        (&["user", "enable", "nobody@city.example.jp"], "has no account"),
        (&["user", "disable", "nobody"], "is no mail address"),
        (&["user", "password", AUDITOR], "at least 12 characters"),
        (&["user", "add", "--role", "admin", "x@city.example.jp"], "at least 12 characters"),
        (&["user", "add", "--role", "admin", "--no-password", AUDITOR], "has an account already"),
        (&["user", "role", AUDITOR, "boss"], "give admin, approver or auditor"),
    ] {
        let output = house.command(words, &[]).await;
        let said = shell::said(&output);
        assert!(!output.status.success() && said.contains(why), "{words:?}: {said}");
    }
    serving.stop().await;
    house.verify_audit().await;
}
