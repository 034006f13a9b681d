//! What conditions may say, what is wrong with those that may not, and that the plan and the
//! interpreter agree.

use proptest::prelude::*;

use super::*;

fn facts() -> Facts {
    let mut facts = Facts::default();
    facts.recipients.external = 12;
    facts.recipients.visible_parties = 3;
    facts.recipients.domains = vec!["example.com".into(), "example.net".into()];
    facts.history.same_recipients_hours = -1;
    facts.message.subject = "【社外秘】Plan".into();
    facts.message.is_recall = true;
    facts.attachments.names = vec!["a.zip".into(), "名簿.xlsx".into()];
    facts.controls.expiring_days = 7;
    facts
}

#[track_caller]
fn holds(source: &str) -> bool {
    let condition = Condition::compile(source).unwrap_or_else(|e| panic!("{source}: {e:?}"));
    condition
        .holds(&facts())
        .unwrap_or_else(|e| panic!("{source}: {e}"))
}

#[track_caller]
fn refused(source: &str, message: &str, remedy: &str) {
    let errors = Condition::compile(source).expect_err(source);
    let found = errors
        .iter()
        .any(|e| e.message.contains(message) && e.remedy.contains(remedy));
    assert!(found, "{source}: {errors:?}");
}

#[test]
fn conditions_over_facts_hold_or_do_not() {
    for yes in [
        "recipients.external >= 10 && !message.is_reply",
        "recipients.external + history.split_recipients == 12",
        "recipients.external - 2 * recipients.visible_parties > 5",
        "\"example.com\" in recipients.domains",
        "sender.domain in [\"\", \"example.org\"]",
        "controls.expiring_days in [7, 3, 1]",
        "size(recipients.domains) == 2 && recipients.domains.size() == 2",
        "size(message.subject) == 9",
        "message.subject.contains(\"社外秘\") && message.subject.endsWith(\"Plan\")",
        "message.subject.matches(\"(?i)plan$\")",
        "attachments.names.exists(n, n.endsWith(\".zip\"))",
        "attachments.names.all(n, recipients.domains.exists(d, n != d))",
        "attachments.names.exists_one(n, n.startsWith(\"名簿\"))",
        "size(attachments.names.filter(n, n.contains(\".\"))) == 2",
        "attachments.names.map(n, size(n)) == [5, 7]",
        "(message.is_recall ? 1 : 2) < recipients.visible_parties",
        "attachments.names[1] == \"名簿.xlsx\"",
        "string(recipients.external) == \"12\"",
        "recipients.domains == [\"example.com\", \"example.net\"]",
        "message.is_recall == true || message.signed",
        "\"x\" + message.subject != \"x\"",
    ] {
        assert!(holds(yes), "{yes}");
    }
    for no in [
        "recipients.external > 12",
        "attachments.names.all(n, n.endsWith(\".zip\"))",
        "labels.found != []",
        "history.same_recipients_hours >= 0",
    ] {
        assert!(!holds(no), "{no}");
    }
}

#[test]
fn unknown_names_are_told_with_the_nearest() {
    refused(
        "recipient.external > 0",
        "unknown group `recipient`",
        "`recipients.external`",
    );
    refused(
        "recipients.extrenal > 0",
        "unknown fact `recipients.extrenal`",
        "`recipients.external`",
    );
    refused(
        "recipients.expired > 0",
        "unknown fact",
        "`controls.expired`",
    );
    refused(
        "recipients.zzzzzzzz > 0",
        "unknown fact",
        "`recipients` has total, ",
    );
    refused(
        "external > 0",
        "`external` lacks its group",
        "`recipients.external`",
    );
    refused(
        "recipients > 0",
        "is a group of facts",
        "`recipients.total`",
    );
    refused("size(labls.found) > 0", "unknown group", "`labels.found`");
    refused("recipients.external.foo > 0", "a fact has no parts", "");
    refused("weather == 1", "unknown name `weather`", "message, sender");
    refused(
        "labels.found.exists(l, l.name == \"x\")",
        "has no `.name`",
        "`l` alone",
    );
}

