//! The question that whoever lets a mail go must answer, instead of "are you sure": how many outside
//! recipients there are, or which organisation it is addressed to. Nobody answers it without looking.

use std::collections::BTreeSet;

use sha2::{Digest, Sha256};
use unicode_normalization::UnicodeNormalization;

use super::policy::Policy;
use super::preview::Preview;
use casebook::Bilingual;
use store::Case;

/// So many organisations are offered.
const CHOICES: usize = 4;
/// Offered where the organisation has too few partners of its own to offer.
const COMMON: &[&str] = &["gmail.com", "yahoo.co.jp", "outlook.com", "icloud.com", "docomo.ne.jp"];
/// Groups of facts that are about the mail's recipients, not its content.
const OF_RECIPIENTS: &[&str] = &["recipients", "history", "sender", "controls"];

/// A question about one mail. It serialises without its answer.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Question {
    pub text: Bilingual,
    pub asked: Asked,
    #[serde(skip)]
    answer: String,
}

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Asked {
    /// How many outside recipients there are; to be typed.
    OutsideRecipients,
    /// How many recipients there are, where none is outside; to be typed.
    Recipients,
    /// Which organisation it goes to; one of these domains.
    Organization { choices: Vec<String> },
}

/// The question about a case. It is the same each time it is asked for. `partners` are domains that the
/// organisation or the sender writes to, and are offered beside the true one before common ones.
pub fn confirm_question(policy: &Policy, case: &Case, preview: &Preview, partners: &[String]) -> Question {
    let count: usize = preview.outside.iter().map(|o| o.addresses.len()).sum();
    match preview.outside.as_slice() {
        [] => typed(
            Asked::Recipients,
            preview.recipients,
            "このメールの宛先は全部で何人ですか。数字を入力してください。",
            "How many recipients does this mail have? Type the number.",
        ),
        [only] if count == 1 || is_about_content(policy, case) => {
            let choices = choices(policy, case, &only.domain, partners);
            Question {
                text: Bilingual {
                    ja: "このメールはどの組織に送られますか。".to_string(),
                    en: "Which organisation does this mail go to?".to_string(),
                },
                asked: Asked::Organization { choices },
                answer: only.domain.clone(),
            }
        }
        _ => typed(
            Asked::OutsideRecipients,
            count,
            "社外の宛先は何人ですか。数字を入力してください。",
            "How many outside recipients are there? Type the number.",
        ),
    }
}

impl Question {
    /// Whether somebody's answer is right. Full-width digits and spaces are taken.
    pub fn check(&self, answer: &str) -> bool {
        let typed: String = answer.nfkc().filter(|c| !c.is_whitespace()).collect();
        match &self.asked {
            Asked::Organization { .. } => typed.to_lowercase() == self.answer,
            Asked::OutsideRecipients | Asked::Recipients => {
                let digits = !typed.is_empty() && typed.bytes().all(|b| b.is_ascii_digit());
                let significant = typed.trim_start_matches('0');
                digits && (if significant.is_empty() { "0" } else { significant }) == self.answer
            }
        }
    }
}

fn typed(asked: Asked, answer: usize, ja: &str, en: &str) -> Question {
    let text = Bilingual { ja: ja.to_string(), en: en.to_string() };
    Question { text, asked, answer: answer.to_string() }
}

/// Whether the rule that decided asks about what is in the mail: then the question is whose it becomes.
fn is_about_content(policy: &Policy, case: &Case) -> bool {
    let rules = case.rules.as_array().map(Vec::as_slice).unwrap_or_default();
    let word = |rule: &serde_json::Value, key: &str| rule.get(key)?.as_str().map(str::to_string);
    let deciding = rules.iter().find(|rule| {
        word(rule, "mode").as_deref() == Some("enforce") && word(rule, "action").as_deref() == Some("hold")
    });
    let id = deciding.and_then(|rule| word(rule, "id"));
    let rule = policy.rules.rules().iter().find(|rule| Some(&rule.id) == id.as_ref());
    rule.is_some_and(|rule| rule.when.facts().iter().any(|f| !OF_RECIPIENTS.contains(&f.group)))
}

/// The true domain among others, in an order that tells nothing.
fn choices(policy: &Policy, case: &Case, truth: &str, partners: &[String]) -> Vec<String> {
    let own = |domain: &str| policy.organization.is_internal(domain);
    let usable = |domain: &String| domain.as_str() != truth && !own(domain);
    let partners: BTreeSet<String> =
        partners.iter().map(|p| p.trim().to_lowercase()).filter(|p| !p.is_empty()).filter(usable).collect();
    let common: BTreeSet<String> =
        COMMON.iter().map(|d| d.to_string()).filter(usable).filter(|d| !partners.contains(d)).collect();
    let mut offered = vec![truth.to_string()];
    for pool in [partners, common] {
        let mut pool: Vec<String> = pool.into_iter().collect();
        pool.sort_by_key(|domain| place(&case.id, domain));
        offered.extend(pool.into_iter().take(CHOICES - offered.len()));
    }
    offered.sort_by_key(|domain| place(&format!("{}/order", case.id), domain));
    offered
}

