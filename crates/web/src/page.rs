//! What all pages share: the frame around them, the two languages, and how times are told.

use axum::response::{Html, IntoResponse, Response};
use jiff::Zoned;
use jiff::civil::Date;

use super::error_page::{Fault, form_encoded};
use super::visitor::Visitor;
use super::{Ctx, assets};
use facts::Language;
use store::people::Role;
use terms::clock::Timestamp;

/// What the frame around a page shows. Templates extend `frame.html` and have it as `f`.
pub struct Frame {
    pub language: Language,
    pub organization: String,
    pub user: Option<User>,
    /// Stands in every form of somebody who has signed in.
    pub csrf: String,
    /// The path of the page, for the menu and for coming back.
    pub path: String,
    pub version: &'static str,
    now: Zoned,
}

/// Who has signed in, as pages show them.
#[derive(Clone, Debug)]
pub struct User {
    /// Their mail address: the name that decisions are recorded under.
    pub name: String,
    pub display: String,
    pub role: Role,
    /// Whether they must choose a password before anything else.
    pub must_change: bool,
}

impl User {
    /// Whether they may decide about held mail.
    pub fn decides(&self) -> bool {
        matches!(self.role, Role::Admin | Role::Approver)
    }

    /// Whether they may change accounts and exceptions.
    pub fn manages(&self) -> bool {
        self.role == Role::Admin
    }
}

impl Frame {
    /// The frame of a page for this visitor.
    pub fn new(ctx: &Ctx, visitor: &Visitor) -> Frame {
        Frame {
            language: visitor.language,
            organization: ctx.guard.current.get().organization.name.clone(),
            user: visitor.user.clone(),
            csrf: visitor.csrf.clone(),
            path: visitor.path.clone(),
            version: assets::VERSION.as_str(),
            now: ctx.guard.store.clock().now().to_zoned(ctx.time_zone.clone()),
        }
    }

    /// The text in the reader's language: `{{ f.of("保留中", "Held") }}`.
    pub fn of<'a>(&self, ja: &'a str, en: &'a str) -> &'a str {
        match self.language {
            Language::Ja => ja,
            Language::En => en,
        }
    }

    /// The language's tag (BCP 47).
    pub fn tag(&self) -> &'static str {
        match self.language {
            Language::Ja => "ja",
            Language::En => "en",
        }
    }

    /// The path of the page as a value in a query.
    pub fn here(&self) -> String {
        form_encoded(&self.path)
    }

    /// Whether the page is of this part of the site: `/cases` of `/cases/K7F3-22QX`.
    pub fn is_at(&self, part: &str) -> bool {
        let path = self.path.split('?').next().unwrap_or_default();
        path == part || path.strip_prefix(part).is_some_and(|rest| rest.starts_with('/'))
    }

    /// A time in the house's zone, to the minute: `2026年11月22日 18:40`, `22 Nov 2026 18:40`.
    pub fn moment(&self, at: &Timestamp) -> String {
        let at = at.to_zoned(self.now.time_zone().clone());
        match self.language {
            Language::Ja => at.strftime("%-Y年%-m月%-d日 %H:%M").to_string(),
            Language::En => at.strftime("%-d %b %Y %H:%M").to_string(),
        }
    }

    /// A day: `2026年11月22日`, `22 Nov 2026`.
    pub fn day(&self, day: &Date) -> String {
        match self.language {
            Language::Ja => day.strftime("%-Y年%-m月%-d日").to_string(),
            Language::En => day.strftime("%-d %b %Y").to_string(),
        }
    }

    /// A short length of time: `25秒`, `25 seconds`, `2分`.
    pub fn seconds(&self, seconds: &i64) -> String {
        let seconds = *seconds;
        let (count, ja, en) = match seconds {
            ..120 => (seconds, "秒", "second"),
            _ => (seconds / 60, "分", "minute"),
        };
        let plural = if count == 1 { "" } else { "s" };
        match self.language {
            Language::Ja => format!("{count}{ja}"),
            Language::En => format!("{count} {en}{plural}"),
        }
    }

    /// How long something took, in its largest whole unit: `3分`, `2 hours`.
    pub fn duration(&self, milliseconds: &i64) -> String {
        self.span(milliseconds / 1_000)
    }

    /// How large something is: `12 KB`, `3.4 MB` (powers of 1024).
    pub fn size(&self, bytes: usize) -> String {
        match bytes {
            0..1_024 => format!("{bytes} B"),
            1_024..1_048_576 => format!("{} KB", bytes.div_ceil(1_024)),
            _ => format!("{:.1} MB", bytes as f64 / 1_048_576.0),
        }
    }

    /// A time as machines read it (RFC 3339), for `<time datetime>`.
    pub fn machine(&self, at: &Timestamp) -> String {
        at.to_string()
    }

    /// How far off a time is, in words: `3時間後`, `2 days ago`.
    pub fn distance(&self, at: &Timestamp) -> String {
        let seconds = at.as_second() - self.now.timestamp().as_second();
        let (count, ja, en) = match seconds.unsigned_abs() {
            s @ 0..60 => (s, "秒", "second"),
            s @ 60..3_600 => (s / 60, "分", "minute"),
            s @ 3_600..172_800 => (s / 3_600, "時間", "hour"),
            s => (s / 86_400, "日", "day"),
        };
        let plural = if count == 1 { "" } else { "s" };
        match (self.language, seconds < 0) {
            (Language::Ja, true) => format!("{count}{ja}前"),
            (Language::Ja, false) => format!("あと{count}{ja}"),
            (Language::En, true) => format!("{count} {en}{plural} ago"),
            (Language::En, false) => format!("in {count} {en}{plural}"),
        }
    }
}

impl Frame {
    /// A time of day in the house's zone, to the second: `18:40:05`.
    pub fn clock(&self, at: &Timestamp) -> String {
        at.to_zoned(self.now.time_zone().clone()).strftime("%H:%M:%S").to_string()
    }

    /// A length of time in words: `3時間`, `4 days`.
    pub fn span(&self, seconds: i64) -> String {
        let (count, ja, en) = match seconds.unsigned_abs() {
            s @ 0..60 => (s, "秒", "second"),
            s @ 60..3_600 => (s / 60, "分", "minute"),
            s @ 3_600..172_800 => (s / 3_600, "時間", "hour"),
            s => (s / 86_400, "日", "day"),
        };
        let plural = if count == 1 { "" } else { "s" };
        match self.language {
            Language::Ja => format!("{count}{ja}"),
            Language::En => format!("{count} {en}{plural}"),
        }
    }
}

/// A rendered template as a response.
pub fn html(template: &impl askama::Template) -> Result<Response, Fault> {
    Ok(Html(template.render()?).into_response())
}

/// A form that carries nothing but the session's word.
#[derive(serde::Deserialize)]
pub struct Csrf {
    #[serde(default)]
    pub csrf: String,
}
