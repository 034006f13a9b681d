//! One mail transaction, whole: the envelope and the bytes. It is consumed by value, so nothing of
//! it is left over for the next message of a session.

use super::envelope::Envelope;

/// A message that a client has sent to its true end.
#[derive(Debug)]
pub struct Transaction {
    /// Sekisho's id of it: in every log line, the audit log, and the Received line.
    pub id: String,
    pub envelope: Envelope,
    /// The `Received:` line(s) to prepend, each ending in CRLF (RFC 5321 section 4.4).
    pub received: Vec<u8>,
    /// The message as the client sent it: CRLF line ends, dot-stuffing undone, without the final dot.
    pub message: Vec<u8>,
}
