//! The message as DATA carries it (RFC 5321 sections 4.1.1.4 and 4.5.2): where it truly ends, with
//! dot-stuffing undone, fed in whatever pieces the network brings. Stuffing again is in `stuffing`.

use memchr::{memchr_iter, memchr3_iter};

use super::line_ends::are_clean;

/// What makes a message unfit to be passed on. The reader goes on to the true end all the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    /// A CR that no LF follows.
    pub bare_cr: bool,
    /// An LF that no CR precedes.
    pub bare_lf: bool,
    pub nul: bool,
    /// A line longer than the limit.
    pub long_line: bool,
    /// More bytes than the limit.
    pub too_big: bool,
    /// There was no memory left for it.
    pub no_memory: bool,
}

impl Faults {
    /// Whether there is any.
    pub fn any(self) -> bool {
        self != Faults::default()
    }
}

/// Where in a line the last byte left us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum DataState {
    /// After CRLF, or at the very start.
    LineStart,
    /// After a dot at the start of a line: stuffing, or the end.
    Dot,
    /// After a dot and a CR at the start of a line.
    DotCr,
    InLine,
    /// After a CR within a line.
    Cr,
    Done,
}

/// Reads one message out of DATA, piece by piece. It keeps bytes only while the message can still
/// be accepted, so that memory stays bounded whatever comes.
#[derive(Debug)]
pub struct DataReader {
    state: DataState,
    faults: Faults,
    message: Vec<u8>,
    /// Bytes of the message so far, kept or not.
    size: u64,
    /// Bytes of the present line so far.
    line: u64,
    /// Bytes fed before the present piece.
    fed: u64,
    /// Where the last bare CR stood, counted from the first byte fed.
    bare_cr_at: Option<u64>,
    /// Where the last dot at the start of a line stood, counted likewise.
    dot_at: u64,
    max_size: u64,
    max_line: u64,
}

impl DataReader {
    /// A reader of a message of at most `max_size` bytes, its lines at most `max_line` bytes
    /// without CRLF. `capacity` is how much memory to begin with.
    pub fn new(max_size: u64, max_line: u64, capacity: usize) -> Self {
        DataReader {
            state: DataState::LineStart,
            faults: Faults::default(),
            message: Vec::with_capacity(capacity),
            size: 0,
            line: 0,
            fed: 0,
            bare_cr_at: None,
            dot_at: 0,
            max_size,
            max_line,
        }
    }

    /// Takes the next bytes. None asks for more; otherwise the message has ended and the number is
    /// how many of the bytes belonged to it, terminator included: the rest are commands.
    pub fn feed(&mut self, input: &[u8]) -> Option<usize> {
        // Nearly always they are, and then only the ends of lines need looking at.
        let clean = are_clean(input);
        let mut at = 0;
        while at < input.len() {
            at = match self.state {
                DataState::InLine if clean => self.in_clean_line(input, at),
                DataState::InLine => self.in_line(input, at),
                _ => self.step(input, at),
            };
            if self.state == DataState::Done {
                return Some(at);
            }
        }
        self.fed += input.len() as u64;
        None
    }

    /// Whether the end was CR CRLF.CRLF. A peer that does not take CR CR LF for a line end did not
    /// mean to end here, so what follows on its connection may be text and not commands.
    pub fn ends_after_bare_cr(&self) -> bool {
        self.bare_cr_at.is_some_and(|cr| cr + 3 == self.dot_at)
    }

    /// One byte at the edges of lines, where a dot may stand.
    fn step(&mut self, input: &[u8], at: usize) -> usize {
        let byte = input[at];
        match (self.state, byte) {
            (DataState::LineStart, b'.') => {
                self.dot_at = self.fed + at as u64;
                self.state = DataState::Dot;
            }
            (DataState::Dot, b'\r') => self.state = DataState::DotCr,
            (DataState::DotCr, b'\n') => self.state = DataState::Done,
            (DataState::Cr, b'\n') => {
                self.keep(b"\r\n");
                self.line = 0;
                self.state = DataState::LineStart;
            }
            // A CR and something else: neither the end nor a line end.
            (DataState::DotCr | DataState::Cr, _) => {
                self.bare_cr((self.fed + at as u64).saturating_sub(1));
                self.state = DataState::InLine;
                return at;
            }
            // A stuffed dot goes; the line goes on with what follows it.
            (DataState::LineStart | DataState::Dot | DataState::InLine | DataState::Done, _) => {
                self.state = DataState::InLine;
                return at;
            }
        }
        at + 1
    }

