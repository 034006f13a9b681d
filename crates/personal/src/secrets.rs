//! Keys, tokens, connection strings, and ids with their passwords.

use std::ops::Range;

use base64::Engine;

use super::chars;
use super::kinds::Kind;
use super::scan::Candidate;
use super::tokens::{TOKENS, dotted, standard};
use super::words::{Found, Word};

/// The secrets of a normalised text.
pub fn find(text: &str, words: &[Found]) -> Vec<Candidate> {
    let mut found = Vec::new();
    let mut done = 0;
    for (n, word) in words.iter().enumerate() {
        if word.start < done {
            continue;
        }
        let secret = match word.word {
            Word::Key => key(text, word).or_else(|| labelled_key(text, words, n)),
            Word::Password => password(text, words, n),
            _ => None,
        };
        if let Some((kind, range)) = secret {
            done = range.end;
            let key = text.get(range.clone()).unwrap_or("").to_string();
            found.push(Candidate {
                kind,
                range,
                key,
                validated: kind != Kind::PasswordPair,
                confidence: 90,
                full: false,
            });
        }
    }
    found
}

fn key(text: &str, word: &Found) -> Option<(Kind, Range<usize>)> {
    let rest = text.get(word.start..)?;
    if let Some(token) = TOKENS.iter().find(|t| rest.starts_with(t.prefix)) {
        let length = run(&rest[token.prefix.len()..], token.alphabet);
        let end = word.start + token.prefix.len() + length;
        let fits = (token.length.0..=token.length.1).contains(&length);
        // The keys of manuals say so: AKIAIOSFODNN7EXAMPLE.
        let sample = rest[..token.prefix.len() + length].to_ascii_uppercase().contains("EXAMPLE");
        return (fits && !sample).then_some((token.kind, word.start..end));
    }
    let found = text.get(word.start..word.end)?;
    match found {
        "-----BEGIN " => armoured(rest).map(|n| (Kind::PrivateKey, word.start..word.start + n)),
        "PuTTY-User-Key-File" => {
            let head = head_of(rest, 8_000);
            head.find("Private-Lines").map(|n| (Kind::PrivateKey, word.start..word.start + n))
        }
        "eyJ" if text[..word.start].ends_with(['-', '_', '.']) || in_link(text, word.start) => None,
        "eyJ" => jwt(rest).map(|n| (Kind::Jwt, word.start..word.start + n)),
        "://" => credentials(text, word.start).map(|r| (Kind::ConnectionString, r)),
        _ if found.eq_ignore_ascii_case("hooks.slack.com/services/") => {
            let n = run(&rest[found.len()..], |b| b.is_ascii_alphanumeric() || b == b'/');
            (n >= 30).then_some((Kind::ServiceToken, word.start..word.end + n))
        }
        _ if found.ends_with('=') => key_value(text, word).map(|r| (Kind::ConnectionString, r)),
        _ => {
            // aws_secret_access_key and its spellings.
            let rest = chars::ahead(text, word.end, 100);
            let value = rest.trim_start_matches([' ', '=', ':', '"', '\'']);
            let at = word.end + rest.len() - value.len();
            let n = run(value, standard);
            (n == 40).then_some((Kind::CloudKey, at..at + n))
        }
    }
}

fn run(text: &str, alphabet: fn(u8) -> bool) -> usize {
    text.bytes().take_while(|b| alphabet(*b)).count()
}

fn head_of(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes.min(text.len()))]
}

/// PEM and OpenSSH armour with something inside: how long it is.
fn armoured(rest: &str) -> Option<usize> {
    let (first, _) = head_of(rest, 100).split_once('\n')?;
    if !first.contains("PRIVATE KEY") {
        return None;
    }
    let body = &head_of(rest, 20_000)[first.len() + 1..];
    let end = body.find("-----END ").unwrap_or(body.len());
    let key = body[..end].bytes().filter(|b| standard(*b)).count();
    (key >= 60).then_some(first.len() + 1 + end)
}

/// Whether `at` stands within a link. The token of a link to sign in or to unsubscribe is meant for whoever
/// gets the mail.
fn in_link(text: &str, at: usize) -> bool {
    let head = chars::behind(text, at, 2_000);
    let link = head.rsplit(|c: char| c.is_whitespace() || "<>\"'()".contains(c)).next().unwrap_or("");
    link.contains("://")
}

/// Three parts in base64url, the first a JSON header with an algorithm (RFC 7519, RFC 7515).
fn jwt(rest: &str) -> Option<usize> {
    let length = run(head_of(rest, 8_000), dotted);
    let token = rest[..length].trim_end_matches('.');
    let mut parts = token.split('.');
    let (header, payload, signature) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || payload.len() < 10 || signature.len() < 20 {
        return None;
    }
    let header =
        base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(header.trim_end_matches('=')).ok()?;
    header.windows(5).any(|w| w == b"\"alg\"").then_some(token.len())
}

