//! DKIM signatures (RFC 6376) after a rewrite: those that cover a changed field are broken, so they
//! are dropped, and the message is signed anew where there is a key for its From domain.

use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;

use super::dkim_sign::{self, Claims, Key};
use super::params;
use super::{Field, Limits, Mail, Slot, read};
use terms::clock::Timestamp;

/// The fields that a new signature covers, where they are there.
const SIGNED: &[&str] = &[
    "from",
    "to",
    "cc",
    "subject",
    "date",
    "message-id",
    "reply-to",
    "sender",
    "in-reply-to",
    "references",
    "mime-version",
    "content-type",
    "content-transfer-encoding",
    "content-disposition",
    "list-id",
    "list-unsubscribe",
    "list-unsubscribe-post",
];
/// Of these it also covers that there is no more of them (RFC 6376 section 5.4.2), so that nobody
/// can add one.
const OVERSIGNED: &[&str] = &["from", "to", "cc", "subject", "date", "message-id", "reply-to"];

/// A key to sign with.
pub struct Signer {
    domain: String,
    selector: String,
    key: Key,
}

/// Why there is no signer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadKey {
    #[error("the file holds no private key in PEM form")]
    NotPem,
    #[error("the key is neither RSA nor Ed25519, or is damaged")]
    NotAKey,
    #[error("{0:?} is no domain or selector")]
    Name(String),
}

impl Signer {
    /// A signer for `domain` with the key in `pem`: RSA (PKCS #1 or #8) or Ed25519 (PKCS #8,
    /// RFC 8463).
    pub fn from_pem(domain: &str, selector: &str, pem: &[u8]) -> Result<Signer, BadKey> {
        for name in [domain, selector] {
            let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_');
            if name.is_empty() || !name.bytes().all(plain) {
                return Err(BadKey::Name(name.to_string()));
            }
        }
        let der = PrivateKeyDer::from_pem_slice(pem).map_err(|_| BadKey::NotPem)?;
        let key = Key::from_der(&der).ok_or(BadKey::NotAKey)?;
        Ok(Signer { domain: domain.to_ascii_lowercase(), selector: selector.to_string(), key })
    }

    /// `domain/selector`
    pub fn name(&self) -> String {
        format!("{}/{}", self.domain, self.selector)
    }

    /// Whether its signature is aligned with the From domain (RFC 7489 section 3.1.1, relaxed): the
    /// same domain, or one below it.
    fn signs_for(&self, domain: &str) -> bool {
        domain == self.domain || domain.strip_suffix(self.domain.as_str()).is_some_and(|d| d.ends_with('.'))
    }
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Signer({})", self.name())
    }
}

/// What became of the signatures; each is named `domain/selector`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DkimOutcome {
    /// Broken by the rewrite, and taken out.
    pub dropped: Vec<String>,
    /// The new one.
    pub resigned: Option<String>,
    /// Still valid, as far as the rewrite goes.
    pub kept: Vec<String>,
}

impl DkimOutcome {
    /// For the audit log; empty where there was no signature.
    pub fn notes(&self) -> Vec<String> {
        let told = |what: &str, names: &[String]| match names {
            [] => None,
            _ => Some(format!("dkim: {what} {}", names.join(", "))),
        };
        let resigned: Vec<String> = self.resigned.iter().cloned().collect();
        [told("dropped", &self.dropped), told("re-signed", &resigned), told("kept", &self.kept)]
            .into_iter()
            .flatten()
            .collect()
    }
}

/// Takes the signatures out of a rewritten message that the rewrite broke. Where one was taken out
/// and `signer` may sign for the From domain, a new one goes on top. `changed` are the names of the
/// fields that were changed, removed or added, in lower case; `now` goes into the signature.
pub fn resign_or_drop(
    rewritten: Vec<u8>,
    changed: &[String],
    signer: Option<&Signer>,
    now: Timestamp,
) -> (Vec<u8>, DkimOutcome) {
    let mut bytes = rewritten;
    let mut outcome = DkimOutcome::default();
    let mail = read(&bytes, &Limits::default());
    let signatures: Vec<&Field<'_>> = mail.header("DKIM-Signature").collect();
    let mut gone = Vec::new();
    for (field, broken) in signatures.iter().zip(broken(&signatures, changed)) {
        let name = Tags::of(field).name();
        if broken {
            gone.push(field.range.clone());
            outcome.dropped.push(name);
        } else {
            outcome.kept.push(name);
        }
    }
    let signer = signer.filter(|signer| !gone.is_empty() && may_sign(&mail, signer));
    // The message may be large: it is changed where it stands.
    for range in gone.into_iter().rev() {
        bytes.drain(range);
    }
    if let Some(signer) = signer
        && let Some(signature) = sign(&bytes, signer, now)
    {
        bytes.splice(..0, signature);
        outcome.resigned = Some(signer.name());
    }
    (bytes, outcome)
}

