//! The world's database: redb over a file that is never synced.
//!
//! The sandbox must survive being killed, not a power cut: what was written stands in the system's page
//! cache, in order, when the process dies. Without the sync a commit costs microseconds instead of milliseconds.
//! Opening and committing block: not on a tokio worker where it may take long.

use std::fs::{File, OpenOptions};
use std::io;
use std::ops::Bound;
use std::path::Path;
use std::sync::Arc;

use redb::backends::FileBackend;
use redb::{
    BackendError, Database, DatabaseError, ReadableDatabase, StorageBackend, TableDefinition,
    TableError, WriteTransaction,
};

use super::SandboxError;

const FILE: &str = "world.redb";
/// The format of everything in the world's folder.
pub(crate) const SCHEMA: u32 = 1;
/// The page cache. The world is read through the system's cache anyway.
const CACHE_BYTES: usize = 48 << 20;

/// Single values by name: schema, secrets, ports.
pub(crate) const META: TableDefinition<&str, &[u8]> = TableDefinition::new("meta");
const SCHEMA_KEY: &str = "schema";

/// Opens the folder's database, made when missing; refuses one of a newer format without touching it.
pub(crate) fn open(folder: &Path) -> Result<Arc<Database>, SandboxError> {
    let path = folder.join(FILE);
    let file =
        private_file(&path).map_err(|source| SandboxError::Io { path: path.clone(), source })?;
    let backend = Unsynced(FileBackend::new(file)?);
    let database = Database::builder().set_cache_size(CACHE_BYTES).create_with_backend(backend);
    let database = database.map_err(|cause| match cause {
        DatabaseError::DatabaseAlreadyOpen => SandboxError::InUse { path: path.clone() },
        DatabaseError::UpgradeRequired(_) | DatabaseError::RepairAborted => {
            SandboxError::Unreadable { path: path.clone(), cause: cause.to_string() }
        }
        other => other.into(),
    })?;
    match schema(&database, &path)? {
        Some(SCHEMA) => {}
        Some(found) if found > SCHEMA => {
            return Err(SandboxError::Newer { path, found, known: SCHEMA });
        }
        Some(found) => {
            return Err(SandboxError::Unreadable {
                path,
                cause: format!("format {found} is unknown"),
            });
        }
        None => put(&database, SCHEMA_KEY, &SCHEMA.to_le_bytes())?,
    }
    Ok(Arc::new(database))
}

/// A transaction after which a kill costs no repair at the next start.
pub(crate) fn begin(database: &Database) -> Result<WriteTransaction, SandboxError> {
    let mut transaction = database.begin_write()?;
    transaction.set_quick_repair(true);
    Ok(transaction)
}

/// A single value of [`META`].
pub(crate) fn get(database: &Database, name: &str) -> Result<Option<Vec<u8>>, SandboxError> {
    let transaction = database.begin_read()?;
    let table = match transaction.open_table(META) {
        Ok(table) => table,
        Err(TableError::TableDoesNotExist(_)) => return Ok(None),
        Err(cause) => return Err(cause.into()),
    };
    Ok(table.get(name)?.map(|value| value.value().to_vec()))
}

/// Sets a single value of [`META`].
pub(crate) fn put(database: &Database, name: &str, value: &[u8]) -> Result<(), SandboxError> {
    let transaction = begin(database)?;
    transaction.open_table(META)?.insert(name, value)?;
    transaction.commit()?;
    Ok(())
}

fn schema(database: &Database, path: &Path) -> Result<Option<u32>, SandboxError> {
    let Some(value) = get(database, SCHEMA_KEY)? else { return Ok(None) };
    let bytes = <[u8; 4]>::try_from(value.as_slice());
    let known = bytes.map(u32::from_le_bytes);
    known.map(Some).map_err(|_| SandboxError::Unreadable {
        path: path.to_owned(),
        cause: "its format number is damaged".into(),
    })
}

fn private_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// A file whose sync does nothing.
#[derive(Debug)]
struct Unsynced(FileBackend);

impl StorageBackend for Unsynced {
    fn len(&self) -> io::Result<u64> {
        self.0.len()
    }
    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.0.read(offset, out)
    }
    fn set_len(&self, len: u64) -> io::Result<()> {
        self.0.set_len(len)
    }
    fn sync_data(&self) -> io::Result<()> {
        Ok(())
    }
    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.0.write(offset, data)
    }
    fn close(&self) -> io::Result<()> {
        self.0.close()
    }
    fn try_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.0.try_lock_range(start, end)
    }
    fn try_lock_shared_range(
        &self,
        start: Bound<u64>,
        end: Bound<u64>,
    ) -> Result<bool, BackendError> {
        self.0.try_lock_shared_range(start, end)
    }
    fn lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.0.lock_range(start, end)
    }
    fn lock_shared_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.0.lock_shared_range(start, end)
    }
    fn unlock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.0.unlock_range(start, end)
    }
    fn query_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.0.query_lock_range(start, end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a killed process leaves is the file as it is in the page cache.
    #[test]
    fn a_kill_at_any_commit_loses_nothing() {
        let (folder, killed) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let database = open(folder.path()).unwrap();
        for round in 0..50u32 {
            put(&database, "round", &round.to_le_bytes()).unwrap();
            std::fs::copy(folder.path().join(FILE), killed.path().join(FILE)).unwrap();
            let after = open(killed.path()).unwrap();
            assert_eq!(get(&after, "round").unwrap().as_deref(), Some(&round.to_le_bytes()[..]));
        }
    }

    #[test]
    fn kept_locked_and_a_newer_one_refused() {
        let folder = tempfile::tempdir().unwrap();
        let database = open(folder.path()).unwrap();
        put(&database, "word", b"kept").unwrap();
        assert!(matches!(open(folder.path()), Err(SandboxError::InUse { .. })));
        drop(database);
        let database = open(folder.path()).unwrap();
        assert_eq!(get(&database, "word").unwrap().as_deref(), Some(&b"kept"[..]));
        put(&database, SCHEMA_KEY, &(SCHEMA + 1).to_le_bytes()).unwrap();
        drop(database);
        assert!(matches!(open(folder.path()), Err(SandboxError::Newer { found: 2, .. })));
    }
}
