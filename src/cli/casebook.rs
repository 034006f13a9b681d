//! `sekisho casebook`: the incidents that really happened, what became of them and which rule stands
//! against each; and drafts of new ones, mined from posts as they were published.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::common::Outcome;
use super::replay;
use super::text::{self, Cell, Ink, Inks};
use casebook::{self, Casebook, Coverage, Incident};
use facts::Language;
use guard::Policy;
use mining::{Draft, Mined};

#[derive(clap::Subcommand)]
pub enum Command {
    /// Mine posts for incidents: prints drafts of incident.toml for a person to complete.
    Mine {
        /// Write DIR/<id>/incident.toml instead; a file that is there is never overwritten.
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
        /// Texts of posts, in UTF-8.
        #[arg(value_name = "FILE", required = true)]
        files: Vec<PathBuf>,
    },
    /// List the incidents.
    List(Which),
    /// Show one incident: what happened, the lesson, and what stands against it.
    Show {
        /// Its id, such as 2023-116.
        id: String,
        #[command(flatten)]
        which: Which,
    },
    /// Show which rule stands against which incident.
    Coverage(Which),
}

/// Which casebook, and in which language.
#[derive(clap::Args)]
pub struct Which {
    /// The configuration; without it the casebook and the rules within the program.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// ja or en; by default the organisation's language, or the environment's.
    #[arg(long, value_name = "LANGUAGE", value_parser = text::parse_language)]
    lang: Option<Language>,
}

pub fn run(command: Command) -> Outcome {
    match command {
        Command::Mine { out, files } => mine(&files, out.as_deref()),
        Command::List(which) => told(&which, |policy, say| Ok(list(&policy.casebook, say))),
        Command::Show { id, which } => told(&which, |policy, say| show(policy, &id, say)),
        Command::Coverage(which) => told(&which, |policy, say| Ok(coverage(policy, say))),
    }
}

/// How it is said.
struct Say {
    language: Language,
    inks: Inks,
    width: usize,
}

impl Say {
    fn t(&self, ja: &'static str, en: &'static str) -> &'static str {
        match self.language {
            Language::Ja => ja,
            Language::En => en,
        }
    }
}

fn told(which: &Which, tell: impl FnOnce(&Policy, &Say) -> Result<String, String>) -> Outcome {
    let (policy, language) = replay::policy(which.config.as_deref(), which.lang)?;
    let say = Say { language, inks: Inks::of_stdout(), width: text::terminal_width() };
    text::print(&tell(&policy, &say)?)?;
    Ok(ExitCode::SUCCESS)
}

