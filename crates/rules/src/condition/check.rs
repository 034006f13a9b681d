//! The static check of a condition: every name is a fact, every operator and function gets what it
//! can take, and the whole is true or false. All faults are told, each with its place and a remedy.

use std::collections::HashMap;

use cel::IdedExpr;
use cel::common::ast::{
    CallExpr, ComprehensionExpr, Expr, ListExpr, LiteralValue, SelectExpr, operators as op,
};

use super::ConditionFault;
use super::functions::{FUNCTIONS, MACROS, Style};
use super::operators::{logical_place, operator_name, wrong_whole};
use super::types::Type;
use casebook::form::nearest;
use facts::{self, Fact, GROUPS, TABLE};

/// What the check found out about a condition.
pub(super) struct Checked {
    /// The type of each node, by its id.
    pub types: HashMap<u64, Type>,
    /// The facts that it asks about, in the order in which it names them, each once.
    pub facts: Vec<&'static Fact>,
    pub faults: Vec<ConditionFault>,
}

/// Checks a condition as a whole.
pub(super) fn check(root: &IdedExpr) -> Checked {
    let mut checker = Checker::default();
    let found = checker.visit(root);
    if let Some(wrong) = found.filter(|t| *t != Type::Bool) {
        let message = format!("the condition is {wrong}, not true or false");
        checker.fault(root, message, wrong_whole(wrong));
    }
    if checker.facts.is_empty() && checker.faults.is_empty() {
        let remedy = "ask about a fact, such as `recipients.external > 0`";
        checker.fault(root, "the condition asks about no fact, so it tests nothing", remedy);
    }
    Checked { types: checker.types, facts: checker.facts, faults: checker.faults }
}

/// The walk over a condition.
#[derive(Default)]
pub(super) struct Checker {
    types: HashMap<u64, Type>,
    facts: Vec<&'static Fact>,
    faults: Vec<ConditionFault>,
    /// The variables of the macros around, innermost last.
    scope: Vec<(String, Type)>,
}

impl Checker {
    pub(super) fn fault(&mut self, at: &IdedExpr, message: impl Into<String>, remedy: impl Into<String>) {
        let fault = ConditionFault { node: at.id, message: message.into(), remedy: remedy.into() };
        if !self.faults.contains(&fault) {
            self.faults.push(fault);
        }
    }

    /// The type of an expression; none where a fault was told already.
    fn visit(&mut self, e: &IdedExpr) -> Option<Type> {
        let found = match &e.expr {
            Expr::Literal(value) => self.literal(e, value),
            Expr::Ident(name) => self.ident(e, name),
            Expr::Select(select) => self.select(e, select),
            Expr::List(list) => self.list(e, list),
            Expr::Call(call) => self.call(e, call),
            Expr::Comprehension(inner) => self.comprehension(e, inner),
            Expr::Map(_) | Expr::Struct(_) | Expr::Unspecified => {
                self.fault(e, "conditions know no maps and no objects", "use facts and lists");
                None
            }
        };
        if let Some(found) = found {
            self.types.insert(e.id, found);
        }
        found
    }

    fn literal(&mut self, e: &IdedExpr, value: &LiteralValue) -> Option<Type> {
        let remedy = match value {
            LiteralValue::Boolean(_) => return Some(Type::Bool),
            LiteralValue::Int(_) => return Some(Type::Int),
            LiteralValue::String(_) => return Some(Type::String),
            LiteralValue::Double(_) => "write a whole number; every number here is one",
            LiteralValue::UInt(_) => "write the number without `u`",
            LiteralValue::Bytes(_) => "write the text without `b` before its quote",
            LiteralValue::Null => "nothing is ever null; compare with \"\", 0 or an empty list",
        };
        self.fault(e, "no fact is of this kind", remedy);
        None
    }

