//! The dialogue with one client (RFC 5321 section 4): commands in, replies out in order, those of
//! one batch in one write. EHLO and its kin are handled in `hello`, MAIL and RCPT in `envelope`, DATA
//! in `data`.

use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::Instant;

use super::closing::Closing;
use super::door::Door;
use super::envelope::Open;
use super::identity::Identity;
use super::{Ctx, Terms, proxy_protocol};
use next_hop::wire::Wire;
use smtp::capabilities::Capabilities;
use smtp::command::{self, Command, EnvelopeCommand};
use smtp::reply::Reply;

/// The longest command line, with CRLF. RFC 5321 section 4.5.3.1.4 has 512, and more with DSN,
/// SMTPUTF8 and XCLIENT.
const MAX_COMMAND: usize = 4096;
/// Replies are written when there are no more commands to answer, or that many bytes.
const MAX_PENDING_OUT: usize = 16 * 1024;
/// How long a client is given to take the last reply.
const GOODBYE: Duration = Duration::from_secs(1);

/// How long a load balancer is given to say who its client is.
const PROXY_HEADER: Duration = Duration::from_secs(10);

/// How the client said hello.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hello {
    NotYet,
    Helo,
    Ehlo,
}

/// Why a session ends.
pub(super) enum End {
    /// The client is gone: nothing more can be said.
    Gone,
    /// These are the last words.
    Say(Reply),
}

impl From<io::Error> for End {
    fn from(_: io::Error) -> End {
        End::Gone
    }
}

/// Commands in error since the last good mail, by kind: a long list with bad addresses in it is no attack,
/// and a connection that is kept for days makes some errors in all.
#[derive(Default)]
struct Errors {
    /// Addresses that cannot be one.
    recipients: u32,
    others: u32,
}

/// One client's session.
pub(super) struct Session {
    pub(super) ctx: Arc<Ctx>,
    /// What was in force when the session began.
    pub(super) terms: Arc<Terms>,
    pub(super) wire: Wire,
    /// Replies that have not been written yet.
    pub(super) out: Vec<u8>,
    /// The command line at hand; kept for its memory.
    pub(super) line: Vec<u8>,
    /// Whether the rest of a line that was too long is being skipped.
    skipping: bool,
    pub(super) peer: IpAddr,
    /// What clients of this listener must prove.
    pub(super) door: Arc<Door>,
    pub(super) identity: Identity,
    pub(super) hello: Hello,
    pub(super) tls: bool,
    pub(super) hop: Option<next_hop::Session>,
    /// MAIL and RCPT commands that have not been passed on yet.
    pub(super) batch: Vec<EnvelopeCommand>,
    /// The transaction, from an accepted MAIL on.
    pub(super) open: Option<Open>,
    errors: Errors,
    /// What EHLO offered in this session of what only the next hop can do.
    pub(super) offered: Capabilities,
    /// When the present command must be complete.
    command_deadline: Option<Instant>,
    pub(super) closing: Closing,
}

impl Session {
    pub(super) fn new(
        ctx: Arc<Ctx>,
        stream: TcpStream,
        peer: IpAddr,
        door: Arc<Door>,
        stop: watch::Receiver<bool>,
    ) -> Self {
        let terms = ctx.terms();
        let closing = Closing::new(stop, terms.options.stop_after);
        Session {
            ctx,
            terms,
            wire: Wire::new(stream),
            out: Vec::new(),
            line: Vec::new(),
            skipping: false,
            peer,
            door,
            identity: Identity::of_peer(peer),
            hello: Hello::NotYet,
            tls: false,
            hop: None,
            batch: Vec::new(),
            open: None,
            errors: Errors::default(),
            offered: Capabilities::default(),
            command_deadline: None,
            closing,
        }
    }

    /// Talks with the client to the end.
    pub(super) async fn run(mut self) {
        if self.door.proxies.is_some() && !self.take_proxy_header().await {
            return;
        }
        let greeting = Reply::new(220, self.ctx.greeting());
        self.say(&greeting);
        let end = loop {
            if let Err(end) = self.step().await {
                break end;
            }
        };
        if self.closing.has_begun() {
            // A connection that closes is as good as RSET, and needs no answer.
            self.hop = None;
        }
        if let End::Say(reply) = end {
            self.say(&reply);
            let deadline = Instant::now() + GOODBYE;
            let said = self.wire.write_all(&self.out, deadline).await.is_ok();
            if said && (reply.code != 221 || self.wire.is_tls()) {
                // A client that was cut off may be in the middle of something; one in TLS waits for
                // close_notify (RFC 8446 section 6.1), and logs an error where none comes.
                self.forget_transaction().await;
                self.hop = None;
                return self.wire.close(deadline).await;
            }
        }
        self.forget_transaction().await;
    }

