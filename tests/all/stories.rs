//! The shell, as a person uses it: the real program is run, and what it prints and answers is looked at.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The incidents of mail that left; no version may miss them.
const OUTRIGHT: [&str; 5] = ["2022-minoh", "2023-112", "2023-116", "2023-117", "2023-391"];

/// What the program answered.
struct Answer {
    code: i32,
    out: String,
    err: String,
}

fn sekisho(args: &[&str]) -> Answer {
    sekisho_in(Path::new(env!("CARGO_MANIFEST_DIR")), args)
}

fn sekisho_in(folder: &Path, args: &[&str]) -> Answer {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sekisho"));
    for name in ["LC_ALL", "LC_MESSAGES", "COLUMNS"] {
        command.env_remove(name);
    }
    let run = command.current_dir(folder).env("LANG", "en_US.UTF-8").args(args).output();
    let Output { status, stdout, stderr } = run.expect("the program runs");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    Answer { code: status.code().expect("an exit code"), out: text(stdout), err: text(stderr) }
}

fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The ids in a replay's table that stand in rows with this result.
fn with_result<'o>(out: &'o str, result: &str) -> Vec<&'o str> {
    let rows = out.lines().filter_map(|l| l.strip_prefix(' ')?.strip_prefix(result));
    rows.filter_map(|rest| rest.split_whitespace().next()).collect()
}

#[test]
fn replay_prevents_what_mail_did_and_says_what_it_misses() {
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("replay.html");
    let answer = sekisho(&["replay", "--html", page.to_str().unwrap()]);
    let [prevented, missed, not, same] =
        ["prevented ", "missed ", "not by mail ", "same data "].map(|r| with_result(&answer.out, r));
    for id in OUTRIGHT {
        assert!(prevented.contains(&id), "{id} is not prevented:\n{}", answer.out);
    }
    let folders = std::fs::read_dir(repository("rules/casebook")).unwrap().count();
    assert_eq!(prevented.len() + missed.len() + not.len() + same.len(), folders, "{}", answer.out);
    assert_eq!(answer.code, i32::from(!missed.is_empty()), "{}", answer.out);
    let last = format!("{} prevented, {} missed, {} not", prevented.len(), missed.len(), not.len());
    assert!(answer.out.contains(&last), "{}", answer.out);
    let page = std::fs::read_to_string(page).unwrap();
    assert!(page.starts_with("<!DOCTYPE html>") && page.trim_end().ends_with("</html>"));
    assert!(OUTRIGHT.iter().all(|id| page.contains(id)));
}

/// A rules folder with the two rules about links and their two incidents, and a configuration with it.
fn folder_of_links(change: impl Fn(String) -> String) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let rules = folder.path().join("rules");
    for id in ["2023-101", "2024-250"] {
        let to = rules.join("casebook").join(id);
        std::fs::create_dir_all(&to).unwrap();
        for file in std::fs::read_dir(repository("rules/casebook").join(id)).unwrap() {
            let file = file.unwrap();
            std::fs::copy(file.path(), to.join(file.file_name())).unwrap();
        }
    }
    let text = std::fs::read_to_string(repository("rules/links.toml")).unwrap();
    std::fs::write(rules.join("links.toml"), change(text)).unwrap();
    let config = "[organization]\nname = \"Mihon\"\ndomains = [\"city.example.jp\"]\nlanguage = \"en\"\n\n\
                  [rules]\ndirectory = \"rules\"\n";
    std::fs::write(folder.path().join("c.toml"), config).unwrap();
    folder
}

#[test]
fn replay_answers_yes_only_where_nothing_is_missed() {
    let whole = folder_of_links(|text| text);
    let answer = sekisho_in(whole.path(), &["replay", "--config", "c.toml"]);
    assert_eq!((answer.code, answer.err.as_str()), (0, ""), "{}", answer.out);
    assert!(answer.out.contains("0 prevented, 0 missed"), "{}", answer.out);

    let idle =
        folder_of_links(|text| text.replace("action = \"hold\"", "action = \"hold\"\nmode = \"monitor\""));
    let answer = sekisho_in(idle.path(), &["replay", "--config", "c.toml"]);
    assert_eq!(answer.code, 1);
    assert_eq!(with_result(&answer.out, "missed "), ["2023-101", "2024-250"], "{}", answer.out);
    let flat = answer.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(flat.contains("verdict: expected hold, got pass"), "{}", answer.out);
    assert!(flat.contains("rules: expected public-share-link, got -"), "{}", answer.out);
}

