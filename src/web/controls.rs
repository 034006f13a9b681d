//! The watched controls: when each ends, who was warned when, and what Sekisho does once it is over.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;

use super::Ctx;
use super::fault::Fault;
use super::page::{Frame, html};
use super::visitor::Signed;
use crate::facts::ControlState;
use crate::store::controls::Warning;

struct Line {
    control: ControlState,
    warnings: Vec<Warning>,
}

impl Line {
    /// A class of the style sheet.
    fn tone(&self) -> &'static str {
        match self.control.days_left {
            ..0 => "bad",
            left if left <= self.control.first_warn_day => "warn",
            _ => "good",
        }
    }
}

#[derive(askama::Template)]
#[template(path = "controls.html")]
struct Page {
    f: Frame,
    lines: Vec<Line>,
}

/// `GET /controls`
pub async fn list(State(ctx): State<Arc<Ctx>>, signed: Signed) -> Result<Response, Fault> {
    let store = &ctx.guard.store;
    let controls = (ctx.guard.current.get().controls)(store.clock().now());
    let mut lines = Vec::new();
    for control in controls.entries {
        let mut warnings = store.warnings(&control.name).await?;
        warnings.sort_by_key(|warning| std::cmp::Reverse(warning.at));
        lines.push(Line { control, warnings });
    }
    lines.sort_by_key(|line| line.control.days_left);
    html(&Page { f: Frame::new(&ctx, &signed.visitor), lines })
}
