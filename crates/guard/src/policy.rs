//! What is in force: the configuration's part that decides of messages, swapped whole on a reload. A
//! message sees one state from beginning to end.

use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock, RwLockWriteGuard};
use std::time::Duration;

use tokio::sync::Mutex;

use super::exceptions;
use casebook::{self, Casebook, LoadError};
use facts::{Controls, Organization};
use message::{Limits, Signer};
use rules::{RuleSet, Source};
use store::{self, Store};
use terms::clock::Timestamp;

/// How the watched controls stand at a time.
pub type ControlsAt = Arc<dyn Fn(Timestamp) -> Controls + Send + Sync>;

/// How long a held message waits where no configuration says it.
const HOLD_FOR: Duration = Duration::from_secs(14 * 86_400);

/// Everything that decides of a message. Cheap to clone, so that a replay may change a part of it.
#[derive(Clone)]
pub struct Policy {
    pub organization: Organization,
    pub rules: Arc<RuleSet>,
    pub casebook: Arc<Casebook>,
    pub limits: Limits,
    /// What reading the content of one message may cost.
    pub content_limits: content::Limits,
    pub rewrite: RewriteOptions,
    /// The organisation's own DKIM key, for signatures that a rewrite breaks.
    pub signer: Option<Arc<Signer>>,
    pub controls: ControlsAt,
    /// How long a held message waits before it expires.
    pub hold_for: Duration,
}

impl Policy {
    /// A house with the rules of a folder. Its casebook is the folder's, or the one within the program
    /// where the folder has none.
    pub fn load(organization: Organization, directory: &Path) -> Result<Policy, Vec<LoadError>> {
        let casebook = match directory.join("casebook").is_dir() {
            true => casebook::load(directory),
            false => casebook::embedded(),
        };
        let (casebook, mut errors) = split(casebook);
        let known: Vec<&str> = casebook.iter().map(|i| i.id.as_str()).collect();
        match RuleSet::load(directory, &known) {
            Ok(rules) if errors.is_empty() => Ok(Policy::of(organization, rules, casebook)),
            Ok(_) => Err(errors),
            // Without a casebook every citation would be told as unknown.
            Err(_) if !errors.is_empty() => Err(errors),
            Err(more) => {
                errors.extend(more);
                Err(errors)
            }
        }
    }

    /// A house with the rules and the casebook within the program.
    pub fn embedded(organization: Organization) -> Result<Policy, Vec<LoadError>> {
        let casebook = casebook::embedded()?;
        let known: Vec<&str> = casebook.iter().map(|i| i.id.as_str()).collect();
        let sources: Vec<Source> = casebook::embedded_rules()
            .into_iter()
            .map(|(file, text)| Source { file, text: text.to_string() })
            .collect();
        let rules = RuleSet::from_sources(&sources, &known)?;
        Ok(Policy::of(organization, rules, casebook))
    }

    fn of(organization: Organization, rules: RuleSet, casebook: Casebook) -> Policy {
        Policy {
            organization,
            rules: Arc::new(rules),
            casebook: Arc::new(casebook),
            limits: Limits::default(),
            content_limits: content::Limits::default(),
            rewrite: RewriteOptions::default(),
            signer: None,
            controls: Arc::new(|_| Controls::default()),
            hold_for: HOLD_FOR,
        }
    }
}

fn split(casebook: Result<Casebook, Vec<LoadError>>) -> (Casebook, Vec<LoadError>) {
    match casebook {
        Ok(casebook) => (casebook, Vec::new()),
        Err(errors) => (Casebook::default(), errors),
    }
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
pub struct Current(Arc<CurrentState>);

struct CurrentState {
    policy: RwLock<Arc<Policy>>,
    /// Whoever reads something first and puts it in force afterwards takes a turn, so that nobody puts
    /// something older in force than what is.
    turn: Mutex<()>,
}

impl Current {
    pub fn new(policy: Policy) -> Self {
        Current(Arc::new(CurrentState { policy: RwLock::new(Arc::new(policy)), turn: Mutex::new(()) }))
    }

    /// The state in force now. What is got here stays as it is while it is used.
    pub fn get(&self) -> Arc<Policy> {
        match self.0.policy.read() {
            Ok(policy) => policy.clone(),
            // A panic while swapping a pointer leaves a whole pointer behind.
            Err(poisoned) => poisoned.into_inner().clone(),
        }
    }

    /// Puts another state in force, for every message that begins from now on; with the exceptions that
    /// the store keeps as they are.
    pub fn set(&self, mut policy: Policy) {
        let mut current = self.write();
        policy.rules = Arc::new(policy.rules.with_kept(current.rules.kept().to_vec()));
        *current = Arc::new(policy);
    }

    /// Reads again the exceptions that the store keeps. Where it does not answer, nothing changes.
    pub async fn renew(&self, store: &Store) -> store::Result<()> {
        let _turn = self.0.turn.lock().await;
        let kept = exceptions::read(store).await?;
        let mut current = self.write();
        let mut policy = Policy::clone(&current);
        policy.rules = Arc::new(policy.rules.with_kept(kept));
        *current = Arc::new(policy);
        Ok(())
    }

    fn write(&self) -> RwLockWriteGuard<'_, Arc<Policy>> {
        // A panic while swapping a pointer leaves a whole pointer behind.
        self.0.policy.write().unwrap_or_else(PoisonError::into_inner)
    }
}
