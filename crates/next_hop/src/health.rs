//! What is wrong with the next hop beyond one connection: faults that an admin must hear of, and a
//! password that was refused, which is not tried again at every mail.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::error::HopError;

/// How long a refused password is not tried again, the first time; then twice as long each time.
const FIRST_WAIT: Duration = Duration::from_secs(60);
/// At most so long.
const LAST_WAIT: Duration = Duration::from_secs(3_600);

/// A fault that does not pass without somebody's work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The next hop is this Sekisho itself.
    Itself,
    /// The next hop refused the name and password.
    LoginRefused,
}

impl Fault {
    /// A word for notices and the log.
    pub fn name(self) -> &'static str {
        match self {
            Fault::Itself => "next-hop-itself",
            Fault::LoginRefused => "next-hop-login",
        }
    }
}

/// Where faults are told.
pub(super) struct Faults(watch::Sender<Option<Fault>>);

impl Default for Faults {
    fn default() -> Self {
        Faults(watch::Sender::new(None))
    }
}

impl Faults {
    /// Notes a fault. It is an ERROR in the log once, until it is over.
    pub(super) fn found(&self, fault: Fault) {
        let new = self.0.send_if_modified(|now| now.replace(fault) != Some(fault));
        if new {
            match fault {
                Fault::Itself => tracing::error!(
                    "the next hop greets as this Sekisho; no mail can leave until [next_hop] url is right"
                ),
                Fault::LoginRefused => tracing::error!(
                    "the next hop refuses the name and password; no mail can leave until they are right"
                ),
            }
        }
    }

    /// A connection was made: nothing is wrong.
    pub(super) fn over(&self) {
        self.0.send_if_modified(|now| now.take().is_some());
    }

    pub(super) fn subscribe(&self) -> watch::Receiver<Option<Fault>> {
        self.0.subscribe()
    }
}

/// When a password may be tried.
#[derive(Default)]
pub(super) struct Logins(Mutex<Option<(Instant, Duration)>>);

impl Logins {
    /// Whether the password may be tried now.
    pub(super) fn may_try(&self, now: Instant) -> bool {
        let state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.is_none_or(|(until, _)| now >= until)
    }

    /// Takes the outcome in: a password that was refused for good waits, since servers lock accounts that
    /// are tried over and over.
    pub(super) fn took(&self, outcome: &Result<(), HopError>, now: Instant) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match outcome {
            Ok(()) => *state = None,
            Err(HopError::Refused { reply, .. }) if reply.is_permanent() => {
                let wait = state.map_or(FIRST_WAIT, |(_, wait)| (wait * 2).min(LAST_WAIT));
                *state = Some((now + wait, wait));
            }
            Err(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use smtp::reply::Reply;

    fn refused(code: u16) -> Result<(), HopError> {
        Err(HopError::Refused { stage: "AUTH", reply: Reply::new(code, "no") })
    }

    #[test]
    fn a_refused_password_waits_longer_each_time() {
        let logins = Logins::default();
        let mut now = Instant::now();
        let second = Duration::from_secs(1);
        logins.took(&refused(454), now);
        assert!(logins.may_try(now), "a server that cannot say now is asked again");
        for wait in [60, 120, 240] {
            logins.took(&refused(535), now);
            assert!(!logins.may_try(now + second * (wait - 1)));
            now += second * wait;
            assert!(logins.may_try(now));
        }
        logins.took(&Ok(()), now);
        logins.took(&refused(535), now);
        assert!(logins.may_try(now + second * 60));
    }

    #[test]
    fn a_fault_is_told_once_until_it_is_over() {
        let faults = Faults::default();
        let mut told = faults.subscribe();
        faults.found(Fault::LoginRefused);
        assert!(told.has_changed().unwrap());
        assert_eq!(*told.borrow_and_update(), Some(Fault::LoginRefused));
        faults.found(Fault::LoginRefused);
        assert!(!told.has_changed().unwrap());
        faults.over();
        assert_eq!(*told.borrow_and_update(), None);
    }
}
