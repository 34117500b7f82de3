//! Whole originals on their way into the store: ranges in parallel, resumable, one download a
//! photo however many ask for it. When the last who asked is gone, it stops; what is on the disk
//! stays.
//!
//! Runs inside the futures of those who ask; files are touched on the pool.

use std::collections::HashMap;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use futures_util::future::{BoxFuture, FutureExt, Shared, WeakShared};
use futures_util::stream::{StreamExt, TryStreamExt, iter};
use tokio::sync::watch;

use super::core::Core;
use super::event::Progress;
use super::fetch::{FetchError, fetch};
use super::runtime::lock;
use crate::model::{Photo, PhotoId};
use crate::store::PartialOriginal;

/// Bytes a request.
pub(crate) const PIECE: u64 = 512 * 1024;
/// What `telegram.fetch` wants offsets to be multiples of.
pub(crate) const ALIGN: u64 = 4096;
/// Requests in flight for one original.
const IN_FLIGHT: usize = 6;

type Answer = Result<PathBuf, Arc<FetchError>>;
type Task = Shared<BoxFuture<'static, Answer>>;

/// Downloads under way.
#[derive(Clone, Default)]
pub(crate) struct Originals(Arc<Mutex<HashMap<PhotoId, UnderWay>>>);

struct UnderWay {
    task: WeakShared<BoxFuture<'static, Answer>>,
    progress: watch::Receiver<Progress>,
}

/// A download that one takes part in.
pub(crate) struct Original {
    pub(crate) task: Task,
    pub(crate) progress: watch::Receiver<Progress>,
}

/// The original of `photo`: joins the download that is under way, or begins one.
pub(crate) fn original(core: &Core, photo: &Arc<Photo>) -> Original {
    let mut table = lock(&core.originals.0);
    if let Some(under_way) = table.get(&photo.id)
        && let Some(task) = under_way.task.upgrade()
    {
        return Original { task, progress: under_way.progress.clone() };
    }
    table.retain(|_, under_way| under_way.task.upgrade().is_some());
    let nothing = Progress { bytes: 0, total: photo.bytes, bytes_per_second: 0.0 };
    let (sender, progress) = watch::channel(nothing);
    let task = download(core.clone(), photo.clone(), sender).boxed().shared();
    if let Some(weak) = task.downgrade() {
        table.insert(photo.id, UnderWay { task: weak, progress: progress.clone() });
    }
    Original { task, progress }
}

async fn download(core: Core, photo: Arc<Photo>, progress: watch::Sender<Progress>) -> Answer {
    fetch_whole(&core, &photo, &progress).await.map_err(Arc::new)
}

async fn fetch_whole(
    core: &Core,
    photo: &Arc<Photo>,
    progress: &watch::Sender<Progress>,
) -> Result<PathBuf, FetchError> {
    let (store, wanted) = (core.store.clone(), photo.clone());
    if let Some(path) = core.pool.run(move || store.original(&wanted)).await? {
        return Ok(path);
    }
    let (store, wanted) = (core.store.clone(), photo.clone());
    let part = core.pool.run(move || store.begin_original(&wanted)).await??;
    let missing = pieces(&part.missing(), photo.bytes);
    let part = Arc::new(Mutex::new(part));
    let begun = Instant::now();
    let left: u64 = missing.iter().map(|piece| piece.end - piece.start).sum();
    let had = photo.bytes.saturating_sub(left);
    progress.send_modify(|progress| progress.bytes = had);
    let written = |bytes: u64| {
        progress.send_modify(|progress| {
            progress.bytes = (progress.bytes + bytes).min(progress.total);
            progress.bytes_per_second = rate(progress.bytes - had, begun);
        });
    };
    iter(missing)
        .map(|piece| async {
            let length = piece.end - piece.start;
            write_piece(core, photo.id, &part, piece).await?;
            written(length);
            Ok::<_, FetchError>(())
        })
        .buffer_unordered(IN_FLIGHT)
        .try_collect::<Vec<()>>()
        .await?;
    let part = Arc::try_unwrap(part)
        .map_err(|_| FetchError::File("the file is still being written; try again".into()))?
        .into_inner()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    Ok(core.pool.run(move || part.finish()).await??)
}

#[expect(clippy::cast_precision_loss, reason = "a speed for people")]
fn rate(bytes: u64, since: Instant) -> f64 {
    bytes as f64 / since.elapsed().as_secs_f64().max(0.001)
}

async fn write_piece(
    core: &Core,
    id: PhotoId,
    part: &Arc<Mutex<PartialOriginal>>,
    piece: Range<u64>,
) -> Result<(), FetchError> {
    let bytes = fetch_piece(core, id, piece.clone()).await?;
    let part = part.clone();
    core.pool.run(move || lock(&part).write(piece.start, &bytes)).await??;
    Ok(())
}

/// Exactly the bytes of `piece` (as cut by [`pieces`]).
pub(crate) async fn fetch_piece(
    core: &Core,
    id: PhotoId,
    piece: Range<u64>,
) -> Result<Vec<u8>, FetchError> {
    let wanted = piece.end - piece.start;
    let limit = u32::try_from(wanted.next_multiple_of(ALIGN)).unwrap_or(u32::MAX);
    let mut bytes = fetch(core, id, None, piece.start, limit).await?;
    let got = bytes.len() as u64;
    if got < wanted {
        return Err(FetchError::Short { wanted, got });
    }
    bytes.truncate(usize::try_from(wanted).unwrap_or(usize::MAX));
    Ok(bytes)
}

/// Cuts what is missing of a file of `bytes` bytes into requests: offsets aligned, none longer
/// than [`PIECE`], none across a multiple of it (so none across a MiB).
pub(crate) fn pieces(missing: &[Range<u64>], bytes: u64) -> Vec<Range<u64>> {
    let mut cut = Vec::new();
    let mut done = 0;
    for range in missing {
        let mut start = (range.start / ALIGN * ALIGN).max(done);
        let end = range.end.min(bytes);
        while start < end {
            let stop = ((start / PIECE + 1) * PIECE).min(end);
            // Whole blocks, so that the next piece begins on one.
            let stop = stop.next_multiple_of(ALIGN).min(bytes);
            cut.push(start..stop);
            start = stop;
        }
        done = start.max(done);
    }
    cut
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn pieces_cover_what_is_missing_and_keep_the_rules(
            bytes in 1u64..6_000_000,
            cuts in proptest::collection::btree_set(0u64..6_000_000, 0..8),
        ) {
            let cuts: Vec<u64> = cuts.into_iter().filter(|c| *c < bytes).collect();
            let missing: Vec<Range<u64>> = cuts.chunks_exact(2).map(|c| c[0]..c[1]).collect();
            let cut = pieces(&missing, bytes);
            let mut last = 0;
            for piece in &cut {
                prop_assert!(piece.start >= last && piece.end > piece.start);
                prop_assert_eq!(piece.start % ALIGN, 0);
                prop_assert!(piece.end <= bytes && piece.end - piece.start <= PIECE);
                prop_assert_eq!(piece.start / PIECE, (piece.end - 1) / PIECE);
                last = piece.end;
            }
            for range in &missing {
                for byte in [range.start, range.end - 1, range.start.midpoint(range.end)] {
                    prop_assert!(cut.iter().any(|piece| piece.contains(&byte)));
                }
            }
        }
    }
}