/// Which signatures cover a changed field, or the body where that was changed. One that covers other signatures is broken as well where
/// one of those goes.
fn broken(signatures: &[&Field<'_>], changed: &[String]) -> Vec<bool> {
    let covered: Vec<Option<Vec<String>>> = signatures.iter().map(|f| Tags::of(f).headers()).collect();
    let body = changed.iter().any(|name| name == super::rewrite::BODY);
    let mut broken: Vec<bool> = covered
        .iter()
        .map(|h| body || h.as_ref().is_none_or(|h| h.iter().any(|n| changed.contains(n))))
        .collect();
    if broken.contains(&true) {
        for (is_broken, headers) in broken.iter_mut().zip(&covered) {
            *is_broken |= headers.as_ref().is_some_and(|h| h.iter().any(|n| n == "dkim-signature"));
        }
    }
    broken
}

/// The tags of a signature (RFC 6376 section 3.2).
struct Tags<'x>(params::Value<'x>);

impl<'x> Tags<'x> {
    fn of(field: &Field<'x>) -> Tags<'x> {
        Tags(params::tags(field.value))
    }

    fn get(&self, name: &str) -> Option<String> {
        let value = self.0.raw(name)?;
        Some(value.iter().filter(|b| b.is_ascii_graphic()).map(|b| *b as char).take(4_000).collect())
    }

    /// `domain/selector`
    fn name(&self) -> String {
        let part = |n| self.get(n).unwrap_or_else(|| "?".into());
        format!("{}/{}", part("d"), part("s"))
    }

    /// The covered fields; none where they cannot be told.
    fn headers(&self) -> Option<Vec<String>> {
        let list = self.get("h").filter(|h| !h.is_empty() && h.len() < 4_000)?;
        Some(list.split(':').map(str::to_ascii_lowercase).collect())
    }
}

/// A message has one author's domain, and the signer's must be it or above it.
fn may_sign(mail: &Mail<'_>, signer: &Signer) -> bool {
    let mut from = mail.addresses.iter().filter(|s| s.slot == Slot::From && !s.shown_only);
    matches!((from.next(), from.next()), (Some(s), None) if signer.signs_for(s.address.domain()))
}

/// The signature's field, relaxed in header and body.
fn sign(message: &[u8], signer: &Signer, now: Timestamp) -> Option<Vec<u8>> {
    let mail = read(message, &Limits::default());
    if mail.header_cut() {
        return None;
    }
    let mut names = Vec::new();
    let mut signed: Vec<(&[u8], &[u8])> = Vec::new();
    for name in SIGNED {
        // Of several fields the last comes first (RFC 6376 section 5.4.2).
        let all: Vec<&Field<'_>> = mail.header(name).collect();
        for field in all.into_iter().rev() {
            names.push(*name);
            let value_start = field.value.as_ptr() as usize - message.as_ptr() as usize;
            signed.push((field.name, message.get(value_start..field.range.end)?));
        }
        if OVERSIGNED.contains(name) {
            names.push(*name);
        }
    }
    let claims = Claims {
        domain: &signer.domain,
        selector: &signer.selector,
        names: &names,
        fields: &signed,
        body: mail.body(),
        at: u64::try_from(now.as_second()).unwrap_or(0),
    };
    dkim_sign::field(&signer.key, &claims)
}

#[cfg(test)]
#[path = "../../../tests/all/support/dkim.rs"]
mod verifier;

#[cfg(test)]
mod tests {
    use super::*;
    use ring::signature::KeyPair as _;
    /// Made for these tests; it signs for nobody.
    const RSA: &str = include_str!("testdata/rsa.pem");

    fn changed() -> Vec<String> {
        vec!["to".into(), "cc".into()]
    }

    const MESSAGE: &str = "DKIM-Signature: v=1; a=rsa-sha256; d=city.example.jp; s=old;\r\n h=From:To:\r\n Subject; bh=x; b=y\r\n\
        DKIM-Signature: v=1; d=other.example; s=k; h=from:subject; bh=x; b=y\r\n\
        Received: from a\r\nFrom: T <t@sub.city.example.jp>\r\nTo: undisclosed-recipients:;\r\n\
        Subject: =?utf-8?B?44GL?=\r\n  x\r\nReferences: <a@b>\r\n <c@d>\r\n\r\nbody  x\r\n\r\n\r\n";

