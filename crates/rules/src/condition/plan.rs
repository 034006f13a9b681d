//! A condition, compiled for the typed facts: comparing, and, or, not, arithmetic, `size`, `in`, and
//! the tests of texts. It gives what CEL gives, without making CEL's values; a condition with anything
//! else in it has no plan, and the interpreter runs it.

use std::cmp::Ordering;

use regex::Regex;

use facts::{Fact, Facts, Value};

/// Why a condition gave neither true nor false.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failed {
    /// A number left the range of 64 bits.
    Overflow,
    DivisionByZero,
    /// A fact was not of the type that the table says.
    Type,
}

/// True or false.
#[derive(Debug)]
pub(super) enum Test {
    Const(bool),
    Fact(&'static Fact),
    Not(Box<Test>),
    And(Box<Test>, Box<Test>),
    Or(Box<Test>, Box<Test>),
    Choice(Box<Test>, Box<Test>, Box<Test>),
    Numbers(Comparison, Number, Number),
    Texts(Comparison, Text, Text),
    /// `==` of two tests; with false, `!=`.
    Same(bool, Box<Test>, Box<Test>),
    TextIn(Text, List),
    NumberIn(Number, Vec<i64>),
    Contains(Text, Text),
    StartsWith(Text, Text),
    EndsWith(Text, Text),
    Matches(Text, Regex),
    /// `exists`; with true, `all`.
    Loop {
        all: bool,
        list: List,
        body: Box<Test>,
    },
}

#[derive(Debug)]
pub(super) enum Number {
    Const(i64),
    Fact(&'static Fact),
    Negate(Box<Number>),
    Arithmetic(Arithmetic, Box<Number>, Box<Number>),
    Length(List),
    Characters(Text),
    Choice(Box<Test>, Box<Number>, Box<Number>),
}

#[derive(Debug)]
pub(super) enum Text {
    Const(String),
    Fact(&'static Fact),
    /// A loop's variable; 0 is the innermost loop's.
    Variable(usize),
    Choice(Box<Test>, Box<Text>, Box<Text>),
}

#[derive(Debug)]
pub(super) enum List {
    Const(Vec<String>),
    Fact(&'static Fact),
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
}

impl Comparison {
    fn holds(self, found: Ordering) -> bool {
        match self {
            Comparison::Equal => found.is_eq(),
            Comparison::NotEqual => found.is_ne(),
            Comparison::Less => found.is_lt(),
            Comparison::LessEqual => found.is_le(),
            Comparison::Greater => found.is_gt(),
            Comparison::GreaterEqual => found.is_ge(),
        }
    }
}

/// The facts, and the variables of the loops around.
#[derive(Clone, Copy)]
pub(super) struct Scope<'a> {
    facts: &'a Facts,
    variable: Option<(&'a str, &'a Scope<'a>)>,
}

impl<'a> Scope<'a> {
    pub fn of(facts: &'a Facts) -> Self {
        Scope { facts, variable: None }
    }

