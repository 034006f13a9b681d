//! A session with the next hop: one transaction after the other, over a connection from the pool.
//! Whatever the next hop does, every call ends in a reply that a client can be given.

use super::NextHop;
use super::connection::Connection;
use super::maildir;
use super::relay::Relay;
use smtp::capabilities::Capabilities;
use smtp::command::EnvelopeCommand;
use smtp::reply::Reply;

/// One session. Dropped between transactions, its connection goes back to the pool; dropped within
/// one, it is closed, so that nothing of the transaction is left at the next hop.
pub struct Session(SessionInner);

enum SessionInner {
    Smtp(Relay),
    Maildir(maildir::Delivery),
}

impl Session {
    pub(super) fn relay(hop: &NextHop, connection: Connection, reused: bool) -> Self {
        Session(SessionInner::Smtp(Relay::new(hop.shared.clone(), connection, reused)))
    }

    pub(super) fn maildir(delivery: maildir::Delivery) -> Self {
        Session(SessionInner::Maildir(delivery))
    }

    /// What the connection at hand offers; none where there is none or it is a maildir.
    pub(super) fn capabilities(&self) -> Option<Capabilities> {
        match &self.0 {
            SessionInner::Smtp(relay) => relay.capabilities(),
            SessionInner::Maildir(_) => None,
        }
    }

    /// Passes MAIL and RCPT commands on as one batch, in one write where the next hop takes that,
    /// and returns a reply to each, in order. A next hop that fails in between is 451 for the rest.
    pub async fn envelope(&mut self, commands: &[EnvelopeCommand]) -> Vec<Reply> {
        match &mut self.0 {
            SessionInner::Smtp(relay) => relay.envelope(commands).await,
            SessionInner::Maildir(delivery) => {
                commands.iter().map(|command| delivery.command(command)).collect()
            }
        }
    }

    /// DATA. Ok after 354: the message must be sent next.
    ///
    /// # Errors
    /// The reply for the client.
    pub async fn begin_data(&mut self) -> Result<(), Reply> {
        match &mut self.0 {
            SessionInner::Smtp(relay) => relay.begin_data().await,
            SessionInner::Maildir(delivery) if delivery.in_transaction() => Ok(()),
            SessionInner::Maildir(_) => Err(Reply::new(503, "5.5.1 Need MAIL first")),
        }
    }

    /// Sends the message whose parts follow one another, dot-stuffed, and returns the reply to its
    /// end. The transaction is over then. A message with a bare CR or LF is not sent.
    pub async fn send(&mut self, parts: &[&[u8]]) -> Reply {
        match &mut self.0 {
            SessionInner::Smtp(relay) => relay.send(parts).await,
            SessionInner::Maildir(delivery) => delivery.store(parts).await,
        }
    }

    /// Ends the transaction at the next hop, where one is open: RSET, or a closed connection where
    /// RSET does not help.
    pub async fn reset(&mut self) {
        match &mut self.0 {
            SessionInner::Smtp(relay) => relay.reset().await,
            SessionInner::Maildir(delivery) => delivery.reset(),
        }
    }

    /// Whether a transaction is open at the next hop.
    pub fn in_transaction(&self) -> bool {
        match &self.0 {
            SessionInner::Smtp(relay) => relay.in_transaction(),
            SessionInner::Maildir(delivery) => delivery.in_transaction(),
        }
    }
}
