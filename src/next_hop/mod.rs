//! The way out: sessions with the next hop, kept in a pool across client sessions.

use crate::smtp::reply::Reply;

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
