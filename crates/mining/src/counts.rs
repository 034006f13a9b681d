//! Numbers of people and records as Japanese posts write them: 105件, 1,144 件, 約900万件, 3136名,
//! 最大 4,061 件. The text is in NFKC already.

/// The most numbers that are kept of one post.
const MOST: usize = 200;

/// A number with its unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Count {
    pub value: u64,
    pub unit: Unit,
    /// As it is written, without spaces.
    pub text: String,
}

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// 名, 人
    People,
    /// 件
    Records,
    /// 通
    Mails,
    /// 世帯
    Households,
    /// 社
    Companies,
}

const UNITS: &[(&str, Unit)] = &[
    ("名", Unit::People),
    ("人", Unit::People),
    ("件", Unit::Records),
    ("通", Unit::Mails),
    ("世帯", Unit::Households),
    ("社", Unit::Companies),
];

/// Every number with a unit, each once, in order.
pub(super) fn find(text: &str) -> Vec<Count> {
    let chars: Vec<char> = text.chars().collect();
    let mut counts: Vec<Count> = Vec::new();
    let mut at = 0;
    while at < chars.len() && counts.len() < MOST {
        if !chars.get(at).is_some_and(char::is_ascii_digit) {
            at += 1;
            continue;
        }
        let (value, end) = number(&chars, at);
        let found = value.and_then(|value| Some((value, unit(&chars, blank(&chars, end))?)));
        if let Some((value, (unit, stop))) = found {
            let start = prefix(&chars, at);
            let written = chars.get(start..stop).unwrap_or_default();
            let count = Count { value, unit, text: written.iter().filter(|c| !c.is_whitespace()).collect() };
            if !counts.contains(&count) {
                counts.push(count);
            }
        }
        at = end;
    }
    counts
}

/// A number with its commas, its decimals before 万, and its 万 or 億; none where it is no such number
/// (too large, or decimals that do not come out whole). And where it ends.
fn number(chars: &[char], at: usize) -> (Option<u64>, usize) {
    let mut end = at;
    let mut whole: Option<u64> = Some(0);
    let mut decimals: Option<(u64, u64)> = None; // the digits behind the point, and their power of ten
    loop {
        let next_is_digit = chars.get(end + 1).is_some_and(char::is_ascii_digit);
        match chars.get(end) {
            Some(c) if c.is_ascii_digit() => {
                let digit = u64::from(c.to_digit(10).unwrap_or(0));
                match &mut decimals {
                    Some((value, power)) => {
                        *value = value.saturating_mul(10).saturating_add(digit);
                        *power = power.saturating_mul(10);
                    }
                    None => whole = whole.and_then(|w| w.checked_mul(10)?.checked_add(digit)),
                }
            }
            Some(',') if next_is_digit && decimals.is_none() => {}
            Some('.') if next_is_digit && decimals.is_none() => decimals = Some((0, 1)),
            _ => break,
        }
        end += 1;
    }
    let large = blank(chars, end);
    let factor = match chars.get(large) {
        Some('万') => 10_000,
        Some('億') => 100_000_000,
        _ => 1,
    };
    if factor > 1 {
        end = large + 1;
    }
    let mut value = whole.and_then(|w| w.checked_mul(factor));
    if let Some((digits, power)) = decimals {
        let part = digits.checked_mul(factor).filter(|p| p % power == 0);
        value = value.zip(part).and_then(|(v, p)| v.checked_add(p / power));
    }
    (value, end)
}

/// The unit at a place, and where it ends.
fn unit(chars: &[char], at: usize) -> Option<(Unit, usize)> {
    let (word, unit) = UNITS.iter().find(|(word, _)| {
        let letters = word.chars().enumerate();
        letters.into_iter().all(|(i, c)| chars.get(at + i) == Some(&c))
    })?;
    let end = at + word.chars().count();
    // 件名 and 人事 are words of their own, and 名称, 社員, 通知 are too.
    let behind = chars.get(blank(chars, end));
    let other_word = matches!(
        (*word, behind),
        ("件", Some('名'))
            | ("名", Some('称' | '前'))
            | ("人", Some('事'))
            | ("社", Some('員'))
            | ("通", Some('知' | '常'))
    );
    (!other_word).then_some((*unit, end))
}

/// Back over 約, 最大, 延べ and 計 before a number.
fn prefix(chars: &[char], at: usize) -> usize {
    let mut start = at;
    while start > 0 && chars.get(start - 1).is_some_and(|c| *c == ' ') {
        start -= 1;
    }
    for word in ["約", "最大", "延べ", "計", "のべ"] {
        let begin = start.checked_sub(word.chars().count());
        let fits = |b: &usize| chars.get(*b..start).is_some_and(|c| c.iter().copied().eq(word.chars()));
        if let Some(begin) = begin.filter(fits) {
            return begin;
        }
    }
    at
}

/// Past spaces and at most one line's end: posts break lines within sentences.
fn blank(chars: &[char], mut at: usize) -> usize {
    let mut broken = false;
    while let Some(c) = chars.get(at) {
        match c {
            ' ' | '\t' => {}
            '\n' if !broken => broken = true,
            _ => break,
        }
        at += 1;
    }
    at
}
