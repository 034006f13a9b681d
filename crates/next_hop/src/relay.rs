//! Transactions over SMTP: what is passed on, what is believed of the answers, and what is done when
//! a connection breaks.

use std::sync::Arc;

use tokio::time::Instant;

use super::Shared;
use super::connection::Connection;
use super::error::{HopError, chain};
use smtp::capabilities::Capabilities;
use smtp::command::{EnvelopeCommand, EnvelopeVerb};
use smtp::reply::Reply;
use smtp::stuffing;

/// How many commands go out before their replies are read: enough to fill a round trip, few enough
/// that neither side's buffers fill up while both write (RFC 2920 section 3.1).
const WINDOW: usize = 200;

/// Where in a transaction the connection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Idle,
    /// MAIL was accepted.
    Mail,
    /// DATA was answered with 354.
    Data,
}

/// The transactions of one session, on one connection after the other.
pub(super) struct Relay {
    shared: Arc<Shared>,
    /// None after it broke; the next MAIL opens a new one.
    connection: Option<Box<Connection>>,
    /// Whether the connection served before this transaction, so that the next hop may have closed
    /// it in the meantime.
    reused: bool,
    stage: Stage,
    /// The MAIL that was accepted, to be said again on a fresh connection.
    mail: Option<EnvelopeCommand>,
    rcpt_answered: bool,
}

impl Relay {
    pub(super) fn new(shared: Arc<Shared>, connection: Connection, reused: bool) -> Self {
        Relay {
            shared,
            connection: Some(Box::new(connection)),
            reused,
            stage: Stage::Idle,
            mail: None,
            rcpt_answered: false,
        }
    }

    /// Whether MAIL was accepted and the transaction is not over.
    pub(super) fn in_transaction(&self) -> bool {
        self.stage != Stage::Idle
    }

    /// What the connection at hand offers.
    pub(super) fn capabilities(&self) -> Option<Capabilities> {
        self.connection.as_ref().map(|connection| connection.capabilities)
    }

    pub(super) async fn envelope(&mut self, commands: &[EnvelopeCommand]) -> Vec<Reply> {
        let mut replies = Vec::with_capacity(commands.len());
        for window in commands.chunks(WINDOW) {
            self.window(window, &mut replies).await;
        }
        replies
    }

    /// One window of commands. A connection that turns out to be stale before any RCPT was answered
    /// is replaced once, and the client never knows.
    async fn window(&mut self, commands: &[EnvelopeCommand], replies: &mut Vec<Reply>) {
        let begun = replies.len();
        let may_retry = self.connection.is_some() && self.reused && !self.rcpt_answered;
        let mut outcome = self.try_window(commands, replies).await;
        if may_retry && replies.len() == begun && outcome.as_ref().is_err_and(HopError::is_loss) {
            tracing::debug!("a kept connection to the next hop was stale");
            outcome = match self.begin_again().await {
                Ok(()) => self.try_window(commands, replies).await,
                Err(error) => Err(error),
            };
        }
        if let Err(error) = outcome {
            self.broken(&error);
            replies.resize(begun + commands.len(), error.reply());
        }
    }

    /// A fresh connection in the place of a stale one, with the MAIL that was accepted there.
    async fn begin_again(&mut self) -> Result<(), HopError> {
        self.connection = None;
        self.connect().await?;
        if self.stage == Stage::Mail
            && let Some(mail) = self.mail.take()
        {
            self.stage = Stage::Idle;
            let mut replies = Vec::new();
            self.try_window(&[mail], &mut replies).await?;
            if self.stage != Stage::Mail {
                let reply = replies.pop().unwrap_or_else(|| Reply::new(451, "4.4.2 No reply"));
                return Err(HopError::Refused { stage: "MAIL", reply });
            }
        }
        Ok(())
    }

    async fn connect(&mut self) -> Result<(), HopError> {
        let Some(dialer) = &self.shared.dialer else {
            return Err(HopError::Closed { stage: "the connection" });
        };
        let fresh = Connection::open(&self.shared, dialer).await?;
        self.connection = Some(Box::new(fresh));
        self.reused = false;
        Ok(())
    }

