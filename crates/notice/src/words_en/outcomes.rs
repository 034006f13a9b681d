//! The notices in English of what became of a mail: refused, sent, cancelled, expired.

use super::super::Kind;
use super::super::words::{Context, Said};
use super::{BOUNCES, about, hidden, in_brackets, outside, topic, who};

pub fn rejected(c: &Context) -> Said {
    Said {
        status: "Not sent".into(),
        subject: format!("Not sent{}", about(c)),
        headline: match c.left {
            0 => "Your mail was not sent. Nobody outside has received it.".into(),
            left => {
                format!("The rest of your mail was not sent. It had already been sent to {}.", outside(left))
            }
        },
        lead: Vec::new(),
        next: vec!["It has not been kept, and will not be sent later.".into()],
        can: vec![
            "Change what the reason above names, and send it as a new mail.".into(),
            format!(
                "If you do not see how, or think that a needed mail was stopped, please speak to {}.",
                who(c)
            ),
        ],
    }
}

pub fn sent(c: &Context) -> Said {
    let (status, subject, headline) = if c.notice.kind == Kind::Repaired {
        (
            "Repaired and sent",
            "Repaired and sent",
            "Your mail was repaired and sent. It is no longer on hold.",
        )
    } else {
        ("Sent", "Sent", "Your mail was sent. It is no longer on hold.")
    };
    Said {
        status: status.into(),
        subject: format!("{subject}{}{}", in_brackets(c), topic(c)),
        headline: headline.into(),
        lead: Vec::new(),
        next: vec![hidden(c).into(), BOUNCES.into()],
        can: vec![
            "You need not do anything, and need not send it again.".into(),
            format!("If you did not expect this, please tell {} at once.", who(c)),
        ],
    }
}

/// How much of a mail that was stopped for good had left before.
fn stopped(c: &Context) -> String {
    match c.left {
        0 => "It has not been sent outside.".into(),
        left => format!("It had been sent to {} before it was held, and to nobody since.", outside(left)),
    }
}

pub fn cancelled(c: &Context) -> Said {
    Said {
        status: "Cancelled".into(),
        subject: format!("Cancelled{}{}", in_brackets(c), topic(c)),
        headline: format!("Your mail was cancelled. {}", stopped(c)),
        lead: Vec::new(),
        next: vec!["The case is closed. Nothing more will be sent by itself.".into()],
        can: vec![
            "If it is still needed, correct it and send it as a new mail.".into(),
            format!("If you did not expect this, please ask {}.", who(c)),
        ],
    }
}

pub fn expired(c: &Context) -> Said {
    Said {
        status: "Expired, not sent".into(),
        subject: format!("Expired, not sent{}{}", in_brackets(c), topic(c)),
        headline: format!("Nobody confirmed your mail in time, so it was cancelled. {}", stopped(c)),
        lead: Vec::new(),
        next: vec!["The case is closed. Nothing more will be sent by itself.".into()],
        can: vec![
            "If it is still needed, look through the copy in your Sent folder and send it as a new mail."
                .into(),
            format!("If it is held again, give {} the case number before the time is up.", who(c)),
        ],
    }
}
