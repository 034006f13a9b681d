//! United States: Social Security numbers, which have no check digit.

use super::number;

/// Nine digits in the ranges that the SSA hands out; the numbers of advertisements are left out.
pub fn ssn(d: &[u8]) -> bool {
    if d.len() != 9 {
        return false;
    }
    let (area, group, serial) = (number(&d[..3]), number(&d[3..5]), number(&d[5..]));
    area != 0
        && area != 666
        && area < 900
        && group != 0
        && serial != 0
        && !matches!(
            (area, group, serial),
            (457, 55, 5462) | (78, 5, 1120) | (219, 9, 9999) | (123, 45, 6789)
        )
}

#[cfg(test)]
mod tests {
    use super::super::digits;
    use super::*;

    #[test]
    fn ssns() {
        assert!(ssn(&digits("536-90-4399")));
        for wrong in
            ["457-55-5462", "000-12-3456", "666-12-3456", "900-12-3456", "536-00-4399", "536-90-0000"]
        {
            assert!(!ssn(&digits(wrong)), "{wrong}");
        }
    }
}
