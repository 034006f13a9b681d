//! `sekisho hold`: held mail, seen and decided from the shell. Every decision is in the audit log with
//! the name of who made it.

mod shown;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use self::shown::Attachment;
use super::common::{self, Outcome};
use super::text;
use daemon::config::Config;
use guard::{self, finalize};
use hold::review::{self, CaseDetail, HeldTransaction, Refusal, Repair, What};
use store::{Case, CaseFilter, Rewrite, State, Store};
use terms::clock::Clock;

#[derive(clap::Subcommand)]
pub enum Command {
    /// List cases, those that wait for somebody's word unless --state or --all says otherwise.
    List {
        #[command(flatten)]
        at: At,
        /// held, delayed, released, repaired, cancelled, expired or left; may be repeated.
        #[arg(long, value_name = "STATE")]
        state: Vec<String>,
        /// Cases in every state.
        #[arg(long)]
        all: bool,
        /// JSON, one case a line.
        #[arg(long)]
        json: bool,
    },
    /// Show a case: why it is held, to whom it goes, and its transactions.
    Show {
        #[command(flatten)]
        at: At,
        case: String,
        /// Write the message of this transaction, as it was received, to standard output.
        #[arg(long, value_name = "N")]
        part: Option<u32>,
        #[arg(long)]
        json: bool,
    },
    /// Let a held mail go, rewritten as its rules demand.
    Release {
        #[command(flatten)]
        decision: Decision,
    },
    /// Change a held mail and let it go.
    Repair {
        #[command(flatten)]
        decision: Decision,
        #[command(flatten)]
        changes: Changes,
    },
    /// Propose a change to whoever may decide; a release then sends the mail so. It takes the place of what
    /// was proposed before.
    Propose {
        #[command(flatten)]
        decision: Decision,
        #[command(flatten)]
        changes: Changes,
    },
    /// Take a proposal back.
    Withdraw {
        #[command(flatten)]
        decision: Decision,
    },
    /// Stop a held or delayed mail for good.
    Cancel {
        #[command(flatten)]
        decision: Decision,
    },
}

#[derive(clap::Args)]
pub struct At {
    #[arg(long, value_name = "FILE", env = "SEKISHO_CONFIG", default_value = "/etc/sekisho/sekisho.toml")]
    config: PathBuf,
}

#[derive(clap::Args)]
pub struct Decision {
    #[command(flatten)]
    at: At,
    /// The case number, as the notice says it.
    case: String,
    /// Who decides: an address or a name; by default the user of the shell.
    #[arg(long, value_name = "WHO")]
    by: Option<String>,
    /// Why.
    #[arg(long, value_name = "TEXT", default_value = "")]
    reason: String,
}

/// What is changed on a mail.
#[derive(clap::Args)]
pub struct Changes {
    /// How its recipients are hidden: bcc or individual.
    #[arg(long = "as", value_name = "HOW", value_parser = how)]
    rewrite: Option<Rewrite>,
    /// A recipient who does not get it; may be repeated.
    #[arg(long = "drop", value_name = "ADDRESS")]
    drop: Vec<String>,
    /// An attachment that is taken out, by the number that `hold show` gives or by its name; may be repeated.
    #[arg(long = "drop-attachment", value_name = "N|NAME")]
    drop_attachment: Vec<String>,
    /// A wrong recipient and the right one; may be repeated.
    #[arg(long, value_name = "OLD=NEW", value_parser = pair)]
    correct: Vec<(String, String)>,
}

pub fn run(command: Command) -> Outcome {
    match command {
        Command::List { at, state, all, json } => list(&at, &state, all, json),
        Command::Show { at, case, part, json } => show(&at, &case, part, json),
        Command::Release { decision } => decide(&decision, HoldWord::Release),
        Command::Repair { decision, changes } => decide(&decision, HoldWord::Repair(checked(changes)?)),
        Command::Propose { decision, changes } => decide(&decision, HoldWord::Propose(checked(changes)?)),
        Command::Withdraw { decision } => decide(&decision, HoldWord::Withdraw),
        Command::Cancel { decision } => decide(&decision, HoldWord::Cancel),
    }
}