/// `scheme://user:password@host` around the `://` at `at`.
fn credentials(text: &str, at: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let scheme = bytes[..at]
        .iter()
        .rev()
        .take(20)
        .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'.' | b'-'))
        .count();
    let rest = head_of(text.get(at + 3..)?, 300);
    let authority = rest.split(|c: char| c.is_whitespace() || "/\"'<>`」）?#".contains(c)).next()?;
    let (user_info, host) = authority.rsplit_once('@')?;
    let (_, password) = user_info.split_once(':')?;
    (scheme > 0 && !host.is_empty() && is_value(password)).then(|| at - scheme..at + 3 + authority.len())
}

/// `Server=…;Uid=…;Pwd=…`: a password with the other parts of a connection string on its line.
fn key_value(text: &str, word: &Found) -> Option<Range<usize>> {
    let (line, _) = super::scan::line_of(text, word.start);
    let lower = line.to_ascii_lowercase();
    let connects =
        ["server=", "data source=", "host=", "hostname=", "dsn="].iter().any(|k| lower.contains(k));
    let rest = chars::ahead(text, word.end, 200);
    let value = rest.split([';', '\n', '"', '\'', ' ', '&']).next()?;
    (connects && line.contains([';', '&', ' ']) && is_value(value))
        .then(|| word.start..word.end + value.len())
}

/// `username=yamada password=Xk39`: the label of a connection string where there is none is a plain password's.
fn labelled_key(text: &str, words: &[Found], n: usize) -> Option<(Kind, Range<usize>)> {
    let word = words.get(n)?;
    let label = text.get(word.start..word.end)?;
    let label = label.strip_suffix('=')?;
    let is_password = label.eq_ignore_ascii_case("password") || label.eq_ignore_ascii_case("pwd");
    let before = Found { end: word.end - 1, ..*word };
    if is_password { paired(text, words, n, &before) } else { None }
}

/// A password with its id within a few lines.
fn password(text: &str, words: &[Found], n: usize) -> Option<(Kind, Range<usize>)> {
    paired(text, words, n, words.get(n)?)
}

/// The password behind `word`, the `n`th of the words, where an id stands near it.
fn paired(text: &str, words: &[Found], n: usize, word: &Found) -> Option<(Kind, Range<usize>)> {
    const NEAR: usize = 250;
    let value = value_after(text, word.end).or_else(|| value_apart(text, word.end, is_secret))?;
    let near = |w: &&Found| w.word == Word::Login && w.start.abs_diff(word.start) <= NEAR;
    let around = words[n.saturating_sub(8)..(n + 8).min(words.len())].iter();
    let login = |w: &Found| {
        value_after(text, w.end)
            .or_else(|| told_login(text, w.end))
            .or_else(|| value_apart(text, w.end, is_login))
    };
    let has_login =
        around.filter(near).any(|w| login(w).is_some_and(|v| v.end <= value.start || v.start >= value.end));
    let (line, start) = super::scan::line_of(text, word.start);
    let above = chars::behind(text, start.saturating_sub(1), 100).rsplit('\n').next().unwrap_or("");
    let mail_before =
        line.split("ass").next().unwrap_or("").contains('@') || (above.contains('@') && above.len() < 80);
    (has_login || mail_before).then_some((Kind::PasswordPair, value))
}

/// The value behind a label of an id or password: after a colon, `=`, は, `is`; no placeholder.
fn value_after(text: &str, at: usize) -> Option<Range<usize>> {
    let rest = chars::ahead(text, at, 200);
    let mut value = rest.trim_start_matches([' ', ')', '）']);
    let prose = ["は", "is ", "が"].iter().find_map(|p| value.strip_prefix(p));
    let mark = value.strip_prefix([':', '=', '→', '】', ']', '/', '|', '\t', '」']);
    value = prose.or(mark)?.trim_start_matches([' ', ':', '\t', '「', '『', '"', '\'', '`', '|']);
    let start = at + rest.len() - value.len();
    let end = value
        .find(|c: char| c.is_whitespace() || "」』\"'`、。,;<>|（）".contains(c) || !c.is_ascii())
        .unwrap_or(value.len());
    let token = value[..end].trim_end_matches(['.', ')', '/']);
    let varied = token.bytes().any(|b| !b.is_ascii_lowercase());
    (is_value(token) && (prose.is_none() || varied)).then(|| start..start + token.len())
}

/// The id in a sentence: ログインIDはyamada、. Ids are often small letters alone.
fn told_login(text: &str, at: usize) -> Option<Range<usize>> {
    let rest = chars::ahead(text, at, 100);
    let value = ["は", "が"].iter().find_map(|p| rest.trim_start().strip_prefix(p))?;
    let value = value.trim_start_matches([' ', '「', '『', '"']);
    let start = at + rest.len() - value.len();
    let end = value.find(|c: char| !c.is_ascii_alphanumeric() && !"._-@+".contains(c)).unwrap_or(value.len());
    (is_login(&value[..end])).then(|| start..start + end)
}

