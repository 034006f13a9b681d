//! `sekisho audit`: read the log, export it, prove it, and find who was sent what.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

use super::common::{self, Outcome};
use audit::chain::Head;
use audit::entry::{Entry, Kind};
use audit::export;
use audit::filter::{Filter, Row};
use daemon::config::Config;

#[derive(clap::Subcommand)]
pub enum Command {
    /// List entries, the oldest first.
    List {
        #[command(flatten)]
        wanted: Wanted,
    },
    /// Write entries as JSONL or CSV to standard output.
    Export {
        #[command(flatten)]
        wanted: Wanted,
        #[arg(long, value_enum, default_value = "jsonl")]
        format: Format,
    },
    /// Prove that no entry was changed, removed, added or moved; exit 1 at the first broken link.
    Verify {
        #[arg(
            long,
            value_name = "FILE",
            env = "SEKISHO_CONFIG",
            default_value = "/etc/sekisho/sekisho.toml"
        )]
        config: PathBuf,
        /// A head that was noted earlier, as SEQ:HASH: shows whether the tail was cut off.
        #[arg(long, value_name = "SEQ:HASH")]
        head: Option<Head>,
    },
    /// Who was sent what: every mail to a recipient, of a sender, or of a Message-ID, and its outcome.
    Trace {
        #[command(flatten)]
        wanted: Wanted,
    },
}

#[derive(Clone, Copy, clap::ValueEnum)]
pub enum Format {
    Jsonl,
    Csv,
}

/// Which entries.
#[derive(clap::Args)]
pub struct Wanted {
    #[arg(long, value_name = "FILE", env = "SEKISHO_CONFIG", default_value = "/etc/sekisho/sekisho.toml")]
    config: PathBuf,
    /// From this time on: 2026-11-22, 2026-11-22T09:30, or with a zone.
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Before this time.
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// An address, or @domain.
    #[arg(long, value_name = "ADDRESS")]
    sender: Option<String>,
    /// An address, or @domain.
    #[arg(long, value_name = "ADDRESS")]
    recipient: Option<String>,
    /// An address or @domain that sent it, receives it or did it.
    #[arg(long, value_name = "ADDRESS")]
    person: Option<String>,
    /// An address or @domain that sent or receives it, its Message-ID, or its SHA-256.
    #[arg(long, value_name = "TEXT")]
    mail: Option<String>,
    #[arg(long, value_name = "ID")]
    message_id: Option<String>,
    #[arg(long, value_name = "CASE")]
    case: Option<String>,
    #[arg(long, value_name = "RULE")]
    rule: Option<String>,
    #[arg(long, value_name = "INCIDENT")]
    incident: Option<String>,
    /// pass, rewrite, hold, reject, released, cancelled, accepted, …
    #[arg(long, value_name = "ACTION")]
    action: Option<String>,
    /// decision, outcome, case, delivery, notice, control or house
    #[arg(long, value_name = "KIND")]
    kind: Option<String>,
    /// A text in the subject, an address, a file name, a reason or a note.
    #[arg(long, value_name = "TEXT")]
    text: Option<String>,
    /// The newest first.
    #[arg(long)]
    newest: bool,
    /// At most so many.
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
}

pub fn run(command: Command) -> Outcome {
    match command {
        Command::List { wanted } => each(&wanted, None, |row| writeln!(std::io::stdout(), "{}", line(row))),
        Command::Export { wanted, format: Format::Jsonl } => {
            each(&wanted, None, |row| writeln!(std::io::stdout(), "{}", export::json(row)))
        }
        Command::Export { wanted, format: Format::Csv } => {
            println!("{}", export::COLUMNS.join(","));
            each(&wanted, None, |row| writeln!(std::io::stdout(), "{}", export::csv(row)))
        }
        Command::Verify { config, head } => verify(&config, head),
        Command::Trace { wanted } => {
            let asked = [&wanted.recipient, &wanted.sender, &wanted.message_id, &wanted.mail];
            if asked.iter().all(|word| word.is_none()) {
                return Err("trace whom? give --recipient, --sender, --message-id or --mail".to_string());
            }
            trace(&wanted)
        }
    }
}

impl Wanted {
    fn filter(&self, config: &Config) -> Result<Filter, String> {
        let zone = config.zone()?;
        let kind = |text: &String| {
            Kind::ALL.iter().copied().find(|k| k.name() == text).ok_or_else(|| {
                let known: Vec<&str> = Kind::ALL.iter().map(|k| k.name()).collect();
                format!("--kind {text}: there is no such kind; one of {}", known.join(", "))
            })
        };
        Ok(Filter {
            since: self.since.as_deref().map(|t| time(t, &zone)).transpose()?,
            until: self.until.as_deref().map(|t| time(t, &zone)).transpose()?,
            sender: self.sender.clone(),
            recipient: self.recipient.clone(),
            person: self.person.clone(),
            message_id: self.message_id.clone(),
            case: self.case.clone(),
            rule: self.rule.clone(),
            incident: self.incident.clone(),
            action: self.action.clone(),
            kind: self.kind.as_ref().map(kind).transpose()?,
            text: self.text.clone(),
            limit: self.limit,
            mail: self.mail.clone(),
            after: None,
            newest_first: self.newest,
            lowest: None,
        })
    }
}

