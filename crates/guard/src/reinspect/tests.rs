use super::*;
use facts::Organization;
use store::{self, Part, State};

const AT: &str = "2026-04-01T00:00:00Z";

fn policy() -> Policy {
    Policy::embedded(Organization::new("みほん市", &["city.example.jp"])).expect("the house loads")
}

fn now() -> Timestamp {
    AT.parse().expect("a time")
}

fn case(rules: &[&str]) -> Case {
    let rule = |id: &&str| serde_json::json!({"id": id, "action": "hold", "mode": "enforce"});
    Case {
        id: "K7F3-22QX".into(),
        state: State::Held,
        message_id: Some("1@city.example.jp".into()),
        sender: "hana@city.example.jp".into(),
        subject: None,
        recipients: vec!["a@example.com".into()],
        external: 1,
        parts: 1,
        rewrite: None,
        approval: Approval::SecondPerson,
        rules: rules.iter().map(rule).collect(),
        opened_at: now(),
        ends_at: now(),
        concluded_at: None,
        purged: false,
        proposal: None,
        undo_until: None,
    }
}

fn leaving(message: &str, rcpts: &[&str]) -> HeldTransaction {
    let rcpt = |address: &&str| Recipient { address: address.to_string(), params: Vec::new() };
    let envelope = Envelope {
        from: "hana@city.example.jp".into(),
        rcpts: rcpts.iter().map(rcpt).collect(),
        ..Envelope::default()
    };
    let received = format!("Received: from client ({})\r\n\tby guard; today\r\n", rcpts.len());
    HeldTransaction {
        part: Part { number: 1, mail: None, size: 0, received_at: now(), envelope: None },
        envelope,
        bytes: [received.as_bytes(), message.as_bytes()].concat(),
        rewrite: None,
        dropped: Vec::new(),
        corrections: Vec::new(),
        attachments: Vec::new(),
    }
}

/// A list of two hundred made-up people, attached to a letter.
fn with_a_list() -> String {
    let names = ["山田", "佐藤", "鈴木", "高橋", "田中", "伊藤", "渡辺", "中村", "小林", "加藤"];
    let given = ["太郎", "花子", "一郎", "美咲", "健太", "由美", "大輔", "陽子", "翔太", "恵子"];
    let rows: String = (0..200)
        .map(|i| format!("{} {},090-1{:03}-{:04}\r\n", names[i % 10], given[i / 10 % 10], i, 1000 + i))
        .collect();
    format!(
        "From: hana@city.example.jp\r\nTo: a@example.com\r\nSubject: x\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n\
         Content-Transfer-Encoding: 8bit\r\n\r\n資料をお送りします。\r\n--b\r\nContent-Type: text/csv; charset=utf-8; \
         name=list.csv\r\nContent-Transfer-Encoding: 8bit\r\nContent-Disposition: attachment; \
         filename=list.csv\r\n\r\n氏名,電話\r\n{rows}--b--\r\n"
    )
}

#[test]
fn taking_the_list_out_takes_the_second_person_away() {
    let policy = policy();
    let mut part = leaving(&with_a_list(), &["a@example.com"]);
    let held = reinspect(&policy, &case(&[]), std::slice::from_ref(&part), now());
    assert_eq!(held.needed, Approval::SecondPerson, "{:?}", held.verdict);
    let rules: Vec<&str> = held.verdict.matches.iter().map(|m| m.id.as_str()).collect();
    part.attachments = vec!["2".into()];
    let mended = reinspect(&policy, &case(&rules), &[part], now());
    assert_eq!((mended.needed, mended.verdict.action), (Approval::None, Action::Pass), "{mended:?}");
    assert_eq!(mended.cleared, rules);
    assert!(mended.standing.is_empty());
}

#[test]
fn what_a_rule_says_of_the_senders_conduct_stands() {
    let policy = policy();
    let conduct = policy.rules.rules().iter().find(|rule| {
        rule.approval == verdict::Approval::SecondPerson
            && rule.when.facts().iter().any(|f| f.path == "sender.recent_messages")
    });
    let id = conduct.expect("such a rule is in the house").id.as_str();
    let letter = "From: hana@city.example.jp\r\nTo: a@example.com\r\nSubject: x\r\n\r\nhello\r\n";
    let mended = reinspect(&policy, &case(&[id]), &[leaving(letter, &["a@example.com"])], now());
    assert_eq!((mended.needed, mended.verdict.action), (Approval::SecondPerson, Action::Pass));
    assert_eq!(mended.standing, [id]);
}

#[test]
fn the_recipients_of_all_transactions_count_together() {
    let policy = policy();
    let addresses: Vec<String> = (0..40).map(|i| format!("p{i}@c{i}.example")).collect();
    let letter = "From: hana@city.example.jp\r\nTo: undisclosed-recipients:;\r\nSubject: x\r\n\r\nhello\r\n";
    let refs: Vec<&str> = addresses.iter().map(String::as_str).collect();
    let parts: Vec<HeldTransaction> = refs.chunks(7).map(|rcpts| leaving(letter, rcpts)).collect();
    let whole = whole(&parts);
    assert_eq!((whole.len(), whole[0].0.rcpts.len()), (1, 40));
    let together = reinspect(&policy, &case(&[]), &parts, now());
    let alone = reinspect(&policy, &case(&[]), &parts[..1], now());
    assert!(together.verdict.action > alone.verdict.action, "{:?}", together.verdict);
    // One copy each does not make forty mails of one.
    let each: Vec<HeldTransaction> = parts
        .into_iter()
        .map(|p| HeldTransaction { rewrite: Some(store::Rewrite::Individual), ..p })
        .collect();
    assert_eq!(reinspect(&policy, &case(&[]), &each, now()).verdict.action, together.verdict.action);
}

#[test]
fn recipients_who_must_be_hidden_are_not_sent_in_sight() {
    let policy = policy();
    let addresses: Vec<String> = (0..12).map(|i| format!("p{i}@c{i}.example")).collect();
    let refs: Vec<&str> = addresses.iter().map(String::as_str).collect();
    let letter =
        format!("From: hana@city.example.jp\r\nTo: {}\r\nSubject: x\r\n\r\nhello\r\n", addresses.join(", "));
    let mut part = leaving(&letter, &refs);
    let open = reinspect(&policy, &case(&[]), std::slice::from_ref(&part), now());
    assert_eq!((open.needed, open.must_hide), (Approval::SecondPerson, Some(Rewrite::Bcc)));
    part.rewrite = Some(store::Rewrite::Bcc);
    let hidden = reinspect(&policy, &case(&[]), &[part], now());
    assert_eq!((hidden.needed, hidden.must_hide), (Approval::None, None), "{:?}", hidden.verdict);
}

#[test]
fn what_cannot_be_mended_needs_a_second_person() {
    let policy = policy();
    let mut part =
        leaving("From: hana@city.example.jp\r\nTo: a@example.com\r\n\r\nhello\r\n", &["a@example.com"]);
    part.attachments = vec!["7".into()];
    let mended = reinspect(&policy, &case(&[]), &[part], now());
    assert_eq!(mended.needed, Approval::SecondPerson);
    assert!(mended.verdict.error.is_some_and(|why| why.contains("no attachment 7")));
}
