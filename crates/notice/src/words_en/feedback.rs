//! The notices in English to whoever said that a hold was a false alarm.

use super::super::words::{Context, Said, Wording};
use super::{English, in_brackets, topic, who};

pub fn exception_made(c: &Context) -> Said {
    let until = c.until.as_ref().map(|at| format!("Until {}, mail", English.day(at.date())));
    Said {
        status: "Exception made".into(),
        subject: format!("Your report led to an exception{}{}", in_brackets(c), topic(c)),
        headline: "You said that this was a false alarm. An exception was made.".into(),
        lead: vec!["Thank you for telling us.".into()],
        next: vec![
            format!(
                "{} that the exception is for is no longer stopped by this rule.",
                until.unwrap_or_else(|| "Mail".into())
            ),
            "All other rules work as before. Nothing changes for the mail that was held.".into(),
        ],
        can: vec![
            "You need not do anything.".into(),
            format!("If it is needed beyond that day, please speak to {}.", who(c)),
        ],
    }
}

pub fn exception_declined(c: &Context) -> Said {
    Said {
        status: "No exception".into(),
        subject: format!("An answer to your report{}{}", in_brackets(c), topic(c)),
        headline: "You said that this was a false alarm. It was looked at, and no exception was made.".into(),
        lead: vec!["Thank you for telling us.".into()],
        next: vec!["Mail of this kind is stopped as before.".into()],
        can: vec![
            "Each mail that is stopped can be looked through and sent.".into(),
            format!("If there is more to say about it, please tell {}.", who(c)),
        ],
    }
}
