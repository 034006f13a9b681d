//! What a sender chooses for a mail of theirs that waits, and what would leave of it.

use crate::casebook::Bilingual;
use crate::clock::Timestamp;
use crate::guard::{self, House, Mended, Preview, Question, leave};
use crate::hold::review::{self, Leaving, Repair};
use crate::notice;
use crate::smtp::envelope::Envelope;
use crate::store::{Approval, Case, Outgoing, Rewrite, State};

use super::super::Ctx;
use super::super::fault::Fault;
use super::super::links::Fields;
use super::super::preview;

/// What is to become of the mail.
#[derive(Clone, Debug, PartialEq)]
pub enum Choice {
    Bcc,
    Individual,
    Mend(Repair),
    AsIs,
    Cancel,
    Hasten,
}

impl Choice {
    /// The choice of that name in a path; what is mended stands in the form.
    pub fn of(name: &str, fields: &Fields) -> Option<Choice> {
        Some(match name {
            "bcc" => Choice::Bcc,
            "individual" => Choice::Individual,
            "mend" => Choice::Mend(repair_of(fields)),
            "as-is" => Choice::AsIs,
            "cancel" => Choice::Cancel,
            "now" => Choice::Hasten,
            _ => return None,
        })
    }

    /// Its name in a path, and in the log.
    pub fn name(&self) -> &'static str {
        match self {
            Choice::Bcc => "bcc",
            Choice::Individual => "individual",
            Choice::Mend(_) => "mend",
            Choice::AsIs => "as-is",
            Choice::Cancel => "cancel",
            Choice::Hasten => "now",
        }
    }

    /// What is changed on the mail.
    pub fn repair(&self) -> Repair {
        let hiding = |rewrite| Repair { rewrite: Some(rewrite), ..Repair::default() };
        match self {
            Choice::Bcc => hiding(Rewrite::Bcc),
            Choice::Individual => hiding(Rewrite::Individual),
            Choice::Mend(repair) => repair.clone(),
            Choice::AsIs | Choice::Cancel | Choice::Hasten => Repair::default(),
        }
    }

    /// What the page that asks about it is called, in Japanese and English.
    pub fn title(&self, delayed: bool) -> (&'static str, &'static str) {
        match self {
            Choice::Bcc => ("Bccにして送ります", "Send it as Bcc"),
            Choice::Individual => ("1通ずつ分けて送ります", "Send one copy each"),
            Choice::Mend(_) => ("直して送ります", "Correct it and send"),
            Choice::AsIs => ("このまま送ります", "Send it as it is"),
            Choice::Cancel if delayed => ("送信を止めます", "Stop it"),
            Choice::Cancel => ("送信を取りやめます", "Cancel it"),
            Choice::Hasten => ("待たずに送ります", "Send it now"),
        }
    }

    /// Whether something leaves by it.
    pub fn sends(&self) -> bool {
        *self != Choice::Cancel
    }
}

/// The repair that a form asks for. Wrong and right addresses come in pairs; a pair without the right one
/// changes nothing.
fn repair_of(fields: &Fields) -> Repair {
    let all = |name: &str| -> Vec<String> {
        fields.iter().filter(|(n, v)| n == name && !v.trim().is_empty()).map(|(_, v)| v.clone()).collect()
    };
    let hide = fields.iter().find(|(name, _)| name == "hide").map(|(_, value)| value.as_str());
    let mut corrections = Vec::new();
    let mut wrong: Option<&str> = None;
    for (name, value) in fields {
        match (name.as_str(), wrong) {
            ("wrong", _) => wrong = Some(value),
            ("right", Some(from)) if !value.trim().is_empty() => {
                corrections.push((from.to_string(), value.trim().to_string()));
                wrong = None;
            }
            _ => {}
        }
    }
    Repair {
        rewrite: match hide {
            Some("bcc") => Some(Rewrite::Bcc),
            Some("individual") => Some(Rewrite::Individual),
            _ => None,
        },
        drop_recipients: all("drop"),
        drop_attachments: all("without"),
        corrections,
    }
}

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
}

impl After {
    /// Whether it waits for somebody else although it was mended.
    pub fn needs_second_person(&self, case: &Case, choice: &Choice) -> bool {
        match choice {
            Choice::AsIs => case.approval == Approval::SecondPerson,
            _ => self.mended.needed == Approval::SecondPerson,
        }
    }
}

