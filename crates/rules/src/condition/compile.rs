//! Makes the plan of a checked condition. What it does not know, it leaves to the interpreter.

use std::collections::HashMap;

use cel::IdedExpr;
use cel::common::ast::{CallExpr, ComprehensionExpr, Expr, LiteralValue, operators as op};
use regex::Regex;

use super::plan::{Arithmetic, Comparison, List, Number, Test, Text};
use super::types::Type;
use facts::{self, Fact};

/// Compiles a checked condition; none if it needs the interpreter.
pub(super) fn compile(root: &IdedExpr, types: &HashMap<u64, Type>) -> Option<Test> {
    Compiler { types, variables: Vec::new() }.test(root)
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
        let args: Vec<&IdedExpr> = call.target.as_deref().into_iter().chain(&call.args).collect();
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
                Some(Test::NumberIn(self.number(element)?, numbers.collect::<Option<_>>()?))
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
        let is_accu = |e: &IdedExpr| matches!(&e.expr, Expr::Ident(name) if *name == inner.accu_var);
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
        Some(Test::Loop { all, list, body: body? })
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
        let args: Vec<&IdedExpr> = call.target.as_deref().into_iter().chain(&call.args).collect();
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
                Some(Number::Arithmetic(arithmetic(name)?, Box::new(a), Box::new(b)))
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
fn fact(e: &IdedExpr) -> Option<&'static Fact> {
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
