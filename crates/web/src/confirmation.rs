//! The page before the deed: what would leave, what is changed, and a question that nobody answers without
//! looking. The sender, a second person and the review site ask on the same page.

use std::time::Duration;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::error_page::Fault;
use super::outgoing_preview::After;
use super::page::{Frame, html};
use casebook::Bilingual;
use guard::Preview;
use hold::review::Repair;
use store::Case;

/// What a page asks before something is done.
#[derive(askama::Template)]
#[template(path = "asking.html")]
pub struct Asking {
    pub f: Frame,
    /// The page to go back to.
    pub back: String,
    /// Where the form goes.
    pub action: String,
    pub title: (&'static str, &'static str),
    pub case: Case,
    /// Why it is asked again.
    pub alert: Option<Bilingual>,
    /// What else must be known, each with the class of its note.
    pub notes: Vec<(&'static str, Bilingual)>,
    /// As the mail is; none where it cannot be shown.
    pub before: Option<Preview>,
    /// None where nothing is made anew, and where it cannot be done so.
    pub after: Option<After>,
    /// What is changed, in words.
    pub changes: Vec<Bilingual>,
    /// What was marked, to be sent along.
    pub marks: Repair,
    /// Other fields to be sent along.
    pub hidden: Vec<(&'static str, String)>,
    pub reason: Reason,
    /// None where it cannot be done.
    pub button: Option<(&'static str, &'static str)>,
    /// The button stops the mail.
    pub stops: bool,
    /// For so long it can be undone.
    pub undo: Duration,
}

/// What the form asks about the reason.
pub struct Reason {
    /// None where no reason is asked for.
    pub label: Option<(&'static str, &'static str)>,
    pub required: bool,
    /// What was written before.
    pub text: String,
}

impl Asking {
    /// The page, with the status that it comes with.
    pub fn respond(self) -> Result<Response, Fault> {
        let status = if self.alert.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
        Ok((status, html(&self)?).into_response())
    }

    /// How many addresses the readers of the mail see as it is.
    fn visible(&self) -> Option<usize> {
        self.before.as_ref().map(|mail| mail.to.len() + mail.cc.len())
    }
}
