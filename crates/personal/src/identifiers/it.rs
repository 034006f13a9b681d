//! Italy: codice fiscale, sixteen characters with a letter mod 26.

/// What the characters at odd places (from one) count, for 0–9 and A–Z alike.
const ODD: [u32; 26] =
    [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];

/// Six letters, two digits, a month letter, two digits, a place code, a check letter; in the digits'
/// places the letters LMNPQRSTUV stand where two people would share a code.
pub fn codice_fiscale(text: &[u8]) -> bool {
    text.len() == 16 && has_form(text) && {
        let sum: u32 = text[..15]
            .iter()
            .enumerate()
            .map(|(at, b)| {
                let value = if b.is_ascii_digit() { b - b'0' } else { b - b'A' };
                if at % 2 == 0 { ODD[usize::from(value)] } else { u32::from(value) }
            })
            .sum();
        text[15] == b'A' + (sum % 26) as u8
    }
}

fn has_form(text: &[u8]) -> bool {
    let digit = |b: &u8| b.is_ascii_digit() || b"LMNPQRSTUV".contains(b);
    text[..6].iter().all(u8::is_ascii_uppercase)
        && text[6..8].iter().all(digit)
        && b"ABCDEHLMPRST".contains(&text[8])
        && text[9..11].iter().all(digit)
        && text[11].is_ascii_uppercase()
        && text[12..15].iter().all(digit)
        && text[15].is_ascii_uppercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codici_fiscali() {
        assert!(codice_fiscale(b"RCCMNL83S18D969H"));
        assert!(!codice_fiscale(b"RCCMNL83S18D969I"));
        assert!(!codice_fiscale(b"RCCMNL83Z18D969H"));
    }
}
