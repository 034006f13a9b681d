//! Whether a condition can only ever come out one way, whatever the message: a count is never below
//! zero, and so on. Such a rule tests nothing, and does not load.

use super::plan::{Arithmetic, Comparison, List, Number, Test};
use facts::Kind;

/// True or false, if the condition is that for every message; none if it depends, as far as this
/// analysis sees.
pub(super) fn always(test: &Test) -> Option<bool> {
    match test {
        Test::Const(value) => Some(*value),
        Test::Not(a) => always(a).map(|value| !value),
        Test::And(a, b) => connected(always(a), always(b), false),
        Test::Or(a, b) => connected(always(a), always(b), true),
        Test::Choice(condition, yes, no) => match always(condition) {
            Some(true) => always(yes),
            Some(false) => always(no),
            None => always(yes).filter(|value| always(no) == Some(*value)),
        },
        Test::Numbers(how, a, b) => compared(*how, range(a), range(b)),
        Test::Same(same, a, b) => Some((always(a)? == always(b)?) == *same),
        Test::TextIn(_, List::Const(list)) if list.is_empty() => Some(false),
        Test::NumberIn(a, list) => {
            let (low, high) = range(a);
            let possible = list.iter().any(|n| low <= i128::from(*n) && i128::from(*n) <= high);
            (!possible).then_some(false)
        }
        // Of no elements, `all` is true and `exists` is not.
        Test::Loop { all, body, .. } => always(body).filter(|value| value == all),
        Test::Fact(_)
        | Test::Texts(..)
        | Test::TextIn(..)
        | Test::Contains(..)
        | Test::StartsWith(..)
        | Test::EndsWith(..)
        | Test::Matches(..) => None,
    }
}

fn connected(a: Option<bool>, b: Option<bool>, decisive: bool) -> Option<bool> {
    if a == Some(decisive) || b == Some(decisive) {
        return Some(decisive);
    }
    a.and(b)
}

/// The least and the greatest that a number can be.
type Range = (i128, i128);

const ANY: Range = (i64::MIN as i128, i64::MAX as i128);

fn range(number: &Number) -> Range {
    match number {
        Number::Const(value) => (i128::from(*value), i128::from(*value)),
        Number::Fact(fact) => match fact.kind {
            Kind::Int { min } => (i128::from(min), ANY.1),
            _ => ANY,
        },
        Number::Length(List::Const(list)) => (list.len() as i128, list.len() as i128),
        Number::Length(_) | Number::Characters(_) => (0, ANY.1),
        Number::Negate(a) => {
            let (low, high) = range(a);
            (-high, -low)
        }
        Number::Arithmetic(Arithmetic::Add, a, b) => {
            let (a, b) = (range(a), range(b));
            capped(a.0 + b.0, a.1 + b.1)
        }
        Number::Arithmetic(Arithmetic::Subtract, a, b) => {
            let (a, b) = (range(a), range(b));
            capped(a.0 - b.1, a.1 - b.0)
        }
        Number::Arithmetic(..) => ANY,
        Number::Choice(_, yes, no) => {
            let (yes, no) = (range(yes), range(no));
            (yes.0.min(no.0), yes.1.max(no.1))
        }
    }
}

/// What lies beyond 64 bits fails when it runs; it is no value.
fn capped(low: i128, high: i128) -> Range {
    (low.clamp(ANY.0, ANY.1), high.clamp(ANY.0, ANY.1))
}

fn compared(how: Comparison, a: Range, b: Range) -> Option<bool> {
    let below = a.1 < b.0;
    let above = a.0 > b.1;
    let same = a.0 == a.1 && a == b;
    let (yes, no) = match how {
        Comparison::Equal => (same, below || above),
        Comparison::NotEqual => (below || above, same),
        Comparison::Less => (below, a.0 >= b.1),
        Comparison::LessEqual => (a.1 <= b.0, above),
        Comparison::Greater => (above, a.1 <= b.0),
        Comparison::GreaterEqual => (a.0 >= b.1, below),
    };
    match (yes, no) {
        (true, _) => Some(true),
        (_, true) => Some(false),
        _ => None,
    }
}
