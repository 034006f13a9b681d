//! What would leave of a mail that waits, if it were changed so: as its readers would see it, to whom it goes,
//! and the question that is asked about it. Every page on which a mail is let go shows this first.

use std::collections::BTreeMap;

use super::Ctx;
use super::error_page::Fault;
use super::preview;
use audit::entry::Kind;
use audit::filter::Filter;
use casebook::Bilingual;
use guard::{self, Asked, Mended, Policy, Preview, Question, finalize};
use hold::review::{self, HeldTransaction, Refusal, Repair};
use smtp::envelope::Envelope;
use store::{Approval, Case, Outgoing, Rewrite, State};
use terms::clock::Timestamp;

/// So many of the log's entries, and of a sender's mails in them, tell whom they often write to; so many domains
/// of those are offered beside the true one.
const LOOKED_AT: i64 = 5_000;
const MAILS: usize = 300;
const OFTEN: usize = 6;
/// Decisions by which mail has left.
const LEFT: [&str; 2] = ["pass", "rewrite"];

/// What would leave.
pub struct After {
    /// One message of it, as its readers see it.
    pub mail: Preview,
    /// As how many messages.
    pub copies: usize,
    /// Everybody it goes to, and whether they are inside.
    pub recipients: Vec<(String, bool)>,
    pub mended: Mended,
    pub question: Question,
    /// The names of the attachments that are taken out.
    pub removed: Vec<String>,
}

impl After {
    /// Whether rules still ask for a second person, as it would leave.
    pub fn needs_second_person(&self) -> bool {
        self.mended.needed == Approval::SecondPerson
    }

    /// The organisations to choose from, where the question is which one it goes to.
    pub fn organizations(&self) -> &[String] {
        match &self.question.asked {
            Asked::Organization { choices } => choices,
            Asked::OutsideRecipients | Asked::Recipients => &[],
        }
    }

    /// How many addresses its readers see.
    pub fn visible(&self) -> usize {
        self.mail.to.len() + self.mail.cc.len()
    }
}

/// What would leave of a case with a repair.
///
/// # Errors
/// The inner one says why nothing can leave so.
pub async fn after(ctx: &Ctx, case: &Case, repair: &Repair) -> Result<Result<After, Refusal>, Fault> {
    let leaving = match review::leaving(&ctx.guard.store, case, repair).await {
        Ok(leaving) => leaving,
        Err(refusal @ (Refusal::NotFound(_) | Refusal::Store(_))) => return Err(refusal.into()),
        Err(refusal) => return Ok(Err(refusal)),
    };
    let written = written_to(ctx, &case.sender).await?;
    let case = case.clone();
    let made = preview::look(ctx, move |policy, now| reckon(policy, &case, &leaving, &written, now)).await?;
    Ok(made.map_err(Refusal::Unfit))
}

/// Domains that a sender has written to more than once lately, by the newest stretch of the log.
async fn written_to(ctx: &Ctx, sender: &str) -> Result<Vec<String>, Fault> {
    let store = &ctx.guard.store;
    let filter = Filter {
        sender: Some(sender.to_string()).filter(|s| !s.is_empty()),
        kind: Some(Kind::Decision),
        lowest: Some(store.head().await?.seq.saturating_sub(LOOKED_AT).max(1)),
        newest_first: true,
        limit: Some(MAILS),
        ..Filter::default()
    };
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let organization = &ctx.guard.current.get().organization;
    for row in store.audit(&filter).await?.into_iter().filter(|row| LEFT.contains(&row.entry.action.as_str()))
    {
        // One mail to many of one organisation is one mail.
        for outside in facts::outside(row.entry.recipients.iter().map(String::as_str), organization) {
            *counts.entry(outside.domain).or_default() += 1;
        }
    }
    counts.retain(|_, count| *count > 1);
    let mut domains: Vec<(String, usize)> = counts.into_iter().collect();
    domains.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    Ok(domains.into_iter().take(OFTEN).map(|(domain, _)| domain).collect())
}

