//! Reading the casebook, from a folder or from the copy within the program. Every error is told with
//! its file and line, what is wrong and what would be right; all of them, not only the first.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use include_dir::{Dir, include_dir};

use super::form::{Sheet, nearest, position_of};
use super::incident::{self, Incident};
use super::story::{self, Expectation};

/// The rules and the casebook as they were when the program was built.
static EMBEDDED: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/../../rules");

/// Something wrong in a file that people write: an incident, an expectation, a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadError {
    pub file: PathBuf,
    /// Counted from 1; none where the file as a whole is meant.
    pub line: Option<usize>,
    /// In characters, counted from 1; none where the line as a whole is meant.
    pub column: Option<usize>,
    /// What is wrong.
    pub message: String,
    /// What would be right.
    pub remedy: String,
}

impl LoadError {
    fn of_file(file: &Path, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        LoadError {
            file: file.to_path_buf(),
            line: None,
            column: None,
            message: message.into(),
            remedy: remedy.into(),
        }
    }
}

impl fmt::Display for LoadError {
    /// `file:line:column: message; remedy`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.file.display())?;
        if let Some(line) = self.line {
            write!(f, "{line}:")?;
        }
        if let Some(column) = self.column {
            write!(f, "{column}:")?;
        }
        write!(f, " {}; {}", self.message, self.remedy)
    }
}

impl std::error::Error for LoadError {}

/// The incidents, in the order of their ids.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Casebook {
    incidents: BTreeMap<String, Incident>,
}

impl Casebook {
    /// The incident of an id.
    pub fn get(&self, id: &str) -> Option<&Incident> {
        self.incidents.get(id)
    }

    /// All incidents, in the order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = &Incident> {
        self.incidents.values()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.incidents.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.incidents.is_empty()
    }

    /// The id that was probably meant, for an id that is not here.
    pub fn nearest(&self, id: &str) -> Option<&str> {
        nearest(id, self.incidents.keys().map(String::as_str))
    }

    /// Where incidents and rules contradict each other: a `prevented_by` that names no rule, or a
    /// rule that does not cite the incident. `rules` are the rules' ids with the incidents they cite;
    /// `dir` is the rules directory, for the errors.
    pub fn contradictions(&self, dir: &Path, rules: &[(&str, &[String])]) -> Vec<LoadError> {
        let mut errors = Vec::new();
        for incident in self.iter() {
            let file = dir.join("casebook").join(&incident.id).join("incident.toml");
            for name in &incident.prevented_by {
                let remedy = match rules.iter().find(|r| r.0 == name) {
                    Some((_, cited)) if cited.contains(&incident.id) => continue,
                    Some(_) => format!("add \"{}\" to that rule's incidents", incident.id),
                    None => match nearest(name, rules.iter().map(|r| r.0)) {
                        Some(near) => format!("did you mean {near}?"),
                        None => "name a rule that exists".to_string(),
                    },
                };
                let message = match rules.iter().any(|r| r.0 == name) {
                    true => format!("the rule {name} does not cite this incident"),
                    false => format!("prevented_by names {name}, and there is no such rule"),
                };
                errors.push(LoadError::of_file(&file, message, remedy));
            }
        }
        errors
    }
}

/// Reads `<dir>/casebook/*/`, where `dir` is the rules directory.
pub fn load(dir: &Path) -> Result<Casebook, Vec<LoadError>> {
    let dir = dir.join("casebook");
    let unreadable = |e: std::io::Error| {
        let remedy = "the rules directory needs a folder casebook that can be read";
        vec![LoadError::of_file(&dir, format!("cannot be read: {e}"), remedy)]
    };
    let mut folders = Vec::new();
    let mut errors = Vec::new();
    for entry in fs::read_dir(&dir).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if !path.is_dir() || hidden(&path) {
            continue;
        }
        match read_folder(&path) {
            Ok(files) => folders.push((path, files)),
            Err(e) => {
                let message = format!("cannot be read: {e}");
                errors.push(LoadError::of_file(&path, message, "check its permissions"));
            }
        }
    }
    assemble(folders, errors)
}

/// The casebook within the program, for `demo` and where no directory is configured.
pub fn embedded() -> Result<Casebook, Vec<LoadError>> {
    let dir = EMBEDDED.get_dir("casebook");
    let folders = dir.into_iter().flat_map(|d| d.dirs()).map(|folder| {
        let files = folder.files().map(|file| {
            let name = file.path().file_name().unwrap_or_default();
            (name.to_string_lossy().into_owned(), file.contents().to_vec())
        });
        (Path::new("rules").join(folder.path()), files.collect())
    });
    assemble(folders.collect(), Vec::new())
}

/// The rule files within the program, by name: `rules/recipients.toml` and its text.
pub fn embedded_rules() -> Vec<(PathBuf, &'static str)> {
    let mut files: Vec<_> = EMBEDDED
        .files()
        .filter(|f| f.path().extension().is_some_and(|e| e == "toml"))
        .filter_map(|f| Some((Path::new("rules").join(f.path()), f.contents_utf8()?)))
        .collect();
    files.sort();
    files
}

