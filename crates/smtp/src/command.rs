//! Commands (RFC 5321 section 4.1.1), one line at a time. A strict reader: a line that another
//! server could read otherwise is refused, and what is passed on is passed on byte for byte.
//!
//! smtp-proto's reader is not used here, because it drops CRs, ends at a bare LF, strips source
//! routes and declines address literals: a guard and its next hop must see the same command.

use std::borrow::Cow;

use super::capabilities::Capabilities;
use super::path::{self, PathError};
use super::reply::Reply;

/// One command of a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command<'a> {
    /// Its name; bytes that are no UTF-8 stand as `?` in it.
    Ehlo(Cow<'a, str>),
    /// As [`Command::Ehlo`].
    Helo(Cow<'a, str>),
    /// MAIL or RCPT.
    Envelope(EnvelopeCommand),
    Data,
    Rset,
    Noop,
    Quit,
    Help,
    Vrfy,
    StartTls,
    /// AUTH (RFC 4954): its mechanism and initial response, as they stand.
    Auth(&'a str),
    /// Its attributes, as they stand; bytes that are no UTF-8 stand as `?` in them.
    Xclient(Cow<'a, str>),
    /// As [`Command::Xclient`].
    Xforward(Cow<'a, str>),
}

/// Which of the two commands that make the envelope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EnvelopeVerb {
    Mail,
    Rcpt,
}

/// MAIL or RCPT, as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvelopeCommand {
    pub verb: EnvelopeVerb,
    /// The path without its angle brackets.
    pub path: String,
    /// The parameters, each exactly as it stands.
    pub params: Vec<String>,
}

impl EnvelopeCommand {
    /// `MAIL FROM:<path>` with its parameters.
    pub fn mail(path: impl Into<String>, params: Vec<String>) -> Self {
        EnvelopeCommand { verb: EnvelopeVerb::Mail, path: path.into(), params }
    }

    /// `RCPT TO:<path>` with its parameters.
    pub fn rcpt(path: impl Into<String>, params: Vec<String>) -> Self {
        EnvelopeCommand { verb: EnvelopeVerb::Rcpt, path: path.into(), params }
    }

    /// Appends the command as it goes over the wire to a server with these capabilities: a parameter
    /// of an extension that it does not offer stays out (RFC 5321 section 4.1.1.11 lets a client send
    /// no other). What the mail needs all the same is asked with [`EnvelopeCommand::missing`].
    pub fn write_to(&self, out: &mut Vec<u8>, server: &Capabilities) {
        out.extend_from_slice(match self.verb {
            EnvelopeVerb::Mail => b"MAIL FROM:<",
            EnvelopeVerb::Rcpt => b"RCPT TO:<",
        });
        out.extend_from_slice(self.path.as_bytes());
        out.push(b'>');
        for param in self.params.iter().filter(|param| is_offered(param, server)) {
            out.push(b' ');
            out.extend_from_slice(param.as_bytes());
        }
        out.extend_from_slice(b"\r\n");
    }

    /// The extension that the command asks for, that the server does not offer, and that cannot be
    /// left out without a change to the mail: `SMTPUTF8` or `8BITMIME`. DSN can be left out (RFC 3461
    /// section 5.2.2), SIZE too (RFC 1870).
    pub fn missing(&self, server: &Capabilities) -> Option<&'static str> {
        let asks = |keyword| self.param(keyword).is_some();
        if !server.smtputf8 && asks("SMTPUTF8") {
            Some("SMTPUTF8")
        } else if !server.eight_bit_mime
            && self.param("BODY").is_some_and(|body| !body.eq_ignore_ascii_case("7BIT"))
        {
            Some("8BITMIME")
        } else {
            None
        }
    }

    /// Whether it can stand on a command line: nothing in it could end the line or hide the rest.
    /// What [`parse`] made always can; what came out of a store is asked.
    pub fn is_sound(&self) -> bool {
        let line = |s: &str| s.bytes().all(|b| b >= b' ' && b != 0x7f);
        path::take(&format!("<{}>", self.path)).is_ok_and(|(_, rest)| rest.is_empty())
            && self.params.iter().all(|p| line(p) && !p.contains(' ') && !p.is_empty())
    }

    /// The value of the parameter with that name: `Some("")` where it has none.
    pub fn param(&self, keyword: &str) -> Option<&str> {
        self.params
            .iter()
            .find(|p| is_keyword(p, keyword))
            .map(|p| p.split_once('=').map_or("", |(_, value)| value))
    }
}

/// Whether the parameter has that keyword; keywords are case-insensitive.
pub fn is_keyword(param: &str, keyword: &str) -> bool {
    param.split('=').next().is_some_and(|k| k.eq_ignore_ascii_case(keyword))
}

/// Whether the parameter belongs to an extension that the server offers. One that belongs to no
/// extension known here is passed on: the receiving side takes none of those from a client.
fn is_offered(param: &str, server: &Capabilities) -> bool {
    let is = |keyword| is_keyword(param, keyword);
    if is("SIZE") {
        server.size
    } else if is("BODY") {
        server.eight_bit_mime
    } else if is("SMTPUTF8") {
        server.smtputf8
    } else if ["RET", "ENVID", "NOTIFY", "ORCPT"].into_iter().any(is) {
        server.dsn
    } else {
        true
    }
}

/// Reads one command line, without its CRLF.
///
/// # Errors
/// The reply to give: 500 for an unknown command or bytes that are no text, 501 for bad arguments,
/// 502 for a command that is not implemented.
pub fn parse(line: &[u8]) -> Result<Command<'_>, Reply> {
    if line.iter().any(|&b| b < b' ' || b == 0x7f) {
        return Err(Reply::new(500, "5.5.2 Control characters are not allowed in a command"));
    }
    let Ok(line) = str::from_utf8(line) else {
        return not_text(line);
    };
    let line = line.trim_end_matches(' ');
    let (verb, args) = line.split_once(' ').unwrap_or((line, ""));
    let args = args.trim_start_matches(' ');
    let is = |name: &str| verb.eq_ignore_ascii_case(name);
    if is("MAIL") {
        envelope(EnvelopeVerb::Mail, args).map(Command::Envelope)
    } else if is("RCPT") {
        envelope(EnvelopeVerb::Rcpt, args).map(Command::Envelope)
    } else if is("DATA") {
        bare(args, Command::Data)
    } else if is("RSET") {
        bare(args, Command::Rset)
    } else if is("QUIT") {
        bare(args, Command::Quit)
    } else if is("STARTTLS") {
        bare(args, Command::StartTls)
    } else if is("AUTH") {
        if args.is_empty() {
            Err(Reply::new(501, "5.5.4 Syntax: AUTH mechanism"))
        } else {
            Ok(Command::Auth(args))
        }
    } else if is("EHLO") {
        host(args).map(|name| Command::Ehlo(name.into()))
    } else if is("HELO") {
        host(args).map(|name| Command::Helo(name.into()))
    } else if is("NOOP") {
        Ok(Command::Noop)
    } else if is("HELP") {
        Ok(Command::Help)
    } else if is("VRFY") {
        if args.is_empty() { Err(Reply::new(501, "5.5.4 Syntax: VRFY address")) } else { Ok(Command::Vrfy) }
    } else if is("XCLIENT") {
        Ok(Command::Xclient(args.into()))
    } else if is("XFORWARD") {
        Ok(Command::Xforward(args.into()))
    } else if ["EXPN", "BDAT", "TURN", "ETRN", "SEND", "SOML", "SAML", "BURL"].iter().any(|name| is(name)) {
        Err(Reply::new(502, "5.5.1 Command not implemented"))
    } else {
        Err(Reply::new(500, "5.5.2 Command not recognized"))
    }
}

