//! Passwords: hashed with argon2id, compared with as much work whether the account exists or not, and
//! never more than a few at a time, so that trying them cannot take the processor from the mail.

use std::sync::LazyLock;
use std::time::Duration;

use argon2::Argon2;
use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use tokio::sync::Semaphore;

use super::error_page::Fault;

/// A shorter password is refused (NIST SP 800-63B section 3.1.1.2 asks for 15 where it stands alone,
/// 8 at the least).
const SHORTEST: usize = 12;
/// A longer one too; argon2 would take its time for it.
const LONGEST: usize = 1_024;
/// So many are hashed at the same time; each takes 19 MiB and some ten milliseconds.
const AT_ONCE: usize = 2;
/// Whoever has waited so long for their turn is asked to come back.
const PATIENCE: Duration = Duration::from_secs(5);

/// The turns at hashing.
pub struct Turns(Semaphore);

impl Default for Turns {
    fn default() -> Self {
        Turns(Semaphore::new(AT_ONCE))
    }
}

impl Turns {
    /// Whether the password is the one of the hash. Takes as long where there is no hash.
    pub async fn is_right(&self, hash: Option<String>, password: String) -> Result<bool, Fault> {
        self.take(move || verify(hash, &password)).await
    }

    /// A password's hash.
    pub async fn hash(&self, password: String) -> Result<String, Fault> {
        self.take(move || hash_password(&password)).await?.map_err(|error| {
            tracing::error!(%error, "a password could not be hashed");
            Fault::Internal
        })
    }

    async fn take<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Fault> {
        let turn = tokio::time::timeout(PATIENCE, self.0.acquire()).await;
        let _turn = turn.map_err(|_| Fault::TooMany)?.map_err(|_| Fault::Internal)?;
        tokio::task::spawn_blocking(work).await.map_err(|_| Fault::Internal)
    }
}

fn verify(hash: Option<String>, password: &str) -> bool {
    static NOBODY: LazyLock<String> = LazyLock::new(|| hash_password("nobody").unwrap_or_default());
    let known = hash.is_some();
    let hash = hash.unwrap_or_else(|| NOBODY.clone());
    let same = PasswordHash::new(&hash)
        .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok());
    same && known && password.len() <= LONGEST
}

/// Hashes a password with argon2id (RFC 9106), in the PHC string format.
///
/// # Errors
/// Where the system gives no random numbers.
pub fn hash_password(password: &str) -> Result<String, String> {
    let mut salt = [0u8; 16];
    getrandom::fill(&mut salt).map_err(|e| e.to_string())?;
    let salt = SaltString::encode_b64(&salt).map_err(|e| e.to_string())?;
    let hash = Argon2::default().hash_password(password.as_bytes(), &salt).map_err(|e| e.to_string())?;
    Ok(hash.to_string())
}

/// Why a password is not taken for the account of that address, in Japanese and English; none where it is.
pub fn weakness(password: &str, address: &str) -> Option<(&'static str, &'static str)> {
    let lower = password.to_lowercase();
    let person = address.split('@').next().unwrap_or_default();
    let mut different: Vec<char> = lower.chars().collect();
    different.sort_unstable();
    different.dedup();
    if password.chars().count() < SHORTEST {
        Some((
            "パスワードは12文字以上にしてください。",
            "The password is too short: give at least 12 characters.",
        ))
    } else if password.len() > LONGEST {
        Some(("パスワードが長すぎます。", "The password is too long."))
    } else if different.len() < 4 || (person.len() > 3 && lower.starts_with(person)) {
        Some((
            "推測されやすいパスワードです。別のものにしてください。",
            "The password is easy to guess: choose another.",
        ))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_long_and_not_plain() {
        let of = |password: &str| weakness(password, "hana@city.example.jp").is_none();
        assert!(of("correct horse battery"));
        assert!(of("きょうのひるはうどんにする"));
        for weak in
            ["", "short", "aaaaaaaaaaaaaaaa", "121212121212", "hana@city.example.jp", &"xyzw1".repeat(300)]
        {
            assert!(!of(weak), "{weak}");
        }
    }

    #[tokio::test]
    async fn only_the_right_password_is_right() {
        let turns = Turns::default();
        let hash = turns.hash("correct horse battery".into()).await.unwrap();
        assert!(turns.is_right(Some(hash.clone()), "correct horse battery".into()).await.unwrap());
        assert!(!turns.is_right(Some(hash), "wrong horse battery".into()).await.unwrap());
        assert!(!turns.is_right(None, "nobody".into()).await.unwrap());
        assert!(!turns.is_right(Some("no hash".into()), "nobody".into()).await.unwrap());
    }
}
