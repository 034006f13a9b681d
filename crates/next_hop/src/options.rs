//! The `[next_hop]` section of the configuration, and the url in it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

/// How mail leaves.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// `smtp://host[:port]` (STARTTLS when offered), `smtp+starttls://host[:port]` (required),
    /// `smtps://host[:port]`, or `maildir:PATH`. The port is 25 unless said, 465 for smtps.
    pub url: String,
    /// The name to authenticate with; none for no AUTH.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// The file that holds the password, and nothing else.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password_file: Option<PathBuf>,
    /// PEM certificates to trust instead of the system's, for smtp+starttls and smtps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
    /// The name to say in EHLO; the machine's unless said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hostname: Option<String>,

    // Deadlines, after RFC 5321 section 4.5.3.2. Clients give their MAIL and RCPT 5 minutes: a shade
    // less here lets our 451 reach them before they hang up.
    /// For the connection.
    #[serde(with = "terms::duration")]
    pub connect_timeout: Duration,
    /// For the greeting, a handshake, EHLO and AUTH, each.
    #[serde(with = "terms::duration")]
    pub greeting_timeout: Duration,
    /// For the replies to MAIL, RCPT and RSET.
    #[serde(with = "terms::duration")]
    pub command_timeout: Duration,
    /// For the reply to DATA.
    #[serde(with = "terms::duration")]
    pub data_timeout: Duration,
    /// For each block of the message.
    #[serde(with = "terms::duration")]
    pub block_timeout: Duration,
    /// For the reply to the final dot. Clients should wait 10 minutes for it, but OpenSMTPD ends a session
    /// after 5: a reply that comes later than that finds no client, and the mail is sent twice.
    #[serde(with = "terms::duration")]
    pub done_timeout: Duration,
    /// For all of it, where a client waits for the reply to its EHLO.
    #[serde(with = "terms::duration")]
    pub probe_timeout: Duration,

    /// How many connections are kept open with nothing to do.
    pub pool_size: usize,
    /// How long one is kept so.
    #[serde(with = "terms::duration")]
    pub pool_idle: Duration,
    /// After how many messages one is closed.
    pub pool_uses: u32,
}

impl Default for Options {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Options {
            url: "maildir:var/outbox".into(),
            username: None,
            password_file: None,
            ca_file: None,
            hostname: None,
            connect_timeout: seconds(30),
            greeting_timeout: seconds(60),
            command_timeout: seconds(270),
            data_timeout: seconds(120),
            block_timeout: seconds(180),
            done_timeout: seconds(285),
            probe_timeout: seconds(5),
            pool_size: 64,
            pool_idle: seconds(60),
            pool_uses: 1000,
        }
    }
}

/// What is wrong with the options.
#[derive(Debug, thiserror::Error)]
pub enum OptionsError {
    #[error("next_hop.url: {0:?} is none of smtp://, smtp+starttls://, smtps:// and maildir:")]
    Scheme(String),
    #[error("next_hop.url: {0:?} names no host, or a bad port")]
    Host(String),
    #[error("next_hop.url: the maildir {0:?} cannot be made")]
    Maildir(PathBuf, #[source] std::io::Error),
    #[error("next_hop: username and password_file go together")]
    HalfACredential,
    #[error("next_hop: {0} holds a control character")]
    Control(&'static str),
    #[error("next_hop.password_file: {0:?} cannot be read")]
    Password(PathBuf, #[source] std::io::Error),
    #[error("next_hop.ca_file: {0:?} holds no certificate")]
    CaFile(PathBuf, #[source] Option<rustls::pki_types::pem::Error>),
    #[error("next_hop: the system has no trusted certificates; name a ca_file")]
    NoRoots,
    #[error(
        "next_hop.url: {0:?} leads to an address that Sekisho itself listens on; name the mail server behind it"
    )]
    Itself(String),
    #[error("next_hop: TLS cannot be set up")]
    Tls(#[from] rustls::Error),
}

/// How a connection is to be secured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Security {
    /// STARTTLS when offered, without asking who answers (RFC 7435): better than clear text.
    WhenOffered,
    /// STARTTLS, verified, or nothing.
    Required,
    /// TLS from the first byte (RFC 8314), verified.
    FromStart,
}

/// Where mail goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Target {
    Smtp { host: String, port: u16, security: Security },
    Maildir(PathBuf),
}

impl Target {
    pub(super) fn parse(url: &str) -> Result<Self, OptionsError> {
        if let Some(path) = url.strip_prefix("maildir:") {
            let path = path.strip_prefix("//").filter(|p| p.starts_with('/')).unwrap_or(path);
            if path.is_empty() {
                return Err(OptionsError::Host(url.to_string()));
            }
            return Ok(Target::Maildir(path.into()));
        }
        let (scheme, rest) = url.split_once("://").ok_or_else(|| OptionsError::Scheme(url.to_string()))?;
        let (security, default_port) = match scheme {
            "smtp" => (Security::WhenOffered, 25),
            "smtp+starttls" => (Security::Required, 25),
            "smtps" => (Security::FromStart, 465),
            _ => return Err(OptionsError::Scheme(url.to_string())),
        };
        let bad = || OptionsError::Host(url.to_string());
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (host, port) = if let Some(rest) = rest.strip_prefix('[') {
            let (host, rest) = rest.split_once(']').ok_or_else(bad)?;
            (host, if rest.is_empty() { None } else { Some(rest.strip_prefix(':').ok_or_else(bad)?) })
        } else {
            rest.split_once(':').map_or((rest, None), |(host, port)| (host, Some(port)))
        };
        let port = port.map_or(Ok(default_port), str::parse).map_err(|_| bad())?;
        let name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':');
        if host.is_empty() || !host.chars().all(name) || port == 0 {
            return Err(bad());
        }
        Ok(Target::Smtp { host: host.to_string(), port, security })
    }
}

