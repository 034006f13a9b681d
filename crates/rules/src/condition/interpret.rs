//! Runs a condition with the CEL interpreter. It is asked for what a plan has no room for; a fact
//! becomes a CEL value only when the condition comes to ask for it.

use std::sync::Arc;

use cel::common::types::{CelBool, CelInt, CelList, CelString};
use cel::common::value::{CowVal, Val};
use cel::context::VariableResolver;
use cel::{Context, Env, Program, Value as CelValue};

use facts::{Facts, TABLE, Value};

/// Runs `program` over the facts.
pub(super) fn run(program: &Program, env: &Arc<Env>, facts: &Facts) -> Result<bool, String> {
    let names = Names(facts);
    let mut context = Context::with_env(Arc::clone(env));
    context.set_variable_resolver(&names);
    match program.execute(&context) {
        Ok(CelValue::Bool(value)) => Ok(value),
        Ok(other) => Err(format!("it gave {}, not true or false", other.type_of())),
        Err(error) => Err(reason(&error)),
    }
}

/// What went wrong, without the values: these come from the message.
fn reason(error: &cel::ExecutionError) -> String {
    use cel::ExecutionError as E;
    match error {
        E::DivisionByZero(_) | E::RemainderByZero(_) => "a division by zero".to_string(),
        E::Overflow(..) => "a number is too large".to_string(),
        E::IndexOutOfBounds(_) => "a list has no element at this place".to_string(),
        E::FunctionError { function, .. } => format!("`{function}` failed"),
        _ => "CEL could not run it".to_string(),
    }
}

/// The facts under the names that conditions give them, `group.fact`.
struct Names<'f>(&'f Facts);

impl VariableResolver for Names<'_> {
    fn resolve<'b>(&'b self, name: &str) -> Option<CowVal<'b, 'b>> {
        let fact = TABLE.iter().find(|f| f.path == name)?;
        Some(match fact.of(self.0) {
            Value::Int(n) => CowVal::owned(CelInt::from(n)),
            Value::Bool(b) => CowVal::owned(CelBool::from(b)),
            Value::String(s) => CowVal::owned(CelString::from(s)),
            Value::List(list) => {
                let values =
                    list.iter().map(|s| -> Box<dyn Val + 'b> { Box::new(CelString::from(s.as_str())) });
                CowVal::owned(CelList::from(values.collect::<Vec<_>>()))
            }
        })
    }
}
