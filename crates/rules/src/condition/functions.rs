//! The functions that conditions may call, what each takes and what it gives.

use cel::common::ast::operators as op;

use super::types::Type;

/// What a function may be called as.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// `f(x)`
    Global,
    /// `x.f()`
    Member,
    Both,
}

/// A function, and how it is called.
pub(super) struct Function {
    pub name: &'static str,
    pub style: Style,
    pub takes: &'static [&'static [Type]],
    pub gives: Type,
    pub usage: &'static str,
}

const TEXT_IN_TEXT: &[&[Type]] = &[&[Type::String, Type::String]];

/// Every function that a condition may call.
pub(super) static FUNCTIONS: &[Function] = &[
    Function {
        name: "size",
        style: Style::Both,
        takes: &[&[Type::String], &[Type::Strings], &[Type::Ints], &[Type::Bools], &[Type::Empty]],
        gives: Type::Int,
        usage: "size(list) or size(text)",
    },
    Function {
        name: "contains",
        style: Style::Member,
        takes: TEXT_IN_TEXT,
        gives: Type::Bool,
        usage: "text.contains(\"…\"), or \"…\" in list",
    },
    Function {
        name: "startsWith",
        style: Style::Member,
        takes: TEXT_IN_TEXT,
        gives: Type::Bool,
        usage: "text.startsWith(\"…\")",
    },
    Function {
        name: "endsWith",
        style: Style::Member,
        takes: TEXT_IN_TEXT,
        gives: Type::Bool,
        usage: "text.endsWith(\"…\")",
    },
    Function {
        name: "matches",
        style: Style::Both,
        takes: TEXT_IN_TEXT,
        gives: Type::Bool,
        usage: "text.matches(\"pattern\")",
    },
    Function {
        name: "int",
        style: Style::Global,
        takes: &[&[Type::String], &[Type::Int]],
        gives: Type::Int,
        usage: "int(text)",
    },
    Function {
        name: "string",
        style: Style::Global,
        takes: &[&[Type::Int], &[Type::Bool], &[Type::String]],
        gives: Type::String,
        usage: "string(number)",
    },
];

/// The macros, which the parser writes out as loops.
pub(super) const MACROS: &[&str] = &[op::EXISTS, op::ALL, op::EXISTS_ONE, op::FILTER, op::MAP];
