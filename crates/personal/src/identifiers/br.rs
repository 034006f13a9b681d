//! Brazil: CPF, nine digits and two check digits mod 11.

use super::checks::weighted;
use super::is_placeholder;

/// Eleven digits with both check digits right.
pub fn cpf(d: &[u8]) -> bool {
    let check = |sum: u32| match sum % 11 {
        0 | 1 => 0,
        rest => 11 - rest,
    };
    d.len() == 11
        && !is_placeholder(d)
        && check(weighted(d, &[10, 9, 8, 7, 6, 5, 4, 3, 2])) == u32::from(d[9])
        && check(weighted(d, &[11, 10, 9, 8, 7, 6, 5, 4, 3, 2])) == u32::from(d[10])
}

#[cfg(test)]
mod tests {
    use super::super::digits;
    use super::*;

    #[test]
    fn cpfs() {
        assert!(cpf(&digits("390.533.447-05")));
        assert!(!cpf(&digits("390.533.447-06")));
        assert!(!cpf(&digits("111.111.111-11")));
    }
}
