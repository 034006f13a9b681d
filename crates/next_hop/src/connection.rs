//! One SMTP connection to the next hop, from the greeting to the last reply. It believes nothing:
//! what is no reply, or no reply to what was asked, breaks the connection.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use super::Shared;
use super::error::HopError;
use super::health::Fault;
use super::options::Security;
use super::tls::Tls;
use super::wire::Wire;
use smtp::capabilities::Capabilities;
use smtp::reply::{self, Reply};

/// A connection that has said EHLO.
pub(super) struct Connection {
    pub wire: Wire,
    pub capabilities: Capabilities,
    /// Messages that it has carried.
    pub uses: u32,
    /// When it was last put aside.
    pub idle_since: Instant,
}

/// How one is made: where to, how secured, as whom.
pub(super) struct Dialer {
    pub host: String,
    pub port: u16,
    pub security: Security,
    pub tls: Tls,
    pub hostname: String,
    pub credentials: Option<Credentials>,
}

/// Name and password for AUTH.
pub(super) struct Credentials {
    pub username: String,
    pub password: String,
}

impl Connection {
    /// Connects, does the handshakes and says EHLO.
    pub(super) async fn open(shared: &Shared, dialer: &Dialer) -> Result<Self, HopError> {
        match Connection::open_with(shared, dialer, true).await {
            // A handshake that fails where TLS was a bonus costs the bonus, not the mail; with a
            // password to protect it is no bonus.
            Err(HopError::Tls(error))
                if dialer.security == Security::WhenOffered && dialer.credentials.is_none() =>
            {
                tracing::warn!(%error, "the next hop offers STARTTLS and fails at it; going on in clear");
                Connection::open_with(shared, dialer, false).await
            }
            done => done,
        }
    }

    async fn open_with(shared: &Shared, dialer: &Dialer, starttls: bool) -> Result<Self, HopError> {
        let options = &shared.options;
        if dialer.credentials.is_some() && !shared.logins.may_try(Instant::now()) {
            return Err(HopError::LoginRefused);
        }
        let connecting = TcpStream::connect((dialer.host.as_str(), dialer.port));
        let stream = match timeout(options.connect_timeout, connecting).await {
            Ok(connected) => connected.map_err(HopError::Connect)?,
            Err(_) => {
                return Err(HopError::Timeout { stage: "the connection" });
            }
        };
        let loopback = stream.peer_addr().is_ok_and(|peer| peer.ip().to_canonical().is_loopback());
        let mut secure = dialer.security == Security::FromStart;
        let wire = if secure {
            handshake(stream, &dialer.tls, loopback, options.greeting_timeout).await?
        } else {
            Wire::new(stream)
        };
        let mut connection =
            Connection { wire, capabilities: Capabilities::default(), uses: 0, idle_since: Instant::now() };
        let greeting = connection.reply("its greeting", options.greeting_timeout).await?;
        let greeting = expect(greeting, 220, "its greeting")?;
        if shared.is_own(&greeting) {
            shared.faults.found(Fault::Itself);
            return Err(HopError::Itself);
        }
        connection.ehlo(dialer, options.greeting_timeout).await?;
        if !secure && starttls && connection.capabilities.starttls {
            connection = connection.start_tls(dialer, loopback, options.greeting_timeout).await?;
            secure = true;
        } else if dialer.security == Security::Required {
            return Err(HopError::TlsNotOffered);
        }
        if let Some(credentials) = &dialer.credentials {
            if !secure && !loopback {
                return Err(HopError::AuthNotOffered);
            }
            let done = connection.authenticate(credentials, options.greeting_timeout).await;
            shared.logins.took(&done, Instant::now());
            if matches!(&done, Err(HopError::Refused { reply, .. }) if reply.is_permanent()) {
                shared.faults.found(Fault::LoginRefused);
            }
            done?;
        }
        shared.faults.over();
        shared.learn(connection.capabilities);
        Ok(connection)
    }

    /// EHLO, and HELO for the last server that does not know it.
    async fn ehlo(&mut self, dialer: &Dialer, limit: Duration) -> Result<(), HopError> {
        let line = format!("EHLO {}\r\n", dialer.hostname);
        let reply = self.command(line.as_bytes(), "EHLO", limit).await?;
        if matches!(reply.code, 500 | 502) && dialer.security != Security::Required {
            let line = format!("HELO {}\r\n", dialer.hostname);
            let reply = self.command(line.as_bytes(), "HELO", limit).await?;
            expect(reply, 250, "HELO")?;
            self.capabilities = Capabilities::default();
            return Ok(());
        }
        self.capabilities = Capabilities::of(&expect(reply, 250, "EHLO")?);
        Ok(())
    }

