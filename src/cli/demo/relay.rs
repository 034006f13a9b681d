//! The demo's relay: the daemon itself with a configuration made here, everything it keeps in a folder
//! that goes away with it, and a clock that the story moves.

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::cli::{common, serve};
use audit::chain::Head;
use audit::entry::{Entry, Kind};
use audit::filter::{Filter, Row};
use daemon::config::Config;
use daemon::serve::Daemon;
use facts::Language;
use guard::{Policy, finalize};
use hold::links::{Links, Purpose};
use hold::review::{self, HeldTransaction};
use store::people::{Account, Role};
use store::{self, Case, CaseFilter, State};
use terms::clock::{Clock, Timestamp};
use web::hash_password;

/// How often the open relay is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// The relay, running.
pub struct Relay {
    pub address: SocketAddr,
    /// The file of its configuration.
    pub config: PathBuf,
    /// The house as it is configured, before a story changes it.
    pub policy: Policy,
    pub clock: Clock,
    daemon: Daemon,
    runtime: Runtime,
    _folder: TempDir,
}

impl Relay {
    /// Opens the relay before a next hop, at the time `start`.
    pub fn open(next_hop: SocketAddr, start: Timestamp, language: Language) -> Result<Relay, String> {
        let folder = tempfile::tempdir().map_err(|e| format!("no temporary folder: {e}"))?;
        let path = folder.path().join("demo.toml");
        let pages = free_port().map_err(|e| format!("no port for the pages: {e}"))?;
        let text = configuration(folder.path(), next_hop, pages, language);
        // Written down as well, so that the other commands can be tried while the relay is open.
        std::fs::write(&path, &text).map_err(|e| format!("{}: {e}", path.display()))?;
        let config = Config::parse(&path, &text).map_err(|e| common::list(&e))?;
        let policy = config.policy().map_err(|e| common::list(&e))?;
        let clock = Clock::manual(start);
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
        let runtime = runtime.map_err(|e| format!("no runtime: {e}"))?;
        let daemon = runtime.block_on(Daemon::start(config, policy.clone(), None, clock.clone()))?;
        let address = *daemon.listening.first().ok_or("the relay does not listen")?;
        Ok(Relay { address, config: path, policy, clock, daemon, runtime, _folder: folder })
    }

    /// Puts another house in force, as a reload does.
    pub fn set(&self, policy: Policy) {
        self.daemon.guard.current.set(policy);
    }

    /// The newest decision in the audit log.
    pub fn last_decision(&self) -> Result<Row, String> {
        let newest = Filter { newest_first: true, limit: Some(1), ..decisions() };
        let rows = self.audit(&newest)?;
        rows.into_iter().next().ok_or_else(|| "the audit log has no decision".to_string())
    }

    /// The decisions after an entry of the audit log.
    pub fn decisions_after(&self, seq: i64) -> Result<Vec<Row>, String> {
        self.audit(&Filter { after: Some(seq), ..decisions() })
    }

    fn audit(&self, filter: &Filter) -> Result<Vec<Row>, String> {
        self.ask(self.daemon.guard.store.audit(filter))
    }

    /// The case of that number.
    pub fn case(&self, id: &str) -> Result<Option<Case>, String> {
        self.ask(self.daemon.guard.store.case(id))
    }

    /// Releases a held mail, as a reviewer does.
    pub fn release(&self, case: &str, by: &str, reason: &str) -> Result<(), String> {
        let guard = &self.daemon.guard;
        let (policy, now) = (guard.current.get(), self.clock.now());
        let prepare = |leaving: &HeldTransaction| finalize::outgoing(&policy, leaving, now);
        let done = review::release(&guard.store, case, by, reason, &prepare);
        self.runtime.block_on(done).map(|_| ()).map_err(|e| format!("case {case}: {e}"))
    }

