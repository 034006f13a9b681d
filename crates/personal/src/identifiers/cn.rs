//! China: the eighteen-digit resident identity number (GB 11643-1999).

/// Region 6, birth date 8, serial 3, and a check character mod 11-2 that may be X.
pub fn id(text: &[u8]) -> bool {
    if text.len() != 18 || !text[..17].iter().all(u8::is_ascii_digit) {
        return false;
    }
    let v: Vec<u8> = text[..17].iter().map(|b| b - b'0').collect();
    let year = super::number(&v[6..10]);
    let dated = (1850..=2100).contains(&year)
        && (1..=12).contains(&super::number(&v[10..12]))
        && (1..=31).contains(&super::number(&v[12..14]));
    // Weights 2^(17-i) mod 11.
    let sum = v.iter().fold(0u32, |sum, d| (sum + u32::from(*d)) * 2 % 11);
    let check = b"10X98765432"[(sum % 11) as usize];
    (1..=8).contains(&v[0]) && dated && text[17].to_ascii_uppercase() == check
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids() {
        assert!(id(b"360426199101010071"));
        assert!(!id(b"360426199101010072"));
        assert!(!id(b"360426199113010071"));
    }
}
