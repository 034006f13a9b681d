//! The section `[web]` of the configuration.

use std::net::SocketAddr;
use std::time::Duration;

use super::oidc;
use terms::networks::Networks;

/// Where the pages are, and how long somebody stays signed in. Without the section there are no pages,
/// and notices carry no links.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Options {
    pub listen: SocketAddr,
    /// How browsers reach the site: scheme, host and port, without a path. Links in notices begin with
    /// it; forms from any other place are refused.
    pub public_url: String,
    /// Somebody who has signed in stays so for this long.
    #[serde(default = "eight_hours", deserialize_with = "terms::duration::deserialize")]
    pub session: Duration,
    /// A session that was not used for so long ends.
    #[serde(default = "one_hour", deserialize_with = "terms::duration::deserialize")]
    pub idle: Duration,
    /// The reverse proxies whose word on their clients (X-Forwarded-For) is taken.
    #[serde(default)]
    pub trusted_proxies: Networks,
    /// Another way to sign in: OpenID Connect.
    pub oidc: Option<oidc::Options>,
    /// Links in notices open for this long, and never longer than the case waits.
    #[serde(default = "fourteen_days", deserialize_with = "terms::duration::deserialize")]
    pub link: Duration,
}

fn eight_hours() -> Duration {
    Duration::from_secs(8 * 3_600)
}

fn one_hour() -> Duration {
    Duration::from_secs(3_600)
}

fn fourteen_days() -> Duration {
    Duration::from_secs(14 * 86_400)
}

impl Options {
    /// Everything that is wrong with the section, each with what would be right.
    pub fn check(&self) -> Result<(), Vec<String>> {
        let mut faults = Vec::new();
        let rest = self.public_url.strip_prefix("https://").or(self.public_url.strip_prefix("http://"));
        let host = rest.map(|r| r.trim_end_matches('/'));
        if host.is_none_or(|h| h.is_empty() || h.contains(['/', '?', '#', '@', ' '])) {
            faults.push(format!(
                "public_url \"{}\" is no http:// or https:// address; give one without a path, such as \
                 https://sekisho.city.example.jp",
                self.public_url
            ));
        }
        if self.session < Duration::from_secs(60) {
            faults.push("session is less than a minute; give \"8h\" or so".into());
        }
        if self.idle < Duration::from_secs(60) {
            faults.push("idle is less than a minute; give \"1h\" or so".into());
        }
        faults.extend(self.oidc.iter().flat_map(oidc::Options::check));
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }

    /// Whether browsers come by TLS, so that cookies may be bound to it.
    pub fn is_https(&self) -> bool {
        self.public_url.starts_with("https://")
    }

    /// What browsers send as the origin of the site's own forms (RFC 6454 section 6.1).
    pub fn origin(&self) -> String {
        self.public_url.trim_end_matches('/').to_ascii_lowercase()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_section_reads_and_is_checked() {
        let of = |url: &str| {
            let text = format!("listen = \"127.0.0.1:8025\"\npublic_url = \"{url}\"");
            toml::from_str::<Options>(&text).expect("reads")
        };
        for good in ["http://127.0.0.1:8025", "https://sekisho.example.jp", "https://sekisho.example.jp/"] {
            assert_eq!(of(good).check(), Ok(()), "{good}");
        }
        for bad in ["", "sekisho.example.jp", "https://", "https://example.jp/guard", "ftp://example.jp"] {
            assert!(of(bad).check().is_err(), "{bad}");
        }
        assert_eq!(of("https://Sekisho.example.jp/").origin(), "https://sekisho.example.jp");
        assert!(toml::from_str::<Options>("listen = \"127.0.0.1:8025\"").is_err());
    }
}
