//! A Telegram data centre in a box, reached through a socket only.
//!
//! Two listeners (data centres 2 and 4) speak MTProto 2.0 with an RSA key of their own; behind them stand
//! accounts, albums and files kept in one folder, which are there again after a restart or a kill.
//! It is not a simulator inside the client: nothing of the program but `main` and tests may open it, and
//! those talk to it through TCP like to any other server.
//! Everything here runs on the tokio runtime of whoever calls [`Sandbox::start`].

pub(crate) mod accounts;
pub(crate) mod db;
pub(crate) mod dice;
pub(crate) mod held;
pub(crate) mod hub;
pub(crate) mod key;
pub mod options;
pub(crate) mod painted;
pub mod ready;
pub(crate) mod rpc;
pub(crate) mod server;
pub(crate) mod wire;
pub(crate) mod world;

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

pub use options::*;
pub use ready::{Ready, ReadyAccount};

use server::Server;

/// A running sandbox. Dropping it stops it; [`Sandbox::stop`] also waits until its folder is free again.
#[derive(Debug)]
pub struct Sandbox {
    server: Arc<Server>,
    ready: Ready,
}

impl Sandbox {
    /// Starts listening (both data centres) and returns once the ready file (if asked for) is written.
    pub async fn start(options: SandboxOptions) -> Result<Self, SandboxError> {
        let listeners = wire::listeners::bind(options.listen).await?;
        let (server, listeners) = {
            let opened = tokio::task::spawn_blocking(move || Server::open(options)).await;
            let server = opened.map_err(|cause| SandboxError::Stopped(cause.to_string()))??;
            listeners.complete(server).await?
        };
        let ready = ready::describe(&server);
        if let Some(path) = server.options.ready_file.clone() {
            let text = ready.clone();
            let written = tokio::task::spawn_blocking(move || ready::write(&path, &text)).await;
            written.map_err(|cause| SandboxError::Stopped(cause.to_string()))??;
        }
        for (dc, listener) in listeners {
            tokio::spawn(wire::accept(Arc::clone(&server), dc, listener));
        }
        Ok(Self { server, ready })
    }

    /// What the ready file says: address, key and accounts.
    pub fn ready(&self) -> &Ready {
        &self.ready
    }

    /// The addresses of both data centres by their ids.
    pub fn addresses(&self) -> [(i32, SocketAddr); 2] {
        self.server.addresses()
    }

    /// Changes the faults while it runs; counters of earlier faults start afresh.
    pub fn set_faults(&self, faults: Faults) {
        self.server.set_faults(faults);
    }

    /// Closes every connection at once, as a failing network would. New ones are accepted.
    pub fn cut_all_connections(&self) {
        self.server.connections.cut_all();
    }

    /// Calls by method name so far: `"upload.getFile" -> 12`.
    pub fn calls(&self) -> BTreeMap<String, u64> {
        self.server.calls.by_name()
    }

    /// Bytes of files and thumbnails handed out so far.
    pub fn bytes_handed_out(&self) -> u64 {
        self.server.world.handed_out.load(Ordering::Relaxed)
    }

    /// Stops listening, closes every connection and waits until what they began is done, so that the
    /// folder can be opened again.
    pub async fn stop(self) {
        let server = Arc::clone(&self.server);
        drop(self);
        server.stop();
        server.stopped().await;
        // The last tasks let go of the server a moment after they have ended.
        let database = Arc::downgrade(&server.db);
        drop(server);
        for _ in 0..10_000 {
            if database.strong_count() == 0 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        tracing::warn!("the sandbox was stopped, but something still holds its database");
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.server.stop();
    }
}

/// Why the sandbox could not start or go on.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// A file or folder of the world could not be used.
    #[error("{path}: {source}")]
    Io {
        /// Which one.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The address cannot be listened on.
    #[error(
        "cannot listen on {address}: {source}; choose another port with --listen, or 0 for any"
    )]
    Address {
        /// The address asked for.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// Another sandbox has this world open.
    #[error("{path} is in use by another sandbox; stop that one or choose another --data")]
    InUse {
        /// The world's database.
        path: PathBuf,
    },
    /// The world was written by a later version.
    #[error(
        "{path} was written by a newer version (format {found}, this one knows {known}); use that version or another --data"
    )]
    Newer {
        /// The world's database.
        path: PathBuf,
        /// The format it has.
        found: u32,
        /// The newest format this version reads.
        known: u32,
    },
    /// Something in the world's folder is not what this version wrote.
    #[error("{path} cannot be read: {cause}; remove it for a new world, or choose another --data")]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        cause: String,
    },
    /// The world's database failed.
    #[error("the world's database failed: {0}")]
    Database(#[source] Box<redb::Error>),
    /// Albums and files of the world could not be opened.
    #[error("the sandbox's world could not be opened: {0}")]
    World(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// An account of the options cannot be made.
    #[error("the account {phone} cannot be made: {cause}")]
    Account {
        /// Its phone number.
        phone: String,
        /// Why not.
        cause: String,
    },
    /// The system gave no randomness, so no key can be made.
    #[error("no key could be made: {0}")]
    Key(String),
    /// The runtime ended while the sandbox was starting.
    #[error("the sandbox was stopped while it was starting: {0}")]
    Stopped(String),
}

macro_rules! from_redb {
    ($($kind:ident),*) => {$(
        impl From<redb::$kind> for SandboxError {
            fn from(cause: redb::$kind) -> Self {
                Self::Database(Box::new(cause.into()))
            }
        }
    )*};
}
from_redb!(
    DatabaseError,
    TransactionError,
    TableError,
    StorageError,
    CommitError,
    SetDurabilityError
);
