//! Where the session is kept: telegram's [`SessionVault`] over the store.
//!
//! `save` is called on tokio workers and must not wait for a disk, so a thread of its own writes;
//! the newest bytes replace those not yet written. Dropping the vault writes what is left.

use std::io;
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;

use zeroize::Zeroizing;

use super::runtime::lock;
use crate::store::Store;
use crate::telegram::SessionVault;

enum Work {
    Save(Zeroizing<Vec<u8>>),
    Clear,
}

#[derive(Default)]
struct Desk {
    work: Option<Work>,
    writing: bool,
    closing: bool,
}

struct Shared {
    desk: Mutex<Desk>,
    changed: Condvar,
}

/// The vault.
pub(crate) struct StoreVault {
    store: Store,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl StoreVault {
    pub(crate) fn new(store: Store) -> io::Result<Self> {
        let shared = Arc::new(Shared { desk: Mutex::default(), changed: Condvar::new() });
        let (theirs, writer) = (shared.clone(), store.clone());
        let thread = std::thread::Builder::new()
            .name("heliogram-session".into())
            .spawn(move || write_all(&theirs, &writer))?;
        Ok(Self { store, shared, thread: Some(thread) })
    }

    fn put(&self, work: Work) {
        lock(&self.shared.desk).work = Some(work);
        self.shared.changed.notify_all();
    }

    /// Returns when everything given so far is on the disk. For plain threads.
    pub(crate) fn flush(&self) {
        let mut desk = lock(&self.shared.desk);
        while desk.work.is_some() || desk.writing {
            desk =
                self.shared.changed.wait(desk).unwrap_or_else(std::sync::PoisonError::into_inner);
        }
    }
}

fn write_all(shared: &Shared, store: &Store) {
    let mut desk = lock(&shared.desk);
    loop {
        if let Some(work) = desk.work.take() {
            desk.writing = true;
            drop(desk);
            let written = match &work {
                Work::Save(bytes) => store.save_session(bytes),
                Work::Clear => store.clear_session(),
            };
            if let Err(error) = written {
                tracing::error!(%error, "the session could not be written");
            }
            desk = lock(&shared.desk);
            desk.writing = false;
            shared.changed.notify_all();
        } else if desk.closing {
            return;
        } else {
            desk = shared.changed.wait(desk).unwrap_or_else(std::sync::PoisonError::into_inner);
        }
    }
}

impl SessionVault for StoreVault {
    fn load(&self) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
        self.store.session().map_err(io::Error::other)
    }

    fn save(&self, bytes: Zeroizing<Vec<u8>>) {
        self.put(Work::Save(bytes));
    }

    fn clear(&self) {
        self.put(Work::Clear);
    }
}

impl Drop for StoreVault {
    fn drop(&mut self) {
        lock(&self.shared.desk).closing = true;
        self.shared.changed.notify_all();
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}
