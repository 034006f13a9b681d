//! `sekisho replay`: every incident of the casebook against the rules: prevented and by which, stopped had it
//! gone by mail, missed and why, or not by mail. It is the regression test and the auditor's report in one.

mod page;

pub use page::grouped;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::common::{self, Outcome as Done};
use super::play::{self, Outcome, Play};
use super::text::{self, Cell, Ink, Inks};
use casebook::Coverage;
use facts::{Language, Organization};
use guard::Policy;
use terms::clock::{Clock, Timestamp};

#[derive(clap::Args)]
pub struct Arguments {
    /// The configuration; without it the rules and the casebook within the program.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Write the report as a page of HTML as well.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// The language of the report: ja or en. By default the organisation's, or the environment's.
    #[arg(long, value_name = "LANGUAGE", value_parser = text::parse_language)]
    lang: Option<Language>,
}

/// Everything that was played.
struct Report<'c> {
    /// The organisation, where a configuration names one.
    organization: Option<&'c str>,
    rules: usize,
    plays: Vec<Play<'c>>,
    at: Timestamp,
    language: Language,
}

pub fn run(arguments: Arguments) -> Done {
    let (policy, language) = policy(arguments.config.as_deref(), arguments.lang)?;
    let named = arguments.config.is_some().then_some(policy.organization.name.as_str());
    let report = report(&policy, named, language, Clock::system().now());
    text::print(&report.text(Inks::of_stdout(), text::terminal_width()))?;
    if let Some(path) = &arguments.html {
        let zone = notice::zone(policy.organization.time_zone.as_deref(), language)?;
        let page = page::html(&report, &zone)?;
        std::fs::write(path, page).map_err(|e| format!("{}: {e}", path.display()))?;
    }
    Ok(match report.count(Outcome::Missed) {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    })
}

/// The house of a configuration, or the one within the program, and the language to speak.
pub fn policy(config: Option<&Path>, asked: Option<Language>) -> Result<(Policy, Language), String> {
    match config {
        Some(path) => {
            let policy = common::load(path)?.1;
            let language = asked.unwrap_or(policy.organization.language);
            Ok((policy, language))
        }
        None => {
            let policy = Policy::embedded(Organization::new("", &[])).map_err(|e| common::list(&e))?;
            Ok((policy, text::language(asked)))
        }
    }
}

fn report<'c>(
    policy: &'c Policy,
    organization: Option<&'c str>,
    language: Language,
    at: Timestamp,
) -> Report<'c> {
    Report {
        organization,
        rules: policy.rules.rules().len(),
        plays: policy.casebook.iter().map(|i| play::play(policy, i, at)).collect(),
        at,
        language,
    }
}

impl<'c> Report<'c> {
    fn count(&self, outcome: Outcome) -> usize {
        self.of(outcome).count()
    }