impl Options {
    /// Whether the url leads to one of these addresses, as far as that can be told without asking a name
    /// server: an address that is listened on, or a loopback one where all are.
    ///
    /// # Errors
    /// [`OptionsError::Itself`] where it does.
    pub fn check_target(&self, listening: &[SocketAddr]) -> Result<(), OptionsError> {
        // A bad url is told when the next hop is made.
        let Ok(Target::Smtp { host, port, .. }) = Target::parse(&self.url) else {
            return Ok(());
        };
        let hosts: Vec<IpAddr> = match host.parse::<IpAddr>() {
            Ok(ip) => vec![ip.to_canonical()],
            Err(_) if host.eq_ignore_ascii_case("localhost") => {
                vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]
            }
            Err(_) => return Ok(()),
        };
        let same = |own: &SocketAddr| {
            let ip = own.ip().to_canonical();
            let anywhere =
                |host: &IpAddr| ip.is_unspecified() && host.is_loopback() && host.is_ipv4() == ip.is_ipv4();
            own.port() == port && hosts.iter().any(|host| *host == ip || anywhere(host))
        };
        if listening.iter().any(same) { Err(OptionsError::Itself(self.url.clone())) } else { Ok(()) }
    }
}

/// Whether a name can be said in EHLO to any server: it has a dot, or is an address literal. Many servers
/// refuse mail for good after another (Postfix's `reject_non_fqdn_helo_hostname`).
pub fn is_qualified(hostname: &str) -> bool {
    let inner = hostname.trim_end_matches('.');
    hostname.starts_with('[')
        || inner.split('.').count() > 1 && inner.split('.').all(|label| !label.is_empty())
}

/// The machine's own name, for EHLO, greetings and Received lines.
pub fn system_hostname() -> String {
    // uname(2) and not /proc, which a service may be kept from reading (ProcSubset=pid).
    let system = rustix::system::uname();
    let name = system.nodename().to_string_lossy();
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
    if !name.is_empty() && name.chars().all(plain) { name.into_owned() } else { "localhost".to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_read() {
        let smtp = |host: &str, port, security| Target::Smtp { host: host.into(), port, security };
        for (url, target) in [
            ("smtp://mail.example.com", smtp("mail.example.com", 25, Security::WhenOffered)),
            ("smtp://[2001:db8::1]:2525/", smtp("2001:db8::1", 2525, Security::WhenOffered)),
            ("smtp+starttls://192.0.2.1:587", smtp("192.0.2.1", 587, Security::Required)),
            ("smtps://mail.example.com", smtp("mail.example.com", 465, Security::FromStart)),
            ("maildir:var/outbox", Target::Maildir("var/outbox".into())),
            ("maildir:///var/outbox", Target::Maildir("/var/outbox".into())),
        ] {
            assert_eq!(Target::parse(url).unwrap(), target, "{url}");
        }
        for url in [
            "",
            "smtp:",
            "smtp://",
            "lmtp://x",
            "smtp://h:0",
            "smtp://h:x",
            "smtp://[::1",
            "smtp://a b",
            "smtp://u@h",
            "maildir:",
        ] {
            assert!(Target::parse(url).is_err(), "{url}");
        }
    }

    #[test]
    fn a_url_that_leads_back_is_told() {
        let leads = |url: &str, listening: &str| {
            let options = Options { url: url.into(), ..Options::default() };
            options.check_target(&[listening.parse().unwrap()]).is_err()
        };
        assert!(leads("smtp://127.0.0.1:2525", "127.0.0.1:2525"));
        assert!(leads("smtp://localhost:2525", "127.0.0.1:2525"));
        assert!(leads("smtp://localhost:25", "0.0.0.0:25"));
        assert!(leads("smtp://[::1]", "[::]:25"));
        assert!(!leads("smtp://127.0.0.1:2526", "127.0.0.1:2525"));
        assert!(!leads("smtp://192.0.2.1:25", "0.0.0.0:25"));
        assert!(!leads("smtp://mail.example.com:25", "0.0.0.0:25"));
        assert!(!leads("maildir:var/outbox", "0.0.0.0:25"));
    }

    #[test]
    fn a_name_without_a_dot_is_told() {
        for name in ["gate.example", "a.b.example.", "[192.0.2.1]"] {
            assert!(is_qualified(name), "{name}");
        }
        for name in ["vm", "localhost", "", "vm.", ".", "a..b"] {
            assert!(!is_qualified(name), "{name}");
        }
    }

    #[test]
    fn options_have_defaults_and_refuse_the_unknown() {
        let options: Options = toml::from_str("url = \"smtp://h\"\ndone_timeout = \"200ms\"").unwrap();
        assert_eq!((options.done_timeout, options.pool_size), (Duration::from_millis(200), 64));
        assert!(toml::from_str::<Options>("ulr = \"smtp://h\"").is_err());
        let text = toml::to_string(&Options::default()).unwrap();
        assert_eq!(toml::from_str::<Options>(&text).unwrap().pool_idle, Duration::from_secs(60));
    }
}