fn how(text: &str) -> Result<Rewrite, String> {
    match text {
        "bcc" => Ok(Rewrite::Bcc),
        "individual" => Ok(Rewrite::Individual),
        _ => Err("give bcc or individual".to_string()),
    }
}

fn pair(text: &str) -> Result<(String, String), String> {
    // An address may have the sign in its local part, and hardly in both.
    let ends = text.match_indices('=').map(|(at, _)| (&text[..at], &text[at + 1..]));
    let whole = |half: &str| half.contains('@');
    let mut found = ends.filter(|(old, new)| whole(old) && whole(new));
    match (found.next(), found.next()) {
        (Some((old, new)), None) => Ok((old.trim().to_string(), new.trim().to_string())),
        _ => Err("give the wrong address, =, and the right one".to_string()),
    }
}

/// What is to be changed; nothing is not a change.
fn checked(changes: Changes) -> Result<Repair, String> {
    let repair = Repair {
        rewrite: changes.rewrite,
        drop_recipients: changes.drop,
        drop_attachments: changes.drop_attachment,
        corrections: changes.correct,
    };
    if repair.is_nothing() {
        return Err("change what? give --as, --drop, --drop-attachment or --correct".to_string());
    }
    Ok(repair)
}

/// The store of a configuration.
pub async fn open(config: &Config) -> Result<Store, String> {
    let vault = config.store.vault().map_err(|e| e.to_string())?;
    let store = Store::open(&config.store, vault, Clock::system(), &config.hostname()).await;
    store.map_err(|e| e.to_string())
}

fn list(at: &At, states: &[String], all: bool, json: bool) -> Outcome {
    let config = common::config(&at.config)?;
    let mut filter = CaseFilter::default();
    for name in states {
        filter.states.push(State::of(name).ok_or_else(|| format!("--state {name}: there is no such state"))?);
    }
    if filter.states.is_empty() && !all {
        filter.states = vec![State::Held, State::Delayed];
    }
    let cases = common::block_on(async {
        let store = open(&config).await?;
        let cases = review::list(&store, &filter).await.map_err(|e| e.to_string());
        store.close().await;
        cases
    })??;
    for case in &cases {
        match json {
            true => say(&serde_json::to_string(case).map_err(|e| e.to_string())?)?,
            false => say(&shown::line(case))?,
        }
    }
    if cases.is_empty() && !json {
        say("No mail waits.")?;
    }
    Ok(ExitCode::SUCCESS)
}