#[test]
fn unfit_types_are_found_at_load() {
    refused(
        "labels.found > 0",
        "`>` between a list of texts and a number",
        "size(",
    );
    refused(
        "labels.found == \"社外秘\"",
        "between a list of texts and a text",
        "in list",
    );
    refused(
        "recipients.external == \"10\"",
        "between a number and a text",
        "quotes",
    );
    refused(
        "recipients.external >= 9.5",
        "no fact is of this kind",
        "whole number",
    );
    refused(
        "recipients.external > 1u",
        "no fact is of this kind",
        "without `u`",
    );
    refused("message.id == null", "no fact is of this kind", "ever null");
    refused("recipients.external", "the condition is a number", ">= 10");
    refused(
        "labels.found",
        "the condition is a list of texts",
        "size(labels.found) > 0",
    );
    refused(
        "recipients.external && message.signed",
        "`&&` wants true or false",
        ">= 10",
    );
    refused("!recipients.external", "`!` wants true or false", "");
    refused(
        "1 in recipients.domains",
        "`in` looks for a number",
        "a text",
    );
    refused("\"a\" in message.subject", "`in` wants a list", "contains");
    refused(
        "labels.found.contains(\"社外秘\")",
        "`contains` cannot take",
        "in list",
    );
    refused(
        "labels.found.exists(l, size(l))",
        "the condition within `exists` wants",
        "",
    );
    refused(
        "message.subject.exists(l, l == \"\")",
        "this goes through a text",
        "attachments.names",
    );
    refused(
        "labels.found.exists(links, links == \"\")",
        "called like a group",
        "another name",
    );
    refused("message.signed < true", "cannot order", "");
    refused("message.signed + true", "cannot add", "");
    refused(
        "recipients.external * message.id > 1",
        "`*` wants numbers",
        "size(text)",
    );
    refused("(message.signed ? 1 : \"a\") == 1", "`?:` between", "");
    refused(
        "size(message.signed) > 0",
        "`size` cannot take true or false",
        "size(list)",
    );
    refused("has(message.id)", "always true", "");
    refused("[[1]] == [[1]] && message.signed", "a list of lists", "");
    refused("{\"a\": 1}.a == 1", "no maps", "");
    refused("[message.id, 1] == []", "and of something else", "");
    refused(
        "message.id.lowercase() == \"\"",
        "unknown function `lowercase`",
        "",
    );
    refused(
        "message.id.startswith(\"a\")",
        "unknown function",
        "`startsWith`",
    );
    refused(
        "exists(labels.found, 1)",
        "unknown function",
        "list.exists(x, …)",
    );
    refused(
        "contains(message.id, \"a\")",
        "`contains` cannot take",
        "text.contains",
    );
    refused("message.id.matches(\"(\")", "not a regular expression", "");
    refused("message.id.matches(message.subject)", "not written out", "");
}

#[test]
fn conditions_that_test_nothing_are_refused() {
    refused("true", "tests nothing", "recipients.external");
    refused("1 + 1 == 2", "tests nothing", "");
    refused("recipients.external >= 0", "always true", "");
    refused("recipients.external < 0 || false", "always false", "");
    refused(
        "message.signed || size(labels.found) >= 0",
        "always true",
        "",
    );
    refused("recipients.external + links.count >= 0", "always true", "");
    refused(
        "message.signed && recipients.external in [-1, -2]",
        "always false",
        "",
    );
    refused(
        "attachments.names.all(n, recipients.external > -1)",
        "always true",
        "",
    );
    refused("0 - recipients.external > 0", "always false", "");
    assert!(!holds("history.same_recipients_hours >= 0"));
}

#[test]
fn text_that_is_no_cel_is_refused_on_its_line() {
    for source in [
        "recipients.external >",
        "&&",
        "(",
        "recipients.external => 1",
        "あ",
        "a b",
    ] {
        assert!(Condition::compile(source).is_err(), "{source}");
    }
    refused("", "is empty", "");
    refused(&"!".repeat(20_000), "too long", "");
    let errors = Condition::compile("message.signed\n|| recipients.extern > 1").expect_err("typo");
    assert_eq!(errors[0].line, 1, "{errors:?}");
    let errors = Condition::compile("message.signed ||\n\nlabels.found > 0 && x").expect_err("two");
    assert_eq!(
        errors.iter().map(|e| e.line).collect::<Vec<_>>(),
        [2, 2],
        "{errors:?}"
    );
}

#[test]
fn conditions_that_fail_say_why() {
    let error = |source| {
        let condition = Condition::compile(source).expect(source);
        condition.holds(&facts()).expect_err(source)
    };
    assert_eq!(error("10 / recipients.internal > 1"), "a division by zero");
    assert_eq!(
        error("recipients.external * 9223372036854775807 > 1"),
        "a number is too large"
    );
    assert_eq!(
        error("attachments.names[9] == \"\""),
        "a list has no element at this place"
    );
    assert_eq!(error("int(message.subject) > 1"), "`int` failed");
    // whichever side can decide, decides
    assert!(holds("10 / recipients.internal > 1 || message.is_recall"));
    assert!(!holds("10 / recipients.internal > 1 && message.is_reply"));
}

#[test]
fn the_common_conditions_have_a_plan() {
    let planned = |s| matches!(Condition::compile(s).expect(s).run, Run::Plan(_));
    assert!(planned(
        "recipients.visible_parties >= 10 || recipients.visible_personal >= 5"
    ));
    assert!(planned(
        "attachments.names.exists(n, n.matches(\"zip$\")) && size(labels.found) > 0"
    ));
    assert!(!planned(
        "size(attachments.names.filter(n, n == \"a\")) > 0"
    ));
}

