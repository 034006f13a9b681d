//! The way out: sessions with the next hop, kept in a pool across client sessions; or a maildir.

mod connection;
mod error;
mod health;
mod maildir;
mod options;
mod pool;
mod relay;
mod session;
mod timer;
mod tls;
pub mod wire;

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

pub use error::HopError;
pub use health::Fault;
pub use options::{Options, OptionsError, is_qualified, system_hostname};
pub use session::Session;
pub use tls::roots;

use connection::{Connection, Credentials, Dialer};
use health::{Faults, Logins};
use options::Target;
use pool::Pool;
use smtp::capabilities::Capabilities;
use smtp::command::EnvelopeCommand;
use smtp::envelope::Envelope;
use smtp::reply::Reply;
use tls::Tls;
use tokio::sync::{Mutex, watch};

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
    capabilities: watch::Sender<Option<Capabilities>>,
    /// What this Sekisho greets its own clients with: a next hop that says the same is this Sekisho.
    own_greeting: OnceLock<String>,
    logins: Logins,
    faults: Faults,
    /// Held by the one probe that is under way.
    probing: Arc<Mutex<()>>,
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
            capabilities: watch::Sender::new(None),
            own_greeting: OnceLock::new(),
            logins: Logins::default(),
            faults: Faults::default(),
            probing: Arc::default(),
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
                let credentials = credentials(options)?;
                let tls = Tls::new(&host, security, options.ca_file.as_deref(), credentials.is_some())?;
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
        *self.shared.capabilities.borrow()
    }

    /// Says what this Sekisho greets its own clients with, so that a next hop that greets with the same is
    /// known as this Sekisho. The first word stays.
    pub fn is_not(&self, greeting: String) {
        let _ = self.shared.own_greeting.set(greeting);
    }

    /// What the next hop could do when it was last met, by an earlier process; a connection of this one
    /// knows better.
    pub fn remember(&self, capabilities: Capabilities) {
        self.shared.capabilities.send_if_modified(|known| {
            let new = known.is_none();
            known.get_or_insert(capabilities);
            new
        });
    }

    /// What the next hop can do, each time that changes.
    pub fn offers(&self) -> watch::Receiver<Option<Capabilities>> {
        self.shared.capabilities.subscribe()
    }

    /// What is wrong with the next hop that somebody must mend; none while nothing is.
    pub fn faults(&self) -> watch::Receiver<Option<Fault>> {
        self.shared.faults.subscribe()
    }

    /// Asks the next hop what it can do, and keeps the connection. Only one such question is under way at
    /// a time, and it goes on when the deadline is over: a next hop that is slow to greet is known by the
    /// next client. A next hop that leads back here ends at the second question, too.
    ///
    /// # Errors
    /// [`HopError`]; [`HopError::Timeout`] where there was no answer within `probe_timeout`.
    pub async fn probe(&self) -> Result<Capabilities, HopError> {
        let too_slow = || HopError::Timeout { stage: "a probe" };
        let limit = self.shared.options.probe_timeout;
        let Ok(turn) = self.shared.probing.clone().try_lock_owned() else {
            // Another client's question is under way: its answer is this one's.
            let _ = tokio::time::timeout(limit, self.shared.probing.lock()).await;
            return self.capabilities().ok_or_else(too_slow);
        };
        let hop = self.clone();
        let asking = tokio::spawn(async move {
            let answer = hop.session().await.map(|_| hop.capabilities().unwrap_or_default());
            drop(turn);
            answer
        });
        match tokio::time::timeout(limit, asking).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) | Err(_) => Err(too_slow()),
        }
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
        if let Some(known) = session.capabilities()
            && let Some(reply) = fit(&mut commands, message, &known)
        {
            return Ok(Delivery { mail: reply, rcpts: Vec::new(), data: None });
        }
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
    /// Whether the greeting is this Sekisho's own.
    fn is_own(&self, greeting: &Reply) -> bool {
        let own = self.own_greeting.get();
        own.is_some_and(|own| greeting.lines.first().is_some_and(|line| line.eq_ignore_ascii_case(own)))
    }

    fn learn(&self, capabilities: Capabilities) {
        self.capabilities.send_if_modified(|known| known.replace(capabilities) != Some(capabilities));
    }
}

/// Makes the envelope of a whole message fit what the connection offers. BODY goes where the message is in
/// ASCII, SMTPUTF8 where the addresses and the header are; what the mail really needs and the next hop
/// cannot is refused for good, so that its sender hears of it at once. The reply where it is.
fn fit(commands: &mut [EnvelopeCommand], message: &[u8], offered: &Capabilities) -> Option<Reply> {
    let header = memchr::memmem::find(message, b"\r\n\r\n").map_or(message, |end| &message[..end]);
    let plain = header.is_ascii() && commands.iter().all(|command| command.path.is_ascii());
    for command in commands.iter_mut() {
        let droppable = |param: &str| {
            let is = |keyword| smtp::command::is_keyword(param, keyword);
            is("BODY") && message.is_ascii() || is("SMTPUTF8") && plain && !offered.smtputf8
        };
        if !offered.eight_bit_mime || !offered.smtputf8 {
            command.params.retain(|param| !droppable(param));
        }
    }
    match commands.iter().find_map(|command| command.missing(offered))? {
        // RFC 6152 section 3, RFC 6531 section 3.5.
        "8BITMIME" => Some(Reply::new(
            554,
            "5.6.3 The mail is in 8 bits and the next mail server does not offer 8BITMIME",
        )),
        _ => {
            Some(Reply::new(553, "5.6.7 The mail needs SMTPUTF8, which the next mail server does not offer"))
        }
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