#[test]
fn demo_sends_the_casebook_and_everything_comes_out_as_expected() {
    let answer = sekisho(&["demo", "--exit"]);
    assert_eq!((answer.code, answer.err.as_str()), (0, ""), "{}", answer.out);
    assert!(answer.out.contains("Everything came out as expected."), "{}", answer.out);
    assert!(!answer.out.lines().any(|l| l.starts_with("NG")), "{}", answer.out);
    for id in OUTRIGHT {
        assert!(answer.out.lines().any(|l| l.starts_with(id)), "{id} was not played");
    }
    let line = |label: &str| {
        let found = answer.out.lines().find(|l| l.starts_with(label));
        found.unwrap_or_else(|| panic!("no line {label}:\n{}", answer.out)).to_string()
    };
    let count = |label: &str| -> u32 {
        let number =
            line(label).trim_start_matches(label).split_whitespace().next().map(|n| n.replace(',', ""));
        number.unwrap().parse().unwrap()
    };
    // Two mails while the gateway works and from the student, five of the spam, those before the 30th.
    assert!(count("arrived as sent") >= 10);
    assert!(count("arrived rewritten") >= 3);
    assert!(count("held") >= 384);
    assert!(line("arrived rewritten").contains("→ 0;"), "{}", answer.out);
    // A held mail is released by a second person, and arrives with nobody visible.
    assert!(line("ok  a second person releases").contains("moved to Bcc"), "{}", answer.out);
    assert!(
        answer.out.split_whitespace().collect::<Vec<_>>().join(" ").contains("see: 105 → 0"),
        "{}",
        answer.out
    );
    assert!(!answer.out.contains('\x1b'), "colours without a terminal");
}

#[test]
fn casebook_lists_shows_and_covers() {
    let list = sekisho(&["casebook", "list"]);
    assert_eq!(list.code, 0);
    assert!(OUTRIGHT.iter().all(|id| list.out.lines().any(|l| l.starts_with(id))), "{}", list.out);

    let shown = sekisho(&["casebook", "show", "2023-116"]);
    assert_eq!(shown.code, 0);
    for told in
        ["2023-03-16", "Tokyo Metropolitan", "exposed-recipients", "second leak", "the second recall, at"]
    {
        assert!(shown.out.contains(told), "{told}\n{}", shown.out);
    }
    let unknown = sekisho(&["casebook", "show", "2023-1160"]);
    assert_eq!(unknown.code, 2);
    assert!(unknown.err.contains("did you mean 2023-116?"), "{}", unknown.err);

    let japanese = sekisho(&["casebook", "show", "2023-116", "--lang", "ja"]);
    assert!(japanese.out.contains("東京都"), "{}", japanese.out);
}

#[test]
fn the_matrix_shows_which_rule_stands_against_which_incident() {
    let answer = sekisho(&["casebook", "coverage"]);
    assert_eq!(answer.code, 0);
    let letter = |rule: &str| {
        let line = answer.out.lines().find(|l| l.split_whitespace().nth(1) == Some(rule));
        line.and_then(|l| l.split_whitespace().next()).unwrap_or_else(|| panic!("no rule {rule}"))
    };
    let heads: Vec<&str> = answer
        .out
        .lines()
        .find(|l| l.split_whitespace().take(2).eq(["A", "B"]))
        .expect("the heads of the columns")
        .split_whitespace()
        .collect();
    let cell = |incident: &str, rule: &str| {
        let row = answer.out.lines().find(|l| l.split_whitespace().next() == Some(incident)).expect(incident);
        let cells: Vec<&str> = row.split_whitespace().rev().take(heads.len()).collect();
        let at = heads.iter().position(|h| *h == letter(rule)).expect(rule);
        cells[heads.len() - 1 - at].to_string()
    };
    assert_eq!(cell("2023-116", "exposed-recipients"), "#");
    assert_eq!(cell("2023-116", "burst"), ".");
    assert_eq!(cell("2023-117", "burst"), "#");
    assert_eq!(cell("2023-115", "exposed-recipients"), ".");
}

