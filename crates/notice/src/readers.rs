//! Who of the organisation may be told about a mail. Every notice and every report of a delivery asks
//! here, so that nothing but the mail itself ever goes to an address outside.

use facts::Organization;
use smtp::reverse_path::{self, Kind as Path};

use super::{Kind, Notice};

/// Who may be told: mailboxes within the organisation's domains, and its admins.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Readers {
    organization: Option<Organization>,
}

impl Readers {
    /// Those of an organisation. [`Readers::default`] has nobody.
    pub fn of(organization: &Organization) -> Readers {
        Readers { organization: Some(organization.clone()) }
    }

    /// Whether a person of the organisation reads what is sent to the address: its domain is the
    /// organisation's, and it is no forwarder's, list's or program's return path.
    pub fn may_read(&self, address: &str) -> bool {
        self.is_inside(address) && reverse_path::kind(address) == Path::Mailbox
    }

    /// Whether a delivery report (RFC 3464) may be sent to the address. Return paths of lists and signed
    /// ones are made for reports; one of a forwarder would take it outside.
    pub fn may_take_report(&self, address: &str) -> bool {
        let path = reverse_path::kind(address);
        self.is_inside(address) && matches!(path, Path::Mailbox | Path::Signed | Path::Bounces)
    }

    /// The person of the organisation behind a mail: its sender, or else the first address of its From and
    /// Sender fields that may read; nobody where there is none.
    pub fn of_mail<'a>(
        &self,
        sender: &'a str,
        authors: impl IntoIterator<Item = &'a str>,
    ) -> Option<&'a str> {
        std::iter::once(sender).chain(authors).find(|address| self.may_read(address))
    }

    /// The admins within the organisation's domains. Where none is named there, the postmaster of the first
    /// domain, whom every domain that takes mail has (RFC 5321 section 4.5.1).
    pub fn admins(&self) -> Vec<String> {
        let Some(organization) = &self.organization else {
            return Vec::new();
        };
        let inside = organization.admins.iter().filter(|admin| self.is_inside(admin));
        let named: Vec<String> = inside.cloned().collect();
        match organization.domains.first() {
            Some(domain) if named.is_empty() => vec![format!("postmaster@{domain}")],
            _ => named,
        }
    }

    /// Leaves in a notice only those who may be told. Where it says that a mail waits or what became of it
    /// and its sender cannot be told, the admins are, in the sender's place. Where its sender alone is
    /// concerned and cannot be told, nobody is left.
    pub fn settle(&self, notice: &mut Notice) {
        match notice.kind {
            // About no mail: those whom the configuration names, outside as well.
            Kind::ControlExpiring | Kind::ControlExpired | Kind::LogBroken | Kind::Fault => {}
            Kind::Approve | Kind::ApproveMany | Kind::Unfit | Kind::Alert => {
                notice.to.retain(|address| self.is_inside(address));
                if notice.to.is_empty() && notice.kind == Kind::Alert {
                    notice.to = self.admins();
                }
            }
            Kind::Rewritten
            | Kind::Delayed
            | Kind::Rejected
            | Kind::ExceptionMade
            | Kind::ExceptionDeclined => notice.to.retain(|address| self.may_read(address)),
            Kind::Held | Kind::Digest | Kind::Released | Kind::Repaired | Kind::Cancelled | Kind::Expired => {
                notice.to.retain(|address| self.may_read(address));
                if notice.to.is_empty() {
                    let sender = notice.mail.as_ref().map(|mail| mail.sender.clone());
                    notice.in_place_of = Some(sender.unwrap_or_default());
                    notice.to = self.admins();
                }
            }
        }
    }

    fn is_inside(&self, address: &str) -> bool {
        let domain = address.trim().rsplit_once('@').map_or("", |(_, domain)| domain);
        let organization = self.organization.as_ref();
        !domain.is_empty() && organization.is_some_and(|o| o.is_internal(domain.trim_end_matches('.')))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;
    use proptest::prelude::*;

    fn readers(admins: &[&str]) -> Readers {
        let mut city = Organization::new("みほん市", &["city.example.jp"]);
        city.admins = admins.iter().map(|a| a.to_string()).collect();
        Readers::of(&city)
    }

    #[test]
    fn the_sender_then_the_author_then_the_admins() {
        let readers = readers(&["joho@city.example.jp", "support@vendor.example"]);
        let of =
            |sender: &'static str, authors: &[&'static str]| readers.of_mail(sender, authors.iter().copied());
        let author = "taro@city.example.jp";
        assert_eq!(of("sato@city.example.jp", &[author]), Some("sato@city.example.jp"));
        for nobody in [
            "",
            "alice@other.example",
            "SRS0=HHH=TT=other.example=alice@city.example.jp",
            "prvs=1234567890=taro@city.example.jp",
            "news-bounces+u1=v1.example@city.example.jp",
            "noreply@city.example.jp",
        ] {
            assert_eq!(of(nobody, &["x@other.example", author]), Some(author), "{nobody}");
            assert_eq!(of(nobody, &["alice@other.example"]), None, "{nobody}");
        }
        assert_eq!(readers.admins(), ["joho@city.example.jp"]);
        assert_eq!(self::readers(&["a@vendor.example"]).admins(), ["postmaster@city.example.jp"]);
        assert!(Readers::default().admins().is_empty());
    }

    #[test]
    fn delivery_reports_go_to_return_paths_of_the_organisation_that_keep_them_inside() {
        let readers = readers(&[]);
        for (address, may) in [
            ("taro@city.example.jp", true),
            ("prvs=1234567890=taro@city.example.jp", true),
            ("news-bounces+u1=v1.example@city.example.jp", true),
            ("SRS0=HHH=TT=other.example=alice@city.example.jp", false),
            ("noreply@city.example.jp", false),
            ("alice@other.example", false),
            ("", false),
        ] {
            assert_eq!(readers.may_take_report(address), may, "{address}");
        }
    }

    proptest! {
        /// Whatever the sender and the readers that a notice came with: nobody outside reads about a mail,
        /// and of mail that waits or has ended somebody inside always hears.
        #[test]
        fn no_notice_about_a_mail_goes_outside(
            local in "(SRS0=a=b=other\\.example=alice|prvs=1234567890=taro|list-bounces[+]u=v|noreply|[a-z]{1,8}([+][a-z]{1,3})?)",
            domain in "(city\\.example\\.jp|sub\\.city\\.example\\.jp|other\\.example|city\\.example\\.jp\\.evil\\.example|)",
            kind in 0usize..samples::KINDS.len(),
            admins in prop::collection::vec("(joho@city\\.example\\.jp|support@vendor\\.example)", 0..3),
        ) {
            let mut notice = samples::notice(samples::KINDS[kind]);
            let sender = format!("{local}@{domain}");
            notice.to = vec![sender.clone()];
            if let Some(mail) = &mut notice.mail {
                mail.sender = sender.clone();
            }
            let about_mail = notice.mail.is_some();
            let admins: Vec<&str> = admins.iter().map(String::as_str).collect();
            readers(&admins).settle(&mut notice);
            let inside = |a: &String| a.ends_with("@city.example.jp") || a.ends_with("@sub.city.example.jp");
            if about_mail {
                prop_assert!(notice.to.iter().all(inside), "{:?} to {:?}", notice.kind, notice.to);
            }
            let must_be_told = matches!(
                notice.kind,
                Kind::Held | Kind::Digest | Kind::Released | Kind::Repaired | Kind::Cancelled | Kind::Expired
            );
            if must_be_told {
                prop_assert!(!notice.to.is_empty());
                prop_assert!(notice.to.iter().all(|a| !a.starts_with("SRS0") && !a.starts_with("prvs")));
            }
        }
    }
}
