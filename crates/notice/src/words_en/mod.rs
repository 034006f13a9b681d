//! The notices in English: the frame, and what goes to the sender of a mail.

mod feedback;
mod outcomes;
mod to_admins;
mod to_approvers;

use jiff::Zoned;
use jiff::civil::Date;

use super::approval_text;
use super::words::{Context, Labels, Said, Titles, Wording, people_unsaid, year_and_month};
use super::{Choice, Incident, Kind, evidence, sanitize};
use feedback::{exception_declined, exception_made};
use outcomes::{cancelled, expired, rejected, sent};
use rules::verdict::{Approval, Rewrite};
use to_admins::{alert, control_expired, expiring, fault, log_broken};
use to_approvers::{approve, approve_many, unfit};

pub struct English;

const NO_RECALL: &str =
    "Please do not use \"recall\". It deletes nothing outside; it sends every recipient one more mail.";
const BOUNCES: &str = "If a recipient cannot be reached, a delivery report will tell you.";

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

impl Wording for English {
    fn tag(&self) -> &'static str {
        "en"
    }

    fn titles(&self, kind: Kind) -> Titles {
        Titles {
            why: match kind {
                Kind::Rewritten => "Why its recipient fields were changed",
                Kind::Held | Kind::Delayed | Kind::Digest | Kind::Approve | Kind::Rejected => {
                    "Why it was stopped"
                }
                Kind::Alert => "What was noticed",
                _ => "Why it had been stopped",
            },
            past: match kind {
                Kind::ControlExpiring | Kind::ControlExpired => "What has really happened when one expired",
                _ => "What has really happened before",
            },
            next: match kind {
                Kind::Held | Kind::Delayed | Kind::Digest | Kind::Alert | Kind::ControlExpiring => {
                    "What happens next"
                }
                Kind::Approve | Kind::ApproveMany => "What happens next",
                _ => "Where things stand",
            },
            can: "What you can do now",
            case: "Case",
        }
    }

    fn labels(&self) -> Labels {
        Labels {
            subject: "Subject",
            sender: "From",
            recipients: "To",
            attachments: "Attached",
            received: "Received",
            by: "Decided by",
            reason: "Their note",
            control: "Control",
            last_day: "Last day",
            dropped: "Not sent to",
            removed: "Taken out",
            corrected: "Corrected",
        }
    }

    fn said(&self, c: &Context) -> Said {
        let said = match c.notice.kind {
            Kind::Rewritten => rewritten(c),
            Kind::Held => held(c),
            Kind::Delayed => delayed(c),
            Kind::Digest => digest(c),
            Kind::Approve => approve(c),
            Kind::ApproveMany => approve_many(c),
            Kind::Unfit => unfit(c),
            Kind::Rejected => rejected(c),
            Kind::Released | Kind::Repaired => sent(c),
            Kind::Cancelled => cancelled(c),
            Kind::Expired => expired(c),
            Kind::Alert => alert(c),
            Kind::ExceptionMade => exception_made(c),
            Kind::ExceptionDeclined => exception_declined(c),
            Kind::ControlExpiring => expiring(c),
            Kind::ControlExpired => control_expired(c),
            Kind::LogBroken => log_broken(c),
            Kind::Fault => fault(c),
        };
        Said { subject: format!("[Sekisho] {}", said.subject), ..said }
    }

    fn moment(&self, at: &Zoned) -> String {
        format!("{}, {}", self.day(at.date()), at.strftime("%H:%M %Z"))
    }

    fn day(&self, day: Date) -> String {
        let weekday = day.strftime("%A");
        format!("{weekday} {} {} {}", day.day(), month(day.month() as usize), day.year())
    }

    fn past(&self, incident: &Incident) -> (String, String) {
        let when = match year_and_month(&incident.date) {
            Some((year, Some(number))) => format!("{} {year}, ", month(number)),
            Some((year, None)) => format!("{year}, "),
            None => String::new(),
        };
        let happened = sanitize::line(&incident.happened.en, 300);
        let mut happened = happened.trim_end_matches('.').to_string();
        if let Some(people) = people_unsaid(incident.people, &happened) {
            happened.push_str(&format!(" (people affected: {people})"));
        }
        (format!("{when}{}", sanitize::line(&incident.organization.en, 80)), happened)
    }

    fn also(&self) -> &'static str {
        "There is more to check:"
    }

    fn more(&self, count: usize) -> String {
        format!(" and {} more", evidence::grouped(count as i64))
    }

    fn files(&self, count: usize) -> String {
        format!("{} attachment{}", evidence::grouped(count as i64), if count == 1 { "" } else { "s" })
    }

    fn comma(&self) -> &'static str {
        ", "
    }

    fn untitled(&self) -> &'static str {
        "(no subject)"
    }

    fn choice(&self, choice: Choice, kind: Kind) -> (&'static str, &'static str) {
        match choice {
            Choice::Bcc => ("Send it as Bcc", "Its outside recipients will not see each other."),
            Choice::Individual => ("Send one copy each", "Each outside recipient gets a mail of their own."),
            Choice::Mend => {
                ("Correct it and send", "Take out recipients or attachments, or correct a wrong address.")
            }
            Choice::AsIs => (
                "Send it as it is, with a reason",
                "Once you have checked that recipients and content are right.",
            ),
            Choice::Look => {
                ("See the mail and decide", "Recipients, text, attachments, and what was found in them.")
            }
            Choice::Cancel if kind == Kind::Approve => {
                ("Do not let it go", "With a reason, which its sender is told.")
            }
            Choice::Cancel if kind == Kind::Delayed => ("Stop it", "The mail will not be sent."),
            Choice::Cancel => ("Cancel it", "The mail will not be sent."),
            Choice::Hasten => ("Send it now", "Once you have checked recipients and content."),
        }
    }

    fn page(&self, kind: Kind) -> &'static str {
        match kind {
            Kind::Digest | Kind::ApproveMany => "Open the list and decide one by one",
            Kind::Released | Kind::Repaired | Kind::Cancelled | Kind::Expired => {
                "See what became of this mail"
            }
            _ => "See the mail and what was found in it",
        }
    }

    fn others(&self, count: usize) -> String {
        let mails = if count == 1 { "mail waits" } else { "mails wait" };
        format!("{} more of your {mails} (open the list)", evidence::grouped(count as i64))
    }

    fn in_place_of(&self, sender: &str) -> String {
        let told = "so the administrators are told instead. What follows is written for the sender.";
        match sender.is_empty() {
            true => format!("This mail has no sender (<>) who could be told, {told}"),
            false => format!("Nobody in the organization reads mail to this mail's sender, {sender}, {told}"),
        }
    }

    fn foot(&self, organization: &str, contact: Option<&str>, site: Option<&str>) -> Vec<String> {
        let of = if organization.is_empty() { String::new() } else { format!(" of {organization}") };
        let mut foot = vec![match site {
            None => format!(
                "An automatic notice from Sekisho, the mail checkpoint{of}. It never asks you to press a link or to type a password."
            ),
            Some(site) => format!(
                "An automatic notice from Sekisho, the mail checkpoint{of}. Its links lead to {site} and nowhere else, and never ask for a password. They are yours alone; please do not forward them."
            ),
        }];
        if let Some(contact) = contact {
            foot.push(format!("Questions: {contact}"));
        }
        foot
    }

    fn reference(&self, rules: &str, incidents: &str) -> String {
        if incidents.is_empty() {
            format!("For the help desk: rule {rules}")
        } else {
            format!("For the help desk: rule {rules}; incidents {incidents}")
        }
    }
}

