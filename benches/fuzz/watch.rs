//! What is watched while a body runs: memory, panics, and time on the processor.

use std::alloc::{GlobalAlloc, Layout, System};
use std::panic;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// The system's allocator, counted.
pub struct Counted;

static HELD: AtomicI64 = AtomicI64::new(0);
static PEAK: AtomicI64 = AtomicI64::new(0);

// SAFETY: every call goes on to the system's allocator as it came; only numbers are kept beside it.
unsafe impl GlobalAlloc for Counted {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        taken(layout.size() as i64);
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        taken(layout.size() as i64);
        // SAFETY: the caller keeps the contract of `alloc_zeroed`.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size() as i64, Relaxed);
        // SAFETY: the caller keeps the contract of `dealloc`.
        unsafe { System.dealloc(at, layout) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        taken(size as i64 - layout.size() as i64);
        // SAFETY: the caller keeps the contract of `realloc`.
        unsafe { System.realloc(at, layout, size) }
    }
}

fn taken(bytes: i64) {
    let held = HELD.fetch_add(bytes, Relaxed) + bytes;
    PEAK.fetch_max(held, Relaxed);
}

/// Where the last panic was, and where the last one that its reader caught was.
static PANIC: Mutex<Option<String>> = Mutex::new(None);

/// Notes panics instead of printing them.
pub fn note_panics() {
    panic::set_hook(Box::new(|info| {
        let place = info.location().map_or(String::new(), |l| format!("{}:{}", l.file(), l.line()));
        let said = info.payload_as_str().unwrap_or("").chars().take(160).collect::<String>();
        *PANIC.lock().unwrap_or_else(PoisonError::into_inner) = Some(format!("{place}: {said}"));
    }));
}

/// What one run of a body cost.
pub struct Cost {
    /// Bytes held at most, above what was held before.
    pub memory: u64,
    /// On the processor.
    pub time: Duration,
    /// Where it panicked, caught or not.
    pub panic: Option<String>,
    pub shape: Option<u64>,
}

/// Runs a body and says what it cost.
pub fn run(body: fn(&[u8]) -> u64, input: &[u8]) -> Cost {
    *PANIC.lock().unwrap_or_else(PoisonError::into_inner) = None;
    let before = HELD.load(Relaxed);
    PEAK.store(before, Relaxed);
    let start = processor_time();
    let done = panic::catch_unwind(|| body(input));
    let time = processor_time().saturating_sub(start);
    let memory = u64::try_from(PEAK.load(Relaxed) - before).unwrap_or(0);
    let panic = PANIC.lock().unwrap_or_else(PoisonError::into_inner).take();
    Cost { memory, time, panic, shape: done.ok() }
}

/// The time that this process has had on the processors: a busy machine does not lengthen it.
pub fn processor_time() -> Duration {
    let mut at = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `at` is a place for the answer.
    let done = unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &raw mut at) };
    assert_eq!(done, 0, "the system has no clock of the processor");
    Duration::new(at.tv_sec.unsigned_abs(), u32::try_from(at.tv_nsec).unwrap_or(0))
}

static ROUND: AtomicU64 = AtomicU64::new(0);
static IDLE: AtomicBool = AtomicBool::new(true);

/// Says that a run begins; a run that takes a minute of the processor ends the process, with the
/// input left in `input`.
pub fn begin() {
    ROUND.fetch_add(1, Relaxed);
    IDLE.store(false, Relaxed);
}

/// Says that the run is over.
pub fn end() {
    IDLE.store(true, Relaxed);
}

/// Starts the watch for runs without end.
pub fn watch_for_hangs(input: PathBuf) {
    std::thread::spawn(move || {
        let (mut round, mut since) = (0, Duration::ZERO);
        loop {
            std::thread::sleep(Duration::from_secs(5));
            let (now, used) = (ROUND.load(Relaxed), processor_time());
            if IDLE.load(Relaxed) || now != round {
                (round, since) = (now, used);
            } else if used.saturating_sub(since) > Duration::from_secs(60) {
                println!("HANG: the input is {}", input.display());
                std::process::exit(3);
            }
        }
    });
}
