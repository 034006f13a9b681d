//! `sekisho report`: what was inspected, stopped and decided in a period, as text or as one HTML file; with
//! the head of the audit log and whether the log is whole.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use jiff::ToSpan as _;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::common::{self, Outcome};
use audit::chain::Head;
use audit::filter::Filter;
use audit::verify::Broken;
use casebook::{Bilingual, Casebook};
use facts::Language;
use store::tallies::{Counting, Waits, What, waits_in_file};
use store::{self, audit_file, verify_file};
use terms::clock::{Clock, Timestamp};
use web::chart::Bars;
use web::words;

/// Verdicts and ends, in the order in which they are told.
const VERDICTS: [&str; 5] = ["pass", "rewrite", "delay", "hold", "reject"];
const STOPPED: [&str; 4] = ["rewrite", "delay", "hold", "reject"];
const ENDS: [&str; 4] = ["released", "repaired", "cancelled", "expired"];

#[derive(clap::Args)]
pub struct Arguments {
    #[arg(long, value_name = "FILE", env = "SEKISHO_CONFIG", default_value = "/etc/sekisho/sekisho.toml")]
    config: PathBuf,
    /// The first day: 2026-11-01; by default 30 days with the last.
    #[arg(long, value_name = "DAY")]
    from: Option<Date>,
    /// The last day; by default today.
    #[arg(long, value_name = "DAY")]
    to: Option<Date>,
    /// Write one HTML file that needs nothing else, in the organisation's language.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

/// What happened in the period.
#[derive(askama::Template)]
#[template(path = "report.html")]
struct Report {
    language: Language,
    organization: String,
    from: Date,
    to: Date,
    made: String,
    total: Figures,
    /// What was decided over the period: of all mail, and without what passed, which is most.
    all: Bars,
    few: Bars,
    rules: Vec<(String, u64)>,
    watched: Vec<(String, u64)>,
    incidents: Vec<(String, Option<Bilingual>, u64)>,
    waits: Waits,
    proof: Result<Head, Broken>,
}

/// Counts by verdict and by end.
struct Figures {
    verdicts: BTreeMap<String, u64>,
    ends: BTreeMap<String, u64>,
}

impl Figures {
    fn of(counting: &Counting) -> Figures {
        Figures { verdicts: counting.sums(What::Verdict), ends: counting.sums(What::End) }
    }

    fn verdict(&self, name: &str) -> u64 {
        self.verdicts.get(name).copied().unwrap_or(0)
    }

    fn ended(&self, name: &str) -> u64 {
        self.ends.get(name).copied().unwrap_or(0)
    }

