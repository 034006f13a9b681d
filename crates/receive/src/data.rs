//! DATA: the message is read to its true end and checked as far as the protocol goes; then the
//! guard has it, and its reply is the client's.

use std::io;

use tokio::time::Instant;
use tracing::Instrument as _;

use super::admission::MemoryReservation;
use super::session::{End, Session};
use super::trace;
use guard::WorkingMemory as _;
use smtp::data::{DataReader, Faults};
use smtp::envelope::Envelope;
use smtp::header;
use smtp::reply::Reply;
use smtp::transaction::Transaction;
use store::Coming;

/// How much is read at once to begin with, and at most. It grows while reads fill it.
const FIRST_READ: usize = 16 * 1024;
const LARGEST_READ: usize = 64 * 1024;
/// How much of a declared size is believed before the bytes are there.
const BELIEVED: u64 = 128 << 10;

impl Session {
    pub(super) async fn data(&mut self) -> Result<(), End> {
        let refusal = match &self.open {
            None => Reply::new(503, "5.5.1 Need MAIL command"),
            Some(open) if open.rcpts.is_empty() => Reply::new(554, "5.5.1 No valid recipients"),
            Some(_) => {
                self.say(&Reply::new(354, "End data with <CR><LF>.<CR><LF>"));
                self.write_out().await?;
                return self.receive().await;
            }
        };
        if self.wire.buffered().is_empty() {
            return self.refuse(&refusal);
        }
        // What follows a refused DATA may be a message, and would be taken for commands (RFC 2920
        // section 3.1 lets nothing follow it).
        self.say(&refusal);
        Err(End::Say(Reply::new(
            421,
            format!("4.5.0 {} Nothing may follow DATA before its reply", self.ctx.hostname),
        )))
    }

    /// From 354 to the reply to the final dot.
    async fn receive(&mut self) -> Result<(), End> {
        let ctx = self.ctx.clone();
        let mut lease = ctx.admission.lease();
        let coming = ctx.guard.store.coming();
        let reader = self.read_message(&mut lease).await?;
        let faults = reader.faults();
        let ambiguous = reader.ends_after_bare_cr();
        let message = reader.into_message();
        if faults.any() {
            lease.release();
        }
        let reply = match refusal(faults).or_else(|| self.header_fault(&message)) {
            Some(reply) => {
                tracing::info!(code = reply.code, "a message was refused before it was inspected");
                reply
            }
            None => self.settle(message, coming, &mut lease).await,
        };
        self.forget_transaction().await;
        self.say(&reply);
        if ambiguous {
            // What the client meant as text could follow, and must not be taken for commands.
            return Err(End::Say(Reply::new(421, format!("4.5.0 {} Closing", ctx.hostname))));
        }
        Ok(())
    }

    /// Reads to the true end, whatever comes.
    async fn read_message(&mut self, lease: &mut MemoryReservation) -> Result<DataReader, End> {
        let options = &self.terms.options;
        let declared = self.open.as_ref().map_or(0, |open| open.declared_size()).min(BELIEVED) as usize;
        let mut reader =
            DataReader::new(options.max_message_size.0, options.max_line.0, declared.max(FIRST_READ));
        let last = Instant::now() + options.message_timeout;
        let mut room = FIRST_READ;
        loop {
            let piece = self.wire.buffered();
            let (end, length) = (reader.feed(piece), piece.len());
            if !lease.cover(reader.capacity()) {
                reader.drop_for_memory();
                lease.release();
            }
            if let Some(used) = end {
                self.wire.consume(used);
                return Ok(reader);
            }
            self.wire.consume(length);
            if length >= room && room < LARGEST_READ {
                room *= 2;
            }
            self.wire.make_room(room);
            let deadline = last.min(Instant::now() + options.data_timeout);
            let filled = self.closing.unless_over(self.wire.fill(deadline)).await;
            match filled.ok_or_else(|| self.shutting_down())? {
                Ok(0) => return Err(End::Gone),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::TimedOut => {
                    return Err(End::Say(Reply::new(
                        421,
                        format!("4.4.2 {} Timeout, closing", self.ctx.hostname),
                    )));
                }
                Err(_) => return Err(End::Gone),
            }
        }
    }

    /// What is wrong with the header's size, or how often the message has come by.
    fn header_fault(&self, message: &[u8]) -> Option<Reply> {
        let options = &self.terms.options;
        let outline = header::outline(message, options.max_header_size.as_usize());
        if outline.received > options.max_hops {
            Some(Reply::new(554, "5.4.6 Too many hops, this message is looping"))
        } else if outline.bytes > options.max_header_size.as_usize()
            || outline.fields > options.max_header_fields
        {
            Some(Reply::new(552, "5.3.4 The message header is too big"))
        } else {
            None
        }
    }

    /// Hands the whole transaction to the guard.
    async fn settle(&mut self, message: Vec<u8>, coming: Coming, lease: &mut MemoryReservation) -> Reply {
        let (Some(open), Some(hop)) = (self.open.take(), self.hop.as_mut()) else {
            return Reply::new(503, "5.5.1 Need MAIL command");
        };
        let id = self.ctx.ids.next();
        let connected = self.identity.connected();
        let protocol = trace::protocol(&connected.protocol, self.tls, open.is_utf8());
        let received = trace::received(connected, &self.ctx.hostname, protocol, &id, self.ctx.clock.now());
        let mut client = self.identity.origin();
        if client.protocol == connected.protocol {
            client.protocol = protocol.to_string();
        }
        let envelope = Envelope { from: open.from, from_params: open.from_params, rcpts: open.rcpts, client };
        let tx = Transaction { id, envelope, received, message };
        // Every line that the log gets on the way, the next hop's troubles too, has the id.
        let span = tracing::error_span!("mail", id = %tx.id);
        self.ctx.guard.settle(tx, coming, lease, hop).instrument(span).await
    }
}

/// The reply to a message with faults.
fn refusal(faults: Faults) -> Option<Reply> {
    let reply = |code, text: &str| Some(Reply::new(code, text));
    match faults {
        Faults { bare_cr: true, .. } | Faults { bare_lf: true, .. } => {
            reply(554, "5.6.0 The message holds a CR or LF that is not part of a line end")
        }
        Faults { nul: true, .. } => reply(554, "5.6.0 The message holds a NUL"),
        Faults { too_big: true, .. } => reply(552, "5.3.4 The message is too big"),
        Faults { long_line: true, .. } => reply(554, "5.6.0 The message holds a line that is too long"),
        Faults { no_memory: true, .. } => {
            reply(452, "4.3.1 Too busy for a message of this size, try again later")
        }
        _ => None,
    }
}
