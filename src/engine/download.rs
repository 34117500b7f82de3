//! Originals into a folder, byte for byte, as old as the photos are: resumable, never over a
//! different file, and nothing else left in the folder. Async; files are touched on the pool or on blocking threads.
//!
//! While a file is on its way it is a hidden `.part` file in the same folder, named after the
//! file on Telegram and written from its start without gaps, so that its length says where to go
//! on; what it has is not believed unseen.

mod names;
mod part;
mod work;

use std::ffi::OsStr;
use std::fs::File;
use std::io::ErrorKind;
use std::iter::once;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, UNIX_EPOCH};

use futures_util::stream::{StreamExt, iter};
use jiff::tz::TimeZone;

pub(crate) use self::names::safe;
use self::names::{Taken, candidate};
use self::work::Work;
use super::compare::{hashes, holds, read_local};
use super::core::Core;
use super::fetch::FetchError;
use super::heads;
use super::originals::{fetch_of, pieces};
use super::runtime::lock;
use crate::model::{Moment, Photo, PhotoId, RemoteKind};
use crate::platform::fs;

/// Files on their way at once.
const FILES: usize = 4;
/// Requests in flight for one file.
const IN_FLIGHT: usize = 4;
/// How a folder says that it cannot be synced.
const UNASKABLE: [ErrorKind; 3] =
    [ErrorKind::InvalidInput, ErrorKind::Unsupported, ErrorKind::PermissionDenied];
const PREFIX: &str = ".heliogram-";
const SUFFIX: &str = ".part";

/// Told of bytes that have come.
pub(crate) type Came = Box<dyn Fn(u64) + Send + Sync>;

/// One folder being filled.
pub(crate) struct Download {
    core: Core,
    folder: PathBuf,
    work: Work,
    taken: Mutex<Taken>,
    name: Option<String>,
    came: Came,
}

impl Download {
    /// Makes the folder if need be.
    pub(crate) async fn into(core: Core, folder: &Path) -> Result<Self, FetchError> {
        tokio::fs::create_dir_all(folder)
            .await
            .map_err(|error| file_error("The folder cannot be made", folder, &error))?;
        let (folder, came) = (folder.to_owned(), Box::new(|_| {}));
        let work = Work::on(core.pool.clone());
        Ok(Self { core, folder, work, taken: Mutex::default(), name: None, came })
    }

    /// Photos get this name, not their own.
    pub(crate) fn named(self, name: String) -> Self {
        Self { name: Some(name), ..self }
    }

    /// `came` is told of bytes as they come, of each photo as many as it has.
    pub(crate) fn telling(self, came: Came) -> Self {
        Self { came, ..self }
    }

