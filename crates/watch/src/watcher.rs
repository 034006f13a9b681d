//! The task that tells the owners of a control in time: it looks when the daemon starts and every
//! hour, and leaves it to the store that each step is told once, restarts or not.

use std::collections::HashSet;
use std::future::Future;
use std::time::Duration;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use tokio::sync::watch;

use super::controls::{Control, Step, WhenExpired, days_left, due};
use audit::entry::{Entry, Kind as EntryKind};
use notice::{self, Cause, Notice};
use terms::clock::{Clock, Timestamp};

const EVERY: Duration = Duration::from_secs(60 * 60);
/// After the store could not be written to, it is tried again sooner.
const AGAIN: Duration = Duration::from_secs(60);

/// What remembers which steps have been told.
pub trait Warned: Send + Sync {
    /// Notes that the owners of a control are told of a step before its date, together with the
    /// telling and the audit entry, in one transaction. False where that was noted before; nothing
    /// is then written. A new date starts anew.
    fn warn_once(
        &self,
        control: &str,
        expires: Date,
        step: i64,
        notice: serde_json::Value,
        entry: Entry,
    ) -> impl Future<Output = Result<bool, String>> + Send;
}

/// What is watched.
#[derive(Clone, Debug)]
pub struct Watched {
    pub controls: Vec<Control>,
    /// Days are counted in it.
    pub zone: TimeZone,
    /// The rules and incidents that a warning cites; their reasons may be empty.
    pub causes: Vec<Cause>,
}

/// Watches the controls of the configuration in force.
pub struct Watcher<W> {
    watched: watch::Receiver<Watched>,
    clock: Clock,
    warned: W,
    /// Steps that this process knows to have been told, so that it does not ask every hour.
    known: HashSet<(String, Date, Step)>,
    /// The pause after a look, and after one that failed.
    pauses: (Duration, Duration),
}

impl<W: Warned> Watcher<W> {
    pub fn new(watched: watch::Receiver<Watched>, clock: Clock, warned: W) -> Self {
        Watcher { watched, clock, warned, known: HashSet::new(), pauses: (EVERY, AGAIN) }
    }

