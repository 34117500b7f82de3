//! Why the engine could not do what was asked, and which exit code that is.

use std::sync::Arc;

use crate::config::ConfigError;
use crate::store::StoreError;
use crate::telegram::TelegramError;

/// Why the engine could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// `api_id` and `api_hash` are missing.
    #[error(
        "Telegram asks for an api_id and api_hash of your own: get them at my.telegram.org and start again"
    )]
    NeedsApi,
    /// Nobody is signed in.
    #[error("You are not signed in: run `heliogram login` first")]
    NotSignedIn,
    /// The code, number or password was not accepted.
    #[error("Signing in did not work: {0}")]
    SignIn(TelegramError),
    /// No line to the server.
    #[error(
        "There is no connection to Telegram: {}. Check the line and try again",
        .0.trim_end_matches('.')
    )]
    NoConnection(String),
    /// The album is not in the library.
    #[error(
        "There is no album {0} in the library: run `heliogram sync` and look at `heliogram albums`"
    )]
    UnknownAlbum(crate::model::AlbumId),
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] Arc<StoreError>),
    /// Telegram refused.
    #[error("Telegram did not do it: {0}")]
    Telegram(TelegramError),
    /// The configuration could not be written.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Threads could not be started, or a file could not be used.
    #[error("{doing}: {source}")]
    Io {
        /// What was being done.
        doing: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// The engine is stopping.
    #[error("Heliogram is stopping; what was under way goes on at the next start")]
    Stopping,
}

impl EngineError {
    /// Exit code of the command line: 1 items failed, 2 usage, 3 not signed in, 4 no connection,
    /// 5 store.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::NeedsApi | Self::UnknownAlbum(_) | Self::Config(_) => 2,
            Self::NotSignedIn | Self::SignIn(_) => 3,
            Self::NoConnection(_) => 4,
            Self::Store(_) => 5,
            Self::Telegram(_) | Self::Io { .. } | Self::Stopping => 1,
        }
    }

    /// Whether it may work later by itself.
    pub(crate) fn is_offline(&self) -> bool {
        matches!(self, Self::NoConnection(_))
    }
}

impl From<TelegramError> for EngineError {
    fn from(error: TelegramError) -> Self {
        if error.is_signed_out() {
            Self::NotSignedIn
        } else if error.is_offline() {
            Self::NoConnection(match error {
                TelegramError::Offline { why } => why,
                error => error.to_string(),
            })
        } else {
            Self::Telegram(error)
        }
    }
}

impl From<StoreError> for EngineError {
    fn from(error: StoreError) -> Self {
        Self::Store(Arc::new(error))
    }
}
