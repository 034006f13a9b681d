//! Line ends of whole stretches of bytes at once: asked of every byte of every message, so that it is done
//! without branches, for many bytes together.

/// Whether, within the bytes, a CR stands before each LF and nowhere else. What stands before the first and behind
/// the last is not known here.
pub fn are_paired(bytes: &[u8]) -> bool {
    let ([_, behind @ ..], [before @ .., _]) = (bytes, bytes) else { return true };
    !before.iter().zip(behind).fold(false, |odd, (a, b)| odd | ((*a == b'\r') != (*b == b'\n')))
}

/// Whether the bytes hold nothing but text and CRLF, each of them whole: no other CR or LF, and no NUL.
pub fn are_clean(bytes: &[u8]) -> bool {
    are_paired(bytes)
        && bytes.first() != Some(&b'\n')
        && bytes.last() != Some(&b'\r')
        && memchr::memchr(0, bytes).is_none()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_clean_has_crlf_and_text(bytes in prop::collection::vec(prop::sample::select(b"\r\n\0abcd".to_vec()), 0..12)) {
            let text = String::from_utf8(bytes.clone()).unwrap();
            let clean = !text.replace("\r\n", "").contains(['\r', '\n', '\0']);
            prop_assert_eq!(are_clean(&bytes), clean);
        }

        #[test]
        fn many_lines_are_clean_and_one_odd_byte_is_found(count in 1usize..40, at in 0usize..1000, odd in prop::sample::select(b"\r\n\0".to_vec())) {
            let mut bytes = b"text of a line\r\n".repeat(count);
            prop_assert!(are_clean(&bytes));
            let at = at % bytes.len();
            if !matches!(bytes[at], b'\r' | b'\n') {
                bytes[at] = odd;
                prop_assert!(!are_clean(&bytes));
            }
        }
    }
}
