//! Check-digit schemes that several countries share.

/// Luhn (ISO/IEC 7812-1 annex B) over digits that end in the check digit.
pub fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(at, d)| match (at % 2, u32::from(*d) * 2) {
            (0, _) => u32::from(*d),
            (_, twice) if twice > 9 => twice - 9,
            (_, twice) => twice,
        })
        .sum();
    !digits.is_empty() && sum.is_multiple_of(10)
}

/// Σ digit × weight; as many digits as there are weights.
pub fn weighted(digits: &[u8], weights: &[u32]) -> u32 {
    digits.iter().zip(weights).map(|(d, w)| u32::from(*d) * w).sum()
}

/// Verhoeff over digits that end in the check digit.
pub fn verhoeff(digits: &[u8]) -> bool {
    const D: [[u8; 10]; 10] = [
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
        [1, 2, 3, 4, 0, 6, 7, 8, 9, 5],
        [2, 3, 4, 0, 1, 7, 8, 9, 5, 6],
        [3, 4, 0, 1, 2, 8, 9, 5, 6, 7],
        [4, 0, 1, 2, 3, 9, 5, 6, 7, 8],
        [5, 9, 8, 7, 6, 0, 4, 3, 2, 1],
        [6, 5, 9, 8, 7, 1, 0, 4, 3, 2],
        [7, 6, 5, 9, 8, 2, 1, 0, 4, 3],
        [8, 7, 6, 5, 9, 3, 2, 1, 0, 4],
        [9, 8, 7, 6, 5, 4, 3, 2, 1, 0],
    ];
    const P: [[u8; 10]; 8] = [
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
        [1, 5, 7, 6, 2, 8, 3, 0, 9, 4],
        [5, 8, 0, 3, 7, 9, 6, 1, 4, 2],
        [8, 9, 1, 6, 0, 4, 3, 5, 2, 7],
        [9, 4, 5, 3, 1, 2, 6, 8, 7, 0],
        [4, 2, 8, 6, 5, 7, 3, 9, 0, 1],
        [2, 7, 9, 3, 8, 0, 6, 4, 1, 5],
        [7, 0, 4, 6, 9, 1, 3, 2, 5, 8],
    ];
    let check = digits
        .iter()
        .rev()
        .enumerate()
        .fold(0u8, |c, (at, d)| D[usize::from(c % 10)][usize::from(P[at % 8][usize::from(*d % 10)])]);
    !digits.is_empty() && check == 0
}

/// ISO/IEC 7064 mod 97-10 over letters and digits: the remainder (A = 10 … Z = 35); none where
/// something else stands there.
pub fn mod97(mut text: impl Iterator<Item = u8>) -> Option<u32> {
    text.try_fold(0u32, |rest, b| match b {
        b'0'..=b'9' => Some((rest * 10 + u32::from(b - b'0')) % 97),
        b'A'..=b'Z' => Some((rest * 100 + u32::from(b - b'A') + 10) % 97),
        _ => None,
    })
}

/// ISO/IEC 7064 mod 11,10 over digits that end in the check digit.
pub fn mod11_10(digits: &[u8]) -> bool {
    let Some((check, body)) = digits.split_last() else {
        return false;
    };
    let product = body.iter().fold(10u32, |product, d| {
        let sum = (u32::from(*d) + product) % 10;
        (if sum == 0 { 10 } else { sum }) * 2 % 11
    });
    (11 - product) % 10 == u32::from(*check)
}

#[cfg(test)]
mod tests {
    use super::super::digits;
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_values() {
        assert!(luhn(&digits("79927398713")));
        assert!(!luhn(&digits("79927398710")));
        assert!(verhoeff(&digits("2363")));
        assert!(!verhoeff(&digits("2364")));
        assert_eq!(mod97("3214282912345698765432161182".bytes()), Some(1));
        assert!(mod11_10(&digits("36574261809")));
    }

    proptest! {
        #[test]
        fn one_wrong_digit_is_found(mut body in proptest::collection::vec(0u8..10, 5..15), at in 0usize..15, by in 1u8..10) {
            let check = (0..10).find(|c| {
                let mut with = body.clone();
                with.push(*c);
                luhn(&with)
            });
            body.push(check.expect("one check digit fits"));
            let at = at % body.len();
            body[at] = (body[at] + by) % 10;
            prop_assert!(!luhn(&body));
        }

        #[test]
        fn verhoeff_finds_one_wrong_digit(mut body in proptest::collection::vec(0u8..10, 5..15), at in 0usize..15, by in 1u8..10) {
            let check = (0..10).find(|c| {
                let mut with = body.clone();
                with.push(*c);
                verhoeff(&with)
            });
            body.push(check.expect("one check digit fits"));
            let at = at % body.len();
            body[at] = (body[at] + by) % 10;
            prop_assert!(!verhoeff(&body));
        }
    }
}
