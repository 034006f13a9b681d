//! International bank account numbers (ISO 13616): length by country and mod 97.

use super::checks::mod97;

const LENGTHS: &str = "AD24AE23AL28AT20AZ28BA20BE16BG22BH22BR29BY28CH21CR22CY28CZ24DE22DK18DO28EE20EG29ES24FI18FO18\
FR27GB22GE22GI23GL18GR27GT28HR21HU28IE22IL23IQ23IS26IT27JO30KW30KZ20LB28LC32LI21LT20LU20LV21MC27MD24ME22MK19MR27MT31\
MU30NL18NO15PK24PL28PS29PT25QA29RO24RS22SA24SC31SE24SI19SK24SM27ST25SV28TL23TN24TR26UA29VA22VG24XK20";

/// How many characters an IBAN of this country has.
pub fn length(country: &[u8]) -> Option<usize> {
    LENGTHS
        .as_bytes()
        .chunks_exact(4)
        .find(|c| c.starts_with(country) && country.len() == 2)
        .map(|c| usize::from(c[2] - b'0') * 10 + usize::from(c[3] - b'0'))
}

/// Whether upper-case letters and digits without spaces are an IBAN.
pub fn iban(text: &[u8]) -> bool {
    let Some((head, body)) = text.split_at_checked(4) else {
        return false;
    };
    length(&head[..2]) == Some(text.len())
        && head[2..].iter().all(u8::is_ascii_digit)
        && mod97(body.iter().chain(head).copied()) == Some(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ibans() {
        assert!(iban(b"GB82WEST12345698765432"));
        assert!(iban(b"DE89370400440532013000"));
        assert!(!iban(b"GB82WEST12345698765433"));
        assert!(!iban(b"ZZ82WEST12345698765432"));
        assert!(!iban(b"GB8"));
        assert!(LENGTHS.len().is_multiple_of(4));
    }
}
