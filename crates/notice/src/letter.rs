//! The letter: everything a notice shows, in the order in which it is read, before it is laid out as
//! text or HTML. Nothing that comes from a mail gets in here uncleaned.

use std::borrow::Cow;

use super::evidence;
use super::options::Options;
use super::sanitize;
use super::words::{Context, Labels, Titles, Watched, Wording, tongue};
use super::{About, Actions, Cause, Changes, Kind, Notice};

/// How many rules' reasons and how many incidents are told; a notice is read in ten seconds.
const REASONS: usize = 3;
/// Where the page has the rest, a notice is shorter still: of the other rules it names what was found.
const SHORT: usize = 1;
const ALSO: usize = 3;
const SHORT_LIST: usize = 2;
const INCIDENTS: usize = 1;
const EVIDENCE: usize = 5;
/// Characters of the mail's own subject in the notice, and in its subject line.
const SUBJECT: usize = 120;
const TOPIC: usize = 30;

/// Names and values.
type LetterRows = Vec<(Cow<'static, str>, String)>;

/// A notice, ready to be laid out.
pub struct Letter {
    pub tag: &'static str,
    pub titles: Titles,
    pub subject: String,
    pub status: String,
    /// The colour of the band that the status stands in.
    pub colour: &'static str,
    pub case: String,
    pub headline: String,
    pub lead: Vec<String>,
    /// The mail in question, or the control: name and value.
    pub rows: LetterRows,
    pub why: Vec<Why>,
    pub past: Vec<(String, String)>,
    pub next: Vec<String>,
    /// What to do, each with the short label that it may begin with.
    pub can: Vec<(String, String)>,
    pub buttons: Vec<Button>,
    /// The mail's own page, where there are buttons.
    pub page: Option<Button>,
    /// How much other mail waits, and where it is listed.
    pub others: Option<Button>,
    pub foot: Vec<String>,
}

/// A link to press.
pub struct Button {
    pub label: String,
    /// What it does.
    pub does: &'static str,
    pub url: String,
}

/// One rule's reason, in paragraphs, and what it rests on.
pub struct Why {
    pub reason: Vec<String>,
    pub evidence: Vec<String>,
}

/// Writes the letter of a telling.
pub fn write(notice: &Notice, options: &Options, actions: Option<&Actions>) -> Letter {
    let tongue = tongue(options.language);
    let context = Context { pressable: actions.is_some(), ..context(notice, options) };
    let said = tongue.said(&context);
    let mut lead = said.lead;
    if let Some(sender) = &notice.in_place_of {
        lead.insert(0, tongue.in_place_of(&sanitize::line(sender, 100)));
    }
    let filled = |lines: Vec<String>| lines.into_iter().filter(|l| !l.is_empty()).collect();
    let site = actions.map(|a| a.site.as_str());
    let mut foot = tongue.foot(&sanitize::line(&options.organization, 80), context.contact.as_deref(), site);
    foot.extend(reference(notice, tongue));
    Letter {
        tag: tongue.tag(),
        titles: tongue.titles(notice.kind),
        subject: sanitize::line(&said.subject, 120),
        status: said.status,
        colour: colour(notice.kind),
        case: context.case.clone(),
        headline: said.headline,
        lead: filled(lead),
        rows: rows(notice, &context, options, tongue),
        why: why(notice, options, if context.pressable { SHORT } else { REASONS }, tongue),
        past: past(notice, tongue),
        next: filled(said.next),
        can: said.can.into_iter().filter(|l| !l.is_empty()).map(labelled).collect(),
        buttons: buttons(actions, notice.kind, tongue),
        page: actions.filter(|a| !a.choices.iter().any(|(_, url)| *url == a.page)).map(|a| Button {
            label: tongue.page(notice.kind).into(),
            does: "",
            url: a.page.clone(),
        }),
        others: actions.and_then(|a| a.others.as_ref()).map(|(count, url)| Button {
            label: tongue.others(*count),
            does: "",
            url: url.clone(),
        }),
        foot,
    }
}

fn buttons(actions: Option<&Actions>, kind: Kind, tongue: &dyn Wording) -> Vec<Button> {
    let button = |(choice, url): &(super::Choice, String)| {
        let (label, does) = tongue.choice(*choice, kind);
        Button { label: label.into(), does, url: url.clone() }
    };
    actions.map(|a| a.choices.iter().map(button).collect()).unwrap_or_default()
}

/// `Cancel it: tell …` has a label; a colon further on has other reasons.
fn labelled(line: String) -> (String, String) {
    match line.split_once(": ") {
        Some((label, text)) if label.chars().count() <= 24 => (label.into(), text.into()),
        _ => (String::new(), line),
    }
}

fn context<'a>(notice: &'a Notice, options: &Options) -> Context<'a> {
    let mail = notice.mail.as_ref();
    let all = || notice.causes.iter().flat_map(|c| c.evidence.iter().map(String::as_str));
    let first = notice.causes.first();
    Context {
        notice,
        contact: options.contact.as_ref().map(|c| sanitize::line(c, 80)).filter(|c| !c.is_empty()),
        case: notice.case.as_deref().map(sanitize::token).unwrap_or_default(),
        topic: mail.and_then(|m| m.subject.as_deref()).map(|s| sanitize::line(s, TOPIC)).unwrap_or_default(),
        sender: mail.map(|m| sanitize::line(&m.sender, 100)).unwrap_or_default(),
        short: first
            .and_then(|c| evidence::in_short(c.evidence.iter().map(String::as_str), options.language)),
        until: notice.until.map(|at| at.to_zoned(options.time_zone.clone())),
        left: mail.map_or(0, |m| m.left),
        recall: evidence::holds(all(), "message.is_recall"),
        burst: ["sender.recent_messages", "sender.recent_recipients", "sender.recent_first_time"]
            .iter()
            .any(|fact| evidence::holds(all(), fact)),
        expired: evidence::holds(all(), "controls.expired"),
        control: notice.control.as_ref().map(|c| Watched {
            name: sanitize::line(&c.name, 60),
            last_day: c.expires.parse().ok(),
            days: c.days,
            enforced: c.enforced,
        }),
        pressable: false,
    }
}

