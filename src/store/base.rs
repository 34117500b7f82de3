//! One redb database with a schema version: opened, checked, opened again after a disk error,
//! moved aside when damaged, begun anew.
//!
//! Knows no table but `meta`. Reads run on the caller's thread, writes on a store thread; both
//! hold the lock shared, so that only opening anew waits for them.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{PoisonError, RwLock, RwLockReadGuard};

use redb::{
    Database, Durability, ReadTransaction, ReadableDatabase, TableDefinition, TableError,
    WriteTransaction,
};

use super::error::{Result, StoreError};
use crate::platform::fs;

/// Numbers about the database itself.
pub(super) const META: TableDefinition<'_, &str, u64> = TableDefinition::new("meta");
const SCHEMA: &str = "schema";

/// What is particular to one database.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    /// The newest schema that this program knows.
    pub(super) schema: u32,
    /// How much memory redb may use to cache pages, bytes (its own default is 1 GiB).
    pub(super) page_cache: usize,
    /// Whether each durable commit also saves what makes opening after a kill quick, at the price
    /// of a second sync. Without it such an opening reads the whole file three times.
    pub(super) quick_repair: bool,
    /// Makes the tables.
    pub(super) tables: fn(&WriteTransaction) -> std::result::Result<(), Fault>,
}

/// What went wrong inside a transaction; the path is added where it is known.
#[derive(Debug)]
pub(super) enum Fault {
    Redb(redb::Error),
    Row(String),
    Newer(u64),
}

impl Fault {
    /// Whether opening the database again may help.
    fn is_passing(&self) -> bool {
        matches!(self, Self::Redb(error) if passing(error))
    }
}

/// The disk refused, or redb is in a state that says nothing about the file.
const fn passing(error: &redb::Error) -> bool {
    use redb::Error::{DatabaseClosed, Io, LockPoisoned, PreviousIo};
    matches!(error, Io(_) | PreviousIo | DatabaseClosed | LockPoisoned(_))
}

macro_rules! redb_faults {
    ($($error:ident),*) => {
        $(impl From<redb::$error> for Fault {
            fn from(error: redb::$error) -> Self {
                Self::Redb(error.into())
            }
        })*
    };
}
impl From<std::io::Error> for Fault {
    fn from(error: std::io::Error) -> Self {
        Self::Redb(redb::Error::Io(error))
    }
}

redb_faults!(
    CommitError,
    CompactionError,
    DatabaseError,
    SetDurabilityError,
    StorageError,
    TableError,
    TransactionError
);

/// Opens the file (or, in tests, something that behaves like one).
type Source = Box<dyn Fn() -> std::result::Result<Database, Fault> + Send + Sync>;

pub(super) struct Base {
    path: PathBuf,
    layout: Layout,
    source: Source,
    /// `None` only while it is being opened anew, or when that has failed.
    database: RwLock<Option<Database>>,
    /// The disk refused something: redb wants to be opened again.
    failed: AtomicBool,
}

impl std::fmt::Debug for Base {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Base({})", self.path.display())
    }
}

impl Base {
    /// Opens a database that must not be lost: a damaged one is an error.
    pub(super) fn open(path: PathBuf, layout: Layout) -> Result<Self> {
        let file = path.clone();
        Self::with_source(path, layout, Box::new(move || open_or_create(&file, layout)))
    }

    pub(super) fn with_source(path: PathBuf, layout: Layout, source: Source) -> Result<Self> {
        let base = Self {
            path,
            layout,
            source,
            database: RwLock::new(None),
            failed: AtomicBool::new(true),
        };
        base.revive()?;
        Ok(base)
    }