    fn variable(&self, depth: usize) -> Option<&'a str> {
        let (value, outer) = self.variable?;
        match depth {
            0 => Some(value),
            _ => outer.variable(depth - 1),
        }
    }
}

impl Test {
    /// True, false, or why neither. As CEL has it, `&&` and `||` are decided by whichever side can
    /// decide them, even when the other failed.
    pub fn run(&self, scope: &Scope<'_>) -> Result<bool, Failed> {
        match self {
            Test::Const(value) => Ok(*value),
            Test::Fact(fact) => match fact.of(scope.facts) {
                Value::Bool(value) => Ok(value),
                _ => Err(Failed::Type),
            },
            Test::Not(a) => Ok(!a.run(scope)?),
            Test::And(a, b) => decided(a.run(scope), b, scope, false),
            Test::Or(a, b) => decided(a.run(scope), b, scope, true),
            Test::Choice(a, b, c) => {
                if a.run(scope)? {
                    b.run(scope)
                } else {
                    c.run(scope)
                }
            }
            Test::Numbers(how, a, b) => Ok(how.holds(a.run(scope)?.cmp(&b.run(scope)?))),
            Test::Texts(how, a, b) => Ok(how.holds(a.run(scope)?.cmp(b.run(scope)?))),
            Test::Same(same, a, b) => Ok((a.run(scope)? == b.run(scope)?) == *same),
            Test::TextIn(a, list) => {
                let wanted = a.run(scope)?;
                Ok(list.run(scope)?.iter().any(|x| x == wanted))
            }
            Test::NumberIn(a, list) => Ok(list.contains(&a.run(scope)?)),
            Test::Contains(a, b) => Ok(a.run(scope)?.contains(b.run(scope)?)),
            Test::StartsWith(a, b) => Ok(a.run(scope)?.starts_with(b.run(scope)?)),
            Test::EndsWith(a, b) => Ok(a.run(scope)?.ends_with(b.run(scope)?)),
            Test::Matches(a, pattern) => Ok(pattern.is_match(a.run(scope)?)),
            Test::Loop { all, list, body } => run_loop(*all, list.run(scope)?, body, scope),
        }
    }
}

/// `left && right` where `decisive` is false, `left || right` where it is true.
fn decided(
    left: Result<bool, Failed>,
    right: &Test,
    scope: &Scope<'_>,
    decisive: bool,
) -> Result<bool, Failed> {
    if left == Ok(decisive) {
        return left;
    }
    match right.run(scope)? {
        found if found == decisive => Ok(decisive),
        _ => left,
    }
}

/// `exists` ends at the first true and `all` at the first false; short of these, one element that
/// failed fails the whole.
fn run_loop(all: bool, list: &[String], body: &Test, scope: &Scope<'_>) -> Result<bool, Failed> {
    let mut found = Ok(all);
    for element in list {
        let inner = Scope { facts: scope.facts, variable: Some((element, scope)) };
        match body.run(&inner) {
            Ok(value) if value != all => return Ok(value),
            Ok(_) => {}
            Err(failed) => found = Err(failed),
        }
    }
    found
}

impl Number {
    fn run(&self, scope: &Scope<'_>) -> Result<i64, Failed> {
        match self {
            Number::Const(value) => Ok(*value),
            Number::Fact(fact) => match fact.of(scope.facts) {
                Value::Int(value) => Ok(value),
                _ => Err(Failed::Type),
            },
            Number::Negate(a) => a.run(scope)?.checked_neg().ok_or(Failed::Overflow),
            Number::Arithmetic(how, a, b) => how.run(a.run(scope)?, b.run(scope)?),
            Number::Length(list) => Ok(list.run(scope)?.len() as i64),
            Number::Characters(text) => Ok(text.run(scope)?.chars().count() as i64),
            Number::Choice(a, b, c) => {
                if a.run(scope)? {
                    b.run(scope)
                } else {
                    c.run(scope)
                }
            }
        }
    }
}

impl Arithmetic {
    fn run(self, a: i64, b: i64) -> Result<i64, Failed> {
        let found = match self {
            Arithmetic::Add => a.checked_add(b),
            Arithmetic::Subtract => a.checked_sub(b),
            Arithmetic::Multiply => a.checked_mul(b),
            Arithmetic::Divide | Arithmetic::Modulo if b == 0 => {
                return Err(Failed::DivisionByZero);
            }
            Arithmetic::Divide => a.checked_div(b),
            Arithmetic::Modulo => a.checked_rem(b),
        };
        found.ok_or(Failed::Overflow)
    }
}

impl Text {
    fn run<'a>(&'a self, scope: &Scope<'a>) -> Result<&'a str, Failed> {
        match self {
            Text::Const(value) => Ok(value),
            Text::Fact(fact) => match fact.of(scope.facts) {
                Value::String(value) => Ok(value),
                _ => Err(Failed::Type),
            },
            Text::Variable(depth) => scope.variable(*depth).ok_or(Failed::Type),
            Text::Choice(a, b, c) => {
                if a.run(scope)? {
                    b.run(scope)
                } else {
                    c.run(scope)
                }
            }
        }
    }
}

impl List {
    fn run<'a>(&'a self, scope: &Scope<'a>) -> Result<&'a [String], Failed> {
        match self {
            List::Const(values) => Ok(values),
            List::Fact(fact) => match fact.of(scope.facts) {
                Value::List(values) => Ok(values),
                _ => Err(Failed::Type),
            },
        }
    }
}

impl std::fmt::Display for Failed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Failed::Overflow => "a number is too large",
            Failed::DivisionByZero => "a division by zero",
            Failed::Type => "a fact is not of its type",
        })
    }
}
