//! Germany: the tax identification number (§ 139b AO).

use super::checks::mod11_10;

/// Eleven digits, none leading zero; among the first ten one digit stands twice or thrice.
pub fn idnr(d: &[u8]) -> bool {
    if d.len() != 11 || d[0] == 0 || !mod11_10(d) {
        return false;
    }
    let mut times = [0u8; 10];
    for digit in &d[..10] {
        times[usize::from(*digit % 10)] += 1;
    }
    let repeated: Vec<u8> = times.into_iter().filter(|t| *t > 1).collect();
    matches!(repeated[..], [2] | [3])
}

#[cfg(test)]
mod tests {
    use super::super::digits;
    use super::*;

    #[test]
    fn idnrs() {
        assert!(idnr(&digits("36574261809")));
        assert!(!idnr(&digits("36574261808")));
        assert!(!idnr(&digits("11111111111")));
    }
}
