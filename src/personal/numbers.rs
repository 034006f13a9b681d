//! Numbers: a run of digit groups and what separates them, and the readings that fit. A label before
//! the number decides first; then come the forms that prove themselves; then telephone numbers.

use std::ops::Range;

use super::chars;
use super::dates;
use super::identifiers::{self, au, br, ca, card, cn, de, fr, gb, india, jp, kr, us};
use super::kinds::Kind;
use super::phones;
use super::scan::Reader;
use super::words::{self, Word};

/// What stands between two groups of digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Gap {
    Dash,
    Dot,
    Space,
    Slash,
    Paren,
    /// A line break, as where a mail program has wrapped a number.
    Line,
}

/// At most so many groups are read together.
const MAX_GROUPS: usize = 32;

/// Groups of digits with single separators between them.
#[derive(Clone, Copy)]
pub(super) struct Run {
    starts: [usize; MAX_GROUPS],
    ends: [usize; MAX_GROUPS],
    /// `gaps[i]` stands behind group `i`.
    gaps: [Gap; MAX_GROUPS],
    count: usize,
}

/// Up to 24 digits by value.
#[derive(Clone, Copy)]
struct Digits {
    values: [u8; 24],
    count: usize,
}

impl Digits {
    fn as_slice(&self) -> &[u8] {
        &self.values[..self.count]
    }

    fn text(&self) -> String {
        self.as_slice()
            .iter()
            .map(|d| char::from(b'0' + d))
            .collect()
    }
}

