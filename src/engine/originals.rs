//! Originals on their way into the store: ranges in parallel, resumable, one download a photo
//! however many ask for it, wholly or for a range. When the last who asked is gone, it stops; what
//! is on the disk stays.
//!
//! Runs inside the futures of those who ask; files are touched on the pool.

mod depth;
mod flights;
mod making;
mod pieces;
mod speed;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, Weak};

use tokio::sync::watch;

use self::depth::Depth;
use self::making::Making;
pub(crate) use self::pieces::{ALIGN, PIECE, pieces};
use super::core::Core;
use super::event::Progress;
use super::fetch::{FetchError, fetch};
use super::runtime::lock;
use crate::model::{Bitmap, Photo, PhotoId};

/// Originals in the making.
#[derive(Clone, Default)]
pub(crate) struct Originals {
    table: Arc<Mutex<HashMap<PhotoId, Weak<Making>>>>,
    /// Counts those that were closed: a file that was in use may be free now.
    closed: Arc<watch::Sender<u64>>,
    /// How much of the line they take at once.
    depth: Depth,
}

/// How an original comes along.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Coming {
    pub(crate) progress: Progress,
    /// Bytes from 0 on that are here without a gap.
    pub(crate) prefix: u64,
    /// All of it is here, under way or queued: what is asked for now comes behind it.
    pub(crate) is_asked_for: bool,
}

/// An original that one takes part in. Nothing is fetched but while somebody waits for it.
#[derive(Clone)]
pub(crate) struct Original(Arc<Making>);

impl Original {
    /// Joins the others who have it, if there are any. Asks nobody yet.
    pub(crate) fn of(core: &Core, photo: &Arc<Photo>) -> Self {
        let mut table = lock(&core.originals.table);
        let making = table.get(&photo.id).and_then(Weak::upgrade);
        if let Some(making) = making.filter(|making| making.is_of(photo)) {
            return Self(making);
        }
        table.retain(|_, making| making.strong_count() > 0);
        let making = Arc::new(Making::new(core.clone(), photo.clone()));
        table.insert(photo.id, Arc::downgrade(&making));
        drop(table);
        Self(making)
    }

    /// The whole file: where it is on the disk, once it is. Fetches what is missing, from the
    /// beginning on; goes on where it was when it was left.
    pub(crate) async fn whole(&self) -> Result<PathBuf, Arc<FetchError>> {
        self.0.whole().await
    }

    /// The bytes of `range`, fewer at the end of the file. What of them is missing is fetched
    /// first and kept with the rest; other parts are not waited for. Dropping the future takes
    /// back what nobody else waits for.
    pub(crate) async fn read(&self, range: Range<u64>) -> Result<Vec<u8>, Arc<FetchError>> {
        self.0.read(range).await
    }

    /// The bytes from 0 on that are here without a gap.
    pub(crate) async fn prefix(&self) -> Result<Vec<u8>, FetchError> {
        self.0.prefix().await
    }

    /// How it comes along.
    pub(crate) fn coming(&self) -> watch::Receiver<Coming> {
        self.0.coming.subscribe()
    }

    /// The picture that was made last of what is here.
    pub(crate) fn part(&self) -> Option<Arc<Bitmap>> {
        lock(&self.0.part).clone()
    }

    /// Lets others have a picture of what is here.
    pub(crate) fn show_part(&self, part: Arc<Bitmap>) {
        *lock(&self.0.part) = Some(part);
    }

    /// How fast it comes now.
    pub(crate) fn bytes_per_second(&self) -> f64 {
        self.0.bytes_per_second()
    }
}

/// Exactly the bytes of `piece` (as cut by [`pieces`]).
pub(crate) async fn fetch_piece(
    core: &Core,
    id: PhotoId,
    piece: Range<u64>,
) -> Result<Vec<u8>, FetchError> {
    fetch_of(core, id, piece, u64::MAX).await
}

/// Exactly the bytes of `piece` of a file of `total` bytes. One that is longer or shorter is not
/// what its message says, and is not taken for it.
pub(crate) async fn fetch_of(
    core: &Core,
    id: PhotoId,
    piece: Range<u64>,
    total: u64,
) -> Result<Vec<u8>, FetchError> {
    let wanted = piece.end - piece.start;
    let limit = u32::try_from(wanted.next_multiple_of(ALIGN)).unwrap_or(u32::MAX);
    let bytes = fetch(core, id, None, piece.start, limit).await?;
    exactly(bytes, &piece, total)
}

fn exactly(mut bytes: Vec<u8>, piece: &Range<u64>, total: u64) -> Result<Vec<u8>, FetchError> {
    let (wanted, got) = (piece.end - piece.start, bytes.len() as u64);
    if got < wanted {
        return Err(FetchError::Short { wanted, got });
    }
    if got > wanted && piece.end == total {
        return Err(FetchError::Longer { told: total });
    }
    bytes.truncate(usize::try_from(wanted).unwrap_or(usize::MAX));
    Ok(bytes)
}