    /// As much of `input` as goes by without a line that begins with a dot.
    fn in_line(&mut self, input: &[u8], from: usize) -> usize {
        let mut line_from = from;
        let mut skip_to = from;
        for hit in memchr3_iter(b'\r', b'\n', 0, &input[from..]) {
            let hit = from + hit;
            if hit < skip_to {
                continue;
            }
            match (input[hit], input.get(hit + 1)) {
                (b'\r', Some(b'\n')) => {
                    self.line += (hit - line_from) as u64;
                    self.check_line();
                    self.line = 0;
                    line_from = hit + 2;
                    skip_to = line_from;
                    if input.get(line_from).is_none_or(|&next| next == b'.') {
                        self.keep(&input[from..line_from]);
                        self.state = DataState::LineStart;
                        return line_from;
                    }
                }
                (b'\r', None) => {
                    self.line += (hit - line_from) as u64;
                    self.keep(&input[from..hit]);
                    self.check_line();
                    self.state = DataState::Cr;
                    return hit + 1;
                }
                (b'\r', Some(_)) => self.bare_cr(self.fed + hit as u64),
                (b'\n', _) => self.faults.bare_lf = true,
                _ => self.faults.nul = true,
            }
        }
        self.line += (input.len() - line_from) as u64;
        self.check_line();
        self.keep(&input[from..]);
        input.len()
    }

    /// The same where every CR and LF is part of a CRLF.
    fn in_clean_line(&mut self, input: &[u8], from: usize) -> usize {
        let mut line_from = from;
        for lf in memchr_iter(b'\n', &input[from..]) {
            let next = from + lf + 1;
            self.line += next.saturating_sub(line_from + 2) as u64;
            self.check_line();
            self.line = 0;
            line_from = next;
            if input.get(next).is_none_or(|&byte| byte == b'.') {
                self.keep(&input[from..next]);
                self.state = DataState::LineStart;
                return next;
            }
        }
        self.line += (input.len() - line_from) as u64;
        self.check_line();
        self.keep(&input[from..]);
        input.len()
    }

    fn bare_cr(&mut self, at: u64) {
        self.faults.bare_cr = true;
        self.bare_cr_at = Some(at);
    }

    fn check_line(&mut self) {
        if self.line > self.max_line {
            self.faults.long_line = true;
        }
    }

    fn keep(&mut self, bytes: &[u8]) {
        self.size += bytes.len() as u64;
        if self.size > self.max_size {
            self.faults.too_big = true;
        }
        if self.faults.any() {
            // It will be refused: nothing of it is worth memory.
            self.message = Vec::new();
        } else {
            self.message.extend_from_slice(bytes);
        }
    }

    /// Gives up the message for want of memory; reading goes on to the end.
    pub fn drop_for_memory(&mut self) {
        self.faults.no_memory = true;
        self.message = Vec::new();
    }

    /// How many bytes are kept at present.
    pub fn kept(&self) -> usize {
        self.message.len()
    }

    /// How much memory is held at present, in bytes.
    pub fn capacity(&self) -> usize {
        self.message.capacity()
    }

    /// What is wrong with the message so far.
    pub fn faults(&self) -> Faults {
        self.faults
    }

