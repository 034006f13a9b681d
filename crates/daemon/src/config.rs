//! The configuration: one TOML file, each folder's own options gathered. Unknown keys are errors, and
//! every error names the file, the line, what is wrong and what would be right.

mod approval;
mod places;
mod reading;
mod warnings;
mod wording;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::tz::TimeZone;
use serde::Deserialize;

pub use places::Places;
use reading::Reader;

use casebook::LoadError;
use facts::Organization;
use guard::{ControlsAt, Policy};
use hold::approval::Approvers;
use message::Signer;

/// Everything that an administrator sets. A section that is left out has its defaults; only the
/// organisation must be named, because nobody can guess which addresses are inside.
#[derive(Clone, Debug)]
pub struct Config {
    pub organization: Organization,
    pub receive: receive::Options,
    /// Further listeners, each with its own trust.
    pub listeners: Vec<receive::ListenerOptions>,
    pub next_hop: next_hop::Options,
    pub store: store::Options,
    pub rules: Rules,
    pub rewrite: guard::RewriteOptions,
    pub dkim: Option<Dkim>,
    pub limits: message::Limits,
    pub content: content::Limits,
    pub hold: hold::Options,
    pub outbox: outbox::Options,
    pub notice: notice::Options,
    /// Who decides about whose mail.
    pub approvers: Vec<approval::Entry>,
    pub approval: approval::Options,
    pub business_hours: approval::BusinessHours,
    /// Without it there are no pages.
    pub web: Option<web::Options>,
    pub log: Log,
    pub controls: Vec<watch::controls::Control>,
    /// Where each key stands in the file.
    pub places: Places,
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
        let remedy = "name a PEM file with an RSA or Ed25519 key that this user may read";
        let named = |why: String| format!("key_file {}: {why}; {remedy}", self.key_file.display());
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
    ///
    /// # Errors
    /// Every fault of the file's form.
    pub fn load(path: &Path) -> Result<Config, Vec<LoadError>> {
        let text = std::fs::read_to_string(path).map_err(|e| {
            let remedy = "name an existing file with --config; config.example.toml is one to start from";
            vec![LoadError {
                file: path.to_path_buf(),
                line: None,
                column: None,
                message: format!("cannot be read: {e}"),
                remedy: remedy.to_string(),
            }]
        })?;
        Config::parse(path, &text)
    }

    /// Reads the text of a configuration file; `path` is for messages.
    ///
    /// # Errors
    /// Every fault of the file's form.
    pub fn parse(path: &Path, text: &str) -> Result<Config, Vec<LoadError>> {
        let mut reader = Reader::new(path, text)?;
        let organization = reader.required("organization");
        let mut config = Config {
            // Without it there is a fault, and nobody sees this one.
            organization: organization.unwrap_or_else(|| Organization::new("", &[])),
            receive: reader.section_or_default("receive"),
            listeners: reader.sections("listener"),
            next_hop: reader.section_or_default("next_hop"),
            store: reader.section_or_default("store"),
            rules: reader.section_or_default("rules"),
            rewrite: reader.section_or_default("rewrite"),
            dkim: reader.section("dkim"),
            limits: reader.section_or_default("limits"),
            content: reader.section_or_default("content"),
            hold: reader.section_or_default("hold"),
            outbox: reader.section_or_default("outbox"),
            notice: reader.section_or_default("notice"),
            approvers: reader.sections("approvers"),
            approval: reader.section_or_default("approval"),
            business_hours: reader.section_or_default("business_hours"),
            web: reader.section("web"),
            log: reader.section_or_default("log"),
            controls: reader.sections("control"),
            places: reader.places.clone(),
        };
        // One name to the outside: what greets clients greets the next hop as well.
        if config.next_hop.hostname.is_none() {
            config.next_hop.hostname = config.receive.hostname.clone();
        }
        config.receive.listeners.clone_from(&config.listeners);
        reader.finish();
        if reader.faults.is_empty() { Ok(config) } else { Err(reader.faults) }
    }

