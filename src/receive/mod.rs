//! The door that mail comes in by: an SMTP server that passes each command on as it comes, reads
//! the message to its true end, and leaves the rest to the guard.

mod admission;
mod data;
mod envelope;
mod hello;
mod identity;
mod listener;
mod options;
mod session;
mod tls;
mod trace;

use std::sync::Arc;

pub use listener::{listen, serve};
pub use options::{ByteSize, Options, OptionsError};

pub use crate::networks::{BadNetwork, Network, Networks};

use crate::clock::Clock;
use crate::guard::Guard;
use crate::next_hop::{NextHop, system_hostname};
use admission::Admission;

/// What all client sessions share.
pub struct Ctx {
    options: Options,
    /// The name in greetings and Received lines.
    hostname: String,
    next_hop: NextHop,
    guard: Arc<Guard>,
    clock: Clock,
    tls: Option<tokio_rustls::TlsAcceptor>,
    admission: Arc<Admission>,
    ids: trace::Ids,
}

impl Ctx {
    /// Puts together what sessions need; reads the certificate where one is named.
    ///
    /// # Errors
    /// [`OptionsError`].
    pub fn new(
        options: Options,
        next_hop: NextHop,
        guard: Arc<Guard>,
        clock: Clock,
    ) -> Result<Self, OptionsError> {
        let hostname = options.hostname.clone().unwrap_or_else(system_hostname);
        if hostname.is_empty() || !hostname.chars().all(|c| c.is_ascii_graphic()) {
            return Err(OptionsError::Hostname);
        }
        let tls = match (&options.tls_certificate, &options.tls_key) {
            (Some(certificate), Some(key)) => Some(tls::acceptor(certificate, key)?),
            (None, None) => None,
            _ => return Err(OptionsError::HalfACertificate),
        };
        let admission = Arc::new(Admission::new(&options));
        let ids = trace::Ids::new(getrandom::u64().map_err(|_| OptionsError::NoRandomness)?);
        Ok(Ctx { options, hostname, next_hop, guard, clock, tls, admission, ids })
    }
}
