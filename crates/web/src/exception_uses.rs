//! How often each exception was used of late. The log is asked only for what came since the last look.

use std::collections::{BTreeMap, HashMap};

use jiff::ToSpan as _;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use tokio::sync::Mutex;

use audit::entry::Kind;
use store::{self, Store};
use terms::clock::Timestamp;

/// So many days count, today among them.
pub const DAYS: i32 = 30;

/// What was counted so far.
#[derive(Default)]
pub struct Uses(Mutex<Counted>);

#[derive(Default)]
struct Counted {
    /// The number of the last entry that was read, and its time.
    last: Option<(i64, Timestamp)>,
    by_mark: HashMap<String, BTreeMap<Date, u64>>,
}

impl Uses {
    /// How many mails each exception let pass a rule in the last days, by the exception's mark.
    pub async fn of_late(&self, store: &Store) -> store::Result<HashMap<String, u64>> {
        let now = store.clock().now();
        let first = day_of(now).saturating_sub((DAYS - 1).days());
        let since = first.to_zoned(TimeZone::UTC).map_or(Timestamp::MIN, |day| day.timestamp());
        let mut counted = self.0.lock().await;
        // Entries of one commit may stand a little out of the order of their times.
        let (after, from) = match counted.last {
            Some((seq, at)) => (seq, since.max(at - 1.hour())),
            None => (0, since),
        };
        for (seq, entry) in store.excepted_since(from, after).await? {
            counted.last =
                Some(counted.last.map_or((seq, entry.at), |(s, at)| (s.max(seq), at.max(entry.at))));
            if entry.kind != Kind::Decision {
                continue;
            }
            let evidence = entry.rules.iter().flat_map(|rule| &rule.evidence);
            for mark in evidence.filter(|e| e.starts_with("exception: ")) {
                let days = counted.by_mark.entry(mark.clone()).or_default();
                *days.entry(day_of(entry.at)).or_default() += 1;
            }
        }
        counted.by_mark.retain(|_, days| {
            *days = days.split_off(&first);
            !days.is_empty()
        });
        Ok(counted.by_mark.iter().map(|(mark, days)| (mark.clone(), days.values().sum())).collect())
    }
}

fn day_of(at: Timestamp) -> Date {
    TimeZone::UTC.to_datetime(at).date()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use audit::entry::{Entry, RuleHit};
    use store::{Decision, Options};
    use terms::clock::Clock;

    #[tokio::test]
    async fn uses_count_for_thirty_days_and_once() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("s.db").display());
        let options = Options { url, key_file: Some(folder.path().join("s.key")) };
        let clock = Clock::manual("2026-04-01T12:00:00Z".parse().unwrap());
        let store = Store::open(&options, options.vault().unwrap(), clock.clone(), "n1").await.unwrap();
        let uses = Uses::default();
        let mark = "exception: 定例 (it@city.example.jp, until 2026-12-31, no. 1)";
        let used = async |kind: Kind| {
            let mut entry = Entry::new(clock.now(), kind, "pass");
            let evidence = vec!["recipients.visible_parties = 12".into(), mark.into()];
            entry.rules = vec![RuleHit {
                id: "a".into(),
                action: "hold".into(),
                mode: "monitor".into(),
                incidents: vec![],
                evidence,
            }];
            store.record(Decision { entry, history: None, notices: vec![] }).await.unwrap();
        };
        let count = async || uses.of_late(&store).await.unwrap().get(mark).copied().unwrap_or(0);
        assert_eq!(count().await, 0);
        used(Kind::Decision).await;
        used(Kind::Case).await;
        assert_eq!((count().await, count().await), (1, 1));
        clock.advance(Duration::from_secs(20 * 86_400));
        used(Kind::Decision).await;
        assert_eq!(count().await, 2);
        clock.advance(Duration::from_secs(10 * 86_400));
        assert_eq!(count().await, 1, "the first is past");
        clock.advance(Duration::from_secs(30 * 86_400));
        assert_eq!(count().await, 0);
    }
}
