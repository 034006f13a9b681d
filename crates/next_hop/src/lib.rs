//! The way out: sessions with the next hop, kept in a pool across client sessions; or a maildir.

mod connection;
mod error;
mod maildir;
mod options;
mod pool;
mod relay;
mod session;
mod timer;
mod tls;
pub mod wire;

use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

pub use error::HopError;
pub use options::{Options, OptionsError, system_hostname};
pub use session::Session;
pub use tls::roots;

use connection::{Connection, Credentials, Dialer};
use options::Target;
use pool::Pool;
use smtp::capabilities::Capabilities;
use smtp::command::EnvelopeCommand;
use smtp::envelope::Envelope;
use smtp::reply::Reply;
use tls::Tls;

/// What became of one message at the next hop, recipient by recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The reply to MAIL.
    pub mail: Reply,
    /// The reply to each RCPT, in the order of the envelope; empty where MAIL was refused.
    pub rcpts: Vec<Reply>,
    /// The reply to the message itself; none where no recipient was accepted or MAIL was refused.
    pub data: Option<Reply>,
}

/// The next hop. Cheap to clone; all clones share one pool.
#[derive(Clone)]
pub struct NextHop {
    shared: Arc<Shared>,
}

struct Shared {
    options: Options,
    /// How to connect; none for a maildir.
    dialer: Option<Dialer>,
    maildir: Option<PathBuf>,
    pool: Pool,
    capabilities: RwLock<Option<Capabilities>>,
}

impl NextHop {
    /// The next hop that the options name. It connects to nothing yet; a maildir's folders are made.
    ///
    /// # Errors
    /// [`OptionsError`].
    pub fn new(options: &Options) -> Result<Self, OptionsError> {
        let mut shared = Shared {
            options: options.clone(),
            dialer: None,
            maildir: None,
            pool: Pool::default(),
            capabilities: RwLock::new(None),
        };
        match Target::parse(&options.url)? {
            Target::Maildir(path) => {
                maildir::create(&path).map_err(|error| OptionsError::Maildir(path.clone(), error))?;
                shared.maildir = Some(path);
                shared.learn(Capabilities {
                    eight_bit_mime: true,
                    smtputf8: true,
                    size: true,
                    ..Capabilities::default()
                });
            }
            Target::Smtp { host, port, security } => {
                let hostname = options.hostname.clone().unwrap_or_else(system_hostname);
                if hostname.is_empty() || hostname.chars().any(|c| c.is_control() || c == ' ') {
                    return Err(OptionsError::Control("hostname"));
                }
                let tls = Tls::new(&host, security, options.ca_file.as_deref())?;
                let credentials = credentials(options)?;
                shared.dialer = Some(Dialer { host, port, security, tls, hostname, credentials });
            }
        }
        Ok(NextHop { shared: Arc::new(shared) })
    }

    /// A session: on a connection from the pool, or a new one.
    ///
    /// # Errors
    /// [`HopError`], whose [`HopError::reply`] is fit for a client.
    pub async fn session(&self) -> Result<Session, HopError> {
        let Some(dialer) = &self.shared.dialer else {
            let root = self.shared.maildir.clone().unwrap_or_default();
            return Ok(Session::maildir(maildir::Delivery::new(root)));
        };
        if let Some(connection) = self.shared.pool.take(&self.shared) {
            return Ok(Session::relay(self, connection, true));
        }
        let connection = Connection::open(&self.shared, dialer).await?;
        Ok(Session::relay(self, connection, false))
    }

    /// What the next hop could do when it was last asked; none before the first connection.
    pub fn capabilities(&self) -> Option<Capabilities> {
        *self.shared.capabilities.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks the next hop what it can do, within a short deadline, and keeps the connection.
    ///
    /// # Errors
    /// [`HopError`].
    pub async fn probe(&self) -> Result<Capabilities, HopError> {
        match tokio::time::timeout(self.shared.options.probe_timeout, self.session()).await {
            Ok(session) => drop(session?),
            Err(_) => return Err(HopError::Timeout { stage: "a probe" }),
        }
        Ok(self.capabilities().unwrap_or_default())
    }

    /// Delivers one message: MAIL and every RCPT in one go, then the message to whoever was
    /// accepted.
    ///
    /// # Errors
    /// [`HopError`] where there is no connection to begin with; what happens later stands in the
    /// replies.
    pub async fn deliver(&self, envelope: &Envelope, message: &[u8]) -> Result<Delivery, HopError> {
        let mut commands = Vec::with_capacity(1 + envelope.rcpts.len());
        commands.push(EnvelopeCommand::mail(envelope.from.clone(), envelope.from_params.clone()));
        for rcpt in &envelope.rcpts {
            commands.push(EnvelopeCommand::rcpt(rcpt.address.clone(), rcpt.params.clone()));
        }
        let unsound = Reply::new(553, "5.1.3 Bad address syntax");
        if !commands.iter().all(EnvelopeCommand::is_sound) {
            tracing::error!("an envelope that no SMTP command can hold was to be sent; it was not");
            return Ok(Delivery { mail: unsound, rcpts: Vec::new(), data: None });
        }
        let mut session = self.session().await?;
        let mut replies = session.envelope(&commands).await.into_iter();
        let mail = replies.next().unwrap_or_else(|| Reply::new(451, "4.4.2 No reply"));
        let rcpts: Vec<Reply> = if mail.is_positive() { replies.collect() } else { Vec::new() };
        let mut data = None;
        if rcpts.iter().any(Reply::is_positive) {
            data = Some(match session.begin_data().await {
                Ok(()) => session.send(&[message]).await,
                Err(reply) => reply,
            });
        }
        session.reset().await;
        Ok(Delivery { mail, rcpts, data })
    }
}

impl Shared {
    fn learn(&self, capabilities: Capabilities) {
        *self.capabilities.write().unwrap_or_else(PoisonError::into_inner) = Some(capabilities);
    }
}

fn credentials(options: &Options) -> Result<Option<Credentials>, OptionsError> {
    let (username, path) = match (&options.username, &options.password_file) {
        (None, None) => return Ok(None),
        (Some(username), Some(path)) => (username.clone(), path),
        _ => return Err(OptionsError::HalfACredential),
    };
    let text = std::fs::read_to_string(path).map_err(|error| OptionsError::Password(path.clone(), error))?;
    let password = text.trim_end_matches(['\r', '\n']).to_string();
    if username.contains('\0') || password.contains('\0') {
        return Err(OptionsError::Control("the username or password"));
    }
    Ok(Some(Credentials { username, password }))
}