    /// What of the configuration decides of messages, with the rules and the casebook that it names.
    ///
    /// # Errors
    /// Every fault of them.
    pub fn policy(&self) -> Result<Policy, Vec<LoadError>> {
        let mut policy = match &self.rules.directory {
            Some(directory) => Policy::load(self.organization.clone(), directory)?,
            None => Policy::embedded(self.organization.clone())?,
        };
        let zone = self.zone().map_err(|why| vec![self.places.of_text("organization", &why)])?;
        policy.rules = Arc::new(policy.rules.in_zone(zone.clone()));
        policy.limits = self.limits.clone();
        policy.content_limits = self.content.clone();
        policy.rewrite = self.rewrite.clone();
        if let Some(dkim) = &self.dkim {
            let signer = dkim.signer().map_err(|why| vec![self.places.of_text("dkim", &why)])?;
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

    /// Who decides about held mail, with the files that name them.
    ///
    /// # Errors
    /// Every fault of the sections and the files.
    pub fn approvers(&self) -> Result<Approvers, Vec<LoadError>> {
        let zone = self.zone().map_err(|why| vec![self.places.of_text("organization", &why)])?;
        let sections = approval::Sections {
            organization: &self.organization,
            zone,
            entries: &self.approvers,
            options: &self.approval,
            hours: &self.business_hours,
            places: &self.places,
        };
        sections.read()
    }

    /// The addresses that are listened on for mail.
    fn listening(&self) -> Vec<std::net::SocketAddr> {
        let others = self.listeners.iter().map(|listener| listener.listen);
        self.receive.listen.iter().copied().chain(others).collect()
    }

    /// What is wrong beyond the form of the file.
    pub fn faults(&self) -> Vec<LoadError> {
        let mut faults = Vec::new();
        let mut add = |section: &str, whys: Vec<String>| {
            faults.extend(whys.iter().map(|why| self.places.of_text(section, why)));
        };
        let certificate = self.receive.tls_certificate.is_some();
        let listeners = self.listeners.iter().filter_map(|listener| listener.check(certificate).err());
        add("listener", listeners.collect());
        add("notice", self.notice.check().err().unwrap_or_default());
        add("hold", self.hold.check().err().into_iter().collect());
        add("outbox", self.outbox.check().err().into_iter().collect());
        add("store", self.store.check().err().map(|e| e.to_string()).into_iter().collect());
        if self.organization.domains.is_empty() {
            let why = "domains is empty; name the domains whose addresses are inside, such as [\"city.example.jp\"]";
            add("organization", vec![why.to_string()]);
        }
        if let Err(error) = self.next_hop.check_target(&self.listening()) {
            add("next_hop", vec![error.to_string()]);
        }
        if let Err(error) = next_hop::NextHop::new(&self.next_hop) {
            add("next_hop", vec![error.to_string()]);
        }
        if let Some(Err(error)) = self.notice_hop().map(|hop| next_hop::NextHop::new(&hop)) {
            add("notice", vec![error.to_string()]);
        }
        if let Some(web) = &self.web {
            add("web", web.check().err().unwrap_or_default());
        }
        let level = self.log.level.parse::<tracing::level_filters::LevelFilter>();
        if level.is_err() {
            let why =
                format!("level \"{}\" is not known; give error, warn, info, debug or trace", self.log.level);
            add("log", vec![why]);
        }
        faults.extend(self.domain_faults());
        if self.receive.listen.is_empty() {
            let remedy = "give at least one, such as [\"127.0.0.1:2525\"]";
            faults.push(self.places.of("receive.listen", "[receive] listen names no address", remedy));
        }
        if let Err(error) = receive::Terms::read(self.receive.clone()) {
            faults.push(self.certificate_fault(&error));
        }
        if let Some(file) = self.web.as_ref().and_then(|w| w.oidc.as_ref()?.client_secret_file.as_ref())
            && let Err(error) = std::fs::read(file)
        {
            let message = format!("[web.oidc] client_secret_file {}: {error}", file.display());
            let remedy = "name a file that this user may read";
            faults.push(self.places.of("web.oidc.client_secret_file", message, remedy));
        }
        faults.extend(self.control_faults());
        // An unknown time zone is told of the organisation.
        if self.zone().is_ok() {
            faults.extend(self.approvers().err().unwrap_or_default());
        }
        faults.sort_by_key(|f| (f.line, f.column));
        faults
    }

    /// Domains with a pattern in them would match no address, and all mail would count as outside.
    fn domain_faults(&self) -> Vec<LoadError> {
        let odd = |d: &&String| d.contains('*') || d.starts_with('.');
        let fault = |domain: &String| {
            let message = format!("[organization] domains: \"{domain}\" is not a domain");
            let plain = domain.trim_start_matches(['*', '.']);
            let remedy = format!("write \"{plain}\"; its subdomains are inside as well");
            self.places.of("organization.domains", message, remedy)
        };
        self.organization.domains.iter().filter(odd).map(fault).collect()
    }

    /// What is wrong with the certificate for STARTTLS, with the reason that the system gives.
    fn certificate_fault(&self, error: &receive::OptionsError) -> LoadError {
        let options = &self.receive;
        for (key, file) in [("tls_certificate", &options.tls_certificate), ("tls_key", &options.tls_key)] {
            if let Some(file) = file
                && let Err(error) = std::fs::File::open(file)
            {
                let message = format!("[receive] {key} {}: {error}", file.display());
                let remedy = "name a PEM file that this user may read";
                return self.places.of(&format!("receive.{key}"), message, remedy);
            }
        }
        let key = if options.tls_certificate.is_some() { "tls_certificate" } else { "tls_key" };
        let remedy = "give tls_certificate and tls_key, a PEM certificate and its key, or neither";
        self.places.of(&format!("receive.{key}"), error.to_string(), remedy)
    }

    /// What is wrong with the controls, each at its own place.
    fn control_faults(&self) -> Vec<LoadError> {
        let whys = watch::controls::check(&self.controls).err().unwrap_or_default();
        let fault = |why: &String| {
            // `[[control]] "NAME": KEY …`
            let of = |name: &str| why.strip_prefix(&format!("[[control]] \"{}\": ", name.trim()));
            let nth = self.controls.iter().rposition(|control| of(&control.name).is_some()).unwrap_or(0);
            let said = self.controls.get(nth).and_then(|control| of(&control.name)).unwrap_or_default();
            let key = said.split(' ').next().unwrap_or_default();
            let (message, remedy) =
                why.split_once("; ").unwrap_or((why, "config.example.toml shows the form"));
            self.places.of(&format!("control.{nth}.{key}"), message, remedy)
        };
        whys.iter().map(fault).collect()
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
