//! What a rule is, and what may stand in its keys.

use std::path::PathBuf;
use std::time::Duration;

use super::condition::{Condition, ConditionError};
use super::keys::{File, Keys, Located};
use super::nearest::nearest;
use super::verdict::{Action, Approval, Mode, Rewrite};
use crate::casebook::Bilingual;

/// One rule, checked.
#[derive(Debug)]
pub struct Rule {
    pub id: String,
    /// What it is for, in its author's words.
    pub description: Option<String>,
    pub when: Condition,
    pub action: Action,
    /// What is done to the header, now or when a held message is released.
    pub rewrite: Option<Rewrite>,
    pub approval: Approval,
    /// How long a delayed message waits; there for the action delay, and only there.
    pub delay: Option<Duration>,
    pub mode: Mode,
    /// The incidents that it would have prevented; never empty.
    pub incidents: Vec<String>,
    pub reason: Bilingual,
    /// Whether the organisation's admins are told as well as the sender.
    pub tell_admin: bool,
    /// Where it stands.
    pub file: PathBuf,
    pub line: usize,
}

/// The longest delay: mail that waits longer is held, not delayed.
const MAX_DELAY: Duration = Duration::from_secs(7 * 24 * 60 * 60);

impl Rule {
    /// Reads one `[[rule]]`. Every fault goes to `file`; none if there was one.
    pub(super) fn read<'s>(
        mut keys: Keys<'s>,
        file: &mut File<'s>,
        known: &[&str],
    ) -> Option<Rule> {
        let line = keys.line;
        let id =
            keys.required::<String>(file, "id", "an id, such as `id = \"exposed-recipients\"`");
        let id = id.and_then(|id| checked_id(id, file));
        let description = keys.optional(file, "description", "a sentence in quotes");
        let when = keys.required::<String>(
            file,
            "when",
            "a condition, such as `when = \"recipients.visible_parties >= 10\"`",
        );
        let when = when.and_then(|when| condition(when, file));
        let action = keys.required::<Action>(
            file,
            "action",
            "one of \"pass\", \"rewrite\", \"delay\", \"hold\", \"reject\"",
        );
        let rewrite = keys.optional::<Rewrite>(file, "rewrite", "\"bcc\" or \"individual\"");
        let approval = keys.optional::<Approval>(
            file,
            "approval",
            "\"none\", \"sender\" or \"second-person\"",
        );
        let delay = keys.optional::<String>(file, "delay", "a time, such as \"5m\"");
        let delay = delay.map(|delay| Located {
            line: delay.line,
            indent: 0,
            value: duration(delay, file),
        });
        let mode = keys.optional(file, "mode", "\"enforce\" or \"monitor\"");
        let incidents = keys.required::<Vec<String>>(
            file,
            "incidents",
            "a list of casebook ids, such as `incidents = [\"2023-116\"]`",
        );
        let incidents = incidents.and_then(|cited| checked_incidents(cited, file, known));
        let reason =
            keys.required::<Bilingual>(file, "reason", "`[rule.reason]` with `ja` and `en`");
        let reason = reason.and_then(|reason| checked_reason(reason, file));
        let tell_admin = keys.optional(file, "tell_admin", "true or false");
        keys.finish(file);

        let action = action?;
        let fits = Together {
            action: &action,
            rewrite: &rewrite,
            approval: &approval,
            delay: &delay,
        };
        let approval_given = fits.check(line, file);
        Some(Rule {
            id: id?,
            description: description.map(|d| d.value),
            when: when?,
            action: action.value,
            rewrite: rewrite.map(|r| r.value),
            approval: approval_given,
            delay: match delay {
                Some(delay) => Some(delay.value?),
                None => None,
            },
            mode: mode.map_or(Mode::Enforce, |m| m.value),
            incidents: incidents?,
            reason: reason?,
            tell_admin: tell_admin.is_some_and(|t| t.value),
            file: file.path().to_path_buf(),
            line,
        })
    }
}

fn checked_id(id: Located<String>, file: &mut File<'_>) -> Option<String> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if id.value.is_empty() || !id.value.chars().all(fits) {
        let message = format!("`{}` is no id", id.value);
        file.fault(id.line, message, "write small letters, digits and hyphens");
        return None;
    }
    Some(id.value)
}

fn condition(when: Located<String>, file: &mut File<'_>) -> Option<Condition> {
    match Condition::compile(&when.value) {
        Ok(condition) => Some(condition),
        Err(errors) => {
            for ConditionError {
                line,
                message,
                remedy,
            } in errors
            {
                file.fault(when.line + when.indent + line, message, remedy);
            }
            None
        }
    }
}

