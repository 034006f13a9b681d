//! Australia: tax file and Medicare numbers.

use super::checks::weighted;
use super::is_placeholder;

/// Tax file number: nine digits, the weighted sum a multiple of 11.
pub fn tfn(d: &[u8]) -> bool {
    d.len() == 9 && !is_placeholder(d) && weighted(d, &[1, 4, 3, 7, 5, 8, 6, 9, 10]).is_multiple_of(11)
}

/// Medicare number: eight digits, a check digit, the issue, and perhaps the person's line.
pub fn medicare(d: &[u8]) -> bool {
    matches!(d.len(), 10 | 11)
        && (2..=6).contains(&d[0])
        && weighted(&d[..8], &[1, 3, 7, 9, 1, 3, 7, 9]) % 10 == u32::from(d[8])
        && d[9] != 0
}

#[cfg(test)]
mod tests {
    use super::super::digits;
    use super::*;

    #[test]
    fn tfns_and_medicare_numbers() {
        assert!(tfn(&digits("123456782")) && !tfn(&digits("123456783")));
        assert!(medicare(&digits("2123 45670 1")) && !medicare(&digits("2123 45671 1")));
    }
}