    /// Looks at once, every hour, and when there is something else to watch, until `stop` is ready. It
    /// stops only between two looks, so a warning is noted whole or not at all.
    pub async fn run(mut self, stop: impl Future<Output = ()>) {
        let mut stop = std::pin::pin!(stop);
        loop {
            let pause = match self.look().await {
                Ok(_) => self.pauses.0,
                Err(error) => {
                    tracing::error!(%error, "a warning of a control could not be noted; trying again soon");
                    self.pauses.1
                }
            };
            tokio::select! {
                () = &mut stop => return,
                // Where nobody is left to change it, only time goes on.
                Ok(()) = self.watched.changed() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Tells what is due now; how many warnings were new. Every control is tried, and the first
    /// error is returned after that.
    pub async fn look(&mut self) -> Result<usize, String> {
        let now = self.clock.now();
        let Watched { controls, zone, causes } = self.watched.borrow_and_update().clone();
        let today = now.to_zoned(zone).date();
        let mut told = 0;
        let mut fault = None;
        for control in &controls {
            let known = |step| self.known.contains(&(control.name.clone(), control.expires, step));
            let Some(step) = due(control, today, &known) else {
                continue;
            };
            let notice = notice(control, today, now, &causes);
            let entry = entry(control, step, now);
            let value = serde_json::to_value(&notice).map_err(|e| e.to_string())?;
            match self.warned.warn_once(&control.name, control.expires, step.0, value, entry).await {
                Ok(new) => {
                    self.known.insert((control.name.clone(), control.expires, step));
                    told += usize::from(new);
                    if new {
                        tracing::warn!(control = control.name, expires = %control.expires, %step, "the owners of a control are told of its end");
                    }
                }
                Err(error) => fault = fault.or(Some(error)),
            }
        }
        fault.map_or(Ok(told), Err)
    }
}

fn notice(control: &Control, today: Date, now: Timestamp, causes: &[Cause]) -> Notice {
    let days = days_left(control, today);
    let kind = if days < 0 { notice::Kind::ControlExpired } else { notice::Kind::ControlExpiring };
    Notice {
        causes: causes.to_vec(),
        control: Some(notice::Control {
            name: control.name.clone(),
            expires: control.expires.to_string(),
            days,
            enforced: control.when_expired == WhenExpired::Enforce,
        }),
        ..Notice::new(kind, control.owner.clone(), now)
    }
}

fn entry(control: &Control, step: Step, now: Timestamp) -> Entry {
    let action = if step == Step::EXPIRED { "expired" } else { "warned" };
    let mut entry = Entry::new(now, EntryKind::Control, action);
    entry.recipients = control.owner.clone();
    entry.actor = Some("sekisho".into());
    entry.reason = Some(control.name.clone());
    entry.notes = vec![format!("expires: {}", control.expires), format!("step: {step}")];
    entry
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    type Told = (String, Date, i64, Notice, Entry);

    /// A store as the watcher sees it, which outlives the watchers.
    #[derive(Clone, Default)]
    struct Memory {
        told: Arc<Mutex<Vec<Told>>>,
        asked: Arc<Mutex<usize>>,
        broken: Arc<Mutex<bool>>,
    }

    impl Warned for Memory {
        async fn warn_once(
            &self,
            control: &str,
            expires: Date,
            step: i64,
            notice: serde_json::Value,
            entry: Entry,
        ) -> Result<bool, String> {
            *self.asked.lock().expect("a lock") += 1;
            if *self.broken.lock().expect("a lock") {
                return Err("disk full".into());
            }
            let mut told = self.told.lock().expect("a lock");
            if told.iter().any(|t| (t.0.as_str(), t.1, t.2) == (control, expires, step)) {
                return Ok(false);
            }
            let notice = serde_json::from_value(notice).map_err(|e| e.to_string())?;
            told.push((control.into(), expires, step, notice, entry));
            Ok(true)
        }
    }

    impl Memory {
        fn steps(&self) -> Vec<(String, i64)> {
            self.told.lock().expect("a lock").iter().map(|t| (t.1.to_string(), t.2)).collect()
        }
    }

    fn control(expires: &str) -> Control {
        Control {
            name: "licence".into(),
            expires: expires.parse().expect("a date"),
            warn_days: vec![30, 7, 1],
            owner: vec!["mail-admin@city.example.jp".into(), "support@vendor.example".into()],
            when_expired: WhenExpired::Enforce,
        }
    }

    fn watcher(expires: &str, clock: &Clock, memory: &Memory) -> Watcher<Memory> {
        let zone = notice::zone(Some("Asia/Tokyo"), notice::Language::Ja).expect("a zone");
        let watched = Watched { controls: vec![control(expires)], zone, causes: Vec::new() };
        Watcher::new(watch::channel(watched).1, clock.clone(), memory.clone())
    }

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    #[tokio::test]
    async fn each_step_is_told_once_across_restarts_and_a_new_date_starts_anew() {
        let clock = Clock::manual(at("2026-10-01T00:00:00Z"));
        let memory = Memory::default();
        let mut running = watcher("2026-11-20", &clock, &memory);
        for hour in 0..24 * 60 {
            if hour % 50 == 0 {
                running = watcher("2026-11-20", &clock, &memory);
            }
            running.look().await.expect("the store works");
            clock.advance(EVERY);
        }
        let expected = [30, 7, 1, 0, -1].map(|step| ("2026-11-20".to_string(), step));
        assert_eq!(memory.steps(), expected);
        assert!(*memory.asked.lock().expect("a lock") < 60, "known steps are not asked for every hour");

        watcher("2026-12-03", &clock, &memory).look().await.expect("the store works");
        assert_eq!(memory.steps().last(), Some(&("2026-12-03".to_string(), 7)));
    }

    #[tokio::test]
    async fn the_day_turns_at_midnight_of_the_organisation() {
        let clock = Clock::manual(at("2026-11-20T14:59:59Z"));
        let memory = Memory::default();
        let mut running = watcher("2026-11-20", &clock, &memory);
        assert_eq!(running.look().await, Ok(1));
        clock.advance(Duration::from_secs(1));
        assert_eq!(running.look().await, Ok(1));
        assert_eq!(running.look().await, Ok(0));
        let told = memory.told.lock().expect("a lock");
        let kinds: Vec<notice::Kind> = told.iter().map(|t| t.3.kind).collect();
        assert_eq!(kinds, [notice::Kind::ControlExpiring, notice::Kind::ControlExpired]);
        let days: Vec<i64> = told.iter().filter_map(|t| t.3.control.as_ref().map(|c| c.days)).collect();
        assert_eq!(days, [0, -1]);
        assert_eq!(told[1].3.to, control("2026-11-20").owner);
        assert_eq!((told[0].4.action.as_str(), told[1].4.action.as_str()), ("warned", "expired"));
        assert_eq!(told[1].4.notes, ["expires: 2026-11-20", "step: expired"]);
    }

    #[tokio::test]
    async fn a_new_control_is_looked_at_at_once() {
        let clock = Clock::manual(at("2026-11-13T00:00:00Z"));
        let memory = Memory::default();
        let zone = notice::zone(None, notice::Language::Ja).expect("a zone");
        let none = Watched { controls: Vec::new(), zone, causes: Vec::new() };
        let (change, watched) = watch::channel(none.clone());
        let task =
            tokio::spawn(Watcher::new(watched, clock.clone(), memory.clone()).run(std::future::pending()));
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert!(memory.steps().is_empty());
        change.send_replace(Watched { controls: vec![control("2026-11-20")], ..none });
        let told = async {
            while memory.steps().is_empty() {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), told).await.expect("it looks at once");
        assert_eq!(memory.steps(), [("2026-11-20".to_string(), 7)]);
        task.abort();
    }

    #[tokio::test]
    async fn a_store_that_fails_is_tried_again_until_the_end() {
        let clock = Clock::manual(at("2026-11-13T00:00:00Z"));
        let memory = Memory::default();
        *memory.broken.lock().expect("a lock") = true;
        let mut running = watcher("2026-11-20", &clock, &memory);
        running.pauses = (EVERY, Duration::from_millis(2));
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let task = tokio::spawn(running.run(async {
            let _ = stopped.await;
        }));
        while *memory.asked.lock().expect("a lock") < 3 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        assert!(memory.steps().is_empty());
        *memory.broken.lock().expect("a lock") = false;
        while memory.steps().is_empty() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        assert_eq!(memory.steps(), [("2026-11-20".to_string(), 7)]);
        stop.send(()).expect("it listens");
        let ended = tokio::time::timeout(Duration::from_secs(10), task).await;
        ended.expect("it stops").expect("it did not fail");
    }
}
