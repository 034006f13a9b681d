//! `sekisho serve`: the daemon, until SIGTERM or SIGINT.

use std::path::Path;
use std::process::ExitCode;

use tokio::signal::unix::{SignalKind, signal};
use tracing::level_filters::LevelFilter;

use super::common::{self, Outcome};
use super::log::{Last, Lines};
use daemon::config::{Config, LogFormat};
use daemon::serve::Daemon;
use terms::clock::Clock;

pub fn run(path: &Path) -> Outcome {
    let (config, policy) = common::load(path)?;
    let faults = config.faults();
    if !faults.is_empty() {
        return Err(common::list(&faults));
    }
    let _last_lines = log(&config).map_err(|e| format!("no log: {e}"))?;
    // A connection is a descriptor, and so is its way to the next hop.
    if let Err(error) = rlimit::increase_nofile_limit(u64::MAX) {
        tracing::warn!(%error, "the limit of open files stays as it is");
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.map_err(|e| format!("no runtime: {e}"))?.block_on(async {
        let stopped = stop_signal()?;
        let daemon = Daemon::start(config, policy, Some(path.to_path_buf()), Clock::system()).await?;
        let pages = daemon.pages.map(|at| at.to_string());
        tracing::info!(listening = ?daemon.listening, pages, version = env!("CARGO_PKG_VERSION"), "open");
        stopped.await;
        tracing::info!("stopping");
        daemon.stop().await;
        tracing::info!("stopped");
        Ok(ExitCode::SUCCESS)
    })
}

/// Ready when the program is asked to stop. Needs a runtime.
pub fn stop_signal() -> Result<impl Future<Output = ()>, String> {
    let listen = |kind| signal(kind).map_err(|e| format!("no signals: {e}"));
    let (mut terminate, mut interrupt) = (listen(SignalKind::terminate())?, listen(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// Opens the log; what is returned writes the last lines when it goes.
fn log(config: &Config) -> std::io::Result<Last> {
    let (lines, last) = Lines::to_stderr()?;
    let builder = tracing_subscriber::fmt()
        // Another word is a fault that was told above.
        .with_max_level(config.log.level.parse().unwrap_or(LevelFilter::INFO))
        .with_writer(lines)
        .with_target(false);
    match config.log.format {
        LogFormat::Text => builder.with_ansi(false).init(),
        LogFormat::Json => builder.json().init(),
    }
    Ok(last)
}