/// White text on each of these meets WCAG AA (4.5 : 1) with room to spare.
fn colour(kind: Kind) -> &'static str {
    match kind {
        Kind::Held | Kind::Delayed | Kind::Digest | Kind::ControlExpiring => "#8a4b00",
        Kind::Rewritten | Kind::Approve | Kind::ApproveMany => "#0b5394",
        Kind::Released | Kind::Repaired | Kind::ExceptionMade => "#1e6b34",
        Kind::Cancelled | Kind::Expired | Kind::ExceptionDeclined => "#4a5560",
        Kind::Rejected | Kind::Alert | Kind::Unfit | Kind::ControlExpired | Kind::LogBroken | Kind::Fault => {
            "#a12622"
        }
    }
}

fn rows(notice: &Notice, context: &Context, options: &Options, tongue: &dyn Wording) -> LetterRows {
    let labels = tongue.labels();
    let mut rows = Vec::new();
    if let Some(control) = &context.control {
        rows.push((labels.control.into(), control.name.clone()));
        rows.extend(control.last_day.map(|day| (labels.last_day.into(), tongue.day(day))));
    }
    let digest = matches!(notice.kind, Kind::Digest | Kind::ApproveMany);
    if let Some(mail) = notice.mail.as_ref().filter(|_| !digest) {
        mail_rows(mail, notice.kind, context, options, &labels, tongue, &mut rows);
    }
    changed_rows(&notice.changes, options.max_recipients_shown, &labels, tongue, &mut rows);
    for (case, subject) in notice.waiting.cases.iter().filter(|_| digest) {
        let subject = Some(sanitize::line(subject, SUBJECT)).filter(|s| !s.is_empty());
        rows.push((sanitize::token(case).into(), subject.unwrap_or_else(|| tongue.untitled().into())));
    }
    let outcome = !matches!(notice.kind, Kind::Unfit | Kind::LogBroken | Kind::Fault);
    for (label, text) in [(labels.by, &notice.by), (labels.reason, &notice.reason)].iter().filter(|_| outcome)
    {
        rows.extend(
            text.as_deref()
                .map(|t| sanitize::line(t, 300))
                .filter(|t| !t.is_empty())
                .map(|t| ((*label).into(), t)),
        );
    }
    rows
}

fn mail_rows(
    mail: &About,
    kind: Kind,
    context: &Context,
    options: &Options,
    labels: &Labels,
    tongue: &dyn Wording,
    rows: &mut LetterRows,
) {
    let subject = mail.subject.as_deref().map(|s| sanitize::line(s, SUBJECT)).filter(|s| !s.is_empty());
    rows.push((labels.subject.into(), subject.unwrap_or_else(|| tongue.untitled().into())));
    if matches!(kind, Kind::Alert | Kind::Approve) && !context.sender.is_empty() {
        rows.push((labels.sender.into(), context.sender.clone()));
    }
    let shown = match context.pressable {
        true => options.max_recipients_shown.min(SHORT_LIST),
        false => options.max_recipients_shown,
    };
    let total = mail.external.max(mail.recipients.len());
    rows.extend(cut(&mail.recipients, total, shown, tongue).map(|r| (labels.recipients.into(), r)));
    let attachments = cut(&mail.attachments, mail.attachments.len(), shown, tongue);
    rows.extend(attachments.map(|a| (labels.attachments.into(), a)));
    let at = mail.at.map(|at| tongue.moment(&at.to_zoned(options.time_zone.clone())));
    rows.extend(at.map(|at| (labels.received.into(), at)));
}

