//! One address (RFC 5322 section 3.4.1), in the form in which addresses are compared; and addresses
//! within text that people read.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;

/// An address.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Address {
    /// `local@domain`; the local part as written (unquoted where that is possible), the domain in
    /// lower case and in A-labels (`xn--…`).
    pub text: String,
    /// The display name, decoded, where there is one.
    pub display: Option<String>,
}

/// A longer address is nobody's (RFC 5321 section 4.5.3.1 allows 64 and 255).
const MAX_LENGTH: usize = 1_000;

impl Address {
    /// The part before the last `@`.
    pub fn local(&self) -> &str {
        self.text.rsplit_once('@').map_or(self.text.as_str(), |a| a.0)
    }

    /// The part behind the last `@`, in lower case.
    pub fn domain(&self) -> &str {
        self.text.rsplit_once('@').map_or("", |a| a.1)
    }

    /// For comparing: two addresses with one key are one mailbox.
    pub fn key(&self) -> String {
        self.text.to_lowercase()
    }

    /// An address as it stands in an envelope or a configuration: `local@domain`, nothing around it.
    pub fn parse(text: &str) -> Option<Address> {
        let (local, domain) = text.trim().rsplit_once('@')?;
        let quoted = local.len() >= 2 && local.starts_with('"') && local.ends_with('"');
        if !quoted && local.chars().any(|c| c.is_whitespace() || "<>()[],;:\\\"@".contains(c)) {
            return None;
        }
        if domain.chars().any(|c| c.is_whitespace() || "<>(),;\\\"".contains(c)) {
            return None;
        }
        Address::of(local, domain)
    }

    /// Puts an address together; none where a part is missing.
    pub fn of(local: &str, domain: &str) -> Option<Address> {
        let domain = domain.trim_end_matches('.');
        if local.is_empty() || domain.is_empty() || local.len() + domain.len() > MAX_LENGTH {
            return None;
        }
        let mut text = String::with_capacity(local.len() + 1 + domain.len());
        text.push_str(&unquote(local));
        text.push('@');
        push_domain(domain, &mut text);
        Some(Address { text, display: None })
    }
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

/// The domain in lower case and in A-labels; one that IDNA refuses stays in lower case.
fn push_domain(domain: &str, out: &mut String) {
    if domain.is_ascii() {
        out.extend(domain.bytes().map(|b| b.to_ascii_lowercase() as char));
    } else {
        match idna::domain_to_ascii(domain) {
            Ok(ascii) if !ascii.is_empty() => out.push_str(ascii.trim_end_matches('.')),
            _ => out.push_str(&domain.to_lowercase()),
        }
    }
}

/// A quoted local part that needs no quotes loses them: `"taro"@x` is `taro@x`.
fn unquote(local: &str) -> Cow<'_, str> {
    let Some(inner) = local.strip_prefix('"').and_then(|l| l.strip_suffix('"')) else {
        return Cow::Borrowed(local);
    };
    let mut plain = String::with_capacity(inner.len());
    let mut escaped = false;
    for c in inner.chars() {
        if c == '\\' && !escaped {
            escaped = true;
        } else {
            plain.push(c);
            escaped = false;
        }
    }
    let needs_none = !plain.is_empty() && plain.chars().all(|c| is_atext(c) || c == '.');
    Cow::Owned(if needs_none {
        plain
    } else {
        format!("\"{}\"", plain.replace('\\', "\\\\").replace('"', "\\\""))
    })
}

/// A character of an atom (RFC 5322 section 3.2.3, RFC 6532 section 3.2).
fn is_atext(c: char) -> bool {
    c.is_ascii_alphanumeric() || !c.is_ascii() || "!#$%&'*+-/=?^_`{|}~".contains(c)
}

/// The addresses that a person sees in `text`, at most `max`. Full-width letters and signs count as
/// the plain ones they look like. `bare` takes domains without a dot, too.
pub fn extract(text: &str, bare: bool, max: usize) -> Vec<Address> {
    // 0xEF leads the full-width forms; nothing else needs normalizing.
    let wide = memchr::memchr(0xef, text.as_bytes()).is_some();
    let text: Cow<'_, str> = if wide { Cow::Owned(text.nfkc().collect()) } else { Cow::Borrowed(text) };
    let mut found = Vec::new();
    let mut floor = 0;
    for at in memchr::memchr_iter(b'@', text.as_bytes()) {
        if found.len() >= max {
            break;
        }
        let mut local = local_before(&text[floor..at]);
        if !bare {
            // In running text `=` divides: CN=a@x.example.
            local = local.rsplit_once('=').map_or(local, |l| l.1);
        }
        let domain = domain_behind(&text[at + 1..]);
        floor = at + 1;
        if !bare && !domain.contains('.') && !domain.starts_with('[') {
            continue;
        }
        found.extend(Address::of(local, domain));
    }
    found
}