    /// Reads what the load balancer says of its client; whether the client may send mail here.
    async fn take_proxy_header(&mut self) -> bool {
        let deadline = Instant::now() + PROXY_HEADER;
        let header = loop {
            match proxy_protocol::read(self.wire.buffered()) {
                Ok(Some(header)) => break header,
                Ok(None) if self.wire.fill(deadline).await.is_ok_and(|n| n > 0) => {}
                _ => {
                    tracing::info!(peer = %self.peer, "a connection without a PROXY header was closed");
                    return false;
                }
            }
        };
        self.wire.consume(header.length);
        if let Some(client) = header.client {
            if !self.door.networks.contain(client) {
                tracing::info!(%client, "a client outside the trusted networks was turned away");
                self.wire.write_now(b"554 5.7.1 Access denied\r\n");
                return false;
            }
            self.peer = client;
            self.identity = Identity::of_peer(client);
        }
        true
    }

    /// The next command, or the wait for it.
    async fn step(&mut self) -> Result<(), End> {
        match self.take_line() {
            Some(Ok(())) => {
                self.command_deadline = None;
                let line = std::mem::take(&mut self.line);
                let done = self.handle(&line).await;
                self.line = line;
                done?;
                if self.out.len() > MAX_PENDING_OUT {
                    self.write_out().await?;
                }
                Ok(())
            }
            Some(Err(reply)) => {
                self.command_deadline = None;
                self.pass_batch().await;
                self.refuse(&reply)
            }
            None => {
                self.pass_batch().await;
                self.write_out().await?;
                self.wait().await
            }
        }
    }

    /// Takes a complete line into `self.line`, without its CRLF. None asks for more bytes.
    pub(super) fn take_line(&mut self) -> Option<Result<(), Reply>> {
        let bytes = self.wire.buffered();
        let Some(end) = memchr::memchr(b'\n', bytes) else {
            if bytes.len() > MAX_COMMAND {
                let n = bytes.len();
                self.wire.consume(n);
                self.skipping = true;
            }
            return None;
        };
        let too_long = std::mem::take(&mut self.skipping) || end >= MAX_COMMAND;
        let line = bytes[..end].strip_suffix(b"\r");
        let taken = match line {
            _ if too_long => Err(Reply::new(500, "5.5.2 Line too long")),
            // A server that takes LF for a line end hears commands that others do not.
            None => Err(Reply::new(500, "5.5.2 Lines must end in CRLF")),
            Some(line) => {
                self.line.clear();
                self.line.extend_from_slice(line);
                Ok(())
            }
        };
        self.wire.consume(end + 1);
        Some(taken)
    }

    /// Waits for more bytes from the client. After a short silence between messages, the connection
    /// to the next hop goes back to the pool and buffers let go of their memory.
    pub(super) async fn wait(&mut self) -> Result<(), End> {
        let now = Instant::now();
        let deadline = *self.command_deadline.get_or_insert(now + self.terms.options.command_timeout);
        let mut rest_at = self.open.is_none().then(|| now + self.terms.options.rest_after);
        loop {
            if self.closing.has_begun() {
                return Err(self.shutting_down());
            }
            let until = rest_at.map_or(deadline, |rest_at| rest_at.min(deadline));
            let filled = tokio::select! {
                biased;
                filled = self.wire.fill(until) => filled,
                () = self.closing.begins() => continue,
            };
            match filled {
                Ok(0) => return Err(End::Gone),
                Ok(_) => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::TimedOut => {
                    if Instant::now() >= deadline {
                        return Err(End::Say(Reply::new(
                            421,
                            format!("4.4.2 {} Timeout, closing", self.ctx.hostname),
                        )));
                    }
                    rest_at = None;
                    self.rest();
                }
                Err(_) => return Err(End::Gone),
            }
        }
    }