/// What was changed on the mail.
fn changed_rows(
    changes: &Changes,
    shown: usize,
    labels: &Labels,
    tongue: &dyn Wording,
    rows: &mut LetterRows,
) {
    let list = |entries: &[String], total: usize| cut(entries, total, shown, tongue);
    rows.extend(list(&changes.dropped, changes.dropped.len()).map(|d| (labels.dropped.into(), d)));
    // An entry of a list is cut to 80 characters: the right address is told whole, the wrong one as far as it goes.
    let pair = |(wrong, right): &(String, String)| {
        format!("{} ← {}", sanitize::line(right, 60), sanitize::line(wrong, 60))
    };
    let corrected: Vec<String> = changes.corrected.iter().map(pair).collect();
    rows.extend(list(&corrected, corrected.len()).map(|c| (labels.corrected.into(), c)));
    let removed = match (changes.removed.is_empty(), changes.attachments) {
        (true, 0) => None,
        (true, count) => Some(tongue.files(count)),
        (false, count) => list(&changes.removed, count.max(changes.removed.len())),
    };
    rows.extend(removed.map(|r| (labels.removed.into(), r)));
}

/// The first `shown` entries and how many more there are of `total`; none where there are none.
fn cut(entries: &[String], total: usize, shown: usize, tongue: &dyn Wording) -> Option<String> {
    let named: Vec<String> =
        entries.iter().take(shown).map(|e| sanitize::line(e, 80)).filter(|e| !e.is_empty()).collect();
    let rest = total.saturating_sub(named.len());
    match (named.is_empty(), rest) {
        (true, 0) => None,
        (_, 0) => Some(named.join(tongue.comma())),
        (_, rest) => Some(format!("{}{}", named.join(tongue.comma()), tongue.more(rest)).trim().to_string()),
    }
}

/// The reasons of the rules that decided, and of each other rule what it found beyond them, in a line.
fn why(notice: &Notice, options: &Options, reasons: usize, tongue: &dyn Wording) -> Vec<Why> {
    let mut told: Vec<String> = Vec::new();
    let found = |cause: &Cause, told: &[String]| {
        let mut evidence = evidence::in_words(cause.evidence.iter().map(String::as_str), options.language);
        evidence.retain(|e| !told.contains(e));
        evidence
    };
    let mut why = Vec::new();
    for cause in notice.causes.iter().take(reasons) {
        let mut evidence = found(cause, &told);
        evidence.truncate(EVIDENCE);
        told.extend(evidence.iter().cloned());
        let reason = sanitize::lines(options.language.of(&cause.reason), 400);
        if !reason.is_empty() || !evidence.is_empty() {
            why.push(Why { reason, evidence });
        }
    }
    let mut also = Vec::new();
    for cause in notice.causes.iter().skip(reasons) {
        let first = found(cause, &told).into_iter().next().filter(|_| also.len() < ALSO);
        told.extend(first.clone());
        also.extend(first);
    }
    if !also.is_empty() {
        why.push(Why { reason: vec![tongue.also().into()], evidence: also });
    }
    why
}

/// The incidents of the rule that decided come first; each is told once.
fn past(notice: &Notice, tongue: &dyn Wording) -> Vec<(String, String)> {
    let mut seen: Vec<&str> = Vec::new();
    let mut past = Vec::new();
    for incident in notice.causes.iter().flat_map(|c| &c.incidents) {
        if past.len() < INCIDENTS && !seen.contains(&incident.id.as_str()) {
            seen.push(&incident.id);
            past.push(tongue.past(incident));
        }
    }
    past
}

fn reference(notice: &Notice, tongue: &dyn Wording) -> Option<String> {
    let listed = |ids: Vec<&str>| {
        let mut found: Vec<String> = Vec::new();
        for id in ids.into_iter().map(sanitize::token).filter(|id| !id.is_empty()) {
            if !found.contains(&id) && found.len() < 6 {
                found.push(id);
            }
        }
        found.join(", ")
    };
    let rules = listed(notice.causes.iter().map(|c: &Cause| c.rule.as_str()).collect());
    let incidents = listed(notice.causes.iter().flat_map(|c| &c.incidents).map(|i| i.id.as_str()).collect());
    (!rules.is_empty()).then(|| tongue.reference(&rules, &incidents))
}
