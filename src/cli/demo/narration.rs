//! What the demo prints, in Japanese or English: what this is, each incident with what was sent and
//! what became of it, what really arrived, and how to try it oneself.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::Path;

use super::story::{Released, Tally};
use crate::cli::play::{Play, Played};
use crate::cli::replay::grouped;
use crate::cli::text::{self, Cell, Ink, Inks};
use audit::chain::{Head, hex};
use audit::entry::Entry;
use facts::Language;
use store::Case;

/// How many cited incidents a line names.
const CITED: usize = 2;

/// Whoever tells it, and how.
pub struct Narration {
    pub language: Language,
    inks: Inks,
    width: usize,
}

impl Narration {
    pub fn new(language: Language) -> Self {
        Narration { language, inks: Inks::of_stdout(), width: text::terminal_width() }
    }

    fn t(&self, ja: &'static str, en: &'static str) -> &'static str {
        match self.language {
            Language::Ja => ja,
            Language::En => en,
        }
    }

    /// The first lines: what this is.
    pub fn opening(&self, incidents: usize) -> String {
        let what = match self.language {
            Language::Ja => format!(
                "実際にあった{incidents}件の事件に似せたメールを、ここで立ち上げた中継サーバー（関所）に本物のSMTPで送ります。外へは何も出ません。"
            ),
            Language::En => format!(
                "Mail in the likeness of {incidents} real incidents goes over real SMTP to a relay that was started just now, within this program. Nothing leaves this machine."
            ),
        };
        let mut out = self.paragraph(&what, Ink::Strong);
        let [mark, note, verdict, rules, cited] = self.columns();
        out.push('\n');
        out.push_str(&self.inks.row(
            0,
            &[
                Cell("", mark, None),
                Cell(self.t("送ったもの", "what was sent"), note, Some(Ink::Soft)),
                Cell(self.t("判定", "verdict"), verdict, Some(Ink::Soft)),
                Cell(self.t("ルール", "rules"), rules, Some(Ink::Soft)),
                Cell(self.t("根拠の事件", "because of"), cited, Some(Ink::Soft)),
            ],
        ));
        out
    }

    /// One incident: a line of its own, then a row a step.
    pub fn incident(&self, play: &Play<'_>) -> String {
        let incident = play.incident;
        let title = format!("{}  {}", incident.id, self.language.of(&incident.organization));
        let mut out = format!("\n{}\n", self.inks.paint(Ink::Strong, &title));
        for step in &play.steps {
            out.push_str(&self.step(step, &incident.id));
        }
        out
    }

    fn step(&self, step: &Played<'_>, id: &str) -> String {
        let [mark, note, verdict, rules, cited] = self.columns();
        let good = step.faults.is_empty();
        let ink = if good { Ink::Good } else { Ink::Bad };
        let what = match step.times {
            1 => text::plain(step.note(self.language)),
            times => format!("{} ×{}", text::plain(step.note(self.language)), grouped(times)),
        };
        let mut out = self.inks.row(
            0,
            &[
                Cell(if good { "ok" } else { "NG" }, mark, Some(ink)),
                Cell(&what, note, None),
                Cell(step.got.label(self.language), verdict, Some(ink)),
                Cell(&step.got.rule_list(), rules, None),
                Cell(&self.cited(step, id), cited, None),
            ],
        );
        for fault in &step.faults {
            let said = text::plain(&fault.say(self.language));
            out.push_str(&self.inks.row(mark + 2, &[Cell(&said, self.width - mark - 4, Some(Ink::Bad))]));
        }
        out
    }

    /// The mail that a second person has released.
    pub fn released(&self, released: &Released) -> String {
        let [mark, note, verdict, rules, cited] = self.columns();
        let ink = if released.fault.is_none() { Ink::Good } else { Ink::Bad };
        let (before, after) = (released.visible_before, released.visible_after);
        let (what, seen) = match self.language {
            Language::Ja => (
                format!("案件 {} を別の人が確かめて送信", released.case),
                format!("受信者に見える社外アドレス: {before} → {after}"),
            ),
            Language::En => (
                format!("a second person releases case {}", released.case),
                format!("outside addresses that readers see: {before} → {after}"),
            ),
        };
        let said = released.fault.as_deref().unwrap_or(self.t("Bccに直して送信", "moved to Bcc"));
        self.inks.row(
            0,
            &[
                Cell(if released.fault.is_none() { "ok" } else { "NG" }, mark, Some(ink)),
                Cell(&what, note, None),
                Cell(said, verdict, Some(ink)),
                Cell(&seen, rules + cited + 2, None),
            ],
        )
    }

    /// The incidents that the matching rules cite: this one first.
    fn cited(&self, step: &Played<'_>, id: &str) -> String {
        let mut cited: Vec<&str> = Vec::new();
        for incident in step.got.rules.iter().flat_map(|r| &r.incidents) {
            if !cited.contains(&incident.as_str()) {
                cited.push(incident);
            }
        }
        cited.sort_by_key(|i| *i != id);
        let more = cited.len().saturating_sub(CITED);
        cited.truncate(CITED);
        let list = cited.join(", ");
        match (more, self.language) {
            (0, _) if list.is_empty() => "-".to_string(),
            (0, _) => list,
            (_, Language::Ja) => format!("{list} ほか{more}件"),
            (_, Language::En) => format!("{list} and {more} more"),
        }
    }

    /// What really arrived, and whether all of it came out as it must.
    pub fn closing(&self, tally: &Tally, proof: &Result<Head, String>, as_expected: bool) -> String {
        let n = grouped;
        let cases = n(tally.cases.len() as u64);
        let head = match self.language {
            Language::Ja => format!("{}通を送り、次のように届きました。", n(tally.sent)),
            Language::En => format!("{} mails were sent. This is what really arrived:", n(tally.sent)),
        };
        let mut out = format!("\n{}\n", self.inks.paint(Ink::Strong, &head));
        let mut line = |label: &str, count: &str, said: &str, good: bool| {
            let ink = if good { Ink::Good } else { Ink::Bad };
            let count = format!("{}{count}", " ".repeat(5usize.saturating_sub(text::width(count))));
            let rest = self.width.saturating_sub(22 + 5 + 6);
            let cells = [Cell(label, 22, None), Cell(&count, 5, Some(ink)), Cell(said, rest, None)];
            out.push_str(&self.inks.row(0, &cells));
        };
        line(
            self.t("そのまま届いた", "arrived as sent"),
            &n(tally.intact),
            self.t(
                "Received行を除き、送ったものと1バイトも違わない",
                "not a byte differs, but for the Received line",
            ),
            true,
        );
        let seen = match self.language {
            Language::Ja => format!(
                "受信者に見える社外アドレス: {} → {}、本文は1バイトも違わない",
                n(tally.visible_before as u64),
                tally.visible_after
            ),
            Language::En => format!(
                "outside addresses that readers see: {} → {}; not a byte of the body differs",
                n(tally.visible_before as u64),
                tally.visible_after
            ),
        };
        line(
            self.t("直して届いた", "arrived rewritten"),
            &n(tally.rewritten),
            &seen,
            tally.visible_after == 0,
        );
        let kept = match self.language {
            Language::Ja => format!(
                "{cases}件の案件として暗号化して保管。人が送信した{}件のほかは、何も届いていない",
                tally.released
            ),
            Language::En => format!(
                "kept encrypted as {cases} cases; nothing arrived but what a person released: {}",
                tally.released
            ),
        };
        line(self.t("保留した", "held"), &n(tally.kept), &kept, true);
        if tally.refused > 0 {
            line(
                self.t("拒否した", "rejected"),
                &n(tally.refused),
                self.t("何も届いていない", "nothing arrived"),
                true,
            );
        }
        if tally.wrong > 0 {
            line(self.t("おかしい", "wrong"), &n(tally.wrong), self.t("上の行を参照", "see above"), false);
        }
        match proof {
            Ok(head) => {
                let hash: String = hex(&head.hash).chars().take(16).collect();
                let told = match self.language {
                    Language::Ja => format!("鎖を初めから検証し、切れ目なし。先頭のハッシュ {hash}…"),
                    Language::En => format!("the chain was verified from its beginning; its head is {hash}…"),
                };
                line(
                    self.t("監査ログの記録", "audit entries"),
                    &grouped(head.seq.unsigned_abs()),
                    &told,
                    true,
                );
            }
            Err(broken) => line(self.t("監査ログ", "audit log"), "!", broken, false),
        }
        let verdict = match as_expected {
            true => self
                .inks
                .paint(Ink::Good, self.t("すべて期待どおりです。", "Everything came out as expected.")),
            false => self.inks.paint(
                Ink::Bad,
                self.t("期待と違うところがあります。", "Something came out otherwise than expected."),
            ),
        };
        let _ = writeln!(out, "\n{verdict}");
        out
    }

    /// The relay stays open: where, and how to try it.
    pub fn open_door(&self, address: SocketAddr, config: &Path) -> String {
        let open = match self.language {
            Language::Ja => {
                format!("中継サーバーは {address} で開いています（Ctrl-Cで終わります）。試してみるには:")
            }
            Language::En => format!("The relay stays open at {address} until Ctrl-C. To try it:"),
        };
        let to: Vec<String> = ["hanako", "taro", "jiro", "yuki", "ken", "mei"]
            .iter()
            .map(|name| format!("{name}@freemail.example"))
            .collect();
        let (to, config) = (to.join(","), config.display());
        format!(
            "\n{open}\n\n  swaks --server {address} --from you@city.example.jp \\\n    --to {to}\n  \
             sekisho hold list --config {config}\n  sekisho audit list --config {config}\n\n"
        )
    }

    /// Where the pages are, and how to get in.
    pub fn open_site(&self, site: &str, who: &str, password: &str, held: Option<(Case, String)>) -> String {
        let (site_is, sign_in, sender) = match self.language {
            Language::Ja => ("審査サイト:", "サインイン:", "送信者のページ"),
            Language::En => ("The review site:", "sign in as:", "Its sender's page"),
        };
        let mut out = format!("{site_is} {site}\n  {sign_in} {who}  {password}\n");
        if let Some((case, link)) = held {
            out.push_str(&format!("{sender} ({}):\n  {link}\n", case.id));
        }
        out.push('\n');
        out
    }

    /// One decision about a mail that somebody sent to the open relay. It names no address.
    pub fn decision(&self, entry: &Entry) -> String {
        let rules: Vec<&str> = entry.rules.iter().map(|r| r.id.as_str()).collect();
        let list = if rules.is_empty() { "-".to_string() } else { rules.join(", ") };
        let recipients = match self.language {
            Language::Ja => format!("宛先{}件", entry.recipients.len()),
            Language::En => format!("{} recipients", entry.recipients.len()),
        };
        self.inks.row(
            0,
            &[
                Cell(&entry.action, 8, Some(Ink::Strong)),
                Cell(&recipients, 14, None),
                Cell(&list, self.width.saturating_sub(30), None),
            ],
        )
    }

    fn paragraph(&self, text: &str, ink: Ink) -> String {
        text::wrap(text, self.width).iter().map(|line| self.inks.paint(ink, line) + "\n").collect()
    }

    /// The columns of the table: mark, what was sent, verdict, rules, incidents.
    fn columns(&self) -> [usize; 5] {
        let (mark, verdict, rules) = (2, 17, 22);
        let rest = self.width.saturating_sub(mark + verdict + rules + 10);
        let cited = rest * 2 / 5;
        [mark, rest - cited, verdict, rules, cited]
    }
}
