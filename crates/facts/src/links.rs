//! Links in texts: where they lead, and which of them open what the sender may not mean to show: the
//! answers of a form, or a share for everybody who has the link.

use std::collections::BTreeSet;

use super::places::{FORM_RESULTS, PUBLIC_SHARES, leads_to};
use super::table::LinksFacts;

/// The links of a message's texts.
#[derive(Debug, Default)]
pub(super) struct Links {
    seen: BTreeSet<String>,
    hosts: BTreeSet<String>,
    form_results: i64,
    public_shares: i64,
}

/// Links that are looked at in one message; a mail with more is counted no further.
const MAX_LINKS: usize = 10_000;
/// Bytes of one link that are looked at.
const MAX_LENGTH: usize = 4_096;

impl Links {
    /// Takes up the links of one text, plain or HTML, in time linear in its length.
    pub fn read(&mut self, text: &str) {
        let mut from = 0;
        let separator = memchr::memmem::Finder::new("://");
        while let Some(found) = text.get(from..).and_then(|rest| separator.find(rest.as_bytes())) {
            let at = from + found;
            let behind = at + 3;
            let length = link_length(&text[behind..]);
            from = behind + length;
            let scheme = &text.as_bytes()[..at];
            let is_web = ends_with_word(scheme, b"http") || ends_with_word(scheme, b"https");
            if is_web && length > 0 {
                self.take(&text[behind..behind + length]);
            }
        }
    }

    /// Takes up one link, without its scheme.
    fn take(&mut self, written: &str) {
        if self.seen.len() >= MAX_LINKS {
            return;
        }
        let link = unwrapped(&written.replace("&amp;", "&"));
        let Some(link) = Link::read(&link) else {
            return;
        };
        if !self.seen.insert(link.whole.to_string()) {
            return;
        }
        self.form_results += i64::from(leads_to(&link, FORM_RESULTS));
        self.public_shares += i64::from(leads_to(&link, PUBLIC_SHARES));
        self.hosts.insert(link.host);
    }

    pub fn into_facts(self) -> LinksFacts {
        LinksFacts {
            count: self.seen.len() as i64,
            form_results: self.form_results,
            public_shares: self.public_shares,
            domains: self.hosts.into_iter().collect(),
        }
    }
}

/// How far a link goes: to white space, a quote, a bracket, or a character that is not written in
/// links but next to them. Sentence marks at its end are not part of it.
fn link_length(text: &str) -> usize {
    let ends = |c: char| {
        c.is_whitespace()
            || c.is_control()
            || matches!(c, '<' | '>' | '"' | '\'' | '`' | '\\' | '^' | '{' | '|' | '}')
            || ('\u{3000}'..='\u{303f}').contains(&c)
            || matches!(c, '「' | '」' | '（' | '）' | '，' | '．' | '；' | '：' | '！' | '？' | '＞' | '＜')
    };
    let text = &text[..text.floor_char_boundary(MAX_LENGTH)];
    let length = text.find(ends).unwrap_or(text.len());
    text[..length].trim_end_matches(['.', ',', ';', ':', '!', '?', ')', ']', '*']).len()
}

fn ends_with_word(text: &[u8], word: &[u8]) -> bool {
    let Some(before) = text.len().checked_sub(word.len()) else {
        return false;
    };
    text[before..].eq_ignore_ascii_case(word) && !text[..before].last().is_some_and(u8::is_ascii_alphanumeric)
}

/// A link in its pieces. Host and path are in lower case: the places that are looked for do not
/// differ by case, and mail clients change it.
pub(super) struct Link<'a> {
    whole: &'a str,
    pub host: String,
    pub path: String,
    query: String,
}

impl<'a> Link<'a> {
    /// Reads `host/path?query#fragment`; none if there is no host.
    fn read(whole: &'a str) -> Option<Self> {
        let end = whole.find(['/', '?', '#']).unwrap_or(whole.len());
        let (authority, rest) = whole.split_at(end);
        let host = authority.rsplit('@').next().unwrap_or(authority);
        let host = match host.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
            _ => host,
        };
        let (path, query) = match rest.find(['?', '#']) {
            Some(at) => rest.split_at(at),
            None => (rest, ""),
        };
        let host = super::parties::domain(host);
        (!host.is_empty()).then(|| Link {
            whole,
            host,
            path: path.to_ascii_lowercase(),
            query: query.to_ascii_lowercase(),
        })
    }

    /// Whether the query or the fragment has a pair that begins so.
    pub fn has_query(&self, start: &str) -> bool {
        self.query.split(['?', '&', '#']).any(|pair| pair.starts_with(start))
    }
}

