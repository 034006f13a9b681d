//! The `[notice]` section, and what a notice needs to know of the house beside it.

use jiff::tz::TimeZone;
use lettre::message::Mailbox;

use super::Readers;
pub use facts::Language;

/// How notices are written. The first part is the `[notice]` section of the configuration; the
/// second is filled from other sections with [`Options::of_house`].
#[derive(Clone, Debug, PartialEq, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Options {
    /// The From field, `Name <address>` or an address; by default `Sekisho <sekisho@HOSTNAME>`.
    pub from: Option<String>,
    /// The mail server that notices and delivery reports go to, written as `[next_hop] url`; by default they go
    /// to the next hop as other mail does.
    pub url: Option<String>,
    /// Whom staff turn to, as they would say it: `情報政策課（内線 2345）`.
    pub contact: Option<String>,
    /// How many recipients and attachments a notice names before it says "and N more".
    pub max_recipients_shown: usize,

    #[serde(skip)]
    pub language: Language,
    /// The organisation's name.
    #[serde(skip)]
    pub organization: String,
    /// The name that Sekisho goes by in EHLO; notices are from it, and their ids end in it.
    #[serde(skip)]
    pub hostname: String,
    /// Times are told in it.
    #[serde(skip)]
    pub time_zone: TimeZone,
    /// Who may be told.
    #[serde(skip)]
    pub readers: Readers,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            from: None,
            url: None,
            contact: None,
            max_recipients_shown: 5,
            language: Language::Ja,
            organization: String::new(),
            hostname: "localhost".into(),
            time_zone: TimeZone::UTC,
            readers: Readers::default(),
        }
    }
}

impl Options {
    /// The section together with what other sections say of the house.
    pub fn of_house(
        mut self,
        language: Language,
        organization: &str,
        hostname: &str,
        time_zone: TimeZone,
    ) -> Self {
        self.language = language;
        self.organization = organization.into();
        self.hostname = hostname.into();
        self.time_zone = time_zone;
        self
    }

    /// The same with who may be told.
    pub fn with_readers(self, readers: Readers) -> Self {
        Options { readers, ..self }
    }

    /// Everything that is wrong with the section, each with what would be right.
    pub fn check(&self) -> Result<(), Vec<String>> {
        let mut faults = Vec::new();
        if let Err(fault) = self.mailbox() {
            faults.push(fault);
        }
        if self.contact.as_ref().is_some_and(|c| c.trim().is_empty()) {
            faults.push("[notice] contact is empty; name whom staff turn to, or leave it out".into());
        }
        if self.max_recipients_shown > 100 {
            faults.push("[notice] max_recipients_shown is over 100; give 0 to 100".into());
        }
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }

    /// The From mailbox.
    pub(super) fn mailbox(&self) -> Result<Mailbox, String> {
        let (text, key) = match &self.from {
            Some(from) => (from.clone(), "[notice] from"),
            None => (format!("Sekisho <sekisho@{}>", self.hostname), "the default sender"),
        };
        if text.chars().any(char::is_control) {
            return Err(format!("{key} holds a control character"));
        }
        text.parse().map_err(|_| {
            format!("{key} \"{text}\" is no address; give one as \"Sekisho <sekisho@example.jp>\"")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_section_reads_and_is_checked() {
        let options: Options =
            toml::from_str("from = \"関所 <guard@example.jp>\"\ncontact = \"内線 2345\"").expect("reads");
        assert_eq!(options.check(), Ok(()));
        assert_eq!(options.mailbox().map(|m| m.email.to_string()), Ok("guard@example.jp".into()));

        assert!(toml::from_str::<Options>("form = \"guard@example.jp\"").is_err());
        let bad: Options = toml::from_str("from = \"guard\"\ncontact = \" \"").expect("reads");
        assert_eq!(bad.check().map_err(|f| f.len()), Err(2));
        let inject =
            Options { from: Some("a <a@example.jp>\r\nBcc: b@example.com".into()), ..Options::default() };
        assert!(inject.check().is_err());
    }
}
