//! A condition, compiled for the typed facts: comparing, and, or, not, arithmetic, `size`, `in`, and
//! the tests of texts. It gives what CEL gives, without making CEL's values; a condition with anything
//! else in it has no plan, and the interpreter runs it.

use std::cmp::Ordering;
use std::collections::HashMap;

use cel::IdedExpr;
use cel::common::ast::{CallExpr, ComprehensionExpr, Expr, LiteralValue, operators as op};
use regex::Regex;

use super::types::Type;
use crate::facts::{self, Fact, Facts, Value};

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

/// Compiles a checked condition; none if it needs the interpreter.
pub(super) fn compile(root: &IdedExpr, types: &HashMap<u64, Type>) -> Option<Test> {
    Compiler {
        types,
        variables: Vec::new(),
    }
    .test(root)
}

struct Compiler<'a> {
    types: &'a HashMap<u64, Type>,
    variables: Vec<&'a str>,
}

impl<'a> Compiler<'a> {
    fn test(&mut self, e: &'a IdedExpr) -> Option<Test> {
        match &e.expr {
            Expr::Literal(LiteralValue::Boolean(b)) => Some(Test::Const(*b.inner())),
            Expr::Select(_) => fact(e).map(Test::Fact),
            Expr::Call(call) => self.test_call(call),
            Expr::Comprehension(inner) => self.any_or_all(inner),
            _ => None,
        }
    }

    fn test_call(&mut self, call: &'a CallExpr) -> Option<Test> {
        let args: Vec<&IdedExpr> = call
            .target
            .as_deref()
            .into_iter()
            .chain(&call.args)
            .collect();
        match (call.func_name.as_str(), args.as_slice()) {
            (op::LOGICAL_NOT, [a]) => Some(Test::Not(self.boxed(a)?)),
            (op::LOGICAL_AND, [a, b]) => Some(Test::And(self.boxed(a)?, self.boxed(b)?)),
            (op::LOGICAL_OR, [a, b]) => Some(Test::Or(self.boxed(a)?, self.boxed(b)?)),
            (op::CONDITIONAL, [a, b, c]) => {
                Some(Test::Choice(self.boxed(a)?, self.boxed(b)?, self.boxed(c)?))
            }
            (op::IN, [a, b]) => self.within(a, b),
            ("contains", [a, b]) => Some(Test::Contains(self.text(a)?, self.text(b)?)),
            ("startsWith", [a, b]) => Some(Test::StartsWith(self.text(a)?, self.text(b)?)),
            ("endsWith", [a, b]) => Some(Test::EndsWith(self.text(a)?, self.text(b)?)),
            ("matches", [a, b]) => {
                let Text::Const(pattern) = self.text(b)? else {
                    return None;
                };
                Some(Test::Matches(self.text(a)?, Regex::new(&pattern).ok()?))
            }
            (name, [a, b]) => self.compared(comparison(name)?, a, b),
            _ => None,
        }
    }

    fn compared(&mut self, how: Comparison, a: &'a IdedExpr, b: &'a IdedExpr) -> Option<Test> {
        match self.types.get(&a.id)? {
            Type::Int => Some(Test::Numbers(how, self.number(a)?, self.number(b)?)),
            Type::String => Some(Test::Texts(how, self.text(a)?, self.text(b)?)),
            Type::Bool => match how {
                Comparison::Equal => Some(Test::Same(true, self.boxed(a)?, self.boxed(b)?)),
                Comparison::NotEqual => Some(Test::Same(false, self.boxed(a)?, self.boxed(b)?)),
                _ => None,
            },
            _ => None,
        }
    }

    fn within(&mut self, element: &'a IdedExpr, list: &'a IdedExpr) -> Option<Test> {
        match self.types.get(&element.id)? {
            Type::String => Some(Test::TextIn(self.text(element)?, self.list(list)?)),
            Type::Int => {
                let Expr::List(list) = &list.expr else {
                    return None;
                };
                let numbers = list.elements.iter().map(|x| match &x.expr {
                    Expr::Literal(LiteralValue::Int(n)) => Some(*n.inner()),
                    _ => None,
                });
                Some(Test::NumberIn(
                    self.number(element)?,
                    numbers.collect::<Option<_>>()?,
                ))
            }
            _ => None,
        }
    }

