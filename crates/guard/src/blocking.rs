//! Long work, done where it keeps no other session waiting.

use tokio::runtime::{Handle, RuntimeFlavor};

use message::Mail;

/// Files of this size in all are long work: a small one may unpack to a large one, so that few kilobytes
/// can take long. A thread serves many sessions, and these may not wait for it.
const FILES: usize = 4 * 1024;
/// Text of this size is long work.
const TEXT: usize = 256 * 1024;

/// Whether reading the content of a mail may take long.
pub fn is_long(mail: &Mail<'_>) -> bool {
    let files: usize = mail.attachments().iter().map(|part| part.raw().len()).sum();
    files >= FILES || mail.raw.len() >= TEXT
}

/// Does the work, and has another thread serve the sessions of this one meanwhile if the work is long
/// and there is one.
pub fn run_blocking<T>(is_long: bool, work: impl FnOnce() -> T) -> T {
    let others = || Handle::try_current().is_ok_and(|h| h.runtime_flavor() == RuntimeFlavor::MultiThread);
    if is_long && others() { tokio::task::block_in_place(work) } else { work() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use message::{Limits, read};

    #[test]
    fn files_and_very_long_texts_take_long() {
        let long = |head: &str, size: usize| {
            let raw = format!("{head}\r\n\r\n{}", "text\r\n".repeat(size / 6));
            is_long(&read(raw.as_bytes(), &Limits::default()))
        };
        let text = "Subject: x";
        let file = "Content-Type: application/zip; name=a.zip\r\nContent-Disposition: attachment";
        assert!(!long(text, 100_000) && long(text, 300_000));
        assert!(!long(file, 3_000) && long(file, 5_000));
    }

    #[test]
    fn the_work_is_done_with_and_without_a_runtime() {
        assert_eq!(run_blocking(true, || 1), 1);
        let single = tokio::runtime::Builder::new_current_thread().build().unwrap();
        assert_eq!(single.block_on(async { run_blocking(true, || 2) }), 2);
        let many = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
        let task = many.spawn(async { run_blocking(true, || 3) });
        assert_eq!(many.block_on(task).unwrap(), 3);
    }
}