/// Numbers of a condition, some of which overflow.
fn numbers() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        (-3i64..20).prop_map(|n| if n < 0 {
            format!("({n})")
        } else {
            n.to_string()
        }),
        Just("9223372036854775807".to_string()),
        Just("(-9223372036854775808)".to_string()),
        Just("recipients.external".to_string()),
        Just("recipients.internal".to_string()),
        Just("history.same_recipients_hours".to_string()),
        Just("size(attachments.names)".to_string()),
        Just("message.subject.size()".to_string()),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            (inner.clone(), "[-+*/%]", inner.clone())
                .prop_map(|(a, o, b)| format!("({a} {o} {b})")),
            inner.clone().prop_map(|a| format!("(-{a})")),
            (inner.clone(), inner).prop_map(|(a, b)| format!("(message.signed ? {a} : {b})")),
        ]
    })
}

fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("message.subject".to_string()),
        Just("sender.domain".to_string()),
        "[a-c社]{0,2}".prop_map(|s| format!("\"{s}\"")),
    ]
}

fn lists() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("attachments.names".to_string()),
        Just("labels.found".to_string()),
        Just("[\"a\", \"社\"]".to_string()),
    ]
}

fn tests() -> impl Strategy<Value = String> {
    let order = || {
        prop_oneof![
            Just("=="),
            Just("!="),
            Just("<"),
            Just("<="),
            Just(">"),
            Just(">=")
        ]
    };
    let leaf = prop_oneof![
        Just("message.signed".to_string()),
        Just("message.is_recall".to_string()),
        (numbers(), order(), numbers()).prop_map(|(a, o, b)| format!("{a} {o} {b}")),
        (texts(), order(), texts()).prop_map(|(a, o, b)| format!("{a} {o} {b}")),
        (texts(), lists()).prop_map(|(a, l)| format!("{a} in {l}")),
        numbers().prop_map(|a| format!("{a} in [1, 2, -1]")),
        (texts(), texts()).prop_map(|(a, b)| format!("{a}.contains({b})")),
        (texts(), texts()).prop_map(|(a, b)| format!("{a}.startsWith({b})")),
        (texts(), texts()).prop_map(|(a, b)| format!("{a}.endsWith({b})")),
        texts().prop_map(|a| format!("{a}.matches(\"^[ab]+社?$\")")),
        (lists(), texts()).prop_map(|(l, t)| format!("{l}.exists(x, x == {t} || x < {t})")),
        (lists(), lists(), numbers())
            .prop_map(|(l, m, n)| format!("{l}.all(x, {m}.exists(y, x == y && {n} > size(y)))")),
    ];
    leaf.prop_recursive(4, 16, 3, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("(({a}) && ({b}))")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("(({a}) || ({b}))")),
            inner.clone().prop_map(|a| format!("!({a})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("(({a}) == ({b}))")),
            (inner.clone(), inner.clone(), inner)
                .prop_map(|(a, b, c)| format!("(({a}) ? ({b}) : ({c}))")),
        ]
    })
}

fn some_facts() -> impl Strategy<Value = Facts> {
    let list = || prop::collection::vec("[a-c社]{0,2}", 0..4);
    (
        0i64..20,
        0i64..3,
        -1i64..80,
        "[a-c社]{0,3}",
        any::<bool>(),
        any::<bool>(),
        list(),
        list(),
    )
        .prop_map(
            |(external, internal, hours, subject, signed, recall, names, found)| {
                let mut facts = Facts::default();
                facts.recipients.external = external;
                facts.recipients.internal = internal;
                facts.history.same_recipients_hours = hours;
                facts.message.subject = subject;
                facts.message.signed = signed;
                facts.message.is_recall = recall;
                facts.attachments.names = names;
                facts.labels.found = found;
                facts
            },
        )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn the_plan_and_the_interpreter_agree(source in tests(), facts in some_facts()) {
        let program = ENV.compile(&source).expect("the strategy writes CEL");
        let checked = check::check(program.expression());
        // A text of constants alone asks about no fact; it runs all the same.
        prop_assert!(checked.faults.iter().all(|f| f.message.contains("no fact")), "{:?}", checked.faults);
        let test = plan::compile(program.expression(), &checked.types).expect("a plan");
        let planned = test.run(&Scope::of(&facts));
        let interpreted = interpret::run(&program, &ENV, &facts);
        prop_assert_eq!(planned.ok(), interpreted.ok(), "{}", &source);
        if let (Some(always), Ok(found)) = (constant::always(&test), planned) {
            prop_assert_eq!(always, found, "{}", source);
        }
    }

    #[test]
    fn what_passes_the_check_runs(source in tests(), cut in 0usize..200, put in "[a-z.()\"!& ]{0,3}") {
        let cut = source.floor_char_boundary(cut.min(source.len()));
        let broken = format!("{}{put}{}", &source[..cut], &source[cut..]);
        if let Ok(condition) = Condition::compile(&broken) {
            if let Err(why) = condition.holds(&facts()) {
                prop_assert!(why.contains("zero") || why.contains("too large"), "{broken}: {why}");
            }
        }
    }
}
