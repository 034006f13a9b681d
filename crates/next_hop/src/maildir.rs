//! Final delivery into a maildir: for trying Sekisho out, and for sites that collect mail by file.
//! A message counts as delivered when its file and its name are on the disk.

use std::fs::{self, File, OpenOptions};
use std::io::{self, IoSlice, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::error::{HopError, chain};
use smtp::command::{EnvelopeCommand, EnvelopeVerb};
use smtp::reply::Reply;

/// One transaction with a maildir.
#[derive(Debug)]
pub(super) struct Delivery {
    root: PathBuf,
    from: Option<String>,
    rcpts: Vec<String>,
}

/// Makes the maildir's folders.
pub(super) fn create(root: &Path) -> io::Result<()> {
    ["tmp", "new", "cur"].iter().try_for_each(|folder| fs::create_dir_all(root.join(folder)))
}

impl Delivery {
    pub(super) fn new(root: PathBuf) -> Self {
        Delivery { root, from: None, rcpts: Vec::new() }
    }

    pub(super) fn command(&mut self, command: &EnvelopeCommand) -> Reply {
        match (command.verb, &self.from) {
            (EnvelopeVerb::Mail, None) => {
                self.from = Some(command.path.clone());
                Reply::new(250, "2.1.0 Ok")
            }
            (EnvelopeVerb::Mail, Some(_)) => Reply::new(503, "5.5.1 Nested MAIL command"),
            (EnvelopeVerb::Rcpt, None) => Reply::new(503, "5.5.1 Need MAIL first"),
            (EnvelopeVerb::Rcpt, Some(_)) => {
                self.rcpts.push(command.path.clone());
                Reply::new(250, "2.1.5 Ok")
            }
        }
    }

    pub(super) fn in_transaction(&self) -> bool {
        self.from.is_some()
    }

    pub(super) fn reset(&mut self) {
        self.from = None;
        self.rcpts.clear();
    }

    /// Delivers the message whose parts follow one another.
    pub(super) async fn store(&mut self, parts: &[&[u8]]) -> Reply {
        let top = self.trace();
        self.reset();
        let root = self.root.clone();
        let message = parts.concat();
        let written = tokio::task::spawn_blocking(move || write(&root, &top, &message)).await;
        match written.unwrap_or_else(|crash| Err(io::Error::other(crash))) {
            Ok(name) => Reply::new(250, format!("2.0.0 Ok: delivered as {name}")),
            Err(error) => {
                let error = HopError::Storage(error);
                tracing::error!(error = chain(&error), "maildir");
                error.reply()
            }
        }
    }

    /// What final delivery prepends (RFC 5321 section 4.4), and whom it delivered to.
    fn trace(&self) -> Vec<u8> {
        let mut top = format!("Return-Path: <{}>\r\n", self.from.as_deref().unwrap_or(""));
        for rcpt in &self.rcpts {
            top.push_str("Delivered-To: ");
            top.push_str(rcpt);
            top.push_str("\r\n");
        }
        top.into_bytes()
    }
}

/// Writes the message under a new name: complete in tmp, on the disk, then moved to new, and the
/// folder synced too, since a rename is not durable before that.
fn write(root: &Path, top: &[u8], message: &[u8]) -> io::Result<String> {
    let name = unique_name()?;
    let (tmp, new) = (root.join("tmp").join(&name), root.join("new").join(&name));
    let stored = write_synced(&tmp, top, message).and_then(|()| {
        fs::rename(&tmp, &new)?;
        File::open(root.join("new"))?.sync_all()
    });
    if let Err(error) = stored {
        // It was not acknowledged, so it must not turn up later beside the client's next try.
        let _ = fs::remove_file(&tmp);
        let _ = fs::remove_file(&new);
        return Err(error);
    }
    Ok(name)
}

fn write_synced(path: &Path, top: &[u8], message: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    let mut slices = [IoSlice::new(top), IoSlice::new(message)];
    let mut left = &mut slices[..];
    IoSlice::advance_slices(&mut left, 0);
    while !left.is_empty() {
        match file.write_vectored(left) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(n) => IoSlice::advance_slices(&mut left, n),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    file.sync_all()
}

/// A name that no other delivery has: random for this process's run, and a counter.
fn unique_name() -> io::Result<String> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let random = getrandom::u64().map_err(|error| io::Error::other(error.to_string()))?;
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    Ok(format!("R{random:016x}P{}Q{count}.sekisho", std::process::id()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_message_is_delivered_with_its_trace() {
        let root = tempfile::tempdir().unwrap();
        create(root.path()).unwrap();
        let mut delivery = Delivery::new(root.path().to_path_buf());
        assert_eq!(delivery.command(&EnvelopeCommand::rcpt("b@example.com", vec![])).code, 503);
        assert_eq!(delivery.command(&EnvelopeCommand::mail("a@example.com", vec![])).code, 250);
        assert_eq!(delivery.command(&EnvelopeCommand::mail("x@example.com", vec![])).code, 503);
        for rcpt in ["b@example.com", "c@example.com"] {
            assert_eq!(delivery.command(&EnvelopeCommand::rcpt(rcpt, vec![])).code, 250);
        }
        assert_eq!(delivery.store(&[b"Received: x\r\n", b"Subject: s\r\n\r\n.dot\r\n"]).await.code, 250);
        assert!(!delivery.in_transaction());
        let files: Vec<_> = fs::read_dir(root.path().join("new")).unwrap().flatten().collect();
        assert_eq!(files.len(), 1);
        assert_eq!(
            fs::read_to_string(files[0].path()).unwrap(),
            "Return-Path: <a@example.com>\r\nDelivered-To: b@example.com\r\nDelivered-To: c@example.com\r\n\
             Received: x\r\nSubject: s\r\n\r\n.dot\r\n"
        );
        assert_eq!(fs::read_dir(root.path().join("tmp")).unwrap().count(), 0);
    }

    #[tokio::test]
    async fn a_folder_that_is_gone_is_a_transient_failure_that_leaves_nothing() {
        let root = tempfile::tempdir().unwrap();
        create(root.path()).unwrap();
        fs::remove_dir(root.path().join("new")).unwrap();
        let mut delivery = Delivery::new(root.path().to_path_buf());
        delivery.command(&EnvelopeCommand::mail("", vec![]));
        delivery.command(&EnvelopeCommand::rcpt("b@example.com", vec![]));
        assert_eq!(delivery.store(&[b"x\r\n"]).await.code, 451);
        assert_eq!(fs::read_dir(root.path().join("tmp")).unwrap().count(), 0);
    }
}
