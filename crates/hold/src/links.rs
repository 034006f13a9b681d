//! Links to one case: for one person, one purpose, until a time. A token is its own proof: it carries
//! what it is for, and a code that only this store's key can make, so that nothing is stored and
//! nothing can be guessed. What a link does is decided by the case's state, so that a second use is
//! harmless.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::hmac;

use store::{Store, cases};
use terms::clock::Timestamp;

/// What a link is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The sender sees and mends their own mail.
    Sender,
    /// A second person decides about somebody else's.
    Approver,
}

/// What a token that holds says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    pub purpose: Purpose,
    /// The case number.
    pub case: String,
    pub until: Timestamp,
    person: [u8; PERSON],
}

/// Why a token opens nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadLink {
    /// It was not made here, or was changed.
    Forged,
    /// Its time is over.
    Expired,
}

const CASE: usize = 9;
const PERSON: usize = 8;
const MAC: usize = 16;
const BODY: usize = 1 + CASE + 4 + PERSON;

/// Makes and reads tokens.
#[derive(Clone)]
pub struct Links(hmac::Key);

impl Links {
    /// The links of this store.
    pub fn of(store: &Store) -> Links {
        Links::with_key(&store.derived_key("links"))
    }

    fn with_key(key: &[u8; 32]) -> Links {
        Links(hmac::Key::new(hmac::HMAC_SHA256, key))
    }

    /// A token by which `person`, a mail address, gets at the case until the time; none where `case` is
    /// no case number. 51 characters that need no escaping in a URL.
    pub fn token(&self, purpose: Purpose, case: &str, person: &str, until: Timestamp) -> Option<String> {
        let case = cases::case_number(case)?;
        let mut body = [0; BODY + MAC];
        body[0] = match purpose {
            Purpose::Sender => 1,
            Purpose::Approver => 2,
        };
        body[1..1 + CASE].copy_from_slice(case.as_bytes());
        let until = u32::try_from(until.as_second()).unwrap_or(u32::MAX);
        body[1 + CASE..5 + CASE].copy_from_slice(&until.to_be_bytes());
        body[5 + CASE..BODY].copy_from_slice(&self.person(person));
        let code = hmac::sign(&self.0, &body[..BODY]);
        body[BODY..].copy_from_slice(&code.as_ref()[..MAC]);
        Some(URL_SAFE_NO_PAD.encode(body))
    }

