//! The section `[web.oidc]` of the configuration.

use std::collections::BTreeMap;
use std::path::PathBuf;

#[cfg(feature = "oidc")]
use openidconnect::url::{Host, Url};

use store::people::Role;

/// What is wrong with the section in a build without the feature `oidc`.
#[cfg(not(feature = "oidc"))]
pub const ABSENT: &str = "oidc: this build of sekisho has no OpenID Connect; take the section [web.oidc] out, or install a \
                          build with it (cargo build --release --features oidc)";

/// The provider that people may sign in with, and who of them may.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Options {
    /// The provider's issuer, as its discovery document has it.
    pub issuer: String,
    pub client_id: String,
    /// A file with the client's secret; none for a public client.
    pub client_secret_file: Option<PathBuf>,
    /// What the sign-in page calls it.
    #[serde(default = "openid")]
    pub name: String,
    /// What is asked for besides `openid`.
    #[serde(default = "email")]
    pub scopes: Vec<String>,
    /// A certificate authority that is trusted instead of the system's.
    pub ca_file: Option<PathBuf>,
    /// `auditor`: whoever the provider knows gets an account of that role. Without it only those who
    /// have an account come in.
    pub create: Option<Role>,
    /// The claim that tells the role, such as `groups`; without it accounts keep the role they have.
    pub role_claim: Option<String>,
    /// Which of its values gives which role.
    #[serde(default)]
    pub roles: BTreeMap<String, Role>,
}

fn openid() -> String {
    "OpenID Connect".into()
}

fn email() -> Vec<String> {
    vec!["email".into()]
}

#[cfg(not(feature = "oidc"))]
impl Options {
    /// The section itself is wrong: this build cannot do what it asks for.
    pub fn check(&self) -> Vec<String> {
        vec![ABSENT.to_string()]
    }
}

#[cfg(feature = "oidc")]
impl Options {
    /// Everything that is wrong with the section, each with what would be right.
    pub fn check(&self) -> Vec<String> {
        let mut faults = Vec::new();
        if !Url::parse(&self.issuer).is_ok_and(|url| is_safe(&url)) {
            faults.push(format!(
                "oidc.issuer \"{}\" is no https:// address; give the provider's issuer",
                self.issuer
            ));
        }
        if self.client_id.trim().is_empty() {
            faults.push("oidc.client_id is empty; give the one that the provider knows Sekisho by".into());
        }
        if self.create.is_some_and(|role| role != Role::Auditor) {
            faults.push(
                "oidc.create may only be \"auditor\"; whoever decides or manages is named, or mapped by \
                 role_claim"
                    .into(),
            );
        }
        if self.role_claim.is_some() == self.roles.is_empty() {
            faults.push(
                "oidc.role_claim and oidc.roles belong together; give both or neither, such as role_claim = \
                 \"groups\" with roles = { \"mail-admins\" = \"admin\" }"
                    .into(),
            );
        }
        faults
    }

    /// The highest role that these values of the claim give.
    pub fn role_of(&self, values: &[String]) -> Option<Role> {
        let rank = |role: &Role| Role::ALL.iter().position(|r| r == role);
        values.iter().filter_map(|value| self.roles.get(value)).min_by_key(|role| rank(role)).copied()
    }
}

/// Whether nobody on the way can listen: TLS, or this very machine.
#[cfg(feature = "oidc")]
pub fn is_safe(url: &Url) -> bool {
    let local = match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    };
    url.has_host() && (url.scheme() == "https" || (url.scheme() == "http" && local))
}

#[cfg(all(test, feature = "oidc"))]
mod tests {
    use super::*;

    fn options(lines: &str) -> Options {
        let text = format!("client_id = \"sekisho\"\n{lines}");
        toml::from_str(&text).expect("reads")
    }

    #[test]
    fn only_a_provider_nobody_can_listen_to_is_taken() {
        for good in ["https://id.example.jp", "https://id.example.jp/tenant/v2.0", "http://127.0.0.1:9000"] {
            assert_eq!(options(&format!("issuer = \"{good}\"")).check(), Vec::<String>::new(), "{good}");
        }
        for bad in
            ["", "id.example.jp", "http://id.example.jp", "http://127.0.0.1.example.jp", "ftp://x.example"]
        {
            assert_eq!(options(&format!("issuer = \"{bad}\"")).check().len(), 1, "{bad}");
        }
    }

    #[test]
    fn roles_are_mapped_and_only_auditors_are_made() {
        let groups = "issuer = \"https://id.example.jp\"\nrole_claim = \"groups\"\n\
                      roles = { \"mail\" = \"admin\", \"desk\" = \"approver\" }";
        let options_of = options(groups);
        assert!(options_of.check().is_empty());
        let of =
            |values: &[&str]| options_of.role_of(&values.iter().map(|v| v.to_string()).collect::<Vec<_>>());
        assert_eq!(of(&["desk", "mail", "x"]), Some(Role::Admin));
        assert_eq!(of(&["desk"]), Some(Role::Approver));
        assert_eq!(of(&["x"]), None);
        for bad in ["create = \"admin\"", "role_claim = \"groups\"", "roles = { x = \"admin\" }"] {
            let lines = format!("issuer = \"https://id.example.jp\"\n{bad}");
            assert_eq!(options(&lines).check().len(), 1, "{bad}");
        }
    }
}
