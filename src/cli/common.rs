//! What several commands need: the configuration with its errors told, messages from files, a runtime.

use std::io::Read;
use std::path::{Path, PathBuf};

use casebook::LoadError;
use daemon::config::Config;
use guard::Policy;

/// What a command answers with; the text of an error is for the person at the shell.
pub type Outcome = Result<std::process::ExitCode, String>;

/// Reads the configuration; all errors, one a line.
pub fn config(path: &Path) -> Result<Config, String> {
    Config::load(path).map_err(|errors| list(&errors))
}

/// Reads the configuration and everything it names; all errors, one a line.
pub fn load(path: &Path) -> Result<(Config, Policy), String> {
    let config = config(path)?;
    let policy = config.policy().map_err(|errors| list(&errors))?;
    Ok((config, policy))
}

/// Errors, one a line.
pub fn list(errors: &[LoadError]) -> String {
    let lines: Vec<String> = errors.iter().map(LoadError::to_string).collect();
    lines.join("\n")
}

/// A runtime for commands that look into the store.
pub fn block_on<F: Future>(work: F) -> Result<F::Output, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    Ok(runtime.map_err(|e| format!("no runtime: {e}"))?.block_on(work))
}

/// A message and what to call it.
pub struct Input {
    /// The path; `PATH#3` for the third message of an mbox; `-` for standard input.
    pub name: String,
    /// With CRLF line ends, as SMTP would carry it.
    pub bytes: Vec<u8>,
}

/// Reads messages from files, folders (all files in them, sorted), mbox files and `-`.
pub fn messages(paths: &[PathBuf]) -> Result<Vec<Input>, String> {
    let mut found = Vec::new();
    for path in paths {
        if path.as_os_str() == "-" {
            let mut bytes = Vec::new();
            std::io::stdin().read_to_end(&mut bytes).map_err(|e| format!("standard input: {e}"))?;
            split("-", bytes, &mut found);
        } else {
            gather(path, &mut found)?;
        }
    }
    Ok(found)
}

fn gather(path: &Path, found: &mut Vec<Input>) -> Result<(), String> {
    let said = |e: std::io::Error| format!("{}: {e}", path.display());
    if path.is_dir() {
        let mut entries: Vec<PathBuf> =
            std::fs::read_dir(path).map_err(said)?.flatten().map(|e| e.path()).collect();
        entries.sort();
        for entry in entries {
            gather(&entry, found)?;
        }
        return Ok(());
    }
    split(&path.display().to_string(), std::fs::read(path).map_err(said)?, found);
    Ok(())
}

/// An mbox gives its messages, anything else itself.
fn split(name: &str, bytes: Vec<u8>, found: &mut Vec<Input>) {
    if !bytes.starts_with(b"From ") {
        found.push(Input { name: name.to_string(), bytes: with_crlf(bytes) });
        return;
    }
    for (i, message) in mbox(&bytes).into_iter().enumerate() {
        found.push(Input { name: format!("{name}#{}", i + 1), bytes: with_crlf(message) });
    }
}

/// The messages of an mbox (RFC 4155): each behind a `From ` line that begins the file or follows an
/// empty line; one `>` is taken off quoted `From ` lines.
fn mbox(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut messages: Vec<Vec<u8>> = Vec::new();
    let mut after_empty = true;
    for line in bytes.split_inclusive(|b| *b == b'\n') {
        let empty = line == b"\n" || line == b"\r\n";
        if after_empty && line.starts_with(b"From ") {
            messages.push(Vec::new());
        } else if let Some(message) = messages.last_mut() {
            let quoted = line.first() == Some(&b'>')
                && line.iter().find(|b| **b != b'>') == Some(&b'F')
                && line.windows(6).next().is_some()
                && trim_marks(line).starts_with(b"From ");
            message.extend_from_slice(if quoted { &line[1..] } else { line });
        }
        after_empty = empty;
    }
    messages
}

fn trim_marks(line: &[u8]) -> &[u8] {
    let marks = line.iter().take_while(|b| **b == b'>').count();
    line.get(marks..).unwrap_or_default()
}

/// A file with bare LF line ends throughout gets CRLF; one that has CRLF anywhere stays as it is,
/// because a mixture is something to report, not to mend.
pub fn with_crlf(bytes: Vec<u8>) -> Vec<u8> {
    if bytes.windows(2).any(|w| w == b"\r\n") || !bytes.contains(&b'\n') {
        return bytes;
    }
    let mut crlf = Vec::with_capacity(bytes.len() + bytes.len() / 32);
    for byte in bytes {
        if byte == b'\n' {
            crlf.push(b'\r');
        }
        crlf.push(byte);
    }
    crlf
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_mbox_gives_its_messages() {
        let text = b"From a@example.com Thu Jan  1 00:00:00 1970\nSubject: 1\n\n>From here\nFrom there\n\nFrom b@example.com Thu\nSubject: 2\n\nx\n";
        let messages = mbox(text);
        assert_eq!(messages.len(), 2);
        assert_eq!(messages[0], b"Subject: 1\n\nFrom here\nFrom there\n\n");
        assert_eq!(messages[1], b"Subject: 2\n\nx\n");
    }

    #[test]
    fn line_ends_become_crlf_only_where_none_is() {
        assert_eq!(with_crlf(b"a\nb\n".to_vec()), b"a\r\nb\r\n");
        assert_eq!(with_crlf(b"a\r\nb\n".to_vec()), b"a\r\nb\n");
    }
}
