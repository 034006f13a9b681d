//! The notices in English that ask a second person, and the one that an approver cannot be asked.

use super::super::approval_text::{Proposed, Step, named};
use super::super::words::{Context, Said};
use super::super::{evidence, sanitize};
use super::{about, hidden_later, in_brackets, until, who};
use rules::verdict::Rewrite;

pub fn approve(c: &Context) -> Said {
    let ask = c.notice.ask.clone().unwrap_or_default();
    let (status, subject) = match ask.step {
        Step::Asked => ("Please check", "Please check a mail before it is sent"),
        Step::Reminded => ("Please check: reminder", "Still waiting for your check"),
        Step::StandIn => ("Please check as a stand-in", "Please check a mail as a stand-in"),
        Step::Escalated => ("Nobody has decided", "A mail that nobody has checked"),
    };
    let sender = if c.sender.is_empty() { "somebody unknown" } else { &c.sender };
    let mut lead = vec![reason(&ask.step, &named(&ask.before, ", "))];
    lead.extend(ask.proposal.as_ref().map(proposal));
    let mut next = vec![match until(c) {
        Some(until) => {
            format!(
                "If nobody decides until {until}, it is cancelled without being sent, and its sender is told."
            )
        }
        None => "It is kept until somebody decides.".into(),
    }];
    next.push("Whoever decides first decides for all.".into());
    next.push(hidden_later(c).into());
    Said {
        status: status.into(),
        subject: format!("{subject}{}{}", in_brackets(c), about(c)),
        headline: format!(
            "A mail from {sender} to outside has been stopped. Please see whether it may be sent."
        ),
        lead,
        next,
        can: can(c),
    }
}

fn reason(step: &Step, before: &str) -> String {
    match (step, before) {
        (Step::Asked, _) => String::new(),
        (Step::Reminded, _) => "You were asked before, and nobody has decided.".into(),
        (Step::StandIn, "") => "The approvers cannot decide about it, so you are asked to stand in.".into(),
        (Step::StandIn, before) => format!("{before} has not decided, so you are asked to stand in."),
        (Step::Escalated, "") => "There is nobody else who could decide about it.".into(),
        (Step::Escalated, before) => format!("{before} has not decided, so you are asked as well."),
    }
}

fn proposal(p: &Proposed) -> String {
    let mut parts = Vec::new();
    match p.rewrite {
        Some(Rewrite::Bcc) => parts.push("hide its outside recipients as Bcc".to_string()),
        Some(Rewrite::Individual) => parts.push("send each outside recipient a copy of their own".into()),
        None => {}
    }
    if !p.changes.dropped.is_empty() {
        parts.push(format!("leave out {}", named(&p.changes.dropped, ", ")));
    }
    for (wrong, right) in p.changes.corrected.iter().take(3) {
        parts.push(format!(
            "write to {} in place of {}",
            sanitize::line(right, 80),
            sanitize::line(wrong, 80)
        ));
    }
    match p.changes.attachments {
        0 => {}
        1 => parts.push("take out an attachment".into()),
        many => parts.push(format!("take out {many} attachments")),
    }
    let reason = p.reason.as_deref().map(|r| sanitize::line(r, 200)).filter(|r| !r.is_empty());
    let reason = reason.map(|r| format!(" Their reason: {r}")).unwrap_or_default();
    format!("The sender proposes to mend it: {}.{reason}", parts.join("; "))
}

fn can(c: &Context) -> Vec<String> {
    let case = &c.case;
    let mut can =
        vec!["When in doubt, ask the sender, by telephone for example, whether recipients and attachments are right.".to_string()];
    if c.pressable {
        can.push(format!("If you cannot press the buttons: give {} the case number {case}.", who(c)));
    } else {
        can.push(format!("To let it go: tell {} \"send {case}\".", who(c)));
        can.push(format!("To stop it: tell {} \"cancel {case}\".", who(c)));
    }
    can
}

pub fn approve_many(c: &Context) -> Said {
    let count = evidence::grouped(c.notice.waiting.count as i64);
    Said {
        status: "Please check: several".into(),
        subject: format!("{count} mails wait for your check"),
        headline: format!("{count} mails to outside wait for your check."),
        lead: vec!["Many mails were stopped within a short time, so you are told of them together.".into()],
        next: vec![match until(c) {
            Some(until) => format!("The first of them is cancelled on {until} if nobody decides."),
            None => "They are kept until somebody decides.".into(),
        }],
        can: vec![
            "Open them one by one and check recipients and content.".into(),
            if c.pressable { String::new() } else { format!("Then tell {} the case numbers.", who(c)) },
        ],
    }
}

pub fn unfit(c: &Context) -> Said {
    let person = sanitize::line(c.notice.by.as_deref().unwrap_or_default(), 100);
    Said {
        status: "Approvers".into(),
        subject: format!("Cannot be asked to approve: {person}"),
        headline: format!("{person} cannot be asked to check mail."),
        lead: vec![match c.notice.reason.as_deref() {
            Some("own") => "The mail is their own, and there is no other approver.",
            Some("auditor") => "Their account is an auditor's, which decides nothing.",
            _ => "Their account has been disabled.",
        }
        .into()],
        next: vec!["The next in line have been asked instead. You are told of this once in three days.".into()],
        can: vec![
            "Correct [[approvers]] in Sekisho's configuration, see that sekisho check is content, and reload it (SIGHUP).".into(),
        ],
    }
}
