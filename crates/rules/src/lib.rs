//! Rules are data: CEL conditions over the facts, each citing the incidents that it would have
//! prevented. [`RuleSet::load`] reads and checks them, [`RuleSet::evaluate`] gives the verdict.

mod condition;
mod evaluate;
mod evidence;
mod exceptions;
mod load;
mod model;
pub mod verdict;

pub use condition::{Condition, ConditionError};
pub use evaluate::RuleSet;
pub use exceptions::{Exception, Stands};
pub use load::Source;
pub use model::Rule;

#[cfg(test)]
mod tests;
