//! HTML as lines of text: enough to find what people read in it, linear in its length. Addresses
//! behind `mailto:` links are shown too, because a click shows them.

/// Elements that begin a new line.
const BREAKS: &[&str] = &[
    "br",
    "p",
    "div",
    "tr",
    "li",
    "ul",
    "ol",
    "table",
    "blockquote",
    "hr",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "pre",
    "dt",
    "dd",
];

/// The text of an HTML document.
pub(super) fn lines(html: &str) -> String {
    let mut out = String::with_capacity(html.len() / 2);
    let mut rest = html;
    while let Some(open) = memchr::memchr(b'<', rest.as_bytes()) {
        push_text(&rest[..open], &mut out);
        rest = &rest[open..];
        if let Some(comment) = rest.strip_prefix("<!--") {
            rest = behind(comment, "-->");
            continue;
        }
        let Some(end) = memchr::memchr(b'>', rest.as_bytes()) else {
            return out;
        };
        let tag = &rest[1..end];
        rest = &rest[end + 1..];
        let name: String = tag
            .trim_start_matches('/')
            .chars()
            .take(12)
            .take_while(char::is_ascii_alphanumeric)
            .map(|c| c.to_ascii_lowercase())
            .collect();
        if BREAKS.contains(&name.as_str()) {
            out.push('\n');
        }
        match name.as_str() {
            "style" | "script" if !tag.starts_with('/') => rest = behind_element(rest, &name),
            "a" => push_mailto(tag, &mut out),
            // A cell ends a word.
            "td" | "th" => out.push(' '),
            _ => {}
        }
    }
    push_text(rest, &mut out);
    out
}

fn behind<'t>(text: &'t str, end: &str) -> &'t str {
    text.find(end).map_or("", |at| &text[at + end.len()..])
}

/// Behind `</style` or `</script`; it is looked for once, so the whole stays linear.
fn behind_element<'t>(text: &'t str, name: &str) -> &'t str {
    let bytes = text.as_bytes();
    for at in memchr::memmem::find_iter(bytes, b"</") {
        if bytes[at + 2..].get(..name.len()).is_some_and(|n| n.eq_ignore_ascii_case(name.as_bytes())) {
            return behind(&text[at..], ">");
        }
    }
    ""
}

fn push_mailto(tag: &str, out: &mut String) {
    if let Some(at) = tag.to_ascii_lowercase().find("mailto:") {
        let address: String =
            tag[at + 7..].chars().take(300).take_while(|c| !"\"'?> ".contains(*c)).collect();
        out.push('<');
        push_text(&address, out);
        out.push_str("> ");
    }
}

/// Text with its entities decoded and its line breaks made spaces.
fn push_text(text: &str, out: &mut String) {
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'&', rest.as_bytes()) {
        push_plain(&rest[..at], out);
        rest = &rest[at + 1..];
        let end = rest.bytes().take(10).position(|b| b == b';');
        match end.and_then(|e| Some((entity(&rest[..e])?, e))) {
            Some((c, e)) => {
                out.push(c);
                rest = &rest[e + 1..];
            }
            None => out.push('&'),
        }
    }
    push_plain(rest, out);
}

fn push_plain(text: &str, out: &mut String) {
    if memchr::memchr2(b'\r', b'\n', text.as_bytes()).is_none() {
        return out.push_str(text);
    }
    out.extend(text.chars().map(|c| if matches!(c, '\r' | '\n') { ' ' } else { c }));
}

fn entity(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => number.parse().ok()?,
        };
        return char::from_u32(code).map(|c| if c.is_control() { ' ' } else { c });
    }
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => ' ',
        "commat" => '@',
        "colon" => ':',
        "period" => '.',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn text_and_addresses() {
        for (html, text) in [
            ("<p>a<br>b &amp; c</p>", "\na\nb & c\n"),
            ("<style>x { }</STYLE >y<script>z</script>", "y"),
            ("a<!-- <b> -->b", "ab"),
            ("<a href=\"MAILTO:a@x.example?subject=b\">Taro</a>", "<a@x.example> Taro"),
            ("a&#64;x&#x2e;example &bogus; &", "a@x.example &bogus; &"),
            ("a\r\nb<unclosed", "a  b"),
        ] {
            assert_eq!(lines(html), text, "{html}");
        }
    }

    proptest! {
        #[test]
        fn any_text(text in "[<>a/&;#!\"' -]{0,60}|\\PC{0,40}") {
            let _ = lines(&text);
        }
    }
}
