//! Telephone numbers: the Japanese numbering plan in full, others by country code and length.
//! Business numbers (0120, 0800, 0570 …) are none of a person's.

use super::country_codes::COUNTRY_CODES;

/// A number as its key: digits, in the national form where it is Japanese, `+` and digits otherwise.
pub type PhoneKey = String;

/// A Japanese number from its digits with the leading 0; none where the plan has no such number or
/// it is a business number.
pub fn japanese(digits: &str) -> Option<PhoneKey> {
    let bytes = digits.as_bytes();
    let (first, second, third) = (bytes.first()?, *bytes.get(1)?, *bytes.get(2)?);
    if *first != b'0' || second == b'0' || !bytes.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let business = ["0120", "0800", "0570", "0180", "0990", "0170"].iter().any(|b| digits.starts_with(b));
    let mobile = matches!(second, b'5'..=b'9') && third == b'0';
    let local = bytes.get(bytes.len().checked_sub(8)?..)?;
    let placeholder =
        local.iter().all(|b| *b == local[0]) || bytes.get(3..).is_some_and(|b| b.iter().all(|d| *d == b'0'));
    let length_fits = bytes.len() == if mobile { 11 } else { 10 };
    let unused = business || placeholder || (mobile && bytes.get(3) == Some(&b'0'));
    (length_fits && !unused).then(|| digits.to_string())
}

/// Whether the parts are grouped as a Japanese number is written: area, exchange, four digits.
pub fn is_grouped_japanese(lengths: &[usize], digits: &str) -> bool {
    let mobile = digits.len() == 11;
    matches!(
        (lengths, mobile),
        ([3, 4, 4] | [3, 8] | [7, 4], true)
            | ([2, 4, 4] | [3, 3, 4] | [4, 2, 4] | [5, 1, 4], false)
            | ([2, 8] | [3, 7] | [4, 6] | [6, 4], false)
    )
}

/// A number written with `+` and its country code, from the digits behind the `+`.
pub fn international(digits: &str) -> Option<PhoneKey> {
    if let Some(national) = digits.strip_prefix("81") {
        let national = national.strip_prefix('0').unwrap_or(national);
        return japanese(&format!("0{national}"));
    }
    COUNTRY_CODES.iter().find_map(|(code, lengths)| {
        let national = digits.strip_prefix(&*code.to_string())?;
        let fits = |n: &str| n.len() < 32 && lengths & (1 << n.len()) != 0;
        // +44 (0)20 …: the 0 of calls within the country stands in brackets.
        let within = national.strip_prefix('0').filter(|n| fits(n));
        if fits(national) { Some(format!("+{digits}")) } else { within.map(|n| format!("+{code}{n}")) }
    })
}

/// A North American number of ten digits: area and exchange begin with 2–9.
pub fn north_american(digits: &str) -> Option<PhoneKey> {
    let bytes = digits.as_bytes();
    (bytes.len() == 10 && matches!(bytes[0], b'2'..=b'9') && matches!(bytes[3], b'2'..=b'9'))
        .then(|| format!("+1{digits}"))
}

/// A number as it is dialled within another country, which only its label proves: seven to twelve digits that are
/// not those of a Japanese business number.
pub fn national(digits: &str) -> Option<PhoneKey> {
    let business = ["0120", "0800", "0570", "0180", "0990", "0170"].iter().any(|b| digits.starts_with(b));
    let repeated = digits.as_bytes().windows(2).all(|w| w[0] == w[1]);
    ((7..=12).contains(&digits.len()) && !business && !repeated).then(|| digits.to_string())
}

/// A number that a spreadsheet has kept as a number, and so without its leading 0.
pub fn repaired(digits: &str) -> Option<PhoneKey> {
    japanese(digits).or_else(|| matches!(digits.len(), 9 | 10).then(|| japanese(&format!("0{digits}")))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_the_plan() {
        for valid in ["0312345678", "09012345678", "0451234567", "05012345678", "06012345678"] {
            assert!(japanese(valid).is_some(), "{valid}");
        }
        for wrong in [
            "0120123456",
            "08001234567",
            "0570123456",
            "0012345678",
            "031234567",
            "09000000000",
            "1234567890",
            "0",
            "03",
        ] {
            assert!(japanese(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn international_and_repaired_numbers() {
        assert_eq!(international("819012345678").as_deref(), Some("09012345678"));
        assert_eq!(international("8103").as_deref(), None);
        assert_eq!(international("14155552671").as_deref(), Some("+14155552671"));
        assert_eq!(international("99912345678"), None);
        assert_eq!(repaired("9012345678").as_deref(), Some("09012345678"));
        assert_eq!(repaired("312345678").as_deref(), Some("0312345678"));
        assert_eq!(north_american("4155552671").as_deref(), Some("+14155552671"));
        assert!(north_american("1155552671").is_none());
        assert!(
            is_grouped_japanese(&[2, 4, 4], "0312345678") && !is_grouped_japanese(&[4, 4, 4], "031234567890")
        );
    }
}