/// A number by which choices of a case are drawn: the same each time, and not to be foreseen.
fn place(salt: &str, domain: &str) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update(salt);
    hasher.update([0]);
    hasher.update(domain);
    hasher.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preview;
    use facts::Organization;
    use smtp::envelope::{Envelope, Recipient};
    use store::{Approval, State};
    use terms::clock::Timestamp;

    fn now() -> Timestamp {
        "2026-04-01T00:00:00Z".parse().expect("a time")
    }

    fn policy() -> Policy {
        Policy::embedded(Organization::new("みほん市", &["city.example.jp"])).expect("the house loads")
    }

    fn case(policy: &Policy, id: &str, about: &str) -> Case {
        let rule = policy.rules.rules().iter().find(|r| {
            r.action == rules::verdict::Action::Hold && r.when.facts().iter().any(|f| f.group == about)
        });
        let rule = rule.expect("such a rule is in the house");
        Case {
            id: id.into(),
            state: State::Held,
            message_id: None,
            sender: "hana@city.example.jp".into(),
            subject: None,
            recipients: Vec::new(),
            external: 0,
            parts: 1,
            rewrite: None,
            approval: Approval::Sender,
            rules: serde_json::json!([{"id": rule.id, "action": "hold", "mode": "enforce"}]),
            opened_at: now(),
            ends_at: now(),
            concluded_at: None,
            purged: false,
            proposal: None,
            undo_until: None,
        }
    }

    fn asked(rcpts: &[&str], about: &str, id: &str) -> Question {
        let policy = policy();
        let rcpt = |a: &&str| Recipient { address: a.to_string(), params: Vec::new() };
        let envelope = Envelope { rcpts: rcpts.iter().map(rcpt).collect(), ..Envelope::default() };
        let seen = preview(&policy, &envelope, b"From: hana@city.example.jp\r\n\r\nhello\r\n", now());
        let partners = ["Partner.example", "other.example", "city.example.jp", "x.example"].map(String::from);
        confirm_question(&policy, &case(&policy, id, about), &seen, &partners)
    }

    #[test]
    fn a_number_is_typed_in_any_digits() {
        let two = asked(&["a@x.example", "b@y.example", "c@city.example.jp"], "personal", "K7F3-22QX");
        assert_eq!(two.asked, Asked::OutsideRecipients);
        for right in ["2", " 2 ", "２", "　２　", "02"] {
            assert!(two.check(right), "{right}");
        }
        for wrong in ["", "3", "two", "-2", "2 1", "+2", "2人", "0"] {
            assert!(!two.check(wrong), "{wrong}");
        }
        let inside = asked(&["c@city.example.jp"], "personal", "K7F3-22QX");
        assert_eq!(inside.asked, Asked::Recipients);
        assert!(inside.check("1") && !inside.check("0"));
    }

    #[test]
    fn one_organisation_is_picked_among_others() {
        let one = asked(&["a@dept.x.example", "b@x.example"], "personal", "K7F3-22QX");
        let Asked::Organization { choices } = &one.asked else { panic!("{one:?}") };
        assert_eq!(choices.len(), 4);
        assert!(
            choices.contains(&"x.example".to_string()) && choices.contains(&"partner.example".to_string())
        );
        assert!(!choices.contains(&"city.example.jp".to_string()), "{choices:?}");
        assert_eq!(choices.iter().filter(|c| one.check(c)).count(), 1);
        assert!(one.check(" Ｘ.example ") && !one.check("") && !one.check("2"));
        assert_eq!(one, asked(&["a@dept.x.example", "b@x.example"], "personal", "K7F3-22QX"));
        let json = serde_json::to_value(&one).expect("it serialises");
        assert!(json.get("answer").is_none());
    }

    #[test]
    fn the_true_one_is_not_always_in_the_same_place() {
        let places: BTreeSet<usize> = (0..20)
            .filter_map(|i| match asked(&["a@x.example"], "personal", &format!("K7F3-22{i:02}")).asked {
                Asked::Organization { choices } => choices.iter().position(|c| c == "x.example"),
                _ => None,
            })
            .collect();
        assert!(places.len() >= 3, "{places:?}");
    }
}
