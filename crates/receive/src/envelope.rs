//! MAIL and RCPT: what can be judged here is judged here, the rest is passed to the next hop as it
//! came, a pipelined batch as a batch, and its replies are the client's.

use super::session::{End, Hello, Session};
use smtp::command::{EnvelopeCommand, EnvelopeVerb, is_keyword};
use smtp::envelope::Recipient;
use smtp::reply::Reply;

/// How many commands wait at most to be passed on together.
const MAX_BATCH: usize = 200;

/// A transaction whose MAIL the next hop accepted.
pub(super) struct Open {
    pub from: String,
    pub from_params: Vec<String>,
    pub rcpts: Vec<Recipient>,
}

impl Open {
    /// What the client said the message's size is, in bytes; 0 where it did not.
    pub(super) fn declared_size(&self) -> u64 {
        let size = self.from_params.iter().find(|param| is_keyword(param, "SIZE"));
        size.and_then(|param| param.split_once('=')?.1.parse().ok()).unwrap_or(0)
    }

    /// Whether the client said SMTPUTF8.
    pub(super) fn is_utf8(&self) -> bool {
        self.from_params.iter().any(|param| is_keyword(param, "SMTPUTF8"))
    }
}

impl Session {
    /// Puts the command in the batch, or refuses it in its turn.
    pub(super) async fn take_envelope(&mut self, command: EnvelopeCommand) -> Result<(), End> {
        let full = self.recipients_pending() >= self.terms.options.max_recipients;
        let settles_first = match command.verb {
            EnvelopeVerb::Mail => true,
            EnvelopeVerb::Rcpt => full || self.batch.len() >= MAX_BATCH,
        };
        if settles_first {
            self.pass_batch().await;
        }
        match self.fault_of(&command) {
            Some(reply) => {
                self.pass_batch().await;
                // RFC 5321 section 4.5.3.1.10: a client that is told of too many recipients sends the
                // rest in another transaction, and names them all in this one first.
                if reply.code == 452 {
                    self.say(&reply);
                    return Ok(());
                }
                self.refuse(&reply)
            }
            None => {
                self.batch.push(command);
                Ok(())
            }
        }
    }

    /// Recipients that are accepted or may yet be.
    fn recipients_pending(&self) -> usize {
        let rcpt = |command: &&EnvelopeCommand| command.verb == EnvelopeVerb::Rcpt;
        self.open.as_ref().map_or(0, |open| open.rcpts.len()) + self.batch.iter().filter(rcpt).count()
    }

    /// Why the command cannot be passed on.
    fn fault_of(&self, command: &EnvelopeCommand) -> Option<Reply> {
        let begun = self.open.is_some() || !self.batch.is_empty();
        match command.verb {
            EnvelopeVerb::Mail if self.hello == Hello::NotYet => {
                return Some(Reply::new(503, "5.5.1 Say EHLO or HELO first"));
            }
            EnvelopeVerb::Mail if self.door.tls_required && !self.tls => {
                return Some(Reply::new(530, "5.7.0 Must issue a STARTTLS command first"));
            }
            EnvelopeVerb::Mail if self.door.users.is_some() && !self.identity.is_authenticated() => {
                return Some(Reply::new(530, "5.7.0 Authentication required"));
            }
            EnvelopeVerb::Mail if begun => {
                return Some(Reply::new(503, "5.5.1 Nested MAIL command"));
            }
            EnvelopeVerb::Rcpt if !begun => {
                return Some(Reply::new(503, "5.5.1 Need MAIL command"));
            }
            EnvelopeVerb::Rcpt if self.recipients_pending() >= self.terms.options.max_recipients => {
                return Some(Reply::new(452, "4.5.3 Too many recipients"));
            }
            _ => {}
        }
        if !command.params.iter().all(|param| self.is_offered(command.verb, param)) {
            return Some(Reply::new(555, "5.5.4 Unsupported parameter"));
        }
        match command.param("SIZE").map(str::parse::<u64>) {
            Some(Ok(size)) if size > self.terms.options.max_message_size.0 => {
                Some(Reply::new(552, "5.3.4 The message is too big"))
            }
            Some(Err(_)) => Some(Reply::new(501, "5.5.4 Bad SIZE")),
            _ => None,
        }
    }

    /// Whether the parameter belongs to an extension that this session's EHLO offered. What the next hop
    /// of now cannot do is another question, and no fault of the client's.
    fn is_offered(&self, verb: EnvelopeVerb, param: &str) -> bool {
        if self.hello != Hello::Ehlo {
            return false;
        }
        let known = &self.offered;
        let is = |keyword| is_keyword(param, keyword);
        match verb {
            EnvelopeVerb::Mail => {
                is("SIZE")
                    || known.eight_bit_mime
                        && is("BODY")
                        && !param.to_ascii_uppercase().ends_with("=BINARYMIME")
                    || known.smtputf8 && is("SMTPUTF8")
                    || known.dsn && (is("RET") || is("ENVID"))
            }
            EnvelopeVerb::Rcpt => known.dsn && (is("NOTIFY") || is("ORCPT")),
        }
    }

    /// Passes the batch on and puts the replies in line.
    pub(super) async fn pass_batch(&mut self) {
        if self.batch.is_empty() {
            return;
        }
        let batch = std::mem::take(&mut self.batch);
        let replies = self.replies_to(&batch).await;
        let utf8 = |open: &Option<Open>| open.as_ref().is_some_and(Open::is_utf8);
        for (command, reply) in batch.into_iter().zip(replies) {
            let mut reply = reply.with_status(match command.verb {
                EnvelopeVerb::Mail => "2.1.0",
                EnvelopeVerb::Rcpt => "2.1.5",
            });
            match command.verb {
                EnvelopeVerb::Mail if reply.is_positive() => {
                    let EnvelopeCommand { path, params, .. } = command;
                    self.open = Some(Open { from: path, from_params: params, rcpts: Vec::new() });
                }
                EnvelopeVerb::Mail => {}
                EnvelopeVerb::Rcpt if reply.is_positive() => match self.open.as_mut() {
                    Some(open) => {
                        open.rcpts.push(Recipient { address: command.path, params: command.params })
                    }
                    // A next hop that takes a recipient without MAIL is not to be believed.
                    None => reply = Reply::new(503, "5.5.1 Need MAIL command"),
                },
                EnvelopeVerb::Rcpt => {}
            }
            let reply = if utf8(&self.open) { reply } else { reply.in_ascii() };
            self.say(&reply);
        }
    }

    async fn replies_to(&mut self, batch: &[EnvelopeCommand]) -> Vec<Reply> {
        if self.hop.is_none() {
            match self.ctx.next_hop.session().await {
                Ok(session) => self.hop = Some(session),
                Err(error) => {
                    tracing::warn!(error = &error as &dyn std::error::Error, "next hop");
                    return vec![error.reply(); batch.len()];
                }
            }
        }
        match &mut self.hop {
            Some(hop) => hop.envelope(batch).await,
            None => Vec::new(),
        }
    }
}
