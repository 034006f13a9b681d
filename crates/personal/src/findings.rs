//! What was found: persons, a count for each kind, sensitive words, secrets, and masked evidence.
//! Nothing here holds a whole identifier.

use std::collections::BTreeMap;
use std::ops::Range;

use super::kinds::Kind;

/// At most so many hits are kept as evidence; all are counted.
pub const MAX_HITS: usize = 200;

/// At most so many places are kept where all are wanted.
pub const MAX_PLACES: usize = 50_000;

/// Everything that was found in one message.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
pub struct Findings {
    /// Persons, counted as strictly as can be: whoever might be the same is the same.
    pub persons_min: usize,
    /// Persons, as far as one can tell.
    pub persons_est: usize,
    /// Persons, where everything that might be another is another.
    pub persons_max: usize,
    /// Distinct values for each kind, secrets apart.
    pub counts: BTreeMap<Kind, usize>,
    /// Distinct secrets for each kind.
    pub secrets: BTreeMap<Kind, usize>,
    /// The sensitive matters (要配慮個人情報) that stand beside a person.
    pub sensitive: Vec<Sensitive>,
    /// Persons, told by name alone or more, beside a sensitive matter other than marks and nationality.
    pub sensitive_persons: usize,
    /// How often a name stands where a whistle-blower or a source is told.
    pub informants_named: usize,
    /// Words around whistle-blowers and sources, as the text has them.
    pub informant_words: Vec<String>,
    /// Labels of confidentiality, as the text has them.
    pub confidential_labels: Vec<String>,
    /// Evidence, masked, the first [`MAX_HITS`].
    pub hits: Vec<Hit>,
    /// How each table was read.
    pub tables: Vec<TableReading>,
    /// Whether something was left out of `hits` because there were too many.
    pub hits_capped: bool,
}

impl Findings {
    /// How many distinct values of a kind were found.
    pub fn count(&self, kind: Kind) -> usize {
        let map = if kind.is_secret() { &self.secrets } else { &self.counts };
        map.get(&kind).copied().unwrap_or(0)
    }

    /// Whether a card, a My Number or a bank account was found: what can do financial harm.
    pub fn has_financial_harm(&self) -> bool {
        [Kind::Card, Kind::MyNumber, Kind::BankAccount, Kind::YuchoAccount, Kind::Iban]
            .iter()
            .any(|k| self.count(*k) > 0)
    }
}

/// A matter that Japanese law calls 要配慮個人情報 (Act on the Protection of Personal Information,
/// article 2(3)), or one that is treated alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sensitive {
    Medical,
    Disability,
    Welfare,
    Crime,
    Creed,
    Nationality,
    /// School marks and assessments.
    Assessment,
}

/// Where something was found.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// Bytes of the original text.
    Text(Range<usize>),
    /// Row and column of a table, from zero.
    Cell { sheet: String, row: usize, column: usize },
}

/// One piece of evidence.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Hit {
    pub kind: Kind,
    pub path: String,
    pub place: Place,
    /// The first characters, the rest starred: `1234********`.
    pub masked: String,
    /// Whether a check digit, range or dictionary has proven it.
    pub validated: bool,
    /// From 0 to 100; from 50 it counts.
    pub confidence: u8,
}

/// Which of the texts or tables that were given, from zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    Text(usize),
    Table(usize),
}

/// A place at which something was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub kind: Kind,
    pub source: Source,
    pub place: Place,
}

/// How one table was read.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
pub struct TableReading {
    pub path: String,
    pub sheet: String,
    pub hidden: bool,
    /// The row of the header, from zero, where there is one.
    pub header: Option<usize>,
    /// What each column was read as; empty where it is nothing personal.
    pub columns: Vec<&'static str>,
    /// Persons in this table alone.
    pub persons: usize,
}

/// Masks a value: at most four characters are shown, never more than a third, the rest is starred.
pub fn mask(value: &str) -> String {
    let length = value.chars().count();
    let shown = (length / 3).min(4).max(usize::from(length > 1));
    let mut masked: String =
        value.chars().take(shown).map(|c| if c.is_control() { ' ' } else { c }).collect();
    masked.extend(std::iter::repeat_n('*', (length - shown).min(12)));
    masked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mask_shows_a_third_at_most() {
        assert_eq!(mask("123456789018"), "1234********");
        assert_eq!(mask("山田太郎"), "山***");
        assert_eq!(mask("森"), "*");
        assert_eq!(mask(""), "");
    }
}