/// A time as people write it, in the organisation's zone where it names none.
fn time(text: &str, zone: &TimeZone) -> Result<Timestamp, String> {
    if let Ok(time) = text.parse::<Timestamp>() {
        return Ok(time);
    }
    let civil = text.parse::<DateTime>().or_else(|_| text.parse::<Date>().map(|d| d.at(0, 0, 0, 0)));
    civil
        .and_then(|c| c.to_zoned(zone.clone()))
        .map(|z| z.timestamp())
        .map_err(|_| format!("{text} is no time; write 2026-11-22 or 2026-11-22T09:30"))
}

/// Gives each wanted entry to `say`. Somebody who has read enough (`| head`) is no error.
fn each(wanted: &Wanted, kind: Option<Kind>, mut say: impl FnMut(&Row) -> std::io::Result<()>) -> Outcome {
    let config = common::config(&wanted.config)?;
    let mut filter = wanted.filter(&config)?;
    filter.kind = filter.kind.or(kind);
    let mut written = Ok(());
    common::block_on(async {
        let each = |row| {
            written = say(&row);
            written.is_ok()
        };
        store::audit_file(&config.store.url, &filter, each).await
    })?
    .map_err(|e| e.to_string())?;
    match written {
        Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => Err(e.to_string()),
        _ => Ok(ExitCode::SUCCESS),
    }
}

fn verify(config: &std::path::Path, head: Option<Head>) -> Outcome {
    let config = common::config(config)?;
    match common::block_on(store::verify_file(&config.store.url, head))?.map_err(|e| e.to_string())? {
        Ok(head) => {
            println!("ok: {} entries, head {head}", head.seq);
            Ok(ExitCode::SUCCESS)
        }
        Err(broken) => {
            println!("BROKEN: {broken}");
            Ok(ExitCode::FAILURE)
        }
    }
}

/// Each decision, and below it what became of it.
fn trace(wanted: &Wanted) -> Outcome {
    let mut mails = 0;
    each(wanted, Some(Kind::Decision), |row| {
        let e = &row.entry;
        mails += 1;
        let mut out = std::io::stdout();
        writeln!(out, "{}  {}  {}", e.at, e.action, e.sender.as_deref().unwrap_or("<>"))?;
        writeln!(out, "  subject      {}", clean(e.subject.as_deref().unwrap_or("-")))?;
        writeln!(out, "  message-id   {}", clean(e.message_id.as_deref().unwrap_or("-")))?;
        writeln!(out, "  recipients   {}: {}", e.recipients.len(), clean(&e.recipients.join(", ")))?;
        if !e.attachments.is_empty() {
            writeln!(out, "  attachments  {}", clean(&e.attachments.join(", ")))?;
        }
        if let Some(case) = &e.case {
            writeln!(out, "  case         {case}")?;
        }
        for rule in &e.rules {
            writeln!(out, "  rule         {} ({}) → {}", rule.id, rule.mode, rule.incidents.join(", "))?;
        }
        writeln!(out, "  sha-256      {}", e.sha256.as_deref().unwrap_or("-"))
    })
}

/// One entry on one line.
fn line(row: &Row) -> String {
    let e = &row.entry;
    let mut words =
        vec![format!("{:>8}", row.seq), e.at.to_string(), e.kind.name().to_string(), e.action.clone()];
    let mut add = |name: &str, value: Option<&str>| {
        if let Some(value) = value.filter(|v| !v.is_empty()) {
            words.push(format!("{name}={}", clean(value)));
        }
    };
    add("mail", e.mail.as_deref());
    add("case", e.case.as_deref());
    add("from", e.sender.as_deref());
    let to = recipients(e);
    add("to", to.as_deref());
    add("subject", e.subject.as_deref());
    let rules: Vec<&str> = e.rules.iter().map(|r| r.id.as_str()).collect();
    add("rules", Some(&rules.join(",")));
    let mut incidents: Vec<&str> = e.rules.iter().flat_map(|r| &r.incidents).map(String::as_str).collect();
    incidents.sort_unstable();
    incidents.dedup();
    add("incidents", Some(&incidents.join(",")));
    add("by", e.actor.as_deref());
    add("reason", e.reason.as_deref());
    words.join("  ")
}

fn recipients(e: &Entry) -> Option<String> {
    match e.recipients.as_slice() {
        [] => None,
        [one] => Some(one.clone()),
        [first, rest @ ..] => Some(format!("{first}+{}", rest.len())),
    }
}

/// Safe for a terminal: control characters become spaces.
fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_people_write_them() {
        let tokyo = TimeZone::fixed(jiff::tz::Offset::constant(9));
        for text in ["2026-11-22", "2026-11-22T00:00", "2026-11-21T15:00:00Z"] {
            let read = time(text, &tokyo).map(|t| t.to_string());
            assert_eq!(read.as_deref(), Ok("2026-11-21T15:00:00Z"), "{text}");
        }
        assert!(time("yesterday", &tokyo).is_err());
    }
}