/// The local part at the end of `text`.
fn local_before(text: &str) -> &str {
    if let Some(inner) = text.strip_suffix('"') {
        let near = inner.len().saturating_sub(128);
        let near = (near..=inner.len()).find(|i| inner.is_char_boundary(*i)).unwrap_or(inner.len());
        return match inner[near..].rfind('"') {
            Some(open) => &text[near + open..],
            None => "",
        };
    }
    let ascii = text
        .bytes()
        .rev()
        .take(MAX_LENGTH)
        .take_while(|b| b.is_ascii() && (is_atext(*b as char) || *b == b'.'))
        .count();
    if ascii > 0 {
        // ASCII bytes were counted from the end, so this is a character boundary.
        let local = &text[text.len() - ascii..];
        // What stands around an address in text is not of it: 'a@x', mail=a@x.
        return local.trim_start_matches(|c: char| !c.is_ascii_alphanumeric() && !"_+-".contains(c));
    }
    let len: usize = text
        .chars()
        .rev()
        .take(64)
        .take_while(|c| c.is_alphanumeric() || "._+-".contains(*c))
        .map(char::len_utf8)
        .sum();
    &text[text.len() - len..]
}

/// The domain at the beginning of `text`.
fn domain_behind(text: &str) -> &str {
    if text.starts_with('[') {
        let end = text.bytes().take(64).position(|b| b == b']');
        return end.map_or("", |e| &text[..e + 1]);
    }
    let len: usize = text
        .chars()
        .take(256)
        .take_while(|c| c.is_alphanumeric() || "-_.".contains(*c))
        .map(char::len_utf8)
        .sum();
    let run = &text[..len];
    // In Japanese the text goes on without a space: taro@example.com宛に.
    let ascii = run.bytes().take_while(u8::is_ascii).count();
    let plain = run[..ascii].trim_end_matches(['.', '-']);
    let complete = plain
        .rsplit_once('.')
        .is_some_and(|(_, top)| top.len() >= 2 && top.bytes().all(|b| b.is_ascii_alphanumeric()));
    if complete { plain } else { run.trim_end_matches(['.', '-']) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn seen(text: &str) -> Vec<String> {
        extract(text, false, 100).into_iter().map(|a| a.text).collect()
    }

    #[test]
    fn normal_forms() {
        for (local, domain, text) in [
            ("Taro", "Example.COM", "Taro@example.com"),
            ("\"taro\"", "example.com.", "taro@example.com"),
            ("\"a b\"", "x.example", "\"a b\"@x.example"),
            ("\"a\\b\"", "x.example", "ab@x.example"),
            ("taro", "日本語.example", "taro@xn--wgv71a119e.example"),
            ("taro", "XN--WGV71A119E.example", "taro@xn--wgv71a119e.example"),
            ("a", "[192.0.2.1]", "a@[192.0.2.1]"),
            ("太郎", "x.example", "太郎@x.example"),
        ] {
            assert_eq!(Address::of(local, domain).map(|a| a.text).as_deref(), Some(text));
        }
        assert_eq!(Address::of("", "x"), None);
        assert_eq!(Address::of("x", "."), None);
    }

    #[test]
    fn envelope_forms() {
        assert_eq!(Address::parse("a@X.example").map(|a| a.text).as_deref(), Some("a@x.example"));
        assert_eq!(
            Address::parse("\"a@b\"@x.example").map(|a| a.key()).as_deref(),
            Some("\"a@b\"@x.example")
        );
        for bad in ["", "a", "a@", "@x", "a b@x", "a@x,b@y", "<a@x>"] {
            assert_eq!(Address::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn addresses_in_text() {
        for (text, found) in [
            ("'taro@example.com'", vec!["taro@example.com"]),
            ("taro＠ｅｘａｍｐｌｅ．ｃｏｍ", vec!["taro@example.com"]),
            ("宛先は太郎:taro@example.com宛に", vec!["taro@example.com"]),
            ("a@x.example, b@y.example;c@z.example", vec!["a@x.example", "b@y.example", "c@z.example"]),
            ("<mailto:a@x.example>.", vec!["a@x.example"]),
            ("see a@x.example.", vec!["a@x.example"]),
            ("john @ sales, root@localhost, @, @@@", vec![]),
            ("a@bücher.example", vec!["a@xn--bcher-kva.example"]),
            ("\"a b\"@x.example", vec!["\"a b\"@x.example"]),
            ("a@b@c.example", vec!["b@c.example"]),
        ] {
            assert_eq!(seen(text), found, "{text}");
        }
    }

    #[test]
    fn long_texts_are_linear() {
        for unit in ["@", "a@", "a@b.c", "\"@", "あ@", "@[", ".@."] {
            let text = unit.repeat(1_000_000 / unit.len());
            let start = std::time::Instant::now();
            assert!(extract(&text, true, 1_000).len() <= 1_000);
            let _ = extract(&text, false, usize::MAX);
            assert!(start.elapsed().as_secs() < 20, "{unit}");
        }
    }

    proptest! {
        #[test]
        fn any_text(text: String) {
            let _ = extract(&text, true, 10);
            let _ = Address::parse(&text);
        }

        #[test]
        fn a_plain_address_is_found(local in "[a-z0-9]([a-z0-9._+-]{0,20}[a-z0-9])?", domain in "[a-z0-9]{1,10}(\\.[a-z]{2,5}){1,3}") {
            let address = format!("{local}@{domain}");
            prop_assert_eq!(seen(&format!("書いた <{address}> 。")), vec![address.clone()]);
            prop_assert_eq!(Address::parse(&address).map(|a| a.text), Some(address));
        }
    }
}
