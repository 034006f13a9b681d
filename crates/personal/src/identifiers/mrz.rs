//! The machine-readable zone of passports (ICAO Doc 9303 part 4): check digits 7-3-1.

/// The check digit of a field: weights 7, 3, 1, letters A = 10, the filler `<` 0.
pub fn check(field: &[u8]) -> Option<u8> {
    let sum = field.iter().enumerate().try_fold(0u32, |sum, (at, b)| {
        let value = match b {
            b'0'..=b'9' => u32::from(b - b'0'),
            b'A'..=b'Z' => u32::from(b - b'A') + 10,
            b'<' => 0,
            _ => return None,
        };
        Some(sum + value * [7, 3, 1][at % 3])
    })?;
    Some((sum % 10) as u8)
}

/// Whether 44 characters are the second line of a passport: number, birth date and expiry each with
/// its check digit.
pub fn second_line(text: &[u8]) -> bool {
    let fits = |from: usize, to: usize| {
        text.get(from..to).and_then(check).is_some_and(|c| text.get(to) == Some(&(b'0' + c)))
    };
    text.len() == 44 && fits(0, 9) && fits(13, 19) && fits(21, 27)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passports() {
        assert_eq!(check(b"TR1234567"), Some(2));
        assert!(second_line(b"L898902C36UTO7408122F1204159ZE184226B<<<<<10"));
        assert!(!second_line(b"L898902C37UTO7408122F1204159ZE184226B<<<<<10"));
        assert!(!second_line(b"L898902C3"));
    }
}
