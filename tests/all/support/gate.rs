//! The SMTP door of Sekisho, running between a test's client and its next hop.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use facts::Organization;
use guard::{Current, Guard, Policy};
use next_hop::{self, NextHop};
use receive::{self, Ctx};
use rules::{RuleSet, Source};
use store::{self, Store};
use terms::clock::Clock;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// A running door. It ends with the runtime, or with [`Gate::stop`].
pub struct Gate {
    pub address: SocketAddr,
    /// Where the further listeners are, in the order of the options.
    pub others: Vec<SocketAddr>,
    stop: watch::Sender<bool>,
    serving: JoinHandle<()>,
    _folder: tempfile::TempDir,
}

/// Options for tests: any free port, and deadlines that a test can wait for.
pub fn options() -> (receive::Options, next_hop::Options) {
    let receive = receive::Options {
        listen: vec![SocketAddr::from(([127, 0, 0, 1], 0))],
        hostname: Some("gate.example".into()),
        ..receive::Options::default()
    };
    let short = Duration::from_millis(700);
    let hop = next_hop::Options {
        hostname: Some("gate.example".into()),
        connect_timeout: short,
        greeting_timeout: short,
        command_timeout: short,
        data_timeout: short,
        block_timeout: short,
        done_timeout: short,
        probe_timeout: short,
        ..next_hop::Options::default()
    };
    (receive, hop)
}

impl Gate {
    /// A door with the usual options before the next hop with that url.
    pub async fn before(url: &str) -> Self {
        let (receive, hop) = options();
        Gate::start(receive, next_hop::Options { url: url.into(), ..hop }).await
    }

    pub async fn start(receive: receive::Options, hop: next_hop::Options) -> Self {
        let next_hop = NextHop::new(&hop).expect("good next-hop options");
        let listeners = receive::listen(&receive).expect("a free port");
        let (guard, folder) = pass_all().await;
        let address = listeners[0].local_addr().expect("an address");
        let others = listeners[1..].iter().map(|l| l.local_addr().expect("an address")).collect();
        let ctx = Ctx::new(receive, next_hop, guard, Clock::system()).expect("good receive options");
        let (stop, stopping) = watch::channel(false);
        let serving = tokio::spawn(receive::serve(listeners, Arc::new(ctx), stopping));
        Gate { address, others, stop, serving, _folder: folder }
    }

    /// Asks the door to stop.
    pub fn begin_stop(&self) {
        self.stop.send_replace(true);
    }

    /// Waits until the last session is over.
    pub async fn stopped(self) {
        tokio::time::timeout(Duration::from_secs(10), self.serving)
            .await
            .expect("it stops in time")
            .expect("no panic");
    }
}

/// A guard with a rule that only watches, so that every message passes, and a store in a folder of its
/// own.
async fn pass_all() -> (Arc<Guard>, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let clock = Clock::system();
    let organization = Organization::new("みほん市", &["city.example.jp"]);
    let mut house = Policy::embedded(organization).expect("the rules within the program");
    let source = Source { file: "pass.toml".into(), text: WATCH.to_string() };
    house.rules = Arc::new(RuleSet::from_sources(&[source], &["2023-116"]).expect("a good rule"));
    let options = store::Options {
        url: format!("sqlite:{}/sekisho.db", folder.path().display()),
        key_file: Some(folder.path().join("key")),
    };
    let vault = options.vault().expect("a key");
    let store = Store::open(&options, vault, clock.clone(), "gate.example").await.expect("a store");
    (Arc::new(Guard { current: Current::new(house), store, clock }), folder)
}

const WATCH: &str = r#"
[[rule]]
id = "watch"
when = "recipients.external >= 1"
action = "hold"
mode = "monitor"
incidents = ["2023-116"]
[rule.reason]
ja = "見るだけ"
en = "only watched"
"#;
