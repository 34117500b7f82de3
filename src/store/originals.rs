//! Originals as files: `originals/<album>/<message>-<file id>`, within a budget.
//!
//! Paths are built from numbers alone, never from a name that came over the network. The time of
//! the last use is the file's modification time. When the budget is used up those unused for
//! longest go; what is being written or held, and what was used within [`GRACE`], stays.
//! Runs on the caller's thread, tidying also on the store's.

use std::collections::{HashMap, HashSet};
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use super::error::{Result, StoreError};
use super::lock::HomeLock;
use crate::model::{AlbumId, MessageId, Photo};
use crate::platform::fs;

/// How long a path that was given out stays good without being held.
const GRACE: Duration = Duration::from_mins(2);
/// Uses closer together than this are one.
const TOUCH_AFTER: Duration = Duration::from_secs(30);
/// The name's ending of one in the making.
pub(super) const PART: &str = "part";
/// The name's ending of the record of what is there of one in the making.
pub(super) const RANGES: &str = "ranges";

#[derive(Debug)]
pub(super) struct Originals {
    folder: PathBuf,
    budget: u64,
    /// Bytes on the disk, as of the last sweep and what was added since.
    used: AtomicU64,
    /// By final path. Held while a file is removed, so that none is taken into use meanwhile.
    uses: Mutex<Uses>,
    /// A file in the making outlives the store if its owner does; nobody else may take the home
    /// before it is closed.
    _lock: Arc<HomeLock>,
}

#[derive(Debug, Default)]
struct Uses {
    written: HashSet<PathBuf>,
    held: HashMap<PathBuf, usize>,
}

impl Uses {
    fn contains(&self, path: &Path) -> bool {
        self.written.contains(path) || self.held.contains_key(path)
    }
}

struct Found {
    path: PathBuf,
    bytes: u64,
    used: SystemTime,
}

impl Originals {
    pub(super) fn open(folder: PathBuf, budget: u64, lock: Arc<HomeLock>) -> Result<Self> {
        fs::private_dir(&folder).map_err(StoreError::io(&folder))?;
        let uses = Mutex::default();
        Ok(Self { folder, budget, used: AtomicU64::new(0), uses, _lock: lock })
    }

    pub(super) fn path(&self, photo: &Photo) -> PathBuf {
        let name = format!("{}-{:016x}", photo.id.message.0, photo.remote.id);
        self.album(photo.id.album).join(name)
    }

    fn album(&self, album: AlbumId) -> PathBuf {
        self.folder.join(album.0.to_string())
    }

    fn uses(&self) -> MutexGuard<'_, Uses> {
        self.uses.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The whole original's path, if it is here; marks it as used.
    pub(super) fn find(&self, photo: &Photo) -> Option<PathBuf> {
        let path = self.path(photo);
        let _no_sweep = self.uses();
        is_whole(&path, photo).then_some(path)
    }

    pub(super) fn hold(this: &Arc<Self>, photo: &Photo) -> Option<HeldOriginal> {
        let path = this.path(photo);
        let mut uses = this.uses();
        if !is_whole(&path, photo) {
            return None;
        }
        *uses.held.entry(path.clone()).or_default() += 1;
        drop(uses);
        Some(HeldOriginal { originals: Arc::clone(this), path })
    }

    /// Takes a path for writing; false when somebody else writes it.
    pub(super) fn begin_writing(&self, path: &Path) -> bool {
        self.uses().written.insert(path.to_path_buf())
    }

    pub(super) fn end_writing(&self, path: &Path) {
        self.uses().written.remove(path);
    }

