//! `/m/{token}`: what a link in a notice opens. A token is for one person, one case and one purpose; the
//! purpose says which pages it opens. Every use is in the log: each press, and the first opening within
//! an hour.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{Form, Path, Query, State};
use axum::http::Method;
use axum::http::header::{HeaderMap, HeaderValue, SET_COOKIE};
use axum::response::Response;

use super::Ctx;
use super::error_page::Fault;
use super::fields::Fields;
use super::page::{Frame, html};
use super::visitor::{Visitor, cookie};
use super::{approver, sender};
use audit::entry::{Entry, Kind};
use hold::links::{BadLink, Link, Purpose};
use hold::notice_sender;
use store::{Case, Decision};
use terms::clock::Timestamp;

/// One address may try so many forged tokens a minute; more are refused unread.
const FORGED: u32 = 60;
/// So many addresses, or openings, are remembered at a time.
const REMEMBERED: usize = 4_096;

/// A link that holds, and the case that it is for.
pub struct Opened {
    pub link: Link,
    pub case: Case,
    /// Whose link it is: the sender, or the second person.
    pub person: String,
    token: String,
}

impl Opened {
    /// A path of this link: `path` is empty or begins with `/`.
    pub fn path(&self, path: &str) -> String {
        format!("/m/{}{path}", self.token)
    }

    /// The same link with its case as it stands now.
    pub async fn read_again(&self, ctx: &Ctx) -> Result<Opened, Fault> {
        let case = ctx.guard.store.case(&self.case.id).await?.ok_or(Fault::NotFound)?;
        Ok(Opened { link: self.link.clone(), case, person: self.person.clone(), token: self.token.clone() })
    }
}

/// `GET /m/{token}`
pub async fn show(
    State(ctx): State<Arc<Ctx>>,
    visitor: Visitor,
    method: Method,
    headers: HeaderMap,
    Path(token): Path<String>,
) -> Result<Response, Fault> {
    let opened = open(&ctx, &visitor, token, &method, &headers).await?;
    match opened.link.purpose {
        Purpose::Sender => {
            sender::page(&ctx, &visitor, &opened).await.map(|page| marked(&ctx, &opened, page))
        }
        Purpose::Approver => approver::page(&ctx, &visitor, &opened).await,
    }
}

/// `GET /m/{token}/{choice}`: shows what it would do.
pub async fn choose(
    State(ctx): State<Arc<Ctx>>,
    visitor: Visitor,
    method: Method,
    headers: HeaderMap,
    Path((token, choice)): Path<(String, String)>,
    Query(query): Query<Fields>,
) -> Result<Response, Fault> {
    let opened = open(&ctx, &visitor, token, &method, &headers).await?;
    match opened.link.purpose {
        Purpose::Sender => {
            sender::choose(&ctx, &visitor, &opened, &choice).await.map(|page| marked(&ctx, &opened, page))
        }
        Purpose::Approver => approver::choose(&ctx, &visitor, &opened, &choice, &query).await,
    }
}

/// `POST /m/{token}/{choice}`: does it.
pub async fn act(
    State(ctx): State<Arc<Ctx>>,
    visitor: Visitor,
    method: Method,
    headers: HeaderMap,
    Path((token, choice)): Path<(String, String)>,
    Form(fields): Form<Fields>,
) -> Result<Response, Fault> {
    let opened = open(&ctx, &visitor, token, &method, &headers).await?;
    match opened.link.purpose {
        Purpose::Sender => sender::act(&ctx, &visitor, &opened, &choice, &fields).await,
        Purpose::Approver => approver::act(&ctx, &visitor, &opened, &choice, &fields).await,
    }
}

/// What a token opens. A sender's link opens their own mail alone; a second person's opens for nobody who
/// is known to be somebody else.
async fn open(
    ctx: &Ctx,
    visitor: &Visitor,
    token: String,
    method: &Method,
    headers: &HeaderMap,
) -> Result<Opened, Fault> {
    let now = ctx.guard.store.clock().now();
    let forged = || match ctx.gate.forged(visitor.address, now) {
        true => Fault::TooMany,
        false => Fault::BadLink,
    };
    let link = ctx.links.read(&token, now).map_err(|bad| match bad {
        BadLink::Forged => forged(),
        BadLink::Expired => Fault::LinkExpired,
    })?;
    let Some(case) = ctx.guard.store.case(&link.case).await? else {
        return Err(forged());
    };
    let person = match link.purpose {
        Purpose::Sender => Some(case.sender.clone()).filter(|sender| ctx.links.is_for(&link, sender)),
        Purpose::Approver => approver::whose(ctx, &link, &case).await?,
    };
    let opened = Opened { person: person.ok_or_else(forged)?, link, case, token };
    let page = match opened.link.purpose {
        Purpose::Sender => "the sender's page",
        Purpose::Approver => {
            approver::is_theirs(ctx, visitor, &opened, cookie(headers, OWN).as_deref()).await?;
            "the approver's page"
        }
    };
    if *method == Method::GET && ctx.gate.first_opening(&opened.token, now) {
        note(ctx, &opened.case, "link-opened", &opened.person, page).await?;
    }
    Ok(opened)
}

/// Mail that waits, each with the address of its page.
#[derive(askama::Template)]
#[template(path = "link_list.html")]
struct LinkList {
    f: Frame,
    /// The reader decides about other people's mail.
    decides: bool,
    cases: Vec<(Case, String)>,
}