/// A command with bytes that are no UTF-8. Windows programs say their computer's name in the code page
/// of the system (`EHLO` with CP932), and Postfix passes it on in XFORWARD: these commands only
/// describe the client, so that they are taken with `?` in the place of such bytes. In an address no
/// byte may be changed, so MAIL and RCPT are refused.
fn not_text(line: &[u8]) -> Result<Command<'_>, Reply> {
    let shown: String = line.iter().map(|&b| if b.is_ascii() { char::from(b) } else { '?' }).collect();
    let owned = |text: Cow<'_, str>| Cow::Owned(text.into_owned());
    match parse(shown.as_bytes()) {
        Ok(Command::Ehlo(name)) => Ok(Command::Ehlo(owned(name))),
        Ok(Command::Helo(name)) => Ok(Command::Helo(owned(name))),
        Ok(Command::Xclient(args)) => Ok(Command::Xclient(owned(args))),
        Ok(Command::Xforward(args)) => Ok(Command::Xforward(owned(args))),
        Ok(Command::Noop) => Ok(Command::Noop),
        _ => Err(Reply::new(500, "5.5.2 The command is not text")),
    }
}

/// A command that takes no argument.
fn bare<'a>(args: &str, command: Command<'a>) -> Result<Command<'a>, Reply> {
    if args.is_empty() { Ok(command) } else { Err(Reply::new(501, "5.5.4 No argument allowed")) }
}

fn host(args: &str) -> Result<&str, Reply> {
    if args.is_empty() || args.len() > 255 || args.contains(' ') {
        Err(Reply::new(501, "5.5.4 Syntax: EHLO hostname"))
    } else {
        Ok(args)
    }
}

