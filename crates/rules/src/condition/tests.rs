//! What conditions may say, and what is wrong with those that may not.

use super::*;

pub(super) fn facts() -> Facts {
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
    condition.holds(&facts()).unwrap_or_else(|e| panic!("{source}: {e}"))
}

#[track_caller]
fn refused(source: &str, message: &str, remedy: &str) {
    let errors = Condition::compile(source).expect_err(source);
    let found = errors.iter().any(|e| e.message.contains(message) && e.remedy.contains(remedy));
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
    refused("recipient.external > 0", "unknown group `recipient`", "`recipients.external`");
    refused("recipients.extrenal > 0", "unknown fact `recipients.extrenal`", "`recipients.external`");
    refused("recipients.expired > 0", "unknown fact", "`controls.expired`");
    refused("recipients.zzzzzzzz > 0", "unknown fact", "`recipients` has total, ");
    refused("external > 0", "`external` lacks its group", "`recipients.external`");
    refused("recipients > 0", "is a group of facts", "`recipients.total`");
    refused("size(labls.found) > 0", "unknown group", "`labels.found`");
    refused("recipients.external.foo > 0", "a fact has no parts", "");
    refused("weather == 1", "unknown name `weather`", "message, sender");
    refused("labels.found.exists(l, l.name == \"x\")", "has no `.name`", "`l` alone");
}

#[test]
fn unfit_types_are_found_at_load() {
    refused("labels.found > 0", "`>` between a list of texts and a number", "size(");
    refused("labels.found == \"社外秘\"", "between a list of texts and a text", "in list");
    refused("recipients.external == \"10\"", "between a number and a text", "quotes");
    refused("recipients.external >= 9.5", "no fact is of this kind", "whole number");
    refused("recipients.external > 1u", "no fact is of this kind", "without `u`");
    refused("message.id == null", "no fact is of this kind", "ever null");
    refused("recipients.external", "the condition is a number", ">= 10");
    refused("labels.found", "the condition is a list of texts", "size(labels.found) > 0");
    refused("recipients.external && message.signed", "`&&` wants true or false", ">= 10");
    refused("!recipients.external", "`!` wants true or false", "");
    refused("1 in recipients.domains", "`in` looks for a number", "a text");
    refused("\"a\" in message.subject", "`in` wants a list", "contains");
    refused("labels.found.contains(\"社外秘\")", "`contains` cannot take", "in list");
    refused("labels.found.exists(l, size(l))", "the condition within `exists` wants", "");
    refused("message.subject.exists(l, l == \"\")", "this goes through a text", "attachments.names");
    refused("labels.found.exists(links, links == \"\")", "called like a group", "another name");
    refused("message.signed < true", "cannot order", "");
    refused("message.signed + true", "cannot add", "");
    refused("recipients.external * message.id > 1", "`*` wants numbers", "size(text)");
    refused("(message.signed ? 1 : \"a\") == 1", "`?:` between", "");
    refused("size(message.signed) > 0", "`size` cannot take true or false", "size(list)");
    refused("has(message.id)", "always true", "");
    refused("[[1]] == [[1]] && message.signed", "a list of lists", "");
    refused("{\"a\": 1}.a == 1", "no maps", "");
    refused("[message.id, 1] == []", "and of something else", "");
    refused("message.id.lowercase() == \"\"", "unknown function `lowercase`", "");
    refused("message.id.startswith(\"a\")", "unknown function", "`startsWith`");
    refused("exists(labels.found, 1)", "unknown function", "list.exists(x, …)");
    refused("contains(message.id, \"a\")", "`contains` cannot take", "text.contains");
    refused("message.id.matches(\"(\")", "not a regular expression", "");
    refused("message.id.matches(message.subject)", "not written out", "");
}

#[test]
fn conditions_that_test_nothing_are_refused() {
    refused("true", "tests nothing", "recipients.external");
    refused("1 + 1 == 2", "tests nothing", "");
    refused("recipients.external >= 0", "always true", "");
    refused("recipients.external < 0 || false", "always false", "");
    refused("message.signed || size(labels.found) >= 0", "always true", "");
    refused("recipients.external + links.count >= 0", "always true", "");
    refused("message.signed && recipients.external in [-1, -2]", "always false", "");
    refused("attachments.names.all(n, recipients.external > -1)", "always true", "");
    refused("0 - recipients.external > 0", "always false", "");
    assert!(!holds("history.same_recipients_hours >= 0"));
}

#[test]
fn text_that_is_no_cel_is_refused_on_its_line() {
    for source in ["recipients.external >", "&&", "(", "recipients.external => 1", "あ", "a b"] {
        assert!(Condition::compile(source).is_err(), "{source}");
    }
    refused("", "is empty", "");
    refused(&"!".repeat(20_000), "too long", "");
    let errors = Condition::compile("message.signed\n|| recipients.extern > 1").expect_err("typo");
    assert_eq!(errors[0].line, 1, "{errors:?}");
    let errors = Condition::compile("message.signed ||\n\nlabels.found > 0 && x").expect_err("two");
    assert_eq!(errors.iter().map(|e| e.line).collect::<Vec<_>>(), [2, 2], "{errors:?}");
}

#[test]
fn conditions_that_fail_say_why() {
    let error = |source| {
        let condition = Condition::compile(source).expect(source);
        condition.holds(&facts()).expect_err(source)
    };
    assert_eq!(error("10 / recipients.internal > 1"), "a division by zero");
    assert_eq!(error("recipients.external * 9223372036854775807 > 1"), "a number is too large");
    assert_eq!(error("attachments.names[9] == \"\""), "a list has no element at this place");
    assert_eq!(error("int(message.subject) > 1"), "`int` failed");
    // whichever side can decide, decides
    assert!(holds("10 / recipients.internal > 1 || message.is_recall"));
    assert!(!holds("10 / recipients.internal > 1 && message.is_reply"));
}

#[test]
fn the_common_conditions_have_a_plan() {
    let planned = |s| Condition::compile(s).expect(s).is_compiled();
    assert!(planned("recipients.visible_parties >= 10 || recipients.visible_personal >= 5"));
    assert!(planned("attachments.names.exists(n, n.matches(\"zip$\")) && size(labels.found) > 0"));
    assert!(!planned("size(attachments.names.filter(n, n == \"a\")) > 0"));
}

#[test]
fn the_examples_of_the_vocabulary_are_conditions() {
    for fact in facts::TABLE {
        let condition = Condition::compile(fact.example);
        let condition = condition.unwrap_or_else(|e| panic!("{}: {e:?}", fact.example));
        assert!(condition.facts().contains(&fact), "{}", fact.example);
        assert!(condition.holds(&Facts::default()).is_ok());
    }
}