    async fn try_window(
        &mut self,
        commands: &[EnvelopeCommand],
        replies: &mut Vec<Reply>,
    ) -> Result<(), HopError> {
        if self.connection.is_none() {
            let starts = commands.first().is_some_and(|c| c.verb == EnvelopeVerb::Mail);
            if self.stage != Stage::Idle || !starts {
                return Err(HopError::Closed { stage: "the transaction" });
            }
            self.connect().await?;
        }
        let Some(connection) = self.connection.as_mut() else {
            return Err(HopError::Closed { stage: "the transaction" });
        };
        let capabilities = connection.capabilities;
        let step = if capabilities.pipelining { commands.len().max(1) } else { 1 };
        let limit = self.shared.options.command_timeout;
        let mut lines = Vec::with_capacity(64 * step);
        // What this connection cannot carry is not asked of it: the client tries again, and is told by
        // then what can be carried.
        let missing = commands.iter().find_map(|command| command.missing(&capabilities));
        if let Some(missing) = missing {
            let reply = lacks(missing);
            replies.resize(replies.len() + commands.len(), reply);
            return Ok(());
        }
        for batch in commands.chunks(step) {
            lines.clear();
            batch.iter().for_each(|command| command.write_to(&mut lines, &capabilities));
            connection.write(&lines, stage_of(batch[0].verb), limit).await?;
            for command in batch {
                let reply = connection.reply(stage_of(command.verb), limit).await?;
                let reply = judge(reply, command.verb, self.reused && replies.is_empty())?;
                match (command.verb, reply.is_positive()) {
                    (EnvelopeVerb::Mail, true) => {
                        self.stage = Stage::Mail;
                        self.mail = Some(command.clone());
                        self.rcpt_answered = false;
                    }
                    (EnvelopeVerb::Mail, false) => {}
                    (EnvelopeVerb::Rcpt, _) => self.rcpt_answered = true,
                }
                let closing = reply.code == 421;
                replies.push(open_ended(reply));
                if closing {
                    return Err(HopError::Closed { stage: stage_of(command.verb) });
                }
            }
        }
        Ok(())
    }

    pub(super) async fn begin_data(&mut self) -> Result<(), Reply> {
        let limit = self.shared.options.data_timeout;
        let (Some(connection), Stage::Mail) = (self.connection.as_mut(), self.stage) else {
            return Err(HopError::Closed { stage: "the transaction" }.reply());
        };
        match connection.command(b"DATA\r\n", "DATA", limit).await {
            Ok(reply) if reply.code == 354 => {
                self.stage = Stage::Data;
                Ok(())
            }
            Ok(reply) if reply.is_negative() => {
                if reply.code == 421 {
                    self.broken(&HopError::Closed { stage: "DATA" });
                }
                Err(open_ended(reply))
            }
            Ok(_) => Err(self.broken(&HopError::Garbage { stage: "DATA" })),
            Err(error) => Err(self.broken(&error)),
        }
    }

    pub(super) async fn send(&mut self, parts: &[&[u8]]) -> Reply {
        let (Some(connection), Stage::Data) = (self.connection.as_mut(), self.stage) else {
            return HopError::Closed { stage: "the transaction" }.reply();
        };
        let Ok(segments) = stuffing::segments(parts) else {
            tracing::error!("a message with a bare CR or LF was to be sent; it was not");
            self.abandon();
            return Reply::new(554, "5.6.0 The message holds a bare CR or LF");
        };
        let options = &self.shared.options;
        let written = if connection.wire.buffered().is_empty() {
            connection.wire.write_segments(segments, || Instant::now() + options.block_timeout).await
        } else {
            return self.broken(&HopError::Garbage { stage: "the message" });
        };
        let reply = match written {
            Ok(()) => connection.reply("the end of the message", options.done_timeout).await,
            // A server that has had enough says why before it hangs up.
            Err(error) => {
                match connection.reply("the message", options.command_timeout.min(LAST_WORDS)).await {
                    Ok(reply) if reply.is_negative() => {
                        self.abandon();
                        return open_ended(reply);
                    }
                    _ => Err(HopError::io("the message", error)),
                }
            }
        };
        match reply {
            Ok(reply) if reply.is_positive() => {
                connection.uses += 1;
                self.finish();
                done(reply)
            }
            Ok(reply) if reply.is_negative() => {
                if reply.code == 421 {
                    self.broken(&HopError::Closed { stage: "the end of the message" });
                }
                self.finish();
                open_ended(reply)
            }
            Ok(_) => self.broken(&HopError::Garbage { stage: "the end of the message" }),
            Err(error) => self.broken(&error),
        }
    }

