//! The log: a file a day in the logs folder, the oldest ones removed; with `-v` on standard error
//! too. Written by a thread of its own, so that nobody waits for the disk.
//!
//! Nothing secret goes in: the rooms keep codes, passwords, keys and phone numbers out of what
//! they say, and what the protocol crates say is limited to warnings, because their details hold
//! contents of messages.

use std::path::Path;

use heliogram::cli::Output;
use heliogram::platform::fs;
use tracing::level_filters::LevelFilter;
use tracing_appender::non_blocking::WorkerGuard;
use tracing_appender::rolling::{RollingFileAppender, Rotation};
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// What log files' names begin with.
const PREFIX: &str = "heliogram";
/// How many days of logs are kept.
const DAYS_KEPT: usize = 7;

/// Keeps the log going; what was said is on disk once this is gone.
#[must_use = "the log ends when this is dropped"]
#[derive(Debug)]
pub(crate) struct Log(#[expect(dead_code, reason = "held for its drop")] Option<WorkerGuard>);

/// Starts the log, and has panics written to it. A folder that cannot be written is no reason not
/// to start: it is said, and the program goes on without the file.
pub(crate) fn start(folder: &Path, verbose: u8, output: &mut Output) -> Log {
    let opened = fs::private_dir(folder).map_err(|error| error.to_string()).and_then(|()| {
        let appender = RollingFileAppender::builder()
            .rotation(Rotation::DAILY)
            .filename_prefix(PREFIX)
            .filename_suffix("log")
            .max_log_files(DAYS_KEPT)
            .build(folder)
            .map_err(|error| error.to_string())?;
        close_to_others(folder);
        Ok(appender)
    });
    let (file, guard) = match opened {
        Ok(appender) => {
            let (file, guard) = tracing_appender::non_blocking(appender);
            (Some(file), Some(guard))
        }
        Err(error) => {
            output.note(&format!("There is no log file: {error} ({}).", folder.display()));
            (None, None)
        }
    };
    let to_file = file.map(|file| {
        tracing_subscriber::fmt::layer()
            .with_ansi(false)
            .with_thread_names(true)
            .with_writer(file)
            .with_filter(filter(level(verbose).max(LevelFilter::INFO)))
    });
    let to_stderr = (verbose > 0).then(|| {
        tracing_subscriber::fmt::layer()
            .with_ansi(false)
            .with_writer(std::io::stderr)
            .with_filter(filter(level(verbose)))
    });
    // A second start within one process (the demo out of the sign-in screen) keeps the first log.
    let _ = tracing_subscriber::registry().with(to_file).with(to_stderr).try_init();
    super::panic::install(folder);
    Log(guard)
}

/// The folder is closed to others; its files too, should they be moved elsewhere.
fn close_to_others(folder: &Path) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        if entry.file_name().to_string_lossy().starts_with(PREFIX)
            && let Err(error) = fs::private_file(&entry.path())
        {
            // Nothing is lost by it: the folder itself is closed.
            tracing::debug!(%error, "a log file keeps its permissions");
        }
    }
}

/// What `-v`, `-vv`, `-vvv` stand for.
fn level(verbose: u8) -> LevelFilter {
    match verbose {
        0 => LevelFilter::OFF,
        1 => LevelFilter::INFO,
        2 => LevelFilter::DEBUG,
        _ => LevelFilter::TRACE,
    }
}

/// Ours at `own`, everybody else's warnings.
fn filter(own: LevelFilter) -> Targets {
    Targets::new()
        .with_default(LevelFilter::WARN.min(own))
        .with_target("grammers", LevelFilter::WARN.min(own))
        .with_target("heliogram", own)
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::*;

    #[test]
    fn the_protocol_crates_only_warn_however_much_is_asked_for() {
        let filter = filter(level(9));
        assert!(filter.would_enable("heliogram::telegram", &Level::TRACE));
        for target in ["grammers_mtsender::sender", "grammers_client", "winit"] {
            assert!(filter.would_enable(target, &Level::WARN), "{target}");
            assert!(!filter.would_enable(target, &Level::INFO), "{target}");
        }
    }
}
