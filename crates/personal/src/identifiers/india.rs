//! India: Aadhaar numbers.

use super::checks::verhoeff;

/// Twelve digits, the first 2–9, the last a Verhoeff check digit.
pub fn aadhaar(d: &[u8]) -> bool {
    d.len() == 12 && d[0] >= 2 && verhoeff(d)
}

#[cfg(test)]
mod tests {
    use super::super::digits;
    use super::*;

    #[test]
    fn aadhaars() {
        assert!(aadhaar(&digits("234123412346")));
        assert!(!aadhaar(&digits("234123412347")));
        assert!(!aadhaar(&digits("134123412346")));
    }
}
