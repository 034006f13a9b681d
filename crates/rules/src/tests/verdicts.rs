//! Which verdict comes out.

use super::*;

#[test]
fn the_most_severe_action_wins_and_the_rewrite_is_kept() {
    let v = verdict(&[
        ("a", MANY, "action = \"rewrite\"\nrewrite = \"bcc\"\napproval = \"second-person\""),
        ("b", MANY, "action = \"hold\"\napproval = \"sender\"\nrewrite = \"individual\""),
        ("c", MANY, "action = \"delay\"\ndelay = \"5m\""),
        ("d", NONE, "action = \"reject\""),
    ]);
    assert_eq!((v.action, v.rewrite), (Action::Hold, Some(Rewrite::Individual)));
    // the approval and the delay are of the rules with the winning action
    assert_eq!((v.approval, v.delay), (Approval::Sender, None));
    assert_eq!(v.matches.iter().map(|m| m.id.as_str()).collect::<Vec<_>>(), ["a", "b", "c"]);
    assert_eq!(v.matches[0].evidence, ["recipients.visible_parties = 12"]);
    assert_eq!(v.error, None);
}

#[test]
fn of_equal_actions_the_strictest_approval_and_the_longest_delay_win() {
    let v = verdict(&[
        ("a", MANY, "action = \"hold\"\napproval = \"second-person\""),
        ("b", MANY, "action = \"hold\"\napproval = \"sender\""),
    ]);
    assert_eq!(v.approval, Approval::SecondPerson);
    let v = verdict(&[
        ("a", MANY, "action = \"delay\"\ndelay = \"2h\""),
        ("b", MANY, "action = \"delay\"\ndelay = \"90s\""),
    ]);
    assert_eq!((v.action, v.delay), (Action::Delay, Some(Duration::from_secs(7200))));
}

#[test]
fn a_monitored_rule_is_recorded_and_does_not_bite() {
    let v = verdict(&[
        ("a", MANY, "action = \"reject\"\nmode = \"monitor\""),
        ("b", FAILS, "action = \"reject\"\nmode = \"monitor\""),
    ]);
    assert_eq!((v.action, v.approval, v.error), (Action::Pass, Approval::None, None));
    assert_eq!(v.matches.len(), 2);
    assert!(v.matches.iter().all(|m| m.mode == Mode::Monitor));
    let told = v.matches[1].evidence.join("; ");
    assert!(told.contains("division by zero"), "{told}");
}

#[test]
fn a_rule_that_fails_holds_the_message_and_is_named() {
    let v = verdict(&[
        ("a", MANY, "action = \"rewrite\"\nrewrite = \"bcc\""),
        ("b", FAILS, "action = \"pass\""),
        ("c", FAILS, "action = \"delay\"\ndelay = \"5m\""),
        ("d", MANY, "action = \"hold\"\napproval = \"sender\""),
    ]);
    assert_eq!((v.action, v.approval), (Action::Hold, Approval::SecondPerson));
    assert_eq!(v.rewrite, Some(Rewrite::Bcc));
    let error = v.error.unwrap();
    assert!(error.contains("rule b could not") && error.contains("rule c could not"), "{error}");
    // a rejection is more than a hold
    let v = verdict(&[("a", MANY, "action = \"reject\""), ("b", FAILS, "action = \"pass\"")]);
    assert_eq!(v.action, Action::Reject);
    assert!(v.error.is_some());
}

/// The verdict under an exception from the rule `a`, which would reject.
#[track_caller]
fn excepted(lines: &str) -> Verdict {
    let text = rule(&format!("id = \"a\"\nwhen = '{MANY}'\naction = \"reject\""));
    let exception = format!(
        "[[exception]]\nrule = \"a\"\n{lines}\nreason = \"monthly list\"\nowner = \"it@city.example.jp\"\n"
    );
    load(&[source("a.toml", &text), source("exceptions.toml", &exception)]).evaluate(&facts(), now())
}

#[test]
fn an_exception_switches_a_rule_off_for_its_mail_until_its_date() {
    for fits in [
        "sender = \"taro@CITY.example.jp\"\nuntil = 2026-12-31",
        "sender_domain = \"City.example.jp\"\nuntil = 2026-06-02",
        "recipient_domains = [\"example.com\", \"Example.NET\", \"example.org\"]\nuntil = 2027-01-01",
    ] {
        let v = excepted(fits);
        assert_eq!((v.action, v.matches[0].mode), (Action::Pass, Mode::Monitor), "{fits}");
        let told = v.matches[0].evidence.last().unwrap();
        assert!(told.starts_with("exception: monthly list (it@city.example.jp, until 202"), "{told}");
    }
    for does_not in [
        "sender = \"jiro@city.example.jp\"\nuntil = 2026-12-31",
        "sender_domain = \"city.example.jp\"\nuntil = 2026-05-30",
        "recipient_domains = [\"example.com\"]\nuntil = 2026-12-31",
        "sender_domain = \"city.example.jp\"\nrecipient_domains = [\"example.com\"]\nuntil = 2026-12-31",
    ] {
        let v = excepted(does_not);
        assert_eq!((v.action, v.matches[0].mode), (Action::Reject, Mode::Enforce), "{does_not}");
    }
}

#[test]
fn exceptions_from_elsewhere_act_besides_those_of_the_file() {
    let text = rule(&format!("id = \"a\"\nwhen = '{MANY}'\naction = \"reject\""));
    let rules = load(&[source("a.toml", &text)]);
    let kept = |rule: &str, until: &str| Exception {
        rule: rule.into(),
        sender: Some("taro@city.example.jp".into()),
        sender_domain: None,
        recipient_domains: None,
        reason: "monthly list".into(),
        owner: "it@city.example.jp".into(),
        until: until.parse().unwrap(),
        stands: Stands::Kept(7),
    };
    let with = |exception: Exception| rules.with_kept(vec![exception]).evaluate(&facts(), now());
    let excepted = with(kept("a", "2026-12-31"));
    assert_eq!((excepted.action, excepted.matches[0].mode), (Action::Pass, Mode::Monitor));
    let told = excepted.matches[0].evidence.last().unwrap();
    assert_eq!(told, "exception: monthly list (it@city.example.jp, until 2026-12-31, no. 7)");
    assert_eq!(with(kept("a", "2026-05-31")).action, Action::Reject, "past");
    assert_eq!(with(kept("b", "2026-12-31")).action, Action::Reject, "of a rule that is not there");
    assert_eq!(rules.evaluate(&facts(), now()).action, Action::Reject, "the rules themselves are as before");
}

#[test]
fn days_are_counted_in_the_zone_of_the_house() {
    let text = rule(&format!("id = \"a\"\nwhen = '{MANY}'\naction = \"reject\""));
    let exception = "[[exception]]\nrule = \"a\"\nsender_domain = \"city.example.jp\"\nreason = \"x\"\n\
                     owner = \"it@city.example.jp\"\nuntil = 2026-05-31\n";
    let rules = load(&[source("a.toml", &text), source("exceptions.toml", exception)]);
    // 23:00 of 31 May in UTC is 1 June in Tokyo.
    let late = "2026-05-31T23:00:00Z".parse().unwrap();
    let action = |zone: jiff::tz::TimeZone| rules.in_zone(zone).evaluate(&facts(), late).action;
    assert_eq!(action(jiff::tz::TimeZone::UTC), Action::Pass);
    assert_eq!(action(jiff::tz::TimeZone::get("Asia/Tokyo").unwrap()), Action::Reject);
}

#[test]
fn rules_are_shared_between_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<RuleSet>();
    shared::<Verdict>();
}