/// The value that a label has beside it with nothing but white space between, or below it where the label has
/// its line to itself.
fn value_apart(text: &str, at: usize, fits: fn(&str) -> bool) -> Option<Range<usize>> {
    let rest = chars::ahead(text, at, 120);
    let value = rest.trim_start_matches([' ', '\t', '\u{3000}']);
    let value = match value.strip_prefix('\n') {
        Some(below) => below.trim_start_matches([' ', '\t']),
        None if value.len() == rest.len() => return None,
        None => value,
    };
    let start = at + rest.len() - value.len();
    let end = value.find(char::is_whitespace).unwrap_or(value.len());
    let token = value[..end].trim_end_matches(['、', '。', ',']);
    fits(token).then(|| start..start + token.len())
}

/// Whether a word standing alone can only be a password: letters with digits or signs among them.
fn is_secret(token: &str) -> bool {
    let letter = token.bytes().any(|b| b.is_ascii_alphabetic());
    let other = token.bytes().any(|b| b.is_ascii_digit() || b.is_ascii_punctuation());
    token.len() >= 6 && token.bytes().all(|b| b.is_ascii_graphic()) && letter && other && is_value(token)
}

/// Whether a word can be the id of an account.
fn is_login(token: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"._-@+".contains(&b);
    token.len() >= 3 && token.bytes().all(plain) && is_value(token)
}

/// Whether a password or id is meant rather than a placeholder or the next word of a sentence.
fn is_value(token: &str) -> bool {
    const NONE: [&str; 24] = [
        "required",
        "optional",
        "none",
        "null",
        "n/a",
        "password",
        "passwd",
        "pass",
        "user",
        "username",
        "please",
        "reset",
        "change",
        "changed",
        "must",
        "your",
        "and",
        "for",
        "the",
        "will",
        "here",
        "below",
        "following",
        "redacted",
    ];
    let lower = token.to_ascii_lowercase();
    let masked = token.bytes().all(|b| matches!(b, b'*' | b'x' | b'X' | b'.' | b'-' | b'_' | b'#'));
    let variable = token.starts_with(['$', '{', '<', '%', '[']) || lower.starts_with("http");
    (3..=64).contains(&token.len())
        && !masked
        && !variable
        && !NONE.contains(&lower.as_str())
        && token.bytes().any(|b| b.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words;

    fn kinds(text: &str) -> Vec<Kind> {
        find(text, &words::find(text)).into_iter().map(|c| c.kind).collect()
    }

    #[test]
    fn keys_of_services() {
        let body = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQDabcdefghijklmnop\n".repeat(3);
        let pem = format!("-----BEGIN PRIVATE KEY-----\n{body}-----END PRIVATE KEY-----");
        assert_eq!(kinds(&pem), [Kind::PrivateKey]);
        assert_eq!(kinds(&format!("key {}{}", "AKIA", "ABCDEFGHIJKLMNOP")), [Kind::CloudKey]);
        assert_eq!(kinds(&format!("{}{}", "ghp_", "a1B2".repeat(9))), [Kind::RepositoryToken]);
        assert_eq!(kinds(&format!("{}{}", "xoxb-", "123456789012-abcdefABCDEF")), [Kind::ServiceToken]);
        assert_eq!(kinds(&format!("{}{}", "sk_live_", "4eC39HqLyjWDarjtT1zdp7dc")), [Kind::ServiceToken]);
        assert_eq!(
            kinds(
                "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"
            ),
            [Kind::Jwt]
        );
        assert_eq!(kinds("postgres://app:s3cret@db.example/prod"), [Kind::ConnectionString]);
        assert_eq!(kinds("Server=db.example;Uid=app;Pwd=s3cret!;"), [Kind::ConnectionString]);
    }

    #[test]
    fn what_only_looks_like_a_key() {
        for text in [
            "AKIAIOSFODNN7EXAMPLE",
            "-----BEGIN CERTIFICATE-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQDabcdefghijklmnop\n",
            "-----BEGIN PRIVATE KEY-----\n(あなたの鍵)\n",
            "https://example.com/a:b@c",
            "https://user@example.com/",
            "postgres://app:$PASSWORD@db.example/prod",
            "eyJhbGciOiJIUzI1NiJ9 では始まる",
            "ghp_short",
            "https://login.example/?t=eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
        ] {
            assert_eq!(kinds(text), [], "{text}");
        }
    }

    #[test]
    fn ids_with_passwords() {
        for text in [
            "ユーザーID: yamada01\nパスワード: Abc12345",
            "ログインIDは「yamada01」、パスワードは「Abc12345」です。",
            "ID: taro\nPW: xyz-987",
            "Username: taro\nPassword: correct-horse",
            "taro@example.com / パスワード: Qwerty99",
        ] {
            assert_eq!(kinds(text), [Kind::PasswordPair], "{text}");
        }
        for text in [
            "パスワードは別途お送りします。",
            "添付ファイルのパスワード: Abc12345",
            "ID: ****\nパスワード: ********",
            "ログインIDとパスワードを入力してください。",
            "Your password is required for login.",
            "パスワード: (必須)\nID: (必須)",
        ] {
            assert_eq!(kinds(text), [], "{text}");
        }
    }
}
