//! The `[receive]` section of the configuration.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use terms::networks::Networks;

/// How mail comes in.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// The addresses to listen on.
    pub listen: Vec<SocketAddr>,
    /// The name in greetings and Received lines; the machine's unless said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hostname: Option<String>,
    /// Who may send mail through here; everybody else is turned away at once.
    pub trusted_networks: Networks,
    /// Who may say with XCLIENT who the client is.
    pub xclient_peers: Networks,
    /// Who may say with XFORWARD whose mail it forwards.
    pub xforward_peers: Networks,
    /// PEM certificate chain for STARTTLS; none for no STARTTLS.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_certificate: Option<PathBuf>,
    /// Its PEM key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_key: Option<PathBuf>,

    pub max_message_size: ByteSize,
    pub max_recipients: usize,
    /// The longest line of a message. RFC 5321 section 4.5.3.1.6 obliges to 998; a longer line
    /// passes whole up to this, and is refused beyond.
    pub max_line: ByteSize,
    /// Received fields at which a message counts as looping (RFC 5321 section 6.3).
    pub max_hops: usize,
    pub max_header_size: ByteSize,
    pub max_header_fields: usize,
    /// Commands in error before a client is sent away.
    pub max_errors: u32,

    pub max_connections: usize,
    pub max_connections_per_address: usize,
    /// For all messages together, from the first byte until each is delivered or kept: what was received, and one
    /// copy of each that is rewritten, delayed or held. 452 is the answer where it does not suffice.
    pub max_memory: ByteSize,

    // Deadlines, after RFC 5321 section 4.5.3.2.
    /// For a whole command, and for a client to take a reply.
    #[serde(with = "jiff::fmt::serde::unsigned_duration::friendly::compact::required")]
    pub command_timeout: Duration,
    /// For each piece of a message.
    #[serde(with = "jiff::fmt::serde::unsigned_duration::friendly::compact::required")]
    pub data_timeout: Duration,
    /// For a whole message.
    #[serde(with = "jiff::fmt::serde::unsigned_duration::friendly::compact::required")]
    pub message_timeout: Duration,
    /// For how long a client may be silent between messages before its connection to the next hop
    /// serves others.
    #[serde(with = "jiff::fmt::serde::unsigned_duration::friendly::compact::required")]
    pub rest_after: Duration,
    /// How long a client in the middle of something may still take when the house closes.
    #[serde(with = "jiff::fmt::serde::unsigned_duration::friendly::compact::required")]
    pub stop_after: Duration,
}

impl Default for Options {
    fn default() -> Self {
        let network = |text: &str| super::Network::try_from(text.to_string()).ok();
        Options {
            listen: vec![SocketAddr::from(([127, 0, 0, 1], 2525))],
            hostname: None,
            trusted_networks: Networks(
                ["127.0.0.0/8", "::1/128"].iter().filter_map(|t| network(t)).collect(),
            ),
            xclient_peers: Networks::default(),
            xforward_peers: Networks::default(),
            tls_certificate: None,
            tls_key: None,
            max_message_size: ByteSize(50 << 20),
            max_recipients: 10_000,
            max_line: ByteSize(1 << 20),
            max_hops: 50,
            max_header_size: ByteSize(1 << 20),
            max_header_fields: 10_000,
            max_errors: 20,
            max_connections: 20_000,
            max_connections_per_address: 10_000,
            max_memory: ByteSize(1 << 30),
            command_timeout: Duration::from_secs(300),
            data_timeout: Duration::from_secs(180),
            message_timeout: Duration::from_secs(1800),
            rest_after: Duration::from_secs(1),
            stop_after: Duration::from_secs(10),
        }
    }
}

/// What is wrong with the options.
#[derive(Debug, thiserror::Error)]
pub enum OptionsError {
    #[error("receive.hostname: a host name without blanks is needed")]
    Hostname,
    #[error("receive: tls_certificate and tls_key go together")]
    HalfACertificate,
    #[error("receive: {0:?} holds no usable certificate or key")]
    Pem(PathBuf, #[source] Option<rustls::pki_types::pem::Error>),
    #[error("receive: the certificate and the key cannot be used")]
    Tls(#[from] rustls::Error),
    #[error("the system has no randomness to give")]
    NoRandomness,
    #[error("receive.listen: cannot listen on {0}")]
    Listen(SocketAddr, #[source] std::io::Error),
}

/// A number of bytes, written `50MB`, `64KB`, `1GB` or as a plain number; K, M and G are powers of
/// 1024, as mail servers count them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "Written", into = "u64")]
pub struct ByteSize(pub u64);

#[derive(serde::Deserialize)]
#[serde(untagged)]
enum Written {
    Number(u64),
    Text(String),
}

impl From<ByteSize> for u64 {
    fn from(size: ByteSize) -> u64 {
        size.0
    }
}

impl TryFrom<Written> for ByteSize {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        match written {
            Written::Number(bytes) => Ok(ByteSize(bytes)),
            Written::Text(text) => {
                parse(&text).map(ByteSize).ok_or_else(|| format!("{text:?} is no size such as \"50MB\""))
            }
        }
    }
}

fn parse(text: &str) -> Option<u64> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, unit) = text.split_at(end);
    let factor = match unit.trim_start().to_ascii_uppercase().as_str() {
        "" | "B" => 1,
        "K" | "KB" | "KIB" => 1 << 10,
        "M" | "MB" | "MIB" => 1 << 20,
        "G" | "GB" | "GIB" => 1 << 30,
        _ => return None,
    };
    digits.parse::<u64>().ok()?.checked_mul(factor)
}

impl ByteSize {
    /// As a length in memory.
    pub fn as_usize(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read_and_the_unknown_is_refused() {
        let options: Options = toml::from_str(
            "listen = [\"127.0.0.1:25\"]\ntrusted_networks = [\"192.0.2.0/24\"]\nmax_message_size = \"50MB\"\nmax_line = 998\ncommand_timeout = \"1m 30s\"",
        )
        .unwrap();
        assert_eq!(options.max_message_size, ByteSize(52_428_800));
        assert_eq!((options.max_line, options.command_timeout), (ByteSize(998), Duration::from_secs(90)));
        for bad in [
            "lisen = []",
            "max_line = \"1XB\"",
            "max_line = -1",
            "trusted_networks = [\"10.0.0.1/8\"]",
            "data_timeout = \"soon\"",
        ] {
            assert!(toml::from_str::<Options>(bad).is_err(), "{bad}");
        }
        let text = toml::to_string(&Options::default()).unwrap();
        assert_eq!(toml::from_str::<Options>(&text).unwrap().trusted_networks.0.len(), 2);
    }
}