impl Run {
    fn read(bytes: &[u8], at: usize) -> Run {
        let mut run = Run {
            starts: [0; MAX_GROUPS],
            ends: [0; MAX_GROUPS],
            gaps: [Gap::Line; MAX_GROUPS],
            count: 0,
        };
        let mut pos = at;
        loop {
            let digits = bytes[pos..]
                .iter()
                .take_while(|b| b.is_ascii_digit())
                .count();
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

    fn length(&self, at: usize) -> usize {
        self.ends[at] - self.starts[at]
    }

    fn end(&self) -> usize {
        self.ends[self.count - 1]
    }

    fn digits(&self, bytes: &[u8], groups: Range<usize>) -> Option<Digits> {
        let mut digits = Digits {
            values: [0; 24],
            count: 0,
        };
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
    fn has_shape(&self, at: usize, shape: &[usize]) -> bool {
        let last = at + shape.len() - 1;
        if last >= self.count
            || !shape
                .iter()
                .enumerate()
                .all(|(i, l)| self.length(at + i) == *l)
        {
            return false;
        }
        let inner = &self.gaps[at..last];
        let main = inner.iter().find(|g| **g != Gap::Line);
        let lines = inner.iter().filter(|g| **g == Gap::Line).count();
        let uniform = inner.iter().all(|g| *g == Gap::Line || Some(g) == main);
        let glued =
            |gap: Option<&Gap>| gap.is_some_and(|g| *g == Gap::Dash && main == Some(&Gap::Dash));
        let before = at.checked_sub(1).and_then(|i| self.gaps.get(i));
        let after = (last + 1 < self.count).then(|| &self.gaps[last]);
        uniform
            && lines <= 1
            && (main.is_some() || inner.is_empty())
            && !glued(before)
            && !glued(after)
    }

    /// How many groups are read when everything before `end` is.
    fn groups_before(&self, from: usize, end: usize) -> usize {
        (from..self.count)
            .take_while(|i| self.starts[*i] < end)
            .count()
            .max(1)
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
    let marks = bytes[at.min(bytes.len())..]
        .iter()
        .take(8)
        .take_while(|b| matches!(b, b'>' | b' '))
        .count();
    at + marks
}

impl Reader<'_> {
    /// Reads the run of digit groups at `at`; returns where to go on.
    pub fn numbers(&mut self, at: usize) -> usize {
        let bytes = self.text.as_bytes();
        let run = Run::read(bytes, at);
        let (mut i, mut reached) = (0, run.end());
        while i < run.count {
            let (start, end) = (run.starts[i], run.ends[i]);
            let left = start
                .checked_sub(1)
                .map(|b| bytes[b])
                .is_some_and(|b| b.is_ascii_alphabetic());
            let right = bytes.get(end).is_some_and(u8::is_ascii_alphabetic);
            let behind_label = left && self.words.binary_search_by(|w| w.end.cmp(&start)).is_ok();
            i += if (left && !behind_label) || right {
                let next = self.letters(start, end);
                reached = reached.max(next);
                run.groups_before(i, next)
            } else if run.length(i) > 19 {
                1
            } else {
                self.group(&run, i)
            };
        }
        reached
    }

    /// Reads what begins at group `i`; returns how many groups it took.
    fn group(&mut self, run: &Run, i: usize) -> usize {
        let start = run.starts[i];
        if let Some(taken) = self.dated(run, i) {
            return taken;
        }
        let context = words::before(self.text, self.words, start).map(|w| w.word);
        let label = match context {
            Some(Word::Label(kind)) if !self.is_spent(kind, start) => Some(kind),
            _ => None,
        };
        if let Some(taken) = label.and_then(|kind| self.labelled(run, i, kind)) {
            return taken;
        }
        if let Some(taken) = self.continued(run, i) {
            return taken;
        }
        // A number that is labelled as something else is not taken for an identifier.
        let otherwise = label.is_some_and(|k| {
            matches!(
                k.info().group,
                super::kinds::Group::Register | super::kinds::Group::Government
            )
        });
        if context != Some(Word::Negative)
            && !otherwise
            && let Some(taken) = self.evident(run, i)
        {
            return taken;
        }
        self.phone(run, i, context)
            .or_else(|| self.yucho(run, i))
            .unwrap_or(1)
    }

    /// A date, which is consumed whether it is a birth date or not.
    fn dated(&mut self, run: &Run, i: usize) -> Option<usize> {
        let start = run.starts[i];
        let length = run.length(i);
        let at = match length {
            4 => start,
            1 | 2 => chars::before(self.text, start)
                .filter(|c| "昭平令大明".contains(*c))
                .map(|c| start - c.len_utf8())?,
            _ => return None,
        };
        let date = dates::parse(self.text, at)?;
        if !(1850..=2100).contains(&date.day.year) {
            return None;
        }
        self.date(at, date);
        Some(run.groups_before(i, date.end))
    }

    /// What the label before it says it is, if it is that.
    fn labelled(&mut self, run: &Run, i: usize, kind: Kind) -> Option<usize> {
        if let Some(taken) = self.labelled_form(run, i, kind) {
            return Some(taken);
        }
        let lengths: &[usize] = match kind {
            Kind::MyNumber | Kind::DrivingLicence | Kind::InAadhaar => &[12],
            Kind::ResidentCode | Kind::DeIdnr | Kind::BrCpf | Kind::EmploymentInsurance => &[11],
            Kind::UkNhs | Kind::PensionNumber => &[10],
            Kind::UsSsn | Kind::AuTfn | Kind::CaSin => &[9],
            Kind::AuMedicare => &[10, 11],
            Kind::FrNir => &[15],
            Kind::CnId => &[18],
            Kind::KrRrn => &[13],
            Kind::InsurerNumber => &[8, 6],
            Kind::BankAccount => &[7],
            Kind::Card => &[16, 15, 14, 19, 13, 17, 18],
            _ => return None,
        };
        // What has no check digit must stand right behind its label.
        let unproven = matches!(
            kind,
            Kind::BankAccount | Kind::PensionNumber | Kind::EmploymentInsurance | Kind::UsSsn
        );
        if unproven && !self.is_tight(run.starts[i]) {
            return None;
        }
        lengths.iter().find_map(|length| {
            let (end, digits) = self.joined(run, i, *length)?;
            let validated = is_valid(kind, digits.as_slice())?;
            self.push(
                kind,
                run.starts[i]..run.ends[end],
                digits.text(),
                validated,
                95,
            );
            Some(end + 1 - i)
        })
    }

    /// The groups from `i` that make exactly `length` digits together.
    fn joined(&self, run: &Run, i: usize, length: usize) -> Option<(usize, Digits)> {
        let mut total = 0;
        for end in i..run.count {
            // 192.168.1.1 is no pension number; only Brazil writes dots.
            if end > i
                && (run.gaps[end - 1] == Gap::Slash
                    || (run.gaps[end - 1] == Gap::Dot && length != 11))
            {
                return None;
            }
            total += run.length(end);
            if total >= length {
                return (total == length).then(|| {
                    run.digits(self.text.as_bytes(), i..end + 1)
                        .map(|d| (end, d))
                })?;
            }
        }
        None
    }

    /// Forms whose digits prove little, so that the label must stand right before them.
    fn labelled_form(&mut self, run: &Run, i: usize, kind: Kind) -> Option<usize> {
        let start = run.starts[i];
        match kind {
            Kind::BirthDate if run.length(i) == 8 => {
                let day = dates::compact(&self.text[start..run.ends[i]])?;
                self.date(
                    start,
                    dates::Date {
                        day,
                        end: run.ends[i],
                    },
                );
                Some(1)
            }
            Kind::PatientNumber
            | Kind::PupilNumber
            | Kind::ResidentNumber
            | Kind::StaffNumber
            | Kind::MemberNumber
            | Kind::InsuredNumber
                if self.is_tight(start) =>
            {
                let end = (i + 1..run.count)
                    .take_while(|e| run.gaps[*e - 1] == Gap::Dash)
                    .last()
                    .unwrap_or(i);
                let digits = run.digits(self.text.as_bytes(), i..end + 1)?;
                (2..=16).contains(&digits.count).then(|| {
                    self.push(kind, start..run.ends[end], digits.text(), false, 75);
                    end + 1 - i
                })
            }
            Kind::CardSecurityCode if self.is_tight(start) => {
                let expiry = run.length(i) == 2 && i + 1 < run.count && run.gaps[i] == Gap::Slash;
                let end = if expiry { i + 1 } else { i };
                (expiry || matches!(run.length(i), 3 | 4)).then(|| {
                    let key = self.text[start..run.ends[end]].to_string();
                    self.push(kind, start..run.ends[end], key, false, 80);
                    end + 1 - i
                })
            }
            Kind::PostalCode => {
                let end = if run.has_shape(i, &[3, 4]) { i + 1 } else { i };
                let digits = run.digits(self.text.as_bytes(), i..end + 1)?;
                (digits.count == 7 && self.is_tight(start)).then(|| {
                    self.push(kind, start..run.ends[end], digits.text(), true, 80);
                    end + 1 - i
                })
            }
            Kind::YuchoAccount => self.yucho(run, i),
            _ => None,
        }
    }

    /// A list under one label: the number right behind another of its kind, valid as that kind.
    fn continued(&mut self, run: &Run, i: usize) -> Option<usize> {
        let last = self.found.last()?;
        let kind = last.kind;
        let long = last.key.len();
        if !kind.is_strong() || !self.continues(kind, run.starts[i]) {
            return None;
        }
        let (end, digits) = self.joined(run, i, long)?;
        if is_valid(kind, digits.as_slice()) != Some(true) {
            return None;
        }
        self.push(kind, run.starts[i]..run.ends[end], digits.text(), true, 85);
        Some(end + 1 - i)
    }

    /// Whether the label before `start` has had its value already.
    fn is_spent(&self, kind: Kind, start: usize) -> bool {
        let label = words::before(self.text, self.words, start);
        self.found.last().is_some_and(|last| {
            last.kind == kind && label.is_some_and(|l| last.range.start >= l.end)
        })
    }

    /// Whether nothing but a few signs stands between the label and the number.
    pub fn is_tight(&self, start: usize) -> bool {
        let next = self.words.partition_point(|w| w.end <= start);
        let Some(label) = next.checked_sub(1).and_then(|i| self.words.get(i)) else {
            return false;
        };
        self.text.get(label.end..start).is_some_and(|between| {
            between.len() <= 24
                && between.chars().all(|c| {
                    !(chars::is_han(c) || chars::is_kana(c) || c.is_ascii_alphanumeric())
                        || "番号口座預金はNo".contains(c)
                })
        })
    }

    /// Forms that prove themselves without a label.
    fn evident(&mut self, run: &Run, i: usize) -> Option<usize> {
        let bytes = self.text.as_bytes();
        for shape in card::SHAPES {
            if run.has_shape(i, shape) && self.card(run, i, i + shape.len()) {
                return Some(shape.len());
            }
        }
        // Thirteen digits are a bar code; Visa has given out no such cards for long.
        if (14..=19).contains(&run.length(i)) && self.card(run, i, i + 1) {
            return Some(1);
        }
        // A card cut in two by a line break.
        if i + 1 < run.count
            && run.gaps[i] == Gap::Line
            && (14..=19).contains(&(run.length(i) + run.length(i + 1)))
            && run.length(i) >= 4
            && run.length(i + 1) < 12
            && self.card(run, i, i + 2)
        {
            return Some(2);
        }
        let single = run.digits(bytes, i..i + 1)?;
        let key = single.text();
        let range = run.starts[i]..run.ends[i];
        if single.count == 18 && cn::id(key.as_bytes()) {
            self.push(Kind::CnId, range, key, true, 85);
            return Some(1);
        }
        if single.count == 15 && fr::nir(key.as_bytes()) {
            self.push(Kind::FrNir, range, key, true, 70);
            return Some(1);
        }
        self.shaped(run, i)
    }

    fn card(&mut self, run: &Run, from: usize, to: usize) -> bool {
        let Some(digits) = run.digits(self.text.as_bytes(), from..to) else {
            return false;
        };
        let valid = card::card(digits.as_slice());
        if valid {
            self.push(
                Kind::Card,
                run.starts[from]..run.ends[to - 1],
                digits.text(),
                true,
                90,
            );
        }
        valid
    }

    /// Forms whose grouping is their own.
    fn shaped(&mut self, run: &Run, i: usize) -> Option<usize> {
        let bytes = self.text.as_bytes();
        let all = |to: usize| run.digits(bytes, i..to);
        if run.has_shape(i, &[6, 7]) && run.gaps[i] == Gap::Dash {
            let digits = all(i + 2)?;
            if kr::rrn(digits.as_slice()) {
                self.push(
                    Kind::KrRrn,
                    run.starts[i]..run.ends[i + 1],
                    digits.text(),
                    true,
                    80,
                );
                return Some(2);
            }
        }
        let cpf = i + 3 < run.count
            && [3, 3, 3, 2]
                .iter()
                .enumerate()
                .all(|(n, l)| run.length(i + n) == *l)
            && run.gaps[i..i + 3] == [Gap::Dot, Gap::Dot, Gap::Dash];
        if cpf {
            let digits = all(i + 4)?;
            if br::cpf(digits.as_slice()) {
                self.push(
                    Kind::BrCpf,
                    run.starts[i]..run.ends[i + 3],
                    digits.text(),
                    true,
                    85,
                );
                return Some(4);
            }
        }
        let groups = if run.length(i) == 12 {
            1
        } else if run.has_shape(i, &[4, 4, 4]) {
            3
        } else {
            return None;
        };
        // A courier's number has twelve digits too, and one in eleven passes the check.
        let digits = all(i + groups)?;
        let mine = jp::my_number(digits.as_slice()) && !jp::courier(digits.as_slice());
        mine.then(|| {
            self.push(
                Kind::MyNumber,
                run.starts[i]..run.ends[i + groups - 1],
                digits.text(),
                true,
                40,
            );
            groups
        })
    }

    /// The Post Bank's symbol and number: 14030-12345671, or 記号 14030 番号 12345671.
    fn yucho(&mut self, run: &Run, i: usize) -> Option<usize> {
        let symbol = run.digits(self.text.as_bytes(), i..i + 1)?;
        if !jp::yucho_symbol(symbol.as_slice()) {
            return None;
        }
        let label = words::before(self.text, self.words, run.starts[i]).map(|w| w.word);
        let confidence = match label {
            Some(Word::Label(Kind::YuchoAccount | Kind::BankAccount)) => 90,
            Some(_) => return None,
            None => 40,
        };
        if i + 1 < run.count && run.gaps[i] == Gap::Dash {
            let number = run.digits(self.text.as_bytes(), i + 1..i + 2)?;
            return jp::yucho_number(number.as_slice()).then(|| {
                let key = format!("{}-{}", symbol.text(), number.text());
                self.push(
                    Kind::YuchoAccount,
                    run.starts[i]..run.ends[i + 1],
                    key,
                    true,
                    confidence,
                );
                2
            });
        }
        let rest = chars::ahead(self.text, run.ends[i], 40);
        let head = rest
            .find(|c: char| c.is_ascii_digit())
            .filter(|h| *h <= 24 && confidence > 50)?;
        let number =
            &rest[head..head + rest[head..].bytes().take_while(u8::is_ascii_digit).count()];
        let valid = rest[..head].contains("番号") && jp::yucho_number(&identifiers::digits(number));
        valid.then(|| {
            let end = run.ends[i] + head + number.len();
            let key = format!("{}-{number}", symbol.text());
            self.push(
                Kind::YuchoAccount,
                run.starts[i]..end,
                key,
                true,
                confidence,
            );
            run.groups_before(i, end)
        })
    }

    /// A telephone number that begins at group `i`.
    fn phone(&mut self, run: &Run, i: usize, context: Option<Word>) -> Option<usize> {
        let bytes = self.text.as_bytes();
        let start = run.starts[i];
        let plus = start > 0 && bytes[start - 1] == b'+';
        let (taken, key) = if plus {
            (1..=(run.count - i).min(6)).rev().find_map(|n| {
                let joins = run.gaps[i..i + n - 1]
                    .iter()
                    .all(|g| !matches!(g, Gap::Slash | Gap::Line));
                let digits = run.digits(bytes, i..i + n).filter(|_| joins)?;
                phones::international(&digits.text()).map(|key| (n, key))
            })?
        } else if bytes[start] == b'0' {
            self.japanese(run, i, context)?
        } else {
            let called = context == Some(Word::Label(Kind::Phone))
                || (start > 0 && bytes[start - 1] == b'(');
            let (end, digits) = self
                .joined(run, i, 10)
                .filter(|(end, _)| called && end - i == 2)?;
            (end + 1 - i, phones::north_american(&digits.text())?)
        };
        let last = i + taken - 1;
        let after = self.text.get(run.ends[last]..).unwrap_or("").trim_start();
        let switchboard = ["(代)", "(代表", "（代", "代表"]
            .iter()
            .any(|s| after.starts_with(s));
        let business = matches!(context, Some(Word::Enquiry | Word::Negative)) || switchboard;
        if !business {
            let opened = start > 0 && bytes[start - 1] == b'(' && run.gaps[i] == Gap::Paren;
            self.push(
                Kind::Phone,
                start - usize::from(plus || opened)..run.ends[last],
                key,
                true,
                90,
            );
        }
        Some(taken)
    }

    fn japanese(&self, run: &Run, i: usize, context: Option<Word>) -> Option<(usize, String)> {
        let bytes = self.text.as_bytes();
        for n in (1..=3usize).rev().filter(|n| i + n <= run.count) {
            let inner = &run.gaps[i..i + n - 1];
            if inner.iter().any(|g| matches!(g, Gap::Slash))
                || (n == 3 && inner.iter().all(|g| *g == Gap::Line))
            {
                continue;
            }
            let glued = i + n < run.count && run.gaps[i + n - 1] == Gap::Dash;
            let Some(digits) = run.digits(bytes, i..i + n).filter(|_| !glued) else {
                continue;
            };
            let text = digits.text();
            let mut lengths = [0; 3];
            for (slot, group) in lengths.iter_mut().zip(i..i + n) {
                *slot = run.length(group);
            }
            let grouped =
                n > 1 && phones::is_grouped_japanese(&lengths[..n], &text) && inner[0] != Gap::Line;
            // An unbroken fixed-line number needs a label; a mobile number is known by its head.
            let whole = n == 1 && (text.len() == 11 || context == Some(Word::Label(Kind::Phone)));
            if (grouped || whole)
                && let Some(key) = phones::japanese(&text)
            {
                return Some((n, key));
            }
        }
        None
    }
}

/// Whether digits are valid as a kind: `Some(true)` proven, `Some(false)` well formed without a
/// check, none where they are not.
pub(super) fn is_valid(kind: Kind, d: &[u8]) -> Option<bool> {
    let proven = match kind {
        Kind::MyNumber => jp::my_number(d),
        Kind::DrivingLicence => jp::driving_licence(d),
        Kind::ResidentCode => jp::resident_code(d),
        Kind::InsurerNumber => jp::insurer(d),
        Kind::InAadhaar => india::aadhaar(d),
        Kind::DeIdnr => de::idnr(d),
        Kind::BrCpf => br::cpf(d),
        Kind::UkNhs => gb::nhs(d),
        Kind::UsSsn => us::ssn(d),
        Kind::AuTfn => au::tfn(d),
        Kind::AuMedicare => au::medicare(d),
        Kind::CaSin => ca::sin(d),
        Kind::Card => card::card(d),
        Kind::CnId => cn::id(&d.iter().map(|v| b'0' + v).collect::<Vec<u8>>()),
        Kind::FrNir => fr::nir(&d.iter().map(|v| b'0' + v).collect::<Vec<u8>>()),
        Kind::KrRrn => return kr::form(d).then(|| kr::rrn(d)),
        Kind::PensionNumber => {
            return (d.len() == 10 && !identifiers::is_placeholder(d)).then_some(false);
        }
        Kind::EmploymentInsurance => {
            return (d.len() == 11 && !identifiers::is_placeholder(d)).then_some(false);
        }
        Kind::BankAccount => {
            return (d.len() == 7 && !identifiers::is_placeholder(d)).then_some(false);
        }
        _ => false,
    };
    proven.then_some(true)
}
