//! Whose mailbox a reverse path is. Forwarders, signers of return paths and mailing lists write
//! something else there than a person's address, although its domain is the organisation's own.

/// What a reverse path names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `<>` (RFC 5321 section 4.5.5), or what is no address.
    Null,
    /// A mailbox that may be a person's. A tag after `+` (RFC 5233) belongs to it.
    Mailbox,
    /// A forwarder's: `SRS0=…`, `SRS1=…` (Sender Rewriting Scheme), `…+SRS=…` (Microsoft 365). What is sent
    /// there is turned back into the address of somebody outside.
    Forwarded,
    /// A signed return path: BATV's `prvs=tag=mailbox`, which takes delivery reports alone.
    Signed,
    /// A mailing list's or a program's address for delivery reports: `list-bounces+user=host`,
    /// `owner-list`, `list-request`.
    Bounces,
    /// A name that says that nobody reads it: `noreply`, `mailer-daemon`.
    NoReply,
}

/// What the reverse path names, without its angle brackets. Only its local part is looked at; whether the
/// domain is the organisation's own is another question.
pub fn kind(path: &str) -> Kind {
    let Some((local, domain)) = path.trim().rsplit_once('@') else {
        return Kind::Null;
    };
    let local = unquoted(local).to_lowercase();
    if local.is_empty() || domain.is_empty() {
        return Kind::Null;
    }
    if is_srs(&local) {
        return Kind::Forwarded;
    }
    if signed(&local).is_some() {
        return Kind::Signed;
    }
    if is_of_a_list(&local) {
        return Kind::Bounces;
    }
    if is_nobody(&local) {
        return Kind::NoReply;
    }
    Kind::Mailbox
}

/// The mailbox behind the reverse path, in lower case: without tag, VERP recipient, BATV signature or SRS
/// hash, so that mail of one sender is counted as one sender's. An address under SRS becomes that of the
/// original sender. What is no address stays as it is.
pub fn mailbox(path: &str) -> String {
    let lower = path.trim().to_lowercase();
    let Some((local, domain)) = lower.rsplit_once('@') else {
        return lower;
    };
    let local = unquoted(local);
    if let Some(original) = under_srs(local) {
        return original;
    }
    let local = signed(local).unwrap_or(local);
    let base = match local.find('+') {
        Some(at) if at > 0 => &local[..at],
        _ => verp_base(local).unwrap_or(local),
    };
    format!("{base}@{domain}")
}

fn unquoted(local: &str) -> &str {
    local.strip_prefix('"').and_then(|l| l.strip_suffix('"')).unwrap_or(local)
}

fn is_srs(local: &str) -> bool {
    let scheme = |n: &str| local.strip_prefix(n).is_some_and(|rest| rest.starts_with(['=', '+', '-']));
    scheme("srs0") || scheme("srs1") || local.contains("+srs=") || local.contains("+srs0=")
}

/// The mailbox of `prvs=tag=mailbox` (the draft's form) or `prvs=mailbox/tag` (an older one), or of the
/// same with `btv1==`, as Barracuda writes it.
fn signed(local: &str) -> Option<&str> {
    if let Some(rest) = local.strip_prefix("prvs=") {
        return match (rest.split_once('/'), rest.split_once('=')) {
            (Some((mailbox, _)), _) => Some(mailbox),
            (None, Some((_, mailbox))) => Some(mailbox),
            (None, None) => Some(rest),
        };
    }
    let rest = local.strip_prefix("btv1==")?;
    Some(rest.split_once("==").map_or(rest, |(_, mailbox)| mailbox))
}

/// `SRS0=hash=time=domain=local`, `SRS1=hash=forwarder==hash=time=domain=local`, and Microsoft 365's
/// `name+SRS=hash=time=domain=local`: the original sender.
fn under_srs(local: &str) -> Option<String> {
    let fields = if let Some(at) = local.find("+srs=") {
        &local[at + "+srs=".len()..]
    } else if let Some(rest) = local.strip_prefix("srs0") {
        rest.get(1..)?
    } else {
        let rest = local.strip_prefix("srs1")?;
        let (_, inner) =
            rest.split_once("==").or_else(|| rest.split_once("=+")).or_else(|| rest.split_once("=-"))?;
        inner
    };
    let mut parts = fields.splitn(4, '=');
    let (_, _, domain, name) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    (!domain.is_empty() && !name.is_empty()).then(|| format!("{name}@{domain}"))
}

/// VERP without a plus: `bounces-user=host`, the part before the recipient.
fn verp_base(local: &str) -> Option<&str> {
    let equals = local.find('=')?;
    let at = local[..equals].find('-')?;
    (at > 0).then(|| &local[..at])
}

