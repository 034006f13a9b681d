//! An entry as it is taken out of the log: one JSON object, or one line of CSV (RFC 4180). The shell
//! and the pages write the same.

use super::chain::hex;
use super::filter::Row;

/// The columns of the CSV, in order.
pub const COLUMNS: &[&str] = &[
    "seq",
    "at",
    "kind",
    "action",
    "mail",
    "case",
    "message_id",
    "sender",
    "recipients",
    "subject",
    "attachments",
    "rules",
    "incidents",
    "actor",
    "reason",
    "notes",
    "size",
    "sha256",
    "hash",
];

/// The entry as JSON, with its number and its hash.
pub fn json(row: &Row) -> serde_json::Value {
    let mut value = serde_json::to_value(&row.entry).unwrap_or_default();
    if let Some(fields) = value.as_object_mut() {
        fields.insert("seq".to_string(), row.seq.into());
        fields.insert("hash".to_string(), hex(&row.hash).into());
    }
    value
}

/// The entry as a line of CSV, without the end of the line.
pub fn csv(row: &Row) -> String {
    let e = &row.entry;
    let text = |t: &Option<String>| t.clone().unwrap_or_default();
    let rules: Vec<&str> = e.rules.iter().map(|r| r.id.as_str()).collect();
    let incidents: Vec<&str> = e.rules.iter().flat_map(|r| &r.incidents).map(String::as_str).collect();
    let cells = [
        row.seq.to_string(),
        e.at.to_string(),
        e.kind.name().to_string(),
        e.action.clone(),
        text(&e.mail),
        text(&e.case),
        text(&e.message_id),
        text(&e.sender),
        e.recipients.join(" "),
        text(&e.subject),
        e.attachments.join("; "),
        rules.join(" "),
        incidents.join(" "),
        text(&e.actor),
        text(&e.reason),
        e.notes.join("; "),
        e.size.map(|s| s.to_string()).unwrap_or_default(),
        text(&e.sha256),
        hex(&row.hash),
    ];
    cells.map(|c| cell(&c)).join(",")
}

/// A cell of CSV. One that a spreadsheet would take for a formula gets an apostrophe.
pub fn cell(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let text = if formula { format!("'{text}") } else { text.to_string() };
    match text.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_no_cell_is_a_formula() {
        assert_eq!(cell("plain"), "plain");
        assert_eq!(cell("a,b"), "\"a,b\"");
        assert_eq!(cell("say \"x\""), "\"say \"\"x\"\"\"");
        assert_eq!(cell("=cmd|' /C calc'!A0"), "'=cmd|' /C calc'!A0");
    }
}
