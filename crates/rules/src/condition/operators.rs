//! What the operators of a condition take and give, and how it is told where one gets something else.

use cel::IdedExpr;
use cel::common::ast::{Expr, operators as op};

use super::check::Checker;
use super::types::Type;

impl Checker {
    /// All of `args` are true or false.
    pub(super) fn all_bool(
        &mut self,
        args: &[&IdedExpr],
        types: &[Option<Type>],
        place: &str,
    ) -> Option<Type> {
        for (arg, found) in args.iter().zip(types) {
            if let Some(wrong) = found.filter(|t| *t != Type::Bool) {
                let message = format!("{place} wants true or false, and this is {wrong}");
                self.fault(arg, message, wrong_whole(wrong));
            }
        }
        Some(Type::Bool)
    }

    /// Two types that are to be one.
    pub(super) fn alike(&mut self, e: &IdedExpr, a: Type, b: Type, what: &str) -> Option<Type> {
        let joined = a.join(b);
        if joined.is_none() {
            let remedy = unlike(a, b);
            self.fault(e, format!("{what} between {a} and {b}"), remedy);
        }
        joined
    }

    pub(super) fn ordered(&mut self, e: &IdedExpr, a: Type, b: Type, what: &str) -> Option<Type> {
        let joined = self.alike(e, a, b, what)?;
        if !matches!(joined, Type::Int | Type::String) {
            let remedy = if joined.is_list() {
                "compare its size, such as `size(labels.found) > 0`"
            } else {
                "use it alone, or with `!` before it"
            };
            self.fault(e, format!("{what} cannot order {joined}"), remedy);
            return None;
        }
        Some(Type::Bool)
    }

    pub(super) fn within(&mut self, e: &IdedExpr, element: Type, list: Type) -> Option<Type> {
        match list.element() {
            Some(wanted) if wanted == element => Some(Type::Bool),
            Some(wanted) => {
                let message = format!("`in` looks for {element} in {list}");
                self.fault(e, message, format!("put {wanted} on its left"));
                None
            }
            None => {
                let remedy = match list {
                    Type::String => "use `text.contains(\"…\")`",
                    _ => "put a list with elements on its right",
                };
                self.fault(e, format!("`in` wants a list on its right, and this is {list}"), remedy);
                None
            }
        }
    }

    pub(super) fn sum(&mut self, e: &IdedExpr, a: Type, b: Type) -> Option<Type> {
        let joined = self.alike(e, a, b, "`+`")?;
        if joined == Type::Bool {
            self.fault(e, "`+` cannot add true and false", "use `||` or `&&`");
            return None;
        }
        Some(joined)
    }

    pub(super) fn numbers(&mut self, args: &[&IdedExpr], types: &[Option<Type>], what: &str) -> Option<Type> {
        for (arg, found) in args.iter().zip(types) {
            if let Some(wrong) = found.filter(|t| *t != Type::Int) {
                let remedy = match wrong {
                    Type::String => "use a number; a text's length is `size(text)`",
                    Type::Bool => "use a number",
                    _ => "use a number; a list's length is `size(list)`",
                };
                self.fault(arg, format!("{what} wants numbers, and this is {wrong}"), remedy);
            }
        }
        Some(Type::Int)
    }

    pub(super) fn index(&mut self, e: &IdedExpr, list: Type, index: Type) -> Option<Type> {
        match (list.element(), index) {
            (Some(element), Type::Int) => Some(element),
            _ => {
                let message = format!("{list} has no element at {index}");
                self.fault(e, message, "write a list and a number, such as `sender.header_from[0]`");
                None
            }
        }
    }
}

/// What a connective is called: the loop of `exists` and `all` has one of its own.
pub(super) fn logical_place(name: &str, first: Option<&&IdedExpr>) -> &'static str {
    let in_loop = matches!(first.map(|e| &e.expr), Some(Expr::Ident(i)) if i.starts_with('@'));
    match (name, in_loop) {
        (op::LOGICAL_OR, true) => "the condition within `exists`",
        (op::LOGICAL_AND, true) => "the condition within `all`",
        _ => operator_name(name),
    }
}

/// An operator as it is written.
pub(super) fn operator_name(name: &str) -> &'static str {
    match name {
        op::LOGICAL_AND => "`&&`",
        op::LOGICAL_OR => "`||`",
        op::LOGICAL_NOT => "`!`",
        op::EQUALS => "`==`",
        op::NOT_EQUALS => "`!=`",
        op::LESS => "`<`",
        op::LESS_EQUALS => "`<=`",
        op::GREATER => "`>`",
        op::GREATER_EQUALS => "`>=`",
        op::SUBSTRACT | op::NEGATE => "`-`",
        op::MULTIPLY => "`*`",
        op::DIVIDE => "`/`",
        op::MODULO => "`%`",
        _ => "this",
    }
}

/// What to write where two values are not of one type.
fn unlike(a: Type, b: Type) -> &'static str {
    match (a, b) {
        (list, Type::Int) | (Type::Int, list) if list.is_list() => {
            "compare the list's size, such as `size(labels.found) > 0`"
        }
        (list, Type::String) | (Type::String, list) if list.is_list() => "use `\"…\" in list`",
        (Type::String, Type::Int) | (Type::Int, Type::String) => {
            "write numbers without quotes and texts with them"
        }
        (Type::Bool, _) | (_, Type::Bool) => "use the true or false alone, or with `!` before it",
        _ => "put values of one type on both sides",
    }
}

/// What to write where something is not true or false.
pub(super) fn wrong_whole(wrong: Type) -> &'static str {
    match wrong {
        Type::Int => "compare it, such as `recipients.external >= 10`",
        Type::String => "compare it, such as `sender.domain == \"city.example.jp\"`",
        _ => "ask about it, such as `size(labels.found) > 0`",
    }
}
