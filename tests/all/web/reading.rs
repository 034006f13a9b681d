//! The pages to read: the log, who was sent what, the casebook, the rules, the controls and the overview.
//! They tell what happened at the relay, whatever is filtered is what is exported, and a broken log is
//! shown as broken.

use crate::support::client;
use crate::support::fake_hop::FakeHop;
use crate::support::mail::{list, message, strangers};
use crate::support::program::{Extra, Installation, Serving};
use crate::support::shell;
use crate::support::site::Site;

const RULES: &str = r#"
[[rule]]
id = "exposed-recipients"
when = "recipients.visible_parties >= 10"
action = "rewrite"
rewrite = "bcc"
approval = "none"
incidents = ["2023-116"]
[rule.reason]
ja = "多くの方のアドレスが見えていました。"
en = "Many could see one another."
[[rule]]
id = "asked-to-hold"
when = "message.subject.startsWith('hold')"
action = "hold"
approval = "sender"
incidents = ["2023-391"]
[rule.reason]
ja = "保留の試験です。"
en = "Held for a test."
[[rule]]
id = "only-watched"
when = "message.subject.startsWith('watch')"
action = "hold"
approval = "sender"
mode = "monitor"
incidents = ["2023-391"]
[rule.reason]
ja = "監視の試験です。"
en = "Watched for a test."
"#;

const CONTROLS: &str = "[[control]]\nname = \"Mail gateway licence\"\nexpires = 2099-03-31\n\
    owner = [\"soumu@city.example.jp\"]\nwarn_days = [60, 30]\nwhen_expired = \"enforce\"\n";

const PAGES: [&str; 7] = ["/log", "/log/1", "/trace", "/casebook", "/rules", "/controls", "/overview"];

struct Policy {
    installation: Installation,
    serving: Serving,
    _hop: FakeHop,
}

impl Policy {
    /// Four mails have gone through: one held, one rewritten, one watched, one passed; and the log is
    /// counted.
    async fn open() -> Policy {
        let hop = FakeHop::good().await;
        let extra = Extra { pages: true, rules: Some(RULES), sections: CONTROLS.into(), ..Extra::default() };
        let installation = Installation::new(&hop.url(), &extra);
        installation.account("kansa@city.example.jp", "auditor").await;
        installation.account("joho@city.example.jp", "admin").await;
        installation.account("kacho@city.example.jp", "approver").await;
        let serving = installation.serve().await;
        let house = Policy { installation, serving, _hop: hop };
        let one = ["alice@example.com".to_string()];
        house.send(&one, &message("r-1", &one[0], "hold this", "本文です。\r\n")).await;
        let many = strangers(12);
        house.send(&many, &message("r-2", &list(&many), "ご案内", "本文です。\r\n")).await;
        let bob = ["bob@example.net".to_string()];
        house.send(&bob, &message("r-3", &bob[0], "watch this", "本文です。\r\n")).await;
        house.send(&bob, &message("r-4", &bob[0], "=1+1", "本文です。\r\n")).await;
        house
    }

    async fn send(&self, rcpts: &[String], text: &str) {
        let rcpts: Vec<&str> = rcpts.iter().map(String::as_str).collect();
        client::send(self.installation.address, "soumu@city.example.jp", &rcpts, text).await;
    }

    async fn auditor(&self) -> Site {
        Site::signed_in(self.installation.pages, "kansa@city.example.jp").await
    }
}

