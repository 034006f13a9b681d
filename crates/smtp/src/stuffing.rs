//! Dot-stuffing (RFC 5321 section 4.5.2) on the way out, without copying: a message in parts comes
//! back as slices to be written one after the other, the terminator included.

use super::line_ends::are_paired;

/// The message holds a CR or LF that is not part of a CRLF. Next hops differ in what they take for
/// a line end, so such a message must never be sent (RFC 5321 section 2.3.8).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the message holds a bare CR or LF")]
pub struct BareLineEnd;

/// The slices of a message as DATA carries it; made by [`segments`].
#[derive(Debug)]
pub struct Segments<'a> {
    parts: &'a [&'a [u8]],
    /// The part that is being read, and the place in it.
    part: usize,
    at: usize,
    /// Whether the next byte is the first of a line.
    line_start: bool,
    /// Whether the dot of the line has been doubled already.
    stuffed: bool,
    ended: bool,
}

/// Splits the message whose `parts` follow one another into the slices to write, the last of them
/// the final dot. A last line without CRLF gets one.
///
/// # Errors
/// [`BareLineEnd`], before anything is written.
pub fn segments<'a>(parts: &'a [&'a [u8]]) -> Result<Segments<'a>, BareLineEnd> {
    check_line_ends(parts)?;
    Ok(Segments { parts, part: 0, at: 0, line_start: true, stuffed: false, ended: false })
}

/// The message as DATA carries it, in one piece.
///
/// # Errors
/// [`BareLineEnd`].
pub fn stuff(parts: &[&[u8]]) -> Result<Vec<u8>, BareLineEnd> {
    Ok(segments(parts)?.collect::<Vec<_>>().concat())
}

fn check_line_ends(parts: &[&[u8]]) -> Result<(), BareLineEnd> {
    let mut after_cr = false;
    for part in parts {
        let (Some(first), Some(last)) = (part.first(), part.last()) else { continue };
        if !are_paired(part) || after_cr != (*first == b'\n') {
            return Err(BareLineEnd);
        }
        after_cr = *last == b'\r';
    }
    if after_cr { Err(BareLineEnd) } else { Ok(()) }
}

impl<'a> Iterator for Segments<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        loop {
            let Some(part) = self.parts.get(self.part) else {
                if self.ended {
                    return None;
                }
                self.ended = true;
                return Some(if self.line_start { b".\r\n" } else { b"\r\n.\r\n" });
            };
            let rest = &part[self.at..];
            if rest.is_empty() {
                self.part += 1;
                self.at = 0;
                continue;
            }
            if self.line_start && rest[0] == b'.' && !self.stuffed {
                self.stuffed = true;
                return Some(b".");
            }
            self.stuffed = false;
            // Up to the next line that begins with a dot; every LF is the end of a CRLF by now.
            let end = memchr::memmem::find(rest, b"\n.").map_or(rest.len(), |lf| lf + 1);
            self.at += end;
            self.line_start = rest[end - 1] == b'\n';
            return Some(&rest[..end]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::DataReader;
    use proptest::prelude::*;

    #[test]
    fn dots_are_doubled_over_the_edges_of_parts() {
        let parts: [&[u8]; 6] = [b"Received: x\r\n", b".a\r", b"\n", b".", b".b\r\n.c", b""];
        assert_eq!(stuff(&parts).unwrap(), b"Received: x\r\n..a\r\n...b\r\n..c\r\n.\r\n");
        assert_eq!(stuff(&[]).unwrap(), b".\r\n");
        assert_eq!(stuff(&[b"."]).unwrap(), b"..\r\n.\r\n");
    }

    #[test]
    fn a_clean_message_is_two_slices() {
        let text = b"a: b\r\n\r\nc.d\r\n".repeat(100);
        assert_eq!(segments(&[&text]).unwrap().count(), 2);
    }

    #[test]
    fn a_bare_line_end_is_refused_wherever_it_stands() {
        for parts in [
            &[&b"a\nb\r\n"[..]][..],
            &[b"a\rb\r\n"],
            &[b"a\r", b"b\r\n"],
            &[b"a", b"\nb\r\n"],
            &[b"a\r"],
            &[b"\n"],
            &[b"a\r\r\n"],
            &[b"a\r\n\n"],
        ] {
            assert_eq!(stuff(parts), Err(BareLineEnd), "{parts:?}");
        }
    }

    proptest! {
        #[test]
        fn bare_line_ends_are_found_however_the_message_is_cut(parts in prop::collection::vec("[a\r\n]{0,4}|(a\r\n){0,20}", 0..8)) {
            let parts: Vec<&[u8]> = parts.iter().map(String::as_bytes).collect();
            let without = String::from_utf8(parts.concat()).unwrap().replace("\r\n", "");
            prop_assert_eq!(stuff(&parts).is_err(), without.contains(['\r', '\n']));
        }

        /// What is stuffed and read again is what it was, however it is cut.
        #[test]
        fn stuffing_is_undone_exactly(lines in prop::collection::vec("[.a]{0,6}", 0..20), cuts in prop::collection::vec(1usize..12, 1..80)) {
            let message: Vec<u8> = lines.iter().flat_map(|l| [l.as_bytes(), b"\r\n"].concat()).collect();
            let wire = stuff(&[&message]).unwrap();
            let mut reader = DataReader::new(1 << 20, 998, 0);
            let mut at = 0;
            let mut end = None;
            for cut in cuts.iter().cycle() {
                let to = (at + cut).min(wire.len());
                end = reader.feed(&wire[at..to]).map(|used| at + used);
                at = to;
                if at == wire.len() { break }
                prop_assert_eq!(end, None, "it ended early");
            }
            prop_assert_eq!(end, Some(wire.len()));
            prop_assert!(!reader.faults().any());
            prop_assert_eq!(reader.into_message(), message);
        }
    }
}
