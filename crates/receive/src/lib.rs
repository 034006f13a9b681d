//! The door that mail comes in by: an SMTP server that passes each command on as it comes, reads
//! the message to its true end, and leaves the rest to the guard.

mod admission;
mod closing;
mod data;
mod envelope;
mod hello;
mod identity;
mod listener;
mod options;
mod session;
mod tls;
mod trace;

use std::sync::{Arc, PoisonError, RwLock};

pub use listener::{listen, serve};
pub use options::{ByteSize, Options, OptionsError};

pub use terms::networks::{BadNetwork, Network, Networks};

use admission::Admission;
use guard::Guard;
use next_hop::{NextHop, system_hostname};
use terms::clock::Clock;

/// What all client sessions share.
pub struct Ctx {
    terms: RwLock<Arc<Terms>>,
    /// The name in greetings and Received lines.
    hostname: String,
    next_hop: NextHop,
    guard: Arc<Guard>,
    clock: Clock,
    admission: Arc<Admission>,
    ids: trace::Ids,
}

/// What clients are received by, as far as it may change while clients are served: the options and
/// the certificate. A session keeps to what was in force when it began.
pub struct Terms {
    options: Options,
    tls: Option<tokio_rustls::TlsAcceptor>,
}

impl Terms {
    /// Reads the certificate where the options name one.
    ///
    /// # Errors
    /// [`OptionsError`] where it cannot be used.
    pub fn read(options: Options) -> Result<Terms, OptionsError> {
        let tls = match (&options.tls_certificate, &options.tls_key) {
            (Some(certificate), Some(key)) => Some(tls::acceptor(certificate, key)?),
            (None, None) => None,
            _ => return Err(OptionsError::HalfACertificate),
        };
        Ok(Terms { options, tls })
    }
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
        let admission = Arc::new(Admission::new(&options));
        let terms = RwLock::new(Arc::new(Terms::read(options)?));
        let ids = trace::Ids::new(getrandom::u64().map_err(|_| OptionsError::NoRandomness)?);
        Ok(Ctx { terms, hostname, next_hop, guard, clock, admission, ids })
    }

    /// Puts other terms in force, for every client that comes from now on. The addresses that are
    /// listened on and the name in greetings stay what they were.
    pub fn set(&self, terms: Terms) {
        self.admission.set_limits(&terms.options);
        *self.terms.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(terms);
    }

    fn terms(&self) -> Arc<Terms> {
        self.terms.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
