//! The register of overrides: who let what go against which rule, why, how long after the hold, and what
//! became of it; as a page and as a table to take along (CSV).

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use jiff::civil::Date;

use super::Ctx;
use super::error_page::Fault;
use super::fields::{Fields, query_of};
use super::page::{Frame, html};
use super::visitor::Signed;
use audit::entry::RuleHit;
use store::overrides::{Behind, Override, OverrideFilter};
use terms::clock::Timestamp;

/// So many stand on a page.
const PAGE: usize = 50;
/// So long is searched before what was found is shown.
const PATIENCE: Duration = Duration::from_millis(25);
/// An export holds so many at most, and is searched for so long.
const EXPORT: (usize, Duration) = (20_000, Duration::from_secs(20));

const FILTERS: &[&str] = &["person", "rule", "incident", "since", "until"];

/// What the register says of an override.
trait OverrideInWords {
    /// How long after the hold, in seconds.
    fn waited(&self) -> Option<i64>;
    /// How long after whoever decided had opened it, in seconds.
    fn considered(&self) -> Option<i64>;
    /// Whether it was decided sooner than the house holds for possible to have read it.
    fn is_quick(&self) -> bool;
    fn outcome(&self, f: &Frame) -> String;
    fn after_hold(&self, f: &Frame) -> Option<String>;
    fn after_opening(&self, f: &Frame) -> Option<String>;
    /// The rules that it went against.
    fn in_force(&self) -> Vec<&RuleHit>;
    fn tone(&self) -> &'static str;
}

impl OverrideInWords for Override {
    fn waited(&self) -> Option<i64> {
        self.held_at.map(|held| self.entry.at.duration_since(held).as_secs())
    }

    fn considered(&self) -> Option<i64> {
        self.opened_at.map(|opened| self.entry.at.duration_since(opened).as_secs())
    }

    fn is_quick(&self) -> bool {
        self.entry.notes.iter().any(|note| note.starts_with("decided in "))
    }

    fn outcome(&self, f: &Frame) -> String {
        let o = &self.outcome;
        let (ja, en) = match (o.undone, o.delivered, o.failed) {
            (true, _, _) => ("送信前に元に戻した".to_string(), "undone before it left".to_string()),
            (_, 0, 0) => ("送信中".into(), "on its way".into()),
            (_, n, 0) => (format!("{n} 件に届いた"), format!("delivered to {n}")),
            (_, 0, n) => (format!("{n} 件に届かなかった"), format!("failed for {n}")),
            (_, n, m) => {
                (format!("{n} 件に届き、{m} 件に届かなかった"), format!("delivered to {n}, failed for {m}"))
            }
        };
        f.of(&ja, &en).to_string()
    }

    fn after_hold(&self, f: &Frame) -> Option<String> {
        let span = f.span(self.waited()?);
        Some(f.of(&format!("保留から{span}"), &format!("{span} after the hold")).to_string())
    }

    fn after_opening(&self, f: &Frame) -> Option<String> {
        let span = f.span(self.considered()?);
        Some(f.of(&format!("開いてから{span}"), &format!("{span} after opening")).to_string())
    }

    fn in_force(&self) -> Vec<&RuleHit> {
        self.entry.rules.iter().filter(|rule| rule.mode != "monitor").collect()
    }

    fn tone(&self) -> &'static str {
        match (self.outcome.undone, self.outcome.delivered, self.outcome.failed) {
            (true, _, _) | (_, 0, 0) => "",
            (_, _, 0) => "good",
            _ => "bad",
        }
    }
}

#[derive(askama::Template)]
#[template(path = "overrides.html")]
struct OverridePage {
    f: Frame,
    fields: Fields,
    query: String,
    overrides: Vec<Override>,
    rules: Vec<String>,
    searched_to: Option<Timestamp>,
    newest: Option<String>,
    older: Option<String>,
}

/// `GET /overrides`
pub async fn show(
    State(ctx): State<Arc<Ctx>>,
    signed: Signed,
    Query(fields): Query<Fields>,
) -> Result<Response, Fault> {
    let after = fields.some("after").and_then(|after| {
        let (at, seq) = after.split_once('.')?;
        Some(Behind { at: at.parse().ok()?, seq: seq.parse().ok()? })
    });
    let filter = filter(&ctx, &fields)?;
    let register = ctx.guard.store.overrides(&filter, after, PAGE, PATIENCE).await?;
    let mut rules: Vec<String> = ctx.guard.current.get().rules.rules().iter().map(|r| r.id.clone()).collect();
    rules.sort();
    let query = fields.query(FILTERS);
    html(&OverridePage {
        f: Frame::new(&ctx, &signed.visitor),
        newest: after.map(|_| format!("/overrides{query}")),
        older: register.next.map(|next| {
            let after = format!("{}.{}", next.at, next.seq);
            let more = query_of([("after", after.as_str())].into_iter());
            format!("/overrides{query}{}", if query.is_empty() { more } else { more.replace('?', "&") })
        }),
        overrides: register.overrides,
        searched_to: register.searched_to,
        rules,
        query,
        fields,
    })
}

