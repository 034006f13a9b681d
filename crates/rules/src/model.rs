//! What a rule is, and what may stand in its keys.

use std::path::PathBuf;
use std::time::Duration;

use super::condition::Condition;
use super::verdict::{Action, Approval, Mode, Rewrite};
use casebook::Bilingual;
use casebook::form::{Fields, Sheet, nearest};

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
    /// Counted from 1.
    pub line: usize,
}

/// The longest delay: mail that waits longer is held, not delayed.
const MAX_DELAY: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// A value and the byte at which it stands.
type ModelAt<T> = (T, usize);

impl Rule {
    /// Reads one `[[rule]]`. Every fault goes to `sheet`; none if there was one. `known` are the ids
    /// of the casebook.
    pub(super) fn read<'i>(mut fields: Fields<'i>, sheet: &mut Sheet<'i>, known: &[&str]) -> Option<Rule> {
        let at = fields.at();
        let id = fields.need_text(sheet, "id", "\"exposed-recipients\"");
        let id = id.and_then(|id| checked_id(id, sheet));
        let description = fields.text(sheet, "description");
        let when = fields.need_text(sheet, "when", "\"recipients.visible_parties >= 10\"");
        let when = when.and_then(|when| condition(when, sheet));
        let actions = "\"pass\", \"rewrite\", \"delay\", \"hold\" or \"reject\"";
        let action = fields.need_value::<Action>(sheet, "action", actions);
        let rewrite = fields.value::<Rewrite>(sheet, "rewrite", "\"bcc\" or \"individual\"");
        let approvals = "\"none\", \"sender\" or \"second-person\"";
        let approval = fields.value::<Approval>(sheet, "approval", approvals);
        let delay_at = fields.at_key("delay");
        let delay = fields.duration(sheet, "delay").zip(delay_at);
        let mode = fields.value::<Mode>(sheet, "mode", "\"enforce\" or \"monitor\"");
        let incidents = incidents(&mut fields, sheet, known);
        let reason_at = fields.at_key("reason");
        let reason = fields.need_bilingual(sheet, "reason");
        let tell_admin = fields.flag(sheet, "tell_admin").unwrap_or(false);
        fields.finish(sheet);

        // A delay that cannot be read has been told of; it is not missing as well.
        let unread = delay_at.filter(|_| delay.is_none());
        let asked = ModelAsked { action: action?, rewrite, approval, delay };
        if unread.is_some() {
            return None;
        }
        asked.check(sheet);
        // What is empty was told.
        reason_at.filter(|_| !reason.ja.is_empty() && !reason.en.is_empty())?;
        Some(Rule {
            id: id?,
            description: description.map(|d| d.0),
            when: when?,
            action: asked.action.0,
            rewrite: rewrite.map(|r| r.0),
            approval: asked.approval(),
            delay: delay.map(|d| d.0),
            mode: mode.map_or(Mode::Enforce, |m| m.0),
            incidents: incidents?,
            reason,
            tell_admin,
            file: sheet.file().to_path_buf(),
            line: sheet.line_of(at),
        })
    }
}

fn checked_id((id, at): ModelAt<String>, sheet: &mut Sheet<'_>) -> Option<String> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if !id.chars().all(fits) {
        let remedy = "write small letters, digits and hyphens";
        sheet.error(Some(at), format!("`{id}` is no id"), remedy);
        return None;
    }
    Some(id)
}

fn condition((text, at): ModelAt<String>, sheet: &mut Sheet<'_>) -> Option<Condition> {
    let first_line = sheet.first_line_of(at);
    match Condition::compile(&text) {
        Ok(condition) => Some(condition),
        Err(errors) => {
            for error in errors {
                sheet.error_on(first_line + error.line, error.message, error.remedy);
            }
            None
        }
    }
}

