//! Loads the rules, from a folder or from texts. Everything that is wrong is told at once, with file,
//! line, and what would be right; a set of rules with one fault in it does not load at all.

use std::path::{Path, PathBuf};

use super::evaluate::RuleSet;
use super::exceptions::Exception;
use super::model::Rule;
use casebook::LoadError;
use casebook::form::{Fields, Sheet};

/// A file of rules: where it stands, and its text.
#[derive(Clone, Debug)]
pub struct Source {
    pub file: PathBuf,
    pub text: String,
}

impl RuleSet {
    /// Loads the `*.toml` files that stand in `directory` itself, in the order of their names.
    /// `incidents` are the ids of the casebook.
    ///
    /// # Errors
    /// Every fault of every file. A folder without a rule is a fault: no rules must not mean that
    /// everything passes.
    pub fn load(directory: &Path, incidents: &[&str]) -> Result<RuleSet, Vec<LoadError>> {
        let (sources, mut errors) = read(directory);
        match RuleSet::from_sources(&sources, incidents) {
            Ok(rules) if errors.is_empty() => Ok(rules),
            Ok(_) => Err(errors),
            // What could not be read is the reason why there are no rules.
            Err(_) if sources.is_empty() && !errors.is_empty() => Err(errors),
            Err(more) => {
                errors.extend(more);
                Err(errors)
            }
        }
    }

    /// Loads rules from texts, such as the ones within the program.
    ///
    /// # Errors
    /// Every fault of every text.
    pub fn from_sources(sources: &[Source], incidents: &[&str]) -> Result<RuleSet, Vec<LoadError>> {
        let mut errors = Vec::new();
        let mut rules: Vec<Rule> = Vec::new();
        let mut switched_off: Vec<Exception> = Vec::new();
        for source in sources {
            let mut sheet = Sheet::new(&source.file, &source.text);
            if is_exceptions(&source.file) {
                let tables = tables(&mut sheet, "exception", "an exception");
                let read = tables.into_iter().filter_map(|t| Exception::read(t, &mut sheet));
                switched_off.extend(read.collect::<Vec<_>>());
            } else {
                let tables = tables(&mut sheet, "rule", "a rule");
                let read = tables.into_iter().filter_map(|t| Rule::read(t, &mut sheet, incidents));
                rules.extend(read.collect::<Vec<_>>());
            }
            errors.extend(sheet.errors);
        }
        errors.extend(duplicates(&rules));
        // A rule that did not load would make its exceptions look wrong as well.
        if errors.is_empty() {
            errors.extend(switched_off.iter().filter_map(|e| e.unknown_rule(&rules)));
        }
        if rules.is_empty() && errors.is_empty() {
            errors.push(no_rules(sources));
        }
        match errors.is_empty() {
            true => Ok(RuleSet::new(rules, switched_off)),
            false => Err(errors),
        }
    }
}

/// The tables of a file that has nothing but `[[key]]`.
fn tables<'i>(sheet: &mut Sheet<'i>, key: &'static str, what: &'static str) -> Vec<Fields<'i>> {
    let Some(mut top) = sheet.top("this file") else {
        return Vec::new();
    };
    let tables = top.tables(sheet, key, what).unwrap_or_default();
    top.finish(sheet);
    tables
}

fn is_exceptions(file: &Path) -> bool {
    file.file_name().is_some_and(|name| name == "exceptions.toml")
}

fn duplicates(rules: &[Rule]) -> Vec<LoadError> {
    let mut errors = Vec::new();
    for (index, rule) in rules.iter().enumerate() {
        if let Some(first) = rules[..index].iter().find(|r| r.id == rule.id) {
            errors.push(LoadError {
                file: rule.file.clone(),
                line: Some(rule.line),
                column: None,
                message: format!("a second rule with the id `{}`", rule.id),
                remedy: format!(
                    "give it another id; the first is in {}:{}",
                    first.file.display(),
                    first.line
                ),
            });
        }
    }
    errors
}

fn no_rules(sources: &[Source]) -> LoadError {
    let file = sources.first().map(|s| s.file.clone()).unwrap_or_else(|| PathBuf::from("rules"));
    LoadError {
        file,
        line: None,
        column: None,
        message: "there is no rule".to_string(),
        remedy: "write one, or take the default rules; without a rule nothing would be guarded".to_string(),
    }
}

/// The files of a folder, and the ones that could not be read.
fn read(directory: &Path) -> (Vec<Source>, Vec<LoadError>) {
    let unread = |file: &Path, error: std::io::Error| LoadError {
        file: file.to_path_buf(),
        line: None,
        column: None,
        message: format!("cannot be read: {error}"),
        remedy: "see that it is there, is UTF-8 and may be read by this user".to_string(),
    };
    let entries = match std::fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) => return (Vec::new(), vec![unread(directory, error)]),
    };
    let mut errors = Vec::new();
    let mut files: Vec<PathBuf> = Vec::new();
    for entry in entries {
        match entry {
            Ok(entry) => files.push(entry.path()),
            Err(error) => errors.push(unread(directory, error)),
        }
    }
    files.retain(|f| f.extension().is_some_and(|e| e == "toml") && f.is_file());
    files.sort();
    let mut sources = Vec::new();
    for file in files {
        match std::fs::read_to_string(&file) {
            Ok(text) => sources.push(Source { file, text }),
            Err(error) => errors.push(unread(&file, error)),
        }
    }
    if sources.is_empty() && errors.is_empty() {
        errors.push(LoadError { file: directory.to_path_buf(), ..no_rules(&[]) });
    }
    (sources, errors)
}