    /// Fetches photos, a few at a time; results come as they are ready. What is on its way when
    /// the stream is dropped goes on the next time.
    pub(crate) fn all<'a>(
        &'a self,
        photos: &'a [Arc<Photo>],
    ) -> impl futures_util::Stream<Item = (Arc<Photo>, Result<PathBuf, FetchError>)> + 'a {
        iter(photos)
            .map(move |photo| async move { (photo.clone(), self.one(photo).await) })
            .buffer_unordered(FILES)
    }

    /// Removes what has come of photos that are not complete: nobody wants them any more.
    pub(crate) async fn forget(&self, photos: &[Arc<Photo>]) {
        let parts: Vec<PathBuf> = photos.iter().map(|photo| self.part(photo)).collect();
        let forget = move || parts.iter().try_for_each(|part| fs::remove_file(part));
        // What is being opened, written or moved is there again after it was removed.
        if let Ok(Err(error)) = self.work.run_last(forget).await {
            tracing::warn!(%error, "a left-over could not be removed");
        }
    }

    /// Removes what an earlier run left and nobody will take up. Call when all is well.
    pub(crate) async fn tidy(&self) {
        let folder = self.folder.clone();
        let swept = self.core.pool.run(move || sweep(&folder)).await;
        if let Ok(Err(error)) = swept {
            tracing::warn!(%error, "a left-over could not be removed");
        }
    }

    async fn one(&self, photo: &Arc<Photo>) -> Result<PathBuf, FetchError> {
        let _work = self.core.busy.begin();
        let name = safe(self.name.as_ref().unwrap_or(&photo.name));
        for n in 1.. {
            let name = candidate(&name, n);
            if !lock(&self.taken).take(&name) {
                continue;
            }
            let path = self.folder.join(&name);
            match self.settle(photo, &path).await {
                Ok(true) => return Ok(path),
                // A different file has that name.
                Ok(false) => {}
                Err(error) => {
                    lock(&self.taken).release(&name);
                    return Err(error);
                }
            }
        }
        Err(FetchError::File("there is no free name for it".into()))
    }

    /// Brings the photo to `path`; `false` when something else is there.
    async fn settle(&self, photo: &Arc<Photo>, path: &Path) -> Result<bool, FetchError> {
        if is_taken(path).await {
            let is_same = self.is_same(photo, path).await?;
            if is_same {
                (self.came)(photo.bytes);
            }
            return Ok(is_same);
        }
        let part = self.part(photo);
        self.fill(photo, &part).await?;
        let (from, to) = (part, path.to_owned());
        let moved = self.work.run(move || move_to(from, &to)).await?;
        moved.map_err(|error| file_error("The file cannot be saved", path, &error))
    }

    /// Whether the file at `path` is this photo.
    async fn is_same(&self, photo: &Arc<Photo>, path: &Path) -> Result<bool, FetchError> {
        let bytes = photo.bytes;
        let file = path.to_owned();
        let local = self
            .core
            .pool
            .run(move || {
                let is_candidate =
                    std::fs::metadata(&file).is_ok_and(|m| m.is_file() && m.len() == bytes);
                is_candidate.then(|| read_local(&file, 0).ok()).flatten()
            })
            .await?;
        let Some(local) = local else { return Ok(false) };
        let (core, id) = (&self.core, photo.id);
        if photo.remote.kind == RemoteKind::Photo {
            return self.reads_the_same(id, path, bytes).await;
        }
        core.patiently_fetch(|| holds(core, id, &local.expected)).await
    }

    /// For compressed pictures, which have no hashes: compares byte by byte.
    async fn reads_the_same(
        &self,
        id: PhotoId,
        path: &Path,
        bytes: u64,
    ) -> Result<bool, FetchError> {
        let file = path.to_owned();
        let local = self.core.pool.run(move || std::fs::read(file)).await?;
        let Ok(local) = local else { return Ok(false) };
        for piece in pieces(once(0..bytes), bytes) {
            let range = usize::try_from(piece.start).unwrap_or(usize::MAX)
                ..usize::try_from(piece.end).unwrap_or(usize::MAX);
            let core = &self.core;
            let remote = core.patiently_fetch(|| fetch_of(core, id, piece.clone(), bytes)).await?;
            if local.get(range) != Some(&remote[..]) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn part(&self, photo: &Photo) -> PathBuf {
        let PhotoId { album, message } = photo.id;
        self.folder.join(format!("{PREFIX}{album}-{message}-{:x}{SUFFIX}", photo.remote.id))
    }

    /// Fills the `.part` file up to the photo's size.
    async fn fill(&self, photo: &Arc<Photo>, part: &Path) -> Result<(), FetchError> {
        let fail = |error: std::io::Error| file_error("The file cannot be written", part, &error);
        let (store, wanted, to) = (self.core.store.clone(), photo.clone(), part.to_owned());
        // What the cache has need not be fetched.
        let copied = self
            .work
            .run(move || store.original(&wanted).map(|from| part::copy(&from, &to)))
            .await?;
        let copied = copied.is_some_and(|copied| copied.is_ok_and(|bytes| bytes == photo.bytes));
        let path = part.to_owned();
        let opened = self.work.run(move || part::open(&path, copied)).await?;
        let (file, have) = opened.map_err(fail)?;
        let file = Arc::new(Mutex::new(file));
        let have = have.min(photo.bytes);
        let mut missing = Vec::new();
        (self.came)(have);
        if have > 0 && !copied {
            missing = self.doubtful(photo, &file, have).await?.map_err(fail)?;
        }
        if have < photo.bytes {
            missing.push(have..photo.bytes);
        }
        let core = &self.core;
        let mut coming = iter(pieces(missing, photo.bytes))
            .map(|piece| async move {
                let fetch = || fetch_of(core, photo.id, piece.clone(), photo.bytes);
                let bytes = core.patiently_fetch(fetch).await?;
                Ok::<_, FetchError>((piece.start, bytes))
            })
            .buffered(IN_FLIGHT);
        while let Some(piece) = coming.next().await {
            let ((at, bytes), file) = (piece?, file.clone());
            if at >= have {
                (self.came)(bytes.len() as u64);
            }
            let written = self.work.run(move || part::write(&mut lock(&file), at, &bytes)).await?;
            written.map_err(fail)?;
        }
        let (photo, path) = (photo.clone(), part.to_owned());
        let finished = self
            .work
            .run(move || {
                let file = lock(&file);
                // A `.part` file of an earlier version may be longer.
                file.set_len(photo.bytes)?;
                age(&file, &photo, &path);
                file.sync_all()
            })
            .await?;
        finished.map_err(fail)
    }

    /// What of the first `have` bytes of the `.part` file is not the photo's.
    async fn doubtful(
        &self,
        photo: &Arc<Photo>,
        file: &Arc<Mutex<File>>,
        have: u64,
    ) -> Result<std::io::Result<Vec<Range<u64>>>, FetchError> {
        let (core, id, file) = (&self.core, photo.id, file.clone());
        // Compressed pictures have no hashes.
        let hashes = match photo.remote.kind {
            RemoteKind::Photo => None,
            RemoteKind::Document => core.patiently_fetch(|| hashes(core, id)).await?,
        };
        let hashes = hashes.unwrap_or_default();
        Ok(core.pool.run(move || part::doubtful(&mut lock(&file), have, &hashes)).await?)
    }
}

/// Makes the file as old as the photo is: best effort, not every file system takes every time.
fn age(file: &File, photo: &Photo, path: &Path) {
    let in_file = || heads::date_in_file(path, &photo.name).ok().flatten();
    let taken = photo.taken.or_else(in_file);
    let unix = Moment::of(taken, &photo.name, photo.sent).instant(&TimeZone::system());
    let away = Duration::from_secs(unix.unsigned_abs());
    let time = if unix < 0 { UNIX_EPOCH.checked_sub(away) } else { UNIX_EPOCH.checked_add(away) };
    let aged = time.map(|time| file.set_modified(time));
    if !matches!(aged, Some(Ok(()))) {
        tracing::debug!(photo = %photo.id, "the file keeps the time of now");
    }
}

async fn is_taken(path: &Path) -> bool {
    tokio::fs::symlink_metadata(path).await.is_ok()
}

/// Moves without ever replacing; `false` when something has appeared there meanwhile.
fn move_to(from: PathBuf, to: &Path) -> std::io::Result<bool> {
    let from = tempfile::TempPath::try_from_path(from)?;
    match from.persist_noclobber(to) {
        Ok(()) => {
            // Some shared folders cannot be asked for that.
            match fs::sync_parent(to) {
                Err(error) if !UNASKABLE.contains(&error.kind()) => Err(error),
                _ => Ok(true),
            }
        }
        Err(error) if error.error.kind() == ErrorKind::AlreadyExists => {
            // It stays for the next name.
            drop(error.path.keep());
            Ok(false)
        }
        Err(error) => {
            drop(error.path.keep());
            Err(error.error)
        }
    }
}

fn file_error(what: &str, path: &Path, error: &std::io::Error) -> FetchError {
    let path = path.display();
    FetchError::File(match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            format!("{what}: {path}: the disk is full. Free some space and try again")
        }
        _ => format!("{what}: {path}: {error}"),
    })
}

