//! Telephone numbers in running text: how the groups are put together, and what stands around them.

use super::digit_runs::{Gap, Run};
use super::kinds::Kind;
use super::phones;
use super::scan::Reader;
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
            self.japanese(run, i, context)?
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
