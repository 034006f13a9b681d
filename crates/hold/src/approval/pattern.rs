//! Patterns of senders: an address, or a text in which `*` stands for anything: `*@soumu.city.example.jp`.

/// Which senders a group is for.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Pattern(String);

/// How much a pattern that matches says: an address says more than any `*`, and a longer text more than
/// a shorter one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Weight {
    exact: bool,
    letters: usize,
}

impl Pattern {
    /// The pattern of a text, letter case aside; none where it can match no address.
    pub fn parse(text: &str) -> Option<Pattern> {
        let text = text.trim().to_lowercase();
        let sound = !text.is_empty() && !text.contains(|c: char| c.is_whitespace() || c.is_control());
        let able =
            text.contains('*') || text.split_once('@').is_some_and(|(l, d)| !l.is_empty() && !d.is_empty());
        (sound && able && text.len() <= 320).then_some(Pattern(text))
    }

    /// The pattern as it is compared.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// The one address that it is, if it is one.
    pub fn address(&self) -> Option<&str> {
        (!self.0.contains('*')).then_some(self.0.as_str())
    }

    /// How well it matches a mailbox in lower case; none where it does not.
    pub fn matches(&self, mailbox: &str) -> Option<Weight> {
        let letters = self.0.chars().filter(|c| *c != '*').count();
        let fits = match self.address() {
            Some(address) => super::same(address, mailbox),
            None => glob(self.0.as_bytes(), mailbox.as_bytes()),
        };
        fits.then_some(Weight { exact: self.address().is_some(), letters })
    }
}

/// Whether the text is the pattern, `*` standing for any bytes. In time linear in their product at most.
fn glob(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while let Some(byte) = text.get(t) {
        match (pattern.get(p), star) {
            (Some(b'*'), _) => {
                star = Some((p, t));
                p += 1;
            }
            (Some(wanted), _) if wanted == byte => {
                p += 1;
                t += 1;
            }
            (_, Some((at, from))) => {
                star = Some((at, from + 1));
                p = at + 1;
                t = from + 1;
            }
            (_, None) => return false,
        }
    }
    pattern.get(p..).unwrap_or_default().iter().all(|b| *b == b'*')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn fits(pattern: &str, sender: &str) -> bool {
        Pattern::parse(pattern).expect("a pattern").matches(sender).is_some()
    }

    #[test]
    fn patterns_match_as_they_read() {
        assert!(fits("*", "a@city.example.jp"));
        assert!(fits("*@Soumu.city.example.jp", "a@soumu.city.example.jp"));
        assert!(!fits("*@soumu.city.example.jp", "a@soumu.city.example.jp.example.com"));
        assert!(!fits("*@city.example.jp", "a@soumu.city.example.jp"), "a subdomain is another");
        assert!(fits("*@*.city.example.jp", "a@soumu.city.example.jp"));
        assert!(fits("soumu-*@city.example.jp", "soumu-1@city.example.jp"));
        assert!(fits("soumu@city.example.jp", "soumu@city.example.jp"));
        for nothing in ["", " ", "soumu", "@city.example.jp", "soumu@", "so umu@city.example.jp"] {
            assert_eq!(Pattern::parse(nothing), None, "{nothing:?}");
        }
    }

    #[test]
    fn an_address_says_more_than_a_longer_text_with_a_star() {
        let weight = |text: &str| Pattern::parse(text).unwrap().matches("a@city.example.jp").unwrap();
        assert!(weight("a@city.example.jp") > weight("*a@city.example.jp"));
        assert!(weight("*@city.example.jp") > weight("*.jp"));
        assert!(weight("*.jp") > weight("*"));
    }

    proptest! {
        #[test]
        fn a_text_with_parts_left_out_matches_it(parts in prop::collection::vec("[a-c@.]{0,4}", 1..5), fill in "[a-d@]{0,6}") {
            prop_assert!(glob(parts.join("*").as_bytes(), parts.join(&fill).as_bytes()));
        }
    }
}
