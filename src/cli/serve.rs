//! `sekisho serve`: the daemon, until SIGTERM or SIGINT.

use std::path::Path;
use std::process::ExitCode;

use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

use super::common::{self, Outcome};
use crate::clock::Clock;
use crate::config::{Config, LogFormat};
use crate::serve::Daemon;

pub fn run(path: &Path) -> Outcome {
    let (config, house) = common::load(path)?;
    let faults = config.faults(path);
    if !faults.is_empty() {
        return Err(common::list(&faults));
    }
    log(&config);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.map_err(|e| format!("no runtime: {e}"))?.block_on(async {
        let stopped = stop_signal()?;
        let daemon = Daemon::start(config, house, Some(path.to_path_buf()), Clock::system()).await?;
        tracing::info!(listening = ?daemon.listening, version = env!("CARGO_PKG_VERSION"), "open");
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

fn log(config: &Config) {
    let builder = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(&config.log.level))
        .with_writer(std::io::stderr)
        .with_target(false);
    match config.log.format {
        LogFormat::Text => builder.with_ansi(false).init(),
        LogFormat::Json => builder.json().init(),
    }
}