    async fn start_tls(mut self, dialer: &Dialer, loopback: bool, limit: Duration) -> Result<Self, HopError> {
        let reply = self.command(b"STARTTLS\r\n", "STARTTLS", limit).await?;
        expect(reply, 220, "STARTTLS").map_err(|error| match error {
            HopError::Refused { reply, .. } => {
                HopError::Tls(std::io::Error::other(format!("refused with {}", reply.code)))
            }
            other => other,
        })?;
        // Bytes after the 220 were said in clear and would be heard as said in TLS.
        let stream = self.wire.take_clear().ok_or(HopError::Garbage { stage: "STARTTLS" })?;
        self.wire = handshake(stream, &dialer.tls, loopback, limit).await?;
        self.ehlo(dialer, limit).await?;
        Ok(self)
    }

    async fn authenticate(&mut self, credentials: &Credentials, limit: Duration) -> Result<(), HopError> {
        let Credentials { username, password } = credentials;
        if self.capabilities.auth_plain {
            // RFC 4616, with the initial response of RFC 4954 section 4.
            let line = format!("AUTH PLAIN {}\r\n", STANDARD.encode(format!("\0{username}\0{password}")));
            let reply = self.command(line.as_bytes(), "AUTH", limit).await?;
            expect(reply, 235, "AUTH")?;
        } else if self.capabilities.auth_login {
            for (line, code) in [
                ("AUTH LOGIN\r\n".to_string(), 334),
                (format!("{}\r\n", STANDARD.encode(username)), 334),
                (format!("{}\r\n", STANDARD.encode(password)), 235),
            ] {
                let reply = self.command(line.as_bytes(), "AUTH", limit).await?;
                expect(reply, code, "AUTH")?;
            }
        } else {
            return Err(HopError::AuthNotOffered);
        }
        Ok(())
    }

    /// Writes one command and reads its reply.
    pub(super) async fn command(
        &mut self,
        line: &[u8],
        stage: &'static str,
        limit: Duration,
    ) -> Result<Reply, HopError> {
        self.write(line, stage, limit).await?;
        self.reply(stage, limit).await
    }

    /// Writes bytes that a reply will follow. What came before it was asked for is no reply.
    pub(super) async fn write(
        &mut self,
        bytes: &[u8],
        stage: &'static str,
        limit: Duration,
    ) -> Result<(), HopError> {
        if !self.wire.buffered().is_empty() {
            return Err(HopError::Garbage { stage });
        }
        self.wire.write_all(bytes, Instant::now() + limit).await.map_err(|error| HopError::io(stage, error))
    }

    /// Reads the next reply.
    pub(super) async fn reply(&mut self, stage: &'static str, limit: Duration) -> Result<Reply, HopError> {
        let mut deadline = None;
        loop {
            match reply::read(self.wire.buffered()) {
                Ok(Some((reply, used))) => {
                    self.wire.consume(used);
                    return Ok(reply);
                }
                Ok(None) => {}
                Err(reply::NotAReply) => return Err(HopError::Garbage { stage }),
            }
            let deadline = *deadline.get_or_insert_with(|| Instant::now() + limit);
            match self.wire.fill(deadline).await {
                Ok(0) => return Err(HopError::Closed { stage }),
                Ok(_) => {}
                Err(error) => return Err(HopError::io(stage, error)),
            }
        }
    }

    /// Says goodbye without keeping the caller waiting. In TLS the answer is read and close_notify sent
    /// (RFC 8446 section 6.1), without which servers log the end as an error.
    pub(super) fn quit(mut self) {
        self.wire.write_now(b"QUIT\r\n");
        if self.wire.is_tls()
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            runtime.spawn(async move {
                let _ = self.reply("QUIT", GOODBYE).await;
                self.wire.close(Instant::now() + GOODBYE).await;
            });
        }
    }
}

/// How long a server is given to take its leave.
const GOODBYE: Duration = Duration::from_secs(2);

async fn handshake(stream: TcpStream, tls: &Tls, loopback: bool, limit: Duration) -> Result<Wire, HopError> {
    let _ = stream.set_nodelay(true);
    let connector = tls.connector(loopback).ok_or(HopError::TlsNotOffered)?;
    match timeout(limit, connector.connect(tls.name.clone(), stream)).await {
        Ok(done) => Ok(Wire::tls(done.map_err(HopError::Tls)?)),
        Err(_) => Err(HopError::Timeout { stage: "the TLS handshake" }),
    }
}

/// The reply where it has the code that belongs at this stage.
fn expect(reply: Reply, code: u16, stage: &'static str) -> Result<Reply, HopError> {
    if reply.code == code {
        Ok(reply)
    } else if reply.is_negative() {
        Err(HopError::Refused { stage, reply })
    } else {
        Err(HopError::Garbage { stage })
    }
}