fn checked_incidents(
    cited: Located<Vec<String>>,
    file: &mut File<'_>,
    known: &[&str],
) -> Option<Vec<String>> {
    if cited.value.is_empty() {
        let remedy = "cite the casebook incident that the rule would have prevented";
        file.fault(cited.line, "the rule cites no incident", remedy);
        return None;
    }
    let mut all_known = true;
    for id in cited
        .value
        .iter()
        .filter(|id| !known.contains(&id.as_str()))
    {
        let remedy = match nearest(id, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "cite one of the casebook, or write the incident first".to_string(),
        };
        file.fault(
            cited.line,
            format!("the casebook has no incident `{id}`"),
            remedy,
        );
        all_known = false;
    }
    all_known.then_some(cited.value)
}

fn checked_reason(reason: Located<Bilingual>, file: &mut File<'_>) -> Option<Bilingual> {
    let Bilingual { ja, en } = &reason.value;
    for (text, language) in [(ja, "ja"), (en, "en")] {
        if text.trim().is_empty() {
            let remedy = "say what was found, why it matters and what to do";
            file.fault(
                reason.line,
                format!("the reason's `{language}` is empty"),
                remedy,
            );
        }
    }
    (!ja.trim().is_empty() && !en.trim().is_empty()).then_some(reason.value)
}

/// A time such as `90s`, `5m`, `2h` or `1d`.
fn duration(written: Located<String>, file: &mut File<'_>) -> Option<Duration> {
    let found = parse_duration(&written.value);
    if found.is_none_or(|d| d.is_zero() || d > MAX_DELAY) {
        let message = format!("`{}` is no delay", written.value);
        file.fault(
            written.line,
            message,
            "write one from \"1s\" to \"7d\", such as \"90s\", \"5m\" or \"2h\"",
        );
        return None;
    }
    found
}

fn parse_duration(text: &str) -> Option<Duration> {
    let (number, unit) = text
        .trim()
        .split_at(text.trim().find(|c: char| !c.is_ascii_digit())?);
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 60 * 60,
        "d" => 24 * 60 * 60,
        _ => return None,
    };
    number
        .parse::<u64>()
        .ok()?
        .checked_mul(seconds)
        .map(Duration::from_secs)
}

/// The keys that must fit one another.
struct Together<'r> {
    action: &'r Located<Action>,
    rewrite: &'r Option<Located<Rewrite>>,
    approval: &'r Option<Located<Approval>>,
    delay: &'r Option<Located<Option<Duration>>>,
}

impl Together<'_> {
    /// Notes what does not fit, and gives the approval that is meant.
    fn check(&self, line: usize, file: &mut File<'_>) -> Approval {
        let action = self.action.value;
        let name = action.as_str();
        match (self.rewrite, action) {
            (None, Action::Rewrite) => {
                file.fault(
                    self.action.line,
                    "the action rewrite lacks its key `rewrite`",
                    "write `rewrite = \"bcc\"` or \"individual\"",
                );
            }
            (Some(rewrite), Action::Pass | Action::Reject) => {
                let message = format!("`rewrite` means nothing with the action {name}");
                file.fault(
                    rewrite.line,
                    message,
                    "use it with the action rewrite, delay or hold",
                );
            }
            _ => {}
        }
        match (self.delay, action) {
            (None, Action::Delay) => {
                file.fault(
                    self.action.line,
                    "the action delay lacks its key `delay`",
                    "write how long, such as `delay = \"5m\"`",
                );
            }
            (Some(delay), other) if other != Action::Delay => {
                let message = format!("`delay` means nothing with the action {name}");
                file.fault(delay.line, message, "use it with the action delay");
            }
            _ => {}
        }
        match (self.approval, action) {
            (Some(approval), Action::Pass | Action::Reject) if approval.value != Approval::None => {
                let message = format!("`approval` means nothing with the action {name}");
                file.fault(
                    approval.line,
                    message,
                    "use it with the action hold, delay or rewrite",
                );
                Approval::None
            }
            (Some(approval), Action::Hold) if approval.value == Approval::None => {
                file.fault(
                    approval.line.max(line),
                    "nobody could release what this rule holds",
                    "write `approval = \"sender\"` or \"second-person\"",
                );
                Approval::Sender
            }
            (Some(approval), _) => approval.value,
            (None, Action::Hold) => Approval::Sender,
            (None, _) => Approval::None,
        }
    }
}
