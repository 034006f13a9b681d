//! The door that mail comes in by: an SMTP server that passes each command on as it comes, reads
//! the message to its true end, and leaves the rest to the guard.

mod admission;
mod auth;
mod closing;
mod data;
mod door;
mod envelope;
mod hello;
mod identity;
mod listener;
mod options;
mod proxy_protocol;
mod session;
mod tls;
mod trace;

use std::sync::{Arc, PoisonError, RwLock};

pub use door::{Auth, ClientCertificate, ListenerOptions, TlsUse};
pub use listener::{listen, serve};
pub use options::{ByteSize, Options, OptionsError};

pub use terms::networks::{BadNetwork, Network, Networks};

use admission::Admission;
use door::{Door, Users};
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
    /// The first is that of `[receive] listen`, the others are those of the `[[listener]]` sections.
    doors: Vec<Arc<Door>>,
}

impl Terms {
    /// Reads the certificate where the options name one, and what the listeners name.
    ///
    /// # Errors
    /// [`OptionsError`] where it cannot be used.
    pub fn read(options: Options) -> Result<Terms, OptionsError> {
        let acceptor = |client_ca| match (&options.tls_certificate, &options.tls_key) {
            (Some(certificate), Some(key)) => tls::acceptor(certificate, key, client_ca).map(Some),
            (None, None) => Ok(None),
            _ => Err(OptionsError::HalfACertificate),
        };
        let networks = options.trusted_networks.clone();
        let mut doors = vec![Arc::new(Door { networks, tls: acceptor(None)?, ..Door::default() })];
        for listener in &options.listeners {
            let certificate = listener.client_certificate.as_ref();
            doors.push(Arc::new(Door {
                networks: listener.networks.clone(),
                tls: acceptor(certificate.map(|c| c.ca_file.as_path()))?,
                tls_required: listener.tls == TlsUse::Required || certificate.is_some(),
                certificate_names: certificate.map(|c| c.names.clone()).unwrap_or_default(),
                users: listener.auth.as_ref().map(|a| Users::read(&a.users_file)).transpose()?,
                proxies: listener.proxy_protocol.then(|| listener.proxies.clone()),
            }));
        }
        Ok(Terms { options, doors })
    }

    /// The door of that number; none where a new configuration has fewer.
    fn door(&self, number: usize) -> Option<Arc<Door>> {
        self.doors.get(number).cloned()
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
        next_hop.is_not(greeting(&hostname));
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

    /// What clients are greeted with.
    fn greeting(&self) -> String {
        greeting(&self.hostname)
    }

    fn terms(&self) -> Arc<Terms> {
        self.terms.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn greeting(hostname: &str) -> String {
    format!("{hostname} ESMTP Sekisho")
}
