//! Why a command did not do all it was asked for, and the exit code that says so.

use crate::config::ConfigError;
use crate::engine::EngineError;

/// The program's exit codes; part of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Everything was done.
    Done = 0,
    /// Some items failed; each was named.
    Items = 1,
    /// Wrong usage.
    Usage = 2,
    /// Nobody is signed in.
    NotSignedIn = 3,
    /// No connection.
    Offline = 4,
    /// The local store is in use, newer than this program, or unreadable.
    Store = 5,
    /// There is no display for a window.
    NoDisplay = 6,
}

/// Why a command did not do all it was asked for: a sentence for people.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// The command makes no sense as it was given.
    #[error("{0}")]
    Usage(String),
    /// Some items failed. They were named when it happened.
    #[error("{0}")]
    Items(String),
    /// Stopped by Ctrl-C before everything was done.
    #[error("{0}")]
    Stopped(String),
    /// Nobody could be signed in.
    #[error("{0}")]
    NotSignedIn(String),
    /// There is no display for a window.
    #[error("{0}")]
    NoDisplay(String),
    /// The configuration does not allow it.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The engine could not.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The answer could not be written.
    #[error("The answer could not be written to standard output: {0}. Check where it goes.")]
    Output(std::io::Error),
    /// A question could not be asked, or its answer not be read.
    #[error("The answer could not be read: {0}. Use --stdin where there is no terminal.")]
    Input(std::io::Error),
}

impl CliError {
    /// The exit code that goes with it.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) | Self::Input(_) => Exit::Usage as u8,
            Self::Config(error) => error.exit_code(),
            Self::Items(_) | Self::Stopped(_) | Self::Output(_) => Exit::Items as u8,
            Self::NotSignedIn(_) => Exit::NotSignedIn as u8,
            Self::NoDisplay(_) => Exit::NoDisplay as u8,
            Self::Engine(error) => error.exit_code(),
        }
    }
}