    /// Opens a database that can be made anew: one of an older schema is begun anew, a damaged one
    /// is moved aside and a sentence about it is added to `warnings`.
    pub(super) fn open_cache(
        path: &Path,
        layout: Layout,
        warnings: &mut Vec<String>,
    ) -> Result<Self> {
        let open = || {
            let file = path.to_path_buf();
            let source = move || {
                let database = open_or_create(&file, layout)?;
                if !is_older(&database, layout)? {
                    return Ok(database);
                }
                drop(database);
                fs::remove_file(&file)?;
                open_or_create(&file, layout)
            };
            Self::with_source(path.to_path_buf(), layout, Box::new(source))
        };
        match open() {
            Err(StoreError::Unreadable { cause, .. }) => {
                let aside = move_aside(path)?;
                warnings.push(damaged(path, &aside, &cause));
                open()
            }
            other => other,
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Runs `f` on a snapshot.
    pub(super) fn read<T>(
        &self,
        f: impl FnOnce(&ReadTransaction) -> std::result::Result<T, Fault>,
    ) -> Result<T> {
        self.with(|database| f(&database.begin_read()?))
    }

    /// Runs `f` in a transaction and commits it. `durable` commits are on the disk when this
    /// returns; others are with the next durable one, or when the store is closed.
    pub(super) fn write<T>(
        &self,
        durable: bool,
        f: impl FnOnce(&WriteTransaction) -> std::result::Result<T, Fault>,
    ) -> Result<T> {
        self.with(|database| {
            let mut transaction = database.begin_write()?;
            if durable {
                transaction.set_quick_repair(self.layout.quick_repair);
            } else {
                transaction.set_durability(Durability::None)?;
            }
            let value = f(&transaction)?;
            transaction.commit()?;
            Ok(value)
        })
    }

    fn with<T>(&self, f: impl FnOnce(&Database) -> std::result::Result<T, Fault>) -> Result<T> {
        if self.failed.load(Ordering::Acquire) {
            self.revive()?;
        }
        let database = self.shared();
        let result = f(database.as_ref().ok_or(StoreError::Stopped)?);
        result.map_err(|fault| {
            if fault.is_passing() {
                self.failed.store(true, Ordering::Release);
            }
            self.explain(fault)
        })
    }

    fn shared(&self) -> RwLockReadGuard<'_, Option<Database>> {
        self.database.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens the file again after an error of the disk. redb falls back to the last commit.
    fn revive(&self) -> Result<()> {
        let mut database = self.database.write().unwrap_or_else(PoisonError::into_inner);
        if self.failed.load(Ordering::Acquire) {
            *database = None;
            *database = Some(self.connect()?);
            self.failed.store(false, Ordering::Release);
        }
        Ok(())
    }

    /// Removes the file and makes a new one.
    pub(super) fn begin_anew(&self) -> Result<()> {
        self.replace(|path| fs::remove_file(path).map_err(StoreError::io(path)))
    }

    /// Moves a damaged file aside and makes a new one; answers with the sentence about it.
    pub(super) fn set_aside(&self, cause: &str) -> Result<String> {
        let mut sentence = String::new();
        self.replace(|path| {
            sentence = damaged(path, &move_aside(path)?, cause);
            Ok(())
        })?;
        Ok(sentence)
    }

    fn replace(&self, away: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
        let mut database = self.database.write().unwrap_or_else(PoisonError::into_inner);
        // Until the new one is there the next use tries to open it.
        self.failed.store(true, Ordering::Release);
        *database = None;
        away(&self.path)?;
        *database = Some(self.connect()?);
        self.failed.store(false, Ordering::Release);
        Ok(())
    }

    fn connect(&self) -> Result<Database> {
        // A damaged file may lead redb into an assertion; that is damage too, not our end.
        let opened = catch_unwind(AssertUnwindSafe(|| {
            let database = (self.source)()?;
            check_schema(&database, self.layout)?;
            Ok(database)
        }));
        opened
            .unwrap_or_else(|_| Err(Fault::Row("its pages contradict each other".to_owned())))
            .map_err(|fault| self.explain(fault))
    }

    fn explain(&self, fault: Fault) -> StoreError {
        use std::io::ErrorKind;
        let path = self.path.clone();
        match fault {
            Fault::Newer(found) => StoreError::Newer {
                path,
                found: u32::try_from(found).unwrap_or(u32::MAX),
                known: self.layout.schema,
            },
            Fault::Redb(redb::Error::DatabaseAlreadyOpen) => StoreError::InUse { path },
            Fault::Redb(redb::Error::Io(error)) => match error.kind() {
                ErrorKind::InvalidData | ErrorKind::UnexpectedEof => {
                    StoreError::Unreadable { path, cause: error.to_string() }
                }
                _ => StoreError::of(&path, error),
            },
            Fault::Redb(error) if passing(&error) => {
                StoreError::Io { path, source: std::io::Error::other(error.to_string()) }
            }
            Fault::Redb(error) => StoreError::Unreadable { path, cause: error.to_string() },
            Fault::Row(cause) => StoreError::Unreadable { path, cause },
        }
    }

    /// Gives room in the file back to the disk if most of it is unused. Only while nobody reads.
    pub(super) fn shrink(&self, used: u64) -> Result<()> {
        /// Below this it is not worth the time.
        const SMALL: u64 = 32 << 20;
        let length = std::fs::metadata(&self.path).map_or(0, |file| file.len());
        if length < SMALL || length / 2 < used {
            return Ok(());
        }
        let mut database = self.database.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(database) = database.as_mut() {
            tracing::info!(file = %self.path.display(), length, used, "giving disk space back");
            database.compact().map_err(|error| self.explain(error.into()))?;
        }
        Ok(())
    }
}

/// Makes a database where there is none. redb itself would leave a file that it then refuses if
/// the process died at the wrong moment; so it is made under another name first.
fn create(path: &Path, layout: Layout) -> std::result::Result<(), Fault> {
    let new = fs::temporary_of(path);
    let made = || {
        fs::remove_file(&new)?;
        let database = open_file(&new, layout)?;
        check_schema(&database, layout)?;
        drop(database);
        fs::private_file(&new)?.sync_all()?;
        std::fs::rename(&new, path)?;
        Ok(fs::sync_parent(path)?)
    };
    made().inspect_err(|_: &Fault| drop(fs::remove_file(&new)))
}

fn open_or_create(path: &Path, layout: Layout) -> std::result::Result<Database, Fault> {
    if !path.exists() {
        create(path, layout)?;
    }
    open_file(path, layout)
}

/// Whether a database has a schema that this program has left behind.
fn is_older(database: &Database, layout: Layout) -> std::result::Result<bool, Fault> {
    let read = database.begin_read()?;
    let meta = match read.open_table(META) {
        Err(TableError::TableDoesNotExist(_)) => return Ok(false),
        meta => meta?,
    };
    Ok(meta
        .get(SCHEMA)?
        .is_some_and(|found| (1..u64::from(layout.schema)).contains(&found.value())))
}

fn open_file(path: &Path, layout: Layout) -> std::result::Result<Database, Fault> {
    let file = fs::private_file(path)?;
    Ok(redb::Builder::new().set_cache_size(layout.page_cache).create_file(file)?)
}

/// Writes the schema into a new database, compares it in an old one.
fn check_schema(database: &Database, layout: Layout) -> std::result::Result<(), Fault> {
    let read = database.begin_read()?;
    let found = match read.open_table(META) {
        Ok(meta) => meta.get(SCHEMA)?.map(|schema| schema.value()),
        Err(TableError::TableDoesNotExist(_)) if read.list_tables()?.next().is_none() => {
            let mut new = database.begin_write()?;
            new.set_quick_repair(layout.quick_repair);
            new.open_table(META)?.insert(SCHEMA, u64::from(layout.schema))?;
            (layout.tables)(&new)?;
            return Ok(new.commit()?);
        }
        Err(error) => return Err(error.into()),
    };
    match found {
        Some(found) if found > u64::from(layout.schema) => Err(Fault::Newer(found)),
        Some(found) if found == u64::from(layout.schema) => Ok(()),
        Some(found) => Err(Fault::Row(format!("it has the unknown schema {found}"))),
        None => Err(Fault::Row("it does not say which schema it has".to_owned())),
    }
}

fn damaged(path: &Path, aside: &Path, cause: &str) -> String {
    let sentence = format!(
        "{} was damaged ({cause}); it was moved to {} and begins anew, its content comes back from Telegram",
        path.display(),
        aside.display()
    );
    tracing::warn!("{sentence}");
    sentence
}

/// Where a damaged file is kept: `….broken`.
pub(super) fn aside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(".broken");
    path.with_file_name(name)
}

/// In place of an earlier one.
fn move_aside(path: &Path) -> Result<PathBuf> {
    let aside = aside(path);
    fs::remove_file(&aside).map_err(StoreError::io(&aside))?;
    std::fs::rename(path, &aside).map_err(StoreError::io(path))?;
    Ok(aside)
}
