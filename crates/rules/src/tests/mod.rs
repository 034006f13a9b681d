//! What the tests of the rules share.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::*;
use crate::verdict::{Action, Approval, Mode, Rewrite, Verdict};

mod loading;
mod verdicts;
use facts::Facts;
use terms::clock::Timestamp;

const KNOWN: &[&str] = &["2023-116", "2022-minoh"];

fn source(file: &str, text: &str) -> Source {
    Source { file: PathBuf::from(file), text: text.to_string() }
}

/// A rule with these lines before its `incidents`.
fn rule(lines: &str) -> String {
    format!("[[rule]]\n{lines}\nincidents = [\"2023-116\"]\n[rule.reason]\nja = \"理由\"\nen = \"Reason\"\n")
}

fn now() -> Timestamp {
    "2026-06-01T03:00:00Z".parse().unwrap()
}

#[track_caller]
fn load(sources: &[Source]) -> RuleSet {
    RuleSet::from_sources(sources, KNOWN).unwrap_or_else(|errors| panic!("{errors:#?}"))
}

/// The verdict of rules, each `id when action…`, on a message with 12 visible outside parties.
#[track_caller]
fn verdict(rules: &[(&str, &str, &str)]) -> Verdict {
    let text: String = rules
        .iter()
        .map(|(id, when, rest)| rule(&format!("id = \"{id}\"\nwhen = '{when}'\n{rest}")))
        .collect();
    load(&[source("a.toml", &text)]).evaluate(&facts(), now())
}

fn facts() -> Facts {
    let mut facts = Facts::default();
    facts.recipients.visible_parties = 12;
    facts.recipients.external = 12;
    facts.recipients.domains = vec!["example.com".into(), "example.net".into()];
    facts.sender.address = "Taro@city.example.jp".into();
    facts.sender.domain = "city.example.jp".into();
    facts
}

const MANY: &str = "recipients.visible_parties >= 10";
const NONE: &str = "recipients.visible_parties >= 100";
const FAILS: &str = "1 / recipients.freemail > 0";
