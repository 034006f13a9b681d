//! South Korea: the resident registration number.

use super::checks::weighted;
use super::number;

/// Birth date, century and sex, serial, check digit. Numbers handed out since October 2020 have a
/// random tail instead of the check digit; those need a label, see [`form`].
pub fn rrn(d: &[u8]) -> bool {
    form(d) && {
        let sum = weighted(d, &[2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5]);
        (11 - sum % 11) % 10 == u32::from(d[12])
    }
}

/// Whether the first six digits are a date.
pub fn form(d: &[u8]) -> bool {
    d.len() == 13 && (1..=12).contains(&number(&d[2..4])) && (1..=31).contains(&number(&d[4..6]))
}

#[cfg(test)]
mod tests {
    use super::super::digits;
    use super::*;

    #[test]
    fn rrns() {
        assert!(rrn(&digits("971013-9019902")));
        assert!(!rrn(&digits("971013-9019903")));
        assert!(!rrn(&digits("971313-9019902")));
    }
}