fn month(number: usize) -> &'static str {
    number.checked_sub(1).and_then(|i| MONTHS.get(i)).copied().unwrap_or("")
}

fn who(c: &Context) -> String {
    c.contact.clone().unwrap_or_else(|| "your mail administrator".into())
}

/// ` (K7F3-22QX)`, or nothing.
fn in_brackets(c: &Context) -> String {
    if c.case.is_empty() { String::new() } else { format!(" ({})", c.case) }
}

/// The end of a subject line: the mail in a few words, or its own subject.
fn about(c: &Context) -> String {
    match &c.short {
        Some(short) => format!(": {short}"),
        None => topic(c),
    }
}

fn topic(c: &Context) -> String {
    if c.topic.is_empty() { String::new() } else { format!(": \"{}\"", c.topic) }
}

fn until(c: &Context) -> Option<String> {
    c.until.as_ref().map(|at| English.moment(at))
}

fn outside(count: usize) -> String {
    let people = if count == 1 { "recipient" } else { "recipients" };
    format!("{} outside {people}", evidence::grouped(count as i64))
}

fn hidden(c: &Context) -> &'static str {
    match c.notice.rewrite {
        Some(Rewrite::Individual) => {
            "Each outside recipient gets a copy of their own and sees no other address."
        }
        Some(Rewrite::Bcc) => "The outside recipients cannot see each other.",
        None => "",
    }
}

