//! The listeners of the configuration, each with its own trust: `[[listener]]`, beside the addresses of
//! `[receive] listen`.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use argon2::Argon2;
use argon2::password_hash::{PasswordHash, PasswordVerifier as _};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::server::ParsedCertificate;
use tokio_rustls::TlsAcceptor;

use super::options::OptionsError;
use terms::networks::Networks;

/// One `[[listener]]` of the configuration.
#[derive(Clone, Debug, PartialEq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListenerOptions {
    /// The address to listen on.
    pub listen: SocketAddr,
    /// The clients that may send mail here.
    pub networks: Networks,
    /// Whether TLS is only offered, or asked for before MAIL.
    #[serde(default)]
    pub tls: TlsUse,
    /// The certificate that a client must show in TLS.
    #[serde(default)]
    pub client_certificate: Option<ClientCertificate>,
    /// The name and password that a client must give with AUTH, in TLS.
    #[serde(default)]
    pub auth: Option<Auth>,
    /// Whether each connection begins with a header of the PROXY protocol, from one of `proxies`. `networks` is
    /// then asked about the client that the header names.
    #[serde(default)]
    pub proxy_protocol: bool,
    /// The load balancers that may say so.
    #[serde(default)]
    pub proxies: Networks,
}

/// How a listener uses TLS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TlsUse {
    #[default]
    Offered,
    Required,
}

/// What a client's certificate must be.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClientCertificate {
    /// PEM certificates of the authorities that sign clients'.
    pub ca_file: PathBuf,
    /// The certificate must be for one of these DNS names.
    pub names: Vec<String>,
}

/// Where names and passwords are.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Auth {
    /// Lines of `name:hash`, the hash of argon2 in the PHC format (`$argon2id$…`).
    pub users_file: PathBuf,
}

impl ListenerOptions {
    /// What of it would let everybody in, or cannot work. `has_certificate` is whether `[receive]` names one.
    pub fn check(&self, has_certificate: bool) -> Result<(), String> {
        let at = self.listen;
        let proves = self.client_certificate.is_some() || self.auth.is_some();
        if !has_certificate && (proves || self.tls == TlsUse::Required) {
            return Err(format!("{at}: TLS is needed here; name tls_certificate and tls_key in [receive]"));
        }
        if self.networks.0.is_empty() {
            return Err(format!("{at}: networks is empty, so that no client could come in; name them"));
        }
        if !proves && ["192.0.2.1", "2001:db8::1"].iter().any(|ip| self.admits_documentation(ip)) {
            return Err(format!(
                "{at}: networks lets everybody in; name the clients, or ask for client_certificate or auth"
            ));
        }
        if self.client_certificate.as_ref().is_some_and(|c| c.names.is_empty()) {
            return Err(format!("{at}: client_certificate names nobody; give the names that it may be for"));
        }
        if self.proxy_protocol == self.proxies.0.is_empty() {
            return Err(format!("{at}: proxy_protocol and proxies go together; give both or neither"));
        }
        Ok(())
    }

    /// An address that nobody has (RFC 5737, RFC 3849) comes in only where a network is far too wide.
    fn admits_documentation(&self, ip: &str) -> bool {
        let wide = |text: &String| text.ends_with("/0") || text.ends_with("/1");
        let named = self.networks.0.iter().map(|network| String::from(*network));
        ip.parse::<IpAddr>().is_ok_and(|ip| self.networks.contain(ip)) && named.into_iter().any(|n| wide(&n))
    }
}

/// A listener as sessions see it: what its clients must prove.
#[derive(Default)]
pub(super) struct Door {
    pub networks: Networks,
    /// None for no STARTTLS.
    pub tls: Option<TlsAcceptor>,
    pub tls_required: bool,
    /// The names of which the client's certificate must have one; empty where none is asked for.
    pub certificate_names: Vec<String>,
    pub users: Option<Users>,
    pub proxies: Option<Networks>,
}

impl Door {
    /// Whether the certificates that a client showed have one of the names. That an authority signed them was
    /// proven in the handshake.
    pub(super) fn accepts_certificate(&self, shown: Option<&[CertificateDer<'_>]>) -> bool {
        if self.certificate_names.is_empty() {
            return true;
        }
        let Some(parsed) = shown.and_then(|c| c.first()).and_then(|c| ParsedCertificate::try_from(c).ok())
        else {
            return false;
        };
        let is_for = |name: &String| {
            ServerName::try_from(name.as_str())
                .is_ok_and(|name| rustls::client::verify_server_name(&parsed, &name).is_ok())
        };
        self.certificate_names.iter().any(is_for)
    }
}

/// Names and the hashes of their passwords.
#[derive(Clone, Default)]
pub(super) struct Users(HashMap<String, String>);

impl Users {
    /// Reads a users file. Empty lines and lines that begin with `#` are passed over.
    ///
    /// # Errors
    /// The file cannot be read, or the line of that number is no `name:hash`.
    pub(super) fn read(path: &Path) -> Result<Users, OptionsError> {
        let bad = |line| OptionsError::Users(path.to_path_buf(), line);
        let text = std::fs::read_to_string(path).map_err(|_| bad(0))?;
        let mut users = HashMap::new();
        for (n, line) in text.lines().enumerate() {
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            let (name, hash) = line.trim_end().split_once(':').ok_or_else(|| bad(n + 1))?;
            if name.is_empty() || PasswordHash::new(hash).is_err() || !hash.starts_with("$argon2") {
                return Err(bad(n + 1));
            }
            users.insert(name.to_string(), hash.to_string());
        }
        Ok(Users(users))
    }

    /// Whether that is the password of that name. It takes as long for a name that is not known.
    pub(super) fn know(&self, name: &str, password: &str) -> bool {
        let known = self.0.get(name);
        let Some(hash) = known.or_else(|| self.0.values().next()) else {
            return false;
        };
        let right = PasswordHash::new(hash)
            .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok());
        right && known.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<ListenerOptions, toml::de::Error> {
        toml::from_str(text)
    }

    #[test]
    fn a_listener_that_is_open_to_everybody_or_cannot_work_is_told() {
        let good = "listen = \"0.0.0.0:25\"\nnetworks = [\"192.0.2.0/24\"]\n";
        assert_eq!(read(good).unwrap().check(false), Ok(()));
        let everybody = "listen = \"0.0.0.0:25\"\nnetworks = [\"0.0.0.0/0\"]\n";
        for (text, certificate, good) in [
            (everybody.to_string(), true, false),
            (format!("{everybody}auth = {{ users_file = \"u\" }}"), true, true),
            (format!("{everybody}auth = {{ users_file = \"u\" }}"), false, false),
            (format!("{good}tls = \"required\""), false, false),
            (format!("{good}tls = \"required\""), true, true),
            (format!("{good}proxy_protocol = true"), true, false),
            (format!("{good}proxy_protocol = true\nproxies = [\"198.51.100.1\"]"), true, true),
            (format!("{good}client_certificate = {{ ca_file = \"c\", names = [] }}"), true, false),
            ("listen = \"0.0.0.0:25\"\nnetworks = []".to_string(), true, false),
        ] {
            assert_eq!(read(&text).unwrap().check(certificate).is_ok(), good, "{text}");
        }
        for bad in ["network = []", "tls = \"maybe\"", "auth = { dovecot = \"x\" }"] {
            assert!(read(&format!("{good}{bad}")).is_err(), "{bad}");
        }
    }
}