type Files = BTreeMap<String, Vec<u8>>;

fn hidden(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().starts_with('.')
}

fn read_folder(folder: &Path) -> std::io::Result<Files> {
    let mut files = Files::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_file() && !hidden(&path) {
            let name = path.file_name().unwrap_or_default();
            files.insert(name.to_string_lossy().into_owned(), fs::read(&path)?);
        }
    }
    Ok(files)
}

fn assemble(
    mut folders: Vec<(PathBuf, Files)>,
    mut errors: Vec<LoadError>,
) -> Result<Casebook, Vec<LoadError>> {
    folders.sort();
    let mut casebook = Casebook::default();
    for (folder, files) in folders {
        if let Some(incident) = assemble_one(&folder, files, &mut errors) {
            casebook.incidents.insert(incident.id.clone(), incident);
        }
    }
    match errors.is_empty() {
        true => Ok(casebook),
        false => Err(errors),
    }
}

/// One incident out of its folder's files.
fn assemble_one(folder: &Path, mut files: Files, errors: &mut Vec<LoadError>) -> Option<Incident> {
    let name = folder.file_name()?.to_string_lossy().into_owned();
    let file = folder.join("incident.toml");
    let Some(bytes) = files.remove("incident.toml") else {
        let remedy = "add it, or take the folder away";
        errors.push(LoadError::of_file(&file, "there is no incident.toml", remedy));
        return None;
    };
    let incident = sheet_of(&file, &bytes, errors, |sheet| incident::read(sheet, &name));
    let file = folder.join("expect.toml");
    let expectation =
        files.remove("expect.toml").and_then(|bytes| sheet_of(&file, &bytes, errors, story::read));
    let mut incident = incident?;
    incident.expectation = expectation;
    for (name, bytes) in files {
        if name.ends_with(".eml") {
            incident.messages.insert(name, with_crlf(&bytes));
        } else {
            let remedy = "a folder holds incident.toml, expect.toml and *.eml";
            errors.push(LoadError::of_file(&folder.join(name), "this file is not read", remedy));
        }
    }
    check_messages(folder, &incident, errors);
    Some(incident)
}

/// Reads one text and takes its errors over, in the order of their lines.
fn sheet_of<T>(
    file: &Path,
    bytes: &[u8],
    errors: &mut Vec<LoadError>,
    read: impl FnOnce(&mut Sheet<'_>) -> Option<T>,
) -> Option<T> {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(e) => {
            let before = bytes.get(..e.valid_up_to()).unwrap_or_default();
            let (line, column) = position_of(&String::from_utf8_lossy(before), before.len());
            errors.push(LoadError {
                line: Some(line),
                column: Some(column),
                ..LoadError::of_file(file, "this is not UTF-8", "save the file as UTF-8")
            });
            return None;
        }
    };
    let mut sheet = Sheet::new(file, text);
    let read = read(&mut sheet);
    sheet.errors.sort_by_key(|e| (e.line, e.column));
    errors.append(&mut sheet.errors);
    read
}

/// What is claimed must be shown: every rule of `prevented_by` in some step, every message that a
/// step names must be there, and every message must be in a step.
fn check_messages(folder: &Path, incident: &Incident, errors: &mut Vec<LoadError>) {
    let expect = folder.join("expect.toml");
    let Some(Expectation { steps }) = &incident.expectation else {
        if !incident.prevented_by.is_empty() {
            let message = "there is no expect.toml that would prove prevented_by";
            let remedy = "add it, with message.eml in the incident's likeness";
            errors.push(LoadError::of_file(&expect, message, remedy));
        }
        return;
    };
    for step in steps {
        if !incident.messages.contains_key(&step.message) {
            let message = format!("a step sends {}, which is not here", step.message);
            errors.push(LoadError::of_file(&expect, message, "add the message, or correct its name"));
        }
    }
    for name in incident.messages.keys() {
        if !steps.iter().any(|s| s.message == *name) {
            let message = "no step sends this message";
            let remedy = "add a [[step]] to expect.toml, or take it away";
            errors.push(LoadError::of_file(&folder.join(name), message, remedy));
        }
    }
    for rule in &incident.prevented_by {
        if !steps.iter().any(|s| s.expected.rules.contains(rule)) {
            let message = format!("prevented_by names {rule}, but no step expects it");
            let remedy = "add a step that shows it, or take the rule out of prevented_by";
            errors.push(LoadError::of_file(&expect, message, remedy));
        }
    }
    if incident.why_not.is_some() {
        let message = "an incident that mail inspection cannot prevent expects something";
        errors.push(LoadError::of_file(&expect, message, "take expect.toml away, or why_not"));
    }
}

/// The message as it goes over the wire: every line ends in CRLF (RFC 5321 section 2.3.8). The files
/// are kept with LF.
fn with_crlf(bytes: &[u8]) -> Vec<u8> {
    let mut wire = Vec::with_capacity(bytes.len() + bytes.len() / 32);
    let mut last = 0;
    for byte in bytes {
        if *byte == b'\n' && last != b'\r' {
            wire.push(b'\r');
        }
        wire.push(*byte);
        last = *byte;
    }
    wire
}
