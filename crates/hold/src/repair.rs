//! What a person may change on a held mail before it leaves, and whether it makes sense for a case. How it
//! is done to the message is not known here.

use super::refusal::Refusal;
use smtp::envelope::{Envelope, Recipient};
use store::{Case, Rewrite};

/// What is changed on the mail before it leaves.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Repair {
    /// How the recipients are hidden, beyond what the rules demand.
    pub rewrite: Option<Rewrite>,
    /// These do not get it.
    pub drop_recipients: Vec<String>,
    /// The numbers of the attachments that are taken out, as the MIME tree counts them: `2`, `2.1`.
    pub drop_attachments: Vec<String>,
    /// A wrong recipient, and the right one in its place.
    pub corrections: Vec<(String, String)>,
}

/// RFC 5321 section 4.5.3.1: octets of a local part, a domain, a path without its brackets.
const LIMITS: (usize, usize, usize) = (64, 255, 254);

impl Repair {
    /// Whether the mail leaves as it is.
    pub fn is_nothing(&self) -> bool {
        *self == Repair::default()
    }

    /// This repair on top of another, such as one that was proposed: everything that either changes. Whom one
    /// of them drops need not be corrected.
    pub fn on_top_of(&self, other: Repair) -> Repair {
        let mut both = Repair { rewrite: self.rewrite.max(other.rewrite), ..other };
        let add = |all: &mut Vec<String>, more: &[String]| {
            for one in more {
                if !all.iter().any(|known| known.eq_ignore_ascii_case(one)) {
                    all.push(one.clone());
                }
            }
        };
        add(&mut both.drop_recipients, &self.drop_recipients);
        add(&mut both.drop_attachments, &self.drop_attachments);
        for pair in &self.corrections {
            both.corrections.retain(|(wrong, _)| !wrong.eq_ignore_ascii_case(&pair.0));
            both.corrections.push(pair.clone());
        }
        let dropped = |wrong: &str| both.drop_recipients.iter().any(|d| d.eq_ignore_ascii_case(wrong));
        let kept = both.corrections.iter().filter(|(wrong, _)| !dropped(wrong)).cloned().collect();
        Repair { corrections: kept, ..both }
    }

    /// Without the white space around what somebody typed.
    pub(super) fn trimmed(&self) -> Repair {
        let trim = |list: &[String]| list.iter().map(|text| text.trim().to_string()).collect();
        let pair = |(from, to): &(String, String)| (from.trim().to_string(), to.trim().to_string());
        Repair {
            rewrite: self.rewrite,
            drop_recipients: trim(&self.drop_recipients),
            drop_attachments: trim(&self.drop_attachments),
            corrections: self.corrections.iter().map(pair).collect(),
        }
    }

    /// Whether it makes sense for a case: it names recipients of the case, each once, and the right
    /// addresses can be written to.
    pub(super) fn check(&self, case: &Case) -> Result<(), Refusal> {
        let known = |address: &str| case.recipients.iter().any(|r| r.eq_ignore_ascii_case(address));
        let wrong = self.corrections.iter().map(|(from, _)| from);
        let mut named: Vec<&String> = Vec::new();
        for address in self.drop_recipients.iter().chain(wrong) {
            if !known(address) {
                return Err(Refusal::NoSuchRecipient(address.clone()));
            }
            if named.iter().any(|n| n.eq_ignore_ascii_case(address)) {
                return Err(Refusal::NamedTwice(address.clone()));
            }
            named.push(address);
        }
        let mut right: Vec<&String> = Vec::new();
        for (_, to) in &self.corrections {
            if !is_address(to) {
                return Err(Refusal::NoAddress(to.clone()));
            }
            if known(to) || right.iter().any(|r| r.eq_ignore_ascii_case(to)) {
                return Err(Refusal::AlreadyRecipient(to.clone()));
            }
            right.push(to);
        }
        Ok(())
    }

    /// The envelope without the recipients that are dropped, and with the right ones.
    pub(super) fn envelope(&self, mut envelope: Envelope) -> Envelope {
        let rcpts = std::mem::take(&mut envelope.rcpts);
        envelope.rcpts = rcpts.into_iter().filter_map(|rcpt| self.recipient(rcpt)).collect();
        envelope
    }

    fn recipient(&self, mut rcpt: Recipient) -> Option<Recipient> {
        let address = self.address(&rcpt.address)?;
        if address != rcpt.address {
            // It named the wrong one (RFC 3461 section 4.2).
            rcpt.params.retain(|p| !p.get(..6).is_some_and(|k| k.eq_ignore_ascii_case("ORCPT=")));
            rcpt.address = address;
        }
        Some(rcpt)
    }

    /// The recipients who are left, with the right addresses.
    pub(super) fn recipients(&self, case: &Case) -> Vec<String> {
        case.recipients.iter().filter_map(|address| self.address(address)).collect()
    }

