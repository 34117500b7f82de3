//! What can go wrong in the world: a refusal that Telegram knows a name for, or a broken disk.
//!
//! Refusals go to the client as they are; anything else is logged once, here, and answered as an
//! internal error. No thread of its own.

use std::borrow::Cow;

use crate::sandbox::rpc::RpcError;

/// The result of anything in the world.
pub(crate) type Outcome<T> = Result<T, WorldError>;

/// A refusal, or trouble below.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WorldError {
    /// Telegram refuses such a call, by this code and name.
    #[error("refused with {} {}", .0.code, .0.name)]
    Refused(RpcError),
    /// The database failed.
    #[error("the sandbox's database failed: {0}; free some disk space or start with a new folder")]
    Database(Box<redb::Error>),
    /// A file failed.
    #[error("a file of the sandbox failed: {0}; see that its folder is writable and has space")]
    File(#[from] std::io::Error),
    /// A record in the database could not be read.
    #[error("a record of the sandbox's world is damaged ({0}); start with a new folder")]
    Record(String),
    /// The world has its painted photographs already, and others are asked for.
    #[error(
        "it was painted with --photos {photos} --seed {seed}; ask for the same or for none, or choose another --data"
    )]
    Painted {
        /// How many there are.
        photos: u64,
        /// What they were painted from.
        seed: u64,
    },
}

impl WorldError {
    /// What the client is told.
    pub(crate) fn into_rpc(self) -> RpcError {
        match self {
            Self::Refused(error) => error,
            other => {
                tracing::error!("{other}");
                RpcError { code: 500, name: Cow::Borrowed("INTERNAL_SERVER_ERROR") }
            }
        }
    }
}

/// A refusal with code 400, the usual one.
pub(crate) fn refuse<T>(name: &'static str) -> Outcome<T> {
    Err(refusal(400, name))
}

/// A refusal with a code of its own.
pub(crate) fn refusal(code: i32, name: impl Into<Cow<'static, str>>) -> WorldError {
    WorldError::Refused(RpcError { code, name: name.into() })
}

impl From<grammers_tl_types::deserialize::Error> for WorldError {
    fn from(error: grammers_tl_types::deserialize::Error) -> Self {
        Self::Record(error.to_string())
    }
}

impl From<postcard::Error> for WorldError {
    fn from(error: postcard::Error) -> Self {
        Self::Record(error.to_string())
    }
}

/// redb has an error type for each step; here they are one.
macro_rules! from_redb {
    ($($kind:ident),*) => {$(
        impl From<redb::$kind> for WorldError {
            fn from(error: redb::$kind) -> Self {
                Self::Database(Box::new(error.into()))
            }
        }
    )*};
}
from_redb!(StorageError, TableError, TransactionError, CommitError);