/// The page without its tags, so that a number can be found beside its word.
fn text(html: &str) -> String {
    let mut out = String::new();
    let mut inside = false;
    for c in html.chars() {
        match c {
            '<' => inside = true,
            '>' => (inside, _) = (false, out.push(' ')),
            c if !inside => out.push(c),
            _ => {}
        }
    }
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_is_filtered_and_exported_as_the_shell_does() {
    let house = Policy::open().await;
    let mut site = house.auditor().await;
    let rows = |html: &str| html.matches("<tr data-row>").count();
    for (query, count) in [
        ("kind=decision", 4),
        ("kind=decision&person=ALICE%40example.com", 1),
        ("kind=decision&person=%40example.net", 2),
        ("kind=decision&rule=exposed-recipients", 1),
        ("kind=decision&incident=2023-391", 2),
        ("kind=decision&action=pass", 2),
        ("kind=decision&text=%E3%81%94%E6%A1%88%E5%86%85", 1),
        ("kind=decision&until=2001-01-01", 0),
        ("kind=decision&mail=%3Cr-2%40city.example.jp%3E", 1),
        ("person=kansa%40city.example.jp&action=signed-in", 1),
    ] {
        let page = site.get(&format!("/log?{query}")).await;
        assert_eq!((page.status, rows(&page.body)), (200, count), "{query}\n{}", page.body);
    }
    assert_eq!(site.get("/log?since=yesterday").await.status, 400);
    assert_eq!(site.get("/log/999999").await.status, 404);

    let wanted = ["--kind", "decision", "--person", "bob@example.net"];
    for format in ["jsonl", "csv"] {
        let page = site.get(&format!("/log/export/{format}?kind=decision&person=bob%40example.net")).await;
        assert_eq!(page.status, 200);
        let disposition = page.header("content-disposition").unwrap_or_default();
        assert!(disposition.starts_with("attachment; "), "{disposition}");
        let shell = [&wanted[..], &["--format", format]].concat();
        let shell = house.installation.ask(&["audit", "export"], &shell).await;
        assert_eq!(page.body.replace("\r\n", "\n"), shell, "{format}");
        assert!(format == "jsonl" || (shell.contains(",'=1+1,") && !shell.contains(",=1+1,")), "{shell}");
    }
    assert_eq!(site.get("/log/export/xml").await.status, 404);
    house.serving.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_is_traced_by_whom_it_went_to() {
    let house = Policy::open().await;
    let mut site = house.auditor().await;
    let decisions = house.installation.audit("decision").await;
    let sha256 = decisions[1]["sha256"].as_str().expect("a hash");
    for (asked, subjects) in [
        ("alice%40example.com", &["hold this"][..]),
        ("%40example.net", &["=1+1", "watch this"]),
        ("%3Cr-2%40city.example.jp%3E", &["ご案内"]),
        (sha256, &["ご案内"]),
        ("citizen3%40family3.example", &["ご案内"]),
        ("nobody%40example.org", &[]),
    ] {
        let page = site.get(&format!("/trace?mail={asked}")).await;
        assert_eq!(page.status, 200);
        let said = text(&page.body);
        for subject in ["hold this", "watch this", "=1+1", "ご案内"] {
            assert_eq!(said.contains(subject), subjects.contains(&subject), "{asked} {subject}: {said}");
        }
        assert_eq!(said.contains("該当するメールはありません。"), subjects.is_empty(), "{said}");
    }
    let held = site.get("/trace?mail=alice%40example.com").await;
    let case = decisions[0]["case"].as_str().expect("a case");
    assert!(held.body.contains(&format!("href=\"/cases/{case}\"")), "{}", held.body);
    let passed = shell::until("the outcome is told", async || {
        let page = house.auditor().await.get("/trace?mail=%3Cr-4%40city.example.jp%3E").await;
        page.body.contains("送信済み").then_some(page)
    })
    .await;
    assert!(passed.body.contains("/log/export/csv?kind=decision&amp;mail=%3Cr-4%40city.example.jp%3E"));
    house.serving.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_counted_stands_on_every_page() {
    let house = Policy::open().await;
    let mut site = house.auditor().await;
    let said = shell::until("the log is counted", async || {
        let said = text(&site.get("/overview").await.body);
        said.contains("4 検査したメール").then_some(said)
    })
    .await;
    for words in ["2 止めた・直したメール", "1 いま待っているメール", "宛先を隠して通過 1", "通過 2"]
    {
        assert!(said.contains(words), "{words}: {said}");
    }
    let overview = site.get("/overview?days=7").await;
    assert!(overview.body.contains("<svg") && overview.body.contains("incident=2023-116\">1</a>"));
    let rule = text(&site.get("/rules/exposed-recipients").await.body);
    assert!(rule.contains("recipients.visible_parties &gt;= 10") || rule.contains("&#62;= 10"), "{rule}");
    assert!(rule.contains("該当したメール 1"), "{rule}");
    let watched = text(&site.get("/rules/only-watched").await.body);
    assert!(watched.contains("監視のみ") && watched.contains("効いていれば該当したメール 1"), "{watched}");
    let incident = text(&site.get("/casebook/2023-116").await.body);
    assert!(incident.contains("働いたメール: 1"), "{incident}");
    let book = site.get("/casebook?coverage=prevented").await;
    let rows = book.body.matches("<tr data-row>").count();
    assert!(rows == 6 && !book.body.contains("防げない</span>"), "{rows}");
    assert_eq!(site.get("/casebook?text=2023-116").await.body.matches("<tr data-row>").count(), 1);
    let controls = text(&site.get("/controls").await.body);
    assert!(
        controls.contains("Mail gateway licence") && controls.contains("これまでの警告 まだありません"),
        "{controls}"
    );
    for nowhere in ["/rules/no-such", "/casebook/no-such", "/log/0"] {
        assert_eq!(site.get(nowhere).await.status, 404, "{nowhere}");
    }
    house.serving.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_with_an_account_reads_and_nobody_else() {
    let house = Policy::open().await;
    let mut stranger = Site::at(house.installation.pages);
    for path in PAGES.iter().chain(&["/log/export/csv", "/log/export/jsonl"]) {
        let answer = stranger.get(path).await;
        assert_eq!(answer.status, 303, "{path}");
        assert!(answer.header("location").is_some_and(|to| to.starts_with("/login")), "{path}");
    }
    assert_eq!(
        stranger.post("/log/proof", &[("csrf", "")]).await.header("location"),
        Some("/login?to=/log/proof")
    );
    for name in ["kansa@city.example.jp", "joho@city.example.jp", "kacho@city.example.jp"] {
        let mut site = Site::signed_in(house.installation.pages, name).await;
        for path in PAGES {
            let page = site.get(path).await;
            assert_eq!(page.status, 200, "{name} {path}");
            assert_eq!(page.body.matches("<h1>").count(), 1, "{path}");
            assert!(!page.body.contains("style=\"") && !page.body.contains("<script>"), "{path}");
        }
        let log = site.get("/log").await;
        let may = name != "kacho@city.example.jp";
        assert_eq!(log.body.contains("action=\"/log/proof\""), may, "{name}");
        let csrf = log.hidden("csrf");
        assert_eq!(site.post("/log/proof", &[("csrf", "wrong")]).await.status, 400, "{name}");
        let proved = site.post("/log/proof", &[("csrf", &csrf)]).await;
        assert_eq!(proved.status, if may { 303 } else { 403 }, "{name}");
    }
    house.serving.stop().await;
    house.installation.verify_audit().await;
    let people = house.installation.audit("person").await;
    assert_eq!(people.iter().filter(|e| e["action"] == "log-proved").count(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_log_is_shown_broken() {
    let house = Policy::open().await;
    let mut site = house.auditor().await;
    let csrf = site.get("/log").await.hidden("csrf");
    assert_eq!(site.post("/log/proof", &[("csrf", &csrf)]).await.status, 303);
    let whole = site.get("/log").await;
    assert!(whole.body.contains("書き換えも欠落もありません"), "{}", whole.body);
    let decisions = house.installation.audit("decision").await;
    let seq = decisions[1]["seq"].as_i64().expect("a number");
    tamper(&house.installation, &format!("UPDATE audit SET entry = 'no JSON' WHERE seq = {seq}"));
    assert_eq!(site.post("/log/proof", &[("csrf", &csrf)]).await.status, 303);
    let broken = site.get("/log").await;
    assert_eq!(broken.status, 200);
    assert!(broken.body.contains(&format!("記録 {seq} で連鎖が切れています")), "{}", broken.body);
    assert!(broken.body.contains("読み取れない記録"), "{}", broken.body);
    let entry = site.get(&format!("/log/{seq}")).await;
    assert!(entry.status == 200 && entry.body.contains("no JSON"), "{}", entry.body);
    house.serving.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_report_tells_the_same_and_proves_the_log() {
    let house = Policy::open().await;
    house.serving.stop().await;
    let house = house.installation;
    let told = house.ask(&["report"], &[]).await;
    let has = |words: &[&str]| told.lines().any(|l| l.split_whitespace().collect::<Vec<_>>() == words);
    for words in [
        &["mails", "inspected", "4"][..],
        &["pass", "2"],
        &["rewrite", "1"],
        &["hold", "1"],
        &["released", "0"],
        &["exposed-recipients", "1"],
        &["only-watched", "1"],
    ] {
        assert!(has(words), "{words:?}\n{told}");
    }
    let proof = house.ask(&["audit", "verify"], &[]).await;
    assert!(told.ends_with(&format!("audit log  {proof}")), "{told}\n{proof}");
    let none = house.ask(&["report"], &["--from", "2001-01-01", "--to", "2001-01-31"]).await;
    assert!(none.contains("mails inspected  0") && none.contains(proof.trim_end()), "{none}");
    for wrong in [&["--from", "2001-02-01", "--to", "2001-01-31"][..], &["--from", "yesterday"]] {
        assert_eq!(house.command(&["report"], wrong).await.status.code(), Some(2), "{wrong:?}");
    }

    let file = house.path("report.html");
    let name = file.display().to_string();
    assert_eq!(house.ask(&["report"], &["--html", &name]).await, "");
    let html = std::fs::read_to_string(&file).expect("the report");
    let head = proof.trim_end().rsplit(' ').next().expect("a head");
    assert!(html.contains("<html lang=\"ja\"") && html.contains(head), "{html}");
    assert!(text(&html).contains("検査したメール 4 通過 2 宛先を隠して通過 1"), "{}", text(&html));
    assert!(!html.contains("http") && !html.contains("<script") && !html.contains("src="), "{html}");

    tamper(&house, "DELETE FROM audit WHERE seq = 3");
    let broken = house.command(&["report"], &["--html", &name]).await;
    assert_eq!(broken.status.code(), Some(1));
    let html = std::fs::read_to_string(&file).expect("the report");
    assert!(html.contains("記録 3 で連鎖が切れています"), "{html}");
    let told = house.command(&["report"], &[]).await;
    assert!(
        told.status.code() == Some(1) && String::from_utf8_lossy(&told.stdout).contains("BROKEN: entry 3")
    );
}

/// Changes the database by hand, past everything that guards it.
fn tamper(house: &Installation, sql: &str) {
    let connection = rusqlite::Connection::open(house.path("var/sekisho.db")).expect("the database opens");
    connection.execute(sql, []).expect("it is changed");
}
