//! Why somebody's word about a case is not carried out, in words for whoever said it.

use super::approval::Denied;
use store::{self, State};

/// Why a decision was not carried out. The texts are for the person who decided.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Refusal {
    #[error("there is no case {0}")]
    NotFound(String),
    #[error("the case has already ended: {}", .0.name())]
    Over(State),
    #[error("the mail is not held but delayed; it leaves by itself, or is cancelled")]
    OnlyDelayed,
    #[error("the mail is held, not delayed; release or repair it")]
    NotDelayed,
    #[error("this mail needs a second person: its sender cannot release it")]
    SecondPerson,
    #[error("{}", .0.words())]
    NotTheirs(Denied),
    #[error("who decides must be named")]
    Nameless,
    #[error("say why the mail is to leave as it is")]
    NoReason,
    #[error("nothing is changed on the mail")]
    NothingChanged,
    #[error("nobody has proposed anything for this mail")]
    NoProposal,
    #[error("what was proposed cannot be read; withdraw it and propose it again")]
    UnreadProposal,
    #[error("nobody would be left to receive the mail; cancel it instead")]
    NothingLeaves,
    #[error("{0} is not a recipient of this mail")]
    NoSuchRecipient(String),
    #[error("{0} is named twice")]
    NamedTwice(String),
    #[error("{0} is not an address that mail can be sent to")]
    NoAddress(String),
    #[error("{0} is a recipient of this mail already; drop the wrong one instead")]
    AlreadyRecipient(String),
    #[error("the mail cannot be sent on: {0}")]
    Unfit(String),
    #[error("more of this mail has come in since it was shown; look at it again")]
    Grown,
    #[error("new parts of this mail keep coming in; try again in a moment")]
    Restless,
    #[error("the store does not answer: {0}")]
    Store(String),
}

impl From<store::Error> for Refusal {
    fn from(error: store::Error) -> Self {
        Refusal::Store(error.to_string())
    }
}