/// The link within a link of a scanner or a search engine, or the link itself.
fn unwrapped(link: &str) -> String {
    const WRAPPERS: &[(&str, &str)] =
        &[(".safelinks.protection.outlook.com", "url="), ("www.google.com/url", "q=")];
    let inner = WRAPPERS.iter().find_map(|(place, key)| {
        let (before, query) = link.split_once('?')?;
        if !before.to_ascii_lowercase().contains(place) {
            return None;
        }
        let value = query.split('&').find_map(|pair| pair.strip_prefix(key))?;
        let inner = percent_decoded(value);
        let (scheme, rest) = inner.split_once("://")?;
        matches!(scheme, "http" | "https").then(|| rest.to_string())
    });
    inner.unwrap_or_else(|| link.to_string())
}

fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let hex = |i: usize| bytes.get(i).and_then(|b| char::from(*b).to_digit(16));
        match (byte, hex(at + 1), hex(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                out.push((high * 16 + low) as u8);
                at += 3;
            }
            _ => {
                out.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links(text: &str) -> Links {
        let mut links = Links::default();
        links.read(text);
        links
    }

    #[test]
    fn links_end_where_they_end() {
        let text = "資料はhttps://example.com/a?b=1。次は「http://Example.NET:8080/x」です (see https://user@example.org).";
        let found = links(text);
        assert_eq!(
            found.seen.iter().map(String::as_str).collect::<Vec<_>>(),
            ["Example.NET:8080/x", "example.com/a?b=1", "user@example.org"]
        );
        let facts = found.into_facts();
        assert_eq!(facts.count, 3);
        assert_eq!(facts.domains, ["example.com", "example.net", "example.org"]);
    }

    #[test]
    fn a_link_counts_once_in_text_and_html() {
        let mut found = links("HTTPS://example.com/a?x=1&y=2");
        found.read("<a href=\"https://example.com/a?x=1&amp;y=2\">https://example.com/a?x=1&amp;y=2</a>");
        assert_eq!(found.into_facts().count, 1);
    }

    #[test]
    fn what_is_not_a_web_link_is_none() {
        for text in [
            "ftp://example.com",
            "xhttp://example.com",
            "://",
            "http://",
            "https:// x",
            "http://\"",
            "://://://",
        ] {
            assert_eq!(links(text).into_facts().count, 0, "{text}");
        }
    }

    #[test]
    fn answers_of_forms_are_told_from_forms() {
        for link in [
            "https://docs.google.com/forms/d/1abc/viewanalytics",
            "https://docs.google.com/forms/d/1abc/edit#responses",
            "https://docs.google.com/forms/u/0/d/1abc/edit?usp=sharing",
            "https://docs.google.com/spreadsheets/d/1abc/edit?usp=forms_web_b#gid=1",
            "https://forms.office.com/Pages/AnalysisPage.aspx?id=abc",
            "https://forms.office.com/Pages/DesignPageV2.aspx?id=abc",
            "https://jpn01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fdocs.google.com%2Fforms%2Fd%2F1%2Fviewanalytics&data=x",
        ] {
            assert_eq!(links(link).into_facts().form_results, 1, "{link}");
        }
        for link in [
            "https://docs.google.com/forms/d/e/1abc/viewform?usp=sf_link",
            "https://forms.office.com/r/abc",
            "https://forms.office.com/Pages/ResponsePage.aspx?id=abc",
            "https://example.com/forms/d/1abc/edit",
        ] {
            assert_eq!(links(link).into_facts().form_results, 0, "{link}");
        }
    }

    #[test]
    fn public_shares_are_told_from_pages() {
        for link in [
            "https://drive.google.com/file/d/1abc/view?usp=sharing",
            "https://docs.google.com/spreadsheets/d/1/edit?gid=0&usp=share_link",
            "https://www.dropbox.com/scl/fi/abc/x.pdf?rlkey=1",
            "https://contoso.sharepoint.com/:x:/g/personal/x/Eabc",
            "https://1drv.ms/x/s!Abc",
            "https://example.box.com/s/abc",
            "https://12.gigafile.nu/0101-abc",
            "https://firestorage.jp/download/abc",
        ] {
            assert_eq!(links(link).into_facts().public_shares, 1, "{link}");
        }
        for link in [
            "https://drive.google.com/drive/my-drive",
            "https://docs.google.com/document/d/1/edit",
            "https://www.dropbox.com/login",
            "https://contoso.sharepoint.com/:x:/r/sites/x/y.xlsx",
            "https://notgigafile.nu/x",
        ] {
            assert_eq!(links(link).into_facts().public_shares, 0, "{link}");
        }
    }

    #[test]
    fn hostile_texts_end_soon() {
        let start = std::time::Instant::now();
        for piece in ["http://", "://", "http://a/%", "あhttp://あ", "http://a.example/?url=http://"] {
            links(&piece.repeat(200_000));
        }
        assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read(text in "\\PC{0,80}", link in "https?://[a-z:@?#&/%.=あ]{0,40}") {
            let found = links(&format!("{text}{link}{text}"));
            let hosts = found.hosts.len();
            proptest::prop_assert!(hosts as i64 <= found.into_facts().count);
        }
    }
}
