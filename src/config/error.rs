//! What can be wrong with the configuration, in sentences for people.
//!
//! No sentence quotes a file's content: `app.toml` holds the API hash, a ready file codes and
//! passwords.

use std::path::PathBuf;

/// The configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The platform names no folder for configuration and data.
    #[error("this system names no home folder to keep things in; give one with --home DIR")]
    NoPlaces,
    /// A file or folder cannot be read or written.
    #[error("{} cannot be used: {source}; make sure that it can be read and written", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The text of a file is not what it should be.
    #[error("{}, line {line}: {problem}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong with it and what to write instead.
        problem: String,
    },
    /// There is no ready file.
    #[error(
        "{} does not exist; start the server with `heliogram sandbox --ready-file {}` and give that file to --endpoint",
        path.display(), path.display()
    )]
    NoReadyFile {
        /// The file given with `--endpoint`.
        path: PathBuf,
    },
    /// The ready file is not what `sandbox --ready-file` writes.
    #[error("{} is not a ready file: {problem}", path.display())]
    BadReadyFile {
        /// The file given with `--endpoint`.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// A server's description that did not come from a file makes no sense.
    #[error("this server cannot be used: {0}")]
    BadServer(String),
    /// The home belongs to another server.
    #[error(
        "the home {} belongs to {owner} and cannot be used with {asked}; choose another with --home DIR",
        home.display()
    )]
    OtherServer {
        /// The home: the folder over its data folder, or the data folder itself.
        home: PathBuf,
        /// Whose it is.
        owner: String,
        /// What it was to be used with.
        asked: String,
    },
    /// A variable of the environment makes no sense.
    #[error("the environment variable {variable} {problem}")]
    Environment {
        /// Its name.
        variable: &'static str,
        /// What is wrong with its value.
        problem: &'static str,
    },
    /// The credentials that were to be stored cannot be.
    #[error("{0}")]
    BadApi(&'static str),
}

impl ConfigError {
    /// The exit code of a command that ends with this: wrong usage.
    pub const fn exit_code(&self) -> u8 {
        2
    }

    pub(super) fn io(path: &std::path::Path) -> impl FnOnce(std::io::Error) -> Self + '_ {
        move |source| Self::Io { path: path.to_path_buf(), source }
    }
}