    /// A new original is here; makes room for it if need be.
    pub(super) fn added(&self, bytes: u64) {
        let used = self.used.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes);
        if used > self.budget
            && let Err(error) = self.sweep(SystemTime::now())
        {
            tracing::warn!(%error, "no room was made among the originals");
        }
    }

    /// Counts, removes leftovers, evicts down to nine tenths of the budget if it is exceeded.
    pub(super) fn sweep(&self, now: SystemTime) -> Result<()> {
        let mut found = self.list()?;
        let mut used: u64 = found.iter().map(|file| file.bytes).sum();
        if used > self.budget {
            let goal = self.budget / 10 * 9;
            found.sort_by_key(|file| file.used);
            for file in found {
                let age = now.duration_since(file.used).unwrap_or_default();
                if used <= goal || age < GRACE {
                    break;
                }
                if self.remove_unused(&file.path) {
                    used = used.saturating_sub(file.bytes);
                }
            }
        }
        self.used.store(used, Ordering::Relaxed);
        Ok(())
    }

    /// All files, after leftovers were removed.
    fn list(&self) -> Result<Vec<Found>> {
        let mut found = Vec::new();
        for album in entries(&self.folder)? {
            for path in entries(&album)? {
                let Ok(file) = path.metadata() else { continue };
                let is = |ending: &str| path.extension().is_some_and(|e| e == ending);
                let orphan = is(RANGES) && !path.with_extension(PART).exists();
                if is(fs::TEMPORARY) || orphan {
                    self.remove_unused(&path);
                } else if !is(RANGES) {
                    let used = file.modified().unwrap_or(SystemTime::UNIX_EPOCH);
                    found.push(Found { path, bytes: file.len(), used });
                }
            }
        }
        Ok(found)
    }

    /// Removes a file, and its record where it is one in the making, unless it is in use.
    fn remove_unused(&self, path: &Path) -> bool {
        // `7-00ab.part`, `7-00ab.ranges` and `7-00ab.ranges.tmp` all belong to `7-00ab`.
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let whole = path.with_file_name(name.split('.').next().unwrap_or_default());
        let uses = self.uses();
        if uses.contains(&whole) {
            return false;
        }
        if path.extension().is_some_and(|extension| extension == PART) {
            let _ = fs::remove_file(&path.with_extension(RANGES));
        }
        let removed = fs::remove_file(path);
        drop(uses);
        removed
            .inspect_err(|error| {
                tracing::warn!(file = %path.display(), %error, "cannot be removed");
            })
            .is_ok()
    }

    /// Removes what is here of an album that is gone.
    pub(super) fn forget_album(&self, album: AlbumId) {
        let folder = self.album(album);
        for path in entries(&folder).unwrap_or_default() {
            self.remove_unused(&path);
        }
        // Stays while something in it is in use.
        let _ = std::fs::remove_dir(folder);
    }

    /// Removes what is here of photos that are gone.
    pub(super) fn forget_photos(&self, album: AlbumId, messages: &[MessageId]) {
        let folder = self.album(album);
        if messages.is_empty() || !folder.exists() {
            return;
        }
        let gone: HashSet<String> = messages.iter().map(|message| message.0.to_string()).collect();
        for path in entries(&folder).unwrap_or_default() {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if name.rsplit_once('-').is_some_and(|(message, _)| gone.contains(message)) {
                self.remove_unused(&path);
            }
        }
    }

    /// Removes all, also what is in use: the account is gone.
    pub(super) fn forget(&self) -> Result<()> {
        let _no_use = self.uses();
        self.used.store(0, Ordering::Relaxed);
        fs::remove_dir_all(&self.folder).map_err(StoreError::io(&self.folder))?;
        fs::private_dir(&self.folder).map_err(StoreError::io(&self.folder))
    }
}

/// What is in a folder; nothing where there is none, for the cache may be deleted at any time.
fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    use std::io::ErrorKind;
    let listed = std::fs::read_dir(folder)
        .and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect());
    match listed {
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            Ok(Vec::new())
        }
        other => other.map_err(StoreError::io(folder)),
    }
}

/// Whether the file is here in its full length; then it counts as used now.
fn is_whole(path: &Path, photo: &Photo) -> bool {
    let Ok(file) = std::fs::metadata(path) else { return false };
    if !file.is_file() || file.len() != photo.bytes {
        return false;
    }
    let now = SystemTime::now();
    let recent = |used: SystemTime| now.duration_since(used).is_ok_and(|age| age < TOUCH_AFTER);
    if !file.modified().is_ok_and(recent) {
        // Where this fails it is merely evicted sooner.
        let _ = std::fs::File::options()
            .append(true)
            .open(path)
            .and_then(|file| file.set_modified(now));
    }
    true
}

/// A whole original that stays where it is until this is dropped.
#[derive(Debug)]
pub struct HeldOriginal {
    originals: Arc<Originals>,
    path: PathBuf,
}

impl Deref for HeldOriginal {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.path
    }
}

impl Drop for HeldOriginal {
    fn drop(&mut self) {
        let mut uses = self.originals.uses();
        if let Some(count) = uses.held.get_mut(&self.path) {
            *count -= 1;
            if *count == 0 {
                uses.held.remove(&self.path);
            }
        }
    }
}