fn sweep(folder: &Path) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if is_part(&entry.file_name()) {
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

fn is_part(name: &OsStr) -> bool {
    name.to_str().is_some_and(|name| name.starts_with(PREFIX) && name.ends_with(SUFFIX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_existing_file_is_never_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join(".heliogram-1.part"), folder.path().join("a.jpg"));
        std::fs::write(&from, b"new").unwrap();
        std::fs::write(&to, b"old").unwrap();
        assert!(!move_to(from.clone(), &to).unwrap());
        assert_eq!(std::fs::read(&to).unwrap(), b"old");
        assert_eq!(std::fs::read(&from).unwrap(), b"new", "kept for the next name");
        assert!(move_to(from.clone(), &folder.path().join("b.jpg")).unwrap());
        assert!(!from.exists());
    }

    #[test]
    fn a_full_disk_says_what_to_do() {
        let full = |kind: ErrorKind| file_error("It failed", Path::new("a"), &kind.into());
        assert!(full(ErrorKind::StorageFull).to_string().contains("Free some space"));
        assert!(!full(ErrorKind::PermissionDenied).to_string().contains("space"));
    }

    #[test]
    fn only_parts_are_swept() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(".heliogram-1-2-3.part"), b"x").unwrap();
        std::fs::write(folder.path().join("a.jpg"), b"x").unwrap();
        sweep(folder.path()).unwrap();
        let left: Vec<_> = std::fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        assert_eq!(left, ["a.jpg"]);
    }
}