    pub(super) async fn reset(&mut self) {
        match self.stage {
            Stage::Idle => {}
            // In the middle of DATA only the end of the connection is no end of the message.
            Stage::Data => self.abandon(),
            Stage::Mail => {
                let limit = self.shared.options.command_timeout;
                let answer = match self.connection.as_mut() {
                    Some(connection) => connection.command(b"RSET\r\n", "RSET", limit).await,
                    None => return self.abandon(),
                };
                match answer {
                    Ok(reply) if reply.is_positive() => self.finish(),
                    _ => self.abandon(),
                }
            }
        }
    }

    /// The transaction is over; what is left of the connection serves the next one.
    fn finish(&mut self) {
        self.stage = Stage::Idle;
        self.mail = None;
        self.rcpt_answered = false;
        self.reused = true;
        let spent = |c: &Connection| c.uses >= self.shared.options.pool_uses || !c.wire.buffered().is_empty();
        if let Some(old) = self.connection.take_if(|c| spent(c)) {
            old.quit();
        }
    }

    /// Closes the connection, and with it the transaction.
    fn abandon(&mut self) {
        self.connection = None;
        self.stage = Stage::Idle;
        self.mail = None;
        self.rcpt_answered = false;
    }

    fn broken(&mut self, error: &HopError) -> Reply {
        tracing::warn!(error = chain(error), "next hop");
        self.abandon();
        error.reply()
    }
}

/// How long a server that stopped reading is given to say why.
const LAST_WORDS: std::time::Duration = std::time::Duration::from_secs(2);

fn stage_of(verb: EnvelopeVerb) -> &'static str {
    match verb {
        EnvelopeVerb::Mail => "MAIL",
        EnvelopeVerb::Rcpt => "RCPT",
    }
}

/// Whether the reply is one to that command (RFC 5321 section 4.3.2). On a connection that was kept
/// open, 421 tells that it timed out while nobody listened.
fn judge(reply: Reply, verb: EnvelopeVerb, kept: bool) -> Result<Reply, HopError> {
    if kept && reply.code == 421 {
        Err(HopError::Closed { stage: stage_of(verb) })
    } else if verb == EnvelopeVerb::Rcpt && reply.code == 251 || reply.is_negative() {
        Ok(reply)
    } else if reply.is_positive() {
        Ok(done(reply))
    } else {
        Err(HopError::Garbage { stage: stage_of(verb) })
    }
}

/// Any 2xx says that it is done (RFC 5321 section 4.2.1: the first digit of a code that is not known
/// decides). The client gets the 250 that every client knows.
fn done(mut reply: Reply) -> Reply {
    if reply.code != 250 {
        tracing::debug!(code = reply.code, "the next hop said in its own way that it is done");
        reply.code = 250;
    }
    reply
}

/// The reply to a command that needs an extension which the connection does not offer: transient,
/// since EHLO offered it to the client, and another next hop may answer next time.
fn lacks(extension: &str) -> Reply {
    Reply::new(451, format!("4.3.0 The next mail server does not offer {extension} now, try again later"))
}

/// The next hop's 421 says that the next hop hangs up; to the client, who stays connected, it is
/// 451.
fn open_ended(mut reply: Reply) -> Reply {
    if reply.code == 421 {
        reply.code = 451;
    }
    reply
}

impl Drop for Relay {
    fn drop(&mut self) {
        if let (Some(connection), Stage::Idle) = (self.connection.take(), self.stage) {
            self.shared.pool.put(&self.shared, *connection);
        }
    }
}