    /// What becomes of one recipient; none where it is dropped.
    fn address(&self, address: &str) -> Option<String> {
        if self.drop_recipients.iter().any(|d| d.eq_ignore_ascii_case(address)) {
            return None;
        }
        let right = self.corrections.iter().find(|(from, _)| from.eq_ignore_ascii_case(address));
        Some(right.map_or(address, |(_, to)| to).to_string())
    }

    /// For the audit log.
    pub(super) fn notes(&self, case: &Case) -> Vec<String> {
        let mut notes = Vec::new();
        if let Some(rewrite) = case.rewrite.max(self.rewrite) {
            notes.push(format!("rewrite: {}", rewrite.name()));
        }
        if !self.drop_recipients.is_empty() {
            notes.push(format!("recipients dropped: {}", self.drop_recipients.join(", ")));
        }
        for (from, to) in &self.corrections {
            notes.push(format!("recipient corrected: {from} to {to}"));
        }
        if !self.drop_attachments.is_empty() {
            notes.push(format!("attachments taken out: {}", self.drop_attachments.join(", ")));
        }
        notes
    }
}

/// An address that any next hop takes: ASCII, its local part a dot-string (RFC 5321 section 4.1.2), its
/// domain a name with a dot in it.
fn is_address(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else {
        return false;
    };
    let atom = |a: &str| {
        let atext = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&b);
        !a.is_empty() && a.bytes().all(atext)
    };
    let label = |l: &str| {
        let ldh = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
        (1..=63).contains(&l.len()) && l.bytes().all(ldh) && !l.starts_with('-') && !l.ends_with('-')
    };
    let (of_local, of_domain, of_both) = LIMITS;
    local.len() <= of_local
        && domain.len() <= of_domain
        && text.len() <= of_both
        && local.split('.').all(atom)
        && domain.contains('.')
        && domain.split('.').all(label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_can_be_written_to() {
        for good in ["a@example.com", "a.b+c@xn--wgv71a119e.example", "o'hara@sub.example.jp"] {
            assert!(is_address(good), "{good}");
        }
        let long = format!("{}@example.com", "a".repeat(65));
        for bad in [
            "",
            "a",
            "@example.com",
            "a@",
            "a@example",
            "a..b@example.com",
            ".a@example.com",
            "a b@example.com",
            "a@-x.example",
            "a@x..example",
            "山田@example.com",
            "a@例え.example",
            "a@x.example\r\nBcc: b@x.example",
            "<a@x.example>",
            "a,b@x.example",
            "\"a\"@x.example",
            "a@[192.0.2.1]",
            &long,
        ] {
            assert!(!is_address(bad), "{bad}");
        }
    }

    #[test]
    fn a_repair_on_top_of_another_changes_what_either_does() {
        let pair = |wrong: &str, right: &str| (wrong.to_string(), right.to_string());
        let proposed = Repair {
            rewrite: Some(Rewrite::Individual),
            drop_recipients: vec!["a@x.example".into()],
            drop_attachments: vec!["2".into()],
            corrections: vec![pair("b@x.example", "b@y.example"), pair("c@x.example", "c@y.example")],
        };
        let own = Repair {
            rewrite: Some(Rewrite::Bcc),
            drop_recipients: vec!["A@x.example".into(), "c@x.example".into()],
            drop_attachments: vec!["2".into(), "3".into()],
            corrections: vec![pair("B@x.example", "bun@y.example")],
        };
        let both = own.on_top_of(proposed.clone());
        assert_eq!(both.rewrite, Some(Rewrite::Individual));
        assert_eq!(both.drop_recipients, ["a@x.example", "c@x.example"]);
        assert_eq!(both.drop_attachments, ["2", "3"]);
        assert_eq!(both.corrections, [pair("B@x.example", "bun@y.example")]);
        assert_eq!(Repair::default().on_top_of(proposed.clone()), proposed);
        assert_eq!(proposed.on_top_of(Repair::default()), proposed);
    }

    #[test]
    fn a_corrected_recipient_loses_the_name_of_the_wrong_one_alone() {
        let repair = Repair {
            corrections: vec![("Old@x.example".into(), "new@y.example".into())],
            drop_recipients: vec!["gone@x.example".into()],
            ..Repair::default()
        };
        let rcpt = |address: &str, params: &[&str]| Recipient {
            address: address.into(),
            params: params.iter().map(|p| p.to_string()).collect(),
        };
        let params = ["orcpt=rfc822;old@x.example", "NOTIFY=NEVER"];
        let envelope = Envelope {
            rcpts: vec![
                rcpt("old@x.example", &params),
                rcpt("gone@x.example", &[]),
                rcpt("b@x.example", &params),
            ],
            ..Envelope::default()
        };
        let mended = repair.envelope(envelope).rcpts;
        assert_eq!(mended, [rcpt("new@y.example", &["NOTIFY=NEVER"]), rcpt("b@x.example", &params)]);
    }
}