    /// The message, dot-stuffing undone, with the CRLF of its last line and without the final dot;
    /// empty where it has faults.
    pub fn into_message(self) -> Vec<u8> {
        if self.faults.any() { Vec::new() } else { self.message }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn reader() -> DataReader {
        DataReader::new(1 << 20, 998, 0)
    }

    /// Feeds the pieces; the message, its faults, and how many bytes were taken where it ended.
    fn feed(pieces: &[&[u8]]) -> (Vec<u8>, Faults, Option<usize>) {
        let mut reader = reader();
        let mut taken = 0;
        for piece in pieces {
            match reader.feed(piece) {
                Some(used) => {
                    let faults = reader.faults();
                    return (reader.into_message(), faults, Some(taken + used));
                }
                None => taken += piece.len(),
            }
        }
        let faults = reader.faults();
        (reader.into_message(), faults, None)
    }

    #[test]
    fn a_message_ends_at_the_dot_and_leaves_what_follows() {
        let (message, faults, used) = feed(&[b"a\r\n..b\r\n.c\r\n.\r\nQUIT\r\n"]);
        assert_eq!(message, b"a\r\n.b\r\nc\r\n");
        assert!(!faults.any());
        assert_eq!(used, Some(15));
        assert_eq!(feed(&[b".\r\n"]), (Vec::new(), Faults::default(), Some(3)));
    }

    /// Every way of faking an end, at every split: it never ends there, always at the true end.
    #[test]
    fn no_fake_ending_ends_the_message() {
        let breaks: [&[u8]; 8] = [b"\n", b"\r", b"\r\n", b"\r\r\n", b"\n\r", b"\0", b"\r\0\n", b"\x0b"];
        let dots: [&[u8]; 4] = [b".", b"..", b". ", b" ."];
        let mut tried = 0;
        for before in breaks {
            for dot in dots {
                for after in breaks {
                    if before.ends_with(b"\r\n") && dot == b"." && after == b"\r\n" {
                        continue;
                    }
                    let fake = [b"a: b\r\n\r\ntext", before, dot, after].concat();
                    let whole = [&fake[..], b"MAIL FROM:<x@example.com>\r\n.\r\n"].concat();
                    for split in 0..=whole.len() {
                        let (message, faults, used) = feed(&[&whole[..split], &whole[split..]]);
                        assert_eq!(used, Some(whole.len()), "{fake:?} at {split}");
                        let harmless = |edge: &[u8]| edge == b"\r\n" || edge == b"\x0b";
                        let clean = harmless(before) && harmless(after);
                        assert_eq!(!faults.any(), clean, "{fake:?} at {split}: {faults:?}");
                        assert_eq!(message.is_empty(), !clean);
                        tried += 1;
                    }
                }
            }
        }
        assert!(tried > 10_000, "{tried}");
    }

    /// CR CRLF.CRLF does hold CRLF.CRLF, but its sender may not have meant it.
    #[test]
    fn an_end_after_a_bare_cr_is_told() {
        for (whole, odd) in [
            (&b"a\r\r\n.\r\n"[..], true),
            (b"\r\r\n.\r\n", true),
            (b".\r\r\n.\r\n", true),
            (b"a\r\r\nb\r\n.\r\n", false),
            (b"a\rb\r\n.\r\n", false),
            (b"a\r\n.\r\n", false),
            (b".\r\n", false),
        ] {
            for split in 0..=whole.len() {
                let mut reader = reader();
                let end = reader.feed(&whole[..split]).or_else(|| reader.feed(&whole[split..]));
                assert!(end.is_some());
                assert_eq!(reader.ends_after_bare_cr(), odd, "{whole:?} at {split}");
            }
        }
    }

    #[test]
    fn faults_are_told_apart_at_every_split() {
        let cases: [(&[u8], Faults); 7] = [
            (b"a\rb\r\n", Faults { bare_cr: true, ..Faults::default() }),
            (b"\r\r\n", Faults { bare_cr: true, ..Faults::default() }),
            (b".\r\r\n", Faults { bare_cr: true, ..Faults::default() }),
            (b"\nb\r\n", Faults { bare_lf: true, ..Faults::default() }),
            (b".\nb\r\n", Faults { bare_lf: true, ..Faults::default() }),
            (b"a\0b\r\n", Faults { nul: true, ..Faults::default() }),
            (b".\0\r\n", Faults { nul: true, ..Faults::default() }),
        ];
        for (bytes, expected) in cases {
            let whole = [bytes, b".\r\n"].concat();
            for split in 0..=whole.len() {
                let (_, faults, used) = feed(&[&whole[..split], &whole[split..]]);
                assert_eq!((faults, used), (expected, Some(whole.len())), "{bytes:?} at {split}");
            }
        }
    }

    #[test]
    fn a_line_is_measured_across_pieces() {
        for (length, long) in [(998, false), (999, true)] {
            let whole = [vec![b'x'; length], b"\r\nshort\r\n.\r\n".to_vec()].concat();
            for split in [0, 1, 500, 997, 998, 999, 1000, 1001] {
                let (_, faults, _) = feed(&[&whole[..split], &whole[split..]]);
                assert_eq!(faults.long_line, long, "{length} at {split}");
            }
        }
    }

    #[test]
    fn what_is_too_big_is_read_to_its_end_and_not_kept() {
        let mut reader = DataReader::new(100, 998, 0);
        let line = [b"x".repeat(48), b"\r\n".to_vec()].concat();
        for _ in 0..2 {
            assert_eq!(reader.feed(&line), None);
        }
        assert!(!reader.faults().any());
        for _ in 0..1000 {
            assert_eq!(reader.feed(&line), None);
            assert_eq!(reader.capacity(), 0);
        }
        assert_eq!(reader.feed(b".\r\nRSET\r\n"), Some(3));
        assert!(reader.faults().too_big);
    }

    proptest! {
        /// Clean text goes another way than text with an odd byte behind its end, to the same outcome.
        #[test]
        fn clean_text_is_read_like_any(lines in prop::collection::vec("[.ab]{0,5}", 0..20), cut in 1usize..30) {
            let whole: Vec<u8> = lines.iter().flat_map(|l| [l.as_bytes(), b"\r\n"].concat()).chain(*b".\r\n").collect();
            let followed = [&whole[..], b"\0"].concat();
            prop_assert_eq!(feed(&[&whole]), feed(&[&followed]));
            prop_assert_eq!(feed(&whole.chunks(cut).collect::<Vec<_>>()), feed(&[&followed]));
        }

        /// However the bytes are cut, the outcome is that of one piece.
        #[test]
        fn cuts_change_nothing(bytes in prop::collection::vec(prop::sample::select(b"\r\n.\0ab".to_vec()), 0..60), cut in 1usize..8) {
            let whole = feed(&[&bytes]);
            let pieces: Vec<&[u8]> = bytes.chunks(cut).collect();
            prop_assert_eq!(feed(&pieces), whole);
        }

        /// Its end is where a plain search says: the first line that is one dot, between CRLFs.
        #[test]
        fn the_end_is_crlf_dot_crlf(bytes in prop::collection::vec(prop::sample::select(b"\r\n.a".to_vec()), 0..60)) {
            let framed = [b"\r\n", &bytes[..]].concat();
            let expected = memchr::memmem::find(&framed, b"\r\n.\r\n").map(|at| at + 3);
            prop_assert_eq!(feed(&[&bytes]).2, expected);
        }
    }
}
