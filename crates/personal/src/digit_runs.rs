//! Runs of digits: groups with single separators between them, as they stand in a text.

use std::ops::Range;

/// What stands between two groups of digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gap {
    Dash,
    Dot,
    Space,
    Slash,
    Paren,
    /// A line break, as where a mail program has wrapped a number.
    Line,
}

/// At most so many groups are read together.
pub(super) const MAX_GROUPS: usize = 32;

/// Groups of digits with single separators between them.
#[derive(Clone, Copy)]
pub(super) struct Run {
    pub starts: [usize; MAX_GROUPS],
    pub ends: [usize; MAX_GROUPS],
    /// `gaps[i]` stands behind group `i`.
    pub gaps: [Gap; MAX_GROUPS],
    pub count: usize,
}

/// Up to 24 digits by value.
#[derive(Clone, Copy)]
pub(super) struct Digits {
    pub values: [u8; 24],
    pub count: usize,
}

impl Digits {
    pub fn as_slice(&self) -> &[u8] {
        &self.values[..self.count]
    }

    pub fn text(&self) -> String {
        let mut text = String::with_capacity(self.count);
        text.extend(self.as_slice().iter().map(|d| char::from(b'0' + d)));
        text
    }
}

impl Run {
    pub fn read(bytes: &[u8], at: usize) -> Run {
        let mut run =
            Run { starts: [0; MAX_GROUPS], ends: [0; MAX_GROUPS], gaps: [Gap::Line; MAX_GROUPS], count: 0 };
        let mut pos = at;
        loop {
            let digits = bytes[pos..].iter().take_while(|b| b.is_ascii_digit()).count();
            run.starts[run.count] = pos;
            run.ends[run.count] = pos + digits;
            pos += digits;
            run.count += 1;
            match gap(bytes, pos) {
                Some((gap, next)) if run.count < MAX_GROUPS => {
                    run.gaps[run.count - 1] = gap;
                    pos = next;
                }
                _ => return run,
            }
        }
    }

    pub fn length(&self, at: usize) -> usize {
        self.ends[at] - self.starts[at]
    }

    pub fn end(&self) -> usize {
        self.ends[self.count - 1]
    }

    pub fn digits(&self, bytes: &[u8], groups: Range<usize>) -> Option<Digits> {
        let mut digits = Digits { values: [0; 24], count: 0 };
        for group in groups {
            for b in bytes.get(self.starts[group]..self.ends[group])? {
                *digits.values.get_mut(digits.count)? = b - b'0';
                digits.count += 1;
            }
        }
        Some(digits)
    }

    /// Whether the groups from `at` have these lengths, one separator throughout (a line break may
    /// stand for it once), and no further group glued on.
    pub fn has_shape(&self, at: usize, shape: &[usize]) -> bool {
        let last = at + shape.len() - 1;
        if last >= self.count || !shape.iter().enumerate().all(|(i, l)| self.length(at + i) == *l) {
            return false;
        }
        let inner = &self.gaps[at..last];
        let main = inner.iter().find(|g| **g != Gap::Line);
        let lines = inner.iter().filter(|g| **g == Gap::Line).count();
        let uniform = inner.iter().all(|g| *g == Gap::Line || Some(g) == main);
        let glued = |gap: Option<&Gap>| gap.is_some_and(|g| *g == Gap::Dash && main == Some(&Gap::Dash));
        let before = at.checked_sub(1).and_then(|i| self.gaps.get(i));
        let after = (last + 1 < self.count).then(|| &self.gaps[last]);
        uniform && lines <= 1 && (main.is_some() || inner.is_empty()) && !glued(before) && !glued(after)
    }

    /// How many groups are read when everything before `end` is.
    pub fn groups_before(&self, from: usize, end: usize) -> usize {
        (from..self.count).take_while(|i| self.starts[*i] < end).count().max(1)
    }
}

fn gap(bytes: &[u8], at: usize) -> Option<(Gap, usize)> {
    let digit = |i: usize| bytes.get(i).is_some_and(u8::is_ascii_digit);
    let is = |i: usize, b: u8| bytes.get(i) == Some(&b);
    let gap = match *bytes.get(at)? {
        b'-' => {
            let next = if is(at + 1, b'\n') { at + 2 } else { at + 1 };
            (Gap::Dash, next)
        }
        b'.' => (Gap::Dot, at + 1),
        b'/' => (Gap::Slash, at + 1),
        b'(' => (Gap::Paren, at + 1),
        b')' if digit(at + 1) => (Gap::Paren, at + 1),
        b')' if is(at + 1, b'-') || is(at + 1, b' ') => (Gap::Paren, at + 2),
        b' ' if is(at + 1, b'(') => (Gap::Paren, at + 2),
        b' ' => (Gap::Space, at + 1),
        b'\r' if is(at + 1, b'\n') => (Gap::Line, quoted(bytes, at + 2)),
        b'\n' => (Gap::Line, quoted(bytes, at + 1)),
        _ => return None,
    };
    digit(gap.1).then_some(gap)
}

fn quoted(bytes: &[u8], at: usize) -> usize {
    let marks = bytes[at.min(bytes.len())..].iter().take(8).take_while(|b| matches!(b, b'>' | b' ')).count();
    at + marks
}