    fn ident(&mut self, e: &IdedExpr, name: &str) -> Option<Type> {
        if let Some((_, found)) = self.scope.iter().rev().find(|(known, _)| known == name) {
            return Some(*found);
        }
        if let Some(fact) = TABLE.iter().find(|f| f.name == name) {
            let remedy = format!("write `{}`", fact.path);
            self.fault(e, format!("`{name}` lacks its group"), remedy);
        } else if facts::is_group(name) {
            let first = TABLE.iter().find(|f| f.group == name).map_or("", |f| f.path);
            let remedy = format!("name one of its facts, such as `{first}`");
            self.fault(e, format!("`{name}` is a group of facts"), remedy);
        } else {
            let remedy = match nearest(name, GROUPS.iter().map(|g| g.name)) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("the groups are {}", join(GROUPS.iter().map(|g| g.name))),
            };
            self.fault(e, format!("unknown name `{name}`"), remedy);
        }
        None
    }

    fn select(&mut self, e: &IdedExpr, select: &SelectExpr) -> Option<Type> {
        let Expr::Ident(group) = &select.operand.expr else {
            if self.visit(&select.operand).is_some() {
                let message = format!("there is no `.{}` in it: a fact has no parts", select.field);
                self.fault(e, message, "name the fact as `group.fact`");
            }
            return None;
        };
        if self.scope.iter().any(|(name, _)| name == group) {
            let message = format!("`{group}` is one element of a list and has no `.{}`", select.field);
            self.fault(e, message, format!("use `{group}` alone"));
            return None;
        }
        let Some(fact) = facts::find(group, &select.field) else {
            self.unknown_fact(e, group, &select.field);
            return None;
        };
        if !self.facts.contains(&fact) {
            self.facts.push(fact);
        }
        if select.test {
            let message = format!("`has({})` is always true: every fact is always there", fact.path);
            self.fault(e, message, "compare its value instead");
            return None;
        }
        Some(Type::from(fact.kind))
    }

    fn unknown_fact(&mut self, e: &IdedExpr, group: &str, name: &str) {
        let in_group = || TABLE.iter().filter(|f| f.group == group);
        let message = match facts::is_group(group) {
            true => format!("unknown fact `{group}.{name}`"),
            false => format!("unknown group `{group}` in `{group}.{name}`"),
        };
        let near_name = nearest(name, in_group().map(|f| f.name)).and_then(|n| facts::find(group, n));
        let near_group = nearest(group, GROUPS.iter().map(|g| g.name));
        let elsewhere = near_group.and_then(|g| facts::find(g, name));
        let any = TABLE.iter().find(|f| f.name == name);
        let remedy = match near_name.or(elsewhere).or(any) {
            Some(near) => format!("did you mean `{}`?", near.path),
            None if facts::is_group(group) => {
                format!("`{group}` has {}", join(in_group().map(|f| f.name)))
            }
            None => format!("the groups are {}", join(GROUPS.iter().map(|g| g.name))),
        };
        self.fault(e, message, remedy);
    }

    fn list(&mut self, e: &IdedExpr, list: &ListExpr) -> Option<Type> {
        let types: Vec<_> = list.elements.iter().map(|x| self.visit(x)).collect();
        let Some(first) = types.first() else {
            return Some(Type::Empty);
        };
        let first = (*first)?;
        for (element, found) in list.elements.iter().zip(&types) {
            if (*found)? != first {
                let message = format!("a list of {first} and of something else");
                self.fault(element, message, "write elements of one type");
                return None;
            }
        }
        first.list().or_else(|| {
            self.fault(e, "a list of lists", "write one list");
            None
        })
    }

    /// A macro (`exists`, `all`, `exists_one`, `filter`, `map`), as the parser writes it out: a loop
    /// over a range, with what was found so far in a variable of its own.
    fn comprehension(&mut self, e: &IdedExpr, inner: &ComprehensionExpr) -> Option<Type> {
        let range = self.visit(&inner.iter_range)?;
        let Some(element) = range.element() else {
            let message = format!("this goes through {range}, not a list with elements");
            self.fault(&inner.iter_range, message, "use a list, such as `attachments.names`");
            return None;
        };
        if facts::is_group(&inner.iter_var) {
            let message = format!("the variable `{}` is called like a group of facts", inner.iter_var);
            self.fault(e, message, "give it another name, such as `x`");
            return None;
        }
        let start = self.visit(&inner.accu_init)?;
        self.scope.push((inner.iter_var.clone(), element));
        self.scope.push((inner.accu_var.clone(), start));
        let step = self.visit(&inner.loop_step);
        let found = step.and_then(|step| {
            if let Some(accu) = self.scope.last_mut() {
                accu.1 = step;
            }
            self.visit(&inner.result)
        });
        self.scope.truncate(self.scope.len() - 2);
        found
    }

    fn call(&mut self, e: &IdedExpr, call: &CallExpr) -> Option<Type> {
        let name = call.func_name.as_str();
        // The target of `x.f(y)` is the first of what `f` gets.
        let args: Vec<&IdedExpr> = call.target.as_deref().into_iter().chain(&call.args).collect();
        let types: Vec<Option<Type>> = args.iter().map(|a| self.visit(a)).collect();
        match (name, types.as_slice()) {
            (op::LOGICAL_AND | op::LOGICAL_OR | op::LOGICAL_NOT, _) => {
                let wants = logical_place(name, args.first());
                self.all_bool(&args, &types, wants)
            }
            (op::CONDITIONAL, [condition, yes, no]) => {
                self.all_bool(&args[..1], &[*condition], "the condition of `?:`, `filter` or `exists_one`");
                self.alike(e, (*yes)?, (*no)?, "`?:`")
            }
            (op::EQUALS | op::NOT_EQUALS, [a, b]) => {
                self.alike(e, (*a)?, (*b)?, operator_name(name)).map(|_| Type::Bool)
            }
            (op::LESS | op::LESS_EQUALS | op::GREATER | op::GREATER_EQUALS, [a, b]) => {
                self.ordered(e, (*a)?, (*b)?, operator_name(name))
            }
            (op::IN, [element, list]) => self.within(e, (*element)?, (*list)?),
            (op::ADD, [a, b]) => self.sum(e, (*a)?, (*b)?),
            (op::SUBSTRACT | op::MULTIPLY | op::DIVIDE | op::MODULO | op::NEGATE, _) => {
                self.numbers(&args, &types, operator_name(name))
            }
            (op::INDEX, [list, index]) => self.index(e, (*list)?, (*index)?),
            _ => self.function(e, call, &args, &types),
        }
    }

    fn function(
        &mut self,
        e: &IdedExpr,
        call: &CallExpr,
        args: &[&IdedExpr],
        types: &[Option<Type>],
    ) -> Option<Type> {
        let name = call.func_name.as_str();
        let Some(function) = FUNCTIONS.iter().find(|f| f.name == name) else {
            let known = || FUNCTIONS.iter().map(|f| f.name).chain(MACROS.iter().copied());
            let remedy = match nearest(name, known()) {
                Some(near) if near != name => format!("did you mean `{near}`?"),
                Some(near) => format!("`{near}` is written `list.{near}(x, …)`"),
                None => format!("the functions are {}", join(known())),
            };
            self.fault(e, format!("unknown function `{name}`"), remedy);
            return None;
        };
        let given: Vec<Type> = types.iter().copied().collect::<Option<_>>()?;
        let fits = function.takes.iter().any(|wanted| *wanted == given);
        let called_right = match call.target {
            Some(_) => function.style != Style::Global,
            None => function.style != Style::Member,
        };
        if !fits || !called_right {
            let message = format!("`{name}` cannot take {}", join_types(&given));
            self.fault(e, message, format!("write `{}`", function.usage));
            return None;
        }
        if name == "matches" {
            self.pattern(args.get(1)?);
        }
        Some(function.gives)
    }

    /// A pattern has to stand in the rule: it is compiled once, and never comes out of a message.
    fn pattern(&mut self, at: &IdedExpr) {
        let Expr::Literal(LiteralValue::String(pattern)) = &at.expr else {
            let message = "the pattern of `matches` is not written out";
            self.fault(at, message, "write `text.matches(\"pattern\")`");
            return;
        };
        if let Err(error) = regex::Regex::new(pattern.inner()) {
            let told = error.to_string();
            let why = told.lines().last().unwrap_or_default().trim_start_matches("error: ");
            let message = format!("the pattern `{}` is not a regular expression: {why}", pattern.inner());
            self.fault(at, message, "write a character that means itself as `\\\\.`");
        }
    }
}

fn join<'a>(words: impl Iterator<Item = &'a str>) -> String {
    words.collect::<Vec<_>>().join(", ")
}

fn join_types(types: &[Type]) -> String {
    match types {
        [] => "nothing".to_string(),
        _ => types.iter().map(Type::to_string).collect::<Vec<_>>().join(" and "),
    }
}
