//! Making a DKIM signature (RFC 6376): relaxed in header and body, by RSA with SHA-256 or by Ed25519
//! (RFC 8463). The keys and the arithmetic are ring's.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use memchr::memmem;
use ring::digest::{Context, Digest, SHA256, digest};
use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use rustls::pki_types::PrivateKeyDer;

/// How many characters of a signature stand on a line of its field.
const LINE: usize = 72;

/// A private key.
pub enum Key {
    Rsa(RsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl Key {
    /// A key from its encoding: RSA (PKCS #1 or #8) or Ed25519 (PKCS #8).
    pub fn from_der(der: &PrivateKeyDer<'_>) -> Option<Key> {
        match der {
            PrivateKeyDer::Pkcs1(key) => RsaKeyPair::from_der(key.secret_pkcs1_der()).ok().map(Key::Rsa),
            PrivateKeyDer::Pkcs8(key) => {
                let bytes = key.secret_pkcs8_der();
                let ed25519 = Ed25519KeyPair::from_pkcs8_maybe_unchecked(bytes).ok().map(Key::Ed25519);
                ed25519.or_else(|| RsaKeyPair::from_pkcs8(bytes).ok().map(Key::Rsa))
            }
            _ => None,
        }
    }

    /// The name in the tag `a`.
    fn algorithm(&self) -> &'static str {
        match self {
            Key::Rsa(_) => "rsa-sha256",
            Key::Ed25519(_) => "ed25519-sha256",
        }
    }

    fn sign(&self, input: &[u8]) -> Option<Vec<u8>> {
        match self {
            Key::Rsa(key) => {
                let mut signature = vec![0; key.public().modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), input, &mut signature).ok()?;
                Some(signature)
            }
            // What is signed is the hash of the input (RFC 8463 section 3).
            Key::Ed25519(key) => Some(key.sign(digest(&SHA256, input).as_ref()).as_ref().to_vec()),
        }
    }
}

/// What a signature says beside the key that made it.
pub struct Claims<'a> {
    pub domain: &'a str,
    pub selector: &'a str,
    /// The names of the covered fields in lower case, in the order in which `fields` has them; one that
    /// `fields` lacks says that there is no more of it.
    pub names: &'a [&'a str],
    /// The covered fields: name, and value with its line end.
    pub fields: &'a [(&'a [u8], &'a [u8])],
    pub body: &'a [u8],
    /// Seconds since 1970.
    pub at: u64,
}

/// The field `DKIM-Signature`, with its line end; None where the key cannot sign.
pub fn field(key: &Key, claims: &Claims<'_>) -> Option<Vec<u8>> {
    let hash = STANDARD.encode(body_hash(claims.body));
    let (algorithm, domain, selector) = (key.algorithm(), claims.domain, claims.selector);
    let names = folded_names(claims.names);
    let at = claims.at;
    let value = format!(
        " v=1; a={algorithm}; c=relaxed/relaxed; d={domain};\r\n\ts={selector}; t={at};\r\n\t{names};\r\n\tbh={hash};\r\n\tb="
    );
    let mut input = Vec::new();
    for (name, value) in claims.fields {
        relaxed_field(name, value, &mut input);
    }
    // The signature's own field comes last, with `b` empty and without a line end (section 3.7).
    relaxed_field(b"dkim-signature", value.as_bytes(), &mut input);
    input.truncate(input.len() - 2);
    let signature = STANDARD.encode(key.sign(&input)?);
    let mut field = format!("DKIM-Signature:{value}").into_bytes();
    for (n, line) in signature.as_bytes().chunks(LINE).enumerate() {
        if n > 0 {
            field.extend_from_slice(b"\r\n\t");
        }
        field.extend_from_slice(line);
    }
    field.extend_from_slice(b"\r\n");
    Some(field)
}

/// The tag `h`, on lines of about 72 characters.
fn folded_names(names: &[&str]) -> String {
    let mut tag = String::from("h=");
    let mut line = tag.len();
    for (n, name) in names.iter().enumerate() {
        if n > 0 {
            tag.push(':');
            line += 1;
        }
        if line + name.len() > LINE {
            tag.push_str("\r\n\t");
            line = 1;
        }
        tag.push_str(name);
        line += name.len();
    }
    tag
}

