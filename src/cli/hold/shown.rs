//! How a case is shown in the shell.

use hold::review::{self, CaseDetail, Repair};
use message::{self, Limits};
use store::{Case, Rewrite, State};

/// An attachment of a held mail.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Attachment {
    /// Its place in the MIME tree, by which it is taken out.
    pub number: String,
    pub name: Option<String>,
    /// In bytes, decoded.
    pub size: usize,
}

/// The attachments of a message.
pub fn attachments(bytes: &[u8]) -> Vec<Attachment> {
    let mail = message::read(bytes, &Limits::default());
    let listed = mail.attachments().into_iter().map(|part| Attachment {
        number: part.number.clone(),
        name: part.file_name.clone(),
        size: part.bytes().len(),
    });
    listed.collect()
}

/// A case as JSON, with its attachments.
pub fn json(shown: &CaseDetail, attachments: &[Attachment]) -> Result<String, String> {
    let mut json = serde_json::to_value(&shown.case).map_err(|e| e.to_string())?;
    json["attachments"] = serde_json::to_value(attachments).map_err(|e| e.to_string())?;
    Ok(json.to_string())
}

/// What a repair changes, a line each.
fn changes(repair: &Repair) -> Vec<String> {
    let rewrite = repair.rewrite.map(|how| format!("--as {}", how.name()));
    let dropped = repair.drop_recipients.iter().map(|address| format!("--drop {address}"));
    let attachments = repair.drop_attachments.iter().map(|number| format!("--drop-attachment {number}"));
    let corrections = repair.corrections.iter().map(|(old, new)| format!("--correct {old}={new}"));
    rewrite.into_iter().chain(dropped).chain(attachments).chain(corrections).collect()
}

/// A text from a message, safe for a terminal.
fn safe(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// A case in one line.
pub fn line(case: &Case) -> String {
    let rules = ids(case).join(",");
    format!(
        "{}  {:<9}  {}  from={}  recipients={}  outside={}  approval={}  rules={rules}",
        case.id,
        case.state.name(),
        case.opened_at,
        case.sender,
        case.recipients.len(),
        case.external,
        case.approval.name(),
    )
}

fn ids(case: &Case) -> Vec<&str> {
    let rules = case.rules.as_array().map(Vec::as_slice).unwrap_or_default();
    rules.iter().filter_map(|r| r.get("id")?.as_str()).collect()
}

/// All that is known of a case.
pub fn whole(shown: &CaseDetail, attachments: &[Attachment]) -> String {
    let case = &shown.case;
    let mut out = String::new();
    let mut add = |name: &str, value: String| out.push_str(&format!("{name:<12} {value}\n"));
    add("case", case.id.clone());
    add("state", case.state.name().to_string());
    add("approval", case.approval.name().to_string());
    add("rewrite", case.rewrite.map_or("none", Rewrite::name).to_string());
    add("from", safe(&case.sender));
    add("subject", safe(case.subject.as_deref().unwrap_or("-")));
    add("message-id", safe(case.message_id.as_deref().unwrap_or("-")));
    add("opened", case.opened_at.to_string());
    add(if case.state == State::Delayed { "leaves" } else { "expires" }, case.ends_at.to_string());
    if let Some(at) = case.concluded_at {
        add("ended", at.to_string());
    }
    add("recipients", format!("{} ({} outside)", case.recipients.len(), case.external));
    for recipient in &case.recipients {
        add("", safe(recipient));
    }
    for rule in case.rules.as_array().map(Vec::as_slice).unwrap_or_default() {
        let texts = |key: &str| -> Vec<String> {
            let list = rule.get(key).and_then(|v| v.as_array()).map(Vec::as_slice).unwrap_or_default();
            list.iter().filter_map(|v| v.as_str().map(safe)).collect()
        };
        let id = rule.get("id").and_then(|v| v.as_str()).unwrap_or("-");
        add("rule", format!("{id} → {}", texts("incidents").join(", ")));
        for evidence in texts("evidence") {
            add("", evidence);
        }
    }
    for attachment in attachments {
        let name = safe(attachment.name.as_deref().unwrap_or("-"));
        add("attachment", format!("{}  {name}  {} bytes", attachment.number, attachment.size));
    }
    if let Some(proposal) = &case.proposal {
        let reason = proposal.reason.as_deref().map_or(String::new(), |r| format!(": {}", safe(r)));
        add("proposal", format!("by {} at {}{reason}", safe(&proposal.by), proposal.at));
        for change in review::proposed(case).iter().flat_map(changes) {
            add("", safe(&change));
        }
    }
    for part in &shown.parts {
        let rcpts = part.envelope.as_ref().map_or(0, |e| e.rcpts.len());
        add(
            "part",
            format!("{}  {} bytes, {rcpts} recipients, {}", part.number, part.size, part.received_at),
        );
    }
    out
}
