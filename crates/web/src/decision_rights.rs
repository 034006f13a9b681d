//! What somebody who has signed in is to a waiting mail: who decides about it is known to the approvers in
//! force, who are asked here and again by `hold::review` when a decision is carried out.

use std::collections::HashMap;
use std::sync::Arc;

use super::Ctx;
use super::error_page::Fault;
use super::page::{Frame, User};
use hold::approval::{self, Approvers, Denied, Waiting};
use store::listing::Line;
use store::people::Account;
use store::{Approval, Case};
use terms::clock::Timestamp;

/// What somebody is to a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// They may decide.
    Decides,
    /// It is their own mail: another person decides, or they by the link in their notice.
    Own,
    /// They read, for this reason.
    Reads(Denied),
}

impl Standing {
    pub fn decides(self) -> bool {
        self == Standing::Decides
    }

    /// Why there is nothing to press, in the reader's language; none where they may decide.
    pub fn why_not(self, f: &Frame) -> Option<String> {
        let (ja, en) = match self {
            Standing::Decides => return None,
            Standing::Own => (
                "あなたが送信したメールです。ここでは決定できません。届いた通知のリンクから操作するか、\
                 承認者の確認をお待ちください。",
                "This is your own mail, so you cannot decide about it here. Use the link in your notice, or \
                 wait for an approver.",
            ),
            Standing::Reads(Denied::NotYet(at)) => {
                let at = f.moment(&at);
                let ja = format!("いまは承認者が確認しています。{at} からは、あなたも決定できます。");
                let en = format!("The approvers decide first. From {at} you may decide too.");
                return Some(f.of(&ja, &en).to_string());
            }
            Standing::Reads(Denied::NotTheirs | Denied::Own) => (
                "この送信者のメールは、ほかの承認者が決定します。",
                "Other approvers decide about this sender's mail.",
            ),
            Standing::Reads(Denied::Auditor | Denied::Disabled) => {
                ("閲覧のみです。決定は承認者が行います。", "You can read this. Approvers decide.")
            }
        };
        Some(f.of(ja, en).to_string())
    }
}

/// Tells what one person is to many mails.
pub struct Judge {
    approvers: Arc<Approvers>,
    accounts: Vec<Account>,
    person: String,
    now: Timestamp,
    /// Who decides about each sender's mail, as far as it was asked for.
    lines: HashMap<String, approval::Line>,
}

impl Judge {
    /// For whoever has signed in.
    pub async fn of(ctx: &Ctx, user: &User) -> Result<Judge, Fault> {
        let store = &ctx.guard.store;
        Ok(Judge {
            approvers: ctx.desk.get(),
            accounts: store.accounts().await?,
            person: user.name.clone(),
            now: store.clock().now(),
            lines: HashMap::new(),
        })
    }

    /// What they are to a mail of a list.
    pub fn line(&mut self, line: &Line) -> Standing {
        self.ask(&line.sender, line.approval, line.opened_at)
    }

    /// What they are to the mail of a case.
    pub fn case(&mut self, case: &Case) -> Standing {
        self.ask(&case.sender, case.approval, case.opened_at)
    }

    fn ask(&mut self, sender: &str, approval: Approval, opened_at: Timestamp) -> Standing {
        let Judge { approvers, accounts, person, now, lines } = self;
        if !lines.contains_key(sender) {
            lines.insert(sender.to_string(), approvers.line(sender, accounts));
        }
        let Some(line) = lines.get(sender) else { return Standing::Reads(Denied::NotTheirs) };
        let waiting = Waiting { sender, approval, opened_at };
        match approvers.may_decide_in(line, waiting, person, accounts, *now) {
            Ok(approval::Standing::Sender) | Err(Denied::Own) => Standing::Own,
            Ok(_) => Standing::Decides,
            Err(why) => Standing::Reads(why),
        }
    }
}
