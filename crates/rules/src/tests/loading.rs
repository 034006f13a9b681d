//! What loads, what does not, and how it is told.

use super::*;

#[test]
fn a_rule_is_read_with_its_defaults() {
    let rules = load(&[source("a.toml", &rule("id = \"a\"\nwhen = 'message.signed'\naction = \"hold\""))]);
    let rule = &rules.rules()[0];
    assert_eq!((rule.approval, rule.mode), (Approval::Sender, Mode::Enforce));
    assert_eq!((rule.rewrite, rule.delay, rule.tell_admin), (None, None, false));
    assert_eq!((rule.line, rule.file.as_path()), (1, Path::new("a.toml")));
    assert_eq!(rule.when.facts()[0].path, "message.signed");
}

#[test]
fn the_default_rules_load() {
    let casebook = casebook::embedded().unwrap();
    let known: Vec<&str> = casebook.iter().map(|i| i.id.as_str()).collect();
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rules");
    let rules = RuleSet::load(&directory, &known).unwrap_or_else(|errors| panic!("{errors:#?}"));
    assert!(rules.rules().iter().any(|r| r.id == "exposed-recipients"));
    assert_eq!(rules.evaluate(&Facts::default(), now()), Verdict::pass());
    let mut town = Facts::default();
    town.recipients.external = 105;
    town.recipients.visible_parties = 105;
    let verdict = rules.evaluate(&town, now());
    assert_eq!((verdict.action, verdict.rewrite), (Action::Hold, Some(Rewrite::Bcc)));
    // Every default condition runs on the typed facts.
    assert!(rules.rules().iter().all(|r| r.when.is_compiled()));
}

/// What is wrong, the line on which it is told, a part of the message and a part of the remedy.
#[track_caller]
fn refused(text: &str, line: usize, message: &str, remedy: &str) {
    let errors = RuleSet::from_sources(&[source("a.toml", text)], KNOWN).expect_err(text);
    let told = errors
        .iter()
        .any(|e| e.line == Some(line) && e.message.contains(message) && e.remedy.contains(remedy));
    assert!(told, "{text}\n{errors:#?}");
}

#[test]
fn faults_of_rules_are_told_with_line_and_remedy() {
    let hold = "when = 'message.signed'\naction = \"hold\"";
    let with = |lines: &str| rule(&format!("id = \"a\"\n{hold}\n{lines}"));
    refused(&rule(hold), 1, "a rule needs id", "add id = ");
    refused(
        &rule("id = \"A b\"\nwhen = 'message.signed'\naction = \"hold\""),
        2,
        "`A b` is no id",
        "small letters",
    );
    refused(&rule("id = 1\nwhen = 'message.signed'\naction = \"hold\""), 2, "id is the number 1", "");
    refused(
        &rule("id = \"a\"\nwhen = 'message.signed'\naction = \"keep\""),
        4,
        "unknown variant `keep`",
        "\"reject\"",
    );
    refused(&with("aproval = \"sender\""), 5, "no field aproval", "did you mean approval");
    refused(&with("weather = 1"), 5, "no field weather", "known: id, ");
    refused(&with("approval = \"none\""), 5, "nobody could release", "sender");
    refused(&with("delay = \"5m\""), 5, "`delay` means nothing", "action delay");
    refused(&with("mode = \"off\""), 5, "mode does not fit", "monitor");
    refused(&with("[rule.reason2]\nja = \"\""), 5, "no field reason2", "did you mean reason");
    refused(
        &rule("id = \"a\"\nwhen = 'message.signed'\naction = \"delay\""),
        4,
        "lacks its key `delay`",
        "5m",
    );
    refused(
        &rule("id = \"a\"\nwhen = 'message.signed'\naction = \"delay\"\ndelay = \"5 fortnights\""),
        5,
        "has a unit that is not known",
        "\"14d\"",
    );
    refused(
        &rule("id = \"a\"\nwhen = 'message.signed'\naction = \"delay\"\ndelay = \"8d\""),
        5,
        "mail cannot be delayed",
        "7d",
    );
    refused(
        &rule("id = \"a\"\nwhen = 'message.signed'\naction = \"rewrite\""),
        4,
        "lacks its key `rewrite`",
        "bcc",
    );
    refused(
        &rule("id = \"a\"\nwhen = 'message.signed'\naction = \"reject\"\nrewrite = \"bcc\""),
        5,
        "`rewrite` means nothing",
        "hold",
    );
    refused(
        &rule("id = \"a\"\nwhen = 'message.signed'\naction = \"pass\"\napproval = \"sender\""),
        5,
        "`approval` means nothing",
        "",
    );
    refused(
        &rule("id = \"a\"\nwhen = 'recipients.extern > 0'\naction = \"hold\""),
        3,
        "unknown fact",
        "`recipients.external`",
    );
    refused(
        &rule("id = \"a\"\nwhen = '''\nmessage.signed &&\nlabels.found > 0\n'''\naction = \"hold\""),
        5,
        "`>` between",
        "size(",
    );
}

