//! What may change while the daemon runs. A new configuration is read whole before any of it is put in
//! force, so that a fault anywhere leaves everything as it was.

use std::path::Path;
use std::sync::Arc;

use tokio::sync::watch;

use crate::config::Config;
use ::watch::reload::Taken;
use ::watch::watcher::Watched;
use casebook::LoadError;
use guard::{self, Current, Policy};
use hold::approval::CurrentApprovers;
use outbox::report::Reporter;
use outbox::worker;
use rules::Rule;

/// Where each task hears of its new options. The tasks keep the receivers.
pub(super) struct Live {
    /// What the daemon was started with.
    started: Config,
    current: Current,
    /// Who decides about whose mail.
    pub desk: CurrentApprovers,
    pub notice: watch::Sender<notice::Options>,
    pub hold: watch::Sender<hold::Options>,
    pub outbox: watch::Sender<worker::Terms>,
    pub watched: watch::Sender<Watched>,
}

impl Live {
    /// What is in force at the start.
    pub fn new(config: &Config, current: Current, desk: CurrentApprovers) -> Result<Live, String> {
        let parts = Parts::of(config, &current.get())?;
        Ok(Live {
            started: config.clone(),
            current,
            desk,
            notice: watch::Sender::new(parts.notice),
            hold: watch::Sender::new(config.hold.clone()),
            outbox: watch::Sender::new(parts.outbox),
            watched: watch::Sender::new(parts.watched),
        })
    }

    /// Reads the configuration at `path`, the rules, the casebook, the keys and the certificate, and
    /// puts them in force.
    ///
    /// # Errors
    /// Everything that is wrong; then nothing has changed.
    pub fn take(&self, path: &Path, doors: &Arc<receive::Ctx>) -> Result<Taken, Vec<LoadError>> {
        let config = Config::load(path)?;
        let policy = config.policy()?;
        let faults = config.faults();
        if !faults.is_empty() {
            return Err(faults);
        }
        let fault = |section: &str, why: String| vec![config.places.of_text(section, &why)];
        let parts = Parts::of(&config, &policy).map_err(|why| fault("organization", why))?;
        let terms = receive::Terms::read(config.receive.clone());
        let terms = terms.map_err(|why| fault("receive", why.to_string()))?;
        let approvers = config.approvers()?;

        let taken = Taken { rules: policy.rules.rules().len(), restart: self.fixed(&config) };
        self.current.set(policy);
        self.desk.set(approvers);
        doors.set(terms);
        self.notice.send_replace(parts.notice);
        self.hold.send_replace(config.hold);
        self.outbox.send_replace(parts.outbox);
        self.watched.send_replace(parts.watched);
        Ok(taken)
    }

    /// What differs from the start and cannot change while the daemon runs.
    fn fixed(&self, new: &Config) -> Vec<&'static str> {
        let old = &self.started;
        let differs = [
            ("[receive] listen", old.receive.listen != new.receive.listen),
            ("[[listener]] listen", {
                let listens = |config: &Config| config.listeners.iter().map(|l| l.listen).collect::<Vec<_>>();
                listens(old) != listens(new)
            }),
            ("[receive] hostname", old.receive.hostname != new.receive.hostname),
            ("[next_hop]", old.next_hop != new.next_hop),
            ("[notice] url", old.notice.url != new.notice.url),
            ("[store]", old.store != new.store),
            ("[web]", old.web != new.web),
            ("[log]", old.log != new.log),
        ];
        differs.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name).collect()
    }
}

/// What tasks go by that several sections make up together.
struct Parts {
    notice: notice::Options,
    outbox: worker::Terms,
    watched: Watched,
}

impl Parts {
    fn of(config: &Config, policy: &Policy) -> Result<Parts, String> {
        let (zone, language) = (config.zone()?, config.organization.language);
        let reporter = Reporter {
            hostname: config.hostname(),
            language,
            time_zone: zone.clone(),
            readers: notice::Readers::of(&config.organization),
        };
        Ok(Parts {
            notice: config.notices()?,
            outbox: worker::Terms { options: config.outbox.clone(), reporter },
            watched: Watched { controls: config.controls.clone(), zone, causes: lapses(policy) },
        })
    }
}

/// What a warning cites: the incidents of the rules that ask whether a control has expired.
fn lapses(policy: &Policy) -> Vec<notice::Cause> {
    let asks = |rule: &&Rule| rule.when.facts().iter().any(|f| f.group == "controls");
    let rules = policy.rules.rules().iter().filter(asks);
    rules.map(|rule| guard::cause(policy, &rule.id, Default::default(), &[], &rule.incidents)).collect()
}
