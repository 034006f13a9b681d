//! Validators: one file a country, and the check digits that they share. Each takes digits by value
//! (0–9) or upper-case ASCII without separators, and says whether the form is valid.
//! Whether it is meant as such is for the context to say.

pub mod au;
pub mod br;
pub mod ca;
pub mod card;
pub mod checks;
pub mod cn;
pub mod de;
pub mod es;
pub mod fr;
pub mod gb;
pub mod iban;
pub mod india;
pub mod it;
pub mod jp;
pub mod kr;
pub mod mrz;
pub mod sg;
pub mod us;

/// The digits of a text by value; everything else is dropped.
pub fn digits(text: &str) -> Vec<u8> {
    text.bytes().filter(u8::is_ascii_digit).map(|b| b - b'0').collect()
}

/// The number that a few digits write.
pub fn number(digits: &[u8]) -> u32 {
    digits.iter().fold(0u32, |n, d| n.wrapping_mul(10).wrapping_add(u32::from(*d)))
}

/// Whether all digits are one and the same, as placeholders are.
pub fn is_placeholder(digits: &[u8]) -> bool {
    digits.windows(2).all(|w| w[0] == w[1])
}
