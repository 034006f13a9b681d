//! The watched controls: when each ends, who was warned when, and what Sekisho does once it is over.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use jiff::civil::Date;

use super::Ctx;
use super::error_page::Fault;
use super::page::{Frame, html};
use super::timeline::{self, Timeline};
use super::visitor::Signed;
use facts::ControlState;
use store::controls::Warning;
use terms::clock::Timestamp;

struct ControlLine {
    control: ControlState,
    warnings: Vec<Warning>,
    timeline: Timeline,
}

impl ControlLine {
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
struct ControlPage {
    f: Frame,
    lines: Vec<ControlLine>,
}

/// `GET /controls`
pub async fn list(State(ctx): State<Arc<Ctx>>, signed: Signed) -> Result<Response, Fault> {
    let store = &ctx.guard.store;
    let now = store.clock().now();
    let day = |at: &Timestamp| at.to_zoned(ctx.time_zone.clone()).date();
    let today = day(&now);
    let controls = (ctx.guard.current.get().controls)(now);
    let mut lines = Vec::new();
    for control in controls.entries {
        let mut warnings = store.warnings(&control.name).await?;
        warnings.sort_by_key(|warning| std::cmp::Reverse(warning.at));
        let expires = timeline::moved(today, control.days_left).to_string();
        // Those that were given for an earlier date stand in the list alone.
        let present = warnings.iter().filter(|warning| warning.expires == expires);
        let given: Vec<Date> = present.map(|warning| day(&warning.at)).collect();
        let timeline = Timeline::new(today, control.days_left, control.first_warn_day, &given);
        lines.push(ControlLine { control, warnings, timeline });
    }
    lines.sort_by_key(|line| line.control.days_left);
    html(&ControlPage { f: Frame::new(&ctx, &signed.visitor), lines })
}