fn show(at: &At, id: &str, part: Option<u32>, json: bool) -> Outcome {
    let config = common::config(&at.config)?;
    let (shown, bytes, attachments) = common::block_on(async {
        let store = open(&config).await?;
        let shown = review::show(&store, id).await.map_err(|e| e.to_string())?;
        let bytes = match part {
            Some(n) => store.part_bytes(&shown.case, n).await.map_err(|e| e.to_string())?,
            None => None,
        };
        let attachments = attachments(&store, &shown).await?;
        store.close().await;
        Ok::<_, String>((shown, bytes, attachments))
    })??;
    match (part, bytes) {
        (Some(_), Some(bytes)) => std::io::stdout().write_all(&bytes).map_err(|e| e.to_string())?,
        (Some(n), None) => return Err(format!("case {} has no kept message {n}", shown.case.id)),
        (None, _) if json => say(&shown::json(&shown, &attachments)?)?,
        (None, _) => text::print(&shown::whole(&shown, &attachments))?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The attachments of a case: those of its first transaction, for all are the same mail.
async fn attachments(store: &Store, shown: &CaseDetail) -> Result<Vec<Attachment>, String> {
    let Some(first) = shown.parts.first() else {
        return Ok(Vec::new());
    };
    let bytes = store.part_bytes(&shown.case, first.number).await.map_err(|e| e.to_string())?;
    Ok(bytes.map_or_else(Vec::new, |bytes| shown::attachments(&bytes)))
}

/// Names of attachments become their numbers: a name is that of every attachment called so. With them come
/// the names of what is taken out, for the notice.
async fn numbered(store: &Store, id: &str, repair: &Repair) -> Result<(Repair, Vec<String>), String> {
    let mut numbered = Repair { drop_attachments: Vec::new(), ..repair.clone() };
    if repair.drop_attachments.is_empty() {
        return Ok((numbered, Vec::new()));
    }
    let shown = review::show(store, id).await.map_err(|e| e.to_string())?;
    let known = attachments(store, &shown).await?;
    for wanted in &repair.drop_attachments {
        let by_number = known.iter().filter(|a| a.number == wanted.trim());
        let by_name = known.iter().filter(|a| a.name.as_deref() == Some(wanted.trim()));
        let found: Vec<String> = match by_number.map(|a| a.number.clone()).collect::<Vec<_>>() {
            numbers if numbers.is_empty() => by_name.map(|a| a.number.clone()).collect(),
            numbers => numbers,
        };
        if found.is_empty() {
            return Err(format!("the mail has no attachment {wanted}; `sekisho hold show {id}` lists them"));
        }
        numbered.drop_attachments.extend(found);
    }
    let taken = known.iter().filter(|a| numbered.drop_attachments.contains(&a.number));
    let names = taken.filter_map(|a| a.name.clone()).collect();
    Ok((numbered, names))
}

/// What is decided.
enum HoldWord {
    Release,
    Repair(Repair),
    Propose(Repair),
    Withdraw,
    Cancel,
}

fn decide(decision: &Decision, word: HoldWord) -> Outcome {
    let (config, policy) = common::load(&decision.at.config)?;
    let by = decision.by.clone().unwrap_or_else(user);
    let now = Clock::system().now();
    let prepare = |leaving: &HeldTransaction| finalize::outgoing(&policy, leaving, now);
    let judge =
        |case: &Case, leaving: &[HeldTransaction]| guard::reinspect(&policy, case, leaving, now).needed;
    let (id, reason) = (&decision.case, &decision.reason);
    let decided = common::block_on(async {
        let store = open(&config).await?;
        let decided = match &word {
            HoldWord::Release => review::release(&store, id, &by, reason, &prepare).await,
            HoldWord::Repair(repair) => {
                let (repair, removed) = numbered(&store, id, repair).await?;
                let decision = review::Decision::at_once(id, &by, reason);
                let decision = review::Decision { removed: &removed, ..decision };
                review::decide(&store, decision, What::Repair(&repair, &judge, &prepare)).await
            }
            HoldWord::Propose(repair) => {
                let (repair, _) = numbered(&store, id, repair).await?;
                review::propose(&store, id, &by, reason, &repair, &prepare).await
            }
            HoldWord::Withdraw => review::withdraw(&store, id, &by, reason).await,
            HoldWord::Cancel => review::cancel(&store, id, &by, reason).await,
        };
        store.close().await;
        Ok::<_, String>(decided)
    })??;
    match decided {
        Ok(case) => {
            say(&shown::line(&case))?;
            Ok(ExitCode::SUCCESS)
        }
        Err(Refusal::Store(why)) => Err(why),
        Err(refusal) => {
            eprintln!("sekisho: {refusal}");
            Ok(ExitCode::FAILURE)
        }
    }
}

/// One line to standard output.
fn say(line: &str) -> Result<(), String> {
    text::print(&format!("{line}\n"))
}

/// Whoever sits at the shell.
pub fn user() -> String {
    let names = ["SUDO_USER", "USER", "LOGNAME"];
    names
        .iter()
        .find_map(|n| std::env::var(n).ok().filter(|v| !v.is_empty()))
        .unwrap_or_else(|| "shell".to_string())
}
