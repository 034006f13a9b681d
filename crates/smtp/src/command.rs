//! Commands (RFC 5321 section 4.1.1), one line at a time. A strict reader: a line that another
//! server could read otherwise is refused, and what is passed on is passed on byte for byte.
//!
//! smtp-proto's reader is not used here, because it drops CRs, ends at a bare LF, strips source
//! routes and declines address literals: a guard and its next hop must see the same command.

use super::path::{self, PathError};
use super::reply::Reply;

/// One command of a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command<'a> {
    Ehlo(&'a str),
    Helo(&'a str),
    /// MAIL or RCPT.
    Envelope(EnvelopeCommand),
    Data,
    Rset,
    Noop,
    Quit,
    Help,
    Vrfy,
    StartTls,
    /// Its attributes, as they stand.
    Xclient(&'a str),
    /// Its attributes, as they stand.
    Xforward(&'a str),
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

    /// Appends the command as it goes over the wire. Without `with_size` a SIZE parameter stays
    /// out, for a next hop that does not know it (RFC 1870).
    pub fn write_to(&self, out: &mut Vec<u8>, with_size: bool) {
        out.extend_from_slice(match self.verb {
            EnvelopeVerb::Mail => b"MAIL FROM:<",
            EnvelopeVerb::Rcpt => b"RCPT TO:<",
        });
        out.extend_from_slice(self.path.as_bytes());
        out.push(b'>');
        for param in &self.params {
            if with_size || !is_keyword(param, "SIZE") {
                out.push(b' ');
                out.extend_from_slice(param.as_bytes());
            }
        }
        out.extend_from_slice(b"\r\n");
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

/// Reads one command line, without its CRLF.
///
/// # Errors
/// The reply to give: 500 for an unknown command or bytes that are no text, 501 for bad arguments,
/// 502 for a command that is not implemented.
pub fn parse(line: &[u8]) -> Result<Command<'_>, Reply> {
    if line.iter().any(|&b| b < b' ' || b == 0x7f) {
        return Err(Reply::new(500, "5.5.2 Control characters are not allowed in a command"));
    }
    let line = str::from_utf8(line).map_err(|_| Reply::new(500, "5.5.2 The command is not text"))?;
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
    } else if is("EHLO") {
        host(args).map(Command::Ehlo)
    } else if is("HELO") {
        host(args).map(Command::Helo)
    } else if is("NOOP") {
        Ok(Command::Noop)
    } else if is("HELP") {
        Ok(Command::Help)
    } else if is("VRFY") {
        if args.is_empty() { Err(Reply::new(501, "5.5.4 Syntax: VRFY address")) } else { Ok(Command::Vrfy) }
    } else if is("XCLIENT") {
        Ok(Command::Xclient(args))
    } else if is("XFORWARD") {
        Ok(Command::Xforward(args))
    } else if ["EXPN", "BDAT", "AUTH", "TURN", "ETRN", "SEND", "SOML", "SAML", "BURL"]
        .iter()
        .any(|name| is(name))
    {
        Err(Reply::new(502, "5.5.1 Command not implemented"))
    } else {
        Err(Reply::new(500, "5.5.2 Command not recognized"))
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

    fn wire(line: &[u8]) -> String {
        let Ok(Command::Envelope(command)) = parse(line) else { panic!("{line:?}") };
        let mut out = Vec::new();
        command.write_to(&mut out, true);
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
        mail.write_to(&mut out, false);
        assert_eq!(out, b"MAIL FROM:<a@example.com> SMTPUTF8\r\n");
        assert_eq!(
            (mail.param("size"), mail.param("smtputf8"), mail.param("ret")),
            (Some("10"), Some(""), None)
        );
    }

    #[test]
    fn the_other_commands_are_known() {
        assert_eq!(parse(b"ehlo mail.example.com"), Ok(Command::Ehlo("mail.example.com")));
        assert_eq!(parse(b"HELO x "), Ok(Command::Helo("x")));
        assert_eq!(parse(b"DATA"), Ok(Command::Data));
        assert_eq!(parse(b"NOOP anything"), Ok(Command::Noop));
        assert_eq!(parse(b"XCLIENT NAME=a ADDR=b"), Ok(Command::Xclient("NAME=a ADDR=b")));
    }

    #[test]
    fn bad_commands_get_the_right_code() {
        for (line, code) in [
            (&b""[..], 500),
            (b"GET / HTTP/1.1", 500),
            (b"MAIL\0FROM:<a@example.com>", 500),
            (b"MAIL FROM:<a@example.com>\rRCPT TO:<b@example.com>", 500),
            (b"NOOP \xff", 500),
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
            (b"AUTH PLAIN", 502),
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
                command.write_to(&mut out, true);
                prop_assert_eq!(out.iter().filter(|b| **b < b' ').count(), 2, "one CRLF");
                prop_assert_eq!(parse(&out[..out.len() - 2]), Ok(Command::Envelope(command)));
            }
        }
    }
}
