//! France: NIR (numéro de sécurité sociale), thirteen characters and a key mod 97.

/// Sex, year, month, department (2A and 2B for Corsica), commune, order, key.
pub fn nir(text: &[u8]) -> bool {
    if text.len() != 15 || !matches!(text[0], b'1' | b'2' | b'7' | b'8') {
        return false;
    }
    let (body, key) = text.split_at(13);
    let mut body = body.to_vec();
    // Corsica: 2A counts as 19, 2B as 18 (INSEE).
    match &body[5..7] {
        b"2A" => body[5..7].copy_from_slice(b"19"),
        b"2B" => body[5..7].copy_from_slice(b"18"),
        _ => {}
    }
    let (Some(value), Some(key)) = (decimal(&body), decimal(key)) else {
        return false;
    };
    let month = value / 100_000_000 % 100;
    matches!(month, 1..=12 | 20..=42 | 50..=99) && 97 - value % 97 == key
}

fn decimal(text: &[u8]) -> Option<u64> {
    text.iter().try_fold(0u64, |n, b| b.is_ascii_digit().then(|| n * 10 + u64::from(b - b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nirs() {
        assert!(nir(b"295109912611193"));
        assert!(!nir(b"295109912611194"));
        assert!(!nir(b"395109912611193"));
        assert!(nir(b"29510") == nir(b""));
    }
}