    #[test]
    fn broken_ones_are_dropped() {
        let (bytes, outcome) = resign_or_drop(MESSAGE.into(), &changed(), None, Timestamp::UNIX_EPOCH);
        assert_eq!(outcome.dropped, ["city.example.jp/old"]);
        assert_eq!(outcome.kept, ["other.example/k"]);
        assert_eq!(outcome.notes(), ["dkim: dropped city.example.jp/old", "dkim: kept other.example/k"]);
        let (_, rest) = MESSAGE.split_once("b=y\r\n").unwrap();
        assert_eq!(String::from_utf8_lossy(&bytes), rest);
        let same = resign_or_drop(MESSAGE.into(), &["bcc".into()], None, Timestamp::UNIX_EPOCH);
        assert_eq!((same.0, same.1.dropped.len()), (MESSAGE.as_bytes().to_vec(), 0));
    }

    #[test]
    fn a_changed_body_breaks_all() {
        let body = [super::super::rewrite::BODY.to_string()];
        let (bytes, outcome) = resign_or_drop(MESSAGE.into(), &body, None, Timestamp::UNIX_EPOCH);
        assert_eq!((outcome.dropped.len(), outcome.kept.len()), (2, 0));
        assert!(bytes.starts_with(b"Received: from a"));
    }

    #[test]
    fn oversigned_unreadable_and_covering_ones_are_broken() {
        for (signatures, dropped) in [
            // oversigned: covers that there is no Cc
            ("DKIM-Signature: d=a.example; s=1; h=from:cc:cc\r\n", 1),
            ("DKIM-Signature: d=a.example; s=1\r\n", 1),
            ("DKIM-Signature: nonsense\r\n", 1),
            ("DKIM-Signature: d=a.example; s=1; h=from\r\n", 0),
            (
                "DKIM-Signature: d=a.example; s=1; h = from : to\r\nDKIM-Signature: d=b.example; s=1; h=from:dkim-signature\r\n",
                2,
            ),
        ] {
            let message = format!("{signatures}From: a@a.example\r\n\r\n");
            let (_, outcome) = resign_or_drop(message.into_bytes(), &changed(), None, Timestamp::UNIX_EPOCH);
            assert_eq!(outcome.dropped.len(), dropped, "{signatures}");
        }
    }

    #[test]
    fn a_new_signature_verifies() {
        let ed = rcgen::KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap();
        let now = Timestamp::from_second(1_700_000_000).unwrap();
        for (kind, pem) in [("rsa", RSA.to_string()), ("ed25519", ed.serialize_pem())] {
            let signer = Signer::from_pem("City.example.jp", "s1", pem.as_bytes()).unwrap();
            let public = match &signer.key {
                Key::Rsa(k) => k.public_key().as_ref().to_vec(),
                Key::Ed25519(k) => k.public_key().as_ref().to_vec(),
            };
            let (bytes, outcome) = resign_or_drop(MESSAGE.into(), &changed(), Some(&signer), now);
            assert_eq!(outcome.resigned.as_deref(), Some("city.example.jp/s1"));
            let text = String::from_utf8_lossy(&bytes).into_owned();
            assert!(text.starts_with("DKIM-Signature: ") && text.contains("t=1700000000"), "{text}");
            assert!(verifier::holds(text.as_bytes(), &public), "{kind}: {text}");
            let spoilt = text.replace("undisclosed", "disclosed");
            assert!(!verifier::holds(spoilt.as_bytes(), &public), "{kind}");
            let added = text.replace("From: T", "Cc: a@x.example\r\nFrom: T");
            assert!(!verifier::holds(added.as_bytes(), &public), "{kind}: oversigned");
        }
    }

    #[test]
    fn only_for_its_own_domain() {
        let signer = |domain| Signer::from_pem(domain, "s1", RSA.as_bytes()).unwrap();
        for (domain, signs) in [
            ("city.example.jp", true),
            ("sub.city.example.jp", true),
            ("y.example.jp", false),
            ("x.sub.city.example.jp", false),
        ] {
            let (_, outcome) =
                resign_or_drop(MESSAGE.into(), &changed(), Some(&signer(domain)), Timestamp::UNIX_EPOCH);
            assert_eq!(outcome.resigned.is_some(), signs, "{domain}");
        }
        let two = MESSAGE.replace("From: T <t@sub.city.example.jp>", "From: t@city.example.jp, u@x.example");
        let (_, outcome) = resign_or_drop(
            two.into_bytes(),
            &changed(),
            Some(&signer("city.example.jp")),
            Timestamp::UNIX_EPOCH,
        );
        assert_eq!(outcome.resigned, None);
    }

    #[test]
    fn bad_keys() {
        let no =
            |d: &str, s: &str, pem: &str| Signer::from_pem(d, s, pem.as_bytes()).map(|_| ()).unwrap_err();
        assert_eq!(no("x.example", "s", "nonsense"), BadKey::NotPem);
        assert_eq!(no("x.example", "s\r\n", RSA), BadKey::Name("s\r\n".into()));
        let ec = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap().serialize_pem();
        assert_eq!(no("x.example", "s", &ec), BadKey::NotAKey);
    }
}
