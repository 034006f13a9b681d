//! A rule's condition: a CEL expression over the facts, checked when it is loaded and compiled once.

mod check;
mod compile;
mod constant;
mod functions;
mod interpret;
mod operators;
mod plan;
mod types;

use std::fmt;
use std::sync::{Arc, LazyLock};

use cel::common::ast::{Expr, operators as op};
use cel::{Env, Program};

use facts::{self, Fact, Facts};
use plan::{Scope, Test};

/// A condition that was checked.
pub struct Condition {
    source: String,
    facts: Vec<&'static Fact>,
    run: ConditionRun,
    /// The parts joined by `&&` that ask nothing of the whole content.
    shallow: Vec<Test>,
}

enum ConditionRun {
    Plan(Test),
    Interpreter(Box<Program>),
}

/// A fault of a condition, within its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConditionError {
    /// The line within the condition, from 0.
    pub line: usize,
    /// What is wrong.
    pub message: String,
    /// What would be right.
    pub remedy: String,
}

/// A fault at a node of the parsed condition.
#[derive(Clone, Debug, PartialEq, Eq)]
struct ConditionFault {
    node: u64,
    message: String,
    remedy: String,
}

/// CEL's standard functions; made once, for it is large.
static ENV: LazyLock<Arc<Env>> = LazyLock::new(|| Arc::new(Env::stdlib()));

/// Bytes of a condition. The parser takes time with nonsense, and no rule needs more.
const MAX_LENGTH: usize = 10_000;

impl Condition {
    /// Parses, checks and compiles a condition.
    ///
    /// # Errors
    /// Every fault that was found: of syntax, unknown facts and functions, unfit types, and a
    /// condition that comes out the same for every message.
    pub fn compile(source: &str) -> Result<Self, Vec<ConditionError>> {
        if source.trim().is_empty() {
            return Err(whole("the condition is empty", "write one, such as `recipients.external > 0`"));
        }
        if source.len() > MAX_LENGTH {
            return Err(whole("the condition is too long", "divide it into several rules"));
        }
        let program = ENV.compile(source).map_err(|errors| syntax(&errors))?;
        let checked = check::check(program.expression());
        if !checked.faults.is_empty() {
            return Err(checked.faults.into_iter().map(|f| placed(f, &program)).collect());
        }
        let shallow = shallow_parts(program.expression(), &checked);
        let run = match compile::compile(program.expression(), &checked.types) {
            Some(test) => match constant::always(&test) {
                Some(value) => {
                    let message = format!("the condition is always {value}, so it tests nothing");
                    return Err(whole(&message, "compare a fact with a value that it can have"));
                }
                None => ConditionRun::Plan(test),
            },
            None => ConditionRun::Interpreter(Box::new(program)),
        };
        Ok(Condition { source: source.to_string(), facts: checked.facts, run, shallow })
    }

    /// The condition as it was written.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The facts that it asks about, in its order.
    pub fn facts(&self) -> &[&'static Fact] {
        &self.facts
    }

    /// Whether it was compiled for the typed facts; otherwise the CEL interpreter runs it.
    pub fn is_compiled(&self) -> bool {
        matches!(self.run, ConditionRun::Plan(_))
    }

    /// Whether it asks about the whole content, and the facts that are known without it leave it open.
    pub fn waits_for_reading(&self, facts: &Facts) -> bool {
        let asks = self.facts.iter().any(|f| facts::needs_reading(f));
        let scope = Scope::of(facts);
        asks && !self.shallow.iter().any(|t| t.run(&scope) == Ok(false))
    }

    /// Whether the message meets the condition.
    ///
    /// # Errors
    /// Why it could not be told, in words that name nothing of the message.
    pub fn holds(&self, facts: &Facts) -> Result<bool, String> {
        match &self.run {
            ConditionRun::Plan(test) => test.run(&Scope::of(facts)).map_err(|failed| failed.to_string()),
            ConditionRun::Interpreter(program) => interpret::run(program, &ENV, facts),
        }
    }
}

impl fmt::Debug for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Condition").field(&self.source).finish()
    }
}

/// The parts of a condition, joined by `&&`, that can be told without reading the whole content: where
/// one of them is false, so is the condition, whatever the others come to.
fn shallow_parts(root: &cel::IdedExpr, checked: &check::Checked) -> Vec<Test> {
    let mut parts = vec![root];
    let mut found = Vec::new();
    while let Some(part) = parts.pop() {
        if let Expr::Call(call) = &part.expr
            && call.func_name == op::LOGICAL_AND
        {
            parts.extend(&call.args);
            continue;
        }
        let asked = check::check(part);
        let shallow = !asked.facts.iter().any(|f| facts::needs_reading(f));
        if shallow && asked.faults.is_empty() {
            found.extend(compile::compile(part, &checked.types));
        }
    }
    found
}

fn whole(message: &str, remedy: &str) -> Vec<ConditionError> {
    vec![ConditionError { line: 0, message: message.to_string(), remedy: remedy.to_string() }]
}

fn syntax(errors: &cel::ParseErrors) -> Vec<ConditionError> {
    let told = errors.errors.iter().map(|error| ConditionError {
        line: usize::try_from(error.pos.0 - 1).unwrap_or(0),
        message: format!("the condition is no CEL: {}", one_line(&error.msg)),
        remedy: "see docs/facts.md for what a condition can be".to_string(),
    });
    let told: Vec<_> = told.collect();
    if told.is_empty() {
        return whole("the condition is no CEL", "see docs/facts.md for what a condition can be");
    }
    told
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A fault with the line on which its node stands.
fn placed(fault: ConditionFault, program: &Program) -> ConditionError {
    let info = program.source_info();
    let offset = info.offset_for(fault.node).map_or(0, |(start, _)| start as usize);
    let before = info.source.chars().take(offset);
    ConditionError {
        line: before.filter(|c| *c == '\n').count(),
        message: fault.message,
        remedy: fault.remedy,
    }
}

#[cfg(test)]
mod agreement;
#[cfg(test)]
mod tests;
