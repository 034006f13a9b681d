//! The notices in English that go to the organisation's admins and to the owners of a control.

use super::super::sanitize;
use super::super::words::{Context, Said, Watched, Wording};
use super::{English, in_brackets, until};

pub fn alert(c: &Context) -> Said {
    let sender = if c.sender.is_empty() { "an unknown sender" } else { &c.sender };
    let held = !c.case.is_empty();
    let mut can = Vec::new();
    if c.burst {
        can.push("Ask the owner of the account, by telephone or in person and not by mail, whether they sent this.".to_string());
        can.push(
            "If not: change the password, end every session, and check forwarding rules and the sign-in log."
                .into(),
        );
    } else if c.expired {
        can.push("See which protection has expired: sekisho watch status".into());
    } else {
        can.push("Ask the sender what the mail was meant for.".into());
    }
    if held {
        can.push(format!("Look at it: sekisho hold show {}", c.case));
        can.push(format!("Send it: sekisho hold release {}", c.case));
        can.push(format!("Cancel it: sekisho hold cancel {}", c.case));
    }
    can.push("Find whom earlier mails reached: sekisho audit trace".into());
    Said {
        status: "Please check".into(),
        subject: format!("Please check{}: {sender}", in_brackets(c)),
        headline: if c.burst {
            format!("{sender} is sending mail in an unusual way. The account may have been hijacked.")
        } else {
            format!("A mail from {sender} needs an administrator's attention.")
        },
        lead: if held { vec!["This mail has been stopped.".into()] } else { Vec::new() },
        next: match (held, until(c)) {
            (true, Some(until)) => {
                vec![format!("It is kept until {until}, and cancelled then if nobody confirms it.")]
            }
            (true, None) => vec!["It is kept until somebody decides.".into()],
            (false, _) => vec!["The audit log (sekisho audit list) says what became of it.".into()],
        },
        can,
    }
}

fn in_days(days: i64) -> String {
    match days {
        1 => "1 day".into(),
        days => format!("{days} days"),
    }
}

pub fn expiring(c: &Context) -> Said {
    let Some(w) = &c.control else {
        return nameless();
    };
    let Watched { name, days, .. } = w;
    let last_day = w.last_day.map(|d| English.day(d)).unwrap_or_else(|| "its last day".into());
    Said {
        status: if *days == 0 { "Last day".into() } else { format!("{} left", in_days(*days)) },
        subject: if *days == 0 {
            format!("Last day today: {name}")
        } else {
            format!("{} left: {name}", in_days(*days))
        },
        headline: if *days == 0 {
            format!("Today is the last day of \"{name}\".")
        } else {
            format!("\"{name}\" expires in {}.", in_days(*days))
        },
        lead: Vec::new(),
        next: vec![if w.enforced {
            format!("After {last_day} Sekisho applies its own rules for hiding recipients at their strict threshold, and mail with several visible outside recipients is treated differently.")
        } else {
            "Sekisho only tells you of it. Mail is treated as before once it has expired.".into()
        }],
        can: vec![
            "Find out today how far the renewal has come.".into(),
            "Once renewed, send a test mail to see that the product works with the new term; some need a restart.".into(),
            "Then write the new date into \"expires\" in Sekisho's configuration.".into(),
        ],
    }
}

pub fn control_expired(c: &Context) -> Said {
    let Some(w) = &c.control else {
        return nameless();
    };
    Said {
        status: "Expired".into(),
        subject: format!("Expired: {}", w.name),
        headline: format!("\"{}\" has expired.", w.name),
        lead: vec!["When protection stops, it often stops without a sign.".into()],
        next: vec![if w.enforced {
            "Sekisho now applies its own rules for hiding recipients at their strict threshold, until \"expires\" is set to a new date."
        } else {
            "Sekisho treats mail as before. Mail may be leaving without this protection."
        }
        .into()],
        can: vec![
            "Send a test mail now to see whether this control still works.".into(),
            "Look through the mail that has left since, with sekisho audit list.".into(),
            "Once renewed, write the new date into \"expires\" in Sekisho's configuration.".into(),
        ],
    }
}

pub fn log_broken(c: &Context) -> Said {
    let why = c.notice.reason.as_deref().map(|why| sanitize::line(why, 200)).unwrap_or_default();
    Said {
        status: "Audit log broken".into(),
        subject: "The chain of the audit log is broken".into(),
        headline: "The audit log is not what was written.".into(),
        lead: vec![
            "The daily proof has found an entry that was changed or removed.".into(),
            if why.is_empty() { String::new() } else { format!("Where: {why}") },
        ],
        next: vec![
            "Mail is inspected and recorded as before.".into(),
            "While it stays broken you are told of it at most once in three days.".into(),
        ],
        can: vec![
            "Keep a copy of the database and its backups as they are now, in another place.".into(),
            "See where it is broken: sekisho audit verify".into(),
            "Find out who was on the server around that time, and whether anything was restored.".into(),
        ],
    }
}

pub fn fault(c: &Context) -> Said {
    let (what, remedy) = match c.notice.reason.as_deref() {
        Some("next-hop-login") => (
            "The next mail server refuses Sekisho's user name and password.",
            "Check [next_hop] username and password_file, and whether the account has been locked there.",
        ),
        Some("next-hop-itself") => (
            "The next mail server in the configuration is Sekisho itself.",
            "Set [next_hop] url to the mail server behind Sekisho.",
        ),
        _ => (
            "There is a fault with the next mail server.",
            "Look at Sekisho's log: journalctl -u sekisho -p err",
        ),
    };
    Said {
        status: "No mail leaves".into(),
        subject: "Mail cannot be sent".into(),
        headline: what.into(),
        lead: vec!["No mail leaves until this is mended.".into()],
        next: vec![
            "Mail waits at the mail server in front of Sekisho. No mail is lost.".into(),
            "Once it is mended, waiting mail leaves by itself.".into(),
        ],
        can: vec![remedy.into(), "Then restart Sekisho: systemctl restart sekisho".into()],
    }
}

/// A telling of a control that lost its control: said, rather than not sent.
fn nameless() -> Said {
    Said {
        status: "Expiry".into(),
        subject: "Please check the controls that expire".into(),
        headline: "There is news of a control that expires.".into(),
        lead: Vec::new(),
        next: vec!["sekisho watch status says which.".into()],
        can: vec!["Check its date and how far its renewal has come.".into()],
    }
}