    fn mails(&self) -> u64 {
        self.verdicts.values().sum()
    }
}

pub fn run(arguments: &Arguments) -> Outcome {
    let (config, policy) = common::load(&arguments.config)?;
    let zone = config.zone()?;
    let now = Clock::system().now().to_zoned(zone.clone());
    let to = arguments.to.unwrap_or(now.date());
    let from = arguments.from.unwrap_or(to.saturating_sub(29.days()));
    if from > to {
        return Err(format!("--from {from} lies after --to {to}"));
    }
    let (since, until) = (start(from, &zone)?, start(to.saturating_add(1.day()), &zone)?);
    let url = &config.store.url;
    let (proof, counted, waits) = common::block_on(async {
        let proof = verify_file(url, None).await?;
        let counted = counted(url, since, until, &zone).await?;
        Ok::<_, store::Error>((proof, counted, waits_in_file(url, since, until).await?))
    })?
    .map_err(|e| e.to_string())?;
    let (total, days) = counted;
    let days = by_stretch(from, to, &days);
    let report = Report {
        language: policy.organization.language,
        organization: policy.organization.name.clone(),
        from,
        to,
        made: now.strftime("%Y-%m-%d %H:%M %Z").to_string(),
        rules: most(total.sums(What::Rule)),
        watched: most(total.sums(What::Monitor)),
        incidents: named(most(total.sums(What::Incident)), &policy.casebook),
        total: Figures::of(&total),
        all: Bars::new(&VERDICTS, &days),
        few: Bars::new(&STOPPED, &days),
        waits,
        proof,
    };
    match &arguments.html {
        Some(file) => {
            let html = askama::Template::render(&report).map_err(|e| e.to_string())?;
            std::fs::write(file, html).map_err(|e| format!("{}: {e}", file.display()))?;
        }
        None => print!("{}", report.text()),
    }
    Ok(ExitCode::from(u8::from(report.proof.is_err())))
}

/// The first moment of a day.
fn start(day: Date, zone: &TimeZone) -> Result<Timestamp, String> {
    day.to_zoned(zone.clone()).map(|start| start.timestamp()).map_err(|_| format!("{day} is out of range"))
}

/// The period counted up, as a whole and by day.
async fn counted(
    url: &str,
    since: Timestamp,
    until: Timestamp,
    zone: &TimeZone,
) -> store::Result<(Counting, BTreeMap<Date, Counting>)> {
    let (mut total, mut days) = (Counting::default(), BTreeMap::<Date, Counting>::new());
    let filter = Filter { since: Some(since), until: Some(until), ..Filter::default() };
    audit_file(url, &filter, |row| {
        total.add(&row.entry);
        days.entry(zone.to_datetime(row.entry.at).date()).or_default().add(&row.entry);
        true
    })
    .await?;
    Ok((total, days))
}

/// The verdicts of each day, those without mail included; of a long period those of each month or year.
fn by_stretch(from: Date, to: Date, days: &BTreeMap<Date, Counting>) -> Vec<(String, BTreeMap<String, u64>)> {
    let label = match (to - from).get_days() {
        ..=120 => "%-m/%-d",
        121..=3_660 => "%Y-%m",
        _ => "%Y",
    };
    let mut all: Vec<(String, BTreeMap<String, u64>)> = Vec::new();
    // The calendar ends in the year 9999.
    for day in from.series(1.day()).take_while(|day| *day <= to) {
        let label = day.strftime(label).to_string();
        if all.last().is_none_or(|(last, _)| *last != label) {
            all.push((label, BTreeMap::new()));
        }
        let (Some((_, sums)), Some(counting)) = (all.last_mut(), days.get(&day)) else { continue };
        for (name, count) in counting.sums(What::Verdict) {
            *sums.entry(name).or_default() += count;
        }
    }
    all
}

/// The most first.
fn most(counts: BTreeMap<String, u64>) -> Vec<(String, u64)> {
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    counts
}

fn named(incidents: Vec<(String, u64)>, book: &Casebook) -> Vec<(String, Option<Bilingual>, u64)> {
    let organization = |id: &str| book.get(id).map(|incident| incident.organization.clone());
    incidents.into_iter().map(|(id, count)| (id.clone(), organization(&id), count)).collect()
}

impl Report {
    /// For the shell, in English.
    fn text(&self) -> String {
        let mut out = String::new();
        // Writing to a string cannot fail.
        _ = writeln!(out, "{} to {}", self.from, self.to);
        _ = writeln!(out, "mails inspected  {}", self.total.mails());
        for name in VERDICTS {
            _ = writeln!(out, "  {name:<14} {}", self.total.verdict(name));
        }
        _ = writeln!(out, "held mail ended");
        for name in ENDS {
            _ = writeln!(out, "  {name:<14} {}", self.total.ended(name));
        }
        if self.waits.decisions > 0 {
            let (median, p90) = (self.waits.median / 1_000, self.waits.p90 / 1_000);
            _ = writeln!(out, "time to decision  median {median} s, nine of ten within {p90} s");
        }
        for (title, rules) in [("rules that bit", &self.rules), ("rules that only watched", &self.watched)] {
            if !rules.is_empty() {
                _ = writeln!(out, "{title}");
            }
            for (id, count) in rules {
                _ = writeln!(out, "  {id}  {count}");
            }
        }
        if !self.incidents.is_empty() {
            _ = writeln!(out, "incidents not repeated");
        }
        for (id, organization, count) in &self.incidents {
            let organization = organization.as_ref().map_or("", |name| name.en.as_str());
            _ = writeln!(out, "  {id}  {organization}  {count}");
        }
        _ = match &self.proof {
            Ok(head) => writeln!(out, "audit log  ok: {} entries, head {head}", head.seq),
            Err(broken) => writeln!(out, "audit log  BROKEN: {broken}"),
        };
        out
    }

    fn of<'a>(&self, ja: &'a str, en: &'a str) -> &'a str {
        match self.language {
            Language::Ja => ja,
            Language::En => en,
        }
    }

    fn tag(&self) -> &'static str {
        self.of("ja", "en")
    }

    fn word<'a>(&self, action: &'a str) -> &'a str {
        words::action_in(action, self.language)
    }

    /// A length of time in minutes, rounded up.
    fn minutes(&self, milliseconds: &i64) -> String {
        let minutes = milliseconds.max(&0).saturating_add(59_999) / 60_000;
        match self.language {
            Language::Ja => format!("{minutes}分"),
            Language::En => format!("{minutes} min"),
        }
    }
}