fn envelope(verb: EnvelopeVerb, args: &str) -> Result<EnvelopeCommand, Reply> {
    let (keyword, syntax) = match verb {
        EnvelopeVerb::Mail => ("FROM:", "5.5.4 Syntax: MAIL FROM:<address>"),
        EnvelopeVerb::Rcpt => ("TO:", "5.5.4 Syntax: RCPT TO:<address>"),
    };
    let head = args.get(..keyword.len()).filter(|head| head.eq_ignore_ascii_case(keyword));
    let head = head.ok_or_else(|| Reply::new(501, syntax))?;
    let text = args[head.len()..].trim_start_matches(' ');
    let bad = |status: &str, fault: PathError| Reply::new(501, format!("{status} {fault}"));
    let (path, rest) = path::take(text).map_err(|fault| match (fault, verb) {
        (PathError::Brackets, _) => Reply::new(501, syntax),
        (fault, EnvelopeVerb::Mail) => bad("5.1.7", fault),
        (fault, EnvelopeVerb::Rcpt) => bad("5.1.3", fault),
    })?;
    if verb == EnvelopeVerb::Rcpt && path.is_empty() {
        return Err(bad("5.1.3", PathError::Syntax));
    }
    if !rest.is_empty() && !rest.starts_with(' ') {
        return Err(Reply::new(501, syntax));
    }
    let params: Vec<String> = rest.split(' ').filter(|p| !p.is_empty()).map(str::to_string).collect();
    for (i, param) in params.iter().enumerate() {
        let keyword = param.split('=').next().unwrap_or("");
        let known = params[..i].iter().any(|p| is_keyword(p, keyword));
        if known || keyword.is_empty() || !keyword.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
            return Err(Reply::new(501, "5.5.4 Bad parameter syntax"));
        }
    }
    Ok(EnvelopeCommand { verb, path: path.to_string(), params })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ALL: Capabilities = Capabilities {
        pipelining: true,
        size: true,
        max_size: 0,
        eight_bit_mime: true,
        smtputf8: true,
        dsn: true,
        starttls: false,
        auth_plain: false,
        auth_login: false,
    };

    #[test]
    fn no_parameter_goes_to_a_server_that_does_not_offer_it() {
        let command = |line: &[u8]| match parse(line) {
            Ok(Command::Envelope(command)) => command,
            other => panic!("{other:?}"),
        };
        let none = Capabilities::default();
        let mail = command(b"MAIL FROM:<a@example.com> SIZE=1 BODY=7BIT RET=HDRS ENVID=x");
        let mut out = Vec::new();
        mail.write_to(&mut out, &none);
        assert_eq!((out.as_slice(), mail.missing(&none)), (&b"MAIL FROM:<a@example.com>\r\n"[..], None));
        let rcpt = command(b"RCPT TO:<b@example.org> NOTIFY=NEVER ORCPT=rfc822;b@example.org");
        let mut out = Vec::new();
        rcpt.write_to(&mut out, &none);
        assert_eq!((out.as_slice(), rcpt.missing(&none)), (&b"RCPT TO:<b@example.org>\r\n"[..], None));
        for (line, missing) in [
            ("MAIL FROM:<a@example.com> BODY=8BITMIME", "8BITMIME"),
            ("MAIL FROM:<a@example.com> SMTPUTF8", "SMTPUTF8"),
        ] {
            assert_eq!(command(line.as_bytes()).missing(&none), Some(missing), "{line}");
            assert_eq!(command(line.as_bytes()).missing(&ALL), None, "{line}");
        }
    }

    #[test]
    fn a_name_in_another_code_page_is_taken_and_shown_with_question_marks() {
        assert_eq!(parse(b"EHLO \x93\x63\x92\x86PC"), Ok(Command::Ehlo("?c??PC".into())));
        assert_eq!(parse(b"HELO \xff"), Ok(Command::Helo("?".into())));
        assert_eq!(parse(b"XFORWARD HELO=\x93\x63"), Ok(Command::Xforward("HELO=?c".into())));
        for line in
            [&b"MAIL FROM:<\x93\x63@example.com>"[..], b"RCPT TO:<\xff@example.com>", b"\xff", b"DATA \xff"]
        {
            assert_eq!(parse(line).map_err(|r| r.code), Err(500), "{line:?}");
        }
    }

    fn wire(line: &[u8]) -> String {
        let Ok(Command::Envelope(command)) = parse(line) else { panic!("{line:?}") };
        let mut out = Vec::new();
        command.write_to(&mut out, &ALL);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn envelope_commands_pass_byte_for_byte() {
        for (line, expected) in [
            ("MAIL FROM:<>", "MAIL FROM:<>\r\n"),
            (
                "mail from: <a@example.com>  size=10 Body=8BITMIME ",
                "MAIL FROM:<a@example.com> size=10 Body=8BITMIME\r\n",
            ),
            (
                "MAIL FROM:<a@example.com> ENVID=QQ+2B314159 RET=HDRS",
                "MAIL FROM:<a@example.com> ENVID=QQ+2B314159 RET=HDRS\r\n",
            ),
            (
                "RCPT TO:<\"a b\"@example.com> NOTIFY=NEVER ORCPT=rfc822;a@b=c",
                "RCPT TO:<\"a b\"@example.com> NOTIFY=NEVER ORCPT=rfc822;a@b=c\r\n",
            ),
        ] {
            assert_eq!(wire(line.as_bytes()), expected);
        }
        let Ok(Command::Envelope(mail)) = parse(b"MAIL FROM:<a@example.com> SIZE=10 SMTPUTF8") else {
            panic!()
        };
        let mut out = Vec::new();
        mail.write_to(&mut out, &Capabilities { size: false, ..ALL });
        assert_eq!(out, b"MAIL FROM:<a@example.com> SMTPUTF8\r\n");
        assert_eq!(
            (mail.param("size"), mail.param("smtputf8"), mail.param("ret")),
            (Some("10"), Some(""), None)
        );
    }

    #[test]
    fn the_other_commands_are_known() {
        assert_eq!(parse(b"ehlo mail.example.com"), Ok(Command::Ehlo("mail.example.com".into())));
        assert_eq!(parse(b"HELO x "), Ok(Command::Helo("x".into())));
        assert_eq!(parse(b"DATA"), Ok(Command::Data));
        assert_eq!(parse(b"auth PLAIN AGEAYg=="), Ok(Command::Auth("PLAIN AGEAYg==")));
        assert_eq!(parse(b"NOOP anything"), Ok(Command::Noop));
        assert_eq!(parse(b"XCLIENT NAME=a ADDR=b"), Ok(Command::Xclient("NAME=a ADDR=b".into())));
    }

    #[test]
    fn bad_commands_get_the_right_code() {
        for (line, code) in [
            (&b""[..], 500),
            (b"GET / HTTP/1.1", 500),
            (b"MAIL\0FROM:<a@example.com>", 500),
            (b"MAIL FROM:<a@example.com>\rRCPT TO:<b@example.com>", 500),
            (b"DATA now", 501),
            (b"EHLO", 501),
            (b"EHLO a b", 501),
            (b"VRFY", 501),
            (b"MAIL", 501),
            (b"MAIL FROM:a@example.com", 501),
            (b"MAIL FROM:<a@example.com>SIZE=1", 501),
            (b"MAIL FROM:<a@example.com> SIZE=1 size=2", 501),
            (b"MAIL FROM:<a@example.com> =1", 501),
            (b"MAIL TO:<a@example.com>", 501),
            (b"RCPT TO:<>", 501),
            (b"RCPT TO:<@a.example:b@example.com>", 501),
            ("RCPT Tö:<>".as_bytes(), 501),
            (b"EXPN list", 502),
            (b"BDAT 10 LAST", 502),
            (b"AUTH", 501),
        ] {
            assert_eq!(parse(line).map_err(|r| r.code), Err(code), "{}", String::from_utf8_lossy(line));
        }
    }

    #[test]
    fn what_a_store_gave_back_is_asked_for_soundness() {
        assert!(EnvelopeCommand::rcpt("a@example.com", vec!["NOTIFY=NEVER".into()]).is_sound());
        assert!(!EnvelopeCommand::rcpt("a@example.com>\r\nDATA", vec![]).is_sound());
        assert!(!EnvelopeCommand::rcpt("a@example.com", vec!["X\r\nDATA".into()]).is_sound());
        assert!(!EnvelopeCommand::rcpt("a@example.com> <b@example.com", vec![]).is_sound());
    }

    proptest! {
        #[test]
        fn no_line_panics(line in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse(&line);
        }

        /// What is taken can be written, and reads back as the same: no second reading.
        #[test]
        fn what_is_taken_reads_back_the_same(line in "(MAIL FROM|RCPT TO|mail from):\\s?<.{0,20}>.{0,20}") {
            if let Ok(Command::Envelope(command)) = parse(line.as_bytes()) {
                prop_assert!(command.is_sound());
                let mut out = Vec::new();
                command.write_to(&mut out, &ALL);
                prop_assert_eq!(out.iter().filter(|b| **b < b' ').count(), 2, "one CRLF");
                prop_assert_eq!(parse(&out[..out.len() - 2]), Ok(Command::Envelope(command)));
            }
        }
    }
}
