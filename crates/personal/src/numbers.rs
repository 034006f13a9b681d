//! Numbers: a run of digit groups and what separates them, and the readings that fit. A label before
//! the number decides first; then come the forms that prove themselves; then telephone numbers.

use super::chars;
use super::dates;
use super::digit_runs::{Gap, Run};
use super::identifiers::{self, br, card, cn, fr, gb, jp, kr};
use super::kinds::Kind;
use super::month_dates;
use super::scan::Reader;
use super::words::Word;

impl Reader<'_> {
    /// Reads the run of digit groups at `at`; returns where to go on.
    pub fn numbers(&mut self, at: usize) -> usize {
        let bytes = self.text.as_bytes();
        let digits = bytes[at..].iter().take_while(|b| b.is_ascii_digit()).count();
        if bytes.get(at + digits).is_some_and(u8::is_ascii_alphabetic) {
            // The ninth of a month: 9th of March 1970.
            let ordinal =
                ["st", "nd", "rd", "th", "er"].iter().any(|o| self.text[at + digits..].starts_with(o));
            if let Some((start, date)) = ordinal.then(|| month_dates::parse(self.text, at)).flatten() {
                self.date(start, date);
                return date.end;
            }
            // A letter is no separator: the run is this one group, within a word.
            return self.letters(at, at + digits).max(at + digits);
        }
        let run = Run::read(bytes, at);
        let (mut i, mut reached) = (0, run.end());
        while i < run.count {
            let (start, end) = (run.starts[i], run.ends[i]);
            let left = start.checked_sub(1).map(|b| bytes[b]).is_some_and(|b| b.is_ascii_alphabetic());
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
        let context = self.context(start).map(|w| w.word);
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
            matches!(k.info().group, super::kinds::Group::Register | super::kinds::Group::Government)
        });
        if context != Some(Word::Negative)
            && !otherwise
            && let Some(taken) = self.evident(run, i)
        {
            return taken;
        }
        self.phone(run, i, context).or_else(|| self.yucho(run, i)).unwrap_or(1)
    }

    /// A date, which is consumed whether it is a birth date or not.
    fn dated(&mut self, run: &Run, i: usize) -> Option<usize> {
        let start = run.starts[i];
        let length = run.length(i);
        if matches!(length, 1 | 2 | 4)
            && let Some((at, date)) = month_dates::parse(self.text, start)
        {
            self.date(at, date);
            return Some(run.groups_before(i, date.end));
        }
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
        if single.count == 8
            && let Some(day) = dates::compact(&single.text())
        {
            // 19700309生, or beside a name; the date of something else waits for nobody.
            self.date(run.starts[i], dates::Date { day, end: run.ends[i] });
            return Some(1);
        }
        if matches!(single.count, 15 | 18) {
            let (key, range) = (single.text(), run.starts[i]..run.ends[i]);
            if single.count == 18 && cn::id(key.as_bytes()) {
                self.push(Kind::CnId, range, key, true, 85);
                return Some(1);
            }
            if single.count == 15 && fr::nir(key.as_bytes()) {
                self.push(Kind::FrNir, range, key, true, 70);
                return Some(1);
            }
        }
        self.shaped(run, i)
    }

    fn card(&mut self, run: &Run, from: usize, to: usize) -> bool {
        let Some(digits) = run.digits(self.text.as_bytes(), from..to) else {
            return false;
        };
        let valid = card::card(digits.as_slice());
        if valid {
            self.push(Kind::Card, run.starts[from]..run.ends[to - 1], digits.text(), true, 90);
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
                self.push(Kind::KrRrn, run.starts[i]..run.ends[i + 1], digits.text(), true, 80);
                return Some(2);
            }
        }
        if run.has_shape(i, &[2, 2, 2]) && run.gaps[i] == Gap::Space {
            return self.spaced_nino(run, i);
        }
        let cpf = i + 3 < run.count
            && [3, 3, 3, 2].iter().enumerate().all(|(n, l)| run.length(i + n) == *l)
            && run.gaps[i..i + 3] == [Gap::Dot, Gap::Dot, Gap::Dash];
        if cpf {
            let digits = all(i + 4)?;
            if br::cpf(digits.as_slice()) {
                self.push(Kind::BrCpf, run.starts[i]..run.ends[i + 3], digits.text(), true, 85);
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
            self.push(Kind::MyNumber, run.starts[i]..run.ends[i + groups - 1], digits.text(), true, 40);
            groups
        })
    }

    /// A British insurance number in its official writing: AB 12 34 56 C.
    fn spaced_nino(&mut self, run: &Run, i: usize) -> Option<usize> {
        let (start, end) = (run.starts[i], run.ends[i + 2]);
        let head = self.text.get(start.checked_sub(3)?..start)?;
        let tail = self.text.get(end..end + 2)?;
        let word: String = [head, &self.text[start..end], tail].concat().split(' ').collect();
        let bounded = !self.text.as_bytes().get(end + 2).is_some_and(u8::is_ascii_alphanumeric);
        let spaced = head.ends_with(' ') && tail.starts_with(' ') && bounded;
        (spaced && gb::nino(word.as_bytes())).then(|| {
            self.push(Kind::UkNino, start - 3..end + 2, word, false, 90);
            3
        })
    }

    /// The Post Bank's symbol and number: 14030-12345671, or 記号 14030 番号 12345671.
    pub fn yucho(&mut self, run: &Run, i: usize) -> Option<usize> {
        let symbol = run.digits(self.text.as_bytes(), i..i + 1)?;
        if !jp::yucho_symbol(symbol.as_slice()) {
            return None;
        }
        let label = self.context(run.starts[i]).map(|w| w.word);
        let confidence = match label {
            Some(Word::Label(Kind::YuchoAccount | Kind::BankAccount)) => 90,
            Some(_) => return None,
            None => 40,
        };
        if i + 1 < run.count && run.gaps[i] == Gap::Dash {
            let number = run.digits(self.text.as_bytes(), i + 1..i + 2)?;
            return jp::yucho_number(number.as_slice()).then(|| {
                let key = format!("{}-{}", symbol.text(), number.text());
                self.push(Kind::YuchoAccount, run.starts[i]..run.ends[i + 1], key, true, confidence);
                2
            });
        }
        let rest = chars::ahead(self.text, run.ends[i], 40);
        let head = rest.find(|c: char| c.is_ascii_digit()).filter(|h| *h <= 24 && confidence > 50)?;
        let number = &rest[head..head + rest[head..].bytes().take_while(u8::is_ascii_digit).count()];
        let valid = rest[..head].contains("番号") && jp::yucho_number(&identifiers::digits(number));
        valid.then(|| {
            let end = run.ends[i] + head + number.len();
            let key = format!("{}-{number}", symbol.text());
            self.push(Kind::YuchoAccount, run.starts[i]..end, key, true, confidence);
            run.groups_before(i, end)
        })
    }
}