/// The incidents that a rule cites: at least one, and all of the casebook.
fn incidents<'i>(fields: &mut Fields<'i>, sheet: &mut Sheet<'i>, known: &[&str]) -> Option<Vec<String>> {
    let key_at = fields.at_key("incidents").unwrap_or(fields.at());
    let cited = fields.texts(sheet, "incidents").unwrap_or_default();
    if cited.is_empty() {
        let remedy = "cite what the rule would have prevented: incidents = [\"2023-116\"]";
        sheet.error(Some(key_at), "the rule cites no incident", remedy);
        return None;
    }
    let before = sheet.errors.len();
    for (id, at) in cited.iter().filter(|(id, _)| !known.contains(&id.as_str())) {
        let remedy = match nearest(id, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "cite one of the casebook, or write the incident first".to_string(),
        };
        sheet.error(Some(*at), format!("the casebook has no incident `{id}`"), remedy);
    }
    (sheet.errors.len() == before).then(|| cited.into_iter().map(|c| c.0).collect())
}

/// What a rule asks for, in keys that must fit one another.
struct ModelAsked {
    action: ModelAt<Action>,
    rewrite: Option<ModelAt<Rewrite>>,
    approval: Option<ModelAt<Approval>>,
    delay: Option<ModelAt<Duration>>,
}

impl ModelAsked {
    /// Notes what does not fit.
    fn check(&self, sheet: &mut Sheet<'_>) {
        self.check_rewrite(sheet);
        self.check_approval(sheet);
        self.check_delay(sheet);
    }

    fn check_rewrite(&self, sheet: &mut Sheet<'_>) {
        match (self.action.0, self.rewrite) {
            (Action::Pass | Action::Reject, Some((_, at))) => {
                self.meaningless(sheet, "rewrite", at, "rewrite, delay or hold");
            }
            (Action::Rewrite, None) => {
                let message = "the action rewrite lacks its key `rewrite`";
                let remedy = "write rewrite = \"bcc\" or \"individual\"";
                sheet.error(Some(self.action.1), message, remedy);
            }
            _ => {}
        }
    }

    fn check_approval(&self, sheet: &mut Sheet<'_>) {
        match (self.action.0, self.approval) {
            (Action::Pass | Action::Reject, Some((approval, at))) if approval != Approval::None => {
                self.meaningless(sheet, "approval", at, "rewrite, delay or hold");
            }
            (Action::Hold, Some((Approval::None, at))) => {
                let remedy = "write approval = \"sender\" or \"second-person\"";
                sheet.error(Some(at), "nobody could release what this rule holds", remedy);
            }
            _ => {}
        }
    }

    fn check_delay(&self, sheet: &mut Sheet<'_>) {
        match (self.action.0, self.delay) {
            (Action::Delay, None) => {
                let message = "the action delay lacks its key `delay`";
                let remedy = "write how long, such as delay = \"5m\"";
                sheet.error(Some(self.action.1), message, remedy);
            }
            (Action::Delay, Some((delay, at))) if delay.is_zero() || delay > MAX_DELAY => {
                let remedy = "write one from \"1s\" to \"7d\", such as \"5m\"";
                sheet.error(Some(at), "mail cannot be delayed so long or so short", remedy);
            }
            (Action::Delay, Some(_)) | (_, None) => {}
            (_, Some((_, at))) => self.meaningless(sheet, "delay", at, "delay"),
        }
    }

    fn meaningless(&self, sheet: &mut Sheet<'_>, key: &str, at: usize, right: &str) {
        let action = self.action.0.as_str();
        let message = format!("`{key}` means nothing with the action {action}");
        sheet.error(Some(at), message, format!("use it with the action {right}"));
    }

    /// Whose word is meant where the rule does not say: a held message waits for its sender's.
    fn approval(&self) -> Approval {
        match (self.approval, self.action.0) {
            (Some((approval, _)), _) => approval,
            (None, Action::Hold) => Approval::Sender,
            (None, _) => Approval::None,
        }
    }
}
