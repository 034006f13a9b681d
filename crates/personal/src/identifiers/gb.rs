//! United Kingdom: National Insurance and NHS numbers.

use super::checks::weighted;
use super::is_placeholder;

/// National Insurance number: two letters, six digits, A–D (HMRC NIM39110).
pub fn nino(text: &[u8]) -> bool {
    text.len() == 9
        && text[0].is_ascii_uppercase()
        && text[1].is_ascii_uppercase()
        && !b"DFIQUV".contains(&text[0])
        && !b"DFIOQUV".contains(&text[1])
        && !matches!(&text[..2], b"BG" | b"GB" | b"NK" | b"KN" | b"TN" | b"NT" | b"ZZ")
        && text[2..8].iter().all(u8::is_ascii_digit)
        && matches!(text[8], b'A'..=b'D')
}

/// NHS number: ten digits, the last mod 11.
pub fn nhs(d: &[u8]) -> bool {
    if d.len() != 10 || is_placeholder(d) {
        return false;
    }
    let check = 11 - weighted(d, &[10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11;
    (if check == 11 { 0 } else { check }) == u32::from(d[9])
}

#[cfg(test)]
mod tests {
    use super::super::digits;
    use super::*;

    #[test]
    fn ninos_and_nhs_numbers() {
        assert!(nino(b"AB123456C"));
        for wrong in [&b"DB123456C"[..], b"GB123456A", b"AB123456E", b"AB12345C"] {
            assert!(!nino(wrong));
        }
        assert!(nhs(&digits("943 476 5870")));
        assert!(!nhs(&digits("943 476 5871")));
    }
}
