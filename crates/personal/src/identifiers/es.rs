//! Spain: DNI and NIE, with a letter mod 23.

use super::number;

const LETTERS: &[u8; 23] = b"TRWAGMYFPDXBNJZSQVHLCKE";

/// Eight digits and a letter.
pub fn dni(text: &[u8]) -> bool {
    text.len() == 9 && text[..8].iter().all(u8::is_ascii_digit) && letter_fits(&values(&text[..8]), text[8])
}

/// X, Y or Z, seven digits and a letter.
pub fn nie(text: &[u8]) -> bool {
    if text.len() != 9 || !matches!(text[0], b'X'..=b'Z') || !text[1..8].iter().all(u8::is_ascii_digit) {
        return false;
    }
    let mut d = values(&text[1..8]);
    d.insert(0, text[0] - b'X');
    letter_fits(&d, text[8])
}

fn values(text: &[u8]) -> Vec<u8> {
    text.iter().map(|b| b - b'0').collect()
}

fn letter_fits(d: &[u8], letter: u8) -> bool {
    LETTERS[number(d) as usize % 23] == letter
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dnis_and_nies() {
        assert!(dni(b"54362315K") && !dni(b"54362315J") && !dni(b"5436231K"));
        assert!(nie(b"X2482300W") && !nie(b"X2482300X") && !nie(b"W2482300W"));
    }
}
