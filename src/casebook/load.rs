//! Reading the casebook, from a folder or from the copy within the program. Every error is told with
//! its file and line, what is wrong and what would be right; all of them, not only the first.

use std::fmt;
use std::path::PathBuf;

/// Something wrong in a file that people write: an incident, an expectation, a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadError {
    pub file: PathBuf,
    /// Counted from 1; none where the file as a whole is meant.
    pub line: Option<usize>,
    /// What is wrong.
    pub message: String,
    /// What would be right.
    pub remedy: String,
}

impl fmt::Display for LoadError {
    /// `file:line: message; remedy`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.file.display())?;
        if let Some(line) = self.line {
            write!(f, "{line}:")?;
        }
        write!(f, " {}; {}", self.message, self.remedy)
    }
}

impl std::error::Error for LoadError {}