/// What would leave of a case with a repair.
///
/// # Errors
/// The inner one says why nothing can leave so.
pub async fn after(ctx: &Ctx, case: &Case, repair: &Repair) -> Result<Result<After, Bilingual>, Fault> {
    let leaving = match review::leaving(&ctx.guard.store, case, repair).await {
        Ok(leaving) => leaving,
        Err(refusal) => return Ok(Err(super::in_words(refusal)?)),
    };
    let case = case.clone();
    let seen = preview::look(ctx, move |house, now| reckon(house, &case, &leaving, now)).await?;
    Ok(seen.map_err(|why| Bilingual {
        ja:
            "このメールは、この形では安全に作り直せません。別の方法を選ぶか、取りやめて新しく送ってください。"
                .into(),
        en: format!(
            "The mail cannot be changed so: {why}. Choose another way, or cancel it and send a new one."
        ),
    }))
}

fn reckon(house: &House, case: &Case, leaving: &[Leaving], now: Timestamp) -> Result<After, String> {
    let mended = guard::mend(house, case, leaving, now);
    let outgoing = match case.state {
        // A delayed mail is kept as it leaves.
        State::Delayed => leaving.iter().map(as_kept).collect(),
        _ => {
            let mut all = Vec::new();
            for part in leaving {
                all.extend(leave::outgoing(house, part, now)?);
            }
            all
        }
    };
    let rcpts = preview::envelopes(outgoing.iter().map(|o| &o.envelope));
    // Of single copies the last is for somebody outside; the house's own are first.
    let Some(shown) = outgoing.last() else { return Err("nobody would be left to receive it".into()) };
    let bytes = [shown.head.as_slice(), &shown.body].concat();
    let envelope = Envelope { rcpts, ..shown.envelope.clone() };
    let mut mail = guard::preview(house, &envelope, &bytes, now);
    let single = leaving.iter().any(|l| l.rewrite == Some(Rewrite::Individual));
    if single {
        // Whoever gets another copy is not a hidden recipient of this one.
        mail.hidden = 0;
    }
    let question = guard::question(house, case, &mail, &[]);
    let inside = |address: &str| {
        address.rsplit_once('@').is_some_and(|(_, domain)| house.organization.is_internal(domain))
    };
    let recipients = envelope.rcpts.iter().map(|r| (r.address.clone(), inside(&r.address))).collect();
    let copies = if single { outgoing.len() } else { 1 };
    Ok(After { mail, copies, recipients, mended, question })
}

fn as_kept(part: &Leaving) -> Outgoing {
    let mail = part.part.mail.clone();
    Outgoing::new(crate::store::ItemKind::Mail, mail, part.envelope.clone(), &part.bytes)
}

/// The choices that a case offers its sender, the fittest first, as its notice does.
pub fn offered(case: &Case, now: Timestamp) -> (notice::Kind, Vec<notice::Choice>) {
    let kind = if case.state == State::Delayed { notice::Kind::Delayed } else { notice::Kind::Held };
    let mut telling = notice::Telling::new(kind, Vec::new(), now);
    // The notice's own types of the same names; they read each other's words.
    telling.approval = serde_json::from_value(case.approval.name().into()).ok();
    telling.rewrite = case.rewrite.and_then(|r| serde_json::from_value(r.name().into()).ok());
    telling.mail = Some(notice::About { external: case.external, ..notice::About::default() });
    let hits = case.rules.as_array().map(Vec::as_slice).unwrap_or_default();
    let evidence = hits.iter().filter_map(|hit| serde_json::from_value(hit.get("evidence")?.clone()).ok());
    telling.causes = evidence
        .map(|evidence| notice::Cause {
            rule: String::new(),
            reason: Bilingual::default(),
            evidence,
            incidents: Vec::new(),
        })
        .collect();
    (kind, notice::choices(&telling))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_says_what_is_changed() {
        let field = |name: &str, value: &str| (name.to_string(), value.to_string());
        let fields = vec![
            field("wrong", "a@x.example"),
            field("right", " "),
            field("drop", "b@x.example"),
            field("wrong", "c@x.example"),
            field("right", " c@y.example "),
            field("right", "stray@y.example"),
            field("without", "2.1"),
            field("drop", ""),
            field("hide", "individual"),
        ];
        let expected = Repair {
            rewrite: Some(Rewrite::Individual),
            drop_recipients: vec!["b@x.example".into()],
            drop_attachments: vec!["2.1".into()],
            corrections: vec![("c@x.example".into(), "c@y.example".into())],
        };
        assert_eq!(Choice::of("mend", &fields), Some(Choice::Mend(expected)));
        assert_eq!(Choice::of("mend", &Vec::new()), Some(Choice::Mend(Repair::default())));
        for name in ["release", "", "undo", "Bcc"] {
            assert_eq!(Choice::of(name, &fields), None, "{name}");
        }
    }
}
