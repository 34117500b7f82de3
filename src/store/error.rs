//! What can go wrong with the store, in sentences for people.

use std::io::{Error, ErrorKind};
use std::path::{Path, PathBuf};

/// The store cannot do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Somebody else holds the home.
    #[error(
        "{path} is in use by another Heliogram; close that one first, or choose another home with --home DIR"
    )]
    InUse {
        /// The home's data folder, or the database that is open elsewhere.
        path: PathBuf,
    },
    /// A file has a format that this program does not know yet.
    #[error(
        "{path} was written by a newer Heliogram (format {found}, this one knows {known}); use the newer one, or another --home"
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: u32,
        /// The newest format that is known here.
        known: u32,
    },
    /// A file is damaged. Nothing of it was thrown away.
    #[error("{path} cannot be read: {cause}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why, and what to do.
        cause: String,
    },
    /// There is no room.
    #[error("the disk is full: {path}; free some space and try again")]
    Full {
        /// What was to be written.
        path: PathBuf,
    },
    /// The system refused.
    #[error("{path} cannot be used: {source}; make sure that it can be read and written")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: Error,
    },
    /// A thread of the store has ended, after an error that the log tells.
    #[error("the local store has stopped; start Heliogram again")]
    Stopped,
}

/// What the store answers.
pub type Result<T> = std::result::Result<T, StoreError>;

impl StoreError {
    /// Whether freeing disk space helps.
    pub const fn is_full(&self) -> bool {
        matches!(self, Self::Full { .. })
    }

    /// Whether somebody else in this program writes the same file.
    pub fn is_busy(&self) -> bool {
        matches!(self, Self::Io { source, .. } if source.kind() == ErrorKind::ResourceBusy)
    }

    pub(super) fn io(path: &Path) -> impl FnOnce(Error) -> Self + '_ {
        move |source| Self::of(path, source)
    }

    pub(super) fn of(path: &Path, source: Error) -> Self {
        let path = path.to_path_buf();
        match source.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Self::Full { path },
            _ => Self::Io { path, source },
        }
    }

    /// The same once more: one failed transaction fails every write that was in it.
    pub(super) fn again(&self) -> Self {
        match self {
            Self::InUse { path } => Self::InUse { path: path.clone() },
            Self::Newer { path, found, known } => {
                Self::Newer { path: path.clone(), found: *found, known: *known }
            }
            Self::Unreadable { path, cause } => {
                Self::Unreadable { path: path.clone(), cause: cause.clone() }
            }
            Self::Full { path } => Self::Full { path: path.clone() },
            Self::Io { path, source } => {
                let source = source.raw_os_error().map_or_else(
                    || Error::new(source.kind(), source.to_string()),
                    Error::from_raw_os_error,
                );
                Self::Io { path: path.clone(), source }
            }
            Self::Stopped => Self::Stopped,
        }
    }
}
