//! The vault seals what must not be read from the database file: message bytes and envelopes.
//! XChaCha20-Poly1305 (RFC 8439, with the 192-bit nonce) with one 32-byte key from a key file; each
//! sealed text is bound to the identity of its row, so that it opens nowhere else.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::sync::Arc;

use chacha20poly1305::aead::{Aead, AeadInOut, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use sha2::{Digest, Sha256};

use super::error::{Error, Result};
use audit::chain::{hex, unhex};

const NONCE: usize = 24;
/// The authentication tag behind the text (RFC 8439 section 2.5).
const TAG: usize = 16;

/// Seals and opens. Cheap to clone.
#[derive(Clone)]
pub struct Vault(Arc<StoreInner>);

struct StoreInner {
    cipher: XChaCha20Poly1305,
    key: [u8; 32],
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Vault")
    }
}

impl Vault {
    /// A vault with this key.
    pub fn with_key(key: [u8; 32]) -> Self {
        let cipher = XChaCha20Poly1305::new(&Key::from(key));
        Vault(Arc::new(StoreInner { cipher, key }))
    }

    /// Reads the key file: 64 hexadecimal digits, readable by its owner alone. Where there is none and
    /// the database is new as well, a key is made; with an existing database a missing key is an
    /// error, because a new key could open nothing that is held there.
    pub fn open(path: &Path, database_is_new: bool) -> Result<Self> {
        let at = |why: String| Error::KeyFile { path: path.to_path_buf(), why };
        match File::open(path) {
            Ok(file) => read_key(file).map(Vault::with_key).map_err(at),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound && database_is_new => {
                let key = random::<32>()?;
                write_key(path, &key).map_err(|e| at(e.to_string()))?;
                tracing::warn!(
                    path = %path.display(),
                    "a new key was made for held mail; back it up apart from the database: without it \
                     held mail cannot be opened"
                );
                Ok(Vault::with_key(key))
            }
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                Err(at("the key file is missing, but the database exists; restore the key from its backup"
                    .into()))
            }
            Err(e) => Err(at(e.to_string())),
        }
    }

    /// Seals `plain` for the row that `identity` names.
    pub fn seal(&self, identity: &str, plain: &[u8]) -> Result<Vec<u8>> {
        self.seal_pieces(identity, &[plain])
    }

    /// As [`Vault::seal`], of what the pieces make together. Needs memory for one copy of them: that copy is
    /// encrypted where it stands.
    pub fn seal_pieces(&self, identity: &str, pieces: &[&[u8]]) -> Result<Vec<u8>> {
        let nonce = random::<NONCE>()?;
        let size: usize = pieces.iter().map(|piece| piece.len()).sum();
        let mut bytes = Vec::with_capacity(NONCE + size + TAG);
        bytes.extend_from_slice(&nonce);
        for piece in pieces {
            bytes.extend_from_slice(piece);
        }
        let (_, text) = bytes.split_at_mut(NONCE);
        let tag = self
            .0
            .cipher
            .encrypt_inout_detached(&XNonce::from(nonce), identity.as_bytes(), text.into())
            .map_err(|_| Error::Malformed("too large to be sealed".into()))?;
        bytes.extend_from_slice(&tag);
        Ok(bytes)
    }

    /// Opens what was sealed for the row that `identity` names; `what` names it in the error.
    pub fn open_sealed(&self, what: &'static str, identity: &str, sealed: &[u8]) -> Result<Vec<u8>> {
        let (nonce, text) = sealed.split_first_chunk::<NONCE>().ok_or(Error::SealedOutgoing(what))?;
        let payload = Payload { msg: text, aad: identity.as_bytes() };
        self.0.cipher.decrypt(&XNonce::from(*nonce), payload).map_err(|_| Error::SealedOutgoing(what))
    }

    /// A key for another purpose, from which this one cannot be found.
    pub fn derive(&self, purpose: &str) -> [u8; 32] {
        let mut hasher = Sha256::new();
        hasher.update(b"sekisho derived key\n");
        hasher.update(self.0.key);
        hasher.update(purpose.as_bytes());
        hasher.finalize().into()
    }
}

/// Random bytes of the system.
pub(super) fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|e| Error::Random(e.to_string()))?;
    Ok(bytes)
}

fn read_key(mut file: File) -> std::result::Result<[u8; 32], String> {
    let mode = file.metadata().map_err(|e| e.to_string())?.permissions().mode();
    if mode & 0o077 != 0 {
        return Err(format!("the key file can be read by others (mode {:03o}); make it 0600", mode & 0o777));
    }
    let mut text = String::new();
    (&mut file).take(1_024).read_to_string(&mut text).map_err(|e| e.to_string())?;
    unhex(text.trim())
        .and_then(|key| key.try_into().ok())
        .ok_or_else(|| "the key file must hold 64 hexadecimal digits".into())
}

/// Writes the key so that it is whole or absent, whenever the power fails.
fn write_key(path: &Path, key: &[u8; 32]) -> std::io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    fs::create_dir_all(folder)?;
    let mut name = path.as_os_str().to_os_string();
    name.push(".new");
    let unfinished = Path::new(&name);
    let _ = fs::remove_file(unfinished);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(unfinished)?;
    writeln!(file, "{}", hex(key))?;
    file.sync_all()?;
    // A link, unlike a rename, fails where another process was quicker, and never replaces its key.
    fs::hard_link(unfinished, path)?;
    fs::remove_file(unfinished)?;
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_key_is_made_once_and_only_for_a_new_database() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/sekisho.key");
        assert!(matches!(Vault::open(&path, false), Err(Error::KeyFile { .. })));
        let made = Vault::open(&path, true).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let again = Vault::open(&path, false).unwrap();
        let sealed = made.seal("row", b"text").unwrap();
        assert_eq!(again.open_sealed("it", "row", &sealed).unwrap(), b"text");
    }

    #[test]
    fn a_key_that_others_can_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("k");
        Vault::open(&path, true).unwrap();
        for mode in [0o640, 0o604, 0o660] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let error = Vault::open(&path, false).unwrap_err().to_string();
            assert!(error.contains("read by others"), "{error}");
        }
    }

    #[test]
    fn a_key_file_with_something_else_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("k");
        Vault::open(&path, true).unwrap();
        for text in ["", "abc", &"g".repeat(64), &"a".repeat(63), &"a".repeat(66)] {
            fs::write(&path, text).unwrap();
            assert!(Vault::open(&path, true).is_err(), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn only_the_same_row_and_the_same_bytes_open(
            plain in proptest::collection::vec(any::<u8>(), 0..200),
            at in any::<prop::sample::Index>(), bit in 0u8..8,
        ) {
            let vault = Vault::with_key([7; 32]);
            let sealed = vault.seal("part/1", &plain).unwrap();
            prop_assert_eq!(vault.open_sealed("it", "part/1", &sealed).unwrap(), plain);
            prop_assert!(vault.open_sealed("it", "part/2", &sealed).is_err());
            prop_assert!(Vault::with_key([8; 32]).open_sealed("it", "part/1", &sealed).is_err());
            let mut changed = sealed.clone();
            let at = at.index(changed.len());
            changed[at] ^= 1 << bit;
            prop_assert!(vault.open_sealed("it", "part/1", &changed).is_err());
            prop_assert!(vault.open_sealed("it", "part/1", &sealed[..at]).is_err());
        }
    }
}
