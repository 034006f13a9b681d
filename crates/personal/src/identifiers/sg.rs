//! Singapore: NRIC and FIN, with a letter mod 11.

use super::checks::weighted;

/// S, T, F, G or M, seven digits, a check letter.
pub fn nric(text: &[u8]) -> bool {
    if text.len() != 9 || !text[1..8].iter().all(u8::is_ascii_digit) {
        return false;
    }
    let d: Vec<u8> = text[1..8].iter().map(|b| b - b'0').collect();
    let (offset, letters): (u32, &[u8; 11]) = match text[0] {
        b'S' => (0, b"JZIHGFEDCBA"),
        b'T' => (4, b"JZIHGFEDCBA"),
        b'F' => (0, b"XWUTRQPNMLK"),
        b'G' => (4, b"XWUTRQPNMLK"),
        b'M' => (3, b"XWUTRQPNJLK"),
        _ => return false,
    };
    let rest = ((weighted(&d, &[2, 7, 6, 5, 4, 3, 2]) + offset) % 11) as usize;
    letters[rest] == text[8]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nrics() {
        assert!(nric(b"S1234567D") && nric(b"G1234567X"));
        assert!(!nric(b"S1234567E") && !nric(b"A1234567D"));
    }
}
