//! Japan: the individual number, the resident record code, the driving licence, the insurer's
//! number, the Post Bank's symbol, and the corporate and courier numbers that are none of these.

use super::checks::{luhn, weighted};
use super::{is_placeholder, number};

const TEN: [u32; 10] = [5, 4, 3, 2, 7, 6, 5, 4, 3, 2];
const ELEVEN: [u32; 11] = [6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2];

/// 個人番号: twelve digits (番号法施行令 第8条, 総務省令 第5条).
pub fn my_number(d: &[u8]) -> bool {
    if d.len() != 12 || is_placeholder(d) {
        return false;
    }
    let rest = weighted(d, &ELEVEN) % 11;
    let check = if rest <= 1 { 0 } else { 11 - rest };
    check == u32::from(d[11])
}

/// 住民票コード: eleven digits. The rule for a remainder of 0 or 1 is not published; both 0 and 1
/// are taken then. Mobile numbers (070, 080, 090, 060, 050) are left out.
pub fn resident_code(d: &[u8]) -> bool {
    if d.len() != 11 || is_placeholder(d) || (d[0] == 0 && d[1] >= 5 && d[2] == 0) {
        return false;
    }
    match weighted(d, &TEN) % 11 {
        0 | 1 => d[10] <= 1,
        rest => 11 - rest == u32::from(d[10]),
    }
}

/// 運転免許証番号: prefecture 2, year 2, serial 6, check, times reissued.
pub fn driving_licence(d: &[u8]) -> bool {
    if d.len() != 12 || is_placeholder(d) {
        return false;
    }
    let known = matches!(number(&d[..2]),
        10..=14 | 20..=25 | 30 | 40..=49 | 50..=55 | 60..=65 | 70..=74 | 80..=83 | 90..=97);
    known && (11 - weighted(d, &TEN) % 11) % 10 == u32::from(d[10])
}

/// 保険者番号: eight digits with the scheme first, or six for the national scheme.
pub fn insurer(d: &[u8]) -> bool {
    let prefecture = match d.len() {
        8 => {
            let scheme = number(&d[..2]);
            if !matches!(scheme, 1..=7 | 31..=34 | 39 | 63 | 67 | 72..=75) {
                return false;
            }
            number(&d[2..4])
        }
        6 => number(&d[..2]),
        _ => return false,
    };
    (1..=47).contains(&prefecture) && luhn(d)
}

/// 法人番号: a check digit and twelve digits. It is public, and names no person.
pub fn corporate(d: &[u8]) -> bool {
    if d.len() != 13 {
        return false;
    }
    let sum: u32 =
        d[1..].iter().rev().enumerate().map(|(at, d)| u32::from(*d) * if at % 2 == 0 { 1 } else { 2 }).sum();
    9 - sum % 9 == u32::from(d[0])
}

/// A courier's number: twelve digits, the last the rest by 7 of the first eleven.
pub fn courier(d: &[u8]) -> bool {
    d.len() == 12 && {
        let rest = d[..11].iter().fold(0u64, |n, d| n * 10 + u64::from(*d)) % 7;
        rest == u64::from(d[11])
    }
}

/// The Post Bank's symbol (記号): five digits, the first 0 or 1, the last 0.
pub fn yucho_symbol(d: &[u8]) -> bool {
    d.len() == 5 && d[0] <= 1 && d[4] == 0
}

/// The Post Bank's number (番号) beside a symbol: up to eight digits that end in 1.
pub fn yucho_number(d: &[u8]) -> bool {
    (2..=8).contains(&d.len()) && d[d.len() - 1] == 1
}

/// Two letters and seven digits, as Japanese passports have.
pub fn passport(text: &[u8]) -> bool {
    text.len() == 9
        && text[..2].iter().all(u8::is_ascii_uppercase)
        && text[2..].iter().all(u8::is_ascii_digit)
}

/// 在留カード: two letters, eight digits, two letters.
pub fn residence_card(text: &[u8]) -> bool {
    text.len() == 12
        && text[..2].iter().all(u8::is_ascii_uppercase)
        && text[2..10].iter().all(u8::is_ascii_digit)
        && text[10..].iter().all(u8::is_ascii_uppercase)
}

#[cfg(test)]
mod tests {
    use super::super::digits;
    use super::*;

    #[test]
    fn my_numbers() {
        for valid in ["123456789018", "023456789013", "621498320257", "465281266333", "983205673214"] {
            assert!(my_number(&digits(valid)), "{valid}");
        }
        for wrong in ["123456789019", "111111111111", "12345678901", "1234567890180"] {
            assert!(!my_number(&digits(wrong)), "{wrong}");
        }
    }

    #[test]
    fn resident_codes() {
        for valid in ["24727059608", "24846016224", "25208017643"] {
            assert!(resident_code(&digits(valid)), "{valid}");
        }
        for wrong in ["25208017644", "09012345678", "00000000000"] {
            assert!(!resident_code(&digits(wrong)), "{wrong}");
        }
    }

    #[test]
    fn licences_insurers_and_the_post_bank() {
        assert!(driving_licence(&digits("309012345620")));
        assert!(!driving_licence(&digits("309012345630")));
        assert!(!driving_licence(&digits("159012345620")));
        for valid in ["33120015", "01130012", "138057"] {
            assert!(insurer(&digits(valid)), "{valid}");
        }
        assert!(!insurer(&digits("33120016")));
        assert!(!insurer(&digits("33990015")));
        assert!(yucho_symbol(&digits("14030")) && yucho_number(&digits("12345671")));
        assert!(!yucho_symbol(&digits("24030")) && !yucho_number(&digits("12345672")));
    }

    #[test]
    fn corporate_and_courier_numbers() {
        for valid in ["8700110005901", "7000012050002", "5835678256246"] {
            assert!(corporate(&digits(valid)), "{valid}");
        }
        assert!(!corporate(&digits("8700110005902")));
        for valid in ["444413758703", "405548424886", "512547514334"] {
            assert!(courier(&digits(valid)), "{valid}");
        }
        assert!(!courier(&digits("444413758704")));
    }

    #[test]
    fn passports_and_residence_cards() {
        assert!(passport(b"TR1234567") && !passport(b"TR123456") && !passport(b"T11234567"));
        assert!(residence_card(b"AB12345678CD") && !residence_card(b"AB1234567CD"));
    }
}
