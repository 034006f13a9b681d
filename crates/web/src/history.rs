//! What the audit log says of one case, as people read it: who was told, who looked, who decided, and
//! what became of it.

use super::page::Frame;
use audit::entry::{Entry, Kind};
use terms::clock::Timestamp;

/// One thing that happened.
pub struct Event {
    pub at: Timestamp,
    pub text: String,
    /// In the words of whoever did it, or the next hop's reply.
    pub reason: Option<String>,
    pub notes: Vec<String>,
}

/// So many addresses are named.
const NAMED: usize = 3;

/// The events of a case, in their order.
pub fn events(f: &Frame, entries: &[Entry]) -> Vec<Event> {
    entries.iter().map(|entry| event(f, entry)).collect()
}

fn event(f: &Frame, entry: &Entry) -> Event {
    let spoken = matches!(entry.kind, Kind::Case | Kind::Person | Kind::Delivery);
    Event {
        at: entry.at,
        text: text(f, entry),
        reason: entry.reason.clone().filter(|_| spoken),
        notes: match entry.kind {
            Kind::Case | Kind::Decision => entry.notes.clone(),
            _ => Vec::new(),
        },
    }
}

fn text(f: &Frame, entry: &Entry) -> String {
    let who = entry.actor.as_deref().unwrap_or("sekisho");
    let to = named(f, &entry.recipients);
    let (ja, en) = match (entry.kind, entry.action.as_str()) {
        (Kind::Decision, "hold") => ("メールを保留しました".to_string(), "The mail was held".to_string()),
        (Kind::Decision, "delay") => ("送信を遅らせました".into(), "The mail was delayed".into()),
        (Kind::Notice, "told") => (format!("{to} に通知しました"), format!("{to} was told")),
        (Kind::Notice, "not-told") => {
            (format!("{to} に通知できませんでした"), format!("{to} could not be told"))
        }
        (Kind::Notice, "reminded") => {
            (format!("{to} に確認をもう一度依頼しました"), format!("{to} was reminded"))
        }
        (Kind::Notice, "asked-stand-in") => {
            (format!("代理の {to} に確認を依頼しました"), format!("{to} was asked as a stand-in"))
        }
        (Kind::Notice, "escalated") => (
            format!("時間がたったため、{to} に確認を依頼しました"),
            format!("{to} was asked after nobody decided"),
        ),
        (Kind::Notice, "asked") => {
            (format!("{to} に確認を依頼しました"), format!("{to} was asked to decide"))
        }
        (Kind::Notice, "approver-unfit") => (
            format!("{to} は承認者ですが、このメールは決定できません"),
            format!("{to} cannot decide about this mail"),
        ),
        (Kind::Notice, "nobody-to-ask") => {
            ("確認を依頼できる承認者がいません".into(), "There is nobody who can be asked to decide".into())
        }
        (Kind::Case, "released") => (format!("{who} が送信を許可しました"), format!("{who} released it")),
        (Kind::Case, "repaired") => {
            (format!("{who} が内容を直して送信を許可しました"), format!("{who} changed it and released it"))
        }
        (Kind::Case, "cancelled") => (format!("{who} が取り消しました"), format!("{who} cancelled it")),
        (Kind::Case, "expired") => {
            ("期限が切れました。送信していません".into(), "It expired; nothing was sent".into())
        }
        (Kind::Case, "left") => ("時間になり、送信しました".into(), "Its time came, and it left".into()),
        (Kind::Case, "proposed") => {
            (format!("{who} が直し方を提案しました"), format!("{who} proposed a change"))
        }
        (Kind::Case, "proposal-withdrawn") => {
            (format!("{who} が提案を取り下げました"), format!("{who} took the proposal back"))
        }
        (Kind::Case, "reopened") => (format!("{who} が元に戻しました"), format!("{who} undid this")),
        (Kind::Person, "case-opened") => (format!("{who} が開きました"), format!("{who} opened it")),
        (Kind::Person, "false-alarm") => {
            (format!("{who} が誤検知だと知らせました"), format!("{who} called it a false alarm"))
        }
        (Kind::Person, "link-opened") => {
            (format!("{who} が通知のリンクを開きました"), format!("{who} opened the link of the notice"))
        }
        (Kind::Person, "link-used") => {
            (format!("{who} が通知のリンクから操作しました"), format!("{who} used the link of the notice"))
        }
        (Kind::Delivery, "delivered") => (format!("{to} に届けました"), format!("Delivered to {to}")),
        (Kind::Delivery, "deferred") => (
            format!("{to} にまだ届けられません。再送します"),
            format!("Not yet delivered to {to}; trying again"),
        ),
        (Kind::Delivery, "failed") => {
            (format!("{to} に届けられませんでした"), format!("Could not be delivered to {to}"))
        }
        (kind, action) => {
            let by = entry.actor.as_ref().map(|who| format!(" ({who})")).unwrap_or_default();
            let plain = format!("{}: {action}{by}", kind.name());
            (plain.clone(), plain)
        }
    };
    f.of(&ja, &en).to_string()
}

/// The first few addresses, and how many there are beside them.
pub fn named(f: &Frame, addresses: &[String]) -> String {
    let rest = addresses.len().saturating_sub(NAMED);
    let first = addresses.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>();
    match (rest, f.tag()) {
        (0, "ja") => first.join("、"),
        (_, "ja") => format!("{} ほか{rest}件", first.join("、")),
        (0, _) => first.join(", "),
        _ => format!("{} and {rest} more", first.join(", ")),
    }
}