    fn rest(&mut self) {
        self.hop = None;
        self.wire.shrink();
        self.out = Vec::new();
        self.line = Vec::new();
        self.batch = Vec::new();
    }

    pub(super) fn shutting_down(&self) -> End {
        End::Say(Reply::new(421, format!("4.3.2 {} is shutting down", self.ctx.hostname)))
    }

    async fn handle(&mut self, line: &[u8]) -> Result<(), End> {
        let command = match command::parse(line) {
            Ok(Command::Envelope(command)) => return self.take_envelope(command).await,
            other => other,
        };
        // Everything else is answered after what came before it.
        self.pass_batch().await;
        match command {
            Err(reply) if line.get(..4).is_some_and(|verb| verb.eq_ignore_ascii_case(b"RCPT")) => {
                self.refuse_recipient(&reply)
            }
            Err(reply) => self.refuse(&reply),
            Ok(Command::Envelope(_)) => Ok(()),
            Ok(Command::Data) => self.data().await,
            Ok(Command::Ehlo(name)) => self.hello(&name, Hello::Ehlo).await,
            Ok(Command::Helo(name)) => self.hello(&name, Hello::Helo).await,
            Ok(Command::Rset) => {
                self.forget_transaction().await;
                self.answer(250, "2.0.0 Ok")
            }
            Ok(Command::Noop) => self.answer(250, "2.0.0 Ok"),
            Ok(Command::Vrfy) => self.answer(252, "2.1.5 Cannot verify, will try to deliver"),
            Ok(Command::Help) => {
                self.answer(214, "2.0.0 EHLO HELO MAIL RCPT DATA RSET NOOP VRFY STARTTLS HELP QUIT")
            }
            Ok(Command::Quit) => Err(End::Say(Reply::new(221, format!("2.0.0 {} Bye", self.ctx.hostname)))),
            Ok(Command::StartTls) => self.start_tls().await,
            Ok(Command::Auth(args)) => self.auth(args).await,
            Ok(Command::Xclient(args)) => self.xclient(&args).await,
            Ok(Command::Xforward(args)) => self.xforward(&args),
        }
    }

    /// Clears the transaction here and at the next hop.
    pub(super) async fn forget_transaction(&mut self) {
        self.open = None;
        self.identity.transaction_over();
        if let Some(hop) = self.hop.as_mut().filter(|hop| hop.in_transaction()) {
            hop.reset().await;
        }
    }

    /// Puts a reply in line.
    pub(super) fn say(&mut self, reply: &Reply) {
        reply.write_to(&mut self.out);
    }

    pub(super) fn answer(&mut self, code: u16, text: &str) -> Result<(), End> {
        self.say(&Reply::new(code, text));
        Ok(())
    }

    /// Puts the reply to a command in error in line; too many of those end the session.
    pub(super) fn refuse(&mut self, reply: &Reply) -> Result<(), End> {
        self.errors.others += 1;
        self.refused(reply, self.errors.others > self.terms.options.max_errors)
    }

    /// Puts the reply to a RCPT with a bad address in line. As many are borne as one mail may have
    /// recipients.
    pub(super) fn refuse_recipient(&mut self, reply: &Reply) -> Result<(), End> {
        self.errors.recipients += 1;
        let limit = usize::try_from(self.terms.options.max_errors).unwrap_or(usize::MAX);
        let borne = limit.max(self.terms.options.max_recipients);
        let too_many = usize::try_from(self.errors.recipients).unwrap_or(usize::MAX) > borne;
        self.refused(reply, too_many)
    }

    fn refused(&mut self, reply: &Reply, too_many: bool) -> Result<(), End> {
        self.say(reply);
        if too_many {
            return Err(End::Say(Reply::new(421, format!("4.7.0 {} Too many errors", self.ctx.hostname))));
        }
        Ok(())
    }

    /// A mail was taken: what was in error before it no longer counts.
    pub(super) fn forgive(&mut self) {
        self.errors = Errors::default();
    }

    /// Writes all replies that are in line.
    pub(super) async fn write_out(&mut self) -> io::Result<()> {
        if self.out.is_empty() {
            return Ok(());
        }
        let deadline = Instant::now() + self.terms.options.command_timeout;
        let done = self.closing.unless_over(self.wire.write_all(&self.out, deadline)).await;
        self.out.clear();
        done.unwrap_or(Err(io::ErrorKind::TimedOut.into()))
    }
}
