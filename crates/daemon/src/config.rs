//! The configuration: one TOML file, each folder's own options gathered. Unknown keys are errors, and
//! every error names the file, the line, what is wrong and what would be right.

mod approval;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::tz::TimeZone;
use serde::Deserialize;

use casebook::LoadError;
use guard::{ControlsAt, Policy};
use hold::approval::Approvers;
use message::Signer;

/// Everything that an administrator sets. A section that is left out has its defaults; only the
/// organisation must be named, because nobody can guess which addresses are inside.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub organization: facts::Organization,
    #[serde(default)]
    pub receive: receive::Options,
    /// Further listeners, each with its own trust.
    #[serde(default, rename = "listener")]
    pub listeners: Vec<receive::ListenerOptions>,
    #[serde(default)]
    pub next_hop: next_hop::Options,
    #[serde(default)]
    pub store: store::Options,
    #[serde(default)]
    pub rules: Rules,
    #[serde(default)]
    pub rewrite: guard::RewriteOptions,
    pub dkim: Option<Dkim>,
    #[serde(default)]
    pub limits: message::Limits,
    #[serde(default)]
    pub content: content::Limits,
    #[serde(default)]
    pub hold: hold::Options,
    #[serde(default)]
    pub outbox: outbox::Options,
    #[serde(default)]
    pub notice: notice::Options,
    /// Who decides about whose mail.
    #[serde(default)]
    pub approvers: Vec<approval::Entry>,
    #[serde(default)]
    pub approval: approval::Options,
    #[serde(default)]
    pub business_hours: approval::BusinessHours,
    /// Without it there are no pages.
    pub web: Option<web::Options>,
    #[serde(default)]
    pub log: Log,
    #[serde(default, rename = "control")]
    pub controls: Vec<watch::controls::Control>,
}

/// Where the rules and the casebook are.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    /// The folder of `*.toml` rule files and `casebook/`; without it the rules within the program.
    pub directory: Option<PathBuf>,
}

/// The organisation's own DKIM key, with which a message whose signature a rewrite breaks is signed anew.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dkim {
    pub domain: String,
    pub selector: String,
    /// RSA or Ed25519, in PEM.
    pub key_file: PathBuf,
}

impl Dkim {
    fn signer(&self) -> Result<Signer, String> {
        let named = |why: String| format!("{}: {why}", self.key_file.display());
        let pem = std::fs::read(&self.key_file).map_err(|e| named(e.to_string()))?;
        Signer::from_pem(&self.domain, &self.selector, &pem).map_err(|e| named(e.to_string()))
    }
}

/// How the daemon logs, to standard error.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    pub format: LogFormat,
    /// `error`, `warn`, `info`, `debug` or `trace`.
    pub level: String,
}

/// The two ways to log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    Text,
    Json,
}

impl Default for Log {
    fn default() -> Self {
        Log { format: LogFormat::Text, level: "info".to_string() }
    }
}

impl Config {
    /// Reads a configuration file. Paths in it are relative to the working folder.
    pub fn load(path: &Path) -> Result<Config, LoadError> {
        let text = std::fs::read_to_string(path).map_err(|e| LoadError {
            file: path.to_path_buf(),
            line: None,
            message: format!("cannot be read: {e}"),
            remedy: "name an existing file with --config; config.example.toml is one to start from"
                .to_string(),
        })?;
        Config::parse(path, &text)
    }

    /// Reads the text of a configuration file; `path` is for messages.
    pub fn parse(path: &Path, text: &str) -> Result<Config, LoadError> {
        let mut config: Config = toml::from_str(text).map_err(|e| error_at(path, text, &e))?;
        config.receive.listeners.clone_from(&config.listeners);
        Ok(config)
    }
}

impl Config {
    /// What of the configuration decides of messages, with the rules and the casebook that it names.
    /// `path` is the configuration file, for messages.
    pub fn policy(&self, path: &Path) -> Result<Policy, Vec<LoadError>> {
        let mut policy = match &self.rules.directory {
            Some(directory) => Policy::load(self.organization.clone(), directory)?,
            None => Policy::embedded(self.organization.clone())?,
        };
        let zone = self.zone().map_err(|why| vec![fault(path, "[organization]", why)])?;
        policy.rules = Arc::new(policy.rules.in_zone(zone.clone()));
        policy.limits = self.limits.clone();
        policy.content_limits = self.content.clone();
        policy.rewrite = self.rewrite.clone();
        if let Some(dkim) = &self.dkim {
            let signer = dkim.signer().map_err(|why| vec![fault(path, "[dkim]", why)])?;
            policy.signer = Some(Arc::new(signer));
        }
        policy.controls = watched(self.controls.clone(), zone);
        policy.hold_for = self.hold.expire_after;
        Ok(policy)
    }

    /// The name that Sekisho goes by.
    pub fn hostname(&self) -> String {
        self.receive.hostname.clone().unwrap_or_else(next_hop::system_hostname)
    }

    /// How notices are written, with what other sections say of the house.
    pub fn notices(&self) -> Result<notice::Options, String> {
        let organization = &self.organization;
        let options = self.notice.clone();
        let readers = notice::Readers::of(organization);
        let options =
            options.of_house(organization.language, &organization.name, &self.hostname(), self.zone()?);
        Ok(options.with_readers(readers))
    }

