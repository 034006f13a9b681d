//! Proves the audit log by itself: some minutes after the start, and then once a day, in steps that let mail go
//! first. The result is kept; a broken chain is told to the admins.

use std::time::Duration;

use audit::entry::Kind;
use guard::Current;
use store::proofs::Proof;
use store::{self, QueuedNotice, Store};

/// So long after the start the log is proved for the first time: what waits at a start goes first.
const FIRST: Duration = Duration::from_secs(10 * 60);
const EVERY: Duration = Duration::from_secs(24 * 3_600);
/// After an error.
const AGAIN: Duration = Duration::from_secs(10 * 60);
/// Between two steps of a thousand entries.
const BREATH: Duration = Duration::from_millis(20);
/// One process of those that share the store proves; another takes over after so long.
const LEASE: Duration = Duration::from_secs(3_600);

/// Runs until `stop` is ready. A proof that is under way then is given up; the next start makes it anew.
pub async fn run(store: Store, current: Current, stop: impl Future<Output = ()>) {
    let mut stop = std::pin::pin!(stop);
    let mut pause = FIRST;
    loop {
        tokio::select! {
            () = &mut stop => return,
            () = tokio::time::sleep(pause) => {}
        }
        let done = async {
            match store.lease("prove", LEASE).await? {
                true => prove(&store, &current, BREATH).await.map(|_| ()),
                false => Ok(()),
            }
        };
        pause = tokio::select! {
            () = &mut stop => return,
            done = done => match done {
                Ok(()) => EVERY,
                Err(error) => {
                    tracing::error!(%error, "the audit log could not be proved; trying again");
                    AGAIN
                }
            }
        };
    }
}

/// Proves the log once, keeps the result, and tells the admins of a broken chain: once in three days while it
/// stays broken at the same entry.
pub async fn prove(store: &Store, current: &Current, breath: Duration) -> store::Result<Proof> {
    let proof = store.prove("sekisho", breath).await?;
    let notice = proof.broken().and_then(|broken| {
        tracing::error!(entry = broken.seq, "the chain of the audit log is broken");
        let admins = current.get().organization.admins.clone();
        let mut notice = notice::Notice::new(notice::Kind::LogBroken, admins, proof.at);
        notice.reason = Some(broken.to_string());
        let once = Some(format!("log-broken/{}", broken.seq));
        // A telling is plain data; there is nothing in it that JSON cannot hold.
        let body = serde_json::to_value(&notice).unwrap_or_default();
        (!notice.to.is_empty()).then(|| QueuedNotice { once, ..body.into() })
    });
    if let Some(head) = proof.head() {
        tracing::info!(entries = head.seq, "the audit log is whole");
    }
    store.keep_proof(&proof, proof.entry(Kind::Service), notice).await?;
    Ok(proof)
}

#[cfg(test)]
mod tests {
    use sqlx::{ConnectOptions as _, Executor as _};

    use super::*;
    use audit::entry::Entry;
    use facts::Organization;
    use guard::Policy;
    use store::Decision;
    use terms::clock::Clock;

    struct Place {
        store: Store,
        current: Current,
        clock: Clock,
        folder: tempfile::TempDir,
    }

    async fn open(folder: &tempfile::TempDir, clock: &Clock) -> Store {
        let options = store::Options {
            url: format!("sqlite:{}", folder.path().join("s.db").display()),
            key_file: Some(folder.path().join("s.key")),
        };
        let vault = options.vault().expect("a key");
        Store::open(&options, vault, clock.clone(), "n1").await.expect("it opens")
    }

    async fn place() -> Place {
        let folder = tempfile::tempdir().expect("a folder");
        let clock = Clock::manual("2026-11-22T00:00:00Z".parse().expect("a time"));
        let store = open(&folder, &clock).await;
        let mut organization = Organization::new("みほん市", &["city.example.jp"]);
        organization.admins = vec!["joho@city.example.jp".into()];
        let current = Current::new(Policy::embedded(organization).expect("the house loads"));
        for _ in 0..5 {
            let entry = Entry::new(clock.now(), Kind::Decision, "pass");
            let decision = Decision { entry, history: None, notices: Vec::new() };
            store.record(decision).await.expect("it is recorded");
        }
        Place { store, current, clock, folder }
    }

    impl Place {
        async fn prove(&self) -> Proof {
            prove(&self.store, &self.current, Duration::ZERO).await.expect("the store answers")
        }

        /// Changes the log past everything that guards it.
        async fn tamper(&self, sql: &str) {
            let file = self.folder.path().join("s.db");
            let options = sqlx::sqlite::SqliteConnectOptions::new().filename(file);
            let mut connection = options.connect().await.expect("it opens");
            connection.execute(sqlx::AssertSqlSafe(sql.to_string())).await.expect("it is changed");
        }

        async fn told(&self) -> Vec<notice::Notice> {
            self.clock.advance(store::notices::SETTLE);
            let due = self.store.notices_due(100).await.expect("the store answers");
            due.into_iter().map(|due| serde_json::from_value(due.body).expect("a telling")).collect()
        }
    }

    #[tokio::test]
    async fn a_whole_log_is_proved_and_the_result_survives_a_restart() {
        let place = place().await;
        assert_eq!(place.store.last_proof().await.expect("an answer"), None);
        let proof = place.prove().await;
        assert_eq!(proof.head().map(|head| head.seq), Some(5));
        // The proof is an entry itself, and the next proof goes beyond it.
        assert_eq!(place.prove().await.head().map(|head| head.seq), Some(6));
        assert!(place.told().await.is_empty());
        place.store.close().await;
        let again = open(&place.folder, &place.clock).await;
        let last = again.last_proof().await.expect("an answer").expect("a proof");
        assert_eq!((last.who.as_str(), last.head().map(|head| head.seq)), ("sekisho", Some(6)));
        let file = format!("sqlite:{}", place.folder.path().join("s.db").display());
        assert_eq!(store::proofs::proof_in_file(&file).await.expect("an answer"), Some(last));
    }

    #[tokio::test]
    async fn a_broken_chain_is_told_to_the_admins_once_in_three_days() {
        let place = place().await;
        place.prove().await;
        place.tamper("UPDATE audit SET entry = replace(entry, 'pass', 'hold') WHERE seq = 3").await;
        for _ in 0..2 {
            let proof = place.prove().await;
            assert_eq!(proof.broken().map(|broken| broken.seq), Some(3));
        }
        let told = place.told().await;
        assert_eq!(told.len(), 1, "{told:?}");
        assert_eq!(
            (told[0].kind, told[0].to.as_slice()),
            (notice::Kind::LogBroken, &["joho@city.example.jp".to_string()][..])
        );
        assert!(told[0].reason.as_deref().is_some_and(|why| why.starts_with("entry 3: ")), "{told:?}");
        let last = place.store.last_proof().await.expect("an answer").expect("a proof");
        assert_eq!(last.broken().map(|broken| broken.seq), Some(3));
    }

    #[tokio::test]
    async fn a_tail_that_was_cut_off_since_the_last_proof_shows() {
        let place = place().await;
        assert_eq!(place.prove().await.head().map(|head| head.seq), Some(5));
        place.tamper("DELETE FROM audit WHERE seq > 3").await;
        let result = place.store.prove("sekisho", Duration::ZERO).await.expect("an answer").result;
        assert_eq!(result.map_err(|broken| broken.seq), Err(4));
    }
}