fn filter(ctx: &Ctx, fields: &Fields) -> Result<OverrideFilter, Fault> {
    let day = |name: &str, days: i64| match fields.some(name) {
        None => Ok(None),
        Some(text) => start_of(&text, days, ctx).map(Some).ok_or(Fault::Bad(
            "日付は 2026-11-22 のように入力してください。",
            "Write dates like 2026-11-22.",
        )),
    };
    Ok(OverrideFilter {
        person: fields.some("person"),
        rule: fields.some("rule"),
        incident: fields.some("incident"),
        since: day("since", 0)?,
        // The day that is named is in it.
        until: day("until", 1)?,
    })
}

/// The beginning of a day in the house's zone, or of one some days later.
fn start_of(text: &str, days: i64, ctx: &Ctx) -> Option<Timestamp> {
    let date: Date = text.parse().ok()?;
    let date = date.checked_add(jiff::Span::new().try_days(days).ok()?).ok()?;
    Some(date.to_zoned(ctx.time_zone.clone()).ok()?.timestamp())
}

/// `GET /overrides.csv`: the same, for a spreadsheet.
pub async fn export(
    State(ctx): State<Arc<Ctx>>,
    signed: Signed,
    Query(fields): Query<Fields>,
) -> Result<Response, Fault> {
    let f = Frame::new(&ctx, &signed.visitor);
    let (count, patience) = EXPORT;
    let register = ctx.guard.store.overrides(&filter(&ctx, &fields)?, None, count, patience).await?;
    // The mark tells spreadsheets that this is UTF-8.
    let mut csv = String::from("\u{feff}");
    line(
        &mut csv,
        [
            "at",
            "decided_by",
            "reason",
            "action",
            "case",
            "sender",
            "subject",
            "recipients",
            "rules",
            "incidents",
            "held_at",
            "seconds_held",
            "seconds_considered",
            "delivered",
            "failed",
            "undone",
            "false_alarm",
            "log_entry",
        ],
    );
    for o in &register.overrides {
        let e = &o.entry;
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        let number = |value: Option<i64>| value.map(|n| n.to_string()).unwrap_or_default();
        let rules: Vec<&str> = e.rules.iter().map(|r| r.id.as_str()).collect();
        let incidents: Vec<&str> = e.rules.iter().flat_map(|r| &r.incidents).map(String::as_str).collect();
        line(
            &mut csv,
            [
                &e.at.to_string(),
                &text(&e.actor),
                &text(&e.reason),
                &e.action,
                &text(&e.case),
                &text(&e.sender),
                &text(&e.subject),
                &e.recipients.len().to_string(),
                &rules.join(" "),
                &incidents.join(" "),
                &o.held_at.map(|at| at.to_string()).unwrap_or_default(),
                &number(o.waited()),
                &number(o.considered()),
                &o.outcome.delivered.to_string(),
                &o.outcome.failed.to_string(),
                &o.outcome.undone.to_string(),
                &o.false_alarm.as_ref().map(|(who, _)| who.clone()).unwrap_or_default(),
                &o.seq.to_string(),
            ]
            .map(String::as_str),
        );
    }
    if register.next.is_some() {
        let more = f.of("以降は省略しました。期間で絞り込んでください", "there are more; narrow the time");
        line(&mut csv, [more]);
    }
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"overrides.csv\""),
    ];
    Ok((headers, csv).into_response())
}

/// Adds a line of CSV (RFC 4180). What a spreadsheet would take for a formula is made text.
fn line<'a>(csv: &mut String, cells: impl IntoIterator<Item = &'a str>) {
    for (place, cell) in cells.into_iter().enumerate() {
        if place > 0 {
            csv.push(',');
        }
        csv.push('"');
        if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) {
            csv.push('\'');
        }
        csv.push_str(&cell.replace('"', "\"\""));
        csv.push('"');
    }
    csv.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_text_and_nothing_else() {
        let mut csv = String::new();
        line(&mut csv, ["a", "say \"x\", twice", "=1+1", "@cmd", "2 lines\nhere", ""]);
        assert_eq!(csv, "\"a\",\"say \"\"x\"\", twice\",\"'=1+1\",\"'@cmd\",\"2 lines\nhere\",\"\"\r\n");
    }
}
