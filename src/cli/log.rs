//! The log's way to standard error. Lines are gathered and written together, at the latest after
//! [`WAIT`]; a warning or an error is written at once, with all that stands before it.

use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tracing::{Level, Metadata};
use tracing_subscriber::fmt::MakeWriter;

/// A line waits at most so long for company.
const WAIT: Duration = Duration::from_millis(200);
/// So many bytes are written without waiting.
const FULL: usize = 64 * 1024;

/// The lines that were logged and not written yet. Cheap to clone.
#[derive(Clone)]
pub struct Lines(Arc<Shared>);

struct Shared {
    gathered: Mutex<Vec<u8>>,
    /// Rings when the first line is there.
    begun: Condvar,
}

/// Writes what is left when it is dropped, at the end of the program.
pub struct Last(Lines);

impl Lines {
    /// Lines for standard error, and what must be kept until the end.
    pub fn to_stderr() -> io::Result<(Lines, Last)> {
        let lines = Lines(Arc::new(Shared { gathered: Mutex::default(), begun: Condvar::new() }));
        let writer = lines.clone();
        std::thread::Builder::new().name("log".into()).spawn(move || writer.keep_writing())?;
        Ok((lines.clone(), Last(lines)))
    }

    fn keep_writing(&self) {
        loop {
            let gathered = self.gathered();
            let begun = self.0.begun.wait_while(gathered, |lines| lines.is_empty());
            drop(begun);
            std::thread::sleep(WAIT);
            self.write_out();
        }
    }

    /// Whoever logs waits while the lines before are being written: none is lost or comes too early.
    fn write_out(&self) {
        let mut gathered = self.gathered();
        // Where standard error is gone, there is nowhere to say so.
        let _ = io::stderr().write_all(&gathered);
        gathered.clear();
        gathered.shrink_to(FULL);
    }

    fn gathered(&self) -> MutexGuard<'_, Vec<u8>> {
        self.0.gathered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Last {
    fn drop(&mut self) {
        self.0.write_out();
    }
}

/// Takes one line.
pub struct Line<'a> {
    lines: &'a Lines,
    urgent: bool,
}

impl Write for Line<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut gathered = self.lines.gathered();
        let (first, full) = (gathered.is_empty(), gathered.len() + bytes.len() > FULL);
        gathered.extend_from_slice(bytes);
        drop(gathered);
        if self.urgent || full {
            self.lines.write_out();
        } else if first {
            self.lines.0.begun.notify_one();
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Line<'a>;

    fn make_writer(&'a self) -> Line<'a> {
        Line { lines: self, urgent: true }
    }

    fn make_writer_for(&'a self, meta: &Metadata<'_>) -> Line<'a> {
        Line { lines: self, urgent: *meta.level() <= Level::WARN }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines() -> Lines {
        Lines(Arc::new(Shared { gathered: Mutex::default(), begun: Condvar::new() }))
    }

    #[test]
    fn lines_wait_until_there_are_many_of_them() {
        let lines = lines();
        let mut line = Line { lines: &lines, urgent: false };
        line.write_all(b"a\n").unwrap();
        line.write_all(b"b\n").unwrap();
        assert_eq!(*lines.gathered(), b"a\nb\n");
        line.write_all(&[b'\n'; FULL]).unwrap();
        assert!(lines.gathered().is_empty());
    }

    #[test]
    fn what_is_urgent_goes_at_once_with_what_stands_before_it() {
        let lines = lines();
        Line { lines: &lines, urgent: false }.write_all(b"\n").unwrap();
        Line { lines: &lines, urgent: true }.write_all(b"\n").unwrap();
        assert!(lines.gathered().is_empty());
        Line { lines: &lines, urgent: false }.write_all(b"\n").unwrap();
        drop(Last(lines.clone()));
        assert!(lines.gathered().is_empty());
    }
}
