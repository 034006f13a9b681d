//! Paths of MAIL and RCPT (RFC 5321 section 4.1.2): found exactly as they stand, and refused where
//! two readers could see two different addresses in one.

/// Why a path is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// No angle brackets, or text where none belongs.
    #[error("the address must stand in angle brackets")]
    Brackets,
    /// A route before the address. Servers may decline it (RFC 5321 section 3.3), and an address
    /// with a route reads differently to different servers.
    #[error("source routes are not accepted")]
    SourceRoute,
    #[error("bad address syntax")]
    Syntax,
    #[error("the address is too long")]
    TooLong,
}

/// The longest path, in bytes without brackets. RFC 5321 section 4.5.3.1 asks for 254; the local
/// part and the domain at their own limits make 320.
const MAX_PATH: usize = 320;

/// Takes a path in angle brackets from the start of `text`: what stands between the brackets, byte
/// for byte, and the rest after them. The empty path `<>` is one.
///
/// A local part of dots and atoms is taken wherever its dots stand: carriers hand out addresses
/// like `a..b@carrier.example`. A path without `@` is left to the next hop's judgement.
///
/// # Errors
/// [`PathError`].
pub fn take(text: &str) -> Result<(&str, &str), PathError> {
    let inner = text.strip_prefix('<').ok_or(PathError::Brackets)?;
    if inner.starts_with('@') {
        return Err(PathError::SourceRoute);
    }
    let local = local_part(inner)?;
    let after = &inner[local.len()..];
    let end = match after.strip_prefix('@') {
        Some(_) if local.is_empty() => return Err(PathError::Syntax),
        Some(domain) => local.len() + 1 + domain_part(domain)?.len(),
        None => local.len(),
    };
    let (path, rest) = inner.split_at(end);
    let rest = rest.strip_prefix('>').ok_or(PathError::Syntax)?;
    if path.len() > MAX_PATH {
        return Err(PathError::TooLong);
    }
    Ok((path, rest))
}

/// The quoted string or the atoms and dots that `text` begins with.
fn local_part(text: &str) -> Result<&str, PathError> {
    if !text.starts_with('"') {
        let end = text.find(|c: char| c != '.' && !is_atom(c)).unwrap_or(text.len());
        return Ok(&text[..end]);
    }
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if c.is_control() => return Err(PathError::Syntax),
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return Ok(&text[..at + 1]),
            _ => {}
        }
    }
    Err(PathError::Syntax)
}

/// The domain or the address literal that `text` begins with.
fn domain_part(text: &str) -> Result<&str, PathError> {
    let end = if text.starts_with('[') {
        let inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | ':' | '-' | '[');
        let end = text.find(|c| !inner(c)).unwrap_or(text.len());
        if !text[end..].starts_with(']') {
            return Err(PathError::Syntax);
        }
        end + 1
    } else {
        text.find(|c: char| !is_domain(c)).unwrap_or(text.len())
    };
    if end == 0 { Err(PathError::Syntax) } else { Ok(&text[..end]) }
}

/// RFC 5322 section 3.2.3, and RFC 6531 section 3.3 for what is not ASCII.
fn is_atom(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c) || (!c.is_ascii() && !c.is_control())
}

/// Underscores are not allowed in host names, and exist.
fn is_domain(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_') || (!c.is_ascii() && !c.is_control())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn paths_are_taken_exactly() {
        for path in [
            "",
            "a@example.com",
            "postmaster",
            "a..b.@carrier.example",
            ".a@carrier.example",
            "o'hara+tag=x@sub.example.co.jp",
            "\"a b\"@example.com",
            "\"a>b@c\\\"<\"@example.com",
            "a@[192.0.2.1]",
            "a@[IPv6:2001:db8::1]",
            "山田@例え.jp",
            "a@ex_ample.com",
        ] {
            let text = format!("<{path}> SIZE=10");
            assert_eq!(take(&text), Ok((path, " SIZE=10")), "{path}");
        }
    }

    #[test]
    fn what_reads_two_ways_is_refused() {
        for text in [
            "a@example.com",
            "<a@example.com",
            "<a@>",
            "<@example.com>",
            "<@relay.example:a@example.com>",
            "<a@b@example.com>",
            "<a@example.com,b@example.com>",
            "<a b@example.com>",
            "<a@example.com >",
            "< a@example.com>",
            "<(comment)a@example.com>",
            "<a@example.com(x)>",
            "<\"a@example.com>",
            "<\"a\"b@example.com>",
            "<\"\"\"\"@example.com>",
            "<a\\@b@example.com>",
            "<<a@example.com>>",
            "<a@[192.0.2.1>",
            "<a@[1]x>",
            "<a;b@example.com>",
        ] {
            assert!(take(text).is_err(), "{text}");
        }
        assert_eq!(take(&format!("<{}@example.com>", "a".repeat(400))), Err(PathError::TooLong));
    }

    proptest! {
        #[test]
        fn no_text_panics_and_a_path_is_a_piece_of_it(text in "<?[a-z@.<>\"\\\\ \\[\\]:é]{0,30}>?.{0,10}") {
            if let Ok((path, rest)) = take(&text) {
                prop_assert_eq!(format!("<{path}>{rest}"), text);
            }
        }

        /// Where smtp-proto, another reader of SMTP, takes an ordinary address, it sees the same one.
        #[test]
        fn another_reader_sees_the_same_address(local in "[a-z0-9+_-]{1,10}(\\.[a-z0-9]{1,5}){0,2}", domain in "[a-z0-9-]{1,10}(\\.[a-z]{2,5}){1,2}") {
            let line = format!("RCPT TO:<{local}@{domain}>\r\n");
            let seen = smtp_proto::Request::parse(&mut line.as_bytes().iter()).unwrap();
            let smtp_proto::Request::Rcpt { to } = seen else { panic!("not RCPT") };
            prop_assert_eq!(take(&line[8..]).unwrap().0, to.address);
        }
    }
}