#[test]
fn what_every_rule_must_have() {
    let text = rule("id = \"a\"\nwhen = 'message.signed'\naction = \"hold\"");
    refused(&text.replace("\"2023-116\"", ""), 5, "cites no incident", "would have prevented");
    refused(&text.replace("2023-116", "2023-117"), 5, "no incident `2023-117`", "`2023-116`");
    refused(&text.replace("incidents = [\"2023-116\"]", ""), 1, "cites no incident", "");
    refused(&text.replace("\"理由\"", "\" \""), 7, "ja is empty", "");
    refused(&text.replace("en = \"Reason\"\n", ""), 6, "needs en", "add en");
    refused(&format!("{text}{text}"), 9, "second rule with the id `a`", "a.toml:1");
    refused("[rule]\nid = \"a\"", 1, "rule is no list of tables", "[[rule]]");
    refused("[[rules]]\nid = \"a\"", 1, "no field rules", "did you mean rule?");
    refused("[[rule]]\nid = \"a\nwhen", 2, "", "a field is written as TOML");
    let empty = RuleSet::from_sources(&[], KNOWN).expect_err("no rules");
    assert!(empty[0].to_string().contains("there is no rule"), "{empty:?}");
}

#[test]
fn all_faults_are_told_at_once() {
    let text = "[[rule]]\nid = \"A\"\nwhen = 'x'\naction = \"keep\"\nfoo = 1\nincidents = []\n[[rule]]\n";
    let errors = RuleSet::from_sources(&[source("a.toml", text)], KNOWN).expect_err(text);
    // id, when, action, foo, incidents, reason; and of the second rule id, when, action, incidents, reason
    assert_eq!(errors.len(), 11, "{errors:#?}");
    let told = errors[0].to_string();
    assert!(told.starts_with("a.toml:2:6: `A` is no id; write "), "{told}");
}

#[test]
fn a_folder_is_read_in_order_and_a_missing_one_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    let errors = RuleSet::load(folder.path(), KNOWN).expect_err("an empty folder");
    assert!(errors[0].message.contains("there is no rule"), "{errors:?}");
    write("b.toml", &rule("id = \"b\"\nwhen = 'message.signed'\naction = \"hold\""));
    write("a.toml", &rule("id = \"a\"\nwhen = 'message.signed'\naction = \"hold\""));
    write("notes.txt", "not TOML");
    let rules = RuleSet::load(folder.path(), KNOWN).unwrap();
    assert_eq!(rules.rules().iter().map(|r| r.id.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    std::fs::write(folder.path().join("c.toml"), b"\xff").unwrap();
    let errors = RuleSet::load(folder.path(), KNOWN).expect_err("a file that is not UTF-8");
    assert!(errors.len() == 1 && errors[0].file.ends_with("c.toml"), "{errors:?}");
    let errors = RuleSet::load(&folder.path().join("none"), KNOWN).expect_err("no folder");
    assert!(errors.len() == 1 && errors[0].message.contains("cannot be read"), "{errors:?}");
}

#[test]
fn exceptions_want_mail_a_reason_an_owner_and_a_date() {
    let rules = source("a.toml", &rule("id = \"a\"\nwhen = 'message.signed'\naction = \"hold\""));
    let errors = |text: &str| {
        let sources = [rules.clone(), source("exceptions.toml", text)];
        RuleSet::from_sources(&sources, KNOWN).map(|_| ()).expect_err(text)
    };
    let whole = "[[exception]]\nrule = \"a\"\nsender = \"x@example.jp\"\nreason = \"r\"\nowner = \"o\"\nuntil = 2026-12-31\n";
    for (from, to, message) in [
        ("until = 2026-12-31\n", "", "needs until"),
        ("2026-12-31", "\"soon\"", "until does not fit"),
        ("2026-12-31", "2026-12-31T10:00:00", "until does not fit"),
        ("owner = \"o\"", "owner = \" \"", "owner is empty"),
        ("reason = \"r\"\n", "", "needs reason"),
        ("sender = \"x@example.jp\"\n", "", "for no mail in particular"),
        ("sender = \"x@example.jp\"", "recipient_domains = []", "for no mail in particular"),
        ("rule = \"a\"", "rule = \"aa\"", "there is no rule `aa`"),
        ("sender", "from", "no field from"),
    ] {
        let errors = errors(&whole.replace(from, to));
        assert!(errors.iter().any(|e| e.message.contains(message)), "{message}: {errors:#?}");
    }
}

#[test]
fn exceptions_past_their_date_are_warned_of() {
    let rules = load(&[
        source("a.toml", &rule("id = \"a\"\nwhen = 'message.signed'\naction = \"hold\"")),
        source(
            "exceptions.toml",
            "[[exception]]\nrule = \"a\"\nsender = \"x@example.jp\"\nreason = \"r\"\nowner = \"o@example.jp\"\nuntil = 2026-05-30\n",
        ),
    ]);
    let warnings = rules.warnings(now());
    assert_eq!(warnings.len(), 1);
    assert!(
        warnings[0].to_string().starts_with("exceptions.toml:1: the exception from `a` ended on 2026-05-30"),
        "{}",
        warnings[0]
    );
    assert!(rules.warnings("2026-05-01T00:00:00Z".parse().unwrap()).is_empty());
}
