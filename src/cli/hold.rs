//! `sekisho hold`: held mail, seen and decided from the shell. Every decision is in the audit log with
//! the name of who made it.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use super::common::{self, Outcome};
use super::text;
use crate::clock::Clock;
use crate::config::Config;
use crate::guard::{self, leave};
use crate::hold::review::{self, Leaving, Refusal, Repair, Shown};
use crate::store::{Case, CaseFilter, Rewrite, State, Store};

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
        /// How its recipients are hidden: bcc or individual.
        #[arg(long = "as", value_name = "HOW", value_parser = how)]
        rewrite: Option<Rewrite>,
        /// A recipient who does not get it; may be repeated.
        #[arg(long = "drop", value_name = "ADDRESS")]
        drop: Vec<String>,
    },
    /// Stop a held or delayed mail for good.
    Cancel {
        #[command(flatten)]
        decision: Decision,
    },
}

#[derive(clap::Args)]
pub struct At {
    #[arg(long, value_name = "FILE", default_value = "/etc/sekisho/sekisho.toml")]
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

pub fn run(command: Command) -> Outcome {
    match command {
        Command::List { at, state, all, json } => list(&at, &state, all, json),
        Command::Show { at, case, part, json } => show(&at, &case, part, json),
        Command::Release { decision } => decide(&decision, Word::Release),
        Command::Repair { decision, rewrite, drop } => {
            if rewrite.is_none() && drop.is_empty() {
                return Err("repair what? give --as bcc, --as individual or --drop ADDRESS".to_string());
            }
            decide(&decision, Word::Repair(Repair { rewrite, drop_recipients: drop, ..Repair::default() }))
        }
        Command::Cancel { decision } => decide(&decision, Word::Cancel),
    }
}

fn how(text: &str) -> Result<Rewrite, String> {
    match text {
        "bcc" => Ok(Rewrite::Bcc),
        "individual" => Ok(Rewrite::Individual),
        _ => Err("give bcc or individual".to_string()),
    }
}

/// The store of a configuration.
pub async fn open(config: &Config) -> Result<Store, String> {
    let vault = config.store.vault().map_err(|e| e.to_string())?;
    let store = Store::open(&config.store, vault, Clock::system(), &config.hostname()).await;
    store.map_err(|e| e.to_string())
}

fn list(at: &At, states: &[String], all: bool, json: bool) -> Outcome {
    let config = Config::load(&at.config).map_err(|e| e.to_string())?;
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
            false => say(&line(case))?,
        }
    }
    if cases.is_empty() && !json {
        say("No mail waits.")?;
    }
    Ok(ExitCode::SUCCESS)
}

fn show(at: &At, id: &str, part: Option<u32>, json: bool) -> Outcome {
    let config = Config::load(&at.config).map_err(|e| e.to_string())?;
    let (shown, bytes) = common::block_on(async {
        let store = open(&config).await?;
        let shown = review::show(&store, id).await.map_err(|e| e.to_string())?;
        let bytes = match part {
            Some(n) => store.part_bytes(&shown.case, n).await.map_err(|e| e.to_string())?,
            None => None,
        };
        store.close().await;
        Ok::<_, String>((shown, bytes))
    })??;
    match (part, bytes) {
        (Some(_), Some(bytes)) => std::io::stdout().write_all(&bytes).map_err(|e| e.to_string())?,
        (Some(n), None) => return Err(format!("case {} has no kept message {n}", shown.case.id)),
        (None, _) if json => say(&serde_json::to_string(&shown.case).map_err(|e| e.to_string())?)?,
        (None, _) => text::print(&whole(&shown))?,
    }
    Ok(ExitCode::SUCCESS)
}

/// What is decided.
enum Word {
    Release,
    Repair(Repair),
    Cancel,
}

fn decide(decision: &Decision, word: Word) -> Outcome {
    let (config, house) = common::load(&decision.at.config)?;
    let by = decision.by.clone().unwrap_or_else(user);
    let now = Clock::system().now();
    let prepare = |leaving: &Leaving| leave::outgoing(&house, leaving, now);
    let judge = |case: &Case, leaving: &[Leaving]| guard::mend(&house, case, leaving, now).needed;
    let (id, reason) = (&decision.case, &decision.reason);
    let decided = common::block_on(async {
        let store = open(&config).await?;
        let decided = match &word {
            Word::Release => review::release(&store, id, &by, reason, &prepare).await,
            Word::Repair(repair) => review::repair(&store, id, &by, reason, repair, &judge, &prepare).await,
            Word::Cancel => review::cancel(&store, id, &by, reason).await,
        };
        store.close().await;
        Ok::<_, String>(decided)
    })??;
    match decided {
        Ok(case) => {
            say(&line(&case))?;
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

fn line(case: &Case) -> String {
    let rules = ids(case).join(",");
    format!(
        "{}  {:<9}  {}  from={}  recipients={}  outside={}  approval={}  rules={rules}",
        case.id,
        case.state.name(),
        case.opened_at,
        case.sender,
        case.recipients.len(),
        case.external,
        case.approval.name(),
    )
}

fn ids(case: &Case) -> Vec<&str> {
    let rules = case.rules.as_array().map(Vec::as_slice).unwrap_or_default();
    rules.iter().filter_map(|r| r.get("id")?.as_str()).collect()
}

fn whole(shown: &Shown) -> String {
    let case = &shown.case;
    let safe =
        |text: &str| -> String { text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect() };
    let mut out = String::new();
    let mut add = |name: &str, value: String| out.push_str(&format!("{name:<12} {value}\n"));
    add("case", case.id.clone());
    add("state", case.state.name().to_string());
    add("approval", case.approval.name().to_string());
    add("rewrite", case.rewrite.map_or("none", Rewrite::name).to_string());
    add("from", safe(&case.sender));
    add("subject", safe(case.subject.as_deref().unwrap_or("-")));
    add("message-id", safe(case.message_id.as_deref().unwrap_or("-")));
    add("opened", case.opened_at.to_string());
    add(if case.state == State::Delayed { "leaves" } else { "expires" }, case.ends_at.to_string());
    if let Some(at) = case.concluded_at {
        add("ended", at.to_string());
    }
    add("recipients", format!("{} ({} outside)", case.recipients.len(), case.external));
    for recipient in &case.recipients {
        add("", safe(recipient));
    }
    for rule in case.rules.as_array().map(Vec::as_slice).unwrap_or_default() {
        let texts = |key: &str| -> Vec<String> {
            let list = rule.get(key).and_then(|v| v.as_array()).map(Vec::as_slice).unwrap_or_default();
            list.iter().filter_map(|v| v.as_str().map(safe)).collect()
        };
        let id = rule.get("id").and_then(|v| v.as_str()).unwrap_or("-");
        add("rule", format!("{id} → {}", texts("incidents").join(", ")));
        for evidence in texts("evidence") {
            add("", evidence);
        }
    }
    for part in &shown.parts {
        let rcpts = part.envelope.as_ref().map_or(0, |e| e.rcpts.len());
        add(
            "part",
            format!("{}  {} bytes, {rcpts} recipients, {}", part.number, part.size, part.received_at),
        );
    }
    out
}