fn is_of_a_list(local: &str) -> bool {
    const ENDS: [&str; 8] =
        ["-bounces", "-bounce", "-owner", "-request", "-errors", "-return", "-confirm", "-unsubscribe"];
    const STARTS: [&str; 6] = ["owner-", "bounce-", "bounces-", "bounce+", "bounces+", "return-"];
    let tagged = local.split_once('+');
    let base = tagged.map_or(local, |(base, _)| base);
    let verp = tagged.is_some_and(|(_, tag)| tag.contains('=')) || verp_base(local).is_some();
    verp || ["bounce", "bounces", "returns"].contains(&base)
        || ENDS.iter().any(|end| base.ends_with(end))
        || STARTS.iter().any(|start| local.starts_with(start))
}

fn is_nobody(local: &str) -> bool {
    let base = local.split('+').next().unwrap_or(local);
    let letters: String = base.chars().filter(char::is_ascii_alphanumeric).collect();
    ["mailerdaemon", "nobody", "null", "devnull"].contains(&letters.as_str())
        || ["noreply", "donotreply", "nepasrepondre"]
            .iter()
            .any(|word| letters.starts_with(word) || letters.ends_with(word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn each_kind_is_told() {
        for (path, expected) in [
            ("", Kind::Null),
            ("MAILER-DAEMON", Kind::Null),
            ("taro@city.example.jp", Kind::Mailbox),
            ("taro+tag@city.example.jp", Kind::Mailbox),
            ("jean-luc.request@city.example.jp", Kind::Mailbox),
            ("mail-admin@city.example.jp", Kind::Mailbox),
            ("SRS0=HHH=TT=other.example=alice@city.example.jp", Kind::Forwarded),
            ("SRS1=HHH=f.example==HHH=TT=other.example=alice@city.example.jp", Kind::Forwarded),
            ("srs0+HHH=TT=other.example=alice@city.example.jp", Kind::Forwarded),
            ("\"SRS0=HHH=TT=other.example=alice\"@city.example.jp", Kind::Forwarded),
            ("bounces+SRS=abc=XY=other.example=alice@city.example.jp", Kind::Forwarded),
            ("prvs=1234567890=taro@city.example.jp", Kind::Signed),
            ("news-bounces+u1=v1.example@lists.city.example.jp", Kind::Bounces),
            ("news+u1=v1.example@city.example.jp", Kind::Bounces),
            ("news-u1=v1.example@city.example.jp", Kind::Bounces),
            ("owner-news@city.example.jp", Kind::Bounces),
            ("news-request@city.example.jp", Kind::Bounces),
            ("no-reply@city.example.jp", Kind::NoReply),
            ("system_noreply@city.example.jp", Kind::NoReply),
            ("MAILER-DAEMON@city.example.jp", Kind::NoReply),
        ] {
            assert_eq!(kind(path), expected, "{path}");
        }
    }

    #[test]
    fn the_mailbox_is_what_stands_behind() {
        for (path, expected) in [
            ("Taro@City.example.jp", "taro@city.example.jp"),
            ("taro+a@city.example.jp", "taro@city.example.jp"),
            ("news-bounces+u1=v1.example@lists.city.example.jp", "news-bounces@lists.city.example.jp"),
            ("news-u1=v1.example@city.example.jp", "news@city.example.jp"),
            ("prvs=1234567890=taro@city.example.jp", "taro@city.example.jp"),
            ("prvs=taro/1234567890@city.example.jp", "taro@city.example.jp"),
            ("SRS0=HHH=TT=other.example=alice@city.example.jp", "alice@other.example"),
            ("SRS1=HHH=f.example==HHH=TT=other.example=alice@city.example.jp", "alice@other.example"),
            ("bounces+SRS=abc=XY=other.example=alice@city.example.jp", "alice@other.example"),
            ("+x@city.example.jp", "+x@city.example.jp"),
            ("", ""),
        ] {
            assert_eq!(mailbox(path), expected, "{path}");
        }
    }

    proptest! {
        #[test]
        fn no_path_panics(path in "\\PC{0,40}", local in "(srs[01]|prvs|btv1|=|[+]|-|[a-z]|\u{e9}){0,12}") {
            for path in [path, format!("{local}@city.example.jp")] {
                let _ = (kind(&path), mailbox(&path));
            }
        }

        #[test]
        fn whatever_the_tag_it_is_one_mailbox(tag in "[a-z0-9.=_-]{0,20}") {
            let tagged = format!("news+{tag}@city.example.jp");
            if !tagged.contains("+srs=") {
                prop_assert_eq!(mailbox(&tagged), "news@city.example.jp");
            }
        }
    }
}
