//! How often somebody may try a password: for each account, and for each address they come from. A try
//! counts before it is looked at, so that trying costs the house nothing.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use terms::clock::Timestamp;

/// So many wrong passwords in a row for one account, and then one every [`ACCOUNT_PACE`].
const ACCOUNT_TRIES: i64 = 10;
const ACCOUNT_PACE: i64 = 60_000;
/// So many from one address, and then one every [`ADDRESS_PACE`]; a house may share one.
const ADDRESS_TRIES: i64 = 30;
const ADDRESS_PACE: i64 = 20_000;
/// So many accounts and addresses are remembered; beyond, those nearest to being forgotten go.
const REMEMBERED: usize = 10_000;

/// The tries of late. A generic cell rate for each account and each address: a time that every try moves
/// on by the pace, and that may be ahead of now by so many paces.
#[derive(Default)]
pub struct Tries {
    accounts: Mutex<HashMap<String, i64>>,
    addresses: Mutex<HashMap<IpAddr, i64>>,
}

impl Tries {
    /// Counts a try.
    ///
    /// # Errors
    /// Seconds until the next one is allowed; then it does not count.
    pub fn count(&self, account: &str, from: IpAddr, now: Timestamp) -> Result<(), u64> {
        let now = now.as_millisecond();
        let (account, from) = (name_of(account), network(from));
        let mut addresses = lock(&self.addresses);
        let mut accounts = lock(&self.accounts);
        let of_address = next(&addresses, &from, now, ADDRESS_TRIES, ADDRESS_PACE)?;
        let of_account = next(&accounts, &account, now, ACCOUNT_TRIES, ACCOUNT_PACE)?;
        remember(&mut addresses, from, of_address, now);
        remember(&mut accounts, account, of_account, now);
        Ok(())
    }

    /// Counts a try that names no account.
    ///
    /// # Errors
    /// Seconds until the next one is allowed; then it does not count.
    #[cfg(feature = "oidc")]
    pub fn count_from(&self, from: IpAddr, now: Timestamp) -> Result<(), u64> {
        let (now, from) = (now.as_millisecond(), network(from));
        let mut addresses = lock(&self.addresses);
        let at = next(&addresses, &from, now, ADDRESS_TRIES, ADDRESS_PACE)?;
        remember(&mut addresses, from, at, now);
        Ok(())
    }

    /// The try was right: the account starts anew, and the address gets it back.
    pub fn succeeded(&self, account: &str, from: IpAddr) {
        lock(&self.accounts).remove(&name_of(account));
        self.succeeded_from(from);
    }

    /// The try of somebody who named no account was right.
    pub fn succeeded_from(&self, from: IpAddr) {
        if let Some(at) = lock(&self.addresses).get_mut(&network(from)) {
            *at = at.saturating_sub(ADDRESS_PACE);
        }
    }
}

/// An account as it is looked up. A longer name than an address can be is cut: it needs no memory.
fn name_of(account: &str) -> String {
    account.trim().chars().take(320).collect::<String>().to_lowercase()
}

/// An IPv4 address alone; of IPv6 the /64, because a single machine has all of it.
fn network(from: IpAddr) -> IpAddr {
    match from.to_canonical() {
        IpAddr::V4(v4) => IpAddr::V4(v4),
        IpAddr::V6(v6) => IpAddr::V6((v6.to_bits() >> 64 << 64).into()),
    }
}

/// The cell's time after a try now, or the seconds to wait.
fn next<K: Hash + Eq>(cells: &HashMap<K, i64>, key: &K, now: i64, tries: i64, pace: i64) -> Result<i64, u64> {
    let at = cells.get(key).copied().unwrap_or(now).max(now) + pace;
    let early = at - now - tries * pace;
    match early {
        ..=0 => Ok(at),
        early => Err(u64::try_from(early).unwrap_or(0).div_ceil(1_000)),
    }
}

fn remember<K: Hash + Eq + Clone>(cells: &mut HashMap<K, i64>, key: K, at: i64, now: i64) {
    if cells.len() >= REMEMBERED && !cells.contains_key(&key) {
        cells.retain(|_, at| *at > now);
    }
    if cells.len() >= REMEMBERED && !cells.contains_key(&key) {
        // A flood of made-up names; those of one try go before those that somebody is at.
        let mut times: Vec<i64> = cells.values().copied().collect();
        let (_, middle, _) = times.select_nth_unstable(REMEMBERED / 10);
        let middle = *middle;
        cells.retain(|_, at| *at > middle);
    }
    cells.insert(key, at);
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn ip(n: u32) -> IpAddr {
        IpAddr::V4((0xC000_0200 + n).into())
    }

    #[test]
    fn an_account_has_ten_tries_and_then_one_a_minute() {
        let tries = Tries::default();
        for n in 0..10 {
            assert_eq!(tries.count("Hana@city.example.jp ", ip(n), at(1_000)), Ok(()));
        }
        assert_eq!(tries.count("hana@city.example.jp", ip(99), at(1_000)), Err(60));
        assert_eq!(tries.count("hana@city.example.jp", ip(99), at(1_059)), Err(1));
        assert_eq!(tries.count("taro@city.example.jp", ip(99), at(1_000)), Ok(()));
        assert_eq!(tries.count("hana@city.example.jp", ip(99), at(1_060)), Ok(()));
        assert_eq!(tries.count("hana@city.example.jp", ip(99), at(1_060)), Err(60));
        tries.succeeded("hana@city.example.jp", ip(99));
        assert_eq!(tries.count("hana@city.example.jp", ip(99), at(1_060)), Ok(()));
    }

    #[test]
    fn an_address_has_thirty_and_all_of_a_64_is_one() {
        let tries = Tries::default();
        let six = |n: u128| IpAddr::V6((0x2001_0db8_0000_0000_0000_0000_0000_0000 + n).into());
        for n in 0..30 {
            assert_eq!(tries.count(&format!("{n}@example.jp"), six(n), at(1_000)), Ok(()));
        }
        assert_eq!(tries.count("x@example.jp", six(77), at(1_000)), Err(20));
        assert_eq!(tries.count("x@example.jp", six(1 << 64), at(1_000)), Ok(()));
    }

    #[test]
    fn a_flood_of_names_is_forgotten_before_whoever_is_tried_often() {
        let tries = Tries::default();
        for n in 0..10 {
            tries.count("hana@city.example.jp", ip(n), at(1_000)).unwrap();
        }
        for n in 0..40_000u32 {
            tries.count(&format!("{n}@example.jp"), ip(1_000 + n), at(1_001)).unwrap();
        }
        assert!(lock(&tries.accounts).len() <= REMEMBERED && lock(&tries.addresses).len() <= REMEMBERED);
        assert!(tries.count("hana@city.example.jp", ip(7), at(1_002)).is_err());
    }
}