fn reckon(
    policy: &Policy,
    case: &Case,
    leaving: &[HeldTransaction],
    written: &[String],
    now: Timestamp,
) -> Result<After, String> {
    let mended = guard::reinspect(policy, case, leaving, now);
    let outgoing = match case.state {
        // A delayed mail is kept as it leaves.
        State::Delayed => leaving.iter().map(as_kept).collect(),
        _ => {
            let mut all = Vec::new();
            for part in leaving {
                all.extend(finalize::outgoing(policy, part, now)?);
            }
            all
        }
    };
    let rcpts = preview::envelopes(outgoing.iter().map(|o| &o.envelope));
    // Of single copies the last is for somebody outside; the house's own are first.
    let Some(shown) = outgoing.last() else { return Err("nobody would be left to receive it".into()) };
    let bytes = [shown.head.as_slice(), &shown.body].concat();
    let envelope = Envelope { rcpts, ..shown.envelope.clone() };
    let mut mail = guard::preview(policy, &envelope, &bytes, now);
    let single = leaving.iter().any(|l| l.rewrite == Some(Rewrite::Individual));
    if single {
        // Whoever gets another copy is not a hidden recipient of this one.
        mail.hidden = 0;
    }
    let partners = [policy.organization.partners.as_slice(), written].concat();
    let question = guard::confirm_question(policy, case, &mail, &partners);
    let inside = |address: &str| {
        address.rsplit_once('@').is_some_and(|(_, domain)| policy.organization.is_internal(domain))
    };
    let recipients = envelope.rcpts.iter().map(|r| (r.address.clone(), inside(&r.address))).collect();
    let copies = if single { outgoing.len() } else { 1 };
    let removed = leaving.first().map(|l| guard::attachment_names(policy, &l.bytes, &l.attachments));
    Ok(After { mail, copies, recipients, mended, question, removed: removed.unwrap_or_default() })
}

fn as_kept(part: &HeldTransaction) -> Outgoing {
    let mail = part.part.mail.clone();
    Outgoing::new(store::ItemKind::Mail, mail, part.envelope.clone(), &part.bytes)
}

/// What a repair changes, in words. `mail` is the mail as it came; it knows what the attachments are called.
pub fn changes(case: &Case, repair: &Repair, mail: Option<&Preview>) -> Vec<Bilingual> {
    let mut lines = Vec::new();
    let mut say = |ja: String, en: String| lines.push(Bilingual { ja, en });
    match case.rewrite.max(repair.rewrite) {
        Some(Rewrite::Bcc) => say(
            "社外の宛先がお互いに見えないようにします。".into(),
            "Its outside recipients will not see each other.".into(),
        ),
        Some(Rewrite::Individual) => say(
            "社外の宛先へ、1通ずつ分けて送ります。".into(),
            "Each outside recipient gets a mail of their own.".into(),
        ),
        None => {}
    }
    for address in &repair.drop_recipients {
        say(format!("{address} には送りません。"), format!("{address} does not get it."));
    }
    for (wrong, right) in &repair.corrections {
        say(format!("{wrong} を {right} に直します。"), format!("{wrong} is corrected to {right}."));
    }
    let mut nameless = 0;
    for number in &repair.drop_attachments {
        let files = mail.map(|mail| mail.attachments.as_slice()).unwrap_or_default();
        match files.iter().find(|file| file.number == *number).and_then(|file| file.name.as_deref()) {
            Some(name) => say(
                format!("添付ファイル「{name}」を外します。"),
                format!("The attachment \"{name}\" is taken out."),
            ),
            None => nameless += 1,
        }
    }
    if nameless > 0 {
        say(format!("添付ファイルを{nameless}件外します。"), format!("Attachments taken out: {nameless}."));
    }
    lines
}
