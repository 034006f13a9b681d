//! The types of a condition's expressions. CEL finds an unfit type when a condition runs; here it is
//! found when the rule is loaded, because a rule that cannot run would hold every message.

use std::fmt;

use facts::Kind;

/// The type of an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
    Int,
    Bool,
    String,
    Ints,
    Bools,
    Strings,
    /// The list `[]`, which fits any list.
    Empty,
}

impl Type {
    /// The type of a list's elements; none for what is not a list, and for `[]`.
    pub fn element(self) -> Option<Type> {
        match self {
            Type::Ints => Some(Type::Int),
            Type::Bools => Some(Type::Bool),
            Type::Strings => Some(Type::String),
            Type::Int | Type::Bool | Type::String | Type::Empty => None,
        }
    }

    /// The type of a list of these; none for lists of lists, which no fact needs.
    pub fn list(self) -> Option<Type> {
        match self {
            Type::Int => Some(Type::Ints),
            Type::Bool => Some(Type::Bools),
            Type::String => Some(Type::Strings),
            Type::Ints | Type::Bools | Type::Strings | Type::Empty => None,
        }
    }

    pub fn is_list(self) -> bool {
        matches!(self, Type::Ints | Type::Bools | Type::Strings | Type::Empty)
    }

    /// The type that both have, if they are alike.
    pub fn join(self, other: Type) -> Option<Type> {
        match (self, other) {
            (a, b) if a == b => Some(a),
            (Type::Empty, list) | (list, Type::Empty) if list.is_list() => Some(list),
            _ => None,
        }
    }
}

impl From<Kind> for Type {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Int { .. } => Type::Int,
            Kind::Bool => Type::Bool,
            Kind::String => Type::String,
            Kind::List => Type::Strings,
        }
    }
}

impl fmt::Display for Type {
    /// In words, for error messages.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Type::Int => "a number",
            Type::Bool => "true or false",
            Type::String => "a text",
            Type::Ints => "a list of numbers",
            Type::Bools => "a list of true and false",
            Type::Strings => "a list of texts",
            Type::Empty => "an empty list",
        })
    }
}
