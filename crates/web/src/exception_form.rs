//! The form that makes an exception: from which rule, for whom, why, answered for by whom, until when.

use jiff::ToSpan as _;
use jiff::civil::Date;

use guard::Policy;
use message::Address;
use store::exceptions::NewException;

/// More domains than these are no exception but another rule.
const MOST_DOMAINS: usize = 20;
const LONGEST_REASON: usize = 500;

/// The form, as it was filled in.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct ExceptionForm {
    pub csrf: String,
    rule: String,
    /// An address, or a domain with or without `@`.
    sender: String,
    /// Domains, with anything between them.
    domains: String,
    reason: String,
    owner: String,
    /// ISO 8601.
    until: String,
}

type ExceptionFormError = (&'static str, &'static str);

impl ExceptionForm {
    /// The exception that is wished for.
    ///
    /// # Errors
    /// What is wrong with the form, in Japanese and English.
    pub fn exception(&self, policy: &Policy, today: Date) -> Result<NewException, ExceptionFormError> {
        let rule = self.rule.trim();
        if !policy.rules.rules().iter().any(|r| r.id == rule) {
            return Err(("ルールを選んでください。", "Choose a rule."));
        }
        let (sender, sender_domain) = sender(&self.sender)?;
        let recipient_domains = domains(&self.domains)?;
        if sender.is_none() && sender_domain.is_none() && recipient_domains.is_empty() {
            return Err((
                "送信者か宛先のドメインを指定してください。すべてのメールへの例外は作れません。",
                "Name a sender or recipient domains: there is no exception for all mail.",
            ));
        }
        let reason = one_line(&self.reason);
        if reason.is_empty() || reason.chars().count() > LONGEST_REASON {
            return Err(("理由を500文字以内で書いてください。", "Give a reason of at most 500 characters."));
        }
        let owner = Address::parse(&self.owner).ok_or((
            "責任者のメールアドレスを書いてください。",
            "Give the mail address of whoever answers for it.",
        ))?;
        Ok(NewException {
            rule: rule.to_string(),
            sender,
            sender_domain,
            recipient_domains,
            reason,
            owner: owner.key(),
            until: until(&self.until, today)?,
        })
    }
}

/// The first and the last day that an exception may end on.
pub fn limits(today: Date) -> (Date, Date) {
    (today, today.saturating_add(1.year()))
}

fn until(text: &str, today: Date) -> Result<Date, ExceptionFormError> {
    let (first, last) = limits(today);
    let day: Option<Date> = text.trim().parse().ok();
    day.filter(|day| (first..=last).contains(day)).ok_or((
        "終わりの日を、今日から1年以内で選んでください。",
        "Choose a last day, at most a year from today.",
    ))
}

/// A sender's address, or their domain.
fn sender(text: &str) -> Result<(Option<String>, Option<String>), ExceptionFormError> {
    let text = text.trim();
    if text.is_empty() {
        return Ok((None, None));
    }
    match text.trim_start_matches('@') {
        domain if !domain.contains('@') => Ok((None, Some(self::domain(domain)?))),
        _ => match Address::parse(text) {
            Some(address) => Ok((Some(address.key()), None)),
            None => {
                Err(("送信者のアドレスが正しくありません。", "The sender is no mail address and no domain."))
            }
        },
    }
}

fn domains(text: &str) -> Result<Vec<String>, ExceptionFormError> {
    let between = |c: char| c.is_whitespace() || ",;、，".contains(c);
    let mut domains = Vec::new();
    for one in text.split(between).map(|d| d.trim_start_matches('@')).filter(|d| !d.is_empty()) {
        let one = domain(one)?;
        if !domains.contains(&one) {
            domains.push(one);
        }
        if domains.len() > MOST_DOMAINS {
            return Err(("宛先のドメインは20個までです。", "Name at most 20 recipient domains."));
        }
    }
    Ok(domains)
}

/// A domain in lower case, as facts have it.
fn domain(text: &str) -> Result<String, ExceptionFormError> {
    let address = Address::parse(&format!("x@{text}")).filter(|a| a.domain().contains('.'));
    let no_domain =
        ("ドメインは example.co.jp のように書いてください。", "Write domains as example.co.jp is written.");
    address.map(|a| a.domain().to_string()).ok_or(no_domain)
}

/// In the log and in notices a reason is one line.
fn one_line(text: &str) -> String {
    text.split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|w| !w.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use facts::Organization;

    fn wish(sender: &str, domains: &str, until: &str) -> Result<NewException, ExceptionFormError> {
        let policy = Policy::embedded(Organization::new("みほん市", &["city.example.jp"])).unwrap();
        let wish = ExceptionForm {
            rule: "exposed-recipients".into(),
            sender: sender.into(),
            domains: domains.into(),
            reason: " 委託先との\n定例連絡 ".into(),
            owner: "It@City.example.jp".into(),
            until: until.into(),
            ..ExceptionForm::default()
        };
        wish.exception(&policy, "2026-11-22".parse().unwrap())
    }

    #[test]
    fn an_exception_is_for_somebody_and_ends_within_a_year() {
        let new = wish("Hana@City.example.jp", "", "2026-11-22").unwrap();
        assert_eq!((new.sender.as_deref(), new.sender_domain), (Some("hana@city.example.jp"), None));
        assert_eq!((new.reason.as_str(), new.owner.as_str()), ("委託先との 定例連絡", "it@city.example.jp"));
        let new =
            wish("@Press.city.example.jp", "Example.com, @example.net、example.com", "2027-11-22").unwrap();
        assert_eq!((new.sender, new.sender_domain.as_deref()), (None, Some("press.city.example.jp")));
        assert_eq!(new.recipient_domains, ["example.com", "example.net"]);
        for (sender, domains, until) in [
            ("", " , ", "2027-01-01"),
            ("hana@", "", "2027-01-01"),
            ("hana hana@city.example.jp", "", "2027-01-01"),
            ("", "com", "2027-01-01"),
            ("", "a@b@example.com", "2027-01-01"),
            ("city.example.jp", "", "2027-11-23"),
            ("city.example.jp", "", "2026-11-21"),
            ("city.example.jp", "", ""),
            ("city.example.jp", "", "2027-02-30"),
        ] {
            assert!(wish(sender, domains, until).is_err(), "{sender} {domains} {until}");
        }
        let many: String = (0..21).map(|n| format!("d{n}.example ")).collect();
        assert!(wish("", &many, "2027-01-01").is_err());
    }
}