/// A field in relaxed form (section 3.4.2): the name in lower case, the value on one line, each run of white
/// space as one space, none at the ends.
fn relaxed_field(name: &[u8], value: &[u8], out: &mut Vec<u8>) {
    out.extend(name.trim_ascii().iter().map(u8::to_ascii_lowercase));
    out.push(b':');
    let words = value.split(|b| matches!(b, b' ' | b'\t' | b'\r' | b'\n')).filter(|word| !word.is_empty());
    for (n, word) in words.enumerate() {
        if n > 0 {
            out.push(b' ');
        }
        out.extend_from_slice(word);
    }
    out.extend_from_slice(b"\r\n");
}

/// The hash of the body in relaxed form (section 3.4.4): each run of white space as one space, none at the
/// end of a line, no empty lines at the end.
fn body_hash(body: &[u8]) -> Digest {
    let mut hash = Context::new(&SHA256);
    let mut empty = 0_usize;
    let mut out = Vec::new();
    let mut rest = body;
    while !rest.is_empty() {
        let end = memmem::find(rest, b"\r\n").unwrap_or(rest.len());
        let (line, after) = rest.split_at(end);
        rest = after.get(2..).unwrap_or_default();
        let starts = out.len();
        relaxed_line(line, &mut out);
        if out.len() == starts {
            empty += 1;
            continue;
        }
        for _ in 0..std::mem::take(&mut empty) {
            hash.update(b"\r\n");
        }
        out.extend_from_slice(b"\r\n");
        hash.update(&out);
        out.clear();
    }
    hash.finish()
}

fn relaxed_line(line: &[u8], out: &mut Vec<u8>) {
    let mut words = line.split(|b| matches!(b, b' ' | b'\t'));
    // White space at the start stays as one space; the first piece is empty then.
    if let Some(first) = words.next() {
        out.extend_from_slice(first);
    }
    for word in words.filter(|word| !word.is_empty()) {
        out.push(b' ');
        out.extend_from_slice(word);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn hash_of(text: &[u8]) -> Vec<u8> {
        digest(&SHA256, text).as_ref().to_vec()
    }

    #[test]
    fn the_examples_of_the_standard() {
        // RFC 6376 section 3.4.5.
        let mut header = Vec::new();
        relaxed_field(b"A", b" X\r\n", &mut header);
        relaxed_field(b"B ", b" Y\t\r\n\tZ  \r\n", &mut header);
        assert_eq!(header, b"a:X\r\nb:Y Z\r\n");
        let body = body_hash(b" C \r\nD \t E\r\n\r\n\r\n");
        assert_eq!(body.as_ref(), hash_of(b" C\r\nD E\r\n"));
        // RFC 6376 appendix A.2 and RFC 8463 appendix A.2.
        let body = body_hash(b"Hi.\r\n\r\nWe lost the game.  Are you hungry yet?\r\n\r\nJoe.\r\n");
        assert_eq!(STANDARD.encode(body), "2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=");
        // Section 3.4.4: an empty body, of empty lines or of none, is no bytes at all.
        for empty in ["", "\r\n", " \t\r\n\r\n"] {
            assert_eq!(body_hash(empty.as_bytes()).as_ref(), hash_of(b""), "{empty:?}");
        }
        assert_eq!(body_hash(b"no line end").as_ref(), hash_of(b"no line end\r\n"));
    }

    proptest! {
        #[test]
        fn any_bytes_are_hashed_and_empty_lines_at_the_end_change_nothing(
            body in proptest::collection::vec(prop_oneof![Just(b' '), Just(b'\r'), Just(b'\n'), Just(b'\t'), any::<u8>()], 0..200),
        ) {
            let whole = [body.as_slice(), b"\r\n"].concat();
            let longer = [body.as_slice(), b"\r\n \t\r\n\r\n"].concat();
            let (whole, longer) = (body_hash(&whole), body_hash(&longer));
            prop_assert_eq!(whole.as_ref(), longer.as_ref());
        }
    }
}
