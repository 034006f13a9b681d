//! The pages: for a sender whose mail was held, for whoever decides, for whoever reviews the log.
//! Server-rendered; everything works without JavaScript. GET shows, POST acts; what is done to held
//! mail goes through `hold::review`.

mod account;
mod accounts;
mod answers;
mod approver;
mod assets;
mod burst_decision;
mod bursts;
mod case;
mod casebook;
mod cases;
pub mod chart;
mod choice;
mod confirmation;
mod controls;
mod decide;
mod decision_rights;
mod error_page;
mod exception_form;
mod exception_uses;
mod exceptions;
mod fields;
mod history;
mod links;
mod log;
mod login;
mod login_limits;
mod oidc;
mod options;
mod outcome;
mod outgoing_preview;
mod overrides;
mod overview;
mod page;
mod password;
mod preview;
mod proof;
mod router;
mod rules;
mod search;
mod sender;
mod timeline;
mod trace;
mod visitor;
pub mod words;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;

pub use self::options::Options;
pub use self::password::{hash_password, weakness};
use guard::Guard;
use hold::approval::CurrentApprovers;
use hold::links::Links;

/// What every page can get at.
pub struct Ctx {
    pub guard: Arc<Guard>,
    pub options: Options,
    /// Times are told in it.
    pub time_zone: TimeZone,
    pub links: Links,
    pub gate: links::Gate,
    /// For so long a decision that was made on a page can be undone.
    pub undo: Duration,
    /// How often passwords may be tried.
    tries: login_limits::Tries,
    turns: password::Turns,
    /// How often exceptions were used.
    uses: exception_uses::Uses,
    /// The provider that people may sign in with, if there is one.
    oidc: Option<oidc::Provider>,
    proof: proof::Turn,
    /// Who decides about whose mail.
    pub desk: CurrentApprovers,
}

impl Ctx {
    /// What the pages of this guard need.
    ///
    /// # Errors
    /// Where a file that the options name cannot be used.
    pub fn new(
        guard: Arc<Guard>,
        options: Options,
        time_zone: TimeZone,
        undo: Duration,
        desk: CurrentApprovers,
    ) -> Result<Ctx, String> {
        let links = Links::of(&guard.store);
        let oidc = match &options.oidc {
            Some(oidc) => Some(oidc::Provider::new(oidc, &options, &guard.store)?),
            None => None,
        };
        let (tries, turns) = (login_limits::Tries::default(), password::Turns::default());
        let (gate, uses) = (links::Gate::default(), exception_uses::Uses::default());
        let proof = proof::Turn::default();
        Ok(Ctx { guard, options, time_zone, links, gate, undo, desk, tries, turns, uses, oidc, proof })
    }

    /// An address of the site, as others reach it: `path` begins with `/`.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.options.public_url.trim_end_matches('/'))
    }
}

/// Opens the port.
///
/// # Errors
/// With the address and the system's word, where it cannot be opened.
pub fn listen(options: &Options) -> Result<std::net::TcpListener, String> {
    let listener = std::net::TcpListener::bind(options.listen)
        .and_then(|l| l.set_nonblocking(true).map(|()| l))
        .map_err(|e| format!("[web] listen {}: {e}", options.listen))?;
    Ok(listener)
}

/// Serves until `stop` is ready; requests under way are finished.
pub async fn serve(
    listener: std::net::TcpListener,
    ctx: Arc<Ctx>,
    stop: impl Future<Output = ()> + Send + 'static,
) {
    let listener = match tokio::net::TcpListener::from_std(listener) {
        Ok(listener) => listener,
        Err(error) => {
            tracing::error!(%error, "the pages cannot be served");
            return;
        }
    };
    let service = router::router(ctx).into_make_service_with_connect_info::<SocketAddr>();
    if let Err(error) = axum::serve(listener, service).with_graceful_shutdown(stop).await {
        tracing::error!(%error, "the pages are served no more");
    }
}