    fn of(&self, outcome: Outcome) -> impl Iterator<Item = &Play<'c>> {
        self.plays.iter().filter(move |p| p.outcome() == outcome)
    }

    fn say(&self, ja: &'static str, en: &'static str) -> &'static str {
        match self.language {
            Language::Ja => ja,
            Language::En => en,
        }
    }

    /// The report for a terminal.
    fn text(&self, inks: Inks, width: usize) -> String {
        let mut out = String::new();
        let (all, rules) = (self.plays.len(), self.rules);
        let head = match self.language {
            Language::Ja => format!("実際に起きた{all}件の事件を、{rules}件のルールに通しました。"),
            Language::En => format!("{all} incidents that really happened, played against {rules} rules."),
        };
        out.push_str(&format!("{}\n\n", inks.paint(Ink::Strong, &head)));
        let heads = [
            self.say("結果", "result"),
            self.say("事件", "incident"),
            self.say("組織", "organisation"),
            self.say("止めるルール、または理由", "the rules that stop such a mail, or the reason"),
        ];
        let columns = columns(width, self.language);
        let cells: Vec<Cell<'_>> =
            heads.iter().zip(columns).map(|(h, w)| Cell(h, w, Some(Ink::Soft))).collect();
        out.push_str(&inks.row(1, &cells));
        for outcome in [Outcome::Prevented, Outcome::SameData, Outcome::Missed, Outcome::NotByMail] {
            for play in self.of(outcome) {
                out.push_str(&self.row(play, inks, columns));
            }
            if self.count(outcome) > 0 {
                out.push('\n');
            }
        }
        out.push_str(&self.summary(inks));
        out
    }

    fn row(&self, play: &Play<'_>, inks: Inks, columns: [usize; 4]) -> String {
        let outcome = play.outcome();
        let (label, ink) = match outcome {
            Outcome::Prevented => (self.say("防いだ", "prevented"), Some(Ink::Good)),
            Outcome::SameData => (self.say("別経路", "same data"), Some(Ink::Soft)),
            Outcome::Missed => (self.say("防げず", "missed"), Some(Ink::Bad)),
            Outcome::NotByMail => (self.say("対象外", "not by mail"), Some(Ink::Soft)),
        };
        let [status, id, organization, why] = columns;
        let incident = play.incident;
        let mut out = inks.row(
            1,
            &[
                Cell(label, status, ink),
                Cell(&incident.id, id, None),
                Cell(self.language.of(&incident.organization), organization, None),
                Cell(&self.why(play), why, None),
            ],
        );
        for fault in self.faults(play) {
            let blank = status + id + 4;
            out.push_str(&inks.row(blank + 1, &[Cell(&fault, organization + why + 2, Some(Ink::Bad))]));
        }
        out
    }

    /// Why the outcome is what it is.
    fn why(&self, play: &Play<'_>) -> String {
        match play.incident.coverage() {
            Coverage::NotByMail(why) => self.language.of(why).to_string(),
            Coverage::Pending(what) => match self.language {
                Language::Ja => format!("この版にまだないもの: {}", what.ja),
                Language::En => format!("not in this version yet: {}", what.en),
            },
            Coverage::Prevented(_) | Coverage::SameData(_) => {
                let (held, all) =
                    (play.steps.iter().filter(|s| s.faults.is_empty()).count(), play.steps.len());
                let rules = play.rules().join(", ");
                match (held == all, self.language) {
                    (true, _) => rules,
                    (false, Language::Ja) => format!("{all}段階のうち{held}段階が期待どおり"),
                    (false, Language::En) => format!("{held} of {all} steps went as expected"),
                }
            }
        }
    }

    /// What went otherwise than it must, one line a difference.
    fn faults(&self, play: &Play<'_>) -> Vec<String> {
        let mut told = Vec::new();
        for (n, step) in play.steps.iter().enumerate() {
            for fault in &step.faults {
                let note = step.note(self.language);
                told.push(format!("{}. {note} — {}", n + 1, fault.say(self.language)));
            }
            if !step.faults.is_empty()
                && let Some(error) = &step.got.error
            {
                told.push(format!("{}. {}", n + 1, text::plain(error)));
            }
        }
        told
    }

    fn summary(&self, inks: Inks) -> String {
        let [prevented, same, missed, not] =
            [Outcome::Prevented, Outcome::SameData, Outcome::Missed, Outcome::NotByMail]
                .map(|o| self.count(o));
        let (good, bad, rest) = match self.language {
            Language::Ja => (
                format!("防いだ {prevented}件"),
                format!("防げず {missed}件"),
                format!("メールの検査では防げない {not}件, 別の経路で出たがメールなら止める {same}件"),
            ),
            Language::En => (
                format!("{prevented} prevented"),
                format!("{missed} missed"),
                format!(
                    "{not} not preventable by inspecting mail, {same} left by another door and would be stopped as mail"
                ),
            ),
        };
        let ink = if missed == 0 { Ink::Good } else { Ink::Bad };
        let mut out = format!("{}, {}, {}\n", inks.paint(Ink::Good, &good), inks.paint(ink, &bad), rest);
        if missed > 0 {
            out.push_str(self.say(
                "防げるはずの事件が残っているので、終了コードは1です。\n",
                "Preventable incidents are left, so the exit code is 1.\n",
            ));
        }
        out
    }
}

/// The columns of the table in a terminal of this width.
fn columns(width: usize, language: Language) -> [usize; 4] {
    let status = if language == Language::Ja { 6 } else { 11 };
    let (id, organization) = (21, 28);
    [status, id, organization, width.saturating_sub(status + id + organization + 7)]
}
