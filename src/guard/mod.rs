//! The decision on one message. For now every message passes.

use crate::next_hop::Session;
use crate::smtp::reply::Reply;
use crate::smtp::transaction::Transaction;

/// Passes every message on.
#[derive(Debug, Default)]
pub struct Guard;

impl Guard {
    /// Sends the message on over the session in which its envelope was accepted, and returns the
    /// next hop's reply.
    pub async fn settle(&self, tx: Transaction, hop: &mut Session) -> Reply {
        match hop.begin_data().await {
            Ok(()) => hop.send(&[&tx.received, &tx.message]).await,
            Err(reply) => reply,
        }
    }
}
