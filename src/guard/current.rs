//! What is in force: the configuration's part that decides of messages, swapped whole on a reload. A
//! message sees one state from beginning to end.

use std::sync::{Arc, RwLock};

use crate::casebook::Casebook;
use crate::clock::Timestamp;
use crate::facts::{Controls, Organization};
use crate::message::{Limits, dkim};
use crate::rules::RuleSet;

/// Everything that decides of a message.
pub struct House {
    pub organization: Organization,
    pub rules: RuleSet,
    pub casebook: Casebook,
    pub limits: Limits,
    pub rewrite: RewriteOptions,
    /// The organisation's own DKIM key, for signatures that a rewrite breaks.
    pub signer: Option<dkim::Signer>,
    /// How the watched controls stand at a time.
    pub controls: Box<dyn Fn(Timestamp) -> Controls + Send + Sync>,
}

/// The `[rewrite]` section.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RewriteOptions {
    /// What stands in To when no visible recipient is left.
    pub empty_to: EmptyTo,
}

/// What stands in To when no visible recipient is left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EmptyTo {
    /// `To: undisclosed-recipients:;`
    #[default]
    UndisclosedRecipients,
    /// The sender's own address.
    Sender,
}

/// The state in force. Cheap to clone and to read.
#[derive(Clone)]
pub struct Current(Arc<RwLock<Arc<House>>>);

impl Current {
    pub fn new(house: House) -> Self {
        Current(Arc::new(RwLock::new(Arc::new(house))))
    }

    /// The state in force now. What is got here stays as it is while it is used.
    pub fn get(&self) -> Arc<House> {
        match self.0.read() {
            Ok(house) => house.clone(),
            // A panic while swapping a pointer leaves a whole pointer behind.
            Err(poisoned) => poisoned.into_inner().clone(),
        }
    }

    /// Puts another state in force, for every message that begins from now on.
    pub fn set(&self, house: House) {
        let house = Arc::new(house);
        match self.0.write() {
            Ok(mut current) => *current = house,
            Err(poisoned) => *poisoned.into_inner() = house,
        }
    }
}
