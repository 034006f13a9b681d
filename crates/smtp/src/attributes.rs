//! XCLIENT and XFORWARD (Postfix's XCLIENT_README and XFORWARD_README): what a listed peer says of
//! the client behind it. Values are xtext (RFC 3461 section 4).

use std::net::IpAddr;

use super::reply::Reply;

/// Which of the two commands; each has its own attributes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Xclient,
    Xforward,
}

/// One attribute of a client. None means that the peer says it is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attribute {
    Name(Option<String>),
    Addr(Option<IpAddr>),
    /// `SMTP` or `ESMTP`, or none.
    Proto(Option<String>),
    Helo(Option<String>),
    /// XCLIENT's LOGIN: who the client authenticated as.
    Login(Option<String>),
    /// PORT, DESTADDR, DESTPORT, IDENT, SOURCE: taken and not needed.
    Other,
}

/// Words that mean "not known", which are no values.
const UNKNOWN: [&str; 2] = ["[UNAVAILABLE]", "[TEMPUNAVAIL]"];

impl Kind {
    /// The names that EHLO announces.
    pub fn names(self) -> &'static str {
        match self {
            Kind::Xclient => "NAME ADDR PORT PROTO HELO LOGIN DESTADDR DESTPORT",
            Kind::Xforward => "NAME ADDR PORT PROTO HELO IDENT SOURCE",
        }
    }
}

/// Reads the arguments of XCLIENT or XFORWARD.
///
/// # Errors
/// 501 with what is wrong: no attribute, one that the command does not have, a value that is not
/// xtext, or one with CR, LF, NUL or another control character in it.
pub fn parse(kind: Kind, args: &str) -> Result<Vec<Attribute>, Reply> {
    let found: Result<Vec<_>, _> =
        args.split(' ').filter(|a| !a.is_empty()).map(|a| attribute(kind, a)).collect();
    let found = found.map_err(|what| Reply::new(501, format!("5.5.4 Bad {what}")))?;
    if found.is_empty() { Err(Reply::new(501, "5.5.4 No attribute")) } else { Ok(found) }
}

fn attribute(kind: Kind, text: &str) -> Result<Attribute, &'static str> {
    let (name, value) = text.split_once('=').ok_or("attribute syntax")?;
    let name = name.to_ascii_uppercase();
    if !kind.names().split(' ').any(|known| known == name) {
        return Err("attribute name");
    }
    let value = xtext(value).ok_or("attribute value")?;
    let value = Some(value).filter(|v| !v.is_empty() && !UNKNOWN.iter().any(|u| v.eq_ignore_ascii_case(u)));
    Ok(match name.as_str() {
        "NAME" => Attribute::Name(value),
        "ADDR" => Attribute::Addr(value.map(|v| address(&v)).transpose()?),
        "PROTO" => Attribute::Proto(match value {
            Some(v) if ["SMTP", "ESMTP"].contains(&v.to_ascii_uppercase().as_str()) => {
                Some(v.to_ascii_uppercase())
            }
            Some(_) => return Err("PROTO value"),
            None => None,
        }),
        "HELO" => Attribute::Helo(value),
        "LOGIN" => Attribute::Login(value),
        _ => Attribute::Other,
    })
}

fn address(text: &str) -> Result<IpAddr, &'static str> {
    let bare = match text.get(..5) {
        Some(tag) if tag.eq_ignore_ascii_case("IPV6:") => &text[5..],
        _ => text,
    };
    bare.parse::<IpAddr>().map(|ip| ip.to_canonical()).map_err(|_| "ADDR value")
}

/// Decodes xtext; none where it is not xtext or hides a control character. A byte that is no UTF-8 (a
/// computer's name in CP932, as Postfix passes it on) stands as `?` in it.
pub fn xtext(text: &str) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(b) = bytes.next() {
        out.push(match b {
            b'+' => {
                let (high, low) = (hex(bytes.next()?)?, hex(bytes.next()?)?);
                high << 4 | low
            }
            b'=' | 0..=b' ' | 0x7f => return None,
            _ => b,
        });
    }
    let text = match String::from_utf8(out) {
        Ok(text) => text,
        Err(error) => {
            error.into_bytes().iter().map(|&b| if b.is_ascii() { char::from(b) } else { '?' }).collect()
        }
    };
    if text.chars().any(char::is_control) { None } else { Some(text) }
}

/// RFC 3461 asks for upper case; senders that write lower case exist.
fn hex(b: u8) -> Option<u8> {
    char::from(b).to_digit(16).map(|d| d as u8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn attributes_are_decoded() {
        let found =
            parse(Kind::Xclient, "NAME=spike.example.com addr=192.0.2.7 PROTO=esmtp LOGIN=a+2Bb+40c PORT=25")
                .unwrap();
        assert_eq!(
            found,
            [
                Attribute::Name(Some("spike.example.com".into())),
                Attribute::Addr(Some("192.0.2.7".parse().unwrap())),
                Attribute::Proto(Some("ESMTP".into())),
                Attribute::Login(Some("a+b@c".into())),
                Attribute::Other,
            ]
        );
        assert_eq!(
            parse(Kind::Xforward, "NAME=[UNAVAILABLE] ADDR=IPV6:2001:db8::1 HELO=[TEMPUNAVAIL] IDENT=4B1")
                .unwrap(),
            [
                Attribute::Name(None),
                Attribute::Addr(Some("2001:db8::1".parse().unwrap())),
                Attribute::Helo(None),
                Attribute::Other
            ]
        );
    }

    #[test]
    fn a_name_in_another_code_page_is_shown_with_question_marks() {
        let helo = |text: &str| vec![Attribute::Helo(Some(text.into()))];
        assert_eq!(parse(Kind::Xforward, "HELO=+93+63+92+86PC"), Ok(helo("?c??PC")));
        assert_eq!(parse(Kind::Xforward, "HELO=+E7+94+B0"), Ok(helo("\u{7530}")));
    }

    #[test]
    fn injection_and_nonsense_are_refused() {
        for args in [
            "",
            "NAME",
            "HELO=a+0D+0ARSET",
            "HELO=a+00b",
            "HELO=a+0",
            "HELO=a+GG",
            "HELO=a=b",
            "ADDR=not-an-address",
            "PROTO=LMTP",
            "COLOUR=red",
            "IDENT=1",
        ] {
            assert_eq!(parse(Kind::Xclient, args).map_err(|r| r.code), Err(501), "{args}");
        }
        assert!(parse(Kind::Xforward, "LOGIN=a").is_err(), "LOGIN is XCLIENT's");
    }

    proptest! {
        #[test]
        fn no_value_hides_a_control_character(text in ".{0,30}|(\\+[0-9A-F]{2}){0,8}") {
            if let Some(value) = xtext(&text) {
                prop_assert!(!value.chars().any(char::is_control));
            }
            let _ = parse(Kind::Xforward, &text);
        }
    }
}