const POSTS: &str = "【セキュリティ事件簿#2031-001】見本市 メールの誤送信について 2031年4月2日\n\n\
    2031年4月1日、イベントの参加者120名のアドレスを宛先欄に入れて送信する事故が発生しました。\n\n\
    【セキュリティ事件簿#2031-002】SAMPLE株式会社 不正アクセスについて 2031年5月2日\n\n\
    2031年5月1日、個人情報300件が閲覧されたおそれがあります。詳しくは調査中です。\n";

#[test]
fn mining_drafts_incidents_and_overwrites_nothing() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("posts.txt"), POSTS).unwrap();
    let printed = sekisho_in(folder.path(), &["casebook", "mine", "posts.txt"]);
    assert_eq!(printed.code, 0, "{}", printed.err);
    assert!(
        printed.out.contains("id = \"2031-001\"") && printed.out.contains("people = 120"),
        "{}",
        printed.out
    );

    let mine = || sekisho_in(folder.path(), &["casebook", "mine", "posts.txt", "--out", "drafts"]);
    assert!(mine().err.contains("2 files written"));
    let file = folder.path().join("drafts/2031-001/incident.toml");
    assert!(std::fs::read_to_string(&file).unwrap().contains("見本市"));
    std::fs::write(&file, "completed by a person").unwrap();
    std::fs::remove_file(folder.path().join("drafts/2031-002/incident.toml")).unwrap();
    assert!(mine().err.contains("1 files written"));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "completed by a person");

    std::fs::write(folder.path().join("latin1.txt"), b"caf\xe9").unwrap();
    let refused = sekisho_in(folder.path(), &["casebook", "mine", "latin1.txt"]);
    assert_eq!(refused.code, 2);
    assert!(refused.err.contains("latin1.txt: this is not UTF-8"), "{}", refused.err);
}

/// A mail from the city to these addresses.
fn mail(to: &[String]) -> String {
    format!(
        "Date: Mon, 6 Apr 2026 10:00:00 +0900\nFrom: Hana <hana@city.example.jp>\nTo: {}\nSubject: Papers\n\
         Message-ID: <papers@city.example.jp>\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\n\
         The papers are attached.\n",
        to.join(",\n "),
    )
}

#[test]
fn inspect_tells_what_would_become_of_each_file() {
    let folder = tempfile::tempdir().unwrap();
    let many: Vec<String> = (0..12).map(|n| format!("taro{n}@freemail.example")).collect();
    std::fs::write(folder.path().join("a.eml"), mail(&many)).unwrap();
    std::fs::write(folder.path().join("b.eml"), mail(&["jiro@example.com".to_string()])).unwrap();
    std::fs::write(folder.path().join("c.bin"), b"\x00\x01\xff not a message").unwrap();
    let answer = sekisho_in(folder.path(), &["inspect", "."]);
    assert_eq!(answer.code, 0, "{}", answer.err);
    let lines: Vec<serde_json::Value> =
        answer.out.lines().map(|l| serde_json::from_str(l).expect("one object a line")).collect();
    assert_eq!(lines.len(), 3);
    assert_eq!(lines[0]["action"], "rewrite");
    assert_eq!(lines[0]["rewrite"], "bcc");
    assert_eq!(lines[0]["message_id"], "papers@city.example.jp");
    assert_eq!(lines[0]["facts"]["recipients"]["visible_external"], 12);
    let rule = &lines[0]["rules"][0];
    assert_eq!(rule["id"], "exposed-recipients");
    assert!(rule["incidents"].as_array().is_some_and(|i| i.iter().any(|id| id == "2023-116")));
    assert_eq!(lines[1]["action"], "pass");
    assert_eq!(lines[1]["rules"], serde_json::json!([]));
    assert_eq!(lines[2]["action"], "hold", "{}", lines[2]);

    let out = sekisho_in(folder.path(), &["inspect", "a.eml", "--output", "left.eml"]);
    assert_eq!(out.code, 0, "{}", out.err);
    let left = std::fs::read_to_string(folder.path().join("left.eml")).unwrap();
    assert!(!left.contains("taro") && left.contains("The papers are attached."), "{left}");

    let told = sekisho_in(folder.path(), &["inspect", "a.eml", "--explain"]);
    assert!(told.out.contains("exposed-recipients") && told.out.contains("2023-116"), "{}", told.out);
    assert_eq!(sekisho_in(folder.path(), &["inspect", "missing.eml"]).code, 2);
}