    /// `exists` and `all`: a loop that starts with false or true, and adds by or or and.
    fn any_or_all(&mut self, inner: &'a ComprehensionExpr) -> Option<Test> {
        let Expr::Literal(LiteralValue::Boolean(start)) = &inner.accu_init.expr else {
            return None;
        };
        let Expr::Call(step) = &inner.loop_step.expr else {
            return None;
        };
        let all = match (step.func_name.as_str(), *start.inner()) {
            (op::LOGICAL_OR, false) => false,
            (op::LOGICAL_AND, true) => true,
            _ => return None,
        };
        let is_accu =
            |e: &IdedExpr| matches!(&e.expr, Expr::Ident(name) if *name == inner.accu_var);
        let [accu, body] = step.args.as_slice() else {
            return None;
        };
        if !is_accu(accu) || !is_accu(&inner.result) {
            return None;
        }
        let list = self.list(&inner.iter_range)?;
        self.variables.push(&inner.iter_var);
        let body = self.boxed(body);
        self.variables.pop();
        Some(Test::Loop {
            all,
            list,
            body: body?,
        })
    }

    fn boxed(&mut self, e: &'a IdedExpr) -> Option<Box<Test>> {
        self.test(e).map(Box::new)
    }

    fn number(&mut self, e: &'a IdedExpr) -> Option<Number> {
        let call = match &e.expr {
            Expr::Literal(LiteralValue::Int(n)) => return Some(Number::Const(*n.inner())),
            Expr::Select(_) => return fact(e).map(Number::Fact),
            Expr::Call(call) => call,
            _ => return None,
        };
        let args: Vec<&IdedExpr> = call
            .target
            .as_deref()
            .into_iter()
            .chain(&call.args)
            .collect();
        match (call.func_name.as_str(), args.as_slice()) {
            (op::NEGATE, [a]) => Some(Number::Negate(Box::new(self.number(a)?))),
            ("size", [a]) => match self.types.get(&a.id)? {
                Type::String => Some(Number::Characters(self.text(a)?)),
                _ => Some(Number::Length(self.list(a)?)),
            },
            (op::CONDITIONAL, [a, b, c]) => {
                let (yes, no) = (self.number(b)?, self.number(c)?);
                Some(Number::Choice(self.boxed(a)?, Box::new(yes), Box::new(no)))
            }
            (name, [a, b]) => {
                let (a, b) = (self.number(a)?, self.number(b)?);
                Some(Number::Arithmetic(
                    arithmetic(name)?,
                    Box::new(a),
                    Box::new(b),
                ))
            }
            _ => None,
        }
    }

    fn text(&mut self, e: &'a IdedExpr) -> Option<Text> {
        match &e.expr {
            Expr::Literal(LiteralValue::String(s)) => Some(Text::Const(s.inner().to_string())),
            Expr::Select(_) => fact(e).map(Text::Fact),
            Expr::Ident(name) => {
                let depth = self.variables.iter().rev().position(|v| v == name)?;
                Some(Text::Variable(depth))
            }
            Expr::Call(call) if call.func_name == op::CONDITIONAL => {
                let [a, b, c] = call.args.as_slice() else {
                    return None;
                };
                let (yes, no) = (self.text(b)?, self.text(c)?);
                Some(Text::Choice(self.boxed(a)?, Box::new(yes), Box::new(no)))
            }
            _ => None,
        }
    }

    fn list(&mut self, e: &'a IdedExpr) -> Option<List> {
        match &e.expr {
            Expr::Select(_) => fact(e).map(List::Fact),
            Expr::List(list) => {
                let texts = list.elements.iter().map(|x| match &x.expr {
                    Expr::Literal(LiteralValue::String(s)) => Some(s.inner().to_string()),
                    _ => None,
                });
                texts.collect::<Option<_>>().map(List::Const)
            }
            _ => None,
        }
    }
}

/// The fact that a node names, if it names one.
pub(super) fn fact(e: &IdedExpr) -> Option<&'static Fact> {
    match &e.expr {
        Expr::Select(select) if !select.test => match &select.operand.expr {
            Expr::Ident(group) => facts::find(group, &select.field),
            _ => None,
        },
        _ => None,
    }
}

fn comparison(name: &str) -> Option<Comparison> {
    Some(match name {
        op::EQUALS => Comparison::Equal,
        op::NOT_EQUALS => Comparison::NotEqual,
        op::LESS => Comparison::Less,
        op::LESS_EQUALS => Comparison::LessEqual,
        op::GREATER => Comparison::Greater,
        op::GREATER_EQUALS => Comparison::GreaterEqual,
        _ => return None,
    })
}

fn arithmetic(name: &str) -> Option<Arithmetic> {
    Some(match name {
        op::ADD => Arithmetic::Add,
        op::SUBSTRACT => Arithmetic::Subtract,
        op::MULTIPLY => Arithmetic::Multiply,
        op::DIVIDE => Arithmetic::Divide,
        op::MODULO => Arithmetic::Modulo,
        _ => return None,
    })
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
        Scope {
            facts,
            variable: None,
        }
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
        let inner = Scope {
            facts: scope.facts,
            variable: Some((element, scope)),
        };
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