    /// Makes an account of the review site; where to sign in with it, and its password.
    pub fn admit(&self, address: &str, role: Role) -> Result<(String, String), String> {
        let mut bytes = [0u8; 12];
        getrandom::fill(&mut bytes).map_err(|e| e.to_string())?;
        let password = URL_SAFE_NO_PAD.encode(bytes);
        let now = self.clock.now();
        let account = Account {
            name: address.to_string(),
            display: address.to_string(),
            role,
            password: Some(hash_password(&password)?),
            must_change: false,
            created_at: now,
            disabled_at: None,
        };
        let mut entry = Entry::new(now, Kind::Person, "account-added");
        entry.actor = Some("demo".to_string());
        self.ask(self.daemon.guard.store.add_account(account, entry))?;
        let pages = self.daemon.pages.ok_or("there are no pages")?;
        Ok((format!("http://{pages}/"), password))
    }

    /// The newest held mail, and the link that its sender has to it.
    pub fn link_of_a_sender(&self) -> Result<Option<(Case, String)>, String> {
        let store = &self.daemon.guard.store;
        let held = CaseFilter { states: vec![State::Held], limit: Some(1), ..CaseFilter::default() };
        let Some(case) = self.ask(store.cases(&held))?.pop() else { return Ok(None) };
        let token = Links::of(store).token(Purpose::Sender, &case.id, &case.sender, case.ends_at);
        let link = self.daemon.pages.zip(token).map(|(at, token)| format!("http://{at}/m/{token}"));
        Ok(link.map(|link| (case, link)))
    }

    /// Proves the audit log to its last entry; the inner error names the first broken link.
    pub fn verify(&self) -> Result<Result<Head, String>, String> {
        let store = &self.daemon.guard.store;
        let head = self.ask(store.head())?;
        let proved = self.ask(store.verify(Some(head)))?;
        Ok(proved.map_err(|broken| broken.to_string()))
    }

    fn ask<T>(&self, question: impl Future<Output = store::Result<T>>) -> Result<T, String> {
        self.runtime.block_on(question).map_err(|e| e.to_string())
    }

    /// Keeps the clock at the system's time until Ctrl-C or SIGTERM, and calls `look` a few times a second.
    pub fn wait_for_stop(&self, mut look: impl FnMut() -> Result<(), String>) -> Result<(), String> {
        let system = Clock::system();
        let stopped = self.runtime.block_on(async { serve::stop_signal() })?;
        let mut stopped = std::pin::pin!(stopped);
        loop {
            self.clock.set(system.now());
            let over = self.runtime.block_on(async {
                tokio::select! {
                    () = &mut stopped => true,
                    () = tokio::time::sleep(LOOK_EVERY) => false,
                }
            });
            if over {
                return Ok(());
            }
            look()?;
        }
    }

    /// Stops the relay; its folder goes with it.
    pub fn close(self) {
        self.runtime.block_on(self.daemon.stop());
    }
}

fn decisions() -> Filter {
    Filter { kind: Some(Kind::Decision), ..Filter::default() }
}

/// The usual port of the pages, or any other where that is taken.
fn free_port() -> std::io::Result<SocketAddr> {
    let usual = TcpListener::bind(("127.0.0.1", 8025));
    usual.or_else(|_| TcpListener::bind(("127.0.0.1", 0)))?.local_addr()
}

/// The configuration, as an administrator would write it.
fn configuration(folder: &Path, next_hop: SocketAddr, pages: SocketAddr, language: Language) -> String {
    let quoted = |text: String| toml::Value::String(text).to_string();
    let (name, language) = match language {
        Language::Ja => ("みほん市", "ja"),
        Language::En => ("Mihon City", "en"),
    };
    format!(
        r#"
[organization]
name = "{name}"
domains = ["city.example.jp"]
language = "{language}"
admins = ["mail-admin@city.example.jp"]

[receive]
listen = ["127.0.0.1:0"]
xforward_peers = ["127.0.0.0/8"]

[next_hop]
url = "smtp://{next_hop}"

[web]
listen = "{pages}"
public_url = "http://{pages}"

[store]
url = {}
key_file = {}
"#,
        quoted(format!("sqlite:{}", folder.join("sekisho.db").display())),
        quoted(folder.join("sekisho.key").display().to_string()),
    )
}
