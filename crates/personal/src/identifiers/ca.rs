//! Canada: the social insurance number.

use super::checks::luhn;

/// Nine digits with Luhn; none begins with 0 or 8.
pub fn sin(d: &[u8]) -> bool {
    d.len() == 9 && !matches!(d[0], 0 | 8) && luhn(d)
}

#[cfg(test)]
mod tests {
    use super::super::digits;
    use super::*;

    #[test]
    fn sins() {
        assert!(sin(&digits("123-456-782")) && !sin(&digits("123-456-783")) && !sin(&digits("046-454-286")));
    }
}