fn hidden_later(c: &Context) -> &'static str {
    match c.notice.rewrite {
        Some(Rewrite::Bcc) => "When it is sent, its outside recipients will not see each other.",
        Some(Rewrite::Individual) => "When it is sent, each outside recipient will get a copy of their own.",
        None => "",
    }
}

fn rewritten(c: &Context) -> Said {
    let (headline, how) = match c.notice.rewrite {
        Some(Rewrite::Individual) => (
            "Your mail is going out as a separate copy for each outside recipient.",
            "No outside recipient sees the address of another.",
        ),
        None => return bcc_field_removed(c),
        Some(Rewrite::Bcc) => (
            "Your mail was sent, with its outside recipients hidden from each other.",
            "No outside recipient sees the address of another, and \"reply to all\" does not reach the others.",
        ),
    };
    Said {
        status: "Sent, recipients hidden".into(),
        subject: format!("Sent with its recipients hidden{}", about(c)),
        headline: headline.into(),
        lead: vec!["The text and the attachments were not changed.".into()],
        next: vec![how.into(), "If a recipient cannot be reached, you get the usual delivery report.".into()],
        can: vec![
            "You need not do anything, and need not send it again.".into(),
            NO_RECALL.into(),
            "Next time you write to many people, put their addresses in Bcc. Another mail to the same people within three days may be held until it is confirmed.".into(),
            format!("If these people need to see each other's addresses, please speak to {}.", who(c)),
        ],
    }
}

fn bcc_field_removed(c: &Context) -> Said {
    Said {
        status: "Sent, Bcc field removed".into(),
        subject: format!("Sent without its Bcc field{}", about(c)),
        headline: "Your mail was sent, and its Bcc field was taken out.".into(),
        lead: vec!["To, Cc, the text and the attachments were not changed.".into()],
        next: vec![
            "No reader sees who was in Bcc; they get the mail all the same.".into(),
            "If a recipient cannot be reached, you get the usual delivery report.".into(),
        ],
        can: vec![
            "You need not do anything, and need not send it again.".into(),
            NO_RECALL.into(),
            format!("Your mail program leaves the Bcc field in what it sends. Please tell {}.", who(c)),
        ],
    }
}