    /// What a token is for.
    ///
    /// # Errors
    /// Why it opens nothing. A forged token is told apart from an expired one only after its code has
    /// been found right.
    pub fn read(&self, token: &str, now: Timestamp) -> Result<Link, BadLink> {
        // A longer text need not be decoded to be refused.
        if token.len() > 80 {
            return Err(BadLink::Forged);
        }
        let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| BadLink::Forged)?;
        let body: &[u8; BODY + MAC] = bytes.as_slice().try_into().map_err(|_| BadLink::Forged)?;
        let (body, code) = body.split_at(BODY);
        let right = hmac::sign(&self.0, body);
        let same = right.as_ref().iter().zip(code).fold(0, |differ, (a, b)| differ | (a ^ b));
        if same != 0 {
            return Err(BadLink::Forged);
        }
        let purpose = match body.first() {
            Some(1) => Purpose::Sender,
            Some(2) => Purpose::Approver,
            _ => return Err(BadLink::Forged),
        };
        let part = |from: usize, to: usize| body.get(from..to).ok_or(BadLink::Forged);
        let case = std::str::from_utf8(part(1, 1 + CASE)?).map_err(|_| BadLink::Forged)?;
        let until: [u8; 4] = part(1 + CASE, 5 + CASE)?.try_into().map_err(|_| BadLink::Forged)?;
        let until = Timestamp::from_second(i64::from(u32::from_be_bytes(until))).unwrap_or(Timestamp::MAX);
        let person = part(5 + CASE, BODY)?.try_into().map_err(|_| BadLink::Forged)?;
        if until <= now {
            return Err(BadLink::Expired);
        }
        Ok(Link { purpose, case: case.to_string(), until, person })
    }

    /// Whether the link is this person's. Letter case makes no other person.
    pub fn is_for(&self, link: &Link, person: &str) -> bool {
        self.person(person) == link.person
    }

    /// A word for when somebody opened the page of a case, which only this store's key can make: it goes
    /// with the page's forms and comes back with the decision.
    pub fn stamp(&self, case: &str, person: &str, at: Timestamp) -> String {
        let at = at.as_second().to_string();
        let code = hmac::sign(&self.0, format!("opened\n{case}\n{}\n{at}", person.to_lowercase()).as_bytes());
        format!("{at}.{}", URL_SAFE_NO_PAD.encode(&code.as_ref()[..PERSON]))
    }

    /// When somebody opened the page, by its stamp; none where the stamp is not of this case and person.
    pub fn opened(&self, stamp: &str, case: &str, person: &str) -> Option<Timestamp> {
        let at = stamp.split_once('.').and_then(|(at, _)| at.parse().ok())?;
        let at = Timestamp::from_second(at).ok()?;
        (self.stamp(case, person, at) == stamp).then_some(at)
    }

    /// A mark for a browser that somebody's own link was opened in; it tells nothing but that.
    pub fn mark(&self, address: &str) -> String {
        URL_SAFE_NO_PAD.encode(self.person(address))
    }

    fn person(&self, address: &str) -> [u8; PERSON] {
        let named = format!("person\n{}", address.trim().to_lowercase());
        let code = hmac::sign(&self.0, named.as_bytes());
        let mut person = [0; PERSON];
        person.copy_from_slice(&code.as_ref()[..PERSON]);
        person
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_link_is_for_one_person_one_case_one_purpose_and_a_time() {
        let links = Links::with_key(&[7; 32]);
        let token = links.token(Purpose::Sender, "k7f322qx", "Yamada@city.example.jp", at(2_000)).unwrap();
        let link = links.read(&token, at(1_000)).unwrap();
        assert_eq!((link.purpose, link.case.as_str(), link.until), (Purpose::Sender, "K7F3-22QX", at(2_000)));
        assert!(links.is_for(&link, "yamada@CITY.example.jp"));
        assert!(!links.is_for(&link, "yamada@example.jp"));
        assert_eq!(links.read(&token, at(2_000)), Err(BadLink::Expired));
        assert_eq!(Links::with_key(&[8; 32]).read(&token, at(1_000)), Err(BadLink::Forged));
        assert!(token.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'), "{token}");
        assert_eq!(links.token(Purpose::Sender, "no case", "a@example.jp", at(1)), None);
    }

    #[test]
    fn a_stamp_says_when_whose_page_was_opened_and_cannot_be_made_up() {
        let links = Links::with_key(&[7; 32]);
        let stamp = links.stamp("K7F3-22QX", "Kacho@city.example.jp", at(1_000));
        assert_eq!(links.opened(&stamp, "K7F3-22QX", "kacho@city.example.jp"), Some(at(1_000)));
        assert_eq!(links.opened(&stamp, "K7F3-22QX", "hosa@city.example.jp"), None);
        assert_eq!(links.opened(&stamp, "K7F3-22QY", "kacho@city.example.jp"), None);
        let earlier = stamp.replacen("1000", "900", 1);
        for forged in [earlier.as_str(), "", ".", "1000.", "x.y", "99999999999999999999.a"] {
            assert_eq!(links.opened(forged, "K7F3-22QX", "kacho@city.example.jp"), None, "{forged}");
        }
    }

    proptest! {
        #[test]
        fn no_other_token_opens(token in "[A-Za-z0-9_-]{0,90}", flip in 0usize..51, to in 0u8..64) {
            let links = Links::with_key(&[7; 32]);
            prop_assert_eq!(links.read(&token, at(0)), Err(BadLink::Forged));
            let good = links.token(Purpose::Approver, "K7F3-22QX", "a@example.jp", at(9_000)).unwrap();
            let mut bent = good.clone().into_bytes();
            let digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
            let at_flip = flip % bent.len();
            bent[at_flip] = digits[usize::from(to)];
            let bent = String::from_utf8(bent).unwrap();
            prop_assert!(bent == good || links.read(&bent, at(0)) == Err(BadLink::Forged));
        }
    }
}
