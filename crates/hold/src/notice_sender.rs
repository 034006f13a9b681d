//! Tells people what the store has kept for them: each telling becomes mail in the outbox, exactly
//! once, together with the entry that says so. A sender gets links to the pages, where there are pages;
//! nobody gets a link that is somebody else's.

use std::future::Future;
use std::time::Duration;

use tokio::sync::watch;

use super::approval::CurrentApprovers;
use super::links::{Links, Purpose};
use audit::entry::{Entry, Kind as EntryKind};
use notice::{self, Actions, Choice, Waiting};
use smtp::envelope::{Envelope, Recipient};
use store::{self, Approval, Case, CaseFilter, DueTelling, ItemKind, Outgoing, State, Store};
use terms::clock::Timestamp;

/// How often it looks: tellings wait two seconds, and the shell's are not heard of otherwise.
const EVERY: Duration = Duration::from_secs(1);
/// After an error.
const AGAIN: Duration = Duration::from_secs(10);
const AT_ONCE: usize = 50;
/// A sender's waiting mail is counted so far, and a digest names so many of it.
const COUNTED: usize = 1_000;
const NAMED: usize = 10;
/// The link to a delayed mail opens for so long after it has left, to say that it has.
const AFTERWARDS: Duration = Duration::from_secs(86_400);

/// Where the pages are that notices link to.
#[derive(Clone, Debug)]
pub struct Pages {
    /// Scheme, host and port.
    pub url: String,
    /// For so long a link opens, and never longer than its case waits.
    pub link: Duration,
}

/// Who tells, and how.
pub struct NoticeSender {
    store: Store,
    options: watch::Receiver<notice::Options>,
    pages: Option<Pages>,
    links: Links,
    /// Who decides about whose mail, where the teller knows.
    desk: Option<CurrentApprovers>,
}

/// A telling as the store takes it.
pub(super) fn notice(notice: &notice::Notice) -> store::QueuedNotice {
    // A telling is plain data; there is nothing in it that JSON cannot hold.
    serde_json::to_value(notice).unwrap_or_default().into()
}

impl NoticeSender {
    /// One who writes notices so; with links where there are pages.
    pub fn new(store: Store, options: watch::Receiver<notice::Options>, pages: Option<Pages>) -> Self {
        let links = Links::of(&store);
        NoticeSender { store, options, pages, links, desk: None }
    }

    /// One who also tells a sender who was asked.
    pub fn who_knows(self, desk: CurrentApprovers) -> Self {
        NoticeSender { desk: Some(desk), ..self }
    }

