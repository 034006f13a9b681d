//! Every address of the site, on one screen, and what stands before all of them: the headers that
//! keep a page to itself, and the refusal of forms from elsewhere.

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Path, Query, Request, State};
use axum::http::header::{self, HeaderName, HeaderValue};
use axum::http::{HeaderMap, Method};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};

use super::error_page::Fault;
use super::{
    Ctx, account, accounts, assets, burst_decision, case, casebook, cases, controls, decide, exceptions,
    links, log, login, overrides, overview, proof, rules, trace,
};

/// A form is small; nothing larger is read.
const LARGEST_FORM: usize = 64 * 1024;

/// The pages only load what is theirs, run no inline script, and are shown in no other page's frame.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; \
    connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// All pages.
pub fn router(ctx: Arc<Ctx>) -> Router {
    sign_in_elsewhere(Router::new())
        .route("/", get(|| async { Redirect::to("/cases") }))
        .route("/login", get(login::show).post(login::sign_in))
        .route("/logout", post(login::sign_out))
        .route("/cases", get(cases::list))
        .route("/cases/together", get(burst_decision::show))
        .route("/cases/together/confirm", get(burst_decision::confirm))
        .route("/cases/together/decide", post(burst_decision::decide))
        .route("/cases/{id}", get(case::show))
        .route("/cases/{id}/confirm", get(decide::confirm))
        .route("/cases/{id}/decide", post(decide::decide))
        .route("/cases/{id}/undo", post(decide::undo))
        .route("/cases/{id}/false-alarm", post(decide::false_alarm))
        .route("/overrides", get(overrides::show))
        .route("/overrides.csv", get(overrides::export))
        .route("/account", get(account::show))
        .route("/account/password", post(account::change_password))
        .route("/account/sessions", post(account::end_sessions))
        .route("/accounts", get(accounts::list).post(accounts::add))
        .route("/accounts/{name}", get(accounts::show).post(accounts::change))
        .route("/exceptions", get(exceptions::show).post(exceptions::make))
        .route("/exceptions/{number}/end", post(exceptions::end))
        .route("/exceptions/proposals/{number}/accept", post(exceptions::accept))
        .route("/exceptions/proposals/{number}/decline", post(exceptions::decline))
        .route("/m/{token}", get(links::show))
        .route("/m/{token}/{choice}", get(links::choose).post(links::act))
        .route("/language/{tag}", get(choose_language))
        .route("/log", get(log::list))
        .route("/log/{seq}", get(log::entry))
        .route("/log/export/{format}", get(log::export))
        .route("/log/proof", post(proof::prove))
        .route("/trace", get(trace::show))
        .route("/casebook", get(casebook::list))
        .route("/casebook/{id}", get(casebook::one))
        .route("/rules", get(rules::list))
        .route("/rules/{id}", get(rules::one))
        .route("/controls", get(controls::list))
        .route("/overview", get(overview::show))
        .route("/assets/{version}/{name}", get(assets::get))
        .route("/health", get(|| async { "ok\n" }))
        .fallback(|| async { Fault::NotFound })
        .layer(DefaultBodyLimit::max(LARGEST_FORM))
        .layer(middleware::from_fn_with_state(ctx.clone(), same_origin))
        .layer(middleware::map_response(with_headers))
        .with_state(ctx)
}

/// The two pages of signing in with OpenID Connect, in a build that has it.
#[cfg(feature = "oidc")]
fn sign_in_elsewhere(router: Router<Arc<Ctx>>) -> Router<Arc<Ctx>> {
    use super::oidc;
    router.route("/login/oidc", get(oidc::begin)).route(oidc::CALLBACK, get(oidc::callback))
}

#[cfg(not(feature = "oidc"))]
fn sign_in_elsewhere(router: Router<Arc<Ctx>>) -> Router<Arc<Ctx>> {
    router
}

/// Only the site's own pages may post. Browsers say where a form comes from; what sends neither header
/// is no browser, and has nobody's cookie to misuse.
async fn same_origin(State(ctx): State<Arc<Ctx>>, request: Request, next: Next) -> Response {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    match reads || is_own(request.headers(), &ctx.options.origin()) {
        true => next.run(request).await,
        false => Fault::Forbidden.into_response(),
    }
}

fn is_own(headers: &HeaderMap, origin: &str) -> bool {
    let said = |name: &str| headers.get(name).map(|v| v.as_bytes().to_ascii_lowercase());
    said("sec-fetch-site").is_none_or(|site| site == b"same-origin" || site == b"none")
        && said("origin").is_none_or(|said| said == origin.as_bytes())
}

async fn with_headers(mut response: Response) -> Response {
    let headers = response.headers_mut();
    let mut set = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    set(header::CONTENT_SECURITY_POLICY, POLICY);
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::X_FRAME_OPTIONS, "DENY");
    // To other sites not even where the reader came from; to this one the origin, which forms need.
    set(header::REFERRER_POLICY, "same-origin");
    set(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    set(HeaderName::from_static("permissions-policy"), "camera=(), microphone=(), geolocation=()");
    set(header::CACHE_CONTROL, "no-store");
    response
}

#[derive(serde::Deserialize)]
struct Back {
    #[serde(default)]
    to: String,
}

/// Remembers the language; it changes nothing but how pages look, so a GET may do it.
async fn choose_language(Path(tag): Path<String>, Query(back): Query<Back>) -> Result<Response, Fault> {
    let tag = match tag.as_str() {
        "ja" => "ja",
        "en" => "en",
        _ => return Err(Fault::NotFound),
    };
    let mut headers = HeaderMap::new();
    let cookie = format!("language={tag}; Path=/; Max-Age=31536000; SameSite=Lax");
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        headers.insert(header::SET_COOKIE, cookie);
    }
    Ok((headers, Redirect::to(own_path(&back.to))).into_response())
}

/// A path of this site to go on to; the front page for anything else, such as `//elsewhere.example`.
pub fn own_path(path: &str) -> &str {
    let clean = path.starts_with('/')
        && !path[1..].starts_with(['/', '\\'])
        && !path.bytes().any(|b| b.is_ascii_control());
    if clean && path.is_ascii() { path } else { "/" }
}