fn held(c: &Context) -> Said {
    let (case, who) = (&c.case, who(c));
    let mut next = vec![match until(c) {
        Some(until) if c.pressable => {
            format!("Unless somebody decides by {until}, it is cancelled without being sent.")
        }
        Some(until) => format!(
            "It is kept until {until}. If nobody confirms it by then, it is cancelled without being sent, and you are told."
        ),
        None => "It is kept until somebody decides. Whatever is decided, you are told.".into(),
    }];
    match c.notice.approval {
        Some(Approval::SecondPerson) => {
            next.push("Somebody other than you has to confirm it.".into());
            if !c.notice.asked.is_empty() {
                next.push(format!("Who was asked to: {}", approval_text::named(&c.notice.asked, ", ")));
            }
        }
        Some(Approval::Sender) => {
            next.push("It can be sent once you have checked recipients and content.".into())
        }
        Some(Approval::None) | None => {}
    }
    if !c.pressable {
        next.push(hidden_later(c).into());
    } else {
        next.push("Pressing a button sends nothing; the next page asks you first.".into());
    }
    let send = if c.notice.approval == Some(Approval::SecondPerson) {
        format!("Send it: ask the person who checks it, your manager perhaps, to tell {who} \"send {case}\".")
    } else {
        format!("Send it: look at recipients, text and attachments again, then tell {who} \"send {case}\".")
    };
    Said {
        status: "On hold".into(),
        subject: format!("Held{}{}", in_brackets(c), about(c)),
        headline: match c.left {
            0 => "Your mail is on hold. It has not been sent outside.".into(),
            left => {
                format!("The rest of your mail is on hold. It had already been sent to {}.", outside(left))
            }
        },
        lead: Vec::new(),
        next,
        can: if c.pressable {
            vec![
                held_caution(c).into(),
                format!("If the buttons do not work, give {who} the case number {case}."),
            ]
        } else {
            vec![
                send,
            "Repair it: under the same number you can ask to hide the recipients from each other or to drop some. To change the text or an attachment, cancel it and send a new mail.".into(),
                format!("Cancel it: tell {who} \"cancel {case}\"."),
                held_caution(c).into(),
            ]
        },
    }
}

fn held_caution(c: &Context) -> &'static str {
    if c.recall {
        "What has been delivered outside cannot be recalled. Please ask the people who got it, one by one, to delete it."
    } else if c.left > 0 {
        NO_RECALL
    } else {
        "Do not send it again or recall it: nothing has left."
    }
}

fn delayed(c: &Context) -> Said {
    let stop = if c.case.is_empty() {
        format!("To stop it, tell {} before then.", who(c))
    } else {
        format!("To stop it, tell {} \"cancel {}\" before then.", who(c), c.case)
    };
    Said {
        status: "Waiting to be sent".into(),
        subject: format!("Waiting a little before it is sent{}{}", in_brackets(c), about(c)),
        headline: "Your mail has not been sent yet. It can still be stopped.".into(),
        lead: Vec::new(),
        next: vec![
            match until(c) {
                Some(until) => format!("It is sent by itself on {until}."),
                None => "It is sent by itself shortly.".into(),
            },
            hidden_later(c).into(),
        ],
        can: vec![
            "Look at the recipients and the attachments once more.".into(),
            "If all is well, you need not do anything.".into(),
            if c.pressable { String::new() } else { stop },
        ],
    }
}

fn digest(c: &Context) -> Said {
    let count = c.notice.waiting.count;
    let mails = if count == 1 { "mail is" } else { "mails are" };
    let count = evidence::grouped(count as i64);
    Said {
        status: "On hold, gathered".into(),
        subject: format!("{count} of your {mails} on hold"),
        headline: format!("{count} of your {mails} on hold. They have not been sent outside."),
        lead: vec!["Many were stopped in a short time, so you are told of them together.".into()],
        next: vec![match until(c) {
            Some(until) => format!(
                "The first is kept until {until}. What nobody confirms in time is cancelled without being sent."
            ),
            None => "They are kept until somebody decides.".into(),
        }],
        can: vec![
            if c.pressable {
                "Open them one by one from the list, and send or cancel each.".into()
            } else {
                format!("Give {} the case numbers, and say which to send and which to cancel.", who(c))
            },
            format!(
                "If there is mail among them that you did not send, somebody may be using your account: tell {} at once.",
                who(c)
            ),
        ],
    }
}