    /// Runs until `stop` is ready; it stops between two tellings.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let mut stop = std::pin::pin!(stop);
        loop {
            let pause = match self.tell_due().await {
                Ok(_) => EVERY,
                Err(error) => {
                    tracing::error!(%error, "people could not be told; trying again");
                    AGAIN
                }
            };
            tokio::select! {
                () = &mut stop => return,
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Tells what is due; how many tellings.
    pub async fn tell_due(&self) -> store::Result<usize> {
        let mut told = 0;
        loop {
            let due = self.store.notices_due(AT_ONCE).await?;
            let last = due.len() < AT_ONCE;
            for notice in due {
                told += usize::from(self.tell(notice).await?);
            }
            if last {
                return Ok(told);
            }
        }
    }

    async fn tell(&self, due: DueTelling) -> store::Result<bool> {
        let mut entry = Entry::new(self.store.clock().now(), EntryKind::Notice, "told");
        entry.case.clone_from(&due.case);
        let options = self.options.borrow().clone();
        let outgoing = match serde_json::from_value::<notice::Notice>(due.body.clone()) {
            Ok(mut notice) => {
                options.readers.settle(&mut notice);
                let actions = self.prepare(&due, &mut notice).await?;
                describe(&notice, &mut entry);
                let digest = matches!(notice.kind, notice::Kind::Digest | notice::Kind::ApproveMany);
                match digest && notice.waiting.count == 0 || notice.to.is_empty() {
                    true => {
                        entry.action = "nothing-to-tell".into();
                        Ok(Vec::new())
                    }
                    false => compose(&notice, &options, actions.as_ref()),
                }
            }
            Err(error) => Err(format!("the telling is not understood: {error}")),
        };
        let outgoing = outgoing.unwrap_or_else(|error| {
            // Trying again would not help, and would keep it from nobody's sight.
            tracing::error!(%error, notice = due.id, "a notice could not be composed");
            entry.action = "not-told".into();
            entry.reason = Some(error);
            Vec::new()
        });
        self.store.told(due.id, outgoing, entry).await
    }

    /// Brings a telling up to date, for parts may have joined its case; what can be pressed in it.
    async fn prepare(&self, due: &DueTelling, notice: &mut notice::Notice) -> store::Result<Option<Actions>> {
        let Some(id) = &due.case else { return Ok(None) };
        let Some(case) = self.store.case(id).await? else { return Ok(None) };
        if let Some(mail) = &mut notice.mail {
            mail.external = mail.external.max(case.external);
        }
        match notice.kind {
            notice::Kind::Held | notice::Kind::Delayed => {
                // The notice's own types of the same names; they read each other's words.
                notice.approval = serde_json::from_value(case.approval.name().into()).ok();
                notice.rewrite = case.rewrite.and_then(|r| serde_json::from_value(r.name().into()).ok());
                if notice.kind == notice::Kind::Held {
                    notice.asked = self.asked(&case).await?;
                }
                self.actions(notice, &case).await
            }
            notice::Kind::Approve => Ok(self.to_decide(notice, &case)),
            notice::Kind::ApproveMany => {
                notice.case = None;
                let list = |page: Actions| Actions {
                    page: format!("{}/all", page.page),
                    choices: Vec::new(),
                    ..page
                };
                Ok(self.to_decide(notice, &case).map(list))
            }
            notice::Kind::Digest => self.gather(notice, &case).await,
            notice::Kind::Released
            | notice::Kind::Repaired
            | notice::Kind::Cancelled
            | notice::Kind::Expired => Ok(self.afterwards(notice, &case)),
            _ => Ok(None),
        }
    }

    /// The links for the sender of a case that waits; nobody else gets them.
    async fn actions(&self, notice: &notice::Notice, case: &Case) -> store::Result<Option<Actions>> {
        let (Some(pages), true) = (&self.pages, case.state.is_waiting()) else { return Ok(None) };
        let Some(page) = self.page(pages, notice, case) else { return Ok(None) };
        let url = |choice: Choice| format!("{page}{}", path_of(choice));
        let choices = notice::choices(notice).into_iter().map(|choice| (choice, url(choice))).collect();
        let waiting = self.waiting(&case.sender).await?;
        let others = waiting.iter().filter(|other| other.id != case.id).count();
        let others = (others > 0).then(|| (others, format!("{page}/all")));
        Ok(Some(Actions { choices, others, page, site: pages.url.clone() }))
    }

    /// The link to what became of a mail, for its sender.
    fn afterwards(&self, notice: &notice::Notice, case: &Case) -> Option<Actions> {
        let pages = self.pages.as_ref()?;
        let page = self.page(pages, notice, case)?;
        Some(Actions { page, choices: Vec::new(), others: None, site: pages.url.clone() })
    }

    /// The address of the sender's page of a case; none where the telling is not for the sender alone.
    fn page(&self, pages: &Pages, notice: &notice::Notice, case: &Case) -> Option<String> {
        let [reader] = notice.to.as_slice() else { return None };
        if !reader.eq_ignore_ascii_case(&case.sender) {
            return None;
        }
        let until = until(case, self.store.clock().now(), pages.link);
        let token = self.links.token(Purpose::Sender, &case.id, &case.sender, until)?;
        Some(format!("{}/m/{token}", pages.url.trim_end_matches('/')))
    }

    /// The links for a second person, who decides about the case.
    fn to_decide(&self, notice: &notice::Notice, case: &Case) -> Option<Actions> {
        let (pages, [reader]) = (self.pages.as_ref()?, notice.to.as_slice()) else { return None };
        let until = until(case, self.store.clock().now(), pages.link);
        let token = self.links.token(Purpose::Approver, &case.id, reader, until)?;
        let page = format!("{}/m/{token}", pages.url.trim_end_matches('/'));
        let url = |choice: Choice| format!("{page}{}", path_of(choice));
        let choices = notice::choices(notice).into_iter().map(|choice| (choice, url(choice))).collect();
        Some(Actions { choices, others: None, page, site: pages.url.clone() })
    }

    /// Who is asked about a case that waits for a second person.
    async fn asked(&self, case: &Case) -> store::Result<Vec<String>> {
        let Some(desk) = self.desk.as_ref().filter(|_| case.approval == Approval::SecondPerson) else {
            return Ok(Vec::new());
        };
        let line = desk.get().line(&case.sender, &self.store.accounts().await?);
        Ok(line.first().1.to_vec())
    }

    /// What of this sender waits now, for a digest.
    async fn gather(&self, notice: &mut notice::Notice, case: &Case) -> store::Result<Option<Actions>> {
        let waiting = self.waiting(&case.sender).await?;
        notice.case = None;
        notice.until = waiting.iter().map(|case| case.ends_at).min();
        notice.waiting = Waiting {
            count: waiting.len(),
            cases: waiting
                .iter()
                .take(NAMED)
                .map(|case| (case.id.clone(), case.subject.clone().unwrap_or_default()))
                .collect(),
        };
        let last = waiting.iter().max_by_key(|case| case.ends_at);
        let (Some(pages), Some(last)) = (&self.pages, last) else { return Ok(None) };
        let page = self.page(pages, notice, last).map(|page| format!("{page}/all"));
        let site = pages.url.clone();
        Ok(page.map(|page| Actions { page, choices: Vec::new(), others: None, site }))
    }

    async fn waiting(&self, sender: &str) -> store::Result<Vec<Case>> {
        let filter = CaseFilter {
            states: vec![State::Held, State::Delayed],
            sender: Some(sender.to_string()),
            limit: Some(COUNTED),
            ..CaseFilter::default()
        };
        self.store.cases(&filter).await
    }
}

/// Until when a link to a case opens: while it waits, as long as something can be decided by it; afterwards it
/// only tells what became of the mail.
pub fn until(case: &Case, now: Timestamp, link: Duration) -> Timestamp {
    let end = match case.state {
        State::Held => case.ends_at,
        State::Delayed => case.ends_at.checked_add(AFTERWARDS).unwrap_or(Timestamp::MAX),
        _ => Timestamp::MAX,
    };
    now.checked_add(link).unwrap_or(Timestamp::MAX).min(end)
}

/// Where a choice is made, behind the address of the mail's page.
pub fn path_of(choice: Choice) -> &'static str {
    match choice {
        Choice::Bcc => "/bcc",
        Choice::Individual => "/individual",
        Choice::Mend => "#mend",
        Choice::AsIs => "/as-is",
        Choice::Cancel => "/cancel",
        Choice::Hasten => "/now",
        Choice::Look => "",
    }
}

fn describe(notice: &notice::Notice, entry: &mut Entry) {
    if let Some(mail) = &notice.mail {
        entry.message_id.clone_from(&mail.message_id);
        entry.sender = Some(mail.sender.clone());
    }
    entry.recipients.clone_from(&notice.to);
    let kind = serde_json::to_value(notice.kind).unwrap_or_default();
    entry.notes.extend(kind.as_str().map(|kind| format!("notice: {kind}")));
}

/// The mails of a telling. Their return path is null, so that no reply to them starts a loop.
fn compose(
    notice: &notice::Notice,
    options: &notice::Options,
    actions: Option<&Actions>,
) -> Result<Vec<Outgoing>, String> {
    let composed = notice::compose_with(notice, options, actions)?;
    let recipient = |address: String| Recipient { address, params: Vec::new() };
    Ok(composed
        .into_iter()
        .map(|mail| {
            // RFC 6531 section 3.4: an address beyond ASCII asks for SMTPUTF8.
            let utf8 = mail.to.iter().any(|address| !address.is_ascii());
            let from_params = utf8.then(|| "SMTPUTF8".to_string()).into_iter().collect();
            let rcpts = mail.to.into_iter().map(recipient).collect();
            let envelope = Envelope { from_params, rcpts, ..Envelope::default() };
            Outgoing::new(ItemKind::Notice, None, envelope, &mail.bytes)
        })
        .collect())
}
