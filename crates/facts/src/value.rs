//! The types and values of facts, as rules see them: the four CEL types that the vocabulary uses,
//! and a borrowed value of each, so that asking a fact copies nothing.

use std::fmt;

/// The CEL type of a fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A whole number; `min` is the least it can be.
    Int {
        min: i64,
    },
    Bool,
    String,
    /// A list of strings.
    List,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::Int { .. } => "int",
            Kind::Bool => "bool",
            Kind::String => "string",
            Kind::List => "list(string)",
        })
    }
}

/// The value of one fact of one message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    Int(i64),
    Bool(bool),
    String(&'a str),
    List(&'a [String]),
}

/// The Rust types that facts have, and how each is read.
pub(super) trait Read {
    fn read(&self) -> Value<'_>;
}

impl Read for i64 {
    fn read(&self) -> Value<'_> {
        Value::Int(*self)
    }
}

impl Read for bool {
    fn read(&self) -> Value<'_> {
        Value::Bool(*self)
    }
}

impl Read for String {
    fn read(&self) -> Value<'_> {
        Value::String(self)
    }
}

impl Read for Vec<String> {
    fn read(&self) -> Value<'_> {
        Value::List(self)
    }
}