/// `GET /m/{token}/all`: more mail that waits for the reader's word, each behind a link of its own. None of
/// these links opens for longer than the one that led here.
pub fn list(ctx: &Ctx, visitor: &Visitor, opened: &Opened, cases: Vec<Case>) -> Result<Response, Fault> {
    let now = ctx.guard.store.clock().now();
    let purpose = opened.link.purpose;
    let linked = cases.into_iter().filter_map(|case| {
        let until = notice_sender::until(&case, now, ctx.options.link).min(opened.link.until);
        let token = ctx.links.token(purpose, &case.id, &opened.person, until)?;
        Some((case, format!("/m/{token}")))
    });
    let cases = linked.collect();
    html(&LinkList { f: Frame::new(ctx, visitor), decides: purpose == Purpose::Approver, cases })
}

/// The cookie by which a browser is known to be some sender's.
const OWN: &str = "own-mail";

/// Marks the browser in which a sender opened their own link, so that an approver's link that was passed on
/// to them does not open in it.
fn marked(ctx: &Ctx, opened: &Opened, mut page: Response) -> Response {
    let secure = if ctx.options.is_https() { "; Secure" } else { "" };
    let mark = ctx.links.mark(&opened.person);
    let age = ctx.options.link.as_secs();
    let cookie = format!("{OWN}={mark}; Path=/m/; Max-Age={age}; HttpOnly; SameSite=Lax{secure}");
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        page.headers_mut().append(SET_COOKIE, cookie);
    }
    page
}

/// Records the use of a link. The token itself is in no log.
pub async fn note(ctx: &Ctx, case: &Case, action: &str, actor: &str, what: &str) -> Result<(), Fault> {
    let mut entry = Entry::new(ctx.guard.store.clock().now(), Kind::Person, action);
    entry.case = Some(case.id.clone());
    entry.message_id.clone_from(&case.message_id);
    entry.sender = Some(case.sender.clone());
    entry.actor = Some(actor.to_string());
    entry.notes.push(what.to_string());
    let decision = Decision { entry, history: None, notices: Vec::new() };
    Ok(ctx.guard.store.record(decision).await?)
}

/// What is remembered of the links in use, in memory and within bounds.
pub struct Gate {
    /// The minute, and how many forged tokens came from an address in it.
    forged: Mutex<HashMap<IpAddr, (i64, u32)>>,
    /// The hour in which a token was opened last.
    opened: Mutex<HashMap<String, i64>>,
    /// So many mails are read for a page at the same time.
    pub reading: tokio::sync::Semaphore,
}

impl Default for Gate {
    fn default() -> Self {
        Gate { forged: Mutex::default(), opened: Mutex::default(), reading: tokio::sync::Semaphore::new(2) }
    }
}

impl Gate {
    /// Counts a forged token; whether its sender has tried too many.
    fn forged(&self, from: IpAddr, now: Timestamp) -> bool {
        let minute = now.as_second() / 60;
        let mut known = self.forged.lock().unwrap_or_else(PoisonError::into_inner);
        make_room(&mut known, |(at, _)| *at == minute);
        let count = known.entry(from).or_insert((minute, 0));
        if count.0 != minute {
            *count = (minute, 0);
        }
        count.1 = count.1.saturating_add(1);
        count.1 > FORGED
    }

    /// Whether a token is opened for the first time within the hour.
    fn first_opening(&self, token: &str, now: Timestamp) -> bool {
        let hour = now.as_second() / 3_600;
        let mut known = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        make_room(&mut known, |at| *at == hour);
        known.insert(token.to_string(), hour) != Some(hour)
    }
}

/// Forgets what is over where there is no room, and everything where that does not help.
fn make_room<K: std::hash::Hash + Eq, V>(known: &mut HashMap<K, V>, lasts: impl Fn(&V) -> bool) {
    if known.len() >= REMEMBERED {
        known.retain(|_, value| lasts(value));
    }
    if known.len() >= REMEMBERED {
        known.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap_or(Timestamp::MAX)
    }

    #[test]
    fn a_flood_of_forged_tokens_is_refused_for_a_minute_and_for_its_address_alone() {
        let gate = Gate::default();
        let here = IpAddr::from([192, 0, 2, 1]);
        let refused = (0..100).filter(|_| gate.forged(here, at(0))).count();
        assert_eq!(refused, 100 - FORGED as usize);
        assert!(!gate.forged(IpAddr::from([192, 0, 2, 2]), at(1)));
        assert!(!gate.forged(here, at(60)));
        for n in 0..100_000u32 {
            gate.forged(IpAddr::from(n.to_be_bytes()), at(60));
        }
        assert!(gate.forged.lock().is_ok_and(|known| known.len() <= REMEMBERED));
    }

    #[test]
    fn an_opening_is_noted_once_an_hour() {
        let gate = Gate::default();
        assert!(gate.first_opening("a", at(0)) && gate.first_opening("b", at(1)));
        assert!(!gate.first_opening("a", at(3_599)));
        assert!(gate.first_opening("a", at(3_600)));
        for n in 0..10_000 {
            gate.first_opening(&n.to_string(), at(3_600));
        }
        assert!(gate.opened.lock().is_ok_and(|known| known.len() <= REMEMBERED));
    }
}
