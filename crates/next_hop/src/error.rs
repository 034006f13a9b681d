//! What can go wrong with the next hop. The error is for the log; the client gets a reply that
//! names no host, path or cause inside.

use std::io;

use smtp::reply::Reply;

/// The next hop could not do its part. The message stays with whoever has it.
#[derive(Debug, thiserror::Error)]
pub enum HopError {
    #[error("cannot connect to the next hop")]
    Connect(#[source] io::Error),
    #[error("the connection to the next hop failed at {stage}")]
    Lost {
        stage: &'static str,
        #[source]
        source: io::Error,
    },
    #[error("the next hop did not answer {stage} in time")]
    Timeout { stage: &'static str },
    #[error("the next hop hung up at {stage}")]
    Closed { stage: &'static str },
    #[error("the next hop answered {stage} with what is no answer to it")]
    Garbage { stage: &'static str },
    #[error("the next hop refused {stage} with {}", .reply.code)]
    Refused { stage: &'static str, reply: Reply },
    #[error("the next hop does not offer STARTTLS, which is required")]
    TlsNotOffered,
    #[error("no TLS with the next hop")]
    Tls(#[source] io::Error),
    #[error("the next hop offers no AUTH mechanism that is known here over this connection")]
    AuthNotOffered,
    #[error("the next hop is a Sekisho of this name: the mail would come back here for ever")]
    Itself,
    #[error("the next hop refused the name and password a short while ago; they are not tried again yet")]
    LoginRefused,
    #[error("the message could not be stored")]
    Storage(#[source] io::Error),
}

impl HopError {
    pub(super) fn io(stage: &'static str, error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::TimedOut => HopError::Timeout { stage },
            _ => HopError::Lost { stage, source: error },
        }
    }

    /// Whether the connection is gone without a word, as one is that was kept for too long.
    pub(super) fn is_loss(&self) -> bool {
        matches!(self, HopError::Lost { .. } | HopError::Closed { .. })
    }

    /// The reply for the client: always transient, since the fault is not the message's.
    pub fn reply(&self) -> Reply {
        match self {
            HopError::Connect(_) | HopError::Refused { .. } | HopError::Itself | HopError::LoginRefused => {
                Reply::new(451, "4.4.1 The next mail server is not reachable, try again later")
            }
            HopError::Lost { .. } | HopError::Closed { .. } => {
                Reply::new(451, "4.4.2 The connection to the next mail server was lost, try again later")
            }
            HopError::Timeout { .. } => {
                Reply::new(451, "4.4.2 The next mail server did not answer in time, try again later")
            }
            HopError::Garbage { .. } => {
                Reply::new(451, "4.5.0 The next mail server answered out of order, try again later")
            }
            HopError::TlsNotOffered | HopError::Tls(_) | HopError::AuthNotOffered => {
                Reply::new(451, "4.7.5 No secure connection to the next mail server, try again later")
            }
            HopError::Storage(error) => match error.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                    Reply::new(452, "4.3.1 Not enough storage, try again later")
                }
                _ => Reply::new(451, "4.3.0 The message could not be stored, try again later"),
            },
        }
    }
}

/// The error with its causes, for a log line.
pub(super) fn chain(error: &HopError) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    text
}
