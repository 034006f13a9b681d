//! Payment cards: issuer range, length and Luhn (ISO/IEC 7812).

use super::checks::luhn;
use super::{is_placeholder, number};

/// Whether the digits are a card number of a known issuer.
pub fn card(d: &[u8]) -> bool {
    (13..=19).contains(&d.len()) && is_issued(d) && !is_placeholder(d) && luhn(d)
}

/// Whether the first digits and the length belong to an issuer.
fn is_issued(d: &[u8]) -> bool {
    let (two, three, four) = (number(&d[..2]), number(&d[..3]), number(&d[..4]));
    match d.len() {
        13 => d[0] == 4,
        14 => matches!(three, 300..=305) || four == 3095 || matches!(two, 36 | 38 | 39),
        15 => matches!(two, 34 | 37),
        16 => {
            d[0] == 4
                || matches!(two, 51..=55 | 62 | 65 | 36)
                || matches!(four, 2221..=2720 | 3528..=3589 | 6011)
                || matches!(three, 644..=649)
        }
        17..=19 => two == 62 || (d.len() == 19 && d[0] == 4),
        _ => false,
    }
}

/// How the digits of a card are grouped when people write them.
pub const SHAPES: [&[usize]; 4] = [&[4, 4, 4, 4], &[4, 6, 5], &[4, 6, 4], &[4, 4, 4, 4, 3]];

#[cfg(test)]
mod tests {
    use super::super::digits;
    use super::*;

    #[test]
    fn cards() {
        for valid in [
            "4111111111111111",
            "3530111333300000",
            "378282246310005",
            "30569309025904",
            "5555555555554444",
            "2223003122003222",
            "6011111111111117",
            "6212345678901232",
        ] {
            assert!(card(&digits(valid)), "{valid}");
        }
        for wrong in ["4111111111111112", "1234567812345670", "0000000000000000", "411111111111111"] {
            assert!(!card(&digits(wrong)), "{wrong}");
        }
    }
}
