//! Style sheet and scripts: part of the program, under names that change with their content, so that
//! browsers may keep them.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

const STYLE: &str = include_str!("assets/style.css");
const SCRIPT: &str = include_str!("assets/sekisho.js");
/// htmx 2.0 (Zero-Clause BSD, `assets/htmx.LICENSE`).
const HTMX: &str = include_str!("assets/htmx.min.js");
const ICON: &str = include_str!("assets/icon.svg");

/// A name for this build's assets.
pub static VERSION: LazyLock<String> = LazyLock::new(|| {
    let mut hasher = Sha256::new();
    for text in [STYLE, SCRIPT, HTMX, ICON] {
        hasher.update(text.as_bytes());
    }
    audit::chain::hex(&hasher.finalize()).chars().take(12).collect()
});

/// `GET /assets/{version}/{name}`
pub async fn get(Path((_, name)): Path<(String, String)>) -> Response {
    let (kind, text) = match name.as_str() {
        "style.css" => ("text/css; charset=utf-8", STYLE),
        "sekisho.js" => ("text/javascript; charset=utf-8", SCRIPT),
        "htmx.min.js" => ("text/javascript; charset=utf-8", HTMX),
        "icon.svg" => ("image/svg+xml", ICON),
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    let headers =
        [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "public, max-age=31536000, immutable")];
    (headers, text).into_response()
}