    /// How notices and reports leave, where they have a way of their own. The rest is as in `[next_hop]`, but for the
    /// name and password, which are the next hop's alone.
    pub fn notice_hop(&self) -> Option<next_hop::Options> {
        let url = self.notice.url.clone()?;
        Some(next_hop::Options { url, username: None, password_file: None, ..self.next_hop.clone() })
    }

    /// The time zone that days are counted in.
    pub fn zone(&self) -> Result<TimeZone, String> {
        notice::zone(self.organization.time_zone.as_deref(), self.organization.language)
    }

    /// Who decides about held mail, with the files that name them. `path` is for messages.
    pub fn approvers(&self, path: &Path) -> Result<Approvers, Vec<LoadError>> {
        let zone = self.zone().map_err(|why| vec![fault(path, "[organization]", why)])?;
        let sections = approval::Sections {
            organization: &self.organization,
            zone,
            entries: &self.approvers,
            options: &self.approval,
            hours: &self.business_hours,
            path,
        };
        sections.read()
    }

    /// The addresses that are listened on for mail.
    fn listening(&self) -> Vec<std::net::SocketAddr> {
        let others = self.listeners.iter().map(|listener| listener.listen);
        self.receive.listen.iter().copied().chain(others).collect()
    }

    /// What is wrong beyond the form of the file.
    pub fn faults(&self, path: &Path) -> Vec<LoadError> {
        let mut faults = Vec::new();
        let mut add = |section: &str, whys: Vec<String>| {
            faults.extend(whys.into_iter().map(|why| fault(path, section, why)));
        };
        add("[[control]]", watch::controls::check(&self.controls).err().unwrap_or_default());
        let certificate = self.receive.tls_certificate.is_some();
        let listeners = self.listeners.iter().filter_map(|listener| listener.check(certificate).err());
        add("[[listener]]", listeners.collect());
        add("[notice]", self.notice.check().err().unwrap_or_default());
        add("[hold]", self.hold.check().err().into_iter().collect());
        add("[outbox]", self.outbox.check().err().into_iter().collect());
        add("[store]", self.store.check().err().map(|e| e.to_string()).into_iter().collect());
        if self.organization.domains.is_empty() {
            let why = "domains is empty: name the domains whose addresses are inside, such as [\"city.example.jp\"]";
            add("[organization]", vec![why.to_string()]);
        }
        if let Err(error) = self.next_hop.check_target(&self.listening()) {
            add("[next_hop]", vec![error.to_string()]);
        }
        if let Err(error) = next_hop::NextHop::new(&self.next_hop) {
            add("[next_hop]", vec![error.to_string()]);
        }
        if let Some(Err(error)) = self.notice_hop().map(|hop| next_hop::NextHop::new(&hop)) {
            add("[notice]", vec![error.to_string()]);
        }
        if let Some(web) = &self.web {
            add("[web]", web.check().err().unwrap_or_default());
        }
        let level = self.log.level.parse::<tracing::level_filters::LevelFilter>();
        if level.is_err() {
            let why = format!("level \"{}\" is none of error, warn, info, debug, trace", self.log.level);
            add("[log]", vec![why]);
        }
        // An unknown time zone is told of the organisation.
        if self.zone().is_ok() {
            faults.extend(self.approvers(path).err().unwrap_or_default());
        }
        faults
    }
}

/// How the controls stand at a time, for the facts.
fn watched(controls: Vec<watch::controls::Control>, zone: TimeZone) -> ControlsAt {
    Arc::new(move |now| {
        if controls.is_empty() {
            return facts::Controls::default();
        }
        let today = zone.to_datetime(now).date();
        let state = |s: watch::controls::State| facts::ControlState {
            name: s.name,
            days_left: s.days_left,
            enforce: s.enforce,
            first_warn_day: s.first_warn_day,
        };
        facts::Controls { entries: watch::controls::state(&controls, today).into_iter().map(state).collect() }
    })
}

/// A fault that concerns a section as a whole.
pub fn fault(path: &Path, section: &str, why: String) -> LoadError {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let line = text.lines().position(|l| l.trim().starts_with(section)).map(|n| n + 1);
    let (message, remedy) = match why.split_once("; ") {
        Some((message, remedy)) => (message.to_string(), remedy.to_string()),
        None => (why, "config.example.toml shows the form".to_string()),
    };
    LoadError { file: path.to_path_buf(), line, message, remedy }
}

/// An error of the TOML reader, with the line it is on and the remedy that it implies.
fn error_at(path: &Path, text: &str, error: &toml::de::Error) -> LoadError {
    let line = error.span().map(|span| {
        let before = text.as_bytes().get(..span.start.min(text.len())).unwrap_or_default();
        before.iter().filter(|b| **b == b'\n').count() + 1
    });
    let said = error.message().trim().replace('\n', " ");
    let remedy = if said.starts_with("unknown field") {
        "remove the key or correct its spelling; config.example.toml shows every key"
    } else if said.starts_with("missing field") {
        "add the key; config.example.toml shows it"
    } else if said.starts_with("invalid type") || said.starts_with("invalid value") {
        "give a value of that kind, as config.example.toml does"
    } else {
        "correct the line; config.example.toml shows the form"
    };
    LoadError { file: path.to_path_buf(), line, message: said, remedy: remedy.to_string() }
}
