//! The local files that an album is compared with: found, and hashed where the album has a file of
//! the same size. Files are read on the pool.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::stream::{StreamExt, iter};

use crate::engine::EngineError;
use crate::engine::compare::{Expected, Local, Stamp, read_local};
use crate::engine::core::Core;
use crate::engine::report::Stop;
use crate::engine::uploads::{goes_out, name_of, unchanged};
use crate::engine::walk::{sentence, walk};
use crate::model::{AlbumId, RemoteKind};

/// A picture or video on this computer.
pub(super) struct LocalFile {
    pub(super) path: PathBuf,
    pub(super) name: String,
    stamp: Option<Stamp>,
    /// Absent where nothing in the album has its size.
    pub(super) expected: Option<Expected>,
    held: AtomicBool,
}

impl LocalFile {
    pub(super) fn bytes(&self) -> u64 {
        self.stamp.map_or(0, |stamp| stamp.bytes)
    }

    /// Whether it is still what was hashed.
    pub(super) async fn is_unchanged(&self) -> bool {
        match self.stamp {
            Some(stamp) => unchanged(&self.path, stamp).await.is_ok(),
            None => false,
        }
    }
}

/// All of them.
#[derive(Default)]
pub(super) struct Locals {
    files: Vec<LocalFile>,
    by_size: HashMap<u64, Vec<usize>>,
    pub(super) names: HashSet<String>,
    /// What cannot be read, and why.
    pub(super) unreadable: Vec<(PathBuf, String)>,
    /// What is neither picture nor video.
    pub(super) skipped: usize,
}

/// What a look at one path came to.
enum Seen {
    File(LocalFile),
    Unreadable(PathBuf, String),
    Skipped,
}

impl Locals {
    pub(super) async fn gather(
        core: &Core,
        album: AlbumId,
        paths: Vec<PathBuf>,
        stop: &Stop,
    ) -> Result<Self, EngineError> {
        if paths.is_empty() {
            return Ok(Self::default());
        }
        let found = core.pool.run(move || walk(&paths)).await.map_err(|_| EngineError::Stopping)?;
        let mut locals =
            Self { unreadable: found.unreadable, skipped: found.left_out.len(), ..Self::default() };
        let mirror = core.mirror.clone();
        let sizes = core.pool.run(move || {
            let library = mirror.snapshot();
            let shelf = library.album(album).into_iter();
            let documents = shelf.flat_map(|shelf| {
                shelf.photos().filter(|photo| photo.remote_kind() == RemoteKind::Document)
            });
            documents.map(|photo| photo.bytes()).collect::<HashSet<u64>>()
        });
        let sizes = std::sync::Arc::new(sizes.await.map_err(|_| EngineError::Stopping)?);
        let mut looking = iter(found.files)
            .take_while(|_| std::future::ready(!stop.is_stopped()))
            .map(|path| {
                let (sizes, pool) = (sizes.clone(), core.pool.clone());
                async move { pool.run(move || see(path, &sizes)).await }
            })
            .buffered(core.pool.threads());
        while let Some(seen) = looking.next().await {
            match seen.map_err(|_| EngineError::Stopping)? {
                Seen::File(file) => locals.add(file),
                Seen::Unreadable(path, why) => locals.unreadable.push((path, why)),
                Seen::Skipped => locals.skipped += 1,
            }
        }
        drop(looking);
        Ok(locals)
    }

    fn add(&mut self, file: LocalFile) {
        if file.expected.is_some() {
            self.by_size.entry(file.bytes()).or_default().push(self.files.len());
        }
        self.names.insert(file.name.clone());
        self.files.push(file);
    }

    /// Files of exactly this size that are equal by what `is_equal` says.
    pub(super) fn equal_to(
        &self,
        bytes: u64,
        is_equal: impl Fn(&Expected) -> bool,
    ) -> Vec<(usize, &Expected)> {
        let of_size = self.by_size.get(&bytes).into_iter().flatten();
        of_size
            .filter_map(|at| Some((*at, self.files.get(*at)?.expected.as_ref()?)))
            .filter(|(_, expected)| is_equal(expected))
            .collect()
    }

    /// A file that the album was seen to hold; `None` when that is known already.
    pub(super) fn hold(&self, at: usize) -> Option<&LocalFile> {
        let file = self.files.get(at)?;
        (!file.held.swap(true, Ordering::Relaxed)).then_some(file)
    }

    /// Those that it was not seen to hold.
    pub(super) fn not_held(&self) -> impl Iterator<Item = &LocalFile> {
        self.files.iter().filter(|file| !file.held.load(Ordering::Relaxed))
    }
}

fn see(path: PathBuf, sizes: &HashSet<u64>) -> Seen {
    let bytes = match std::fs::metadata(&path) {
        Ok(metadata) => metadata.len(),
        Err(error) => return Seen::Unreadable(path, sentence(&error)),
    };
    match goes_out(&path) {
        Ok(true) => {}
        Ok(false) => return Seen::Skipped,
        Err(error) => return Seen::Unreadable(path, sentence(&error)),
    }
    let name = name_of(&path);
    let mut file =
        LocalFile { path, name, stamp: None, expected: None, held: AtomicBool::new(false) };
    if !sizes.contains(&bytes) {
        return Seen::File(file);
    }
    match read_local(&file.path, 0) {
        Ok(Local { stamp, expected, .. }) => {
            (file.stamp, file.expected) = (Some(stamp), Some(expected));
            Seen::File(file)
        }
        Err(error) => Seen::Unreadable(file.path, sentence(&error)),
    }
}
