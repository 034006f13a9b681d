//! Other programs, each ended after a time: what hangs is a failure and not a wait.

use std::ffi::OsStr;
use std::net::{SocketAddr, TcpListener};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

/// How long anything may take that should take a moment.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Runs a program to its end without keeping the test's other tasks waiting.
pub async fn run<S: AsRef<OsStr>>(command: impl IntoIterator<Item = S>) -> Output {
    run_with(command, Vec::new()).await
}

/// Runs a program that reads `input`.
pub async fn run_with<S: AsRef<OsStr>>(command: impl IntoIterator<Item = S>, input: Vec<u8>) -> Output {
    let mut timed = Command::new("timeout");
    timed.arg("60").args(command).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    tokio::task::spawn_blocking(move || {
        let mut child = timed.spawn().expect("timeout of coreutils");
        let mut pipe = child.stdin.take().expect("a pipe");
        // A program that does not read its input has other things to complain of.
        let writer = std::thread::spawn(move || std::io::Write::write_all(&mut pipe, &input));
        let output = child.wait_with_output().expect("its output");
        drop(writer.join().expect("no panic"));
        output
    })
    .await
    .expect("no panic")
}

/// The standard output of a program that must do well.
pub async fn good<S: AsRef<OsStr>>(command: impl IntoIterator<Item = S>) -> String {
    let words: Vec<_> = command.into_iter().map(|w| w.as_ref().to_os_string()).collect();
    let output = run(&words).await;
    assert!(output.status.success(), "{words:?}: {}\n{}", output.status, said(&output));
    String::from_utf8(output.stdout).expect("it prints text")
}

/// All that a program said.
pub fn said(output: &Output) -> String {
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    text(&output.stdout) + &text(&output.stderr)
}

/// Waits until `ready` gives something. `what` is for the failure.
pub async fn until<T>(what: &str, ready: impl AsyncFnMut() -> Option<T>) -> T {
    until_within(PATIENCE, what, ready).await
}

/// The same with another patience.
pub async fn until_within<T>(patience: Duration, what: &str, mut ready: impl AsyncFnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = ready().await {
            return found;
        }
        assert!(start.elapsed() < patience, "waited {patience:?} in vain: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// An address for a program that cannot be told "any port": below the ports that the system gives to
/// outgoing connections, so that none of those is in the way when the program starts again.
pub fn free_address() -> SocketAddr {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let start = (std::process::id() % 1_000) as u16 * 11;
    for _ in 0..2_000 {
        let step = NEXT.fetch_add(1, Ordering::SeqCst);
        let port = 20_000 + (start + step) % 12_000;
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        if TcpListener::bind(address).is_ok() {
            return address;
        }
    }
    panic!("no free port between 20000 and 32000");
}
