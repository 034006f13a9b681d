//! The plan and the interpreter agree on every condition, and what passes the check runs.

use proptest::prelude::*;

use super::tests::facts;
use super::*;

/// Numbers of a condition, some of which overflow.
fn numbers() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        (-3i64..20).prop_map(|n| if n < 0 { format!("({n})") } else { n.to_string() }),
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
            (inner.clone(), "[-+*/%]", inner.clone()).prop_map(|(a, o, b)| format!("({a} {o} {b})")),
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
    let order = || prop_oneof![Just("=="), Just("!="), Just("<"), Just("<="), Just(">"), Just(">=")];
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
            (inner.clone(), inner.clone(), inner).prop_map(|(a, b, c)| format!("(({a}) ? ({b}) : ({c}))")),
        ]
    })
}

fn some_facts() -> impl Strategy<Value = Facts> {
    let list = || prop::collection::vec("[a-c社]{0,2}", 0..4);
    (0i64..20, 0i64..3, -1i64..80, "[a-c社]{0,3}", any::<bool>(), any::<bool>(), list(), list()).prop_map(
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
        let test = compile::compile(program.expression(), &checked.types).expect("a plan");
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
        if let Ok(condition) = Condition::compile(&broken)
            && let Err(why) = condition.holds(&facts())
        {
            prop_assert!(why.contains("zero") || why.contains("too large"), "{broken}: {why}");
        }
    }
}
