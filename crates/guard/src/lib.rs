//! The decision, and what follows from it. The guard alone joins the two wings of the house: the one
//! that understands a message, and the one that keeps and sends it.

mod aside;
mod current;
pub mod exceptions;
mod inspect;
pub mod leave;
mod mend;
pub mod preview;
mod question;
mod record;
mod settle;

pub use current::{ControlsAt, Current, EmptyTo, House, RewriteOptions};
pub use inspect::{Depth, Inspected, inspect};
pub use mend::{Mended, mend};
pub use preview::{Attachment, Preview, attachment_names, preview};
pub use question::{Asked, Question, question};
pub use record::{cause, causes_of, deciding, look_back, sending};

use store::Store;
use terms::clock::Clock;

/// The guard at work: what is in force, and where it keeps. Cheap to clone into every session.
#[derive(Clone)]
pub struct Guard {
    pub current: Current,
    pub store: Store,
    pub clock: Clock,
}