fn list(casebook: &Casebook, say: &Say) -> String {
    let mut out = String::new();
    let rest = say.width.saturating_sub(12 + 20 + 9 + 28 + 8);
    for incident in casebook.iter() {
        let (word, ink) = status(incident, say);
        let people = incident.people.map_or("-".to_string(), replay::grouped);
        let people = format!("{}{people}", " ".repeat(9usize.saturating_sub(people.len())));
        out.push_str(&say.inks.row(
            0,
            &[
                Cell(&incident.id, 21, None),
                Cell(word, 11, Some(ink)),
                Cell(&people, 9, None),
                Cell(say.language.of(&incident.organization), 28, None),
                Cell(say.language.of(&incident.summary), rest, None),
            ],
        ));
    }
    let count = |f: fn(&Coverage<'_>) -> bool| casebook.iter().filter(|i| f(&i.coverage())).count();
    let prevented = count(|c| matches!(c, Coverage::Prevented(_)));
    let same = count(|c| matches!(c, Coverage::SameData(_)));
    let pending = count(|c| matches!(c, Coverage::Pending(_)));
    let not = count(|c| matches!(c, Coverage::NotByMail(_)));
    let _ = match say.language {
        Language::Ja => writeln!(
            out,
            "\n{}件: メールで起き、ルールが防ぐ {prevented}, 別の経路で出た同じ情報をメールなら止める {same}, この版ではまだ {pending}, メールでは防げない {not}",
            casebook.len()
        ),
        Language::En => writeln!(
            out,
            "\n{} incidents: {prevented} left by mail and are prevented, {same} had another door and would be stopped as mail, {pending} pending, {not} not by mail",
            casebook.len()
        ),
    };
    out
}

fn status(incident: &Incident, say: &Say) -> (&'static str, Ink) {
    match incident.coverage() {
        Coverage::Prevented(_) => (say.t("防ぐ", "prevented"), Ink::Good),
        Coverage::SameData(_) => (say.t("別経路", "same data"), Ink::Soft),
        Coverage::Pending(_) => (say.t("まだ", "pending"), Ink::Bad),
        Coverage::NotByMail(_) => (say.t("対象外", "not by mail"), Ink::Soft),
    }
}

fn show(policy: &Policy, id: &str, say: &Say) -> Result<String, String> {
    let casebook = &policy.casebook;
    let Some(incident) = casebook.get(id) else {
        let near = casebook.nearest(id).map_or("sekisho casebook list shows them all".to_string(), |near| {
            format!("did you mean {near}?")
        });
        return Err(format!("no incident is called {}; {near}", text::plain(id)));
    };
    let language = say.language;
    let mut out = String::new();
    let title = format!("{}  {}", incident.id, language.of(&incident.organization));
    let _ = writeln!(out, "{}", say.inks.paint(Ink::Strong, &title));
    let mut line = |label: &str, value: &str| {
        out.push_str(
            &say.inks
                .row(0, &[Cell(label, 12, Some(Ink::Soft)), Cell(value, say.width.saturating_sub(16), None)]),
        );
    };
    line(say.t("発生", "date"), &incident.date);
    if let Some(published) = &incident.published {
        line(say.t("公表", "published"), published);
    }
    line(say.t("種類", "kind"), incident.kind.as_str());
    if let Some(door) = incident.door {
        line(say.t("経路", "door"), language.of(&door.words()));
    }
    if let Some(means) = &incident.means {
        line("", language.of(means));
    }
    if let Some(people) = incident.people {
        line(say.t("人数", "people"), &replay::grouped(people));
    }
    if let Some(records) = incident.records {
        line(say.t("件数", "records"), &replay::grouped(records));
    }
    line(say.t("要約", "summary"), language.of(&incident.summary));
    line(say.t("経緯", "happened"), language.of(&incident.happened));
    line(say.t("教訓", "lesson"), language.of(&incident.lesson));
    match incident.coverage() {
        Coverage::NotByMail(why) => line(say.t("対象外", "not by mail"), language.of(why)),
        Coverage::Pending(what) => line(say.t("まだ", "pending"), language.of(what)),
        coverage @ (Coverage::Prevented(rules) | Coverage::SameData(rules)) => {
            let label = match coverage {
                Coverage::Prevented(_) => say.t("防ぐルール", "prevented by"),
                _ => say.t("メールなら", "as mail"),
            };
            for id in rules {
                let rule = policy.rules.rules().iter().find(|r| r.id == *id);
                let reason = rule.map_or("", |r| language.of(&r.reason));
                line(label, &format!("{id}: {reason}"));
            }
        }
    }
    steps(incident, say, &mut out);
    Ok(out)
}

/// What a replay of the incident sends, and what must become of it.
fn steps(incident: &Incident, say: &Say, out: &mut String) {
    let Some(expectation) = &incident.expectation else { return };
    let _ = writeln!(out, "\n{}", say.t("再現するメール", "what a replay sends"));
    for (n, step) in expectation.steps.iter().enumerate() {
        let note = step.note.as_ref().map_or(step.message.as_str(), |n| say.language.of(n));
        let times = if step.times == 1 { String::new() } else { format!(" ×{}", step.times) };
        let rules = step.expected.rules.join(", ");
        out.push_str(&say.inks.row(
            2,
            &[
                Cell(&format!("{}.", n + 1), 3, None),
                Cell(&format!("{note}{times}"), 44, None),
                Cell(step.expected.action, 7, None),
                Cell(&rules, say.width.saturating_sub(64), None),
            ],
        ));
    }
}

/// The matrix: a row an incident, a column a rule. `#` a replay proves that the rule stops such a mail, `+`
/// the rule cites it besides.
fn coverage(policy: &Policy, say: &Say) -> String {
    let rules = policy.rules.rules();
    let mut out = String::new();
    for (n, rule) in rules.iter().enumerate() {
        let _ = writeln!(out, "  {}  {}", letter(n), rule.id);
    }
    let letters: Vec<String> = (0..rules.len()).map(letter).collect();
    let _ = writeln!(out, "\n{}  {}", text::pad("", 21 + 2 + 11), letters.join(" "));
    let order = |i: &&Incident| match i.coverage() {
        Coverage::Prevented(_) => 0,
        Coverage::SameData(_) => 1,
        Coverage::Pending(_) => 2,
        Coverage::NotByMail(_) => 3,
    };
    let mut incidents: Vec<&Incident> = policy.casebook.iter().collect();
    incidents.sort_by_key(order);
    for incident in incidents {
        let (word, ink) = status(incident, say);
        let cells: Vec<String> = rules
            .iter()
            .enumerate()
            .map(|(n, rule)| {
                let mark = if incident.prevented_by.contains(&rule.id) {
                    "#"
                } else if rule.incidents.contains(&incident.id) {
                    "+"
                } else {
                    "."
                };
                text::pad(mark, letter(n).len())
            })
            .collect();
        let status = say.inks.paint(ink, word) + &" ".repeat(11usize.saturating_sub(text::width(word)));
        let _ = writeln!(out, "{}  {status}  {}", text::pad(&incident.id, 21), cells.join(" "));
    }
    let _ = writeln!(
        out,
        "\n{}",
        say.t(
            "# そのルールがそのようなメールを止めることを再現で確かめている   + ルールが根拠として挙げている",
            "# a replay proves that the rule stops such a mail   + the rule cites it"
        )
    );
    out
}

/// A short name of a column: A to Z, then AA, AB, …
fn letter(n: usize) -> String {
    let one = |n: usize| char::from(b'A' + u8::try_from(n % 26).unwrap_or(0));
    match n / 26 {
        0 => one(n).to_string(),
        more => format!("{}{}", one(more - 1), one(n)),
    }
}

fn mine(files: &[PathBuf], out: Option<&Path>) -> Outcome {
    let mut mined = Mined::default();
    for file in files {
        let bytes = std::fs::read(file).map_err(|e| format!("{}: {e}", file.display()))?;
        let text = String::from_utf8(bytes)
            .map_err(|_| format!("{}: this is not UTF-8; convert it first", file.display()))?;
        mined.add(&file.display().to_string(), &text);
    }
    let known = casebook::embedded().map_err(|e| super::common::list(&e))?;
    let mut made = 0;
    for draft in &mined.drafts {
        match out {
            None => text::print(&format!("{}\n", draft_text(draft, &known)))?,
            Some(dir) => made += usize::from(write(draft, &known, dir)?),
        }
    }
    for skipped in &mined.skipped {
        eprintln!(
            "{}:{}: {}: {}",
            skipped.source,
            skipped.line,
            skipped.why.as_str(),
            text::plain(&skipped.title)
        );
    }
    let (drafts, skipped) = (mined.drafts.len(), mined.skipped.len());
    let known = mined.drafts.iter().filter(|d| d.known(&known).is_some()).count();
    eprintln!("{drafts} drafts, {known} of them in the casebook already; {skipped} posts left out");
    if out.is_some() {
        eprintln!("{made} files written");
    }
    Ok(ExitCode::SUCCESS)
}

/// The draft as it is written, with a word where the casebook has the incident already.
fn draft_text(draft: &Draft, known: &Casebook) -> String {
    match draft.known(known) {
        Some(incident) => format!("# In the casebook already: {}\n{}", incident.id, draft.to_toml()),
        None => draft.to_toml(),
    }
}

/// Writes a draft into its folder; false where there is one already, under its own id or the one that
/// the casebook knows the incident by.
fn write(draft: &Draft, known: &Casebook, dir: &Path) -> Result<bool, String> {
    let names = [Some(draft.id.as_str()), draft.known(known).map(|i| i.id.as_str())];
    for name in names.into_iter().flatten() {
        let file = dir.join(name).join("incident.toml");
        if file.exists() {
            eprintln!("{}: is there already and stays as it is", file.display());
            return Ok(false);
        }
    }
    let folder = dir.join(&draft.id);
    let file = folder.join("incident.toml");
    let said = |e: std::io::Error| format!("{}: {e}", file.display());
    std::fs::create_dir_all(&folder).map_err(said)?;
    // `create_new`: even a file that appeared since the look above is not overwritten.
    let mut opened = std::fs::File::create_new(&file).map_err(said)?;
    opened.write_all(draft_text(draft, known).as_bytes()).map_err(said)?;
    Ok(true)
}
