//! The casebook: the incidents that really happened, each with the rules that would have prevented it.

mod load;

pub use load::LoadError;

/// A text in both languages of the house.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bilingual {
    pub ja: String,
    pub en: String,
}
