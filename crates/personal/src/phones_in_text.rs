//! Telephone numbers in running text: how the groups are put together, and what stands around them.

use super::chars;
use super::digit_runs::{Gap, Run};
use super::kinds::Kind;
use super::phones;
use super::scan::{Reader, line_of};
use super::words::Word;

impl Reader<'_> {
    /// A telephone number that begins at group `i`.
    pub fn phone(&mut self, run: &Run, i: usize, context: Option<Word>) -> Option<usize> {
        let bytes = self.text.as_bytes();
        let start = run.starts[i];
        let plus = start > 0 && bytes[start - 1] == b'+';
        let (taken, key) = if plus {
            (1..=(run.count - i).min(6)).rev().find_map(|n| {
                let joins = run.gaps[i..i + n - 1].iter().all(|g| !matches!(g, Gap::Slash | Gap::Line));
                let digits = run.digits(bytes, i..i + n).filter(|_| joins)?;
                phones::international(&digits.text()).map(|key| (n, key))
            })?
        } else if bytes[start] == b'0' {
            self.japanese(run, i, context).or_else(|| self.foreign(run, i, context))?
        } else if let Some(found) = self.foreign(run, i, context) {
            found
        } else {
            let called = context == Some(Word::Label(Kind::Phone)) || (start > 0 && bytes[start - 1] == b'(');
            let (end, digits) = self.joined(run, i, 10).filter(|(end, _)| called && end - i == 2)?;
            (end + 1 - i, phones::north_american(&digits.text())?)
        };
        let last = i + taken - 1;
        let after = self.text.get(run.ends[last]..).unwrap_or("").trim_start();
        let switchboard = ["(代)", "(代表", "（代", "代表"].iter().any(|s| after.starts_with(s));
        let business = matches!(context, Some(Word::Enquiry | Word::Negative)) || switchboard;
        if !business {
            let opened = start > 0 && bytes[start - 1] == b'(' && run.gaps[i] == Gap::Paren;
            self.push(Kind::Phone, start - usize::from(plus || opened)..run.ends[last], key, true, 90);
        }
        Some(taken)
    }

    /// A number in the writing of another country: right behind the label of a telephone, alone on what is left of
    /// its line or before a sign.
    fn foreign(&self, run: &Run, i: usize, context: Option<Word>) -> Option<(usize, String)> {
        if context != Some(Word::Label(Kind::Phone)) || !self.is_tight(run.starts[i]) {
            return None;
        }
        let joins = |g: &&Gap| !matches!(g, Gap::Line);
        let taken = 1 + run.gaps[i..run.count - 1].iter().take(5).take_while(joins).count();
        let digits = run.digits(self.text.as_bytes(), i..i + taken)?;
        // 192.0.2.16 is an address of a host, 1102.8480 an amount.
        let dots = run.gaps[i..i + taken - 1].contains(&Gap::Dot);
        if dots && (taken < 3 || taken == 4) {
            return None;
        }
        let japanese = digits.values[0] == 0 && matches!(digits.count, 10 | 11) && taken <= 3;
        let north_american = digits.count == 10 && phones::north_american(&digits.text()).is_some();
        let glued =
            chars::at(self.text, run.ends[i + taken - 1]).is_some_and(|c| c.is_alphanumeric() || c == '%');
        if glued || digits.values[0] == 0 && digits.values[1] == 0 {
            return None;
        }
        let key = if north_american {
            phones::north_american(&digits.text())
        } else {
            phones::national(&digits.text())
        };
        let shaped = taken > 1 || digits.count >= 9 || !self.is_japanese_text(run.starts[i]);
        key.filter(|_| shaped && !(japanese && self.is_japanese_text(run.starts[i]))).map(|key| (taken, key))
    }

    /// Whether Japanese stands on the line: its numbers are those of the Japanese plan.
    fn is_japanese_text(&self, at: usize) -> bool {
        let (line, _) = line_of(self.text, at);
        line.chars().any(|c| chars::is_han(c) || chars::is_kana(c))
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
            // No number of the plan is shorter or longer; most groups are told by that.
            if !matches!(digits.count, 10 | 11) {
                continue;
            }
            let text = digits.text();
            let mut lengths = [0; 3];
            for (slot, group) in lengths.iter_mut().zip(i..i + n) {
                *slot = run.length(group);
            }
            let grouped = n > 1 && phones::is_grouped_japanese(&lengths[..n], &text) && inner[0] != Gap::Line;
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
