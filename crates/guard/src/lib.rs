//! The decision, and what follows from it. The guard alone joins the two wings of the house: the one
//! that understands a message, and the one that keeps and sends it.

mod blocking;
mod confirm_question;
pub mod exceptions;
pub mod finalize;
mod inspect;
mod policy;
pub mod preview;
mod record;
mod reinspect;
mod settle;

pub use confirm_question::{Asked, Question, confirm_question};
pub use inspect::{Depth, Inspected, inspect};
pub use policy::{ControlsAt, Current, EmptyTo, Policy, RewriteOptions};
pub use preview::{Attachment, Preview, attachment_names, preview};
pub use record::{cause, causes_of, deciding, look_back, sending};
pub use reinspect::{Mended, reinspect};
pub use settle::WorkingMemory;

use store::Store;
use terms::clock::Clock;

/// The guard at work: what is in force, and where it keeps. Cheap to clone into every session.
#[derive(Clone)]
pub struct Guard {
    pub current: Current,
    pub store: Store,
    pub clock: Clock,
}
