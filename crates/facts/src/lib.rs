//! What the rules can ask. [`TABLE`] is the vocabulary; [`gather`] finds the facts of one message
//! from what was read, what the dialogue said, and what is known from before.

mod audience;
mod confusable;
mod content_facts;
mod describe;
mod freemail;
mod gather;
mod known;
mod labels;
mod links;
mod lookalikes;
mod organization;
mod parties;
mod places;
mod reading;
mod table;
mod value;

pub use audience::{Audience, EnvelopeSource};
pub use describe::{describe, describe_json, describe_markdown};
pub use gather::{complete, gather};
pub use known::{ControlState, Controls, History, RECENT_HOURS};
pub use lookalikes::slips_of;
pub use organization::{Language, Organization};
pub use parties::{Outside, outside, registrable};
pub use reading::{Reading, needs_reading};
pub use table::*;
pub use value::{Kind, Value};