/// Mistyped domains are held by the rules within the program, and the right ones are not.
#[test]
fn a_look_alike_domain_is_held_and_the_right_one_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let verdict = |domain: &str| {
        let mail = format!("From: a@city.example.jp\nTo: b@{domain}\nSubject: x\n\nhello\n");
        std::fs::write(folder.path().join("a.eml"), mail).unwrap();
        let answer = sekisho_in(folder.path(), &["inspect", "a.eml"]);
        let line: serde_json::Value = serde_json::from_str(answer.out.trim()).unwrap();
        let rules = line["rules"].as_array().unwrap().iter().map(|r| r["id"].as_str().unwrap().to_string());
        (line["action"].as_str().unwrap().to_string(), rules.collect::<Vec<_>>())
    };
    for domain in ["gmai.com", "gmail.co", "yaho.co.jp", "docomo.ne.jp.com", "freemai.example"] {
        assert_eq!(verdict(domain), ("hold".into(), vec!["look-alike-domain".into()]), "{domain}");
    }
    for domain in ["gmail.com", "yahoo.co.jp", "docomo.ne.jp", "mail.com", "example.com", "freemail.example"]
    {
        assert_eq!(verdict(domain), ("pass".into(), vec![]), "{domain}");
    }
}

/// What a reviewer reads of held mail: figures in words, each incident told once, values masked.
#[test]
fn explain_tells_a_person_what_was_found_and_what_was_not_read() {
    let told = |id: &str| {
        let message = repository("rules/casebook").join(id).join("message.eml");
        sekisho(&["inspect", "--explain", message.to_str().unwrap()]).out
    };
    let shop = told("2024-251");
    for words in [
        "クレジットカード番号: 1,054件",
        "推定3,126人（少なく数えて400人、多く数えて4,180人）",
        "種類ごとの数: 人名 771",
        "ほかの事案: ",
    ] {
        assert!(shop.contains(words), "{words}\n{shop}");
    }
    assert_eq!(shop.matches("株式会社FRAGRANCY").count(), 1, "each incident once\n{shop}");
    assert!(!shop.contains("user00000") && !shop.contains("4100000000000001"), "{shop}");
    assert!(told("2023-105").contains("昇任試験問題.zip（パスワード付き）"));
    assert!(told("2023-470").contains("機密表示「取扱注意」: インタビューメモ（取扱注意）.docx"));
    assert!(told("2023-439").contains("非表示のシート × 1"));
}

#[test]
fn facts_are_the_page_in_docs() {
    let page = std::fs::read_to_string(repository("docs/facts.md")).unwrap();
    assert_eq!(sekisho(&["facts", "--markdown"]).out, page);
}

#[test]
fn a_good_configuration_is_ok() {
    let folder = folder_of_links(|text| text);
    let answer = sekisho_in(folder.path(), &["check", "--config", "c.toml"]);
    assert_eq!(answer.code, 0, "{}", answer.err);
    assert!(answer.out.contains("c.toml: ok, 2 rules, 2 incidents"), "{}", answer.out);
}

#[test]
fn each_bad_configuration_is_told_with_file_line_and_remedy() {
    let folder = repository("tests/stories/bad-configs");
    let mut names: Vec<String> = std::fs::read_dir(&folder)
        .unwrap()
        .filter_map(|f| f.unwrap().file_name().into_string().ok()?.strip_suffix(".toml").map(str::to_string))
        .collect();
    names.sort();
    assert!(names.len() >= 15, "{names:?}");
    let mut wrong = Vec::new();
    for name in names {
        let expected = std::fs::read_to_string(folder.join(format!("{name}.expected"))).expect(&name);
        let answer = sekisho_in(&folder, &["check", "--config", &format!("{name}.toml")]);
        if answer.code != 1 || !is_like(&answer.err, &expected) {
            wrong.push(format!(
                "{name}: exit code {}\nexpected:\n{expected}got:\n{}",
                answer.code, answer.err
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Whether the text is the pattern, in which `…` stands for any text.
fn is_like(text: &str, pattern: &str) -> bool {
    let mut parts = pattern.split('…');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    for part in middle {
        match rest.split_once(part) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    rest.ends_with(last)
}
